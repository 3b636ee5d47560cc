use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn counted(words: &[(Vec<u8>, u64)]) -> BTreeMap<Vec<u8>, u64> {
    let mut table = Table::with_capacity(1);
    words.iter().for_each(|(word, count)| table.add(word, *count));
    let words = table.finish();
    let map: BTreeMap<_, _> = words.range(0..words.len()).map(|(word, count)| (word.to_vec(), count)).collect();
    assert_eq!(map.len(), words.len());
    map
}

fn reference(words: &[(Vec<u8>, u64)]) -> BTreeMap<Vec<u8>, u64> {
    let mut map = BTreeMap::new();
    words.iter().for_each(|(word, count)| *map.entry(word.clone()).or_default() += count);
    map
}

proptest! {
    #[test]
    fn counts_what_a_map_counts(words in proptest::collection::vec(
        (proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(255)], 1..40), 1u64..1 << 33), 0..400)) {
        prop_assert_eq!(counted(&words), reference(&words));
    }

    #[test]
    fn spans_count_as_their_words(text in proptest::collection::vec(0u8..3, 0..2000), cuts in proptest::collection::vec(1u32..30, 0..300)) {
        let mut bounds = vec![0];
        for cut in cuts {
            let end = bounds[bounds.len() - 1] + cut;
            if end as usize <= text.len() { bounds.push(end) }
        }
        let mut table = Table::new();
        table.add_spans(&text, &bounds);
        let words: Vec<_> = bounds.windows(2).map(|s| (text[s[0] as usize..s[1] as usize].to_vec(), 1)).collect();
        let counted = table.finish();
        let seen: BTreeMap<_, _> = counted.range(0..counted.len()).map(|(w, c)| (w.to_vec(), c)).collect();
        prop_assert_eq!(seen, reference(&words));
    }
}

proptest! {
    #[test]
    fn parting_and_merging_leave_each_word_in_one_place(words in proptest::collection::vec(
        (0usize..4, proptest::collection::vec(0u8..2, 1..20), prop_oneof![1u64..5, 1u64 << 31..1 << 34]), 0..400)) {
        let mut tables: Vec<Table> = (0..4).map(|_| Table::with_capacity(1)).collect();
        words.iter().for_each(|(table, word, count)| tables[*table].add(word, *count));
        let merged = merge(&tables);
        part(&mut tables);
        let parted: Vec<Words> = tables.into_iter().map(Table::finish).collect();
        let words: Vec<_> = words.into_iter().map(|(_, word, count)| (word, count)).collect();
        for parts in [merged, parted] {
            let seen: BTreeMap<_, _> = parts.iter().flat_map(|words| words.range(0..words.len())).map(|(w, c)| (w.to_vec(), c)).collect();
            prop_assert_eq!(seen.len(), parts.iter().map(Words::len).sum::<usize>());
            prop_assert_eq!(seen, reference(&words));
        }
    }
}

#[test]
fn every_length_has_words_of_its_own() {
    let words: Vec<_> = (1..100).flat_map(|len| [(vec![0; len], 1), (vec![7; len], 2)]).collect();
    assert_eq!(counted(&words), reference(&words));
}

#[test]
fn sums_stay_at_the_end_of_64_bits() {
    for word in [&b"w"[..], b"a longer one", b"one that is too long to be a key"] {
        let words: Vec<_> = [u64::from(u32::MAX), 1, u64::MAX / 2].map(|n| (word.to_vec(), n)).into();
        assert_eq!(counted(&words), reference(&words));
        assert_eq!(counted(&[(word.to_vec(), u64::MAX - 1), (word.to_vec(), 3)]), [(word.to_vec(), u64::MAX)].into());
    }
}

/// Of so many words some have the same 32 bits of a hash, by which long ones are looked for.
#[test]
fn long_words_are_told_apart_by_their_bytes() {
    let word = |i: u32| format!("{i:024}").into_bytes();
    let mut tables = [Table::new(), Table::new()];
    for (table, count) in tables.iter_mut().zip([1, 2]) {
        (0..200_000).for_each(|i| table.add(&word(i), count));
        assert_eq!(table.len(), 200_000);
    }
    part(&mut tables);
    let mut left = [true; 200_000];
    for words in tables.map(Table::finish) {
        for (word, count) in words.range(0..words.len()) {
            let number: usize = std::str::from_utf8(word).unwrap().parse().unwrap();
            assert_eq!((count, std::mem::take(&mut left[number])), (3, true));
        }
    }
    assert!(!left.contains(&true));
}
