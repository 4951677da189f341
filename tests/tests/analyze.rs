//! `tiresias analyze`: the fields of its document, the numbers of published tools, a study through the record, and every trap as one sentence.

#![forbid(unsafe_code)]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use tiresias_tests::run::{Ran, tiresias};
use tiresias_tests::simulated::{package, read_all, study};
use tiresias_tests::{Walk, fixtures, shared};

fn file(name: &str) -> Option<PathBuf> {
    let folders = [Some(fixtures().join("mrmc")), shared().map(|s| s.join("reference/mrmc"))];
    folders.into_iter().flatten().map(|folder| folder.join(name)).find(|path| path.exists())
}

fn ran(arguments: &[&str]) -> Ran {
    tiresias(arguments).unwrap_or_else(|e| panic!("{e}"))
}
fn json(arguments: &[&str]) -> Value {
    let done = ran(&[&["analyze", "--json"], arguments].concat()).done().unwrap_or_else(|e| panic!("{e}"));
    done.json().unwrap_or_else(|e| panic!("{e}"))
}
fn number(json: &Value, path: &str) -> f64 {
    json.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number {path}"))
}
/// Within a tolerance, absolute or relative to the expected number.
fn near(json: &Value, path: &str, expected: f64, tolerance: f64) {
    let found = number(json, path);
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{path}: {found}, expected {expected}");
}

#[test]
fn the_document_has_its_fields() {
    let found = json(&[&file("imrmc_demo.csv").expect("it travels").display().to_string()]);
    for field in ["fom", "design", "n", "readers", "or", "dbm", "ustat", "agreement", "conventions", "notes"] {
        assert!(found.get(field).is_some(), "no {field}");
    }
    for path in [
        "/n/normals",
        "/n/diseased",
        "/n/missing",
        "/readers/0/normals",
        "/readers/0/fom",
        "/readers/0/variance_delong",
        "/readers/0/ci/1",
        "/readers/0/sens_at_spec/0.9",
        "/readers/0/pauc_fpf/0-0.2",
        "/readers/0/roc/1/0",
        "/or/delong/covariance/var",
        "/or/unbiased/covariance/cov3",
        "/or/jackknife/components/reader",
        "/or/jackknife/components/modality_reader",
        "/or/jackknife/mean_squares/tr",
        "/or/jackknife/rrrc/f",
        "/or/jackknife/rrrc/df1",
        "/or/jackknife/rrrc/means/0/se",
        "/or/jackknife/rrrc/differences/0/t",
        "/or/jackknife/frrc/chi2",
        "/or/jackknife/frrc/readers/0/p",
        "/or/jackknife/rrfc/df2",
        "/dbm/mean_squares/trc",
        "/dbm/frrc/f",
        "/ustat/2/variance_v",
        "/ustat/2/moments/m8",
        "/ustat/2/df_bdg",
        "/ustat/2/p_hillis",
        "/agreement/krippendorff/ordinal",
        "/agreement/icc/icc2",
    ] {
        number(&found, path);
    }
    assert!(found["ustat"][0]["b"].is_null() && found["conventions"]["df_rounding"] == "none");
    assert_eq!(found["n"]["modalities"], serde_json::json!(["testA", "testB"]));
}

