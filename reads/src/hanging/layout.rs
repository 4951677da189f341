//! What is on the screen when a case opens: cells in a grid, and what each of them shows first.
//!
//! Owns the arithmetic from proportional sizes to whole pixels, so that every reader's cells lie where every other reader's do.
//! Refuses: cells outside of their grid or upon each other (only this crate makes a [`Layout`]).

use super::Turn;
use serde::{Deserialize, Serialize};
use tiresias_words::{Mm, Role};

/// At most so many rows, and so many columns.
pub const MOST_ROWS: usize = 3;

/// A grid of cells in reading order, with proportional row and column sizes. At least one cell; no two upon each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layout {
    rows: Vec<u32>,
    columns: Vec<u32>,
    cells: Vec<Cell>,
    notes: Vec<String>,
}

/// One cell of a layout: which series, and how it opens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    /// Where in the grid.
    pub place: Place,
    /// Which series.
    pub role: Role,
    /// Which pictures of it.
    pub shows: Shows,
    /// How they lie on the screen.
    pub turn: Turn,
    /// First window.
    pub window: FirstWindow,
    /// First zoom.
    pub zoom: FirstZoom,
    /// First slice.
    pub slice: FirstSlice,
    /// Where the image stands where it is narrower than its cell.
    pub justification: Justification,
    /// Cells of one group scroll together, by patient position.
    pub link: Option<LinkGroup>,
}

/// Rows and columns that a cell covers, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// First row.
    pub row: usize,
    /// First column.
    pub column: usize,
    /// How many rows, at least 1.
    pub rows: usize,
    /// How many columns, at least 1.
    pub columns: usize,
}

/// Which pictures of a series a cell shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// The images as acquired.
    Images,
    /// Planes across the patient, from the feet: left on the viewer's right, anterior up.
    Axial,
    /// Planes from the front: left on the viewer's right, head up.
    Coronal,
    /// Planes from the patient's left: anterior on the viewer's left, head up.
    Sagittal,
}

/// The window that a cell opens with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstWindow {
    /// The first window or table of each image itself; colour is shown as it is.
    Images,
    /// A preset of the protocol by its name.
    Preset(String),
}

/// The zoom that a cell opens with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstZoom {
    /// All of the image in the cell.
    Fit,
    /// All of the image, at the scale of that cell of this zoom which needs the smallest: both breasts at one size.
    FitAlike,
    /// The finer of the image's own two spacings is one pixel of the screen.
    OneToOne,
    /// A millimetre of the image is a millimetre of the screen; fits where the image has no millimetres.
    TrueSize,
    /// So many millimetres along the cell's shorter side; fits where the image has no millimetres.
    Span(Mm),
}

/// The slice that a cell opens with, counted along the volume's axis that runs most across the cell's plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstSlice {
    /// The first.
    First,
    /// The middle one; of an even number the one before the middle.
    Middle,
    /// The last.
    Last,
    /// By its number from 1; the last where there are fewer.
    Number(u32),
}

/// Where an image stands in a cell that is wider than it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Justification {
    /// In the middle.
    Centre,
    /// At the left edge: the chest wall of a left breast.
    Left,
    /// At the right edge: the chest wall of a right breast.
    Right,
}

/// A group of cells that scroll together, 1 to 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LinkGroup(pub u8);

/// Whole pixels of a canvas: left, top, width, height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaneRect {
    /// Left edge, pixels from the canvas's.
    pub x: u32,
    /// Top edge, pixels from the canvas's.
    pub y: u32,
    /// Width and height in pixels, at least 1.
    pub size: [u32; 2],
}

impl Place {
    /// One cell of the grid.
    #[must_use]
    pub const fn at(row: usize, column: usize) -> Self {
        Self { row, column, rows: 1, columns: 1 }
    }
    /// The same, over so many rows and columns.
    #[must_use]
    pub const fn over(self, rows: usize, columns: usize) -> Self {
        Self { rows, columns, ..self }
    }
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.row < other.row + other.rows
            && other.row < self.row + self.rows
            && self.column < other.column + other.columns
            && other.column < self.column + self.columns
    }
}

impl Layout {
    /// A layout of cells that lie inside of the grid and not upon each other. Rows and columns that no cell touches are left out.
    pub(super) fn new(rows: &[u32], columns: &[u32], mut cells: Vec<Cell>) -> Self {
        let touched = |n: usize, covers: &dyn Fn(&Place, usize) -> bool| -> Vec<usize> {
            (0..n).filter(|i| cells.iter().any(|c| covers(&c.place, *i))).collect()
        };
        let kept_rows = touched(rows.len(), &|p, i| (p.row..p.row + p.rows).contains(&i));
        let kept_columns = touched(columns.len(), &|p, i| (p.column..p.column + p.columns).contains(&i));
        for cell in &mut cells {
            let p = cell.place;
            let within = |kept: &[usize], first: usize, n: usize| {
                (kept.iter().filter(|i| **i < first).count(), kept.iter().filter(|i| (first..first + n).contains(i)).count())
            };
            let ((row, rows), (column, columns)) = (within(&kept_rows, p.row, p.rows), within(&kept_columns, p.column, p.columns));
            cell.place = Place { row, column, rows, columns };
        }
        cells.sort_by_key(|c| (c.place.row, c.place.column));
        let sizes = |all: &[u32], kept: &[usize]| kept.iter().filter_map(|i| all.get(*i)).copied().collect();
        Self { rows: sizes(rows, &kept_rows), columns: sizes(columns, &kept_columns), cells, notes: Vec::new() }
    }
    pub(super) fn with_notes(self, notes: Vec<String>) -> Self {
        Self { notes, ..self }
    }

