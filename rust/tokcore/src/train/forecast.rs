//! How frequent the last merge will be, guessed from the merges and the pairs so far, rather too low than too high.
//!
//! Frequencies fall about as a power of the new token's id: on English and on Chinese text that of id 2n is a third of
//! that of id n, over the whole of a vocabulary.
//!
//! A pair that waits is mostly merged in its turn, or gives way to a longer one that is about as frequent; others come to
//! be. Where a quarter more pairs occur `n` times than there are merges to be made, the last merge's pair occurred `n` times
//! as well: on English, Chinese, code and many scripts, for 8,000 to 200,000 tokens, from a sixty-fourth of the merges on.

use super::pairs::Pairs;

/// When to look, and whether.
pub(super) struct Forecast {
    merges: usize,
    /// How many merges there must be for the next look.
    next: usize,
}

/// The part of all merges after which the first forecast is made, and how many must be there for it.
const FIRST: usize = 32;
const LEAST: usize = 256;

/// What is added to a merge's number to make its id, in a vocabulary that starts from bytes.
const BYTES: usize = 256;

/// By how much the power may be wrong: a forecast is lowered by as much.
const ERROR: f64 = 0.1;

/// A guess before anything is known but the words: how many there are, and how many `slots` the distinct ones take.
///
/// Each occurrence that is merged takes a slot, so all merges together have fewer of them. Both constants are what was seen
/// on English and Chinese, for 8,000 to 200,000 tokens, and lead to guesses that are too low rather than too high.
pub(super) fn guess(words: u64, slots: u64, merges: usize) -> u64 {
    let merges = merges as u64 + 1;
    (words / (20 * merges)).max(slots / (30 * merges))
}

impl Forecast {
    /// Forecasts for a training of so many merges.
    pub(super) fn new(merges: usize) -> Self {
        Self { merges, next: (merges / FIRST).max(LEAST) }
    }

    /// The frequency that the last merge will hardly fall below, when it is time for a look. O(pairs).
    pub(super) fn look(&mut self, frequencies: &[u64], pairs: &Pairs) -> Option<u64> {
        let made = frequencies.len();
        if made < self.next {
            return None;
        }
        self.next = 2 * made;
        let left = self.merges.saturating_sub(made);
        self.least(frequencies).max(Some(pairs.reached_by(left + left / 4)))
    }

    /// No more looks; the frequency that the last merge will hardly fall below.
    pub(super) fn end(&mut self, frequencies: &[u64]) -> Option<u64> {
        self.next = usize::MAX;
        self.least(frequencies)
    }

    fn least(&self, frequencies: &[u64]) -> Option<u64> {
        let (made, earlier) = (frequencies.len(), frequencies.len() / 4);
        let (now, before) = (*frequencies.last()? as f64, frequencies[earlier] as f64);
        let ratio = |late: usize, early: usize| (BYTES + late) as f64 / (BYTES + early) as f64;
        let fall = (before / now).ln() / ratio(made, earlier).ln();
        Some((now * ratio(self.merges, made).powf(-fall - ERROR)) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_on_as_a_power() {
        let frequencies: Vec<u64> = (256..=32_256u64).map(|i| 1_000_000_000_000 / (i * i)).collect();
        let mut forecast = Forecast::new(32_000);
        let none = Pairs::new(1, 0);
        assert_eq!(forecast.look(&frequencies[..999], &none), None);
        let found = forecast.look(&frequencies[..1000], &none).unwrap();
        assert!((650..960).contains(&found), "{found}");
        assert_eq!(forecast.look(&frequencies[..1001], &none), None);
        assert!(forecast.look(&frequencies[..3000], &none).is_some());
        assert!(forecast.end(&frequencies[..3000]).is_some());
        assert_eq!(forecast.look(&frequencies, &none), None);
        assert_eq!(Forecast::new(9).end(&[]), None);
    }

    #[test]
    fn counts_the_pairs_that_wait() {
        let mut pairs = Pairs::new(1, 0);
        (1..=40_000).for_each(|i| assert_eq!(pairs.insert(0, i, u64::from(i / 10)), i - 1));
        // Of all these, 38,750 are enough for 31,000 merges.
        assert_eq!(Forecast::new(32_000).look(&[1; 1000], &pairs), Some(125));
        assert_eq!(Forecast::new(100_000).look(&[1; 50_000], &pairs), Some(0));
    }
}
