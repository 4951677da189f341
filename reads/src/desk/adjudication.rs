//! Adjudication at the study desk: a folder `adjudication/ID/` for each adjudicator, with their bundle, their seat, and `pairs.json`, which says whose reads
//! are A and B and stays here.
//!
//! Owns the three files, signed by a coordinator, and what an adjudicator is handed. A queue is drawn once, from the reads that came back; later reads are
//! another adjudicator's. Refuses: accounts that do not adjudicate, reads of the compared readers that are still out, and to draw twice.

use super::results::received;
use super::{AssignmentError, Desk, DeskLog, MergeError, SignedAssignment};
use crate::accounts::{AccountError, Accounts, Act, Entropy, Meaning, Signature, SignatureError, Unlocked, may_do};
use crate::adjudication::{Ask, Drawn, QueueError, compared_readers, queue};
use crate::bundle::{Account, Bundle};
use crate::folder::{Aside, FolderError, read_at_most};
use crate::hash;
use crate::machine::Withdrawal;
use crate::protocol::Protocol;
use crate::record::RecordError;
use crate::seat::{Seat, issue};
use crate::study::{Study, StudyError};
use crate::table::{ReadsTable, merged_table};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use tiresias_words::{AccountId, ContentHash, ReadId, ReaderId, Unfit};

const FOLDER: &str = "adjudication";
const BUNDLE: &str = "bundle.json";
const SEAT: &str = "seat.json";
const PAIRS: &str = "pairs.json";
const FILE_VERSION: u32 = 1;
const MAX_BYTES: u64 = 64 << 20;

/// The queues that were drawn at a desk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Adjudications(Vec<Signed>);

/// One adjudicator's queue, as a coordinator signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    tiresias_adjudication: u32,
    protocol: ContentHash,
    adjudicator: ReaderId,
    bundle: ContentHash,
    pairs: Vec<Drawn>,
    signature: Signature,
}

