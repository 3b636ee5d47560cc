//! Words that are not found at once: merged side by side and kept, and put in where they belong.
//!
//! They wait while the text goes on and others follow it, until there are enough: merging sixteen words together takes
//! hardly longer than one. So ids, and the ends of texts among them, are in their final places only when all is settled.
//! A word that a key holds has its place in the table from the start, so that it is searched for once; until it is
//! settled its entry there has no ids to be found.

use std::ops::Range;

use super::key::{Key, WIDTH};
use super::long::{LongSlot, LongWords};
use super::parted::Parted;
use super::table::{Slot, Table};
use super::{Sink, Words};
use crate::bpe::model::Model;
use crate::bpe::vector::{LONG, MIDDLE};

/// So many words set aside are settled: enough that merging has always some to go on with.
pub(super) const MOST: usize = 256;

/// A word set aside.
struct Waiting {
    /// The bytes of its key: its own, with zeros after them and the length above all, or else none of its own.
    key: [u8; WIDTH],
    /// How many ids were given before it.
    given: usize,
}

/// A word that waits and that no key holds.
struct LongWord {
    /// Which of those that wait it is.
    at: u32,
    /// Where its bytes end among those of all such words.
    end: usize,
}

/// Where the ids of a word that waits are, or will be.
#[derive(Clone, Debug)]
enum Place {
    Short(Slot),
    Long(LongSlot),
    /// Among those of words that are not kept.
    Loose(Range<usize>),
}

impl Place {
    /// The ids, which are there.
    fn ids<'i>(&self, table: &'i Table, long: &'i LongWords, loose: &'i [u32]) -> &'i [u32] {
        match self {
            Self::Short(slot) => table.ids(*slot),
            Self::Long(slot) => long.ids(*slot),
            Self::Loose(range) => &loose[range.clone()],
        }
    }
}

/// The words that wait, and the texts that ended since the beginning.
#[derive(Default)]
pub(super) struct Aside {
    words: Vec<Waiting>,
    /// Of every word that waits.
    places: Vec<Place>,
    /// Which words that a key holds have no ids yet.
    new: Vec<u32>,
    /// The words that no key holds, and their bytes.
    long: Vec<LongWord>,
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

    /// Adds a word that `key` holds, before which `given` ids were given. It is at `slot` of the table, if there was a place
    /// for it, and new if it has not been met before.
    pub(super) fn push(&mut self, key: Key, given: usize, slot: Option<Slot>, is_new: bool) {
        if is_new {
            self.new.push(self.words.len() as u32);
        }
        self.words.push(Waiting { key: key.bytes(), given });
        self.places.push(slot.map_or(Place::Loose(0..0), Place::Short));
    }

    /// Adds a word that no key holds.
    pub(super) fn push_long(&mut self, word: &[u8], given: usize) {
        self.bytes.extend_from_slice(word);
        self.end_long(given);
    }

    /// Adds a part of such a word, which is that range of all their bytes.
    pub(super) fn push_part(&mut self, range: Range<usize>) {
        self.bytes.extend_from_within(range);
        self.end_long(0);
    }

    fn end_long(&mut self, given: usize) {
        self.long.push(LongWord { at: self.words.len() as u32, end: self.bytes.len() });
        self.words.push(Waiting { key: Key::TOO_LONG.bytes(), given });
        self.places.push(Place::Loose(0..0));
    }

    /// The bytes of word `at`, which a key holds.
    fn word(&self, at: u32) -> &[u8] {
        let key = &self.words[at as usize].key;
        &key[..Key::len_of(key)]
    }

    /// Such bytes of the words that no key holds.
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    /// The bytes of long word `index`.
    fn long_word(&self, index: usize) -> &[u8] {
        &self.bytes[self.long_range(index)]
    }

    /// Where they are.
    fn long_range(&self, index: usize) -> Range<usize> {
        index.checked_sub(1).map_or(0, |before| self.long[before].end)..self.long[index].end
    }

    /// Lets go of all but the first `waiting` words.
    fn truncate(&mut self, waiting: usize) {
        self.words.truncate(waiting);
        self.places.truncate(waiting);
    }

