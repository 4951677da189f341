//! Areas and DeLong variances of single readers equal what published tools computed from the same scores.
//!
//! One set of scores travels in `tests/data/mrmc`; the others are walked where `../shared/reference/mrmc` is there. The keys
//! are those of its README: `pROC` (area, DeLong variance), iMRMC's `perReader` (area) and RJafroc's table of areas.
//! Tolerances are the files' own: absolute for areas, relative for variances.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tiresias_mrmc::roc::Scores;
use tiresias_tests::{Walk, fixtures, shared};

const SETS: &[&str] = &["imrmc_demo", "vandyke", "franken", "kundel", "penedo_roc"];

/// The scores of each modality and reader: normal cases, diseased cases.
type Study = BTreeMap<(String, String), (Vec<f64>, Vec<f64>)>;

#[derive(serde::Deserialize)]
struct Line {
    modality: String,
    reader: String,
    truth: u8,
    score: f64,
}

fn study(csv: &Path) -> Study {
    let mut study = Study::new();
    for line in csv::Reader::from_path(csv).expect("a table of scores").deserialize() {
        let Line { modality, reader, truth, score } = line.expect("modality, reader, case, truth, score");
        let (normal, diseased) = study.entry((modality, reader)).or_default();
        if truth == 1 { diseased } else { normal }.push(score);
    }
    study
}

/// What a tool says of one reader in one modality.
struct Expected {
    tool: &'static str,
    cell: (String, String),
    auc: f64,
    delong: Option<f64>,
}

/// Every number of single readers in a file of expectations.
fn expectations(json: &Value) -> Vec<Expected> {
    let text = |v: &Value| v.as_str().expect("a name").to_owned();
    let number = |v: &Value| v.as_f64().expect("a number");
    let list = |v: &Value| v.as_array().expect("a list").clone();
    let mut expected = Vec::new();
    for row in list(&json["pROC"]) {
        let cell = (text(&row["modality"]), text(&row["reader"]));
        expected.push(Expected { tool: "pROC", cell, auc: number(&row["auc"]), delong: Some(number(&row["varDeLong"])) });
    }
    // Rows of a pair of modalities repeat the areas of each; those of one modality alone have no second.
    for row in list(&json["iMRMC_R_2.1.2"]["perReader"]).iter().filter(|row| row["modalityB"] == "NO_MOD") {
        let cell = (text(&row["modalityA"]), text(&row["readerID"]));
        expected.push(Expected { tool: "iMRMC", cell, auc: number(&row["AUCA"]), delong: None });
    }
    if let Some(rjafroc) = json.get("RJafroc_2.1.3") {
        let names = |kind: &str| list(&rjafroc["map"][kind]);
        let foms = list(&rjafroc["OR_jackknife"]["FOMs"]["foms"]);
        for (modality, row) in names("modalities").iter().zip(foms) {
            for (reader, auc) in names("readers").iter().zip(list(&row)) {
                expected.push(Expected { tool: "RJafroc", cell: (text(modality), text(reader)), auc: number(&auc), delong: None });
            }
        }
    }
    expected
}

/// Compares one set; returns how many numbers were compared, and what differs.
fn compare(study: &Study, json: &Value) -> (usize, Vec<String>) {
    let (auc_abs, variance_rel) = (json["tolerance"]["auc_abs"].as_f64().unwrap(), json["tolerance"]["variance_rel"].as_f64().unwrap());
    let (mut compared, mut differences) = (0, Vec::new());
    for Expected { tool, cell, auc, delong } in expectations(json) {
        let (normal, diseased) = study.get(&cell).expect("scores for each reader that a tool names");
        let scores = Scores::new(normal, diseased).expect("scores");
        compared += 1;
        if (scores.auc() - auc).abs() > auc_abs {
            differences.push(format!("{cell:?}: area {} here, {auc} in {tool}", scores.auc()));
        }
        if let Some(variance) = delong {
            compared += 1;
            let ours = scores.delong_variance().expect("two cases in each group");
            if (ours - variance).abs() > variance_rel * variance.abs() {
                differences.push(format!("{cell:?}: variance {ours} here, {variance} in {tool}"));
            }
        }
    }
    (compared, differences)
}

fn load(csv: &Path) -> (Study, Value) {
    let json = fs::read_to_string(csv.with_extension("expected.json")).expect("expected numbers beside the scores");
    (study(csv), serde_json::from_str(&json).expect("JSON"))
}

#[test]
fn readers_equal_the_tools() {
    let folders: Vec<PathBuf> =
        [Some(fixtures().join("mrmc")), shared().map(|folder| folder.join("reference").join("mrmc"))].into_iter().flatten().collect();
    let (mut walk, mut numbers, mut differences) = (Walk::new(), 0, Vec::new());
    for set in SETS {
        let csv = folders.iter().map(|folder| folder.join(format!("{set}.csv"))).find(|csv| csv.exists());
        walk.count(csv.is_some());
        if let Some(csv) = csv {
            let (study, json) = load(&csv);
            let (compared, found) = compare(&study, &json);
            numbers += compared;
            differences.extend(found.into_iter().map(|difference| format!("{set} {difference}")));
        }
    }
    walk.report(&format!("areas and variances of single readers, {numbers} numbers compared"));
    assert!(walk.walked() > 0 && numbers >= 40, "{numbers} numbers in {} sets", walk.walked());
    assert!(differences.is_empty(), "\n{}\n", differences.join("\n"));
}

#[test]
fn a_wrong_score_is_noticed() {
    let (mut study, json) = load(&fixtures().join("mrmc").join("imrmc_demo.csv"));
    let (normal, _) = study.values_mut().next().expect("a reader");
    // Above every diseased case, so that the area must fall.
    normal[0] = f64::INFINITY;
    let (_, differences) = compare(&study, &json);
    assert_eq!(differences.len(), 4, "one area in three tools and one variance: {differences:?}");
}
