//! A table of words: every cell can be selected, long cells go on below, and what is wider than its place scrolls, and shows that.

use super::scrolled::going_on;
use crate::design::{self, BAR, CAUTION, LINE, STRONG, TEXT};
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, FontId, Label, Layout, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, Vec2, pos2, vec2};

/// The height of a row of one line.
const ROW: f32 = 30.0;
/// The height of a line, one for all faces: figures stand on the line of the words beside them.
const LEADING: f32 = 16.0;
/// Above and below the words of a row.
const PAD: f32 = 6.0;
/// Where the heads of columns of numbers have no room in one line, those go on below that are wider than this and than their numbers: they push no column off the page.
const HEAD: f32 = 120.0;

/// What stands in a column of a table, which says how its cells are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Words: on the left, and long ones go on below.
    Words,
    /// Ids, hashes, dates and times: on the left, sign below sign, and never broken.
    Codes,
    /// Numbers: on the right, digit below digit, and never broken.
    Numbers,
}

impl Holds {
    /// The face of its cells.
    pub(crate) const fn font(self) -> FontId {
        match self {
            Self::Words => design::regular(design::NOTE),
            Self::Codes | Self::Numbers => design::mono(design::NOTE),
        }
    }
    /// The side on which its cells and its head stand.
    pub(crate) const fn side(self) -> Align {
        match self {
            Self::Words | Self::Codes => Align::LEFT,
            Self::Numbers => Align::RIGHT,
        }
    }
}

/// A cell of a table.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) colour: Color32,
    /// It sums up others.
    is_sum: bool,
    /// It is a code, whatever stands in its column.
    is_code: bool,
}

impl Cell {
    pub(crate) fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), colour: TEXT, is_sum: false, is_code: false }
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

    /// The same where it is a code among words.
    pub(crate) fn code(self) -> Self {
        Self { is_code: true, ..self }
    }

    /// What it holds itself, in a column of this: what sums up ids is a word.
    const fn holds(&self, column: Holds) -> Holds {
        match column {
            Holds::Words if self.is_code => Holds::Codes,
            Holds::Codes if self.is_sum => Holds::Words,
            column => column,
        }
    }
    /// Its lines in a column of this, where they are no longer than `room`.
    fn job(&self, column: Holds, room: f32) -> LayoutJob {
        let font = match self.holds(column) {
            Holds::Words if self.is_sum => design::strong(design::NOTE),
            holds => holds.font(),
        };
        let mut job = LayoutJob::single_section(
            self.text.clone(),
            TextFormat { line_height: Some(LEADING), ..TextFormat::simple(font, self.colour) },
        );
        job.wrap.max_width = room;
        job
    }
    /// How much place it takes there.
    fn size(&self, ui: &Ui, column: Holds, room: f32) -> Vec2 {
        let room = if self.holds(column) == Holds::Words { room } else { f32::INFINITY };
        ui.painter().layout_job(self.job(column, room)).size()
    }
}

/// How a table is laid out.
#[derive(Debug)]
pub(crate) struct TableLook<'a> {
    /// What its scroll bar is told from others by.
    pub(crate) name: &'a str,
    /// Words wider than this go on below.
    pub(crate) longest: f32,
    /// Words of the last column do so only where they are wider than this, if there is room.
    pub(crate) last: f32,
    /// Between two columns.
    pub(crate) between: f32,
    /// What may be added between two of them where there is room: a table is not spread so far that its rows are lost.
    pub(crate) spread: f32,
    /// Of each column, what stands in it; words where nothing is said.
    pub(crate) columns: &'a [Holds],
}

impl TableLook<'_> {
    /// What stands in a column.
    fn column(&self, at: usize) -> Holds {
        self.columns.get(at).copied().unwrap_or(Holds::Words)
    }
}

