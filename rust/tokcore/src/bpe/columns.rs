//! Merging of sixteen short pieces at a time, each in a column of 32-bit lanes: the AVX-512 form of `kernel`.
//!
//! Row `p` of a table has what stands at place `p` of every piece, so one instruction does for sixteen pieces what would
//! be one piece's work. Steps are those of [`Merging`](super::kernel::Merging), taken by all pieces together until the
//! last has nothing left to join; pieces of like length are put together, so that few wait for others. Only the pairs are
//! looked up one by one, and two groups of sixteen take turns, so that one's memory comes while the other takes its step.
#![allow(unsafe_code)]

mod look_up;

use std::arch::x86_64::*;

use self::look_up::LookUp;
use super::kernel::{Merged, PLACE, PLACE_BITS};
use super::pairs::{NONE, Pairs};

/// Pieces that are merged together, and places that are turned together.
pub(super) const LANES: usize = 16;
/// Pieces that are put in order of length together.
const SORTED: usize = 256;

type Row = __m512i;

/// Up to sixteen pieces in work, of up to `PLACES` bytes: 16 or 32.
struct Columns<const PLACES: usize> {
    /// What a place and its right neighbour join to, as in `kernel`.
    candidates: [Row; PLACES],
    /// The id of the part at each place that has one.
    ids: [Row; PLACES],
    /// Which places have a part, as bits.
    parts: Row,
    /// The least candidate of each piece.
    least: Row,
    /// The bytes of the longest piece.
    rows: usize,
}

/// Merges `count` pieces of 1 to `PLACES` bytes, 16 or 32; calls `done` with each one's index and result, in any order.
#[target_feature(
    enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
)]
pub(super) fn merge_each<'p, const PLACES: usize>(
    pairs: &Pairs,
    byte_ids: &[u32; 256],
    count: usize,
    piece: impl Fn(usize) -> &'p [u8],
    mut done: impl FnMut(usize, &Merged<[u32; PLACES]>),
) {
    let mut order = [0; SORTED];
    let mut columns = [Columns::<PLACES>::none(), Columns::none()];
    for start in (0..count).step_by(SORTED) {
        let order = &mut order[..SORTED.min(count - start)];
        by_length::<PLACES>(order, |i| piece(start + i).len());
        for groups in order.chunks(2 * LANES) {
            let (first, second) = groups.split_at(LANES.min(groups.len()));
            for (columns, group) in columns.iter_mut().zip([first, second]) {
                columns.begin(pairs, byte_ids, group.len(), |lane| piece(start + usize::from(group[lane])));
            }
            to_end(pairs, &mut columns);
            for (columns, group) in columns.iter().zip([first, second]) {
                columns.results(group.len(), |lane, merged| done(start + usize::from(group[lane]), merged));
            }
        }
    }
}

/// Joins all that can be joined. What one group's step reads is asked for while the other group takes its own.
#[target_feature(
    enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
)]
#[inline]
fn to_end<const PLACES: usize>(pairs: &Pairs, columns: &mut [Columns<PLACES>; 2]) {
    let mut steps = [Step::none(), Step::none()];
    let mut active = true;
    while active {
        active = false;
        // In a loop, so that a step is compiled once, inside it: two of them are too much for a compiler to inline, or not.
        for (columns, step) in columns.iter_mut().zip(&mut steps) {
            columns.step(pairs, step);
            columns.next(pairs, step);
            active |= step.active != 0;
        }
    }
}

/// Makes `order` the numbers below its length, in order of `len`, which is 1 to `PLACES`.
#[inline(always)]
fn by_length<const PLACES: usize>(order: &mut [u8], len: impl Fn(usize) -> usize) {
    // Where pieces of each length begin, shortest first.
    let (mut places, mut before) = ([0; PLACES], 0);
    (0..order.len()).for_each(|i| places[len(i) - 1] += 1);
    for place in &mut places {
        (*place, before) = (before, before + *place);
    }
    for i in 0..order.len() {
        let place = &mut places[len(i) - 1];
        order[*place] = i as u8;
        *place += 1;
    }
}

