//! Everything one call needs and changes, kept from call to call in a pool.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Model;
use super::cache::{CacheStatistics, DEFAULT_LIMIT, Sink, Words};
use super::windows::Take;
use crate::error::Result;
use crate::scan::{CutFilter, Joined, Pattern, Spans, WINDOW};
use crate::text::Text;
use crate::tier::Tier;

/// A buffer of more than so many bytes is not kept.
const MOST_UTF8: usize = 4 << 20;

/// The buffers and the word cache of one call at a time.
pub(crate) struct Worker {
    pub(super) spans: Spans,
    pub(super) words: Words,
    pub(super) ids: Vec<u32>,
    pub(super) utf8: Vec<u8>,
    pub(super) joined: Joined,
    /// Whether the text in work is known to be UTF-8.
    valid: bool,
}

impl Worker {
    pub(super) fn new(tier: Tier, cache_limit: usize) -> Self {
        Self {
            spans: Spans::new(),
            words: Words::new(tier, cache_limit),
            ids: Vec::new(),
            utf8: Vec::new(),
            joined: Joined::default(),
            valid: false,
        }
    }

    /// Calls `work` with this worker and the UTF-8 of `text`.
    pub(crate) fn with_utf8<T>(&mut self, text: &Text<'_>, work: impl FnOnce(&mut Self, &[u8]) -> T) -> T {
        let mut utf8 = std::mem::take(&mut self.utf8);
        self.valid = !matches!(text, Text::Bytes(_));
        let result = work(self, text.utf8(&mut utf8));
        self.valid = false;
        if utf8.capacity() <= MOST_UTF8 {
            self.utf8 = utf8;
        }
        result
    }

    /// Gives `sink` the ids of `text`, special tokens taken as plain text.
    pub(crate) fn encode<S: Sink>(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        text: &[u8],
        sink: &mut S,
    ) -> Result<()> {
        self.encode_ahead(model, pattern, text, sink)?;
        self.settle(model, sink);
        Ok(())
    }

    /// [`encode`](Self::encode) but for the ids that [`settle`](Self::settle) will put in.
    pub(crate) fn encode_ahead<S: Sink>(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        text: &[u8],
        sink: &mut S,
    ) -> Result<()> {
        self.each_run(pattern, model.cuts(text), text, WINDOW, |words, rest, bounds| {
            words.encode_ahead(model, rest, bounds, sink);
            true
        })
    }

    /// Gives `sink` the ids that are missing yet. To be called before anybody else sees what it has.
    pub(crate) fn settle<S: Sink>(&mut self, model: &Model, sink: &mut S) {
        self.words.settle(model, sink);
    }

    /// Prepares for so many bytes of text.
    pub(crate) fn expect(&mut self, model: &Model, bytes: usize) {
        self.words.expect(model, bytes);
    }

    /// Begins to note the ends of texts.
    pub(crate) fn begin(&mut self) {
        self.words.begin();
    }

    /// Notes that a text ends here.
    pub(crate) fn end_text(&mut self) {
        self.words.end_text();
    }

    /// How many ids were put in before the end of each text that ended since the beginning, by being settled later.
    pub(crate) fn ends(&self) -> &[usize] {
        self.words.ends()
    }

    /// Calls `visit` with the text from some window's start and the bounds of pre-tokens in it (or of their parts, with
    /// `cuts`) that are next to each other and that the pattern matches, until it returns false. Windows have `size` bytes.
    pub(super) fn each_run(
        &mut self,
        pattern: &Pattern,
        cuts: Option<&CutFilter>,
        text: &[u8],
        size: usize,
        mut visit: impl FnMut(&mut Words, &[u8], &[u32]) -> bool,
    ) -> Result<()> {
        let mut start = 0;
        while start < text.len() {
            let next = pattern.window_of(text, start, size, cuts, self.valid, &mut self.spans)?;
            let (rest, bounds, mut from) = (&text[start..], self.spans.bounds(), 0);
            for &gap in self.spans.gaps() {
                let gap = gap as usize;
                if from < gap && !visit(&mut self.words, rest, &bounds[from..=gap]) {
                    return Ok(());
                }
                from = gap + 1;
            }
            if from + 1 < bounds.len() && !visit(&mut self.words, rest, &bounds[from..]) {
                return Ok(());
            }
            start = next;
        }
        self.spans.shrink();
        Ok(())
    }

