//! Whether a record is what was written: file, form, chain, order, clock, and that the events can have happened.
//!
//! Finds any change of a row, a row removed, added or moved. A record cut off at its end, or replaced by an older copy of itself, is
//! intact by itself; receipts kept elsewhere find that.

use super::row::{SELECT, Stored};
use super::{FirstBad, RecordError, Recorded, Verification, What, is_signed_over, schema};
use crate::accounts::Signature;
use crate::machine::{Fact, State, evolve};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;
use tiresias_words::{ContentHash, ReaderId};

/// Verifies the record at `path` without writing to it.
///
/// # Errors
/// When it cannot be looked at: absent, of a newer version, no record, its last write unfinished, or unreadable as a file. A record that
/// can be looked at and is not intact is no error but a [`Verification`].
pub fn verify(path: &Path) -> Result<Verification, RecordError> {
    if !path.exists() {
        return Err(RecordError::Absent);
    }
    let connection = schema::open_read_only(path)?;
    Ok(whole(&connection)?.into())
}

impl From<Chain> for Verification {
    fn from(chain: Chain) -> Self {
        let unsigned = chain.states.values().any(State::has_unsigned);
        let signed_by = chain.signatures.last().filter(|_| !unsigned).map(|s| s.signer.to_string());
        Self {
            intact: chain.first_bad.is_none(),
            records: chain.records,
            first_bad: chain.first_bad,
            head: chain.head.map(|(_, hash)| hash),
            signed_by,
            receipts: chain.signatures.iter().map(Signature::receipt).collect(),
        }
    }
}

/// Looks at the file as a whole: its form, its rows, its pages. The form comes first, because what is called `event` in another form can
/// be a view without an end; then no row is looked at.
pub(super) fn whole(connection: &Connection) -> Result<Chain, RecordError> {
    if let Some(object) = schema::changed_object(connection)? {
        let bad = of_file(format!("The {object} of the database is not as this program made it."));
        return Ok(Chain { first_bad: Some(bad), ..Chain::default() });
    }
    let mut chain = walk(connection, |_| ())?;
    if chain.first_bad.is_none() {
        chain.first_bad = damage(connection)?;
    }
    Ok(chain)
}

/// What is wrong with the pages of the file.
pub(super) fn damage(connection: &Connection) -> Result<Option<FirstBad>, RecordError> {
    let damage = schema::damage(connection)?;
    Ok(damage.map(|d| of_file(format!("The file is damaged: {}.", d.trim_end_matches('.')))))
}

const fn of_file(detail: String) -> FirstBad {
    FirstBad { record: 0, what: What::Missing, detail }
}

/// What a walk along the chain found.
#[derive(Default)]
pub(super) struct Chain {
    /// Rows that are there, bad ones too.
    pub(super) records: u64,
    pub(super) first_bad: Option<FirstBad>,
    /// Number and hash of the last good row.
    pub(super) head: Option<(i64, ContentHash)>,
    /// The protocol that the first row names.
    pub(super) protocol: Option<ContentHash>,
    /// The last reading of the monotonic clock, by boot.
    pub(super) clocks: BTreeMap<String, u64>,
    /// Where the readers stand after the last good row.
    pub(super) states: BTreeMap<ReaderId, State>,
    /// The signatures of sessions, in order.
    pub(super) signatures: Vec<Signature>,
}

/// No row takes fewer bytes than its three hashes.
const SHORTEST_ROW: u64 = 96;

