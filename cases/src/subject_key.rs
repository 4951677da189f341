//! The data manager's key file: the study's secrets, and which case was whose. Encrypted with a passphrase; only here are originals kept.
//!
//! Owns the file: JSON of version 1 in an age file (`age.rs`), written aside, flushed and renamed, and its folder flushed. It holds the secret that UIDs, file
//! names, shifts of dates and content keys follow from, the seed of the key that signs packages, and of each packed case the desk's id, the package's hash,
//! and of each of its roles the patient id and the UIDs of study and series that the source had. Names of persons are not kept: the id finds them.
//! Refuses: a wrong passphrase, another version, two packages of one case. Nothing of it has `Debug`, `Display` or `Serialize` outside of this file.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::age::{self, AgeError, Draw, Opened};
use crate::package::sync_parent;
use crate::series::{Series, Source};
use crate::{Signer, UidKey};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use tiresias_words::{CaseId, ContentHash, Role};
use zeroize::{Zeroize as _, Zeroizing};

const VERSION: u32 = 1;
const LIMIT: u64 = 256 << 20;

/// Why a key file cannot be used: a clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The disk refused.
    #[error("the study's key file cannot be read or written ({0}); check space and rights of its folder")]
    Disk(std::io::ErrorKind),
    /// There is one already.
    #[error("there is a key file already; a study has one, and it is never written over")]
    Exists,
    /// It does not open.
    #[error("the study's key file does not open: {0}")]
    Closed(String),
    /// What is in it is not of this version.
    #[error("the study's key file is not of version {VERSION}; use the program that wrote it")]
    Version,
    /// The desk's id is taken.
    #[error("case {0} is packed already; withdraw it before it is packed anew, or give this one another id")]
    Twice(CaseId),
}

impl From<std::io::Error> for KeyError {
    fn from(e: std::io::Error) -> Self {
        Self::Disk(e.kind())
    }
}

/// The key file, opened.
pub struct StudyKey {
    path: PathBuf,
    opened: Opened,
    secrets: Secrets,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secrets {
    tiresias_study_key: u32,
    uid_key: [u8; 32],
    signing_key: [u8; 32],
    cases: Vec<Origin>,
}

impl Drop for Secrets {
    fn drop(&mut self) {
        self.uid_key.zeroize();
        self.signing_key.zeroize();
    }
}

/// Where a case came from. For the data manager's eyes only.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The desk's id.
    pub case: CaseId,
    /// The package's hash.
    pub package: ContentHash,
    /// What the sources were called.
    pub sources: Vec<OriginalIds>,
}

/// What the source of one role was called; empty where it had no name.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginalIds {
    /// What the series is in its case.
    pub role: Role,
    /// Patient ID (0010,0020).
    pub patient_id: String,
    /// Study Instance UID (0020,000D).
    pub study_uid: String,
    /// Series Instance UID (0020,000E).
    pub series_uid: String,
}

impl StudyKey {
    /// Makes the key file of a new study. `draw` fills bytes with randomness of the operating system.
    ///
    /// # Errors
    /// When there is one, or it cannot be written.
    pub fn create(path: &Path, passphrase: &str, draw: Draw<'_>) -> Result<Self, KeyError> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(KeyError::Exists);
        }
        let mut secrets = Secrets { tiresias_study_key: VERSION, uid_key: [0; 32], signing_key: [0; 32], cases: Vec::new() };
        draw(&mut secrets.uid_key)?;
        draw(&mut secrets.signing_key)?;
        let key = Self { path: path.to_owned(), opened: Opened::new(passphrase, draw)?, secrets };
        key.save(draw)?;
        Ok(key)
    }

    /// Opens the key file. It takes about a second, and 256 MiB of memory, on purpose.
    ///
    /// # Errors
    /// When it cannot be read, the passphrase is wrong, or it is of another version.
    pub fn open(path: &Path, passphrase: &str) -> Result<Self, KeyError> {
        let mut file = Vec::new();
        File::open(path)?.take(LIMIT).read_to_end(&mut file)?;
        let (opened, content) = age::open(&file, passphrase).map_err(|e: AgeError| KeyError::Closed(e.to_string()))?;
        let secrets: Secrets = serde_json::from_slice(&content).map_err(|_| KeyError::Version)?;
        if secrets.tiresias_study_key != VERSION {
            return Err(KeyError::Version);
        }
        Ok(Self { path: path.to_owned(), opened, secrets })
    }

    /// The secret of replaced UIDs, and of all that follows from it.
    #[must_use]
    pub fn uid_key(&self) -> UidKey {
        UidKey::new(self.secrets.uid_key)
    }
    /// Who signs the study's packages.
    #[must_use]
    pub fn signer(&self) -> Signer {
        Signer::new(&self.secrets.signing_key)
    }
    /// Every packed case and where it came from, in the order of packing.
    #[must_use]
    pub fn origins(&self) -> &[Origin] {
        &self.secrets.cases
    }

    /// Writes down where a case came from. A case that was packed to the same bytes before is left as it stands.
    ///
    /// # Errors
    /// When the case has another package already, or the file cannot be written; it is as it was then.
    pub fn add(&mut self, case: &CaseId, package: ContentHash, series: &[(Role, &Series)], draw: Draw<'_>) -> Result<(), KeyError> {
        if let Some(known) = self.secrets.cases.iter().find(|c| c.case == *case) {
            return if known.package == package { Ok(()) } else { Err(KeyError::Twice(case.clone())) };
        }
        let sources = series.iter().filter_map(|(role, s)| match &s.images.first()?.source {
            Source::Folder(f) => Some((role, f.ids.reveal())),
            Source::Package(_) => None,
        });
        let original = |(role, ids): (&Role, &crate::series::SourceIds)| OriginalIds {
            role: role.clone(),
            patient_id: ids.patient.clone(),
            study_uid: ids.study.clone(),
            series_uid: ids.series.clone(),
        };
        self.secrets.cases.push(Origin { case: case.clone(), package, sources: sources.map(original).collect() });
        let saved = self.save(draw);
        if saved.is_err() {
            self.secrets.cases.pop();
        }
        saved
    }

    fn save(&self, draw: Draw<'_>) -> Result<(), KeyError> {
        let content = Zeroizing::new(serde_json::to_vec(&self.secrets).map_err(|_| KeyError::Version)?);
        let file = self.opened.write(&content, draw)?;
        let aside = self.path.with_extension("part");
        let write = || -> std::io::Result<()> {
            let mut out = File::create(&aside)?;
            out.write_all(&file)?;
            out.sync_all()?;
            fs::rename(&aside, &self.path)?;
            sync_parent(&self.path)
        };
        write().map_err(|e| {
            // The first error is the one to tell.
            drop(fs::remove_file(&aside));
            KeyError::from(e)
        })
    }
}
