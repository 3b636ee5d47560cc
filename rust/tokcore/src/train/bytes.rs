//! Counting pairs and writing their lists while every token is a single byte: all pairs fit a plain table.
//!
//! A quarter of all places of Chinese are those of pairs across characters, the last byte of one and the first of the next.
//! Hardly one of these pairs is ever merged, as bytes become characters first, so they are listed only when one is.

use super::alphabet::ALPHABET;
use super::arena::NOWHERE;
use super::flat::Flat;
use super::progress::Stop;
use super::symbols::Symbol;
use super::tally::Entry;

/// Ids of bytes are below this, which stands for the separator.
const BYTES: u32 = 256;

/// A table has a row for each left and a column for each right.
const WIDTH: usize = BYTES as usize + 1;

/// How many slots are visited before there is a look whether to go on.
const BLOCK: usize = 1 << 16;

/// Calls `visit` with the place in the table of each slot's pair, the separators' included, the slot and its weight.
#[inline(always)]
fn for_each<S: Symbol>(flat: &Flat<S>, stop: &Stop, mut visit: impl FnMut(usize, u32, u64)) {
    flat.for_each_run(|slots, weight| {
        let mut row = BYTES as usize * WIDTH;
        for start in slots.clone().step_by(BLOCK) {
            if stop.is_set() {
                return;
            }
            let block = start..slots.end.min(start + BLOCK);
            for (symbol, at) in flat.symbols.range(block).zip(start as u32..) {
                let right = symbol.id().min(BYTES) as usize;
                visit(row + right, at, weight);
                row = right * WIDTH;
            }
        }
    });
}

/// Counts the pairs of words of single bytes.
pub(super) fn count<S: Symbol>(flat: &Flat<S>, stop: &Stop) -> Vec<Entry> {
    let (mut weights, mut places) = (vec![0u64; WIDTH * WIDTH], vec![0u32; WIDTH * WIDTH]);
    for_each(flat, stop, |pair, _, weight| {
        weights[pair] = weights[pair].saturating_add(weight);
        places[pair] += 1;
    });
    let pairs = (0..BYTES).flat_map(|left| (0..BYTES).map(move |right| (left, right)));
    let entry = |(left, right)| {
        let pair = left as usize * WIDTH + right as usize;
        (places[pair] > 0).then(|| Entry::new(left, right, weights[pair], places[pair]))
    };
    pairs.filter_map(entry).collect()
}

/// Writes the places of the given pairs to `positions`, each pair's from its entry's `places` on. Those of others are
/// written too, all to one place: a branch that nobody can foretell would cost more.
pub(super) fn fill<S: Symbol>(flat: &Flat<S>, pairs: &[Entry], positions: &mut [u32], stop: &Stop) {
    let mut cursors = vec![NOWHERE; WIDTH * WIDTH];
    for entry in pairs {
        let (left, right) = entry.pair();
        cursors[left as usize * WIDTH + right as usize] = entry.places;
    }
    for_each(flat, stop, |pair, at, _| {
        let cursor = &mut cursors[pair];
        positions[*cursor as usize] = at;
        *cursor += u32::from(*cursor != NOWHERE);
    });
}

/// Which of the pairs across characters of several bytes this pair is, if it is one.
pub(super) fn across(left: u32, right: u32) -> Option<usize> {
    let byte = |id: u32| ALPHABET.get(id as usize).copied();
    let left = byte(left)?.checked_sub(0x80).filter(|&left| left < 0x40)?;
    Some(usize::from(left) << 6 | usize::from(byte(right)?.checked_sub(0xC0)?))
}

/// Where each of the pairs [`across`] characters stands, whatever was merged. A slot that reads a byte is one: merges write
/// to the slots of all bytes that they take.
pub(super) fn places_across<S: Symbol>(flat: &Flat<S>) -> Vec<Vec<u32>> {
    let (mut places, mut left) = (vec![vec![]; 1 << 12], flat.separator.id());
    for (symbol, at) in flat.symbols.range(0..flat.symbols.len()).zip(0..) {
        if let Some(pair) = across(left, symbol.id()) {
            places[pair].push(at);
        }
        left = symbol.id();
    }
    places
}
