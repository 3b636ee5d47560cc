use super::*;

const TOTALS: Totals = Totals { documents: 3, bytes: 1 << 40, words: 99 };

fn written(words: &[(&[u8], u64)]) -> Vec<u8> {
    let mut writer = Writer::new(vec![], r"\w+|\s").unwrap();
    words.iter().for_each(|(word, count)| writer.word(word, *count).unwrap());
    writer.finish(TOTALS).unwrap().0
}

fn read(file: &[u8]) -> Result<Vec<(Vec<u8>, u64)>> {
    let mut reader = Reader::new(file, "f.words")?;
    assert_eq!(reader.pattern(), r"\w+|\s");
    let mut words = vec![];
    while reader.advance()? {
        words.push((reader.word().to_vec(), reader.count()));
    }
    assert_eq!(reader.footer().map(|footer| footer.totals), Some(TOTALS));
    Ok(words)
}

const WORDS: [(&[u8], u64); 6] =
    [(b"\0", 1), (b"a", 127), (b"aa", 128), (b"ab", u64::MAX), (b"b\xFF", 1 << 63), (b"c", 2)];

#[test]
fn what_is_written_comes_back() {
    assert!(read(&written(&[])).unwrap().is_empty());
    let expected: Vec<_> = WORDS.iter().map(|(word, count)| (word.to_vec(), *count)).collect();
    assert_eq!(read(&written(&WORDS)).unwrap(), expected);
    let long = vec![b'x'; 300_000];
    let words = [(&long[..], 5), (&long[..299_999], 1)];
    assert_eq!(read(&written(&[words[1], words[0]])).unwrap()[1].0, long);
}

#[test]
fn every_cut_and_every_flipped_bit_is_an_error() {
    let file = written(&WORDS);
    for length in 0..file.len() {
        assert_eq!(read(&file[..length]).unwrap_err().kind(), ErrorKind::Format, "cut to {length}");
    }
    // The pattern's bits are the caller's to compare.
    for bit in (0..file.len() * 8).filter(|bit| !(22..33).contains(&(bit / 8))) {
        let mut damaged = file.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let error = read(&damaged).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "bit {bit}");
        assert!(error.to_string().starts_with("f.words: not usable"), "{error}");
    }
}

#[test]
fn words_out_of_order_are_refused() {
    for words in [[(&b"b"[..], 1), (&b"a"[..], 1)], [(b"ab", 1), (b"aa", 1)]] {
        assert!(read(&written(&words)).unwrap_err().to_string().contains("ascending"));
    }
}
