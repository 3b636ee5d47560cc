//! Merging of pieces longer than the kernels', in time that grows with the length: windows that overlap.
//!
//! # Why it is exact
//!
//! Merging part of a piece goes as it does inside the piece, as long as nothing joins across the part's ends. So:
//!
//! 1. If the ids of a piece have a boundary somewhere, the ids on either side are those of either side by itself, and two
//!    neighbouring ids are those of their two tokens' bytes by themselves.
//! 2. If in a sequence of tokens every two neighbours are what merging makes of their bytes, the sequence is what merging
//!    makes of all its bytes: the first join across a boundary would also be made in the bytes of the two tokens around
//!    it, since up to then each side had gone as by itself.
//! 3. So if the ids of `piece[..b]` and those of `piece[a..c]` have a token in common, at the same place, then the ids of
//!    `piece[..c]` are the first's up to that token and the second's after it: any two neighbours are neighbours in one of
//!    them. Where `a` is, inside a character or a token, does not matter.
//!
//! Nothing is asked of the vocabulary. Short windows are merged many at a time, in columns where the tier has them, so that
//! one's waiting for memory is another's time to work. Each begins a few bytes before the one before it ends, where two
//! bytes stand that join late or never: most often a token begins there, so that windows soon have one in common. If they
//! have only a boundary in common, the two tokens around it are merged: by the second fact it is enough that they stay. A
//! window that has neither is left out, and another is begun where a token begins, further and further back; at last it is
//! the piece as a whole, merged in a heap.

mod common;
mod sure;

pub(crate) use self::common::common;
use self::common::{common_end, last_starts, length, neighbours};
pub(super) use self::sure::Limit;
use super::cache::Sink;
use super::heap;
use super::pairs::Pairs;
use super::vector::{LONG, MIDDLE, Merger};
use crate::vocab::Vocabulary;

/// The windows that are merged side by side.
#[derive(Clone, Copy)]
struct Shape {
    /// How many bytes a window has.
    width: usize,
    /// How many bytes it shares with the one before it, at most and at least.
    most: usize,
    least: usize,
}

/// So much is shared that of windows of random letters one in 400 has no token in common.
const NARROW: Shape = Shape { width: MIDDLE, most: 11, least: 6 };
/// Characters of several bytes make longer tokens.
const WIDE: Shape = Shape { width: LONG, most: 18, least: 14 };
/// How many such windows are merged at a time.
const GROUP: usize = 48;
/// If more of a group than these have no token in common with what is before, tokens are long, and so are the piece's other
/// windows.
const APART: usize = 4;
/// What repeats itself after this many bytes, or after a part of them, is a run if it does so a few times.
const PERIOD: usize = 48;
const RUN: usize = 6 * PERIOD;
/// How many of the last tokens a window begins before, at first.
const BACK: usize = 4;
/// Such windows are at least this many times as long as the overlap.
const STRETCH: usize = 8;
/// A window no token of which is common with the piece so far, and that begins so far back, is given up.
/// Little in tests, so that they come there.
const FARTHEST: usize = if cfg!(test) { 1 << 10 } else { 1 << 14 };

/// How many windows begun at tokens are kept: in a run each is soon one of few, which differ in where they end.
const KEPT: usize = 4;

/// Where the ids of a piece go while it is merged.
pub(super) trait Take {
    fn all(&mut self, ids: &[u32]);

    /// How many ids it was given.
    fn given(&self) -> usize;

    /// Forgets all but the first `given` ids.
    fn take_back(&mut self, given: usize);

    /// Where it stops, if it does before the end.
    fn limit(&self) -> Option<Limit> {
        None
    }
}

impl<S: Sink> Take for S {
    fn all(&mut self, ids: &[u32]) {
        Sink::all(self, ids);
    }

    fn given(&self) -> usize {
        Sink::given(self)
    }

    fn take_back(&mut self, given: usize) {
        Sink::take_back(self, given);
    }
}

/// What this needs from call to call.
#[derive(Default)]
pub(crate) struct Scratch {
    heap: heap::Scratch,
    kept: Kept,
    /// Windows merged side by side, and where they begin.
    group: Vec<Part>,
    starts: Vec<usize>,
    shape: Shape,
    /// How many of these had no token in common with what is before.
    apart: usize,
    /// How many of these are joined to the piece so far or left out.
    done: usize,
    /// The last ids of the piece so far: all that a window might begin before.
    recent: Vec<u32>,
}

