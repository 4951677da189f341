//! A table on the screen: numbers on the right of their columns, every cell to be selected, the whole to be copied for a spreadsheet.

use crate::controls;
use crate::design::{self, LINE, STRONG, TEXT};
use egui::{Align, FontId, Label, Layout, Rect, RichText, ScrollArea, Sense, Stroke, Ui, UiBuilder, pos2, vec2};
use tiresias_reads::report::Table;

const ROW: f32 = 30.0;
const BETWEEN: f32 = 24.0;
/// Words longer than this go on below.
const LONGEST: f32 = 420.0;

/// Draws it with its title.
pub(super) fn table(ui: &mut Ui, of: &Table) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(&of.title).font(design::strong(design::NOTE)).color(TEXT));
        ui.add_space(8.0);
        if controls::link(ui, "Copy", TEXT).on_hover_text("The table, for a spreadsheet").clicked() {
            ui.ctx().copy_text(of.copied());
        }
    });
    let widths = widths(ui, of);
    let total: f32 = widths.iter().sum::<f32>() + BETWEEN * widths.len().saturating_sub(1) as f32;
    let room = ui.available_width();
    // What is left over goes between the columns, but a table is not spread so far that its rows are lost.
    let spread = ((room.min(total + 260.0) - total) / widths.len().saturating_sub(1).max(1) as f32).max(0.0);
    ScrollArea::horizontal().id_salt(&of.title).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let heads: Vec<String> = of.columns.iter().map(|c| c.head.clone()).collect();
        row(ui, of, &widths, spread, &heads, Weight::Head);
        for r in &of.rows {
            row(ui, of, &widths, spread, &r.cells, if r.is_sum { Weight::Sum } else { Weight::Plain });
        }
    });
}

#[derive(Clone, Copy, PartialEq)]
enum Weight {
    Head,
    Plain,
    Sum,
}

fn font(weight: Weight) -> FontId {
    if weight == Weight::Sum { design::strong(design::NOTE) } else { design::regular(design::NOTE) }
}

fn widths(ui: &Ui, of: &Table) -> Vec<f32> {
    let width = |text: &str| ui.painter().layout(text.to_owned(), design::strong(design::NOTE), TEXT, LONGEST).size().x;
    let column = |(at, column): (usize, &tiresias_reads::report::Column)| {
        let cells = of.rows.iter().filter_map(|r| r.cells.get(at)).map(|c| width(c));
        cells.fold(width(&column.head), f32::max) + 2.0
    };
    of.columns.iter().enumerate().map(column).collect()
}

fn row(ui: &mut Ui, of: &Table, widths: &[f32], spread: f32, cells: &[String], weight: Weight) {
    let layout = |text: &str, width: f32| ui.painter().layout(text.to_owned(), font(weight), TEXT, width).size().y;
    let height = cells.iter().zip(widths).map(|(cell, width)| layout(cell, *width) + 12.0).fold(ROW, f32::max);
    let total: f32 = widths.iter().sum::<f32>() + (BETWEEN + spread) * widths.len().saturating_sub(1) as f32;
    let (rect, _) = ui.allocate_exact_size(vec2(total, height), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, LINE));
    let mut x = rect.left();
    for ((cell, width), column) in cells.iter().zip(widths).zip(&of.columns) {
        let place = Rect::from_min_max(pos2(x, rect.top() + 6.0), pos2(x + width, rect.bottom() - 6.0));
        let colour = match (weight, column.is_number && !column.is_aside) {
            (Weight::Sum, _) => STRONG,
            (Weight::Plain, true) => STRONG,
            _ => TEXT,
        };
        let align = if column.is_number { Align::RIGHT } else { Align::LEFT };
        let label = Label::new(RichText::new(cell).font(font(weight)).color(colour)).selectable(true).wrap();
        // A child of its own: the row has its height already.
        ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::top_down(align))).add(label);
        x += width + BETWEEN + spread;
    }
}
