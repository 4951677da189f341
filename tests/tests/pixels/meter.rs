//! How much memory the commands of a test took: the largest resident size of the program and of the workers it waited for.
//!
//! The figure is the operating system's (getrusage of the children that ended), so it misses no peak, however short; it is a maximum over all of them.

use std::process::Command;

/// Set in the process that a measured test runs in.
const ALONE: &str = "TIRESIAS_TEST_ALONE";

/// The largest resident size so far of any child of this process that ended, KiB; `None` where the system does not say.
#[cfg(target_os = "linux")]
pub(crate) fn peak_kib() -> Option<i64> {
    use nix::sys::resource::{UsageWho, getrusage};
    getrusage(UsageWho::RUSAGE_CHILDREN).ok().map(|usage| usage.max_rss())
}

/// As above: elsewhere the figure is missing, or has another unit.
#[cfg(not(target_os = "linux"))]
pub(crate) fn peak_kib() -> Option<i64> {
    None
}

/// Runs a test in a process of its own, where no other test has children; `work` is what it does there, and each command of it has its own limit of time.
///
/// # Panics
/// When it fails there, with what it said.
pub(crate) fn alone(test: &str, work: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some_and(|name| name == test) {
        work();
        return;
    }
    let this = std::env::current_exe().expect("this test");
    let ran = Command::new(this).args(["--exact", test, "--nocapture"]).env(ALONE, test).output().expect("this test once more");
    let [out, err] = [ran.stdout, ran.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    println!("{out}");
    assert!(ran.status.success() && out.contains("1 passed"), "{test} failed in its own process: {err}");
}
