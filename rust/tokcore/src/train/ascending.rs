//! Words in memory and in files, any number of runs of them, in ascending order as one.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::file::Reader;
use super::progress::Check;
use super::runs::{Positioned, Run};
use super::table::Words;
use crate::error::Result;

/// How many words are sorted, and how many visited, before there is a check.
const SORTED: usize = 1 << 19;
const VISITED: u32 = 1 << 14;

/// How many words ahead the memory of a word is asked for, and before that the place that says where it is.
const AHEAD: usize = 4;
const FAR_AHEAD: usize = 8;

/// The first eight bytes of a word as a number: of two words that differ in them the lower has the lower number.
#[inline]
fn prefix(word: &[u8]) -> u64 {
    if let Some(first) = word.first_chunk() {
        return u64::from_be_bytes(*first);
    }
    let mut first = [0; 8];
    first[..word.len()].copy_from_slice(word);
    u64::from_be_bytes(first)
}

/// What sorting so many words takes, in bytes.
pub(super) fn sorting_memory(words: usize) -> usize {
    size_of::<u32>() * words + size_of::<(u64, u32)>() * words.min(SORTED)
}

/// Words in memory, [`SORTED`] at a time in ascending order.
pub(super) struct Sorted<'a>(Vec<(&'a Words, Vec<u32>)>);

impl<'a> Sorted<'a> {
    /// Sorts the words of all parts. Most of what is compared stands beside the words' numbers, not where the words are.
    pub(super) fn new(parts: &'a [Words], check: Check<'_>) -> Result<Self> {
        let (mut sorted, mut keyed): (_, Vec<(u64, u32)>) = (vec![], vec![]);
        for words in parts {
            let word = |index: u32| words.word(index as usize);
            for start in (0..words.len()).step_by(SORTED) {
                let numbers = start as u32..words.len().min(start + SORTED) as u32;
                keyed.clear();
                keyed.extend(numbers.map(|number| (prefix(word(number)), number)));
                keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| word(a.1).cmp(word(b.1))));
                sorted.push((words, keyed.iter().map(|&(_, number)| number).collect()));
                check()?;
            }
        }
        Ok(Self(sorted))
    }
}

/// Calls `visit` with every distinct word in ascending order and the sum of its counts.
pub(super) fn for_each(
    parts: &[Words],
    runs: &[Run],
    check: Check<'_>,
    visit: &mut dyn FnMut(&[u8], u64) -> Result<()>,
) -> Result<()> {
    for_each_sorted(&Sorted::new(parts, check)?, runs, check, visit)
}

/// [`for_each`] for those who need it more than once: what is in memory need not be sorted again.
pub(super) fn for_each_sorted(
    parts: &Sorted<'_>,
    runs: &[Run],
    check: Check<'_>,
    visit: &mut dyn FnMut(&[u8], u64) -> Result<()>,
) -> Result<()> {
    let mut heads = BinaryHeap::new();
    for (words, order) in &parts.0 {
        heads.extend(Head::begin(Source::Memory { words, order: order.iter(), at: 0 })?);
    }
    for run in runs {
        heads.extend(Head::begin(Source::File { reader: Box::new(run.reader()?), run })?);
    }
    let (mut word, mut visited) = (vec![], 0u32);
    while let Some(head) = heads.peek() {
        let first = head.first;
        word.clear();
        word.extend_from_slice(head.source.word());
        let mut sum: u64 = 0;
        while let Some(mut head) = heads.peek_mut().filter(|head| head.is_at(first, &word)) {
            sum = sum.saturating_add(head.source.count());
            if !head.step()? {
                PeekMut::pop(head);
            }
        }
        visit(&word, sum)?;
        visited = (visited + 1) % VISITED;
        if visited == 0 {
            check()?;
        }
    }
    Ok(())
}

/// A run at one of its words.
struct Head<'a> {
    /// The word's [`prefix`].
    first: u64,
    source: Source<'a>,
}

enum Source<'a> {
    Memory { words: &'a Words, order: std::slice::Iter<'a, u32>, at: u32 },
    File { reader: Box<Reader<Positioned>>, run: &'a Run },
}

impl<'a> Head<'a> {
    /// The head at the first word, if there is one.
    fn begin(source: Source<'a>) -> Result<Option<Self>> {
        let mut head = Self { first: 0, source };
        Ok(head.step()?.then_some(head))
    }

    /// Goes to the next word; `false` at the end.
    fn step(&mut self) -> Result<bool> {
        let more = self.source.step()?;
        if more {
            self.first = prefix(self.source.word());
        }
        Ok(more)
    }

    fn is_at(&self, first: u64, word: &[u8]) -> bool {
        self.first == first && self.source.word() == word
    }
}

impl Source<'_> {
    fn word(&self) -> &[u8] {
        match self {
            Self::Memory { words, at, .. } => words.word(*at as usize),
            Self::File { reader, .. } => reader.word(),
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Memory { words, at, .. } => words.count(*at as usize),
            Self::File { reader, .. } => reader.count(),
        }
    }

    fn step(&mut self) -> Result<bool> {
        match self {
            Self::Memory { words, order, at } => {
                let Some(&next) = order.next() else { return Ok(false) };
                *at = next;
                order.as_slice().get(FAR_AHEAD).inspect(|&&far| words.expect_entry(far as usize));
                order.as_slice().get(AHEAD).inspect(|&&near| words.expect(near as usize));
                Ok(true)
            }
            Self::File { reader, run } => match reader.advance()? {
                true => Ok(true),
                // What stands at the end of the file was believed before the words were read.
                false if run.is_whole(reader) => Ok(false),
                false => Err(reader.damaged("something follows its end")),
            },
        }
    }
}

/// The head with the lowest word is the greatest.
impl Ord for Head<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.first.cmp(&self.first).then_with(|| other.source.word().cmp(self.source.word()))
    }
}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head<'_> {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::train::runs::spill;
    use crate::train::table::Table;

    fn words(counts: &[(Vec<u8>, u64)]) -> Words {
        let mut table = Table::new();
        counts.iter().for_each(|(word, count)| table.add(word, *count));
        table.finish()
    }

    proptest! {
        // Words that begin alike for more than eight bytes, and words that differ in zeros at their end.
        #[test]
        fn words_come_as_from_a_sorted_map(parts in proptest::collection::vec(proptest::collection::vec(
            (proptest::collection::vec(prop_oneof![4 => Just(0u8), 1 => Just(1), 1 => Just(255)], 1..20), 1u64..9), 0..60), 0..5),
            on_disk in 0usize..5) {
            let mut expected = BTreeMap::new();
            parts.iter().flatten().for_each(|(word, count)| *expected.entry(word.clone()).or_default() += count);
            let mut parts: Vec<_> = parts.iter().map(|counts| words(counts)).collect();
            let spilled = parts.split_off(on_disk.min(parts.len()));
            let spilled = spilled.iter().map(|words| spill(words, "", &std::env::temp_dir(), &mut || Ok(())).unwrap());
            let mut seen = vec![];
            let mut visit = |word: &[u8], count: u64| {
                seen.push((word.to_vec(), count));
                Ok(())
            };
            for_each(&parts, &spilled.collect::<Vec<_>>(), &mut || Ok(()), &mut visit).unwrap();
            prop_assert_eq!(seen, expected.into_iter().collect::<Vec<_>>());
        }
    }
}
