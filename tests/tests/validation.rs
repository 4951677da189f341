//! `docs/validation.md` is a table that can be checked, and neither it nor what rests on it names a test that does not exist.
//!
//! That each named test ran and passed is for `./dev test` to say, from the runner's listing; this says it earlier, while a
//! test is renamed. The checks themselves, and tables that break them, are in `tiresias_tests::validation`.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tiresias_tests::root;
use tiresias_tests::validation::{Evidence, Row, rows};

/// The issues whose *Done when* lines are in the table, with the number of lines.
const ISSUES: &[(u32, u32)] = &[(2, 6), (3, 5), (4, 4), (5, 5), (6, 6), (7, 4), (8, 6), (9, 5)];

fn table() -> Vec<Row> {
    let text = fs::read_to_string(root().join("docs").join("validation.md")).expect("docs/validation.md");
    rows(&text).unwrap_or_else(|complaints| panic!("\n{}\n", complaints.join("\n")))
}

#[test]
fn every_line_of_every_issue_has_a_row() {
    let expected: Vec<String> = ISSUES.iter().flat_map(|(issue, lines)| (1..=*lines).map(move |n| format!("{issue}.{n}"))).collect();
    let found: Vec<String> = table().into_iter().map(|row| row.requirement).collect();
    assert_eq!(found, expected);
}

/// Documents beside the table that name tests, in prose.
const OTHERS: [&str; 3] = ["regulation.md", "security.md", "blinding.md"];

#[test]
fn every_named_test_exists() {
    let homes = homes();
    assert!(homes.contains_key("validation") && homes.contains_key("reading_room") && homes.contains_key("tiresias-reads"), "{homes:?}");
    let soak = fs::read_to_string(root().join("dev")).expect("dev");
    for Row { requirement, evidence, .. } in table() {
        for item in evidence {
            let (there, name) = match &item {
                Evidence::Test(name) => (is_in_its_home(name, &homes), name),
                Evidence::Soak(name) => (soak.contains(&format!("soak_{name}()")), name),
            };
            assert!(there, "row {requirement} names {name}, which is nowhere");
        }
    }
    for name in OTHERS {
        let text = fs::read_to_string(root().join("docs").join(name)).expect("a document");
        let code = text.split('`').skip(1).step_by(2);
        let named: Vec<&str> = code.filter(|code| code.split_once("::").is_some_and(|(home, _)| homes.contains_key(home))).collect();
        assert!(!named.is_empty(), "{name} names no test");
        for test in named {
            assert!(is_in_its_home(test, &homes), "{name} names {test}, which is nowhere");
        }
    }
}

/// Whether a function of a test's name is in the library or the target that the name begins with.
fn is_in_its_home(name: &str, homes: &BTreeMap<String, PathBuf>) -> bool {
    let (home, rest) = name.split_once("::").unwrap_or_default();
    let last = rest.rsplit("::").next().unwrap_or(rest);
    // A target of the fuzzer has its test from a macro that lists them.
    let listed = |code: &str| code.lines().any(|l| l.starts_with("replayed! {") && l.split_whitespace().any(|word| word == last));
    homes.get(home).map(|place| code(place)).is_some_and(|code| code.contains(&format!("fn {last}(")) || listed(&code))
}

/// Where the code of each library and of each test target is: by the name that a listing of tests begins with.
fn homes() -> BTreeMap<String, PathBuf> {
    let folders = ["app", "cases", "cases/codecs", "mrmc", "reads", "render", "tests", "words"].map(|folder| root().join(folder));
    let mut homes = BTreeMap::new();
    for folder in folders {
        let manifest: toml::Table = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest").parse().expect("TOML");
        homes.insert(manifest["package"]["name"].as_str().expect("a name").to_owned(), folder.join("src"));
        for path in fs::read_dir(folder.join("tests")).into_iter().flatten().map(|entry| entry.expect("an entry").path()) {
            if path.extension().is_some_and(|e| e == "rs") || path.join("main.rs").is_file() {
                homes.insert(path.file_stem().and_then(|n| n.to_str()).expect("a name").to_owned(), path);
            }
        }
    }
    homes
}

/// The Rust code of a file, or of all files in a folder.
fn code(place: &Path) -> String {
    if !place.is_dir() {
        return if place.extension().is_some_and(|e| e == "rs") { fs::read_to_string(place).expect("text") } else { String::new() };
    }
    fs::read_dir(place).expect("a folder").map(|entry| code(&entry.expect("an entry").path())).collect()
}
