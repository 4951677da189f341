//! Every pixel is what the standard says: the real program against what other programs made of the same files, and against files that are damaged.
//!
//! [`walk`] goes through all references, [`gpu`] shows that the GPU gives the same pictures, [`bad`] that damaged and hostile files get what they must,
//! [`command`] that wrong questions are refused. What may be refused, and what a damaged file must get, stands in the TOML files beside this one.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says its figures, its functions too"
)]

mod bad;
mod collection;
mod command;
mod gpu;
mod meter;
mod table;
mod walk;
