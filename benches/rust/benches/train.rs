//! Training: counting words, and indexing and merging their pairs.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokcore::Pattern;
use tokcore::corpus::Texts;
use tokcore::train::{Config, WordCounts, count_words, train};
use tokcore_benches::{corpora, criterion};

const VOCAB_SIZE: usize = 8_000;

fn words(text: &str, config: &Config) -> WordCounts {
    let documents: Vec<&str> = text.split_inclusive('\n').collect();
    count_words(&mut Texts::new(&documents), &config.counting(), &mut ()).expect("text in memory")
}

fn stages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("train");
    let pattern = Pattern::named("cl100k_base").expect("a published pattern");
    let config = Config::new(VOCAB_SIZE, pattern);
    for corpus in corpora() {
        group.throughput(Throughput::Bytes(corpus.text.len() as u64));
        group.bench_function(BenchmarkId::new("count", &corpus.name), |bench| {
            bench.iter(|| words(&corpus.text, &config));
        });
        let counts = words(&corpus.text, &config);
        group.bench_function(BenchmarkId::new("merge", &corpus.name), |bench| {
            bench.iter_batched(
                || counts.clone(),
                |counts| train(counts, &config, &mut ()).expect("text that is not empty"),
                BatchSize::PerIteration,
            );
        });
    }
}

criterion_group! {
    name = benches;
    config = criterion();
    targets = stages
}
criterion_main!(benches);
