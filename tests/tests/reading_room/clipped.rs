//! No words are cut off, covered or written over one another, and nothing to press lies outside, on every screen at three sizes.

use crate::keys::{answer_all, lock};
use crate::sitting::{Demo, Opening, Sitting, overlap};
use crate::written::wait_for_record;
use egui::{Key, Modifiers, Rect, vec2};
use egui_kittest::kittest::NodeT as _;
use std::path::Path;
use tiresias_reads::bundle::Account;
use tiresias_tests::studies::{copy, with_cases_for};
use tiresias_words::ReaderId;

/// Ink may pass a clip rectangle or other ink by the soft edge of a glyph.
const SOFT: f32 = 1.0;

#[derive(Default)]
pub(crate) struct Found {
    screens: usize,
    texts: usize,
    controls: usize,
    problems: Vec<String>,
}

/// Issue 2, done when 1.
#[test]
fn no_widget_is_clipped() {
    let mut found = Found::default();
    for pixels in [[1280, 800], [1920, 1080], [3840, 2160]] {
        let demo = Demo::new();
        let reader = demo.reader();
        let deep = demo.data().join("a folder with a long name, as people have them").join("and another one inside it, of the same kind");
        copy(&reader, &deep.join("study of nodules")).expect("a copy");
        let start = |study: &Path| Sitting::start(Opening { data: Some(demo.data()), ..Opening::of(study).sized(pixels) });
        let mut window = start(&deep.join("study of nodules"));
        window.until_says("Who reads?");
        drop(window);
        let mut window = start(&deep.join("no study"));
        window.until_says("not a Tiresias study");
        found.look(&window, "start screen with trouble and a recent study", pixels);
        window.press_named("About Tiresias");
        window.rest();
        found.look(&window, "about", pixels);
        drop(window);
        reading(&mut found, &reader, pixels);
        long_words(&mut found, &demo, pixels);
    }
    println!("{}", found.report());
}

/// In a window that is far too small the same look finds what is cut and what is written over one another.
#[test]
fn the_look_for_clipped_words_can_fail() {
    let demo = Demo::new();
    let reader = demo.reader();
    let mut room = Sitting::start(Opening::of(&reader).sized([560, 300]));
    room.sign_in("Reader 1");
    room.open_case();
    let mut found = Found::default();
    found.look(&room, "reading room", [560, 300]);
    println!("in a window of 560 x 300: {} problems found", found.problems.len());
    for kind in ["is cut", "written over one another", "lies outside"] {
        assert!(found.problems.iter().any(|p| p.contains(kind)), "something {kind}: {:#?}", found.problems);
    }
}

fn reading(found: &mut Found, reader: &Path, pixels: [u32; 2]) {
    let mut room = Sitting::start(Opening::of(reader).sized(pixels));
    room.until_says("Who reads?");
    found.look(&room, "sign-in", pixels);
    room.sign_in("Reader 1");
    room.rest();
    found.look(&room, "worklist", pixels);
    room.open_case();
    found.look(&room, "reading room", pixels);
    for at in [vec2(-120.0, -90.0), vec2(95.0, 60.0)] {
        room.settle_clicks();
        let before = room.texts().iter().filter(|t| t.text == "rate it").count();
        room.key(Key::M);
        room.click(room.pane("axial").center() + at);
        room.until("a further mark", |s| s.texts().iter().filter(|t| t.text == "rate it").count() > before);
        room.rest();
        found.look(&room, "reading room with a mark that is being rated", pixels);
        room.key(Key::Escape);
    }
    found.look(&room, "reading room with two marks", pixels);
    room.chord(Modifiers::COMMAND, Key::Enter);
    room.rest();
    found.look(&room, "reading room with a refusal", pixels);
    room.key(Key::Enter);
    room.key(Key::Num9);
    room.key(Key::Num0);
    room.rest();
    room.key(Key::Enter);
    room.rest();
    found.look(&room, "reading room with one of two marks rated", pixels);
    room.key(Key::Questionmark);
    room.step();
    assert!(room.says("Any key or click closes this page."));
    found.look_behind(&room, "keys", pixels);
    room.press_named("Keys, mouse and screen\u{2026}");
    room.until_says("Choose whose keys you know.");
    found.look(&room, "keys and mouse", pixels);
    room.press_named("Measure this screen\u{2026}");
    room.until_says("does not say which screen");
    found.look(&room, "a screen that the system does not name", pixels);
    let scale = room.scale();
    for viewport in room.window.input_mut().viewports.values_mut() {
        viewport.monitor_size = Some(vec2(pixels[0] as f32, pixels[1] as f32) / scale);
    }
    room.until_says("as large as what you hold");
    found.look(&room, "measuring a screen", pixels);
    room.key(Key::Escape);
    room.until_says("Choose whose keys you know.");
    room.press_named("slab: j");
    room.key(Key::I);
    room.until_says("already.");
    found.look(&room, "keys and mouse with a key that is taken", pixels);
    room.key(Key::Escape);
    room.key(Key::Escape);
    room.rest();
    room.key(Key::Escape);
    room.key(Key::Escape);
    // With the mark tool a double click would mark before it enlarges.
    room.key(Key::W);
    for way in ["axial", "coronal", "sagittal"] {
        room.double_click(room.pane(way).center());
        found.look(&room, way, pixels);
        room.double_click(room.pane(way).center());
    }
    answer_all(&mut room, "10", '1');
    found.look(&room, "reading room, all answered", pixels);
    lock(&mut room);
    found.look(&room, "between two cases", pixels);
    drop(room);
    wait_for_record(reader);
}

