//! Tests of truth files: both forms say the same, and each fault is one sentence with its line.

use super::*;
use crate::accounts::{Account, Kind, Passphrase};
use crate::bundle::TrainingCase;
use crate::desk::{DeskCase, ListedCase};
use tiresias_words::{AccountId, ImagePoint, Outline};

fn package(n: u8) -> ContentHash {
    hash::of_bytes(&[n])
}
fn simple() -> String {
    let rows = (0..4).map(|n| format!("C-{n},{},{}\n", package(n), n % 2));
    std::iter::once("case,package,truth\n".to_owned()).chain(rows).collect()
}
fn full() -> String {
    let head = "# tiresias_truth: 1\n# version: 3\n# source: histology, or two years of follow-up\n# by: panel A\n# date: 2026-03-01\n# a remark\n";
    let columns = "truth,case,unit,lesion,ignore,x_mm,y_mm,z_mm,radius_mm,weight,image,frame,column,row,column_mm,row_mm\n";
    let rows = [
        "1,C-1,,,,,,,,,,,,,,",
        ",C-1,,L1,,1.5,-2,30,4,0.25,,,,,,",
        "1,C-1,,L2,,,,,,0.75,,,,,,",
        ",C-1,,,R1,9,9,9,20,,,,,,,",
        "0,C-2,,,,,,,,,,,,,,",
        ",C-3,,,,,,,,,,,,,,",
        "0,C-3,left,,,,,,,,,,,,,",
        "1,C-3,right,,,,,,,,,,,,,",
        ",C-3,,M,,,,,2,,1.2.3,4,10,20.5,0.5,0.25",
    ];
    format!("{head}{columns}{}\n", rows.join("\n"))
}
const JSON: &str = r#"{"tiresias_truth": 1, "version": 3, "source": "histology, or two years of follow-up", "by": "panel A", "date": "2026-03-01",
"cases": [
{"case": "C-1", "truth": 1,
 "lesions": [
  {"lesion": "L1", "at_mm": [1.5, -2, 30], "radius_mm": 4, "weight": 0.25},
  {"lesion": "L2", "weight": 0.75}],
 "ignore": [{"region": "R1", "at_mm": [9, 9, 9], "radius_mm": 20}]},
{"case": "C-2", "truth": 0},
{"case": "C-3", "units": [{"unit": "left", "truth": 0},
  {"unit": "right", "truth": 1}],
 "lesions": [{"lesion": "M", "radius_mm": 2, "image": "1.2.3", "frame": 4, "pixel": [10, 20.5], "spacing_mm": [0.5, 0.25]}]}
]}"#;

fn without_lines(truth: &Truth) -> Vec<CaseTruth> {
    let mut cases = truth.cases().to_vec();
    for case in &mut cases {
        case.line = 0;
        case.lesions.iter_mut().for_each(|l| l.line = 0);
        case.ignored.iter_mut().for_each(|r| r.line = 0);
    }
    cases
}

#[test]
fn both_forms_say_the_same() {
    let csv = Truth::parse(full().as_bytes(), "t.csv").unwrap();
    let json = Truth::parse(JSON.as_bytes(), "t.JSON").unwrap();
    assert_eq!((without_lines(&csv), csv.provenance()), (without_lines(&json), json.provenance()));
    let provenance =
        Provenance { version: 3, source: "histology, or two years of follow-up".into(), by: "panel A".into(), date: "2026-03-01".into() };
    assert_eq!(csv.provenance(), &provenance);
    let [one, two, three] = csv.cases() else { panic!("three cases") };
    assert_eq!((one.signal, two.signal, three.signal), (true, false, true));
    assert_eq!(one.lesions[0].place, Some(Place::Patient(PatientPoint::new(1.5, -2.0, 30.0))));
    assert_eq!((one.lesions[0].radius, one.lesions[1].place.clone(), one.lesions[1].weight), (Some(Mm(4.0)), None, 0.75));
    assert_eq!((one.ignored[0].name.as_str(), one.ignored[0].radius, one.ignored[0].line), ("R1", Some(Mm(20.0)), 11));
    assert_eq!(three.units, [("left".to_owned(), false), ("right".to_owned(), true)].into());
    assert_eq!((csv.cases()[2].line, json.cases()[2].line, json.cases()[0].lesions[1].line), (13, 9, 6));
    assert_ne!(csv.hash(), json.hash());
}

