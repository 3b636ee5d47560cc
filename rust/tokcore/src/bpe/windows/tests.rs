//! Windows held against the merge that defines the ids, and against the heap where that would take too long.

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

/// Bytes no two neighbours of which stand together twice, and a lower id for each pair than for the one before it: the
/// end decides about the beginning.
pub(super) fn descending() -> (Vocabulary, Vec<u8>) {
    let mut bytes: Vec<u8> = Vec::new();
    for first in 0..=255u8 {
        bytes.push(first);
        bytes.extend((first..=255).skip(1).flat_map(|second| [first, second]));
    }
    let tokens = bytes.windows(2).rev().map(<[u8]>::to_vec);
    let singles = (0..=255u8).map(|byte| vec![byte]);
    (Vocabulary::new(singles.chain(tokens).zip(0..)).unwrap(), bytes)
}

/// Windows have nothing in common but by chance.
#[test]
fn a_change_that_runs_back_for_ever_is_followed() {
    let (v, bytes) = descending();
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

    /// Wherever a piece ends in the last windows.
    #[test]
    fn equals_the_reference_at_every_length(v in nasty_vocabulary(), pieces in prop::collection::vec(nasty_piece(), 1..4)) {
        let (pairs, piece) = (Pairs::new(&v), pieces.concat());
        for end in 0..=piece.len().min(3 * LONG) {
            prop_assert_eq!(by_windows(&v, &pairs, &piece[..end]), merge(&v, &piece[..end]));
        }
    }

    #[test]
    fn equals_the_reference(v in nasty_vocabulary(), pieces in prop::collection::vec(nasty_piece(), 1..20)) {
        let pairs = Pairs::new(&v);
        for piece in pieces.iter().chain([&pieces.concat()[..pieces.concat().len().min(700)].to_vec()]) {
            prop_assert_eq!(by_windows(&v, &pairs, piece), merge(&v, piece));
        }
    }
}
