//! Free-response reads: figures of merit from any number of marks a case, and their curves.
//!
//! Owns AFROC, weighted AFROC and their variants with the false marks of all cases, the ROC area inferred from the highest
//! mark, rates of marks, and the area under the FROC curve (Chakraborty, Observer Performance Methods, CRC Press 2017), with
//! the jackknife over cases, each with all its lesions and marks. A lesion or case without a mark rates minus infinity, which
//! ties with its like. Which mark hit which lesion is decided elsewhere. Refused: marks on cases or lesions that are not
//! there, two hits of a lesion, ratings that are not finite, weights that make no sense, studies without normal cases for
//! figures that need them.

use crate::clusters::OwnedPairs;
use crate::figures::{FiguresError, Jackknife};
use thiserror::Error;

/// Why free-response data have no figure of merit.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum FrocError {
    /// Weights of a case.
    #[error(
        "the lesion weights of case {case} (from 0) add up to {sum}: give weights of at least 0 that add up to 1, or 0 for all lesions to weigh them alike"
    )]
    Weights {
        /// The case, from 0.
        case: usize,
        /// What its weights add up to.
        sum: f64,
    },
    /// A mark on something that is not there.
    #[error("mark {mark} (from 0) is on a case or lesion that the truth does not have: correct the mark or the truth")]
    Nowhere {
        /// The mark, from 0.
        mark: usize,
    },
    /// Two hits.
    #[error("mark {mark} (from 0) hits a lesion that another mark has hit: keep one of them, by the rule of the protocol")]
    Twice {
        /// The mark, from 0.
        mark: usize,
    },
    /// A rating that says nothing.
    #[error("mark {mark} (from 0) has a rating that is not a finite number: leave out the mark instead")]
    NotFinite {
        /// The mark, from 0.
        mark: usize,
    },
    /// The figure does not exist.
    #[error(
        "{0:?} does not exist in a study with so few cases of a kind: it needs two normal cases, or two diseased ones, as the figure is about"
    )]
    TooFewCases(FrocFigure),
    /// The figures are none.
    #[error(transparent)]
    Figures(#[from] FiguresError),
}

/// The truth of a free-response study: the lesions of each case and their weights.
#[derive(Debug, Clone, PartialEq)]
pub struct FrocCases {
    weights: Vec<Vec<f64>>,
}

impl FrocCases {
    /// Takes, for each case, the weights of its lesions; a case without lesions is normal. Weights that add up to 1 within
    /// 0.01 are rescaled to 1, weights that are all 0 become equal, as RJafroc does.
    ///
    /// # Errors
    /// When weights are negative, not finite, or add up to something else.
    pub fn new(weights: &[Vec<f64>]) -> Result<Self, FrocError> {
        let of = |(case, weights): (usize, &Vec<f64>)| {
            let sum: f64 = weights.iter().sum();
            let n = weights.len() as f64;
            if weights.is_empty() || weights.iter().all(|w| *w == 0.0) {
                Ok(vec![1.0 / n; weights.len()])
            } else if weights.iter().all(|w| *w >= 0.0) && (sum - 1.0).abs() <= 0.01 {
                Ok(weights.iter().map(|w| w / sum).collect())
            } else {
                Err(FrocError::Weights { case, sum })
            }
        };
        Ok(Self { weights: weights.iter().enumerate().map(of).collect::<Result<_, _>>()? })
    }
    /// How many cases.
    #[must_use]
    pub fn cases(&self) -> usize {
        self.weights.len()
    }
    /// The weights of each case's lesions, adding up to 1; none for a normal case.
    pub fn weights(&self) -> impl Iterator<Item = &[f64]> {
        self.weights.iter().map(Vec::as_slice)
    }
}

/// One mark of a reader.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// The case, from 0.
    pub case: usize,
    /// The lesion of that case that it hit, from 0; `None` for a false mark.
    pub lesion: Option<usize>,
    /// How suspicious; finite.
    pub rating: f64,
}

