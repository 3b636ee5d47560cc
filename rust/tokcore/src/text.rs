//! Texts as their owners hold them, turned into UTF-8 when it is their turn.
//!
//! Python keeps a str in one, two or four bytes a character. Asked for its UTF-8 it makes a copy and keeps it as long as
//! the str, which takes a quarter of a first pass over Chinese, on one thread. Turned into a buffer that is used again,
//! on the thread that encodes it, it takes a few hundredths.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx512;

use crate::memory::{AHEAD, prefetch_ahead};
use crate::tier::Tier;

/// A text of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text<'t> {
    /// Any bytes.
    Bytes(&'t [u8]),
    /// UTF-8.
    Utf8(&'t str),
    /// The code points of characters below U+0100.
    Latin1(&'t [u8]),
    /// The code points of characters below U+10000.
    Ucs2(&'t [u16]),
    /// The code points of any characters.
    Ucs4(&'t [u32]),
}

/// A code point in one, two or four bytes.
pub(crate) trait Unit: Copy + Default + Into<u32> {
    /// The most bytes that one takes in UTF-8.
    const MOST: usize;
}

impl Unit for u8 {
    const MOST: usize = 2;
}

impl Unit for u16 {
    const MOST: usize = 3;
}

impl Unit for u32 {
    const MOST: usize = 4;
}

impl<'t> Text<'t> {
    /// The bytes that its owner holds it in.
    pub fn size(&self) -> usize {
        match self {
            Self::Bytes(text) | Self::Latin1(text) => text.len(),
            Self::Utf8(text) => text.len(),
            Self::Ucs2(text) => size_of_val(*text),
            Self::Ucs4(text) => size_of_val(*text),
        }
    }

    /// Its first `characters`, if it is held as code points and has more than twice as many, and none of these is a
    /// surrogate.
    pub(crate) fn head(&self, characters: usize) -> Option<Self> {
        fn first<U: Unit>(units: &[U], characters: usize) -> Option<&[U]> {
            let head = units.get(..characters).filter(|_| units.len() / 2 > characters)?;
            let is_whole = head.iter().all(|&unit| !(0xD800..0xE000).contains(&unit.into()));
            is_whole.then_some(head)
        }
        match self {
            Self::Bytes(_) | Self::Utf8(_) => None,
            Self::Latin1(text) => first(text, characters).map(Self::Latin1),
            Self::Ucs2(text) => first(text, characters).map(Self::Ucs2),
            Self::Ucs4(text) => first(text, characters).map(Self::Ucs4),
        }
    }

    /// Asks for the memory in which it begins, as far as it is not asked for in reading it: it is soon read.
    pub(crate) fn expect(&self) {
        let start = match self {
            Self::Bytes(text) | Self::Latin1(text) => text.as_ptr(),
            Self::Utf8(text) => text.as_ptr(),
            Self::Ucs2(text) => text.as_ptr().cast(),
            Self::Ucs4(text) => text.as_ptr().cast(),
        };
        (0..self.size().min(AHEAD)).step_by(64).for_each(|at| prefetch_ahead(start, at));
    }

    /// The text as UTF-8 or the bytes it is, in `buffer` if it is neither already. Surrogates that are a pair become their
    /// character, others U+FFFD, as in tiktoken, and so does what is no code point. O(n).
    pub fn utf8<'b>(&self, buffer: &'b mut Vec<u8>) -> &'b [u8]
    where
        't: 'b,
    {
        match self {
            Self::Bytes(text) => return text,
            Self::Utf8(text) => return text.as_bytes(),
            Self::Latin1(text) => transcode(Tier::current(), text, buffer),
            Self::Ucs2(text) => transcode(Tier::current(), text, buffer),
            Self::Ucs4(text) => transcode(Tier::current(), text, buffer),
        }
        buffer
    }
}

/// Makes `out` the UTF-8 of `units`.
fn transcode<U: Unit + Code>(tier: Tier, units: &[U], out: &mut Vec<u8>) {
    out.clear();
    #[cfg(target_arch = "x86_64")]
    let units = if tier == Tier::Avx512 && tier.is_available() {
        // SAFETY: the machine has the tier.
        &units[unsafe { avx512::transcode(units, out) }..]
    } else {
        units
    };
    #[cfg(not(target_arch = "x86_64"))]
    let _ = tier;
    one_by_one(units, out);
}

/// Units whose case is decided together.
const TOGETHER: usize = 16;

/// Appends the UTF-8 of `units`.
fn one_by_one<U: Unit>(units: &[U], out: &mut Vec<u8>) {
    out.reserve(units.len());
    let mut rest = units;
    while let Some((&first, after)) = rest.split_first() {
        if let Some((together, after)) = rest.split_first_chunk::<TOGETHER>()
            && together.iter().fold(0, |all, &unit| all | unit.into()) < 0x80
        {
            out.extend(together.map(|unit| unit.into() as u8));
            rest = after;
            continue;
        }
        rest = after;
        let mut code = first.into();
        if let (0xD800..0xDC00, Some((&second, after))) = (code, rest.split_first())
            && let low @ 0xDC00..0xE000 = second.into()
        {
            code = 0x1_0000 + ((code & 0x3FF) << 10 | low & 0x3FF);
            rest = after;
        }
        let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

#[cfg(not(target_arch = "x86_64"))]
use Unit as Code;
#[cfg(target_arch = "x86_64")]
use avx512::Code;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tiers() -> impl Iterator<Item = Tier> {
        Tier::ALL.into_iter().filter(|tier| tier.is_available())
    }

    /// In every tier, from every place on, so that each character comes to stand everywhere in a block.
    fn check<U: Unit + Code>(units: &[U]) {
        for from in 0..units.len().min(40) {
            let units = &units[from..];
            let wide: Vec<u16> = units.iter().flat_map(|&unit| utf16(unit.into())).collect();
            let expected = String::from_utf16_lossy(&wide).into_bytes();
            for tier in tiers() {
                let mut out = vec![1; 3];
                transcode(tier, units, &mut out);
                assert_eq!(out, expected, "{tier:?}");
            }
        }
    }

    /// A code point as UTF-16, surrogates as they are.
    fn utf16(code: u32) -> Vec<u16> {
        match char::from_u32(code) {
            Some(character) => character.encode_utf16(&mut [0; 2]).to_vec(),
            None => vec![u16::try_from(code).unwrap_or(0xFFFD)],
        }
    }

    #[test]
    fn every_code_point() {
        let all: Vec<u32> = (0..0x11_0000).collect();
        let expected: Vec<u16> = all.iter().flat_map(|&code| utf16(code)).collect();
        for tier in tiers() {
            let mut out = Vec::new();
            transcode(tier, &all, &mut out);
            assert_eq!(out, String::from_utf16_lossy(&expected).into_bytes(), "{tier:?}");
        }
        check(&(0..=u16::MAX).step_by(7).collect::<Vec<u16>>());
        check(&(0..=u8::MAX).collect::<Vec<u8>>());
        check::<u32>(&[0x11_0000, u32::MAX, 65]);
        check::<u16>(&[]);
    }

    fn units() -> impl Strategy<Value = Vec<u32>> {
        let unit = prop_oneof![0..0x80_u32, 0..0x800_u32, 0..0x1_0000_u32, 0xD700..0xE100_u32, 0..0x11_0000_u32];
        let run = (unit, 1..30_usize).prop_map(|(unit, times)| vec![unit; times]);
        prop::collection::vec(run, 0..12).prop_map(|runs| runs.concat())
    }

    proptest! {
        #[test]
        fn equals_the_standard_library(units in units()) {
            check(&units);
            check(&units.iter().map(|&unit| unit as u16).collect::<Vec<_>>());
            check(&units.iter().map(|&unit| unit as u8).collect::<Vec<_>>());
        }
    }
}
