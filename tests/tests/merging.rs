//! Many workstations, one study: simulated readers, each with a record of their own, brought together in any order; and contradictions, each of which is named.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise and says its figures, its functions too"
)]

use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tiresias::simulate::{PASSPHRASE, Plan, simulate};
use tiresias_reads::accounts::{Accounts, Passphrase};
use tiresias_reads::closing::{Early, Purpose, meet};
use tiresias_reads::desk::{Desk, SignedAssignment, Taken, merged, progress, take_results};
use tiresias_reads::export::{Format, Request, export};
use tiresias_reads::gathered::Gathered;
use tiresias_reads::merge::{Conflict, merge};
use tiresias_reads::protocol::template;
use tiresias_reads::record::{Results, ResultsError};
use tiresias_reads::scoring::{Holding, Reads, score};
use tiresias_reads::table::merged_table;
use tiresias_reads::truth::Truth;
use tiresias_reads::versions::protocol_of;
use tiresias_tests::chance::Chance;
use tiresias_words::{AccountId, ReaderId};

struct Simulation {
    _dir: TempDir,
    desk: PathBuf,
}

impl Simulation {
    fn new(text: &str, readers: u32, cases: u32, areas: &[f64], seed: u64, machines: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let study = dir.path().join("study");
        fs::create_dir(&study).expect("a folder");
        fs::write(study.join("protocol.toml"), text).expect("written");
        let desk = dir.path().join("desk");
        let plan = Plan {
            study,
            out: desk.clone(),
            readers,
            cases: Some(cases),
            areas: areas.to_vec(),
            seed,
            machines: machines.to_owned(),
            key_passphrase: None,
            closes: false,
        };
        simulate(&plan, &mut |_| (), &mut |_| Ok(())).unwrap_or_else(|e| panic!("{e}"));
        Self { _dir: dir, desk }
    }
    fn accounts(&self) -> Accounts {
        Accounts::open(&self.desk.join("accounts.json")).expect("accounts")
    }
    fn signed(&self) -> SignedAssignment {
        SignedAssignment::open(&self.desk, &self.accounts()).expect("assigned")
    }
    fn file(&self, n: usize) -> PathBuf {
        self.desk.join(format!("workstations/sim-{n:02}/results.tresults"))
    }
    fn text(&self, n: usize) -> String {
        fs::read_to_string(self.file(n)).expect("results")
    }
    fn results(&self, n: usize) -> Results {
        Results::parse(self.text(n).as_bytes()).unwrap_or_else(|e| panic!("{e}"))
    }
}

fn digest(file: &Path) -> String {
    Sha256::digest(fs::read(file).unwrap()).iter().map(|b| format!("{b:02x}")).collect()
}

