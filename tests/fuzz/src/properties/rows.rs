//! Properties of the record: a database file from outside, rows whose hashes are right and whose content is anything, and the results file of a workstation.
//!
//! An input of [`record`] is the file. An input of [`event`] is a text with one row a line: session, reader, package (`-` or a number), kind and body,
//! with a space between; places, times, chain and hashes are those of a record that a program of ours would have written. An input of [`results`] is the file,
//! which is looked at as it is and with hashes that are right.

use super::texts::PROTOCOL;
use super::{Held, must, one_line, ours, told};
use rusqlite::{Connection, params};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use tiresias_reads::protocol::Protocol;
use tiresias_reads::record::{Record, RecordError, Results, What, verify};
use tiresias_reads::table::reads_table;
use tiresias_words::ContentHash;

/// Rows of an input that are taken.
const MOST_ROWS: usize = 200;
const BUILD: &str = "fuzz";

fn own_protocol() -> Result<Protocol, String> {
    Protocol::parse(PROTOCOL).map_err(|e| format!("the property's own protocol is refused: {e}"))
}

fn file(bytes: &[u8]) -> Result<(TempDir, std::path::PathBuf), String> {
    let dir = tempfile::tempdir().map_err(ours("make a folder"))?;
    let path = dir.path().join("record.sqlite");
    fs::write(&path, bytes).map_err(ours("write its file"))?;
    Ok((dir, path))
}

/// A file is verified, or refused with a reason, and opening it never changes what is refused.
pub(super) fn record(input: &[u8]) -> Held {
    let (_dir, path) = file(input)?;
    verified(&path)?;
    if input.is_empty() {
        // Where there never was a record one is made.
        return Ok(());
    }
    match Record::open(&path, own_protocol()?.hash(), BUILD) {
        Ok(_) => Ok(()),
        Err(error) => {
            told(&error)?;
            let left = fs::read(&path).map_err(ours("read its file"))?;
            let promises =
                matches!(error, RecordError::NotARecord | RecordError::Newer(_) | RecordError::OtherProtocol | RecordError::Broken(_));
            must(!promises || left == input, || format!("the file was changed, and it is said: {error}"))
        }
    }
}

/// Whether the record is intact, and how many rows it has.
fn verified(path: &Path) -> Result<Option<u64>, String> {
    let before = fs::read(path).map_err(ours("read its file"))?;
    let found = verify(path);
    must(fs::read(path).is_ok_and(|after| after == before), || "verifying the file changed it".to_owned())?;
    match found {
        Err(error) => told(&error).map(|()| None),
        Ok(found) => {
            must(found.intact == found.first_bad.is_none(), || format!("intact and not: {found:?}"))?;
            let Some(bad) = found.first_bad else { return Ok(Some(found.records)) };
            one_line(&bad.to_string())?;
            must(bad.what != What::Hash || !is_of_this_property(path), || format!("rows are hashed in another way than here: {bad}"))?;
            Ok(None)
        }
    }
}

/// The build that rows of [`event`] name is no program's.
fn is_of_this_property(path: &Path) -> bool {
    path.with_extension("made").exists()
}

/// Rows are a history that could have happened, which then opens and gives a table, or the first that could not is named.
pub(super) fn event(input: &[u8]) -> Held {
    let Ok(text) = std::str::from_utf8(input) else { return Ok(()) };
    let protocol = own_protocol()?;
    let (_dir, path) = file(b"")?;
    fs::remove_file(&path).map_err(ours("make room for a record"))?;
    // The record's own form, made by itself.
    drop(Record::open(&path, protocol.hash(), BUILD).map_err(|e| format!("no record can be made: {e}"))?);
    let rows: Vec<Row<'_>> = text.lines().filter_map(Row::read).take(MOST_ROWS).collect();
    write(&path, protocol.hash(), &rows).map_err(|e| format!("the property could not write rows: {e}"))?;
    fs::write(path.with_extension("made"), b"").map_err(ours("mark its file"))?;
    let Some(records) = verified(&path)? else {
        let opened = Record::open(&path, protocol.hash(), BUILD);
        return opened.map_or_else(|e| told(&e), |_| Err("it does not verify, and opens".to_owned()));
    };
    must(records == rows.len() as u64, || format!("{records} rows of {}", rows.len()))?;
    let opened = Record::open(&path, protocol.hash(), BUILD).map_err(|e| format!("it verifies, and does not open: {e}"))?;
    let mut replayed = 0;
    opened.replay(|_| replayed += 1).map_err(|e| format!("it opens, and is not replayed: {e}"))?;
    must(replayed == records, || format!("{replayed} events of {records} rows"))?;
    match reads_table(&opened, &protocol) {
        Err(error) => told(&error),
        Ok(table) => {
            let sorted = table.rows.windows(2).all(|pair| pair[0].read.read() != pair[1].read.read());
            must(sorted, || "one read is locked twice".to_owned())
        }
    }
}

/// A row of an input.
struct Row<'a> {
    session: i64,
    reader: &'a str,
    package: Option<[u8; 32]>,
    kind: &'a str,
    body: &'a str,
}

impl<'a> Row<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut words = line.splitn(5, ' ');
        let session = words.next()?.parse().ok().filter(|n: &i64| *n >= 1)?;
        let (reader, package, kind) = (words.next()?, words.next()?, words.next()?);
        let package = if package == "-" { None } else { Some([package.parse::<u8>().ok()?; 32]) };
        Some(Self { session, reader, package, kind, body: words.next()? })
    }
}

