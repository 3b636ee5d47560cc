//! Counting that stops at a limit.

use std::ops::Range;

use super::cache::{Count, Words};
use super::windows::{Limit, Take, common};
use super::{Model, Worker};
use crate::error::Result;
use crate::scan::{Pattern, WINDOW};

/// Words counted, at least, before the limit is looked at again.
const STRIDE: usize = 64;
/// Bytes of a window for each id of the limit: about as many as it takes to come there.
const USUAL: usize = 4;
/// Bytes of a window at least, and of a word that is merged by itself.
const LEAST: usize = 1 << 10;

/// So many ids before a limit, at most, are left to be merged anew with each prefix that is tried there.
const TRIED: usize = 64;
/// If they have more bytes than this, fewer are, but never fewer than the second number.
const TRIED_BYTES: usize = 512;
const TRIED_LEAST: usize = 8;

/// A place in a text where a pre-token begins, and the number of ids before it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place {
    pub(crate) at: usize,
    pub(crate) ids: usize,
    /// The pre-token after it in which the limit is passed and where that is, if it is long.
    pub(crate) long: Option<(usize, Reach)>,
}

/// The ids of a long pre-token just before the limit.
pub(crate) struct Around {
    /// Where it begins.
    at: usize,
    pub(crate) reach: Reach,
    /// Its ids from `near` to `far`.
    ids: Vec<u32>,
}

impl Around {
    /// The number of ids of the pre-token's first bytes, `piece`, if what is known tells it: the ids before and those of
    /// the bytes from `near` on have one in common (the third fact of `windows`).
    fn count(&self, words: &mut Words, model: &Model, piece: &[u8]) -> Option<usize> {
        let mut ids = Vec::new();
        if model.unreached(piece).is_none() {
            words.merge(model, piece.get(self.reach.near..)?, &mut ids);
        }
        let (known, found) = common(model.vocabulary(), &self.ids, &ids)?;
        Some(self.reach.near_ids + known + ids.len() - found)
    }
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
    /// Whether `text` has at most `limit` ids. Looks at little more of it than the limit needs, and at nothing before `start`.
    /// The pre-token that `around` tells of is counted by that, if it can be.
    pub(crate) fn fits(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        text: &[u8],
        start: Place,
        limit: usize,
        around: Option<&Around>,
    ) -> Result<bool> {
        Ok(self.up_to(model, pattern, text, start, limit, around)?.is_none())
    }

    /// A place before which `text` has at most `limit` ids and after which, no more than some hundred words later, it has
    /// more. `None` if it has no more.
    pub(crate) fn place_of_limit(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        text: &[u8],
        limit: usize,
    ) -> Result<Option<Place>> {
        self.up_to(model, pattern, text, Place::default(), limit, None)
    }

    /// A place before that at which the ids become too many, counted from `start` on.
    fn up_to(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        text: &[u8],
        start: Place,
        limit: usize,
        around: Option<&Around>,
    ) -> Result<Option<Place>> {
        let (counted, size) = (&text[start.at..], window_size(limit - start.ids));
        // Whether there is anything to cut may be told from the beginning: cuts change no count.
        let cuts = model.cuts(&counted[..counted.len().min(size)]);
        let (mut count, mut passed) = (Count(start.ids), false);
        // The last words are counted from `here`; before them were enough from `last` on.
        let (mut last, mut here, mut words_here) = (start, start, 0);
        self.each_run(pattern, cuts, counted, size, |words, rest, bounds| {
            let (base, mut from) = (text.len() - rest.len(), 0);
            while from + 1 < bounds.len() && !passed {
                let run = next_run(&bounds[from..], limit - count.0);
                let (at, end) = (base + run[0] as usize, base + run[run.len() - 1] as usize);
                // A word begins there: it is no cut, which is between two characters of three bytes.
                if words_here >= STRIDE && (from == 0 || cuts.is_none() || text[at] & 0xF0 != 0xE0) {
                    (last, here, words_here) = (here, Place { at, ids: count.0, long: None }, 0);
                }
                words_here += run.len() - 1;
                from += run.len() - 1;
                last.long = None;
                // No token is longer than the longest, so that a piece of any length is known to be too much at once.
                passed = count.0 + (end - at).div_ceil(model.longest()) > limit;
                if !passed && is_long(run) {
                    let known = around.filter(|around| around.at == at);
                    if let Some(ids) = known.and_then(|around| around.count(words, model, &text[at..end])) {
                        count.0 += ids;
                    } else {
                        let (ids, reach) = reach(words, model, &text[at..end], limit - count.0);
                        count.0 += ids;
                        last.long = Some((at, reach));
                    }
                } else if !passed {
                    words.encode(model, rest, run, &mut count);
                }
                passed |= count.0 > limit;
            }
            !passed
        })?;
        Ok(passed.then_some(last))
    }

