//! The study desk in the window: a study is begun, its protocol is written beside what it yields, and people get accounts, by mouse and with nothing cut off.

use crate::sitting::{Demo, Opening, Sitting};
use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::fs;
use std::path::{Path, PathBuf};
use tiresias::simulate::{PASSPHRASE, sit};
use tiresias_cases::demo::burned;
use tiresias_reads::accounts::{Accounts, Kind};
use tiresias_reads::desk::{Desk, Step, package_dir};
use tiresias_reads::study::Study;
use tiresias_reads::versions::protocol_of;

pub(crate) const PHRASE: &str = "correct horse battery";

/// Points at a field by its name, empties it and types.
pub(crate) fn write(room: &mut Sitting, name: &str, words: &str) {
    room.window.get_by_label(name).focus();
    room.step();
    room.chord(Modifiers::COMMAND, Key::A);
    room.window.event(Event::Text(words.to_owned()));
    room.step();
}

/// Presses what may lie below the screen: it is scrolled to first, as a person does.
pub(crate) fn press(room: &mut Sitting, name: &str) {
    room.window.get_by_label(name).scroll_to_me();
    room.rest();
    room.press_named(name);
}

/// Signs in at the desk.
pub(crate) fn sign_in(room: &mut Sitting, name: &str) {
    sign_in_with(room, name, PHRASE);
}

/// The same for an account of a simulation.
pub(crate) fn sign_in_with(room: &mut Sitting, name: &str, phrase: &str) {
    room.until_says("This is the study desk");
    room.press_named(name);
    room.until_says("your passphrase shows");
    room.rest();
    room.window.event(Event::Text(phrase.to_owned()));
    room.step();
    room.key(Key::Enter);
    room.until_says("Sign out");
    room.rest();
}

/// Makes an account in the form that is on the screen, and writes its recovery key down.
pub(crate) fn make_account(room: &mut Sitting, name: &str, id: &str, kind: Option<&str>, phrase: &str) {
    until_key(room, name, id, kind, phrase);
    // The page turns to it.
    room.rest();
    room.press_named("It is written down");
    room.rest();
}

/// Makes an account, up to the recovery key that is shown once.
fn until_key(room: &mut Sitting, name: &str, id: &str, kind: Option<&str>, phrase: &str) {
    write(room, "Name on screens", name);
    write(room, "Signs in as (letters, digits, hyphens)", id);
    if let Some(kind) = kind {
        room.press_named(kind);
    }
    write(room, "Passphrase, typed by its owner", phrase);
    write(room, "The same passphrase again", phrase);
    press(room, "Make the account");
    room.until_says("This is its recovery key");
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
    write(room, "Where the study\u{2019}s folder is made", &place.display().to_string());
    write(room, "Name of the study\u{2019}s folder", "study");
    room.rest();
    room.press_named("Begin the study");
    room.until_says("Who runs this study?");
    place.join("study")
}

/// The form of an account says what is wrong with its passphrases, and takes none that is typed once.
fn passphrases_are_typed_twice_alike_and_long(room: &mut Sitting) {
    assert!(room.says("At least 10 characters."));
    write(room, "Name on screens", "Cora");
    write(room, "Signs in as (letters, digits, hyphens)", "cora");
    write(room, "Passphrase, typed by its owner", PHRASE);
    room.rest();
    assert!(room.window.get_by_label("Make the account").accesskit_node().is_disabled(), "typed once");
    for (first, second, says) in [
        (PHRASE, "correct horse", "The two passphrases are not the same."),
        ("too short", "too short", "A passphrase has at least 10 characters."),
    ] {
        write(room, "Passphrase, typed by its owner", first);
        write(room, "The same passphrase again", second);
        press(room, "Make the account");
        room.until_says(says);
    }
}

