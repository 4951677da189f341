//! Every cell of the matrix of exports: a study of each paradigm and design is simulated, read through the real machine and record, merged, closed and exported;
//! each file is analysed, and gives the numbers of the scores that the readers gave.
//!
//! The scores come from the rows of the results files, read here by their JSON alone, and the design and the expected files are written here too: nothing is
//! derived from the exporter. Marks as DICOM are no scores; they are looked at in `marks.rs`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise and says its figures, its functions too"
)]

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tiresias_tests::run::{Ran, tiresias_in};

const READERS: usize = 4;
const CASES: usize = 16;
const CONDITIONS: [&str; 2] = ["first", "second"];
/// As far from a lesion a mark may be.
const RADIUS_MM: f64 = 10.0;
const DESIGNS: [&str; 6] = ["crossed", "cases-in-readers", "cases-in-modalities", "readers-in-modalities", "split-plot", "partial"];

/// Whether a reader is to read a case in a condition.
fn is_planned(design: &str, reader: usize, case: usize, condition: usize) -> bool {
    match design {
        "crossed" => true,
        "cases-in-readers" => case / 4 == reader,
        "cases-in-modalities" => case % 4 / 2 == condition,
        "readers-in-modalities" => reader % 2 == condition,
        "split-plot" => case % 4 / 2 == reader % 2,
        "partial" => (reader * 5 + case * 2 + condition) % 7 != 3,
        other => panic!("no design {other}"),
    }
}

/// Which files hold the ratings of cases, by the end of their names, and which what the paradigm has beside them.
fn expected_files(paradigm: &str, design: &str) -> (Vec<&'static str>, Vec<&'static str>) {
    let crossed = design == "crossed";
    let mut ratings = vec![".imrmc"];
    if matches!(design, "crossed" | "cases-in-readers" | "cases-in-modalities" | "readers-in-modalities") {
        ratings.push(".mrmcaov.csv");
    }
    if crossed {
        ratings.extend([".rjafroc.imrmc", ".ordbm.csv", ".lrc"]);
    }
    let own = if crossed { vec![".rjafroc.xlsx"] } else { vec![] };
    match paradigm {
        "roc" | "binary" | "ordinal" => ([ratings, own].concat(), vec![]),
        _ => (ratings, own),
    }
}

