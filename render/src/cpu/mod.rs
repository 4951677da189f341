//! The specification of the image: integer sampling of stored values, then the display table. The GPU must give these bytes.
//!
//! For each pixel: coordinate Q15.16 = (origin + x*du + y*dv + s*dw) >> 16; clamp to the outer voxel centres; weights are the top 14 of its
//! 16 fraction bits; values are words minus the range's smallest, shifted left by the kept fraction bits; three stages of
//! `(a*(2^14-w) + b*w + 2^13) >> 14` along column, row, slice. A tap on padding with weight makes the sample its nearest tap. Slabs leave out samples that
//! are outside, padding, or where slices are missing. What is outside the volume is black in every window. Interpolate stored values, then look up (PS3.3
//! C.11, PS3.4 N.2).
//!
//! Of a stack of unequal steps the third coordinate is a height, and a table makes two slices and a weight of it. Where slices are missing, farther from
//! both neighbours than half of what a step would be there, a pixel shows a dark hatch that no window changes: 88 where `(x + y) mod 8 < 2`, else 28, with x and y
//! counted in the image from its top left. A slab shows it where all its samples inside the volume that are not padding lie in a gap.
//!
//! Cubic interpolation is Catmull-Rom over 4 x 4 x 4 taps, the outer voxels repeated beyond the volume, in stages as above, with weights of 14 bits, or fewer
//! where values are wide; along a stack of unequal steps it is linear. The result is held to the values that the table knows, and in MIP and MinIP to the inner taps.
//!
//! Colours are sampled alike, each channel for itself: values are bytes shifted left by 8 kept fraction bits, what is shown is `(v + 128) >> 8`, or 255
//! minus that in the inverse shape. There is no window, no padding and no slab of colours.

mod cubic;
#[cfg(test)]
mod definition;
#[cfg(target_arch = "x86_64")]
mod gather;
mod sampler;
mod straight;
mod voxels;

use crate::plan::SamplePlan;
use crate::{ColourImage, ColourView, DisplayTable, GreyImage, RenderError, VolumeView};
#[cfg(target_arch = "x86_64")]
use gather::Gather;
use rayon::prelude::*;
use sampler::Sampler;
use straight::Straight;
use tiresias_words::{PaneSpec, PresentationShape};
use voxels::{ColourVoxels, GreyVoxels, Voxels};

/// Renders `spec` from `volume`: the one definition of its bytes.
///
/// # Errors
/// As [`SamplePlan::new`].
pub fn render(volume: &VolumeView<'_>, spec: &PaneSpec) -> Result<GreyImage, RenderError> {
    let plan = SamplePlan::new(volume.geometry(), spec)?;
    let table = DisplayTable::for_volume(volume, &spec.voi, &spec.tone);
    Ok(draw(volume, &plan, &table))
}

/// Renders a plan that was made for this volume, with a table that was made for it.
#[must_use]
pub fn draw(volume: &VolumeView<'_>, plan: &SamplePlan, table: &DisplayTable) -> GreyImage {
    GreyImage { size: plan.size, bytes: bytes(GreyVoxels::new(volume, table), plan) }
}

/// As [`draw`], in bands of rows, after each of which `is_over` is asked: `None` when it says so. For images that take longer than anybody may be waiting.
/// Other work comes in between two bands.
#[must_use]
pub fn draw_unless(volume: &VolumeView<'_>, plan: &SamplePlan, table: &DisplayTable, is_over: impl Fn() -> bool) -> Option<GreyImage> {
    in_bands(volume, plan, table, BAND, is_over)
}

/// As [`draw_unless`], with bands of this much work, and of eight rows at least.
pub(crate) fn in_bands(
    volume: &VolumeView<'_>,
    plan: &SamplePlan,
    table: &DisplayTable,
    work: u64,
    is_over: impl Fn() -> bool,
) -> Option<GreyImage> {
    let height = plan.size[1];
    let mut bytes = Vec::new();
    let rows = (u64::from(height) * work / plan.work().max(1)).clamp(1, u64::from(height)) as u32;
    let rows = rows.next_multiple_of(8);
    for from in (0..height).step_by(rows as usize) {
        if is_over() {
            return None;
        }
        bytes.extend(draw(volume, &plan.band(from, height.min(from + rows)), table).bytes);
    }
    Some(GreyImage { size: plan.size, bytes })
}

/// Work of a band, as [`SamplePlan::work`] counts it.
const BAND: u64 = 1 << 20;

/// Renders `spec` from a colour volume: the one definition of its bytes. `spec.voi` and a table in `spec.tone` have no meaning for colours and are not looked at.
///
/// # Errors
/// As [`SamplePlan::for_colour`].
pub fn render_colour(volume: &ColourView<'_>, spec: &PaneSpec) -> Result<ColourImage, RenderError> {
    draw_colour(volume, &SamplePlan::for_colour(volume.geometry(), spec)?, spec.tone.shape())
}

