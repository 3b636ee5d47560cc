//! Merging of short pieces: all candidate pairs of a piece in one array, the least taken by a minimum over it.
//!
//! The algorithm is written once over [`Candidates`]; how an array is held and searched is the tiers' difference.

use super::pairs::{NONE, Pairs};

/// Low bits of a candidate: the place of its left part. The id above them has at most 24 bits.
pub(super) const PLACE_BITS: u32 = 6;
pub(super) const PLACE: u32 = (1 << PLACE_BITS) - 1;

/// What each place of a piece and its right neighbour join to: `id << 6 | place`, [`NONE`] where nothing.
pub(super) trait Candidates: Copy {
    /// How many places there are, a power of two up to 64.
    const PLACES: usize;
    /// One number for each place.
    type Array: AsMut<[u32]> + AsRef<[u32]> + Copy;

    /// An array of [`NONE`].
    const NONE: Self::Array;
    /// No candidates.
    const NOTHING: Self;

    fn load(candidates: &Self::Array) -> Self;

    /// The least candidate.
    fn least(&self) -> u32;

    fn set(&mut self, place: usize, candidate: u32);

    /// [`Pairs::get`].
    fn pair(pairs: &Pairs, a: u32, b: u32) -> u32;
}

/// A piece in work.
#[derive(Clone, Copy)]
pub(super) struct Merging<C: Candidates> {
    candidates: C,
    /// The id of the part at each place that has one.
    ids: C::Array,
    /// Which places have a part.
    parts: u64,
}

impl<C: Candidates> Merging<C> {
    /// No piece.
    pub(super) const NOTHING: Self = Self { candidates: C::NOTHING, ids: C::NONE, parts: 0 };

    /// Begins with the single bytes of `piece`, which has 1 to [`Candidates::PLACES`].
    #[inline(always)]
    pub(super) fn start(&mut self, pairs: &Pairs, byte_ids: &[u32; 256], piece: &[u8]) {
        debug_assert!((1..=C::PLACES).contains(&piece.len()));
        for (id, &byte) in self.ids.as_mut().iter_mut().zip(piece) {
            *id = byte_ids[usize::from(byte)];
        }
        let mut candidates = C::NONE;
        let neighbours = piece.iter().zip(&piece[1..]).zip(candidates.as_mut());
        for (place, ((&first, &second), candidate)) in (0..).zip(neighbours) {
            *candidate = Self::candidate(pairs.of_bytes(first, second), place);
        }
        self.candidates = C::load(&candidates);
        self.parts = u64::MAX >> (64 - piece.len());
    }

    /// Joins the next pair. False when there is none.
    #[inline(always)]
    fn step(&mut self, pairs: &Pairs) -> bool {
        let least = self.candidates.least();
        if least == NONE {
            return false;
        }
        let (place, id) = ((least & PLACE) as usize % C::PLACES, least >> PLACE_BITS);
        // Parts after the joined one; the first of them is absorbed.
        let after = self.parts & (!1 << place);
        let absorbed = after.trailing_zeros() as usize % C::PLACES;
        let after = after & after.wrapping_sub(1);
        let before = self.parts & !(!0 << place);
        self.parts &= !(1 << absorbed);
        let next = after.trailing_zeros() as usize % C::PLACES;
        let previous = (before | 1).ilog2() as usize % C::PLACES;
        let ids = self.ids.as_mut();
        ids[place] = id;
        let (left, right) = (ids[previous], ids[next]);
        // Both are looked up whether or not there is such a neighbour: that is seldom, and a branch costs more.
        let with_previous = C::pair(pairs, left, id);
        let with_next = C::pair(pairs, id, right);
        let with_previous = if before == 0 { NONE } else { Self::candidate(with_previous, previous as u32) };
        let with_next = if after == 0 { NONE } else { Self::candidate(with_next, place as u32) };
        // In this order: without a part before, `previous` is place 0, which is then the joined part's own.
        self.candidates.set(previous, with_previous);
        self.candidates.set(absorbed, NONE);
        self.candidates.set(place, with_next);
        true
    }

