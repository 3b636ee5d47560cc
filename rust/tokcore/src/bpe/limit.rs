//! Counting that stops at a limit.

use std::ops::Range;

use super::cache::Count;
use super::windows::Take;
use super::{Model, Worker};
use crate::error::Result;
use crate::scan::{CutFilter, Pattern, WINDOW};
use crate::vocab::Vocabulary;

/// Words counted before the limit is looked at again.
const STRIDE: usize = 128;
/// Bytes of a window for each id of the limit: about as many as it takes to come there.
const USUAL: usize = 4;
/// Bytes of a window at least.
const LEAST: usize = 1 << 10;

/// A place in a text where a pre-token begins, and the number of ids before it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place {
    pub(crate) at: usize,
    pub(crate) ids: usize,
}

impl Worker {
    /// The number of ids of `text`, or `None` if it is above `limit`. Looks at little more of the text than the limit needs.
    pub(crate) fn count_within(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        text: &[u8],
        limit: usize,
    ) -> Result<Option<usize>> {
        // Whether there is anything to cut may be told from the beginning: cuts change no count.
        let cuts = model.cuts(&text[..text.len().min(window_size(limit))]);
        Ok(self.up_to(model, pattern, cuts, text, limit)?.ok())
    }

    /// A place before which `text` has at most `limit` ids and after which, no more than some hundred pre-tokens later, it has
    /// more. `None` if it has no more.
    pub(crate) fn place_of_limit(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        text: &[u8],
        limit: usize,
    ) -> Result<Option<Place>> {
        Ok(self.up_to(model, pattern, None, text, limit)?.err())
    }

    /// The number of ids, or where they become too many.
    fn up_to(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        cuts: Option<&CutFilter>,
        text: &[u8],
        limit: usize,
    ) -> Result<std::result::Result<usize, Place>> {
        let (mut count, mut last, mut passed) = (Count(0), Place::default(), false);
        self.each_run(pattern, cuts, text, window_size(limit), |words, rest, bounds| {
            for bounds in (0..bounds.len() - 1).step_by(STRIDE).map(|at| &bounds[at..bounds.len().min(at + STRIDE + 1)])
            {
                let here = Place { at: text.len() - rest.len() + bounds[0] as usize, ids: count.0 };
                let bytes = (bounds[bounds.len() - 1] - bounds[0]) as usize;
                // No token is longer than the longest, so that a piece of any length is known to be too much at once.
                passed = count.0 + bytes.div_ceil(model.longest()) > limit;
                if !passed {
                    words.encode(model, rest, bounds, &mut count);
                    passed = count.0 > limit;
                }
                if passed {
                    return false;
                }
                // Not the start of a few words: where the limit is passed is then some words away from it.
                if bounds.len() > STRIDE {
                    last = here;
                }
            }
            true
        })?;
        Ok(if passed { Err(last) } else { Ok(count.0) })
    }

    /// Calls `visit` with every pre-token that the pattern matches and the number of its ids, until it returns false. A long
    /// pre-token with which there are more than `limit` ids is not counted to its end.
    pub(crate) fn each_counted(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        text: &[u8],
        limit: usize,
        mut visit: impl FnMut(Range<usize>, usize) -> bool,
    ) -> Result<()> {
        let mut left = limit;
        self.each_run(pattern, None, text, LEAST, |words, rest, bounds| {
            let base = text.len() - rest.len();
            bounds.windows(2).all(|piece| {
                let range = base + piece[0] as usize..base + piece[1] as usize;
                let ids = if range.len() < LEAST {
                    let mut count = Count(0);
                    words.encode(model, rest, piece, &mut count);
                    count.0
                } else {
                    let mut capped = Capped { given: 0, most: left };
                    words.encode_piece(model, &text[range.clone()], &mut capped);
                    capped.given
                };
                left = left.saturating_sub(ids);
                visit(range, ids)
            })
        })
    }

    /// How many bytes of `piece` the first `near` of its ids have, and how many the first `far`. Merges little more than those.
    pub(crate) fn reach(&mut self, model: &Model, piece: &[u8], near: usize, far: usize) -> (usize, usize) {
        let mut reach = Reach { vocabulary: model.vocabulary(), near, far, given: 0, bytes: 0, near_bytes: 0 };
        self.merge_into(model, piece, &mut reach);
        (reach.near_bytes, reach.bytes)
    }

    /// The number of ids of `piece` by merging alone.
    pub(crate) fn count_merged(&mut self, model: &Model, piece: &[u8]) -> usize {
        let mut count = Count(0);
        self.merge_into(model, piece, &mut count);
        count.0
    }
}

fn window_size(limit: usize) -> usize {
    limit.saturating_mul(USUAL).clamp(LEAST, WINDOW)
}

/// Counts ids until there are too many.
struct Capped {
    given: usize,
    most: usize,
}

impl Take for Capped {
    fn all(&mut self, ids: &[u32]) {
        self.given += ids.len();
    }

    fn given(&self) -> usize {
        self.given
    }

    fn take_back(&mut self, given: usize) {
        self.given = given;
    }

    fn is_full(&self) -> bool {
        self.given > self.most
    }
}

/// Adds up the bytes of the first `far` ids, and of the first `near` of them.
struct Reach<'v> {
    vocabulary: &'v Vocabulary,
    near: usize,
    far: usize,
    given: usize,
    bytes: usize,
    near_bytes: usize,
}

impl Take for Reach<'_> {
    fn all(&mut self, ids: &[u32]) {
        for &id in &ids[..ids.len().min(self.far - self.given)] {
            self.bytes += self.vocabulary.token(id).map_or(0, <[u8]>::len);
            self.given += 1;
            if self.given <= self.near {
                self.near_bytes = self.bytes;
            }
        }
    }

    fn given(&self) -> usize {
        self.given
    }

    fn take_back(&mut self, given: usize) {
        // Only ever everything.
        debug_assert_eq!(given, 0);
        (self.given, self.bytes, self.near_bytes) = (0, 0, 0);
    }

    fn is_full(&self) -> bool {
        self.given == self.far
    }
}
