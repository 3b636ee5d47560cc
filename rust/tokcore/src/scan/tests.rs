//! The scanners against each other, on text made to be hard to split.

use proptest::prelude::*;

use super::family::FAMILIES;
use super::{Pattern, Spans};

/// Pieces of text that split patterns treat in ways of their own: every class, contractions, line ends, all kinds of
/// whitespace, digits of many scripts, bytes outside characters.
const FRAGMENTS: [&[u8]; 92] = [
    b"a",
    b"b",
    b"word",
    b"A",
    b"Z",
    b"WORD",
    b"s",
    b"S",
    b"t",
    b"re",
    b"ve",
    b"ll",
    b"LL",
    b"'",
    b"'s",
    b"'S",
    b"'t",
    b"'re",
    b"'RE",
    b"'vE",
    b"'m",
    b"'ll",
    b"'d",
    b"'l",
    b"'r",
    b"'\xC5\xBF",
    b"\xC5\xBF",
    b"\xE2\x80\x99",
    b"1",
    b"12",
    b"123",
    b"1234567",
    b"\xD9\xA3",
    b"\xE0\xA5\xA9",
    b"\xC2\xBD",
    b"\xE2\x85\xA7",
    b"\xE3\x8A\xBF",
    b"\xF0\x9D\x9F\x99",
    b" ",
    b" ",
    b"  ",
    b"   ",
    b"\t",
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\x0B",
    b"\x0C",
    b"\xC2\x85",
    b"\xC2\xA0",
    b"\xE1\x9A\x80",
    b"\xE2\x80\x89",
    b"\xE2\x80\xA8",
    b"\xE2\x80\xA9",
    b"\xE3\x80\x80",
    b"!",
    b".",
    b"...",
    b"/",
    b"//",
    b"-",
    b"_",
    b"^",
    b"\0",
    b"\x7F",
    b"\xC3\xA9",
    b"\xC3\x89",
    b"\xC3\x97",
    b"\xC2\xAA",
    b"\xC7\x85",
    b"\xCA\xB0",
    b"\xCC\x81",
    b"\xCC\x81\xCC\x82",
    b"\xE0\xA4\xBE",
    b"\xD0\x96",
    b"\xD0\xB6",
    b"\xD7\x90",
    b"\xE4\xB8\xAD",
    b"\xE4\xB8\xAD\xE6\x96\x87",
    b"\xE3\x81\x82",
    b"\xED\x95\x9C",
    b"\xE3\x80\x82",
    b"\xEF\xBC\x8C",
    b"\xF0\x9F\x98\x80",
    b"\xF0\xA0\x80\x80",
    b"\xE2\x80\x8D",
    b"\xEF\xB8\x8F",
    b"\xEF\xBF\xBD",
    b"\xFF",
    b"\xE4\xB8",
    b"\x80",
];

/// Text of up to `most` fragments; short choices repeat so that runs come up.
pub(super) fn hard_text(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let fragment = (0..FRAGMENTS.len(), prop_oneof![8 => Just(1usize), 1 => 2..9usize]);
    prop::collection::vec(fragment, 0..most)
        .prop_map(|list| list.into_iter().flat_map(|(index, times)| FRAGMENTS[index].repeat(times)).collect())
}

/// The ends of all spans, over all windows.
fn ends(pattern: &Pattern, text: &[u8]) -> Vec<usize> {
    let (mut ends, mut start, mut spans) = (Vec::new(), 0, Spans::new());
    while start < text.len() {
        let next = pattern.window(text, start, &mut spans).unwrap();
        assert!(spans.gaps().is_empty());
        ends.extend(spans.bounds()[1..].iter().map(|&end| start + end as usize));
        assert_eq!(ends.last(), Some(&next));
        start = next;
    }
    ends
}

