//! The protocol: the machine-readable imaging charter, `protocol.toml`, version 1.
//!
//! Owns the checked types; `text` reads TOML, `check` turns it into them. A [`Protocol`] that exists has no finding: ids are unique,
//! scales have two ends and two anchors, exactly one required scale question is the case rating that exports use.
//! Refuses: what this version does not carry out (paradigms other than ROC and FROC, AI in a condition), unknown keys, newer versions.

mod check;
mod display;
mod hanging;
mod text;
mod tool;

pub use tool::{Tool, ToolSet};

use crate::hanging::{FirstWindow, HangingRule};
use tiresias_words::{BodyPart, Condition, ContentHash, Interpolation, QuestionId, SeriesFacts, Voi};

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
    case_facts: Vec<String>,
    hash: ContentHash,
}

/// What one read of a case consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paradigm {
    /// One rating a case.
    Roc,
    /// Any number of marks up to a limit, each with a rating, beside the rating of the case.
    Froc(MarkRules),
}

/// A condition that readers read under. In this version all are read without AI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionRule {
    /// The name that exports use (MRMC: modality).
    pub id: Condition,
    /// What the reader sees.
    pub label: String,
}

/// The questions about a case, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    questions: Vec<Question>,
    rating: QuestionId,
}

/// One question of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its name in records and exports.
    pub id: QuestionId,
    /// What the reader is asked.
    pub text: String,
    /// Whether a read can be locked without an answer.
    pub required: bool,
    /// What may be answered.
    pub kind: QuestionKind,
}

/// What may be answered to a question. No kind has a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuestionKind {
    /// A whole number on a scale.
    Scale(Scale),
    /// One of several options; at least two.
    Choice(Vec<ChoiceOption>),
}

/// A scale of whole numbers with a text at each end. Higher means more suspicious.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    min: i32,
    max: i32,
    low: String,
    high: String,
}

/// One option of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceOption {
    /// Its name in records and exports.
    pub key: String,
    /// What the reader sees.
    pub label: String,
}

/// What a mark is and how many there may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkRules {
    /// What the reader calls a marked thing ("Nodule").
    pub label: String,
    /// At most so many marks in a read.
    pub max: u32,
    /// How a mark is rated. A mark without a rating keeps a read from being locked.
    pub rating: Scale,
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

/// In which order a reader gets the cases of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As the desk lists them.
    Fixed,
    /// Shuffled, for each reader and condition anew.
    Shuffled {
        /// What the shuffle follows from, together with the desk's secret.
        seed: u64,
    },
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
        match &self.paradigm {
            Paradigm::Roc => None,
            Paradigm::Froc(marks) => Some(marks),
        }
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
    /// How cases are shown at first.
    #[must_use]
    pub const fn display(&self) -> &Display {
        &self.display
    }
    /// In which order a reader gets the cases of a condition.
    #[must_use]
    pub const fn order(&self) -> Order {
        self.order
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

impl Form {
    /// The questions, in order.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }
    /// A question by its id.
    #[must_use]
    pub fn question(&self, id: &QuestionId) -> Option<&Question> {
        self.questions.iter().find(|q| q.id == *id)
    }
    /// The question whose answer is the case's rating: a required scale.
    #[must_use]
    pub const fn rating(&self) -> &QuestionId {
        &self.rating
    }
}

impl Scale {
    /// The lowest number.
    #[must_use]
    pub const fn min(&self) -> i32 {
        self.min
    }
    /// The highest number.
    #[must_use]
    pub const fn max(&self) -> i32 {
        self.max
    }
    /// What the lowest number means.
    #[must_use]
    pub fn low(&self) -> &str {
        &self.low
    }
    /// What the highest number means.
    #[must_use]
    pub fn high(&self) -> &str {
        &self.high
    }
    /// Whether a number is on the scale.
    #[must_use]
    pub const fn contains(&self, value: i32) -> bool {
        value >= self.min && value <= self.max
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
