//! The reads table: every locked read of every reader, as replayed from the record. What exports and analyses start from.
//!
//! Rows are sorted by reader, condition, repeat and code, so that the same reads give the same table in whatever order they were made.

use crate::machine::{Fact, Locked, State, Subject};
use crate::protocol::Protocol;
use crate::record::{Appended, FirstBad, Record, RecordError, What};
use std::collections::BTreeMap;
use tiresias_words::{Condition, ReadId};

/// Every locked read of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadsTable {
    /// The reads, sorted.
    pub rows: Vec<ReadRow>,
    /// Where the record stood.
    pub head: Appended,
}

/// One locked read, or what was locked of it before the AI was shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadRow {
    /// Number of the record row that locked it.
    pub seq: u64,
    /// The condition under which analyses know it: that of the read, or the protocol's name for what came before the AI.
    pub condition: Condition,
    /// The rating of the case, in thousandths; `None` where units are rated by themselves, or the case was said to be not evaluable.
    pub rating: Option<i64>,
    /// Everything that was locked.
    pub read: Locked,
}

/// Builds the table from the record. Reads of the training are not in it.
///
/// # Errors
/// When the record cannot be read or is not intact; a read that was locked without a rating counts as such.
pub fn reads_table(record: &Record, protocol: &Protocol) -> Result<ReadsTable, RecordError> {
    let mut locked_at: BTreeMap<(ReadId, bool), u64> = BTreeMap::new();
    record.replay(|recorded| match recorded.event.fact() {
        Fact::ReadLocked { read, .. } => {
            locked_at.insert((read.clone(), true), recorded.seq);
        }
        Fact::ImpressionLocked { read, .. } => {
            locked_at.insert((read.clone(), false), recorded.seq);
        }
        _ => {}
    })?;
    let row = |read: &Locked, condition: Condition, is_final: bool| {
        let seq = locked_at.get(&(read.read().clone(), is_final)).copied().unwrap_or(0);
        let is_evaluable = !read.not_evaluable().contains_key(&Subject::Case);
        let marks: Vec<_> = read.marks().iter().map(|(id, mark)| (*id, mark.rating)).collect();
        let rating = protocol.case_rating(read.answers(), &marks).filter(|_| is_evaluable);
        if rating.is_none() && is_evaluable && protocol.form().units().is_empty() {
            let detail = "It locks a read without the rating that the protocol asks for.".to_owned();
            return Err(RecordError::Broken(FirstBad { record: seq, what: What::Order, detail }));
        }
        Ok(ReadRow { seq, condition, rating, read: read.clone() })
    };
    let mut rows = Vec::new();
    for read in record.states().values().flat_map(State::locked).filter(|r| !r.assignment().training) {
        let condition = &read.read().condition;
        let before = protocol.condition(condition).and_then(|c| c.ai.before());
        if let (Some(impression), Some(before)) = (read.impression(), before) {
            rows.push(row(impression, before.clone(), false)?);
        }
        rows.push(row(read, condition.clone(), true)?);
    }
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
    Ok(ReadsTable { rows, head: record.head() })
}

fn key(row: &ReadRow) -> impl Ord {
    let ReadId { reader, case, repeat, .. } = row.read.read();
    (reader.clone(), row.condition.clone(), *repeat, case.clone())
}
