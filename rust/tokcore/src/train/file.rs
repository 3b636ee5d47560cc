//! The word-count file: distinct words in ascending order of their bytes, each with its count.
//!
//! Version 1, numbers little-endian, varints in LEB128 (seven bits a byte, the low ones first):
//!
//! | field | type |
//! |---|---|
//! | `tokcore word counts 1\n` | 22 bytes |
//! | split pattern | length (u32), UTF-8 |
//! | per word: bytes after those shared with the word before | length (varint, at least 1), bytes last |
//! | ... how many bytes are shared | varint, between the length and the bytes |
//! | ... count, at least 1 | varint, after the bytes |
//! | end of words | one byte 0 |
//! | documents, bytes of text, pre-tokens | u64 each |
//! | distinct words, their bytes | u64 each |
//! | CRC-32 (as in gzip) of all before | u32 |
//!
//! Nothing may follow in a file of its own. Files are merged by reading them side by side.

use std::io::{self, Read, Write};

use flate2::Crc;

use super::words::Totals;
use crate::error::{Error, ErrorKind, Result};

const MAGIC: &[u8; 22] = b"tokcore word counts 1\n";

/// A pre-token or pattern longer than this is refused: texts end at 4 GiB.
const LONGEST: u64 = u32::MAX as u64;

/// What a file says at its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Footer {
    pub(super) totals: Totals,
    pub(super) distinct: u64,
    pub(super) word_bytes: u64,
}

/// How long the end of a file is, from the documents on.
pub(super) const FOOTER: usize = 5 * 8 + 4;

impl Footer {
    /// Reads the end of a file, unchecked: reading the words checks it.
    pub(super) fn parse(bytes: &[u8; FOOTER]) -> Self {
        let mut numbers = [0; 5];
        for (number, bytes) in numbers.iter_mut().zip(bytes.chunks_exact(8)) {
            *number = bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        }
        let [documents, bytes, words, distinct, word_bytes] = numbers;
        Self { totals: Totals { documents, bytes, words }, distinct, word_bytes }
    }

    /// Whether a file of so many bytes before its footer may well end in it: there are words, that share less than fifteen
    /// bytes of sixteen with the word before.
    pub(super) fn is_likely(&self, bytes: u64) -> bool {
        let Self { totals, distinct, word_bytes } = *self;
        0 < distinct && distinct <= totals.words.min(word_bytes).min(bytes) && word_bytes / 16 <= bytes
    }
}

/// Writes words, which must come in ascending order.
pub(super) struct Writer<W> {
    to: W,
    crc: Crc,
    last: Vec<u8>,
    record: Vec<u8>,
    footer: Footer,
}

fn varint(mut value: u64, to: &mut Vec<u8>) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

impl<W: Write> Writer<W> {
    pub(super) fn new(to: W, pattern: &str) -> io::Result<Self> {
        let mut writer = Self { to, crc: Crc::new(), last: vec![], record: vec![], footer: Footer::default() };
        writer.write(MAGIC)?;
        writer.write(&(pattern.len() as u32).to_le_bytes())?;
        writer.write(pattern.as_bytes())?;
        Ok(writer)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.crc.update(bytes);
        self.to.write_all(bytes)
    }

    pub(super) fn word(&mut self, word: &[u8], count: u64) -> io::Result<()> {
        let shared = word.iter().zip(&self.last).take_while(|(a, b)| a == b).count();
        let mut record = std::mem::take(&mut self.record);
        record.clear();
        varint((word.len() - shared) as u64, &mut record);
        varint(shared as u64, &mut record);
        record.extend_from_slice(&word[shared..]);
        varint(count, &mut record);
        self.write(&record)?;
        self.record = record;
        self.last.truncate(shared);
        self.last.extend_from_slice(&word[shared..]);
        self.footer.distinct += 1;
        self.footer.word_bytes += word.len() as u64;
        Ok(())
    }

    /// Writes the end; what it was written to comes back, flushed.
    pub(super) fn finish(mut self, totals: Totals) -> io::Result<(W, Footer)> {
        self.footer.totals = totals;
        let Footer { distinct, word_bytes, .. } = self.footer;
        self.write(&[0])?;
        for number in [totals.documents, totals.bytes, totals.words, distinct, word_bytes] {
            self.write(&number.to_le_bytes())?;
        }
        self.to.write_all(&self.crc.sum().to_le_bytes())?;
        self.to.flush()?;
        Ok((self.to, self.footer))
    }
}

/// Reads words back in order, and checks all there is to check on the way.
pub(super) struct Reader<R> {
    from: Checked<R>,
    pattern: String,
    word: Vec<u8>,
    count: u64,
    seen: Footer,
    footer: Option<Footer>,
}

