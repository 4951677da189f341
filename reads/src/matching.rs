//! Which mark is on which lesion, from numbers alone: distances and overlaps come from outside.
//!
//! Owns when a mark is near enough to a lesion ([`Acceptance`]), and who goes with whom where several are near ([`matched`]): as many lesions as can be get a
//! mark; among those ways the one with the least total cost; among those the one in which the first lesion that differs has a mark, or one of a lower number.
//! A mark goes with one lesion and a lesion with one mark. A mark that is left over though it is near a lesion is on the nearest such lesion again
//! ([`fates`]): marks on one lesion count once, with the highest rating, and none of them is false. A mark that is near no lesion counts as nothing where the
//! truth says so, and is false elsewhere. Costs are whole numbers, so that "least" has one meaning on every machine.
//! Refuses: pixels, and to know what a mark or a lesion is. Adjudication matches the marks of two reads with the same function.

use serde::Serialize;
use std::fmt;
use tiresias_words::Mm;

/// When a mark is on a lesion.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Acceptance {
    /// Within a distance of the lesion's centre.
    Radius(Radius),
    /// Within this distance of the lesion's mask; 0 is inside it.
    Mask {
        /// The distance, mm.
        within: Mm,
    },
    /// By radius or by mask: one of the two is enough.
    RadiusOrMask {
        /// Within a distance of the lesion's centre.
        radius: Radius,
        /// Within this distance of its mask.
        within: Mm,
    },
    /// The mark is an area that overlaps the lesion's mask by at least this share of what both cover (the Jaccard index), above 0 and at most 1.
    Overlap {
        /// The share.
        at_least: f64,
    },
}

/// How far from a lesion's centre a mark may be; that far is near enough.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Radius {
    /// The same for all lesions.
    Fixed(Mm),
    /// By the lesion's own radius.
    OfLesion {
        /// So many times its radius.
        times: f64,
        /// Never less than this.
        at_least: Mm,
    },
}

impl fmt::Display for Acceptance {
    /// In the words of a report.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mask = |within: &Mm| if within.0 > 0.0 { format!("within {} mm of its mask", within.0) } else { "inside its mask".to_owned() };
        match self {
            Self::Radius(radius) => write!(f, "{radius}"),
            Self::Mask { within } => write!(f, "{}", mask(within)),
            Self::RadiusOrMask { radius, within } => write!(f, "{radius}, or {}", mask(within)),
            Self::Overlap { at_least } => write!(f, "where it covers its mask: at least {at_least} of what both cover"),
        }
    }
}

impl fmt::Display for Radius {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(mm) => write!(f, "within {} mm of its centre", mm.0),
            Self::OfLesion { times, at_least } => {
                write!(f, "within {times} times its radius of its centre, and always within {} mm", at_least.0)
            }
        }
    }
}

/// What is known of a mark and a lesion. What is not known accepts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measured {
    /// From the mark's centre to the lesion's.
    pub centre: Option<Mm>,
    /// From the mark's centre to the lesion's mask, 0 inside.
    pub mask: Option<Mm>,
    /// Jaccard index of the mark's area and the lesion's mask, 0 to 1.
    pub overlap: Option<f64>,
    /// The lesion's own radius.
    pub lesion_radius: Option<Mm>,
}

/// What it costs that a mark goes with a lesion: millionths of a millimetre, or of the overlap that is lacking to 1; halves up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost(pub u64);

impl Radius {
    /// The distance for a lesion; `None` where it goes by a radius that is not known.
    #[must_use]
    pub fn of(self, lesion: Option<Mm>) -> Option<Mm> {
        match self {
            Self::Fixed(radius) => Some(radius),
            Self::OfLesion { times, at_least } => lesion.map(|own| Mm((own.0 * times).max(at_least.0))),
        }
    }
}

impl Acceptance {
    /// What it costs that a mark goes with a lesion; `None` where it is not near enough.
    #[must_use]
    pub fn cost(&self, of: &Measured) -> Option<Cost> {
        let near = |distance: Option<Mm>, most: Option<Mm>| distance.zip(most).filter(|(d, m)| d.0 <= m.0).map(|(d, _)| d);
        match self {
            Self::Radius(radius) => near(of.centre, radius.of(of.lesion_radius)).map(Cost::of_distance),
            Self::Mask { within } => near(of.mask, Some(*within)).map(Cost::of_distance),
            // The distance to the centre decides between lesions, as it is there for both kinds.
            Self::RadiusOrMask { radius, within } => near(of.centre, radius.of(of.lesion_radius))
                .or_else(|| near(of.mask, Some(*within)).map(|to_mask| of.centre.unwrap_or(to_mask)))
                .map(Cost::of_distance),
            Self::Overlap { at_least } => of.overlap.filter(|share| share >= at_least).map(|share| Cost::of_lacking(1.0 - share)),
        }
    }
}

