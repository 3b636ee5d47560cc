//! Contractions: rare enough to be looked at one by one.

use super::bits::{Bits, Ones, some};
use super::scanner::Place;
use crate::scan::rules::contraction;

/// The contractions that begin in some blocks, and what those of the block before reach into them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found<M> {
    /// Their apostrophes.
    pub(super) apostrophes: M,
    /// Their letters.
    pub(super) letters: M,
    /// The bytes after them.
    pub(super) ends: M,
}

/// What reaches over from the block before.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Contractions {
    letters: u64,
    ends: u64,
}

impl Contractions {
    /// Looks at the apostrophes `candidates`. With `chained` false an apostrophe right after a contraction begins none.
    #[inline(always)]
    pub(super) fn find<B: Bits>(
        &mut self,
        candidates: B,
        place: &Place<'_>,
        any_case: bool,
        chained: bool,
    ) -> Found<B> {
        if !candidates.any() && self.letters | self.ends == 0 {
            return Found::default();
        }
        let mut found = Found::<B::Lanes>::default();
        let Found { apostrophes, letters, ends } = &mut found;
        let (apostrophes, letters, ends) = (apostrophes.as_mut(), letters.as_mut(), ends.as_mut());
        (letters[0], ends[0]) = (self.letters, self.ends);
        *self = Self::default();
        for (lane, candidates) in some(candidates) {
            for at in Ones(candidates) {
                if !chained && ends[lane] >> at & 1 != 0 {
                    continue;
                }
                let start = place.at + lane * 64 + at as usize;
                // By value: what is handed out by reference has to be in memory from then on.
                let Some((more, end)) = look(place.text, start, at, any_case) else { continue };
                apostrophes[lane] |= 1 << at;
                letters[lane] |= more as u64;
                ends[lane] |= end as u64;
                let over = ((more >> 64) as u64, (end >> 64) as u64);
                if lane + 1 < B::BLOCKS {
                    letters[lane + 1] |= over.0;
                    ends[lane + 1] |= over.1;
                } else {
                    self.letters |= over.0;
                    self.ends |= over.1;
                }
            }
        }
        Found { apostrophes: B::new(&found.apostrophes), letters: B::new(&found.letters), ends: B::new(&found.ends) }
    }
}

/// The letters of the contraction at `start` and the byte after it, as bits from the block in which it begins at `at`.
#[inline]
fn look(text: &[u8], start: usize, at: u32, any_case: bool) -> Option<(u128, u128)> {
    let length = (contraction(text, start, any_case)? - start) as u32;
    Some((((1 << length) - 2) << at, 1 << (at + length)))
}
