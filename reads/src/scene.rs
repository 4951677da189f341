//! What is on a reader's screen, as far as images go: panes, cameras, windows, links. Changes of it in, `PaneSpec`s out.
//!
//! Pure: the room writes down how its screen differs from the scene of what it wrote before ([`Scene::follow`]), a replay applies that to an empty scene, and both
//! have the same bits. What scrolling does to where the reader looks is computed again and not recorded, wherever that gives the same place. Refuses: pixels, and
//! whether the AI may be shown: a scene says only whether a reader had it switched on.

mod follow;

use crate::camera::{Orientation, SlicePosition, View as Camera};
use crate::hanging::{PaneRect, Ready, Shows, Turn};
use crate::machine::{AiVisible, PaneShows, Tool, View};
use crate::workspace::{CellView, Change};
use tiresias_words::{Displacement, Interpolation, PaneSpec, PatientPoint, Plane, Unfit, Voi, VolumeGeometry, Window};

/// What is on the screen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scene {
    /// Width and height of what panes lie on, physical pixels.
    pub canvas: [u32; 2],
    /// In reading order.
    pub panes: Vec<Pane>,
    /// The pane that has the screen to itself.
    pub alone: Option<u8>,
    /// The pane that has the keyboard.
    pub focus: u8,
    /// In order of roles.
    pub series: Vec<Look>,
    /// In hand.
    pub tool: Option<Tool>,
    /// Whether the reader has the AI switched off, where there is any.
    pub ai_off: bool,
    /// Whether a key is held that takes it away.
    pub ai_away: bool,
    /// Whether its heat map is on.
    pub heat: bool,
}

/// One pane.
#[derive(Debug, Clone, PartialEq)]
pub struct Pane {
    /// Series, by its place in order of roles.
    pub series: u8,
    /// Which pictures of it.
    pub shows: Shows,
    /// Where it lies; `None` while another has the screen to itself.
    pub rect: Option<PaneRect>,
    /// Before the image is turned or mirrored.
    pub camera: Camera,
    /// Whether somebody turned the plane out of the patient's axes.
    pub turned: bool,
    /// How the image is turned, mirrored, inverted and projected.
    pub has: CellView,
}

/// How a series is looked at: in all of its panes.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Every plane of it goes through there. LPS, mm.
    pub at: PatientPoint,
    /// The window or table.
    pub voi: Voi,
    /// Each image is shown through this one of its own windows.
    pub own: Option<u8>,
    /// With which group it moves, and how far from the common position (LPS, mm); `None` alone.
    pub link: Option<(u8, Displacement)>,
}

/// Where the reader looks in series that may move together.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Of the series.
    pub geometry: &'a VolumeGeometry,
    /// As in [`Look::link`].
    pub link: Option<(u8, Displacement)>,
}