#[test]
fn distances_are_taken_where_there_are_any() {
    let anchor = |image: &str, frame, column, row| ImageAnchor { image: SopUid::new(image).unwrap(), frame, column, row };
    let truth = Truth::parse(full().as_bytes(), "t.csv").unwrap();
    let on_image = truth.cases()[2].lesions[0].place.clone().unwrap();
    let in_patient = truth.cases()[0].lesions[0].place.clone().unwrap();
    let on_an_image = MarkShape::OnImage(Outline::Point(ImagePoint { column: 0.0, row: 0.0 }));
    let point = MarkShape::point(PatientPoint::new(1.5, 1.0, 34.0));
    assert_eq!(in_patient.distance(&point, &anchor("9", 0, 0.0, 0.0)), Some(Mm(5.0)));
    assert_eq!(in_patient.distance(&on_an_image, &anchor("9", 0, 0.0, 0.0)), None);
    assert_eq!(on_image.distance(&on_an_image, &anchor("1.2.3", 4, 16.0, 36.5)), Some(Mm(5.0)));
    assert_eq!(on_image.distance(&point, &anchor("1.2.3", 4, 10.0, 20.5)), Some(Mm(0.0)));
    assert_eq!(on_image.distance(&point, &anchor("1.2.3", 5, 10.0, 20.5)), None);
}

#[test]
fn a_truth_written_by_a_spreadsheet_is_read() {
    let plain = simple();
    let plainly = Truth::parse(plain.as_bytes(), "truth.csv").unwrap();
    assert_eq!(plainly.of_package(&package(3)).map(|c| (c.case.as_str(), c.signal, c.line)), Some(("C-3", true, 5)));
    let same = |text: String| {
        let other = Truth::parse(text.as_bytes(), "truth.csv").unwrap();
        assert_eq!(other.cases(), plainly.cases(), "{text}");
    };
    same(format!("\u{feff}{}", plain.replace('\n', "\r\n")));
    same(plain.replace("C-1", "\"C-1\"").replace(",1\n", ", 1\n"));
    let filled = full().replace("# version: 3\n", "# version: 3,,,,,,,,,,,,,,,\r\n");
    assert_eq!(Truth::parse(filled.as_bytes(), "t.csv").unwrap().provenance().version, 3);
}

#[test]
fn the_desk_knows_the_packages() {
    let desk = |packages: &[(&str, u8)]| {
        let mut desk = Desk::empty(1);
        for (case, n) in packages {
            let listed = ListedCase { package: package(*n), facts: vec![], training: Some(TrainingCase { signal: true }), packed: None };
            desk.add(CaseId::new(*case).unwrap(), listed).unwrap();
        }
        desk
    };
    let truth = || Truth::parse(full().as_bytes(), "t.csv").unwrap();
    assert!(truth().of_package(&package(1)).is_none());
    let joined = truth().with_desk(&desk(&[("C-1", 1), ("C-2", 2), ("C-3", 3), ("T-1", 4)])).unwrap();
    assert_eq!(joined.of_package(&package(2)).map(|c| c.case.as_str()), Some("C-2"));
    let error = truth().with_desk(&desk(&[("C-1", 1), ("C-3", 3)])).unwrap_err().to_string();
    assert_eq!(error, "t.csv, line 12: The desk's list has no case \"C-2\". Name the truth of this study.");
    let own = Truth::parse(simple().as_bytes(), "t.csv").unwrap();
    assert!(own.clone().with_desk(&desk(&[("C-1", 1)])).is_ok());
    let error = own.with_desk(&desk(&[("C-1", 7)])).unwrap_err().to_string();
    assert!(error.starts_with("t.csv, line 3: The desk's list has another package for the case \"C-1\"."), "{error}");
    // The desk writes what is read here.
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("desk");
    let cases: Vec<_> =
        (0..4).map(|n| DeskCase { case: CaseId::new(format!("C-{n}")).unwrap(), package: package(n), signal: n % 2 == 1 }).collect();
    Desk::create(&root, 7, &cases).unwrap();
    assert_eq!(Truth::read(&root.join("truth.csv")).unwrap().cases(), Truth::parse(simple().as_bytes(), "truth.csv").unwrap().cases());
}