#[test]
fn numbers_are_those_of_published_tools() {
    // notes/mrmc.md section 3.
    let demo = json(&[&file("imrmc_demo.csv").expect("it travels").display().to_string(), "--df", "imrmc-java"]);
    near(&demo, "/or/jackknife/rrrc/f", 0.584_742_98, 1e-6);
    near(&demo, "/or/jackknife/rrrc/df2", 7.496_293_4, 1e-6);
    near(&demo, "/or/jackknife/frrc/chi2", 1.753_678_8, 1e-6);
    near(&demo, "/ustat/2/estimate", -0.054_125, 1e-9);
    near(&demo, "/ustat/2/variance", 0.004_989_509_1, 1e-9);
    near(&demo, "/ustat/2/df_bdg", 7.350_069_7, 1e-6);
    near(&demo, "/ustat/2/p", 0.468_575_98, 1e-6);
    let mut walk = Walk::new();
    let mut there = |name: &str| {
        let found = file(name);
        walk.count(found.is_some());
        found.map(|path| path.display().to_string())
    };
    if let Some(vandyke) = there("vandyke.csv") {
        let found = json(&[&vandyke]);
        near(&found, "/or/jackknife/rrrc/df2", 15.259_675, 1e-6);
        near(&found, "/or/delong/rrrc/f", 4.484_854_3, 1e-6);
        near(&found, "/dbm/frrc/p", 0.021_035_0, 1e-6);
        near(&found, "/agreement/by_modality/0/krippendorff/ordinal", 0.629_591_4, 1e-6);
        near(&found, "/agreement/by_modality/1/icc/icc2", 0.807_208_0, 1e-6);
    }
    if let Some(kundel) = there("kundel.csv") {
        let found = json(&[&kundel]);
        assert_eq!((found["design"].as_str(), found["dbm"].is_null()), (Some("partial"), true));
        near(&found, "/ustat/3/df_bdg", 41.909_386, 1e-6);
    }
    if let Some(franken) = there("franken.csv") {
        let found = json(&[&franken]);
        assert!(found["ustat"][2]["p"].is_null() && number(&found, "/ustat/2/variance") < 0.0);
        assert!(found["notes"].to_string().contains("estimated as negative"));
        near(&found, "/or/jackknife/frrc/chi2", 0.321_013_47, 1e-6);
    }
    if let (Some(marks), Some(truth)) = (there("fed_froc_marks.csv"), there("fed_froc_truth.csv")) {
        let of = |fom: &str| json(&[&marks, "--truth", &truth, "--fom", fom]);
        near(&of("wafroc"), "/or/jackknife/rrrc/f", 7.800_299_7, 1e-6);
        near(&of("afroc"), "/or/jackknife/rrrc/f", 8.508_343_2, 1e-6);
        near(&of("hrauc"), "/or/jackknife/rrrc/df2", 16.803_749, 1e-6);
    }
    if let Some(lroc) = there("cadlroc.csv") {
        let found = json(&[&lroc, "--fom", "lroc@0.2"]);
        near(&found, "/readers/0/fom", 0.100_538, 1e-5);
        near(&json(&[&lroc, "--fom", "auc"]), "/readers/1/fom", 0.826_875, 1e-6);
    }
    walk.report("analyses by the command against published tools");
}

/// A study of 2 conditions, 3 readers and 20 cases, read through the record.
struct Place {
    dir: TempDir,
}

const READERS: [&str; 3] = ["ann", "bo", "cy"];
const CASES: u8 = 20;
fn diseased(case: u8) -> bool {
    case.is_multiple_of(2)
}
fn rating(reader: &str, case: u8, condition: &str) -> i32 {
    let reader = READERS.iter().position(|r| *r == reader).unwrap() as i32;
    let better = if condition == "second" { 25 } else { 12 };
    (i32::from(case) * 17 + reader * 13) % 60 + if diseased(case) { better } else { 0 }
}

impl Place {
    fn new(left: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let study = study(&dir.path().join("study"), &READERS, CASES).unwrap();
        let case_of = |hash| (1..=CASES).find(|c| package(*c) == hash).unwrap();
        read_all(&study, left, |reader, next| rating(reader, case_of(next.package), next.read.condition.as_str())).unwrap();
        let rows = (1..=CASES).map(|c| format!("C{c},{},{}\n", package(c), u8::from(diseased(c))));
        let text: String = std::iter::once("case,package,truth\n".to_owned()).chain(rows).collect();
        fs::write(dir.path().join("truth.csv"), text).unwrap();
        // The same scores, as the simulation knows them.
        let mut long = "modality,reader,case,truth,score\n".to_owned();
        for condition in ["unaided", "second"] {
            for reader in READERS {
                for c in 1..=CASES {
                    long.push_str(&format!("{condition},{reader},C{c},{},{}\n", u8::from(diseased(c)), rating(reader, c, condition)));
                }
            }
        }
        fs::write(dir.path().join("scores.csv"), long).unwrap();
        Self { dir }
    }
    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }
}

