//! Discordance: whether two locked reads of one case must be adjudicated, by the rules of the protocol, with each reason written out.
//!
//! Owns what each rule of `[[adjudication.discordance]]` means for two reads ([`differences`]), and which reads are compared ([`compared`]): the designated
//! pairs of readers, in the one condition of the protocol, first reads alone. Reads are A and B in all sentences, and who they are is in none.
//! An answer against no answer differs under every rule about its question; no answer against none does not. What one of the reads says to be not evaluable
//! has no answers to compare, and differs by the rule about that alone. Marks are partners by the matcher of the scoring, each of one other mark, so that two
//! marks of A at one of B leave one without a partner. Sentences name a mark as the images do: A1. Refuses: readers, accounts, truth.

mod beside;

pub use beside::{AnswerRow, Beside, MarkRow, beside};

use crate::machine::{Locked, Mark};
use crate::matching::{Candidate, Cost, matched};
use crate::protocol::{Adjudication, AnswerValue, Answers, Decimal, Discordance, Form, Per, Protocol, Question, Subject};
use crate::table::{ReadRow, ReadsTable};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tiresias_words::{ContentHash, MarkId, MarkShape, Mm, QuestionId, ReadId};

/// What one read says.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Its answers.
    pub answers: &'a Answers,
    /// What it says to be not evaluable, with the key of the reason.
    pub not_evaluable: &'a BTreeMap<Subject, String>,
    /// Its marks.
    pub marks: &'a BTreeMap<MarkId, Mark>,
}

impl<'a> From<&'a Locked> for Said<'a> {
    fn from(read: &'a Locked) -> Self {
        Self { answers: read.answers(), not_evaluable: read.not_evaluable(), marks: read.marks() }
    }
}

/// A difference that must be adjudicated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The rule, by its place in the protocol from 0.
    pub rule: usize,
    /// What it is about, for a screen to show.
    pub about: About,
    /// The reason, as a sentence.
    pub reason: String,
}

/// What a difference is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Answers about the case or one of its units.
    Answers(QuestionId, Subject),
    /// Answers about a mark of A and its partner of B.
    OfMarks(QuestionId, MarkId, MarkId),
    /// A mark of A that has no partner.
    MarkOfA(MarkId),
    /// A mark of B that has no partner.
    MarkOfB(MarkId),
    /// Whether the case or one of its units is evaluable.
    Evaluable(Subject),
}

/// Two reads of one case that were compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The case.
    pub package: ContentHash,
    /// The read that sentences call A: of the reader whose id comes first.
    pub a: ReadId,
    /// The other.
    pub b: ReadId,
    /// In the order of the rules; none where the two are concordant.
    pub differences: Vec<Difference>,
}

/// All pairs of reads that the protocol compares, by case; nothing where it has no adjudication. Cases of which a read of the pair is not locked yet are not
/// there.
#[must_use]
pub fn compared(protocol: &Protocol, table: &ReadsTable) -> Vec<Compared> {
    let Some(adjudication) = protocol.adjudication() else { return Vec::new() };
    let mut by_case: BTreeMap<ContentHash, Vec<&ReadRow>> = BTreeMap::new();
    for row in table.rows.iter().filter(|r| r.condition == adjudication.condition && r.read.read().repeat == 1) {
        by_case.entry(row.read.package()).or_default().push(row);
    }
    let mut found = Vec::new();
    for (package, mut rows) in by_case {
        rows.sort_by(|a, b| a.read.read().reader.cmp(&b.read.read().reader));
        for (at, a) in rows.iter().enumerate() {
            for b in rows.iter().skip(at + 1).filter(|b| is_designated(adjudication, a, b)) {
                let differences = differences(protocol, (&a.read).into(), (&b.read).into());
                found.push(Compared { package, a: a.read.read().clone(), b: b.read.read().clone(), differences });
            }
        }
    }
    found
}

fn is_designated(adjudication: &Adjudication, a: &ReadRow, b: &ReadRow) -> bool {
    let (a, b) = (&a.read.read().reader, &b.read.read().reader);
    adjudication.pairs.is_empty() || adjudication.pairs.iter().any(|(x, y)| (x, y) == (a, b) || (x, y) == (b, a))
}

