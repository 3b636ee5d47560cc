//! Hints about memory, which change no content: what is about to be used, and what is worth large pages. Training waits for
//! memory at random places most of the time, so that without these hints it takes about twice as long on Chinese; and the
//! result of a large batch took the system a fifth of the time to give, a small page at a time.
#![allow(unsafe_code)]

use std::sync::atomic::AtomicU64;

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

/// Less than this is not worth large pages.
const WORTH_LARGE_PAGES: usize = 4 << 20;

/// Asks for large pages under the memory of `vec`, spare capacity included. To be called before the memory is touched.
pub(crate) fn large_pages<T>(vec: &mut Vec<T>) {
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let bytes = vec.capacity() * size_of::<T>();
        if bytes >= WORTH_LARGE_PAGES {
            let skip = vec.as_ptr().cast::<u8>().align_offset(PAGE);
            let start = vec.as_mut_ptr().cast::<u8>().wrapping_add(skip);
            // SAFETY: the range lies in the vector's own allocation. The advice changes no content, and what becomes of it
            // does not matter.
            unsafe { libc::madvise(start.cast(), bytes - skip, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = vec;
}

/// `len` zeros, on large pages if they are many, for what is written before it is read: memory that the system hands out
/// is not touched here, and a read of it would only have to be undone.
pub(crate) fn zeroed(len: usize) -> Vec<u32> {
    let mut vec = vec![0; len];
    large_pages(&mut vec);
    vec
}

/// [`zeroed`], for numbers that threads change side by side.
pub(crate) fn zeroed_shared(len: usize) -> Vec<AtomicU64> {
    let mut vec = vec![0u64; len];
    large_pages(&mut vec);
    // The same memory: compilers see that nothing is done to it.
    vec.into_iter().map(AtomicU64::new).collect()
}

/// An empty vector with room for `len` elements, on large pages if they are many. Room that is never used takes no memory.
pub(crate) fn room<T>(len: usize) -> Vec<T> {
    let mut vec = Vec::with_capacity(len);
    large_pages(&mut vec);
    vec
}

/// A vector of `len` times `value`, on large pages if it is large.
pub(crate) fn filled<T: Clone>(len: usize, value: T) -> Vec<T> {
    let mut vec = room(len);
    vec.resize(len, value);
    vec
}
