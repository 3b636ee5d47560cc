//! Pre-token boundaries: every tier and kind of pattern, with and without cuts.
//!
//! `TOKCORE_CORPUS=a.txt:b.txt cargo bench -p tokcore-benches --bench scan` adds files to the generated texts.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokcore::scan::CutFilter;
use tokcore::tier::Tier;
use tokcore::{Pattern, Spans};
use tokcore_benches::{Corpus, corpora, criterion};

/// The number of spans of the whole text; all tiers must find the same.
fn count(pattern: &Pattern, cuts: Option<&CutFilter>, text: &[u8], spans: &mut Spans) -> usize {
    let (mut start, mut count) = (0, 0);
    while start < text.len() {
        let window = match cuts {
            Some(cuts) => pattern.window_cut(text, start, cuts, spans),
            None => pattern.window(text, start, spans),
        };
        start = window.expect("published patterns split any text");
        count += spans.len();
    }
    count
}

fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    corpus: &Corpus,
    pattern: &Pattern,
    cuts: Option<&CutFilter>,
) {
    let (text, mut spans) = (corpus.text.as_bytes(), Spans::new());
    let expected = Tier::Portable.force().then(|| count(pattern, cuts, text, &mut spans));
    group.throughput(Throughput::Bytes(text.len() as u64));
    for tier in Tier::ALL.into_iter().filter(|tier| tier.force()) {
        tier.force();
        assert_eq!(Some(count(pattern, cuts, text, &mut spans)), expected, "{name} by {tier:?}");
        group.bench_function(BenchmarkId::new(format!("{name}/{tier:?}"), &corpus.name), |bench| {
            bench.iter(|| count(pattern, cuts, text, &mut spans));
        });
    }
}

fn boundaries(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("boundaries");
    for corpus in corpora() {
        for name in ["gpt2", "cl100k_base", "o200k_base"] {
            let pattern = Pattern::named(name).expect("a published pattern");
            measure(&mut group, name, &corpus, &pattern, None);
        }
    }
}

fn cuts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cuts");
    for name in ["cl100k_base", "o200k_base"] {
        let encoding = tokcore_encodings::get(name).expect("an embedded encoding");
        let filter = CutFilter::new(encoding.vocabulary().iter().map(|(_, token)| token));
        for corpus in corpora() {
            measure(&mut group, name, &corpus, encoding.pattern(), Some(&filter));
        }
    }
}

criterion_group! {
    name = benches;
    config = criterion();
    targets = boundaries, cuts
}
criterion_main!(benches);
