//! Ids -> bytes.

use std::collections::HashMap;
use std::sync::Arc;

use super::Model;
use crate::error::{Error, ErrorKind, Result};
use crate::vocab::{MAX_ID, SpecialTokens, Vocabulary};

/// The bytes of every id, vocabulary and special tokens together. An id that is in both decodes to the vocabulary's.
pub(crate) struct Decoder {
    model: Arc<Model>,
    special: HashMap<u32, Box<[u8]>>,
}

/// The bytes of every id of a vocabulary.
pub(super) struct Tokens {
    slots: Vec<Slot>,
    /// The bytes of the tokens that are too long for a slot.
    long: Vec<u8>,
}

/// A token, so that decoding an id reads one place: up to 15 bytes and their number, which is 0 for an id without token,
/// or [`LONG`] and where in `long` the bytes start and how many there are, 32 bits each.
#[derive(Clone, Copy, Default)]
#[repr(C, align(16))]
struct Slot([u8; SLOT]);

/// Tokens are copied this many bytes at a time: a copy of a known length is two instructions, one of an unknown length a
/// call.
const SLOT: usize = 16;
/// Which byte of a slot is the number of bytes.
const LEN: usize = SLOT - 1;
/// The number of bytes of a token that is not in its slot.
const LONG: u8 = SLOT as u8;
/// Ids decoded between two looks at how much room there is.
const CHUNK: usize = 64;
/// Bytes of a token for which room is made at first.
const USUAL: usize = 5;

static NO_TOKEN: Slot = Slot([0; SLOT]);

impl Slot {
    fn new(token: &[u8], long: &mut Vec<u8>) -> Self {
        let mut slot = Self::default();
        if token.len() <= LEN {
            slot.0[..token.len()].copy_from_slice(token);
            slot.0[LEN] = token.len() as u8;
        } else {
            slot.0[..4].copy_from_slice(&(long.len() as u32).to_le_bytes());
            slot.0[4..8].copy_from_slice(&(token.len() as u32).to_le_bytes());
            slot.0[LEN] = LONG;
            long.extend_from_slice(token);
        }
        slot
    }

    /// Where in `long` a token with [`LONG`] is.
    fn range(&self) -> std::ops::Range<usize> {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        let (start, len) = (u32::from_le_bytes([a, b, c, d]) as usize, u32::from_le_bytes([e, f, g, h]) as usize);
        start..start + len
    }
}

impl Tokens {
    pub(super) fn new(vocabulary: &Vocabulary) -> Self {
        let mut tokens = Self { slots: vec![Slot::default(); vocabulary.id_bound() as usize], long: Vec::new() };
        for (id, token) in vocabulary.iter() {
            tokens.slots[id as usize] = Slot::new(token, &mut tokens.long);
        }
        tokens
    }

    fn get(&self, id: u32) -> Option<&[u8]> {
        let slot = self.slots.get(id as usize)?;
        match slot.0[LEN] {
            0 => None,
            LONG => Some(&self.long[slot.range()]),
            len => Some(&slot.0[..usize::from(len)]),
        }
    }
}

impl Tokens {
    /// Copies the tokens of at most [`CHUNK`] ids, up to the first that has none or one too long for its slot. Returns how
    /// many, and their bytes.
    #[inline]
    fn copy(&self, ids: &[u32], room: &mut [u8; CHUNK * SLOT]) -> (usize, usize) {
        let mut at = 0;
        for (done, &id) in ids.iter().enumerate() {
            let slot = self.slots.get(id as usize).unwrap_or(&NO_TOKEN);
            let len = usize::from(slot.0[LEN]);
            if !(1..SLOT).contains(&len) {
                return (done, at);
            }
            room[at..at + SLOT].copy_from_slice(&slot.0);
            at += len;
        }
        (ids.len(), at)
    }
}

impl Decoder {
    pub(crate) fn new(model: Arc<Model>, special: &SpecialTokens) -> Result<Self> {
        if let Some(id) = special.max_id().filter(|&id| id > MAX_ID) {
            let message = format!("special token id {id} is above {MAX_ID}, the highest that is supported");
            return Err(Error::new(ErrorKind::Vocabulary, message));
        }
        let mut specials = HashMap::new();
        for (text, id) in special.iter() {
            specials.entry(id).or_insert_with(|| text.as_bytes().into());
        }
        Ok(Self { model, special: specials })
    }

    /// The bytes of `id`, or `None` if no token has it.
    pub(crate) fn token(&self, id: u32) -> Option<&[u8]> {
        self.model.tokens().get(id).or_else(|| self.special.get(&id).map(|text| &**text))
    }

    /// Appends the bytes of `ids`, or on an error nothing.
    pub(crate) fn decode(&self, ids: &[u32], bytes: &mut Vec<u8>) -> Result<()> {
        let (tokens, first, mut at) = (self.model.tokens(), bytes.len(), bytes.len());
        // What is beyond `at` is overwritten or cut off.
        make_room(bytes, at, ids.len() * USUAL);
        let mut rest = ids;
        while !rest.is_empty() {
            let some = &rest[..rest.len().min(CHUNK)];
            make_room(bytes, at, CHUNK * SLOT);
            let room = bytes[at..].first_chunk_mut().expect("room for a chunk");
            let (done, len) = tokens.copy(some, room);
            at += len;
            rest = &rest[done..];
            if done == some.len() {
                continue;
            }
            let Some(token) = self.token(rest[0]) else {
                bytes.truncate(first);
                return Err(unknown(rest[0], ids.len() - rest.len()));
            };
            make_room(bytes, at, token.len());
            bytes[at..at + token.len()].copy_from_slice(token);
            at += token.len();
            rest = &rest[1..];
        }
        bytes.truncate(at);
        Ok(())
    }
}

/// Sees to it that there are `room` bytes from `at` on.
fn make_room(bytes: &mut Vec<u8>, at: usize, room: usize) {
    if bytes.len() - at < room {
        bytes.resize((bytes.len() * 2).max(at + room), 0);
    }
}

fn unknown(id: u32, position: usize) -> Error {
    let message = format!("no token has id {id} (position {position} of the ids); check that they are this encoding's");
    Error::new(ErrorKind::NotFound, message)
}
