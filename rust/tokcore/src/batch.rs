//! Many texts at once, on several threads.
//!
//! Threads live for one call only, so a process may fork between calls. Texts are handed out in runs through one atomic
//! counter; results are put together in the order of the texts, so they are the same for any number of threads.

use std::borrow::Cow;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::bpe::Worker;
use crate::error::{Error, ErrorKind, Result};
use crate::special::Specials;
use crate::tokenizer::Tokenizer;

/// The ids of many texts: text `i` has `ids[offsets[i]..offsets[i + 1]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenBatch {
    /// The ids of all texts, one text's after another's.
    pub ids: Vec<u32>,
    /// Where each text's ids start, and where the last text's end: one more than there are texts.
    pub offsets: Vec<i64>,
}

impl Default for TokenBatch {
    fn default() -> Self {
        Self { ids: Vec::new(), offsets: vec![0] }
    }
}

/// Less text than this, in bytes, is not worth a thread of its own.
const WORTH_A_THREAD: usize = 64 << 10;
/// About as much text is handed out at a time.
const RUN: usize = 32 << 10;

/// How many threads a call may use: `requested` (at least one), or as many as this process may run at once.
pub fn threads(requested: Option<usize>) -> usize {
    requested.map_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get), |n| n.max(1))
}

/// Whether the caller wants a call to stop. It is asked on the calling thread, every [`RUN`] bytes or so; a call that
/// is stopped fails with [`ErrorKind::Interrupted`].
pub type Stop<'s> = &'s dyn Fn() -> bool;

/// Never stop.
pub const GO_ON: Stop<'static> = &|| false;

/// The ids of every text, special tokens in `allowed` as their ids and others as plain text. A long text is itself shared
/// among the threads, in parts.
///
/// # Errors
/// As [`Tokenizer::encode`], for the first text that has one; the message names its position.
pub fn encode(
    tokenizer: &Tokenizer,
    texts: &[&[u8]],
    allowed: &Specials,
    threads: Option<usize>,
    stop: Stop<'_>,
) -> Result<TokenBatch> {
    let parts = Parts::new(tokenizer, texts, allowed, threads);
    let runs = each_run(tokenizer, &parts.texts, threads, stop, |worker, run, part: &mut TokenBatch| {
        for (index, text) in run.zip_positions(&parts.texts) {
            let done = tokenizer.encode_with(worker, text, allowed, &mut part.ids);
            done.map_err(|error| at(parts.position(index), error))?;
            part.offsets.push(part.ids.len() as i64);
        }
        Ok(())
    })?;
    let mut batch = join(runs);
    if let Some(firsts) = &parts.firsts {
        batch.offsets = firsts.iter().map(|&first| batch.offsets[first]).collect();
    }
    Ok(batch)
}

/// The number of ids of every text, special tokens in `allowed` counted as one each.
///
/// # Errors
/// As [`encode`].
pub fn count(
    tokenizer: &Tokenizer,
    texts: &[&[u8]],
    allowed: &Specials,
    threads: Option<usize>,
    stop: Stop<'_>,
) -> Result<Vec<i64>> {
    let parts = Parts::new(tokenizer, texts, allowed, threads);
    let runs = each_run(tokenizer, &parts.texts, threads, stop, |worker, run, counts: &mut Vec<i64>| {
        for (index, text) in run.zip_positions(&parts.texts) {
            let count = tokenizer.count_with(worker, text, allowed);
            counts.push(count.map_err(|error| at(parts.position(index), error))? as i64);
        }
        Ok(())
    })?;
    let counts = runs.concat();
    Ok(match &parts.firsts {
        Some(firsts) => firsts.windows(2).map(|pair| counts[pair[0]..pair[1]].iter().sum()).collect(),
        None => counts,
    })
}

/// Texts of at least this many bytes are cut into parts.
pub(crate) const LONG: usize = 1 << 20;
/// About as many bytes are in a part.
const PART: usize = 256 << 10;

/// Texts, the long ones cut into parts that are encoded alone.
struct Parts<'t> {
    texts: Cow<'t, [&'t [u8]]>,
    /// Each text's first part, and one past the last text's last; `None` if no text is cut.
    firsts: Option<Vec<usize>>,
}

