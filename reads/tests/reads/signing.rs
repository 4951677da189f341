//! Signatures of sessions, their receipts, and results files: what a cut, changed or older file looks like to who holds a receipt.

use crate::conditions::{PROTOCOL, proceed, rules_of};
use crate::simulated::{BUILD, Place, Reading, answer, package, reader, start};
use crate::withdrawn::without;
use std::collections::BTreeSet;
use tiresias_reads::accounts::{Account, Accounts, Kind, Meaning, Passphrase, Unlocked};
use tiresias_reads::machine::{Action, Illegal, Refusal, decide};
use tiresias_reads::merge::{Conflict, Expected, Merged, merge};
use tiresias_reads::record::{Record, RecordError, Results, ResultsError, What, verify};
use tiresias_reads::study::Study;
use tiresias_words::{AccountId, CaseCode, ContentHash, Moment};
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
        Self::of(Place::new(&["r1"], cases))
    }
    /// The study with a training of two cases, 101 and 102.
    fn with_training(cases: u8) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let bundle = rules_of(PROTOCOL, cases, 2).bundle().clone();
        let study = Study::create(&dir.path().join("study"), PROTOCOL, &[bundle]).expect("a study");
        Self::of(Place { study, dir })
    }
    fn of(place: Place) -> Self {
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
    /// Reads the next case, whatever its condition asks; of the training, so that it is right.
    fn finish_next(&mut self) {
        let done = self.reading.state.locked().len();
        let training = self.reading.rules.assigned(&self.reading.next_read()).and_then(|assigned| assigned.training);
        let rating = if training.is_some_and(|t| t.signal) { 90 } else { 10 };
        while self.reading.state.locked().len() == done {
            self.act(proceed(&self.reading, rating));
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

/// That a case was taken off somebody's list is told where nobody at the desk withdrew it, by its code. What was read of the others counts all the same, but for
/// reads to which it opened the way without the training.
#[test]
fn a_case_is_withdrawn_by_somebody_at_the_desk_or_that_is_named() {
    let mut known = Accounts::default();
    for (name, kind) in [("r1", Kind::Reader), ("cora", Kind::Coordinator)] {
        known.add(account(name, kind, 1).0).expect("added");
    }
    // How many cases of the training are read before which cases are withdrawn, and whether what is read of the study then follows a training without them.
    let table: [(&str, usize, &[u8], bool); 5] = [
        ("the whole training, unread", 0, &[101, 102], true),
        ("a case of it, unread", 0, &[102], true),
        ("the whole training, half read", 1, &[101, 102], true),
        ("a case of it when it was passed", 2, &[101], false),
        ("a case of the study", 2, &[2], false),
    ];
    for (name, trained, withdrawn, is_untrained) in table {
        let mut desk = Desk::with_training(3);
        desk.act(start());
        (0..trained).for_each(|_| desk.finish_next());
        let gone: Vec<_> = withdrawn.iter().map(|case| package(*case)).collect();
        desk.reading.rules = without(desk.reading.rules.clone(), None, &gone);
        desk.act(start());
        while desk.reading.state.next().is_some_and(|next| next.training) {
            desk.finish_next();
        }
        desk.finish_next();
        desk.sign();
        let results = Results::parse(desk.results().as_bytes()).expect("results");
        let of = |accounts: &Accounts| merge(&desk.expected(), accounts, std::slice::from_ref(&results), &[]);
        let of_study = |merged: &Merged| merged.reads.values().filter(|m| !m.read.assignment().training).count();
        let whole = of(&known);
        assert_eq!(whole.conflicts, [], "{name}");
        assert_eq!(of_study(&whole), 1, "{name}");
        let strange = of(&desk.accounts);
        let list = desk.place.study.bundles()[&reader("r1")].reads();
        let codes =
            |gone: &ContentHash| -> BTreeSet<CaseCode> { list.iter().filter(|r| r.package == *gone).map(|r| r.case.clone()).collect() };
        let named = strange.conflicts.iter().map(|conflict| match conflict {
            Conflict::Withdrawal { reader: r, cases, untrained, .. } if *r == reader("r1") => (cases.clone(), *untrained),
            other => panic!("{name}: {other:?}"),
        });
        let expected: BTreeSet<_> = gone.iter().map(|gone| (codes(gone), is_untrained)).collect();
        assert_eq!(named.collect::<BTreeSet<_>>(), expected, "{name}");
        let lost = usize::from(is_untrained);
        assert_eq!(of_study(&strange), 1 - lost, "{name}");
        assert_eq!(strange.reads.len() + lost, whole.reads.len(), "{name}: the training stays as it was read");
        for conflict in &strange.conflicts {
            let said = conflict.to_string();
            assert!(
                codes_in(&said, &expected) && said.contains("no read of the study that came after it counts") == is_untrained,
                "{said}"
            );
            println!("{name}: {said}");
        }
    }
}

/// Whether a sentence names a case by all its codes.
fn codes_in(said: &str, cases: &BTreeSet<(BTreeSet<CaseCode>, bool)>) -> bool {
    cases.iter().any(|(codes, _)| !codes.is_empty() && codes.iter().all(|code| said.contains(code.as_str())))
}
