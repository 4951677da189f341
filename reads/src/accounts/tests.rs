//! Accounts open for those who know, and for nobody else; what each kind may see and do, cell by cell.

use super::*;
use crate::hash;
use tiresias_words::{ContentKey, Moment};

fn entropy(n: u8) -> Entropy {
    Zeroizing::new([n; 32])
}
fn id(name: &str) -> AccountId {
    AccountId::new(name).unwrap()
}
fn phrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned()).unwrap()
}
fn made(name: &str, kind: Kind, n: u8) -> (Account, RecoveryKey) {
    Account::create(id(name), kind, "Somebody", &phrase("four plain words here"), &entropy(n)).unwrap()
}

#[test]
fn an_account_opens_with_its_passphrase_or_its_recovery_key_alone() {
    let (account, recovery) = made("anna", Kind::Coordinator, 1);
    assert!(account.open(&phrase("four plain words here")).is_ok());
    assert_eq!(account.open(&Passphrase::typed("four plain words her".into())).err(), Some(AccountError::WrongPassphrase(id("anna"))));
    assert_eq!(Passphrase::new("too short".into()).err(), Some(AccountError::Short(10)));
    let shown = recovery.reveal();
    assert!(shown.len() == 29 && shown.split('-').all(|g| g.len() == 5), "{}", *shown);
    let typed = RecoveryKey::typed(&shown.to_lowercase().replace('-', " ")).unwrap();
    let renewed = account.recovered(&typed, &phrase("another long phrase"), &entropy(2)).unwrap();
    assert!(renewed.open(&phrase("another long phrase")).is_ok());
    assert_eq!(renewed.open(&phrase("four plain words here")).err(), Some(AccountError::WrongPassphrase(id("anna"))));
    assert_eq!((renewed.signs(), renewed.takes()), (account.signs(), account.takes()), "the keys stay");
    let (_, others) = made("ben", Kind::Reader, 3);
    let wrong = account.recovered(&others, &phrase("another long phrase"), &entropy(2));
    assert_eq!(wrong.err(), Some(AccountError::WrongRecovery(id("anna"))));
    assert!(RecoveryKey::typed("2CGHK-2CGHK").is_err() && RecoveryKey::typed(&shown.replace('-', "0")).is_err());
    let changed = account.with_passphrase(&phrase("four plain words here"), &phrase("new words for anna"), &entropy(4)).unwrap();
    assert!(changed.open(&phrase("new words for anna")).is_ok());
}

#[test]
fn accounts_are_written_and_read_and_what_was_changed_is_noticed() {
    let mut accounts = Accounts::default();
    let (anna, _) = made("anna", Kind::Coordinator, 1);
    accounts.add(anna.clone()).unwrap();
    assert_eq!(accounts.add(made("Anna", Kind::Reader, 5).0), Err(AccountError::Taken(id("Anna"))));
    let (ben, _) = made("ben", Kind::Reader, 6);
    accounts.add(ben.clone()).unwrap();
    assert_eq!([id("anna"), id("zoe")].each_ref().map(|id| accounts.shown(id)), ["Somebody", "zoe"]);
    let json = accounts.to_json();
    assert_eq!(Accounts::parse(json.as_bytes()), Ok(accounts.clone()));
    assert!(!json.contains("four plain"), "nothing of the passphrase");
    assert_eq!(Accounts::parse(json.replace("\"tiresias_accounts\": 1", "\"tiresias_accounts\": 2").as_bytes()), Err(AccountError::Form));
    assert_eq!(Accounts::parse(b"{}"), Err(AccountError::Form));
    // An account under another name, with another kind or with another's keys does not open.
    let renamed = Accounts::parse(json.replace("\"ben\"", "\"bob\"").as_bytes()).unwrap();
    assert!(renamed.get(&id("bob")).unwrap().open(&phrase("four plain words here")).is_err());
    let [a, b] = [&anna, &ben].map(|account| String::from(account.signs()));
    let exchanged = Accounts::parse(json.replace(&b, &a).as_bytes()).unwrap();
    let opened = exchanged.get(&id("ben")).unwrap().open(&phrase("four plain words here"));
    assert_eq!(opened.err(), Some(AccountError::Changed(id("ben"))));
    let mut same = accounts.clone();
    assert_eq!(same.replace(made("ben", Kind::Reader, 7).0), Err(AccountError::Changed(id("ben"))), "other keys");
    assert_eq!(accounts.get(&id("carl")).err(), Some(AccountError::Unknown(id("carl"))));
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(Accounts::open(&dir.path().join("accounts.json")), Ok(Accounts::default()));
}

