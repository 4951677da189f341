//! What iMRMC (Java and R) and the independent script print of one table: U-statistics with their moments and components.

use crate::analyses::rows;
use crate::ledger::{Kind, Ledger};
use crate::scores::Study;
use serde_json::Value;
use tiresias_mrmc::figures::Figures;
use tiresias_mrmc::inference::Level;
use tiresias_mrmc::obuchowski_rockette::{Conventions, ObuchowskiRockette, Random};
use tiresias_mrmc::roc::Group;
use tiresias_mrmc::ustatistics::{Averaged, Bck, DfRule, Estimator, UStatistics, UnpairedDf};

pub(crate) const JAVA: &str = "iMRMC_java_4.0.3_statAnalysis";
pub(crate) const R: &str = "iMRMC_R_2.1.2";

/// A modality alone, or two.
fn which(study: &Study, row: &Value) -> (usize, Option<usize>) {
    let name = |key: &str| row[key].as_str().expect("a name");
    let second = Some(name("modalityB")).filter(|b| *b != "NO_MOD").map(|b| study.modality(b));
    (study.modality(name("modalityA")), second)
}

fn averaged(u: &UStatistics, (a, b): (usize, Option<usize>), estimator: Estimator, unpaired: UnpairedDf) -> Averaged {
    match b {
        None => u.modality(a, estimator).expect("an area"),
        Some(b) => u.difference(a, b, estimator, unpaired).expect("a difference"),
    }
}

/// Columns of a test with the name of the degrees of freedom; all null where there is no standard error.
fn test(ledger: &mut Ledger, path: &str, name: &str, of: &Averaged, df: Option<f64>, rule: DfRule, null: f64) {
    let estimate = df.and_then(|df| of.estimate(df, rule, Some(null), Level::default()).ok());
    let tested = estimate.and_then(|e| e.test);
    if name != "normal" {
        ledger.compare(&format!("{path}/df{name}"), df.filter(|_| estimate.is_some()), Kind::Df);
    }
    let p = if name == "normal" { "pValueNormal".to_owned() } else { format!("pValue{name}") };
    ledger.compare(&format!("{path}/{p}"), tested.map(|t| t.p), Kind::P);
    ledger.compare(&format!("{path}/botCI{name}"), estimate.map(|e| e.interval.low), Kind::Interval);
    ledger.compare(&format!("{path}/topCI{name}"), estimate.map(|e| e.interval.high), Kind::Interval);
    let reject = if name == "normal" { "rejectNormal".to_owned() } else { format!("reject{name}") };
    ledger.compare(&format!("{path}/{reject}"), tested.map(|t| f64::from(t.p < 0.05)), Kind::Count);
}

/// How many readers and cases have a score in a modality or either of two.
fn counts(ledger: &mut Ledger, path: &str, study: &Study, (a, b): (usize, Option<usize>)) {
    let k = study.truth.len();
    let cells: Vec<&[Option<f64>]> = study.scores.chunks(k).collect();
    let of: Vec<usize> = [Some(a), b].into_iter().flatten().collect();
    let readers = (0..study.readers.len()).filter(|r| of.iter().any(|m| cells[m * study.readers.len() + r].iter().any(Option::is_some)));
    ledger.compare(&format!("{path}/NR"), Some(readers.count() as f64), Kind::Count);
    cases(ledger, path, study, |case| {
        of.iter().any(|m| (0..study.readers.len()).any(|r| cells[m * study.readers.len() + r][case].is_some()))
    });
}

fn cases(ledger: &mut Ledger, path: &str, study: &Study, has: impl Fn(usize) -> bool) {
    for (key, group) in [("N0", Group::Normal), ("N1", Group::Diseased)] {
        let n = study.truth.iter().enumerate().filter(|(case, truth)| **truth == group && has(*case)).count();
        ledger.compare(&format!("{path}/{key}"), Some(n as f64), Kind::Count);
    }
}

/// Hillis's degrees of freedom from unbiased covariances, as the Java program has them: crossed designs only.
fn df_hillis(figures: &Figures, (a, b): (usize, Option<usize>)) -> f64 {
    let of: Vec<usize> = [Some(a), b].into_iter().flatten().collect();
    let part = figures.of_modalities(&of).expect("a part of the figures");
    let or = ObuchowskiRockette::new(&part, Conventions::default(), Level::default());
    match b {
        None => or.modality(0, Random::ReadersAndCases).expect("an estimate").df,
        Some(_) => or.compare(Random::ReadersAndCases).expect("a comparison").differences[0].estimate.df,
    }
}

