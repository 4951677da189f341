//! A synthetic nodule: a soft, uneven ball of density in patient space.
//!
//! `a(r) = 1/(1+exp((r-R)/s))`, `out = v + g*a*max(0, T - v)`: denser tissue (vessels) shines through. `R` varies with direction by three low harmonics
//! (of degree 2 and 3: degree 1 would shift the centre, which is the truth). The strength `g` (0 to 1) is solved from the wanted conspicuity.

use super::background::Site;
use super::noise::Seeded;
use serde::{Deserialize, Serialize};
use tiresias_words::{Direction, Displacement, Mm, PatientPoint, VolumeGeometry, Voxel};

/// What a nodule is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LesionKind {
    /// Soft tissue, towards +20 HU.
    Solid,
    /// Ground glass, towards -550 HU.
    GroundGlass,
}

impl LesionKind {
    const fn density_hu(self) -> f64 {
        match self {
            Self::Solid => 20.0,
            Self::GroundGlass => -550.0,
        }
    }
}

/// The truth of one inserted nodule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DemoLesion {
    /// Centre in patient coordinates (LPS, mm).
    pub centre: PatientPoint,
    /// Mean radius at half density, mm.
    pub radius: Mm,
    /// What it is made of.
    pub kind: LesionKind,
    /// Contrast over background, as an observer sees it: the mean density added where the nodule is more than half there, over the standard deviation of the
    /// means of equally large discs of lung nearby, both in the slice through the centre and before the nodule was inserted. In white noise this is contrast
    /// over pixel deviation times the root of the area; vessels are no white noise, and a nodule of index 8 by that formula would not be seen.
    pub conspicuity: f64,
}

/// A nodule before it is inserted.
pub(super) struct Nodule {
    centre: PatientPoint,
    radius: Mm,
    softness: f64,
    kind: LesionKind,
    /// Axis, degree and height of each harmonic.
    harmonics: [(Direction, u8, f64); 3],
}

/// Softness beyond which nothing of a nodule is left: exp(-6).
const TAIL: f64 = 6.0;
const UNEVEN: f64 = 0.15;
/// How far from the centre the discs of lung may lie, mm.
const NEARBY: f64 = 24.0;
/// Above this mean a disc is not lung, HU.
const LUNG: f64 = -600.0;
/// Fewer discs tell nothing.
const DISCS: usize = 12;

impl Nodule {
    /// Draws size, softness, kind and shape; the centre lies within 1 mm of the site on each axis.
    pub(super) fn draw(random: &mut Seeded, site: &Site) -> Self {
        let mut jitter = || random.between(-1.0, 1.0);
        let centre = site.centre + Displacement::new(jitter(), jitter(), jitter());
        let radius = Mm(random.between(2.5, 6.0));
        let softness = random.between(0.4, 1.2);
        let kind = if random.unit() < 0.5 { LesionKind::Solid } else { LesionKind::GroundGlass };
        let harmonics = [2, 2, 3].map(|degree| {
            let [[x, y], [z, _]] = [random.normals(), random.normals()];
            let axis = Direction::new(Displacement::new(x, y, z)).unwrap_or(Direction::HEAD);
            (axis, degree, random.between(-1.0, 1.0))
        });
        Self { centre, radius, softness, kind, harmonics }
    }
    pub(super) const fn centre(&self) -> PatientPoint {
        self.centre
    }
    /// Distance from the centre beyond which nothing is visible.
    pub(super) fn reach(&self) -> Mm {
        Mm(self.radius.0 * (1.0 + UNEVEN * 3.0))
    }
    /// How much of the nodule is at a displacement from its centre, 0 to 1.
    fn presence(&self, d: Displacement) -> f64 {
        let r = d.length().0;
        let shape: f64 =
            Direction::new(d).map_or(0.0, |towards| self.harmonics.iter().map(|(a, n, h)| h * legendre(*n, a.dot(towards))).sum());
        1.0 / (1.0 + libm::exp((r - self.radius.0 * (1.0 + UNEVEN * shape)) / self.softness))
    }
}

/// Legendre polynomial of degree 2 or 3: within -1 and 1.
fn legendre(degree: u8, x: f64) -> f64 {
    if degree == 2 { (3.0 * x * x - 1.0) / 2.0 } else { (5.0 * x * x * x - 3.0 * x) / 2.0 }
}

