//! Ids that stay and ids that may come, whatever text follows: tiktoken's `encode_with_unstable`.
//!
//! tiktoken's own result is the definition, approximations and all: which trailing pre-token counts as unstable, which
//! continuations are tried, and that a continuation that is no UTF-8 is merged as one piece.

mod long;

use std::collections::BTreeSet;

use self::long::Long;
use super::{Tokenizer, WithUnstable};
use crate::bpe::Worker;
use crate::error::Result;
use crate::special::Specials;

impl Tokenizer {
    /// The ids of `text` that no continuation changes, and every sequence of ids that may cover the rest, as tiktoken's
    /// `encode_with_unstable` finds them. Costs up to one encoding of the last pre-token, or of its last hundreds of bytes if it
    /// is long, for each token of the vocabulary that one of its ends begins.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_with_unstable(&self, text: &[u8], allowed: &Specials) -> Result<WithUnstable> {
        self.workers.with(|worker| {
            let (mut stable, unstable) = self.split_unstable(worker, text, allowed)?;
            let mut rest = Vec::new();
            self.decoder.decode(&stable[stable.len() - unstable..], &mut rest)?;
            stable.truncate(stable.len() - unstable);
            let mut completions = BTreeSet::new();
            if !rest.is_empty() {
                self.complete(worker, &rest, &mut completions)?;
            }
            Ok(WithUnstable { stable, completions })
        })
    }

    /// The ids of `text` and how many of the last are unstable: those of the last pre-token, none if a special token ends
    /// the text; where it is blank, the blank ids before it too.
    fn split_unstable(&self, worker: &mut Worker, text: &[u8], allowed: &Specials) -> Result<(Vec<u32>, usize)> {
        let (mut ids, mut unstable, mut start) = (Vec::new(), 0, 0);
        loop {
            let found = self.finder.next(text, start, allowed);
            let end = found.as_ref().map_or(text.len(), |(found, _)| found.start);
            worker.each_encoded(&self.model, &self.pattern, &text[start..end], |piece| {
                ids.extend_from_slice(piece);
                unstable = piece.len();
            })?;
            let Some((found, id)) = found else { break };
            ids.push(id);
            unstable = 0;
            start = found.end;
        }
        let blank = |id: u32| self.vocabulary().token(id).is_some_and(|t| t.iter().all(|b| b" \n\t".contains(b)));
        if unstable > 0 && blank(ids[ids.len() - unstable]) {
            while unstable < ids.len() && blank(ids[ids.len() - unstable - 1]) {
                unstable += 1;
            }
        }
        Ok((ids, unstable))
    }

    fn complete(&self, worker: &mut Worker, rest: &[u8], completions: &mut BTreeSet<Vec<u32>>) -> Result<()> {
        completions.extend(self.starting(rest).iter().map(|&id| vec![id]));
        if !self.complete_long(worker, rest, completions)? {
            self.complete_short(worker, rest, completions)?;
        }
        completions.extend(self.split_before_blank(worker, rest));
        Ok(())
    }

    /// The ids of the tokens that begin with `with`.
    fn starting(&self, with: &[u8]) -> &[u32] {
        let sorted = self.model.ids_by_bytes();
        let from = sorted.partition_point(|&id| self.bytes_of(id) < with);
        let to = from + sorted[from..].partition_point(|&id| self.bytes_of(id).starts_with(with));
        &sorted[from..to]
    }

    /// The tokens that begin with an end of `rest`, but for the whole, and where that begins.
    fn replacing<'s>(&'s self, rest: &'s [u8]) -> impl Iterator<Item = (usize, &'s [u8])> {
        let first = rest.len().saturating_sub(self.model.longest()).max(1);
        (first..rest.len())
            .flat_map(move |at| self.starting(&rest[at..]).iter().map(move |&id| (at, self.bytes_of(id))))
    }

    /// Every continuation of `rest`, encoded.
    fn complete_short(&self, worker: &mut Worker, rest: &[u8], completions: &mut BTreeSet<Vec<u32>>) -> Result<()> {
        let (mut text, mut ids) = (Vec::new(), Vec::new());
        for (at, token) in self.replacing(rest) {
            text.clear();
            text.extend_from_slice(&rest[..at]);
            text.extend_from_slice(token);
            ids.clear();
            if std::str::from_utf8(&text).is_ok() {
                worker.encode(&self.model, &self.pattern, &text, &mut ids)?;
            } else {
                worker.merge(&self.model, &text, &mut ids);
            }
            completions.insert(self.covering(&ids, rest.len()));
        }
        Ok(())
    }

    /// The same for a rest of which only the end need be encoded each time. Returns false, and adds nothing, if it is no such.
    fn complete_long(&self, worker: &mut Worker, rest: &[u8], completions: &mut BTreeSet<Vec<u32>>) -> Result<bool> {
        let Some(mut long) = Long::new(self, worker, rest) else { return Ok(false) };
        for (at, token) in self.replacing(rest) {
            if !long.add(self, worker, at, token)? {
                return Ok(false);
            }
        }
        completions.extend(long.completions());
        Ok(true)
    }

    /// The first of `ids` that together have at least `len` bytes, or all.
    fn covering(&self, ids: &[u32], len: usize) -> Vec<u32> {
        let mut covered = 0;
        let needed = |id: &&u32| {
            let more = covered < len;
            covered += self.bytes_of(**id).len();
            more
        };
        ids.iter().take_while(needed).copied().collect()
    }

    /// Where the last character is blank, the ids of what is before it and of it apart: text that follows can split them.
    fn split_before_blank(&self, worker: &mut Worker, rest: &[u8]) -> Option<Vec<u32>> {
        let start = (0..rest.len()).rev().find(|&i| rest[i] & 0xC0 != 0x80)?;
        let last = std::str::from_utf8(&rest[start..]).ok()?.chars().next()?;
        if start == 0 || !last.is_whitespace() {
            return None;
        }
        let mut ids = Vec::new();
        worker.merge(&self.model, &rest[..start], &mut ids);
        worker.merge(&self.model, &rest[start..], &mut ids);
        Some(ids)
    }

    fn bytes_of(&self, id: u32) -> &[u8] {
        self.vocabulary().token(id).unwrap_or_default()
    }
}
