//! The hash table that counts words: short keys inline, counts in the slot, bytes of each distinct word once.

use std::collections::HashMap;

use super::memory::{filled, prefetch};

/// Odd constants of no meaning: the fractions of the golden ratio and of another irrational.
const MIX: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93];

/// The top byte of a key that is a hash. Below it, the top byte is the length of a word held in the key itself.
const HASHED: u64 = 0xFF << 56;

/// How many keys are made and asked for before the first is looked up.
const AHEAD: usize = 128;

#[derive(Clone, Copy, Default)]
struct Slot {
    /// 0 in an empty slot, which no word has: every word has a length.
    key: u64,
    word: u32,
    /// The count, or what is left of it above a multiple that `large` holds.
    count: u32,
}

/// Distinct words and how often each was seen.
pub(super) struct Table {
    slots: Vec<Slot>,
    /// The words' bytes, one after another in order of first sight; word `i` is `bytes[starts[i]..starts[i + 1]]`.
    bytes: Vec<u8>,
    starts: Vec<usize>,
    large: HashMap<u32, u64>,
    keys: [u64; AHEAD],
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

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.counts.iter().enumerate().map(|(i, &count)| (self.word(i), count))
    }
}

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[inline(always)]
fn load(text: &[u8], at: usize) -> u64 {
    match text.get(at..at + 8) {
        Some(eight) => u64::from_le_bytes(eight.try_into().unwrap_or_default()),
        None => text[at..].iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
    }
}

/// The key of the word `text[start..end]`: the word itself with its length if it has less than 8 bytes, a hash otherwise.
#[inline(always)]
fn key(text: &[u8], start: usize, end: usize) -> u64 {
    let len = end - start;
    if len < 8 {
        let mask = (1u64 << (8 * len)) - 1;
        return load(text, start) & mask | (len as u64) << 56;
    }
    let mut hash = len as u64 ^ MIX[1];
    let mut at = start;
    while at + 16 < end {
        hash = fold(load(text, at) ^ hash ^ MIX[0], load(text, at + 8) ^ MIX[1]);
        at += 16;
    }
    // The last 1 to 16 bytes, from two loads that may overlap each other and what is done.
    fold(load(text, at.min(end - 8)) ^ hash ^ MIX[0], load(text, end - 8) ^ MIX[1]) | HASHED
}

/// A number that a key's slot and a word's shard are taken from, by its high bits.
#[inline(always)]
fn spread(key: u64) -> u64 {
    fold(key ^ MIX[1], MIX[0])
}

impl Table {
    pub(super) fn new() -> Self {
        Self::with_capacity(1 << 12)
    }

    /// A table for about so many words.
    pub(super) fn with_capacity(words: usize) -> Self {
        let slots = (words * 2).next_power_of_two().max(64);
        Self {
            slots: filled(slots, Slot::default()),
            bytes: vec![],
            starts: vec![0],
            large: HashMap::new(),
            keys: [0; AHEAD],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The memory in use, in bytes, at the next growth, and with what sorting the words takes.
    pub(super) fn memory(&self) -> usize {
        let grown =
            3 * (size_of_val(&self.slots[..]) + self.bytes.capacity() + size_of::<usize>() * self.starts.capacity());
        grown + size_of::<u32>() * self.len()
    }

    /// Counts the spans `bounds[i]..bounds[i + 1]` of `text`, none of which may be empty.
    pub(super) fn add_spans(&mut self, text: &[u8], bounds: &[u32]) {
        let mut rest = bounds;
        while rest.len() > 1 {
            let batch = &rest[..rest.len().min(AHEAD + 1)];
            for (slot, span) in self.keys.iter_mut().zip(batch.windows(2)) {
                *slot = key(text, span[0] as usize, span[1] as usize);
                prefetch(&self.slots, home(&self.slots, *slot));
            }
            for (i, span) in batch.windows(2).enumerate() {
                self.add_keyed(self.keys[i], &text[span[0] as usize..span[1] as usize], 1);
            }
            rest = &rest[batch.len() - 1..];
        }
    }

    /// Adds `count` to the count of `word`, which may not be empty.
    pub(super) fn add(&mut self, word: &[u8], count: u64) {
        self.add_keyed(key(word, 0, word.len()), word, count);
    }

    #[inline(always)]
    fn add_keyed(&mut self, key: u64, word: &[u8], count: u64) {
        let mask = self.slots.len() - 1;
        let mut at = home(&self.slots, key);
        loop {
            let slot = &mut self.slots[at];
            if slot.key == key
                && (key < HASHED
                    || self.bytes[self.starts[slot.word as usize]..].starts_with(word)
                        && self.starts[slot.word as usize + 1] - self.starts[slot.word as usize] == word.len())
            {
                match u64::from(slot.count).checked_add(count).map(u32::try_from) {
                    Some(Ok(sum)) => slot.count = sum,
                    _ => self.add_large(at, count),
                }
                return;
            }
            if slot.key == 0 {
                return self.insert(at, key, word, count);
            }
            at = (at + 1) & mask;
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
    fn insert(&mut self, at: usize, key: u64, word: &[u8], count: u64) {
        let index = self.len() as u32;
        self.bytes.extend_from_slice(word);
        self.starts.push(self.bytes.len());
        self.slots[at] = Slot { key, word: index, count: 0 };
        match u32::try_from(count) {
            Ok(count) => self.slots[at].count = count,
            Err(_) => self.add_large(at, count),
        }
        if self.len() * 5 > self.slots.len() * 3 {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let mut slots = filled(self.slots.len() * 2, Slot::default());
        let mask = slots.len() - 1;
        for slot in self.slots.iter().filter(|slot| slot.key != 0) {
            let mut at = home(&slots, slot.key);
            while slots[at].key != 0 {
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
        for slot in self.slots.iter().filter(|slot| slot.key != 0) {
            counts[slot.word as usize] = u64::from(slot.count);
        }
        for (word, count) in self.large {
            counts[word as usize] = counts[word as usize].saturating_add(count);
        }
        Words { bytes: self.bytes, starts: self.starts, counts }
    }
}

#[inline(always)]
fn home(slots: &[Slot], key: u64) -> usize {
    (spread(key) >> (64 - slots.len().trailing_zeros())) as usize
}

/// Which of `shards` equal shards a word belongs to.
#[inline]
pub(super) fn shard(word: &[u8], shards: usize) -> usize {
    // The low half, as tables take their slots from the high bits.
    (((spread(key(word, 0, word.len())) & 0xFFFF_FFFF) * shards as u64) >> 32) as usize
}

#[cfg(test)]
mod tests;
