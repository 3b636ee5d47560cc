//! The cache held against the merge that defines the ids, in every tier, cold and warm.

use proptest::prelude::*;

use super::*;
use crate::bpe::merge::merge;
use crate::bpe::testing::{nasty_piece, nasty_vocabulary, vocabulary};
use crate::vocab::Vocabulary;

/// The words end to end, and their bounds.
fn text(words: &[Vec<u8>]) -> (Vec<u8>, Vec<u32>) {
    let mut bounds = vec![0];
    bounds.extend(words.iter().scan(0, |end, word| {
        *end += word.len() as u32;
        Some(*end)
    }));
    (words.concat(), bounds)
}

/// The ids of a pre-token by the definition: its own if it is a token, or else what merging makes of it.
fn ids_of(vocabulary: &Vocabulary, word: &[u8]) -> Vec<u32> {
    vocabulary.id(word).map_or_else(|| merge(vocabulary, word), |id| vec![id])
}

/// Three times over, so that words are found that were kept, the last time prepared for much text, and with a cache of
/// `limit` bytes.
fn check(vocabulary: &Vocabulary, words: &[Vec<u8>], limit: usize) {
    let tokens = vocabulary.iter().map(|(id, token)| (token.to_vec(), id));
    let model = Model::shared(Vocabulary::new(tokens).unwrap());
    let (text, bounds) = text(words);
    let expected: Vec<u32> = words.iter().flat_map(|word| ids_of(vocabulary, word)).collect();
    for tier in Tier::ALL.into_iter().filter(|tier| tier.is_available()) {
        let mut cache = Words::new(tier, limit);
        for round in 0..3 {
            let (mut ids, mut count) = (vec![7], Count(1));
            if round == 2 {
                cache.expect(&model, usize::MAX);
            }
            cache.encode(&model, &text, &bounds, &mut ids);
            cache.encode(&model, &text, &bounds, &mut count);
            assert_eq!(ids[1..], expected, "{tier:?}, round {round}, limit {limit}");
            assert_eq!(count.0, ids.len());
        }
        let statistics = cache.statistics();
        assert_eq!(statistics.hits + statistics.misses, 6 * words.len() as u64);
    }
}

