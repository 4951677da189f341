//! Files on their way to the disk: each is written by whoever has its bytes, and synced beside, several at once, while the next ones are made.
//!
//! A disk that syncs files together takes hardly longer for eight than for one. Owns the threads, and the
//! syncing of folders; nothing counts as written before all of them are done.

use crate::PackageError;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// So many files are synced at once.
const AT_ONCE: usize = 8;

/// Takes files that are written and not synced.
pub(super) struct Syncing {
    files: Option<Sender<File>>,
}

impl Syncing {
    /// Writes a new file. It is on the disk when [`synced`] returns.
    pub(super) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), PackageError> {
        let write = || -> io::Result<()> {
            let mut file = File::create_new(path)?;
            file.write_all(bytes)?;
            match &self.files {
                // Nobody takes it: it is synced here.
                Some(files) => files.send(file).or_else(|unsent| unsent.0.sync_all()),
                None => file.sync_all(),
            }
        };
        write().map_err(|e| PackageError::Write(e.kind()))
    }
}

/// Lets `work` write files, and returns when all of them are on the disk.
///
/// # Errors
/// As `work`, or when a file cannot be synced.
pub(super) fn synced<T, E: From<PackageError>>(work: impl FnOnce(&Syncing) -> Result<T, E>) -> Result<T, E> {
    let (sender, receiver) = channel::<File>();
    let receiver = Mutex::new(receiver);
    thread::scope(|scope| {
        let sync = || sync_all(&receiver);
        let threads: Vec<_> =
            (0..AT_ONCE).filter_map(|n| thread::Builder::new().name(format!("sync {n}")).spawn_scoped(scope, sync).ok()).collect();
        let syncing = Syncing { files: (!threads.is_empty()).then_some(sender) };
        let done = work(&syncing);
        // The threads end with the last file.
        drop(syncing);
        let on_disk = threads.into_iter().try_for_each(|t| t.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())));
        let done = done?;
        on_disk.map_err(|e| PackageError::Write(e.kind()))?;
        Ok(done)
    })
}

/// Makes last what was created or renamed in a folder. Not every system has such a call.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// [`sync_folder`] of the folder that `path` lies in.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        None => Ok(()),
        Some(here) if here.as_os_str().is_empty() => sync_folder(Path::new(".")),
        Some(folder) => sync_folder(folder),
    }
}

/// Syncs one file after the other, until no more come. After the first error the others are let go: nothing will come of the package.
fn sync_all(files: &Mutex<Receiver<File>>) -> io::Result<()> {
    loop {
        let next = files.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(file) => file.sync_all()?,
            Err(_) => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_there_and_an_error_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let count = synced(|files| {
            (0..50u8).try_for_each(|n| files.write(&dir.path().join(n.to_string()), &[n; 1000]))?;
            Ok::<_, PackageError>(50)
        });
        assert_eq!(count.ok(), Some(50));
        assert!((0..50u8).all(|n| std::fs::read(dir.path().join(n.to_string())).unwrap() == [n; 1000]));
        let twice = synced(|files| files.write(&dir.path().join("0"), &[1]));
        assert!(matches!(twice, Err(PackageError::Write(io::ErrorKind::AlreadyExists))));
        let none = synced(|_| Err::<(), PackageError>(PackageError::Cancelled));
        assert!(matches!(none, Err(PackageError::Cancelled)));
    }
}
