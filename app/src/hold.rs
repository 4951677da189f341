//! Holds work up, so that what a screen says while it waits can be looked at for longer than a moment.
//!
//! Owns how far work of one kind gets before the rest of it waits. Only the gallery holds anything up; everywhere else a step costs a look at a flag. Refuses: to
//! change what the work does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Whether anything is held up.
static HOLDS: AtomicBool = AtomicBool::new(false);
static GATE: Mutex<Gate> = Mutex::new(Gate { number: 0, kind: None, left: 0, going: 0, waiting: 0 });
static MOVED: Condvar = Condvar::new();

struct Gate {
    /// Counts what was held up and let go, so that a step of an earlier time is none of a later one.
    number: u64,
    /// The kind of work that is held up.
    kind: Option<&'static str>,
    /// Steps that may still begin.
    left: usize,
    /// Steps that began and did not end.
    going: usize,
    /// Threads that wait to begin one.
    waiting: usize,
}

fn lock() -> MutexGuard<'static, Gate> {
    // Nothing is half done where a panic could be.
    GATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether anything is held up now: work that waits on purpose is not waited for.
pub(crate) fn holds() -> bool {
    HOLDS.load(Ordering::Relaxed)
}

/// A step of work, as long as it is there.
pub(crate) struct Step {
    /// The time in which it was counted, where anything was held up.
    number: Option<u64>,
}

/// Begins a step of work of this kind, and waits where such work is held up.
pub(crate) fn step(kind: &str) -> Step {
    if !holds() {
        return Step { number: None };
    }
    let mut gate = lock();
    if gate.kind != Some(kind) {
        return Step { number: None };
    }
    let number = gate.number;
    gate.waiting += 1;
    while gate.number == number && gate.left == 0 {
        gate = MOVED.wait(gate).unwrap_or_else(PoisonError::into_inner);
    }
    if gate.number != number {
        return Step { number: None };
    }
    (gate.waiting, gate.left, gate.going) = (gate.waiting - 1, gate.left - 1, gate.going + 1);
    Step { number: Some(number) }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let mut gate = lock();
            if gate.number == number {
                gate.going -= 1;
            }
        }
    }
}

/// Work that is held up as long as this is there.
pub(crate) struct Held(());

impl Held {
    /// Holds up one kind of work: so many steps of it begin, and what comes behind them waits. Nothing else is held up meanwhile.
    pub(crate) fn after(steps: usize, kind: &'static str) -> Self {
        let mut gate = lock();
        *gate = Gate { number: gate.number + 1, kind: Some(kind), left: steps, going: 0, waiting: 0 };
        HOLDS.store(true, Ordering::Relaxed);
        // Whoever waited for an earlier time goes on.
        MOVED.notify_all();
        Self(())
    }

    /// So many steps more may begin.
    pub(crate) fn let_go(&self, steps: usize) {
        lock().left += steps;
        MOVED.notify_all();
    }

    /// Whether nothing moves any more: the steps that could begin have ended, and the next one waits.
    pub(crate) fn is_still(&self) -> bool {
        let gate = lock();
        gate.left == 0 && gate.going == 0 && gate.waiting > 0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HOLDS.store(false, Ordering::Relaxed);
        let mut gate = lock();
        *gate = Gate { number: gate.number + 1, kind: None, left: 0, going: 0, waiting: 0 };
        drop(gate);
        MOVED.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn as_many_steps_as_may_begin_and_the_others_wait() {
        let held = Held::after(2, "of a test");
        let done = Arc::new(AtomicUsize::new(0));
        let workers = [0, 1, 2].map(|_| {
            let done = Arc::clone(&done);
            std::thread::spawn(move || {
                for _ in 0..3 {
                    let _step = step("of a test");
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        let until_still = || {
            while !held.is_still() {
                std::thread::yield_now();
            }
            done.load(Ordering::Relaxed)
        };
        assert_eq!(until_still(), 2);
        // Other work goes on.
        drop(step("of another"));
        held.let_go(3);
        assert_eq!(until_still(), 5);
        drop(held);
        workers.into_iter().for_each(|worker| worker.join().expect("it ends"));
        assert_eq!(done.load(Ordering::Relaxed), 9);
    }
}
