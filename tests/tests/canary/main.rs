//! Nothing of who a patient is comes through: marked values in every identifying place of real images, and a search of everything that anyone can see.
//!
//! Builds packages from planted DICOM files, has them read in the real window to the lock, exports, provokes errors, and looks for every planted value in
//! every text, name and title of every frame, every output of the command line, and every byte and name of the study, the exports and the traces.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

mod plant;
mod search;
#[path = "../reading_room/sitting.rs"]
mod sitting;
mod whole;

use egui::{Key, Modifiers, vec2};
use plant::{Canary, plant};
use search::Search;
use sitting::{Opening, Sitting};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias::{Clock, RenderPath, Trace};
use tiresias_cases::{Codecs, Packing, Trust, UidKey, read_folder};
use tiresias_reads::desk::{Desk, DeskCase};
use tiresias_reads::study::Study;
use tiresias_tests::run::{Ran, tiresias as program};
use tiresias_tests::studies::{copy, numbered, of_packages};
use tiresias_words::{CaseId, ReaderId, Role};

const SLICES: usize = 6;
/// Studies with an image that was changed, and one that is missing.
const BROKEN: [&str; 2] = ["changed", "missing"];

/// Everything that was said to anyone, and by whom.
#[derive(Default)]
struct Said(Vec<(String, String)>);

impl Said {
    fn by(&mut self, who: &str, words: impl Into<String>) {
        self.0.push((who.to_owned(), words.into()));
    }
    fn ran(&mut self, who: &str, ran: &Ran) {
        self.by(who, ran.out.clone());
        self.by(who, ran.err.clone());
    }
    /// What the window showed in all its frames.
    fn shown(&mut self, who: &str, room: &Sitting) -> (usize, usize) {
        let seen = &room.seen;
        assert!(seen.words.len() > 5 && seen.frames > 5, "{who}: the frames were looked at");
        for words in &seen.words {
            self.by(who, words.clone());
        }
        (seen.frames, seen.texts)
    }
}

/// Issue 2, done when 6.
#[test]
fn no_planted_value_is_found_anywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let mut said = Said::default();
    let (study, canaries) = study(root, &mut said);
    let mut search = Search::new(&canaries);
    println!("{} planted values in {} forms", canaries.len(), search.form_count);

    let planted = search.folder(&root.join("sources"));
    for canary in &canaries {
        let found = planted.iter().any(|p| p.contains(&format!("{} (plain)", canary.place)));
        assert!(found, "{canary:?} is in the sources, where the search can find it");
    }
    println!("found in the sources, as it should be: {}", planted.len());
    search = Search::new(&canaries);

    // Before anyone read in it: a record belongs to its study, and these are to be broken.
    for name in BROKEN {
        copy(study.root(), &root.join("broken").join(name)).expect("a copy");
    }
    let (frames, texts) = read_to_the_lock(root, &study, &mut said);
    export(root, &study, &mut said);
    let (more_frames, more_texts) = errors(root, &study, &mut said);
    println!("{} frames with {} texts, {} different things said", frames + more_frames, texts + more_texts, said.0.len());

    // What was to be provoked was: the search is over these words too.
    for words in ["This case cannot be shown.", "Reading stops here.", "is locked.", "intact", "Still to do", "changed", "Open a study"] {
        assert!(said.0.iter().any(|(_, said)| said.contains(words)), "{words:?} was said");
    }
    let mut found = Vec::new();
    for (who, words) in &said.0 {
        found.extend(search.bytes(words.as_bytes(), who));
    }
    for place in ["reader", "desk", "exports", "data", "traces", "broken"] {
        found.extend(search.folder(&root.join(place)));
    }
    println!("{} bytes in {} files and all words searched, {} planted values found", search.bytes, search.files, found.len());
    assert!(found.is_empty(), "{found:#?}");

    let caught = the_search_can_fail(root, &study, &canaries);
    println!("planted again where none may be, in three forms: {caught} of {} found", canaries.len());
}

