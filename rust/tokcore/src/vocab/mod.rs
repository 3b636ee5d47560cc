//! Token bytes <-> ids. The ground floor: every other room may use it, it uses none.
//!
//! As in tiktoken's rank files, a token's id is also its merge rank: of two possible merges the one that makes the
//! lower id happens first.

mod special;

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

pub use special::SpecialTokens;

use crate::error::{Error, ErrorKind, Result};

/// Ids above this are refused, so that tables indexed by id stay of sane size (2^24 ids, 64 MB an index).
pub const MAX_ID: u32 = (1 << 24) - 1;

/// The mergeable tokens: an injective map between byte strings and ids, holes allowed, that contains every single byte.
pub struct Vocabulary {
    /// The tokens' bytes, in id order, one after another.
    bytes: Vec<u8>,
    /// Token `id` is `bytes[offsets[id]..offsets[id + 1]]`; a hole is an empty range.
    offsets: Vec<u32>,
    byte_ids: [u32; 256],
    len: usize,
    hasher: RandomState,
    lookup: HashTable<u32>,
}

impl Vocabulary {
    /// Builds a vocabulary from (token bytes, id) pairs in any order. O(n log n) in the number of tokens.
    ///
    /// # Errors
    /// [`ErrorKind::Vocabulary`] if a token is empty, a token or an id stands twice, an id is above [`MAX_ID`], or one
    /// of the 256 single bytes is missing (then some text could not be encoded).
    pub fn new<B: AsRef<[u8]>>(tokens: impl IntoIterator<Item = (B, u32)>) -> Result<Self> {
        let mut tokens: Vec<(B, u32)> = tokens.into_iter().collect();
        tokens.sort_by_key(|(_, id)| *id);
        let mut builder = Builder::default();
        for (token, id) in &tokens {
            builder.push(token.as_ref(), *id)?;
        }
        builder.finish()
    }

    /// The bytes of token `id`, or `None` if no token has that id.
    #[inline]
    pub fn token(&self, id: u32) -> Option<&[u8]> {
        let id = id as usize;
        let range = *self.offsets.get(id)? as usize..*self.offsets.get(id + 1)? as usize;
        if range.is_empty() { None } else { Some(&self.bytes[range]) }
    }

    /// The id whose bytes are exactly `token`.
    pub fn id(&self, token: &[u8]) -> Option<u32> {
        let hash = self.hasher.hash_one(token);
        self.lookup.find(hash, |&id| self.token(id) == Some(token)).copied()
    }

    /// The id of every single byte, indexed by the byte.
    #[inline]
    pub fn byte_ids(&self) -> &[u32; 256] {
        &self.byte_ids
    }

    /// The number of tokens (holes do not count).
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no token. Never true: the single bytes are always there.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One more than the highest id.
    #[inline]
    pub fn id_bound(&self) -> u32 {
        (self.offsets.len() - 1) as u32
    }

    /// All (id, bytes) pairs in ascending order of id.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[u8])> {
        (0..self.id_bound()).filter_map(|id| Some((id, self.token(id)?)))
    }
}

impl std::fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vocabulary({} tokens)", self.len)
    }
}

/// Collects tokens in ascending order of id.
#[derive(Default)]
struct Builder {
    bytes: Vec<u8>,
    offsets: Vec<u32>,
    len: usize,
}

impl Builder {
    fn push(&mut self, token: &[u8], id: u32) -> Result<()> {
        let refuse = |why: String| Err(Error::new(ErrorKind::Vocabulary, why));
        if token.is_empty() {
            return refuse(format!("token {id} is empty: every token needs at least one byte"));
        }
        if id > MAX_ID {
            return refuse(format!("id {id} is above {MAX_ID}, the highest that is supported"));
        }
        if (id as usize) < self.offsets.len() {
            return refuse(format!("id {id} is given to two tokens"));
        }
        let start = u32::try_from(self.bytes.len()).ok().filter(|s| s.checked_add(token.len() as u32).is_some());
        let Some(start) = start else {
            return refuse("the tokens' bytes together exceed 4 GiB".into());
        };
        self.offsets.resize(id as usize + 1, start);
        self.bytes.extend_from_slice(token);
        self.len += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<Vocabulary> {
        self.offsets.push(self.bytes.len() as u32);
        let mut vocabulary = Vocabulary {
            bytes: self.bytes,
            offsets: self.offsets,
            byte_ids: [0; 256],
            len: self.len,
            hasher: RandomState::new(),
            lookup: HashTable::with_capacity(self.len),
        };
        vocabulary.index()?;
        for byte in 0..=255u8 {
            let id = vocabulary.id(&[byte]).ok_or_else(|| {
                let why = format!("no token for the single byte 0x{byte:02X}: all 256 are needed to encode any text");
                Error::new(ErrorKind::Vocabulary, why)
            })?;
            vocabulary.byte_ids[byte as usize] = id;
        }
        Ok(vocabulary)
    }
}

impl Vocabulary {
    fn index(&mut self) -> Result<()> {
        let mut lookup = std::mem::take(&mut self.lookup);
        for (id, token) in self.iter() {
            let hash_of = |id: &u32| self.hasher.hash_one(self.token(*id).unwrap_or_default());
            let hash = self.hasher.hash_one(token);
            if let Some(other) = lookup.find(hash, |&other| self.token(other) == Some(token)) {
                let shown = String::from_utf8_lossy(token).into_owned();
                let why = format!("ids {other} and {id} have the same token {shown:?}");
                return Err(Error::new(ErrorKind::Vocabulary, why));
            }
            lookup.insert_unique(hash, id, hash_of);
        }
        self.lookup = lookup;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_and(extra: &[(&[u8], u32)]) -> Vec<(Vec<u8>, u32)> {
        let bytes = (0..=255u8).map(|b| (vec![b], u32::from(b)));
        bytes.chain(extra.iter().map(|(t, id)| (t.to_vec(), *id))).collect()
    }

    fn error(tokens: Vec<(Vec<u8>, u32)>) -> String {
        let error = Vocabulary::new(tokens).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Vocabulary);
        error.to_string()
    }

    #[test]
    fn looks_up_both_ways_around_holes() {
        let v = Vocabulary::new(bytes_and(&[(b"ab", 300), (b"abc", 258)])).unwrap();
        assert_eq!((v.len(), v.id_bound()), (258, 301));
        assert_eq!(v.id(b"ab"), Some(300));
        assert_eq!(v.token(258), Some(&b"abc"[..]));
        assert_eq!((v.token(257), v.token(299), v.token(301)), (None, None, None));
        assert_eq!(v.id(b"bc"), None);
        assert_eq!(v.byte_ids()[0xFF], 0xFF);
        assert_eq!(v.iter().map(|(id, _)| id).collect::<Vec<_>>(), (0..256).chain([258, 300]).collect::<Vec<_>>());
    }

    #[test]
    fn refuses_what_is_no_vocabulary() {
        assert!(error(bytes_and(&[(b"", 256)])).contains("empty"));
        assert!(error(bytes_and(&[(b"ab", 256), (b"cd", 256)])).contains("id 256"));
        assert!(error(bytes_and(&[(b"ab", 256), (b"ab", 257)])).contains("same token"));
        assert!(error(bytes_and(&[(b"ab", MAX_ID + 1)])).contains("above"));
        assert!(error(bytes_and(&[])[1..].to_vec()).contains("0x00"));
        assert!(error(vec![]).contains("0x00"));
    }
}
