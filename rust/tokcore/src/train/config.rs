//! What to train, and whether that is possible.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::checkpoint::Checkpoint;
use super::count::Counting;
use crate::error::{Error, ErrorKind, Result};
use crate::scan::Pattern;
use crate::tokenizer::Tokenizer;
use crate::vocab::{MAX_ID, SpecialTokens};

/// What to train.
#[derive(Debug, Clone)]
pub struct Config {
    /// How many tokens there are to be: the 256 single bytes (or the tokens of `initial`), the merges and the special
    /// tokens.
    pub vocab_size: usize,
    /// Splits text into pre-tokens, which no token crosses.
    pub pattern: Pattern,
    /// Special tokens, which get the ids after the last merge in the order given, and are kept out of the statistics.
    pub special_tokens: Vec<String>,
    /// Pairs that occur less often are not merged. 0 is as good as 1: a pair that does not occur never is.
    pub min_frequency: u64,
    /// As in Hugging Face's trainer: tokens stay shorter than this many bytes, but for those of two bytes.
    pub max_token_length: Option<usize>,
    /// The number of threads; all that the process may use if `None`. It never changes the result.
    pub threads: Option<usize>,
    /// How many bytes of memory training may take, about. Counts that are more go to disk while text is counted; the
    /// words themselves, two or three bytes for each of their bytes, must fit when they are merged. It never changes the
    /// result. No limit if `None`.
    pub max_memory: Option<u64>,
    /// Where counts go that do not fit; the system's directory for temporary files if `None`.
    pub temp_dir: Option<PathBuf>,
    /// A file to go on from after an interruption.
    pub checkpoint: Option<Checkpoint>,
    /// A tokenizer to extend: its tokens and special tokens keep their ids, words are split into its tokens to begin with,
    /// and new tokens follow its highest id. A pair that makes one of its tokens, which then cannot be reached from that
    /// word by its own merges, is not merged.
    pub initial: Option<Arc<Tokenizer>>,
}

impl Config {
    /// A configuration with no special tokens and no limits.
    pub fn new(vocab_size: usize, pattern: Pattern) -> Self {
        Self {
            vocab_size,
            pattern,
            special_tokens: vec![],
            min_frequency: 0,
            max_token_length: None,
            threads: None,
            max_memory: None,
            temp_dir: None,
            checkpoint: None,
            initial: None,
        }
    }

    /// How words are counted for this training.
    pub fn counting(&self) -> Counting {
        let old = self.initial.iter().flat_map(|initial| initial.special().iter());
        let mut special_tokens: Vec<String> = old.map(|(text, _)| text.to_owned()).collect();
        special_tokens.extend(self.new_special().map(str::to_owned));
        Counting {
            pattern: self.pattern.clone(),
            special_tokens,
            threads: self.threads,
            max_memory: self.max_memory,
            temp_dir: self.temp_dir.clone(),
        }
    }

    /// The special tokens that the initial tokenizer does not have.
    pub(super) fn new_special(&self) -> impl Iterator<Item = &str> {
        let old = |text: &&str| self.initial.as_ref().is_some_and(|initial| initial.special().id(text).is_some());
        self.special_tokens.iter().map(String::as_str).filter(move |text| !old(text))
    }

    /// The id of the first new token.
    pub(super) fn first_new(&self) -> u32 {
        self.initial.as_ref().map_or(256, |initial| initial.id_bound())
    }

    /// How many merges there are to be.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`] if the configuration is impossible.
    pub(super) fn merges(&self) -> Result<usize> {
        let refuse = |why: String| Err(Error::new(ErrorKind::Argument, why));
        SpecialTokens::new(self.special_tokens.iter().map(|text| (text.as_str(), 0)))
            .map_err(|e| Error::new(ErrorKind::Argument, e.to_string()))?;
        let (tokens, old_special) = self.initial.as_ref().map_or((256, 0), |initial| {
            let ids: BTreeSet<u32> = initial.special().iter().map(|(_, id)| id).collect();
            (initial.vocabulary().len(), ids.len())
        });
        let special = old_special + self.new_special().count();
        let least = tokens + special;
        if self.vocab_size < least {
            let kind = if self.initial.is_some() { "tokens of the initial vocabulary" } else { "single bytes" };
            return refuse(format!(
                "vocab_size {} is too small: {tokens} {kind} and {special} special tokens make {least}",
                self.vocab_size
            ));
        }
        let merges = self.vocab_size - least;
        // The last id, counted from the highest that is taken.
        if self.first_new() as usize + merges + special > MAX_ID as usize {
            return refuse(format!(
                "vocab_size {} is too large: the last id would be {MAX_ID} or more",
                self.vocab_size
            ));
        }
        Ok(merges)
    }

    /// SHA-256 of what decides the merges, but for their number, and of where the text comes from.
    pub(super) fn identity(&self, source: &str) -> [u8; 32] {
        let initial = self.initial.as_ref().map(|initial| initial.fingerprint());
        let parts = (self.pattern.as_str(), &self.special_tokens, self.min_frequency, self.max_token_length);
        Sha256::digest(format!("{parts:?} {initial:?} {source:?}")).into()
    }
}
