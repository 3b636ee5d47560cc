use proptest::prelude::*;

use super::*;
use crate::bpe::merge::encode_piece;
use crate::bpe::testing::{nasty_piece, nasty_vocabulary, vocabulary};
use crate::error::ErrorKind;
use crate::scan::Spans;
use crate::tier::Tier;

const PATTERN: &str = r"\p{L}+| ?[^\s\p{L}]+|\s+(?!\S)|\s+";

fn tokenizer(tokens: &[&str]) -> Tokenizer {
    let special = SpecialTokens::new([("<|end|>", 400), ("<|end|>more", 401)]).unwrap();
    Tokenizer::new("test", PATTERN, vocabulary(tokens), special).unwrap()
}

fn reference(tokenizer: &Tokenizer, text: &[u8]) -> Vec<u32> {
    let (mut start, mut spans, mut ids) = (0, Spans::new(), Vec::new());
    while start < text.len() {
        let next = tokenizer.pattern().window(text, start, &mut spans).unwrap();
        for (span, matched) in spans.iter() {
            if matched {
                ids.extend(encode_piece(tokenizer.vocabulary(), &text[start + span.start..start + span.end]));
            }
        }
        start = next;
    }
    ids
}

#[test]
fn special_tokens_are_ids_only_where_allowed() {
    let t = tokenizer(&["en", "end"]);
    let plain = t.encode_ordinary(b"a<|end|>more").unwrap();
    assert_eq!(plain.len(), "a<||>more".len() + 1);
    assert_eq!(t.encode(b"a<|end|>more", &Specials::All).unwrap(), [97, 401]);
    assert_eq!(t.encode(b"a<|end|>b", &Specials::All).unwrap(), [97, 400, 98]);
    assert_eq!(t.encode(b"<|end|><|end|>", &Specials::only(["<|end|>"])).unwrap(), [400, 400]);
    assert_eq!(t.encode(b"a<|end|>more", &Specials::only(["other"])).unwrap(), plain);
    assert_eq!(t.count_allowing(b"a<|end|>more", &Specials::All).unwrap(), 2);
    assert_eq!(t.find_disallowed(b"a<|end|>mor", &Specials::All).unwrap(), Some("<|end|>"));
}

#[test]
fn what_the_pattern_does_not_match_is_left_out() {
    let t = Tokenizer::new("t", "[a-z]+", vocabulary(&["ab"]), SpecialTokens::default()).unwrap();
    assert_eq!(t.encode_ordinary(b"ab 1 ab").unwrap(), [256, 256]);
    assert_eq!(t.count(b"ab 1 ab").unwrap(), 2);
    assert_eq!(t.encode_with_offsets(b"ab 1 ab", &Specials::None).unwrap().spans, [(0, 2), (5, 7)]);
}

#[test]
fn a_whole_pre_token_that_merging_cannot_reach_is_its_token() {
    let t = tokenizer(&["xyz"]);
    assert_eq!(t.encode_ordinary(b"xyz xyzx").unwrap(), [&[256, 32][..], &b"xyzx".map(u32::from)].concat());
    assert_eq!(t.encode_single_piece(b"xyz"), [256]);
    assert!(t.encode_single_piece(b"").is_empty());
}

#[test]
fn decodes_every_byte_and_names_unknown_ids() {
    let t = tokenizer(&["ab"]);
    let text: Vec<u8> = (0..=255).collect();
    assert_eq!(t.decode_bytes(&t.encode_ordinary(&text).unwrap()).unwrap(), text);
    assert_eq!(t.decode_bytes(&[256, 400, 401]).unwrap(), b"ab<|end|><|end|>more");
    let error = t.decode_bytes(&[97, 300]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("id 300 (position 1"));
    assert!(t.decode_bytes(&[u32::MAX]).is_err());
}

#[test]
fn offsets_are_characters_whole() {
    let t = tokenizer(&["\u{20AC}"]);
    let both = t.encode_with_offsets("\u{20AC}é\u{20AC}\u{20AC} a".as_bytes(), &Specials::None).unwrap();
    assert_eq!(both.ids.len(), both.spans.len());
    // One token for a lone euro sign's bytes only where the pattern leaves it alone; é is two tokens of one character.
    let covered: Vec<(usize, usize)> = both.spans;
    assert!(covered.contains(&(1, 2)));
    assert_eq!(covered.last(), Some(&(5, 6)));
    let special = t.encode_with_offsets("é<|end|>b".as_bytes(), &Specials::All).unwrap();
    assert_eq!(special.ids[2..], [400, 98]);
    assert_eq!(special.spans, [(0, 1), (0, 1), (1, 8), (8, 9)]);
}

