//! Reads with one forced location and a rating: the share located and detected, and the area under its curve.
//!
//! Owns the LROC curve: false positive fraction against the share of all diseased cases that are both rated at least as high
//! and rightly located (PCL), from (0, 0), straight between thresholds; its height at a fraction, its area up to one (ALROC;
//! Swensson, Med Phys 1996;23:1709), and both as figures of merit of a study. The plain ROC area of the ratings is
//! [`Scores::auc`]. Refused: groups without a case, ratings that are not numbers, fractions outside 0..=1.

use crate::curve::{CurveFiguresError, area_between};
use crate::figures::Jackknife;
use crate::roc::{RocError, Scores};

/// A rating of a diseased case, and whether its location was right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Located {
    /// How suspicious the reader was.
    pub rating: f64,
    /// Whether the location was right.
    pub right: bool,
}

/// Where the curve ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CurveEnd {
    /// At the share located of all diseased cases.
    #[default]
    AllRatings,
    /// At the share located of those rated above the lowest rating in the data: RJafroc 2.1.3.
    AboveLowest,
}

/// The reads of one reader in one modality.
#[derive(Debug, Clone, PartialEq)]
pub struct LrocRead {
    normal: Vec<f64>,
    diseased: Vec<Located>,
}

/// A figure of merit of such reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LrocFigure {
    /// The height of the curve at a false positive fraction.
    Pcl(f64),
    /// The area under the curve up to a false positive fraction.
    Alroc(f64),
    /// The area under the ROC curve of the ratings.
    Wilcoxon,
}

impl LrocRead {
    /// Takes the ratings of normal cases, and of diseased cases with whether they were rightly located.
    ///
    /// # Errors
    /// When a group is empty or a rating is NaN.
    pub fn new(normal: &[f64], diseased: &[Located]) -> Result<Self, RocError> {
        let ratings: Vec<f64> = diseased.iter().map(|d| d.rating).collect();
        Scores::new(normal, &ratings)?;
        Ok(Self { normal: normal.to_vec(), diseased: diseased.to_vec() })
    }

    /// The points of the curve, (false positive fraction, share detected and located), from (0, 0) for each rating downwards.
    #[must_use]
    pub fn curve(&self, end: CurveEnd) -> Vec<(f64, f64)> {
        let right = self.diseased.iter().map(|d| (d.rating, 0_u32, u32::from(d.right)));
        let mut steps: Vec<(f64, u32, u32)> = self.normal.iter().map(|x| (*x, 1, 0)).chain(right).collect();
        steps.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (n0, n1) = (self.normal.len() as f64, self.diseased.len() as f64);
        let lowest = steps.last().map(|last| last.0);
        let (mut points, mut x, mut y) = (vec![(0.0, 0.0)], 0, 0);
        for tied in steps.chunk_by(|a, b| a.0 == b.0) {
            let is_lowest = tied.first().map(|first| first.0) == lowest;
            x += tied.iter().map(|(_, normal, _)| normal).sum::<u32>();
            if end == CurveEnd::AllRatings || !is_lowest {
                y += tied.iter().map(|(_, _, right)| right).sum::<u32>();
            }
            points.push((f64::from(x) / n0, f64::from(y) / n1));
        }
        points
    }

    /// A figure of merit.
    ///
    /// # Errors
    /// When its fraction is not within 0..=1.
    pub fn figure(&self, figure: LrocFigure, end: CurveEnd) -> Result<f64, RocError> {
        if let LrocFigure::Pcl(fpf) | LrocFigure::Alroc(fpf) = figure
            && !(0.0..=1.0).contains(&fpf)
        {
            return Err(RocError::NotAFraction { low: fpf, high: fpf });
        }
        match figure {
            LrocFigure::Pcl(fpf) => {
                let points = self.curve(end);
                // The first point that far right, so the lowest of a vertical step.
                let found = points.iter().zip(points.iter().skip(1)).find(|(_, (x, _))| *x >= fpf);
                Ok(found.map_or(0.0, |((x0, y0), (x1, y1))| {
                    let share = if x1 > x0 { (fpf - x0) / (x1 - x0) } else { 0.0 };
                    y0 + (y1 - y0) * share
                }))
            }
            LrocFigure::Alroc(fpf) => Ok(area_between(&self.curve(end), 0.0, fpf)),
            LrocFigure::Wilcoxon => {
                let ratings: Vec<f64> = self.diseased.iter().map(|d| d.rating).collect();
                Ok(Scores::new(&self.normal, &ratings)?.auc())
            }
        }
    }
}