#[test]
fn a_signature_fits_its_signer_its_meaning_and_its_content_only() {
    let (anna, _) = made("anna", Kind::Coordinator, 1);
    let (ben, _) = made("ben", Kind::Reader, 6);
    let keys = anna.open(&phrase("four plain words here")).unwrap();
    let content = hash::of_bytes(b"a protocol");
    let signature = keys.sign(Meaning::Protocol, &content, 1_700_000_000_000);
    assert_eq!(signature.verify(&anna, &content), Ok(()));
    assert_eq!(signature.verify(&ben, &content), Err(SignatureError::OtherKey(id("anna"))));
    let no = Err(SignatureError::DoesNotFit(id("anna")));
    assert_eq!(signature.verify(&anna, &hash::of_bytes(b"another")), no);
    let mut changed = signature.clone();
    changed.meaning = Meaning::DatabaseLock;
    assert_eq!(changed.verify(&anna, &content), no);
    changed = signature.clone();
    changed.utc_ms = 1;
    assert_eq!(changed.verify(&anna, &content), no);
    let json = serde_json::to_string(&signature).unwrap();
    assert_eq!(serde_json::from_str::<Signature>(&json).unwrap(), signature);
    for i in [json.len() - 4, json.len() - 90] {
        let mut bytes = json.clone().into_bytes();
        bytes[i] = if bytes[i] == b'0' { b'1' } else { b'0' };
        let changed: Signature = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(changed.verify(&anna, &content), no);
    }
    let receipt = signature.receipt();
    assert!(receipt.len() == 14 && receipt != keys.sign(Meaning::Protocol, &content, 1).receipt(), "{receipt}");
}

#[test]
fn a_content_key_opens_for_whom_and_for_what_it_was_wrapped() {
    let (anna, _) = made("anna", Kind::Reader, 1);
    let (ben, _) = made("ben", Kind::Reader, 6);
    let [package, other] = [hash::of_bytes(b"package"), hash::of_bytes(b"other")];
    let key = ContentKey::new([9; 32]);
    let wrapped = Wrapped::new(anna.takes(), &key, &package, &entropy(10)).unwrap();
    let open = |account: &Account, wrapped: &Wrapped, of: &tiresias_words::ContentHash| {
        account.open(&phrase("four plain words here")).unwrap().unwrap(wrapped, of).map(|k| *k.bytes())
    };
    assert_eq!(open(&anna, &wrapped, &package), Ok(*key.bytes()));
    assert_eq!(open(&ben, &wrapped, &package), Err(AccountError::NotForUs(id("ben"))));
    assert_eq!(open(&anna, &wrapped, &other), Err(AccountError::NotForUs(id("anna"))));
    let json = serde_json::to_string(&wrapped).unwrap();
    assert!(!json.contains(&"09".repeat(8)), "nothing of the key");
    let zero: Wrapped = serde_json::from_str(&json.replacen(&json[14..78], &"0".repeat(64), 1)).unwrap();
    assert_eq!(open(&anna, &zero, &package), Err(AccountError::NotForUs(id("anna"))));
}

#[test]
fn wrong_passphrases_cost_time_that_a_clock_does_not_give_back() {
    let at = |utc_ms, monotonic_ms, boot: &str| Moment { utc_ms, monotonic_ms, boot: boot.into() };
    let mut attempts = Attempts::default();
    for _ in 0..5 {
        assert_eq!(attempts.may_try(&at(0, 0, "a")), Ok(()));
        attempts = attempts.failed(&at(0, 0, "a"));
    }
    assert_eq!(attempts.may_try(&at(0, 0, "a")), Err(Wait(60_000)));
    assert_eq!(attempts.may_try(&at(10_000_000, 30_000, "a")), Err(Wait(30_000)), "a clock set forward");
    assert_eq!(attempts.may_try(&at(0, 60_000, "a")), Ok(()));
    assert_eq!(attempts.may_try(&at(0, 5, "b")), Err(Wait(59_995)), "a restart");
    assert_eq!(attempts.may_try(&at(10_000_000, 5, "b")), Err(Wait(59_995)), "a restart, and a clock set forward");
    let ahead = (0..5).fold(Attempts::default(), |a, _| a.failed(&at(4_000_000_000_000, 0, "a")));
    assert_eq!(ahead.may_try(&at(0, 60_000, "b")), Ok(()), "a clock that was ahead keeps nobody out");
    let worse = (0..30).fold(attempts, |a, _| a.failed(&at(0, 0, "a")));
    assert_eq!(worse.may_try(&at(0, 0, "a")), Err(Wait(3_600_000)));
    assert_eq!(Wait(59_000).to_string(), "Too many wrong passphrases. Wait a minute before the next try.");
}

