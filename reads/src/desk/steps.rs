//! The steps of a study's life at its desk: which there are, to whom each opens, what is done and what comes next.
//!
//! Owns the order of the steps. To whom one opens follows from the access table ([`may_see`], [`may_do`]) and from nothing else. Refuses: to do anything.

use super::results::has_results;
use super::{Desk, SignedAssignment, is_desk};
use crate::accounts::{Account, Accounts, Act, Kind, Thing, may_do, may_see};
use crate::closing::closed_without_proof;
use crate::versions::{VersionError, Versions, protocol_of};
use std::path::Path;

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The protocol is written and checked.
    Protocol,
    /// People get their accounts.
    People,
    /// Cases are packed.
    Cases,
    /// The protocol is signed.
    Sign,
    /// Cases are assigned and handed out.
    Assign,
    /// Reads come back.
    Progress,
    /// Truth meets scores.
    Results,
    /// What happened, row by row.
    Audit,
}

impl Step {
    /// All of them, in the order of a study's life.
    pub const ALL: [Self; 8] =
        [Self::Protocol, Self::People, Self::Cases, Self::Sign, Self::Assign, Self::Progress, Self::Results, Self::Audit];
    /// What screens call it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Protocol => "Protocol",
            Self::People => "People",
            Self::Cases => "Cases",
            Self::Sign => "Sign",
            Self::Assign => "Assign",
            Self::Progress => "Progress",
            Self::Results => "Results",
            Self::Audit => "Audit trail",
        }
    }
    /// Whether it opens to a kind of account.
    #[must_use]
    pub const fn opens_to(self, kind: Kind) -> bool {
        match self {
            Self::Protocol => may_see(kind, Thing::Protocol, false),
            Self::People => may_do(kind, Act::MakeAccounts),
            Self::Cases => may_do(kind, Act::Pack),
            Self::Sign => may_do(kind, Act::SignProtocol),
            Self::Assign => may_do(kind, Act::Assign),
            Self::Progress => may_see(kind, Thing::Progress, false),
            // Before the lock it says why there are none.
            Self::Results => may_see(kind, Thing::Scores, true),
            Self::Audit => may_see(kind, Thing::AuditTrail, false),
        }
    }
    /// The kinds of account that it opens to, in words.
    #[must_use]
    pub fn for_whom(self) -> String {
        Kind::ALL.into_iter().filter(|kind| self.opens_to(*kind)).map(Kind::name).collect::<Vec<_>>().join(", ")
    }
}

/// Whether a kind of account has anything to do at the desk beyond the protocol, which everybody may read.
#[must_use]
pub fn works_at_desk(kind: Kind) -> bool {
    Step::ALL.into_iter().any(|step| step != Step::Protocol && step.opens_to(kind))
}

