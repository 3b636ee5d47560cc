//! The loop over a window's blocks, written once for all tiers and families.

use super::cased::Cased;
use super::classify::{Leads, Masks, Wanted, classify};
use super::dispatch::Window;
use super::plain::Plain;
use super::spaced::Spaced;
use super::vector::Vector;
use crate::memory::{AHEAD, prefetch_ahead};
use crate::scan::class::class_at;
use crate::scan::cuts::CutFilter;
use crate::scan::rules::{Rules, Words};

/// How far behind a place the text may decide whether a pre-token starts there, blank text and capitals apart: the
/// letters of a contraction.
const LOOKAHEAD: usize = 4;

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

/// Where a block is.
pub(super) struct Place<'a> {
    pub(super) text: &'a [u8],
    /// The block's first byte in `text`.
    pub(super) at: usize,
    /// The bytes of which it is known what they are: those before the window's end, and at the text's end all.
    pub(super) known: u64,
}

/// The starts found so far.
pub(super) struct Starts<'a> {
    masks: &'a mut [u64],
    block: usize,
}

impl Starts<'_> {
    /// Adds starts in the current block.
    #[inline(always)]
    pub(super) fn set_mask(&mut self, mask: u64) {
        self.masks[self.block] |= mask;
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

/// A kind of family: its algebra and what it carries from block to block.
pub(super) trait Shape {
    fn new(rules: &Rules) -> Self;

    /// What the classification is to tell apart.
    fn wanted(&self) -> Wanted;

    /// Adds the starts that the next block decides.
    fn block(&mut self, masks: &Masks, place: &Place<'_>, starts: &mut Starts<'_>);
}

/// Fills the job's bounds and its end. The end is the text's if the window reaches it, else the last place in the
/// window where a pre-token certainly starts, or 0 if there is none but the first.
#[inline(always)]
pub(super) fn scan<T: Vector>(tier: T, job: &mut Job<'_>) {
    match job.window.rules.words {
        Words::AfterSpace => blocks::<T, Spaced>(tier, job),
        Words::AfterAny | Words::WithMarks => blocks::<T, Plain>(tier, job),
        Words::Cased => blocks::<T, Cased>(tier, job),
    }
    job.end = if job.window.is_final() { job.window.limit } else { settled(job) };
    if let Some(cuts) = job.window.cuts {
        add_cuts(tier, cuts, job);
    }
    write_bounds(tier, job);
}

#[inline(always)]
fn blocks<T: Vector, S: Shape>(tier: T, job: &mut Job<'_>) {
    let Window { rules, text, limit, cuts } = job.window;
    let (mut shape, mut leads) = (S::new(rules), Leads::default());
    let (wanted, is_final) = (shape.wanted(), job.window.is_final());
    let Scratch { starts, pairs } = &mut *job.scratch;
    // At the text's end one more place is looked at: the end itself.
    let count = if is_final { limit / 64 + 1 } else { limit.div_ceil(64) };
    starts.clear();
    starts.resize(count, 0);
    pairs.clear();
    let mut starts = Starts { masks: starts, block: 0 };
    let mut three = 0;
    for block in 0..count {
        let at = block * 64;
        prefetch_ahead(text.as_ptr(), at + AHEAD);
        let mut padded = [0; 64];
        let whole = text[..limit].get(at..).and_then(|rest| rest.first_chunk::<64>());
        let (bytes, inside) = match whole {
            Some(bytes) => (bytes, u64::MAX),
            None => {
                let rest = &text[at..limit];
                padded[..rest.len()].copy_from_slice(rest);
                (&padded, (1 << rest.len()) - 1)
            }
        };
        let mut masks = classify(tier, bytes, &text[..limit], at, wanted, &mut leads);
        // What lies beyond the end keeps blank text there together, as a blank does; or as a newline would.
        masks.other &= inside;
        if is_final && rules.blank_to_end {
            masks.newline |= !inside;
        } else {
            masks.blank |= !inside;
        }
        let place = Place { text, at, known: if is_final { u64::MAX } else { inside } };
        starts.block = block;
        shape.block(&masks, &place, &mut starts);
        if cuts.is_some() {
            pairs.push(masks.three & (masks.three << 3 | three >> 61));
            three = masks.three;
        }
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
