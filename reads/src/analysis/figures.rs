//! From a dataset to what the statistics take: tables of ratings, located ratings, marks; and from these the figures with their covariances.
//!
//! Refuses, one sentence each: figures that the scores do not have, a class without a case, marks or locations that are missing.

use super::AnalysisError;
use crate::protocol::{Covariance, Figure};
use crate::scoring::{Dataset, LocatedRating, RatedMark, Scores};
use std::collections::BTreeMap;
use tiresias_mrmc::curve::Pool;
use tiresias_mrmc::figures::{CovarianceMethod, Figures, FiguresError, Jackknife};
use tiresias_mrmc::froc::{FrocCases, FrocFigure, FrocRead, Mark};
use tiresias_mrmc::lroc::{CurveEnd, Located, LrocFigure, LrocRead};
use tiresias_mrmc::roc::Group;
use tiresias_mrmc::table::ScoreTable;

/// Where the LROC curve ends: at the share located of all diseased cases.
pub(super) const CURVE_END: CurveEnd = CurveEnd::AllRatings;

/// A dataset in the shape that its figure needs.
pub(super) struct Source<'a> {
    pub(super) data: &'a Dataset,
    pub(super) figure: Figure,
    pub(super) truth: Vec<Group>,
    /// Ratings, or 0 in each cell that has marks or a located rating of another figure: which cells were read is in it, whatever the paradigm.
    pub(super) scores: Vec<Option<f64>>,
    /// The patient of each case, where units of patients are scored.
    pub(super) patients: Option<Vec<usize>>,
    pub(super) shape: Shape,
}

pub(super) enum Shape {
    Ratings,
    /// The reads of each cell, and for each case its place among normals first, diseased then.
    Located(Vec<LrocRead>),
    Marks(FrocCases, Vec<Vec<Mark>>),
}

/// The word of a figure in options and reports, and its number where it has one.
#[must_use]
pub fn word(figure: Figure) -> (&'static str, Option<f64>) {
    match figure {
        Figure::Auc => ("auc", None),
        Figure::WAfroc => ("wafroc", None),
        Figure::Afroc => ("afroc", None),
        Figure::HrAuc => ("hrauc", None),
        Figure::Lroc(at) => ("lroc", Some(at)),
        Figure::Sensitivity(at) => ("sens", Some(at)),
        Figure::Specificity(at) => ("spec", Some(at)),
    }
}

impl<'a> Source<'a> {
    pub(super) fn new(data: &'a Dataset, figure: Figure) -> Result<Self, AnalysisError> {
        let truth: Vec<Group> = data.cases.iter().map(|c| if c.diseased { Group::Diseased } else { Group::Normal }).collect();
        for group in [Group::Normal, Group::Diseased] {
            if !truth.contains(&group) {
                return Err(AnalysisError::OneClass(group));
            }
        }
        let wrong = |has: &'static str, choose: &'static str| Err(AnalysisError::Figure { figure: word(figure).0, has, choose });
        let (scores, shape) = match (&data.scores, figure) {
            (Scores::Roc(ratings), Figure::Auc | Figure::Sensitivity(_) | Figure::Specificity(_)) => (ratings.clone(), Shape::Ratings),
            (Scores::Roc(_), _) => return wrong("one rating a case", "`auc`, `sens` or `spec`"),
            (Scores::Lroc(located), Figure::Auc | Figure::Sensitivity(_) | Figure::Specificity(_)) => {
                (located.iter().map(|l| l.map(|l| l.rating)).collect(), Shape::Ratings)
            }
            (Scores::Lroc(located), Figure::Lroc(_)) => {
                let ratings = located.iter().map(|l| l.map(|l| l.rating)).collect();
                (ratings, Shape::Located(located_reads(data, &truth, located, figure)?))
            }
            (Scores::Lroc(_), _) => return wrong("one located rating a case", "`lroc`, `auc`, `sens` or `spec`"),
            (Scores::Froc(marks), Figure::WAfroc | Figure::Afroc | Figure::HrAuc) => {
                let read = marks.iter().map(|m| m.as_ref().map(|_| 0.0)).collect();
                let weights: Vec<Vec<f64>> = data.cases.iter().map(|c| c.lesions.iter().map(|l| l.weight).collect()).collect();
                let cases = FrocCases::new(&weights).map_err(|e| AnalysisError::Other(in_sentence(&e.to_string())))?;
                (read, Shape::Marks(cases, marks_of(data, marks, figure)?))
            }
            (Scores::Froc(_), _) => return wrong("marks", "`wafroc`, `afroc` or `hrauc`"),
        };
        Ok(Self { data, figure, truth, scores, patients: patients(data), shape })
    }

