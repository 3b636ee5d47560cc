//! Keys of words in the table that counts them: the word itself, if it is short, or two hashes.

/// Odd constants of no meaning: the fractions of the golden ratio and of another irrational.
const MIX: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93];

/// The top byte of a key that is two hashes. Otherwise the top byte is the length of the word that the key holds.
pub(super) const HASHED: u128 = 0xFF << 120;

/// The longest word that a key holds.
const INLINE: usize = 15;

/// By length, the bits of sixteen bytes that are a word's own.
const OWN: [u128; INLINE + 1] = {
    let (mut masks, mut len) = ([0; INLINE + 1], 1);
    while len <= INLINE {
        masks[len] = u128::MAX >> (128 - 8 * len);
        len += 1;
    }
    masks
};

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[inline(always)]
fn load(text: &[u8], at: usize) -> u64 {
    match text.get(at..at + 8) {
        Some(eight) => u64::from_le_bytes(eight.try_into().unwrap_or_default()),
        None => text[at..].iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
    }
}

/// The 16 bytes at `at`, or as many as there are.
#[inline(always)]
fn load_wide(text: &[u8], at: usize) -> u128 {
    match text.get(at..at + 16) {
        Some(bytes) => u128::from_le_bytes(bytes.try_into().unwrap_or_default()),
        None => text[at..].iter().rev().fold(0, |sum, &byte| sum << 8 | u128::from(byte)),
    }
}

/// The key of the word `text[start..end]`: the word itself with its length, or two hashes.
#[inline(always)]
pub(super) fn key(text: &[u8], start: usize, end: usize) -> u128 {
    let len = end - start;
    if len <= INLINE {
        return load_wide(text, start) & OWN[len] | (len as u128) << 120;
    }
    let mut hash = [len as u64 ^ MIX[1], len as u64 ^ MIX[0]];
    let mut at = start;
    while at + 16 < end {
        hash = mix(hash, text, at, at + 8);
        at += 16;
    }
    // The last 1 to 16 bytes, from two loads that may overlap what is done.
    hash = mix(hash, text, end - 16, end - 8);
    u128::from(hash[0]) | u128::from(hash[1]) << 64 | HASHED
}

#[inline(always)]
fn mix(hash: [u64; 2], text: &[u8], first: usize, second: usize) -> [u64; 2] {
    let (a, b) = (load(text, first), load(text, second));
    [fold(a ^ hash[0] ^ MIX[0], b ^ MIX[1]), fold(b ^ hash[1] ^ MIX[1], a ^ MIX[0])]
}

/// A number that a key's slot and a word's shard are taken from, by its high bits.
#[inline(always)]
pub(super) fn spread(key: u128) -> u64 {
    fold(key as u64 ^ MIX[1], (key >> 64) as u64 ^ MIX[0])
}

/// Which of `shards` equal shards the word of a key belongs to.
#[inline]
pub(super) fn shard_of(key: u128, shards: usize) -> usize {
    // The low half, as tables take their slots from the high bits.
    (((spread(key) & 0xFFFF_FFFF) * shards as u64) >> 32) as usize
}
