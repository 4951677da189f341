//! From the written protocol to the checked one: every rule of version 1, each finding a sentence with its line.
//!
//! All rules run, so that a person sees all findings at once; a part that has a finding yields nothing.

use super::text::{self, ConditionDraft, Draft, MarksDraft, OrderDraft, QuestionDraft, ScaleDraft};
use super::{ChoiceOption, ConditionRule, Finding, Form, MarkRules, Order, Paradigm, Protocol, Question, QuestionKind, Scale};
use crate::hash;
use crate::shown::is_line;
use std::collections::BTreeSet;
use tiresias_words::{Condition, QuestionId, Unfit};
use toml::Spanned;

const MAX_CONDITIONS: usize = 20;
const MAX_QUESTIONS: usize = 100;
const MAX_OPTIONS: usize = 40;
const MAX_FACTS: usize = 20;
const MAX_MARKS: u32 = 1000;
/// A scale is set with keys and a pointer: more steps than this cannot be told apart on any screen.
const MAX_STEPS: i64 = 1000;

/// Names that mean something else to the programs that read exports (notes/mrmc.md 1.1).
const RESERVED_CONDITIONS: [&str; 2] = ["truth", "NO_MOD"];

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
    /// A finding about one value.
    pub(super) fn at<T>(&mut self, value: &Spanned<T>, sentence: impl Into<String>) {
        let line = text::line_of(self.text, value.span().start);
        self.find(Some(line), sentence);
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
    fn name(&mut self, what: &str, value: &Spanned<String>) -> Option<String> {
        let text = value.get_ref();
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if text.is_empty() || text.len() > 64 || !text.chars().all(fits) || !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let say = format!("{what} is not 1 to 64 letters, digits, '_', '-' or '.' that begin with a letter or digit.");
            self.at(value, say);
            return None;
        }
        Some(text.clone())
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
        self.at_most("conditions", draft.condition.len(), MAX_CONDITIONS);
        let conditions = self.conditions(&draft.condition);
        let form = self.form(&draft.question);
        let display = self.display(&draft.display, &draft.hanging);
        let order = self.order(&draft.order);
        self.at_most("case facts", draft.study.case_facts.len(), MAX_FACTS);
        let case_facts = self.case_facts(&draft.study.case_facts);
        Some(Protocol {
            study: study?,
            title: title?,
            paradigm: paradigm?,
            conditions,
            form: form?,
            display: display?,
            order: order?,
            case_facts,
            hash: hash::of_bytes(self.text.as_bytes()),
        })
    }

    fn paradigm(&mut self, word: &Spanned<String>, marks: Option<&Spanned<MarksDraft>>) -> Option<Paradigm> {
        match (word.get_ref().as_str(), marks) {
            ("roc", None) => Some(Paradigm::Roc),
            ("roc", Some(marks)) => {
                self.at(marks, "The paradigm \"roc\" has no marks: take `[marks]` out, or use the paradigm \"froc\".");
                None
            }
            ("froc", Some(marks)) => self.marks(marks.get_ref()).map(Paradigm::Froc),
            ("froc", None) => {
                self.at(word, "The paradigm \"froc\" needs a table `[marks]` that says what is marked, how often and on what scale.");
                None
            }
            ("lroc" | "binary" | "ordinal", _) => {
                self.at(word, format!("The paradigm {:?} is not yet carried out; this version has \"roc\" and \"froc\".", word.get_ref()));
                None
            }
            _ => {
                self.at(word, "The paradigm is not a word this program knows; write \"roc\" or \"froc\".");
                None
            }
        }
    }

    fn marks(&mut self, draft: &MarksDraft) -> Option<MarkRules> {
        let label = self.words("The label of marks", &draft.label, 40);
        let max = *draft.max.get_ref();
        if max == 0 || max > MAX_MARKS {
            self.at(&draft.max, format!("`max` of marks is not 1 to {MAX_MARKS}."));
        }
        let rating = self.scale("The rating of marks", &draft.rating, draft.rating.get_ref());
        Some(MarkRules { label: label?, max, rating: rating? })
    }

    fn conditions(&mut self, drafts: &[ConditionDraft]) -> Vec<ConditionRule> {
        if drafts.is_empty() {
            self.find(None, "There is no `[[condition]]`; a study has at least one.");
        }
        let mut seen = BTreeSet::new();
        let mut rules = Vec::new();
        for draft in drafts {
            let id = self.name("The condition's id", &draft.id);
            if let Some(ai) = &draft.ai {
                self.at(ai, "A condition with `ai` is not yet carried out; in this version all conditions are read without AI.");
            }
            let label = match &draft.label {
                Some(label) => self.words("The condition's label", label, 40),
                None => id.clone(),
            };
            let (Some(id), Some(label)) = (id, label) else { continue };
            let Some(id) = self.fits(&draft.id, Condition::new(id)) else { continue };
            if RESERVED_CONDITIONS.contains(&id.as_str()) {
                self.at(&draft.id, format!("No condition can be called \"{id}\": analysis programs take it for something else."));
            }
            if !seen.insert(id.clone()) {
                self.at(&draft.id, format!("There are two conditions \"{id}\"; give each its own id."));
            }
            rules.push(ConditionRule { id, label });
        }
        rules
    }

    fn form(&mut self, drafts: &[QuestionDraft]) -> Option<Form> {
        self.at_most("questions", drafts.len(), MAX_QUESTIONS);
        let mut seen = BTreeSet::new();
        let mut questions = Vec::new();
        let mut rating = None;
        for draft in drafts {
            if draft.rating {
                self.rating(draft, &mut rating);
            }
            let id = self.name("The question's id", &draft.id);
            let id = id.and_then(|id| self.fits(&draft.id, QuestionId::new(id)));
            let text = self.words("The question's text", &draft.text, 200);
            let kind = self.question_kind(draft);
            let (Some(id), Some(text), Some(kind)) = (id, text, kind) else { continue };
            if !seen.insert(id.clone()) {
                self.at(&draft.id, format!("There are two questions \"{id}\"; give each its own id."));
            }
            questions.push(Question { id, text, required: draft.required, kind });
        }
        if !drafts.iter().any(|d| d.rating) {
            self.find(None, "No question has `rating = true`; exactly one must be the rating of the case that exports use.");
        }
        let rating = QuestionId::new(rating?).ok()?;
        Some(Form { questions, rating })
    }

    /// The question that rates the case: one, a scale, required.
    fn rating(&mut self, draft: &QuestionDraft, rating: &mut Option<String>) {
        if rating.is_some() {
            self.at(&draft.id, "A second question has `rating = true`; exactly one must be the rating of the case.");
        }
        if draft.kind.get_ref() != "scale" {
            self.at(&draft.kind, "The question with `rating = true` must be of the kind \"scale\".");
        }
        if !draft.required {
            self.at(&draft.id, "The question with `rating = true` must have `required = true`: a read without a rating has no score.");
        }
        rating.get_or_insert_with(|| draft.id.get_ref().clone());
    }

    fn question_kind(&mut self, draft: &QuestionDraft) -> Option<QuestionKind> {
        match draft.kind.get_ref().as_str() {
            "scale" => {
                if let Some(options) = &draft.options {
                    self.at(options, "A scale has no `options`; they belong to the kind \"choice\".");
                }
                let QuestionDraft { min, max, low, high, .. } = draft;
                let scale = ScaleDraft { min: min.clone(), max: max.clone(), low: low.clone(), high: high.clone() };
                self.scale("The scale", &draft.id, &scale).map(QuestionKind::Scale)
            }
            "choice" => {
                let ends = [draft.min.as_ref(), draft.max.as_ref()].into_iter().flatten().map(|e| e.span().start);
                let anchors = [draft.low.as_ref(), draft.high.as_ref()].into_iter().flatten().map(|a| a.span().start);
                if let Some(first) = ends.chain(anchors).min() {
                    let line = text::line_of(self.text, first);
                    self.find(Some(line), "A choice has no `min`, `max`, `low` or `high`; they belong to the kind \"scale\".");
                }
                self.options(draft).map(QuestionKind::Choice)
            }
            "number" | "text" => {
                self.at(&draft.kind, "Questions of this kind are not yet carried out; this version has \"scale\" and \"choice\".");
                None
            }
            _ => {
                self.at(&draft.kind, "The kind is not a word this program knows; write \"scale\" or \"choice\".");
                None
            }
        }
    }

    fn scale<T>(&mut self, what: &str, place: &Spanned<T>, draft: &ScaleDraft) -> Option<Scale> {
        let mut ends = None;
        match (&draft.min, &draft.max) {
            (Some(min), Some(max)) => {
                let (low, high) = (*min.get_ref(), *max.get_ref());
                if low >= high {
                    self.at(min, format!("{what} goes from {low} to {high}; `min` must be below `max`."));
                } else if i64::from(high) - i64::from(low) > MAX_STEPS {
                    self.at(max, format!("{what} has more than {MAX_STEPS} steps, which nobody can tell apart."));
                } else {
                    ends = Some((low, high));
                }
            }
            _ => self.at(place, format!("{what} needs `min` and `max`.")),
        }
        let anchors = match (&draft.low, &draft.high) {
            (Some(low), Some(high)) => (self.words("The anchor `low`", low, 60), self.words("The anchor `high`", high, 60)),
            _ => {
                self.at(place, format!("{what} needs the anchors `low` and `high`: the reader must see what each end means."));
                (None, None)
            }
        };
        let ((min, max), (Some(low), Some(high))) = (ends?, anchors) else { return None };
        Some(Scale { min, max, low, high })
    }

    fn options(&mut self, draft: &QuestionDraft) -> Option<Vec<ChoiceOption>> {
        let Some(options) = &draft.options else {
            self.at(&draft.id, "A choice needs `options`, each with `key` and `label`.");
            return None;
        };
        let count = options.get_ref().len();
        if !(2..=MAX_OPTIONS).contains(&count) {
            self.at(options, format!("A choice has 2 to {MAX_OPTIONS} options, and this one has {count}."));
        }
        let mut seen = BTreeSet::new();
        let mut checked = Vec::new();
        for option in options.get_ref() {
            let key = self.name("The option's key", &option.key);
            let label = self.words("The option's label", &option.label, 60);
            let (Some(key), Some(label)) = (key, label) else { continue };
            if !seen.insert(key.clone()) {
                self.at(&option.key, format!("There are two options \"{key}\"; give each its own key."));
            }
            checked.push(ChoiceOption { key, label });
        }
        Some(checked)
    }

    fn order(&mut self, draft: &OrderDraft) -> Option<Order> {
        match (draft.kind.get_ref().as_str(), &draft.seed) {
            ("fixed", None) => Some(Order::Fixed),
            ("fixed", Some(seed)) => {
                self.at(seed, "A fixed order has no `seed`; take it out, or write `kind = \"shuffled\"`.");
                None
            }
            ("shuffled", Some(seed)) => Some(Order::Shuffled { seed: *seed.get_ref() }),
            ("shuffled", None) => {
                self.at(&draft.kind, "A shuffled order needs a `seed`, so that it can be made again and checked.");
                None
            }
            _ => {
                self.at(&draft.kind, "The order is not a word this program knows; write \"shuffled\" or \"fixed\".");
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

#[cfg(test)]
mod tests {
    use super::super::{Paradigm, Protocol, VolumeLayout, check};
    use tiresias_words::{Condition, QuestionId, Voi, Window};

    const GOOD: &str = include_str!("../../tests/two_conditions.toml");

    #[test]
    fn a_good_protocol_is_taken_as_it_stands() {
        let p = Protocol::parse(GOOD).expect("a good protocol");
        assert_eq!((p.study(), p.title()), ("nodules-1", "Nodule detection on chest CT"));
        assert!(matches!(p.paradigm(), Paradigm::Froc(m) if m.max == 20 && m.rating.contains(100) && !m.rating.contains(101)));
        let labels: Vec<_> = p.conditions().iter().map(|c| c.label.as_str()).collect();
        assert_eq!(labels, ["Unaided", "second"]);
        assert!(p.condition(&Condition::new("second").unwrap()).is_some());
        assert_eq!(p.form().rating(), &QuestionId::new("confidence").unwrap());
        assert_eq!(p.form().questions().len(), 2);
        assert_eq!(p.display().layout(), VolumeLayout::Mpr);
        let first = p.display().first().and_then(|i| p.display().presets().get(i)).map(|p| p.voi.clone());
        assert_eq!(first, Some(Voi::Linear(Window::new(-600.0, 1500.0).unwrap())));
        assert_eq!(p.case_facts(), ["age band", "indication"]);
        assert!(check(GOOD).is_empty());
    }

    /// Replaces `from` in the good protocol and looks for one finding on `line` that has `words`.
    fn finds(from: &str, to: &str, line: Option<usize>, words: &str) {
        assert!(GOOD.contains(from), "the fixture has no {from:?}");
        let found = check(&GOOD.replacen(from, to, 1));
        let hit = found.iter().any(|f| f.line == line && f.sentence.contains(words));
        assert!(hit, "{from:?} -> {to:?}: no {words:?} on line {line:?} in {found:#?}");
    }

    #[test]
    fn each_fault_is_found_on_its_line() {
        finds("tiresias_protocol = 1\n", "\n", None, "is missing");
        finds("tiresias_protocol = 1", "tiresias_protocol = 2", Some(1), "newer program");
        finds("tiresias_protocol = 1", "tiresias_protocol = \"1\"", Some(1), "not a version");
        finds("paradigm = \"froc\"", "paradigm = \"froc\"\nwashout = 3", Some(7), "washout");
        finds("paradigm = \"froc\"", "paradigm = \"roc\"", Some(34), "has no marks");
        finds("paradigm = \"froc\"", "paradigm = \"lroc\"", Some(6), "not yet carried out");
        finds("paradigm = \"froc\"", "paradigm = \"guess\"", Some(6), "not a word");
        finds("id = \"nodules-1\"", "id = \"nodules 1\"", Some(4), "study's id");
        finds("title = \"Nodule detection on chest CT\"", "title = \"\"", Some(5), "title");
        finds("title = \"Nodule detection on chest CT\"", "title = \"a\\u202Eb\"", Some(5), "on one line");
        finds("paradigm = \"froc\"", "paradigm = \"froc\"\n\"\\u001b[2J\" = 3", Some(7), "unknown field `\\u{1b}[2J`");
        finds("label = \"Unaided\"", "label = \"Unaided\"\nai = \"hidden\"", Some(12), "without AI");
        finds("id = \"second\"", "id = \"unaided\"", Some(14), "two conditions");
        finds("id = \"second\"", "id = \"truth\"", Some(14), "analysis programs");
        finds("min = 0\nmax = 100\nlow = \"definitely", "min = 100\nmax = 100\nlow = \"definitely", Some(20), "below `max`");
        finds("max = 100\nlow = \"definitely", "max = 100000\nlow = \"definitely", Some(21), "tell apart");
        finds("low = \"definitely absent\"\n", "", Some(17), "anchors");
        finds("rating = true", "rating = false", None, "No question has");
        finds("required = false", "required = false\nrating = true", Some(28), "second question");
        finds("required = true", "required = false", Some(17), "no score");
        finds("id = \"recall\"", "id = \"confidence\"", Some(28), "two questions");
        finds("kind = \"choice\"", "kind = \"number\"", Some(30), "not yet carried out");
        finds("kind = \"choice\"", "kind = \"choice\"\nmin = 1", Some(31), "belong to the kind \"scale\"");
        finds("key = \"yes\"", "key = \"no\"", Some(31), "two options");
        finds(", { key = \"yes\", label = \"yes\" }", "", Some(31), "this one has 1");
        finds("max = 20", "max = 0", Some(36), "1 to 1000");
        finds("high = \"certain\"", "high = \" \"", Some(37), "anchor `high`");
        finds("first = \"lung\"", "first = \"bone\"", Some(42), "names no preset");
        finds("name = \"lung\"", "name = \"images\"", Some(45), "own windows");
        finds("width = 1500.0", "width = 0", Some(45), "window");
        finds("function = \"linear\"", "function = \"cubic\"", Some(48), "linear_exact");
        finds("seed = 7\n", "", Some(51), "needs a `seed`");
        finds("kind = \"shuffled\"", "kind = \"fixed\"", Some(52), "has no `seed`");
        finds("\"indication\"", "\"age band\"", Some(7), "twice");
        finds("seed = 7", "seed = -7", Some(52), "form of a protocol");
        finds("[study]", "[study", Some(3), "form of a protocol");
    }

    #[test]
    fn the_hash_is_of_the_exact_bytes() {
        let a = Protocol::parse(GOOD).unwrap();
        let b = Protocol::parse(&GOOD.replace('\n', "\r\n")).unwrap();
        assert_ne!(a.hash(), b.hash());
        assert_eq!(a.hash(), Protocol::parse(GOOD).unwrap().hash());
    }

    #[test]
    fn an_error_shows_the_first_finding_and_counts_the_others() {
        let bad = GOOD.replace("id = \"nodules-1\"", "id = \"\"").replace("max = 20", "max = 0");
        let error = Protocol::parse(&bad).expect_err("two findings");
        assert_eq!(error.findings().count(), 2);
        let text = error.to_string();
        assert!(text.starts_with("protocol.toml, line 4: ") && text.ends_with("There is one more finding."), "{text}");
    }
}
