//! What an action leads to under the rules: events, or a refusal with its reason. Nothing else makes events.

use super::Rules;
use super::action::{Action, Environment, Glimpse, Verdict};
use super::event::{Event, Fact};
use super::missing::{is_asked, missing_in, unusual};
use super::read::{Assignment, Draft};
use super::refusal::{Day, Refusal};
use super::state::State;
use crate::hanging::FirstView;
use crate::protocol::{Ai, AnswerValue, MarkKind, MarkRules, Misfit, Per, Subject};
use crate::shown::is_text;
use tiresias_words::{ContentHash, FindingId, ImageAnchor, MarkId, MarkShape, Moment, PatientPoint, QuestionId, ReadId};

/// More changes of view than a person makes in a second, by far.
const MAX_GLIMPSES: usize = 10_000;
/// Longest text in an [`super::Environment`], characters.
const MAX_ENVIRONMENT: usize = 200;
const MAX_REASON: usize = 1000;
/// More findings than a reader could judge.
const MAX_FINDINGS: u32 = 2_000;
/// Clocks that are set by a network time server go back a little now and then.
const CLOCK_TOLERANCE_MS: i64 = 5 * 60_000;
const MINUTE_MS: u64 = 60_000;
const DAY_MS: i64 = 24 * 60 * 60_000;

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
        Action::Amend { read, reason } => sitting()?.amend(&read, reason),
        Action::EndSession => Ok(sitting()?.end()),
        Action::CloseCase => Ok(sitting()?.open()?.records(Fact::CaseClosed)),
        Action::Pause => Ok(sitting()?.open()?.pause()),
        Action::Viewed(glimpses) => sitting()?.open()?.viewed(glimpses),
        Action::ImagesShown => Ok(sitting()?.open()?.images_shown()),
        Action::FirstView(view) => Ok(sitting()?.visible()?.first_view(view)),
        Action::Reveal => sitting()?.visible()?.reveal(),
        Action::FindingsShown(findings) => sitting()?.visible()?.findings_shown(findings),
        Action::JudgeFinding { finding, verdict } => sitting()?.writable()?.judge_finding(finding, verdict),
        Action::PlaceMark { shape, anchor } => sitting()?.writable()?.place_mark(shape, anchor),
        Action::MoveMark { mark, shape, anchor } => sitting()?.writable()?.move_mark(mark, shape, anchor),
        Action::RateMark { mark, rating } => sitting()?.writable()?.rate_mark(mark, rating),
        Action::ClassifyMark { mark, class } => sitting()?.writable()?.classify_mark(mark, class),
        Action::DeleteMark(mark) => sitting()?.writable()?.delete_mark(mark),
        Action::Answer { question, subject, value } => sitting()?.writable()?.answer(question, subject, value),
        Action::ClearAnswer { question, subject } => Ok(sitting()?.writable()?.clear_answer(question, subject)),
        Action::NotEvaluable { subject, reason } => sitting()?.writable()?.not_evaluable(subject, reason),
        Action::Evaluable(subject) => Ok(sitting()?.writable()?.evaluable(subject)),
        Action::Lock => sitting()?.writable()?.lock(false),
        Action::LockAnyway => sitting()?.writable()?.lock(true),
    }
}

