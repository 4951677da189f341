//! Work on a thread of its own, for what takes too long for a frame. The interface polls and is woken when there is a result; it never waits.

use crate::clock::Clock;
use crate::hold;
use crossbeam_channel::{Receiver, TryRecvError};
use egui::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Gives what `work` gives, once. Where there is no thread, the result never comes: its sender is gone.
pub(crate) fn in_background<T: Send + 'static>(ctx: &Context, work: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (sender, result) = crossbeam_channel::bounded(1);
    let (ctx, at_work) = (ctx.clone(), AtWork::begin());
    let run = move || {
        // Nobody waits any more where this fails.
        let _ = sender.send(work());
        // Before the frame that shows it, which then tells that there is one less.
        drop(at_work);
        ctx.request_repaint();
    };
    drop(std::thread::Builder::new().name("background".into()).spawn(run));
    result
}

/// Lets threads of the interface go before this one, and those that it starts: for what nobody waits for yet. Where the system knows no order of threads, nothing happens.
pub(crate) fn stand_back() {
    // On Linux the number is of the calling thread (setpriority(2), "C library/kernel differences"); elsewhere it would be of the program.
    #[cfg(target_os = "linux")]
    {
        // Where it may not stand back, it does not.
        let _ = rustix::process::nice(STEPS_BACK);
    }
}

/// With this a busy core is shared about one to three with the interface (sched(7)), and a free one is used whole.
#[cfg(target_os = "linux")]
const STEPS_BACK: i32 = 5;

/// Called when there is news, so that the interface looks.
pub(crate) type Wake = Arc<dyn Fn() + Send + Sync>;

/// How far work is wakes the interface no more often than this: a scan looks at hundreds of images a second, and a frame for each would take the time of others.
const PACE: Duration = Duration::from_millis(50);

/// Wakes the interface for a step of work, as often as the eye follows. A step that comes too soon is seen with the next one, or at the end, for which whoever does the
/// work wakes by itself.
pub(crate) fn paced(wake: Wake) -> impl FnMut() + Send + 'static {
    let (clock, mut pace) = (Clock::start(), Pace::default());
    move || {
        if pace.is_due(clock.since_start()) {
            wake();
        }
    }
}

/// When the interface was woken last.
#[derive(Default)]
struct Pace(Option<Duration>);

impl Pace {
    fn is_due(&mut self, now: Duration) -> bool {
        let is_due = self.0.is_none_or(|last| now.saturating_sub(last) >= PACE);
        if is_due {
            self.0 = Some(now);
        }
        is_due
    }
}

/// Something on its way from a thread, or a sentence why it does not come.
pub(crate) type Coming<T> = Receiver<Result<T, String>>;

/// How much runs beside the interface in this process. Images that are loaded aside: they draw a frame each, and those of the next case may wait as long as this one is open.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);

/// How much runs beside the interface. It is in the trace, so that whoever drives the program from outside knows when it has nothing more to say.
pub(crate) fn at_work() -> usize {
    AT_WORK.load(Ordering::Relaxed)
}

/// Counts as long as it is there.
pub(crate) struct AtWork(());

impl AtWork {
    pub(crate) fn begin() -> Self {
        AT_WORK.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        AT_WORK.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs something on a thread of its own.
pub(crate) fn beside<T: Send + 'static>(name: &str, wake: &Wake, work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Coming<T> {
    let (sender, result) = crossbeam_channel::bounded(1);
    let (failed, wake) = (sender.clone(), Arc::clone(wake));
    let (at_work, kind) = (AtWork::begin(), name.to_owned());
    let run = move || {
        let _step = hold::step(&kind);
        // Nobody waits any more where this fails.
        let _ = sender.send(work());
        drop(at_work);
        wake();
    };
    if let Err(e) = std::thread::Builder::new().name(name.to_owned()).spawn(run) {
        let _ = failed.send(Err(format!("The system gives no further thread ({e}). Close other programs and try again.")));
    }
    result
}

/// What came of something on its way, once; nothing while it is not there.
pub(crate) fn arrived<T>(coming: &mut Option<Coming<T>>) -> Option<Result<T, String>> {
    let result = match coming.as_ref()?.try_recv() {
        Ok(result) => result,
        Err(TryRecvError::Empty) => return None,
        // Its thread ended without a word: whoever waits would wait for ever.
        Err(TryRecvError::Disconnected) => Err(GONE.to_owned()),
    };
    *coming = None;
    Some(result)
}

/// Said where a thread ended before it had a result.
pub(crate) const GONE: &str = "The program failed at this, by a fault of its own. Try again; where it fails again, start the program anew.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_come_any_more_is_told_once() {
        let (sender, result) = crossbeam_channel::bounded(1);
        let mut coming: Option<Coming<u8>> = Some(result);
        assert!(arrived(&mut coming).is_none() && coming.is_some(), "it may still come");
        drop(sender);
        assert_eq!(arrived(&mut coming), Some(Err(GONE.to_owned())));
        assert!(coming.is_none());
        let (sender, result) = crossbeam_channel::bounded(1);
        coming = Some(result);
        sender.send(Ok(7)).expect("somebody waits");
        drop(sender);
        assert_eq!(arrived(&mut coming), Some(Ok(7)));
    }

    #[test]
    fn steps_wake_the_interface_twenty_times_a_second() {
        let mut pace = Pace::default();
        let woken: Vec<u64> = (7..1_007).filter(|ms| pace.is_due(Duration::from_millis(*ms))).collect();
        assert_eq!((woken.len(), woken.first(), woken.get(1)), (20, Some(&7), Some(&57)));
        assert!(pace.is_due(Duration::from_secs(60)), "a step that took long is told at once");
    }

    #[test]
    fn what_runs_in_the_background_counts_as_work() {
        let result = in_background(&Context::default(), at_work);
        assert!(result.recv().expect("it comes") > 0);
    }
}