/// How two reads differ by the rules of the protocol, in their order; nothing where it has no adjudication.
#[must_use]
pub fn differences(protocol: &Protocol, a: Said<'_>, b: Said<'_>) -> Vec<Difference> {
    let Some(adjudication) = protocol.adjudication() else { return Vec::new() };
    let form = protocol.form();
    // Answers to questions that are not asked any more count for nothing.
    let (answers_a, answers_b) = (form.counted(a.answers), form.counted(b.answers));
    let reads = Reads { protocol, form, a, b, answers_a: &answers_a, answers_b: &answers_b, partners: partners(adjudication, a, b) };
    let mut found = Vec::new();
    for (rule, discordance) in adjudication.discordances.iter().enumerate() {
        let new = match discordance {
            Discordance::Category(question) => reads.answers(question, |a, b| reads.category(question, a, b)),
            Discordance::Difference { question, more_than } => {
                reads.answers(question, |a, b| reads.apart(question, i64::from(*more_than), a, b))
            }
            Discordance::Threshold { question, at } => reads.answers(question, |a, b| reads.sides(question, i64::from(*at), a, b)),
            Discordance::Marks(within) => reads.marks(*within),
            Discordance::Evaluable => reads.evaluable(),
        };
        found.extend(new.into_iter().map(|(about, reason)| Difference { rule, about, reason }));
    }
    found
}

/// Marks of A with their partners of B, by the rule about marks; none where there is no such rule.
fn partners(adjudication: &Adjudication, a: Said<'_>, b: Said<'_>) -> Vec<(MarkId, MarkId)> {
    let within = adjudication.discordances.iter().find_map(|d| if let Discordance::Marks(mm) = d { Some(*mm) } else { None });
    let Some(within) = within else { return Vec::new() };
    let [of_a, of_b] = [a, b].map(|read| read.marks.iter().collect::<Vec<_>>());
    let mut candidates = Vec::new();
    for (mark, (_, one)) in of_a.iter().enumerate() {
        for (lesion, (_, other)) in of_b.iter().enumerate() {
            let distance = one.shape.centre().zip(other.shape.centre()).map(|(p, q)| p.distance(q));
            candidates.extend(distance.filter(|d| d.0 <= within.0).map(|d| Candidate { mark, lesion, cost: Cost::of_distance(d) }));
        }
    }
    let pairs = matched(of_b.len(), &candidates).into_iter().zip(&of_b);
    let mut pairs: Vec<_> = pairs.filter_map(|(mark, (b, _))| of_a.get(mark?).map(|(a, _)| (**a, **b))).collect();
    pairs.sort_unstable();
    pairs
}

struct Reads<'a> {
    protocol: &'a Protocol,
    form: &'a Form,
    a: Said<'a>,
    b: Said<'a>,
    answers_a: &'a Answers,
    answers_b: &'a Answers,
    partners: Vec<(MarkId, MarkId)>,
}

type Answer<'a> = Option<&'a AnswerValue>;

