//! Token bytes <-> ids. The ground floor: every other room may use it, it uses none.
//!
//! As in tiktoken's rank files, a token's id is also its merge rank: of two possible merges the one that makes the
//! lower id happens first.

pub mod format;
mod special;

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::sync::OnceLock;

use hashbrown::{DefaultHashBuilder, HashTable};

pub use special::SpecialTokens;

use crate::error::{Error, ErrorKind, Result};

/// Ids above this are refused, so that tables indexed by id stay of sane size (2^24 ids, 64 MB an index).
pub const MAX_ID: u32 = (1 << 24) - 1;

/// The mergeable tokens: an injective map between byte strings and ids, holes allowed, that contains every single byte.
pub struct Vocabulary {
    /// The tokens' bytes, in id order, one after another.
    bytes: Cow<'static, [u8]>,
    /// Token `id` is `bytes[offsets[id]..offsets[id + 1]]`; a hole is an empty range.
    offsets: Vec<u32>,
    byte_ids: [u32; 256],
    len: usize,
    hasher: DefaultHashBuilder,
    /// Token -> id, made when first asked for: encoders have tables of their own, and loading should not wait for it.
    lookup: OnceLock<HashTable<u32>>,
    /// See [`Self::with_pairs`].
    pairs: Option<&'static [u8]>,
    /// See [`Self::with_merges`].
    merges: Option<Vec<(u32, u32)>>,
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

    /// A vocabulary from its tokens' bytes in id order, one after another, and their lengths (0 for a hole). O(n), for
    /// data whose tokens are known to be distinct: that alone is not checked, and of equal tokens [`Self::id`] finds one.
    ///
    /// # Errors
    /// [`ErrorKind::Vocabulary`] if the lengths do not add up to the bytes, there are more ids than [`MAX_ID`], or a
    /// single byte is missing.
    pub fn from_distinct(bytes: impl Into<Cow<'static, [u8]>>, lengths: impl Iterator<Item = u32>) -> Result<Self> {
        let bytes = bytes.into();
        let mut offsets = Vec::with_capacity(lengths.size_hint().0 + 1);
        let (mut end, mut len) = (0u32, 0);
        offsets.push(0);
        for length in lengths {
            end = end.checked_add(length).filter(|&end| end as usize <= bytes.len()).ok_or_else(misfit)?;
            len += usize::from(length > 0);
            offsets.push(end);
        }
        if end as usize != bytes.len() {
            return Err(misfit());
        }
        if offsets.len() > MAX_ID as usize + 2 {
            return Err(too_high(offsets.len() - 2));
        }
        Self::assemble(bytes, offsets, len)
    }

    /// The same vocabulary with the table of its pairs, as [`pair_table`](crate::bpe::pair_table) made it, so that an encoder
    /// need not find them: that takes most of the time of loading. It is trusted: ids then are as the table says.
    pub fn with_pairs(self, table: &'static [u8]) -> Self {
        Self { pairs: Some(table), ..self }
    }

    /// The table given to [`Self::with_pairs`].
    pub(crate) fn pairs(&self) -> Option<&'static [u8]> {
        self.pairs
    }

    /// The same vocabulary with the pair of ids that each of its last tokens joins from, in order of id: what
    /// [`Self::with_pairs`] is to a table. All tokens before them must be single bytes.
    pub(crate) fn with_merges(self, merges: Vec<(u32, u32)>) -> Self {
        Self { merges: Some(merges), ..self }
    }

    /// The pairs given to [`Self::with_merges`], which are gone then.
    pub(crate) fn take_merges(&mut self) -> Option<Vec<(u32, u32)>> {
        self.merges.take()
    }

    /// The same vocabulary, if no token stands twice. Makes the token -> id table.
    ///
    /// # Errors
    /// [`ErrorKind::Vocabulary`] naming the first token that stands twice.
    pub fn check_distinct(self) -> Result<Self> {
        let (lookup, repeated) = self.index();
        if let Some((other, id)) = repeated {
            let shown = String::from_utf8_lossy(self.token(id).unwrap_or_default()).into_owned();
            return Err(refusal(format!("ids {other} and {id} have the same token {shown:?}")));
        }
        Ok(Self { lookup: OnceLock::from(lookup), ..self })
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
        let lookup = self.lookup.get_or_init(|| self.index().0);
        lookup.find(self.hasher.hash_one(token), |&id| self.token(id) == Some(token)).copied()
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

    /// The tokens that are not ASCII, in ascending order of id. All that stand between two of them are passed over at once: to
    /// look at each takes three times as long.
    pub(crate) fn beyond_ascii(&self) -> impl Iterator<Item = &[u8]> {
        let (mut id, mut start) = (0, 0);
        std::iter::from_fn(move || {
            let at = start + first_beyond_ascii(&self.bytes[start..])?;
            while self.offsets[id + 1] as usize <= at {
                id += 1;
            }
            start = self.offsets[id + 1] as usize;
            Some(&self.bytes[self.offsets[id] as usize..start])
        })
    }
}

