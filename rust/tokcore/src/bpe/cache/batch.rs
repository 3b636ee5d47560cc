//! Looking up a batch of words.
#![allow(unsafe_code)]

use super::key::{Key, Plain, Probe, TOO_LONG};
use super::table::{Slot, Table};
use super::{Sink, Words};
use crate::bpe::model::Model;
use crate::tier::Tier;

/// Words looked up at a time: enough that the first's memory has come when the last's is asked for, few enough that all
/// of it stays in the first-level cache.
pub(super) const WORDS: usize = 128;

/// A batch in work.
pub(super) struct Batch {
    keys: [Key; WORDS],
    homes: [u32; WORDS],
    slots: [Slot; WORDS],
    /// The words that are not found at once, in order.
    aside: [u8; WORDS],
    /// Words that have a slot but no ids yet.
    pending: Vec<u8>,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            keys: [Key::TOO_LONG; WORDS],
            homes: [0; WORDS],
            slots: [Slot::NOWHERE; WORDS],
            aside: [0; WORDS],
            pending: Vec::with_capacity(WORDS),
        }
    }
}

impl Batch {
    /// Computes every word's key and first bucket, and asks for their memory.
    ///
    /// # Safety
    /// The bounds ascend, each above the one before, inside the text.
    #[inline(always)]
    unsafe fn ask<P: Probe>(&mut self, table: &Table, text: &[u8], bounds: &[u32]) {
        let mut lengths = [0; WORDS];
        for (len, range) in lengths.iter_mut().zip(bounds.windows(2)) {
            *len = (range[1] - range[0]).min(TOO_LONG as u32);
        }
        let words = bounds[..bounds.len() - 1].iter().zip(&lengths);
        for ((&start, &len), (key, home)) in words.zip(self.keys.iter_mut().zip(&mut self.homes)) {
            // SAFETY: the caller's promise about the bounds; a length is one of a word, or stands for longer ones.
            *key = unsafe { P::key(text, start as usize, len as usize) };
            *home = table.home::<P>(*key);
            table.prefetch(*home);
        }
    }

    /// Finds the slots of the first `len` words; returns how many are set aside. Without a branch on what is found.
    #[inline(always)]
    fn find<P: Probe>(&mut self, table: &Table, len: usize) -> usize {
        let mut aside = 0;
        let words = self.keys[..len].iter().zip(&self.homes[..len]).zip(&mut self.slots[..len]);
        for (word, ((key, home), slot)) in (0u8..).zip(words) {
            // SAFETY: `ask` has computed the homes, and the table has not grown since.
            let (at, found) = unsafe { table.find::<P>(*home, key) };
            *slot = at;
            self.aside[aside % WORDS] = word;
            aside += usize::from(!found);
        }
        aside
    }

    /// Finds or takes slots for the words set aside; returns how many are found. Those that no entry is for have none.
    fn settle(&mut self, table: &mut Table, aside: usize) -> usize {
        self.pending.clear();
        let mut known = 0;
        for &word in &self.aside[..aside] {
            let (key, home) = (self.keys[usize::from(word)], self.homes[usize::from(word)]);
            let found = if key == Key::TOO_LONG { None } else { table.find_or_take(home, key) };
            self.slots[usize::from(word)] = found.map_or(Slot::NOWHERE, |(slot, _)| slot);
            match found {
                Some((_, true)) => known += 1,
                Some((_, false)) => self.pending.push(word),
                None => {}
            }
        }
        known
    }
}

impl Words {
    /// Gives `sink` the ids of the words that `bounds` cut out of `text`.
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

    /// Sees to it that all words of the batch that can have a slot have one, with ids. Gives `sink` the ids of the words up
    /// to the last that has none of its own; returns how many words that is.
    #[cold]
    fn give_aside<S: Sink>(&mut self, model: &Model, text: &[u8], bounds: &[u32], aside: usize, sink: &mut S) -> usize {
        self.hits += self.batch.settle(&mut self.table, aside) as u64;
        self.fill(model, text, bounds);
        let mut given = 0;
        for at in 0..aside {
            let word = usize::from(self.batch.aside[at]);
            let slot = self.batch.slots[word];
            if slot != Slot::NOWHERE && self.table.spilled(slot).is_none() {
                continue;
            }
            // SAFETY: the words before are found, or taken and filled; those with no entry of their own are given.
            unsafe { give(&self.table, &self.batch.slots[given..word], &bounds[given..=word], sink) };
            given = word + 1;
            match slot {
                Slot::NOWHERE => self.long(model, &text[bounds[word] as usize..bounds[given] as usize], sink),
                slot => sink.all(self.table.spilled(slot).unwrap_or_default()),
            }
        }
        given
    }

    /// Merges the words that have no ids yet.
    fn fill(&mut self, model: &Model, text: &[u8], bounds: &[u32]) {
        let Self { table, batch, .. } = self;
        let (pending, slots) = (&batch.pending, &batch.slots);
        self.misses += pending.len() as u64;
        let word = |i: usize| {
            let word = usize::from(pending[i]);
            &text[bounds[word] as usize..bounds[word + 1] as usize]
        };
        model.merger(self.tier).merge_each(pending.len(), word, |i, merged| {
            let unreached = model.unreached(word(i));
            let ids = unreached.as_ref().map_or(merged.ids(), std::slice::from_ref);
            table.fill(slots[usize::from(pending[i])], ids);
        });
    }
}

/// Gives `sink` the ids of the words that `bounds`, at most one batch's, cut out of `text`.
#[inline(always)]
fn encode<P: Probe, S: Sink>(words: &mut Words, model: &Model, text: &[u8], bounds: &[u32], sink: &mut S) {
    let len = bounds.len() - 1;
    assert!(bounds[len] as usize <= text.len(), "bounds of another text");
    words.table.reserve::<P>(len);
    // SAFETY: a scanner's bounds ascend, and the last is inside the text.
    unsafe { words.batch.ask::<P>(&words.table, text, bounds) };
    let aside = words.batch.find::<P>(&words.table, len);
    words.hits += (len - aside) as u64;
    let given = if aside > 0 { words.give_aside(model, text, bounds, aside, sink) } else { 0 };
    // SAFETY: the words left have been found with ids of their own, or been settled and filled.
    unsafe { give(&words.table, &words.batch.slots[given..len], &bounds[given..], sink) };
}

/// Gives `sink` the ids of the words at `slots`, which `bounds` delimit.
///
/// # Safety
/// The slots are the table's, given since it last grew.
#[inline(always)]
unsafe fn give<S: Sink>(table: &Table, slots: &[Slot], bounds: &[u32], sink: &mut S) {
    // A word has no more ids than bytes.
    let mut cursor = sink.reserve((bounds[slots.len()] - bounds[0]) as usize);
    for &slot in slots {
        // SAFETY: the caller's promise; and reserved above is an id for every byte and three more.
        cursor = unsafe {
            let (ids, count) = table.entry(slot).ids();
            S::give(cursor, ids, count)
        };
    }
    // SAFETY: the cursor is of the reservation above, and only `give` came between.
    unsafe { sink.commit(cursor) };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::key::Avx512;
    use super::*;

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    pub(super) fn encode_256<S: Sink>(words: &mut Words, model: &Model, text: &[u8], bounds: &[u32], sink: &mut S) {
        encode::<Plain, S>(words, model, text, bounds, sink);
    }

    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,aes"
    )]
    pub(super) fn encode_512<S: Sink>(words: &mut Words, model: &Model, text: &[u8], bounds: &[u32], sink: &mut S) {
        encode::<Avx512, S>(words, model, text, bounds, sink);
    }
}
