//! Looking up a batch of words.
#![allow(unsafe_code)]

use super::aside::{Aside, MOST, Settling};
use super::key::{Entry, Home, Key, Plain, Probe, WIDTH};
use super::parted::Parted;
use super::table::{Found, Table};
use super::{Sink, Words, long};
use crate::bpe::model::Model;
use crate::tier::Tier;

/// Words whose keys are made together.
pub(super) const CHUNK: usize = 16;
/// How many chunks ahead of the one that is looked up keys are made and memory is asked for: far enough that it has come by
/// then, near enough that it is still in the first-level cache.
const LEAD: usize = 8;
/// The bytes of a usual chunk, at most.
const NEAR: usize = 16 * CHUNK;
/// Chunks in work, and room for those asked for: a power of two.
const CHUNKS: usize = 2 * LEAD;

/// The chunks in work.
#[derive(Default)]
pub(super) struct Batch {
    chunks: [Chunk; CHUNKS],
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Chunk {
    keys: [Key; CHUNK],
    homes: [Home; CHUNK],
}

impl Default for Chunk {
    fn default() -> Self {
        Self { keys: [Key::TOO_LONG; CHUNK], homes: [Home::default(); CHUNK] }
    }
}

impl Batch {
    /// Computes the keys of the words of chunk `index`, and where they are looked for.
    ///
    /// # Safety
    /// The bounds ascend inside the text.
    #[inline(always)]
    unsafe fn make<P: Probe>(&mut self, table: &Table, text: &[u8], bounds: &[u32], index: usize) {
        let (bounds, mut padded) = (&bounds[index * CHUNK..], [0; CHUNK + 1]);
        let bounds = bounds.first_chunk::<{ CHUNK + 1 }>().unwrap_or_else(|| {
            padded.fill(bounds[bounds.len() - 1]);
            padded[..bounds.len()].copy_from_slice(bounds);
            &padded
        });
        let chunk = &mut self.chunks[index % CHUNKS];
        let (first, last, end) = (bounds[0] as usize, bounds[CHUNK - 1] as usize, bounds[CHUNK] as usize);
        if last + WIDTH <= text.len() {
            // SAFETY: as the last word has so many bytes from its start on, all have.
            unsafe { P::keys(text, bounds, &mut chunk.keys) };
        } else if end - first <= NEAR {
            // The text ends too early: the same in a copy that does not.
            let mut near = [0; NEAR + WIDTH];
            near[..end - first].copy_from_slice(&text[first..end]);
            // SAFETY: a word's start is one of the first bytes of the copy, or the end of these, which is as good.
            unsafe { P::keys(&near, &bounds.map(|bound| bound - first as u32), &mut chunk.keys) };
        } else {
            for ((&start, &end), key) in bounds.iter().zip(&bounds[1..]).zip(&mut chunk.keys) {
                *key = P::key(&text[start as usize..end as usize]);
            }
        }
        table.homes::<P>(&chunk.keys, &mut chunk.homes);
    }

    /// Asks for the memory that chunk `index` is looked for in.
    #[inline(always)]
    fn ask(&self, table: &Table, index: usize) {
        self.chunks[index % CHUNKS].homes.iter().for_each(|&home| table.prefetch(home));
    }
}

impl Words {
    /// Gives `sink` the ids of the words that `bounds` cut out of `text`.
    pub(in crate::bpe) fn encode<S: Sink>(&mut self, model: &Model, text: &[u8], bounds: &[u32], sink: &mut S) {
        self.encode_ahead(model, text, bounds, sink);
        self.settle(model, sink);
    }