    pub(super) fn modalities(&self) -> usize {
        self.data.modalities.len()
    }
    pub(super) fn readers(&self) -> usize {
        self.data.readers.len()
    }
    /// The table of ratings, or of what was read.
    pub(super) fn table(&self) -> Result<ScoreTable<'_>, AnalysisError> {
        let table = ScoreTable::new(self.modalities(), self.readers(), &self.truth, &self.scores);
        table.map_err(|e| AnalysisError::Other(in_sentence(&e.to_string())))
    }

    /// The figures with what each is without one case.
    pub(super) fn jackknife(&self) -> Result<Jackknife, String> {
        let table = self.table().map_err(|e| e.to_string())?;
        let (m, r) = (self.modalities(), self.readers());
        let of_figures = |e: &FiguresError| self.named(e);
        match (&self.shape, self.figure, &self.patients) {
            (Shape::Ratings, Figure::Sensitivity(at), None) => {
                Jackknife::of_rate(&table, Group::Diseased, at, Pool::AllCases).map_err(|e| of_figures(&e))
            }
            (Shape::Ratings, Figure::Specificity(at), None) => {
                Jackknife::of_rate(&table, Group::Normal, at, Pool::AllCases).map_err(|e| of_figures(&e))
            }
            (Shape::Ratings, Figure::Auc, Some(patients)) => {
                Jackknife::of_clustered_areas(&table, patients).map_err(|e| in_sentence(&e.to_string()))
            }
            (Shape::Ratings, _, Some(_)) => {
                Err("Sensitivity and specificity of several units a patient are not analysed in this version: choose `auc`.".to_owned())
            }
            (Shape::Ratings, _, None) => Jackknife::of_areas(&table).map_err(|e| of_figures(&e)),
            (Shape::Located(reads), figure, _) => {
                let at = word(figure).1.unwrap_or(1.0);
                Jackknife::of_lroc(m, r, reads, LrocFigure::Alroc(at), CURVE_END).map_err(|e| in_sentence(&e.to_string()))
            }
            (Shape::Marks(cases, marks), figure, _) => {
                let figure = froc_figure(figure);
                let reads = marks.iter().map(|marks| FrocRead::new(cases, marks)).collect::<Result<Vec<_>, _>>();
                let reads = reads.map_err(|e| in_sentence(&e.to_string()))?;
                Jackknife::of_froc(m, r, &reads, figure).map_err(|e| in_sentence(&e.to_string()))
            }
        }
    }

    /// The covariances that the figure and its cases allow, each with its word.
    pub(super) fn covariances(&self) -> &'static [(&'static str, CovarianceMethod)] {
        const ALL: &[(&str, CovarianceMethod)] =
            &[("delong", CovarianceMethod::DeLong), ("jackknife", CovarianceMethod::Jackknife), ("unbiased", CovarianceMethod::Unbiased)];
        match (self.figure, &self.patients) {
            (Figure::Auc, None) => ALL,
            (Figure::Auc, Some(_)) => &ALL[..2],
            _ => &ALL[1..2],
        }
    }
    /// The figures with their covariances; of units of patients by Obuchowski 1997 or the jackknife over patients.
    pub(super) fn figures(&self, method: CovarianceMethod) -> Result<Figures, String> {
        if method == CovarianceMethod::Jackknife {
            return Ok(self.jackknife()?.figures());
        }
        let table = self.table().map_err(|e| e.to_string())?;
        match &self.patients {
            Some(patients) => Figures::of_clustered_areas(&table, patients).map_err(|e| in_sentence(&e.to_string())),
            None => Figures::of_areas(&table, method).map_err(|e| self.named(&e)),
        }
    }

    /// What the statistics say by number, said by name.
    pub(super) fn named(&self, error: &FiguresError) -> String {
        let who = |modality: usize, reader: usize| {
            let name = |names: &[String], at: usize| names.get(at).cloned().unwrap_or_default();
            format!("Reader \"{}\" in \"{}\"", name(&self.data.readers, reader), name(&self.data.modalities, modality))
        };
        match error {
            FiguresError::NoCase { modality, reader, group } => {
                format!("{} has no score of a {group} case: leave the reader out of this analysis.", who(*modality, *reader))
            }
            FiguresError::OneCase { modality, reader, group } => format!(
                "{} has a single {group} case, so that no variance over cases can be estimated: leave the reader out of this analysis.",
                who(*modality, *reader)
            ),
            other => in_sentence(&other.to_string()),
        }
    }
}

