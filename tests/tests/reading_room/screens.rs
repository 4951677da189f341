//! The screens of the program by name: each control has one, what is on it is found by it, and a random hand on it finds no panic and no dead end.
//!
//! Those in `SCREENS`; the reading room itself has its own hand (`stress`), and the other screens (amending, the demo's hub, the test pattern, measuring the
//! screen, signing and assigning at the desk, its audit trail) have tests of their own and no random hand.
//! `TIRESIAS_STRESS_EVENTS` says how many events each screen gets (`./dev soak stress`); few here.

use crate::sitting::{Demo, Opening, Sitting};
use crate::stress_hand::{Deed, Hand};
use crate::templates::{press, study_of};
use crate::{adjudicating, desk, keys, results, signing};
use egui::{Event, Key, Role, Vec2, vec2};
use egui_kittest::kittest::NodeT as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use tiresias_reads::protocol::template;
use tiresias_tests::studies::wait_for_record;

const SIZES: [[f32; 2]; 4] = [[1280.0, 800.0], [1024.0, 640.0], [1600.0, 900.0], [1280.0, 720.0]];
/// What would open another program's window, or build for minutes.
const LEADS_OUT: [&str; 3] = ["Open a study\u{2026}", "Try the demo study", "Browse: "];

/// Where the screens come from, in a folder of its own for each.
struct Place {
    folder: tempfile::TempDir,
    demo: Demo,
}

/// A screen: the way to it, and words and a control by which it is known.
struct Screen {
    name: &'static str,
    says: &'static str,
    control: (Role, &'static str),
    open: fn(&Place) -> Sitting,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), demo: Demo::new() }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    /// Made once, by whoever comes first.
    fn made(&self, name: &str, make: impl FnOnce(&Path) -> PathBuf) -> PathBuf {
        let folder = self.path(name);
        let noted = folder.join("where");
        if let Ok(place) = std::fs::read_to_string(&noted) {
            return PathBuf::from(place);
        }
        std::fs::create_dir_all(&folder).expect("a folder");
        let place = make(&folder);
        std::fs::write(noted, place.display().to_string()).expect("written");
        place
    }
    fn start(&self) -> Sitting {
        let mut room = Sitting::start(Opening { study: None, data: Some(self.path("data")), ..Opening::of(self.folder.path()) });
        room.until_says("Try the demo study");
        room
    }
    fn behind(&self, button: &str) -> Sitting {
        let mut room = self.start();
        room.press_named(button);
        room.rest();
        room
    }
    fn reading(&self) -> Sitting {
        let reader = self.demo.reader();
        let mut room = Sitting::start(Opening::of(&reader));
        room.sign_in("Reader 1");
        room.rest();
        room
    }
    /// A study with a seat, where somebody signs in.
    fn seated(&self, name: &str) -> Sitting {
        let root = self.made(name, |_| {
            let root = study_of(&self.demo, template("ordinal").expect("a template").text, name);
            signing::seat(&root);
            root
        });
        let mut room = Sitting::start(Opening::of(&root));
        room.until_says("Who reads?");
        room.press_named("Reader 1");
        room.until_says("your passphrase opens your cases");
        room.rest();
        room
    }
    fn results(&self) -> Sitting {
        let root = self.made("results", |folder| results::desk(folder, "crossover", &[0.78, 0.88], true));
        let mut room = results::sign_in(&root, [1280, 800]);
        room.types(tiresias::simulate::PASSPHRASE);
        room.until_says("Primary analysis, as the protocol fixed it");
        room.rest();
        room
    }
    fn pair(&self) -> Sitting {
        let root = self.made("pair", |folder| adjudicating::study(folder, 1, 1).0);
        let mut room = adjudicating::begin(&root, [1280, 800]);
        if room.says("Continue ") {
            room.key(Key::Enter);
            room.rest();
        } else {
            adjudicating::impression(&mut room);
        }
        room
    }
    /// A study desk, with somebody who signed in and to whom the step is open.
    fn desk(&self, who: &str, step: &str) -> Sitting {
        let root = self.made("desk", |folder| {
            let mut room = Sitting::start(Opening { study: None, data: Some(folder.join("data")), ..Opening::of(folder) });
            let root = desk::begin(&mut room, folder, "Every lesion marked and rated, AI on request");
            desk::make_account(&mut room, "Cora", "cora", None, desk::PHRASE);
            desk::sign_in(&mut room, "Cora");
            room.until_says("A new account");
            desk::make_account(&mut room, "Dana", "dana", Some("Or for data manager"), desk::PHRASE);
            root
        });
        let mut room = Sitting::start(Opening::of(&root));
        desk::sign_in(&mut room, who);
        room.press_named(step);
        room.rest();
        room
    }
}

