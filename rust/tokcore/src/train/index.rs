//! Where every pair worth following stands: the lists that merging starts from.

use super::budget::Room;
use super::bytes;
use super::pairs::{Pairs, expected};
use super::progress::Stop;
use super::shard::Shard;
use super::symbols::Symbol;
use super::tally::{Entry, Tally};
use crate::error::Result;
use crate::threads::parallel;

/// What a place in a list takes, with the growth of lists while pairs are merged.
const BYTES_A_PLACE: u64 = 6;

/// What a pair takes in the tables that find it, in the queue, and in each shard.
const BYTES_A_PAIR: u64 = 150;

/// How pairs are counted.
#[derive(Clone, Copy)]
struct Counting<'a> {
    /// Whether every token is a single byte.
    bytes: bool,
    stop: &'a Stop,
    /// In how many parts, one after another.
    parts: u64,
}

/// What an entry for a pair of a shard takes while pairs are counted: a table that has just grown has three times the
/// room for its entries, and the sums over all shards up to four times; the tables before have been let go of by then.
const BYTES_AN_ENTRY: u64 = 5 * size_of::<Entry>() as u64;

/// The most parts that pairs are counted in.
const MOST_PARTS: u64 = 256;

/// Counts all pairs of the shards, numbers those that occur at least `threshold` times and are `allowed`, and gives each
/// its list in each shard. If that would take more than the `room`, the threshold is raised as far as it takes; if counting all
/// pairs at once would, they are counted a part at a time. Every token must be one slot long, and with `bytes` a single byte;
/// pairs [across](bytes::across) characters have no list then before [`list_across`] makes it.
///
/// # Errors
/// Those of [`Room::for_lists`], and that it was stopped.
pub(super) fn build<S: Symbol>(
    shards: &mut [Shard<S>],
    bytes: bool,
    threshold: u64,
    room: Option<Room>,
    allowed: &(dyn Fn(u32, u32) -> bool + Sync),
    stop: &Stop,
) -> Result<Pairs> {
    let parts = room.filter(|_| !bytes).map_or(1, |room| parts(shards, room.for_counting(), stop));
    let counting = Counting { bytes, parts, stop };
    let threshold = room.map_or(Ok(threshold), |room| raise(shards, counting, threshold, room, allowed))?;
    let mut pairs = Pairs::new(threshold, expected(shards[0].tokens()));
    let mut followed: Vec<Vec<Entry>> = shards.iter().map(|_| vec![]).collect();
    for part in 0..counting.parts {
        let counts = count(shards, part, counting);
        let mut sums = add_up(&counts, stop);
        for sum in sums.iter_mut().filter(|sum| sum.weight >= threshold) {
            let (left, right) = sum.pair();
            if allowed(left, right) {
                sum.number = pairs.insert(left, right, sum.weight);
            }
        }
        for (followed, entries) in followed.iter_mut().zip(counts) {
            followed.extend(entries.into_iter().filter_map(|entry| sums.numbered(entry)));
        }
    }
    pairs.settle();
    parallel(shards.iter_mut().zip(followed), |(shard, followed)| fill(shard, followed, bytes, stop));
    stop.check().map(|()| pairs)
}

/// In how many parts pairs are to be counted to take at most `room` bytes, by how many of them there are in one small part.
fn parts<S: Symbol>(shards: &[Shard<S>], room: u64, stop: &Stop) -> u64 {
    let sample = count(shards, 0, Counting { bytes: false, parts: MOST_PARTS, stop });
    let entries = MOST_PARTS * sample.iter().map(|entries| entries.len() as u64).sum::<u64>();
    (entries * BYTES_AN_ENTRY).div_ceil(room + 1).clamp(1, MOST_PARTS)
}