fn estimates(ledger: &mut Ledger, path: &str, u: &UStatistics, pair: (usize, Option<usize>), estimator: Estimator) {
    let (a, b) = (u.modality(pair.0, estimator).expect("an area"), pair.1.map(|b| u.modality(b, estimator).expect("an area")));
    let difference = pair.1.map(|_| averaged(u, pair, estimator, UnpairedDf::Pooled));
    ledger.compare(&format!("{path}/AUCA"), Some(a.value), Kind::Figure);
    ledger.compare(&format!("{path}/varAUCA"), Some(a.variance), Kind::Variance);
    ledger.compare(&format!("{path}/AUCB"), b.map(|b| b.value), Kind::Figure);
    ledger.compare(&format!("{path}/varAUCB"), b.map(|b| b.variance), Kind::Variance);
    ledger.compare(&format!("{path}/AUCAminusAUCB"), difference.map(|d| d.value), Kind::Figure);
    ledger.compare(&format!("{path}/varAUCAminusAUCB"), difference.map(|d| d.variance), Kind::Variance);
}

pub(crate) fn java(ledger: &mut Ledger, json: &Value, study: &Study, u: &UStatistics) {
    let figures = u.figures().expect("figures");
    // The program computes Hillis's degrees of freedom for crossed designs.
    let crossed = study.scores.iter().all(Option::is_some);
    for (path, row) in rows(json, JAVA) {
        let pair = which(study, row);
        counts(ledger, &path, study, pair);
        estimates(ledger, &path, u, pair, Estimator::Unbiased);
        let of = averaged(u, pair, Estimator::Unbiased, UnpairedDf::PerModality);
        let null = if pair.1.is_some() { 0.0 } else { 0.5 };
        test(ledger, &path, "normal", &of, Some(f64::INFINITY), DfRule::ImrmcJava, null);
        test(ledger, &path, "BDG", &of, of.df_bdg, DfRule::ImrmcJava, null);
        if crossed {
            test(ledger, &path, "Hillis", &of, Some(df_hillis(&figures, pair)), DfRule::ImrmcJava, null);
        }
    }
}

pub(crate) fn r(ledger: &mut Ledger, json: &Value, study: &Study, u: &UStatistics) {
    for (table, estimator) in [("Ustat", Estimator::Unbiased), ("MLEstat", Estimator::VStatistic)] {
        for (path, row) in rows(json, &format!("{R}/{table}")) {
            let pair = which(study, row);
            counts(ledger, &path, study, pair);
            estimates(ledger, &path, u, pair, estimator);
            let of = averaged(u, pair, estimator, UnpairedDf::Pooled);
            let null = if pair.1.is_some() { 0.0 } else { 0.5 };
            test(ledger, &path, "normal", &of, Some(f64::INFINITY), DfRule::ImrmcR, null);
            test(ledger, &path, "BDG", &of, of.df_bdg, DfRule::ImrmcR, null);
        }
    }
    let figures = u.figures().expect("figures");
    let readers = study.readers.len();
    for (path, row) in rows(json, &format!("{R}/perReader")) {
        let pair = which(study, row);
        let reader = study.reader(row["readerID"].as_str().expect("a name"));
        let at = |m: usize| m * readers + reader;
        let area = |m: usize| figures.values()[at(m)];
        let variance = |m: usize| figures.covariance(at(m), at(m));
        ledger.compare(&format!("{path}/AUCA"), Some(area(pair.0)), Kind::Figure);
        ledger.compare(&format!("{path}/varAUCA"), Some(variance(pair.0)), Kind::Variance);
        ledger.compare(&format!("{path}/AUCB"), pair.1.map(area), Kind::Figure);
        ledger.compare(&format!("{path}/varAUCB"), pair.1.map(variance), Kind::Variance);
        ledger.compare(&format!("{path}/AUCAminusAUCB"), pair.1.map(|b| area(pair.0) - area(b)), Kind::Figure);
        // Cases read in both; without any the package has no variance, though the two simply add up.
        let k = study.truth.len();
        let has = |m: usize, case: usize| study.scores[at(m) * k + case].is_some();
        let both = |case: usize| has(pair.0, case) && pair.1.is_none_or(|b| has(b, case));
        let of_difference = pair.1.map(|b| variance(pair.0) + variance(b) - 2.0 * figures.covariance(at(pair.0), at(b)));
        ledger.compare(&format!("{path}/varAUCAminusAUCB"), of_difference.filter(|_| (0..k).any(both)), Kind::Variance);
        cases(ledger, &path, study, both);
    }
    for (name, estimator) in [("Ustat", Estimator::Unbiased), ("MLE", Estimator::VStatistic)] {
        for table in ["comp", "coeff"] {
            for (path, row) in rows(json, &format!("{R}/varDecomp/BDG/{name}/{table}")) {
                let moments = of_row(study, u, row);
                let values = if table == "comp" { moments.of(estimator) } else { moments.coefficients };
                for (k, value) in values.into_iter().enumerate() {
                    // A V-statistic over no pairs is null there, a U-statistic 0.
                    let none = table == "comp" && name == "MLE" && moments.coefficients[k] == 0.0;
                    ledger.compare(&format!("{path}/M{}", k + 1), Some(value).filter(|_| !none), Kind::Variance);
                }
            }
            for (path, row) in rows(json, &format!("{R}/varDecomp/BCK/{name}/{table}")) {
                let moments = of_row(study, u, row);
                let Bck { n, d, nd, r, nr, dr, rnd } = if table == "comp" { moments.bck(estimator) } else { moments.bck_coefficients() };
                for (key, value) in [("N", n), ("D", d), ("ND", nd), ("R", r), ("NR", nr), ("DR", dr), ("RND", rnd)] {
                    ledger.compare(&format!("{path}/{key}"), Some(value), Kind::Variance);
                }
            }
        }
    }
}

