//! Random input, seeded: whatever a hand, a cat or a broken mouse does, the program goes on, the record stays intact, and memory does not grow.
//!
//! 1,000 events here (10,000 in `./dev soak stress`; `TIRESIAS_STRESS_EVENTS` says how many), of which half go to a CT in planes and half to two
//! examinations side by side. Stands alone in its program, so that the memory it measures is its own.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

#[path = "../reading_room/follow_up.rs"]
mod follow_up;
mod hand;
#[path = "../reading_room/sitting.rs"]
mod sitting;

use egui::{Event, Key, Role, Vec2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use hand::{Deed, Hand};
use sitting::{Demo, Opening, Sitting};
use std::path::{Path, PathBuf};
use tiresias_tests::studies::{protocol, wait_for_record};

/// After so many events the program must still do what it is told.
const BETWEEN_CHECKS: usize = 125;
/// Caches of letters and of the renderer are full after this part of the events.
const WARM: f64 = 0.3;
/// What memory may grow by after that, bytes: less than the images of one case, and far less than what one leak an event would add up to in the soak.
const GROWTH: u64 = 48 << 20;
const SIZES: [[f32; 2]; 4] = [[1280.0, 800.0], [1024.0, 640.0], [1600.0, 900.0], [1280.0, 720.0]];

/// A program under a random hand.
struct Ordeal {
    study: PathBuf,
    room: Sitting,
    hand: Hand,
    readers: Vec<String>,
    done: Done,
}

/// What happened so far.
#[derive(Debug, Default)]
struct Done {
    events: usize,
    starts: usize,
    checks: usize,
    cases: usize,
}

impl Ordeal {
    fn begin(study: &Path, readers: usize, seed: u64) -> Self {
        let room = Sitting::start(Opening::of(study));
        let readers = (1..=readers).rev().map(|n| format!("Reader {n}")).collect();
        Self { study: study.to_owned(), room, hand: Hand::new(seed), readers, done: Done { starts: 1, ..Done::default() } }
    }

    /// From wherever the program was led into a case, of the next reader where one has read everything.
    fn open_a_case(&mut self) {
        let mut lost = Vec::new();
        for _ in 0..60 {
            self.calm();
            if !self.room.panes().is_empty() {
                return;
            }
            // The study, the record or the case is on its way. On a busy machine that takes longer than a rest, and a new start would begin all of it again.
            if self.room.says("Opening ") {
                self.room.until("what is being opened", |room| !room.says("Opening "));
                self.room.rest();
                continue;
            }
            if self.room.says("The clock stands.") {
                self.room.key(Key::Enter);
                self.room.rest();
                continue;
            }
            let named =
                |room: &Sitting, name: &str| room.nodes().iter().any(|n| n.accesskit_node().label().is_some_and(|l| l.starts_with(name)));
            if self.room.says("Who reads?") {
                let reader = self.readers.last().expect("a reader who has not read everything");
                // Not by mouse: there may be more readers than fit on the screen.
                self.room.window.get_by_role_and_label(Role::Button, reader).click_accesskit();
                self.room.step();
                self.room.rest();
            } else if self.room.says("End the session") && !["Read ", "Continue "].iter().any(|name| named(&self.room, name)) {
                self.readers.pop();
                self.room.press_named("End the session");
                self.room.rest();
            } else if self.room.says("End the session") || named(&self.room, "Next case") {
                self.room.key(Key::Enter);
                self.done.cases += 1;
            } else {
                lost.push(self.room.words().join(" / "));
                self.restart();
            }
        }
        panic!("no way back into a case; started anew from {lost:#?}; on the screen: {:#?}", self.room.words());
    }

    /// Closes the window and opens the study anew, as somebody who got lost would.
    fn restart(&mut self) {
        let fresh = Sitting::start(Opening { study: None, ..Opening::of(&self.study) });
        drop(std::mem::replace(&mut self.room, fresh));
        drop(wait_for_record(&self.study).expect("the record"));
        self.room = Sitting::start(Opening::of(&self.study));
        self.room.rest();
        self.done.starts += 1;
    }

    fn ordeal(&mut self, events: usize, memory: &mut Memory) {
        while self.done.events < events {
            if self.done.events.is_multiple_of(BETWEEN_CHECKS) {
                self.open_a_case();
                self.still_obeys();
                memory.look(self.done.events as f64 / events as f64);
            }
            self.one();
            self.done.events += 1;
        }
        self.open_a_case();
        self.still_obeys();
        memory.look(1.0);
    }

    fn one(&mut self) {
        let screen = self.room.screen();
        match self.hand.next(screen) {
            // Two buttons would open another program's window or end what is being tested; a press on them is a movement.
            Deed::Event(Event::PointerButton { pos, pressed: true, .. }) if self.leads_out(pos) => {
                self.room.window.event(Event::PointerMoved(pos));
            }
            Deed::Event(event) => self.room.window.event(event),
            Deed::Size(i) => {
                let [w, h] = SIZES[i % SIZES.len()];
                self.room.window.set_size(vec2(w, h));
            }
            Deed::Picture => {
                let picture = self.room.pixels();
                assert!(picture.width() > 0);
            }
        }
        self.room.step();
    }

    fn leads_out(&self, at: egui::Pos2) -> bool {
        self.room.nodes().iter().any(|n| {
            let name = n.accesskit_node().label().or(n.accesskit_node().value()).unwrap_or_default();
            ["End the session", "Open a study\u{2026}", "Another study"].contains(&name.as_str()) && n.rect().contains(at)
        })
    }

    /// No button stays pressed, no key held, and the window has its first size.
    fn let_go(&mut self) {
        for event in self.hand.let_go() {
            self.room.window.event(event);
            self.room.step();
        }
        self.room.window.set_size(Vec2::from(SIZES[0]));
        self.room.step();
    }

    /// Out of help or rows-and-columns, out of a number that was being typed, out of the form, and then the moving picture stands still.
    fn calm(&mut self) {
        self.let_go();
        for _ in 0..4 {
            self.room.key(Key::Escape);
        }
        self.room.rest();
    }

    /// A key scrolls, another pane takes the focus, the help comes and goes, and what a reader gives is taken.
    fn still_obeys(&mut self) {
        self.room.until("images", |s| !s.panes().is_empty() && !s.says("loading"));
        self.room.rest();
        let names = |room: &Sitting| room.panes().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        self.room.key(Key::End);
        self.room.rest();
        let last = names(&self.room);
        self.room.key(Key::Home);
        self.room.until("another slice", |s| names(s) != last);
        self.room.key(Key::Questionmark);
        self.room.until_says("Any key or click closes this page.");
        self.room.key(Key::Escape);
        self.room.until("no help", |s| !s.says("Any key or click closes this page."));
        // The first question (or mark) takes what is typed.
        self.room.key(Key::Enter);
        for key in [Key::Num4, Key::Num2, Key::Enter] {
            self.room.key(key);
        }
        self.room.rest();
        let values: Vec<f64> = self
            .room
            .nodes()
            .iter()
            .filter(|n| n.accesskit_node().role() == Role::Slider)
            .filter_map(|n| n.accesskit_node().numeric_value())
            .collect();
        assert!(values.contains(&42.0), "42 was typed, and the form says {values:?}: {:#?}", self.room.words());
        self.room.key(Key::Escape);
        self.room.key(Key::Escape);
        self.room.rest();
        self.done.checks += 1;
    }
}

/// Resident memory in the course of the ordeal.
#[derive(Default)]
struct Memory {
    warm: Option<u64>,
    last: Option<u64>,
}

impl Memory {
    fn look(&mut self, part: f64) {
        self.last = resident();
        if part >= WARM && self.warm.is_none() {
            self.warm = self.last;
        }
    }
}

/// What this program holds in memory, bytes, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

fn ordeal(study: &Path, readers: usize, seed: u64, events: usize) -> String {
    let mut ordeal = Ordeal::begin(study, readers, seed);
    let mut memory = Memory::default();
    ordeal.ordeal(events, &mut memory);
    let done = ordeal.done;
    drop(ordeal.room);
    let record = wait_for_record(study).expect("the record");
    let (mut rows, mut answers) = (0, 0);
    let count = |r: tiresias_reads::record::Recorded| {
        rows += 1;
        answers += usize::from(!matches!(r.event.fact(), tiresias_reads::machine::Fact::Viewed { .. }));
    };
    record.replay(count).expect("every row is one that can have happened");
    drop(record);
    let study = study.to_str().expect("a name");
    tiresias_tests::run::tiresias(["verify", study]).and_then(tiresias_tests::run::Ran::done).expect("the record is intact");
    assert!(done.checks > 1 && rows > 10, "{done:?}, {rows} rows");
    let mib = |bytes: Option<u64>| bytes.map_or("unknown".to_owned(), |b| format!("{} MiB", b >> 20));
    if let (Some(warm), Some(last)) = (memory.warm, memory.last) {
        assert!(last <= warm + GROWTH, "memory grew from {warm} to {last} bytes");
    }
    format!(
        "{} events (seed {seed}), {} times asked to obey, {} cases opened, {} starts; {rows} rows, {answers} of them no mere views; memory {} when warm, {} at the end",
        done.events,
        done.checks,
        done.cases,
        done.starts,
        mib(memory.warm),
        mib(memory.last)
    )
}

/// Issue 4, done when 4. One after the other: both measure the memory of the whole program.
#[test]
fn random_input_finds_no_panic_no_stuck_state_and_no_growth() {
    let events = std::env::var("TIRESIAS_STRESS_EVENTS").ok().map_or(1000, |n| n.parse::<usize>().expect("a number of events"));
    let seed = std::env::var("TIRESIAS_STRESS_SEED").ok().map_or(20_261_128, |n| n.parse::<u64>().expect("a seed"));
    let demo = Demo::new();
    println!("{}", ordeal(&demo.reader(), 3, seed, events / 2));
    let folder = tempfile::tempdir().expect("a folder");
    // A case is locked now and then; each reader has one.
    let readers = 4 + events / 200;
    let study = follow_up::study(folder.path(), &protocol("froc", "first = \"lung\"\noverlays = true"), readers);
    println!("{}", ordeal(&study, readers, seed + 1, events - events / 2));
}
