//! The merge loop: batches of merges that are exactly what one merge at a time would do.
//!
//! # Batches
//! Let m1, m2, ... be the pairs in the order in which they wait (most frequent first, then the lower ids), all counts
//! being those of this moment. A batch is a prefix m1..mk in which no pair's left token is another's right token, a pair
//! of one token twice being a batch by itself. One merge at a time would take the same merges in the same order:
//!
//! * Merging mj = (a, b) into X takes occurrences from pairs (x, a) and (b, y) only. No pair of the batch has the right
//!   token a or the left token b, so the counts of the pairs of the batch stay what they are, and their order too.
//! * It creates pairs (X, y) and (x, X), or (X, X') with X' of the same batch. (X, y) occurs at most as often as (b, y)
//!   did, in whose places it stands, and so do (x, X) and (x, a), (X, X') and (b, a'). These pairs (b, y), (x, a) and
//!   (b, a') are not in the batch, so they wait behind all of it; if one is not followed, its count is below the
//!   threshold, or it makes too long a token, and then so does the new pair.
//! * If a new pair is as frequent as a pair (l, r) of the batch, then so is the old pair, which is behind (l, r) by its
//!   ids. (X, y) comes after (l, r), as X is higher than all ids of waiting pairs. For (x, X) and (x, a): x > l, or x = l
//!   and then X > r. Either way the new pair waits behind the whole batch as well.
//!
//! A pair that may not be merged because its token exists already leaves the queue, and is not behind any batch any more.
//! From then on, a merge one of whose tokens is on its other side in such a pair is the last of its batch.
//!
//! # Steps
//! Threads take two steps for a batch, each when the one before is done by all: counts are lowered and new pairs found; then
//! these get their lists, and as soon as a shard has them the next batch changes its words. One thread meanwhile lets the
//! new pairs wait and chooses that batch. For that it looks at counts and at the queue, which making lists changes nothing
//! of: counts fall in the other step only, and new pairs have theirs after it. So it chooses what it would choose afterwards.
//! A batch changes a shard's words by the shard's own lists, so it need not wait for the lists of other shards.
//!
//! Pairs across characters have no lists before the first of them is merged, if ever one is.
//!
//! A thread changes the words of its own shard. Counts it lowers of its own part of the pairs, whichever shard broke them:
//! two threads that lower the same counts at the same time wait for each other's cache lines.
//!
//! # Threshold
//! Pairs rarer than a threshold are not followed: no list, no count. When no followed pair is left, the words are
//! compacted, all pairs counted anew, and those above a lower threshold followed. A pair never becomes more frequent
//! after the merge that creates it, so whatever reaches the threshold is followed from the start.
//!
//! When all that is held outgrows the memory allowed, the same is done with as high a threshold as it takes for the lists
//! to fit three quarters of what the words leave of it.
//!
//! The threshold may be raised at any time: what then is below it was followed for nothing so far. It is, to what
//! the last merge's count will hardly fall below if counts go on falling as they do ([`Forecast`]).

use std::collections::HashSet;
use std::sync::Arc;

use super::budget::{BYTES_A_RECORD, BYTES_A_TOKEN_ONCE, BYTES_IN_ANY_CASE, Room, least_memory};
use super::bytes::across;
use super::common::Common;
use super::crew::{self, Crew, Task};
use super::forecast::Forecast;
use super::index;
use super::outcome::Merge;
use super::pairs::Pairs;
use super::progress::Stop;
use super::queue::Queue;
use super::shard::Shard;
use super::symbols::Symbol;
use super::trained::Watch;
use crate::error::{Error, ErrorKind, Result};
use crate::memory::give_back;
use crate::threads::parallel;

/// What decides which pairs may be merged.
pub(super) struct Rules<'a> {
    /// How many merges to make.
    pub(super) merges: usize,
    /// The id of the first new token; all others are lower.
    pub(super) first_new: u32,
    /// Pairs rarer than this are not merged; at least 1.
    pub(super) min_frequency: u64,
    /// A token of several bytes must be shorter than this, unless it is made of two single bytes.
    pub(super) length_limit: usize,
    /// How many bytes the words and their lists may take, about.
    pub(super) max_memory: Option<u64>,
    /// Whether a pair would make a token that there is already.
    pub(super) exists: Option<&'a Exists<'a>>,
}

