//! When something happened, as the record keeps it.

use serde::{Deserialize, Serialize};

/// An instant as three clocks saw it: which of them to trust is the record's question, so it keeps them all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Coordinated universal time, milliseconds since 1970-01-01. May be set back by a person.
    pub utc_ms: i64,
    /// Milliseconds since the machine started; never runs back while it runs.
    pub monotonic_ms: u64,
    /// Which run of the machine the monotonic clock belongs to.
    pub boot: String,
}
