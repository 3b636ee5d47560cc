//! From what a batch did to the shards' words to the new pairs worth following.

use super::outcome::{Merge, Neighbor, Outcome, UNFOLLOWED};
use super::pairs::Pairs;

/// What is known of a neighbour over all shards, while the side that `stamp` names is at work.
#[derive(Clone, Copy, Default)]
struct Answer {
    weight: u64,
    number: u32,
    stamp: u32,
}

/// Sums up the neighbours of new tokens over all shards, and numbers new pairs.
pub(super) struct Recount {
    /// By token.
    answers: Vec<Answer>,
    stamp: u32,
}

impl Recount {
    pub(super) fn new(tokens: usize) -> Self {
        Self { answers: vec![Answer::default(); tokens], stamp: 0 }
    }

    /// Adds the new pairs of a batch that are frequent enough and `allowed`; answers each outcome with their numbers, and
    /// with the pairs that are too rare now in any shard.
    pub(super) fn apply(
        &mut self,
        batch: &[Merge],
        outcomes: &mut [Outcome],
        pairs: &mut Pairs,
        allowed: &dyn Fn(u32, u32) -> bool,
    ) {
        share_dropped(outcomes);
        let mut starts = vec![0; outcomes.len()];
        for (index, merge) in batch.iter().enumerate() {
            for side in 0..2 {
                let ranges: Vec<_> = outcomes
                    .iter()
                    .zip(&mut starts)
                    .map(|(outcome, start)| {
                        let (middle, end) = outcome.ends[index];
                        let end = if side == 0 { middle } else { end };
                        std::mem::replace(start, end)..end
                    })
                    .collect();
                self.add_up(outcomes, &ranges);
                for (outcome, range) in outcomes.iter_mut().zip(ranges) {
                    let Outcome { neighbors, numbers, .. } = outcome;
                    numbers.extend(neighbors[range].iter().map(|n| self.number(merge, side, n, pairs, allowed)));
                }
            }
        }
        pairs.settle();
    }

    fn add_up(&mut self, outcomes: &[Outcome], ranges: &[std::ops::Range<usize>]) {
        self.stamp += 1;
        for (outcome, range) in outcomes.iter().zip(ranges) {
            for neighbor in &outcome.neighbors[range.clone()] {
                let answer = &mut self.answers[neighbor.token as usize];
                if answer.stamp != self.stamp {
                    *answer = Answer { weight: 0, number: UNFOLLOWED, stamp: self.stamp };
                }
                answer.weight = answer.weight.saturating_add(neighbor.weight);
            }
        }
    }

    /// The number of the new pair of a merge's token and a neighbour.
    fn number(
        &mut self,
        merge: &Merge,
        side: usize,
        neighbor: &Neighbor,
        pairs: &mut Pairs,
        allowed: &dyn Fn(u32, u32) -> bool,
    ) -> u32 {
        let answer = &mut self.answers[neighbor.token as usize];
        let (left, right) = if side == 0 { (neighbor.token, merge.new) } else { (merge.new, neighbor.token) };
        if answer.weight >= pairs.threshold() && answer.number == UNFOLLOWED && allowed(left, right) {
            answer.number = pairs.insert(left, right, answer.weight);
        }
        answer.number
    }
}

/// Lets every shard know of all pairs that became too rare.
fn share_dropped(outcomes: &mut [Outcome]) {
    let dropped: Vec<u32> = outcomes.iter_mut().flat_map(|outcome| outcome.dropped.drain(..)).collect();
    outcomes.iter_mut().for_each(|outcome| outcome.dropped.extend_from_slice(&dropped));
}
