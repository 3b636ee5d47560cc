//! Word counts: how often each pre-token was seen, and in what.

use super::table::{self, Table, Words};
use crate::error::{Error, ErrorKind, Result};
use crate::scan::Pattern;

/// How much text went into word counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Documents with any text.
    pub documents: u64,
    /// Bytes of text that were split, special tokens and separators left out.
    pub bytes: u64,
    /// Pre-tokens, every occurrence counted.
    pub words: u64,
}

impl std::ops::AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.documents += other.documents;
        self.bytes += other.bytes;
        self.words += other.words;
    }
}

/// How often each pre-token ("word") of some text was seen under one split pattern. Counts are of 64 bits; where a sum
/// would pass them it stays at their end.
#[derive(Clone)]
pub struct WordCounts {
    pattern: Pattern,
    /// The words as the threads counted them: one word may be in several parts.
    parts: Vec<Words>,
    totals: Totals,
}

impl WordCounts {
    /// No words yet.
    pub fn new(pattern: Pattern) -> Self {
        Self { pattern, parts: vec![], totals: Totals::default() }
    }

    pub(super) fn from_parts(pattern: Pattern, parts: Vec<Words>, totals: Totals) -> Self {
        Self { pattern, parts, totals }
    }

    /// Counts made elsewhere. Words are counted as given: the pattern is not applied again.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`] for an empty word.
    pub fn from_counts<W: AsRef<[u8]>>(pattern: Pattern, counts: impl IntoIterator<Item = (W, u64)>) -> Result<Self> {
        let (mut table, mut totals) = (Table::new(), Totals::default());
        for (word, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            let word = word.as_ref();
            if word.is_empty() {
                return Err(Error::new(ErrorKind::Argument, "a word is empty: pre-tokens have at least one byte"));
            }
            table.add(word, count);
            totals.words = totals.words.saturating_add(count);
            totals.bytes = totals.bytes.saturating_add(count.saturating_mul(word.len() as u64));
        }
        Ok(Self::from_parts(pattern, vec![table.finish()], totals))
    }

    /// The pattern that split the text.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// How much text was counted.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Adds the counts of other text.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`] if the other text was split by another pattern.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        if self.pattern.as_str() != other.pattern.as_str() {
            let why = format!(
                "word counts of different split patterns cannot be merged: {:?} and {:?}",
                self.pattern.as_str(),
                other.pattern.as_str()
            );
            return Err(Error::new(ErrorKind::Argument, why));
        }
        self.parts.extend(other.parts);
        self.totals += other.totals;
        Ok(())
    }

    /// Every distinct word with its count, in ascending order of its bytes. O(n log n).
    pub fn sorted(&self) -> Vec<(Vec<u8>, u64)> {
        let merged = merge(self.parts.clone(), 1);
        let mut words: Vec<_> =
            merged.iter().flat_map(Words::iter).map(|(word, count)| (word.to_vec(), count)).collect();
        words.sort_unstable();
        words
    }

    /// The distinct words in `shards` parts that share no word, with the work on as many threads.
    pub(super) fn into_shards(self, shards: usize) -> Vec<Words> {
        merge(self.parts, shards)
    }
}

impl std::fmt::Debug for WordCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WordCounts({:?}, pattern {:?})", self.totals, self.pattern.as_str())
    }
}

/// Brings the counts of each word together.
fn merge(mut parts: Vec<Words>, shards: usize) -> Vec<Words> {
    if shards == 1 && parts.len() <= 1 {
        return vec![parts.pop().unwrap_or_else(|| Table::new().finish())];
    }
    let parts = &parts;
    std::thread::scope(|scope| {
        let work = |shard| move || merge_shard(parts, shard, shards);
        let threads: Vec<_> = (1..shards).map(|shard| scope.spawn(work(shard))).collect();
        let mut merged = vec![work(0)()];
        merged.extend(threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))));
        merged
    })
}

fn merge_shard(parts: &[Words], shard: usize, shards: usize) -> Words {
    let most = parts.iter().map(Words::len).max().unwrap_or(0);
    let mut table = Table::with_capacity(most / shards);
    for (word, count) in parts.iter().flat_map(Words::iter) {
        if shards == 1 || table::shard(word, shards) == shard {
            table.add(word, count);
        }
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(words: &[(&str, u64)]) -> WordCounts {
        WordCounts::from_counts(Pattern::named("gpt2").unwrap(), words.iter().copied()).unwrap()
    }

    #[test]
    fn merging_adds_counts_whatever_the_shards() {
        let mut all = counts(&[("a", 1), ("bc", 5), ("a", 2), ("zero", 0)]);
        all.merge(counts(&[("bc", u64::from(u32::MAX)), ("d", 1)])).unwrap();
        let expected = vec![(b"a".to_vec(), 3), (b"bc".to_vec(), 4_294_967_300), (b"d".to_vec(), 1)];
        assert_eq!(all.sorted(), expected);
        assert_eq!(all.totals().words, 4_294_967_304);
        let mut words: Vec<_> = all
            .into_shards(3)
            .iter()
            .flat_map(|s| s.iter().map(|(w, c)| (w.to_vec(), c)).collect::<Vec<_>>())
            .collect();
        words.sort_unstable();
        assert_eq!(words, expected);
    }

    #[test]
    fn refuses_empty_words_and_mixed_patterns() {
        let pattern = Pattern::named("gpt2").unwrap();
        assert_eq!(WordCounts::from_counts(pattern, [("", 1)]).unwrap_err().kind(), ErrorKind::Argument);
        let other = WordCounts::new(Pattern::named("cl100k_base").unwrap());
        assert!(counts(&[]).merge(other).unwrap_err().to_string().contains("different split patterns"));
    }
}