fn protocol(paradigm: &str, matrix: &str) -> String {
    let rating = match paradigm {
        "roc" | "froc" => "kind = \"scale\"\nmin = 0\nmax = 100\nlow = \"absent\"\nhigh = \"present\"\n".to_owned(),
        "binary" => {
            "kind = \"choice\"\noptions = [{ key = \"0\", label = \"no\", score = 0 }, { key = \"1\", label = \"yes\", score = 1 }]\n"
                .to_owned()
        }
        "ordinal" => {
            let options: Vec<String> = (1..=5).map(|n| format!("{{ key = \"{n}\", label = \"{n}\", score = {n} }}")).collect();
            format!("kind = \"choice\"\noptions = [{}]\n", options.join(", "))
        }
        _ => String::new(),
    };
    let question = if rating.is_empty() {
        String::new()
    } else {
        format!("[[question]]\nid = \"confidence\"\ntext = \"Is it there?\"\n{rating}required = true\nrating = true\n")
    };
    let most = match paradigm {
        "froc" => Some(5),
        "lroc" => Some(1),
        _ => None,
    };
    let marks = most.map_or_else(String::new, |n| {
        format!("[marks]\nlabel = \"Finding\"\nkinds = [\"point\"]\nmax = {n}\nrating = {{ min = 1, max = 100, low = \"no\", high = \"yes\" }}\n")
    });
    let figure = match paradigm {
        "froc" => "wafroc",
        "lroc" => "lroc",
        "binary" => "sensitivity",
        _ => "auc",
    };
    let held = if most.is_some() { format!("acceptance_radius_mm = {RADIUS_MM:.1}\n") } else { String::new() };
    let hash: String = Sha256::digest(matrix.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    format!(
        "tiresias_protocol = 1\n[study]\nid = \"cells\"\ntitle = \"A cell\"\nparadigm = \"{paradigm}\"\n\
         [[condition]]\nid = \"first\"\nlabel = \"First\"\n[[condition]]\nid = \"second\"\nlabel = \"Second\"\n\
         {question}{marks}\
         [display]\nlayout = \"mpr\"\ninterpolation = \"linear\"\nfirst = \"lung\"\n[[display.preset]]\nname = \"lung\"\ncenter = -600\nwidth = 1500\nfunction = \"linear\"\n\
         [order]\nkind = \"fixed\"\n[assignment]\ndesign = \"matrix\"\nmatrix_sha256 = \"{hash}\"\n\
         [analysis]\nfigure = \"{figure}\"\nmethod = \"or\"\ncovariance = \"jackknife\"\nhypothesis = \"superiority\"\nreference = \"first\"\ntest = \"second\"\n{held}"
    )
}

/// What the results files say, by (reader, condition, case): the rating of the case, and marks on and off lesions.
#[derive(Default)]
struct Given {
    ratings: BTreeMap<(String, String, String), f64>,
    /// The lesion (from 1; 0 for none) and the rating of each mark.
    marks: BTreeMap<(String, String, String), Vec<(usize, f64)>>,
}

struct Truth {
    diseased: bool,
    lesions: Vec<[f64; 3]>,
}

struct Place {
    dir: TempDir,
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    fn ran(&self, words: &[&str]) -> Ran {
        tiresias_in(self.dir.path(), words).unwrap()
    }
    fn done(&self, words: &[&str]) -> Ran {
        self.ran(words).done().unwrap_or_else(|e| panic!("{words:?}: {e}"))
    }
    fn analysed(&self, words: &[&str]) -> Value {
        self.done(&[&["analyze"], words, &["--json"]].concat()).json().unwrap()
    }
    fn new(paradigm: &str, design: &str) -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(place.path("study")).unwrap();
        let mut matrix = "reader,case,condition\n".to_owned();
        for (reader, case) in (0..READERS).flat_map(|r| (0..CASES).map(move |c| (r, c))) {
            for (_, name) in CONDITIONS.iter().enumerate().filter(|(at, _)| is_planned(design, reader, case, *at)) {
                let _ = writeln!(matrix, "sim-{:02},SIM-{:04},{name}", reader + 1, case + 1);
            }
        }
        fs::write(place.path("study/matrix.csv"), &matrix).unwrap();
        fs::write(place.path("study/protocol.toml"), protocol(paradigm, &matrix)).unwrap();
        fs::write(place.path("phrase"), tiresias::simulate::PASSPHRASE).unwrap();
        let (readers, cases) = (READERS.to_string(), CASES.to_string());
        place.done(&[
            "simulate",
            "@study",
            "--out",
            "@desk",
            "--readers",
            &readers,
            "--cases",
            &cases,
            "--auc",
            "0.75,0.85",
            "--seed",
            "4",
        ]);
        for who in ["coordinator", "manager"] {
            place.done(&["study", "lock", "@desk", "--as", who, "--passphrase-file", "@phrase"]);
        }
        let by = ["--as", "statistician", "--passphrase-file", "@phrase"];
        place.done(&[&["export", "@desk", "--format", "all", "--truth", "@desk/truth.json", "--out", "@out"][..], &by].concat());
        place
    }
    fn truths(&self) -> BTreeMap<String, (String, Truth)> {
        let truth: Value = serde_json::from_slice(&fs::read(self.path("desk/truth.json")).unwrap()).unwrap();
        let of = |case: &Value| {
            let at = |l: &Value| [0, 1, 2].map(|i| l["at_mm"][i].as_f64().unwrap());
            let lesions = case["lesions"].as_array().map(|l| l.iter().map(at).collect()).unwrap_or_default();
            let truth = Truth { diseased: case["truth"] == 1, lesions };
            (case["package"].as_str().unwrap().to_owned(), (case["case"].as_str().unwrap().to_owned(), truth))
        };
        truth["cases"].as_array().unwrap().iter().map(of).collect()
    }
    /// Follows the rows of every workstation.
    fn given(&self, paradigm: &str, truths: &BTreeMap<String, (String, Truth)>) -> Given {
        let mut given = Given::default();
        for reader in (1..=READERS).map(|n| format!("sim-{n:02}")) {
            let text = fs::read_to_string(self.path(&format!("desk/workstations/{reader}/results.tresults"))).unwrap();
            let (mut rating, mut marks) = (None, BTreeMap::<u64, ([f64; 3], f64)>::new());
            for line in text.lines().skip(1) {
                let line: Value = serde_json::from_str(line).unwrap();
                let body: Value = serde_json::from_str(line["body"].as_str().unwrap()).unwrap();
                match line["kind"].as_str().unwrap() {
                    "case-opened/1" => (rating, marks) = (None, BTreeMap::new()),
                    "answered/1" if body["question"] == "confidence" => {
                        let value = body["value"]["scale"].as_f64();
                        rating = value.or_else(|| body["value"]["choice"].as_str().and_then(|key| key.parse().ok()));
                    }
                    "mark-placed/1" => {
                        let at = [0, 1, 2].map(|i| body["shape"]["in_patient"]["point"][i].as_f64().unwrap());
                        marks.insert(body["mark"].as_u64().unwrap(), (at, f64::NAN));
                    }
                    "mark-rated/1" => marks.get_mut(&body["mark"].as_u64().unwrap()).unwrap().1 = body["rating"].as_f64().unwrap(),
                    "read-locked/1" => {
                        let (case, truth) = &truths[line["package"].as_str().unwrap()];
                        let key = (body["read"]["condition"].as_str().unwrap().to_owned(), reader.clone(), case.clone());
                        // One step below the lowest rating of a mark where nothing is marked.
                        let highest = marks.values().map(|m| m.1).fold(0.0, f64::max);
                        given.ratings.insert(key.clone(), if paradigm == "lroc" { highest } else { rating.unwrap() });
                        given.marks.insert(key, marks.values().map(|(at, rated)| (lesion(at, truth), *rated)).collect());
                    }
                    _ => {}
                }
            }
        }
        given
    }
}

