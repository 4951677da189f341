//! `lock.json`: the signed close of reading, by two people of different account kinds.
//!
//! The first signs what there is: which results, how many reads are missing, why it is closed all the same, and what was logged. The second signs the same; where something came in
//! between, the first signature counts for nothing and has to be made again. Afterwards results come in only by a deviation, one signed entry each.
//! Refuses: two of one kind, a lock with something missing and no reason, a second lock.

use super::looks::{self, EarlyLook};
use crate::accounts::{AccountError, Accounts, Act, Kind, Meaning, Signature, SignatureError, Unlocked};
use crate::desk::{MergeError, SignedAssignment, Taken, put_results};
use crate::folder::{read_at_most, replace};
use crate::gathered::{Gathered, GatheredError, Where};
use crate::hash;
use crate::shown::{MAX_REASON, is_text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use tiresias_words::{AccountId, ContentHash};

const FILE_VERSION: u32 = 1;
const FILE: &str = "lock.json";
const MAX_BYTES: u64 = 16 << 20;
/// So many people close a reading.
const SIGNERS: usize = 2;

/// What was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// The protocol that was read by.
    pub protocol: ContentHash,
    /// The results files that lay at the desk.
    pub results: BTreeSet<ContentHash>,
    /// Reads that were missing, and all that were to be made.
    pub missing: [usize; 2],
    /// Contradictions that nobody had settled; what they touch does not count.
    pub contradictions: usize,
    /// What pins the early looks before; none where there was none.
    pub early_looks: Option<ContentHash>,
    /// What pins the log of deviations and queries; none where it has no entry.
    pub log: Option<ContentHash>,
    /// Why it was closed although something was missing.
    pub reason: Option<String>,
}

/// Results that were taken in after the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// The file.
    pub results: ContentHash,
    /// Why.
    pub reason: String,
    /// Who took them in.
    pub signature: Signature,
}

/// The lock of a study: with one signature it is on its way, with two reading is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseLock {
    tiresias_lock: u32,
    closed: Closed,
    signatures: Vec<Signature>,
    late: Vec<Late>,
}

