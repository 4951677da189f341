//! Each person's job, from beginning to end, in the real window by real mouse and keys: the steps are those of the cards and guides, one a line in `jobs/`.
//!
//! Where a control is, a second program without a screen knows: it does the same steps at the same size in folders of its own, and its controls have names. The hand then
//! clicks there in the X window. What the job leads to is looked at on the disk. Refuses: positions that somebody wrote down.

use crate::desktop::{Desktop, Window};
use crate::sitting::{Opening, Sitting};
use egui::{Event, Key, Modifiers, Rect};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tiresias::demo::{build_if_absent, rooms_if_absent};
use tiresias::simulate::{PASSPHRASE, sit};
use tiresias_reads::desk::Desk;
use tiresias_reads::study::Study;
use tiresias_tests::studies::{copy, wait_for_record};

const SIZE: [u32; 2] = [1920, 1080];
const PHRASE: &str = "correct horse battery";
/// So many turns of the wheel find whatever is on a page.
const TURNS: usize = 16;

/// Somebody's two desks: the one that is looked at, and the one that is worked on.
struct Twin<'d> {
    sight: Sitting,
    hand: Window<'d>,
    /// Where each has its folders.
    dirs: [PathBuf; 2],
    steps: usize,
}

impl Twin<'_> {
    /// Goes through a job, a line at a time.
    fn job(&mut self, script: &str, sources: &[PathBuf; 2], more: &mut dyn FnMut(&mut Self, &str)) {
        for line in script.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let (what, of) = line.split_once(' ').expect("what, and of what");
            match what {
                "says" => self.sight.until(line, |s| s.says(of)),
                "press" => self.press(of),
                "key" => self.key(of),
                "enter" => {
                    self.rest();
                    self.types(of, sources);
                    self.key("Return");
                }
                "write" => {
                    let (field, words) = of.split_once(" = ").expect("a field and what is written");
                    self.write(field, words, sources);
                }
                "do" => more(self, of),
                other => panic!("no step is called {other}"),
            }
            // What is only looked at changes nothing.
            if what != "says" {
                self.rest();
            }
            self.steps += 1;
            self.hand.keep(&format!("job-{:03}", self.steps));
        }
    }

    /// Both have nothing more to say.
    fn rest(&mut self) {
        self.sight.rest();
        self.hand.settle();
    }

    /// What stands for words of a script on each side.
    fn meant(&self, words: &str, side: usize, sources: &[PathBuf; 2]) -> String {
        let dir = self.dirs[side].display().to_string();
        let truth = self.dirs[side].join("truth.csv").display().to_string();
        let known = [("{dir}", dir), ("{truth}", truth), ("{sources}", sources[side].display().to_string())];
        let words = known.iter().fold(words.to_owned(), |text, (name, value)| text.replace(name, value));
        words.replace("{passphrase}", PHRASE).replace("{simulated}", PASSPHRASE)
    }

    /// Where a control is in sight; turns the wheel until it is.
    fn find(&mut self, name: &str) -> Rect {
        let (mut stood, mut still) = (Vec::new(), 0);
        for turn in 0..TURNS {
            let screen = self.sight.screen().shrink(8.0);
            let found = self.sight.window.query_all_by_label(name).map(|n| (n.accesskit_node().is_disabled(), n.rect()));
            let rect = found.filter(|(off, rect)| !off && rect.is_positive()).map(|(_, rect)| rect).next_back();
            if let Some(rect) = rect.filter(|r| screen.contains_rect(r.intersect(screen)) && screen.contains(r.center())) {
                return rect;
            }
            // A page that does not move has no more to show.
            let stands: Vec<_> = self.sight.texts().iter().map(|t| t.ink.min.y.round() as i32).collect();
            still = if stands == stood { still + 1 } else { 0 };
            if still > 1 {
                break;
            }
            stood = stands;
            // Down to the end, then up again.
            let lines = if turn < TURNS / 2 { 4 } else { -4 };
            let middle = screen.center();
            self.sight.wheel(middle, lines, Modifiers::NONE);
            self.hand.point_at([middle.x as u32, middle.y as u32]);
            self.hand.roll(lines);
            self.rest();
        }
        panic!("step {}: {name:?} is nowhere; on the screen: {:#?}", self.steps, self.sight.words());
    }
    fn press(&mut self, name: &str) {
        let at = self.find(name).center();
        self.sight.click(at);
        self.hand.click([at.x.round() as u32, at.y.round() as u32]);
    }
    fn write(&mut self, field: &str, words: &str, sources: &[PathBuf; 2]) {
        self.press(field);
        // The field has the keyboard from the frame on that follows the click: on a busy machine all of this would fall into one.
        self.rest();
        self.sight.chord(Modifiers::COMMAND, Key::A);
        self.hand.keys(&["ctrl+a"]);
        self.types(words, sources);
    }
    fn types(&mut self, words: &str, sources: &[PathBuf; 2]) {
        let text = self.meant(words, 0, sources);
        self.sight.window.event(Event::Text(text));
        self.sight.step();
        self.hand.hand(&["type", "--delay", "8", &self.meant(words, 1, sources)]);
    }
    fn key(&mut self, name: &str) {
        let (held, key) = name.split_once('+').map_or((Modifiers::NONE, name), |(_, key)| (Modifiers::COMMAND, key));
        let named = match key {
            "Return" => Key::Enter,
            other => Key::from_name(other).unwrap_or_else(|| panic!("no key is called {other}")),
        };
        self.sight.chord(held, named);
        self.hand.keys(&[name]);
    }
}

