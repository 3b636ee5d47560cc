//! Places inside long pieces that no token spans.
//!
//! No merge crosses them, so that what is between them is merged by itself ([`CutFilter`](crate::scan::CutFilter) says why,
//! and finds such places between characters of three bytes, for all words). Here they are sought between characters of any
//! length, of which one at least is not ASCII, in long words that are new: where scripts change, most often. Such a word is
//! merged in a fraction of the time that it takes as a whole.
//!
//! A token that spans a place has one or two bytes, or more, on either side of it. By two of these at most, and by how many
//! it has, all places in tokens are kept in a bitmap under a hash. A collision there only loses a place.

use crate::scan::{Bloom, Filling};
use crate::vocab::Vocabulary;

/// Bits of the bitmap for each place.
const ROOM: usize = 16;

/// Which bytes around a place a token has, of two before it and two after it, the first of them highest; and one more number
/// for each choice, so that no two are taken for each other.
const SEEN: [(u32, u64); 4] = [(0xFFFF_FFFF, 0), (0x00FF_FFFF, 1), (0xFFFF_FF00, 2), (0x00FF_FF00, 3)];

/// How many bytes a character has, by the high half of its first.
const LENGTHS: [u8; 16] = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4];

/// Where long pieces may be parted: between bytes around which no token has a place.
#[derive(Debug)]
pub(super) struct Parting {
    spanned: Bloom,
}

impl Parting {
    /// For the tokens of a vocabulary. O(bytes of all of them).
    pub(super) fn new(vocabulary: &Vocabulary) -> Self {
        let mut spanned = Filling::new();
        for token in vocabulary.beyond_ascii() {
            for at in (1..token.len()).filter(|&at| is_sought(token, at)) {
                let seen = SEEN[usize::from(at < 2) + 2 * usize::from(token.len() - at < 2)];
                spanned.add(number(around(token, at), seen));
            }
        }
        Self { spanned: Bloom::new(ROOM, spanned) }
    }

    /// The places inside `piece`, ascending, at which it may be parted; not all that there are. Between characters whose first
    /// bytes are the same none is sought: they are of one script most often, and some token spans most pairs of these.
    pub(super) fn places(&self, piece: &[u8]) -> impl Iterator<Item = usize> {
        let mut at = 0;
        std::iter::from_fn(move || {
            loop {
                let before = *piece.get(at)?;
                at += usize::from(LENGTHS[usize::from(before >> 4)]);
                let after = *piece.get(at)?;
                if before != after && is_sought(piece, at) && !self.is_spanned(around(piece, at)) {
                    return Some(at);
                }
            }
        })
    }

    /// Whether a token may have these bytes around a place. Those that a piece does not have are no matter.
    fn is_spanned(&self, around: u32) -> bool {
        SEEN.iter().fold(false, |found, &seen| found | self.spanned.may_have(number(around, seen)))
    }
}

/// What stands for the bytes around a place that a token has.
fn number(around: u32, (seen, kind): (u32, u64)) -> u64 {
    u64::from(around & seen) << 2 | kind
}

/// Whether a place is between characters that are not both ASCII.
fn is_sought(bytes: &[u8], at: usize) -> bool {
    !(bytes[at - 1].is_ascii() && bytes[at].is_ascii()) && bytes[at] & 0xC0 != 0x80
}

/// The two bytes before a place and the two after it, as far as there are any.
fn around(bytes: &[u8], at: usize) -> u32 {
    let byte = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied().unwrap_or(0);
    u32::from_be_bytes([byte(at.checked_sub(2)), bytes[at - 1], bytes[at], byte(Some(at + 1))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpe::testing::vocabulary;

    #[test]
    fn places_that_tokens_span_are_left_out() {
        let parting = Parting::new(&vocabulary(&["жa".as_bytes(), b"\xB6b", "cж".as_bytes(), b"d\xD0"]));
        let places = |piece: &str| parting.places(piece.as_bytes()).collect::<Vec<_>>();
        assert_eq!(places("жa"), [0; 0]);
        assert_eq!(places("xжбx中"), [1, 5, 6]);
        // By one byte on one side of it.
        assert_eq!(places("жb"), [0; 0]);
        assert_eq!(places("dж"), [0; 0]);
        assert_eq!(places("cж"), [0; 0]);
        assert_eq!(places("cшab"), [1, 3]);
    }
}
