//! A file from which training that was cut short goes on.
//!
//! Version 3, numbers little-endian: `tokcore checkpoint 3\n`; what is trained, as a SHA-256 (32 bytes); whether all
//! text is counted (one byte, 0 or 1), of how many documents the counts are (u64) and the checksum of these (u32, see
//! [`Mark`]); the counts, as a [word-count file](super::file); then, once merging has begun, blocks of merges: how many (u32), for each the pair of
//! ids (u32 each) and how often it occurred (u64), and the CRC-32 of the block so far (u32).
//!
//! While text is counted the file is written anew beside itself and renamed, so there is always a whole one. Merges are
//! appended; a block that a kill has cut short fails its checksum, and is dropped with what follows it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::Crc;

use super::checked::Mark;
use super::file::Reader;
use super::merge::Merged;
use super::progress::Check;
use super::runs::Run;
use super::words::WordCounts;
use crate::error::{Error, ErrorKind, Result};
use crate::replacing::Replacing;
use crate::scan::Pattern;

/// Where training leaves a checkpoint, and how often.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// The file: training goes on from it if it is there, and leaves it when done.
    pub path: PathBuf,
    /// The least time between two checkpoints; saving takes a tenth of the time at most.
    pub interval: Duration,
}

impl Checkpoint {
    /// A checkpoint every half minute.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), interval: Duration::from_secs(30) }
    }
}

const MAGIC: &[u8; 21] = b"tokcore checkpoint 3\n";

/// How many bytes stand before the counts.
const HEAD: usize = MAGIC.len() + 32 + 1 + 8 + 4;

/// What a checkpoint holds.
pub(super) struct Saved {
    pub(super) counts: WordCounts,
    pub(super) mark: Mark,
    pub(super) complete: bool,
    pub(super) merged: Merged,
    /// Where the next block of merges goes.
    pub(super) end: u64,
}

impl Saved {
    /// The state before any text.
    pub(super) fn new(pattern: Pattern) -> Self {
        Self {
            counts: WordCounts::new(pattern),
            mark: Mark::default(),
            complete: false,
            merged: Merged::default(),
            end: 0,
        }
    }
}

/// Writes the counts of the documents that `mark` stands for; they are then read from the new file.
pub(super) fn save(
    path: &Path,
    identity: &[u8; 32],
    counts: &mut WordCounts,
    mark: Mark,
    complete: bool,
    check: Check<'_>,
) -> Result<u64> {
    let fail = |e| Error::io(path, e);
    let mut write = || {
        let mut beside = Replacing::new(path)?;
        let file = beside.file();
        file.write_all(MAGIC).and_then(|()| file.write_all(identity)).map_err(fail)?;
        file.write_all(&[complete.into()]).map_err(fail)?;
        file.write_all(&mark.documents.to_le_bytes()).map_err(fail)?;
        file.write_all(&mark.checksum.to_le_bytes()).map_err(fail)?;
        let footer = counts.write_to(&mut *file, path, check)?;
        let end = file.stream_position().map_err(fail)?;
        let run = Run::new(file.try_clone().map_err(fail)?, HEAD as u64, &path.display().to_string(), footer);
        beside.finish()?;
        Ok((run, end))
    };
    let (run, end) = write().map_err(|error: Error| error.context("cannot write the checkpoint"))?;
    counts.parts.clear();
    counts.runs = vec![run];
    Ok(end)
}

