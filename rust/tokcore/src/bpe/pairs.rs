//! Which two neighbours join, and to which token.
//!
//! One pair a token is enough. When a token comes to be at some place, everything joined so far inside its bytes was
//! joined without looking past them, so it happened as it would in those bytes alone; the two parts joined last are
//! therefore always the two that are left when the token's own bytes are merged as far as possible. Any other two tokens
//! whose bytes make up the token never stand side by side when it would be their turn. A token whose own bytes do not
//! come down to two parts is never reached by merging at all and has no pair.

use super::heap;
use super::vector::{Merger, SHORT};
use crate::tier::Tier;
use crate::vocab::{Parts, Vocabulary};

/// No token.
pub(crate) const NONE: u32 = u32::MAX;

/// How many slots a bucket has: a cache line.
pub(super) const SLOTS: usize = 16;
/// Buckets are filled to less than this on average, so that few are full.
const FILL: usize = 7;

/// One cache line of the table. A slot is a tag in the high bits and an id in the low ones, [`NONE`] where free; slots
/// are filled from the first.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Bucket(pub(super) [u32; SLOTS]);

/// From two neighbouring ids to the id of the token they join to.
pub(crate) struct Pairs {
    /// A power of two of them. A pair that does not fit its bucket is in the next that is not full.
    pub(super) buckets: Vec<Bucket>,
    shift: u32,
    /// How many low bits of a slot are the id: enough that no id has them all set.
    pub(super) id_bits: u32,
    /// The two parts of each id; `(NONE, NONE)` for single bytes, holes and tokens that merging does not reach.
    parts: Vec<(u32, u32)>,
    /// What two bytes join to, at the first times 256 plus the second.
    bytes: Box<[u32]>,
}

/// Where a pair is looked for.
pub(super) struct Home {
    pub(super) bucket: usize,
    pub(super) tag: u32,
}

fn two(ids: &[u32], of: usize) -> Option<(u32, u32, usize)> {
    if let [a, b] = *ids { Some((a, b, of)) } else { None }
}

impl Pairs {
    /// The pairs of `vocabulary`: those it came with, or else found by merging each token's own bytes, short tokens before
    /// long ones.
    pub(crate) fn new(vocabulary: &Vocabulary) -> Self {
        match vocabulary.parts() {
            Some(parts) => Self::of_parts(vocabulary, parts),
            None => Self::found(vocabulary),
        }
    }

    fn of_parts(vocabulary: &Vocabulary, parts: &[Parts]) -> Self {
        let mut pairs = Self::empty(vocabulary);
        for (id, token) in vocabulary.iter() {
            if let Some((a, b)) = parts[id as usize] {
                pairs.insert(a, b, id, token);
            }
        }
        pairs
    }

    fn found(vocabulary: &Vocabulary) -> Self {
        let mut pairs = Self::empty(vocabulary);
        let mut by_length: Vec<(u32, &[u8])> = vocabulary.iter().filter(|(_, token)| token.len() > 1).collect();
        by_length.sort_by_key(|(_, token)| token.len());
        let (mut scratch, mut left, mut found) = (heap::Scratch::default(), Vec::new(), Vec::new());
        // Tokens of one length have no part in each other, so they can be merged side by side.
        for tokens in by_length.chunk_by(|(_, one), (_, other)| one.len() == other.len()) {
            if tokens[0].1.len() <= SHORT {
                let merger = Merger::new(Tier::current(), &pairs, vocabulary.byte_ids());
                merger.merge_each(tokens.len(), |i| tokens[i].1, |i, merged| found.extend(two(merged.ids(), i)));
            } else {
                for (i, (_, token)) in tokens.iter().enumerate() {
                    left.clear();
                    scratch.merge(&pairs, vocabulary.byte_ids(), token, &mut left);
                    found.extend(two(&left, i));
                }
            }
            for (a, b, i) in found.drain(..) {
                pairs.insert(a, b, tokens[i].0, tokens[i].1);
            }
        }
        pairs
    }

    fn empty(vocabulary: &Vocabulary) -> Self {
        let buckets = (vocabulary.len() / FILL + 1).next_power_of_two();
        Self {
            buckets: vec![Bucket([NONE; SLOTS]); buckets],
            shift: 64 - buckets.trailing_zeros(),
            id_bits: u32::BITS - vocabulary.id_bound().leading_zeros(),
            parts: vec![(NONE, NONE); vocabulary.id_bound() as usize],
            bytes: vec![NONE; 1 << 16].into(),
        }
    }

