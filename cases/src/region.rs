//! The inside of a region: of a closed outline on one image, or on any plane that cuts a volume.
//!
//! On an image a pixel belongs to a region when its centre does. On another plane there are no pixels: values are sampled on a square grid in the plane, as
//! far apart as the volume's smallest spacing, each as a probe of that place would say. Refuses: outlines whose corners lie in no plane.

use crate::measure::MeasureError;
use crate::probe::{has_one_modality, sample};
use crate::{Series, VoxelBuffer};
use tiresias_words::{Direction, Displacement, PatientPoint, VolumeGeometry};

/// Samples of a region; one of more is a mistake of whoever gave its corners.
const MOST_SAMPLES: f64 = 16_777_216.0;
/// Corners may lie so far off the plane of the others, mm: positions are rounded.
const FLAT: f64 = 0.1;

/// A closed outline in a plane, in the plane's own units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outline {
    /// Corners in order.
    Polygon(Vec<[f64; 2]>),
    /// The centre and two conjugate half diameters, as steps from it; where pixels are square, the half axes.
    Ellipse { centre: [f64; 2], halves: [[f64; 2]; 2] },
}

impl Outline {
    /// Whether a point is inside: even-odd for polygons.
    pub(crate) fn holds(&self, [x, y]: [f64; 2]) -> bool {
        match self {
            Self::Polygon(corners) => {
                let edges = corners.iter().zip(corners.iter().cycle().skip(1));
                let crossed =
                    |([x0, y0], [x1, y1]): &(&[f64; 2], &[f64; 2])| (y0 > &y) != (y1 > &y) && x < (x1 - x0) * (y - y0) / (y1 - y0) + x0;
                edges.filter(crossed).count() % 2 == 1
            }
            Self::Ellipse { centre, halves: [a, b] } => {
                let (dx, dy) = (x - centre[0], y - centre[1]);
                let determinant = a[0] * b[1] - a[1] * b[0];
                let (s, t) = ((dx * b[1] - dy * b[0]) / determinant, (dy * a[0] - dx * a[1]) / determinant);
                s * s + t * t <= 1.0
            }
        }
    }
    /// Lowest and highest coordinates.
    pub(crate) fn bounds(&self) -> [[f64; 2]; 2] {
        match self {
            Self::Polygon(corners) => {
                let fold =
                    |pick: fn(f64, f64) -> f64, start: f64| corners.iter().fold([start; 2], |b, p| [pick(b[0], p[0]), pick(b[1], p[1])]);
                [fold(f64::min, f64::INFINITY), fold(f64::max, f64::NEG_INFINITY)]
            }
            Self::Ellipse { centre, halves: [a, b] } => {
                let reach = [a[0].hypot(b[0]), a[1].hypot(b[1])];
                [[centre[0] - reach[0], centre[1] - reach[1]], [centre[0] + reach[0], centre[1] + reach[1]]]
            }
        }
    }
    /// Area, in the plane's units squared.
    pub(crate) fn area(&self) -> f64 {
        match self {
            Self::Polygon(corners) => {
                let edges = corners.iter().zip(corners.iter().cycle().skip(1));
                edges.map(|([x0, y0], [x1, y1])| x0 * y1 - x1 * y0).sum::<f64>().abs() / 2.0
            }
            Self::Ellipse { halves: [a, b], .. } => std::f64::consts::PI * (a[0] * b[1] - a[1] * b[0]).abs(),
        }
    }
}

/// Points of the patient in the plane that they span: millimetres along two directions at right angles.
pub(crate) struct InPlane {
    origin: PatientPoint,
    axes: [Direction; 2],
    /// The points, in order.
    pub(crate) at: Vec<[f64; 2]>,
}