/// Says of the merges so far and one more pair whether that pair makes a token that there is already.
pub(super) type Exists<'a> = dyn Fn(&[(u32, u32)], u32, u32) -> bool + Sync + 'a;

/// Merges and what became of the words.
#[derive(Debug, Default, Clone)]
pub(super) struct Merged {
    pub(super) merges: Vec<(u32, u32)>,
    /// How often each merge's pair occurred.
    pub(super) frequencies: Vec<u64>,
    /// How many tokens fewer the words have now, by weight.
    pub(super) saved: u64,
}

impl Merged {
    /// Forgets all merges but the first `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        self.merges.truncate(len);
        self.frequencies.truncate(len);
    }
}

pub(super) struct Trainer<'a, S> {
    shards: Vec<Shard<S>>,
    common: Common,
    state: State<'a>,
    /// The threshold to follow pairs with, if none are followed.
    follow: Option<u64>,
}

/// What only the thread knows that chooses the batches.
struct State<'a> {
    rules: Rules<'a>,
    /// How many merges there can be before symbols run out.
    limit: usize,
    queue: Queue,
    merged: Merged,
    forecast: Forecast,
    /// Whether the pairs across characters have no lists yet.
    unlisted: bool,
    /// How often the pairs of a batch may occur in all, unless it is one pair.
    batch_limit: u64,
    /// By token: slots.
    slots: Vec<u32>,
    /// By token: whether it is the left, the right token of a pair of the batch in the making; of one that may not be
    /// merged.
    uses: Vec<[bool; 2]>,
    barred: Vec<[bool; 2]>,
    /// The pairs that turned out to make a token that there is already.
    existing: HashSet<(u32, u32)>,
}

impl<'a, S: Symbol> Trainer<'a, S> {
    /// A trainer of `shards`, in whose words the merges `done` are made already. `lengths` is how many bytes the tokens
    /// have that are older than these merges. `threshold` is a guess of how rare a pair will be merged; it changes only
    /// the time taken.
    pub(super) fn new(
        rules: Rules<'a>,
        shards: Vec<Shard<S>>,
        mut lengths: Vec<u32>,
        done: Merged,
        threshold: u64,
    ) -> Self {
        done.merges.iter().for_each(|&(left, right)| lengths.push(lengths[left as usize] + lengths[right as usize]));
        let tokens = rules.first_new as usize + rules.merges;
        let slots = vec![1; lengths.len()];
        let common = Common::new(lengths, rules.length_limit);
        let state = State {
            slots,
            uses: vec![[false; 2]; tokens],
            barred: vec![[false; 2]; tokens],
            existing: HashSet::new(),
            queue: Queue::new(1),
            forecast: Forecast::new(rules.merges),
            unlisted: false,
            batch_limit: u64::MAX,
            merged: done,
            limit: limit::<S>(&rules),
            rules,
        };
        Self { shards, common, state, follow: Some(threshold) }
    }

    /// Merges until there are enough tokens, no pair is frequent enough, or symbols run out.
    fn run(mut self, watch: &mut Watch<'_>) -> Result<Self> {
        let least = self.state.rules.min_frequency.max(1);
        loop {
            let (made, existing) = (self.state.merged.merges.len(), self.state.existing.len());
            let asked = self.follow.take().map(|threshold| threshold.max(least));
            if let Some(threshold) = asked {
                watch.attend(made, |stop| self.follow(threshold, stop))?;
            }
            let (full, shards, common) = self.state.merge(self.shards, self.common, watch)?;
            (self.shards, self.common) = (shards, common);
            let followed = self.common.pairs.threshold();
            if self.state.merged.merges.len() == self.state.limit || (followed == least && !full) {
                return Ok(self);
            }
            let idle = (self.state.merged.merges.len(), self.state.existing.len()) == (made, existing);
            if idle && asked.is_some_and(|asked| followed > asked) {
                let why = "max_memory is too small for the places of the most frequent pair: allow more";
                return Err(Error::new(ErrorKind::Argument, why));
            }
            self.follow = Some(followed);
            if !full {
                let forecast = self.state.forecast.end(&self.state.merged.frequencies);
                self.follow = Some(forecast.unwrap_or(least).min(followed / 2));
            }
        }
    }

    /// The merges. Each shard's memory is given back by a thread of its own.
    fn end(self) -> Merged {
        parallel(self.shards, drop);
        self.state.merged
    }

