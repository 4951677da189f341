//! The real program in a window without a screen: starts it, gives it a person's mouse and keys, and reads what it wrote.
//!
//! Owns waiting for the program's own threads (by steps and a limit, never by a fixed pause), and the reader of texts from the shapes of a frame.
//! Refuses: looking into the program. What a test knows comes from shapes, AccessKit nodes, rendered pixels and the files on disk.

#![allow(dead_code, reason = "several test programs share this file and use different parts of it")]

use egui::epaint::{ClippedShape, TextShape};
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, Role, Shape, Vec2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tiresias::{Clock, RenderPath, Tiresias, Trace};
use tiresias_tests::studies::copy;

/// Steps of a wait, and the pause after each: 40 s at most.
const PATIENCE: usize = 4000;
const PAUSE: Duration = Duration::from_millis(10);

/// A text as it stands on the screen, without the halo that is drawn around words on an image.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) text: String,
    /// Where there is ink, logical pixels.
    pub(crate) ink: Rect,
    pub(crate) clip: Rect,
    /// Something opaque was painted over all of it, or over a part.
    pub(crate) hidden: bool,
    pub(crate) cut: bool,
}

/// How the window is opened.
pub(crate) struct Opening<'a> {
    pub(crate) pixels: [u32; 2],
    pub(crate) path: Option<RenderPath>,
    pub(crate) study: Option<&'a Path>,
    /// The demo, to be shown around in.
    pub(crate) demo: Option<PathBuf>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) trace: Trace,
    /// Voxels a side that the GPU holds; the adapter's own limit where nobody says.
    pub(crate) voxels: Option<u32>,
    /// The window before this one ended because its graphics device was lost.
    pub(crate) after_loss: bool,
}

impl<'a> Opening<'a> {
    pub(crate) fn of(study: &'a Path) -> Self {
        Self {
            pixels: [1280, 800],
            path: None,
            study: Some(study),
            demo: None,
            data: None,
            trace: Trace::default(),
            voxels: None,
            after_loss: false,
        }
    }
    pub(crate) fn sized(self, pixels: [u32; 2]) -> Self {
        Self { pixels, ..self }
    }
    pub(crate) fn by(self, path: RenderPath) -> Self {
        Self { path: Some(path), ..self }
    }
}

/// The running program.
pub(crate) struct Sitting {
    pub(crate) window: Harness<'static, Tiresias>,
    pub(crate) keystrokes: usize,
    /// The graphics device of the window, for those who take it away.
    pub(crate) device: eframe::wgpu::Device,
    /// Called with every frame's texts and nodes, for those who look at all of them.
    pub(crate) seen: Seen,
}

/// What was shown in all frames so far.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) collect: bool,
    pub(crate) words: std::collections::BTreeSet<String>,
    pub(crate) frames: usize,
    pub(crate) texts: usize,
}

impl Sitting {
    pub(crate) fn start(opening: Opening<'_>) -> Self {
        let [width, height] = opening.pixels.map(|n| n as f32);
        let study = opening.study.map(Path::to_owned);
        // The program enlarges itself on large screens. The harness gives positions in logical pixels and does not follow a change of scale, so the
        // window begins at a native scale of 2, at which the program leaves the scale alone, and is then made what it should be.
        let mut device = None;
        let mut window = Harness::builder()
            .with_size(vec2(width / 2.0, height / 2.0))
            .with_pixels_per_point(2.0)
            .with_step_dt(1.0 / 60.0)
            .with_render_cursor(false)
            .wgpu_setup(graphics(opening.voxels))
            .build_eframe(|cc| {
                device = cc.wgpu_render_state.as_ref().map(|state| state.device.clone());
                let app = Tiresias::new(cc, Clock::start(), opening.trace, opening.path, opening.data).expect("the window opens");
                let app = app.with_study(study).with_demo(opening.demo);
                if opening.after_loss { app.after_loss() } else { app }
            });
        for viewport in window.input_mut().viewports.values_mut() {
            viewport.native_pixels_per_point = Some(1.0);
        }
        window.set_size(vec2(width, height));
        window.step();
        let zoom = window.ctx.zoom_factor();
        let mut sitting = Self { window, keystrokes: 0, device: device.expect("a device"), seen: Seen::default() };
        for _ in 0..4 {
            let zoom = sitting.window.ctx.zoom_factor().max(zoom);
            sitting.window.set_size(vec2(width, height) / zoom);
            sitting.window.step();
        }
        let shown = sitting.screen().size() * sitting.scale();
        assert_eq!([shown.x.round(), shown.y.round()], [width, height], "the window has the size that was asked for");
        sitting
    }

