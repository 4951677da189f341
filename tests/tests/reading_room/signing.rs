//! Signing in with a passphrase, being kept out after wrong ones, and signing what was read at the end of a session.

use crate::sitting::{Demo, Opening, Sitting};
use crate::templates::{open_case, press, reader, study_of};
use crate::written::wait_for_record;
use std::path::Path;
use tiresias_reads::accounts::{Account, Kind, Passphrase};
use tiresias_reads::protocol::template;
use tiresias_reads::record::verify;
use tiresias_reads::seat::{Seat, issue};
use tiresias_reads::study::Study;
use tiresias_words::AccountId;
use zeroize::Zeroizing;

pub(crate) const PHRASE: &str = "a passphrase of reader one";

/// Gives the reader of a study a seat, as a study desk does.
pub(crate) fn seat(root: &Path) {
    let phrase = Passphrase::new(PHRASE.into()).expect("long enough");
    let made = |name: &str, kind, n: u8| {
        Account::create(AccountId::new(name).expect("a name"), kind, name, &phrase, &Zeroizing::new([n; 32])).expect("made").0
    };
    let (cora, rita) = (made("cora", Kind::Coordinator, 1), made("reader-1", Kind::Reader, 2));
    let cora = cora.open(&phrase).expect("opens");
    let mut study = Study::open(root).expect("a study");
    let bundle = study.bundles()[&reader("reader-1")].clone();
    let issued = issue(&bundle, &cora, 1).expect("issued");
    let seat = Seat::new(rita, &bundle, issued, &[], Vec::new(), &Zeroizing::new([3; 32])).expect("a seat");
    study.take_seat(seat.to_json().as_bytes()).expect("taken");
}

#[test]
fn a_reader_signs_in_reads_and_signs_with_a_receipt() {
    let demo = Demo::new();
    let root = study_of(&demo, template("ordinal").expect("a template").text, "signing");
    seat(&root);
    let mut room = Sitting::start(Opening::of(&root));
    room.until_says("Who reads?");
    room.press_named("Reader 1");
    room.until_says("your passphrase opens your cases");
    // Nothing of what is typed is shown.
    room.types("another passphrase");
    room.until_says("This is not the passphrase of \u{201c}reader-1\u{201d}");
    assert!(!room.says("another passphrase"));
    assert!(root.join("attempts/reader-1.json").is_file(), "wrong ones are counted");
    room.types(PHRASE);
    room.until_says("End the session");
    open_case(&mut room);
    press(&mut room, ">1!");
    room.until_says("is locked.");
    room.press_named("To the list");
    room.until_says("End the session");
    room.press_named("End the session");
    room.until_says("Sign what you read");
    room.types("another passphrase");
    room.until_says("This is not the passphrase");
    room.types(PHRASE);
    room.until_says("What you read is signed.");
    let path = root.join("record.sqlite");
    let found = verify(&path).expect("looked at");
    assert_eq!(found.signed_by.as_deref(), Some("reader-1"));
    let [receipt] = found.receipts.as_slice() else { panic!("one receipt: {:?}", found.receipts) };
    assert!(room.says(receipt), "the reader is shown the receipt that is in the record");
    // And the file that goes to the study desk, which has it all.
    let file =
        std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().path()).find(|p| p.extension().is_some_and(|x| x == "tresults")).unwrap();
    assert!(room.says(file.file_name().unwrap().to_str().unwrap()), "{:?}", room.words());
    let sent = tiresias_reads::record::Results::parse(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(sent.signatures().len(), 1);
    room.press_named("End the session");
    room.until_says("Open a study");
    drop(room);
    let record = wait_for_record(&root);
    assert!(record.results().is_ok(), "what is signed can be brought back");
    assert!(!record.state(&reader("reader-1")).has_unsigned());
}

#[test]
fn after_five_wrong_passphrases_a_reader_waits() {
    let demo = Demo::new();
    let root = study_of(&demo, template("ordinal").expect("a template").text, "waiting");
    seat(&root);
    let mut room = Sitting::start(Opening::of(&root));
    room.until_says("Who reads?");
    room.press_named("Reader 1");
    room.until_says("your passphrase opens your cases");
    for _ in 0..5 {
        room.types("a wrong passphrase");
        room.until_says("This is not the passphrase");
    }
    room.types(PHRASE);
    room.until_says("Too many wrong passphrases. Wait a minute");
    assert!(!room.says("End the session"));
}
