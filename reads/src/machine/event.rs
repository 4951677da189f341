//! What happened, as the record keeps it. Only `decide` makes an event; only the record reads one back.
//!
//! A kind's name carries its version ("answered/1"): a later version of a kind is a further variant, and the earlier stays readable.

use super::action::Verdict;
use super::environment::Environment;
use super::glimpse::{self, Glimpse};
use super::leave::Leave;
use super::read::Assignment;
use super::settle::Choice;
use super::withdrawal::Withdrawal;
use crate::accounts::Signature;
use crate::hanging::FirstView;
use crate::pair::Pair;
use crate::protocol::{AnswerValue, Subject};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tiresias_words::{ContentHash, FindingId, ImageAnchor, MarkId, MarkShape, Moment, QuestionId, ReadId, ReaderId};

/// One thing that happened: whose, in which session, when, about which package, and what.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    reader: ReaderId,
    session: u32,
    at: Moment,
    package: Option<ContentHash>,
    fact: Fact,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum Fact {
    /// The reader's reads were taken over from the bundle, in frozen order. First of all events of a reader.
    #[serde(rename = "enrolled/1")]
    Enrolled {
        /// Hash of the bundle.
        bundle: ContentHash,
        /// What is to be read, in order.
        reads: Vec<Assignment>,
    },
    /// A session began.
    #[serde(rename = "session-started/1")]
    SessionStarted(Environment),
    /// The session before this one had not been ended: the program was cut off. Its draft, if any, is kept.
    #[serde(rename = "session-cut-off/1")]
    SessionCutOff,
    /// A session ended.
    #[serde(rename = "session-ended/1")]
    SessionEnded,
    /// The reader signed everything that was recorded before.
    #[serde(rename = "session-signed/1")]
    SessionSigned(Box<Signature>),
    /// The study desk let a case be opened before its washout was over: a deviation, which it signed.
    #[serde(rename = "washout-overridden/1")]
    WashoutOverridden(Box<Leave>),
    /// The study desk withdrew a case: a deviation, which it signed. What is left to read of it is handed out no more, and a draft of it is dropped.
    #[serde(rename = "case-withdrawn/1")]
    CaseWithdrawn(Box<Withdrawal>),
    /// A case was opened.
    #[serde(rename = "case-opened/1")]
    CaseOpened {
        /// Which read.
        read: ReadId,
    },
    /// All images that the hanging requires were visible.
    #[serde(rename = "images-shown/1")]
    ImagesShown,
    /// What the first view of the case was, as bytes. Once a read, however often it is opened.
    #[serde(rename = "first-view/1")]
    FirstView(FirstView),
    /// A mark was put.
    #[serde(rename = "mark-placed/1")]
    MarkPlaced {
        /// Its number.
        mark: MarkId,
        /// Where, in the patient.
        shape: MarkShape,
        /// Where, in the nearest image.
        anchor: ImageAnchor,
    },
    /// A mark was put elsewhere.
    #[serde(rename = "mark-moved/1")]
    MarkMoved {
        /// Its number.
        mark: MarkId,
        /// Where, in the patient.
        shape: MarkShape,
        /// Where, in the nearest image.
        anchor: ImageAnchor,
    },
    /// A mark was rated.
    #[serde(rename = "mark-rated/1")]
    MarkRated {
        /// Its number.
        mark: MarkId,
        /// On the protocol's scale for marks.
        rating: i32,
    },
    /// A mark was taken away.
    #[serde(rename = "mark-deleted/1")]
    MarkDeleted {
        /// Its number.
        mark: MarkId,
    },
    /// A mark was said to be of a class.
    #[serde(rename = "mark-classified/1")]
    MarkClassified {
        /// Its number.
        mark: MarkId,
        /// The key of the class.
        class: String,
    },
    /// What was said or marked last was taken back.
    #[serde(rename = "undone/1")]
    Undone,
    /// A question was answered, or answered anew.
    #[serde(rename = "answered/1")]
    Answered {
        /// Which.
        question: QuestionId,
        /// About what.
        subject: Subject,
        /// What.
        value: AnswerValue,
    },
    /// An answer was taken back.
    #[serde(rename = "answer-cleared/1")]
    AnswerCleared {
        /// To which question.
        question: QuestionId,
        /// About what.
        subject: Subject,
    },
    /// The case or a unit was said to be not evaluable.
    #[serde(rename = "not-evaluable/1")]
    NotEvaluable {
        /// What.
        subject: Subject,
        /// The key of the reason.
        reason: String,
    },
    /// That was taken back.
    #[serde(rename = "evaluable/1")]
    Evaluable {
        /// What.
        subject: Subject,
    },
    /// What was looked at.
    #[serde(rename = "viewed/1")]
    Viewed {
        /// Changes of the view, in order.
        #[serde(with = "glimpse")]
        glimpses: Vec<Glimpse>,
    },
    /// What the reader thinks without AI was locked; what the AI says may be shown now.
    #[serde(rename = "impression-locked/1")]
    ImpressionLocked {
        /// Of which read.
        read: ReadId,
        /// The soft rules that it does not keep, by their place in the protocol.
        over: Vec<u32>,
    },
    /// What the AI says is shown from here on. Before this event is durable nothing of it is opened.
    #[serde(rename = "ai-revealed/1")]
    AiRevealed {
        /// In which read.
        read: ReadId,
    },
    /// What the AI says was on the screen: so many findings.
    #[serde(rename = "findings-shown/1")]
    FindingsShown {
        /// How many there are.
        findings: u32,
    },
    /// The reader agreed with a finding of the AI, or rejected it.
    #[serde(rename = "finding-judged/1")]
    FindingJudged {
        /// Which.
        finding: FindingId,
        /// What the reader said.
        verdict: Verdict,
    },
    /// The two reads that are to be settled may be shown from here on. Before this event is durable nothing of them is opened.
    #[serde(rename = "pair-revealed/1")]
    PairRevealed {
        /// In which read.
        read: ReadId,
    },
    /// They were on the screen, as they are kept here.
    #[serde(rename = "pair-shown/1")]
    PairShown(Box<Pair>),
    /// One of them was accepted, or a read of the adjudicator's own was chosen.
    #[serde(rename = "settled/1")]
    Settled {
        /// Which.
        choice: Choice,
    },
    /// Why was said.
    #[serde(rename = "reason-given/1")]
    ReasonGiven {
        /// The reason.
        reason: String,
    },
    /// A read was finished.
    #[serde(rename = "read-locked/1")]
    ReadLocked {
        /// Which.
        read: ReadId,
        /// The soft rules that it does not keep, by their place in the protocol.
        over: Vec<u32>,
    },
    /// A locked read was opened again; what is locked then is a new version of it.
    #[serde(rename = "amendment-opened/1")]
    AmendmentOpened {
        /// Which.
        read: ReadId,
        /// Why.
        reason: String,
    },
    /// The reader left the screen for a while.
    #[serde(rename = "paused/1")]
    Paused,
    /// Nobody touched anything for so long; the clock stood all the while.
    #[serde(rename = "idle/1")]
    Idle {
        /// For how long, milliseconds.
        ms: u64,
    },
    /// The training was passed; what is left of it is not read.
    #[serde(rename = "training-passed/1")]
    TrainingPassed,
    /// A case was left; its draft is kept.
    #[serde(rename = "case-closed/1")]
    CaseClosed,
}

