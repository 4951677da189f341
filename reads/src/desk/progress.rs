//! How far a study is, for whoever runs it and is blinded: reads by reader and condition, what is late, when washouts end, what was not planned, what failed.
//!
//! Owns what of the merged results is looked at: which reads are locked and when, and events that are no answers. Refuses: answers, marks, ratings, times of reading and truth, which
//! are in nothing that comes from here.

use super::{DeskLog, MergeError, SignedAssignment, all_merged};
use crate::accounts::{Accounts, Thing, Unlocked, may_see};
use crate::bundle::{AssignedRead, Bundle};
use crate::closing::DatabaseLock;
use crate::hash::short;
use crate::machine::{DAY_MS, Day, Fact};
use crate::protocol::Protocol;
use crate::record::Results;
use crate::versions::Versions;
use std::collections::BTreeMap;
use std::path::Path;
use tiresias_words::{Condition, ContentHash, ReadId, ReaderId};

/// How far a study is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// The conditions, by name, in the order of the protocol.
    pub conditions: Vec<(Condition, String)>,
    /// The readers.
    pub readers: Vec<ReaderProgress>,
    /// Reads that wait for the end of a washout, by reader, condition and the days on which they open.
    pub washouts: Vec<Washout>,
    /// What happened and was not planned, a sentence each.
    pub deviations: Vec<String>,
    /// Withdrawn cases of which their readers have no word, with what is to be done, a sentence each.
    pub untold: Vec<String>,
    /// Questions and their answers, a sentence each.
    pub queries: Vec<String>,
    /// What failed at workstations, a sentence each.
    pub failures: Vec<String>,
    /// What contradicts itself, a sentence each; what it touches does not count.
    pub contradictions: Vec<String>,
    /// Results files that count, and all that lie here.
    pub files: [usize; 2],
    /// Rows of the results files that count. Every hash in them fits the one before: what does not is not read.
    pub rows: usize,
    /// Where these files came from, in the order of their readers' ids.
    pub workstations: Vec<Workstation>,
    /// Reading is closed.
    pub is_closed: bool,
}

/// How far one reader is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderProgress {
    /// What screens call them.
    pub name: String,
    /// For each condition, in the order of the protocol.
    pub counts: Vec<Counts>,
    /// The day of the last read that came back.
    pub last: Option<String>,
}

/// Reads of one reader under one condition, hidden repeats among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Locked, and here.
    pub done: usize,
    /// Not here yet.
    pub missing: usize,
    /// Of the missing ones, those that are late.
    pub overdue: usize,
}

/// Reads of one reader under one condition that wait for a washout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Washout {
    /// What screens call the reader.
    pub reader: String,
    /// What screens call the condition.
    pub condition: String,
    /// How many reads.
    pub reads: usize,
    /// The days on which the first and the last of them open.
    pub days: [String; 2],
}

/// One workstation, whose results count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workstation {
    /// What screens call those whose rows came from there.
    pub readers: Vec<String>,
    /// The beginning of the hash of its results file.
    pub file: String,
    /// The day of the last signature; none where nobody signed.
    pub signed: Option<String>,
}

/// Looks how far the study of a desk's folder is, at a time in milliseconds since 1970 in UTC.
///
/// # Errors
/// When the account may not see it, or what came back cannot be brought together.
pub fn progress(root: &Path, signed: &SignedAssignment, accounts: &Accounts, keys: &Unlocked, now: i64) -> Result<Progress, MergeError> {
    if !may_see(keys.kind(), Thing::Progress, false) || !may_see(keys.kind(), Thing::Deviations, false) {
        return Err(MergeError::NotForKind(keys.kind()));
    }
    let (protocol, _) = signed.protocol(root)?;
    let (files, merged) = all_merged(root, signed, accounts)?;
    let locked: BTreeMap<&ReadId, i64> = merged.reads.iter().map(|(id, m)| (id, m.read.at().utc_ms)).collect();
    let conditions: Vec<(Condition, String)> = protocol.conditions().iter().map(|c| (c.id.clone(), c.label.clone())).collect();
    let log = DeskLog::open(root, accounts).map_err(|e| MergeError::Log(Box::new(e)))?;
    let (withdrawn, stopped) = (log.withdrawn(), log.stopped());
    let (mut readers, mut washouts) = (Vec::new(), Vec::new());
    for reader in signed.readers() {
        let mut bundle = signed.bundle(root, &protocol, reader)?;
        let has_stopped = stopped.contains(reader);
        bundle.keep(|r| !withdrawn.contains(&r.package) && (!has_stopped || locked.contains_key(&r.id(reader))));
        let (counts, waiting) = counted(&protocol, &bundle, &locked, now);
        washouts.extend(waiting);
        let last = locked.iter().filter(|(id, _)| id.reader == *reader).map(|(_, at)| *at).max();
        readers.push(ReaderProgress { name: bundle.display_name().to_owned(), counts, last: last.map(|ms| Day(ms).to_string()) });
    }
    let counting: Vec<&Results> = files.iter().filter(|f| merged.files.contains(&f.file())).collect();
    let lock = DatabaseLock::open(root, accounts).map_err(|e| MergeError::Closing(Box::new(e)))?;
    let mut deviations = planned_otherwise(root, accounts)?;
    deviations.extend(log.deviations().map(super::Entry::told));
    deviations.extend(counting.iter().flat_map(|f| of_events(f, &overridden)));
    for late in lock.iter().flat_map(DatabaseLock::late) {
        deviations.push(format!(
            "{}: \"{}\" took results in after reading was closed: {}",
            Day(late.signature.utc_ms),
            late.signature.signer,
            late.reason
        ));
    }
    deviations.sort();
    let mut failures: Vec<String> = counting.iter().flat_map(|f| of_events(f, &failed)).collect();
    failures.sort();
    Ok(Progress {
        conditions,
        readers,
        washouts,
        deviations,
        untold: log.untold(root, accounts).map_err(|e| MergeError::Log(Box::new(e)))?,
        queries: log.queries().map(super::Entry::told).collect(),
        failures,
        contradictions: merged.conflicts.iter().map(ToString::to_string).collect(),
        files: [merged.files.len(), files.len()],
        rows: counting.iter().map(|f| f.rows().len()).sum(),
        workstations: workstations(&counting, accounts),
        is_closed: lock.is_some_and(|l| l.is_closed()),
    })
}

