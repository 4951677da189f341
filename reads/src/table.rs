//! The reads table: every locked read of every reader, as replayed from the record. What exports and analyses start from.
//!
//! Rows are sorted by reader, condition, repeat and code, so that the same reads give the same table in whatever order they were made.

use crate::hash;
use crate::machine::{Fact, Locked, State, Subject};
use crate::merge::Merged;
use crate::protocol::Protocol;
use crate::record::{Appended, FirstBad, Record, RecordError, What};
use std::collections::BTreeMap;
use tiresias_words::{Condition, ContentHash, ReadId};

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
    /// The results file that has that row; none on the workstation itself.
    pub file: Option<ContentHash>,
    /// The condition under which analyses know it: that of the read, or the protocol's name for what came before the AI.
    pub condition: Condition,
    /// The rating of the case, in thousandths; `None` where units are rated by themselves, or the case was said to be not evaluable.
    pub rating: Option<i64>,
    /// Everything that was locked.
    pub read: Locked,
}

/// Builds the table from the record of one workstation. Reads of the training are not in it, nor what adjudicators
/// decided.
///
/// # Errors
/// When the record cannot be read or is not intact; a read that was locked without a rating counts as such.
pub fn reads_table(record: &Record, protocol: &Protocol) -> Result<ReadsTable, RecordError> {
    let mut locked_at: BTreeMap<ReadId, u64> = BTreeMap::new();
    let mut impression_at: BTreeMap<ReadId, u64> = BTreeMap::new();
    record.replay(|recorded| {
        match recorded.event.fact() {
            Fact::ReadLocked { read, .. } => locked_at.insert(read.clone(), recorded.seq),
            Fact::ImpressionLocked { read, .. } => impression_at.insert(read.clone(), recorded.seq),
            _ => None,
        };
    })?;
    let locked = record.states().values().flat_map(State::locked).map(|read| LockedAt {
        read,
        file: None,
        seq: locked_at.get(read.read()).copied().unwrap_or(0),
        impression_seq: impression_at.get(read.read()).copied().unwrap_or(0),
    });
    table(locked, protocol, record.head(), false)
}

/// Builds the table from what was merged of many workstations. Reads that a conflict touches are not in it.
///
/// # Errors
/// When a read was locked without a rating that the protocol asks for.
pub fn merged_table(merged: &Merged, protocol: &Protocol) -> Result<ReadsTable, RecordError> {
    of_merged(merged, protocol, false)
}

/// The same of what adjudicators decided: a table of its own, whose rows take the place of no read.
///
/// # Errors
/// As [`merged_table`].
pub fn decisions_table(merged: &Merged, protocol: &Protocol) -> Result<ReadsTable, RecordError> {
    of_merged(merged, protocol, true)
}

fn of_merged(merged: &Merged, protocol: &Protocol, decisions: bool) -> Result<ReadsTable, RecordError> {
    let files: Vec<&[u8]> = merged.files.iter().map(|f| f.0.as_slice()).collect();
    let head = Appended { seq: merged.records, head: hash::of_fields(&files) };
    let locked = merged.reads.values().map(|m| LockedAt {
        read: &m.read,
        file: Some(m.file),
        seq: m.seq,
        impression_seq: m.impression_seq.unwrap_or(0),
    });
    table(locked, protocol, head, decisions)
}

/// A read, and the rows that locked it.
struct LockedAt<'a> {
    read: &'a Locked,
    file: Option<ContentHash>,
    seq: u64,
    impression_seq: u64,
}

fn table<'a>(
    locked: impl Iterator<Item = LockedAt<'a>>,
    protocol: &Protocol,
    head: Appended,
    decisions: bool,
) -> Result<ReadsTable, RecordError> {
    let row = |read: &Locked, condition: Condition, file: Option<ContentHash>, seq: u64| {
        let is_evaluable = !read.not_evaluable().contains_key(&Subject::Case);
        let rating = protocol.case_rating(read.answers(), &read.mark_ratings()).filter(|_| is_evaluable);
        if rating.is_none() && is_evaluable && protocol.form().units().is_empty() {
            let detail = "It locks a read without the rating that the protocol asks for.".to_owned();
            return Err(RecordError::Broken(FirstBad { record: seq, what: What::Order, detail }));
        }
        Ok(ReadRow { seq, file, condition, rating, read: read.clone() })
    };
    let mut rows = Vec::new();
    // A decision between two reads takes the place of neither.
    let of_study = |l: &LockedAt<'_>| !l.read.assignment().training && l.read.assignment().settles == decisions;
    for LockedAt { read, file, seq, impression_seq } in locked.filter(of_study) {
        let condition = &read.read().condition;
        let before = protocol.condition(condition).filter(|_| !decisions).and_then(|c| c.ai.before());
        if let (Some(impression), Some(before)) = (read.impression(), before) {
            rows.push(row(impression, before.clone(), file, impression_seq)?);
        }
        rows.push(row(read, condition.clone(), file, seq)?);
    }
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
    Ok(ReadsTable { rows, head })
}

fn key(row: &ReadRow) -> impl Ord {
    let ReadId { reader, case, repeat, .. } = row.read.read();
    (reader.clone(), row.condition.clone(), *repeat, case.clone())
}
