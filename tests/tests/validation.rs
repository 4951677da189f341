//! `docs/validation.md` is a table that can be checked, and names no test that does not exist.
//!
//! That each named test ran and passed is for `./dev test` to say, from the runner's listing; this says it earlier, while a
//! test is renamed. The checks themselves, and tables that break them, are in `tiresias_tests::validation`.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use std::fs;
use std::path::Path;
use tiresias_tests::root;
use tiresias_tests::validation::{Evidence, Row, rows};

/// The issues whose *Done when* lines are in the table, with the number of lines.
const ISSUES: &[(u32, u32)] = &[(2, 6), (3, 5)];

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
    for Row { requirement, evidence, .. } in table() {
        for item in evidence {
            let (there, name) = match &item {
                Evidence::Test(name) => (code.contains(&format!("fn {}(", name.rsplit("::").next().unwrap_or(name))), name),
                Evidence::Soak(name) => (soak.contains(&format!("soak_{name}()")), name),
            };
            assert!(there, "row {requirement} names {name}, which is nowhere");
        }
    }
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