    /// Proportional heights of the rows.
    #[must_use]
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }
    /// Proportional widths of the columns.
    #[must_use]
    pub fn columns(&self) -> &[u32] {
        &self.columns
    }
    /// The cells in reading order; at least one.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }
    /// What whoever prepares the study should know, as sentences: rules that this case does not meet, series without a cell. Names nothing but roles and rules.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
    /// Where each cell lies on a canvas of [width, height] physical pixels, with `gap` pixels between cells; in the order of the cells.
    #[must_use]
    pub fn place(&self, canvas: [u32; 2], gap: u32) -> Vec<PaneRect> {
        let (x, y) = (edges(&self.columns, canvas[0]), edges(&self.rows, canvas[1]));
        let span = |edges: &[u32], first: usize, n: usize, whole: u32| {
            let edge = |i: usize| edges.get(i).copied().unwrap_or(whole);
            // Each side of an inner edge gives half of the gap.
            let from = if first == 0 { 0 } else { edge(first).saturating_add(gap.div_ceil(2)) };
            let to = if first + n + 1 >= edges.len() { whole } else { edge(first + n).saturating_sub(gap / 2) };
            (from.min(whole.saturating_sub(1)), to.saturating_sub(from).max(1))
        };
        let rect = |p: Place| {
            let ((x, width), (y, height)) = (span(&x, p.column, p.columns, canvas[0]), span(&y, p.row, p.rows, canvas[1]));
            PaneRect { x, y, size: [width, height] }
        };
        self.cells.iter().map(|c| rect(c.place)).collect()
    }
}

/// Edges between proportional sizes on `whole` pixels, the outer ones with them.
fn edges(sizes: &[u32], whole: u32) -> Vec<u32> {
    let total: u64 = sizes.iter().map(|s| u64::from(*s)).sum::<u64>().max(1);
    let ends = sizes.iter().scan(0u64, |sum, size| {
        *sum += u64::from(*size);
        Some(((*sum * u64::from(whole) + total / 2) / total) as u32)
    });
    std::iter::once(0).chain(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(place: Place) -> Cell {
        Cell {
            place,
            role: Role::current(),
            shows: Shows::Images,
            turn: Turn::NONE,
            window: FirstWindow::Images,
            zoom: FirstZoom::Fit,
            slice: FirstSlice::Middle,
            justification: Justification::Centre,
            link: None,
        }
    }

    #[test]
    fn rows_that_nobody_touches_are_left_out() {
        let layout = Layout::new(&[1, 2, 3], &[4, 5], vec![cell(Place::at(2, 1)), cell(Place::at(0, 1).over(2, 1))]);
        assert_eq!((layout.rows(), layout.columns()), (&[1, 2, 3][..], &[5][..]));
        let places: Vec<Place> = layout.cells().iter().map(|c| c.place).collect();
        assert_eq!(places, [Place::at(0, 0).over(2, 1), Place::at(2, 0)]);
        let layout = Layout::new(&[1, 1], &[1, 1], vec![cell(Place::at(1, 0))]);
        assert_eq!(layout.place([30, 20], 2), [PaneRect { x: 0, y: 0, size: [30, 20] }]);
    }

    #[test]
    fn cells_lie_on_whole_pixels() {
        let layout = Layout::new(&[77, 23], &[1, 1], vec![cell(Place::at(0, 0).over(1, 2)), cell(Place::at(1, 0)), cell(Place::at(1, 1))]);
        let rect = |x, y, w, h| PaneRect { x, y, size: [w, h] };
        assert_eq!(layout.place([101, 100], 2), [rect(0, 0, 101, 76), rect(0, 78, 50, 22), rect(52, 78, 49, 22)]);
    }

    proptest! {
        #[test]
        fn cells_cover_the_canvas_and_never_each_other(
            rows in prop::collection::vec(1u32..1000, 1..4), columns in prop::collection::vec(1u32..1000, 1..4), w in 400u32..5000, h in 400u32..5000,
        ) {
            let places = (0..rows.len()).flat_map(|r| (0..columns.len()).map(move |c| Place::at(r, c)));
            let layout = Layout::new(&rows, &columns, places.map(cell).collect());
            let rects = layout.place([w, h], 0);
            let area: u64 = rects.iter().map(|r| u64::from(r.size[0]) * u64::from(r.size[1])).sum();
            // A size below a pixel still gets one.
            let smallest = rows.iter().chain(&columns).min().unwrap();
            let largest = rows.iter().chain(&columns).max().unwrap();
            if smallest * 100 > *largest {
                prop_assert_eq!(area, u64::from(w) * u64::from(h));
            }
            for r in &rects {
                prop_assert!(r.size.iter().all(|n| *n >= 1) && r.x < w && r.y < h);
            }
        }
    }
}
