//! When truth may meet scores: after the database lock, or in an early look that is on record.
//!
//! Owns both: `lock` is the signed close of reading, `looks` are those that came before it. A [`Meeting`] is the leave for one analysis or export; there is
//! no other way to it than [`meet`], so that nothing is scored against truth without one of the two. Refuses, in one sentence: an open study, the folder of
//! a reader, results that are not those that were closed.

mod lock;
mod looks;

pub use lock::{Closed, ClosingError, DatabaseLock, Late, closed_without_proof, sign_lock, take_late_results};
pub use looks::EarlyLook;

use crate::accounts::{Act, Signature, Thing, Unlocked, may_see};
use crate::export::Format;
use crate::gathered::{Gathered, Where};
use serde::Serialize;
use std::collections::BTreeMap;
use tiresias_words::AccountId;

/// Why somebody looks before reading is closed, and when.
#[derive(Clone, Copy)]
pub struct Early<'a> {
    /// Why.
    pub reason: &'a str,
    /// When, milliseconds since 1970 in UTC.
    pub utc_ms: i64,
}

/// What truth meets scores for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be seen: an analysis with its report.
    Seeing,
    /// To leave the study as files for other programs, signed by who takes them out.
    Exporting,
}

/// Leave for truth to meet the scores of one study, as its results are now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Meeting {
    /// The lock; `null` for an early look.
    closed: Option<Closed>,
    /// Results that were taken in after the lock, by deviations.
    late: Vec<Late>,
    /// Every early look that was ever taken; where reading is not closed, the last one is this.
    early_looks: Vec<EarlyLook>,
    #[serde(skip)]
    signed: Vec<String>,
    /// What the people are called: their ids stand in the signatures.
    #[serde(skip)]
    names: BTreeMap<AccountId, String>,
}

impl Meeting {
    /// Whether reading was not closed before.
    #[must_use]
    pub(crate) const fn is_open_look(&self) -> bool {
        self.closed.is_none()
    }
    /// What an output says of it, in sentences: by whom reading was closed, and what happened beside the plan.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        match &self.closed {
            Some(closed) => {
                notes.push(format!("Reading was closed by {}.", self.signed.join(" and ")));
                notes.extend(closed.reason.as_ref().map(|why| format!("It was closed although something was missing: {why}")));
            }
            None => notes.push(crate::export::OPEN_LOOK.to_owned()),
        }
        let was = if self.closed.is_some() { "before the database lock" } else { "so far" };
        let told: Vec<String> = self.early_looks.iter().map(|look| look.told(&self.names)).collect();
        match told.as_slice() {
            [] => {}
            [one] => notes.push(format!("There was one early look {was}: {one}")),
            several => notes.push(format!("There were {} early looks {was}: {}", several.len(), several.join("; "))),
        }
        for late in &self.late {
            let by = (called(&self.names, &late.signature.signer), said_at(late.signature.utc_ms));
            notes.push(format!("Results were taken in after the database lock, by {}, {}: {}", by.0, by.1, late.reason));
        }
        notes
    }
}

/// What somebody is called, in a sentence; by their id where they have no account any more.
fn called(names: &BTreeMap<AccountId, String>, id: &AccountId) -> String {
    names.get(id).cloned().unwrap_or_else(|| id.to_string())
}

/// A time in a sentence, to the second; empty where no calendar has it.
fn said_at(utc_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(utc_ms).map_or_else(|_| String::new(), |t| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// Whether truth may meet the scores of a study now: after its lock, or as an early look, which is written down before this returns. After the lock scores are
/// seen by all who may see them then; they are exported by those who export.
///
/// # Errors
/// [`ClosingError`]; nothing was looked at then.
pub fn meet(gathered: &Gathered, keys: Option<&Unlocked>, early: Option<Early<'_>>, purpose: Purpose) -> Result<Meeting, ClosingError> {
    let (root, accounts) = (gathered.root(), gathered.accounts());
    if keys.is_none() && accounts.iter().next().is_some() {
        return Err(ClosingError::NobodySignedIn);
    }
    let lock = DatabaseLock::open(root, accounts)?.filter(DatabaseLock::is_closed);
    let looks = looks::open(root, accounts)?;
    let names: BTreeMap<AccountId, String> = accounts.iter().map(|a| (a.id().clone(), a.display_name().to_owned())).collect();
    match (lock, early) {
        (Some(_), Some(_)) => Err(ClosingError::NotEarly),
        (Some(lock), None) => {
            if let Some(keys) = keys.filter(|k| !may_see(k.kind(), Thing::Scores, true)) {
                return Err(ClosingError::NotForKind { id: keys.id().clone(), kind: keys.kind() });
            }
            if let (Some(keys), Purpose::Exporting) = (keys, purpose) {
                keys.may(Act::Analyse)?;
            }
            lock.covers(gathered, &looks)?;
            let signed = |s: &Signature| format!("{} ({}), {}", called(&names, &s.signer), s.kind.name(), said_at(s.utc_ms));
            let signed = lock.signatures().iter().map(signed).collect();
            Ok(Meeting { closed: Some(lock.closed().clone()), late: lock.late().to_vec(), early_looks: looks, signed, names })
        }
        (None, None) if matches!(gathered.place(), Where::Workstation { has_seats: true }) => Err(ClosingError::ReadersFolder),
        (None, None) => Err(ClosingError::Open),
        (None, Some(_)) if matches!(gathered.place(), Where::Workstation { has_seats: true }) => Err(ClosingError::ReadersFolder),
        (None, Some(early)) => {
            keys.map_or(Ok(()), |keys| keys.may(Act::Analyse))?;
            let early_looks = looks::look(gathered, looks, keys, &early)?;
            Ok(Meeting { closed: None, late: Vec::new(), early_looks, signed: Vec::new(), names })
        }
    }
}

/// Whether reads may be exported without their truth. Where a study has accounts, answers are for statisticians once reading is closed, and for auditors in
/// the audit trail; a study without accounts is nobody's secret.
///
/// # Errors
/// [`ClosingError`].
pub fn reads_alone(gathered: &Gathered, keys: Option<&Unlocked>, format: Format) -> Result<(), ClosingError> {
    let (root, accounts) = (gathered.root(), gathered.accounts());
    if accounts.iter().next().is_none() {
        return Ok(());
    }
    let keys = keys.ok_or(ClosingError::NobodySignedIn)?;
    if format == Format::Audit && may_see(keys.kind(), Thing::AuditTrail, false) {
        return Ok(());
    }
    keys.may(Act::Analyse)?;
    let is_closed = DatabaseLock::open(root, accounts)?.is_some_and(|lock| lock.is_closed());
    if may_see(keys.kind(), Thing::Scores, is_closed) { Ok(()) } else { Err(ClosingError::Open) }
}
