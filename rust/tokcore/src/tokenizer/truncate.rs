//! The longest prefix of a text that fits a number of tokens.

use super::Tokenizer;
use crate::bpe::Worker;
use crate::error::Result;
use crate::special::Specials;

/// Where more bytes than this are in question, inside one long pre-token, the place is first sought by halving.
const MANY: usize = 512;

impl Tokenizer {
    /// How many bytes of `text` to keep so that the kept text, counted by itself, has at most `limit` ids: the longest
    /// such prefix that ends between characters. The bytes kept can encode to other ids than they have inside `text`,
    /// because a pre-token may be cut. Where the limit is passed inside a pre-token of more than 512 bytes, the prefix
    /// fits all the same, but is the longest only as far as counts grow with the length.
    ///
    /// # Errors
    /// As [`Pattern::window`](crate::Pattern::window).
    pub fn truncate(&self, text: &[u8], limit: usize) -> Result<usize> {
        self.workers.with(|worker| {
            let Some((from, end)) = self.place_of_too_many(worker, text, limit)? else { return Ok(text.len()) };
            let mut fits = |kept: usize| Ok(self.count_with(worker, &text[..kept], &Specials::None, limit)? <= limit);
            let mut kept = end;
            if end - from > MANY && fits(from)? {
                kept = halve(text, from, end, &mut fits)?.saturating_add(MANY / 2).min(end);
                while kept < end && text[kept] & 0xC0 == 0x80 {
                    kept += 1;
                }
            }
            while kept > 0 && !fits(kept)? {
                kept = boundary_before(text, kept);
            }
            Ok(kept)
        })
    }

    /// The start of the pre-token in which `limit` is passed, and where no prefix that is longer can fit: the end of the
    /// first pre-token after it that is not blank (a blank run's pre-tokens change with what follows it). `None` if the
    /// whole text fits.
    fn place_of_too_many(&self, worker: &mut Worker, text: &[u8], limit: usize) -> Result<Option<(usize, usize)>> {
        let (mut count, mut place) = (0, None);
        worker.each_encoded(&self.model, &self.pattern, text, |piece, ids| {
            let passed = count > limit;
            count += ids.len();
            if count > limit {
                place = Some((place.map_or(piece.start, |(from, _)| from), piece.end));
            }
            !passed || text[piece].iter().all(u8::is_ascii_whitespace)
        })?;
        Ok(place)
    }
}

/// A place between `fitting`, where the text may be kept up to, and `end`, beyond which it may not: it may be kept up to
/// there, and not up to the character after.
fn halve(text: &[u8], fitting: usize, end: usize, fits: &mut impl FnMut(usize) -> Result<bool>) -> Result<usize> {
    let (mut fitting, mut end) = (fitting, end);
    loop {
        let middle = boundary_before(text, fitting + (end - fitting) / 2 + 1);
        if middle <= fitting {
            return Ok(fitting);
        }
        if fits(middle)? {
            fitting = middle;
        } else {
            end = middle;
        }
    }
}

/// The end of the character before the one that ends at `end`.
fn boundary_before(text: &[u8], end: usize) -> usize {
    let from = end.saturating_sub(4);
    (from..end).rev().find(|&i| text[i] & 0xC0 != 0x80).unwrap_or(end - 1)
}
