//! Components in a row as lines of text: alike in height, stroke and grey, standing on one line, close together.
//!
//! Owns: which component is the next of which, along rows and along columns, and what a line's members have in common. Refuses: lines of fewer than three
//! letters.

use super::components::{Component, Outline};

/// A line of letters, along the row or, when turned, along the column.
pub(super) struct Line {
    rect: [u32; 4],
    /// Pixels of its members.
    area: u32,
    pub(super) features: Features,
}

/// What the members of a line have in common. Lengths are in heights of the line's tallest letters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Features {
    /// How many letters stand in it: touching ones are counted by their width.
    pub(super) letters: f32,
    pub(super) height: f32,
    pub(super) sharp: f32,
    pub(super) uneven: f32,
    pub(super) around: f32,
    pub(super) contrast: f32,
    /// Deviation of the members' grey, as a part of the contrast.
    pub(super) grey_spread: f32,
    /// Width of the stroke, and how far it differs from member to member.
    pub(super) stroke: f32,
    pub(super) stroke_spread: f32,
    /// Share of members that stand on the line, and that are as tall as the tallest or as tall as small letters.
    pub(super) on_base: f32,
    /// Share of the members with a form: a hole, or strokes that cross a row or column more than once.
    pub(super) formed: f32,
    /// Share of members that look like another member: ticks of a scale all do.
    pub(super) alike: f32,
    /// How many different looks its members have.
    pub(super) looks: f32,
    /// Part of the members' boxes that is ink.
    pub(super) filled: f32,
    /// Deviation of the space between neighbours.
    pub(super) gap_spread: f32,
    /// Part of the ink in and close around the line that belongs to none of its members: noise has much of it.
    pub(super) clutter: f32,
}

impl Line {
    /// Column, row, columns, rows.
    pub(super) const fn rect(&self) -> [u32; 4] {
        self.rect
    }
    /// Takes notice of how much ink there is in a rectangle, of which `inked` says the pixels: the line's own, a third of its height larger on all sides.
    fn compare(&mut self, inked: &dyn Fn([u32; 4]) -> u32) {
        let [x, y, w, h] = self.rect;
        let rim = (w.min(h) / 3).max(2);
        let [left, top] = [x.saturating_sub(rim), y.saturating_sub(rim)];
        let around = [left, top, x + w + rim - left, y + h + rim - top];
        let ink = inked(around).max(self.area).max(1);
        self.features.clutter = (ink - self.area) as f32 / ink as f32;
    }
}

/// Letters of a line at least.
const LETTERS: f32 = 3.0;

/// Shows each line of at least three letters to `see`, upright and turned. `inked` counts the pixels of ink in a rectangle.
pub(super) fn group(found: &[Component], inked: &dyn Fn([u32; 4]) -> u32, see: &mut dyn FnMut(&Line)) {
    for turned in [false, true] {
        let mut members: Vec<Component> = found.iter().map(|c| if turned { turn(c) } else { *c }).filter(may_be_letter).collect();
        members.sort_by_key(|c| (c.at, c.size));
        for chain in chains(&members, |c| (c.at, c.size), follow) {
            if let Some(mut line) = line(&chain) {
                if turned {
                    let [x, y, w, h] = line.rect;
                    line.rect = [y, x, h, w];
                }
                line.compare(inked);
                see(&line);
            }
        }
    }
}

fn turn(c: &Component) -> Component {
    Component { at: [c.at[1], c.at[0]], size: [c.size[1], c.size[0]], crossings: [c.crossings[1], c.crossings[0]], ..*c }
}

/// Pixels of the tallest letter.
const TALLEST: u16 = 72;

/// The edge of a letter is a step of this part of its contrast at least.
pub(super) const SHARP: f32 = 0.3;

