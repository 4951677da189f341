//! `tiresias export` on a simulated study of 2 conditions, 3 readers and 12 cases, line by line against what the simulation knows.
//!
//! The form is that of notes/mrmc.md 1.1, which is what iMRMC (Java and R) and RJafroc were seen to read. Nothing here is derived from
//! the exporter: expected lines are built from the scores that the readers were told to give.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says its figures, its functions too"
)]

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tiresias_reads::study::Study;
use tiresias_tests::run::{Ran, tiresias};
use tiresias_tests::simulated::{package, read_all, study};

/// Names whose order as text is not the order of their numbers.
const READERS: [&str; 3] = ["r1", "r10", "r2"];
const CASES: u8 = 12;
/// As text: `second` is modality A of iMRMC.
const CONDITIONS: [&str; 2] = ["second", "unaided"];

fn case_id(case: u8) -> String {
    format!("CASE-{case}")
}
fn diseased(case: u8) -> bool {
    case.is_multiple_of(4)
}
/// Says where it came from: no two readers give one case the same.
fn score(reader: &str, case: u8, condition: &str) -> i32 {
    let reader = READERS.iter().position(|r| *r == reader).unwrap() as i32;
    (i32::from(case) * 5 + reader * 13 + i32::from(condition == "second") * 31) % 101
}

struct Place {
    dir: TempDir,
    study: Study,
}

impl Place {
    /// A study in which all but the last `left` reads are locked.
    fn new(left: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let study = study(&dir.path().join("study"), &READERS, CASES).unwrap();
        let case_of = |hash| (1..=CASES).find(|c| package(*c) == hash).unwrap();
        read_all(&study, left, |reader, next| score(reader, case_of(next.package), next.read.condition.as_str())).unwrap();
        let mut truth = "case,package,truth\n".to_owned();
        for case in 1..=CASES {
            truth.push_str(&format!("{},{},{}\n", case_id(case), package(case), u8::from(diseased(case))));
        }
        fs::create_dir(dir.path().join("desk")).unwrap();
        fs::write(dir.path().join("desk/truth.csv"), truth).unwrap();
        Self { dir, study }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    fn export(&self, format: &str, truth: Option<&str>, out: &str) -> Ran {
        let mut arguments = vec!["export".to_owned(), self.study.root().display().to_string(), "--format".into(), format.into()];
        arguments.extend(["--out".to_owned(), self.path(out).display().to_string()]);
        arguments.extend(truth.map(|t| format!("--truth={}", self.path(t).display())));
        arguments.extend(truth.map(|_| "--early-look=a test".to_owned()));
        arguments.extend((out == "unfinished").then(|| "--incomplete".to_owned()));
        tiresias(&arguments).unwrap()
    }
}

/// The lines of a text file that ends in LF, without CR, blank lines, spaces about commas, quotes or BOM.
fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert!(text.is_ascii() && text.ends_with('\n'), "{}", path.display());
    assert!(!["\r", "\n\n", " ,", ", ", "\"", "\t"].iter().any(|bad| text.contains(bad)) && !text.starts_with('\n'), "{}", path.display());
    text.lines().map(str::to_owned).collect()
}

/// The data of an iMRMC file, after a check of all that stands above them.
fn data(path: &Path) -> Vec<[String; 4]> {
    let all = lines(path);
    let begin = all.iter().position(|l| l == "BEGIN DATA:").expect("BEGIN DATA:, alone, in capitals, with its colon");
    let head = &all[..begin];
    assert!(head.iter().all(|l| l.trim() == l && l.len() > 1), "a header line of one character stops iMRMC's reader: {head:?}");
    // 12 cases, a third of 4 of them diseased: 3; the four counts are as RJafroc wants them, at the start of a line.
    let counts: Vec<&String> = head.iter().filter(|l| ["NR:", "N0:", "N1:", "NM:"].iter().any(|k| l.starts_with(k))).collect();
    assert_eq!(counts, ["NR: 3", "N0: 9", "N1: 3", "NM: 2"]);
    assert!(head.len() > counts.len(), "a title above the counts");
    let fields = |line: &String| <[String; 4]>::try_from(line.split(',').map(str::to_owned).collect::<Vec<_>>());
    all[begin + 1..].iter().map(|line| fields(line).unwrap_or_else(|f| panic!("not four fields: {f:?}"))).collect()
}

fn row(reader: &str, case: &str, modality: &str, score: i32) -> [String; 4] {
    [reader.to_owned(), case.to_owned(), modality.to_owned(), score.to_string()]
}

