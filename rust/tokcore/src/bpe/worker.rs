//! Everything one call needs and changes, kept from call to call in a pool.

use std::ops::Range;
use std::sync::Mutex;

use super::{Model, heap};
use crate::error::Result;
use crate::scan::{Pattern, Spans};

/// The buffers of one call at a time.
#[derive(Default)]
pub(crate) struct Worker {
    spans: Spans,
    scratch: heap::Scratch,
    ids: Vec<u32>,
}

impl Worker {
    /// Appends the ids of `text`, special tokens taken as plain text.
    pub(crate) fn encode(&mut self, model: &Model, pattern: &Pattern, text: &[u8], ids: &mut Vec<u32>) -> Result<()> {
        let Self { spans, scratch, .. } = self;
        each_piece(pattern, text, spans, |piece| {
            model.encode_piece(&text[piece], scratch, ids);
            true
        })
    }

    /// The number of ids of `text`; once that is above `limit`, some number above it.
    pub(crate) fn count(&mut self, model: &Model, pattern: &Pattern, text: &[u8], limit: usize) -> Result<usize> {
        let mut count = 0;
        self.each_encoded(model, pattern, text, |_, ids| {
            count += ids.len();
            count <= limit
        })?;
        Ok(count)
    }

    /// Calls `visit` with every pre-token that the pattern matches and its ids, until it returns false.
    pub(crate) fn each_encoded(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        text: &[u8],
        mut visit: impl FnMut(Range<usize>, &[u32]) -> bool,
    ) -> Result<()> {
        let Self { spans, scratch, ids } = self;
        each_piece(pattern, text, spans, |piece| {
            ids.clear();
            model.encode_piece(&text[piece.clone()], scratch, ids);
            visit(piece, ids)
        })
    }

    /// Appends the ids of `piece`, a whole pre-token.
    pub(crate) fn encode_piece(&mut self, model: &Model, piece: &[u8], ids: &mut Vec<u32>) {
        model.encode_piece(piece, &mut self.scratch, ids);
    }

    /// Appends the ids of `piece` by merging alone.
    pub(crate) fn merge(&mut self, model: &Model, piece: &[u8], ids: &mut Vec<u32>) {
        model.merge(piece, &mut self.scratch, ids);
    }
}

fn each_piece(
    pattern: &Pattern,
    text: &[u8],
    spans: &mut Spans,
    mut visit: impl FnMut(Range<usize>) -> bool,
) -> Result<()> {
    let mut start = 0;
    while start < text.len() {
        let next = pattern.window(text, start, spans)?;
        for (span, matched) in spans.iter() {
            if matched && !visit(start + span.start..start + span.end) {
                return Ok(());
            }
        }
        start = next;
    }
    Ok(())
}

/// How many workers a tokenizer keeps when they are not in use.
const KEPT: usize = 64;

/// The workers of one tokenizer that are not in use. Taking or giving back one never waits: a slot that is locked, by
/// another thread or by a thread that does not exist in this forked child, is passed over.
pub(crate) struct Pool([Mutex<Option<Box<Worker>>>; KEPT]);

impl Pool {
    pub(crate) fn new() -> Self {
        Self([const { Mutex::new(None) }; KEPT])
    }

    /// Calls `work` with a worker nobody else uses.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Worker) -> T) -> T {
        let kept = self.0.iter().find_map(|slot| slot.try_lock().ok()?.take());
        let mut worker = kept.unwrap_or_default();
        let result = work(&mut worker);
        if let Some(mut slot) = self.0.iter().filter_map(|slot| slot.try_lock().ok()).find(|slot| slot.is_none()) {
            *slot = Some(worker);
        }
        result
    }
}