    pub(crate) fn screen(&self) -> Rect {
        self.window.ctx.content_rect()
    }
    /// Physical pixels a logical one.
    pub(crate) fn scale(&self) -> f32 {
        self.window.ctx.pixels_per_point()
    }

    /// One frame for each waiting event, at least one.
    pub(crate) fn step(&mut self) {
        self.window.step();
        if self.seen.collect {
            self.look();
        }
    }

    /// Remembers every text, name and value of this frame, and what was asked of the window system.
    fn look(&mut self) {
        self.seen.frames += 1;
        let texts = texts_of(&self.window.output().shapes);
        self.seen.texts += texts.len();
        self.seen.words.extend(texts.into_iter().map(|t| t.text));
        let nodes: Vec<String> = self
            .nodes()
            .iter()
            .flat_map(|n| {
                let node = n.accesskit_node();
                let data = node.data();
                [node.label(), node.value(), data.description().map(str::to_owned), data.tooltip().map(str::to_owned)]
            })
            .flatten()
            .collect();
        self.seen.words.extend(nodes);
        let output = self.window.output();
        let commands = output.viewport_output.values().flat_map(|v| v.commands.iter()).map(|c| format!("{c:?}"));
        let titles = output.viewport_output.values().filter_map(|v| v.builder.title.clone());
        let copied = output.platform_output.commands.iter().map(|c| format!("{c:?}"));
        let all: Vec<String> = commands.chain(titles).chain(copied).collect();
        self.seen.words.extend(all);
    }

    /// Steps until `there` says so.
    pub(crate) fn until(&mut self, what: &str, mut there: impl FnMut(&Self) -> bool) {
        for _ in 0..PATIENCE {
            self.step();
            if there(self) {
                return;
            }
            std::thread::sleep(PAUSE);
        }
        panic!("{what} did not come; on the screen: {:#?}", self.words());
    }
    pub(crate) fn until_says(&mut self, words: &str) {
        self.until(&format!("\"{words}\""), |s| s.says(words));
    }
    /// Lets the program's threads finish what they were given: nothing changes on the screen for a while.
    pub(crate) fn rest(&mut self) {
        let (mut quiet, mut before) = (0, Vec::new());
        for _ in 0..PATIENCE {
            self.step();
            let now = self.words();
            let is_coarse = now.iter().any(|w| w == "preview");
            quiet = if now == before && !is_coarse { quiet + 1 } else { 0 };
            if quiet > 12 {
                return;
            }
            before = now;
            std::thread::sleep(PAUSE);
        }
        panic!("the screen never came to rest");
    }

    /// Every text on the screen in the order of painting.
    pub(crate) fn texts(&self) -> Vec<Written> {
        texts_of(&self.window.output().shapes)
    }
    pub(crate) fn words(&self) -> Vec<String> {
        self.texts().into_iter().map(|t| t.text).collect()
    }
    pub(crate) fn says(&self, words: &str) -> bool {
        self.texts().iter().any(|t| t.text.contains(words))
    }
    /// The texts that stand in `area` and hold `words`.
    pub(crate) fn texts_in(&self, area: Rect, words: &str) -> Vec<Written> {
        self.texts().into_iter().filter(|t| area.contains_rect(t.ink) && t.text.contains(words)).collect()
    }

