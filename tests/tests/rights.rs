//! The access table by command line: every kind of account tries every command that asks who it is, and is refused where its row says so and nowhere else.
//!
//! Every act of the table has a command here but one: truth is added in the window (`reading_room::rights`).

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use tiresias_reads::accounts::{Act, Kind, Thing, may_do, may_see};
use tiresias_tests::desk::simulated_ordinal;
use tiresias_tests::run::tiresias_in;

/// One command, in which "KIND" is the account that tries and "@name" a file of the folder, and what it is in the table.
struct Row {
    act: Act,
    words: &'static [&'static str],
    /// Whether the account is who does it (`--as`), or whom it is done for.
    signs: bool,
    /// What a refusal says; by default that this is not for that kind.
    refusal: Option<&'static str>,
}

const fn by(act: Act, words: &'static [&'static str]) -> Row {
    Row { act, words, signs: true, refusal: None }
}

/// Handing out comes before anybody adjudicates, and the lock last: what comes after them is refused for other reasons.
const ROWS: [Row; 14] = [
    by(Act::SignProtocol, &["study", "sign", "@desk"]),
    by(
        Act::MakeAccounts,
        &["study", "account", "@desk", "--id", "new-KIND", "--kind", "reader", "--name", "New", "--new-passphrase-file", "@phrase"],
    ),
    by(Act::Assign, &["study", "assign", "@desk"]),
    Row {
        act: Act::Read,
        words: &["study", "hand-out", "@desk", "--reader", "KIND", "--out", "@out-KIND"],
        signs: false,
        refusal: Some("There is no reader"),
    },
    by(Act::Assign, &["study", "adjudicate", "@desk", "--adjudicator", "an-adjudicator"]),
    Row { act: Act::Adjudicate, words: &["study", "adjudicate", "@desk", "--adjudicator", "KIND"], signs: false, refusal: None },
    by(Act::Merge, &["merge", "@desk", "@phrase"]),
    by(Act::Deviate, &["study", "deviation", "@desk", "--reason", "for a test"]),
    by(Act::Deviate, &["study", "query", "@desk", "--text", "Why?"]),
    by(Act::Pack, &["study", "looked", "@desk", "--case", "nobody"]),
    by(Act::Analyse, &["export", "@desk", "--format", "sheet", "--out", "@sheet-KIND"]),
    by(Act::Analyse, &["analyze", "@desk", "--early-look", "for a test"]),
    by(Act::Replay, &["replay", "@desk", "--read", "nobody", "--summary"]),
    by(Act::LockDatabase, &["study", "lock", "@desk"]),
];

fn name(kind: Kind) -> String {
    match kind {
        // The simulation has readers with reads.
        Kind::Reader => "sim-01".to_owned(),
        other => format!("an-{}", other.word()),
    }
}

#[test]
fn every_command_refuses_what_the_row_of_an_account_refuses() {
    let dir = tempfile::tempdir().expect("a folder");
    let people: Vec<_> = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Reader).map(|kind| (name(kind), kind)).collect();
    simulated_ordinal(dir.path(), 6, &people).unwrap_or_else(|e| panic!("{e}"));
    for act in Act::ALL {
        assert!(act == Act::AddTruth || ROWS.iter().any(|row| row.act == act), "{act:?} has no command here");
    }
    for row in ROWS {
        for kind in Kind::ALL {
            let who = name(kind);
            let signer = if row.signs { who.as_str() } else { "coordinator" };
            let asks = row.words.first() != Some(&"study") || row.words.get(1) != Some(&"hand-out");
            let sign: &[&str] = if asks { &["--as", signer, "--passphrase-file", "@phrase"] } else { &[] };
            let words: Vec<String> = row.words.iter().chain(sign).map(|word| word.replace("KIND", &who)).collect();
            let ran = tiresias_in(dir.path(), &words).expect("the program runs");
            let refusal = row.refusal.map_or_else(|| format!("{} is not for it", row.act.words()), str::to_owned);
            let is_refused = ran.err.contains(&refusal);
            assert_eq!(is_refused, !may_do(kind, row.act), "{:?} by {kind:?}: {:?} {}", row.words, ran.code, ran.err);
            assert!(!is_refused || ran.code == Some(2), "{:?} by {kind:?}: {:?}", row.words, ran.code);
        }
    }
    // What may be seen alone.
    for kind in Kind::ALL {
        let who = name(kind);
        let words = ["study", "log", "@desk", "--as", who.as_str(), "--passphrase-file", "@phrase"];
        let ran = tiresias_in(dir.path(), &words).expect("the program runs");
        let may = may_see(kind, Thing::Deviations, false);
        assert_eq!(ran.code, Some(if may { 0 } else { 1 }), "{kind:?}: {}", ran.err);
        assert_eq!(ran.err.contains("Deviations and queries are not for"), !may, "{kind:?}: {}", ran.err);
    }
}
