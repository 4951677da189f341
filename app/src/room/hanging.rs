//! Which cells there are, where they lie, what each shows, and where its camera stands.
//!
//! A cell is a place on the screen that shows one series one way. What cells there are and how each opens comes from `reads::hanging`; owns focus,
//! maximising, and the cameras that the reader moved. Refuses: deciding how a case opens, which is the protocol's.

use super::series::{Shelf, Shown};
use crate::design::PANES_APART;
use crate::viewer::{Orientation, View};
use crate::volume::ShownVolume;
use egui::{Rect, pos2};
use tiresias_reads::hanging::{Canvas, Layout, Opened, PaneRect, Ready, Shows, Turn, opening};
use tiresias_reads::protocol::Display;
use tiresias_reads::scene::{Pane, orientation, through};
use tiresias_reads::workspace::CellView;
use tiresias_words::{Direction, Mm, PatientPoint, VolumeGeometry};

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
    /// The camera before the image is turned or mirrored.
    view: View,
    /// How the image is turned and mirrored when the cell opens.
    opens_turned: Turn,
    /// Size the view was fitted to; it fits anew when its cell changes size before the reader touched it.
    fitted: [u32; 2],
    touched: bool,
    oblique: bool,
}

impl Cell {
    fn new(series: usize, orientation: Orientation, opens_turned: Turn, geometry: &VolumeGeometry) -> Self {
        let view = View::fit(geometry, orientation, [1, 1]);
        Self { series, orientation, view, opens_turned, fitted: [0, 0], touched: false, oblique: false }
    }
    /// The camera with all of the volume in sight once the image is turned: a quarter turn exchanges its width and height.
    fn whole(&self, geometry: &VolumeGeometry, turn: Turn, size: [u32; 2]) -> View {
        self.view(turn).refitted(geometry, size).laid(self.view.directions())
    }
    /// The camera that nobody moved: as the case opens, where the cell shows the series that it opens with, else with all of its series in sight.
    fn untouched(&self, opened: Option<&Opened>, shown: &ShownVolume, size: [u32; 2]) -> View {
        match opened.filter(|o| o.spec.series == shown.series().facts.role) {
            Some(opened) => self.view.over(&opened.spec.plane, size),
            None => self.whole(shown.geometry(), self.opens_turned, size),
        }
    }
    /// The camera, with the image turned as the reader has it.
    pub(super) fn view(&self, turn: Turn) -> View {
        self.view.laid(turn.lay(self.view.directions()))
    }
    /// The point that the cell's plane goes through.
    pub(super) fn looks_at(&self, shown: &Shown) -> PatientPoint {
        through(self.shows(), self.oblique, shown.volume.geometry(), shown.at())
    }
    /// Which pictures of its series it shows.
    const fn shows(&self) -> Shows {
        match self.orientation {
            Orientation::Stack => Shows::Images,
            Orientation::Axial => Shows::Axial,
            Orientation::Coronal => Shows::Coronal,
            Orientation::Sagittal => Shows::Sagittal,
        }
    }
    /// The cell as the record tells of it. No package has more than 256 series.
    pub(super) const fn pane(&self, rect: Option<PaneRect>, has: CellView) -> Pane {
        Pane { series: self.series as u8, shows: self.shows(), rect, camera: self.view, turned: self.oblique, has }
    }
    /// Where scrolling leads.
    pub(super) const fn forward(&self) -> Direction {
        self.view.forward()
    }
    /// The word on the pane: the plane that it shows, of images in the patient too; where they lie nobody knows, that they are images.
    pub(super) fn label(&self, shown: &ShownVolume) -> &'static str {
        match self.orientation {
            _ if self.oblique => "oblique",
            Orientation::Stack if shown.is_in_patient() => plane_word(shown.geometry().normal()),
            orientation => orientation.label(),
        }
    }
}

/// A normal this near to an axis of the patient is that of a plane that is called after it: the cosine by which `PixelMed` and GDCM tell such planes from oblique
/// ones. A head CT along a tilted gantry is axial.
const NEAR: f64 = 0.8;

