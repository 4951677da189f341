//! What a case shows, computed anew: from the DICOM sources on the desk, with arithmetic of this file alone.
//!
//! Owns the test's own trilinear interpolation, its own way from a pixel to the patient and its own words. Refuses: every function of the program under
//! test beside the files of the desk, which say which source became which package.

use crate::sitting::Demo;
use dicom_dictionary_std::tags;
use egui::{Pos2, Rect};
use std::path::Path;
use tiresias_reads::desk::Desk;
use tiresias_reads::study::Study;

/// A case as its DICOM files say it is: axial, slices from the feet to the head.
pub(crate) struct World {
    /// Columns, rows, slices.
    pub(crate) size: [usize; 3],
    /// Between columns, rows and slices, mm.
    pub(crate) spacing: [f64; 3],
    /// Centre of the first voxel, patient LPS mm.
    pub(crate) origin: [f64; 3],
    values: Vec<f64>,
}

/// One image: the centre of its first pixel, the distance of columns and rows, their numbers, and its values.
struct Slice {
    place: [f64; 3],
    spacing: [f64; 2],
    size: [usize; 2],
    values: Vec<f64>,
}

/// The planes of the reading room, with the patient axis (0 L, 1 P, 2 H) and its sign that points right and down on the screen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) name: &'static str,
    pub(crate) right: (usize, f64),
    pub(crate) down: (usize, f64),
    /// Letters at the top, bottom, left and right edge.
    pub(crate) letters: [&'static str; 4],
}

/// Radiological convention: the patient's left on the viewer's right, anterior up, head up; the sagittal plane with anterior on the left.
pub(crate) const WAYS: [Way; 3] = [
    Way { name: "axial", right: (0, 1.0), down: (1, 1.0), letters: ["A", "P", "R", "L"] },
    Way { name: "coronal", right: (0, 1.0), down: (2, -1.0), letters: ["H", "F", "R", "L"] },
    Way { name: "sagittal", right: (1, 1.0), down: (2, -1.0), letters: ["H", "F", "A", "P"] },
];

impl World {
    /// The case that `reader` reads as number `index`, from 0.
    pub(crate) fn of(demo: &Demo, reader: &str, index: usize) -> Self {
        Self::of_study(demo, &demo.reader(), reader, index)
    }
    /// The same in another study of the demo's cases.
    pub(crate) fn of_study(demo: &Demo, root: &Path, reader: &str, index: usize) -> Self {
        let study = Study::open(root).expect("the study opens");
        let bundle = study.bundles().values().find(|b| b.display_name() == reader).expect("the reader has a bundle");
        let package = bundle.reads()[index].package;
        let desk = Desk::open(&demo.desk()).expect("the desk opens");
        let case = desk.cases().iter().find(|(_, c)| c.package == package).expect("the desk knows the package").0.clone();
        Self::read(&demo.desk().join("sources").join(case.as_str()))
    }

    pub(crate) fn read(folder: &Path) -> Self {
        let mut slices: Vec<Slice> = Vec::new();
        for entry in std::fs::read_dir(folder).expect("the sources are there") {
            let file = dicom_object::open_file(entry.expect("an entry").path()).expect("a DICOM file");
            let numbers = |tag| file.element(tag).expect("an element").to_multi_float64().expect("numbers");
            assert_eq!(numbers(tags::IMAGE_ORIENTATION_PATIENT), [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], "this arithmetic is for axial images");
            let place = numbers(tags::IMAGE_POSITION_PATIENT);
            let spacing = numbers(tags::PIXEL_SPACING);
            let [rows, columns] = [tags::ROWS, tags::COLUMNS].map(|t| numbers(t)[0] as usize);
            let (slope, intercept) = (numbers(tags::RESCALE_SLOPE)[0], numbers(tags::RESCALE_INTERCEPT)[0]);
            let signed = numbers(tags::PIXEL_REPRESENTATION)[0] == 1.0;
            let bytes = file.element(tags::PIXEL_DATA).expect("pixels").to_bytes().expect("pixels").into_owned();
            let stored = bytes.chunks_exact(2).map(|b| {
                let word = u16::from_le_bytes([b[0], b[1]]);
                if signed { f64::from(word.cast_signed()) } else { f64::from(word) }
            });
            let values = stored.map(|v| v * slope + intercept).collect();
            slices.push(Slice { place: [place[0], place[1], place[2]], spacing: [spacing[1], spacing[0]], size: [columns, rows], values });
        }
        slices.sort_by(|a, b| a.place[2].total_cmp(&b.place[2]));
        let (origin, in_plane, size) = (slices[0].place, slices[0].spacing, slices[0].size);
        let step = slices[1].place[2] - slices[0].place[2];
        Self {
            size: [size[0], size[1], slices.len()],
            spacing: [in_plane[0], in_plane[1], step],
            origin,
            values: slices.into_iter().flat_map(|s| s.values).collect(),
        }
    }