thread_local! {
    /// For every family, its spellings with the family's scanner and the regex engine, compiled once.
    static PAIRS: Vec<Vec<(Pattern, Pattern)>> = FAMILIES
        .iter()
        .map(|family| family.spellings.iter().map(|it| (Pattern::new(it).unwrap(), Pattern::by_regex(it).unwrap())))
        .map(Iterator::collect)
        .collect();
}

/// Every family's own scanner splits `text` as the regex engine does, in the first `most` of its spellings.
fn check(text: &[u8], most: usize) {
    PAIRS.with(|families| {
        for (own, regex) in families.iter().flat_map(|spellings| spellings.iter().take(most)) {
            assert_eq!(ends(own, text), ends(regex, text), "{own:?} over {:?}", text.utf8_chunks());
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn families_split_as_their_regex(text in hard_text(24)) {
        check(&text, usize::MAX);
    }
}

proptest! {
    /// Less of a text changes nothing before a place that is settled.
    #[test]
    fn what_is_settled_stays(text in hard_text(30)) {
        let in_character = |at: usize| text.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
        PAIRS.with(|families| {
            for (own, _) in families.iter().map(|spellings| &spellings[0]) {
                let whole = ends(own, &text);
                for kept in (1..=text.len()).filter(|&kept| !in_character(kept)) {
                    let part = ends(own, &text[..kept]);
                    for (index, &at) in whole.iter().enumerate().filter(|(_, at)| own.is_settled(&text, **at, kept)) {
                        assert_eq!(part.get(..=index), Some(&whole[..=index]), "{own:?}, {at} of {kept}");
                    }
                }
            }
        });
    }
}

/// Each character in one of eight surroundings; that its class is right is tested beside the class table.
#[test]
fn families_split_every_character_as_their_regex() {
    let surroundings =
        [("a", "b"), (" ", "B"), ("1", "2"), ("!", "\n"), ("'", "s"), ("\u{301}", "A"), ("\n", " "), ("A", "'s")];
    let all: Vec<char> = (0..=0x10_FFFF).filter_map(char::from_u32).collect();
    for chunk in all.chunks(20_000) {
        let text: String = (surroundings.iter().cycle().zip(chunk))
            .map(|((before, after), character)| format!("{before}{character}{after}\n."))
            .collect();
        check(text.as_bytes(), 1);
    }
}

#[test]
fn families_that_differ_are_kept_apart() {
    let split = |index: usize, text: &str| ends(&Pattern::new(FAMILIES[index].spellings[0]).unwrap(), text.as_bytes());
    assert_eq!(split(1, "a\n  "), [1, 4]);
    assert_eq!(split(2, "a\n  "), [1, 2, 4]);
    assert_eq!(split(3, "123"), [1, 2, 3]);
    assert_eq!(split(4, "e\u{301}e"), [4]);
    assert_eq!(split(5, "we'll"), [5]);
    assert_eq!(split(6, "we'll"), [2, 5]);
}

#[test]
fn no_other_spelling_is_taken_for_a_known_one() {
    let spelling = FAMILIES[0].spellings[0];
    for other in [format!("{spelling} "), spelling.replace('d', ""), format!("(?:{spelling})")] {
        assert!(super::family::find(&other).is_none());
    }
    assert!(Pattern::named("gpt3").is_none());
    assert_eq!(Pattern::named("p50k_edit").unwrap().as_str(), spelling);
}

/// Runs a megabyte long, as one character, as two in turn, and before something that ends them another way.
#[test]
fn long_runs_split_in_linear_time() {
    let runs = [
        "a",
        "A",
        " ",
        "\n",
        "\u{4E2D}",
        "^",
        "7",
        "\u{301}",
        "\u{3000}",
        "aA",
        "a\u{4E2D}",
        " \n",
        "1a",
        "\u{301}A",
        "'s",
        "!\n",
    ];
    for run in runs {
        for end in ["", "a", "!", " ", "\n", "A"] {
            let text = run.repeat((1 << 20) / run.len()) + end;
            for family in FAMILIES {
                ends(&Pattern::new(family.spellings[0]).unwrap(), text.as_bytes());
            }
        }
    }
}
