//! Connected components of one grey level, and what each looks like from near: stroke, edge, evenness, holes.
//!
//! Owns: the cut at a level, runs of pixels joined along rows (8-neighbours), and measuring. Refuses: components that no letter and no run of letters can be, or
//! that stand alone: most of what is in an image is seen to be no letter before anybody has looked around it.

use super::lines::{SHARP, in_lines};

/// An image of 8 bits, rows from the top; as many values as its size says.
pub(super) struct Grey<'a> {
    pub(super) size: [u32; 2],
    pub(super) values: &'a [u8],
}

/// Whether letters are brighter or darker than what is around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Bright,
    Dark,
}

/// A component that may be a letter, or letters that touch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Component {
    /// First column and row.
    pub(super) at: [u32; 2],
    /// Columns and rows.
    pub(super) size: [u32; 2],
    /// Pixels.
    pub(super) area: u32,
    /// Width of its stroke, pixels: twice the area by the length of the edge.
    pub(super) stroke: f32,
    /// Grey of its ink: the mean of the half of its pixels that stand out most.
    pub(super) grey: f32,
    /// How far the ink stands out from what is two pixels away.
    pub(super) contrast: f32,
    /// Mean step across the edge, as a part of the contrast: 1 is as sharp as can be.
    pub(super) sharp: f32,
    /// Deviation of the ink's grey, as a part of the contrast.
    pub(super) uneven: f32,
    /// Deviation of the grey around it, as a part of the contrast.
    pub(super) around: f32,
    /// Enclosed places, as in 0 and A.
    pub(super) holes: u32,
    /// Mean number of times that a row crosses the ink, and a column.
    pub(super) crossings: [f32; 2],
}

#[derive(Clone, Copy)]
struct Run {
    row: u32,
    /// First column and the one behind the last.
    from: u32,
    to: u32,
}

/// Runs that an image is given up with: noise, not letters.
const MOST_RUNS: usize = 4 << 20;
/// With more that may be letters than this, and than one for each 500 pixels, a level shows noise.
const MOST_LETTERS: usize = 2000;
/// Width of what may be touching letters, in heights.
const WIDEST: u32 = 14;

/// Where an image is cut into components, again and again: what is built for one level is built over for the next.
#[derive(Default)]
pub(super) struct Cut {
    /// Which pixels reach the level: a row begins with a word of its own.
    bits: Vec<u64>,
    runs: Vec<Run>,
    /// For each run an earlier one that it belongs to, or itself.
    parents: Vec<u32>,
    bounds: Vec<Bounds>,
    /// The runs of what may be letters, one component after the other.
    members: Vec<Run>,
}

/// What is known of a component by its runs' ends alone.
#[derive(Clone, Copy)]
struct Bounds {
    /// First column, first row, the ones behind the last.
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
    area: u32,
    runs: u32,
    /// Where its next run stands among the members'; `NOWHERE` for what cannot be a letter.
    place: u32,
}

const NOWHERE: u32 = u32::MAX;

impl Cut {
    /// Looks which pixels of an image reach a level.
    pub(super) fn at(&mut self, image: &Grey<'_>, level: u8) {
        self.bits.clear();
        image.values.chunks_exact(image.size[0] as usize).for_each(|line| reaching_bits(line, level, &mut self.bits));
    }