    /// [`encode`](Self::encode) but for the words that have to be settled yet.
    pub(in crate::bpe) fn encode_ahead<S: Sink>(&mut self, model: &Model, text: &[u8], bounds: &[u32], sink: &mut S) {
        let mut done = 0;
        while done + 1 < bounds.len() {
            let (start, end) = (bounds[done] as usize, bounds[done + 1] as usize);
            if end - start > long::LONGEST {
                self.misses += 1;
                self.encode_piece(model, &text[start..end], sink);
                done += 1;
                continue;
            }
            let bounds = &bounds[done..];
            done += match self.tier {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the machine has the tier: `Words::new` has seen to it.
                Tier::Avx512 => unsafe { x86::give_512(self, text, bounds, sink) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                Tier::Avx2 => unsafe { x86::give_256(self, text, bounds, sink) },
                _ => give::<Plain, S>(self, text, bounds, sink),
            };
            if self.aside.len() >= MOST {
                self.settle(model, sink);
            }
        }
    }

    /// Looks the parts of words that are settled up.
    pub(super) fn look_parts_up(&mut self) {
        let Self { table, aside, settling: Settling { parted, .. }, .. } = self;
        if parted.is_empty() {
            return;
        }
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the machine has the tier: `Words::new` has seen to it.
            Tier::Avx512 => unsafe { x86::wait_512(parted, table, aside) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Tier::Avx2 => unsafe { x86::wait_256(parted, table, aside) },
            _ => parted.wait::<Plain>(table, aside),
        }
    }

    /// Makes room for the words that are set aside next.
    pub(super) fn make_room(&mut self) {
        // A chunk is looked up whole.
        const MORE: usize = MOST + CHUNK;
        if !self.table.is_full_for(MORE) {
            return;
        }
        let found = self.hits.saturating_sub(self.hits_before);
        self.hits_before = self.hits;
        if !self.table.is_worth_growing(found) {
            self.table.forget();
            return;
        }
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the machine has the tier: `Words::new` has seen to it.
            Tier::Avx512 => unsafe { x86::make_room_512(&mut self.table, MORE) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Tier::Avx2 => unsafe { x86::make_room_256(&mut self.table, MORE) },
            _ => self.table.make_room::<Plain>(MORE),
        }
    }
}

/// Gives `sink` the ids of the first words that `bounds` cut out of `text`, as far as they are found, and sets the others
/// aside. Returns how many words that is: up to one too long to be kept, or so many that enough have been set aside.
#[inline(always)]
fn give<P: Probe, S: Sink>(words: &mut Words, text: &[u8], bounds: &[u32], sink: &mut S) -> usize {
    let (last, aside) = (bounds.len() - 1, words.aside.len());
    assert!(bounds[last] as usize <= text.len(), "bounds of another text");
    // A word has no more ids than bytes.
    let mut output = Output::new(sink, (bounds[last] - bounds[0]) as usize);
    let chunks = last.div_ceil(CHUNK);
    for index in 0..chunks.min(LEAD) {
        // SAFETY: a scanner's bounds ascend, and the last is inside the text.
        unsafe { words.batch.make::<P>(&words.table, text, bounds, index) };
    }
    for index in 0..chunks.min(LEAD) - 1 {
        words.batch.ask(&words.table, index);
    }
    let mut done = 0;
    for index in 0..chunks {
        // What is made is asked for one chunk later, so that nothing waits for it.
        words.batch.ask(&words.table, chunks.min(index + LEAD) - 1);
        if index + LEAD < chunks {
            // SAFETY: as above.
            unsafe { words.batch.make::<P>(&words.table, text, bounds, index + LEAD) };
        }
        let chunk = &bounds[index * CHUNK..bounds.len().min((index + 1) * CHUNK + 1)];
        let given = give_found::<P, S>(words, text, chunk, index, &mut output);
        done += given;
        if given + 1 < chunk.len() || words.aside.len() >= MOST {
            break;
        }
    }
    // SAFETY: there was room for the ids of all words.
    unsafe { output.sink.commit(output.cursor) };
    words.hits += (done + aside - words.aside.len()) as u64;
    done
}

/// A sink, and the place in it of the next id.
struct Output<'s, S: Sink> {
    sink: &'s mut S,
    start: S::Cursor,
    cursor: S::Cursor,
}

impl<'s, S: Sink> Output<'s, S> {
    /// Has room for `room` ids.
    #[inline(always)]
    fn new(sink: &'s mut S, room: usize) -> Self {
        let start = sink.reserve(room);
        Self { sink, start, cursor: start }
    }

