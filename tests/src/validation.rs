//! The check of `docs/validation.md`: every test it names ran and passed, and what is not met is said to be open.
//!
//! Input is text only: the table, the listing that `cargo nextest` or `cargo test` printed, and the log of `./dev soak`. A
//! test is named `TARGET::TEST`: `house::the_arrows_hold` for a test in `tests/house.rs`, `tiresias-mrmc::roc::tests::x` for
//! one inside a library (by its package), `bin/NAME::x` for one inside a program. A soak step is named `soak STEP`.
//! Refused: a row without evidence, a name that no runner listed, a test that did not pass, a gap in the numbers.

use std::collections::{BTreeMap, BTreeSet};

/// One row of the table: a *Done when* line of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Issue and number of the line, such as `2.4`.
    pub requirement: String,
    /// The tests and soak steps that show it, or a part of it where the row is open.
    pub evidence: Vec<Evidence>,
    /// Whether the row says that it is not yet met.
    pub open: bool,
}

/// What a row rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// A test by its name, `TARGET::TEST`.
    Test(String),
    /// A step of `./dev soak`.
    Soak(String),
}

/// What a test runner, or a soak log, says of each name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Names that passed.
    pub passed: BTreeSet<String>,
    /// Names that did anything else but being skipped.
    pub failed: BTreeSet<String>,
}

/// How the table stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Requirements that are met.
    pub met: Vec<String>,
    /// Requirements that the table says are not yet met.
    pub open: Vec<String>,
    /// What is wrong, a sentence each.
    pub complaints: Vec<String>,
}

/// The words a row is opened with when it is not met.
const NOT_YET: &str = "not yet met";

/// Reads the rows of the table: those whose first cell is ISSUE.LINE. The third cell holds the evidence, in backticks.
///
/// # Errors
/// Rows without evidence, twice the same requirement, or a gap in the numbers of an issue: one sentence each.
pub fn rows(markdown: &str) -> Result<Vec<Row>, Vec<String>> {
    let mut rows: Vec<Row> = Vec::new();
    let mut complaints = Vec::new();
    let mut lines: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for line in markdown.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Some((issue, number)) = cells.first().and_then(|cell| requirement(cell)) else { continue };
        let name = format!("{issue}.{number}");
        let Some(cell) = cells.get(2) else {
            complaints.push(format!("row {name} has no cell for its tests"));
            continue;
        };
        let open = cell.starts_with(NOT_YET);
        let evidence: Vec<Evidence> = cell.split('`').skip(1).step_by(2).map(evidence).collect();
        if evidence.is_empty() && !open {
            complaints.push(format!("row {name} names no test and does not say \"{NOT_YET}\""));
        }
        if !lines.entry(issue).or_default().insert(number) {
            complaints.push(format!("row {name} stands twice"));
        }
        rows.push(Row { requirement: name, evidence, open });
    }
    for (issue, numbers) in lines {
        let gaps = (1..=numbers.last().copied().unwrap_or(0)).filter(|number| !numbers.contains(number));
        complaints.extend(gaps.map(|number| format!("row {issue}.{number} is missing")));
    }
    if rows.is_empty() && complaints.is_empty() {
        complaints.push("the table has no row".to_owned());
    }
    if complaints.is_empty() { Ok(rows) } else { Err(complaints) }
}

fn requirement(cell: &str) -> Option<(u32, u32)> {
    let (issue, number) = cell.split_once('.')?;
    Some((issue.parse().ok()?, number.parse().ok()?))
}

fn evidence(name: &str) -> Evidence {
    let name = name.trim();
    name.strip_prefix("soak ").map_or_else(|| Evidence::Test(name.to_owned()), |step| Evidence::Soak(step.trim().to_owned()))
}