    /// All AccessKit nodes below the root.
    pub(crate) fn nodes(&self) -> Vec<Node<'_>> {
        self.window.root().children_recursive().collect()
    }
    /// Screen rectangles and names of the panes, in reading order.
    pub(crate) fn panes(&self) -> Vec<(String, Rect)> {
        let images = self.nodes().into_iter().filter(|n| n.accesskit_node().role() == Role::Image);
        images.map(|n| (n.accesskit_node().label().unwrap_or_default(), n.rect())).collect()
    }
    /// The pane that looks this way.
    pub(crate) fn pane(&self, way: &str) -> Rect {
        let found = self.panes().into_iter().find(|(name, _)| name.starts_with(way));
        found.unwrap_or_else(|| panic!("no {way} pane among {:?}", self.panes())).1
    }
    pub(crate) fn press_named(&mut self, name: &str) {
        self.window.get_by_label(name).click();
        self.step();
    }

    pub(crate) fn key(&mut self, key: Key) {
        self.chord(Modifiers::NONE, key);
    }
    pub(crate) fn chord(&mut self, modifiers: Modifiers, key: Key) {
        self.keystrokes += 1;
        // Window systems send the press of each key that is held, too.
        let held =
            [(modifiers.ctrl || modifiers.command, Key::ControlLeft), (modifiers.shift, Key::ShiftLeft), (modifiers.alt, Key::AltLeft)];
        for (_, key) in held.iter().filter(|(is_held, _)| *is_held) {
            self.window.event(Event::Key { key: *key, physical_key: None, pressed: true, repeat: false, modifiers });
            self.step();
        }
        self.window.key_press_modifiers(modifiers, key);
        self.step();
    }
    /// Types words where the keyboard stands, and Enter.
    pub(crate) fn types(&mut self, words: &str) {
        self.rest();
        self.window.event(Event::Text(words.to_owned()));
        self.key(Key::Enter);
    }
    pub(crate) fn hover(&mut self, at: Pos2) {
        self.window.hover_at(at);
        self.step();
        // What is under the pointer is known from the frame before.
        self.step();
    }
    pub(crate) fn click(&mut self, at: Pos2) {
        self.drag(PointerButton::Primary, at, Vec2::ZERO, Modifiers::NONE);
    }
    pub(crate) fn double_click(&mut self, at: Pos2) {
        self.settle_clicks();
        self.click(at);
        self.click(at);
        self.settle_clicks();
    }
    /// Enough frames that the next click is no second click of a double click.
    pub(crate) fn settle_clicks(&mut self) {
        for _ in 0..40 {
            self.step();
        }
    }
    /// Presses at `from`, moves by `by` at once, and releases.
    pub(crate) fn drag(&mut self, button: PointerButton, from: Pos2, by: Vec2, modifiers: Modifiers) {
        self.drag_over(1, button, from, by, modifiers);
    }
    /// Presses at `from`, moves by `by` in so many frames, and releases.
    pub(crate) fn drag_over(&mut self, frames: u16, button: PointerButton, from: Pos2, by: Vec2, modifiers: Modifiers) {
        self.hover(from);
        self.window.event(Event::ModifiersChanged(modifiers));
        let press = |pos, pressed| Event::PointerButton { pos, button, pressed, modifiers };
        self.window.event(press(from, true));
        self.step();
        for frame in 1..=if by == Vec2::ZERO { 0 } else { frames } {
            self.window.event(Event::PointerMoved(from + by * (f32::from(frame) / f32::from(frames))));
            self.step();
        }
        self.window.event(press(from + by, false));
        self.window.event(Event::ModifiersChanged(Modifiers::NONE));
        self.step();
    }
    /// `notches` of the wheel at `at`; positive scrolls down.
    pub(crate) fn wheel(&mut self, at: Pos2, notches: i32, modifiers: Modifiers) {
        self.hover(at);
        for _ in 0..notches.abs() {
            let delta = vec2(0.0, -notches.signum() as f32);
            let phase = egui::TouchPhase::Move;
            self.window.event(Event::MouseWheel {
                unit: egui::MouseWheelUnit::Line,
                delta,
                phase,
                source: egui::MouseWheelSource::Unknown,
                modifiers,
            });
            self.step();
        }
    }

    /// From the sign-in to the first case, by the first reader, with all its images loaded.
    pub(crate) fn open_first_case(&mut self) {
        self.sign_in("Reader 1");
        self.open_case();
    }
    pub(crate) fn sign_in(&mut self, reader: &str) {
        self.until_says("Who reads?");
        self.press_named(reader);
        self.until_says("End the session");
    }
    /// From the worklist into a case, with all its images loaded.
    pub(crate) fn open_case(&mut self) {
        self.key(Key::Enter);
        self.until_loaded();
    }
    /// The same for a case that opens with panes of another number.
    pub(crate) fn open_case_alone(&mut self) {
        self.key(Key::Enter);
        self.until("a case", |s| !s.panes().is_empty() && s.says("HU") && !s.says("loading"));
        self.rest();
    }
    pub(crate) fn until_loaded(&mut self) {
        self.until("three panes", |s| s.panes().len() == 3 && s.says("HU") && !s.says("loading"));
        self.rest();
    }

    /// The window's pixels, RGBA, as they would be on the screen.
    pub(crate) fn pixels(&mut self) -> image::RgbaImage {
        self.window.render().expect("the window renders")
    }
}

