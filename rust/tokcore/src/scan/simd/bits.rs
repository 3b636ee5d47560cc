//! Mask arithmetic that carries from one block to the next.

use std::ops::{BitAnd, BitOr, BitXor, Not};

/// What is known of each byte of some neighbouring blocks, a bit a byte: a number of 64 bits, a lane, a block. `before` is
/// always the same mask of the blocks right before these.
pub(super) trait Bits:
    Copy + Default + BitAnd<Output = Self> + BitOr<Output = Self> + BitXor<Output = Self> + Not<Output = Self>
{
    /// How many blocks there are.
    const BLOCKS: usize = size_of::<Self::Lanes>() / size_of::<u64>();

    /// The lanes as numbers, as many as there are blocks.
    type Lanes: Copy + Default + AsRef<[u64]> + AsMut<[u64]>;

    fn new(lanes: &Self::Lanes) -> Self;

    fn lanes(self) -> Self::Lanes;

    /// Which lanes have ones, the first lane in the lowest bit.
    fn which(self) -> u32;

    /// The last lane.
    fn last(self) -> u64;

    /// What is said of the byte before each byte.
    fn after(self, before: Self) -> Self;

    /// What is said of the byte behind each byte; of the one behind all these blocks nothing.
    fn ahead(self) -> Self;

    /// What is said of the byte behind each byte, or true where that is in another block.
    fn may_be_ahead(self) -> Self;

    /// From every bit of these events to the end of its run of ones in `within`; `before` is the result for the blocks
    /// before, whose run goes on. All events lie in `within`.
    fn fill(self, within: Self, before: Self) -> Self;

    #[inline(always)]
    fn any(self) -> bool {
        self.which() != 0
    }
}

impl Bits for u64 {
    type Lanes = [u64; 1];

    #[inline(always)]
    fn new(lanes: &[u64; 1]) -> Self {
        lanes[0]
    }

    #[inline(always)]
    fn lanes(self) -> [u64; 1] {
        [self]
    }

    #[inline(always)]
    fn which(self) -> u32 {
        u32::from(self != 0)
    }

    #[inline(always)]
    fn last(self) -> u64 {
        self
    }

    #[inline(always)]
    fn after(self, before: Self) -> Self {
        self << 1 | before >> 63
    }

    #[inline(always)]
    fn ahead(self) -> Self {
        self >> 1
    }

    #[inline(always)]
    fn may_be_ahead(self) -> Self {
        self >> 1 | 1 << 63
    }

    #[inline(always)]
    fn fill(self, within: Self, before: Self) -> Self {
        let events = self | within & before >> 63;
        // The sum carries from an event through all ones above it; at a second event of the run the sum is one again.
        (within.wrapping_add(events) ^ within | events) & within
    }
}

