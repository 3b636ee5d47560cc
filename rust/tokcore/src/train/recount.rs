//! From what a batch did to the shards' words to the counts of pairs.

use super::pairs::Pairs;
use super::shard::{Merge, Neighbor, Outcome, UNFOLLOWED};

/// How many neighbours ahead their pairs are asked for.
const AHEAD: usize = 12;

/// Lowers the counts of the pairs that a batch broke and adds the new pairs that are frequent enough and `allowed`;
/// answers each outcome with their numbers and with the pairs that are too rare now.
pub(super) fn recount(
    batch: &[Merge],
    outcomes: &mut [Outcome],
    pairs: &mut Pairs,
    allowed: &dyn Fn(u32, u32) -> bool,
) {
    let mut dropped = vec![];
    for outcome in &*outcomes {
        lower(batch, outcome, pairs, &mut dropped);
    }
    match outcomes {
        [outcome] => {
            let Outcome { neighbors, ends, numbers, .. } = outcome;
            for_each_side(batch, ends, |merge, side, range| {
                numbers.extend(neighbors[range].iter().map(|n| number(merge, side, n, pairs, allowed)));
            });
        }
        _ => number_sums(batch, outcomes, pairs, allowed),
    }
    for outcome in outcomes {
        outcome.dropped.extend_from_slice(&dropped);
    }
}

/// Calls `visit` with each merge, 0 for the left and 1 for the right, and where that side's neighbours are.
fn for_each_side(
    batch: &[Merge],
    ends: &[(usize, usize)],
    mut visit: impl FnMut(&Merge, usize, std::ops::Range<usize>),
) {
    let mut start = 0;
    for (merge, &(middle, end)) in batch.iter().zip(ends) {
        visit(merge, 0, start..middle);
        visit(merge, 1, middle..end);
        start = end;
    }
}

fn lower(batch: &[Merge], outcome: &Outcome, pairs: &mut Pairs, dropped: &mut Vec<u32>) {
    for broken in &outcome.broken {
        dropped.extend(pairs.lower(broken.left, broken.right, broken.weight));
    }
    for_each_side(batch, &outcome.ends, |merge, side, range| {
        let pair = |n: &Neighbor| if side == 0 { (n.token, merge.left) } else { (merge.right, n.token) };
        let neighbors = &outcome.neighbors[range];
        for (i, neighbor) in neighbors.iter().enumerate() {
            if let Some((left, right)) = neighbors.get(i + 2 * AHEAD).map(pair) {
                pairs.expect(left, right);
            }
            if let Some((left, right)) = neighbors.get(i + AHEAD).map(pair) {
                pairs.expect_more(left, right);
            }
            let (left, right) = pair(neighbor);
            dropped.extend(pairs.lower(left, right, neighbor.weight));
        }
    });
}

/// The number of the new pair of a merge's token and a neighbour.
fn number(
    merge: &Merge,
    side: usize,
    neighbor: &Neighbor,
    pairs: &mut Pairs,
    allowed: &dyn Fn(u32, u32) -> bool,
) -> u32 {
    let (left, right) = if side == 0 { (neighbor.token, merge.new) } else { (merge.new, neighbor.token) };
    if neighbor.weight >= pairs.threshold() && allowed(left, right) {
        pairs.insert(left, right, neighbor.weight)
    } else {
        UNFOLLOWED
    }
}

/// Numbers pairs by their sums over all shards.
fn number_sums(batch: &[Merge], outcomes: &mut [Outcome], pairs: &mut Pairs, allowed: &dyn Fn(u32, u32) -> bool) {
    let mut starts = vec![0; outcomes.len()];
    let mut all: Vec<(u32, usize, usize, u64)> = vec![];
    for (index, merge) in batch.iter().enumerate() {
        for side in 0..2 {
            all.clear();
            for (shard, outcome) in outcomes.iter_mut().enumerate() {
                let (middle, end) = outcome.ends[index];
                let end = if side == 0 { middle } else { end };
                let range = std::mem::replace(&mut starts[shard], end)..end;
                outcome.numbers.resize(end, UNFOLLOWED);
                all.extend(range.map(|i| (outcome.neighbors[i].token, shard, i, outcome.neighbors[i].weight)));
            }
            all.sort_unstable();
            for same in all.chunk_by(|a, b| a.0 == b.0) {
                let weight = same.iter().fold(0u64, |sum, entry| sum.saturating_add(entry.3));
                let neighbor = Neighbor { token: same[0].0, places: 0, weight };
                let number = number(merge, side, &neighbor, pairs, allowed);
                same.iter().for_each(|&(_, shard, i, _)| outcomes[shard].numbers[i] = number);
            }
        }
    }
}
