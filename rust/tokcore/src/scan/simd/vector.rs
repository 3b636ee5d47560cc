//! What a block of 64 bytes must be able to do.

/// An instruction set, as a value that exists only where the processor has it.
pub(super) trait Vector: Copy {
    /// 64 bytes in registers.
    type Block: Copy;

    /// Whether a dozen comparisons cost less than looking a dozen characters up.
    const COMPARES_FAST: bool;

    /// The block that holds `bytes`.
    fn load(self, bytes: &[u8; 64]) -> Self::Block;

    /// Which bytes are `byte`.
    fn equal(self, block: Self::Block, byte: u8) -> u64;

    /// Which bytes are in `low..=high`.
    fn within(self, block: Self::Block, low: u8, high: u8) -> u64;

    /// Writes `base` plus the place of each one of `mask` to the front of `out`, which has room for 64 numbers, and
    /// may write over the rest of those 64. Returns how many there are.
    fn places(self, mask: u64, base: u32, out: &mut [u32; 64]) -> usize;
}
