//! Contractions: rare enough to be looked at one by one.

use super::bits::Ones;
use super::scanner::Place;
use crate::scan::rules::contraction;

/// The contractions that begin in a block, and what those of the block before reach into it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    /// Their apostrophes.
    pub(super) apostrophes: u64,
    /// Their letters.
    pub(super) letters: u64,
    /// The bytes after them.
    pub(super) ends: u64,
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
    pub(super) fn find(&mut self, candidates: u64, place: &Place<'_>, any_case: bool, chained: bool) -> Found {
        let mut found = Found { apostrophes: 0, letters: self.letters, ends: self.ends };
        *self = Self::default();
        for at in Ones(candidates) {
            if !chained && found.ends >> at & 1 != 0 {
                continue;
            }
            // By value: what is handed out by reference has to be in memory from then on.
            if let Some((letters, ends)) = look(place.text, place.at + at as usize, at, any_case) {
                found.apostrophes |= 1 << at;
                found.letters |= letters as u64;
                found.ends |= ends as u64;
                self.letters |= (letters >> 64) as u64;
                self.ends |= (ends >> 64) as u64;
            }
        }
        found
    }
}

/// The letters of the contraction at `start` and the byte after it, as bits from the block in which it begins at `at`.
#[inline]
fn look(text: &[u8], start: usize, at: u32, any_case: bool) -> Option<(u128, u128)> {
    let length = (contraction(text, start, any_case)? - start) as u32;
    Some((((1 << length) - 2) << at, 1 << (at + length)))
}
