//! What the desk's pages share: the field with its title, sentences, tables of words.

use crate::controls::{self, TableLook, words};
pub(super) use crate::controls::{Cell, Holds};
use crate::design::{self, CAUTION, STRONG, TEXT};
use egui::{Color32, Rect, Ui, vec2};

/// Between two columns of a table.
const BETWEEN: f32 = 20.0;

/// A page that scrolls, under its title.
pub(super) fn page(ui: &mut Ui, field: Rect, title: &str, content: impl FnOnce(&mut Ui)) {
    let inner = field.shrink2(vec2(design::PAGE, 0.0));
    controls::scrolled(ui, inner, design::PAGE, ("page", title), |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        ui.add_space(24.0);
        if !title.is_empty() {
            words(ui, title, design::strong(design::VALUE), STRONG);
            ui.add_space(4.0);
        }
        content(ui);
        ui.add_space(32.0);
    });
}

/// A heading inside of a page.
pub(super) fn heading(ui: &mut Ui, title: &str) {
    ui.add_space(14.0);
    words(ui, title, design::strong(design::NOTE), TEXT);
}

/// A sentence.
pub(super) fn said(ui: &mut Ui, sentence: &str, colour: Color32) {
    controls::sentence(ui, sentence, design::regular(design::BODY), colour);
}

/// Secondary words.
pub(super) fn note(ui: &mut Ui, sentence: &str) {
    controls::sentence(ui, sentence, design::regular(design::NOTE), TEXT);
}

/// What went wrong, where anything did.
pub(super) fn trouble(ui: &mut Ui, sentence: Option<&str>) {
    if let Some(sentence) = sentence {
        said(ui, sentence, CAUTION);
    }
}

/// A table of words: each column as wide as its widest cell, at most `longest`; longer cells go on below. Wider than the page, it scrolls.
pub(super) fn table(ui: &mut Ui, name: &str, heads: &[(&str, Holds)], rows: &[Vec<Cell>], longest: f32) {
    let columns: Vec<Holds> = heads.iter().map(|(_, holds)| *holds).collect();
    let heads: Vec<Cell> = heads.iter().map(|(head, _)| Cell::of(*head)).collect();
    controls::table(ui, &TableLook { name, longest, last: longest, between: BETWEEN, spread: 0.0, columns: &columns }, &heads, rows);
}
