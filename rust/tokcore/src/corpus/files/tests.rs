use std::io::Write;

use super::*;

fn read(files: &[(&str, &[u8])], options: Options) -> Result<Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| dir.path().join(name)).collect();
    for ((_, content), path) in files.iter().zip(&paths) {
        std::fs::write(path, content).unwrap();
    }
    let mut source = Files::open(&paths, options)?;
    let (mut batch, mut seen) = (Batch::default(), vec![]);
    while source.next_batch(&mut batch)? {
        seen.extend(batch.documents().map(|d| String::from_utf8_lossy(d).into_owned()));
    }
    Ok(seen)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    out.write_all(text).unwrap();
    out.finish().unwrap()
}

#[test]
fn text_splits_at_separators() {
    let text = b"one<|endoftext|>two<|endoftext|><|endoftext|>three<|endof";
    assert_eq!(read(&[("a", text)], Options::default()).unwrap(), ["one", "two", "three<|endof"]);
    let options = Options { separator: None, ..Options::default() };
    assert_eq!(read(&[("a", b"x<|endoftext|>")], options).unwrap(), ["x<|endoftext|>"]);
    assert!(read(&[("a", b""), ("b", b"<|endoftext|>")], Options::default()).unwrap().is_empty());
}

#[test]
fn long_files_come_whole_wherever_blocks_end() {
    let document = "word ".repeat(99_991);
    let text = format!("{document}<|endoftext|>").repeat(9);
    assert_eq!(read(&[("a", text.as_bytes())], Options::default()).unwrap(), vec![document; 9]);
}

#[test]
fn a_document_too_long_to_hold_is_cut_before_a_word() {
    let text = "word ".repeat(5_000_000);
    let parts = read(&[("a", text.as_bytes())], Options::default()).unwrap();
    assert!(parts.len() > 1 && parts[1..].iter().all(|part| part.starts_with(" word")));
    assert_eq!(parts.concat(), text);
}

#[test]
fn a_document_that_is_cut_is_one_document() {
    let dir = tempfile::tempdir().unwrap();
    let long = "word ".repeat(2_000_000);
    // The last is cut as well, and ends in a separator that is all that is left of the text.
    let text = format!("a<|endoftext|>{long}<|endoftext|>b<|endoftext|><|endoftext|>{long}<|endoftext|>");
    std::fs::write(dir.path().join("a"), text).unwrap();
    let mut source = Files::open(&[dir.path().join("a")], Options::default()).unwrap();
    let (mut batch, mut begun, mut parts) = (Batch::default(), 0, 0);
    while source.next_batch(&mut batch).unwrap() {
        begun += batch.begun();
        parts += batch.documents().len();
    }
    assert!(begun == 4 && parts > 8, "{begun} documents in {parts} parts");
}

#[test]
fn a_document_that_must_be_whole_is_not_cut() {
    let dir = tempfile::tempdir().unwrap();
    let text = "word ".repeat(5_000_000);
    std::fs::write(dir.path().join("a"), format!("{text}<|endoftext|>b")).unwrap();
    let mut source = Files::open(&[dir.path().join("a")], Options::default()).unwrap();
    source.keep_whole();
    let mut batch = Batch::default();
    assert!(source.next_batch(&mut batch).unwrap());
    assert_eq!(batch.documents().next().map(<[u8]>::len), Some(text.len()));
}

#[test]
fn compression_is_seen_in_the_content() {
    let (gz, zst) = (gzip(b"one<|endoftext|>two"), zstd::encode_all(&b"three"[..], 1).unwrap());
    let two_members = [gzip(b"4"), gzip(b"5")].concat();
    // As pzstd writes it: a frame to be skipped, with the size of the next, comes first.
    let after_a_skipped_one = [&[0x5A, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4][..], &zst].concat();
    let files = [("a.gz", &gz[..]), ("b", &zst), ("c", &two_members), ("d", &after_a_skipped_one)];
    assert_eq!(read(&files, Options::default()).unwrap(), ["one", "two", "three", "45", "three"]);
    let padded = [gzip(b"4"), vec![0; 100_000], gzip(b"5"), vec![0; 70_000]].concat();
    assert_eq!(read(&[("padded", &padded)], Options::default()).unwrap(), ["45"]);
    for rest in [&b"x"[..], &[0, 0, 7], &[0, 0x1F, 0x8B]] {
        let error = read(&[("more", &[&gzip(b"4"), rest].concat())], Options::default()).unwrap_err();
        assert!(error.to_string().contains("damaged"), "{error}");
    }
    let long = gzip(&b"word ".repeat(50_000));
    let error = read(&[("cut.gz", &long[..long.len() / 2])], Options::default()).unwrap_err();
    assert!(error.to_string().contains("cut.gz") && error.to_string().contains("ends early"), "{error}");
}

