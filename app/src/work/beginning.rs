//! A study begins: a folder with a protocol of a template, and a desk without cases.

use super::{at, entropy};
use crate::failure::Failure;
use std::path::Path;
use tiresias_reads::desk::begin;
use tiresias_reads::protocol::{TEMPLATES, Template, template};

/// Begins a study in a folder that does not exist yet, from the template of this name.
pub(crate) fn begin_study(dir: &Path, name: &str) -> Result<&'static Template, Failure> {
    let Some(chosen) = template(name) else {
        let known: Vec<&str> = TEMPLATES.iter().map(|t| t.name).collect();
        return Err(Failure::Input(format!("There is no template {name:?}. Choose one of {}.", known.join(", "))));
    };
    let secret = entropy()?;
    let seed = secret.iter().take(8).fold(0u64, |n, b| n << 8 | u64::from(*b));
    begin(dir, chosen, seed).map_err(|e| at(dir, e))?;
    Ok(chosen)
}