/// Draws it.
pub(crate) fn table(ui: &mut Ui, look: &TableLook<'_>, heads: &[Cell], rows: &[Vec<Cell>]) {
    let all = || std::iter::once(heads).chain(rows.iter().map(Vec::as_slice));
    let widths = widths(ui, look, heads, rows);
    let (words, gaps) = (widths.iter().sum::<f32>(), widths.len().saturating_sub(1) as f32);
    let over = (ui.available_width() - words - look.between * gaps).max(0.0);
    let between = look.between + (over / gaps.max(1.0)).min(look.spread);
    let total = words + between * gaps;
    let place = ui.available_rect_before_wrap();
    going_on(ui, place, 0.0, |ui| {
        // Below its rows, not over the last of them.
        ui.spacing_mut().scroll.floating_allocated_width = 2.0 * BAR;
        ScrollArea::horizontal().id_salt(look.name).auto_shrink([false, true]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (n, row) in all().enumerate() {
                // Heads are words, whatever stands below them.
                let holds = |at: usize| if n == 0 { Holds::Words } else { look.column(at) };
                let heights: Vec<f32> =
                    row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| cell.size(ui, holds(at), *width).y).collect();
                let tallest = heights.iter().copied().fold(0.0, f32::max);
                let (rect, _) = ui.allocate_exact_size(vec2(total, (tallest + 2.0 * PAD).max(ROW)), Sense::hover());
                ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, LINE));
                let mut x = rect.left();
                for (at, ((cell, width), height)) in row.iter().zip(&widths).zip(&heights).enumerate() {
                    // Heads of one line stand with the last line of the others, on their columns.
                    let above = if n == 0 { tallest - height } else { 0.0 };
                    let place = Rect::from_min_max(pos2(x, rect.top() + PAD + above), pos2(x + width, rect.bottom() - PAD));
                    let label = Label::new(cell.job(holds(at), *width)).selectable(true).wrap();
                    // A child of its own: the row has its height already.
                    ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::top_down(look.column(at).side()))).add(label);
                    x += width + between;
                }
            }
        });
    });
}

