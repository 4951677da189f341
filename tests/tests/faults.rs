//! Bad input and bad luck, through the real program: each gives one sentence that says what, where and what to do; the exit code is 2
//! (1 where the answer is no); nothing recorded before is lost; nothing panics.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says its figures, its functions too"
)]

use rusqlite::Connection;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tiresias_reads::machine::{Action, Environment, decide};
use tiresias_reads::study::Study;
use tiresias_tests::run::{Ran, command, tiresias, to_end};
use tiresias_tests::simulated::{BUILD, read_all, study};
use tiresias_tests::{Walk, data, shared};
use tiresias_words::Moment;

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// The commands that take a DICOM file or folder, on this one.
fn on(path: &Path, out: &Path) -> Vec<Vec<String>> {
    let (path, out) = (text(path), text(out));
    let plane = ["--origin=0,0,0", "--right=1,0,0", "--down=0,1,0", "--spacing=1", "--size=8,8", "--window=40,400"];
    let all: [&[&str]; 4] =
        [&["inspect", path, "--json"], &["render", path, "--out", out], &["mpr", path, "--out", out], &["probe", path, "--at=0,0,0"]];
    let mut all: Vec<Vec<String>> = all.iter().map(|a| a.iter().map(|s| (*s).to_owned()).collect()).collect();
    all[2].extend(plane.map(str::to_owned));
    all
}

/// A sentence has an end, names the place, and is for a person: no debugging form, no backtrace, no code.
fn is_a_sentence(ran: &Ran, code: i32, place: &str) -> String {
    let sentence = ran.sentence(code).unwrap();
    let forbidden = ["Error {", "Some(", "None", "unwrap", "RUST_BACKTRACE", ".rs:", "Err("];
    assert!(!forbidden.iter().any(|f| sentence.contains(f)), "{sentence}");
    assert!(sentence.contains(place), "{place} is not in: {sentence}");
    assert!(sentence.ends_with('.') && !sentence.ends_with(".."), "no end: {sentence}");
    sentence.to_owned()
}

#[test]
fn missing_truncated_and_foreign_files_are_told() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out.png");
    let slice = fs::read(data("series/ct_chest").unwrap().join("0105.dcm")).unwrap();
    let mut files = vec![("missing.dcm", None), ("foreign.dcm", Some(b"no DICOM at all, only text that goes on for a while".to_vec()))];
    files.extend([("cut.dcm", Some(slice[..slice.len() / 2].to_vec())), ("empty.dcm", Some(vec![]))]);
    for (name, bytes) in files {
        let path = scratch.path().join(name);
        if let Some(bytes) = bytes {
            fs::write(&path, bytes).unwrap();
        }
        for arguments in on(&path, &out) {
            let ran = tiresias(&arguments).unwrap();
            println!("{}: {}", arguments[0], is_a_sentence(&ran, 2, name));
            if arguments[0] == "inspect" {
                assert_eq!(ran.json().unwrap()["refused"].as_array().unwrap().len(), 1, "JSON is printed at 2 too");
            }
        }
        println!("verify: {}", is_a_sentence(&tiresias(["verify", text(&path)]).unwrap(), 2, name));
        assert!(!out.exists());
    }
    // A window opens nothing either; that is tested with the window. `open` on what is no study needs a display first.
    let empty = scratch.path().join("empty folder");
    fs::create_dir(&empty).unwrap();
    for arguments in on(&empty, &out) {
        is_a_sentence(&tiresias(&arguments).unwrap(), 2, "empty folder");
    }
    is_a_sentence(&tiresias(["verify", text(&empty)]).unwrap(), 2, "empty folder");
}

/// A folder of which something can be shown is 0; what cannot is listed (design section 7).
#[test]
fn one_bad_file_in_a_folder_is_listed_and_the_rest_is_shown() {
    let scratch = tempfile::tempdir().unwrap();
    let from = data("series/ct_chest").unwrap();
    for name in ["0105.dcm", "0106.dcm", "0107.dcm"] {
        fs::copy(from.join(name), scratch.path().join(name)).unwrap();
    }
    let slice = fs::read(from.join("0108.dcm")).unwrap();
    fs::write(scratch.path().join("cut.dcm"), &slice[..9_000]).unwrap();
    let said = tiresias(["inspect", text(scratch.path()), "--json"]).unwrap().done().unwrap().json().unwrap();
    assert_eq!(said["series"][0]["frames"], 3);
    let refused = said["refused"].as_array().unwrap();
    assert_eq!(refused.len(), 1);
    assert!(refused[0]["path"].as_str().unwrap().ends_with("cut.dcm") && refused[0]["reason"].as_str().unwrap().contains("cut short"));
}