/// The name of the plane with this normal.
fn plane_word(normal: Direction) -> &'static str {
    let planes =
        [(Direction::HEAD, Orientation::Axial), (Direction::POSTERIOR, Orientation::Coronal), (Direction::LEFT, Orientation::Sagittal)];
    let near = planes.into_iter().find(|(axis, _)| normal.dot(*axis).abs() >= NEAR);
    near.map_or("oblique", |(_, plane)| plane.label())
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
    /// The images of a series twice, for two reads of it: one camera for both.
    Beside(usize),
    /// So many rows and columns of images, from a series on.
    Grid { rows: usize, columns: usize, first: usize },
}

/// The cells of an open case.
#[derive(Default)]
pub(super) struct Hanging {
    /// As the case opens, and as it is; `None` before it is opened.
    layouts: Option<[Layout; 2]>,
    cells: Vec<Cell>,
    arrangement: Option<Arrangement>,
    maximised: Option<usize>,
    focused: usize,
}

impl Hanging {
    /// A case that opens with this layout.
    pub(super) fn opened(layout: Layout, shelf: &Shelf) -> Self {
        let cells = cells(&layout, shelf);
        Self { layouts: Some([layout.clone(), layout]), cells, arrangement: Some(Arrangement::Hung), maximised: None, focused: 0 }
    }

    pub(super) const fn arrangement(&self) -> Option<Arrangement> {
        self.arrangement
    }
    /// The layout that the case opens with.
    pub(super) fn hung(&self) -> Option<&Layout> {
        self.layouts.as_ref().map(|[hung, _]| hung)
    }
    /// How the cells of the present layout open: for the workspace.
    pub(super) fn opened_cells(&self) -> Vec<CellView> {
        self.cells.iter().map(|c| CellView::opened(c.opens_turned)).collect()
    }
    /// Shows the case another way.
    pub(super) fn arrange(&mut self, to: Arrangement, layout: Layout, shelf: &Shelf) {
        if let Some([_, present]) = &mut self.layouts {
            self.cells = cells(&layout, shelf);
            *present = layout;
            (self.arrangement, self.maximised, self.focused) = (Some(to), None, 0);
        }
    }
    /// Puts a series into a cell.
    pub(super) fn put(&mut self, at: At, series: usize, shown: &ShownVolume) {
        if let Some(cell) = self.cells.get_mut(at.0) {
            let orientation = if shown.is_in_patient() { cell.orientation } else { Orientation::Stack };
            // What the cell opened with is another series' business.
            *cell = Cell::new(series, orientation, Turn::NONE, shown.geometry());
        }
    }

    pub(super) fn cell(&self, at: At) -> Option<&Cell> {
        self.cells.get(at.0)
    }

    /// Cells that the reader did not touch show what they open with, at the size that they have now, on a canvas of pixels so far apart.
    pub(super) fn fit(&mut self, display: &Display, shelf: &Shelf, canvas: ([u32; 2], Option<Mm>), sizes: &[(At, [u32; 2])]) {
        let stale = |c: &Cell, size: [u32; 2]| c.fitted != size && !c.touched;
        if !sizes.iter().any(|(at, size)| self.cells.get(at.0).is_some_and(|c| stale(c, *size))) {
            return;
        }
        let first = self.present_opening(display, shelf, Canvas { size: canvas.0, pixel: canvas.1, gap: PANES_APART });
        let is_alone = self.maximised.is_some();
        for (at, size) in sizes {
            let Some(cell) = self.cells.get_mut(at.0).filter(|c| stale(c, *size)) else { continue };
            let Some(shown) = shelf.get(cell.series) else { continue };
            cell.view = cell.untouched(first.get(at.0).filter(|_| !is_alone), &shown.volume, *size);
            cell.fitted = *size;
        }
    }

