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
const LEAST: usize = 256;

/// What is added to a merge's number to make its id, in a vocabulary that starts from bytes.
const BYTES: usize = 256;

impl Forecast {
    /// Forecasts for a training of so many merges.
    pub(super) fn new(merges: usize) -> Self {
        Self { merges, next: (merges / FIRST).max(LEAST) }
    }

    /// No forecasts.
    pub(super) fn none() -> Self {
        Self { merges: 0, next: usize::MAX }
    }

    /// Half the frequency that the last merge will have, now and then.
    pub(super) fn threshold(&mut self, frequencies: &[u64]) -> Option<u64> {
        let made = frequencies.len();
        if made < self.next {
            return None;
        }
        self.next = 2 * made;
        let earlier = made / 4;
        let (now, before) = (*frequencies.last()? as f64, frequencies[earlier] as f64);
        let ratio = |late: usize, early: usize| (BYTES + late) as f64 / (BYTES + early) as f64;
        let fall = (before / now).ln() / ratio(made, earlier).ln();
        Some((now / 2.0 * ratio(self.merges, made).powf(-fall)) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_on_as_a_power() {
        let frequencies: Vec<u64> = (256..=32_256u64).map(|i| 1_000_000_000_000 / (i * i)).collect();
        let mut forecast = Forecast::new(32_000);
        assert_eq!(forecast.threshold(&frequencies[..999]), None);
        let found = forecast.threshold(&frequencies[..1000]).unwrap();
        assert!((450..550).contains(&found), "{found}");
        assert_eq!(forecast.threshold(&frequencies[..1001]), None);
        assert!(forecast.threshold(&frequencies[..3000]).is_some());
        assert_eq!(Forecast::none().threshold(&frequencies), None);
    }
}
