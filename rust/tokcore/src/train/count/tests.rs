use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::*;
use crate::corpus::{Files, Options, Texts};
use crate::train::Event;

fn how(special: &[&str], threads: usize) -> Counting {
    Counting {
        pattern: Pattern::new(r"\w+|\s+").unwrap(),
        special_tokens: special.iter().map(|s| (*s).into()).collect(),
        threads: Some(threads),
        max_memory: None,
        temp_dir: None,
    }
}

fn count(texts: &[&str], special: &[&str], threads: usize) -> WordCounts {
    count_words(&mut Texts::new(texts), &how(special, threads), &mut ()).unwrap()
}

fn words(counts: &WordCounts) -> BTreeMap<String, u64> {
    let mut words = BTreeMap::new();
    let mut visit = |word: &[u8], count| {
        assert!(words.insert(String::from_utf8(word.to_vec()).unwrap(), count).is_none());
        Ok(())
    };
    counts.for_each(&mut visit).unwrap();
    words
}

#[test]
fn gaps_count_as_words() {
    let counts = count(&["a b a!!", "b"], &[], 1);
    assert_eq!(words(&counts), [(" ", 2), ("!!", 1), ("a", 2), ("b", 2)].map(|(w, c)| (w.to_owned(), c)).into());
    assert_eq!(counts.totals(), Totals { documents: 2, bytes: 8, words: 7 });
}

#[test]
fn special_tokens_are_no_text_and_part_what_is_around_them() {
    let counts = count(&["a<|x|>b<|x|><|x|>>c<|x"], &["<|x|>", "<|x|>>"], 1);
    let expected = [("a", 1), ("b", 1), ("c", 1), ("<|", 1), ("x", 1)].map(|(w, c)| (w.to_owned(), c)).into();
    assert_eq!(words(&counts), expected);
    assert!(count_words(&mut Texts::new(&["a"]), &how(&[""], 1), &mut ()).is_err());
}

#[test]
fn threads_and_order_change_nothing() {
    let texts: Vec<String> =
        (0..3000).map(|i| format!("word{} and {} more ", i % 97, i * i % 311).repeat(20)).collect();
    let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let one = count(&texts, &[], 1);
    for threads in [2, 3, 8] {
        texts.rotate_left(701);
        let many = count(&texts, &[], threads);
        assert_eq!((words(&many), many.totals()), (words(&one), one.totals()));
    }
}

#[test]
fn errors_and_stops_end_all_threads() {
    struct Broken(u32);
    impl Documents for Broken {
        fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
            self.0 += 1;
            batch.clear();
            (0..20).for_each(|_| batch.push(b"some text"));
            if self.0 < 100 { Ok(true) } else { Err(Error::new(ErrorKind::Io, "disk on fire")) }
        }
    }
    // Whatever the others are at when it happens: they are stopped, which is not what the caller is to hear.
    for _ in 0..200 {
        let error = count_words(&mut Broken(0), &how(&[], 4), &mut ()).unwrap_err();
        assert_eq!(error.to_string(), "disk on fire");
    }
    let mut stop =
        |event: &Event| if event.total.is_none() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let error = count_words(&mut Broken(0), &how(&[], 4), &mut stop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
}

/// Words of a file of one long document, and of the same document in memory.
fn long_document(how: &Counting, text: &str) -> [BTreeMap<String, u64>; 2] {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a"), text).unwrap();
    let mut files = Files::open(&[dir.path().join("a")], Options::default()).unwrap();
    let read = count_words(&mut files, how, &mut ()).unwrap();
    [words(&read), words(&count_words(&mut Texts::new(&[text]), how, &mut ()).unwrap())]
}

#[test]
fn a_long_document_splits_as_if_it_was_whole() {
    let line = "one two/three  four!\n/five 6 7\n你好。\n世界\u{3000}\n x\r\ny ";
    let text: String = (0..60_000).map(|i| format!("{line}{}", i % 7)).collect();
    for pattern in ["gpt2", "cl100k_base", "o200k_base"] {
        let [read, whole] = long_document(&Counting::new(Pattern::named(pattern).unwrap()), &text);
        assert_eq!(read, whole, "{pattern}");
    }
    // Words that go on over spaces and lines, and a special token that does.
    let [read, whole] = long_document(&Counting::new(Pattern::new(r"(?s)\w+.\w+.\w+|.").unwrap()), &text);
    assert_eq!(read, whole);
    let special_tokens = vec!["one two".to_string(), "three\nfour".to_string()];
    let how = Counting { special_tokens, ..Counting::new(Pattern::named("gpt2").unwrap()) };
    let [read, whole] = long_document(&how, &"one two three\nfour ".repeat(300_000));
    assert_eq!(read, whole);
}
