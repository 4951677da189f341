//! A results file: everything that a workstation recorded, as text, signed from inside by its readers.
//!
//! Version 1: a first line says for which protocol and how many rows; then each row of the record on a line of its own, as JSON. What a row can be computed
//! from is not repeated (the hash of the row before, the protocol). Refuses: rows that do not fit each other, fewer rows than were written, and results that
//! nobody signed.

use super::row::Stored;
use super::verify::Chain;
use super::{FirstBad, Record, RecordError, Recorded};
use crate::accounts::Signature;
use crate::hash;
use crate::machine::{Fact, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tiresias_words::{ContentHash, ReaderId};

/// The version of results files that this program reads and writes.
pub const RESULTS_VERSION: u32 = 1;
/// Several years of one workstation.
pub const MAX_RESULTS: u64 = 1 << 30;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    tiresias_results: u32,
    protocol: ContentHash,
    rows: u64,
}

#[derive(Deserialize)]
struct Version {
    tiresias_results: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    session: i64,
    reader: String,
    kind: String,
    body: String,
    utc_ms: i64,
    monotonic_ms: i64,
    boot: String,
    build: String,
    package: Option<ContentHash>,
    hash: ContentHash,
}

/// The results of one workstation: a chain of rows that fit each other, and whose locks are signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    protocol: ContentHash,
    file: ContentHash,
    rows: Vec<ContentHash>,
    events: Vec<Recorded>,
    states: BTreeMap<ReaderId, State>,
    signatures: Vec<Signature>,
}

/// Why a results file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResultsError {
    /// Not of this form.
    #[error("line {0} does not have the form of a results file; ask the reader to write the results again")]
    Form(u64),
    /// From a newer program.
    #[error("it has version {0}, and this program reads version {RESULTS_VERSION}; use the newer program that it was made with")]
    Newer(u32),
    /// Fewer rows than were written, or more.
    #[error("it was cut off or added to: it has {found} records of {written}; ask the reader to write the results again")]
    Cut {
        /// Rows that are there.
        found: u64,
        /// Rows that its first line promises.
        written: u64,
    },
    /// The rows do not fit each other.
    #[error("it is not what was recorded: {0} Keep the file, and ask the reader to write the results again")]
    Broken(FirstBad),
    /// Something locked and not signed.
    #[error("\"{0}\" locked reads that they have not signed; ask them to sign in, sign, and write the results again")]
    Unsigned(ReaderId),
    /// The record cannot be read.
    #[error("{0}")]
    Record(#[from] RecordError),
    /// Nothing in it.
    #[error("nothing is recorded in it; ask the reader for the right file")]
    Empty,
}

impl Record {
    /// The text of the results file of this record.
    ///
    /// # Errors
    /// [`ResultsError::Unsigned`] or [`ResultsError::Empty`]; or when the record cannot be read.
    pub fn results(&self) -> Result<String, ResultsError> {
        if let Some((reader, _)) = self.states.iter().find(|(_, state)| state.has_unsigned()) {
            return Err(ResultsError::Unsigned(reader.clone()));
        }
        let Some((rows, _)) = self.head else { return Err(ResultsError::Empty) };
        let json = |value: Result<String, serde_json::Error>| value.map_err(|_| RecordError::Unwritable);
        let head = Head { tiresias_results: RESULTS_VERSION, protocol: self.protocol, rows: rows.unsigned_abs() };
        let mut text = json(serde_json::to_string(&head))?;
        text.push('\n');
        super::verify::rows(&self.connection, |row| {
            let Stored { session, reader, kind, body, utc_ms, monotonic_ms, boot, build, package, hash, .. } = row;
            let (package, hash) = (package.map(ContentHash), ContentHash(hash));
            let line = Line { session, reader, kind, body, utc_ms, monotonic_ms, boot, build, package, hash };
            text.push_str(&json(serde_json::to_string(&line))?);
            text.push('\n');
            Ok(())
        })?;
        Ok(text)
    }
}

