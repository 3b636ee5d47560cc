//! Counting that stops at a limit.

use std::ops::Range;

use super::cache::{Count, Words};
use super::windows::{Limit, Take};
use super::{Model, Worker};
use crate::error::Result;
use crate::scan::{CutFilter, Pattern, WINDOW};

/// Words counted before the limit is looked at again.
const STRIDE: usize = 128;
/// Bytes of a window for each id of the limit: about as many as it takes to come there.
const USUAL: usize = 4;
/// Bytes of a window at least, and of a word that is merged by itself.
const LEAST: usize = 1 << 10;

/// So many ids before a limit are left to be merged anew with each prefix that is tried there.
const TRIED: usize = 64;

/// A place in a text where a pre-token begins, and the number of ids before it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place {
    pub(crate) at: usize,
    pub(crate) ids: usize,
    /// The pre-token after it in which the limit is passed and where that is, if it is long.
    pub(crate) long: Option<(usize, Reach)>,
}

/// How far the first ids of a piece reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Some tens of ids before the limit, and the bytes that they have.
    pub(crate) near_ids: usize,
    pub(crate) near: usize,
    /// The bytes that as many ids have as the limit is.
    pub(crate) far: usize,
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
        let (mut count, mut passed) = (Count(0), false);
        // The last words are counted from `here`; before them were enough from `last` on.
        let (mut last, mut here, mut words_here) = (Place::default(), Place::default(), 0);
        self.each_run(pattern, cuts, text, window_size(limit), |words, rest, bounds| {
            let base = text.len() - rest.len();
            runs(bounds).all(|bounds| {
                let (at, bytes) = (base + bounds[0] as usize, (bounds[bounds.len() - 1] - bounds[0]) as usize);
                if words_here >= STRIDE {
                    (last, here, words_here) = (here, Place { at, ids: count.0, long: None }, 0);
                }
                words_here += bounds.len() - 1;
                last.long = None;
                // No token is longer than the longest, so that a piece of any length is known to be too much at once.
                passed = count.0 + bytes.div_ceil(model.longest()) > limit;
                if !passed && is_long(bounds) {
                    let (ids, reach) = reach(words, model, &text[at..at + bytes], limit - count.0);
                    count.0 += ids;
                    last.long = Some((at, reach));
                } else if !passed {
                    words.encode(model, rest, bounds, &mut count);
                }
                passed |= count.0 > limit;
                !passed
            })
        })?;
        Ok(if passed { Err(last) } else { Ok(count.0) })
    }

    /// Calls `visit` with every pre-token that the pattern matches, the number of its ids and, of a long one, how far those
    /// reach that fit, until it returns false. A long pre-token with which there are more than `limit` ids is not counted to
    /// its end, and that which is `known`, with where it begins, not at all.
    pub(crate) fn each_counted(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        text: &[u8],
        limit: usize,
        known: Option<(usize, Reach)>,
        mut visit: impl FnMut(Range<usize>, usize, Option<Reach>) -> bool,
    ) -> Result<()> {
        let mut left = limit;
        self.each_run(pattern, None, text, LEAST, |words, rest, bounds| {
            let base = text.len() - rest.len();
            bounds.windows(2).all(|piece| {
                let range = base + piece[0] as usize..base + piece[1] as usize;
                let known = known.filter(|(at, _)| *at == range.start);
                let (ids, reached) = if let Some((_, reached)) = known {
                    (left + 1, Some(reached))
                } else if is_long(piece) {
                    let (ids, reached) = reach(words, model, &text[range.clone()], left);
                    (ids, Some(reached))
                } else {
                    let mut count = Count(0);
                    words.encode(model, rest, piece, &mut count);
                    (count.0, None)
                };
                left = left.saturating_sub(ids);
                visit(range, ids, reached)
            })
        })
    }

    /// How far the ids of `piece`, by merging alone, reach up to a limit. Merges little more than those.
    pub(crate) fn reach(&mut self, model: &Model, piece: &[u8], limit: usize) -> Reach {
        let mut reaching = Reaching::new(model, limit);
        self.merge_into(model, piece, &mut reaching);
        reaching.reach
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

/// The bounds of up to [`STRIDE`] words at a time, and of a long one by itself.
fn runs(bounds: &[u32]) -> impl Iterator<Item = &[u32]> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = bounds.get(from..).filter(|rest| rest.len() > 1)?;
        let before_long = rest.windows(2).take(STRIDE).take_while(|word| !is_long(word)).count();
        from += before_long.max(1);
        Some(&rest[..=before_long.max(1)])
    })
}

/// Whether `bounds` are those of one word that is not looked up but merged by itself.
fn is_long(bounds: &[u32]) -> bool {
    bounds.len() == 2 && (bounds[1] - bounds[0]) as usize >= LEAST
}

/// The number of ids of `piece`, a whole pre-token, or more than `limit`; and how far they reach.
fn reach(words: &mut Words, model: &Model, piece: &[u8], limit: usize) -> (usize, Reach) {
    let mut reaching = Reaching::new(model, limit);
    words.encode_piece(model, piece, &mut reaching);
    (reaching.given, reaching.reach)
}

/// Counts ids and adds up their bytes until there are too many.
struct Reaching<'m> {
    model: &'m Model,
    limit: usize,
    /// How many ids it was given, up to one more than the limit.
    given: usize,
    bytes: usize,
    reach: Reach,
}

impl<'m> Reaching<'m> {
    fn new(model: &'m Model, limit: usize) -> Self {
        let reach = Reach { near_ids: limit.saturating_sub(TRIED), ..Reach::default() };
        Self { model, limit, given: 0, bytes: 0, reach }
    }
}

impl Take for Reaching<'_> {
    fn all(&mut self, ids: &[u32]) {
        let room = self.limit.saturating_add(1) - self.given;
        for &id in &ids[..ids.len().min(room)] {
            self.given += 1;
            self.bytes += self.model.vocabulary().token(id).map_or(0, <[u8]>::len);
            if self.given <= self.reach.near_ids {
                self.reach.near = self.bytes;
            }
            if self.given <= self.limit {
                self.reach.far = self.bytes;
            }
        }
    }

    fn given(&self) -> usize {
        self.given
    }

    fn take_back(&mut self, given: usize) {
        // Only ever everything.
        debug_assert_eq!(given, 0);
        *self = Self::new(self.model, self.limit);
    }

    fn limit(&self) -> Option<Limit> {
        Some(Limit { most: self.limit, longest: self.model.longest() })
    }
}
