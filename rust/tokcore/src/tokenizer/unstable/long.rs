//! Completions of a long rest, of which only the end is split and merged anew for each.

use std::collections::BTreeSet;

use super::Tokenizer;
use crate::bpe::{Worker, common};
use crate::error::Result;
use crate::scan::{KEPT, Spans};

/// A rest of at least so many bytes more than three tokens is long. Little in tests, so that they come here.
const LONG: usize = if cfg!(test) { 128 } else { 1 << 12 };
/// So many bytes before what a token may replace are merged anew with it.
const BACK: usize = if cfg!(test) { 32 } else { 128 };
/// So many bytes at the beginning are kept when the rest is split.
const HEAD: usize = 64;

/// A rest and what is the same in all its completions.
pub(super) struct Long<'r> {
    rest: &'r [u8],
    /// The ids of some beginning of the rest that no token replaces anything of.
    ids: Vec<u32>,
    /// Where in it what is merged anew begins, and the number of ids before.
    tail: usize,
    before: usize,
    /// Whether all before the tail is UTF-8, and a beginning of it after which the rest may be left out up to the tail for
    /// splitting.
    head: Option<usize>,
    spans: Spans,
    found: BTreeSet<(usize, Vec<u32>)>,
}

impl<'r> Long<'r> {
    /// `None` if `rest` is not long, or had better be encoded as a whole.
    pub(super) fn new(tokenizer: &Tokenizer, worker: &mut Worker, rest: &'r [u8]) -> Option<Self> {
        // What is before the tail alone is then longer than any token.
        let longest = tokenizer.model.longest();
        let known = rest.len().checked_sub(longest).filter(|&known| known >= LONG + 2 * longest)?;
        let mut ids = Vec::new();
        worker.merge(&tokenizer.model, &rest[..known], &mut ids);
        let (mut tail, mut before) = (known, ids.len());
        while known - tail < BACK || rest[tail] & 0xC0 == 0x80 {
            before = before.checked_sub(1)?;
            tail -= tokenizer.bytes_of(ids[before]).len();
        }
        let head = match std::str::from_utf8(&rest[..tail]) {
            Ok(_) => Some(head(tokenizer, &rest[..known], tail)?),
            Err(_) => None,
        };
        Some(Self { rest, ids, tail, before, head, spans: Spans::new(), found: BTreeSet::new() })
    }

    /// Adds the completion by a token that takes the place of what is from `at` on. Returns false if it is not to be had.
    pub(super) fn add(&mut self, tokenizer: &Tokenizer, worker: &mut Worker, at: usize, token: &[u8]) -> Result<bool> {
        let tail = [&self.rest[self.tail..at], token].concat();
        let (mut end, mut others) = (tail.len(), Vec::new());
        if let Some(head) = self.head
            && std::str::from_utf8(&tail).is_ok()
        {
            let text = [&self.rest[..head], &tail].concat();
            tokenizer.pattern.window(&text, 0, &mut self.spans)?;
            let bounds = &self.spans.bounds()[1..];
            let Some(first) = (bounds[0] as usize).checked_sub(head).filter(|&first| first > 0) else {
                return Ok(false);
            };
            end = first;
            for piece in bounds.windows(2) {
                let piece = &text[piece[0] as usize..piece[1] as usize];
                worker.encode_piece(&tokenizer.model, piece, &mut others);
            }
        }
        let mut merged = Vec::new();
        worker.merge(&tokenizer.model, &tail[..end], &mut merged);
        // From a token that both have in common, the ids go on as those of the tail.
        let known = &self.ids[self.before..];
        let Some((of_known, of_merged)) = common(tokenizer.vocabulary(), known, &merged) else { return Ok(false) };
        let length = |ids: &[u32]| ids.iter().map(|&id| tokenizer.bytes_of(id).len()).sum::<usize>();
        let covered = self.tail + length(&merged[..of_merged]);
        let ids = [&merged[of_merged..], &others].concat();
        let ids = tokenizer.covering(&ids, self.rest.len().saturating_sub(covered));
        // What still is as it was is not listed, so that each completion is found once.
        let same = known[of_known..].iter().zip(&ids).take_while(|(one, other)| one == other).count();
        self.found.insert((self.before + of_known + same, ids[same..].to_vec()));
        Ok(true)
    }