/// Operators for masks in a register of type `$masks`, by its tier's instructions.
#[cfg(target_arch = "x86_64")]
macro_rules! operators {
    ($masks:ident: $and:ident, $or:ident, $xor:ident) => {
        operators!($masks: BitAnd bitand $and);
        operators!($masks: BitOr bitor $or);
        operators!($masks: BitXor bitxor $xor);

        impl Not for $masks {
            type Output = Self;

            #[inline(always)]
            fn not(self) -> Self {
                self ^ Self::new(&[u64::MAX; Self::BLOCKS])
            }
        }

        impl Default for $masks {
            #[inline(always)]
            fn default() -> Self {
                Self::new(&[0; Self::BLOCKS])
            }
        }
    };
    ($masks:ident: $operator:ident $name:ident $instruction:ident) => {
        impl $operator for $masks {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                // SAFETY: the tier's instructions, by the type's condition.
                Self(unsafe { $instruction(self.0, other.0) })
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
pub(super) use operators;

/// The place of the highest one of these lanes below bit `end` of lane `lane`.
#[inline]
pub(super) fn last_below(lanes: &[u64], lane: usize, end: u32) -> Option<usize> {
    let here = lanes[lane] & ((1 << end) - 1);
    match here.checked_ilog2() {
        Some(bit) => Some(lane * 64 + bit as usize),
        None => last_of(&lanes[..lane]),
    }
}

/// The place of the highest one of these lanes.
#[inline]
pub(super) fn last_of(lanes: &[u64]) -> Option<usize> {
    let lane = lanes.iter().rposition(|&lane| lane != 0)?;
    Some(lane * 64 + lanes[lane].ilog2() as usize)
}

/// The lanes that have ones, ascending, with their numbers.
#[inline(always)]
pub(super) fn some<B: Bits>(bits: B) -> impl Iterator<Item = (usize, u64)> {
    let lanes = bits.lanes();
    Ones(u64::from(bits.which())).map(move |lane| (lane as usize, lanes.as_ref()[lane as usize]))
}

/// The places of the ones of a mask, ascending.
pub(super) struct Ones(pub(super) u64);

impl Iterator for Ones {
    type Item = u32;

    #[inline(always)]
    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        let place = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fill_runs_to_the_end_of_the_run() {
        let fill = |events: u64, within, before| events.fill(within, before);
        assert_eq!(fill(0b0000_0100, 0b0111_1110, 0), 0b0111_1100);
        assert_eq!(fill(0b0010_0100, 0b0111_1110, 0), 0b0111_1100);
        assert_eq!(fill(0b0010_0010, 0b1110_0110, 0), 0b1110_0110);
        assert_eq!(fill(0, 0b0110_0111, 1 << 63), 0b111);
        assert_eq!(fill(1 << 60, u64::MAX, 0), 0xF << 60);
        assert_eq!(fill(0, u64::MAX, 1 << 63), u64::MAX);
    }

    #[test]
    fn places_of_ones() {
        assert_eq!(Ones(1 | 1 << 9 | 1 << 63).collect::<Vec<_>>(), [0, 9, 63]);
        assert_eq!(last_below(&[0b1010, 0b1010], 1, 3), Some(65));
        assert_eq!(last_below(&[0b1010, 0b1010], 1, 1), Some(3));
        assert_eq!(last_below(&[0b1010], 0, 3), Some(1));
        assert_eq!(last_below(&[0b1010], 0, 1), None);
        assert_eq!(last_below(&[0b1010], 0, 0), None);
    }

    /// Several lanes at once are as one after the other.
    #[cfg(target_arch = "x86_64")]
    fn check<B: Bits>(lanes: &[u64], within: &[u64], [last, last_filled]: [u64; 2]) {
        let bits = |lanes: &[u64]| {
            let mut own = B::Lanes::default();
            own.as_mut().copy_from_slice(&lanes[..B::BLOCKS]);
            B::new(&own)
        };
        let only_last = |last: u64| {
            let mut own = B::Lanes::default();
            own.as_mut()[B::BLOCKS - 1] = last;
            B::new(&own)
        };
        let (lanes, within) = (&lanes[..B::BLOCKS], &within[..B::BLOCKS]);
        let events: Vec<u64> = lanes.iter().zip(within).map(|(lane, within)| lane & within).collect();
        let (mut after, mut filled) = (vec![], vec![]);
        for lane in 0..B::BLOCKS {
            after.push(lanes[lane].after(if lane == 0 { last } else { lanes[lane - 1] }));
            filled.push(events[lane].fill(within[lane], if lane == 0 { last_filled } else { filled[lane - 1] }));
        }
        let next = |lane: usize| lanes.get(lane + 1).map_or(0, |next| next << 63);
        let ahead: Vec<u64> = (0..B::BLOCKS).map(|lane| lanes[lane] >> 1 | next(lane)).collect();
        let may_be: Vec<u64> = lanes.iter().map(|lane| lane.may_be_ahead()).collect();
        let own = bits(lanes);
        assert_eq!(own.after(only_last(last)).lanes().as_ref(), after);
        assert_eq!(own.ahead().lanes().as_ref(), ahead);
        assert_eq!(own.may_be_ahead().lanes().as_ref(), may_be);
        assert_eq!(bits(&events).fill(bits(within), only_last(last_filled)).lanes().as_ref(), filled);
        assert_eq!(own.last(), lanes[B::BLOCKS - 1]);
        assert_eq!((!own).lanes().as_ref(), lanes.iter().map(|lane| !lane).collect::<Vec<_>>());
        let ones = lanes.iter().copied().enumerate().filter(|(_, lane)| *lane != 0);
        assert!(some(own).eq(ones));
        assert_eq!(own.any(), lanes.iter().any(|&lane| lane != 0));
    }

    /// Lanes of few ones, of few zeros, of all and of none.
    fn lane() -> impl Strategy<Value = u64> {
        let few =
            || prop::collection::vec(0..64_u32, 0..4).prop_map(|ones| ones.iter().fold(0, |all, one| all | 1 << one));
        prop_oneof![Just(0), Just(u64::MAX), Just(1 << 63), few(), few().prop_map(|lane| !lane), any::<u64>()]
    }

    proptest! {
        #[cfg(target_arch = "x86_64")]
        #[test]
        fn lanes_together_are_as_one_by_one(
            lanes in prop::collection::vec(lane(), 8),
            within in prop::collection::vec(lane(), 8),
            before in [lane(), lane()],
        ) {
            use crate::tier::Tier;
            if Tier::Avx2.is_available() {
                check::<crate::scan::simd::four::Four>(&lanes, &within, before);
            }
            if Tier::Avx512.is_available() {
                check::<crate::scan::simd::eight::Eight>(&lanes, &within, before);
            }
        }
    }
}
