//! Text -> word counts, on all threads.
//!
//! Each thread takes the next batch of documents, splits it and counts its pre-tokens in a table of its own. Counts
//! only add up, so neither the number of threads nor the order of documents changes the result.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use aho_corasick::{AhoCorasick, MatchKind};

use super::progress::{Phase, Progress, Reporter};
use super::table::Table;
use super::threads;
use super::words::{Totals, WordCounts};
use crate::corpus::{Batch, Documents};
use crate::error::{Error, ErrorKind, Result};
use crate::scan::{Pattern, Spans};

/// How words are counted.
#[derive(Debug, Clone)]
pub struct Counting {
    /// Splits text into pre-tokens, the words that are counted.
    pub pattern: Pattern,
    /// Strings that are no text: they are left out, and what stands before and after one is split on its own.
    pub special_tokens: Vec<String>,
    /// The number of threads; all that the process may use if `None`.
    pub threads: Option<usize>,
}

/// Counts the pre-tokens of all documents.
///
/// # Errors
/// Whatever keeps a document from being read or split, [`ErrorKind::Argument`] for an empty special token, and
/// [`ErrorKind::Interrupted`] if `progress` says so.
pub fn count_words(documents: &mut dyn Documents, how: &Counting, progress: &mut dyn Progress) -> Result<WordCounts> {
    let special = special_finder(&how.special_tokens)?;
    let (done, total) = documents.progress();
    let mut reporter = Reporter::begin(progress, Phase::Counting, total)?;
    let source = Source { documents: Mutex::new(documents), ended: AtomicBool::new(false) };
    let work = || Worker { table: Table::new(), totals: Totals::default(), special: special.as_ref(), how };
    let results = std::thread::scope(|scope| {
        let others: Vec<_> =
            (1..threads(how.threads)).map(|_| scope.spawn(|| source.run(work(), |_, _| Ok(())))).collect();
        let mine = source.run(work(), |done, total| reporter.update(done, total));
        let mut results = vec![mine];
        results.extend(others.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))));
        results
    });
    let (mut parts, mut totals) = (vec![], Totals::default());
    for worker in results {
        let worker = worker?;
        totals += worker.totals;
        parts.push(worker.table.finish());
    }
    let done = source.documents.lock().map_or(done, |documents| documents.progress().0);
    reporter.end(done)?;
    Ok(WordCounts::from_parts(how.pattern.clone(), parts, totals))
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

/// The documents, shared by the threads.
struct Source<'a> {
    documents: Mutex<&'a mut dyn Documents>,
    /// Set when the documents are at their end or a thread has failed.
    ended: AtomicBool,
}

impl Source<'_> {
    /// Counts batches until there are no more.
    fn run<'w>(
        &self,
        mut worker: Worker<'w>,
        mut report: impl FnMut(u64, Option<u64>) -> Result<()>,
    ) -> Result<Worker<'w>> {
        let (mut batch, mut spans) = (Batch::default(), Spans::new());
        let mut step = || {
            let Some((done, total)) = self.next(&mut batch)? else { return Ok(false) };
            for document in batch.documents() {
                worker.document(document, &mut spans)?;
            }
            report(done, total).map(|()| true)
        };
        loop {
            match step() {
                Ok(true) => {}
                Ok(false) => return Ok(worker),
                Err(error) => {
                    self.ended.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    }

    fn next(&self, batch: &mut Batch) -> Result<Option<(u64, Option<u64>)>> {
        // A thread that panicked has spoilt the source; its panic is the one to show.
        let Ok(mut documents) = self.documents.lock() else { return Ok(None) };
        if self.ended.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let more = documents.next_batch(batch)?;
        self.ended.store(!more, Ordering::Relaxed);
        Ok(more.then(|| documents.progress()))
    }
}

/// What one thread counts with.
struct Worker<'a> {
    table: Table,
    totals: Totals,
    special: Option<&'a AhoCorasick>,
    how: &'a Counting,
}

impl Worker<'_> {
    fn document(&mut self, document: &[u8], spans: &mut Spans) -> Result<()> {
        self.totals.documents += 1;
        let mut start = 0;
        if let Some(special) = self.special {
            for token in special.find_iter(document) {
                self.segment(&document[start..token.start()], spans)?;
                start = token.end();
            }
        }
        self.segment(&document[start..], spans)
    }

    fn segment(&mut self, text: &[u8], spans: &mut Spans) -> Result<()> {
        self.totals.bytes += text.len() as u64;
        let mut start = 0;
        while start < text.len() {
            let next = self.how.pattern.window(text, start, spans)?;
            // Text that the pattern does not match counts as words too, as it does in Hugging Face's trainer.
            self.table.add_spans(&text[start..], spans.bounds());
            self.totals.words += spans.len() as u64;
            start = next;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
