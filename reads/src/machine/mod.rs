//! The reading state machine of one reader: `decide(rules, state, action, now) -> events | refusal`, `evolve(state, event) -> state`.
//!
//! Pure: no clock, no disk, no randomness. `assigned -> draft -> locked`, in the frozen order of the bundle, one case open at a time.
//! Only [`decide`] makes an [`Event`]; the record reads back what it made. A locked read has no method that changes it.
//! AI is shown only after its event: with the first view, when the reader asks, or when what the reader thinks without it is locked. Two reads that are settled
//! are shown to their adjudicator in the same way, after the own impression where the protocol has it first, and AI never beside them. Washout, training, length
//! of a session, permitted builds and the time of day are guards in [`decide`], by the more careful of the clocks. What the desk withdrew is taken off the list when
//! the next session begins, by an event of its own.

mod action;
mod asked;
mod decide;
mod environment;
mod event;
mod glimpse;
mod leave;
mod missing;
mod read;
mod refusal;
mod settle;
mod state;
mod told;
mod withdrawal;

pub use action::{Action, Verdict};
pub use asked::{Place, Stage, Unusual, asked, excusable, unusual};
pub use decide::decide;
pub use environment::{Environment, Pattern, Selftest};
pub use event::{Event, Fact};
pub use glimpse::{AiVisible, Glimpse, PaneShows, View};
pub use leave::{Leave, LeaveError};
pub use missing::{Missing, is_asked, is_evaluable, missing};
pub use read::{Amended, Assignment, Draft, Locked, Mark};
pub(crate) use refusal::DAY_MS;
pub use refusal::{Day, Due, Minute, Refusal};
pub use settle::{Choice, Settling};
pub use state::{Illegal, Progress, State, evolve};
pub use told::{Feedback, Training, TrainingStands, advises_break, amendable, feedback, training};
pub use withdrawal::{Withdrawal, WithdrawalError};

/// What is answered, about what, and the tool in hand are the protocol's words.
pub use crate::protocol::{AnswerValue, Answers, Subject, Tool};

use crate::bundle::{AssignedRead, Bundle, BundleError};
use crate::pair::Pair;
use crate::protocol::{Ai, AiParts, Protocol};
use tiresias_words::{ContentHash, ReadId, ReaderId};

/// What one reader's reads must obey: the protocol and the reader's bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    protocol: Protocol,
    bundle: Bundle,
    bundle_hash: ContentHash,
    leaves: Vec<Leave>,
    withdrawals: Vec<Withdrawal>,
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
        Ok(Self { protocol, bundle, bundle_hash, leaves: Vec::new(), withdrawals: Vec::new() })
    }
    /// The same, with leave to open some cases before their washout is over, which was checked.
    pub(crate) fn with_leaves(self, leaves: Vec<Leave>) -> Self {
        Self { leaves, ..self }
    }
    /// The same, with word that some cases take no further part, which was checked.
    pub(crate) fn with_withdrawals(self, withdrawals: Vec<Withdrawal>) -> Self {
        Self { withdrawals, ..self }
    }
    /// Word of all cases that take no further part.
    pub(super) fn withdrawals(&self) -> &[Withdrawal] {
        &self.withdrawals
    }
    /// Whether the case of a package takes no further part.
    pub(super) fn withdraws(&self, package: &ContentHash) -> bool {
        self.withdrawals.iter().any(|word| word.package == *package)
    }
    /// The leave to open a read early, where there is one.
    pub(super) fn leave(&self, read: &ReadId) -> Option<&Leave> {
        self.leaves.iter().find(|leave| leave.read == *read)
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
    /// What of the AI's findings is on the screen in a read now; `None` before it was revealed, and where it never is.
    #[must_use]
    pub fn shown_of_ai(&self, draft: &Draft) -> Option<AiParts> {
        draft.revealed()?;
        self.ai_of(draft)?.parts()
    }
    /// Whether the reader of this draft may ask for the AI, and has not yet.
    #[must_use]
    pub fn offers_ai(&self, draft: &Draft) -> bool {
        draft.revealed().is_none() && matches!(self.ai_of(draft), Some(Ai::OnRequest(_)))
    }
    fn ai_of(&self, draft: &Draft) -> Option<&Ai> {
        self.ai_in(draft.read())
    }
    /// When the AI is shown in a read; never to whoever settles two.
    fn ai_in(&self, read: &ReadId) -> Option<&Ai> {
        self.protocol.condition(&read.condition).filter(|_| !self.bundle.adjudicates()).map(|c| &c.ai)
    }
    /// Whether the own impression is said and locked before the two reads are shown.
    fn own_impression_first(&self) -> bool {
        self.protocol.adjudication().is_some_and(|a| a.own_impression_first)
    }
    /// The two reads that are on the screen of whoever settles them; `None` before they were shown, and of every other read.
    #[must_use]
    pub fn shown_pair<'a>(&self, draft: &'a Draft) -> Option<&'a Pair> {
        draft.settling()?.pair()
    }
    /// Whether the two reads may be shown and are not on the screen yet.
    #[must_use]
    pub fn awaits_pair(&self, draft: &Draft) -> bool {
        draft.settling().is_some_and(|s| s.pair().is_none())
    }
    /// What the bundle says of a read: case facts among them.
    #[must_use]
    pub fn assigned(&self, read: &ReadId) -> Option<&AssignedRead> {
        self.bundle.reads().iter().find(|r| r.id(self.reader()) == *read)
    }
}