    /// Finds the pairs that occur at least `threshold` times, or a higher threshold if there is no memory for all those
    /// pairs' places.
    fn follow(&mut self, threshold: u64, stop: &Stop) -> Result<()> {
        let state = &mut self.state;
        let slots = &state.slots;
        let changed = !state.merged.merges.is_empty();
        parallel(&mut self.shards, |shard| {
            shard.clear_lists(0, 0);
            if changed {
                shard.flat.compact(|token| slots[token as usize] as usize);
            }
        });
        state.slots.fill(1);
        // Gone before others are made.
        self.common.pairs = Pairs::new(1, 0);
        state.give_back();
        let words = self.shards.iter().map(|shard| shard.flat.memory() as u64).sum();
        let least = least_memory(words, self.shards.len(), state.uses.len() as u64);
        let room = state.rules.max_memory.map(|share| Room { share, least, shards: self.shards.len() });
        state.batch_limit = room.map_or(u64::MAX, |room| room.rest() / 8 / BYTES_A_RECORD);
        // Those that will never be merged need no room.
        let existing = &state.existing;
        let allowed = |left, right| self.common.allows(left, right) && !existing.contains(&(left, right));
        let bytes = state.rules.first_new == 256 && state.merged.merges.is_empty();
        let pairs = index::build(&mut self.shards, bytes, threshold, room, &allowed, stop)?;
        state.give_back();
        state.unlisted = bytes;
        state.queue = Queue::new(pairs.threshold());
        state.file(0, &pairs);
        self.common.pairs = pairs;
        Ok(())
    }
}

/// How symbols of a size are trained with to the end.
pub(super) trait Train: Symbol {
    /// Merges until there are enough tokens or no pair is frequent enough.
    fn train(trainer: Trainer<'_, Self>, watch: &mut Watch<'_>) -> Result<Merged>;
}

impl Train for u16 {
    fn train(trainer: Trainer<'_, Self>, watch: &mut Watch<'_>) -> Result<Merged> {
        let trainer = trainer.run(watch)?;
        let (limit, merges) = (trainer.state.limit, trainer.state.rules.merges);
        if limit < merges && trainer.state.merged.merges.len() == limit {
            return u32::train(trainer.widen(), watch);
        }
        Ok(trainer.end())
    }
}

impl Train for u32 {
    fn train(trainer: Trainer<'_, Self>, watch: &mut Watch<'_>) -> Result<Merged> {
        trainer.run(watch).map(Trainer::end)
    }
}

impl<'a> Trainer<'a, u16> {
    /// The same trainer with symbols that tell more ids apart.
    fn widen(self) -> Trainer<'a, u32> {
        let Self { shards, common, mut state, follow } = self;
        state.limit = limit::<u32>(&state.rules);
        Trainer { shards: parallel(shards, Shard::widen), common, state, follow }
    }
}

/// How many merges there can be before symbols run out, at most as many as there are to be.
fn limit<S: Symbol>(rules: &Rules<'_>) -> usize {
    rules.merges.min((S::MOST - rules.first_new.min(S::MOST)) as usize)
}