    /// All components of the level last looked at whose height, or for turned text whose width, is that of letters, and that have neighbours that a line could be made of.
    pub(super) fn find(&mut self, image: &Grey<'_>, ink: Ink, level: u8, height: [u32; 2]) -> Vec<Component> {
        self.cut(image.size, ink);
        self.bound();
        let may_be = |b: &Bounds| {
            let (w, h) = (b.right - b.left, b.bottom - b.top);
            let (short, long) = (w.min(h), w.max(h));
            let fits = (height[0]..=height[1]).contains(&h) || (height[0]..=height[1]).contains(&w);
            // An upright stroke such as I may be one pixel wide; nothing is one pixel of area.
            fits && long <= short.max(height[0]) * WIDEST && long <= height[1] * WIDEST && b.area >= 5 && b.area * 12 >= long
        };
        // In the order of their first runs.
        let mut letters: Vec<(usize, usize)> = Vec::new();
        let mut members = 0;
        for (i, b) in self.bounds.iter_mut().enumerate() {
            if self.parents[i] as usize == i && may_be(b) {
                b.place = members;
                letters.push((members as usize, (members + b.runs) as usize));
                members += b.runs;
            }
        }
        // A page of close print has a letter for each 800 pixels.
        let most = (image.values.len() / 500).max(MOST_LETTERS);
        if letters.len() > most {
            return Vec::new();
        }
        self.members.clear();
        self.members.resize(members as usize, Run { row: 0, from: 0, to: 0 });
        for (run, parent) in self.runs.iter().zip(&self.parents) {
            let place = &mut self.bounds[*parent as usize].place;
            if *place != NOWHERE {
                self.members[*place as usize] = *run;
                *place += 1;
            }
        }
        let outlines = letters.iter().filter_map(|(from, to)| {
            let runs = &self.members[*from..*to];
            Some((outline(image, ink, level, runs)?, runs))
        });
        let (outlines, runs): (Vec<Outline>, Vec<&[Run]>) = outlines.unzip();
        let stand = in_lines(&outlines);
        let measured = outlines.iter().zip(runs).zip(stand).filter(|(_, stands)| *stands);
        measured.filter_map(|((outline, runs), _)| measure(image, ink, outline, runs)).collect()
    }

    /// The runs of ink, row by row, and for each the first one of its component. None at all for noise.
    fn cut(&mut self, [columns, _]: [u32; 2], ink: Ink) {
        let Self { bits, runs, parents, .. } = self;
        runs.clear();
        parents.clear();
        let mut above = 0..0;
        let flip = if ink == Ink::Bright { 0 } else { u64::MAX };
        for (row, bits) in (0_u32..).zip(bits.chunks_exact(columns.div_ceil(64) as usize)) {
            let begin = runs.len();
            let mut at = 0;
            while let Some(from) = next_bit(bits, at, columns, flip) {
                let to = next_bit(bits, from, columns, !flip).unwrap_or(columns);
                parents.push(runs.len() as u32);
                runs.push(Run { row, from, to });
                at = to;
            }
            if runs.len() > MOST_RUNS {
                runs.clear();
                parents.clear();
                return;
            }
            let mut upper = above.start;
            for here in begin..runs.len() {
                let run = runs[here];
                while upper < above.end && runs[upper].to < run.from {
                    upper += 1;
                }
                let mut other = upper;
                while other < above.end && runs[other].from <= run.to {
                    let (a, b) = (root(parents, other), root(parents, here));
                    parents[a.max(b)] = a.min(b) as u32;
                    other += 1;
                }
            }
            above = begin..runs.len();
        }
        // A parent stands before its children, so that its own is known already.
        for i in 0..parents.len() {
            parents[i] = parents[parents[i] as usize];
        }
    }

    /// How far each component goes, at the place of its first run.
    fn bound(&mut self) {
        self.bounds.clear();
        for (i, (run, parent)) in self.runs.iter().zip(&self.parents).enumerate() {
            let own = Bounds {
                left: run.from,
                top: run.row,
                right: run.to,
                bottom: run.row + 1,
                area: run.to - run.from,
                runs: 1,
                place: NOWHERE,
            };
            self.bounds.push(own);
            if *parent as usize != i {
                let b = &mut self.bounds[*parent as usize];
                (b.left, b.right, b.bottom) = (b.left.min(run.from), b.right.max(run.to), run.row + 1);
                b.area += own.area;
                b.runs += 1;
            }
        }
    }
}

/// How many pixels of a rectangle are ink at a level.
pub(super) fn inked(image: &Grey<'_>, ink: Ink, level: u8, [x, y, w, h]: [u32; 4]) -> u32 {
    let columns = image.size[0] as usize;
    let [right, bottom] = [(x + w).min(image.size[0]), (y + h).min(image.size[1])];
    let mut count = 0;
    for row in y..bottom {
        let line = &image.values[row as usize * columns..][..columns];
        count += line[x.min(right) as usize..right as usize].iter().filter(|v| (**v >= level) == (ink == Ink::Bright)).count() as u32;
    }
    count
}

