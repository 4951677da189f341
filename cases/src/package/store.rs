//! Where the files of a package lie: in a folder, or stored in one archive (`.tcase`), whose files are read by their offset and never unpacked.
//!
//! Refuses: links in the place of files, archives whose files are compressed or lie in folders, reading more than a file's stated length.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::PackageError;
use crate::zip::{self, ZipError};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The files of one package.
pub(super) enum Store {
    Folder(PathBuf),
    /// Offset and length of each file, by name.
    Archive(PathBuf, BTreeMap<String, (u64, u64)>),
}

impl Store {
    pub(super) fn open(path: &Path) -> Result<Self, PackageError> {
        let unreadable = |e: std::io::Error| PackageError::Archive(ZipError::from(e));
        if !path.is_file() {
            return Ok(Self::Folder(path.to_owned()));
        }
        let mut file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let entries = zip::entries(&mut file, length).map_err(PackageError::Archive)?;
        if entries.iter().any(|e| e.is_deflated || e.name.contains('/')) {
            return Err(PackageError::Archive(ZipError::Damaged("its files are not stored as those of a package are")));
        }
        Ok(Self::Archive(path.to_owned(), entries.into_iter().map(|e| (e.name, (e.offset, e.size))).collect()))
    }

    /// Length of a file; a link or folder in its place is an error.
    pub(super) fn length(&self, name: &str) -> Result<u64, PackageError> {
        match self {
            Self::Folder(dir) => {
                let meta = fs::symlink_metadata(dir.join(name)).map_err(|e| read_error(name, &e))?;
                if meta.is_file() { Ok(meta.len()) } else { Err(PackageError::Changed { file: name.to_owned() }) }
            }
            Self::Archive(_, files) => files.get(name).map(|(_, length)| *length).ok_or_else(|| missing(name)),
        }
    }

    /// The bytes of a file that has `length` of them, in one go.
    pub(super) fn read(&self, name: &str, length: u64) -> Result<Vec<u8>, PackageError> {
        let found = self.length(name)?;
        if found != length {
            return Err(PackageError::Length { file: name.to_owned(), expected: length, found });
        }
        match self {
            Self::Folder(dir) => {
                let mut file = File::open(dir.join(name)).map_err(|e| read_error(name, &e))?;
                // The length is that of the file on disk, so the memory is honest.
                let mut data = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
                file.read_exact(&mut data).map_err(|e| read_error(name, &e))?;
                Ok(data)
            }
            Self::Archive(path, files) => {
                let (offset, _) = files.get(name).ok_or_else(|| missing(name))?;
                let mut file = File::open(path).map_err(|e| read_error(name, &e))?;
                zip::read_at(&mut file, *offset, length).map_err(PackageError::Archive)
            }
        }
    }

    /// The bytes of a file of at most `limit`.
    pub(super) fn read_limited(&self, name: &str, limit: u64) -> Result<Vec<u8>, PackageError> {
        let length = self.length(name)?;
        if length > limit {
            return Err(PackageError::Manifest(format!("{name} is longer than any")));
        }
        self.read(name, length)
    }

    /// What else is there, beside files of which `is_ours` is true.
    pub(super) fn strangers(&self, is_ours: impl Fn(&str) -> bool) -> Result<usize, PackageError> {
        match self {
            Self::Folder(dir) => {
                let list = |e: std::io::Error| read_error("folder", &e);
                let mut strangers = 0;
                for entry in fs::read_dir(dir).map_err(list)? {
                    let name = entry.map_err(list)?.file_name();
                    strangers += usize::from(!name.to_str().is_some_and(&is_ours));
                }
                Ok(strangers)
            }
            Self::Archive(_, files) => Ok(files.keys().filter(|name| !is_ours(name)).count()),
        }
    }
}

fn read_error(file: &str, e: &std::io::Error) -> PackageError {
    PackageError::Read { file: file.to_owned(), why: e.kind() }
}

fn missing(file: &str) -> PackageError {
    PackageError::Read { file: file.to_owned(), why: std::io::ErrorKind::NotFound }
}
