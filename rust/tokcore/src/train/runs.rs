//! Sorted runs of word counts, in memory and in files, and reading any number of them as one.

use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

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
    name: Arc<str>,
    pub(super) footer: Footer,
}

impl Run {
    /// The word counts that `file` holds from byte `start` on.
    pub(super) fn new(file: File, start: u64, name: &str, footer: Footer) -> Self {
        Self { file: Arc::new(Mutex::new(file)), start, name: name.into(), footer }
    }

    /// A reader with a position of its own.
    fn reader(&self) -> Result<Reader<Positioned>> {
        Reader::new(Positioned { run: self.clone(), at: self.start }, &self.name)
    }
}

/// Reads a run's file from a place that other readers of it do not move.
struct Positioned {
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

/// How many words are sorted, and how many visited, before there is a check.
const SORTED: usize = 1 << 19;
const VISITED: u32 = 1 << 14;

/// Calls `visit` with every distinct word in ascending order and the sum of its counts.
pub(super) fn for_each(
    parts: &[Words],
    runs: &[Run],
    check: Check<'_>,
    visit: &mut dyn FnMut(&[u8], u64) -> Result<()>,
) -> Result<()> {
    let mut heads = BinaryHeap::new();
    for words in parts {
        for start in (0..words.len()).step_by(SORTED) {
            let mut order: Vec<u32> = (start as u32..words.len().min(start + SORTED) as u32).collect();
            order.sort_unstable_by(|&a, &b| words.word(a as usize).cmp(words.word(b as usize)));
            heads.extend(Head::Memory { words, order: order.into_iter(), at: 0 }.advance()?);
            check()?;
        }
    }
    for run in runs {
        heads.extend(Head::File { reader: Box::new(run.reader()?), footer: run.footer }.advance()?);
    }
    let (mut word, mut visited) = (vec![], 0u32);
    while let Some(head) = heads.peek() {
        word.clear();
        word.extend_from_slice(head.word());
        let mut sum: u64 = 0;
        while let Some(mut head) = heads.peek_mut().filter(|head| head.word() == word) {
            sum = sum.saturating_add(head.count());
            if !head.step()? {
                PeekMut::pop(head);
            }
        }
        visit(&word, sum)?;
        visited = (visited + 1) % VISITED;
        if visited == 0 {
            check()?;
        }
    }
    Ok(())
}

/// A sorted run at one of its words.
enum Head<'a> {
    Memory { words: &'a Words, order: std::vec::IntoIter<u32>, at: u32 },
    File { reader: Box<Reader<Positioned>>, footer: Footer },
}

impl Head<'_> {
    fn word(&self) -> &[u8] {
        match self {
            Self::Memory { words, at, .. } => words.word(*at as usize),
            Self::File { reader, .. } => reader.word(),
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Memory { words, at, .. } => words.count(*at as usize),
            Self::File { reader, .. } => reader.count(),
        }
    }

    /// Goes to the next word; `false` at the end.
    fn step(&mut self) -> Result<bool> {
        match self {
            Self::Memory { order, at, .. } => Ok(order.next().map(|next| *at = next).is_some()),
            Self::File { reader, footer } => match reader.advance()? {
                true => Ok(true),
                // What stands at the end of the file was believed before the words were read.
                false if reader.footer() == Some(*footer) => Ok(false),
                false => Err(reader.damaged("something follows its end")),
            },
        }
    }

    fn advance(mut self) -> Result<Option<Self>> {
        Ok(self.step()?.then_some(self))
    }
}

/// The head with the lowest word is the greatest.
impl Ord for Head<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.word().cmp(self.word())
    }
}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.word() == other.word()
    }
}

impl Eq for Head<'_> {}
