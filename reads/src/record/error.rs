//! What can go wrong with the record, as a sentence for the person in front of it.
//!
//! SQLite's own messages are not passed on: they hold paths and statements.

use super::FirstBad;
use crate::machine::Illegal;
use rusqlite::ErrorCode;

/// Why the record cannot be opened, read or appended to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Another program holds the lock.
    #[error("This study is already open in another window. Close it there, then open it here.")]
    AlreadyOpen,
    /// The lock file cannot be made or locked.
    #[error("The file record.sqlite.lock cannot be locked ({0}). Keep the study on a disk of this machine that you may write to.")]
    Lock(std::io::ErrorKind),
    /// The record was there and is no longer.
    #[error("The file record.sqlite is gone from this study. Put it back from the newest copy; nothing was written in its place.")]
    Gone,
    /// There is no record to verify.
    #[error("There is no record here: the file record.sqlite does not exist.")]
    Absent,
    /// From a newer program.
    #[error("The record (record.sqlite) has version {0}, which is newer than this program. Nothing was changed; use the newer program.")]
    Newer(i64),
    /// Some other database, or no database.
    #[error("The file record.sqlite is not a record of this program. Nothing was changed; put the right file back.")]
    NotARecord,
    /// Of another protocol.
    #[error(
        "The record (record.sqlite) belongs to another protocol than protocol.toml. Nothing was changed; put the right files together."
    )]
    OtherProtocol,
    /// Does not verify.
    #[error("The record (record.sqlite) is not intact: {0} This program left it as it is; keep the file and tell the study coordinator.")]
    Broken(FirstBad),
    /// The program was killed in the middle of a write, and the file is looked at without writing to it.
    #[error("The last write to record.sqlite was cut off. Open the study once, which takes the unfinished write back, then verify again.")]
    Unfinished,
    /// The disk is full.
    #[error("The disk is full. What is recorded is safe; the last step was not added to it. Make room on the disk, then repeat the step.")]
    DiskFull,
    /// The file cannot be written.
    #[error("record.sqlite cannot be written. What is recorded is safe; nothing was added to it. Allow writing to it, then try again.")]
    ReadOnly,
    /// The file cannot be opened.
    #[error("record.sqlite cannot be opened. Check that it is a file in a folder that you may read and write, then try again.")]
    CannotOpen,
    /// Something else uses the file.
    #[error(
        "Another program uses record.sqlite (a backup or a virus scanner). What is recorded is safe; nothing was added to it. Try again."
    )]
    Busy,
    /// SQLite finds the file damaged.
    #[error("The file record.sqlite is damaged. Keep it as it is, and tell the study coordinator.")]
    Damaged,
    /// Rows that this program did not write appeared, or rows went.
    #[error("Another program changed record.sqlite while it was open. Close the study and open it again.")]
    Changed,
    /// An event from before the last one.
    #[error(
        "The clock of this machine ran back. What is recorded is safe; the last step was not added. Close the program and start it again."
    )]
    Clock,
    /// An event that does not follow from what is recorded.
    #[error("The last step does not fit what is recorded ({0}), so it was not added to it. Close the study and open it again.")]
    Illegal(Illegal),
    /// An event that cannot be written down.
    #[error("The last step cannot be written down. What is recorded is safe; tell the study coordinator.")]
    Unwritable,
    /// Anything else that the database reports, by SQLite's result code.
    #[error(
        "The database reported error {0}. What is recorded is safe; nothing was added. Try again, and report the number if that fails too."
    )]
    Database(i32),
}

/// SQLITE_READONLY_ROLLBACK: a journal must be rolled back and the file was opened for reading (sqlite.org/rescode.html).
const READONLY_ROLLBACK: i32 = 776;

impl From<rusqlite::Error> for RecordError {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, _) = &error else { return Self::Damaged };
        match failure.code {
            ErrorCode::DiskFull => Self::DiskFull,
            _ if failure.extended_code == READONLY_ROLLBACK => Self::Unfinished,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Self::ReadOnly,
            ErrorCode::CannotOpen => Self::CannotOpen,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::DatabaseCorrupt => Self::Damaged,
            ErrorCode::NotADatabase => Self::NotARecord,
            _ => Self::Database(failure.extended_code),
        }
    }
}
