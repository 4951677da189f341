//! Readers for the files that exports write and that other programs of the field read and write.
//!
//! An exporter reads its own output with these before it says that it is done.

pub mod imrmc;
