//! What the mouse does on a pane: the active tool on the left button; on the other buttons and the wheel what the person's table says.

use super::hanging::{At, pixels};
use super::series::Shown;
use super::{Focus, Room, Wish};
use crate::keys::{Drag, Wheel};
use egui::{Event, MouseWheelUnit, PointerButton, Pos2, Rect, Response, Ui};
use tiresias_reads::camera::dragged_window;
use tiresias_reads::machine::{Draft, State, Tool};
use tiresias_words::{PatientPoint, Plane};

/// A drag under way, with the scrolled part of a slice that is still owed.
pub(super) struct Dragging {
    /// The pane it was begun on.
    at: At,
    owed: f64,
    about: PatientPoint,
    /// The reference line that was taken hold of, and turns.
    pub(super) turning: Option<super::planes::Held>,
}

/// So many slices may be waiting before a frame shows more than the next.
const SLICES_BEHIND: f64 = 8.0;
/// Physical pixels of a scroll drag that make one slice.
const PIXELS_A_SLICE: f64 = 8.0;

/// A pane on the screen in this frame.
#[derive(Clone, Copy)]
pub(super) struct OnScreen {
    pub(super) at: At,
    pub(super) rect: Rect,
    pub(super) plane: Plane,
    /// Physical pixels a logical pixel.
    pub(super) scale: f32,
}

impl OnScreen {
    /// Patient position under a screen position (logical pixels). The centre of a physical pixel is half a pixel from its corner.
    pub(super) fn patient_at(&self, at: Pos2) -> PatientPoint {
        let d = (at - self.rect.min) * self.scale;
        self.plane.patient_of([f64::from(d.x) - 0.5, f64::from(d.y) - 0.5])
    }
    /// Screen position of a patient point projected on the pane, and its signed distance, mm.
    pub(super) fn screen_at(&self, p: PatientPoint) -> (Pos2, f64) {
        let ([x, y], off) = self.plane.pixel_of(p);
        (self.rect.min + egui::vec2(x as f32 + 0.5, y as f32 + 0.5) / self.scale, off.0)
    }
}

impl Room {
    /// Takes the pointer's input on one pane.
    pub(super) fn pointer(
        &mut self,
        ui: &Ui,
        response: &Response,
        on: &OnScreen,
        (state, draft): (&State, &Draft),
        wishes: &mut Vec<Wish>,
    ) {
        if response.hovered() {
            self.wheel(ui, on);
        }
        if response.double_clicked() {
            // While marking or measuring, a second click on the same place is a hand that shook: neither another mark nor another layout.
            if self.tool != Tool::Mark && !super::measuring::draws(self.tool) {
                self.hanging.toggle_maximised(on.at);
            } else if !ui.input(|i| i.pointer.any_pressed()) {
                // A press that came in a frame before this one was taken already.
                self.drop_second_press();
            }
            return;
        }
        // A quick click can begin and end within one slow frame.
        let pressed = ui.input(|i| i.pointer.any_pressed()) && (response.is_pointer_button_down_on() || response.clicked());
        if pressed {
            self.hanging.focus(on.at);
            self.focus = Focus::Image;
            self.filling.entry.clear();
            self.message = None;
            self.dragging.take_if(|d| d.at != on.at);
        }
        let Some(at) = response.interact_pointer_pos() else {
            // Every pane is asked in every frame: a drag is over for its own one alone.
            self.dragging.take_if(|d| d.at == on.at);
            return;
        };
        let here = on.patient_at(at);
        if self.tool == Tool::Mark {
            self.mark_gesture((ui, response), (here, on), (state, draft), wishes);
        }
        self.measure(ui, response, here, on);
        let [dx, dy] = [response.drag_delta().x, response.drag_delta().y].map(|d| f64::from(d * on.scale));
        if self.tool == Tool::Crosshair && (response.clicked() || response.dragged_by(PointerButton::Primary)) {
            self.drag_crosshair(ui, response, here, on);
        }
        if dx == 0.0 && dy == 0.0 {
            return;
        }
        let about = self.dragging.get_or_insert(Dragging { at: on.at, owed: 0.0, about: here, turning: None }).about;
        let Some(view) = self.hanging.cell(on.at).map(|c| self.view(on.at, c)) else { return };
        let buttons = [PointerButton::Middle, PointerButton::Secondary, PointerButton::Primary];
        let Some(button) = buttons.into_iter().find(|b| response.dragged_by(*b)) else { return };
        let tool = self.bindings.drag(button).map_or(self.tool, tool_of);
        if button != PointerButton::Primary && !self.has(tool) {
            return;
        }
        match tool {
            Tool::Pan => self.hanging.set_view(on.at, view.panned([dx, dy]).rounded()),
            Tool::Zoom => self.hanging.set_view(on.at, view.zoomed((-dy / 200.0).exp(), about).rounded()),
            Tool::Window => {
                let pace = ui.input(|i| pace(i.modifiers));
                if let Some(shown) = self.focused_series() {
                    drag_window(shown, [dx, dy], pace);
                }
            }
            Tool::Scroll => {
                let Some(drag) = &mut self.dragging else { return };
                drag.owed += dy / PIXELS_A_SLICE;
                let whole = drag.owed.trunc();
                drag.owed -= whole;
                self.scroll(on.at, whole as i64);
            }
            _ => {}
        }
    }