/// All marks of one reader in one modality.
#[derive(Debug, Clone, PartialEq)]
pub struct FrocRead<'a> {
    cases: &'a FrocCases,
    /// False marks: case and rating.
    misses: Vec<(usize, f64)>,
    /// Highest false mark of each case.
    highest: Vec<f64>,
    /// Rating of each lesion of each case.
    lesions: Vec<Vec<f64>>,
}

/// A figure of merit of free-response reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrocFigure {
    /// Weighted AFROC: normal cases' highest marks against lesions, each case weighing the same.
    WAfroc,
    /// AFROC: the same with each lesion weighing the same.
    Afroc,
    /// Weighted AFROC1, with the highest false marks of all cases: only where there are no normal cases to speak of.
    WAfroc1,
    /// AFROC1, likewise.
    Afroc1,
    /// Inferred ROC: the area of each case's highest mark, of any kind.
    HrAuc,
    /// Sensitivity of any mark at all.
    HrSe,
    /// Specificity of no mark at all.
    HrSp,
    /// Share of lesions marked.
    MaxLlf,
    /// False marks a normal case.
    MaxNlf,
    /// False marks a case, all cases.
    MaxNlfAllCases,
    /// Area under the FROC curve, as far as it goes.
    Froc,
}

impl<'a> FrocRead<'a> {
    /// Sorts a reader's marks by what they hit.
    ///
    /// # Errors
    /// When a mark is on a case or lesion that is not there, hits a lesion again, or has no finite rating.
    pub fn new(cases: &'a FrocCases, marks: &[Mark]) -> Result<Self, FrocError> {
        let mut lesions: Vec<Vec<f64>> = cases.weights.iter().map(|weights| vec![f64::NEG_INFINITY; weights.len()]).collect();
        let mut highest = vec![f64::NEG_INFINITY; cases.cases()];
        let mut misses = Vec::new();
        for (at, mark) in marks.iter().enumerate() {
            if !mark.rating.is_finite() {
                return Err(FrocError::NotFinite { mark: at });
            }
            let (Some(highest), Some(lesions)) = (highest.get_mut(mark.case), lesions.get_mut(mark.case)) else {
                return Err(FrocError::Nowhere { mark: at });
            };
            if let Some(lesion) = mark.lesion {
                let rating = lesions.get_mut(lesion).ok_or(FrocError::Nowhere { mark: at })?;
                if rating.is_finite() {
                    return Err(FrocError::Twice { mark: at });
                }
                *rating = mark.rating;
            } else {
                *highest = highest.max(mark.rating);
                misses.push((mark.case, mark.rating));
            }
        }
        Ok(Self { cases, misses, highest, lesions })
    }

    /// Each case with its highest false mark, its lesions' ratings and their weights.
    fn each(&self) -> impl Iterator<Item = (usize, f64, &[f64], &[f64])> {
        let cases = self.highest.iter().zip(&self.lesions).zip(self.cases.weights()).enumerate();
        cases.map(|(case, ((highest, lesions), weights))| (case, *highest, lesions.as_slice(), weights))
    }

    /// A figure of merit.
    ///
    /// # Errors
    /// When the study has too few cases of the kind the figure is about.
    pub fn figure(&self, figure: FrocFigure) -> Result<f64, FrocError> {
        Ok(self.figure_and_left_out(figure)?.0)
    }

    /// The figure, and what it is without each of the cases it is about.
    fn figure_and_left_out(&self, figure: FrocFigure) -> Result<(f64, Vec<f64>), FrocError> {
        let found = match figure {
            FrocFigure::WAfroc | FrocFigure::Afroc | FrocFigure::WAfroc1 | FrocFigure::Afroc1 | FrocFigure::HrAuc | FrocFigure::Froc => {
                self.pairs(figure).figure_and_left_out()
            }
            FrocFigure::HrSe | FrocFigure::HrSp | FrocFigure::MaxLlf | FrocFigure::MaxNlf | FrocFigure::MaxNlfAllCases => self.rate(figure),
        };
        found.ok_or(FrocError::TooFewCases(figure))
    }

