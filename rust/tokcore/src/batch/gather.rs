//! Results of runs, put together.

use super::uncached;
use crate::bpe::{Count, Sink};
use crate::memory::Spare;

/// Room for at most this many ids is made for the next items, whatever they turn out to be.
const MOST: usize = 1 << 20;

/// By the text that was done, so many times as much is judged: 2 MiB after the first run, and all that is left after these.
const FORESIGHT: usize = 64;

/// Room for so many ids, 4 MiB, is more than a second-level cache has.
const UNCACHED: usize = 1 << 20;

/// What a batch call fills, item by item.
pub(super) trait Gather: Default + Send {
    /// Makes room for the results of `next` bytes of items, and for as many as the `left` bytes after them take, to judge
    /// by the `done` bytes before. What room there is is `spare` then.
    fn make_room(&mut self, _done: usize, _next: usize, _left: usize, _spare: &Spare) {}

    /// Moves everything in `other` to its own end; `other` keeps its memory.
    fn append(&mut self, other: &mut Self);
}

/// What the ids of a batch go into, or their number.
pub(super) trait Ids: Sink + Default + Send {
    /// As [`Gather::make_room`].
    fn make_room(&mut self, _done: usize, _next: usize, _left: usize, _spare: &Spare) {}

    /// As [`Gather::append`].
    fn append(&mut self, other: &mut Self);
}

impl Ids for Vec<u32> {
    fn make_room(&mut self, done: usize, next: usize, left: usize, spare: &Spare) {
        // No text has more ids than bytes. Memory that is asked for is not touched before it is used; for one text that
        // cannot be cut it is not asked for at once all the same, since far less may be needed than there is.
        let (next, average) = (next.min(MOST), self.len() as f64 / done.max(1) as f64);
        if self.capacity() - self.len() < next {
            // An eighth more, as all that is there is moved when it is too little.
            let left = left.min(FORESIGHT * done);
            self.reserve_exact(next + ((average * left as f64 * 1.125) as usize).min(left));
        }
        spare.offer(self, done, average);
    }

    fn append(&mut self, other: &mut Self) {
        if self.capacity() >= UNCACHED { uncached::append(self, other) } else { self.append(other) }
    }
}

impl Ids for Count {
    fn append(&mut self, other: &mut Self) {
        self.0 += std::mem::take(&mut other.0);
    }
}

/// The ids of texts, and where each text's start and the last's end.
pub(super) struct Encoded<S> {
    pub(super) ids: S,
    pub(super) offsets: Vec<i64>,
}

impl<S: Default> Default for Encoded<S> {
    fn default() -> Self {
        Self { ids: S::default(), offsets: vec![0] }
    }
}

impl Encoded<Vec<u32>> {
    /// Forgets the texts, and keeps its memory.
    pub(super) fn clear(&mut self) {
        self.ids.clear();
        self.offsets.truncate(1);
    }
}

impl<S: Ids> Gather for Encoded<S> {
    fn make_room(&mut self, done: usize, next: usize, left: usize, spare: &Spare) {
        self.ids.make_room(done, next, left, spare);
    }

    fn append(&mut self, other: &mut Self) {
        let base = self.ids.given() as i64;
        self.ids.append(&mut other.ids);
        self.offsets.extend(other.offsets.drain(1..).map(|offset| base + offset));
    }
}

impl<T: Send> Gather for Vec<T> {
    fn append(&mut self, other: &mut Self) {
        self.append(other);
    }
}
