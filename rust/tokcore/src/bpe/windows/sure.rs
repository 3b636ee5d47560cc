//! Which ids of a long piece are sure before its end is seen.
//!
//! Let the ids of `piece[..end]` be known. In the ids of a piece that goes on, however it does, let `place` be the last
//! boundary up to `end`. The next token begins there and reaches beyond `end`, or `place` is `end`; so it is less than the
//! longest token's bytes before `end`. Up to `place` the ids are those of `piece[..place]`, by itself. By the third of this
//! room's facts (`windows`), these have all ids up to a token in common that `piece[..end]` and a window that ends at
//! `place` have in common. So what is before such a token for every place there may be is sure.

use super::Scratch;
use super::common::{common, length};
use crate::bpe::vector::{MIDDLE, Merger};
use crate::vocab::Vocabulary;

/// How many bytes a window before such a place has at least: one token of them or two are as they are in the piece.
const SEEN: usize = 16;

/// How many bytes could be merged in the time that a window before such a place takes. Little in tests, so that they ask.
const BYTES_A_WINDOW: usize = if cfg!(test) { 1 } else { 64 };

/// Where whoever takes ids stops.
pub(in crate::bpe) struct Limit {
    /// Of more ids than this it wants no more.
    pub(in crate::bpe) most: usize,
    /// The most bytes that a token has.
    pub(in crate::bpe) longest: usize,
}

impl Limit {
    /// Whether it is worth asking which ids are sure: there are so many that enough of them can be, and so many bytes
    /// are `left` that it takes less than going on.
    pub(super) fn may_be_passed(&self, ids: usize, left: usize) -> bool {
        ids > self.most.saturating_add(self.longest + MIDDLE) && left / BYTES_A_WINDOW >= self.longest
    }
}

impl Scratch {
    /// How many of the recent ids, which end at `end`, are sure with all before them. `None` if that is not known of any.
    pub(super) fn sure(
        &self,
        merger: Merger<'_>,
        vocabulary: &Vocabulary,
        piece: &[u8],
        end: usize,
        longest: usize,
    ) -> Option<usize> {
        // Of every place the window before it, which begins where a token does, and how many ids are before that.
        let (mut windows, mut ids, mut start) = (Vec::new(), self.recent.len(), end);
        for place in (end.checked_sub(longest)? + 1..=end).rev() {
            while start + SEEN > place {
                ids = ids.checked_sub(1)?;
                start -= length(vocabulary, self.recent[ids]);
            }
            if place - start > MIDDLE {
                return None;
            }
            windows.push((ids, &piece[start..place]));
        }
        let mut sure = Some(self.recent.len());
        merger.merge_each_middle(
            windows.len(),
            |i| windows[i].1,
            |i, merged| {
                let before = windows[i].0;
                let common = common(vocabulary, &self.recent[before..], merged.ids());
                sure = sure.zip(common).map(|(sure, (ids, _))| sure.min(before + ids));
            },
        );
        sure
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bpe::heap;
    use crate::bpe::pairs::Pairs;
    use crate::bpe::testing::{nasty_piece, nasty_vocabulary, vocabulary};
    use crate::bpe::windows::Take;
    use crate::bpe::windows::tests::descending;
    use crate::tier::Tier;

    /// Takes ids up to a limit.
    struct First {
        ids: Vec<u32>,
        most: usize,
        longest: usize,
    }

    impl Take for First {
        fn all(&mut self, ids: &[u32]) {
            self.ids.extend_from_slice(ids);
        }

        fn given(&self) -> usize {
            self.ids.len()
        }

        fn take_back(&mut self, given: usize) {
            self.ids.truncate(given);
        }

        fn limit(&self) -> Option<Limit> {
            Some(Limit { most: self.most, longest: self.longest })
        }
    }

    /// Checks the first ids of `piece` in every tier; returns how many were given at each of some limits.
    fn check(v: &Vocabulary, piece: &[u8]) -> Vec<usize> {
        let (pairs, mut expected) = (Pairs::new(v), Vec::new());
        heap::Scratch::default().merge(&pairs, v.byte_ids(), piece, &mut expected);
        let longest = v.iter().map(|(_, token)| token.len()).max().unwrap();
        let mut given = Vec::new();
        for tier in Tier::ALL.into_iter().filter(|tier| tier.is_available()) {
            given.clear();
            for most in [0, 1, 2, 3, 5].map(|part| expected.len() * part / 5) {
                let mut first = First { ids: Vec::new(), most, longest };
                Scratch::default().merge(Merger::new(tier, &pairs, v.byte_ids()), v, piece, &mut first);
                assert_eq!(first.ids, expected[..first.ids.len()], "{tier:?}, limit {most}");
                assert!(first.ids.len() > most || first.ids.len() == expected.len(), "{tier:?}, limit {most}");
                given.push(first.ids.len());
            }
        }
        given
    }

    #[test]
    fn little_more_is_merged_than_a_limit_needs() {
        let v = vocabulary(&["ab", "bc", "abc", "ca", "bcab"]);
        let mut state = 1_u32;
        let letters = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b"abc"[(state >> 24) as usize % 3]
        });
        let given = check(&v, &letters.take(50_000).collect::<Vec<_>>());
        let all = given[4];
        assert!(given.iter().zip([0, 1, 2, 3]).all(|(&given, part)| given < all * part / 5 + 2_000), "{given:?}");
    }

    #[test]
    fn nothing_is_sure_where_the_end_decides_about_the_beginning() {
        let (v, bytes) = descending();
        for end in [bytes.len(), bytes.len() - 1, 1_000, 999] {
            let given = check(&v, &bytes[..end]);
            assert!(given.iter().all(|&one| one == given[4]));
        }
    }

    proptest! {
        #[test]
        fn what_is_sure_stays(v in nasty_vocabulary(), pieces in prop::collection::vec(nasty_piece(), 1..60)) {
            let piece = pieces.concat();
            check(&v, &piece);
            check(&v, &piece.repeat(3_000_usize.div_ceil(piece.len().max(1)).min(100)));
        }
    }
}