    fn pairs(&self, figure: FrocFigure) -> OwnedPairs {
        let mut pairs = OwnedPairs::default();
        for (case, highest, lesions, weights) in self.each() {
            let is_normal = lesions.is_empty();
            if figure == FrocFigure::HrAuc {
                let rating = lesions.iter().copied().fold(highest, f64::max);
                if is_normal {
                    pairs.negatives.push((case, rating));
                } else {
                    pairs.positives.push((case, rating, 1.0));
                }
                pairs.shares.push(if is_normal { (1.0, 0.0) } else { (0.0, 1.0) });
                continue;
            }
            let weighted = matches!(figure, FrocFigure::WAfroc | FrocFigure::WAfroc1);
            let counts = is_normal || !matches!(figure, FrocFigure::WAfroc | FrocFigure::Afroc);
            if counts && figure != FrocFigure::Froc {
                pairs.negatives.push((case, highest));
            }
            let weight_of = |weight: &f64| if weighted { *weight } else { 1.0 };
            pairs.positives.extend(lesions.iter().zip(weights).map(|(rating, weight)| (case, *rating, weight_of(weight))));
            let of_lesions = if weighted { f64::from(u8::from(!is_normal)) } else { lesions.len() as f64 };
            pairs.shares.push((f64::from(u8::from(counts)), of_lesions));
        }
        if figure == FrocFigure::Froc {
            pairs.negatives.clone_from(&self.misses);
        }
        pairs
    }

    /// A count over a number, both sums over the cases the rate is about.
    fn rate(&self, figure: FrocFigure) -> Option<(f64, Vec<f64>)> {
        let mut marks = vec![0_u32; self.highest.len()];
        for (case, _) in &self.misses {
            if let Some(marks) = marks.get_mut(*case) {
                *marks += 1;
            }
        }
        let hits = |lesions: &[f64]| lesions.iter().filter(|rating| rating.is_finite()).count() as u32;
        let about = self.each().zip(&marks).filter_map(|((_, _, lesions, _), misses)| {
            let (is_normal, hits) = (lesions.is_empty(), hits(lesions));
            match figure {
                FrocFigure::HrSe => (!is_normal).then(|| (u32::from(hits + misses > 0), 1)),
                FrocFigure::HrSp => is_normal.then(|| (u32::from(*misses == 0), 1)),
                FrocFigure::MaxLlf => (!is_normal).then_some((hits, lesions.len() as u32)),
                FrocFigure::MaxNlf => is_normal.then_some((*misses, 1)),
                _ => Some((*misses, 1)),
            }
        });
        let about: Vec<(f64, f64)> = about.map(|(count, of)| (f64::from(count), f64::from(of))).collect();
        let (count, of) = about.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
        let left: Vec<f64> = about.iter().map(|(x, y)| (count - x) / (of - y)).collect();
        (about.len() > 1).then(|| (count / of, left))
    }

    /// The FROC curve: false marks a case against the share of lesions marked, from (0, 0), for each rating downwards.
    #[must_use]
    pub fn curve(&self) -> Vec<(f64, f64)> {
        let (cases, lesions) = (self.highest.len() as f64, self.lesions.iter().flatten().count() as f64);
        let steps = self.misses.iter().map(|(_, rating)| (*rating, 1.0, 0.0));
        descending(steps.chain(self.lesions.iter().flatten().map(|rating| (*rating, 0.0, 1.0))), (cases, lesions), false)
    }

    /// The AFROC curve: share of normal cases with a false mark against the share of lesions marked (weighted: of each case's
    /// weight), from (0, 0); a straight line leads from the last mark to (1, 1). Its area is the figure of the same name.
    #[must_use]
    pub fn afroc_curve(&self, weighted: bool) -> Vec<(f64, f64)> {
        let normals = self.lesions.iter().filter(|lesions| lesions.is_empty()).count() as f64;
        let (diseased, lesions) = (self.lesions.len() as f64 - normals, self.lesions.iter().flatten().count() as f64);
        let steps = self.each().flat_map(|(_, highest, ratings, weights)| {
            let weight_of = move |weight: &f64| if weighted { *weight } else { 1.0 };
            let hits = ratings.iter().zip(weights).map(move |(rating, weight)| (*rating, 0.0, weight_of(weight)));
            ratings.is_empty().then_some((highest, 1.0, 0.0)).into_iter().chain(hits)
        });
        let mut points = descending(steps, (normals, if weighted { diseased } else { lesions }), true);
        // Weights add up to 1 but for the last digits, and curves of several readers are averaged only where they end alike.
        if let Some((_, y)) = points.last_mut().filter(|(_, y)| (*y - 1.0).abs() < 1e-9) {
            *y = 1.0;
        }
        points
    }
}

