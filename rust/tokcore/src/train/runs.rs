//! Sorted runs of word counts in files.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::ascending::for_each;
use super::file::{Footer, Reader, Writer};
use super::progress::Check;
use super::table::Words;
use super::words::Totals;
use crate::error::{Error, Result};

/// Word counts in a file that stays open, so that it may be replaced or have no name.
#[derive(Clone)]
pub(super) struct Run {
    file: Arc<Mutex<File>>,
    start: u64,
    /// How many bytes it has, where that is known without reading it.
    len: Option<u64>,
    name: Arc<str>,
    pub(super) footer: Footer,
}

impl Run {
    /// The word counts that `file` holds from byte `start` on.
    pub(super) fn new(file: File, start: u64, name: &str, footer: Footer) -> Self {
        Self { file: Arc::new(Mutex::new(file)), start, len: None, name: name.into(), footer }
    }

    /// The same in a file of its own, of so many bytes.
    pub(super) fn alone(self, len: u64) -> Self {
        Self { len: Some(len), ..self }
    }

    /// Whether a reader that came to its end read all of it, with the end that was expected.
    pub(super) fn is_whole(&self, reader: &Reader<Positioned>) -> bool {
        reader.footer() == Some(self.footer) && self.len.is_none_or(|len| len == reader.position())
    }

    /// A reader with a position of its own.
    pub(super) fn reader(&self) -> Result<Reader<Positioned>> {
        Reader::new(Positioned { run: self.clone(), at: self.start }, &self.name)
    }
}

/// Reads a run's file from a place that other readers of it do not move.
pub(super) struct Positioned {
    run: Run,
    at: u64,
}

impl std::io::Read for Positioned {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let n = read_at(&self.run.file, to, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// Reads without the position of the file, which a forked process shares.
#[cfg(unix)]
fn read_at(file: &Mutex<File>, to: &mut [u8], at: u64) -> std::io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(&*file.lock().unwrap_or_else(PoisonError::into_inner), to, at)
}

#[cfg(not(unix))]
fn read_at(file: &Mutex<File>, to: &mut [u8], at: u64) -> std::io::Result<usize> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(at))?;
    file.read(to)
}

/// Writes words in memory to a file without a name in `directory`, which the system removes with the process.
pub(super) fn spill(words: &Words, pattern: &str, directory: &Path, check: Check<'_>) -> Result<Run> {
    merge_to_disk(std::slice::from_ref(words), &[], pattern, directory, check)
}

/// Brings parts and runs together in one file as [`spill`] makes them.
pub(super) fn merge_to_disk(
    parts: &[Words],
    runs: &[Run],
    pattern: &str,
    directory: &Path,
    check: Check<'_>,
) -> Result<Run> {
    let fail = |e| Error::io(directory, e).context("cannot write word counts to the directory for temporary files");
    let file = tempfile::tempfile_in(directory).map_err(fail)?;
    let mut writer = Writer::new(BufWriter::with_capacity(1 << 16, file), pattern).map_err(fail)?;
    for_each(parts, runs, check, &mut |word, count| writer.word(word, count).map_err(fail))?;
    let (file, footer) = writer.finish(Totals::default()).map_err(fail)?;
    let file = file.into_inner().map_err(|e| fail(e.into_error()))?;
    Ok(Run::new(file, 0, "spilled word counts", footer))
}