/// Walks along the chain and hands out each event that is good, up to the first that is not.
pub(super) fn walk(connection: &Connection, mut take: impl FnMut(Recorded)) -> Result<Chain, RecordError> {
    let mut chain = Chain::default();
    let most = schema::bytes(connection)? / SHORTEST_ROW;
    let mut statement = connection.prepare(SELECT)?;
    let mut rows = statement.query([])?;
    loop {
        match rows.next() {
            Ok(None) => break,
            Ok(Some(row)) => {
                if chain.records == most {
                    // Pages that lead to each other give rows without an end.
                    let bad = chain.bad(What::Missing, "The file is damaged: it gives more rows than have room in it.");
                    chain.first_bad.get_or_insert(bad);
                    break;
                }
                chain.records += 1;
                if chain.first_bad.is_some() {
                    continue;
                }
                // A column of the wrong type, or text that is not UTF-8, is a changed row.
                let good = match Stored::take(row) {
                    Ok(stored) => chain.row(&stored),
                    Err(_) => Err(chain.bad(What::Hash, "A column cannot be read.")),
                };
                match good {
                    Ok(recorded) => take(recorded),
                    Err(bad) => chain.first_bad = Some(bad),
                }
            }
            Err(error) => {
                // A damaged page. Errors of the machine are not the record's fault.
                match RecordError::from(error) {
                    RecordError::Damaged => {
                        let bad = chain.bad(What::Missing, "The file is damaged where the record should be.");
                        chain.first_bad.get_or_insert(bad);
                    }
                    other => return Err(other),
                }
                break;
            }
        }
    }
    Ok(chain)
}

/// Hands out the rows of a record that was verified.
pub(super) fn rows(connection: &Connection, mut take: impl FnMut(Stored) -> Result<(), RecordError>) -> Result<(), RecordError> {
    let mut statement = connection.prepare(SELECT)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(Stored::take(row)?)?;
    }
    Ok(())
}

impl Chain {
    fn next_seq(&self) -> i64 {
        self.head.map_or(1, |(seq, _)| seq + 1)
    }
    /// A fault of the row that should come next.
    fn bad(&self, what: What, detail: impl Into<String>) -> FirstBad {
        FirstBad { record: self.next_seq().unsigned_abs(), what, detail: detail.into() }
    }

    pub(super) fn row(&mut self, row: &Stored) -> Result<Recorded, FirstBad> {
        if row.seq > self.next_seq() {
            return Err(self.bad(What::Missing, format!("After it comes record {}.", row.seq)));
        }
        if row.seq < self.next_seq() {
            return Err(self.bad(What::Order, format!("In its place is record {}.", row.seq)));
        }
        let hash = row.right_hash();
        if row.hash != hash.0 {
            return Err(self.bad(What::Hash, "Its content does not have the hash that was stored with it."));
        }
        let protocol = *self.protocol.get_or_insert(ContentHash(row.protocol));
        let previous = self.head.map_or(protocol, |(_, hash)| hash);
        if row.previous != previous.0 {
            return Err(self.bad(What::Order, "It does not follow the record before it."));
        }
        if row.protocol != protocol.0 {
            return Err(self.bad(What::Order, "It belongs to another protocol than the record before it."));
        }
        let Some(event) = row.event() else {
            return Err(self.bad(What::Order, "It is of a kind that this program does not know."));
        };
        if !is_signed_over(&event, &previous) {
            return Err(self.bad(What::Hash, "Its signature is not over the records before it."));
        }
        let at = event.at();
        if self.clocks.get(&at.boot).is_some_and(|last| at.monotonic_ms < *last) {
            return Err(self.bad(What::Clock, "It is earlier than the record before it, by the clock that does not run back."));
        }
        let reader = event.reader();
        let before = self.states.remove(reader).unwrap_or_else(|| State::new(reader.clone()));
        match evolve(before, &event) {
            Ok(after) => self.states.insert(reader.clone(), after),
            Err(illegal) => return Err(self.bad(What::Order, format!("It cannot have happened: {illegal}."))),
        };
        if let Fact::SessionSigned(signature) = event.fact() {
            self.signatures.push((**signature).clone());
        }
        self.clocks.insert(at.boot.clone(), at.monotonic_ms);
        self.head = Some((row.seq, hash));
        Ok(Recorded { seq: row.seq.unsigned_abs(), event })
    }
}
