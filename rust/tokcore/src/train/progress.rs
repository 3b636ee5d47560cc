//! What long work tells its caller, and how the caller stops it.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::threads::beside;

/// A stage of training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Splitting text and counting pre-tokens; the unit is a byte of the source.
    Counting,
    /// Bringing counts together and finding where each pair stands; the unit is a distinct word.
    Indexing,
    /// Merging pairs; the unit is a token of the vocabulary.
    Merging,
}

/// How far a phase has come.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// The phase at work.
    pub phase: Phase,
    /// Units done, which never goes down within a phase.
    pub done: u64,
    /// Units in all, if known.
    pub total: Option<u64>,
    /// Time since the phase began: `done / elapsed` is its rate.
    pub elapsed: Duration,
}

/// Receives events on the calling thread: at the start and the end of each phase, and about ten times a second between.
pub trait Progress {
    /// `Break` stops the work, which then fails with [`ErrorKind::Interrupted`].
    fn update(&mut self, event: &Event) -> ControlFlow<()>;
}

/// Nobody watches.
impl Progress for () {
    fn update(&mut self, _: &Event) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<F: FnMut(&Event) -> ControlFlow<()>> Progress for F {
    fn update(&mut self, event: &Event) -> ControlFlow<()> {
        self(event)
    }
}

/// Called now and then by work that may take long; an error ends it.
pub(super) type Check<'a> = &'a mut dyn FnMut() -> Result<()>;

/// Tells threads at work that nobody wants its result any more.
#[derive(Default)]
pub(super) struct Stop(AtomicBool);

impl Stop {
    /// Whether it was not set before.
    pub(super) fn set(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.is_set() { Err(stopped()) } else { Ok(()) }
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Interrupted, "training was stopped")
}

/// Turns a stream of numbers into events at a bearable rate.
pub(super) struct Reporter<'a> {
    progress: &'a mut dyn Progress,
    phase: Phase,
    start: Instant,
    last: Instant,
}

/// The least time between two events of a phase.
const INTERVAL: Duration = Duration::from_millis(100);

impl<'a> Reporter<'a> {
    /// Begins a phase.
    pub(super) fn begin(progress: &'a mut dyn Progress, phase: Phase, total: Option<u64>) -> Result<Self> {
        let start = Instant::now();
        let mut reporter = Self { progress, phase, start, last: start };
        reporter.send(0, total)?;
        Ok(reporter)
    }

    /// Sends an event if the last is some time ago.
    pub(super) fn update(&mut self, done: u64, total: Option<u64>) -> Result<()> {
        if self.last.elapsed() < INTERVAL { Ok(()) } else { self.send(done, total) }
    }

    /// Lets another thread do `work` that has no numbers to tell, so that the caller can stop it meanwhile.
    pub(super) fn attend<R: Send>(&mut self, done: u64, work: impl FnOnce(&Stop) -> Result<R> + Send) -> Result<R> {
        let (stop, mut result) = (Stop::default(), None);
        let (finished, wait) = mpsc::channel::<()>();
        let worker = || {
            // Its end is seen by its being dropped, whatever happens.
            let _finished = finished;
            result = Some(work(&stop));
        };
        let told = beside([worker], || {
            let mut told = Ok(());
            while told.is_ok() && wait.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                told = self.send(done, None);
            }
            if told.is_err() {
                stop.set();
            }
            told
        });
        told.and(result.unwrap_or_else(|| Err(Error::new(ErrorKind::Io, "no thread could be started"))))
    }

    /// Ends the phase.
    pub(super) fn end(mut self, done: u64) -> Result<Duration> {
        self.send(done, Some(done))?;
        Ok(self.start.elapsed())
    }

    fn send(&mut self, done: u64, total: Option<u64>) -> Result<()> {
        self.last = Instant::now();
        let event = Event { phase: self.phase, done, total, elapsed: self.start.elapsed() };
        match self.progress.update(&event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(stopped()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_without_numbers_is_watched_and_stopped() {
        let enough = AtomicBool::new(false);
        let mut watch = |_: &Event| match enough.load(Ordering::Relaxed) {
            false => ControlFlow::Continue(()),
            true => ControlFlow::Break(()),
        };
        let mut reporter = Reporter::begin(&mut watch, Phase::Indexing, None).unwrap();
        assert_eq!(reporter.attend(0, |_| Ok(7)).unwrap(), 7);
        enough.store(true, Ordering::Relaxed);
        let stopped = reporter.attend(0, |stop| {
            while !stop.is_set() {
                std::thread::yield_now();
            }
            stop.check()
        });
        assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Interrupted);
    }
}
