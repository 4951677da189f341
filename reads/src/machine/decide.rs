//! What an action leads to under the rules: events, or a refusal with its reason. Nothing else makes events.

use super::Rules;
use super::action::{Action, Verdict};
use super::environment::Environment;
use super::event::{Event, Fact};
use super::glimpse::Glimpse;
use super::missing::{is_asked, missing_in, unusual};
use super::read::{Assignment, Draft};
use super::refusal::{DAY_MS, Due, Refusal};
use super::settle::Choice;
use super::state::{State, is_session_of};
use super::told::{MINUTE_MS, SHOWN_SINCE, WITHDRAWN, passes_training, why_final};
use super::withdrawal::Withdrawal;
use crate::accounts::Signature;
use crate::bundle::AssignedRead;
use crate::hanging::FirstView;
use crate::pair::Pair;
use crate::protocol::{Ai, AnswerValue, MarkKind, MarkRules, Misfit, Per, Subject};
use crate::shown::{MAX_REASON, is_text};
use crate::workspace::MOST_CORNERS;
use std::collections::BTreeMap;
use tiresias_words::{
    ContentHash, FindingId, ImageAnchor, ImagePoint, MarkId, MarkShape, Moment, Outline, PatientPoint, QuestionId, ReadId,
};

/// More changes of view than a person makes in a second, by far.
const MAX_GLIMPSES: usize = 10_000;
/// More findings than a reader could judge.
const MAX_FINDINGS: u32 = 2_000;
/// Clocks that are set by a network time server go back a little now and then.
const CLOCK_TOLERANCE_MS: i64 = 5 * 60_000;

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
        Action::Sign(signature) => sitting()?.sign(signature),
        Action::CloseCase => Ok(sitting()?.open()?.records(Fact::CaseClosed)),
        Action::Pause => Ok(sitting()?.open()?.pause()),
        Action::Idle { ms } => sitting()?.open()?.idle(ms),
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
        Action::Undo => sitting()?.writable()?.undo(),
        Action::Answer { question, subject, value } => sitting()?.writable()?.answer(question, subject, value),
        Action::ClearAnswer { question, subject } => Ok(sitting()?.writable()?.clear_answer(question, subject)),
        Action::NotEvaluable { subject, reason } => sitting()?.writable()?.not_evaluable(subject, reason),
        Action::Evaluable(subject) => Ok(sitting()?.writable()?.evaluable(subject)),
        Action::PairShown(pair) => sitting()?.visible()?.pair_shown(pair),
        Action::Settle(choice) => sitting()?.visible()?.settle(choice),
        Action::GiveReason(reason) => sitting()?.visible()?.because(reason),
        Action::Lock => sitting()?.visible()?.lock(false),
        Action::LockAnyway => sitting()?.visible()?.lock(true),
    }
}