    /// All completions that were added.
    pub(super) fn completions(&self) -> impl Iterator<Item = Vec<u32>> {
        self.found.iter().map(|(known, ids)| [&self.ids[..*known], ids].concat())
    }
}

/// Where text may be left out up to `tail`: from this place on.
fn head(tokenizer: &Tokenizer, known: &[u8], tail: usize) -> Option<usize> {
    let boundary = |from: usize| (from..tail).find(|&at| known[at] & 0xC0 != 0x80);
    let (first, head) = (boundary(HEAD - 2 * KEPT)?, boundary(HEAD)?);
    let last = (tail..known.len()).rev().find(|&at| known[at] & 0xC0 != 0x80)?;
    (last >= tail + KEPT && tokenizer.pattern.is_stretch(&known[first..last])).then_some(head)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bpe::testing::vocabulary;
    use crate::scan::Pattern;
    use crate::vocab::SpecialTokens;

    fn tokenizer(pattern: &str) -> Tokenizer {
        let tokens: [&[u8]; 26] = [
            b"aa",
            b"aaa",
            b"aaaa",
            b"ab",
            b"ba",
            b"aba",
            b"a.",
            b"a b",
            b".b",
            b"'s",
            b" a",
            b"  ",
            b"    ",
            b"  a",
            b"\n\n",
            b"\n ",
            b"..",
            b"...",
            b".\n",
            b"11",
            b"111",
            b"a1",
            "中中".as_bytes(),
            b"\xAD\xE4",
            b"\xB8\xAD",
            b"AA",
        ];
        let pattern = Pattern::named(pattern).unwrap();
        Tokenizer::new("t", pattern.as_str(), vocabulary(&tokens), SpecialTokens::default()).unwrap()
    }

    /// Whether `rest` was long, in which case its completions are held against those that are encoded as a whole.
    fn check(tokenizer: &Tokenizer, rest: &[u8]) -> bool {
        let (mut long, mut short) = (BTreeSet::new(), BTreeSet::new());
        tokenizer.workers.with(|worker| {
            let done = tokenizer.complete_long(worker, rest, &mut long).unwrap();
            tokenizer.complete_short(worker, rest, &mut short).unwrap();
            assert!(!done || long == short, "{tokenizer:?} {rest:?}");
            done
        })
    }

    const PARTS: [&[u8]; 20] = [
        b"a",
        b"b",
        b"A",
        b"ab",
        b" ",
        b"\n",
        b".",
        b"'",
        b"'s",
        b"1",
        b"/",
        b"\r",
        "中".as_bytes(),
        "é".as_bytes(),
        "\u{301}".as_bytes(),
        "\u{3000}".as_bytes(),
        b"\xE4",
        b"\xE4\xB8",
        b"\xAD",
        b"",
    ];

    #[test]
    fn every_run_with_every_end() {
        for (name, least) in [("r50k_base", 4_000), ("cl100k_base", 4_000), ("o200k_base", 2_500)] {
            let (tokenizer, mut long) = (tokenizer(name), 0);
            for (run, (begin, end)) in PARTS
                .iter()
                .flat_map(|run| PARTS.iter().flat_map(move |begin| PARTS.iter().map(move |end| (run, (begin, end)))))
            {
                for times in [150, 301] {
                    let rest = [begin, &run.repeat(times)[..], end].concat();
                    long += usize::from(check(&tokenizer, &rest));
                }
            }
            assert!(long > least, "{name}: {long}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn runs_between_anything(
            begin in prop::collection::vec(0..PARTS.len(), 0..8),
            run in prop::collection::vec(0..4_usize, 150..400),
            end in prop::collection::vec(0..PARTS.len(), 0..8),
        ) {
            let rest: Vec<u8> = begin.iter().chain(&run).chain(&end).flat_map(|&part| PARTS[part]).copied().collect();
            for name in ["r50k_base", "cl100k_base", "o200k_base"] {
                check(&tokenizer(name), &rest);
            }
        }
    }
}
