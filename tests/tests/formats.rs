//! The files of statistics programs: traps and rules as data, the reference studies through every format, and workbooks opened by an independent reader.
//!
//! Rules stand in `tests/data/formats`; nothing here is derived from a writer. openpyxl is looked for in `python3` and the system's own, or in the
//! interpreter that `TIRESIAS_PYTHON` names; where it is absent the test says so and checks nothing with it.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise and says its figures, its functions too"
)]

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tiresias_reads::formats::imrmc::{Flavour, Imrmc};
use tiresias_reads::formats::workbook::{self, Sheet, Value};
use tiresias_reads::formats::{FormatError, Numbered, long, lrc, rjafroc, same};
use tiresias_reads::scoring::{Dataset, Scores};
use tiresias_tests::{Walk, fixtures, python, shared};

#[derive(Deserialize)]
struct Traps {
    trap: Vec<Trap>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trap {
    name: String,
    format: String,
    text: String,
    says: Option<String>,
    readers: Option<usize>,
    modalities: Option<usize>,
    cases: Option<usize>,
    scores: Option<usize>,
    missing: Option<usize>,
    first_readers: Option<Vec<String>>,
}

fn parse(format: &str, text: &str) -> Result<Dataset, FormatError> {
    match format {
        "imrmc" => Imrmc::parse(text).map(|file| file.data),
        "long" => long::parse(text.as_bytes()),
        "lrc" => lrc::parse(text),
        "marks" => {
            let (truth, marks) = text.split_once("--\n").expect("two files");
            long::parse_lesions(truth.as_bytes()).and_then(|lesions| long::parse_marks(marks.as_bytes(), &lesions))
        }
        _ => panic!("no format {format}"),
    }
}

#[test]
fn every_trap_gives_the_right_data_or_one_sentence() {
    let traps: Traps = toml::from_str(&fs::read_to_string(fixtures().join("formats/traps.toml")).unwrap()).unwrap();
    let mut refused = 0;
    for trap in &traps.trap {
        match (parse(&trap.format, &trap.text), &trap.says) {
            (Err(error), Some(says)) => {
                assert_eq!(error.to_string(), *says, "{}", trap.name);
                refused += 1;
            }
            (Ok(data), None) => {
                let found =
                    [data.readers.len(), data.modalities.len(), data.cases.len(), data.scores.len() - data.missing(), data.missing()];
                let expected = [trap.readers, trap.modalities, trap.cases, trap.scores, Some(trap.missing.unwrap_or(0))];
                assert_eq!(found.map(Some), expected, "{}", trap.name);
                if let Some(first) = &trap.first_readers {
                    assert_eq!(data.readers[..first.len()], first[..], "{}", trap.name);
                }
            }
            (found, says) => panic!("{}: {found:?}, and {says:?} was expected", trap.name),
        }
    }
    println!(
        "{} files with a trap: {} read rightly, {refused} refused in the sentence written beforehand",
        traps.trap.len(),
        traps.trap.len() - refused
    );
}

#[derive(Deserialize)]
struct Rules {
    file: Vec<Rule>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Rule {
    name: String,
    begin: Option<String>,
    counts: Vec<String>,
    columns: Option<usize>,
    truth_readers: Vec<String>,
    forbidden: Vec<String>,
    ids: Option<String>,
    whole_numbers: Vec<usize>,
    complete: bool,
    header: Option<String>,
    last: Option<String>,
    sheets: Vec<String>,
    columns_of: BTreeMap<String, Vec<String>>,
}

fn rules() -> Vec<Rule> {
    toml::from_str::<Rules>(&fs::read_to_string(fixtures().join("formats/rules.toml")).unwrap()).unwrap().file
}

/// Everything in which a file breaks a rule that its name falls under; how many rules that were is the second.
fn broken(name: &str, bytes: &[u8]) -> (Vec<String>, usize) {
    let (mut complaints, mut held) = (Vec::new(), 0);
    for rule in rules().iter().filter(|rule| name.ends_with(&rule.name)) {
        held += 1;
        if rule.sheets.is_empty() { text_rule(rule, bytes, &mut complaints) } else { workbook_rule(rule, bytes, &mut complaints) }
    }
    (complaints, held)
}

fn text_rule(rule: &Rule, bytes: &[u8], complaints: &mut Vec<String>) {
    let mut say = |what: String| complaints.push(format!("{}: {what}", rule.name));
    let Ok(text) = std::str::from_utf8(bytes) else { return say("no text".into()) };
    if !text.is_ascii()
        || text.contains('\r')
        || !text.ends_with('\n')
        || text.contains("\n\n")
        || text.contains(" \n")
        || text.starts_with('\n')
    {
        say("not ASCII lines that end in LF, without blank ones".into());
    }
    let lines: Vec<&str> = text.lines().collect();
    if rule.header.as_deref().is_some_and(|header| lines.first() != Some(&header)) {
        say(format!("the header is {:?}", lines.first()));
    }
    if rule.last.as_deref().is_some_and(|last| lines.last() != Some(&last)) {
        say("another last line".into());
    }
    let begin = match &rule.begin {
        Some(begin) => lines.iter().position(|l| l == begin).map_or_else(|| 0, |at| at + 1),
        None => usize::from(rule.header.is_some()),
    };
    if rule.begin.is_some() && (begin < 2 || lines[..begin].iter().any(|l| l.len() == 1)) {
        say("no title, or a line of one character above the data".into());
    }
    let data = &lines[begin..];
    for word in &rule.forbidden {
        if data.iter().any(|l| l.contains(word.as_str())) {
            say(format!("{word:?} stands in it"));
        }
    }
    let rows: Vec<Vec<&str>> = data.iter().map(|l| l.split(',').collect()).collect();
    if let Some(columns) = rule.columns
        && rows.iter().any(|r| r.len() != columns)
    {
        return say(format!("not {columns} values in each line"));
    }
    let wanted = rule
        .whole_numbers
        .iter()
        .map(|c| c + 1)
        .chain([if rule.truth_readers.is_empty() { 3 * usize::from(rule.complete) } else { 4 }])
        .max();
    if let Some(short) = rows.iter().find(|r| wanted.is_some_and(|n| r.len() < n)) {
        return say(format!("too few values in the line {short:?}"));
    }
    if let Some(ids) = &rule.ids
        && rows.iter().flatten().any(|v| v.is_empty() || !v.chars().all(|c| ids.contains(c)))
    {
        say("an id outside of the safe subset".into());
    }
    for column in &rule.whole_numbers {
        if rows.iter().any(|r| r.get(*column).is_none_or(|v| v.parse::<i64>().is_err())) {
            say(format!("column {column} is not whole numbers"));
        }
    }
    let is_truth = |row: &&Vec<&str>| rule.truth_readers.iter().any(|t| t == row[0]);
    if !rule.truth_readers.is_empty() {
        let truth = rows.iter().take_while(is_truth).count();
        let cases: BTreeSet<&str> = rows[..truth].iter().map(|r| r[1]).collect();
        if truth != cases.len() || rows[truth..].iter().any(|r| is_truth(&r) || !cases.contains(r[1])) {
            say("not one truth row for each case, before all scores".into());
        }
        let scores = &rows[truth..];
        let distinct = |at: usize| scores.iter().map(|r| r[at]).collect::<BTreeSet<_>>().len();
        let diseased = rows[..truth].iter().filter(|r| r[3] == "1").count();
        let expected = [("NR", distinct(0)), ("N0", truth - diseased), ("N1", diseased), ("NM", distinct(2))];
        for name in &rule.counts {
            let expected = expected.iter().find(|(n, _)| n == name).map(|(n, count)| format!("{n}: {count}"));
            if !lines[..begin].iter().any(|l| Some(*l) == expected.as_deref()) {
                say(format!("the count {name} is not that of the data"));
            }
        }
    }
    if rule.complete {
        let scores: Vec<&Vec<&str>> = rows.iter().filter(|r| !["truth", "-1"].contains(&r[0])).collect();
        let product: usize = (0..3).map(|at| scores.iter().map(|r| r[at]).collect::<BTreeSet<_>>().len()).product();
        if scores.len() != product {
            say(format!("{} scores for {product} cells", scores.len()));
        }
    }
}

fn workbook_rule(rule: &Rule, bytes: &[u8], complaints: &mut Vec<String>) {
    let mut say = |what: String| complaints.push(format!("{}: {what}", rule.name));
    let sheets = workbook::read(bytes).expect("a workbook");
    let names: Vec<&str> = sheets.iter().map(|s| s.name.as_str()).collect();
    if names != rule.sheets {
        return say(format!("the sheets are {names:?}"));
    }
    for sheet in &sheets {
        let header: Vec<String> = sheet.rows[0].1.iter().map(shown).collect();
        if rule.columns_of.get(&sheet.name) != Some(&header) {
            say(format!("the columns of {} are {header:?}", sheet.name));
        }
    }
    // Normal cases first, both classes ascending; the same lists in every row, in the order of text; ids as texts.
    let truth: Vec<Vec<String>> = sheets[0].rows.iter().skip(1).map(|(_, cells)| cells.iter().map(shown).collect()).collect();
    let order: Vec<(bool, u64, u64)> = truth.iter().map(|r| (r[1] != "0", r[0].parse().unwrap(), r[1].parse().unwrap())).collect();
    if order.windows(2).any(|w| w[0] >= w[1]) {
        say("TRUTH is not sorted: cases without a lesion first, ascending".into());
    }
    for at in [3, 4] {
        let lists: BTreeSet<&String> = truth.iter().map(|r| &r[at]).collect();
        let ids: Vec<&str> = truth[0][at].split(", ").collect();
        if lists.len() != 1 || ids.windows(2).any(|w| w[0] >= w[1] || w[0].len() != w[1].len()) {
            say(format!("{} is not one list in every row, zero-padded and in the order of text", rule.columns_of["TRUTH"][at]));
        }
        // RJafroc takes its names from first appearance in FP, then TP.
        let mut met: Vec<String> = Vec::new();
        for (_, cells) in sheets[1..].iter().flat_map(|s| s.rows.iter().skip(1)) {
            if !matches!(cells[at - 3], Value::Text(_)) {
                say("an id is not a text, and would lose its zeros".into());
            }
            let id = shown(&cells[at - 3]);
            if !met.contains(&id) {
                met.push(id);
            }
        }
        if met != ids {
            say(format!("the ids are met in the order {met:?}, and TRUTH says {ids:?}"));
        }
    }
    if truth[0][5].is_empty() || truth[1][5] != "FCTRL" || truth[2..].iter().any(|r| r.len() > 5) {
        say("paradigm and design do not stand in rows 2 and 3 alone".into());
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Empty => String::new(),
        Value::Text(text) => text.clone(),
        Value::Number(n) | Value::Time(n) => n.to_string(),
    }
}

/// The reference studies that are there, by name.
fn references(walk: &mut Walk) -> Vec<(String, Dataset)> {
    let folder = shared().map(|s| s.join("reference/mrmc"));
    let read = |name: &str| folder.as_ref().and_then(|f| fs::read(f.join(name)).ok());
    let mut found = Vec::new();
    for name in ["vandyke", "franken", "kundel", "penedo_roc", "imrmc_demo", "cadlroc"] {
        let bytes = read(&format!("{name}.csv"));
        walk.count(bytes.is_some());
        if let Some(bytes) = bytes {
            let data = long::parse(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
            let rows = bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).count() - 1;
            assert_eq!(data.scores.len() - data.missing(), rows, "{name}: a score for each row");
            found.push((name.to_owned(), data));
        }
    }
    for name in ["fed_froc", "jt_froc"] {
        let files = (read(&format!("{name}_marks.csv")), read(&format!("{name}_truth.csv")));
        walk.count(files.0.is_some() && files.1.is_some());
        if let (Some(marks), Some(truth)) = files {
            let data = long::parse_lesions(&truth).and_then(|l| long::parse_marks(&marks, &l)).unwrap_or_else(|e| panic!("{name}: {e}"));
            let rows = marks.split(|b| *b == b'\n').filter(|l| !l.is_empty()).count() - 1;
            let Scores::Froc(reads) = &data.scores else { panic!("{name}: no marks") };
            assert_eq!(reads.iter().flatten().map(Vec::len).sum::<usize>(), rows, "{name}: a mark for each row");
            found.push((name.to_owned(), data));
        }
    }
    found
}

/// The files of every format that takes a study, each with how it is read.
type Written = (&'static str, Vec<u8>, Dataset, fn(&[u8]) -> Result<Dataset, FormatError>);

fn written(data: &Dataset) -> Vec<Written> {
    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).expect("text")
    }
    let imrmc: fn(&[u8]) -> Result<Dataset, FormatError> = |b| Imrmc::parse(text(b)).map(|f| f.data);
    let (plain, padded) = (Numbered::plain(data).apply(data), Numbered::new(data).apply(data));
    let complete = data.missing() == 0;
    let mut files: Vec<Written> = Vec::new();
    match data.scores {
        Scores::Roc(_) => {
            let title = ["A study".to_owned()];
            files.push((".imrmc", Imrmc::write(data, Flavour::Imrmc, &title).unwrap().into_bytes(), data.clone(), imrmc));
            files.push((".mrmcaov.csv", long::write(data, long::MRMCAOV).unwrap().into_bytes(), data.clone(), long::parse));
            if complete {
                files.push((".rjafroc.imrmc", Imrmc::write(&plain, Flavour::Rjafroc, &title).unwrap().into_bytes(), plain.clone(), imrmc));
                files.push((".ordbm.csv", long::write(&plain, long::OR_DBM).unwrap().into_bytes(), plain.clone(), long::parse));
                files.push((".lrc", lrc::write(&plain, "A study").unwrap().into_bytes(), plain, |b| lrc::parse(text(b))));
            } else {
                assert!(lrc::write(&plain, "A study").is_err() && rjafroc::write(&padded).is_err());
            }
        }
        Scores::Lroc(_) => files.push((".long", long::write_located(data).unwrap().into_bytes(), data.clone(), long::parse)),
        Scores::Froc(_) => {
            let [marks, truth] = long::write_marks(data).unwrap();
            let again = long::parse_lesions(truth.as_bytes()).and_then(|l| long::parse_marks(marks.as_bytes(), &l));
            assert!(same(&again.unwrap(), data), "marks as CSV");
        }
    }
    if complete {
        files.push((".rjafroc.xlsx", rjafroc::write(&padded).unwrap(), padded, rjafroc::parse));
    }
    files
}

#[test]
fn every_reference_study_is_read_and_written_again_in_every_format_that_takes_it() {
    let mut walk = Walk::new();
    let (mut files, mut rules, mut scores) = (0, 0, 0);
    for (study, data) in references(&mut walk) {
        for (name, bytes, expected, read) in written(&data) {
            let again = read(&bytes).unwrap_or_else(|e| panic!("{study}{name}: {e}"));
            assert!(same(&again, &expected), "{study}{name}: other data");
            let (complaints, held) = broken(name, &bytes);
            assert!(complaints.is_empty(), "{study}{name}: {complaints:?}");
            files += 1;
            rules += held;
            scores += expected.scores.len() - expected.missing();
        }
    }
    walk.report(&format!("reference studies: {files} files, {scores} cells read back equal, {rules} sets of rules kept"));
}

#[test]
fn a_broken_rule_is_noticed() {
    let imrmc = "A title\nNR: 1\nN0: 1\nN1: 1\nNM: 1\nBEGIN DATA:\ntruth,c1,truth,0\ntruth,c2,truth,1\nr1,c1,A,1\nr1,c2,A,4.5\n";
    assert_eq!(broken("a.imrmc", imrmc.as_bytes()), (vec![], 1));
    for (from, to) in [
        ("N0: 1", "N0: 2"),
        ("r1,c1,A,1", "r1,c1,A,NA"),
        ("r1,c1", "r 1,c1"),
        ("r1,c1,A,1\n", "r1,c1,A,1\n\n"),
        ("A title\n", "A\n"),
        ("truth,c2,truth,1\nr1,c1,A,1\n", "r1,c1,A,1\ntruth,c2,truth,1\n"),
        ("\n", "\r\n"),
        ("r1,c1,A,1", "r1,c1,A,1,"),
    ] {
        assert!(!broken("a.imrmc", imrmc.replacen(from, to, 1).as_bytes()).0.is_empty(), "{to:?}");
    }
    let text = |t: &str| Value::Text(t.into());
    let number = Value::Number;
    let truth = |ids: &str, cases: [f64; 2]| {
        let row = |case: f64, lesion: f64, word: &str| vec![number(case), number(lesion), number(lesion), text(ids), text("1"), text(word)];
        Sheet::new(
            "TRUTH",
            vec![rules()[6].columns_of["TRUTH"].iter().map(|c| text(c)).collect(), row(cases[0], 0.0, "ROC"), row(cases[1], 1.0, "FCTRL")],
        )
    };
    let marks = |name: &str, reader: &str| {
        let who = vec![text(reader), text("1"), number(1.0)];
        let rest = if name == "FP" { vec![number(3.0)] } else { vec![number(1.0), number(3.0)] };
        let header = rules()[6].columns_of[name].iter().map(|c| text(c)).collect();
        Sheet::new(name, vec![header, who.into_iter().chain(rest).collect()])
    };
    let complaints = |sheets: [Sheet; 3]| broken("a.rjafroc.xlsx", &workbook::write(&sheets).unwrap()).0;
    assert!(complaints([truth("1", [1.0, 2.0]), marks("FP", "1"), marks("TP", "1")]).is_empty());
    assert!(!complaints([truth("1, 10, 2", [1.0, 2.0]), marks("FP", "1"), marks("TP", "1")]).is_empty(), "ids of two widths");
    assert!(!complaints([truth("1, 2", [1.0, 2.0]), marks("FP", "2"), marks("TP", "1")]).is_empty(), "met in another order");
}

/// Every cell of a workbook as openpyxl has it, against ours; how many cells.
fn opened_by_openpyxl(python: &str, workbook: &Path) -> usize {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("openpyxl_cells.py");
    let ran = Command::new(python).arg(script).arg(workbook).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let found: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let ours = workbook::read(&fs::read(workbook).unwrap()).unwrap();
    let theirs = found["sheets"].as_array().unwrap();
    assert_eq!(
        theirs.iter().map(|s| s["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ours.iter().map(|s| s.name.as_str()).collect::<Vec<_>>()
    );
    let mut count = 0;
    for (sheet, theirs) in ours.iter().zip(theirs) {
        assert_eq!((&theirs["frozen"], &theirs["formulas"]), (&"A2".into(), &0.into()), "{}", sheet.name);
        let mut cells = Vec::new();
        for (row, values) in &sheet.rows {
            for (column, value) in (1u64..).zip(values) {
                match value {
                    Value::Empty => {}
                    Value::Text(text) => cells.push((*row, column, "text", text.clone())),
                    Value::Number(n) => cells.push((*row, column, "number", n.to_string())),
                    Value::Time(days) => cells.push((*row, column, "time", format!("{:.2}", (days - 25_569.0) * 86_400.0))),
                }
            }
        }
        let of = |cell: &serde_json::Value| {
            let kind = cell[2].as_str().unwrap().to_owned();
            let value = match kind.as_str() {
                "text" => cell[3].as_str().unwrap().to_owned(),
                "number" => cell[3].as_f64().unwrap().to_string(),
                _ => format!("{:.2}", cell[3].as_f64().unwrap()),
            };
            (cell[0].as_u64().unwrap(), cell[1].as_u64().unwrap(), kind, value)
        };
        let theirs: Vec<_> = theirs["cells"].as_array().unwrap().iter().map(of).collect();
        let ours: Vec<_> = cells.iter().map(|(r, c, k, v)| (*r, *c, (*k).to_owned(), v.clone())).collect();
        assert_eq!(ours, theirs, "{}", sheet.name);
        count += ours.len();
    }
    count
}

#[test]
fn an_independent_reader_finds_every_cell_of_a_workbook() {
    let Some(python) = python("openpyxl") else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("w.xlsx");
    let text = |t: &str| Value::text(t);
    let rows = vec![
        vec![text("reader"), text("score"), text("when")],
        vec![text("=1+1"), Value::Number(0.1), Value::time(1_700_000_000_120)],
        vec![text("001"), Value::Number(-1e300), Value::time(0), text("two\nlines <&> \"q\" \u{fc}")],
    ];
    fs::write(&file, workbook::write(&[Sheet::new("One", rows.clone()), Sheet::new("Two", rows)]).unwrap()).unwrap();
    let mut cells = opened_by_openpyxl(&python, &file);
    let mut walk = Walk::new();
    for (_, data) in references(&mut walk) {
        for (name, bytes, ..) in written(&data).into_iter().filter(|w| w.0.ends_with(".xlsx")) {
            let file = dir.path().join(format!("r{name}"));
            fs::write(&file, bytes).unwrap();
            cells += opened_by_openpyxl(&python, &file);
        }
    }
    walk.report(&format!("workbooks opened by openpyxl: {cells} cells equal, headers in sight, no formula"));
}
