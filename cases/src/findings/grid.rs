//! Voxels that an AI result lights, or grades, on the slices of a series: sparse, row by row.
//!
//! A grid has the slices of its series and a raster of its own in them, so that it lies exactly where the result says, whatever part of the images it covers.
//! Refuses: planes between slices, and rows beyond the raster; whoever makes a grid has proven its place (`place.rs`).

use super::Unreadable;
use serde::{Deserialize, Serialize};
use tiresias_words::{Displacement, Gap, PatientPoint, Role, Stack, Unfit, VolumeGeometry, Voxel};

/// Voxels that are lit (a mask) or graded (a heat map) on the slices of a series.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    pub(super) series: Role,
    pub(super) geometry: VolumeGeometry,
    /// What a graded voxel can be at most; 0 for a mask, whose voxels have no grade.
    pub(super) most: u8,
    pub(super) planes: Vec<GridPlane>,
}

/// The voxels of one slice.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridPlane {
    pub(super) slice: u32,
    /// Row, first column, and the column behind the last; in order.
    pub(super) runs: Vec<[u32; 3]>,
    /// Of a graded grid, one value from 1 on for each voxel of the runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) values: Vec<u8>,
}

/// What can be counted of a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridMeasure {
    /// Voxels that are lit, or graded above 0.
    pub voxels: u64,
    /// Their grades, as parts of the largest possible; of a mask their number.
    pub sum: f64,
    /// Mean of their centres, weighted with their grades; in the frame of the series' geometry.
    pub centroid: PatientPoint,
}

/// The smallest block of voxels that holds all of a grid, as values of a volume.
pub struct GridBlock {
    /// Where the block lies.
    pub geometry: VolumeGeometry,
    /// 0 to 255, columns fastest, then rows, then slices; 255 for a lit voxel, and for one of the highest grade.
    pub values: Vec<u8>,
}

/// Voxels of a block; what is larger is no finding.
const MOST_VOXELS: u64 = 1 << 27;
const MOST_SIDE: u32 = 65_535;

impl Grid {
    /// The role of its series.
    #[must_use]
    pub const fn series(&self) -> &Role {
        &self.series
    }
    /// Where its raster lies: the slices are those of the series.
    #[must_use]
    pub const fn geometry(&self) -> &VolumeGeometry {
        &self.geometry
    }
    /// Whether its voxels have grades.
    #[must_use]
    pub const fn is_graded(&self) -> bool {
        self.most > 0
    }
    /// The slices with voxels, in order, and how many each has.
    pub fn slices(&self) -> impl Iterator<Item = (u32, u64)> {
        self.planes.iter().map(|p| (p.slice, p.runs.iter().map(|[_, from, to]| u64::from(to.saturating_sub(*from))).sum()))
    }

    /// Every voxel with its grade from 0 to 1.
    fn each(&self, mut see: impl FnMut([u32; 3], f64)) {
        for plane in &self.planes {
            let mut values = plane.values.iter();
            for [row, from, to] in &plane.runs {
                for column in *from..*to {
                    let grade = if self.most > 0 { f64::from(*values.next().unwrap_or(&0)) / f64::from(self.most) } else { 1.0 };
                    see([column, *row, plane.slice], grade);
                }
            }
        }
    }

    /// Voxels, sum and centroid; `None` of an empty grid.
    #[must_use]
    pub fn measure(&self) -> Option<GridMeasure> {
        let (mut voxels, mut sum, mut at) = (0u64, 0.0, Displacement::new(0.0, 0.0, 0.0));
        let first = self.geometry.patient_of(Voxel::new(0.0, 0.0, 0.0));
        self.each(|[column, row, slice], grade| {
            voxels += u64::from(grade > 0.0);
            sum += grade;
            let place = self.geometry.patient_of(Voxel::new(f64::from(column), f64::from(row), f64::from(slice)));
            at = at + (place - first) * grade;
        });
        (sum > 0.0).then(|| GridMeasure { voxels, sum, centroid: first + at * (1.0 / sum) })
    }