fn start_session(rules: &Rules, state: &State, environment: Environment, now: &Moment) -> Result<Vec<Event>, Refusal> {
    let short = |text: &str| text.chars().count() <= MAX_ENVIRONMENT && !text.chars().any(char::is_control);
    if !short(&environment.build) || !short(&environment.adapter) || !environment.scale.is_finite() {
        return Err(Refusal::Environment);
    }
    let builds = &rules.protocol().sessions().builds;
    if !builds.is_empty() && !builds.contains(&environment.build) {
        return Err(Refusal::Build);
    }
    if now.utc_ms.saturating_add(CLOCK_TOLERANCE_MS) < latest(rules, state) {
        return Err(Refusal::TimeOfDay);
    }
    let event = |session, package, fact| Event::new(state.reader().clone(), session, now.clone(), package, fact);
    let number = state.sessions().saturating_add(1);
    let before = match (state.bundle(), state.session()) {
        (None, _) => {
            let assignment = |r: &crate::bundle::AssignedRead| Assignment {
                read: r.id(rules.reader()),
                package: r.package,
                training: r.training.is_some(),
            };
            let reads = rules.bundle().reads().iter().map(assignment);
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

/// The latest time of day that anything says: the bundle's making, and every event so far.
fn latest(rules: &Rules, state: &State) -> i64 {
    rules.bundle().issued_utc_ms().max(state.latest_utc_ms().unwrap_or(i64::MIN))
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
        // A session does not outlive a run of the machine: whoever goes on afterwards signs in again, and is seen by the clocks of the new run.
        let is_of_this_run = state.session_began().is_some_and(|began| began.boot == now.boot);
        let session = state.session().filter(|_| is_of_this_run).ok_or(Refusal::NoSession)?;
        Ok(Self { rules, state, session, now })
    }
    fn event(&self, package: Option<ContentHash>, fact: Fact) -> Event {
        Event::new(self.state.reader().clone(), self.session, self.now.clone(), package, fact)
    }
    fn ai(&self, read: &ReadId) -> &'a Ai {
        self.rules.protocol().condition(&read.condition).map_or(&Ai::Hidden, |c| &c.ai)
    }
    fn open_case(self, read: ReadId) -> Result<Vec<Event>, Refusal> {
        let is_draft = self.state.draft().is_some_and(|d| *d.read() == read);
        if !is_draft && self.state.locked().iter().any(|l| *l.read() == read) {
            return Err(Refusal::Locked);
        }
        if let Some(open) = self.state.open() {
            return Err(Refusal::CaseOpen(open.read().case.clone()));
        }
        let next = self.state.next().ok_or(Refusal::AllRead)?;
        if next.read != read {
            return Err(Refusal::NotNext(next.read.case.clone()));
        }
        self.session_is_open()?;
        if !is_draft {
            self.training_is_done(next)?;
            self.is_washed_out(next)?;
        }
        let package = next.package;
        let opened = self.event(Some(package), Fact::CaseOpened { read: read.clone() });
        // AI that belongs to the first view is there before the first image; in a draft that was left it is there already.
        let reveals = matches!(self.ai(&read), Ai::Concurrent(_)) && !is_draft;
        let revealed = reveals.then(|| self.event(Some(package), Fact::AiRevealed { read }));
        Ok(std::iter::once(opened).chain(revealed).collect())
    }
    /// A session that is as long as it may be opens no further case; the open one can be finished.
    fn session_is_open(&self) -> Result<(), Refusal> {
        let Some(longest) = self.rules.protocol().sessions().longest_minutes else { return Ok(()) };
        let lasted = self.state.session_began().map_or(0, |began| self.now.monotonic_ms.saturating_sub(began.monotonic_ms));
        if lasted >= u64::from(longest) * MINUTE_MS { Err(Refusal::SessionOver(longest)) } else { Ok(()) }
    }
    /// Reads of the study come after the training is passed.
    fn training_is_done(&self, next: &Assignment) -> Result<(), Refusal> {
        let asked = self.rules.protocol().training().is_some() && self.rules.bundle().reads().iter().any(|r| r.training.is_some());
        if asked && !next.training && !self.state.training_passed() { Err(Refusal::TrainingFailed) } else { Ok(()) }
    }
    /// The time since the last read of the same images is the washout or more, by the most careful reading of all clocks. What cannot be noticed is a time of
    /// day that is wrong for a whole run of the machine (docs/blinding.md).
    fn is_washed_out(&self, next: &Assignment) -> Result<(), Refusal> {
        let days = i64::from(self.rules.protocol().sessions().washout_days.unwrap_or(0));
        let Some(locked) = self.state.package_locked_utc_ms(&next.package).filter(|_| days > 0 && !next.training) else { return Ok(()) };
        let due = locked.max(self.rules.bundle().issued_utc_ms()).saturating_add(days * DAY_MS);
        if self.state.utc_at_least_ms(self.now) >= due { Ok(()) } else { Err(Refusal::Washout(Day(due))) }
    }
    fn amend(self, read: &ReadId, reason: String) -> Result<Vec<Event>, Refusal> {
        let no = |why| Err(Refusal::NoAmendment(why));
        let Some(locked) = self.state.locked().iter().find(|l| l.read() == read) else { return no("it is not locked") };
        if let Some(draft) = self.state.draft() {
            return Err(Refusal::CaseOpen(draft.read().case.clone()));
        }
        if locked.assignment().training {
            return no("it belongs to the training");
        }
        if self.state.was_revealed(&locked.package()) {
            return no("the AI was shown for this case");
        }
        if self.state.locked().iter().filter(|l| l.package() == locked.package()).count() > 1 {
            return no("the same case was read again since");
        }
        if !is_text(&reason, MAX_REASON) {
            return no("an amendment needs a reason of 1 to 1,000 characters");
        }
        self.session_is_open()?;
        Ok(vec![self.event(Some(locked.package()), Fact::AmendmentOpened { read: read.clone(), reason })])
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
    /// The case on the screen, when something can be said about it.
    fn writable(self) -> Result<OpenCase<'a>, Refusal> {
        let open = self.visible()?;
        if open.draft.awaits_ai() { Err(Refusal::AwaitsAi) } else { Ok(open) }
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
    fn pause(&self) -> Vec<Event> {
        if self.sitting.state.images_shown() { self.records(Fact::Paused) } else { Vec::new() }
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
    /// AI is shown when the reader asks for it, or after the first part was locked; what comes with the first view was shown with it.
    fn reveal(&self) -> Result<Vec<Event>, Refusal> {
        let allowed = match self.sitting.ai(self.draft.read()) {
            Ai::Hidden => false,
            Ai::Concurrent(_) | Ai::OnRequest(_) => true,
            Ai::Sequential { .. } => self.draft.impression().is_some(),
        };
        if !allowed {
            return Err(Refusal::NoAi);
        }
        let is_there = self.draft.revealed().is_some();
        Ok(if is_there { Vec::new() } else { self.records(Fact::AiRevealed { read: self.draft.read().clone() }) })
    }
    /// What the AI says is on the screen after it was revealed, and as often as it is opened the same.
    fn findings_shown(&self, findings: u32) -> Result<Vec<Event>, Refusal> {
        if findings > MAX_FINDINGS || self.sitting.rules.shown_of_ai(self.draft).is_none() {
            return Err(Refusal::NoAi);
        }
        match self.draft.findings() {
            None => Ok(self.records(Fact::FindingsShown { findings })),
            Some(before) if before == findings => Ok(Vec::new()),
            Some(_) => Err(Refusal::OtherFindings),
        }
    }
    fn judge_finding(&self, finding: FindingId, verdict: Verdict) -> Result<Vec<Event>, Refusal> {
        let is_judged = self.sitting.rules.shown_of_ai(self.draft).is_some_and(|parts| parts.judged);
        let findings = self.draft.findings().filter(|_| is_judged).ok_or(Refusal::NoFindings)?;
        if !(1..=findings).contains(&finding.0) {
            return Err(Refusal::NoSuchFinding(finding));
        }
        Ok(self.records(Fact::FindingJudged { finding, verdict }))
    }
    fn mark_rules(&self) -> Result<&MarkRules, Refusal> {
        self.sitting.rules.protocol().marks().ok_or(Refusal::NoMarks)
    }
    fn has_mark(&self, mark: MarkId) -> Result<(), Refusal> {
        if self.draft.marks().contains_key(&mark) { Ok(()) } else { Err(Refusal::NoSuchMark(mark)) }
    }
    fn place_mark(&self, shape: MarkShape, anchor: ImageAnchor) -> Result<Vec<Event>, Refusal> {
        let marks = self.mark_rules()?;
        if !marks.kinds.contains(&kind_of(&shape)) {
            return Err(Refusal::MarkKind);
        }
        if self.draft.marks().len() >= marks.max as usize {
            return Err(Refusal::MarkLimit(marks.max));
        }
        positioned(&shape, &anchor)?;
        Ok(self.records(Fact::MarkPlaced { mark: self.draft.next_mark(), shape, anchor }))
    }
    fn move_mark(&self, mark: MarkId, shape: MarkShape, anchor: ImageAnchor) -> Result<Vec<Event>, Refusal> {
        self.has_mark(mark)?;
        if !self.mark_rules()?.kinds.contains(&kind_of(&shape)) {
            return Err(Refusal::MarkKind);
        }
        positioned(&shape, &anchor)?;
        Ok(self.records(Fact::MarkMoved { mark, shape, anchor }))
    }
    fn rate_mark(&self, mark: MarkId, rating: i32) -> Result<Vec<Event>, Refusal> {
        self.has_mark(mark)?;
        self.mark_rules()?.rating.fits(rating).map_err(|misfit| refusal_of(misfit, None))?;
        Ok(self.records(Fact::MarkRated { mark, rating }))
    }
    fn classify_mark(&self, mark: MarkId, class: String) -> Result<Vec<Event>, Refusal> {
        self.has_mark(mark)?;
        let known = self.mark_rules()?.classes.iter().any(|c| c.key == class);
        if known { Ok(self.records(Fact::MarkClassified { mark, class })) } else { Err(Refusal::NoSuchClass) }
    }
    fn delete_mark(&self, mark: MarkId) -> Result<Vec<Event>, Refusal> {
        self.has_mark(mark)?;
        Ok(self.records(Fact::MarkDeleted { mark }))
    }
    fn answer(&self, question: QuestionId, subject: Subject, value: AnswerValue) -> Result<Vec<Event>, Refusal> {
        let form = self.sitting.rules.protocol().form();
        let asked = form.question(&question).ok_or_else(|| Refusal::NoSuchQuestion(question.clone()))?;
        if !is_asked(form, asked, &subject, self.draft) {
            return Err(Refusal::NotAsked(question));
        }
        asked.fits(&value).map_err(|misfit| refusal_of(misfit, Some(&question)))?;
        Ok(self.records(Fact::Answered { question, subject, value }))
    }
    fn clear_answer(&self, question: QuestionId, subject: Subject) -> Vec<Event> {
        let given = self.draft.answers().get(&question, &subject).is_some();
        if given { self.records(Fact::AnswerCleared { question, subject }) } else { Vec::new() }
    }
    fn not_evaluable(&self, subject: Subject, reason: String) -> Result<Vec<Event>, Refusal> {
        let form = self.sitting.rules.protocol().form();
        let allowed = form.not_evaluable().is_some_and(|n| {
            let fits = match (&subject, n.per) {
                (Subject::Case, Per::Case) => true,
                (Subject::Unit(key), Per::Unit) => form.units().iter().any(|u| u.key == *key),
                _ => false,
            };
            fits && n.reasons.iter().any(|r| r.key == reason)
        });
        if allowed { Ok(self.records(Fact::NotEvaluable { subject, reason })) } else { Err(Refusal::NoSuchReason) }
    }
    fn evaluable(&self, subject: Subject) -> Vec<Event> {
        let said = self.draft.not_evaluable().contains_key(&subject);
        if said { self.records(Fact::Evaluable { subject }) } else { Vec::new() }
    }
    fn lock(&self, anyway: bool) -> Result<Vec<Event>, Refusal> {
        let rules = self.sitting.rules;
        let missing = missing_in(rules, self.draft);
        if !missing.is_empty() {
            return Err(Refusal::Incomplete(missing));
        }
        let (over, sentences) = unusual(rules, self.draft);
        if !over.is_empty() && !anyway {
            return Err(Refusal::Unusual(sentences));
        }
        let read = self.draft.read().clone();
        let is_first = matches!(self.sitting.ai(&read), Ai::Sequential { .. }) && self.draft.impression().is_none();
        if is_first {
            return Ok(self.records(Fact::ImpressionLocked { read, over }));
        }
        let passed = self.passes_training().then(|| self.sitting.event(None, Fact::TrainingPassed));
        Ok(self.records(Fact::ReadLocked { read, over }).into_iter().chain(passed).collect())
    }
    /// Whether this lock ends a try of the training in which enough was right.
    fn passes_training(&self) -> bool {
        let (rules, state) = (self.sitting.rules, self.sitting.state);
        let (Some(training), true) = (rules.protocol().training(), self.draft.assignment().training) else { return false };
        let attempt = self.draft.read().repeat;
        let of_attempt: Vec<_> = rules.bundle().reads().iter().filter(|r| r.training.is_some() && r.repeat == attempt).collect();
        let rating = |answers, marks: &[(MarkId, Option<i32>)]| rules.protocol().case_rating(answers, marks);
        let mut right = 0;
        for assigned in &of_attempt {
            let id = assigned.id(rules.reader());
            let given = if *self.draft.read() == id {
                Some(rating(self.draft.answers(), &self.draft.mark_ratings()))
            } else {
                let locked = state.locked().iter().find(|l| *l.read() == id);
                locked.map(|l| rating(l.answers(), &l.marks().iter().map(|(id, m)| (*id, m.rating)).collect::<Vec<_>>()))
            };
            // Not all of the attempt is read.
            let Some(given) = given else { return false };
            let positive = given.is_some_and(|r| r >= i64::from(training.threshold) * 1000);
            right += usize::from(assigned.training.is_some_and(|t| t.signal == positive));
        }
        !of_attempt.is_empty() && right as f64 >= training.pass * of_attempt.len() as f64
    }
}

const fn kind_of(shape: &MarkShape) -> MarkKind {
    match shape {
        MarkShape::Point(_) | MarkShape::OnImage => MarkKind::Point,
    }
}

fn positioned(shape: &MarkShape, anchor: &ImageAnchor) -> Result<(), Refusal> {
    let finite = shape.centre().is_none_or(PatientPoint::is_finite) && anchor.column.is_finite() && anchor.row.is_finite();
    if finite { Ok(()) } else { Err(Refusal::NoPosition) }
}

fn refusal_of(misfit: Misfit, question: Option<&QuestionId>) -> Refusal {
    match (misfit, question) {
        (Misfit::OutOfRange { min, max }, _) => Refusal::OffScale { min, max },
        (Misfit::Decimals(most), _) => Refusal::Decimals(most),
        (Misfit::Text(most), _) => Refusal::Text(most),
        (Misfit::Kind, Some(question)) => Refusal::NotAnAnswer(question.clone()),
        // A mark's rating is a number and can be nothing but out of range.
        (Misfit::Kind, None) => Refusal::MarkKind,
    }
}