/// A bit for each pixel of a line, 64 in a word from the lowest on: whether it reaches the level.
fn reaching_bits(line: &[u8], level: u8, bits: &mut Vec<u64>) {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let wanted = u64::from_le_bytes([level; 8]);
    let eight = |bytes: &[u8; 8]| {
        let values = u64::from_le_bytes(*bytes);
        // Eight comparisons at once (Lamport 1975): the lower seven bits of each byte by a difference that borrows from none, then the highest ones.
        let lower = (values | HIGH) - (wanted & !HIGH);
        let reached = ((values & !wanted) | (!(values ^ wanted) & lower)) & HIGH;
        // The eight high bits, side by side.
        (reached >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    };
    let (words, rest) = line.as_chunks::<64>();
    bits.extend(words.iter().map(|pixels| pixels.as_chunks::<8>().0.iter().rev().fold(0, |word, bytes| word << 8 | eight(bytes))));
    if !rest.is_empty() {
        let mut pixels = [0; 64];
        pixels[..rest.len()].copy_from_slice(rest);
        // What is behind the line's end is not looked at.
        bits.push(pixels.as_chunks::<8>().0.iter().rev().fold(0, |word, bytes| word << 8 | eight(bytes)));
    }
}

/// The first pixel from `at` on whose bit is set once it is turned by that of `flip`; `None` where the line ends before.
fn next_bit(bits: &[u64], at: u32, columns: u32, flip: u64) -> Option<u32> {
    let mut word = (at / 64) as usize;
    let mut left = (*bits.get(word)? ^ flip) & (u64::MAX << (at % 64));
    while left == 0 {
        word += 1;
        left = *bits.get(word)? ^ flip;
    }
    Some(word as u32 * 64 + left.trailing_zeros()).filter(|found| *found < columns)
}

fn root(parents: &mut [u32], mut of: usize) -> usize {
    while parents[of] as usize != of {
        parents[of] = parents[parents[of] as usize];
        of = parents[of] as usize;
    }
    of
}

/// What of a component its runs tell: all but what is around it. Every field is what it is of a [`Component`].
pub(super) struct Outline {
    pub(super) at: [u32; 2],
    pub(super) size: [u32; 2],
    pub(super) area: u32,
    pub(super) stroke: f32,
    /// Mean step across the edge, in levels of grey.
    pub(super) step: f32,
    pub(super) crossings: [f32; 2],
}

/// Follows the edge. `None` where the whole edge is that of the image, or too soft for any contrast that counts.
fn outline(image: &Grey<'_>, ink: Ink, level: u8, runs: &[Run]) -> Option<Outline> {
    let columns = image.size[0] as usize;
    let left = runs.iter().map(|r| r.from).min()?;
    let right = runs.iter().map(|r| r.to).max()?;
    let (top, bottom) = (runs.first()?.row, runs.last()?.row + 1);
    let [w, h] = [right - left, bottom - top];
    let is_ink = |v: u8| (v >= level) == (ink == Ink::Bright);
    let (mut area, mut edges, mut step, mut steps) = (0_u32, [0_u32; 2], 0_u64, 0_u32);
    for run in runs {
        let start = run.row as usize * columns;
        let [from, to] = [start + run.from as usize, start + run.to as usize];
        let own = image.values.get(from..to)?;
        area += run.to - run.from;
        // A run ends where the ink does, or the image.
        let mut beside = |inner: u8, outer: u8| {
            step += u64::from(inner.abs_diff(outer));
            steps += 1;
        };
        if run.from > 0 {
            beside(own[0], image.values[from - 1]);
        }
        if run.to < image.size[0] {
            beside(own[own.len() - 1], image.values[to]);
        }
        // What is ink above or below a pixel of the component is of it.
        let rows = [from.checked_sub(columns), Some(from + columns).filter(|at| *at < image.values.len())];
        for (row, edges) in rows.into_iter().zip(&mut edges) {
            let Some(next) = row.and_then(|at| image.values.get(at..at + own.len())) else {
                *edges += run.to - run.from;
                continue;
            };
            let (mut count, mut sum) = (0_u32, 0_u32);
            for (inner, outer) in own.iter().zip(next) {
                let is_edge = u32::from(!is_ink(*outer));
                count += is_edge;
                sum += is_edge * u32::from(inner.abs_diff(*outer));
            }
            *edges += count;
            steps += count;
            step += u64::from(sum);
        }
    }
    let edge = 2 * runs.len() as u32 + edges[0] + edges[1];
    if steps == 0 || step as f32 / steps as f32 / LEAST_CONTRAST < SHARP {
        return None;
    }
    Some(Outline {
        at: [left, top],
        size: [w, h],
        area,
        stroke: 2.0 * area as f32 / edge as f32,
        step: step as f32 / steps as f32,
        // A row enters ink where a run begins, a column where there is none above.
        crossings: [runs.len() as f32 / h as f32, edges[0] as f32 / w as f32],
    })
}

/// Ink stands out from what is around it by this much, or is none.
const LEAST_CONTRAST: f32 = 16.0;
/// The sides of a component's mask are so far from it.
const RIM: u32 = 3;

/// What a component looks like; `None` when it stands out from nothing.
fn measure(image: &Grey<'_>, ink: Ink, outline: &Outline, runs: &[Run]) -> Option<Component> {
    let &Outline { at: [left, top], size: [w, h], area, stroke, step, crossings } = outline;
    let columns = image.size[0] as usize;
    // A mask with three pixels around: 1 is ink.
    let [mw, mh] = [(w + 2 * RIM) as usize, (h + 2 * RIM) as usize];
    let mut mask = vec![0_u8; mw * mh];
    let mut inks: Vec<u8> = Vec::with_capacity(area as usize);
    for run in runs {
        let length = (run.to - run.from) as usize;
        let start = (run.row - top + RIM) as usize * mw + (run.from - left + RIM) as usize;
        mask[start..start + length].fill(1);
        inks.extend_from_slice(&image.values[run.row as usize * columns + run.from as usize..][..length]);
    }
    // Rings one and two pixels away (the numbers 2 and 3 in the mask).
    let mut near = vec![false; mw];
    for ring in [2_u8, 3] {
        for y in 1..mh - 1 {
            let (above, rest) = mask.split_at_mut(y * mw);
            let (here, below) = rest.split_at_mut(mw);
            let rows = above[(y - 1) * mw..].iter().zip(&*here).zip(&below[..mw]);
            for (near, ((a, b), c)) in near.iter_mut().zip(rows) {
                *near = *a == ring - 1 || *b == ring - 1 || *c == ring - 1;
            }
            for (value, near) in here[1..].iter_mut().zip(near.windows(3)) {
                *value = if *value == 0 && (near[0] | near[1] | near[2]) { ring } else { *value };
            }
        }
    }
    let mut around: Vec<f32> = Vec::new();
    for (row, y) in mask.chunks_exact(mw).zip(i64::from(top) - i64::from(RIM)..) {
        if !(0..i64::from(image.size[1])).contains(&y) {
            continue;
        }
        let line = &image.values[y as usize * columns..][..columns];
        // Where the image begins in the mask, and the mask in the image.
        let (skipped, first) = (RIM.saturating_sub(left) as usize, left.saturating_sub(RIM) as usize);
        let seen = row[skipped..].iter().zip(&line[first..]);
        around.extend(seen.filter(|(m, _)| **m == 3).map(|(_, v)| f32::from(*v)));
    }
    let (beyond, around) = mean_and_deviation(&around)?;
    inks.sort_unstable();
    let half = inks.len().div_ceil(2);
    let strong: Vec<f32> = match ink {
        Ink::Bright => inks[inks.len() - half..].iter().map(|v| f32::from(*v)).collect(),
        Ink::Dark => inks[..half].iter().map(|v| f32::from(*v)).collect(),
    };
    let (grey, uneven) = mean_and_deviation(&strong)?;
    let contrast = if ink == Ink::Bright { grey - beyond } else { beyond - grey };
    if contrast < LEAST_CONTRAST {
        return None;
    }
    let holes = if encloses(runs) { holes(&mask, [mw, mh]) } else { 0 };
    Some(Component {
        at: [left, top],
        size: [w, h],
        area,
        stroke,
        grey,
        contrast,
        sharp: step / contrast,
        uneven: uneven / contrast,
        around: around / contrast,
        holes,
        crossings,
    })
}

fn mean_and_deviation(values: &[f32]) -> Option<(f32, f32)> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f32;
    let mean = values.iter().sum::<f32>() / n;
    let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / n;
    Some((mean, square.sqrt()))
}

