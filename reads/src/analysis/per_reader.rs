//! Each reader in each modality: figure, interval, points of the curve, and what people ask of a curve.

use super::figures::{CURVE_END, Shape, Source, froc_figure};
use super::report::{ReaderRow, finite};
use crate::protocol::Figure;
use std::collections::BTreeMap;
use tiresias_mrmc::figures::Jackknife;
use tiresias_mrmc::froc::{FrocRead, Mark};
use tiresias_mrmc::inference::{Estimate, Level};
use tiresias_mrmc::roc::{Group, Scores};

/// The rows, all readers of the first modality first.
pub(super) fn rows(source: &Source<'_>, jackknife: Option<&Jackknife>, level: Level) -> Vec<ReaderRow> {
    let cases = source.truth.len().max(1);
    let figures = jackknife.map(Jackknife::figures);
    let mut rows = Vec::new();
    for (at, cell) in source.scores.chunks_exact(cases).enumerate() {
        let (modality, reader) = (at / source.readers().max(1), at % source.readers().max(1));
        let of = |group: Group| {
            let own = cell.iter().zip(&source.truth).filter(move |(_, truth)| **truth == group);
            own.filter_map(|(score, _)| *score).collect::<Vec<f64>>()
        };
        let (normal, diseased) = (of(Group::Normal), of(Group::Diseased));
        if normal.is_empty() && diseased.is_empty() {
            continue;
        }
        let mut row = ReaderRow {
            modality: source.data.modalities.get(modality).cloned().unwrap_or_default(),
            reader: source.data.readers.get(reader).cloned().unwrap_or_default(),
            normals: normal.len(),
            diseased: diseased.len(),
            fom: figures.as_ref().and_then(|f| f.values().get(at)).copied().and_then(finite),
            variance_delong: None,
            ci: None,
            sens_at_spec: BTreeMap::new(),
            pauc_fpf: BTreeMap::new(),
            roc: Vec::new(),
            froc: Vec::new(),
        };
        let interval = |value: f64, variance: f64| {
            let interval = Estimate::new(value, variance.max(0.0).sqrt(), f64::INFINITY, None, level).interval;
            finite(interval.low).zip(finite(interval.high)).map(|(low, high)| [low, high])
        };
        row.ci = figures.as_ref().and_then(|f| interval(row.fom?, f.covariance(at, at)));
        match &source.shape {
            Shape::Ratings => {
                // A reader without a case of one class has no curve; the note about it comes from the figures.
                let Ok(scores) = Scores::new(&normal, &diseased) else {
                    rows.push(row);
                    continue;
                };
                row.roc = scores.operating_points().iter().map(|p| [p.fpf, p.tpf]).collect();
                row.sens_at_spec.insert("0.9", scores.sensitivity_at(0.9).ok());
                row.pauc_fpf.insert("0-0.2", scores.partial_area_fpf(0.0, 0.2).ok());
                if source.figure == Figure::Auc {
                    row.fom = finite(scores.auc());
                    row.variance_delong = scores.delong_variance().ok().and_then(finite).filter(|_| source.patients.is_none());
                    row.ci = row.variance_delong.map_or(row.ci, |variance| interval(scores.auc(), variance));
                }
            }
            Shape::Located(reads) => {
                row.roc = reads.get(at).map(|read| points(&read.curve(CURVE_END))).unwrap_or_default();
            }
            Shape::Marks(cases, marks) => {
                if let Some(Ok(read)) = marks.get(at).map(|marks| FrocRead::new(cases, marks)) {
                    row.fom = read.figure(froc_figure(source.figure)).ok().and_then(finite);
                    row.roc = match source.figure {
                        Figure::HrAuc => highest(source, marks.get(at).map(Vec::as_slice).unwrap_or_default()),
                        figure => points(&read.afroc_curve(figure == Figure::WAfroc)),
                    };
                    row.froc = points(&read.curve());
                }
            }
        }
        rows.push(row);
    }
    rows
}

fn points(curve: &[(f64, f64)]) -> Vec<[f64; 2]> {
    curve.iter().map(|(x, y)| [*x, *y]).collect()
}

/// The ROC curve of each case's highest mark.
fn highest(source: &Source<'_>, marks: &[Mark]) -> Vec<[f64; 2]> {
    let rating = |case: usize| marks.iter().filter(|m| m.case == case).map(|m| m.rating).fold(f64::NEG_INFINITY, f64::max);
    let of = |group: Group| {
        let own = source.truth.iter().enumerate().filter(move |(_, t)| **t == group);
        own.map(|(case, _)| rating(case)).collect::<Vec<f64>>()
    };
    let (normal, diseased) = (of(Group::Normal), of(Group::Diseased));
    Scores::new(&normal, &diseased).map(|s| s.operating_points().iter().map(|p| [p.fpf, p.tpf]).collect()).unwrap_or_default()
}
