//! Special tokens in text: where they stand, which the caller allows, and the stretches of ordinary text between them.

use std::collections::HashSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::error::{Error, ErrorKind, Result};
use crate::vocab::SpecialTokens;

/// A choice among a tokenizer's special tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Specials {
    /// None of them.
    #[default]
    None,
    /// Every one.
    All,
    /// These texts. One that is no special token has no effect on encoding.
    Only(HashSet<String>),
    /// Every special token but these.
    AllBut(HashSet<String>),
}

impl Specials {
    /// The choice of exactly these texts.
    pub fn only<S: Into<String>>(texts: impl IntoIterator<Item = S>) -> Self {
        Self::Only(texts.into_iter().map(Into::into).collect())
    }

    /// Whether `text`, a special token, is chosen.
    pub fn contains(&self, text: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(texts) => texts.contains(text),
            Self::AllBut(texts) => !texts.contains(text),
        }
    }
}

/// Finds a tokenizer's special tokens in text. Of several that start at one place the longest counts.
#[derive(Debug)]
pub(crate) struct Finder {
    entries: Vec<(String, u32)>,
    search: Option<AhoCorasick>,
    /// What all of them begin with, if that is one byte: few texts have it, and that they do not is soon seen.
    first: Option<u8>,
}

impl Finder {
    pub(crate) fn new(special: &SpecialTokens) -> Result<Self> {
        let entries: Vec<(String, u32)> = special.iter().map(|(text, id)| (text.to_owned(), id)).collect();
        let search = match entries.is_empty() {
            true => None,
            false => Some(searcher(entries.iter().map(|(text, _)| text.as_str()))?),
        };
        let first = entries.first().and_then(|(name, _)| name.bytes().next());
        let first = first.filter(|&first| entries.iter().all(|(name, _)| name.as_bytes().first() == Some(&first)));
        Ok(Self { entries, search, first })
    }

    /// False if no special token is anywhere in `text`.
    #[inline]
    fn may_be_in(&self, text: &[u8]) -> bool {
        self.first.is_none_or(|first| memchr::memchr(first, text).is_some())
    }

    /// The first allowed special token at or after `from`, and its id. As in tiktoken, one that is not allowed is passed
    /// over by looking again from the byte after its first.
    pub(crate) fn next(&self, text: &[u8], from: usize, allowed: &Specials) -> Option<(Range<usize>, u32)> {
        if *allowed == Specials::None {
            return None;
        }
        let search = self.search.as_ref()?;
        let mut from = from;
        while let Some(found) = search.find(aho_corasick::Input::new(text).span(from..text.len())) {
            let (name, id) = &self.entries[found.pattern().as_usize()];
            if allowed.contains(name) {
                return Some((found.range(), *id));
            }
            from = found.start() + 1;
        }
        None
    }

    /// The first place in `text` of a chosen text, and that text.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`] if the chosen texts are too many or too long to search for.
    pub(crate) fn find<'s>(&'s self, text: &[u8], chosen: &'s Specials) -> Result<Option<&'s str>> {
        let names = match chosen {
            Specials::None => return Ok(None),
            Specials::Only(names) => names.iter().map(String::as_str).collect(),
            Specials::All | Specials::AllBut(_) if !self.may_be_in(text) => return Ok(None),
            Specials::All | Specials::AllBut(_) => {
                let Some(found) = self.search.as_ref().and_then(|search| search.find(text)) else { return Ok(None) };
                let name = self.entries[found.pattern().as_usize()].0.as_str();
                if chosen.contains(name) {
                    return Ok(Some(name));
                }
                // Some special token stands here; whether a chosen one does, even inside it, only a search for those tells.
                self.chosen(chosen)
            }
        };
        if names.is_empty() {
            return Ok(None);
        }
        let found = searcher(names.iter().copied())?.find(text);
        Ok(found.map(|found| names[found.pattern().as_usize()]))
    }

    fn chosen(&self, chosen: &Specials) -> Vec<&str> {
        self.entries.iter().map(|(name, _)| name.as_str()).filter(|name| chosen.contains(name)).collect()
    }
}

fn searcher<'n>(names: impl Iterator<Item = &'n str>) -> Result<AhoCorasick> {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(names).map_err(|cause| {
        let message = format!("the special tokens cannot be searched for: {cause}; use fewer or shorter ones");
        Error::new(ErrorKind::Argument, message).with_source(cause)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finder() -> Finder {
        Finder::new(&SpecialTokens::new([("<a>", 1), ("<a><b>", 2), ("<b>", 3)]).unwrap()).unwrap()
    }

    #[test]
    fn the_longest_at_the_first_place_counts() {
        let finder = finder();
        assert_eq!(finder.next(b"x<a><b><b>", 0, &Specials::All), Some((1..7, 2)));
        assert_eq!(finder.next(b"x<a><b><b>", 7, &Specials::All), Some((7..10, 3)));
        assert_eq!(finder.next(b"x<a><b><b>", 8, &Specials::All), None);
        assert_eq!(finder.next(b"x<a><b><b>", 0, &Specials::None), None);
    }

    #[test]
    fn one_that_is_not_allowed_hides_only_its_first_byte() {
        let finder = finder();
        assert_eq!(finder.next(b"<a><b>", 0, &Specials::only(["<b>"])), Some((3..6, 3)));
        assert_eq!(finder.next(b"<a>", 0, &Specials::only(["<b>", "no special token"])), None);
    }

    #[test]
    fn finds_what_is_chosen_even_inside_what_is_not() {
        let finder = finder();
        let find = |text: &str, chosen: &Specials| finder.find(text.as_bytes(), chosen).unwrap().map(str::to_owned);
        let but = Specials::AllBut(["<a><b>".to_owned()].into());
        assert_eq!(find("<a><b>", &but), Some("<a>".to_owned()));
        assert_eq!(find("x<a>y", &Specials::All), Some("<a>".to_owned()));
        assert_eq!(find("x<a>y", &Specials::AllBut(["<a>".to_owned()].into())), None);
        assert_eq!(find("any text", &Specials::only(["text"])), Some("text".to_owned()));
        assert_eq!(find("<a>", &Specials::None), None);
        assert_eq!(find("<a>", &Specials::Only(HashSet::new())), None);
    }

    #[test]
    fn without_special_tokens_there_is_nothing_to_find() {
        let finder = Finder::new(&SpecialTokens::default()).unwrap();
        assert_eq!(finder.next(b"<a>", 0, &Specials::All), None);
        assert_eq!(finder.find(b"<a>", &Specials::All).unwrap(), None);
    }
}