#[test]
fn a_study_gives_the_numbers_of_its_scores() {
    let place = Place::new(0);
    let (study, truth) = (place.path("study"), place.path("truth.csv"));
    let found = json(&[&study, "--truth", &truth, "--fom", "auc", "--early-look", "a test"]);
    let direct = json(&[&place.path("scores.csv")]);
    // A file's modalities are in the order of their names, the study's in that of its protocol.
    assert_eq!((&found["n"]["modalities"][0], &direct["n"]["modalities"][1]), (&Value::from("unaided"), &Value::from("unaided")));
    for path in ["/or/jackknife/rrrc/f", "/or/delong/rrrc/df2", "/dbm/rrrc/p", "/ustat/2/variance", "/agreement/krippendorff/interval"] {
        near(&found, path, number(&direct, path), 1e-12);
    }
    near(&found, "/ustat/2/estimate", -number(&direct, "/ustat/2/estimate"), 1e-12);
    assert_eq!((&found["open_look"], found["scored"]["truth_version"].as_u64()), (&Value::from(true), Some(1)));
    assert!(found["notes"].to_string().contains("this was an open look") && direct["open_look"].is_null());
    let words = ran(&["analyze", &study, "--truth", &truth, "--fom", "auc", "--early-look", "another"]).done().unwrap().out;
    assert!(
        words.starts_with("auc: 2 modalities, 3 readers, 10 cases without and 10 with the signal")
            && words.contains("open look")
            && words.contains("There were 2 early looks"),
        "{words}"
    );
    let incomplete = Place::new(1);
    let found = json(&[&incomplete.path("study"), "--truth", &incomplete.path("truth.csv"), "--fom", "auc", "--early-look", "a test"]);
    assert_eq!((found["n"]["missing"].as_u64(), found["design"].as_str()), (Some(1), Some("partial")));
}

/// Subgroups by covariates of cases: each is the analysis of its cases alone, from a file of scores and from a study; and conditions by period.
#[test]
fn subgroups_are_those_of_a_file_of_covariates() {
    let place = Place::new(0);
    let scores = place.path("scores.csv");
    let text = fs::read_to_string(&scores).unwrap();
    let cases: Vec<u8> = (1..=CASES).collect();
    let mut seen = [0, 0];
    let sites: Vec<(u8, &str)> = cases
        .iter()
        .map(|case| {
            let count = &mut seen[usize::from(diseased(*case))];
            *count += 1;
            (*case, if *count % 2 == 0 { "north" } else { "south" })
        })
        .collect();
    let rows: String = sites.iter().map(|(case, site)| format!("C{case},{site},{}\n", case % 2)).collect();
    let covariates = place.path("covariates.csv");
    fs::write(&covariates, format!("case,Site,empty band\n{rows}")).unwrap();
    let found = json(&[&scores, "--covariates", &covariates]);
    let study = [&place.path("study"), "--truth", &place.path("truth.csv"), "--fom", "auc", "--early-look", "a test"];
    let of_study = json(&[&study[..], &["--covariates", &covariates]].concat());
    assert_eq!((&found["subgroups"][0]["covariate"], &found["subgroups"][0]["is_planned"]), (&Value::from("site"), &Value::from(false)));
    for (at, wanted) in ["north", "south"].into_iter().enumerate() {
        let own = |line: &str| sites.iter().any(|(case, site)| *site == wanted && line.contains(&format!(",C{case},")));
        let part: String = text.lines().enumerate().filter(|(n, l)| *n == 0 || own(l)).map(|(_, l)| format!("{l}\n")).collect();
        let file = place.path(&format!("{wanted}.csv"));
        fs::write(&file, part).unwrap();
        let alone = number(&json(&[&file]), "/or/jackknife/rrrc/differences/0/estimate");
        assert_eq!(found["subgroups"][0]["subgroups"][at]["value"], wanted);
        let path = format!("/subgroups/0/subgroups/{at}");
        near(&found, &format!("{path}/estimate"), alone, 1e-12);
        // A study's conditions are in the order of its protocol, a file's in that of their names.
        near(&of_study, &format!("{path}/estimate"), -alone, 1e-12);
        assert_eq!(number(&found, &format!("{path}/normals")) + number(&found, &format!("{path}/diseased")), 10.0);
    }
    near(&of_study, "/subgroups/0/interaction/p", number(&found, "/subgroups/0/interaction/p"), 1e-9);
    let said = ran(&["analyze", &scores, "--covariates", &covariates]).done().unwrap().out;
    assert!(said.contains("site") && said.contains("north"), "{said}");
    // Each of 3 readers read 20 cases in 2 conditions, one of them first.
    let periods = of_study["periods"].as_array().expect("periods");
    let reads = |period: u64| periods.iter().filter(|p| p["period"] == period).filter_map(|p| p["reads"].as_u64()).sum::<u64>();
    assert_eq!([reads(1), reads(2)], [60, 60], "{periods:#?}");

    let check = |text: &str, words: &[&str]| {
        fs::write(&covariates, text).unwrap();
        let refused = ran(&["analyze", &scores, "--covariates", &covariates]);
        let said = refused.sentence(2).unwrap();
        assert!(words.iter().all(|w| said.contains(w)), "{said}");
    };
    check("case,site\nC1,a\nC1,b\n", &["covariates.csv", "line 3", "twice"]);
    check("site\na\n", &["covariates.csv", "line 1", "case"]);
}