/// Whether a letter, or letters that touch, can have this size, area and stroke, and rows that cross the ink so often.
pub(super) fn may_have_letters_shape(size: [u32; 2], area: u32, stroke: f32, crossings: f32) -> bool {
    let [w, h] = size.map(|v| v as f32);
    let letters = letters(size);
    let stroke = stroke / h;
    let fill = area as f32 / (w * h);
    // A letter is thin; an I or 1 is nothing but its stroke.
    let is_stroke = w <= 0.45 * h;
    (5.0..=f32::from(TALLEST)).contains(&h)
        && (stroke <= 0.34 || is_stroke)
        && (fill <= 0.85 || is_stroke)
        // Letters that touch cross their rows often.
        && (letters < 2.0 || (w <= 14.0 * h && crossings >= 0.9 * letters))
}

fn may_be_letter(c: &Component) -> bool {
    may_have_letters_shape(c.size, c.area, c.stroke, c.crossings[0]) && c.sharp >= SHARP
}

/// How many letters a component is.
fn letters(size: [u32; 2]) -> f32 {
    let [w, h] = size.map(|v| v as f32);
    if w <= 1.45 * h { 1.0 } else { (w / (0.85 * h)).round().max(2.0) }
}

/// Of each of some components whether it can stand in a line of at least three letters, by shape and place alone: upright or turned. What follows another by
/// all that is known of it in the end follows it by these too.
pub(super) fn in_lines(outlines: &[Outline]) -> Vec<bool> {
    let mut stand = vec![false; outlines.len()];
    for turned in [false, true] {
        let turn = |of: [u32; 2]| if turned { [of[1], of[0]] } else { of };
        let shape = |(index, o): (usize, &Outline)| {
            let crossings = o.crossings[usize::from(turned)];
            let shape = Shape { at: turn(o.at), size: turn(o.size), stroke: o.stroke, index };
            may_have_letters_shape(shape.size, o.area, o.stroke, crossings).then_some(shape)
        };
        let mut members: Vec<Shape> = outlines.iter().enumerate().filter_map(shape).collect();
        members.sort_unstable_by_key(|s| (s.at, s.size, s.index));
        for chain in chains(&members, |s| (s.at, s.size), Shape::may_lead_to) {
            if chain.iter().map(|s| letters(s.size)).sum::<f32>() >= LETTERS {
                chain.iter().for_each(|s| stand[s.index] = true);
            }
        }
    }
    stand
}

/// Where a component stands, how large it is and how wide its stroke, turned as its line is.
#[derive(Clone, Copy)]
struct Shape {
    at: [u32; 2],
    size: [u32; 2],
    stroke: f32,
    /// Its place among the outlines.
    index: usize,
}

impl Shape {
    /// Whether the next letter may be that one, which begins no further left.
    fn may_lead_to(&self, b: &Self) -> bool {
        let [ah, bh] = [self.size[1] as f32, b.size[1] as f32];
        let (low, high) = (ah.min(bh), ah.max(bh));
        let gap = b.at[0] as f32 - (self.at[0] + self.size[0]) as f32;
        let [a_base, b_base] = [self, b].map(|c| (c.at[1] + c.size[1]) as f32);
        let overlap = a_base.min(b_base) - self.at[1].max(b.at[1]) as f32;
        let (thin, thick) = (self.stroke.min(b.stroke), self.stroke.max(b.stroke));
        overlap >= 0.6 * low
            && high <= 2.0 * low.max(1.0)
            && gap <= 1.0 * high + 1.0
            && gap >= -0.3 * low
            // Letters stand on one line, or hang from it by a third.
            && (a_base - b_base).abs() <= 0.34 * high + 1.0
            && thick <= 2.0 * thin + 0.5
    }
}

