//! Scoring of simulated studies: every cell against what the simulation knows, other rules, and every way in which truth and study do not fit.

use crate::simulated::{BUILD, PROTOCOL, Reading, answer, choose, package, place, question, rate, reader, start};
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;
use tiresias_reads::bundle::{Account, CaseToRead, Plan, TrainingCase, assign};
use tiresias_reads::machine::{Action, AnswerValue, Subject};
use tiresias_reads::matching::{Acceptance, MarkFate, Radius};
use tiresias_reads::protocol::{NotEvaluableCounts, Protocol, template};
use tiresias_reads::record::Record;
use tiresias_reads::scoring::{
    Cell, Holding, LocatedRating, MaskMeasure, Reads, ScoredTable, Scores, ScoringError, UnitRating, View, ViewError, score,
};
use tiresias_reads::study::Study;
use tiresias_reads::table::{ReadsTable, reads_table};
use tiresias_reads::truth::Truth;
use tiresias_words::{MarkId, Mm};

/// A study with a record, and who reads in it.
struct Made {
    study: Study,
    record: Record,
    reading: BTreeMap<String, Reading>,
    _dir: TempDir,
}

impl Made {
    fn new(text: &str, readers: &[&str], cases: u8) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let protocol = Protocol::parse(text).unwrap_or_else(|e| panic!("{e}"));
        let accounts: Vec<_> = readers.iter().map(|r| Account { reader: reader(r), display_name: format!("Reader {r}") }).collect();
        let mut listed: Vec<_> = (1..=cases).map(|c| CaseToRead { package: package(c), facts: vec![], training: None }).collect();
        if protocol.training().is_some() {
            let training = Some(TrainingCase { signal: true });
            listed.push(CaseToRead { package: package(101), facts: vec![], training });
        }
        let plan = Plan { protocol: &protocol, readers: &accounts, cases: &listed, matrix: None, seed: 3, issued_utc_ms: 0 };
        let study = Study::create(&dir.path().join("study"), text, &assign(&plan).unwrap()).unwrap();
        let record = study.open_record(BUILD).unwrap();
        let reading = readers.iter().map(|r| ((*r).to_owned(), Reading::new(study.rules(&reader(r)).unwrap()))).collect();
        let mut made = Self { study, record, reading, _dir: dir };
        for name in readers {
            made.act(name, start());
        }
        made
    }
    fn act(&mut self, name: &str, action: Action) {
        let reading = self.reading.get_mut(name).unwrap();
        let now = self.record.head().seq;
        // One clock for the one record.
        reading.now.monotonic_ms = 5_000 + now * 1_000;
        reading.now.utc_ms = 1_700_000_000_000 + i64::try_from(now).unwrap() * 1_000;
        self.record.append(&reading.must(action)).unwrap();
    }
    /// Which case comes next for a reader, and in which condition.
    fn next(&self, name: &str) -> Option<(u8, String)> {
        let next = self.reading[name].state.next()?;
        let case = (0..=200).find(|c| package(*c) == next.package).unwrap();
        Some((case, next.read.condition.to_string()))
    }
    fn open(&mut self, name: &str) {
        let read = self.reading[name].next_read();
        self.act(name, Action::OpenCase(read));
        self.act(name, Action::ImagesShown);
    }
    fn table(&self) -> ReadsTable {
        reads_table(&self.record, self.study.protocol()).unwrap()
    }
    fn score(&self, truth: &Truth, holding: &Holding) -> Result<ScoredTable, ScoringError> {
        let table = self.table();
        score(
            Reads { protocol: self.study.protocol(), bundles: self.study.bundles(), table: &table, withdrawn: &BTreeSet::new() },
            truth,
            holding,
        )
    }
}

/// Marks on one line at so many millimetres, each with its rating.
fn mark(made: &mut Made, name: &str, number: u32, x: f64, rating: i32) {
    made.act(name, place(x, 0.0, 0.0));
    made.act(name, rate(number, rating));
}

