//! Work on many images by all cores of this machine.
//!
//! Owns: how many threads there are, and who takes which image. Refuses: to know what the work is. Results reach the calling thread alone, so that whoever
//! asked for the work needs no lock.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Does `work` for 0, 1, … `count` - 1 on all cores, the calling thread's among them, and hands each result with its number to `take` as it comes, on the
/// calling thread. Says whether `take` stopped it. What was begun before that is handed over all the same, so that of several that stop it the one with the
/// lowest number is always among those taken.
pub(crate) fn on_all_cores<T: Send>(
    count: usize,
    work: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(usize, T) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let turn = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|i| *i < count && !stop.load(Ordering::Relaxed));
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        let (done, results) = mpsc::channel();
        for number in 1..cores.min(count) {
            let (done, turn, work) = (done.clone(), &turn, &work);
            let helper = move || {
                while let Some(i) = turn() {
                    if done.send((i, work(i))).is_err() {
                        return;
                    }
                }
            };
            // With fewer threads it takes longer, and that is all.
            let _ = thread::Builder::new().name(format!("images {number}")).spawn_scoped(scope, helper);
        }
        drop(done);
        let mut outcome = ControlFlow::Continue(());
        let mut keep = |i, result| {
            if take(i, result).is_break() {
                stop.store(true, Ordering::Relaxed);
                outcome = ControlFlow::Break(());
            }
        };
        while let Some(i) = turn() {
            keep(i, work(i));
            results.try_iter().for_each(|(i, result)| keep(i, result));
        }
        // Those that helpers are still at.
        results.iter().for_each(|(i, result)| keep(i, result));
        outcome
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_turn_once() {
        for count in [0, 1, 2, 1000] {
            let mut seen = vec![0; count];
            let outcome = on_all_cores(
                count,
                |i| i * 3,
                |i, result| {
                    assert_eq!(result, i * 3);
                    seen[i] += 1;
                    ControlFlow::Continue(())
                },
            );
            assert!(outcome.is_continue() && seen.iter().all(|n| *n == 1), "{count}");
        }
    }

    #[test]
    fn who_takes_can_stop_and_gets_all_that_was_begun() {
        // Whatever the threads do, the lowest of those that stop it is taken, and everything below it.
        for first in [0, 1, 2, 999] {
            let mut taken = std::collections::BTreeSet::new();
            let stop_from_there_on = |i, ()| {
                taken.insert(i);
                if i >= first { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let uneven = |i: usize| {
                if i == first {
                    thread::sleep(std::time::Duration::from_millis(20));
                }
            };
            assert!(on_all_cores(usize::MAX, uneven, stop_from_there_on).is_break());
            assert!(taken.iter().copied().eq(0..taken.len()) && taken.contains(&first), "{first}: {}", taken.len());
        }
    }
}
