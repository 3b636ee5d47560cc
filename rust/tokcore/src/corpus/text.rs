//! Plain text: documents between separators.

use memchr::memmem;

use super::input::Input;
use super::{BATCH_BYTES, Batch, WORD_COUNTS, cut};
use crate::error::{Error, ErrorKind, Result};

/// A document longer than this is cut at a safe place (see `cut`), so that it need not be held whole, unless it must be.
const MAX_DOCUMENT: usize = 2 << 20;

/// Reads one file's documents.
pub(super) struct Text {
    input: Input,
    separator: Vec<u8>,
    /// What was read and belongs to the next batch.
    carry: Vec<u8>,
    /// Whether what comes next is the rest of a document that was cut.
    cut: bool,
    begun: bool,
    ended: bool,
    /// Whether documents must not be cut.
    whole: bool,
}

impl Text {
    pub(super) fn new(input: Input, separator: Option<&str>, whole: bool) -> Self {
        let separator = separator.unwrap_or_default().as_bytes().to_vec();
        Self { input, separator, carry: vec![], cut: false, begun: false, ended: false, whole }
    }

    /// Fills `batch`, which is empty, with the next documents; `false` at the end of the file.
    pub(super) fn fill(&mut self, batch: &mut Batch) -> Result<bool> {
        if self.ended && self.carry.is_empty() {
            return Ok(false);
        }
        std::mem::swap(&mut batch.text, &mut self.carry);
        self.carry.clear();
        batch.continues = std::mem::take(&mut self.cut);
        let mut start = 0;
        loop {
            let (first, limit) = (!std::mem::replace(&mut self.begun, true), BATCH_BYTES.max(batch.text.len()));
            self.ended |= self.input.read(limit, &mut batch.text)? < limit;
            if first && batch.text.starts_with(WORD_COUNTS) {
                let path = self.input.path().display();
                let why = format!(
                    "{path}: holds word counts, no text: give it uncompressed, by its name, and no text with it"
                );
                return Err(Error::new(ErrorKind::Argument, why));
            }
            let before = start;
            start = self.mark(start, batch);
            if self.ended {
                batch.mark(start..batch.text.len());
                return Ok(true);
            }
            let whole = if start > before { Some(start) } else { self.cut(&batch.text)? };
            if let Some(whole) = whole {
                self.cut = start == before;
                batch.mark(start..whole);
                self.carry.extend_from_slice(&batch.text[whole..]);
                batch.text.truncate(whole);
                return Ok(true);
            }
        }
    }

    /// Marks the documents that a separator ends, from the document that begins at `start`; returns where the next
    /// begins. Separators are found from the left, so "<<" separates "<<<" into "" and "<".
    fn mark(&self, mut start: usize, batch: &mut Batch) -> usize {
        if self.separator.is_empty() {
            return start;
        }
        let text = std::mem::take(&mut batch.text);
        for at in memmem::find_iter(&text[start..], &self.separator).map(|at| at + start).collect::<Vec<_>>() {
            batch.mark(start..at);
            start = at + self.separator.len();
        }
        batch.text = text;
        start
    }

    /// A place to cut a text that is one document so far, if it is long enough and has one.
    fn cut(&self, text: &[u8]) -> Result<Option<usize>> {
        // What may be the beginning of a separator stays with what follows it.
        let end = text.len().saturating_sub(self.separator.len());
        let at = if self.whole || text.len() < MAX_DOCUMENT { None } else { cut::last(&text[..end]) };
        if at.is_none() && text.len() > u32::MAX as usize / 2 {
            let why = format!(
                "{}: a document of over 2 GiB cannot be read in parts where the split pattern or a special token is not \
                 known to end at a line break or a space between letters, or it has none: give the separator that it has",
                self.input.path().display()
            );
            return Err(Error::new(ErrorKind::Argument, why));
        }
        Ok(at)
    }
}