/// Renders a plan that was made for this colour volume.
///
/// # Errors
/// [`RenderError::ColourSlab`] when the plan projects; those of [`SamplePlan::for_colour`] do not.
pub fn draw_colour(volume: &ColourView<'_>, plan: &SamplePlan, shape: PresentationShape) -> Result<ColourImage, RenderError> {
    plan.serves_colour()?;
    Ok(ColourImage { size: plan.size, bytes: bytes(ColourVoxels::new(volume, shape), plan) })
}

/// The grey level of a pixel where slices are missing.
pub(crate) const fn hatch(x: u32, y: u32) -> u8 {
    if (x + y) % 8 < 2 { 88 } else { 28 }
}

/// All bytes of an image, by the fastest way there is for the plan. They begin black, as what is outside the volume stays.
fn bytes<V: Voxels<N>, const N: usize>(voxels: V, plan: &SamplePlan) -> Vec<u8> {
    let [width, height] = plan.size;
    let mut bytes = vec![0; width as usize * height as usize * N];
    let sampler = Sampler::new(voxels, plan);
    if let Some(straight) = Straight::new(&sampler) {
        straight.draw(&mut bytes);
        return bytes;
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(gather) = Gather::new(&sampler) {
        gather.draw(&mut bytes);
        return bytes;
    }
    general(&sampler, &mut bytes);
    bytes
}

/// The specification as it is written above, pixel by pixel.
fn general<V: Voxels<N>, const N: usize>(sampler: &Sampler<'_, V, N>, bytes: &mut [u8]) {
    let plan = sampler.plan;
    let width = plan.size[0] as usize * N;
    let rows = bytes.par_chunks_exact_mut(width).zip(&plan.rows).enumerate();
    rows.for_each(|(y, (row, [x0, x1]))| {
        let start = std::array::from_fn(|a| plan.origin[a].wrapping_add(plan.dv[a].wrapping_mul(y as i64)));
        sampler.row(&mut row[*x0 as usize * N..*x1 as usize * N], [*x0, y as u32], start);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ValueRange;
    use proptest::prelude::*;
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU16, AtomicU32};
    use tiresias_words::{
        Direction, Displacement, Interpolation, Mm, ModalityLut, PatientPoint, Plane, Role, Slab, Stack, StoredFormat, Voi, VolumeGeometry,
        Window,
    };

    #[test]
    fn a_hatch_is_light_in_two_of_eight_pixels_and_moves_by_one_a_row() {
        let level = |x: u32, y: u32| match hatch(x, y) {
            88 => '#',
            28 => '.',
            _ => '?',
        };
        let row = |y: u32| (0..12).map(|x| level(x, y)).collect::<String>();
        assert_eq!([row(0), row(1), row(6), row(7)], ["##......##..", "#......##...", "..##......##", ".##......##."]);
    }

    /// A pane of 64 rows of 16 pixels, all of them in the volume: a work of 1,024, of which each row is 16.
    #[test]
    fn bands_are_as_long_as_their_work_and_begin_with_a_question() {
        let origin = PatientPoint::new(0.0, 0.0, 0.0);
        let stack = Stack::Uniform { origin, step: Displacement::new(0.0, 0.0, 1.0) };
        let geometry = VolumeGeometry::new([16, 64, 1], Direction::LEFT, Direction::POSTERIOR, [Mm(1.0); 2], stack).expect("a geometry");
        let words: Vec<AtomicU16> = (0..1024).map(AtomicU16::new).collect();
        let format = StoredFormat { signed: false, bits_stored: 16 };
        let view = VolumeView::new(&geometry, &words, format, &ModalityLut::IDENTITY, None, ValueRange::measure(&words)).expect("a view");
        let spec = PaneSpec {
            series: Role::current(),
            plane: Plane::new(origin, Direction::LEFT, Direction::POSTERIOR, Mm(1.0)).expect("a plane"),
            size: [16, 64],
            slab: Slab::Thin,
            interpolation: Interpolation::Linear,
            voi: Voi::LinearExact(Window::new(512.0, 1024.0).expect("a window")),
            tone: PresentationShape::Identity.into(),
        };
        let plan = SamplePlan::new(&geometry, &spec).expect("a plan");
        let table = DisplayTable::for_volume(&view, &spec.voi, &spec.tone);
        let whole = draw(&view, &plan, &table);
        let asked = Cell::new(0);
        let ask = |last: u32| {
            asked.set(asked.get() + 1);
            asked.get() == last
        };
        // Rows come in eights, rounded up; a band has one of them at least and all at most.
        for (work, bands) in [(1, 8), (127, 8), (256, 4), (272, 3), (512, 2), (1024, 1), (1 << 40, 1)] {
            asked.set(0);
            assert_eq!(in_bands(&view, &plan, &table, work, || ask(0)).as_ref(), Some(&whole), "{work}");
            assert_eq!(asked.get(), bands, "{work}");
        }
        // What is done in no time is one band.
        asked.set(0);
        assert_eq!(draw_unless(&view, &plan, &table, || ask(0)), Some(whole));
        assert_eq!(asked.get(), 1);
        // It is over at the third question, and there is no fourth.
        asked.set(0);
        assert_eq!(in_bands(&view, &plan, &table, 1, || ask(3)), None);
        assert_eq!(asked.get(), 3);
    }

    /// The plan's bytes by the general way, and whether it would go the straight way.
    fn general_way<V: Voxels<N>, const N: usize>(voxels: V, plan: &SamplePlan) -> (Vec<u8>, bool) {
        let mut bytes = vec![0; plan.size[0] as usize * plan.size[1] as usize * N];
        let sampler = Sampler::new(voxels, plan);
        general(&sampler, &mut bytes);
        (bytes, Straight::new(&sampler).is_some())
    }

    proptest! {
        /// Planes along the axes of orthogonal and tilted stacks, at any zoom and place, between slices and on them; grey and colour.
        #[test]
        fn equals_the_general_path(
            size in (1u32..30, 1u32..30, 1u32..12), plane in 0usize..3, spacing in 0.05..3.0f64, tilt in prop::sample::select(vec![0.0, 0.2]),
            at in prop::array::uniform3(-12.0..12.0f64), snap in any::<bool>(), pixels in (1u32..120, 1u32..120), seed in any::<u32>(), top in prop::sample::select(vec![1u16, 4095, 65535]),
            inverse in any::<bool>(),
        ) {
            let size = [size.0, size.1, size.2];
            let stack = Stack::Uniform { origin: PatientPoint::new(-5.0, -5.0, -5.0), step: Displacement::new(0.0, tilt, 1.3) };
            let geometry = VolumeGeometry::new(size, Direction::LEFT, Direction::POSTERIOR, [Mm(0.7), Mm(0.9)], stack).expect("a geometry");
            let mut state = seed | 1;
            let mut next = || {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state
            };
            let count = size.iter().product::<u32>();
            let words: Vec<AtomicU16> = (0..count).map(|_| AtomicU16::new((next() % (u32::from(top) + 1)) as u16)).collect();
            let texels: Vec<AtomicU32> = (0..count).map(|_| AtomicU32::new(next() | 0xFF << 24)).collect();
            let format = StoredFormat { signed: false, bits_stored: 16 };
            let view = VolumeView::new(&geometry, &words, format, &ModalityLut::IDENTITY, None, ValueRange::measure(&words)).expect("a view");
            let colours = ColourView::new(&geometry, &texels).expect("a view");
            let (right, down) = [(Direction::LEFT, Direction::POSTERIOR), (Direction::LEFT, Direction::FEET), (Direction::POSTERIOR, Direction::FEET)][plane];
            let origin = if snap { geometry.origin_at((at[2].abs() / 2.0).floor()) } else { PatientPoint::from(at) };
            let spec = PaneSpec {
                series: Role::current(),
                plane: Plane::new(origin, right, down, Mm(spacing)).expect("a plane"),
                size: [pixels.0, pixels.1],
                slab: Slab::Thin,
                interpolation: Interpolation::Linear,
                voi: Voi::LinearExact(Window::new(f64::from(top) / 2.0, f64::from(top)).expect("a window")),
                tone: if inverse { PresentationShape::Inverse } else { PresentationShape::Identity }.into(),
            };
            let plan = SamplePlan::new(&geometry, &spec).expect("a plan");
            let table = DisplayTable::for_volume(&view, &spec.voi, &spec.tone);
            // Only rows that run across a sheared stack, and images of nothing, may go the general way.
            let straight = (plane != 2 || tilt == 0.0) && plan.bounds().is_some();
            prop_assert_eq!(general_way(GreyVoxels::new(&view, &table), &plan), (draw(&view, &plan, &table).bytes, straight));
            prop_assert_eq!(in_bands(&view, &plan, &table, 1, || false), Some(draw(&view, &plan, &table)));
            prop_assert_eq!(draw_unless(&view, &plan, &table, || true), None);
            let fast = draw_colour(&colours, &plan, spec.tone.shape()).expect("an image");
            prop_assert_eq!(general_way(ColourVoxels::new(&colours, spec.tone.shape()), &plan), (fast.bytes, straight));
        }
    }
}