    /// The voxels whose grade is at least `part` of the largest possible, as a mask.
    #[must_use]
    pub fn at_least(&self, part: f64) -> Self {
        let mut planes = Vec::new();
        for plane in &self.planes {
            let mut lit = GridPlane { slice: plane.slice, ..GridPlane::default() };
            let mut values = plane.values.iter();
            for [row, from, to] in &plane.runs {
                for column in *from..*to {
                    let grade = f64::from(*values.next().unwrap_or(&0)) / f64::from(self.most.max(1));
                    if self.most == 0 || grade >= part {
                        lit.light(*row, column);
                    }
                }
            }
            if !lit.runs.is_empty() {
                planes.push(lit);
            }
        }
        Self { series: self.series.clone(), geometry: self.geometry.clone(), most: 0, planes }
    }

    /// The smallest block that holds all voxels; `None` of an empty grid, and of one that is too large to be a finding.
    #[must_use]
    pub fn block(&self) -> Option<GridBlock> {
        let runs = || self.planes.iter().flat_map(|p| p.runs.iter().map(|r| (p.slice, r)));
        let low = |of: fn((u32, &[u32; 3])) -> u32| runs().map(of).min();
        let high = |of: fn((u32, &[u32; 3])) -> u32| runs().map(of).max();
        let columns = [low(|(_, r)| r[1])?, high(|(_, r)| r[2])?];
        let rows = [low(|(_, r)| r[0])?, high(|(_, r)| r[0] + 1)?];
        let slices = [low(|(s, _)| s)?, high(|(s, _)| s + 1)?];
        // A stack of unequal steps has at least two slices: one more on each side, where there is one.
        let slices = match self.geometry.stack() {
            Stack::Uniform { .. } => slices,
            Stack::Piecewise { .. } => [slices[0].saturating_sub(1), (slices[1] + 1).min(self.geometry.size()[2])],
        };
        let geometry = part(&self.geometry, [columns, rows, slices]).ok()?;
        let size = geometry.size();
        let count = size.iter().map(|n| u64::from(*n)).try_fold(1u64, u64::checked_mul).filter(|n| *n <= MOST_VOXELS)?;
        let mut values = vec![0; usize::try_from(count).ok()?];
        self.each(|[column, row, slice], grade| {
            let [x, y, z] = [column - columns[0], row - rows[0], slice - slices[0]].map(|n| n as usize);
            if let Some(value) = values.get_mut((z * size[1] as usize + y) * size[0] as usize + x) {
                *value = (grade * 255.0 + 0.5) as u8;
            }
        });
        Some(GridBlock { geometry, values })
    }

    /// Whether rows, columns and slices are in order and lie in the raster, and grades are as many as voxels.
    pub(super) fn check(&self) -> Result<(), Unreadable> {
        let [columns, rows, slices] = self.geometry.size();
        let in_order = |a: &[u32; 3], b: &[u32; 3]| a[0] < b[0] || (a[0] == b[0] && a[2] < b[1]);
        let is_good = |plane: &GridPlane| {
            let inside = plane.runs.iter().all(|[row, from, to]| *row < rows && from < to && *to <= columns);
            let voxels: u64 = plane.runs.iter().map(|[_, from, to]| u64::from(to.saturating_sub(*from))).sum();
            let graded = if self.most > 0 { voxels } else { 0 };
            inside
                && !plane.runs.is_empty()
                && plane.slice < slices
                && plane.runs.windows(2).all(|w| matches!(w, [a, b] if in_order(a, b)))
                && plane.values.len() as u64 == graded
                && plane.values.iter().all(|v| (1..=self.most).contains(v))
        };
        let ordered = self.planes.windows(2).all(|w| matches!(w, [a, b] if a.slice < b.slice));
        if ordered && [columns, rows, slices].iter().all(|n| *n <= MOST_SIDE) && self.planes.iter().all(is_good) {
            Ok(())
        } else {
            Err(Unreadable)
        }
    }
}

impl GridPlane {
    /// Lights the next pixel; pixels come in the order of rows and columns.
    pub(super) fn light(&mut self, row: u32, column: u32) {
        match self.runs.last_mut() {
            Some([last, _, to]) if *last == row && *to == column => *to += 1,
            _ => self.runs.push([row, column, column + 1]),
        }
    }
}