/// Two packages from planted sources, and a study of them.
fn study(root: &Path, said: &mut Said) -> (Study, Vec<Canary>) {
    let files = tiresias_tests::chest_slices().expect("test data of the project");
    let packed = root.join("packed");
    std::fs::create_dir_all(&packed).expect("a folder");
    let (mut canaries, mut cases) = (Vec::new(), Vec::new());
    for (number, slices) in files.chunks_exact(SLICES).take(2).enumerate() {
        let (source, planted) = plant(slices, &root.join("sources"), number as u32 + 1);
        canaries.extend(planted);
        let read = read_folder(&source, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).expect("the sources can be read");
        let [series] = read.series.as_slice() else { panic!("one series of {read:?}") };
        assert_eq!(series.len(), SLICES);
        said.by("a source's Debug", format!("{:?} {:?} {:?}", series.facts, series.vois, series.warnings()));
        said.by("a folder's Debug", format!("{read:?}"));
        let dest = packed.join(format!("case-{number}"));
        let hash = Packing::new(&[(Role::current(), series)], &UidKey::new([7; 32]))
            .pack(&dest, &mut |_| ControlFlow::Continue(()))
            .expect("a package");
        cases.push((hash, dest));
        wrong_sources(&source, root, said);
    }
    let readers = numbered(2).expect("readers");
    let study = of_packages(&root.join("reader"), tiresias::demo::PROTOCOL, &readers, &cases).expect("a study");
    for (hash, _) in &cases {
        let package = tiresias_cases::Package::open(&study.package_dir(hash), &Trust::Unsigned).expect("the package opens");
        package.verify().expect("it is intact");
        said.by("a package's Debug", format!("{:?}", package.series()));
    }
    let rows = cases.iter().enumerate().map(|(i, (package, _))| {
        let case = CaseId::new(format!("CASE-{i}")).expect("an id");
        DeskCase { case, package: *package, signal: i == 0 }
    });
    Desk::create(&root.join("desk"), 1, &rows.collect::<Vec<_>>()).expect("a desk");
    said.by("a study's Debug", format!("{study:?}"));
    (study, canaries)
}

/// Sources that are no good: what is said about them names positions, not patients.
fn wrong_sources(source: &Path, root: &Path, said: &mut Said) {
    let wrong = tempfile::tempdir_in(root).expect("a folder");
    let place = wrong.path().join("images");
    std::fs::create_dir_all(&place).expect("a folder");
    let mut files: Vec<PathBuf> = std::fs::read_dir(source).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    files.sort();
    for (i, file) in files.iter().enumerate() {
        let bytes = std::fs::read(file).expect("a file");
        let kept = match i {
            // Cut in the header, cut in the pixels, whole.
            0 => 900,
            1 => bytes.len() - 1000,
            _ => bytes.len(),
        };
        std::fs::write(place.join(format!("{i}.dcm")), &bytes[..kept]).expect("a file");
    }
    let read = read_folder(&place, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).expect("a folder that can be read");
    said.by("a refused file", read.refused.iter().map(|r| r.reason.to_string()).collect::<Vec<_>>().join("\n"));
    said.by("a folder's Debug", format!("{read:?}"));
    for series in &read.series {
        let refusal = Packing::new(&[(Role::current(), series), (Role::current(), series)], &UidKey::new([7; 32]))
            .pack(&wrong.path().join("twice"), &mut |_| ControlFlow::Continue(()));
        said.by("a refused package", refusal.expect_err("two series of one role").to_string());
        if let Err(e) = Packing::new(&[(Role::current(), series)], &UidKey::new([7; 32]))
            .pack(&wrong.path().join("cut"), &mut |_| ControlFlow::Continue(()))
        {
            said.by("a refused package", e.to_string());
        }
    }
}

fn window(root: &Path, study: &Path, trace: &str, path: RenderPath) -> Sitting {
    let traces = root.join("traces");
    std::fs::create_dir_all(&traces).expect("a folder");
    let trace = Trace::to_file(&traces.join(trace), &Clock::start()).expect("a trace");
    let mut room = Sitting::start(Opening { data: Some(root.join("data")), trace, ..Opening::of(study).by(path) });
    room.seen.collect = true;
    room.until_says("Who reads?");
    room
}