#[test]
fn fingerprints_tell_vocabularies_patterns_and_special_tokens_apart() {
    let of = |pattern: &str, tokens: &[&str], special: &[(&str, u32)]| {
        let special = SpecialTokens::new(special.iter().copied()).unwrap();
        Tokenizer::new("any", pattern, vocabulary(tokens), special).unwrap().fingerprint()
    };
    let first = of("a", &["ab"], &[("<x>", 300), ("<y>", 301)]);
    assert_eq!(first, of("a", &["ab"], &[("<y>", 301), ("<x>", 300)]));
    let others = [of("b", &["ab"], &[]), of("a", &["ba"], &[]), of("a", &["ab"], &[("<x>", 300)])];
    assert!(others.iter().all(|other| *other != first));
}

#[test]
fn too_high_special_ids_are_refused() {
    let special = SpecialTokens::new([("<x>", u32::MAX)]).unwrap();
    let error = Tokenizer::new("t", "a", vocabulary(&[""; 0]), special).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Vocabulary);
}

#[test]
fn unstable_ids_and_their_completions() {
    let t = tokenizer(&["he", "hel", "help", "held", "lp"]);
    let found = t.encode_with_unstable(b"a. hel", &Specials::None).unwrap();
    assert_eq!(found.stable, [97, 46, 32]);
    let id = |token: &str| t.vocabulary().id(token.as_bytes()).unwrap();
    for whole in ["hel", "help", "held"] {
        assert!(found.completions.contains(&vec![id(whole)]));
    }
    let end = t.encode_with_unstable(b"a<|end|>", &Specials::All).unwrap();
    assert_eq!((end.stable, end.completions.len()), (vec![97, 400], 0));
    assert_eq!(t.encode_with_unstable(b"", &Specials::None).unwrap(), WithUnstable::default());
}

#[test]
fn caches_stay_within_their_limit_and_can_be_emptied() {
    let t = tokenizer(&["ab", "abc", "bc"]);
    let words =
        |from: usize| -> String { (from..from + 3000).map(|i| format!(" abc{i:x}abcabcab{}", i % 7)).collect() };
    let long = |from: usize| -> String { (from..from + 300).map(|i| format!(" {}{i:x}", "abc".repeat(20))).collect() };
    let texts: Vec<String> = (0..8).flat_map(|i| [words(i * 3000), long(i * 300), words(0)]).collect();
    let expected: Vec<Vec<u32>> = texts.iter().map(|text| reference(&t, text.as_bytes())).collect();
    for limit in [0, 1 << 17, t.cache_limit()] {
        t.set_cache_limit(limit);
        for (text, expected) in texts.iter().zip(&expected) {
            assert_eq!(&t.encode_ordinary(text.as_bytes()).unwrap(), expected);
            assert_eq!(t.count(text.as_bytes()).unwrap(), expected.len());
            assert!(t.cache_statistics().bytes <= limit.max(64 << 10), "{limit} {:?}", t.cache_statistics());
        }
    }
    let full = t.cache_statistics();
    // How many exactly depends on other tests: one that changes the tier makes workers begin anew.
    assert!(full.entries > 0 && full.hits > 0 && full.misses >= full.entries as u64, "{full:?}");
    t.clear_cache();
    assert_eq!(t.cache_statistics(), CacheStatistics::default());
}

/// Words that Han text has, whole and torn anywhere, as tokens.
fn han_vocabulary() -> impl Strategy<Value = Vocabulary> {
    let bytes = "中文字是的，人中的。é 中文".as_bytes();
    let token = (0..bytes.len() - 2, 2usize..8).prop_map(move |(at, n)| bytes[at..bytes.len().min(at + n)].to_vec());
    prop::collection::btree_set(token, 0..25).prop_map(|tokens| {
        let single = (0..=255u8).map(|byte| vec![byte]);
        Vocabulary::new(single.chain(tokens).zip(0..)).unwrap()
    })
}

fn texts() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        nasty_piece(),
        "[ \n\r\t]{0,9}".prop_map(String::into_bytes),
        "[abc ]{0,30}".prop_map(String::into_bytes),
        "\\PC{0,5}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..9),
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

#[test]
fn truncate_is_quick_inside_a_long_pre_token() {
    let t = tokenizer(&["aa", "aaaa"]);
    let long = "a".repeat(40_000);
    assert_eq!(t.truncate(long.as_bytes(), 1000).unwrap(), 4000);
    let han = "\u{4e2d}".repeat(10_000);
    // Three ids a character, and one for each byte before.
    assert_eq!(t.truncate(format!("ab {han}").as_bytes(), 103).unwrap(), 3 + 99);
    assert_eq!(t.truncate(long.as_bytes(), 0).unwrap(), 0);
}

