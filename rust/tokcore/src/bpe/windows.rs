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
//! 3. So if the ids of `piece[..b]` and those of `piece[a..c]` have a token in common, at the same place, then the ids of
//!    `piece[..c]` are the first's up to that token and the second's after it: any two neighbours are neighbours in one of
//!    them. Where `a` is, inside a character or a token, does not matter.
//!
//! Nothing is asked of the vocabulary. Windows at fixed distances are merged several at a time, so that one's waiting for
//! memory is another's time to work. One that has no token in common with the ids before it is left out, and another is
//! begun where a token begins, further and further back; at last it is the piece as a whole, merged in a heap.

use super::cache::Sink;
use super::heap;
use super::kernel::Merged;
use super::vector::{LONG, Merger};
use crate::vocab::Vocabulary;

/// How many bytes two windows at a fixed distance share: six or seven tokens of random letters.
const OVERLAP: usize = 16;
const STRIDE: usize = LONG - OVERLAP;
/// How many such windows are merged at a time.
const GROUP: usize = 16;
/// How many of the last tokens a window begins before, at first.
const BACK: usize = 4;
/// Such windows are at least this many times as long as the overlap.
const STRETCH: usize = 8;
/// A window no token of which is common with the piece so far, and that begins so far back, is given up.
/// Little in tests, so that they come there.
const FARTHEST: usize = if cfg!(test) { 1 << 10 } else { 1 << 14 };

/// Where the ids of a piece go while it is merged.
pub(super) trait Take {
    fn all(&mut self, ids: &[u32]);

    /// How many ids it was given.
    fn given(&self) -> usize;

    /// Forgets all but the first `given` ids.
    fn take_back(&mut self, given: usize);

    /// Whether it wants no more.
    fn is_full(&self) -> bool {
        false
    }
}

impl<S: Sink> Take for S {
    fn all(&mut self, ids: &[u32]) {
        Sink::all(self, ids);
    }

    fn given(&self) -> usize {
        Sink::given(self)
    }

    fn take_back(&mut self, given: usize) {
        Sink::take_back(self, given);
    }
}

/// What this needs from call to call.
#[derive(Default)]
pub(crate) struct Scratch {
    heap: heap::Scratch,
    window: Window,
    group: Vec<Part>,
    /// The last ids of the piece so far: all that a window might begin before.
    recent: Vec<u32>,
}

/// The last window begun at a token, kept because in a run the next is often the same.
#[derive(Default)]
struct Window {
    bytes: Vec<u8>,
    ids: Vec<u32>,
}

/// A merged window of at most [`LONG`] bytes.
#[derive(Clone, Copy)]
struct Part {
    ids: [u32; LONG],
    /// Bit `i` is set if a token begins at byte `i`.
    starts: u64,
}

impl Scratch {
    /// Gives `sink` the ids of `piece` by merging alone.
    pub(super) fn merge<T: Take>(&mut self, merger: Merger<'_>, vocabulary: &Vocabulary, piece: &[u8], sink: &mut T) {
        let before = sink.given();
        self.recent.clear();
        let (mut end, mut fitting) = (0, true);
        while end < piece.len() && !sink.is_full() {
            if fitting {
                (end, fitting) = self.side_by_side(merger, vocabulary, piece, end);
            } else if let Some(reached) = self.at_token(merger, vocabulary, piece, end) {
                (end, fitting) = (reached, true);
            } else {
                sink.take_back(before);
                self.recent.clear();
                self.heap.merge(merger.pairs, merger.byte_ids, piece, &mut self.recent);
                end = piece.len();
            }
            if self.recent.len() >= 2 * FARTHEST {
                let kept = self.recent.len() - FARTHEST;
                sink.all(&self.recent[..kept]);
                self.recent.drain(..kept);
            }
        }
        sink.all(&self.recent);
    }

