//! The algebra of GPT-2's pattern: words, numbers and runs of others take one space with them.

use super::bits::after;
use super::classify::{Masks, Wanted};
use super::contractions::Contractions;
use super::scanner::{Place, Shape, Starts};
use super::whitespace::last_blanks;
use crate::scan::rules::Rules;

/// What the block before left.
#[derive(Default)]
pub(super) struct Spaced {
    before: Masks,
    contractions: Contractions,
}

impl Shape for Spaced {
    fn new(_rules: &Rules) -> Self {
        Self::default()
    }

    #[inline(always)]
    fn wanted(&self) -> Wanted {
        Wanted { cased: false, marks: false }
    }

    #[inline(always)]
    fn block(&mut self, masks: &Masks, place: &Place<'_>, starts: &mut Starts<'_>) {
        let before = &self.before;
        let after_space = after(masks.space, before.space);
        let others = masks.other & !after(masks.other, before.other) & masks.starts & !after_space;
        let runs = masks.word & !after(masks.word, before.word) | masks.number & !after(masks.number, before.number);
        let white = masks.blank | masks.newline;
        let after_white = after(white, before.blank | before.newline);
        let apostrophes = others & masks.apostrophe & (masks.word >> 1 | 1 << 63);
        let found = self.contractions.find(apostrophes, place, false, true);
        starts.set_mask(runs & !after_space & !found.letters | others | white & !after_white | found.ends & masks.word);
        last_blanks(after_white & !white, after(masks.high, before.high), place, starts);
        self.before = *masks;
    }
}
