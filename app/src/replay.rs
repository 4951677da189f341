//! A read drawn again: the panes that were on a reader's screen at a time of its reading clock, from the record and the package.
//!
//! What was on the screen is `reads`' to say; the bytes are `render::cpu`'s, as everywhere. Images alone are drawn, nothing over them. Refuses: the sealed part
//! of a package, which is not opened for a replay.

use crate::volume::{ShownVolume, Values, with_ready};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::sync::Arc;
use tiresias_cases::{Package, Trust};
use tiresias_reads::accounts::Unlocked;
use tiresias_reads::gathered::Gathered;
use tiresias_reads::replay::{AiSeen, Course, Seen, Summary, course, may_replay};
use tiresias_render::{RenderError, cpu};
use tiresias_words::{ContentHash, Interpolation, PaneSpec};

/// A canvas has at most so many pixels on a side: the record is somebody's file, and memory is taken by what it says.
const SIDE: u32 = 16_384;

/// A read that can be drawn again.
pub struct Replay {
    course: Course,
    interpolation: Interpolation,
    series: Vec<ShownVolume>,
}

/// What was on the screen at one time.
#[derive(Debug, Clone, Serialize)]
pub struct Replayed {
    /// READER/CASE/CONDITION/REPEAT.
    pub read: String,
    /// Milliseconds of the reading clock.
    pub at_ms: u64,
    /// Width and height of the picture, pixels.
    pub canvas: [u32; 2],
    /// What there was of the AI.
    pub ai: AiSeen,
    /// The panes that were to be seen, in reading order.
    pub panes: Vec<PaneReplayed>,
    /// All of them on black, as they lay: red, green and blue of each pixel, row by row.
    #[serde(skip)]
    pub rgb: Vec<u8>,
}

/// One pane, drawn again.
#[derive(Debug, Clone, Serialize)]
pub struct PaneReplayed {
    /// Its place in the layout, from 0.
    pub pane: u8,
    /// Whether it had the keyboard.
    pub focus: bool,
    /// Whether it was turned out of the patient's axes.
    pub oblique: bool,
    /// "images", or a plane of the patient.
    pub shows: &'static str,
    /// Number of the slice, from 1, and how many there are.
    pub slice: [u32; 2],
    /// Left, top, width and height on the canvas, pixels.
    pub rect: [u32; 4],
    /// What it showed.
    pub spec: PaneSpec,
    /// SHA-256 of its bytes: one of each pixel in grey, three in colour.
    pub sha256: ContentHash,
}

impl Replay {
    /// Opens a read of a study for whoever has these keys. Without a name the error says which there are.
    ///
    /// # Errors
    /// A sentence: when they may not, there is no such read, or its images are not here.
    pub fn open(gathered: &Gathered, read: Option<&str>, keys: Option<&Unlocked>) -> Result<Self, String> {
        let root = gathered.root();
        let at = |place: &Path, e: &dyn std::fmt::Display| format!("{}: {e}", place.display());
        may_replay(gathered, keys).map_err(|e| at(root, &e))?;
        Self::of(gathered, course(gathered.trail(), read).map_err(|e| at(root, &e))?)
    }

    /// Opens the images of a read that was found in the records of a study.
    ///
    /// # Errors
    /// A sentence: when they are not here.
    pub fn of(gathered: &Gathered, course: Course) -> Result<Self, String> {
        let at = |place: &Path, e: &dyn std::fmt::Display| format!("{}: {e}", place.display());
        let folder = gathered.package_dir(&course.package());
        let package = Package::open(&folder, &Trust::Unsigned).map_err(|e| at(&folder, &e))?;
        if package.hash() != course.package() {
            return Err(at(&folder, &"This is not the package that was read. Put the right one in its place."));
        }
        // In order of roles, as the reading room has them.
        let mut packed = package.into_series();
        packed.sort_by(|a, b| a.facts.role.cmp(&b.facts.role));
        let series = packed.into_iter().map(|series| {
            let series = Arc::new(series);
            let buffer = series.buffer().map_err(|e| at(&folder, &e))?;
            ShownVolume::new(series, buffer).map_err(|e| at(&folder, &e))
        });
        let series = series.collect::<Result<_, String>>()?;
        Ok(Self { course, interpolation: gathered.protocol().display().interpolation(), series })
    }

    /// How long the images were in sight, milliseconds.
    #[must_use]
    pub fn length_ms(&self) -> u64 {
        self.course.length_ms()
    }

    /// How the read was looked at.
    #[must_use]
    pub fn summary(&self) -> Summary {
        with_ready(self.series.iter(), |ready| self.course.summary(ready))
    }

