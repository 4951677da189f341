//! `[[unit]]`, `[[question]]`, `[[rule]]` and `[not_evaluable]`, from the written to the checked.
//!
//! Finds what a reader would run into: questions that are never asked, scales whose ends mean nothing, rules that cannot be kept or cannot be broken.

use super::reach::never_asked;
use super::{
    ChoiceOption, Consistency, Form, Level, MarkFigure, NotEvaluable, NumberKind, Operand, Per, Question, QuestionKind, Reason, Relation,
    Scale, Test, Unit, When,
};
use crate::protocol::Paradigm;
use crate::protocol::answer::MOST_DECIMALS;
use crate::protocol::check::{Checks, Words};
use crate::protocol::text::{Draft, NotEvaluableDraft, OperandDraft, OptionDraft, QuestionDraft, RuleDraft, ScaleDraft, WhenDraft};
use std::collections::BTreeSet;
use tiresias_words::QuestionId;
use toml::Spanned;

const MAX_QUESTIONS: usize = 100;
const MAX_OPTIONS: usize = 40;
const MAX_UNITS: usize = 40;
const MAX_RULES: usize = 100;
const MAX_REASONS: usize = 20;
const MAX_TEXT: u32 = 4000;
/// A scale is set with keys and a pointer: more steps than this cannot be told apart on any screen.
const MAX_STEPS: i64 = 1000;

const PERS: Words<Per> = &[("case", Per::Case), ("unit", Per::Unit), ("mark", Per::Mark)];
const LEVELS: Words<Level> = &[("hard", Level::Hard), ("soft", Level::Soft)];
const FIGURES: Words<MarkFigure> = &[("highest rating", MarkFigure::HighestRating), ("count", MarkFigure::Count)];
const RELATIONS: Words<Relation> = &[
    ("at least", Relation::AtLeast),
    ("at most", Relation::AtMost),
    ("above", Relation::Above),
    ("below", Relation::Below),
    ("equal", Relation::Equal),
    ("not equal", Relation::NotEqual),
];

/// What is scored inside a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ScoredUnit {
    Case,
    Side,
    Region,
    Lesion,
}

const SCORED: Words<ScoredUnit> =
    &[("case", ScoredUnit::Case), ("side", ScoredUnit::Side), ("region", ScoredUnit::Region), ("lesion", ScoredUnit::Lesion)];

