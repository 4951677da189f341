//! The third axis of a plan: how a height over a stack becomes two slices and a weight, where steps are unequal, and where slices are missing.
//!
//! A stack of equal steps needs none of it: its third coordinate is the slice's index. Otherwise the third coordinate is a height, in units of the smallest
//! step, and CPU and shader share one table with an entry for each step. In a gap (see [`tiresias_words::Gap`]) the two slices reach half a step each, as
//! if the missing slices were there; what lies between is nowhere, and nothing is interpolated across it.

use tiresias_words::{Stack, VolumeGeometry};

/// Bits of an interpolation weight.
pub(crate) const WEIGHT_BITS: u32 = 14;
/// A stack's height in its own units stays below this, so that coordinates fit 16 bits before the point.
const HIGHEST: f64 = 16_000.0;
/// Bits of a step's length that weights are divided by.
const LENGTH_BITS: u32 = 17;
const ONE: f64 = 65_536.0;

/// An interval of voxels on one axis: the two taps and the weight of the second, of 2^14 and below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taps {
    pub(crate) first: u32,
    pub(crate) second: u32,
    pub(crate) weight: u32,
}

impl Taps {
    /// `c` in Q15.16, clamped to the centres of an axis of `n` voxels.
    pub(crate) fn new(c: i32, n: u32) -> Self {
        let c = c.clamp(0, ((n - 1) << 16) as i32) as u32;
        let first = c >> 16;
        Self { first, second: (first + 1).min(n - 1), weight: (c & 0xFFFF) >> (16 - WEIGHT_BITS) }
    }
    pub(crate) const fn nearest(self) -> u32 {
        if self.weight >= 1 << (WEIGHT_BITS - 1) { self.second } else { self.first }
    }
    const fn only(voxel: u32) -> Self {
        Self { first: voxel, second: voxel, weight: 0 }
    }
}

/// The steps of a stack of unequal ones, in Q15.16 units of its smallest step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Course {
    pub(crate) steps: Vec<Step>,
    /// Lowest and highest height that is inside: half a step beyond the outer slices.
    pub(crate) reach: [i32; 2],
}

/// From one slice to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// Height of the lower slice.
    pub(crate) from: i32,
    /// Height of the upper slice over it, without its lowest `shift` bits.
    pub(crate) length: u32,
    pub(crate) shift: u32,
    /// Heights strictly between these are in a gap; nothing is between them where there is none.
    pub(crate) gap: [i32; 2],
}

impl Course {
    /// The course of a stack, and the millimetres of one unit; `None` for equal steps.
    pub(crate) fn of(geometry: &VolumeGeometry) -> Option<(Self, f64)> {
        let Stack::Piecewise { heights, gaps, .. } = geometry.stack() else { return None };
        let smallest = heights.windows(2).map(|w| w[1].0 - w[0].0).fold(f64::INFINITY, f64::min);
        let last = heights.len() - 1;
        let [below, above] = [geometry.height_at(-0.5).0, geometry.height_at(last as f64 + 0.5).0];
        let unit = smallest.max((above - below) / HIGHEST);
        let fixed = |height: f64| (height / unit * ONE).round() as i32;
        let step = |(k, w): (usize, &[tiresias_words::Mm])| {
            let (from, to) = (fixed(w[0].0), fixed(w[1].0));
            let whole = to.abs_diff(from).max(1);
            let shift = (u32::BITS - whole.leading_zeros()).saturating_sub(LENGTH_BITS);
            let gap = gaps.iter().find(|g| g.after as usize == k).map_or([i32::MAX, i32::MIN], |g| {
                let reach = (f64::from(whole) * g.reach()).round() as i32;
                [from + reach, to - reach]
            });
            Step { from, length: whole >> shift, shift, gap }
        };
        let steps = heights.windows(2).enumerate().map(step).collect();
        Some((Self { steps, reach: [fixed(below), fixed(above)] }, unit))
    }

    /// The slices at a height in Q15.16, held to the outer ones; `None` in a gap.
    pub(crate) fn taps(&self, c: i32) -> Option<Taps> {
        let c = c.max(0);
        let k = self.steps.partition_point(|s| s.from <= c).saturating_sub(1);
        let step = self.steps[k];
        let [lower, upper] = step.gap;
        if c > lower && c < upper {
            return None;
        }
        let (first, second) = (k as u32, k as u32 + 1);
        if lower <= upper {
            // Each of the two slices goes on into the gap as it is.
            return Some(Taps::only(if c <= lower { first } else { second }));
        }
        let above = (c.abs_diff(step.from) >> step.shift).min(step.length);
        let weight = ((above << WEIGHT_BITS) + step.length / 2) / step.length;
        Some(if weight == 1 << WEIGHT_BITS { Taps::only(second) } else { Taps { first, second, weight } })
    }

    /// Whether slices are missing.
    pub(crate) fn has_gaps(&self) -> bool {
        self.steps.iter().any(|s| s.gap[0] <= s.gap[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tiresias_words::{Direction, Displacement, Gap, Mm, PatientPoint};

    fn geometry(heights: &[f64], gaps: Vec<Gap>) -> VolumeGeometry {
        let heights: Vec<Mm> = heights.iter().map(|h| Mm(*h)).collect();
        let size = [4, 4, heights.len() as u32];
        let origin = PatientPoint::new(0.0, 0.0, 0.0);
        let stack = Stack::Piecewise { origin, course: Displacement::new(0.0, 0.2, 1.0), heights, gaps };
        VolumeGeometry::new(size, Direction::LEFT, Direction::POSTERIOR, [Mm(1.0); 2], stack).expect("a geometry")
    }

    proptest! {
        /// The table says of every height what the geometry says of it in f64, but for a weight's rounding.
        #[test]
        fn taps_are_the_geometrys(steps in prop::collection::vec(0.2..9.0f64, 2..40), missing in prop::option::of((0u32..40, 1u32..4)), at in -0.6..40.6f64) {
            let mut heights = vec![0.0];
            steps.iter().for_each(|s| heights.push(heights[heights.len() - 1] + s));
            let gaps: Vec<Gap> = missing.iter().map(|(after, missing)| Gap { after: after % steps.len() as u32, missing: *missing }).collect();
            let g = geometry(&heights, gaps);
            let slice = at.min(heights.len() as f64 - 0.5);
            let (course, unit) = Course::of(&g).expect("a course");
            let c = (g.height_at(slice).0 / unit * ONE).round() as i32;
            let held = slice.clamp(0.0, heights.len() as f64 - 1.0);
            match (course.taps(c), g.gap_at(slice)) {
                (None, Some(_)) => {}
                (Some(taps), gap) => {
                    let near_edge = |g: Gap| [g.reach(), 1.0 - g.reach()].iter().any(|r| (slice - f64::from(g.after) - r).abs() < 1e-3);
                    prop_assert!(gap.is_none_or(near_edge), "{slice} is in a gap");
                    let reached = f64::from(taps.first) + f64::from(taps.weight) / 16_384.0 * f64::from(taps.second - taps.first);
                    let expected = match missing.map(|(after, missing)| Gap { after: after % steps.len() as u32, missing }) {
                        Some(gap) if held > f64::from(gap.after) && held < f64::from(gap.after + 1) => held.round(),
                        _ => held,
                    };
                    prop_assert!((reached - expected).abs() < 3e-4, "{reached} is not {expected}");
                }
                (None, None) => prop_assert!(false, "{slice} is in no gap"),
            }
        }
    }
}
