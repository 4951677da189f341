//! The study desk in the window: a study is begun, its protocol is written beside what it yields, and people get accounts, by mouse and with nothing cut off.

use crate::sitting::{Opening, Sitting};
use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::fs;
use std::path::{Path, PathBuf};
use tiresias_reads::accounts::{Accounts, Kind};

pub(crate) const PHRASE: &str = "correct horse battery";

/// Points at a field by its name, empties it and types.
pub(crate) fn write(room: &mut Sitting, name: &str, words: &str) {
    room.window.get_by_label(name).focus();
    room.step();
    room.chord(Modifiers::COMMAND, Key::A);
    room.window.event(Event::Text(words.to_owned()));
    room.step();
}

/// Signs in at the desk.
pub(crate) fn sign_in(room: &mut Sitting, name: &str) {
    room.until_says("This is the study desk");
    room.press_named(name);
    room.until_says("your passphrase shows");
    room.rest();
    room.window.event(Event::Text(PHRASE.to_owned()));
    room.step();
    room.key(Key::Enter);
    room.until_says("Sign out");
    room.rest();
}

/// Makes an account in the form that is on the screen, and writes its recovery key down.
pub(crate) fn make_account(room: &mut Sitting, name: &str, id: &str, kind: Option<&str>) {
    write(room, "Name on screens", name);
    write(room, "Signs in as (letters, digits, hyphens)", id);
    if let Some(kind) = kind {
        room.press_named(kind);
    }
    write(room, "Passphrase, typed by its owner", PHRASE);
    write(room, "The same passphrase again", PHRASE);
    room.press_named("Make the account");
    room.until_says("This is its recovery key");
    room.press_named("It is written down");
    room.rest();
}

/// What is wrong with the screen: words cut at a side, words over words, controls without a name. What can be scrolled to is not looked at, nor the text of a protocol,
/// which is one text and longer than any screen.
pub(crate) fn complaints(room: &Sitting, screen: &str) -> Vec<String> {
    let mut found = Vec::new();
    let in_sight = |t: &crate::sitting::Written| {
        let clip = t.clip.intersect(room.screen());
        !t.hidden
            && t.ink.top() >= clip.top() - 1.0
            && t.ink.bottom() <= clip.bottom() + 1.0
            && t.ink.left() < clip.right()
            && t.ink.right() > clip.left()
    };
    let texts: Vec<_> = room.texts().into_iter().filter(|t| !t.text.contains("tiresias_protocol") && in_sight(t)).collect();
    for (at, text) in texts.iter().enumerate() {
        if text.ink.left() < text.clip.left() - 1.0 || text.ink.right() > text.clip.right() + 1.0 {
            found.push(format!("{screen}: {:?} is cut: {:?} in {:?}", text.text, text.ink, text.clip));
        }
        for other in texts.iter().skip(at + 1).filter(|o| crate::sitting::overlap(text.ink, o.ink) > 1.0) {
            found.push(format!("{screen}: {:?} lies over {:?}", text.text, other.text));
        }
    }
    let unnamed = room.window.unnamed_widgets();
    if !unnamed.is_empty() {
        found.push(format!("{screen}: without a name: {unnamed:?}"));
    }
    found
}

/// Keeps a picture where somebody wants to look at it.
pub(crate) fn keep(room: &mut Sitting, name: &str) {
    crate::results::keep(room, name);
}

/// Begins a study by mouse from the start screen, with its first account; the folder.
pub(crate) fn begin(room: &mut Sitting, place: &Path, template: &str) -> PathBuf {
    room.until_says("Begin a new study");
    room.press_named("Begin a new study\u{2026}");
    room.until_says("common design");
    room.press_named(template);
    write(room, "In which folder", &place.display().to_string());
    write(room, "Name of the study's own folder in it", "study");
    room.rest();
    room.press_named("Begin the study");
    room.until_says("Who runs this study?");
    place.join("study")
}

#[test]
fn a_study_is_begun_its_protocol_is_written_beside_what_it_yields_and_people_get_accounts() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut room = Sitting::start(Opening { study: None, data: Some(dir.path().join("data")), ..Opening::of(dir.path()) });
    let mut wrong = Vec::new();
    let root = begin(&mut room, dir.path(), "Every lesion marked and rated, AI on request");
    wrong.extend(complaints(&room, "first account"));
    keep(&mut room, "desk-first");
    make_account(&mut room, "Cora", "cora", None);
    assert_eq!(
        Accounts::open(&root.join("accounts.json")).expect("accounts").iter().next().map(tiresias_reads::accounts::Account::kind),
        Some(Kind::Coordinator)
    );
    sign_in(&mut room, "Cora");
    // The first step that is not done.
    room.until_says("A new account");
    wrong.extend(complaints(&room, "people"));
    make_account(&mut room, "Dana", "dana", Some("Or for a data-manager"));
    make_account(&mut room, "Reader 1", "reader-1", Some("Account for a reader"));
    room.until_says("1 reader");
    keep(&mut room, "desk-people");
    room.press_named("Protocol");
    room.until_says("Nothing is wrong with it.");
    room.until_says("What a reader is asked");
    room.rest();
    assert!(room.says("From day 0") && room.says("case 12") && room.says("How confident"), "{:?}", room.words());
    wrong.extend(complaints(&room, "protocol"));
    keep(&mut room, "desk-protocol-1280");
    // The form is the reader's own, and can be tried.
    room.press_named("Lock this read");
    // A finding comes while somebody writes, with its line, and nothing is checked by the thread that draws.
    let text = fs::read_to_string(root.join("protocol.toml")).expect("a protocol");
    write(&mut room, "protocol.toml", &text.replace("max = 20", "max = 0"));
    room.until_says("There is one finding.");
    let line = text.lines().position(|l| l.contains("max = 20")).expect("a line") + 1;
    assert!(room.says(&format!("Line {line}: ")) && room.says("not saved"));
    room.window.get_by_label_contains(&format!("Line {line}: ")).click();
    room.rest();
    keep(&mut room, "desk-finding-1280");
    assert_eq!(fs::read_to_string(root.join("protocol.toml")).expect("a protocol"), text, "nothing is written before somebody saves");
    write(&mut room, "protocol.toml", &text.replace("max = 20", "max = 19"));
    room.until_says("Nothing is wrong with it.");
    room.chord(Modifiers::COMMAND, Key::S);
    room.until("saved", |s| s.words().iter().any(|w| w == "saved"));
    assert!(fs::read_to_string(root.join("protocol.toml")).expect("a protocol").contains("max = 19"));
    // A step that is not for this account cannot be pressed.
    let cases = room.window.get_by_label("Cases");
    assert!(!cases.accesskit_node().data().supports_action(egui::accesskit::Action::Click) || cases.accesskit_node().is_disabled());
    room.press_named("Sign out");
    room.until_says("Open a study");
    drop(room);
    let mut room = Sitting::start(Opening::of(&root).sized([1920, 1080]));
    sign_in(&mut room, "Cora");
    room.press_named("Protocol");
    room.until_says("Nothing is wrong with it.");
    room.rest();
    wrong.extend(complaints(&room, "protocol at 1920"));
    keep(&mut room, "desk-protocol-1920");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
