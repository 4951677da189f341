//! Things to write in: a line of text, a passphrase, a place on the disk. Each has its name above it.

use crate::background::{Coming, Wake, arrived, beside};
use crate::controls::link;
use crate::design::{self, ACCENT, LINE, RADIUS, ROOM, STRONG, TEXT};
use egui::{Align, Align2, Layout, Rect, Response, Role, Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The height of a field's name.
pub(crate) const NAME: f32 = 20.0;
/// The height of the box below it.
pub(crate) const BOX: f32 = 34.0;
/// Between a box's edge and what is in it.
const INSET: f32 = 10.0;
/// What the way to the system's dialog takes of a box.
const BROWSE: f32 = 68.0;

/// A line of text under its name.
pub(crate) fn text_field(ui: &mut Ui, width: f32, name: &str, text: &mut String) -> Response {
    field(ui, width, name, text, (false, 0.0)).0
}

/// A passphrase under its name: nothing of it is shown.
pub(crate) fn secret_field(ui: &mut Ui, width: f32, name: &str, text: &mut Zeroizing<String>) -> Response {
    field(ui, width, name, text, (true, 0.0)).0
}

/// Draws it, with so much room left free at the right of its box; the response of the text, and the box.
fn field(ui: &mut Ui, width: f32, name: &str, text: &mut String, (is_secret, free): (bool, f32)) -> (Response, Rect) {
    let (rect, _) = ui.allocate_exact_size(vec2(width, NAME + BOX), Sense::hover());
    design::text(ui.painter(), rect.left_top(), Align2::LEFT_TOP, name, design::regular(design::NOTE), TEXT);
    let frame = Rect::from_min_max(pos2(rect.left(), rect.top() + NAME), rect.max);
    ui.painter().rect_filled(frame, RADIUS, ROOM);
    let edit = TextEdit::singleline(text)
        .password(is_secret)
        .frame(egui::Frame::NONE)
        .desired_width(f32::INFINITY)
        .font(design::regular(design::BODY))
        .text_color(STRONG);
    // A child of its own: the field has its height already.
    let inner = frame.shrink2(vec2(INSET, 7.0)).with_max_x(frame.right() - INSET - free);
    let response: Response = ui.new_child(UiBuilder::new().max_rect(inner)).add(edit);
    let role = if is_secret { Role::PasswordInput } else { Role::TextInput };
    response.widget_info(|| WidgetInfo::labeled(role, true, name));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(name));
    let stroke = if response.has_focus() { ACCENT } else { LINE };
    ui.painter().rect_stroke(frame, RADIUS, Stroke::new(1.0, stroke), StrokeKind::Inside);
    (response, frame)
}

/// What is asked for in a dialog of the system.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked {
    Folder,
    Files,
    /// A place for a folder or file that is not there yet.
    New,
}

/// A place on the disk: typed, or found with the system's dialog.
#[derive(Default)]
pub(crate) struct PlaceField {
    pub(crate) typed: String,
    dialog: Option<Coming<Vec<PathBuf>>>,
}

impl PlaceField {
    /// What stands in it, when anything does.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        let typed = self.typed.trim();
        (!typed.is_empty()).then(|| PathBuf::from(typed))
    }
    /// The places that stand in it, one behind the other with semicolons between.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.typed.split(';').map(str::trim).filter(|t| !t.is_empty()).map(PathBuf::from).collect()
    }

    /// Draws it with its name; the dialog is one of another thread.
    pub(crate) fn ui(&mut self, ui: &mut Ui, width: f32, name: &str, asked: Asked, wake: &Wake) -> Response {
        if let Some(Ok(found)) = arrived(&mut self.dialog)
            && !found.is_empty()
        {
            self.typed = found.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join("; ");
        }
        let (response, frame) = field(ui, width, name, &mut self.typed, (false, BROWSE));
        // A child of its own, in the box.
        let inside = UiBuilder::new().max_rect(frame.shrink2(vec2(INSET, 0.0))).layout(Layout::right_to_left(Align::Center));
        let browse = link(&mut ui.new_child(inside), "Browse\u{2026}", TEXT);
        browse.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Browse: {name}")));
        if browse.clicked() && self.dialog.is_none() {
            let title = name.to_owned();
            self.dialog = Some(beside("dialog", wake, move || Ok(dialog(&title, asked))));
        }
        response
    }
}

/// Where there is no dialog, the answer is the same as a cancel: a place can still be typed.
fn dialog(title: &str, asked: Asked) -> Vec<PathBuf> {
    let dialog = rfd::FileDialog::new().set_title(title);
    match asked {
        Asked::Folder => dialog.pick_folder().into_iter().collect(),
        Asked::Files => dialog.pick_files().unwrap_or_default(),
        Asked::New => dialog.save_file().into_iter().collect(),
    }
}
