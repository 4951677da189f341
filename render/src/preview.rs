//! A coarse image in the place of one that takes too long for a frame: fewer pixels, each as large as several, and of a thick slab fewer samples.
//!
//! Whoever shows it says so on it, and shows the image itself as soon as there is time. Refuses: being anything else; no hash, export or measurement is
//! made of it.

use crate::plan::SamplePlan;
use crate::{DisplayTable, GreyImage, RenderError, VolumeView, cpu};
use tiresias_words::{Mm, PaneSpec, Plane, Slab};

/// Sides of a coarse pixel. Odd, so that its middle is the middle of a pixel of the image itself.
const SIDES: [u32; 4] = [3, 5, 7, 9];

/// A coarse image of `spec` that is at most about `most` work, as [`SamplePlan::work`] counts it. `table` is the image's own.
///
/// # Errors
/// As [`SamplePlan::new`].
pub fn preview(volume: &VolumeView<'_>, spec: &PaneSpec, table: &DisplayTable, most: u64) -> Result<GreyImage, RenderError> {
    let whole = SamplePlan::new(volume.geometry(), spec)?;
    // A slab of many samples bears fewer of them better than larger pixels.
    let fewer = u64::from(whole.samples / 8).clamp(1, 3);
    let left = |side: u32| whole.work() / fewer / u64::from(side * side);
    let side = SIDES.into_iter().find(|side| left(*side) <= most).unwrap_or(SIDES[SIDES.len() - 1]);
    let every = fewer * left(side).div_ceil(most.max(1)).max(1);
    let plan = SamplePlan::new(volume.geometry(), &coarse(spec, side, every as f64)?)?;
    let small = cpu::draw(volume, &plan, table);
    let [width, height] = spec.size;
    let mut bytes = Vec::with_capacity(width as usize * height as usize);
    for y in 0..height {
        let from = (y / side * small.size[0]) as usize;
        let row = &small.bytes[from..from + small.size[0] as usize];
        bytes.extend((0..width).map(|x| row[(x / side) as usize]));
    }
    Ok(GreyImage { size: spec.size, bytes })
}

/// The same with pixels of `side` times the size, and every so manyth sample of a slab.
fn coarse(spec: &PaneSpec, side: u32, every: f64) -> Result<PaneSpec, RenderError> {
    let plane = &spec.plane;
    let half = Mm(plane.spacing().0 * f64::from(side - 1) / 2.0);
    let origin = plane.origin() + plane.right().times(half) + plane.down().times(half);
    let slab = match spec.slab {
        Slab::Thin => Slab::Thin,
        Slab::Thick { thickness, step, kind } => Slab::Thick { thickness, step: Mm(step.0 * every), kind },
    };
    Ok(PaneSpec {
        plane: Plane::new(origin, plane.right(), plane.down(), Mm(plane.spacing().0 * f64::from(side)))?,
        size: spec.size.map(|n| n.div_ceil(side)),
        slab,
        ..spec.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ValueRange;
    use std::sync::atomic::AtomicU16;
    use tiresias_words::{
        Direction, Displacement, Interpolation, ModalityLut, PatientPoint, PresentationShape, Role, SlabKind, Stack, StoredFormat, Voi,
        VolumeGeometry, Window,
    };

    #[test]
    fn the_middle_of_a_coarse_pixel_is_the_pixel_of_the_image() {
        let stack = Stack::Uniform { origin: PatientPoint::new(-20.0, -20.0, -20.0), step: Displacement::new(0.0, 0.0, 1.0) };
        let geometry =
            VolumeGeometry::new([40, 40, 40], Direction::LEFT, Direction::POSTERIOR, [Mm(1.0), Mm(1.0)], stack).expect("a geometry");
        let words: Vec<AtomicU16> = (0..64_000u32).map(|i| AtomicU16::new((i.wrapping_mul(2_654_435_761) >> 20) as u16)).collect();
        let format = StoredFormat { signed: false, bits_stored: 12 };
        let view = VolumeView::new(&geometry, &words, format, &ModalityLut::IDENTITY, None, ValueRange::measure(&words)).expect("a view");
        let right = Direction::new(Displacement::new(1.0, 0.2, 0.1)).expect("a direction");
        let down = Direction::new(right.cross(Direction::HEAD)).expect("a direction");
        let spec = PaneSpec {
            series: Role::current(),
            plane: Plane::new(PatientPoint::new(-22.0, 12.0, 1.0), right, down, Mm(0.25)).expect("a plane"),
            size: [181, 150],
            slab: Slab::Thick { thickness: Mm(6.0), step: Mm(1.0), kind: SlabKind::Mip },
            interpolation: Interpolation::Linear,
            voi: Voi::LinearExact(Window::new(2000.0, 4000.0).expect("a window")),
            tone: PresentationShape::Identity.into(),
        };
        let table = DisplayTable::for_volume(&view, &spec.voi, &spec.tone);
        let plan = SamplePlan::new(&geometry, &spec).expect("a plan");
        let whole = cpu::draw(&view, &plan, &table);
        let coarse = preview(&view, &spec, &table, plan.work() / 9).expect("an image");
        assert_eq!(coarse.size, whole.size);
        assert_ne!(coarse, whole);
        let mut lit = 0;
        for y in (1..149).step_by(3) {
            for x in (1..180).step_by(3) {
                let at = y * 181 + x;
                assert!(coarse.bytes[at].abs_diff(whole.bytes[at]) <= 1, "at {x}, {y}");
                assert!(
                    (0..9).all(|i| coarse.bytes[at] == coarse.bytes[(y + i / 3 - 1) * 181 + x + i % 3 - 1]),
                    "one coarse pixel at {x}, {y}"
                );
                lit += usize::from(coarse.bytes[at] > 0);
            }
        }
        assert!(lit > 1000, "{lit}");
        // However little time there is, there is an image.
        assert!(preview(&view, &spec, &table, 10).expect("an image").bytes.iter().any(|b| *b > 0));
    }
}
