//! Choosing rows and columns: a small sheet of nine squares, by mouse or by the digits of rows and columns. Nothing opens it but the reader.

use super::Room;
use super::hanging::Arrangement;
use crate::design::{self, ACCENT, DIM, LINE, PANEL, RAISED, STRONG};
use egui::{Align2, Key, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

/// Side of a square.
const SQUARE: f32 = 44.0;
const GAP: f32 = 6.0;

impl Room {
    /// Draws the sheet and takes what the mouse chooses.
    pub(super) fn picker(&mut self, ui: &mut Ui, canvas: Rect) {
        let inner = vec2(3.0 * SQUARE + 2.0 * GAP, 3.0 * SQUARE + 2.0 * GAP);
        let sheet = Rect::from_center_size(canvas.center(), inner + vec2(32.0, 84.0));
        let ground = ui.interact(sheet, ui.scope_id().with("rows and columns"), Sense::click());
        ground.widget_info(|| WidgetInfo::labeled(Role::Window, true, "rows and columns"));
        let painter = ui.painter().clone();
        painter.rect_filled(sheet, 8.0, PANEL);
        painter.rect_stroke(sheet, 8.0, Stroke::new(1.0, LINE), StrokeKind::Inside);
        let left = sheet.left() + 16.0;
        design::text(&painter, pos2(left, sheet.top() + 14.0), Align2::LEFT_TOP, "Rows and columns", design::strong(design::BODY), STRONG);
        let foot = pos2(left, sheet.bottom() - 14.0);
        design::text(&painter, foot, Align2::LEFT_BOTTOM, "1 \u{2026} 9, or Esc", design::regular(design::SMALL), DIM);
        let square = |i: usize| {
            let at = vec2((i % 3) as f32, (i / 3) as f32) * (SQUARE + GAP);
            Rect::from_min_size(pos2(left, sheet.top() + 44.0) + at, vec2(SQUARE, SQUARE))
        };
        let mut chosen = None;
        let responses: Vec<_> = (0..9).map(|i| ui.interact(square(i), ui.scope_id().with(("grid", i)), Sense::click())).collect();
        let hovered = responses.iter().position(egui::Response::hovered);
        for (i, response) in responses.iter().enumerate() {
            let [rows, columns] = [i / 3 + 1, i % 3 + 1];
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{rows} x {columns}")));
            let is_part = hovered.is_some_and(|h| i / 3 <= h / 3 && i % 3 <= h % 3);
            painter.rect_filled(square(i), 3.0, RAISED);
            painter.rect_stroke(square(i), 3.0, Stroke::new(1.0, if is_part { ACCENT } else { LINE }), StrokeKind::Inside);
            design::text(
                &painter,
                square(i).center(),
                Align2::CENTER_CENTER,
                format!("{rows} \u{d7} {columns}"),
                design::regular(design::SMALL),
                STRONG,
            );
            if response.clicked() {
                chosen = Some([rows, columns]);
            }
        }
        if let Some([rows, columns]) = chosen {
            self.arrange_in(rows, columns);
        } else if ui.input(|i| i.pointer.any_pressed()) && !ground.contains_pointer() {
            self.picking = false;
        }
    }

    /// A digit chooses, Esc puts the sheet away.
    pub(super) fn picker_key(&mut self, key: Key) {
        match super::commands::digit(key) {
            Some(digit @ 1..=9) => {
                let i = usize::from(digit) - 1;
                self.arrange_in(i / 3 + 1, i % 3 + 1);
            }
            _ => self.picking = key != Key::Escape,
        }
    }

    fn arrange_in(&mut self, rows: usize, columns: usize) {
        let first = self.hanging.cell(self.hanging.focused()).map_or(0, |c| c.series);
        let first = if rows * columns > 1 { 0 } else { first };
        self.arrange(Arrangement::Grid { rows, columns, first });
        self.picking = false;
    }
}
