//! The named encodings, embedded at build time.
