//! The gallery: every screen in every state is there, none is empty, and no two states look the same.

#![forbid(unsafe_code)]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use tiresias_tests::run::{command, tiresias};

/// Screens with the number of their states, as `gallery` walks them.
const SCREENS: [(&str, usize); 17] = [
    ("about", 2),
    ("adjudication", 5),
    ("amend", 1),
    ("audit", 1),
    ("demo", 3),
    ("desk", 12),
    ("desk-new", 7),
    ("new-study", 1),
    ("passphrase", 3),
    ("reading", 12),
    ("results", 10),
    ("results-early", 1),
    ("settings", 3),
    ("sign-in", 2),
    ("start", 4),
    ("tour", 6),
    ("worklist", 5),
];

/// Issue 9, done when 3, at the smallest size; all sizes are looked at by people.
#[test]
fn every_screen_and_state_has_a_picture_of_its_own() {
    let scratch = tempfile::tempdir().unwrap();
    let (out, aside) = (scratch.path().join("gallery"), scratch.path().join("aside"));
    fs::create_dir(&aside).unwrap();
    // It walks for minutes beside other tests, longer than a command of theirs may take.
    let mut walk = command(["gallery", "--one-size", "--out", out.to_str().unwrap()]).unwrap();
    let ran = walk.env("TMPDIR", &aside).output().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let left: Vec<String> = fs::read_dir(&aside).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(left.iter().all(|name| !name.starts_with("tiresias")), "{left:?}");
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    let mut pictures = BTreeSet::new();
    let page = fs::read_to_string(out.join("index.html")).unwrap();
    for entry in fs::read_dir(&out).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let Some(state) = name.strip_suffix(".1280x800.png") else { continue };
        *states.entry(state.split('.').next().unwrap().to_owned()).or_default() += 1;
        let picture = image::open(entry.path()).unwrap().into_rgb8();
        assert_eq!(picture.dimensions(), (1280, 800), "{name}");
        let levels: BTreeSet<[u8; 3]> = picture.pixels().map(|p| p.0).collect();
        assert!(levels.len() > 20, "{name} is empty");
        assert!(pictures.insert(picture.into_raw()), "{name} looks like another state");
        assert!(page.contains(&format!("src=\"{name}\"")), "{name} is not on the page");
    }
    let expected: BTreeMap<String, usize> = SCREENS.map(|(screen, n)| (screen.to_owned(), n)).into();
    assert_eq!(states, expected);
    assert!(said.contains(&format!("{} pictures", pictures.len())), "{said}");
    println!("{} states of {} screens", pictures.len(), SCREENS.len());
}

#[test]
fn a_screen_that_is_none_is_told() {
    let scratch = tempfile::tempdir().unwrap();
    let ran = tiresias(["gallery", "--screen", "nowhere", "--out", scratch.path().to_str().unwrap()]).unwrap();
    let sentence = ran.sentence(2).unwrap();
    assert!(sentence.contains("no screen \"nowhere\"") && sentence.contains("worklist"), "{sentence}");
}