/// The lesion that a mark is on, from 1. Simulated lesions lie further apart than a mark may be off.
fn lesion(at: &[f64; 3], truth: &Truth) -> usize {
    let distance = |l: &[f64; 3]| (0..3).map(|i| (at[i] - l[i]).powi(2)).sum::<f64>().sqrt();
    let near: Vec<usize> = (0..truth.lesions.len()).filter(|i| distance(&truth.lesions[*i]) <= RADIUS_MM).collect();
    assert!(near.len() < 2, "a mark on two lesions: take another seed");
    near.first().map_or(0, |i| i + 1)
}

/// All numbers of two documents in the parts that hold statistics; how many there were.
fn same(found: &Value, expected: &Value, path: &str) -> usize {
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-3), "{path}: {a}, expected {b}");
            1
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{path}");
            a.iter().zip(b).enumerate().map(|(i, (a, b))| same(a, b, &format!("{path}/{i}"))).sum()
        }
        (Value::Object(a), Value::Object(b)) => {
            let names = |o: &serde_json::Map<String, Value>| o.keys().cloned().collect::<BTreeSet<_>>();
            assert_eq!(names(a), names(b), "{path}");
            a.iter().map(|(name, a)| same(a, &b[name], &format!("{path}/{name}"))).sum()
        }
        // Numbers stand for names in the files of some programs.
        (Value::String(_), Value::String(_)) => 0,
        (a, b) => {
            assert_eq!(a, b, "{path}");
            0
        }
    }
}

fn compare(found: &Value, expected: &Value, what: &str) -> usize {
    assert_eq!(found["design"], expected["design"], "{what}");
    let parts = ["fom", "readers", "or", "dbm", "ustat", "agreement", "curves", "power"];
    parts.iter().map(|part| same(&found[*part], &expected[*part], &format!("{what}: {part}"))).sum()
}

fn path_of(folder: &Path, ending: &str) -> Option<String> {
    let file = folder.join(format!("cells{ending}"));
    file.is_file().then(|| file.display().to_string())
}

