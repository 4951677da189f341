//! Exports of a whole simulated study, line by line against what the simulation knows, not against what the exporter made.

use crate::simulated::{BUILD, PROTOCOL, Place, Reading, bundles, package, protocol, reader, start};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use tiresias_reads::bundle::Bundle;
use tiresias_reads::closing::{ClosingError, Early, Meeting, Purpose, meet};
use tiresias_reads::desk::{Desk, DeskCase};
use tiresias_reads::export::{ExportError, Exported, Format, NotIntact, Request, export, verify_export};
use tiresias_reads::gathered::Gathered;
use tiresias_reads::record::Record;
use tiresias_reads::scoring::{Holding, Reads, ScoredTable, ScoringError, score as scored_of};
use tiresias_reads::study::Study;
use tiresias_reads::table::reads_table;
use tiresias_reads::truth::{Truth, TruthError};
use tiresias_words::CaseId;

const READERS: [&str; 3] = ["ann", "bo.b", "r-10"];
const CASES: u8 = 12;

/// Case ids whose order as text is not the order of their numbers.
fn case_id(case: u8) -> String {
    format!("C{case}")
}
fn signal(case: u8) -> bool {
    case.is_multiple_of(3)
}
/// What reader, case and condition are rated: a number that says where it came from.
fn score(reader: usize, case: u8, condition: &str) -> i32 {
    let condition = if condition == "second" { 3 } else { 0 };
    (i32::from(case) * 7 + reader as i32 * 11 + condition) % 101
}

fn truth(place: &Place) -> Truth {
    let case = |c: u8| DeskCase { case: CaseId::new(case_id(c)).unwrap(), package: package(c), signal: signal(c) };
    let root = place.path("desk");
    if !root.exists() {
        let cases: Vec<_> = (1..=CASES).map(case).collect();
        Desk::create(&root, 99, &cases).unwrap();
    }
    Truth::read(&root.join("truth.csv")).unwrap()
}

/// All readers read all cases under both conditions, but for the last `left` reads of the last reader.
fn studied(left: usize) -> (Place, Record) {
    let place = Place::new(&READERS, CASES);
    let mut record = place.study.open_record(BUILD).unwrap();
    let mut now = None;
    for (number, name) in READERS.iter().enumerate() {
        let mut r = Reading::new(place.study.rules(&reader(name)).unwrap());
        if let Some(now) = now {
            r.now = now;
        }
        record.append(&r.must(start())).unwrap();
        let stop = if number == READERS.len() - 1 { left } else { 0 };
        while r.state.progress().of - r.state.progress().locked > stop {
            let next = r.state.next().unwrap().clone();
            let case = (1..=CASES).find(|c| package(*c) == next.package).unwrap();
            let rating = score(number, case, next.read.condition.as_str());
            let marks = if case == 5 { vec![61, 7] } else { vec![] };
            record.append(&r.read_next(rating, &marks)).unwrap();
        }
        record.append(&r.must(tiresias_reads::machine::Action::EndSession)).unwrap();
        now = Some(r.now);
    }
    (place, record)
}

fn scored(study: &Study, record: &Record, truth: &Truth) -> Result<ScoredTable, ScoringError> {
    let table = reads_table(record, study.protocol()).unwrap();
    scored_of(
        Reads { protocol: study.protocol(), bundles: study.bundles(), table: &table, withdrawn: &BTreeSet::new() },
        truth,
        &Holding::default(),
    )
}

/// An early look at a study that nobody signs in to.
fn look(gathered: &Gathered) -> Meeting {
    meet(gathered, None, Some(Early { reason: "a test", utc_ms: 5 }), Purpose::Exporting).expect("a look")
}

