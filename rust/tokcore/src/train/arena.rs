//! Lists of positions in one growing array, with the space of dropped lists used again.

use std::ops::Range;

/// Where a list is: `start..start + len` of [`Arena::positions`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct List {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl List {
    /// The indices of its positions.
    #[inline(always)]
    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

/// A place in [`Arena::positions`] that belongs to no list, for what nobody wants to know.
pub(super) const NOWHERE: u32 = 0;

/// Space for lists. Freed stretches wait in classes by the power of two below their length; those under 8 are left.
pub(super) struct Arena {
    pub(super) positions: Vec<u32>,
    /// Positions from here on were never given out.
    used: usize,
    free: Vec<Vec<List>>,
    /// Bit `k` is set if `free[k]` is not empty.
    classes: u32,
}

impl Arena {
    pub(super) fn new() -> Self {
        Self { positions: vec![], used: NOWHERE as usize + 1, free: vec![vec![]; 32], classes: 0 }
    }

    /// Drops every list and makes room for others of `len` positions in all.
    pub(super) fn restart(&mut self, len: usize) {
        *self = Self::new();
        // New lists mostly take the space of old ones; the rest is for the time before. It is not touched until then.
        self.positions = vec![0; self.used + len + len / 4];
    }

    /// Space for `len` positions, of any content.
    pub(super) fn allocate(&mut self, len: u32) -> List {
        let class = len.max(1).next_power_of_two().trailing_zeros();
        let fitting = self.classes.checked_shr(class).unwrap_or(0);
        if fitting == 0 {
            // In all, lists take three places for each slot of the words at most, of which there are 2^30: one place for each
            // pair at first, and two for each time that two tokens become one.
            let start = self.used as u32;
            self.used += len as usize;
            if self.used > self.positions.len() {
                self.grow();
            }
            return List { start, len };
        }
        let class = (class + fitting.trailing_zeros()) as usize;
        let stretch = self.free[class].pop().unwrap_or_default();
        if self.free[class].is_empty() {
            self.classes &= !(1 << class);
        }
        self.release(List { start: stretch.start + len, len: stretch.len - len });
        List { start: stretch.start, len }
    }

    fn grow(&mut self) {
        if self.used > self.positions.capacity() {
            // Doubling would cost memory that is seldom needed: most lists take the space of older ones.
            let by = (self.used - self.positions.len()).max(self.positions.len() / 8);
            self.positions.reserve_exact(by);
        }
        self.positions.resize(self.used, 0);
    }

    /// How many bytes it takes, as far as it was ever written to.
    pub(super) fn memory(&self) -> usize {
        let free: usize = self.free.iter().map(Vec::capacity).sum();
        self.used * size_of::<u32>() + free * size_of::<List>()
    }

    /// Takes a list's space back.
    pub(super) fn release(&mut self, list: List) {
        if list.len >= 8 {
            let class = list.len.ilog2();
            self.free[class as usize].push(list);
            self.classes |= 1 << class;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_never_share_space() {
        let (mut arena, mut live) = (Arena::new(), vec![]);
        for round in 0..2000u32 {
            let list = arena.allocate(round * 7919 % 300);
            arena.positions[list.range()].fill(round);
            live.push((round, list));
            if round % 3 != 0 {
                let (_, list) = live.swap_remove((round as usize * 31) % live.len());
                arena.release(list);
            }
        }
        for (round, list) in live {
            assert!(list.start != NOWHERE && arena.positions[list.range()].iter().all(|&p| p == round));
        }
        assert!(arena.positions.len() < 150 * 1400);
    }
}
