//! The statistics equal what published tools computed from the same data: every number of every file of expectations is
//! compared within the file's own tolerance, or is an exception of `tests/data/mrmc/exceptions.csv`, which names tool, dataset, quantity and convention
//! (notes/mrmc.md 2.4). How many were compared follows from the files, and is printed.
//!
//! One set of scores travels in `tests/data/mrmc`; the others are walked where `../shared/reference/mrmc` is there. Where
//! the tools disagree on purpose, each is compared under its own convention, so that nothing may differ.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

mod analyses;
mod imrmc;
mod ledger;
mod marks;
mod planning;
mod scores;

use crate::ledger::{Kind, Ledger};
use crate::scores::Study;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use tiresias_mrmc::figures::{CovarianceMethod, Figures, Jackknife};
use tiresias_mrmc::inference::{Estimate, Level};
use tiresias_mrmc::obuchowski_rockette::Random;
use tiresias_mrmc::roc::{Group, Scores};
use tiresias_mrmc::ustatistics::UStatistics;
use tiresias_tests::{Walk, fixtures, shared};

const ROC: &[&str] = &["imrmc_demo", "vandyke", "franken", "kundel", "penedo_roc"];

/// Numbers of each tool that were compared, and what differs.
type Outcome = (BTreeMap<String, usize>, Vec<String>);

/// A file of the reference sets.
fn file(name: &str) -> Option<PathBuf> {
    let folders = [Some(fixtures().join("mrmc")), shared().map(|folder| folder.join("reference").join("mrmc"))];
    folders.into_iter().flatten().map(|folder| folder.join(name)).find(|path| path.exists())
}

fn expectations(set: &str) -> Option<Value> {
    let text = fs::read_to_string(file(&format!("{set}.expected.json"))?).expect("expected numbers");
    Some(serde_json::from_str(&text).expect("JSON"))
}

/// Single readers against pROC.
fn proc(ledger: &mut Ledger, json: &Value, study: &Study) {
    for (path, row) in analyses::rows(json, "pROC") {
        let name = |key: &str| row[key].as_str().expect("a name");
        let (normal, diseased) = study.cell(study.modality(name("modality")), study.reader(name("reader")));
        let scores = Scores::new(&normal, &diseased).expect("scores");
        let variance = scores.delong_variance().expect("a variance");
        let interval = Estimate::new(scores.auc(), variance.sqrt(), f64::INFINITY, None, Level::default()).interval.within(0.0, 1.0);
        ledger.compare(&format!("{path}/auc"), Some(scores.auc()), Kind::Figure);
        ledger.compare(&format!("{path}/varDeLong"), Some(variance), Kind::Variance);
        ledger.compare(&format!("{path}/ci_lo"), Some(interval.low), Kind::Interval);
        ledger.compare(&format!("{path}/ci_hi"), Some(interval.high), Kind::Interval);
        ledger.compare(&format!("{path}/pAUC_spec_0.8_1"), scores.partial_area_fpf(0.0, 0.2).ok(), Kind::Figure);
        ledger.compare(&format!("{path}/pAUC_sens_0.8_1"), scores.partial_area_tpf(0.8, 1.0).ok(), Kind::Figure);
        ledger.compare(&format!("{path}/sens_at_spec_0.9"), scores.sensitivity_at(0.9).ok(), Kind::Figure);
    }
}

/// All of one set of case-level scores.
fn roc(set: &str, study: &Study, json: &Value) -> Outcome {
    let mut ledger = Ledger::new(set, json);
    let table = study.table();
    let of_truth = |group: Group| Some(study.truth.iter().filter(|truth| **truth == group).count() as f64);
    ledger.compare("n/negatives", of_truth(Group::Normal), Kind::Count);
    ledger.compare("n/positives", of_truth(Group::Diseased), Kind::Count);
    proc(&mut ledger, json, study);
    let u = UStatistics::of(&table);
    imrmc::java(&mut ledger, json, study, &u);
    imrmc::r(&mut ledger, json, study, &u);
    imrmc::independent(&mut ledger, json, study, &u);
    let names: [&[String]; 2] = [&study.modalities, &study.readers];
    if json.get("tool_refused").is_none() {
        let methods =
            [("DeLong", CovarianceMethod::DeLong), ("jackknife", CovarianceMethod::Jackknife), ("unbiased", CovarianceMethod::Unbiased)];
        for (name, method) in methods {
            let figures = Figures::of_areas(&table, method).expect("figures");
            for (kind, random) in [("RRRC", Random::ReadersAndCases), ("FRRC", Random::Cases)] {
                analyses::mrmcaov(&mut ledger, json, &format!("MRMCaov_0.3.0_{name}_{kind}"), &figures, random, names);
            }
        }
        let jackknife = Jackknife::of_areas(&table).expect("figures");
        let figures = jackknife.figures();
        analyses::mrmcaov(&mut ledger, json, "MRMCaov_0.3.0_RRFC", &figures, Random::Readers, names);
        for (kind, names) in [("modalities", &study.modalities), ("readers", &study.readers)] {
            let theirs = json["RJafroc_2.1.3"]["map"][kind].as_array().expect("a list");
            assert!(theirs.iter().zip(names).all(|(theirs, ours)| theirs == ours), "{set}: {kind} come in another order");
        }
        analyses::rjafroc_or(&mut ledger, json, "RJafroc_2.1.3/OR_jackknife", &figures);
        analyses::rjafroc_dbm(&mut ledger, json, "RJafroc_2.1.3/DBM", &jackknife);
    }
    ledger.close()
}