/// Reads a checkpoint, if there is one.
///
/// # Errors
/// [`ErrorKind::Argument`] if it is of another training, [`ErrorKind::Format`] if it is none or damaged.
pub(super) fn load(path: &Path, identity: &[u8; 32], pattern: &Pattern) -> Result<Option<Saved>> {
    let fail = |e| Error::io(path, e);
    let refuse = |kind, why| Err(Error::new(kind, format!("{}: {why}", path.display())));
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return refuse(ErrorKind::Io, "is not a regular file: name another file");
    }
    let mut file = match File::open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(fail)?,
    };
    let mut head = vec![];
    (&file).take(HEAD as u64).read_to_end(&mut head).map_err(fail)?;
    if head.len() < HEAD || !head.starts_with(MAGIC) {
        let other = head.starts_with(&MAGIC[..MAGIC.len() - 2]);
        let why = if other { "is a checkpoint of another version of tokcore" } else { "is not a tokcore checkpoint" };
        return refuse(ErrorKind::Format, &format!("{why}: name another file"));
    }
    if &head[MAGIC.len()..][..identity.len()] != identity {
        let why = "is the checkpoint of a training with other settings or files: name another file, or remove it";
        return refuse(ErrorKind::Argument, why);
    }
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    let complete = head[HEAD - 13] == 1;
    let mark = Mark { documents: number(&head[HEAD - 12..HEAD - 4]), checksum: number(&head[HEAD - 4..]) as u32 };
    let name = path.display().to_string();
    let mut reader = Reader::new(&file, &name)?;
    while reader.advance()? {}
    let (end, footer) = (HEAD as u64 + reader.position(), reader.footer().unwrap_or_default());
    let mut blocks = vec![];
    file.seek(SeekFrom::Start(end)).and_then(|_| file.read_to_end(&mut blocks)).map_err(fail)?;
    let (merged, whole) = read_merges(&blocks);
    let counts = WordCounts::from_parts(
        pattern.clone(),
        vec![],
        vec![Run::new(file, HEAD as u64, &name, footer)],
        footer.totals,
    );
    Ok(Some(Saved { counts, mark, complete, merged, end: end + whole as u64 }))
}

/// How many bytes a merge takes.
const MERGE: usize = 16;

/// The merges of all blocks up to the first that is not whole, and where that begins.
fn read_merges(bytes: &[u8]) -> (Merged, usize) {
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (mut merged, mut at) = (Merged::default(), 0);
    while let Some(count) = number(at) {
        let end = at + 4 + count as usize * MERGE;
        if number(end).is_none_or(|sum| sum != crc(&bytes[at..end])) {
            break;
        }
        for merge in bytes[at + 4..end].chunks_exact(MERGE) {
            let part =
                |at: usize, len: usize| merge[at..at + len].iter().rev().fold(0, |sum, &b| sum << 8 | u64::from(b));
            merged.merges.push((part(0, 4) as u32, part(4, 4) as u32));
            merged.frequencies.push(part(8, 8));
        }
        at = end + 4;
    }
    (merged, at)
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Appends merges to a checkpoint.
pub(super) struct Log {
    file: File,
    path: PathBuf,
    saved: usize,
    last: Instant,
    interval: Duration,
}

impl Log {
    /// Opens a checkpoint whose last whole block ends at `end` and which holds `saved` merges.
    pub(super) fn open(checkpoint: &Checkpoint, end: u64, saved: usize) -> Result<Self> {
        let fail = |e| Error::io(&checkpoint.path, e);
        let mut file = OpenOptions::new().write(true).open(&checkpoint.path).map_err(fail)?;
        file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end))).map_err(fail)?;
        let Checkpoint { path, interval } = checkpoint.clone();
        Ok(Self { file, path, saved, last: Instant::now(), interval })
    }

    /// Appends the merges that are new, if the last time is long enough ago.
    pub(super) fn update(&mut self, merged: &Merged) -> Result<()> {
        if self.last.elapsed() < self.interval { Ok(()) } else { self.append(merged) }
    }

    /// Appends the merges that are new.
    pub(super) fn append(&mut self, merged: &Merged) -> Result<()> {
        let new = merged.merges.iter().zip(&merged.frequencies).skip(self.saved);
        if new.len() == 0 {
            return Ok(());
        }
        let mut block = (new.len() as u32).to_le_bytes().to_vec();
        for ((left, right), count) in new {
            block.extend([left.to_le_bytes(), right.to_le_bytes()].concat());
            block.extend(count.to_le_bytes());
        }
        block.extend(crc(&block).to_le_bytes());
        let written = self.file.write_all(&block).and_then(|()| self.file.sync_data());
        written.map_err(|e| Error::io(&self.path, e).context("cannot write the checkpoint"))?;
        (self.saved, self.last) = (merged.merges.len(), Instant::now());
        Ok(())
    }
}
