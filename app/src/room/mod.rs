//! The reading room: one open case on the screen.
//!
//! Owns what is on the screen and not in the record: cells, cameras, where the reader looks, windows, tool, focus, a number being typed. Turns gestures into
//! `Action`s and shows what the committed state says. Refuses: deciding what is allowed, keeping an answer anywhere but in the record.

mod ai;
mod ai_cuts;
#[cfg(test)]
mod ai_tests;
mod commands;
mod demonstration;
mod first_view;
mod form;
mod frames;
mod gestures;
mod glimpses;
mod hanging;
mod help;
mod images;
mod marking;
mod measured;
mod measuring;
mod overlays;
mod pause;
mod picker;
mod planes;
mod rail;
mod series;
mod settling;
mod sketch;
mod strip;
mod tour;
mod trial;
mod unshown;

use crate::controls;
use crate::keys::{Bindings, Profile};
use crate::loader::{Loading, News};
use crate::panes::{PaneCache, RenderPath};
use crate::unshown::Unshown;
use crate::viewer::View;
use crate::volume::ShownVolume;
use egui::{Rect, Ui, vec2};
use form::{Field, Filling};
use glimpses::Glimpses;
use hanging::{At, Cell, Hanging, MOST_CELLS};
use series::{Shelf, Shown};
use std::sync::Arc;
use std::time::Duration;
use tiresias_reads::camera::SlicePosition;
use tiresias_reads::hanging::{FirstZoom, hang};
use tiresias_reads::machine::{Action, Draft, Rules, State, Tool, View as Glance};
use tiresias_reads::workspace::{CellView, Change, Refusal, ViewAction, Workspace};
use tiresias_words::{FindingId, Mm, PatientPoint, ReadId, Role as SeriesRole};

/// A case on the screen.
pub(crate) struct Room {
    read: ReadId,
    rules: Arc<Rules>,
    images: Images,
    shelf: Shelf,
    hanging: Hanging,
    /// What the reader measured, turned, inverted and projected, with its undoing.
    workspace: Workspace,
    measuring: measuring::Measuring,
    ai: ai::Ai,
    settling: settling::Settling,
    tool: Tool,
    focus: Focus,
    filling: Filling,
    marking: marking::Marking,
    /// When this frame began, since the program started.
    now: Duration,
    help: bool,
    /// What keys, buttons and the wheel mean, as of this frame.
    bindings: Arc<Bindings>,
    /// Between two pixels of the screen that the window is on, where it was measured.
    pixel: Option<Mm>,
    /// Words on the images.
    words: bool,
    /// The images' own overlay planes.
    overlays: bool,
    /// The screen is blank and the clock stands.
    rest: Option<pause::Rest>,
    /// When somebody touched mouse or keys last.
    touched: Duration,
    /// One sentence for the reader, until the next action.
    message: Option<String>,
    told_shown: bool,
    first_view: first_view::Known,
    glimpses: Glimpses,
    caches: [PaneCache; MOST_CELLS],
    thumbnails: Vec<PaneCache>,
    /// Rows and columns are being chosen.
    picking: bool,
    /// The cell under the pointer, and the point of its series there.
    hover: Option<(At, PatientPoint)>,
    dragging: Option<gestures::Dragging>,
    /// Slices that the wheel asked for and that were not shown yet.
    wheel_owed: f64,
    /// The cell whose picture moves, and when it goes on.
    cine: Option<(At, Duration)>,
    /// What a frame costs without them is being measured.
    without_panes: bool,
    /// Somebody is shown around.
    tour: Option<tour::Tour>,
}

/// How far the case's images are there. Those that are stand on the shelf.
enum Images {
    Opening(Loading),
    Filling(Loading),
    Complete,
    Failed(Unshown),
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
    /// A finding of the AI.
    Finding(FindingId),
    /// The choice between two reads.
    Decision,
    /// The reasons for it that are ready.
    Reason,
    /// A reason in one's own words.
    Writing,
}

/// What the room wants done.
pub(crate) enum Wish {
    /// To be recorded.
    Record(Action),
    /// To go back to the list; the draft stays.
    Leave,
    /// To set keys and mouse.
    Keys,
}