/// Members that follow each other, of which none is taller than [`TALLEST`]. `place` says where one stands and how large it is; they are sorted by that. Who follows another has
/// rows in common with it.
fn chains<T: Copy>(members: &[T], place: impl Fn(&T) -> ([u32; 2], [u32; 2]), follow: impl Fn(&T, &T) -> bool) -> Vec<Vec<T>> {
    let mut parents: Vec<usize> = (0..members.len()).collect();
    fn root(parents: &mut [usize], mut of: usize) -> usize {
        while parents[of] != of {
            parents[of] = parents[parents[of]];
            of = parents[of];
        }
        of
    }
    // Members by the band in which they begin: in an image of many rows and few columns all stand within reach of each other, and few in the same rows.
    let band = |of: &T| (place(of).0[1] / u32::from(TALLEST)) as usize;
    let mut bands: Vec<Vec<usize>> = vec![Vec::new(); members.iter().map(band).max().map_or(0, |last| last + 1)];
    for (i, member) in members.iter().enumerate() {
        bands[band(member)].push(i);
    }
    for (i, a) in members.iter().enumerate() {
        let (at, size) = place(a);
        // No letter is followed from further away: one of twice its height by that height.
        let reach = at[0] + size[0] + 2 * size[1] + 1;
        let near = band(a).saturating_sub(1)..(band(a) + 2).min(bands.len());
        for of_band in &bands[near] {
            for &j in &of_band[of_band.partition_point(|j| *j <= i)..] {
                let b = &members[j];
                if place(b).0[0] > reach {
                    break;
                }
                if follow(a, b) {
                    let (p, q) = (root(&mut parents, i), root(&mut parents, j));
                    parents[p.max(q)] = p.min(q);
                }
            }
        }
    }
    let mut places = vec![usize::MAX; members.len()];
    let mut chains: Vec<Vec<T>> = Vec::new();
    for (i, member) in members.iter().enumerate() {
        let r = root(&mut parents, i);
        if places[r] == usize::MAX {
            places[r] = chains.len();
            chains.push(Vec::new());
        }
        chains[places[r]].push(*member);
    }
    chains
}

/// Whether `b` may be the next letter after `a`, which begins no later.
fn follow(a: &Component, b: &Component) -> bool {
    let shape = |c: &Component| Shape { at: c.at, size: c.size, stroke: c.stroke, index: 0 };
    shape(a).may_lead_to(&shape(b)) && (a.grey - b.grey).abs() <= 0.3 * a.contrast.max(b.contrast)
}

