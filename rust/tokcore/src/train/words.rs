//! Word counts: how often each pre-token was seen, and in what.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::Crc;

use super::ascending::for_each;
use super::file::{FOOTER, Footer, Reader, Writer};
use super::progress::{Check, Phase, Progress, Reporter};
use super::runs::Run;
use super::table::{Table, Words};
use crate::corpus::WORD_COUNTS;
use crate::error::{Error, ErrorKind, Result};
use crate::replacing::Replacing;
use crate::scan::Pattern;
use crate::threads::parallel;

/// What Unix systems answer when a process has as many files open as it may.
const EMFILE: i32 = 24;

/// How much text went into word counts. Sums that would pass 64 bits stay at their end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Documents with any text; one that is read in parts is one.
    pub documents: u64,
    /// Bytes of text that were split, special tokens and separators left out.
    pub bytes: u64,
    /// Pre-tokens, every occurrence counted.
    pub words: u64,
}

impl std::ops::AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.documents = self.documents.saturating_add(other.documents);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.words = self.words.saturating_add(other.words);
    }
}

/// How often each pre-token ("word") of some text was seen under one split pattern. Counts are of 64 bits; where a sum
/// would pass them it stays at their end.
///
/// Words are in memory, in files, or both; one word may be in several places, and its count is the sum.
#[derive(Clone)]
pub struct WordCounts {
    pattern: Pattern,
    pub(super) parts: Vec<Words>,
    pub(super) runs: Vec<Run>,
    /// Whether no word is in two parts.
    pub(super) disjoint: bool,
    totals: Totals,
}

impl WordCounts {
    /// No words yet.
    pub fn new(pattern: Pattern) -> Self {
        Self::from_parts(pattern, vec![], vec![], Totals::default())
    }

    pub(super) fn from_parts(pattern: Pattern, parts: Vec<Words>, runs: Vec<Run>, totals: Totals) -> Self {
        Self { pattern, disjoint: parts.len() <= 1, parts, runs, totals }
    }

    /// Opens a file that [`WordCounts::write`] made. Words stay in the file and are read when they are needed, which
    /// also checks them.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the file cannot be read, [`ErrorKind::Format`] if it is not one of version 1, and
    /// [`ErrorKind::Pattern`] if its pattern does not compile.
    pub fn open(path: &Path) -> Result<Self> {
        let fail = |e: io::Error| {
            let too_many = e.raw_os_error() == Some(EMFILE);
            let error = Error::io(path, e);
            if too_many {
                error.context("bring fewer word counts together at a time, as their files stay open")
            } else {
                error
            }
        };
        let name = path.display().to_string();
        let mut file = File::open(path).map_err(fail)?;
        let pattern = Pattern::new(Reader::new(&file, &name)?.pattern()).map_err(|error| error.context(&name))?;
        let mut footer = [0; FOOTER];
        let end = file.seek(SeekFrom::End(-(FOOTER as i64))).map_err(fail)?;
        file.read_exact(&mut footer).map_err(fail)?;
        let footer = Footer::parse(&footer);
        // Whether it is true is seen when the words are read, but by then memory was set aside for them.
        if !footer.is_likely(end) {
            file.seek(SeekFrom::Start(0)).map_err(fail)?;
            let mut reader = Reader::new(&file, &name)?;
            while reader.advance()? {}
            if reader.footer() != Some(footer) {
                return Err(reader.damaged("something follows its end"));
            }
        }
        let run = Run::new(file, 0, &name, footer).alone(end + FOOTER as u64);
        Ok(Self::from_parts(pattern, vec![], vec![run], footer.totals))
    }

    /// Whether a file begins as those do that [`WordCounts::write`] makes.
    pub fn are_in(path: &Path) -> bool {
        let begins = |file: File| {
            let mut beginning = vec![];
            let read = file.take(WORD_COUNTS.len() as u64).read_to_end(&mut beginning);
            read.is_ok() && beginning == WORD_COUNTS
        };
        // What is no file, a pipe for one, may give what it has but once.
        path != Path::new("-") && path.is_file() && File::open(path).is_ok_and(begins)
    }

    /// Writes a word-count file: beside `path` first, then in place of what may be there.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if that fails, whatever keeps words in files from being read, and [`ErrorKind::Interrupted`] if
    /// `progress` says so.
    pub fn write(&self, path: &Path, progress: &mut dyn Progress) -> Result<()> {
        let (mut file, mut reporter) = (Replacing::new(path)?, Reporter::begin(progress, Phase::Indexing, None)?);
        self.write_to(file.file(), path, &mut || reporter.update(0, None))?;
        file.finish()
    }

    /// The bytes of such a file.
    ///
    /// # Errors
    /// Whatever keeps words in files from being read, and [`ErrorKind::Interrupted`] if `progress` says so.
    pub fn to_bytes(&self, progress: &mut dyn Progress) -> Result<Vec<u8>> {
        let (mut bytes, mut reporter) = (vec![], Reporter::begin(progress, Phase::Indexing, None)?);
        self.write_to(&mut bytes, Path::new("word counts"), &mut || reporter.update(0, None))?;
        Ok(bytes)
    }

