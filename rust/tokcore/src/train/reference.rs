//! Training by the book, for tests: after every merge all pairs are counted again.

use std::collections::{BTreeMap, HashMap};

use super::alphabet::BYTE_IDS;

/// The merges of `words` (word, count), as [`train`](super::train) makes them.
pub(super) fn merges(
    words: &[(Vec<u8>, u64)],
    merges: usize,
    min_frequency: u64,
    max_token_length: Option<usize>,
) -> Vec<(u32, u32)> {
    let mut words: Vec<(Vec<u32>, u64)> = words
        .iter()
        .map(|(word, count)| (word.iter().map(|&byte| BYTE_IDS[byte as usize]).collect(), *count))
        .collect();
    let mut lengths: HashMap<u32, usize> = (0..256).map(|id| (id, 1)).collect();
    let mut made = vec![];
    while made.len() < merges {
        let mut counts: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for (word, count) in &words {
            for pair in word.windows(2) {
                *counts.entry((pair[0], pair[1])).or_default() += count;
            }
        }
        counts.retain(|pair, _| {
            let (left, right) = (lengths[&pair.0], lengths[&pair.1]);
            (left, right) == (1, 1) || max_token_length.is_none_or(|limit| left + right < limit)
        });
        // Of equal counts the first is the lowest pair.
        let Some((&(left, right), &count)) = counts.iter().rev().max_by_key(|(_, count)| **count) else { break };
        if count < min_frequency.max(1) {
            break;
        }
        let new = 256 + made.len() as u32;
        lengths.insert(new, lengths[&left] + lengths[&right]);
        made.push((left, right));
        words.iter_mut().for_each(|(word, _)| replace(word, (left, right), new));
    }
    made
}

pub(super) fn replace(word: &mut Vec<u32>, pair: (u32, u32), new: u32) {
    let (mut from, mut to) = (0, 0);
    while from < word.len() {
        let found = from + 1 < word.len() && (word[from], word[from + 1]) == pair;
        word[to] = if found { new } else { word[from] };
        from += if found { 2 } else { 1 };
        to += 1;
    }
    word.truncate(to);
}
