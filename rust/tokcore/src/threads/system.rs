//! What a thread has of the one that started it, and of the process: which a thread that is kept must not surprise with.
#![allow(unsafe_code)]

#[cfg(unix)]
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The process that threads are in, by how many forks there were before it, and the processors that they may run on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) forks: u64,
    processors: [u64; 16],
}

impl Home {
    pub(super) const NONE: Self = Self { forks: u64::MAX, processors: [0; 16] };

    /// That of the calling thread. Where the system does not tell, all are alike.
    pub(super) fn here() -> Self {
        Self { forks: forks(), processors: processors() }
    }
}

/// A process's number would not do: a forked one may have the same, in a namespace of its own.
#[cfg(unix)]
fn forks() -> u64 {
    static FORKS: AtomicU64 = AtomicU64::new(0);
    static COUNTED: AtomicBool = AtomicBool::new(false);
    extern "C" fn count() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
    if !COUNTED.swap(true, Ordering::Relaxed) {
        // SAFETY: the function does nothing but add to a number, which may be done in a forked process.
        unsafe { libc::pthread_atfork(None, None, Some(count)) };
    }
    FORKS.load(Ordering::Relaxed)
}

#[cfg(not(unix))]
fn forks() -> u64 {
    0
}

#[cfg(target_os = "linux")]
fn processors() -> [u64; 16] {
    let mut mask = [0; 16];
    // SAFETY: the mask has as many bytes as is said. With more processors than it has bits the call fails, and it stays empty.
    unsafe { libc::sched_getaffinity(0, size_of_val(&mask), std::ptr::from_mut(&mut mask).cast()) };
    mask
}

#[cfg(not(target_os = "linux"))]
fn processors() -> [u64; 16] {
    [0; 16]
}

/// Leaves signals to the program's own threads: one that the program waits for must not end it because this thread was there
/// to take it. Those that the thread itself causes are not held back.
pub(super) fn leave_signals() {
    #[cfg(unix)]
    // SAFETY: the set is filled before it is used, and no handler is changed.
    unsafe {
        let mut signals = std::mem::zeroed();
        libc::sigfillset(&mut signals);
        for own in [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL] {
            libc::sigdelset(&mut signals, own);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, &signals, std::ptr::null_mut());
    }
}
