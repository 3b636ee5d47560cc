//! Words that are not found at once: merged side by side and kept, and put in where they belong.
//!
//! They wait, with their bytes, while the text goes on and others follow it, until there are enough: merging sixteen words
//! together takes hardly longer than one. So ids, and the ends of texts among them, are in their final places only when
//! all is settled.

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
struct Waiting {
    key: Key,
    /// How many ids were given before it.
    given: usize,
    /// Where its bytes end among those of all that wait.
    end: usize,
}

/// The words that wait, and the texts that ended since the beginning.
#[derive(Default)]
pub(super) struct Aside {
    words: Vec<Waiting>,
    bytes: Vec<u8>,
    /// By text: how many ids come to be before its end, for words set aside; of the texts after the first `settled` how
    /// many words, first.
    ends: Vec<usize>,
    settled: usize,
}

impl Aside {
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// Adds a word, before which `given` ids were given.
    pub(super) fn push(&mut self, key: Key, word: &[u8], given: usize) {
        self.bytes.extend_from_slice(word);
        self.words.push(Waiting { key, given, end: self.bytes.len() });
    }

    /// The bytes of word `at`.
    fn word(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.words[before].end);
        &self.bytes[start..self.words[at].end]
    }

    /// Forgets the words, which have been given `ids`, each as many.
    fn clear_words(&mut self, ids: impl Iterator<Item = usize>) {
        let mut sums = ids.scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        let (mut words, mut sum) = (0, 0);
        for end in &mut self.ends[self.settled..] {
            while words < *end {
                sum = sums.next().unwrap_or(sum);
                words += 1;
            }
            *end = sum;
        }
        self.settled = self.ends.len();
        self.words.clear();
        self.bytes.clear();
    }
}

/// Where the ids of a word that waits are, or will be.
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
    /// Of every word that waits, in order.
    places: Vec<Place>,
    /// Which words that wait have no ids yet: those of up to [`SHORT`] bytes, [`MIDDLE`], [`LONG`], and longer.
    new: [Vec<u32>; 4],
    hashes: Vec<u32>,
    loose: Vec<u32>,
}

impl Words {
    /// Forgets what was set aside and not settled, and which texts ended.
    pub(in crate::bpe) fn begin(&mut self) {
        self.aside.clear_words(std::iter::empty());
        self.aside.ends.clear();
        self.aside.settled = 0;
    }

    /// Notes that a text ends here.
    pub(in crate::bpe) fn end_text(&mut self) {
        self.aside.ends.push(self.aside.len());
    }

    /// How many ids have come to be, by being settled, before the end of each text that ended since the beginning.
    pub(in crate::bpe) fn ends(&self) -> &[usize] {
        &self.aside.ends
    }

    /// Gives `sink` all that was set aside, having merged what is new.
    pub(in crate::bpe) fn settle<S: Sink>(&mut self, model: &Model, sink: &mut S) {
        if self.aside.words.is_empty() {
            return;
        }
        self.place_aside();
        self.merge_new(model);
        let Self { aside, table, long, settling, .. } = self;
        let ids = |place: &Place| match place {
            Place::Short(slot) => table.ids(*slot),
            Place::Long(slot) => long.ids(*slot),
            Place::Loose(range) => &settling.loose[range.clone()],
        };
        let parts = aside.words.iter().zip(&settling.places);
        sink.insert(parts.map(|(word, place)| (word.given, ids(place))));
        aside.clear_words(settling.places.iter().map(|place| ids(place).len()));
    }

    /// Finds or takes a place for every word set aside, and notes those that are new.
    #[inline(always)]
    pub(super) fn place_each<P: Probe>(&mut self) {
        let Self { aside, table, long, settling, .. } = self;
        let Settling { places, new, hashes, loose } = settling;
        places.clear();
        loose.clear();
        hashes.clear();
        new.iter_mut().for_each(Vec::clear);
        let long_words = (0..aside.len()).filter(|&at| aside.words[at].key == Key::TOO_LONG);
        hashes.extend(long_words.map(|at| long.hash(aside.word(at))));
        long.make_room(hashes.len());
        hashes.iter().for_each(|&hash| long.prefetch(hash));
        hashes.iter().for_each(|&hash| long.prefetch_word(hash));
        table.reserve::<P>(aside.len() - hashes.len());
        let mut hashes = hashes.iter();
        for (at, key) in aside.words.iter().map(|word| word.key).enumerate() {
            let (place, found) = match hashes.as_slice().first() {
                Some(&hash) if key == Key::TOO_LONG => {
                    hashes.next();
                    let (slot, found) = long.find_or_take(hash, aside.word(at));
                    (Place::Long(slot), found)
                }
                _ => match table.find_or_take(table.home::<P>(key), key) {
                    Some((slot, found)) => (Place::Short(slot), found),
                    None => (Place::Loose(0..0), false),
                },
            };
            places.push(place);
            if !found {
                let len = aside.word(at).len();
                new[[SHORT, MIDDLE, LONG].iter().filter(|&&most| len > most).count()].push(at as u32);
            }
        }
    }

    fn merge_new(&mut self, model: &Model) {
        let Self { aside, table, long, settling, windows, .. } = self;
        let Settling { places, new: [short, middle, long_ones, rest], loose, .. } = settling;
        let new = short.len() + middle.len() + long_ones.len() + rest.len();
        self.misses += new as u64;
        self.hits += (aside.len() - new) as u64;
        let word = |at: u32| aside.word(at as usize);
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
