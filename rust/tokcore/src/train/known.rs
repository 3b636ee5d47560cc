//! Splitting words into the tokens that there are already, when training goes on that had begun from an initial vocabulary.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashMap;

/// Merges by the pairs they join; the earlier wins.
pub(super) struct Known {
    ranks: HashMap<(u32, u32), u32>,
    first_new: u32,
}

impl Known {
    /// `merges[i]` makes token `first_new + i`.
    pub(super) fn new(merges: &[(u32, u32)], first_new: u32) -> Self {
        Self { ranks: merges.iter().copied().zip(0..).collect(), first_new }
    }

    /// Whether there are no merges.
    pub(super) fn is_empty(&self) -> bool {
        self.ranks.is_empty()
    }

    /// Applies all merges to `ids`, the first of them everywhere before the second. O(n log n).
    pub(super) fn apply(&self, ids: &mut Vec<u32>) {
        const GONE: u32 = u32::MAX;
        if self.ranks.is_empty() {
            return;
        }
        // Neighbours over the gaps that merges leave, by place.
        let mut next: Vec<usize> = (1..=ids.len()).collect();
        let mut last: Vec<usize> = (0..ids.len()).map(|at| at.wrapping_sub(1)).collect();
        let rank = |left: u32, right: Option<&u32>| self.ranks.get(&(left, *right?)).copied();
        let mut waiting: BinaryHeap<_> =
            (0..ids.len()).filter_map(|at| Some(Reverse((rank(ids[at], ids.get(at + 1))?, at)))).collect();
        while let Some(Reverse((merge, at))) = waiting.pop() {
            if ids[at] == GONE || rank(ids[at], ids.get(next[at])) != Some(merge) {
                continue;
            }
            let gone = next[at];
            ids[at] = self.first_new + merge;
            ids[gone] = GONE;
            next[at] = next[gone];
            if let Some(back) = last.get_mut(next[at]) {
                *back = at;
            }
            waiting.extend(rank(ids[at], ids.get(next[at])).map(|rank| Reverse((rank, at))));
            if let Some(&left) = ids.get(last[at]) {
                waiting.extend(rank(left, Some(&ids[at])).map(|rank| Reverse((rank, last[at]))));
            }
        }
        ids.retain(|&id| id != GONE);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn applies_merges_one_after_another(
            word in proptest::collection::vec(0u32..3, 0..60),
            merges in proptest::collection::vec((0u32..8, 0u32..8), 0..12),
        ) {
            // Only pairs of tokens that are there by then, each once.
            let mut usable: Vec<(u32, u32)> = vec![];
            for (left, right) in merges {
                if left.max(right) < 3 + usable.len() as u32 && !usable.contains(&(left, right)) {
                    usable.push((left, right));
                }
            }
            let mut expected = word.clone();
            for (pair, new) in usable.iter().zip(3..) {
                super::super::reference::replace(&mut expected, *pair, new);
            }
            let mut ids = word;
            Known::new(&usable, 3).apply(&mut ids);
            prop_assert_eq!(ids, expected);
        }
    }
}
