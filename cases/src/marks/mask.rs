//! Which voxels a mark covers: those whose centre lies in its plane, as near as half a voxel, and inside its outline.
//!
//! The plane is the one it was drawn on, whatever that was; a point covers the voxel in which it lies. Refuses nothing: a mark beyond the volume covers none.

use std::collections::BTreeMap;
use tiresias_words::{Direction, Displacement, Gap, Outline, PatientPoint, VolumeGeometry, Voxel};

/// Covered pixels by slice: indices into the rows of the image.
pub(super) type Covered = BTreeMap<u32, Vec<u32>>;

/// A closed outline in its own plane.
struct Flat {
    origin: PatientPoint,
    normal: Direction,
    along: Direction,
    across: Direction,
    corners: Vec<[f64; 2]>,
}

/// So many corners stand for an ellipse.
const ELLIPSE_CORNERS: u32 = 256;

fn corners(outline: &Outline<PatientPoint>) -> Vec<PatientPoint> {
    match outline {
        Outline::Point(p) => vec![*p],
        Outline::Ellipse([c, a, b]) => (0..ELLIPSE_CORNERS)
            .map(|i| {
                let angle = std::f64::consts::TAU * f64::from(i) / f64::from(ELLIPSE_CORNERS);
                *c + (*a - *c) * libm::cos(angle) + (*b - *c) * libm::sin(angle)
            })
            .collect(),
        Outline::Box([a, b, c]) => vec![*a, *b, *c, *a + (*c - *b)],
        Outline::Freehand(points) | Outline::Polygon(points) => points.clone(),
        Outline::Bidimensional([a, b, c, d]) => vec![*a, *c, *b, *d],
    }
}

impl Flat {
    /// `None` where the corners span no area.
    fn new(corners: &[PatientPoint]) -> Option<Self> {
        let origin = *corners.first()?;
        let sides: Vec<Displacement> = corners.iter().map(|p| *p - origin).collect();
        let longest = sides.iter().copied().max_by(|a, b| a.length().0.total_cmp(&b.length().0))?;
        let along = Direction::new(longest).ok()?;
        let turns = sides.windows(2).filter_map(|w| Some(w.first()?.cross(*w.get(1)?)));
        let area = turns.reduce(|a, b| a + b)?;
        let widest = sides.iter().map(|s| longest.cross(*s)).max_by(|a, b| a.length().0.total_cmp(&b.length().0))?;
        let normal = Direction::new(if area.length().0 > 1e-9 { area } else { widest }).ok()?;
        let across = Direction::new(normal.cross(along)).ok()?;
        let flat = |s: &Displacement| [s.dot(along.unit()), s.dot(across.unit())];
        Some(Self { origin, normal, along, across, corners: sides.iter().map(flat).collect() })
    }
    /// Even-odd rule: an edge counts where it passes the point's height.
    fn holds(&self, p: PatientPoint) -> bool {
        let d = p - self.origin;
        let [x, y] = [d.dot(self.along.unit()), d.dot(self.across.unit())];
        let next = self.corners.iter().cycle().skip(1);
        let crossed = self.corners.iter().zip(next).filter(|(a, b)| {
            let ([ax, ay], [bx, by]) = (**a, **b);
            (ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
        });
        crossed.count() % 2 == 1
    }
}

/// The pixels that a form covers.
pub(super) fn covered(outline: &Outline<PatientPoint>, geometry: &VolumeGeometry) -> Covered {
    let corners = corners(outline);
    let voxels: Vec<Voxel> = corners.iter().map(|p| geometry.voxel_of(*p)).collect();
    let Some(flat) = Flat::new(&corners) else { return single(geometry.voxel_of(outline.centre()), geometry) };
    // How far a voxel reaches along the normal: half of its side in the slice, and across the slices what its own neighbours leave it.
    let step = |v: Voxel| geometry.patient_of(v) - geometry.patient_of(Voxel::new(0.0, 0.0, 0.0));
    let sides = [Voxel::new(1.0, 0.0, 0.0), Voxel::new(0.0, 1.0, 0.0)].map(step);
    let beside = sides.iter().map(|s| s.dot(flat.normal.unit()).abs()).sum::<f64>() / 2.0;
    let size = geometry.size();
    let range = |of: fn(&Voxel) -> f64, count: u32| {
        let low = voxels.iter().map(of).fold(f64::INFINITY, f64::min).floor() - 1.0;
        let high = voxels.iter().map(of).fold(f64::NEG_INFINITY, f64::max).ceil() + 1.0;
        let clamp = |v: f64| v.clamp(0.0, f64::from(count)) as u32;
        clamp(low)..clamp(high + 1.0)
    };
    let mut covered = Covered::new();
    for slice in range(|v| v.slice, size[2]) {
        let [before, behind] = half_steps(geometry, slice).map(|s| s.dot(flat.normal.unit()));
        let reach = [before.min(behind) - beside - 1e-9, before.max(behind) + beside + 1e-9];
        for row in range(|v| v.row, size[1]) {
            for column in range(|v| v.column, size[0]) {
                let centre = geometry.patient_of(Voxel::new(f64::from(column), f64::from(row), f64::from(slice)));
                let plane = (flat.origin - centre).dot(flat.normal.unit());
                if plane >= reach[0] && plane <= reach[1] && flat.holds(centre) {
                    covered.entry(slice).or_default().push(row * size[0] + column);
                }
            }
        }
    }
    // An outline smaller than a voxel still is somewhere.
    if covered.is_empty() { single(geometry.voxel_of(outline.centre()), geometry) } else { covered }
}

/// From the centre of a slice to its lower and its upper end: half the step to each neighbour, and towards a gap what [`Gap::reach`] says. The outer slices end
/// as far outside as inside.
fn half_steps(geometry: &VolumeGeometry, slice: u32) -> [Displacement; 2] {
    let end = |towards: f64| {
        let at = f64::from(slice);
        let part = geometry.gap_at(at + towards / 2.0).map_or(0.5, Gap::reach);
        let of = |slice: f64| geometry.patient_of(Voxel::new(0.0, 0.0, slice));
        (of(at + towards) - of(at)) * part
    };
    match slice {
        _ if geometry.size()[2] == 1 => [end(-1.0), end(1.0)],
        0 => [end(1.0) * -1.0, end(1.0)],
        s if s + 1 == geometry.size()[2] => [end(-1.0), end(-1.0) * -1.0],
        _ => [end(-1.0), end(1.0)],
    }
}

fn single(v: Voxel, geometry: &VolumeGeometry) -> Covered {
    let [columns, rows, slices] = geometry.size();
    let index = |c: f64, count: u32| (c >= -0.5 && c < f64::from(count) - 0.5).then(|| (c + 0.5).floor() as u32);
    match (index(v.column, columns), index(v.row, rows), index(v.slice, slices)) {
        (Some(column), Some(row), Some(slice)) => [(slice, vec![row * columns + column])].into(),
        _ => Covered::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_words::{Mm, Stack};

    fn geometry() -> VolumeGeometry {
        let stack = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, 2.0) };
        VolumeGeometry::new([40, 30, 10], Direction::LEFT, Direction::POSTERIOR, [Mm(0.5), Mm(1.0)], stack).unwrap()
    }
    fn p(x: f64, y: f64, z: f64) -> PatientPoint {
        PatientPoint::new(x, y, z)
    }

