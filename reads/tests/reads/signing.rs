//! Signatures of sessions, their receipts, and results files: what a cut, changed or older file looks like to who holds a receipt.

use crate::simulated::{BUILD, Place, Reading, answer, package, reader, start};
use crate::withdrawn::without;
use tiresias_reads::accounts::{Account, Accounts, Kind, Meaning, Passphrase, Unlocked};
use tiresias_reads::machine::{Action, Illegal, Refusal, decide};
use tiresias_reads::merge::{Conflict, Expected, merge};
use tiresias_reads::record::{Record, RecordError, Results, ResultsError, What, verify};
use tiresias_words::{AccountId, Moment};
use zeroize::Zeroizing;

fn account(name: &str, kind: Kind, n: u8) -> (Account, Unlocked) {
    let phrase = Passphrase::new("a long enough phrase".into()).expect("long enough");
    let made = Account::create(AccountId::new(name).expect("a name"), kind, name, &phrase, &Zeroizing::new([n; 32])).expect("made").0;
    let keys = made.open(&phrase).expect("opens");
    (made, keys)
}

/// A reader whose steps are recorded.
pub(crate) struct Desk {
    pub(crate) place: Place,
    pub(crate) record: Record,
    reading: Reading,
    keys: Unlocked,
    accounts: Accounts,
}

impl Desk {
    pub(crate) fn new(cases: u8) -> Self {
        let place = Place::new(&["r1"], cases);
        let record = place.study.open_record(BUILD).expect("a record");
        let reading = Reading::new(place.study.rules(&reader("r1")).expect("rules"));
        let (made, keys) = account("r1", Kind::Reader, 1);
        let mut accounts = Accounts::default();
        accounts.add(made).expect("added");
        Self { place, record, reading, keys, accounts }
    }
    pub(crate) fn act(&mut self, action: Action) {
        self.reading.tick(500);
        let events = self.reading.must(action);
        self.record.append(&events).expect("recorded");
    }
    pub(crate) fn read_next(&mut self, rating: i32) {
        for action in [Action::OpenCase(self.reading.next_read()), Action::ImagesShown, answer("confidence", rating), Action::Lock] {
            self.act(action);
        }
    }
    pub(crate) fn sign(&mut self) -> String {
        let signature = self.keys.sign(Meaning::Session, &self.record.to_sign(), self.reading.now.utc_ms);
        let receipt = signature.receipt();
        self.act(Action::Sign(Box::new(signature)));
        receipt
    }
    fn expected(&self) -> Expected {
        let bundle = &self.place.study.bundles()[&reader("r1")];
        Expected { protocol: self.place.study.protocol().hash(), bundles: [(reader("r1"), bundle.hash())].into() }
    }
    fn results(&self) -> String {
        self.record.results().expect("signed")
    }
}

#[test]
fn a_signature_is_over_everything_before_it_and_nothing_else() {
    let mut desk = Desk::new(3);
    desk.act(start());
    desk.read_next(40);
    let path = desk.place.study.record_path();
    assert_eq!(verify(&path).expect("looked at").signed_by, None);
    let receipt = desk.sign();
    let found = verify(&path).expect("looked at");
    assert_eq!((found.signed_by.as_deref(), &found.receipts), (Some("r1"), &vec![receipt]));
    // A signature over another head is not recorded, and no event of somebody else is made.
    let old = desk.keys.sign(Meaning::Session, &desk.record.to_sign(), 1);
    desk.read_next(50);
    desk.reading.tick(500);
    let stale = desk.reading.clone().must(Action::Sign(Box::new(old)));
    assert_eq!(desk.record.append(&stale), Err(RecordError::Illegal(Illegal::Signature)));
    let (_, other) = account("r9", Kind::Reader, 2);
    let (_, cora) = account("r1", Kind::Coordinator, 3);
    let head = desk.record.to_sign();
    for wrong in
        [other.sign(Meaning::Session, &head, 1), cora.sign(Meaning::Session, &head, 1), desk.keys.sign(Meaning::Protocol, &head, 1)]
    {
        let refused = decide(&desk.reading.rules, &desk.reading.state, Action::Sign(Box::new(wrong)), &desk.reading.now);
        assert_eq!(refused, Err(Refusal::OtherReader));
    }
    // Something was locked since.
    assert_eq!(verify(&path).expect("looked at").signed_by, None);
    assert!(matches!(desk.record.results(), Err(ResultsError::Unsigned(r)) if r == reader("r1")));
}

