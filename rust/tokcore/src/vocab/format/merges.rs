//! From ranks to merges: formats that list merges need, for each token, the two tokens it is made of.
//!
//! Token `t` is *reachable* if merging its own bytes by ranks below its own ends in exactly two tokens. Those two are
//! then the only pair that ever makes `t`, in any text: for another pair (l, r) of the same bytes to meet, l and r would
//! have to be made while a pair of lower rank stood inside those bytes, and the lowest rank goes first.

use crate::vocab::Vocabulary;

/// The merges of a vocabulary, by which it is rebuilt from single bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Merges {
    /// (left, right, merged) ids in order of priority, one for each reachable token that is no single byte.
    pub pairs: Vec<(u32, u32, u32)>,
    /// The tokens which merging their own bytes does not give: only a whole pre-token, or bytes around them, can.
    pub unreachable: Vec<u32>,
}

/// The merges of `vocabulary`. O(total bytes) for common vocabularies, quadratic in a token's length at worst.
pub fn merges(vocabulary: &Vocabulary) -> Merges {
    let mut merges = Merges::default();
    for (id, token) in vocabulary.iter().filter(|(_, token)| token.len() > 1) {
        let bounds = merged_bounds(vocabulary, token, id);
        let found = match bounds[..] {
            [start, middle, end] => vocabulary.id(&token[start..middle]).zip(vocabulary.id(&token[middle..end])),
            _ => None,
        };
        match found {
            Some((left, right)) => merges.pairs.push((left, right, id)),
            None => merges.unreachable.push(id),
        }
    }
    merges
}

/// Every pair of tokens that joined give token `id`, by ascending (left, right).
pub(super) fn splits(vocabulary: &Vocabulary, id: u32) -> Vec<(u32, u32)> {
    let token = vocabulary.token(id).unwrap_or_default();
    let split = |at| vocabulary.id(&token[..at]).zip(vocabulary.id(&token[at..]));
    let mut splits: Vec<(u32, u32)> = (1..token.len()).filter_map(split).collect();
    splits.sort_unstable();
    splits
}

/// Where tokens begin and end after merging `token`'s bytes by all ranks below `limit`, lowest first, leftmost first.
fn merged_bounds(vocabulary: &Vocabulary, token: &[u8], limit: u32) -> Vec<usize> {
    let mut bounds: Vec<usize> = (0..=token.len()).collect();
    loop {
        let rank = |at: usize| vocabulary.id(&token[bounds[at]..bounds[at + 2]]).filter(|&rank| rank < limit);
        let ranked = (0..bounds.len().saturating_sub(2)).filter_map(|at| Some((rank(at)?, at)));
        let Some((_, at)) = ranked.min() else { return bounds };
        bounds.remove(at + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(extra: &[(&[u8], u32)]) -> Vocabulary {
        let bytes = (0..=255u8).map(|b| (vec![b], u32::from(b)));
        Vocabulary::new(bytes.chain(extra.iter().map(|(t, id)| (t.to_vec(), *id)))).unwrap()
    }

    #[test]
    fn finds_the_one_pair_of_each_token() {
        let v = vocabulary(&[(b"ab", 256), (b"bc", 257), (b"abc", 258), (b"abcbc", 259)]);
        let (a, b, c) = (97, 98, 99);
        assert_eq!(merges(&v).pairs, [(a, b, 256), (b, c, 257), (256, c, 258), (258, 257, 259)]);
        assert_eq!(splits(&v, 258), [(a, 257), (256, c)]);
    }

    #[test]
    fn names_tokens_out_of_reach() {
        let v = vocabulary(&[(b"bc", 256), (b"ab", 257), (b"xyz", 258), (b"abcd", 259), (b"cd", 260)]);
        assert_eq!(merges(&v).unreachable, [258, 259]);
        assert_eq!(splits(&v, 259), [(257, 260)]);
    }
}
