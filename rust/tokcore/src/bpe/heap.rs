//! Merging in O(n log n): neighbours in a linked list, candidate pairs in a heap ordered by (id, place).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::pairs::{NONE, Pairs};

/// What a merge works on, kept from call to call.
#[derive(Default)]
pub(crate) struct Scratch {
    parts: Vec<Part>,
    /// (id the part and its right neighbour join to) << 32 | index of the part. Entries are not taken out when a merge
    /// makes them stale; they are recognised when they come up, because the part's `joined` has changed.
    heap: BinaryHeap<Reverse<u64>>,
}

#[derive(Clone, Copy)]
struct Part {
    id: u32,
    previous: u32,
    next: u32,
    /// What this part and the next join to, or [`NONE`].
    joined: u32,
}

impl Scratch {
    /// Appends the ids of `piece` by merging alone, as [`merge`](super::merge::merge) defines it.
    pub(crate) fn merge(&mut self, pairs: &Pairs, byte_ids: &[u32; 256], piece: &[u8], ids: &mut Vec<u32>) {
        self.start(pairs, byte_ids, piece);
        while let Some(Reverse(entry)) = self.heap.pop() {
            let (joined, at) = ((entry >> 32) as u32, entry as u32);
            if self.parts[at as usize].joined == joined {
                self.join(pairs, at);
            }
        }
        let mut at = if piece.is_empty() { NONE } else { 0 };
        while at != NONE {
            ids.push(self.parts[at as usize].id);
            at = self.parts[at as usize].next;
        }
    }

    fn start(&mut self, pairs: &Pairs, byte_ids: &[u32; 256], piece: &[u8]) {
        self.parts.clear();
        let ids = piece.iter().map(|&byte| byte_ids[byte as usize]).chain([NONE]);
        let mut entries = std::mem::take(&mut self.heap).into_vec();
        entries.clear();
        for (at, (id, next_id)) in (0u32..).zip(ids.clone().zip(ids.skip(1))) {
            let joined = if next_id == NONE { NONE } else { pairs.get(id, next_id) };
            let next = if next_id == NONE { NONE } else { at + 1 };
            self.parts.push(Part { id, previous: at.wrapping_sub(1), next, joined });
            if joined != NONE {
                entries.push(Reverse(u64::from(joined) << 32 | u64::from(at)));
            }
        }
        self.heap = BinaryHeap::from(entries);
    }

    /// Joins the part at `at` with the next one.
    fn join(&mut self, pairs: &Pairs, at: u32) {
        let Part { previous, next: absorbed, joined: id, .. } = self.parts[at as usize];
        let next = self.parts[absorbed as usize].next;
        self.parts[absorbed as usize].joined = NONE;
        self.parts[at as usize].id = id;
        self.parts[at as usize].next = next;
        if next != NONE {
            self.parts[next as usize].previous = at;
        }
        self.offer(pairs, at);
        if previous != NONE {
            self.offer(pairs, previous);
        }
    }

    /// Notes what the part at `at` and the next now join to.
    fn offer(&mut self, pairs: &Pairs, at: u32) {
        let Part { id, next, .. } = self.parts[at as usize];
        let joined = if next == NONE { NONE } else { pairs.get(id, self.parts[next as usize].id) };
        self.parts[at as usize].joined = joined;
        if joined != NONE {
            self.heap.push(Reverse(u64::from(joined) << 32 | u64::from(at)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bpe::merge::merge;
    use crate::bpe::testing::{nasty_piece, nasty_vocabulary, vocabulary};
    use crate::vocab::Vocabulary;

    fn by_heap(v: &Vocabulary, pairs: &Pairs, piece: &[u8]) -> Vec<u32> {
        let mut ids = Vec::new();
        Scratch::default().merge(pairs, v.byte_ids(), piece, &mut ids);
        ids
    }

    #[test]
    fn runs_of_every_length_equal_the_reference() {
        let runs: Vec<String> = [2, 3, 4, 7, 8, 16, 31].iter().map(|&n| "\t".repeat(n)).collect();
        let v = vocabulary(&runs.iter().map(String::as_str).collect::<Vec<_>>());
        let pairs = Pairs::new(&v);
        for n in 0..300 {
            let piece = vec![b'\t'; n];
            assert_eq!(by_heap(&v, &pairs, &piece), merge(&v, &piece), "{n} tabs");
        }
    }

    proptest! {
        #[test]
        fn equals_the_reference(v in nasty_vocabulary(), pieces in prop::collection::vec(nasty_piece(), 1..20)) {
            let pairs = Pairs::new(&v);
            for piece in pieces {
                prop_assert_eq!(by_heap(&v, &pairs, &piece), merge(&v, &piece));
            }
        }
    }
}