impl Checks<'_> {
    pub(in crate::protocol) fn form(&mut self, draft: &Draft, paradigm: Option<&Paradigm>) -> Option<Form> {
        let scored = self.word("The unit of scoring", draft.study.unit.as_ref(), SCORED)?.unwrap_or(ScoredUnit::Case);
        let units = self.units(draft, scored, paradigm);
        let questions = self.questions(&draft.question);
        for question in &questions {
            self.reachable(&draft.question, &questions, question);
        }
        let rating = self.rating(draft, scored, paradigm);
        let mut form = Form { units: units?, questions, rating: rating?, rules: Vec::new(), not_evaluable: None };
        self.pers(draft, &form, paradigm);
        self.at_most("rules", draft.rule.len(), MAX_RULES);
        for rule in &draft.rule {
            let Some(checked) = self.rule(rule, &form, paradigm) else { continue };
            let both_hard = |r: &Consistency| r.level == Level::Hard && checked.level == Level::Hard;
            if form.rules.iter().any(|r| both_hard(r) && contradict(r, &checked)) {
                self.at(
                    rule,
                    "This rule contradicts an earlier one: no answers keep both, so no read could be locked. Take one of them out.",
                );
            }
            form.rules.push(checked);
        }
        form.not_evaluable = match &draft.not_evaluable {
            None => None,
            Some(draft) => Some(self.not_evaluable(draft, &form)?),
        };
        Some(form)
    }

    fn units(&mut self, draft: &Draft, scored: ScoredUnit, paradigm: Option<&Paradigm>) -> Option<Vec<Unit>> {
        let mut seen = BTreeSet::new();
        let mut units = Vec::new();
        for unit in &draft.unit {
            let key = self.name("The unit's key", &unit.key);
            let label = self.words("The unit's label", &unit.label, 40);
            let (Some(key), Some(label)) = (key, label) else { continue };
            if !seen.insert(key.clone()) {
                self.at(&unit.key, format!("There are two units \"{key}\"; give each its own key."));
            }
            units.push(Unit { key, label });
        }
        self.at_most("units", units.len(), MAX_UNITS);
        let first = draft.unit.first().map(|u| &u.key);
        match (scored, first) {
            (ScoredUnit::Case | ScoredUnit::Lesion, Some(key)) => {
                self.at(key, "There are units, and `unit` of the study is neither \"side\" nor \"region\": take `[[unit]]` out, or write one of these.");
            }
            (ScoredUnit::Side, Some(key)) if seen != BTreeSet::from(["L".to_owned(), "R".to_owned()]) => {
                self.at(key, "The units of a study that scores sides are \"R\" and \"L\": give these keys, or take `[[unit]]` out.");
            }
            (ScoredUnit::Side, None) => {
                let side = |key: &str, label: &str| Unit { key: key.into(), label: label.into() };
                units = vec![side("R", "Right"), side("L", "Left")];
            }
            (ScoredUnit::Region, _) if draft.unit.len() < 2 => {
                self.near(
                    draft.study.unit.as_ref(),
                    "A study that scores regions needs at least two `[[unit]]`, each with `key` and `label`.",
                );
            }
            _ => {}
        }
        let has_marks = matches!(paradigm, Some(Paradigm::Froc(_) | Paradigm::Lroc(_)));
        if scored == ScoredUnit::Lesion && paradigm.is_some() && !has_marks {
            self.near(
                draft.study.unit.as_ref(),
                "A study that scores lesions needs marks: use the paradigm \"froc\" and a table `[marks]`.",
            );
        }
        Some(units)
    }

    fn questions(&mut self, drafts: &[QuestionDraft]) -> Vec<Question> {
        self.at_most("questions", drafts.len(), MAX_QUESTIONS);
        let mut seen = BTreeSet::new();
        let mut questions: Vec<Question> = Vec::new();
        for draft in drafts {
            let id = self.name("The question's id", &draft.id);
            let id = id.and_then(|id| self.fits(&draft.id, QuestionId::new(id)));
            let text = self.words("The question's text", &draft.text, 200);
            let per = self.word("`per`", draft.per.as_ref(), PERS);
            let kind = self.question_kind(draft);
            let (Some(id), Some(text), Some(per), Some(kind)) = (id, text, per, kind) else { continue };
            if !seen.insert(id.clone()) {
                self.at(&draft.id, format!("There are two questions \"{id}\"; give each its own id."));
            }
            let per = per.unwrap_or(Per::Case);
            let when = draft.when.iter().filter_map(|when| self.when(when, per, drafts, &questions)).collect();
            questions.push(Question { id, text, per, required: draft.required, kind, when });
        }
        questions
    }

    /// A condition looks at an earlier question about the same thing or about the case.
    fn when(&mut self, draft: &Spanned<WhenDraft>, per: Per, all: &[QuestionDraft], earlier: &[Question]) -> Option<When> {
        let WhenDraft { question, is, at_least, at_most } = draft.get_ref();
        let Some(asked) = earlier.iter().find(|q| q.id.as_str() == question.get_ref()) else {
            let is_later = all.iter().any(|q| q.id.get_ref() == question.get_ref());
            let say = if is_later {
                "A condition looks at an earlier question: put that one before this one."
            } else {
                "There is no question of this id to look at."
            };
            self.at(question, say);
            return None;
        };
        if asked.per != Per::Case && asked.per != per {
            self.at(question, "This condition looks at a question that is asked about something else: give both the same `per`, or ask that one about the case.");
            return None;
        }
        let test = match (is, at_least, at_most) {
            (Some(keys), None, None) => {
                for key in keys.get_ref() {
                    if !asked.kind.options().iter().any(|o| o.key == *key.get_ref()) {
                        self.at(key, format!("The question \"{}\" has no option of this key.", asked.id));
                    }
                }
                Test::Is(keys.get_ref().iter().map(|k| k.get_ref().clone()).collect())
            }
            (None, None, None) | (Some(_), _, _) => {
                self.at(draft, "A condition has either `is` (keys of options), or `at_least` and `at_most` (numbers).");
                return None;
            }
            (None, low, high) => {
                let Some((min, max)) = asked.kind.range() else {
                    self.at(draft, format!("The answer to \"{}\" is no number: write `is` with the keys of options.", asked.id));
                    return None;
                };
                Test::Within(low.as_ref().map_or(min, |v| *v.get_ref()), high.as_ref().map_or(max, |v| *v.get_ref()))
            }
        };
        Some(When { question: asked.id.clone(), test })
    }

    fn reachable(&mut self, drafts: &[QuestionDraft], questions: &[Question], question: &Question) {
        if let (Some(why), Some(draft)) = (never_asked(questions, question), drafts.iter().find(|d| d.id.get_ref() == question.id.as_str()))
        {
            self.at(&draft.id, format!("The question \"{}\" is never asked: {why}. Change the conditions, or take it out.", question.id));
        }
    }

    /// The question that rates the case or each unit: one, a number, required, always asked. `Some(None)` where marks alone are rated.
    fn rating(&mut self, draft: &Draft, scored: ScoredUnit, paradigm: Option<&Paradigm>) -> Option<Option<QuestionId>> {
        let mut rating: Option<&QuestionDraft> = None;
        for question in draft.question.iter().filter(|q| q.rating) {
            if rating.is_some() {
                self.at(&question.id, "A second question has `rating = true`; exactly one must be the rating of the case.");
                return None;
            }
            rating = Some(question);
        }
        let Some(question) = rating else {
            if matches!(paradigm, Some(Paradigm::Froc(_) | Paradigm::Lroc(_))) {
                return Some(None);
            }
            self.near(
                None::<&Spanned<String>>,
                "No question has `rating = true`; exactly one must be the rating of the case that exports use.",
            );
            return None;
        };
        if matches!(paradigm, Some(Paradigm::Lroc(_))) {
            self.at(&question.id, "In the paradigm \"lroc\" the rating of the case is that of its one mark: take `rating = true` out.");
        }
        if !question.required {
            self.at(&question.id, "The question with `rating = true` must have `required = true`: a read without a rating has no score.");
        }
        if let Some(when) = question.when.first() {
            self.at(when, "The question with `rating = true` must always be asked: take `when` out.");
        }
        let per = question.per.as_ref().map_or("case", |p| p.get_ref().as_str());
        let wanted = if matches!(scored, ScoredUnit::Side | ScoredUnit::Region) { "unit" } else { "case" };
        if per != wanted {
            let say = format!(
                "The question with `rating = true` is asked per {per}, and this study scores per {wanted}: write `per = \"{wanted}\"`."
            );
            self.at(question.per.as_ref().unwrap_or(&question.id), say);
        }
        self.rating_kind(question, paradigm?);
        QuestionId::new(question.id.get_ref().clone()).ok().map(Some)
    }

    fn rating_kind(&mut self, question: &QuestionDraft, paradigm: &Paradigm) {
        let options = question.options.as_ref().map_or(&[][..], |o| o.get_ref());
        let scores: Vec<i32> = options.iter().filter_map(|o| o.score.as_ref().map(|s| *s.get_ref())).collect();
        let is_scored = !options.is_empty() && scores.len() == options.len();
        let kind = question.kind.get_ref().as_str();
        match paradigm {
            Paradigm::Roc | Paradigm::Froc(_) | Paradigm::Lroc(_) => {
                if kind != "scale" && !(kind == "choice" && is_scored) {
                    self.at(
                        &question.kind,
                        "The question with `rating = true` must be of the kind \"scale\", or a \"choice\" whose options have scores.",
                    );
                }
            }
            Paradigm::Binary => {
                if kind != "choice"
                    || scores.len() != options.len()
                    || BTreeSet::from_iter(scores) != BTreeSet::from([0, 1])
                    || options.len() != 2
                {
                    let say = "In the paradigm \"binary\" the question with `rating = true` is a \"choice\" of two options with `score = 0` (no) and `score = 1` (yes).";
                    self.at(&question.kind, say);
                }
            }
            Paradigm::Ordinal => {
                let rises = scores.windows(2).all(|w| matches!(w, [a, b] if a < b));
                if kind != "choice" || !is_scored || options.len() < 3 || !rises {
                    let say = "In the paradigm \"ordinal\" the question with `rating = true` is a \"choice\" of at least three options whose scores rise.";
                    self.at(&question.kind, say);
                }
            }
        }
    }

    /// What is asked per unit or per mark needs units or marks.
    fn pers(&mut self, draft: &Draft, form: &Form, paradigm: Option<&Paradigm>) {
        let has_marks = matches!(paradigm, Some(Paradigm::Froc(_) | Paradigm::Lroc(_)));
        for question in &draft.question {
            let Some(per) = &question.per else { continue };
            match per.get_ref().as_str() {
                "unit" if form.units.is_empty() => {
                    self.at(per, "There are no units to ask about: write `unit = \"side\"` or `unit = \"region\"` under `[study]`.");
                }
                "mark" if paradigm.is_some() && !has_marks => self.at(per, "There are no marks to ask about: add a table `[marks]`."),
                _ => {}
            }
        }
    }

    fn question_kind(&mut self, draft: &QuestionDraft) -> Option<QuestionKind> {
        let kind = draft.kind.get_ref().as_str();
        // What belongs to another kind is a finding, not a silence.
        let (scale, choice, number, text) = (kind == "scale", kind == "choice", kind == "number", kind == "text");
        let place = |s: &Option<Spanned<i32>>| s.as_ref().map(Spanned::span);
        let words = |s: &Option<Spanned<String>>| s.as_ref().map(Spanned::span);
        let strangers = [
            (scale || number, "`min` and `max`", "scale\" or \"number", place(&draft.min).or_else(|| place(&draft.max))),
            (scale, "`low` and `high`", "scale", words(&draft.low).or_else(|| words(&draft.high))),
            (scale, "`anchors`", "scale", draft.anchors.as_ref().map(Spanned::span)),
            (choice, "`options`", "choice", draft.options.as_ref().map(Spanned::span)),
            (choice, "`many`", "choice", draft.many.as_ref().map(Spanned::span)),
            (number, "`decimals`", "number", draft.decimals.as_ref().map(Spanned::span)),
            (number, "`suffix`", "number", words(&draft.suffix)),
            (text, "`length`", "text", draft.length.as_ref().map(Spanned::span)),
        ];
        let is_known = scale || choice || number || text;
        for (belongs, what, to, span) in strangers {
            if let Some(span) = span.filter(|_| is_known && !belongs) {
                self.on_byte(span.start, format!("This question has {what}, which belong to the kind \"{to}\"."));
            }
        }
        match kind {
            "scale" => {
                let QuestionDraft { min, max, low, high, anchors, .. } = draft.clone();
                self.scale("The scale", &draft.id, &ScaleDraft { min, max, low, high, anchors }).map(QuestionKind::Scale)
            }
            "choice" => {
                let options = self.options(draft)?;
                let many = draft.many.as_ref().is_some_and(|m| *m.get_ref());
                Some(if many { QuestionKind::Choices(options) } else { QuestionKind::Choice(options) })
            }
            "number" => self.number(draft).map(QuestionKind::Number),
            "text" => {
                let most = draft.length.as_ref().map_or(1000, |l| *l.get_ref());
                if !(1..=MAX_TEXT).contains(&most) {
                    self.at(draft.length.as_ref()?, format!("`length` is not 1 to {MAX_TEXT} characters."));
                    return None;
                }
                Some(QuestionKind::Text(most))
            }
            _ => {
                self.at(&draft.kind, "The kind is not a word this program knows; write \"scale\", \"choice\", \"number\" or \"text\".");
                None
            }
        }
    }

    fn number(&mut self, draft: &QuestionDraft) -> Option<NumberKind> {
        let (Some(min), Some(max)) = (&draft.min, &draft.max) else {
            self.at(&draft.id, "A number needs `min` and `max`, so that a slip of the key is noticed.");
            return None;
        };
        if min.get_ref() >= max.get_ref() {
            self.at(min, format!("The number goes from {} to {}; `min` must be below `max`.", min.get_ref(), max.get_ref()));
            return None;
        }
        let decimals = draft.decimals.as_ref().map_or(0, |d| *d.get_ref());
        let Some(decimals) = u8::try_from(decimals).ok().filter(|d| *d <= MOST_DECIMALS) else {
            self.at(draft.decimals.as_ref()?, format!("`decimals` is not 0 to {MOST_DECIMALS}."));
            return None;
        };
        let suffix = match &draft.suffix {
            None => None,
            Some(suffix) => Some(self.words("`suffix`", suffix, 20)?),
        };
        Some(NumberKind { min: *min.get_ref(), max: *max.get_ref(), decimals, suffix })
    }

    pub(in crate::protocol) fn scale<T>(&mut self, what: &str, place: &Spanned<T>, draft: &ScaleDraft) -> Option<Scale> {
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
        let ends_mean = match (&draft.low, &draft.high) {
            (Some(low), Some(high)) => (self.words("The anchor `low`", low, 60), self.words("The anchor `high`", high, 60)),
            _ => {
                self.at(place, format!("{what} needs the anchors `low` and `high`: the reader must see what each end means."));
                (None, None)
            }
        };
        let ((min, max), (Some(low), Some(high))) = (ends?, ends_mean) else { return None };
        let mut anchors: Vec<(i32, String)> = Vec::new();
        for anchor in draft.anchors.iter().flat_map(Spanned::get_ref) {
            let at = *anchor.at.get_ref();
            if at <= anchors.last().map_or(min, |(before, _)| *before) || at >= max {
                self.at(
                    &anchor.at,
                    "An anchor lies between the ends of its scale, and they rise: the ends themselves are `low` and `high`.",
                );
                continue;
            }
            let Some(label) = self.words("An anchor's label", &anchor.label, 60) else { continue };
            anchors.push((at, label));
        }
        Some(Scale { min, max, low, high, anchors })
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
        let is_scored = |o: &OptionDraft| o.score.is_some();
        if options.get_ref().iter().any(is_scored) && !options.get_ref().iter().all(is_scored) {
            self.at(options, "Some options have a `score` and others have not: give all of them one, or none.");
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
            checked.push(ChoiceOption { key, label, score: option.score.as_ref().map(|s| *s.get_ref()) });
        }
        Some(checked)
    }

    fn rule(&mut self, rule: &Spanned<RuleDraft>, form: &Form, paradigm: Option<&Paradigm>) -> Option<Consistency> {
        let draft = rule.get_ref();
        let level = self.word("The level of a rule", Some(&draft.level), LEVELS);
        let left = self.operand(&draft.left, form, paradigm);
        let relation = self.word("`is`", Some(&draft.is), RELATIONS);
        let right = self.operand(&draft.right, form, paradigm);
        let say = self.words("What a rule says", &draft.say, 200);
        let (level, (left, left_range), relation, (right, right_range), say) = (level??, left?, relation??, right?, say?);
        match (left.per(form), right.per(form)) {
            (Per::Unit, Per::Mark) | (Per::Mark, Per::Unit) => {
                self.at(rule, "This rule compares what is said of a unit with what is said of a mark, and nothing says which mark lies in which unit.");
            }
            _ => {}
        }
        let possible = outcomes(left_range, right_range);
        if possible & relation.allows() == 0 {
            self.at(rule, "No answers keep this rule: the two numbers never compare so. Change it, or take it out.");
        } else if possible & !relation.allows() == 0 {
            self.at(rule, "This rule can never be broken: the two numbers always compare so. Change it, or take it out.");
        }
        Some(Consistency { level, left, relation, right, say })
    }

    /// A side of a rule, and the lowest and highest number that it can be.
    fn operand(&mut self, draft: &Spanned<OperandDraft>, form: &Form, paradigm: Option<&Paradigm>) -> Option<(Operand, (i32, i32))> {
        match draft.get_ref() {
            OperandDraft { question: Some(id), marks: None, number: None } => {
                let Some(question) = form.questions.iter().find(|q| q.id.as_str() == id.get_ref()) else {
                    self.at(id, "There is no question of this id to compare.");
                    return None;
                };
                let Some(range) = question.kind.range() else {
                    self.at(
                        id,
                        "The answer to this question is no number: compare a scale, a number, or a choice whose options have scores.",
                    );
                    return None;
                };
                Some((Operand::Question(question.id.clone()), range))
            }
            OperandDraft { question: None, marks: Some(word), number: None } => {
                let figure = self.word("`marks`", Some(word), FIGURES)??;
                let Some(Paradigm::Froc(marks) | Paradigm::Lroc(marks)) = paradigm else {
                    if paradigm.is_some() {
                        self.at(word, "There are no marks to compare: add a table `[marks]`.");
                    }
                    return None;
                };
                let range = match figure {
                    MarkFigure::HighestRating => (marks.rating.min(), marks.rating.max()),
                    MarkFigure::Count => (i32::try_from(marks.min).ok()?, i32::try_from(marks.max).ok()?),
                };
                Some((Operand::Marks(figure), range))
            }
            OperandDraft { question: None, marks: None, number: Some(n) } => {
                Some((Operand::Number(*n.get_ref()), (*n.get_ref(), *n.get_ref())))
            }
            _ => {
                self.at(draft, "A side of a rule is one of `question`, `marks` and `number`.");
                None
            }
        }
    }

    fn not_evaluable(&mut self, draft: &Spanned<NotEvaluableDraft>, form: &Form) -> Option<NotEvaluable> {
        let NotEvaluableDraft { per, reasons } = draft.get_ref();
        let said = self.word("`per`", per.as_ref(), PERS)?.unwrap_or(Per::Case);
        if said == Per::Mark {
            self.at(draft, "A mark is taken away when it is nothing: only the case or a unit can be not evaluable.");
            return None;
        }
        if let Some(per) = per.as_ref().filter(|_| said == Per::Unit && form.units.is_empty()) {
            self.at(per, "There are no units that could be not evaluable: write `per = \"case\"`.");
        }
        let reasons = self.keyed("reason", reasons, 1..=MAX_REASONS)?;
        Some(NotEvaluable { per: said, reasons: reasons.into_iter().map(|(key, label)| Reason { key, label }).collect() })
    }
}

