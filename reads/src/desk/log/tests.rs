//! The log of a desk: what is written once and changes what it says, and that a changed log counts for nothing.

use super::super::{Handed, ListedCase, assign_cases, progress};
use super::*;
use crate::accounts::{Account, Kind, Passphrase};
use crate::protocol::template;
use crate::versions::Versions;
use tiresias_words::{CaseCode, Condition};
use zeroize::Zeroizing;

const NOW: i64 = 1_800_000_000_000;

struct Place {
    dir: tempfile::TempDir,
    accounts: Accounts,
    cora: Unlocked,
    mary: Unlocked,
    rita: Unlocked,
}

impl Place {
    /// A study with two readers, two cases each, assigned.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("protocol.toml"), template("ordinal").unwrap().text).unwrap();
        let mut accounts = Accounts::default();
        let mut made = |name: &str, kind, n| {
            let phrase = Passphrase::new("a long enough phrase".into()).unwrap();
            let (account, _) = Account::create(AccountId::new(name).unwrap(), kind, name, &phrase, &Zeroizing::new([n; 32])).unwrap();
            accounts.add(account.clone()).unwrap();
            account.open(&phrase).unwrap()
        };
        let cora = made("cora", Kind::Coordinator, 1);
        let mary = made("mary", Kind::DataManager, 4);
        let rita = made("reader-1", Kind::Reader, 2);
        made("reader-2", Kind::Reader, 3);
        let mut desk = Desk::empty(7);
        for n in [1, 2_u8] {
            let listed = ListedCase { package: ContentHash([n; 32]), facts: vec![], training: None, packed: None };
            desk.add(CaseId::new(format!("case-{n}")).unwrap(), listed).unwrap();
        }
        desk.save(dir.path()).unwrap();
        Versions::default().sign(dir.path(), &cora, None, NOW).unwrap();
        assign_cases(dir.path(), &accounts, &cora, NOW).unwrap();
        Self { dir, accounts, cora, mary, rita }
    }
    fn add(&self, keys: &Unlocked, wanted: Wanted, text: &str) -> Result<DeskLog, LogError> {
        DeskLog::add(self.dir.path(), &self.accounts, keys, wanted, text, NOW)
    }
    fn open(&self) -> Result<DeskLog, LogError> {
        DeskLog::open(self.dir.path(), &self.accounts)
    }
}

fn case(name: &str) -> CaseId {
    CaseId::new(name).unwrap()
}
fn reader(name: &str) -> ReaderId {
    ReaderId::new(name).unwrap()
}

#[test]
fn what_was_not_planned_is_written_once_signed_and_changes_what_it_says() {
    let place = Place::new();
    assert_eq!(place.open().unwrap().entries(), []);
    let signed = SignedAssignment::open(place.dir.path(), &place.accounts).unwrap();
    let (protocol, _) = signed.protocol(place.dir.path()).unwrap();
    let bundle = signed.bundle(place.dir.path(), &protocol, &reader("reader-1")).unwrap();
    let read = bundle.reads()[1].id(bundle.reader());
    let read_again = read.clone();
    let nowhere = ReadId { case: CaseCode::new("XXXX").unwrap(), condition: Condition::new("none").unwrap(), ..read.clone() };
    let table = [
        (Wanted::WithdrawCase(case("case-1")), None),
        (Wanted::StopReader(reader("reader-2")), None),
        (Wanted::OpenEarly(read.clone()), None),
        (Wanted::Deviation, None),
        (Wanted::Query, None),
        (Wanted::Query, None),
        (Wanted::Answer(5), None),
        (Wanted::WithdrawCase(case("case-1")), Some(LogError::Already(1))),
        (Wanted::OpenEarly(read), Some(LogError::Already(3))),
        (Wanted::WithdrawCase(case("case-9")), Some(LogError::NoSuchCase(case("case-9")))),
        (Wanted::StopReader(reader("nobody")), Some(LogError::NoSuchReader(reader("nobody")))),
        (Wanted::OpenEarly(nowhere), Some(LogError::NoSuchRead(reader("reader-1")))),
        (Wanted::Answer(5), Some(LogError::NoQuestion(5))),
        (Wanted::Answer(4), Some(LogError::NoQuestion(4))),
    ];
    // The log keeps what it has, so leave that no seat takes would end the reader's seat for ever.
    let other = place.add(&place.mary, Wanted::OpenEarly(read_again), "because of it");
    assert_eq!(other, Err(LogError::NotWhoAssigned(AccountId::new("cora").unwrap())));
    for (wanted, refusal) in table {
        let said = format!("{wanted:?}");
        assert_eq!(place.add(&place.cora, wanted, "because of it").err(), refusal, "{said}");
    }
    for text in ["", "  ", "a\u{202E}b", &"x".repeat(1001)] {
        assert_eq!(place.add(&place.cora, Wanted::Deviation, text), Err(LogError::Text), "{text:?}");
    }
    assert!(matches!(place.add(&place.rita, Wanted::Deviation, "no"), Err(LogError::Account(_))), "readers write none");
    let sheet = place.add(&place.cora, Wanted::SheetLooked(case("case-2")), "nothing");
    assert!(matches!(sheet, Err(LogError::Account(_))), "sheets are signed by those who pack");
    let log = place.open().unwrap();
    assert_eq!((log.entries().len(), log.deviations().count(), log.queries().count()), (7, 4, 3));
    assert_eq!(log.queries().map(|q| q.number).collect::<Vec<_>>(), [5, 7, 6], "an answer stands behind its question");
    assert_eq!(log.open_queries().map(|q| q.number).collect::<Vec<_>>(), [6]);
    assert_eq!((log.withdrawn().len(), log.stopped().len(), log.leaves().len()), (1, 1, 1));
    assert!(log.entries()[0].told().ends_with("\"cora\" withdrew the case \"case-1\": because of it"), "{}", log.entries()[0].told());
    // The next seat of whoever was to read the case says so, and neither what the desk calls it nor why.
    let words = log.withdrawals();
    let handed = Handed { withdrawals: &words, ..Handed::default() };
    let seat = signed.seat(&place.accounts, &bundle, &handed, &Zeroizing::new([9; 32])).unwrap();
    assert!(seat.withdraws(&ContentHash([1; 32])) && !seat.withdraws(&ContentHash([2; 32])));
    assert!(!seat.to_json().contains("case-1") && !seat.to_json().contains("because of it"));
}

