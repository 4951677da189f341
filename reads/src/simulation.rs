//! A simulated reader: what somebody of a given skill would do next, for trying a protocol and for testing everything behind it.
//!
//! The equal-variance binormal model: a case with the signal is seen at d' = sqrt(2) * quantile(AUC) plus noise, one without it at noise alone (Metz 1989); three
//! tenths of the variance belong to the case and are the same for all readers and conditions. Pure: the same seed gives the same reads for ever.
//! Owns what is said, and on which image. Refuses: to record anything; every step goes through `decide` like a person's.

mod images;

pub use images::Images;

use crate::hash;
use crate::machine::{Action, Draft, Environment, Missing, Rules, State, Verdict, is_asked, missing};
use crate::protocol::{Ai, AnswerValue, Answers, ChoiceOption, Decimal, MarkKind, MarkRules, Question, QuestionKind, Scale, Subject};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tiresias_mrmc::distribution::normal_upper;
use tiresias_words::{Condition, ContentHash, ImageAnchor, MarkShape, Outline, PatientPoint, ReadId, SopUid};

/// The part of the variance that belongs to the case.
const CASE_VARIANCE: f64 = 0.3;
/// In a training everybody is good: it is there to be passed.
const TRAINING_AUC: f64 = 0.995;
/// How often AI is asked for where it is shown on request.
const REQUESTS: f64 = 0.7;
/// Places where nothing is that are marked in a read, on average.
const FALSE_MARKS: f64 = 0.3;
/// A false mark lies at least so far from every lesion, mm.
const FAR_MM: f64 = 60.0;
/// False marks of a case lie on a line of this length, mm.
const LONG_MM: f64 = 100.0;
/// A mark lies this near to the lesion that it is meant for, mm.
const NEAR_MM: f64 = 2.0;

/// What is so about the cases, for a simulation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Known {
    /// Whether the signal is there, by package and, where units are scored, by unit.
    pub signal: BTreeMap<(ContentHash, Option<String>), bool>,
    /// Where lesions are (LPS, mm), by package.
    pub lesions: BTreeMap<ContentHash, Vec<PatientPoint>>,
    /// The images that are at hand, by package, those that are read first in front.
    pub images: BTreeMap<ContentHash, Vec<Images>>,
}

/// Why a simulation cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SimulationError {
    /// An area under the curve that no reader has.
    #[error("an AUC of {0} is not above 0 and below 1")]
    Auc(f64),
    /// As many areas as conditions.
    #[error("the protocol has {conditions} conditions with a score ({}), and {given} AUCs were given; give one for each", .names.join(", "))]
    Count {
        /// Conditions.
        conditions: usize,
        /// Their names.
        names: Vec<String>,
        /// AUCs.
        given: usize,
    },
}

/// How well readers of a study tell cases apart: the area under the curve for each condition that is a score, in the order of the protocol, what is locked
/// before the AI first. By default nobody is better than chance.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Skill(BTreeMap<Condition, f64>);

impl Skill {
    /// One area for each condition.
    ///
    /// # Errors
    /// [`SimulationError`].
    pub fn new(protocol: &crate::protocol::Protocol, areas: &[f64]) -> Result<Self, SimulationError> {
        let scores = |c: &crate::protocol::ConditionRule| c.ai.before().cloned().into_iter().chain([c.id.clone()]).collect::<Vec<_>>();
        let names: Vec<Condition> = protocol.conditions().iter().flat_map(scores).collect();
        if let Some(bad) = areas.iter().find(|a| !(**a > 0.0 && **a < 1.0)) {
            return Err(SimulationError::Auc(*bad));
        }
        if names.len() != areas.len() {
            let written = names.iter().map(ToString::to_string).collect();
            return Err(SimulationError::Count { conditions: names.len(), names: written, given: areas.len() });
        }
        Ok(Self(names.into_iter().zip(areas.iter().copied()).collect()))
    }
    fn area(&self, condition: &Condition) -> f64 {
        self.0.get(condition).copied().unwrap_or(0.5)
    }
}

/// What a simulated reader does next.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is asked for.
    pub action: Action,
    /// After so many milliseconds.
    pub after_ms: u64,
}

