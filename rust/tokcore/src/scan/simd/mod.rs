//! Vector scanning: the families' rules as algebra over bit masks, 64 bytes at a time.
//!
//! [`scanner`] is written once, over the [`vector::Vector`] trait; `portable`, `avx2` and `avx512` only supply loads,
//! comparisons, look-ups and the turning of masks into positions. [`dispatch`] picks among them by the tier in use. `rules.rs` is what all of it is
//! tested against.
//!
//! A block's text becomes one mask a class (bit `i` is byte `i`; every byte of a character has its character's class).
//! Where a pre-token starts is then a matter of shifts and ands between masks, with the last bits of the block before
//! as carry; a tier with registers for it does that with the masks of four or eight blocks at once ([`bits::Bits`]). What depends on text far ahead (blank text before a newline, capitals before the end of a word) is rare
//! and put right afterwards in the window's masks.

mod beyond;
mod bits;
mod cased;
mod classify;
mod contractions;
mod digits;
mod dispatch;
mod plain;
mod portable;
mod reader;
mod scanner;
mod spaced;
#[cfg(test)]
mod tests;

mod vector;
mod whitespace;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod eight;
#[cfg(target_arch = "x86_64")]
mod four;

pub(super) use dispatch::{Window, bounds};
pub(super) use scanner::Scratch;