impl<const PLACES: usize> Columns<PLACES> {
    /// No pieces.
    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
    )]
    #[inline]
    fn none() -> Self {
        let none = _mm512_set1_epi32(NONE as i32);
        Self { candidates: [none; PLACES], ids: [none; PLACES], parts: none, least: none, rows: 0 }
    }

    /// Begins with the single bytes of `count` pieces.
    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
    )]
    #[inline]
    fn begin<'p>(&mut self, pairs: &Pairs, byte_ids: &[u32; 256], count: usize, piece: impl Fn(usize) -> &'p [u8]) {
        let (mut bytes, mut lengths) = ([[0; 32]; LANES], [0_u32; LANES]);
        for lane in 0..count {
            let piece = piece(lane);
            debug_assert!((1..=PLACES).contains(&piece.len()));
            lengths[lane] = piece.len() as u32;
            // SAFETY: of the 32 bytes from the piece's first only its own are read.
            unsafe {
                let own = _mm256_maskz_loadu_epi8(u32::MAX >> (32 - piece.len()), piece.as_ptr().cast());
                _mm256_storeu_si256(bytes[lane].as_mut_ptr().cast(), own);
            }
        }
        let bytes = transposed::<PLACES>(&bytes);
        self.rows = lengths.iter().fold(0, |most, &len| most.max(len)) as usize;
        // SAFETY: sixteen numbers each; what is read of `bytes` and of the tables is inside, as bytes are below 256.
        unsafe {
            let lengths = _mm512_loadu_si512(lengths.as_ptr().cast());
            self.parts = _mm512_sub_epi32(_mm512_sllv_epi32(_mm512_set1_epi32(1), lengths), _mm512_set1_epi32(1));
            let none = _mm512_set1_epi32(NONE as i32);
            self.least = none;
            let row = |place: usize| _mm512_cvtepu8_epi32(_mm_loadu_si128(bytes[place % PLACES].as_ptr().cast()));
            let mut first = row(0);
            for place in 0..self.rows.min(PLACES) {
                // After the last row comes any other, of which nothing is read.
                let second = row(place + 1);
                self.ids[place] = _mm512_i32gather_epi32::<4>(first, byte_ids.as_ptr().cast());
                let joined = _mm512_cmpgt_epu32_mask(lengths, _mm512_set1_epi32(place as i32 + 1));
                let both = _mm512_or_si512(_mm512_slli_epi32::<8>(first), second);
                let id = _mm512_mask_i32gather_epi32::<4>(none, joined, both, pairs.of_all_bytes().as_ptr().cast());
                self.candidates[place] = candidates(id, _mm512_set1_epi32(place as i32));
                self.least = _mm512_min_epu32(self.least, self.candidates[place]);
                first = second;
            }
        }
    }

    /// Makes `step` what joins the next pair of every piece that has one.
    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
    )]
    #[inline]
    fn next(&mut self, pairs: &Pairs, step: &mut Step) {
        let (zero, one) = (_mm512_setzero_si512(), _mm512_set1_epi32(1));
        let active = _mm512_cmpneq_epu32_mask(self.least, _mm512_set1_epi32(NONE as i32));
        step.active = active;
        if active == 0 {
            return;
        }
        let place = _mm512_and_si512(self.least, _mm512_set1_epi32(PLACE as i32));
        let id = _mm512_srli_epi32::<PLACE_BITS>(self.least);
        let bit = _mm512_sllv_epi32(one, place);
        // Parts after the joined one; the first of them is absorbed.
        let after = _mm512_andnot_si512(_mm512_sub_epi32(_mm512_add_epi32(bit, bit), one), self.parts);
        let absorbed = _mm512_and_si512(after, _mm512_sub_epi32(zero, after));
        let after = _mm512_xor_si512(after, absorbed);
        let before = _mm512_and_si512(self.parts, _mm512_sub_epi32(bit, one));
        self.parts = _mm512_mask_xor_epi32(self.parts, active, self.parts, absorbed);
        let next = highest(_mm512_and_si512(after, _mm512_sub_epi32(zero, after)));
        let (previous, absorbed) = (highest(before), highest(absorbed));
        let has_previous = _mm512_mask_test_epi32_mask(active, before, before);
        let has_next = _mm512_mask_test_epi32_mask(active, after, after);
        let (left, right) = (self.ids_at(previous, has_previous), self.ids_at(next, has_next));
        (step.id, step.place, step.previous, step.absorbed, step.has_previous) =
            (id, place, previous, absorbed, has_previous);
        step.look_up.ask(pairs, [left, id], [id, right], [has_previous, has_next]);
    }

    /// Takes a step.
    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
    )]
    #[inline]
    fn step(&mut self, pairs: &Pairs, step: &Step) {
        let Step { active, id, place, previous, absorbed, has_previous, ref look_up } = *step;
        if active == 0 {
            return;
        }
        let found = look_up.found(pairs);
        let (with_previous, with_next) = (candidates(found[0], previous), candidates(found[1], place));
        let mut least = _mm512_set1_epi32(NONE as i32);
        for row in 0..self.rows.min(PLACES) {
            let here = _mm512_set1_epi32(row as i32);
            let is = |places: Row, which: __mmask16| _mm512_mask_cmpeq_epi32_mask(which, places, here);
            let joined = is(place, active);
            let candidates = &mut self.candidates[row];
            *candidates = _mm512_mask_mov_epi32(*candidates, is(previous, has_previous), with_previous);
            *candidates = _mm512_mask_mov_epi32(*candidates, is(absorbed, active), _mm512_set1_epi32(NONE as i32));
            *candidates = _mm512_mask_mov_epi32(*candidates, joined, with_next);
            least = _mm512_min_epu32(least, *candidates);
            self.ids[row] = _mm512_mask_mov_epi32(self.ids[row], joined, id);
        }
        self.least = least;
    }

    /// The id at each piece's place of `places`, for the pieces of `which`, whose places are below `PLACES`.
    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
    )]
    #[inline]
    fn ids_at(&self, places: Row, which: __mmask16) -> Row {
        let lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        let at = _mm512_add_epi32(_mm512_slli_epi32::<4>(places), lanes);
        // SAFETY: a place times 16 and a lane is one of the numbers of `ids`; other lanes read nothing.
        unsafe { _mm512_mask_i32gather_epi32::<4>(_mm512_setzero_si512(), which, at, self.ids.as_ptr().cast()) }
    }

    /// Calls `done` with each of `count` pieces' number and result.
    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
    )]
    #[inline]
    fn results(&self, count: usize, mut done: impl FnMut(usize, &Merged<[u32; PLACES]>)) {
        // SAFETY: sixteen numbers; and rows of them.
        let (parts, ids) = unsafe {
            let parts = std::mem::transmute::<Row, [u32; LANES]>(self.parts);
            (parts, &*(&raw const self.ids).cast::<[[u32; LANES]; PLACES]>())
        };
        for lane in 0..count {
            let mut merged = Merged { ids: [NONE; PLACES], parts: u64::from(parts[lane]) };
            let (mut len, mut left) = (0, parts[lane]);
            while left != 0 {
                merged.ids[len % PLACES] = ids[left.trailing_zeros() as usize % PLACES][lane];
                len += 1;
                left &= left - 1;
            }
            done(lane, &merged);
        }
    }
}

