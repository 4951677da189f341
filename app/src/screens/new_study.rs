//! A new study: its template, its name and its folder.

use super::{column, line};
use crate::background::Wake;
use crate::controls::{self, Asked, PlaceField};
use crate::design::{self, CAUTION, FIELD, STRONG, TEXT};
use egui::{Ui, vec2};
use std::path::PathBuf;
use tiresias_reads::protocol::TEMPLATES;

/// What is typed and chosen.
#[derive(Default)]
pub(crate) struct NewStudy {
    template: usize,
    name: String,
    place: PlaceField,
    pub(crate) trouble: Option<String>,
    /// The folder is being made.
    pub(crate) busy: bool,
}

/// What was chosen.
pub(crate) enum Choice {
    /// Begin a study in this folder, from the template of this name.
    Begin(PathBuf, &'static str),
    Back,
}

/// Draws the page.
pub(crate) fn new_study(ui: &mut Ui, page: &mut NewStudy, wake: &Wake) -> Option<Choice> {
    let mut choice = None;
    let whole = ui.max_rect();
    controls::scrolled(ui, column(whole), design::MARGIN, "a new study", |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        line(ui, "A new study", design::strong(design::TITLE), STRONG);
        line(ui, "It begins with the protocol of a common design, which you change as you need it.", design::regular(design::BODY), TEXT);
        ui.add_space(8.0);
        for (at, template) in TEMPLATES.iter().enumerate() {
            if controls::entry_row(ui, FIELD, template.about, template.name, at == page.template).clicked() {
                page.template = at;
            }
        }
        ui.add_space(20.0);
        page.place.ui(ui, FIELD, "Where the study\u{2019}s folder is made", Asked::Folder, wake);
        ui.add_space(6.0);
        controls::text_field(ui, FIELD, "Name of the study\u{2019}s folder", &mut page.name);
        if let Some(trouble) = &page.trouble {
            line(ui, trouble, design::regular(design::BODY), CAUTION);
        }
        ui.add_space(8.0);
        let name = page.name.trim();
        let folder = page.place.path().filter(|_| !name.is_empty()).map(|place| place.join(name));
        let begins = controls::action(ui, vec2(280.0, 44.0), "Begin the study", None, folder.is_some() && !page.busy).clicked();
        if let (true, Some(folder), Some(template)) = (begins, folder, TEMPLATES.get(page.template)) {
            choice = Some(Choice::Begin(folder, template.name));
        }
        // The folder that is being made is shown nowhere else.
        ui.add_enabled_ui(!page.busy, |ui| {
            if controls::link(ui, "Back to the start", TEXT).clicked() {
                choice = Some(Choice::Back);
            }
        });
    });
    choice
}
