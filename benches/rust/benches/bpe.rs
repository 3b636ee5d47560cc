//! Pre-tokens to ids and back: misses (a first pass, with an empty cache), cache hits (a later pass), counting, decoding.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokcore::Tokenizer;
use tokcore_benches::{corpora, criterion};

const ENCODINGS: [&str; 3] = ["r50k_base", "cl100k_base", "o200k_base"];

type Work = fn(&Tokenizer, &[u8]) -> usize;

fn encode(tokenizer: &Tokenizer, text: &[u8]) -> usize {
    tokenizer.encode_ordinary(text).expect("published patterns split any text").len()
}

fn count(tokenizer: &Tokenizer, text: &[u8]) -> usize {
    tokenizer.count(text).expect("published patterns split any text")
}

/// The work on an empty cache and on a full one; both must find as many tokens.
fn passes(criterion: &mut Criterion, name: &str, work: Work) {
    for encoding in ENCODINGS {
        let tokenizer = tokcore_encodings::get(encoding).expect("an embedded encoding");
        let mut group = criterion.benchmark_group(format!("{name}/{encoding}"));
        for corpus in corpora() {
            let text = corpus.text.as_bytes();
            assert_eq!(work(&tokenizer, text), encode(&tokenizer, text), "{name}, {encoding}, {}", corpus.name);
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_function(BenchmarkId::new("misses", &corpus.name), |bench| {
                bench.iter_batched(|| tokenizer.clear_cache(), |()| work(&tokenizer, text), BatchSize::PerIteration);
            });
            group.bench_function(BenchmarkId::new("hits", &corpus.name), |bench| {
                bench.iter(|| work(&tokenizer, text));
            });
        }
    }
}

fn encoding(criterion: &mut Criterion) {
    passes(criterion, "encode", encode);
}

fn counting(criterion: &mut Criterion) {
    passes(criterion, "count", count);
}

fn decoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for encoding in ENCODINGS {
        let tokenizer = tokcore_encodings::get(encoding).expect("an embedded encoding");
        for corpus in corpora() {
            let ids = tokenizer.encode_ordinary(corpus.text.as_bytes()).expect("published patterns split any text");
            assert_eq!(tokenizer.decode_bytes(&ids).expect("ids just made"), corpus.text.as_bytes());
            group.throughput(Throughput::Bytes(corpus.text.len() as u64));
            group.bench_function(BenchmarkId::new(encoding, &corpus.name), |bench| {
                bench.iter(|| tokenizer.decode_bytes(&ids));
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = criterion();
    targets = encoding, counting, decoding
}
criterion_main!(benches);
