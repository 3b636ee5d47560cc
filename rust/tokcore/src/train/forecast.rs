//! How frequent the last merge will be, guessed from the merges so far.
//!
//! Frequencies fall about as a power of the new token's id: on English and on Chinese text that of id 2n is a third of
//! that of id n, over the whole of a vocabulary.

/// When to look, and whether.
pub(super) struct Forecast {
    merges: usize,
    /// How many merges there must be for the next look.
    next: usize,
}

/// The part of all merges after which the first forecast is made, and how many must be there for it.
const FIRST: usize = 32;
// Tests have few merges, and want some forecasts that are too high.
const LEAST: usize = if cfg!(test) { 8 } else { 256 };

/// What is added to a merge's number to make its id, in a vocabulary that starts from bytes.
const BYTES: usize = 256;

/// By how much the power may be wrong: a forecast is lowered by as much. Too high a forecast costs more than one that is
/// too low. Of 177 sizes of vocabularies over English, Chinese, code and many scripts it was too high for none, with 0.1
/// for 22.
const ERROR: f64 = 0.2;

/// A guess before anything is known but the words: how many there are, and how many `slots` the distinct ones take.
///
/// Each occurrence that is merged takes a slot, so all merges together have fewer of them. Both constants are what was seen
/// on English and Chinese, and lead to guesses that are too low rather than too high.
pub(super) fn guess(words: u64, slots: u64, merges: usize) -> u64 {
    let merges = merges as u64 + 1;
    (words / (20 * merges)).max(slots / (30 * merges))
}

impl Forecast {
    /// Forecasts for a training of so many merges.
    pub(super) fn new(merges: usize) -> Self {
        Self { merges, next: (merges / FIRST).max(LEAST) }
    }

    /// The frequency that the last merge will hardly fall below, when it is time for a look.
    pub(super) fn look(&mut self, frequencies: &[u64]) -> Option<u64> {
        if frequencies.len() < self.next {
            return None;
        }
        self.next = 2 * frequencies.len();
        self.least(frequencies)
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
        assert_eq!(forecast.look(&frequencies[..999]), None);
        let found = forecast.look(&frequencies[..1000]).unwrap();
        assert!((460..960).contains(&found), "{found}");
        assert_eq!(forecast.look(&frequencies[..1001]), None);
        assert!(forecast.look(&frequencies[..3000]).is_some());
        assert!(forecast.end(&frequencies[..3000]).is_some());
        assert_eq!(forecast.look(&frequencies), None);
        assert_eq!(Forecast::new(9).end(&[]), None);
    }
}
