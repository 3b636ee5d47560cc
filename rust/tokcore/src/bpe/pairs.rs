//! Which two neighbours join, and to which token.
//!
//! One pair a token is enough. When a token comes to be at some place, everything joined so far inside its bytes was
//! joined without looking past them, so it happened as it would in those bytes alone; the two parts joined last are
//! therefore always the two that are left when the token's own bytes are merged as far as possible. Any other two tokens
//! whose bytes make up the token never stand side by side when it would be their turn. A token whose own bytes do not
//! come down to two parts is never reached by merging at all and has no pair.

use super::heap;
use crate::vocab::Vocabulary;

/// No token.
pub(crate) const NONE: u32 = u32::MAX;

/// From two neighbouring ids to the id of the token they join to.
pub(crate) struct Pairs {
    /// The ids of joined tokens by open addressing over a hash of their parts; `NONE` where free.
    slots: Vec<u32>,
    shift: u32,
    /// The two parts of each id; `(NONE, NONE)` for single bytes, holes and tokens that merging does not reach.
    parts: Vec<(u32, u32)>,
    reachable: bool,
}

impl Pairs {
    /// The pairs of `vocabulary`, found by merging each token's own bytes, short tokens before long ones.
    pub(crate) fn new(vocabulary: &Vocabulary) -> Self {
        let size = (vocabulary.len() * 2).next_power_of_two();
        let mut pairs = Self {
            slots: vec![NONE; size],
            shift: 64 - size.trailing_zeros(),
            parts: vec![(NONE, NONE); vocabulary.id_bound() as usize],
            reachable: true,
        };
        let mut by_length: Vec<(u32, &[u8])> = vocabulary.iter().filter(|(_, token)| token.len() > 1).collect();
        by_length.sort_by_key(|(_, token)| token.len());
        let mut scratch = heap::Scratch::default();
        let mut left = Vec::new();
        for (id, token) in by_length {
            left.clear();
            scratch.merge(&pairs, vocabulary.byte_ids(), token, &mut left);
            match left[..] {
                [a, b] => pairs.insert(a, b, id),
                _ => pairs.reachable = false,
            }
        }
        pairs
    }

    /// The token that `a` and `b` join to, or [`NONE`].
    #[inline]
    pub(crate) fn get(&self, a: u32, b: u32) -> u32 {
        let mut slot = self.home(a, b);
        loop {
            let id = self.slots[slot];
            if id == NONE || self.parts[id as usize] == (a, b) {
                return id;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    /// Whether merging its own bytes reaches every token.
    #[cfg(test)]
    pub(crate) fn all_reachable(&self) -> bool {
        self.reachable
    }

    fn home(&self, a: u32, b: u32) -> usize {
        let key = u64::from(a) << 32 | u64::from(b);
        // Fibonacci hashing: the golden ratio's bits spread keys over the high bits (Knuth, volume 3, 6.4).
        (key.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(20) ^ key).wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize
            >> self.shift
    }

    fn insert(&mut self, a: u32, b: u32, id: u32) {
        let mut slot = self.home(a, b);
        while self.slots[slot] != NONE {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = id;
        self.parts[id as usize] = (a, b);
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
        // These bytes make tokens too, but never stand side by side.
        assert_eq!(pairs.get(id("a"), id("bc")), NONE);
        assert_eq!(pairs.get(id("a"), id("bcd")), NONE);
        assert!(pairs.all_reachable());
    }

    #[test]
    fn tokens_that_merging_does_not_reach_are_noticed() {
        assert!(!Pairs::new(&vocabulary(&["abc"])).all_reachable());
        // "ab" takes the b that "bc" + "d" would need.
        assert!(!Pairs::new(&vocabulary(&["ab", "cd", "bcd", "abcx", "bcdx"])).all_reachable());
    }
}
