//! From word counts to shards: splits words into the tokens that training starts from and lays them out.

use super::alphabet::BYTE_IDS;
use super::ascending::{Sorted, for_each_sorted};
use super::budget::{least_budget, least_memory};
use super::flat::{Layout, Sizes};
use super::known::Known;
use super::progress::Stop;
use super::shard::Shard;
use super::symbols::{Symbol, bytes_each};
use super::table::Words;
use super::words::{WordCounts, merge};
use crate::error::{Error, ErrorKind, Result};
use crate::threads::parallel;
use crate::tokenizer::Tokenizer;

/// The tokens that words are split into at the start.
pub(super) struct Start<'a> {
    /// None if they are bytes.
    pub(super) initial: Option<&'a Tokenizer>,
    /// Merges made before of tokens of `initial`, when training goes on from a checkpoint.
    pub(super) known: Known,
}

/// Words laid out for merging.
pub(super) struct Laid<S> {
    pub(super) shards: Vec<Shard<S>>,
    pub(super) distinct: u64,
    /// How many tokens the words have, by weight.
    pub(super) tokens: u64,
}

/// How many words go to one shard before the next has its turn. Tests have few words, and want some in every shard.
const BLOCK: usize = if cfg!(test) { 1 } else { 256 };

/// The words of one shard: blocks from all over, so that shards have the same amount of work, whichever thread counted
/// how many words.
struct Share<'a> {
    parts: &'a [Words],
    shard: usize,
    shards: usize,
    stop: &'a Stop,
}

impl Share<'_> {
    #[inline(always)]
    fn for_each(&self, mut visit: impl FnMut(&[u8], u64)) {
        for words in self.parts {
            for start in (self.shard * BLOCK..words.len()).step_by(self.shards * BLOCK) {
                for (word, count) in words.range(start..words.len().min(start + BLOCK)) {
                    // Splitting a word of a megabyte into known tokens takes a second.
                    if self.stop.is_set() {
                        return;
                    }
                    visit(word, count);
                }
            }
        }
    }
}

impl Start<'_> {
    fn is_bytes(&self) -> bool {
        self.initial.is_none() && self.known.is_empty()
    }

    /// Makes `ids` the word's tokens.
    #[inline]
    fn split(&self, word: &[u8], ids: &mut Vec<u32>) {
        ids.clear();
        match self.initial {
            Some(initial) => ids.extend(initial.encode_single_piece(word)),
            None => ids.extend(word.iter().map(|&byte| BYTE_IDS[byte as usize])),
        }
        self.known.apply(ids);
    }

    /// Lays the words out in shards for so many threads, each on a thread of its own if the words are in memory; those in
    /// files are brought there if there is no limit. There will be so many `tokens`; symbols need only tell those apart that
    /// words are split into.
    pub(super) fn lay_out<S: Symbol>(
        &self,
        mut counts: WordCounts,
        tokens: u32,
        threads: usize,
        max_memory: Option<u64>,
        stop: &Stop,
    ) -> Result<Laid<S>> {
        let limit = max_memory.unwrap_or(u64::MAX);
        if !counts.runs.is_empty() && max_memory.is_none() {
            counts.bring_to_memory(&mut || stop.check())?;
        }
        if !counts.runs.is_empty() {
            let shards = shards(threads, counts.size());
            return self.lay_out_stream(&counts, tokens, shards, limit, stop);
        }
        if !counts.disjoint {
            counts.parts = merge(std::mem::take(&mut counts.parts), threads);
        }
        let (shards, parts) = (shards(threads, counts.size()), counts.parts);
        let shares: Vec<_> = (0..shards).map(|shard| Share { parts: &parts, shard, shards, stop }).collect();
        let measured: Vec<_> = parallel(&shares, |share| self.measure(share));
        check_memory(measured.iter().map(|(sizes, _)| sizes), tokens, limit)?;
        let shards = parallel(shares.iter().zip(&measured), |(share, (sizes, _))| self.lay_words(share, sizes, tokens));
        stop.check()?;
        let count = measured.iter().fold(0u64, |sum, (_, count)| sum.saturating_add(*count));
        Ok(Laid { shards, distinct: parts.iter().map(|words| words.len() as u64).sum(), tokens: count })
    }

    fn measure(&self, words: &Share<'_>) -> (Sizes, u64) {
        let (mut sizes, mut tokens, mut ids) = (Sizes::default(), 0u64, vec![]);
        words.for_each(|word, weight| {
            let length = if self.is_bytes() {
                word.len()
            } else {
                self.split(word, &mut ids);
                ids.len()
            };
            sizes.add(length, weight);
            tokens = tokens.saturating_add(weight.saturating_mul(length as u64));
        });
        (sizes, tokens)
    }

    fn lay_words<S: Symbol>(&self, words: &Share<'_>, sizes: &Sizes, tokens: u32) -> Shard<S> {
        let (mut layout, mut ids) = (Layout::new(sizes, separator(tokens)), vec![]);
        words.for_each(|word, weight| {
            if self.is_bytes() {
                layout.put(word.iter().map(|&byte| BYTE_IDS[byte as usize]), weight);
            } else {
                self.split(word, &mut ids);
                layout.put(ids.iter().copied(), weight);
            }
        });
        Shard::new(layout.finish(), tokens)
    }

    /// Reads words on disk twice: to measure them, and to put them in their places.
    fn lay_out_stream<S: Symbol>(
        &self,
        counts: &WordCounts,
        tokens: u32,
        shards: usize,
        limit: u64,
        stop: &Stop,
    ) -> Result<Laid<S>> {
        let mut sizes: Vec<Sizes> = (0..shards).map(|_| Sizes::default()).collect();
        let (mut distinct, mut count, mut ids) = (0, 0u64, vec![]);
        let sorted = Sorted::new(&counts.parts, &mut || stop.check())?;
        let each = |visit: &mut dyn FnMut(&[u8], u64) -> Result<()>| {
            for_each_sorted(&sorted, &counts.runs, &mut || stop.check(), visit)
        };
        each(&mut |word, weight| {
            self.split(word, &mut ids);
            sizes[distinct % shards].add(ids.len(), weight);
            distinct += 1;
            count = count.saturating_add(weight.saturating_mul(ids.len() as u64));
            Ok(())
        })?;
        check_memory(sizes.iter(), tokens, limit)?;
        let mut layouts: Vec<_> = sizes.iter().map(|sizes| Layout::new(sizes, separator(tokens))).collect();
        let mut index = 0;
        each(&mut |word, weight| {
            self.split(word, &mut ids);
            layouts[index % shards].put(ids.iter().copied(), weight);
            index += 1;
            Ok(())
        })?;
        let shards = layouts.into_iter().map(|layout| Shard::new(layout.finish(), tokens)).collect();
        Ok(Laid { shards, distinct: distinct as u64, tokens: count })
    }
}

