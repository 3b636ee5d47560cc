//! Ids with the characters they cover.

use super::{Tokenizer, WithOffsets};
use crate::error::Result;
use crate::special::Specials;

impl Tokenizer {
    /// The ids of [`encode`](Self::encode) and for each the characters of `text` it covers. Characters are counted by
    /// their first bytes, so in bytes that are no UTF-8 a stray continuation byte belongs to the character before it.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_with_offsets(&self, text: &[u8], allowed: &Specials) -> Result<WithOffsets> {
        let mut result = WithOffsets::default();
        let mut characters = Characters { text, at: 0, seen: 0 };
        self.workers.with(|worker| {
            let mut start = 0;
            loop {
                let found = self.finder.next(text, start, allowed);
                let end = found.as_ref().map_or(text.len(), |(found, _)| found.start);
                worker.each_stretch(&self.model, &self.pattern, &text[start..end], |at, ids| {
                    let mut at = start + at;
                    result.ids.extend_from_slice(ids);
                    result.spans.extend(ids.iter().map(|&id| {
                        let token = at..at + self.decoder.token(id).map_or(0, <[u8]>::len);
                        at = token.end;
                        characters.covering(token.start, token.end)
                    }));
                })?;
                let Some((found, id)) = found else { return Ok(()) };
                result.ids.push(id);
                result.spans.push(characters.covering(found.start, found.end));
                start = found.end;
            }
        })?;
        Ok(result)
    }
}

/// Counts characters along a text.
struct Characters<'t> {
    text: &'t [u8],
    at: usize,
    /// The characters that start before `at`.
    seen: usize,
}

impl Characters<'_> {
    /// The characters that bytes `start..end` touch; neither may be before those of the last call.
    fn covering(&mut self, start: usize, end: usize) -> (usize, usize) {
        // The character that byte `start` belongs to is the last that starts at or before it.
        let first = self.up_to(start + 1).saturating_sub(1);
        let last = self.up_to(end);
        // `start + 1` has been counted already; a token is never empty, so `end` is not before it.
        (first, last.max(first))
    }

    /// How many characters start before byte `end`.
    fn up_to(&mut self, end: usize) -> usize {
        let starts = self.text[self.at..end].iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        self.at = end;
        self.seen += starts;
        self.seen
    }
}
