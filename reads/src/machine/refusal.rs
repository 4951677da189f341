//! Why an action is not carried out, as sentences for the reader.

use super::missing::Missing;
use tiresias_words::{CaseCode, FindingId, MarkId, QuestionId};

/// A day in milliseconds.
pub(crate) const DAY_MS: i64 = 24 * 60 * 60_000;

/// Why an action is not carried out, as a sentence for the reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Rules of another reader.
    #[error("This reading belongs to another reader. Sign in again.")]
    OtherReader,
    /// No session is running.
    #[error("No session is running. Sign in to start one.")]
    NoSession,
    /// The bundle is not the one that the reader began with.
    #[error("Your list of cases is not the one you began with. Nothing was changed; ask the study coordinator.")]
    OtherBundle,
    /// A description of the workstation that cannot be written down.
    #[error("The description of this workstation cannot be recorded. Tell the study coordinator.")]
    Environment,
    /// A build of the program that the protocol does not name.
    #[error("This study is not read with this version of the program. Install the version that the study coordinator names.")]
    Build,
    /// A screen that is smaller than the protocol asks for, or whose size is not known.
    #[error("This study is read on a screen of at least {} x {} pixels; {}. Move the window to such a screen, or ask the study coordinator.", .least[0], .least[1], screen(.has.as_ref()))]
    Screen {
        /// Width and height that are asked for, physical pixels.
        least: [u32; 2],
        /// Those of the screen.
        has: Option<[u32; 2]>,
    },
    /// The adapter draws other bytes than it should, or nobody tried.
    #[error(
        "This machine\u{2019}s graphics adapter does not draw images byte for byte as this study asks. Update its driver or use another machine, and tell the study coordinator."
    )]
    Selftest,
    /// The test pattern was not shown, or not all of it was seen.
    #[error(
        "Not all of the test pattern can be seen on this screen. Darken the room, set the screen\u{2019}s brightness and contrast as it came, or use another screen; then sign in again."
    )]
    Pattern,
    /// The time of day is before what was recorded, or before the bundle was made.
    #[error(
        "The clock of this machine shows an earlier time than when your cases were assigned, or you last read. Set date and time right, and sign in again."
    )]
    TimeOfDay,
    /// The session is as long as it may be.
    #[error("This session has lasted {0} minutes, as long as one may. End it, and go on another time.")]
    SessionOver(u32),
    /// Everything is read.
    #[error("All your cases are read.")]
    AllRead,
    /// The read is locked.
    #[error("This case is locked. A locked read is never changed.")]
    Locked,
    /// Another case comes first.
    #[error("The next case is {0}. Cases are read in their fixed order.")]
    NotNext(CaseCode),
    /// The next case was withdrawn while the session ran.
    #[error("The next case takes no further part in this study. End the session, and sign in again to go on with the one after it.")]
    Withdrawn,
    /// The washout is not over. That the next case was read before is not said: of a hidden repeat it must not be.
    #[error("The next case can be opened on {}: this study keeps its parts {} apart. Nothing is wrong; end the session.", .0.day(), .0.long())]
    Washout(Due),
    /// The training was not passed as often as it may be tried.
    #[error("The training was not passed, and there is no further try. Tell the study coordinator.")]
    TrainingFailed,
    /// A case is open.
    #[error("The case {0} is open. Lock it, or leave it as a draft, first.")]
    CaseOpen(CaseCode),
    /// No case is open.
    #[error("No case is open. Open the next one first.")]
    NoCaseOpen,
    /// The images are not there yet.
    #[error("The images of this case are not all there yet. Wait until they are.")]
    ImagesNotShown,
    /// The first part is locked.
    #[error("Your first reading of this case is locked. Show the AI to go on.")]
    AwaitsAi,
    /// AI is not shown in this condition, or not yet.
    #[error("AI is not shown here.")]
    NoAi,
    /// The AI's findings are not on the screen, or are judged by nobody in this condition.
    #[error("There are no findings of the AI to be judged here.")]
    NoFindings,
    /// No such finding.
    #[error("The AI has no finding {0} in this case.")]
    NoSuchFinding(FindingId),
    /// Another number of findings than before.
    #[error("What the AI says of this case is not what it said before. Nothing was changed; ask the study coordinator.")]
    OtherFindings,
    /// No two reads are shown here, or not yet.
    #[error("There are no two reads to settle here.")]
    NoPair,
    /// Other reads than those of the bundle.
    #[error("These are not the two reads that the study desk gave for this case. Nothing was changed; ask the study coordinator.")]
    OtherPair,
    /// Something said beside a decision.
    #[error("Choose a read of your own to say something else than A and B.")]
    NotOwn,
    /// A reason that is none.
    #[error("A reason has 1 to 1,000 characters.")]
    Reason,
    /// The protocol has no marks.
    #[error("This study has no marks.")]
    NoMarks,
    /// As many marks as there may be.
    #[error("A case has at most {0} marks. Delete one to place another.")]
    MarkLimit(u32),
    /// A form of mark that the protocol does not have.
    #[error("This study has no marks of this form.")]
    MarkKind,
    /// An outline that is none.
    #[error("This outline is too small, or has more than {0} corners. Draw it again.")]
    NoExtent(usize),
    /// No such class.
    #[error("This study has no such class of marks.")]
    NoSuchClass,
    /// No such mark.
    #[error("Mark {} is not there any more.", .0.0)]
    NoSuchMark(MarkId),
    /// A position that is not a number.
    #[error("The mark has no position in the patient. Place it inside the images.")]
    NoPosition,
    /// Off the scale.
    #[error("The scale goes from {min} to {max}.")]
    OffScale {
        /// Lowest number.
        min: i32,
        /// Highest number.
        max: i32,
    },
    /// Too many decimals.
    #[error("This number has at most {0} decimals.")]
    Decimals(u8),
    /// A text that is empty or too long.
    #[error("This text is not 1 to {0} characters.")]
    Text(u32),
    /// No such question.
    #[error("This study has no question \u{201c}{0}\u{201d}.")]
    NoSuchQuestion(QuestionId),
    /// A question that is not asked about this, or not asked now.
    #[error("The question \u{201c}{0}\u{201d} is not asked here.")]
    NotAsked(QuestionId),
    /// An answer of another kind, or an option that does not exist.
    #[error("This is not an answer to the question \u{201c}{0}\u{201d}.")]
    NotAnAnswer(QuestionId),
    /// Nothing can be not evaluable here, or not for this reason.
    #[error("This study does not let this be called not evaluable, or not for this reason.")]
    NoSuchReason,
    /// Nothing was said or marked that could be taken back.
    #[error("There is nothing to undo in this case.")]
    NothingToUndo,
    /// A time without input that the protocol does not wait for.
    #[error("This study does not stop the clock here.")]
    NotIdle,
    /// Something is missing.
    #[error("Still to do: {}.", sentence(.0))]
    Incomplete(Vec<Missing>),
    /// Soft rules are not kept.
    #[error("{} Look again; you can also lock all the same.", .0.join(" "))]
    Unusual(Vec<String>),
    /// An amendment that may not be made.
    #[error("This read can no longer be amended: {0}.")]
    NoAmendment(&'static str),
    /// A batch of behaviour that cannot be written down.
    #[error("What was looked at cannot be recorded. Tell the study coordinator.")]
    Behaviour,
    /// The monotonic clock ran back.
    #[error("The clock of this machine ran back. Close the program and start it again.")]
    Clock,
}

