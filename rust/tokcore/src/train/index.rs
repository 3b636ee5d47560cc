//! Where every pair worth following stands: the lists that merging starts from.

use super::flat::Symbol;
use super::pairs::Pairs;
use super::shard::Shard;
use super::start::parallel;
use super::tally::{Entry, Tally};

/// No list is written for a pair with this cursor.
const SKIPPED: usize = usize::MAX;

/// Counts all pairs of the shards, numbers those that occur at least `threshold` times and are `allowed`, and gives each
/// its list in each shard. If these pairs have more than `room` places, the threshold is raised as far as it takes.
/// Every token must be one slot long.
pub(super) fn build<S: Symbol>(
    shards: &mut [Shard<S>],
    threshold: u64,
    room: u64,
    allowed: &dyn Fn(u32, u32) -> bool,
) -> Pairs {
    let mut tallies = parallel(shards, count);
    let mut numbers = sum(&mut tallies);
    let mut pairs = Pairs::new(raise(&mut numbers, threshold, room));
    for entry in numbers.iter_mut() {
        let (left, right) = entry.pair();
        entry.cursor = SKIPPED;
        if entry.weight >= pairs.threshold() && allowed(left, right) {
            entry.cursor = pairs.insert(left, right, entry.weight) as usize;
        }
    }
    std::thread::scope(|scope| {
        for (shard, mut tally) in shards.iter_mut().zip(tallies) {
            let numbers = &numbers;
            scope.spawn(move || fill(shard, &mut tally, numbers));
        }
    });
    pairs
}

fn count<S: Symbol>(shard: &Shard<S>) -> Tally {
    let mut tally = Tally::with_capacity(0);
    shard.flat.pairs(|places| {
        places.iter().for_each(|place| tally.expect(place.left, place.right));
        for place in places {
            tally.add(place.left, place.right, shard.flat.weight(place.at as usize), 1);
        }
    });
    tally
}

/// The sums of all shards.
fn sum(tallies: &mut [Tally]) -> Tally {
    // Pairs come in the order of their hashes. A table that grew with them would fill up from its beginning, and searches
    // in it would run through all that is there.
    let mut sums = Tally::with_capacity(tallies.iter().map(Tally::len).sum());
    for entry in tallies.iter_mut().flat_map(Tally::iter_mut) {
        let (left, right) = entry.pair();
        sums.add(left, right, entry.weight, entry.cursor);
    }
    sums
}

/// The threshold, or the least power of two above it whose pairs have at most `room` places. The most frequent pairs are
/// followed in any case.
fn raise(sums: &mut Tally, threshold: u64, room: u64) -> u64 {
    let mut places = [0u64; 64];
    sums.iter_mut().filter(|entry| entry.weight >= threshold).for_each(|entry| {
        places[entry.weight.max(1).ilog2() as usize] += entry.cursor as u64;
    });
    let mut sum = 0;
    let highest = places.iter().rposition(|&places| places > 0).unwrap_or(0);
    for class in (0..=highest).rev() {
        sum += places[class];
        if sum > room && class < highest {
            return threshold.max(2 << class);
        }
        if sum > room {
            return threshold.max(1 << class);
        }
    }
    threshold
}

fn fill<S: Symbol>(shard: &mut Shard<S>, tally: &mut Tally, numbers: &Tally) {
    let followed = |entry: &Entry| numbers.get(entry.pair()).is_some_and(|sum| sum.cursor != SKIPPED);
    let places = tally.iter_mut().filter(|entry| followed(entry)).map(|entry| entry.cursor).sum();
    shard.arena.reserve(places);
    for entry in tally.iter_mut() {
        entry.cursor = match numbers.get(entry.pair()).map_or(SKIPPED, |sum| sum.cursor) {
            SKIPPED => SKIPPED,
            number => shard.add_list(number as u32, entry.cursor as u32),
        };
    }
    let Shard { flat, arena, .. } = shard;
    flat.pairs(|places| {
        places.iter().for_each(|place| tally.expect(place.left, place.right));
        for place in places {
            let entry = tally.get_mut(place.left, place.right);
            if let Some(entry) = entry.filter(|entry| entry.cursor != SKIPPED) {
                arena.positions[entry.cursor] = place.at;
                entry.cursor += 1;
            }
        }
    });
}