#[test]
fn before_the_assignment_nobody_has_to_be_told_of_a_withdrawal() {
    let place = Place::new();
    let assignment = place.dir.path().join("assignment.json");
    let assigned = std::fs::read(&assignment).unwrap();
    std::fs::remove_file(&assignment).unwrap();
    let log = place.add(&place.mary, Wanted::WithdrawCase(case("case-1")), "because of it").unwrap();
    assert_eq!((log.withdrawn().len(), log.withdrawals().len()), (1, 0));
    assert_eq!(place.open(), Ok(log));
    let again = || place.add(&place.mary, Wanted::WithdrawCase(case("case-1")), "because of it");
    assert_eq!(again(), Err(LogError::Already(1)));
    let untold = || place.open().unwrap().untold(place.dir.path(), &place.accounts).unwrap();
    assert!(untold().is_empty());
    // Whoever was assigned it all the same is told, once, and until then whoever looks at the study hears of it.
    std::fs::write(&assignment, assigned).unwrap();
    let signed = SignedAssignment::open(place.dir.path(), &place.accounts).unwrap();
    let shown = || progress(place.dir.path(), &signed, &place.accounts, &place.cora, NOW).unwrap().untold;
    let sentences = untold();
    assert!(sentences.len() == 1 && sentences[0].contains("withdrew the case \"case-1\""), "{sentences:?}");
    assert!(sentences[0].contains("Withdraw it once more, then make a new seat"), "{sentences:?}");
    assert_eq!(shown(), sentences);
    let log = again().unwrap();
    assert_eq!((log.withdrawn().len(), log.withdrawals().len()), (1, 1));
    assert!(untold().is_empty() && shown().is_empty());
    assert!(matches!(again(), Err(LogError::Already(_))));
}

type Change = fn(&mut Vec<serde_json::Value>);

/// Changing, taking out, exchanging or doubling any entry is noticed.
#[test]
fn a_changed_log_counts_for_nothing() {
    let place = Place::new();
    for (wanted, text) in [(Wanted::Deviation, "one"), (Wanted::WithdrawCase(case("case-2")), "two"), (Wanted::Query, "three")] {
        place.add(&place.cora, wanted, text).unwrap();
    }
    let file = place.dir.path().join("log.json");
    let good = std::fs::read_to_string(&file).unwrap();
    let mutations: [(&str, Change); 9] = [
        ("another text", |e| e[1]["text"] = "2".into()),
        ("another case", |e| e[1]["matter"]["case"] = "case-1".into()),
        ("the word of another", |e| e[1]["matter"]["word"]["package"] = ContentHash([1; 32]).to_string().into()),
        ("without the word", |e| drop(e[1]["matter"].as_object_mut().unwrap().remove("word").unwrap())),
        ("another kind", |e| e[0]["matter"] = serde_json::json!({ "kind": "query" })),
        ("another time", |e| e[2]["signature"]["utc_ms"] = 1.into()),
        ("one taken out", |e| drop(e.remove(1))),
        ("the first taken out, numbered anew", |e| {
            e.remove(0);
            for (n, entry) in (1..).zip(e) {
                entry["number"] = n.into();
            }
        }),
        ("two exchanged", |e| e.swap(0, 1)),
    ];
    for (name, change) in mutations {
        let mut json: serde_json::Value = serde_json::from_str(&good).unwrap();
        change(json["entries"].as_array_mut().unwrap());
        std::fs::write(&file, json.to_string()).unwrap();
        assert!(matches!(place.open(), Err(LogError::Signature { .. } | LogError::Form)), "{name}: {:?}", place.open());
    }
    std::fs::write(&file, &good).unwrap();
    assert_eq!(place.open().unwrap().entries().len(), 3);
}
