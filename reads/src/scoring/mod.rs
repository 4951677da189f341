//! Scoring: locked reads joined with truth, one score a cell.
//!
//! `table` is the scored table of a study, with what each mark is on and why a cell has no score; `dataset` is what analyses and file formats take. Truth
//! is joined by package, at the study desk: no reader's machine has it.

pub mod dataset;
mod join;
mod table;

pub use crate::matching::MarkFate;
pub use dataset::{DataCase, DataLesion, Dataset, DatasetError, LocatedRating, RatedMark, Scores};
pub use join::{Holding, MaskMeasure, MaskMeasures, Reads, ScoringError, score};
pub use table::{
    Cell, HowScored, Repeat, Score, ScoredCase, ScoredLesion, ScoredMark, ScoredParadigm, ScoredTable, ScoredUnit, UnitRating, View,
    ViewError,
};
