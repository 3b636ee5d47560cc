//! From what a batch did to the shards' words to the new pairs worth following.
//!
//! Every new pair is one of a merge's new token and a neighbour on one side of it, and is reported on that side only. So
//! the sides of a batch are shared out among threads, and what one finds has nothing to do with what another finds. Which
//! numbers the pairs get depends on how sides are shared out, and nothing else does: pairs wait in the order of their
//! counts and ids.
//!
//! A new pair occurs at most as often as the most frequent neighbours of its side in each shard do together. Where that is
//! below the threshold, as it is for most sides once pairs are rare, nothing of the side is worth following.

use std::ops::{Deref, Range};

use super::common::Common;
use super::outcome::{Outcome, UNFOLLOWED};
use super::pairs::{Pair, Pairs};

/// What is known of a neighbour over all shards, while the side that `stamp` names is at work.
#[derive(Clone, Copy, Default)]
struct Answer {
    weight: u64,
    number: u32,
    stamp: u32,
}

/// A neighbour whose pair with the new token is followed: where it is among those of its shard, and which of the new pairs
/// that pair is.
#[derive(Clone, Copy)]
pub(super) struct Followed {
    pub(super) neighbor: u32,
    pub(super) found: u32,
}

/// Sums up the neighbours of some sides over all shards, and tells which of their pairs are worth following.
pub(super) struct Recount {
    /// By token.
    answers: Vec<Answer>,
    stamp: u32,
    /// The sides that were looked at.
    pub(super) sides: Range<usize>,
    /// The new pairs that are followed, in the order of their numbers, and the number of the first.
    pub(super) found: Vec<Pair>,
    pub(super) first: u32,
    /// By shard, in the order of its neighbours.
    pub(super) followed: Vec<Vec<Followed>>,
    /// The numbers of the pairs that became too rare.
    pub(super) dropped: Vec<u32>,
}

/// How many broken pairs ahead their places in the table are asked for, and then their counts.
const PLACES_AHEAD: usize = 64;
const COUNTS_AHEAD: usize = 24;

impl Recount {
    pub(super) fn new(tokens: usize, shards: usize) -> Self {
        Self {
            answers: vec![Answer::default(); tokens],
            stamp: 0,
            sides: 0..0,
            found: vec![],
            first: 0,
            followed: vec![vec![]; shards],
            dropped: vec![],
        }
    }

    /// Lowers the counts of the pairs of a part that a batch broke in any shard.
    pub(super) fn lower(&mut self, part: usize, outcomes: &[impl Deref<Target = Outcome>], pairs: &Pairs) {
        self.dropped.clear();
        for broken in outcomes.iter().map(|outcome| &outcome.broken[part][..]) {
            broken.iter().take(PLACES_AHEAD).for_each(|pair| pairs.expect(pair.left, pair.right));
            for (index, pair) in broken.iter().enumerate() {
                if let Some(far) = broken.get(index + PLACES_AHEAD) {
                    pairs.expect(far.left, far.right);
                }
                if let Some(near) = broken.get(index + COUNTS_AHEAD) {
                    pairs.expect_more(near.left, near.right);
                }
                self.dropped.extend(pairs.lower(pair.left, pair.right, pair.weight));
            }
        }
    }

    /// Finds the new pairs of a part of a batch's sides that are frequent enough and allowed.
    pub(super) fn find(&mut self, part: usize, outcomes: &[impl Deref<Target = Outcome>], common: &Common) {
        self.found.clear();
        self.followed.iter_mut().for_each(Vec::clear);
        self.sides = start(part, outcomes)..start(part + 1, outcomes);
        for side in self.sides.clone() {
            let most = outcomes.iter().fold(0u64, |sum, outcome| sum.saturating_add(outcome.largest[side]));
            if most < common.pairs.threshold() {
                continue;
            }
            self.add_up(side, outcomes);
            let new = common.batch[side / 2].new;
            for (outcome, followed) in outcomes.iter().zip(&mut self.followed) {
                let range = outcome.range(side);
                for (index, neighbor) in range.clone().zip(&outcome.neighbors[range]) {
                    let answer = &mut self.answers[neighbor.token as usize];
                    if answer.weight >= common.pairs.threshold() && answer.number == UNFOLLOWED {
                        let (left, right) = if side % 2 == 0 { (neighbor.token, new) } else { (new, neighbor.token) };
                        if common.allows(left, right) {
                            answer.number = self.found.len() as u32;
                            self.found.push(Pair { count: answer.weight, left, right });
                        }
                    }
                    if answer.number != UNFOLLOWED {
                        followed.push(Followed { neighbor: index as u32, found: answer.number });
                    }
                }
            }
        }
    }

    fn add_up(&mut self, side: usize, outcomes: &[impl Deref<Target = Outcome>]) {
        self.stamp += 1;
        for outcome in outcomes {
            for neighbor in &outcome.neighbors[outcome.range(side)] {
                let answer = &mut self.answers[neighbor.token as usize];
                if answer.stamp != self.stamp {
                    *answer = Answer { weight: 0, number: UNFOLLOWED, stamp: self.stamp };
                }
                answer.weight = answer.weight.saturating_add(neighbor.weight);
            }
        }
    }
}

/// The first side of one of as many parts as there are outcomes, which have about as many neighbours each.
fn start(part: usize, outcomes: &[impl Deref<Target = Outcome>]) -> usize {
    let parts = outcomes.len();
    let all: usize = outcomes.iter().map(|outcome| outcome.neighbors.len()).sum();
    let end = |side: usize| outcomes.iter().map(|outcome| outcome.ends[side]).sum::<usize>();
    let mut sides = 0..outcomes[0].ends.len();
    if part == parts {
        return sides.end;
    }
    while part > 0 && !sides.is_empty() {
        let middle = sides.start.midpoint(sides.end);
        if end(middle) * parts <= part * all {
            sides.start = middle + 1;
        } else {
            sides.end = middle;
        }
    }
    sides.start
}