/// The place of the first byte that is not ASCII.
fn first_beyond_ascii(bytes: &[u8]) -> Option<usize> {
    let before: usize = bytes.chunks(64).take_while(|chunk| chunk.is_ascii()).map(<[u8]>::len).sum();
    bytes[before..].iter().position(|byte| !byte.is_ascii()).map(|at| before + at)
}

/// Two vocabularies are equal if they give the same ids to the same tokens.
impl PartialEq for Vocabulary {
    fn eq(&self, other: &Self) -> bool {
        self.offsets == other.offsets && self.bytes == other.bytes
    }
}

impl Eq for Vocabulary {}

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
        if token.is_empty() {
            return Err(refusal(format!("token {id} is empty: every token needs at least one byte")));
        }
        if id > MAX_ID {
            return Err(too_high(id as usize));
        }
        if (id as usize) < self.offsets.len() {
            return Err(refusal(format!("id {id} is given to two tokens")));
        }
        let start = self.bytes.len() as u32;
        if self.bytes.len().saturating_add(token.len()) > u32::MAX as usize {
            return Err(refusal("the tokens' bytes together exceed 4 GiB".into()));
        }
        self.offsets.resize(id as usize + 1, start);
        self.bytes.extend_from_slice(token);
        self.len += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<Vocabulary> {
        self.offsets.push(self.bytes.len() as u32);
        Vocabulary::assemble(self.bytes.into(), self.offsets, self.len)?.check_distinct()
    }
}

impl Vocabulary {
    fn assemble(bytes: Cow<'static, [u8]>, offsets: Vec<u32>, len: usize) -> Result<Self> {
        let hasher = DefaultHashBuilder::default();
        let lookup = OnceLock::new();
        Self { bytes, offsets, byte_ids: [0; 256], len, hasher, lookup, pairs: None, merges: None }.with_byte_ids()
    }

    /// The table of token -> id, and the first pair of ids that share a token.
    fn index(&self) -> (HashTable<u32>, Option<(u32, u32)>) {
        let mut lookup = HashTable::with_capacity(self.len);
        let mut repeated = None;
        let hash_of = |id: &u32| self.hasher.hash_one(self.token(*id).unwrap_or_default());
        for (id, token) in self.iter() {
            let hash = self.hasher.hash_one(token);
            match lookup.find(hash, |&other| self.token(other) == Some(token)) {
                Some(&other) => repeated = repeated.or(Some((other, id))),
                None => _ = lookup.insert_unique(hash, id, hash_of),
            }
        }
        (lookup, repeated)
    }

    fn with_byte_ids(mut self) -> Result<Self> {
        let mut found = [None; 256];
        for (id, token) in self.iter() {
            if let &[byte] = token {
                found[byte as usize] = Some(id);
            }
        }
        for (byte, id) in found.into_iter().enumerate() {
            self.byte_ids[byte] = id.ok_or_else(|| {
                refusal(format!("no token for the single byte 0x{byte:02X}: all 256 are needed to encode any text"))
            })?;
        }
        Ok(self)
    }
}

fn refusal(why: String) -> Error {
    Error::new(ErrorKind::Vocabulary, why)
}

fn too_high(id: usize) -> Error {
    refusal(format!("id {id} is above {MAX_ID}, the highest that is supported"))
}

fn misfit() -> Error {
    refusal("the tokens' lengths do not add up to their bytes".into())
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
    fn tokens_beyond_ascii_are_found_between_others() {
        let long = "a".repeat(500);
        let tokens =
            [&b"ab"[..], "aж".as_bytes(), "中".as_bytes(), long.as_bytes(), b"b\xFF", b"xyz", &long.as_bytes()[1..]];
        for (count, step) in (0..=tokens.len()).flat_map(|count| [(count, 1), (count, 7)]) {
            let extra: Vec<_> =
                tokens[..count].iter().zip((300..).step_by(step)).map(|(token, id)| (*token, id)).collect();
            let v = Vocabulary::new(bytes_and(&extra)).unwrap();
            assert!(v.beyond_ascii().eq(v.iter().map(|(_, token)| token).filter(|token| !token.is_ascii())));
        }
    }

    #[test]
    fn joined_bytes_and_lengths_give_the_same_vocabulary() {
        let listed = Vocabulary::new(bytes_and(&[(b"ab", 300), (b"abc", 258)])).unwrap();
        let bytes: Vec<u8> = listed.iter().flat_map(|(_, token)| token.to_vec()).collect();
        let lengths: Vec<u32> =
            (0..listed.id_bound()).map(|id| listed.token(id).unwrap_or_default().len() as u32).collect();
        let joined = Vocabulary::from_distinct(bytes.clone(), lengths.iter().copied()).unwrap();
        assert!(joined.iter().eq(listed.iter()) && joined.byte_ids() == listed.byte_ids());
        assert_eq!((joined.id(b"abc"), joined.id(b"bc"), joined.len()), (Some(258), None, 258));
        for wrong in [&lengths[1..], &lengths[..300], &[u32::MAX, 2]] {
            assert!(Vocabulary::from_distinct(bytes.clone(), wrong.iter().copied()).is_err());
        }
        assert!(Vocabulary::from_distinct(&b"a"[..], [1].into_iter()).is_err());
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
