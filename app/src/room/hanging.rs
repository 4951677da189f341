//! Which cells there are, where they lie, what each shows, and where its camera stands.
//!
//! A cell is a place on the screen that shows one series one way. Owns placement, focus, maximising and the arrangements that a reader may choose beside the
//! one that the case opens with. Refuses: deciding how a case opens, which is the protocol's.

use crate::viewer::{Orientation, View};
use crate::volume::ShownVolume;
use egui::{Pos2, Rect, pos2};
use std::sync::Arc;
use tiresias_words::{Slab, VolumeGeometry};

/// So many cells a screen holds.
pub(super) const MOST_CELLS: usize = 9;

/// A cell by its place in reading order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At(pub(super) usize);

/// One place on the screen.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    /// Which series of the case.
    pub(super) series: usize,
    pub(super) orientation: Orientation,
    pub(super) slab: Slab,
    /// Left, top, right, bottom as parts of the canvas.
    area: [f32; 4],
    view: View,
    /// Size the view was fitted to; it fits anew when its cell changes size before the reader touched it.
    fitted: [u32; 2],
    touched: bool,
    oblique: bool,
}

impl Cell {
    pub(super) fn new(series: usize, orientation: Orientation, area: [f32; 4], geometry: &VolumeGeometry) -> Self {
        let view = View::fit(geometry, orientation, [1, 1]);
        Self { series, orientation, slab: Slab::Thin, area, view, fitted: [1, 1], touched: false, oblique: false }
    }
    pub(super) const fn view(&self) -> &View {
        &self.view
    }
    /// It was turned away from how it was hung: it is a plane of its own then.
    pub(super) const fn turned_away(&mut self) {
        self.oblique = true;
    }
    /// The word on the pane.
    pub(super) const fn label(&self) -> &'static str {
        if self.oblique { "oblique" } else { self.orientation.label() }
    }
    /// The camera moved back until all of the volume is seen, looking as it does.
    pub(super) fn refitted(&self, geometry: &VolumeGeometry) -> View {
        self.view.refitted(geometry, self.fitted)
    }
}

/// What the reader's screen shows of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrangement {
    /// As the case opens.
    Hung,
    /// Axial, coronal and sagittal of a series.
    Planes(usize),
    /// The images of a series alone.
    Images(usize),
    /// So many rows and columns of images, from a series on.
    Grid { rows: usize, columns: usize, first: usize },
}

/// The cells of an open case.
pub(super) struct Hanging {
    /// As the case opens.
    hung: Vec<Cell>,
    cells: Vec<Cell>,
    arrangement: Arrangement,
    maximised: Option<usize>,
    focused: usize,
}

impl Hanging {
    /// Nothing to see yet.
    pub(super) const fn empty() -> Self {
        Self { hung: Vec::new(), cells: Vec::new(), arrangement: Arrangement::Hung, maximised: None, focused: 0 }
    }
    /// A case that opens with these cells.
    pub(super) fn opened(mut hung: Vec<Cell>) -> Self {
        hung.truncate(MOST_CELLS);
        Self { cells: hung.clone(), hung, arrangement: Arrangement::Hung, maximised: None, focused: 0 }
    }

    pub(super) const fn arrangement(&self) -> Arrangement {
        self.arrangement
    }
    /// Shows the case another way.
    pub(super) fn arrange(&mut self, to: Arrangement, series: &[Arc<ShownVolume>]) {
        let geometry = |i: usize| series.get(i).map(|s| s.geometry());
        let cells = match to {
            Arrangement::Hung => self.hung.clone(),
            Arrangement::Planes(i) => geometry(i).map_or_else(Vec::new, |g| planes(i, g)),
            Arrangement::Images(i) => geometry(i).map_or_else(Vec::new, |g| vec![images(i, g)]),
            Arrangement::Grid { rows, columns, first } => grid(rows, columns, first, series),
        };
        if cells.is_empty() {
            return;
        }
        (self.cells, self.arrangement, self.maximised, self.focused) = (cells, to, None, 0);
    }
    /// Puts a series into a cell.
    pub(super) fn put(&mut self, at: At, series: usize, shown: &ShownVolume) {
        if let Some(cell) = self.cells.get_mut(at.0) {
            let orientation = if shown.is_in_patient() { cell.orientation } else { Orientation::Stack };
            *cell = Cell::new(series, orientation, cell.area, shown.geometry());
        }
    }

    pub(super) fn cell(&self, at: At) -> Option<&Cell> {
        self.cells.get(at.0)
    }
    pub(super) fn cell_mut(&mut self, at: At) -> Option<&mut Cell> {
        self.cells.get_mut(at.0)
    }
    /// The cells that the case opens with.
    pub(super) fn hung(&self) -> &[Cell] {
        &self.hung
    }

