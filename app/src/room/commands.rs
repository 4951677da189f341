//! Carries out what keys mean. Focus is explicit: in image focus a key is what the person's table says, in form focus digits are scores.
//!
//! Fixed, whatever the table says: Enter leads to the form and never locks, Ctrl+Enter locks, Esc only cancels.

use super::hanging::{Arrangement, At};
use super::{Focus, Room, Wish};
use crate::keys::{Chord, Command};
use crate::viewer::View;
use egui::{Context, Event, Key, Modifiers, Ui};
use std::sync::Arc;
use std::time::Duration;
use tiresias_cases::LengthUnit;
use tiresias_reads::hanging::{Shows, images, planes, rows_and_columns};
use tiresias_reads::machine::{Action, Draft, State, Tool, View as Glance};
use tiresias_reads::workspace::ViewAction;

/// By so much one press enlarges.
const ENLARGES: f64 = 1.25;

impl Room {
    /// Takes this frame's key presses.
    pub(super) fn keys(&mut self, ui: &Ui, (state, draft): (&State, &Draft), now: Duration, wishes: &mut Vec<Wish>) {
        self.filling.settle(draft);
        self.leave_fields_that_are_gone(state);
        let pressed: Vec<(Key, Modifiers, bool)> = ui.input(|i| {
            i.events
                .iter()
                .filter_map(|e| match e {
                    Event::Key { key, pressed: true, modifiers, repeat, .. } if !Chord::is_held_key(*key) => {
                        Some((*key, *modifiers, *repeat))
                    }
                    _ => None,
                })
                .collect()
        });
        for (key, modifiers, is_repeat) in pressed {
            self.message = None;
            // Several keys may have come since the last frame; what one of them opens or puts away counts for the next.
            if std::mem::take(&mut self.help) {
                continue;
            }
            if self.picking {
                self.picker_key(key);
            } else if modifiers.command && key == Key::Enter {
                // A key that is held down locks once.
                if !is_repeat {
                    self.lock_key(modifiers.shift, state, draft, wishes);
                }
            } else if std::mem::take(&mut self.filling.review) && key == Key::Escape {
                // Esc puts the list away and does nothing else; other keys go on with the case.
            } else {
                let command = self.bindings.command(key, modifiers);
                match (self.focus.clone(), command) {
                    (Focus::Form(field), _) if self.is_text(&field) => self.form_key(key, modifiers, &field, state, draft, wishes),
                    (Focus::Writing, _) => self.writing_key(key, wishes),
                    (_, Some(Command::Help)) => self.help = true,
                    (Focus::Decision, _) => self.decision_key(key, state, draft, wishes),
                    (Focus::Reason, _) => self.reason_key((key, modifiers), state, draft, wishes),
                    (Focus::Image | Focus::Finding(_), Some(Command::Ai)) => self.press_ai(key, now),
                    (Focus::Finding(finding), _) => self.finding_key((key, modifiers), finding, state, draft, wishes),
                    (Focus::Form(field), _) => self.form_key(key, modifiers, &field, state, draft, wishes),
                    (Focus::Image, Some(Command::Pause)) => self.pause(draft, wishes),
                    (Focus::Image, Some(Command::Undo)) if self.tool == Tool::Mark => self.give(Action::Undo, wishes),
                    (Focus::Image, Some(command)) => self.carry_out(command, ui.ctx()),
                    (Focus::Image, None) => match key {
                        Key::Enter if self.close_polygon(state, wishes) => {}
                        Key::Enter if self.focus_finding(draft) => {}
                        Key::Enter if self.focus_decision(state) => {}
                        Key::Enter => self.focus_form(state, draft, wishes),
                        Key::Escape => {
                            self.cine = None;
                            self.cancel_sketch();
                        }
                        _ => {}
                    },
                }
            }
        }
    }

    /// A field that is not asked any more gives the keyboard back to the image.
    fn leave_fields_that_are_gone(&mut self, state: &State) {
        let Focus::Form(field) = self.focus.clone() else { return };
        let ahead = self.ahead(state).into_owned();
        if !self.draft(&ahead).is_some_and(|draft| self.fields(draft).contains(&field)) {
            self.filling.entry.clear();
            self.focus = Focus::Image;
        }
    }

