//! Geometry of issue 4 by things that are known beforehand: what each stack is found to be, where a phantom's anatomy comes to lie on the screen and which
//! letters stand there, and how long and how steep are lines between points of a phantom.
//!
//! Everything goes the reader's way: DICOM files, their headers, the volume, the renderer. What is expected is computed here from the phantom, by formulas of
//! this folder's own.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says its figures, its functions too"
)]

mod laterality;
mod lengths;
mod phantom;
mod verdicts;
