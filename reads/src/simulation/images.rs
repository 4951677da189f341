//! The images of a case as a simulated reader has them: which of them a place lies on, and where in them nothing is.
//!
//! Refuses: pixels. Series that are no volume have no place in the patient and are not here.

use super::Chance;
use tiresias_words::{ImageAnchor, PatientPoint, SopUid, VolumeGeometry, Voxel};

/// How often a line is tried.
const TRIES: u32 = 2_000;
/// The part of an image, from its middle, in which a line lies by the first tries, and all of it by the last: bodies are in the middle, and air around them.
const MIDDLE: f64 = 0.6;

/// The images of a series that form a volume.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    /// Where they lie in the patient.
    pub geometry: VolumeGeometry,
    /// Their (replaced) SOP instance UIDs, in stack order.
    pub uids: Vec<SopUid>,
}

impl Images {
    /// The image nearest to a place, and the place in its pixels; `None` outside of the images.
    pub(super) fn anchor(&self, at: PatientPoint) -> Option<ImageAnchor> {
        let voxel = self.geometry.voxel_of(at);
        let image = self.uids.get(self.geometry.nearest_slice(at) as usize).filter(|_| self.geometry.contains(voxel))?;
        Some(ImageAnchor { image: image.clone(), frame: 0, column: voxel.column, row: voxel.row })
    }

    /// The ends of a line of so many mm on one image, no point of which is nearer than `far` mm to a lesion; `None` where none is found.
    pub(super) fn line(&self, [length, far]: [f64; 2], lesions: &[PatientPoint], chance: &mut Chance) -> Option<[PatientPoint; 2]> {
        let [columns, rows, slices] = self.geometry.size();
        let half = [columns, rows].map(|n| (f64::from(n) - 1.0) / 2.0);
        // How far from the middle of its image a point lies, as a part of the way to the edge.
        let out = |p: PatientPoint| {
            let voxel = self.geometry.voxel_of(p);
            let [x, y] = [voxel.column / half[0] - 1.0, voxel.row / half[1] - 1.0];
            (x * x + y * y).sqrt()
        };
        (0..TRIES).find_map(|n| {
            let reach = MIDDLE + (1.0 - MIDDLE) * f64::from(n) / f64::from(TRIES);
            let slice = chance.below(slices as usize) as f64;
            let [x, y, u, v] = [(); 4].map(|()| 2.0 * chance.uniform() - 1.0);
            let middle = self.geometry.patient_of(Voxel::new(half[0] * (1.0 + reach * x), half[1] * (1.0 + reach * y), slice));
            let along = self.geometry.row_direction().unit() * u + self.geometry.column_direction().unit() * v;
            let to_end = along * (length / 2.0 / along.length().0);
            let ends = [middle + to_end * -1.0, middle + to_end];
            let is_inside = ends.iter().all(|end| out(*end) <= reach);
            (is_inside && lesions.iter().all(|lesion| distance(*lesion, ends) >= far)).then_some(ends)
        })
    }
}

/// How far a place lies from the line between two ends, mm.
fn distance(from: PatientPoint, [a, b]: [PatientPoint; 2]) -> f64 {
    let along = b - a;
    let part = ((from - a).dot(along) / along.dot(along)).clamp(0.0, 1.0);
    from.distance(a + along * part).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_words::{Direction, Displacement, Mm, Stack};

    /// A field of 200 mm, 32 mm high, with the UID of each image.
    fn images() -> Images {
        let stack = Stack::Uniform { origin: PatientPoint::new(-32.0, 72.0, -533.0), step: Displacement::new(0.0, 0.0, 1.0) };
        let geometry = VolumeGeometry::new([256, 256, 32], Direction::LEFT, Direction::POSTERIOR, [Mm(0.78); 2], stack).unwrap();
        Images { geometry, uids: (1..=32).map(|n| SopUid::new(format!("2.25.{n}")).unwrap()).collect() }
    }

    #[test]
    fn a_place_is_put_on_the_image_that_is_nearest() {
        let images = images();
        let anchor = images.anchor(PatientPoint::new(-32.0 + 7.8, 72.0 + 0.39, -529.4)).expect("inside");
        assert_eq!(anchor.image.as_str(), "2.25.5");
        assert!((anchor.column - 10.0).abs() < 1e-9 && (anchor.row - 0.5).abs() < 1e-9, "{anchor:?}");
        for outside in [PatientPoint::new(-32.0, 72.0, -593.0), PatientPoint::new(-40.0, 72.0, -520.0)] {
            assert_eq!(images.anchor(outside), None);
        }
    }

    #[test]
    fn a_line_lies_on_one_image_and_far_from_every_lesion() {
        let images = images();
        let chance = |seed| Chance::of(seed, &[b"test"]);
        let lesion = images.geometry.centre();
        for seed in 0..50 {
            for lesions in [Vec::new(), vec![lesion]] {
                let [a, b] = images.line([100.0, 60.0], &lesions, &mut chance(seed)).expect("there is room");
                assert!((a.distance(b).0 - 100.0).abs() < 1e-9);
                let image = images.anchor(a).expect("on an image").image;
                for n in 0..=20 {
                    let at = a + (b - a) * (f64::from(n) / 20.0);
                    assert_eq!(images.anchor(at).expect("on an image").image, image);
                    assert!(lesions.iter().all(|l| at.distance(*l).0 >= 60.0 - 1e-9), "{at:?}");
                }
            }
        }
        assert_eq!(images.line([100.0, 60.0], &[lesion], &mut chance(1)), images.line([100.0, 60.0], &[lesion], &mut chance(1)));
        assert_eq!(images.line([250.0, 60.0], &[], &mut chance(1)), None, "no image is so wide");
    }
}
