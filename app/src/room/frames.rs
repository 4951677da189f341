//! Moving pictures: cine by key, and the frame slider of series that are no volume.
//!
//! Frames follow each other at the time that the images state, else ten a second; the picture starts again behind its last frame. Whoever scrolls stops it.

use super::Room;
use super::hanging::At;
use crate::design::{ACCENT, DIM, STRONG};
use egui::{Color32, Rect, Response, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::time::Duration;

/// Height of the slider, at the foot of the pane.
pub(super) const SLIDER: f32 = 22.0;
/// Between frames of images that state no time.
const UNHURRIED: Duration = Duration::from_millis(100);

impl Room {
    /// Starts or stops the moving picture in the focused cell.
    pub(super) fn toggle_cine(&mut self) {
        let can_move = self.focused_volume().is_some_and(|v| v.is_complete() && v.series().len() > 1);
        // Due at once; the clock is read when the next frame is drawn.
        self.cine = if self.cine.is_none() && can_move { Some((self.hanging.focused(), Duration::ZERO)) } else { None };
    }

    /// Shows the next frame when it is due.
    pub(super) fn play(&mut self, ui: &Ui, now: Duration) {
        let Some((at, due)) = self.cine else { return };
        let Some((cell, shown)) = self.shown(at) else {
            self.cine = None;
            return;
        };
        let time = shown.volume.series().frame_time.unwrap_or(UNHURRIED);
        if now >= due {
            let (series, geometry) = (cell.series, shown.volume.geometry());
            let view = self.view(at, cell);
            let place = view.slice_position(geometry, shown.at());
            let next = if place.number >= place.of { 1 } else { place.number + 1 };
            let to = view.scrolled_to(geometry, shown.at(), i64::from(next));
            self.shelf.look_at(series, to);
            // A frame that came late is no reason to hurry the next ones.
            let next = due + time;
            self.cine = Some((at, if next > now { next } else { now + time }));
        }
        let next = self.cine.map_or(now, |(_, due)| due);
        ui.ctx().request_repaint_after(next.saturating_sub(now));
    }

    /// Takes the pointer on a cell's frame slider; it is drawn later, above the image. `None` where there is none.
    pub(super) fn slider(&mut self, ui: &Ui, at: At, pane: Rect) -> Option<Response> {
        let (cell, shown) = self.shown(at).filter(|(_, s)| s.volume.has_slider())?;
        let (series, geometry) = (cell.series, shown.volume.geometry());
        let rect = Rect::from_min_max(pos2(pane.left() + 10.0, pane.bottom() - SLIDER), pos2(pane.right() - 10.0, pane.bottom()));
        let response = ui.interact(rect, ui.scope_id().with(("frame slider", at.0)), Sense::click_and_drag());
        let view = self.view(at, cell);
        let mut place = view.slice_position(geometry, shown.at());
        if let Some(pointer) = response.interact_pointer_pos() {
            let part = ((pointer.x - rect.left()) / rect.width()).clamp(0.0, 1.0);
            let number = i64::from((part * (place.of.max(2) - 1) as f32).round() as u32 + 1);
            let to = view.scrolled_to(geometry, shown.at(), number);
            place = view.slice_position(geometry, to);
            self.cine = None;
            self.shelf.look_at(series, to);
        }
        response.widget_info(|| WidgetInfo::slider(true, f64::from(place.number), "frame"));
        Some(response)
    }

    /// Draws a cell's frame slider over the image.
    pub(super) fn draw_slider(&self, ui: &Ui, at: At, response: &Response) {
        let Some(place) = self.slice_position(at) else { return };
        let (rect, painter) = (response.rect, ui.painter());
        let y = rect.center().y;
        let x = rect.left() + rect.width() * (place.number - 1) as f32 / (place.of.max(2) - 1) as f32;
        // A dark halo, so that it stands out from any image.
        painter.hline(rect.x_range(), y, Stroke::new(5.0, Color32::BLACK));
        painter.hline(rect.x_range(), y, Stroke::new(2.0, DIM));
        painter.hline(rect.left()..=x, y, Stroke::new(2.0, ACCENT));
        let knob = if response.hovered() || response.dragged() { STRONG } else { ACCENT };
        painter.rect_filled(Rect::from_center_size(pos2(x, y), vec2(4.0, 14.0)), 2.0, knob);
    }
}