/// Without a signature, without DICOM, before a database lock.
fn try_export(format: Format, study: &Study, record: &Record, truth: Option<&Truth>, out: &Path) -> Result<Exported, ExportError> {
    let gathered = Gathered::of_workstation(study, record).expect("gathered");
    let scored = truth.map(|truth| (scored(study, record, truth).expect("scored"), look(&gathered)));
    let scored = scored.as_ref().map(|(scored, meeting)| (scored, meeting));
    export(format, Request { gathered: &gathered, scored, allow_incomplete: true, signer: None, reports: None }, out)
}

fn exported(format: Format, place: &Place, record: &Record, truth: Option<&Truth>) -> Exported {
    try_export(format, &place.study, record, truth, &place.path("out")).expect("exported")
}
/// The lines of a file that has the form which all programs read: LF, no blank line, nothing after the last.
fn lines(folder: &Path, name: &str) -> Vec<String> {
    let text = fs::read_to_string(folder.join(name)).unwrap();
    assert!(text.ends_with('\n') && !text.contains('\r') && !text.contains("\n\n") && !text.contains(" \n"));
    text.lines().map(str::to_owned).collect()
}

#[test]
fn both_flavours_of_imrmc_have_the_exact_form() {
    let (place, record) = studied(0);
    let done = exported(Format::Imrmc, &place, &record, Some(&truth(&place)));
    let files = ["manifest.json", "nodules-1.imrmc", "nodules-1.open-look.rjafroc.ids.csv", "nodules-1.rjafroc.imrmc"];
    assert_eq!(done.files, files);
    assert_eq!(done.folder, place.path("out"));

    // For iMRMC: everything sorted as text, so C1, C10, C11, C12, C2 ...
    let mut as_text: Vec<u8> = (1..=CASES).collect();
    as_text.sort_by_key(|c| case_id(*c));
    assert_eq!(case_id(as_text[1]), "C10");
    let mut expected: Vec<String> = ["NR: 3", "N0: 8", "N1: 4", "NM: 2", "BEGIN DATA:"].map(str::to_owned).to_vec();
    expected.extend(as_text.iter().map(|c| format!("truth,{},truth,{}", case_id(*c), i32::from(signal(*c)))));
    for (number, name) in READERS.iter().enumerate() {
        for case in &as_text {
            for condition in ["second", "unaided"] {
                expected.push(format!("{name},{},{condition},{}", case_id(*case), score(number, *case, condition)));
            }
        }
    }
    let found = lines(&done.folder, "nodules-1.imrmc");
    let head = found.len() - expected.len();
    assert!(head >= 1 && found[..head].iter().all(|l| l.len() > 1 && !l.contains(':') && l.trim_end() == l), "{:?}", &found[..head]);
    assert_eq!(found[head..], expected);
    assert_eq!(expected.len(), 5 + 12 + 3 * 12 * 2);

    // For RJafroc: whole numbers, cases without the signal first, counts right.
    let mut by_truth = as_text.clone();
    by_truth.sort_by_key(|c| signal(*c));
    let mut expected: Vec<String> = ["NR: 3", "N0: 8", "N1: 4", "NM: 2", "BEGIN DATA:"].map(str::to_owned).to_vec();
    expected.extend((1..).zip(&by_truth).map(|(n, c)| format!("-1,{n},truth,{}", i32::from(signal(*c)))));
    for number in 0..READERS.len() {
        for (n, case) in (1..).zip(&by_truth) {
            for condition in ["second", "unaided"] {
                expected.push(format!("{},{n},{condition},{}", number + 1, score(number, *case, condition)));
            }
        }
    }
    let found = lines(&done.folder, "nodules-1.rjafroc.imrmc");
    let head = found.len() - expected.len();
    assert_eq!(found[head..], expected);

    let mut ids = vec!["kind,id,number".to_owned(), "reader,ann,1".into(), "reader,bo.b,2".into(), "reader,r-10,3".into()];
    ids.extend((1..).zip(&by_truth).map(|(n, c)| format!("case,{},{n}", case_id(*c))));
    assert_eq!(lines(&done.folder, "nodules-1.open-look.rjafroc.ids.csv"), ids);
}

