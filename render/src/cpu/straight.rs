//! A listed acceleration of the specification, for planes whose rows run along a volume's columns or rows: every stack, and the three planes of an orthogonal series.
//!
//! Such an image is separable: a line of blended values is worked out once for each source line and used by all image rows between two of them. The
//! arithmetic is the specification's, in its order (column, row, slice), so the bytes are the same; the GPU's fidelity tests and `equals_the_general_path` hold both
//! against each other. Refuses what is not straight, padded, projected, nearest, cubic or with a gap: that goes the general way.

use super::sampler::{Sampler, blend, blend_each};
use super::voxels::Voxels;
use crate::course::{Course, Taps};
use crate::plan::{Projection, SamplePlan};
use rayon::prelude::*;
use tiresias_words::Interpolation;

/// Image rows that share a cache of lines, on one thread.
const BAND: usize = 48;

/// A plan whose rows run along `along`, and whose columns do not.
pub(super) struct Straight<'a, V, const N: usize> {
    sampler: &'a Sampler<'a, V, N>,
    /// 0: rows run along the volume's columns; 1: along its rows.
    along: usize,
    /// Pixels of a row that touch the volume; the same for all rows that do.
    pixels: [u32; 2],
    /// The taps along the row, one for each of those pixels.
    taps: Vec<Taps>,
}

/// The lines that were used last, by what they are lines of.
#[derive(Default)]
struct Lines<const N: usize> {
    kept: Vec<Line<N>>,
    clock: u64,
}

struct Line<const N: usize> {
    key: [u32; 2],
    used: u64,
    values: Vec<[u32; N]>,
}

/// A row needs at most four lines; with twice as many kept, none of them gives way to another.
const KEPT: usize = 8;

impl<'a, V: Voxels<N>, const N: usize> Straight<'a, V, N> {
    /// `None` when the plan goes the general way.
    pub(super) fn new(sampler: &'a Sampler<'a, V, N>) -> Option<Self> {
        let plan = sampler.plan;
        let has_gaps = plan.course.as_ref().is_some_and(Course::has_gaps);
        if plan.projection != Projection::Thin
            || plan.interpolation != Interpolation::Linear
            || sampler.voxels.padding().is_some()
            || has_gaps
        {
            return None;
        }
        let along = match plan.du.map(|d| d != 0) {
            [true, false, false] => 0,
            [false, true, false] => 1,
            _ => return None,
        };
        // Along rows the blend over columns comes first, so it must be the same in all image rows.
        if plan.dv[along] != 0 || (along == 1 && plan.dv[0] != 0) {
            return None;
        }
        let pixels = *plan.rows.iter().find(|[x0, x1]| x0 < x1)?;
        let taps = (pixels[0]..pixels[1]).map(|x| Taps::new(coordinate(plan, along, x, 0), sampler.size[along])).collect();
        Some(Self { sampler, along, pixels, taps })
    }

    /// Draws all rows.
    pub(super) fn draw(&self, bytes: &mut [u8]) {
        let plan = self.sampler.plan;
        let width = plan.size[0] as usize * N;
        let touching = self.pixels[0] as usize * N..self.pixels[1] as usize * N;
        let bands = bytes.par_chunks_mut(width * BAND).zip(plan.rows.par_chunks(BAND)).enumerate();
        bands.for_each(|(band, (pixels, rows))| {
            let mut lines = Lines::default();
            for (i, (row, touched)) in pixels.chunks_exact_mut(width).zip(rows).enumerate() {
                if touched[0] < touched[1] {
                    let y = (band * BAND + i) as u32;
                    self.row(&mut row[touching.clone()], y, &mut lines);
                }
            }
        });
    }