    /// Goes on from `end` with windows at fixed distances; returns where the piece is now merged to, and whether that is as
    /// far as the windows go.
    fn side_by_side(
        &mut self,
        merger: Merger<'_>,
        vocabulary: &Vocabulary,
        piece: &[u8],
        mut end: usize,
    ) -> (usize, bool) {
        let rest = &piece[end.saturating_sub(OVERLAP)..];
        let count = rest.len().saturating_sub(OVERLAP).div_ceil(STRIDE).clamp(1, GROUP);
        let window = |i: usize| &rest[i * STRIDE..rest.len().min(i * STRIDE + LONG)];
        let all = &rest[..rest.len().min(count * STRIDE + OVERLAP)];
        // In a run all windows are the same one, which is then merged but once.
        if end > 0 && count > 1 && all[STRIDE..] == all[..all.len() - STRIDE] {
            return (end, false);
        }
        self.group.resize(GROUP, Part { ids: [0; LONG], starts: 0 });
        merger.merge_each_long(count, window, |i, merged: &Merged| {
            self.group[i].starts = merged.parts;
            self.group[i].ids[..merged.ids().len()].copy_from_slice(merged.ids());
        });
        let mut starts = if end == 0 { 0 } else { last_starts(vocabulary, &self.recent) };
        for (i, part) in self.group[..count].iter().enumerate() {
            let mut from = 0;
            if end > 0 {
                let Some(at) = common_end(starts | 1 << OVERLAP, part.starts) else { return (end, false) };
                self.recent.truncate(self.recent.len() - (starts >> at).count_ones() as usize);
                from = (part.starts & !(!0 << at)).count_ones() as usize;
            }
            self.recent.extend_from_slice(&part.ids[from..part.starts.count_ones() as usize]);
            end = end.max(OVERLAP) - OVERLAP + window(i).len();
            starts = part.starts >> STRIDE;
        }
        (end, true)
    }

    /// Goes on from `end` with a window that begins where a token does; returns where the piece is now merged to.
    fn at_token(&mut self, merger: Merger<'_>, vocabulary: &Vocabulary, piece: &[u8], end: usize) -> Option<usize> {
        let mut back = BACK;
        loop {
            let (kept, start) = step_back(vocabulary, &self.recent, end, back);
            if start > 0 && end - start >= FARTHEST {
                return None;
            }
            let window_end = piece.len().min(start + LONG.max((end - start) * STRETCH));
            self.window.merge(&mut self.heap, merger, &piece[start..window_end]);
            let common =
                if start == 0 { Some((0, 0)) } else { common(vocabulary, &self.recent[kept..], &self.window.ids) };
            if let Some((of_piece, of_window)) = common {
                self.recent.truncate(kept + of_piece);
                self.recent.extend_from_slice(&self.window.ids[of_window..]);
                return Some(window_end);
            }
            back *= 2;
        }
    }
}

/// Where tokens begin in the last [`OVERLAP`] bytes of `ids`, as bits.
fn last_starts(vocabulary: &Vocabulary, ids: &[u32]) -> u64 {
    let (mut starts, mut at) = (0, OVERLAP);
    for &id in ids.iter().rev() {
        let Some(start) = at.checked_sub(length(vocabulary, id)) else { break };
        starts |= 1 << start;
        at = start;
    }
    starts
}

/// The end of the first token that two sequences have in common, given where tokens of each begin in [`OVERLAP`] bytes and
/// whether one begins after them.
fn common_end(left: u64, right: u64) -> Option<usize> {
    let shared = !(!1 << OVERLAP);
    let (mut both, any) = (left & right & shared, (left | right) & shared);
    while both != 0 {
        let start = both.trailing_zeros();
        both &= both - 1;
        let end = (any & (!1 << start)).trailing_zeros();
        if both != 0 && end == both.trailing_zeros() {
            return Some(end as usize);
        }
    }
    None
}

fn length(vocabulary: &Vocabulary, id: u32) -> usize {
    vocabulary.token(id).map_or(0, <[u8]>::len)
}

/// The start of the `back`th last of `ids`, which end at `end`, and how many ids are before it.
fn step_back(vocabulary: &Vocabulary, ids: &[u32], end: usize, back: usize) -> (usize, usize) {
    let kept = ids.len().saturating_sub(back);
    (kept, end - ids[kept..].iter().map(|&id| length(vocabulary, id)).sum::<usize>())
}

