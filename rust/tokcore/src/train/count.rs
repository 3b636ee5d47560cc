//! Text -> word counts, on all threads.
//!
//! Each thread takes the next batch of documents, splits it and counts its pre-tokens in a table of its own. Counts
//! only add up, so neither the number of threads nor the order of documents changes the result. A table that outgrows
//! its share of the memory budget is sorted and written to disk; runs on disk are read side by side in the end.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aho_corasick::{AhoCorasick, MatchKind};

use super::progress::{Check, Phase, Progress, Reporter, Stop};
use super::runs::{self, Run};
use super::table::{self, Table, Words};
use super::words::{Totals, WordCounts};
use crate::corpus::{BATCH_BYTES, Batch, Documents};
use crate::error::{Error, ErrorKind, Result};
use crate::scan::{Pattern, Spans};
use crate::threads::{beside, parallel, threads};

/// How words are counted.
#[derive(Debug, Clone)]
pub struct Counting {
    /// Splits text into pre-tokens, the words that are counted.
    pub pattern: Pattern,
    /// Strings that are no text: they are left out, and what stands before and after one is split on its own.
    pub special_tokens: Vec<String>,
    /// The number of threads; all that the process may use if `None`.
    pub threads: Option<usize>,
    /// How many bytes of memory counting may take; what is more goes to disk. No limit if `None`.
    pub max_memory: Option<u64>,
    /// Where it goes; the system's directory for temporary files if `None`.
    pub temp_dir: Option<PathBuf>,
}

impl Counting {
    /// Counting with all threads, no special tokens and no limit.
    pub fn new(pattern: Pattern) -> Self {
        Self { pattern, special_tokens: vec![], threads: None, max_memory: None, temp_dir: None }
    }

    /// Lets documents come whole if words might cross the places where they may be cut. They are as many, and the same,
    /// whenever they are read for this.
    pub(super) fn prepare(&self, documents: &mut dyn Documents) {
        if !self.pattern.is_published() || self.special_tokens.iter().any(|token| token.contains([' ', '\n'])) {
            documents.keep_whole();
        }
    }
}

/// The least memory a thread can count in, its batch of text included.
const LEAST_MEMORY: u64 = 8 << 20;

/// More threads than this only wait for documents.
const MOST_THREADS: usize = 256;

/// More runs than this are merged into one, so that few files are open at a time.
const MOST_RUNS: usize = 24;

/// Counts the pre-tokens of all documents.
///
/// # Errors
/// Whatever keeps a document from being read or split, or counts from being written to disk;
/// [`ErrorKind::Argument`] for an empty special token or too small a budget, and [`ErrorKind::Interrupted`] if
/// `progress` says so.
pub fn count_words(documents: &mut dyn Documents, how: &Counting, progress: &mut dyn Progress) -> Result<WordCounts> {
    let start = WordCounts::new(how.pattern.clone());
    count_on(documents, how, progress, start, 0, Duration::MAX, &mut |_, _, _| Ok(()))
}

