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
use tiresias_tests::chest_slices;
use tiresias_tests::desk::DESK_PHRASE;

/// The size of every sealed part, bytes.
const SEALED: &str = "65536";

/// A study desk with cases of one image each, the AI results of every other one, and a folder handed out to each simulated reader.
struct Desk {
    desk: tiresias_tests::desk::Desk,
    needles: Needles,
    readers: usize,
}

impl Desk {
    /// With a protocol that ships, so many cases and readers.
    fn new(template: &str, cases: usize, readers: usize) -> Self {
        let desk = tiresias_tests::desk::Desk::new(template).unwrap_or_else(|e| panic!("{e}"));
        let mut desk = Self { desk, needles: Needles::default(), readers };
        for n in 1..=readers {
            let made = desk.desk.account(&format!("sim-{n:03}"), "reader", "Somebody", tiresias::simulate::PASSPHRASE);
            made.unwrap_or_else(|e| panic!("{e}"));
        }
        desk.pack(cases);
        desk.desk.sign_and_assign().unwrap_or_else(|e| panic!("{e}"));
        for n in 1..=readers {
            desk.desk.hand_out(&format!("sim-{n:03}"), &format!("station-{n:03}")).unwrap_or_else(|e| panic!("{e}"));
        }
        desk
    }
    fn file(&self, name: &str) -> PathBuf {
        self.desk.file(name)
    }
    /// Packs cases of one slice each; every other one has an AI result, in words and numbers that nothing else has.
    fn pack(&mut self, cases: usize) {
        let slices = chest_slices().unwrap_or_else(|e| panic!("{e}"));
        assert!(slices.len() >= cases, "{} slices", slices.len());
        for (n, slice) in slices.iter().take(cases).enumerate() {
            self.pack_one(n, slice, n % 2 == 0);
        }
        self.needles = Needles::of_desk(&self.desk.study(), DESK_PHRASE, cases);
    }
    fn pack_one(&self, n: usize, slice: &Path, has_result: bool) {
        let case = format!("C-{n:02}");
        let result = self.file(&format!("{case}.json"));
        fs::write(&result, needles::result(n, slice)).expect("written");
        let packed = self.desk.pack(slice, &case, has_result.then_some(&result), &["--sealed-size", SEALED]);
        packed.unwrap_or_else(|e| panic!("{e}"));
    }
    /// The same images packed with and without a result have files of the same sizes.
    fn sizes_tell_nothing() {
        let desk = tiresias_tests::desk::Desk::new("sequential").unwrap_or_else(|e| panic!("{e}"));
        let other = Self { desk, needles: Needles::default(), readers: 0 };
        let slice = chest_slices().unwrap_or_else(|e| panic!("{e}")).swap_remove(0);
        other.pack_one(0, &slice, true);
        other.pack_one(1, &slice, false);
        let shapes = needles::shapes(&other.desk.study());
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
    }
    Desk::sizes_tell_nothing();
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
