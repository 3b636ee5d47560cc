//! Exact byte-level BPE tokenization: train, encode, decode and count.
//!
//! Bytes flow one way: `corpus` reads files into documents, `scan` splits text into pre-tokens, `bpe` turns
//! pre-tokens into ids, `train` turns pre-token counts into a vocabulary. `vocab` is the ground floor, and
//! [`Tokenizer`] ties the rooms together. `scan`, `corpus` and `vocab` do not know each other.

pub mod batch;
pub mod bpe;
pub mod corpus;
pub mod error;
mod memory;
mod replacing;
pub mod scan;
pub mod special;
mod text;
mod threads;
pub mod tier;
pub mod tokenizer;
pub mod train;
pub mod vocab;

pub use batch::TokenBatch;
pub use error::{Error, ErrorKind, Result};
pub use scan::{Pattern, Spans};
pub use special::Specials;
pub use text::Text;
pub use tokenizer::{Tokenizer, WithOffsets, WithUnstable};
pub use vocab::{SpecialTokens, Vocabulary};