/// One simulated reader.
#[derive(Debug, Clone)]
pub struct SimulatedReader<'a> {
    rules: &'a Rules,
    known: &'a Known,
    skill: &'a Skill,
    seed: u64,
    environment: Environment,
    /// How many findings the AI has for the open case.
    findings: u32,
    /// The marks that are still to be placed in this read.
    planned: Option<(ReadId, Vec<PlannedMark>)>,
    /// Reads in which AI was asked for, or was decided not to be.
    asked: BTreeSet<ReadId>,
    /// Reads that were looked at again after the AI was shown, and what is still to be said anew.
    revised: BTreeSet<ReadId>,
    anew: VecDeque<Action>,
}

#[derive(Debug, Clone)]
struct PlannedMark {
    shape: MarkShape,
    rating: i32,
}

/// The distribution function of the standard normal distribution.
fn normal(z: f64) -> f64 {
    1.0 - normal_upper(z)
}

/// Its inverse, by halving: 60 steps give every bit that matters.
fn quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-9.0, 9.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if normal(middle) < p { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// A stream of chance of its own for each use.
struct Chance(ChaCha20Rng);

impl Chance {
    fn of(seed: u64, what: &[&[u8]]) -> Self {
        let seed = seed.to_le_bytes();
        let fields: Vec<&[u8]> = [b"tiresias simulation 1".as_slice(), &seed].into_iter().chain(what.iter().copied()).collect();
        Self(ChaCha20Rng::from_seed(hash::of_fields(&fields).0))
    }
    /// Above 0 and below 1, each of 2^53 numbers equally likely.
    fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }
    fn normal(&mut self) -> f64 {
        quantile(self.uniform())
    }
    fn below(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n.saturating_sub(1))
    }
}

impl<'a> SimulatedReader<'a> {
    /// A reader with these rules.
    #[must_use]
    pub const fn new(rules: &'a Rules, known: &'a Known, skill: &'a Skill, seed: u64, environment: Environment) -> Self {
        Self {
            rules,
            known,
            skill,
            seed,
            environment,
            findings: 0,
            planned: None,
            asked: BTreeSet::new(),
            revised: BTreeSet::new(),
            anew: VecDeque::new(),
        }
    }

    /// Says how many findings the AI has for the open case, once they were revealed.
    pub const fn found(&mut self, findings: u32) {
        self.findings = findings;
    }

    /// What the reader does next; `None` when everything is read and the session is over.
    pub fn next(&mut self, state: &State) -> Option<Step> {
        let step = |action, after_ms| Some(Step { action, after_ms });
        if state.session().is_none() {
            // Before the first session nothing is taken over from the bundle yet.
            return if state.bundle().is_none() || state.next().is_some() {
                step(Action::StartSession(self.environment.clone()), 1_000)
            } else {
                None
            };
        }
        let Some(draft) = state.open() else {
            return match state.next() {
                Some(next) => step(Action::OpenCase(next.read.clone()), 2_000),
                None => step(Action::EndSession, 1_000),
            };
        };
        if !state.images_shown() {
            return step(Action::ImagesShown, 400);
        }
        if draft.awaits_ai() {
            return step(Action::Reveal, 1_000);
        }
        let mut chance = self.chance(draft, b"pace");
        // The median of a reading is half a minute; each answer takes its part of it.
        let pace = (5_000.0 * (0.6 * chance.normal()).exp()) as u64;
        if self.asks_for_ai(draft) {
            return step(Action::Reveal, pace);
        }
        self.revise(draft);
        if let Some(action) = self.anew.pop_front() {
            return step(action, pace);
        }
        if let Some(action) = self.mark(draft) {
            return step(action, pace);
        }
        let first = missing(self.rules, state).into_iter().next();
        step(first.map_or(Action::Lock, |missing| self.answer(draft, &missing)), pace)
    }

    fn chance(&self, draft: &Draft, what: &[u8]) -> Chance {
        let ReadId { reader, case: _, condition, repeat } = draft.read();
        let stage: &[u8] = if draft.revealed().is_some() { b"with AI" } else { b"" };
        let package = draft.package().0;
        Chance::of(self.seed, &[what, reader.as_str().as_bytes(), &package, condition.as_str().as_bytes(), &repeat.to_le_bytes(), stage])
    }

    /// The condition whose score the reader is at.
    fn score<'b>(&'b self, draft: &'b Draft) -> &'b Condition {
        let id = &draft.read().condition;
        let before = self.rules.protocol().condition(id).and_then(|c| c.ai.before());
        before.filter(|_| draft.revealed().is_none()).unwrap_or(id)
    }