/// The last windows begun at a token.
#[derive(Default)]
struct Kept {
    windows: [(Vec<u8>, Vec<u32>); KEPT],
    /// The one that was kept first.
    oldest: usize,
}

/// A merged window of at most [`LONG`] bytes.
#[derive(Clone, Copy)]
struct Part {
    ids: [u32; LONG],
    /// Bit `i` is set if a token begins at byte `i`.
    starts: u64,
}

impl Scratch {
    /// Gives `sink` the ids of `piece` by merging alone.
    pub(super) fn merge<T: Take>(&mut self, merger: Merger<'_>, vocabulary: &Vocabulary, piece: &[u8], sink: &mut T) {
        let before = sink.given();
        self.recent.clear();
        self.starts.clear();
        (self.done, self.apart) = (0, 0);
        let (mut end, mut asked) = (0, 0);
        while end < piece.len() {
            self.pass(end);
            if self.done == self.starts.len() && !is_run(piece, end) {
                self.side_by_side(merger, piece, end);
            }
            let reached =
                self.join(merger, vocabulary, piece, end).or_else(|| self.at_token(merger, vocabulary, piece, end));
            end = reached.unwrap_or_else(|| {
                sink.take_back(before);
                self.recent.clear();
                self.heap.merge(merger.pairs, merger.byte_ids, piece, &mut self.recent);
                piece.len()
            });
            let limit = sink.limit().filter(|limit| {
                limit.may_be_passed(sink.given() + self.recent.len(), piece.len() - end) && end >= asked + asked / 4
            });
            if let Some(Limit { most, longest }) = limit {
                asked = end;
                let sure = self.sure(merger, vocabulary, piece, end, longest);
                if let Some(sure) = sure.filter(|sure| sink.given() + sure > most) {
                    self.recent.truncate(sure);
                    break;
                }
            }
            if self.recent.len() >= 2 * FARTHEST {
                let kept = self.recent.len() - FARTHEST;
                sink.all(&self.recent[..kept]);
                self.recent.drain(..kept);
            }
        }
        sink.all(&self.recent);
    }

    /// Leaves windows out that share more with what is merged up to `end` than begins before the next, and all if the next
    /// shares too little.
    fn pass(&mut self, end: usize) {
        let left = &self.starts[self.done..];
        self.done += left.iter().take_while(|&start| start + self.shape.width - self.shape.most < end).count();
        if self.starts.get(self.done).is_some_and(|start| start + self.shape.least > end) {
            self.done = self.starts.len();
        }
    }

    /// Merges windows from a little before `end` on.
    fn side_by_side(&mut self, merger: Merger<'_>, piece: &[u8], end: usize) {
        let few_apart = self.apart <= APART;
        if few_apart {
            self.apart = 0;
        }
        let is_narrow = few_apart && piece[end..piece.len().min(end + RUN)].is_ascii();
        let shape = if is_narrow { NARROW } else { WIDE };
        (self.shape, self.done) = (shape, 0);
        let Self { starts, group, .. } = self;
        starts.clear();
        let mut end = end;
        while end < piece.len() && starts.len() < GROUP {
            let start = shape.start_before(merger.pairs, piece, end);
            starts.push(start);
            end = start + shape.width;
        }
        group.resize(GROUP, Part { ids: [0; LONG], starts: 0 });
        let mut keep = |i: usize, ids: &[u32], starts: u64| {
            group[i].ids[..ids.len()].copy_from_slice(ids);
            group[i].starts = starts;
        };
        let window = |i: usize| &piece[starts[i]..piece.len().min(starts[i] + shape.width)];
        if shape.width > MIDDLE {
            merger.merge_each_long(starts.len(), window, |i, merged| keep(i, merged.ids(), merged.parts));
        } else {
            merger.merge_each_middle(starts.len(), window, |i, merged| keep(i, merged.ids(), merged.parts));
        }
    }

