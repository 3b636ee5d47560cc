//! How many threads work may take, and the same work on several things at once.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// How many threads a call may use: `requested` (at least one), or as many as this process may run at once.
pub(crate) fn threads(requested: Option<usize>) -> usize {
    requested.map_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get), |n| n.max(1))
}

/// Starts a thread if the system has one to give; without it the work is to be done all the same.
pub(crate) fn start<'s, 'e, R: Send + 's>(
    scope: &'s Scope<'s, 'e>,
    work: impl FnOnce() -> R + Send + 's,
) -> Option<ScopedJoinHandle<'s, R>> {
    Builder::new().spawn_scoped(scope, work).ok()
}

/// Does the work of each item, on as many threads as there are items if the system has them, this one among them; the results
/// are in the order of the items.
pub(crate) fn parallel<T: Send, R: Send>(items: impl IntoIterator<Item = T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let items: Vec<_> = items.into_iter().enumerate().collect();
    let threads = items.len();
    let items = Mutex::new(items.into_iter());
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let serve = || std::iter::from_fn(next).map(|(index, item)| (index, work(item))).collect::<Vec<_>>();
    let mut results = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map_while(|_| start(scope, serve)).collect();
        let mut results = serve();
        for other in others {
            results.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    });
    results.sort_unstable_by_key(|&(index, _)| index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        for count in [0, 1, 2, 7, 100] {
            let slow_first = |i: usize| {
                std::thread::sleep(std::time::Duration::from_millis(u64::from(i == 0)));
                i * i
            };
            assert_eq!(parallel(0..count, slow_first), (0..count).map(|i| i * i).collect::<Vec<_>>());
        }
    }
}
