//! How a pair of reads is settled: A and B are shown, one of them is accepted or a read of the adjudicator's own takes their place, with a reason.
//!
//! The own impression, where the protocol asks for one, is locked before: [`super::Draft::impression`]. Refuses: a decision before A and B are there.

use super::read::Draft;
use super::state::Illegal;
use crate::pair::{Pair, Side};
use serde::{Deserialize, Serialize};
use tiresias_words::Moment;

/// What an adjudicator takes of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Read A, as it is.
    A,
    /// Read B, as it is.
    B,
    /// A complete read of their own.
    Own,
}

/// A pair being settled, or settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Settling {
    revealed: Moment,
    pair: Option<Box<Pair>>,
    choice: Option<Choice>,
    reason: Option<String>,
}

impl Settling {
    pub(super) const fn new(revealed: Moment) -> Self {
        Self { revealed, pair: None, choice: None, reason: None }
    }
    /// Since when A and B may be shown.
    #[must_use]
    pub const fn revealed(&self) -> &Moment {
        &self.revealed
    }
    /// A and B, once they are on the screen.
    #[must_use]
    pub fn pair(&self) -> Option<&Pair> {
        self.pair.as_deref()
    }
    /// What was taken; none until somebody does.
    #[must_use]
    pub const fn choice(&self) -> Option<Choice> {
        self.choice
    }
    /// Why.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
    /// The read of the pair that was accepted.
    #[must_use]
    pub fn accepted(&self) -> Option<&Side> {
        match self.choice? {
            Choice::A => self.pair().map(Pair::a),
            Choice::B => self.pair().map(Pair::b),
            Choice::Own => None,
        }
    }
    pub(super) fn show(&mut self, pair: Pair) -> Result<(), Illegal> {
        if self.pair.replace(Box::new(pair)).is_some() { Err(Illegal::Pair) } else { Ok(()) }
    }
    pub(super) fn take(&mut self, choice: Choice) -> Result<(), Illegal> {
        if self.pair.is_none() {
            return Err(Illegal::Pair);
        }
        self.choice = Some(choice);
        Ok(())
    }
    pub(super) fn because(&mut self, reason: String) -> Result<(), Illegal> {
        if self.pair.is_none() {
            return Err(Illegal::Pair);
        }
        self.reason = Some(reason);
        Ok(())
    }
}

impl Draft {
    /// Whether something can be said in it now: not between a locked impression and what follows it, and about a pair only in a read of one's own.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        !self.awaits_ai() && self.settling().is_none_or(|s| s.choice() == Some(Choice::Own))
    }
}
