use std::ops::ControlFlow;

use super::super::progress::Event;
use super::*;

fn counts(words: &[(&str, u64)]) -> WordCounts {
    WordCounts::from_counts(Pattern::named("gpt2").unwrap(), words.iter().copied()).unwrap()
}

fn sorted(counts: &WordCounts) -> Vec<(String, u64)> {
    let mut words = vec![];
    let mut visit = |word: &[u8], count| {
        words.push((String::from_utf8(word.to_vec()).unwrap(), count));
        Ok(())
    };
    counts.for_each(&mut visit).unwrap();
    words
}

fn owned(words: &[(&str, u64)]) -> Vec<(String, u64)> {
    words.iter().map(|&(word, count)| (word.to_owned(), count)).collect()
}

#[test]
fn merging_adds_counts_whatever_the_shards() {
    let mut all = counts(&[("a", 1), ("bc", 5), ("a", 2), ("zero", 0)]);
    all.merge(counts(&[("bc", u64::from(u32::MAX)), ("d", 1)])).unwrap();
    let expected = owned(&[("a", 3), ("bc", 4_294_967_300), ("d", 1)]);
    assert_eq!(sorted(&all), expected);
    assert_eq!(all.totals().words, 4_294_967_304);
    let shards = merge(all.parts, 3);
    let words = shards.iter().flat_map(|words| words.range(0..words.len()));
    let mut words: Vec<_> = words.map(|(word, count)| (String::from_utf8(word.to_vec()).unwrap(), count)).collect();
    words.sort_unstable();
    assert_eq!(words, expected);
}

#[test]
fn files_merge_with_each_other_and_with_memory() {
    let dir = tempfile::tempdir().unwrap();
    let paths = ["a", "b"].map(|name| dir.path().join(name));
    counts(&[("x", 1), ("shared", 2)]).write(&paths[0], &mut ()).unwrap();
    counts(&[("shared", 40), ("y", 3)]).write(&paths[1], &mut ()).unwrap();
    let mut all = counts(&[("shared", 100), ("z", 4)]);
    for path in &paths {
        all.merge(WordCounts::open(path).unwrap()).unwrap();
    }
    let expected = owned(&[("shared", 142), ("x", 1), ("y", 3), ("z", 4)]);
    assert_eq!(sorted(&all), expected);
    assert_eq!((all.totals().words, all.pattern().as_str()), (150, Pattern::named("gpt2").unwrap().as_str()));
    // A file that is being read may be the one that is written, and clones read side by side.
    all.clone().write(&paths[0], &mut ()).unwrap();
    assert_eq!(sorted(&WordCounts::open(&paths[0]).unwrap()), expected);
    assert_eq!(sorted(&all), expected);
}

#[test]
fn refuses_empty_words_and_mixed_patterns() {
    let pattern = Pattern::named("gpt2").unwrap();
    assert_eq!(WordCounts::from_counts(pattern, [("", 1)]).unwrap_err().kind(), ErrorKind::Argument);
    let other = WordCounts::new(Pattern::named("cl100k_base").unwrap());
    assert!(counts(&[]).merge(other).unwrap_err().to_string().contains("different split patterns"));
}

#[test]
fn refuses_what_is_no_word_count_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    assert_eq!(WordCounts::open(&path).unwrap_err().kind(), ErrorKind::Io);
    std::fs::write(&path, "just some text, long enough to have a beginning and an end").unwrap();
    assert_eq!(WordCounts::open(&path).unwrap_err().kind(), ErrorKind::Format);
    counts(&[("x", 1)]).write(&path, &mut ()).unwrap();
    let mut file = std::fs::read(&path).unwrap();
    file.extend_from_slice(b"more");
    std::fs::write(&path, file).unwrap();
    let error = WordCounts::open(&path).and_then(|counts| counts.for_each(&mut |_, _| Ok(()))).unwrap_err();
    assert!(error.to_string().contains("follows its end"), "{error}");
    let error = counts(&[]).write(&dir.path().join("none").join("a"), &mut ()).unwrap_err();
    assert!(error.kind() == ErrorKind::Io && error.to_string().contains("none"), "{error}");
}

#[test]
fn writing_that_is_stopped_leaves_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("counts");
    counts(&[("x", 1)]).write(&path, &mut ()).unwrap();
    let before = std::fs::read(&path).unwrap();
    let mut stop = |_: &Event| ControlFlow::Break(());
    assert_eq!(counts(&[("y", 1)]).write(&path, &mut stop).unwrap_err().kind(), ErrorKind::Interrupted);
    assert_eq!(counts(&[("y", 1)]).to_bytes(&mut stop).unwrap_err().kind(), ErrorKind::Interrupted);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1);
    assert_eq!(counts(&[("x", 1)]).to_bytes(&mut ()).unwrap(), before);
    assert_eq!(sorted(&WordCounts::from_bytes(&before).unwrap()), owned(&[("x", 1)]));
}
