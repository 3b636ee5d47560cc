//! Files and iterators -> documents, in bounded memory.
//!
//! A source is read in batches of whole documents, about [`BATCH_BYTES`] at a time, so that any number of threads can
//! each take the next batch while no file is ever held whole. A document is a stretch of text that pre-tokens never
//! cross: the text between two separators, one line's field of a JSON Lines file, or one string of a program.

mod cut;
mod files;
mod gzip;
mod input;
mod jsonl;
mod text;

use std::ops::Range;

pub use files::{Files, Format, Options};

use crate::error::Result;

/// How much text a batch holds, unless one document is longer.
pub const BATCH_BYTES: usize = 1 << 20;

/// The document separator of plain text files, unless another is asked for.
pub const SEPARATOR: &str = "<|endoftext|>";

/// How word-count files begin, which are no text.
pub const WORD_COUNTS: &[u8] = b"tokcore word counts ";

/// A run of documents and the text that holds them.
#[derive(Debug, Default)]
pub struct Batch {
    text: Vec<u8>,
    documents: Vec<Range<usize>>,
    /// Whether the text begins in the middle of a document, the rest of which was in the batch before.
    continues: bool,
}

impl Batch {
    /// Appends a copy of one document; an empty one is left out.
    pub fn push(&mut self, document: &[u8]) {
        let start = self.text.len();
        self.text.extend_from_slice(document);
        self.mark(start..self.text.len());
    }

    /// The documents, in order.
    pub fn documents(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.documents.iter().map(|range| &self.text[range.clone()])
    }

    /// How many documents begin in this batch: one that was cut counts where it begins.
    pub fn begun(&self) -> u64 {
        let continued = self.continues && self.documents.first().is_some_and(|first| first.start == 0);
        self.documents.len() as u64 - u64::from(continued)
    }

    /// The bytes of text held.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Forgets the documents and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.documents.clear();
        self.continues = false;
    }

    /// Drops the first `count` documents, all of them if there are fewer; returns how many were dropped.
    pub fn skip(&mut self, count: u64) -> u64 {
        let dropped = usize::try_from(count).unwrap_or(usize::MAX).min(self.documents.len());
        self.documents.drain(..dropped);
        dropped as u64
    }

    fn mark(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.documents.push(range);
        }
    }
}

/// A source of documents.
pub trait Documents: Send {
    /// Replaces what `batch` holds by the next documents; `false`, and an empty batch, at the end.
    ///
    /// # Errors
    /// Whatever kept the source from being read, naming the file and the line where there is one.
    fn next_batch(&mut self, batch: &mut Batch) -> Result<bool>;

    /// Lets documents come whole, however long they are; otherwise they may be cut where no split pattern of a published
    /// encoding takes a pre-token across. To be called before the first batch.
    fn keep_whole(&mut self) {}

    /// What tells these documents from others without their being read whole, such as files' names and sizes.
    ///
    /// # Errors
    /// Whatever keeps the source from being looked at.
    fn identity(&self) -> Result<Option<String>> {
        Ok(None)
    }

    /// How far reading has come, and the whole if it is known, in bytes of the source (compressed where it is).
    fn progress(&self) -> (u64, Option<u64>) {
        (0, None)
    }
}

/// Documents that are in memory already.
#[derive(Debug)]
pub struct Texts<'a, T> {
    texts: &'a [T],
    next: usize,
    read: u64,
}

impl<'a, T: AsRef<[u8]> + Sync> Texts<'a, T> {
    /// Each text is one document.
    pub fn new(texts: &'a [T]) -> Self {
        Self { texts, next: 0, read: 0 }
    }

    /// The next text, alone.
    pub(crate) fn next_text(&mut self) -> Option<&'a [u8]> {
        let text = self.texts.get(self.next)?.as_ref();
        self.next += 1;
        self.read += text.len() as u64;
        Some(text)
    }
}

impl<T: AsRef<[u8]> + Sync> Documents for Texts<'_, T> {
    fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.clear();
        while batch.bytes() < BATCH_BYTES
            && let Some(text) = self.next_text()
        {
            batch.push(text);
        }
        Ok(!batch.is_empty() || self.next < self.texts.len())
    }

    fn progress(&self) -> (u64, Option<u64>) {
        (self.read, Some(self.texts.iter().map(|t| t.as_ref().len() as u64).sum()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_in_order_without_the_empty_ones() {
        let texts: Vec<Vec<u8>> = (0..300).map(|i| vec![b'a'; (i * 37) % 9000]).collect();
        let mut source = Texts::new(&texts);
        let (mut batch, mut seen) = (Batch::default(), vec![]);
        while source.next_batch(&mut batch).unwrap() {
            seen.extend(batch.documents().map(<[u8]>::to_vec));
        }
        assert_eq!(seen, texts.iter().filter(|t| !t.is_empty()).cloned().collect::<Vec<_>>());
        assert!(batch.is_empty());
        let (read, total) = source.progress();
        assert_eq!(Some(read), total);
    }

    #[test]
    fn skipping_drops_documents_from_the_front() {
        let mut batch = Batch::default();
        ["ab", "", "c", "d"].iter().for_each(|t| batch.push(t.as_bytes()));
        assert_eq!(batch.skip(2), 2);
        assert_eq!(batch.documents().collect::<Vec<_>>(), [b"d"]);
        assert_eq!(batch.skip(9), 1);
    }
}
