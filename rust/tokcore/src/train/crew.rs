//! Threads that work on shards together, in many short steps.
//!
//! A step is taken up by whoever is there: each thread claims shards that nobody has claimed in this step, its own first.
//! So a thread that the system keeps waiting holds nobody up, unless it was stopped in the middle of a shard. Between
//! steps, which are some microseconds apart, threads spin, and soon give way to others.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use super::flat::Symbol;
use super::shard::{Merge, Outcome, Shard};
use crate::error::Result;

/// How often a thread looks for the next step before it gives way.
const SPINS: u32 = 2000;

/// The step that ends the work.
const LAST: u64 = u64::MAX;

/// What is done to every shard in a step.
enum Step {
    Merge(Vec<Merge>),
    Index(Vec<Merge>),
}

/// The shards and the threads, this one included.
pub(super) struct Crew<S> {
    shards: Vec<Mutex<(Shard<S>, Outcome)>>,
    /// By shard: the last step in which somebody took it up.
    claims: Vec<AtomicU64>,
    step: RwLock<Step>,
    /// The number of the step at work.
    number: AtomicU64,
    finished: AtomicUsize,
}

/// Lets `lead` give steps to one thread for each shard; returns the shards.
pub(super) fn work<S: Symbol>(
    shards: Vec<Shard<S>>,
    lead: impl FnOnce(&Crew<S>) -> Result<()>,
) -> Result<Vec<Shard<S>>> {
    let crew = Crew {
        claims: shards.iter().map(|_| AtomicU64::new(0)).collect(),
        shards: shards.into_iter().map(|shard| Mutex::new((shard, Outcome::default()))).collect(),
        step: RwLock::new(Step::Merge(vec![])),
        number: AtomicU64::new(0),
        finished: AtomicUsize::new(0),
    };
    std::thread::scope(|scope| {
        for first in 1..crew.shards.len() {
            let crew = &crew;
            scope.spawn(move || crew.follow(first));
        }
        // The others must be sent home whatever happens here, or the scope would wait for them for ever.
        let _dismiss = Dismiss(&crew.number);
        lead(&crew)
    })?;
    Ok(crew.shards.into_iter().map(|shard| shard.into_inner().unwrap_or_else(PoisonError::into_inner).0).collect())
}

struct Dismiss<'a>(&'a AtomicU64);

impl Drop for Dismiss<'_> {
    fn drop(&mut self) {
        self.0.store(LAST, Ordering::Release);
    }
}

/// Counts a shard as finished even if the work on it panics: the panic shows when the threads are joined.
struct Finish<'a>(&'a AtomicUsize);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

impl<S: Symbol> Crew<S> {
    /// An outcome for each shard.
    pub(super) fn outcomes(&self) -> Vec<Outcome> {
        self.shards.iter().map(|_| Outcome::default()).collect()
    }

    /// Applies a batch to every shard.
    pub(super) fn merge(&self, batch: &[Merge], outcomes: &mut [Outcome]) {
        self.take(Step::Merge(batch.to_vec()), outcomes);
    }

    /// Makes the lists of the batch's new pairs in every shard.
    pub(super) fn index(&self, batch: &[Merge], outcomes: &mut [Outcome]) {
        self.take(Step::Index(batch.to_vec()), outcomes);
    }

    /// Has a step done; the outcomes go to the shards before and come back after.
    fn take(&self, step: Step, outcomes: &mut [Outcome]) {
        for (shard, outcome) in self.shards.iter().zip(&mut *outcomes) {
            std::mem::swap(&mut shard.lock().unwrap_or_else(PoisonError::into_inner).1, outcome);
        }
        *self.step.write().unwrap_or_else(PoisonError::into_inner) = step;
        self.finished.store(0, Ordering::Relaxed);
        let number = self.number.fetch_add(1, Ordering::Release) + 1;
        self.help(number, 0);
        wait(|| self.finished.load(Ordering::Acquire) == self.shards.len());
        for (shard, outcome) in self.shards.iter().zip(outcomes) {
            std::mem::swap(&mut shard.lock().unwrap_or_else(PoisonError::into_inner).1, outcome);
        }
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

    /// Does what nobody else does of a step.
    fn help(&self, number: u64, first: usize) {
        for index in (first..self.shards.len()).chain(0..first) {
            let claim = &self.claims[index];
            if claim.compare_exchange(number - 1, number, Ordering::AcqRel, Ordering::Relaxed).is_err() {
                continue;
            }
            let _finish = Finish(&self.finished);
            let step = self.step.read().unwrap_or_else(PoisonError::into_inner);
            let mut shard = self.shards[index].lock().unwrap_or_else(PoisonError::into_inner);
            let (shard, outcome) = &mut *shard;
            match &*step {
                Step::Merge(batch) => shard.merge(batch, outcome),
                Step::Index(batch) => shard.index(batch, outcome),
            }
        }
    }
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