/// The accounts that sign in at the desk, by name.
pub fn who_works_here(accounts: &Accounts) -> impl Iterator<Item = &Account> {
    accounts.iter().filter(|a| works_at_desk(a.kind()))
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stand {
    /// Which.
    pub step: Step,
    /// In a few words.
    pub words: String,
    /// Nothing of it is left to do.
    pub is_done: bool,
}

/// How all steps stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stands(pub Vec<Stand>);

impl Stands {
    /// What comes next: the first step that is not done.
    #[must_use]
    pub fn next(&self) -> Option<Step> {
        self.0.iter().find(|stand| !stand.is_done).map(|stand| stand.step)
    }
    /// Of what opens to a kind of account: what comes next, or what comes last. Results are for those first who make them.
    #[must_use]
    pub fn first_for(&self, kind: Kind) -> Step {
        let opens = |step: Step| step.opens_to(kind) && (step != Step::Results || may_do(kind, Act::Analyse));
        let own = || self.0.iter().filter(|s| s.step != Step::Protocol && opens(s.step));
        let next = self.0.iter().filter(|s| opens(s.step)).find(|s| Some(s.step) == self.next());
        next.or_else(|| own().find(|s| !s.is_done)).or_else(|| own().next_back()).map_or(Step::Protocol, |s| s.step)
    }
}

/// Looks how the steps of a desk's folder stand. What cannot be read is not done, and says so.
#[must_use]
pub fn stands(root: &Path, accounts: &Accounts) -> Stands {
    let stand = |step, (words, is_done): (String, bool)| Stand { step, words, is_done };
    let of = |step: Step| match step {
        Step::Protocol => match protocol_of(root) {
            Ok(_) => ("nothing is wrong with it".to_owned(), true),
            Err(VersionError::Protocol(e)) => (counted(e.findings().count(), "finding"), false),
            Err(e) => (e.to_string(), false),
        },
        Step::People => {
            let readers = accounts.iter().filter(|a| may_do(a.kind(), Act::Read)).count();
            (counted(readers, "reader"), readers > 0 && accounts.iter().any(|a| may_do(a.kind(), Act::Pack)))
        }
        Step::Cases => match Desk::open(root) {
            Ok(desk) => (format!("{} packed", desk.cases().len()), !desk.cases().is_empty()),
            Err(e) => (e.to_string(), false),
        },
        Step::Sign => match Versions::open(root, accounts).and_then(|v| Ok((v, protocol_of(root)?.0))) {
            Ok((versions, protocol)) => match versions.in_force(&protocol) {
                Ok(version) => (format!("version {}, by {}", version.number, version.signature.signer), true),
                Err(VersionError::NotSigned(before)) => (format!("changed since version {before}"), false),
                Err(_) => ("not signed".to_owned(), false),
            },
            Err(VersionError::Protocol(_)) => ("not signed".to_owned(), false),
            Err(e) => (e.to_string(), false),
        },
        Step::Assign if !is_desk(root) => ("not assigned".to_owned(), false),
        Step::Assign => match SignedAssignment::open(root, accounts) {
            Ok(signed) => (counted(signed.readers().count(), "reader"), true),
            Err(e) => (e.to_string(), false),
        },
        Step::Progress if closed_without_proof(root) => ("reading is closed".to_owned(), true),
        Step::Progress if has_results(root) => ("results came in".to_owned(), false),
        Step::Progress => ("nothing came in".to_owned(), false),
        Step::Results => {
            let words = if closed_without_proof(root) { "ready" } else { "after the database lock" };
            (words.to_owned(), false)
        }
        // There is nothing to do in it.
        Step::Audit => (String::new(), true),
    };
    Stands(Step::ALL.into_iter().map(|step| stand(step, of(step))).collect())
}

fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of screens, cell by cell.
    #[test]
    fn each_step_opens_to_whom_the_table_says() {
        let opens = |kind| Step::ALL.into_iter().filter(|s| s.opens_to(kind)).map(Step::title).collect::<Vec<_>>().join(", ");
        let check = |kind, steps: &str| assert_eq!(opens(kind), steps, "{kind:?}");
        check(Kind::Reader, "Protocol");
        check(Kind::Adjudicator, "Protocol");
        check(Kind::TruthPanel, "Protocol");
        check(Kind::Coordinator, "Protocol, People, Sign, Assign, Progress");
        check(Kind::DataManager, "Protocol, Cases, Progress");
        check(Kind::Statistician, "Protocol, Progress, Results");
        check(Kind::Auditor, "Protocol, Progress, Results, Audit trail");
        let at_desk: Vec<Kind> = Kind::ALL.into_iter().filter(|k| works_at_desk(*k)).collect();
        assert_eq!(at_desk, [Kind::Coordinator, Kind::DataManager, Kind::Statistician, Kind::Auditor]);
        assert_eq!(Step::Cases.for_whom(), "data manager");
    }

    #[test]
    fn a_study_that_begins_has_all_of_it_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("study");
        super::super::begin(&root, crate::protocol::template("froc").unwrap(), 5).unwrap();
        let stands = stands(&root, &Accounts::default());
        let done: Vec<Step> = stands.0.iter().filter(|s| s.is_done).map(|s| s.step).collect();
        assert_eq!((done, stands.next()), (vec![Step::Protocol, Step::Audit], Some(Step::People)));
        assert_eq!(stands.first_for(Kind::Coordinator), Step::People);
        assert_eq!(stands.first_for(Kind::DataManager), Step::Cases);
        assert_eq!(stands.first_for(Kind::Statistician), Step::Progress);
        // Once everything is read, an auditor comes to what happened, and a statistician to what came of it.
        let over = Stands(Step::ALL.into_iter().map(|step| Stand { step, words: String::new(), is_done: step != Step::Results }).collect());
        assert_eq!([Kind::Auditor, Kind::Statistician].map(|kind| over.first_for(kind)), [Step::Audit, Step::Results]);
        std::fs::write(root.join("protocol.toml"), "tiresias_protocol = 1").unwrap();
        let broken = super::stands(&root, &Accounts::default());
        assert!(!broken.0[0].is_done && broken.0[0].words.contains("finding"), "{:?}", broken.0[0]);
        assert_eq!(broken.first_for(Kind::Coordinator), Step::Protocol);
    }
}