impl Event {
    pub(super) const fn new(reader: ReaderId, session: u32, at: Moment, package: Option<ContentHash>, fact: Fact) -> Self {
        Self { reader, session, at, package, fact }
    }
    /// Whose it is.
    #[must_use]
    pub const fn reader(&self) -> &ReaderId {
        &self.reader
    }
    /// In which of the reader's sessions, from 1.
    #[must_use]
    pub const fn session(&self) -> u32 {
        self.session
    }
    /// When.
    #[must_use]
    pub const fn at(&self) -> &Moment {
        &self.at
    }
    /// Which package was open, if one was.
    #[must_use]
    pub const fn package(&self) -> Option<ContentHash> {
        self.package
    }
    /// What happened.
    #[must_use]
    pub const fn fact(&self) -> &Fact {
        &self.fact
    }

    /// The kind's name and the JSON text of what else there is to say ("null" for nothing).
    pub(crate) fn written(&self) -> Result<(String, String), serde_json::Error> {
        let value = serde_json::to_value(&self.fact)?;
        let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok((kind, value.get("body").unwrap_or(&Value::Null).to_string()))
    }

    /// The event that a row of the record stands for.
    pub(crate) fn read_back(
        reader: ReaderId,
        session: u32,
        at: Moment,
        package: Option<ContentHash>,
        kind: &str,
        body: &str,
    ) -> Result<Self, serde_json::Error> {
        let whole = match serde_json::from_str(body)? {
            Value::Null => json!({ "kind": kind }),
            body => json!({ "kind": kind, "body": body }),
        };
        Ok(Self { reader, session, at, package, fact: serde_json::from_value(whole)? })
    }
}
