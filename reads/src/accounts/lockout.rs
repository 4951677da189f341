//! How long somebody waits who typed a wrong passphrase several times. Pure: attempts in, waiting time out.

use serde::{Deserialize, Serialize};
use tiresias_words::Moment;

/// So many wrong ones in a row cost nothing.
const FREE: u32 = 4;
const MINUTE_MS: u64 = 60_000;
const LONGEST_MINUTES: u64 = 60;

/// Wrong passphrases in a row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempts {
    failed: u32,
    last: Option<Moment>,
}

/// How long to wait, as a sentence. Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Too many wrong passphrases. Wait {} before the next try.", words(*.0))]
pub struct Wait(pub u64);

fn words(ms: u64) -> String {
    match ms.div_ceil(MINUTE_MS) {
        1 => "a minute".to_owned(),
        n => format!("{n} minutes"),
    }
}

impl Attempts {
    /// Whether a passphrase may be tried now.
    ///
    /// # Errors
    /// How long not yet.
    pub fn may_try(&self, now: &Moment) -> Result<(), Wait> {
        let Some(last) = self.last.as_ref().filter(|_| self.failed > FREE) else { return Ok(()) };
        let doublings = (self.failed - FREE - 1).min(10);
        let wait = MINUTE_MS * (1u64 << doublings).min(LONGEST_MINUTES);
        // A restart of the machine does not shorten it, nor does a clock that is set, and one that was wrong then does not prolong it: of a time before this
        // run of the machine it is sure only that all of the run came after it.
        let elapsed = if last.boot == now.boot { now.monotonic_ms.saturating_sub(last.monotonic_ms) } else { now.monotonic_ms };
        if elapsed >= wait { Ok(()) } else { Err(Wait(wait - elapsed)) }
    }
    /// After a wrong one.
    #[must_use]
    pub fn failed(&self, now: &Moment) -> Self {
        Self { failed: self.failed.saturating_add(1), last: Some(now.clone()) }
    }
}
