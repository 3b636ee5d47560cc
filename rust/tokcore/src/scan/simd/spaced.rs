//! The algebra of GPT-2's pattern: words, numbers and runs of others take one space with them.

use super::bits::Bits;
use super::classify::{Masks, Wanted};
use super::contractions::Contractions;
use super::scanner::{Place, Shape, Starts};
use super::whitespace::last_blanks;
use crate::scan::rules::Rules;

/// What the block before left.
#[derive(Default)]
pub(super) struct Spaced<B> {
    before: Masks<B>,
    contractions: Contractions,
}

impl<B: Bits> Shape<B> for Spaced<B> {
    fn new(_rules: &Rules) -> Self {
        Self::default()
    }

    #[inline(always)]
    fn wanted(&self) -> Wanted {
        Wanted { cased: false, marks: false }
    }

    #[inline(always)]
    fn blocks(&mut self, masks: &Masks<B>, place: &Place<'_>, starts: &mut Starts<'_>) {
        let before = &self.before;
        let after_space = masks.space.after(before.space);
        let others = masks.other & !masks.other.after(before.other) & masks.starts & !after_space;
        let runs = masks.word & !masks.word.after(before.word) | masks.number & !masks.number.after(before.number);
        let white = masks.blank | masks.newline;
        let after_white = white.after(before.blank | before.newline);
        let apostrophes = others & masks.apostrophe & masks.word.may_be_ahead();
        let found = self.contractions.find(apostrophes, place, false, true);
        starts.set_mask(runs & !after_space & !found.letters | others | white & !after_white | found.ends & masks.word);
        last_blanks(after_white & !white, masks.high.after(before.high), place, starts);
        self.before = *masks;
    }
}