#[test]
fn a_study_is_begun_its_protocol_is_written_beside_what_it_yields_and_people_get_accounts() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut room = Sitting::start(Opening { study: None, data: Some(dir.path().join("data")), ..Opening::of(dir.path()) });
    let mut wrong = Vec::new();
    let root = begin(&mut room, dir.path(), "Every lesion marked and rated, AI on request");
    wrong.extend(complaints(&room, "first account"));
    keep(&mut room, "desk-first");
    passphrases_are_typed_twice_alike_and_long(&mut room);
    until_key(&mut room, "Cora", "cora", None, PHRASE);
    assert!(!room.says("Back to the start"), "one press would lose the key");
    wrong.extend(complaints(&room, "recovery key"));
    room.press_named("It is written down");
    room.rest();
    assert_eq!(
        Accounts::open(&root.join("accounts.json")).expect("accounts").iter().next().map(tiresias_reads::accounts::Account::kind),
        Some(Kind::Coordinator)
    );
    sign_in(&mut room, "Cora");
    // The first step that is not done.
    room.until_says("A new account");
    wrong.extend(complaints(&room, "people"));
    until_key(&mut room, "Dana", "dana", Some("Or for data manager"), PHRASE);
    // Whoever signs out with the key in sight is told before it is gone.
    room.press_named("Sign out");
    room.until_says("sign out once more and it is gone");
    room.press_named("It is written down");
    room.until_says("A new account");
    make_account(&mut room, "Reader 1", "reader-1", Some("Account for reader"), PHRASE);
    room.until_says("1 reader");
    keep(&mut room, "desk-people");
    room.press_named("Protocol");
    room.until_says("Nothing is wrong with it.");
    room.until_says("What a reader is asked");
    room.rest();
    assert!(room.says("From day 0") && room.says("case 1") && room.says("How confident"), "{:?}", room.words());
    wrong.extend(complaints(&room, "protocol"));
    keep(&mut room, "desk-protocol-1280");
    // The last of the cases lies below the window.
    let table = room.window.get_by_label("case 9").rect().center();
    room.wheel(table, 4, Modifiers::NONE);
    room.until_says("case 12");
    room.wheel(table, -4, Modifiers::NONE);
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
    // Whoever signs out with that is told before it is gone.
    room.press_named("Sign out");
    room.until_says("sign out once more and what you wrote is gone");
    write(&mut room, "protocol.toml", &text.replace("max = 20", "max = 19"));
    room.until_says("Nothing is wrong with it.");
    room.chord(Modifiers::COMMAND, Key::S);
    room.until("saved", |s| s.words().iter().any(|w| w == "saved"));
    assert!(fs::read_to_string(root.join("protocol.toml")).expect("a protocol").contains("max = 19"));
    opens_as_the_table_says(&room, Kind::Coordinator);
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

/// From Sign out back to the desk of the same study, as somebody else.
fn change_to(room: &mut Sitting, root: &Path, name: &str) {
    room.press_named("Sign out");
    room.until_says("Recent");
    let (protocol, _) = protocol_of(root).expect("a protocol");
    room.press_named(protocol.title());
    sign_in(room, name);
}

/// What opens to this kind of account, and what is only named: the table, cell by cell.
fn opens_as_the_table_says(room: &Sitting, kind: Kind) {
    for step in Step::ALL {
        let node = room.window.get_by_role_and_label(egui::Role::Button, step.title());
        assert_eq!(node.accesskit_node().is_disabled(), !step.opens_to(kind), "{step:?} for {kind:?}");
    }
}

