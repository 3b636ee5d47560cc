use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::*;
use crate::corpus::Texts;
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
            batch.push(b"some text");
            if self.0 < 100 { Ok(true) } else { Err(Error::new(ErrorKind::Io, "disk on fire")) }
        }
    }
    let error = count_words(&mut Broken(0), &how(&[], 4), &mut ()).unwrap_err();
    assert_eq!(error.to_string(), "disk on fire");
    let mut stop =
        |event: &Event| if event.total.is_none() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let error = count_words(&mut Broken(0), &how(&[], 4), &mut stop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
}
