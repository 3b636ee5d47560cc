//! The named encodings, embedded: no file and no network is needed to load one.
//!
//! Their ranks come from the `tiktoken-rs` crate when this crate is built; the tests hold them against the hashes of the
//! published rank files.

mod models;
mod special;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use tokcore::vocab::format::body;
use tokcore::{Error, ErrorKind, Result, SpecialTokens, Tokenizer, Vocabulary};

pub use models::name_for_model;

/// A vocabulary's tokens, as `tokcore::vocab::format::body` writes them, and its pairs, as `tokcore::bpe::pair_table` does.
struct Ranks {
    tokens: &'static [u8],
    pairs: &'static Aligned<[u8]>,
}

/// Aligned as the table of pairs is in memory, where it then is used as it stands.
#[repr(C, align(64))]
struct Aligned<B: ?Sized>(B);

macro_rules! ranks {
    ($file:literal) => {
        Ranks {
            tokens: include_bytes!(concat!(env!("OUT_DIR"), "/", $file)),
            pairs: &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/", $file, ".pairs"))),
        }
    };
}

static R50K: Ranks = ranks!("r50k");
static P50K: Ranks = ranks!("p50k");
static CL100K: Ranks = ranks!("cl100k");
static O200K: Ranks = ranks!("o200k");

struct Encoding {
    name: &'static str,
    ranks: &'static Ranks,
    special: fn() -> Result<SpecialTokens>,
    shared: OnceLock<Arc<Tokenizer>>,
}

impl Encoding {
    const fn new(name: &'static str, ranks: &'static Ranks, special: fn() -> Result<SpecialTokens>) -> Self {
        Self { name, ranks, special, shared: OnceLock::new() }
    }

    fn load(&self) -> Result<Tokenizer> {
        let pattern = tokcore::scan::Pattern::named(self.name)
            .ok_or_else(|| Error::new(ErrorKind::Pattern, format!("{} has no pattern", self.name)))?;
        Tokenizer::new(self.name, pattern.as_str(), self.vocabulary()?, (self.special)()?)
    }

    fn vocabulary(&self) -> Result<Vocabulary> {
        Ok(body::read(Cow::Borrowed(self.ranks.tokens))?.with_pairs(&self.ranks.pairs.0))
    }
}

static ENCODINGS: [Encoding; 7] = [
    Encoding::new("gpt2", &R50K, special::r50k),
    Encoding::new("r50k_base", &R50K, special::r50k),
    Encoding::new("p50k_base", &P50K, special::r50k),
    Encoding::new("p50k_edit", &P50K, special::p50k_edit),
    Encoding::new("cl100k_base", &CL100K, special::cl100k),
    Encoding::new("o200k_base", &O200K, special::o200k),
    Encoding::new("o200k_harmony", &O200K, special::harmony),
];

/// The names that [`get`] knows.
pub fn names() -> impl ExactSizeIterator<Item = &'static str> {
    ENCODINGS.iter().map(|encoding| encoding.name)
}

/// The encoding called `name`: one instance a process, made when first asked for.
///
/// # Errors
/// [`ErrorKind::NotFound`] for a name that is not in [`names`].
pub fn get(name: &str) -> Result<Arc<Tokenizer>> {
    let Some(encoding) = ENCODINGS.iter().find(|encoding| encoding.name == name) else {
        let known = names().collect::<Vec<_>>().join(", ");
        let why = format!("unknown encoding {name:?}; the embedded encodings are {known}");
        return Err(Error::new(ErrorKind::NotFound, why));
    };
    match encoding.shared.get() {
        Some(shared) => Ok(shared.clone()),
        // Two threads may both load it; one instance is kept.
        None => encoding.load().map(|loaded| encoding.shared.get_or_init(|| Arc::new(loaded)).clone()),
    }
}

/// The encoding that `model` uses, by [`name_for_model`].
///
/// # Errors
/// [`ErrorKind::NotFound`] for an unknown model.
pub fn for_model(model: &str) -> Result<Arc<Tokenizer>> {
    get(name_for_model(model)?)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};
    use tokcore::vocab::format::tiktoken;

    use super::*;

    /// SHA-256 of the published rank files, as tiktoken's `openai_public.py` names them; gpt2 has r50k_base's ranks.
    const PUBLISHED: [(&str, &str); 7] = [
        ("gpt2", "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"),
        ("r50k_base", "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"),
        ("p50k_base", "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069"),
        ("p50k_edit", "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069"),
        ("cl100k_base", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"),
        ("o200k_base", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
        ("o200k_harmony", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
    ];

    #[test]
    fn ranks_are_those_published() {
        assert!(names().eq(PUBLISHED.iter().map(|(name, _)| *name)));
        for (encoding, (name, published)) in ENCODINGS.iter().zip(PUBLISHED) {
            let vocabulary = encoding.vocabulary().unwrap().check_distinct().unwrap();
            let digest = Sha256::digest(tiktoken::write(&vocabulary));
            let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(digest, published, "{name}");
            assert!((encoding.special)().unwrap().iter().all(|(_, id)| vocabulary.token(id).is_none()), "{name}");
        }
    }

    #[test]
    fn pairs_are_those_that_merging_finds() {
        for ranks in [&R50K, &P50K, &CL100K, &O200K] {
            let vocabulary = body::read(Cow::Borrowed(ranks.tokens)).unwrap();
            assert!(tokcore::bpe::pair_table(&vocabulary).unwrap() == ranks.pairs.0);
        }
    }

    #[test]
    fn highest_ids_are_those_documented() {
        let highest = [50_256, 50_256, 50_280, 50_283, 100_276, 200_018, 201_087];
        for (encoding, highest) in ENCODINGS.iter().zip(highest) {
            let last = encoding.vocabulary().unwrap().id_bound() - 1;
            assert_eq!((encoding.special)().unwrap().max_id().unwrap().max(last), highest, "{}", encoding.name);
        }
    }

    #[test]
    fn one_instance_a_process_and_no_guesses() {
        assert!(Arc::ptr_eq(&get("r50k_base").unwrap(), &get("r50k_base").unwrap()));
        assert!(Arc::ptr_eq(&for_model("gpt-2").unwrap(), &get("gpt2").unwrap()));
        let error = get("cl100k").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("cl100k_base"));
    }
}
