//! One row of the record: its columns, its hash, the event it stands for.
//!
//! The hash is SHA-256 over the length-prefixed columns, the hash of the row before it included; that of the first is the protocol's.

use crate::hash;
use crate::machine::Event;
use rusqlite::{Row, Statement, params};
use tiresias_words::{ContentHash, Moment, ReaderId};

/// Columns in the order in which [`Stored::take`] reads them.
pub(super) const SELECT: &str = "SELECT seq, session, reader, kind, body, utc_ms, monotonic_ms, boot, build, protocol, package, previous, hash \
     FROM event ORDER BY seq";
pub(super) const INSERT: &str = "INSERT INTO event \
     (seq, session, reader, kind, body, utc_ms, monotonic_ms, boot, build, protocol, package, previous, hash) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) seq: i64,
    pub(super) session: i64,
    pub(super) reader: String,
    pub(super) kind: String,
    pub(super) body: String,
    pub(super) utc_ms: i64,
    pub(super) monotonic_ms: i64,
    pub(super) boot: String,
    pub(super) build: String,
    pub(super) protocol: [u8; 32],
    pub(super) package: Option<[u8; 32]>,
    pub(super) previous: [u8; 32],
    pub(super) hash: [u8; 32],
}

impl Stored {
    /// The row that follows after `previous`.
    pub(super) fn following(
        seq: i64,
        previous: ContentHash,
        event: &Event,
        build: &str,
        protocol: ContentHash,
    ) -> Result<Self, serde_json::Error> {
        let (kind, body) = event.written()?;
        let mut row = Self {
            seq,
            session: i64::from(event.session()),
            reader: event.reader().to_string(),
            kind,
            body,
            utc_ms: event.at().utc_ms,
            // A machine that ran for 292 million years would be clamped.
            monotonic_ms: i64::try_from(event.at().monotonic_ms).unwrap_or(i64::MAX),
            boot: event.at().boot.clone(),
            build: build.to_owned(),
            protocol: protocol.0,
            package: event.package().map(|p| p.0),
            previous: previous.0,
            hash: [0; 32],
        };
        row.hash = row.right_hash().0;
        Ok(row)
    }

    /// Reads the columns of a [`SELECT`].
    pub(super) fn take(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            session: row.get(1)?,
            reader: row.get(2)?,
            kind: row.get(3)?,
            body: row.get(4)?,
            utc_ms: row.get(5)?,
            monotonic_ms: row.get(6)?,
            boot: row.get(7)?,
            build: row.get(8)?,
            protocol: row.get(9)?,
            package: row.get(10)?,
            previous: row.get(11)?,
            hash: row.get(12)?,
        })
    }

    /// Runs an [`INSERT`].
    pub(super) fn put(&self, statement: &mut Statement<'_>) -> rusqlite::Result<usize> {
        let Self { seq, session, reader, kind, body, utc_ms, monotonic_ms, boot, build, protocol, package, previous, hash } = self;
        statement.execute(params![seq, session, reader, kind, body, utc_ms, monotonic_ms, boot, build, protocol, package, previous, hash])
    }

    /// The hash that the row must have.
    pub(super) fn right_hash(&self) -> ContentHash {
        let Self { seq, session, reader, kind, body, utc_ms, monotonic_ms, boot, build, protocol, package, previous, hash: _ } = self;
        // A package is 32 bytes and none is no bytes, so the prefix tells them apart.
        let package: &[u8] = package.as_ref().map_or(&[], |p| p);
        hash::of_fields(&[
            b"tiresias event 1",
            &seq.to_le_bytes(),
            &session.to_le_bytes(),
            reader.as_bytes(),
            kind.as_bytes(),
            body.as_bytes(),
            &utc_ms.to_le_bytes(),
            &monotonic_ms.to_le_bytes(),
            boot.as_bytes(),
            build.as_bytes(),
            protocol,
            package,
            previous,
        ])
    }

    /// When it happened.
    pub(super) fn at(&self) -> Option<Moment> {
        let monotonic_ms = u64::try_from(self.monotonic_ms).ok()?;
        Some(Moment { utc_ms: self.utc_ms, monotonic_ms, boot: self.boot.clone() })
    }

    /// The event that the row stands for; none when this program knows no such event.
    pub(super) fn event(&self) -> Option<Event> {
        let reader = ReaderId::new(self.reader.clone()).ok()?;
        let session = u32::try_from(self.session).ok()?;
        Event::read_back(reader, session, self.at()?, self.package.map(ContentHash), &self.kind, &self.body).ok()
    }
}