/// A part of a volume: from the first column, row and slice up to the ones behind the last.
fn part(whole: &VolumeGeometry, [columns, rows, slices]: [[u32; 2]; 3]) -> Result<VolumeGeometry, Unfit> {
    let size = [columns, rows, slices].map(|[from, to]| to - from);
    let origin = whole.patient_of(Voxel::new(f64::from(columns[0]), f64::from(rows[0]), f64::from(slices[0])));
    let stack = match whole.stack() {
        Stack::Uniform { step, .. } => Stack::Uniform { origin, step: *step },
        Stack::Piecewise { course, heights, gaps, .. } => {
            let part = heights.get(slices[0] as usize..slices[1] as usize).unwrap_or_default();
            let base = part.first().map_or(0.0, |h| h.0);
            let inside = gaps.iter().filter(|g| g.after >= slices[0] && g.after + 1 < slices[1]);
            let gaps = inside.map(|g| Gap { after: g.after - slices[0], missing: g.missing }).collect();
            let heights = part.iter().map(|h| tiresias_words::Mm(h.0 - base)).collect();
            Stack::Piecewise { origin, course: *course, heights, gaps }
        }
    };
    VolumeGeometry::new(size, whole.row_direction(), whole.column_direction(), whole.spacing(), stack)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_words::{Direction, Mm};

    fn grid(stack: Stack, slices: u32, most: u8, planes: Vec<GridPlane>) -> Grid {
        let geometry = VolumeGeometry::new([8, 6, slices], Direction::LEFT, Direction::POSTERIOR, [Mm(0.5), Mm(2.0)], stack).unwrap();
        Grid { series: Role::current(), geometry, most, planes }
    }
    fn uniform() -> Stack {
        Stack::Uniform { origin: PatientPoint::new(10.0, 20.0, 30.0), step: Displacement::new(0.0, 0.0, 3.0) }
    }

    #[test]
    fn grids_are_counted_cut_and_checked() {
        let plane = GridPlane { slice: 2, runs: vec![[1, 3, 5], [4, 6, 7]], values: vec![4, 2, 1] };
        let graded = grid(uniform(), 5, 4, vec![plane.clone()]);
        assert!(graded.check().is_ok());
        let m = graded.measure().unwrap();
        assert_eq!((m.voxels, m.sum), (3, 1.75));
        let x = 10.0 + 0.5 * (3.0 + 4.0 * 0.5 + 6.0 * 0.25) / 1.75;
        assert!((m.centroid.x - x).abs() < 1e-12 && (m.centroid.z - 36.0).abs() < 1e-12);
        assert!(graded.at_least(0.5).planes == vec![GridPlane { slice: 2, runs: vec![[1, 3, 5]], values: vec![] }]);
        let block = graded.block().unwrap();
        assert_eq!(block.geometry.size(), [4, 4, 1]);
        assert_eq!(block.geometry.patient_of(Voxel::new(0.0, 0.0, 0.0)), PatientPoint::new(11.5, 22.0, 36.0));
        assert_eq!(block.values, [255, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64]);
        for bad in [
            GridPlane { slice: 5, ..plane.clone() },
            GridPlane { values: vec![1, 2], ..plane.clone() },
            GridPlane { values: vec![1, 0, 2], ..plane.clone() },
            GridPlane { runs: vec![[1, 3, 9], [4, 6, 7]], ..plane.clone() },
            GridPlane { runs: vec![[4, 6, 7], [1, 3, 5]], ..plane },
        ] {
            assert!(grid(uniform(), 5, 4, vec![bad]).check().is_err());
        }
        assert!(grid(uniform(), 5, 0, vec![]).measure().is_none());
    }

    #[test]
    fn a_block_of_unequal_steps_keeps_them() {
        let heights = [0.0, 2.0, 7.0, 9.0].map(Mm).to_vec();
        let (origin, course) = (PatientPoint::new(0.0, 0.0, 5.0), Displacement::new(0.0, 0.0, 1.0));
        let stack = Stack::Piecewise { origin, course, heights, gaps: vec![Gap { after: 1, missing: 1 }] };
        let lit = grid(stack, 4, 0, vec![GridPlane { slice: 2, runs: vec![[0, 0, 1]], values: vec![] }]);
        let block = lit.block().unwrap();
        assert_eq!(block.geometry.size(), [1, 1, 3]);
        assert_eq!(block.geometry.origin_at(1.0), lit.geometry.origin_at(2.0));
        assert_eq!(block.values, [0, 255, 0]);
    }
}
