//! Characters beyond ASCII -> the bits of the numbers of their classes.
//!
//! Two- and three-byte characters are looked up in the bitmaps of [`bitmaps`](crate::scan::class::bitmaps), all those of a block
//! that stand near one another in Unicode at once. Text in one script has few such places; Han and Hangul, which have
//! many, are settled before that by what whole spans of code points are.

use super::bits::Ones;
use super::vector::Vector;
use crate::scan::class::Class;
#[cfg(doc)]
use crate::scan::class::bitmaps::{COMMON, SPANS};
use crate::scan::class::bitmaps::{COMMON_ROW, ROWS, Row};

/// A block and what is behind it as far as its last character may go, or zeros.
pub(super) type Near = [u8; 64 + 3];

/// A tier that looks many characters up at once.
pub(super) trait LookUp: Vector {
    /// How many of the lowest bits of code points [`row`](Self::row) tells apart.
    const PART: u32;

    /// The bits for characters in `row`: `low` are their last bytes, `high` those before. Of characters whose code points
    /// differ from `code` in more than the lowest [`PART`](Self::PART) bits it tells nothing.
    fn row(self, row: &Row, code: usize, high: Self::Block, low: Self::Block) -> [u64; 3];

    /// Which three-byte characters are in [`SPANS`], by their first two bytes.
    fn spans(self, first: Self::Block, second: Self::Block) -> [u64; 2];

    /// Which three-byte characters are in the spans of [`COMMON_ROW`], by their first two bytes, and what has the place of
    /// their second bytes there. `None` if `row` does not take in a whole row.
    #[inline(always)]
    fn common(self, _first: Self::Block, _second: Self::Block) -> Option<(u64, Self::Block)> {
        None
    }
}

/// [`Vector::find`] by looking up many at once.
#[inline(always)]
pub(super) fn find<T: LookUp>(tier: T, near: &Near, [two, three, four]: [u64; 3]) -> [u64; 3] {
    let mut found = [0; 3];
    let (first, second) = (block_at(tier, near, 0), block_at(tier, near, 1));
    let mut left = two;
    while left != 0 {
        let at = left.trailing_zeros() as usize;
        let alike = if T::PART < 11 { left & alike(tier, first, near[at]) } else { left };
        add(&mut found, tier.row(&ROWS[0], code_at(near, at), first, second), alike);
        left &= !alike;
    }
    if three != 0 {
        let [uncased, other] = tier.spans(first, second);
        found[2] |= uncased & three;
        let left = three & !uncased & !other;
        if left != 0 {
            find_three(tier, near, [first, second], left, &mut found);
        }
    }
    if four != 0 {
        add(&mut found, one_by_one(near, four), four);
    }
    found
}

/// `find` for three-byte characters in spans of code points that are of several classes.
#[inline(always)]
fn find_three<T: LookUp>(tier: T, near: &Near, [first, second]: [T::Block; 2], mut left: u64, found: &mut [u64; 3]) {
    let third = block_at(tier, near, 2);
    if let Some((common, high)) = tier.common(first, second)
        && left & common != 0
    {
        add(found, tier.row(&COMMON_ROW, 0, high, third), left & common);
        left &= !common;
    }
    while left != 0 {
        let at = left.trailing_zeros() as usize;
        let alike = left & tier.equal(first, near[at]) & alike(tier, second, near[at + 1]);
        let code = code_at(near, at);
        add(found, tier.row(&ROWS[code >> 11 & 31], code, second, third), alike);
        left &= !alike;
    }
}

/// Which of the last bytes but one differ from `byte` only in what [`LookUp::row`] tells apart.
#[inline(always)]
fn alike<T: LookUp>(tier: T, bytes: T::Block, byte: u8) -> u64 {
    let apart = (1 << (T::PART - 6)) - 1;
    tier.within(bytes, byte & !apart, byte | apart)
}

/// Adds what has been found of some characters.
#[inline(always)]
fn add(found: &mut [u64; 3], bits: [u64; 3], of: u64) {
    for (found, bits) in found.iter_mut().zip(bits) {
        *found |= bits & of;
    }
}

/// [`Vector::find`] for any characters.
#[inline(always)]
pub(super) fn one_by_one(near: &Near, leads: u64) -> [u64; 3] {
    let mut found = [0; 3];
    for place in Ones(leads) {
        let class = Class::of(code_at(near, place as usize) as u32) as u64;
        for (bit, found) in found.iter_mut().enumerate() {
            *found |= (class >> bit & 1) << place;
        }
    }
    found
}

/// The block `by` bytes, at most three, behind the first.
#[inline(always)]
pub(super) fn block_at<T: Vector>(tier: T, near: &Near, by: usize) -> T::Block {
    tier.load(near[by..].first_chunk().expect("three bytes behind the block"))
}

/// The code point whose first byte is at `at` in a block of valid text.
#[inline(always)]
fn code_at(near: &Near, at: usize) -> usize {
    let [first, second, third, fourth] = [0, 1, 2, 3].map(|by| usize::from(near[at + by]));
    match first {
        ..0xE0 => (first & 0x1F) << 6 | second & 0x3F,
        0xE0..0xF0 => (first & 0xF) << 12 | (second & 0x3F) << 6 | third & 0x3F,
        _ => (first & 7) << 18 | (second & 0x3F) << 12 | (third & 0x3F) << 6 | fourth & 0x3F,
    }
}
