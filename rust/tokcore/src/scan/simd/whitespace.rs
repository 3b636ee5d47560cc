//! Where whitespace starts pre-tokens: `\s*[\r\n]+|\s+(?!\S)|\s+`.

use super::bits::{Ones, after, last_below};
use super::classify::Masks;
use super::scanner::{Place, Starts};

/// What the block before left.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Whitespace {
    blank: u64,
    newline: u64,
    high: u64,
    /// Newlines that are whitespace, not the trail of a run of others.
    free: u64,
    /// Where the run of blanks at the block's end starts, and whether a free newline stands before it.
    run: usize,
    run_after_newline: bool,
}

impl Whitespace {
    /// Starts of whitespace but for the last blank of a run, which only the character behind the run decides. `trail`
    /// is what runs of others have taken.
    #[inline(always)]
    pub(super) fn starts(&mut self, masks: &Masks, trail: u64) -> u64 {
        let space = after(masks.blank | masks.newline, self.blank | self.newline);
        masks.blank & !after(masks.blank, self.blank) | masks.newline & !trail & !space
    }

    /// Puts right what was decided too early, once the block's starts are stored: the last blank before anything but
    /// whitespace starts a pre-token, and a run of blanks between newlines does not.
    #[inline(always)]
    pub(super) fn finish(&mut self, masks: &Masks, trail: u64, place: &Place<'_>, starts: &mut Starts<'_>) {
        let after_blank = after(masks.blank, self.blank);
        last_blanks(after_blank & !masks.blank & !masks.newline, after(masks.high, self.high), place, starts);
        let free = masks.newline & !trail;
        let runs = masks.blank & !after(masks.blank, self.blank);
        let runs_after_newline = runs & after(free, self.free);
        for end in Ones(masks.newline & after_blank) {
            let (run, after_newline) = match last_below(runs, end) {
                Some(run) => (place.at + run as usize, runs_after_newline >> run & 1 != 0),
                None => (self.run, self.run_after_newline),
            };
            if after_newline {
                starts.clear(run);
            }
        }
        if let (1, Some(run)) = (masks.blank >> 63, runs.checked_ilog2()) {
            self.run = place.at + run as usize;
            self.run_after_newline = runs_after_newline >> run & 1 != 0;
        }
        *self = Self { blank: masks.blank, newline: masks.newline, high: masks.high, free, ..*self };
    }
}

/// Sets the starts of the last blanks of runs, given the bytes after them.
#[inline(always)]
pub(super) fn last_blanks(ends: u64, after_high: u64, place: &Place<'_>, starts: &mut Starts<'_>) {
    let single = ends & !after_high;
    starts.set_mask(single >> 1);
    if single & 1 != 0 {
        starts.set(place.at - 1);
    }
    for end in Ones(ends & after_high) {
        let mut at = place.at + end as usize - 1;
        while place.text[at] & 0xC0 == 0x80 {
            at -= 1;
        }
        starts.set(at);
    }
}
