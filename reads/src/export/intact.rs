//! Whether an export is what was written: every file by its hash, none too many, the signature over the manifest.
//!
//! Refuses: to say that nobody signed is wrong; an export need not be signed. Whose key it is, the study's accounts say.

use super::files::{MANIFEST, SIGNATURE};
use crate::accounts::Signature;
use crate::folder::read_at_most;
use crate::hash;
use crate::shown::shown;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use tiresias_words::ContentHash;

/// No file of an export is longer.
const MAX_BYTES: u64 = 1 << 30;
const MAX_MANIFEST: u64 = 64 << 20;
const MAX_NAME: usize = 100;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intact {
    /// How many files the manifest names.
    pub files: usize,
    /// The hash of the manifest.
    pub head: ContentHash,
    /// Who signed it, where somebody did.
    pub signature: Option<Signature>,
}

/// Why an export is not intact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotIntact {
    /// No manifest of an export.
    #[error("`manifest.json` is not that of an export, or cannot be read.")]
    Manifest,
    /// Not what was written.
    #[error("`{0}` is missing or was changed since it was exported. Export again.")]
    Changed(String),
    /// Something that was not written.
    #[error("`{0}` does not belong to this export. Take it away.")]
    Stranger(String),
    /// A signature that does not count.
    #[error("`manifest.sig.json` is no signature over this manifest: {0}")]
    Signature(String),
}

#[derive(Deserialize)]
struct Manifest {
    tiresias_export: u32,
    files: BTreeMap<String, ContentHash>,
}

/// Whether a folder is meant to be an export.
#[must_use]
pub fn is_export(folder: &Path) -> bool {
    manifest(folder).is_some()
}

fn manifest(folder: &Path) -> Option<(Manifest, ContentHash)> {
    let bytes = read_at_most(&folder.join(MANIFEST), MAX_MANIFEST).ok()??;
    let manifest: Manifest = serde_json::from_slice(&bytes).ok()?;
    (manifest.tiresias_export == super::EXPORT_VERSION).then(|| (manifest, hash::of_bytes(&bytes)))
}

/// Checks an export.
///
/// # Errors
/// With the first thing that is not as it was written.
pub fn verify_export(folder: &Path) -> Result<Intact, NotIntact> {
    let (manifest, head) = manifest(folder).ok_or(NotIntact::Manifest)?;
    for (name, expected) in &manifest.files {
        let is_plain = !name.contains(['/', '\\']) && !name.starts_with('.');
        let read = is_plain.then(|| read_at_most(&folder.join(name), MAX_BYTES).ok().flatten()).flatten();
        if read.is_none_or(|bytes| hash::of_bytes(&bytes) != *expected) {
            return Err(NotIntact::Changed(shown(name, MAX_NAME)));
        }
    }
    for entry in std::fs::read_dir(folder).map_err(|_| NotIntact::Manifest)? {
        let name = entry.map_err(|_| NotIntact::Manifest)?.file_name();
        let name = name.to_string_lossy();
        if !manifest.files.contains_key(name.as_ref()) && ![MANIFEST, SIGNATURE].contains(&name.as_ref()) {
            return Err(NotIntact::Stranger(shown(&name, MAX_NAME)));
        }
    }
    let signature = match read_at_most(&folder.join(SIGNATURE), MAX_MANIFEST) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(_) | Ok(None) => return Err(NotIntact::Signature("it cannot be read.".into())),
        Ok(Some(bytes)) => {
            let signature: Signature = serde_json::from_slice(&bytes).map_err(|_| NotIntact::Signature("it has another form.".into()))?;
            signature.fits(&head).map_err(|e| NotIntact::Signature(e.to_string()))?;
            Some(signature)
        }
    };
    Ok(Intact { files: manifest.files.len(), head, signature })
}
