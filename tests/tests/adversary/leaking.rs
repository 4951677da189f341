//! Programs that leak: the reader of the shipped program with one fault each, which the search must find.

use crate::process::{Stepping, start};
use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tiresias::simulate::{Seen, Stage, sit};
use tiresias_cases::{Findings, Package, Purpose, Trust, unseal};
use tiresias_reads::accounts::{Passphrase, Unlocked, Wrapped};
use tiresias_words::{ContentHash, ContentKey};

const STATION: &str = "TIRESIAS_TEST_STATION";
const LEAK: &str = "TIRESIAS_TEST_LEAK";

/// The faults: the key or the result is in memory as soon as a case is open; the result is kept in a file; a step takes longer where there is a finding.
pub(crate) const LEAKS: [&str; 5] = ["key-in-memory", "result-in-memory", "text-in-memory", "result-on-disk", "time"];

/// This test's own program at a workstation, with a fault.
pub(crate) fn station(station: &Path, leak: &str) -> Stepping {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["leaking::reads_and_leaks", "--exact", "--ignored", "--nocapture"]).env(STATION, station).env(LEAK, leak);
    start(&mut command, station)
}

/// What a fault keeps.
#[derive(Default)]
struct Kept {
    key: Vec<ContentKey>,
    result: Vec<Findings>,
    text: Vec<Vec<u8>>,
}

fn key_of(root: &Path, reader: &str, keys: &Unlocked, package: &ContentHash) -> ContentKey {
    let text = std::fs::read_to_string(root.join("seats").join(format!("{reader}.json"))).expect("a seat");
    let seat: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let wrapped: BTreeMap<ContentHash, Wrapped> = serde_json::from_value(seat["keys"].clone()).expect("wrapped keys");
    keys.unwrap(&wrapped[package], package).expect("wrapped for this reader")
}

/// The child: reads as the shipped program does, and does what it must not.
#[test]
#[ignore = "a program that is looked at; started by `programs_that_leak_are_caught`"]
fn reads_and_leaks() {
    let root = PathBuf::from(std::env::var_os(STATION).expect("started by the other test"));
    let leak = std::env::var(LEAK).expect("started by the other test");
    let mut number = 0;
    let mut keys = None;
    let mut kept = Kept::default();
    let mut opened = None;
    let mut step = |seen: &Seen<'_>| {
        let package = seen.state.open().map(tiresias_reads::machine::Draft::package);
        if let Some(package) = package.filter(|_| leak != "nothing" && opened != package) {
            let reader = seen.state.reader().clone();
            let keys = keys.get_or_insert_with(|| {
                let seat = seen.study.seat(&reader).expect("a seat");
                seat.open(&Passphrase::typed(tiresias::simulate::PASSPHRASE.to_owned())).expect("the passphrase")
            });
            let key = || key_of(&root, reader.as_str(), keys, &package);
            let sealed = std::fs::read(seen.study.package_dir(&package).join("sealed.bin")).expect("the sealed part");
            let text = unseal(&sealed, Purpose::Findings, &key()).expect("it opens");
            match leak.as_str() {
                "key-in-memory" => kept.key.push(key()),
                "result-in-memory" => {
                    let package_of = Package::open(&seen.study.package_dir(&package), &Trust::Unsigned).expect("a package");
                    let token = tiresias_words::RevealToken::new(key(), package);
                    kept.result.push(package_of.sealed().and_then(|s| s.open(&token)).expect("it opens"));
                }
                "text-in-memory" => kept.text.push(text.to_vec()),
                "result-on-disk" => std::fs::write(std::env::temp_dir().join("cache"), &*text).expect("written"),
                "time" => std::thread::sleep(Duration::from_millis(if text.len() > 200 { 300 } else { 0 })),
                other => panic!("no fault {other}"),
            }
        }
        opened = package;
        number += 1;
        let stage = if seen.stage == Stage::Shown { "shown" } else { "decided" };
        println!("\n{number} {stage} {}", seen.rows);
        std::io::stdout().flush().expect("heard");
        std::io::stdin().lock().read_line(&mut String::new()).expect("answered");
        Ok(())
    };
    sit(&root, 1, &mut step).expect("it reads to the end");
    assert!(kept.key.len() + kept.result.len() + kept.text.len() < 1_000, "kept until here");
}
