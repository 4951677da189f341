//! What an action leads to under the rules: events, or a refusal with its reason. Nothing else makes events.

use super::Rules;
use super::action::{Action, AnswerValue, Environment, Glimpse};
use super::event::{Event, Fact};
use super::read::{Assignment, Draft};
use super::state::State;
use crate::hanging::FirstView;
use crate::protocol::{MarkRules, Question, QuestionKind, Scale};
use tiresias_words::{CaseCode, ContentHash, ImageAnchor, MarkId, MarkShape, Moment, PatientPoint, QuestionId, ReadId};

/// More changes of view than a person makes in a second, by far.
const MAX_GLIMPSES: usize = 10_000;
/// Longest text in an [`super::Environment`], characters.
const MAX_ENVIRONMENT: usize = 200;

/// What is still to be done before a read can be locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// A required question has no answer.
    Answer(QuestionId),
    /// A mark has no rating.
    MarkRating(MarkId),
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answer(question) => write!(f, "answer \"{question}\""),
            Self::MarkRating(mark) => write!(f, "rate mark {}", mark.0),
        }
    }
}

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
    /// Everything is read.
    #[error("All your cases are read.")]
    AllRead,
    /// The read is locked.
    #[error("This case is locked. A locked read is never changed.")]
    Locked,
    /// Another case comes first.
    #[error("The next case is {0}. Cases are read in their fixed order.")]
    NotNext(CaseCode),
    /// A case is open.
    #[error("The case {0} is open. Lock it, or leave it as a draft, first.")]
    CaseOpen(CaseCode),
    /// No case is open.
    #[error("No case is open. Open the next one first.")]
    NoCaseOpen,
    /// The images are not there yet.
    #[error("The images of this case are not all there yet. Wait until they are.")]
    ImagesNotShown,
    /// The protocol has no marks.
    #[error("This study has no marks.")]
    NoMarks,
    /// As many marks as there may be.
    #[error("A case has at most {0} marks. Delete one to place another.")]
    MarkLimit(u32),
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
    /// No such question.
    #[error("This study has no question \"{0}\".")]
    NoSuchQuestion(QuestionId),
    /// An answer of another kind, or an option that does not exist.
    #[error("This is not an answer to the question \"{0}\".")]
    NotAnAnswer(QuestionId),
    /// Something is missing.
    #[error("Still to do: {}.", sentence(.0))]
    Incomplete(Vec<Missing>),
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

/// What is still to be done before the open read can be locked: questions in the order of the form, then marks. Empty when none is open.
#[must_use]
pub fn missing(rules: &Rules, state: &State) -> Vec<Missing> {
    state.open().map_or_else(Vec::new, |draft| missing_in(rules, draft))
}

fn missing_in(rules: &Rules, draft: &Draft) -> Vec<Missing> {
    let unanswered = |q: &&Question| q.required && !draft.answers().contains_key(&q.id);
    let questions = rules.protocol().form().questions().iter().filter(unanswered).map(|q| Missing::Answer(q.id.clone()));
    let marks = draft.marks().iter().filter(|(_, m)| m.rating.is_none()).map(|(id, _)| Missing::MarkRating(*id));
    questions.chain(marks).collect()
}

/// What follows from an action: events to be recorded, in order, or the reason why nothing does. No events means that nothing changes.
///
/// The events hold only when the record has taken them; `evolve` each on the state then, and only then.
///
/// # Errors
/// The [`Refusal`] when the rules do not allow the action in that state at that time.
pub fn decide(rules: &Rules, state: &State, action: Action, now: &Moment) -> Result<Vec<Event>, Refusal> {
    if rules.reader() != state.reader() {
        return Err(Refusal::OtherReader);
    }
    if state.is_before_last(now) {
        return Err(Refusal::Clock);
    }
    let sitting = || Sitting::of(rules, state, now);
    match action {
        Action::StartSession(environment) => start_session(rules, state, environment, now),
        Action::OpenCase(read) => sitting()?.open_case(read),
        Action::EndSession => Ok(sitting()?.end()),
        Action::CloseCase => Ok(sitting()?.open()?.records(Fact::CaseClosed)),
        Action::Viewed(glimpses) => sitting()?.open()?.viewed(glimpses),
        Action::ImagesShown => Ok(sitting()?.open()?.images_shown()),
        Action::FirstView(view) => Ok(sitting()?.visible()?.first_view(view)),
        Action::PlaceMark { shape, anchor } => sitting()?.visible()?.place_mark(shape, anchor),
        Action::MoveMark { mark, shape, anchor } => sitting()?.visible()?.move_mark(mark, shape, anchor),
        Action::RateMark { mark, rating } => sitting()?.visible()?.rate_mark(mark, rating),
        Action::DeleteMark(mark) => sitting()?.visible()?.delete_mark(mark),
        Action::Answer { question, value } => sitting()?.visible()?.answer(question, value),
        Action::ClearAnswer(question) => Ok(sitting()?.visible()?.clear_answer(question)),
        Action::Lock => sitting()?.visible()?.lock(),
    }
}

