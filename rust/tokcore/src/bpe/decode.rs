//! Ids -> bytes.

use crate::error::{Error, ErrorKind, Result};
use crate::vocab::{MAX_ID, SpecialTokens, Vocabulary};

/// The bytes of every id, vocabulary and special tokens together. An id that is in both decodes to the vocabulary's.
pub(crate) struct Decoder {
    /// The tokens' bytes, and after the last one [`STEP`] more, so that a step may begin at any token.
    bytes: Vec<u8>,
    /// Where each id's bytes start and how many there are; none for an id without token.
    tokens: Vec<(u32, u32)>,
}

/// Tokens are copied this many bytes at a time, which are nearly always enough for the whole token: a copy of a known
/// length is two instructions, one of an unknown length a call.
const STEP: usize = 16;

impl Decoder {
    pub(crate) fn new(vocabulary: &Vocabulary, special: &SpecialTokens) -> Result<Self> {
        let bound = special.max_id().map_or(0, |id| id.saturating_add(1)).max(vocabulary.id_bound());
        if bound > MAX_ID + 1 {
            let message = format!("special token id {} is above {MAX_ID}, the highest that is supported", bound - 1);
            return Err(Error::new(ErrorKind::Vocabulary, message));
        }
        let mut decoder = Self { bytes: Vec::new(), tokens: vec![(0, 0); bound as usize] };
        let specials = special.iter().map(|(text, id)| (id, text.as_bytes()));
        for (id, token) in vocabulary.iter().chain(specials) {
            if decoder.tokens[id as usize].1 == 0 {
                decoder.tokens[id as usize] = (decoder.bytes.len() as u32, token.len() as u32);
                decoder.bytes.extend_from_slice(token);
            }
        }
        decoder.bytes.extend([0; STEP]);
        Ok(decoder)
    }

    /// The bytes of `id`, or `None` if no token has it.
    pub(crate) fn token(&self, id: u32) -> Option<&[u8]> {
        let &(start, len) = self.tokens.get(id as usize)?;
        (len > 0).then(|| &self.bytes[start as usize..][..len as usize])
    }

    /// Appends the bytes of `ids`, or on an error nothing.
    pub(crate) fn decode(&self, ids: &[u32], bytes: &mut Vec<u8>) -> Result<()> {
        let mut at = bytes.len();
        let end = at + self.len(ids)?;
        // A step may write beyond the last token.
        bytes.resize(end + STEP, 0);
        for &id in ids {
            let (start, len) = self.tokens[id as usize];
            let (start, len) = (start as usize, len as usize);
            if len <= STEP {
                bytes[at..at + STEP].copy_from_slice(&self.bytes[start..start + STEP]);
            } else {
                bytes[at..at + len].copy_from_slice(&self.bytes[start..start + len]);
            }
            at += len;
        }
        bytes.truncate(end);
        Ok(())
    }

    /// How many bytes `ids` have.
    fn len(&self, ids: &[u32]) -> Result<usize> {
        let mut sum = 0;
        for (position, &id) in ids.iter().enumerate() {
            match self.tokens.get(id as usize) {
                Some(&(_, len)) if len > 0 => sum += len as usize,
                _ => return Err(unknown(id, position)),
            }
        }
        Ok(sum)
    }
}

fn unknown(id: u32, position: usize) -> Error {
    let message = format!("no token has id {id} (position {position} of the ids); check that they are this encoding's");
    Error::new(ErrorKind::NotFound, message)
}