    /// Word counts in memory, of the bytes of a file.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] and [`ErrorKind::Pattern`], as [`WordCounts::open`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (mut reader, mut words) = (Reader::new(bytes, "word counts")?, Words::default());
        let pattern = Pattern::new(reader.pattern())?;
        while reader.advance()? {
            words.push(reader.word(), reader.count());
        }
        match reader.footer() {
            Some(footer) if reader.position() == bytes.len() as u64 => {
                Ok(Self::from_parts(pattern, vec![words], vec![], footer.totals))
            }
            _ => Err(reader.damaged("something follows its end")),
        }
    }

    /// Writes the words; errors name `path`.
    pub(super) fn write_to(&self, to: impl Write, path: &Path, check: Check<'_>) -> Result<Footer> {
        let fail = |e| Error::io(path, e);
        let mut writer = Writer::new(BufWriter::with_capacity(1 << 16, to), self.pattern.as_str()).map_err(fail)?;
        for_each(&self.parts, &self.runs, check, &mut |word, count| writer.word(word, count).map_err(fail))?;
        writer.finish(self.totals).map(|(_, footer)| footer).map_err(fail)
    }

    /// Reads words in files, so that all threads can work on them.
    pub(super) fn bring_to_memory(&mut self, check: Check<'_>) -> Result<()> {
        let mut words = Words::default();
        for_each(&self.parts, &self.runs, check, &mut |word, count| {
            words.push(word, count);
            Ok(())
        })?;
        (self.parts, self.runs, self.disjoint) = (vec![words], vec![], true);
        Ok(())
    }

    /// The CRC-32 of all words with their counts, in ascending order. Sorts those in memory.
    pub(super) fn checksum(&self, check: Check<'_>) -> Result<u32> {
        let mut crc = Crc::new();
        for_each(&self.parts, &self.runs, check, &mut |word, count| {
            crc.update(&(word.len() as u64).to_le_bytes());
            crc.update(word);
            crc.update(&count.to_le_bytes());
            Ok(())
        })?;
        Ok(crc.sum())
    }

    /// Calls `visit` with every distinct word, in ascending order of its bytes, and its count.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] or [`ErrorKind::Format`] if words in files cannot be read; what `visit` gives.
    pub fn for_each(&self, visit: &mut dyn FnMut(&[u8], u64) -> Result<()>) -> Result<()> {
        for_each(&self.parts, &self.runs, &mut || Ok(()), visit)
    }

    /// Counts made elsewhere. Words are counted as given: the pattern is not applied again.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`] for an empty word.
    pub fn from_counts<W: AsRef<[u8]>>(pattern: Pattern, counts: impl IntoIterator<Item = (W, u64)>) -> Result<Self> {
        let (mut table, mut totals) = (Table::new(), Totals::default());
        for (word, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            let word = word.as_ref();
            if word.is_empty() {
                return Err(Error::new(ErrorKind::Argument, "a word is empty: pre-tokens have at least one byte"));
            }
            table.add(word, count);
            totals.words = totals.words.saturating_add(count);
            totals.bytes = totals.bytes.saturating_add(count.saturating_mul(word.len() as u64));
        }
        Ok(Self::from_parts(pattern, vec![table.finish()], vec![], totals))
    }

    /// The pattern that split the text.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// How much text was counted.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Adds the counts of other text.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`] if the other text was split by another pattern.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        if self.pattern.as_str() != other.pattern.as_str() {
            let why = format!(
                "word counts of different split patterns cannot be merged: {:?} and {:?}",
                self.pattern.as_str(),
                other.pattern.as_str()
            );
            return Err(Error::new(ErrorKind::Argument, why));
        }
        self.disjoint = self.disjoint && other.disjoint && (self.parts.is_empty() || other.parts.is_empty());
        self.parts.extend(other.parts);
        self.runs.extend(other.runs);
        self.totals += other.totals;
        Ok(())
    }

    /// The bytes of all words and how many they are, each counted as often as it is in a place of its own.
    pub(super) fn size(&self) -> (u64, u64) {
        let parts = self.parts.iter().map(|words| (words.bytes() as u64, words.len() as u64));
        let runs = self.runs.iter().map(|run| (run.footer.word_bytes, run.footer.distinct));
        parts.chain(runs).fold((0, 0), |sum, (bytes, words)| (sum.0 + bytes, sum.1 + words))
    }
}

impl std::fmt::Debug for WordCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WordCounts({:?}, pattern {:?})", self.totals, self.pattern.as_str())
    }
}

/// Brings the counts of each word together, in `shards` parts that share no word, with the work on as many threads.
pub(super) fn merge(mut parts: Vec<Words>, shards: usize) -> Vec<Words> {
    if shards == 1 && parts.len() <= 1 {
        return vec![parts.pop().unwrap_or_else(|| Table::new().finish())];
    }
    parallel(0..shards, |shard| merge_shard(&parts, shard, shards))
}

fn merge_shard(parts: &[Words], shard: usize, shards: usize) -> Words {
    let most = parts.iter().map(Words::len).max().unwrap_or(0);
    let mut table = Table::with_capacity(most / shards);
    parts.iter().for_each(|words| table.add_shard(words, shard, shards));
    table.finish()
}

#[cfg(test)]
mod tests;