fn of_row(study: &Study, u: &UStatistics, row: &Value) -> tiresias_mrmc::ustatistics::Moments {
    let name = |key: &str| study.modality(row[key].as_str().expect("a name"));
    u.moments(name("modalityID.1"), name("modalityID.2")).expect("moments")
}

pub(crate) fn independent(ledger: &mut Ledger, json: &Value, study: &Study, u: &UStatistics) {
    for (path, row) in rows(json, "independent_python/single") {
        let modality = study.modality(row["modality"].as_str().expect("a name"));
        let of = u.modality(modality, Estimator::Unbiased).expect("an area");
        let moments = u.moments(modality, modality).expect("moments");
        ledger.compare(&format!("{path}/auc"), Some(of.value), Kind::Figure);
        ledger.compare(&format!("{path}/var"), Some(of.variance), Kind::Variance);
        ledger.compare(&format!("{path}/dfBDG"), of.df_bdg, Kind::Df);
        for k in 0..8 {
            ledger.compare(&format!("{path}/M/{k}"), Some(moments.unbiased[k]), Kind::Variance);
            ledger.compare(&format!("{path}/coeff/{k}"), Some(moments.coefficients[k]), Kind::Variance);
        }
    }
    for (path, row) in rows(json, "independent_python/difference") {
        let name = |at: usize| study.modality(row["modalities"][at].as_str().expect("a name"));
        let of = u.difference(name(0), name(1), Estimator::Unbiased, UnpairedDf::Pooled).expect("a difference");
        let estimate = of.df_bdg.and_then(|df| of.estimate(df, DfRule::Unrounded, Some(0.0), Level::default()).ok());
        let normal = of.estimate(f64::INFINITY, DfRule::Unrounded, Some(0.0), Level::default()).ok();
        ledger.compare(&format!("{path}/est"), Some(of.value), Kind::Figure);
        ledger.compare(&format!("{path}/var"), Some(of.variance), Kind::Variance);
        if of.variance > 0.0 {
            ledger.compare(&format!("{path}/df"), of.df_bdg, Kind::Df);
        }
        ledger.compare(&format!("{path}/p"), estimate.and_then(|e| e.test).map(|t| t.p), Kind::P);
        ledger.compare(&format!("{path}/lo"), estimate.map(|e| e.interval.low), Kind::Interval);
        ledger.compare(&format!("{path}/hi"), estimate.map(|e| e.interval.high), Kind::Interval);
        ledger.compare(&format!("{path}/pnorm"), normal.and_then(|e| e.test).map(|t| t.p), Kind::P);
    }
}