/// Goes on counting from `counts`, which the first `skip` documents are in. At every `interval` the counts so far and
/// how many documents they are of are shown to `save`, which may move the words elsewhere.
pub(super) fn count_on(
    documents: &mut dyn Documents,
    how: &Counting,
    progress: &mut dyn Progress,
    mut counts: WordCounts,
    skip: u64,
    interval: Duration,
    save: &mut dyn FnMut(&mut WordCounts, u64, Check<'_>) -> Result<()>,
) -> Result<WordCounts> {
    let special = special_finder(&how.special_tokens)?;
    let threads = threads(how.threads).min(MOST_THREADS);
    let budget = how.max_memory.map(|bytes| share(bytes, threads)).transpose()?;
    let mut reporter = Reporter::begin(progress, Phase::Counting, documents.progress().1)?;
    how.prepare(documents);
    let source = Source::new(documents, skip);
    let mut interval = interval;
    loop {
        let worker =
            || Worker { table: Table::new(), runs: vec![], totals: Totals::default(), special: &special, how, budget };
        let until = Instant::now().checked_add(interval);
        let workers = round(&source, (0..threads).map(|_| worker()).collect(), until, &mut reporter)?;
        let done = source.progress();
        reporter.attend(done, |stop| gather(&mut counts, workers, how, stop))?;
        if source.ended.load(Ordering::Relaxed) {
            reporter.end(done)?;
            return Ok(counts);
        }
        let start = Instant::now();
        save(&mut counts, source.taken.load(Ordering::Relaxed), &mut || reporter.update(done, None))?;
        interval = interval.max(9 * start.elapsed());
    }
}

/// What one of `threads` may use of a budget.
fn share(bytes: u64, threads: usize) -> Result<usize> {
    let share = bytes / threads as u64;
    if share < LEAST_MEMORY {
        let least = (LEAST_MEMORY * threads as u64) >> 20;
        let why = format!("max_memory of {bytes} bytes is too small: {threads} threads need at least {least} MiB");
        return Err(Error::new(ErrorKind::Argument, why));
    }
    Ok(usize::try_from(share).unwrap_or(usize::MAX) - 4 * BATCH_BYTES)
}

fn special_finder(special_tokens: &[String]) -> Result<Option<AhoCorasick>> {
    if special_tokens.iter().any(String::is_empty) {
        return Err(Error::new(ErrorKind::Argument, "a special token is the empty string"));
    }
    if special_tokens.is_empty() {
        return Ok(None);
    }
    let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(special_tokens);
    let finder = finder.map_err(|e| Error::new(ErrorKind::Argument, format!("special tokens: {e}")).with_source(e))?;
    Ok(Some(finder))
}

/// Lets every worker count until the documents end or time is up.
fn round<'a>(
    source: &Source<'_>,
    mut workers: Vec<Worker<'a>>,
    until: Option<Instant>,
    reporter: &mut Reporter<'_>,
) -> Result<Vec<Worker<'a>>> {
    let (mine, others) = workers.split_first_mut().ok_or_else(|| Error::new(ErrorKind::Argument, "no threads"))?;
    let mut results: Vec<_> = others.iter().map(|_| Ok(())).collect();
    let others = others
        .iter_mut()
        .zip(&mut results)
        .map(|(worker, result)| || *result = source.run(worker, until, |_, _| source.failed.check()));
    let result = beside(others, || source.run(mine, until, |done, total| reporter.update(done, total)));
    results.into_iter().fold(result, Result::and).map(|()| workers)
}

/// With more tables than this it is better to bring their words together in others than to look at every two of them.
const MOST_TABLES: usize = 4;

/// Adds what the workers counted to the counts.
fn gather(counts: &mut WordCounts, mut workers: Vec<Worker<'_>>, how: &Counting, stop: &Stop) -> Result<()> {
    let (mut runs, mut totals) = (vec![], Totals::default());
    for worker in &mut workers {
        if !worker.runs.is_empty() || counts.parts.iter().map(|part| part.bytes()).sum::<usize>() > worker.limit() {
            worker.spill(&mut || stop.check())?;
        }
        runs.append(&mut worker.runs);
        totals += worker.totals;
    }
    let tables = workers.into_iter().map(|worker| worker.table).filter(|table| table.len() > 0);
    let mut counted = WordCounts::from_parts(how.pattern.clone(), finish(tables.collect()), runs, totals);
    counted.disjoint = true;
    counts.merge(counted)
}

/// The words of all tables, each in one part only.
fn finish(mut tables: Vec<Table>) -> Vec<Words> {
    if tables.len() > MOST_TABLES {
        return table::merge(&tables);
    }
    table::part(&mut tables);
    parallel(tables, Table::finish)
}

/// The documents, shared by the threads.
struct Source<'a> {
    documents: Mutex<&'a mut dyn Documents>,
    /// Set when the documents are at their end or a thread has failed.
    ended: AtomicBool,
    /// Set in the second case only.
    failed: Stop,
    /// Documents given out so far, skipped ones included, and those still to skip.
    taken: AtomicU64,
    skip: AtomicU64,
}

impl<'a> Source<'a> {
    fn new(documents: &'a mut dyn Documents, skip: u64) -> Self {
        Self {
            documents: Mutex::new(documents),
            ended: AtomicBool::new(false),
            failed: Stop::default(),
            taken: AtomicU64::new(0),
            skip: AtomicU64::new(skip),
        }
    }

