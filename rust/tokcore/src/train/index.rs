//! Where every pair worth following stands: the lists that merging starts from.

use super::flat::Symbol;
use super::pairs::Pairs;
use super::shard::Shard;
use super::tally::{Entry, Tally};

/// No list is written for a pair with this cursor.
const SKIPPED: usize = usize::MAX;

/// How many pairs ahead their sums are asked for.
const AHEAD: usize = 32;

/// Counts all pairs of the shards, puts those that occur at least `pairs.threshold()` times and are `allowed` into
/// `pairs`, and gives each its list in each shard. Every token must be one slot long.
pub(super) fn build<S: Symbol>(shards: &mut [&mut Shard<S>], pairs: &mut Pairs, allowed: impl Fn(u32, u32) -> bool) {
    let mut tallies: Vec<Tally> = std::thread::scope(|scope| {
        let threads: Vec<_> = shards.iter().map(|shard| scope.spawn(|| count(shard))).collect();
        threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let numbers = number(&mut tallies, pairs, allowed);
    std::thread::scope(|scope| {
        for (shard, mut tally) in shards.iter_mut().zip(tallies) {
            let numbers = &numbers;
            scope.spawn(move || fill(shard, &mut tally, numbers));
        }
    });
}

fn count<S: Symbol>(shard: &Shard<S>) -> Tally {
    let mut tally = Tally::new();
    let mut waiting = [(0, 0, 0); AHEAD];
    let mut next = 0;
    shard.flat.pairs(|left, right, _, weight| {
        tally.expect(left.id(), right.id());
        let (left, right, weight) = std::mem::replace(&mut waiting[next % AHEAD], (left.id(), right.id(), weight));
        next += 1;
        if weight > 0 {
            tally.add(left, right, weight, 1);
        }
    });
    for (left, right, weight) in waiting.into_iter().filter(|&(.., weight)| weight > 0) {
        tally.add(left, right, weight, 1);
    }
    tally
}

/// Gives a number to each pair that is frequent enough over all shards; `Entry::cursor` of the result is that number.
fn number(tallies: &mut [Tally], pairs: &mut Pairs, allowed: impl Fn(u32, u32) -> bool) -> Tally {
    let mut numbers = Tally::new();
    for entry in tallies.iter_mut().flat_map(Tally::iter_mut) {
        let (left, right) = entry.pair();
        numbers.add(left, right, entry.weight, 0);
    }
    for entry in numbers.iter_mut() {
        let (left, right) = entry.pair();
        entry.cursor = SKIPPED;
        if entry.weight >= pairs.threshold() && allowed(left, right) {
            entry.cursor = pairs.insert(left, right, entry.weight) as usize;
        }
    }
    numbers
}

fn fill<S: Symbol>(shard: &mut Shard<S>, tally: &mut Tally, numbers: &Tally) {
    for entry in tally.iter_mut() {
        let (left, right) = entry.pair();
        entry.cursor = match numbers.get(left, right).map_or(SKIPPED, |entry: &Entry| entry.cursor) {
            SKIPPED => SKIPPED,
            number => shard.add_list(number as u32, entry.cursor as u32),
        };
    }
    let Shard { flat, arena, .. } = shard;
    let mut place = |(left, right, at): (u32, u32, usize)| {
        if let Some(entry) = tally.get_mut(left, right).filter(|entry| entry.cursor != SKIPPED) {
            arena.positions[entry.cursor] = at as u32;
            entry.cursor += 1;
        }
    };
    let mut waiting = std::collections::VecDeque::with_capacity(AHEAD + 1);
    flat.pairs(|left, right, at, _| {
        waiting.push_back((left.id(), right.id(), at));
        if waiting.len() > AHEAD {
            waiting.pop_front().map(&mut place);
        }
    });
    waiting.into_iter().for_each(place);
}
