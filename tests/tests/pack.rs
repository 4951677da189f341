//! `pack` as a data manager uses it, held against an independent reader (pydicom) and against sources that are no good.
//!
//! pydicom is looked for in `python3` and the system's own, or in the interpreter that `TIRESIAS_PYTHON` names; where it is absent the test says so and checks nothing with it.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says its figures, its functions too"
)]

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use tiresias_cases::{Codecs, Package, PackageKey, Packing, Signer, Trust, UidKey, read_folder, scan};
use tiresias_tests::run::{Ran, tiresias};
use tiresias_tests::{Walk, chest_slices, data, program, python, root, shared};
use tiresias_words::{Role, StudyId};

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// A study's desk folder and the file with its passphrase.
struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("passphrase"), "correct horse battery\n").unwrap();
        Self { dir }
    }
    fn study(&self) -> PathBuf {
        self.dir.path().join("study")
    }
    fn arguments(&self, source: &Path, case: &str, more: &[&str]) -> Vec<String> {
        let (study, passphrase) = (self.study(), self.dir.path().join("passphrase"));
        let all = ["pack", text(source), "--study", text(&study), "--case", case, "--passphrase-file", text(&passphrase)];
        all.iter().chain(more).map(|s| (*s).to_owned()).collect()
    }
    fn pack(&self, source: &Path, case: &str, more: &[&str]) -> Ran {
        tiresias(self.arguments(source, case, more)).unwrap()
    }
    /// What lies under the packages, hidden things too.
    fn packages(&self) -> Vec<PathBuf> {
        fs::read_dir(self.study().join("packages")).map_or_else(|_| Vec::new(), |d| d.map(|e| e.unwrap().path()).collect())
    }
    /// Nothing of a package, and nothing that was unpacked, is left.
    fn assert_nothing_left(&self, what: &str) {
        assert!(self.packages().is_empty(), "{what}: {:?}", self.packages());
        let hidden = fs::read_dir(self.study()).unwrap().any(|e| e.unwrap().file_name().to_string_lossy().starts_with('.'));
        assert!(!hidden, "{what}: something was left unpacked");
    }
}

/// Issue 5, done when 2.
#[test]
fn an_independent_reader_finds_the_source_in_the_package() {
    let Some(python) = python("pydicom, numpy") else { return };
    let scratch = tempfile::tempdir().unwrap();
    // Diffusion, as the standard has it: a b-value planted in real slices.
    let diffusion = scratch.path().join("diffusion");
    fs::create_dir(&diffusion).unwrap();
    let slices = chest_slices().expect("test data of the project");
    for (i, path) in slices.iter().take(4).enumerate() {
        let mut file = dicom_object::open_file(path).unwrap();
        file.put(DataElement::new(tags::DIFFUSION_B_VALUE, VR::FD, PrimitiveValue::from(800.5)));
        file.write_to_file(diffusion.join(format!("{i}.dcm"))).unwrap();
    }
    let all = ["patient-characteristics", "modified-dates", "safe-private"];
    let sources = [
        ("series/ct_chest", data("series/ct_chest"), &all[..0]),
        ("diffusion", Some(diffusion), &all[..1]),
        ("series/pet_headneck", data("series/pet_headneck"), &all[..2]),
        ("series/mr_t1_oblique", data("series/mr_t1_oblique"), &all[..3]),
    ];
    let mut walk = Walk::new();
    let (mut opened, mut uptake, mut b_values) = (0, 0, 0);
    for (name, source, options) in sources {
        walk.count(source.is_some());
        let Some(source) = source else { continue };
        let read = read_folder(&source, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).unwrap();
        let package = scratch.path().join(format!("packed {}", name.replace('/', "_")));
        let series = [(Role::current(), &read.series[0])];
        let key = UidKey::new([8; 32]);
        let retain = options.iter().map(|o| o.parse().unwrap()).collect();
        Packing { retain, ..Packing::new(&series, &key) }.pack(&package, &mut |_| ControlFlow::Continue(())).unwrap();
        let mut check = Command::new(&python);
        check.arg(root().join("tests/pydicom_check.py")).arg(&package).arg(&source).args(options);
        let out = check.output().unwrap();
        assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
        let found: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(found["wrong"], serde_json::json!([]), "{name}: {found}");
        assert_eq!(found["opened"], read.series[0].len(), "{name}");
        opened += found["opened"].as_u64().unwrap();
        uptake += found["uptake"].as_u64().unwrap();
        b_values += found["b_values"].as_u64().unwrap();
    }
    assert!(b_values == 4, "{b_values} b-values");
    walk.report(&format!(
        "pydicom opened {opened} packed files; pixels and codes as they must be; {uptake} uptake factors, {b_values} b-values unchanged"
    ));
}

