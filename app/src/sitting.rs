//! A reader's sitting: the worklist, the open case, the pause between two, and the way of an action to the record and back.
//!
//! A screen moves on only when a committed state says so. Refuses: rules of a study, drawing of images.

use crate::keys::Bindings;
use crate::loader::{Budget, Case, Loading, Means};
use crate::panes::RenderPath;
use crate::recorder::{News, Recorder};
use crate::room::{Room, Wish};
use crate::screens::{self, AfterCase, AmendPage, Amended, Chosen, TopBar};
use egui::{Rect, Ui};
use std::sync::Arc;
use tiresias_reads::machine::{Action, Environment, Rules, State, advises_break};
use tiresias_reads::study::Study;
use tiresias_words::{ContentHash, Mm};

/// What the images of two cases may take together, bytes: the open one takes what it needs, the next is fetched early only when both fit.
const IMAGE_MEMORY: u64 = 3 << 30;

/// A reader at work.
pub(crate) struct Sitting {
    pub(crate) study: Arc<Study>,
    rules: Arc<Rules>,
    pub(crate) recorder: Recorder,
    pub(crate) state: Option<Arc<State>>,
    pub(crate) place: Place,
    /// The next case's images, on their way before they are asked for; and which package they are.
    early: Option<(ContentHash, Loading)>,
    trouble: Option<String>,
    /// The record can no longer be written: nothing more is accepted.
    stopped: bool,
}

/// Where a sitting goes from a frame.
pub(crate) enum Next {
    Stay,
    /// To set keys and mouse, and back.
    Keys,
    /// The session ends.
    End,
}

pub(crate) enum Place {
    List { opening: bool },
    Room(Box<Room>),
    Between { opening: bool },
    Amend(AmendPage),
}

impl Sitting {
    /// A sitting that begins: its record is being opened.
    #[must_use]
    pub(crate) const fn new(study: Arc<Study>, rules: Arc<Rules>, recorder: Recorder) -> Self {
        Self { study, rules, recorder, state: None, place: Place::List { opening: false }, early: None, trouble: None, stopped: false }
    }

    /// Panes are computed by the processor from now on: copies of volumes on the GPU are let go of.
    pub(crate) fn leave_gpu(&mut self, sentence: &str) {
        self.early = None;
        if let Place::Room(room) = &mut self.place {
            room.leave_gpu(sentence);
        }
    }

    /// Takes what the record thread said. Only here does a screen move on.
    pub(crate) fn take_news(
        &mut self,
        now: &tiresias_words::Moment,
        environment: &Environment,
        means: &Means,
        since_start: std::time::Duration,
    ) {
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
                    Place::Amend(page) => page.trouble = Some(sentence),
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
    pub(crate) fn fetch_ahead(&mut self, means: &Means) {
        let (Place::Room(room), Some(state), None) = (&self.place, &self.state, &self.early) else { return };
        let Some(taken) = room.memory() else { return };
        if let Some(next) = state.later().next() {
            let budget = Budget(IMAGE_MEMORY.saturating_sub(taken));
            let loading = Loading::start(self.case(next.package), means.clone(), Some(budget));
            self.early = Some((next.package, loading));
        }
    }

    pub(crate) fn top_bar(&self, ui: &Ui, rect: Rect) {
        let protocol = self.rules.protocol();
        let bundle = self.rules.bundle();
        let mut bar = TopBar { title: protocol.title(), reader: bundle.display_name(), ..TopBar::default() };
        if let (Place::Room(room), Some(state)) = (&self.place, &self.state) {
            let progress = state.progress();
            bar.condition = protocol.condition(&room.read().condition).map(|c| c.label.as_str());
            let code = &room.read().case;
            bar.case = Some(match state.draft() {
                Some(draft) if draft.amends().is_some() => format!("{code} \u{b7} again"),
                Some(draft) if draft.assignment().training => {
                    format!("{code} \u{b7} training {} of {}", progress.locked + 1, progress.of)
                }
                _ => format!("{code} \u{b7} {} of {}", progress.locked + 1, progress.of),
            });
        }
        screens::top_bar(ui, rect, &bar);
    }

    /// Draws the screen; says where to go from here. `comfort`: what keys mean, and how far the pixels of the screen are apart.
    pub(crate) fn screen(
        &mut self,
        ui: &mut Ui,
        now: &tiresias_words::Moment,
        since_start: std::time::Duration,
        comfort: (Arc<Bindings>, Option<Mm>),
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
                Some(Chosen::Amend) => self.place = Place::Amend(AmendPage::default()),
                Some(Chosen::End) => to = Next::End,
                None => {}
            },
            Place::Amend(page) => match screens::amend(ui, &self.rules, &state, page) {
                Some(Amended::Open(read, reason)) => self.recorder.ask(Action::Amend { read, reason }, now.clone()),
                Some(Amended::Back) => self.place = Place::List { opening: false },
                None => {}
            },
            Place::Between { opening } => {
                match screens::between(ui, &self.rules, &state, *opening, advises_break(&self.rules, &state, now)) {
                    Some(AfterCase::Next) => {
                        *opening = true;
                        open_next(&self.recorder);
                    }
                    Some(AfterCase::List) => self.place = Place::List { opening: false },
                    Some(AfterCase::Amend(read)) => self.place = Place::Amend(AmendPage::of(read)),
                    None => {}
                }
            }
            Place::Room(room) => {
                for wish in room.ui(ui, &state, comfort, path, since_start) {
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
