//! Threads that work on shards together, in many short steps.
//!
//! A step is taken up by whoever is there: each thread claims shards that nobody has claimed in this step, its own first.
//! So a thread that the system keeps waiting holds nobody up, unless it was stopped in the middle of a shard. Between
//! steps, which are some microseconds apart, threads spin, and soon give way to others.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use super::flat::Symbol;
use super::outcome::{Merge, Outcome};
use super::pairs::Pairs;
use super::shard::Shard;
use crate::error::Result;

/// How often a thread looks for the next step before it gives way.
const SPINS: u32 = 2000;

/// The step that ends the work.
const LAST: u64 = u64::MAX;

/// What is done to every shard in a step: a batch, and the counts that it lowers.
struct Step {
    batch: Vec<Merge>,
    pairs: Pairs,
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
        step: RwLock::new(Step { batch: vec![], pairs: Pairs::new(1) }),
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

    /// Has every shard make the lists of the last batch, as `outcomes` say, and apply the next to its words and to the
    /// counts. Outcomes and counts go to the shards before and come back after.
    pub(super) fn step(&self, batch: &[Merge], pairs: &mut Pairs, outcomes: &mut [Outcome]) {
        for (shard, outcome) in self.shards.iter().zip(&mut *outcomes) {
            std::mem::swap(&mut shard.lock().unwrap_or_else(PoisonError::into_inner).1, outcome);
        }
        let exchange = |pairs: &mut Pairs| {
            let mut step = self.step.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut step.pairs, pairs);
            step
        };
        let mut step = exchange(pairs);
        step.batch.clear();
        step.batch.extend_from_slice(batch);
        drop(step);
        self.finished.store(0, Ordering::Relaxed);
        let number = self.number.fetch_add(1, Ordering::Release) + 1;
        self.help(number, 0);
        wait(|| self.finished.load(Ordering::Acquire) == self.shards.len());
        drop(exchange(pairs));
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
            shard.step(&step.batch, &step.pairs, outcome);
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