/// Columns: reader, adjudicator, truth panellist, coordinator, data manager, statistician, auditor; "x" always, "l" after the database lock.
#[test]
fn what_each_kind_may_see_and_do_cell_by_cell() {
    let sees = [
        (Thing::Protocol, "xxxxxxx"),
        (Thing::Images, "xxx.x.."),
        (Thing::OwnReads, "xxx...."),
        (Thing::PairOfReads, ".x....."),
        (Thing::Progress, "...xxxx"),
        (Thing::Deviations, "...xxxx"),
        (Thing::CaseKey, "....x.."),
        (Thing::Ai, "....xll"),
        (Thing::Truth, "..x..xl"),
        (Thing::Scores, ".....ll"),
        (Thing::AuditTrail, "......x"),
        (Thing::Behaviour, "....llx"),
    ];
    let acts = [
        (Act::SignProtocol, "...x..."),
        (Act::MakeAccounts, "...x..."),
        (Act::Pack, "....x.."),
        (Act::Assign, "...x..."),
        (Act::Merge, "...xx.."),
        (Act::Deviate, "...xx.."),
        (Act::AddTruth, ".....x."),
        (Act::LockDatabase, "...xxx."),
        (Act::Analyse, ".....x."),
        (Act::Replay, "....xxx"),
        (Act::Adjudicate, ".x....."),
        (Act::Read, "x......"),
    ];
    assert_eq!((sees.map(|(t, _)| t), acts.map(|(a, _)| a)), (Thing::ALL, Act::ALL));
    for (kind, column) in Kind::ALL.into_iter().zip(0..) {
        for (thing, row) in sees {
            let cell = row.as_bytes()[column];
            assert_eq!((may_see(kind, thing, false), may_see(kind, thing, true)), (cell == b'x', cell != b'.'), "{kind:?} {thing:?}");
        }
        for (act, row) in acts {
            assert_eq!(may_do(kind, act), row.as_bytes()[column] == b'x', "{kind:?} {act:?}");
        }
        assert_eq!(Kind::named(kind.word()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.word(), "files have the word that is signed");
    }
    let (ben, _) = made("ben", Kind::Reader, 6);
    let refused = ben.open(&phrase("four plain words here")).unwrap().may(Act::Assign).unwrap_err();
    assert_eq!(refused.to_string(), "The account \u{201c}ben\u{201d} is a reader\u{2019}s, and assigning cases is not for it.");
    let refused = AccountError::MayNot { id: id("ada"), kind: Kind::Adjudicator, act: Act::Assign };
    assert_eq!(refused.to_string(), "The account \u{201c}ada\u{201d} is an adjudicator\u{2019}s, and assigning cases is not for it.");
}

/// Whoever writes another kind into the file of accounts, their own or another's, has nothing of it.
#[test]
fn an_account_of_another_kind_than_it_was_made_for_does_not_open() {
    let phrase = Passphrase::new("a long enough phrase".into()).unwrap();
    let id = AccountId::new("audrey").unwrap();
    let (account, recovery) = Account::create(id.clone(), Kind::Auditor, "Audrey", &phrase, &Zeroizing::new([5; 32])).unwrap();
    let mut accounts = Accounts::default();
    accounts.add(account).unwrap();
    let raised = accounts.to_json().replace("\"auditor\"", "\"statistician\"");
    let raised = Accounts::parse(raised.as_bytes()).unwrap();
    let account = raised.get(&id).unwrap();
    assert_eq!(account.kind(), Kind::Statistician);
    assert!(matches!(account.open(&phrase), Err(AccountError::Changed(_))));
    // Nor by a new passphrase.
    let new = Passphrase::new("another long phrase".into()).unwrap();
    let again = account.recovered(&recovery, &new, &Zeroizing::new([6; 32])).unwrap();
    assert!(matches!(again.open(&new), Err(AccountError::Changed(_))));
}

/// What everybody knows costs nothing to guess; what only one person knows does, also of an account that was for show before.
#[test]
fn accounts_for_show_open_at_once_and_are_told_from_others() {
    let known = Passphrase::known_to_all("a simulated reader");
    let (account, recovery) = Account::create(id("show"), Kind::Reader, "Somebody", &known, &entropy(7)).unwrap();
    let (real, _) = Account::create(id("show"), Kind::Reader, "Somebody", &phrase("a simulated reader"), &entropy(7)).unwrap();
    let text = |account: &Account| serde_json::to_string(account).unwrap();
    assert_eq!((text(&account).matches("\"known_to_all\":true").count(), text(&real).matches("known_to_all").count()), (2, 0));
    for account in [&account, &real] {
        assert!(account.open(&known).is_ok() && account.open(&Passphrase::typed("a simulated reader".into())).is_ok());
        assert!(matches!(account.open(&Passphrase::typed("a simulated adder".into())), Err(AccountError::WrongPassphrase(_))));
    }
    // The word that says so is no way around the cost.
    let bent: Account = serde_json::from_str(&text(&account).replace("\"known_to_all\":true", "\"known_to_all\":false")).unwrap();
    assert!(matches!(bent.open(&known), Err(AccountError::WrongPassphrase(_))));
    let own = phrase("nobody knows this one");
    for account in [account.with_passphrase(&known, &own, &entropy(8)).unwrap(), account.recovered(&recovery, &own, &entropy(8)).unwrap()] {
        assert_eq!(text(&account).matches("known_to_all").count(), 1, "the recovery key alone");
        assert!(account.open(&own).is_ok());
    }
}