/// What the members of a chain have in common; `None` for fewer than three letters.
fn line(members: &[Component]) -> Option<Line> {
    let count: f32 = members.iter().map(|c| letters(c.size)).sum();
    if count < LETTERS {
        return None;
    }
    let n = members.len() as f32;
    let of = |f: &dyn Fn(&Component) -> f32| -> (f32, f32) {
        let mean = members.iter().map(f).sum::<f32>() / n;
        (mean, (members.iter().map(|c| (f(c) - mean) * (f(c) - mean)).sum::<f32>() / n).sqrt())
    };
    let mut heights: Vec<f32> = members.iter().map(|c| c.size[1] as f32).collect();
    heights.sort_by(f32::total_cmp);
    let height = heights.get((heights.len() * 4 / 5).min(heights.len() - 1)).copied()?;
    let mut bases: Vec<f32> = members.iter().map(|c| (c.at[1] + c.size[1]) as f32).collect();
    bases.sort_by(f32::total_cmp);
    let base = bases.get(bases.len() / 2).copied()?;
    let near = (0.08 * height).max(1.0);
    let stands = |c: &Component| ((c.at[1] + c.size[1]) as f32 - base).abs() <= near;
    let contrast = of(&|c| c.contrast).0;
    let gaps: Vec<f32> = members.iter().zip(members.iter().skip(1)).map(|(a, b)| b.at[0] as f32 - (a.at[0] + a.size[0]) as f32).collect();
    let gap = gaps.iter().sum::<f32>() / (gaps.len() as f32).max(1.0);
    let gap_spread = (gaps.iter().map(|g| (g - gap) * (g - gap)).sum::<f32>() / (gaps.len() as f32).max(1.0)).sqrt();
    let share = |f: &dyn Fn(&Component) -> bool| members.iter().filter(|c| f(c)).count() as f32 / n;
    let is_formed = |c: &Component| c.holes > 0 || c.crossings[0] >= 1.3 || c.crossings[1] >= 1.3;
    let looks_like = |a: &Component, b: &Component| {
        a.size[0].abs_diff(b.size[0]) <= 1
            && a.size[1].abs_diff(b.size[1]) <= 1
            && a.area.abs_diff(b.area) * 8 <= a.area.max(b.area)
            && a.holes == b.holes
    };
    let alike = members.iter().filter(|a| members.iter().filter(|b| looks_like(a, b)).count() * 2 > members.len()).count() as f32 / n;
    let looks = members.iter().enumerate().filter(|(i, a)| !members.iter().take(*i).any(|b| looks_like(a, b))).count() as f32;
    let (stroke, stroke_spread) = of(&|c| c.stroke);
    let left = members.iter().map(|c| c.at[0]).min()?;
    let top = members.iter().map(|c| c.at[1]).min()?;
    let right = members.iter().map(|c| c.at[0] + c.size[0]).max()?;
    let bottom = members.iter().map(|c| c.at[1] + c.size[1]).max()?;
    let features = Features {
        letters: count,
        height,
        sharp: of(&|c| c.sharp).0,
        uneven: of(&|c| c.uneven).0,
        around: of(&|c| c.around).0,
        contrast,
        grey_spread: of(&|c| c.grey).1 / contrast,
        stroke: stroke / height,
        stroke_spread: stroke_spread / stroke,
        on_base: share(&stands),
        formed: share(&is_formed),
        alike,
        looks,
        filled: of(&|c| c.area as f32 / (c.size[0] * c.size[1]) as f32).0,
        gap_spread: gap_spread / height,
        clutter: 0.0,
    };
    Some(Line { area: members.iter().map(|c| c.area).sum(), rect: [left, top, right - left, bottom - top], features })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::ops::Range;

    fn component() -> impl Strategy<Value = Component> {
        component_in([0..120, 0..40], [1..40, 4..20])
    }
    fn component_in(at: [Range<u32>; 2], size: [Range<u32>; 2]) -> impl Strategy<Value = Component> {
        let place = (at, size, 5..300_u32);
        (place, 1.0..5.0_f32, 0.0..255.0_f32, 16.0..200.0_f32, [0.9..3.0_f32, 0.9..3.0]).prop_map(
            |((at, size, area), stroke, grey, contrast, crossings)| {
                let area = area.min(size[0] * size[1]);
                Component { at, size, area, stroke, grey, contrast, sharp: 1.0, uneven: 0.0, around: 0.0, holes: 0, crossings }
            },
        )
    }

    proptest! {
        /// What is left unmeasured is in no line.
        #[test]
        fn what_stands_in_a_line_is_seen_to_by_its_outline(all in proptest::collection::vec(component(), 0..40)) {
            let outline = |c: &Component| Outline { at: c.at, size: c.size, area: c.area, stroke: c.stroke, step: 99.0, crossings: c.crossings };
            let stand = in_lines(&all.iter().map(outline).collect::<Vec<_>>());
            let some: Vec<Component> = all.iter().zip(&stand).filter(|(_, stands)| **stands).map(|(c, _)| *c).collect();
            let lines = |of: &[Component]| {
                let mut lines = Vec::new();
                group(of, &|_| 0, &mut |l| lines.push((l.rect, l.area, l.features)));
                lines
            };
            prop_assert_eq!(lines(&all), lines(&some));
        }

        /// Bands leave out no pair.
        #[test]
        fn chains_are_those_of_all_pairs(mut all in proptest::collection::vec(component_in([0..60, 0..500], [1..60, 5..73]), 0..80)) {
            all.sort_by_key(|c| (c.at, c.size));
            let mut least: Vec<usize> = (0..all.len()).collect();
            let mut before = Vec::new();
            while before != least {
                before.clone_from(&least);
                for i in 0..all.len() {
                    for j in (i + 1..all.len()).filter(|j| follow(&all[i], &all[*j])) {
                        let of_both = least[i].min(least[j]);
                        (least[i], least[j]) = (of_both, of_both);
                    }
                }
            }
            let mut chained = vec![usize::MAX; all.len()];
            let indices: Vec<usize> = (0..all.len()).collect();
            for chain in chains(&indices, |i| (all[*i].at, all[*i].size), |a, b| follow(&all[*a], &all[*b])) {
                chain.iter().for_each(|i| chained[*i] = chain[0]);
            }
            prop_assert_eq!(chained, least);
        }
    }
}