/// Whether no numbers keep both rules: two that are about the same, from whichever side, or hold one number against two.
fn contradict(one: &Consistency, other: &Consistency) -> bool {
    // What comes out against the lower and the higher number: below both, on the lower, between, on the higher, above both.
    const PLACES: [(u8, u8); 5] = [(1, 1), (2, 1), (4, 1), (4, 2), (4, 4)];
    let (a, b) = (one.relation.allows(), other.relation.allows());
    if one.left == other.left && one.right == other.right {
        return a & b == 0;
    }
    if one.left == other.right && one.right == other.left {
        return turned(a) & b == 0;
    }
    let (Some((what, a, at)), Some((that, b, other_at))) = (bounded(one), bounded(other)) else { return false };
    let (low, high) = if at < other_at { (a, b) } else { (b, a) };
    what == that && at != other_at && !PLACES.iter().any(|(below, above)| low & below != 0 && high & above != 0)
}

/// What a rule holds against a number, which outcomes it allows seen from there, and the number.
fn bounded(rule: &Consistency) -> Option<(&Operand, u8, i32)> {
    let allows = rule.relation.allows();
    match (&rule.left, &rule.right) {
        (Operand::Number(_), Operand::Number(_)) => None,
        (what, Operand::Number(number)) => Some((what, allows, *number)),
        (Operand::Number(number), what) => Some((what, turned(allows), *number)),
        _ => None,
    }
}

/// Outcomes seen from the other side: *less* and *more* change places.
const fn turned(allows: u8) -> u8 {
    (allows & 0b010) | ((allows & 0b001) << 2) | ((allows & 0b100) >> 2)
}

/// Which of *less* (1), *same* (2) and *more* (4) can come out when numbers of two ranges are compared.
fn outcomes(left: (i32, i32), right: (i32, i32)) -> u8 {
    let less = u8::from(left.0 < right.1);
    let same = u8::from(left.0 <= right.1 && right.0 <= left.1) << 1;
    let more = u8::from(left.1 > right.0) << 2;
    less | same | more
}