/// How wide each column is: as its widest cell, and as its head, which takes the room that there is.
fn widths(ui: &Ui, look: &TableLook<'_>, heads: &[Cell], rows: &[Vec<Cell>]) -> Vec<f32> {
    let widest = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| cell.size(ui, look.column(at), look.longest).x).fold(0.0, f32::max)
    };
    let own: Vec<f32> = (0..heads.len()).map(widest).collect();
    // Where the heads of numbers may be as wide as this.
    let all = |most: f32| -> Vec<f32> {
        let width = |(at, (head, own)): (usize, (&Cell, &f32))| {
            let room = if look.column(at) == Holds::Numbers { own.max(most) } else { look.longest };
            own.max(head.size(ui, Holds::Words, room).x) + 2.0
        };
        heads.iter().zip(&own).enumerate().map(width).collect()
    };
    let room = ui.available_width() - look.between * heads.len().saturating_sub(1) as f32;
    // As few as may be go on below: the widest first.
    let numbers = heads.iter().enumerate().filter(|(at, _)| look.column(*at) == Holds::Numbers);
    let mut steps: Vec<f32> =
        numbers.map(|(_, head)| head.size(ui, Holds::Words, look.longest).x + 1.0).filter(|step| *step > HEAD).collect();
    steps.sort_by(|a, b| b.total_cmp(a));
    let mut widths = steps.into_iter().map(all).find(|widths| widths.iter().sum::<f32>() <= room).unwrap_or_else(|| all(HEAD));
    // What is left goes to the last column first, where words of it go on below.
    let left = room - widths.iter().sum::<f32>();
    let at = widths.len().saturating_sub(1);
    if let Some(last) = widths.last_mut()
        && look.column(at) == Holds::Words
        && left > 0.0
    {
        let cells = rows.iter().filter_map(|row| row.get(at));
        let whole = cells.map(|cell| cell.size(ui, Holds::Words, look.last).x + 2.0).fold(*last, f32::max);
        *last = whole.min(*last + left);
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::epaint::TextShape;
    use egui::{Context, FontFamily, Pos2, RawInput, Shape};

    /// The texts of a table in a window of this width.
    fn drawn(width: f32, columns: &[Holds], heads: &[&str], rows: &[Vec<Cell>]) -> Vec<TextShape> {
        let context = Context::default();
        design::install(&context);
        let heads: Vec<Cell> = heads.iter().map(|head| Cell::of(*head)).collect();
        let look = TableLook { name: "table", longest: 420.0, last: 720.0, between: 24.0, spread: 40.0, columns };
        let mut texts = Vec::new();
        // What scrolls knows its size from the frame before.
        for _ in 0..2 {
            let screen = Rect::from_min_size(Pos2::ZERO, vec2(width, 300.0));
            let input = RawInput { screen_rect: Some(screen), ..RawInput::default() };
            let mut output = context.run_ui(input, |ui| table(ui, &look, &heads, rows));
            // Nothing is painted here.
            output.textures_delta.clear();
            let text = |shape| if let Shape::Text(text) = shape { Some(text) } else { None };
            texts = output.shapes.into_iter().filter_map(|clipped| text(clipped.shape)).collect();
        }
        texts
    }

    fn of<'a>(texts: &'a [TextShape], words: &str) -> &'a TextShape {
        texts.iter().find(|text| text.galley.text() == words).expect("it is drawn")
    }

    /// They went on below at 120 points in a window of any width.
    #[test]
    fn heads_of_numbers_take_the_room_that_there_is() {
        let heads = ["Reader", "Cases without the signal", "Weighted AFROC area"];
        let rows = [["sim-01", "6", "0.750"].map(Cell::of).to_vec()];
        // In one line each where both have room, else the shorter of them, else none.
        for (width, lines) in [(1000.0, [1, 1]), (370.0, [2, 1]), (330.0, [2, 2])] {
            let texts = drawn(width, &[Holds::Codes, Holds::Numbers, Holds::Numbers], &heads, &rows);
            assert_eq!([heads[1], heads[2]].map(|head| of(&texts, head).galley.rows.len()), lines, "{width}");
        }
    }

    /// References went on below at 420 points, with most of a wide page empty.
    #[test]
    fn the_last_column_of_words_takes_the_room_that_there_is() {
        let words = "A comparison of denominator degrees of freedom methods for multiple observer ROC analysis";
        let row = vec![vec![Cell::of("1"), Cell::of(words)]];
        let lines = |width: f32| of(&drawn(width, &[Holds::Codes, Holds::Words], &["No.", "From"], &row), words).galley.rows.len();
        assert_eq!([1000.0, 500.0].map(lines), [1, 2]);
        // Beside no column that follows.
        let row = vec![vec![Cell::of(words), Cell::of("1")]];
        assert_eq!(of(&drawn(1000.0, &[Holds::Words, Holds::Codes], &["From", "No."], &row), words).galley.rows.len(), 2);
    }

    #[test]
    fn codes_stand_on_the_left_and_numbers_on_the_right_digit_below_digit() {
        let rows = [
            ["sim-01", "6", "late"].map(Cell::of).to_vec(),
            ["adjudicator", "1572", "none"].map(Cell::of).to_vec(),
            vec![Cell::sum("all"), Cell::sum("1578"), Cell::of("0f80ca0161a6").code()],
        ];
        let texts = drawn(700.0, &[Holds::Codes, Holds::Numbers, Holds::Words], &["Reader", "Reads", "Why"], &rows);
        let place = |words: &str| {
            let text = of(&texts, words);
            text.galley.rect.translate(text.pos.to_vec2())
        };
        for (one, other) in [("Reads", "6"), ("6", "1572"), ("1572", "1578")] {
            assert!((place(one).right() - place(other).right()).abs() < 1.0, "{one} over {other}");
        }
        for (one, other) in [("Reader", "sim-01"), ("sim-01", "adjudicator"), ("adjudicator", "all")] {
            assert!((place(one).left() - place(other).left()).abs() < 1.0, "{one} over {other}");
        }
        let faces = [("Reader", false), ("sim-01", true), ("all", false), ("Reads", false), ("6", true), ("1578", true), ("none", false)];
        for (words, is_mono) in faces.into_iter().chain([("0f80ca0161a6", true)]) {
            assert_eq!(of(&texts, words).galley.job.sections[0].format.font_id.family == FontFamily::Monospace, is_mono, "{words}");
        }
    }
}
