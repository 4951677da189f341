//! Folders and files that appear whole or not at all: written beside their place, flushed to the disk, then given their name.
//!
//! Refuses to write over anything but what is to be replaced. What a cut-off attempt left beside the place is taken away by the next one.

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
    let aside = beside(path)?;
    written(&aside, bytes)?;
    fs::rename(&aside, path)?;
    path.parent().filter(|p| !p.as_os_str().is_empty()).map_or(Ok(()), flush_folder)
}

/// Whether nothing is at a place where a file is to appear; a link that leads nowhere is something.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`], or when the place cannot be looked at.
pub fn vacant(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e),
    }
}

/// Writes a file that was not there: beside its place, flushed, then under its name. A file that somebody else put there meanwhile stays, and of one that cannot be
/// written whole nothing is left.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`], or what the disk said.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    vacant(path)?;
    let aside = beside(path)?;
    let appear = || match fs::hard_link(&aside, path) {
        // A second name for a file is refused where there is something; a change of name replaces it.
        Ok(()) => fs::remove_file(&aside),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
        // Sticks and shares often know no second names.
        Err(_) => vacant(path).and_then(|()| fs::rename(&aside, path)),
    };
    let appeared = written(&aside, bytes).and_then(|()| appear());
    if appeared.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&aside);
    }
    appeared?;
    path.parent().filter(|p| !p.as_os_str().is_empty()).map_or(Ok(()), flush_folder)
}

/// Where a file is written before it has its name.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
    name.push(".tiresias-part");
    Ok(path.with_file_name(name))
}

fn written(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
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
    fn a_new_file_is_there_whole_or_not_at_all_and_never_in_the_place_of_another() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a");
        let there = || fs::read_dir(root.path()).unwrap().count();
        // A cut-off attempt left this.
        fs::write(root.path().join("a.tiresias-part"), b"half").unwrap();
        write_new(&path, b"whole").unwrap();
        assert_eq!((fs::read(&path).unwrap().as_slice(), there()), (&b"whole"[..], 1));
        assert_eq!(write_new(&path, b"other").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((fs::read(&path).unwrap().as_slice(), there()), (&b"whole"[..], 1));
        assert_eq!(vacant(root.path()).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(write_new(&root.path().join("none/b"), b"3").is_err() && write_new(Path::new("/"), b"3").is_err());
        assert_eq!(there(), 1);
    }

    #[test]
    fn long_files_are_not_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), b"12345").unwrap();
        assert_eq!(read_at_most(file.path(), 5).unwrap(), Some(b"12345".to_vec()));
        assert_eq!(read_at_most(file.path(), 4).unwrap(), None);
    }
}
