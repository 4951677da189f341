//! `[adjudication]`: which two readers are compared, and what makes their reads discordant.

use super::ConditionRule;
use super::check::{Checks, Words};
use super::form::{Form, Per, QuestionKind};
use super::text::{AdjudicationDraft, DiscordanceDraft};
use tiresias_words::{Condition, Mm, QuestionId, ReaderId};
use toml::Spanned;

const MAX_PAIRS: usize = 200;
const MAX_RULES: usize = 20;
const MAX_REASONS: usize = 9;
/// Further apart than this two marks are never one.
const FURTHEST: f64 = 500.0;

/// How reads are settled that do not agree.
#[derive(Debug, Clone, PartialEq)]
pub struct Adjudication {
    /// The condition whose reads are compared.
    pub condition: Condition,
    /// The designated pairs of readers; empty is every two readers of a case.
    pub pairs: Vec<(ReaderId, ReaderId)>,
    /// Whether a case on which more than half of its readers agree needs no adjudicator, and of any other one pair is settled; otherwise every two reads
    /// that differ are.
    pub majority: bool,
    /// Whether the adjudicator says what they think before they see the two reads.
    pub own_impression_first: bool,
    /// The share of concordant cases that are mixed in, 0 to 1.
    pub controls: f64,
    /// Reasons that an adjudicator can give with one key; they can write another.
    pub reasons: Vec<String>,
    /// What makes two reads discordant; any of these.
    pub discordances: Vec<Discordance>,
}

/// A difference that must be adjudicated.
#[derive(Debug, Clone, PartialEq)]
pub enum Discordance {
    /// Another option of a choice.
    Category(QuestionId),
    /// Numbers more than so far apart.
    Difference {
        /// Which answers.
        question: QuestionId,
        /// The greatest difference that is none.
        more_than: i32,
    },
    /// Numbers on different sides of a threshold, which counts as high.
    Threshold {
        /// Which answers.
        question: QuestionId,
        /// From here on is high.
        at: i32,
    },
    /// Marks that have no partner within this distance.
    Marks(Mm),
    /// One says that it is not evaluable, the other not.
    Evaluable,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Category,
    Difference,
    Threshold,
    Marks,
    Evaluable,
}

/// Why two readers of the same images differ, where the protocol names nothing else: one did not see it, they made something else of it, they measured
/// otherwise.
const REASONS: [&str; 3] = ["Seen by one, missed by the other", "Seen by both, taken differently", "Measured differently"];

const KINDS: Words<Kind> = &[
    ("category", Kind::Category),
    ("difference", Kind::Difference),
    ("threshold", Kind::Threshold),
    ("marks", Kind::Marks),
    ("evaluable", Kind::Evaluable),
];

