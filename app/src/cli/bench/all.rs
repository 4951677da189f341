//! `bench all`: every measurement after the other, each in a process of its own, so that none sees the memory and the caches of another.
//!
//! Owns what each is asked, and the one report of all. Refuses: to hide what could not be measured.

use super::super::{say, say_json};
use super::{Failure, load_average};
use crate::demo::{Scratch, build_if_absent, reader_of};
use crate::launch::has_display;
use clap::Args;
use serde_json::{Map, Value, json};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Options of `bench all`.
#[derive(Debug, Args)]
pub(super) struct AllArgs {
    /// A folder of DICOM files with one series; by default a case of the demo study.
    source: Option<PathBuf>,
    /// As short as each can be, to see that it runs.
    #[arg(long)]
    once: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// What a measurement is called, what it is asked, and what makes it short.
type Asked<'a> = (&'static str, Vec<&'a str>, &'static [&'static str]);

/// Measures everything that can be measured here.
pub(super) fn all(args: &AllArgs) -> Result<(), Failure> {
    let scratch = Scratch::new(true)?;
    let demo = scratch.path().ok_or_else(|| Failure::Input("There is no folder for temporary files.".into()))?;
    build_if_absent(&demo, &mut |_| ControlFlow::Continue(()))?;
    let source = args.source.clone().unwrap_or_else(|| demo.join("desk").join("sources").join("DEMO-001"));
    let (source, study) = (source.display().to_string(), reader_of(&demo).display().to_string());
    let mut asked: Vec<Asked<'_>> = vec![
        ("load", vec!["load", &source], &[]),
        ("panes", vec!["frames", &source, "--headless"], &["--rounds", "1", "--layout", "1x1"]),
        ("pack", vec!["pack", &source], &["--rounds", "1"]),
        ("record", vec!["record"], &["--answers", "10"]),
        ("export", vec!["export"], &["--scores", "400", "--rounds", "1"]),
        ("analyze", vec!["analyze"], &["--readers", "3", "--cases", "40"]),
    ];
    let windows: [Asked<'_>; 2] = [("start", vec!["start"], &["--rounds", "1"]), ("frames", vec!["frames", &study], &["--rounds", "1"])];
    let (mut reports, mut not_measured) = (Map::new(), Map::new());
    if has_display() {
        asked.extend(windows);
    } else {
        windows.iter().for_each(|(name, ..)| drop(not_measured.insert((*name).to_owned(), json!("There is no display here."))));
    }
    let program = std::env::current_exe()?;
    for (name, mut words, short) in asked {
        words.extend(if args.once { short } else { &[] });
        words.extend(args.json.then_some("--json"));
        match measured(&program, &words)? {
            Ok(report) if args.json => drop(reports.insert(name.to_owned(), serde_json::from_str(&report)?)),
            Ok(report) => say(&format!("{name}\n{report}\n"))?,
            Err(sentence) => drop(not_measured.insert(name.to_owned(), Value::String(sentence))),
        }
    }
    if args.json {
        let (cores, load) = (std::thread::available_parallelism().map_or(1, std::num::NonZero::get), load_average());
        say_json(&json!({
            "what": "all", "source": source, "cores": cores, "load_average": load, "reports": reports, "not_measured": not_measured,
        }))
    } else {
        not_measured.iter().try_for_each(|(name, why)| say(&format!("{name}: not measured. {}\n", why.as_str().unwrap_or_default())))
    }
}

/// What a measurement reports, or the sentence of why there is none.
fn measured(program: &Path, words: &[&str]) -> Result<Result<String, String>, Failure> {
    let done = Command::new(program).arg("bench").args(words).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(if done.status.success() { Ok(text(&done.stdout)) } else { Err(text(&done.stderr)) })
}
