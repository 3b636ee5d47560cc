//! Places inside pre-tokens that no token spans.
//!
//! Han text has pre-tokens as long as its clauses, nearly all of them unique. But if no token contains the bytes on both
//! sides of a boundary between two characters, no merge ever crosses it: merging only ever joins bytes into tokens. Both
//! sides then merge as if by themselves, and their ids, one after the other, are the pre-token's. So such a boundary may
//! be treated like one between pre-tokens, by whoever merges; who looks whole pre-tokens up must know that a piece may be
//! a token that merging does not make, if the vocabulary has any such.
//!
//! [`CutFilter`] answers for two neighbouring three-byte characters `x y`. A token spans their boundary if somewhere in
//! it the bytes before a place end as `x` does and those after it begin as `y` does, as far as the token goes and at
//! most the character. Such tokens are kept by the last two bytes of `x` and the three of `y`, what they leave open
//! enumerated, in a bitmap under a hash; tokens that hold one byte of either stand in a table of 64 x 16. A collision in
//! the bitmap, or a first byte of `x` other than the token's, only loses a cut.

use super::bloom::{Bloom, Filling};

/// Which boundaries between neighbouring three-byte characters some token spans.
#[derive(Debug, Clone)]
pub struct CutFilter {
    /// By the last two bytes of the first character and the three of the second.
    pub(super) spanned: Bloom,
    /// Bit `x` of `edges[y]`: a token holds a byte `0x80 + x` and, next to it, a byte `0xE0 + y`.
    pub(super) edges: [u64; 16],
}

/// Bits of the bitmap for each entry: of 32 places one is taken, so 3 % of boundaries are lost.
const ROOM: usize = 32;

impl CutFilter {
    /// The filter of a vocabulary, of whose tokens those that are ASCII may be left out. O(bytes of all tokens).
    pub fn new<'a>(tokens: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let (mut edges, mut spanned) = ([0; 16], Filling::new());
        for token in tokens {
            for place in (1..token.len()).filter(|&place| is_lead(token[place])) {
                add_spanned(&token[..place], &token[place..], &mut edges, &mut spanned);
            }
        }
        Self { spanned: Bloom::new(ROOM, spanned), edges }
    }

    /// Whether no token spans the boundary between the characters that are the lowest six bytes of `pair`, the first
    /// byte of the first character lowest.
    #[inline(always)]
    pub(super) fn is_cut(&self, pair: u64) -> bool {
        let edge = self.edges[(pair >> 24 & 0xF) as usize] >> (pair >> 16 & 0x3F);
        // No early end: which of the two it is cannot be foretold.
        !self.spanned.may_have(pair >> 8 & 0xFF_FFFF_FFFF) & (edge & 1 == 0)
    }
}

/// Adds the boundaries that a token of `before` and then `after` spans between these.
fn add_spanned(before: &[u8], after: &[u8], edges: &mut [u64; 16], spanned: &mut Filling) {
    let (Some(right), Some(left)) = (first_bytes(after), last_bytes(before)) else { return };
    match (left, right) {
        ([tail], [lead]) => edges[usize::from(lead & 0xF)] |= 1 << (tail & 0x3F),
        (left, right) => each_left(left, |left| each_right(right, |right| spanned.add(left | right << 16))),
    }
}

/// The last bytes of `bytes` that could be the end of a three-byte character, or all of one.
fn last_bytes(bytes: &[u8]) -> Option<&[u8]> {
    let last = &bytes[bytes.len().saturating_sub(3)..];
    let fits = match last {
        [tail] => is_tail(*tail),
        [middle, tail] => is_tail(*middle) && is_tail(*tail),
        [lead, middle, tail] => is_lead(*lead) && is_tail(*middle) && is_tail(*tail),
        _ => false,
    };
    fits.then_some(last)
}

/// The first bytes of `bytes` that could be the beginning of a three-byte character, or all of one.
fn first_bytes(bytes: &[u8]) -> Option<&[u8]> {
    let first = &bytes[..bytes.len().min(3)];
    let fits = first.split_first().is_some_and(|(lead, tails)| is_lead(*lead) && tails.iter().all(|it| is_tail(*it)));
    fits.then_some(first)
}

fn is_lead(byte: u8) -> bool {
    byte & 0xF0 == 0xE0
}

fn is_tail(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// The last two bytes of every three-byte character that ends in `bytes`, one to three of them, first byte lowest.
fn each_left(bytes: &[u8], mut each: impl FnMut(u64)) {
    match bytes {
        [tail] => (0x80..0xC0).for_each(|middle| each(middle | u64::from(*tail) << 8)),
        [.., middle, tail] => each(u64::from(*middle) | u64::from(*tail) << 8),
        [] => {}
    }
}

/// Every three-byte character that begins with `bytes`, one to three of them, first byte lowest.
fn each_right(bytes: &[u8], mut each: impl FnMut(u64)) {
    let known = little_endian(bytes);
    match bytes.len() {
        3 => each(known),
        2 => (0x80..0xC0).for_each(|third| each(known | third << 16)),
        _ => (0x80..0xC0).for_each(|second| (0x80..0xC0).for_each(|third| each(known | second << 8 | third << 16))),
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(text: &str) -> u64 {
        little_endian(text.as_bytes())
    }

    /// Whether one of `tokens` spans the boundary in the middle of `text`, tried at every place.
    fn spans(tokens: &[&[u8]], text: &[u8]) -> bool {
        let middle = text.len() / 2;
        tokens.iter().any(|token| {
            (1..token.len()).any(|place| {
                let (left, right) = (place.min(middle), (token.len() - place).min(middle));
                text[middle - left..middle + right] == token[place - left..place + right]
            })
        })
    }

    #[test]
    fn tokens_that_span_a_boundary_forbid_the_cut() {
        // Whole characters, parts of both kinds, one byte of either, longer tokens, and tokens that span nothing here.
        let lists: [&[&[u8]]; 9] = [
            &["中文".as_bytes()],
            &["是中文字".as_bytes()],
            &[b"\xAD\xE6\x96\x87"],
            &[b"\xB8\xAD\xE6\x96\x87"],
            &[b"\xE4\xB8\xAD\xE6"],
            &[b"\xE4\xB8\xAD\xE6\x96"],
            &[b"\xB8\xAD\xE6\x96", b"\xAD\xE6\x96"],
            &[b"\xAD\xE6"],
            &["中".as_bytes(), "文".as_bytes(), b"\xE4\xB8", b"a\xE6\x96", "é文".as_bytes(), b"\xB8\xAD"],
        ];
        let (mut cuts, mut lost) = (0, 0);
        let characters = ["中", "文", "是", "字", "串", "丕", "ミ", "斈"];
        for tokens in lists {
            let filter = CutFilter::new(tokens.iter().copied());
            for (left, right) in characters.iter().flat_map(|left| characters.map(|right| (left, right))) {
                let text = format!("{left}{right}");
                let is_spanned = spans(tokens, text.as_bytes());
                let is_cut = filter.is_cut(pair(&text));
                assert!(!(is_cut && is_spanned), "{text} {tokens:x?}");
                cuts += usize::from(is_cut);
                lost += usize::from(!is_cut && !is_spanned);
            }
        }
        assert!(lost * 20 < cuts, "{lost} cuts lost, {cuts} found");
    }

    #[test]
    fn an_empty_vocabulary_cuts_everywhere() {
        assert!(CutFilter::new([]).is_cut(pair("中文")));
    }
}
