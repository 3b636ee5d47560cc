//! Hints about memory, which change no content: what is about to be read, and what is about to be written. Training waits for
//! memory at random places most of the time, so that without these hints it takes about twice as long on Chinese; and the
//! result of a large batch took the system a fifth of the time to give, a page at a time.
#![allow(unsafe_code)]

/// Asks for the cache line of `slice[index]`; does nothing where there is none, or no such instruction.
#[inline(always)]
pub(crate) fn prefetch<T>(slice: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(element) = slice.get(index) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing that the program can see and faults on no address; SSE is part of x86-64.
        unsafe { _mm_prefetch(std::ptr::from_ref(element).cast(), _MM_HINT_T0) }
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

/// Takes the memory that the next `more` elements of `vec` will be written to from the system, a step at a time.
pub(crate) fn take_spare<T>(vec: &mut Vec<T>, more: usize) {
    let start = vec.as_mut_ptr().cast::<u8>();
    let next = start as usize + size_of_val(&vec[..]);
    let end = start as usize + vec.capacity() * size_of::<T>();
    // What is before the first of these places was taken earlier.
    let (from, to) = (next.next_multiple_of(STEP), (next + more * size_of::<T>()).next_multiple_of(STEP).min(end));
    take(start.wrapping_add(from - start as usize), to.saturating_sub(from));
}

/// Takes the whole pages of `bytes` bytes from `start` on, which is a page's, from the system at once: one by one, when
/// each is first written to, they take twice the time.
///
/// Large pages would take less where the system has them at hand, but many times as much in virtual machines whose memory
/// is only there once it has been used. So they are asked for at most where there are small ones already: then the system
/// puts them in when it has the time.
pub(crate) fn take(start: *mut u8, bytes: usize) {
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let pages = bytes / PAGE * PAGE;
        if pages > 0 {
            // SAFETY: no content is changed, whatever is there. If it fails, as before Linux 5.14, pages are taken one by one.
            unsafe { libc::madvise(start.cast(), pages, libc::MADV_POPULATE_WRITE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (start, bytes);
}
