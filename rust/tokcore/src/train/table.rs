//! The hash table that counts words. A word of up to 15 bytes is its own key, so that it is found without a look at where
//! the words' bytes are; a longer one is compared byte by byte where two hashes agree.

mod join;
mod key;

use std::collections::HashMap;
use std::ops::Range;

pub(super) use self::join::part;
use self::key::{HASHED, key, shard_of, spread};
use crate::memory::prefetch;

/// How many keys are made and asked for before the first is looked up.
const AHEAD: usize = 128;

/// Tables of fewer slots than this, 12 MiB, may grow fast.
const FAST_GROWTH: usize = 1 << 19;

#[derive(Clone, Copy, Default)]
struct Slot {
    /// 0 in an empty slot, which no word has: every word has a length.
    key: [u64; 2],
    word: u32,
    /// The count, or what is left of it above a multiple that `large` holds.
    count: u32,
}

impl Slot {
    #[inline(always)]
    fn key(&self) -> u128 {
        u128::from(self.key[0]) | u128::from(self.key[1]) << 64
    }

    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.key[1] == 0
    }
}

/// Distinct words and how often each was seen.
pub(super) struct Table {
    slots: Vec<Slot>,
    /// The words' bytes, one after another in order of first sight; word `i` is `bytes[starts[i]..starts[i + 1]]`.
    bytes: Vec<u8>,
    starts: Vec<usize>,
    large: HashMap<u32, u64>,
    /// The keys of some words, and the slots at which they are looked for first.
    keys: [(u128, usize); AHEAD],
    /// How many spans were counted.
    added: usize,
}

/// Distinct words with their counts, in no particular order.
#[derive(Default, Clone)]
pub(super) struct Words {
    pub(super) bytes: Vec<u8>,
    pub(super) starts: Vec<usize>,
    pub(super) counts: Vec<u64>,
}

impl Words {
    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    #[inline]
    pub(super) fn word(&self, index: usize) -> &[u8] {
        &self.bytes[self.starts[index]..self.starts[index + 1]]
    }

    /// Forgets the words whose count is 0. What stands between two of them is moved at once.
    fn drop_uncounted(&mut self) {
        let Self { bytes, starts, counts } = self;
        let Some(first) = counts.iter().position(|&count| count == 0) else { return };
        let (mut kept, mut end, mut next) = (first, starts[first], first + 1);
        while next < counts.len() {
            let len = counts[next..].iter().take_while(|&&count| count > 0).count();
            let (start, stop) = (starts[next], starts[next + len]);
            bytes.copy_within(start..stop, end);
            counts.copy_within(next..next + len, kept);
            (0..len).for_each(|word| starts[kept + word] = starts[next + word] - start + end);
            (kept, end, next) = (kept + len, end + stop - start, next + len + 1);
        }
        starts[kept] = end;
        starts.truncate(kept + 1);
        counts.truncate(kept);
        bytes.truncate(end);
    }

    /// Some of the words, by the order in which they stand.
    pub(super) fn range(&self, range: Range<usize>) -> impl Iterator<Item = (&[u8], u64)> {
        range.map(|index| (self.word(index), self.counts[index]))
    }
}

impl Table {
    pub(super) fn new() -> Self {
        Self::with_capacity(1 << 12)
    }

