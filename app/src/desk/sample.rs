//! A packed case on which a protocol's hanging is shown: its series' facts, and, for accounts that may see images, the picture of each cell.
//!
//! Loaded once, on the thread that asks; the pictures are small ones of the first view, made by the same renderer as every pane.

use crate::design::PANES_APART;
use crate::volume::{ShownVolume, Values, with_ready};
use egui::ColorImage;
use std::path::Path;
use std::sync::Arc;
use tiresias_cases::{Package, Series, Trust};
use tiresias_reads::desk::{Desk, package_dir};
use tiresias_reads::hanging::{Canvas, Layout, Opened, PaneRect, opening};
use tiresias_reads::protocol::Display;
use tiresias_render::cpu;
use tiresias_words::SeriesFacts;

/// Memory that a case may take for this, bytes; of a larger one the facts alone are shown.
const MOST: u64 = 1 << 30;

/// A packed case.
pub(super) struct Sample {
    /// The desk's id.
    pub(super) case: String,
    facts: Vec<SeriesFacts>,
    volumes: Vec<ShownVolume>,
}

/// The picture of a cell.
pub(super) struct Picture {
    pub(super) rect: PaneRect,
    pub(super) image: ColorImage,
}

impl Sample {
    /// The first case of the desk's list whose package is there and can be opened; its images only for who may see them.
    pub(super) fn load(root: &Path, may_see_images: bool) -> Option<Self> {
        let desk = Desk::open(root).ok()?;
        desk.cases().iter().find_map(|(case, listed)| {
            let package = Package::open(&package_dir(root, &listed.package), &Trust::Unsigned).ok()?;
            let has_room = package.memory() <= MOST;
            let facts = package.series().iter().map(|s| s.facts.clone()).collect();
            let volumes =
                if may_see_images && has_room { package.into_series().into_iter().filter_map(loaded).collect() } else { Vec::new() };
            Some(Self { case: case.to_string(), facts, volumes })
        })
    }
    /// What is known of its series.
    pub(super) fn facts(&self) -> &[SeriesFacts] {
        &self.facts
    }
    /// The picture of each cell on a canvas of these pixels; none where its images were not loaded.
    pub(super) fn pictures(&self, display: &Display, layout: &Layout, size: [u32; 2]) -> Vec<Picture> {
        let canvas = Canvas { size, pixel: None, gap: PANES_APART };
        let opened = with_ready(self.volumes.iter(), |ready| opening(layout, display, ready, canvas).unwrap_or_default());
        opened.iter().filter_map(|o| self.picture(o)).collect()
    }

    fn picture(&self, opened: &Opened) -> Option<Picture> {
        let volume = self.volumes.iter().find(|v| v.series().facts.role == opened.spec.series)?;
        let size = opened.rect.size.map(|n| n as usize);
        let image = match volume.values().ok()? {
            Values::Grey(view) => ColorImage::from_gray(size, &cpu::render(&view, &opened.spec).ok()?.bytes),
            Values::Colour(view) => ColorImage::from_rgb(size, &cpu::render_colour(&view, &opened.spec).ok()?.bytes),
        };
        Some(Picture { rect: opened.rect, image })
    }
}

fn loaded(series: Series) -> Option<ShownVolume> {
    let series = Arc::new(series);
    let buffer = Series::buffer(&series).ok()?;
    series.load_rest(&buffer).ok()?;
    let shown = ShownVolume::new(series, buffer).ok()?;
    shown.complete();
    Some(shown)
}