    fn progress(&self) -> u64 {
        self.documents.lock().map_or(0, |documents| documents.progress().0)
    }

    /// Counts batches until there are no more or time is up.
    fn run(
        &self,
        worker: &mut Worker<'_>,
        until: Option<Instant>,
        mut report: impl FnMut(u64, Option<u64>) -> Result<()>,
    ) -> Result<()> {
        let (mut batch, mut spans) = (Batch::default(), Spans::new());
        let mut step = || {
            let Some((done, total)) = self.next(&mut batch)? else { return Ok(false) };
            worker.totals.documents += batch.begun();
            for document in batch.documents() {
                worker.document(document, &mut spans, &mut || report(done, total))?;
            }
            report(done, total)?;
            Ok(until.is_none_or(|until| Instant::now() < until))
        };
        loop {
            match step() {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => {
                    self.ended.store(true, Ordering::Relaxed);
                    // Only the first has something to tell: the others may fail because they are stopped.
                    return if self.failed.set() { Err(error) } else { Ok(()) };
                }
            }
        }
    }

    fn next(&self, batch: &mut Batch) -> Result<Option<(u64, Option<u64>)>> {
        // A thread that panicked has spoilt the source; its panic is the one to show.
        let Ok(mut documents) = self.documents.lock() else { return Ok(None) };
        loop {
            if self.ended.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let more = documents.next_batch(batch)?;
            if !more {
                // Only ever set: another thread may have failed meanwhile.
                self.ended.store(true, Ordering::Relaxed);
            }
            self.taken.fetch_add(batch.documents().len() as u64, Ordering::Relaxed);
            self.skip.fetch_sub(batch.skip(self.skip.load(Ordering::Relaxed)), Ordering::Relaxed);
            if more && !batch.is_empty() {
                return Ok(Some(documents.progress()));
            }
        }
    }
}

/// What one thread counts with.
struct Worker<'a> {
    table: Table,
    runs: Vec<Run>,
    totals: Totals,
    special: &'a Option<AhoCorasick>,
    how: &'a Counting,
    budget: Option<usize>,
}

impl Worker<'_> {
    fn document(&mut self, document: &[u8], spans: &mut Spans, check: Check<'_>) -> Result<()> {
        let mut start = 0;
        if let Some(special) = self.special {
            for token in special.find_iter(document) {
                self.segment(&document[start..token.start()], spans, check)?;
                start = token.end();
            }
        }
        self.segment(&document[start..], spans, check)
    }

    fn segment(&mut self, text: &[u8], spans: &mut Spans, check: Check<'_>) -> Result<()> {
        self.totals.bytes += text.len() as u64;
        let mut start = 0;
        while start < text.len() {
            let next = self.how.pattern.window(text, start, spans)?;
            // Text that the pattern does not match counts as words too, as it does in Hugging Face's trainer.
            self.table.add_spans(&text[start..], spans.bounds());
            self.totals.words += spans.len() as u64;
            // A document may be as long as it likes.
            self.keep_to_budget(check)?;
            start = next;
            if start < text.len() {
                check()?;
            }
        }
        Ok(())
    }

    fn limit(&self) -> usize {
        self.budget.unwrap_or(usize::MAX)
    }

    /// Moves the words to disk if they take too much memory.
    fn keep_to_budget(&mut self, check: Check<'_>) -> Result<()> {
        if self.table.memory() > self.limit() { self.spill(check) } else { Ok(()) }
    }

    /// Moves the words to disk.
    fn spill(&mut self, check: Check<'_>) -> Result<()> {
        let directory = self.how.temp_dir.clone().unwrap_or_else(std::env::temp_dir);
        let (pattern, words) = (self.how.pattern.as_str(), self.table.take());
        if words.len() > 0 {
            self.runs.push(runs::spill(&words, pattern, &directory, check)?);
        }
        if self.runs.len() > MOST_RUNS {
            self.runs = vec![runs::merge_to_disk(&[], &self.runs, pattern, &directory, check)?];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