/// pydicom beside the test, asked about one package after the other.
struct Reader {
    child: Child,
    answers: BufReader<ChildStdout>,
    sum: BTreeMap<&'static str, u64>,
}

impl Reader {
    fn start(shared: &Path) -> Option<Self> {
        let data = shared.join("data");
        let mut command = Command::new(python("pydicom, numpy")?);
        command.arg(root().join("tests/pydicom_check.py")).arg("--each").arg(data.join("reference/pixels.csv")).arg(&data);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, answers, sum: BTreeMap::new() })
    }
    /// Opens every file of a package; it holds `images` images of the source.
    fn check(&mut self, package: &Path, source: &Path, images: usize) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{}\n{}", text(package), text(source)).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let name = source.display();
        let found: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{name}: no answer of pydicom: {e}"));
        assert_eq!(found["wrong"], serde_json::json!([]), "{name}: {found}");
        assert!(found["opened"].as_u64().is_some_and(|n| n > 0 && n <= images as u64), "{name}: {found} of {images}");
        for what in ["opened", "equal", "listed", "lossy", "unlisted"] {
            *self.sum.entry(what).or_default() += found[what].as_u64().unwrap();
        }
    }
}

/// Every series and every single image goes through, or is stopped with the reason that is listed; pydicom opens every packed file.
#[test]
fn the_collection_goes_through_or_is_stopped_with_a_reason() {
    let mut walk = Walk::new();
    let Some(shared) = shared().filter(|folder| folder.join("data/single").is_dir()) else {
        walk.count(false);
        walk.report("packing the larger collection");
        return;
    };
    let listed = fs::read_to_string(root().join("tests/data/pack_stopped.csv")).unwrap();
    let listed: BTreeMap<&str, &str> = listed.lines().skip(1).filter_map(|l| l.split_once(',')).collect();
    let scratch = tempfile::tempdir().unwrap();
    let codecs = Arc::new(Codecs::new(program().unwrap(), vec!["codec-worker".into()]));
    let (mut packed, mut stopped) = (0, BTreeMap::new());
    let mut reader = Reader::start(&shared);
    for folder in ["series", "single"] {
        let mut paths: Vec<PathBuf> = fs::read_dir(shared.join("data").join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            walk.count(true);
            let name = format!("{folder}/{}", path.file_name().unwrap().to_string_lossy());
            let read = read_folder(&path, &codecs, &mut |_| ControlFlow::Continue(())).unwrap();
            let mut why: Vec<String> = read.refused.iter().map(|r| r.reason.to_string()).collect();
            why.extend(read.objects.iter().map(|o| format!("it is no image ({})", o.kind)));
            for found in &read.series {
                let place = scratch.path().join("package");
                let (series, key) = ([(Role::current(), found)], UidKey::new([4; 32]));
                match Packing::new(&series, &key).pack(&place, &mut |_| ControlFlow::Continue(())) {
                    Ok(_) => {
                        Package::open(&place, &Trust::Unsigned).unwrap().verify().unwrap();
                        // As the command does before a package comes to its place.
                        let report = scan(&place, &codecs, &mut |_| ControlFlow::Continue(())).unwrap();
                        if report.has_leaks() {
                            let kinds: BTreeSet<&str> = report.leaks().iter().map(|l| l.kind().word()).collect();
                            why.push(format!("the scan stops it ({})", kinds.into_iter().collect::<Vec<_>>().join(" and ")));
                        } else {
                            packed += 1;
                        }
                        if let Some(reader) = &mut reader {
                            reader.check(&place, &path, found.len());
                        }
                        fs::remove_dir_all(&place).unwrap();
                    }
                    Err(e) => {
                        why.push(e.to_string());
                        assert!(!place.exists(), "{name}: half a package was left");
                    }
                }
            }
            why.sort();
            why.dedup();
            if !why.is_empty() {
                stopped.insert(name, why.join(" | ").replace('"', "'"));
            }
        }
    }
    walk.report(&format!("packing the larger collection ({packed} series packed, {} sources stopped in part or whole)", stopped.len()));
    if let Some(reader) = reader {
        println!(
            "pydicom opened every packed file, its pixels equal to what it decodes of the source, or to what other programs do: {:?}",
            reader.sum
        );
    }
    let found: Vec<String> = stopped.iter().map(|(name, why)| format!("{name},{why}")).collect();
    let unlisted: Vec<&String> = found.iter().filter(|l| l.split_once(',').is_none_or(|(n, why)| listed.get(n) != Some(&why))).collect();
    assert!(unlisted.is_empty() && found.len() == listed.len(), "tests/data/pack_stopped.csv should say:\n{}", found.join("\n"));
}

