//! Consensus: which read stands for a case that several people read, and by what.
//!
//! A consensus is a read that somebody made, and never a mixture of several: that with which more than half of the reads of the case are concordant by the
//! rules of the protocol ([`crate::discordance`]), itself among them; and where there is none, what an adjudicator decided. Of several such reads it is the one
//! with which most are concordant, then the one with the fewest differences from all others, then the one of the reader whose id comes first. Two reads that
//! are concordant are more than half of two, so that this is the final result of two readers and an adjudicator too. Pure. Refuses: to choose between
//! decisions that differ, and to make anything of reads that nobody compared.

use crate::discordance::{Compared, compared, differences};
use crate::protocol::Protocol;
use crate::table::{ReadRow, ReadsTable};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use tiresias_words::{ContentHash, ReadId};

/// By what a case was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// More than half of its reads are concordant with one of them.
    Majority,
    /// An adjudicator decided.
    Adjudicator,
}

/// The read with which more than half of the reads of a case are concordant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Majority {
    /// The read.
    pub read: ReadId,
    /// How many are concordant with it, itself among them.
    pub agreeing: usize,
    /// How many reads of the case there are.
    pub of: usize,
}

/// What stands for one case.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreed {
    /// The case.
    pub package: ContentHash,
    /// The read, as it was locked.
    pub row: ReadRow,
    /// By what.
    pub by: By,
    /// The reads that are concordant with the read of the majority, and all reads of the case; where an adjudicator decided, how many agree at most.
    pub agreeing: [usize; 2],
}

/// The cases with a majority among reads that were compared.
#[must_use]
pub fn majorities(compared: &[Compared]) -> BTreeMap<ContentHash, Majority> {
    let best = |(package, pairs): (ContentHash, Vec<&Compared>)| most_agreed(&pairs).map(|m| (package, m));
    by_case(compared).into_iter().filter_map(best).filter(|(_, m)| 2 * m.agreeing > m.of).collect()
}

fn by_case(compared: &[Compared]) -> BTreeMap<ContentHash, Vec<&Compared>> {
    let mut cases: BTreeMap<ContentHash, Vec<&Compared>> = BTreeMap::new();
    for pair in compared {
        cases.entry(pair.package).or_default().push(pair);
    }
    cases
}

/// Of the reads of one case the one with which most are concordant.
fn most_agreed(pairs: &[&Compared]) -> Option<Majority> {
    let reads: BTreeSet<&ReadId> = pairs.iter().flat_map(|p| [&p.a, &p.b]).collect();
    let of = |read: &ReadId| {
        let own = pairs.iter().filter(|p| p.a == *read || p.b == *read);
        own.fold((1, 0), |(agreeing, apart), p| (agreeing + usize::from(p.differences.is_empty()), apart + p.differences.len()))
    };
    // The first of the best: reads are sorted.
    let best = reads.iter().map(|read| (*read, of(read))).min_by_key(|(_, (agreeing, apart))| (std::cmp::Reverse(*agreeing), *apart));
    best.map(|(read, (agreeing, _))| Majority { read: read.clone(), agreeing, of: reads.len() })
}

/// What stands for each case, sorted by case. A case is not there while nothing settles it: no majority, and no decision or decisions that differ.
#[must_use]
pub fn consensus(protocol: &Protocol, reads: &ReadsTable, decisions: &ReadsTable) -> Vec<Agreed> {
    let Some(adjudication) = protocol.adjudication() else { return Vec::new() };
    let compared = compared(protocol, reads);
    let row = |id: &ReadId| reads.rows.iter().find(|r| r.read.read() == id && r.condition == adjudication.condition);
    let of_case = |(package, pairs): (ContentHash, Vec<&Compared>)| {
        let most = most_agreed(&pairs)?;
        let agreeing = [most.agreeing, most.of];
        let by_majority = || row(&most.read).filter(|_| 2 * most.agreeing > most.of).map(|row| (row, By::Majority));
        let (row, by) = by_majority().or_else(|| Some((decided(protocol, decisions, package)?, By::Adjudicator)))?;
        Some(Agreed { package, row: row.clone(), by, agreeing })
    };
    by_case(&compared).into_iter().filter_map(of_case).collect()
}

/// What was decided about a case, where all who decided say the same.
fn decided<'a>(protocol: &Protocol, decisions: &'a ReadsTable, package: ContentHash) -> Option<&'a ReadRow> {
    let mut about = decisions.rows.iter().filter(|r| r.read.package() == package);
    let first = about.next()?;
    about.all(|other| differences(protocol, (&first.read).into(), (&other.read).into()).is_empty()).then_some(first)
}
