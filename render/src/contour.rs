//! Where a plane cuts a mask of voxels, and its outline there, integers only: the mask is sampled as an image is, the nearest voxel for each pixel.
//!
//! Owns: the part of a pane that a mask can touch, the pixels of it that show lit voxels, their outline, and the shades of a graded mask. A slab shows what any
//! of its samples does. Refuses: what a mask means, and colours.

use crate::raster::{Mask, ONE, Place};
use crate::{GreyImage, Picture, RenderError, ValueRange, VolumeView, cpu};
use std::sync::atomic::AtomicU16;
use tiresias_words::{
    Interpolation, ModalityLut, PaneSpec, Plane, PresentationShape, PresentationTone, Role, Slab, SlabKind, StoredFormat, StoredValue, Voi,
    VolumeGeometry, Voxel, Window,
};

/// Voxels of 0 to 255 in a block of their own.
pub struct VoxelMask {
    geometry: VolumeGeometry,
    words: Vec<AtomicU16>,
    /// Nothing is done to the values.
    modality: ModalityLut,
    window: Window,
}

/// A part of a pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut<T> {
    /// Its first pixel in the pane: column, row.
    pub at: [u32; 2],
    /// What is there.
    pub part: T,
}

/// Pixels around what a mask can touch, so that an outline and its rim have room.
const MARGIN: f64 = 8.0;
/// From this value on a voxel is lit. What stands for missing slices ([`crate::cpu`]) is below.
const LIT: u8 = 128;

impl VoxelMask {
    /// A mask of these values, columns fastest, then rows, then slices.
    ///
    /// # Errors
    /// [`RenderError::WrongLength`] when they do not fill the geometry.
    pub fn new(geometry: VolumeGeometry, values: &[u8]) -> Result<Self, RenderError> {
        crate::volume::fills(&geometry, values.len())?;
        let words = values.iter().map(|v| AtomicU16::new(u16::from(*v))).collect();
        // 255 grey levels for 0 to 255: every value is shown as itself.
        Ok(Self { geometry, words, modality: ModalityLut::IDENTITY, window: Window::new(127.5, 255.0)? })
    }
    /// Where its voxels lie.
    #[must_use]
    pub const fn geometry(&self) -> &VolumeGeometry {
        &self.geometry
    }

    /// The pixels of a pane whose nearest voxel is lit; `None` where the mask is not in the pane.
    ///
    /// # Errors
    /// As [`cpu::render`].
    pub fn cut(&self, plane: &Plane, size: [u32; 2], slab: Slab) -> Result<Option<Cut<Mask>>, RenderError> {
        let shape = PresentationShape::Identity;
        let Some(Cut { at, part }) = self.shown(plane, size, slab, Interpolation::Nearest, shape)? else { return Ok(None) };
        let [width, height] = part.size;
        let mut mask = Mask::new(part.size)?;
        let places = (0..i64::from(height)).flat_map(|y| (0..i64::from(width)).map(move |x| [x, y]));
        part.bytes.iter().zip(places).filter(|(b, _)| **b >= LIT).for_each(|(_, [x, y])| mask.light(x, y));
        Ok((mask.count() > 0).then_some(Cut { at, part: mask }))
    }

    /// The values in a pane, blended between voxels, and 0 where slices are missing; `None` where the mask is not in the pane.
    ///
    /// # Errors
    /// As [`cpu::render`].
    pub fn shades(&self, plane: &Plane, size: [u32; 2], slab: Slab) -> Result<Option<Cut<GreyImage>>, RenderError> {
        let shown = |shape| self.shown(plane, size, slab, Interpolation::Linear, shape);
        let Some(mut cut) = shown(PresentationShape::Identity)? else { return Ok(None) };
        if self.geometry.has_gaps()
            && let Some(turned) = shown(PresentationShape::Inverse)?
        {
            // A value and its inverse make white. What stands for missing slices is the same in both, and is no value.
            let bytes = cut.part.bytes.iter_mut().zip(&turned.part.bytes);
            bytes.filter(|(a, b)| u16::from(**a) + u16::from(**b) < 255).for_each(|(a, _)| *a = 0);
        }
        Ok(cut.part.bytes.iter().any(|b| *b > 0).then_some(cut))
    }

