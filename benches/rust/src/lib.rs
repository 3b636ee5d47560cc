//! What the stage benches share.
