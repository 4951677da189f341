//! Letters in pixels that a person says are none: each finding is answered by its own name, and nothing else is.
//!
//! Owns: two frames with the same letters at the same place, which differ in one pixel far from them, and what is packed with which answer. The name of a finding is
//! worked out here from its definition. Refuses: to say how often noise is taken for letters, which the tests beside this one do.

use crate::dice::Dice;
use crate::letters::Grey;
use crate::write;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::demo::burned;
use tiresias_cases::{Codecs, Lettered, PackageError, Packing, UidKey, read_folder, scan};
use tiresias_tests::run::{Ran, tiresias_in};
use tiresias_words::{ContentHash, Role};

const COLUMNS: usize = 300;
const ROWS: usize = 200;
/// Where the letters stand, and the scan finds them: column, row, columns, rows.
const RECT: [u32; 4] = [20, 60, burned::SIZE[0], burned::SIZE[1]];
const PLACE: &str = "pixels rect [20,60,82,14]";

/// A slope of grey with some noise, and a word on it.
fn lettered() -> Grey {
    let grey = |i: u32| (1000 + i % COLUMNS as u32 * 2 + u32::from(Sha256::digest(i.to_le_bytes())[0]) / 4) as u16;
    let mut values: Vec<u16> = (0..(COLUMNS * ROWS) as u32).map(grey).collect();
    for [x, y] in burned::word() {
        values[(RECT[1] as usize + y) * COLUMNS + RECT[0] as usize + x] = 4000;
    }
    Grey { size: [COLUMNS as u32, ROWS as u32], values }
}

/// What a finding in a frame is called: SHA-256 of the frame's own, and the rectangle.
fn finding(image: &Grey) -> String {
    let bytes = |numbers: &[u32]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    let pixels: Vec<u8> = image.values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let frame: [u8; 32] = Sha256::digest([bytes(&image.size), pixels].concat()).into();
    ContentHash(Sha256::digest([frame.to_vec(), bytes(&RECT)].concat()).into()).to_string()
}

/// Packs a source; names that begin with "@" are files of the folder.
fn pack(dir: &Path, source: &str, case: &str, more: &[&str]) -> Ran {
    let all = ["pack", source, "--study", "@study", "--case", case, "--passphrase-file", "@passphrase", "--json"];
    tiresias_in(dir, &[&all[..], more].concat()).expect("the command ends")
}

fn packages(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir.join("study/packages")).expect("a folder").map(|e| e.expect("an entry").path()).collect()
}

#[test]
fn letters_that_are_none_are_answered_one_by_one_and_nothing_else_is() {
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = scratch.path();
    fs::write(dir.join("passphrase"), "correct horse battery\n").expect("written");
    fs::create_dir(dir.join("source")).expect("a folder");
    let first = lettered();
    let mut second = first.clone();
    second.values[0] += 1;
    let mut dice = Dice::new(crate::SEED);
    for (name, image) in [("first.dcm", &first), ("second.dcm", &second)] {
        write(&dir.join("source").join(name), "CR", image, &mut dice);
    }
    let names = [&first, &second].map(finding);
    let [one, two] = names.each_ref().map(String::as_str);

    // The scan calls letters by their frame and place, and nothing else has a name.
    let ran = tiresias_in(dir, &["scan", "@source", "--json"]).expect("the command ends");
    let said = ran.json().expect("JSON");
    let leaks = said["leaks"].as_array().expect("a list");
    let (letters, others): (Vec<&Value>, Vec<&Value>) = leaks.iter().partition(|l| l["where"] == PLACE);
    let named: Vec<&Value> = letters.iter().map(|l| &l["finding_sha256"]).collect();
    assert_eq!(named, [one, two]);
    assert_eq!(letters[0]["value_sha256"], letters[1]["value_sha256"], "the letters themselves are the same");
    assert!(!others.is_empty() && others.iter().all(|l| l.get("finding_sha256").is_none() && l.get("answered").is_none()));

    let refusal = pack(dir, "@source/first.dcm", "C-1", &[]);
    let sentence = refusal.sentence(1).expect("a refusal");
    assert!(sentence.contains("(1 findings: text)") && sentence.ends_with(&format!("and --no-text {one}.")), "{sentence}");
    // An answer to another frame, to any frame with these letters, or to what is not in pixels.
    let wrong = [&letters[0]["value_sha256"], &others[0]["value_sha256"]].map(|hash| hash.as_str().expect("a hash"));
    for answer in [two, wrong[0], wrong[1]] {
        pack(dir, "@source/first.dcm", "C-1", &["--no-text", answer]).refused("names no finding of letters").expect("a refusal");
    }
    pack(dir, "@source/first.dcm", "C-1", &["--no-text", one, "--no-text", two]).refused(two).expect("none is kept in store");
    // One of two.
    let both = ["--role", "current=first.dcm", "--role", "prior=second.dcm", "--no-text", one, "--no-text", two];
    let refusal = pack(dir, "@source", "C-2", &both[..6]);
    let sentence = refusal.sentence(1).expect("a refusal");
    // What is answered already is said again with the rest: a command that has the rest alone would be refused for it.
    assert!(sentence.ends_with(&format!(", the answers given now and --no-text {two}.")) && !sentence.contains(one), "{sentence}");
    assert!(packages(dir).is_empty());

    let packed = pack(dir, "@source/first.dcm", "C-1", &["--no-text", one]).done().expect("it is packed");
    assert_eq!(packed.json().expect("JSON")["no_text"], json!([one]));
    let [package] = packages(dir).try_into().expect("one package");
    pack(dir, "@source", "C-2", &both).done().expect("it is packed");

    // The package's scan tells of it as it did, and no longer says no.
    let scan = |more: &[&str]| {
        let package = package.to_str().expect("a plain path");
        tiresias_in(dir, &[&["scan", package][..], more].concat()).expect("the command ends")
    };
    let said = scan(&["--json"]).done().expect("nothing is open").json().expect("JSON");
    let [leak] = said["leaks"].as_array().expect("a list").as_slice() else { panic!("one finding: {said}") };
    assert_eq!(
        [&said["clean"], &leak["answered"], &leak["severity"], &leak["kind"], &leak["finding_sha256"], &leak["where"]],
        [&json!(true), &json!(true), &json!("leak"), &json!("text"), &json!(one), &json!(PLACE)]
    );
    let lines = scan(&[]).done().expect("nothing is open").out;
    assert!(
        lines.contains(&format!("finding {one}  answered: a person saw no text there")) && lines.ends_with(": clean, 1 answered\n"),
        "{lines}"
    );
    // It is the answer that does it.
    let manifest = package.join("manifest.json");
    let mut said: Value = serde_json::from_slice(&fs::read(&manifest).expect("a manifest")).expect("JSON");
    assert_eq!(said.as_object_mut().expect("an object").remove("no_text"), Some(json!([one])));
    fs::write(&manifest, said.to_string()).expect("written");
    scan(&[]).sentence(1).expect("the finding is open");
}

