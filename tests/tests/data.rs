//! The data that travels: every file is listed with its hash and licence, none is missing, and the whole stays small.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tiresias_tests::fixtures;

/// Licences that let a copy travel with the project.
const CLEAR: &[&str] =
    &["CC-BY-3.0", "CC0-1.0", "PDDL-1.0", "BSD-2-Clause", "OFL-1.1", "public domain", "MIT OR Apache-2.0", "licence text"];
const MOST_BYTES: u64 = 60 << 20;

#[derive(serde::Deserialize)]
struct Line {
    path: String,
    origin: String,
    licence: String,
    sha256: String,
}

/// What does not fit between a manifest and what lies there (path -> SHA-256).
fn misfits(manifest: &[Line], there: &BTreeMap<String, String>) -> Vec<String> {
    let mut misfits = Vec::new();
    let mut rest = there.clone();
    for Line { path, origin, licence, sha256 } in manifest {
        match rest.remove(path) {
            None => misfits.push(format!("{path} is listed (or listed twice) and not there")),
            Some(hash) if hash != *sha256 => misfits.push(format!("{path} is not the file that is listed: its hash is {hash}")),
            Some(_) => {}
        }
        if origin.is_empty() || !CLEAR.contains(&licence.as_str()) {
            misfits.push(format!("{path} has no origin, or the licence {licence:?} is not a clear one"));
        }
    }
    misfits.extend(rest.into_keys().map(|path| format!("{path} is there and not listed")));
    misfits
}

fn manifest() -> Vec<Line> {
    let mut reader = csv::Reader::from_path(fixtures().join("MANIFEST.csv")).expect("MANIFEST.csv");
    reader.deserialize().map(|line| line.expect("path, origin, licence, sha256")).collect()
}

/// Hash of every file under a folder; the bytes are counted too.
fn gather(folder: &Path, there: &mut BTreeMap<String, String>, bytes: &mut u64) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            gather(&entry, there, bytes);
            continue;
        }
        let content = fs::read(&entry).expect("a file");
        *bytes += content.len() as u64;
        let path = entry.strip_prefix(fixtures()).expect("under the data").to_str().expect("a UTF-8 name").replace('\\', "/");
        let hash = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        there.insert(path, hash);
    }
}

#[test]
fn the_manifest_is_what_lies_there() {
    let (mut there, mut bytes) = (BTreeMap::new(), 0);
    gather(&fixtures(), &mut there, &mut bytes);
    // The manifest cannot hold its own hash.
    there.remove("MANIFEST.csv");
    let misfits = misfits(&manifest(), &there);
    assert!(misfits.is_empty(), "\n{}\n", misfits.join("\n"));
    assert!(bytes <= MOST_BYTES, "{bytes} bytes of test data, more than {MOST_BYTES}");
    println!("tests/data: {} files, {} MiB", there.len(), bytes >> 20);
}

#[test]
fn a_manifest_that_does_not_fit_is_found() {
    let line = |path: &str, licence: &str, sha256: &str| Line {
        path: path.to_owned(),
        origin: "somewhere".to_owned(),
        licence: licence.to_owned(),
        sha256: sha256.to_owned(),
    };
    let there = BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
    let good = || vec![line("a", "CC0-1.0", "1"), line("b", "CC0-1.0", "2")];
    assert_eq!(misfits(&good(), &there).len(), 0);
    assert!(misfits(&good()[..1], &there)[0].contains("b is there and not listed"));
    let with = |more: Line| misfits(&good().into_iter().chain([more]).collect::<Vec<_>>(), &there);
    assert!(with(line("c", "CC0-1.0", "3"))[0].contains("c is listed (or listed twice) and not there"));
    assert!(with(line("a", "CC0-1.0", "1"))[0].contains("listed twice"));
    assert!(misfits(&[line("a", "CC0-1.0", "9"), line("b", "CC0-1.0", "2")], &there)[0].contains("its hash is 1"));
    assert!(misfits(&[line("a", "unknown", "1"), line("b", "CC0-1.0", "2")], &there)[0].contains("not a clear one"));
}
