//! An account of every number in a file of expectations: compared, or left out for a reason that is written down.

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
    compared: BTreeMap<String, usize>,
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
        let (done, compared, differences) = (BTreeSet::new(), BTreeMap::new(), Vec::new());
        Self { set: set.to_owned(), leaves, done, compared, tolerance, differences }
    }

    /// Compares one number; `None` here must be null there.
    pub(crate) fn compare(&mut self, path: &str, ours: Option<f64>, kind: Kind) {
        let Some(theirs) = self.leaves.get(path) else {
            return self.differences.push(format!("{} {path}: no such number", self.set));
        };
        self.done.insert(path.to_owned());
        let tool = path.split('/').next().unwrap_or_default().to_owned();
        *self.compared.entry(tool).or_default() += 1;
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

    /// Leaves out what no analysis makes, for a reason.
    pub(crate) fn leave_out(&mut self, pattern: impl Fn(&str) -> bool, reason: &str) {
        assert!(!reason.is_empty(), "a number is left out for a reason");
        let found: Vec<String> = self.leaves.keys().filter(|path| pattern(path)).cloned().collect();
        self.done.extend(found);
    }

    /// What was compared, by tool; each number that nobody looked at is a difference.
    pub(crate) fn close(mut self) -> (BTreeMap<String, usize>, Vec<String>) {
        for path in self.leaves.keys().filter(|path| !self.done.contains(*path)) {
            self.differences.push(format!("{} {path}: nobody compares this number", self.set));
        }
        (self.compared, self.differences)
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
