//! Looking up a batch of words.
#![allow(unsafe_code)]

use super::table::{Key, Plain, Probe, Slot, Table};
use super::{Sink, Words};
use crate::bpe::model::Model;
use crate::bpe::vector::Merger;
use crate::tier::Tier;

/// Words looked up at a time: enough that the first's memory has come when the last's is asked for, few enough that all
/// of it stays in the first-level cache.
pub(super) const WORDS: usize = 128;

/// A batch in work.
pub(super) struct Batch {
    keys: [Key; WORDS],
    homes: [u32; WORDS],
    /// Where each word is, once any was not found at once.
    places: [Place; WORDS],
    /// Words that have a slot but no ids yet.
    pending: Vec<Pending>,
}

#[derive(Clone, Copy)]
enum Place {
    Table(Slot),
    /// Too long for the table, or the table has no place for it.
    Elsewhere,
}

struct Pending {
    slot: Slot,
    bytes: [u8; 16],
    len: usize,
}

impl Default for Batch {
    fn default() -> Self {
        Self { keys: [Key::TOO_LONG; WORDS], homes: [0; WORDS], places: [Place::Elsewhere; WORDS], pending: Vec::new() }
    }
}

impl Words {
    /// Gives `sink` the ids of the words that `bounds` (of at most [`WORDS`] words) cut out of `text`.
    pub(in crate::bpe) fn encode<S: Sink>(&mut self, model: &Model, text: &[u8], bounds: &[u32], sink: &mut S) {
        for start in (0..bounds.len().saturating_sub(1)).step_by(WORDS) {
            let bounds = &bounds[start..bounds.len().min(start + WORDS + 1)];
            match self.tier {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the machine has the tier: `Words::new` has seen to it.
                Tier::Avx512 => unsafe { x86::encode_512(self, model, text, bounds, sink) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                Tier::Avx2 => unsafe { x86::encode_256(self, model, text, bounds, sink) },
                _ => encode::<Plain, S>(self, model, text, bounds, sink),
            }
        }
    }

    #[cold]
    fn rest<S: Sink>(&mut self, model: &Model, text: &[u8], bounds: &[u32], from: usize, sink: &mut S) {
        self.place(bounds.len() - 1, from);
        fill(&mut self.table, &mut self.batch.pending, model, model.merger(self.tier));
        for (i, range) in bounds.windows(2).enumerate().skip(from) {
            match self.batch.places[i] {
                // SAFETY: `encode` has reserved an id for every byte of the batch and three more; a word has no more ids
                // than bytes.
                Place::Table(slot) => unsafe { give(&self.table, slot, sink) },
                Place::Elsewhere => self.long(model, &text[range[0] as usize..range[1] as usize], sink),
            }
        }
    }

    /// Finds or takes a slot for each word of the batch from `from` on.
    fn place(&mut self, len: usize, from: usize) {
        let Batch { keys, homes, places, pending } = &mut *self.batch;
        pending.clear();
        for i in from..len {
            let key = keys[i];
            let found = if key == Key::TOO_LONG { None } else { self.table.find_or_take(homes[i] as usize, key) };
            places[i] = found.map_or(Place::Elsewhere, |(slot, _)| Place::Table(slot));
            match found {
                Some((slot, false)) => {
                    let (bytes, len) = key.word();
                    pending.push(Pending { slot, bytes, len });
                }
                Some(_) => self.hits += 1,
                None => {}
            }
        }
        self.misses += pending.len() as u64;
    }
}

/// Merges the words that have no ids yet.
fn fill(table: &mut Table, pending: &mut [Pending], model: &Model, merger: Merger<'_>) {
    let word = |i: usize| &pending[i].bytes[..pending[i].len];
    merger.merge_each(pending.len(), word, |i, merged| {
        let unreached = model.unreached(word(i));
        table.fill(pending[i].slot, unreached.as_ref().map_or(merged.ids(), std::slice::from_ref));
    });
}

/// # Safety
/// `sink` has room for the word's ids and three more.
#[inline(always)]
unsafe fn give<S: Sink>(table: &Table, slot: Slot, sink: &mut S) {
    match table.ids(slot) {
        // SAFETY: by this function's condition.
        (count, Ok(four)) => unsafe { sink.some_of_four(four, count) },
        (_, Err(ids)) => sink.all(ids),
    }
}

#[inline(always)]
fn encode<P: Probe, S: Sink>(words: &mut Words, model: &Model, text: &[u8], bounds: &[u32], sink: &mut S) {
    let len = bounds.len() - 1;
    words.table.reserve(len);
    sink.reserve((bounds[len] - bounds[0]) as usize + 3);
    let batch = &mut *words.batch;
    let entries = batch.keys.iter_mut().zip(&mut batch.homes);
    for (range, (key, home)) in bounds.windows(2).zip(entries) {
        *key = Key::new(text, range[0] as usize, range[1] as usize);
        *home = words.table.home(*key) as u32;
        words.table.prefetch(*home as usize, S::IDS);
    }
    for i in 0..len {
        let (key, home) = (words.batch.keys[i], words.batch.homes[i] as usize);
        if let Some(slot) = words.table.find::<P>(home, key) {
            words.hits += 1;
            // SAFETY: reserved above, an id for every byte; a word has no more ids than bytes.
            unsafe { give(&words.table, slot, sink) };
        } else if key == Key::TOO_LONG {
            words.long(model, &text[bounds[i] as usize..bounds[i + 1] as usize], sink);
        } else {
            words.rest(model, text, bounds, i, sink);
            return;
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::table::Avx512;
    use super::*;

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    pub(super) fn encode_256<S: Sink>(words: &mut Words, model: &Model, text: &[u8], bounds: &[u32], sink: &mut S) {
        encode::<Plain, S>(words, model, text, bounds, sink);
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2")]
    pub(super) fn encode_512<S: Sink>(words: &mut Words, model: &Model, text: &[u8], bounds: &[u32], sink: &mut S) {
        encode::<Avx512, S>(words, model, text, bounds, sink);
    }
}
