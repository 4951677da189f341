//! Statistics of reader studies on slices of numbers: nothing else.
//!
//! What belongs here: estimators and tests of multi-reader multi-case (MRMC) analysis, each with the paper and the
//! reference numbers it is checked against. What does not: files, clocks, randomness, names of readers or cases, any
//! other Tiresias crate. Numbers go in, numbers come out, and what cannot be estimated is an error with a reason.

#![forbid(unsafe_code)]

pub mod curve;
pub mod distribution;
pub mod dorfman_berbaum_metz;
pub mod figures;
pub mod inference;
pub mod obuchowski_rockette;
mod placement;
pub mod roc;
pub mod table;
pub mod ustatistics;
