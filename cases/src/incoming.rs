//! DICOM as it comes to the desk: a folder, one file, a DICOMDIR, or a zip archive, which is unpacked beside the study for as long as it is needed.
//!
//! Owns the unpacking: every entry is checked before the first is written, content is inflated in the worker and held against its stated length and CRC-32,
//! and the folder, which only its owner may open, is removed whatever happens. Refuses what [`crate::ZipError`] lists. The source is only read.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::CasesError;
use crate::file::unpacking_memory;
use crate::zip::{self, Entry, ZipError};
use std::fs::{self, File};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tiresias_codecs::Codecs;

/// Where the files of a source can be read.
pub struct Incoming {
    root: PathBuf,
    unpacked: bool,
}

impl Incoming {
    /// Opens what lies at `path`. An archive is unpacked into a new folder in `beside`, which must exist; `progress` is called after each of its files with how
    /// many were written and how many there are, and can stop the work.
    ///
    /// # Errors
    /// When it cannot be opened, `progress` said stop, or an archive is hostile, damaged or does not fit the disk.
    pub fn open(
        path: &Path,
        beside: &Path,
        codecs: &Codecs,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<Self, CasesError> {
        let meta = fs::metadata(path).map_err(|e| CasesError::Open(e.kind()))?;
        if !meta.is_file() || !begins_as_zip(path) {
            return Ok(Self { root: path.to_owned(), unpacked: false });
        }
        let mut archive = File::open(path).map_err(|e| CasesError::Open(e.kind()))?;
        let entries = zip::entries(&mut archive, meta.len())?;
        let unpacked = Self { root: private_folder(beside)?, unpacked: true };
        for (done, entry) in entries.iter().enumerate() {
            unpack(&mut archive, entry, &unpacked.root, codecs)?;
            if progress(done + 1, entries.len()).is_break() {
                return Err(CasesError::Cancelled);
            }
        }
        Ok(unpacked)
    }

    /// What [`crate::read_folder`] takes.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if self.unpacked {
            // What cannot be removed is in a folder that its owner alone may open.
            drop(fs::remove_dir_all(&self.root));
        }
    }
}

fn begins_as_zip(path: &Path) -> bool {
    use std::io::Read as _;
    let mut magic = [0; 4];
    File::open(path).is_ok_and(|mut f| f.read_exact(&mut magic).is_ok()) && [*b"PK\x03\x04", *b"PK\x05\x06"].contains(&magic)
}

fn private_folder(beside: &Path) -> Result<PathBuf, CasesError> {
    let mut last = std::io::ErrorKind::AlreadyExists;
    for n in 0..100 {
        let dir = beside.join(format!(".unpacked{n}"));
        match create_private(&dir) {
            Ok(()) => return Ok(dir),
            Err(e) => last = e.kind(),
        }
    }
    Err(CasesError::Unpack(last))
}

#[cfg(unix)]
fn create_private(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(dir)
}
#[cfg(not(unix))]
fn create_private(dir: &Path) -> std::io::Result<()> {
    fs::create_dir(dir)
}

fn unpack(archive: &mut File, entry: &Entry, root: &Path, codecs: &Codecs) -> Result<(), CasesError> {
    let damaged = || CasesError::Zip(ZipError::Damaged("one of its files does not unpack to what it says"));
    let mut content = zip::read_at(archive, entry.offset, entry.packed)?;
    if entry.is_deflated {
        let limit = usize::try_from(entry.size).map_err(|_| CasesError::Zip(ZipError::Bomb))?;
        content = codecs.inflate(&content, limit, unpacking_memory(entry.packed, entry.size)).map_err(|_| damaged())?;
    }
    if content.len() as u64 != entry.size || crc32fast::hash(&content) != entry.crc32 {
        return Err(damaged());
    }
    let write = || -> std::io::Result<()> {
        // The name was checked: it leads nowhere but into the folder.
        let path = root.join(&entry.name);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        File::create_new(path)?.write_all(&content)
    };
    write().map_err(|e| CasesError::Unpack(e.kind()))
}