/// The hash of a row, over its fields with their lengths in front.
fn hash_of(fields: &[&[u8]; 13]) -> [u8; 32] {
    let mut sha = Sha256::new();
    for field in fields {
        sha.update((field.len() as u64).to_le_bytes());
        sha.update(field);
    }
    sha.finalize().into()
}

/// Writes rows as the record does: each with the hash of the one before and its own.
fn write(path: &Path, protocol: ContentHash, rows: &[Row<'_>]) -> rusqlite::Result<()> {
    let mut database = Connection::open(path)?;
    database.pragma_update(None, "synchronous", "OFF")?;
    let transaction = database.transaction()?;
    let mut previous = protocol.0;
    for (seq, row) in (1_i64..).zip(rows) {
        let (utc_ms, monotonic_ms, boot) = (1_700_000_000_000 + seq, seq, "boot");
        let package: &[u8] = row.package.as_ref().map_or(&[], |p| p);
        let hash = hash_of(&[
            b"tiresias event 1",
            &seq.to_le_bytes(),
            &row.session.to_le_bytes(),
            row.reader.as_bytes(),
            row.kind.as_bytes(),
            row.body.as_bytes(),
            &utc_ms.to_le_bytes(),
            &monotonic_ms.to_le_bytes(),
            boot.as_bytes(),
            BUILD.as_bytes(),
            &protocol.0,
            package,
            &previous,
        ]);
        transaction.execute(
            "INSERT INTO event (seq, session, reader, kind, body, utc_ms, monotonic_ms, boot, build, protocol, package, previous, hash) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                seq,
                row.session,
                row.reader,
                row.kind,
                row.body,
                utc_ms,
                monotonic_ms,
                boot,
                BUILD,
                protocol.0,
                row.package,
                previous,
                hash
            ],
        )?;
        previous = hash;
    }
    transaction.commit()
}

/// A results file is refused with a reason, or its rows are a history in which all that was locked is signed. Its own hashes are put right for a second look:
/// whatever else a fuzzer changes ends at the first of them.
pub(super) fn results(input: &[u8]) -> Held {
    returned(input)?;
    with_right_hashes(input).map_or(Ok(()), |text| returned(text.as_bytes()))
}

fn returned(file: &[u8]) -> Held {
    let first = Results::parse(file);
    must(first == Results::parse(file), || "reading it twice gives two results".to_owned())?;
    let results = match first {
        Ok(results) => results,
        Err(error) => return told(&error),
    };
    let (rows, events) = (results.rows().len(), results.events().len());
    must(rows > 0 && rows == events, || format!("{events} events of {rows} rows"))?;
    must(results.states().values().all(|state| !state.has_unsigned()), || "what nobody signed is taken".to_owned())
}

/// The lines of a results file as a workstation would have hashed and counted them; `None` where they are no such lines.
fn with_right_hashes(input: &[u8]) -> Option<String> {
    let mut lines = input.strip_suffix(b"\n")?.split(|byte| *byte == b'\n');
    let mut head: Value = serde_json::from_slice(lines.next()?).ok()?;
    let protocol: ContentHash = head.get("protocol")?.as_str()?.parse().ok()?;
    let (mut rows, mut previous) = (Vec::new(), protocol.0);
    for (seq, line) in (1_i64..).zip(lines.take(MOST_ROWS)) {
        let mut row: Value = serde_json::from_slice(line).ok()?;
        let number = |key: &str| row.get(key).and_then(Value::as_i64).map(i64::to_le_bytes);
        let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::as_bytes);
        let named: Option<ContentHash> = row.get("package").and_then(Value::as_str).and_then(|p| p.parse().ok());
        let package: &[u8] = named.as_ref().map_or(&[], |p| &p.0);
        previous = hash_of(&[
            b"tiresias event 1",
            &seq.to_le_bytes(),
            &number("session")?,
            text("reader")?,
            text("kind")?,
            text("body")?,
            &number("utc_ms")?,
            &number("monotonic_ms")?,
            text("boot")?,
            text("build")?,
            &protocol.0,
            package,
            &previous,
        ]);
        row.as_object_mut()?.insert("hash".to_owned(), ContentHash(previous).to_string().into());
        rows.push(row);
    }
    head.as_object_mut()?.insert("rows".to_owned(), rows.len().into());
    Some(std::iter::once(&head).chain(&rows).map(|line| format!("{line}\n")).collect())
}

#[cfg(test)]
mod tests {
    use super::{event, results, with_right_hashes};
    use tiresias_reads::record::{Results, ResultsError};

    #[test]
    fn rows_are_hashed_as_the_record_does() {
        assert_eq!(event(b"1 r - no-such-kind/1 null\n"), Ok(()));
    }

    /// What fuzzing begins with is taken up to what it lacks, and a wrong hash is put right.
    #[test]
    fn the_seeds_are_results() {
        let (begun, whole) = (include_bytes!("../../corpus/results/seed_begun"), include_bytes!("../../corpus/results/seed_whole"));
        assert_eq!(Results::parse(begun).map(|r| r.events().len()), Ok(4));
        assert!(matches!(Results::parse(whole), Err(ResultsError::Unsigned(_))));
        let text = String::from_utf8(begun.to_vec()).unwrap();
        let changed = text.replace("\"session\": 1", "\"session\": 2");
        assert!(changed != text && matches!(Results::parse(changed.as_bytes()), Err(ResultsError::Broken(_))));
        let wrong = text.replace("\"hash\": \"", "\"hash\": \"x");
        let mended = with_right_hashes(wrong.as_bytes()).unwrap();
        assert_eq!(Results::parse(mended.as_bytes()).map(|r| r.events().len()), Ok(4));
        assert_eq!((results(begun), results(whole), results(changed.as_bytes())), (Ok(()), Ok(()), Ok(())));
    }
}