impl Reads<'_> {
    /// Each pair of answers to a question that `differ` finds different.
    fn answers(&self, id: &QuestionId, differ: impl Fn(Answer<'_>, Answer<'_>) -> Option<String>) -> Vec<(About, String)> {
        let Some(question) = self.form.question(id) else { return Vec::new() };
        let mut pairs = Vec::new();
        if question.per == Per::Mark {
            for (a, b) in &self.partners {
                let about = About::OfMarks(id.clone(), *a, *b);
                pairs.push((about, format!(", {} A{} and B{}", self.mark_word(), a.0, b.0), Subject::Mark(*a), Subject::Mark(*b)));
            }
        } else {
            for subject in self.form.subjects(question, std::iter::empty()).filter(|s| self.is_evaluable(s)) {
                let which = self.which(&subject);
                pairs.push((About::Answers(id.clone(), subject.clone()), which, subject.clone(), subject));
            }
        }
        let mut found = Vec::new();
        for (about, which, of_a, of_b) in pairs {
            let (a, b) = (self.answers_a.get(id, &of_a), self.answers_b.get(id, &of_b));
            let how = match (a, b) {
                (None, None) => None,
                (Some(_), Some(_)) => differ(a, b),
                _ => Some(format!("A says {}, B says {}", self.said(question, a), self.said(question, b))),
            };
            found.extend(how.map(|how| (about, format!("\u{201c}{}\u{201d}{which}: {how}.", question.text))));
        }
        found
    }

    fn category(&self, id: &QuestionId, a: Answer<'_>, b: Answer<'_>) -> Option<String> {
        let question = self.form.question(id)?;
        (a != b).then(|| format!("A says {}, B says {}", self.said(question, a), self.said(question, b)))
    }
    fn numbers(&self, id: &QuestionId, a: Answer<'_>, b: Answer<'_>) -> Option<(i64, i64)> {
        Some((self.form.thousandths(id, a?)?, self.form.thousandths(id, b?)?))
    }
    fn apart(&self, id: &QuestionId, more_than: i64, a: Answer<'_>, b: Answer<'_>) -> Option<String> {
        let (x, y) = self.numbers(id, a, b)?;
        let (question, apart) = (self.form.question(id)?, (x - y).abs());
        (apart > more_than * 1000).then(|| {
            let (a, b, apart) = (self.said(question, a), self.said(question, b), Decimal::of_thousandths(apart));
            format!("A says {a}, B says {b}, which is {apart} apart and more than {more_than}")
        })
    }
    fn sides(&self, id: &QuestionId, at: i64, a: Answer<'_>, b: Answer<'_>) -> Option<String> {
        let (x, y) = self.numbers(id, a, b)?;
        let question = self.form.question(id)?;
        let is_high = |value: i64| value >= at * 1000;
        (is_high(x) != is_high(y)).then(|| {
            let (a, b) = (self.said(question, a), self.said(question, b));
            let (high, low) = if is_high(x) { ("A", "B") } else { ("B", "A") };
            format!("A says {a}, B says {b}, so {high} is at {at} or above and {low} is below")
        })
    }

    fn marks(&self, within: Mm) -> Vec<(About, String)> {
        // A case that one of them cannot evaluate has no marks that could be missed.
        if !self.is_evaluable(&Subject::Case) {
            return Vec::new();
        }
        let (a, b) = (self.a.marks, self.b.marks);
        let turned: Vec<_> = self.partners.iter().map(|(of_a, of_b)| (*of_b, *of_a)).collect();
        let of_a = self.alone(["A", "B"], [a, b], &self.partners, within).into_iter().map(|(mark, why)| (About::MarkOfA(mark), why));
        let of_b = self.alone(["B", "A"], [b, a], &turned, within).into_iter().map(|(mark, why)| (About::MarkOfB(mark), why));
        of_a.chain(of_b).collect()
    }

    /// The marks of one read that have no partner in the other, each with why, as a sentence that begins with its name on the images. `partners` are pairs of
    /// one's own and the other's.
    fn alone(
        &self,
        [own, other]: [&str; 2],
        [marks, others]: [&BTreeMap<MarkId, Mark>; 2],
        partners: &[(MarkId, MarkId)],
        within: Mm,
    ) -> Vec<(MarkId, String)> {
        // How far apart two marks on one image without a place in the patient are, nothing here says: its pixels have no size.
        let image = |m: &Mark| matches!(m.shape, MarkShape::OnImage(_)).then(|| (m.anchor.image.clone(), m.anchor.frame));
        let why = |mark: &Mark| {
            let on = image(mark);
            if on.is_some() {
                let is_beside = others.values().any(|m| image(m) == on);
                return if is_beside {
                    format!(" is on an image without a place in the patient, so that it cannot be compared with those of {other} there.")
                } else {
                    format!(": {other} marked nothing on the same image.")
                };
            }
            let distance = |m: &Mark| mark.shape.centre().zip(m.shape.centre()).map(|(p, q)| p.distance(q).0).filter(|d| *d <= within.0);
            let near = others.iter().filter_map(|(id, m)| Some((*id, distance(m)?))).min_by(|(_, p), (_, q)| p.total_cmp(q));
            // There are as many partners as can be, so that what is near and no partner of this mark is that of another.
            match near.and_then(|(near, _)| partners.iter().find(|(_, theirs)| *theirs == near)) {
                Some((by, near)) => format!(": {other}{} lies within {} mm, but goes with {own}{}.", near.0, within.0, by.0),
                None => format!(": {other} marked nothing within {} mm.", within.0),
            }
        };
        let alone = marks.iter().filter(|(id, _)| !partners.iter().any(|(mine, _)| mine == *id));
        alone.map(|(id, mark)| (*id, format!("{} {own}{}{}", self.mark_word(), id.0, why(mark)))).collect()
    }

    fn evaluable(&self) -> Vec<(About, String)> {
        let units = self.form.units().iter().map(|u| Subject::Unit(u.key.clone()));
        let mut found = Vec::new();
        for subject in std::iter::once(Subject::Case).chain(units) {
            let (a, b) = (self.reason(self.a, &subject), self.reason(self.b, &subject));
            let (own, other, reason) = match (a, b) {
                (Some(reason), None) => ("A", "B", reason),
                (None, Some(reason)) => ("B", "A", reason),
                _ => continue,
            };
            let which = match &subject {
                Subject::Case => "The case".to_owned(),
                other => self.which(other).trim_start_matches(", ").to_owned(),
            };
            found.push((About::Evaluable(subject), format!("{which} is not evaluable for {own} ({reason}), and is for {other}.")));
        }
        found
    }

    /// Why a read says that something is not evaluable; what holds for the case holds for its units, and is told of the case.
    fn reason(&self, read: Said<'_>, subject: &Subject) -> Option<String> {
        let both_of_case = [self.a, self.b].iter().any(|r| r.not_evaluable.contains_key(&Subject::Case));
        if *subject != Subject::Case && both_of_case {
            return None;
        }
        let key = read.not_evaluable.get(subject)?;
        let reasons = self.form.not_evaluable().map(|n| n.reasons.as_slice()).unwrap_or_default();
        Some(reasons.iter().find(|r| r.key == *key).map_or_else(|| key.clone(), |r| r.label.clone()))
    }
    fn is_evaluable(&self, subject: &Subject) -> bool {
        let says_not = |read: Said<'_>| [&Subject::Case, subject].iter().any(|s| read.not_evaluable.contains_key(s));
        !says_not(self.a) && !says_not(self.b)
    }
    fn which(&self, subject: &Subject) -> String {
        match subject {
            Subject::Unit(key) => {
                let unit = self.form.units().iter().find(|u| u.key == *key);
                format!(", {}", unit.map_or(key, |u| &u.label))
            }
            Subject::Case | Subject::Mark(_) => String::new(),
        }
    }
    fn mark_word(&self) -> &str {
        self.protocol.marks().map_or("Mark", |m| m.label.as_str())
    }
    /// An answer in a sentence: words of the form and of readers are quoted.
    fn said(&self, question: &Question, value: Answer<'_>) -> String {
        self.answer(question, value, |words| format!("\u{201c}{words}\u{201d}"))
    }
    /// An answer as its reader saw it.
    fn answer(&self, question: &Question, value: Answer<'_>, quoted: impl Fn(&str) -> String) -> String {
        let label = |key: &String| {
            let option = question.kind.options().iter().find(|o| o.key == *key);
            quoted(option.map_or(key, |o| &o.label))
        };
        match value {
            None => "nothing".to_owned(),
            Some(AnswerValue::Scale(n)) => n.to_string(),
            Some(AnswerValue::Number(n)) => n.to_string(),
            Some(AnswerValue::Text(text)) => quoted(text),
            Some(AnswerValue::Choice(key)) => label(key),
            Some(AnswerValue::Choices(keys)) if keys.is_empty() => "none of them".to_owned(),
            Some(AnswerValue::Choices(keys)) => {
                let mut all = String::new();
                for (at, key) in keys.iter().enumerate() {
                    let _ = write!(all, "{}{}", if at > 0 { " and " } else { "" }, label(key));
                }
                all
            }
        }
    }
}