#[test]
fn each_fault_is_one_sentence_with_its_line() {
    let refused = |text: &str, file: &str, sentence: &str| {
        let Err(TruthError::Findings(findings)) = Truth::parse(text.as_bytes(), file) else { panic!("{text:?} was taken") };
        assert!(findings.iter().any(|f| f.contains(sentence)), "no {sentence:?} in {findings:?}");
    };
    let finds = |text: &str, sentence: &str| refused(text, "t.csv", sentence);
    let good = simple();
    finds(&good.replace("case,package", "id,package"), "t.csv, line 1: The columns");
    finds(&good.replace("truth\n", "truth,more\n"), "t.csv, line 1: The columns");
    finds(&good.replace("package,truth\n", "truth,truth\n"), "t.csv, line 1: The columns");
    finds(&good.replace("C-2", "C-1"), "t.csv, line 4: The case \"C-1\" stands already on line 3.");
    finds(&good.replace("C-2", "C 2"), "t.csv, line 4: The case is not");
    finds(&good.replacen(",1\n", ",yes\n", 1), "t.csv, line 3: The truth of case \"C-1\" is not 0 or 1.");
    finds(&good.replacen(",1\n", ",\n", 1), "t.csv, line 3: The truth of case \"C-1\" is not 0 or 1.");
    finds(&good.replacen(",1\n", "\n", 1), "t.csv, line 3: There are 2 values instead of 3.");
    let [a, b] = [1_u8, 2].map(|n| package(n).to_string());
    finds(&good.replace(&b, &a), "t.csv, line 4: The package of case \"C-2\" stands already on line 3.");
    finds(&good.replace(&b, "zz"), "is not 64 hexadecimal digits");
    finds("", "t.csv, line 1: The columns");
    finds("case,truth\n", "t.csv, line 1: There is no case in it.");
    let not_text = [good.as_bytes(), b"\xff,\xff,1\n"].concat();
    assert!(matches!(Truth::parse(&not_text, "t.csv"), Err(TruthError::Findings(f)) if f[0].contains("line 6: This is not text")));

    let good = full();
    finds(&good.replace("version: 3", "version: none"), "t.csv, line 2: The version of the truth is not a whole number");
    finds(&good.replace("by: panel A", "by: panel\u{202e}A"), "t.csv, line 4: `by` is not a text");
    finds(&good.replace("1,C-1,,,,,,,,,,,,,,\n", ""), "t.csv, line 8: The case \"C-1\" has no row of its own");
    finds(&good.replace("0,C-2,,,,", "0,C-2,,X,,"), "t.csv, line 12: A lesion is there");
    finds(
        &good.replace("1,C-1,,,,,,,,,,,,,,", "0,C-1,,,,,,,,,,,,,,"),
        "t.csv, line 9: The case \"C-1\" is without the signal and has the lesion \"L1\".",
    );
    finds(&good.replace(",L2,", ",L1,"), "t.csv, line 10: The lesion \"L1\" of case \"C-1\" is there twice.");
    finds(&good.replace("C-3,right", "C-3,left"), "t.csv, line 15: The unit \"left\" of case \"C-3\" is there twice.");
    finds(&good.replace("\n,C-3,,,", "\n0,C-3,,,"), "t.csv, line 13: The case \"C-3\" and its units contradict each other");
    finds(&good.replace("1,C-3,right", ",C-3,right"), "t.csv, line 15: The truth of unit \"right\" is not 0 or 1.");
    finds(&good.replace("0.75", "0.5"), "t.csv, line 8: The weights of the lesions of case \"C-1\" add up to 0.75, and not to 1.");
    finds(&good.replace("0.75", ""), "t.csv, line 8: Some lesions of case \"C-1\" have a weight and some have none.");
    finds(&good.replace("0.75", "-1"), "t.csv, line 10: The weight of lesion \"L2\"");
    finds(&good.replace("1.5,-2,30", "1.5,,30"), "t.csv, line 9: The place of lesion \"L1\" is not three finite numbers");
    finds(&good.replace("1.5,-2,30", "1.5,NaN,30"), "t.csv, line 9: `y_mm` is \"NaN\", which is not a finite number.");
    finds(&good.replace("9,9,9,20", "9,9,9,-1"), "t.csv, line 11: The radius of region \"R1\" is not a distance");
    finds(&good.replace("9,9,9,20", "9,9,9,"), "t.csv, line 11: The region \"R1\" has a centre and no radius.");
    finds(&good.replace("M,,,,,", "M,,1,2,3,"), "t.csv, line 16: The place of lesion \"M\" is given twice");
    finds(&good.replace("1.2.3,4,10", "1.2.3,4.5,10"), "t.csv, line 16: The place of lesion \"M\" on an image is not");
    finds(&good.replace("1.2.3,4,10", ",4,10"), "t.csv, line 16: The place of lesion \"M\" on an image needs");
    finds(&good.replace(",C-1,,L1,", ",C-1,left,L1,"), "t.csv, line 9: A row says one thing");
    finds(&good.replace(",C-1,,L1,", ",C-1,,,"), "t.csv, line 9: `x_mm` stands in a row of neither a lesion nor a region");
    finds(&good.replace("1,C-1,,,,,,,,,,,,,,", "1,C-1,,,,,,,,0.5,,,,,,"), "t.csv, line 8: `weight` stands in a row without a lesion");

    let json = |from: &str, to: &str, sentence: &str| {
        assert!(JSON.contains(from), "{from}");
        refused(&JSON.replacen(from, to, 1), "t.json", sentence);
    };
    json("\"truth\": 0}", "\"truth\": 2}", "t.json, line 8: The truth of this case is not 0 or 1.");
    json("C-2", "C-1", "t.json, line 8: The case \"C-1\" stands already on line 3.");
    json("\"unit\": \"right\"", "\"unit\": \"left\"", "t.json, line 10: The unit \"left\" of case \"C-3\" is there twice.");
    json("\"weight\": 0.75", "\"weihgt\": 1", "t.json, line 6: What stands here does not belong here");
    json("}]}\n]}", "}]}\n]", "t.json, line 12: This is not JSON.");
    json("\"version\": 3", "\"version\": 0", "t.json, line 1: The version of the truth");
    json("\"C-2\"", "\"C\\u002d2\"", "t.json, line 8: What stands here does not belong here");
    let newer = Truth::parse(JSON.replacen("truth\": 1", "truth\": 2", 1).as_bytes(), "t.json");
    assert_eq!(newer, Err(TruthError::Newer { file: "t.json".into(), found: 2 }));
    let newer = Truth::parse(full().replacen("truth: 1", "truth: 9", 1).as_bytes(), "t.csv").unwrap_err().to_string();
    assert!(newer.contains("It has version 9 of the form, and this program reads version 1."), "{newer}");
}