impl Results {
    /// Reads the bytes of a results file, and verifies its rows as those of a record.
    ///
    /// # Errors
    /// [`ResultsError`]; nothing of a file that is refused can be used.
    pub fn parse(bytes: &[u8]) -> Result<Self, ResultsError> {
        let file = hash::of_bytes(bytes);
        let whole = bytes.strip_suffix(b"\n");
        let mut lines = whole.unwrap_or(bytes).split(|b| *b == b'\n');
        let first = lines.next().unwrap_or_default();
        let version: Version = serde_json::from_slice(first).map_err(|_| ResultsError::Form(1))?;
        if version.tiresias_results > RESULTS_VERSION {
            return Err(ResultsError::Newer(version.tiresias_results));
        }
        let head: Head = serde_json::from_slice(first).map_err(|_| ResultsError::Form(1))?;
        if head.tiresias_results != RESULTS_VERSION {
            return Err(ResultsError::Form(1));
        }
        if whole.is_none() {
            // Copies break off anywhere: what stands behind the last end of a line is a part of a row.
            let found = u64::try_from(lines.count()).unwrap_or(u64::MAX).saturating_sub(1);
            return Err(ResultsError::Cut { found, written: head.rows });
        }
        let mut chain = Chain::default();
        let mut rows = Vec::new();
        let mut events = Vec::new();
        let mut previous = head.protocol;
        for (line, number) in lines.zip(2u64..) {
            let line: Line = serde_json::from_slice(line).map_err(|_| ResultsError::Form(number))?;
            let row = Stored {
                seq: i64::try_from(number - 1).map_err(|_| ResultsError::Form(number))?,
                session: line.session,
                reader: line.reader,
                kind: line.kind,
                body: line.body,
                utc_ms: line.utc_ms,
                monotonic_ms: line.monotonic_ms,
                boot: line.boot,
                build: line.build,
                protocol: head.protocol.0,
                package: line.package.map(|p| p.0),
                previous: previous.0,
                hash: line.hash.0,
            };
            previous = line.hash;
            events.push(chain.row(&row).map_err(ResultsError::Broken)?);
            rows.push(line.hash);
        }
        match u64::try_from(rows.len()).unwrap_or(u64::MAX) {
            0 => return Err(ResultsError::Empty),
            found if found != head.rows => return Err(ResultsError::Cut { found, written: head.rows }),
            _ => {}
        }
        if let Some((reader, _)) = chain.states.iter().find(|(_, state)| state.has_unsigned()) {
            return Err(ResultsError::Unsigned(reader.clone()));
        }
        Ok(Self { protocol: head.protocol, file, rows, events, states: chain.states, signatures: chain.signatures })
    }
    /// The protocol that was read by.
    #[must_use]
    pub const fn protocol(&self) -> ContentHash {
        self.protocol
    }
    /// SHA-256 of the file: its name at the desk.
    #[must_use]
    pub const fn file(&self) -> ContentHash {
        self.file
    }
    /// The hashes of the rows, in order. Two files of one workstation begin with the same one.
    #[must_use]
    pub fn rows(&self) -> &[ContentHash] {
        &self.rows
    }
    /// What happened, in order.
    #[must_use]
    pub fn events(&self) -> &[Recorded] {
        &self.events
    }
    /// Where each reader stands.
    #[must_use]
    pub const fn states(&self) -> &BTreeMap<ReaderId, State> {
        &self.states
    }
    /// The signatures, in order.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }
    /// The times of day of each session of a reader, first to last event, milliseconds since 1970 in UTC.
    #[must_use]
    pub fn sessions(&self, reader: &ReaderId) -> Vec<(i64, i64)> {
        let mut found: BTreeMap<u32, (i64, i64)> = BTreeMap::new();
        // The end of a session that was cut off is written when the next one begins.
        let own = self.events.iter().filter(|r| r.event.reader() == reader && !matches!(r.event.fact(), Fact::SessionCutOff));
        for recorded in own {
            let at = recorded.event.at().utc_ms;
            let span = found.entry(recorded.event.session()).or_insert((at, at));
            *span = (span.0.min(at), span.1.max(at));
        }
        found.into_values().collect()
    }
}