#[test]
fn a_packed_case_is_signed_and_packing_it_again_changes_nothing() {
    let desk = Desk::new();
    let source = data("series/ct_chest").expect("test data of the project");
    let first = desk.pack(&source, "CASE-1", &["--json"]).done().unwrap().json().unwrap();
    let again = desk.pack(&source, "CASE-1", &["--json"]).done().unwrap().json().unwrap();
    assert_eq!(first, again);
    let [package] = desk.packages().try_into().expect("one package");
    let public = desk.study().join("packages.pub");
    let verified = tiresias(["verify", text(&package), "--key", text(&public)]).unwrap().done().unwrap();
    assert!(verified.out.contains(first["package"].as_str().unwrap()));
    // Neither the desk's id nor a source's name is in the package or in plain sight of the desk.
    for file in fs::read_dir(&package).unwrap().map(|e| e.unwrap().path()).chain([desk.study().join("key.age")]) {
        let bytes = fs::read(&file).unwrap();
        assert!(!["CASE-1", "LIDC"].iter().any(|w| bytes.windows(w.len()).any(|b| b == w.as_bytes())), "{}", file.display());
    }
    // Another package under the same id is refused, and goes away again.
    let other = desk.pack(&source, "CASE-1", &["--retain", "modified-dates"]);
    assert!(other.sentence(2).unwrap().contains("packed already"));
    assert_eq!(desk.packages().len(), 1);
    // One key file is one study.
    fs::write(desk.dir.path().join("passphrase"), "another passphrase\n").unwrap();
    assert!(desk.pack(&source, "CASE-2", &[]).sentence(2).unwrap().contains("passphrase is wrong"));
}

#[test]
fn a_package_of_another_signer_study_or_version_is_refused_in_a_sentence() {
    let scratch = tempfile::tempdir().unwrap();
    let read = read_folder(&data("series/ct_chest").unwrap(), &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).unwrap();
    let (series, key, signer) = ([(Role::current(), &read.series[0])], UidKey::new([1; 32]), Signer::new(&[2; 32]));
    let study = key.study().unwrap();
    let trust = |seed: u8, study: &StudyId| {
        let public = Signer::new(&[seed; 32]).public(study.clone());
        Trust::Key(PackageKey::parse(public.to_json().as_bytes()).unwrap())
    };
    for place in [scratch.path().join("folder"), scratch.path().join("one.tcase")] {
        let packing = Packing { signer: Some(&signer), ..Packing::new(&series, &key) };
        let hash = packing.pack(&place, &mut |_| ControlFlow::Continue(())).unwrap();
        let package = Package::open(&place, &trust(2, &study)).unwrap();
        assert_eq!(package.hash(), hash);
        package.verify().unwrap();
        package.series()[0].load().unwrap();
        let refused = |trust: &Trust| Package::open(&place, trust).unwrap_err().to_string();
        assert!(refused(&trust(3, &study)).contains("another key"));
        assert!(refused(&trust(2, &StudyId::new("00").unwrap())).contains("another study"));
    }
    let unsigned = scratch.path().join("unsigned");
    Packing::new(&series, &key).pack(&unsigned, &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(Package::open(&unsigned, &trust(2, &study)).unwrap_err().to_string().contains("not signed"));
    let manifest = scratch.path().join("folder/manifest.json");
    let json = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, json.replacen("\"tiresias_package\": 3", "\"tiresias_package\": 4", 1)).unwrap();
    assert!(Package::open(&scratch.path().join("folder"), &Trust::Unsigned).unwrap_err().to_string().contains("version 4"));
    assert!(Package::open(&scratch.path().join("folder"), &trust(2, &study)).unwrap_err().to_string().contains("does not fit"));
}