#[test]
fn what_cannot_be_analysed_is_one_sentence() {
    let place = Place::new(0);
    let scores = place.path("scores.csv");
    let text = fs::read_to_string(&scores).unwrap();
    let written = |name: &str, text: &str| {
        fs::write(place.path(name), text).unwrap();
        place.path(name)
    };
    let check = |arguments: &[&str], words: &[&str]| {
        let refused = ran(&[&["analyze"], arguments].concat());
        let said = refused.sentence(2).unwrap_or_else(|e| panic!("{arguments:?}: {e}"));
        assert!(words.iter().all(|w| said.contains(w)) && !said.contains("(from 0)"), "{said}");
    };
    let normal: String = text.lines().filter(|l| !l.contains(",1,")).map(|l| format!("{l}\n")).collect();
    check(&[&written("normal.csv", &normal)], &["normal.csv", "No case is diseased"]);
    check(&[&written("twice.csv", &format!("{text}second,ann,C1,0,3\n"))], &["twice.csv", "line 122"]);
    let first = text.lines().nth(1).unwrap();
    let none = format!("{},NA", first.rsplit_once(',').unwrap().0);
    check(&[&written("na.csv", &text.replacen(first, &none, 1))], &["na.csv", "line 2"]);
    check(&[&written("none.docx", "")], &["none.docx", ".imrmc"]);
    check(&[&scores, "--fom", "wafroc"], &["wafroc", "one rating a case", "auc"]);
    check(&[&scores, "--fom", "area"], &["auc, wafroc"]);
    for option in [["--radius", "5"], ["--desk", "."], ["--as", "stat"], ["--early-look", "curious"]] {
        check(&[&[scores.as_str()], &option[..]].concat(), &["scores.csv", option[0], "a file of scores"]);
    }
    check(&[&place.path("nothing.csv")], &["nothing.csv", "cannot be read"]);
    check(&[&place.path("study")], &["truth.json", "--truth"]);
    check(&[&place.path("study"), "--truth", &place.path("truth.csv")], &["Reading is not closed", "--early-look"]);
    let look = ["--early-look", "a test"];
    check(&[&[place.path("study").as_str(), "--truth", &place.path("truth.csv")], &look[..]].concat(), &["The truth has no lesions"]);
    let unknown = fs::read_to_string(place.path("truth.csv"))
        .unwrap()
        .replace("C4,", "C4444,")
        .replace(&package(5).to_string(), &package(200).to_string());
    let other = written("other.csv", &unknown);
    check(&[&[place.path("study").as_str(), "--truth", &other], &look[..]].concat(), &["other.csv, line 6", "in no bundle of this study"]);
    // Carriage returns and a byte order mark are no fault.
    let windows = written("windows.csv", &format!("\u{feff}{}", text.replace('\n', "\r\n")));
    near(&json(&[&windows]), "/ustat/0/estimate", number(&json(&[&scores]), "/ustat/0/estimate"), 0.0);
    // One reader, constant scores: numbers where there are some, and sentences.
    let one: String = text.lines().filter(|l| l.starts_with("modality") || l.contains(",ann,")).map(|l| format!("{l}\n")).collect();
    let found = json(&[&written("one.csv", &one)]);
    assert!(found["or"]["delong"]["rrrc"].is_null() && found["notes"].to_string().contains("There is one reader"));
    let flat: String = text
        .lines()
        .map(|l| if l.starts_with("modality") { format!("{l}\n") } else { format!("{},3\n", l.rsplit_once(',').unwrap().0) })
        .collect();
    let found = json(&[&written("flat.csv", &flat)]);
    near(&found, "/readers/0/fom", 0.5, 0.0);
    assert!(!found.to_string().contains("NaN") && found["or"]["delong"]["rrrc"]["p"].is_null());
}

#[test]
fn an_analysis_is_measured_beside_its_floor() {
    let found = ran(&["bench", "analyze", "--readers", "4", "--cases", "60", "--json"]).done().and_then(|r| r.json()).unwrap();
    assert_eq!((found["what"].as_str(), found["input"]["readers"].as_u64()), (Some("analyze"), Some(4)));
    for path in ["/ours/or_and_ustat_ms", "/floor/delong_ms", "/ratio/to_delong"] {
        assert!(number(&found, path) > 0.0, "{path}");
    }
    assert!(found["floor"]["script_ms"].is_null());
}