impl Cost {
    /// Of a distance.
    #[must_use]
    pub fn of_distance(distance: Mm) -> Self {
        Self::of_lacking(distance.0)
    }
    fn of_lacking(amount: f64) -> Self {
        // A cast saturates: what is no distance is the furthest one.
        let millionths = (amount * 1e6 + 0.5).floor();
        Self(if millionths.is_nan() { MOST } else { (millionths.max(0.0) as u64).min(MOST) })
    }
}

/// Further than anything in a patient; so that sums of costs have room.
const MOST: u64 = 1_000_000_000_000;

/// A mark that is near enough to a lesion. Marks and lesions by their places in some list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The mark.
    pub mark: usize,
    /// The lesion.
    pub lesion: usize,
    /// What it costs.
    pub cost: Cost,
}

/// What a mark counts as. Lesions by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkFate {
    /// It is on this lesion, and stands for all marks on it: the one with the highest rating, of several the one with the lowest number.
    OnLesion(usize),
    /// It is on this lesion too, for which another mark stands.
    Again(usize),
    /// It is on no lesion: a false mark.
    False,
    /// It is on no lesion, where the truth says that nothing counts.
    Ignored,
}

/// The mark of each lesion, `None` where it has none.
#[must_use]
pub fn matched(lesions: usize, candidates: &[Candidate]) -> Vec<Option<usize>> {
    let mut found = vec![None; lesions];
    for group in groups(lesions, candidates) {
        let near: Vec<Candidate> = candidates.iter().filter(|c| group.contains(&c.lesion)).copied().collect();
        for (lesion, mark) in group.iter().zip(best_first(&group, &near)) {
            if let Some(place) = found.get_mut(*lesion) {
                *place = mark;
            }
        }
    }
    found
}

/// What each mark counts as; `ignored` says of each whether it lies where nothing counts, and `ratings` how it was rated.
#[must_use]
pub fn fates(ratings: &[i32], ignored: &[bool], lesions: usize, candidates: &[Candidate]) -> Vec<MarkFate> {
    let of_lesion = matched(lesions, candidates);
    // Each mark's lesion: the one it was matched with, or the nearest of those it is near.
    let lesion_of = |mark: usize| {
        let matched = of_lesion.iter().position(|m| *m == Some(mark));
        let near = candidates.iter().filter(|c| c.mark == mark);
        matched.or_else(|| near.min_by_key(|c| (c.cost, c.lesion)).map(|c| c.lesion))
    };
    let lesion_of: Vec<Option<usize>> = (0..ratings.len()).map(lesion_of).collect();
    let stands_for = |lesion: usize| {
        let on_it = ratings.iter().enumerate().filter(|(mark, _)| lesion_of.get(*mark) == Some(&Some(lesion)));
        on_it.max_by_key(|(mark, rating)| (**rating, std::cmp::Reverse(*mark))).map(|(mark, _)| mark)
    };
    let fate = |mark: usize| match lesion_of.get(mark) {
        Some(Some(lesion)) if stands_for(*lesion) == Some(mark) => MarkFate::OnLesion(*lesion),
        Some(Some(lesion)) => MarkFate::Again(*lesion),
        _ if ignored.get(mark) == Some(&true) => MarkFate::Ignored,
        _ => MarkFate::False,
    };
    (0..ratings.len()).map(fate).collect()
}

/// Lesions that compete for marks, directly or by way of others; each group in ascending order. Lesions that no mark is near are in none.
fn groups(lesions: usize, candidates: &[Candidate]) -> Vec<Vec<usize>> {
    let mut group: Vec<usize> = (0..lesions).collect();
    let mut first_of_mark: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
    for c in candidates.iter().filter(|c| c.lesion < lesions) {
        let other = *first_of_mark.entry(c.mark).or_insert(c.lesion);
        let (from, to) = (group[c.lesion].max(group[other]), group[c.lesion].min(group[other]));
        group.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
    }
    let has_mark = |lesion: usize| candidates.iter().any(|c| c.lesion == lesion);
    let members = |name: usize| (0..lesions).filter(|l| group[*l] == name && has_mark(*l)).collect::<Vec<_>>();
    (0..lesions).map(members).filter(|members| !members.is_empty()).collect()
}

