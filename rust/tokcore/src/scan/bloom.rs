//! Sets of numbers that are asked for far more often than made, and may take another number for one of theirs.

/// 2^64 over the golden ratio, made odd: multiplying by it spreads the low bytes over the high ones.
pub(super) const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
/// Bits of the largest bitmap (256 KiB) and of the smallest: powers of two.
const MOST_BITS: usize = 1 << 21;
const LEAST_BITS: usize = 1 << 12;

/// A Bloom filter with one hash: a bitmap of the hashes of the numbers that are in it.
#[derive(Debug, Clone)]
pub(crate) struct Bloom {
    pub(super) bitmap: Box<[u64]>,
    /// How far a hash is shifted to become a place in `bitmap`, which ends where the shifted hashes do.
    pub(super) shift: u32,
}

impl Bloom {
    /// The set of the numbers in `filling`, with at least `room` bits for each, as far as the largest bitmap has as many.
    pub(crate) fn new(room: usize, filling: Filling) -> Self {
        let Filling { largest, numbers } = filling;
        let bits = (numbers * room).next_power_of_two().clamp(LEAST_BITS, MOST_BITS);
        if bits == MOST_BITS { largest } else { largest.folded(bits) }
    }

    fn empty(bits: usize) -> Self {
        Self { bitmap: vec![0; bits / 64].into_boxed_slice(), shift: 64 - bits.ilog2() }
    }

    /// The same set in fewer bits: a place there is the high bits of a place here.
    fn folded(&self, bits: usize) -> Self {
        let mut folded = Self::empty(bits);
        for (index, &word) in self.bitmap.iter().enumerate() {
            let mut left = word;
            while left != 0 {
                let place = index * 64 + left.trailing_zeros() as usize;
                folded.set(place >> (folded.shift - self.shift));
                left &= left - 1;
            }
        }
        folded
    }

    #[inline(always)]
    fn place(&self, number: u64) -> usize {
        (number.wrapping_mul(SPREAD) >> self.shift) as usize
    }

    #[inline(always)]
    fn set(&mut self, place: usize) {
        self.bitmap[place / 64] |= 1 << (place % 64);
    }

    /// Whether `number` is in the set; seldom true of one that is not.
    #[inline(always)]
    pub(crate) fn may_have(&self, number: u64) -> bool {
        let place = self.place(number);
        // The mask changes nothing: a place is below the bitmap's bits, a power of two. It spares a bounds check.
        self.bitmap[(place / 64) & (self.bitmap.len() - 1)] >> (place % 64) & 1 != 0
    }
}

/// What a set is made of: the largest bitmap, since how many numbers come is not known before.
pub(crate) struct Filling {
    largest: Bloom,
    numbers: usize,
}

impl Filling {
    /// No numbers.
    pub(crate) fn new() -> Self {
        Self { largest: Bloom::empty(MOST_BITS), numbers: 0 }
    }

    #[inline]
    pub(crate) fn add(&mut self, number: u64) {
        self.largest.set(self.largest.place(number));
        self.numbers += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_what_it_was_given_and_little_else() {
        for count in [0, 1, 100, 3000, 100_000] {
            let mut filling = Filling::new();
            (0..count).for_each(|number| filling.add(number * 3));
            let bloom = Bloom::new(16, filling);
            assert!((0..count).all(|number| bloom.may_have(number * 3)));
            let others = (0..10_000).filter(|number| bloom.may_have(number * 3 + 1)).count();
            assert!(others < 1200, "{others} of 10,000, with {count} numbers");
            assert_eq!(bloom.bitmap.len() * 64, (count as usize * 16).next_power_of_two().clamp(1 << 12, 1 << 21));
        }
    }
}