    /// With the crosshair tool a reference line that is taken hold of far from its middle turns; anywhere else the crosshair follows the pointer.
    fn drag_crosshair(&mut self, ui: &Ui, response: &Response, here: PatientPoint, on: &OnScreen) {
        if response.drag_started_by(PointerButton::Primary) {
            let origin = ui.input(|i| i.pointer.press_origin()).unwrap_or(on.rect.center());
            let turning = if self.workspace.tools().allows(Tool::Oblique) { self.line_under(origin, on) } else { None };
            self.dragging = Some(Dragging { at: on.at, owed: 0.0, about: here, turning });
        }
        match self.dragging.as_ref().and_then(|d| d.turning) {
            Some(held) => self.turn_line(held, here, on),
            None => self.move_crosshair(here, on),
        }
    }

    /// The wheel scrolls, one slice a notch, or zooms about the pointer.
    fn wheel(&mut self, ui: &Ui, on: &OnScreen) {
        let notches: Vec<(f64, Wheel)> = ui.input(|i| {
            i.events
                .iter()
                .filter_map(|e| match e {
                    Event::MouseWheel { unit, delta, modifiers, .. } => {
                        let lines = match unit {
                            MouseWheelUnit::Line => delta.y,
                            MouseWheelUnit::Page => delta.y * 10.0,
                            MouseWheelUnit::Point => delta.y / 40.0,
                        };
                        Some((f64::from(lines), self.bindings.turned(*modifiers)))
                    }
                    _ => None,
                })
                .collect()
        });
        for (lines, wheel) in notches {
            if wheel == Wheel::Zoom && self.has(Tool::Zoom) {
                let pointer = ui.input(|i| i.pointer.hover_pos());
                if let (Some(at), Some(cell)) = (pointer, self.hanging.cell(on.at)) {
                    let view = self.view(on.at, cell).zoomed((lines * 0.15).exp(), on.patient_at(at));
                    self.hanging.set_view(on.at, view.rounded());
                }
            } else if wheel == Wheel::Scroll {
                if self.hanging.focused() != on.at {
                    self.hanging.focus(on.at);
                    self.wheel_owed = 0.0;
                }
                self.wheel_owed -= lines;
            }
        }
    }

    /// Pays what the wheel owes: one slice a frame, so that every slice asked for is shown; faster only when a fast wheel would leave the eye behind.
    pub(super) fn pay_wheel(&mut self, ui: &Ui) {
        let whole = self.wheel_owed.trunc();
        if whole == 0.0 {
            return;
        }
        let step = (whole.abs() / SLICES_BEHIND).ceil().copysign(whole);
        self.wheel_owed -= step;
        self.scroll(self.hanging.focused(), step as i64);
        ui.ctx().request_repaint();
    }

    pub(super) fn scroll(&mut self, at: At, slices: i64) {
        if slices != 0
            && let Some((cell, shown)) = self.shown(at)
        {
            let (series, to) = (cell.series, self.view(at, cell).scrolled(shown.volume.geometry(), shown.at(), slices));
            self.cine = None;
            self.shelf.look_at(series, to);
        }
    }

    /// Puts the crosshair where the pane was pointed at; it stays inside the volume.
    fn move_crosshair(&mut self, here: PatientPoint, on: &OnScreen) {
        let Some((cell, shown)) = self.shown(on.at) else { return };
        let (geometry, series) = (shown.volume.geometry(), cell.series);
        if geometry.contains(geometry.voxel_of(here)) {
            self.shelf.look_at(series, here);
        }
    }

    /// A pane in this frame.
    pub(super) fn on_screen(&self, at: At, rect: Rect, scale: f32) -> Option<OnScreen> {
        let (cell, shown) = self.shown(at)?;
        let plane = self.view(at, cell).plane(cell.looks_at(shown), pixels(rect, scale)).ok()?;
        Some(OnScreen { at, rect, plane, scale })
    }
}

/// The tool that a drag with another button stands for.
const fn tool_of(drag: Drag) -> Tool {
    match drag {
        Drag::Pan => Tool::Pan,
        Drag::Zoom => Tool::Zoom,
        Drag::Window => Tool::Window,
        Drag::Scroll => Tool::Scroll,
    }
}

fn drag_window(shown: &mut Shown, by: [f64; 2], pace: f64) {
    if let Some(window) = shown.look.voi.window() {
        shown.look.voi = shown.look.voi.with_window(dragged_window(window, by, pace));
        shown.chosen = None;
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
