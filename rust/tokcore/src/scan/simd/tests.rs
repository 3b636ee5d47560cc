//! Every tier against the rules, at every length, alignment and window edge.

use proptest::char::range;
use proptest::prelude::*;

use crate::scan::class::{Class, class_at};
use crate::scan::family::FAMILIES;
use crate::scan::known::{Scanner, WINDOW};
use crate::scan::rules::Rules;
use crate::scan::tests::hard_text;
use crate::scan::{CutFilter, Spans};
use crate::tier::Tier;

/// The ends of all spans.
fn ends(scanner: Scanner<'_>, text: &[u8]) -> Vec<usize> {
    let (mut ends, mut start, mut spans) = (Vec::new(), 0, Spans::new());
    while start < text.len() {
        let next = scanner.window(text, start, &mut spans);
        assert!(next > start && spans.bounds()[0] == 0);
        ends.extend(spans.bounds()[1..].iter().map(|&end| start + end as usize));
        assert_eq!(ends.last(), Some(&next));
        start = next;
    }
    ends
}

fn walk(rules: &Rules, text: &[u8]) -> Vec<usize> {
    ends(Scanner { rules, tier: None, cuts: None, size: usize::MAX, valid: false }, text)
}

fn tiers() -> impl Iterator<Item = Tier> {
    Tier::ALL.into_iter().filter(|tier| tier.is_available())
}

/// Every tier splits `text` by windows of `size` as the walker does.
fn check(text: &[u8], size: usize) {
    for family in FAMILIES {
        let expected = walk(&family.rules, text);
        for tier in tiers() {
            let found = ends(Scanner { rules: &family.rules, tier: Some(tier), cuts: None, size, valid: false }, text);
            if found != expected {
                let at = found.iter().zip(&expected).position(|(a, b)| a != b).unwrap_or(0);
                let place = found[at].min(expected[at]);
                panic!(
                    "{tier:?}, windows of {size}, {}: {:?} for {:?} in {:?}",
                    family.spellings[0],
                    &found[at..found.len().min(at + 4)],
                    &expected[at..expected.len().min(at + 4)],
                    String::from_utf8_lossy(&text[place.saturating_sub(40)..text.len().min(place + 40)]),
                );
            }
        }
    }
}

