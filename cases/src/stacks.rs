//! One series as the stacks that it holds: localizers apart, each orientation, echo, phase and frame of reference for itself.
//!
//! A scanner may put into one series whatever it likes (PS3.3 C.7.3.1 asks only for one equipment and one modality). Where several images lie at one
//! position, something that the standard makes for the purpose must tell them apart, and each set must be a stack without doubles: then each is one. Else they
//! stay together, and no volume is made of them. Refuses: guessing by number or by name.

use crate::distinctions::{Distinction, Distinctions};
use crate::geometry::{ImagePlane, PlaneReading, SAME_PLACE, is_one_orientation, is_one_plane_turned, read_stack};
use std::collections::BTreeMap;
use tiresias_words::GeometryVerdict;

/// More orientations than this are no stacks: a rotating view, or nonsense.
const ORIENTATIONS: usize = 64;
/// Scouts for planning come in up to three planes with an image each; more single images in as many planes are a rotating view.
const SCOUT_PLANES: usize = 3;

/// What is known of an image before it has a place in a stack.
pub(crate) struct Candidate<'a> {
    pub(crate) plane: &'a PlaneReading,
    pub(crate) distinctions: &'a Distinctions,
}

/// Images of a series that belong together, and why others do not: a sentence without a stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// Places in the list of candidates, in its order.
    pub(crate) images: Vec<usize>,
    pub(crate) why_apart: Option<String>,
}

