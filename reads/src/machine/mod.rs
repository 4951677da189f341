//! The reading state machine of one reader: `decide(rules, state, action, now) -> events | refusal`, `evolve(state, event) -> state`.
//!
//! Pure: no clock, no disk, no randomness. `assigned -> draft -> locked`, in the frozen order of the bundle, one case open at a time.
//! Only [`decide`] makes an [`Event`]; the record reads back what it made. A locked read has no method that changes it.
//! Later conditions (sequential, with AI, washout, amendments) are further facts, refusals and stages of a draft; the seam stays.

mod action;
mod decide;
mod event;
mod read;
mod state;

pub use action::{Action, AnswerValue, Environment, Glimpse, PaneShows, View};
pub use decide::{Missing, Refusal, decide, missing};
pub use event::{Event, Fact};
pub use read::{Assignment, Draft, Locked, Mark};
pub use state::{Illegal, Progress, State, evolve};

/// The tool in hand is part of what was looked at.
pub use crate::protocol::Tool;

use crate::bundle::{AssignedRead, Bundle, BundleError};
use crate::protocol::Protocol;
use tiresias_words::{ContentHash, ReadId, ReaderId};

/// What one reader's reads must obey: the protocol and the reader's bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    protocol: Protocol,
    bundle: Bundle,
    bundle_hash: ContentHash,
}

impl Rules {
    /// The rules that follow from a protocol and a bundle made for it.
    ///
    /// # Errors
    /// [`BundleError::OtherProtocol`] when the bundle was made for another one.
    pub fn new(protocol: Protocol, bundle: Bundle) -> Result<Self, BundleError> {
        if bundle.protocol() != protocol.hash() {
            return Err(BundleError::OtherProtocol);
        }
        let bundle_hash = bundle.hash();
        Ok(Self { protocol, bundle, bundle_hash })
    }
    /// The protocol.
    #[must_use]
    pub const fn protocol(&self) -> &Protocol {
        &self.protocol
    }
    /// The reader's bundle.
    #[must_use]
    pub const fn bundle(&self) -> &Bundle {
        &self.bundle
    }
    /// Whose rules they are.
    #[must_use]
    pub const fn reader(&self) -> &ReaderId {
        self.bundle.reader()
    }
    /// What the bundle says of a read: case facts among them.
    #[must_use]
    pub fn assigned(&self, read: &ReadId) -> Option<&AssignedRead> {
        self.bundle.reads().iter().find(|r| r.id(self.reader()) == *read)
    }
}
