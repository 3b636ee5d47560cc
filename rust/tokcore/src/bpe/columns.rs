//! Merging of sixteen short pieces at a time, each in a column of 32-bit lanes: the AVX-512 form of `kernel`.
//!
//! Row `p` of a table has what stands at place `p` of every piece, so one instruction does for sixteen pieces what would
//! be one piece's work. Steps are those of [`Merging`](super::kernel::Merging), taken by all pieces together until the
//! last has nothing left to join; pieces of like length are put together, so that few wait for others. Only the pairs are
//! looked up one by one, and as none of these waits for another, memory is waited for once a step.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::kernel::{Merged, PLACE, PLACE_BITS};
use super::pairs::{FREE, ID, NONE, Pairs, SLOTS};

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
    for start in (0..count).step_by(SORTED) {
        let order = &mut order[..SORTED.min(count - start)];
        by_length::<PLACES>(order, |i| piece(start + i).len());
        for group in order.chunks(LANES) {
            let piece = |lane: usize| piece(start + usize::from(group[lane]));
            let mut columns = Columns::<PLACES>::new(pairs, byte_ids, group.len(), piece);
            while columns.step(pairs) {}
            columns.results(group.len(), |lane, merged| done(start + usize::from(group[lane]), merged));
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
    /// Begins with the single bytes of `count` pieces.
    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
    )]
    #[inline]
    fn new<'p>(pairs: &Pairs, byte_ids: &[u32; 256], count: usize, piece: impl Fn(usize) -> &'p [u8]) -> Self {
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
        let rows = lengths.iter().fold(0, |most, &len| most.max(len)) as usize;
        // SAFETY: sixteen numbers each; what is read of `bytes` and of the tables is inside, as bytes are below 256.
        unsafe {
            let lengths = _mm512_loadu_si512(lengths.as_ptr().cast());
            let parts = _mm512_sub_epi32(_mm512_sllv_epi32(_mm512_set1_epi32(1), lengths), _mm512_set1_epi32(1));
            let none = _mm512_set1_epi32(NONE as i32);
            let mut columns = Self { candidates: [none; PLACES], ids: [none; PLACES], parts, least: none, rows };
            let row = |place: usize| _mm512_cvtepu8_epi32(_mm_loadu_si128(bytes[place % PLACES].as_ptr().cast()));
            let mut first = row(0);
            for place in 0..rows {
                // After the last row comes any other, of which nothing is read.
                let second = row(place + 1);
                columns.ids[place] = _mm512_i32gather_epi32::<4>(first, byte_ids.as_ptr().cast());
                let joined = _mm512_cmpgt_epu32_mask(lengths, _mm512_set1_epi32(place as i32 + 1));
                let both = _mm512_or_si512(_mm512_slli_epi32::<8>(first), second);
                let id = _mm512_mask_i32gather_epi32::<4>(none, joined, both, pairs.of_all_bytes().as_ptr().cast());
                columns.candidates[place] = candidates(id, _mm512_set1_epi32(place as i32));
                columns.least = _mm512_min_epu32(columns.least, columns.candidates[place]);
                first = second;
            }
            columns
        }
    }

    /// Joins the next pair of every piece. False when there is none in any.
    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
    )]
    #[inline]
    fn step(&mut self, pairs: &Pairs) -> bool {
        let (zero, one) = (_mm512_setzero_si512(), _mm512_set1_epi32(1));
        let active = _mm512_cmpneq_epu32_mask(self.least, _mm512_set1_epi32(NONE as i32));
        if active == 0 {
            return false;
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
        let found = look_up(pairs, [left, id], [id, right], [has_previous, has_next]);
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
        true
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

/// What the pieces of `which` have for two rows of pairs.
#[target_feature(
    enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
)]
#[inline]
fn look_up(pairs: &Pairs, left: [Row; 2], right: [Row; 2], which: [__mmask16; 2]) -> [Row; 2] {
    let (mut buckets, mut tags) = ([[0; LANES]; 2], [[0; LANES]; 2]);
    let mut found = [[NONE; LANES]; 2];
    for i in 0..2 {
        homes(pairs, left[i], right[i], &mut buckets[i], &mut tags[i]);
    }
    let (buckets, tags, ids) = (buckets.as_flattened(), tags.as_flattened(), found.as_flattened_mut());
    let (mut rest, mut full) = (u32::from(which[1]) << LANES | u32::from(which[0]), 0);
    while rest != 0 {
        let at = rest.trailing_zeros() as usize;
        rest &= rest - 1;
        let bucket = &pairs.buckets[buckets[at] as usize & (pairs.buckets.len() - 1)];
        // SAFETY: a bucket is 64 bytes.
        let slots = unsafe { _mm512_loadu_si512(bucket.0.as_ptr().cast()) };
        let id_bits = _mm512_set1_epi64(ID as i64);
        let same = _mm512_cmpeq_epi64_mask(_mm512_andnot_si512(id_bits, slots), _mm512_set1_epi64(tags[at] as i64));
        let id = _mm512_mask_compress_epi64(_mm512_set1_epi32(NONE as i32), same, _mm512_and_si512(id_bits, slots));
        ids[at] = _mm512_cvtsi512_si32(id) as u32;
        full |= u32::from((same == 0) & (bucket.0[SLOTS - 1] != FREE)) << at;
    }
    if full != 0 {
        overflow(pairs, left, right, full, &mut found);
    }
    // SAFETY: sixteen numbers each.
    unsafe { std::mem::transmute::<[[u32; LANES]; 2], [Row; 2]>(found) }
}

/// The pairs' buckets and tags: [`Pairs::home`].
#[target_feature(
    enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
)]
#[inline]
fn homes(pairs: &Pairs, left: Row, right: Row, buckets: &mut [u64; LANES], tags: &mut [u64; LANES]) {
    let (multiplier, bits) = pairs.hashing();
    let to_bucket = _mm_cvtsi32_si128(64 - bits as i32);
    let to_tag = _mm_cvtsi32_si128(bits as i32);
    let halves = [
        (_mm512_castsi512_si256(left), _mm512_castsi512_si256(right)),
        (_mm512_extracti64x4_epi64::<1>(left), _mm512_extracti64x4_epi64::<1>(right)),
    ];
    for (half, (left, right)) in halves.into_iter().enumerate() {
        let pair = _mm512_or_si512(_mm512_slli_epi64::<24>(_mm512_cvtepu32_epi64(left)), _mm512_cvtepu32_epi64(right));
        let product = _mm512_mullo_epi64(pair, _mm512_set1_epi64(multiplier as i64));
        // SAFETY: eight of sixteen numbers each.
        unsafe {
            _mm512_storeu_si512(buckets.as_mut_ptr().add(8 * half).cast(), _mm512_srl_epi64(product, to_bucket));
            _mm512_storeu_si512(tags.as_mut_ptr().add(8 * half).cast(), _mm512_sll_epi64(product, to_tag));
        }
    }
}

/// Looks those pairs up that were not found in their buckets, which are full.
#[cold]
fn overflow(pairs: &Pairs, left: [Row; 2], right: [Row; 2], which: u32, found: &mut [[u32; LANES]; 2]) {
    // SAFETY: sixteen numbers each.
    let [left, right] = [left, right].map(|rows| unsafe { std::mem::transmute::<[Row; 2], [[u32; LANES]; 2]>(rows) });
    for at in (0..2 * LANES).filter(|at| which >> at & 1 != 0) {
        let (row, lane) = (at / LANES, at % LANES);
        found[row][lane] = pairs.get_overflow(left[row][lane], right[row][lane]);
    }
}
