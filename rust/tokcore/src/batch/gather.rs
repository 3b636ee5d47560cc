//! Results of runs, put together.

use super::TokenBatch;
use crate::memory::large_pages;

/// Room for at most this many ids is made for the next items, whatever they turn out to be.
const MOST: usize = 1 << 20;

/// What a batch call fills, item by item.
pub(super) trait Gather: Default + Send {
    /// Makes room for the results of `next` bytes of items, and for as many as the `left` bytes after them take, to judge
    /// by the `done` bytes before.
    fn make_room(&mut self, _done: usize, _next: usize, _left: usize) {}

    /// Moves everything in `other` to its own end; `other` keeps its memory.
    fn append(&mut self, other: &mut Self);
}

impl Gather for TokenBatch {
    fn make_room(&mut self, done: usize, next: usize, left: usize) {
        // No text has more ids than bytes. Memory that is asked for is not touched before it is used; for one text that
        // cannot be cut it is not asked for at once all the same, since far less may be needed than there is.
        let next = next.min(MOST);
        if self.ids.capacity() - self.ids.len() < next {
            let expected = (self.ids.len() as f64 * left as f64 / done.max(1) as f64 * 1.0625) as usize;
            self.ids.reserve_exact(next + expected.min(left));
            large_pages(&mut self.ids);
        }
    }

    fn append(&mut self, other: &mut Self) {
        let base = self.ids.len() as i64;
        self.ids.append(&mut other.ids);
        self.offsets.extend(other.offsets.drain(1..).map(|offset| base + offset));
    }
}

impl<T: Send> Gather for Vec<T> {
    fn append(&mut self, other: &mut Self) {
        self.append(other);
    }
}
