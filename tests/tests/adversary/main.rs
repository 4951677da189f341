//! An adversary at a reader's workstation: who has the images that were packed, the folder that was handed out and, separately, the reader's passphrase, looks
//! at every state of simulated reads for what the AI says, or a key to it, before the record shows it (docs/blinding.md).
//!
//! The reads are made by the shipped program in a process of its own, one step at a time; between two steps its memory, its files and the program's own
//! commands are searched. Programs that leak are caught by the same search. Owns the study that is attacked. `ADVERSARY_READS` is how many reads there are.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says its figures, its functions too"
)]

mod attack;
mod commands;
mod leaking;
mod needles;
mod process;

use attack::{Attack, Until, attack};
use needles::Needles;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tiresias_tests::run::{Ran, tiresias};

/// The size of every sealed part, bytes.
const SEALED: &str = "65536";

/// A study desk with cases of one image each, the AI results of every other one, and a folder handed out to each simulated reader.
struct Desk {
    dir: TempDir,
    needles: Needles,
    readers: usize,
}

impl Desk {
    /// With a protocol that ships, so many cases and readers.
    fn new(template: &str, cases: usize, readers: usize) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let mut desk = Self { dir, needles: Needles::default(), readers };
        fs::write(desk.file("desk-phrase"), "correct horse battery\n").expect("written");
        fs::write(desk.file("reader-phrase"), tiresias::simulate::PASSPHRASE).expect("written");
        desk.ran(&["study", "new", "@study", "--template", template]);
        desk.account("cora", "coordinator", "desk-phrase");
        for n in 1..=readers {
            desk.account(&format!("sim-{n:03}"), "reader", "reader-phrase");
        }
        desk.pack(cases);
        for step in ["sign", "assign"] {
            desk.ran(&["study", step, "@study", "--as", "cora", "--passphrase-file", "@desk-phrase"]);
        }
        for n in 1..=readers {
            let (reader, out) = (format!("sim-{n:03}"), format!("@station-{n:03}"));
            let keys = ["--keys", "--key-passphrase-file", "@desk-phrase"];
            desk.ran(&[&["study", "hand-out", "@study", "--reader", &reader, "--out", &out][..], &keys].concat());
        }
        desk
    }
    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    /// Runs a command in which "@name" is a file of the folder.
    fn ran(&self, words: &[&str]) -> Ran {
        let arguments =
            words.iter().map(|w| w.strip_prefix('@').map_or_else(|| (*w).to_owned(), |name| self.file(name).display().to_string()));
        tiresias(arguments).and_then(Ran::done).unwrap_or_else(|e| panic!("{words:?}: {e}"))
    }
    fn account(&self, id: &str, kind: &str, phrase: &str) {
        let phrase = format!("@{phrase}");
        let own = ["study", "account", "@study", "--id", id, "--kind", kind, "--name", "Somebody", "--new-passphrase-file", &phrase];
        let by = ["--as", "cora", "--passphrase-file", "@desk-phrase"];
        self.ran(&[&own[..], if kind == "coordinator" { &[] } else { &by }].concat());
    }
    /// Packs cases of one slice each; every other one has an AI result, in words and numbers that nothing else has.
    fn pack(&mut self, cases: usize) {
        let slices = slices();
        assert!(slices.len() >= cases, "{} slices", slices.len());
        for (n, slice) in slices.iter().take(cases).enumerate() {
            self.pack_one("study", n, slice, n % 2 == 0);
        }
        self.needles = Needles::of_desk(&self.file("study"), "correct horse battery", cases);
    }
    fn pack_one(&self, study: &str, n: usize, slice: &Path, has_result: bool) {
        let case = format!("C-{n:02}");
        let result = self.file(&format!("{case}.json"));
        fs::write(&result, needles::result(n, slice)).expect("written");
        let [slice, result] = [slice, &result].map(|p| p.display().to_string());
        let study = format!("@{study}");
        let own = ["pack", &slice, "--study", &study, "--case", &case, "--passphrase-file", "@desk-phrase", "--sealed-size", SEALED];
        let with: &[&str] = &["--ai", &result];
        self.ran(&[&own[..], if has_result { with } else { &[] }].concat());
    }
    /// The same images packed with and without a result have files of the same sizes.
    fn sizes_tell_nothing(&self) {
        let slice = slices().swap_remove(0);
        self.pack_one("sizes", 0, &slice, true);
        self.pack_one("sizes", 1, &slice, false);
        let shapes = needles::shapes(&self.file("sizes"));
        assert!(shapes.len() == 2 && shapes[0] == shapes[1] && shapes[0].len() == 4, "{shapes:?}");
    }
    fn stations(&self) -> impl Iterator<Item = PathBuf> {
        (1..=self.readers).map(|n| self.file(&format!("station-{n:03}")))
    }
    /// A fresh copy of the first reader's folder.
    fn another(&self, name: &str) -> PathBuf {
        let to = self.file(name);
        copy(&self.file("station-001"), &to);
        to
    }
}