#[test]
fn ids_are_in_the_safe_subset_and_the_manifest_says_what_was_looked_at() {
    let (place, record) = studied(0);
    let done = exported(Format::Imrmc, &place, &record, Some(&truth(&place)));
    for name in ["nodules-1.imrmc", "nodules-1.rjafroc.imrmc"] {
        let all = lines(&done.folder, name);
        let data = all.iter().skip_while(|l| *l != "BEGIN DATA:").skip(1);
        let safe = |c: char| c.is_ascii_alphanumeric() || "_-.,".contains(c);
        assert!(data.clone().all(|l| l.chars().all(safe) && l.split(',').count() == 4), "{name}");
        assert_eq!(data.clone().filter(|l| l.starts_with("truth,") || l.starts_with("-1,")).count(), 12, "one truth row a case");
    }
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(done.folder.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["tiresias_export"], 3);
    assert_eq!(manifest["open_look"], true);
    assert!(manifest["open_look_statement"].as_str().unwrap().contains("before a database lock"));
    assert_eq!(manifest["protocol"], place.study.protocol().hash().to_string());
    assert_eq!(manifest["record_head"], record.head().head.to_string());
    assert_eq!(manifest["rating_question"], "confidence");
    let hashes: BTreeMap<String, String> = serde_json::from_value(manifest["files"].clone()).unwrap();
    assert_eq!(hashes.len(), 3);
    for (name, hash) in hashes {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(fs::read(done.folder.join(&name)).unwrap());
        assert_eq!(hash, digest.iter().map(|b| format!("{b:02x}")).collect::<String>(), "{name}");
    }
    assert!(done.open_look && done.notes.iter().any(|n| n.contains("sign of a difference")));
}

#[test]
fn missing_reads_are_left_out_and_rjafroc_gets_no_file() {
    let (place, record) = studied(5);
    let done = exported(Format::Imrmc, &place, &record, Some(&truth(&place)));
    assert_eq!(done.files, ["manifest.json", "nodules-1.incomplete.imrmc"]);
    assert!(done.incomplete);
    let all = lines(&done.folder, "nodules-1.incomplete.imrmc");
    assert!(all.iter().any(|l| l == "Incomplete - 5 of 72 reads are not locked yet"), "{:?}", &all[..6]);
    assert_eq!(all.iter().filter(|l| l.starts_with("r-10,")).count(), 24 - 5);
    assert_eq!(all.iter().filter(|l| l.starts_with("truth,")).count(), 12);
    assert!(!all.iter().any(|l| l.ends_with(',') || l.contains("NA")));
    let refused: Vec<_> = done.notes.iter().filter(|n| n.contains("RJafroc")).collect();
    assert!(matches!(refused.as_slice(), [one] if one.contains("5 of 72 scores are missing")), "{:?}", done.notes);
}

#[test]
fn a_class_that_is_too_small_for_one_program_is_said() {
    // Of the last reader's second condition 2 reads are left: at most 2 with the signal.
    let (place, record) = studied(10);
    let done = exported(Format::Imrmc, &place, &record, Some(&truth(&place)));
    assert!(
        done.notes.iter().any(|n| n.contains("\"r-10\"") && n.contains("\"second\"") && n.contains("without a word")),
        "{:?}",
        done.notes
    );
}