#[test]
fn who_has_a_receipt_notices_a_file_that_was_cut_off_or_put_back() {
    let mut desk = Desk::new(3);
    desk.act(start());
    desk.read_next(40);
    let first = desk.sign();
    let path = desk.place.study.record_path();
    let copy = desk.place.path("older.sqlite");
    std::fs::copy(&path, &copy).expect("copied");
    desk.read_next(50);
    let second = desk.sign();
    let now = verify(&path).expect("looked at");
    let older = verify(&copy).expect("looked at");
    assert!(older.intact && now.intact, "an older copy is intact by itself");
    assert_eq!(now.receipts, [first.clone(), second.clone()]);
    assert_eq!(older.receipts, [first], "and the receipt {second} is not in it");
}

#[test]
fn results_come_back_as_they_were_recorded_and_any_change_is_found() {
    let mut desk = Desk::new(3);
    desk.act(start());
    (0..3).for_each(|i| desk.read_next(40 + i));
    assert!(matches!(desk.record.results(), Err(ResultsError::Unsigned(_))));
    desk.sign();
    desk.act(Action::EndSession);
    let text = desk.results();
    let results = Results::parse(text.as_bytes()).expect("results");
    assert_eq!(results.states()[&reader("r1")], desk.reading.state);
    assert_eq!(results.rows().len() as u64, desk.record.head().seq);
    assert_eq!(results.sessions(&reader("r1")).len(), 1);
    let lines: Vec<&str> = text.lines().collect();
    let joined = |lines: &[&str]| format!("{}\n", lines.join("\n"));
    for gone in 1..lines.len() {
        let mut less = lines.clone();
        less.remove(gone);
        assert!(Results::parse(joined(&less).as_bytes()).is_err(), "without line {}", gone + 1);
    }
    for end in 0..text.len() {
        assert!(Results::parse(&text.as_bytes()[..end]).is_err(), "cut at {end}");
    }
    let written = results.rows().len() as u64;
    let in_its_last_line = &text.as_bytes()[..text.len() - 10];
    assert_eq!(Results::parse(in_its_last_line), Err(ResultsError::Cut { found: written - 1, written }));
    let mut swapped = lines.clone();
    swapped.swap(3, 4);
    assert!(matches!(Results::parse(joined(&swapped).as_bytes()), Err(ResultsError::Broken(_))));
    let changed = text.replacen("\"scale\\\":41", "\"scale\\\":91", 1);
    assert_ne!(changed, text, "the answer is in it");
    assert!(matches!(Results::parse(changed.as_bytes()), Err(ResultsError::Broken(bad)) if bad.what == What::Hash));
    let newer = text.replacen("\"tiresias_results\":1", "\"tiresias_results\":2", 1);
    assert_eq!(Results::parse(newer.as_bytes()), Err(ResultsError::Newer(2)));
    let bytes = text.as_bytes();
    for at in (0..bytes.len()).step_by(7) {
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 1;
        let read = Results::parse(&flipped);
        // A blank that became another, or the case of a digit, changes nothing that was said.
        assert!(read.is_err() || read.is_ok_and(|r| r.rows() == results.rows() && r.states() == results.states()), "byte {at}");
    }
}

