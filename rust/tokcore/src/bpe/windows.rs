//! Merging of pieces longer than the kernels', in time that grows with the length: windows that overlap.
//!
//! # Why it is exact
//!
//! Merging part of a piece goes as it does inside the piece, as long as nothing joins across the part's ends. So:
//!
//! 1. If the ids of a piece have a boundary somewhere, the ids on either side are those of either side by itself, and two
//!    neighbouring ids are those of their two tokens' bytes by themselves.
//! 2. If in a sequence of tokens every two neighbours are what merging makes of their bytes, the sequence is what merging
//!    makes of all its bytes: the first join across a boundary would also be made in the bytes of the two tokens around
//!    it, since up to then each side had gone as by itself.
//! 3. So if the ids of `piece[..b]` and those of `piece[a..c]`, with a boundary of the first at `a`, have a token in
//!    common, at the same place, then the ids of `piece[..c]` are the first's up to that token and the second's after
//!    it: any two neighbours are neighbours in one of them.
//!
//! Nothing is asked of the vocabulary. A window without a common token is begun further back; at last it is the piece
//! as a whole, merged in a heap.

use super::heap;
use super::vector::{LONG, Merger};
use crate::vocab::Vocabulary;

/// How many of the last tokens the next window begins before.
const BACK: usize = 4;
/// Windows are at least this many times as long as the overlap.
const STRETCH: usize = 8;
/// A window no token of which is common with the piece so far, and that begins so far back, is given up.
const FARTHEST: usize = 1 << 14;

/// What this needs from call to call.
#[derive(Default)]
pub(crate) struct Scratch {
    heap: heap::Scratch,
    window: Window,
}

/// The last window, kept because in a run the next is often the same.
#[derive(Default)]
struct Window {
    bytes: Vec<u8>,
    ids: Vec<u32>,
}

impl Scratch {
    /// Appends the ids of `piece` by merging alone.
    pub(super) fn merge(&mut self, merger: Merger<'_>, vocabulary: &Vocabulary, piece: &[u8], ids: &mut Vec<u32>) {
        let base = ids.len();
        let (mut end, mut back) = (0, BACK);
        while end < piece.len() {
            let (kept, start) = step_back(vocabulary, &ids[base..], end, back);
            let window_end = piece.len().min(start + LONG.max((end - start) * STRETCH));
            if start > 0 && end - start > FARTHEST {
                ids.truncate(base);
                return self.heap.merge(merger.pairs, merger.byte_ids, piece, ids);
            }
            self.window.merge(&mut self.heap, merger, &piece[start..window_end]);
            match common(vocabulary, &ids[base + kept..], &self.window.ids) {
                _ if start == 0 => {
                    ids.truncate(base);
                    ids.extend_from_slice(&self.window.ids);
                }
                Some((of_piece, of_window)) => {
                    ids.truncate(base + kept + of_piece);
                    ids.extend_from_slice(&self.window.ids[of_window..]);
                }
                None => {
                    back *= 2;
                    continue;
                }
            }
            (end, back) = (window_end, BACK);
        }
    }
}

/// The start of the `back`th last of `ids`, which end at `end`, and how many ids are before it.
fn step_back(vocabulary: &Vocabulary, ids: &[u32], end: usize, back: usize) -> (usize, usize) {
    let kept = ids.len().saturating_sub(back);
    let length = |&id: &u32| vocabulary.token(id).map_or(0, <[u8]>::len);
    (kept, end - ids[kept..].iter().map(length).sum::<usize>())
}

/// The first token that two sequences beginning at one place have in common: how many tokens each has up to its end.
fn common(vocabulary: &Vocabulary, left: &[u32], right: &[u32]) -> Option<(usize, usize)> {
    let length = |id: u32| vocabulary.token(id).map_or(0, <[u8]>::len);
    let (mut i, mut j, mut left_at, mut right_at) = (0, 0, 0, 0);
    while let (Some(&a), Some(&b)) = (left.get(i), right.get(j)) {
        if left_at == right_at && a == b {
            return Some((i + 1, j + 1));
        }
        if left_at <= right_at {
            left_at += length(a);
            i += 1;
        } else {
            right_at += length(b);
            j += 1;
        }
    }
    None
}

impl Window {
    fn merge(&mut self, heap: &mut heap::Scratch, merger: Merger<'_>, bytes: &[u8]) {
        if self.bytes == bytes {
            return;
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        self.ids.clear();
        if bytes.len() <= LONG {
            self.ids.extend_from_slice(merger.merge(bytes).ids());
        } else {
            heap.merge(merger.pairs, merger.byte_ids, bytes, &mut self.ids);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bpe::merge::merge;
    use crate::bpe::pairs::Pairs;
    use crate::bpe::testing::{nasty_piece, nasty_vocabulary, vocabulary};
    use crate::tier::Tier;

    fn by_windows(v: &Vocabulary, pairs: &Pairs, piece: &[u8]) -> Vec<u32> {
        let (mut ids, merger) = (vec![7], Merger::new(Tier::Portable, pairs, v.byte_ids()));
        Scratch::default().merge(merger, v, piece, &mut ids);
        assert_eq!(ids.remove(0), 7);
        ids
    }

    #[test]
    fn runs_of_every_length_equal_the_reference() {
        // Longer than a window, and the next power of two's token missing, so that the end changes what is before it.
        let runs: Vec<String> = [2, 4, 8, 16, 32, 64, 100, 128, 150].iter().map(|&n| " ".repeat(n)).collect();
        let v = vocabulary(&runs.iter().map(String::as_str).collect::<Vec<_>>());
        let pairs = Pairs::new(&v);
        for n in 0..600 {
            let piece = vec![b' '; n];
            assert_eq!(by_windows(&v, &pairs, &piece), merge(&v, &piece), "{n} spaces");
        }
    }

    /// A vocabulary in which the last byte of a long piece decides about its first.
    #[test]
    fn a_change_that_runs_all_the_way_back_is_followed() {
        let v = vocabulary(&["ba", "ab"]);
        let pairs = Pairs::new(&v);
        for n in 0..300 {
            for last in ["", "a", "b", "x"] {
                let piece = ["ab".repeat(n).as_bytes(), last.as_bytes()].concat();
                assert_eq!(by_windows(&v, &pairs, &piece), merge(&v, &piece));
            }
        }
    }

    proptest! {
        #[test]
        fn equals_the_reference(v in nasty_vocabulary(), pieces in prop::collection::vec(nasty_piece(), 1..20)) {
            let pairs = Pairs::new(&v);
            for piece in pieces.iter().chain([&pieces.concat()[..pieces.concat().len().min(700)].to_vec()]) {
                prop_assert_eq!(by_windows(&v, &pairs, piece), merge(&v, piece));
            }
        }
    }
}
