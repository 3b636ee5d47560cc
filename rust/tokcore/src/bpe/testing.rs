//! Vocabularies and pieces for this room's tests: small, crowded, with holes and with tokens merging cannot reach.

use proptest::prelude::*;

use crate::vocab::Vocabulary;

/// The 256 bytes with their values as ids, then `tokens` from 256 on.
pub(crate) fn vocabulary(tokens: &[impl AsRef<[u8]>]) -> Vocabulary {
    let bytes = (0..=255u8).map(|byte| (vec![byte], u32::from(byte)));
    Vocabulary::new(bytes.chain((256..).zip(tokens).map(|(id, token)| (token.as_ref().to_vec(), id)))).unwrap()
}

/// Vocabularies over few letters, so that tokens overlap in every way, in any order of ids and with holes.
pub(crate) fn nasty_vocabulary() -> impl Strategy<Value = Vocabulary> {
    let token = prop_oneof![
        4 => prop::collection::vec(letter(), 2..6),
        1 => prop::collection::vec(letter(), 6..40),
        1 => (letter(), 2usize..40).prop_map(|(byte, n)| vec![byte; n]),
    ];
    (prop::collection::btree_set(token, 0..80), any::<u64>()).prop_map(|(tokens, seed)| {
        let bytes = (0..=255u8).map(|byte| vec![byte]);
        let mut all: Vec<Vec<u8>> = bytes.chain(tokens).collect();
        shuffle(&mut all, seed);
        Vocabulary::new(all.into_iter().zip((0u32..).map(|i| i + i / 7))).unwrap()
    })
}

/// Pieces over the same letters: runs, repeats and noise.
pub(crate) fn nasty_piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(letter(), 0..300),
        prop::collection::vec(letter(), 0..40),
        (letter(), 0usize..300).prop_map(|(byte, n)| vec![byte; n]),
        (prop::collection::vec(letter(), 1..9), 0usize..300)
            .prop_map(|(unit, n)| { unit.iter().copied().cycle().take(n).collect() }),
    ]
}

fn letter() -> impl Strategy<Value = u8> {
    prop_oneof![8 => Just(b'a'), 6 => Just(b'b'), 4 => Just(b'c'), 1 => Just(0u8), 1 => Just(0xE4u8), 1 => any::<u8>()]
}

fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for i in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(i, (seed >> 33) as usize % (i + 1));
    }
}