    #[test]
    fn a_point_covers_its_voxel() {
        assert_eq!(covered(&Outline::Point(p(5.1, 3.4, 4.9)), &geometry()), [(2, vec![3 * 40 + 10])].into());
        assert!(covered(&Outline::Point(p(-5.0, 3.0, 4.0)), &geometry()).is_empty());
    }

    #[test]
    fn a_box_on_a_slice_covers_the_centres_inside() {
        let found = covered(&Outline::Box([p(0.9, 0.9, 4.2), p(2.1, 0.9, 4.2), p(2.1, 2.1, 4.2)]), &geometry());
        // Columns at 1.0, 1.5 and 2.0 mm, rows at 1 and 2 mm.
        assert_eq!(found, [(2, vec![42, 43, 44, 82, 83, 84])].into());
    }

    #[test]
    fn a_box_covers_the_slices_that_it_lies_in_where_steps_are_unequal() {
        let stack = |heights: &[f64], gaps| Stack::Piecewise {
            origin: PatientPoint::new(0.0, 0.0, 0.0),
            course: Displacement::new(0.0, 0.0, 1.0),
            heights: heights.iter().map(|h| Mm(*h)).collect(),
            gaps,
        };
        let slices = |stack, z| {
            let spacing = [Mm(0.5), Mm(1.0)];
            let geometry = VolumeGeometry::new([40, 30, 5], Direction::LEFT, Direction::POSTERIOR, spacing, stack).unwrap();
            let found = covered(&Outline::Box([p(0.9, 0.9, z), p(2.1, 0.9, z), p(2.1, 2.1, z)]), &geometry);
            found.into_keys().collect::<Vec<_>>()
        };
        let uneven = [0.0, 7.0, 8.0, 9.0, 10.0];
        assert_eq!(slices(stack(&uneven, vec![]), 9.0), [3]);
        assert_eq!(slices(stack(&uneven, vec![]), 4.0), [1]);
        assert_eq!(slices(stack(&uneven, vec![]), 3.0), [0]);
        let gap = vec![Gap { after: 0, missing: 6 }];
        assert_eq!(slices(stack(&uneven, gap.clone()), 9.2), [3]);
        assert_eq!(slices(stack(&uneven, gap), 6.6), [1]);
    }

    #[test]
    fn an_ellipse_across_the_slices_covers_as_much_as_its_area() {
        let ellipse = Outline::Ellipse([p(10.0, 15.0, 9.0), p(16.0, 15.0, 9.0), p(10.0, 15.0, 15.0)]);
        let found = covered(&ellipse, &geometry());
        let count: usize = found.values().map(Vec::len).sum();
        // A coronal disc of 6 mm, in voxels of 0.5 x 2 mm in that plane; one row thick.
        let expected = std::f64::consts::PI * 36.0 / (0.5 * 2.0);
        assert!((count as f64 / expected - 1.0).abs() < 0.08, "{count} {expected}");
        assert!(found.values().flatten().all(|at| at / 40 == 15), "on the row of its plane alone");
    }
}
