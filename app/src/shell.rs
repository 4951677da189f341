//! The program's frame: which screen is on, what is being opened, and the way of an action to the record and back.
//!
//! Owns the order of screens. A screen moves on only when a committed state says so. Refuses: rules of a study, drawing of images.

use crate::background::{Coming, Wake, arrived, at_work, beside};
use crate::clock::Clock;
use crate::design;
use crate::desk::{self, DeskRoom};
use crate::failure::Failure;
use crate::frames::{FrameBench, FrameScript};
use crate::graphics::Graphics;
use crate::launch::Shot;
use crate::loader::{Gpu, Means};
use crate::monitor::Monitor;
use crate::opening::{DIALOG, Fetched, Opening, browse, demo, only_reader, open, shown};
use crate::panes::{self, RenderPath, Screen};
use crate::recent::{self, Recent};
use crate::recorder::Recorder;
use crate::screens::{
    self, Asks, Begun, Entered, KeysLeft, KeysPage, NewStudy, PassphrasePage, PatternPage, ScreenPage, Shown, SignIn, Started, TopBar,
};
use crate::script::{Kind, Script};
use crate::settings::Settings;
use crate::shot::ShotScript;
use crate::sitting::{Next, Place, Sitting};
use crate::trace::{Trace, milliseconds};
use crate::unlock::unlock;
use crate::work::begin_study;
use egui::{Context, Ui, UiBuilder, ViewportCommand};
use egui_wgpu::RenderState;
use std::path::PathBuf;
use std::sync::Arc;
use tiresias_reads::accounts::Unlocked;
use tiresias_reads::machine::{Action, Environment};
use tiresias_reads::study::Study;
use tiresias_words::ReaderId;

/// The window's application.
pub struct Tiresias {
    clock: Clock,
    trace: Trace,
    screen: Screen,
    graphics: Arc<Graphics>,
    means: Means,
    /// Where the list of recent studies and the demo are kept.
    data: Option<PathBuf>,
    settings: Settings,
    /// The page of settings that is open, in place of what is else on the screen.
    page: Option<Page>,
    /// The folder of the demo, while somebody is shown around in it.
    demo: Option<PathBuf>,
    /// Why the window was opened anew, until somebody signs in or opens another study.
    notice: Option<&'static str>,
    /// Studies opened lately, as the worker that opened the last one read them: the screen itself reads no disk.
    recent: Vec<Recent>,
    stage: Stage,
    script: Option<Script>,
    frame: u64,
}

/// Said on the way in after the device was lost.
const LOST: &str = "The graphics device was lost (its driver was restarted, or its memory was full), so this window was opened anew and the processor draws the images. What you answered is kept; sign in and continue your case.";
/// Said in the room after the device reported an error.
const FAILED: &str = "The graphics device reported an error, so the processor draws the images from now on: the same images, more slowly. What you answered is kept.";

/// A page of settings.
enum Page {
    Keys(KeysPage),
    Screen(ScreenPage),
    Pattern(Box<PatternPage>),
}

enum Stage {
    Start {
        opening: Option<Opening>,
        trouble: Option<String>,
    },
    /// What the program is; whether its parts are listed.
    About(bool),
    SignIn(Arc<Study>),
    /// A reader's passphrase, and their keys on the way.
    Passphrase {
        study: Arc<Study>,
        reader: ReaderId,
        page: PassphrasePage,
        unlocking: Option<Coming<Unlocked>>,
    },
    Sitting(Box<Sitting>),
    /// A study that is begun at the study desk.
    New {
        page: Box<NewStudy>,
        making: Option<Coming<PathBuf>>,
    },
    /// A study's desk.
    Desk(Box<DeskRoom>),
}

impl Tiresias {
    /// Prepares fonts, style and panes. `data` is the user's data folder for Tiresias: recent studies and the demo; without it neither is kept.
    ///
    /// # Errors
    /// A sentence when there is no graphics device, or its framebuffer cannot show exact grey levels.
    pub fn new(
        cc: &eframe::CreationContext<'_>,
        clock: Clock,
        trace: Trace,
        forced: Option<RenderPath>,
        data: Option<PathBuf>,
    ) -> Result<Self, String> {
        let state = cc
            .wgpu_render_state
            .as_ref()
            .ok_or("No graphics device draws this window. Install a graphics driver with Vulkan and start again.")?;
        Self::on(&cc.egui_ctx, state, clock, trace, forced, data)
    }

