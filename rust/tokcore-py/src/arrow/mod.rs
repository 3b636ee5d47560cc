//! The Arrow PyCapsule interface: columns of text in, batches of ids out, without a copy.

mod export;
mod import;

pub(crate) use export::{Capsules, capsules};
pub(crate) use import::Columns;