#[test]
fn the_truth_before_stays_and_counts_until_the_new_one_is_there() {
    let phrase = Passphrase::new("a long enough phrase".into()).unwrap();
    let account = Account::create(AccountId::new("stan").unwrap(), Kind::Statistician, "Stan", &phrase, &zeroize::Zeroizing::new([3; 32]));
    let keys = account.unwrap().0.open(&phrase).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("desk");
    let cases: Vec<_> =
        (0..4).map(|n| DeskCase { case: CaseId::new(format!("C-{n}")).unwrap(), package: package(n), signal: n % 2 == 1 }).collect();
    Desk::create(&root, 7, &cases).unwrap();
    let first = std::fs::read(root.join("truth.csv")).unwrap();
    let rows: Vec<String> = (0..4).map(|n| format!("{{\"case\": \"C-{n}\", \"truth\": {}}}", 1 - n % 2)).collect();
    let second = format!("{{\"tiresias_truth\": 1, \"version\": 2, \"cases\": [{}]}}", rows.join(","));
    let file = dir.path().join("second.json");
    std::fs::write(&file, &second).unwrap();
    let added = add_truth(&root, &keys, &file).unwrap();
    assert_eq!((added.hash(), added.provenance().version), (hash::of_bytes(second.as_bytes()), 2));
    assert!(std::fs::read_to_string(root.join("truth.json")).unwrap() == second && !root.join("truth.csv").exists());
    let was = hash::of_bytes(&first).to_string();
    assert_eq!(std::fs::read(root.join(format!("truth.{}.csv", &was[..16]))).unwrap(), first);
    // The disk refuses the next one.
    std::fs::create_dir(root.join("truth.csv.tiresias-part")).unwrap();
    let file = dir.path().join("third.csv");
    std::fs::write(&file, simple()).unwrap();
    assert!(matches!(add_truth(&root, &keys, &file), Err(TruthError::Unwritable(_))));
    assert_eq!(std::fs::read_to_string(root.join("truth.json")).unwrap(), second);
}
