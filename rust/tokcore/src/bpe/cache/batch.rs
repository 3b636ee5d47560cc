//! Looking up a batch of words.
#![allow(unsafe_code)]

use super::key::{Key, Plain, Probe};
use super::table::{INLINE, Slot, Table};
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

impl Batch {
    /// Computes every word's key and first bucket, and asks for their memory.
    #[inline(always)]
    fn look_up<P: Probe>(&mut self, table: &Table, text: &[u8], bounds: &[u32]) {
        let entries = self.keys.iter_mut().zip(&mut self.homes);
        for (range, (key, home)) in bounds.windows(2).zip(entries) {
            *key = P::key(text, range[0] as usize, (range[1] - range[0]) as usize);
            *home = table.home(*key) as u32;
            table.prefetch(*home as usize);
        }
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
                Place::Table(slot) => self.table.with_ids(slot, |ids| sink.all(ids)),
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

#[inline(always)]
fn encode<P: Probe, S: Sink>(words: &mut Words, model: &Model, text: &[u8], bounds: &[u32], sink: &mut S) {
    let len = bounds.len() - 1;
    words.table.reserve(len);
    words.batch.look_up::<P>(&words.table, text, bounds);
    let mut next = 0;
    while next < len {
        let from = next;
        next = known::<P, S>(&words.table, &words.batch, bounds, from, sink);
        words.hits += (next - from) as u64;
        if next == len {
            return;
        }
        if words.batch.keys[next] == Key::TOO_LONG {
            words.long(model, &text[bounds[next] as usize..bounds[next + 1] as usize], sink);
        } else if let Some(slot) = words.table.find_anywhere(words.batch.homes[next] as usize, words.batch.keys[next]) {
            words.hits += 1;
            words.table.with_ids(slot, |ids| sink.all(ids));
        } else {
            words.rest(model, text, bounds, next, sink);
            return;
        }
        next += 1;
    }
}

/// Gives `sink` the ids of the batch's words from `from` on, up to the first that is not in its first bucket or has more
/// than four; returns that word's index.
#[inline(always)]
fn known<P: Probe, S: Sink>(table: &Table, batch: &Batch, bounds: &[u32], from: usize, sink: &mut S) -> usize {
    let len = bounds.len() - 1;
    // A word has no more ids than bytes.
    let mut cursor = sink.reserve((bounds[len] - bounds[from]) as usize);
    let mut next = from;
    while next < len {
        let Some(slot) = table.find::<P>(batch.homes[next % WORDS] as usize, batch.keys[next % WORDS]) else { break };
        let entry = table.entry(slot);
        if S::IDS && entry.further_ids() >= INLINE {
            break;
        }
        // SAFETY: reserved above, an id for every byte and three more.
        cursor = unsafe {
            if !S::IDS || entry.has_id() {
                S::give(cursor, entry.id(), entry.further_ids())
            } else {
                S::give_four(cursor, table.four(slot), entry.further_ids())
            }
        };
        next += 1;
    }
    // SAFETY: the cursor is of the reservation above, and only `give` came between.
    unsafe { sink.commit(cursor) };
    next
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::key::Avx512;
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
