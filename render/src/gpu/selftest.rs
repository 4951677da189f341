//! Whether this adapter draws byte for byte what [`crate::cpu`] says, tried on images made here.
//!
//! Owns a small volume, planes and slabs through it, and the comparison. Refuses: to excuse a difference of one level.

use super::{Offscreen, PaneContent};
use crate::pattern::pattern;
use crate::{RenderError, ValueRange, VolumeView, cpu};
use std::sync::Arc;
use std::sync::atomic::AtomicU16;
use tiresias_words::{
    Direction, Displacement, Interpolation, Mm, ModalityLut, PaneSpec, PatientPoint, Plane, PresentationShape, Role, Slab, SlabKind, Stack,
    StoredFormat, Unfit, Voi, VolumeGeometry, Window,
};

/// How many images were drawn byte for byte, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// With every byte as it should be.
    pub equal: usize,
    /// All that were tried.
    pub of: usize,
}

impl Tally {
    /// Whether all were.
    #[must_use]
    pub const fn is_all(self) -> bool {
        self.equal == self.of
    }
}

/// What a self test found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SelfTest {
    /// Planes and slabs that the shader samples from a volume.
    pub sampled: Tally,
    /// Images that the processor computed, and the adapter presents.
    pub presented: Tally,
}

const SIZE: [u32; 3] = [48, 40, 24];
const PANE: [u32; 2] = [96, 80];

/// Draws known images by the adapter and compares each byte with the processor's. Some hundredths of a second.
///
/// # Errors
/// [`RenderError::Gpu`] when the device does not finish.
pub fn selftest(gpu: &Offscreen) -> Result<SelfTest, RenderError> {
    let geometry = geometry()?;
    let words: Vec<AtomicU16> = words().map(AtomicU16::new).collect();
    let view = VolumeView::new(
        &geometry,
        &words,
        StoredFormat { signed: false, bits_stored: 12 },
        &ModalityLut::IDENTITY,
        None,
        ValueRange::measure(&words),
    )?;
    let texture = gpu.upload(&view)?;
    let (mut sampled, mut presented) = (Tally { equal: 0, of: 0 }, Tally { equal: 0, of: 0 });
    let mut images = vec![Arc::new(pattern())];
    for spec in specs()? {
        let wanted = cpu::render(&view, &spec)?;
        sampled.of += 1;
        sampled.equal += usize::from(gpu.render(&view, &texture, &spec)? == wanted);
        images.push(Arc::new(wanted));
    }
    for image in images {
        let shown = gpu.draw(&PaneContent::Presented(Arc::clone(&image)), image.size)?;
        presented.of += 1;
        presented.equal += usize::from(shown.bytes.chunks_exact(3).eq(image.bytes.iter().map(|v| [*v; 3])));
    }
    Ok(SelfTest { sampled, presented })
}

/// Slices 1.5 mm apart, voxels of 0.8 mm, slightly turned.
fn geometry() -> Result<VolumeGeometry, Unfit> {
    let (right, down) = (Direction::new([0.96, 0.28, 0.0].into())?, Direction::new([-0.28, 0.96, 0.0].into())?);
    let stack = Stack::Uniform { origin: PatientPoint::new(-19.0, -16.0, -18.0), step: Displacement::new(0.0, 0.0, 1.5) };
    VolumeGeometry::new(SIZE, right, down, [Mm(0.8), Mm(0.8)], stack)
}

/// 12 bits without a pattern over a slope.
fn words() -> impl Iterator<Item = u16> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    (0..SIZE.iter().product::<u32>()).map(move |i| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((u64::from(i % SIZE[0]) * 64 + (state >> 32) % 1024) & 0xFFF) as u16
    })
}

fn specs() -> Result<Vec<PaneSpec>, Unfit> {
    let window = Window::new(1600.0, 2400.0)?;
    let narrow = Window::new(900.5, 77.0)?;
    let tilted = (Direction::new([0.8, 0.0, 0.6].into())?, Direction::POSTERIOR);
    let slab = |kind| Slab::Thick { thickness: Mm(9.0), step: Mm(0.75), kind };
    let (axial, coronal) = ((Direction::LEFT, Direction::POSTERIOR), (Direction::LEFT, Direction::FEET));
    let table = [
        (axial, Slab::Thin, Interpolation::Nearest, Voi::Linear(window)),
        (axial, Slab::Thin, Interpolation::Linear, Voi::Linear(narrow)),
        (coronal, Slab::Thin, Interpolation::Linear, Voi::LinearExact(window)),
        (tilted, Slab::Thin, Interpolation::Linear, Voi::Sigmoid(window)),
        (tilted, Slab::Thin, Interpolation::Cubic, Voi::Linear(window)),
        (axial, slab(SlabKind::Mip), Interpolation::Linear, Voi::Linear(window)),
        (tilted, slab(SlabKind::Mean), Interpolation::Linear, Voi::Linear(window)),
        (coronal, slab(SlabKind::Minip), Interpolation::Nearest, Voi::Linear(window)),
    ];
    let spec = |((right, down), slab, interpolation, voi): ((Direction, Direction), Slab, Interpolation, Voi)| {
        let spacing = Mm(0.41);
        let half = PANE.map(|n| spacing * (f64::from(n) / 2.0));
        let corner = PatientPoint::new(0.0, 0.0, 0.0) + (right.times(half[0]) + down.times(half[1])) * -1.0;
        let plane = Plane::new(corner, right, down, spacing)?;
        Ok(PaneSpec {
            series: Role::new("selftest")?,
            plane,
            size: PANE,
            slab,
            interpolation,
            voi,
            tone: PresentationShape::Identity.into(),
        })
    };
    table.into_iter().map(spec).collect()
}

#[cfg(test)]
mod tests {
    use super::super::pipelines::{COLOUR_SHADER, GREY_SHADER, PRESENT_SHADER};
    use super::*;

    fn of(shaders: [&str; 3]) -> SelfTest {
        selftest(&Offscreen::open().expect("a Vulkan device (lavapipe will do)").with_shaders(shaders)).expect("a device that finishes")
    }

    #[test]
    fn an_adapter_that_draws_what_it_should_passes() {
        assert_eq!(
            of([GREY_SHADER, COLOUR_SHADER, PRESENT_SHADER]),
            SelfTest { sampled: Tally { equal: 8, of: 8 }, presented: Tally { equal: 9, of: 9 } }
        );
    }

    #[test]
    fn a_wrong_one_does_not() {
        let mutated = |shader: &str, from: &str, to: &str| {
            assert!(shader.contains(from), "{from}: the shader has changed, change the mutation");
            shader.replace(from, to)
        };
        let unrounded = mutated(GREY_SHADER, "+ (1u << (WEIGHT_BITS - 1u))) >> vec4", ") >> vec4");
        let found = of([&unrounded, COLOUR_SHADER, PRESENT_SHADER]);
        assert!(!found.sampled.is_all() && found.presented.is_all(), "{found:?}");
    }
}
