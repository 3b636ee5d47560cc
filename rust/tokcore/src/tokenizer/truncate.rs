//! The longest prefix of a text that fits a number of tokens.

use super::Tokenizer;
use crate::bpe::Worker;
use crate::error::Result;
use crate::special::Specials;

impl Tokenizer {
    /// How many bytes of `text` to keep so that the kept text, counted by itself, has at most `limit` ids: the longest
    /// such prefix that ends between characters. The bytes kept can encode to other ids than they have inside `text`,
    /// because a pre-token may be cut.
    ///
    /// # Errors
    /// As [`Pattern::window`](crate::Pattern::window).
    pub fn truncate(&self, text: &[u8], limit: usize) -> Result<usize> {
        self.workers.with(|worker| {
            let Some(end) = self.end_of_too_many(worker, text, limit)? else { return Ok(text.len()) };
            let mut kept = end;
            loop {
                if kept == 0 || self.count_with(worker, &text[..kept], &Specials::None, limit)? <= limit {
                    return Ok(kept);
                }
                kept = boundary_before(text, kept);
            }
        })
    }

    /// Where no prefix that is longer can fit, or `None` if the whole text fits: the end of the first pre-token after
    /// the one in which `limit` is passed that is not blank (a blank run's pre-tokens change with what follows it).
    fn end_of_too_many(&self, worker: &mut Worker, text: &[u8], limit: usize) -> Result<Option<usize>> {
        let (mut count, mut end) = (0, None);
        worker.each_encoded(&self.model, &self.pattern, text, |piece, ids| {
            let passed = count > limit;
            count += ids.len();
            if count > limit {
                end = Some(piece.end);
            }
            !passed || text[piece].iter().all(u8::is_ascii_whitespace)
        })?;
        Ok(end)
    }
}

/// The end of the character before the one that ends at `end`.
fn boundary_before(text: &[u8], end: usize) -> usize {
    let from = end.saturating_sub(4);
    (from..end).rev().find(|&i| text[i] & 0xC0 != 0x80).unwrap_or(end - 1)
}
