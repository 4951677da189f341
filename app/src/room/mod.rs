//! The reading room: one open case on the screen.
//!
//! Owns what is on the screen and not in the record: cameras, crosshair, window, tool, focus, a number being typed. Turns gestures into `Action`s and shows
//! what the committed state says. Refuses: deciding what is allowed, keeping an answer anywhere but in the record.

mod commands;
mod demonstration;
mod form;
mod frames;
mod gestures;
mod hanging;
mod help;
mod images;
mod measured;
mod rail;

use crate::loader::{Loading, News};
use crate::panes::{PaneCache, RenderPath};
use crate::viewer::camera::Look;
use crate::volume::ShownVolume;
use egui::{Rect, Ui, vec2};
use hanging::{Hanging, Pane};
use std::sync::Arc;
use std::time::Duration;
use tiresias_reads::machine::{Action, Draft, Glimpse, Rules, State, Tool, View as Glance, missing};
use tiresias_words::{MarkId, PatientPoint, QuestionId, ReadId, Voi, Window};

/// A case on the screen.
pub(crate) struct Room {
    read: ReadId,
    rules: Arc<Rules>,
    images: Images,
    hanging: Hanging,
    crosshair: PatientPoint,
    look: Look,
    preset: Option<Chosen>,
    tool: Tool,
    focus: Focus,
    /// Digits typed into the focused field, not yet given.
    entry: String,
    /// Fields that were given and whose commit is still on its way: Enter does not lead back to them, however slow the disk.
    asked: Vec<Field>,
    /// A rating under a pressed mouse button.
    moving: Option<(Field, i32)>,
    help: bool,
    overlay: bool,
    /// One sentence for the reader, until the next action.
    message: Option<String>,
    told_shown: bool,
    glimpses: Glimpses,
    caches: [PaneCache; 3],
    hover: Option<PatientPoint>,
    dragging: Option<gestures::Dragging>,
    /// Slices that the wheel asked for and that were not shown yet.
    wheel_owed: f64,
    /// When the moving picture goes on, while it runs.
    cine: Option<Duration>,
    /// A mark was asked for when there were so many: the next one is to be rated.
    await_mark: Option<usize>,
    /// What a frame costs without them is being measured.
    without_panes: bool,
}

/// The case's images, as far as they are there.
enum Images {
    Opening(Loading),
    Filling(Arc<ShownVolume>, Loading),
    Complete(Arc<ShownVolume>),
    Failed(String),
}

/// Which named window is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chosen {
    /// A preset of the protocol, by its place.
    Protocol(usize),
    /// A window or table that the images bring along, by its place; each image has its own.
    Images(usize),
}

/// Where keys go. A key never means two things at once.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Focus {
    Image,
    Form(Field),
}

/// What can be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    Mark(MarkId),
    Question(QuestionId),
}

/// What the room wants done.
pub(crate) enum Wish {
    /// To be recorded.
    Record(Action),
    /// To go back to the list; the draft stays.
    Leave,
}

/// Changes of view since the last flush: behaviour, not answers.
#[derive(Default)]
struct Glimpses {
    opened: Duration,
    pending: Vec<Glimpse>,
    flushed: Duration,
    last_slices: [Option<u32>; 3],
    last_window: Option<Window>,
    last_tool: Option<Tool>,
}

/// At most so much of behaviour is lost in a crash.
const FLUSH_AFTER: Duration = Duration::from_secs(1);

impl Room {
    /// Opens the room for a read; `loading` brings its images.
    #[must_use]
    pub(crate) fn open(read: ReadId, rules: Arc<Rules>, loading: Loading, now: Duration) -> Self {
        let display = rules.protocol().display();
        let look = Look {
            // Until the case's images are there.
            voi: display.presets().first().map_or(Voi::LinearExact(Window::BYTE), |p| p.voi.clone()),
            shape: tiresias_words::PresentationShape::Identity,
            interpolation: display.interpolation(),
        };
        Self {
            read,
            images: Images::Opening(loading),
            hanging: Hanging::new(display.layout()),
            crosshair: PatientPoint::new(0.0, 0.0, 0.0),
            look,
            preset: None,
            tool: Tool::Window,
            focus: Focus::Image,
            entry: String::new(),
            asked: Vec::new(),
            moving: None,
            help: false,
            overlay: true,
            message: None,
            told_shown: false,
            glimpses: Glimpses { opened: now, flushed: now, ..Glimpses::default() },
            caches: Default::default(),
            hover: None,
            dragging: None,
            wheel_owed: 0.0,
            cine: None,
            await_mark: None,
            without_panes: false,
            rules,
        }
    }