fn truth(rows: &str) -> Truth {
    let mut text =
        "# tiresias_truth: 1\n# version: 2\n# source: phantom\ncase,package,truth,lesion,ignore,x_mm,y_mm,z_mm,radius_mm,weight\n"
            .to_owned();
    for line in rows.lines() {
        let cells: Vec<&str> = line.trim().split(' ').collect();
        let row = match cells.as_slice() {
            ["case", case, n, signal] => format!("{case},{},{signal},,,,,,,", package(n.parse().unwrap())),
            ["lesion", case, name, x, radius] => format!("{case},,,{name},,{x},0,0,{radius},"),
            ["ignore", case, name, x, radius] => format!("{case},,,,{name},{x},0,0,{radius},"),
            ["mask", case, name] => format!("{case},,,{name},,,,,,"),
            other => panic!("{other:?}"),
        };
        text.push_str(&row);
        text.push('\n');
    }
    Truth::parse(text.as_bytes(), "truth.csv").unwrap_or_else(|e| panic!("{e}"))
}
const CASES: &str = "case C1 1 1\nlesion C1 L1 0 4\nlesion C1 L2 30 4\ncase C2 2 0\nignore C2 R1 100 20\ncase C3 3 1\nlesion C3 L1 0 4";

fn within(mm: f64) -> Holding {
    Holding { acceptance: Some(Acceptance::Radius(Radius::Fixed(Mm(mm)))), ..Holding::default() }
}

/// Two readers, two conditions, three cases; what they mark follows from reader and case alone. The last read of the last reader is missing.
fn studied(text: &str) -> Made {
    let mut made = Made::new(text, &["r1", "r2"], 3);
    for name in ["r1", "r2"] {
        while let Some((case, _)) = made.next(name) {
            let reading = &made.reading[name];
            if name == "r2" && reading.state.progress().of - reading.state.progress().locked == 1 {
                break;
            }
            made.open(name);
            match (name, case) {
                ("r1", 1) => {
                    mark(&mut made, name, 1, 3.0, 20);
                    mark(&mut made, name, 2, 2.0, 50);
                    mark(&mut made, name, 3, 60.0, 70);
                }
                ("r1", 2) => mark(&mut made, name, 1, 90.0, 40),
                (_, 3) => mark(&mut made, name, 1, 8.0, 30),
                _ => {}
            }
            made.act(name, answer("confidence", i32::from(case) * 10));
            made.act(name, Action::Lock);
        }
        made.act(name, Action::EndSession);
    }
    made
}