/// As the window asks about it: in which image of the source, and drawn there.
#[test]
fn each_finding_is_drawn_in_the_image_of_the_source_that_it_is_in() {
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = scratch.path();
    let first = lettered();
    let mut second = first.clone();
    second.values[0] += 1;
    let mut dice = Dice::new(crate::SEED);
    let codecs = Arc::new(Codecs::here());
    let series = [("first.dcm", &first), ("second.dcm", &second)].map(|(name, image)| {
        write(&dir.join(name), "CR", image, &mut dice);
        let read = read_folder(&dir.join(name), &codecs, &mut |_| ControlFlow::Continue(())).expect("a file of DICOM");
        read.series.into_iter().next().expect("an image")
    });
    // Not in the order of their names, whatever those are in the package.
    let case = [(Role::current(), &series[1]), (Role::new("prior").expect("a role"), &series[0])];
    let key = UidKey::new([7; 32]);
    let packing = Packing::new(&case, &key);
    let look = |made: &Path| -> Result<Vec<Lettered>, PackageError> {
        let report = scan(made, &codecs, &mut |_| ControlFlow::Continue(())).expect("a scan");
        let drawn = tiresias_cases::lettered(&packing, made, &report, &codecs, &mut |_| ControlFlow::Continue(()));
        let stopped = tiresias_cases::lettered(&packing, made, &report, &codecs, &mut |_| ControlFlow::Break(()));
        assert!(stopped.is_err());
        Ok(drawn.expect("pictures"))
    };
    let (_, drawn) = packing.pack_if(&dir.join("package"), &mut |_| ControlFlow::Continue(()), look).expect("a package");
    let said: Vec<_> = drawn.iter().map(|l| (l.finding.to_string(), l.role.as_str(), l.image, l.rect, l.path().clone())).collect();
    let expected = [("current", &second, "second.dcm"), ("prior", &first, "first.dcm")]
        .map(|(role, image, name)| (finding(image), role, [1_usize, 1], RECT, dir.join(name)));
    assert_eq!(said, expected);
    for one in &drawn {
        // Two pixels are left free around the word.
        assert_eq!((one.whole.size, one.whole.outlined), ([300, 200], [18, 58, 87, 19]));
        assert_eq!((one.near.size, one.near.outlined), ([150, 110], [18, 46, 87, 19]));
        // The first row of its first letter is lit but for its first bit.
        let row: Vec<bool> = (0..10).map(|x| one.near.grey[48 * 150 + 20 + x] == 255).collect();
        assert_eq!(row, [false, false, true, true, true, true, true, true, true, true]);
    }
}
