//! Agreement of readers in what they rated: kappa of each two, and measures of all.
//!
//! Takes ratings that readers gave: a number that stands for one that is missing or not evaluable agrees with nobody.
//! Refuses, with a note: categories of ratings that are no whole numbers on a short scale, more different ratings than can be held against each other.

use super::Notes;
use super::figures::Source;
use super::report::{Agreement, AgreementOf, Kappa, finite};
use std::collections::BTreeMap;
use tiresias_mrmc::icc::{IccForm, icc};
use tiresias_mrmc::inference::Level;
use tiresias_mrmc::kappa::{Weights, cohen, fleiss};
use tiresias_mrmc::krippendorff::{Metric, alpha};
use tiresias_mrmc::ratings::Ratings;

const METRICS: [(&str, Metric); 4] =
    [("nominal", Metric::Nominal), ("ordinal", Metric::Ordinal), ("interval", Metric::Interval), ("ratio", Metric::Ratio)];
const FORMS: [(IccForm, [&str; 2]); 3] =
    [(IccForm::OneWay, ["icc1", "icc1k"]), (IccForm::TwoWayRandom, ["icc2", "icc2k"]), (IccForm::TwoWayMixed, ["icc3", "icc3k"])];
/// Scales with more categories are taken as continuous.
const MOST_CATEGORIES: usize = 20;
/// Alpha looks at all pairs of different ratings.
const MOST_DISTINCT: usize = 2_000;

/// Agreement in ratings, over all reads and by modality; `None` where there are no two readers.
pub(super) fn agreement(source: &Source<'_>, level: Level, notes: &mut Notes) -> Option<Agreement> {
    if source.readers() < 2 {
        return None;
    }
    let (readers, cases) = (source.readers(), source.truth.len());
    let by_modality: Vec<&[Option<f64>]> = source.scores.chunks_exact(readers * cases).collect();
    let scale = categories(&source.scores);
    if scale.is_none() {
        notes.add(format!("Kappa is of categories, and these ratings are not whole numbers of at most {MOST_CATEGORIES} steps."));
    }
    let all_cases: Vec<Vec<f64>> = by_modality.iter().flat_map(|scores| by_case(scores, readers, cases)).collect();
    // Each case in each modality is one that readers rated: reader by reader, all modalities.
    let pooled: Vec<Option<f64>> =
        (0..readers).flat_map(|r| by_modality.iter().flat_map(move |m| m.iter().skip(r * cases).take(cases)).copied()).collect();
    let (mut kappa, mut weighted_kappa, mut modalities) = (Vec::new(), Vec::new(), Vec::new());
    for (name, scores) in source.data.modalities.iter().zip(&by_modality) {
        if let Some(scale) = &scale {
            for (a, b) in (0..readers).flat_map(|a| (a + 1..readers).map(move |b| (a, b))) {
                kappa.push(kappa_of(source, name, scores, (a, b), scale, Weights::None, level));
                weighted_kappa.push(kappa_of(source, name, scores, (a, b), scale, Weights::Linear, level));
                weighted_kappa.push(kappa_of(source, name, scores, (a, b), scale, Weights::Quadratic, level));
            }
        }
        let cases_of = by_case(scores, readers, cases);
        modalities.push(AgreementOf {
            modality: name.clone(),
            fleiss: scale.as_ref().and_then(|s| fleiss_of(&cases_of, readers, s)),
            krippendorff: alphas(&cases_of, notes),
            icc: iccs(scores, readers, level),
        });
    }
    Some(Agreement {
        kappa,
        weighted_kappa,
        fleiss: scale.as_ref().and_then(|s| fleiss_of(&all_cases, readers, s)),
        krippendorff: alphas(&all_cases, notes),
        icc: iccs(&pooled, readers, level),
        by_modality: modalities,
    })
}

/// The lowest category and how many there are, of ratings that are whole numbers on a short scale.
fn categories(scores: &[Option<f64>]) -> Option<(i64, usize)> {
    let is_whole = |score: &f64| score.fract() == 0.0 && score.abs() < 1e9;
    if !scores.iter().flatten().all(is_whole) {
        return None;
    }
    let whole = || scores.iter().flatten().map(|score| *score as i64);
    let (low, high) = (whole().min()?, whole().max()?);
    let count = usize::try_from(high - low + 1).ok()?;
    (count <= MOST_CATEGORIES).then_some((low, count))
}

fn category(score: f64, (low, _): &(i64, usize)) -> usize {
    usize::try_from(score as i64 - low).unwrap_or_default()
}

fn by_case(scores: &[Option<f64>], readers: usize, cases: usize) -> Vec<Vec<f64>> {
    Ratings::new(readers, cases, scores).map(|r| r.by_case()).unwrap_or_default()
}

fn kappa_of(
    source: &Source<'_>,
    modality: &str,
    scores: &[Option<f64>],
    (a, b): (usize, usize),
    scale: &(i64, usize),
    weights: Weights,
    level: Level,
) -> Kappa {
    let cases = source.truth.len();
    let of = |reader: usize| scores.iter().skip(reader * cases).take(cases);
    let both = of(a).zip(of(b)).filter_map(|(x, y)| Some((category((*x)?, scale), category((*y)?, scale))));
    let pairs: Vec<(usize, usize)> = both.collect();
    let found = cohen(&pairs, scale.1, weights, level).ok();
    let name = |reader: usize| source.data.readers.get(reader).cloned().unwrap_or_default();
    Kappa {
        modality: modality.to_owned(),
        a: name(a),
        b: name(b),
        weights: match weights {
            Weights::None => None,
            Weights::Linear => Some("linear"),
            Weights::Quadratic => Some("quadratic"),
        },
        kappa: found.and_then(|e| finite(e.value)),
        se: found.and_then(|e| finite(e.standard_error)),
        ci: found.map(|e| [e.interval.low, e.interval.high]).filter(|ci| ci.iter().all(|v| v.is_finite())),
    }
}

fn fleiss_of(cases: &[Vec<f64>], readers: usize, scale: &(i64, usize)) -> Option<f64> {
    // Of cases that all have rated.
    let complete = cases.iter().filter(|ratings| ratings.len() == readers);
    let categories: Vec<Vec<usize>> = complete.map(|ratings| ratings.iter().map(|r| category(*r, scale)).collect()).collect();
    fleiss(&categories, scale.1).ok().and_then(finite)
}

fn alphas(cases: &[Vec<f64>], notes: &mut Notes) -> BTreeMap<&'static str, Option<f64>> {
    let mut distinct: Vec<f64> = cases.iter().flatten().copied().collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    if distinct.len() > MOST_DISTINCT {
        notes.add(format!("Krippendorff's alpha is left out: there are more than {MOST_DISTINCT} different ratings."));
        return METRICS.into_iter().map(|(word, _)| (word, None)).collect();
    }
    METRICS.into_iter().map(|(word, metric)| (word, alpha(cases, metric).ok().and_then(finite))).collect()
}

fn iccs(scores: &[Option<f64>], readers: usize, level: Level) -> BTreeMap<&'static str, Option<f64>> {
    let of = |form| Ratings::new(readers, scores.len() / readers.max(1), scores).and_then(|ratings| icc(&ratings, form, level)).ok();
    let mut found = BTreeMap::new();
    for (form, words) in FORMS {
        let values = of(form);
        for (at, word) in words.into_iter().enumerate() {
            found.insert(word, values.as_ref().and_then(|v| v.get(at)).and_then(|i| finite(i.value)));
        }
    }
    found
}