/// Both cases, with everything a reader can do, until nothing is left.
fn read_to_the_lock(root: &Path, study: &Study, said: &mut Said) -> (usize, usize) {
    let mut room = window(root, study.root(), "reading", RenderPath::Gpu);
    room.press_named("Reader 1");
    room.until_says("End the session");
    for _ in 0..2 {
        room.key(Key::Enter);
        room.until_loaded();
        let main = room.pane("axial");
        for key in [Key::Num2, Key::I, Key::End, Key::Home, Key::ArrowDown, Key::O, Key::O, Key::G, Key::G, Key::R, Key::Num9] {
            room.key(key);
        }
        for at in [vec2(-60.0, -40.0), vec2(50.0, 70.0)] {
            room.hover(main.center() + at);
        }
        // The names of tools, as they are shown to a resting pointer.
        for tool in ["mark", "keys", "leave this case as a draft"] {
            let at = egui_kittest::kittest::Queryable::get_by_label(&room.window, tool).rect().center();
            room.hover(at);
            room.settle_clicks();
        }
        room.chord(Modifiers::COMMAND, Key::Enter);
        room.rest();
        room.key(Key::Questionmark);
        room.rest();
        room.key(Key::Escape);
        room.key(Key::M);
        room.settle_clicks();
        room.click(main.center() + vec2(-30.0, 20.0));
        room.until_says("rate it");
        for key in [Key::Num7, Key::Num5, Key::Enter] {
            room.key(key);
        }
        room.rest();
        for key in [Key::Num8, Key::Num8, Key::Enter] {
            room.key(key);
        }
        room.rest();
        room.key(Key::Num2);
        room.until("nothing to do", |s| !s.says("Still to do"));
        room.rest();
        room.chord(Modifiers::COMMAND, Key::Enter);
        room.until_says("is locked.");
    }
    room.key(Key::Enter);
    room.until_says("All your cases are read.");
    room.press_named("End the session");
    room.until_says("Open a study");
    // The start screen now lists the study; the page of credits is a further one.
    room.press_named("About Tiresias");
    room.rest();
    said.shown("the window", &room)
}

fn export(root: &Path, study: &Study, said: &mut Said) {
    let truth = root.join("desk/truth.csv");
    std::fs::create_dir_all(root.join("exports")).expect("a folder");
    let reader = study.root().display().to_string();
    for format in ["csv", "imrmc"] {
        let out = root.join("exports").join(format).display().to_string();
        let arguments = [
            "export",
            &reader,
            "--format",
            format,
            "--incomplete",
            "--truth",
            &truth.display().to_string(),
            "--early-look",
            "a test",
            "--out",
            &out,
        ];
        let ran = wait(|| program(arguments)).done().expect("an export");
        said.ran("tiresias export", &ran);
    }
    for json in [false, true] {
        let mut commands = vec![vec!["verify".to_owned(), reader.clone()], vec!["inspect".to_owned(), reader.clone()]];
        for package in std::fs::read_dir(study.packages_dir()).expect("packages") {
            let package = package.expect("a package").path().display().to_string();
            commands.push(vec!["verify".to_owned(), package.clone()]);
            commands.push(vec!["inspect".to_owned(), package.clone(), "--pixels".to_owned()]);
        }
        for mut command in commands {
            command.extend(json.then(|| "--json".to_owned()));
            said.ran(&format!("tiresias {}", command[0]), &program(&command).expect("the command ends"));
        }
    }
    let record = study.open_record("test").expect("the record opens");
    said.by("a record's Debug", format!("{record:?}"));
    said.by("a state's Debug", format!("{:?}", record.state(&ReaderId::new("reader-1").expect("a name"))));
    record.replay(|row| said.by("an event's Debug", format!("{row:?}"))).expect("the record replays");
}

