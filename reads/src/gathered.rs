//! What was read of a study, brought together: on one workstation, or at the desk from the results of all. Exports and analyses start from it and from nothing else.
//!
//! Owns which of the two a folder is: a desk has an assignment. Everything in it is sorted, so that the same results give the same bytes in whatever order
//! they came. Refuses: to judge contradictions; what they touch is not among the reads, and they are named.

use crate::accounts::{ACCOUNTS, AccountError, Accounts};
use crate::bundle::{AssignedRead, Bundle};
use crate::consensus::{Agreed, consensus};
use crate::desk::{
    AdjudicationError, Adjudications, AssignmentError, DeskLog, LogError, MergeError, SignedAssignment, all_merged, is_desk, package_dir,
};
use crate::protocol::Protocol;
use crate::record::{Record, RecordError, Recorded, Results};
use crate::study::{Study, StudyError};
use crate::table::{ReadsTable, decisions_table, merged_table, reads_table};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tiresias_words::{ContentHash, ReadId, ReaderId};

/// What was read of a study.
#[derive(Debug, Clone)]
pub struct Gathered {
    root: PathBuf,
    protocol: Protocol,
    text: String,
    bundles: BTreeMap<ReaderId, Bundle>,
    table: ReadsTable,
    set: Set,
    /// By what each case was settled, where the reads are those of the consensus.
    agreed: Vec<Agreed>,
    /// What adjudicators decided, and what each of them was to settle; nothing of a workstation.
    decided: Option<Box<(ReadsTable, BTreeMap<ReaderId, Bundle>)>>,
    trail: Vec<Told>,
    log: DeskLog,
    accounts: Accounts,
    place: Where,
}

/// Which reads these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Set {
    /// What readers read.
    #[default]
    Reads,
    /// What adjudicators decided where two of them differ.
    Adjudicated,
    /// One read a case that stands for it: of the majority, or what an adjudicator decided.
    Consensus,
}

impl Set {
    /// Its word in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Adjudicated => "adjudicated",
            Self::Consensus => "consensus",
        }
    }
}

/// Where it was brought together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Where {
    /// In the folder of a workstation; whether readers sign in there.
    Workstation {
        /// Readers have seats: it is that of a reader, and no desk's.
        has_seats: bool,
    },
    /// At the study desk.
    Desk {
        /// The results files that count.
        files: BTreeSet<ContentHash>,
        /// All that lie there.
        all: BTreeSet<ContentHash>,
        /// What contradicts itself, each in a sentence.
        contradictions: Vec<String>,
    },
}

/// A row of a record, and the results file that it came with.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The file; none on the workstation itself.
    pub file: Option<ContentHash>,
    /// What happened.
    pub recorded: Recorded,
}