    /// The same on a device that draws for a window, or for none.
    pub(crate) fn on(
        ctx: &Context,
        state: &RenderState,
        clock: Clock,
        trace: Trace,
        forced: Option<RenderPath>,
        data: Option<PathBuf>,
    ) -> Result<Self, String> {
        design::install(ctx);
        let screen = panes::install(state, forced).map_err(|e| e.to_string())?;
        let ctx = ctx.clone();
        let wake: Wake = Arc::new(move || ctx.request_repaint());
        let graphics = Graphics::watch(&state.device, Arc::clone(&wake));
        let gpu = (screen.path == RenderPath::Gpu).then(|| Gpu {
            device: state.device.clone(),
            queue: state.queue.clone(),
            graphics: Arc::clone(&graphics),
        });
        let means = Means { wake, gpu, trace: trace.clone() };
        trace.event("started", serde_json::json!({ "path": format!("{:?}", screen.path), "format": screen.format }));
        let recent = recent::list(data.as_deref());
        let settings = Settings::open(data.clone());
        let stage = Stage::Start { opening: None, trouble: None };
        Ok(Self {
            clock,
            trace,
            screen,
            graphics,
            means,
            data,
            settings,
            page: None,
            demo: None,
            notice: None,
            recent,
            stage,
            script: None,
            frame: 0,
        })
    }

    /// Opens a study at once.
    #[must_use]
    pub fn with_study(mut self, study: Option<PathBuf>) -> Self {
        if let Some(path) = study {
            self.open_study(path);
        }
        self
    }

    /// Shows somebody around in the demo study that lies in a folder.
    #[must_use]
    pub fn with_demo(mut self, demo: Option<PathBuf>) -> Self {
        self.demo = demo;
        self
    }

    /// Says on the way in that the graphics device was lost, and that nothing else was.
    #[must_use]
    pub fn after_loss(mut self) -> Self {
        self.notice = Some(LOST);
        self
    }

    /// What is known of the graphics device.
    #[must_use]
    pub(crate) fn graphics(&self) -> Arc<Graphics> {
        Arc::clone(&self.graphics)
    }

    /// The study that is open, where it lies.
    fn study(&self) -> Option<PathBuf> {
        match &self.stage {
            Stage::SignIn(study) | Stage::Passphrase { study, .. } => Some(study.root().to_owned()),
            Stage::Sitting(sitting) => Some(sitting.study.root().to_owned()),
            Stage::Desk(room) => Some(room.root().to_owned()),
            Stage::Start { .. } | Stage::About(_) | Stage::New { .. } => None,
        }
    }

    /// Whether the window goes on: not after its device was lost, or failed again where the processor computes the panes already.
    fn is_drawn(&mut self, ctx: &Context) -> bool {
        if self.graphics.has_failed() {
            self.trace.event("graphics device failed", serde_json::json!({}));
            if self.screen.path == RenderPath::Gpu {
                self.screen.path = RenderPath::Cpu;
                self.means.gpu = None;
                if let Stage::Sitting(sitting) = &mut self.stage {
                    sitting.leave_gpu(FAILED);
                }
            } else {
                self.graphics.give_up();
            }
        }
        if self.graphics.is_lost() {
            // Nothing is drawn: a lost device takes nothing, and egui's renderer would stop the program over what it does not take.
            ctx.send_viewport_cmd(ViewportCommand::Close);
            ctx.request_repaint();
            return false;
        }
        true
    }

    /// Takes a picture of a case and stops.
    #[must_use]
    pub(crate) fn with_shot(mut self, shot: Option<Shot>) -> Self {
        self.script = shot.map(|s| Script::new(Kind::Shot(ShotScript::new(s)))).or(self.script.take());
        self
    }