/// A stored archive with one entry of this name, Unix mode and stated length.
fn archive(entries: &[(&str, u32, u32, &[u8])]) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for (name, mode, size, content) in entries {
        let offset = out.len() as u32;
        let mut shared = Vec::new();
        [20u16, 0, 0, 0, 0x21].iter().for_each(|w| shared.extend(w.to_le_bytes()));
        [0u32, content.len() as u32, *size].iter().for_each(|w| shared.extend(w.to_le_bytes()));
        shared.extend((name.len() as u16).to_le_bytes());
        shared.extend([0, 0]);
        out.extend([b"PK\x03\x04".as_slice(), &shared, name.as_bytes(), content].concat());
        list.extend([b"PK\x01\x02\x14\x03".as_slice(), &shared, &[0; 6]].concat());
        list.extend((mode << 16).to_le_bytes());
        list.extend(offset.to_le_bytes());
        list.extend(name.as_bytes());
    }
    let (begin, count) = (out.len() as u32, entries.len() as u16);
    out.extend(&list);
    out.extend(b"PK\x05\x06\0\0\0\0");
    [count, count].iter().for_each(|w| out.extend(w.to_le_bytes()));
    [list.len() as u32, begin].iter().for_each(|w| out.extend(w.to_le_bytes()));
    out.extend([0, 0]);
    out
}

#[test]
fn hostile_archives_are_refused_in_a_sentence_and_leave_nothing() {
    let desk = Desk::new();
    let file = 0o100_644;
    let hostile: [(&str, Vec<u8>); 6] = [
        ("out of the folder", archive(&[("../../escaped.dcm", file, 4, b"abcd")])),
        ("out of the folder", archive(&[("/escaped.dcm", file, 4, b"abcd")])),
        ("link", archive(&[("a.dcm", 0o120_777, 4, b"abcd")])),
        ("name of another", archive(&[("a.dcm", file, 4, b"abcd"), ("A.DCM", file, 4, b"abcd")])),
        ("two lengths", archive(&[("a.dcm", file, 0xF000_0000, b"abcd")])),
        ("zip archive", archive(&[("a.dcm", file, 4, b"abcd")])[..40].to_vec()),
    ];
    for (word, bytes) in hostile {
        let source = desk.dir.path().join("source.zip");
        fs::write(&source, &bytes).unwrap();
        let ran = desk.pack(&source, "CASE-1", &[]);
        assert!(ran.sentence(2).unwrap().contains(word), "{word}: {ran:?}");
        desk.assert_nothing_left(word);
        assert_eq!(fs::read(&source).unwrap(), bytes, "the source is as it was");
    }
    assert!(!desk.dir.path().join("escaped.dcm").exists());
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_no_half_package_and_the_source_alone() {
    let desk = Desk::new();
    let source = data("series/ct_chest").expect("test data of the project");
    let before: Vec<_> = fs::read_dir(&source).unwrap().map(|e| e.unwrap().metadata().unwrap().modified().unwrap()).collect();
    // The key file is small; an image is not.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"";
    let out =
        Command::new("sh").args(["-c", script]).arg(program().unwrap()).args(desk.arguments(&source, "CASE-1", &[])).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.code() == Some(2) && said.contains("cannot be written"), "{said}");
    desk.assert_nothing_left("a full disk");
    let after: Vec<_> = fs::read_dir(&source).unwrap().map(|e| e.unwrap().metadata().unwrap().modified().unwrap()).collect();
    assert_eq!(before, after);
    // And with room it goes.
    desk.pack(&source, "CASE-1", &[]).done().unwrap();
}
