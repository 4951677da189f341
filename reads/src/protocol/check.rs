//! From the written protocol to the checked one: every rule of version 1, each finding a sentence with its line.
//!
//! All rules run, so that a person sees all findings at once; a part that has a finding yields nothing. Here are the study as a whole and what all checks
//! share; each table has its checks beside its types.

use super::text::{self, Draft, MarksDraft};
use super::{Finding, Paradigm, Protocol};
use crate::hash;
use crate::shown::is_line;
use std::collections::BTreeSet;
use tiresias_words::Unfit;
use toml::Spanned;

const MAX_FACTS: usize = 20;

/// Words of the protocol and what they stand for.
pub(super) type Words<T> = &'static [(&'static str, T)];

/// Reads and checks a text.
pub(super) fn protocol(text: &str) -> Result<Protocol, Vec<Finding>> {
    let draft = text::draft(text).map_err(|finding| vec![finding])?;
    let mut checks = Checks { text, findings: Vec::new() };
    let protocol = checks.protocol(&draft);
    match protocol {
        Some(protocol) if checks.findings.is_empty() => Ok(protocol),
        _ => Err(checks.findings),
    }
}

/// The text under check, and what was found so far.
pub(super) struct Checks<'a> {
    text: &'a str,
    findings: Vec<Finding>,
}

