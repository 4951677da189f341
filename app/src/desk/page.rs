//! What the desk's pages share: the field with its title, sentences, tables of words.

use crate::controls::words;
use crate::design::{self, CAUTION, LINE, STRONG, TEXT};
use egui::{Color32, Label, Rect, RichText, ScrollArea, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

const ROW: f32 = 30.0;
const BETWEEN: f32 = 20.0;

/// A page that scrolls, under its title.
pub(super) fn page(ui: &mut Ui, field: Rect, title: &str, content: impl FnOnce(&mut Ui)) {
    let inner = field.shrink2(vec2(design::PAGE, 0.0));
    ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| {
        ScrollArea::vertical().id_salt(("page", title)).auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            ui.add_space(24.0);
            if !title.is_empty() {
                words(ui, title, design::strong(design::VALUE), STRONG);
                ui.add_space(4.0);
            }
            content(ui);
            ui.add_space(32.0);
        });
    });
}

/// A heading inside of a page.
pub(super) fn heading(ui: &mut Ui, title: &str) {
    ui.add_space(14.0);
    words(ui, title, design::strong(design::NOTE), TEXT);
}

/// A sentence.
pub(super) fn said(ui: &mut Ui, sentence: &str, colour: Color32) {
    words(ui, sentence, design::regular(design::BODY), colour);
}

/// Secondary words.
pub(super) fn note(ui: &mut Ui, sentence: &str) {
    words(ui, sentence, design::regular(design::NOTE), TEXT);
}

/// What went wrong, where anything did.
pub(super) fn trouble(ui: &mut Ui, sentence: Option<&str>) {
    if let Some(sentence) = sentence {
        said(ui, sentence, CAUTION);
    }
}

/// A cell of a table.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) colour: Color32,
}

impl Cell {
    pub(super) fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), colour: TEXT }
    }
    pub(super) fn caution(text: impl Into<String>) -> Self {
        Self { text: text.into(), colour: CAUTION }
    }
    pub(super) fn strong(text: impl Into<String>) -> Self {
        Self { text: text.into(), colour: STRONG }
    }
}

/// A table of words: each column as wide as its widest cell, at most `longest`; longer cells go on below. Wider than the page, it scrolls.
pub(super) fn table(ui: &mut Ui, name: &str, heads: &[&str], rows: &[Vec<Cell>], longest: f32) {
    let font = || design::regular(design::NOTE);
    let layout = |ui: &Ui, text: &str, room: f32| ui.painter().layout(text.to_owned(), font(), TEXT, room);
    let widths: Vec<f32> = heads
        .iter()
        .enumerate()
        .map(|(at, head)| {
            let cells = rows.iter().filter_map(|r| r.get(at)).map(|c| layout(ui, &c.text, longest).size().x);
            cells.fold(layout(ui, head, longest).size().x, f32::max) + 2.0
        })
        .collect();
    let total: f32 = widths.iter().sum::<f32>() + BETWEEN * widths.len().saturating_sub(1) as f32;
    ScrollArea::horizontal().id_salt(name).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let heads: Vec<Cell> = heads.iter().map(|h| Cell::of(*h)).collect();
        for row in std::iter::once(&heads).chain(rows) {
            let height = row.iter().zip(&widths).map(|(c, w)| layout(ui, &c.text, *w).size().y + 12.0).fold(ROW, f32::max);
            let (rect, _) = ui.allocate_exact_size(vec2(total, height), Sense::hover());
            ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, LINE));
            let mut x = rect.left();
            for (cell, width) in row.iter().zip(&widths) {
                let place = Rect::from_min_max(pos2(x, rect.top() + 6.0), pos2(x + width, rect.bottom() - 6.0));
                let label = Label::new(RichText::new(&cell.text).font(font()).color(cell.colour)).selectable(true).wrap();
                // A child of its own: the row has its height already.
                ui.new_child(UiBuilder::new().max_rect(place)).add(label);
                x += width + BETWEEN;
            }
        }
    });
}