impl Room {
    /// Opens the room for a read; `loading` brings its images.
    #[must_use]
    pub(crate) fn open(read: ReadId, rules: Arc<Rules>, loading: Loading, now: Duration) -> Self {
        loading.proceed();
        Self {
            read,
            images: Images::Opening(loading),
            shelf: Shelf::default(),
            hanging: Hanging::default(),
            workspace: Workspace::new(rules.protocol().display().tools(), Vec::new()),
            measuring: measuring::Measuring::default(),
            ai: ai::Ai::default(),
            settling: settling::Settling::default(),
            tool: rules.protocol().display().tools().iter().next().unwrap_or(Tool::Mark),
            focus: Focus::Image,
            filling: Filling::default(),
            marking: marking::Marking::default(),
            now,
            help: false,
            // Every frame brings the person's own.
            bindings: Arc::new(Bindings::of(Profile::Tiresias)),
            pixel: None,
            words: true,
            overlays: false,
            rest: None,
            touched: now,
            message: None,
            told_shown: false,
            first_view: first_view::Known::default(),
            glimpses: Glimpses::new(now),
            caches: Default::default(),
            thumbnails: Vec::new(),
            picking: false,
            hover: None,
            dragging: None,
            wheel_owed: 0.0,
            cine: None,
            without_panes: false,
            tour: None,
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
        self.message = Some(sentence);
    }
    /// Something that was asked for was not recorded: a sentence why. It is not foreseen any more; what else is on its way is.
    pub(crate) fn refused(&mut self, action: &Action, sentence: String) {
        self.filling.refused(action);
        self.say(sentence);
    }
    /// Panes are computed by the processor from now on, and a sentence says why.
    pub(crate) fn leave_gpu(&mut self, sentence: &str) {
        self.shelf.all().iter().for_each(|s| s.volume.detach());
        self.message = Some(sentence.to_owned());
    }
    /// What all images of the case take in memory, bytes; `None` until they are all there.
    #[must_use]
    pub(crate) fn memory(&self) -> Option<u64> {
        let all = || self.shelf.all().iter().map(|s| s.volume.series().memory()).fold(0, u64::saturating_add);
        matches!(self.images, Images::Complete).then(all)
    }
    /// Number of the slice that the first pane shows, from 1.
    #[must_use]
    pub(crate) fn main_slice(&self) -> Option<u32> {
        self.slice_position(At(0)).map(|place| place.number)
    }

    /// Which slice a cell shows.
    fn slice_position(&self, at: At) -> Option<SlicePosition> {
        let (cell, shown) = self.shown(at)?;
        Some(self.view(at, cell).slice_position(shown.volume.geometry(), shown.at()))
    }
    /// A cell's camera, with the image turned as the reader has it.
    fn view(&self, at: At, cell: &Cell) -> View {
        cell.view(self.cell_view(at).turn)
    }
    /// How the reader has a cell.
    fn cell_view(&self, at: At) -> CellView {
        let opened = || CellView::opened(tiresias_reads::hanging::Turn::NONE);
        self.workspace.view().cells().get(at.0).copied().unwrap_or_else(opened)
    }
    /// Does something in the workspace: what it did is written down, what it refuses is told.
    fn work(&mut self, action: ViewAction) {
        // The same images twice lie and look the same.
        let twins: Vec<ViewAction> = self.hanging.twins().filter_map(|cell| of_cell(&action, cell)).collect();
        for action in std::iter::once(action).chain(twins) {
            let done = self.workspace.apply(action);
            self.worked(done);
        }
    }
    fn worked(&mut self, done: Result<Option<Change>, Refusal>) {
        match done {
            Ok(Some(change)) => self.note(Glance::Changed(Box::new(change))),
            Ok(None) => {}
            Err(refusal) => self.message = Some(refusal.to_string()),
        }
    }

    /// Whether the study has a tool; the reader is told where it has not.
    fn has(&mut self, tool: Tool) -> bool {
        let has = self.workspace.tools().allows(tool);
        if !has {
            self.message = Some(Refusal::Tool(tool).to_string());
        }
        has
    }

    /// What a cell shows.
    fn shown(&self, at: At) -> Option<(&Cell, &Shown)> {
        let cell = self.hanging.cell(at)?;
        Some((cell, self.shelf.get(cell.series)?))
    }
    /// The images of the cell that keys go to.
    fn focused_volume(&self) -> Option<Arc<ShownVolume>> {
        self.shown(self.hanging.focused()).map(|(_, shown)| Arc::clone(&shown.volume))
    }
    /// The series of the cell that keys go to.
    fn focused_series(&mut self) -> Option<&mut Shown> {
        let series = self.hanging.cell(self.hanging.focused())?.series;
        self.shelf.get_mut(series)
    }

    fn draft<'a>(&self, state: &'a State) -> Option<&'a Draft> {
        state.open().filter(|d| *d.read() == self.read)
    }

    /// One frame: takes input, draws, and says what is wanted.
    pub(crate) fn ui(
        &mut self,
        ui: &mut Ui,
        state: &State,
        (bindings, pixel): (Arc<Bindings>, Option<Mm>),
        path: RenderPath,
        now: Duration,
    ) -> Vec<Wish> {
        let mut wishes = Vec::new();
        (self.bindings, self.pixel, self.now) = (bindings, pixel, now);
        self.poll_images();
        let Some(draft) = self.draft(state) else {
            return wishes;
        };
        if let Some(rest) = self.rest {
            self.rest_screen(ui, rest);
            return wishes;
        }
        if let Some(sentence) = self.unshown() {
            self.unshown_screen(ui, &sentence, draft, &mut wishes);
            return wishes;
        }
        self.watch(ui, draft, &mut wishes);
        // Here keys have one meaning, the room's. The toolkit's own way through the controls (Tab, arrows) would let Enter press what it stands on, the lock
        // too. A screen reader still reaches every control.
        ui.memory_mut(|m| m.move_focus(egui::FocusDirection::None));
        let whole = ui.max_rect();
        let (rail, rest) = whole.split_left_right_at_x(whole.left() + crate::design::RAIL);
        let (canvas, form) = rest.split_left_right_at_x(rest.right() - crate::design::FORM);
        self.play(ui, now);
        let (band, canvas) = canvas.split_top_bottom_at_y(canvas.top() + if self.is_on_tour() { tour::BAND } else { 0.0 });
        let (strip, canvas) = canvas.split_left_right_at_x(canvas.left() + if self.has_strip() { strip::WIDTH } else { 0.0 });
        let reading_help = self.help;
        let picking = self.picking;
        self.measuring.take_news(&self.workspace, &mut self.shelf, ui.ctx());
        self.keys(ui, (state, draft), now, &mut wishes);
        self.follow_ai(ui, draft, now, &mut wishes);
        self.follow_pair(draft, &mut wishes);
        // Before the images: what a button changes in the view is told at once, and the screen that is told after that has to have it.
        self.rail(ui, rail, draft, &mut wishes);
        self.canvas(ui, canvas, (state, draft), path, &mut wishes);
        self.guide(ui, band, state, draft);
        if self.has_strip() {
            self.strip(ui, strip, path);
        }
        if picking && self.picking {
            self.picker(ui, canvas);
        }
        self.form(ui, form, state, draft, &mut wishes);
        if self.help {
            self.help_overlay(ui, whole, reading_help, &mut wishes);
        }
        if wishes.iter().any(|w| matches!(w, Wish::Keys)) {
            self.hand_on(draft, &mut wishes);
            self.stand_still(Action::Pause, &mut wishes);
        } else if self.rest.is_none() && !self.told_shown && self.shows_everything() {
            self.told_shown = true;
            self.glimpses.begin(now);
            wishes.push(Wish::Record(Action::ImagesShown));
        }
        if self.told_shown
            && let Some(view) = self.first_view(canvas, ui.ctx())
        {
            wishes.push(Wish::Record(Action::FirstView(view)));
        }
        self.observe(now, &mut wishes);
        wishes
    }

    /// Whether all images that the hanging requires are loaded.
    fn shows_everything(&self) -> bool {
        let hung = self.hanging.hung();
        let is_there = |role: &SeriesRole| self.shelf.all().iter().any(|s| s.volume.series().facts.role == *role && s.volume.is_complete());
        hung.is_some_and(|layout| layout.cells().iter().all(|c| is_there(&c.role)))
    }

    fn poll_images(&mut self) {
        loop {
            let news = match &self.images {
                Images::Opening(loading) | Images::Filling(loading) => loading.poll(),
                Images::Complete | Images::Failed(_) => None,
            };
            let Some(news) = news else { break };
            self.images = match (std::mem::replace(&mut self.images, Images::Complete), news) {
                (Images::Opening(loading), News::Opened(volumes)) => match self.hang(volumes) {
                    Ok(()) => Images::Filling(loading),
                    Err(why) => Images::Failed(why),
                },
                (_, News::Failed(why)) => {
                    // What was loaded before is part of what cannot be shown.
                    (self.shelf, self.hanging, self.cine) = (Shelf::default(), Hanging::default(), None);
                    Images::Failed(why)
                }
                (images, News::Opened(_)) => images,
                (images, News::NotOnGpu(sentence)) => {
                    self.message = Some(sentence);
                    images
                }
                (_, News::Complete) => Images::Complete,
            };
        }
        if let Images::Filling(loading) = &self.images {
            let looked_at = self.hanging.visible().into_iter().filter_map(|at| {
                let (cell, shown) = self.shown(at)?;
                Some((cell.series, shown.volume.image_at(shown.at())))
            });
            loading.want(&looked_at.collect::<Vec<_>>());
        }
    }

    /// Puts a case's series where the protocol says.
    fn hang(&mut self, volumes: Vec<Arc<ShownVolume>>) -> Result<(), Unshown> {
        let display = self.rules.protocol().display();
        let facts: Vec<_> = volumes.iter().map(|v| v.series().facts.clone()).collect();
        // A case without series does not come here: two of this one have one role.
        let layout = hang(display, &facts).map_err(|_| Unshown::AtDesk("Two series of this case cannot be told from each other."))?;
        self.shelf = Shelf::opened(volumes, display);
        self.hanging = Hanging::opened(layout, &self.shelf);
        let starts = self.hanging.starts(display, &self.shelf);
        self.shelf.start_at(&starts);
        self.shelf.link_as(self.hanging.hung());
        self.shelf.open_windows(self.hanging.hung(), display);
        self.workspace.rehang(self.hanging.opened_cells());
        let opens_true = self.hanging.hung().is_some_and(|l| l.cells().iter().any(|c| c.zoom == FirstZoom::TrueSize));
        if opens_true && self.pixel.is_none() {
            self.message = Some(self.unmeasured());
        }
        Ok(())
    }

    fn canvas(&mut self, ui: &mut Ui, canvas: Rect, read: (&State, &Draft), path: RenderPath, wishes: &mut Vec<Wish>) {
        match &self.images {
            Images::Opening(_) => images::notice(ui, canvas, "Opening the case\u{2026}"),
            // Said in the place of all of it.
            Images::Failed(_) => {}
            Images::Filling(_) | Images::Complete => {
                self.panes(ui, canvas, read, path, wishes);
                if matches!(self.images, Images::Filling(_)) {
                    let count = |of: fn(&ShownVolume) -> usize| self.shelf.all().iter().map(|s| of(&s.volume)).sum::<usize>();
                    let done = count(|v| v.buffer().loaded_count()) as f32 / count(|v| v.series().len()).max(1) as f32;
                    controls::progress(ui, Rect::from_min_size(canvas.min, vec2(canvas.width(), 2.0)), done);
                }
            }
        }
    }
}

/// A step about one cell, about another; nothing of steps that are about none.
const fn of_cell(action: &ViewAction, cell: usize) -> Option<ViewAction> {
    Some(match action {
        ViewAction::FlipAcross(_) => ViewAction::FlipAcross(cell),
        ViewAction::FlipDown(_) => ViewAction::FlipDown(cell),
        ViewAction::Rotate { quarters, .. } => ViewAction::Rotate { cell, quarters: *quarters },
        ViewAction::Invert(_) => ViewAction::Invert(cell),
        ViewAction::Slab { slab, .. } => ViewAction::Slab { cell, slab: *slab },
        ViewAction::Measure(_) | ViewAction::Redraw { .. } | ViewAction::Delete(_) | ViewAction::Reset(_) => return None,
    })
}