    /// Writes the ids of the parts, in order, to the front of `out`.
    #[inline(always)]
    fn write_ids(&self, out: &mut [u32]) {
        let (mut len, mut left) = (0, self.parts);
        while left != 0 {
            out[len] = self.ids.as_ref()[left.trailing_zeros() as usize % C::PLACES];
            len += 1;
            left &= left - 1;
        }
    }

    /// Joins all there is to join.
    #[inline(always)]
    pub(super) fn to_end(mut self, pairs: &Pairs) -> Merged {
        while self.step(pairs) {}
        let mut merged = Merged { ids: [0; 64], parts: self.parts };
        self.write_ids(&mut merged.ids);
        merged
    }

    /// The ids of the parts, and the places at which they begin as bits.
    #[inline(always)]
    fn result(&self) -> Merged<C::Array> {
        let mut merged = Merged { ids: C::NONE, parts: self.parts };
        self.write_ids(merged.ids.as_mut());
        merged
    }

    #[inline(always)]
    fn candidate(id: u32, place: u32) -> u32 {
        if id == NONE { NONE } else { id << PLACE_BITS | place }
    }
}

/// A merged piece: its ids in an array with room for one at every byte.
pub(super) struct Merged<A = [u32; 64]> {
    pub(super) ids: A,
    /// Bit `i` is set if a part begins at byte `i`.
    pub(super) parts: u64,
}

impl<A: AsRef<[u32]>> Merged<A> {
    /// The ids of the parts, in order.
    #[inline(always)]
    pub(super) fn ids(&self) -> &[u32] {
        &self.ids.as_ref()[..self.parts.count_ones() as usize]
    }
}

/// Merges `count` pieces, `SIDE_BY_SIDE` at a time, so that one's waiting for memory is another's time to work. Calls
/// `done` with the index of each piece and its result, in any order.
#[inline(always)]
pub(super) fn merge_each<'p, C: Candidates, const SIDE_BY_SIDE: usize>(
    pairs: &Pairs,
    byte_ids: &[u32; 256],
    count: usize,
    piece: impl Fn(usize) -> &'p [u8],
    mut done: impl FnMut(usize, &Merged<C::Array>),
) {
    // Not by closures: one that is not inlined would be compiled without the tier's instructions.
    let mut working = count.min(SIDE_BY_SIDE);
    let mut pieces = [0; SIDE_BY_SIDE];
    let mut lanes = [Merging::<C>::NOTHING; SIDE_BY_SIDE];
    for lane in 0..working {
        pieces[lane] = lane;
        lanes[lane].start(pairs, byte_ids, piece(lane));
    }
    let mut next = working;
    while working > 0 {
        let mut lane = 0;
        while lane < working {
            if lanes[lane].step(pairs) {
                lane += 1;
                continue;
            }
            done(pieces[lane], &lanes[lane].result());
            if next < count {
                pieces[lane] = next;
                lanes[lane].start(pairs, byte_ids, piece(next));
                next += 1;
                lane += 1;
            } else {
                working -= 1;
                pieces.swap(lane, working);
                lanes.swap(lane, working);
            }
        }
    }
}

/// Candidates in plain memory.
#[derive(Clone, Copy)]
pub(super) struct Plain<const PLACES: usize>([u32; PLACES]);

impl<const N: usize> Candidates for Plain<N> {
    const PLACES: usize = N;
    type Array = [u32; N];

    const NONE: [u32; N] = [NONE; N];
    const NOTHING: Self = Self([NONE; N]);

    #[inline(always)]
    fn load(candidates: &[u32; N]) -> Self {
        Self(*candidates)
    }

    #[inline(always)]
    fn least(&self) -> u32 {
        self.0.iter().fold(NONE, |least, &candidate| least.min(candidate))
    }

    #[inline(always)]
    fn set(&mut self, place: usize, candidate: u32) {
        self.0[place] = candidate;
    }

    #[inline(always)]
    fn pair(pairs: &Pairs, a: u32, b: u32) -> u32 {
        pairs.get(a, b)
    }
}
