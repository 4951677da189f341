//! Work on many images by all cores of this machine.
//!
//! Owns: how many threads there are, and who takes which image. Refuses: to know what the work is. Results reach the calling thread alone, so that whoever
//! asked for the work needs no lock.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Does `work` for 0, 1, … `count` - 1 on all cores, the calling thread's among them, and hands each result with its number to `take` as it comes, on the
/// calling thread. Says whether `take` stopped it; what was being worked on at that moment is thrown away.
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
        while outcome.is_continue()
            && let Some(i) = turn()
        {
            outcome = take(i, work(i));
            for (i, result) in results.try_iter() {
                outcome = if outcome.is_continue() { take(i, result) } else { outcome };
            }
        }
        // Those that helpers are still at.
        while outcome.is_continue()
            && let Ok((i, result)) = results.recv()
        {
            outcome = take(i, result);
        }
        stop.store(outcome.is_break(), Ordering::Relaxed);
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
    fn who_takes_can_stop() {
        let mut taken = 0;
        let stop_at_the_third = |_, ()| {
            taken += 1;
            if taken == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        assert!(on_all_cores(100_000, |_| (), stop_at_the_third).is_break());
        assert_eq!(taken, 3);
    }
}