/// The longest valid beginning, so that masks and not the rules do the work.
fn valid(text: Vec<u8>) -> Vec<u8> {
    String::from_utf8_lossy(&text).replace('\u{FFFD}', "").into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn tiers_split_as_the_rules(text in hard_text(80).prop_map(valid)) {
        check(&text, usize::MAX);
    }

    #[test]
    fn window_edges_change_nothing(text in hard_text(120), size in 4..200_usize) {
        check(&text, size);
        check(&valid(text), size);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_length_and_alignment(text in hard_text(160).prop_map(valid)) {
        let text = String::from_utf8(text).unwrap();
        for start in (0..70).filter(|&at| text.is_char_boundary(at)) {
            check(&text.as_bytes()[start..], usize::MAX);
        }
        for end in (0..=200).filter(|&at| text.is_char_boundary(at)) {
            check(&text.as_bytes()[..end], usize::MAX);
        }
    }

    #[test]
    fn long_texts_of_many_windows(text in hard_text(60_000), plain in hard_text(60_000).prop_map(valid)) {
        check(&text, WINDOW);
        check(&plain, WINDOW);
    }
}

/// Characters whose neighbours have another class, and some others, each at every place where a block ends.
#[test]
fn every_character_over_a_block_edge() {
    let all: Vec<char> = (0x80..=0x10_FFFF).filter_map(char::from_u32).collect();
    let changes = all.windows(2).filter(|pair| Class::of(pair[0] as u32) != Class::of(pair[1] as u32));
    let chosen = changes.flatten().chain(all.iter().step_by(997));
    for offset in 0..4 {
        let mut text = String::new();
        for character in chosen.clone() {
            // Three characters to a block of 64, one of them over its end.
            text.extend(std::iter::repeat_n('a', 60 + offset - text.len() % 64));
            text.push(*character);
            text.extend(std::iter::repeat_n('.', 20));
            text.push(*character);
            text.extend(std::iter::repeat_n('.', (64 - text.len() % 64) % 64));
        }
        check(text.as_bytes(), WINDOW);
    }
}

#[test]
fn every_character_has_its_class() {
    let all: Vec<char> = (0..=0x10_FFFF).filter_map(char::from_u32).collect();
    for (before, after) in [("a", "A"), ("!", " ")] {
        for chunk in all.chunks(50_000) {
            let text: String = chunk.iter().map(|c| format!("{before}{c}{after}")).collect();
            check(text.as_bytes(), WINDOW);
        }
    }
    assert_eq!(class_at("中".as_bytes(), 0).0, Class::Uncased);
}

/// Cuts come where two neighbouring three-byte characters are not spanned, and change nothing else.
#[test]
fn cuts_are_added_to_the_starts() {
    let cuts = CutFilter::new(["中文".as_bytes(), "\u{3042}、".as_bytes(), b"\xE6"]);
    let text = "a中文中文\u{3042}、\u{3042}中中、文 文中é中 中文GPU中文".repeat(40);
    let pairs: Vec<(usize, char)> = text.char_indices().collect();
    for family in FAMILIES {
        let starts = walk(&family.rules, text.as_bytes());
        let is_cut = |pair: &[(usize, char)]| {
            let (before, (at, after)) = (pair[0].1, pair[1]);
            let spanned = matches!((before, after), ('中', '文') | ('\u{3042}', '、'));
            (before.len_utf8() == 3 && after.len_utf8() == 3 && !spanned).then_some(at)
        };
        let mut expected: Vec<usize> = pairs.windows(2).filter_map(is_cut).chain(starts).collect();
        expected.sort_unstable();
        expected.dedup();
        for tier in tiers() {
            for size in [64, 100, WINDOW] {
                let scanner = Scanner { rules: &family.rules, tier: Some(tier), cuts: Some(&cuts), size, valid: false };
                assert_eq!(ends(scanner, text.as_bytes()), expected, "{tier:?} {size}");
            }
        }
    }
}

/// Characters that may have cuts between them, and some that may not.
fn character() -> impl Strategy<Value = char> {
    prop_oneof![1 => Just('a'), 1 => Just('é'), 3 => range('\u{800}', '\u{ffff}'), 9 => range('中', '丰')]
}

proptest! {
    /// Every tier finds the same cuts, those that a full filter loses included.
    #[test]
    fn cuts_are_the_same_in_every_tier(
        characters in prop::collection::vec(character(), 0..400),
        tokens in prop::collection::vec(prop::collection::vec(range('中', '丰'), 2..4), 0..60),
    ) {
        let text: String = characters.into_iter().collect();
        let tokens: Vec<String> = tokens.into_iter().map(String::from_iter).collect();
        let cuts = CutFilter::new(tokens.iter().flat_map(|token| [token.as_bytes(), &token.as_bytes()[1..4]]));
        for family in FAMILIES {
            let found = tiers().map(|tier| {
                let scanner = Scanner { rules: &family.rules, tier: Some(tier), cuts: Some(&cuts), size: 256, valid: true };
                ends(scanner, text.as_bytes())
            });
            let found: Vec<_> = found.collect();
            prop_assert!(found.iter().all(|ends| *ends == found[0]));
        }
    }

    /// The parts of a text split as they do together.
    #[test]
    fn safe_cuts_part_a_text(text in hard_text(60), near in 0..100_usize) {
        if let Some(at) = crate::scan::safe::cut(&text, near) {
            prop_assert!(at >= near && at > 0 && at < text.len());
            for family in FAMILIES {
                let mut parts = walk(&family.rules, &text[..at]);
                parts.extend(walk(&family.rules, &text[at..]).into_iter().map(|end| at + end));
                let whole = walk(&family.rules, &text);
                prop_assert_eq!(whole, parts, "{} at {}: {:?}", family.spellings[0], at, text.utf8_chunks());
            }
        }
    }
}
