//! Who reads: the readers that the study's folder holds bundles for.

use super::{column, line};
use crate::controls;
use crate::design::{self, CAUTION, STRONG, TEXT};
use egui::{ScrollArea, Ui, UiBuilder};
use tiresias_reads::study::Study;
use tiresias_words::ReaderId;

/// Height of what stands below the readers.
const BELOW: f32 = 64.0;

/// What was chosen.
pub(crate) enum Choice {
    /// This reader signs in.
    Reader(ReaderId),
    /// Back to the start.
    Back,
}

/// Draws the sign-in of a study. `notice` says what happened before.
pub(crate) fn sign_in(ui: &mut Ui, study: &Study, notice: Option<&str>) -> Option<Choice> {
    let mut choice = None;
    let whole = ui.max_rect();
    ui.scope_builder(UiBuilder::new().max_rect(column(whole)), |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        line(ui, study.protocol().title(), design::strong(design::TITLE), STRONG);
        if let Some(notice) = notice {
            line(ui, notice, design::regular(design::BODY), CAUTION);
            ui.add_space(8.0);
        }
        line(ui, "Who reads?", design::regular(design::BODY), TEXT);
        ui.add_space(16.0);
        // A study may have more readers than a screen has rows; the way back stays in sight below them.
        let place = ui.available_rect_before_wrap();
        let height = (place.height() - BELOW).max(BELOW);
        controls::going_on(ui, place, 0.0, |ui| {
            ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
                for (reader, bundle) in study.bundles() {
                    let row = controls::entry_row(ui, 360.0, bundle.display_name(), reader.as_str(), false);
                    if row.gained_focus() {
                        row.scroll_to_me(None);
                    }
                    if row.clicked() {
                        choice = Some(Choice::Reader(reader.clone()));
                    }
                }
            });
        });
        ui.add_space(16.0);
        if controls::link(ui, "Another study", TEXT).clicked() {
            choice = Some(Choice::Back);
        }
    });
    choice
}
