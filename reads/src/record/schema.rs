//! The database file: how it is opened, and its form. Versions are SQLite's `user_version`; migrations are the files in `sql/`, in order.
//!
//! Durability (notes/rust.md 4.1): rollback journal, `synchronous=EXTRA`, so that a committed row survives a power cut and the study stays
//! one file. The database is foreign input: defensive mode, untrusted schema, limits on lengths.

use super::RecordError;
use crate::shown::shown;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::Path;
use std::time::Duration;

/// One step a version, applied in order.
const STEPS: [&str; 1] = [include_str!("../../sql/1.sql")];
/// "TIRE": how `file` and this program know a record.
const APPLICATION_ID: i64 = 0x5449_5245;
/// Longest row or text: a list of 10,000 reads is about 2 MiB.
const MAX_LENGTH: i32 = 64 << 20;
/// As much as a sentence repeats of a name in the file, and of what SQLite says about the file.
const MAX_NAME: usize = 60;
const MAX_SAID: usize = 200;

/// Opens for reading and writing, makes an empty file if there is none, and says whether it is empty. Nothing else is written, so that a
/// file that is refused is left as it was; [`prepare`] comes after it was verified.
pub(super) fn open(path: &Path) -> Result<(Connection, bool), RecordError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = configured(Connection::open_with_flags(path, flags)?)?;
    let is_empty = known(&connection)? == 0;
    Ok((connection, is_empty))
}

/// Makes the file ready for rows: its journal, which another program may have set otherwise, and its form.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), RecordError> {
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("delete") {
        return Err(RecordError::Busy);
    }
    connection.pragma_update(None, "synchronous", "EXTRA")?;
    connection.pragma_update(None, "fullfsync", true)?;
    migrate(connection, STEPS.len())
}

/// Opens for reading alone.
pub(super) fn open_read_only(path: &Path) -> Result<Connection, RecordError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = configured(Connection::open_with_flags(path, flags)?)?;
    match known(&connection)? {
        0 => Err(RecordError::NotARecord),
        _ => Ok(connection),
    }
}

fn configured(connection: Connection) -> Result<Connection, RecordError> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    // Closing a file with a write-ahead log would move the log into it, also when it was refused.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_LENGTH)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "recursive_triggers", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

fn pragma(connection: &Connection, name: &str) -> Result<i64, RecordError> {
    Ok(connection.pragma_query_value(None, name, |row| row.get(0))?)
}

/// The version of a file of ours, 0 for an empty one.
fn known(connection: &Connection) -> Result<i64, RecordError> {
    let version = pragma(connection, "user_version")?;
    let application = pragma(connection, "application_id")?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (application, version) {
        (0, 0) if tables == 0 => Ok(0),
        (APPLICATION_ID, 1..) if version > STEPS.len() as i64 => Err(RecordError::Newer(version)),
        (APPLICATION_ID, 1..) => Ok(version),
        _ => Err(RecordError::NotARecord),
    }
}

/// Applies the steps up to a version that the file has not seen, each in a transaction of its own.
fn migrate(connection: &mut Connection, to: usize) -> Result<(), RecordError> {
    let version = usize::try_from(known(connection)?).map_err(|_| RecordError::NotARecord)?;
    for (step, sql) in STEPS.iter().enumerate().take(to).skip(version) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", step as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// What of the form of the database is not as this program made it: the first table or trigger that is missing, changed or too much.
pub(super) fn changed_object(connection: &Connection) -> Result<Option<String>, RecordError> {
    let mut reference = Connection::open_in_memory()?;
    // The form of the file's own version: it is verified before it is brought to ours.
    let version = usize::try_from(known(connection)?).map_err(|_| RecordError::NotARecord)?;
    migrate(&mut reference, version)?;
    let [ours, found] = [objects(&reference)?, objects(connection)?];
    let changed = ours.iter().find(|o| !found.contains(o)).or_else(|| found.iter().find(|f| !ours.contains(f)));
    Ok(changed.map(|(kind, name, _)| format!("{} `{}`", shown(kind, MAX_NAME), shown(name, MAX_NAME))))
}

fn objects(connection: &Connection) -> Result<Vec<(String, String, Option<String>)>, RecordError> {
    let mut statement = connection.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Bytes of all pages of the file.
pub(super) fn bytes(connection: &Connection) -> Result<u64, RecordError> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    Ok(number("page_count")?.unsigned_abs().saturating_mul(number("page_size")?.unsigned_abs()))
}

/// What SQLite's own check of the file finds, if anything: pages and trees, not content.
pub(super) fn damage(connection: &Connection) -> Result<Option<String>, RecordError> {
    let first: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    Ok((first != "ok").then(|| shown(&first.replace('\n', " "), MAX_SAID)))
}