/// The bytes by place and then by piece.
#[target_feature(
    enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
)]
#[inline]
fn transposed<const PLACES: usize>(bytes: &[[u8; 32]; LANES]) -> [[u8; LANES]; PLACES] {
    let mut rows = [[0; LANES]; PLACES];
    let (rows_of_four, _) = rows.as_chunks_mut::<4>();
    // SAFETY: 512 bytes are read, and 64 written for every four rows.
    unsafe {
        let from: *const Row = bytes.as_ptr().cast();
        for (four, rows) in rows_of_four.iter_mut().enumerate() {
            let places = _mm512_loadu_si512(FOUR_ROWS.as_ptr().cast());
            let places = _mm512_add_epi8(places, _mm512_set1_epi8(4 * four as i8));
            // Every four pieces in turn.
            let mut turned = _mm512_setzero_si512();
            for pieces in 0..4 {
                let (low, high) =
                    (_mm512_loadu_si512(from.add(2 * pieces)), _mm512_loadu_si512(from.add(2 * pieces + 1)));
                let mask = 0x000F_000F_000F_000F << (4 * pieces);
                turned = _mm512_or_si512(turned, _mm512_maskz_permutex2var_epi8(mask, low, places, high));
            }
            _mm512_storeu_si512(rows.as_mut_ptr().cast(), turned);
        }
    }
    rows
}

/// Where the first four bytes of four pieces of 32 are, by place and then by piece, four times for each place.
static FOUR_ROWS: [u8; 64] = {
    let mut places = [0; 64];
    let mut at = 0;
    while at < 64 {
        places[at] = (at % 4 * 32 + at / LANES) as u8;
        at += 1;
    }
    places
};

/// The highest one of each, or -1.
#[target_feature(
    enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
)]
#[inline]
fn highest(bits: Row) -> Row {
    _mm512_sub_epi32(_mm512_set1_epi32(31), _mm512_lzcnt_epi32(bits))
}

/// The candidates of `ids` at `places`.
#[target_feature(
    enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
)]
#[inline]
fn candidates(ids: Row, places: Row) -> Row {
    let none = _mm512_set1_epi32(NONE as i32);
    let are = _mm512_cmpneq_epu32_mask(ids, none);
    _mm512_mask_or_epi32(none, are, _mm512_slli_epi32::<PLACE_BITS>(ids), places)
}

/// A step of sixteen pieces, of which those of `active` join a pair.
struct Step {
    active: __mmask16,
    /// What the pair joins to, and where.
    id: Row,
    place: Row,
    /// The places of the part before, if there is one, and of the part absorbed.
    previous: Row,
    absorbed: Row,
    has_previous: __mmask16,
    /// The new part's pairs: with the part before, and with the one after.
    look_up: LookUp,
}

impl Step {
    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
    )]
    #[inline]
    fn none() -> Self {
        let zero = _mm512_setzero_si512();
        let look_up = LookUp::none();
        Self { active: 0, id: zero, place: zero, previous: zero, absorbed: zero, has_previous: 0, look_up }
    }
}
