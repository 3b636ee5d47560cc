//! Texts that are far too long, known by their beginning.

use super::Tokenizer;
use crate::error::Result;
use crate::scan::FARTHEST;
use crate::text::Text;

/// A text has more ids than there are such stretches of so many characters in it, nearly always.
const CHARACTERS_AN_ID: usize = 8;
/// So many characters more, which are turned into UTF-8 in a microsecond.
const MORE: usize = 1 << 12;
/// Where a text is parted has to do with fewer bytes after it than these.
const AFTER: usize = 16;

impl Tokenizer {
    /// A beginning of `text`, as UTF-8, that tells that the text has more than `limit` ids: there is a place in it where the
    /// text may be parted, whatever follows, and what is before that place has more. So [`truncate`](Self::truncate) keeps
    /// as much of the beginning as of the text.
    ///
    /// `None` if no beginning tells so, and for texts that are bytes already, hold surrogates, or are not much longer than
    /// the beginning would be: it spares turning the rest into UTF-8. O(`limit`).
    ///
    /// # Errors
    /// As [`Pattern::window`](crate::Pattern::window).
    pub fn head_too_long(&self, text: &Text<'_>, limit: usize) -> Result<Option<Vec<u8>>> {
        let characters = limit.saturating_mul(CHARACTERS_AN_ID).saturating_add(MORE);
        let Some(head) = text.head(characters) else { return Ok(None) };
        let mut utf8 = Vec::new();
        head.utf8(&mut utf8);
        let cut = self.pattern().safe_cut(&utf8, utf8.len().saturating_sub(FARTHEST + AFTER));
        let Some(cut) = cut.filter(|cut| cut + AFTER <= utf8.len()) else { return Ok(None) };
        Ok((!self.fits(&utf8[..cut], limit)?).then_some(utf8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpe::testing::vocabulary;
    use crate::scan::Pattern;
    use crate::vocab::SpecialTokens;

    #[test]
    fn tells_of_texts_that_are_much_too_long() {
        let (pattern, special) = (Pattern::named("cl100k_base").unwrap(), SpecialTokens::default());
        let tokenizer = Tokenizer::new("test", pattern.as_str(), vocabulary(&["ab", "so"]), special).unwrap();
        let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        let (long, short) = (units(&"so żab, 中文 ".repeat(4000)), units(&"so żab, 中文 ".repeat(400)));
        let head = tokenizer.head_too_long(&Text::Ucs2(&long), 100).unwrap().unwrap();
        assert!("so żab, 中文 ".repeat(4000).as_bytes().starts_with(&head) && head.len() < 20_000);
        for (text, limit) in [(&short, 100), (&long, 100_000)] {
            assert_eq!(tokenizer.head_too_long(&Text::Ucs2(text), limit).unwrap(), None);
        }
        // Half of a pair, as a Python str may have it.
        let mut broken = long.clone();
        broken[50] = 0xD800;
        assert_eq!(tokenizer.head_too_long(&Text::Ucs2(&broken), 100).unwrap(), None);
        // No place to part at.
        assert_eq!(tokenizer.head_too_long(&Text::Ucs2(&units(&"中".repeat(100_000))), 100).unwrap(), None);
    }
}
