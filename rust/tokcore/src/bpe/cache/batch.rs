//! Looking up a batch of words.
#![allow(unsafe_code)]

use super::aside::{Aside, MOST};
use super::key::{Key, Plain, Probe, TOO_LONG};
use super::table::Table;
use super::{Sink, Words, long};
use crate::bpe::model::Model;
use crate::tier::Tier;

/// Words looked up at a time: enough that the first's memory has come when the last's is asked for, few enough that all
/// of it stays in the first-level cache.
pub(super) const WORDS: usize = 128;

/// A batch in work.
pub(super) struct Batch {
    keys: [Key; WORDS],
    homes: [u32; WORDS],
}

impl Default for Batch {
    fn default() -> Self {
        Self { keys: [Key::TOO_LONG; WORDS], homes: [0; WORDS] }
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
}

impl Words {
    /// Gives `sink` the ids of the words that `bounds` cut out of `text`.
    pub(in crate::bpe) fn encode<S: Sink>(&mut self, model: &Model, text: &[u8], bounds: &[u32], sink: &mut S) {
        let mut done = 0;
        while done + 1 < bounds.len() {
            let (start, end) = (bounds[done] as usize, bounds[done + 1] as usize);
            if end - start > long::LONGEST {
                self.misses += 1;
                self.encode_piece(model, &text[start..end], sink);
                done += 1;
                continue;
            }
            let bounds = &bounds[done..];
            done += match self.tier {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the machine has the tier: `Words::new` has seen to it.
                Tier::Avx512 => unsafe { x86::encode_512(self, model, text, bounds, sink) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                Tier::Avx2 => unsafe { x86::encode_256(self, model, text, bounds, sink) },
                _ => encode::<Plain, S>(self, model, text, bounds, sink),
            };
        }
    }
}

/// Gives `sink` the ids of the first words that `bounds` cut out of `text`; returns how many words that is: up to one too
/// long to be kept, or so many that enough of them have been set aside.
#[inline(always)]
fn encode<P: Probe, S: Sink>(words: &mut Words, model: &Model, text: &[u8], bounds: &[u32], sink: &mut S) -> usize {
    let (given, mut done) = (sink.given(), 0);
    assert!(bounds[bounds.len() - 1] as usize <= text.len(), "bounds of another text");
    while done + 1 < bounds.len() && words.aside.len() < MOST {
        let batch = &bounds[done..bounds.len().min(done + WORDS + 1)];
        // SAFETY: a scanner's bounds ascend, and the last is inside the text.
        unsafe { words.batch.ask::<P>(&words.table, text, batch) };
        let found = give_found::<P, S>(words, batch, done, given, sink);
        done += found;
        if found + 1 < batch.len() {
            break;
        }
    }
    words.hits += (done - words.aside.len()) as u64;
    if !words.aside.is_empty() {
        words.place_aside::<P>(text, bounds);
        words.give_aside(model, text, bounds, given, sink);
    }
    done
}

/// Gives `sink` the ids of the words of `batch`, which has been asked for and is `done` words into its text, as far as
/// they are found with ids of their own; sets the others aside. Returns how many words that is: up to one too long to be
/// kept. The sink had `given` ids before the text.
#[inline(always)]
fn give_found<P: Probe, S: Sink>(words: &mut Words, batch: &[u32], done: usize, given: usize, sink: &mut S) -> usize {
    let len = batch.len() - 1;
    let given = (sink.given() - given) as u32;
    // A word has no more ids than bytes.
    let start = sink.reserve((batch[len] - batch[0]) as usize);
    let (mut cursor, mut word) = (start, 0);
    for (key, &home) in words.batch.keys[..len].iter().zip(&words.batch.homes) {
        // SAFETY: the homes are the table's, which has not grown since it was asked; there is room for the ids.
        unsafe {
            let (slot, found) = words.table.find::<P>(home, key);
            if found {
                let (ids, count) = words.table.entry(slot).ids();
                cursor = S::give(cursor, ids, count);
            } else if *key == Key::TOO_LONG && (batch[word + 1] - batch[word]) as usize > long::LONGEST {
                break;
            } else {
                let given = given + S::between(start, cursor) as u32;
                words.aside.push(Aside { key: *key, word: (done + word) as u32, given });
            }
        }
        word += 1;
    }
    // SAFETY: the cursor is of the reservation above, and only `give` came between.
    unsafe { sink.commit(cursor) };
    word
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::key::Avx512;
    use super::*;

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    pub(super) fn encode_256<S: Sink>(
        words: &mut Words,
        model: &Model,
        text: &[u8],
        bounds: &[u32],
        sink: &mut S,
    ) -> usize {
        encode::<Plain, S>(words, model, text, bounds, sink)
    }

    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,aes"
    )]
    pub(super) fn encode_512<S: Sink>(
        words: &mut Words,
        model: &Model,
        text: &[u8],
        bounds: &[u32],
        sink: &mut S,
    ) -> usize {
        encode::<Avx512, S>(words, model, text, bounds, sink)
    }
}