fn fates(table: &ScoredTable, reader: usize, case: usize) -> Vec<MarkFate> {
    match table.cell(0, reader, case) {
        Some(Cell::Read(score)) => score.marks.iter().map(|m| m.fate).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_cell_is_what_was_read() {
    let made = studied(PROTOCOL);
    let scored = made.score(&truth(CASES), &within(10.0)).unwrap();
    assert_eq!(scored.conditions.iter().map(ToString::to_string).collect::<Vec<_>>(), ["unaided", "second"]);
    assert_eq!(
        scored.cases.iter().map(|c| (c.case.as_str(), c.signal, c.lesions.len())).collect::<Vec<_>>(),
        [("C1", true, 2), ("C2", false, 0), ("C3", true, 1)]
    );
    assert_eq!(fates(&scored, 0, 0), [MarkFate::Again(0), MarkFate::OnLesion(0), MarkFate::False]);
    assert_eq!(fates(&scored, 0, 1), [MarkFate::Ignored]);
    assert_eq!(fates(&scored, 1, 2), [MarkFate::OnLesion(0)]);
    assert_eq!((scored.missing(View::Marks), scored.is_complete(), scored.cells.len()), (1, false, 12));
    for (at, cell) in scored.cells.iter().enumerate().filter(|(_, c)| **c != Cell::Missing) {
        let Cell::Read(read) = cell else { panic!("{cell:?}") };
        assert_eq!(read.ratings, [UnitRating::Rated((at as i64 % 3 + 1) * 10_000)]);
        assert!(read.reading_ms > 0 && read.seq > 0);
    }
    let how = &scored.how;
    assert_eq!((how.truth_version, how.truth_source.as_str(), how.by_protocol), (2, "phantom", false));
    assert_eq!((how.truth, how.protocol), (truth(CASES).hash(), made.study.protocol().hash()));
    assert_eq!(how.rating_question.as_deref(), Some("confidence"));
    // The same again, and recorded.
    assert_eq!(made.score(&truth(CASES), &within(10.0)).unwrap(), scored);
    let written = serde_json::to_value(how).unwrap();
    assert_eq!(written["acceptance"]["radius"]["fixed"], 10.0);
    let data = scored.dataset(View::Marks, NotEvaluableCounts::Omit).unwrap();
    let Scores::Froc(cells) = &data.scores else { panic!("marks") };
    assert_eq!(cells[0].as_ref().unwrap().iter().map(|m| (m.lesion, m.rating)).collect::<Vec<_>>(), [(Some(0), 50.0), (None, 70.0)]);
    assert_eq!((cells[1].as_deref(), data.missing()), (Some(&[][..]), 1));
}

#[test]
fn other_rules_give_other_fates_and_say_so() {
    let analysis = "\n[analysis]\nfigure = \"wafroc\"\nmethod = \"or\"\nhypothesis = \"estimation\"\nacceptance_radius_mm = 5\nacceptance_radius_times = 2.5\n";
    let made = studied(&format!("{PROTOCOL}{analysis}"));
    // 2.5 times 4 mm is 10 mm.
    let own = made.score(&truth(CASES), &Holding::default()).unwrap();
    assert_eq!((own.how.by_protocol, fates(&own, 1, 2)), (true, vec![MarkFate::OnLesion(0)]));
    let narrow = made.score(&truth(CASES), &within(2.5)).unwrap();
    assert_eq!((narrow.how.by_protocol, fates(&narrow, 1, 2)), (false, vec![MarkFate::False]));
    assert_eq!(fates(&narrow, 0, 0), [MarkFate::False, MarkFate::OnLesion(0), MarkFate::False]);
    // By masks, whose distances come from outside.
    let table = made.table();
    let mut masks = BTreeMap::new();
    for row in &table.rows {
        for id in row.read.marks().keys() {
            for name in ["L1", "L2"] {
                let distance = Some(Mm(if *id == MarkId(3) && name == "L2" { 0.0 } else { 7.0 }));
                masks.insert((row.file, row.seq, *id, name.to_owned()), MaskMeasure { distance, overlap: None });
            }
        }
    }
    let by_mask = Holding { acceptance: Some(Acceptance::Mask { within: Mm(0.0) }), masks };
    let scored = made.score(&truth(CASES), &by_mask).unwrap();
    assert_eq!(fates(&scored, 0, 0), [MarkFate::False, MarkFate::False, MarkFate::OnLesion(1)]);
    let unknown = Holding { acceptance: by_mask.acceptance, ..Holding::default() };
    let error = made.score(&truth(CASES), &unknown).unwrap_err().to_string();
    assert!(error.contains("of reader \"r1\" in \"") && error.contains("cannot be held against \"L1\" of case"), "{error}");
    assert!(error.contains("choose a radius, or give the masks"), "{error}");
    let no_centre = CASES.replace("lesion C3 L1 0 4", "mask C3 L1");
    let error = made.score(&truth(&no_centre), &within(5.0)).unwrap_err().to_string();
    assert!(error.contains("of case \"C3\": the truth does not say where its centre is."), "{error}");
}

#[test]
fn marks_in_regions_to_ignore_rate_no_case() {
    let made = studied(&PROTOCOL.replace("required = true\nrating = true", "required = true"));
    let scored = made.score(&truth(CASES), &within(10.0)).unwrap();
    let rated = |case: usize| match scored.cell(0, 0, case) {
        Some(Cell::Read(score)) => score.ratings.clone(),
        other => panic!("{other:?}"),
    };
    // The one mark of C2 lies in R1: nothing was seen there, which is one step below the lowest.
    let lowest = i64::from(made.study.protocol().marks().unwrap().rating.min()) - 1;
    assert_eq!((fates(&scored, 0, 1), rated(1)), (vec![MarkFate::Ignored], vec![UnitRating::Rated(lowest * 1000)]));
    assert_eq!(rated(0), [UnitRating::Rated(70_000)]);
    let elsewhere = made.score(&truth(&CASES.replace("ignore C2 R1 100 20", "ignore C2 R1 200 20")), &within(10.0)).unwrap();
    assert!(matches!(elsewhere.cell(0, 0, 1), Some(Cell::Read(score)) if score.ratings == [UnitRating::Rated(40_000)]));
    // What is on a lesion counts, although the lesion lies in such a region; without any lesion all of the region is ignored.
    let over_a_lesion = made.score(&truth(&format!("{CASES}\nignore C1 R1 0 20")), &within(10.0)).unwrap();
    assert_eq!(fates(&over_a_lesion, 0, 0), [MarkFate::Again(0), MarkFate::OnLesion(0), MarkFate::False]);
    let far = CASES.replace("lesion C1 L2 30 4", "ignore C1 R1 0 100");
    let far = made.score(&truth(&far), &within(10.0)).unwrap();
    assert_eq!(fates(&far, 0, 0), [MarkFate::Again(0), MarkFate::OnLesion(0), MarkFate::Ignored]);
    assert!(matches!(far.cell(0, 0, 0), Some(Cell::Read(score)) if score.ratings == [UnitRating::Rated(50_000)]), "that of the lesion");
    let plain = made.score(&truth("case C1 1 1\ncase C2 2 0\nignore C2 R1 100 20\ncase C3 3 1"), &within(10.0)).unwrap();
    assert!(matches!(plain.cell(0, 0, 1), Some(Cell::Read(score)) if score.ratings == [UnitRating::Rated(lowest * 1000)]));
}

#[test]
fn lesions_of_other_cases_hold_no_mark() {
    let made = studied(PROTOCOL);
    // A case that was withdrawn has a lesion, and none of the study has.
    let withdrawn = BTreeSet::from([package(9)]);
    let table = made.table();
    let reads = Reads { protocol: made.study.protocol(), bundles: made.study.bundles(), table: &table, withdrawn: &withdrawn };
    let rows = "case C1 1 1\ncase C2 2 0\ncase C3 3 1\ncase C9 9 1\nlesion C9 L1 0 4";
    let scored = score(reads, &truth(rows), &within(10.0)).unwrap();
    assert_eq!(scored.dataset(View::Marks, NotEvaluableCounts::Omit), Err(ViewError::NoLesions));
}

#[test]
fn truth_and_study_fit_or_each_finding_is_a_sentence() {
    let made = studied(PROTOCOL);
    let check = |rows: &str, sentence: &str| match made.score(&truth(rows), &within(10.0)) {
        Err(error) => assert!(error.to_string().contains(sentence), "no {sentence:?} in {error}"),
        Ok(_) => panic!("{rows} was taken"),
    };
    check("case C1 1 1\nlesion C1 L1 0 4\ncase C2 2 0", "truth.csv: It has no row for the case in `packages/");
    check(&format!("{CASES}\ncase X 9 0"), "truth.csv, line 12: The case \"X\" is in no bundle of this study.");
    check(&CASES.replace("lesion C3 L1 0 4", ""), "truth.csv, line 10: The case \"C3\" has the signal and no lesion, while others have");
    let no_package = Truth::parse(b"case,truth\nC1,1\n", "t.csv").unwrap();
    let error = made.score(&no_package, &within(10.0)).unwrap_err().to_string();
    assert!(error.starts_with("t.csv, line 2: Nothing says which package is the case \"C1\"."), "{error}");
    assert!(error.ends_with("(3 more of this kind)"), "{error}");
    assert_eq!(made.score(&truth(CASES), &Holding::default()), Err(ScoringError::NoAcceptance));
    // Without any lesion the ratings are there, and the marks are nobody's.
    let plain = made.score(&truth("case C1 1 1\ncase C2 2 0\ncase C3 3 1"), &Holding::default()).unwrap();
    assert!(plain.dataset(View::Ratings, NotEvaluableCounts::Omit).is_ok());
    assert_eq!(plain.dataset(View::Marks, NotEvaluableCounts::Omit), Err(ViewError::NoLesions));
    let empty = Made::new(PROTOCOL, &["r1"], 2);
    assert_eq!(empty.score(&truth(CASES), &within(10.0)), Err(ScoringError::NothingLocked));
}

#[test]
fn what_was_said_before_the_ai_is_a_condition_and_the_last_version_counts() {
    let text = template("sequential").unwrap().text;
    let mut made = Made::new(text, &["r1"], 6);
    for rating in [10, 20] {
        made.open("r1");
        for (rating, last) in [(rating, false), (rating + 5, true)] {
            made.act("r1", answer("confidence", rating));
            made.act("r1", choose("action", "nothing"));
            made.act("r1", Action::Lock);
            if !last {
                made.act("r1", Action::Reveal);
                made.act("r1", Action::FindingsShown(0));
            }
        }
    }
    let rows = (1..=6).map(|n| format!("case C{n} {n} {}", n % 2)).collect::<Vec<_>>().join("\n");
    let scored = made.score(&truth(&rows), &Holding::default()).unwrap();
    assert_eq!(scored.conditions.len(), 2, "{:?}", scored.conditions);
    let data = scored.dataset(View::Ratings, NotEvaluableCounts::Omit).unwrap();
    let Scores::Roc(cells) = data.scores else { panic!("ratings") };
    let by_condition: Vec<f64> = cells.chunks(6).map(|c| c.iter().flatten().sum()).collect();
    assert_eq!(by_condition, [30.0, 40.0], "before the AI, then with it");

    let mut made = Made::new(PROTOCOL, &["r1"], 1);
    made.open("r1");
    made.act("r1", answer("confidence", 10));
    made.act("r1", Action::Lock);
    let read = made.reading["r1"].state.locked()[0].read().clone();
    made.act("r1", Action::Amend { read, reason: "a slip".into() });
    made.act("r1", Action::ImagesShown);
    made.act("r1", answer("confidence", 90));
    made.act("r1", Action::Lock);
    let scored = made.score(&truth("case C1 1 1"), &Holding::default()).unwrap();
    assert!(matches!(scored.cell(0, 0, 0), Some(Cell::Read(s)) if s.ratings == [UnitRating::Rated(90_000)]));
    assert_eq!(scored.cell(1, 0, 0), Some(&Cell::Missing));
}

#[test]
fn sides_are_scored_by_themselves() {
    let mut made = Made::new(template("mammography").unwrap().text, &["r1"], 2);
    let side = |s: &str| Subject::Unit(s.into());
    let said = |id: &str, s: &str, value| Action::Answer { question: question(id), subject: side(s), value };
    let (case, _) = made.next("r1").unwrap();
    made.open("r1");
    made.act("r1", choose("density", "b"));
    for (s, rating) in [("L", 7), ("R", 60)] {
        made.act("r1", said("birads", s, AnswerValue::Choice("1".into())));
        made.act("r1", said("suspicion", s, AnswerValue::Scale(rating)));
    }
    made.act("r1", Action::NotEvaluable { subject: side("R"), reason: "absent".into() });
    made.act("r1", Action::Lock);
    let text = |left: &str| {
        let (a, b) = (package(1), package(2));
        format!("case,package,unit,truth\nC1,{a},,1\nC1,,L,{left}\nC1,,R,0\nC2,{b},,0\n")
    };
    let scored = made.score(&Truth::parse(text("1").as_bytes(), "t.csv").unwrap(), &Holding::default()).unwrap();
    let data = scored.dataset(View::Ratings, NotEvaluableCounts::Lowest).unwrap();
    let names: Vec<_> = data.cases.iter().map(|c| (c.name.as_str(), c.patient.as_deref().unwrap(), c.diseased)).collect();
    let at = names.iter().position(|(name, ..)| *name == format!("C{case}.L")).unwrap();
    assert!(names.contains(&("C1.L", "C1", true)) && names.contains(&("C1.R", "C1", false)) && names.contains(&("C2.L", "C2", false)));
    let Scores::Roc(cells) = &data.scores else { panic!("ratings") };
    let condition = scored.cells.iter().position(|c| matches!(c, Cell::Read(_))).unwrap() / 2;
    // The form asks for the right side first.
    assert_eq!(cells[condition * 4 + at - 1..][..2], [Some(0.0), Some(7.0)]);
    let refused = |text: String, sentence: &str| {
        let error = made.score(&Truth::parse(text.as_bytes(), "t.csv").unwrap(), &Holding::default()).unwrap_err().to_string();
        assert!(error.contains(sentence), "{error}");
    };
    refused(
        text("1").replace("C1,,R,0\n", ""),
        "t.csv, line 2: The case \"C1\" has the signal, and nothing says whether its unit \"R\" has.",
    );
    refused(text("1").replace(",R,", ",X,"), "The case \"C1\" has the unit \"X\", which the form of this study does not have.");
}

#[test]
fn a_located_rating_is_right_or_wrong() {
    let lroc = PROTOCOL.replace("paradigm = \"froc\"", "paradigm = \"lroc\"").replace("max = 20\nrating", "min = 1\nmax = 1\nrating");
    let lroc = lroc.replace("required = true\nrating = true", "required = true");
    let mut made = Made::new(&lroc, &["r1"], 3);
    for x in [1.0, 50.0, 2.0] {
        made.open("r1");
        mark(&mut made, "r1", 1, x, 40);
        made.act("r1", answer("confidence", 60));
        made.act("r1", Action::Lock);
    }
    let scored = made.score(&truth(CASES), &within(10.0)).unwrap();
    let data = scored.dataset(View::Located, NotEvaluableCounts::Omit).unwrap();
    let Scores::Lroc(cells) = data.scores else { panic!("located") };
    let order: Vec<u8> = made.table().rows.iter().map(|r| (1..=3).find(|c| package(*c) == r.read.package()).unwrap()).collect();
    assert_eq!(order.len(), 3);
    for (case, cell) in scored.cases.iter().zip(&cells[..3]) {
        let at =
            made.table().rows.iter().find(|r| r.read.package() == case.package).unwrap().read.marks()[&MarkId(1)].shape.centre().unwrap().x;
        assert_eq!(*cell, Some(LocatedRating { rating: 40.0, right: case.signal && at < 10.0 }));
    }
}

/// The one place of a case in a region to ignore is no false one: it rates the case as nothing. On a lesion it is right, wherever else it lies.
#[test]
fn a_place_in_a_region_to_ignore_is_neither_right_nor_false() {
    let lroc = PROTOCOL.replace("paradigm = \"froc\"", "paradigm = \"lroc\"").replace("max = 20\nrating", "min = 1\nmax = 1\nrating");
    let lroc = lroc.replace("required = true\nrating = true", "required = true");
    let mut made = Made::new(&lroc, &["r1"], 3);
    for _ in 0..3 {
        let (case, _) = made.next("r1").unwrap();
        made.open("r1");
        mark(&mut made, "r1", 1, [2.0, 90.0, 50.0][usize::from(case) - 1], 40);
        made.act("r1", answer("confidence", 60));
        made.act("r1", Action::Lock);
    }
    let nothing = f64::from(made.study.protocol().marks().unwrap().rating.min() - 1);
    let located = |rating, right| Some(LocatedRating { rating, right });
    let table = [
        // C2 is normal and its place is in R1; that of C3 is on nothing.
        ("", [located(40.0, true), located(nothing, false), located(40.0, false)]),
        ("\nignore C3 R1 50 5", [located(40.0, true), located(nothing, false), located(nothing, false)]),
        ("\nignore C1 R1 0 20", [located(40.0, true), located(nothing, false), located(40.0, false)]),
    ];
    for (more, expected) in table {
        let scored = made.score(&truth(&format!("{CASES}{more}")), &within(10.0)).unwrap();
        let Scores::Lroc(cells) = scored.dataset(View::Located, NotEvaluableCounts::Omit).unwrap().scores else { panic!("located") };
        assert_eq!(cells[..3], expected, "{more:?}");
    }
}
