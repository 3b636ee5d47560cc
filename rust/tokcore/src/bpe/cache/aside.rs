//! Words that are not found at once: found further on, or merged side by side and kept, and put in where they belong.

use std::ops::Range;

use super::key::{Key, Probe};
use super::long::LongSlot;
use super::table::Slot;
use super::{Sink, Words};
use crate::bpe::model::Model;
use crate::bpe::vector::{LONG, MIDDLE, SHORT};

/// So many words set aside are settled: enough that merging has always some to go on with.
pub(super) const MOST: usize = 256;

/// A word set aside.
pub(super) struct Aside {
    pub(super) key: Key,
    /// Which word of the text it is.
    pub(super) word: u32,
    /// How many ids of the text were given before it.
    pub(super) given: u32,
}

/// Where the ids of a word set aside are, or will be.
#[derive(Clone, Debug)]
enum Place {
    Short(Slot),
    Long(LongSlot),
    /// Among those of words that are not kept.
    Loose(Range<usize>),
}

/// What settling needs from time to time.
#[derive(Default)]
pub(super) struct Settling {
    /// Of every word set aside, in order.
    places: Vec<Place>,
    /// Which words set aside have no ids yet: those of up to [`SHORT`] bytes, [`MIDDLE`], [`LONG`], and longer.
    new: [Vec<u32>; 4],
    hashes: Vec<u32>,
    loose: Vec<u32>,
}

impl Words {
    /// Finds or takes a place for every word set aside, and notes those that are new.
    #[inline(always)]
    pub(super) fn place_aside<P: Probe>(&mut self, text: &[u8], bounds: &[u32]) {
        let Self { aside, table, long, settling, .. } = self;
        let Settling { places, new, hashes, loose } = settling;
        let word_of = |aside: &Aside| word(text, bounds, aside);
        places.clear();
        loose.clear();
        hashes.clear();
        new.iter_mut().for_each(Vec::clear);
        hashes.extend(aside.iter().filter(|aside| aside.key == Key::TOO_LONG).map(|aside| long.hash(word_of(aside))));
        long.make_room(hashes.len());
        hashes.iter().for_each(|&hash| long.prefetch(hash));
        hashes.iter().for_each(|&hash| long.prefetch_word(hash));
        table.reserve::<P>(aside.len() - hashes.len());
        let mut hashes = hashes.iter();
        for (at, aside) in (0..).zip(&*aside) {
            let (place, found) = match hashes.as_slice().first() {
                Some(&hash) if aside.key == Key::TOO_LONG => {
                    hashes.next();
                    let (slot, found) = long.find_or_take(hash, word_of(aside));
                    (Place::Long(slot), found)
                }
                _ => match table.find_or_take(table.home::<P>(aside.key), aside.key) {
                    Some((slot, found)) => (Place::Short(slot), found),
                    None => (Place::Loose(0..0), false),
                },
            };
            places.push(place);
            if !found {
                let len = word_of(aside).len();
                new[[SHORT, MIDDLE, LONG].iter().filter(|&&most| len > most).count()].push(at);
            }
        }
    }

    /// Merges the words set aside that are new, and gives `sink`, which had `given` ids before the text, all that were set
    /// aside.
    #[cold]
    pub(super) fn give_aside<S: Sink>(
        &mut self,
        model: &Model,
        text: &[u8],
        bounds: &[u32],
        given: usize,
        sink: &mut S,
    ) {
        self.merge_new(model, text, bounds);
        let Self { aside, table, long, settling, .. } = self;
        let ids = |place: &Place| match place {
            Place::Short(slot) => table.ids(*slot),
            Place::Long(slot) => long.ids(*slot),
            Place::Loose(range) => &settling.loose[range.clone()],
        };
        let parts = aside.iter().zip(&settling.places);
        sink.insert(given, parts.map(|(aside, place)| (aside.given as usize, ids(place))));
        aside.clear();
    }

    fn merge_new(&mut self, model: &Model, text: &[u8], bounds: &[u32]) {
        let Self { aside, table, long, settling, windows, .. } = self;
        let Settling { places, new: [short, middle, long_ones, rest], loose, .. } = settling;
        let new = short.len() + middle.len() + long_ones.len() + rest.len();
        self.misses += new as u64;
        self.hits += (aside.len() - new) as u64;
        let word = |at: u32| word(text, bounds, &aside[at as usize]);
        let mut keep = |at: u32, merged: &[u32]| {
            let unreached = model.unreached(word(at));
            let ids = unreached.as_ref().map_or(merged, std::slice::from_ref);
            match &mut places[at as usize] {
                Place::Short(slot) => table.fill(*slot, ids),
                Place::Long(slot) => long.fill(*slot, ids),
                Place::Loose(range) => {
                    *range = loose.len()..loose.len() + ids.len();
                    loose.extend_from_slice(ids);
                }
            }
        };
        let merger = model.merger(self.tier);
        merger.merge_each(short.len(), |i| word(short[i]), |i, merged| keep(short[i], merged.ids()));
        merger.merge_each_middle(middle.len(), |i| word(middle[i]), |i, merged| keep(middle[i], merged.ids()));
        merger.merge_each_long(long_ones.len(), |i| word(long_ones[i]), |i, merged| keep(long_ones[i], merged.ids()));
        for &at in rest.iter() {
            let mut ids = Vec::new();
            model.merge(merger, windows, word(at), &mut ids);
            keep(at, &ids);
        }
    }
}

/// The bytes of a word set aside.
#[inline(always)]
fn word<'a>(text: &'a [u8], bounds: &[u32], aside: &Aside) -> &'a [u8] {
    let word = aside.word as usize;
    &text[bounds[word] as usize..bounds[word + 1] as usize]
}
