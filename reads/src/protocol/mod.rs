//! The protocol: the machine-readable imaging charter, `protocol.toml`, version 1.
//!
//! Owns the checked types; `text` is what is written, and each table has its checks beside its types. A [`Protocol`] that exists has no finding: ids are
//! unique, scales have two ends and two anchors, every question can be asked, no two rules contradict each other, the analysis fits the paradigm.
//! Refuses: unknown keys, newer versions.

mod adjudication;
mod analysis;
mod answer;
mod check;
mod condition;
mod display;
mod form;
mod hanging;
mod marks;
mod plan;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod tool;

pub use adjudication::{Adjudication, Discordance};
pub use analysis::{Analysis, Covariance, Figure, Hypothesis, Method, Missing, Multiplicity, NotEvaluableCounts, SensitivityAnalysis};
pub use answer::{AnswerValue, Answers, Decimal, MOST_DECIMALS, Subject};
pub use condition::{Ai, AiParts, ConditionRule};
pub use form::{
    Broken, ChoiceOption, Consistency, Form, Level, MarkFigure, Misfit, NotEvaluable, NumberKind, Operand, Per, Question, QuestionKind,
    Reason, Relation, Scale, Test, Unit, When,
};
pub use marks::{MarkKind, MarkRules};
pub use plan::{Assignment, CaseOrder, ConditionOrder, Order, Repeats, Sessions, Training, Within, Workstation};
pub use template::{TEMPLATES, Template, template};
pub use tool::{Tool, ToolSet};

use crate::hanging::{FirstWindow, HangingRule};
use tiresias_words::{BodyPart, Condition, ContentHash, Interpolation, MarkId, SeriesFacts, Voi};

/// The version of `protocol.toml` that this program reads and writes.
pub const PROTOCOL_VERSION: i64 = 1;

/// A study's protocol, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Protocol {
    study: String,
    title: String,
    paradigm: Paradigm,
    conditions: Vec<ConditionRule>,
    form: Form,
    display: Display,
    order: Order,
    sessions: Sessions,
    workstation: Workstation,
    case_facts: Vec<String>,
    assignment: Assignment,
    repeats: Option<Repeats>,
    training: Option<Training>,
    adjudication: Option<Adjudication>,
    analysis: Option<Analysis>,
    hash: ContentHash,
}

/// What one read of a case consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paradigm {
    /// One rating a case.
    Roc,
    /// One location a case, with its rating, which is that of the case.
    Lroc(MarkRules),
    /// Any number of marks up to a limit, each with a rating.
    Froc(MarkRules),
    /// Yes or no.
    Binary,
    /// One of several categories in order.
    Ordinal,
}

impl Paradigm {
    /// Its word in `protocol.toml`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Roc => "roc",
            Self::Lroc(_) => "lroc",
            Self::Froc(_) => "froc",
            Self::Binary => "binary",
            Self::Ordinal => "ordinal",
        }
    }
    /// What a mark is, where there are marks.
    #[must_use]
    pub const fn marks(&self) -> Option<&MarkRules> {
        match self {
            Self::Lroc(marks) | Self::Froc(marks) => Some(marks),
            Self::Roc | Self::Binary | Self::Ordinal => None,
        }
    }
}

/// How cases are shown at first.
#[derive(Debug, Clone, PartialEq)]
pub struct Display {
    layout: VolumeLayout,
    interpolation: Interpolation,
    presets: Vec<Preset>,
    first: Option<usize>,
    overlays: bool,
    tools: ToolSet,
    hanging: Vec<HangingRule>,
}

/// How a volume opens that no hanging rule places: the short form of hanging, for studies of one volume a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VolumeLayout {
    /// Axial, coronal and sagittal.
    Mpr,
    /// The acquired stack alone.
    Stack,
}

/// A named grey-scale setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    /// What the reader sees ("lung").
    pub name: String,
    /// The function and its window, in modality units.
    pub voi: Voi,
    /// The part of the body that it is for; `None` is any.
    pub body_part: Option<BodyPart>,
}

/// Something that is wrong with a protocol, for the person who writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line of `protocol.toml`, from 1, where one line is at fault.
    pub line: Option<usize>,
    /// What is wrong and what to do, as a sentence.
    pub sentence: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "protocol.toml, line {line}: {}", self.sentence),
            None => write!(f, "protocol.toml: {}", self.sentence),
        }
    }
}

/// A text that is no protocol, with everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ProtocolError {
    first: Finding,
    others: Vec<Finding>,
}

impl ProtocolError {
    /// All findings, in the order of the file as far as they have a line.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl std::fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.first.fmt(f)?;
        match self.others.len() {
            0 => Ok(()),
            1 => write!(f, " There is one more finding."),
            n => write!(f, " There are {n} more findings."),
        }
    }
}

