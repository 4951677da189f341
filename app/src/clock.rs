//! The only place that reads a clock. Everything else is handed a `Moment`.

use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tiresias_words::Moment;

/// The machine's clocks, anchored when the program starts.
#[derive(Debug, Clone)]
pub struct Clock {
    started: Instant,
    /// Milliseconds from the machine's start to the program's.
    uptime_ms: u64,
    boot: String,
}

impl Clock {
    /// Reads where the machine stands.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the shell's one clock")]
    pub fn start() -> Self {
        let started = Instant::now();
        let uptime = std::fs::read_to_string("/proc/uptime").ok();
        let seconds = uptime.as_deref().and_then(|t| t.split_whitespace().next()).and_then(|t| t.parse::<f64>().ok());
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        // Without a boot id each start of the program counts as its own run of the monotonic clock.
        let boot = boot_id.map_or_else(|| format!("process-{}", utc_ms()), |b| b.trim().to_owned());
        Self { started, uptime_ms: seconds.map_or(0, |s| (s * 1000.0) as u64), boot }
    }

    /// Now, by all clocks.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment { utc_ms: utc_ms(), monotonic_ms: self.uptime_ms + self.since_start().as_millis() as u64, boot: self.boot.clone() }
    }

    /// Time since the program started.
    #[must_use]
    pub fn since_start(&self) -> std::time::Duration {
        self.started.elapsed()
    }
}

#[expect(clippy::disallowed_methods, reason = "the shell's one clock")]
fn utc_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}
