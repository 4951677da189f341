//! The fuzz targets' common part: what a fuzzer needs around the properties, which are in [`properties`].
//!
//! Owns: how a fuzzer learns that a property does not hold, and what it is told of a panic. Refuses: to judge inputs itself.

#![forbid(unsafe_code)]

pub mod properties;

use properties::{TARGETS, hold};
use std::backtrace::Backtrace;
use std::sync::{Mutex, PoisonError};

/// The panic that came last, with where it came from.
static LAST_PANIC: Mutex<Option<String>> = Mutex::new(None);

/// From now on a panic is kept instead of printed: some are caught by the product itself and are its answer, the others are told by [`stop_at`].
/// It takes the place of the fuzzer's own hook, which would end the process at those that are caught too.
pub fn remember_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let told = format!("{panic}\n{}", Backtrace::force_capture());
        *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }));
}

/// Ends the process where the property of this name does not hold of the input, and says why on stderr.
pub fn stop_at(target: &str, input: &[u8]) {
    let property = TARGETS.iter().find(|(name, _)| *name == target).map(|(_, property)| *property);
    let held = property.map_or_else(|| Err("there is no such target".to_owned()), |property| hold(property, input));
    if let Err(why) = held {
        let panic = LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner).take();
        eprintln!("{target} does not hold: {why}\n{}", panic.unwrap_or_default());
        std::process::abort();
    }
}
