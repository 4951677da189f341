//! Sample size and agreement of Van Dyke's study, against RJafroc, psych and an independent script.

use crate::ledger::{Kind, Ledger};
use crate::scores::Study;
use serde_json::Value;
use tiresias_mrmc::figures::{CovarianceMethod, Figures};
use tiresias_mrmc::icc::{IccForm, icc};
use tiresias_mrmc::inference::Level;
use tiresias_mrmc::kappa::{Weights, cohen, fleiss};
use tiresias_mrmc::krippendorff::{Metric, alpha};
use tiresias_mrmc::obuchowski_rockette::{ObuchowskiRockette, Random};
use tiresias_mrmc::power::Pilot;
use tiresias_mrmc::ratings::Ratings;

const METRICS: [(&str, Metric); 4] =
    [("nominal", Metric::Nominal), ("ordinal", Metric::Ordinal), ("interval", Metric::Interval), ("ratio", Metric::Ratio)];

pub(crate) fn sample_size(ledger: &mut Ledger, study: &Study) {
    let at = "sample_size_RJafroc_2.1.3_OR_jackknife";
    let figures = Figures::of_areas(&study.table(), CovarianceMethod::Jackknife).expect("figures");
    let or = ObuchowskiRockette::new(&figures, crate::analyses::RJAFROC, Level::default());
    let pilot = Pilot::of(&or, study.truth.len());
    for (name, random, critical) in
        [("RRRC", Random::ReadersAndCases, "f"), ("FRRC", Random::Cases, "chsq"), ("RRFC", Random::Readers, "f")]
    {
        let power = pilot.power(random, 0.05, 6, 251, Level::default()).expect("a power");
        let path = format!("{at}/power_J6_K251_ES0.05_{name}");
        ledger.compare(&format!("{path}/power{name}"), Some(power.power), Kind::P);
        ledger.compare(&format!("{path}/ncp{name}"), Some(power.noncentrality), Kind::Variance);
        ledger.compare(&format!("{path}/df2{name}"), Some(power.df2).filter(|df| df.is_finite()), Kind::Df);
        ledger.compare(&format!("{path}/{critical}{name}"), Some(power.critical), Kind::Variance);
    }
    for readers in [6, 8, 10] {
        let random = Random::ReadersAndCases;
        let cases = pilot.cases_for(random, 0.05, readers, 0.8, Level::default()).expect("a number of cases");
        let power = pilot.power(random, 0.05, readers, cases, Level::default()).expect("a power");
        ledger.compare(&format!("{at}/K_for_J{readers}/KRRRC"), Some(cases as f64), Kind::Count);
        ledger.compare(&format!("{at}/K_for_J{readers}/powerRRRC"), Some(power.power), Kind::P);
    }
}

pub(crate) fn agreement(ledger: &mut Ledger, json: &Value, study: &Study) {
    let cases = study.truth.len();
    for (modality, name) in study.modalities.iter().enumerate() {
        let ratings = &study.scores[modality * study.readers.len() * cases..][..study.readers.len() * cases];
        let ratings = Ratings::new(study.readers.len(), cases, ratings).expect("ratings");
        let by_case = ratings.by_case();
        // A scale from 1 to 5.
        let category = |rating: f64| rating as usize - 1;
        let pairs: Vec<(usize, usize)> = by_case.iter().map(|case| (category(case[0]), category(case[1]))).collect();
        for (key, weights) in [("none", Weights::None), ("linear", Weights::Linear), ("quadratic", Weights::Quadratic)] {
            let kappa = cohen(&pairs, 5, weights, Level::default()).expect("kappa").value;
            ledger.compare(&format!("agreement_python/{name}/kappa_r1r2/{key}"), Some(kappa), Kind::Figure);
            if key != "linear" {
                let psych = if key == "none" { "unweighted" } else { key };
                ledger.compare(&format!("agreement_R_psych/modality{name}_kappa_r1r2/{psych}"), Some(kappa), Kind::Figure);
            }
        }
        let categories: Vec<Vec<usize>> = by_case.iter().map(|case| case.iter().map(|r| category(*r)).collect()).collect();
        ledger.compare(&format!("agreement_python/{name}/fleiss"), fleiss(&categories, 5).ok(), Kind::Figure);
        for (key, metric) in METRICS {
            ledger.compare(&format!("agreement_python/{name}/krippendorff/{key}"), alpha(&by_case, metric).ok(), Kind::Figure);
        }
        let forms = [("ICC1", IccForm::OneWay), ("ICC2", IccForm::TwoWayRandom), ("ICC3", IccForm::TwoWayMixed)];
        for (at, (key, form)) in forms.into_iter().enumerate() {
            let found = icc(&ratings, form, Level::default()).expect("a correlation");
            for (found, (row, suffix)) in found.into_iter().zip([(at, ""), (at + 3, "k")]) {
                let path = format!("agreement_R_psych/modality{name}_ICC/{row}");
                let type_of = json["agreement_R_psych"][format!("modality{name}_ICC")][row]["type"].as_str();
                assert_eq!(type_of, Some(format!("{key}{suffix}").as_str()));
                ledger.compare(&format!("{path}/ICC"), Some(found.value), Kind::Figure);
                ledger.compare(&format!("{path}/F"), Some(found.f), Kind::Variance);
                ledger.compare(&format!("{path}/df1"), Some(found.df1), Kind::Df);
                ledger.compare(&format!("{path}/df2"), Some(found.df2), Kind::Df);
                ledger.compare(&format!("{path}/p"), Some(found.p), Kind::P);
                ledger.compare(&format!("{path}/lower bound"), Some(found.interval.low), Kind::Interval);
                ledger.compare(&format!("{path}/upper bound"), Some(found.interval.high), Kind::Interval);
            }
        }
    }
    let raters = json["krippendorff2011_example_data"].as_array().expect("raters");
    let ratings: Vec<Option<f64>> = raters.iter().flat_map(|rater| rater.as_array().expect("ratings")).map(Value::as_f64).collect();
    let cases = Ratings::new(raters.len(), ratings.len() / raters.len(), &ratings).expect("ratings").by_case();
    for (key, metric) in METRICS {
        ledger.compare(&format!("agreement_python/krippendorff2011_example/{key}"), alpha(&cases, metric).ok(), Kind::Figure);
    }
}