impl Checks<'_> {
    pub(super) fn find(&mut self, line: Option<usize>, sentence: impl Into<String>) {
        self.findings.push(Finding { line, sentence: sentence.into() });
    }
    /// A finding about what begins at a byte of the text.
    pub(super) fn on_byte(&mut self, byte: usize, sentence: impl Into<String>) {
        let line = text::line_of(self.text, byte);
        self.find(Some(line), sentence);
    }
    /// A finding about one value.
    pub(super) fn at<T>(&mut self, value: &Spanned<T>, sentence: impl Into<String>) {
        self.on_byte(value.span().start, sentence);
    }
    /// A finding about one value that may be missing.
    pub(super) fn near<T>(&mut self, value: Option<&Spanned<T>>, sentence: impl Into<String>) {
        match value {
            Some(value) => self.at(value, sentence),
            None => self.find(None, sentence),
        }
    }
    /// Takes the value of a check, or notes the finding.
    pub(super) fn fits<T, S>(&mut self, value: &Spanned<S>, checked: Result<T, Unfit>) -> Option<T> {
        checked.map_err(|unfit| self.at(value, format!("{unfit}."))).ok()
    }
    /// A text for people: 1 to `max` characters on one line.
    pub(super) fn words(&mut self, what: &str, value: &Spanned<String>, max: usize) -> Option<String> {
        let text = value.get_ref().trim();
        if !is_line(text, max) {
            self.at(value, format!("{what} is not 1 to {max} characters on one line."));
            return None;
        }
        Some(text.to_owned())
    }
    /// A name for programs: 1 to 64 letters, digits, '_', '-' or '.', the first a letter or digit.
    pub(super) fn name(&mut self, what: &str, value: &Spanned<String>) -> Option<String> {
        let text = value.get_ref();
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if text.is_empty() || text.len() > 64 || !text.chars().all(fits) || !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let say = format!("{what} is not 1 to 64 letters, digits, '_', '-' or '.' that begin with a letter or digit.");
            self.at(value, say);
            return None;
        }
        Some(text.clone())
    }
    /// What a word stands for; `Some(None)` where there is no word.
    pub(super) fn word<T: Copy>(&mut self, what: &str, draft: Option<&Spanned<String>>, words: Words<T>) -> Option<Option<T>> {
        let Some(word) = draft else { return Some(None) };
        let found = words.iter().find(|(known, _)| known == word.get_ref()).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<String> = words.iter().map(|(known, _)| format!("{known:?}")).collect();
            self.at(word, format!("{what} is not a word this program knows; it knows {}.", known.join(", ")));
        }
        found.map(Some)
    }
    /// Whether a list is at most so long; a longer one is a finding.
    pub(super) fn at_most(&mut self, what: &str, length: usize, max: usize) {
        if length > max {
            self.find(None, format!("There are {length} {what}; at most {max} are carried out."));
        }
    }

    fn protocol(&mut self, draft: &Draft) -> Option<Protocol> {
        let study = self.name("The study's id", &draft.study.id);
        let title = self.words("The study's title", &draft.study.title, 120);
        let paradigm = self.paradigm(&draft.study.paradigm, draft.marks.as_ref());
        let conditions = self.conditions(&draft.condition);
        let form = self.form(draft, paradigm.as_ref());
        let display = self.display(&draft.display, &draft.hanging);
        let order = self.order(&draft.order, &conditions);
        let sessions = self.sessions(draft.sessions.as_ref());
        self.washout(&sessions, &conditions);
        let workstation = self.workstation(draft.environment.as_ref());
        self.at_most("case facts", draft.study.case_facts.len(), MAX_FACTS);
        let case_facts = self.case_facts(&draft.study.case_facts);
        let assignment = self.assignment(draft.assignment.as_ref());
        let repeats = draft.repeats.as_ref().map(|r| self.repeats(r, &conditions));
        // What follows needs the form or the paradigm; without them it would only repeat what was found.
        let (form, paradigm) = (form?, paradigm?);
        let marks = paradigm.marks();
        let rating = match form.rating().and_then(|id| form.question(id)) {
            Some(question) => question.kind.range(),
            None => marks.map(|m| (m.rating.min(), m.rating.max())),
        };
        let training = draft.training.as_ref().map(|t| self.training(t, rating));
        let adjudication = draft.adjudication.as_ref().map(|a| self.adjudication(a, &conditions, &form, marks.is_some()));
        let analysis = draft.analysis.as_ref().map(|a| self.analysis(a, &conditions, &paradigm, &form));
        // A table that is there and has a finding yields nothing: the outer `?`.
        Some(Protocol {
            study: study?,
            title: title?,
            paradigm,
            conditions,
            form,
            display: display?,
            order: order?,
            sessions,
            workstation,
            case_facts,
            assignment: assignment?,
            repeats: all_or_none(repeats)?,
            training: all_or_none(training)?,
            adjudication: all_or_none(adjudication)?,
            analysis: all_or_none(analysis)?,
            hash: hash::of_bytes(self.text.as_bytes()),
        })
    }

    fn paradigm(&mut self, word: &Spanned<String>, marks: Option<&Spanned<MarksDraft>>) -> Option<Paradigm> {
        let kind = word.get_ref().as_str();
        match (kind, marks) {
            ("roc", None) => Some(Paradigm::Roc),
            ("binary", None) => Some(Paradigm::Binary),
            ("ordinal", None) => Some(Paradigm::Ordinal),
            ("roc" | "binary" | "ordinal", Some(marks)) => {
                self.at(marks, format!("The paradigm \"{kind}\" has no marks: take `[marks]` out, or use the paradigm \"froc\"."));
                None
            }
            ("froc", Some(marks)) => self.marks(marks.get_ref()).map(Paradigm::Froc),
            ("lroc", Some(marks)) => {
                let rules = self.marks(marks.get_ref())?;
                if rules.max != 1 {
                    self.at(&marks.get_ref().max, "In the paradigm \"lroc\" there is one location: write `max = 1`.");
                }
                Some(Paradigm::Lroc(rules))
            }
            ("froc" | "lroc", None) => {
                self.at(
                    word,
                    format!("The paradigm \"{kind}\" needs a table `[marks]` that says what is marked, how often and on what scale."),
                );
                None
            }
            _ => {
                self.at(
                    word,
                    "The paradigm is not a word this program knows; it knows \"roc\", \"lroc\", \"froc\", \"binary\", \"ordinal\".",
                );
                None
            }
        }
    }

    fn case_facts(&mut self, drafts: &[Spanned<String>]) -> Vec<String> {
        let mut seen = BTreeSet::new();
        for draft in drafts {
            let Some(fact) = self.words("The name of a case fact", draft, 40) else { continue };
            if !seen.insert(fact.clone()) {
                self.at(draft, format!("The case fact \"{fact}\" is named twice."));
            }
        }
        // In the order in which the protocol names them.
        drafts.iter().map(|d| d.get_ref().trim().to_owned()).collect()
    }
}

/// `None` where a table is there and yields nothing; `Some(None)` where it is not there.
#[expect(clippy::option_option, reason = "a table can be missing, or there and wrong")]
fn all_or_none<T>(table: Option<Option<T>>) -> Option<Option<T>> {
    table.map_or(Some(None), |checked| checked.map(Some))
}