    /// What was on the screen so long after the images were first shown, pauses left out.
    ///
    /// # Errors
    /// A sentence: when the read was not that long, or its images cannot be read.
    pub fn at(&self, ms: u64) -> Result<Replayed, String> {
        let seen = with_ready(self.series.iter(), |ready| self.course.at(ms, ready)).map_err(|e| e.to_string())?;
        if seen.scene.canvas.iter().any(|side| *side > SIDE) {
            let [width, height] = seen.scene.canvas;
            return Err(format!(
                "The record says {width} x {height} pixels were on the screen, and no screen has so many. Run `tiresias verify` on it."
            ));
        }
        let [width, height] = seen.scene.canvas.map(|n| n as usize);
        let mut rgb = vec![0; width.saturating_mul(height).saturating_mul(3)];
        let mut panes = Vec::new();
        for (pane, _, _) in seen.scene.visible() {
            let (told, bytes) = self.draw(&seen, pane)?;
            lay(&mut rgb, width, told.rect, &bytes);
            panes.push(told);
        }
        Ok(Replayed { read: self.course.read().to_string(), at_ms: ms, canvas: seen.scene.canvas, ai: seen.ai, panes, rgb })
    }

    /// A pane and its bytes.
    fn draw(&self, seen: &Seen, at: u8) -> Result<(PaneReplayed, Vec<u8>), String> {
        let unclear = || format!("The record does not say what pane {} showed. Run `tiresias verify` on it.", at + 1);
        let scene = &seen.scene;
        let pane = scene.panes.get(usize::from(at)).ok_or_else(unclear)?;
        let (spec, slice) = with_ready(self.series.iter(), |ready| (scene.spec(at, ready, self.interpolation), scene.slice(at, ready)));
        let (spec, slice, rect) = (spec.ok_or_else(unclear)?, slice.ok_or_else(unclear)?, pane.rect.ok_or_else(unclear)?);
        let volume = self.series.get(usize::from(pane.series)).ok_or_else(unclear)?;
        if !volume.is_complete() {
            volume.series().load_rest(volume.buffer()).map_err(|e| e.to_string())?;
            volume.complete();
        }
        let bytes = bytes_of(volume, &spec).map_err(|e| e.to_string())?;
        let told = PaneReplayed {
            pane: at,
            focus: scene.focus == at,
            oblique: pane.turned,
            shows: tiresias_reads::replay::word(pane.shows),
            slice: [slice.number, slice.of],
            rect: [rect.x, rect.y, rect.size[0], rect.size[1]],
            spec,
            sha256: ContentHash(Sha256::digest(&bytes).into()),
        };
        Ok((told, bytes))
    }
}

fn bytes_of(volume: &ShownVolume, spec: &PaneSpec) -> Result<Vec<u8>, RenderError> {
    Ok(match volume.values()? {
        Values::Grey(view) => cpu::render(&view, spec)?.bytes,
        Values::Colour(view) => cpu::render_colour(&view, spec)?.bytes,
    })
}

/// Lays a pane on the canvas, as far as it reaches there.
fn lay(rgb: &mut [u8], width: usize, [x, y, w, h]: [u32; 4], bytes: &[u8]) {
    let [x, y, w, h] = [x, y, w, h].map(|n| n as usize);
    let samples = bytes.len() / w.saturating_mul(h).max(1);
    for (row, line) in bytes.chunks_exact(w.saturating_mul(samples).max(1)).enumerate() {
        for (column, pixel) in line.chunks_exact(samples.max(1)).enumerate().take(width.saturating_sub(x)) {
            let to = y.saturating_add(row).saturating_mul(width).saturating_add(x).saturating_add(column).saturating_mul(3);
            if let Some(place) = rgb.get_mut(to..to.saturating_add(3)) {
                place.iter_mut().zip(pixel.iter().cycle()).for_each(|(to, from)| *to = *from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pane_that_a_record_puts_far_outside_of_the_canvas_is_laid_nowhere() {
        let mut rgb = vec![7; 4 * 3 * 3];
        for rect in [[u32::MAX, 0, 2, 2], [0, u32::MAX, 2, 2], [u32::MAX; 4]] {
            lay(&mut rgb, 4, rect, &[0; 4]);
        }
        assert_eq!(rgb, vec![7; 4 * 3 * 3]);
        lay(&mut rgb, 4, [1, 1, 2, 1], &[1, 2]);
        assert_eq!(rgb[12..24], [7, 7, 7, 1, 1, 1, 2, 2, 2, 7, 7, 7]);
    }
}
