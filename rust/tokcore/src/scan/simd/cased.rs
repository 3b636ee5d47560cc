//! The algebra of o200k and its kin, whose words also end where case turns.
//!
//! A word is `U*L+` or else `U+L*` (see [`Words::Cased`](crate::scan::rules::Words)). Over a run of word characters
//! that means: an upper-case letter starts a word if the last cased letter before it is lower case, and so does the
//! first of the upper-case letters that end the run, if a letter without case or a mark stands before them. A mark is a
//! word character, unless a run of others has swallowed it.

use super::bits::{Bits, Ones, last_below, last_of, some};
use super::classify::{Masks, Wanted};
use super::contractions::{Contractions, Found};
use super::digits::Digits;
use super::scanner::{Place, Shape, Starts};
use super::whitespace::Whitespace;
use crate::scan::rules::{Contractions as Where, Rules};

/// What the blocks before left.
pub(super) struct Cased<B> {
    suffixes: bool,
    most_digits: u32,
    before: Masks<B>,
    others: Others<B>,
    words: Words<B>,
    contractions: Contractions,
    digits: Digits<B>,
    whitespace: Whitespace<B>,
}

/// Runs of others and their trail.
#[derive(Debug, Clone, Copy, Default)]
struct Others<B> {
    /// Others that are no trail.
    own: B,
    /// Others and marks that are not the first of a pre-token.
    joined: B,
    /// Newlines and slashes after a run of others.
    trail: B,
    /// What a trail can follow.
    ends: B,
}

/// Words and what happens inside them.
#[derive(Debug, Clone, Copy, Default)]
struct Words<B> {
    all: B,
    /// Lower-case letters, and what follows them up to the next upper-case letter.
    lower: B,
    /// Letters without case, and marks.
    both: B,
    /// Upper-case letters in a row after one of `both`.
    capitals: B,
    /// Where that row starts, if the blocks end in it.
    capitals_at: usize,
}

impl<B: Bits> Shape<B> for Cased<B> {
    fn new(rules: &Rules) -> Self {
        Self {
            suffixes: rules.contractions == Where::AfterWords,
            most_digits: rules.most_digits.unwrap_or(1) as u32,
            before: Masks::default(),
            others: Others::default(),
            words: Words::default(),
            contractions: Contractions::default(),
            digits: Digits::default(),
            whitespace: Whitespace::default(),
        }
    }

    #[inline(always)]
    fn wanted(&self) -> Wanted {
        Wanted { cased: true, marks: true }
    }

    #[inline(always)]
    fn blocks(&mut self, masks: &Masks<B>, place: &Place<'_>, starts: &mut Starts<'_>) {
        let others = self.others.next(masks, &self.before);
        let firsts = others.own & !others.joined;
        let all = masks.word & !others.joined;
        let found = if self.suffixes {
            let ends = masks.apostrophe & all.after(self.words.all) & masks.word.may_be_ahead();
            self.contractions.find(ends, place, true, false)
        } else {
            Found::default()
        };
        let prefixed = firsts.after(self.others.own & !self.others.joined) | masks.blank.after(self.before.blank);
        let words = self.words.next(masks, all, &found, prefixed, place, starts);
        starts.set_mask(
            words
                | firsts & masks.starts & !found.apostrophes
                | self.digits.starts(masks, self.most_digits)
                | self.whitespace.starts(masks, others.trail),
        );
        self.whitespace.finish(masks, others.trail, place, starts);
        (self.before, self.others) = (*masks, others);
    }
}

impl<B: Bits> Others<B> {
    #[inline(always)]
    fn next(&self, masks: &Masks<B>, before: &Masks<B>) -> Self {
        let trailing = masks.newline | masks.slash;
        let after_space = masks.space.after(before.space);
        let mut ends = masks.other;
        loop {
            let trail = (masks.newline & ends.after(self.ends)).fill(trailing, self.trail);
            let own = masks.other & !trail;
            let second = own & masks.starts & (own.after(self.own) | after_space);
            let joined = second.fill(own | masks.mark, self.joined);
            let settled = Self { own, joined, trail, ends: masks.other | masks.mark & joined };
            // A newline after a mark that a run of others has swallowed begins a trail, which may end later runs.
            if !(masks.newline & (settled.ends.after(self.ends) ^ ends.after(self.ends))).any() {
                return settled;
            }
            ends = settled.ends;
        }
    }
}

impl<B: Bits> Words<B> {
    /// Starts of words; stores the blocks' state.
    #[inline(always)]
    fn next(
        &mut self,
        masks: &Masks<B>,
        all: B,
        found: &Found<B>,
        prefixed: B,
        place: &Place<'_>,
        starts: &mut Starts<'_>,
    ) -> B {
        let before = *self;
        let both = all & !masks.upper & !masks.lower;
        let lower = (masks.lower & !found.letters).fill((masks.lower | both) & !found.letters, before.lower);
        let runs = all & !all.after(before.all) & !prefixed;
        let turns = masks.upper & lower.after(before.lower) & !found.letters;
        let rows = masks.upper & both.after(before.both);
        let capitals = rows.fill(masks.upper, before.capitals);
        let row_starts = rows.lanes();
        for (lane, ends) in some(capitals.after(before.capitals) & !all & masks.known) {
            for end in Ones(ends) {
                let row = last_below(row_starts.as_ref(), lane, end);
                starts.set(row.map_or(before.capitals_at, |row| place.at + row));
            }
        }
        let row = if rows.any() { last_of(row_starts.as_ref()) } else { None };
        let capitals_at = row.map_or(before.capitals_at, |row| place.at + row);
        *self = Self { all, lower, both, capitals, capitals_at };
        runs | turns | found.ends & all
    }
}
