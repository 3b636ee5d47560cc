//! Where numbers start: every `\p{N}{1,n}`.

use super::bits::{Bits, Ones};
use super::classify::Masks;

/// What the blocks before left.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Digits<B> {
    number: B,
    /// Bytes of numbers after bytes of numbers, and the bytes after them.
    pairs: B,
    after_pairs: B,
    /// How many numbers the run at the blocks' end has had so far, if there is one.
    count: u32,
}

impl<B: Bits> Digits<B> {
    /// First bytes of numbers that start a pre-token of at most `most` of them.
    #[inline(always)]
    pub(super) fn starts(&mut self, masks: &Masks<B>, most: u32) -> B {
        if most == 1 {
            return masks.number_starts();
        }
        let number = masks.number;
        let follows = number.after(self.number);
        let (runs, pairs) = (number & !follows, number & follows);
        let after_pairs = pairs.after(self.pairs);
        let fours = pairs & after_pairs.after(self.after_pairs);
        (self.number, self.pairs, self.after_pairs) = (number, pairs, after_pairs);
        // Runs of up to three bytes need no counting if three numbers may stand together.
        if most < 3 || fours.any() {
            return self.counted(masks.number_starts(), runs, most);
        }
        let last = number.last();
        if last >> 63 != 0 {
            self.count = (masks.number_starts().last() >> (64 - last.leading_ones())).count_ones();
        }
        runs
    }

    #[inline(always)]
    fn counted(&mut self, numbers: B, runs: B, most: u32) -> B {
        let (numbers, runs, mut starts) = (numbers.lanes(), runs.lanes(), B::Lanes::default());
        for ((&numbers, &runs), starts) in numbers.as_ref().iter().zip(runs.as_ref()).zip(starts.as_mut()) {
            // By value: what is handed out by reference has to be in memory from then on.
            (*starts, self.count) = counted(numbers, runs, most, self.count);
        }
        B::new(&starts)
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
