//! A document on the screen: its parts on the left, one of them in the field, or the page to take it along; charts beside the words where there is room for both.

use super::export::{ExportPage, From};
use super::{chart, table};
use crate::controls::{self, EntryLook, MEASURE, words};
use crate::design::{self, ACCENT, CAUTION, LINE, NAV, PAGE, RAISED, STRONG, TEXT};
use egui::{Align, Align2, Layout, Rect, RichText, Sense, Stroke, Ui, UiBuilder, pos2, vec2};
use tiresias_reads::report::{Block, Chart, Document, page as html};

/// From here on charts stand beside the words.
const TWO_COLUMNS: f32 = 960.0;
/// So wide is a chart at least that has another one beside it, with what is between them.
const BESIDE: f32 = 320.0;
/// The widest chart.
const WIDEST: f32 = 620.0;
/// Between the lines of a page, and behind a row of charts besides.
const LINES_APART: f32 = 8.0;
const BELOW_CHARTS: f32 = 16.0;
/// Above the first words of a page.
const ABOVE: f32 = 20.0;
/// Between a table and what stands above it.
const ABOVE_TABLE: f32 = 14.0;
/// From the edge of an entry of the list to its words.
const ENTRY_INSET: f32 = 10.0;

/// Where the person goes.
pub(super) enum Turned {
    Stay,
    /// To the steps of the desk.
    Desk,
    /// They sign out.
    Out,
}

/// A document that is open.
pub(crate) struct Page {
    document: Document,
    /// The part that is shown; behind the last one, what can be taken along.
    at: usize,
    unfolded: Vec<String>,
    export: ExportPage,
    said: Option<String>,
}

impl Page {
    pub(crate) fn new(document: Document) -> Self {
        Self { document, at: 0, unfolded: Vec::new(), export: ExportPage::default(), said: None }
    }

    /// Draws it.
    pub(super) fn ui(&mut self, ui: &mut Ui, from: &From<'_>) -> Turned {
        let whole = ui.max_rect();
        let (nav, mut field) = whole.split_left_right_at_x(whole.left() + NAV);
        let left = self.nav(ui, nav);
        if let Some(mark) = self.document.watermark.clone() {
            let bar = Rect::from_min_size(field.min, vec2(field.width(), 34.0));
            ui.painter().rect_filled(bar, 0.0, RAISED);
            ui.painter().text(pos2(bar.left() + PAGE, bar.center().y), Align2::LEFT_CENTER, mark, design::strong(design::NOTE), CAUTION);
            field.min.y = bar.bottom();
        }
        let Some(section) = self.document.sections.get(self.at) else {
            self.export.ui(ui, field.shrink2(vec2(PAGE, 0.0)), from, || html(&self.document));
            return left;
        };
        let is_chart = |block: &&Block| matches!(block, Block::Chart(_));
        let (charts, words): (Vec<&Block>, Vec<&Block>) = section.blocks.iter().partition(is_chart);
        let unfolded = &mut self.unfolded;
        let inner = field.shrink2(vec2(PAGE, 0.0));
        if charts.is_empty() || inner.width() < TWO_COLUMNS || words.is_empty() || charts.len() > 3 {
            let blocks: Vec<&Block> = section.blocks.iter().collect();
            let column = Column { place: inner, margin: PAGE, name: (section.key, true), tallest: f32::INFINITY };
            scrolled(ui, &column, &blocks, unfolded);
        } else {
            let (one, two) = inner.split_left_right_at_x(inner.left() + (inner.width() * 0.42).min(560.0));
            ui.painter().vline(one.right() + PAGE / 2.0, field.y_range(), Stroke::new(1.0, LINE));
            let drawn: Vec<&Chart> = charts.iter().filter_map(|block| if let Block::Chart(of) = block { Some(of) } else { None }).collect();
            let room = vec2(one.width().min(WIDEST), one.height() - ABOVE);
            let tallest = chart::tallest(ui, &drawn, room, LINES_APART + BELOW_CHARTS);
            // Its bar stands before the line.
            let column = Column { place: one, margin: PAGE / 2.0 - 2.0, name: (section.key, false), tallest };
            scrolled(ui, &column, &charts, unfolded);
            let two = Rect::from_min_max(pos2(two.left() + PAGE, two.top()), two.max);
            let column = Column { place: two, margin: PAGE, name: (section.key, true), tallest: f32::INFINITY };
            scrolled(ui, &column, &words, unfolded);
        }
        left
    }

