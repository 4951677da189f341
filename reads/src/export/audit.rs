//! The audit trail: every row of the record in a plain sentence, as CSV, as a page that anybody can read, and counted for the score sheet.
//!
//! The page is one file without scripts or references to elsewhere. What was looked at is counted and not told glimpse by glimpse; the CSV has the whole row.

use super::About;
use super::files::{Meaning, OutFile};
use super::table::{csv_of, utc};
use crate::accounts::{Thing, Unlocked, may_see};
use crate::closing::ClosingError;
use crate::formats::workbook::Value;
use crate::gathered::{Gathered, Told};
use crate::machine::{AnswerValue, Choice, Environment, Event, Fact, Pattern, Selftest, Subject, Verdict};
use crate::report::escaped;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tiresias_words::Condition;

const HEADER: [&str; 9] = ["results", "record", "time_utc", "reader", "session", "package", "event", "what", "body"];

/// A row of the audit trail, for somebody who looks at it on a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// When, in UTC.
    pub utc: String,
    /// Whose.
    pub reader: String,
    /// In which of their sessions, from 1.
    pub session: u32,
    /// Number of the row in its record.
    pub row: u64,
    /// What happened, as a sentence.
    pub what: String,
}

/// Every row of what was brought together, in plain sentences, for whoever may see it.
///
/// # Errors
/// [`ClosingError`] when the account may not.
pub fn audit_lines(gathered: &Gathered, keys: &Unlocked) -> Result<Vec<AuditLine>, ClosingError> {
    if !may_see(keys.kind(), Thing::AuditTrail, false) {
        return Err(ClosingError::NotForKind { id: keys.id().clone(), kind: keys.kind() });
    }
    let conditions = gathered.protocol().conditions();
    let label = |id: &Condition| conditions.iter().find(|c| c.id == *id).map_or_else(|| id.to_string(), |c| c.label.clone());
    let line = |told: &Told| {
        let event = &told.recorded.event;
        let (kind, _) = event.written().unwrap_or_default();
        AuditLine {
            utc: utc(event.at().utc_ms),
            reader: event.reader().to_string(),
            session: event.session(),
            row: told.recorded.seq,
            what: sentence(event, &kind, &label),
        }
    };
    Ok(gathered.trail().iter().map(line).collect())
}

/// The record, told.
pub(super) struct Audit {
    /// The time of each row with its cells.
    rows: Vec<(i64, Vec<String>)>,
}

impl Audit {
    /// Tells every row of the record, or of the records that came together.
    pub(super) fn of(trail: &[Told]) -> Self {
        let row = |told: &Told| {
            let event = &told.recorded.event;
            // What was read from a record can be written again.
            let (kind, body) = event.written().unwrap_or_default();
            let cells = vec![
                told.file.map_or_else(String::new, |file| file.to_string()),
                told.recorded.seq.to_string(),
                utc(event.at().utc_ms),
                event.reader().to_string(),
                event.session().to_string(),
                event.package().map_or_else(String::new, |p| p.to_string()),
                kind.clone(),
                // In a file that others read a condition has the name that the protocol and all other files give it.
                sentence(event, &kind, &Condition::to_string),
                if body == "null" { String::new() } else { body },
            ];
            (event.at().utc_ms, cells)
        };
        Self { rows: trail.iter().map(row).collect() }
    }

    /// How many rows of each kind each reader has, and when the first and the last of them were.
    pub(super) fn summary(&self) -> Vec<Vec<Value>> {
        let mut counted: BTreeMap<(&str, &str), (u32, i64, i64)> = BTreeMap::new();
        for (at, row) in &self.rows {
            let [_, _, _, reader, _, _, kind, ..] = row.as_slice() else { continue };
            let entry = counted.entry((reader.as_str(), kind.as_str())).or_insert((0, *at, *at));
            *entry = (entry.0 + 1, entry.1.min(*at), entry.2.max(*at));
        }
        let mut rows = vec![["reader", "event", "rows", "first_utc", "last_utc"].map(Value::text).to_vec()];
        for ((reader, kind), (count, first, last)) in counted {
            rows.push(vec![
                Value::text(reader),
                Value::text(kind),
                Value::Number(f64::from(count)),
                Value::text(utc(first)),
                Value::text(utc(last)),
            ]);
        }
        rows
    }

