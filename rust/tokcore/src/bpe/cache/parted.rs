//! New long words in parts, where no token spans what is between these: parts are looked up and merged as words are that
//! wait, behind all those that do. Where scripts change, characters and words come again and their sequences never.

use std::ops::Range;

use super::aside::Aside;
use super::batch::CHUNK;
use super::key::{LONGEST, Probe};
use super::table::{Found, Table};
use crate::bpe::parting::Parting;

/// New words that have parts.
#[derive(Default)]
pub(super) struct Parted {
    /// Which long word each is, and how many parts there are up to its end.
    words: Vec<(usize, usize)>,
    /// Where the bytes of each part are.
    parts: Vec<Range<usize>>,
}

impl Parted {
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.words.clear();
        self.parts.clear();
    }

    /// Adds long word `index`, which is that range of all `bytes`, unless it has but one part.
    pub(super) fn add(&mut self, parting: &Parting, index: usize, bytes: &[u8], range: Range<usize>) -> bool {
        let (first, mut start) = (self.parts.len(), range.start);
        for end in parting.places(&bytes[range.clone()]) {
            self.parts.push(start..range.start + end);
            start = range.start + end;
        }
        if self.parts.len() == first {
            return false;
        }
        self.parts.push(start..range.end);
        self.words.push((index, self.parts.len()));
        true
    }

    /// Each word, and which of the parts are its own.
    pub(super) fn words(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let firsts = std::iter::once(0).chain(self.words.iter().map(|&(_, end)| end));
        self.words.iter().zip(firsts).map(|(&(index, end), first)| (index, first..end))
    }

    /// Lets the parts wait behind the words that do. Inlined for its tier's instructions.
    #[inline(always)]
    pub(super) fn wait<P: Probe>(&self, table: &mut Table, aside: &mut Aside) {
        for part in &self.parts {
            if part.len() > LONGEST {
                aside.push_part(part.clone());
                continue;
            }
            let key = P::key(aside.bytes(part.clone()));
            // The table has room for the words that wait, and cannot grow before they are settled.
            let home = table.home::<P>(key);
            let found = if table.is_full_for(CHUNK) { Found::Nowhere } else { table.find_or_take(home, key) };
            match found {
                Found::At(slot) => aside.push(key, 0, Some(slot), false),
                Found::New(slot) => aside.push(key, 0, Some(slot), true),
                Found::Nowhere => aside.push(key, 0, None, true),
            }
        }
    }
}