/// The adapter for tests; with a limit of its own where one is asked for.
fn graphics(voxels: Option<u32>) -> eframe::egui_wgpu::WgpuSetup {
    let mut setup = egui_kittest::wgpu::default_wgpu_setup();
    if let (Some(side), eframe::egui_wgpu::WgpuSetup::CreateNew(new)) = (voxels, &mut setup) {
        let before = Arc::clone(&new.device_descriptor);
        new.device_descriptor = Arc::new(move |adapter| {
            let mut asked = before(adapter);
            asked.required_limits.max_texture_dimension_3d = side;
            asked
        });
    }
    setup
}

/// The texts among shapes, without halos.
fn texts_of(shapes: &[ClippedShape]) -> Vec<Written> {
    let mut found: Vec<Written> = Vec::new();
    for shape in shapes {
        gather(&shape.shape, shape.clip_rect, &mut found);
    }
    found
}

fn gather(shape: &Shape, clip: Rect, found: &mut Vec<Written>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|s| gather(s, clip, found)),
        Shape::Text(text) if !is_halo(text) && !text.galley.text().trim().is_empty() => {
            let ink = text.visual_bounding_rect();
            found.push(Written { text: text.galley.text().to_owned(), ink, clip, hidden: false, cut: false });
        }
        Shape::Rect(rect) if rect.fill.a() == 255 => {
            let painted = rect.rect.intersect(clip);
            for text in found.iter_mut() {
                text.hidden |= painted.contains_rect(text.ink.intersect(text.clip));
                text.cut |= overlap(painted, text.ink) > 1.0;
            }
        }
        _ => {}
    }
}

/// Words on an image are drawn nine times; the eight around are black.
fn is_halo(text: &TextShape) -> bool {
    text.override_text_color.is_some_and(|c| [c.r(), c.g(), c.b()] == [0, 0, 0])
}

/// The lesser of the extents of what two rectangles share; 0 when they share nothing.
pub(crate) fn overlap(a: Rect, b: Rect) -> f32 {
    let both = a.intersect(b);
    if both.is_negative() { 0.0 } else { both.width().min(both.height()) }
}

/// A demo study of its own in a folder that goes away: `desk` and `reader`.
pub(crate) struct Demo {
    folder: tempfile::TempDir,
    _made: Arc<tempfile::TempDir>,
}

impl Demo {
    pub(crate) fn new() -> Self {
        // Made once while any test of the process has a copy of it; what a static holds would never be removed.
        static MADE: Mutex<Weak<tempfile::TempDir>> = Mutex::new(Weak::new());
        let made = {
            let mut held = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            held.upgrade().unwrap_or_else(|| {
                let folder = Arc::new(tempfile::tempdir().expect("a folder"));
                tiresias::demo::build_if_absent(&folder.path().join("demo"), &mut |_| ControlFlow::Continue(()))
                    .expect("the demo study is built");
                *held = Arc::downgrade(&folder);
                folder
            })
        };
        let folder = tempfile::tempdir().expect("a folder");
        copy(&made.path().join("demo"), &folder.path().join("demo")).expect("a copy");
        Self { folder, _made: made }
    }
    pub(crate) fn reader(&self) -> PathBuf {
        self.folder.path().join("demo/reader")
    }
    pub(crate) fn desk(&self) -> PathBuf {
        self.folder.path().join("demo/desk")
    }
    /// Where both are.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("demo")
    }
    /// A data folder of its own.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}
