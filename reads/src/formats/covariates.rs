//! What is known of cases beside their truth (site, vendor, density, age band): a CSV whose first line names `case` and the covariates.
//!
//! An empty value is one that nobody knows. Refuses: a case that stands there twice, two covariates of one name, and more of them than anybody looks at.

use super::data::{FormatError, named};
use super::long::{CASE, Table, filled, value};
use crate::hash;
use std::collections::{BTreeMap, BTreeSet};
use tiresias_words::ContentHash;

/// No file of covariates has more columns.
const MOST: usize = 50;

/// Covariates of cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covariates {
    hash: ContentHash,
    names: Vec<String>,
    /// The values of each case, in the order of the names.
    cases: BTreeMap<String, Vec<String>>,
}

impl Covariates {
    /// Reads a table.
    ///
    /// # Errors
    /// With the first line that is not right.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let table = Table::open(bytes)?;
        let case = table.column(CASE)?;
        let of: Vec<usize> = (0..table.headers().len()).filter(|at| *at != case).collect();
        let names: Vec<String> = of.iter().filter_map(|at| table.headers().get(*at).cloned()).collect();
        let mut seen = BTreeSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(FormatError::line(1, format!("There are two columns {}: leave one.", named(twice))));
        }
        if names.is_empty() || names.len() > MOST || names.iter().any(String::is_empty) {
            let why = format!("The first line names `case` and 1 to {MOST} covariates, each by a word.");
            return Err(FormatError::line(1, why));
        }
        let mut cases = BTreeMap::new();
        table.rows(|record, _| {
            let name = filled(record, case, "case")?;
            let values = of.iter().map(|at| value(record, *at).to_owned()).collect();
            match cases.insert(name.to_owned(), values) {
                Some(_) => Err(format!("The case {} stands here twice: leave one line.", named(name))),
                None => Ok(()),
            }
        })?;
        Ok(Self { hash: hash::of_bytes(bytes), names, cases })
    }

    /// SHA-256 of the file.
    #[must_use]
    pub const fn hash(&self) -> ContentHash {
        self.hash
    }
    /// The covariates, in small letters, in the order of the file.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }
    /// The cases of the file.
    pub fn cases(&self) -> impl Iterator<Item = &str> {
        self.cases.keys().map(String::as_str)
    }
    /// Whether there is a covariate of this name, in whatever letters.
    #[must_use]
    pub fn has(&self, covariate: &str) -> bool {
        self.place(covariate).is_some()
    }
    fn place(&self, covariate: &str) -> Option<usize> {
        let small = covariate.to_lowercase();
        self.names.iter().position(|name| *name == small)
    }
    /// The value of a covariate for a case, where both are there and it is known.
    #[must_use]
    pub fn value(&self, covariate: &str, case: &str) -> Option<&str> {
        let at = self.place(covariate)?;
        self.cases.get(case)?.get(at).map(String::as_str).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_case_and_name() {
        let read = Covariates::parse(b"Case,Site,Age band\nC-1,A,40-49\nC-2,, 50-59 \n").unwrap();
        assert_eq!(read.names(), ["site", "age band"]);
        assert_eq!(read.cases().collect::<Vec<_>>(), ["C-1", "C-2"]);
        assert_eq!([read.value("site", "C-1"), read.value("Age Band", "C-2")], [Some("A"), Some("50-59")]);
        let foreign = Covariates::parse("case,\u{dc}bergewicht\nC-1,ja\n".as_bytes()).unwrap();
        assert!(foreign.has("\u{dc}bergewicht") && foreign.value("\u{dc}BERGEWICHT", "C-1") == Some("ja"));
        assert_eq!([read.value("site", "C-2"), read.value("site", "C-3"), read.value("vendor", "C-1")], [None; 3]);
    }

    #[test]
    fn what_is_not_right_is_told_with_its_line() {
        for (text, line, why) in [
            ("site\nA\n", 1, "no column `case`"),
            ("case\nC-1\n", 1, "1 to 50 covariates"),
            ("case,site,Site\nC-1,A,B\n", 1, "two columns"),
            ("case,,b\nC-1,A,B\n", 1, "1 to 50 covariates"),
            ("case,site\nC-1,A\nC-1,B\n", 3, "stands here twice"),
            ("case,site\n,A\n", 2, "The case is empty"),
            ("case,site\nC-1\n", 2, "There are 1 values"),
            ("case,site\nC-1,\u{fffd}A\u{0}\n", 0, ""),
        ] {
            match Covariates::parse(text.as_bytes()) {
                Err(e) => assert!(e.at_line() == Some(line) && e.why.contains(why), "{text:?}: {e}"),
                Ok(_) => assert_eq!(line, 0, "{text:?}"),
            }
        }
    }
}
