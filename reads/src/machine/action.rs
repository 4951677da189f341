//! What a reader, or the program on a reader's behalf, asks for. An action changes nothing until `decide` has made events of it.

use super::environment::Environment;
use super::glimpse::Glimpse;
use super::settle::Choice;
use crate::accounts::Signature;
use crate::hanging::FirstView;
use crate::pair::Pair;
use crate::protocol::{AnswerValue, Subject};
use serde::{Deserialize, Serialize};
use tiresias_words::{FindingId, ImageAnchor, MarkId, MarkShape, QuestionId, ReadId};

/// Something a reader asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Sit down to read, on a workstation with these properties.
    StartSession(Environment),
    /// Open a case: the next one, or the one that was left as a draft.
    OpenCase(ReadId),
    /// All images that the hanging requires are visible: the clock starts.
    ImagesShown,
    /// What the first view was, as bytes. Comes after the images are shown, since it takes a moment to be made; a second one changes nothing.
    FirstView(FirstView),
    /// Put a new mark.
    PlaceMark {
        /// Where, in the patient.
        shape: MarkShape,
        /// Where, in the nearest image.
        anchor: ImageAnchor,
    },
    /// Put a mark elsewhere; its rating stays.
    MoveMark {
        /// Which.
        mark: MarkId,
        /// Where, in the patient.
        shape: MarkShape,
        /// Where, in the nearest image.
        anchor: ImageAnchor,
    },
    /// Rate a mark.
    RateMark {
        /// Which.
        mark: MarkId,
        /// On the protocol's scale for marks.
        rating: i32,
    },
    /// Take a mark away. Its number is not used again.
    DeleteMark(MarkId),
    /// Take back what was said or marked last in the open case; again, what came before.
    Undo,
    /// Say what a mark is.
    ClassifyMark {
        /// Which.
        mark: MarkId,
        /// The key of a class of the protocol.
        class: String,
    },
    /// Answer a question, or answer it anew.
    Answer {
        /// Which.
        question: QuestionId,
        /// About what.
        subject: Subject,
        /// What.
        value: AnswerValue,
    },
    /// Take an answer back.
    ClearAnswer {
        /// To which question.
        question: QuestionId,
        /// About what.
        subject: Subject,
    },
    /// Say that the case or a unit cannot be evaluated.
    NotEvaluable {
        /// What.
        subject: Subject,
        /// The key of a reason of the protocol.
        reason: String,
    },
    /// Take that back.
    Evaluable(Subject),
    /// Show what the AI says, where the condition and the stage of the read allow it.
    Reveal,
    /// What the AI says was opened and is on the screen: so many findings. A second one changes nothing.
    FindingsShown(u32),
    /// Agree with a finding of the AI, or reject it.
    JudgeFinding {
        /// Which.
        finding: FindingId,
        /// What the reader says.
        verdict: Verdict,
    },
    /// The two reads that are to be settled were opened and are on the screen. A second time changes nothing.
    PairShown(Box<Pair>),
    /// Accept one of them, or say something else; again, say otherwise.
    Settle(Choice),
    /// Why; again, say it anew: 1 to 1,000 characters.
    GiveReason(String),
    /// What was looked at since the last such action. Behaviour: may be batched, must come before the next answer.
    Viewed(Vec<Glimpse>),
    /// Leave the screen for a while: images go, and the clock stands, until they are shown again.
    Pause,
    /// The same, because nobody has touched anything for as long as the protocol waits: that time was no reading either.
    Idle {
        /// For how long, milliseconds.
        ms: u64,
    },
    /// Finish the read, or its first part where AI comes after it. It never changes again.
    Lock,
    /// The same, although answers do not keep the soft rules: the reader has seen which.
    LockAnyway,
    /// Open a locked read again, to lock a new version of it. The earlier one stays in the record.
    Amend {
        /// Which.
        read: ReadId,
        /// Why: 1 to 1,000 characters.
        reason: String,
    },
    /// Leave the case; the draft is kept.
    CloseCase,
    /// Sign what was recorded so far; between two cases.
    Sign(Box<Signature>),
    /// Stop reading. An open case is left first.
    EndSession,
}

/// What a reader says of a finding of the AI. There is none until they say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is what the AI says.
    Agree,
    /// It is not.
    Reject,
}