/// Counts a part of the pairs in each shard.
fn count<S: Symbol>(shards: &[Shard<S>], part: u64, counting: Counting<'_>) -> Vec<Vec<Entry>> {
    parallel(shards, |shard| {
        if counting.bytes {
            return bytes::count(&shard.flat, counting.stop);
        }
        let mut tally = Tally::with_capacity(0);
        shard.flat.pairs(|places| {
            if counting.stop.is_set() {
                return;
            }
            places.iter().for_each(|place| tally.expect(place.left, place.right));
            for place in places.iter().filter(|place| counting.parts == 1 || place.hash() % counting.parts == part) {
                tally.add(place.left, place.right, shard.flat.weight(place.at as usize), 1);
            }
        });
        tally.into_entries()
    })
}

/// Sums over all shards.
fn add_up(counts: &[Vec<Entry>], stop: &Stop) -> Tally {
    // Pairs come in the order of their hashes. A table that grew with them would fill up from its beginning, and searches
    // in it would run through all that is there.
    let mut sums = Tally::with_capacity(counts.iter().map(Vec::len).sum());
    for entry in counts.iter().flatten() {
        if stop.is_set() {
            break;
        }
        let (left, right) = entry.pair();
        sums.add(left, right, entry.weight, entry.places);
    }
    sums
}

/// The threshold, or the least power of two above it whose pairs there is room for. The most frequent pairs are followed in
/// any case.
fn raise<S: Symbol>(
    shards: &[Shard<S>],
    counting: Counting<'_>,
    threshold: u64,
    room: Room,
    allowed: &(dyn Fn(u32, u32) -> bool + Sync),
) -> Result<u64> {
    let (mut bytes, mut most_places) = ([0u64; 64], 0);
    for part in 0..counting.parts {
        let mut sums = add_up(&count(shards, part, counting), counting.stop);
        for entry in sums.iter_mut().filter(|entry| entry.weight >= threshold) {
            let (left, right) = entry.pair();
            if allowed(left, right) {
                let class = entry.weight.max(1).ilog2() as usize;
                bytes[class] += u64::from(entry.places) * BYTES_A_PLACE + BYTES_A_PAIR * shards.len() as u64;
                most_places = most_places.max(u64::from(entry.places));
            }
        }
    }
    let (room, mut sum) = (room.for_lists(most_places)?, 0);
    let highest = bytes.iter().rposition(|&bytes| bytes > 0).unwrap_or(0);
    for class in (0..=highest).rev() {
        sum += bytes[class];
        if sum > room {
            return Ok(threshold.max(if class < highest { 2 << class } else { 1 << class }));
        }
    }
    Ok(threshold)
}

/// Makes the lists of one shard.
fn fill<S: Symbol>(shard: &mut Shard<S>, mut pairs: Vec<Entry>, bytes: bool, stop: &Stop) {
    if bytes {
        pairs.retain(|entry| bytes::across(entry.pair().0, entry.pair().1).is_none());
    }
    shard.clear_lists(pairs.len(), pairs.iter().map(|entry| entry.places as usize).sum());
    for entry in &mut pairs {
        entry.places = shard.add_list(entry.number, entry.places);
    }
    let Shard { flat, arena, .. } = shard;
    if bytes {
        return bytes::fill(flat, &pairs, &mut arena.positions, stop);
    }
    let mut followed = Tally::with_capacity(pairs.len());
    for entry in pairs {
        let (left, right) = entry.pair();
        followed.add(left, right, 0, entry.places);
    }
    flat.pairs(|places| {
        if stop.is_set() {
            return;
        }
        places.iter().for_each(|place| followed.expect(place.left, place.right));
        for place in places {
            if let Some(entry) = followed.get_mut(place.left, place.right) {
                arena.positions[entry.places as usize] = place.at;
                entry.places += 1;
            }
        }
    });
}

/// Makes the lists of the pairs across characters in one shard, of where they stand now.
pub(super) fn list_across<S: Symbol>(shard: &mut Shard<S>, pairs: &Pairs) {
    let places = bytes::places_across(&shard.flat);
    for number in 0..pairs.len() as u32 {
        let pair = pairs.get(number);
        if let Some(places) = bytes::across(pair.left, pair.right).map(|across| &places[across]) {
            let start = shard.add_list(number, places.len() as u32) as usize;
            shard.arena.positions[start..start + places.len()].copy_from_slice(places);
        }
    }
}
