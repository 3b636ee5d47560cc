//! Many short texts, split as one.
//!
//! A text of a few words is one chain of waits: its window's beginning, its few blocks, its end, and only then its words,
//! too few to hide how long looking one up takes. Of texts with a *joint* after each all words stand in one window.
//!
//! A joint is a blank, a letter and a newline. With a bound forced at both of its ends, the spans of each text are those
//! that it has by itself. By the alternatives of the known families ([`Rules`], which tests hold to this):
//!
//! * Words, numbers, others and contractions meet whitespace where the text ended, which ends them as the end does; at most
//!   a newline of a joint is taken for a trail, and cut off again.
//! * Whitespace that ends the text is one span, or two if it holds a newline where there is `\s*[\r\n]+`. With a blank
//!   and a letter behind it, it goes to that newline and then to the character before the last, which is the blank. Where
//!   `\s++$` makes it one span in any case, the joint begins with a newline too, and `\s*[\r\n]+` goes as far as that.
//! * The letter is in a word that ends before the newline, which begins no word and is no trail, as it follows no others.
//!   So a span of whitespace begins with it, which may go on into the text. It ends at a newline of the text, if that has
//!   one where that matters, or goes to the character before the last, or before the text if there is but one: what is
//!   beyond the joint is then what the text's own first span is.
//!
//! When the texts are split, a mark that is no UTF-8 replaces the joints: one word, whose ids no text has.

use super::rules::Rules;
use super::{CutFilter, Pattern, Spans};
use crate::error::Result;

/// Bytes of a joint and of a mark.
const LENGTH: usize = 3;
/// What stands for a joint when the texts are split.
pub(crate) const MARK: [u8; LENGTH] = [0xFF; LENGTH];

/// Texts with a joint after each.
#[derive(Default)]
pub(crate) struct Joined {
    bytes: Vec<u8>,
    joint: [u8; LENGTH],
    /// Where each text ends and its joint begins.
    ends: Vec<u32>,
}

impl Joined {
    /// Forgets the texts; there will be some of about `size` bytes, with this joint.
    pub(crate) fn begin(&mut self, joint: [u8; LENGTH], size: usize) {
        self.bytes.clear();
        self.bytes.reserve(size);
        self.ends.clear();
        self.joint = joint;
    }

    pub(crate) fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
        self.bytes.extend_from_slice(&self.joint);
    }

    /// The texts with what is between them.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Fills `spans` with those of all texts, and one for each joint, which becomes a mark. The texts have to be UTF-8.
    ///
    /// # Errors
    /// As [`Pattern::window`].
    pub(crate) fn split(&mut self, pattern: &Pattern, cuts: Option<&CutFilter>, spans: &mut Spans) -> Result<()> {
        let size = self.bytes.len().max(LENGTH + 1);
        pattern.window_of(&self.bytes, 0, size, cuts, true, spans)?;
        spans.force(&self.ends, LENGTH);
        for &end in &self.ends {
            self.bytes[end as usize..][..LENGTH].copy_from_slice(&MARK);
        }
        Ok(())
    }
}

impl Rules {
    /// What may stand between texts.
    pub(super) fn joint(&self) -> [u8; LENGTH] {
        if self.blank_to_end { *b"\nA\n" } else { *b" A\n" }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::family::FAMILIES;
    use super::super::tests::hard_text;
    use super::*;

    fn check(texts: &[Vec<u8>]) {
        for family in FAMILIES {
            for pattern in [Pattern::new, |it: &str| Ok(Pattern::by_rules(it).unwrap())] {
                let pattern = pattern(family.spellings[0]).unwrap();
                let (mut joined, mut spans, mut expected) = (Joined::default(), Spans::new(), vec![0]);
                joined.begin(pattern.joint().unwrap(), 0);
                for text in texts {
                    let base = joined.bytes.len() as u32;
                    joined.push(text);
                    pattern.window(text, 0, &mut spans).unwrap();
                    expected.extend(spans.bounds()[1..].iter().map(|bound| base + bound));
                    expected.push(joined.bytes.len() as u32);
                }
                // Of a text without a byte there is a bound at its end, too.
                expected.extend(&joined.ends);
                expected.sort_unstable();
                expected.dedup();
                joined.split(&pattern, None, &mut spans).unwrap();
                assert_eq!(spans.bounds(), expected, "{pattern:?} over {texts:?}");
                assert!(joined.ends.iter().all(|&end| joined.bytes[end as usize..].starts_with(&MARK)));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn spans_are_those_of_each_text(texts in prop::collection::vec(hard_text(6), 1..12)) {
            let utf8 = |text: &Vec<u8>| String::from_utf8_lossy(text).into_owned().into_bytes();
            check(&texts.iter().map(utf8).collect::<Vec<_>>());
        }
    }

    /// Whatever stands at a text's end and at the beginning of the next.
    #[test]
    fn every_neighbour_of_a_joint() {
        let parts =
            ["a", "A", "1", "!", "'", "'s", "/", " ", "\n", "\r", "\t", "\u{3000}", "\u{301}", "\u{17F}", "中", ""];
        let pairs: Vec<String> = parts.iter().flat_map(|one| parts.map(|other| format!("{one}{other}"))).collect();
        for one in &pairs {
            let texts = pairs.iter().flat_map(|other| [one, other]).map(|text| text.clone().into_bytes());
            check(&texts.collect::<Vec<_>>());
        }
    }
}
