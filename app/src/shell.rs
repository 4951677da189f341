//! The program's frame: which screen is on, what is being opened, and the way of an action to the record and back.
//!
//! Owns the order of screens. A screen moves on only when a committed state says so. Refuses: rules of a study, drawing of images.

use crate::clock::Clock;
use crate::design;
use crate::frames::{FrameBench, FrameScript};
use crate::keys::Bindings;
use crate::launch::Shot;
use crate::loader::{Budget, Case, Loading, Means};
use crate::panes::{self, RenderPath, Screen};
use crate::recent;
use crate::recorder::{News, Recorder};
use crate::room::{Room, Wish};
use crate::screens::{self, AfterCase, Chosen, KeysPage, SignIn, Started, TopBar};
use crate::script::{Kind, Script};
use crate::settings::Settings;
use crate::shot::ShotScript;
use crate::trace::{Trace, milliseconds};
use crossbeam_channel::Receiver;
use egui::{Context, Rect, Ui, UiBuilder, pos2};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_reads::machine::{Action, Environment, Rules, State};
use tiresias_reads::study::Study;
use tiresias_words::{ContentHash, ReaderId};

/// The window's application.
pub struct Tiresias {
    clock: Clock,
    trace: Trace,
    screen: Screen,
    means: Means,
    /// Where the list of recent studies and the demo are kept.
    data: Option<PathBuf>,
    settings: Settings,
    /// Whether the person is setting keys, in place of what is else on the screen.
    page: Option<KeysPage>,
    /// Studies opened lately, as the worker that opened the last one read them: the screen itself reads no disk.
    recent: Vec<PathBuf>,
    stage: Stage,
    script: Option<Script>,
    frame: u64,
}

enum Stage {
    Start { opening: Option<Opening>, trouble: Option<String> },
    About,
    SignIn(Arc<Study>),
    Sitting(Box<Sitting>),
}

/// Something that a worker thread is fetching for the start screen.
struct Opening {
    says: String,
    result: Receiver<Fetched>,
    steps: Receiver<String>,
}

enum Fetched {
    Study(Box<Study>, Vec<PathBuf>),
    Nothing,
    Trouble(String),
}

/// What the images of two cases may take together, bytes: the open one takes what it needs, the next is fetched early only when both fit.
const IMAGE_MEMORY: u64 = 3 << 30;

/// A reader at work.
struct Sitting {
    study: Arc<Study>,
    rules: Arc<Rules>,
    recorder: Recorder,
    state: Option<Arc<State>>,
    place: Place,
    /// The next case's images, on their way before they are asked for; and which package they are.
    early: Option<(ContentHash, Loading)>,
    trouble: Option<String>,
    /// The record can no longer be written: nothing more is accepted.
    stopped: bool,
}

/// Where a sitting goes from a frame.
enum Next {
    Stay,
    /// To set keys and mouse, and back.
    Keys,
    /// The session ends.
    End,
}

