//! From a window's text to the masks of its blocks.

use super::beyond::Near;
use super::bits::Bits;
use super::classify::{Leads, Masks, Wanted, ascii, classify};
use super::dispatch::Window;
use super::vector::Vector;
use crate::memory::{AHEAD, prefetch_ahead};

/// Reads a window's blocks group by group.
pub(super) struct Reader<'w, T, B: Bits> {
    tier: T,
    window: Window<'w>,
    wanted: Wanted,
    groups: usize,
    /// Of the last block that was not whole and ASCII. If others came after it, no character of it ran over into them.
    leads: Leads,
    /// First bytes of three-byte characters right after three-byte characters; only where cuts are asked for.
    pairs: &'w mut Vec<u64>,
    /// Two groups. Masks are written block by block and read together; as the processor waits before it reads together what
    /// it has just written in parts, they are written one group ahead.
    lanes: [Lanes<B>; 2],
}

/// The masks of some blocks, written block by block.
struct Lanes<B: Bits> {
    masks: Masks<B::Lanes>,
    /// Whether all blocks are whole and ASCII.
    is_ascii: bool,
}

impl<B: Bits> Lanes<B> {
    /// Those of ASCII, but for the classes that it has.
    #[inline(always)]
    fn ascii() -> Self {
        let (mut masks, all) = (Masks::default(), (!B::default()).lanes());
        (masks.starts, masks.known) = (all, all);
        Self { masks, is_ascii: true }
    }
}

impl<'w, T: Vector, B: Bits> Reader<'w, T, B> {
    /// A reader of so many groups.
    #[inline(always)]
    pub(super) fn new(tier: T, window: Window<'w>, wanted: Wanted, groups: usize, pairs: &'w mut Vec<u64>) -> Self {
        let lanes = [Lanes::ascii(), Lanes::ascii()];
        let mut reader = Self { tier, window, wanted, groups, leads: Leads::default(), pairs, lanes };
        if B::BLOCKS > 1 {
            reader.read(0);
        }
        reader
    }

    /// The masks of group `group`; each group has its turn, in order.
    #[inline(always)]
    pub(super) fn group(&mut self, group: usize) -> Masks<B> {
        if B::BLOCKS > 1 {
            if group + 1 < self.groups {
                self.read(group + 1);
            }
            return Masks::new(&self.lanes[group % 2].masks);
        }
        let block = match self.ascii(group * 64) {
            Some(block) => block,
            None => self.block(group * 64),
        };
        let mut masks = Masks::default();
        masks.set_lane(0, &block);
        Masks::new(&masks)
    }

    /// Reads group `group`. Blocks beyond the window's end are as what lies beyond it in a block.
    #[inline(always)]
    fn read(&mut self, group: usize) {
        if !self.lanes[group % 2].is_ascii {
            self.lanes[group % 2] = Lanes::ascii();
        }
        for lane in 0..B::BLOCKS {
            let at = (group * B::BLOCKS + lane) * 64;
            if let Some(block) = self.ascii(at) {
                self.lanes[group % 2].masks.set_ascii(lane, &block, self.wanted);
            } else {
                let block = self.block(at);
                let lanes = &mut self.lanes[group % 2];
                lanes.masks.set_lane(lane, &block);
                lanes.is_ascii = false;
            }
        }
    }

    /// The masks of the block at `at`, if it is whole and ASCII.
    #[inline(always)]
    fn ascii(&mut self, at: usize) -> Option<Masks<u64>> {
        prefetch_ahead(self.window.text.as_ptr(), at + AHEAD);
        let bytes = self.whole(at).filter(|_| !self.leads.spills)?;
        let block = self.tier.load(bytes);
        if self.tier.within(block, 0x80, 0xFF) != 0 {
            return None;
        }
        if self.window.cuts.is_some() {
            self.pairs.push(0);
            self.leads.three = 0;
        }
        Some(ascii(self.tier, block, self.wanted))
    }

    /// The masks of the block at `at`.
    #[inline(always)]
    fn block(&mut self, at: usize) -> Masks<u64> {
        let Window { rules, text, limit, cuts } = self.window;
        let mut padded = [0; size_of::<Near>()];
        let rest = &text[at.min(limit)..limit];
        let (near, inside) = match rest.first_chunk() {
            Some(near) => (near, u64::MAX),
            None => {
                padded[..rest.len()].copy_from_slice(rest);
                (&padded, 1_u64.checked_shl(rest.len() as u32).map_or(u64::MAX, |behind| behind - 1))
            }
        };
        let three = self.leads.three;
        let mut masks = classify(self.tier, near, self.wanted, &mut self.leads);
        // What lies beyond the end keeps blank text there together, as a blank does; or as a newline would.
        let is_final = self.window.is_final();
        if is_final && rules.blank_to_end {
            masks.newline |= !inside;
        } else {
            masks.blank |= !inside;
        }
        masks.known = if is_final { u64::MAX } else { inside };
        if cuts.is_some() {
            self.pairs.push(self.leads.three & (self.leads.three << 3 | three >> 61));
        }
        masks
    }

    /// The bytes of the block at `at`, if it is whole.
    #[inline(always)]
    fn whole(&self, at: usize) -> Option<&'w [u8; 64]> {
        self.window.text[..self.window.limit].get(at..)?.first_chunk()
    }
}
