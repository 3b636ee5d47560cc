//! What two tables share. Slots are in the order of hashes, so a table whose slots are taken in turn goes through the slots
//! of the other in order too: a merge join, a part of it on each of some threads.

use super::key::shard_of;
use crate::threads::parallel;

/// Two slots, here and in the other table.
pub(super) type Both = (usize, usize);

/// How many pairs of slots ahead what `confirm` looks at may be asked for.
const AHEAD: usize = 16;

/// The slots of the words that both have. `find` gives the slot here that seems to have the word of one of the other's
/// `slots`; `confirm` says of two slots which have the word, if any, and is told what it will be asked later.
pub(super) fn shared(
    slots: usize,
    threads: usize,
    find: impl Fn(usize) -> Option<usize> + Sync,
    confirm: impl Fn(Both, Option<Both>) -> Option<Both> + Sync,
) -> Vec<Vec<Both>> {
    let start = |part| slots * part / threads;
    parallel(0..threads, |part| -> Vec<Both> {
        let alike = (start(part)..start(part + 1)).filter_map(|theirs| Some((find(theirs)?, theirs)));
        let alike: Vec<_> = alike.collect();
        let ahead = alike.iter().skip(AHEAD).copied().map(Some).chain(std::iter::repeat(None));
        alike.iter().zip(ahead).filter_map(|(&both, ahead)| confirm(both, ahead)).collect()
    })
}

/// Moves one of two counts of a word of this hash to the other. Half of the words go each way, so that tables stay of a size;
/// those that a table has lost to a third stay away.
pub(super) fn move_count(mine: &mut u64, theirs: &mut u64, hash: u64) {
    let (from, to) = if shard_of(hash, 2) == 0 { (theirs, mine) } else { (mine, theirs) };
    if *to > 0 {
        *to = to.saturating_add(std::mem::take(from));
    }
}
