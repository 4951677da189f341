//! Readers and writers of the files that other programs of the field read and write.
//!
//! Owns a module for each form: iMRMC's text, long CSV (MRMCaov, the CSV of OR-DBM MRMC, and plain tables), `.lrc` of OR-DBM MRMC, and RJafroc's workbooks; and the
//! covariates of cases that a statistician brings.
//! A reader takes foreign bytes and gives a [`Dataset`], its names sorted as text (which is how those programs sort), or one sentence that names the place;
//! a writer keeps to what every program of its form was seen to read (notes/mrmc.md section 1). An exporter reads its own output with these, and compares by
//! [`same`], before it says that it is done.
//! Refuses: numbers that are none (NA, NaN, infinite), a score without truth, two scores for one cell.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod covariates;
mod data;
pub mod imrmc;
pub mod long;
pub mod lrc;
mod numbered;
pub mod rjafroc;
pub mod workbook;

pub use covariates::Covariates;
pub(crate) use data::in_order;
pub use data::{FormatError, Lesion, Lesions, Place};
pub use numbered::Numbered;

use crate::scoring::Dataset;

/// As much of a foreign id as a sentence repeats: our own are no longer.
const MAX_SHOWN: usize = 64;
/// No file of these kinds is longer.
pub(crate) const MAX_BYTES: usize = 256 << 20;

/// Whether two datasets say the same: the same scores under the same names, in whatever order, and no others. Lesions are compared by their order.
#[must_use]
pub fn same(a: &Dataset, b: &Dataset) -> bool {
    matches!((in_order(a), in_order(b)), (Ok(a), Ok(b)) if a == b)
}
