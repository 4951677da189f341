//! A trace of what took time, and on which thread: one JSON object a line, written by a thread of its own, only when asked for by `--trace FILE`.
//!
//! Owns the evidence that no frame waits on decoding, hashing, locking or syncing. Refuses case content: numbers, thread names and fixed words only.

use crate::clock::Clock;
use crossbeam_channel::Sender;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

/// Where trace lines go; nothing at all when no trace was asked for.
#[derive(Clone, Default)]
pub struct Trace {
    lines: Option<(Sender<String>, Clock)>,
}

impl Trace {
    /// Starts a trace into a new file.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn to_file(path: &Path, clock: &Clock) -> std::io::Result<Self> {
        let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
        let (sender, receiver) = crossbeam_channel::unbounded::<String>();
        std::thread::Builder::new().name("trace".into()).spawn(move || {
            // A trace that cannot be written is given up: it must never disturb a read.
            while let Ok(line) = receiver.recv() {
                if writeln!(file, "{line}").and_then(|()| file.flush()).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { lines: Some((sender, clock.clone())) })
    }

    /// Whether anyone listens.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.lines.is_some()
    }

    /// Writes one event of this thread.
    pub fn event(&self, what: &str, mut fields: serde_json::Value) {
        if let Some((lines, clock)) = &self.lines {
            if let Some(map) = fields.as_object_mut() {
                map.insert("what".into(), what.into());
                map.insert("t_ms".into(), (clock.since_start().as_secs_f64() * 1e3).into());
                map.insert("thread".into(), std::thread::current().name().unwrap_or("?").into());
            }
            // Nobody reads any more when the program ends; that is no error.
            let _ = lines.send(fields.to_string());
        }
    }

    /// Runs `work` and writes how long it took on this thread.
    pub fn timed<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        let Some((_, clock)) = &self.lines else { return work() };
        let from = clock.since_start();
        let result = work();
        let ms = milliseconds(clock.since_start().saturating_sub(from));
        self.event(what, serde_json::json!({ "ms": ms }));
        result
    }
}

/// A duration as milliseconds with fractions.
#[must_use]
pub(crate) const fn milliseconds(d: Duration) -> f64 {
    d.as_nanos() as f64 / 1e6
}
