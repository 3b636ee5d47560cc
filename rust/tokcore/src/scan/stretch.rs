//! Stretches of a pre-token that any number of characters may be taken out of.

use super::class::{Class, class_at};
use super::rules::{Rules, Words};

/// So many bytes at either end of a stretch stay.
pub(crate) const KEPT: usize = 16;

impl Rules {
    /// Whether the characters of `text` are of one class, as far as the rules tell classes apart. If they are, and the first
    /// span of a longer text reaches from before them to beyond them, it does so with fewer of them too, and as far beyond,
    /// if [`KEPT`] bytes at either end of them stay: rules look at single characters only at a span's beginning and behind
    /// its words, and else go on for as long as classes are in a set, but for numbers, which they count.
    pub(super) fn is_stretch(&self, text: &[u8]) -> bool {
        let class_at = |at| match class_at(text, at) {
            (class, length) if class.is_letter() && self.words != Words::Cased => (Class::Uncased, length),
            found => found,
        };
        let (Some(first), mut at) = ((!text.is_empty()).then(|| class_at(0).0), 0) else { return false };
        while at < text.len() {
            let (class, length) = class_at(at);
            if class != first {
                return false;
            }
            at += length;
        }
        first != Class::Number || self.most_digits.is_none()
    }
}
