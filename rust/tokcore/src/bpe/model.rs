//! A vocabulary with the tables that encoding needs, shared by all tokenizers that have the same vocabulary.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::{Duration, Instant};

use super::decode::Tokens;
use super::pairs::Pairs;
use super::parting::Parting;
use super::vector::{LONG, Merger};
use super::windows::{self, Take};
use crate::scan::CutFilter;
use crate::tier::Tier;
use crate::vocab::Vocabulary;

/// A vocabulary and the tables made from it. Immutable.
pub(crate) struct Model {
    vocabulary: Vocabulary,
    pairs: Pairs,
    /// The tokens that merging their own bytes does not give: only a pre-token that is one becomes it.
    unreached: HashMap<Box<[u8]>, u32>,
    longest: usize,
    cuts: OnceLock<CutFilter>,
    parting: OnceLock<Parting>,
    ids_by_bytes: OnceLock<Vec<u32>>,
    tokens: OnceLock<Tokens>,
}

/// The models in use, so that tokenizers of one vocabulary share one.
static MODELS: Mutex<Vec<Weak<Model>>> = Mutex::new(Vec::new());

impl Model {
    /// The model of `vocabulary`: the one in use if some tokenizer has the same vocabulary, or else a new one.
    pub(crate) fn shared(vocabulary: Vocabulary) -> Arc<Self> {
        // Vocabularies are compared and tables built while others may look.
        let same = |models: &[Arc<Self>]| models.iter().find(|model| model.vocabulary == vocabulary).cloned();
        if let Some(model) = same(&in_use(None)) {
            return model;
        }
        let model = Arc::new(Self::new(vocabulary));
        in_use(Some(&model));
        model
    }

    fn new(mut vocabulary: Vocabulary) -> Self {
        let pairs = match vocabulary.take_merges() {
            Some(merges) => Pairs::of_merges(&vocabulary, &merges),
            None => Pairs::new(&vocabulary),
        };
        let unreached = pairs.unreached().iter().filter_map(|&id| Some((vocabulary.token(id)?.into(), id))).collect();
        let longest = vocabulary.iter().map(|(_, token)| token.len()).max().unwrap_or(1);
        Self {
            vocabulary,
            pairs,
            unreached,
            longest,
            cuts: OnceLock::new(),
            parting: OnceLock::new(),
            ids_by_bytes: OnceLock::new(),
            tokens: OnceLock::new(),
        }
    }

    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The most bytes that a token has.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// Where pre-tokens of `text` may be cut without a change to their ids, if that is known and of use. Made for the first
    /// text with characters of three bytes, between which alone it cuts.
    pub(super) fn cuts(&self, text: &[u8]) -> Option<&CutFilter> {
        // A part of a pre-token is not looked up as a whole pre-token is, which makes a difference where merging does not
        // give what looking up does.
        if !self.unreached.is_empty() || (self.cuts.get().is_none() && !has_long_characters(text)) {
            return None;
        }
        Some(self.cuts.get_or_init(|| CutFilter::new(self.vocabulary.beyond_ascii())))
    }

    /// Where long words may be parted, whose parts are looked up as words are, as for [`cuts`](Self::cuts). Made for the
    /// first long word that is not ASCII.
    pub(super) fn parting(&self) -> Option<&Parting> {
        self.unreached.is_empty().then(|| self.parting.get_or_init(|| Parting::new(&self.vocabulary)))
    }

    /// The tokens by id, for decoding. Made on the first call.
    #[inline]
    pub(super) fn tokens(&self) -> &Tokens {
        self.tokens.get_or_init(|| Tokens::new(&self.vocabulary))
    }

    /// All ids in order of their tokens' bytes. Made on the first call.
    pub(crate) fn ids_by_bytes(&self) -> &[u32] {
        self.ids_by_bytes.get_or_init(|| {
            let mut tokens: Vec<(u32, &[u8])> = self.vocabulary.iter().collect();
            tokens.sort_unstable_by_key(|(_, token)| *token);
            tokens.into_iter().map(|(id, _)| id).collect()
        })
    }

    #[inline]
    pub(super) fn merger(&self, tier: Tier) -> Merger<'_> {
        Merger::new(tier, &self.pairs, self.vocabulary.byte_ids())
    }

    /// The tokens of more than one byte that merging their own bytes does not give, in ascending order.
    pub(crate) fn unreachable(&self) -> &[u32] {
        self.pairs.unreached()
    }

    /// The id of `piece` if it is a token that merging does not reach. Others need no look-up: merging gives them.
    #[inline]
    pub(super) fn unreached(&self, piece: &[u8]) -> Option<u32> {
        if self.unreached.is_empty() { None } else { self.unreached.get(piece).copied() }
    }

    /// Gives `sink` the ids of `piece`, a whole pre-token.
    pub(super) fn encode_piece<S: Take>(
        &self,
        merger: Merger<'_>,
        windows: &mut windows::Scratch,
        piece: &[u8],
        sink: &mut S,
    ) {
        match self.unreached(piece) {
            Some(id) => sink.all(&[id]),
            None => self.merge(merger, windows, piece, sink),
        }
    }

    /// Gives `sink` the ids of `piece` by merging alone.
    pub(super) fn merge<S: Take>(
        &self,
        merger: Merger<'_>,
        windows: &mut windows::Scratch,
        piece: &[u8],
        sink: &mut S,
    ) {
        match piece.len() {
            0 => {}
            1..=LONG => sink.all(merger.merge(piece).ids()),
            _ => windows.merge(merger, &self.vocabulary, piece, sink),
        }
    }
}

/// Whether there are characters of three bytes or more.
fn has_long_characters(text: &[u8]) -> bool {
    // Without an early end inside a part, so that compilers make vectors of it.
    text.chunks(1 << 10).any(|part| part.iter().fold(0, |most, &byte| most.max(byte)) >= 0xE0)
}

/// The models in use, `new` from now on among them. None in a process that was forked while another thread was in here: the
/// lock, else free after a moment, is taken for ever there.
fn in_use(new: Option<&Arc<Model>>) -> Vec<Arc<Model>> {
    let late = Instant::now() + Duration::from_millis(100);
    loop {
        if let Ok(mut models) = MODELS.try_lock() {
            models.retain(|model| model.strong_count() > 0);
            models.extend(new.map(Arc::downgrade));
            return models.iter().filter_map(Weak::upgrade).collect();
        }
        if Instant::now() > late {
            return vec![];
        }
        std::thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpe::testing::vocabulary;

    #[test]
    fn one_vocabulary_has_one_model() {
        let first = Model::shared(vocabulary(&["ab", "model sharing"]));
        let second = Model::shared(vocabulary(&["ab", "model sharing"]));
        let other = Model::shared(vocabulary(&["ab", "model"]));
        assert!(Arc::ptr_eq(&first, &second));
        assert!(!Arc::ptr_eq(&first, &other));
    }

    #[test]
    fn it_is_found_while_others_look() {
        let kept = Model::shared(vocabulary(&["found", "by many"]));
        let found = || (0..500).all(|_| Arc::ptr_eq(&kept, &Model::shared(vocabulary(&["found", "by many"]))));
        assert!(crate::threads::parallel(0..8, |_| found()).into_iter().all(|all| all));
    }
}