    fn nav(&mut self, ui: &mut Ui, rect: Rect) -> Turned {
        let mut left = Turned::Stay;
        controls::list(ui, rect, |ui| {
            if controls::link(ui, "\u{2039} Study desk", TEXT).clicked() {
                left = Turned::Desk;
            }
            ui.add_space(6.0);
            for (at, section) in self.document.sections.iter().enumerate() {
                if entry(ui, section.title, at == self.at) {
                    self.at = at;
                }
            }
            ui.add_space(20.0);
            let behind = self.document.sections.len();
            if entry(ui, "Export", self.at == behind) {
                self.at = behind;
            }
            // It belongs to the entry above, and stands below its words.
            let below = ui.available_rect_before_wrap();
            ui.scope_builder(UiBuilder::new().max_rect(below.with_min_x(below.left() + ENTRY_INSET)), |ui| {
                if controls::link(ui, "Copy as HTML", TEXT).clicked() {
                    ui.ctx().copy_text(html(&self.document));
                    self.said = Some("The report is on the clipboard. As a file: Export.".to_owned());
                }
                if let Some(said) = &self.said {
                    ui.label(RichText::new(said).font(design::regular(design::SMALL)).color(TEXT));
                }
            });
            ui.with_layout(Layout::bottom_up(Align::LEFT), |ui| {
                if controls::link(ui, "Sign out", TEXT).clicked() {
                    left = Turned::Out;
                }
            });
        });
        left
    }
}

/// An entry of the list of parts.
fn entry(ui: &mut Ui, label: &str, is_shown: bool) -> bool {
    controls::entry(ui, &EntryLook { label, note: None, is_shown, opens: true }).clicked()
}

/// A column of a page.
struct Column<'a> {
    place: Rect,
    /// What is free on its right, for its bar.
    margin: f32,
    /// What it is told from others by.
    name: (&'a str, bool),
    /// The tallest field of a curve.
    tallest: f32,
}

fn scrolled(ui: &mut Ui, column: &Column<'_>, blocks: &[&Block], unfolded: &mut Vec<String>) {
    controls::scrolled(ui, column.place, column.margin, column.name, |ui| {
        ui.spacing_mut().item_spacing.y = LINES_APART;
        // Whatever a page begins with, its words begin at the same height.
        let is_table = matches!(blocks.first(), Some(Block::Table(_)));
        ui.add_space(if is_table { ABOVE - table::INSET } else { ABOVE });
        flow(ui, blocks, column.tallest, unfolded);
        ui.add_space(40.0);
    });
}

/// Blocks below each other; charts side by side while there is room.
fn flow(ui: &mut Ui, blocks: &[&Block], tallest: f32, unfolded: &mut Vec<String>) {
    let mut rest = blocks;
    while let Some((first, others)) = rest.split_first() {
        if matches!(first, Block::Chart(_)) {
            let run = rest.iter().take_while(|b| matches!(b, Block::Chart(_))).count();
            let (charts, after) = rest.split_at(run);
            let width = ui.available_width();
            let beside = ((width / BESIDE).floor() as usize).clamp(1, 3);
            let each = (width - PAGE * (beside as f32 - 1.0)) / beside as f32;
            for row in charts.chunks(beside) {
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = PAGE;
                    for block in row {
                        if let Block::Chart(of) = block {
                            ui.vertical(|ui| chart::chart(ui, of, each.min(WIDEST), tallest));
                        }
                    }
                });
                ui.add_space(BELOW_CHARTS);
            }
            rest = after;
            continue;
        }
        if matches!(first, Block::Table(_)) && rest.len() < blocks.len() {
            ui.add_space(ABOVE_TABLE);
        }
        block(ui, first, unfolded);
        rest = others;
    }
}

fn block(ui: &mut Ui, block: &Block, unfolded: &mut Vec<String>) {
    match block {
        Block::Lead { about, sentence } => {
            words(ui, about, design::strong(design::NOTE), TEXT);
            words(ui, sentence, design::strong(design::VALUE), STRONG);
            ui.add_space(4.0);
        }
        Block::Text(text) => words(ui, text, design::regular(design::BODY), TEXT),
        Block::Table(of) => {
            table::table(ui, of);
            ui.add_space(10.0);
        }
        Block::Chart(of) => chart::chart(ui, of, ui.available_width().min(WIDEST), f32::INFINITY),
        Block::Folded { title, blocks } => {
            let is_open = unfolded.contains(title);
            ui.add_space(6.0);
            let sign = if is_open { "\u{2212}" } else { "+" };
            if controls::link(ui, &format!("{sign}  {title}"), if is_open { ACCENT } else { TEXT }).clicked() {
                if is_open { unfolded.retain(|t| t != title) } else { unfolded.push(title.clone()) }
            }
            if is_open {
                let inside: Vec<&Block> = blocks.iter().collect();
                ui.add_space(ABOVE_TABLE);
                flow(ui, &inside, f32::INFINITY, unfolded);
            }
            let rule = ui.allocate_exact_size(vec2(ui.available_width().min(MEASURE), 1.0), Sense::hover()).0;
            ui.painter().hline(rule.x_range(), rule.center().y, Stroke::new(1.0, LINE));
        }
    }
}