/// The marks of some lesions: the first in order of all ways that are best.
fn best_first(lesions: &[usize], candidates: &[Candidate]) -> Vec<Option<usize>> {
    let mut left: Vec<Candidate> = candidates.to_vec();
    let mut chosen = Vec::with_capacity(lesions.len());
    let (mut best, mut example) = cheapest(lesions, &left);
    for (at, lesion) in lesions.iter().enumerate() {
        let rest = &lesions[at + 1..];
        let mut options: Vec<(Option<usize>, u64)> =
            left.iter().filter(|c| c.lesion == *lesion).map(|c| (Some(c.mark), c.cost.0)).collect();
        options.sort_unstable();
        options.push((None, UNMATCHED));
        for (mark, cost) in options {
            let others: Vec<Candidate> = left.iter().filter(|c| Some(c.mark) != mark && c.lesion != *lesion).copied().collect();
            // The last option is always as good: some option is.
            let (rest_cost, rest_example) =
                if example.first() == Some(&mark) { (best - cost, example[1..].to_vec()) } else { cheapest(rest, &others) };
            if cost + rest_cost == best {
                (best, example, left) = (rest_cost, rest_example, others);
                chosen.push(mark);
                break;
            }
        }
    }
    chosen
}

/// What it costs that a lesion has no mark: more than all other costs of a case together, so that matches come before distances. A read has at most 1,000
/// marks, so that a sum of these has room in 64 bits, and sums of the least forbidden cost too.
const UNMATCHED: u64 = MOST * 1_001;
/// What it costs where a mark is not near a lesion: never better than no mark.
const FORBIDDEN: u64 = UNMATCHED * 2;

