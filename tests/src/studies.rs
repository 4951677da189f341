//! What made-up studies have in common: the text of their protocol, their readers, the packages that they are made of or the cases of another study, and the
//! wait for the record of a window that was closed.
//!
//! Refuses: images, which each test makes as it needs them.

use std::path::{Path, PathBuf};
use std::time::Duration;
use tiresias_reads::bundle::{Account, AssignedRead, CaseFact, CaseToRead, Plan, TrainingCase, assign};
use tiresias_reads::protocol::{Protocol, template};
use tiresias_reads::record::Record;
use tiresias_reads::study::Study;
use tiresias_words::{ContentHash, ReaderId};

/// A protocol with one condition, one rating of 0 to 100, and a lung window. `froc` studies have marks. `display` is what `[display]` says beside layout and interpolation,
/// a line each, `first` among them.
#[must_use]
pub fn protocol(paradigm: &str, display: &str) -> String {
    let marks = if paradigm == "froc" {
        "[marks]\nlabel = \"Finding\"\nmax = 5\nrating = { min = 0, max = 100, low = \"no\", high = \"yes\" }\n"
    } else {
        ""
    };
    format!(
        r#"
tiresias_protocol = 1

[study]
id = "made-up"
title = "A study made for a test"
paradigm = "{paradigm}"

[[condition]]
id = "unaided"
label = "Unaided"

[[question]]
id = "confidence"
text = "How confident are you?"
kind = "scale"
min = 0
max = 100
low = "absent"
high = "present"
required = true
rating = true

{marks}
[display]
layout = "mpr"
interpolation = "linear"
{display}

[[display.preset]]
name = "lung"
center = -600
width = 1500
function = "linear"

[order]
kind = "fixed"
"#
    )
}

/// The text of the sequential template with each case once, however few there are.
///
/// # Errors
/// When the template has changed.
pub fn sequential_once() -> Result<String, String> {
    let text = template("sequential").ok_or("no template of that name")?.text;
    let (before, repeats) = text.split_once("[repeats]").ok_or("no case comes again")?;
    let (_, after) = repeats.split_once("\n\n").ok_or("nothing follows the repeats")?;
    Ok(format!("{before}{after}"))
}

/// A study of a protocol's text at `root`, for two readers, with the packages of another study. Where the protocol has a training its first two cases are for
/// that alone, one with something to find and one without.
///
/// # Errors
/// When the text is no protocol, the cases do not fit it, or the study cannot be written.
pub fn with_cases_of(other: &Path, text: &str, root: &Path) -> Result<Study, String> {
    with_cases_for(&numbered(2)?, other, text, root)
}

/// The same for these readers.
///
/// # Errors
/// As [`with_cases_of`].
pub fn with_cases_for(readers: &[Account], other: &Path, text: &str, root: &Path) -> Result<Study, String> {
    let protocol = Protocol::parse(text).map_err(|e| e.to_string())?;
    let given = Study::open(other).map_err(|e| e.to_string())?;
    let bundle = given.bundles().values().next().ok_or("the other study has no reads")?;
    let facts: Vec<CaseFact> =
        protocol.case_facts().iter().map(|name| CaseFact { name: name.clone(), value: "60 to 69".to_owned() }).collect();
    let trained = if protocol.training().is_some() { 2 } else { 0 };
    let case = |(i, r): (usize, &AssignedRead)| CaseToRead {
        package: r.package,
        facts: facts.clone(),
        training: (i < trained).then_some(TrainingCase { signal: i == 0 }),
    };
    let cases: Vec<_> = bundle.reads().iter().enumerate().map(case).collect();
    created(root, text, &protocol, readers, &cases)?;
    copy(&other.join("packages"), &root.join("packages")).map_err(|e| e.to_string())?;
    Study::open(root).map_err(|e| e.to_string())
}

/// Readers "reader-1" to "reader-N", shown as "Reader 1" to "Reader N".
///
/// # Errors
/// When a number is no name.
pub fn numbered(readers: usize) -> Result<Vec<Account>, String> {
    let account = |n: usize| {
        let reader = ReaderId::new(format!("reader-{n}")).map_err(|e| e.to_string())?;
        Ok::<_, String>(Account { reader, display_name: format!("Reader {n}") })
    };
    (1..=readers).map(account).collect()
}

/// A study of a protocol's text at `root`, in which these readers read these packages; their folders are moved into it.
///
/// # Errors
/// When the text is no protocol, the packages do not fit it, or the study cannot be written.
pub fn of_packages(root: &Path, text: &str, readers: &[Account], packages: &[(ContentHash, PathBuf)]) -> Result<Study, String> {
    let protocol = Protocol::parse(text).map_err(|e| e.to_string())?;
    let cases: Vec<_> = packages.iter().map(|(package, _)| CaseToRead { package: *package, facts: Vec::new(), training: None }).collect();
    let study = created(root, text, &protocol, readers, &cases)?;
    std::fs::create_dir_all(study.packages_dir()).map_err(|e| e.to_string())?;
    for (package, place) in packages {
        std::fs::rename(place, study.package_dir(package)).map_err(|e| e.to_string())?;
    }
    Ok(study)
}

fn created(root: &Path, text: &str, protocol: &Protocol, readers: &[Account], cases: &[CaseToRead]) -> Result<Study, String> {
    let plan = Plan { protocol, readers, cases, matrix: None, seed: 1, issued_utc_ms: 0 };
    let bundles = assign(&plan).map_err(|e| e.to_string())?;
    Study::create(root, text, &bundles).map_err(|e| e.to_string())
}

/// Copies a folder with all that is in it; its files, which nobody changes in place, are linked.
///
/// # Errors
/// When something cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else if std::fs::hard_link(entry.path(), &target).is_err() {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Until the record of a closed window can be opened: its thread has written everything.
///
/// # Errors
/// When the study does not open, or its record is not let go within ten seconds.
pub fn wait_for_record(study: &Path) -> Result<Record, String> {
    let study = Study::open(study).map_err(|e| e.to_string())?;
    for _ in 0..1000 {
        if let Ok(record) = study.open_record("test") {
            return Ok(record);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err("the record is still held by the window that was closed".to_owned())
}
