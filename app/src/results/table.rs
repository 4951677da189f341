//! A table of the document on the screen: numbers on the right of their columns, and the whole to be copied for a spreadsheet.

use crate::controls::{self, Cell, Holds, TableLook};
use crate::design::{self, TEXT};
use egui::{Align, Layout, RichText, Ui, vec2};
use tiresias_reads::report::{Column, Table};
use tiresias_words::ContentHash;

const BETWEEN: f32 = 24.0;
const SPREAD: f32 = 40.0;
/// Words longer than this go on below.
const LONGEST: f32 = 420.0;

/// The height of the row of a title: that of "Copy" in it, or the two would not stand on one line.
const TITLE: f32 = 24.0;
/// How far down in it the words begin.
pub(super) const INSET: f32 = 4.0;

/// Draws it with its title.
pub(super) fn table(ui: &mut Ui, of: &Table) {
    let row = vec2(ui.available_width(), TITLE);
    ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
        ui.label(RichText::new(&of.title).font(design::strong(design::NOTE)).color(TEXT));
        ui.add_space(8.0);
        if controls::link(ui, "Copy", TEXT).on_hover_text("The table, for a spreadsheet").clicked() {
            ui.ctx().copy_text(of.copied());
        }
    });
    let heads: Vec<Cell> = of.columns.iter().map(|column| Cell::of(&column.head)).collect();
    let rows: Vec<Vec<Cell>> = of
        .rows
        .iter()
        .map(|row| {
            let cell = |(words, column): (&String, &Column)| {
                let cell = match (row.is_sum, column.is_number && !column.is_aside) {
                    (true, _) => Cell::sum(words),
                    (false, true) => Cell::strong(words),
                    (false, false) => Cell::of(words),
                };
                if words.parse::<ContentHash>().is_ok() { cell.code() } else { cell }
            };
            row.cells.iter().zip(&of.columns).map(cell).collect()
        })
        .collect();
    let holds = |column: &Column| match (column.is_number, column.is_id) {
        (true, _) => Holds::Numbers,
        (false, true) => Holds::Codes,
        (false, false) => Holds::Words,
    };
    let columns: Vec<Holds> = of.columns.iter().map(holds).collect();
    let last = controls::MEASURE;
    let look = TableLook { name: &of.title, longest: LONGEST, last, between: BETWEEN, spread: SPREAD, columns: &columns };
    controls::table(ui, &look, &heads, &rows);
}