    /// Goes on from `end` with the windows that were merged side by side, as far as they have tokens in common with what is
    /// before them; returns where the piece is now merged to, if that is further.
    fn join(&mut self, merger: Merger<'_>, vocabulary: &Vocabulary, piece: &[u8], mut end: usize) -> Option<usize> {
        let (first, mut starts) = (self.done, 0);
        for (i, (&start, part)) in self.starts.iter().zip(&self.group).enumerate().skip(first) {
            let (shared, mut from) = (end - start, 0);
            if i == first {
                starts = last_starts(vocabulary, &self.recent, shared);
            }
            if shared > 0 {
                let common = common_end(starts | 1 << shared, part.starts, shared);
                self.apart += usize::from(common.is_none());
                let neighbours = || neighbours(merger, vocabulary, &self.recent, starts, part, &piece[..end], start);
                let Some(at) = common.or_else(neighbours) else { break };
                self.recent.truncate(self.recent.len() - (starts >> at).count_ones() as usize);
                from = (part.starts & !(!0 << at)).count_ones() as usize;
            }
            self.recent.extend_from_slice(&part.ids[from..part.starts.count_ones() as usize]);
            self.done += 1;
            end = piece.len().min(start + self.shape.width);
            starts = self.starts.get(self.done).map_or(0, |next| part.starts >> (next - start));
        }
        (self.done > first).then_some(end)
    }

    /// Goes on from `end` with a window that begins where a token does; returns where the piece is now merged to.
    fn at_token(&mut self, merger: Merger<'_>, vocabulary: &Vocabulary, piece: &[u8], end: usize) -> Option<usize> {
        let mut back = BACK;
        loop {
            let (kept, start) = step_back(vocabulary, &self.recent, end, back);
            if start > 0 && end - start >= FARTHEST {
                return None;
            }
            let window_end = piece.len().min(start + LONG.max((end - start) * STRETCH));
            let window = self.kept.merge(&mut self.heap, merger, &piece[start..window_end]);
            let common = if start == 0 { Some((0, 0)) } else { common(vocabulary, &self.recent[kept..], window) };
            if let Some((of_piece, of_window)) = common {
                self.recent.truncate(kept + of_piece);
                self.recent.extend_from_slice(&window[of_window..]);
                return Some(window_end);
            }
            back *= 2;
        }
    }
}

/// Whether what comes from `end` on repeats itself, so that windows at tokens are few, which are then merged but once.
fn is_run(piece: &[u8], end: usize) -> bool {
    let next = &piece[end..piece.len().min(end + RUN)];
    end > 0 && next.len() > PERIOD && next[PERIOD..] == next[..next.len() - PERIOD]
}

impl Default for Shape {
    fn default() -> Self {
        NARROW
    }
}

impl Shape {
    /// Where a window begins that goes on from `end`: where the two bytes around the place join latest.
    fn start_before(self, pairs: &Pairs, piece: &[u8], end: usize) -> usize {
        let places = end.saturating_sub(self.most)..=end.saturating_sub(self.least);
        places.skip_while(|&at| at == 0).max_by_key(|&at| pairs.of_bytes(piece[at - 1], piece[at])).unwrap_or(0)
    }
}

/// The start of the `back`th last of `ids`, which end at `end`, and how many ids are before it.
fn step_back(vocabulary: &Vocabulary, ids: &[u32], end: usize, back: usize) -> (usize, usize) {
    let kept = ids.len().saturating_sub(back);
    (kept, end - ids[kept..].iter().map(|&id| length(vocabulary, id)).sum::<usize>())
}

impl Kept {
    /// The ids of `bytes`.
    fn merge(&mut self, heap: &mut heap::Scratch, merger: Merger<'_>, bytes: &[u8]) -> &[u32] {
        let known = self.windows.iter().position(|(window, _)| window == bytes);
        let at = known.unwrap_or(self.oldest);
        let (window, ids) = &mut self.windows[at];
        if known.is_none() {
            self.oldest = (at + 1) % KEPT;
            window.clear();
            window.extend_from_slice(bytes);
            ids.clear();
            if bytes.len() <= LONG {
                ids.extend_from_slice(merger.merge(bytes).ids());
            } else {
                heap.merge(merger.pairs, merger.byte_ids, bytes, ids);
            }
        }
        ids
    }
}

#[cfg(test)]
mod tests;
