//! The list beside a page: the steps of a desk, the parts of a document.

use crate::design::{self, LINE, MARGIN, PANEL, RADIUS, RAISED, STRONG, TEXT};
use egui::{Align2, Rect, Response, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

/// Draws the ground of a list, and what is in it.
pub(crate) fn list(ui: &mut Ui, rect: Rect, content: impl FnOnce(&mut Ui)) {
    ui.painter().rect_filled(rect, 0.0, PANEL);
    ui.painter().vline(rect.right(), rect.y_range(), Stroke::new(1.0, LINE));
    ui.scope_builder(UiBuilder::new().max_rect(rect.shrink2(vec2(MARGIN, MARGIN))), |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        content(ui);
    });
}

/// An entry of a list.
#[derive(Debug)]
pub(crate) struct EntryLook<'a> {
    /// What it leads to.
    pub(crate) label: &'a str,
    /// Its second line, where entries have two.
    pub(crate) note: Option<&'a str>,
    /// Whether it is on the screen now.
    pub(crate) is_shown: bool,
    /// Whether it can be pressed.
    pub(crate) opens: bool,
}

/// Draws it.
pub(crate) fn entry(ui: &mut Ui, look: &EntryLook<'_>) -> Response {
    let sense = if look.opens { Sense::click() } else { Sense::hover() };
    let height = if look.note.is_some() { 48.0 } else { 34.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), sense);
    response.widget_info(|| WidgetInfo::selected(Role::Button, look.opens, look.is_shown, look.label));
    let painter = ui.painter();
    if look.is_shown || (look.opens && response.hovered()) {
        painter.rect_filled(rect, RADIUS, RAISED);
    }
    let (colour, fainter) = match (look.opens, look.is_shown) {
        (false, _) => (TEXT.gamma_multiply(design::DISABLED), TEXT.gamma_multiply(design::DISABLED)),
        (true, true) => (STRONG, TEXT),
        (true, false) => (TEXT, TEXT),
    };
    let (left, font) = (rect.left() + 10.0, design::regular(design::BODY));
    if let Some(note) = look.note {
        design::text(painter, pos2(left, rect.top() + 7.0), Align2::LEFT_TOP, look.label, font, colour);
        let words = design::shortened(painter, note, design::regular(design::SMALL), fainter, rect.width() - 40.0);
        painter.galley(pos2(left, rect.top() + 26.0), words, fainter);
    } else {
        design::text(painter, pos2(left, rect.center().y), Align2::LEFT_CENTER, look.label, font, colour);
    }
    if response.has_focus() {
        design::focus_outline(painter, rect);
    }
    response
}