impl Protocol {
    /// Reads and checks the text of a `protocol.toml`.
    ///
    /// # Errors
    /// With every finding of [`check`], if there is one.
    pub fn parse(text: &str) -> Result<Self, ProtocolError> {
        check::protocol(text).map_err(|mut findings| {
            // The sort is stable: findings without a line go last, the others stay in the order of the checks.
            findings.sort_by_key(|f| f.line.unwrap_or(usize::MAX));
            let mut findings = findings.into_iter();
            let nothing = || Finding { line: None, sentence: "The protocol cannot be read.".into() };
            ProtocolError { first: findings.next().unwrap_or_else(nothing), others: findings.collect() }
        })
    }
    /// The study's id: 1 to 64 letters, digits, '_', '-' or '.'.
    #[must_use]
    pub fn study(&self) -> &str {
        &self.study
    }
    /// What readers see as the study's name.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }
    /// What one read consists of.
    #[must_use]
    pub const fn paradigm(&self) -> &Paradigm {
        &self.paradigm
    }
    /// What a mark is, where the paradigm has marks.
    #[must_use]
    pub const fn marks(&self) -> Option<&MarkRules> {
        self.paradigm.marks()
    }
    /// The conditions, in the order in which they are read; at least one.
    #[must_use]
    pub fn conditions(&self) -> &[ConditionRule] {
        &self.conditions
    }
    /// The rule of a condition by its id.
    #[must_use]
    pub fn condition(&self, id: &Condition) -> Option<&ConditionRule> {
        self.conditions.iter().find(|c| c.id == *id)
    }
    /// The questions about a case.
    #[must_use]
    pub const fn form(&self) -> &Form {
        &self.form
    }
    /// The rating of the case that analyses take, in thousandths: the answer to the rating question, or else the highest rating of a mark. A case without a
    /// mark is then one below the lowest rating, as nothing was seen. `None` without an answer, and where units are rated by themselves.
    #[must_use]
    pub fn case_rating(&self, answers: &Answers, marks: &[(MarkId, Option<i32>)]) -> Option<i64> {
        match self.form.rating() {
            Some(question) => answers.of_case(question).and_then(|value| self.form.thousandths(question, value)),
            None => {
                let unmarked = i64::from(self.marks()?.rating.min()) - 1;
                let highest = marks.iter().filter_map(|(_, rating)| *rating).max();
                Some(highest.map_or(unmarked, i64::from) * 1000)
            }
        }
    }
    /// How cases are shown at first.
    #[must_use]
    pub const fn display(&self) -> &Display {
        &self.display
    }
    /// In which order a reader gets cases and conditions.
    #[must_use]
    pub const fn order(&self) -> Order {
        self.order
    }
    /// When reading is possible, and for how long.
    #[must_use]
    pub const fn sessions(&self) -> &Sessions {
        &self.sessions
    }
    /// What a workstation must be for a session to begin.
    #[must_use]
    pub const fn workstation(&self) -> &Workstation {
        &self.workstation
    }
    /// Who reads what.
    #[must_use]
    pub const fn assignment(&self) -> &Assignment {
        &self.assignment
    }
    /// Which cases a reader gets twice without being told.
    #[must_use]
    pub const fn repeats(&self) -> Option<&Repeats> {
        self.repeats.as_ref()
    }
    /// The training before the study.
    #[must_use]
    pub const fn training(&self) -> Option<&Training> {
        self.training.as_ref()
    }
    /// How reads are settled that do not agree.
    #[must_use]
    pub const fn adjudication(&self) -> Option<&Adjudication> {
        self.adjudication.as_ref()
    }
    /// The analysis that the study was planned for.
    #[must_use]
    pub const fn analysis(&self) -> Option<&Analysis> {
        self.analysis.as_ref()
    }
    /// What a reader may be told of a case ("age band", "indication"), in every condition alike.
    #[must_use]
    pub fn case_facts(&self) -> &[String] {
        &self.case_facts
    }
    /// SHA-256 of the exact bytes of the text.
    #[must_use]
    pub const fn hash(&self) -> ContentHash {
        self.hash
    }
}

impl Display {
    /// How a volume opens that no hanging rule places.
    #[must_use]
    pub const fn layout(&self) -> VolumeLayout {
        self.layout
    }
    /// How values between voxel centres are found.
    #[must_use]
    pub const fn interpolation(&self) -> Interpolation {
        self.interpolation
    }
    /// The named grey-scale settings, in order.
    #[must_use]
    pub fn presets(&self) -> &[Preset] {
        &self.presets
    }
    /// Which of the settings a case opens with; `None` is the first window or table of the images themselves.
    #[must_use]
    pub const fn first(&self) -> Option<usize> {
        self.first
    }
    /// Whether a reader may switch on the overlay planes that were packed with the images. They are off at first, and in a protocol that says nothing.
    #[must_use]
    pub const fn overlays(&self) -> bool {
        self.overlays
    }
    /// The window that a series opens with where no hanging rule names one: the first preset, unless that is for another part of the body.
    #[must_use]
    pub fn first_for(&self, facts: &SeriesFacts) -> FirstWindow {
        let preset = self.first.and_then(|i| self.presets.get(i)).filter(|p| p.is_for(facts));
        preset.map_or(FirstWindow::Images, |p| FirstWindow::Preset(p.name.clone()))
    }
    /// The grey-scale settings that a series is offered, in order: those for its part of the body, and those for any.
    pub fn presets_for<'a>(&'a self, facts: &'a SeriesFacts) -> impl Iterator<Item = &'a Preset> {
        self.presets.iter().filter(|p| p.is_for(facts))
    }
    /// The tools that readers have.
    #[must_use]
    pub const fn tools(&self) -> ToolSet {
        self.tools
    }
    /// The hanging rules, in the order in which they are tried. [`crate::hanging::hang`] carries them out.
    #[must_use]
    pub fn hanging(&self) -> &[HangingRule] {
        &self.hanging
    }
}

impl Preset {
    /// Whether a series of these facts is offered it: the part of the body is the same, or the preset is for any.
    #[must_use]
    pub fn is_for(&self, facts: &SeriesFacts) -> bool {
        self.body_part.as_ref().is_none_or(|part| facts.body_part.as_ref() == Some(part))
    }
}

/// Everything that is wrong with the text of a `protocol.toml`; empty when [`Protocol::parse`] takes it.
#[must_use]
pub fn check(text: &str) -> Vec<Finding> {
    Protocol::parse(text).err().map_or_else(Vec::new, |e| e.findings().cloned().collect())
}