#[test]
fn words_of_every_length_are_kept_with_any_number_of_ids() {
    // Up to seven letters are a token, so that words have one to many ids; some lengths do not fit a key.
    let tokens: Vec<String> = (2..8).map(|n| "x".repeat(n)).collect();
    let v = vocabulary(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
    let word = |len: usize, place: usize| {
        let mut word = vec![b'x'; len];
        word[place % len] = b'y';
        word
    };
    let mut words: Vec<Vec<u8>> =
        (1..=300).flat_map(|len| [vec![b'x'; len], word(len, 0), word(len, len / 2)]).collect();
    // Words that differ in length alone, by zeros.
    words.extend((1..20).map(|len| vec![0; len]));
    check(&v, &words, DEFAULT_LIMIT);
}

#[test]
fn more_words_than_there_is_room_for() {
    let v = vocabulary(&["12", "34", "123"]);
    let words: Vec<Vec<u8>> = (0..60_000u32).map(|n| format!("{}", n * 7919 % 1_000_003).into_bytes()).collect();
    for limit in [0, 100_000, 1 << 20, DEFAULT_LIMIT] {
        check(&v, &words, limit);
    }
    let mut cache = Words::new(Tier::Portable, 1 << 20);
    let (text, bounds) = text(&words);
    cache.encode(&Model::shared(v), &text, &bounds, &mut Count(0));
    assert!((1000..60_000).contains(&cache.statistics().entries));
    assert!(cache.statistics().bytes <= 1 << 20);
}

/// Both tables: words that keys hold, and longer ones.
#[test]
fn tables_grow_for_words_that_come_again() {
    let model = Model::shared(vocabulary(&["12", "34", "123"]));
    for (digits, times) in [(8, 1), (8, 6), (30, 1), (30, 6)] {
        let words: Vec<Vec<u8>> = (0..60_000u32).map(|n| format!("{n:0digits$}").into_bytes()).collect();
        let mut cache = Words::new(Tier::Portable, DEFAULT_LIMIT);
        for words in words.chunks(1000) {
            let (text, bounds) = text(words);
            (0..times).for_each(|_| cache.encode(&model, &text, &bounds, &mut Count(0)));
        }
        assert_eq!(cache.statistics().entries > 50_000, times > 1, "{digits} digits, {times} times");
    }
}

#[test]
fn tokens_that_are_words_are_known_before_much_text() {
    // Merging does not reach " xyz".
    let tokens = [" a", "ab", " ab", " xyz", "\n\n", " a token longer than a key"];
    let model = Model::shared(vocabulary(&tokens));
    let (text, bounds) = text(&tokens.map(|token| token.as_bytes().to_vec()));
    for tier in Tier::ALL.into_iter().filter(|tier| tier.is_available()) {
        let (mut cache, mut ids) = (Words::new(tier, DEFAULT_LIMIT), vec![]);
        cache.expect(&model, 1 << 20);
        assert_eq!(cache.statistics().entries, 0);
        cache.expect(&model, 1 << 30);
        assert!(cache.statistics().entries > 200);
        cache.encode(&model, &text, &bounds, &mut ids);
        assert_eq!(ids, (256..262).collect::<Vec<u32>>());
        // The one that begins with a letter, and the long one.
        assert_eq!(cache.statistics().misses, 2);
    }
    let mut small = Words::new(Tier::Portable, 1 << 20);
    small.encode(&model, &text, &bounds, &mut Count(0));
    let before = small.statistics();
    small.expect(&model, 1 << 30);
    assert_eq!(small.statistics(), before);
}

#[test]
fn words_that_begin_alike_have_their_own_ids() {
    let v = vocabulary(&["12", "34", "123"]);
    // Some share a bucket, which is then searched by what they have alike.
    let words: Vec<Vec<u8>> = (0..30_000u32).map(|n| format!("00000000{n}").into_bytes()).collect();
    check(&v, &words, DEFAULT_LIMIT);
}

#[test]
fn a_bucket_finds_the_words_it_has_and_no_others() {
    use super::key::{Bucket, Entry, Key, Plain, Probe};
    let words = ["", "a", "b", "\0", "\0\0", "12345678", "123456789", "12345678\0", "023456789", "123456789abcdef"];
    let keys = words.map(|word| if word.is_empty() { Key::TOO_LONG } else { Plain::key(word.as_bytes()) });
    let entry = |key: Key, ids: usize| {
        let mut entry = if key == Key::TOO_LONG { Entry::NONE } else { Entry::without_ids(key) };
        if key != Key::TOO_LONG && ids > 0 {
            entry.set_ids(&[7; 4][..ids]);
        }
        entry
    };
    for (first, second, ids) in (0..500).map(|case| (keys[case % 10], keys[case / 10 % 10], case / 100)) {
        let bucket = Bucket([entry(first, ids), entry(second, (ids + 1) % 5)]);
        for key in keys {
            let mut has = bucket.0.iter().filter(|entry| entry.is_at_hand(key)).map(Entry::ids);
            match bucket.find(key) {
                Some(found) => assert!(has.any(|ids| ids == found)),
                // Of two that begin with the same eight bytes, the second alone is looked at.
                None => assert!(has.next().is_none() || first.bytes()[..8] == second.bytes()[..8]),
            }
        }
    }
}

/// Texts of these words one after the other, settled together, twice over: the ids, and where each text's end.
fn check_together(vocabulary: &Vocabulary, texts: &[Vec<Vec<u8>>]) {
    let tokens = vocabulary.iter().map(|(id, token)| (token.to_vec(), id));
    let model = Model::shared(Vocabulary::new(tokens).unwrap());
    let (mut expected, mut ends) = (vec![], vec![]);
    for words in texts {
        expected.extend(words.iter().flat_map(|word| ids_of(vocabulary, word)));
        ends.push(expected.len());
    }
    for tier in Tier::ALL.into_iter().filter(|tier| tier.is_available()) {
        let mut cache = Words::new(tier, DEFAULT_LIMIT);
        for round in 0..2 {
            let (mut ids, mut found) = (vec![], vec![]);
            cache.begin();
            for words in texts {
                let (text, bounds) = text(words);
                cache.encode_ahead(&model, &text, &bounds, &mut ids);
                cache.end_text();
                found.push(ids.len());
            }
            cache.settle(&model, &mut ids);
            found.iter_mut().zip(cache.ends()).for_each(|(end, more)| *end += more);
            assert_eq!(ids, expected, "{tier:?}, round {round}");
            assert_eq!(found, ends, "{tier:?}, round {round}");
        }
    }
}

#[test]
fn texts_end_where_they_should_however_many_words_wait() {
    let v = vocabulary(&["12", "34", "123"]);
    let word = |n: u32| format!("{}", n * 7919 % 1_000_003).into_bytes();
    let texts: Vec<Vec<Vec<u8>>> =
        (0..90).map(|text| (text * 17..text * (17 + text % 3)).map(word).collect()).collect();
    check_together(&v, &texts);
}

#[test]
fn words_that_were_left_waiting_are_met_anew() {
    let v = vocabulary(&["12", "34", "123"]);
    let words: Vec<Vec<u8>> = (0..100_u32).map(|n| format!("{}", n * 7919).into_bytes()).collect();
    let expected: Vec<u32> = words.iter().flat_map(|word| ids_of(&v, word)).collect();
    let (model, (text, bounds)) = (Model::shared(v), text(&words));
    for tier in Tier::ALL.into_iter().filter(|tier| tier.is_available()) {
        let mut cache = Words::new(tier, DEFAULT_LIMIT);
        cache.encode_ahead(&model, &text, &bounds, &mut vec![]);
        cache.begin();
        let mut ids = vec![];
        cache.encode(&model, &text, &bounds, &mut ids);
        assert_eq!(ids, expected, "{tier:?}");
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn keys_are_the_same_however_they_are_made() {
    use super::avx512::Avx512;
    use super::batch::CHUNK;
    use super::key::{Home, Key, Plain, Probe};
    if !Tier::Avx512.is_available() {
        return;
    }
    let text: Vec<u8> = (0..2000_u32).map(|at| (at * 37 % 251) as u8).collect();
    for step in 3..40 {
        let bounds: [u32; CHUNK + 1] = std::array::from_fn(|at| at as u32 * step + at as u32 % 3);
        let mut words = bounds.windows(2).map(|pair| &text[pair[0] as usize..pair[1] as usize]);
        let (mut plain, mut vector) = ([Key::TOO_LONG; CHUNK], [Key::TOO_LONG; CHUNK]);
        let (mut plain_homes, mut vector_homes) = ([Home::default(); CHUNK], [Home::default(); CHUNK]);
        // SAFETY: the machine has the instructions; the bounds ascend, far from the text's end.
        #[allow(unsafe_code)]
        unsafe {
            Plain::keys(&text, &bounds, &mut plain);
            Avx512::keys(&text, &bounds, &mut vector);
        }
        assert_eq!(plain, vector);
        let mut keys = plain.iter();
        assert!(words.all(|word| keys.next() == Some(&Plain::key(word)) && Plain::key(word) == Avx512::key(word)));
        Plain::homes(&plain, 50, &mut plain_homes);
        Avx512::homes(&vector, 50, &mut vector_homes);
        let one_by_one = |hash: fn(Key) -> u64| plain.map(|key| Home::new(hash(key), 50).bytes());
        assert_eq!(plain_homes.map(Home::bytes), one_by_one(Plain::hash));
        assert_eq!(vector_homes.map(Home::bytes), one_by_one(Avx512::hash));
    }
}

/// Long words of several scripts, and a vocabulary whose tokens merging reaches, so that they are merged in parts: as in
/// training, each token joins two that stand side by side, here any two.
fn mixed_words() -> impl Strategy<Value = (Vocabulary, Vec<Vec<u8>>)> {
    let text = prop::collection::vec(prop::sample::select("abжбш中文字กา😀é".chars().collect::<Vec<_>>()), 1..200);
    let text = text.prop_map(|text| text.into_iter().collect::<String>().into_bytes());
    let joined = (text.clone(), prop::collection::vec(any::<prop::sample::Index>(), 0..60));
    let vocabulary = joined.prop_map(|(text, places)| {
        let mut tokens: Vec<Vec<u8>> = Vec::new();
        for place in places {
            let v = vocabulary(&tokens);
            let ids = merge(&v, &text);
            let at = place.index(ids.len());
            tokens.extend(
                ids.get(at..at + 2).map(|pair| pair.iter().flat_map(|&id| v.token(id).unwrap()).copied().collect()),
            );
        }
        vocabulary(&tokens)
    });
    (vocabulary, prop::collection::vec(text, 1..80))
}

proptest! {
    #[test]
    fn words_in_parts_have_the_ids_of_the_definition((v, words) in mixed_words()) {
        for limit in [0, 1 << 17] {
            check(&v, &words, limit);
        }
    }

    #[test]
    fn texts_settled_together(
        v in nasty_vocabulary(),
        mut texts in prop::collection::vec(prop::collection::vec(nasty_piece(), 0..40), 1..12),
    ) {
        texts.iter_mut().for_each(|words| words.retain(|word| !word.is_empty()));
        check_together(&v, &texts);
    }

    #[test]
    fn equals_the_definition(v in nasty_vocabulary(), mut words in prop::collection::vec(nasty_piece(), 1..300)) {
        words.retain(|word| !word.is_empty());
        check(&v, &words, DEFAULT_LIMIT);
    }
}
