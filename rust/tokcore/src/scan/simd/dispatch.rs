//! The one place that knows all instruction sets.

use super::portable::Portable;
use super::scanner::{Job, Scratch, scan};
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};
use crate::scan::cuts::CutFilter;
use crate::scan::rules::Rules;
use crate::tier::Tier;

/// What is to be scanned.
#[derive(Clone, Copy)]
pub(in crate::scan) struct Window<'a> {
    pub(in crate::scan) rules: &'a Rules,
    /// The text from the window's start to its very end.
    pub(in crate::scan) text: &'a [u8],
    /// The window's end: valid UTF-8 of whole characters up to here.
    pub(in crate::scan) limit: usize,
    pub(in crate::scan) cuts: Option<&'a CutFilter>,
}

impl Window<'_> {
    /// Whether the text ends where the window does.
    pub(super) fn is_final(&self) -> bool {
        self.limit == self.text.len()
    }
}

/// Scans a window into `bounds`, which has room for one at every byte and 64 more: how many there are, and where the
/// last of them is, or 0 if the window holds no whole pre-token that is certain.
pub(in crate::scan) fn bounds(
    tier: Tier,
    window: Window<'_>,
    scratch: &mut Scratch,
    bounds: &mut [u32],
) -> (usize, usize) {
    let mut job = Job { window, scratch, bounds, filled: 0, end: 0 };
    run(tier, &mut job);
    (job.filled, job.end)
}

fn run(tier: Tier, job: &mut Job<'_>) {
    #[cfg(target_arch = "x86_64")]
    match tier {
        Tier::Avx512 => {
            if let Some(vector) = Avx512::new() {
                return vector.scan(job);
            }
        }
        Tier::Avx2 => {
            if let Some(vector) = Avx2::new() {
                return vector.scan(job);
            }
        }
        Tier::Portable => {}
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = tier;
    scan(Portable, job);
}