const SCREENS: [Screen; 15] = [
    Screen { name: "start", says: "Try the demo study", control: (Role::Button, "About Tiresias"), open: Place::start },
    Screen { name: "keys", says: "Profile", control: (Role::Button, "Back (Esc)"), open: |p| p.behind("Keys, mouse and screen\u{2026}") },
    Screen { name: "about", says: "licence", control: (Role::Button, "Back"), open: |p| p.behind("About Tiresias") },
    Screen {
        name: "new study",
        says: "common design",
        control: (Role::Button, "Begin the study"),
        open: |p| p.behind("Begin a new study\u{2026}"),
    },
    Screen {
        name: "sign-in",
        says: "Who reads?",
        control: (Role::Button, "Reader 2"),
        open: |p| {
            let reader = p.demo.reader();
            let mut room = Sitting::start(Opening::of(&reader));
            room.until_says("Who reads?");
            room
        },
    },
    Screen { name: "worklist", says: "of 12 read", control: (Role::Button, "End the session"), open: Place::reading },
    Screen {
        name: "between two cases",
        says: "is locked.",
        control: (Role::Button, "To the list"),
        open: |p| {
            let mut room = p.reading();
            room.open_case();
            answer_what_is_missing(&mut room);
            keys::lock(&mut room);
            room
        },
    },
    Screen {
        name: "passphrase",
        says: "your passphrase opens",
        control: (Role::Button, "Somebody else"),
        open: |p| p.seated("passphrase"),
    },
    Screen {
        name: "signature",
        says: "Sign what you read",
        control: (Role::PasswordInput, "Passphrase"),
        open: |p| {
            let mut room = p.seated("signature");
            room.types(signing::PHRASE);
            room.until_says("End the session");
            if !room.says("Sign what you read") {
                room.key(Key::Enter);
                room.until("a case", |s| !s.panes().is_empty() && s.says("HU") && !s.says("loading"));
                room.rest();
                press(&mut room, ">1!");
                room.until_says("is locked.");
                room.press_named("To the list");
                room.until_says("End the session");
                room.press_named("End the session");
            }
            room.until_says("Sign what you read");
            room.rest();
            room
        },
    },
    Screen { name: "results", says: "AUC by reader", control: (Role::Button, "Power"), open: Place::results },
    Screen { name: "adjudication", says: "Your decision", control: (Role::RadioButton, "Decision: 1 Accept A"), open: Place::pair },
    Screen { name: "desk: people", says: "A new account", control: (Role::Button, "Make the account"), open: |p| p.desk("Cora", "People") },
    Screen { name: "desk: protocol", says: "tiresias_protocol", control: (Role::Button, "Save"), open: |p| p.desk("Cora", "Protocol") },
    Screen { name: "desk: cases", says: "Packed cases", control: (Role::Button, "Look at the cases"), open: |p| p.desk("Dana", "Cases") },
    Screen {
        name: "desk: progress",
        says: "How far the study is",
        control: (Role::Button, "Progress"),
        open: |p| p.desk("Cora", "Progress"),
    },
];

/// Answers what is missing, in a draft that a hand before this one may have begun.
fn answer_what_is_missing(room: &mut Sitting) {
    room.key(Key::Enter);
    while keys::asks_for_a_number(room) {
        for key in [Key::Num1, Key::Num0, Key::Enter] {
            room.key(key);
        }
        room.rest();
    }
    room.press_named("Would you recall this person? 1 no");
    room.until("nothing to do", |s| !s.says("Still to do"));
    room.rest();
}

