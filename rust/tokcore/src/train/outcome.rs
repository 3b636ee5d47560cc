//! What a batch of merges is, and what it did to a shard of the words.

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

/// The number of a neighbour's pair with the new token if that pair is not followed.
pub(super) const UNFOLLOWED: u32 = u32::MAX;

/// What a batch of merges did to a shard, for the counts, and what the counts say to that.
#[derive(Default)]
pub(super) struct Outcome {
    /// The neighbours on the left of each merge's new token, then those on its right, merge after merge.
    pub(super) neighbors: Vec<Neighbor>,
    /// Where each merge's left and right neighbours end in `neighbors`.
    pub(super) ends: Vec<(usize, usize)>,
    /// How many pairs became one token, by weight.
    pub(super) merged: u64,
    /// How many bytes the shard takes now, with this.
    pub(super) memory: usize,
    /// The numbers of pairs that became too rare: here, and with the answer in any shard.
    pub(super) dropped: Vec<u32>,
    /// The answer, for the lists: the number of the pair that each of `neighbors` is part of.
    pub(super) numbers: Vec<u32>,
}

impl Outcome {
    /// How many bytes its tables take.
    pub(super) fn size(&self) -> usize {
        self.neighbors.capacity() * (size_of::<Neighbor>() + size_of::<u32>())
            + self.dropped.capacity() * size_of::<u32>()
    }

    pub(super) fn clear(&mut self) {
        self.neighbors.clear();
        self.ends.clear();
        self.numbers.clear();
        self.dropped.clear();
        self.merged = 0;
    }
}
