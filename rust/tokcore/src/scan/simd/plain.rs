//! The algebra of cl100k and its kin: a word takes any one character before it, but for newlines and numbers.

use super::bits::Bits;
use super::classify::{Masks, Wanted};
use super::contractions::Contractions;
use super::digits::Digits;
use super::scanner::{Place, Shape, Starts};
use super::whitespace::Whitespace;
use crate::scan::rules::{Rules, Words};

/// What the block before left.
pub(super) struct Plain<B> {
    marks: bool,
    most_digits: u32,
    before: Masks<B>,
    /// Others that are not the first of a pre-token.
    joined: B,
    trail: B,
    contractions: Contractions,
    digits: Digits<B>,
    whitespace: Whitespace<B>,
}

impl<B: Bits> Shape<B> for Plain<B> {
    fn new(rules: &Rules) -> Self {
        Self {
            marks: rules.words == Words::WithMarks,
            most_digits: rules.most_digits.unwrap_or(1) as u32,
            before: Masks::default(),
            joined: B::default(),
            trail: B::default(),
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
    fn blocks(&mut self, masks: &Masks<B>, place: &Place<'_>, starts: &mut Starts<'_>) {
        let before = &self.before;
        let after_other = masks.other.after(before.other);
        let second = masks.other & masks.starts & (after_other | masks.space.after(before.space));
        let joined = second.fill(masks.other, self.joined);
        let trail = (masks.newline & after_other).fill(masks.newline, self.trail);
        let firsts = masks.other & !joined;
        let prefixed = firsts.after(before.other & !self.joined) | masks.blank.after(before.blank);
        let words = masks.word & !masks.word.after(before.word) & !prefixed;
        let apostrophes = firsts & masks.apostrophe & masks.word.may_be_ahead();
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
