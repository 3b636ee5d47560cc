//! The hash tables that count words: one for words of up to 7 bytes, which five of six words of a text are, one for those of
//! up to 15, and one for longer ones. Words of the first two are their own keys, so that they are found without a look at
//! anything else.

mod distinct;
mod inline;
mod key;
mod long;
mod shared;

pub(super) use self::distinct::Words;
use self::inline::Inline;
use self::key::{Double, Key, hash, hash_long, shard_of};
use self::long::Long;
use super::ascending::sorting_memory;
use crate::threads::parallel;

/// How many words are asked for before the first is looked up.
const AHEAD: usize = 128;

/// How many words ahead those that are counted already are asked for.
const WORDS_AHEAD: usize = 16;

/// Distinct words and how often each was seen.
pub(super) struct Table {
    short: Inline<u64>,
    middle: Inline<Double>,
    long: Long,
    waiting: Waiting,
}

/// Words of a text that were asked for: the keys of those that are their own, and the spans of others with their hashes.
struct Waiting {
    short: [u64; AHEAD],
    middle: [Double; AHEAD],
    long: [(u64, u32, u32); AHEAD],
    /// The words that are not short.
    others: [u32; AHEAD],
}

impl Table {
    pub(super) fn new() -> Self {
        Self::with_capacity(1 << 12)
    }

    /// A table for about so many words.
    pub(super) fn with_capacity(words: usize) -> Self {
        Self {
            short: Inline::with_capacity(words / 4),
            middle: Inline::with_capacity(words / 4),
            long: Long::with_capacity(words / 2),
            waiting: Waiting {
                short: [0; AHEAD],
                middle: [[0; 2]; AHEAD],
                long: [(0, 0, 0); AHEAD],
                others: [0; AHEAD],
            },
        }
    }

    pub(super) fn len(&self) -> usize {
        self.short.len() + self.middle.len() + self.long.len()
    }

    /// The memory in use, in bytes, with what the next growth of one of the tables takes, and with what listing and sorting
    /// the words does.
    pub(super) fn memory(&self) -> usize {
        let [slots, words] = self.long.memory();
        let tables = [self.short.memory(), self.middle.memory(), slots, words];
        // While one is made twice as large the old one is still there.
        let growth = 2 * tables.into_iter().max().unwrap_or(0);
        let listed = Words::MOST_OF_SHORT * (self.short.len() + self.middle.len());
        tables.iter().sum::<usize>() + growth + listed + sorting_memory(self.len())
    }

    /// Counts the spans `bounds[i]..bounds[i + 1]` of `text`, none of which may be empty.
    pub(super) fn add_spans(&mut self, text: &[u8], bounds: &[u32]) {
        let mut rest = bounds;
        while rest.len() > 1 {
            let batch = &rest[..rest.len().min(AHEAD + 1)];
            let (short, others) = self.expect_short(text, batch);
            let (middle, long) = self.expect_others(text, batch, others);
            self.waiting.short[..short].iter().for_each(|&key| self.short.add(key, 1));
            self.waiting.middle[..middle].iter().for_each(|&key| self.middle.add(key, 1));
            for &(hash, start, end) in &self.waiting.long[..long] {
                self.long.add(hash, &text[start as usize..end as usize], 1);
            }
            rest = &rest[batch.len() - 1..];
        }
    }

    /// Asks for the short words of a batch; returns how many they are, and how many others.
    fn expect_short(&mut self, text: &[u8], batch: &[u32]) -> (usize, usize) {
        let (mut short, mut others) = (0, 0);
        for (index, span) in (0..).zip(batch.windows(2)) {
            let len = (span[1] - span[0]) as usize;
            let key = u64::new(text, span[0] as usize, len);
            self.short.expect(key);
            // Written whether it is short or not: a branch that nobody can foretell would cost more.
            self.waiting.short[short] = key;
            self.waiting.others[others] = index;
            short += usize::from(len <= u64::LONGEST);
            others += usize::from(len > u64::LONGEST);
        }
        (short, others)
    }

    /// Asks for the other words of a batch; returns how many are their own keys, and how many are not.
    fn expect_others(&mut self, text: &[u8], batch: &[u32], others: usize) -> (usize, usize) {
        let (mut middle, mut long) = (0, 0);
        for &other in &self.waiting.others[..others] {
            let (start, end) = (batch[other as usize], batch[other as usize + 1]);
            let len = (end - start) as usize;
            if len <= Double::LONGEST {
                let key = Double::new(text, start as usize, len);
                self.middle.expect(key);
                self.waiting.middle[middle] = key;
                middle += 1;
            } else {
                let hash = hash_long(text, start as usize, end as usize);
                self.long.expect(hash);
                self.waiting.long[long] = (hash, start, end);
                long += 1;
            }
        }
        (middle, long)
    }

    /// Adds those of `words` that belong to one of `shards` equal shards.
    pub(super) fn add_shard(&mut self, words: &Words, shard: usize, shards: usize) {
        let is_mine = |&index: &usize| shards == 1 || shard_of(hash(words.word(index)), shards) == shard;
        let mine: Vec<usize> = (0..words.len()).filter(is_mine).collect();
        for (at, &index) in mine.iter().enumerate() {
            if let Some(&ahead) = mine.get(at + WORDS_AHEAD) {
                self.expect(words.word(ahead));
            }
            self.add(words.word(index), words.count(index));
        }
    }

    fn expect(&self, word: &[u8]) {
        match word.len() {
            len if len <= u64::LONGEST => self.short.expect(u64::new(word, 0, len)),
            len if len <= Double::LONGEST => self.middle.expect(Double::new(word, 0, len)),
            _ => self.long.expect(hash(word)),
        }
    }

    /// Adds `count` to the count of `word`, which may not be empty.
    pub(super) fn add(&mut self, word: &[u8], count: u64) {
        match word.len() {
            len if len <= u64::LONGEST => self.short.add(u64::new(word, 0, len), count),
            len if len <= Double::LONGEST => self.middle.add(Double::new(word, 0, len), count),
            _ => self.long.add(hash(word), word, count),
        }
    }

    /// The words and their counts, in no particular order; the table is empty then.
    pub(super) fn take(&mut self) -> Words {
        std::mem::replace(self, Self::new()).finish()
    }

    /// The words and their counts, in no particular order.
    pub(super) fn finish(self) -> Words {
        let mut words = self.long.finish();
        words.reserve(self.short.len() + self.middle.len());
        self.middle.for_each(|word, count| words.push(word, count));
        self.short.for_each(|word, count| words.push(word, count));
        words
    }
}

/// The words of all tables in as many parts that share none, each brought together on a thread of its own.
pub(super) fn merge(tables: &[Table]) -> Vec<Words> {
    parallel(0..tables.len(), |shard| {
        let most = tables.iter().map(Table::len).max().unwrap_or(0);
        let mut merged = Table::with_capacity(most / tables.len());
        for table in tables {
            merged.short.add_shard(&table.short, shard, tables.len());
            merged.middle.add_shard(&table.middle, shard, tables.len());
            merged.long.add_shard(&table.long, shard, tables.len());
        }
        merged.finish()
    })
}

/// Moves every count to one table of those that have the word; the others keep it with a count of 0.
pub(super) fn part(tables: &mut [Table]) {
    let threads = tables.len();
    for i in 1..threads {
        let (before, rest) = tables.split_at_mut(i);
        for table in before {
            table.short.part(&mut rest[0].short, threads);
            table.middle.part(&mut rest[0].middle, threads);
            table.long.part(&mut rest[0].long, threads);
        }
    }
}

#[cfg(test)]
mod tests;