/// Where the reader looks when they look at a point of a series, or the one nearest to it where it is outside: in that series and in those that are linked to
/// it, as far as they reach. Only series that move are named.
#[must_use]
pub fn looking_at(all: &[Place<'_>], series: usize, at: PatientPoint) -> Vec<(usize, PatientPoint)> {
    let Some(moved) = all.get(series) else { return Vec::new() };
    let at = moved.geometry.nearest_inside(at);
    let mut places = vec![(series, at)];
    if let Some((group, offset)) = moved.link {
        let common = at + offset * -1.0;
        let linked = all.iter().enumerate().filter(|(i, _)| *i != series);
        places.extend(linked.filter_map(|(i, other)| {
            let (_, offset) = other.link.filter(|(of, _)| *of == group)?;
            Some((i, other.geometry.nearest_inside(common + offset)))
        }));
    }
    places
}

/// The point that a pane's plane goes through: where the reader looks, or in a stack of images the nearest of them. Images are never mixed there.
#[must_use]
pub fn through(shows: Shows, turned: bool, geometry: &VolumeGeometry, at: PatientPoint) -> PatientPoint {
    if shows == Shows::Images && !turned { geometry.on_nearest_slice(at) } else { at }
}

/// Which way a pane of these pictures looks at first.
#[must_use]
pub const fn orientation(shows: Shows) -> Orientation {
    match shows {
        Shows::Images => Orientation::Stack,
        Shows::Axial => Orientation::Axial,
        Shows::Coronal => Orientation::Coronal,
        Shows::Sagittal => Orientation::Sagittal,
    }
}

impl Pane {
    /// A pane that was just put on the screen.
    fn opened(PaneShows { series, shows, rect }: PaneShows, ready: &Ready<'_>) -> Self {
        let camera = Camera::fit(ready.geometry, orientation(shows), rect.map_or([1, 1], |r| r.size));
        Self { series, shows, rect, camera, turned: false, has: CellView::opened(Turn::NONE) }
    }
    /// The camera over the image as it lies.
    #[must_use]
    pub fn laid(&self) -> Camera {
        self.camera.laid(self.has.turn.lay(self.camera.directions()))
    }
    fn plane(&self, look: &Look, geometry: &VolumeGeometry) -> Result<Plane, Unfit> {
        let size = self.rect.map_or([1, 1], |r| r.size);
        self.laid().plane(through(self.shows, self.turned, geometry, look.at), size)
    }
    const fn told(&self) -> PaneShows {
        PaneShows { series: self.series, shows: self.shows, rect: self.rect }
    }
}

impl Scene {
    /// An empty screen, and series of which nothing was shown yet.
    #[must_use]
    pub fn empty(series: &[Ready<'_>]) -> Self {
        let look = |ready: &Ready<'_>| Look { at: ready.geometry.centre(), voi: Voi::LinearExact(Window::BYTE), own: None, link: None };
        Self { series: series.iter().map(look).collect(), ..Self::default() }
    }

    /// The panes that can be seen, by their places, each with its series.
    pub fn visible(&self) -> impl Iterator<Item = (u8, &Pane, &Look)> {
        let seen = self.panes.iter().zip(0u8..).filter(|(pane, _)| pane.rect.is_some());
        seen.filter_map(|(pane, at)| Some((at, pane, self.series.get(usize::from(pane.series))?)))
    }

    /// What a pane shows; `None` where there is no such pane to be seen.
    #[must_use]
    pub fn spec(&self, pane: u8, series: &[Ready<'_>], interpolation: Interpolation) -> Option<PaneSpec> {
        let (_, pane, look) = self.visible().find(|(at, _, _)| *at == pane)?;
        let ready = series.get(usize::from(pane.series))?;
        let shape = if pane.has.is_inverted { ready.shape.inverted() } else { ready.shape };
        Some(PaneSpec {
            series: ready.facts.role.clone(),
            plane: pane.plane(look, ready.geometry).ok()?,
            size: pane.rect?.size,
            slab: pane.has.slab,
            interpolation,
            voi: look.voi.clone(),
            tone: shape.into(),
        })
    }

    /// Which slice a pane shows, as it counts them.
    #[must_use]
    pub fn slice(&self, pane: u8, series: &[Ready<'_>]) -> Option<SlicePosition> {
        let pane = self.panes.get(usize::from(pane))?;
        let of = usize::from(pane.series);
        Some(pane.camera.slice_position(series.get(of)?.geometry, self.series.get(of)?.at))
    }

    /// Takes a recorded change. What names a pane or a series that is not there changes nothing.
    pub fn apply(&mut self, change: &View, series: &[Ready<'_>]) {
        match change {
            View::Panes { canvas, panes, alone } => {
                let ready = |told: &PaneShows| series.get(usize::from(told.series));
                let mut before = std::mem::take(&mut self.panes).into_iter();
                let pane = |told: &PaneShows| {
                    let same = before.next().filter(|b| b.series == told.series && b.shows == told.shows);
                    same.map(|b| Pane { rect: told.rect, ..b }).or_else(|| Some(Pane::opened(*told, ready(told)?)))
                };
                self.panes = panes.iter().filter_map(pane).collect();
                (self.canvas, self.alone) = (*canvas, *alone);
            }
            View::Focus(pane) => self.focus = *pane,
            View::Slice { pane, index } => {
                if let Some((of, to)) = self.scrolled(*pane, *index, series) {
                    self.move_to(of, to, series);
                }
            }
            View::Crosshair { series: of, at } => {
                if let Some(look) = self.series.get_mut(usize::from(*of)) {
                    look.at = *at;
                }
                self.show_own_windows(series);
            }
            View::Window { series: of, voi } => {
                if let Some(look) = self.series.get_mut(usize::from(*of)) {
                    look.voi = voi.clone();
                }
            }
            View::OwnWindow { series: of, index } => {
                if let Some(look) = self.series.get_mut(usize::from(*of)) {
                    look.own = *index;
                }
                self.show_own_windows(series);
            }
            View::Camera { pane, centre, pixel } => {
                if let Some(pane) = self.panes.get_mut(usize::from(*pane)) {
                    pane.camera = pane.camera.at(*centre, *pixel);
                }
            }
            View::Tilt { pane, by } => self.tilt(*pane, *by, series),
            View::Oblique { pane, turned, right, down, forward, centre, pixel } => {
                if let Some(pane) = self.panes.get_mut(usize::from(*pane)) {
                    (pane.turned, pane.camera) = (*turned, Camera::of_parts([*right, *down, *forward], *centre, *pixel));
                }
            }
            View::Lies { pane, has } => {
                if let Some(pane) = self.panes.get_mut(usize::from(*pane)) {
                    pane.has = *has;
                }
            }
            View::Link { series: of, with } => {
                if let Some(look) = self.series.get_mut(usize::from(*of)) {
                    look.link = *with;
                }
            }
            View::Changed(change) => {
                if let Change::Cell { cell, after, .. } = &**change
                    && let Some(pane) = self.panes.get_mut(*cell)
                {
                    pane.has = *after;
                }
            }
            View::Ai(AiVisible::On) => self.ai_off = false,
            View::Ai(AiVisible::Off) => self.ai_off = true,
            View::Ai(AiVisible::PeekBegan) => self.ai_away = true,
            View::Ai(AiVisible::PeekEnded) => self.ai_away = false,
            View::HeatMap(on) => self.heat = *on,
            View::Tool(tool) => self.tool = Some(*tool),
        }
    }

    /// Of which series, and where the reader looks when a pane goes to a slice (from 0).
    fn scrolled(&self, pane: u8, index: u32, series: &[Ready<'_>]) -> Option<(usize, PatientPoint)> {
        let pane = self.panes.get(usize::from(pane))?;
        let of = usize::from(pane.series);
        let (look, ready) = (self.series.get(of)?, series.get(of)?);
        Some((of, pane.camera.scrolled_to(ready.geometry, look.at, i64::from(index) + 1)))
    }

    fn move_to(&mut self, of: usize, to: PatientPoint, series: &[Ready<'_>]) {
        let places: Vec<_> = series.iter().zip(&self.series).map(|(r, look)| Place { geometry: r.geometry, link: look.link }).collect();
        for (i, at) in looking_at(&places, of, to) {
            if let Some(look) = self.series.get_mut(i) {
                look.at = at;
            }
        }
        self.show_own_windows(series);
    }

    /// Where own windows are shown, every image is shown through its own; the one before stays where it has none.
    fn show_own_windows(&mut self, series: &[Ready<'_>]) {
        for (look, ready) in self.series.iter_mut().zip(series) {
            if let Some(voi) = look.own.and_then(|own| (ready.voi)(ready.geometry.nearest_slice(look.at), usize::from(own))) {
                look.voi = voi;
            }
        }
    }

    fn tilt(&mut self, pane: u8, by: [f64; 2], series: &[Ready<'_>]) {
        let found = self.visible().find(|(at, _, _)| *at == pane);
        let Some((_, held, look)) = found else { return };
        let Some(ready) = series.get(usize::from(held.series)) else { return };
        let Ok(plane) = held.plane(look, ready.geometry) else { return };
        let (of, axis, about) = (held.series, plane.normal(), look.at);
        for (other, at) in self.panes.iter_mut().zip(0u8..) {
            if at != pane && other.series == of && other.rect.is_some() {
                (other.camera, other.turned) = (other.camera.tilted(axis, about, by), true);
            }
        }
    }
}
