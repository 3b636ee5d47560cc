//! The façade: a vocabulary, a split pattern and special tokens tied to an encoder and a decoder.

mod fingerprint;
mod head;
mod offsets;
mod truncate;
mod unstable;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use crate::batch;
use crate::bpe::decode::Decoder;
use crate::bpe::{CacheStatistics, Count, Model, Place, Pool, Sink, Worker};
use crate::error::{Error, ErrorKind, Result};
use crate::scan::Pattern;
use crate::special::{Finder, Specials};
use crate::text::Text;
use crate::vocab::{SpecialTokens, Vocabulary};

/// A byte-level BPE tokenizer: text to ids and back, and counting.
///
/// Text is bytes. Bytes that are no UTF-8 are tokenized too and come back as they were. The ids are those of tiktoken's
/// `Encoding` with the same vocabulary, pattern and special tokens.
///
/// Calls from several threads run at once, each with buffers of its own.
pub struct Tokenizer {
    name: String,
    pattern: Pattern,
    model: Arc<Model>,
    special: SpecialTokens,
    finder: Finder,
    decoder: Decoder,
    fingerprint: OnceLock<[u8; 32]>,
    workers: Pool,
}

/// The ids of a text and where in it each stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WithOffsets {
    /// The ids.
    pub ids: Vec<u32>,
    /// For each id the characters of the text that it covers, from the one its first byte belongs to, to the one after
    /// the character its last byte belongs to. A character's tokens each cover it whole.
    pub spans: Vec<(usize, usize)>,
}

/// The ids of a text that any continuation leaves as they are, and what may follow them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WithUnstable {
    /// The ids that stay whatever text follows.
    pub stable: Vec<u32>,
    /// The sequences of ids that cover the rest of the text in some continuation.
    pub completions: BTreeSet<Vec<u32>>,
}

impl Tokenizer {
    /// A tokenizer of `vocabulary` over text split by `pattern`. Tokenizers of one vocabulary share its tables.
    ///
    /// # Errors
    /// [`ErrorKind::Pattern`](crate::ErrorKind::Pattern) if the pattern does not compile,
    /// [`ErrorKind::Vocabulary`](crate::ErrorKind::Vocabulary) if a special token's id is above
    /// [`MAX_ID`](crate::vocab::MAX_ID), [`ErrorKind::Argument`](crate::ErrorKind::Argument) if the special tokens are
    /// too many or too long to search for.
    pub fn new(name: impl Into<String>, pattern: &str, vocabulary: Vocabulary, special: SpecialTokens) -> Result<Self> {
        let model = Model::shared(vocabulary);
        Ok(Self {
            name: name.into(),
            pattern: Pattern::new(pattern)?,
            finder: Finder::new(&special)?,
            decoder: Decoder::new(model.clone(), &special)?,
            special,
            model,
            fingerprint: OnceLock::new(),
            workers: Pool::new(),
        })
    }

    /// The name it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The split pattern.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// The mergeable tokens.
    pub fn vocabulary(&self) -> &Vocabulary {
        self.model.vocabulary()
    }

    /// The special tokens.
    pub fn special(&self) -> &SpecialTokens {
        &self.special
    }

    /// The bytes of `id`, a token of the vocabulary or a special token.
    pub fn token(&self, id: u32) -> Option<&[u8]> {
        self.decoder.token(id)
    }

    /// The ids of the vocabulary in ascending order of their tokens' bytes. Sorted on the first call, O(n log n).
    pub fn ids_by_bytes(&self) -> &[u32] {
        self.model.ids_by_bytes()
    }

    /// One more than the highest id of a token, special or not.
    pub fn id_bound(&self) -> u32 {
        self.special.max_id().map_or(0, |id| id + 1).max(self.vocabulary().id_bound())
    }

    /// SHA-256 over vocabulary, pattern and special tokens: two tokenizers with one fingerprint give the same ids.
    ///
    /// Hashed are, numbers little-endian: `tokcore fingerprint 1\n`; the pattern's length (u64) and bytes; the number of
    /// tokens (u64), then for each in order of id its id (u32), length (u32) and bytes; the same for the special tokens,
    /// those of one id in order of definition.
    pub fn fingerprint(&self) -> [u8; 32] {
        *self.fingerprint.get_or_init(|| fingerprint::of(&self.pattern, self.vocabulary(), &self.special))
    }

    /// The ids, ascending, of the tokens of more than one byte that merging their own bytes does not give: text has them
    /// only where one is a whole pre-token. A vocabulary trained from bytes has none.
    pub fn unreachable(&self) -> &[u32] {
        self.model.unreachable()
    }

    /// The ids of `text`, special tokens in it taken as plain text.
    ///
    /// # Errors
    /// As [`Pattern::window`].
    pub fn encode_ordinary(&self, text: &[u8]) -> Result<Vec<u32>> {
        self.encode(text, &Specials::None)
    }