    /// Which read is open.
    #[must_use]
    pub(crate) const fn read(&self) -> &ReadId {
        &self.read
    }
    /// Shows a sentence until the reader's next action.
    pub(crate) fn say(&mut self, sentence: String) {
        self.asked.clear();
        self.message = Some(sentence);
    }
    /// Number of the slice that the first pane shows, from 1.
    #[must_use]
    pub(crate) fn main_slice(&self) -> Option<u32> {
        let volume = self.volume()?;
        let view = self.hanging.view(Pane::Main)?;
        Some(view.slice_position(volume.geometry(), self.crosshair).number)
    }

    fn volume(&self) -> Option<&Arc<ShownVolume>> {
        match &self.images {
            Images::Filling(volume, _) | Images::Complete(volume) => Some(volume),
            Images::Opening(_) | Images::Failed(_) => None,
        }
    }

    fn draft<'a>(&self, state: &'a State) -> Option<&'a Draft> {
        state.open().filter(|d| *d.read() == self.read)
    }

    /// One frame: takes input, draws, and says what is wanted.
    pub(crate) fn ui(&mut self, ui: &mut Ui, state: &State, path: RenderPath, now: Duration) -> Vec<Wish> {
        let mut wishes = Vec::new();
        self.poll_images();
        let Some(draft) = self.draft(state) else {
            return wishes;
        };
        // Here keys have one meaning, the room's. The toolkit's own way through the controls (Tab, arrows) would let Enter press what it stands on, the lock
        // too. A screen reader still reaches every control.
        ui.memory_mut(|m| m.move_focus(egui::FocusDirection::None));
        let whole = ui.max_rect();
        let (rail, rest) = whole.split_left_right_at_x(whole.left() + crate::design::RAIL);
        let (canvas, form) = rest.split_left_right_at_x(rest.right() - crate::design::FORM);
        self.follow_windows();
        self.play(ui, now);
        let reading_help = self.help;
        if !reading_help {
            self.keys(ui, state, draft, &mut wishes);
        }
        self.canvas(ui, canvas, draft, path, &mut wishes);
        self.rail(ui, rail, &mut wishes);
        self.form(ui, form, state, draft, &mut wishes);
        if self.help {
            self.help_overlay(ui, whole, reading_help);
        }
        if !self.told_shown && self.shows_everything() {
            self.told_shown = true;
            wishes.push(Wish::Record(Action::ImagesShown));
        }
        self.observe(now, &mut wishes);
        wishes
    }

    /// Whether all images that the hanging requires are visible.
    fn shows_everything(&self) -> bool {
        self.volume().is_some_and(|v| v.is_complete())
    }

    fn poll_images(&mut self) {
        loop {
            let news = match &self.images {
                Images::Opening(loading) | Images::Filling(_, loading) => loading.poll(),
                Images::Complete(_) | Images::Failed(_) => None,
            };
            let Some(news) = news else { return };
            let opens = matches!(news, News::Opened(_));
            self.images = match (std::mem::replace(&mut self.images, Images::Failed(String::new())), news) {
                (Images::Opening(loading), News::Opened(volume)) => {
                    let middle = volume.geometry().size()[2].saturating_sub(1) / 2;
                    self.crosshair = volume.geometry().centre();
                    if !volume.is_in_patient() {
                        self.hanging.only_images();
                    }
                    self.hanging.hang(volume.geometry());
                    if let Some(view) = self.hanging.view(Pane::Main) {
                        self.crosshair = view.scrolled_to(volume.geometry(), self.crosshair, i64::from(middle) + 1);
                    }
                    Images::Filling(volume, loading)
                }
                (Images::Filling(volume, _), News::Complete) => Images::Complete(volume),
                (_, News::Failed(sentence)) => Images::Failed(sentence),
                (images, _) => images,
            };
            if opens {
                self.open_window();
            }
        }
    }

    /// Writes down what changed in the view, and hands it over when it is due or when an answer follows.
    fn observe(&mut self, now: Duration, wishes: &mut Vec<Wish>) {
        if !self.told_shown {
            return;
        }
        let Some(volume) = self.volume().cloned() else { return };
        let at_ms = u32::try_from(now.saturating_sub(self.glimpses.opened).as_millis()).unwrap_or(u32::MAX);
        let panes: Vec<(usize, u32)> = self
            .hanging
            .visible()
            .into_iter()
            .enumerate()
            .filter_map(|(i, pane)| Some((i, self.hanging.view(pane)?.slice_position(volume.geometry(), self.crosshair).number - 1)))
            .collect();
        let seen = &mut self.glimpses;
        let mut note = |view| seen.pending.push(Glimpse { at_ms, view });
        for (pane, index) in panes {
            if seen.last_slices.get(pane).copied().flatten() != Some(index) {
                note(Glance::Slice { pane: pane as u8, index });
                seen.last_slices[pane] = Some(index);
            }
        }
        if let Some(window) = self.look.voi.window()
            && seen.last_window != Some(window)
        {
            note(Glance::Window(window));
            seen.last_window = Some(window);
        }
        if seen.last_tool != Some(self.tool) {
            note(Glance::Tool(self.tool));
            seen.last_tool = Some(self.tool);
        }
        let answers = wishes.iter().any(|w| matches!(w, Wish::Record(a) if !matches!(a, Action::ImagesShown)) || matches!(w, Wish::Leave));
        let due = now.saturating_sub(seen.flushed) >= FLUSH_AFTER;
        if !seen.pending.is_empty() && (answers || due) && state_takes_glimpses(wishes) {
            seen.flushed = now;
            wishes.insert(0, Wish::Record(Action::Viewed(std::mem::take(&mut seen.pending))));
        }
    }

    /// When the next flush is due, if anything waits.
    #[must_use]
    pub(crate) fn next_flush(&self, now: Duration) -> Option<Duration> {
        (!self.glimpses.pending.is_empty()).then(|| (self.glimpses.flushed + FLUSH_AFTER).saturating_sub(now))
    }

    /// What is still to be done, in the reader's words.
    fn still_to_do(&self, state: &State) -> Vec<Field> {
        let mut fields: Vec<Field> = missing(&self.rules, state)
            .into_iter()
            .map(|m| match m {
                tiresias_reads::machine::Missing::Answer(q) => Field::Question(q),
                tiresias_reads::machine::Missing::MarkRating(m) => Field::Mark(m),
            })
            .collect();
        // In the order in which the form shows them: marks on top.
        fields.sort_by_key(|f| matches!(f, Field::Question(_)));
        fields
    }

    fn canvas(&mut self, ui: &mut Ui, canvas: Rect, draft: &Draft, path: RenderPath, wishes: &mut Vec<Wish>) {
        match &self.images {
            Images::Opening(_) => images::notice(ui, canvas, "Opening the case\u{2026}", None),
            Images::Failed(sentence) => images::notice(ui, canvas, "This case cannot be shown.", Some(sentence)),
            Images::Filling(volume, _) | Images::Complete(volume) => {
                let volume = Arc::clone(volume);
                self.panes(ui, canvas, &volume, draft, path, wishes);
                if matches!(self.images, Images::Filling(..)) {
                    let done = volume.buffer().loaded_count() as f32 / volume.series().len().max(1) as f32;
                    images::progress(ui, Rect::from_min_size(canvas.min, vec2(canvas.width(), 2.0)), done);
                }
            }
        }
    }
}

/// Behaviour can be recorded once the images were said to be shown, which may be in this very batch.
fn state_takes_glimpses(wishes: &[Wish]) -> bool {
    !wishes.iter().any(|w| matches!(w, Wish::Record(Action::ImagesShown)))
}
