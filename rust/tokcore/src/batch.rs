//! Many texts at once, on several threads.
//!
//! Threads sleep between calls, and a forked process has its own, so a process may fork. Texts are handed out in runs through
//! one atomic counter; results are put together in the order of the texts, so they are the same for any number of threads.

mod gather;
mod runs;
mod uncached;

use std::borrow::Cow;
use std::ops::Range;

use self::gather::{Encoded, Ids};
pub use self::runs::Next;
use self::runs::{each_run, stopped};
use crate::bpe::{Count, Worker};
use crate::error::{Error, Result};
use crate::special::Specials;
use crate::text::Text;
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

/// Whether the caller wants a call to stop. It is asked on the calling thread, every 32 KiB or so of text; a call that
/// is stopped fails with [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted).
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
    texts: &[Text<'_>],
    allowed: &Specials,
    threads: Option<usize>,
    stop: Stop<'_>,
) -> Result<TokenBatch> {
    let Encoded { ids, offsets } = encoded(tokenizer, texts, allowed, threads, stop)?;
    Ok(TokenBatch { ids, offsets })
}

/// The number of ids of every text, special tokens in `allowed` counted as one each.
///
/// # Errors
/// As [`encode`].
pub fn count(
    tokenizer: &Tokenizer,
    texts: &[Text<'_>],
    allowed: &Specials,
    threads: Option<usize>,
    stop: Stop<'_>,
) -> Result<Vec<i64>> {
    let Encoded::<Count> { offsets, .. } = encoded(tokenizer, texts, allowed, threads, stop)?;
    Ok(offsets.windows(2).map(|pair| pair[1] - pair[0]).collect())
}

/// The ids of every text, or only how many there are.
fn encoded<S: Ids>(
    tokenizer: &Tokenizer,
    texts: &[Text<'_>],
    allowed: &Specials,
    threads: Option<usize>,
    stop: Stop<'_>,
) -> Result<Encoded<S>> {
    let parts = Parts::new(tokenizer, texts, allowed);
    let none = &Specials::None;
    let mut all = each_run(tokenizer, &parts.texts, threads, stop, None, |worker, run, encoded: &mut Encoded<S>| {
        encode_run(tokenizer, &parts, (allowed, none), worker, run, encoded)
    })?;
    if let Some(firsts) = &parts.firsts {
        all.offsets = firsts.iter().map(|&first| all.offsets[first]).collect();
    }
    Ok(all)
}

/// Calls `take` on the calling thread with the ids of some texts at a time, in order, and their offsets, while other threads
/// work on those that follow. The ids are those of [`encode`]; on an error some may have been taken. In no text may be one
/// of `disallowed`.
///
/// # Errors
/// As [`encode`] and [`Tokenizer::check`], and [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) if `take` stops the
/// call.
pub fn encode_each(
    tokenizer: &Tokenizer,
    texts: &[Text<'_>],
    (allowed, disallowed): (&Specials, &Specials),
    threads: Option<usize>,
    stop: Stop<'_>,
    mut take: impl FnMut(&[u32], &[i64]) -> Next,
) -> Result<()> {
    let parts = Parts::new(tokenizer, texts, allowed);
    let left = if parts.firsts.is_some() {
        // Neither need parts of a text come together, nor would what is disallowed be in one of them.
        let mut utf8 = Vec::new();
        texts.iter().try_for_each(|text| tokenizer.check(text.utf8(&mut utf8), disallowed))?;
        encoded(tokenizer, texts, allowed, threads, stop)?
    } else {
        let mut deliver = |some: &mut Encoded<Vec<u32>>| {
            let next = take(&some.ids, &some.offsets);
            some.clear();
            next
        };
        each_run(tokenizer, texts, threads, stop, Some(&mut deliver), |worker, run, encoded| {
            encode_run(tokenizer, &parts, (allowed, disallowed), worker, run, encoded)
        })?
    };
    match take(&left.ids, &left.offsets) {
        Next::Stop => Err(stopped()),
        _ => Ok(()),
    }
}

/// Adds the ids of the texts of a run.
fn encode_run<S: Ids>(
    tokenizer: &Tokenizer,
    parts: &Parts<'_>,
    (allowed, disallowed): (&Specials, &Specials),
    worker: &mut Worker,
    run: Range<usize>,
    Encoded { ids, offsets }: &mut Encoded<S>,
) -> Result<()> {
    let (model, pattern, texts) = (tokenizer.model(), tokenizer.pattern(), &parts.texts[run.clone()]);
    let refused = |all: &[u8]| tokenizer.has_special(all, allowed) || tokenizer.check(all, disallowed).is_err();
    if worker.encode_joined(model, pattern, texts, refused, ids, |given| offsets.push(given as i64))? {
        return Ok(());
    }
    let first = offsets.len();
    worker.begin();
    for index in run {
        if let Some(next) = parts.texts.get(index + 1) {
            next.expect();
        }
        worker.with_utf8(&parts.texts[index], |worker, text| {
            tokenizer.check(text, disallowed)?;
            let done = tokenizer.encode_ahead(worker, text, allowed, ids);
            done.map_err(|error| at(parts.position(index), error))
        })?;
        worker.end_text();
        offsets.push(ids.given() as i64);
    }
    worker.settle(model, ids);
    offsets[first..].iter_mut().zip(worker.ends()).for_each(|(offset, &more)| *offset += more as i64);
    Ok(())
}

/// Texts of at least this many bytes are cut into parts, if they are bytes or UTF-8.
pub const LONG: usize = 1 << 20;
/// About as many bytes are in a part.
const PART: usize = 256 << 10;

/// Texts, the long ones cut into parts that are encoded alone: for several threads, and to be stopped between them.
struct Parts<'t> {
    texts: Cow<'t, [Text<'t>]>,
    /// Each text's first part, and one past the last text's last; `None` if no text is cut.
    firsts: Option<Vec<usize>>,
}

impl<'t> Parts<'t> {
    fn new(tokenizer: &Tokenizer, texts: &'t [Text<'t>], allowed: &Specials) -> Self {
        if !texts.iter().any(|text| text.size() >= LONG) {
            return Self { texts: Cow::Borrowed(texts), firsts: None };
        }
        let (mut parts, mut firsts) = (Vec::new(), vec![0]);
        for text in texts {
            let bytes = match text {
                Text::Bytes(bytes) => Some(*bytes),
                Text::Utf8(text) => Some(text.as_bytes()),
                _ => None,
            };
            // A special token might stand across a cut.
            if let Some(mut rest) = bytes.filter(|text| text.len() >= LONG && !tokenizer.has_special(text, allowed)) {
                let mut near = PART;
                while rest.len() > near + PART {
                    // Where there is no place to cut at there may be one further on.
                    let Some(cut) = tokenizer.pattern().safe_cut(rest, near) else {
                        near += PART;
                        continue;
                    };
                    let (part, after) = rest.split_at(cut);
                    parts.push(Text::Bytes(part));
                    (rest, near) = (after, PART);
                }
                parts.push(Text::Bytes(rest));
            } else {
                parts.push(*text);
            }
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
    each_run(tokenizer, sequences, threads, stop, None, |_, run, texts: &mut Vec<Vec<u8>>| {
        for index in run {
            texts.push(tokenizer.decode_bytes(sequences[index]).map_err(|error| at(index, error))?);
        }
        Ok(())
    })
}

fn at(position: usize, error: Error) -> Error {
    error.context(format_args!("item {position} of the batch"))
}

#[cfg(test)]
mod tests;
