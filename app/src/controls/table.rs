//! A table of words: every cell can be selected, long cells go on below, and what is wider than its place scrolls, and shows that.

use crate::design::{self, CAUTION, DIM, LINE, ROOM, STRONG, TEXT};
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, Frame, Label, Layout, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, Vec2, pos2, vec2};

/// The height of a row of one line.
const ROW: f32 = 30.0;
/// The height of a line, one for all faces: figures stand on the line of the words beside them.
const LEADING: f32 = 16.0;
/// Above and below the words of a row.
const PAD: f32 = 6.0;
/// The head of a column of numbers goes on below where it is wider than this and than they are: long heads push no column off the page.
const HEAD: f32 = 120.0;
/// The bar of a table that is wider than its place, and how much of it fades at a cut edge.
const BAR: f32 = 4.0;
const FADE: f32 = 32.0;

/// A cell of a table.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) colour: Color32,
    /// It sums up others.
    is_sum: bool,
    /// It is a number or a code.
    is_figures: bool,
}

impl Cell {
    pub(crate) fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), colour: TEXT, is_sum: false, is_figures: false }
    }
    pub(crate) fn caution(text: impl Into<String>) -> Self {
        Self { colour: CAUTION, ..Self::of(text) }
    }
    pub(crate) fn strong(text: impl Into<String>) -> Self {
        Self { colour: STRONG, ..Self::of(text) }
    }
    pub(crate) fn sum(text: impl Into<String>) -> Self {
        Self { is_sum: true, ..Self::strong(text) }
    }

    /// The same where it is a number or a code: digits stand below digits, and it is never broken.
    pub(crate) fn in_figures(self) -> Self {
        Self { is_figures: true, ..self }
    }

    /// Its lines, where they are no longer than `room`.
    fn job(&self, room: f32) -> LayoutJob {
        let font = match (self.is_figures, self.is_sum) {
            (true, _) => design::mono(design::NOTE),
            (false, true) => design::strong(design::NOTE),
            (false, false) => design::regular(design::NOTE),
        };
        let mut job = LayoutJob::single_section(
            self.text.clone(),
            TextFormat { line_height: Some(LEADING), ..TextFormat::simple(font, self.colour) },
        );
        job.wrap.max_width = room;
        job
    }
    /// How much place it takes.
    fn size(&self, ui: &Ui, room: f32) -> Vec2 {
        ui.painter().layout_job(self.job(if self.is_figures { f32::INFINITY } else { room })).size()
    }
}

/// How a table is laid out.
#[derive(Debug)]
pub(crate) struct TableLook<'a> {
    /// What its scroll bar is told from others by.
    pub(crate) name: &'a str,
    /// Words wider than this go on below.
    pub(crate) longest: f32,
    /// Between two columns.
    pub(crate) between: f32,
    /// What may be added between two of them where there is room: a table is not spread so far that its rows are lost.
    pub(crate) spread: f32,
    /// Of each column, whether its cells stand on the right; on the left where nothing is said.
    pub(crate) numbers: &'a [bool],
}

/// Draws it: each column is as wide as its widest cell.
pub(crate) fn table(ui: &mut Ui, look: &TableLook<'_>, heads: &[Cell], rows: &[Vec<Cell>]) {
    let all = || std::iter::once(heads).chain(rows.iter().map(Vec::as_slice));
    let is_number = |at: usize| look.numbers.get(at) == Some(&true);
    let width = |(at, head): (usize, &Cell)| {
        let own = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.size(ui, look.longest).x).fold(0.0, f32::max);
        let room = if is_number(at) { own.max(HEAD) } else { look.longest };
        own.max(head.size(ui, room).x) + 2.0
    };
    let widths: Vec<f32> = heads.iter().enumerate().map(width).collect();
    let (words, gaps) = (widths.iter().sum::<f32>(), widths.len().saturating_sub(1) as f32);
    let least = words + look.between * gaps;
    let over = (ui.available_width() - least).max(0.0);
    let between = look.between + (over / gaps.max(1.0)).min(look.spread);
    let total = words + between * gaps;
    // The scroll area fades its edges into the ground that a frame around it tells.
    Frame::NONE.fill(ROOM).show(ui, |ui| {
        goes_on(ui);
        ScrollArea::horizontal().id_salt(look.name).auto_shrink([false, true]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (n, row) in all().enumerate() {
                let heights: Vec<f32> = row.iter().zip(&widths).map(|(cell, width)| cell.size(ui, *width).y).collect();
                let tallest = heights.iter().copied().fold(0.0, f32::max);
                let (rect, _) = ui.allocate_exact_size(vec2(total, (tallest + 2.0 * PAD).max(ROW)), Sense::hover());
                ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, LINE));
                let mut x = rect.left();
                for (at, ((cell, width), height)) in row.iter().zip(&widths).zip(&heights).enumerate() {
                    // Heads of one line stand with the last line of the others, on their columns.
                    let above = if n == 0 { tallest - height } else { 0.0 };
                    let place = Rect::from_min_max(pos2(x, rect.top() + PAD + above), pos2(x + width, rect.bottom() - PAD));
                    let align = if is_number(at) { Align::RIGHT } else { Align::LEFT };
                    let label = Label::new(cell.job(*width)).selectable(true).wrap();
                    // A child of its own: the row has its height already.
                    ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::top_down(align))).add(label);
                    x += width + between;
                }
            }
        });
    });
}

/// A table that goes on at a side shows it, also to whoever does not look for its bar.
fn goes_on(ui: &mut Ui) {
    let scroll = &mut ui.spacing_mut().scroll;
    (scroll.fade.strength, scroll.fade.size) = (1.0, FADE);
    (scroll.floating_width, scroll.floating_allocated_width) = (BAR, 2.0 * BAR);
    scroll.dormant_handle_opacity = scroll.active_handle_opacity;
    ui.visuals_mut().widgets.inactive.bg_fill = DIM;
}