    /// Calls `visit` with where each stretch of text that the pattern matches without a gap begins and with its ids, in
    /// order. Stretches end with windows, too.
    pub(crate) fn each_stretch(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        text: &[u8],
        mut visit: impl FnMut(usize, &[u32]),
    ) -> Result<()> {
        let mut ids = std::mem::take(&mut self.ids);
        let done = self.each_run(pattern, model.cuts(text), text, WINDOW, |words, rest, bounds| {
            ids.clear();
            words.encode(model, rest, bounds, &mut ids);
            visit(text.len() - rest.len() + bounds[0] as usize, &ids);
            true
        });
        self.ids = ids;
        done
    }

    /// Calls `visit` with the ids of every pre-token that the pattern matches, in order.
    pub(crate) fn each_encoded(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        text: &[u8],
        mut visit: impl FnMut(&[u32]),
    ) -> Result<()> {
        let mut ids = std::mem::take(&mut self.ids);
        let done = self.each_run(pattern, None, text, WINDOW, |words, rest, bounds| {
            for piece in bounds.windows(2) {
                ids.clear();
                words.encode(model, rest, piece, &mut ids);
                visit(&ids);
            }
            true
        });
        self.ids = ids;
        done
    }

    /// Appends the ids of `piece`, a whole pre-token.
    pub(crate) fn encode_piece(&mut self, model: &Model, piece: &[u8], ids: &mut Vec<u32>) {
        self.words.encode_piece(model, piece, ids);
    }

    /// Gives `sink` the ids of `piece` by merging alone.
    pub(super) fn merge_into<T: Take>(&mut self, model: &Model, piece: &[u8], sink: &mut T) {
        self.words.merge(model, piece, sink);
    }

    /// Appends the ids of `piece` by merging alone.
    pub(crate) fn merge(&mut self, model: &Model, piece: &[u8], ids: &mut Vec<u32>) {
        self.merge_into(model, piece, ids);
    }
}

/// How many workers a tokenizer keeps when they are not in use.
const KEPT: usize = 64;

/// The workers of one tokenizer that are not in use. Taking or giving back one never waits: a slot that is locked, by
/// another thread or by a thread that does not exist in this forked child, is passed over.
pub(crate) struct Pool {
    idle: [Mutex<Option<Box<Worker>>>; KEPT],
    cache_limit: AtomicUsize,
}

impl Pool {
    pub(crate) fn new() -> Self {
        Self { idle: [const { Mutex::new(None) }; KEPT], cache_limit: AtomicUsize::new(DEFAULT_LIMIT) }
    }

    /// Calls `work` with a worker nobody else uses.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Worker) -> T) -> T {
        let tier = Tier::current();
        let idle = self.idle.iter().find_map(|slot| slot.try_lock().ok()?.take());
        let limit = self.cache_limit();
        let idle = idle.filter(|worker| worker.words.is_for(tier, limit));
        let mut worker = idle.unwrap_or_else(|| Box::new(Worker::new(tier, limit)));
        // A call that failed may have left something behind.
        worker.begin();
        let result = work(&mut worker);
        if let Some(mut slot) = self.idle.iter().filter_map(|slot| slot.try_lock().ok()).find(|slot| slot.is_none()) {
            *slot = Some(worker);
        }
        result
    }

    pub(crate) fn cache_limit(&self) -> usize {
        self.cache_limit.load(Ordering::Relaxed)
    }

    /// Sets the bytes one worker's cache may take, and lets go of the idle workers. One in use is let go when it is next
    /// taken.
    pub(crate) fn set_cache_limit(&self, bytes: usize) {
        self.cache_limit.store(bytes, Ordering::Relaxed);
        self.clear();
    }

    /// Lets go of the idle workers.
    pub(crate) fn clear(&self) {
        for slot in &self.idle {
            if let Ok(mut slot) = slot.try_lock() {
                *slot = None;
            }
        }
    }

    /// The idle workers' caches, added up.
    pub(crate) fn statistics(&self) -> CacheStatistics {
        let mut sum = CacheStatistics::default();
        for slot in &self.idle {
            let Ok(slot) = slot.try_lock() else { continue };
            let Some(worker) = slot.as_ref() else { continue };
            let one = worker.words.statistics();
            sum.entries += one.entries;
            sum.bytes += one.bytes;
            sum.hits += one.hits;
            sum.misses += one.misses;
        }
        sum
    }
}