    /// How many ids the sink had when the place of the next was `cursor`.
    #[inline(always)]
    fn given_before(&self, cursor: S::Cursor) -> usize {
        self.sink.given() + S::between(self.start, cursor)
    }
}

/// Gives the ids of the words that `bounds` cut out, which are chunk `index` and have been asked for, as far as they are
/// found; sets the others aside. Returns how many words that is: up to one too long to be kept.
#[inline(always)]
fn give_found<P: Probe, S: Sink>(
    words: &mut Words,
    text: &[u8],
    bounds: &[u32],
    index: usize,
    output: &mut Output<'_, S>,
) -> usize {
    let Words { batch, table, aside, .. } = words;
    let (len, buckets) = ((bounds.len() - 1).min(CHUNK), table.buckets());
    let Chunk { keys, homes } = &batch.chunks[index % CHUNKS];
    let (mut cursor, mut word) = (output.cursor, 0);
    while word < len {
        let (key, home) = (keys[word], homes[word]);
        // SAFETY: the homes are the table's, which has not changed since they were made.
        let bucket = unsafe { home.bucket(buckets) };
        if let Some((ids, count)) = bucket.find(key) {
            // SAFETY: there is room for the ids of all words.
            cursor = unsafe { S::give(cursor, ids, count) };
        } else if key == Key::TOO_LONG {
            let bytes = &text[bounds[word] as usize..bounds[word + 1] as usize];
            if bytes.len() > long::LONGEST {
                break;
            }
            aside.push_long(bytes, output.given_before(cursor));
        } else if let Some(entry) = look_further(table, aside, home, key, output.given_before(cursor)) {
            let (ids, count) = entry.ids();
            // SAFETY: as above.
            cursor = unsafe { S::give(cursor, ids, count) };
        }
        word += 1;
    }
    output.cursor = cursor;
    word
}

/// The entry of `key`, if it is in another bucket from `home` on and holds its ids itself; else the word is set aside.
#[cold]
fn look_further<'t>(table: &'t mut Table, aside: &mut Aside, home: Home, key: Key, given: usize) -> Option<&'t Entry> {
    let (slot, is_new) = match table.find_or_take(home, key) {
        Found::At(slot) if table.entry(slot).is_at_hand(key) => return Some(table.entry(slot)),
        Found::At(slot) => (Some(slot), false),
        Found::New(slot) => (Some(slot), true),
        Found::Nowhere => (None, true),
    };
    aside.push(key, given, slot, is_new);
    None
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::avx512::Avx512;
    use super::*;

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    pub(super) fn give_256<S: Sink>(words: &mut Words, text: &[u8], bounds: &[u32], sink: &mut S) -> usize {
        give::<Plain, S>(words, text, bounds, sink)
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    pub(super) fn wait_256(parted: &Parted, table: &mut Table, aside: &mut Aside) {
        parted.wait::<Plain>(table, aside);
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    pub(super) fn make_room_256(table: &mut Table, more: usize) {
        table.make_room::<Plain>(more);
    }

    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,aes,vaes"
    )]
    pub(super) fn give_512<S: Sink>(words: &mut Words, text: &[u8], bounds: &[u32], sink: &mut S) -> usize {
        give::<Avx512, S>(words, text, bounds, sink)
    }

    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,aes,vaes"
    )]
    pub(super) fn wait_512(parted: &Parted, table: &mut Table, aside: &mut Aside) {
        parted.wait::<Avx512>(table, aside);
    }

    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,aes,vaes"
    )]
    pub(super) fn make_room_512(table: &mut Table, more: usize) {
        table.make_room::<Avx512>(more);
    }
}