impl Checks<'_> {
    pub(super) fn adjudication(
        &mut self,
        table: &Spanned<AdjudicationDraft>,
        conditions: &[ConditionRule],
        form: &Form,
        has_marks: bool,
    ) -> Option<Adjudication> {
        let draft = table.get_ref();
        let known = conditions.iter().find(|c| c.id.as_str() == draft.condition.get_ref());
        if known.is_none() {
            self.at(&draft.condition, "There is no condition of this id whose reads could be compared.");
        }
        let mut pairs: Vec<(ReaderId, ReaderId)> = Vec::new();
        for pair in draft.pairs.iter().flat_map(Spanned::get_ref) {
            let Some(checked) = self.pair(pair) else { continue };
            let is_same = |(a, b): &(ReaderId, ReaderId)| (a, b) == (&checked.0, &checked.1) || (a, b) == (&checked.1, &checked.0);
            if pairs.iter().any(is_same) {
                self.at(pair, "This pair of readers is named twice.");
            }
            pairs.push(checked);
        }
        self.at_most("pairs of readers", pairs.len(), MAX_PAIRS);
        let majority = draft.majority.as_ref().is_some_and(|m| *m.get_ref());
        if let Some(at) = draft.majority.as_ref().filter(|m| *m.get_ref() && !pairs.is_empty()) {
            self.at(at, "`majority` is one of all readers of a case, and `pairs` compares some of them: take one of the two out.");
        }
        let controls = draft.controls.as_ref().map_or(0.0, |c| *c.get_ref());
        if let Some(at) = draft.controls.as_ref().filter(|c| !(0.0..=1.0).contains(c.get_ref())) {
            self.at(at, "`controls` is a share of the concordant cases: 0 to 1.");
        }
        if draft.discordance.is_empty() {
            self.at(table, "Nothing makes two reads discordant: add at least one `[[adjudication.discordance]]`.");
        }
        self.at_most("rules of discordance", draft.discordance.len(), MAX_RULES);
        let mut discordances = Vec::new();
        for rule in &draft.discordance {
            let Some(checked) = self.discordance(rule, form, has_marks) else { continue };
            if discordances.contains(&checked) {
                self.at(rule, "This rule of discordance is there twice.");
            }
            discordances.push(checked);
        }
        self.marks_have_partners(draft, &discordances, form);
        let written = draft.reasons.as_ref().map(|all| {
            self.at_most("ready reasons of adjudication", all.get_ref().len(), MAX_REASONS);
            all.get_ref().iter().filter_map(|r| self.words("A reason of adjudication", r, 60)).collect::<Vec<_>>()
        });
        let reasons = written.unwrap_or_else(|| REASONS.map(str::to_owned).to_vec());
        let own_impression_first = draft.own_impression_first.unwrap_or(true);
        Some(Adjudication { condition: known?.id.clone(), pairs, majority, own_impression_first, controls, reasons, discordances })
    }

    /// Answers about marks are those about a mark and its partner, which the rule about marks finds.
    fn marks_have_partners(&mut self, draft: &AdjudicationDraft, discordances: &[Discordance], form: &Form) {
        let marks = discordances.iter().filter(|d| matches!(d, Discordance::Marks(_))).count();
        if marks > 1 {
            self.at_most("rules of the kind \"marks\"", marks, 1);
        }
        for rule in &draft.discordance {
            let Some(id) = &rule.get_ref().question else { continue };
            let is_per_mark = form.questions().iter().any(|q| q.id.as_str() == id.get_ref() && q.per == Per::Mark);
            if is_per_mark && marks == 0 {
                let say = "This question is about marks, and no rule says which marks of two reads belong together: add a discordance of the kind \"marks\".";
                self.at(id, say);
            }
        }
    }

    fn pair(&mut self, pair: &Spanned<Vec<String>>) -> Option<(ReaderId, ReaderId)> {
        let [a, b] = pair.get_ref().as_slice() else {
            self.at(pair, "A pair is two reader ids, as in [\"reader-1\", \"reader-2\"].");
            return None;
        };
        let a = self.fits(pair, ReaderId::new(a.as_str()))?;
        let b = self.fits(pair, ReaderId::new(b.as_str()))?;
        if a == b {
            self.at(pair, "Nobody can disagree with themselves: name two readers.");
            return None;
        }
        Some((a, b))
    }

    fn discordance(&mut self, rule: &Spanned<DiscordanceDraft>, form: &Form, has_marks: bool) -> Option<Discordance> {
        let DiscordanceDraft { kind: word, question, more_than, at, mm } = rule.get_ref();
        let kind = self.word("The kind of discordance", Some(word), KINDS)??;
        let needs_question = matches!(kind, Kind::Category | Kind::Difference | Kind::Threshold);
        let belongs = [
            (needs_question, question.is_some(), "question"),
            (kind == Kind::Difference, more_than.is_some(), "more_than"),
            (kind == Kind::Threshold, at.is_some(), "at"),
            (kind == Kind::Marks, mm.is_some(), "mm"),
        ];
        let mut is_whole = true;
        for (wanted, there, what) in belongs {
            if wanted != there {
                let say = if wanted { "needs" } else { "has no" };
                self.at(rule, format!("A discordance of the kind {:?} {say} `{what}`.", word.get_ref()));
                is_whole = false;
            }
        }
        if !is_whole {
            return None;
        }
        match (kind, mm) {
            (Kind::Evaluable, _) => {
                if form.not_evaluable().is_none() {
                    self.at(
                        rule,
                        "Nothing can be said to be not evaluable in this study: add a table `[not_evaluable]`, or take this rule out.",
                    );
                }
                Some(Discordance::Evaluable)
            }
            (Kind::Marks, Some(mm)) => {
                if !has_marks {
                    self.at(rule, "This study has no marks that could differ.");
                }
                if !(*mm.get_ref() > 0.0 && *mm.get_ref() <= FURTHEST) {
                    self.at(mm, format!("`mm` is not a distance above 0 and up to {FURTHEST} mm."));
                    return None;
                }
                Some(Discordance::Marks(Mm(*mm.get_ref())))
            }
            _ => self.answers_differ(kind, question.as_ref()?, more_than.as_ref(), at.as_ref(), form),
        }
    }

    fn answers_differ(
        &mut self,
        kind: Kind,
        id: &Spanned<String>,
        more_than: Option<&Spanned<i32>>,
        at: Option<&Spanned<i32>>,
        form: &Form,
    ) -> Option<Discordance> {
        let Some(question) = form.questions().iter().find(|q| q.id.as_str() == id.get_ref()) else {
            self.at(id, "There is no question of this id whose answers could differ.");
            return None;
        };
        let range = question.kind.range();
        match (kind, more_than, at) {
            (Kind::Difference, Some(more_than), _) => {
                let (min, max) = self.numbers(id, range)?;
                let most = i64::from(max) - i64::from(min);
                if !(0..most).contains(&i64::from(*more_than.get_ref())) {
                    self.at(more_than, format!("Two answers are never more than this apart: `more_than` is 0 to {}.", most - 1));
                }
                Some(Discordance::Difference { question: question.id.clone(), more_than: *more_than.get_ref() })
            }
            (Kind::Threshold, _, Some(at)) => {
                let (min, max) = self.numbers(id, range)?;
                if !(min < *at.get_ref() && *at.get_ref() <= max) {
                    self.at(at, format!("`at` must be above {min} and at most {max}: otherwise every answer falls on one side."));
                }
                Some(Discordance::Threshold { question: question.id.clone(), at: *at.get_ref() })
            }
            _ => {
                if !matches!(question.kind, QuestionKind::Choice(_) | QuestionKind::Choices(_)) {
                    self.at(id, "This question has no options: compare it by \"difference\" or \"threshold\".");
                    return None;
                }
                Some(Discordance::Category(question.id.clone()))
            }
        }
    }

    fn numbers(&mut self, id: &Spanned<String>, range: Option<(i32, i32)>) -> Option<(i32, i32)> {
        if range.is_none() {
            self.at(id, "The answer to this question is no number: compare it by \"category\".");
        }
        range
    }
}