    /// Does what a key means in image focus.
    fn carry_out(&mut self, command: Command, ctx: &Context) {
        let at = self.hanging.focused();
        let cell = at.0;
        match command {
            Command::Take(Tool::Mark) => self.next_mark_kind(),
            Command::Take(tool) => self.take_tool(tool),
            Command::Region => self.next_region_tool(),
            Command::Slices(by) => self.scroll(at, i64::from(by)),
            Command::FirstSlice => self.scroll(at, i64::from(i32::MIN)),
            Command::LastSlice => self.scroll(at, i64::from(i32::MAX)),
            Command::Cine if self.has(Tool::Cine) => self.toggle_cine(),
            Command::Window(number) if self.has(Tool::Window) => self.take_window(number),
            Command::FitWindow if self.has(Tool::Window) => self.fit_window(at, ctx),
            Command::Invert => self.work(ViewAction::Invert(cell)),
            Command::FlipAcross => self.work(ViewAction::FlipAcross(cell)),
            Command::FlipDown => self.work(ViewAction::FlipDown(cell)),
            Command::TurnRight => self.work(ViewAction::Rotate { cell, quarters: 1 }),
            Command::TurnLeft => self.work(ViewAction::Rotate { cell, quarters: 3 }),
            Command::Fit if self.has(Tool::Zoom) => self.fit(at),
            Command::OneToOne if self.has(Tool::Zoom) => self.one_to_one(at),
            Command::TrueSize if self.has(Tool::Zoom) => self.true_size(at),
            Command::Larger if self.has(Tool::Zoom) => self.enlarge(at, ENLARGES),
            Command::Smaller if self.has(Tool::Zoom) => self.enlarge(at, 1.0 / ENLARGES),
            // The reader was told that the study has no such tool.
            Command::Cine
            | Command::Window(_)
            | Command::FitWindow
            | Command::Fit
            | Command::OneToOne
            | Command::TrueSize
            | Command::Larger
            | Command::Smaller => {}
            Command::Reset => self.reset(),
            Command::Words => self.words = !self.words,
            Command::Overlays => self.toggle_overlays(),
            // Taken where the key is known: it matters how long it is down.
            Command::Ai => {}
            Command::NextPane => self.hanging.focus_next(1),
            Command::PaneBefore => self.hanging.focus_next(-1),
            Command::NextSeries => self.next_series(1),
            Command::SeriesBefore => self.next_series(-1),
            Command::Alone => self.hanging.toggle_maximised(at),
            Command::Arrangement => self.next_arrangement(),
            Command::Grid => self.picking = !self.shelf.all().is_empty(),
            Command::Slab => self.next_slab(at),
            Command::Thinner => self.thicken(at, -1),
            Command::Thicker => self.thicken(at, 1),
            Command::Link => self.toggle_link(),
            Command::Delete => self.delete_measurement(),
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            // Taken before: the one has a meaning in every focus, the other needs the way to the record.
            Command::Help | Command::Pause => {}
        }
    }

    /// A named window of the focused series, by its place from 1.
    fn take_window(&mut self, number: u8) {
        let display = self.rules.protocol().display().clone();
        if let Some(shown) = self.focused_series() {
            shown.take_preset(usize::from(number).saturating_sub(1), &display);
        }
    }

    /// Larger or smaller about the middle of the pane.
    fn enlarge(&mut self, at: At, by: f64) {
        if let Some(cell) = self.hanging.cell(at) {
            let view = self.view(at, cell);
            self.hanging.set_view(at, view.with_spacing(view.spacing() * (1.0 / by)));
        }
    }

    /// Another series of the case in the focused cell.
    fn next_series(&mut self, by: isize) {
        let count = self.shelf.all().len();
        if let Some(cell) = self.hanging.cell(self.hanging.focused()).filter(|_| count > 1) {
            let next = (cell.series + count).saturating_add_signed(by) % count;
            self.show_series(next);
        } else {
            self.message = Some("This case has no other series.".to_owned());
        }
    }

    /// Takes a tool in hand, if the study has it.
    pub(super) fn take_tool(&mut self, tool: Tool) {
        if self.has(tool) {
            self.tool = tool;
            self.cancel_sketch();
        }
    }

    /// Takes the last step in the workspace back.
    pub(super) fn undo(&mut self) {
        match self.workspace.undo() {
            Some(change) => self.note(Glance::Changed(Box::new(change))),
            None => self.message = Some("There is nothing to undo.".to_owned()),
        }
    }
    /// Does again what was undone last.
    pub(super) fn redo(&mut self) {
        match self.workspace.redo() {
            Some(change) => self.note(Glance::Changed(Box::new(change))),
            None => self.message = Some("There is nothing to do again.".to_owned()),
        }
    }

    /// All of the series in its cell again; turned and mirrored as it is.
    fn fit(&mut self, at: At) {
        if let Some(volume) = self.shown(at).map(|(_, s)| Arc::clone(&s.volume)) {
            self.hanging.refit(at, volume.geometry(), self.cell_view(at).turn);
        }
    }

    /// One pixel of the image on one pixel of the screen.
    fn one_to_one(&mut self, at: At) {
        if let Some((cell, shown)) = self.shown(at) {
            let view = self.view(at, cell).with_spacing(View::native_spacing(shown.volume.geometry()));
            self.hanging.set_view(at, view);
        }
    }

