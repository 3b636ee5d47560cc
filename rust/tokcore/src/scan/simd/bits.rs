//! Mask arithmetic that carries from one block to the next.

/// Bit `i` says what `now` says of byte `i - 1`; bit 0 comes from `before`, the same mask of the block before.
#[inline(always)]
pub(super) fn after(now: u64, before: u64) -> u64 {
    now << 1 | before >> 63
}

/// From every bit of `events` to the end of its run of ones in `within`; `before` is this function's result for the
/// block before, whose run goes on. `events` must lie in `within`.
#[inline(always)]
pub(super) fn fill(events: u64, within: u64, before: u64) -> u64 {
    let events = events | within & before >> 63;
    // The sum carries from an event through all ones above it; at a second event of the run the sum is one again.
    (within.wrapping_add(events) ^ within | events) & within
}

/// The place of the highest one of `mask` below bit `end`.
#[inline(always)]
pub(super) fn last_below(mask: u64, end: u32) -> Option<u32> {
    (mask & ((1 << end) - 1)).checked_ilog2()
}

/// The places of the ones of a mask, ascending.
pub(super) struct Ones(pub(super) u64);

impl Iterator for Ones {
    type Item = u32;

    #[inline(always)]
    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        let place = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_runs_to_the_end_of_the_run() {
        assert_eq!(fill(0b0000_0100, 0b0111_1110, 0), 0b0111_1100);
        assert_eq!(fill(0b0010_0100, 0b0111_1110, 0), 0b0111_1100);
        assert_eq!(fill(0b0010_0010, 0b1110_0110, 0), 0b1110_0110);
        assert_eq!(fill(0, 0b0110_0111, 1 << 63), 0b111);
        assert_eq!(fill(1 << 60, u64::MAX, 0), 0xF << 60);
        assert_eq!(fill(0, u64::MAX, 1 << 63), u64::MAX);
    }

    #[test]
    fn places_of_ones() {
        assert_eq!(Ones(1 | 1 << 9 | 1 << 63).collect::<Vec<_>>(), [0, 9, 63]);
        assert_eq!(last_below(0b1010, 3), Some(1));
        assert_eq!(last_below(0b1010, 1), None);
        assert_eq!(last_below(0b1010, 0), None);
    }
}