    /// The token that `a` and `b` join to, or [`NONE`].
    #[inline]
    pub(crate) fn get(&self, a: u32, b: u32) -> u32 {
        let home = self.home(a, b);
        let mut at = home.bucket;
        loop {
            for &slot in &self.buckets[at].0 {
                if slot == NONE {
                    return NONE;
                }
                if slot >> self.id_bits == home.tag && self.is(slot & self.id_mask(), a, b) {
                    return slot & self.id_mask();
                }
            }
            at = (at + 1) & (self.buckets.len() - 1);
        }
    }

    /// The token that two bytes join to, or [`NONE`].
    #[inline]
    pub(super) fn of_bytes(&self, first: u8, second: u8) -> u32 {
        self.bytes[usize::from(first) << 8 | usize::from(second)]
    }

    /// Whether `id` joins from `a` and `b`.
    #[inline]
    pub(super) fn is(&self, id: u32, a: u32, b: u32) -> bool {
        self.parts.get(id as usize) == Some(&(a, b))
    }

    #[inline]
    pub(super) fn id_mask(&self) -> u32 {
        (1 << self.id_bits) - 1
    }

    /// Whether merging its own bytes reaches token `id`.
    pub(crate) fn reaches(&self, id: u32, token: &[u8]) -> bool {
        token.len() == 1 || self.parts[id as usize].0 != NONE
    }

    #[inline]
    pub(super) fn home(&self, a: u32, b: u32) -> Home {
        // Fibonacci hashing (Knuth, volume 3, 6.4): the golden ratio's bits spread keys over the product's high bits.
        let hash = (u64::from(a) << 24 | u64::from(b)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Home {
            // A shift by 64 is no shift, but then there is one bucket only.
            bucket: (hash >> (self.shift & 63)) as usize & (self.buckets.len() - 1),
            tag: (hash >> 12) as u32 >> self.id_bits,
        }
    }

    fn insert(&mut self, a: u32, b: u32, id: u32, token: &[u8]) {
        let home = self.home(a, b);
        let mut at = home.bucket;
        let free = loop {
            if let Some(free) = self.buckets[at].0.iter_mut().find(|slot| **slot == NONE) {
                break free;
            }
            at = (at + 1) & (self.buckets.len() - 1);
        };
        *free = home.tag << self.id_bits | id;
        self.parts[id as usize] = (a, b);
        if let &[first, second] = token {
            self.bytes[usize::from(first) << 8 | usize::from(second)] = id;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpe::testing::vocabulary;

    #[test]
    fn each_token_joins_from_the_parts_that_merging_leaves() {
        let v = vocabulary(&["ab", "bc", "abc", "bcd", "abcd"]);
        let pairs = Pairs::new(&v);
        let id = |t: &str| v.id(t.as_bytes()).unwrap();
        assert_eq!(pairs.get(id("a"), id("b")), id("ab"));
        assert_eq!(pairs.get(id("ab"), id("c")), id("abc"));
        assert_eq!(pairs.get(id("abc"), id("d")), id("abcd"));
        assert_eq!(pairs.of_bytes(b'b', b'c'), id("bc"));
        // These bytes make tokens too, but never stand side by side.
        assert_eq!(pairs.get(id("a"), id("bc")), NONE);
        assert_eq!(pairs.get(id("a"), id("bcd")), NONE);
        assert!(v.iter().all(|(id, token)| pairs.reaches(id, token)));
    }

    #[test]
    fn tokens_that_merging_does_not_reach_are_noticed() {
        let missed = |tokens: &[&str]| -> Vec<String> {
            let v = vocabulary(tokens);
            let pairs = Pairs::new(&v);
            let missed = v.iter().filter(|&(id, token)| !pairs.reaches(id, token));
            missed.map(|(_, token)| String::from_utf8_lossy(token).into_owned()).collect()
        };
        assert_eq!(missed(&["abc"]), ["abc"]);
        // "ab" takes the b that "bc" + "d" would need.
        assert_eq!(missed(&["ab", "bc", "bcd", "abcd"]), ["abcd"]);
        assert!(missed(&["ab", "cd", "abcd"]).is_empty());
    }
}