    /// How strongly the signal is seen, in standard deviations.
    fn seen(&self, draft: &Draft, subject: &Subject) -> f64 {
        let unit = match subject {
            Subject::Unit(unit) => Some(unit.clone()),
            Subject::Case | Subject::Mark(_) => None,
        };
        let label = unit.clone().unwrap_or_default();
        let training = self.rules.assigned(draft.read()).and_then(|r| r.training);
        let signal = match training {
            Some(training) => training.signal,
            None => self.known.signal.get(&(draft.package(), unit)).copied().unwrap_or(false),
        };
        let area = if training.is_some() { TRAINING_AUC } else { self.skill.area(self.score(draft)) };
        let distance = if signal { std::f64::consts::SQRT_2 * quantile(area) } else { 0.0 };
        let of_case = Chance::of(self.seed, &[b"case", &draft.package().0, label.as_bytes()]).normal();
        let own = self.chance(draft, format!("seen {label}").as_bytes()).normal();
        distance + CASE_VARIANCE.sqrt() * of_case + (1.0 - CASE_VARIANCE).sqrt() * own
    }

    /// The same on a scale from 0 to 1; rising, so that the order of cases stays.
    fn share(&self, draft: &Draft, subject: &Subject) -> f64 {
        normal((self.seen(draft, subject) - 0.7) / 1.3)
    }

    fn asks_for_ai(&mut self, draft: &Draft) -> bool {
        let condition = self.rules.protocol().condition(&draft.read().condition);
        let can_ask = condition.is_some_and(|c| matches!(c.ai, Ai::OnRequest(_))) && draft.revealed().is_none();
        can_ask && self.asked.insert(draft.read().clone()) && self.chance(draft, b"request").uniform() < REQUESTS
    }

    /// After the AI was shown, what was rated before is rated again, where it is seen otherwise now. What a new start finds rated anew in the record stands.
    fn revise(&mut self, draft: &Draft) {
        let Some(before) = draft.impression() else { return };
        if !self.revised.insert(draft.read().clone()) {
            return;
        }
        let form = self.rules.protocol().form();
        let Some(question) = form.rating().and_then(|id| form.question(id)) else { return };
        for subject in form.subjects(question, std::iter::empty()).filter(|s| is_asked(form, question, s, draft)) {
            let said = draft.answers().get(&question.id, &subject);
            let value = self.value(draft, question, &subject);
            if said == before.answers().get(&question.id, &subject) && said != Some(&value) {
                self.anew.push_back(Action::Answer { question: question.id.clone(), subject, value });
            }
        }
    }

    /// The next mark of the plan for this read.
    fn mark(&mut self, draft: &Draft) -> Option<Action> {
        let rules = self.rules.protocol().marks()?;
        if let Some((id, _)) = draft.marks().iter().find(|(_, mark)| mark.rating.is_none())
            && let Some((_, plan)) = &mut self.planned
            && let Some(done) = plan.first().cloned()
        {
            plan.remove(0);
            return Some(Action::RateMark { mark: *id, rating: done.rating });
        }
        if self.planned.as_ref().is_none_or(|(read, _)| read != draft.read()) {
            // A draft that was revised after the AI keeps its marks.
            let plan = if draft.marks().is_empty() { self.plan(draft, rules) } else { Vec::new() };
            self.planned = Some((draft.read().clone(), plan));
        }
        let (_, plan) = self.planned.as_ref()?;
        let next = plan.first()?;
        let anchor = self.anchor(draft.package(), &next.shape)?;
        Some(Action::PlaceMark { shape: next.shape.clone(), anchor })
    }

    /// The image that a mark is put on: of those at hand, else a made-up one.
    fn anchor(&self, package: ContentHash, shape: &MarkShape) -> Option<ImageAnchor> {
        let images = self.known.images.get(&package).map_or(&[][..], Vec::as_slice);
        let found = shape.centre().and_then(|at| images.iter().find_map(|i| i.anchor(at)));
        found.or_else(|| Some(ImageAnchor { image: image_of(package)?, frame: 0, column: 0.0, row: 0.0 }))
    }