/// Why it cannot be brought together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatheredError {
    /// The folder of a workstation.
    #[error("{0}")]
    Study(#[from] StudyError),
    /// Its record.
    #[error("{0}")]
    Record(#[from] RecordError),
    /// The accounts of the desk.
    #[error("{0}")]
    Account(#[from] AccountError),
    /// Its assignment.
    #[error("{0}")]
    Assignment(#[from] AssignmentError),
    /// Its results.
    #[error("{0}")]
    Merge(#[from] MergeError),
    /// Its log.
    #[error("{0}")]
    Log(#[from] LogError),
    /// What its adjudicators were given.
    #[error("{0}")]
    Adjudication(#[from] Box<AdjudicationError>),
    /// No decisions.
    #[error("Nothing was adjudicated here: no results of an adjudicator were taken in.")]
    NoDecisions,
    /// No consensus.
    #[error("There is no consensus here: it is of reads that came back to a study desk, and whose protocol has an `[adjudication]`.")]
    NoConsensus,
}

impl Gathered {
    /// Brings together what a folder has: a desk's results, or the record of a workstation. `build` names the running program.
    ///
    /// # Errors
    /// When it is neither, or something in it is not right.
    pub fn open(root: &Path, build: &str) -> Result<Self, GatheredError> {
        if is_desk(root) {
            let accounts = Accounts::open(&root.join(ACCOUNTS))?;
            return Self::of_desk(root, &SignedAssignment::open(root, &accounts)?, &accounts);
        }
        let study = Study::open(root)?;
        let record = study.open_record(build)?;
        Self::of_workstation(&study, &record)
    }

    /// What one workstation recorded.
    ///
    /// # Errors
    /// When record or protocol cannot be read.
    pub fn of_workstation(study: &Study, record: &Record) -> Result<Self, GatheredError> {
        let mut trail = Vec::new();
        record.replay(|recorded| trail.push(Told { file: None, recorded }))?;
        Ok(Self {
            root: study.root().to_owned(),
            protocol: study.protocol().clone(),
            text: study.protocol_text()?,
            bundles: study.bundles().clone(),
            table: reads_table(record, study.protocol())?,
            set: Set::Reads,
            agreed: Vec::new(),
            decided: None,
            trail,
            log: DeskLog::default(),
            accounts: Accounts::open(&study.root().join(ACCOUNTS))?,
            place: Where::Workstation { has_seats: study.bundles().keys().any(|reader| study.seat(reader).is_some()) },
        })
    }

    /// What all workstations sent to the desk.
    ///
    /// # Errors
    /// When a file cannot be read, or is no longer what was signed or taken.
    pub fn of_desk(root: &Path, signed: &SignedAssignment, accounts: &Accounts) -> Result<Self, GatheredError> {
        let (protocol, text) = signed.protocol(root)?;
        let bundles = signed.readers().map(|reader| Ok((reader.clone(), signed.bundle(root, &protocol, reader)?)));
        let mut bundles = bundles.collect::<Result<BTreeMap<_, _>, AssignmentError>>()?;
        let (files, merged) = all_merged(root, signed, accounts)?;
        let mut table = merged_table(&merged, &protocol)?;
        let log = DeskLog::open(root, accounts)?;
        let (withdrawn, stopped) = (log.withdrawn(), log.stopped());
        for (reader, bundle) in &mut bundles {
            let has_stopped = stopped.contains(reader);
            bundle.keep(|r| !withdrawn.contains(&r.package) && (!has_stopped || merged.reads.contains_key(&r.id(reader))));
        }
        // Of a reader who read nothing and reads no more, nothing is there.
        bundles.retain(|reader, bundle| !stopped.contains(reader) || !bundle.reads().is_empty());
        table.rows.retain(|row| !withdrawn.contains(&row.read.package()));
        let adjudications = Adjudications::open(root, accounts).map_err(Box::new)?;
        let mut settled = adjudications.all_bundles(root, &protocol).map_err(Box::new)?;
        let void = adjudications.void(&log);
        for (adjudicator, bundle) in &mut settled {
            let has_stopped = stopped.contains(adjudicator);
            let is_awaited = |read: &ReadId| !void.contains(read) && (!has_stopped || merged.reads.contains_key(read));
            bundle.keep(|r| !withdrawn.contains(&r.package) && is_awaited(&r.id(adjudicator)));
        }
        settled.retain(|adjudicator, bundle| !stopped.contains(adjudicator) || !bundle.reads().is_empty());
        let mut decisions = decisions_table(&merged, &protocol)?;
        decisions.rows.retain(|row| !withdrawn.contains(&row.read.package()));
        let decided = Some(Box::new((decisions, settled)));
        // By the time of their first row; the rows of a file that is the beginning of another are in that one.
        let mut told: Vec<&Results> = files.iter().filter(|f| merged.files.contains(&f.file())).collect();
        told.sort_by_key(|f| (f.events().first().map(|r| r.event.at().utc_ms), f.file()));
        let rows = |f: &Results| f.events().iter().map(|r| Told { file: Some(f.file()), recorded: r.clone() }).collect::<Vec<_>>();
        let trail = told.into_iter().flat_map(rows).collect();
        let place = Where::Desk {
            files: merged.files.clone(),
            all: files.iter().map(Results::file).collect(),
            contradictions: merged.conflicts.iter().map(ToString::to_string).collect(),
        };
        Ok(Self {
            root: root.to_owned(),
            protocol,
            text,
            bundles,
            table,
            set: Set::Reads,
            agreed: Vec::new(),
            decided,
            trail,
            log,
            accounts: accounts.clone(),
            place,
        })
    }

    /// What adjudicators decided in the place of what readers read: nothing of the one is among the other.
    ///
    /// # Errors
    /// [`GatheredError::NoDecisions`].
    pub fn adjudicated(self) -> Result<Self, GatheredError> {
        let (table, bundles) = *self.decided.filter(|d| !d.0.rows.is_empty()).ok_or(GatheredError::NoDecisions)?;
        Ok(Self { table, bundles, set: Set::Adjudicated, decided: None, ..self })
    }
    /// One read a case in the place of all: that of the majority of its readers, or what an adjudicator decided. Cases that nothing settled yet are left.
    ///
    /// # Errors
    /// [`GatheredError::NoConsensus`].
    pub fn consensus(self) -> Result<Self, GatheredError> {
        let (adjudication, decided) = self.protocol.adjudication().zip(self.decided).ok_or(GatheredError::NoConsensus)?;
        let (decisions, settled) = *decided;
        let agreed = consensus(&self.protocol, &self.table, &decisions);
        let is_compared = |r: &AssignedRead| r.condition == adjudication.condition && r.training.is_none();
        let compared = self.bundles.values().flat_map(|b| b.reads().iter().filter(|r| is_compared(r)));
        let mut open: BTreeSet<ContentHash> = compared.map(|r| r.package).collect();
        let stands: BTreeSet<_> = agreed.iter().map(|a| a.row.read.read().clone()).collect();
        agreed.iter().for_each(|a| {
            open.remove(&a.package);
        });
        // What was planned is one read a case: that which stands for it, and of a case that nothing settled any.
        let mut bundles: BTreeMap<ReaderId, Bundle> = self.bundles.into_iter().chain(settled).collect();
        for (reader, bundle) in &mut bundles {
            bundle.keep(|r| stands.contains(&r.id(reader)) || (is_compared(r) && open.remove(&r.package)));
        }
        bundles.retain(|_, bundle| !bundle.reads().is_empty());
        let rows = agreed.iter().map(|a| a.row.clone()).collect();
        let table = ReadsTable { rows, head: self.table.head };
        Ok(Self { table, bundles, set: Set::Consensus, agreed, decided: None, ..self })
    }
    /// By what each case was settled; nothing where the reads are not those of the consensus.
    #[must_use]
    pub fn agreed(&self) -> &[Agreed] {
        &self.agreed
    }
    /// Which reads these are.
    #[must_use]
    pub const fn set(&self) -> Set {
        self.set
    }
    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }
    /// The protocol.
    #[must_use]
    pub const fn protocol(&self) -> &Protocol {
        &self.protocol
    }
    /// Its text.
    #[must_use]
    pub fn protocol_text(&self) -> &str {
        &self.text
    }
    /// What each reader was to read.
    #[must_use]
    pub const fn bundles(&self) -> &BTreeMap<ReaderId, Bundle> {
        &self.bundles
    }
    /// What was locked.
    #[must_use]
    pub const fn table(&self) -> &ReadsTable {
        &self.table
    }
    /// Every row of every record that counts.
    #[must_use]
    pub fn trail(&self) -> &[Told] {
        &self.trail
    }
    /// What was not planned, and questions; nothing of a workstation.
    #[must_use]
    pub const fn log(&self) -> &DeskLog {
        &self.log
    }
    /// The accounts of its folder; none where nobody signs in.
    #[must_use]
    pub const fn accounts(&self) -> &Accounts {
        &self.accounts
    }
    /// Where the package with this hash is.
    #[must_use]
    pub fn package_dir(&self, package: &ContentHash) -> PathBuf {
        package_dir(&self.root, package)
    }
    /// What contradicts itself among the results; nothing of a workstation.
    #[must_use]
    pub fn contradictions(&self) -> &[String] {
        match &self.place {
            Where::Workstation { .. } => &[],
            Where::Desk { contradictions, .. } => contradictions,
        }
    }
    /// How many workstations it is of.
    #[must_use]
    pub fn workstations(&self) -> usize {
        match &self.place {
            Where::Workstation { .. } => 1,
            Where::Desk { files, .. } => files.len(),
        }
    }
    pub(crate) const fn place(&self) -> &Where {
        &self.place
    }
    /// Reads that are not locked, and all that were to be made. Reads of the training do not count, nor those of withdrawn cases, nor what a reader who reads no
    /// more left.
    #[must_use]
    pub fn left(&self) -> [usize; 2] {
        let locked: BTreeSet<_> = self.table.rows.iter().map(|row| row.read.read()).collect();
        let planned = self.bundles.values().flat_map(|b| b.reads().iter().filter(|r| r.training.is_none()).map(|r| r.id(b.reader())));
        let (mut left, mut of) = (0, 0);
        for read in planned {
            of += 1;
            left += usize::from(!locked.contains(&read));
        }
        [left, of]
    }
}
