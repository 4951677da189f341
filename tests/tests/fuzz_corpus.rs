//! Replays what fuzzing found, through the properties that the fuzz targets check: `tests/fuzz/corpus/TARGET`, the frames of the codecs' own tests and,
//! where present, every file of `bad` and `single` of the larger collection.
//!
//! Owns: the bounds that hold for every input, 10 seconds and 2 GiB of memory for all of a target. Refuses: a target without a corpus, and a corpus without
//! a target.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

#[path = "../fuzz/src/properties/mod.rs"]
#[allow(unreachable_pub, reason = "the fuzz crate hands these on")]
mod properties;

use properties::{TARGETS, hold};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;
use tiresias_tests::{Walk, root, shared};

/// What one input may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the process may have taken at its worst, kibibytes.
const MEMORY: u64 = 2 << 20;
/// What all of the corpus may weigh, bytes.
const WEIGHT: u64 = 2 << 20;

/// An input, by the file that holds it, and what stands before its bytes.
struct Input {
    path: PathBuf,
    head: String,
}

impl Input {
    const fn file(path: PathBuf) -> Self {
        Self { path, head: String::new() }
    }
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head.clone().into_bytes();
        bytes.extend(fs::read(&self.path).expect("an input that was listed"));
        bytes
    }
}

fn corpus() -> PathBuf {
    root().join("tests/fuzz/corpus")
}

/// The files below a folder, sorted; none where there is no folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found.sort();
    found
}

/// The frames that the tests of the codecs keep, with the line that the target wants before each.
fn frames() -> Vec<Input> {
    let data = root().join("cases/codecs/tests/data");
    let list = fs::read_to_string(data.join("frames.csv")).expect("the list of frames");
    let input = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let [file, syntax, columns, rows, samples, allocated, stored, _, photometric, ..] = fields.as_slice() else {
            panic!("a line of frames.csv is not as it was: {line}");
        };
        let colour = match *photometric {
            "RGB" => "rgb",
            grey if grey.starts_with("MONOCHROME") || grey.starts_with("PALETTE") => "grey",
            _ => "ybr",
        };
        Input { path: data.join(file), head: format!("{syntax} {columns} {rows} {samples} {allocated} {stored} {colour}\n") }
    };
    list.lines().skip(1).map(input).collect()
}

/// The most memory that this process ever had, kibibytes; none where the system does not say.
fn most_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse().ok()
}

/// Every input, each in its time. Runs in a thread of its own, because a decoder that hangs cannot be stopped.
fn replay_all(target: &'static str, inputs: Vec<Input>) {
    let (_, property) = *TARGETS.iter().find(|(name, _)| *name == target).expect("a target");
    let (begun, now) = channel();
    let all = inputs.len();
    let run = move || {
        for input in inputs {
            let bytes = input.bytes();
            // The listener is gone only after it has failed.
            let _ = begun.send(input.path.clone());
            let held = hold(property, &bytes);
            assert_eq!(held, Ok(()), "{target}, {}", input.path.display());
            assert!(most_memory().is_none_or(|kib| kib <= MEMORY), "{target}, {}: {:?} KiB", input.path.display(), most_memory());
        }
    };
    let thread = thread::Builder::new().stack_size(8 << 20).spawn(run).expect("a thread");
    let (mut last, mut count) = (PathBuf::new(), 0);
    loop {
        match now.recv_timeout(PATIENCE) {
            Ok(path) => (last, count) = (path, count + 1),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => panic!("{target}, {}: no end after {PATIENCE:?}", last.display()),
        }
    }
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
    assert_eq!(count, all);
}

/// The corpus of a target and what else there is for it.
fn replay(target: &'static str) {
    let mut inputs: Vec<Input> = files(&corpus().join(target)).into_iter().map(Input::file).collect();
    assert!(!inputs.is_empty(), "{target} has no corpus");
    if target == "codec" {
        inputs.extend(frames());
    }
    let kept = inputs.len();
    let mut walk = Walk::new();
    if ["file_to_frame", "directory"].contains(&target) {
        for folder in ["bad", "single"] {
            let found = shared().map(|shared| files(&shared.join("data").join(folder))).unwrap_or_default();
            let found: Vec<_> = found.into_iter().filter(|path| target == "file_to_frame" || path.ends_with("DICOMDIR")).collect();
            if found.is_empty() && target == "file_to_frame" {
                walk.count(false);
            }
            found.iter().for_each(|_| walk.count(true));
            inputs.extend(found.into_iter().map(Input::file));
        }
    }
    replay_all(target, inputs);
    let said = format!("fuzz corpus of {target}: {kept} inputs of the repository replayed");
    if walk == Walk::new() { eprintln!("{said}") } else { walk.report(&said) }
}

macro_rules! replayed {
    ($($target:ident)*) => {
        $(#[test]
        fn $target() {
            replay(stringify!($target));
        })*

        const REPLAYED: &[&str] = &[$(stringify!($target)),*];
    };
}

replayed! { file_to_frame scan presentation directory manifest archive signature sealed codec inflate request answer protocol bundle seat pair imrmc long lrc rjafroc truth desk log record event results recent ai_result findings }

#[test]
fn every_target_has_a_program_a_corpus_and_a_test() {
    let names = |folder: &Path| -> BTreeSet<String> {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
    };
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&root().join("tests/fuzz/targets")), targets);
    assert_eq!(names(&corpus()), targets);
    assert_eq!(REPLAYED.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(), targets);
    let weight: u64 = files(&corpus()).iter().map(|path| path.metadata().expect("a file").len()).sum();
    assert!(weight <= WEIGHT, "the corpus weighs {weight} bytes: let `cargo fuzz cmin` take out what adds nothing");
}