    /// Calls `visit` with every pre-token from `place` on that the pattern matches, the number of its ids and, of a long one,
    /// how far those reach that fit, until it returns false. A long pre-token with which there are more than `limit` ids is
    /// not counted to its end, and that which the place tells of not at all.
    pub(crate) fn each_counted(
        &mut self,
        model: &Model,
        pattern: &Pattern,
        text: &[u8],
        place: Place,
        limit: usize,
        mut visit: impl FnMut(Range<usize>, usize, Option<Reach>) -> bool,
    ) -> Result<()> {
        let mut left = limit - place.ids;
        self.each_run(pattern, None, &text[place.at..], LEAST, |words, rest, bounds| {
            let base = text.len() - rest.len();
            bounds.windows(2).all(|piece| {
                let range = base + piece[0] as usize..base + piece[1] as usize;
                let known = place.long.filter(|(at, _)| *at == range.start);
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

    /// The ids just before a limit of the pre-token that begins at `at` and reaches so far.
    pub(crate) fn around(&mut self, model: &Model, text: &[u8], at: usize, mut reach: Reach) -> Around {
        let mut ids = Vec::new();
        // Tokens begin at both places, so that between them are the ids of the bytes between them.
        self.merge(model, &text[at + reach.near..at + reach.far], &mut ids);
        let lengths = ids.iter().map(|&id| model.vocabulary().token(id).map_or(0, <[u8]>::len));
        let mut left_out = 0;
        for length in lengths.take(ids.len().saturating_sub(TRIED_LEAST)) {
            if reach.far - reach.near <= TRIED_BYTES {
                break;
            }
            reach.near += length;
            left_out += 1;
        }
        reach.near_ids += left_out;
        ids.drain(..left_out);
        Around { at, reach, ids }
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

/// The bounds of the first words: so many that at least a quarter of the `left` ids is left by them, but at least
/// [`STRIDE`]; and a long one by itself.
fn next_run(bounds: &[u32], left: usize) -> &[u32] {
    // A word has no more ids than bytes.
    let sure = bounds.partition_point(|&bound| (bound - bounds[0]) as usize <= left - left / 4);
    let before_long = bounds.windows(2).take(sure.max(STRIDE)).take_while(|word| !is_long(word)).count();
    &bounds[..=before_long.max(1)]
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bpe::testing::{nasty_piece, nasty_vocabulary};
    use crate::tier::Tier;

    proptest! {
        /// What is known of the ids around a limit tells how many the first bytes have, or nothing.
        #[test]
        fn ids_around_a_limit_tell_the_number(
            v in nasty_vocabulary(), pieces in prop::collection::vec(nasty_piece(), 1..20), part in 0..8_usize
        ) {
            let piece = pieces.concat().repeat(8);
            let (model, mut words) = (Model::shared(v), Words::new(Tier::current(), 1 << 17));
            let mut count = |piece: &[u8]| {
                let mut ids = Vec::new();
                words.merge(&model, piece, &mut ids);
                ids.len()
            };
            let all = count(&piece);
            let mut worker = Worker::new(Tier::current(), 1 << 17);
            let reach = worker.reach(&model, &piece, all * part / 8);
            let around = worker.around(&model, &piece, 0, reach);
            for kept in around.reach.near..piece.len().min(around.reach.far + 20) {
                if let Some(told) = around.count(&mut worker.words, &model, &piece[..kept]) {
                    prop_assert_eq!(told, count(&piece[..kept]));
                }
            }
        }
    }
}
