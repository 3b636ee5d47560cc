//! The longest prefix of a text that fits a number of tokens.

use std::collections::VecDeque;

use super::Tokenizer;
use crate::bpe::{Place, Reach, Worker};
use crate::error::Result;

/// Inside a pre-token of more bytes than this, the place is sought from where the ids of the whole of it pass the limit.
const MANY: usize = 512;
/// Among so many bytes every place is tried, the last first: counts need not grow with the length. Among more the place is
/// found by halving, and so many bytes beyond are tried.
const EVERY: usize = 1024;
const FURTHER: usize = 16;
/// So many pre-tokens before that in which a limit is passed are counted with each prefix that is tried: a blank run is up to
/// three, and nothing further back changes with where the text ends.
const BEFORE: usize = 8;

/// The pre-token in which a limit is passed.
#[derive(Clone, Copy)]
struct Near {
    from: usize,
    /// The number of ids before it.
    ids: usize,
    /// Where no prefix that is longer can fit: the end of the first pre-token after it that is not blank (a blank run's
    /// pre-tokens change with what follows it).
    end: usize,
    /// How far its own ids reach, if it is long.
    reach: Option<Reach>,
    /// Where [`BEFORE`] pre-tokens before it begin.
    before: Place,
}

impl Tokenizer {
    /// How many bytes of `text` to keep so that the kept text, counted by itself, has at most `limit` ids: the longest
    /// such prefix that ends between characters. The bytes kept can encode to other ids than they have inside `text`,
    /// because a pre-token may be cut. Where the limit is passed inside a pre-token of more than 512 bytes, the prefix
    /// fits all the same, but is the longest only as far as its last ids depend on no more than some tens before them, and
    /// these and a longest token have no more than 1,024 bytes.
    ///
    /// # Errors
    /// As [`Pattern::window`](crate::Pattern::window).
    pub fn truncate(&self, text: &[u8], limit: usize) -> Result<usize> {
        self.workers.with(|worker| {
            let Some(place) = worker.place_of_limit(&self.model, &self.pattern, text, limit)? else {
                return Ok(text.len());
            };
            // What is before the place is as it is in the whole text; of other patterns that is not known.
            let place = if self.pattern.is_published() { place } else { Place::default() };
            let Some(near) = self.pre_token_of_limit(worker, text, place, limit)? else { return Ok(text.len()) };
            let Near { from, ids, end, reach, before } = near;
            let (mut kept, mut around) = (end, None);
            if end - from > MANY {
                let (piece, room) = (&text[from..end], limit - ids);
                let reach = reach.unwrap_or_else(|| worker.reach(&self.model, piece, room));
                let near = around.insert(worker.around(&self.model, text, from, reach));
                kept = from + self.inside(worker, piece, room, near.reach);
            }
            while kept > 0 {
                // From where on the prefix is known to be split as the text is.
                let mut starts = [before, place].into_iter();
                let start = starts.find(|start| self.pattern.is_settled(text, start.at, kept)).unwrap_or_default();
                if worker.fits(&self.model, &self.pattern, &text[..kept], start, limit, around.as_ref())? {
                    break;
                }
                kept = boundary_before(text, kept);
            }
            Ok(kept)
        })
    }

    /// Where `limit` is passed, not far after `place`, if the whole text does not fit.
    fn pre_token_of_limit(&self, worker: &mut Worker, text: &[u8], place: Place, limit: usize) -> Result<Option<Near>> {
        let (mut count, mut near) = (place.ids, None);
        let mut last = VecDeque::from([place; BEFORE]);
        worker.each_counted(&self.model, &self.pattern, text, place, limit, |piece, ids, reach| {
            let passed = count > limit;
            if count + ids > limit {
                let first = Near { from: piece.start, ids: count, end: 0, reach, before: last[0] };
                near = Some(Near { end: piece.end, ..near.unwrap_or(first) });
            }
            last.pop_front();
            last.push_back(Place { at: piece.start, ids: count, long: None });
            count += ids;
            !passed || text[piece].iter().all(u8::is_ascii_whitespace)
        })?;
        Ok(near)
    }

    /// Where to cut a long pre-token, of which `room` ids fit and reach so far: the last place after those ids up to which the
    /// bytes around it are no more.
    fn inside(&self, worker: &mut Worker, piece: &[u8], room: usize, reach: Reach) -> usize {
        let Reach { near_ids, near, far } = reach;
        let mut end = piece.len().min(far + self.model.longest());
        while end < piece.len() && piece[end] & 0xC0 == 0x80 {
            end += 1;
        }
        let mut fits = |kept: usize| near_ids + worker.count_merged(&self.model, &piece[near..kept]) <= room;
        let mut kept = if end - near <= EVERY { end } else { end.min(halve(piece, near, end, &mut fits) + FURTHER) };
        while kept < end && piece[kept] & 0xC0 == 0x80 {
            kept += 1;
        }
        while kept > near && !fits(kept) {
            kept = boundary_before(piece, kept);
        }
        kept
    }
}

/// A place between `fitting`, up to where the text may be kept, and `end`, before which another place is sought: it may be
/// kept up to there, and not up to the next place tried.
fn halve(text: &[u8], fitting: usize, end: usize, fits: &mut impl FnMut(usize) -> bool) -> usize {
    let (mut fitting, mut end) = (fitting, end);
    while fitting + 1 < end {
        let middle = boundary_before(text, fitting + (end - fitting) / 2 + 1);
        if middle <= fitting {
            break;
        }
        if fits(middle) {
            fitting = middle;
        } else {
            end = middle;
        }
    }
    fitting
}

/// The end of the character before the one that ends at `end`.
fn boundary_before(text: &[u8], end: usize) -> usize {
    let from = end.saturating_sub(4);
    (from..end).rev().find(|&i| text[i] & 0xC0 != 0x80).unwrap_or(end - 1)
}
