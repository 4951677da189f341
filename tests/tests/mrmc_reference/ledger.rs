//! An account of every number in a file of expectations: compared, or an exception that is written down as data.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How near a number must be; the sizes are those of the files themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Areas and other figures of merit, absolute.
    Figure,
    /// Variances, mean squares, standard errors, test statistics: relative.
    Variance,
    /// Degrees of freedom, relative.
    Df,
    /// p values, absolute.
    P,
    /// Ends of intervals, absolute.
    Interval,
    /// Counts, exact.
    Count,
}

struct Tolerance {
    auc_abs: f64,
    variance_rel: f64,
    df_rel: f64,
    p_abs: f64,
    ci_abs: f64,
}

/// The numbers of one file.
pub(crate) struct Ledger {
    set: String,
    leaves: BTreeMap<String, Value>,
    done: BTreeSet<String>,
    exceptions: Vec<Exception>,
    tolerance: Tolerance,
    pub(crate) differences: Vec<String>,
}

impl Ledger {
    pub(crate) fn new(set: &str, json: &Value) -> Self {
        let mut leaves = BTreeMap::new();
        gather("", json, &mut leaves);
        let tolerance = |name: &str| json["tolerance"][name].as_f64().expect("a tolerance");
        let tolerance = Tolerance {
            auc_abs: tolerance("auc_abs"),
            variance_rel: tolerance("variance_rel"),
            df_rel: tolerance("df_rel"),
            p_abs: tolerance("p_abs"),
            ci_abs: tolerance("ci_abs"),
        };
        let exceptions = Exception::all().into_iter().filter(|e| e.dataset == "*" || e.dataset == set).collect();
        Self { set: set.to_owned(), leaves, done: BTreeSet::new(), exceptions, tolerance, differences: Vec::new() }
    }

    /// Compares one number; `None` here must be null there.
    pub(crate) fn compare(&mut self, path: &str, ours: Option<f64>, kind: Kind) {
        let Some(theirs) = self.leaves.get(path) else {
            return self.differences.push(format!("{} {path}: no such number", self.set));
        };
        assert!(!self.exceptions.iter().any(|e| e.is_about(path)), "{} {path} is compared, and an exception too", self.set);
        self.done.insert(path.to_owned());
        let t = &self.tolerance;
        let fits = match (ours, theirs.as_f64()) {
            (None, None) => theirs.is_null(),
            (Some(ours), Some(theirs)) => {
                let allowed = match kind {
                    Kind::Figure => t.auc_abs,
                    Kind::Variance => t.variance_rel * theirs.abs() + 1e-15,
                    Kind::Df => t.df_rel * theirs.abs(),
                    Kind::P => t.p_abs,
                    Kind::Interval => t.ci_abs,
                    Kind::Count => 0.0,
                };
                (ours - theirs).abs() <= allowed
            }
            _ => false,
        };
        if !fits {
            self.differences.push(format!("{} {path}: {ours:?} here, {theirs} there", self.set));
        }
    }

    /// What was compared, by tool: as many as the file has numbers, but for its exceptions. Each number that nobody looked at is a difference, and so is an
    /// exception that is about no number.
    pub(crate) fn close(mut self) -> (BTreeMap<String, usize>, Vec<String>) {
        for exception in &self.exceptions {
            if !self.leaves.keys().any(|path| exception.is_about(path)) {
                self.differences.push(format!("{} {}: an exception is about no number", self.set, exception.quantity));
            }
        }
        let mut compared: BTreeMap<String, usize> = BTreeMap::new();
        for path in self.leaves.keys().filter(|path| !self.exceptions.iter().any(|e| e.is_about(path))) {
            if self.done.contains(path) {
                *compared.entry(path.split('/').next().unwrap_or_default().to_owned()).or_default() += 1;
            } else {
                self.differences.push(format!("{} {path}: nobody compares this number", self.set));
            }
        }
        (compared, self.differences)
    }
}

/// Numbers that are not compared, from notes/mrmc.md 2.4: one row of `exceptions.csv`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    tool: String,
    dataset: String,
    /// A path of the file; `*` stands for any characters.
    quantity: String,
    convention: String,
}

impl Exception {
    /// All of them, each with its tool, dataset, quantity and convention.
    pub(crate) fn all() -> Vec<Self> {
        let rows = csv::Reader::from_reader(&include_bytes!("../../data/mrmc/exceptions.csv")[..]).into_deserialize();
        let rows: Vec<Self> = rows.collect::<Result<_, _>>().expect("rows of four columns");
        let is_whole = |e: &Self| ![&e.tool, &e.dataset, &e.quantity, &e.convention].iter().any(|text| text.is_empty());
        assert!(rows.iter().all(is_whole), "each names tool, dataset, quantity and convention");
        rows
    }
    fn is_about(&self, path: &str) -> bool {
        matches(&self.quantity, path)
    }
}

/// Whether a text has the form of a pattern, in which `*` stands for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text
            .strip_prefix(start)
            .is_some_and(|after| (0..=after.len()).any(|at| after.is_char_boundary(at) && matches(rest, &after[at..]))),
    }
}

/// Numbers and nulls by their path; names and remarks are not numbers.
fn gather(path: &str, value: &Value, leaves: &mut BTreeMap<String, Value>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| gather(&below(key), value, leaves)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| gather(&below(&at.to_string()), value, leaves)),
        Value::Number(_) | Value::Null => {
            leaves.insert(path.to_owned(), value.clone());
        }
        Value::String(_) | Value::Bool(_) => {}
    }
}
