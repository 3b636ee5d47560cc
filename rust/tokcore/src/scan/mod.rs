//! Bytes -> spans: splits text into pre-tokens by a split pattern.
//!
//! [`Pattern`] is the way in. Text is bytes; a byte that belongs to no valid UTF-8 character counts as one U+FFFD
//! while splitting, whatever engine does the work, and stays the byte it is in the spans.

mod bloom;
mod class;
mod cuts;
mod family;
mod joint;
mod known;
mod pattern;
mod regex;
mod rules;
mod safe;
mod simd;
mod spans;
mod stretch;
#[cfg(test)]
mod tests;

pub(crate) use bloom::{Bloom, Filling};
pub use cuts::CutFilter;
pub(crate) use joint::{Joined, MARK};
pub(crate) use known::WINDOW;
pub use pattern::Pattern;
pub(crate) use safe::FARTHEST;
pub use spans::Spans;
pub(crate) use stretch::KEPT;
