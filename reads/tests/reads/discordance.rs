//! Discordance by example: when two reads must be adjudicated and with which reasons, from a table that is the specification.

use crate::simulated::{question, somewhere};
use serde::Deserialize;
use std::collections::BTreeMap;
use tiresias_reads::discordance::{About, Beside, Said, beside, differences};
use tiresias_reads::machine::Mark;
use tiresias_reads::pair::{Pair, Side};
use tiresias_reads::protocol::{AnswerValue, Answers, Protocol, QuestionKind, Subject};
use tiresias_words::{ContentHash, ImagePoint, MarkId, MarkShape, Outline};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    protocol: BTreeMap<String, String>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default = "froc")]
    protocol: String,
    rules: Vec<toml::Table>,
    a: ReadDraft,
    b: ReadDraft,
    expected: Vec<String>,
}

fn froc() -> String {
    "froc".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadDraft {
    #[serde(default)]
    answers: BTreeMap<String, toml::Value>,
    #[serde(default)]
    marks: Vec<[f64; 3]>,
    #[serde(default)]
    unplaced: u32,
    #[serde(default)]
    not_evaluable: BTreeMap<String, String>,
}

/// What a read of the table says, in the program's types.
struct Read {
    answers: Answers,
    marks: BTreeMap<MarkId, Mark>,
    not_evaluable: BTreeMap<Subject, String>,
}

impl Read {
    fn of(draft: &ReadDraft, protocol: &Protocol) -> Self {
        let subject = |word: &str| match word.parse() {
            Ok(mark) => Subject::Mark(MarkId(mark)),
            Err(_) if word == "case" => Subject::Case,
            Err(_) => Subject::Unit(word.to_owned()),
        };
        let answer = |(key, value): (&String, &toml::Value)| {
            let (id, about) = key.split_once('.').unwrap_or((key, "case"));
            let id = question(id);
            let asked = protocol.form().question(&id).expect("a question of the protocol");
            let words = |list: &[toml::Value]| list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
            let value = match (value, &asked.kind) {
                (toml::Value::Integer(n), _) => AnswerValue::Scale(i32::try_from(*n).expect("a place on a scale")),
                (toml::Value::Array(list), _) => AnswerValue::Choices(words(list)),
                (toml::Value::String(text), QuestionKind::Number(_)) => AnswerValue::Number(text[1..].parse().expect("a number")),
                (toml::Value::String(text), _) => AnswerValue::Choice(text.clone()),
                other => panic!("{key}: {other:?}"),
            };
            assert_eq!(asked.fits(&value), Ok(()), "{key}");
            (id, subject(about), value)
        };
        let mark = |shape| Mark { shape, anchor: somewhere(0.0, 0.0, 0.0).1, rating: Some(3), class: None };
        let shapes = draft.marks.iter().map(|[x, y, z]| somewhere(*x, *y, *z).0);
        let shapes = shapes.chain((0..draft.unplaced).map(|_| MarkShape::OnImage(Outline::Point(ImagePoint { column: 0.0, row: 0.0 }))));
        Self {
            answers: draft.answers.iter().map(answer).collect(),
            marks: (1..).map(MarkId).zip(shapes.map(mark)).collect(),
            not_evaluable: draft.not_evaluable.iter().map(|(about, reason)| (subject(about), reason.clone())).collect(),
        }
    }
    fn said(&self) -> Said<'_> {
        Said { answers: &self.answers, not_evaluable: &self.not_evaluable, marks: &self.marks }
    }
}

/// The protocol of a case: its base with the rules.
fn protocol(table: &Table, case: &Case) -> Protocol {
    let mut adjudication = toml::Table::new();
    adjudication.insert("condition".into(), "unaided".into());
    adjudication.insert("discordance".into(), case.rules.iter().cloned().map(toml::Value::Table).collect::<Vec<_>>().into());
    let mut rules = toml::Table::new();
    rules.insert("adjudication".into(), adjudication.into());
    let text = format!("{}\n{}", table.protocol[&case.protocol], toml::to_string(&rules).expect("rules as text"));
    Protocol::parse(&text).unwrap_or_else(|e| panic!("{}: {e}\n{text}", case.name))
}

fn table() -> Table {
    toml::from_str(include_str!("../discordance.toml")).expect("a table of cases")
}

