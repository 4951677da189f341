//! Two reads side by side, for whoever settles them: why the case is there, each question with both answers, each mark with its partner.
//!
//! Sentences and words are those of the rules ([`super::differences`]). Refuses: who A and B are, and to say whether a case is a control.

use super::{About, Difference, Reads, Said, differences, partners};
use crate::machine::Mark;
use crate::pair::{Pair, Side};
use crate::protocol::{Answers, Per, Protocol, Subject};
use tiresias_words::{MarkId, Mm};

/// Two reads, aligned.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// Why the two are discordant, by the rules of the protocol; none where they are not.
    pub reasons: Vec<String>,
    /// What each of them answers, in the order of the form; where neither does, there is no row.
    pub answers: Vec<AnswerRow>,
    /// Their marks: first those that are partners, then those of A alone, then those of B alone.
    pub marks: Vec<MarkRow>,
    /// That A, and that B, cannot evaluate the case or units of it, in a few words for where its marks are shown: that there are none means something else then.
    pub not_evaluable: [Option<String>; 2],
}

/// One question with both answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// The question, and about what.
    pub question: String,
    /// What A says; none where it says nothing.
    pub a: Option<String>,
    /// What B says.
    pub b: Option<String>,
    /// Whether the case is here for it: the two differ by a rule of the protocol, and are not merely not the same.
    pub is_discordant: bool,
}

/// A mark of A, of B, or of both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarkRow {
    /// The mark of A, with its rating.
    pub a: Option<(MarkId, Option<i32>)>,
    /// The mark of B.
    pub b: Option<(MarkId, Option<i32>)>,
    /// How far the two are apart.
    pub apart: Option<Mm>,
}

impl<'a> From<&'a Side> for Said<'a> {
    fn from(side: &'a Side) -> Self {
        Self { answers: &side.answers, not_evaluable: &side.not_evaluable, marks: &side.marks }
    }
}

/// Puts two reads side by side.
#[must_use]
pub fn beside(protocol: &Protocol, pair: &Pair) -> Beside {
    let (a, b): (Said<'_>, Said<'_>) = (pair.a().into(), pair.b().into());
    let form = protocol.form();
    let (answers_a, answers_b) = (form.counted(a.answers), form.counted(b.answers));
    let partners = protocol.adjudication().map_or_else(Vec::new, |rules| partners(rules, a, b));
    let reads = Reads { protocol, form, a, b, answers_a: &answers_a, answers_b: &answers_b, partners };
    let found = differences(protocol, a, b);
    Beside {
        answers: reads.evaluable_rows(&found).chain(reads.answer_rows(&found)).collect(),
        reasons: found.into_iter().map(|d| d.reason).collect(),
        marks: reads.mark_rows(),
        not_evaluable: [reads.not_evaluable(a), reads.not_evaluable(b)],
    }
}

fn is_in(found: &[Difference], about: &About) -> bool {
    found.iter().any(|difference| difference.about == *about)
}

impl Reads<'_> {
    /// What one of them says to be not evaluable.
    fn evaluable_rows(&self, found: &[Difference]) -> impl Iterator<Item = AnswerRow> {
        let units = self.form.units().iter().map(|u| Subject::Unit(u.key.clone()));
        std::iter::once(Subject::Case).chain(units).filter_map(move |subject| {
            let said = |read: Said<'_>| {
                let key = read.not_evaluable.get(&subject)?;
                let reasons = self.form.not_evaluable().map(|n| n.reasons.as_slice()).unwrap_or_default();
                Some(reasons.iter().find(|r| r.key == *key).map_or_else(|| key.clone(), |r| r.label.clone()))
            };
            let (a, b) = (said(self.a), said(self.b));
            let question = format!("Not evaluable{}", self.which(&subject));
            let is_discordant = is_in(found, &About::Evaluable(subject));
            (a.is_some() || b.is_some()).then_some(AnswerRow { question, a, b, is_discordant })
        })
    }

    /// What one of them cannot evaluate, in a few words.
    fn not_evaluable(&self, read: Said<'_>) -> Option<String> {
        if read.not_evaluable.contains_key(&Subject::Case) {
            return Some("not evaluable".to_owned());
        }
        let units = self.form.units();
        let said: Vec<&str> =
            units.iter().filter(|u| read.not_evaluable.contains_key(&Subject::Unit(u.key.clone()))).map(|u| u.label.as_str()).collect();
        match said.as_slice() {
            [] => None,
            [one] => Some(format!("{one} not evaluable")),
            more => Some(format!("{} of {} not evaluable", more.len(), units.len())),
        }
    }

    fn answer_rows(&self, found: &[Difference]) -> impl Iterator<Item = AnswerRow> {
        self.form.questions().iter().filter(|q| q.per != Per::Mark).flat_map(move |question| {
            let row = move |subject: Subject| {
                let of = |answers: &Answers| answers.get(&question.id, &subject).cloned();
                let (a, b) = (of(self.answers_a), of(self.answers_b));
                // In a table words stand by themselves, as on the buttons of the form.
                let said = |value: Option<&crate::protocol::AnswerValue>| value.map(|v| self.answer(question, Some(v), str::to_owned));
                let text = format!("{}{}", question.text, self.which(&subject));
                let is_discordant = is_in(found, &About::Answers(question.id.clone(), subject));
                let row = AnswerRow { question: text, a: said(a.as_ref()), b: said(b.as_ref()), is_discordant };
                (a.is_some() || b.is_some()).then_some(row)
            };
            self.form.subjects(question, std::iter::empty()).filter_map(row)
        })
    }

    fn mark_rows(&self) -> Vec<MarkRow> {
        let of = |read: Said<'_>, id: &MarkId| read.marks.get(id).map(|m| (*id, m.rating));
        let centre = |read: Said<'_>, id: &MarkId| read.marks.get(id).and_then(|m: &Mark| m.shape.centre());
        let both = self.partners.iter().map(|(a, b)| MarkRow {
            a: of(self.a, a),
            b: of(self.b, b),
            apart: centre(self.a, a).zip(centre(self.b, b)).map(|(p, q)| p.distance(q)),
        });
        let alone_a = self.a.marks.keys().filter(|m| !self.partners.iter().any(|(a, _)| a == *m));
        let alone_b = self.b.marks.keys().filter(|m| !self.partners.iter().any(|(_, b)| b == *m));
        let alone_a = alone_a.map(|m| MarkRow { a: of(self.a, m), b: None, apart: None });
        let alone_b = alone_b.map(|m| MarkRow { a: None, b: of(self.b, m), apart: None });
        both.chain(alone_a).chain(alone_b).collect()
    }
}