    /// The ids of `text`. The special tokens in `allowed` become their ids where they stand; others are plain text.
    ///
    /// # Errors
    /// As [`Pattern::window`].
    pub fn encode(&self, text: &[u8], allowed: &Specials) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        self.encode_into(text, allowed, &mut ids)?;
        Ok(ids)
    }

    /// [`encode`](Self::encode), appending to `ids`. A text of 1 MiB or more is encoded on several threads.
    ///
    /// # Errors
    /// As [`Pattern::window`]; `ids` then holds some of the text's ids.
    pub fn encode_into(&self, text: &[u8], allowed: &Specials, ids: &mut Vec<u32>) -> Result<()> {
        if text.len() >= batch::LONG {
            ids.append(&mut batch::encode(self, &[Text::Bytes(text)], allowed, None, batch::GO_ON)?.ids);
            return Ok(());
        }
        self.encode_whole(text, allowed, ids)
    }

    /// The first place in `text` of a text of `disallowed`, and that text; they need not all be special tokens.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`](crate::ErrorKind::Argument) if they are too many or too long to search for.
    pub fn find_disallowed<'s>(&'s self, text: &[u8], disallowed: &'s Specials) -> Result<Option<&'s str>> {
        self.finder.find(text, disallowed)
    }

    /// Refuses a `text` that has a text of `disallowed`.
    ///
    /// # Errors
    /// [`ErrorKind::DisallowedSpecial`](crate::ErrorKind::DisallowedSpecial) if it has, and as
    /// [`find_disallowed`](Self::find_disallowed).
    pub fn check(&self, text: &[u8], disallowed: &Specials) -> Result<()> {
        match self.find_disallowed(text, disallowed)? {
            None => Ok(()),
            Some(found) => Err(refusal(found)),
        }
    }

    /// How many ids [`encode_ordinary`](Self::encode_ordinary) gives, without making them.
    ///
    /// # Errors
    /// As [`Pattern::window`].
    pub fn count(&self, text: &[u8]) -> Result<usize> {
        self.count_allowing(text, &Specials::None)
    }

    /// How many ids [`encode`](Self::encode) gives, without making them.
    ///
    /// # Errors
    /// As [`Pattern::window`].
    pub fn count_allowing(&self, text: &[u8], allowed: &Specials) -> Result<usize> {
        if text.len() >= batch::LONG {
            return Ok(
                batch::count(self, &[Text::Bytes(text)], allowed, None, batch::GO_ON)?.iter().sum::<i64>() as usize
            );
        }
        let mut count = Count::default();
        self.encode_whole(text, allowed, &mut count)?;
        Ok(count.0)
    }

    /// Whether `text` has at most `limit` ids. Stops as soon as it is sure, so a text far too long costs what one just
    /// too long costs.
    ///
    /// # Errors
    /// As [`Pattern::window`].
    pub fn fits(&self, text: &[u8], limit: usize) -> Result<bool> {
        self.workers.with(|worker| worker.fits(&self.model, &self.pattern, text, Place::default(), limit, None))
    }

    /// The id of `piece` if it is a token, or else what merging its bytes gives: `piece` is taken as one pre-token.
    pub fn encode_single_piece(&self, piece: &[u8]) -> Vec<u32> {
        let mut ids = Vec::new();
        self.workers.with(|worker| worker.encode_piece(&self.model, piece, &mut ids));
        ids
    }

    /// The bytes of `ids`, one token's after another's.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if no token has some id; it names id and position.
    pub fn decode_bytes(&self, ids: &[u32]) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.decode_into(ids, &mut bytes)?;
        Ok(bytes)
    }

    /// [`decode_bytes`](Self::decode_bytes), appending to `bytes`.
    ///
    /// # Errors
    /// As [`decode_bytes`](Self::decode_bytes); `bytes` then holds some of the tokens.
    pub fn decode_into(&self, ids: &[u32], bytes: &mut Vec<u8>) -> Result<()> {
        self.decoder.decode(ids, bytes)
    }

    /// The bytes that the word cache of one thread may take: [`DEFAULT_LIMIT`](crate::bpe::DEFAULT_LIMIT) unless set.
    pub fn cache_limit(&self) -> usize {
        self.workers.cache_limit()
    }

    /// Sets [`cache_limit`](Self::cache_limit) and empties the caches. Caches of calls that run meanwhile keep theirs.
    pub fn set_cache_limit(&self, bytes: usize) {
        self.workers.set_cache_limit(bytes);
    }

    /// Empties the word caches and frees their memory, but for those of calls that run meanwhile.
    pub fn clear_cache(&self) {
        self.workers.clear();
    }

    /// How the word caches stand, all threads' together, but for those of calls that run meanwhile.
    pub fn cache_statistics(&self) -> CacheStatistics {
        self.workers.statistics()
    }

    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    pub(crate) fn workers(&self) -> &Pool {
        &self.workers
    }

    pub(crate) fn has_special(&self, text: &[u8], allowed: &Specials) -> bool {
        self.finder.next(text, 0, allowed).is_some()
    }

    /// Gives `sink` the ids of `text`, but for those that are missing until [`Worker::settle`].
    pub(crate) fn encode_ahead<S: Sink>(
        &self,
        worker: &mut Worker,
        text: &[u8],
        allowed: &Specials,
        sink: &mut S,
    ) -> Result<()> {
        let mut start = 0;
        while let Some((found, id)) = self.finder.next(text, start, allowed) {
            worker.encode_ahead(&self.model, &self.pattern, &text[start..found.start], sink)?;
            sink.all(&[id]);
            start = found.end;
        }
        worker.encode_ahead(&self.model, &self.pattern, &text[start..], sink)
    }

    /// Gives `sink` the ids of `text`.
    fn encode_whole<S: Sink>(&self, text: &[u8], allowed: &Specials, sink: &mut S) -> Result<()> {
        self.workers.with(|worker| {
            self.encode_ahead(worker, text, allowed, sink)?;
            worker.settle(&self.model, sink);
            Ok(())
        })
    }
}

#[cold]
fn refusal(found: &str) -> Error {
    Error::new(
        ErrorKind::DisallowedSpecial,
        format!("the text has {found:?}: text corresponding to a disallowed special token"),
    )
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokenizer({:?}, {:?}, {} special)", self.name, self.vocabulary(), self.special.len())
    }
}

#[cfg(test)]
mod tests;