/// The least cost of giving each lesion a mark of its own or none, and one way to do it: the assignment problem with a place for "none" for each lesion,
/// solved with potentials, row by row (Kuhn 1955, Munkres 1957; the form with shortest augmenting paths).
fn cheapest(lesions: &[usize], candidates: &[Candidate]) -> (u64, Vec<Option<usize>>) {
    let mut marks: Vec<usize> = candidates.iter().map(|c| c.mark).collect();
    marks.sort_unstable();
    marks.dedup();
    let (rows, columns) = (lesions.len(), marks.len() + lesions.len());
    let mut costs = vec![vec![i128::from(FORBIDDEN); columns]; rows];
    for row in &mut costs {
        row[marks.len()..].fill(i128::from(UNMATCHED));
    }
    for c in candidates {
        if let (Some(row), Ok(column)) = (lesions.iter().position(|l| *l == c.lesion), marks.binary_search(&c.mark)) {
            costs[row][column] = costs[row][column].min(i128::from(c.cost.0));
        }
    }
    // Rows and columns from 1; column 0 is where a new row starts.
    let (mut row_potential, mut column_potential) = (vec![0_i128; rows + 1], vec![0_i128; columns + 1]);
    let (mut row_of, mut came_from) = (vec![0_usize; columns + 1], vec![0_usize; columns + 1]);
    for row in 1..=rows {
        row_of[0] = row;
        let mut column = 0;
        let (mut least, mut done) = (vec![i128::MAX; columns + 1], vec![false; columns + 1]);
        while row_of[column] != 0 {
            done[column] = true;
            let (at, mut step, mut next) = (row_of[column], i128::MAX, 0);
            for other in (1..=columns).filter(|c| !done[*c]) {
                let reduced = costs[at - 1][other - 1] - row_potential[at] - column_potential[other];
                if reduced < least[other] {
                    (least[other], came_from[other]) = (reduced, column);
                }
                if least[other] < step {
                    (step, next) = (least[other], other);
                }
            }
            for other in 0..=columns {
                if done[other] {
                    row_potential[row_of[other]] += step;
                    column_potential[other] -= step;
                } else if least[other] < i128::MAX {
                    least[other] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            let before = came_from[column];
            row_of[column] = row_of[before];
            column = before;
        }
    }
    let (mut total, mut of_row) = (0_i128, vec![None; rows]);
    for (column, row) in row_of.iter().enumerate().skip(1).filter(|(_, row)| **row > 0) {
        total += costs[row - 1][column - 1];
        of_row[row - 1] = marks.get(column - 1).copied();
    }
    (u64::try_from(total).unwrap_or(u64::MAX), of_row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_report_says_in_words_when_a_mark_is_on_a_lesion() {
        let check = |acceptance: Acceptance, words: &str| assert_eq!(acceptance.to_string(), words);
        let (fixed, own) = (Radius::Fixed(Mm(10.0)), Radius::OfLesion { times: 1.5, at_least: Mm(4.0) });
        check(Acceptance::Radius(fixed), "within 10 mm of its centre");
        check(Acceptance::Radius(own), "within 1.5 times its radius of its centre, and always within 4 mm");
        check(Acceptance::Mask { within: Mm(0.0) }, "inside its mask");
        check(Acceptance::RadiusOrMask { radius: fixed, within: Mm(2.5) }, "within 10 mm of its centre, or within 2.5 mm of its mask");
        check(Acceptance::Overlap { at_least: 0.5 }, "where it covers its mask: at least 0.5 of what both cover");
    }

    /// Every way to give lesions marks, by trying them all: (lesions without a mark, total cost, the marks in order).
    fn all_ways(lesions: usize, candidates: &[Candidate], lesion: usize, taken: &mut Vec<Option<usize>>, best: &mut Option<Way>) {
        if lesion == lesions {
            let cost_of = |(lesion, mark): (usize, &Option<usize>)| {
                candidates.iter().filter(|c| Some(c.mark) == *mark && c.lesion == lesion).map(|c| c.cost.0).min()
            };
            let cost = taken.iter().enumerate().filter_map(cost_of).sum();
            // Where no mark comes after every mark.
            let order = taken.iter().map(|mark| mark.unwrap_or(usize::MAX)).collect();
            let way = (taken.iter().filter(|m| m.is_none()).count(), cost, order);
            if best.as_ref().is_none_or(|b| way < *b) {
                *best = Some(way);
            }
            return;
        }
        let near = candidates.iter().filter(|c| c.lesion == lesion).map(|c| Some(c.mark));
        for mark in near.chain([None]).collect::<Vec<_>>() {
            if mark.is_none() || !taken.contains(&mark) {
                taken.push(mark);
                all_ways(lesions, candidates, lesion + 1, taken, best);
                taken.pop();
            }
        }
    }
    type Way = (usize, u64, Vec<usize>);

    /// Marks and lesions on a coarse line, so that ties are common, and sometimes on a fine one.
    fn set() -> impl Strategy<Value = (usize, usize, Vec<Candidate>)> {
        let place = || prop_oneof![3 => (0_u8..8).prop_map(f64::from), 1 => 0.0..8.0_f64];
        let places = |most| proptest::collection::vec(place(), 0..=most);
        (places(6), places(5), 0.5..4.0_f64).prop_map(|(marks, lesions, radius)| {
            let rule = Acceptance::Radius(Radius::Fixed(Mm(radius)));
            let mut candidates = Vec::new();
            for (mark, m) in marks.iter().enumerate() {
                for (lesion, l) in lesions.iter().enumerate() {
                    let measured = Measured { centre: Some(Mm((m - l).abs())), ..Measured::default() };
                    candidates.extend(rule.cost(&measured).map(|cost| Candidate { mark, lesion, cost }));
                }
            }
            (marks.len(), lesions.len(), candidates)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn the_match_is_the_best_of_all_ways((marks, lesions, candidates) in set(), ratings in proptest::collection::vec(1_i32..4, 6)) {
            let found = matched(lesions, &candidates);
            let mut best = None;
            all_ways(lesions, &candidates, 0, &mut Vec::new(), &mut best);
            let order: Vec<usize> = found.iter().map(|mark| mark.unwrap_or(usize::MAX)).collect();
            prop_assert_eq!(Some(order), best.map(|b| b.2));

            // In whatever order the candidates are told.
            let turned: Vec<Candidate> = candidates.iter().rev().copied().collect();
            prop_assert_eq!(&matched(lesions, &turned), &found);

            let fates = fates(&ratings[..marks], &[true, false, true, false, true, false][..marks], lesions, &candidates);
            for (mark, fate) in fates.iter().enumerate() {
                let near = |lesion: usize| candidates.iter().any(|c| c.mark == mark && c.lesion == lesion);
                match fate {
                    MarkFate::OnLesion(lesion) | MarkFate::Again(lesion) => prop_assert!(near(*lesion)),
                    MarkFate::False => prop_assert!(mark % 2 == 1 && !candidates.iter().any(|c| c.mark == mark)),
                    MarkFate::Ignored => prop_assert!(mark % 2 == 0 && !candidates.iter().any(|c| c.mark == mark)),
                }
            }
            for (lesion, mark) in found.iter().enumerate() {
                let stand: Vec<usize> = (0..marks).filter(|m| fates[*m] == MarkFate::OnLesion(lesion)).collect();
                prop_assert_eq!(stand.len(), usize::from(mark.is_some()), "one mark stands for each marked lesion");
                for other in (0..marks).filter(|m| fates[*m] == MarkFate::Again(lesion)) {
                    prop_assert!((ratings[other], stand[0]) <= (ratings[stand[0]], other));
                }
            }
        }
    }

    #[test]
    fn what_is_near_enough() {
        let mm = |v: f64| Some(Mm(v));
        let at = |centre, mask, lesion_radius| Measured { centre, mask, lesion_radius, overlap: None };
        let by_size = Radius::OfLesion { times: 1.5, at_least: Mm(5.0) };
        let rows = [
            (Acceptance::Radius(Radius::Fixed(Mm(10.0))), at(mm(10.0), None, None), Some(10_000_000)),
            (Acceptance::Radius(Radius::Fixed(Mm(10.0))), at(mm(10.000_001), None, None), None),
            (Acceptance::Radius(Radius::Fixed(Mm(10.0))), at(None, mm(0.0), None), None),
            (Acceptance::Radius(by_size), at(mm(5.0), None, mm(1.0)), Some(5_000_000)),
            (Acceptance::Radius(by_size), at(mm(12.0), None, mm(8.0)), Some(12_000_000)),
            (Acceptance::Radius(by_size), at(mm(12.5), None, mm(8.0)), None),
            (Acceptance::Radius(by_size), at(mm(1.0), None, None), None),
            (Acceptance::Mask { within: Mm(0.0) }, at(mm(9.0), mm(0.0), None), Some(0)),
            (Acceptance::Mask { within: Mm(0.0) }, at(mm(0.0), mm(0.1), None), None),
            (Acceptance::RadiusOrMask { radius: Radius::Fixed(Mm(3.0)), within: Mm(0.0) }, at(mm(9.0), mm(0.0), None), Some(9_000_000)),
            (Acceptance::RadiusOrMask { radius: Radius::Fixed(Mm(3.0)), within: Mm(0.0) }, at(mm(2.0), mm(1.0), None), Some(2_000_000)),
            (Acceptance::RadiusOrMask { radius: Radius::Fixed(Mm(3.0)), within: Mm(0.0) }, at(mm(4.0), mm(1.0), None), None),
            (Acceptance::Overlap { at_least: 0.5 }, Measured { overlap: Some(0.75), ..at(None, None, None) }, Some(250_000)),
            (Acceptance::Overlap { at_least: 0.5 }, Measured { overlap: Some(0.49), ..at(None, None, None) }, None),
            (Acceptance::Radius(Radius::Fixed(Mm(f64::INFINITY))), at(mm(f64::INFINITY), None, None), Some(MOST)),
        ];
        for (rule, measured, expected) in rows {
            assert_eq!(rule.cost(&measured), expected.map(Cost), "{rule:?} {measured:?}");
        }
    }

    #[test]
    fn many_marks_on_many_lesions_take_no_time() {
        let candidates: Vec<Candidate> = (0..1000)
            .flat_map(|mark| (0..8).map(move |lesion| Candidate { mark, lesion, cost: Cost(((mark * 7 + lesion * 13) % 50) as u64) }))
            .collect();
        let found = matched(8, &candidates);
        assert!(found.iter().all(Option::is_some));
        let fates = fates(&[1; 1000], &[false; 1000], 8, &candidates);
        assert_eq!(fates.iter().filter(|f| matches!(f, MarkFate::OnLesion(_))).count(), 8);
    }
}
