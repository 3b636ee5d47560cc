//! Runs of a batch's items, shared among threads, and their results in order.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::gather::Gather;
use super::{GO_ON, Stop};
use crate::bpe::Worker;
use crate::error::{Error, ErrorKind, Result};
use crate::memory::Spare;
use crate::text::Text;
use crate::threads::beside;
use crate::tokenizer::Tokenizer;

/// Less text than this, in bytes, is not worth a thread of its own.
const WORTH_A_THREAD: usize = 64 << 10;
/// About as much text is handed out at a time: its ids are still in the cache when they are put to the others.
const RUN: usize = 32 << 10;

/// What a batch has many of.
pub(super) trait Item {
    /// Its size, by which the work is shared out.
    fn bytes(&self) -> usize;

    /// Lets `worker` prepare for so many bytes of such items.
    fn expect(_worker: &mut Worker, _tokenizer: &Tokenizer, _bytes: usize) {}
}

impl Item for Text<'_> {
    fn bytes(&self) -> usize {
        self.size()
    }

    fn expect(worker: &mut Worker, tokenizer: &Tokenizer, bytes: usize) {
        worker.expect(tokenizer.model(), bytes);
    }
}

impl Item for &[u32] {
    fn bytes(&self) -> usize {
        size_of_val(*self)
    }
}

/// What is to become of results that are delivered while others are still being worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// More of them, whenever there are some.
    Soon,
    /// All others at once, in the end.
    Last,
    /// None: the call is stopped.
    Stop,
}

/// Takes results in order, on the calling thread, and empties them.
pub(super) type Deliver<'d, R> = Option<&'d mut dyn FnMut(&mut R) -> Next>;

/// Calls `work` with the indices of some neighbouring `items` at a time and a result to add to, on up to `threads` threads;
/// returns what all added, in order, as far as it was not delivered before. On an error no new run is begun; of several
/// errors the one of the first run is returned.
pub(super) fn each_run<T: Item + Sync, R: Gather>(
    tokenizer: &Tokenizer,
    items: &[T],
    threads: Option<usize>,
    stop: Stop<'_>,
    mut deliver: Deliver<'_, R>,
    work: impl Fn(&mut Worker, Range<usize>, &mut R) -> Result<()> + Sync,
) -> Result<R> {
    let runs = cut(items);
    let bytes: usize = runs.iter().map(|run| run.bytes).sum();
    let threads = crate::threads::threads(threads).min(1 + bytes / WORTH_A_THREAD).min(runs.len().max(1));
    let work_run = |worker: &mut Worker, run: &Run, result: &mut R| work(worker, run.items.clone(), result);
    if threads == 1 {
        return tokenizer.workers().with(|worker| {
            T::expect(worker, tokenizer, bytes);
            one_by_one(&runs, bytes, stop, deliver, |run, all| work_run(worker, run, all))
        });
    }
    let gathered = Mutex::new(Gathered::new(bytes, deliver.is_some()));
    let shared = Shared { runs: &runs, next: AtomicUsize::new(0), gathered, spare: Spare::default() };
    let with_worker = |serve: &mut dyn FnMut(Work<'_, R>)| {
        tokenizer.workers().with(|worker| {
            T::expect(worker, tokenizer, bytes / threads);
            serve(&mut |run, result| work_run(worker, run, result));
        });
    };
    let follow = || with_worker(&mut |work| shared.serve(GO_ON, work, &mut |_| false));
    beside((1..threads).map(|_| follow), || {
        with_worker(&mut |work| shared.lead(stop, &mut deliver, work));
        // Stopped is whoever has not come to the end; the others then find no further run.
        let stopped_early = shared.next.swap(runs.len(), Ordering::Relaxed) < runs.len();
        if stopped_early { Err(stopped()) } else { Ok(()) }
    })?;
    shared.gathered.into_inner().unwrap_or_else(PoisonError::into_inner).finish()
}

/// Adds what a run gives to a result.
type Work<'w, R> = &'w mut dyn FnMut(&Run, &mut R) -> Result<()>;

/// What the threads of a call share.
struct Shared<'r, R> {
    runs: &'r [Run],
    /// The run that is begun next.
    next: AtomicUsize,
    gathered: Mutex<Gathered<R>>,
    /// Memory for what is gathered.
    spare: Spare,
}