    fn shown(
        &self,
        plane: &Plane,
        size: [u32; 2],
        slab: Slab,
        interpolation: Interpolation,
        shape: PresentationShape,
    ) -> Result<Option<Cut<GreyImage>>, RenderError> {
        let Some([left, top, right, bottom]) = self.touched(plane, size, slab) else { return Ok(None) };
        let origin = plane.patient_of([f64::from(left), f64::from(top)]);
        let part = Plane::new(origin, plane.right(), plane.down(), plane.spacing())?;
        // Whatever a slab makes of the image, a mask is seen through all of it.
        let slab = match slab {
            Slab::Thin => Slab::Thin,
            Slab::Thick { thickness, step, .. } => Slab::Thick { thickness, step, kind: SlabKind::Mip },
        };
        let spec = PaneSpec {
            series: Role::current(),
            plane: part,
            size: [right - left, bottom - top],
            slab,
            interpolation,
            voi: Voi::LinearExact(self.window),
            tone: PresentationTone::Shape(shape),
        };
        let format = StoredFormat { bits_stored: 8, signed: false };
        let range = ValueRange::new(StoredValue(0), StoredValue(255));
        let view = VolumeView::new(&self.geometry, &self.words, format, &self.modality, None, range)?;
        let image = cpu::render(&view, &spec)?;
        let is_dark = image.bytes().iter().all(|b| *b == 0);
        Ok((!is_dark).then_some(Cut { at: [left, top], part: image }))
    }

    /// The rectangle of a pane outside of which no sample touches the block: left, top, and one past right and bottom.
    fn touched(&self, plane: &Plane, [width, height]: [u32; 2], slab: Slab) -> Option<[u32; 4]> {
        let [n, m, k] = self.geometry.size().map(f64::from);
        let corners = (0..8).map(|i| {
            let pick = |bit: usize, n: f64| if i & bit == 0 { -0.5 } else { n - 0.5 };
            plane.pixel_of(self.geometry.patient_of(Voxel::new(pick(1, n), pick(2, m), pick(4, k))))
        });
        let everything = [f64::INFINITY, f64::NEG_INFINITY];
        let (x, y, off) = corners.fold((everything, everything, everything), |(x, y, off), ([px, py], d)| {
            let wider = |r: [f64; 2], v: f64| [r[0].min(v), r[1].max(v)];
            (wider(x, px), wider(y, py), wider(off, d.0))
        });
        let reach = match slab {
            Slab::Thin => 0.0,
            Slab::Thick { thickness, .. } => thickness.0 / 2.0,
        };
        if off[0] > reach || off[1] < -reach {
            return None;
        }
        let within = |r: [f64; 2], n: u32| {
            let [low, high] = [(r[0] - MARGIN).floor(), (r[1] + MARGIN).ceil() + 1.0].map(|v| v.clamp(0.0, f64::from(n)) as u32);
            (low < high).then_some([low, high])
        };
        let ([left, right], [top, bottom]) = (within(x, width)?, within(y, height)?);
        Some([left, top, right, bottom])
    }
}

/// The outline of an area, `thickness` pixels from its outermost ones outwards, so that it covers nothing of what it encloses but its rim.
#[must_use]
pub fn outline(area: &Mask, thickness: u32) -> Mask {
    let mut line = area.rim();
    let mut grown = area.clone();
    for _ in 1..thickness {
        grown = grown.grown();
        line.add(&grown.rim());
    }
    line
}