#[test]
fn hidden_repeats_are_in_the_sheet_and_not_in_the_scores() {
    // One reader, who meets the last case of the list once more under a new code.
    let mut bundle: serde_json::Value = serde_json::from_str(&bundles(&["ann"], CASES)[0].to_json()).unwrap();
    let reads = bundle["reads"].as_array_mut().unwrap();
    let mut again = reads.last().unwrap().clone();
    again["case"] = "ZZ-Z".into();
    again["repeat"] = 2.into();
    reads.push(again);
    let bundle = Bundle::parse(bundle.to_string().as_bytes(), &protocol()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let study = Study::create(&dir.path().join("study"), PROTOCOL, &[bundle]).unwrap();
    let place = Place { study, dir };
    let mut record = place.study.open_record(BUILD).unwrap();
    let mut r = Reading::new(place.study.rules(&reader("ann")).unwrap());
    record.append(&r.must(start())).unwrap();
    while r.state.next().is_some() {
        let rating = if r.next_read().repeat == 2 { 99 } else { 1 };
        record.append(&r.read_next(rating, &[])).unwrap();
    }
    let done = exported(Format::Imrmc, &place, &record, Some(&truth(&place)));
    assert_eq!(done.files.len(), 4, "the design is complete without the repeat");
    assert!(done.notes.iter().any(|n| n.starts_with("1 hidden repeat")), "{:?}", done.notes);
    let scores = lines(&done.folder, "nodules-1.imrmc");
    assert_eq!(scores.iter().filter(|l| l.starts_with("ann,") && l.ends_with(",1")).count(), 24);
    assert!(!scores.iter().any(|l| l.ends_with(",99")));
    let sheet = try_export(Format::Csv, &place.study, &record, None, &place.path("sheet")).unwrap();
    assert_eq!(lines(&sheet.folder, "nodules-1.reads.csv").iter().filter(|l| l.contains(",2,ZZ-Z,") && l.ends_with(",99,")).count(), 1);
    let pairs = try_export(Format::Agreement, &place.study, &record, None, &place.path("pairs")).unwrap();
    let pairs = lines(&pairs.folder, "nodules-1.agreement.csv");
    assert_eq!(pairs[0], "reader,condition,package,repeat,first,again,first_reading_s,again_reading_s");
    assert!(pairs.len() == 2 && pairs[1].starts_with("ann,") && pairs[1].ends_with(",2,1,99,2.6,2.6"), "{pairs:?}");
}

#[test]
fn the_score_sheet_has_a_row_for_each_locked_read() {
    let (place, record) = studied(0);
    let done = exported(Format::Csv, &place, &record, None);
    assert_eq!(done.files, ["manifest.json", "nodules-1.dictionary.json", "nodules-1.marks.csv", "nodules-1.reads.csv"]);
    let sheet = lines(&done.folder, "nodules-1.reads.csv");
    let header = "reader,condition,repeat,case,package,record,opened_utc,locked_utc,reading_s,ai_shown_utc,amended,unusual,marks,rating,not_evaluable,answer.confidence,answer.recall";
    assert_eq!((sheet[0].as_str(), sheet.len()), (header, 73));
    for row in &sheet[1..] {
        let v: Vec<&str> = row.split(',').collect();
        let number = READERS.iter().position(|r| *r == v[0]).unwrap();
        let case = (1..=CASES).find(|c| package(*c).to_string() == v[4]).unwrap();
        let bundle = &place.study.bundles()[&reader(v[0])];
        let assigned = bundle.reads().iter().find(|r| r.package == package(case)).unwrap();
        assert_eq!(v[3], assigned.case.as_str());
        // The simulated reader takes 2,600 ms, and 1,000 for each mark.
        let (marks, time) = if case == 5 { ("2", "4.6") } else { ("0", "2.6") };
        let expected = ["1", v[3], v[4]];
        assert_eq!(v[2..5], expected);
        let rating = score(number, case, v[1]).to_string();
        assert_eq!(v[8..], [time, "", "", "", marks, &rating, "", &rating, ""]);
        assert!(v[6].starts_with("2023-11-14T") && v[6].ends_with('Z') && v[6] < v[7]);
    }
    let marks = lines(&done.folder, "nodules-1.marks.csv");
    assert_eq!(marks[0], "reader,condition,repeat,case,package,mark,rating,class,form,x_mm,y_mm,z_mm,points,image,frame,column,row");
    assert_eq!(marks.len(), 1 + 3 * 2 * 2);
    assert!(marks[1].ends_with(",1,61,,point,61,-1.5,0.1,61 -1.5 0.1,2.25.1234,0,61,1.5"), "{}", marks[1]);
    let manifest = fs::read_to_string(done.folder.join("manifest.json")).unwrap();
    assert!(!done.open_look && manifest.contains("\"open_look\": false") && !manifest.contains("C1"));
}

#[test]
fn what_cannot_be_exported_is_one_sentence_and_leaves_nothing() {
    let (place, record) = studied(0);
    let good = truth(&place);
    let text = fs::read_to_string(place.path("desk/truth.csv")).unwrap();
    let out = place.path("out");
    let refused = |text: &str| {
        let truth = Truth::parse(text.as_bytes(), "truth.csv").unwrap();
        scored(&place.study, &record, &truth).expect_err("refused").to_string()
    };
    let without = |case: &str| text.lines().filter(|l| !l.starts_with(case)).map(|l| format!("{l}\n")).collect::<String>();
    assert!(refused(&without("C7")).contains("It has no row for the case in `packages/"), "{}", refused(&without("C7")));
    let unknown = refused(&format!("{text}X,{},1\n", package(200)));
    assert!(unknown.starts_with("truth.csv, line 14: The case \"X\" is in no bundle"), "{unknown}");
    let one_class = Truth::parse(text.replace(",1\n", ",0\n").as_bytes(), "truth.csv").unwrap();
    assert_eq!(try_export(Format::Imrmc, &place.study, &record, Some(&one_class), &out), Err(ExportError::OneClass));
    for format in Format::ALL.into_iter().filter(|f| f.needs_truth()) {
        assert_eq!(try_export(format, &place.study, &record, None, &out), Err(ExportError::NeedsTruth(format)));
    }
    assert!(!out.exists());
    fs::create_dir(&out).unwrap();
    fs::write(out.join("mine"), "x").unwrap();
    assert_eq!(try_export(Format::Imrmc, &place.study, &record, Some(&good), &out), Err(ExportError::Occupied));
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
    assert!("xlsx".parse::<Format>().is_err() && "csv".parse() == Ok(Format::Csv));
    let fresh = Place::new(&["r1"], 1);
    let empty = fresh.study.open_record(BUILD).unwrap();
    assert_eq!(try_export(Format::Csv, &fresh.study, &empty, None, &fresh.path("out")), Err(ExportError::NothingLocked));
    assert!(matches!(Truth::read(&fresh.path("none.csv")), Err(TruthError::Unreadable { .. })));
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    let (place, record) = studied(0);
    let truth = truth(&place);
    let gathered = Gathered::of_workstation(&place.study, &record).unwrap();
    let (scored, meeting) = (scored(&place.study, &record, &truth).unwrap(), look(&gathered));
    let request = Request { gathered: &gathered, scored: Some((&scored, &meeting)), allow_incomplete: true, signer: None, reports: None };
    let [a, b] = ["a", "b"].map(|name| export(Format::All, request, &place.path(name)).unwrap());
    assert!(a.files.len() > 15, "{:?}", a.files);
    for name in &a.files {
        assert_eq!(fs::read(a.folder.join(name)).unwrap(), fs::read(b.folder.join(name)).unwrap(), "{name}");
    }
}

#[test]
fn an_incomplete_study_is_exported_on_request_and_only_where_that_is_possible() {
    let (place, record) = studied(5);
    let scored = scored(&place.study, &record, &truth(&place)).unwrap();
    let gathered = Gathered::of_workstation(&place.study, &record).unwrap();
    let meeting = look(&gathered);
    let of = |format: Format, allow_incomplete: bool, name: &str| {
        let request = Request { gathered: &gathered, scored: Some((&scored, &meeting)), allow_incomplete, signer: None, reports: None };
        export(format, request, &place.path(name))
    };
    for format in Format::ALL {
        assert_eq!(of(format, false, "out"), Err(ExportError::Unfinished { left: 5, of: 72 }), "{}", format.word());
    }
    let marks = of(Format::Rjafroc, true, "out").expect_err("no lesions").to_string();
    assert!(marks.contains("The truth has no lesions"), "{marks}");
    for format in [Format::OrDbm, Format::Mrmcaov] {
        let error = of(format, true, "out").expect_err(format.word()).to_string();
        assert!(error.contains("Write `imrmc`") && error.ends_with("Here 5 of 72 scores are missing."), "{error}");
    }
    let all = of(Format::All, true, "all").unwrap();
    let named = |name: &&String| name.contains(".incomplete.") || name.starts_with("manifest");
    assert!(all.files.iter().all(|name| named(&name)) && all.incomplete, "{:?}", all.files);
    for word in ["rjafroc", "ordbm", "mrmcaov"] {
        assert!(all.notes.iter().any(|n| n.starts_with(&format!("`{word}` was not written: "))), "{:?}", all.notes);
    }
    assert!(fs::read_to_string(all.folder.join("manifest.json")).unwrap().contains("\"incomplete\": [\n    5,\n    72\n  ]"));
}

#[test]
fn an_early_look_is_written_down_and_marks_every_file() {
    let (place, record) = studied(0);
    let gathered = Gathered::of_workstation(&place.study, &record).unwrap();
    assert_eq!(meet(&gathered, None, None, Purpose::Seeing), Err(ClosingError::Open));
    let refused = meet(&gathered, None, Some(Early { reason: "", utc_ms: 5 }), Purpose::Seeing);
    assert_eq!(refused, Err(ClosingError::Reason("An early look")));
    let looks = place.study.root().join("early-looks.json");
    assert!(!looks.exists());
    let open = try_export(Format::All, &place.study, &record, Some(&truth(&place)), &place.path("open")).unwrap();
    let says = |name: &String| {
        name.contains("open-look") || fs::read_to_string(open.folder.join(name)).is_ok_and(|t| t.to_lowercase().contains("open look"))
    };
    let in_name: Vec<_> = open.files.iter().filter(|f| f.contains(".open-look.")).collect();
    // Without lesions in the truth there is no workbook of marks. Tables of ids number cases without the signal first.
    assert_eq!(in_name.len(), 9, "{in_name:?}");
    let said: Vec<&String> = open.files.iter().filter(|name| says(name)).collect();
    assert!(said.iter().any(|f| f.ends_with(".imrmc")) && said.iter().any(|f| f.ends_with(".lrc")), "{said:?}");
    let written = fs::read_to_string(&looks).unwrap();
    assert!(written.contains("\"reason\": \"a test\"") && written.contains("\"reads\": 72"), "{written}");
    let manifest = fs::read_to_string(open.folder.join("manifest.json")).unwrap();
    assert!(manifest.contains("\"early_looks\": [") && manifest.contains("\"closed\": null"), "{manifest}");
    // What was changed in it is noticed as soon as there are accounts, whose names it would need.
    fs::write(&looks, written.replace("tiresias_early_looks\": 1", "tiresias_early_looks\": 2")).unwrap();
    assert_eq!(meet(&gathered, None, None, Purpose::Seeing), Err(ClosingError::Form("early-looks.json")));
}

#[test]
fn what_was_changed_in_an_export_is_named() {
    let (place, record) = studied(0);
    let done = exported(Format::All, &place, &record, Some(&truth(&place)));
    let intact = verify_export(&done.folder).unwrap();
    assert_eq!((intact.files, intact.signature), (done.files.len() - 1, None));
    fs::write(done.folder.join("more.txt"), "x").unwrap();
    assert_eq!(verify_export(&done.folder), Err(NotIntact::Stranger("more.txt".into())));
    fs::remove_file(done.folder.join("more.txt")).unwrap();
    let lrc = done.folder.join("nodules-1.lrc");
    fs::write(&lrc, fs::read_to_string(&lrc).unwrap().replace("L", "S")).unwrap();
    assert_eq!(verify_export(&done.folder), Err(NotIntact::Changed("nodules-1.lrc".into())));
}