#[test]
fn imrmc_of_two_conditions_three_readers_twelve_cases_has_the_exact_form_in_both_flavours() {
    let place = Place::new(0);
    let done = place.export("imrmc", Some("desk/truth.csv"), "out").done().unwrap();
    let out = place.path("out");
    let mut there: Vec<_> = fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    there.sort();
    assert_eq!(there, ["manifest.json", "nodules-1.imrmc", "nodules-1.open-look.rjafroc.ids.csv", "nodules-1.rjafroc.imrmc"]);
    assert!(there.iter().all(|name| done.out.contains(name)));

    // For iMRMC, Java and R: truth by the reader `truth`, ids as they are, everything in the order of text.
    let mut by_text: Vec<u8> = (1..=CASES).collect();
    by_text.sort_by_key(|c| case_id(*c));
    let truth = |case: &u8| row("truth", &case_id(*case), "truth", i32::from(diseased(*case)));
    let mut expected: Vec<_> = by_text.iter().map(truth).collect();
    for reader in READERS {
        for case in &by_text {
            expected.extend(CONDITIONS.map(|condition| row(reader, &case_id(*case), condition, score(reader, *case, condition))));
        }
    }
    assert_eq!(expected.len(), 12 + 2 * 3 * 12);
    assert_eq!(data(&out.join("nodules-1.imrmc")), expected);

    // For RJafroc: truth by the reader -1, ids whole numbers, said in a table beside it.
    let ids: BTreeMap<(String, String), String> = lines(&out.join("nodules-1.open-look.rjafroc.ids.csv"))[1..]
        .iter()
        .map(|line| {
            let [kind, id, number]: [&str; 3] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
            ((kind.to_owned(), id.to_owned()), number.to_owned())
        })
        .collect();
    let number = |kind: &str, id: &str| ids[&(kind.to_owned(), id.to_owned())].clone();
    assert_eq!(ids.len(), 3 + 12);
    let mut wanted: Vec<_> = (1..=CASES)
        .map(|case| row("-1", &number("case", &case_id(case)), "truth", i32::from(diseased(case))))
        .chain(READERS.into_iter().flat_map(|reader| {
            let (ids, number) = (1..=CASES, &number);
            ids.flat_map(move |case| {
                let one = move |c| row(&number("reader", reader), &number("case", &case_id(case)), c, score(reader, case, c));
                CONDITIONS.map(one)
            })
        }))
        .collect();
    let found = data(&out.join("nodules-1.rjafroc.imrmc"));
    for row in &found {
        assert!(row[1].parse::<u32>().is_ok_and(|n| (1..=12).contains(&n)) && row[0].parse::<i32>().is_ok(), "{row:?}");
    }
    let mut sorted = found;
    sorted.sort();
    wanted.sort();
    assert_eq!(sorted, wanted);

    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!((&manifest["open_look"], &manifest["format"]), (&true.into(), &"imrmc".into()));
    assert!(manifest["open_look_statement"].as_str().unwrap().contains("open look"));
    for name in there.iter().filter(|n| *n != "manifest.json") {
        let digest: String = Sha256::digest(fs::read(out.join(name)).unwrap()).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(manifest["files"][name], digest.as_str());
    }
    println!("2 flavours of {} rows each: 12 truth rows, {} scores", expected.len(), expected.len() - 12);
}

#[test]
fn csv_needs_no_truth_and_is_no_open_look() {
    let place = Place::new(7);
    assert!(
        place
            .export("csv", None, "out")
            .sentence(2)
            .unwrap()
            .contains("7 of 72 reads are not locked yet. To export what is there, add `--incomplete`")
    );
    place.export("csv", None, "unfinished").done().unwrap();
    let reads = lines(&place.path("unfinished/nodules-1.incomplete.reads.csv"));
    assert_eq!(reads.len(), 1 + 72 - 7);
    let head: Vec<&str> = reads[0].split(',').collect();
    let column = |name: &str| head.iter().position(|h| *h == name).unwrap_or_else(|| panic!("no column {name}"));
    for line in &reads[1..] {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), head.len());
        let case = (1..=CASES).find(|c| package(*c).to_string() == cells[column("package")]).unwrap();
        let expected = score(cells[column("reader")], case, cells[column("condition")]);
        assert_eq!(cells[column("answer.confidence")], expected.to_string(), "{line}");
    }
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(place.path("unfinished/manifest.json")).unwrap()).unwrap();
    assert_eq!((&manifest["open_look"], &manifest["open_look_statement"]), (&false.into(), &serde_json::Value::Null));
}