fn sentence(missing: &[Missing]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// When a washout is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// From when on, milliseconds since 1970 in UTC.
    pub utc_ms: i64,
    /// How many days it is long.
    pub days: u32,
}

impl Due {
    /// The first day that begins after it.
    fn day(self) -> Day {
        Day(self.utc_ms.saturating_add(DAY_MS - 1))
    }
    fn long(self) -> String {
        if self.days == 1 { "a day".to_owned() } else { format!("{} days", self.days) }
    }
}

/// A day of the calendar in UTC, of a time in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub i64);

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            // RFC 3339 begins with the date.
            Ok(time) => write!(f, "{:.10}", time.to_string()),
            Err(_) => f.write_str("a day beyond all calendars"),
        }
    }
}

/// A minute in UTC, of a time in milliseconds since 1970: when somebody signed, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute(pub i64);

impl std::fmt::Display for Minute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{}", time.strftime("%Y-%m-%d %H:%M UTC")),
            Err(_) => f.write_str("a time beyond all calendars"),
        }
    }
}

/// How large a screen is, as the end of a sentence.
fn screen(has: Option<&[u32; 2]>) -> String {
    has.map_or_else(|| "the system does not say how large this one is".to_owned(), |[w, h]| format!("this one has {w} x {h}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_washout_is_told_by_the_first_day_on_which_it_is_over_all_day() {
        let midnight = 20_834 * DAY_MS;
        for (utc_ms, day) in [(midnight - 3_600_000, "2027-01-16"), (midnight, "2027-01-16"), (midnight + 1, "2027-01-17")] {
            let said = Refusal::Washout(Due { utc_ms, days: 28 }).to_string();
            assert!(said.starts_with(&format!("The next case can be opened on {day}: ")) && said.contains(" 28 days apart"), "{said}");
        }
        assert!(Refusal::Washout(Due { utc_ms: midnight, days: 1 }).to_string().contains(" a day apart"));
    }

    #[test]
    fn a_minute_is_told_with_its_day_and_that_it_is_utc() {
        let midnight = 20_834 * DAY_MS;
        for (utc_ms, said) in [
            (midnight, "2027-01-16 00:00 UTC"),
            (midnight - 1, "2027-01-15 23:59 UTC"),
            (midnight + (9 * 60 + 5) * 60_000 + 59_999, "2027-01-16 09:05 UTC"),
            (i64::MAX, "a time beyond all calendars"),
        ] {
            assert_eq!(Minute(utc_ms).to_string(), said);
        }
    }
}
