//! The pairs that sixteen pieces need for a step, looked up.

use std::arch::x86_64::*;

use super::{LANES, Row};
use crate::bpe::pairs::{FREE, ID, NONE, Pairs, SLOTS};
use crate::memory::prefetch;

/// Two rows of pairs that are looked up, and where.
pub(super) struct LookUp {
    left: [Row; 2],
    right: [Row; 2],
    /// The pieces that have such a pair.
    which: [__mmask16; 2],
    buckets: [[u64; LANES]; 2],
    tags: [[u64; LANES]; 2],
}

impl LookUp {
    /// No pairs.
    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
    )]
    #[inline]
    pub(super) fn none() -> Self {
        let (rows, pairs) = ([_mm512_setzero_si512(); 2], [[0; LANES]; 2]);
        Self { left: rows, right: rows, which: [0; 2], buckets: pairs, tags: pairs }
    }

    /// Asks for the memory in which these pairs are looked up.
    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
    )]
    #[inline]
    pub(super) fn ask(&mut self, pairs: &Pairs, left: [Row; 2], right: [Row; 2], which: [__mmask16; 2]) {
        (self.left, self.right, self.which) = (left, right, which);
        for i in 0..2 {
            homes(pairs, left[i], right[i], &mut self.buckets[i], &mut self.tags[i]);
        }
        let buckets = self.buckets.as_flattened();
        let mut rest = u32::from(which[1]) << LANES | u32::from(which[0]);
        while rest != 0 {
            prefetch(&pairs.buckets, buckets[rest.trailing_zeros() as usize] as usize);
            rest &= rest - 1;
        }
    }

    /// What the pairs join to.
    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
    )]
    #[inline]
    pub(super) fn found(&self, pairs: &Pairs) -> [Row; 2] {
        let mut found = [[NONE; LANES]; 2];
        let (buckets, tags, ids) = (self.buckets.as_flattened(), self.tags.as_flattened(), found.as_flattened_mut());
        let (mut rest, mut full) = (u32::from(self.which[1]) << LANES | u32::from(self.which[0]), 0);
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
            overflow(pairs, self.left, self.right, full, &mut found);
        }
        // SAFETY: sixteen numbers each.
        unsafe { std::mem::transmute::<[[u32; LANES]; 2], [Row; 2]>(found) }
    }
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
