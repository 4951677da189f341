//! What each kind of account may see and do: two tables, and nothing else decides it.
//!
//! Coordinators are blinded: no truth, agreement, score or scale use. Data managers know codes and AI, statisticians truth and, after the database lock,
//! scores. What a reader sees of AI is the state machine's, not this table's.

use serde::{Deserialize, Serialize};

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Reads cases.
    Reader,
    /// Settles discordant reads.
    Adjudicator,
    /// Makes the reference standard. Files of earlier builds have the shorter word, which stood in no sentence and under no signature.
    #[serde(rename = "truth-panellist", alias = "truth-panel")]
    TruthPanel,
    /// Runs the study, blinded.
    Coordinator,
    /// Packs cases; knows codes and AI.
    DataManager,
    /// Knows truth; sees scores after the database lock.
    Statistician,
    /// Looks at the audit trail.
    Auditor,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 7] =
        [Self::Reader, Self::Adjudicator, Self::TruthPanel, Self::Coordinator, Self::DataManager, Self::Statistician, Self::Auditor];
    /// Its word on the command line, in files and under signatures.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Adjudicator => "adjudicator",
            Self::TruthPanel => "truth-panellist",
            Self::Coordinator => "coordinator",
            Self::DataManager => "data-manager",
            Self::Statistician => "statistician",
            Self::Auditor => "auditor",
        }
    }
    /// What it is called on screens and in sentences.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TruthPanel => "truth panellist",
            Self::DataManager => "data manager",
            Self::Reader | Self::Adjudicator | Self::Coordinator | Self::Statistician | Self::Auditor => self.word(),
        }
    }
    /// The article that stands before its name.
    #[must_use]
    pub const fn article(self) -> &'static str {
        match self {
            Self::Adjudicator | Self::Auditor => "an",
            Self::Reader | Self::TruthPanel | Self::Coordinator | Self::DataManager | Self::Statistician => "a",
        }
    }
    /// The kind of a word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Something that can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// The protocol, and what `check` says of it.
    Protocol,
    /// Images of packages.
    Images,
    /// Their own reads or assessments.
    OwnReads,
    /// Two discordant reads, as A and B.
    PairOfReads,
    /// How far each reader is.
    Progress,
    /// Deviations and queries.
    Deviations,
    /// Which code is which case and which subject.
    CaseKey,
    /// What the AI says.
    Ai,
    /// The reference standard.
    Truth,
    /// Scores, agreement, scale use, times.
    Scores,
    /// Every event in plain sentences.
    AuditTrail,
    /// What a reader looked at, for how long and how: replays.
    Behaviour,
}

impl Thing {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Protocol,
        Self::Images,
        Self::OwnReads,
        Self::PairOfReads,
        Self::Progress,
        Self::Deviations,
        Self::CaseKey,
        Self::Ai,
        Self::Truth,
        Self::Scores,
        Self::AuditTrail,
        Self::Behaviour,
    ];
}

/// Something that can be done at the study desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Sign the protocol, or a new version of it.
    SignProtocol,
    /// Make accounts.
    MakeAccounts,
    /// Pack cases.
    Pack,
    /// Assign cases to readers.
    Assign,
    /// Take results of workstations in.
    Merge,
    /// Record a deviation.
    Deviate,
    /// Add truth.
    AddTruth,
    /// Close the reading.
    LockDatabase,
    /// Export answers and scores, and look at them before reading is closed. What an analysis says after that is seen ([`Thing::Scores`]), by auditors too.
    Analyse,
    /// Replay what readers looked at.
    Replay,
    /// Settle discordant reads.
    Adjudicate,
    /// Read cases.
    Read,
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::SignProtocol,
        Self::MakeAccounts,
        Self::Pack,
        Self::Assign,
        Self::Merge,
        Self::Deviate,
        Self::AddTruth,
        Self::LockDatabase,
        Self::Analyse,
        Self::Replay,
        Self::Adjudicate,
        Self::Read,
    ];
    /// What it is called in sentences.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::SignProtocol => "signing the protocol",
            Self::MakeAccounts => "making accounts",
            Self::Pack => "packing cases",
            Self::Assign => "assigning cases",
            Self::Merge => "taking results in",
            Self::Deviate => "recording a deviation",
            Self::AddTruth => "adding truth",
            Self::LockDatabase => "closing the reading",
            Self::Analyse => "exporting and looking early",
            Self::Replay => "replaying reads",
            Self::Adjudicate => "adjudicating",
            Self::Read => "reading cases",
        }
    }
}

/// Whether a kind of account may see something; `is_locked` says whether the reading is closed.
#[must_use]
pub const fn may_see(kind: Kind, thing: Thing, is_locked: bool) -> bool {
    use Kind::{Adjudicator, Auditor, Coordinator, DataManager, Reader, Statistician, TruthPanel};
    match thing {
        Thing::Protocol => true,
        Thing::Images => matches!(kind, Reader | Adjudicator | TruthPanel | DataManager),
        Thing::OwnReads => matches!(kind, Reader | Adjudicator | TruthPanel),
        Thing::PairOfReads => matches!(kind, Adjudicator),
        Thing::Progress | Thing::Deviations => matches!(kind, Coordinator | DataManager | Statistician | Auditor),
        Thing::CaseKey => matches!(kind, DataManager),
        Thing::Ai => matches!(kind, DataManager) || (is_locked && matches!(kind, Statistician | Auditor)),
        Thing::Truth => matches!(kind, Statistician | TruthPanel) || (is_locked && matches!(kind, Auditor)),
        Thing::Scores => is_locked && matches!(kind, Statistician | Auditor),
        Thing::AuditTrail => matches!(kind, Auditor),
        Thing::Behaviour => matches!(kind, Auditor) || (is_locked && matches!(kind, Statistician | DataManager)),
    }
}

/// Whether a kind of account may do something.
#[must_use]
pub const fn may_do(kind: Kind, act: Act) -> bool {
    use Kind::{Adjudicator, Auditor, Coordinator, DataManager, Reader, Statistician};
    match act {
        Act::SignProtocol | Act::Assign | Act::MakeAccounts => matches!(kind, Coordinator),
        Act::Pack => matches!(kind, DataManager),
        Act::Merge | Act::Deviate => matches!(kind, Coordinator | DataManager),
        Act::AddTruth | Act::Analyse => matches!(kind, Statistician),
        // When, is a matter of what they may see.
        Act::Replay => matches!(kind, Auditor | DataManager | Statistician),
        // Two of them, of different kinds.
        Act::LockDatabase => matches!(kind, Coordinator | DataManager | Statistician),
        Act::Adjudicate => matches!(kind, Adjudicator),
        Act::Read => matches!(kind, Reader),
    }
}
