//! The series of the open case as the reader sees them: where in each the reader looks, and through which window.
//!
//! All cells of a series share both. Series that are linked move together by patient position, each with its own offset; a series without a place in the
//! patient moves alone. Refuses: cameras, which are cells'.

use super::Chosen;
use crate::volume::ShownVolume;
use std::sync::Arc;
use tiresias_reads::hanging::{FirstWindow, Layout, LinkGroup};
use tiresias_reads::protocol::Display;
use tiresias_reads::scene::{self, Place, looking_at};
use tiresias_words::{Displacement, Interpolation, PaneSpec, PatientPoint, Plane, Slab, Voi, Voxel, Window};

/// How a series is shown.
pub(super) struct Look {
    /// Value to display range.
    pub(super) voi: Voi,
    /// Between voxel centres.
    pub(super) interpolation: Interpolation,
}

/// One series on the screen.
pub(super) struct Shown {
    pub(super) volume: Arc<ShownVolume>,
    /// Where the reader looks: every plane of the series passes through it.
    at: PatientPoint,
    /// What is added to the common position of linked series.
    offset: Displacement,
    /// With which series it moves.
    link: Option<LinkGroup>,
    pub(super) look: Look,
    /// Which named window is on.
    pub(super) chosen: Option<Chosen>,
}

/// All series of the open case; none before it is opened.
#[derive(Default)]
pub(super) struct Shelf {
    shown: Vec<Shown>,
    /// Whether series of one link group move together.
    linked: bool,
}

impl Shelf {
    /// The series of a case, each looked at in its middle.
    pub(super) fn opened(volumes: Vec<Arc<ShownVolume>>, display: &Display) -> Self {
        let shown = volumes.into_iter().map(|volume| {
            let geometry = volume.geometry();
            let middle = f64::from(geometry.size()[2].saturating_sub(1) / 2);
            let centre = geometry.voxel_of(geometry.centre());
            let at = geometry.patient_of(Voxel::new(centre.column, centre.row, middle));
            let look = Look { voi: Voi::LinearExact(Window::BYTE), interpolation: display.interpolation() };
            let mut shown = Shown { volume, at, offset: Displacement::new(0.0, 0.0, 0.0), link: None, look, chosen: None };
            shown.open_window(display);
            shown
        });
        Self { shown: shown.collect(), linked: false }
    }

    /// Every series is shown through the window that its first cell opens with.
    pub(super) fn open_windows(&mut self, layout: Option<&Layout>, display: &Display) {
        for cell in layout.iter().flat_map(|l| l.cells()).rev() {
            if let Some(shown) = self.shown.iter_mut().find(|s| s.volume.series().facts.role == cell.role) {
                shown.opens_with(&cell.window, display);
            }
        }
    }

    /// Series move together where the layout links their cells, from where they are now.
    pub(super) fn link_as(&mut self, layout: Option<&Layout>) {
        for cell in layout.iter().flat_map(|l| l.cells()) {
            if let Some(shown) = self.shown.iter_mut().find(|s| s.volume.series().facts.role == cell.role && s.volume.is_in_patient()) {
                shown.link = shown.link.or(cell.link);
            }
        }
        self.linked = self.has_links();
        self.take_offsets();
        // Positions of one frame of reference are the same positions, also where a series' nearest image is not quite there.
        let space = |s: &Shown| s.volume.series().facts.space;
        let first = self.shown.iter().find(|s| s.volume.is_in_patient()).and_then(space);
        for shown in self.shown.iter_mut().filter(|s| first.is_some() && space(s) == first) {
            shown.offset = Displacement::new(0.0, 0.0, 0.0);
        }
    }

    /// Whether any two series are of one link group.
    fn has_links(&self) -> bool {
        let groups = || self.shown.iter().enumerate().filter_map(|(i, s)| Some((i, s.link?)));
        groups().any(|(i, group)| groups().any(|(k, other)| k > i && other == group))
    }

    /// Looks at these points, one for each series that is named.
    pub(super) fn start_at(&mut self, points: &[(usize, PatientPoint)]) {
        for (series, at) in points {
            if let Some(shown) = self.shown.get_mut(*series) {
                shown.at = *at;
            }
        }
    }

    pub(super) fn all(&self) -> &[Shown] {
        &self.shown
    }
    pub(super) fn all_mut(&mut self) -> &mut [Shown] {
        &mut self.shown
    }
    pub(super) fn get(&self, series: usize) -> Option<&Shown> {
        self.shown.get(series)
    }
    pub(super) fn get_mut(&mut self, series: usize) -> Option<&mut Shown> {
        self.shown.get_mut(series)
    }
    /// Whether there are several series that could move together.
    pub(super) fn can_link(&self) -> bool {
        self.shown.iter().filter(|s| s.volume.is_in_patient()).count() > 1
    }

