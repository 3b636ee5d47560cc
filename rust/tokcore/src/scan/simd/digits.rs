//! Where numbers start: every `\p{N}{1,n}`.

use super::bits::{Ones, after};
use super::classify::Masks;

/// What the block before left.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Digits {
    number: u64,
    /// How many numbers the run at the block's end has had so far.
    count: u32,
}

impl Digits {
    /// First bytes of numbers that start a pre-token of at most `most` of them.
    #[inline(always)]
    pub(super) fn starts(&mut self, masks: &Masks, most: u32) -> u64 {
        let number = masks.number;
        let runs = number & !after(number, self.number);
        if most == 1 {
            return masks.number_starts;
        }
        let pairs = number & after(number, self.number);
        let fours = pairs & pairs << 2;
        // A run of up to three bytes that lies inside the block needs no counting if three numbers may stand together.
        let starts = if most >= 3 && fours | number >> 63 | (number & self.number >> 63) == 0 {
            runs
        } else {
            // By value: what is handed out by reference has to be in memory from then on.
            let (starts, count) = counted(masks.number_starts, runs, most, self.count);
            self.count = count;
            starts
        };
        self.number = number;
        starts
    }
}

/// The starts of numbers, `count` of which the run before has had so far, and how many the last run has had.
fn counted(numbers: u64, runs: u64, most: u32, mut count: u32) -> (u64, u32) {
    let mut starts = 0;
    for place in Ones(numbers) {
        let bit = 1 << place;
        if runs & bit != 0 || count == most {
            count = 0;
            starts |= bit;
        }
        count += 1;
    }
    (starts, count)
}
