//! Words of up to 15 bytes as keys, and hashes of words.

/// Odd constants of no meaning: the fractions of the golden ratio and of another irrational.
const MIX: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93];

/// A word as a number: its bytes from the lowest, and in the highest byte its length.
pub(super) trait Key: Copy + PartialEq + Send + Sync {
    /// No word; every word has a length.
    const NONE: Self;
    /// The longest word that is one.
    const LONGEST: usize;

    /// The key of the word of `len` bytes at `text[start]`; of one that is too long, anything.
    fn new(text: &[u8], start: usize, len: usize) -> Self;

    /// A number whose high half tells where the word is in a table.
    fn hash(self) -> u64;

    /// Shows the word.
    fn show<R>(self, visit: impl FnOnce(&[u8]) -> R) -> R;
}

/// By length modulo 16, the bits of eight bytes that are a word's own.
const OWN: [u64; 16] = {
    let (mut masks, mut len) = ([u64::MAX; 16], 0);
    while len < 8 {
        masks[len] = (1 << (8 * len)) - 1;
        len += 1;
    }
    masks
};

impl Key for u64 {
    const NONE: Self = 0;
    const LONGEST: usize = 7;

    #[inline(always)]
    fn new(text: &[u8], start: usize, len: usize) -> Self {
        load(text, start) & OWN[len % 16] | (len as Self) << 56
    }

    #[inline(always)]
    fn hash(self) -> u64 {
        self.wrapping_mul(MIX[0])
    }

    #[inline(always)]
    fn show<R>(self, visit: impl FnOnce(&[u8]) -> R) -> R {
        visit(&self.to_le_bytes()[..(self >> 56) as usize])
    }
}

/// Two halves, the lower first: a number of 128 bits would have to stand at multiples of 16 bytes.
pub(super) type Double = [u64; 2];

impl Key for Double {
    const NONE: Self = [0; 2];
    const LONGEST: usize = 15;

    #[inline(always)]
    fn new(text: &[u8], start: usize, len: usize) -> Self {
        // Only words of 8 bytes and more come here.
        [load(text, start), load(text, start + 8) & OWN[len.wrapping_sub(8) % 16] | (len as u64) << 56]
    }

    #[inline(always)]
    fn hash(self) -> u64 {
        fold(self[0] ^ MIX[1], self[1] ^ MIX[0])
    }

    #[inline(always)]
    fn show<R>(self, visit: impl FnOnce(&[u8]) -> R) -> R {
        let bytes = (u128::from(self[1]) << 64 | u128::from(self[0])).to_le_bytes();
        visit(&bytes[..(self[1] >> 56) as usize])
    }
}

/// The hash of any word.
pub(super) fn hash(word: &[u8]) -> u64 {
    match word.len() {
        len if len <= u64::LONGEST => u64::new(word, 0, len).hash(),
        len if len <= Double::LONGEST => Double::new(word, 0, len).hash(),
        len => hash_long(word, 0, len),
    }
}

/// The hash of the word `text[start..end]` of at least 16 bytes.
#[inline(always)]
pub(super) fn hash_long(text: &[u8], start: usize, end: usize) -> u64 {
    let mut hash = (end - start) as u64 ^ MIX[1];
    let mut at = start;
    while at + 16 < end {
        hash = fold(load(text, at) ^ hash, load(text, at + 8) ^ MIX[0]);
        at += 16;
    }
    // The last 1 to 16 bytes, from two loads that may overlap what is done.
    hash = fold(load(text, end - 16) ^ hash, load(text, end - 8) ^ MIX[0]);
    hash.wrapping_mul(MIX[1])
}

/// Which of `shards` equal shards a word of this hash belongs to, which says nothing of where it is in a table.
#[inline]
pub(super) fn shard_of(hash: u64, shards: usize) -> usize {
    (((fold(hash ^ MIX[1], MIX[0]) & 0xFFFF_FFFF) * shards as u64) >> 32) as usize
}

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// The 8 bytes at `at`, or as many as there are.
#[inline(always)]
fn load(text: &[u8], at: usize) -> u64 {
    match text.get(at..at + 8) {
        Some(eight) => u64::from_le_bytes(eight.try_into().unwrap_or_default()),
        None => load_end(text, at),
    }
}

#[cold]
fn load_end(text: &[u8], at: usize) -> u64 {
    text[at..].iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}