    /// The two files.
    pub(super) fn files(&self, about: &About<'_>) -> Vec<OutFile> {
        let name = about.name();
        let mut cells = vec![HEADER.map(str::to_owned).to_vec()];
        cells.extend(self.rows.iter().map(|(_, row)| row.clone()));
        let csv = csv_of(&cells).into_bytes();
        let page = self.page(about).into_bytes();
        vec![
            OutFile { name: format!("{name}.audit.csv"), bytes: csv, means: Meaning::Cells(cells) },
            OutFile { name: format!("{name}.audit.html"), means: Meaning::Exact(page.clone()), bytes: page },
        ]
    }

    fn page(&self, about: &About<'_>) -> String {
        let mut page = String::from(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Audit trail</title>\n<style>\n\
             body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1a1d21; }\n\
             h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }\n\
             dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dt { color: #5a626a; } dd { margin: 0; }\n\
             table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; }\n\
             th { border-bottom: 1px solid #b8bec4; position: sticky; top: 0; background: #fff; } td { border-bottom: 1px solid #e6e8ea; }\n\
             td:first-child, td:nth-child(2) { font-variant-numeric: tabular-nums; white-space: nowrap; }\n</style></head><body>\n",
        );
        let _ = writeln!(page, "<h1>Audit trail of the study {}</h1>\n<dl>", escaped(about.study));
        for (name, value) in about.lines() {
            let _ = writeln!(page, "<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(&value));
        }
        page.push_str("</dl>\n");
        let mut session: Option<[&str; 3]> = None;
        for (_, row) in &self.rows {
            let [file, seq, time, reader, number, _, _, what, _] = row.as_slice() else { continue };
            if session != Some([file.as_str(), reader, number]) {
                if session.is_some() {
                    page.push_str("</tbody></table>\n");
                }
                session = Some([file, reader, number]);
                let _ = writeln!(page, "<h2>Reader {}, session {}</h2>", escaped(reader), escaped(number));
                page.push_str("<table><thead><tr><th>Row</th><th>Time (UTC)</th><th>What happened</th></tr></thead><tbody>\n");
            }
            let _ = writeln!(page, "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", escaped(seq), escaped(time), escaped(what));
        }
        if session.is_some() {
            page.push_str("</tbody></table>\n");
        }
        page.push_str("</body></html>\n");
        page
    }
}

fn about(subject: &Subject) -> String {
    match subject {
        Subject::Case => "the case".to_owned(),
        Subject::Unit(key) => format!("\"{key}\""),
        Subject::Mark(mark) => format!("mark {}", mark.0),
    }
}

fn said(value: &AnswerValue) -> String {
    match value {
        AnswerValue::Scale(n) => n.to_string(),
        AnswerValue::Choice(key) => format!("\"{key}\""),
        AnswerValue::Choices(keys) if keys.is_empty() => "none of the options".to_owned(),
        AnswerValue::Choices(keys) => keys.iter().map(|k| format!("\"{k}\"")).collect::<Vec<_>>().join(", "),
        AnswerValue::Number(n) => n.to_string(),
        AnswerValue::Text(text) => format!("\"{text}\""),
    }
}

/// That a session began, and on what.
fn began(on: &Environment) -> String {
    let [w, h] = on.screen.unwrap_or(on.surface);
    let mut told = format!("A session began: build {}, graphics adapter \"{}\", {w} x {h} pixels", on.build, on.adapter);
    told.push_str(match on.selftest {
        Some(Selftest::Passed) => ", which draws what it should",
        Some(Selftest::NotSampled | Selftest::NotPresented) => ", which does not draw what it should",
        None => "",
    });
    if let Some(pattern) = on.pattern {
        let Pattern { dark, bright, lines, ramp } = pattern;
        let say = |seen| if seen { "seen" } else { "not seen" };
        let (dark, bright, lines, ramp) = (say(dark), say(bright), say(lines), say(ramp));
        told.push_str(&format!(
            "; of the test pattern the dark patch was {dark}, the bright patch {bright}, the lines {lines}, the ramp {ramp}"
        ));
    }
    told + "."
}