    /// Lets an untouched camera show everything again after its cell got another size.
    pub(super) fn fit(&mut self, at: At, geometry: &VolumeGeometry, size: [u32; 2]) {
        if let Some(cell) = self.cells.get_mut(at.0).filter(|c| c.fitted != size) {
            cell.fitted = size;
            if !cell.touched {
                cell.view = View::fit(geometry, cell.orientation, size);
            }
        }
    }
    /// Moves a camera on behalf of the reader.
    pub(super) fn set_view(&mut self, at: At, view: View) {
        if let Some(cell) = self.cells.get_mut(at.0) {
            (cell.view, cell.touched) = (view, true);
        }
    }
    /// Puts a camera back to where it began, and shows a single plane.
    pub(super) fn reset(&mut self, at: At, geometry: &VolumeGeometry) {
        if let Some(cell) = self.cells.get_mut(at.0) {
            cell.view = View::fit(geometry, cell.orientation, cell.fitted);
            (cell.touched, cell.oblique, cell.slab) = (false, false, Slab::Thin);
        }
    }

    pub(super) const fn focused(&self) -> At {
        At(self.focused)
    }
    pub(super) fn focus(&mut self, at: At) {
        if at.0 < self.cells.len() {
            self.focused = at.0;
        }
    }
    /// The next visible cell.
    pub(super) fn focus_next(&mut self) {
        let visible = self.visible();
        let at = visible.iter().position(|a| a.0 == self.focused).unwrap_or(0);
        if let Some(next) = visible.get((at + 1) % visible.len().max(1)) {
            self.focused = next.0;
        }
    }
    /// One cell alone, or all again.
    pub(super) fn toggle_maximised(&mut self, at: At) {
        self.maximised = if self.maximised.is_some() { None } else { Some(at.0) };
        self.focus(at);
    }

    /// The cells on the screen, in reading order.
    pub(super) fn visible(&self) -> Vec<At> {
        match self.maximised {
            Some(one) => vec![At(one)],
            None => (0..self.cells.len()).map(At).collect(),
        }
    }

    /// Where each visible cell lies, on physical pixels, with a hair of room between them.
    pub(super) fn place(&self, canvas: Rect, pixels_per_point: f32) -> Vec<(At, Rect)> {
        let snap = |p: Pos2| pos2((p.x * pixels_per_point).round() / pixels_per_point, (p.y * pixels_per_point).round() / pixels_per_point);
        if let Some(one) = self.maximised {
            return vec![(At(one), Rect::from_min_max(snap(canvas.min), snap(canvas.max)))];
        }
        // A cell's edge inside the canvas leaves room; one on its rim does not.
        let gap = 1.0;
        let inside = |part: f32, from: f32, length: f32, by: f32| {
            let edge = from + part * length;
            if part <= 0.0 || part >= 1.0 { edge } else { edge + by }
        };
        let placed = self.cells.iter().enumerate().map(|(i, cell)| {
            let [left, top, right, bottom] = cell.area;
            let min = pos2(inside(left, canvas.left(), canvas.width(), gap), inside(top, canvas.top(), canvas.height(), gap));
            let max = pos2(inside(right, canvas.left(), canvas.width(), -gap), inside(bottom, canvas.top(), canvas.height(), -gap));
            (At(i), Rect::from_min_max(snap(min), snap(max)))
        });
        placed.collect()
    }
}

/// A series' images alone.
pub(super) fn images(series: usize, geometry: &VolumeGeometry) -> Cell {
    Cell::new(series, Orientation::Stack, [0.0, 0.0, 1.0, 1.0], geometry)
}

/// A large axial plane and two others: below it where they are strips, beside it where they are as high as they are wide.
pub(super) fn planes(series: usize, geometry: &VolumeGeometry) -> Vec<Cell> {
    let [_, height] = View::extent(geometry, Orientation::Coronal);
    let [width, _] = View::extent(geometry, Orientation::Axial);
    let areas = if height.0 < 0.45 * width.0 {
        [[0.0, 0.0, 1.0, 0.77], [0.0, 0.77, 0.5, 1.0], [0.5, 0.77, 1.0, 1.0]]
    } else {
        [[0.0, 0.0, 0.64, 1.0], [0.64, 0.0, 1.0, 0.5], [0.64, 0.5, 1.0, 1.0]]
    };
    let ways = [Orientation::Axial, Orientation::Coronal, Orientation::Sagittal];
    ways.into_iter().zip(areas).map(|(way, area)| Cell::new(series, way, area, geometry)).collect()
}

/// Equal cells in rows, each with the images of the next series; where there are fewer series, of the last one again.
fn grid(rows: usize, columns: usize, first: usize, series: &[Arc<ShownVolume>]) -> Vec<Cell> {
    let cell = |i: usize| {
        let at = (first + i).min(series.len().checked_sub(1)?);
        let part = |n: usize, of: usize| n as f32 / of as f32;
        let (row, column) = (i / columns, i % columns);
        let area = [part(column, columns), part(row, rows), part(column + 1, columns), part(row + 1, rows)];
        Some(Cell::new(at, Orientation::Stack, area, series.get(at)?.geometry()))
    };
    (0..(rows * columns).min(MOST_CELLS)).filter_map(cell).collect()
}

/// Width and height of a pane in physical pixels.
pub(super) fn pixels(rect: Rect, pixels_per_point: f32) -> [u32; 2] {
    [rect.width(), rect.height()].map(|n| ((n * pixels_per_point).round() as u32).clamp(1, 16_384))
}
