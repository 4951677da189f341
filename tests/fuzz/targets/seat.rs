//! Fuzz target: the property of the same name.

#![no_main]

use tiresias_fuzz::{remember_panics, stop_at};

libfuzzer_sys::fuzz_target!(init: remember_panics(), |input| stop_at("seat", input));