/// Whether the ink encloses anything: the runs of one component of 8-neighbours are joined by as many touches as there are runs, but for one, unless a way
/// along them leads back to where it began.
fn encloses(runs: &[Run]) -> bool {
    let (mut touches, mut above) = (0, 0);
    for run in runs {
        // Runs stand row by row, from the left.
        while runs[above].row + 1 < run.row || runs[above].row + 1 == run.row && runs[above].to < run.from {
            above += 1;
        }
        let upper = runs[above..].iter().take_while(|u| u.row + 1 == run.row && u.from <= run.to);
        touches += upper.count();
    }
    touches >= runs.len()
}

/// Places of the mask that are enclosed by ink (4-neighbours), of at least two pixels or more for larger letters.
fn holes(mask: &[u8], [mw, mh]: [usize; 2]) -> u32 {
    let mut seen: Vec<bool> = mask.iter().map(|m| *m == 1).collect();
    let mut stack = Vec::new();
    let mut fill = |start: usize, seen: &mut Vec<bool>| {
        let mut count = 0;
        seen[start] = true;
        stack.push(start);
        while let Some(i) = stack.pop() {
            count += 1;
            let (x, y) = (i % mw, i / mw);
            let next = [(x > 0).then(|| i - 1), (x + 1 < mw).then(|| i + 1), (y > 0).then(|| i - mw), (y + 1 < mh).then(|| i + mw)];
            for n in next.into_iter().flatten() {
                if !seen[n] {
                    seen[n] = true;
                    stack.push(n);
                }
            }
        }
        count
    };
    fill(0, &mut seen);
    let least = (mh / 8).max(2);
    let mut holes = 0;
    for i in 0..mask.len() {
        if !seen[i] && fill(i, &mut seen) >= least {
            holes += 1;
        }
    }
    holes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(n: usize, seed: u64) -> Vec<u8> {
        let mut state = seed | 1;
        let next = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        (0..n).map(next).collect()
    }

    #[test]
    fn bits_are_what_a_comparison_says() {
        for (columns, seed) in [(1, 3), (7, 5), (63, 7), (64, 9), (65, 11), (200, 13)] {
            let line = random(columns, seed);
            for level in [0, 1, 14, 127, 128, 129, 204, 255] {
                for ink in [Ink::Bright, Ink::Dark] {
                    let image = Grey { size: [columns as u32, 1], values: &line };
                    let mut cut = Cut::default();
                    cut.at(&image, level);
                    cut.cut(image.size, ink);
                    for (x, v) in (0..).zip(&line) {
                        let is_ink = cut.runs.iter().any(|r| (r.from..r.to).contains(&x));
                        assert_eq!(is_ink, (*v >= level) == (ink == Ink::Bright), "{v} at {level}");
                    }
                }
            }
        }
    }

    /// Against filling every place that the outside does not reach.
    #[test]
    fn what_encloses_something_is_told_by_its_runs() {
        let (mut with, mut without) = (0, 0);
        for seed in 0..400 {
            let (mw, mh) = (13, 12);
            let noise = random(mw * mh, seed * 77 + 5);
            // One component: what is joined to the middle, inside of a rim.
            let is_inside = |i: usize| (3..mw - 3).contains(&(i % mw)) && (3..mh - 3).contains(&(i / mw));
            let ink = |i: usize| is_inside(i) && noise[i] < 150;
            let mut mask = vec![0_u8; mw * mh];
            let Some(first) = (0..mask.len()).find(|i| ink(*i)) else { continue };
            let mut stack = vec![first];
            while let Some(i) = stack.pop() {
                if mask[i] == 0 && ink(i) {
                    mask[i] = 1;
                    stack.extend([i - mw - 1, i - mw, i - mw + 1, i - 1, i + 1, i + mw - 1, i + mw, i + mw + 1]);
                }
            }
            let mut outside = vec![false; mask.len()];
            let mut stack = vec![0];
            while let Some(i) = stack.pop() {
                if !outside[i] && mask[i] == 0 {
                    outside[i] = true;
                    let (x, y) = (i % mw, i / mw);
                    stack.extend(
                        [(x > 0).then(|| i - 1), (x + 1 < mw).then(|| i + 1), (y > 0).then(|| i - mw), (y + 1 < mh).then(|| i + mw)]
                            .into_iter()
                            .flatten(),
                    );
                }
            }
            let has_hole = (0..mask.len()).any(|i| mask[i] == 0 && !outside[i]);
            let image = Grey { size: [mw as u32, mh as u32], values: &mask };
            let mut cut = Cut::default();
            cut.at(&image, 1);
            cut.cut(image.size, Ink::Bright);
            assert_eq!(encloses(&cut.runs), has_hole, "{mask:?}");
            if has_hole { with += 1 } else { without += 1 }
        }
        assert!(with > 30 && without > 30, "{with} {without}");
    }
}
