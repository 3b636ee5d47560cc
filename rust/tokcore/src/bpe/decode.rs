//! Ids -> bytes.

use crate::error::{Error, ErrorKind, Result};
use crate::vocab::{MAX_ID, SpecialTokens, Vocabulary};

/// The bytes of every id, vocabulary and special tokens together. An id that is in both decodes to the vocabulary's.
pub(crate) struct Decoder {
    bytes: Vec<u8>,
    /// Where each id's bytes start and how many there are; none for an id without token.
    tokens: Vec<(u32, u32)>,
}

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
        Ok(decoder)
    }

    /// The bytes of `id`, or `None` if no token has it.
    pub(crate) fn token(&self, id: u32) -> Option<&[u8]> {
        let &(start, len) = self.tokens.get(id as usize)?;
        (len > 0).then(|| &self.bytes[start as usize..][..len as usize])
    }

    /// Appends the bytes of `ids`. On an error, what it has appended stays.
    pub(crate) fn decode(&self, ids: &[u32], bytes: &mut Vec<u8>) -> Result<()> {
        for (position, &id) in ids.iter().enumerate() {
            match self.token(id) {
                Some(token) => bytes.extend_from_slice(token),
                None => return Err(unknown(id, position)),
            }
        }
        Ok(())
    }
}

fn unknown(id: u32, position: usize) -> Error {
    let message = format!("no token has id {id} (position {position} of the ids); check that they are this encoding's");
    Error::new(ErrorKind::NotFound, message)
}
