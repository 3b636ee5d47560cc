//! What a batch of merges is, and what it did to a shard of the words.

use std::ops::Range;

use super::pairs::Pairs;

/// One merge of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Merge {
    pub(super) pair: u32,
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) new: u32,
    /// How many slots the left and the right token have.
    pub(super) slots: (u32, u32),
}

/// A token that stands beside occurrences of a new token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neighbor {
    pub(super) token: u32,
    /// Occurrences in this shard's words, and their sum by weight.
    pub(super) places: u32,
    pub(super) weight: u64,
}

/// A pair that occurs less often than before, and by how much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Broken {
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) weight: u64,
}

/// The number of a pair that is not followed.
pub(super) const UNFOLLOWED: u32 = u32::MAX;

/// What a batch of merges did to a shard, for the counts. Merge `i` of the batch has the sides `2 * i`, where its new
/// token's left neighbours stand, and `2 * i + 1`.
pub(super) struct Outcome {
    /// The neighbours of all sides, one side after another.
    pub(super) neighbors: Vec<Neighbor>,
    /// Where the neighbours of each side end.
    pub(super) ends: Vec<usize>,
    /// The largest weight of a neighbour of each side, 0 if there is none.
    pub(super) largest: Vec<u64>,
    /// The pairs that are broken, by the part of the pairs that they belong to ([`Pairs::part`]).
    pub(super) broken: Vec<Vec<Broken>>,
    /// How many pairs became one token, by weight.
    pub(super) merged: u64,
    /// How many bytes the shard takes now, with this.
    pub(super) memory: usize,
}

impl Outcome {
    /// Nothing done; pairs have so many parts.
    pub(super) fn new(parts: usize) -> Self {
        let broken = vec![vec![]; parts];
        Self { neighbors: vec![], ends: vec![], largest: vec![], broken, merged: 0, memory: 0 }
    }

    /// Notes that a pair occurs so much less often.
    #[inline(always)]
    pub(super) fn breaks(&mut self, left: u32, right: u32, weight: u64) {
        let part = Pairs::part(left, right, self.broken.len());
        self.broken[part].push(Broken { left, right, weight });
    }

    /// Where the neighbours of a side are.
    #[inline]
    pub(super) fn range(&self, side: usize) -> Range<usize> {
        side.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[side]
    }

    /// How many bytes its tables take, and the numbers of its pairs.
    pub(super) fn size(&self) -> usize {
        self.neighbors.capacity() * (size_of::<Neighbor>() + 2 * size_of::<u32>())
            + self.broken.iter().map(Vec::capacity).sum::<usize>() * size_of::<Broken>()
    }

    pub(super) fn clear(&mut self) {
        self.neighbors.clear();
        self.ends.clear();
        self.largest.clear();
        self.broken.iter_mut().for_each(Vec::clear);
        self.merged = 0;
    }
}
