//! What the mouse does on a pane: the active tool on the left button, pan in the middle, zoom on the right, scroll on the wheel.

use super::hanging::{Pane, pixels};
use super::{Focus, Room, Wish};
use crate::viewer::camera::dragged_window;
use crate::volume::ShownVolume;
use egui::{Event, MouseWheelUnit, PointerButton, Pos2, Rect, Response, Ui};
use tiresias_reads::machine::{Action, Draft, Tool};
use tiresias_words::{PatientPoint, Plane};

/// A drag under way, with the scrolled part of a slice that is still owed.
pub(super) struct Dragging {
    owed: f64,
    about: PatientPoint,
}

/// So many slices may be waiting before a frame shows more than the next.
const SLICES_BEHIND: f64 = 8.0;
/// Physical pixels of a scroll drag that make one slice.
const PIXELS_A_SLICE: f64 = 8.0;

/// A pane on the screen in this frame.
pub(super) struct OnScreen<'a> {
    pub(super) pane: Pane,
    pub(super) rect: Rect,
    pub(super) plane: Plane,
    pub(super) volume: &'a ShownVolume,
}

impl OnScreen<'_> {
    /// Patient position under a screen position (logical pixels). The centre of a physical pixel is half a pixel from its corner.
    pub(super) fn patient_at(&self, at: Pos2, scale: f32) -> PatientPoint {
        let d = (at - self.rect.min) * scale;
        self.plane.patient_of([f64::from(d.x) - 0.5, f64::from(d.y) - 0.5])
    }
    /// Screen position of a patient point projected on the pane, and its signed distance, mm.
    pub(super) fn screen_at(&self, p: PatientPoint, scale: f32) -> (Pos2, f64) {
        let ([x, y], off) = self.plane.pixel_of(p);
        (self.rect.min + egui::vec2(x as f32 + 0.5, y as f32 + 0.5) / scale, off.0)
    }
}

impl Room {
    /// Takes the pointer's input on one pane.
    pub(super) fn pointer(&mut self, ui: &Ui, response: &Response, on: &OnScreen<'_>, draft: &Draft, wishes: &mut Vec<Wish>) {
        let scale = ui.pixels_per_point();
        if response.hovered() {
            self.wheel(ui, on);
        }
        if response.double_clicked() {
            // While marking, a second click on the same place is a hand that shook: neither another mark nor another layout.
            if self.tool != Tool::Mark {
                self.hanging.toggle_maximised(on.pane);
            }
            return;
        }
        let pressed = ui.input(|i| i.pointer.any_pressed()) && response.is_pointer_button_down_on();
        if pressed {
            self.hanging.focus(on.pane);
            self.focus = Focus::Image;
            self.entry.clear();
            self.message = None;
        }
        let Some(at) = response.interact_pointer_pos() else {
            self.dragging = None;
            return;
        };
        let here = on.patient_at(at, scale);
        if response.clicked() && self.tool == Tool::Mark {
            self.place_mark(here, on, draft, wishes);
        }
        if (response.clicked() || response.dragged_by(PointerButton::Primary)) && self.tool == Tool::Crosshair {
            self.move_crosshair(here, on);
        }
        let [dx, dy] = [response.drag_delta().x, response.drag_delta().y].map(|d| f64::from(d * scale));
        if dx == 0.0 && dy == 0.0 {
            return;
        }
        let drag = self.dragging.get_or_insert(Dragging { owed: 0.0, about: here });
        let (about, view) = (drag.about, self.hanging.view(on.pane));
        let Some(view) = view else { return };
        let (primary, middle, secondary) = (PointerButton::Primary, PointerButton::Middle, PointerButton::Secondary);
        let tool = self.tool;
        if response.dragged_by(middle) || (response.dragged_by(primary) && tool == Tool::Pan) {
            self.hanging.set_view(on.pane, view.panned([dx, dy]));
        } else if response.dragged_by(secondary) || (response.dragged_by(primary) && tool == Tool::Zoom) {
            self.hanging.set_view(on.pane, view.zoomed((-dy / 200.0).exp(), about));
        } else if response.dragged_by(primary) && tool == Tool::Window {
            let pace = ui.input(|i| pace(i.modifiers));
            self.drag_window([dx, dy], pace);
        } else if response.dragged_by(primary) && tool == Tool::Scroll {
            drag.owed += dy / PIXELS_A_SLICE;
            let whole = drag.owed.trunc();
            drag.owed -= whole;
            self.scroll(on.pane, on.volume, whole as i64);
        }
    }

