//! What the stage benches share: how they are measured, and texts to run over.

use std::path::Path;
use std::time::Duration;

use criterion::Criterion;

/// Bytes of each generated text, and the most that is read of a file.
const SIZE: usize = 4 << 20;

/// Ten samples in about a second: there are more than a hundred benches, and a stage that gets slower shows all the same.
pub fn criterion() -> Criterion {
    let brief = Criterion::default().sample_size(10);
    brief.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1))
}

/// A text and what it is called in reports.
pub struct Corpus {
    /// Its name.
    pub name: String,
    /// Its text, UTF-8.
    pub text: String,
}

/// Generated texts and, if the environment variable `TOKCORE_CORPUS` names files (separated as in `PATH`), the
/// beginnings of those.
///
/// # Panics
/// If such a file cannot be read.
pub fn corpora() -> Vec<Corpus> {
    let words = "the of and a in is it that was for on are with as his they at be this from I have or by one had not but \
                 what all were when we there can an your which their said if do will each about how up out them then she \
                 many some so these would other into has more her two like him see time could no make than first been its";
    let han = "的 一 是 不 了 人 我 在 有 他 这 中 大 来 上 国 个 到 说 们 为 子 和 你 地 出 道 也 时 年 得 就 那 要 下 以 生 会 自 着";
    let mixed =
        "привет мир это тест γειά σου κόσμε مرحبا بالعالم שלום नमस्ते दुनिया 안녕하세요 세계 こんにちは été naïve 12345 ½";
    let code = "def if return self. = ( ): \n    \n        [i] x + 1 # None print( \" ' , == != import os.path camelCase HTTP_Error";
    let mut corpora = vec![
        generated("words", words, " ", ". "),
        generated("han", han, "", "，"),
        generated("mixed", mixed, " ", "! "),
        generated("code", code, " ", "\n"),
    ];
    if let Some(paths) = std::env::var_os("TOKCORE_CORPUS") {
        corpora.extend(std::env::split_paths(&paths).map(|path| file(&path)));
    }
    corpora
}

/// Words drawn from a list, with `between` them and `end` after about one in ten.
fn generated(name: &str, list: &str, between: &str, end: &str) -> Corpus {
    let list: Vec<&str> = list.split(' ').collect();
    let (mut text, mut state) = (String::with_capacity(SIZE + 64), 1_u64);
    while text.len() < SIZE {
        state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        let chance = (state >> 33) as usize;
        text.push_str(list[chance % list.len()]);
        text.push_str(if (chance >> 20).is_multiple_of(10) { end } else { between });
    }
    Corpus { name: name.to_owned(), text }
}

fn file(path: &Path) -> Corpus {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SIZE)]).into_owned();
    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Corpus { name, text }
}
