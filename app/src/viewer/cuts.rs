//! Shapes in the patient as a pane shows them: lines in the pane's own pixels, where its plane lies near them, or cuts through them.
//!
//! All positions are patient LPS mm; pixels are physical, centres at whole numbers. Refuses: masks of voxels, which `render` cuts.

use tiresias_cases::Solid;
use tiresias_words::{Direction, Displacement, Mm, PatientPoint, Plane};

/// Lines of a shape in a pane, and how strongly they are drawn: fainter with the distance from the plane.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lines {
    /// Each from point to point.
    pub(crate) lines: Vec<Vec<[f64; 2]>>,
    /// 1 on the plane itself.
    pub(crate) strength: f32,
}

/// A flat shape farther than this from the plane is not drawn, mm.
const FADED_OUT: f64 = 3.0;
/// The distance at which strength would be nothing, mm.
const FADES_OVER: f64 = 6.0;
/// Half the diagonal of what stands for a single position, pixels a logical pixel.
const POINT: f64 = 9.0;
/// Planes nearer to each other than this (2.5 degrees) do not cut.
const PARALLEL: f64 = 0.999;
const CORNERS: u32 = 96;

/// A position: a diamond. `half` is how far it counts as on the plane, mm; `scale` physical pixels a logical pixel.
pub(crate) fn point(plane: &Plane, at: PatientPoint, half: f64, scale: f64) -> Option<Lines> {
    let ([x, y], off) = plane.pixel_of(at);
    let strength = faded(off, half)?;
    let r = POINT * scale;
    Some(Lines { lines: vec![vec![[x, y - r], [x + r, y], [x, y + r], [x - r, y], [x, y - r]]], strength })
}

/// A line in a plane with this normal: itself where the pane's plane is the same or a neighbour; else the parts of the area that it encloses, where the pane
/// cuts it.
pub(crate) fn flat(plane: &Plane, normal: Direction, points: &[PatientPoint], closed: bool, half: f64, scale: f64) -> Option<Lines> {
    let placed: Vec<([f64; 2], Mm)> = points.iter().map(|p| plane.pixel_of(*p)).collect();
    if plane.normal().dot(normal).abs() > PARALLEL {
        let off = placed.iter().map(|(_, off)| off.0.abs()).fold(0.0, f64::max);
        let strength = faded(Mm(off), half)?;
        let mut line: Vec<[f64; 2]> = placed.iter().map(|(p, _)| *p).collect();
        if closed && line.first() != line.last() {
            line.extend(line.first().copied());
        }
        return Some(Lines { lines: vec![line], strength });
    }
    let mut crossings = crossings(&placed, closed);
    if crossings.is_empty() {
        return None;
    }
    let widest = |axis: usize| {
        let all = || crossings.iter().map(|p| p[axis]);
        all().fold(f64::NEG_INFINITY, f64::max) - all().fold(f64::INFINITY, f64::min)
    };
    let axis = usize::from(widest(1) > widest(0));
    crossings.sort_by(|a, b| a[axis].total_cmp(&b[axis]));
    let lines = if closed {
        crossings.chunks_exact(2).map(<[_]>::to_vec).collect()
    } else {
        let r = POINT * scale / 3.0;
        crossings.iter().map(|[x, y]| vec![[x - r, y - r], [x + r, y + r]]).collect()
    };
    Some(Lines { lines, strength: 1.0 })
}

/// Where a line goes through the pane's plane.
fn crossings(placed: &[([f64; 2], Mm)], closed: bool) -> Vec<[f64; 2]> {
    let ends = placed.len().saturating_sub(usize::from(!closed));
    let edge = |i: usize| {
        let (a, b) = (placed.get(i)?, placed.get((i + 1) % placed.len())?);
        let (da, db) = (a.1.0, b.1.0);
        // The upper end belongs to the edge, the lower one to the next.
        ((da >= 0.0) != (db >= 0.0)).then(|| {
            let part = da / (da - db);
            std::array::from_fn(|k| a.0[k] + (b.0[k] - a.0[k]) * part)
        })
    };
    (0..ends).filter_map(edge).collect()
}

