//! The demo study: the same everywhere, half its cases with a nodule, and nothing of the truth where a reader looks.

#![forbid(unsafe_code)]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tiresias_reads::study::Study;
use tiresias_reads::truth::Truth;
use tiresias_tests::run::tiresias;

fn demo() -> (TempDir, PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("demo");
    tiresias(["demo", "--build-only", "--dir", root.to_str().unwrap()]).unwrap().done().unwrap();
    (scratch, root)
}

fn files_under(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files_under(&path)) } else { all.push(path) }
    }
    all
}

fn sha256(path: &Path) -> String {
    Sha256::digest(fs::read(path).unwrap()).iter().map(|b| format!("{b:02x}")).collect()
}

/// The desk's list holds the hash of every package, which holds those of every image: these pin every byte of the demo.
#[test]
fn the_demo_is_the_same_everywhere() {
    let (_scratch, root) = demo();
    let pinned = [
        ("desk/desk.json", "d6f92c9c9f1d802d2fe033fac9b2ff76db796a0fe3016bef58730b92fcebf4e2"),
        ("desk/truth.csv", "da5b8b258e9dbf68fd4ccb27b93e1f834196a4b8df700daa02836b070b3cad1d"),
        ("desk/lesions.json", "3e0761094633384751a421a4f93b97c2f735ceb3b729a5b7d336d27ebb4db157"),
        ("reader/bundles/reader-1.json", "c903c01751b5efca4493270c9998e7bc99b6d76e910129012e8bbe6c1e31942c"),
        ("reader/bundles/reader-2.json", "dea9857fdd9c24bc2e6754ccf9093e4e79b3532d383670151f899bc3f1e806ef"),
        ("reader/bundles/reader-3.json", "19fecefba8bf16f2ca6d09277ddc30b86c8eeb527862cf31829e9b97c55a7dea"),
    ];
    for (file, hash) in pinned {
        assert_eq!(sha256(&root.join(file)), hash, "{file}");
    }
}

#[test]
fn half_the_cases_hold_a_nodule_and_no_reader_file_says_which() {
    let (_scratch, root) = demo();
    let truth = Truth::read(&root.join("desk/truth.csv")).unwrap();
    let signals = truth.cases().iter().filter(|case| case.signal).count();
    assert_eq!((truth.cases().len(), signals), (12, 6));
    let lesions: serde_json::Value = serde_json::from_slice(&fs::read(root.join("desk/lesions.json")).unwrap()).unwrap();
    let study = Study::open(&root.join("reader")).unwrap();
    assert_eq!(study.bundles().len(), 3);
    // What only the desk knows: its names of cases, the word truth, and the nodules' centres as they are written there.
    let mut secrets: Vec<String> = truth.cases().iter().map(|case| case.case.to_string()).collect();
    secrets.extend(["lesion", "conspicuity", "DEMO", "nodule_", "truth"].map(str::to_owned));
    for case in lesions.as_object().unwrap().values().flat_map(|v| v.as_array().unwrap()) {
        secrets.extend(case["centre"].as_array().unwrap().iter().map(ToString::to_string).filter(|n| n.len() > 5));
    }
    let mut searched = 0;
    for file in files_under(&root.join("reader")) {
        let bytes = fs::read(&file).unwrap();
        // Pixels are searched too: a text in them would be as bad.
        for secret in &secrets {
            assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret} is in {}", file.display());
        }
        assert!(!secrets.iter().any(|s| file.file_name().unwrap().to_string_lossy().contains(s.as_str())));
        searched += 1;
    }
    println!("{} secrets in none of {searched} files", secrets.len());
    assert!(searched > 12 * 24);
    // The search can find: the desk's own files are full of them.
    let desk = fs::read_to_string(root.join("desk/truth.csv")).unwrap();
    assert!(secrets.iter().any(|s| desk.contains(s.as_str())));
}