/// The slices of the CT that travels with the project.
fn slices() -> Vec<PathBuf> {
    let folder = fs::read_dir(tiresias_tests::data("series/ct_chest").expect("test data of the project")).expect("a folder");
    let mut slices: Vec<PathBuf> =
        folder.map(|e| e.expect("an entry").path()).filter(|p| p.extension().is_some_and(|e| e == "dcm")).collect();
    slices.sort();
    slices
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &target) } else { fs::copy(entry.path(), &target).map(|_| ()).expect("copied") }
    }
}

/// Issue 5, done when 3.
#[test]
fn no_ai_is_found_before_its_reveal() {
    let reads = std::env::var("ADVERSARY_READS").map_or(24, |n| n.parse::<usize>().expect("ADVERSARY_READS is a number"));
    let mut sum = Attack::default();
    // In the sequential design every reader reads every case once; on request the AI is asked for in most reads, and never in some.
    for (template, share) in [("sequential", 2), ("froc", 3)] {
        let cases = if reads > 100 { 20 } else { 6 };
        let desk = Desk::new(template, cases, (reads * share).div_ceil(5 * cases).max(1));
        for station in desk.stations() {
            let found = attack(&mut process::shipped(&station), &station, &desk.needles, Until::TheEnd);
            assert_eq!(found.leaks, Vec::<String>::new(), "{template}, {}", station.display());
            sum.add(found);
        }
        commands::with_the_passphrase(&desk.another("stolen"), &desk.needles);
        desk.sizes_tell_nothing();
    }
    println!("{sum}");
    assert!(sum.reads >= reads && sum.seen_after > 0, "it looks where something is to be seen: {sum}");
    assert_eq!(sum.told_by_time(), None);
}

/// A search that finds nothing proves nothing unless it finds what is there.
#[test]
fn programs_that_leak_are_caught() {
    let desk = Desk::new("sequential", 16, 1);
    for leak in leaking::LEAKS {
        let mut found = Attack::default();
        // Times are told apart by many of them.
        for n in 0..3 {
            let station = desk.another(&format!("{leak}-{n}"));
            found.add(attack(&mut leaking::station(&station, leak), &station, &desk.needles, Until::TheFirstLeak));
            if !found.leaks.is_empty() {
                break;
            }
        }
        let noticed = found.leaks.first().cloned().or_else(|| found.told_by_time());
        println!("{leak}: {}", noticed.unwrap_or_else(|| panic!("{leak} was not noticed")));
    }
    // The same station without a leak is clean, so that it is the leak that is noticed.
    let station = desk.another("honest");
    let found = attack(&mut leaking::station(&station, "nothing"), &station, &desk.needles, Until::TheEnd);
    assert!(found.leaks.is_empty() && found.reads >= 16, "{:?} in {} reads", found.leaks, found.reads);
}
