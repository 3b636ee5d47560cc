use super::*;
use crate::bpe::testing::vocabulary;
use crate::error::ErrorKind;
use crate::vocab::SpecialTokens;

fn tokenizer() -> Tokenizer {
    let special = SpecialTokens::new([("<|end|>", 300)]).unwrap();
    Tokenizer::new("test", r"\w+|\W+", vocabulary(&["ab", "abc", "  ", "ba"]), special).unwrap()
}

fn tokenizer_of(pattern: &str) -> Tokenizer {
    let pattern = crate::scan::Pattern::named(pattern).unwrap();
    let special = SpecialTokens::new([("<|end|>", 300)]).unwrap();
    // With a token of the byte that stands between short texts.
    let vocabulary = vocabulary(&[&b"ab"[..], b" ab", b"abc", b"  ", b"\xFF\xFF"]);
    Tokenizer::new("t", pattern.as_str(), vocabulary, special).unwrap()
}

fn texts() -> Vec<Vec<u8>> {
    let mut texts = vec![b"".to_vec(), b"abc <|end|> ab".to_vec(), b"ab ".repeat(40_000)];
    texts.extend((0..2000).map(|i| format!("abc{i}  ba<|end|>{}", "ab".repeat(i % 50)).into_bytes()));
    texts.push(Vec::new());
    texts
}

fn of(texts: &[impl AsRef<[u8]>]) -> Vec<Text<'_>> {
    texts.iter().map(|text| Text::Bytes(text.as_ref())).collect()
}

#[test]
fn any_number_of_threads_gives_what_one_text_at_a_time_gives() {
    let (tokenizer, texts) = (tokenizer(), texts());
    let texts_of_bytes = of(&texts);
    for allowed in [Specials::None, Specials::All] {
        let each: Vec<Vec<u32>> = texts.iter().map(|text| tokenizer.encode(text, &allowed).unwrap()).collect();
        let counts: Vec<i64> = each.iter().map(|ids| ids.len() as i64).collect();
        for threads in [Some(0), Some(1), Some(2), Some(7), None] {
            let batch = encode(&tokenizer, &texts_of_bytes, &allowed, threads, GO_ON).unwrap();
            assert_eq!(batch.ids, each.concat());
            assert_eq!(batch.offsets.len(), texts.len() + 1);
            let lengths: Vec<i64> = batch.offsets.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert_eq!(lengths, counts);
            assert_eq!(count(&tokenizer, &texts_of_bytes, &allowed, threads, GO_ON).unwrap(), counts);
            let ids: Vec<&[u32]> = each.iter().map(Vec::as_slice).collect();
            assert_eq!(decode(&tokenizer, &ids, threads, GO_ON).unwrap(), texts);
        }
    }
}

#[test]
fn no_texts_give_an_empty_batch() {
    let tokenizer = tokenizer();
    assert_eq!(encode(&tokenizer, &[], &Specials::None, None, GO_ON).unwrap(), TokenBatch::default());
    assert_eq!(count(&tokenizer, &[], &Specials::None, None, GO_ON).unwrap(), [] as [i64; 0]);
    assert!(decode(&tokenizer, &[], None, GO_ON).unwrap().is_empty());
}

#[test]
fn the_first_error_is_named() {
    let tokenizer = tokenizer();
    let good = vec![97u32; 50_000];
    let sequences: Vec<&[u32]> = vec![&good, &good, &[97, 299], &good, &[999]];
    for threads in [1, 3] {
        let error = decode(&tokenizer, &sequences, Some(threads), GO_ON).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().starts_with("item 2 of the batch: no token has id 299 (position 1"), "{error}");
    }
}

#[test]
fn a_stopped_call_says_so() {
    let tokenizer = tokenizer();
    let text = "some text ".repeat(40_000);
    let texts = vec![Text::Utf8(&text); 8];
    let asked = std::cell::Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 1
    };
    let error = count(&tokenizer, &texts, &Specials::None, Some(1), &stop).unwrap_err();
    assert_eq!((error.kind(), asked.get()), (ErrorKind::Interrupted, 2));
    assert_eq!(encode(&tokenizer, &texts, &Specials::None, Some(3), GO_ON).unwrap().offsets.len(), 9);
}