fn start_session(rules: &Rules, state: &State, environment: Environment, now: &Moment) -> Result<Vec<Event>, Refusal> {
    let short = |text: &str| text.chars().count() <= MAX_ENVIRONMENT && !text.chars().any(char::is_control);
    if !short(&environment.build) || !short(&environment.adapter) || !environment.scale.is_finite() {
        return Err(Refusal::Environment);
    }
    let event = |session, package, fact| Event::new(state.reader().clone(), session, now.clone(), package, fact);
    let number = state.sessions().saturating_add(1);
    let before = match (state.bundle(), state.session()) {
        (None, _) => {
            let reads = rules.bundle().reads().iter().map(|r| Assignment { read: r.id(rules.reader()), package: r.package });
            let enrolled = Fact::Enrolled { bundle: rules.bundle_hash, reads: reads.collect() };
            Some(event(number, None, enrolled))
        }
        (Some(begun), _) if begun != rules.bundle_hash => return Err(Refusal::OtherBundle),
        // Two programs cannot have the record open: a session that still runs belonged to a program that is no more.
        (Some(_), Some(running)) => Some(event(running, state.open().map(Draft::package), Fact::SessionCutOff)),
        (Some(_), None) => None,
    };
    Ok(before.into_iter().chain([event(number, None, Fact::SessionStarted(environment))]).collect())
}

/// A running session.
struct Sitting<'a> {
    rules: &'a Rules,
    state: &'a State,
    session: u32,
    now: &'a Moment,
}

impl<'a> Sitting<'a> {
    fn of(rules: &'a Rules, state: &'a State, now: &'a Moment) -> Result<Self, Refusal> {
        Ok(Self { rules, state, session: state.session().ok_or(Refusal::NoSession)?, now })
    }
    fn event(&self, package: Option<ContentHash>, fact: Fact) -> Event {
        Event::new(self.state.reader().clone(), self.session, self.now.clone(), package, fact)
    }
    fn open_case(self, read: ReadId) -> Result<Vec<Event>, Refusal> {
        if self.state.locked().iter().any(|l| *l.read() == read) {
            return Err(Refusal::Locked);
        }
        if let Some(open) = self.state.open() {
            return Err(Refusal::CaseOpen(open.read().case.clone()));
        }
        let next = self.state.next().ok_or(Refusal::AllRead)?;
        if next.read != read {
            return Err(Refusal::NotNext(next.read.case.clone()));
        }
        Ok(vec![self.event(Some(next.package), Fact::CaseOpened { read })])
    }
    fn end(self) -> Vec<Event> {
        let close = self.state.open().map(|draft| self.event(Some(draft.package()), Fact::CaseClosed));
        close.into_iter().chain([self.event(None, Fact::SessionEnded)]).collect()
    }
    /// The case on the screen, whether or not its images are there.
    fn open(self) -> Result<OpenCase<'a>, Refusal> {
        let draft = self.state.open().ok_or(Refusal::NoCaseOpen)?;
        Ok(OpenCase { sitting: self, draft })
    }
    /// The case on the screen, with its images.
    fn visible(self) -> Result<OpenCase<'a>, Refusal> {
        let open = self.open()?;
        if open.sitting.state.images_shown() { Ok(open) } else { Err(Refusal::ImagesNotShown) }
    }
}

/// The case on the screen.
struct OpenCase<'a> {
    sitting: Sitting<'a>,
    draft: &'a Draft,
}

