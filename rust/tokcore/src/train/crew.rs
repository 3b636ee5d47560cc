//! Threads that work on shards together, in many short steps.
//!
//! A step is taken up by whoever is there: each thread claims shares that nobody has claimed in this step, its own first.
//! So a thread that the system keeps waiting holds nobody up, unless it was stopped in the middle of a share. Between
//! steps, which are some microseconds apart, threads spin, and soon give way to others.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::common::Common;
use super::index;
use super::outcome::{Merge, Outcome};
use super::recount::Recount;
use super::shard::Shard;
use super::symbols::Symbol;
use crate::error::Result;
use crate::threads::{beside, parallel};

/// How often a thread looks for the next step before it gives way.
const SPINS: u32 = 2000;

/// The step that ends the work.
const LAST: u64 = u64::MAX;

/// What is done in a step.
#[derive(Clone, Copy)]
pub(super) enum Task {
    /// The pairs across characters get their lists.
    ListAcross,
    /// The batch is applied to the words.
    Replace,
    /// The counts of the pairs that it breaks are lowered, and new pairs looked for that are worth following.
    Recount,
    /// They get their lists, and can be found by their ids; then the next batch is applied, if one was [chosen](Crew::choose).
    Index,
}

impl Task {
    /// In how many shares it is done, if there are so many shards.
    fn shares(self, shards: usize) -> usize {
        match self {
            Self::ListAcross | Self::Replace | Self::Recount => shards,
            Self::Index => 2 * shards,
        }
    }
}

struct Step {
    number: u64,
    task: Task,
    common: Common,
}

/// The shards and the threads, this one included.
pub(super) struct Crew<S> {
    shards: Vec<Mutex<Shard<S>>>,
    /// By shard.
    outcomes: Vec<RwLock<Outcome>>,
    /// By the part of the batch: as many as there are shards.
    recounts: Vec<RwLock<Recount>>,
    step: RwLock<Step>,
    /// By share: the last step in which somebody took it up.
    claims: Vec<AtomicU64>,
    /// The number of the step at work.
    number: AtomicU64,
    finished: AtomicUsize,
    /// The batch that is applied once lists are made, and the last step in which there was a choice.
    chosen: Mutex<Arc<[Merge]>>,
    choices: AtomicU64,
}

/// Lets `lead` give steps to one thread for each shard, where there are to be so many tokens; returns the shards.
pub(super) fn work<S: Symbol>(
    shards: Vec<Shard<S>>,
    common: Common,
    tokens: usize,
    lead: impl FnOnce(&Crew<S>) -> Result<()>,
) -> Result<(Vec<Shard<S>>, Common)> {
    let count = shards.len();
    let crew = Crew {
        claims: (0..2 * count).map(|_| AtomicU64::new(0)).collect(),
        outcomes: shards.iter().map(|_| RwLock::new(Outcome::new(count))).collect(),
        recounts: parallel(0..count, |_| RwLock::new(Recount::new(tokens, count))),
        shards: shards.into_iter().map(Mutex::new).collect(),
        step: RwLock::new(Step { number: 0, task: Task::Index, common }),
        number: AtomicU64::new(0),
        finished: AtomicUsize::new(0),
        chosen: Mutex::new(Arc::new([])),
        choices: AtomicU64::new(0),
    };
    let others = (1..count).zip(std::iter::repeat(&crew)).map(|(first, crew)| move || crew.follow(first));
    // Those who are there do the work of those who are not.
    beside(others, || {
        // The others must be sent home whatever happens here, or they would be waited for for ever.
        let _dismiss = Dismiss(&crew.number);
        lead(&crew)
    })?;
    let shards = crew.shards.into_iter().map(|shard| shard.into_inner().unwrap_or_else(PoisonError::into_inner));
    Ok((shards.collect(), crew.step.into_inner().unwrap_or_else(PoisonError::into_inner).common))
}

struct Dismiss<'a>(&'a AtomicU64);

impl Drop for Dismiss<'_> {
    fn drop(&mut self) {
        self.0.store(LAST, Ordering::Release);
    }
}

/// Counts a share as finished even if the work on it panics: the panic shows when the threads are joined.
struct Finish<'a>(&'a AtomicUsize);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

impl<S: Symbol> Crew<S> {
    /// What all threads look at; changes between steps.
    pub(super) fn alter<R>(&self, change: impl FnOnce(&mut Common) -> R) -> R {
        change(&mut write(&self.step).common)
    }