    /// A millimetre of the patient on a millimetre of the screen.
    fn true_size(&mut self, at: At) {
        let Some((cell, shown)) = self.shown(at) else { return };
        if shown.volume.length_unit() == LengthUnit::Pixels {
            self.message = Some("These images say nothing about millimetres, so they have no true size.".to_owned());
        } else if let Some(pixel) = self.pixel {
            let view = self.view(at, cell).with_spacing(pixel);
            self.hanging.set_view(at, view);
        } else {
            self.message = Some(self.unmeasured());
        }
    }

    /// Why there is no true size, and what to do about it.
    pub(super) fn unmeasured(&self) -> String {
        let help = match self.bindings.label(Command::Help) {
            key if key.is_empty() => "the page of keys".to_owned(),
            key => key,
        };
        format!(
            "True size needs the size of this screen\u{2019}s pixels: measure it once, from {help} by \u{201c}Keys, mouse and screen\u{201d}."
        )
    }

    /// Series move together, or each alone.
    pub(super) fn toggle_link(&mut self) {
        if !self.shelf.can_link() {
            self.message = Some("There is only one series here that has a place in the patient, so nothing can be linked.".to_owned());
            return;
        }
        self.shelf.toggle_link();
    }

    /// As the case opened, planes, images; where there is no volume there are images alone.
    pub(super) fn next_arrangement(&mut self) {
        let Some((cell, shown)) = self.shown(self.hanging.focused()) else { return };
        let (series, is_in_patient) = (cell.series, shown.volume.is_in_patient());
        let hung = self.hanging.hung().map_or(&[][..], |l| l.cells());
        let role = &shown.volume.series().facts.role;
        let opens_with_planes = hung.len() == 3 && hung.iter().all(|c| c.role == *role && c.shows != Shows::Images);
        let opens_with_images = matches!(hung, [one] if one.shows == Shows::Images && one.role == *role);
        let next = match self.hanging.arrangement() {
            Some(Arrangement::Hung) if is_in_patient && !opens_with_planes => Arrangement::Planes(series),
            Some(Arrangement::Hung | Arrangement::Planes(_)) if !opens_with_images => Arrangement::Images(series),
            Some(Arrangement::Hung | Arrangement::Planes(_) | Arrangement::Images(_)) if self.settling.beside.is_some() => {
                Arrangement::Beside(series)
            }
            Some(Arrangement::Hung) => {
                self.message = Some("These images do not form a volume, so there are no planes to show.".to_owned());
                return;
            }
            _ => Arrangement::Hung,
        };
        self.arrange(next);
    }

    /// Shows the case another way.
    pub(super) fn arrange(&mut self, to: Arrangement) {
        let display = self.rules.protocol().display();
        let facts = |i: usize| self.shelf.get(i).map(|s| &s.volume.series().facts);
        let layout = match to {
            Arrangement::Hung => self.hanging.hung().cloned(),
            Arrangement::Planes(i) => facts(i).and_then(|f| planes(display, f)),
            Arrangement::Images(i) => facts(i).map(|f| images(display, f)),
            Arrangement::Beside(i) => facts(i).and_then(|f| rows_and_columns(display, 1, 2, &[f])),
            Arrangement::Grid { rows, columns, first } => {
                let all: Vec<_> = (first..self.shelf.all().len()).filter_map(facts).collect();
                rows_and_columns(display, rows, columns, &all)
            }
        };
        if let Some(layout) = layout {
            self.hanging.arrange(to, layout, &self.shelf);
            self.workspace.rehang(self.hanging.opened_cells());
            self.cine = None;
            self.cancel_sketch();
        }
    }

    /// Puts cameras, turns and inversion of the visible cells, and the windows of all that opened, back to how the case opened. Measurements stay, and the reader keeps looking where they look.
    pub(super) fn reset(&mut self) {
        let display = self.rules.protocol().display().clone();
        for at in self.hanging.visible() {
            let Some(series) = self.hanging.cell(at).map(|c| c.series) else { continue };
            let Some(shown) = self.shelf.get_mut(series) else { continue };
            shown.open_window(&display);
            let volume = Arc::clone(&shown.volume);
            self.hanging.reset(at, volume.geometry());
            self.work(ViewAction::Reset(at.0));
        }
        self.shelf.open_windows(self.hanging.hung(), &display);
        self.cine = None;
    }
}

pub(super) const fn digit(key: Key) -> Option<u8> {
    Some(match key {
        Key::Num0 => 0,
        Key::Num1 => 1,
        Key::Num2 => 2,
        Key::Num3 => 3,
        Key::Num4 => 4,
        Key::Num5 => 5,
        Key::Num6 => 6,
        Key::Num7 => 7,
        Key::Num8 => 8,
        Key::Num9 => 9,
        _ => return None,
    })
}