enum Place {
    List { opening: bool },
    Room(Box<Room>),
    Between { opening: bool },
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
        design::install(&cc.egui_ctx);
        let state = cc
            .wgpu_render_state
            .as_ref()
            .ok_or("No graphics device draws this window. Install a graphics driver with Vulkan and start again.")?;
        let screen = panes::install(state, forced).map_err(|e| e.to_string())?;
        let ctx = cc.egui_ctx.clone();
        let gpu = (screen.path == RenderPath::Gpu).then(|| (state.device.clone(), state.queue.clone()));
        let means = Means { wake: Arc::new(move || ctx.request_repaint()), gpu, trace: trace.clone() };
        trace.event("started", serde_json::json!({ "path": format!("{:?}", screen.path), "format": screen.format }));
        let recent = recent::list(data.as_deref());
        let settings = Settings::open(data.clone());
        let stage = Stage::Start { opening: None, trouble: None };
        Ok(Self { clock, trace, screen, means, data, settings, page: None, recent, stage, script: None, frame: 0 })
    }

    /// Opens a study at once.
    #[must_use]
    pub fn with_study(mut self, study: Option<PathBuf>) -> Self {
        if let Some(path) = study {
            self.open_study(path);
        }
        self
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
        self.fetch("Opening the study\u{2026}", move |_| open(data.as_deref(), &path));
    }

    /// Runs `work` on a thread of its own; the start screen shows what it says.
    fn fetch(&mut self, says: &str, work: impl FnOnce(&mut dyn FnMut(&str)) -> Fetched + Send + 'static) {
        let (sender, result) = crossbeam_channel::bounded(1);
        let (told, steps) = crossbeam_channel::unbounded();
        let wake = Arc::clone(&self.means.wake);
        let run = move || {
            let told_wake = Arc::clone(&wake);
            let fetched = work(&mut |step| {
                let _ = told.send(step.to_owned());
                told_wake();
            });
            let _ = sender.send(fetched);
            wake();
        };
        let spawned = std::thread::Builder::new().name("open".into()).spawn(run);
        let trouble = spawned.err().map(|e| format!("The system gives no further thread ({e}). Close other programs and try again."));
        self.stage = Stage::Start { opening: Some(Opening { says: says.to_owned(), result, steps }), trouble };
    }

    fn start_screen(&mut self, ui: &mut Ui) {
        let Stage::Start { opening, trouble } = &mut self.stage else { return };
        if let Some(busy) = opening {
            if let Some(step) = busy.steps.try_iter().last() {
                busy.says = step;
            }
            match busy.result.try_recv() {
                Ok(Fetched::Study(study, recent)) => {
                    self.recent = recent;
                    self.stage = Stage::SignIn(Arc::new(*study));
                    ui.ctx().request_repaint();
                    return;
                }
                Ok(Fetched::Nothing) => *opening = None,
                Ok(Fetched::Trouble(sentence)) => (*opening, *trouble) = (None, Some(sentence)),
                Err(_) => {}
            }
        }
        let says = opening.as_ref().map(|o| o.says.as_str());
        match screens::start(ui, &self.recent, says, trouble.as_deref()) {
            Some(Started::Open(path)) => self.open_study(path),
            Some(Started::Browse) => {
                let data = self.data.clone();
                self.fetch("Choose the study's folder in the dialog\u{2026}", move |_| browse(data.as_deref()));
            }
            Some(Started::Demo) => {
                let data = self.data.clone();
                self.fetch("Building the demo study\u{2026}", move |say| {
                    let built = crate::demo::place_in(data.as_deref()).and_then(|dir| crate::demo::build_if_absent(&dir, say));
                    match built {
                        Ok(path) => open(data.as_deref(), &path),
                        Err(e) => Fetched::Trouble(e.to_string()),
                    }
                });
            }
            Some(Started::Keys) => self.page = Some(KeysPage::default()),
            Some(Started::About) => self.stage = Stage::About,
            None => {}
        }
    }

    fn sign_in(&mut self, reader: &ReaderId) {
        let Stage::SignIn(study) = &self.stage else { return };
        match study.rules(reader) {
            Err(e) => self.stage = Stage::Start { opening: None, trouble: Some(e.to_string()) },
            Ok(rules) => {
                let rules = Arc::new(rules);
                let recorder = Recorder::start(study, Arc::clone(&rules), self.trace.clone(), Arc::clone(&self.means.wake));
                let place = Place::List { opening: false };
                let study = Arc::clone(study);
                self.stage = Stage::Sitting(Box::new(Sitting {
                    study,
                    rules,
                    recorder,
                    state: None,
                    place,
                    early: None,
                    trouble: None,
                    stopped: false,
                }));
            }
        }
    }

    fn environment(&self, ctx: &Context) -> Environment {
        let scale = ctx.pixels_per_point();
        let surface = (ctx.viewport_rect().size() * scale).round();
        Environment {
            build: crate::BUILD.to_owned(),
            adapter: self.screen.adapter.clone(),
            surface: [surface.x as u32, surface.y as u32],
            scale: f64::from(scale),
        }
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

    fn sitting(&mut self, ui: &mut Ui) {
        let environment = self.environment(ui.ctx());
        let now = self.clock.now();
        let since_start = self.clock.since_start();
        let Stage::Sitting(sitting) = &mut self.stage else { return };
        sitting.take_news(&now, &environment, &self.means, since_start);
        sitting.fetch_ahead(&self.means);
        if self.page.is_some() {
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
        let bindings = self.settings.bindings();
        ui.scope_builder(UiBuilder::new().max_rect(rest), |ui| {
            next = sitting.screen(ui, &now, since_start, bindings, self.screen.path);
        });
        match next {
            Next::Stay => {}
            Next::Keys => self.page = Some(KeysPage::default()),
            Next::End => {
                sitting.recorder.ask(Action::EndSession, now);
                self.stage = Stage::Start { opening: None, trouble: None };
                return;
            }
        }
        if let (Some(script), Some(state)) = (&mut self.script, &sitting.state) {
            let room = match &mut sitting.place {
                Place::Room(room) => Some(&mut **room),
                Place::List { .. } | Place::Between { .. } => None,
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

impl Sitting {
    /// Takes what the record thread said. Only here does a screen move on.
    fn take_news(&mut self, now: &tiresias_words::Moment, environment: &Environment, means: &Means, since_start: std::time::Duration) {
        while let Some(news) = self.recorder.poll() {
            match news {
                News::Ready(state) => {
                    self.state = Some(state);
                    self.recorder.ask(Action::StartSession(environment.clone()), now.clone());
                }
                News::Committed(state) => {
                    self.follow(&state, means, since_start);
                    self.state = Some(state);
                }
                News::Refused(sentence) => match &mut self.place {
                    Place::Room(room) => room.say(sentence),
                    Place::List { opening } => (*opening, self.trouble) = (false, Some(sentence)),
                    // Said where there is room for it. What was refused after the lock, and did not ask for the next case, came too late to matter.
                    Place::Between { opening: true } => (self.place, self.trouble) = (Place::List { opening: false }, Some(sentence)),
                    Place::Between { opening: false } => {}
                },
                News::Failed(sentence) => {
                    self.trouble = Some(sentence);
                    self.stopped = true;
                }
            }
        }
    }

    /// Goes where the committed state is.
    fn follow(&mut self, state: &State, means: &Means, since_start: std::time::Duration) {
        match (state.open(), &self.place) {
            (Some(draft), Place::Room(room)) if room.read() == draft.read() => {}
            (Some(draft), _) => {
                let loading = match self.early.take() {
                    Some((package, loading)) if package == draft.package() => loading,
                    _ => Loading::start(self.case(draft.package()), means.clone(), None),
                };
                let room = Room::open(draft.read().clone(), Arc::clone(&self.rules), loading, since_start);
                self.place = Place::Room(Box::new(room));
                self.trouble = None;
            }
            (None, Place::Room(room)) => {
                let locked = state.locked().last().is_some_and(|l| l.read() == room.read());
                self.place = if locked { Place::Between { opening: false } } else { Place::List { opening: false } };
            }
            (None, _) => {}
        }
    }

    fn case(&self, package: ContentHash) -> Case {
        let overlays = self.rules.protocol().display().overlays();
        Case { dir: self.study.package_dir(&package), hash: package, overlays }
    }

    /// Fetches the next case's images, once those of the open one are all there.
    fn fetch_ahead(&mut self, means: &Means) {
        let (Place::Room(room), Some(state), None) = (&self.place, &self.state, &self.early) else { return };
        let Some(taken) = room.memory() else { return };
        if let Some(next) = state.later().next() {
            let budget = Budget(IMAGE_MEMORY.saturating_sub(taken));
            let loading = Loading::start(self.case(next.package), means.clone(), Some(budget));
            self.early = Some((next.package, loading));
        }
    }

    fn top_bar(&self, ui: &Ui, rect: Rect) {
        let protocol = self.rules.protocol();
        let bundle = self.rules.bundle();
        let mut bar = TopBar { title: protocol.title(), reader: bundle.display_name(), ..TopBar::default() };
        if let (Place::Room(room), Some(state)) = (&self.place, &self.state) {
            let progress = state.progress();
            bar.condition = protocol.condition(&room.read().condition).map(|c| c.label.as_str());
            bar.case = Some(format!("{} \u{b7} {} of {}", room.read().case, progress.locked + 1, progress.of));
        }
        screens::top_bar(ui, rect, &bar);
    }

    /// Draws the screen; says where to go from here.
    fn screen(
        &mut self,
        ui: &mut Ui,
        now: &tiresias_words::Moment,
        since_start: std::time::Duration,
        bindings: Arc<Bindings>,
        path: RenderPath,
    ) -> Next {
        let mut to = Next::Stay;
        if self.stopped {
            return if screens::stopped(ui, self.trouble.as_deref().unwrap_or_default()) { Next::End } else { to };
        }
        let Some(state) = self.state.clone().filter(|s| s.session().is_some()) else {
            screens::waiting(ui, "Opening and checking the record\u{2026}");
            return to;
        };
        let open_next = |recorder: &Recorder| {
            if let Some(next) = state.next() {
                recorder.ask(Action::OpenCase(next.read.clone()), now.clone());
            }
        };
        match &mut self.place {
            Place::List { opening } => match screens::worklist(ui, &self.rules, &state, *opening, self.trouble.as_deref()) {
                Some(Chosen::Next) => {
                    *opening = true;
                    open_next(&self.recorder);
                }
                Some(Chosen::End) => to = Next::End,
                None => {}
            },
            Place::Between { opening } => match screens::between(ui, &state, *opening) {
                Some(AfterCase::Next) => {
                    *opening = true;
                    open_next(&self.recorder);
                }
                Some(AfterCase::List) => self.place = Place::List { opening: false },
                None => {}
            },
            Place::Room(room) => {
                for wish in room.ui(ui, &state, bindings, path, since_start) {
                    match wish {
                        Wish::Record(action) => self.recorder.ask(action, now.clone()),
                        Wish::Leave => self.recorder.ask(Action::CloseCase, now.clone()),
                        Wish::Keys => to = Next::Keys,
                    }
                }
            }
        }
        to
    }
}

impl eframe::App for Tiresias {
    /// The ground of the whole window. Cleared, never painted: a rectangle of this size through egui's shader costs a software adapter more than
    /// all the rest of a frame (notes/perf.md section 4).
    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        let dark = matches!(&self.stage, Stage::Sitting(sitting) if !matches!(sitting.place, Place::List { .. }));
        if dark { design::CANVAS } else { design::ROOM }.to_normalized_gamma_f32()
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let from = self.clock.since_start();
        Self::scale_to_screen(ui.ctx());
        if let Some(page) = &mut self.page
            && screens::keys(ui, page, &mut self.settings)
        {
            self.page = None;
            ui.ctx().request_repaint();
        }
        match &self.stage {
            Stage::Sitting(_) => self.sitting(ui),
            _ if self.page.is_some() => {}
            Stage::Start { .. } => self.start_screen(ui),
            Stage::About => {
                if screens::about(ui) {
                    self.stage = Stage::Start { opening: None, trouble: None };
                }
            }
            Stage::SignIn(study) => {
                let study = Arc::clone(study);
                let whole = ui.max_rect();
                let (top, rest) = whole.split_top_bottom_at_y(whole.top() + design::TOP);
                screens::top_bar(ui, top, &TopBar { title: study.protocol().title(), ..TopBar::default() });
                let body = Rect::from_min_max(pos2(rest.left(), rest.top()), rest.max);
                let mut choice = None;
                ui.scope_builder(UiBuilder::new().max_rect(body), |ui| choice = screens::sign_in(ui, &study));
                let choice = choice.or_else(|| self.script.as_ref().and_then(|_| Script::reader(&study)).map(SignIn::Reader));
                match choice {
                    Some(SignIn::Reader(reader)) => {
                        self.sign_in(&reader);
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
                    Place::List { .. } | Place::Between { .. } => None,
                },
                Stage::Start { .. } | Stage::About | Stage::SignIn(_) => None,
            };
            let ms = milliseconds(self.clock.since_start().saturating_sub(from));
            self.trace.event("frame", serde_json::json!({ "n": self.frame, "ms": ms, "slice": slice }));
        }
    }
}

impl Drop for Tiresias {
    /// A window that is closed in the middle of a case leaves it as a draft and ends the session, in the record too.
    fn drop(&mut self) {
        let stage = std::mem::replace(&mut self.stage, Stage::About);
        if let Stage::Sitting(sitting) = stage {
            let Sitting { recorder, .. } = *sitting;
            recorder.ask(Action::EndSession, self.clock.now());
            recorder.finish();
        }
    }
}

fn open(data: Option<&Path>, path: &Path) -> Fetched {
    match Study::open(path) {
        Ok(study) => Fetched::Study(Box::new(study), recent::remember(data, path)),
        Err(e) => Fetched::Trouble(format!("{}: {e}", path.display())),
    }
}

/// Asks for a folder with the system's dialog. Where there is none, the answer is the same as a cancel: the window can still be given a folder by dropping it.
fn browse(data: Option<&Path>) -> Fetched {
    rfd::FileDialog::new().set_title("Open a study").pick_folder().map_or(Fetched::Nothing, |path| open(data, &path))
}