/// One event, as somebody tells it who was there, with `condition` for what a condition is called. A kind that has no sentence here is told by its name.
fn sentence(event: &Event, kind: &str, condition: &dyn Fn(&Condition) -> String) -> String {
    match event.fact() {
        Fact::Enrolled { reads, .. } => format!("{} reads were taken over from the bundle.", reads.len()),
        Fact::SessionStarted(on) => began(on),
        Fact::SessionCutOff => "The session before had not been ended: the program was cut off.".to_owned(),
        Fact::SessionEnded => "The session ended.".to_owned(),
        Fact::CaseWithdrawn(word) => format!("A case that \"{}\" withdrew was taken off the list.", word.signature.signer),
        Fact::CaseOpened { read } => format!("Case {} was opened in condition \"{}\".", read.case, condition(&read.condition)),
        Fact::ImagesShown => "All its images were in sight.".to_owned(),
        Fact::MarkPlaced { mark, .. } => format!("Mark {} was placed.", mark.0),
        Fact::MarkMoved { mark, .. } => format!("Mark {} was changed.", mark.0),
        Fact::MarkRated { mark, rating } => format!("Mark {} was rated {rating}.", mark.0),
        Fact::MarkDeleted { mark } => format!("Mark {} was deleted.", mark.0),
        Fact::MarkClassified { mark, class } => format!("Mark {} was said to be \"{class}\".", mark.0),
        Fact::Answered { question, subject, value } => format!("\"{question}\" about {} was answered: {}.", about(subject), said(value)),
        Fact::AnswerCleared { question, subject } => format!("The answer to \"{question}\" about {} was taken back.", about(subject)),
        Fact::NotEvaluable { subject, reason } => format!("{} was said to be not evaluable: \"{reason}\".", about(subject)),
        Fact::Evaluable { subject } => format!("{} was said to be evaluable after all.", about(subject)),
        Fact::Viewed { glimpses } => format!("The view was changed {} times.", glimpses.len()),
        Fact::ImpressionLocked { read, .. } => format!("What was thought of case {} at first was locked.", read.case),
        Fact::AiRevealed { read } => format!("What the AI says of case {} was shown from here on.", read.case),
        Fact::FindingsShown { findings } => format!("Findings of the AI were on the screen: {findings}."),
        Fact::FindingJudged { finding, verdict } => {
            format!("The reader {} finding {finding} of the AI.", if *verdict == Verdict::Agree { "agreed with" } else { "rejected" })
        }
        Fact::PairRevealed { read } => format!("The two reads of case {} were shown from here on.", read.case),
        Fact::PairShown(_) => "Both were on the screen.".to_owned(),
        Fact::Settled { choice: Choice::A } => "Read A was accepted.".to_owned(),
        Fact::Settled { choice: Choice::B } => "Read B was accepted.".to_owned(),
        Fact::Settled { choice: Choice::Own } => "A read of the adjudicator's own was chosen.".to_owned(),
        Fact::ReasonGiven { reason } => format!("The reason: {reason}."),
        Fact::ReadLocked { read, .. } => format!("The read of case {} was locked.", read.case),
        Fact::AmendmentOpened { read, reason } => format!("The locked read of case {} was opened again: {reason}.", read.case),
        Fact::Paused => "The reader left the screen.".to_owned(),
        Fact::TrainingPassed => "The training was passed.".to_owned(),
        Fact::CaseClosed => "The case was left; its draft is kept.".to_owned(),
        _ => format!("{}.", kind.split('/').next().unwrap_or(kind).replace('-', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_words::{Moment, ReaderId};

    #[test]
    fn what_happened_is_told_with_who_did_it_and_with_the_name_that_is_asked_for() {
        let opened = r#"{"read": {"reader": "r1", "case": "7K-Q", "condition": "aided", "repeat": 1}}"#;
        let label = |_: &Condition| "With AI".to_owned();
        let check = |kind: &str, body: &str, condition: &dyn Fn(&Condition) -> String, says: &str| {
            let at = Moment { utc_ms: 0, monotonic_ms: 0, boot: "x".into() };
            let event = Event::read_back(ReaderId::new("r1").unwrap(), 1, at, None, kind, body).unwrap();
            assert_eq!(sentence(&event, kind, condition), says);
        };
        for (verdict, says) in [("agree", "agreed with"), ("reject", "rejected")] {
            let body = format!(r#"{{"finding": 1, "verdict": "{verdict}"}}"#);
            check("finding-judged/1", &body, &label, &format!("The reader {says} finding a of the AI."));
        }
        check("case-opened/1", opened, &label, "Case 7K-Q was opened in condition \"With AI\".");
        check("case-opened/1", opened, &Condition::to_string, "Case 7K-Q was opened in condition \"aided\".");
    }
}