#[test]
fn refusals_are_one_line_and_leave_nothing() {
    let place = Place::new(0);
    let none = Place::new(72);
    fs::create_dir(place.path("taken")).unwrap();
    fs::write(place.path("taken/a"), b"x").unwrap();
    let other = fs::read_to_string(place.path("desk/truth.csv")).unwrap().replace("CASE-3", "CASE-4");
    fs::write(place.path("desk/twice.csv"), other).unwrap();
    let check = |ran: Ran, words: &[&str]| {
        let sentence = ran.sentence(2).unwrap().to_owned();
        assert!(words.iter().all(|w| sentence.contains(w)), "{sentence}");
        assert!(ran.out.is_empty());
        println!("{sentence}");
    };
    check(place.export("imrmc", None, "o"), &["--truth", "case,package,truth"]);
    check(place.export("xlsx", None, "o"), &["xlsx", "csv", "imrmc", "rjafroc", "all"]);
    check(place.export("imrmc", Some("desk/truth.csv"), "taken"), &["taken", "not empty", "Name"]);
    check(place.export("imrmc", Some("desk/none.csv"), "o"), &["none.csv", "cannot be read"]);
    check(place.export("imrmc", Some("desk/twice.csv"), "o"), &["CASE-4"]);
    check(none.export("csv", None, "o"), &["No read of this study is locked yet"]);
    assert!(!place.path("o").exists() && !none.path("o").exists());
    assert_eq!(fs::read_dir(place.path("taken")).unwrap().count(), 1);
}

#[test]
fn everything_in_one_folder_signed_and_verified() {
    let place = Place::new(0);
    let study = place.study.root().display().to_string();
    for (name, words) in [("coordinator", "a coordinator's words"), ("statistician", "a statistician's words")] {
        fs::write(place.path(&format!("{name}.txt")), format!("{words}\n")).unwrap();
        let file = |of: &str| place.path(&format!("{of}.txt")).display().to_string();
        let mut arguments = vec![
            "study".to_owned(),
            "account".into(),
            study.clone(),
            format!("--id={name}"),
            format!("--kind={name}"),
            format!("--name={name}"),
        ];
        arguments.push(format!("--new-passphrase-file={}", file(name)));
        if name == "statistician" {
            arguments.extend(["--as=coordinator".to_owned(), format!("--passphrase-file={}", file("coordinator"))]);
        }
        tiresias(&arguments).unwrap().done().unwrap();
    }
    let export = |who: &str, out: &str| {
        let truth = place.path("desk/truth.csv");
        let mut arguments = vec!["export".to_owned(), study.clone(), "--format=all".into(), format!("--truth={}", truth.display())];
        arguments.extend([format!("--out={}", place.path(out).display()), format!("--as={who}"), "--early-look=a test".into()]);
        arguments.push(format!("--passphrase-file={}", place.path(&format!("{who}.txt")).display()));
        tiresias(&arguments).unwrap()
    };
    let refused = export("coordinator", "blinded").sentence(2).unwrap().to_owned();
    assert!(refused.contains("exporting and looking early is not for it") && !place.path("blinded").exists(), "{refused}");
    let done = export("statistician", "all").done().unwrap();
    let files: Vec<_> = fs::read_dir(place.path("all")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    for ending in [
        "xlsx",
        "reads.csv",
        "scores.csv",
        "dictionary.json",
        "imrmc",
        "rjafroc.imrmc",
        "mrmcaov.csv",
        "ordbm.csv",
        "lrc",
        "audit.csv",
        "audit.html",
        "agreement.csv",
        "manifest.json",
        "manifest.sig.json",
    ] {
        assert!(files.iter().any(|f| f.ends_with(ending)), "{ending}: {files:?}");
    }
    assert!(done.out.contains("`sr` was not written: "), "{}", done.out);
    assert!(done.out.contains("`rjafroc` was not written: "), "{}", done.out);
    let verified = tiresias(["verify", place.path("all").to_str().unwrap()]).unwrap().done().unwrap();
    assert!(verified.out.contains("signed by \"statistician\""), "{}", verified.out);
    let lrc = place.path("all/nodules-1.lrc");
    fs::write(&lrc, fs::read_to_string(&lrc).unwrap().replace('L', "S")).unwrap();
    let changed = tiresias(["verify", place.path("all").to_str().unwrap()]).unwrap().sentence(1).unwrap().to_owned();
    assert!(changed.contains("`nodules-1.lrc` is missing or was changed"), "{changed}");
}

#[test]
fn the_speed_of_exports_is_measured_beside_the_same_bytes() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = format!("--dir={}", scratch.path().display());
    let ran = tiresias(["bench", "export", "--scores", "4000", "--rounds", "3", "--json", &dir]).unwrap().done().unwrap();
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&report["what"], &report["input"]["scores"]), (&"export".into(), &4000.into()));
    let ratio = report["ours"]["total_s"].as_f64().unwrap() / report["floor"]["fsync_s"].as_f64().unwrap();
    assert!((report["ratio"]["total"].as_f64().unwrap() - ratio).abs() < 1e-9 && report["input"]["bytes"].as_f64().unwrap() > 100_000.0);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0, "nothing is left behind");
}