#[test]
fn a_long_text_is_cut_without_a_trace() {
    let tokenizer = tokenizer_of("cl100k_base");
    let text: String = (0..200_000).map(|i| format!("abc ab{}{}", " ".repeat(i % 5), i % 11)).collect();
    let special = format!("{text}<|end|>{text}");
    let bytes = ["ab".as_bytes(), text.as_bytes(), b"", special.as_bytes(), b"abc"];
    let texts = of(&bytes);
    for allowed in [Specials::None, Specials::All] {
        let alone = encode(&tokenizer, &texts, &allowed, Some(1), GO_ON).unwrap();
        assert!(encode(&tokenizer, &texts, &allowed, Some(3), GO_ON).unwrap() == alone);
        let counts: Vec<i64> = alone.offsets.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(count(&tokenizer, &texts, &allowed, Some(3), GO_ON).unwrap(), counts);
        assert_eq!(tokenizer.count_allowing(bytes[1], &allowed).unwrap() as i64, counts[1]);
        let utf8: Vec<Text<'_>> = bytes.iter().map(|text| Text::Utf8(str::from_utf8(text).unwrap())).collect();
        assert!(encode(&tokenizer, &utf8, &allowed, Some(2), GO_ON).unwrap() == alone);
        assert_eq!(tokenizer.encode(bytes[3], &allowed).unwrap().len() as i64, counts[3]);
    }
}

/// Of the forms of a text some are cut and some are not.
#[test]
fn a_long_text_is_cut_after_what_cannot_be() {
    let tokenizer = tokenizer_of("cl100k_base");
    let text = ["1,2;".repeat(150_000), "abc ab ".repeat(200_000), "7".repeat(300_000)].concat();
    assert!(tokenizer.pattern().safe_cut(text.as_bytes(), PART).is_none());
    let whole = encode(&tokenizer, &[Text::Latin1(text.as_bytes())], &Specials::None, Some(1), GO_ON).unwrap();
    let cut = encode(&tokenizer, &[Text::Utf8(&text)], &Specials::None, Some(2), GO_ON).unwrap();
    assert!(cut == whole);
    assert!(Parts::new(&tokenizer, &[Text::Utf8(&text)], &Specials::None).texts.len() > 3);
}

#[test]
fn short_texts_are_encoded_as_each_by_itself() {
    let words = ["abc", " ab", " ", "  ", "\n", "ab!", "/ab", "'s", "1234", "中文", "é", "<|end|>", "\u{3000}", ""];
    let texts: Vec<String> = (0..30_000_usize)
        .map(|i| (0..i % 5).map(|nth| words[(i / 5 + i * nth * 31 + nth * nth) % words.len()]).collect())
        .collect();
    let bytes: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
    let utf8: Vec<Text<'_>> = texts.iter().map(|text| Text::Utf8(text)).collect();
    for name in ["r50k_base", "cl100k_base", "o200k_base"] {
        let tokenizer = tokenizer_of(name);
        for allowed in [Specials::None, Specials::All] {
            let each: Vec<Vec<u32>> = bytes.iter().map(|text| tokenizer.encode(text, &allowed).unwrap()).collect();
            for texts in [&utf8, &of(&bytes)] {
                let batch = encode(&tokenizer, texts, &allowed, Some(2), GO_ON).unwrap();
                assert_eq!(batch.ids, each.concat());
                let counts: Vec<i64> = batch.offsets.windows(2).map(|pair| pair[1] - pair[0]).collect();
                assert_eq!(counts, each.iter().map(|ids| ids.len() as i64).collect::<Vec<_>>());
                assert_eq!(count(&tokenizer, texts, &allowed, Some(1), GO_ON).unwrap(), counts);
            }
        }
        // What is no UTF-8 is not joined.
        let mut bytes = bytes.clone();
        bytes[777] = b"\xE4\xB8";
        bytes[778] = b"\xAD \xFF\xFF\xFF";
        let each: Vec<Vec<u32>> = bytes.iter().map(|text| tokenizer.encode_ordinary(text).unwrap()).collect();
        assert_eq!(encode(&tokenizer, &of(&bytes), &Specials::None, Some(2), GO_ON).unwrap().ids, each.concat());
    }
}