    /// Measures frames and stops.
    #[must_use]
    pub(crate) fn with_bench(mut self, bench: Option<FrameBench>) -> Self {
        let frames = |b| FrameScript::new(b, format!("{:?}", self.screen.path), self.screen.adapter.clone());
        self.script = bench.map(|b| Script::new(Kind::Frames(frames(b)))).or(self.script.take());
        self
    }

    fn open_study(&mut self, path: PathBuf) {
        let data = self.data.clone();
        self.notice = None;
        self.fetch("Opening the study\u{2026}", move |_| open(data.as_deref(), &path));
    }

    /// Runs `work` on a thread of its own; the start screen shows what it says.
    fn fetch(&mut self, says: &str, work: impl FnOnce(&mut crate::demo::Say<'_>) -> Fetched + Send + 'static) {
        let begun = Opening::begin(says, &self.means.wake, work);
        let (opening, trouble) = begun.map_or_else(|sentence| (None, Some(sentence)), |opening| (Some(opening), None));
        self.stage = Stage::Start { opening, trouble };
    }

    fn stop_fetching(&mut self) {
        if let Stage::Start { opening: Some(opening), .. } = &mut self.stage {
            opening.stop();
        }
    }

    /// Where what was fetched leads.
    fn arrive(&mut self, fetched: Fetched) -> Stage {
        let mut trouble = None;
        match fetched {
            Fetched::Study(study, recent) => {
                self.recent = recent.unwrap_or_else(|| std::mem::take(&mut self.recent));
                return self.way_in(Arc::new(*study));
            }
            Fetched::Desk(folder, recent) => {
                self.recent = recent.unwrap_or_else(|| std::mem::take(&mut self.recent));
                return Stage::Desk(Box::new(DeskRoom::of(*folder)));
            }
            Fetched::Shown(folder, account) => return Stage::Desk(Box::new(DeskRoom::shown_to(*folder, account, screens::HINT))),
            Fetched::Demo(dir) => self.demo = Some(dir),
            Fetched::Nothing => {}
            Fetched::Trouble(sentence) => trouble = Some(sentence),
        }
        Stage::Start { opening: None, trouble }
    }

    fn start_screen(&mut self, ui: &mut Ui) {
        let Stage::Start { opening, .. } = &mut self.stage else { return };
        if let Some(fetched) = opening.as_mut().and_then(Opening::fetched) {
            self.stage = self.arrive(fetched);
            ui.ctx().request_repaint();
        }
        let Stage::Start { opening, trouble } = &self.stage else { return };
        if let Some(dir) = self.demo.clone() {
            if let Some(choice) = screens::demo(ui, opening.as_ref().map(Opening::says), trouble.as_deref()) {
                self.show(dir, choice);
            }
            return;
        }
        match screens::start(ui, &self.recent, opening.as_ref(), trouble.as_deref().or(self.notice)) {
            Some(Started::Open(path)) => self.open_study(path),
            Some(Started::Browse) => {
                let data = self.data.clone();
                self.fetch(DIALOG, move |say| browse(data.as_deref(), say));
            }
            Some(Started::New) => self.stage = Stage::New { page: Box::default(), making: None },
            Some(Started::Demo) => {
                let data = self.data.clone();
                self.fetch("Building the demo study\u{2026}", move |say| demo(data.as_deref(), say));
            }
            Some(Started::Stop) => self.stop_fetching(),
            Some(Started::Keys) => self.page = Some(Page::Keys(KeysPage::default())),
            Some(Started::About) => self.stage = Stage::About(false),
            None => {}
        }
    }

    /// Goes where somebody who is shown around wants to.
    fn show(&mut self, dir: PathBuf, choice: Shown) {
        let says = if choice == Shown::Read { "Opening the study\u{2026}" } else { "Five simulated readers read\u{2026}" };
        match choice {
            Shown::Back => self.demo = None,
            Shown::Stop => self.stop_fetching(),
            _ => self.fetch(says, move |say| shown(choice, &dir, say)),
        }
    }

    /// Draws the page of settings that is open, and follows where it leads.
    fn settings_page(&mut self, ui: &mut Ui) {
        let next = match &mut self.page {
            None => return,
            Some(Page::Keys(page)) => match screens::keys(ui, page, &mut self.settings) {
                None => return,
                Some(KeysLeft::Back) => None,
                Some(KeysLeft::Screen) => Some(Page::Screen(ScreenPage::default())),
                Some(KeysLeft::Pattern) => Some(Page::Pattern(Box::default())),
            },
            Some(Page::Screen(page)) => {
                if !screens::screen_size(ui, page, &mut self.settings) {
                    return;
                }
                Some(Page::Keys(KeysPage::default()))
            }
            // Looked at for its own sake: nothing is recorded.
            Some(Page::Pattern(page)) => {
                if screens::test_pattern(ui, page, false).is_none() {
                    return;
                }
                Some(Page::Keys(KeysPage::default()))
            }
        };
        self.page = next;
        ui.ctx().request_repaint();
    }

    /// A reader was chosen: they sign in, where they have a seat to sign in with.
    fn choose(&mut self, study: &Arc<Study>, reader: &ReaderId) {
        if study.seat(reader).is_some() {
            let (study, reader) = (Arc::clone(study), reader.clone());
            self.stage = Stage::Passphrase { study, reader, page: PassphrasePage::default(), unlocking: None };
        } else {
            self.sign_in(study, reader, None);
        }
    }

    /// The first screen of a study: who reads, or where only one can, their passphrase at once.
    fn way_in(&self, study: Arc<Study>) -> Stage {
        match only_reader(&study).filter(|_| self.notice.is_none()) {
            Some(reader) => Stage::Passphrase { study, reader, page: PassphrasePage::default(), unlocking: None },
            None => Stage::SignIn(study),
        }
    }

    /// Draws the question for a passphrase, and begins the sitting when the keys are open.
    fn passphrase(&mut self, ui: &mut Ui) {
        let now = self.clock.now();
        let Stage::Passphrase { study, reader, page, unlocking } = &mut self.stage else { return };
        match arrived(unlocking) {
            Some(Ok(keys)) => {
                let (study, reader) = (Arc::clone(study), reader.clone());
                self.sign_in(&study, &reader, Some(Arc::new(keys)));
                ui.ctx().request_repaint();
                return;
            }
            Some(Err(sentence)) => (page.busy, page.trouble) = (false, Some(sentence)),
            None => {}
        }
        let name = study.bundles().get(reader).map_or("", tiresias_reads::bundle::Bundle::display_name);
        let note = format!("{name}: your passphrase opens your cases and signs what you read.");
        let is_only = only_reader(study).is_some();
        let back = if is_only { "Another study" } else { "Somebody else" };
        let (title, hint) = (study.protocol().title(), self.demo.as_ref().map(|_| screens::HINT));
        let asks = Asks { title, note: &note, action: "Sign in", back, hint, signs: None };
        match screens::passphrase(ui, page, &asks) {
            Some(Entered::Passphrase(typed)) => {
                page.busy = true;
                *unlocking = Some(unlock(study, reader, typed, now, &self.means.wake));
            }
            Some(Entered::Back) if is_only => self.stage = Stage::Start { opening: None, trouble: None },
            Some(Entered::Back) => self.stage = Stage::SignIn(Arc::clone(study)),
            None => {}
        }
    }

    fn sign_in(&mut self, study: &Arc<Study>, reader: &ReaderId, keys: Option<Arc<Unlocked>>) {
        match study.rules(reader) {
            Err(e) => self.stage = Stage::Start { opening: None, trouble: Some(e.to_string()) },
            Ok(rules) => {
                let rules = Arc::new(rules);
                let recorder = Recorder::start(study, Arc::clone(&rules), self.trace.clone(), Arc::clone(&self.means.wake));
                let sitting = Sitting::new(Arc::clone(study), rules, recorder, keys, self.screen.try_out(&self.means.wake));
                let is_shown = self.demo.is_some();
                self.stage = Stage::Sitting(Box::new(if is_shown { sitting.shown_around() } else { sitting }));
                self.notice = None;
            }
        }
    }

    fn desk(&mut self, ui: &mut Ui) {
        let now = self.clock.since_start();
        let Stage::Desk(room) = &mut self.stage else { return };
        match room.ui(ui, &self.means.wake, now) {
            desk::Left::Stay => {}
            desk::Left::Start => self.stage = Stage::Start { opening: None, trouble: None },
        }
    }

    /// Draws the page for a new study, and opens its desk when it is there.
    fn new_study(&mut self, ui: &mut Ui) {
        let Stage::New { page, making } = &mut self.stage else { return };
        match arrived(making) {
            Some(Ok(root)) => {
                self.open_study(root);
                return;
            }
            Some(Err(sentence)) => (page.busy, page.trouble) = (false, Some(sentence)),
            None => {}
        }
        match screens::new_study(ui, page, &self.means.wake) {
            Some(Begun::Begin(folder, template)) => {
                (page.busy, page.trouble) = (true, None);
                let work = move || begin_study(&folder, template).map(|_| folder).map_err(Failure::sentence);
                *making = Some(beside("study", &self.means.wake, work));
            }
            Some(Begun::Back) => self.stage = Stage::Start { opening: None, trouble: None },
            None => {}
        }
    }

    fn environment(&self, ctx: &Context) -> Environment {
        let scale = ctx.pixels_per_point();
        let surface = (ctx.viewport_rect().size() * scale).round();
        let surface = [surface.x as u32, surface.y as u32];
        let screen = Monitor::of(ctx).map(|m| m.size);
        Environment { screen, ..Environment::new(crate::BUILD.to_owned(), self.screen.adapter.clone(), surface, f64::from(scale)) }
    }

    /// On screens of many pixels without a scale of their own, everything grows in quarters.
    fn scale_to_screen(ctx: &Context) {
        let native = ctx.native_pixels_per_point().unwrap_or(1.0);
        let pixels = ctx.viewport_rect().size() * ctx.pixels_per_point();
        if native == 1.0 && pixels.x > 0.0 {
            let fits = (pixels.x / 1920.0).min(pixels.y / 1080.0);
            let zoom = ((fits * 4.0).floor() / 4.0).clamp(1.0, 3.0);
            if (ctx.zoom_factor() - zoom).abs() > 0.01 {
                ctx.set_zoom_factor(zoom);
            }
        }
    }

    fn sitting(&mut self, ui: &mut Ui, on_page: bool) {
        let environment = self.environment(ui.ctx());
        let now = self.clock.now();
        let since_start = self.clock.since_start();
        let Stage::Sitting(sitting) = &mut self.stage else { return };
        sitting.take_news(&now, &environment, &self.means, since_start);
        sitting.fetch_ahead(&self.means);
        sitting.reveal(&self.means);
        sitting.open_pair(&self.means);
        if on_page {
            return;
        }
        let (top, rest) = ui.max_rect().split_top_bottom_at_y(ui.max_rect().top() + design::TOP);
        sitting.top_bar(ui, top);
        if let Place::Room(room) = &mut sitting.place
            && let Some(sentence) = self.settings.untold()
        {
            room.say(sentence);
        }
        let mut next = Next::Stay;
        let comfort = (self.settings.bindings(), self.settings.pixel(Monitor::of(ui.ctx())));
        ui.scope_builder(UiBuilder::new().max_rect(rest), |ui| {
            next = sitting.screen(ui, &now, since_start, comfort, (self.screen.path, &self.means));
        });
        match next {
            Next::Stay => {}
            Next::Keys => self.page = Some(Page::Keys(KeysPage::default())),
            Next::End => {
                sitting.recorder.ask(Action::EndSession, now);
                self.stage = Stage::Start { opening: None, trouble: None };
                return;
            }
        }
        if let (Some(script), Some(state)) = (&mut self.script, &sitting.state) {
            let room = match &mut sitting.place {
                Place::Room(room) => Some(&mut **room),
                Place::List { .. } | Place::Between { .. } | Place::Amend(_) | Place::Sign { .. } | Place::Pattern(_) => None,
            };
            for action in script.actions(room, state) {
                sitting.recorder.ask(action, now.clone());
            }
        }
        if let Place::Room(room) = &sitting.place
            && let Some(wait) = room.next_flush(since_start)
        {
            ui.ctx().request_repaint_after(wait);
        }
    }
}

impl eframe::App for Tiresias {
    /// The ground of the whole window. Cleared, never painted: a rectangle of this size through egui's shader costs a software adapter more than
    /// all the rest of a frame (notes/perf.md section 4).
    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        let dark = matches!(&self.stage, Stage::Sitting(sitting) if !matches!(sitting.place, Place::List { .. } | Place::Amend(_) | Place::Sign { .. } | Place::Pattern(_)));
        if dark { design::CANVAS } else { design::ROOM }.to_normalized_gamma_f32()
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }
}

