//! The record: one SQLite file a workstation, whose append-only rows are the truth of the study.
//!
//! An event is durable when [`Record::append`] returns. Two classes of event go through it in the order in which they happened: answers,
//! each at once; behaviour, batched by the caller and flushed before the next answer.
//! Refuses: a second program on the same study, newer files, rows out of order, a file that does not verify.

mod error;
mod row;
mod schema;
mod verify;

pub use error::RecordError;
pub use verify::verify;

use crate::machine::{Event, State, evolve};
use row::{INSERT, Stored};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use tiresias_words::{ContentHash, ReaderId};

/// The open record of a workstation. Holds the study's lock until it is dropped.
#[derive(Debug)]
pub struct Record {
    connection: Connection,
    protocol: ContentHash,
    build: String,
    head: Option<(i64, ContentHash)>,
    clocks: BTreeMap<String, u64>,
    states: BTreeMap<ReaderId, State>,
    /// After the connection, so that the file is closed before another program may open it.
    _lock: File,
}

/// An event with its place in the record.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its number, from 1, without holes.
    pub seq: u64,
    /// What happened.
    pub event: Event,
}

/// Where the record stands after an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Number of the last row; 0 when there is none.
    pub seq: u64,
    /// Hash of the last row; that of the protocol when there is none.
    pub head: ContentHash,
}

/// What `tiresias verify` says (notes/json.md).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Whether everything fits.
    pub intact: bool,
    /// Rows that are there.
    pub records: u64,
    /// The first row that does not fit.
    pub first_bad: Option<FirstBad>,
    /// Hash of the last row that fits.
    pub head: Option<ContentHash>,
    /// Who signed the head. Not signed in this version.
    pub signed_by: Option<String>,
}

/// The first record that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FirstBad {
    /// Its number, from 1; 0 for the file as a whole.
    pub record: u64,
    /// What does not fit.
    pub what: What,
    /// How, as a sentence.
    pub detail: String,
}

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The content is not what was hashed.
    Hash,
    /// It does not follow from what comes before it.
    Order,
    /// It is not there.
    Missing,
    /// The clock ran back.
    Clock,
}

impl std::fmt::Display for FirstBad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.what {
            What::Hash => "was changed",
            What::Order => "is out of order",
            What::Missing => "is missing",
            What::Clock => "has a wrong time",
        };
        match self.record {
            0 => f.write_str(&self.detail),
            n => write!(f, "Record {n} {what}. {}", self.detail),
        }
    }
}

impl Record {
    /// Opens the record of a study, making it if there never was one, and verifies it as a whole.
    ///
    /// `build` names the running program in every row it writes.
    ///
    /// # Errors
    /// When another program has the study open, the file is of a newer version, no record, of another protocol, gone, or not intact.
    pub fn open(path: &Path, protocol: ContentHash, build: &str) -> Result<Self, RecordError> {
        let mut lock = lock(path)?;
        let begun = lock.metadata().map_err(|e| RecordError::Lock(e.kind()))?.len() > 0;
        if begun && !path.exists() {
            return Err(RecordError::Gone);
        }
        let connection = schema::open(path)?;
        if !begun {
            lock.write_all(b"record begun\n").and_then(|()| lock.sync_all()).map_err(|e| RecordError::Lock(e.kind()))?;
        }
        let chain = verify::walk(&connection, |_| ())?;
        if let Some(bad) = chain.first_bad {
            return Err(RecordError::Broken(bad));
        }
        if let Some(bad) = verify::fault_of_file(&connection)? {
            return Err(RecordError::Broken(bad));
        }
        if chain.protocol.is_some_and(|p| p != protocol) {
            return Err(RecordError::OtherProtocol);
        }
        Ok(Self { connection, protocol, build: build.to_owned(), head: chain.head, clocks: chain.clocks, states: chain.states, _lock: lock })
    }

    /// Appends events, all or none. They are on the disk when this returns `Ok`.
    ///
    /// # Errors
    /// When they cannot be written, or do not follow from what is recorded; nothing of them is recorded then, and nothing before them is
    /// lost.
    pub fn append(&mut self, events: &[Event]) -> Result<Appended, RecordError> {
        let mut clocks = self.clocks.clone();
        let mut changed: BTreeMap<&ReaderId, State> = BTreeMap::new();
        for event in events {
            let last = clocks.entry(event.at().boot.clone()).or_default();
            if event.at().monotonic_ms < *last {
                return Err(RecordError::Clock);
            }
            *last = event.at().monotonic_ms;
            let before = changed.remove(event.reader()).unwrap_or_else(|| self.state(event.reader()));
            changed.insert(event.reader(), evolve(before, event).map_err(RecordError::Illegal)?);
        }
        let mut head = self.head;
        if !events.is_empty() {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let last = "SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1";
            let found = transaction.query_row(last, [], |row| Ok((row.get(0)?, ContentHash(row.get(1)?)))).optional()?;
            if found != self.head {
                return Err(RecordError::Changed);
            }
            {
                let mut insert = transaction.prepare_cached(INSERT)?;
                for event in events {
                    let (seq, previous) = head.map_or((1, self.protocol), |(seq, hash)| (seq + 1, hash));
                    let row = Stored::following(seq, previous, event, &self.build, self.protocol).map_err(|_| RecordError::Unwritable)?;
                    row.put(&mut insert)?;
                    head = Some((seq, ContentHash(row.hash)));
                }
            }
            transaction.commit()?;
        }
        self.head = head;
        self.clocks = clocks;
        self.states.extend(changed.into_iter().map(|(reader, state)| (reader.clone(), state)));
        Ok(self.head())
    }

    /// Where the record stands.
    #[must_use]
    pub fn head(&self) -> Appended {
        self.head.map_or(Appended { seq: 0, head: self.protocol }, |(seq, head)| Appended { seq: seq.unsigned_abs(), head })
    }

    /// The protocol that the record belongs to.
    #[must_use]
    pub const fn protocol(&self) -> ContentHash {
        self.protocol
    }

    /// Where a reader stands: all their events, replayed when the record was opened, and those appended since.
    #[must_use]
    pub fn state(&self, reader: &ReaderId) -> State {
        self.states.get(reader).cloned().unwrap_or_else(|| State::new(reader.clone()))
    }

    /// Where every reader stands who has an event.
    #[must_use]
    pub const fn states(&self) -> &BTreeMap<ReaderId, State> {
        &self.states
    }

    /// Hands out every event from the file, in order.
    ///
    /// # Errors
    /// When the file cannot be read, or is no longer intact.
    pub fn replay(&self, take: impl FnMut(Recorded)) -> Result<(), RecordError> {
        match verify::walk(&self.connection, take)?.first_bad {
            Some(bad) => Err(RecordError::Broken(bad)),
            None => Ok(()),
        }
    }
}

/// The file beside the record that says that a program has the study open. It stays when the program ends; only the lock on it goes.
fn lock(record: &Path) -> Result<File, RecordError> {
    let mut name = record.as_os_str().to_owned();
    name.push(".lock");
    let file = File::options().read(true).append(true).create(true).open(PathBuf::from(name));
    let file = file.map_err(|e| RecordError::Lock(e.kind()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RecordError::AlreadyOpen),
        Err(TryLockError::Error(e)) => Err(RecordError::Lock(e.kind())),
    }
}
