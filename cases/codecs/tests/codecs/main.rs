//! The codecs in this process: against values that other software made, and against data that was damaged on purpose.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

mod bad;
mod dicom;
mod hostile;
mod real;
#[path = "../support/mod.rs"]
mod support;