/// An empty cell under "Leak scan" would be read as a clean one.
#[test]
fn what_is_not_known_of_a_case_is_said() {
    let dir = tempfile::tempdir().expect("a folder");
    let desk = crate::results::desk(dir.path(), "crossover", &[0.78, 0.88], false);
    let mut room = Sitting::start(Opening::of(&desk));
    sign_in_with(&mut room, "Simulated data manager", PASSPHRASE);
    room.press_named("Cases");
    room.until_says("not recorded");
    room.rest();
    let wrong = complaints(&room, "cases of a simulation");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A reader's machine: everything is read and signed there, and the results file is written.
fn read_at(folder: &Path) -> PathBuf {
    sit(folder, 7, &mut |_| Ok(())).expect("read");
    let study = Study::open(folder).expect("a study");
    let results = folder.join("results.tresults");
    fs::write(&results, study.open_record("test").expect("a record").results().expect("signed results")).expect("written");
    results
}

/// Issue 5, done when 5: as a coordinator and a data manager would, by mouse.
#[test]
fn a_study_goes_from_its_protocol_to_its_results_by_mouse() {
    let demo = Demo::new();
    let dir = tempfile::tempdir().expect("a folder");
    let mut wrong: Vec<String> = Vec::new();
    let mut room = Sitting::start(Opening { study: None, data: Some(dir.path().join("data")), ..Opening::of(dir.path()) });
    let root = begin(&mut room, dir.path(), "Read without AI, lock, then revise with AI");
    make_account(&mut room, "Cora", "cora", None, PHRASE);
    sign_in(&mut room, "Cora");
    for (name, id, kind) in
        [("Dana", "dana", "Or for data manager"), ("Stan", "stan", "Or for statistician"), ("Audrey", "audrey", "Or for auditor")]
    {
        make_account(&mut room, name, id, Some(kind), PHRASE);
    }
    for n in 1..=2 {
        make_account(&mut room, &format!("Reader {n}"), &format!("reader-{n}"), Some("Account for reader"), PASSPHRASE);
    }
    // The data manager packs twelve cases of one folder, after a look at what each becomes.
    change_to(&mut room, &root, "Dana");
    opens_as_the_table_says(&room, Kind::DataManager);
    room.until_says("None is packed yet.");
    wrong.extend(complaints(&room, "cases"));
    write(&mut room, "Source", &demo.desk().join("sources").display().to_string());
    press(&mut room, "Look at the cases");
    room.until_says("12 of 12 cases will be packed");
    room.rest();
    wrong.extend(complaints(&room, "cases before packing"));
    keep(&mut room, "desk-cases-before-1280");
    write(&mut room, "Id of DEMO-001", "FIRST-001");
    write(&mut room, "Passphrase of the study's key file (the first one makes it)", PHRASE);
    press(&mut room, "Pack 12 cases");
    room.until("packed", |s| s.says("12 packed, 0 still to pack."));
    room.rest();
    wrong.extend(complaints(&room, "cases"));
    keep(&mut room, "desk-cases-1280");
    let listed = Desk::open(&root).expect("a desk");
    assert_eq!(listed.cases().len(), 12);
    assert!(listed.cases().keys().any(|c| c.as_str() == "FIRST-001"));
    // A person looks at each case, and signs that nothing identifies.
    let named = |s: &Sitting, start: &str| s.nodes().iter().filter_map(|n| n.accesskit_node().label()).find(|l| l.starts_with(start));
    for n in 0..12 {
        let look = named(&room, "Look at the sheet of ").expect("a sheet to look at");
        press(&mut room, &look);
        room.until("a sheet", |s| named(s, "contact sheet of ").is_some());
        room.rest();
        if n == 0 {
            // What is left without a signature comes round again after the last; the next one is offered now.
            press(&mut room, "Close without signing");
            room.rest();
            let next = named(&room, "Look at the sheet of ").expect("a sheet to look at");
            assert_ne!(next, look);
            press(&mut room, &next);
            room.until("a sheet", |s| named(s, "contact sheet of ").is_some());
            room.rest();
            wrong.extend(complaints(&room, "a contact sheet"));
            let signed = format!("found nothing that identifies: {}.", next.trim_start_matches("Look at the sheet of "));
            assert!(room.window.query_by_label_contains(&signed).is_some(), "{signed}");
            // Who signs has seen it whole: it goes on below, and nothing of it lies at the side.
            let sheet = room.pane("contact sheet of ");
            assert!(sheet.width() > 500.0 && sheet.right() <= room.screen().right(), "{sheet:?}");
            keep(&mut room, "desk-sheet-1280");
        }
        press(&mut room, "Sign: nothing identifies");
        room.until("signed", |s| s.says(&format!("{} of 12 are signed", n + 1)) || s.says("All 12 are signed"));
        room.rest();
    }
    wrong.extend(complaints(&room, "signed sheets"));
    // The coordinator signs, assigns and hands out.
    change_to(&mut room, &root, "Cora");
    room.until_says("Cora (coordinator) approves the protocol");
    wrong.extend(complaints(&room, "sign"));
    write(&mut room, "Your passphrase", "not the passphrase");
    press(&mut room, "Sign the protocol");
    room.until_says("not the passphrase of");
    write(&mut room, "Your passphrase", PHRASE);
    press(&mut room, "Sign the protocol");
    room.until_says("Receipt, to be kept in another place");
    // As the page promised: the name, and the time to the minute.
    room.until("whose signature it is", |s| s.words().iter().any(|w| w == "Cora (coordinator)"));
    let is_minute = |w: &String| w.len() == "2026-01-05 09:30 UTC".len() && w.starts_with("20") && w.ends_with(" UTC");
    assert!(room.words().iter().any(is_minute), "{:?}", room.words());
    keep(&mut room, "desk-sign-1280");
    room.press_named("Assign");
    room.until_says("12 cases, to 2 readers.");
    wrong.extend(complaints(&room, "assign"));
    write(&mut room, "Your passphrase", PHRASE);
    press(&mut room, "Assign the cases");
    room.until_says(" UTC by Cora. The orders are frozen.");
    let out = dir.path().join("out");
    write(&mut room, "Where the readers\u{2019} folders go", &out.display().to_string());
    write(&mut room, "Passphrase of the study\u{2019}s key file, typed by a data manager", PHRASE);
    press(&mut room, "Make 2 folders");
    room.until("two folders", |s| s.words().iter().filter(|w| w.starts_with("12 cases, in ")).count() == 2);
    wrong.extend(complaints(&room, "handed out"));
    keep(&mut room, "desk-assign-1280");
    // Each reads at a machine of their own; the results come back by mouse, with a file that is none.
    let results: Vec<String> = (1..=2).map(|n| read_at(&out.join(format!("reader-{n}"))).display().to_string()).collect();
    room.press_named("Progress");
    // Twelve cases, and two of them a second time without being told.
    room.until_says("0 of 14");
    keep(&mut room, "desk-progress-empty-1280");
    write(&mut room, "Results files", &format!("{}; {}", results[0], root.join("protocol.toml").display()));
    press(&mut room, "Take in");
    room.until_says("1 taken in, 0 here already; now 14 reads from 1 workstations.");
    assert!(room.says("nothing of it was taken"), "{:?}", room.words());
    room.rest();
    // What came in stands above, where the eye begins.
    let middle = room.screen().center();
    room.wheel(middle, -40, Modifiers::NONE);
    room.until_says("14 of 14");
    room.rest();
    wrong.extend(complaints(&room, "progress"));
    write(&mut room, "Results files", &results.join("; "));
    press(&mut room, "Take in");
    room.until_says("1 taken in, 1 here already; now 28 reads from 2 workstations.");
    room.rest();
    wrong.extend(complaints(&room, "progress"));
    room.wheel(middle, -40, Modifiers::NONE);
    room.until_says("14 of 14");
    room.rest();
    keep(&mut room, "desk-progress-1280");
    assert!(!room.says("0 of 14"), "{:?}", room.words());
    for _ in 0..20 {
        if !room.says("What came back does not contradict itself.") {
            room.wheel(middle, 2, Modifiers::NONE);
            room.rest();
        }
    }
    assert!(room.says("What came back does not contradict itself."), "{:?}", room.words());
    // Two people close the reading.
    for name in ["Cora", "Dana"] {
        if name == "Dana" {
            change_to(&mut room, &root, name);
            room.press_named("Progress");
            room.until_says("How far the study is");
            room.rest();
        }
        write(&mut room, "Your passphrase", PHRASE);
        press(&mut room, "Sign the close of reading");
        room.until_says("Receipt, to be kept in another place");
    }
    room.until("closed", |s| s.words().iter().any(|w| w.starts_with("Reading is closed. Receipt")) && s.says("reading is closed"));
    // The statistician adds the truth, and sees the results.
    change_to(&mut room, &root, "Stan");
    room.until_says("This study has no truth yet");
    keep(&mut room, "desk-truth-1280");
    let truth: Vec<String> = listed.cases().keys().enumerate().map(|(n, case)| format!("{case},{}\n", n % 2)).collect();
    let file = dir.path().join("reference.csv");
    fs::write(&file, format!("case,truth\n{}", truth.concat())).expect("written");
    write(&mut room, "Truth file", &file.display().to_string());
    press(&mut room, "Add the truth");
    room.until_says("Primary analysis, as the protocol fixed it");
    keep(&mut room, "desk-results-1280");
    room.press_named("\u{2039} Study desk");
    room.until("the steps", |s| !s.says("Copy as HTML") && s.says("reading is closed"));
    room.rest();
    opens_as_the_table_says(&room, Kind::Statistician);
    // The auditor reads what happened, and takes it along.
    change_to(&mut room, &root, "Audrey");
    room.until_says("What happened");
    opens_as_the_table_says(&room, Kind::Auditor);
    room.rest();
    wrong.extend(complaints(&room, "audit"));
    write(&mut room, "Only rows with these words", "locked");
    room.rest();
    keep(&mut room, "desk-audit-1280");
    let trail = dir.path().join("trail");
    write(&mut room, "Export into a folder that does not exist yet", &trail.display().to_string());
    assert!(room.says("Audrey (auditor) made this export."));
    room.press_named("Export");
    room.until_says("Written and signed");
    assert!(fs::read_dir(&trail).expect("a folder").count() >= 3);
    drop(room);
    // The same screens on a larger one.
    let mut room = Sitting::start(Opening::of(&root).sized([1920, 1080]));
    sign_in(&mut room, "Cora");
    for (step, says) in [("Progress", "Reading is closed."), ("Sign", "is signed"), ("Assign", "frozen"), ("People", "A new account")] {
        room.press_named(step);
        room.until_says(says);
        room.rest();
        wrong.extend(complaints(&room, &format!("{step} at 1920")));
        keep(&mut room, &format!("desk-{}-1920", step.to_lowercase()));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Packs the one case that is on the screen.
fn pack_this_case(room: &mut Sitting) {
    write(room, "Passphrase of the study's key file (the first one makes it)", PHRASE);
    press(room, "Pack this case");
}

/// A word is in both images of a case: what the window asks, and what comes of each answer.
#[test]
fn letters_that_are_none_are_answered_in_the_window_and_a_case_with_text_is_left_out() {
    let demo = Demo::new();
    let dir = tempfile::tempdir().expect("a folder");
    let source = dir.path().join("incoming").join("NEW-1");
    fs::create_dir_all(&source).expect("a folder");
    for name in ["0003.dcm", "0009.dcm"] {
        let from = demo.desk().join("sources").join("DEMO-004").join(name);
        burned::into_demo(&from, &source.join(name), [60, 120]).expect("written");
    }
    let mut room = Sitting::start(Opening { study: None, data: Some(dir.path().join("data")), ..Opening::of(dir.path()) });
    let root = begin(&mut room, dir.path(), "Read without AI, lock, then revise with AI");
    make_account(&mut room, "Cora", "cora", None, PHRASE);
    sign_in(&mut room, "Cora");
    make_account(&mut room, "Dana", "dana", Some("Or for data manager"), PHRASE);
    change_to(&mut room, &root, "Dana");
    room.until_says("None is packed yet.");
    write(&mut room, "Source", &source.display().to_string());
    press(&mut room, "Look at the cases");
    room.until_says("1 of 1 cases will be packed");
    room.rest();
    let first = "Image 1 of 2 (current), finding 1 of 2.";
    let packages = || fs::read_dir(root.join("packages")).expect("a folder").count();

    pack_this_case(&mut room);
    room.until_says(first);
    room.rest();
    assert!(room.says("0 packed, 0 still to pack. 1 may hold letters") && room.says("0003.dcm"), "{:?}", room.words());
    let mut wrong = complaints(&room, "letters");
    keep(&mut room, "desk-letters-1280");
    // Whoever packs in the window is not told of a command line.
    assert!(room.words().iter().all(|w| !w.contains("--") && !w.contains("tiresias ")), "{:?}", room.words());
    let place = "82 x 14 pixels at column 60 and row 120";
    let shown = room.pane(&format!("Image 1 of 2 (current) of NEW-1: {place}"));
    assert!(shown.left() >= 0.0 && shown.right() <= room.screen().right(), "{shown:?}");
    // The one picture lies directly behind the other, and nothing is empty below both.
    assert!(shown.width() < 384.0 + 16.0 + 356.0 && shown.height() < 384.0, "{shown:?}");
    press(&mut room, "No text here");
    room.until_says("Image 2 of 2 (current), finding 2 of 2.");
    room.rest();
    assert!(room.says("0009.dcm"));
    room.pane(&format!("Image 2 of 2 (current) of NEW-1: {place}"));
    press(&mut room, "There is text: leave the case out");
    room.until_says("There is text in image 2 of 2 (current).");
    room.rest();
    assert!(room.says("0 of 1 cases will be packed") && room.window.query_by_label("Pack this case").is_none());
    wrong.extend(complaints(&room, "text"));
    assert_eq!(packages(), 0);

    // Taken in again it is asked about from the first finding on: what was answered before is forgotten. This time by keys.
    room.press_named("Take it in");
    room.until_says("1 of 1 cases will be packed");
    room.rest();
    pack_this_case(&mut room);
    room.until_says(first);
    room.rest();
    room.window.get_by_label("No text here").focus();
    room.step();
    room.key(Key::Enter);
    room.until_says("Image 2 of 2 (current), finding 2 of 2.");
    room.key(Key::Enter);
    room.until_says("no text was seen");
    room.rest();
    wrong.extend(complaints(&room, "answered letters"));
    assert_eq!(packages(), 0, "an answer alone packs nothing");
    pack_this_case(&mut room);
    room.until_says("1 packed, 0 still to pack.");
    let desk = Desk::open(&root).expect("a desk");
    let (case, listed) = desk.cases().iter().next().expect("a case");
    assert_eq!((case.as_str(), packages()), ("NEW-1", 1));
    let manifest = fs::read(package_dir(&root, &listed.package).join("manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
    assert_eq!(manifest["no_text"].as_array().map(Vec::len), Some(2));
    assert!(wrong.is_empty(), "{wrong:#?}");
}
