//! What two sequences of tokens have in common.

use super::Part;
use crate::bpe::vector::{LONG, Merger};
use crate::vocab::Vocabulary;

/// Where tokens begin in the last `shared` bytes of `ids`, as bits.
pub(super) fn last_starts(vocabulary: &Vocabulary, ids: &[u32], shared: usize) -> u64 {
    let (mut starts, mut at) = (0, shared);
    for &id in ids.iter().rev() {
        let Some(start) = at.checked_sub(length(vocabulary, id)) else { break };
        starts |= 1 << start;
        at = start;
    }
    starts
}

/// The end of the first token that two sequences have in common, given where tokens of each begin in `shared` bytes and
/// whether one begins after them.
pub(super) fn common_end(left: u64, right: u64, shared: usize) -> Option<usize> {
    let within = !(!1 << shared);
    let (mut both, any) = (left & right & within, (left | right) & within);
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

/// A boundary that two sequences have in common around which merging leaves the one's token before it and the other's after
/// it as they are: the ids of a piece so far, whose tokens begin at `starts` from `start` on, and a window from there on.
pub(super) fn neighbours(
    merger: Merger<'_>,
    vocabulary: &Vocabulary,
    ids: &[u32],
    starts: u64,
    window: &Part,
    piece: &[u8],
    start: usize,
) -> Option<usize> {
    let shared = piece.len() - start;
    let mut both = (starts | 1 << shared) & window.starts;
    while both != 0 {
        let at = both.trailing_zeros() as usize;
        both &= both - 1;
        let left = ids[ids.len() - 1 - (starts >> at).count_ones() as usize];
        let right = window.ids[(window.starts & !(!0 << at)).count_ones() as usize];
        let bytes = [left, right].map(|id| vocabulary.token(id).unwrap_or_default());
        if bytes[0].len() + bytes[1].len() <= LONG && merger.merge(&bytes.concat()).ids() == [left, right] {
            return Some(at);
        }
    }
    None
}

/// The first token that two sequences beginning at one place have in common: how many tokens each has up to its end.
pub(crate) fn common(vocabulary: &Vocabulary, left: &[u32], right: &[u32]) -> Option<(usize, usize)> {
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

pub(super) fn length(vocabulary: &Vocabulary, id: u32) -> usize {
    vocabulary.token(id).map_or(0, <[u8]>::len)
}