#[test]
fn what_stands_between_short_texts_counts_as_no_word() {
    let tokenizer = tokenizer_of("cl100k_base");
    let texts: Vec<String> = (0..5_000).map(|i| format!("word {}", i % 900)).collect();
    count(&tokenizer, &of(&texts), &Specials::None, Some(1), GO_ON).unwrap();
    let statistics = tokenizer.cache_statistics();
    // A word, a blank and the number's groups of up to three digits.
    assert_eq!(statistics.hits + statistics.misses, 3 * 5_000);
}

#[test]
fn what_is_taken_part_by_part_is_the_whole() {
    let (tokenizer, mut texts) = (tokenizer_of("cl100k_base"), texts());
    let none = (&Specials::None, &Specials::None);
    for long in [false, true] {
        if long {
            texts.push(b"abc ".repeat(400_000));
        }
        let texts = of(&texts);
        let whole = encode(&tokenizer, &texts, &Specials::None, Some(1), GO_ON).unwrap();
        for (threads, wish) in [(1, Next::Soon), (1, Next::Last), (2, Next::Soon), (2, Next::Last), (7, Next::Soon)] {
            let mut batch = TokenBatch::default();
            encode_each(&tokenizer, &texts, none, Some(threads), GO_ON, |ids, offsets| {
                let base = batch.ids.len() as i64;
                batch.ids.extend(ids);
                batch.offsets.extend(offsets[1..].iter().map(|offset| base + offset));
                wish
            })
            .unwrap();
            assert!(batch == whole, "{threads} threads, {wish:?}");
            let stopped = encode_each(&tokenizer, &texts, none, Some(threads), GO_ON, |_, _| Next::Stop);
            assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Interrupted);
        }
    }
}

#[test]
fn a_disallowed_text_is_found_in_any_run() {
    let tokenizer = tokenizer_of("cl100k_base");
    let mut texts = vec!["ab < abc".to_owned(); 30_000];
    for (at, text) in [(29_999, "ab<|end|>"), (1_000, "<|end|>")] {
        text.clone_into(&mut texts[at]);
        let texts: Vec<Text<'_>> = texts.iter().map(|text| Text::Utf8(text)).collect();
        for (threads, disallowed) in [(1, Specials::All), (3, Specials::only(["nd|"]))] {
            let specials = (&Specials::None, &disallowed);
            let error = encode_each(&tokenizer, &texts, specials, Some(threads), GO_ON, |_, _| Next::Soon).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DisallowedSpecial);
        }
        let allowed = (&Specials::All, &Specials::None);
        encode_each(&tokenizer, &texts, allowed, Some(2), GO_ON, |_, _| Next::Soon).unwrap();
    }
}

#[test]
fn texts_are_the_same_in_whatever_form() {
    let tokenizer = tokenizer();
    let texts = ["ab ba\u{e9}abc".repeat(99), "ab 中文abc".repeat(99), "ab 😀 ba".repeat(99), String::new()];
    let expected = encode(&tokenizer, &of(&texts), &Specials::None, Some(1), GO_ON).unwrap();
    let latin1: Vec<u8> = texts[0].chars().map(|c| c as u8).collect();
    let ucs2: Vec<u16> = texts[1].encode_utf16().collect();
    let ucs4: Vec<u32> = texts[2].chars().map(u32::from).collect();
    let held = [Text::Latin1(&latin1), Text::Ucs2(&ucs2), Text::Ucs4(&ucs4), Text::Ucs2(&[])];
    for threads in [1, 2] {
        assert_eq!(encode(&tokenizer, &held, &Specials::None, Some(threads), GO_ON).unwrap(), expected);
    }
}
