//! The algebra of o200k and its kin, whose words also end where case turns.
//!
//! A word is `U*L+` or else `U+L*` (see [`Words::Cased`](crate::scan::rules::Words)). Over a run of word characters
//! that means: an upper-case letter starts a word if the last cased letter before it is lower case, and so does the
//! first of the upper-case letters that end the run, if a letter without case or a mark stands before them. A mark is a
//! word character, unless a run of others has swallowed it.

use super::bits::{Ones, after, fill, last_below};
use super::classify::{Masks, Wanted};
use super::contractions::{Contractions, Found};
use super::digits::Digits;
use super::scanner::{Place, Shape, Starts};
use super::whitespace::Whitespace;
use crate::scan::rules::{Contractions as Where, Rules};

/// What the block before left.
pub(super) struct Cased {
    suffixes: bool,
    most_digits: u32,
    before: Masks,
    others: Others,
    words: Words,
    contractions: Contractions,
    digits: Digits,
    whitespace: Whitespace,
}

/// Runs of others and their trail.
#[derive(Debug, Clone, Copy, Default)]
struct Others {
    /// Others that are no trail.
    own: u64,
    /// Others and marks that are not the first of a pre-token.
    joined: u64,
    /// Newlines and slashes after a run of others.
    trail: u64,
    /// What a trail can follow.
    ends: u64,
}

/// Words and what happens inside them.
#[derive(Debug, Clone, Copy, Default)]
struct Words {
    all: u64,
    /// Lower-case letters, and what follows them up to the next upper-case letter.
    lower: u64,
    /// Letters without case, and marks.
    both: u64,
    /// Upper-case letters in a row after one of `both`.
    capitals: u64,
    /// Where that row starts, if the block ends in it.
    capitals_at: usize,
}

impl Shape for Cased {
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
    fn block(&mut self, masks: &Masks, place: &Place<'_>, starts: &mut Starts<'_>) {
        let others = self.others.next(masks, &self.before);
        let firsts = others.own & !others.joined;
        let all = masks.word & !others.joined;
        let found = if self.suffixes {
            let ends = masks.apostrophe & after(all, self.words.all) & (masks.word >> 1 | 1 << 63);
            self.contractions.find(ends, place, true, false)
        } else {
            Found::default()
        };
        let prefixed = after(firsts, self.others.own & !self.others.joined) | after(masks.blank, self.before.blank);
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

impl Others {
    #[inline(always)]
    fn next(&self, masks: &Masks, before: &Masks) -> Self {
        let trailing = masks.newline | masks.slash;
        let after_space = after(masks.space, before.space);
        let mut ends = masks.other;
        loop {
            let trail = fill(masks.newline & after(ends, self.ends), trailing, self.trail);
            let own = masks.other & !trail;
            let second = own & masks.starts & (after(own, self.own) | after_space);
            let joined = fill(second, own | masks.mark, self.joined);
            let settled = Self { own, joined, trail, ends: masks.other | masks.mark & joined };
            // A newline after a mark that a run of others has swallowed begins a trail, which may end later runs.
            if masks.newline & (after(settled.ends, self.ends) ^ after(ends, self.ends)) == 0 {
                return settled;
            }
            ends = settled.ends;
        }
    }
}

impl Words {
    /// Starts of words; stores the block's state.
    #[inline(always)]
    fn next(
        &mut self,
        masks: &Masks,
        all: u64,
        found: &Found,
        prefixed: u64,
        place: &Place<'_>,
        starts: &mut Starts<'_>,
    ) -> u64 {
        let before = *self;
        let both = all & !masks.upper & !masks.lower;
        let lower = fill(masks.lower & !found.letters, (masks.lower | both) & !found.letters, before.lower);
        let runs = all & !after(all, before.all) & !prefixed;
        let turns = masks.upper & after(lower, before.lower) & !found.letters;
        let rows = masks.upper & after(both, before.both);
        let capitals = fill(rows, masks.upper, before.capitals);
        for end in Ones(after(capitals, before.capitals) & !all & place.known) {
            starts.set(last_below(rows, end).map_or(before.capitals_at, |row| place.at + row as usize));
        }
        let capitals_at = match rows.checked_ilog2() {
            Some(row) => place.at + row as usize,
            None => before.capitals_at,
        };
        *self = Self { all, lower, both, capitals, capitals_at };
        runs | turns | found.ends & all
    }
}
