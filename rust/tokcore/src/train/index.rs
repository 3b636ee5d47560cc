//! Where every pair worth following stands: the lists that merging starts from.

use super::flat::Symbol;
use super::pairs::Pairs;
use super::shard::{Shard, UNFOLLOWED};
use super::start::parallel;
use super::tally::{Entry, Tally};

/// How much following pairs may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Places in lists, in all.
    pub(super) places: u64,
    /// Bytes of tables while pairs are counted.
    pub(super) bytes: u64,
}

/// What tables take for a slot, as a pair occurs in several places: the first words have a few thousand different pairs,
/// later ones about one for eight slots, and a table has at most three times the entries that it needs, for a moment twice.
const BYTES_A_SLOT: u64 = size_of::<Entry>() as u64;

/// Counts all pairs of the shards, numbers those that occur at least `threshold` times and are `allowed`, and gives each
/// its list in each shard. If there is no room for these pairs' places, the threshold is raised as far as it takes; if
/// there is none for counting all pairs at once, they are counted a part at a time. Every token must be one slot long.
pub(super) fn build<S: Symbol>(
    shards: &mut [Shard<S>],
    threshold: u64,
    room: Option<Room>,
    allowed: &dyn Fn(u32, u32) -> bool,
) -> Pairs {
    let slots: usize = shards.iter().map(|shard| shard.flat.symbols.len()).sum();
    let parts = room.map_or(1, |room| (slots as u64 * BYTES_A_SLOT).div_ceil(room.bytes.max(1)).clamp(1, 64));
    let threshold = room.map_or(threshold, |room| raise(shards, parts, threshold, room.places));
    let mut pairs = Pairs::new(threshold);
    let mut followed: Vec<Vec<Entry>> = shards.iter().map(|_| vec![]).collect();
    for part in 0..parts {
        let (mut tallies, mut sums) = count(shards, part, parts);
        for sum in sums.as_mut().unwrap_or(&mut tallies[0]).iter_mut() {
            let (left, right) = sum.pair();
            sum.number = if sum.weight >= threshold && allowed(left, right) {
                pairs.insert(left, right, sum.weight)
            } else {
                UNFOLLOWED
            };
        }
        for (index, followed) in followed.iter_mut().enumerate() {
            for entry in (0..tallies[index].capacity()).filter_map(|i| tallies[index].at(i)) {
                let sum = sums.as_ref().unwrap_or(&tallies[0]).get(entry.pair());
                let number = sum.map_or(UNFOLLOWED, |sum| sum.number);
                if number != UNFOLLOWED {
                    followed.push(entry.with_number(number));
                }
            }
        }
    }
    std::thread::scope(|scope| {
        for (shard, followed) in shards.iter_mut().zip(&followed) {
            scope.spawn(move || fill(shard, followed));
        }
    });
    pairs
}

/// Counts a part of the pairs in each shard, and sums up if there are several.
fn count<S: Symbol>(shards: &[Shard<S>], part: u64, parts: u64) -> (Vec<Tally>, Option<Tally>) {
    let mut tallies = parallel(shards, |shard| count_shard(shard, part, parts));
    if tallies.len() == 1 {
        return (tallies, None);
    }
    // Pairs come in the order of their hashes. A table that grew with them would fill up from its beginning, and searches
    // in it would run through all that is there.
    let mut sums = Tally::with_capacity(tallies.iter().map(Tally::len).sum());
    for entry in tallies.iter_mut().flat_map(Tally::iter_mut) {
        let (left, right) = entry.pair();
        sums.add(left, right, entry.weight, entry.places);
    }
    (tallies, Some(sums))
}

fn count_shard<S: Symbol>(shard: &Shard<S>, part: u64, parts: u64) -> Tally {
    let mut tally = Tally::with_capacity(0);
    shard.flat.pairs(|places| {
        places.iter().for_each(|place| tally.expect(place.left, place.right));
        for place in places.iter().filter(|place| parts == 1 || place.hash() % parts == part) {
            tally.add(place.left, place.right, shard.flat.weight(place.at as usize), 1);
        }
    });
    tally
}

/// The threshold, or the least power of two above it whose pairs have at most `room` places. The most frequent pairs are
/// followed in any case.
fn raise<S: Symbol>(shards: &[Shard<S>], parts: u64, threshold: u64, room: u64) -> u64 {
    let mut places = [0u64; 64];
    for part in 0..parts {
        let (mut tallies, mut sums) = count(shards, part, parts);
        let sums = sums.as_mut().unwrap_or(&mut tallies[0]);
        sums.iter_mut().filter(|entry| entry.weight >= threshold).for_each(|entry| {
            places[entry.weight.max(1).ilog2() as usize] += entry.places as u64;
        });
    }
    let mut sum = 0;
    let highest = places.iter().rposition(|&places| places > 0).unwrap_or(0);
    for class in (0..=highest).rev() {
        sum += places[class];
        if sum > room {
            return threshold.max(if class < highest { 2 << class } else { 1 << class });
        }
    }
    threshold
}

/// Makes the lists of one shard.
fn fill<S: Symbol>(shard: &mut Shard<S>, pairs: &[Entry]) {
    shard.arena.reserve(pairs.iter().map(|entry| entry.places).sum());
    let mut followed = Tally::with_capacity(pairs.len());
    for entry in pairs {
        let (left, right) = entry.pair();
        followed.add(left, right, 0, shard.add_list(entry.number, entry.places as u32));
    }
    let Shard { flat, arena, .. } = shard;
    flat.pairs(|places| {
        places.iter().for_each(|place| followed.expect(place.left, place.right));
        for place in places {
            if let Some(entry) = followed.get_mut(place.left, place.right) {
                arena.positions[entry.places] = place.at;
                entry.places += 1;
            }
        }
    });
}
