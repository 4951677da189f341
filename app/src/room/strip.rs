//! The strip of a case's series: a small picture of each with its role, beside the images of cases that have several.
//!
//! A click puts the series into the focused cell. Refuses: names of files and series, numbers and dates; only the role is written, and nothing that a reader
//! of another condition would not see too.

use super::hanging::{Arrangement, MOST_CELLS, pixels};
use super::{Focus, Room};
use crate::design::{self, ACCENT, DIM, PANEL, STRONG, TEXT};
use crate::panes::{self, PaneCache, RenderPath};
use crate::viewer::{Orientation, View};
use egui::{Align2, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use tiresias_reads::hanging::Turn;
use tiresias_reads::workspace::CellView;
use tiresias_words::Slab;

/// Width of the strip.
pub(super) const WIDTH: f32 = 96.0;
/// Side of a picture.
const PICTURE: f32 = 80.0;
/// From one picture to the next.
const STEP: f32 = PICTURE + 24.0;

impl Room {
    /// Whether there is a strip: the case has several series.
    pub(super) fn has_strip(&self) -> bool {
        self.shelf.all().len() > 1
    }

    /// Draws the strip and takes clicks on it. It scrolls where the case has more series than the screen has room for.
    pub(super) fn strip(&mut self, ui: &mut Ui, column: Rect, path: RenderPath) {
        ui.painter().rect_filled(column, 0.0, PANEL);
        self.thumbnails.resize_with(self.shelf.all().len(), PaneCache::default);
        ui.scope_builder(UiBuilder::new().max_rect(column), |ui| {
            ui.spacing_mut().scroll = egui::style::ScrollStyle::thin();
            ScrollArea::vertical().auto_shrink(false).id_salt("strip").show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for series in 0..self.shelf.all().len() {
                    let (place, _) = ui.allocate_exact_size(vec2(column.width(), STEP), Sense::hover());
                    self.strip_entry(ui, column.center().x, place.top() + 8.0, series, path);
                }
            });
        });
    }

    fn strip_entry(&mut self, ui: &Ui, middle: f32, top: f32, series: usize, path: RenderPath) {
        let scale = ui.pixels_per_point();
        let snap = |v: f32| (v * scale).round() / scale;
        let rect = Rect::from_min_size(pos2(snap(middle - PICTURE / 2.0), snap(top)), vec2(PICTURE, PICTURE));
        let response = ui.interact(rect, ui.scope_id().with(("series", series)), Sense::click());
        let Some(shown) = self.shelf.get(series) else { return };
        let role = shown.volume.series().facts.role.to_string();
        let is_focused = self.hanging.cell(self.hanging.focused()).is_some_and(|c| c.series == series);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_focused, format!("show {role}")));
        if ui.is_rect_visible(rect) {
            self.thumbnail(ui, rect, series, path);
        }
        let painter = ui.painter();
        let line = match (is_focused, response.hovered()) {
            (true, _) => ACCENT,
            (false, true) => TEXT,
            (false, false) => DIM,
        };
        painter.rect_stroke(rect.expand(1.0), 0.0, Stroke::new(1.0, line), StrokeKind::Outside);
        let words = design::shortened(painter, &role, design::regular(design::SMALL), STRONG, WIDTH - 8.0);
        painter.galley(pos2(middle - words.size().x / 2.0, rect.bottom() + 3.0), words, STRONG);
        if response.clicked() {
            self.show_series(series);
            self.focus = Focus::Image;
        }
    }

    /// Puts a series into the focused cell; beside each other two reads are looked at on the same one.
    pub(super) fn show_series(&mut self, series: usize) {
        if matches!(self.hanging.arrangement(), Some(Arrangement::Beside(_))) {
            // Both cells have one camera, and a series alone in one of them would be cut along the other's axes.
            let at = self.hanging.focused();
            self.arrange(Arrangement::Beside(series));
            self.hanging.focus(at);
            return;
        }
        let Some(volume) = self.shelf.get(series).map(|s| std::sync::Arc::clone(&s.volume)) else { return };
        let at = self.hanging.focused();
        self.hanging.put(at, series, &volume);
        self.workspace.reopen(at.0, CellView::opened(Turn::NONE));
        self.cancel_sketch();
    }

    /// A small picture of a series' middle image.
    fn thumbnail(&mut self, ui: &Ui, rect: Rect, series: usize, path: RenderPath) {
        let Some(shown) = self.shelf.get(series) else { return };
        let volume = std::sync::Arc::clone(&shown.volume);
        let geometry = volume.geometry();
        let size = pixels(rect, ui.pixels_per_point());
        let middle = geometry.origin_at(f64::from(geometry.size()[2].saturating_sub(1) / 2));
        if !volume.can_show(middle, true) {
            design::text(ui.painter(), rect.center(), Align2::CENTER_CENTER, "\u{2026}", design::regular(design::NOTE), DIM);
            return;
        }
        let Ok(plane) = View::fit(geometry, Orientation::Stack, size).plane(middle, size) else { return };
        let spec = shown.spec(plane, size, Slab::Thin, false);
        if let Some(cache) = self.thumbnails.get_mut(series)
            && let Ok(content) = cache.content(&volume, &spec, path, ui.ctx())
        {
            panes::paint(ui.painter(), rect, MOST_CELLS + series, content);
        }
    }
}