impl Jackknife {
    /// A figure of merit of reads of the same cases, in the same order, leaving out one case at a time and computing it anew:
    /// normal cases first. Reads of all readers of modality 0 come first.
    ///
    /// # Errors
    /// When the number of reads is another, their cases are not as many, or a group has a single case.
    pub fn of_lroc(
        modalities: usize,
        readers: usize,
        reads: &[LrocRead],
        figure: LrocFigure,
        end: CurveEnd,
    ) -> Result<Self, CurveFiguresError> {
        let (mut values, mut left_out) = (Vec::new(), Vec::new());
        for read in reads {
            values.push(read.figure(figure, end)?);
            for out in 0..read.normal.len() + read.diseased.len() {
                let ill = out.checked_sub(read.normal.len());
                let normal: Vec<f64> = read.normal.iter().enumerate().filter(|(k, _)| *k != out).map(|(_, x)| *x).collect();
                let diseased: Vec<Located> = read.diseased.iter().enumerate().filter(|(k, _)| Some(*k) != ill).map(|(_, d)| *d).collect();
                left_out.push(LrocRead::new(&normal, &diseased)?.figure(figure, end)?);
            }
        }
        Ok(Self::new(modalities, readers, values, left_out)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(rating: f64, right: bool) -> Located {
        Located { rating, right }
    }

    #[test]
    fn a_small_curve_by_hand() {
        let read = LrocRead::new(&[1.0, 2.0, 3.0, 4.0], &[located(5.0, true), located(3.0, true), located(3.0, false), located(1.0, true)])
            .unwrap();
        let all = [(0.0, 0.0), (0.0, 0.25), (0.25, 0.25), (0.5, 0.5), (0.75, 0.5), (1.0, 0.75)];
        assert_eq!(read.curve(CurveEnd::AllRatings), all);
        assert_eq!(read.curve(CurveEnd::AboveLowest).last(), Some(&(1.0, 0.5)));
        let figure = |figure| read.figure(figure, CurveEnd::AllRatings).unwrap();
        assert_eq!(figure(LrocFigure::Pcl(0.0)), 0.0);
        assert_eq!(figure(LrocFigure::Pcl(0.375)), 0.375);
        assert_eq!(figure(LrocFigure::Pcl(1.0)), 0.75);
        assert_eq!(figure(LrocFigure::Alroc(0.5)), 0.25 * 0.25 + 0.25 * 0.375);
        assert_eq!(figure(LrocFigure::Wilcoxon), (4.0 + 2.5 + 2.5 + 0.5) / 16.0);
        assert!(read.figure(LrocFigure::Pcl(1.5), CurveEnd::AllRatings).is_err());
        assert!(LrocRead::new(&[], &[located(1.0, true)]).is_err() && LrocRead::new(&[1.0], &[located(f64::NAN, true)]).is_err());
    }

    #[test]
    fn where_all_are_located_it_is_the_roc_curve() {
        let (normal, ratings) = ([1.0, 2.0, 2.0, 4.0], [2.0, 3.0, 5.0]);
        let read = LrocRead::new(&normal, &ratings.map(|rating| located(rating, true))).unwrap();
        let area = read.figure(LrocFigure::Alroc(1.0), CurveEnd::AllRatings).unwrap();
        let roc = Scores::new(&normal, &ratings).unwrap();
        assert!((area - roc.auc()).abs() < 1e-15);
        let jackknife = Jackknife::of_lroc(1, 1, &[read], LrocFigure::Wilcoxon, CurveEnd::AllRatings).unwrap();
        assert_eq!((jackknife.cases(), jackknife.values()[0]), (7, roc.auc()));
    }
}
