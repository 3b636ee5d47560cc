//! Which two neighbours join, and to which token.
//!
//! One pair a token is enough. When a token comes to be at some place, everything joined so far inside its bytes was
//! joined without looking past them, so it happened as it would in those bytes alone; the two parts joined last are
//! therefore always the two that are left when the token's own bytes are merged as far as possible. Any other two tokens
//! whose bytes make up the token never stand side by side when it would be their turn. A token whose own bytes do not
//! come down to two parts is never reached by merging at all and has no pair.
//!
//! The table is looked up for every step of every merge, so a look-up reads one cache line and nothing else: two ids of
//! 24 bits are multiplied by an odd number modulo 2^48, which loses nothing; the product's high bits are the bucket, and
//! the rest of it is in the slot, whole, beside the id of the token.

mod build;

use std::borrow::Cow;
use std::collections::HashMap;

pub use self::build::table;
use crate::vocab::Vocabulary;

/// No token.
pub(crate) const NONE: u32 = u32::MAX;

/// How many slots a bucket has: a cache line.
pub(super) const SLOTS: usize = 8;
/// The low bits of a slot, which are the id. Ids have 24 bits, so none has all of these set.
pub(super) const ID: u64 = (1 << 25) - 1;
/// A slot that is free.
pub(super) const FREE: u64 = u64::MAX;

/// Fibonacci hashing (Knuth, volume 3, 6.4): the golden ratio's bits spread keys over the product's high bits. The low 16
/// bits are zeros, so that the product is that of 48 bits, in the high ones.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4B << 16;

/// One cache line of the table. A slot is a tag in the high bits and an id in the low ones, or [`FREE`]; slots are filled
/// from the first.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Bucket(pub(super) [u64; SLOTS]);

/// From two neighbouring ids to the id of the token they join to.
pub(crate) struct Pairs {
    /// 2^`bits` of them.
    pub(super) buckets: Cow<'static, [Bucket]>,
    bits: u32,
    /// The pairs that found their bucket full: about one in 700.
    overflow: HashMap<(u32, u32), u32>,
    /// What two bytes join to, at the first times 256 plus the second.
    bytes: Box<[u32]>,
    /// The tokens of more than one byte that merging does not reach, in ascending order.
    unreached: Vec<u32>,
}

/// Where a pair is looked for.
pub(super) struct Home {
    pub(super) bucket: usize,
    /// The pair's slot without the id.
    pub(super) tag: u64,
}

impl Pairs {
    /// The pairs of `vocabulary`: those it came with, or else found by merging each token's own bytes.
    pub(crate) fn new(vocabulary: &Vocabulary) -> Self {
        vocabulary.pairs().and_then(|table| build::read(vocabulary, table)).unwrap_or_else(|| build::found(vocabulary))
    }

    /// The pairs `merges`, which the last tokens of `vocabulary` join from, in order of their ids.
    pub(crate) fn of_merges(vocabulary: &Vocabulary, merges: &[(u32, u32)]) -> Self {
        build::made(vocabulary, merges)
    }

    /// The token that `a` and `b`, ids both, join to, or [`NONE`].
    #[inline]
    pub(crate) fn get(&self, a: u32, b: u32) -> u32 {
        let home = self.home(a, b);
        let bucket = &self.buckets[home.bucket].0;
        // No early end: which slot it is cannot be foretold, and compilers make vectors of this.
        let found = bucket.iter().fold(FREE, |found, &slot| if slot & !ID == home.tag { slot } else { found });
        let full = bucket[SLOTS - 1] != FREE;
        match found {
            FREE if full => self.get_overflow(a, b),
            FREE => NONE,
            found => (found & ID) as u32,
        }
    }

    /// [`get`](Self::get) of what is not in its bucket, which is full.
    #[cold]
    pub(super) fn get_overflow(&self, a: u32, b: u32) -> u32 {
        self.overflow.get(&(a, b)).copied().unwrap_or(NONE)
    }

    /// The token that two bytes join to, or [`NONE`].
    #[inline]
    pub(super) fn of_bytes(&self, first: u8, second: u8) -> u32 {
        self.bytes[usize::from(first) << 8 | usize::from(second)]
    }

    /// What any two bytes join to, or [`NONE`], at the first times 256 plus the second.
    pub(super) fn of_all_bytes(&self) -> &[u32; 1 << 16] {
        (&*self.bytes).try_into().expect("one for any two bytes")
    }

    /// What [`home`](Self::home) multiplies by, and how many of the product's high bits are the bucket.
    pub(super) fn hashing(&self) -> (u64, u32) {
        (MULTIPLIER, self.bits)
    }

    /// The tokens that merging their own bytes does not reach, in ascending order.
    pub(crate) fn unreached(&self) -> &[u32] {
        &self.unreached
    }

    #[inline]
    pub(super) fn home(&self, a: u32, b: u32) -> Home {
        let product = (u64::from(a) << 24 | u64::from(b)).wrapping_mul(MULTIPLIER);
        Home { bucket: (product >> (64 - self.bits)) as usize & (self.buckets.len() - 1), tag: product << self.bits }
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
        assert!(pairs.unreached().is_empty());
    }

    #[test]
    fn tokens_that_merging_does_not_reach_are_noticed() {
        let missed = |tokens: &[&str]| -> Vec<String> {
            let v = vocabulary(tokens);
            let missed = Pairs::new(&v).unreached().iter().filter_map(|&id| v.token(id)).collect::<Vec<_>>();
            missed.into_iter().map(|token| String::from_utf8_lossy(token).into_owned()).collect()
        };
        assert_eq!(missed(&["abc"]), ["abc"]);
        // "ab" takes the b that "bc" + "d" would need.
        assert_eq!(missed(&["ab", "bc", "bcd", "abcd"]), ["abcd"]);
        assert!(missed(&["ab", "cd", "abcd"]).is_empty());
    }
}
