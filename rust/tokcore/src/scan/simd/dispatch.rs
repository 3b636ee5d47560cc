//! Picks a tier: the one place that knows all of them.

use std::sync::OnceLock;

use super::portable::Portable;
use super::scanner::{Job, Scratch, scan};
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};
use crate::scan::rules::Rules;

/// How a known family's text is scanned. All levels give the same spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// The scalar walker over the family's rules: the reference, and what text that is not UTF-8 gets at any level.
    Rules,
    /// Masks by plain Rust.
    Portable,
    /// Masks by AVX2.
    Avx2,
    /// Masks by AVX-512 (F, BW, VBMI2).
    Avx512,
}

impl Level {
    /// Every level there is, the fastest last.
    pub const ALL: [Self; 4] = [Self::Rules, Self::Portable, Self::Avx2, Self::Avx512];

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Rules | Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Avx2::new().is_some(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Avx512::new().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// The fastest level this processor has.
    pub fn best() -> Self {
        static BEST: OnceLock<Level> = OnceLock::new();
        *BEST.get_or_init(|| Self::ALL.into_iter().rfind(|level| level.is_available()).unwrap_or(Self::Rules))
    }

    /// Runs `job` by masks, whatever this level.
    fn scan(self, job: &mut Job<'_>) {
        #[cfg(target_arch = "x86_64")]
        match self {
            Self::Avx512 => {
                if let Some(tier) = Avx512::new() {
                    return tier.scan(job);
                }
            }
            Self::Avx2 => {
                if let Some(tier) = Avx2::new() {
                    return tier.scan(job);
                }
            }
            Self::Rules | Self::Portable => {}
        }
        scan(Portable, job);
    }

    /// Scans `text[..limit]`, which is valid UTF-8 of whole characters, into `bounds`: how many there are, and where
    /// the last of them is, or 0 if a larger limit is needed.
    pub(in crate::scan) fn bounds(
        self,
        rules: &Rules,
        text: &[u8],
        limit: usize,
        scratch: &mut Scratch,
        bounds: &mut [u32],
    ) -> (usize, usize) {
        let mut job = Job { rules, text, limit, scratch, bounds, filled: 0, end: 0 };
        self.scan(&mut job);
        (job.filled, job.end)
    }
}
