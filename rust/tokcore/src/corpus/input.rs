//! Opening a file, plain or compressed, as a stream of bytes that knows how far it is.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Crc;

use super::gzip::Members;
use crate::error::{Error, ErrorKind, Result};

/// The magic bytes at the start of a gzip member (RFC 1952) and of a Zstandard frame (RFC 8878).
const GZIP: [u8; 2] = [0x1F, 0x8B];
const ZSTD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// How skippable frames begin, which may come first: pzstd tells the size of the next frame in one. The low half of the
/// first byte is free.
const SKIPPABLE: [u8; 4] = [0x50, 0x2A, 0x4D, 0x18];

fn is_zstd(magic: &[u8]) -> bool {
    magic == ZSTD || matches!(magic, [first, rest @ ..] if first & 0xF0 == SKIPPABLE[0] && rest == &SKIPPABLE[1..])
}

/// An open file, decompressed if its first bytes say that it is gzip or Zstandard.
pub(super) struct Input {
    path: PathBuf,
    stream: Box<dyn Read + Send>,
}

impl Input {
    /// Opens `path` (`-` is standard input) and adds to `read` whatever is read from it, before decompression.
    pub(super) fn open(path: &Path, read: &Arc<AtomicU64>) -> Result<Self> {
        let fail = |e| Error::io(path, e);
        let file: Box<dyn Read + Send> = if path == Path::new("-") {
            Box::new(io::stdin())
        } else {
            metadata(path)?;
            Box::new(File::open(path).map_err(fail)?)
        };
        let mut file = Counted { file, read: Arc::clone(read) };
        let mut magic = Vec::with_capacity(4);
        file.by_ref().take(4).read_to_end(&mut magic).map_err(fail)?;
        let (gzip, zstd) = (magic.starts_with(&GZIP), is_zstd(&magic));
        let whole = BufReader::with_capacity(1 << 16, io::Cursor::new(magic).chain(file));
        let stream: Box<dyn Read + Send> = if gzip {
            Box::new(Members::new(whole))
        } else if zstd {
            Box::new(zstd::stream::read::Decoder::with_buffer(whole).map_err(fail)?)
        } else {
            Box::new(whole)
        };
        Ok(Self { path: path.into(), stream })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends at most `limit` bytes to `to`; fewer only at the end of the input. Returns how many.
    pub(super) fn read(&mut self, limit: usize, to: &mut Vec<u8>) -> Result<usize> {
        let mut limited = (&mut self.stream).take(limit as u64);
        limited.read_to_end(to).map_err(|e| {
            let remedy = matches!(e.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput);
            let error = Error::io(&self.path, e);
            if remedy { error.context("a compressed file ends early or is damaged") } else { error }
        })
    }
}

/// The CRC-32 of some of a file's bytes, from its beginning to its end: another file of its size has another, mostly.
pub(super) fn sample(path: &Path, size: u64) -> Result<u32> {
    let fail = |e| Error::io(path, e);
    let (mut file, mut crc, mut bytes) = (File::open(path).map_err(fail)?, Crc::new(), vec![]);
    for part in 0..SAMPLES {
        let start = u128::from(size.saturating_sub(SAMPLE)) * u128::from(part) / u128::from(SAMPLES - 1);
        bytes.clear();
        file.seek(SeekFrom::Start(start as u64)).map_err(fail)?;
        file.by_ref().take(SAMPLE).read_to_end(&mut bytes).map_err(fail)?;
        crc.update(&bytes);
    }
    Ok(crc.sum())
}

/// How many stretches of a file are looked at, and how many bytes each has.
const SAMPLES: u64 = 8;
const SAMPLE: u64 = 4 << 10;

/// What kind of file it is. Refuses what opens but cannot be read as text.
pub(super) fn metadata(path: &Path) -> Result<Metadata> {
    let metadata = std::fs::metadata(path).map_err(|e| Error::io(path, e))?;
    if metadata.is_dir() {
        let why = format!("{}: is a directory: name the files in it", path.display());
        return Err(Error::new(ErrorKind::Io, why));
    }
    Ok(metadata)
}

/// Counts the bytes that pass.
struct Counted {
    file: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(to)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
