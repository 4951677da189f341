//! The guided tour of the demo: a band above the images says one thing at a time, and goes on when it was done.
//!
//! Owns the steps and how each is known to be done, from what is on the screen and what was recorded. It covers nothing: the images stand below it, and a case
//! without a tour has no band. Refuses: to do anything for the reader, and to hold them up; each step can be passed over, and the whole be left.

use super::{Images, Room};
use crate::controls::{self, Keyed};
use crate::design::{self, ACCENT, PANEL, STRONG, TEXT};
use crate::keys::{Chord, Command};
use crate::viewer::View;
use egui::{Align, Layout, Rect, Ui, UiBuilder, Vec2, vec2};
use tiresias_reads::machine::{Draft, State, Tool, missing};
use tiresias_words::Voi;

/// Height of the band.
pub(super) const BAND: f32 = 48.0;

/// A step of the tour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Scroll,
    Window,
    Zoom,
    Mark,
    Rate,
    Lock,
}

const STEPS: [Step; 6] = [Step::Scroll, Step::Window, Step::Zoom, Step::Mark, Step::Rate, Step::Lock];
/// So many slices are a look around.
const SLICES: u32 = 3;

/// Where a tour stands.
#[derive(Default)]
pub(super) struct Tour {
    step: usize,
    /// What was on the screen when the step began, and how large that was: another size of the window moves cameras that nobody touched.
    from: Option<(Vec2, Seen)>,
}

/// What of the screen the steps change.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    slices: Vec<u32>,
    windows: Vec<Voi>,
    cameras: Vec<View>,
    marks: usize,
}

impl Room {
    /// A tour goes along with this case.
    pub(crate) fn begin_tour(&mut self) {
        self.tour = Some(Tour::default());
    }
    /// Whether the tour was neither left nor ended.
    #[must_use]
    pub(crate) const fn is_on_tour(&self) -> bool {
        self.tour.is_some()
    }

    fn seen(&self, draft: &Draft) -> Seen {
        let visible = self.hanging.visible();
        let cells: Vec<_> = visible.iter().filter_map(|at| Some((*at, self.shown(*at)?))).collect();
        Seen {
            slices: visible.iter().filter_map(|at| self.slice_position(*at)).map(|place| place.number).collect(),
            windows: cells.iter().map(|(_, (_, shown))| shown.look.voi.clone()).collect(),
            cameras: cells.iter().map(|(at, (cell, _))| self.view(*at, cell)).collect(),
            marks: draft.marks().len(),
        }
    }

    /// Whether a step is done that began with `from`.
    fn is_done(&self, step: Step, from: &Seen, state: &State, draft: &Draft) -> bool {
        let now = self.seen(draft);
        match step {
            Step::Scroll => from.slices.iter().zip(&now.slices).any(|(a, b)| a.abs_diff(*b) >= SLICES),
            Step::Window => from.windows != now.windows,
            Step::Zoom => from.cameras.len() == now.cameras.len() && from.cameras != now.cameras,
            Step::Mark => now.marks > from.marks,
            Step::Rate => missing(&self.rules, state).is_empty(),
            // The case is closed by it, and the tour with the case.
            Step::Lock => false,
        }
    }

    /// What a step asks for, with the keys that the reader has.
    fn asks(&self, step: Step) -> Keyed {
        match step {
            Step::Scroll => {
                let say = Keyed::of("Scroll: turn the wheel over an image");
                match self.keys_of(&[Command::Slices(1), Command::Slices(-1)]).as_slice() {
                    [] => say.words("."),
                    keys => say.words(", or press ").keys(keys).words("."),
                }
            }
            Step::Window => {
                let say = Keyed::of("Change the window: drag with the left button.");
                let own = self.rules.protocol().display().presets().len();
                let commands = [1, 2, 3].map(Command::Window);
                match self.keys_of(commands.get(..own).unwrap_or(&commands)).as_slice() {
                    [] => say,
                    [key] => say.words(" ").key(key).words(" takes the study\u{2019}s own window."),
                    keys => say.words(" ").keys(keys).words(" take the study\u{2019}s own windows."),
                }
            }
            Step::Zoom => {
                let say = Keyed::of("Zoom: turn the wheel with ").key("Ctrl").words(" held. The middle button moves the image");
                match self.keys_of(&[Command::Reset]).as_slice() {
                    [] => say.words("."),
                    keys => say.words(", and ").keys(keys).words(" puts it back."),
                }
            }
            Step::Mark => {
                let say = match self.keys_of(&[Command::Take(Tool::Mark)]).as_slice() {
                    [] => Keyed::of("A nodule? Take the mark tool"),
                    keys => Keyed::of("A nodule? Press ").keys(keys),
                };
                say.words(", click on it, and rate it on the right. None in sight? Press Next.")
            }
            Step::Rate => {
                let say =
                    Keyed::of("Answer on the right: by mouse, or with ").key(&Chord::ENTER.label()).words(" and then digits and letters. ");
                say.key("Tab").words(" goes on.")
            }
            Step::Lock => {
                let say = Keyed::default().key(&Chord::LOCK.label()).words(" or the button on the right locks the case, with ");
                let say = say.key("Shift").words(" all the same where something is unusual; nothing else does.");
                say.words(" Then go to the list, end the session, and see the results.")
            }
        }
    }

    /// The keys of commands, of those that have one.
    fn keys_of(&self, commands: &[Command]) -> Vec<String> {
        commands.iter().map(|command| self.bindings.label(*command)).filter(|key| !key.is_empty()).collect()
    }

    /// Draws the band and follows what is done.
    pub(super) fn guide(&mut self, ui: &mut Ui, band: Rect, state: &State, draft: &Draft) {
        let Some(tour) = &self.tour else { return };
        if !matches!(self.images, Images::Complete) {
            return;
        }
        let (at, step) = (tour.step, STEPS.get(tour.step).copied().unwrap_or(Step::Lock));
        let size = ui.max_rect().size();
        let before = tour.from.clone().filter(|(of, _)| *of == size).map(|(_, seen)| seen);
        let from = before.unwrap_or_else(|| self.seen(draft));
        let is_done = self.is_done(step, &from, state, draft);
        let (mut next, mut leave) = (is_done, false);
        ui.painter().rect_filled(band, 0.0, PANEL);
        let inner = band.shrink2(vec2(12.0, 6.0));
        ui.scope_builder(UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)), |ui| {
            ui.spacing_mut().item_spacing.x = 20.0;
            leave = controls::link(ui, if step == Step::Lock { "End the tour" } else { "Skip the tour" }, TEXT).clicked();
            if step != Step::Lock {
                next |= controls::link(ui, "Next", ACCENT).clicked();
            }
            let place = format!("{} of {}", at + 1, STEPS.len());
            ui.label(egui::RichText::new(place).font(design::regular(design::NOTE)).color(TEXT));
            let words = self.asks(step);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                controls::keyed(ui, ui.available_width(), &words, &design::regular(design::BODY), STRONG);
            });
        });
        self.tour = match (leave, next) {
            (true, _) => None,
            (false, true) => Some(Tour { step: at + 1, from: None }),
            (false, false) => Some(Tour { step: at, from: Some((size, from)) }),
        };
        if leave || next {
            ui.ctx().request_repaint();
        }
    }
}
