//! Making the table of pairs, and taking over one that was made before, or pairs that training knows.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Bucket, FREE, NONE, Pairs, SLOTS};
use crate::bpe::heap;
use crate::bpe::vector::{Merger, SHORT};
use crate::tier::Tier;
use crate::vocab::Vocabulary;
use crate::vocab::format::merges::merges;

/// Buckets are filled to less than this on average, so that few are full.
const FILL: usize = 4;
/// At least so many buckets, by their logarithm, that what is left of a product fits above the id.
const LEAST_BITS: u32 = 9;

/// The table of a vocabulary's pairs, for [`Vocabulary::with_pairs`]: little-endian 64-bit numbers, eight for each bucket,
/// filled in order of id, and then left id, right id and id of each pair that found its bucket full. `None` if there are
/// tokens that merging does not reach. Takes as long as [`merges`].
pub fn table(vocabulary: &Vocabulary) -> Option<Vec<u8>> {
    let merges = merges(vocabulary);
    let mut builder = Builder::new(vocabulary);
    for &(a, b, id) in &merges.pairs {
        builder.insert(a, b, id);
    }
    let mut table: Vec<u8> =
        builder.pairs.buckets.iter().flat_map(|bucket| bucket.0).flat_map(u64::to_le_bytes).collect();
    let full = merges.pairs.iter().filter(|&&(a, b, _)| builder.pairs.overflow.contains_key(&(a, b)));
    table.extend(full.flat_map(|&(a, b, id)| [a, b, id]).flat_map(|id| u64::from(id).to_le_bytes()));
    merges.unreachable.is_empty().then_some(table)
}

/// The pairs of a `table` made for `vocabulary`, which is not copied if it stands in memory as on this machine. `None` if it
/// has another size than that vocabulary's.
pub(super) fn read(vocabulary: &Vocabulary, table: &'static [u8]) -> Option<Pairs> {
    let bits = bits(vocabulary);
    let (buckets, full) = table.split_at_checked(size_of::<Bucket>() << bits)?;
    let (full, []) = full.as_chunks::<24>() else { return None };
    // SAFETY: a bucket is eight integers, for which any bytes will do.
    let (before, aligned, _) = unsafe { buckets.align_to::<Bucket>() };
    let buckets = match before {
        [] if cfg!(target_endian = "little") => Cow::Borrowed(aligned),
        _ => Cow::Owned(buckets.as_chunks().0.iter().map(Bucket::of).collect()),
    };
    let number =
        |bytes: &[u8; 24], at: usize| bytes[at..at + 4].iter().rev().fold(0, |n, &byte| n << 8 | u32::from(byte));
    let overflow = full.iter().map(|bytes| ((number(bytes, 0), number(bytes, 8)), number(bytes, 16))).collect();
    let mut pairs = Pairs { buckets, bits, overflow, bytes: vec![NONE; 1 << 16].into(), unreached: Vec::new() };
    for (id, token) in vocabulary.iter() {
        pairs.note_bytes(token, id);
    }
    Some(pairs)
}

/// The pairs `merges`, each of which joins to one of the last tokens of `vocabulary`, in order of their ids.
pub(super) fn made(vocabulary: &Vocabulary, merges: &[(u32, u32)]) -> Pairs {
    let mut builder = Builder::new(vocabulary);
    let first = vocabulary.id_bound().saturating_sub(merges.len() as u32);
    for (&(a, b), id) in merges.iter().zip(first..) {
        builder.insert(a, b, id);
        builder.pairs.note_bytes(vocabulary.token(id).unwrap_or_default(), id);
    }
    builder.pairs
}

/// The pairs that merging each token's own bytes ends in, short tokens before long ones.
pub(super) fn found(vocabulary: &Vocabulary) -> Pairs {
    let mut builder = Builder::new(vocabulary);
    let mut by_length: Vec<(u32, &[u8])> = vocabulary.iter().filter(|(_, token)| token.len() > 1).collect();
    by_length.sort_by_key(|(_, token)| token.len());
    let (mut scratch, mut left, mut found) = (heap::Scratch::default(), Vec::new(), Vec::new());
    // Tokens of one length have no part in each other, so they can be merged side by side.
    for tokens in by_length.chunk_by(|(_, one), (_, other)| one.len() == other.len()) {
        if tokens[0].1.len() <= SHORT {
            let merger = Merger::new(Tier::current(), &builder.pairs, vocabulary.byte_ids());
            merger.merge_each(tokens.len(), |i| tokens[i].1, |i, merged| found.push((i, two(merged.ids()))));
        } else {
            for (i, (_, token)) in tokens.iter().enumerate() {
                left.clear();
                scratch.merge(&builder.pairs, vocabulary.byte_ids(), token, &mut left);
                found.push((i, two(&left)));
            }
        }
        for (i, parts) in found.drain(..) {
            let (id, token) = tokens[i];
            match parts {
                Some((a, b)) => builder.insert(a, b, id),
                None => builder.pairs.unreached.push(id),
            }
            if parts.is_some() {
                builder.pairs.note_bytes(token, id);
            }
        }
    }
    builder.pairs.unreached.sort_unstable();
    builder.pairs
}

