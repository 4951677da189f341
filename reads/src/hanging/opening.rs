//! The first view: from a layout and the geometry of its series to the `PaneSpec`s that every reader begins with.
//!
//! Pure: the same layout, geometry and canvas give the same `PaneSpec`s everywhere, so the hash of their canonical render can be recorded, and live views be
//! compared within a [`SizeClass`]. Radiological convention: patient's left on the viewer's right, anterior up, head up. Refuses: pixels.

use super::layout::{Cell, FirstSlice, FirstWindow, FirstZoom, Justification, Layout, PaneRect, Shows};
use crate::camera::View;
use crate::protocol::Display;
use crate::scene::orientation;
use serde::{Deserialize, Serialize};
use tiresias_words::{
    ContentHash, Direction, Mm, PaneSpec, PatientPoint, Plane, PresentationShape, Role, SeriesFacts, Slab, Unfit, Voi, VolumeGeometry,
    Window,
};

/// A surface that cells lie on: [width, height] in physical pixels, and how large one of those is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Canvas {
    /// Width and height, physical pixels.
    pub size: [u32; 2],
    /// Distance between two physical pixels of the screen, where somebody measured it: without it nothing is shown in true size, but fitted.
    pub pixel: Option<Mm>,
    /// Pixels between two cells.
    pub gap: u32,
}

impl Canvas {
    /// The canvas of the canonical render, whose hash is recorded: the same on every machine, whatever its screen.
    pub const CANONICAL: Self = SizeClass::Middle.canvas();
}

/// Live views are compared among screens of one class: each is rendered at its class's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SizeClass {
    /// Anything below the middle class: laptops.
    Small,
    /// From 1280 by 960 pixels.
    Middle,
    /// From 2560 by 1920 pixels.
    Large,
}

impl SizeClass {
    /// The largest class that a canvas of [width, height] physical pixels has room for.
    #[must_use]
    pub fn of(size: [u32; 2]) -> Self {
        let has_room = |class: &Self| {
            let [width, height] = class.canvas().size;
            size[0] >= width && size[1] >= height
        };
        [Self::Large, Self::Middle].into_iter().find(has_room).unwrap_or(Self::Small)
    }
    /// The canvas that stands for the class.
    #[must_use]
    pub const fn canvas(self) -> Canvas {
        // 0.25 mm is the pitch of common office screens; true size needs some pitch, and a canonical one cannot be a machine's.
        let (size, pixel) = match self {
            Self::Small => ([800, 600], Some(Mm(0.25))),
            Self::Middle => ([1280, 960], Some(Mm(0.25))),
            Self::Large => ([2560, 1920], Some(Mm(0.125))),
        };
        Canvas { size, pixel, gap: 2 }
    }
}

/// What a reader began with, as the record keeps it: two readers of one case under one protocol have the same canonical hash, whatever their screens, and the same
/// live one where their screens are of one class and neither touched anything before all images were there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstView {
    /// SHA-256 of the opening panes on [`Canvas::CANONICAL`].
    pub canonical: ContentHash,
    /// The class of the reader's screen.
    pub class: SizeClass,
    /// SHA-256 of what the reader's panes really showed when all images were there, on the canvas of that class.
    pub live: ContentHash,
}

/// A series that is ready to be shown.
#[derive(Clone, Copy)]
pub struct Ready<'a> {
    /// What is known of it.
    pub facts: &'a SeriesFacts,
    /// Where its images lie: in the patient where there is a volume, else in a frame of their own (x right, y down).
    pub geometry: &'a VolumeGeometry,
    /// High white or high black, as the images ask for it.
    pub shape: PresentationShape,
    /// A window or table of an image, both by their places from 0, the image in stack order; `None` where it has none, as colour.
    pub voi: &'a dyn Fn(u32, usize) -> Option<Voi>,
}