/// A protocol with words as long as people make them.
fn long_words(found: &mut Found, demo: &Demo, pixels: [u32; 2]) {
    let text = tiresias::demo::PROTOCOL
        .replace("Nodule detection on chest CT", "Detection and characterisation of pulmonary nodules in a high-risk screening population")
        .replace("label = \"Unaided\"", "label = \"Unaided, first reading of two\"")
        .replace("label = \"no\"", "label = \"no, routine screening in a year\"")
        .replace("label = \"yes\"", "label = \"yes, within three months\"")
        .replace("definitely absent", "definitely no nodule of 4 mm or more")
        .replace("definitely present", "definitely a nodule of 4 mm or more")
        .replace("label = \"Nodule\"", "label = \"Solid, part-solid or ground-glass nodule\"");
    let name = "Professor Dr. Wilhelmina Featherstonehaugh-Cholmondeley";
    let account = Account { reader: ReaderId::new("reader-1").expect("a name"), display_name: name.to_owned() };
    let root = demo.data().join("long");
    with_cases_for(&[account], &demo.reader(), &text, &root).expect("a study");
    let mut room = Sitting::start(Opening::of(&root).sized(pixels));
    room.until_says("Who reads?");
    found.look(&room, "sign-in with long words", pixels);
    room.sign_in(name);
    room.rest();
    found.look(&room, "worklist with long words", pixels);
    room.open_case();
    found.look(&room, "reading room with long words", pixels);
    room.key(Key::M);
    room.click(room.pane("axial").center());
    room.until_says("rate it");
    room.rest();
    found.look(&room, "reading room with a mark and long words", pixels);
    drop(room);
    wait_for_record(&root);
}

impl Found {
    /// Nothing was wrong; gives what was looked at.
    pub(crate) fn report(&self) -> String {
        assert!(self.problems.is_empty(), "{:#?}", self.problems);
        format!("{} screens, {} texts, {} controls", self.screens, self.texts, self.controls)
    }
    pub(crate) fn look(&mut self, room: &Sitting, screen: &str, pixels: [u32; 2]) {
        self.check(room, &format!("{screen} at {pixels:?}"), false);
    }
    /// As [`Self::look`], of a form that may be longer than the screen: what is scrolled out of it is not looked at. Gives how many texts that were.
    pub(crate) fn look_at_form(&mut self, room: &Sitting, screen: &str, pixels: [u32; 2]) -> usize {
        let column = room.screen().right() - 336.0;
        let is_out = |rect: Rect, clip: Rect| rect.left() >= column && !clip.y_range().shrink(SOFT).contains(rect.center().y);
        let is_cut = |rect: Rect, clip: Rect| rect.left() >= column && (rect.top() < clip.top() || rect.bottom() > clip.bottom());
        let before = self.problems.len();
        self.look(room, screen, pixels);
        let texts = room.texts();
        let out: Vec<String> =
            texts.iter().filter(|t| is_out(t.ink, t.clip) || is_cut(t.ink, t.clip)).map(|t| format!("{:?}", t.text)).collect();
        let controls: Vec<String> = room
            .nodes()
            .iter()
            .filter(|n| n.accesskit_node().data().supports_action(egui::accesskit::Action::Click))
            .filter(|n| n.rect().left() >= column && !room.screen().contains_rect(n.rect()))
            .map(|n| format!("{:?}", n.accesskit_node().label()))
            .collect();
        let concerns = |problem: &String| out.iter().chain(&controls).any(|words| problem.contains(words.as_str()));
        let found = self.problems.split_off(before);
        self.problems.extend(found.into_iter().filter(|p| !concerns(p)));
        out.len()
    }
    /// As [`Self::look`], for a page over a screen whose words it may cover.
    fn look_behind(&mut self, room: &Sitting, screen: &str, pixels: [u32; 2]) {
        self.check(room, &format!("{screen} at {pixels:?}"), true);
    }

    fn check(&mut self, room: &Sitting, screen: &str, covers: bool) {
        let whole = room.screen();
        self.screens += 1;
        let texts: Vec<_> = room.texts().into_iter().filter(|t| !(t.hidden || covers && t.cut)).collect();
        assert!(texts.len() > 2, "{screen}: hardly anything is written");
        self.texts += texts.len();
        for (i, text) in texts.iter().enumerate() {
            let room_for_it = text.clip.intersect(whole).expand(SOFT);
            if !room_for_it.contains_rect(text.ink) {
                self.problems.push(format!("{screen}: {:?} is cut: ink {:?}, room {room_for_it:?}", text.text, text.ink));
            }
            if text.cut {
                self.problems.push(format!("{screen}: something covers a part of {:?}", text.text));
            }
            for other in &texts[i + 1..] {
                if overlap(text.ink, other.ink) > SOFT {
                    self.problems.push(format!("{screen}: {:?} and {:?} are written over one another", text.text, other.text));
                }
            }
        }
        for node in room.nodes() {
            let inner = node.accesskit_node();
            let acts = inner.data().supports_action(egui::accesskit::Action::Click);
            if acts && !inner.is_hidden() {
                self.controls += 1;
                if !whole.expand(0.5).contains_rect(node.rect()) {
                    self.problems.push(format!("{screen}: {:?} lies outside: {:?}", inner.label(), node.rect()));
                }
            }
        }
    }
}