fn check(paradigm: &str) {
    let (mut cells, mut numbers) = (0, 0);
    for design in DESIGNS {
        let place = Place::new(paradigm, design);
        let truths = place.truths();
        let given = place.given(paradigm, &truths);
        let of_case: BTreeMap<&String, &Truth> = truths.values().map(|(case, truth)| (case, truth)).collect();
        let planned = (0..READERS * CASES * 2).filter(|n| is_planned(design, n / (CASES * 2), n / 2 % CASES, n % 2)).count();
        assert_eq!(given.ratings.len(), planned, "{paradigm}, {design}: everything was read");
        // The scores as the readers gave them, in files written here.
        let mut scores = "modality,reader,case,truth,score,localized\n".to_owned();
        let mut marks = "modality,reader,case,lesion,rating\n".to_owned();
        for ((condition, reader, case), rating) in &given.ratings {
            let truth = of_case[case];
            let own = &given.marks[&(condition.clone(), reader.clone(), case.clone())];
            let right = own.iter().any(|(lesion, _)| *lesion > 0);
            let located = if truth.diseased { u8::from(right).to_string() } else { String::new() };
            let _ = writeln!(scores, "{condition},{reader},{case},{},{rating},{located}", u8::from(truth.diseased));
            own.iter().for_each(|(lesion, rating)| {
                let _ = writeln!(marks, "{condition},{reader},{case},{lesion},{rating}");
            });
        }
        let plain: String = scores.lines().map(|l| format!("{}\n", l.rsplit_once(',').unwrap().0)).collect();
        fs::write(place.path("ratings.csv"), plain).unwrap();
        fs::write(place.path("located.csv"), &scores).unwrap();
        fs::write(place.path("marks.csv"), &marks).unwrap();
        let mut lesions = "case,lesion,weight\n".to_owned();
        for (case, truth) in &of_case {
            let n = truth.lesions.len();
            if n == 0 {
                let _ = writeln!(lesions, "{case},0,0");
            }
            (1..=n).for_each(|l| {
                let _ = writeln!(lesions, "{case},{l},{}", 1.0 / n as f64);
            });
        }
        fs::write(place.path("lesions.csv"), lesions).unwrap();

        let direct = place.analysed(&["@ratings.csv", "--fom", "auc"]);
        let own = match paradigm {
            "froc" if design == "crossed" => Some(place.analysed(&["@marks.csv", "--truth", "@lesions.csv", "--fom", "wafroc"])),
            "lroc" if design == "crossed" => Some(place.analysed(&["@located.csv", "--fom", "lroc"])),
            _ => None,
        };
        let by = ["--as", "statistician", "--passphrase-file", "@phrase"];
        numbers += compare(&place.analysed(&[&["@desk", "--fom", "auc"][..], &by].concat()), &direct, &format!("{design}, study"));
        if let Some(own) = &own {
            let fom = own["fom"].as_str().unwrap();
            numbers += compare(&place.analysed(&[&["@desk", "--fom", fom][..], &by].concat()), own, &format!("{design}, study"));
        }
        let out = place.path("out");
        let (of_ratings, of_own) = expected_files(paradigm, design);
        for ending in [".imrmc", ".mrmcaov.csv", ".rjafroc.imrmc", ".ordbm.csv", ".lrc", ".rjafroc.xlsx"] {
            let file = path_of(&out, ending);
            let is_expected = of_ratings.contains(&ending) || of_own.contains(&ending);
            assert_eq!(file.is_some(), is_expected, "{paradigm}, {design}: {ending}");
            let Some(file) = file else { continue };
            let what = format!("{paradigm}, {design}, {ending}");
            let (fom, expected) = if of_own.contains(&ending) {
                let own = own.as_ref().expect("of crossed designs");
                (own["fom"].as_str().unwrap(), own)
            } else {
                ("auc", &direct)
            };
            numbers += compare(&place.analysed(&[&file, "--fom", fom]), expected, &what);
            cells += 1;
        }
        // The sheet has every score with its truth.
        let sheet = fs::read_to_string(path_of(&out, ".scores.csv").unwrap()).unwrap();
        let mut rows = sheet.lines().map(|l| l.split(',').collect::<Vec<_>>());
        let head = rows.next().unwrap();
        let column = |name: &str| head.iter().position(|h| *h == name).unwrap();
        let key = |r: &[&str]| (r[column("condition")].to_owned(), r[column("reader")].to_owned(), r[column("case")].to_owned());
        let found: BTreeMap<_, f64> = rows.map(|r| (key(&r), r[column("score")].parse().unwrap())).collect();
        assert_eq!(found, given.ratings, "{paradigm}, {design}: the sheet");
        for ending in [".reads.csv", ".dictionary.json", ".xlsx", ".audit.csv", ".audit.html", ".agreement.csv"] {
            assert!(path_of(&out, ending).is_some(), "{paradigm}, {design}: {ending}");
        }
        cells += 4;
        if matches!(paradigm, "froc" | "lroc") {
            let classified = fs::read_to_string(path_of(&out, ".classified_marks.csv").unwrap()).unwrap();
            let on_lesion = classified.lines().filter(|l| l.contains(",lesion,")).count();
            assert_eq!(on_lesion, given.marks.values().flatten().filter(|(l, _)| *l > 0).count(), "{paradigm}, {design}");
        }
    }
    println!("{paradigm}: {cells} cells in {} designs, {numbers} numbers equal those of the scores themselves", DESIGNS.len());
}

#[test]
fn every_cell_of_roc_gives_the_numbers_of_its_scores() {
    check("roc");
}
#[test]
fn every_cell_of_lroc_gives_the_numbers_of_its_scores() {
    check("lroc");
}
#[test]
fn every_cell_of_froc_gives_the_numbers_of_its_scores() {
    check("froc");
}
#[test]
fn every_cell_of_binary_gives_the_numbers_of_its_scores() {
    check("binary");
}
#[test]
fn every_cell_of_ordinal_gives_the_numbers_of_its_scores() {
    check("ordinal");
}