/// The reads of one reader under each condition, and those that wait for a washout. `locked` are the times at which reads were locked.
fn counted(protocol: &Protocol, bundle: &Bundle, locked: &BTreeMap<&ReadId, i64>, now: i64) -> (Vec<Counts>, Vec<Washout>) {
    let (reader, sessions) = (bundle.reader(), protocol.sessions());
    let (washout, due) = (days(sessions.washout_days), sessions.due_days.map(|d| days(Some(d))));
    let study = || bundle.reads().iter().filter(|r| r.training.is_none());
    // When each case was read last by this reader, whatever under.
    let mut read_at: BTreeMap<ContentHash, i64> = BTreeMap::new();
    for read in study() {
        if let Some(at) = locked.get(&read.id(reader)) {
            let last = read_at.entry(read.package).or_insert(*at);
            *last = (*last).max(*at);
        }
    }
    let opens = |read: &AssignedRead| read_at.get(&read.package).map(|at| at.saturating_add(washout)).filter(|_| washout > 0);
    let mut counts = vec![Counts::default(); protocol.conditions().len()];
    let mut waiting: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for read in study() {
        let Some(at) = protocol.conditions().iter().position(|c| c.id == read.condition) else { continue };
        let Some(of) = counts.get_mut(at) else { continue };
        if locked.contains_key(&read.id(reader)) {
            of.done += 1;
            continue;
        }
        of.missing += 1;
        let begins = opens(read).unwrap_or(i64::MIN).max(bundle.issued_utc_ms());
        of.overdue += usize::from(due.is_some_and(|due| now > begins.saturating_add(due)));
        if let Some(opens) = opens(read).filter(|opens| *opens > now) {
            waiting.entry(at).or_default().push(opens);
        }
    }
    let washout = |(at, opens): (usize, Vec<i64>)| {
        let (condition, first, last) = (protocol.conditions().get(at)?, opens.iter().min()?, opens.iter().max()?);
        let days = [first, last].map(|ms| Day(*ms).to_string());
        Some(Washout { reader: bundle.display_name().to_owned(), condition: condition.label.clone(), reads: opens.len(), days })
    };
    (counts, waiting.into_iter().filter_map(washout).collect())
}

fn days(count: Option<u32>) -> i64 {
    i64::from(count.unwrap_or(0)).saturating_mul(DAY_MS)
}

/// Versions of the protocol after the first.
fn planned_otherwise(root: &Path, accounts: &Accounts) -> Result<Vec<String>, MergeError> {
    let versions = Versions::open(root, accounts).map_err(super::AssignmentError::from)?;
    let told = |v: &crate::versions::Version| {
        let reason = v.reason.as_ref()?;
        Some(format!("{}: \"{}\" signed version {} of the protocol: {reason}", Day(v.signature.utc_ms), v.signature.signer, v.number))
    };
    Ok(versions.all().iter().filter_map(told).collect())
}

/// The sentences that events of a file are told in.
fn of_events(file: &Results, tell: &dyn Fn(&Fact) -> Option<String>) -> Vec<String> {
    let told = |recorded: &crate::record::Recorded| {
        let event = &recorded.event;
        Some(format!("{}: \"{}\" {}", Day(event.at().utc_ms), event.reader(), tell(event.fact())?))
    };
    file.events().iter().filter_map(told).collect()
}

