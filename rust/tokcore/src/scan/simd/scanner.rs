//! The loop over a window's blocks, written once for all tiers and families.

use super::bits::Bits;
use super::cased::Cased;
use super::classify::{Masks, Wanted};
use super::dispatch::Window;
use super::plain::Plain;
use super::reader::Reader;
use super::spaced::Spaced;
use super::vector::Vector;
use crate::scan::class::class_at;
use crate::scan::cuts::CutFilter;
use crate::scan::rules::{Rules, Words};

/// How far behind a place the text may decide whether a pre-token starts there, blank text and capitals apart: the
/// letters of a contraction.
const LOOKAHEAD: usize = 4;

/// Windows of fewer blocks are scanned block by block.
const FEW_BLOCKS: usize = 3;

/// A window's masks, kept from window to window for their memory.
#[derive(Debug, Default, Clone)]
pub(in crate::scan) struct Scratch {
    starts: Vec<u64>,
    /// First bytes of three-byte characters right after three-byte characters; only where cuts are asked for.
    pairs: Vec<u64>,
}

/// A window to scan and what is found in it.
pub(super) struct Job<'a> {
    pub(super) window: Window<'a>,
    pub(super) scratch: &'a mut Scratch,
    /// Where the bounds go; with room for one at every byte of the window, and 64 more.
    pub(super) bounds: &'a mut [u32],
    /// How many bounds there are, and where the last of them is.
    pub(super) filled: usize,
    pub(super) end: usize,
}

/// Where some blocks are.
pub(super) struct Place<'a> {
    pub(super) text: &'a [u8],
    /// The blocks' first byte in `text`.
    pub(super) at: usize,
}

/// The starts found so far.
pub(super) struct Starts<'a> {
    masks: &'a mut [u64],
    /// The first of the current blocks.
    block: usize,
}

impl Starts<'_> {
    /// Adds starts in the current blocks.
    #[inline(always)]
    pub(super) fn set_mask<B: Bits>(&mut self, mask: B) {
        let masks = &mut self.masks[self.block..self.block + B::BLOCKS];
        let mut lanes = B::Lanes::default();
        lanes.as_mut().copy_from_slice(masks);
        masks.copy_from_slice((B::new(&lanes) | mask).lanes().as_ref());
    }

    /// Adds a start anywhere.
    #[inline]
    pub(super) fn set(&mut self, at: usize) {
        self.masks[at / 64] |= 1 << (at % 64);
    }

    /// Takes a start back.
    #[inline]
    pub(super) fn clear(&mut self, at: usize) {
        self.masks[at / 64] &= !(1 << (at % 64));
    }
}

/// A kind of family: its algebra and what it carries from blocks to the next.
pub(super) trait Shape<B> {
    fn new(rules: &Rules) -> Self;

    /// What the classification is to tell apart.
    fn wanted(&self) -> Wanted;

    /// Adds the starts that the next blocks decide.
    fn blocks(&mut self, masks: &Masks<B>, place: &Place<'_>, starts: &mut Starts<'_>);
}

/// Fills the job's bounds and its end. The end is the text's if the window reaches it, else the last place in the
/// window where a pre-token certainly starts, or 0 if there is none but the first.
#[inline(always)]
pub(super) fn scan<T: Vector>(tier: T, job: &mut Job<'_>) {
    if job.window.limit < FEW_BLOCKS * 64 {
        find_starts::<T, u64>(tier, job);
    } else {
        find_starts::<T, T::Bits>(tier, job);
    }
    job.end = if job.window.is_final() { job.window.limit } else { settled(job) };
    if let Some(cuts) = job.window.cuts {
        add_cuts(tier, cuts, job);
    }
    write_bounds(tier, job);
}

#[inline(always)]
fn find_starts<T: Vector, B: Bits>(tier: T, job: &mut Job<'_>) {
    match job.window.rules.words {
        Words::AfterSpace => blocks::<T, B, Spaced<B>>(tier, job),
        Words::AfterAny | Words::WithMarks => blocks::<T, B, Plain<B>>(tier, job),
        Words::Cased => blocks::<T, B, Cased<B>>(tier, job),
    }
}

#[inline(always)]
fn blocks<T: Vector, B: Bits, S: Shape<B>>(tier: T, job: &mut Job<'_>) {
    let window = job.window;
    let mut shape = S::new(window.rules);
    let Scratch { starts, pairs } = &mut *job.scratch;
    // At the text's end one more place is looked at: the end itself.
    let count = if window.is_final() { window.limit / 64 + 1 } else { window.limit.div_ceil(64) };
    let groups = count.div_ceil(B::BLOCKS);
    starts.clear();
    starts.resize(groups * B::BLOCKS, 0);
    pairs.clear();
    let mut starts = Starts { masks: starts, block: 0 };
    let mut reader = Reader::<T, B>::new(tier, window, shape.wanted(), groups, pairs);
    for group in 0..groups {
        starts.block = group * B::BLOCKS;
        let place = Place { text: window.text, at: starts.block * 64 };
        shape.blocks(&reader.group(group), &place, &mut starts);
    }
}

/// The last start in the window, if not the first, that no text behind the window can unmake. Starts of whitespace may
/// be unmade; anything else that starts a pre-token settles all before it.
fn settled(job: &Job<'_>) -> usize {
    let end = job.window.limit.saturating_sub(LOOKAHEAD);
    let blocks = &job.scratch.starts[..end / 64 + 1];
    for (block, &mask) in blocks.iter().enumerate().rev() {
        let mut mask = if block == end / 64 { mask & (u64::MAX >> (63 - end % 64)) } else { mask };
        while let Some(bit) = mask.checked_ilog2() {
            let at = block * 64 + bit as usize;
            if !class_at(job.window.text, at).0.is_space() {
                return at;
            }
            mask &= !(1 << bit);
        }
    }
    0
}

/// Adds the cuts as if they were starts.
#[inline(always)]
fn add_cuts<T: Vector>(tier: T, cuts: &CutFilter, job: &mut Job<'_>) {
    let Scratch { starts, pairs } = &mut *job.scratch;
    for (block, (starts, pairs)) in starts.iter_mut().zip(pairs).enumerate() {
        let pairs = *pairs & !*starts;
        if pairs != 0 {
            *starts |= tier.cuts(cuts, job.window.text, block * 64, pairs);
        }
    }
}

#[inline(always)]
fn write_bounds<T: Vector>(tier: T, job: &mut Job<'_>) {
    let masks = &mut job.scratch.starts;
    masks[0] |= 1;
    let (last, rest) = (job.end / 64, job.end % 64);
    let mut filled = 0;
    for (block, &mask) in masks[..=last.min(masks.len() - 1)].iter().enumerate() {
        let mask = if block == last { mask & ((1 << rest) - 1) } else { mask };
        let room = job.bounds[filled..].first_chunk_mut::<64>().expect("room for 64 more");
        filled += tier.places(mask, block as u32 * 64, room);
    }
    job.bounds[filled] = job.end as u32;
    job.filled = filled + 1;
}