    /// A table for about so many words.
    pub(super) fn with_capacity(words: usize) -> Self {
        let slots = (words * 2).next_power_of_two().max(64);
        Self {
            slots: vec![Slot::default(); slots],
            bytes: vec![],
            starts: vec![0],
            large: HashMap::new(),
            keys: [(0, 0); AHEAD],
            added: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The memory in use, in bytes, at the next growth, and with what sorting the words takes.
    pub(super) fn memory(&self) -> usize {
        let slots = (1 + self.growth()) * size_of_val(&self.slots[..]);
        let words = 3 * (self.bytes.capacity() + size_of::<usize>() * self.starts.capacity());
        slots + words + size_of::<u32>() * self.len()
    }

    /// Counts the spans `bounds[i]..bounds[i + 1]` of `text`, none of which may be empty.
    pub(super) fn add_spans(&mut self, text: &[u8], bounds: &[u32]) {
        self.added += bounds.len().saturating_sub(1);
        let mut rest = bounds;
        while rest.len() > 1 {
            let batch = &rest[..rest.len().min(AHEAD + 1)];
            for (next, span) in self.keys.iter_mut().zip(batch.windows(2)) {
                let key = key(text, span[0] as usize, span[1] as usize);
                // A slot may lie across two cache lines, and the next one may be looked at too.
                let home = home(&self.slots, key);
                *next = (key, home);
                prefetch(&self.slots, home);
                prefetch(&self.slots, home + 1);
            }
            let slots = self.slots.len();
            for (i, span) in batch.windows(2).enumerate() {
                let (key, at) = self.keys[i];
                let at = if self.slots.len() == slots { at } else { home(&self.slots, key) };
                self.add_at(at, key, &text[span[0] as usize..span[1] as usize], 1);
            }
            rest = &rest[batch.len() - 1..];
        }
    }

    /// Adds those of `words` that belong to one of `shards` equal shards.
    pub(super) fn add_shard(&mut self, words: &Words, shard: usize, shards: usize) {
        let key = |i| key(&words.bytes, words.starts[i], words.starts[i + 1]);
        let mine = |&(_, key): &(usize, u128)| shards == 1 || shard_of(key, shards) == shard;
        let mut mine = (0..words.len()).map(|i| (i, key(i))).filter(mine);
        let mut waiting = Vec::with_capacity(AHEAD);
        loop {
            waiting.clear();
            waiting.extend(mine.by_ref().take(AHEAD));
            if waiting.is_empty() {
                return;
            }
            waiting.iter().for_each(|&(_, key)| prefetch(&self.slots, home(&self.slots, key)));
            for &(i, key) in &waiting {
                self.add_keyed(key, words.word(i), words.counts[i]);
            }
        }
    }

    /// Adds `count` to the count of `word`, which may not be empty.
    pub(super) fn add(&mut self, word: &[u8], count: u64) {
        self.add_keyed(key(word, 0, word.len()), word, count);
    }

    #[inline(always)]
    fn add_keyed(&mut self, key: u128, word: &[u8], count: u64) {
        self.add_at(home(&self.slots, key), key, word, count);
    }

    /// Adds to the count of a word that is looked for from slot `at` on.
    #[inline(always)]
    fn add_at(&mut self, mut at: usize, key: u128, word: &[u8], count: u64) {
        let mask = self.slots.len() - 1;
        loop {
            let slot = &mut self.slots[at];
            let words = (&self.bytes, &self.starts);
            if slot.key() == key && (key < HASHED || is_word(words, slot.word, word)) {
                return self.increase(at, count);
            }
            if slot.is_empty() {
                return self.insert(at, key, word, count);
            }
            at = (at + 1) & mask;
        }
    }

    #[inline(always)]
    fn increase(&mut self, at: usize, count: u64) {
        let slot = &mut self.slots[at];
        match u64::from(slot.count).checked_add(count).map(u32::try_from) {
            Some(Ok(sum)) => slot.count = sum,
            _ => self.add_large(at, count),
        }
    }

    #[cold]
    fn add_large(&mut self, at: usize, count: u64) {
        let slot = &mut self.slots[at];
        let sum = self.large.entry(slot.word).or_default();
        *sum = sum.saturating_add(count).saturating_add(u64::from(slot.count));
        slot.count = 0;
    }

    #[inline(never)]
    fn insert(&mut self, at: usize, key: u128, word: &[u8], count: u64) {
        let index = self.len() as u32;
        self.bytes.extend_from_slice(word);
        self.starts.push(self.bytes.len());
        let short = u32::try_from(count).unwrap_or(0);
        self.slots[at] = Slot { key: [key as u64, (key >> 64) as u64], word: index, count: short };
        if count > u64::from(u32::MAX) {
            self.add_large(at, count);
        }
        if self.len() * 5 > self.slots.len() * 3 {
            self.grow();
        }
    }

    /// How many times as many slots there will be. Where many words are new, as in Chinese, more will be, and a table that
    /// is not large yet need not be moved at each doubling.
    fn growth(&self) -> usize {
        if 8 * self.len() > self.added && self.slots.len() < FAST_GROWTH { 4 } else { 2 }
    }

    fn grow(&mut self) {
        let mut slots = vec![Slot::default(); self.slots.len() * self.growth()];
        let mask = slots.len() - 1;
        for slot in self.slots.iter().filter(|slot| !slot.is_empty()) {
            let mut at = home(&slots, slot.key());
            while !slots[at].is_empty() {
                at = (at + 1) & mask;
            }
            slots[at] = *slot;
        }
        self.slots = slots;
    }

    /// The words and their counts, in order of first sight; the table is empty then.
    pub(super) fn take(&mut self) -> Words {
        std::mem::replace(self, Self::new()).finish()
    }

    /// The words and their counts, in order of first sight.
    pub(super) fn finish(self) -> Words {
        let mut counts = vec![0; self.starts.len() - 1];
        for slot in self.slots.iter().filter(|slot| !slot.is_empty()) {
            counts[slot.word as usize] = u64::from(slot.count);
        }
        for (word, count) in self.large {
            counts[word as usize] = counts[word as usize].saturating_add(count);
        }
        let mut words = Words { bytes: self.bytes, starts: self.starts, counts };
        words.drop_uncounted();
        words
    }
}

#[inline(always)]
fn is_word((bytes, starts): (&Vec<u8>, &Vec<usize>), index: u32, word: &[u8]) -> bool {
    &bytes[starts[index as usize]..starts[index as usize + 1]] == word
}

#[inline(always)]
fn home(slots: &[Slot], key: u128) -> usize {
    (spread(key) >> (64 - slots.len().trailing_zeros())) as usize
}

#[cfg(test)]
mod tests;
