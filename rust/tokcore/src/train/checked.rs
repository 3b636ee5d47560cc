//! Whether documents are those that a checkpoint was made of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use flate2::Crc;

use super::progress::Reporter;
use crate::corpus::{Batch, Documents};
use crate::error::{Error, ErrorKind, Result};

/// How many documents, and the CRC-32 of them, each with its length in bytes (u64, little-endian) before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) documents: u64,
    pub(super) checksum: u32,
}

/// Documents of which the first are to be what they were when a mark was made.
pub(super) struct Checked<'a> {
    inner: &'a mut dyn Documents,
    expected: Mark,
    crc: Crc,
    documents: u64,
    checksum: Arc<AtomicU32>,
}

impl<'a> Checked<'a> {
    pub(super) fn new(inner: &'a mut dyn Documents, expected: Mark) -> Self {
        Self { inner, expected, crc: Crc::new(), documents: 0, checksum: Arc::default() }
    }

    /// The checksum of what has been read whenever it is looked at.
    pub(super) fn checksum(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.checksum)
    }

    /// What has been read.
    pub(super) fn mark(&self) -> Mark {
        Mark { documents: self.documents, checksum: self.crc.sum() }
    }

    /// Reads all documents, which are to be what was expected and nothing else.
    ///
    /// # Errors
    /// As [`Documents::next_batch`]; and if `reporter` has it stopped.
    pub(super) fn read_to_end(mut self, reporter: &mut Reporter<'_>) -> Result<()> {
        let mut batch = Batch::default();
        while self.next_batch(&mut batch)? {
            let (done, total) = self.progress();
            reporter.update(done, total)?;
        }
        if self.mark() == self.expected { Ok(()) } else { Err(others()) }
    }
}

impl Documents for Checked<'_> {
    fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
        let more = self.inner.next_batch(batch)?;
        for document in batch.documents() {
            self.crc.update(&(document.len() as u64).to_le_bytes());
            self.crc.update(document);
            self.documents += 1;
            if self.documents == self.expected.documents && self.mark() != self.expected {
                return Err(others());
            }
        }
        self.checksum.store(self.crc.sum(), Ordering::Relaxed);
        if more || self.documents >= self.expected.documents { Ok(more) } else { Err(others()) }
    }

    fn keep_whole(&mut self) {
        self.inner.keep_whole();
    }

    fn identity(&self) -> Result<Option<String>> {
        self.inner.identity()
    }

    fn progress(&self) -> (u64, Option<u64>) {
        self.inner.progress()
    }
}

fn others() -> Error {
    let why = "the checkpoint is of other documents than these: name another file, or remove it";
    Error::new(ErrorKind::Argument, why)
}