/// A shape in the patient in a pane. `normal` and `half` are those of the series' slices: of points and lines, which lie on one.
pub(crate) fn solid(plane: &Plane, shape: &Solid, normal: Direction, half: f64, scale: f64) -> Option<Lines> {
    match shape {
        Solid::Point(at) => point(plane, *at, half, scale),
        Solid::Line { points, closed } => flat(plane, normal_of(points).unwrap_or(normal), points, *closed, half, scale),
        Solid::Ellipsoid { centre, halves } => ellipsoid(plane, *centre, halves),
        Solid::Box { low, high } => cuboid(plane, *low, *high),
    }
}

/// The normal of the plane in which points lie; `None` where they lie in none, or on a line.
fn normal_of(points: &[PatientPoint]) -> Option<Direction> {
    let first = *points.first()?;
    // Newell's sum: twice the area, along the normal.
    let edges = points.iter().zip(points.iter().skip(1));
    let sum = edges.fold(Displacement::new(0.0, 0.0, 0.0), |sum, (a, b)| sum + (*a - first).cross(*b - first));
    let normal = Direction::new(sum).ok()?;
    points.iter().all(|p| (*p - first).dot(normal.unit()).abs() < 0.5).then_some(normal)
}

/// An ellipsoid is a unit sphere after a linear map; a plane cuts the sphere in a circle.
fn ellipsoid(plane: &Plane, centre: PatientPoint, halves: &[Displacement; 3]) -> Option<Lines> {
    let normal = plane.normal().unit();
    let m = Displacement::from(halves.map(|h| h.dot(normal)));
    let (_, off) = plane.pixel_of(centre);
    let height = -off.0 / m.length().0;
    if height.is_nan() || height.abs() >= 1.0 {
        return None;
    }
    let axis = Direction::new(m).ok()?;
    let other = if axis.unit().x.abs() < 0.9 { Direction::LEFT } else { Direction::POSTERIOR };
    let u = Direction::new(axis.cross(other)).ok()?;
    let v = Direction::new(axis.cross(u)).ok()?;
    let radius = (1.0 - height * height).sqrt();
    let corner = |i: u32| {
        let (sin, cos) = (f64::from(i % CORNERS) * std::f64::consts::TAU / f64::from(CORNERS)).sin_cos();
        let s = axis.unit() * height + u.unit() * (radius * cos) + v.unit() * (radius * sin);
        plane.pixel_of(centre + halves[0] * s.x + halves[1] * s.y + halves[2] * s.z).0
    };
    Some(Lines { lines: vec![(0..=CORNERS).map(corner).collect()], strength: 1.0 })
}

/// The polygon in which a plane cuts a box: where it goes through its edges, in the order of their angles about the middle.
fn cuboid(plane: &Plane, low: PatientPoint, high: PatientPoint) -> Option<Lines> {
    let corner = |i: usize| {
        let pick = |bit: usize, a: f64, b: f64| if i & bit == 0 { a } else { b };
        plane.pixel_of(PatientPoint::new(pick(1, low.x, high.x), pick(2, low.y, high.y), pick(4, low.z, high.z)))
    };
    let edges = (0..8usize).flat_map(|i| [1, 2, 4].into_iter().filter(move |bit| i & bit == 0).map(move |bit| (i, i | bit)));
    let mut points: Vec<[f64; 2]> = edges.flat_map(|(a, b)| crossings(&[corner(a), corner(b)], false)).collect();
    if points.len() < 3 {
        return None;
    }
    let count = points.len() as f64;
    let middle: [f64; 2] = std::array::from_fn(|k| points.iter().map(|p| p[k]).sum::<f64>() / count);
    let angle = |p: &[f64; 2]| (p[1] - middle[1]).atan2(p[0] - middle[0]);
    points.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
    points.extend(points.first().copied());
    Some(Lines { lines: vec![points], strength: 1.0 })
}

