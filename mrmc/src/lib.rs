//! Statistics of reader studies on slices of numbers: nothing else.
//!
//! What belongs here: estimators and tests of multi-reader multi-case (MRMC) analysis, each with the paper and the
//! reference numbers it is checked against. What does not: files, clocks, randomness, names of readers or cases, any
//! other Tiresias crate. Numbers go in, numbers come out, and what cannot be estimated is an error with a reason.
//!
//! Where to start: a [`table::ScoreTable`] holds case-level scores of any design. [`figures::Figures::of_areas`] makes areas and
//! their covariances of it, which [`obuchowski_rockette`] analyses; [`figures::Jackknife`] does the same for any figure of merit
//! and feeds [`dorfman_berbaum_metz`] too; [`ustatistics`] takes the table itself, whatever is missing. Free-response and
//! located reads ([`froc`], [`lroc`]), clustered units ([`clusters`]) and reading times ([`times`]) become a jackknife. Agreement of
//! readers, or of the repeats of one, is in [`kappa`], [`krippendorff`] and [`icc`], which has the limits of agreement too.

#![forbid(unsafe_code)]

pub mod changes;
pub mod clusters;
pub mod curve;
pub mod distribution;
pub mod dorfman_berbaum_metz;
pub mod figures;
pub mod froc;
pub mod hypotheses;
pub mod icc;
pub mod inference;
pub mod kappa;
pub mod krippendorff;
pub mod lroc;
pub mod missing;
pub mod nested_readers;
pub mod obuchowski_rockette;
mod placement;
pub mod power;
pub mod proportion;
pub mod ratings;
pub mod roc;
pub mod standalone;
pub mod subgroups;
pub mod table;
pub mod times;
pub mod ustatistics;
