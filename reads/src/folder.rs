//! Folders that appear whole or not at all: written beside their place, flushed to the disk, then renamed.
//!
//! Refuses to write over anything. What a cut-off attempt left beside the place is taken away by the next one.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A folder that is being written.
pub(crate) struct Aside {
    aside: PathBuf,
    target: PathBuf,
}

/// Why a folder was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FolderError {
    /// Something is there.
    #[error("there is already something at this place")]
    Occupied,
    /// No name, or no place to put it.
    #[error("this is not a place for a folder")]
    NoPlace,
    /// The disk refused.
    #[error("{0}")]
    Disk(io::ErrorKind),
}

impl From<io::Error> for FolderError {
    fn from(e: io::Error) -> Self {
        Self::Disk(e.kind())
    }
}

impl Aside {
    /// Begins a folder that is to appear at `target`, which must not exist, or be an empty folder.
    pub(crate) fn begin(target: &Path) -> Result<Self, FolderError> {
        free(target)?;
        let name = target.file_name().ok_or(FolderError::NoPlace)?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".tiresias-part");
        let aside = target.with_file_name(hidden);
        if aside.exists() {
            fs::remove_dir_all(&aside)?;
        }
        fs::create_dir_all(&aside)?;
        Ok(Self { aside, target: target.to_owned() })
    }
    /// Writes a file into the folder.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        Ok(self.unflushed(name, bytes)?.sync_all()?)
    }
    /// Writes a file into the folder that the caller still has to flush.
    pub(crate) fn unflushed(&self, name: &str, bytes: &[u8]) -> Result<File, FolderError> {
        let mut file = File::create_new(self.aside.join(name))?;
        file.write_all(bytes)?;
        Ok(file)
    }
    /// Reads back a file of the folder.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, FolderError> {
        Ok(fs::read(self.aside.join(name))?)
    }
    /// Makes a folder in the folder.
    pub(crate) fn folder(&self, name: &str) -> Result<(), FolderError> {
        Ok(fs::create_dir(self.aside.join(name))?)
    }
    /// Puts the folder in its place.
    pub(crate) fn appear(self) -> Result<(), FolderError> {
        flush_folder(&self.aside)?;
        if self.target.exists() {
            fs::remove_dir(&self.target).map_err(|_| FolderError::Occupied)?;
        }
        fs::rename(&self.aside, &self.target)?;
        Ok(self.target.parent().filter(|p| !p.as_os_str().is_empty()).map_or(Ok(()), flush_folder)?)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // After `appear` there is nothing at this path; after an error, what is left is worth nothing.
        let _ = fs::remove_dir_all(&self.aside);
    }
}

/// Whether a folder can appear at `target`: nothing is there, or an empty folder.
pub(crate) fn free(target: &Path) -> Result<(), FolderError> {
    let is_taken = target.exists() && fs::read_dir(target).map_err(|_| FolderError::Occupied)?.next().is_some();
    if is_taken { Err(FolderError::Occupied) } else { Ok(()) }
}

/// Flushes the list of a folder's files. Only Unix can open a folder for that; elsewhere the rename is flushed by the file system.
fn flush_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Puts a file in the place of the one of its name: written beside it, flushed, then renamed, so that there is always a whole one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tiresias-part");
    let aside = path.with_file_name(name);
    let mut file = File::create(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    path.parent().filter(|p| !p.as_os_str().is_empty()).map_or(Ok(()), flush_folder)
}

/// Reads a file of at most `max` bytes; none when it is longer.
pub(crate) fn read_at_most(path: &Path, max: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let length = File::open(path)?.take(max + 1).read_to_end(&mut bytes)?;
    Ok((length as u64 <= max).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_appears_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("out");
        let begun = Aside::begin(&target).unwrap();
        begun.file("a", b"1").unwrap();
        assert!(!target.exists());
        drop(begun);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0, "nothing is left of an attempt that failed");
        let begun = Aside::begin(&target).unwrap();
        begun.file("a", b"2").unwrap();
        assert!(begun.file("a", b"3").is_err(), "no file is written over");
        begun.appear().unwrap();
        assert_eq!(fs::read(target.join("a")).unwrap(), b"2");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
        assert!(matches!(Aside::begin(&target), Err(FolderError::Occupied)));
        let file = root.path().join("file");
        fs::write(&file, b"x").unwrap();
        assert!(matches!(Aside::begin(&file), Err(FolderError::Occupied)));
    }

    #[test]
    fn an_empty_folder_may_be_filled_and_leftovers_go() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("out");
        fs::create_dir(&target).unwrap();
        let leftover = root.path().join(".out.tiresias-part");
        fs::create_dir(&leftover).unwrap();
        fs::write(leftover.join("old"), b"x").unwrap();
        let begun = Aside::begin(&target).unwrap();
        begun.file("new", b"y").unwrap();
        begun.appear().unwrap();
        assert!(target.join("new").exists() && !target.join("old").exists() && !leftover.exists());
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a");
        replace(&path, b"1").unwrap();
        replace(&path, b"2").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"2");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
        assert!(replace(&root.path().join("none/b"), b"3").is_err());
    }

    #[test]
    fn long_files_are_not_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), b"12345").unwrap();
        assert_eq!(read_at_most(file.path(), 5).unwrap(), Some(b"12345".to_vec()));
        assert_eq!(read_at_most(file.path(), 4).unwrap(), None);
    }
}