    /// Where each series is looked at when the case opens.
    pub(super) fn starts(&self, display: &Display, shelf: &Shelf) -> Vec<(usize, PatientPoint)> {
        let first = self.opening(display, shelf, Canvas::CANONICAL);
        self.cells.iter().zip(first).rev().map(|(cell, opened)| (cell.series, opened.through)).collect()
    }

    /// The first view of the case on a canvas, in the order of its cells.
    pub(super) fn opening(&self, display: &Display, shelf: &Shelf, canvas: Canvas) -> Vec<Opened> {
        self.layouts.as_ref().map_or_else(Vec::new, |[hung, _]| opened(hung, display, shelf, canvas))
    }
    /// The same of the present layout.
    fn present_opening(&self, display: &Display, shelf: &Shelf, canvas: Canvas) -> Vec<Opened> {
        self.layouts.as_ref().map_or_else(Vec::new, |[_, present]| opened(present, display, shelf, canvas))
    }

    /// The visible cells as they would be on another canvas: a camera that nobody moved stands as it would there, a moved one has as much in sight as here.
    pub(super) fn views_on(&self, display: &Display, shelf: &Shelf, canvas: Canvas) -> Vec<(At, PaneRect, Cell)> {
        let first = self.present_opening(display, shelf, canvas);
        let on = |at: At| {
            let (cell, opened) = (self.cells.get(at.0)?, first.get(at.0)?);
            let rect = if self.maximised.is_some() { PaneRect { x: 0, y: 0, size: canvas.size } } else { opened.rect };
            let least = |size: [u32; 2]| f64::from(size[0].min(size[1]).max(1));
            let view = match shelf.get(cell.series) {
                Some(shown) if !cell.touched => cell.untouched(Some(opened).filter(|_| self.maximised.is_none()), &shown.volume, rect.size),
                _ => cell.view.with_spacing(cell.view.spacing() * (least(cell.fitted) / least(rect.size))),
            };
            Some((at, rect, Cell { view, ..cell.clone() }))
        };
        self.visible().into_iter().filter_map(on).collect()
    }

    /// The cells that show the same as the one with the keyboard, and do what it does.
    pub(super) fn twins(&self) -> impl Iterator<Item = usize> + use<> {
        let count = if matches!(self.arrangement, Some(Arrangement::Beside(_))) { self.cells.len() } else { 0 };
        let own = self.focused;
        (0..count).filter(move |cell| *cell != own)
    }
    /// The camera of a cell is that of its twins too.
    fn follow(&mut self, at: At) {
        if !matches!(self.arrangement, Some(Arrangement::Beside(_))) {
            return;
        }
        let Some((view, oblique)) = self.cells.get(at.0).map(|c| (c.view, c.oblique)) else { return };
        for cell in &mut self.cells {
            (cell.view, cell.oblique, cell.touched) = (view, oblique, true);
        }
    }

    /// Moves a camera on behalf of the reader. What they moved is the camera over the turned image: its middle and scale are the cell's.
    pub(super) fn set_view(&mut self, at: At, view: View) {
        if let Some(cell) = self.cells.get_mut(at.0) {
            cell.view = view.laid(cell.view.directions());
            cell.touched = true;
        }
        self.follow(at);
    }
    /// Turns a plane out of the patient's axes.
    pub(super) fn tilt(&mut self, at: At, how: impl Fn(View) -> View) {
        if let Some(cell) = self.cells.get_mut(at.0) {
            (cell.view, cell.touched, cell.oblique) = (how(cell.view), true, true);
        }
        self.follow(at);
    }
    /// All of the volume again, looking as the cell does, with the image turned as the reader has it.
    pub(super) fn refit(&mut self, at: At, geometry: &VolumeGeometry, turn: Turn) {
        if let Some(cell) = self.cells.get_mut(at.0) {
            (cell.view, cell.touched) = (cell.whole(geometry, turn, cell.fitted), true);
        }
        self.follow(at);
    }
    /// Puts a camera back to where it began.
    pub(super) fn reset(&mut self, at: At, geometry: &VolumeGeometry) {
        if let Some(cell) = self.cells.get_mut(at.0) {
            *cell = Cell::new(cell.series, cell.orientation, cell.opens_turned, geometry);
        }
    }