impl InPlane {
    /// The plane of points; its first axis leads from the first point to the second.
    pub(crate) fn of(points: &[PatientPoint]) -> Result<Self, MeasureError> {
        let [first, second, ..] = points else { return Err(MeasureError::Flat) };
        let along = Direction::new(*second - *first).map_err(|_| MeasureError::Flat)?;
        let aside = |p: &PatientPoint| along.unit().cross(*p - *first);
        let farthest = points.iter().map(aside).max_by(|a, b| a.length().0.total_cmp(&b.length().0));
        let normal = farthest.and_then(|n| Direction::new(n).ok()).ok_or(MeasureError::Flat)?;
        let across = Direction::new(normal.cross(along)).map_err(|_| MeasureError::Flat)?;
        if points.iter().any(|p| (*p - *first).dot(normal.unit()).abs() > FLAT) {
            return Err(MeasureError::Bent);
        }
        let place = |p: &PatientPoint| [(*p - *first).dot(along.unit()), (*p - *first).dot(across.unit())];
        Ok(Self { origin: *first, axes: [along, across], at: points.iter().map(place).collect() })
    }

    /// Values of a volume inside an outline in this plane, and whether each is padding.
    pub(crate) fn values(
        &self,
        series: &Series,
        voxels: &VoxelBuffer,
        volume: &VolumeGeometry,
        outline: &Outline,
    ) -> Result<Vec<(f64, bool)>, MeasureError> {
        let step = volume.smallest_spacing().0;
        let [low, high] = outline.bounds();
        if (high[0] - low[0]) / step * ((high[1] - low[1]) / step) > MOST_SAMPLES {
            return Err(MeasureError::TooLarge);
        }
        let is_one = has_one_modality(series);
        let range = |axis: usize| (low[axis] / step).ceil() as i64..=(high[axis] / step).floor() as i64;
        let mut values = Vec::new();
        for row in range(1) {
            for column in range(0) {
                let at = [column as f64 * step, row as f64 * step];
                if outline.holds(at) {
                    let [u, v] = self.axes.map(Direction::unit);
                    let to: Displacement = u * at[0] + v * at[1];
                    values.extend(sample(series, voxels, is_one, self.origin + to));
                }
            }
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outlines_hold_what_is_inside() {
        let square = Outline::Polygon(vec![[0.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 3.0]]);
        assert_eq!((square.area(), square.bounds()), (12.0, [[0.0, 0.0], [4.0, 3.0]]));
        assert!(square.holds([1.0, 1.0]) && !square.holds([5.0, 1.0]) && !square.holds([1.0, -0.1]));
        // Half axes 2 and 1, turned by 45 degrees.
        let r = 0.5f64.sqrt();
        let ellipse = Outline::Ellipse { centre: [10.0, 5.0], halves: [[2.0 * r, 2.0 * r], [-r, r]] };
        assert!((ellipse.area() - 2.0 * std::f64::consts::PI).abs() < 1e-12);
        let along = |d: f64| [10.0 + d * r, 5.0 + d * r];
        let across = |d: f64| [10.0 - d * r, 5.0 + d * r];
        assert!(ellipse.holds(along(1.99)) && !ellipse.holds(along(2.01)) && ellipse.holds(across(-0.99)) && !ellipse.holds(across(1.01)));
        let [low, high] = ellipse.bounds();
        assert!((high[0] - 10.0 - 2.5f64.sqrt()).abs() < 1e-12 && (low[1] - 5.0 + 2.5f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn points_span_a_plane_or_are_refused() {
        let p = |x, y, z| PatientPoint::new(x, y, z);
        let plane = InPlane::of(&[p(0.0, 0.0, 0.0), p(3.0, 0.0, 4.0), p(3.0, 7.0, 4.0)]).unwrap();
        assert!(plane.at.iter().zip([[0.0, 0.0], [5.0, 0.0], [5.0, 7.0]]).all(|(a, b)| (a[0] - b[0]).hypot(a[1].abs() - b[1]) < 1e-12));
        let refused = |points: &[PatientPoint]| InPlane::of(points).err();
        assert_eq!(refused(&[p(0.0, 0.0, 0.0), p(1.0, 0.0, 0.0), p(2.0, 0.0, 0.0)]), Some(MeasureError::Flat));
        assert_eq!(refused(&[p(0.0, 0.0, 0.0), p(9.0, 0.0, 0.0), p(9.0, 9.0, 0.0), p(0.0, 9.0, 1.0)]), Some(MeasureError::Bent));
    }
}