/// Why there is nothing to adjudicate, or nothing to hand out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdjudicationError {
    /// The account may not, or cannot be opened.
    #[error("{0}")]
    Account(#[from] AccountError),
    /// The study's assignment.
    #[error("{0}")]
    Assignment(#[from] AssignmentError),
    /// What came back from the readers.
    #[error("{0}")]
    Merge(#[from] MergeError),
    /// A read that cannot be compared.
    #[error("{0}")]
    Record(#[from] RecordError),
    /// No queue.
    #[error("Nothing was drawn: {0}.")]
    Queue(#[from] QueueError),
    /// An account's name that no adjudicator can have.
    #[error("{0}.")]
    Name(#[from] Unfit),
    /// The folder of an adjudicator.
    #[error("{0}")]
    Study(#[from] StudyError),
    /// It was done before.
    #[error("The queue of \"{0}\" is drawn already, and is not drawn again. What came back since can be settled by another adjudicator.")]
    Already(ReaderId),
    /// It was not done yet.
    #[error("Nothing was drawn for \"{0}\" yet. A coordinator does that with `tiresias study adjudicate`.")]
    NotYet(ReaderId),
    /// Reads that have not come back.
    #[error(
        "Nothing was drawn: {0} reads of the readers who are compared have not come back. Take their results in, or write `--so-far`: cases without them are left out then."
    )]
    Outstanding(usize),
    /// The signature does not count.
    #[error("{FOLDER}/{0} cannot be trusted. {1} Put the right files back.")]
    Signature(ReaderId, SignatureError),
    /// Not of this form, or not what was signed.
    #[error("{FOLDER}/{0} is not what was signed. Put the right files back.")]
    Changed(String),
    /// The disk.
    #[error("{FOLDER} cannot be {} ({kind}). Check the folder and that it has room.", if *.writing { "written" } else { "read" })]
    Disk {
        /// Whether it was to be written.
        writing: bool,
        /// What the disk said.
        kind: io::ErrorKind,
    },
}

fn content(
    protocol: &ContentHash,
    adjudicator: &ReaderId,
    bundle: &ContentHash,
    pairs: &[Drawn],
) -> Result<ContentHash, AdjudicationError> {
    let pairs = serde_json::to_vec(pairs).map_err(|_| AdjudicationError::Changed(adjudicator.to_string()))?;
    Ok(hash::of_fields(&[b"tiresias adjudication 1", &protocol.0, adjudicator.as_str().as_bytes(), &bundle.0, &pairs]))
}

/// Draws an adjudicator's queue from the reads that came back, and signs it. With `so_far`, although reads are still out.
///
/// # Errors
/// When the account may not, the adjudicator's is none, it was done before, reads are out, or nothing has to be settled; nothing is written then.
pub fn draw_adjudication(
    root: &Path,
    accounts: &Accounts,
    keys: &Unlocked,
    adjudicator: &AccountId,
    so_far: bool,
    (entropy, utc_ms): (&Entropy, i64),
) -> Result<(), AdjudicationError> {
    keys.may(Act::Assign)?;
    let account = accounts.get(adjudicator)?;
    if !may_do(account.kind(), Act::Adjudicate) {
        return Err(AccountError::MayNot { id: account.id().clone(), kind: account.kind(), act: Act::Adjudicate }.into());
    }
    let who = Account { reader: ReaderId::new(adjudicator.as_str())?, display_name: account.display_name().to_owned() };
    let assignment = SignedAssignment::open(root, accounts)?;
    let (protocol, _) = assignment.protocol(root)?;
    let before = Adjudications::open(root, accounts)?;
    if before.0.iter().any(|s| s.adjudicator == who.reader) {
        return Err(AdjudicationError::Already(who.reader));
    }
    let (_, merged) = received(root, &assignment, accounts, &before)?;
    let readers = assignment.readers().map(|reader| assignment.bundle(root, &protocol, reader));
    let mut bundles: Vec<Bundle> = readers.collect::<Result<_, AssignmentError>>()?;
    let codes: Vec<_> = bundles.iter().flat_map(Bundle::reads).map(|r| (r.package, r.case.clone())).collect();
    // Nobody settles a withdrawn case, nor waits for it or for a reader who stopped.
    let log = DeskLog::open(root, accounts).map_err(|e| MergeError::Log(Box::new(e)))?;
    let (withdrawn, stopped) = (log.withdrawn(), log.stopped());
    let mut table = merged_table(&merged, &protocol)?;
    table.rows.retain(|row| !withdrawn.contains(&row.read.package()));
    for bundle in &mut bundles {
        let reader = bundle.reader().clone();
        let has_stopped = stopped.contains(&reader);
        bundle.keep(|r| !withdrawn.contains(&r.package) && (!has_stopped || merged.reads.contains_key(&r.id(&reader))));
    }
    let out = outstanding(&protocol, &bundles, &table);
    if out > 0 && !so_far {
        return Err(AdjudicationError::Outstanding(out));
    }
    let desk = Desk::open(root).map_err(AssignmentError::Desk)?;
    let facts = desk.cases().values().map(|c| (c.package, c.facts.clone())).collect();
    // What was reopened after it was drawn waits again, and so does what an adjudicator who stopped left.
    let void = before.void(&log);
    let is_left = |d: &Drawn| stopped.contains(&d.read.reader) && !merged.reads.contains_key(&d.read);
    let pairs = before
        .drawn()
        .filter(|d| !void.contains(&d.read) && !is_left(d))
        .flat_map(|d| [(d.a.clone(), d.b.clone()), (d.b.clone(), d.a.clone())]);
    let taken: BTreeSet<_> = pairs.collect();
    let ask = Ask {
        protocol: &protocol,
        table: &table,
        adjudicator: &who,
        facts: &facts,
        codes: &codes,
        taken: &taken,
        seed: desk.seed(),
        issued_utc_ms: utc_ms,
    };
    let drawn = queue(&ask, entropy)?;
    let issued = issue(&drawn.bundle, keys, utc_ms)?;
    let seat = Seat::new(account.clone(), &drawn.bundle, issued, &drawn.keys, Vec::new(), entropy).map_err(AssignmentError::Seat)?;
    let bundle = drawn.bundle.hash();
    // In the order of their codes: that of the bundle is the adjudicator's.
    let mut pairs = drawn.drawn;
    pairs.sort_by(|x, y| x.read.cmp(&y.read));
    let signature = keys.sign(Meaning::Assignment, &content(&protocol.hash(), &who.reader, &bundle, &pairs)?, utc_ms);
    let signed = Signed {
        tiresias_adjudication: FILE_VERSION,
        protocol: protocol.hash(),
        adjudicator: who.reader.clone(),
        bundle,
        pairs,
        signature,
    };
    let mut json = serde_json::to_string_pretty(&signed).map_err(|_| AdjudicationError::Changed(who.reader.to_string()))?;
    json.push('\n');
    let write = || -> Result<(), FolderError> {
        std::fs::create_dir_all(root.join(FOLDER)).map_err(|e| FolderError::Disk(e.kind()))?;
        let aside = Aside::begin(&root.join(FOLDER).join(who.reader.as_str()))?;
        aside.file(BUNDLE, drawn.bundle.to_json().as_bytes())?;
        aside.file(SEAT, seat.to_json().as_bytes())?;
        aside.file(PAIRS, json.as_bytes())?;
        aside.appear()
    };
    write().map_err(|e| match e {
        FolderError::Occupied => AdjudicationError::Already(who.reader.clone()),
        FolderError::NoPlace => AdjudicationError::Disk { writing: true, kind: io::ErrorKind::InvalidInput },
        FolderError::Disk(kind) => AdjudicationError::Disk { writing: true, kind },
    })
}

/// How many reads of the readers who are compared were assigned and did not come back.
fn outstanding(protocol: &Protocol, bundles: &[Bundle], table: &ReadsTable) -> usize {
    let Some(adjudication) = protocol.adjudication() else { return 0 };
    let compared = compared_readers(protocol);
    let there: BTreeSet<_> = table.rows.iter().filter(|r| r.condition == adjudication.condition).map(|r| r.read.read()).collect();
    let of_pairs = bundles.iter().filter(|b| compared.is_empty() || compared.contains(b.reader()));
    let reads = of_pairs.flat_map(|b| b.reads().iter().map(|r| (b.reader(), r)));
    let first = reads.filter(|(_, r)| r.condition == adjudication.condition && r.repeat == 1 && r.training.is_none());
    first.filter(|(reader, r)| !there.contains(&r.id(reader))).count()
}

impl Adjudications {
    /// Reads all queues of a desk and checks their signatures; none where there is no such folder.
    ///
    /// # Errors
    /// When one cannot be read, is of another form, or cannot be trusted.
    pub fn open(root: &Path, accounts: &Accounts) -> Result<Self, AdjudicationError> {
        let unreadable = |e: io::Error| AdjudicationError::Disk { writing: false, kind: e.kind() };
        let entries = match std::fs::read_dir(root.join(FOLDER)) {
            Ok(entries) => entries.collect::<Result<Vec<_>, _>>().map_err(unreadable)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => return Err(unreadable(e)),
        };
        let mut all = Vec::new();
        for entry in entries {
            // Folders that are being made, and those of other programs, begin with a point.
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || !entry.path().is_dir() {
                continue;
            }
            let changed = || AdjudicationError::Changed(crate::shown::shown(&name, 80));
            let bytes = read_at_most(&entry.path().join(PAIRS), MAX_BYTES).map_err(unreadable)?.ok_or_else(changed)?;
            let signed: Signed = serde_json::from_slice(&bytes).map_err(|_| changed())?;
            let is_own = signed.pairs.iter().all(|d| d.read.reader == signed.adjudicator);
            if signed.tiresias_adjudication != FILE_VERSION || signed.adjudicator.as_str() != name || !is_own {
                return Err(changed());
            }
            let by = accounts.get(&signed.signature.signer)?;
            let content = content(&signed.protocol, &signed.adjudicator, &signed.bundle, &signed.pairs)?;
            let fits = signed.signature.verify(by, &content);
            fits.map_err(|e| AdjudicationError::Signature(signed.adjudicator.clone(), e))?;
            if !may_do(by.kind(), Act::Assign) || signed.signature.meaning != Meaning::Assignment {
                return Err(changed());
            }
            all.push(signed);
        }
        all.sort_by(|a, b| a.adjudicator.cmp(&b.adjudicator));
        Ok(Self(all))
    }
    /// The adjudicators with the hashes of their bundles.
    pub(super) fn bundles(&self) -> impl Iterator<Item = (ReaderId, ContentHash)> {
        self.0.iter().map(|s| (s.adjudicator.clone(), s.bundle))
    }
    /// What an adjudicator was to settle.
    ///
    /// # Errors
    /// When nothing was drawn for them, or it is not what was signed.
    pub fn bundle(&self, root: &Path, protocol: &Protocol, adjudicator: &ReaderId) -> Result<Bundle, AdjudicationError> {
        let signed = self.0.iter().find(|s| s.adjudicator == *adjudicator);
        let signed = signed.ok_or_else(|| AdjudicationError::NotYet(adjudicator.clone()))?;
        let bundle = Bundle::parse(&file_of(root, adjudicator, BUNDLE)?, protocol).ok().filter(|b| b.hash() == signed.bundle);
        bundle.ok_or_else(|| AdjudicationError::Changed(adjudicator.to_string()))
    }
    /// What every adjudicator was to settle.
    ///
    /// # Errors
    /// When a bundle is not what was signed.
    pub(crate) fn all_bundles(&self, root: &Path, protocol: &Protocol) -> Result<BTreeMap<ReaderId, Bundle>, AdjudicationError> {
        self.0.iter().map(|s| Ok((s.adjudicator.clone(), self.bundle(root, protocol, &s.adjudicator)?))).collect()
    }
    /// Whether a queue was drawn for somebody.
    #[must_use]
    pub fn has(&self, adjudicator: &ReaderId) -> bool {
        self.0.iter().any(|s| s.adjudicator == *adjudicator)
    }
    /// Every pair that somebody settles, with whose reads they are.
    pub fn drawn(&self) -> impl Iterator<Item = &Drawn> {
        self.0.iter().flat_map(|s| &s.pairs)
    }
    /// The decisions that nobody awaits and that count for nothing: one of the two reads was reopened after they were drawn, or whoever had to make them stopped
    /// and another was given the two.
    pub(crate) fn void(&self, log: &DeskLog) -> BTreeSet<ReadId> {
        let (reopened, stopped) = (log.reopened(), log.stopped());
        let is_after = |s: &Signed, read: &ReadId| reopened.get(read).is_some_and(|at| *at > s.signature.utc_ms);
        let is_of = |p: &Drawn, d: &Drawn| (&p.a, &p.b) == (&d.a, &d.b) || (&p.a, &p.b) == (&d.b, &d.a);
        let was_given = |s: &Signed, d: &Drawn| {
            let mut later = self.0.iter().filter(|other| other.signature.utc_ms > s.signature.utc_ms);
            stopped.contains(&s.adjudicator) && later.any(|other| other.pairs.iter().any(|p| is_of(p, d)))
        };
        let mut void = BTreeSet::new();
        for signed in &self.0 {
            let of = signed.pairs.iter().filter(|d| is_after(signed, &d.a) || is_after(signed, &d.b) || was_given(signed, d));
            void.extend(of.map(|d| d.read.clone()));
        }
        void
    }
    /// Makes the folder that one adjudicator is handed at `out`: protocol, own bundle, and the seat to sign in with. Packages are put into it afterwards.
    ///
    /// # Errors
    /// When nothing was drawn for them, a file is not what was signed, or the folder cannot be made.
    pub fn hand_out(
        &self,
        root: &Path,
        accounts: &Accounts,
        (protocol, text): (&Protocol, &str),
        adjudicator: &ReaderId,
        withdrawals: &[Withdrawal],
        out: &Path,
    ) -> Result<Study, AdjudicationError> {
        let bundle = self.bundle(root, protocol, adjudicator)?;
        let seat = self.seat(root, accounts, &bundle, withdrawals)?;
        Ok(Study::create_with_seats(out, text, &[bundle], &[seat])?)
    }
    /// The seat of a bundle's adjudicator, under their account as it is now, with word of the cases that take no further part.
    ///
    /// # Errors
    /// When there is no such account, or a file is not what was signed.
    pub fn seat(&self, root: &Path, accounts: &Accounts, bundle: &Bundle, withdrawals: &[Withdrawal]) -> Result<Seat, AdjudicationError> {
        let (adjudicator, hash) = (bundle.reader(), bundle.hash());
        let changed = || AdjudicationError::Changed(adjudicator.to_string());
        if self.0.iter().all(|s| s.bundle != hash) {
            return Err(changed());
        }
        let seat = Seat::parse(&file_of(root, adjudicator, SEAT)?, bundle).map_err(|_| changed())?;
        // The passphrase may be another than on the day of the draw.
        let account = accounts.get(&AccountId::new(adjudicator.as_str())?)?;
        let seat = seat.with_account(bundle, account).and_then(|seat| seat.with_withdrawals(bundle, withdrawals));
        Ok(seat.map_err(AssignmentError::Seat)?)
    }
}

/// The bytes of one of an adjudicator's files.
fn file_of(root: &Path, adjudicator: &ReaderId, file: &str) -> Result<Vec<u8>, AdjudicationError> {
    let bytes = read_at_most(&root.join(FOLDER).join(adjudicator.as_str()).join(file), MAX_BYTES);
    let bytes = bytes.map_err(|e| AdjudicationError::Disk { writing: false, kind: e.kind() })?;
    bytes.ok_or_else(|| AdjudicationError::Changed(adjudicator.to_string()))
}