/// Why reading cannot be closed, or truth may not meet scores.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClosingError {
    /// The account may not.
    #[error("{0}")]
    Account(#[from] AccountError),
    /// What there is cannot be brought together.
    #[error("{0}")]
    Gathered(#[from] GatheredError),
    /// Results that cannot be taken in.
    #[error("{0}")]
    Merge(#[from] MergeError),
    /// Reading goes on.
    #[error(
        "Reading is not closed, and truth meets scores only after that. Two people close it with `tiresias study lock`; a look before that needs `--early-look REASON`, is recorded, and marks everything that comes of it."
    )]
    Open,
    /// A reader's folder.
    #[error("This is the folder of a reader, where truth never meets scores. Merge its results at the study desk, and do it there.")]
    ReadersFolder,
    /// A study with accounts, and nobody of them.
    #[error(
        "This study has accounts, and scores are for statisticians and, after the database lock, auditors. Say who you are with `--as ID`."
    )]
    NobodySignedIn,
    /// Somebody who sees no scores.
    #[error(
        "The account \"{id}\" is {} {}'s, and scores are for statisticians and, after the database lock, auditors.",
        .kind.article(), .kind.name()
    )]
    NotForKind {
        /// Who.
        id: AccountId,
        /// What they are.
        kind: Kind,
    },
    /// Looked at too late to be early.
    #[error("Reading is closed, so this is no early look: take `--early-look` out.")]
    NotEarly,
    /// Closed before.
    #[error("Reading is closed already.")]
    Already,
    /// Both of one kind, or one person twice.
    #[error("\"{0}\" is a {kind} and signed already; the second signature is that of another kind of account ({others}).", kind = .1.name(), others = other_kinds(*.1))]
    SameKind(AccountId, Kind),
    /// Something is missing.
    #[error(
        "{missing} of {of} reads are missing and {contradictions} contradictions are not settled. To close reading all the same, give a reason with `--reason`."
    )]
    Incomplete {
        /// Reads that are missing.
        missing: usize,
        /// Of how many.
        of: usize,
        /// What contradicts itself.
        contradictions: usize,
    },
    /// The second gives another reason than the first.
    #[error("The first to sign gave the reason \"{0}\": sign that, without a reason of your own.")]
    OtherReason(String),
    /// No reason, or one that is none.
    #[error("{0} needs a reason of 1 to 1,000 characters.")]
    Reason(&'static str),
    /// Not a desk.
    #[error("Reading is closed at the study desk, where the results of all readers are. This folder is none.")]
    NoDesk,
    /// Not what was closed.
    #[error("The results are not those that were closed: {0}. Put the right files back.")]
    Changed(String),
    /// The signature does not count.
    #[error("The lock or the early looks of this study cannot be trusted. {0} Put the right files back.")]
    Signature(#[from] SignatureError),
    /// Not of this form.
    #[error("{0} does not have the form that it should have. Put the right file back.")]
    Form(&'static str),
    /// The disk.
    #[error("{file} cannot be {} ({kind}). Check the folder and that it has room.", if *.writing { "written" } else { "read" })]
    Disk {
        /// Its name.
        file: &'static str,
        /// Whether it was to be written.
        writing: bool,
        /// What the disk said.
        kind: io::ErrorKind,
    },
}

fn other_kinds(kind: Kind) -> String {
    let others = Kind::ALL.into_iter().filter(|k| *k != kind && crate::accounts::may_do(*k, Act::LockDatabase));
    others.map(Kind::name).collect::<Vec<_>>().join(" or ")
}

impl Closed {
    fn content(&self) -> ContentHash {
        let numbers: Vec<u8> = self.missing.iter().chain([&self.contradictions]).flat_map(|n| (*n as u64).to_le_bytes()).collect();
        let [looks, log] = [self.early_looks, self.log].map(|head| head.map(|h| h.0).unwrap_or_default());
        let reason = self.reason.as_deref().unwrap_or_default();
        let fixed: [&[u8]; 6] = [b"tiresias database lock 1", &self.protocol.0, &numbers, &looks, &log, reason.as_bytes()];
        let fields: Vec<&[u8]> = fixed.into_iter().chain(self.results.iter().map(|r| r.0.as_slice())).collect();
        hash::of_fields(&fields)
    }
    /// The same but for the reason, which the first to sign gives.
    fn is_of(&self, other: &Self) -> bool {
        Self { reason: None, ..self.clone() } == Self { reason: None, ..other.clone() }
    }
}

impl Late {
    fn content(lock: &ContentHash, before: Option<&Self>, results: &ContentHash, reason: &str) -> ContentHash {
        let before = before.map(|b| serde_json::to_vec(b).unwrap_or_default()).unwrap_or_default();
        hash::of_fields(&[b"tiresias late results 1", &lock.0, &before, &results.0, reason.as_bytes()])
    }
}

impl DatabaseLock {
    /// Reads the lock of a desk's folder and checks every signature; none where nobody has signed.
    ///
    /// # Errors
    /// When it is no such file, or a signature does not count.
    pub fn open(root: &Path, accounts: &Accounts) -> Result<Option<Self>, ClosingError> {
        let Some(lock) = read(root)? else { return Ok(None) };
        let content = lock.closed.content();
        let mut kinds = BTreeSet::new();
        for signature in &lock.signatures {
            signature.verify(accounts.get(&signature.signer)?, &content)?;
            let fits = signature.meaning == Meaning::DatabaseLock && crate::accounts::may_do(signature.kind, Act::LockDatabase);
            if !fits || !kinds.insert(signature.kind) {
                return Err(ClosingError::Form(FILE));
            }
        }
        let mut before = None;
        for late in &lock.late {
            let signed = Late::content(&content, before, &late.results, &late.reason);
            late.signature.verify(accounts.get(&late.signature.signer)?, &signed)?;
            let may = [Act::Merge, Act::Deviate].into_iter().all(|act| crate::accounts::may_do(late.signature.kind, act));
            if late.signature.meaning != Meaning::Deviation || !may {
                return Err(ClosingError::Form(FILE));
            }
            before = Some(late);
        }
        Ok(Some(lock))
    }
    /// Whether both have signed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.signatures.len() >= SIGNERS
    }
    /// What was closed.
    #[must_use]
    pub const fn closed(&self) -> &Closed {
        &self.closed
    }
    /// Who signed.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }
    /// What came in afterwards.
    #[must_use]
    pub fn late(&self) -> &[Late] {
        &self.late
    }
    /// Whether the results are those that were closed, and those that were taken in afterwards.
    pub(super) fn covers(&self, gathered: &Gathered, looks: &[EarlyLook]) -> Result<(), ClosingError> {
        let Where::Desk { all, .. } = gathered.place() else { return Err(ClosingError::NoDesk) };
        if gathered.protocol().hash() != self.closed.protocol {
            return Err(ClosingError::Changed("they were read by another version of the protocol".to_owned()));
        }
        let known: BTreeSet<ContentHash> = self.closed.results.iter().copied().chain(self.late.iter().map(|l| l.results)).collect();
        let (gone, new) = (known.difference(all).count(), all.difference(&known).count());
        if gone + new > 0 {
            return Err(ClosingError::Changed(format!("{gone} files are gone and {new} are new since")));
        }
        if looks::head(looks) != self.closed.early_looks {
            return Err(ClosingError::Changed("the early looks before it are others".to_owned()));
        }
        gathered.log().continues(self.closed.log).map_err(|why| ClosingError::Changed(why.to_owned()))
    }
    fn write(&self, root: &Path) -> Result<(), ClosingError> {
        let mut json = serde_json::to_vec_pretty(self).map_err(|_| ClosingError::Form(FILE))?;
        json.push(b'\n');
        replace(&root.join(FILE), &json).map_err(|e| ClosingError::Disk { file: FILE, writing: true, kind: e.kind() })
    }
}

fn read(root: &Path) -> Result<Option<DatabaseLock>, ClosingError> {
    let bytes = match read_at_most(&root.join(FILE), MAX_BYTES) {
        Ok(bytes) => bytes.ok_or(ClosingError::Form(FILE))?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(ClosingError::Disk { file: FILE, writing: false, kind: e.kind() }),
    };
    let lock: DatabaseLock = serde_json::from_slice(&bytes).map_err(|_| ClosingError::Form(FILE))?;
    let is_of_form = lock.tiresias_lock == FILE_VERSION && (1..=SIGNERS).contains(&lock.signatures.len());
    is_of_form.then_some(Some(lock)).ok_or(ClosingError::Form(FILE))
}

/// Whether a folder says that its reading is closed: enough to take nothing in, and to know what to ask a person next. A file that cannot be read says so too.
/// What counts is [`super::meet`].
#[must_use]
pub fn closed_without_proof(root: &Path) -> bool {
    read(root).is_ok_and(|lock| lock.is_none_or(|l| !l.is_closed())).then_some(()).is_none()
}

/// Signs that reading is closed: the first of two, or the second.
///
/// # Errors
/// [`ClosingError`]; nothing was written then.
pub fn sign_lock(
    root: &Path,
    signed: &SignedAssignment,
    accounts: &Accounts,
    keys: &Unlocked,
    reason: Option<&str>,
    utc_ms: i64,
) -> Result<DatabaseLock, ClosingError> {
    keys.may(Act::LockDatabase)?;
    let before = DatabaseLock::open(root, accounts)?;
    if before.as_ref().is_some_and(DatabaseLock::is_closed) {
        return Err(ClosingError::Already);
    }
    let gathered = Gathered::of_desk(root, signed, accounts)?;
    let Where::Desk { all, contradictions, .. } = gathered.place() else { return Err(ClosingError::NoDesk) };
    let (missing, contradictions) = (gathered.left(), contradictions.len());
    let mut closed = Closed {
        protocol: gathered.protocol().hash(),
        results: all.clone(),
        missing,
        contradictions,
        early_looks: looks::head(&looks::open(root, accounts)?),
        log: gathered.log().head(),
        reason: reason.map(str::to_owned),
    };
    let first = before.filter(|lock| lock.closed.is_of(&closed));
    let mut lock = match first {
        Some(lock) => {
            let others = lock.signatures.iter().find(|s| s.kind == keys.kind() || s.signer == *keys.id());
            if let Some(same) = others {
                return Err(ClosingError::SameKind(same.signer.clone(), same.kind));
            }
            if reason.is_some() && lock.closed.reason.as_deref() != reason {
                return Err(ClosingError::OtherReason(lock.closed.reason.unwrap_or_default()));
            }
            lock
        }
        None => {
            let [left, of] = missing;
            if left + contradictions > 0 && reason.is_none() {
                return Err(ClosingError::Incomplete { missing: left, of, contradictions });
            }
            if reason.is_some_and(|r| !is_text(r, MAX_REASON)) {
                return Err(ClosingError::Reason("Closing what is not complete"));
            }
            closed.reason = reason.map(str::to_owned);
            DatabaseLock { tiresias_lock: FILE_VERSION, closed, signatures: Vec::new(), late: Vec::new() }
        }
    };
    lock.signatures.push(keys.sign(Meaning::DatabaseLock, &lock.closed.content(), utc_ms));
    lock.write(root)?;
    Ok(lock)
}

/// Takes results in although reading is closed: a deviation, signed with its reason.
///
/// # Errors
/// When the account may not, there is no reason, or the file is not taken.
pub fn take_late_results(
    root: &Path,
    signed: &SignedAssignment,
    accounts: &Accounts,
    keys: &Unlocked,
    path: &Path,
    reason: &str,
    utc_ms: i64,
) -> Result<Taken, ClosingError> {
    keys.may(Act::Merge)?;
    keys.may(Act::Deviate)?;
    let lock = DatabaseLock::open(root, accounts)?.filter(DatabaseLock::is_closed);
    let mut lock = lock.ok_or(ClosingError::Open)?;
    if !is_text(reason, MAX_REASON) {
        return Err(ClosingError::Reason("Taking results in after the lock"));
    }
    let taken = put_results(root, signed, path)?;
    let file = match taken {
        Taken::New(file) | Taken::Already(file) => file,
    };
    // A file that lies there without an entry was cut off between the two, and gets it now.
    if !lock.closed.results.contains(&file) && lock.late.iter().all(|l| l.results != file) {
        let content = Late::content(&lock.closed.content(), lock.late.last(), &file, reason);
        let signature = keys.sign(Meaning::Deviation, &content, utc_ms);
        lock.late.push(Late { results: file, reason: reason.to_owned(), signature });
        lock.write(root)?;
    }
    Ok(taken)
}