fn every_file_under(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(every_file_under(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn no_hostile_file_makes_it_panic_hang_or_babble() {
    let Some(bad) = shared().map(|s| s.join("data/bad")).filter(|b| b.is_dir()) else {
        let mut walk = Walk::new();
        walk.count(false);
        walk.report("hostile files");
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out.png");
    let mut walk = Walk::new();
    let mut paths = every_file_under(&bad);
    paths.iter().for_each(|_| walk.count(true));
    paths.extend(fs::read_dir(&bad).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()));
    let mut ends: BTreeMap<(String, Option<i32>), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for arguments in paths.iter().flat_map(|path| on(path, &out)) {
        match to_end(&mut command(&arguments).unwrap(), 10) {
            Ok(ran) => {
                // What is shown all the same is shown with notes, a line each.
                let notes = ran.err.lines().all(|l| l.starts_with("tiresias: ") && l.contains(": note: ") && l.ends_with('.'));
                let told = ran.code == Some(0) && notes || ran.sentence(2).is_ok();
                if !told || (arguments[0] == "inspect" && ran.json().is_err()) {
                    wrong.push(format!("{arguments:?}: {ran:?}"));
                }
                *ends.entry((arguments[0].clone(), ran.code)).or_default() += 1;
            }
            Err(e) => wrong.push(e),
        }
    }
    for ((what, code), times) in ends {
        println!("{what}: exit code {} {times} times", code.map_or("none".into(), |c| c.to_string()));
    }
    walk.report("hostile files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A study with locked reads, and what its record said when it was whole.
struct Place {
    dir: TempDir,
    study: Study,
    bytes: Vec<u8>,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let study = study(&dir.path().join("study"), &["r1"], 3).unwrap();
        read_all(&study, 2, |_, _| 50).unwrap();
        let bytes = fs::read(study.record_path()).unwrap();
        Self { dir, study, bytes }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    fn export_to(&self, out: &Path) -> Vec<String> {
        ["export", text(self.study.root()), "--format", "csv", "--incomplete", "--out", text(out)].map(str::to_owned).to_vec()
    }
    fn export(&self) -> Ran {
        tiresias(self.export_to(&self.path("out"))).unwrap()
    }
    /// Everything that was recorded is there, and verifies.
    fn lost_nothing(&self) {
        assert!(fs::read(self.study.record_path()).unwrap() == self.bytes, "the record was touched");
        tiresias(["verify", text(self.study.root())]).unwrap().done().unwrap();
    }
}

#[test]
fn a_second_program_on_the_study_is_refused() {
    let place = Place::new();
    let open = place.study.open_record(BUILD).unwrap();
    println!("{}", is_a_sentence(&place.export(), 2, "already open in another window"));
    assert!(!place.path("out").exists());
    drop(open);
    place.export().done().unwrap();
    place.lost_nothing();
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let place = Place::new();
    let record = place.study.record_path();
    Connection::open(&record).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let newer = fs::read(&record).unwrap();
    println!("{}", is_a_sentence(&place.export(), 2, "version 99"));
    is_a_sentence(&tiresias(["verify", text(place.study.root())]).unwrap(), 2, "use the newer program");
    assert!(fs::read(&record).unwrap() == newer, "a newer record was changed");
    Connection::open(&record).unwrap().pragma_update(None, "user_version", 1).unwrap();
    assert_eq!(place.export().code, Some(0), "nothing was lost");
}

#[test]
fn a_record_that_is_none_or_was_cut_off_is_told_and_kept() {
    let place = Place::new();
    let record = place.study.record_path();
    for (bytes, codes) in
        [(b"not a database, but long enough to be taken for one, perhaps".to_vec(), [2, 2]), (place.bytes[..8192].to_vec(), [2, 1])]
    {
        fs::write(&record, &bytes).unwrap();
        println!("{}", is_a_sentence(&place.export(), codes[0], "record.sqlite"));
        let said = tiresias(["verify", text(place.study.root())]).unwrap();
        println!("{}", is_a_sentence(&said, codes[1], "record.sqlite"));
        assert!(fs::read(&record).unwrap() == bytes, "what was there was changed");
    }
    fs::remove_file(&record).unwrap();
    println!("{}", is_a_sentence(&place.export(), 2, "gone"));
    assert!(!record.exists(), "no new record takes the place of a lost one");
    fs::write(&record, &place.bytes).unwrap();
    place.lost_nothing();
}

#[test]
fn one_changed_byte_in_a_package_is_found_wherever_it_is() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("demo");
    tiresias(["demo", "--build-only", "--dir", text(&root)]).unwrap().done().unwrap();
    let package = fs::read_dir(root.join("reader/packages")).unwrap().next().unwrap().unwrap().path();
    let said = tiresias(["verify", text(&package), "--json"]).unwrap().done().unwrap().json().unwrap();
    assert_eq!(said["intact"], true);
    let files = every_file_under(&package);
    let mut found = 0;
    for (n, file) in files.iter().enumerate() {
        let bytes = fs::read(file).unwrap();
        let mut changed = bytes.clone();
        // Somewhere else in each: in headers, in pixels, in the manifest.
        let at = (n * 7_919 + 301) % bytes.len();
        changed[at] ^= 0x10;
        fs::write(file, changed).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        // The manifest is not hashed by itself: the study's bundle holds its hash, and `verify` of a package alone sees its form.
        if name != "manifest.json" {
            let ran = tiresias(["verify", text(&package)]).unwrap();
            assert!(is_a_sentence(&ran, 1, name).contains("changed"), "{ran:?}");
            let said = tiresias(["verify", text(&package), "--json"]).unwrap();
            assert_eq!((said.code, &said.json().unwrap()["intact"]), (Some(1), &false.into()));
            found += 1;
        }
        fs::write(file, bytes).unwrap();
    }
    println!("a changed byte was found in each of {found} files of a package");
    fs::remove_file(&files[0]).unwrap();
    is_a_sentence(&tiresias(["verify", text(&package)]).unwrap(), 1, files[0].file_name().unwrap().to_str().unwrap());
}

/// The bundle holds the hash of each manifest, so a study's own check sees what a package's cannot.
#[test]
fn a_case_that_was_exchanged_under_the_study_is_found() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().join("demo");
    tiresias(["demo", "--build-only", "--dir", text(&root)]).unwrap().done().unwrap();
    let study = Study::open(&root.join("reader")).unwrap();
    let (reader, bundle) = study.bundles().first_key_value().unwrap();
    let environment = Environment::new("test".into(), "none".into(), [1, 1], 1.0);
    let now = Moment { utc_ms: 0, monotonic_ms: 0, boot: "test".into() };
    let mut record = study.open_record("test").unwrap();
    let events = decide(&study.rules(reader).unwrap(), &record.state(reader), Action::StartSession(environment), &now).unwrap();
    record.append(&events).unwrap();
    drop(record);
    tiresias(["verify", text(study.root())]).unwrap().done().unwrap();
    let package = study.package_dir(&bundle.reads()[0].package);
    let manifest = package.join("manifest.json");
    let mut bytes = fs::read(&manifest).unwrap();
    bytes.push(b'\n');
    fs::write(&manifest, bytes).unwrap();
    tiresias(["verify", text(&package)]).unwrap().done().unwrap();
    println!("{}", is_a_sentence(&tiresias(["verify", text(study.root())]).unwrap(), 1, "assigned"));
    let said = tiresias(["verify", text(study.root()), "--json"]).unwrap();
    assert_eq!((said.code, &said.json().unwrap()["intact"]), (Some(1), &false.into()));
    fs::remove_dir_all(&package).unwrap();
    is_a_sentence(&tiresias(["verify", text(study.root())]).unwrap(), 1, package.file_name().unwrap().to_str().unwrap());
}

#[test]
fn what_cannot_be_looked_at_prints_its_document_too() {
    let place = Place::new();
    let said = tiresias(["verify", text(&place.path("absent")), "--json"]).unwrap();
    assert_eq!((said.code, &said.json().unwrap()["intact"]), (Some(2), &false.into()));
}

#[test]
fn places_that_cannot_be_written_are_told_and_left_clean() {
    let place = Place::new();
    let image = data("single/derived_ct_u8.dcm").unwrap();
    fs::write(place.path("a file"), b"x").unwrap();
    // /proc takes no files, not even from root; nothing can lie in a file.
    for folder in [Path::new("/proc").to_owned(), place.path("a file")] {
        let export = tiresias(place.export_to(&folder.join("out"))).unwrap();
        println!("{}", is_a_sentence(&export, 2, text(&folder)));
        let png = folder.join("out.png");
        is_a_sentence(&tiresias(["render", text(&image), "--out", text(&png)]).unwrap(), 2, text(&png));
        let demo = tiresias(["demo", "--build-only", "--dir", text(&folder.join("demo"))]).unwrap();
        println!("{}", is_a_sentence(&demo, 2, text(&folder)));
    }
    place.lost_nothing();
}

/// A file system of its own, 2 MiB large, which goes away with this value. Only root can have one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn new() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tiresias-test"]).arg(dir.path()).output();
        mounted.is_ok_and(|m| m.status.success()).then(|| Self(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[test]
fn a_full_disk_is_told_and_nothing_is_lost() {
    let Some(disk) = SmallDisk::new() else {
        println!("not run: only root can mount a small disk; the record on a full disk is tested in tiresias-reads");
        return;
    };
    let place = Place::new();
    let root = disk.0.path();
    let small = root.join("study");
    assert!(Command::new("cp").arg("-r").arg(place.study.root()).arg(&small).status().unwrap().success());
    // The demo does not fit; nothing of it stays.
    let demo = tiresias(["demo", "--build-only", "--dir", text(&root.join("demo"))]).unwrap();
    let last = demo.err.lines().last().unwrap_or_default().to_owned();
    println!("{last}");
    assert!(demo.code == Some(2) && last.contains("demo: the demo study cannot be written (no storage space"), "{demo:?}");
    assert_eq!(fs::read_dir(root).unwrap().count(), 1, "half a demo study was left");
    // Full to the last byte.
    let filled = fs::write(root.join("filler"), vec![7; 4 << 20]);
    assert!(filled.is_err());
    let out = root.join("out");
    let export = tiresias(["export", text(&small), "--format", "csv", "--incomplete", "--out", text(&out)]).unwrap();
    println!("{}", is_a_sentence(&export, 2, text(root)));
    let png = root.join("o.png");
    let image = data("single/derived_ct_u8.dcm").unwrap();
    is_a_sentence(&tiresias(["render", text(&image), "--out", text(&png)]).unwrap(), 2, text(&png));
    // Nor half of a file that was asked for.
    let (scores, report) = (data("mrmc/imrmc_demo.csv").unwrap(), root.join("half.html"));
    println!("{}", is_a_sentence(&tiresias(["analyze", text(&scores), "--report", text(&report)]).unwrap(), 2, text(&report)));
    let left: Vec<_> =
        fs::read_dir(root).unwrap().map(|e| e.unwrap().file_name()).filter(|n| n.to_string_lossy().contains("half")).collect();
    assert!(!out.exists() && left.is_empty(), "{left:?}");
    tiresias(["verify", text(&small)]).unwrap().done().unwrap();
    fs::remove_file(root.join("filler")).unwrap();
    tiresias(["export", text(&small), "--format", "csv", "--incomplete", "--out", text(&out)]).unwrap().done().unwrap();
    assert!(fs::read(small.join("record.sqlite")).unwrap() == place.bytes);
}

#[test]
fn without_a_graphics_device_the_shader_is_refused_and_the_cpu_draws() {
    let scratch = tempfile::tempdir().unwrap();
    let image = data("single/derived_ct_u8.dcm").unwrap();
    let render = |computer: &str| {
        let out = scratch.path().join(format!("out{computer}.png"));
        let mut program = command(["render", text(&image), "--out", text(&out), computer]).unwrap();
        // Where the Vulkan loader looks for drivers: nothing is there.
        program.env("VK_DRIVER_FILES", scratch.path().join("none")).env("VK_ICD_FILENAMES", scratch.path().join("none"));
        (to_end(&mut program, 60).unwrap(), out.exists())
    };
    let (ran, written) = render("--gpu");
    println!("{}", is_a_sentence(&ran, 2, "graphics driver"));
    assert!(!written);
    let (ran, written) = render("--cpu");
    assert!(ran.code == Some(0) && written, "{ran:?}");
}
