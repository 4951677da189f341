//! Every key on one page, on request. Any key or click puts it away.

use super::Room;
use crate::design::{self, DIM, LINE, PANEL, STRONG, TEXT};
use egui::{Align2, Color32, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

/// Keys and what they do: image on the left, form on the right.
const KEYS: [(&str, &[(&str, &str)]); 4] = [
    (
        "Image",
        &[
            ("wheel, \u{2191} \u{2193}", "scroll"),
            ("PgUp PgDn", "scroll by ten"),
            ("Home End", "first, last slice"),
            ("1 \u{2026} 9", "windows: study\u{2019}s, images\u{2019}"),
            ("i", "invert"),
            ("h v t", "mirror, upend, turn"),
            ("f  0", "all of it, 1:1"),
            ("c", "moving picture"),
            ("e", "window to region or image"),
            ("r", "reset the view"),
        ],
    ),
    (
        "Panes",
        &[
            ("Tab", "next pane"),
            ("double click", "one pane, all panes"),
            ("g", "as opened, planes, images"),
            ("Shift g", "rows and columns"),
            ("j  [ ]", "slab, thinner, thicker"),
            ("l", "link series, or not"),
            ("Del", "delete a measurement"),
            ("Ctrl z, y", "undo, do again"),
            ("o", "text on the image"),
            ("Shift o", "the image\u{2019}s own drawings"),
        ],
    ),
    (
        "Mouse and tools",
        &[
            ("left", "the active tool"),
            ("middle", "pan"),
            ("right", "zoom"),
            ("Ctrl wheel", "zoom at the pointer"),
            ("Shift, Ctrl", "fine, coarse window"),
            ("w s z p", "window, scroll, zoom, pan"),
            ("x u k", "crosshair, value, lens"),
            ("d n b", "length, angle, diameters"),
            ("q", "ellipse, rectangle, by hand"),
            ("m", "mark"),
        ],
    ),
    (
        "Form",
        &[
            ("\u{23ce}", "to the form, next question"),
            ("0 \u{2026} 9", "score, choice"),
            ("Tab", "next question"),
            ("Del", "take back, delete mark"),
            ("Esc", "cancel, back to the image"),
            ("Ctrl \u{23ce}", "lock this read"),
            ("?", "this page"),
        ],
    ),
];

impl Room {
    /// Draws the page; `open_before` says that it was open before this frame's input: a click closes it then. Keys are `commands`'.
    pub(super) fn help_overlay(&mut self, ui: &mut Ui, whole: Rect, open_before: bool) {
        let backdrop = ui.interact(whole, ui.scope_id().with("help"), Sense::click());
        backdrop.widget_info(|| WidgetInfo::labeled(Role::Window, true, "keys"));
        let painter = ui.painter();
        painter.rect_filled(whole, 0.0, Color32::from_black_alpha(190));
        let size = vec2(1180.0f32.min(whole.width() - 32.0), 368.0);
        let sheet = Rect::from_center_size(whole.center(), size);
        painter.rect_filled(sheet, 8.0, PANEL);
        painter.rect_stroke(sheet, 8.0, Stroke::new(1.0, LINE), StrokeKind::Inside);
        let column = (size.x - 48.0) / KEYS.len() as f32;
        for (i, (title, keys)) in KEYS.iter().enumerate() {
            let left = sheet.left() + 24.0 + column * i as f32;
            let mut y = sheet.top() + 24.0;
            design::text(painter, pos2(left, y), Align2::LEFT_TOP, title, design::strong(design::BODY), STRONG);
            y += 32.0;
            for (key, does) in *keys {
                design::text(painter, pos2(left, y), Align2::LEFT_TOP, key, design::regular(design::NOTE), STRONG);
                design::text(painter, pos2(left + 96.0, y), Align2::LEFT_TOP, does, design::regular(design::NOTE), TEXT);
                y += 24.0;
            }
        }
        let foot = pos2(sheet.left() + 24.0, sheet.bottom() - 20.0);
        design::text(painter, foot, Align2::LEFT_BOTTOM, "Any key or click closes this page.", design::regular(design::SMALL), DIM);
        if open_before && backdrop.clicked() {
            self.help = false;
        }
    }
}
