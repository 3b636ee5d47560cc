//! Training from end to end.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::alphabet::ALPHABET;
use super::budget::share;
use super::checked::{Checked, Mark};
use super::checkpoint::{self, Log};
use super::config::Config;
use super::count::{count_on, count_words};
use super::forecast::guess;
use super::known::Known;
use super::merge::{Merged, Rules, Train, Trainer};
use super::progress::{Check, Phase, Progress, Reporter, Stop};
use super::start::Start;
use super::symbols::Symbol;
use super::words::{Totals, WordCounts};
use crate::corpus::Documents;
use crate::error::{Error, ErrorKind, Result};
use crate::threads::threads;
use crate::tokenizer::Tokenizer;
use crate::vocab::{SpecialTokens, Vocabulary};

/// A trained vocabulary.
#[derive(Debug)]
pub struct Trained {
    /// All tokens but the special ones; an id is also a merge's rank.
    pub vocabulary: Vocabulary,
    /// The pair of ids that each new token was made of, in order of their ids, which begin at 256 or after the highest id
    /// of the initial tokenizer.
    pub merges: Vec<(u32, u32)>,
    /// The special tokens: those of the initial tokenizer, and the new ones with the ids after the last merge.
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
    /// Time spent counting words (zero for counts made before), laying them out, and merging.
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
    let start = Instant::now();
    let Some(checkpoint) = &config.checkpoint else {
        let counts = count_words(documents, &config.counting(), progress)?;
        let counting = start.elapsed();
        let mut trained = finish(counts, Merged::default(), None, config, progress)?;
        trained.stats.counting = counting;
        return Ok(trained);
    };
    let named = documents.identity()?;
    let identity = config.identity(named.as_deref().unwrap_or_default());
    let saved = checkpoint::load(&checkpoint.path, &identity, &config.pattern)?;
    let mut saved = saved.unwrap_or_else(|| checkpoint::Saved::new(config.pattern.clone()));
    let mut documents = Checked::new(documents, saved.mark);
    if saved.complete {
        if named.is_none() {
            let mut reporter = Reporter::begin(progress, Phase::Counting, documents.progress().1)?;
            config.counting().prepare(&mut documents);
            documents.read_to_end(&mut reporter)?;
        }
    } else {
        let path = &checkpoint.path;
        // A directory that cannot be written to is better known now than after hours.
        let mut reporter = Reporter::begin(progress, Phase::Counting, None)?;
        let mut check = || reporter.update(0, None);
        saved.end = checkpoint::save(path, &identity, &mut saved.counts, saved.mark, false, &mut check)?;
        let checksum = documents.checksum();
        let mut save = |counts: &mut WordCounts, documents, check: Check<'_>| {
            let mark = Mark { documents, checksum: checksum.load(Ordering::Relaxed) };
            checkpoint::save(path, &identity, counts, mark, false, check).map(|_| ())
        };
        let how = config.counting();
        let (counts, skip) = (saved.counts, saved.mark.documents);
        saved.counts = count_on(&mut documents, &how, progress, counts, skip, checkpoint.interval, &mut save)?;
        let mut reporter = Reporter::begin(progress, Phase::Indexing, None)?;
        let mut check = || reporter.update(0, None);
        saved.end = checkpoint::save(path, &identity, &mut saved.counts, documents.mark(), true, &mut check)?;
    }
    let counting = start.elapsed();
    let log = Log::open(checkpoint, saved.end, saved.merged.merges.len())?;
    let mut trained = finish(saved.counts, saved.merged, Some(log), config, progress)?;
    trained.stats.counting = counting;
    Ok(trained)
}

/// Trains a vocabulary on word counts.
///
/// # Errors
/// [`ErrorKind::Argument`] if the counts hold no word, were split by another pattern, or `config` is impossible;
/// [`ErrorKind::Interrupted`] if `progress` says so; what keeps counts on disk or the checkpoint from being read or
/// written.
pub fn train(mut counts: WordCounts, config: &Config, progress: &mut dyn Progress) -> Result<Trained> {
    config.merges()?;
    if counts.pattern().as_str() != config.pattern.as_str() {
        let (has, wants) = (counts.pattern().as_str(), config.pattern.as_str());
        let why = format!("the words were split by the pattern {has:?}: they cannot be trained on with {wants:?}");
        return Err(Error::new(ErrorKind::Argument, why));
    }
    let Some(checkpoint) = &config.checkpoint else { return finish(counts, Merged::default(), None, config, progress) };
    let mut reporter = Reporter::begin(progress, Phase::Indexing, None)?;
    let checksum = counts.checksum(&mut || reporter.update(0, None))?;
    let identity = config.identity(&format!("{:?} {checksum}", counts.totals()));
    let (end, merged) = match checkpoint::load(&checkpoint.path, &identity, &config.pattern)? {
        Some(saved) if saved.complete => (saved.end, saved.merged),
        _ => {
            let mut reporter = Reporter::begin(progress, Phase::Indexing, None)?;
            let mut check = || reporter.update(0, None);
            (
                checkpoint::save(&checkpoint.path, &identity, &mut counts, Mark::default(), true, &mut check)?,
                Merged::default(),
            )
        }
    };
    let log = Log::open(checkpoint, end, merged.merges.len())?;
    finish(counts, merged, Some(log), config, progress)
}