impl<R: Read> Reader<R> {
    /// Reads the beginning. `name` is what errors call the file.
    pub(super) fn new(from: R, name: &str) -> Result<Self> {
        let mut from = Checked { from, name: name.into(), buffer: vec![], at: 0, taken: 0, crc: Crc::new() };
        let mut magic = vec![];
        from.take(MAGIC.len(), &mut magic)?;
        if magic != MAGIC {
            return Err(from.damaged("it is not a tokcore word-count file of version 1"));
        }
        let (length, mut pattern) = (from.number::<4>()?, vec![]);
        from.take(length as usize, &mut pattern)?;
        let pattern = String::from_utf8(pattern).map_err(|_| from.damaged("its pattern is not UTF-8"))?;
        Ok(Self { from, pattern, word: vec![], count: 0, seen: Footer::default(), footer: None })
    }

    pub(super) fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The word that [`Reader::advance`] came to.
    pub(super) fn word(&self) -> &[u8] {
        &self.word
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// How many bytes were taken from where it reads, so far.
    pub(super) fn position(&self) -> u64 {
        self.from.taken + self.from.at as u64
    }

    /// What the file says at its end, once that is reached.
    pub(super) fn footer(&self) -> Option<Footer> {
        self.footer
    }

    /// The error that the file is no good.
    pub(super) fn damaged(&self, why: &str) -> Error {
        self.from.damaged(why)
    }

    /// Goes to the next word; `false` at the end, whose checksum is right.
    pub(super) fn advance(&mut self) -> Result<bool> {
        if self.footer.is_some() {
            return Ok(false);
        }
        let new = self.from.varint()?;
        if new == 0 {
            self.footer = Some(self.end()?);
            return Ok(false);
        }
        let shared = self.from.varint()?;
        if shared > self.word.len() as u64 || new > LONGEST {
            return Err(self.from.damaged("a word's length is impossible"));
        }
        let shared = shared as usize;
        let replaced = self.word.get(shared).copied();
        self.word.truncate(shared);
        self.from.take(new as usize, &mut self.word)?;
        self.count = self.from.varint()?;
        if replaced.is_some_and(|byte| byte >= self.word[shared]) || self.count == 0 {
            return Err(self.from.damaged("its words are not in ascending order, or one has the count 0"));
        }
        self.seen.distinct += 1;
        self.seen.word_bytes += self.word.len() as u64;
        Ok(true)
    }

    fn end(&mut self) -> Result<Footer> {
        let mut bytes = vec![];
        self.from.take(FOOTER - 4, &mut bytes)?;
        bytes.resize(FOOTER, 0);
        let footer = Footer::parse(&bytes.try_into().unwrap_or([0; FOOTER]));
        self.from.settle();
        let sum = u64::from(self.from.crc.sum());
        if self.from.number::<4>()? != sum
            || (footer.distinct, footer.word_bytes) != (self.seen.distinct, self.seen.word_bytes)
        {
            return Err(self.from.damaged("its checksum is wrong"));
        }
        Ok(footer)
    }
}

/// A buffered reader that sums up what is taken from it.
struct Checked<R> {
    from: R,
    name: String,
    buffer: Vec<u8>,
    at: usize,
    /// Bytes taken before those in the buffer.
    taken: u64,
    crc: Crc,
}

impl<R: Read> Checked<R> {
    fn damaged(&self, why: &str) -> Error {
        Error::new(ErrorKind::Format, format!("{}: not usable: {why}", self.name))
    }

    /// Sums up what was taken so far.
    fn settle(&mut self) {
        self.crc.update(&self.buffer[..self.at]);
        self.buffer.drain(..self.at);
        self.taken += self.at as u64;
        self.at = 0;
    }

    fn refill(&mut self) -> Result<()> {
        self.settle();
        let read = (&mut self.from).take(1 << 16).read_to_end(&mut self.buffer);
        let read = read.map_err(|e| Error::io(self.name.as_ref(), e))?;
        if read == 0 {
            return Err(self.damaged("it ends too early"));
        }
        Ok(())
    }

    #[inline(always)]
    fn byte(&mut self) -> Result<u8> {
        if self.at == self.buffer.len() {
            self.refill()?;
        }
        self.at += 1;
        Ok(self.buffer[self.at - 1])
    }

    fn take(&mut self, mut length: usize, to: &mut Vec<u8>) -> Result<()> {
        while length > 0 {
            if self.at == self.buffer.len() {
                self.refill()?;
            }
            let n = length.min(self.buffer.len() - self.at);
            to.extend_from_slice(&self.buffer[self.at..self.at + n]);
            self.at += n;
            length -= n;
        }
        Ok(())
    }

    fn number<const N: usize>(&mut self) -> Result<u64> {
        (0..N).try_fold(0, |sum, i| Ok(sum | u64::from(self.byte()?) << (8 * i)))
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.damaged("a number is too large"))
    }
}

#[cfg(test)]
mod tests;
