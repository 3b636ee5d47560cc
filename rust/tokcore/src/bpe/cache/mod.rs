//! Words and their ids, remembered: text repeats its words.
//!
//! Words of up to 15 bytes are in a table of 16-byte keys that are compared whole, so a word is never taken for another;
//! longer ones, to 1,023 bytes, in a second table with their bytes. Both are bounded and forget everything when full.
//!
//! Words are looked up a batch at a time, in two loops, the first of which asks for the memory that the second reads, so
//! that it is waited for once a batch (`batch`). What is found there and then is given at once. What is not is set aside
//! until there is enough of it, however many texts that takes, merged side by side, and put in where it belongs (`aside`).
//! Before much text, words that the vocabulary tells of are put in (`expected`).

mod aside;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod batch;
mod expected;
mod key;
mod long;
mod parted;
mod sink;
mod table;
mod zeroed;

use self::aside::{Aside, Settling};
use self::batch::Batch;
use self::long::LongWords;
pub(crate) use self::sink::{Count, Sink};
use self::table::Table;
use super::model::Model;
use super::windows;
use crate::tier::Tier;

/// The bytes that one worker's cache may take unless told otherwise.
pub const DEFAULT_LIMIT: usize = 64 << 20;

/// How a tokenizer's word caches stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStatistics {
    /// Words kept.
    pub entries: usize,
    /// Memory taken, in bytes.
    pub bytes: usize,
    /// Words found since the caches were made or cleared.
    pub hits: u64,
    /// Words not found, and merged.
    pub misses: u64,
}

/// One worker's cache and the buffers to fill it.
pub(crate) struct Words {
    tier: Tier,
    limit: usize,
    table: Table,
    long: LongWords,
    batch: Box<Batch>,
    /// Words not found at once.
    aside: Aside,
    settling: Settling,
    windows: windows::Scratch,
    hits: u64,
    /// What `hits` was when the table last grew or forgot.
    hits_before: u64,
    misses: u64,
}

impl Words {
    /// An empty cache that may take `limit` bytes, for code of a tier that this machine has.
    pub(super) fn new(tier: Tier, limit: usize) -> Self {
        assert!(tier.is_available(), "{tier:?} on a machine without it");
        Self {
            tier,
            limit,
            table: Table::new(limit - limit / 4),
            long: LongWords::new(limit / 4),
            batch: Box::default(),
            aside: Aside::default(),
            settling: Settling::default(),
            windows: windows::Scratch::default(),
            hits: 0,
            hits_before: 0,
            misses: 0,
        }
    }

    /// Whether it was made for this tier and limit.
    pub(super) fn is_for(&self, tier: Tier, limit: usize) -> bool {
        (self.tier, self.limit) == (tier, limit)
    }

    pub(super) fn statistics(&self) -> CacheStatistics {
        CacheStatistics {
            entries: self.table.words() + self.long.words(),
            bytes: self.table.bytes() + self.long.bytes(),
            hits: self.hits,
            misses: self.misses,
        }
    }

    /// Takes `words` that stood in no text out of those found.
    pub(super) fn discount(&mut self, words: usize) {
        self.hits = self.hits.saturating_sub(words as u64);
    }

    /// Gives `sink` the ids of `piece` by merging alone.
    pub(super) fn merge<T: windows::Take>(&mut self, model: &Model, piece: &[u8], sink: &mut T) {
        model.merge(model.merger(self.tier), &mut self.windows, piece, sink);
    }

    /// Gives `sink` the ids of `piece`, a whole pre-token, without looking it up or keeping it.
    pub(super) fn encode_piece<T: windows::Take>(&mut self, model: &Model, piece: &[u8], sink: &mut T) {
        model.encode_piece(model.merger(self.tier), &mut self.windows, piece, sink);
    }
}

#[cfg(test)]
mod tests;
