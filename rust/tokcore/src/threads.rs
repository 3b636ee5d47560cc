//! How many threads work may take, and work that several do together.
//!
//! Threads are kept asleep for later calls. Where a processor is virtual and idle, the system often takes it for taken: a
//! thread that is started anew then waits behind the one that started it until the next tick, up to 4 ms, which is longer
//! than most of what is shared out here. One that is woken runs after some 40 µs.

mod system;

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};

use rayon_core::{ThreadPool, ThreadPoolBuilder};

use self::system::{Home, leave_signals};

/// How many threads a call may use: `requested` (at least one), or as many as this process may run at once.
pub(crate) fn threads(requested: Option<usize>) -> usize {
    requested.map_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get), |n| n.max(1))
}

/// Does `lead` on this thread and each of `others` on one of its own beside it; returns when all are done. If the system has
/// no more threads to give, some of the others are not done at all: what they are for must be done all the same then.
pub(crate) fn beside<R>(others: impl IntoIterator<Item = impl FnOnce() + Send>, lead: impl FnOnce() -> R) -> R {
    let mut others: Vec<_> = others.into_iter().collect();
    let helpers = Helpers::take(others.len());
    others.truncate(helpers.0.len());
    spread(&helpers.0, others, lead)
}

/// Does the work of each item, on as many threads as there are items if the system has them, this one among them; the results
/// are in the order of the items.
pub(crate) fn parallel<T: Send, R: Send>(items: impl IntoIterator<Item = T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let items: Vec<_> = items.into_iter().enumerate().collect();
    let (results, others) = (Mutex::new(Vec::with_capacity(items.len())), 1..items.len());
    let items = Mutex::new(items.into_iter());
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let serve = || {
        for (index, item) in std::iter::from_fn(next) {
            let result = work(item);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
        }
    };
    beside(others.map(|_| serve), serve);
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|&(index, _)| index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Each helper does one of the others and has half of the rest done, so that scopes are nested no deeper than a few times.
fn spread<W: FnOnce() + Send, R>(helpers: &[ThreadPool], mut others: Vec<W>, lead: impl FnOnce() -> R) -> R {
    let (Some((helper, rest)), Some(other)) = (helpers.split_first(), others.pop()) else { return lead() };
    let half = others.len() / 2;
    let (mine, its) = rest.split_at(half);
    let its_others = others.split_off(half);
    helper.in_place_scope(|scope| {
        scope.spawn(|_| spread(its, its_others, other));
        spread(mine, others, lead)
    })
}

/// The threads of a call, each a pool of one.
struct Helpers(Vec<ThreadPool>);

/// Threads that no call has at present, and where they are.
static IDLE: Mutex<(Home, Vec<ThreadPool>)> = Mutex::new((Home::NONE, Vec::new()));

/// No call has more threads than this beside its own.
const MOST: usize = 1024;

/// No more than this are kept.
const MOST_IDLE: usize = 64;

impl Helpers {
    /// So many threads, or as many as there can be.
    fn take(count: usize) -> Self {
        let count = count.min(MOST);
        let mut helpers = idle(|idle| idle.split_off(idle.len().saturating_sub(count))).unwrap_or_default();
        let start = || {
            let one = ThreadPoolBuilder::new().num_threads(1).thread_name(|_| "tokcore".into());
            let helper = one.start_handler(|_| leave_signals()).build().ok()?;
            // It has its turn before there is anything to wait for, and need only be woken then.
            helper.install(|| ());
            Some(helper)
        };
        let missing = count - helpers.len();
        helpers.extend(std::iter::from_fn(start).take(missing));
        Self(helpers)
    }
}

impl Drop for Helpers {
    fn drop(&mut self) {
        let helpers = std::mem::take(&mut self.0);
        idle(|idle| idle.extend(helpers.into_iter().take(MOST_IDLE.saturating_sub(idle.len()))));
    }
}

/// Does something to the idle threads, unless another call just does: then it is done without them. Waiting could be for
/// ever, in a process that was forked at such a moment.
fn idle<R>(change: impl FnOnce(&mut Vec<ThreadPool>) -> R) -> Option<R> {
    let mut idle = IDLE.try_lock().ok()?;
    let (home, threads) = &mut *idle;
    let here = Home::here();
    if *home != here {
        let elsewhere = std::mem::take(threads);
        if home.forks != here.forks {
            // Those of the process that this one was forked from are not here.
            elsewhere.into_iter().for_each(std::mem::forget);
        }
        *home = here;
    }
    Some(change(threads))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_may_ask_for_any_number_of_threads() {
        let done = Mutex::new(0);
        for count in [0, 1, 2, 3, 7, 8, 100] {
            *done.lock().unwrap() = 0;
            beside((0..count).map(|_| || *done.lock().unwrap() += 1), || ());
            assert_eq!(*done.lock().unwrap(), count);
        }
        beside((0..5000).map(|_| || *done.lock().unwrap() += 1), || ());
        assert!((101..=100 + MOST).contains(&done.into_inner().unwrap()));
    }

    #[test]
    #[should_panic(expected = "seen by the caller")]
    fn what_another_thread_fails_with_is_seen() {
        beside([|| panic!("seen by the caller")], || ());
    }

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