    fn plan(&self, draft: &Draft, rules: &MarkRules) -> Vec<PlannedMark> {
        let mut chance = self.chance(draft, b"marks");
        let lesions = self.known.lesions.get(&draft.package()).map_or(&[][..], Vec::as_slice);
        let share = self.share(draft, &Subject::Case);
        let rated = |share: f64| rating(&rules.rating, share);
        let mut plan = Vec::new();
        for lesion in lesions {
            if chance.uniform() < 0.25 + 0.7 * share {
                let off = [(); 3].map(|()| (chance.uniform() - 0.5) * NEAR_MM);
                let at = PatientPoint::new(lesion.x + off[0], lesion.y + off[1], lesion.z + off[2]);
                plan.push((at, rated(share)));
            }
        }
        // One line for all readers of a case: on the images their false marks lie as far apart as without.
        let package = draft.package();
        let images = self.known.images.get(&package).and_then(|all| all.first());
        let line = images.and_then(|i| i.line([LONG_MM, FAR_MM], lesions, &mut Chance::of(self.seed, &[b"false marks", &package.0])));
        while (chance.uniform() < FALSE_MARKS || plan.len() < rules.min as usize) && plan.len() < rules.max as usize {
            let along = chance.uniform();
            let at = match line {
                Some([a, b]) => a + (b - a) * along,
                // Away from all lesions: below the lowest of them.
                None => {
                    let from = lesions.first().copied().unwrap_or(PatientPoint::new(0.0, 0.0, 0.0));
                    let lowest = lesions.iter().map(|l| l.z).fold(from.z, f64::min);
                    PatientPoint::new(from.x, from.y, lowest - (FAR_MM + LONG_MM * along))
                }
            };
            let low = share.min(chance.uniform() * 0.5);
            plan.push((at, rated(low)));
        }
        plan.truncate(rules.max as usize);
        plan.into_iter().map(|(at, rating)| PlannedMark { shape: drawn(rules.kinds.first(), at), rating }).collect()
    }

    /// What is said about something that is missing.
    fn answer(&self, draft: &Draft, missing: &Missing) -> Action {
        let protocol = self.rules.protocol();
        let form = protocol.form();
        let give = |question: &Question, subject: &Subject, value| Action::Answer {
            question: question.id.clone(),
            subject: subject.clone(),
            value,
        };
        match missing {
            Missing::Answer { question, subject } => match form.question(question) {
                Some(q) => give(q, subject, self.value(draft, q, subject)),
                None => Action::Lock,
            },
            Missing::MarkRating(mark) => {
                let rating = protocol.marks().map_or(0, |m| rating(&m.rating, self.share(draft, &Subject::Case)));
                Action::RateMark { mark: *mark, rating }
            }
            Missing::MarkClass(mark) => {
                let classes = protocol.marks().map_or(&[][..], |m| m.classes.as_slice());
                let drawn = self.chance(draft, format!("class {}", mark.0).as_bytes()).below(classes.len());
                Action::ClassifyMark { mark: *mark, class: classes.get(drawn).map_or_else(String::new, |c| c.key.clone()) }
            }
            Missing::Findings => Action::FindingsShown(self.findings),
            Missing::Finding(finding) => {
                let agrees = self.chance(draft, format!("finding {}", finding.0).as_bytes()).uniform() < self.share(draft, &Subject::Case);
                Action::JudgeFinding { finding: *finding, verdict: if agrees { Verdict::Agree } else { Verdict::Reject } }
            }
            // The plan holds enough marks; a lock says what is wrong where it does not.
            Missing::Marks(_) => Action::Lock,
            // Simulated readers settle nothing.
            Missing::Pair | Missing::Decision | Missing::Reason => Action::Lock,
            Missing::Rule { say, subject } => self.mended(draft, say, subject).map_or(Action::Lock, |(q, s, v)| give(q, &s, v)),
        }
    }

    fn value(&self, draft: &Draft, question: &Question, subject: &Subject) -> AnswerValue {
        let share = self.share(draft, subject);
        let label = format!("{} {subject:?}", question.id);
        let mut chance = self.chance(draft, label.as_bytes());
        match &question.kind {
            QuestionKind::Scale(scale) => AnswerValue::Scale(rating(scale, share)),
            QuestionKind::Choice(options) => AnswerValue::Choice(chosen(options, share, &mut chance)),
            QuestionKind::Choices(options) => {
                let drawn = chance.below(options.len());
                AnswerValue::Choices(options.get(drawn).map(|o| o.key.clone()).into_iter().collect())
            }
            QuestionKind::Number(kind) => {
                let at = f64::from(kind.min) + chance.uniform() * (f64::from(kind.max) - f64::from(kind.min));
                let step = 1_000 / 10i64.pow(u32::from(kind.decimals.min(3)));
                let thousandths = ((at * 1000.0) as i64 / step * step).clamp(i64::from(kind.min) * 1000, i64::from(kind.max) * 1000);
                AnswerValue::Number(Decimal::of_thousandths(thousandths))
            }
            QuestionKind::Text(_) => AnswerValue::Text("simulated".to_owned()),
        }
    }