/// The first token that two sequences beginning at one place have in common: how many tokens each has up to its end.
fn common(vocabulary: &Vocabulary, left: &[u32], right: &[u32]) -> Option<(usize, usize)> {
    let (mut i, mut j, mut left_at, mut right_at) = (0, 0, 0, 0);
    while let (Some(&a), Some(&b)) = (left.get(i), right.get(j)) {
        if left_at == right_at && a == b {
            return Some((i + 1, j + 1));
        }
        if left_at <= right_at {
            left_at += length(vocabulary, a);
            i += 1;
        } else {
            right_at += length(vocabulary, b);
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
    use crate::bpe::cache::Count;
    use crate::bpe::merge::merge;
    use crate::bpe::pairs::Pairs;
    use crate::bpe::testing::{nasty_piece, nasty_vocabulary, vocabulary};
    use crate::tier::Tier;

    /// By every tier, with ids and without.
    fn by_windows(v: &Vocabulary, pairs: &Pairs, piece: &[u8]) -> Vec<u32> {
        let mut scratch = Scratch::default();
        let mut all = Tier::ALL.into_iter().filter(|tier| tier.is_available()).map(|tier| {
            let (mut ids, mut count, merger) = (vec![7], Count(1), Merger::new(tier, pairs, v.byte_ids()));
            scratch.merge(merger, v, piece, &mut ids);
            scratch.merge(merger, v, piece, &mut count);
            assert_eq!((ids.len(), ids.remove(0)), (count.0, 7));
            ids
        });
        let ids = all.next().unwrap();
        assert!(all.all(|other| other == ids));
        ids
    }

    fn by_heap(v: &Vocabulary, pairs: &Pairs, piece: &[u8]) -> Vec<u32> {
        let mut ids = Vec::new();
        heap::Scratch::default().merge(pairs, v.byte_ids(), piece, &mut ids);
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

    /// Bytes no two neighbours of which stand together twice, and a lower id for each pair than for the one before it:
    /// the end decides about the beginning, and windows have nothing in common but by chance.
    #[test]
    fn a_change_that_runs_back_for_ever_is_followed() {
        let mut bytes: Vec<u8> = Vec::new();
        for first in 0..=255u8 {
            bytes.push(first);
            bytes.extend((first..=255).skip(1).flat_map(|second| [first, second]));
        }
        let tokens = bytes.windows(2).rev().map(<[u8]>::to_vec);
        let singles = (0..=255u8).map(|byte| vec![byte]);
        let v = Vocabulary::new(singles.chain(tokens).zip(0..)).unwrap();
        let pairs = Pairs::new(&v);
        for end in [bytes.len(), bytes.len() - 1, 9_999, 1_000, 999] {
            assert_eq!(by_windows(&v, &pairs, &bytes[..end]), by_heap(&v, &pairs, &bytes[..end]), "{end} bytes");
        }
    }

    proptest! {
        #[test]
        fn equals_the_heap_at_any_length(v in nasty_vocabulary(), pieces in prop::collection::vec(nasty_piece(), 1..60)) {
            let (pairs, piece) = (Pairs::new(&v), pieces.concat());
            for end in [piece.len(), piece.len() / 2] {
                prop_assert_eq!(by_windows(&v, &pairs, &piece[..end]), by_heap(&v, &pairs, &piece[..end]));
            }
            let long = piece.repeat((5 * FARTHEST).div_ceil(piece.len().max(1)).min(100));
            prop_assert_eq!(by_windows(&v, &pairs, &long), by_heap(&v, &pairs, &long));
        }

        #[test]
        fn equals_the_reference(v in nasty_vocabulary(), pieces in prop::collection::vec(nasty_piece(), 1..20)) {
            let pairs = Pairs::new(&v);
            for piece in pieces.iter().chain([&pieces.concat()[..pieces.concat().len().min(700)].to_vec()]) {
                prop_assert_eq!(by_windows(&v, &pairs, piece), merge(&v, piece));
            }
        }
    }
}
