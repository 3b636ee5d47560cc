//! Special tokens: strings with ids of their own, outside the merges.

use crate::error::{Error, ErrorKind, Result};

/// Special tokens in the order in which they were defined. Two names may share an id (o200k_harmony has such a pair);
/// decoding then gives the name defined first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpecialTokens {
    entries: Vec<(String, u32)>,
}

impl SpecialTokens {
    /// Special tokens from (text, id) pairs.
    ///
    /// # Errors
    /// [`ErrorKind::Vocabulary`] if a text is empty or stands twice.
    pub fn new<S: Into<String>>(entries: impl IntoIterator<Item = (S, u32)>) -> Result<Self> {
        let entries: Vec<(String, u32)> = entries.into_iter().map(|(text, id)| (text.into(), id)).collect();
        let mut texts: Vec<&str> = entries.iter().map(|(text, _)| text.as_str()).collect();
        texts.sort_unstable();
        if texts.first() == Some(&"") {
            return Err(Error::new(ErrorKind::Vocabulary, "a special token is the empty string"));
        }
        if let Some(pair) = texts.windows(2).find(|pair| pair[0] == pair[1]) {
            let why = format!("special token {:?} is defined twice", pair[0]);
            return Err(Error::new(ErrorKind::Vocabulary, why));
        }
        Ok(Self { entries })
    }

    /// The id of the special token written exactly `text`. O(n).
    pub fn id(&self, text: &str) -> Option<u32> {
        self.entries.iter().find(|(t, _)| t == text).map(|(_, id)| *id)
    }

    /// The text of special token `id` (of several, the first defined). O(n).
    pub fn text(&self, id: u32) -> Option<&str> {
        self.entries.iter().find(|(_, i)| *i == id).map(|(t, _)| t.as_str())
    }

    /// All (text, id) pairs in order of definition.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, u32)> {
        self.entries.iter().map(|(text, id)| (text.as_str(), *id))
    }

    /// The number of special tokens.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The highest id, if there is any.
    pub fn max_id(&self) -> Option<u32> {
        self.entries.iter().map(|(_, id)| *id).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_of_one_id_decode_to_the_first() {
        let s = SpecialTokens::new([("<|endofprompt|>", 18), ("<|reserved_18|>", 18), ("<|end|>", 3)]).unwrap();
        assert_eq!(s.text(18), Some("<|endofprompt|>"));
        assert_eq!((s.id("<|reserved_18|>"), s.id("<|none|>")), (Some(18), None));
        assert_eq!((s.max_id(), s.len()), (Some(18), 3));
    }

    #[test]
    fn refuses_empty_and_repeated() {
        assert!(SpecialTokens::new([("", 1)]).is_err());
        assert!(SpecialTokens::new([("<a>", 1), ("<a>", 2)]).is_err());
    }
}