/// A demo with its rooms, once for those who look and once for those who work.
fn demos(dir: &Path) -> [PathBuf; 2] {
    let places = [dir.join("s/demo"), dir.join("h/demo")];
    fs::create_dir_all(dir.join("s")).expect("a folder");
    build_if_absent(&places[0], &mut |_| ControlFlow::Continue(())).expect("a demo");
    rooms_if_absent(&places[0], &mut |_| ControlFlow::Continue(())).expect("its rooms");
    copy(&places[0], &places[1]).expect("a copy");
    // What is written to is nobody else's.
    for name in ["rooms/with-ai/record.sqlite", "reader/record.sqlite"] {
        let file = places[1].join(name);
        if let Ok(bytes) = fs::read(&file) {
            fs::remove_file(&file).and_then(|()| fs::write(&file, bytes)).expect("a copy");
        }
    }
    places
}

fn twin<'d>(desktop: &'d Desktop, dirs: [PathBuf; 2], demo: Option<&[PathBuf; 2]>) -> Twin<'d> {
    let data = dirs[0].join("data");
    let opening = Opening { study: None, demo: demo.map(|d| d[0].clone()), data: Some(data), ..Opening::of(&dirs[0]) };
    let sight = Sitting::start(opening.sized(SIZE));
    let words = demo.map_or_else(Vec::new, |d| vec!["demo".to_owned(), "--dir".to_owned(), d[1].display().to_string()]);
    let hand = desktop.start(&words);
    let mut twin = Twin { sight, hand, dirs, steps: 0 };
    twin.rest();
    twin
}

/// Issue 9, done when 2: the card for readers.
#[test]
fn a_radiologist_does_what_the_card_says() {
    let dir = tempfile::tempdir().expect("a folder");
    let demo = demos(dir.path());
    let desktop = Desktop::new();
    let mut twin = twin(&desktop, [dir.path().join("s"), dir.path().join("h")], Some(&demo));
    let script = include_str!("jobs/radiologist.steps").replace("{passphrase}", "{simulated}");
    twin.job(&script, &demo, &mut |twin, what| {
        assert_eq!(what, "judge each finding");
        // None, one or more, each with its letter.
        for name in ["a", "b", "c", "d"].map(|finding| format!("agree AI finding {finding}")) {
            if twin.sight.window.query_by_label(&name).is_some() {
                twin.press(&name);
                twin.rest();
            }
        }
        assert!(!twin.sight.words().iter().any(|w| w.starts_with("Still to do") && w.contains("AI finding")));
    });
    let steps = twin.steps;
    drop(twin);
    // What was done is in the record of the one that was worked on, signed.
    let folder = demo[1].join("rooms/with-ai");
    let record = wait_for_record(&folder).expect("the record opens");
    let who = Study::open(&folder).expect("a study").bundles().keys().next().expect("a reader").clone();
    let state = record.state(&who);
    assert_eq!(state.locked().len(), 1);
    assert!(!state.has_unsigned(), "signed");
    assert!(fs::read_dir(&folder).expect("a folder").any(|e| e.expect("an entry").path().extension().is_some_and(|x| x == "tresults")));
    println!("{steps} steps of the card for readers");
}

/// Issue 9, done when 2: the guides for coordinators, data managers and statisticians.
#[test]
fn a_study_is_run_and_analysed_as_the_guides_say() {
    let dir = tempfile::tempdir().expect("a folder");
    let dirs = [dir.path().join("s"), dir.path().join("h")];
    dirs.iter().for_each(|d| fs::create_dir_all(d).expect("a folder"));
    let demo = dir.path().join("demo");
    build_if_absent(&demo, &mut |_| ControlFlow::Continue(())).expect("a demo");
    let sources = [demo.join("desk/sources"), demo.join("desk/sources")];
    let desktop = Desktop::new();
    let mut twin = twin(&desktop, dirs.clone(), None);
    twin.job(include_str!("jobs/coordinator.steps"), &sources, &mut |twin, what| {
        assert_eq!(what, "readers read");
        for folder in twin.dirs.iter().flat_map(|d| [1, 2].map(|n| d.join(format!("out/reader-{n}")))) {
            sit(&folder, 7, &mut |_| Ok(())).expect("read");
            let results = Study::open(&folder).expect("a study").open_record("test").expect("a record").results().expect("signed results");
            fs::write(folder.join("results.tresults"), results).expect("written");
        }
    });
    for dir in &dirs {
        let listed = Desk::open(&dir.join("nodules")).expect("a desk");
        let truth: Vec<String> = listed.cases().keys().enumerate().map(|(n, case)| format!("{case},{}\n", n % 2)).collect();
        fs::write(dir.join("truth.csv"), format!("case,truth\n{}", truth.concat())).expect("written");
    }
    twin.job(include_str!("jobs/statistician.steps"), &sources, &mut |_, what| panic!("nobody knows how to {what}"));
    let steps = twin.steps;
    drop(twin);
    let manifest = dirs[1].join("everything/manifest.json");
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(manifest).expect("a manifest")).expect("JSON");
    assert_eq!((&manifest["open_look"], &manifest["incomplete"]), (&false.into(), &serde_json::Value::Null), "{manifest}");
    assert!(manifest["files"].as_object().expect("files").len() > 8);
    println!("{steps} steps of the guides");
}

/// A control is where it is pressed: a script that names none fails.
#[test]
#[should_panic(expected = "is nowhere")]
fn a_step_that_cannot_be_done_is_noticed() {
    let dir = tempfile::tempdir().expect("a folder");
    let dirs = [dir.path().join("s"), dir.path().join("h")];
    dirs.iter().for_each(|d| fs::create_dir_all(d).expect("a folder"));
    let desktop = Desktop::new();
    let none = [PathBuf::new(), PathBuf::new()];
    twin(&desktop, dirs, None).job("press A button that nobody made", &none, &mut |_, _| ());
}