    /// The wheel scrolls, one slice a notch; with Ctrl it zooms about the pointer.
    fn wheel(&mut self, ui: &Ui, on: &OnScreen<'_>) {
        let notches: Vec<(f64, bool)> = ui.input(|i| {
            i.events
                .iter()
                .filter_map(|e| match e {
                    Event::MouseWheel { unit, delta, modifiers, .. } => {
                        let lines = match unit {
                            MouseWheelUnit::Line => delta.y,
                            MouseWheelUnit::Page => delta.y * 10.0,
                            MouseWheelUnit::Point => delta.y / 40.0,
                        };
                        Some((f64::from(lines), modifiers.command))
                    }
                    _ => None,
                })
                .collect()
        });
        for (lines, zoom) in notches {
            if zoom {
                let pointer = ui.input(|i| i.pointer.hover_pos());
                if let (Some(at), Some(view)) = (pointer, self.hanging.view(on.pane)) {
                    let about = on.patient_at(at, ui.pixels_per_point());
                    self.hanging.set_view(on.pane, view.zoomed((lines * 0.15).exp(), about));
                }
            } else {
                if self.hanging.focused() != on.pane {
                    self.hanging.focus(on.pane);
                    self.wheel_owed = 0.0;
                }
                self.wheel_owed -= lines;
            }
        }
    }

    /// Pays what the wheel owes: one slice a frame, so that every slice asked for is shown; faster only when a fast wheel would leave the eye behind.
    pub(super) fn pay_wheel(&mut self, ui: &Ui, volume: &ShownVolume) {
        let whole = self.wheel_owed.trunc();
        if whole == 0.0 {
            return;
        }
        let step = (whole.abs() / SLICES_BEHIND).ceil().copysign(whole);
        self.wheel_owed -= step;
        self.scroll(self.hanging.focused(), volume, step as i64);
        ui.ctx().request_repaint();
    }

    pub(super) fn scroll(&mut self, pane: Pane, volume: &ShownVolume, slices: i64) {
        if let Some(view) = self.hanging.view(pane)
            && slices != 0
        {
            self.cine = None;
            self.crosshair = view.scrolled(volume.geometry(), self.crosshair, slices);
        }
    }

    fn drag_window(&mut self, by: [f64; 2], pace: f64) {
        if let Some(window) = self.look.voi.window() {
            self.look.voi = self.look.voi.with_window(dragged_window(window, by, pace));
            self.preset = None;
        }
    }

    /// Puts the crosshair where the pane was pointed at; it stays inside the volume.
    fn move_crosshair(&mut self, here: PatientPoint, on: &OnScreen<'_>) {
        let geometry = on.volume.geometry();
        if geometry.contains(geometry.voxel_of(here)) {
            self.crosshair = here;
        }
    }

    fn place_mark(&mut self, here: PatientPoint, on: &OnScreen<'_>, draft: &Draft, wishes: &mut Vec<Wish>) {
        let Some((shape, anchor)) = on.volume.mark_at(here) else { return };
        self.cine = None;
        wishes.push(Wish::Record(Action::PlaceMark { shape, anchor }));
        self.await_mark = Some(draft.marks().len());
    }

    /// The raster of a pane in this frame.
    pub(super) fn plane_of(&self, pane: Pane, rect: Rect, scale: f32) -> Option<Plane> {
        self.hanging.view(pane)?.plane(self.crosshair, pixels(rect, scale)).ok()
    }
}

/// Shift is fine, Ctrl coarse.
fn pace(modifiers: egui::Modifiers) -> f64 {
    match (modifiers.shift, modifiers.command) {
        (true, _) => 0.2,
        (false, true) => 4.0,
        (false, false) => 1.0,
    }
}