impl<'t> Parts<'t> {
    fn new(tokenizer: &Tokenizer, texts: &'t [&'t [u8]], allowed: &Specials, threads: Option<usize>) -> Self {
        if self::threads(threads) == 1 || texts.iter().all(|text| text.len() < LONG) {
            return Self { texts: Cow::Borrowed(texts), firsts: None };
        }
        let (mut parts, mut firsts) = (Vec::new(), vec![0]);
        for text in texts {
            let mut rest = *text;
            // A special token might stand across a cut.
            let whole = text.len() < LONG || tokenizer.has_special(text, allowed);
            while let Some(cut) = tokenizer.pattern().safe_cut(rest, PART).filter(|_| !whole && rest.len() > PART * 2) {
                let (part, after) = rest.split_at(cut);
                parts.push(part);
                rest = after;
            }
            parts.push(rest);
            firsts.push(parts.len());
        }
        Self { texts: Cow::Owned(parts), firsts: Some(firsts) }
    }

    /// Which text part `index` is of.
    fn position(&self, index: usize) -> usize {
        self.firsts.as_ref().map_or(index, |firsts| firsts.partition_point(|&first| first <= index) - 1)
    }
}

/// The bytes of every sequence of ids.
///
/// # Errors
/// As [`Tokenizer::decode_bytes`], for the first sequence that has one; the message names its position.
pub fn decode(
    tokenizer: &Tokenizer,
    sequences: &[&[u32]],
    threads: Option<usize>,
    stop: Stop<'_>,
) -> Result<Vec<Vec<u8>>> {
    let runs = each_run(tokenizer, sequences, threads, stop, |_, run, texts: &mut Vec<Vec<u8>>| {
        for (position, ids) in run.zip_positions(sequences) {
            texts.push(tokenizer.decode_bytes(ids).map_err(|error| at(position, error))?);
        }
        Ok(())
    })?;
    Ok(runs.into_iter().flatten().collect())
}

fn stopped() -> Error {
    Error::new(ErrorKind::Interrupted, "the call was stopped")
}

fn at(position: usize, error: Error) -> Error {
    error.context(format_args!("item {position} of the batch"))
}

/// Some neighbouring items of a batch.
struct Run(std::ops::Range<usize>);

impl Run {
    fn zip_positions<'i, T>(&self, items: &'i [T]) -> impl Iterator<Item = (usize, &'i T)> {
        self.0.clone().zip(&items[self.0.clone()])
    }
}

/// Cuts `items` into runs, calls `work` with each run and a result to fill, on up to `threads` threads, and returns the
/// results in order. On an error no new run is begun; of several errors the one of the first run is returned.
fn each_run<T: Sync, R: Default + Send>(
    tokenizer: &Tokenizer,
    items: &[&[T]],
    threads: Option<usize>,
    stop: Stop<'_>,
    work: impl Fn(&mut Worker, Run, &mut R) -> Result<()> + Sync,
) -> Result<Vec<R>> {
    let bytes: usize = items.iter().map(|item| size_of_val(*item)).sum();
    let threads = self::threads(threads).min(1 + bytes / WORTH_A_THREAD);
    let runs = cut(items);
    if threads == 1 {
        let mut result = R::default();
        tokenizer.workers().with(|worker| {
            runs.into_iter()
                .try_for_each(|run| if stop() { Err(stopped()) } else { work(worker, Run(run), &mut result) })
        })?;
        return Ok(vec![result]);
    }
    let results: Vec<Mutex<Result<R>>> = runs.iter().map(|_| Mutex::new(Ok(R::default()))).collect();
    let next = AtomicUsize::new(0);
    let serve = |stop: Stop<'_>| {
        tokenizer.workers().with(|worker| {
            while !stop() {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(run) = runs.get(index) else { break };
                let mut result = R::default();
                let done = work(worker, Run(run.clone()), &mut result).map(|()| result);
                if done.is_err() {
                    next.store(runs.len(), Ordering::Relaxed);
                }
                *results[index].lock().unwrap_or_else(PoisonError::into_inner) = done;
            }
        });
    };
    let mut stopped_early = false;
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // Without another thread the work is done all the same.
            if std::thread::Builder::new().spawn_scoped(scope, || serve(GO_ON)).is_err() {
                break;
            }
        }
        serve(stop);
        // Stopped is whoever has not come to the end; the others then find no further run.
        stopped_early = next.swap(runs.len(), Ordering::Relaxed) < runs.len();
    });
    if stopped_early {
        return Err(stopped());
    }
    results.into_iter().map(|result| result.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

fn cut<T>(items: &[&[T]]) -> Vec<std::ops::Range<usize>> {
    let (mut runs, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (position, item) in items.iter().enumerate() {
        bytes += size_of_val(*item) + size_of::<&[T]>();
        if bytes >= RUN || position + 1 == items.len() {
            runs.push(start..position + 1);
            (start, bytes) = (position + 1, 0);
        }
    }
    runs
}

fn join(parts: Vec<TokenBatch>) -> TokenBatch {
    let mut parts = parts.into_iter();
    let mut whole = parts.next().unwrap_or_default();
    for part in parts {
        let base = whole.ids.len() as i64;
        whole.ids.extend_from_slice(&part.ids);
        whole.offsets.extend(part.offsets[1..].iter().map(|offset| base + offset));
    }
    whole
}

#[cfg(test)]
mod tests;