fn two(ids: &[u32]) -> Option<(u32, u32)> {
    if let [a, b] = *ids { Some((a, b)) } else { None }
}

fn bits(vocabulary: &Vocabulary) -> u32 {
    (vocabulary.len() / FILL + 1).next_power_of_two().trailing_zeros().max(LEAST_BITS)
}

impl Bucket {
    fn of(bytes: &[u8; 8 * SLOTS]) -> Self {
        let (slots, _) = bytes.as_chunks();
        Self(std::array::from_fn(|at| u64::from_le_bytes(slots[at])))
    }
}

impl Pairs {
    fn note_bytes(&mut self, token: &[u8], id: u32) {
        // Two bytes that are a token join to it: no other pair comes first.
        if let &[first, second] = token {
            self.bytes[usize::from(first) << 8 | usize::from(second)] = id;
        }
    }
}

/// A table in the making.
struct Builder {
    pairs: Pairs,
    /// How many pairs were put into each bucket: looking for a free slot would wait for the bucket's memory.
    filled: Vec<u8>,
}

impl Builder {
    fn new(vocabulary: &Vocabulary) -> Self {
        let bits = bits(vocabulary);
        let pairs = Pairs {
            buckets: vec![Bucket([FREE; SLOTS]); 1 << bits].into(),
            bits,
            overflow: HashMap::new(),
            bytes: vec![NONE; 1 << 16].into(),
            unreached: Vec::new(),
        };
        Self { pairs, filled: vec![0; 1 << bits] }
    }

    fn insert(&mut self, a: u32, b: u32, id: u32) {
        let home = self.pairs.home(a, b);
        let filled = &mut self.filled[home.bucket];
        match self.pairs.buckets.to_mut()[home.bucket].0.get_mut(usize::from(*filled)) {
            Some(free) => {
                *free = home.tag | u64::from(id);
                *filled += 1;
            }
            None => _ = self.pairs.overflow.insert((a, b), id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpe::testing::vocabulary;

    #[test]
    fn full_buckets_lose_no_pair() {
        let mut builder = Builder::new(&vocabulary(&[""; 0]));
        // Fifteen pairs a bucket of eight.
        let all: Vec<(u32, u32)> = (0..7_680).map(|i| (i * 7_919 % (1 << 24), (1 << 24) - 1 - i)).collect();
        for (&(a, b), id) in all.iter().zip(0..) {
            builder.insert(a, b, id);
        }
        let pairs = builder.pairs;
        assert!(all.iter().zip(0..).all(|(&(a, b), id)| pairs.get(a, b) == id));
        assert!(all.iter().all(|&(a, b)| pairs.get(b, a) == NONE && pairs.get(a, b - 1) == NONE));
        assert!(!pairs.overflow.is_empty());
    }

    #[test]
    fn a_table_read_has_the_pairs_that_are_found() {
        let v = vocabulary(&["ab", "bc", "abc", "bcd", "abcd", "xyz"]);
        assert_eq!(table(&v), None, "merging does not reach xyz");
        let v = vocabulary(&["ab", "bc", "abc", "bcd", "abcd"]);
        // The second with a byte before it, so that it cannot be used where it stands.
        let tables = [0, 1].map(|at| &[&[0; 64][..at], &table(&v).unwrap()].concat().leak()[at..]);
        let expected = found(&v);
        for table in tables {
            let pairs = read(&v, table).unwrap();
            assert!((0..300).all(|a| (0..300).all(|b| pairs.get(a, b) == expected.get(a, b))));
            assert!((0..=255).all(|a| (0..=255).all(|b| pairs.of_bytes(a, b) == expected.of_bytes(a, b))));
            assert!(read(&v, &table[8..]).is_none());
        }
    }

    #[test]
    fn pairs_that_were_merged_are_those_that_are_found() {
        let v = vocabulary(&["ab", "bc", "abc", "bcd", "abcd"]);
        let id = |token: &str| v.id(token.as_bytes()).unwrap();
        let merges = [("a", "b"), ("b", "c"), ("ab", "c"), ("bc", "d"), ("abc", "d")];
        let pairs = made(&v, &merges.map(|(a, b)| (id(a), id(b))));
        let expected = found(&v);
        assert!((0..300).all(|a| (0..300).all(|b| pairs.get(a, b) == expected.get(a, b))));
        assert!((0..=255).all(|a| (0..=255).all(|b| pairs.of_bytes(a, b) == expected.of_bytes(a, b))));
    }
}