/// Finds the stacks of one series. Every image is in exactly one part; parts are in order of what tells them apart.
pub(crate) fn split(images: &[Candidate<'_>]) -> Vec<Part> {
    let all = Part { images: (0..images.len()).collect(), why_apart: None };
    by_localizer(images, all).into_iter().flat_map(|part| by_orientation(images, part)).flat_map(|part| by_position(images, part)).collect()
}

impl Part {
    /// Part of a part, with both reasons.
    fn within(&self, images: Vec<usize>, why: String) -> Self {
        let why_apart = match &self.why_apart {
            Some(first) => format!("{first}; {why}"),
            None => why,
        };
        Self { images, why_apart: Some(why_apart) }
    }
}

fn by_localizer(images: &[Candidate<'_>], part: Part) -> Vec<Part> {
    let (scouts, others): (Vec<usize>, Vec<usize>) = part.images.iter().partition(|i| images[**i].distinctions.is_localizer());
    if scouts.is_empty() || others.is_empty() {
        return vec![part];
    }
    let why = |what: &str| format!("the series holds localizers beside other images; the {what} are a series of their own here");
    vec![part.within(others, why("other images")), part.within(scouts, why("localizers"))]
}

/// Images whose planes point the same way; all together where some have no plane, or where they are one plane turned in itself (see [`is_one_plane_turned`]).
fn by_orientation(images: &[Candidate<'_>], part: Part) -> Vec<Part> {
    let Some(planes) = planes(images, &part) else { return vec![part] };
    let mut groups: Vec<(ImagePlane, Vec<usize>)> = Vec::new();
    for (i, plane) in planes {
        match groups.iter().position(|(first, _)| is_one_orientation(first, &plane)) {
            Some(known) => groups[known].1.push(i),
            None if groups.len() == ORIENTATIONS => return vec![part],
            None => groups.push((plane, vec![i])),
        }
    }
    let count = groups.len();
    let turned = || groups.iter().enumerate().any(|(k, (a, _))| groups[..k].iter().any(|(b, _)| is_one_plane_turned(a, b)));
    let is_rotating = count > SCOUT_PLANES && groups.iter().all(|(_, members)| members.len() == 1);
    if count < 2 || is_rotating || turned() {
        return vec![part];
    }
    let why = format!("the series holds images of {count} orientations; those of each are a series of their own here");
    groups.into_iter().map(|(_, members)| part.within(members, why.clone())).collect()
}

/// Sets without two images at one position, where something tells them apart.
fn by_position(images: &[Candidate<'_>], part: Part) -> Vec<Part> {
    let Some(planes) = planes(images, &part) else { return vec![part] };
    if planes.windows(2).any(|w| !is_one_orientation(&w[0].1, &w[1].1)) {
        return vec![part];
    }
    let heights: BTreeMap<usize, f64> = planes.iter().filter_map(|(i, p)| Some((*i, p.height_over(&planes.first()?.1)?))).collect();
    if heights.len() != part.images.len() {
        return vec![part];
    }
    let places = places(&part.images, &heights);
    if places.len() == part.images.len() {
        return by_frame(images, part);
    }
    if places.len() < 2 {
        return vec![part];
    }
    let found = told_apart(images, &part.images, &heights, &Distinction::ALL).or_else(|| told_by_order(images, &places));
    let Some((sets, by)) = found else { return vec![part] };
    let count = sets.len();
    let label = by.iter().map(|d| d.label()).collect::<Vec<_>>().join(" and ");
    let why = |n: usize| format!("the series holds {count} images at a position, told apart by {label}; this is set {n} of {count}");
    (1..).zip(sets).map(|(n, set)| part.within(set, why(n))).collect()
}

/// A stack without doubles that is not one of equal steps, and is where frames of reference or named stacks are kept apart.
fn by_frame(images: &[Candidate<'_>], part: Part) -> Vec<Part> {
    let is_even = |members: &[usize]| {
        let readings: Vec<PlaneReading> = members.iter().map(|i| images[*i].plane.clone()).collect();
        let order: Vec<usize> = (0..readings.len()).collect();
        let verdict = read_stack([1, 1], &readings, &order).verdict;
        matches!(verdict, GeometryVerdict::Orthogonal | GeometryVerdict::Oblique | GeometryVerdict::Tilted { .. })
    };
    if is_even(&part.images) {
        return vec![part];
    }
    for by in [Distinction::FrameOfReference, Distinction::Stack] {
        let Some(sets) = grouped(images, &part.images, by) else { continue };
        if sets.iter().all(|s| s.len() > 1 && is_even(s)) {
            let count = sets.len();
            let why = |n: usize| format!("the series holds {count} stacks, each of another {}; this is number {n} of {count}", by.label());
            return (1..).zip(sets).map(|(n, set)| part.within(set, why(n))).collect();
        }
    }
    vec![part]
}

/// The planes of a part, by image; `None` when one has none.
fn planes(images: &[Candidate<'_>], part: &Part) -> Option<Vec<(usize, ImagePlane)>> {
    let plane = |i: &usize| if let PlaneReading::Plane(p) = images[*i].plane { Some((*i, *p)) } else { None };
    part.images.iter().map(plane).collect()
}

/// Images that lie at the same height, for each height from below.
fn places(members: &[usize], heights: &BTreeMap<usize, f64>) -> Vec<Vec<usize>> {
    let height = |i: &usize| heights.get(i).copied().unwrap_or_default();
    let mut sorted = members.to_vec();
    sorted.sort_by(|a, b| height(a).total_cmp(&height(b)));
    sorted.chunk_by(|a, b| height(b) - height(a) < SAME_PLACE).map(<[usize]>::to_vec).collect()
}

/// Sets of equal value; `None` when an image has none, or all have the same.
fn grouped(images: &[Candidate<'_>], members: &[usize], by: Distinction) -> Option<Vec<Vec<usize>>> {
    let mut sets: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for i in members {
        sets.entry(images[*i].distinctions.value(by)?).or_default().push(*i);
    }
    if sets.len() < 2 {
        return None;
    }
    let mut sets: Vec<(&str, Vec<usize>)> = sets.into_iter().collect();
    // As numbers where they are: the tenth phase comes behind the ninth.
    let number = |text: &str| text.parse::<f64>().unwrap_or(f64::INFINITY);
    sets.sort_by(|(a, _), (b, _)| number(a).total_cmp(&number(b)).then_with(|| a.cmp(b)));
    Some(sets.into_iter().map(|(_, set)| set).collect())
}

/// Sets of at least two images without doubles, and what they were told apart by.
type Sets = (Vec<Vec<usize>>, Vec<Distinction>);

fn told_apart(images: &[Candidate<'_>], members: &[usize], heights: &BTreeMap<usize, f64>, by: &[Distinction]) -> Option<Sets> {
    let (first, rest) = by.split_first()?;
    let attempt = || -> Option<Sets> {
        let (mut found, mut used) = (Vec::new(), vec![*first]);
        for set in grouped(images, members, *first)? {
            let places = places(&set, heights).len();
            if places < 2 {
                return None;
            }
            if places == set.len() {
                found.push(set);
                continue;
            }
            let (sets, by) = told_apart(images, &set, heights, rest)?;
            found.extend(sets);
            by.into_iter().for_each(|d| {
                if !used.contains(&d) {
                    used.push(d);
                }
            });
        }
        Some((found, used))
    };
    attempt().or_else(|| told_apart(images, members, heights, rest))
}

/// Where every position has as many images, each with a time of its own: the first of each, the second of each …
fn told_by_order(images: &[Candidate<'_>], places: &[Vec<usize>]) -> Option<Sets> {
    let count = places.first()?.len();
    if places.iter().any(|p| p.len() != count) {
        return None;
    }
    Distinction::TIMES.into_iter().find_map(|by| {
        let mut sets = vec![Vec::with_capacity(places.len()); count];
        for place in places {
            let time = |i: &usize| images[*i].distinctions.value(by)?.parse::<f64>().ok().filter(|t| t.is_finite()).map(|t| (t, *i));
            let mut timed: Vec<(f64, usize)> = place.iter().map(time).collect::<Option<_>>()?;
            timed.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            if timed.windows(2).any(|w| w[0].0 >= w[1].0) {
                return None;
            }
            sets.iter_mut().zip(timed).for_each(|(set, (_, i))| set.push(i));
        }
        Some((sets, vec![by]))
    })
}