    /// An answer by which a rule holds that does not: the nearest number of a scale, or another option.
    fn mended(&self, draft: &Draft, say: &str, subject: &Subject) -> Option<(&'a Question, Subject, AnswerValue)> {
        let form = self.rules.protocol().form();
        let marks = draft.mark_ratings();
        let is_kept = |answers: &Answers| !form.broken(answers, &marks).iter().any(|b| b.rule.say == say && b.subject == *subject);
        for question in form.questions() {
            for about in [subject.clone(), Subject::Case] {
                let Some(said) = draft.answers().get(&question.id, &about) else { continue };
                let found = others(question, said).into_iter().find(|value| {
                    let mut answers = draft.answers().clone();
                    answers.give(question.id.clone(), about.clone(), value.clone());
                    is_kept(&answers)
                });
                if let Some(value) = found {
                    return Some((question, about, value));
                }
            }
        }
        None
    }
}

/// All other answers to a question, the nearest first.
fn others(question: &Question, said: &AnswerValue) -> Vec<AnswerValue> {
    match (&question.kind, said) {
        (QuestionKind::Scale(scale), AnswerValue::Scale(n)) => {
            let mut all: Vec<i32> = (scale.min()..=scale.max()).filter(|v| v != n).collect();
            all.sort_by_key(|v| (v - n).abs());
            all.into_iter().map(AnswerValue::Scale).collect()
        }
        (QuestionKind::Choice(options), AnswerValue::Choice(key)) => {
            options.iter().filter(|o| o.key != *key).map(|o| AnswerValue::Choice(o.key.clone())).collect()
        }
        _ => Vec::new(),
    }
}

fn rating(scale: &Scale, share: f64) -> i32 {
    let span = f64::from(scale.max()) - f64::from(scale.min());
    // Above 0 and below 1, so that it stays on the scale.
    (f64::from(scale.min()) + span * share).round() as i32
}

/// An option by its score where options have scores, else by chance.
fn chosen(options: &[ChoiceOption], share: f64, chance: &mut Chance) -> String {
    let mut scored: Vec<&ChoiceOption> = options.iter().filter(|o| o.score.is_some()).collect();
    scored.sort_by_key(|o| o.score);
    let drawn = if scored.is_empty() {
        options.get(chance.below(options.len()))
    } else {
        scored.get(((share * scored.len() as f64) as usize).min(scored.len() - 1)).copied()
    };
    drawn.map_or_else(String::new, |o| o.key.clone())
}

/// A mark of this form about a place, a few millimetres wide, in an axial plane.
fn drawn(kind: Option<&MarkKind>, at: PatientPoint) -> MarkShape {
    let off = |x: f64, y: f64| PatientPoint::new(at.x + x, at.y + y, at.z);
    let square = || vec![off(-2.0, -2.0), off(2.0, -2.0), off(2.0, 2.0), off(-2.0, 2.0)];
    MarkShape::InPatient(match kind {
        Some(MarkKind::Ellipse) => Outline::Ellipse([at, off(3.0, 0.0), off(0.0, 2.0)]),
        Some(MarkKind::Box) => Outline::Box([off(-2.0, -2.0), off(2.0, -2.0), off(2.0, 2.0)]),
        Some(MarkKind::Freehand) => Outline::Freehand(square()),
        Some(MarkKind::Polygon) => Outline::Polygon(square()),
        Some(MarkKind::Bidimensional) => Outline::Bidimensional([off(-3.0, 0.0), off(3.0, 0.0), off(0.0, -2.0), off(0.0, 2.0)]),
        Some(MarkKind::Point) | None => Outline::Point(at),
    })
}

/// A made-up UID for an image of a package where none is at hand (PS3.5 B.2: 2.25 and a number).
fn image_of(package: ContentHash) -> Option<SopUid> {
    let number = package.0.iter().take(12).fold(0u128, |n, b| n << 8 | u128::from(*b));
    SopUid::new(format!("2.25.{number}")).ok()
}
