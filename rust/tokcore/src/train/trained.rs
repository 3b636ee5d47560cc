//! Training from end to end: the configuration, the result, and what is between.

use std::time::Duration;

use super::alphabet::{ALPHABET, BYTE_IDS};
use super::count::{Counting, count_words};
use super::flat::{Flat, Initial, Symbol};
use super::merge::{Merged, Rules, Trainer};
use super::progress::{Phase, Progress, Reporter};
use super::shard::Shard;
use super::words::{Totals, WordCounts};
use crate::corpus::Documents;
use crate::error::{Error, ErrorKind, Result};
use crate::scan::Pattern;
use crate::vocab::{MAX_ID, SpecialTokens, Vocabulary};

/// What to train.
#[derive(Debug, Clone)]
pub struct Config {
    /// How many tokens there are to be: the 256 single bytes, the merges and the special tokens.
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
}

impl Config {
    /// A configuration with no special tokens and no limits.
    pub fn new(vocab_size: usize, pattern: Pattern) -> Self {
        Self { vocab_size, pattern, special_tokens: vec![], min_frequency: 0, max_token_length: None, threads: None }
    }

    /// How words are counted for this training.
    pub fn counting(&self) -> Counting {
        Counting { pattern: self.pattern.clone(), special_tokens: self.special_tokens.clone(), threads: self.threads }
    }

    /// How many merges there are to be, or what is wrong with the configuration.
    fn merges(&self) -> Result<usize> {
        let refuse = |why: String| Err(Error::new(ErrorKind::Argument, why));
        SpecialTokens::new(self.special_tokens.iter().map(|text| (text.as_str(), 0)))
            .map_err(|e| Error::new(ErrorKind::Argument, e.to_string()))?;
        let least = 256 + self.special_tokens.len();
        if self.vocab_size < least {
            let special = self.special_tokens.len();
            return refuse(format!(
                "vocab_size {} is too small: 256 single bytes and {special} special tokens make {least}",
                self.vocab_size
            ));
        }
        if self.vocab_size > MAX_ID as usize + 1 {
            return refuse(format!("vocab_size {} is too large: at most {}", self.vocab_size, MAX_ID as usize + 1));
        }
        Ok(self.vocab_size - least)
    }
}

/// A trained vocabulary.
#[derive(Debug)]
pub struct Trained {
    /// All tokens but the special ones; an id is also a merge's rank.
    pub vocabulary: Vocabulary,
    /// The pair of ids that each token from 256 on was made of, in order.
    pub merges: Vec<(u32, u32)>,
    /// The special tokens with the ids after the last merge.
    pub special: SpecialTokens,
    /// What training saw.
    pub stats: Stats,
}

/// What training saw.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    /// How much text there was.
    pub totals: Totals,
    /// Different pre-tokens.
    pub distinct_words: u64,
    /// How many tokens the training text has in the trained vocabulary.
    pub tokens: u64,
    /// How often the last merge's pair occurred; 0 without merges.
    pub last_frequency: u64,
    /// Whether training ended before `vocab_size`, because no pair was left that occurs often enough.
    pub ended_early: bool,
    /// Time spent counting words (zero for counts made before), bringing them together, and merging.
    pub counting: Duration,
    /// See `counting`.
    pub indexing: Duration,
    /// See `counting`.
    pub merging: Duration,
}

/// Counts the documents' words and trains on them.
///
/// # Errors
/// As [`count_words`] and [`train`].
pub fn train_documents(documents: &mut dyn Documents, config: &Config, progress: &mut dyn Progress) -> Result<Trained> {
    config.merges()?;
    let start = std::time::Instant::now();
    let counts = count_words(documents, &config.counting(), progress)?;
    let counting = start.elapsed();
    let mut trained = train(counts, config, progress)?;
    trained.stats.counting = counting;
    Ok(trained)
}

/// Trains a vocabulary on word counts.
///
/// # Errors
/// [`ErrorKind::Argument`] if the counts hold no word, were split by another pattern, or `config` is impossible;
/// [`ErrorKind::Interrupted`] if `progress` says so.
pub fn train(counts: WordCounts, config: &Config, progress: &mut dyn Progress) -> Result<Trained> {
    let merges = config.merges()?;
    if counts.pattern().as_str() != config.pattern.as_str() {
        let (has, wants) = (counts.pattern().as_str(), config.pattern.as_str());
        let why = format!("the words were split by the pattern {has:?}: they cannot be trained on with {wants:?}");
        return Err(Error::new(ErrorKind::Argument, why));
    }
    let totals = counts.totals();
    if totals.words == 0 {
        let why = "there is no text to train on: all documents are empty, or there are none";
        return Err(Error::new(ErrorKind::Argument, why));
    }
    let mut stats = Stats { totals, ..Stats::default() };
    // Symbols are ids, and one more for the separator.
    let merged = if 256 + merges < usize::from(u16::MAX) {
        learn::<u16>(counts, config, merges, &mut stats, progress)?
    } else {
        learn::<u32>(counts, config, merges, &mut stats, progress)?
    };
    stats.tokens = totals.bytes - merged.saved.min(totals.bytes);
    stats.last_frequency = merged.last_frequency;
    stats.ended_early = merged.merges.len() < merges;
    assemble(merged.merges, config, stats)
}

fn learn<S: Symbol>(
    counts: WordCounts,
    config: &Config,
    merges: usize,
    stats: &mut Stats,
    progress: &mut dyn Progress,
) -> Result<Merged> {
    let words = counts.totals().words;
    let reporter = Reporter::begin(progress, Phase::Indexing, None)?;
    let initial: &Initial<'_> = &|word, ids| ids.extend(word.iter().map(|&byte| BYTE_IDS[byte as usize]));
    let separator = 256 + merges as u32;
    let mut shards = vec![];
    for words in counts.into_shards(1) {
        stats.distinct_words += words.len() as u64;
        shards.push(Shard::new(Flat::<S>::new(&words, initial, separator)));
    }
    stats.indexing = reporter.end(stats.distinct_words)?;
    let rules = Rules {
        merges,
        first_new: 256,
        min_frequency: config.min_frequency.max(1),
        length_limit: config.max_token_length.unwrap_or(usize::MAX),
        lengths: vec![1; 256],
        exists: None,
    };
    let mut reporter = Reporter::begin(progress, Phase::Merging, Some(merges as u64))?;
    let merged = Trainer::new(rules, shards).run(words / (20 * merges as u64 + 1), &mut reporter)?;
    stats.merging = reporter.end(merged.merges.len() as u64)?;
    Ok(merged)
}

/// Spells the tokens out.
fn assemble(merges: Vec<(u32, u32)>, config: &Config, stats: Stats) -> Result<Trained> {
    let mut tokens: Vec<Vec<u8>> = ALPHABET.iter().map(|&byte| vec![byte]).collect();
    for &(left, right) in &merges {
        tokens.push([&tokens[left as usize][..], &tokens[right as usize]].concat());
    }
    let first_special = tokens.len() as u32;
    let vocabulary = Vocabulary::new(tokens.iter().zip(0..))?;
    let special = SpecialTokens::new(config.special_tokens.iter().map(String::as_str).zip(first_special..))?;
    Ok(Trained { vocabulary, merges, special, stats })
}