/// A desk like that one, without results.
fn copy_of(desk: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(desk).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if name == "results" || name == "workstations" {
            continue;
        }
        if entry.path().is_dir() {
            copy_of(&entry.path(), &to.join(name));
        } else {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

#[test]
fn workstations_are_merged_in_any_order_to_the_same_bytes() {
    const READERS: usize = 8;
    let study = Simulation::new(template("crossover").unwrap().text, 8, 60, &[0.80, 0.86], 11, "machine");
    let signed = study.signed();
    let accounts = study.accounts();
    let [manager, statistician] = ["manager", "statistician"]
        .map(|id| accounts.get(&AccountId::new(id).unwrap()).unwrap().open(&Passphrase::typed(PASSPHRASE.into())).unwrap());
    let (protocol, _) = protocol_of(&study.desk).unwrap();
    let mut chance = Chance::new(7);
    let mut tables = BTreeSet::new();
    let mut exports: BTreeSet<BTreeMap<String, String>> = BTreeSet::new();
    let mut files = 0;
    for turn in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let desk = dir.path().join("desk");
        copy_of(&study.desk, &desk);
        let mut order: Vec<usize> = (1..=READERS).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, chance.below(last + 1));
        }
        // Some files come twice.
        let again = order[chance.below(READERS)];
        for n in order.into_iter().chain([again]) {
            let taken = take_results(&desk, &signed, &manager, &study.file(n)).unwrap();
            assert_eq!(matches!(taken, Taken::Already(_)), n == again && desk.join("done").exists());
            if n == again {
                fs::write(desk.join("done"), "").unwrap();
            }
        }
        let found = merged(&desk, &signed, &accounts).unwrap();
        assert_eq!((found.conflicts.len(), found.files.len()), (0, READERS));
        if turn == 0 {
            // Files lie by their hashes; people are told of them by reader.
            let far = progress(&desk, &signed, &accounts, &manager, 0).unwrap();
            let names: Vec<&str> = far.workstations.iter().flat_map(|w| &w.readers).map(String::as_str).collect();
            assert_eq!(names, (1..=READERS).map(|n| format!("Simulated reader {n}")).collect::<Vec<_>>());
            assert!(far.rows > READERS * 2 * 60 && far.workstations.iter().all(|w| w.signed.is_some()), "{far:?}");
        }
        let table = merged_table(&found, &protocol).unwrap();
        assert_eq!(table.rows.len(), READERS * 2 * 60);
        tables.insert(format!("{table:?}"));
        // The whole folder, with truth, as an early look.
        let gathered = Gathered::of_desk(&desk, &signed, &accounts).unwrap();
        let truth = Truth::read(&desk.join("truth.json")).unwrap().with_desk(&Desk::open(&desk).unwrap()).unwrap();
        let withdrawn = gathered.log().withdrawn();
        let reads = Reads { protocol: gathered.protocol(), bundles: gathered.bundles(), table: gathered.table(), withdrawn: &withdrawn };
        let scored = score(reads, &truth, &Holding::default()).unwrap();
        let early = Some(Early { reason: "a test", utc_ms: 1 });
        let meeting = meet(&gathered, Some(&statistician), early, Purpose::Exporting).unwrap();
        let request =
            Request { gathered: &gathered, scored: Some((&scored, &meeting)), allow_incomplete: false, signer: None, reports: None };
        let done = export(Format::All, request, &dir.path().join("out")).unwrap();
        files = done.files.len();
        exports.insert(done.files.iter().map(|f| (f.clone(), digest(&done.folder.join(f)))).collect());
    }
    assert_eq!((tables.len(), exports.len()), (1, 1), "one table and one export, whatever the order");
    assert!(files > 12, "{files}");
    println!("8 readers, 2 conditions, 60 cases, 20 orders: 960 reads, the same table and the same {files} exported files each time");
}