impl<R: Gather> Shared<'_, R> {
    /// Does runs until there are no more or it is to stop. Each time that results were handed in, `handed_in` says whether to
    /// look for others, of other threads, before the next is begun.
    fn serve(&self, stop: Stop<'_>, work: Work<'_, R>, handed_in: &mut dyn FnMut(MutexGuard<'_, Gathered<R>>) -> bool) {
        let (mut result, mut finished) = (R::default(), Vec::new());
        while !stop() {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(run) = self.runs.get(index) else { break };
            self.spare.take(run.end);
            let done = work(run, &mut result);
            if done.is_err() {
                self.next.store(self.runs.len(), Ordering::Relaxed);
            }
            finished.push((index, run.bytes, done.map(|()| std::mem::take(&mut result))));
            // Rather than wait for another thread it goes on, and hands in more the next time.
            while let Ok(mut gathered) = self.gathered.try_lock() {
                finished.drain(..).for_each(|(index, bytes, done)| gathered.take(index, bytes, done, &self.spare));
                result = gathered.empty.pop().unwrap_or(result);
                if !handed_in(gathered) {
                    break;
                }
            }
        }
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        finished.into_iter().for_each(|(index, bytes, done)| gathered.take(index, bytes, done, &self.spare));
    }

    /// Does the same on the calling thread, which delivers what is ready.
    fn lead(&self, stop: Stop<'_>, deliver: &mut Deliver<'_, R>, work: Work<'_, R>) {
        let (wish, mut ready, mut delivered) = (Cell::new(Next::Soon), R::default(), 0);
        self.serve(&|| wish.get() == Next::Stop || stop(), work, &mut |mut gathered| {
            let (Some(deliver), Next::Soon) = (&mut *deliver, wish.get()) else { return false };
            if gathered.runs == delivered {
                return false;
            }
            delivered = gathered.runs;
            std::mem::swap(&mut gathered.all, &mut ready);
            drop(gathered);
            wish.set(deliver(&mut ready));
            true
        });
    }
}

fn one_by_one<R: Gather>(
    runs: &[Run],
    bytes: usize,
    stop: Stop<'_>,
    mut deliver: Deliver<'_, R>,
    mut work: impl FnMut(&Run, &mut R) -> Result<()>,
) -> Result<R> {
    let (mut all, mut wish, spare) = (R::default(), Next::Soon, Spare::default());
    for run in runs {
        if wish == Next::Stop || stop() {
            return Err(stopped());
        }
        if deliver.is_none() {
            all.make_room(run.end - run.bytes, run.bytes, bytes - run.end, &spare);
            spare.take(run.end);
        }
        work(run, &mut all)?;
        if let (Some(deliver), Next::Soon) = (&mut deliver, wish) {
            wish = deliver(&mut all);
        }
    }
    Ok(all)
}

pub(super) fn stopped() -> Error {
    Error::new(ErrorKind::Interrupted, "the call was stopped")
}

/// Some neighbouring items of a batch, their size, and that of all items up to their end.
struct Run {
    items: Range<usize>,
    bytes: usize,
    end: usize,
}

fn cut<T: Item>(items: &[T]) -> Vec<Run> {
    let (mut runs, mut start, mut bytes, mut all) = (Vec::new(), 0, 0, 0);
    for (end, item) in (1..).zip(items) {
        bytes += item.bytes();
        // Items without bytes cost something too.
        if bytes + (end - start) * size_of::<T>() >= RUN || end == items.len() {
            all += bytes;
            runs.push(Run { items: start..end, bytes, end: all });
            (start, bytes) = (end, 0);
        }
    }
    runs
}

/// The results of runs, put together in order as they come, whatever the order in which they do.
struct Gathered<R> {
    all: R,
    /// How many runs are in `all`, of how many bytes, and the bytes of all runs.
    runs: usize,
    done: usize,
    bytes: usize,
    /// Whether `all` is only what was not delivered yet, so that no room is made for everything.
    delivered: bool,
    /// Results that came before some earlier run's, with their runs' bytes.
    early: BTreeMap<usize, (usize, R)>,
    /// Results that have been emptied, to be filled again.
    empty: Vec<R>,
    /// The error of the first run that has one, and which that is.
    error: Option<(usize, Error)>,
}

impl<R: Gather> Gathered<R> {
    fn new(bytes: usize, delivered: bool) -> Self {
        let (early, empty) = (BTreeMap::new(), Vec::new());
        Self { all: R::default(), runs: 0, done: 0, bytes, delivered, early, empty, error: None }
    }

    /// Takes a run's result, and puts together what is complete so far.
    fn take(&mut self, run: usize, bytes: usize, result: Result<R>, spare: &Spare) {
        match result {
            Ok(result) => drop(self.early.insert(run, (bytes, result))),
            Err(error) if self.error.as_ref().is_none_or(|(first, _)| run < *first) => self.error = Some((run, error)),
            Err(_) => {}
        }
        while let Some((bytes, mut result)) = self.early.remove(&self.runs) {
            if !self.delivered {
                self.all.make_room(self.done, bytes, self.bytes - self.done - bytes, spare);
            }
            self.all.append(&mut result);
            self.empty.push(result);
            self.runs += 1;
            self.done += bytes;
        }
    }

    fn finish(self) -> Result<R> {
        match self.error {
            Some((_, error)) => Err(error),
            None => Ok(self.all),
        }
    }
}