/// Prints what was compared, and asserts that nothing differs.
#[expect(clippy::print_stdout, reason = "the counts by tool are the point")]
fn report(walk: Walk, what: &str, outcomes: Vec<(&str, Outcome)>, at_least: usize) {
    let mut all = 0;
    let mut differences = Vec::new();
    for (set, (compared, found)) in outcomes {
        let tools: Vec<String> = compared.iter().map(|(tool, n)| format!("{tool} {n}")).collect();
        println!("{set}: {}", tools.join(", "));
        all += compared.values().sum::<usize>();
        differences.extend(found);
    }
    walk.report(&format!("{what}, {all} numbers compared, {} differ", differences.len()));
    // One set travels with the project; the others are compared where the larger collection is.
    let is_whole = shared().is_some_and(|folder| folder.join("reference/mrmc").is_dir());
    assert!(all >= at_least || !is_whole, "{all} numbers compared");
    assert!(differences.is_empty(), "{} differences\n{}\n", differences.len(), differences[..differences.len().min(60)].join("\n"));
}

#[test]
fn scores_of_cases_equal_the_tools() {
    let (mut walk, mut outcomes) = (Walk::new(), Vec::new());
    for set in ROC {
        let csv = file(&format!("{set}.csv"));
        walk.count(csv.is_some());
        if let Some((csv, json)) = csv.zip(expectations(set)) {
            outcomes.push((*set, roc(set, &Study::read(&csv), &json)));
        }
    }
    report(walk, "analyses of case-level scores against published tools", outcomes, 1500);
}

#[test]
fn marks_and_located_ratings_equal_rjafroc() {
    let (mut walk, mut outcomes) = (Walk::new(), Vec::new());
    for set in ["fed_froc", "jt_froc"] {
        let files = file(&format!("{set}_truth.csv")).zip(file(&format!("{set}_marks.csv")));
        walk.count(files.is_some());
        if let Some(((truth, marks), json)) = files.zip(expectations(set)) {
            let mut ledger = Ledger::new(set, &json);
            marks::froc(&mut ledger, &json, &marks::Froc::read(&truth, &marks));
            outcomes.push((set, ledger.close()));
        }
    }
    let csv = file("cadlroc.csv");
    walk.count(csv.is_some());
    if let Some((csv, json)) = csv.zip(expectations("cadlroc")) {
        let mut ledger = Ledger::new("cadlroc", &json);
        marks::lroc(&mut ledger, &csv);
        outcomes.push(("cadlroc", ledger.close()));
    }
    report(walk, "figures of merit of marks and located ratings against RJafroc", outcomes, 0);
}

#[test]
fn sample_size_and_agreement_equal_the_tools() {
    let (mut walk, mut outcomes) = (Walk::new(), Vec::new());
    let set = "vandyke_samplesize_agreement";
    let found = file("vandyke.csv").zip(expectations(set));
    walk.count(found.is_some());
    if let Some((csv, json)) = found {
        let mut ledger = Ledger::new(set, &json);
        let study = Study::read(&csv);
        planning::sample_size(&mut ledger, &study);
        planning::agreement(&mut ledger, &json, &study);
        outcomes.push((set, ledger.close()));
    }
    report(walk, "sample size and agreement against published tools", outcomes, 0);
}

#[test]
fn no_file_of_expectations_is_forgotten() {
    let Some(folder) = shared().map(|folder| folder.join("reference/mrmc")).filter(|folder| folder.is_dir()) else { return };
    let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let found: Vec<String> = names.filter_map(|name| name.strip_suffix(".expected.json").map(str::to_owned)).collect();
    let walked = [ROC, &["fed_froc", "jt_froc", "cadlroc", "vandyke_samplesize_agreement"]].concat();
    assert!(found.len() == walked.len() && found.iter().all(|set| walked.contains(&set.as_str())), "{found:?}");
}

#[test]
fn a_wrong_score_is_noticed() {
    let (csv, json) = file("imrmc_demo.csv").zip(expectations("imrmc_demo")).expect("the set that travels");
    let mut study = Study::read(&csv);
    let normal = study.truth.iter().position(|truth| *truth == Group::Normal).expect("a normal case");
    // Above every diseased case, so that an area must fall, and with it nearly everything.
    study.scores[normal] = Some(f64::INFINITY);
    let (compared, differences) = roc("imrmc_demo", &study, &json);
    assert!(differences.len() > 500, "{} of {compared:?} differ", differences.len());
}