#[test]
fn every_case_is_met() {
    let table = table();
    assert!(table.case.len() >= 40, "{} cases", table.case.len());
    for case in &table.case {
        let protocol = protocol(&table, case);
        let (a, b) = (Read::of(&case.a, &protocol), Read::of(&case.b, &protocol));
        let found: Vec<String> = differences(&protocol, a.said(), b.said()).into_iter().map(|d| d.reason).collect();
        assert_eq!(found, case.expected, "{}", case.name);
        // From the other side the same differences are found.
        let turned = differences(&protocol, b.said(), a.said());
        assert_eq!(turned.len(), found.len(), "{}, the other way around", case.name);
    }
}

#[test]
fn a_difference_names_its_rule_and_what_it_is_about() {
    let table = table();
    let case = table.case.iter().find(|c| c.name == "reasons come in the order of the rules").expect("there");
    let protocol = protocol(&table, case);
    let (a, b) = (Read::of(&case.a, &protocol), Read::of(&case.b, &protocol));
    let found: Vec<_> = differences(&protocol, a.said(), b.said()).into_iter().map(|d| (d.rule, d.about)).collect();
    let score = || About::Answers(question("score"), Subject::Case);
    assert_eq!(found, [(0, About::MarkOfA(MarkId(1))), (1, score()), (2, score())]);
}

/// The two reads of a case side by side.
fn beside_of(table: &Table, case: &Case) -> Beside {
    let protocol = protocol(table, case);
    let side = |draft: &ReadDraft| {
        let Read { answers, marks, not_evaluable } = Read::of(draft, &protocol);
        Side { answers, not_evaluable, marks }
    };
    beside(&protocol, &Pair::new(side(&case.a), side(&case.b), ContentHash([0; 32])))
}

#[test]
fn answers_stand_out_that_the_protocol_calls_discordant_and_no_others() {
    let table = table();
    let expected: [(&str, &[(&str, bool)]); 5] = [
        ("another option", &[("Grade", true)]),
        ("both below, however far apart", &[("How likely?", false)]),
        ("one side differs", &[("How likely?, Right", true), ("How likely?, Left", false)]),
        ("not evaluable against evaluable", &[("Not evaluable", true), ("How likely?", false)]),
        ("without the rule nothing is said about it", &[("Not evaluable", false), ("How likely?", false)]),
    ];
    for (name, expected) in expected {
        let case = table.case.iter().find(|c| c.name == name).expect("there");
        let found = beside_of(&table, case).answers;
        let found: Vec<_> = found.iter().map(|row| (row.question.as_str(), row.is_discordant)).collect();
        assert_eq!(found, expected, "{name}");
    }
}

/// In sentences they are quoted; in the table curly quotes were left around them, and the buttons of the form have none.
#[test]
fn answers_stand_beside_each_other_as_on_the_buttons_of_the_form() {
    let table = table();
    let case = table.case.iter().find(|c| c.name == "another option").expect("there");
    let rows = beside_of(&table, case).answers;
    let found: Vec<_> = rows.iter().map(|row| [row.a.as_deref(), row.b.as_deref()]).collect();
    assert_eq!(found, [[Some("benign"), Some("malignant")]]);
}

#[test]
fn that_a_read_could_not_evaluate_is_told_where_its_marks_are_shown() {
    let table = table();
    let expected = [
        ("the same option", [None, None]),
        ("not evaluable against evaluable", [Some("not evaluable"), None]),
        ("evaluable against not evaluable", [None, Some("not evaluable")]),
        ("not evaluable for both, whatever the reasons", [Some("not evaluable"), Some("not evaluable")]),
        ("a side that one cannot evaluate", [Some("Left not evaluable"), None]),
    ];
    for (name, expected) in expected {
        let case = table.case.iter().find(|c| c.name == name).expect("there");
        let found = beside_of(&table, case);
        assert_eq!(found.not_evaluable.each_ref().map(Option::as_deref), expected, "{name}");
    }
    let not_evaluable = ["L", "R"].map(|side| (Subject::Unit(side.to_owned()), "absent".to_owned())).into();
    let a = Side { not_evaluable, ..Side::default() };
    let case = table.case.iter().find(|c| c.name == "a side that one cannot evaluate").expect("there");
    let found = beside(&protocol(&table, case), &Pair::new(a, Side::default(), ContentHash([0; 32])));
    assert_eq!(found.not_evaluable, [Some("2 of 2 not evaluable".to_owned()), None]);
}