#[test]
fn json_lines_give_one_field() {
    let lines = "{\"id\": 1, \"text\": \"a\\nb\"}\n\n{\"text\": \"你好\", \"x\": [{\"text\": 1}]}\r\n{\"text\":\"\"}";
    assert_eq!(read(&[("a.jsonl", lines.as_bytes())], Options::default()).unwrap(), ["a\nb", "你好"]);
    let options = Options { format: Format::JsonLines, field: "body".into(), ..Options::default() };
    assert_eq!(read(&[("a.txt", b"{\"body\": \"b\"}\n")], options).unwrap(), ["b"]);
    let many: String = (0..200_000).map(|i| format!("{{\"text\": \"line {i}\"}}\n")).collect();
    let seen = read(&[("a.jsonl.gz", &gzip(many.as_bytes()))], Options::default()).unwrap();
    assert_eq!((seen.len(), seen[199_999].as_str()), (200_000, "line 199999"));
}

#[test]
fn json_errors_name_file_line_and_reason() {
    for (line, reason) in
        [("{\"t\": 1}", "no field"), ("{\"text\": 1}", "string"), ("{\"text\"", "EOF"), ("7", "field")]
    {
        let lines = format!("{{\"text\": \"a\"}}\n\n{line}\n{{\"text\": \"b\"}}\n");
        let error = read(&[("a.jsonl", lines.as_bytes())], Options::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        let message = error.to_string();
        assert!(message.contains("a.jsonl: line 3") && message.contains(reason), "{message}");
    }
}

#[test]
fn what_cannot_be_read_is_named_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let fail = |path: &Path| Files::open(&[path], Options::default()).err().unwrap();
    assert!(fail(dir.path()).to_string().contains("directory"));
    let missing = fail(&dir.path().join("none.txt"));
    assert_eq!(missing.kind(), ErrorKind::Io);
    assert!(missing.to_string().contains("none.txt"));
    assert_eq!(Files::open::<PathBuf>(&[], Options::default()).err().unwrap().kind(), ErrorKind::Argument);
    let options = Options { separator: Some(String::new()), ..Options::default() };
    assert!(Files::open(&[Path::new("-")], options).err().unwrap().to_string().contains("empty"));
}

#[test]
fn progress_reaches_the_size_of_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    std::fs::write(&path, "x".repeat(1000)).unwrap();
    let mut source = Files::open(&[&path, &path], Options::default()).unwrap();
    assert_eq!(source.progress(), (0, Some(2000)));
    let mut batch = Batch::default();
    while source.next_batch(&mut batch).unwrap() {}
    assert_eq!(source.progress(), (2000, Some(2000)));
}

#[test]
fn separators_that_overlap_themselves_count_from_the_left_of_the_file() {
    let text = ["b".to_string(), "a".repeat((2 << 20) + 1), "b".to_string()].concat();
    let options = || Options { separator: Some("aa".into()), ..Options::default() };
    assert_eq!(read(&[("a", text.as_bytes())], options()).unwrap(), ["b", "ab"]);
}

#[test]
#[cfg(unix)]
fn a_pipe_is_read_from_its_first_byte_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let content = gzip(b"one<|endoftext|>two");
    let mut source = Files::open(&[&path], Options::default()).unwrap();
    assert_eq!(source.progress().1, None);
    std::thread::scope(|scope| {
        scope.spawn(|| std::fs::write(&path, &content).unwrap());
        let mut batch = Batch::default();
        assert!(source.next_batch(&mut batch).unwrap());
        assert_eq!(batch.documents().collect::<Vec<_>>(), [b"one", b"two"]);
    });
}