impl State<'_> {
    /// Merges all pairs that are followed, or until there are enough tokens, or (which it returns) all takes more memory
    /// than it may. A batch is chosen while the lists of the one before are made.
    fn merge<S: Symbol>(
        &mut self,
        shards: Vec<Shard<S>>,
        common: Common,
        watch: &mut Watch<'_>,
    ) -> Result<(bool, Vec<Shard<S>>, Common)> {
        let (mut full, tokens) = (false, self.uses.len());
        let (shards, common) = crew::work(shards, common, tokens, |crew| {
            let mut batch = crew.alter(|common| self.next_batch(&common.pairs));
            let mut applied = false;
            while let Some(chosen) = batch.take() {
                if self.lacks_lists(&chosen) {
                    crew.step(Task::ListAcross, |_| ());
                    self.unlisted = false;
                }
                crew.alter(|common| common.begin(chosen));
                if !applied {
                    crew.step(Task::Replace, |_| ());
                }
                self.look_ahead(crew);
                crew.step(Task::Recount, |_| ());
                let new = self.number(crew);
                watch.update(&self.merged, self.rules.merges)?;
                full = self.is_full(crew);
                if !full {
                    (batch, applied) = crew.step(Task::Index, |common| {
                        self.file(new, &common.pairs);
                        let next = self.next_batch(&common.pairs);
                        let at_once = next.clone().filter(|next| !self.lacks_lists(next)).unwrap_or_default();
                        crew.choose(Arc::clone(&at_once));
                        (next, !at_once.is_empty())
                    });
                }
            }
            Ok(())
        })?;
        Ok((full, shards, common))
    }

    /// Whether a batch needs the lists of pairs across characters, and these are not there.
    fn lacks_lists(&self, batch: &[Merge]) -> bool {
        self.unlisted && batch.iter().any(|merge| across(merge.left, merge.right).is_some())
    }

    /// Takes the longest batch from the queue, as the module's documentation has it; `None` if the queue is empty or
    /// there are merges enough.
    fn next_batch(&mut self, pairs: &Pairs) -> Option<Arc<[Merge]>> {
        let (mut batch, mut places): (Vec<Merge>, u64) = (vec![], 0);
        while self.merged.merges.len() < self.limit {
            let Some(number) = self.queue.pop(pairs) else { break };
            let pair = pairs.get(number);
            let (left, right) = (pair.left as usize, pair.right as usize);
            let twice = left == right;
            places = places.saturating_add(pair.count);
            let ends = self.uses[left][1] || self.uses[right][0] || twice || places > self.batch_limit;
            if ends && !batch.is_empty() {
                self.queue.push(number, pair);
                break;
            }
            pairs.clear(number);
            if self.rules.exists.is_some_and(|exists| exists(&self.merged.merges, pair.left, pair.right)) {
                (self.barred[left][0], self.barred[right][1]) = (true, true);
                self.existing.insert((pair.left, pair.right));
                continue;
            }
            (self.uses[left][0], self.uses[right][1]) = (true, true);
            self.merged.frequencies.push(pair.count);
            batch.push(self.new_token(number, pair.left, pair.right));
            if twice || self.barred[left][1] || self.barred[right][0] {
                break;
            }
        }
        for merge in &batch {
            self.uses[merge.left as usize][0] = false;
            self.uses[merge.right as usize][1] = false;
        }
        (!batch.is_empty()).then(|| batch.into())
    }

    fn new_token(&mut self, pair: u32, left: u32, right: u32) -> Merge {
        let new = self.rules.first_new + self.merged.merges.len() as u32;
        let slots = (self.slots[left as usize], self.slots[right as usize]);
        self.slots.push(slots.0 + slots.1);
        self.merged.merges.push((left, right));
        Merge { pair, left, right, new, slots }
    }

    /// Raises the threshold if it is time to.
    fn look_ahead<S: Symbol>(&mut self, crew: &Crew<S>) {
        let Some(threshold) = self.forecast.look(&self.merged.frequencies) else { return };
        crew.alter(|common| {
            if threshold > common.pairs.threshold() {
                common.dropped = common.pairs.raise(threshold);
                self.queue.raise(threshold);
            }
        });
    }

    /// Gives the new pairs of a batch their numbers; returns the first.
    fn number<S: Symbol>(&mut self, crew: &Crew<S>) -> u32 {
        let saved = crew.outcomes().iter().fold(0u64, |sum, outcome| sum.saturating_add(outcome.merged));
        self.merged.saved = self.merged.saved.saturating_add(saved);
        crew.alter(|common| {
            let first = common.pairs.len() as u32;
            crew.recounts().for_each(|mut part| part.first = common.pairs.append(&part.found));
            common.pairs.make_room();
            first
        })
    }

    /// Lets the pairs wait from this number on.
    fn file(&mut self, first: u32, pairs: &Pairs) {
        (first..pairs.len() as u32).for_each(|number| self.queue.push(number, pairs.get(number)));
    }

    /// Gives the system what the allocator keeps of freed memory, where that counts.
    fn give_back(&self) {
        if self.rules.max_memory.is_some() {
            give_back();
        }
    }

    /// Whether all takes more memory than it may: fewer pairs have room than are followed.
    fn is_full<S: Symbol>(&self, crew: &Crew<S>) -> bool {
        let Some(limit) = self.rules.max_memory else { return false };
        let shards: usize = crew.outcomes().iter().map(|outcome| outcome.memory).sum();
        let once = self.uses.len() as u64 * BYTES_A_TOKEN_ONCE + BYTES_IN_ANY_CASE;
        (shards + crew.alter(|common| common.pairs.memory())) as u64 + once > limit
    }
}
