//! The canonical serialization behind [`Tokenizer::fingerprint`](super::Tokenizer::fingerprint), hashed as it is made.

use sha2::{Digest, Sha256};

use crate::scan::Pattern;
use crate::vocab::{SpecialTokens, Vocabulary};

/// Bytes gathered before they are hashed: hashing many small slices is slower.
const CHUNK: usize = 1 << 16;

pub(super) fn of(pattern: &Pattern, vocabulary: &Vocabulary, special: &SpecialTokens) -> [u8; 32] {
    let mut specials: Vec<(u32, &[u8])> = special.iter().map(|(text, id)| (id, text.as_bytes())).collect();
    specials.sort_by_key(|(id, _)| *id);
    let mut hash = Hash { sha: Sha256::new(), gathered: Vec::with_capacity(CHUNK + 256) };
    hash.add(b"tokcore fingerprint 1\n");
    hash.add(&(pattern.as_str().len() as u64).to_le_bytes());
    hash.add(pattern.as_str().as_bytes());
    hash.tokens(vocabulary.len(), vocabulary.iter());
    hash.tokens(specials.len(), specials.into_iter());
    hash.sha.update(&hash.gathered);
    hash.sha.finalize().into()
}

struct Hash {
    sha: Sha256,
    gathered: Vec<u8>,
}

impl Hash {
    fn add(&mut self, bytes: &[u8]) {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() > CHUNK {
            self.sha.update(&self.gathered);
            self.gathered.clear();
        }
    }

    fn tokens<'t>(&mut self, len: usize, tokens: impl Iterator<Item = (u32, &'t [u8])>) {
        self.add(&(len as u64).to_le_bytes());
        for (id, token) in tokens {
            self.add(&id.to_le_bytes());
            self.add(&(token.len() as u32).to_le_bytes());
            self.add(token);
        }
    }
}
