//! Words on a page, in as many lines as they need: they can be selected and copied.

use egui::{Color32, FontId, Label, RichText, Ui, vec2};

/// The widest line of words that is read with ease.
pub(crate) const MEASURE: f32 = 720.0;

/// Draws them.
pub(crate) fn words(ui: &mut Ui, text: &str, font: FontId, colour: Color32) {
    let width = ui.available_width().min(MEASURE);
    ui.allocate_ui(vec2(width, 0.0), |ui| ui.add(Label::new(RichText::new(text).font(font).color(colour)).wrap().selectable(true)));
}