    /// Forgets the words, each of which has been given so many ids.
    fn clear_words(&mut self, ids: impl Fn(&Place) -> usize) {
        let mut sums = self.places.drain(..).scan(0, |sum, place| {
            *sum += ids(&place);
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
        drop(sums);
        self.settled = self.ends.len();
        self.words.clear();
        self.new.clear();
        self.long.clear();
        self.bytes.clear();
    }
}

/// What settling needs from time to time.
#[derive(Default)]
pub(super) struct Settling {
    /// Which long words have no ids yet: those of up to [`MIDDLE`] bytes, [`LONG`], and longer.
    new: [Vec<u32>; 3],
    pub(super) parted: Parted,
    hashes: Vec<u32>,
    loose: Vec<u32>,
}

/// Adds long word `index`, of so many bytes, to those without ids.
fn add_by_size(new: &mut [Vec<u32>; 3], index: usize, bytes: usize) {
    new[[MIDDLE, LONG].iter().filter(|&&most| bytes > most).count()].push(index as u32);
}

impl Words {
    /// Forgets what was set aside and not settled, and which texts ended.
    pub(in crate::bpe) fn begin(&mut self) {
        if self.aside.len() > 0 {
            // Some have a place in the table, where their ids are missing.
            self.table.forget();
            self.aside.clear_words(|_| 0);
        }
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
        self.settling.loose.clear();
        self.place_long(model);
        let waiting = self.aside.len();
        self.wait_for_parts();
        self.merge_new(model);
        self.join_parts(waiting);
        let Self { aside, table, long, settling, .. } = self;
        aside.truncate(waiting);
        let ids = |place: &Place| place.ids(table, long, &settling.loose);
        sink.insert(aside.words.iter().zip(&aside.places).map(|(word, place)| (word.given, ids(place))));
        aside.clear_words(|place| ids(place).len());
        self.make_room();
    }

    /// Finds or takes a place for every long word set aside, and notes those that are new.
    fn place_long(&mut self, model: &Model) {
        let Self { aside, long, settling, .. } = self;
        let Settling { new, parted, hashes, .. } = settling;
        new.iter_mut().for_each(Vec::clear);
        parted.clear();
        hashes.clear();
        hashes.extend((0..aside.long.len()).map(|index| long.hash(aside.long_word(index))));
        long.make_room(hashes.len());
        hashes.iter().for_each(|&hash| long.prefetch(hash));
        hashes.iter().for_each(|&hash| long.prefetch_word(hash));
        let mut new_words = aside.new.len();
        for (index, &hash) in hashes.iter().enumerate() {
            let word = aside.long_word(index);
            let (slot, found) = long.find_or_take(hash, word);
            if !found {
                new_words += 1;
                let parting = if word.len() > MIDDLE && !word.is_ascii() { model.parting() } else { None };
                if !parting.is_some_and(|it| parted.add(it, index, &aside.bytes, aside.long_range(index))) {
                    add_by_size(new, index, word.len());
                }
            }
            aside.places[aside.long[index].at as usize] = Place::Long(slot);
        }
        self.misses += new_words as u64;
        self.hits += (aside.len() - new_words) as u64;
    }

    /// Lets the parts of words wait behind the words.
    fn wait_for_parts(&mut self) {
        let first = self.aside.long.len();
        self.look_parts_up();
        let Self { aside, settling, .. } = self;
        for index in first..aside.long.len() {
            add_by_size(&mut settling.new, index, aside.long_range(index).len());
        }
    }

    /// Gives the words that are in parts the ids of these, which follow the first `waiting` words.
    fn join_parts(&mut self, waiting: usize) {
        let Self { aside, table, long, settling: Settling { parted, loose, .. }, .. } = self;
        let mut ids = Vec::new();
        for (index, parts) in parted.words() {
            let places = &aside.places[waiting..][parts];
            ids.clear();
            places.iter().for_each(|place| ids.extend_from_slice(place.ids(table, long, loose)));
            if let Place::Long(slot) = aside.places[aside.long[index].at as usize] {
                long.fill(slot, &ids);
            }
        }
    }

    fn merge_new(&mut self, model: &Model) {
        let Self { aside, table, long, settling, windows, .. } = self;
        let Settling { new: [middle, long_ones, rest], loose, .. } = settling;
        // Apart from the words, which are read while places change.
        let mut places = std::mem::take(&mut aside.places);
        let mut keep = |at: u32, word: &[u8], merged: &[u32]| {
            let unreached = model.unreached(word);
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
        let short = |i: usize| aside.word(aside.new[i]);
        merger.merge_each(aside.new.len(), short, |i, merged| keep(aside.new[i], short(i), merged.ids()));
        let word = |index: u32| aside.long_word(index as usize);
        let mut keep = |index: u32, merged: &[u32]| keep(aside.long[index as usize].at, word(index), merged);
        merger.merge_each_middle(middle.len(), |i| word(middle[i]), |i, merged| keep(middle[i], merged.ids()));
        merger.merge_each_long(long_ones.len(), |i| word(long_ones[i]), |i, merged| keep(long_ones[i], merged.ids()));
        for &index in rest.iter() {
            let mut ids = Vec::new();
            model.merge(merger, windows, word(index), &mut ids);
            keep(index, &ids);
        }
        aside.places = places;
    }
}
