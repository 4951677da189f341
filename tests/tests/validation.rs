//! `docs/validation.md` is a table that can be checked, and names no test that does not exist.
//!
//! That each named test ran and passed is for `./dev test` to say, from the runner's listing; this says it earlier, while a
//! test is renamed. The checks themselves, and tables that break them, are in `tiresias_tests::validation`.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
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

#[test]
fn every_named_test_exists() {
    let mut code = String::new();
    append(&root(), &mut code);
    let soak = fs::read_to_string(root().join("dev")).expect("dev");
    let targets = targets();
    assert!(targets.contains("validation") && targets.contains("reading_room"), "{targets:?}");
    for Row { requirement, evidence, .. } in table() {
        for item in evidence {
            let (there, name) = match &item {
                Evidence::Test(name) => {
                    // The library of a package, or else a target of its own: never both.
                    let mut parts = name.split("::");
                    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                    let is_right = if first.starts_with("tiresias") { !targets.contains(second) } else { targets.contains(first) };
                    (is_right && code.contains(&format!("fn {}(", name.rsplit("::").next().unwrap_or(name))), name)
                }
                Evidence::Soak(name) => (soak.contains(&format!("soak_{name}()")), name),
            };
            assert!(there, "row {requirement} names {name}, which is nowhere");
        }
    }
}

/// The names of all test targets beside the libraries.
fn targets() -> BTreeSet<String> {
    let folders = ["app", "cases", "cases/codecs", "mrmc", "reads", "render", "tests", "words"];
    let entries =
        folders.iter().filter_map(|f| fs::read_dir(root().join(f).join("tests")).ok()).flatten().map(|e| e.expect("an entry").path());
    let is_target = |path: &Path| path.extension().is_some_and(|e| e == "rs") || path.join("main.rs").is_file();
    entries.filter(|path| is_target(path)).filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}

/// All Rust code of the project, one after the other.
fn append(folder: &Path, code: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = entry.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if entry.is_dir() && !["target", ".git", "data"].contains(&name) {
            append(&entry, code);
        } else if name.ends_with(".rs") {
            code.push_str(&fs::read_to_string(&entry).expect("text"));
        }
    }
}