/// A cell of the first view.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// Where it lies.
    pub rect: PaneRect,
    /// The point in the cell's plane that the reader looks at: the crosshair.
    pub through: PatientPoint,
    /// What it shows.
    pub spec: PaneSpec,
}

/// Why a layout cannot be opened with these series.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// A cell shows a series that is not there.
    #[error("A cell shows the series {0}, and it is not among the images that were opened. Open the case again.")]
    NoSuchSeries(Role),
    /// A plane that cannot be.
    #[error("A cell cannot be opened: {0}.")]
    Plane(#[from] Unfit),
}

/// The first view of every reader: one pane for each cell of the layout, in the order of its cells.
///
/// # Errors
/// When a series of the layout is not among those that are ready, or its geometry leads to no plane.
pub fn opening(layout: &Layout, display: &Display, series: &[Ready<'_>], canvas: Canvas) -> Result<Vec<Opened>, OpeningError> {
    let find = |role: &Role| series.iter().find(|s| s.facts.role == *role).ok_or_else(|| OpeningError::NoSuchSeries(role.clone()));
    let cells = layout.cells();
    let all_ready: Vec<&Ready<'_>> = cells.iter().map(|c| find(&c.role)).collect::<Result<_, _>>()?;
    let rects = layout.place(canvas.size, canvas.gap);
    let aims: Vec<Aim> = cells.iter().zip(&all_ready).map(|(cell, r)| Aim::new(cell, r.geometry)).collect::<Result<_, _>>()?;
    // One crosshair for all cells of a series: each cell puts it on its own first slice.
    let crosshair = |role: &Role, from: PatientPoint, geometry: &VolumeGeometry| {
        cells.iter().zip(&aims).filter(|(c, _)| c.role == *role).fold(from, |at, (c, aim)| aim.on_slice(geometry, at, c.slice))
    };
    let alike =
        cells.iter().zip(&aims).zip(&rects).filter(|((c, _), _)| c.zoom == FirstZoom::FitAlike).map(|((_, aim), rect)| aim.fit(*rect));
    let alike = alike.fold(0.0, f64::max);
    let mut panes = Vec::with_capacity(cells.len());
    for (((cell, aim), rect), ready) in cells.iter().zip(&aims).zip(&rects).zip(&all_ready) {
        let shared = crosshair(&cell.role, ready.geometry.centre(), ready.geometry);
        // What lies in one frame of reference and moves together begins at one position, as near as its images come to it.
        let leads = |(i, other): (usize, &Cell)| {
            let same_space = ready.facts.space.is_some() && all_ready.get(i).is_some_and(|r| r.facts.space == ready.facts.space);
            let opened: Option<&Opened> = panes.get(i);
            opened.filter(|_| same_space && other.role != cell.role && other.link == cell.link).map(|o| o.through)
        };
        let lead = cells.iter().enumerate().find_map(leads).filter(|_| cell.link.is_some() && cell.slice == FirstSlice::Middle);
        let through = match lead.map(|at| ready.geometry.nearest_inside(at)) {
            Some(at) if cell.shows == Shows::Images => ready.geometry.on_nearest_slice(at),
            Some(at) => at,
            None => aim.on_slice(ready.geometry, shared, cell.slice),
        };
        let spacing = aim.spacing(cell.zoom, ready, *rect, canvas.pixel, alike);
        panes.push(Opened {
            rect: *rect,
            through,
            spec: PaneSpec {
                series: cell.role.clone(),
                plane: aim.plane(ready.geometry.centre(), through, rect.size, Mm(spacing), cell.justification)?,
                size: rect.size,
                slab: Slab::Thin,
                interpolation: display.interpolation(),
                voi: first_voi(cell, display, ready, through),
                tone: ready.shape.into(),
            },
        });
    }
    Ok(panes)
}

/// The window that a cell opens with. What has none, as colour, is shown as it is.
fn first_voi(cell: &Cell, display: &Display, ready: &Ready<'_>, through: PatientPoint) -> Voi {
    let preset = match &cell.window {
        FirstWindow::Preset(name) => display.presets().iter().find(|p| p.name == *name).map(|p| p.voi.clone()),
        FirstWindow::Images => None,
    };
    let images = f64::from(ready.geometry.size()[2].saturating_sub(1));
    let image = || ready.geometry.voxel_of(through).slice.round().clamp(0.0, images) as u32;
    preset.or_else(|| (ready.voi)(image(), 0)).unwrap_or(Voi::LinearExact(Window::BYTE))
}

/// Which way a cell looks at a volume.
struct Aim {
    right: Direction,
    down: Direction,
    /// Where scrolling leads: right x down of the plane before the image was turned or mirrored.
    forward: Direction,
    /// Width and height of the volume as the cell sees it, mm (or the unit of its own frame).
    extent: [f64; 2],
}

impl Aim {
    fn new(cell: &Cell, geometry: &VolumeGeometry) -> Result<Self, Unfit> {
        let flat = orientation(cell.shows).directions(geometry);
        let forward = Direction::new(flat[0].cross(flat[1]))?;
        let [right, down] = cell.turn.lay(flat);
        Ok(Self { right, down, forward, extent: [geometry.extent_along(right).0, geometry.extent_along(down).0] })
    }

    /// Spacing at which all of the volume is in a pane.
    fn fit(&self, rect: PaneRect) -> f64 {
        let [w, h] = rect.size.map(|n| f64::from(n.max(1)));
        (self.extent[0] / w).max(self.extent[1] / h)
    }

    fn spacing(&self, zoom: FirstZoom, ready: &Ready<'_>, rect: PaneRect, pixel: Option<Mm>, alike: f64) -> f64 {
        let has_millimetres = ready.facts.image_extent.is_some();
        let [x, y] = ready.geometry.spacing();
        match zoom {
            FirstZoom::OneToOne => x.0.min(y.0),
            FirstZoom::TrueSize => pixel.filter(|_| has_millimetres).map_or_else(|| self.fit(rect), |p| p.0),
            FirstZoom::Span(mm) if has_millimetres => mm.0 / f64::from(rect.size[0].min(rect.size[1]).max(1)),
            FirstZoom::FitAlike => alike,
            FirstZoom::Fit | FirstZoom::Span(_) => self.fit(rect),
        }
    }

    /// A point moved across the plane to the first slice.
    fn on_slice(&self, geometry: &VolumeGeometry, at: PatientPoint, slice: FirstSlice) -> PatientPoint {
        // As scrolling gets there: steps of a stack may be unequal.
        let view = View::of_parts([self.right, self.down, self.forward], at, Mm(1.0));
        let of = view.slice_position(geometry, at).of;
        let number = match slice {
            FirstSlice::First => 1,
            FirstSlice::Middle => of.saturating_sub(1) / 2 + 1,
            FirstSlice::Last => of,
            FirstSlice::Number(n) => n,
        };
        view.scrolled_to(geometry, at, i64::from(number))
    }

    /// The raster of a pane through a point. An image that is narrower than its pane stands where its justification says.
    fn plane(
        &self,
        centre: PatientPoint,
        through: PatientPoint,
        size: [u32; 2],
        spacing: Mm,
        justification: Justification,
    ) -> Result<Plane, Unfit> {
        let room = self.extent[0] / 2.0 - spacing.0 * f64::from(size[0]) / 2.0;
        let aside = match justification {
            Justification::Centre => 0.0,
            Justification::Left => -room,
            Justification::Right => room,
        };
        let across = (through - centre).dot(self.forward.unit());
        let middle = centre + self.forward.times(Mm(across)) + self.right.times(Mm(aside));
        let half = |n: u32| Mm(spacing.0 * (f64::from(n) - 1.0) / -2.0);
        Plane::new(middle + self.right.times(half(size[0])) + self.down.times(half(size[1])), self.right, self.down, spacing)
    }
}
