//! `validation TABLE RUNNER-LISTING SOAK-LOG`: the last step of `./dev test`, see [`tiresias_tests::validation`].
//!
//! Prints what is met and what is open, then one line `N passed, N failed` over all tests of the listing. Ends with 1 when a
//! named test did not run and pass, with 2 when a file cannot be read. A soak log that is not there counts as empty.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use tiresias_tests::validation::{Listing, judge, rows};

#[expect(clippy::print_stdout, reason = "a program of the command line")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [table, runner, soak] = arguments.as_slice() else {
        eprintln!("usage: validation TABLE RUNNER-LISTING SOAK-LOG");
        return ExitCode::from(2);
    };
    let (table_text, runner_text) = match (std::fs::read_to_string(table), std::fs::read(runner)) {
        (Ok(table), Ok(runner)) => (table, runner),
        (Err(e), _) => return unreadable(table, &e),
        (_, Err(e)) => return unreadable(runner, &e),
    };
    // What tests print need not be text, so nothing is refused for that.
    let runner = Listing::of_runner(&String::from_utf8_lossy(&runner_text));
    let soak = Listing::of_soak(&std::fs::read_to_string(soak).unwrap_or_default());
    let complaints = match rows(&table_text) {
        Err(complaints) => complaints,
        Ok(rows) => {
            let verdict = judge(&rows, &runner, &soak);
            println!("{table}: {} of {} rows met; not yet met: {}", verdict.met.len(), rows.len(), listed(&verdict.open));
            verdict.complaints
        }
    };
    for complaint in &complaints {
        println!("{table}: {complaint}");
    }
    println!("{} passed, {} failed", runner.passed.len(), runner.failed.len());
    ExitCode::from(u8::from(!complaints.is_empty()))
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn unreadable(path: &str, e: &std::io::Error) -> ExitCode {
    eprintln!("validation: {path} cannot be read: {e}");
    ExitCode::from(2)
}