fn overridden(fact: &Fact) -> Option<String> {
    match fact {
        Fact::WashoutOverridden(leave) => {
            Some(format!("opened a case before its washout was over, with leave of \"{}\": {}", leave.signature.signer, leave.reason))
        }
        Fact::CaseWithdrawn(word) => Some(format!("had a case taken off the list, which \"{}\" withdrew", word.signature.signer)),
        // That it was opened again is planned for; why is the reader's own word, and may tell an answer.
        Fact::AmendmentOpened { .. } => Some("opened a locked read again".to_owned()),
        _ => None,
    }
}

fn failed(fact: &Fact) -> Option<String> {
    match fact {
        Fact::SessionCutOff => Some("had a session that was cut off: the program or its machine stopped".to_owned()),
        Fact::SessionStarted(on) => on.trouble(),
        _ => None,
    }
}

/// That what came back is whole is verified when it is read; what is left to say is whose signature is over it.
fn workstations(files: &[&Results], accounts: &Accounts) -> Vec<Workstation> {
    let mut files = files.to_vec();
    files.sort_by_cached_key(|f| f.states().keys().cloned().collect::<Vec<_>>());
    let name = |id: &ReaderId| {
        let account = accounts.iter().find(|a| a.id().as_str() == id.as_str());
        account.map_or_else(|| id.to_string(), |a| a.display_name().to_owned())
    };
    let of = |file: &&Results| Workstation {
        readers: file.states().keys().map(name).collect(),
        file: short(&file.file()),
        signed: file.signatures().iter().map(|s| s.utc_ms).max().map(|ms| Day(ms).to_string()),
    };
    files.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Account, CaseToRead, Plan, assign};
    use crate::protocol::template;

    /// Unaided, then aided 28 days after at the earliest; a read is due in 30 days.
    fn study() -> (Protocol, Bundle) {
        let text = template("concurrent").unwrap().text.replace("washout_days = 28", "washout_days = 28\ndue_days = 30");
        let text = text.replace("design = \"split plot\"\ngroups = 2", "design = \"crossed\"");
        let protocol = Protocol::parse(&text).unwrap_or_else(|e| panic!("{e}"));
        let readers = [Account { reader: ReaderId::new("r1").unwrap(), display_name: "Reader 1".into() }];
        let cases: Vec<_> = (0..4).map(|n| CaseToRead { package: ContentHash([n; 32]), facts: Vec::new(), training: None }).collect();
        let plan = Plan { protocol: &protocol, readers: &readers, cases: &cases, matrix: None, seed: 3, issued_utc_ms: 0 };
        let bundle = assign(&plan).unwrap().remove(0);
        (protocol, bundle)
    }

    #[test]
    fn reads_are_missing_then_overdue_and_wait_for_their_washout() {
        let (protocol, bundle) = study();
        let check = |read_on_day: &[i64], today: i64, expected: [usize; 3], waits: Option<(usize, [&str; 2])>| {
            let ids: Vec<ReadId> = bundle.reads().iter().map(|r| r.id(bundle.reader())).collect();
            let locked: BTreeMap<&ReadId, i64> = ids.iter().zip(read_on_day.iter().map(|d| d * DAY_MS)).collect();
            let (counts, washouts) = counted(&protocol, &bundle, &locked, today * DAY_MS);
            let sum = |f: fn(&Counts) -> usize| counts.iter().map(f).sum::<usize>();
            assert_eq!([sum(|c| c.done), sum(|c| c.missing), sum(|c| c.overdue)], expected, "{read_on_day:?} on day {today}");
            let all: usize = washouts.iter().map(|w| w.reads).sum();
            assert_eq!(all, waits.map_or(0, |(reads, _)| reads), "{washouts:?}");
            if let (Some((_, [first, last])), Some(w)) = (waits, washouts.first()) {
                assert!(w.days[0].as_str() >= first && w.days[1].as_str() <= last, "{washouts:?}");
            }
        };
        check(&[], 0, [0, 8, 0], None);
        check(&[], 30, [0, 8, 0], None);
        check(&[], 31, [0, 8, 8], None);
        // The first period is read: the second waits, and is due only after its washout.
        check(&[1, 1, 2, 3], 5, [4, 4, 0], Some((4, ["1970-01-30", "1970-02-01"])));
        check(&[1, 1, 2, 3], 30, [4, 4, 0], Some((1, ["1970-02-01", "1970-02-01"])));
        check(&[1, 1, 2, 3], 40, [4, 4, 0], None);
        check(&[1, 1, 2, 3], 60, [4, 4, 2], None);
        check(&[1, 1, 2, 3, 31, 31, 31, 32], 90, [8, 0, 0], None);
    }
}
