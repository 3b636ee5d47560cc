use proptest::prelude::*;

use super::*;
use crate::corpus::Texts;
use crate::error::ErrorKind;
use crate::scan::Pattern;
use crate::vocab::Vocabulary;
use crate::vocab::format::merges::merges as merges_of;

fn pattern() -> Pattern {
    Pattern::named("gpt2").unwrap()
}

fn config(merges: usize) -> Config {
    Config { threads: Some(1), ..Config::new(256 + merges, pattern()) }
}

fn train_words(words: &[(Vec<u8>, u64)], config: &Config) -> Trained {
    train(WordCounts::from_counts(pattern(), words.iter().cloned()).unwrap(), config, &mut ()).unwrap()
}

fn words(alphabet: u8, longest: usize) -> impl Strategy<Value = Vec<(Vec<u8>, u64)>> {
    let word = proptest::collection::vec(b'a'..b'a' + alphabet, 1..longest);
    let weight = prop_oneof![
        6 => 1u64..6,
        2 => 1u64..100_000,
        1 => (1u64 << 31) - 2..(1 << 31) + 2,
        1 => (1u64 << 32) - 3..(1 << 32) + 3,
        1 => 1u64 << 40..1 << 50,
    ];
    proptest::collection::vec((word, weight), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn merges_are_the_reference_s(
        words in (1u8..6).prop_flat_map(|alphabet| words(alphabet, 14)),
        merges in 1usize..60,
        min_frequency in prop_oneof![2 => Just(0u64), 1 => 1u64..50],
        max_token_length in prop_oneof![2 => Just(None), 1 => (1usize..9).prop_map(Some)],
        threads in 1usize..4,
    ) {
        let config = Config { min_frequency, max_token_length, threads: Some(threads), ..config(merges) };
        let trained = train_words(&words, &config);
        let expected = reference::merges(&words, merges, min_frequency, max_token_length);
        prop_assert_eq!(&trained.merges, &expected);
        prop_assert_eq!(trained.stats.ended_early, expected.len() < merges);
        // No token stands twice, and merging its own bytes gives each from its pair, as the encoder takes for granted.
        let vocabulary = Vocabulary::new(trained.vocabulary.iter().map(|(id, token)| (token, id))).unwrap();
        let found = merges_of(&vocabulary);
        let joined = expected.iter().zip(256..).map(|(&(left, right), id)| (left, right, id));
        prop_assert!(found.unreachable.is_empty() && found.pairs.into_iter().eq(joined));
    }

    #[test]
    fn bytes_of_characters_merge_across_them(
        words in proptest::collection::vec(
            (proptest::collection::vec(proptest::sample::select(b"\x80\xBF\xC0\xE4a".to_vec()), 1..20), 1u64..9), 1..60),
        merges in 1usize..40,
        threads in 1usize..4,
    ) {
        let trained = train_words(&words, &Config { threads: Some(threads), ..config(merges) });
        prop_assert_eq!(&trained.merges, &reference::merges(&words, merges, 0, None));
    }

    #[test]
    fn long_runs_merge_from_the_left(lengths in proptest::collection::vec((1usize..70, 1u64..4), 1..8), merges in 1usize..12) {
        let words: Vec<_> = lengths.iter().map(|&(len, count)| (vec![b'a'; len], count)).collect();
        let trained = train_words(&words, &config(merges));
        prop_assert_eq!(&trained.merges, &reference::merges(&words, merges, 0, None));
    }
}

#[test]
fn the_lower_pair_wins_a_tie() {
    // Bytes are ordered as Hugging Face orders them: 0xFF comes before the space, the space before 0x7F.
    let words = [b"\x7F\x7F", b"  ", b"\xFF\xFF", b"zz", b"!!"].map(|w| (w.to_vec(), 3));
    let trained = train_words(&words, &config(5));
    let tokens: Vec<&[u8]> = (256..261).map(|id| trained.vocabulary.token(id).unwrap()).collect();
    assert_eq!(tokens, [b"!!", b"zz", b"\xFF\xFF", b"  ", b"\x7F\x7F"]);
}

#[test]
fn never_merges_a_pair_that_does_not_occur() {
    let words = [(b"abc".to_vec(), 2), (b"bc".to_vec(), 1)];
    let trained = train_words(&words, &config(1000));
    assert_eq!(trained.merges.len(), 2);
    assert!(trained.stats.ended_early);
    assert_eq!((trained.stats.last_frequency, trained.stats.tokens, trained.stats.distinct_words), (2, 3, 2));
}

#[test]
fn special_tokens_come_last_and_count() {
    let texts = ["hello hello<|x|>hello", "<|x|>hello"];
    let config = Config { special_tokens: vec!["<|x|>".into(), "<|y|>".into()], ..config(5) };
    let trained = train_documents(&mut Texts::new(&texts), &config, &mut ()).unwrap();
    assert_eq!(trained.merges.len(), 3);
    assert_eq!(trained.special.iter().collect::<Vec<_>>(), [("<|x|>", 259), ("<|y|>", 260)]);
    assert_eq!(trained.vocabulary.len(), 259);
    assert_eq!((trained.stats.tokens, trained.stats.totals.bytes), (9, 21));
}

#[test]
fn impossible_requests_say_why() {
    let counts = || WordCounts::from_counts(pattern(), [("ab", 1)]).unwrap();
    let fail = |config: &Config| {
        let error = train(counts(), config, &mut ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
        error.to_string()
    };
    assert!(fail(&Config::new(255, pattern())).contains("256"));
    let special = vec!["<|x|>".to_string()];
    assert!(fail(&Config { special_tokens: special, ..Config::new(256, pattern()) }).contains("make 257"));
    assert!(fail(&Config { special_tokens: vec!["a".into(), "a".into()], ..config(9) }).contains("twice"));
    assert!(fail(&Config::new(1 << 25, pattern())).contains("too large"));
    assert!(fail(&Config::new(300, Pattern::named("cl100k_base").unwrap())).contains("pattern"));
    let none = train_documents(&mut Texts::<&str>::new(&[]), &config(5), &mut ()).unwrap_err();
    assert!(none.to_string().contains("no text"));
}

#[test]
fn a_caller_can_stop_each_phase() {
    for phase in [Phase::Counting, Phase::Indexing, Phase::Merging] {
        let mut stop = |event: &Event| match event.phase == phase {
            true => std::ops::ControlFlow::Break(()),
            false => std::ops::ControlFlow::Continue(()),
        };
        let error = train_documents(&mut Texts::new(&["some text"]), &config(5), &mut stop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
    }
}

fn texts(count: usize) -> Vec<String> {
    let word =
        |seed: usize| -> String { (0..seed % 9 + 1).map(|i| (b'a' + (seed * (i + 3) % 7) as u8) as char).collect() };
    (0..count).map(|i| (0..40).map(|j| word(i * i + j * 31) + " ").collect()).collect()
}

#[test]
fn threads_and_order_change_nothing() {
    let mut texts = texts(500);
    let merges = |texts: &[String], threads| {
        let config = Config { threads: Some(threads), ..config(300) };
        train_documents(&mut Texts::new(texts), &config, &mut ()).unwrap().merges
    };
    let expected = merges(&texts, 1);
    for threads in [2, 3, 7] {
        texts.reverse();
        assert_eq!(merges(&texts, threads), expected);
    }
}

#[test]
fn counts_from_files_train_as_from_memory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("counts");
    let texts = texts(300);
    let counted = count_words(&mut Texts::new(&texts), &config(0).counting(), &mut ()).unwrap();
    counted.write(&path, &mut ()).unwrap();
    let trained = train(WordCounts::open(&path).unwrap(), &config(200), &mut ()).unwrap();
    let expected = train(counted, &config(200), &mut ()).unwrap();
    assert_eq!(trained.merges, expected.merges);
    assert_eq!(trained.stats.tokens, expected.stats.tokens);
    assert_eq!(trained.stats.distinct_words, expected.stats.distinct_words);
}

#[test]
fn a_memory_budget_spills_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    // Over 300,000 different words: more than 8 MiB of table.
    let texts: Vec<String> =
        (0..3000).map(|i| (0..110).map(|j| format!(" w{}", i * 7919 + j * 31)).collect()).collect();
    let small =
        Config { max_memory: Some(36 << 20), temp_dir: Some(dir.path().into()), threads: Some(2), ..config(400) };
    let counts = count_words(&mut Texts::new(&texts), &small.counting(), &mut ()).unwrap();
    assert!(!counts.runs.is_empty());
    let trained = train_documents(&mut Texts::new(&texts), &small, &mut ()).unwrap();
    let expected = train_documents(&mut Texts::new(&texts), &config(400), &mut ()).unwrap();
    assert_eq!(trained.merges, expected.merges);
    assert_eq!(trained.stats.distinct_words, expected.stats.distinct_words);
    let fail = |config| train_documents(&mut Texts::new(&texts), &config, &mut ()).unwrap_err().to_string();
    assert!(fail(Config { max_memory: Some(1 << 20), ..config(1) }).contains("at least 8 MiB"));
    let none = dir.path().join("none");
    assert!(fail(Config { temp_dir: Some(none), ..small }).contains("temporary files"));
}

#[test]
fn a_budget_that_the_words_do_not_fit_is_refused() {
    let words = vec![(vec![b'a'; 3 << 20], 1), (vec![b'b'; 3 << 20], 1)];
    let config = Config { max_memory: Some(16 << 20), ..config(5) };
    let counts = WordCounts::from_counts(pattern(), words).unwrap();
    let error = train(counts, &config, &mut ()).unwrap_err();
    assert!(error.to_string().contains("the distinct words take"), "{error}");
}

mod checkpoint;
mod initial;

#[test]
fn a_guess_of_the_threshold_changes_nothing() {
    let words: Vec<(Vec<u8>, u64)> =
        texts(120).iter().enumerate().map(|(i, text)| (text.replace(' ', "").into_bytes(), 1 + i as u64 % 4)).collect();
    let expected = reference::merges(&words, 400, 0, None);
    for threads in [1, 3] {
        let config = Config { threads: Some(threads), ..config(400) };
        assert_eq!(train_words(&words, &config).merges, expected);
    }
}

#[test]
fn room_for_few_places_changes_nothing() {
    let letter = |i: u64| b'a' + (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8 % 13;
    let word = |i: u64| ((0..20).map(|j| letter(i * i + j * (i % 97))).collect::<Vec<u8>>(), 1 + i % 3);
    let words: Vec<_> = (0..80_000).map(word).collect();
    let expected = train_words(&words, &config(1500));
    for threads in [1, 3] {
        let error = |max_memory| {
            let config = Config { threads: Some(threads), max_memory: Some(max_memory), ..config(1500) };
            let counts = WordCounts::from_counts(pattern(), words.iter().cloned()).unwrap();
            train(counts, &config, &mut ()).map(|trained| assert_eq!(trained.merges, expected.merges))
        };
        // The least budget, which the error says, raises the threshold again and again.
        let message = error(1 << 20).unwrap_err().to_string();
        let least = message.split("at least ").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
        error(least.parse().unwrap()).unwrap();
    }
}