proptest! {
    #[test]
    fn every_call_agrees_with_the_reference(v in nasty_vocabulary(), texts in prop::collection::vec(texts(), 1..6)) {
        let t = Tokenizer::new("t", PATTERN, v, SpecialTokens::default()).unwrap();
        for text in texts.iter().chain(&texts) {
            let ids = reference(&t, text);
            prop_assert_eq!(&t.encode_ordinary(text).unwrap(), &ids);
            prop_assert_eq!(t.count(text).unwrap(), ids.len());
            prop_assert_eq!(&t.encode_with_offsets(text, &Specials::None).unwrap().ids, &ids);
            for limit in [0, ids.len().saturating_sub(1), ids.len(), ids.len() + 1] {
                prop_assert_eq!(t.fits(text, limit).unwrap(), ids.len() <= limit);
            }
            prop_assert_eq!(&t.decode_bytes(&ids).unwrap(), text);
        }
    }

    #[test]
    fn cuts_caches_and_tiers_change_no_id(
        v in han_vocabulary(), texts in prop::collection::vec("[中文字是的人é，。a ]{0,90}", 1..8)
    ) {
        let pattern = crate::scan::Pattern::named("cl100k_base").unwrap();
        let t = Tokenizer::new("t", pattern.as_str(), v, SpecialTokens::default()).unwrap();
        let expected: Vec<Vec<u32>> = texts.iter().map(|text| reference(&t, text.as_bytes())).collect();
        let widest = Tier::current();
        for tier in Tier::ALL.into_iter().filter(|tier| tier.force()) {
            for (text, expected) in texts.iter().zip(&expected).chain(texts.iter().zip(&expected)) {
                prop_assert_eq!(&t.encode_ordinary(text.as_bytes()).unwrap(), expected, "{:?}", tier);
                prop_assert_eq!(t.count(text.as_bytes()).unwrap(), expected.len());
            }
        }
        widest.force();
    }

    #[test]
    fn truncate_keeps_the_longest_prefix_that_fits(
        v in nasty_vocabulary(), text in "[ab \n\u{e4}\u{4e2d}']{0,40}", limit in 0usize..20
    ) {
        let t = Tokenizer::new("t", PATTERN, v, SpecialTokens::default()).unwrap();
        let fits = |end: usize| reference(&t, &text.as_bytes()[..end]).len() <= limit;
        let longest = (0..=text.len()).rev().find(|&end| text.is_char_boundary(end) && fits(end)).unwrap();
        prop_assert_eq!(t.truncate(text.as_bytes(), limit).unwrap(), longest);
    }

    #[test]
    fn truncate_does_so_far_into_a_text(
        v in nasty_vocabulary(), text in "[abA \n\r\t\u{e4}\u{4e2d}'1.]{400,900}", limit in 0usize..600
    ) {
        for name in ["gpt2", "cl100k_base", "o200k_base"] {
            let pattern = crate::scan::Pattern::named(name).unwrap();
            let t = Tokenizer::new("t", pattern.as_str(), v_of(&v), SpecialTokens::default()).unwrap();
            let fits = |end: usize| t.count(&text.as_bytes()[..end]).unwrap() <= limit;
            let longest = (0..=text.len()).rev().find(|&end| text.is_char_boundary(end) && fits(end)).unwrap();
            prop_assert_eq!(t.truncate(text.as_bytes(), limit).unwrap(), longest, "{}", name);
            prop_assert_eq!(t.fits(text.as_bytes(), limit).unwrap(), longest == text.len());
        }
    }
}

proptest! {
    /// Where pre-tokens are long, or parted where no token spans.
    #[test]
    fn what_truncate_keeps_fits(
        v in han_vocabulary(),
        parts in prop::collection::vec(prop_oneof!["[ab]{0,9}", "[中文字是的，。 ]{0,9}", "[A中]{0,9}"], 1..40),
        limit in 0usize..3000
    ) {
        let text = parts.concat();
        let text = text.repeat(1 + 4000 / text.len().max(1));
        for name in ["gpt2", "cl100k_base", "o200k_base"] {
            let pattern = crate::scan::Pattern::named(name).unwrap();
            let t = Tokenizer::new("t", pattern.as_str(), v_of(&v), SpecialTokens::default()).unwrap();
            let kept = t.truncate(text.as_bytes(), limit).unwrap();
            prop_assert!(text.is_char_boundary(kept));
            prop_assert!(t.count(&text.as_bytes()[..kept]).unwrap() <= limit);
            let fits = t.count(text.as_bytes()).unwrap() <= limit;
            prop_assert_eq!((kept == text.len(), t.fits(text.as_bytes(), limit).unwrap()), (fits, fits));
        }
    }
}

fn v_of(v: &Vocabulary) -> Vocabulary {
    Vocabulary::new(v.iter().map(|(id, token)| (token.to_vec(), id))).unwrap()
}
