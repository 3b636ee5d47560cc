//! Hints about memory, which change no content: what is about to be read, and what is about to be written. Training waits for
//! memory at random places most of the time, so that without these hints it takes about twice as long on Chinese; and the
//! result of a large batch took the system a fifth of the time to give, a page at a time.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Asks for the cache line of `slice[index]`; does nothing where there is none, or no such instruction.
#[inline(always)]
pub(crate) fn prefetch<T>(slice: &[T], index: usize) {
    prefetch_into::<{ hint::NEAR }, T>(slice, index);
}

/// The same for what is needed only after a hundred others: it waits in the second-level cache, as the first is too small.
#[inline(always)]
pub(crate) fn prefetch_early<T>(slice: &[T], index: usize) {
    prefetch_into::<{ hint::SECOND }, T>(slice, index);
}

#[cfg(target_arch = "x86_64")]
mod hint {
    pub(super) const NEAR: i32 = std::arch::x86_64::_MM_HINT_T0;
    pub(super) const SECOND: i32 = std::arch::x86_64::_MM_HINT_T1;
}

#[cfg(not(target_arch = "x86_64"))]
mod hint {
    pub(super) const NEAR: i32 = 0;
    pub(super) const SECOND: i32 = 1;
}

#[inline(always)]
fn prefetch_into<const HINT: i32, T>(slice: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(element) = slice.get(index) {
        // SAFETY: a prefetch reads nothing that the program can see and faults on no address; SSE is part of x86-64.
        unsafe { std::arch::x86_64::_mm_prefetch::<HINT>(std::ptr::from_ref(element).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, index);
}

/// How many bytes ahead text that is read in order is asked for: it waits in the first-level cache until then.
pub(crate) const AHEAD: usize = 2048;

/// Asks for the cache line `ahead` bytes from `start`, whatever is there: what follows a text in memory is often read next.
#[inline(always)]
pub(crate) fn prefetch_ahead<T>(start: *const T, ahead: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing that the program can see and faults on no address; SSE is part of x86-64.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch(start.cast::<i8>().wrapping_add(ahead), _MM_HINT_T0);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (start, ahead);
}

/// Memory of long vectors is taken from the system so many bytes at a time.
const STEP: usize = 256 << 10;
/// What most systems call a huge page.
pub(crate) const LARGE_PAGE: usize = 2 << 20;
/// A large page takes a fifth of this, or several times as much.
const SLOW: Duration = Duration::from_millis(1);
/// After a slow one so many are not asked for.
const PATIENCE: u32 = 64;

/// The spare memory of a vector that is filled in the order of something, with how far that is expected to go. Threads that
/// help to fill it take that memory from the system a step at a time, so that the one that writes need not wait for it.
#[derive(Default)]
pub(crate) struct Spare(Mutex<Region>);

#[derive(Default)]
struct Region {
    /// Addresses: the next that was not taken, what is spare from here on, and the end.
    next: usize,
    start: usize,
    end: usize,
    /// How many units of work filled what is before `start`, and how many bytes each takes.
    done: usize,
    rate: f64,
}

impl Spare {
    /// Makes it that of `vec`, of which `done` units of work have filled what there is, and each filled so many elements.
    pub(crate) fn offer<T>(&self, vec: &mut Vec<T>, done: usize, rate: f64) {
        let start = vec.as_mut_ptr().addr();
        let end = start + vec.capacity() * size_of::<T>();
        let mut region = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if region.end != end {
            region.next = start;
        }
        region.start = start + size_of_val(&vec[..]);
        // What is before the first of these places was taken earlier.
        region.next = region.next.max(region.start.next_multiple_of(STEP));
        (region.end, region.done, region.rate) = (end, done, rate * size_of::<T>() as f64);
    }

    /// Takes what nobody has taken of the memory that so many units of work will have filled in the end.
    pub(crate) fn take(&self, work: usize) {
        let next = || self.0.lock().unwrap_or_else(PoisonError::into_inner).step(work);
        for (start, bytes) in std::iter::from_fn(next) {
            take(std::ptr::without_provenance_mut(start), bytes);
        }
    }
}

impl Region {
    /// The next step, if it is before what so much work fills.
    fn step(&mut self, work: usize) -> Option<(usize, usize)> {
        let filled = self.start + (self.rate * work.saturating_sub(self.done) as f64) as usize;
        let start = self.next;
        if start >= filled.min(self.end) {
            return None;
        }
        let large = start.is_multiple_of(LARGE_PAGE) && start + LARGE_PAGE <= self.end;
        let bytes = if large { LARGE_PAGE } else { STEP }.min(self.end - start);
        self.next += bytes;
        Some((start, bytes))
    }
}

/// Takes the whole pages of `bytes` bytes from `start` on, which is a page's, from the system at once: one by one, when
/// each is first written to, they take twice the time.
///
/// In large pages they take a third of that again; but in virtual machines whose memory is only there once it has been
/// used they take six times as much, as such pages are seldom used twice. So the first that does is the last for a while.
pub(crate) fn take(start: *mut u8, bytes: usize) {
    let large = if start.addr().is_multiple_of(LARGE_PAGE) { bytes / LARGE_PAGE * LARGE_PAGE } else { 0 };
    for at in (0..large).step_by(LARGE_PAGE) {
        take_large(start.wrapping_add(at));
    }
    advise(start.wrapping_add(large), bytes - large, Advice::Take);
}

/// [`take`] of a large page, or of as many small ones.
fn take_large(start: *mut u8) {
    static TO_SKIP: AtomicU32 = AtomicU32::new(0);
    let skipped = TO_SKIP.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
    if !skipped {
        advise(start, LARGE_PAGE, Advice::Large);
    }
    let begun = Instant::now();
    advise(start, LARGE_PAGE, Advice::Take);
    if !skipped && begun.elapsed() > SLOW {
        TO_SKIP.store(PATIENCE, Ordering::Relaxed);
    }
}

/// What the system is told about pages. It need not do any of this.
#[derive(Clone, Copy)]
pub(crate) enum Advice {
    /// They will be written to.
    Take,
    /// They had better be large ones.
    Large,
}

/// Gives advice about the whole pages of `bytes` bytes from `start` on, which is a page's.
pub(crate) fn advise(start: *mut u8, bytes: usize, advice: Advice) {
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let advice = match advice {
            Advice::Take => libc::MADV_POPULATE_WRITE,
            Advice::Large => libc::MADV_HUGEPAGE,
        };
        let pages = bytes / PAGE * PAGE;
        if pages > 0 {
            // SAFETY: no content is changed, whatever is there. Where it fails, as the first does before Linux 5.14, pages
            // are taken one by one.
            unsafe { libc::madvise(start.cast(), pages, advice) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (start, bytes, advice);
}

/// Gives the system what the allocator keeps of memory that was freed: with many threads, each of which has an arena of its
/// own, that can be as much again as what is in use. Takes some milliseconds a GB; does nothing but on Linux with glibc.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it may be called at any time, from any thread.
    unsafe {
        libc::malloc_trim(0)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_memory_changes_nothing() {
        for capacity in [0, 1, 1000, 100_000, 3_000_000] {
            let (mut vec, spare): (Vec<u32>, _) = (Vec::with_capacity(capacity), Spare::default());
            while vec.len() < capacity {
                let more = (capacity / 7 + 1).min(capacity - vec.len());
                let done = vec.len();
                spare.offer(&mut vec, done, 1.0);
                spare.take(done + 2 * more);
                let len = vec.len() as u32;
                vec.extend(len..len + more as u32);
            }
            assert!(vec.iter().copied().eq(0..capacity as u32));
        }
    }
}
