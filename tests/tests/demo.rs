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
        ("desk/desk.json", "8d13bc57526c4af19ab98cf22589fe4c931e7cf1e14020d604badbed98adb11e"),
        ("desk/truth.csv", "dcd151c6160bad13b949f84177bf4d5a8c6168282209097f4e33921800615e4a"),
        ("desk/lesions.json", "3e0761094633384751a421a4f93b97c2f735ceb3b729a5b7d336d27ebb4db157"),
        ("reader/bundles/reader-1.json", "65374e168865f7b10dd4e33c72c7a4341d792393036edb9aee9cd5dcf01448bc"),
        ("reader/bundles/reader-2.json", "1dece244f8b58ff641c672a13a67743ffa197f8613ed69c208f35e52ee06e71b"),
        ("reader/bundles/reader-3.json", "064d7f9268166f308d1359f5cc812f0cd07c7d4edcbe3f7a4a6de443e33c426b"),
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