impl Listing {
    /// Reads what `cargo nextest run` or `cargo test` printed; both may stand in one text.
    #[must_use]
    pub fn of_runner(text: &str) -> Self {
        let mut listing = Self::default();
        let mut target = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(next) = cargo_target(line) {
                target = next;
            } else if let Some((name, passed)) = nextest_line(line) {
                listing.add(name, passed);
            } else if let Some((name, passed)) = cargo_line(line).filter(|_| !target.is_empty()) {
                // Without a target it is what nextest shows again of a test that failed.
                listing.add(format!("{target}::{name}"), passed);
            }
        }
        listing
    }

    /// Reads the log of `./dev soak`: `STEP passed …` or `STEP failed …`, the last line of a step counts.
    #[must_use]
    pub fn of_soak(text: &str) -> Self {
        let mut last: BTreeMap<&str, bool> = BTreeMap::new();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            match (words.next(), words.next()) {
                (Some(step), Some("passed")) => last.insert(step, true),
                (Some(step), Some("failed")) => last.insert(step, false),
                _ => None,
            };
        }
        let mut listing = Self::default();
        for (step, passed) in last {
            listing.add(step.to_owned(), passed);
        }
        listing
    }

    /// A name that once failed has failed, in whatever order the lines come.
    fn add(&mut self, name: String, passed: bool) {
        if !passed {
            self.passed.remove(&name);
            self.failed.insert(name);
        } else if !self.failed.contains(&name) {
            self.passed.insert(name);
        }
    }
}

/// Which tests follow, in the words of `cargo test`.
fn cargo_target(line: &str) -> Option<String> {
    if let Some(library) = line.strip_prefix("Doc-tests ") {
        return Some(format!("doc/{}", library.replace('_', "-")));
    }
    let running = line.strip_prefix("Running ")?;
    let (source, program) = running.split_once(" (")?;
    let file = program.trim_end_matches(')').rsplit(['/', '\\']).next()?;
    let name = file.rsplit_once('-').map_or(file, |(name, _hash)| name);
    match source.strip_prefix("unittests ") {
        Some("src/lib.rs") => Some(name.replace('_', "-")),
        Some(_) => Some(format!("bin/{name}")),
        None => Some(name.to_owned()),
    }
}

/// `test NAME ... ok`.
fn cargo_line(line: &str) -> Option<(&str, bool)> {
    let (name, outcome) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let name = name.strip_suffix(" - should panic").unwrap_or(name);
    match outcome {
        "ok" => Some((name, true)),
        "FAILED" => Some((name, false)),
        _ => None,
    }
}

/// `PASS [   0.012s] (1/6) tiresias-tests::house the_arrows_hold`.
fn nextest_line(line: &str) -> Option<(String, bool)> {
    let (status, rest) = line.split_once(" [")?;
    // The other words of the runner (SLOW, TERMINATING, TRY 1 FAIL …) are news of a test that is not over.
    let passed = match status {
        "PASS" | "LEAK" => true,
        "FAIL" | "TIMEOUT" | "ABORT" | "LEAK-FAIL" | "XFAIL" => false,
        _ if status.starts_with("SIG") => false,
        _ => return None,
    };
    let (_time, rest) = rest.split_once(']')?;
    let rest = rest.trim_start();
    let counted = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let mut words = counted.map_or(rest, |(_count, rest)| rest).split_whitespace();
    let (target, test) = (words.next()?, words.next()?);
    let target = target.rsplit("::").next()?;
    Some((format!("{target}::{test}"), passed))
}