#[test]
fn what_contradicts_itself_is_named_and_counts_for_nothing() {
    let mut desk = Desk::new(4);
    desk.act(start());
    desk.read_next(40);
    desk.sign();
    let early = Results::parse(desk.results().as_bytes()).expect("results");
    desk.read_next(50);
    let receipt = desk.sign();
    let late = Results::parse(desk.results().as_bytes()).expect("results");
    let expected = desk.expected();
    let of = |files: &[Results], receipts: &[String]| merge(&expected, &desk.accounts, files, receipts);
    let both = of(&[late.clone(), early.clone(), late.clone()], std::slice::from_ref(&receipt));
    assert_eq!((both.reads.len(), both.files.len(), both.older.len()), (2, 1, 1));
    assert_eq!(both.conflicts, []);
    assert_eq!(of(&[early.clone(), late.clone()], &[]), of(&[late.clone(), early.clone()], &[]), "in any order");
    let less = of(std::slice::from_ref(&early), std::slice::from_ref(&receipt));
    assert!(matches!(less.conflicts.as_slice(), [Conflict::ReceiptMissing { receipt: r }] if *r == receipt), "{:?}", less.conflicts);
    // The same reader at another workstation, who reads the same case otherwise, at the same time.
    let mut twin = Desk::new(4);
    twin.reading.now = Moment { boot: "boot-2".into(), ..twin.reading.now.clone() };
    twin.act(start());
    twin.read_next(90);
    twin.sign();
    let other = Results::parse(twin.results().as_bytes()).expect("results");
    let apart = of(&[late.clone(), other.clone()], &[]);
    assert!(apart.conflicts.iter().any(|c| matches!(c, Conflict::ReadTwice { .. })), "{:?}", apart.conflicts);
    assert!(apart.conflicts.iter().any(|c| matches!(c, Conflict::ClockOverlap { .. })), "{:?}", apart.conflicts);
    assert_eq!(apart.reads.len(), 1, "the read that both tell differently is in neither set");
    // Nobody of that name; another list; another key; another protocol.
    let unknown = merge(&Expected { bundles: [].into(), ..expected.clone() }, &desk.accounts, std::slice::from_ref(&late), &[]);
    assert!(matches!(unknown.conflicts.as_slice(), [Conflict::UnknownReader { .. }]) && unknown.reads.is_empty());
    let listed = [(reader("r1"), expected.protocol)].into();
    let bundle = merge(&Expected { bundles: listed, ..expected.clone() }, &desk.accounts, std::slice::from_ref(&late), &[]);
    assert!(matches!(bundle.conflicts.as_slice(), [Conflict::OtherBundle { .. }]) && bundle.reads.is_empty());
    let mut others = Accounts::default();
    others.add(account("r1", Kind::Reader, 7).0).expect("added");
    let key = merge(&expected, &others, std::slice::from_ref(&late), &[]);
    assert!(matches!(key.conflicts.as_slice(), [Conflict::Signature { .. }]) && key.reads.is_empty());
    let protocol = merge(&Expected { protocol: expected.bundles[&reader("r1")], ..expected.clone() }, &desk.accounts, &[late], &[]);
    assert!(matches!(protocol.conflicts.as_slice(), [Conflict::OtherProtocol { .. }]) && protocol.reads.is_empty());
    for conflict in apart.conflicts.iter().chain(&key.conflicts) {
        println!("{conflict}");
    }
}

/// That a case was taken off somebody's list is told where nobody at the desk withdrew one; what was read counts all the same.
#[test]
fn a_case_is_withdrawn_by_somebody_at_the_desk_or_that_is_named() {
    let mut desk = Desk::new(3);
    desk.reading.rules = without(desk.reading.rules.clone(), None, &[package(2)]);
    desk.act(start());
    desk.read_next(40);
    desk.sign();
    let results = Results::parse(desk.results().as_bytes()).expect("results");
    let of = |accounts: &Accounts| merge(&desk.expected(), accounts, std::slice::from_ref(&results), &[]);
    let strange = of(&desk.accounts);
    assert!(
        matches!(strange.conflicts.as_slice(), [Conflict::Withdrawal { reader: r, .. }] if *r == reader("r1")),
        "{:?}",
        strange.conflicts
    );
    let mut accounts = desk.accounts.clone();
    accounts.add(account("cora", Kind::Coordinator, 1).0).expect("added");
    let known = of(&accounts);
    assert_eq!(known.conflicts, []);
    assert_eq!((known.reads.len(), &known.reads), (1, &strange.reads));
    println!("{}", strange.conflicts[0]);
}