/// Trains on from the merges that there are already.
fn finish(
    counts: WordCounts,
    mut done: Merged,
    log: Option<Log>,
    config: &Config,
    progress: &mut dyn Progress,
) -> Result<Trained> {
    let merges = config.merges()?;
    done.truncate(merges);
    let mut stats = Stats { totals: counts.totals(), ..Stats::default() };
    if stats.totals.words == 0 {
        let why = "there is no text to train on: all documents are empty, or there are none";
        return Err(Error::new(ErrorKind::Argument, why));
    }
    // While symbols are narrow, their highest is for what stands between words.
    let merged = if config.first_new() as usize + done.merges.len() < u16::MOST as usize {
        learn::<u16>(counts, done, log, config, &mut stats, progress)?
    } else {
        learn::<u32>(counts, done, log, config, &mut stats, progress)?
    };
    // A sum at the end of 64 bits stays there.
    if stats.tokens < u64::MAX {
        stats.tokens = stats.tokens.saturating_sub(merged.saved);
    }
    stats.last_frequency = merged.frequencies.last().copied().unwrap_or(0);
    stats.ended_early = merged.merges.len() < merges;
    assemble(merged.merges, config, stats)
}

fn learn<S: Train>(
    counts: WordCounts,
    done: Merged,
    log: Option<Log>,
    config: &Config,
    stats: &mut Stats,
    progress: &mut dyn Progress,
) -> Result<Merged> {
    let (initial, first_new, merges) = (config.initial.as_deref(), config.first_new(), config.merges()?);
    let mut reporter = Reporter::begin(progress, Phase::Indexing, None)?;
    let made = made_before(&done.merges, config)?;
    // With an initial vocabulary a token of it may be the bytes of two others that are never merged.
    let known = if made.is_some() { &[][..] } else { &done.merges };
    let start = Start { initial: made.as_ref().or(initial), known: Known::new(known, first_new) };
    let threads = threads(config.threads);
    let laid = reporter
        .attend(0, |stop| start.lay_out::<S>(counts, first_new + merges as u32, threads, config.max_memory, stop))?;
    (stats.distinct_words, stats.tokens) = (laid.distinct, laid.tokens);
    stats.indexing = reporter.end(laid.distinct)?;
    let exists = |merges: &[(u32, u32)], left, right| {
        initial.is_some_and(|initial| {
            let mut bytes = vec![];
            spell(initial, first_new, merges, left, &mut bytes);
            spell(initial, first_new, merges, right, &mut bytes);
            initial.vocabulary().id(&bytes).is_some()
        })
    };
    let rules = Rules {
        merges,
        first_new,
        min_frequency: config.min_frequency.max(1),
        length_limit: config.max_token_length.unwrap_or(usize::MAX),
        max_memory: config.max_memory.map(|bytes| share(bytes, laid.shards.len())),
        exists: initial.is_some().then_some(&exists),
    };
    let reporter = Reporter::begin(progress, Phase::Merging, Some(merges as u64))?;
    let slots = laid.shards.iter().map(|shard| shard.flat.symbols.len() as u64).sum();
    let guess = guess(stats.totals.words, slots, merges);
    let mut watch = Watch { reporter, log };
    let merged = S::train(Trainer::new(rules, laid.shards, lengths(initial), done, guess), &mut watch)?;
    if let Some(log) = &mut watch.log {
        log.append(&merged)?;
    }
    stats.merging = watch.reporter.end(merged.merges.len() as u64)?;
    Ok(merged)
}

