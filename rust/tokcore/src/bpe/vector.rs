//! Merging of short pieces in every tier.
#![allow(unsafe_code)]

use super::kernel::{Candidates, Merged, Merging, Plain, merge_each};
use super::pairs::Pairs;
use crate::tier::Tier;

/// Pieces of up to this many bytes are merged side by side.
pub(super) const SHORT: usize = 16;
/// Pieces of up to this many bytes are too, with more work for each.
pub(super) const MIDDLE: usize = 32;
/// Pieces of up to this many bytes are merged by [`Merger::merge`].
pub(super) const LONG: usize = 64;
/// How many short pieces are in work at once.
const SIDE_BY_SIDE: usize = 4;
/// How many longer pieces are.
const LONG_SIDE_BY_SIDE: usize = 8;

/// Merges short pieces with a tier's instructions.
#[derive(Clone, Copy)]
pub(super) struct Merger<'m> {
    /// Available on this machine: [`Merger::new`] sees to it.
    tier: Tier,
    pub(super) pairs: &'m Pairs,
    pub(super) byte_ids: &'m [u32; 256],
}

impl<'m> Merger<'m> {
    pub(super) fn new(tier: Tier, pairs: &'m Pairs, byte_ids: &'m [u32; 256]) -> Self {
        assert!(tier.is_available(), "{tier:?} on a machine without it");
        Self { tier, pairs, byte_ids }
    }

    /// Merges `count` pieces of 1 to [`SHORT`] bytes; calls `done` with each one's index and result, in any order.
    pub(super) fn merge_each<'p>(
        self,
        count: usize,
        piece: impl Fn(usize) -> &'p [u8],
        done: impl FnMut(usize, &Merged<[u32; SHORT]>),
    ) {
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the machine has the tier, by the invariant of `tier`.
            Tier::Avx512 => unsafe { x86::each_512::<x86::Wide<1>, SHORT, SIDE_BY_SIDE>(self, count, piece, done) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Tier::Avx2 => unsafe { x86::each_256::<SHORT, SIDE_BY_SIDE>(self, count, piece, done) },
            _ => merge_each::<Plain<SHORT>, SIDE_BY_SIDE>(self.pairs, self.byte_ids, count, piece, done),
        }
    }

    /// [`merge_each`](Self::merge_each) for pieces of 1 to [`MIDDLE`] bytes.
    pub(super) fn merge_each_middle<'p>(
        self,
        count: usize,
        piece: impl Fn(usize) -> &'p [u8],
        done: impl FnMut(usize, &Merged<[u32; MIDDLE]>),
    ) {
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the machine has the tier, by the invariant of `tier`.
            Tier::Avx512 => unsafe {
                x86::each_512::<x86::Wide<2>, MIDDLE, LONG_SIDE_BY_SIDE>(self, count, piece, done)
            },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Tier::Avx2 => unsafe { x86::each_256::<MIDDLE, LONG_SIDE_BY_SIDE>(self, count, piece, done) },
            _ => merge_each::<Plain<MIDDLE>, LONG_SIDE_BY_SIDE>(self.pairs, self.byte_ids, count, piece, done),
        }
    }

    /// [`merge_each`](Self::merge_each) for pieces of 1 to [`LONG`] bytes.
    pub(super) fn merge_each_long<'p>(
        self,
        count: usize,
        piece: impl Fn(usize) -> &'p [u8],
        done: impl FnMut(usize, &Merged),
    ) {
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the machine has the tier, by the invariant of `tier`.
            Tier::Avx512 => unsafe { x86::each_long_512(self, count, piece, done) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Tier::Avx2 => unsafe { x86::each_256::<LONG, LONG_SIDE_BY_SIDE>(self, count, piece, done) },
            _ => merge_each::<Plain<LONG>, LONG_SIDE_BY_SIDE>(self.pairs, self.byte_ids, count, piece, done),
        }
    }

    /// Merges one piece of 1 to [`LONG`] bytes.
    pub(super) fn merge(self, piece: &[u8]) -> Merged {
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the machine has the tier, by the invariant of `tier`.
            Tier::Avx512 => unsafe { x86::one_512(self, piece) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Tier::Avx2 => unsafe { x86::one_256(self, piece) },
            _ => one::<Plain<32>, Plain<64>>(self, piece),
        }
    }
}

#[inline(always)]
fn one<Half: Candidates, Full: Candidates>(merger: Merger<'_>, piece: &[u8]) -> Merged {
    if piece.len() <= Half::PLACES { to_end::<Half>(merger, piece) } else { to_end::<Full>(merger, piece) }
}

