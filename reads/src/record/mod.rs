//! The record: one SQLite file a workstation, whose append-only rows are the truth of the study.
//!
//! An event is durable when [`Record::append`] returns. Two classes of event go through it in the order in which they happened: answers,
//! each at once; behaviour, batched by the caller and flushed before the next answer.
//! Refuses: a second program on the same study, newer files, rows out of order, a file that does not verify.

mod error;
mod results;
mod row;
mod schema;
mod verify;

pub use error::RecordError;
pub use results::{MAX_RESULTS, RESULTS_VERSION, Results, ResultsError};
pub use verify::verify;

use crate::hash;
use crate::machine::{Event, Fact, Illegal, State, evolve};
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
    /// Rows that are there; 0 when the database is not of our form, so that nothing in it is a row.
    pub records: u64,
    /// The first row that does not fit.
    pub first_bad: Option<FirstBad>,
    /// Hash of the last row that fits.
    pub head: Option<ContentHash>,
    /// Who signed last, when nothing was locked since.
    pub signed_by: Option<String>,
    /// The receipts of all signatures, in order. Whoever has one that is not among them holds the word of a reader who signed more than is here.
    #[serde(skip)]
    pub receipts: Vec<String>,
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
        if begun && std::fs::metadata(path).map_or(0, |m| m.len()) == 0 {
            return Err(RecordError::Gone);
        }
        let (mut connection, is_empty) = schema::open(path)?;
        // A record that is there is verified before anything is written to it: what is refused stays as it was.
        if is_empty {
            if let Some(bad) = verify::damage(&connection)? {
                return Err(RecordError::Broken(bad));
            }
            schema::prepare(&mut connection)?;
        }
        if !begun {
            lock.write_all(b"record begun\n").and_then(|()| lock.sync_all()).map_err(|e| RecordError::Lock(e.kind()))?;
        }
        let chain = verify::whole(&connection)?;
        if let Some(bad) = chain.first_bad {
            return Err(RecordError::Broken(bad));
        }
        if chain.protocol.is_some_and(|p| p != protocol) {
            return Err(RecordError::OtherProtocol);
        }
        if !is_empty {
            schema::prepare(&mut connection)?;
        }
        Ok(Self {
            connection,
            protocol,
            build: build.to_owned(),
            head: chain.head,
            clocks: chain.clocks,
            states: chain.states,
            _lock: lock,
        })
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
                    if !is_signed_over(event, &previous) {
                        return Err(RecordError::Illegal(Illegal::Signature));
                    }
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

    /// What a reader signs who signs everything that was recorded so far.
    #[must_use]
    pub fn to_sign(&self) -> ContentHash {
        signed_head(&self.head().head)
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

/// What a signature of a session is over: the hash of the row before it, and through it everything before.
fn signed_head(previous: &ContentHash) -> ContentHash {
    hash::of_fields(&[b"tiresias session 1", &previous.0])
}

/// Whether a signature in an event is over the row before; an event without one need not be.
fn is_signed_over(event: &Event, previous: &ContentHash) -> bool {
    match event.fact() {
        Fact::SessionSigned(signature) => signature.fits(&signed_head(previous)).is_ok(),
        _ => true,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Account, CaseToRead, Plan, assign};
    use crate::machine::{Action, Environment, Rules, decide};
    use crate::protocol::Protocol;
    use tempfile::TempDir;
    use tiresias_words::Moment;

    fn rules() -> Rules {
        let protocol = Protocol::parse(include_str!("../../tests/two_conditions.toml")).unwrap();
        let account = Account { reader: ReaderId::new("r1").unwrap(), display_name: "R".into() };
        let cases: Vec<_> = (0..2u8).map(|i| CaseToRead { package: hash::of_bytes(&[i]), facts: vec![], training: None }).collect();
        let bundle = assign(&Plan { protocol: &protocol, readers: &[account], cases: &cases, matrix: None, seed: 1, issued_utc_ms: 0 })
            .unwrap()
            .remove(0);
        Rules::new(protocol, bundle).unwrap()
    }

    /// A record with a session and an open case: 4 rows, the last at 1,000 ms.
    fn record() -> (TempDir, Record) {
        let folder = tempfile::tempdir().unwrap();
        let rules = rules();
        let mut record = Record::open(&folder.path().join("record.sqlite"), rules.protocol().hash(), "b").unwrap();
        let environment = Environment::new("b".into(), "a".into(), [1, 1], 1.0);
        let open = Action::OpenCase(rules.bundle().reads()[0].id(rules.reader()));
        for action in [Action::StartSession(environment), open, Action::ImagesShown] {
            let now = Moment { utc_ms: 0, monotonic_ms: 1_000, boot: "x".into() };
            let events = decide(&rules, &record.state(rules.reader()), action, &now).unwrap();
            record.append(&events).unwrap();
        }
        (folder, record)
    }

    fn answered(record: &Record, text_length: usize) -> Event {
        let open = record.state(&ReaderId::new("r1").unwrap());
        let at = Moment { utc_ms: 0, monotonic_ms: 1_000, boot: "x".into() };
        let body = format!(r#"{{"question": "confidence", "subject": "case", "value": {{"choice": "{}"}}}}"#, "y".repeat(text_length));
        let package = open.open().map(crate::machine::Draft::package);
        Event::read_back(open.reader().clone(), 1, at, package, "answered/1", &body).unwrap()
    }

    #[test]
    fn a_full_disk_loses_nothing_and_reading_goes_on_when_there_is_room() {
        let (folder, mut record) = record();
        let pages = |record: &Record, n: i64| {
            let _: i64 = record.connection.pragma_update_and_check(None, "max_page_count", n, |row| row.get(0)).unwrap();
        };
        let used: i64 = record.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        pages(&record, used + 1);
        let mut acknowledged = record.head();
        let refused = loop {
            let event = answered(&record, 900);
            match record.append(&[event.clone(), event]) {
                Ok(appended) => acknowledged = appended,
                Err(error) => break error,
            }
        };
        assert_eq!(refused, RecordError::DiskFull);
        assert!(refused.to_string().contains("What is recorded is safe"));
        assert!(acknowledged.seq > 4 && record.head() == acknowledged);
        let event = answered(&record, 900);
        assert_eq!(record.append(&[event.clone(), event.clone()]), Err(RecordError::DiskFull), "and again");
        pages(&record, 1_000);
        assert_eq!(record.append(&[event]).unwrap().seq, acknowledged.seq + 1);
        drop(record);
        let found = verify(&folder.path().join("record.sqlite")).unwrap();
        assert!(found.intact && found.records == acknowledged.seq + 1);
    }

    #[test]
    fn a_disk_that_cannot_be_written_or_is_busy_refuses_in_a_sentence() {
        let (folder, mut record) = record();
        let event = answered(&record, 3);
        record.connection.pragma_update(None, "query_only", true).unwrap();
        assert_eq!(record.append(std::slice::from_ref(&event)), Err(RecordError::ReadOnly));
        record.connection.pragma_update(None, "query_only", false).unwrap();
        let other = Connection::open(folder.path().join("record.sqlite")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        record.connection.busy_timeout(std::time::Duration::ZERO).unwrap();
        assert_eq!(record.append(std::slice::from_ref(&event)), Err(RecordError::Busy));
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(record.append(&[event]).unwrap().seq, 5);
    }

    /// Appends a row whose own hash is right, as somebody who knows the format can, and verifies.
    fn forged(change: impl FnOnce(&mut Stored)) -> FirstBad {
        let (folder, record) = record();
        let head = record.head();
        let event = answered(&record, 3);
        let mut row = Stored::following(5, head.head, &event, "b", record.protocol()).unwrap();
        change(&mut row);
        row.hash = row.right_hash().0;
        row.put(&mut record.connection.prepare(INSERT).unwrap()).unwrap();
        drop(record);
        let found = verify(&folder.path().join("record.sqlite")).unwrap();
        assert_eq!((found.records, found.intact), (5, found.first_bad.is_none()));
        found.first_bad.unwrap_or(FirstBad { record: 0, what: What::Hash, detail: "nothing".into() })
    }

    #[test]
    fn a_row_with_a_right_hash_must_still_fit() {
        let check = |change: fn(&mut Stored), what: What, words: &str| {
            let bad = forged(change);
            assert!(bad.record == 5 && bad.what == what && bad.detail.contains(words), "{bad:?}");
        };
        assert_eq!(forged(|_| ()).detail, "nothing");
        check(|r| r.monotonic_ms = 999, What::Clock, "does not run back");
        check(|r| r.previous = [0; 32], What::Order, "does not follow");
        check(|r| r.protocol = [0; 32], What::Order, "another protocol");
        check(|r| r.kind = "answered/2".into(), What::Order, "does not know");
        check(|r| r.body = "null".into(), What::Order, "does not know");
        check(|r| r.body = r.body.replace("value", "valve"), What::Order, "does not know");
        check(|r| r.session = 2, What::Order, "session");
        check(|r| r.package = None, What::Order, "not open");
        check(|r| (r.kind, r.body) = ("mark-rated/1".into(), r#"{"mark": 1, "rating": 5}"#.into()), What::Order, "mark that was not there");
        // Another machine start has another clock.
        assert_eq!(forged(|r| (r.boot, r.monotonic_ms) = ("y".into(), 1)).detail, "nothing");
    }
}
