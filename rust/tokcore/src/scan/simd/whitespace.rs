//! Where whitespace starts pre-tokens: `\s*[\r\n]+|\s+(?!\S)|\s+`.

use super::bits::{Bits, Ones, last_below, last_of, some};
use super::classify::Masks;
use super::scanner::{Place, Starts};

/// What the blocks before left.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Whitespace<B> {
    blank: B,
    newline: B,
    high: B,
    /// Newlines that are whitespace, not the trail of a run of others.
    free: B,
    /// Where the run of blanks at the blocks' end starts, and whether a free newline stands before it.
    run: usize,
    run_after_newline: bool,
}

impl<B: Bits> Whitespace<B> {
    /// Starts of whitespace but for the last blank of a run, which only the character behind the run decides. `trail`
    /// is what runs of others have taken.
    #[inline(always)]
    pub(super) fn starts(&mut self, masks: &Masks<B>, trail: B) -> B {
        let space = (masks.blank | masks.newline).after(self.blank | self.newline);
        masks.blank & !masks.blank.after(self.blank) | masks.newline & !trail & !space
    }

    /// Puts right what was decided too early, once the blocks' starts are stored: the last blank before anything but
    /// whitespace starts a pre-token, and a run of blanks between newlines does not.
    #[inline(always)]
    pub(super) fn finish(&mut self, masks: &Masks<B>, trail: B, place: &Place<'_>, starts: &mut Starts<'_>) {
        let after_blank = masks.blank.after(self.blank);
        last_blanks(after_blank & !masks.blank & !masks.newline, masks.high.after(self.high), place, starts);
        let free = masks.newline & !trail;
        let (ends, goes_on) = (masks.newline & after_blank, masks.blank.last() >> 63 != 0);
        if ends.any() || goes_on {
            let runs = masks.blank & !after_blank;
            let (after_newline, runs) = ((runs & free.after(self.free)).lanes(), runs.lanes());
            let (after_newline, runs) = (after_newline.as_ref(), runs.as_ref());
            let found = |run: usize| (place.at + run, after_newline[run / 64] >> (run % 64) & 1 != 0);
            for (lane, ends) in some(ends) {
                for end in Ones(ends) {
                    let run = last_below(runs, lane, end).map_or((self.run, self.run_after_newline), found);
                    if run.1 {
                        starts.clear(run.0);
                    }
                }
            }
            if let (true, Some(run)) = (goes_on, last_of(runs)) {
                (self.run, self.run_after_newline) = found(run);
            }
        }
        *self = Self { blank: masks.blank, newline: masks.newline, high: masks.high, free, ..*self };
    }
}

/// Sets the starts of the last blanks of runs, given the bytes after them.
#[inline(always)]
pub(super) fn last_blanks<B: Bits>(ends: B, after_high: B, place: &Place<'_>, starts: &mut Starts<'_>) {
    let single = ends & !after_high;
    starts.set_mask(single.ahead());
    if single.lanes().as_ref()[0] & 1 != 0 {
        starts.set(place.at - 1);
    }
    for (lane, ends) in some(ends & after_high) {
        for end in Ones(ends) {
            let mut at = place.at + lane * 64 + end as usize - 1;
            while place.text[at] & 0xC0 == 0x80 {
                at -= 1;
            }
            starts.set(at);
        }
    }
}
