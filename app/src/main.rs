//! The binary `tiresias`: everything is in the library, so that tests use the same.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    tiresias::cli::run()
}