/// A covariance of a protocol.
pub(super) const fn method(covariance: Covariance) -> CovarianceMethod {
    match covariance {
        Covariance::DeLong => CovarianceMethod::DeLong,
        Covariance::Jackknife => CovarianceMethod::Jackknife,
        Covariance::Unbiased => CovarianceMethod::Unbiased,
    }
}

/// A reason of the statistics as a sentence.
pub(super) fn in_sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

pub(super) const fn froc_figure(figure: Figure) -> FrocFigure {
    match figure {
        Figure::Afroc => FrocFigure::Afroc,
        Figure::HrAuc => FrocFigure::HrAuc,
        _ => FrocFigure::WAfroc,
    }
}

/// The patient of each case by number; `None` where every case is a patient of its own.
fn patients(data: &Dataset) -> Option<Vec<usize>> {
    data.cases.iter().find(|c| c.patient.is_some())?;
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut number = |name| {
        let next = numbers.len();
        *numbers.entry(name).or_insert(next)
    };
    Some(data.cases.iter().map(|c| number(c.patient.as_deref().unwrap_or(&c.name))).collect())
}

fn missing<T>(cells: &[Option<T>], figure: Figure) -> AnalysisError {
    let missing = cells.iter().filter(|c| c.is_none()).count();
    AnalysisError::Missing { figure: word(figure).0, missing, of: cells.len() }
}

fn located_reads(
    data: &Dataset,
    truth: &[Group],
    located: &[Option<LocatedRating>],
    figure: Figure,
) -> Result<Vec<LrocRead>, AnalysisError> {
    let all: Vec<LocatedRating> = located.iter().copied().collect::<Option<_>>().ok_or_else(|| missing(located, figure))?;
    let read = |cell: &[LocatedRating]| {
        let of = |group: Group| cell.iter().zip(truth).filter(move |(_, t)| **t == group).map(|(l, _)| *l);
        let normal: Vec<f64> = of(Group::Normal).map(|l| l.rating).collect();
        let diseased: Vec<Located> = of(Group::Diseased).map(|l| Located { rating: l.rating, right: l.right }).collect();
        LrocRead::new(&normal, &diseased).map_err(|e| AnalysisError::Other(in_sentence(&e.to_string())))
    };
    all.chunks_exact(data.cases.len().max(1)).map(read).collect()
}

fn marks_of(data: &Dataset, marks: &[Option<Vec<RatedMark>>], figure: Figure) -> Result<Vec<Vec<Mark>>, AnalysisError> {
    if marks.iter().any(Option::is_none) {
        return Err(missing(marks, figure));
    }
    let of_cell = |cell: &[Option<Vec<RatedMark>>]| {
        let of_case = |(case, marks): (usize, &Option<Vec<RatedMark>>)| {
            let mark = move |m: &RatedMark| Mark { case, lesion: m.lesion, rating: m.rating };
            marks.iter().flatten().map(mark).collect::<Vec<_>>()
        };
        cell.iter().enumerate().flat_map(of_case).collect()
    };
    Ok(marks.chunks_exact(data.cases.len().max(1)).map(of_cell).collect())
}
