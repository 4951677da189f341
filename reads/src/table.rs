//! The reads table: every locked read of every reader, as replayed from the record. What exports and analyses start from.
//!
//! Rows are sorted by reader, condition, repeat and code, so that the same reads give the same table in whatever order they were made.

use crate::machine::{AnswerValue, Fact, Locked, State};
use crate::protocol::Protocol;
use crate::record::{Appended, FirstBad, Record, RecordError, What};
use std::collections::BTreeMap;
use tiresias_words::ReadId;

/// Every locked read of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadsTable {
    /// The reads, sorted.
    pub rows: Vec<ReadRow>,
    /// Where the record stood.
    pub head: Appended,
}

/// One locked read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadRow {
    /// Number of the record row that locked it.
    pub seq: u64,
    /// The answer to the protocol's rating question.
    pub rating: i32,
    /// Everything that was locked.
    pub read: Locked,
}

/// Builds the table from the record.
///
/// # Errors
/// When the record cannot be read or is not intact; a read that was locked without a rating counts as such.
pub fn reads_table(record: &Record, protocol: &Protocol) -> Result<ReadsTable, RecordError> {
    let mut locked_at: BTreeMap<ReadId, u64> = BTreeMap::new();
    record.replay(|recorded| {
        if let Fact::ReadLocked { read } = recorded.event.fact() {
            locked_at.insert(read.clone(), recorded.seq);
        }
    })?;
    let mut rows = Vec::new();
    for read in record.states().values().flat_map(State::locked) {
        let seq = locked_at.get(read.read()).copied().unwrap_or(0);
        let Some(AnswerValue::Scale(rating)) = read.answers().get(protocol.form().rating()) else {
            let detail = "It locks a read without the rating that the protocol asks for.".to_owned();
            return Err(RecordError::Broken(FirstBad { record: seq, what: What::Order, detail }));
        };
        rows.push(ReadRow { seq, rating: *rating, read: read.clone() });
    }
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
    Ok(ReadsTable { rows, head: record.head() })
}

fn key(row: &ReadRow) -> impl Ord {
    let ReadId { reader, case, condition, repeat } = row.read.read();
    (reader.clone(), condition.clone(), *repeat, case.clone())
}
