//! Arrays of symbols: 16 bits for each as long as they do, then 8 more in an array beside.
//!
//! Training waits for these arrays more than for anything else, and most of its work is done by the time that there are more
//! ids than 16 bits tell apart. Arrays of 32 bits from then on would take what was won: the system clears them first.

use std::marker::PhantomData;
use std::ops::Range;

use crate::memory::prefetch_early;

/// What an element of an array tells: an id.
pub(super) trait Symbol: Copy + Eq + Send + Sync + 'static {
    /// No id is higher.
    const MOST: u32;
    /// Whether arrays have high bytes.
    const WIDE: bool;

    fn new(id: u32) -> Self;
    fn id(self) -> u32;
}

impl Symbol for u16 {
    // Tests have few tokens, and want some that are wide.
    const MOST: u32 = if cfg!(test) { 300 } else { Self::MAX as u32 };
    const WIDE: bool = false;

    #[inline(always)]
    fn new(id: u32) -> Self {
        id as Self
    }
    #[inline(always)]
    fn id(self) -> u32 {
        self.into()
    }
}

impl Symbol for u32 {
    const MOST: u32 = (1 << 24) - 1;
    const WIDE: bool = true;

    #[inline(always)]
    fn new(id: u32) -> Self {
        id
    }
    #[inline(always)]
    fn id(self) -> u32 {
        self
    }
}

/// How many bytes an element takes in the end, where ids go up to `most`.
pub(super) fn bytes_each(most: u32) -> usize {
    if most <= u16::MOST { 2 } else { 3 }
}

/// How many elements are made wide at a time.
const BLOCK: usize = 1 << 12;

/// An array of symbols.
pub(super) struct Symbols<S> {
    low: Vec<u16>,
    /// Empty if symbols are not wide.
    high: Vec<u8>,
    symbol: PhantomData<S>,
}

/// Some neighbouring elements of an array.
pub(super) struct Window<'a, S> {
    low: &'a mut [u16],
    high: &'a mut [u8],
    symbol: PhantomData<S>,
}

#[inline(always)]
fn join<S: Symbol>(low: &[u16], high: &[u8], at: usize) -> S {
    S::new(u32::from(low[at]) | if S::WIDE { u32::from(high[at]) << 16 } else { 0 })
}

impl<S: Symbol> Symbols<S> {
    pub(super) fn new(symbol: S, len: usize) -> Self {
        let high = if S::WIDE { vec![(symbol.id() >> 16) as u8; len] } else { vec![] };
        Self { low: vec![symbol.id() as u16; len], high, symbol: PhantomData }
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.low.len()
    }

    #[inline(always)]
    pub(super) fn get(&self, at: usize) -> S {
        join(&self.low, &self.high, at)
    }

    #[inline(always)]
    pub(super) fn set(&mut self, at: usize, symbol: S) {
        self.low[at] = symbol.id() as u16;
        if S::WIDE {
            self.high[at] = (symbol.id() >> 16) as u8;
        }
    }

    /// Writes symbols from a place on, if there is room for all of them; returns whether there is.
    #[inline(always)]
    pub(super) fn write(&mut self, start: usize, symbols: impl ExactSizeIterator<Item = S>) -> bool {
        let Some(low) = self.low.get_mut(start..start + symbols.len()) else { return false };
        if S::WIDE {
            (start..).zip(symbols).for_each(|(at, symbol)| self.set(at, symbol));
        } else {
            low.iter_mut().zip(symbols).for_each(|(low, symbol)| *low = symbol.id() as u16);
        }
        true
    }

    /// The elements of a range, which must be there.
    #[inline(always)]
    pub(super) fn range(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = S> {
        range.map(|at| self.get(at))
    }

    /// Those of a range, to be changed; `None` if it is not there.
    #[inline(always)]
    pub(super) fn window(&mut self, range: Range<usize>) -> Option<Window<'_, S>> {
        let high = if S::WIDE { self.high.get_mut(range.clone())? } else { &mut [] };
        Some(Window { low: self.low.get_mut(range)?, high, symbol: PhantomData })
    }

    /// Asks for the memory of an element.
    #[inline(always)]
    pub(super) fn expect(&self, at: usize) {
        prefetch_early(&self.low, at);
        if S::WIDE {
            prefetch_early(&self.high, at);
        }
    }

    /// Lets go of all but the first `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        self.low.truncate(len);
        self.low.shrink_to_fit();
        self.high.truncate(len);
        self.high.shrink_to_fit();
    }

    /// How many bytes they take.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&self.low[..]) + self.high.len()
    }
}

impl Symbols<u16> {
    /// The same with wide symbols, and `to` in the place of `from`.
    pub(super) fn widen(self, from: u16, to: u32) -> Symbols<u32> {
        let mut low = self.low;
        let mut high = vec![0; low.len()];
        for (low, high) in low.chunks_mut(BLOCK).zip(high.chunks_mut(BLOCK)) {
            high.iter_mut().zip(&*low).for_each(|(high, &low)| *high = if low == from { (to >> 16) as u8 } else { 0 });
            low.iter_mut().for_each(|low| *low = if *low == from { to as u16 } else { *low });
        }
        Symbols { low, high, symbol: PhantomData }
    }
}

impl<S: Symbol> Window<'_, S> {
    #[inline(always)]
    pub(super) fn get(&self, at: usize) -> S {
        join(self.low, self.high, at)
    }

    /// Writes a symbol if `wanted`. What is there is written again if not: a branch that nobody can foretell would cost more.
    #[inline(always)]
    pub(super) fn set_if(&mut self, wanted: bool, at: usize, symbol: S) {
        self.low[at] = if wanted { symbol.id() as u16 } else { self.low[at] };
        if S::WIDE {
            self.high[at] = if wanted { (symbol.id() >> 16) as u8 } else { self.high[at] };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_symbols_keep_what_narrow_ones_told_and_hold_high_ids() {
        let (len, separator, wide_separator) = (3 * BLOCK + 5, 300, 0x12_012C);
        let mut narrow = Symbols::<u16>::new(separator, len);
        assert!(narrow.write(2, [7, 0, 299].into_iter()));
        assert!(!narrow.write(len - 2, [1, 2, 3].into_iter()));
        let mut wide = narrow.widen(separator, wide_separator);
        assert_eq!(wide.range(0..6).collect::<Vec<_>>(), [wide_separator, wide_separator, 7, 0, 299, wide_separator]);
        assert!(wide.range(5..len).all(|symbol| symbol == wide_separator));
        // The low bits are those of the separator, and of another id.
        wide.set(BLOCK, 0x01_012C);
        let mut window = wide.window(BLOCK - 1..BLOCK + 2).unwrap();
        window.set_if(true, 2, u32::MOST);
        window.set_if(false, 0, 5);
        assert_eq!([0, 1, 2].map(|at| window.get(at)), [wide_separator, 0x01_012C, u32::MOST]);
        assert!(wide.window(len - 1..len + 1).is_none());
        assert!(wide.write(1, [70_000, 4].into_iter()));
        wide.truncate(3);
        assert_eq!((wide.len(), wide.memory()), (3, 9));
        assert_eq!(wide.range(0..3).collect::<Vec<_>>(), [wide_separator, 70_000, 4]);
    }
}