    /// Lets series move alone, or together again from where they are now; all of them where the layout links none.
    pub(super) fn toggle_link(&mut self) {
        self.linked = !self.linked;
        if self.linked {
            if !self.has_links() {
                self.shown.iter_mut().filter(|s| s.volume.is_in_patient()).for_each(|s| s.link = Some(LinkGroup(1)));
            }
            self.take_offsets();
        }
    }

    /// Looks at a point of a series, or the one nearest to it where it is outside; linked series follow, as far as they reach.
    pub(super) fn look_at(&mut self, series: usize, at: PatientPoint) {
        let places: Vec<_> = self.shown.iter().map(|s| Place { geometry: s.volume.geometry(), link: self.link_of(s) }).collect();
        for (i, at) in looking_at(&places, series, at) {
            if let Some(shown) = self.shown.get_mut(i) {
                shown.at = at;
            }
        }
    }

    /// With which group a series moves now, and how far from the common position.
    fn link_of(&self, shown: &Shown) -> Option<(u8, Displacement)> {
        shown.link.filter(|_| self.linked).map(|group| (group.0, shown.offset))
    }
    /// Every series as the record tells of it.
    pub(super) fn looks(&self) -> Vec<scene::Look> {
        let own = |chosen| if let Some(Chosen::Images(index)) = chosen { u8::try_from(index).ok() } else { None };
        let look = |s: &Shown| scene::Look { at: s.at, voi: s.look.voi.clone(), own: own(s.chosen), link: self.link_of(s) };
        self.shown.iter().map(look).collect()
    }

    fn take_offsets(&mut self) {
        let Some(first) = self.shown.iter().find(|s| s.volume.is_in_patient()).map(|s| s.at) else { return };
        for shown in &mut self.shown {
            shown.offset = if shown.volume.is_in_patient() { shown.at - first } else { Displacement::new(0.0, 0.0, 0.0) };
        }
    }
}

impl Shown {
    pub(super) const fn at(&self) -> PatientPoint {
        self.at
    }
    /// What a pane shows of the series. High is white or black as the images ask for it (MONOCHROME1 is inverse), or the opposite.
    pub(super) fn spec(&self, plane: Plane, size: [u32; 2], slab: Slab, is_inverted: bool) -> PaneSpec {
        let series = self.volume.series();
        let shape = if is_inverted { series.shape.inverted() } else { series.shape };
        PaneSpec {
            series: series.facts.role.clone(),
            plane,
            size,
            slab,
            interpolation: self.look.interpolation,
            voi: self.look.voi.clone(),
            tone: shape.into(),
        }
    }
    /// The window that the protocol opens a case with.
    pub(super) fn open_window(&mut self, display: &Display) {
        self.opens_with(&display.first_for(&self.volume.series().facts), display);
    }
    /// The window that a cell of the series opens with.
    pub(super) fn opens_with(&mut self, window: &FirstWindow, display: &Display) {
        let named = |name: &String| display.presets().iter().position(|p| p.name == *name);
        let preset = if let FirstWindow::Preset(name) = window { named(name) } else { None };
        match preset.and_then(|i| Some((i, display.presets().get(i)?))) {
            Some((i, preset)) => (self.look.voi, self.chosen) = (preset.voi.clone(), Some(Chosen::Protocol(i))),
            None => self.chosen = Some(Chosen::Images(0)),
        }
        self.follow_window();
    }
    /// The presets of the protocol come first, then the windows and tables that the images bring along. Nothing happens where there is no such window.
    pub(super) fn take_preset(&mut self, index: usize, display: &Display) {
        let presets: Vec<_> = display.presets_for(&self.volume.series().facts).collect();
        if let Some(preset) = presets.get(index) {
            let place = display.presets().iter().position(|p| p.name == preset.name);
            (self.look.voi, self.chosen) = (preset.voi.clone(), place.map(Chosen::Protocol));
        } else if index - presets.len() < self.volume.series().image_vois(self.volume.image_at(self.at)).len() {
            self.chosen = Some(Chosen::Images(index - presets.len()));
            self.follow_window();
        }
    }
    /// Where a window of the images is chosen, every image is shown through its own.
    pub(super) fn follow_window(&mut self) {
        if let Some(Chosen::Images(index)) = self.chosen
            && let Some(named) = self.volume.series().image_vois(self.volume.image_at(self.at)).get(index)
        {
            self.look.voi = named.voi.clone();
        }
    }
    /// The name of the window that is on.
    pub(super) fn window_name<'a>(&'a self, display: &'a Display) -> Option<&'a str> {
        match self.chosen.filter(|_| !self.volume.is_colour())? {
            Chosen::Protocol(i) => display.presets().get(i).map(|p| p.name.as_str()),
            Chosen::Images(i) => self.volume.series().image_vois(self.volume.image_at(self.at)).get(i).map(|v| v.name.as_str()),
        }
    }
}