/// The tokenizer of the merges there are already, if they begin from bytes: it splits words far faster than merge after merge,
/// into the same tokens (see [`vocabulary`]).
fn made_before(merges: &[(u32, u32)], config: &Config) -> Result<Option<Tokenizer>> {
    if config.initial.is_some() || merges.is_empty() {
        return Ok(None);
    }
    let vocabulary = vocabulary(merges, config)?;
    let special = SpecialTokens::new(std::iter::empty::<(&str, u32)>())?;
    Tokenizer::new("", config.pattern.as_str(), vocabulary, special).map(Some)
}

/// Who is told of merges as they are made.
pub(super) struct Watch<'a> {
    reporter: Reporter<'a>,
    log: Option<Log>,
}

impl Watch<'_> {
    /// Lets another thread do what merging has to wait for.
    pub(super) fn attend<R: Send>(&mut self, merged: usize, work: impl FnOnce(&Stop) -> Result<R> + Send) -> Result<R> {
        self.reporter.attend(merged as u64, work)
    }

    /// Tells of the merges so far, of `total`.
    pub(super) fn update(&mut self, merged: &Merged, total: usize) -> Result<()> {
        if let Some(log) = &mut self.log {
            log.update(merged)?;
        }
        self.reporter.update(merged.merges.len() as u64, Some(total as u64))
    }
}

/// The bytes of each token at the start, by id; 0 for ids that no word is split into.
fn lengths(initial: Option<&Tokenizer>) -> Vec<u32> {
    let Some(initial) = initial else { return vec![1; 256] };
    let length = |id| initial.vocabulary().token(id).map_or(0, |token| token.len() as u32);
    (0..initial.id_bound()).map(length).collect()
}

/// Appends the bytes of a token, old or new.
fn spell(initial: &Tokenizer, first_new: u32, merges: &[(u32, u32)], id: u32, to: &mut Vec<u8>) {
    let mut waiting = vec![id];
    while let Some(id) = waiting.pop() {
        if id < first_new {
            to.extend_from_slice(initial.vocabulary().token(id).unwrap_or_default());
        } else {
            let (left, right) = merges[(id - first_new) as usize];
            waiting.extend([right, left]);
        }
    }
}

/// The bytes of all tokens by id, one after another, and where each ends; nothing for ids that no token has.
fn spell_all(initial: Option<&Tokenizer>, first_new: u32, merges: &[(u32, u32)]) -> (Vec<u8>, Vec<usize>) {
    let (mut bytes, mut ends) = (vec![], Vec::with_capacity(first_new as usize + merges.len()));
    for id in 0..first_new {
        match initial {
            None => bytes.push(ALPHABET[id as usize]),
            Some(initial) => bytes.extend_from_slice(initial.vocabulary().token(id).unwrap_or_default()),
        }
        ends.push(bytes.len());
    }
    for &(left, right) in merges {
        for id in [left as usize, right as usize] {
            let start = id.checked_sub(1).map_or(0, |before| ends[before]);
            bytes.extend_from_within(start..ends[id]);
        }
        ends.push(bytes.len());
    }
    (bytes, ends)
}

/// The tokens from which and to which `merges` lead, spelled out.
///
/// Tokens that all come from bytes are distinct, and each joins from its own pair when its bytes alone are merged: where a
/// token came to be, everything joined before inside its bytes was joined without looking past them (see
/// [`bpe`](crate::bpe)). So the place of a second token of the same bytes would have been the first one's.
fn vocabulary(merges: &[(u32, u32)], config: &Config) -> Result<Vocabulary> {
    let (initial, first_new) = (config.initial.as_deref(), config.first_new());
    let (bytes, ends) = spell_all(initial, first_new, merges);
    let start = |id: usize| id.checked_sub(1).map_or(0, |before| ends[before]);
    if initial.is_none() && u32::try_from(bytes.len()).is_ok() {
        let lengths = (0..ends.len()).map(|id| (ends[id] - start(id)) as u32);
        return Ok(Vocabulary::from_distinct(bytes, lengths)?.with_merges(merges.to_vec()));
    }
    let tokens = (0..ends.len()).map(|id| (&bytes[start(id)..ends[id]], id as u32));
    Vocabulary::new(tokens.filter(|(token, _)| !token.is_empty()))
}

/// What training gives, with the new special tokens after the last merge.
fn assemble(merges: Vec<(u32, u32)>, config: &Config, stats: Stats) -> Result<Trained> {
    let vocabulary = vocabulary(&merges, config)?;
    let first_special = config.first_new() + merges.len() as u32;
    let old = config.initial.iter().flat_map(|initial| initial.special().iter());
    let special = SpecialTokens::new(old.chain(config.new_special().zip(first_special..)))?;
    Ok(Trained { vocabulary, merges, special, stats })
}