impl Tiresias {
    /// One frame.
    pub(crate) fn draw(&mut self, ui: &mut Ui) {
        let from = self.clock.since_start();
        if !self.is_drawn(ui.ctx()) {
            return;
        }
        Self::scale_to_screen(ui.ctx());
        // A page that is left in this frame had its keys: what is below it has the next one's.
        let on_page = self.page.is_some();
        self.settings_page(ui);
        match &self.stage {
            Stage::Sitting(_) => self.sitting(ui, on_page),
            _ if on_page => {}
            Stage::Start { .. } => self.start_screen(ui),
            Stage::New { .. } => self.new_study(ui),
            Stage::Desk(_) => self.desk(ui),
            Stage::About(parts) => {
                let mut parts = *parts;
                let leaves = screens::about(ui, &mut parts);
                self.stage = if leaves { Stage::Start { opening: None, trouble: None } } else { Stage::About(parts) };
            }
            Stage::Passphrase { study, .. } => {
                let title = study.protocol().title().to_owned();
                let (top, rest) = ui.max_rect().split_top_bottom_at_y(ui.max_rect().top() + design::TOP);
                screens::top_bar(ui, top, &TopBar { title: &title, ..TopBar::default() });
                ui.scope_builder(UiBuilder::new().max_rect(rest), |ui| self.passphrase(ui));
            }
            Stage::SignIn(study) => {
                let study = Arc::clone(study);
                let whole = ui.max_rect();
                let (top, rest) = whole.split_top_bottom_at_y(whole.top() + design::TOP);
                screens::top_bar(ui, top, &TopBar { title: study.protocol().title(), ..TopBar::default() });
                let mut choice = None;
                ui.scope_builder(UiBuilder::new().max_rect(rest), |ui| choice = screens::sign_in(ui, &study, self.notice));
                let choice = choice.or_else(|| self.script.as_ref().and_then(|_| Script::reader(&study)).map(SignIn::Reader));
                match choice {
                    Some(SignIn::Reader(reader)) => {
                        self.choose(&study, &reader);
                        ui.ctx().request_repaint();
                    }
                    Some(SignIn::Back) => self.stage = Stage::Start { opening: None, trouble: None },
                    None => {}
                }
            }
        }
        if let Some(script) = &mut self.script {
            script.frame(ui.ctx(), from);
        }
        self.frame += 1;
        if self.trace.is_on() {
            let slice = match &self.stage {
                Stage::Sitting(s) => match &s.place {
                    Place::Room(room) => room.main_slice(),
                    Place::List { .. } | Place::Between { .. } | Place::Amend(_) | Place::Sign { .. } | Place::Pattern(_) => None,
                },
                Stage::Start { .. } | Stage::About(_) | Stage::SignIn(_) | Stage::Passphrase { .. } => None,
                Stage::New { .. } | Stage::Desk(_) => None,
            };
            let ms = milliseconds(self.clock.since_start().saturating_sub(from));
            self.trace.event("frame", serde_json::json!({ "n": self.frame, "ms": ms, "slice": slice, "beside": at_work() }));
        }
    }
}

impl Drop for Tiresias {
    /// A window that is closed in the middle of a case loses nothing of it.
    fn drop(&mut self) {
        if self.graphics.is_lost() {
            self.graphics.leave(self.study());
        }
        let stage = std::mem::replace(&mut self.stage, Stage::About(false));
        if let Stage::Sitting(sitting) = stage {
            sitting.close(&self.clock.now());
        }
    }
}
