//! The ids of many short texts, as those of one.

use super::cache::Sink;
use super::{Model, Worker};
use crate::error::Result;
use crate::scan::{MARK, Pattern};
use crate::text::Text;

/// Texts of no more bytes than this, on average, are joined: of longer ones a copy costs more than it spares.
const SHORT: usize = 512;

impl Worker {
    /// Gives `sink` the ids of `texts`, and calls `ended` with the number of ids it has after each. Returns false, and has
    /// done nothing, where texts had better be encoded one by one: by patterns that are not known, if they are not short or
    /// not UTF-8, or if `refused` says so of all of them together.
    pub(crate) fn encode_joined<S: Sink>(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        texts: &[Text<'_>],
        refused: impl FnOnce(&[u8]) -> bool,
        sink: &mut S,
        mut ended: impl FnMut(usize),
    ) -> Result<bool> {
        let bytes: usize = texts.iter().map(Text::size).sum();
        let Some(joint) = pattern.joint().filter(|_| texts.len() > 1 && bytes <= SHORT * texts.len()) else {
            return Ok(false);
        };
        let joined = &mut self.joined;
        joined.begin(joint, bytes + MARK.len() * texts.len());
        let mut valid = true;
        for (index, text) in texts.iter().enumerate() {
            if let Some(next) = texts.get(index + 1) {
                next.expect();
            }
            valid &= !matches!(text, Text::Bytes(_));
            joined.push(text.utf8(&mut self.utf8));
        }
        if !valid && simdutf8::basic::from_utf8(joined.bytes()).is_err() || refused(joined.bytes()) {
            return Ok(false);
        }
        joined.split(pattern, model.cuts(joined.bytes()), &mut self.spans)?;
        let (mut ids, mut mark) = (std::mem::take(&mut self.ids), Vec::new());
        ids.clear();
        self.words.encode(model, joined.bytes(), self.spans.bounds(), &mut ids);
        self.words.discount(texts.len());
        self.words.encode_piece(model, &MARK, &mut mark);
        let mut rest = &ids[..];
        for _ in texts {
            let end = rest.iter().position(|&id| id == mark[0]).unwrap_or(rest.len());
            sink.all(&rest[..end]);
            ended(sink.given());
            rest = rest.get(end + mark.len()..).unwrap_or_default();
        }
        self.ids = ids;
        Ok(true)
    }
}