/// The record of a window that was closed is free when its thread has ended.
fn wait(mut run: impl FnMut() -> Result<Ran, String>) -> Ran {
    for _ in 0..200 {
        let ran = run().expect("the command ends");
        if ran.code == Some(0) {
            return ran;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    run().expect("the command ends")
}

/// Everything that goes wrong says so without saying who the patient is.
fn errors(root: &Path, study: &Study, said: &mut Said) -> (usize, usize) {
    let image = |reader: &Path| {
        let package = Study::open(reader).expect("a study").bundles().values().next().expect("a bundle").reads()[0].package;
        let folder = study.package_dir(&package);
        let inside = folder.strip_prefix(study.root()).expect("in the study").to_owned();
        let files = walk(&reader.join(inside));
        files.into_iter().find(|p| p.file_name().is_some_and(|n| n != "manifest.json")).expect("an image")
    };
    let (mut frames, mut texts) = (0, 0);
    for name in BROKEN {
        let reader = root.join("broken").join(name);
        let file = image(&reader);
        let mut bytes = std::fs::read(&file).expect("an image");
        std::fs::remove_file(&file).expect("taken away");
        if name == BROKEN[0] {
            let at = bytes.len() - 4321;
            bytes[at] ^= 1;
            std::fs::write(&file, bytes).expect("changed");
        }
        let mut room = window(root, &reader, name, RenderPath::Cpu);
        room.press_named("Reader 1");
        room.until_says("End the session");
        room.key(Key::Enter);
        room.until_says("This case cannot be shown.");
        // A second window on the same study.
        let mut second = window(root, &reader, "second", RenderPath::Cpu);
        second.press_named("Reader 2");
        second.until_says("Reading stops here.");
        for (who, mut room) in [("a window on a broken package", room), ("a second window", second)] {
            room.rest();
            let (f, t) = said.shown(who, &room);
            (frames, texts) = (frames + f, texts + t);
        }
        let package = file.ancestors().find(|p| p.join("manifest.json").is_file()).expect("a package");
        for json in [&["--json"][..], &[]] {
            let mut arguments = vec!["verify".to_owned(), package.display().to_string()];
            arguments.extend(json.iter().map(|j| (*j).to_owned()));
            let ran = program(&arguments).expect("the command ends");
            assert_eq!(ran.code, Some(1), "{ran:?}");
            said.ran("tiresias verify of a broken package", &ran);
        }
    }
    // Truth that does not fit, formats that are none, a folder that is there, a study that is none.
    let reader = study.root().display().to_string();
    let wrong = root.join("wrong.csv");
    std::fs::write(&wrong, "case,package,truth\nCASE-0,00,1\n").expect("a file");
    let [wrong, there, out] = [&wrong, &root.join("exports/csv"), &root.join("exports/none")].map(|p| p.display().to_string());
    let truth = root.join("desk/truth.csv").display().to_string();
    for arguments in [
        vec!["export", &reader, "--format", "imrmc", "--truth", &wrong, "--out", &out],
        vec!["export", &reader, "--format", "imrmc", "--out", &out],
        vec!["export", &reader, "--format", "none", "--out", &out],
        vec!["export", &reader, "--format", "csv", "--truth", &truth, "--out", &there],
        vec!["verify", &out],
    ] {
        let ran = program(&arguments).expect("the command ends");
        assert_ne!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        said.ran("a command that fails", &ran);
    }
    (frames, texts)
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// Puts single planted values where none may be, in different forms, and sees each found.
fn the_search_can_fail(root: &Path, study: &Study, canaries: &[Canary]) -> usize {
    let mut caught = 0;
    for (i, canary) in canaries.iter().enumerate() {
        let bytes = match i % 3 {
            0 => canary.value.clone().into_bytes(),
            1 => canary.value.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => canary.value.bytes().rev().collect(),
        };
        let note = study.packages_dir().join("note");
        std::fs::write(&note, [b"  ".as_slice(), &bytes, b"\0\0"].concat()).expect("a file");
        let found = Search::new(canaries).bytes(&std::fs::read(&note).expect("a file"), "note");
        assert!(found.iter().any(|f| f.contains(&canary.place)), "{canary:?} is found again: {found:?}");
        std::fs::remove_file(&note).expect("taken away");
        caught += 1;
    }
    // Once through the very search of folders, as a file's name.
    let named = root.join("desk").join(&canaries[0].value);
    std::fs::write(&named, "").expect("a file");
    assert!(!Search::new(canaries).folder(&root.join("desk")).is_empty());
    caught
}