/// Lines from each place to the next by a pen of `thickness` pixels a side, whose upper left pixel goes through the places. Along its longer side each line has
/// so many pixels beside each other at every step, whichever way it runs.
pub fn thick_line(mask: &mut Mask, places: &[Place], thickness: u32) {
    let middle = i64::from(thickness.saturating_sub(1)) * ONE / 2;
    for (from, to) in places.iter().zip(places.iter().skip(1)) {
        let runs_across = (to[0] - from[0]).abs() >= (to[1] - from[1]).abs();
        for step in 0..i64::from(thickness) {
            let by = if runs_across { [middle, step * ONE] } else { [step * ONE, middle] };
            mask.polyline(&[from, to].map(|p| [p[0] + by[0], p[1] + by[1]]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_words::{Direction, Displacement, Gap, Mm, PatientPoint, Stack};

    fn mask(values: &[u8]) -> VoxelMask {
        let stack = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, 2.0) };
        let geometry = VolumeGeometry::new([3, 3, 1], Direction::LEFT, Direction::POSTERIOR, [Mm(1.0); 2], stack).unwrap();
        VoxelMask::new(geometry, values).unwrap()
    }
    fn pane(z: f64) -> Plane {
        Plane::new(PatientPoint::new(-10.0, -10.0, z), Direction::LEFT, Direction::POSTERIOR, Mm(0.25)).unwrap()
    }

    #[test]
    fn a_voxel_is_a_square_of_pixels_as_thick_as_its_slice() {
        let middle = mask(&[0, 0, 0, 0, 255, 0, 0, 0, 0]);
        let size = [100, 100];
        for (z, is_there) in [(0.0, true), (0.99, true), (-0.99, true), (1.01, false), (-1.01, false)] {
            let cut = middle.cut(&pane(z), size, Slab::Thin).unwrap();
            assert_eq!(cut.as_ref().map(|c| c.part.count()), is_there.then_some(16), "{z}");
        }
        let Cut { at, part } = middle.cut(&pane(0.0), size, Slab::Thin).unwrap().unwrap();
        // The voxel from 0.5 to 1.5 mm; pixel 42 has its centre at 0.5 mm, which belongs to the voxel behind it.
        let lit: Vec<[i64; 2]> = (0..100)
            .flat_map(|y| (0..100).map(move |x| [x, y]))
            .filter(|[x, y]| part.is_lit(x - i64::from(at[0]), y - i64::from(at[1])))
            .collect();
        assert!(lit.first() == Some(&[42, 42]) && lit.last() == Some(&[45, 45]));
        // A slab sees it from farther away, whatever it projects.
        let thick = Slab::Thick { thickness: Mm(6.0), step: Mm(0.5), kind: SlabKind::Minip };
        assert_eq!(middle.cut(&pane(3.5), size, thick).unwrap().map(|c| c.part.count()), Some(16));
        assert!(middle.cut(&pane(4.5), size, thick).unwrap().is_none());
    }

    #[test]
    fn outlines_lie_on_the_rim_and_outside() {
        let mut area = Mask::new([12, 12]).unwrap();
        (4..8).for_each(|y| (4..8).for_each(|x| area.light(x, y)));
        assert_eq!(outline(&area, 1).count(), 12);
        let two = outline(&area, 2);
        assert!(two.count() == 12 + 20 && !two.is_lit(5, 5) && two.is_lit(3, 3) && two.is_lit(4, 4));
        let mut line = Mask::new([12, 12]).unwrap();
        thick_line(&mut line, &[[256, 384], [2048, 384]], 2);
        assert!((2..7).all(|x| line.is_lit(x, 1) && line.is_lit(x, 2) && !line.is_lit(x, 3)));
    }

    #[test]
    fn lines_are_as_thick_whichever_way_they_run() {
        let [near, far] = [5 * ONE / 2, 25 * ONE / 2];
        for (from, to) in
            [([near, near], [far, far]), ([near, far], [far, near]), ([near, near], [far, 4 * ONE]), ([near, far], [far, near + ONE])]
        {
            for turned in [false, true] {
                let turn = |p: Place| if turned { [p[1], p[0]] } else { p };
                let mut line = Mask::new([20, 20]).unwrap();
                thick_line(&mut line, &[turn(from), turn(to)], 3);
                let lit = |along: i64| {
                    (0..20).filter(|beside| if turned { line.is_lit(*beside, along) } else { line.is_lit(along, *beside) }).count()
                };
                // A line of equal sides counts as one that runs across, and is as thick down as across.
                assert!((5..12).all(|along| lit(along) == 3), "{from:?} {to:?} {turned}");
            }
        }
    }

    #[test]
    fn nothing_is_graded_where_slices_are_missing() {
        let heights = [0.0, 1.0, 2.0, 7.0].map(Mm).to_vec();
        let (origin, course) = (PatientPoint::new(0.0, 0.0, 0.0), Displacement::new(0.0, 0.0, 1.0));
        let stack = Stack::Piecewise { origin, course, heights, gaps: vec![Gap { after: 2, missing: 4 }] };
        let geometry = VolumeGeometry::new([3, 3, 4], Direction::LEFT, Direction::POSTERIOR, [Mm(1.0); 2], stack).unwrap();
        let mut values = [0; 36];
        values[4] = 200;
        let coronal = Plane::new(PatientPoint::new(-10.0, 1.0, 10.0), Direction::LEFT, Direction::FEET, Mm(0.25)).unwrap();
        let graded = VoxelMask::new(geometry, &values).unwrap();
        let Cut { at, part } = graded.shades(&coronal, [100, 100], Slab::Thin).unwrap().unwrap();
        assert_eq!(part.bytes.iter().max(), Some(&200));
        let mut in_gap = 0;
        for (y, row) in (at[1]..).zip(part.bytes.chunks_exact(part.size[0] as usize)) {
            // The slices beside the gap reach half a millimetre into it.
            if (2.6..6.4).contains(&(10.0 - 0.25 * f64::from(y))) {
                assert!(row.iter().all(|b| *b == 0), "{row:?}");
                in_gap += 1;
            }
        }
        assert!(in_gap > 10);
    }

    #[test]
    fn shades_are_the_values_themselves() {
        let graded = mask(&[0, 0, 0, 0, 200, 0, 0, 0, 0]);
        let Cut { at, part } = graded.shades(&pane(0.0), [100, 100], Slab::Thin).unwrap().unwrap();
        let value = |x: u32, y: u32| part.bytes[((y - at[1]) * part.size[0] + x - at[0]) as usize];
        // Pixel 44 is the voxel's centre, 46 is half way to the next one.
        assert_eq!([value(44, 44), value(46, 44), value(48, 44)], [200, 100, 0]);
    }
}