/// Holds the table against what ran. Soak steps are looked for in the soak log alone.
#[must_use]
pub fn judge(rows: &[Row], runner: &Listing, soak: &Listing) -> Verdict {
    let mut verdict = Verdict::default();
    for Row { requirement, evidence, open } in rows {
        let before = verdict.complaints.len();
        for item in evidence {
            let (listing, name, what) = match item {
                Evidence::Test(name) => (runner, name, "test"),
                Evidence::Soak(name) => (soak, name, "soak step"),
            };
            if listing.failed.contains(name) {
                verdict.complaints.push(format!("row {requirement}: the {what} {name} failed"));
            } else if !listing.passed.contains(name) {
                verdict.complaints.push(format!("row {requirement}: no {what} {name} ran"));
            }
        }
        if *open {
            verdict.open.push(requirement.clone());
        } else if verdict.complaints.len() == before {
            verdict.met.push(requirement.clone());
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXTEST: &str = "
    Starting 4 tests across 2 binaries
        PASS [   0.012s] (1/4) tiresias-mrmc roc::tests::ties
        SLOW [> 60.000s] (───) tiresias-tests::house slow_one
        PASS [  61.012s] (  2/4) tiresias-tests::house slow_one
        FAIL [   0.009s] tiresias-tests::house broken
  stdout ───
    test broken ... FAILED
     SIGSEGV [   0.009s] (4/4) tiresias-tests::bin/validation crashed
     Summary [   0.056s] 4 tests run: 2 passed, 2 failed, 1 skipped
        FAIL [   0.009s] tiresias-tests::house broken
";
    const CARGO: &str = "
     Running unittests src/lib.rs (target/debug/deps/tiresias_mrmc-0123456789abcdef)
running 2 tests
test roc::tests::ties ... ok
test roc::tests::long - should panic ... ok
     Running unittests src/bin/validation.rs (target/debug/deps/validation-0123456789abcdef)
test crashed ... FAILED
     Running tests/house.rs (target/debug/deps/house-0123456789abcdef)
test slow_one ... ok
test broken ... FAILED
test too_long ... ignored, soak
test result: FAILED. 1 passed; 1 failed; 1 ignored
   Doc-tests tiresias_words
test words/src/lib.rs - Mm (line 3) ... ok
";

    fn table(rows: &[&str]) -> String {
        format!("| line | what | test | figure |\n| --- | --- | --- | --- |\n{}\n", rows.join("\n"))
    }
    fn listing(passed: &[&str], failed: &[&str]) -> Listing {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Listing { passed: set(passed), failed: set(failed) }
    }
    /// The table and these listings give these complaints.
    fn check(rows_of_table: &[&str], runner: &Listing, soak: &Listing, expected: &[&str]) -> Verdict {
        match rows(&table(rows_of_table)) {
            Ok(rows) => {
                let verdict = judge(&rows, runner, soak);
                assert_eq!(verdict.complaints, expected, "{rows_of_table:?}");
                verdict
            }
            Err(complaints) => {
                assert_eq!(complaints, expected, "{rows_of_table:?}");
                Verdict::default()
            }
        }
    }

    #[test]
    fn both_runners_are_read() {
        let nextest = listing(&["tiresias-mrmc::roc::tests::ties", "house::slow_one"], &["house::broken", "bin/validation::crashed"]);
        assert_eq!(Listing::of_runner(NEXTEST), nextest);
        let mut cargo = nextest;
        for more in ["tiresias-mrmc::roc::tests::long", "doc/tiresias-words::words/src/lib.rs - Mm (line 3)"] {
            cargo.passed.insert(more.to_owned());
        }
        assert_eq!(Listing::of_runner(CARGO), cargo);
        assert_eq!(Listing::of_runner("error: could not compile"), Listing::default());
        assert_eq!(
            Listing::of_soak("fresh failed 3 s\nfresh passed 812 s\ncrash passed 2 s\ncrash failed 1 s\n"),
            listing(&["fresh"], &["crash"])
        );
    }

    #[test]
    fn what_ran_is_met_and_what_is_open_is_open() {
        let met =
            ["| 2.1 | a | `house::a`, `soak fresh` | 3 |", "| 2.2 | b | not yet met | |", "| 2.3 | c | not yet met; so far `house::a` | |"];
        let verdict = check(&met, &listing(&["house::a"], &[]), &listing(&["fresh"], &[]), &[]);
        assert_eq!((verdict.met, verdict.open), (vec!["2.1".to_owned()], vec!["2.2".to_owned(), "2.3".to_owned()]));
    }

    #[test]
    fn what_did_not_run_is_found() {
        let (some, none) = (listing(&["house::a"], &["house::b"]), Listing::default());
        check(&["| 2.1 | a | `house::c` | |"], &some, &none, &["row 2.1: no test house::c ran"]);
        check(&["| 2.1 | a | `house::b` | |"], &some, &none, &["row 2.1: the test house::b failed"]);
        check(&["| 2.1 | a | `soak house::a` | |"], &some, &none, &["row 2.1: no soak step house::a ran"]);
        check(&["| 2.1 | a | `soak fresh` | |"], &some, &listing(&[], &["fresh"]), &["row 2.1: the soak step fresh failed"]);
        check(&["| 2.1 | a | not yet met; so far `house::b` | |"], &some, &none, &["row 2.1: the test house::b failed"]);
    }

    #[test]
    fn a_broken_table_is_refused() {
        let none = Listing::default();
        check(&[], &none, &none, &["the table has no row"]);
        check(&["| 2.1 | a | looked at it | |"], &none, &none, &["row 2.1 names no test and does not say \"not yet met\""]);
        check(&["| 2.1 | a |"], &none, &none, &["row 2.1 has no cell for its tests"]);
        check(&["| 2.1 | a | not yet met | |", "| 2.3 | b | not yet met | |"], &none, &none, &["row 2.2 is missing"]);
        check(&["| 2.1 | a | not yet met | |", "| 2.1 | b | not yet met | |"], &none, &none, &["row 2.1 stands twice"]);
    }
}