fn start_session(rules: &Rules, state: &State, environment: Environment, now: &Moment) -> Result<Vec<Event>, Refusal> {
    environment.admit(rules.protocol())?;
    if now.utc_ms.saturating_add(CLOCK_TOLERANCE_MS) < latest(rules, state) {
        return Err(Refusal::TimeOfDay);
    }
    let event = |session, package, fact| Event::new(state.reader().clone(), session, now.clone(), package, fact);
    let number = state.sessions().saturating_add(1);
    let before = match (state.bundle(), state.session()) {
        (None, _) => {
            let assignment = |r: &AssignedRead| Assignment {
                read: r.id(rules.reader()),
                package: r.package,
                training: r.training.is_some(),
                settles: r.pair.is_some(),
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
    let started = event(number, None, Fact::SessionStarted(environment));
    let new = withdrawn_since(rules, state);
    // What is left of a try of the training may be enough, and no lock comes any more that would say so.
    let is_gone = |package: &ContentHash| state.is_withdrawn(package) || new.contains_key(package);
    let is_free = state.draft().is_none_or(|draft| is_gone(&draft.package()));
    let attempts = rules.protocol().training().map_or(0, |t| t.attempts);
    let passes = |attempt| passes_training(rules, state, attempt, &is_gone, None);
    let is_passed = is_free && !state.training_passed() && (1..=attempts).any(passes);
    let passed = is_passed.then(|| event(number, None, Fact::TrainingPassed));
    let withdrawn = new.iter().map(|(package, word)| event(number, Some(*package), Fact::CaseWithdrawn(Box::new(Withdrawal::clone(word)))));
    Ok(before.into_iter().chain([started]).chain(withdrawn).chain(passed).collect())
}

/// Word of cases that take no further part, by their packages, which the record does not have yet.
fn withdrawn_since<'a>(rules: &'a Rules, state: &State) -> BTreeMap<ContentHash, &'a Withdrawal> {
    rules.withdrawals().iter().filter(|word| !state.is_withdrawn(&word.package)).map(|word| (word.package, word)).collect()
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
        self.rules.ai_in(read).unwrap_or(&Ai::Hidden)
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
        // Word that came while the session ran: the next one begins by taking it down.
        if self.rules.withdraws(&next.package) {
            return Err(Refusal::Withdrawn);
        }
        self.session_is_open()?;
        let package = next.package;
        let mut overridden = None;
        if !is_draft {
            self.training_is_done(next)?;
            // Whoever settles two reads makes none.
            if let Err(early) = if next.settles { Ok(()) } else { self.is_washed_out(next) } {
                let leave = self.rules.leave(&read).ok_or(early)?;
                overridden = Some(self.event(Some(package), Fact::WashoutOverridden(Box::new(leave.clone()))));
            }
        }
        let opened = self.event(Some(package), Fact::CaseOpened { read: read.clone() });
        // AI that belongs to the first view is there before the first image; in a draft that was left it is there already.
        let reveals = matches!(self.ai(&read), Ai::Concurrent(_)) && !is_draft;
        let shows_pair = next.settles && !self.rules.own_impression_first() && !is_draft;
        let revealed = match (reveals, shows_pair) {
            (true, _) => Some(Fact::AiRevealed { read }),
            (false, true) => Some(Fact::PairRevealed { read }),
            (false, false) => None,
        };
        let revealed = revealed.map(|fact| self.event(Some(package), fact));
        Ok(overridden.into_iter().chain([opened]).chain(revealed).collect())
    }
    /// A session that is as long as it may be opens no further case; the open one can be finished.
    fn session_is_open(&self) -> Result<(), Refusal> {
        let Some(longest) = self.rules.protocol().sessions().longest_minutes else { return Ok(()) };
        let lasted = self.state.session_began().map_or(0, |began| self.now.monotonic_ms.saturating_sub(began.monotonic_ms));
        if lasted >= u64::from(longest) * MINUTE_MS { Err(Refusal::SessionOver(longest)) } else { Ok(()) }
    }
    /// Reads of the study come after the training is passed.
    fn training_is_done(&self, next: &Assignment) -> Result<(), Refusal> {
        let is_left = |r: &AssignedRead| r.training.is_some() && !self.state.is_withdrawn(&r.package);
        let asked = self.rules.protocol().training().is_some() && self.rules.bundle().reads().iter().any(is_left);
        if asked && !next.training && !self.state.training_passed() { Err(Refusal::TrainingFailed) } else { Ok(()) }
    }
    /// The time since the last read of the same images is the washout or more, by the most careful reading of all clocks. What cannot be noticed is a time of
    /// day that is wrong for a whole run of the machine (docs/blinding.md).
    fn is_washed_out(&self, next: &Assignment) -> Result<(), Refusal> {
        let days = self.rules.protocol().sessions().washout_days.unwrap_or(0);
        let Some(locked) = self.state.package_locked_utc_ms(&next.package).filter(|_| days > 0 && !next.training) else { return Ok(()) };
        let utc_ms = locked.max(self.rules.bundle().issued_utc_ms()).saturating_add(i64::from(days) * DAY_MS);
        if self.state.utc_at_least_ms(self.now) >= utc_ms { Ok(()) } else { Err(Refusal::Washout(Due { utc_ms, days })) }
    }
    fn amend(self, read: &ReadId, reason: String) -> Result<Vec<Event>, Refusal> {
        let no = |why| Err(Refusal::NoAmendment(why));
        let Some(locked) = self.state.locked().iter().find(|l| l.read() == read) else { return no("it is not locked") };
        if let Some(draft) = self.state.draft() {
            return Err(Refusal::CaseOpen(draft.read().case.clone()));
        }
        if let Some(why) = why_final(self.state, locked) {
            return no(why);
        }
        // Word that came while the session ran. Where there are hidden repeats it ends every read: those of the one case would be told from all others.
        let is_gone =
            |package: &ContentHash| !self.state.is_withdrawn(package) && (self.state.has_repeats() || *package == locked.package());
        if self.rules.withdrawals().iter().any(|word| is_gone(&word.package)) {
            return no(if self.state.has_repeats() { SHOWN_SINCE } else { WITHDRAWN });
        }
        if !is_text(&reason, MAX_REASON) {
            return no("an amendment needs a reason of 1 to 1,000 characters");
        }
        self.session_is_open()?;
        Ok(vec![self.event(Some(locked.package()), Fact::AmendmentOpened { read: read.clone(), reason })])
    }
    /// Whether the signature is over the record is the record's to say.
    fn sign(self, signature: Box<Signature>) -> Result<Vec<Event>, Refusal> {
        if let Some(open) = self.state.open() {
            return Err(Refusal::CaseOpen(open.read().case.clone()));
        }
        if !is_session_of(&signature, self.state) {
            return Err(Refusal::OtherReader);
        }
        Ok(vec![self.event(None, Fact::SessionSigned(signature))])
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
        match () {
            () if open.draft.awaits_ai() => Err(Refusal::AwaitsAi),
            () if !open.draft.is_writable() => Err(Refusal::NotOwn),
            () => Ok(open),
        }
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
    fn idle(&self, ms: u64) -> Result<Vec<Event>, Refusal> {
        let waits = self.sitting.rules.protocol().sessions().idle_minutes.map(|m| u64::from(m) * MINUTE_MS);
        match (waits, self.sitting.state.images_shown()) {
            (_, false) => Ok(Vec::new()),
            (Some(waits), true) if ms >= waits => Ok(self.records(Fact::Idle { ms })),
            _ => Err(Refusal::NotIdle),
        }
    }
    fn undo(&self) -> Result<Vec<Event>, Refusal> {
        if self.draft.can_undo() { Ok(self.records(Fact::Undone)) } else { Err(Refusal::NothingToUndo) }
    }
    fn first_view(&self, view: FirstView) -> Vec<Event> {
        if self.draft.first_view().is_some() { Vec::new() } else { self.records(Fact::FirstView(view)) }
    }
    fn viewed(&self, glimpses: Vec<Glimpse>) -> Result<Vec<Event>, Refusal> {
        let in_order = glimpses.is_sorted_by_key(|g| g.at_ms);
        if !in_order || glimpses.len() > MAX_GLIMPSES || glimpses.iter().any(|g| !g.view.is_finite()) {
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
    /// The two reads of the bundle, and no others, are on the screen after they may be shown, and as often as they are opened the same.
    fn pair_shown(&self, pair: Box<Pair>) -> Result<Vec<Event>, Refusal> {
        let settling = self.draft.settling().ok_or(Refusal::NoPair)?;
        let rules = self.sitting.rules;
        let sealed = rules.assigned(self.draft.read()).and_then(|r| r.pair.as_ref()).ok_or(Refusal::NoPair)?;
        if pair.hash() != sealed.opens() || !pair.fits(rules.protocol()) {
            return Err(Refusal::OtherPair);
        }
        Ok(if settling.pair().is_some() { Vec::new() } else { self.records(Fact::PairShown(pair)) })
    }
    fn settle(&self, choice: Choice) -> Result<Vec<Event>, Refusal> {
        let settling = self.draft.settling().filter(|s| s.pair().is_some()).ok_or(Refusal::NoPair)?;
        let is_same = settling.choice() == Some(choice);
        Ok(if is_same { Vec::new() } else { self.records(Fact::Settled { choice }) })
    }
    fn because(&self, reason: String) -> Result<Vec<Event>, Refusal> {
        let settling = self.draft.settling().filter(|s| s.pair().is_some()).ok_or(Refusal::NoPair)?;
        if !is_text(&reason, MAX_REASON) {
            return Err(Refusal::Reason);
        }
        let is_same = settling.reason() == Some(reason.as_str());
        Ok(if is_same { Vec::new() } else { self.records(Fact::ReasonGiven { reason }) })
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
        if self.draft.awaits_ai() {
            return Err(Refusal::AwaitsAi);
        }
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
        // In one step with the lock of the own impression, and after it: nothing can be said between the two.
        if self.draft.assignment().settles && self.draft.settling().is_none() {
            let locked = self.records(Fact::ImpressionLocked { read: read.clone(), over });
            return Ok(locked.into_iter().chain(self.records(Fact::PairRevealed { read })).collect());
        }
        let passed = self.passes_training().then(|| self.sitting.event(None, Fact::TrainingPassed));
        Ok(self.records(Fact::ReadLocked { read, over }).into_iter().chain(passed).collect())
    }
    /// Whether this lock ends a try of the training in which enough was right.
    fn passes_training(&self) -> bool {
        let (rules, state) = (self.sitting.rules, self.sitting.state);
        let is_gone = |package: &ContentHash| state.is_withdrawn(package);
        self.draft.assignment().training && passes_training(rules, state, self.draft.read().repeat, &is_gone, Some(self.draft))
    }
}

const fn kind_of(shape: &MarkShape) -> MarkKind {
    const fn of<P>(outline: &Outline<P>) -> MarkKind {
        match outline {
            Outline::Point(_) => MarkKind::Point,
            Outline::Ellipse(_) => MarkKind::Ellipse,
            Outline::Box(_) => MarkKind::Box,
            Outline::Freehand(_) => MarkKind::Freehand,
            Outline::Polygon(_) => MarkKind::Polygon,
            Outline::Bidimensional(_) => MarkKind::Bidimensional,
        }
    }
    match shape {
        MarkShape::InPatient(outline) => of(outline),
        MarkShape::OnImage(outline) => of(outline),
    }
}

/// A mark lies somewhere, and all but points have an extent.
fn positioned(shape: &MarkShape, anchor: &ImageAnchor) -> Result<(), Refusal> {
    // On an image without a place in the patient, a pixel stands for a millimetre.
    let on_plane = |p: &ImagePoint| Some(PatientPoint::new(p.column, p.row, 0.0));
    let flat = match shape {
        MarkShape::InPatient(_) => None,
        MarkShape::OnImage(outline) => outline.map(on_plane),
    };
    let outline = match (shape, &flat) {
        (MarkShape::InPatient(outline), _) | (MarkShape::OnImage(_), Some(outline)) => outline,
        (MarkShape::OnImage(_), None) => return Err(Refusal::NoPosition),
    };
    let points = outline.points();
    if !points.iter().all(|p| p.is_finite()) || !anchor.column.is_finite() || !anchor.row.is_finite() {
        return Err(Refusal::NoPosition);
    }
    let apart = |a: &PatientPoint, b: &PatientPoint| a.distance(*b).0 > 0.0;
    let has_extent = match outline {
        Outline::Point(_) => true,
        Outline::Ellipse([centre, a, b]) => apart(centre, a) && apart(centre, b),
        Outline::Box([a, b, c]) => apart(a, b) && apart(b, c),
        Outline::Bidimensional([a, b, c, d]) => apart(a, b) && apart(c, d),
        Outline::Freehand(points) | Outline::Polygon(points) => {
            (3..=MOST_CORNERS).contains(&points.len()) && points.windows(2).any(|w| matches!(w, [a, b] if apart(a, b)))
        }
    };
    if has_extent { Ok(()) } else { Err(Refusal::NoExtent(MOST_CORNERS)) }
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