    /// Lets threads apply a batch to their shards as soon as these have their lists; an empty one if none is to be applied.
    /// For what is done aside while lists are made.
    pub(super) fn choose(&self, batch: Arc<[Merge]>) {
        *lock(&self.chosen) = batch;
        self.choices.store(self.number.load(Ordering::Relaxed), Ordering::Release);
    }

    /// The batch that was chosen in a step, once it is; an empty one if it never will be.
    fn choice(&self, number: u64) -> Arc<[Merge]> {
        let is_made = || self.choices.load(Ordering::Acquire) == number;
        wait(|| is_made() || self.number.load(Ordering::Acquire) == LAST);
        if is_made() { Arc::clone(&lock(&self.chosen)) } else { Arc::new([]) }
    }

    /// What the last batch did to each shard.
    pub(super) fn outcomes(&self) -> Vec<RwLockReadGuard<'_, Outcome>> {
        self.outcomes.iter().map(read).collect()
    }

    /// What was found of new pairs, part after part.
    pub(super) fn recounts(&self) -> impl Iterator<Item = RwLockWriteGuard<'_, Recount>> {
        self.recounts.iter().map(write)
    }

    /// Has a step done by all, this thread beginning with what `aside` does, which nobody else has to wait for.
    pub(super) fn step<R>(&self, task: Task, aside: impl FnOnce(&Common) -> R) -> R {
        let number = self.number.load(Ordering::Relaxed) + 1;
        {
            let mut step = write(&self.step);
            (step.number, step.task) = (number, task);
        }
        self.finished.store(0, Ordering::Relaxed);
        self.number.store(number, Ordering::Release);
        let result = aside(&read(&self.step).common);
        self.help(number, 0);
        wait(|| self.finished.load(Ordering::Acquire) == task.shares(self.shards.len()));
        result
    }

    /// Takes part in all steps until the last.
    fn follow(&self, first: usize) {
        let mut seen = 0;
        loop {
            wait(|| self.number.load(Ordering::Acquire) != seen);
            seen = self.number.load(Ordering::Acquire);
            if seen == LAST {
                return;
            }
            self.help(seen, first);
        }
    }

    /// Does what nobody else does of a step: the share that is this thread's own, those that are nobody's, and then those of
    /// other threads.
    fn help(&self, number: u64, own: usize) {
        let shards = self.shards.len();
        let nobodys = (own..shards).chain(0..own).map(|part| shards + part);
        for share in [own].into_iter().chain(nobodys).chain(own + 1..shards).chain(0..own) {
            // Most are somebody's when their turn comes, and a look is cheaper than a lock that all want.
            if self.claims[share].load(Ordering::Relaxed) >= number {
                continue;
            }
            let step = read(&self.step);
            // Who comes too late for a step may find another at work.
            if step.number != number || share >= step.task.shares(shards) {
                continue;
            }
            if self.claims[share].swap(number, Ordering::AcqRel) == number {
                continue;
            }
            let finish = Finish(&self.finished);
            self.take(&step, share);
            // Not before the step can be changed.
            drop(step);
            drop(finish);
        }
    }

    fn take(&self, Step { number, task, common }: &Step, share: usize) {
        let shards = self.shards.len();
        match task {
            Task::ListAcross => index::list_across(&mut lock(&self.shards[share]), &common.pairs),
            Task::Replace => {
                lock(&self.shards[share]).apply(&common.batch, &mut write(&self.outcomes[share]));
            }
            Task::Recount => {
                let (mut recount, outcomes) = (write(&self.recounts[share]), self.outcomes());
                recount.lower(share, &outcomes, &common.pairs);
                recount.find(share, &outcomes, common);
            }
            Task::Index if share < shards => {
                let mut shard = lock(&self.shards[share]);
                let recounts: Vec<_> = self.recounts.iter().map(read).collect();
                shard.index(share, &read(&self.outcomes[share]), &recounts, common);
                let batch = self.choice(*number);
                if !batch.is_empty() {
                    shard.apply(&batch, &mut write(&self.outcomes[share]));
                }
            }
            Task::Index => common.pairs.place(share - shards, shards),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

fn wait(done: impl Fn() -> bool) {
    let mut spins = 0;
    while !done() {
        if spins < SPINS {
            spins += 1;
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}