fn names(room: &Sitting) -> Vec<(Role, String)> {
    let named = |n: &egui_kittest::Node<'_>| (n.accesskit_node().role(), n.accesskit_node().label().unwrap_or_default());
    room.nodes().iter().map(named).collect()
}

/// So many events may be done to what a place holds: then there is a new one, because cases that were read and decisions that were made do not come again.
const LIFE: usize = 400;

/// What was seen of a screen: how often it was opened, and controls with a name.
#[derive(Default)]
struct Seen {
    opened: usize,
    controls: usize,
}

/// A random hand on a screen, which is opened again whenever the hand has led away from it.
fn bears(screen: &Screen, seed: u64, events: usize) -> Seen {
    let mut hand = Hand::new(seed);
    let (mut seen, mut done) = (Seen::default(), 0);
    while done < events {
        let place = Place::new();
        let life = done + LIFE.min(events - done);
        while done < life {
            let mut room = (screen.open)(&place);
            seen.opened += 1;
            assert!(room.says(screen.says), "{}: {:#?}", screen.name, room.words());
            let unnamed = room.window.unnamed_widgets();
            assert!(unnamed.is_empty(), "{}: {unnamed:?}", screen.name);
            let found = names(&room);
            let wanted = (screen.control.0, screen.control.1.to_owned());
            assert!(found.contains(&wanted), "{}: no {wanted:?} among {found:#?}", screen.name);
            seen.controls += found.iter().filter(|(_, name)| !name.is_empty()).count();
            // Until the hand has led away from it.
            while done < life && (done % 20 != 0 || done == 0 || room.says(screen.says)) {
                one(&mut room, &mut hand);
                done += 1;
            }
            for event in hand.let_go() {
                room.window.event(event);
                room.step();
            }
            room.window.set_size(Vec2::from(SIZES[0]));
            room.step();
            let study = tiresias_reads::study::Study::open(&place.demo.reader()).map(|s| s.root().to_owned());
            drop(room);
            if let Ok(study) = study {
                drop(wait_for_record(&study).expect("the record is let go"));
            }
        }
    }
    seen
}

/// Issue 6, done when 6.
#[test]
fn every_screen_is_found_by_name_and_bears_a_random_hand() {
    let events: usize = std::env::var("TIRESIAS_STRESS_EVENTS").map_or(40, |n| n.parse().expect("a number"));
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((seed, screen)) = (1u64..).zip(&SCREENS).nth(next.fetch_add(1, Ordering::Relaxed)) {
            let Seen { opened, controls } = bears(screen, seed * 977, events);
            println!("{}: opened {opened} times, {controls} names; {events} random events", screen.name);
        }
    };
    // Most of the time it waits for threads of the program.
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
    println!("{} screens, {events} random events on each", SCREENS.len());
}

fn leads_out(node: &egui_kittest::Node<'_>) -> bool {
    let name = node.accesskit_node().label().or(node.accesskit_node().value()).unwrap_or_default();
    LEADS_OUT.iter().any(|way| name.starts_with(way))
}

fn one(room: &mut Sitting, hand: &mut Hand) {
    let is_there = |room: &Sitting, at: egui::Pos2| room.nodes().iter().any(|n| leads_out(n) && n.rect().contains(at));
    let stands_there = |room: &Sitting| room.nodes().iter().any(|n| n.accesskit_node().is_focused() && leads_out(n));
    match hand.next(room.screen()) {
        // A press there is a movement.
        Deed::Event(Event::PointerButton { pos, pressed: true, .. }) if is_there(room, pos) => room.window.event(Event::PointerMoved(pos)),
        Deed::Event(Event::Key { key: Key::Enter | Key::Space, .. }) if stands_there(room) => {}
        Deed::Event(event) => room.window.event(event),
        Deed::Size(i) => {
            let [w, h] = SIZES[i % SIZES.len()];
            room.window.set_size(vec2(w, h));
        }
        Deed::Picture => assert!(room.pixels().width() > 0),
    }
    room.step();
}