#[inline(always)]
fn to_end<C: Candidates>(merger: Merger<'_>, piece: &[u8]) -> Merged {
    let mut merging = Merging::<C>::NOTHING;
    merging.start(merger.pairs, merger.byte_ids, piece);
    merging.to_end(merger.pairs)
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::super::columns;
    use super::super::pairs::{Bucket, FREE, ID, NONE, SLOTS};
    use super::*;

    /// How many of `count` pieces are merged in columns: a few that would leave most of them empty are faster otherwise.
    fn in_columns(count: usize) -> usize {
        const FEW: usize = 6;
        let rest = count % columns::LANES;
        if rest < FEW { count - rest } else { count }
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    pub(super) fn each_256<'p, const PLACES: usize, const SIDE_BY_SIDE: usize>(
        merger: Merger<'_>,
        count: usize,
        piece: impl Fn(usize) -> &'p [u8],
        done: impl FnMut(usize, &Merged<[u32; PLACES]>),
    ) {
        merge_each::<Plain<PLACES>, SIDE_BY_SIDE>(merger.pairs, merger.byte_ids, count, piece, done);
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    pub(super) fn one_256(merger: Merger<'_>, piece: &[u8]) -> Merged {
        one::<Plain<32>, Plain<64>>(merger, piece)
    }

    #[target_feature(
        enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2"
    )]
    pub(super) fn each_512<'p, C, const PLACES: usize, const SIDE_BY_SIDE: usize>(
        merger: Merger<'_>,
        count: usize,
        piece: impl Fn(usize) -> &'p [u8],
        mut done: impl FnMut(usize, &Merged<[u32; PLACES]>),
    ) where
        C: Candidates<Array = [u32; PLACES]>,
    {
        let together = in_columns(count);
        columns::merge_each(merger.pairs, merger.byte_ids, together, &piece, &mut done);
        let (piece, done) = (|i| piece(together + i), |i, merged: &_| done(together + i, merged));
        merge_each::<C, SIDE_BY_SIDE>(merger.pairs, merger.byte_ids, count - together, piece, done);
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2")]
    pub(super) fn each_long_512<'p>(
        merger: Merger<'_>,
        count: usize,
        piece: impl Fn(usize) -> &'p [u8],
        done: impl FnMut(usize, &Merged),
    ) {
        merge_each::<Wide<4>, LONG_SIDE_BY_SIDE>(merger.pairs, merger.byte_ids, count, piece, done);
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2")]
    pub(super) fn one_512(merger: Merger<'_>, piece: &[u8]) -> Merged {
        one::<Wide<2>, Wide<4>>(merger, piece)
    }

    /// Candidates in 512-bit vectors. Private to this module, whose functions with AVX-512 alone make any.
    #[derive(Clone, Copy)]
    pub(super) struct Wide<const VECTORS: usize>([__m512i; VECTORS]);

    macro_rules! candidates {
        ($vectors:literal, $places:literal) => {
            impl Candidates for Wide<$vectors> {
                const PLACES: usize = $places;
                type Array = [u32; $places];

                const NONE: [u32; $places] = [NONE; $places];
                const NOTHING: Self = {
                    // SAFETY: integers of the vectors' size; any bytes are a vector.
                    Self(unsafe { std::mem::transmute::<[u32; $places], [__m512i; $vectors]>(Self::NONE) })
                };

                #[inline(always)]
                fn load(candidates: &[u32; $places]) -> Self {
                    let (vectors, _) = candidates.as_chunks::<16>();
                    // SAFETY: 64 readable bytes each; AVX-512 by this type's invariant.
                    unsafe {
                        // Not by a closure: one that is not inlined would be compiled without AVX-512.
                        let mut loaded = [_mm512_setzero_si512(); $vectors];
                        for (loaded, vector) in loaded.iter_mut().zip(vectors) {
                            *loaded = _mm512_loadu_si512(vector.as_ptr().cast());
                        }
                        Self(loaded)
                    }
                }

                #[inline(always)]
                fn least(&self) -> u32 {
                    // SAFETY: AVX-512 by this type's invariant.
                    unsafe {
                        let mut least = self.0[0];
                        for &vector in &self.0[1..] {
                            least = _mm512_min_epu32(least, vector);
                        }
                        _mm512_reduce_min_epu32(least)
                    }
                }

                #[inline(always)]
                fn set(&mut self, place: usize, candidate: u32) {
                    let vector = &mut self.0[place % $places / 16];
                    // SAFETY: AVX-512 by this type's invariant.
                    *vector = unsafe { _mm512_mask_set1_epi32(*vector, 1 << (place % 16), candidate as i32) };
                }

                #[inline(always)]
                fn pair(pairs: &Pairs, a: u32, b: u32) -> u32 {
                    pair(pairs, a, b)
                }
            }
        };
    }

    candidates!(1, 16);
    candidates!(2, 32);
    candidates!(4, 64);

    /// [`Pairs::get`], without a branch on whether there is a pair. Called from code with AVX-512 only.
    #[inline(always)]
    fn pair(pairs: &Pairs, a: u32, b: u32) -> u32 {
        let home = pairs.home(a, b);
        let bucket: &Bucket = &pairs.buckets[home.bucket];
        // SAFETY: a bucket is 64 readable bytes; AVX-512 by this function's condition.
        let (found, full, id) = unsafe {
            let slots = _mm512_loadu_si512(bucket.0.as_ptr().cast());
            let id_bits = _mm512_set1_epi64(ID as i64);
            let tags = _mm512_andnot_si512(id_bits, slots);
            let found = _mm512_cmpeq_epi64_mask(tags, _mm512_set1_epi64(home.tag as i64));
            let none = _mm512_set1_epi32(NONE as i32);
            let id = _mm512_mask_compress_epi64(none, found, _mm512_and_si512(id_bits, slots));
            (found, bucket.0[SLOTS - 1] != FREE, _mm512_cvtsi512_si32(id) as u32)
        };
        if (found == 0) & full { pairs.get_overflow(a, b) } else { id }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bpe::merge::merge;
    use crate::bpe::testing::{nasty_piece, nasty_vocabulary, vocabulary};
    use crate::vocab::Vocabulary;

    fn tiers() -> impl Iterator<Item = Tier> {
        Tier::ALL.into_iter().filter(|tier| tier.is_available())
    }

    fn check(v: &Vocabulary, pieces: &[Vec<u8>]) {
        let pairs = Pairs::new(v);
        let expected: Vec<Vec<u32>> = pieces.iter().map(|piece| merge(v, piece)).collect();
        for tier in tiers() {
            let merger = Merger::new(tier, &pairs, v.byte_ids());
            for (piece, expected) in pieces.iter().zip(&expected) {
                let merged = merger.merge(piece);
                assert_eq!(merged.ids(), expected, "{tier:?} {piece:?}");
                let lengths = expected.iter().map(|&id| v.token(id).unwrap().len());
                let starts = lengths.scan(0, |at, len| Some(std::mem::replace(at, *at + len)));
                assert_eq!(merged.parts, starts.fold(0, |bits, at| bits | 1 << at));
            }
            let mut seen = vec![0; pieces.len()];
            let mut look = |i: usize, ids: &[u32]| {
                assert_eq!(ids, expected[i], "{tier:?} {:?}", pieces[i]);
                seen[i] += 1;
            };
            merger.merge_each_long(pieces.len(), |i| &pieces[i], |i, merged| look(i, merged.ids()));
            let up_to = |len: usize| -> Vec<usize> { (0..pieces.len()).filter(|&i| pieces[i].len() <= len).collect() };
            let (short, middle) = (up_to(SHORT), up_to(MIDDLE));
            merger.merge_each(short.len(), |i| &pieces[short[i]], |i, merged| look(short[i], merged.ids()));
            merger.merge_each_middle(middle.len(), |i| &pieces[middle[i]], |i, merged| look(middle[i], merged.ids()));
            let times = |len: usize| 1 + usize::from(len <= SHORT) + usize::from(len <= MIDDLE);
            assert!(seen.iter().zip(pieces).all(|(&n, piece)| n == times(piece.len())));
        }
    }

    #[test]
    fn runs_of_every_length_equal_the_reference_in_every_tier() {
        let runs: Vec<String> = [2, 3, 4, 7, 8, 16, 31, 64].iter().map(|&n| "\t".repeat(n)).collect();
        let v = vocabulary(&runs.iter().map(String::as_str).collect::<Vec<_>>());
        let runs: Vec<Vec<u8>> = (1..=LONG).map(|n| vec![b'\t'; n]).collect();
        // By any number of pieces, so that columns are full, not full, and more than are put in order together.
        (0..=runs.len()).for_each(|n| check(&v, &runs[..n]));
        check(&v, &vec![runs; 20].concat());
    }

    proptest! {
        #[test]
        fn every_tier_equals_the_reference(v in nasty_vocabulary(), pieces in prop::collection::vec(nasty_piece(), 1..30)) {
            let cut = |piece: &Vec<u8>, most: usize| piece[..piece.len().min(most)].to_vec();
            let pieces = pieces.iter().filter(|piece| !piece.is_empty());
            let pieces: Vec<Vec<u8>> = pieces.flat_map(|piece| [cut(piece, LONG), cut(piece, SHORT)]).collect();
            check(&v, &pieces);
        }
    }
}
