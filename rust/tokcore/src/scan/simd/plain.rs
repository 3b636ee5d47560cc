//! The algebra of cl100k and its kin: a word takes any one character before it, but for newlines and numbers.

use super::bits::{after, fill};
use super::classify::{Masks, Wanted};
use super::contractions::Contractions;
use super::digits::Digits;
use super::scanner::{Place, Shape, Starts};
use super::whitespace::Whitespace;
use crate::scan::rules::{Rules, Words};

/// What the block before left.
pub(super) struct Plain {
    marks: bool,
    most_digits: u32,
    before: Masks,
    /// Others that are not the first of a pre-token.
    joined: u64,
    trail: u64,
    contractions: Contractions,
    digits: Digits,
    whitespace: Whitespace,
}

impl Shape for Plain {
    fn new(rules: &Rules) -> Self {
        Self {
            marks: rules.words == Words::WithMarks,
            most_digits: rules.most_digits.unwrap_or(1) as u32,
            before: Masks::default(),
            joined: 0,
            trail: 0,
            contractions: Contractions::default(),
            digits: Digits::default(),
            whitespace: Whitespace::default(),
        }
    }

    #[inline(always)]
    fn wanted(&self) -> Wanted {
        Wanted { cased: false, marks: self.marks }
    }

    #[inline(always)]
    fn block(&mut self, masks: &Masks, place: &Place<'_>, starts: &mut Starts<'_>) {
        let before = &self.before;
        let after_other = after(masks.other, before.other);
        let second = masks.other & masks.starts & (after_other | after(masks.space, before.space));
        let joined = fill(second, masks.other, self.joined);
        let trail = fill(masks.newline & after_other, masks.newline, self.trail);
        let firsts = masks.other & !joined;
        let prefixed = after(firsts, before.other & !self.joined) | after(masks.blank, before.blank);
        let words = masks.word & !after(masks.word, before.word) & !prefixed;
        let apostrophes = firsts & masks.apostrophe & (masks.word >> 1 | 1 << 63);
        let found = self.contractions.find(apostrophes, place, true, true);
        starts.set_mask(
            words
                | firsts & masks.starts
                | found.ends & masks.word
                | self.digits.starts(masks, self.most_digits)
                | self.whitespace.starts(masks, trail),
        );
        self.whitespace.finish(masks, trail, place, starts);
        (self.before, self.joined, self.trail) = (*masks, joined, trail);
    }
}