/// How strongly something is drawn so far off the plane; `None` beyond what is drawn at all.
fn faded(off: Mm, half: f64) -> Option<f32> {
    let off = off.0.abs();
    if off <= half {
        return Some(1.0);
    }
    (off <= FADED_OUT).then(|| (1.0 - off / FADES_OVER).powi(2) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane(right: Direction, down: Direction, through: [f64; 3]) -> Plane {
        // Pixel 50, 50 shows the point.
        let origin = PatientPoint::from(through) + right.times(Mm(-25.0)) + down.times(Mm(-25.0));
        Plane::new(origin, right, down, Mm(0.5)).unwrap()
    }
    fn extent(lines: &Lines) -> [[f64; 2]; 2] {
        let all = || lines.lines.iter().flatten();
        let range = |k: usize| [all().map(|p| p[k]).fold(f64::INFINITY, f64::min), all().map(|p| p[k]).fold(f64::NEG_INFINITY, f64::max)];
        [range(0), range(1)]
    }
    fn near(a: [[f64; 2]; 2], b: [[f64; 2]; 2]) -> bool {
        a.iter().flatten().zip(b.iter().flatten()).all(|(a, b)| (a - b).abs() < 0.02)
    }

    #[test]
    fn flat_shapes_are_seen_on_their_slice_faintly_beside_it_and_as_a_line_across_it() {
        let square = [[-5.0, -5.0, 0.0], [5.0, -5.0, 0.0], [5.0, 5.0, 0.0], [-5.0, 5.0, 0.0]].map(PatientPoint::from);
        let shown = |plane: &Plane| flat(plane, Direction::HEAD, &square, true, 0.5, 1.0);
        let axial = |z| pane(Direction::LEFT, Direction::POSTERIOR, [0.0, 0.0, z]);
        let on = shown(&axial(0.4)).unwrap();
        assert!(near(extent(&on), [[40.0, 60.0]; 2]) && on.strength == 1.0 && on.lines[0].len() == 5);
        assert!(shown(&axial(2.0)).is_some_and(|l| l.strength < 0.5) && shown(&axial(3.1)).is_none());
        let coronal = shown(&pane(Direction::LEFT, Direction::FEET, [0.0, 2.0, 0.0])).unwrap();
        assert!(near(extent(&coronal), [[40.0, 60.0], [50.0, 50.0]]) && coronal.lines.len() == 1);
        assert!(shown(&pane(Direction::LEFT, Direction::FEET, [0.0, 6.0, 0.0])).is_none());
        // An open line is crossed at points.
        let open = flat(&pane(Direction::LEFT, Direction::FEET, [0.0, 2.0, 0.0]), Direction::HEAD, &square[1..3], false, 0.5, 1.0);
        assert_eq!(open.unwrap().lines.len(), 1);
    }

    #[test]
    fn solids_are_cut() {
        let centre = PatientPoint::new(0.0, 0.0, 0.0);
        let halves = [[10.0, 0.0, 0.0], [0.0, 6.0, 0.0], [0.0, 0.0, 5.0]].map(Displacement::from);
        let shape = Solid::Ellipsoid { centre, halves };
        let cut = |plane: &Plane, shape: &Solid| solid(plane, shape, Direction::HEAD, 0.5, 1.0);
        let axial = pane(Direction::LEFT, Direction::POSTERIOR, [0.0, 0.0, 3.0]);
        // At 3 of 5 mm the half axes are 4/5 of what they are in the middle.
        assert!(near(extent(&cut(&axial, &shape).unwrap()), [[50.0 - 16.0, 50.0 + 16.0], [50.0 - 9.6, 50.0 + 9.6]]));
        assert!(cut(&pane(Direction::LEFT, Direction::POSTERIOR, [0.0, 0.0, 5.1]), &shape).is_none());
        let shape = Solid::Box { low: PatientPoint::new(-4.0, -3.0, -2.0), high: PatientPoint::new(4.0, 3.0, 2.0) };
        let sagittal = cut(&pane(Direction::POSTERIOR, Direction::FEET, [1.0, 0.0, 0.0]), &shape).unwrap();
        assert!(near(extent(&sagittal), [[44.0, 56.0], [46.0, 54.0]]) && sagittal.lines[0].len() == 5);
        let turned = Direction::new([1.0, 1.0, 0.0].into()).unwrap();
        let oblique = cut(&pane(turned, Direction::FEET, [0.0; 3]), &shape).unwrap();
        let reach = 2.0 * 3.0 * 2f64.sqrt();
        assert!(near(extent(&oblique), [[50.0 - reach, 50.0 + reach], [46.0, 54.0]]));
        assert!(cut(&pane(turned, Direction::FEET, [9.0, 0.0, 0.0]), &shape).is_none());
        let at = PatientPoint::new(0.0, 0.0, 1.0);
        assert!(cut(&axial, &Solid::Point(at)).is_some_and(|l| l.strength < 1.0));
        assert!(cut(&axial, &Solid::Point(centre)).is_some() && cut(&axial, &Solid::Point(PatientPoint::new(0.0, 0.0, 7.0))).is_none());
    }
}