    fn row(&self, bytes: &mut [u8], y: u32, lines: &mut Lines<N>) {
        let Sampler { voxels, plan, .. } = self.sampler;
        let across = |axis: usize| self.sampler.taps(axis, coordinate(plan, axis, 0, y));
        // Along columns the two lines are two source rows; along rows there is one line a slice, blended over columns already.
        let (Some(slice), Some(row)) = (across(2), across(if self.along == 0 { 1 } else { 0 })) else { return };
        let (first, second, weight) = if self.along == 0 { (row.first, row.second, row.weight) } else { (0, 0, 0) };
        let keys = [[first, slice.first], [second, slice.first], [first, slice.second], [second, slice.second]];
        let needed = [true, weight != 0, slice.weight != 0, weight != 0 && slice.weight != 0];
        for (key, needed) in keys.iter().zip(needed) {
            if needed {
                lines.have(*key, |line| self.line(*key, row, line));
            }
        }
        // The weights are the same for all of a row, and so for all channels.
        let line = |i: usize| lines.get(keys[i]).as_flattened();
        let look = |v: u32| voxels.shown(v);
        match (weight, slice.weight) {
            (0, 0) => bytes.iter_mut().zip(line(0)).for_each(|(p, a)| *p = look(*a)),
            (w, 0) => bytes.iter_mut().zip(line(0).iter().zip(line(1))).for_each(|(p, (a, b))| *p = look(blend(*a, *b, w))),
            (0, v) => bytes.iter_mut().zip(line(0).iter().zip(line(2))).for_each(|(p, (a, c))| *p = look(blend(*a, *c, v))),
            (w, v) => {
                let near = line(0).iter().zip(line(1));
                let far = line(2).iter().zip(line(3));
                let both = near.zip(far);
                bytes.iter_mut().zip(both).for_each(|(p, ((a, b), (c, d)))| *p = look(blend(blend(*a, *b, w), blend(*c, *d, w), v)));
            }
        }
    }

    /// Blended values along one source line. Along columns `key` is [row, slice]; along rows [0, slice], and `across` the columns to blend first.
    fn line(&self, key: [u32; 2], across: Taps, line: &mut Vec<[u32; N]>) {
        let Sampler { voxels, stride, .. } = self.sampler;
        let read = |at: usize| voxels.values(voxels.stored(at));
        let slice = key[1] as usize * stride[2];
        line.clear();
        if self.along == 0 {
            let start = slice + key[0] as usize * stride[1];
            line.extend(self.taps.iter().map(|t| blend_each(read(start + t.first as usize), read(start + t.second as usize), t.weight)));
        } else {
            let (near, far) = (slice + across.first as usize, slice + across.second as usize);
            let column = |row: u32| {
                let at = row as usize * stride[1];
                if across.weight == 0 { read(near + at) } else { blend_each(read(near + at), read(far + at), across.weight) }
            };
            line.extend(self.taps.iter().map(|t| blend_each(column(t.first), column(t.second), t.weight)));
        }
    }
}

impl<const N: usize> Lines<N> {
    /// Makes a line unless it is kept. The one that was not used for longest gives way.
    fn have(&mut self, key: [u32; 2], make: impl FnOnce(&mut Vec<[u32; N]>)) {
        self.clock += 1;
        if let Some(line) = self.kept.iter_mut().find(|l| l.key == key) {
            line.used = self.clock;
            return;
        }
        if self.kept.len() < KEPT {
            self.kept.push(Line { key, used: 0, values: Vec::new() });
        } else {
            self.kept.sort_by_key(|l| std::cmp::Reverse(l.used));
        }
        if let Some(line) = self.kept.last_mut() {
            (line.key, line.used) = (key, self.clock);
            make(&mut line.values);
        }
    }

    /// A line that [`Self::have`] was asked for in this row.
    fn get(&self, key: [u32; 2]) -> &[[u32; N]] {
        self.kept.iter().find(|l| l.key == key).map_or(&[], |l| &l.values)
    }
}

/// Q15.16 coordinate of a pixel on one axis.
fn coordinate(plan: &SamplePlan, axis: usize, x: u32, y: u32) -> i32 {
    let c = plan.origin[axis].wrapping_add(plan.du[axis].wrapping_mul(i64::from(x))).wrapping_add(plan.dv[axis].wrapping_mul(i64::from(y)));
    (c >> 16) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept is not made again, and of eight lines the one that was not used for longest gives way to a ninth.
    #[test]
    fn the_line_that_was_not_used_for_longest_gives_way() {
        let mut lines = Lines::<1>::default();
        let mut is_made = |key: u32| {
            let mut made = false;
            lines.have([key, 7], |values| {
                *values = vec![[key]];
                made = true;
            });
            assert_eq!(lines.get([key, 7]), [[key]]);
            assert!(lines.kept.len() <= KEPT);
            made
        };
        assert!((0..8).all(&mut is_made), "eight lines are new");
        assert!(!is_made(0) && !is_made(2), "and kept");
        assert!(is_made(8), "a ninth");
        assert!(!is_made(0) && !is_made(2) && !is_made(8));
        assert!(is_made(1), "the second gave way to it");
        assert!(!is_made(4) && is_made(3), "and the fourth to the second");
    }
}