/// Points of a curve from steps of (rating, right, up), highest rating first; what has no mark comes last if at all. Steps are counts, or weights, of which there
/// are `of` in all: counted first and divided then, so that every curve ends at 1 itself.
fn descending(steps: impl Iterator<Item = (f64, f64, f64)>, of: (f64, f64), to_the_end: bool) -> Vec<(f64, f64)> {
    let mut steps: Vec<(f64, f64, f64)> = steps.filter(|(rating, _, _)| to_the_end || rating.is_finite()).collect();
    steps.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut points, mut x, mut y) = (vec![(0.0, 0.0)], 0.0, 0.0);
    for tied in steps.chunk_by(|a, b| a.0 == b.0) {
        x += tied.iter().map(|(_, right, _)| right).sum::<f64>();
        y += tied.iter().map(|(_, _, up)| up).sum::<f64>();
        points.push((x / of.0, y / of.1));
    }
    points
}

impl Jackknife {
    /// A figure of merit of free-response reads, all of the same cases: first all readers of modality 0.
    ///
    /// # Errors
    /// When the number of reads is another, or the study has too few cases of the kind the figure is about.
    pub fn of_froc(modalities: usize, readers: usize, reads: &[FrocRead<'_>], figure: FrocFigure) -> Result<Self, FrocError> {
        let (mut values, mut left_out) = (Vec::new(), Vec::new());
        for read in reads {
            let (value, left) = read.figure_and_left_out(figure)?;
            values.push(value);
            left_out.extend(left);
        }
        Ok(Self::new(modalities, readers, values, left_out)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::area_between;
    use proptest::prelude::*;

    /// psi by its definition, minus infinity tying with itself.
    fn psi(x: f64, y: f64) -> f64 {
        if x < y { 1.0 } else { f64::from(u8::from(x == y)) * 0.5 }
    }

    /// The figures by their definitions, over all pairs.
    fn by_definition(cases: &FrocCases, marks: &[Mark], figure: FrocFigure) -> f64 {
        let rating = |case: usize, lesion: Option<usize>| {
            let of = marks.iter().filter(|m| m.case == case && m.lesion == lesion).map(|m| m.rating);
            of.fold(f64::NEG_INFINITY, f64::max)
        };
        let weights: Vec<&[f64]> = cases.weights().collect();
        let normal: Vec<usize> = (0..weights.len()).filter(|k| weights[*k].is_empty()).collect();
        let ill: Vec<usize> = (0..weights.len()).filter(|k| !weights[*k].is_empty()).collect();
        let all: Vec<usize> = (0..weights.len()).collect();
        let lesions: f64 = weights.iter().map(|w| w.len() as f64).sum();
        let top = |k: usize| (0..weights[k].len()).map(|l| rating(k, Some(l))).fold(rating(k, None), f64::max);
        let (k1, k2, k) = (normal.len() as f64, ill.len() as f64, weights.len() as f64);
        let over = |from: &[usize], weigh: bool| {
            let mut sum = 0.0;
            for f in from {
                for d in &ill {
                    for (l, w) in weights[*d].iter().enumerate() {
                        sum += psi(rating(*f, None), rating(*d, Some(l))) * if weigh { *w } else { 1.0 };
                    }
                }
            }
            sum
        };
        let misses = |k: &usize| marks.iter().filter(|m| m.case == *k && m.lesion.is_none()).count() as f64;
        match figure {
            FrocFigure::WAfroc => over(&normal, true) / (k1 * k2),
            FrocFigure::Afroc => over(&normal, false) / (k1 * lesions),
            FrocFigure::WAfroc1 => over(&all, true) / (k * k2),
            FrocFigure::Afroc1 => over(&all, false) / (k * lesions),
            FrocFigure::HrAuc => normal.iter().flat_map(|f| ill.iter().map(|d| psi(top(*f), top(*d)))).sum::<f64>() / (k1 * k2),
            FrocFigure::HrSe => ill.iter().filter(|d| top(**d).is_finite()).count() as f64 / k2,
            FrocFigure::HrSp => normal.iter().filter(|f| !top(**f).is_finite()).count() as f64 / k1,
            FrocFigure::MaxLlf => marks.iter().filter(|m| m.lesion.is_some()).count() as f64 / lesions,
            FrocFigure::MaxNlf => normal.iter().map(misses).sum::<f64>() / k1,
            FrocFigure::MaxNlfAllCases => all.iter().map(misses).sum::<f64>() / k,
            FrocFigure::Froc => {
                let lesion_ratings: Vec<f64> = ill.iter().flat_map(|d| (0..weights[*d].len()).map(|l| rating(*d, Some(l)))).collect();
                let of = |m: &Mark| lesion_ratings.iter().map(|l| psi(m.rating, *l)).sum::<f64>();
                marks.iter().filter(|m| m.lesion.is_none()).map(of).sum::<f64>() / (k * lesions)
            }
        }
    }

    const ALL: [FrocFigure; 11] = [
        FrocFigure::WAfroc,
        FrocFigure::Afroc,
        FrocFigure::WAfroc1,
        FrocFigure::Afroc1,
        FrocFigure::HrAuc,
        FrocFigure::HrSe,
        FrocFigure::HrSp,
        FrocFigure::MaxLlf,
        FrocFigure::MaxNlf,
        FrocFigure::MaxNlfAllCases,
        FrocFigure::Froc,
    ];

    fn about(figure: FrocFigure, is_normal: bool) -> bool {
        match figure {
            FrocFigure::HrSe | FrocFigure::MaxLlf => !is_normal,
            FrocFigure::HrSp | FrocFigure::MaxNlf => is_normal,
            _ => true,
        }
    }

    /// Cases with 0 to 3 lesions, two of each kind at least, and marks on them.
    fn study() -> impl Strategy<Value = (Vec<Vec<f64>>, Vec<Mark>)> {
        let more = proptest::collection::vec(0_usize..4, 0..8);
        more.prop_flat_map(|more| {
            let lesions: Vec<usize> = [0, 0, 1, 2].into_iter().chain(more).collect();
            let weights: Vec<Vec<f64>> = lesions.iter().map(|n| (1..=*n).map(|l| l as f64 / (n * (n + 1) / 2) as f64).collect()).collect();
            let cases = lesions.len();
            let hits: Vec<_> = lesions
                .iter()
                .enumerate()
                .flat_map(|(case, n)| (0..*n).map(move |lesion| (Just(case), Just(lesion), proptest::option::of(1_i8..6))))
                .collect();
            let misses = proptest::collection::vec((0..cases, 1_i8..6), 0..12);
            (Just(weights), hits, misses).prop_map(|(weights, hits, misses)| {
                let hits = hits
                    .into_iter()
                    .filter_map(|(case, lesion, rating)| Some(Mark { case, lesion: Some(lesion), rating: f64::from(rating?) }));
                let misses = misses.into_iter().map(|(case, rating)| Mark { case, lesion: None, rating: f64::from(rating) });
                (weights, hits.chain(misses).collect())
            })
        })
    }

    #[test]
    fn curves_end_where_they_should_to_the_last_digit() {
        let cases = FrocCases::new(&[vec![vec![]; 30], vec![vec![0.1, 0.2, 0.7]; 7]].concat()).unwrap();
        for tied in 1..=12 {
            let of = |(case, lesion)| Mark { case, lesion, rating: (case / tied) as f64 };
            let marks: Vec<Mark> = (0..28).map(|case| (case, None)).chain((30..36).map(|case| (case, Some(2)))).map(of).collect();
            let read = FrocRead::new(&cases, &marks).unwrap();
            assert_eq!([true, false].map(|weighted| read.afroc_curve(weighted).last().copied()), [Some((1.0, 1.0)); 2], "{tied}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn figures_and_their_jackknife_equal_the_definition((weights, marks) in study()) {
            let cases = FrocCases::new(&weights).unwrap();
            let read = FrocRead::new(&cases, &marks).unwrap();
            for figure in ALL {
                let (value, left) = read.figure_and_left_out(figure).unwrap();
                prop_assert!((value - by_definition(&cases, &marks, figure)).abs() < 1e-12, "{figure:?}");
                let mut left = left.into_iter();
                for out in (0..weights.len()).filter(|k| about(figure, weights[*k].is_empty())) {
                    let fewer: Vec<Vec<f64>> = (0..weights.len()).filter(|k| *k != out).map(|k| weights[k].clone()).collect();
                    let fewer = FrocCases::new(&fewer).unwrap();
                    let kept = marks.iter().filter(|m| m.case != out);
                    let kept: Vec<Mark> = kept.map(|m| Mark { case: m.case - usize::from(m.case > out), ..*m }).collect();
                    let literal = by_definition(&fewer, &kept, figure);
                    let ours = left.next().unwrap();
                    prop_assert!((ours - literal).abs() < 1e-12, "{figure:?} without {out}: {ours}, {literal}");
                }
                prop_assert_eq!(left.next(), None);
            }
        }

        #[test]
        fn areas_are_those_under_the_curves((weights, marks) in study()) {
            let cases = FrocCases::new(&weights).unwrap();
            let read = FrocRead::new(&cases, &marks).unwrap();
            for (weighted, figure) in [(false, FrocFigure::Afroc), (true, FrocFigure::WAfroc)] {
                let area = area_between(&read.afroc_curve(weighted), 0.0, 2.0);
                prop_assert!((area - read.figure(figure).unwrap()).abs() < 1e-12);
            }
            let area = area_between(&read.curve(), 0.0, f64::INFINITY);
            prop_assert!((area - read.figure(FrocFigure::Froc).unwrap()).abs() < 1e-12);
        }
    }

    #[test]
    fn a_reader_without_a_mark_has_figures() {
        let cases = FrocCases::new(&[vec![], vec![], vec![0.0, 0.0], vec![0.995]]).unwrap();
        assert_eq!(cases.weights().collect::<Vec<_>>(), [&[][..], &[], &[0.5, 0.5], &[1.0]]);
        let read = FrocRead::new(&cases, &[]).unwrap();
        let expected = [0.5, 0.5, 0.5, 0.5, 0.5, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(ALL.map(|figure| read.figure(figure).unwrap()), expected);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for wrong in [vec![0.5, 0.4], vec![1.5, -0.5], vec![f64::NAN]] {
            assert!(matches!(FrocCases::new(&[vec![], wrong]), Err(FrocError::Weights { case: 1, .. })));
        }
        let cases = FrocCases::new(&[vec![], vec![1.0]]).unwrap();
        let mark = |case, lesion, rating| Mark { case, lesion, rating };
        let check = |marks: &[Mark], error: FrocError| assert_eq!(FrocRead::new(&cases, marks).unwrap_err(), error);
        check(&[mark(2, None, 1.0)], FrocError::Nowhere { mark: 0 });
        check(&[mark(1, Some(1), 1.0)], FrocError::Nowhere { mark: 0 });
        check(&[mark(0, Some(0), 1.0)], FrocError::Nowhere { mark: 0 });
        check(&[mark(1, Some(0), 1.0), mark(1, Some(0), 2.0)], FrocError::Twice { mark: 1 });
        check(&[mark(0, None, f64::NEG_INFINITY)], FrocError::NotFinite { mark: 0 });
        let read = FrocRead::new(&cases, &[]).unwrap();
        assert_eq!(read.figure(FrocFigure::WAfroc), Err(FrocError::TooFewCases(FrocFigure::WAfroc)));
    }
}