#[test]
fn every_contradiction_is_named_and_none_is_settled() {
    const READERS: usize = 4;
    let text = template("sequential").unwrap().text;
    let of = |text: &str, readers, area, seed, machines: &str| Simulation::new(text, readers, 8, &[area, area + 0.05], seed, machines);
    let base = of(text, 4, 0.8, 3, "machine");
    let forked = of(text, 4, 0.6, 3, "machine");
    let twice = of(text, 4, 0.6, 3, "other");
    let doubled = of(text, 4, 0.8, 3, "other");
    let reassigned = of(text, 4, 0.8, 4, "machine");
    let larger = of(text, 5, 0.8, 3, "machine");
    let newer = of(&text.replacen("seed = ", "seed = 1", 1), 4, 0.8, 3, "machine");
    let (expected, accounts) = (base.signed().expected(), base.accounts());
    let all: Vec<Results> = (1..=READERS).map(|n| base.results(n)).collect();
    let whole = merge(&expected, &accounts, &all, &[]);
    assert_eq!(whole.conflicts, []);
    let reads_of = |n: usize| whole.reads.keys().filter(|r| r.reader.as_str() == format!("sim-{n:02}")).count();
    let mut chance = Chance::new(2);
    let mut kinds = [0; 9];
    for _ in 0..200 {
        let (kind, n) = (chance.below(9), 1 + chance.below(READERS));
        kinds[kind] += 1;
        let reader = ReaderId::new(format!("sim-{n:02}")).unwrap();
        let with = |more: Results| {
            let mut files = all.clone();
            let at = n % (files.len() + 1);
            files.insert(at, more);
            merge(&expected, &accounts, &files, &[])
        };
        let is_about = |c: &Conflict| match c {
            Conflict::ReadTwice { read, .. } | Conflict::Leave { read, .. } => read.reader == reader,
            Conflict::ClockOverlap { reader: r, .. } | Conflict::OtherBundle { reader: r, .. } | Conflict::Signature { reader: r, .. } => {
                *r == reader
            }
            _ => true,
        };
        let found = match kind {
            0 => {
                let found = with(forked.results(n));
                assert!(matches!(found.conflicts.as_slice(), [Conflict::Forked { .. }]), "{:?}", found.conflicts);
                assert_eq!(found.reads.len(), whole.reads.len() - reads_of(n), "neither counts");
                found
            }
            1 => {
                let found = with(twice.results(n));
                let twice = found.conflicts.iter().filter(|c| matches!(c, Conflict::ReadTwice { .. })).count();
                assert!(twice > 0 && found.conflicts.iter().any(|c| matches!(c, Conflict::ClockOverlap { .. })));
                assert_eq!(found.reads.len(), whole.reads.len() - twice);
                found
            }
            2 => {
                let found = with(doubled.results(n));
                assert!(found.conflicts.iter().all(|c| matches!(c, Conflict::ClockOverlap { .. })) && !found.conflicts.is_empty());
                assert_eq!(found.reads.len(), whole.reads.len(), "both tell the same");
                found
            }
            3 => {
                let found = with(reassigned.results(n));
                assert!(found.conflicts.iter().any(|c| matches!(c, Conflict::OtherBundle { .. })), "{:?}", found.conflicts);
                assert_eq!(found.reads.len(), whole.reads.len());
                found
            }
            4 => {
                let found = with(larger.results(5));
                assert!(matches!(found.conflicts.as_slice(), [Conflict::UnknownReader { .. }]), "{:?}", found.conflicts);
                assert_eq!(found.reads.len(), whole.reads.len());
                found
            }
            5 => {
                let found = with(newer.results(n));
                assert!(matches!(found.conflicts.as_slice(), [Conflict::OtherProtocol { .. }]), "{:?}", found.conflicts);
                assert_eq!(found.reads.len(), whole.reads.len());
                found
            }
            6 => {
                let receipt = forked.results(n).signatures().last().unwrap().receipt();
                let found = merge(&expected, &accounts, &all, std::slice::from_ref(&receipt));
                assert_eq!(found.conflicts, [Conflict::ReceiptMissing { receipt }]);
                found
            }
            7 => {
                let others = reassigned.accounts();
                let found = merge(&expected, &others, &all, &[]);
                assert_eq!(found.conflicts.iter().filter(|c| matches!(c, Conflict::Signature { .. })).count(), READERS);
                assert_eq!(found.reads.len(), 0, "signed with other keys than those of the desk");
                continue;
            }
            _ => {
                let text = base.text(n);
                let lines: Vec<&str> = text.lines().collect();
                let line = 1 + chance.below(lines.len() - 1);
                let mut changed = lines.clone();
                match chance.below(3) {
                    0 => changed.truncate(line),
                    1 => drop(changed.remove(line)),
                    _ => changed.insert(line, lines[line]),
                }
                let refused = Results::parse(format!("{}\n", changed.join("\n")).as_bytes());
                assert!(matches!(refused, Err(ResultsError::Cut { .. } | ResultsError::Broken(_) | ResultsError::Empty)), "{refused:?}");
                continue;
            }
        };
        assert!(found.conflicts.iter().all(is_about), "{:?}", found.conflicts);
    }
    println!("200 contradictions of 9 kinds ({kinds:?}): each named, none settled");
}