impl OpenCase<'_> {
    fn records(&self, fact: Fact) -> Vec<Event> {
        vec![self.sitting.event(Some(self.draft.package()), fact)]
    }
    fn images_shown(&self) -> Vec<Event> {
        if self.sitting.state.images_shown() { Vec::new() } else { self.records(Fact::ImagesShown) }
    }
    fn first_view(&self, view: FirstView) -> Vec<Event> {
        if self.draft.first_view().is_some() { Vec::new() } else { self.records(Fact::FirstView(view)) }
    }
    fn viewed(&self, glimpses: Vec<Glimpse>) -> Result<Vec<Event>, Refusal> {
        if glimpses.len() > MAX_GLIMPSES || glimpses.iter().any(|g| !g.view.is_finite()) {
            return Err(Refusal::Behaviour);
        }
        Ok(if glimpses.is_empty() { Vec::new() } else { self.records(Fact::Viewed { glimpses }) })
    }
    fn mark_rules(&self) -> Result<&MarkRules, Refusal> {
        self.sitting.rules.protocol().marks().ok_or(Refusal::NoMarks)
    }
    fn has_mark(&self, mark: MarkId) -> Result<(), Refusal> {
        if self.draft.marks().contains_key(&mark) { Ok(()) } else { Err(Refusal::NoSuchMark(mark)) }
    }
    fn place_mark(&self, shape: MarkShape, anchor: ImageAnchor) -> Result<Vec<Event>, Refusal> {
        let max = self.mark_rules()?.max;
        if self.draft.marks().len() >= max as usize {
            return Err(Refusal::MarkLimit(max));
        }
        positioned(&shape, &anchor)?;
        Ok(self.records(Fact::MarkPlaced { mark: self.draft.next_mark(), shape, anchor }))
    }
    fn move_mark(&self, mark: MarkId, shape: MarkShape, anchor: ImageAnchor) -> Result<Vec<Event>, Refusal> {
        self.has_mark(mark)?;
        positioned(&shape, &anchor)?;
        Ok(self.records(Fact::MarkMoved { mark, shape, anchor }))
    }
    fn rate_mark(&self, mark: MarkId, rating: i32) -> Result<Vec<Event>, Refusal> {
        self.has_mark(mark)?;
        on_scale(&self.mark_rules()?.rating, rating)?;
        Ok(self.records(Fact::MarkRated { mark, rating }))
    }
    fn delete_mark(&self, mark: MarkId) -> Result<Vec<Event>, Refusal> {
        self.has_mark(mark)?;
        Ok(self.records(Fact::MarkDeleted { mark }))
    }
    fn answer(&self, question: QuestionId, value: AnswerValue) -> Result<Vec<Event>, Refusal> {
        let form = self.sitting.rules.protocol().form();
        let asked = form.question(&question).ok_or_else(|| Refusal::NoSuchQuestion(question.clone()))?;
        answers(asked, &value)?;
        Ok(self.records(Fact::Answered { question, value }))
    }
    fn clear_answer(&self, question: QuestionId) -> Vec<Event> {
        let given = self.draft.answers().contains_key(&question);
        if given { self.records(Fact::AnswerCleared { question }) } else { Vec::new() }
    }
    fn lock(&self) -> Result<Vec<Event>, Refusal> {
        let missing = missing_in(self.sitting.rules, self.draft);
        if !missing.is_empty() {
            return Err(Refusal::Incomplete(missing));
        }
        Ok(self.records(Fact::ReadLocked { read: self.draft.read().clone() }))
    }
}

fn positioned(shape: &MarkShape, anchor: &ImageAnchor) -> Result<(), Refusal> {
    let finite = shape.centre().is_none_or(PatientPoint::is_finite) && anchor.column.is_finite() && anchor.row.is_finite();
    if finite { Ok(()) } else { Err(Refusal::NoPosition) }
}

fn on_scale(scale: &Scale, value: i32) -> Result<(), Refusal> {
    if scale.contains(value) { Ok(()) } else { Err(Refusal::OffScale { min: scale.min(), max: scale.max() }) }
}

fn answers(question: &Question, value: &AnswerValue) -> Result<(), Refusal> {
    match (&question.kind, value) {
        (QuestionKind::Scale(scale), AnswerValue::Scale(n)) => on_scale(scale, *n),
        (QuestionKind::Choice(options), AnswerValue::Choice(key)) if options.iter().any(|o| o.key == *key) => Ok(()),
        _ => Err(Refusal::NotAnAnswer(question.id.clone())),
    }
}