    /// Length of the volume along an axis, from edge to edge, mm.
    pub(crate) fn extent(&self, axis: usize) -> f64 {
        self.size[axis] as f64 * self.spacing[axis]
    }
    /// Middle of the volume along an axis, mm.
    fn middle(&self, axis: usize) -> f64 {
        self.origin[axis] + (self.size[axis] as f64 - 1.0) / 2.0 * self.spacing[axis]
    }
    /// Position of a slice's centre along an axis; slices counted from 1 in the direction of the axis.
    pub(crate) fn slice(&self, axis: usize, number: usize) -> f64 {
        self.origin[axis] + (number as f64 - 1.0) * self.spacing[axis]
    }
    /// Where the crosshair stands when a case was opened: on the centre of the middle slice of every plane, the lower of two.
    pub(crate) fn start(&self) -> [f64; 3] {
        [0, 1, 2].map(|axis| self.slice(axis, (self.size[axis] - 1) / 2 + 1))
    }
    /// Number of the middle image.
    pub(crate) const fn middle_slice(&self) -> usize {
        (self.size[2] - 1) / 2 + 1
    }

    /// Millimetres a physical pixel of a pane that shows all of the volume in `pixels` by `pixels`.
    pub(crate) fn fitted(&self, way: Way, [width, height]: [f64; 2]) -> f64 {
        (self.extent(way.right.0) / width).max(self.extent(way.down.0) / height)
    }

    /// Patient position under the screen position `at` (logical pixels) in a fitted pane, when the plane goes through `crosshair`.
    pub(crate) fn under(&self, way: Way, pane: Rect, scale: f32, crosshair: [f64; 3], at: Pos2) -> [f64; 3] {
        let physical = |v: f32| f64::from(v) * f64::from(scale);
        let (width, height) = (physical(pane.width()), physical(pane.height()));
        let mm = self.fitted(way, [width, height]);
        let mut place = crosshair;
        place[way.right.0] = self.middle(way.right.0) + way.right.1 * (physical(at.x - pane.left()) - width / 2.0) * mm;
        place[way.down.0] = self.middle(way.down.0) + way.down.1 * (physical(at.y - pane.top()) - height / 2.0) * mm;
        place
    }

    /// Screen position of a patient point in a fitted pane: the inverse of [`Self::under`].
    pub(crate) fn over(&self, way: Way, pane: Rect, scale: f32, place: [f64; 3]) -> Pos2 {
        let physical = |v: f32| f64::from(v) * f64::from(scale);
        let mm = self.fitted(way, [physical(pane.width()), physical(pane.height())]);
        let off = |(axis, sign): (usize, f64)| (sign * (place[axis] - self.middle(axis)) / mm) as f32 / scale;
        pane.center() + egui::vec2(off(way.right), off(way.down))
    }

    /// Whether a patient position lies in the outer half of the outer voxels: inside the volume, and not surrounded by eight centres.
    pub(crate) fn is_edge(&self, at: [f64; 3]) -> bool {
        let index: [f64; 3] = std::array::from_fn(|i| (at[i] - self.origin[i]) / self.spacing[i]);
        let inside = (0..3).all(|i| (-0.5..=self.size[i] as f64 - 0.5).contains(&index[i]));
        inside && (0..3).any(|i| index[i] < 0.0 || index[i] > self.size[i] as f64 - 1.0)
    }

    /// The value at a patient position, trilinear between voxel centres; `None` where it is not surrounded by eight.
    pub(crate) fn value(&self, at: [f64; 3]) -> Option<f64> {
        let index: [f64; 3] = std::array::from_fn(|i| (at[i] - self.origin[i]) / self.spacing[i]);
        if (0..3).any(|i| index[i] < 0.0 || index[i] > self.size[i] as f64 - 1.0) {
            return None;
        }
        let low: [usize; 3] = std::array::from_fn(|i| (index[i].floor() as usize).min(self.size[i] - 2));
        let mut sum = 0.0;
        for corner in 0..8usize {
            let mut weight = 1.0;
            let mut cell = [0; 3];
            for axis in 0..3 {
                let high = corner >> axis & 1;
                let part = index[axis] - low[axis] as f64;
                weight *= if high == 1 { part } else { 1.0 - part };
                cell[axis] = low[axis] + high;
            }
            sum += weight * self.values[(cell[2] * self.size[1] + cell[1]) * self.size[0] + cell[0]];
        }
        Some(sum)
    }
}

/// A position as a reader should see it, and how far (mm) another may be from it: half of the last digit.
pub(crate) fn position_words(at: [f64; 3]) -> String {
    let part = |v: f64, plus, minus| format!("{} {:.1}", if v < 0.0 { minus } else { plus }, v.abs());
    format!("{}  {}  {} mm", part(at[0], "L", "R"), part(at[1], "P", "A"), part(at[2], "H", "F"))
}

/// A whole number with a true minus sign.
pub(crate) fn whole(v: f64) -> String {
    let text = format!("{:.0}", v.abs());
    if v < 0.0 && text != "0" { format!("\u{2212}{text}") } else { text }
}