/// Inserts a nodule into `values` (HU) so that it has the wanted conspicuity; a ground-glass one that cannot reach it becomes solid. Returns the truth;
/// `None` when the centre lies outside or in even surroundings.
pub(super) fn insert(values: &mut [f64], geometry: &VolumeGeometry, nodule: &Nodule, wanted: f64) -> Option<DemoLesion> {
    let full = |kind| conspicuity(values, geometry, nodule, kind);
    let mut kind = nodule.kind;
    let mut at_full = full(kind)?;
    if at_full < wanted {
        kind = LesionKind::Solid;
        at_full = full(kind)?;
    }
    let strength = (wanted / at_full).min(1.0);
    for (i, d) in around(geometry, nodule.centre, nodule.reach().0 + TAIL * nodule.softness) {
        let value = values.get_mut(i)?;
        *value += strength * nodule.presence(d) * (kind.density_hu() - *value).max(0.0);
    }
    Some(DemoLesion { centre: nodule.centre, radius: nodule.radius, kind, conspicuity: strength * at_full })
}

/// Conspicuity at full strength; it is proportional to the strength.
fn conspicuity(values: &[f64], geometry: &VolumeGeometry, nodule: &Nodule, kind: LesionKind) -> Option<f64> {
    let centre = geometry.voxel_of(nodule.centre);
    let slice = centre.slice.round();
    let in_slice = |at: Voxel| geometry.patient_of(Voxel { slice, ..at });
    let plane = geometry.size()[0] as usize * geometry.size()[1] as usize;
    let of_slice = |(i, _): &(usize, Displacement)| (*i / plane) as f64 == slice;

    let half_there = around(geometry, nodule.centre, nodule.reach().0).into_iter().filter(of_slice).filter_map(|(i, d)| {
        let a = nodule.presence(d);
        (a >= 0.5).then(|| values.get(i).map(|v| a * (kind.density_hu() - v).max(0.0)))?
    });
    let (contrast, _) = mean_and_deviation(&half_there.collect::<Vec<_>>())?;

    // Discs touch each other, in rows and columns about the centre.
    let reach = (NEARBY / (2.0 * nodule.radius.0)).floor() as i32;
    let [dx, dy] = geometry.spacing().map(|s| 2.0 * nodule.radius.0 / s.0);
    let mut lung = Vec::new();
    for (across, down) in (-reach..=reach).flat_map(|x| (-reach..=reach).map(move |y| (f64::from(x), f64::from(y)))) {
        let at = Voxel { column: centre.column + across * dx, row: centre.row + down * dy, slice };
        if !geometry.contains(at) {
            continue;
        }
        let disc = around(geometry, in_slice(at), nodule.radius.0).into_iter().filter(of_slice).filter_map(|(i, _)| values.get(i).copied());
        let mean = mean_and_deviation(&disc.collect::<Vec<_>>()).map(|(mean, _)| mean);
        lung.extend(mean.filter(|m| *m < LUNG));
    }
    let (_, deviation) = mean_and_deviation(&lung).filter(|_| lung.len() >= DISCS)?;
    (contrast > 0.0 && deviation > 0.0).then(|| contrast / deviation)
}

fn mean_and_deviation(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    (!values.is_empty()).then(|| (mean, libm::sqrt(squares / n)))
}

/// Indices of the voxels within `radius` mm of a point, and their displacement from it.
fn around(geometry: &VolumeGeometry, centre: PatientPoint, radius: f64) -> Vec<(usize, Displacement)> {
    let [columns, rows, slices] = geometry.size();
    let at = geometry.voxel_of(centre);
    let [dx, dy] = geometry.spacing();
    let span = |c: f64, step: f64, n: u32| {
        let reach = radius / step;
        (c - reach).ceil().max(0.0) as u32..((c + reach).floor() + 1.0).clamp(0.0, f64::from(n)) as u32
    };
    let mut found = Vec::new();
    for slice in span(at.slice, geometry.slice_spacing().0, slices) {
        for row in span(at.row, dy.0, rows) {
            for column in span(at.column, dx.0, columns) {
                let d = geometry.patient_of(Voxel::new(f64::from(column), f64::from(row), f64::from(slice))) - centre;
                if d.length().0 <= radius {
                    found.push((((slice * rows + row) * columns + column) as usize, d));
                }
            }
        }
    }
    found
}
