//! Moving pictures: cine by key, and the frame slider of series that are no volume.
//!
//! Frames follow each other at the time that the images state, else ten a second; the picture starts again behind its last frame. Whoever scrolls stops it.

use super::Room;
use super::hanging::Pane;
use crate::design::{ACCENT, DIM, STRONG};
use crate::volume::ShownVolume;
use egui::{Color32, Rect, Response, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::time::Duration;

/// Height of the slider, at the foot of the pane.
pub(super) const SLIDER: f32 = 22.0;
/// Between frames of images that state no time.
const UNHURRIED: Duration = Duration::from_millis(100);

impl Room {
    /// Starts or stops the moving picture.
    pub(super) fn toggle_cine(&mut self) {
        self.cine = match self.cine {
            Some(_) => None,
            // Due at once; the clock is read when the next frame is drawn.
            None => self.volume().filter(|v| v.is_complete() && v.series().len() > 1).map(|_| Duration::ZERO),
        };
    }

    /// Shows the next frame when it is due.
    pub(super) fn play(&mut self, ui: &Ui, now: Duration) {
        let (Some(due), Some(volume)) = (self.cine, self.volume().cloned()) else { return };
        let time = volume.series().frame_time.unwrap_or(UNHURRIED);
        if now >= due {
            let pane = self.hanging.focused();
            if let Some(view) = self.hanging.view(pane) {
                let at = view.slice_position(volume.geometry(), self.crosshair);
                let next = if at.number >= at.of { 1 } else { at.number + 1 };
                self.crosshair = view.scrolled_to(volume.geometry(), self.crosshair, i64::from(next));
            }
            // A frame that came late is no reason to hurry the next ones.
            let next = due + time;
            self.cine = Some(if next > now { next } else { now + time });
        }
        ui.ctx().request_repaint_after(self.cine.unwrap_or(now).saturating_sub(now));
    }

    /// Whether the images have a slider: several of them that are no volume.
    pub(super) fn has_slider(&self, volume: &ShownVolume) -> bool {
        !volume.is_in_patient() && volume.series().len() > 1
    }

    /// Takes the pointer on the frame slider; it is drawn later, above the image. `None` where there is none.
    pub(super) fn slider(&mut self, ui: &Ui, volume: &ShownVolume, placed: &[(Pane, Rect)]) -> Option<Response> {
        let (_, pane) = placed.first().filter(|_| self.has_slider(volume))?;
        let view = self.hanging.view(Pane::Main)?;
        let rect = Rect::from_min_max(pos2(pane.left() + 10.0, pane.bottom() - SLIDER), pos2(pane.right() - 10.0, pane.bottom()));
        let response = ui.interact(rect, ui.scope_id().with("frame slider"), Sense::click_and_drag());
        let at = view.slice_position(volume.geometry(), self.crosshair);
        let steps = (at.of.max(2) - 1) as f32;
        if let Some(pointer) = response.interact_pointer_pos() {
            let part = ((pointer.x - rect.left()) / rect.width()).clamp(0.0, 1.0);
            let number = i64::from((part * steps).round() as u32 + 1);
            self.cine = None;
            self.crosshair = view.scrolled_to(volume.geometry(), self.crosshair, number);
        }
        let at = view.slice_position(volume.geometry(), self.crosshair);
        response.widget_info(|| WidgetInfo::slider(true, f64::from(at.number), "frame"));
        Some(response)
    }

    /// Draws the frame slider over the image.
    pub(super) fn draw_slider(&self, ui: &Ui, volume: &ShownVolume, response: &Response) {
        let Some(view) = self.hanging.view(Pane::Main) else { return };
        let at = view.slice_position(volume.geometry(), self.crosshair);
        let (rect, painter) = (response.rect, ui.painter());
        let y = rect.center().y;
        let x = rect.left() + rect.width() * (at.number - 1) as f32 / (at.of.max(2) - 1) as f32;
        // A dark halo, so that it stands out from any image.
        painter.hline(rect.x_range(), y, Stroke::new(5.0, Color32::BLACK));
        painter.hline(rect.x_range(), y, Stroke::new(2.0, DIM));
        painter.hline(rect.left()..=x, y, Stroke::new(2.0, ACCENT));
        let knob = if response.hovered() || response.dragged() { STRONG } else { ACCENT };
        painter.rect_filled(Rect::from_center_size(pos2(x, y), vec2(4.0, 14.0)), 2.0, knob);
    }
}