/// What stands between words while symbols are `S`, where there will be so many tokens: an id that none of them has.
fn separator<S: Symbol>(tokens: u32) -> S {
    S::new(tokens.min(S::MOST))
}

/// Fewer slots than this are not worth one more shard, once there are some, and more shards cost more than they bring, in
/// memory for each token and in waiting for each other. With 16 processors 4 were best for 1.5 million slots (40 MB of
/// English), 8 for 9.9 million (26 MB of Chinese), and 12 for 30 million.
const SLOTS_WORTH_A_SHARD: u64 = 2 << 20;
const SHARDS_IN_ANY_CASE: u64 = 4;
const MOST_SHARDS: u64 = 12;

/// Into how many shards so many bytes of so many words are laid out.
fn shards(threads: usize, (bytes, words): (u64, u64)) -> usize {
    let slots = bytes + 2 * words;
    let worth = (SHARDS_IN_ANY_CASE + slots / SLOTS_WORTH_A_SHARD).min(MOST_SHARDS);
    threads.min(worth as usize).max(1 + (slots / MOST_SLOTS as u64) as usize)
}

/// A shard has no more slots than this: places in its lists, three for a slot at most, are numbers of 32 bits.
const MOST_SLOTS: usize = 1 << 30;

/// Refuses words that leave no room for merging in the memory allowed, or are too long.
fn check_memory<'a>(sizes: impl ExactSizeIterator<Item = &'a Sizes>, tokens: u32, limit: u64) -> Result<()> {
    let shards = sizes.len();
    let slots: Vec<usize> = sizes.map(Sizes::slots).collect();
    if let Some(most) = slots.iter().copied().find(|&slots| slots > MOST_SLOTS) {
        let why = format!(
            "the distinct pre-tokens are too long to be shared out, one part of them has {most} tokens: split the text into \
             shorter ones"
        );
        return Err(Error::new(ErrorKind::Argument, why));
    }
    // A slot, and its part of the weights.
    let words = slots.iter().sum::<usize>() * (2 * bytes_each(tokens) + 1) / 2;
    let needed = least_budget(least_memory(words as u64, shards, tokens.into()), shards);
    if needed > limit {
        // Which thread counts which words differs from one time to the next, and with it what falls between them.
        let enough = needed + needed / 64;
        let why = format!(
            "max_memory of {limit} bytes is too small: the distinct words take {words} bytes while they are merged; \
             allow at least {enough}, or train on less text"
        );
        return Err(Error::new(ErrorKind::Argument, why));
    }
    Ok(())
}