    /// All cells, on the screen or not, in reading order.
    pub(super) fn cells(&self) -> &[Cell] {
        &self.cells
    }
    /// The cell that has the screen to itself.
    pub(super) fn alone(&self) -> Option<At> {
        self.maximised.map(At)
    }

    pub(super) const fn focused(&self) -> At {
        At(self.focused)
    }
    pub(super) fn focus(&mut self, at: At) {
        if at.0 < self.cells.len() {
            self.focused = at.0;
        }
    }
    /// The next visible cell, or the one before.
    pub(super) fn focus_next(&mut self, by: isize) {
        let visible = self.visible();
        let at = visible.iter().position(|a| a.0 == self.focused).unwrap_or(0);
        if let Some(next) = visible.get((at + visible.len()).saturating_add_signed(by) % visible.len().max(1)) {
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

    /// Where each visible cell lies on a canvas that begins and ends on physical pixels.
    pub(super) fn place(&self, canvas: Rect, scale: f32) -> Vec<(At, Rect)> {
        let size = pixels(canvas, scale);
        let rect = |x: u32, y: u32, [w, h]: [u32; 2]| {
            let at = |x: u32, y: u32| pos2(canvas.left() + x as f32 / scale, canvas.top() + y as f32 / scale);
            Rect::from_min_max(at(x, y), at(x + w, y + h))
        };
        match (self.maximised, &self.layouts) {
            (Some(one), _) => vec![(At(one), rect(0, 0, size))],
            (None, Some([_, layout])) => {
                let placed = layout.place(size, PANES_APART).into_iter().enumerate();
                placed.take(self.cells.len()).map(|(i, r)| (At(i), rect(r.x, r.y, r.size))).collect()
            }
            (None, None) => Vec::new(),
        }
    }
}

/// The cells of a layout whose series are there.
fn cells(layout: &Layout, shelf: &Shelf) -> Vec<Cell> {
    let cell = |c: &tiresias_reads::hanging::Cell| {
        let series = shelf.all().iter().position(|s| s.volume.series().facts.role == c.role)?;
        let volume = &shelf.get(series)?.volume;
        let shows = if volume.is_in_patient() { c.shows } else { Shows::Images };
        Some(Cell::new(series, orientation(shows), c.turn, volume.geometry()))
    };
    layout.cells().iter().filter_map(cell).take(MOST_CELLS).collect()
}

/// The first view of a layout; none where its series lead to no plane.
fn opened(layout: &Layout, display: &Display, shelf: &Shelf, canvas: Canvas) -> Vec<Opened> {
    with_ready(shelf, |ready| opening(layout, display, ready, canvas).unwrap_or_default())
}

/// Calls with what `reads` needs of every series.
pub(super) fn with_ready<T>(shelf: &Shelf, call: impl FnOnce(&[Ready<'_>]) -> T) -> T {
    crate::volume::with_ready(shelf.all().iter().map(|s| &*s.volume), call)
}

/// Width and height of a pane in physical pixels.
pub(super) fn pixels(rect: Rect, scale: f32) -> [u32; 2] {
    [rect.width(), rect.height()].map(|n| ((n * scale).round() as u32).clamp(1, 16_384))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_called_after_the_plane_that_they_lie_in() {
        let table = [
            ([0.0, 0.0, 1.0], "axial"),
            ([0.0, 0.0, -1.0], "axial"),
            // A gantry that is tilted by 30 degrees.
            ([0.0, 0.5, 0.866], "axial"),
            ([0.0, -1.0, 0.0], "coronal"),
            ([1.0, 0.0, 0.1], "sagittal"),
            ([0.0, 1.0, 1.0], "oblique"),
            ([1.0, 1.0, 1.0], "oblique"),
        ];
        for (normal, word) in table {
            assert_eq!(plane_word(Direction::new(normal.into()).expect("a direction")), word, "{normal:?}");
        }
    }
}
