//! `log.json`, version 1: what happened to a study that was not planned, and questions about it with their answers. Each entry is signed by who wrote it, over the
//! one before, so that none can be taken out, changed or put between.
//!
//! Owns what an entry changes: a case that is withdrawn is missing nowhere, goes into no analysis, and is read no more where the next seat has come; of a reader who
//! stops, nothing more is awaited; a read that may be opened early gets its leave with the next seat. Refuses: to change or take back an entry, and to touch a record:
//! what was read stays, and is audited.

use super::{Adjudications, AssignmentError, Desk, SignedAssignment, has_desk};
use crate::accounts::{AccountError, Accounts, Act, Meaning, Signature, SignatureError, Unlocked};
use crate::closing::closed_without_proof;
use crate::export::utc;
use crate::folder::{read_at_most, replace};
use crate::hash;
use crate::machine::{Day, Leave, LeaveError, Withdrawal};
use crate::shown::{MAX_REASON, is_text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use tiresias_words::{AccountId, CaseId, ContentHash, ReadId, ReaderId};

const FILE_VERSION: u32 = 1;
const FILE: &str = "log.json";
const MAX_BYTES: u64 = 16 << 20;

/// What an entry is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Matter {
    /// A case takes no further part, because it was withdrawn or is packed anew.
    CaseWithdrawn {
        /// The desk's name for it.
        case: CaseId,
        /// Its package.
        package: ContentHash,
        /// Word of it, signed on its own: it travels with the seats of those who were to read the case. Before the assignment there is nobody to be told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        word: Option<Box<Withdrawal>>,
    },
    /// A reader reads no more, or an adjudicator settles no more; somebody may take a reader's place in a study of their own, and what an adjudicator left is
    /// drawn for another.
    ReaderStopped {
        /// Who.
        reader: ReaderId,
    },
    /// A read may be opened before its washout is over.
    EarlyOpening {
        /// The leave, signed on its own: it travels with the reader's seat.
        leave: Box<Leave>,
    },
    /// Reads were changed after an adjudicator had them, and taken in all the same: what was decided about them counts no more.
    AdjudicationReopened {
        /// Which.
        reads: Vec<ReadId>,
        /// With which results.
        results: ContentHash,
    },
    /// Anything else that was not planned: a lost passphrase, a dead machine, a wrong room.
    Deviation,
    /// Somebody looked at the contact sheet of a packed case and found nothing that identifies.
    SheetLooked {
        /// The desk's name for it.
        case: CaseId,
        /// Its package.
        package: ContentHash,
    },
    /// A question.
    Query,
    /// The answer to one.
    Answer {
        /// The number of the entry with the question.
        to: u32,
    },
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// From 1.
    pub number: u32,
    /// What it is about.
    pub matter: Matter,
    /// Why, or what is asked or answered: 1 to 1,000 characters.
    pub text: String,
    /// Who wrote it, and when.
    pub signature: Signature,
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A case takes no further part.
    WithdrawCase(CaseId),
    /// A reader reads no more, or an adjudicator settles no more.
    StopReader(ReaderId),
    /// A read may be opened early.
    OpenEarly(ReadId),
    /// Reads that were adjudicated come in changed, with these results.
    Reopen(Vec<ReadId>, ContentHash),
    /// Something else that was not planned.
    Deviation,
    /// The contact sheet of a case shows nothing that identifies.
    SheetLooked(CaseId),
    /// A question.
    Query,
    /// The answer to the question with this number.
    Answer(u32),
}

/// The entries of a desk, verified.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeskLog(Vec<Entry>);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogFile {
    tiresias_log: u32,
    entries: Vec<Entry>,
}

/// Why an entry cannot be written, or a log counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The account may not.
    #[error("{0}")]
    Account(#[from] AccountError),
    /// Leave that cannot be given.
    #[error("{0}")]
    Leave(#[from] LeaveError),
    /// Not a desk.
    #[error("Deviations and queries are written at the study desk. This folder is none.")]
    NoDesk,
    /// Nothing, or too much, was written.
    #[error("A deviation needs a reason, and a query or answer its words: 1 to 1,000 characters.")]
    Text,
    /// No such case.
    #[error("There is no case \"{0}\" in this study. desk.json has their names.")]
    NoSuchCase(CaseId),
    /// No such reader.
    #[error("There is no reader or adjudicator \"{0}\" in this study. The assignment and the queues that were drawn have their names.")]
    NoSuchReader(ReaderId),
    /// No such read.
    #[error("\"{0}\" is to read no such case. Take reader, code, condition and number as the reader sees them.")]
    NoSuchRead(ReaderId),
    /// Leave of somebody whose signature no seat takes.
    #[error("Leave to open a case early is given by who assigned the cases, with the same account: \"{0}\". Ask them to sign it.")]
    NotWhoAssigned(AccountId),
    /// Written before.
    #[error("That is in the log already, as number {0}. To add something to it, note a deviation without a case, reader or read.")]
    Already(u32),
    /// No question, or one that has its answer.
    #[error("Number {0} of the log is no question that waits for an answer. `tiresias study log` lists those that do.")]
    NoQuestion(u32),
    /// Too late.
    #[error(
        "Reading is closed, and what is analysed is what was closed. Note what happened as a deviation without a case, reader or read."
    )]
    Closed,
    /// The cases cannot be read.
    #[error("{0}")]
    Desk(String),
    /// A signature does not count.
    #[error("Number {number} of the log of this study cannot be trusted. {error} Put the right file back.")]
    Signature {
        /// Which entry.
        number: u32,
        /// Why.
        error: SignatureError,
    },
    /// Not of this form.
    #[error("{FILE} does not have the form of version {FILE_VERSION}. Put the right file back.")]
    Form,
    /// The disk.
    #[error("{FILE} cannot be {} ({kind}). Check the folder and that it has room.", if *.writing { "written" } else { "read" })]
    Disk {
        /// Whether it was to be written.
        writing: bool,
        /// What the disk said.
        kind: io::ErrorKind,
    },
}

impl Matter {
    /// Whether it changes which reads count, so that it must be written before reading is closed.
    const fn changes_what_counts(&self) -> bool {
        matches!(self, Self::CaseWithdrawn { .. } | Self::ReaderStopped { .. })
    }
    const fn meaning(&self) -> Meaning {
        match self {
            Self::SheetLooked { .. } => Meaning::ContactSheet,
            Self::Query | Self::Answer { .. } => Meaning::Query,
            _ => Meaning::Deviation,
        }
    }
    /// What whoever writes it must be allowed to do.
    const fn act(&self) -> Act {
        match self {
            Self::SheetLooked { .. } => Act::Pack,
            _ => Act::Deviate,
        }
    }
}

impl Entry {
    fn content(number: u32, matter: &Matter, text: &str, before: Option<&Self>) -> ContentHash {
        let before = before.map(|b| serde_json::to_vec(b).unwrap_or_default()).unwrap_or_default();
        let matter = serde_json::to_vec(matter).unwrap_or_default();
        hash::of_fields(&[b"tiresias log 1", &number.to_le_bytes(), &matter, text.as_bytes(), &before])
    }

    fn hash(&self) -> ContentHash {
        hash::of_bytes(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// In one sentence: when, who and what.
    #[must_use]
    pub fn told(&self) -> String {
        let (day, signer, text) = (Day(self.signature.utc_ms), &self.signature.signer, &self.text);
        match &self.matter {
            Matter::CaseWithdrawn { case, .. } => format!("{day}: \"{signer}\" withdrew the case \"{case}\": {text}"),
            Matter::ReaderStopped { reader } => format!("{day}: \"{signer}\" noted that \"{reader}\" reads no more: {text}"),
            Matter::EarlyOpening { leave } => {
                let ReadId { reader, case, .. } = &leave.read;
                format!("{day}: \"{signer}\" gave \"{reader}\" leave to open the case {case} before its washout is over: {text}")
            }
            // Which reads they are would tell where readers differ.
            Matter::AdjudicationReopened { .. } => {
                format!(
                    "{day}: \"{signer}\" took in results in which adjudicated reads were changed; they have to be settled again: {text}"
                )
            }
            Matter::SheetLooked { case, .. } => format!("{day}: \"{signer}\" looked at the contact sheet of the case \"{case}\": {text}"),
            Matter::Deviation => format!("{day}: \"{signer}\" noted: {text}"),
            Matter::Query => format!("{}. {day}, \"{signer}\" asks: {text}", self.number),
            Matter::Answer { to } => format!("{to}. {day}, \"{signer}\" answers: {text}"),
        }
    }
    /// When, in UTC.
    #[must_use]
    pub fn at(&self) -> String {
        utc(self.signature.utc_ms)
    }
}

impl DeskLog {
    /// Reads the log of a desk's folder and checks every signature; a folder without one has no entries.
    ///
    /// # Errors
    /// When it is no such file, an entry is out of order, or a signature does not count.
    pub fn open(root: &Path, accounts: &Accounts) -> Result<Self, LogError> {
        let bytes = match read_at_most(&root.join(FILE), MAX_BYTES) {
            Ok(bytes) => bytes.ok_or(LogError::Form)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => return Err(LogError::Disk { writing: false, kind: e.kind() }),
        };
        Self::parse(&bytes, accounts)
    }

    /// Reads the bytes of `log.json` and checks every signature.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn parse(bytes: &[u8], accounts: &Accounts) -> Result<Self, LogError> {
        let file: LogFile = serde_json::from_slice(bytes).map_err(|_| LogError::Form)?;
        if file.tiresias_log != FILE_VERSION {
            return Err(LogError::Form);
        }
        let mut before = None;
        for (entry, number) in file.entries.iter().zip(1..) {
            let signature = &entry.signature;
            let of_form = entry.number == number && is_text(&entry.text, MAX_REASON) && signature.meaning == entry.matter.meaning();
            if !of_form || !crate::accounts::may_do(signature.kind, entry.matter.act()) {
                return Err(LogError::Form);
            }
            let content = Entry::content(number, &entry.matter, &entry.text, before);
            let wrong = |error| LogError::Signature { number, error };
            signature.verify(accounts.get(&signature.signer)?, &content).map_err(wrong)?;
            match &entry.matter {
                Matter::EarlyOpening { leave } => leave.fits().map_err(wrong)?,
                Matter::CaseWithdrawn { package, word: Some(word), .. } if word.package == *package => word.fits().map_err(wrong)?,
                Matter::CaseWithdrawn { word: Some(_), .. } => return Err(LogError::Form),
                _ => {}
            }
            before = Some(entry);
        }
        Ok(Self(file.entries))
    }

    /// Writes an entry behind the others, at a time in milliseconds since 1970 in UTC.
    ///
    /// # Errors
    /// When the account may not, there is nothing like it in the study, it is written already, or the disk refuses; nothing was written then.
    pub fn add(root: &Path, accounts: &Accounts, keys: &Unlocked, wanted: Wanted, text: &str, utc_ms: i64) -> Result<Self, LogError> {
        keys.may(if matches!(wanted, Wanted::SheetLooked(_)) { Act::Pack } else { Act::Deviate })?;
        if !has_desk(root) {
            return Err(LogError::NoDesk);
        }
        let text = text.trim();
        if !is_text(text, MAX_REASON) {
            return Err(LogError::Text);
        }
        let mut log = Self::open(root, accounts)?;
        let matter = log.matter(root, accounts, keys, wanted, text, utc_ms)?;
        if matter.changes_what_counts() && closed_without_proof(root) {
            return Err(LogError::Closed);
        }
        let number = u32::try_from(log.0.len()).unwrap_or(u32::MAX).saturating_add(1);
        let content = Entry::content(number, &matter, text, log.0.last());
        let signature = keys.sign(matter.meaning(), &content, utc_ms);
        log.0.push(Entry { number, matter, text: text.to_owned(), signature });
        let file = LogFile { tiresias_log: FILE_VERSION, entries: log.0 };
        let mut json = serde_json::to_vec_pretty(&file).map_err(|_| LogError::Form)?;
        json.push(b'\n');
        replace(&root.join(FILE), &json).map_err(|e| LogError::Disk { writing: true, kind: e.kind() })?;
        Ok(Self(file.entries))
    }

    /// What is wanted, with what the study knows of it.
    fn matter(
        &self,
        root: &Path,
        accounts: &Accounts,
        keys: &Unlocked,
        wanted: Wanted,
        text: &str,
        utc_ms: i64,
    ) -> Result<Matter, LogError> {
        let matter = match wanted {
            Wanted::Deviation => return Ok(Matter::Deviation),
            Wanted::Query => return Ok(Matter::Query),
            Wanted::Answer(to) if self.open_queries().any(|q| q.number == to) => return Ok(Matter::Answer { to }),
            Wanted::Answer(to) => return Err(LogError::NoQuestion(to)),
            Wanted::WithdrawCase(case) => {
                let package = package_of(root, &case)?;
                let word = match SignedAssignment::open(root, accounts) {
                    Ok(signed) => Some(Box::new(Withdrawal::give(signed.protocol_hash(), package, keys, utc_ms)?)),
                    Err(AssignmentError::NotYet) => None,
                    Err(e) => return Err(LogError::Desk(e.to_string())),
                };
                Matter::CaseWithdrawn { case, package, word }
            }
            Wanted::Reopen(reads, results) => Matter::AdjudicationReopened { reads, results },
            Wanted::SheetLooked(case) => Matter::SheetLooked { package: package_of(root, &case)?, case },
            Wanted::StopReader(reader) => {
                let signed = SignedAssignment::open(root, accounts).map_err(|e| LogError::Desk(e.to_string()))?;
                let drawn = Adjudications::open(root, accounts).map_err(|e| LogError::Desk(e.to_string()))?;
                if !signed.readers().any(|known| *known == reader) && !drawn.has(&reader) {
                    return Err(LogError::NoSuchReader(reader));
                }
                Matter::ReaderStopped { reader }
            }
            Wanted::OpenEarly(read) => {
                let signed = SignedAssignment::open(root, accounts).map_err(|e| LogError::Desk(e.to_string()))?;
                let (protocol, _) = signed.protocol(root).map_err(|e| LogError::Desk(e.to_string()))?;
                let reader = read.reader.clone();
                let bundle = signed.bundle(root, &protocol, &reader).map_err(|_| LogError::NoSuchReader(reader.clone()))?;
                if !bundle.reads().iter().any(|r| r.id(&reader) == read) {
                    return Err(LogError::NoSuchRead(reader));
                }
                let leave = Leave::give(protocol.hash(), read, text, keys, utc_ms)?;
                // A seat takes leave with the key that signed its bundle, and is refused as a whole with any other; the log forgets nothing.
                if leave.signature.key != signed.signature().key {
                    return Err(LogError::NotWhoAssigned(signed.signature().signer.clone()));
                }
                Matter::EarlyOpening { leave: Box::new(leave) }
            }
        };
        let is_same = |other: &Matter| match (other, &matter) {
            (Matter::EarlyOpening { leave: a }, Matter::EarlyOpening { leave: b }) => a.read == b.read,
            // Before the assignment nobody had to be told; who was assigned it since has to be.
            (Matter::CaseWithdrawn { case: a, package: p, word: told }, Matter::CaseWithdrawn { case: b, package: q, word }) => {
                (a, p) == (b, q) && (told.is_some() || word.is_none())
            }
            (a, b) => a == b,
        };
        match self.0.iter().find(|e| is_same(&e.matter)) {
            Some(known) => Err(LogError::Already(known.number)),
            None => Ok(matter),
        }
    }

    /// What pins all entries; none where there is none.
    #[must_use]
    pub(crate) fn head(&self) -> Option<ContentHash> {
        self.0.last().map(Entry::hash)
    }
    /// Whether the entries that a head pins are there, and whether nothing behind them changes which reads count.
    pub(crate) fn continues(&self, head: Option<ContentHash>) -> Result<(), &'static str> {
        let pinned = match head {
            None => Some(0),
            Some(head) => self.0.iter().position(|e| e.hash() == head).map(|at| at + 1),
        };
        let since = pinned.and_then(|at| self.0.get(at..)).ok_or("entries of the log before it are gone")?;
        let changed = since.iter().any(|e| e.matter.changes_what_counts());
        if changed { Err("a case was withdrawn or a reader stopped since") } else { Ok(()) }
    }
    /// All entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }
    /// What was not planned, in order.
    pub fn deviations(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter(|e| e.matter.meaning() == Meaning::Deviation)
    }
    /// Questions and answers, each answer behind its question.
    pub fn queries(&self) -> impl Iterator<Item = &Entry> {
        let answers = |to: u32| self.0.iter().filter(move |e| e.matter == Matter::Answer { to });
        self.0.iter().filter(|e| e.matter == Matter::Query).flat_map(move |q| std::iter::once(q).chain(answers(q.number)))
    }
    /// Questions without an answer.
    pub fn open_queries(&self) -> impl Iterator<Item = &Entry> {
        let is_answered = |to: u32| self.0.iter().any(|e| e.matter == Matter::Answer { to });
        self.0.iter().filter(move |e| e.matter == Matter::Query && !is_answered(e.number))
    }
    /// The packages of cases that take no further part.
    #[must_use]
    pub fn withdrawn(&self) -> BTreeSet<ContentHash> {
        let package = |e: &Entry| if let Matter::CaseWithdrawn { package, .. } = &e.matter { Some(*package) } else { None };
        self.0.iter().filter_map(package).collect()
    }
    /// Word of them, for those who were to read them.
    #[must_use]
    pub fn withdrawals(&self) -> Vec<Withdrawal> {
        let word = |e: &Entry| if let Matter::CaseWithdrawn { word: Some(word), .. } = &e.matter { Some((**word).clone()) } else { None };
        self.0.iter().filter_map(word).collect()
    }
    /// Withdrawn cases of which those who were to read them have no word, a sentence each for who can give it: versions before this one wrote none. A case in nobody's
    /// bundle needs none, and where reading is closed nothing is read any more.
    ///
    /// # Errors
    /// When what was assigned cannot be read.
    pub fn untold(&self, root: &Path, accounts: &Accounts) -> Result<Vec<String>, LogError> {
        let told: BTreeSet<ContentHash> = self.withdrawals().into_iter().map(|word| word.package).collect();
        let silent = |e: &Entry| match &e.matter {
            Matter::CaseWithdrawn { case, package, word: None } if !told.contains(package) => Some((e.number, case.clone(), *package)),
            _ => None,
        };
        let silent: Vec<(u32, CaseId, ContentHash)> = self.0.iter().filter_map(silent).collect();
        if silent.is_empty() || closed_without_proof(root) {
            return Ok(Vec::new());
        }
        let unreadable = |e: AssignmentError| LogError::Desk(e.to_string());
        let signed = match SignedAssignment::open(root, accounts) {
            Ok(signed) => signed,
            Err(AssignmentError::NotYet) => return Ok(Vec::new()),
            Err(e) => return Err(unreadable(e)),
        };
        let (protocol, _) = signed.protocol(root).map_err(unreadable)?;
        let mut assigned: BTreeSet<ContentHash> = BTreeSet::new();
        for reader in signed.readers() {
            let bundle = signed.bundle(root, &protocol, reader).map_err(unreadable)?;
            assigned.extend(bundle.reads().iter().map(|r| r.package));
        }
        let sentence = |(number, case, _): &(u32, CaseId, ContentHash)| {
            format!(
                "Number {number} of the log withdrew the case \"{case}\" without word of it for those who read it, who have it on their lists still. Withdraw it once more, then make a new seat for each of them."
            )
        };
        Ok(silent.iter().filter(|(.., package)| assigned.contains(package)).map(sentence).collect())
    }
    /// The packages whose contact sheets somebody signed.
    #[must_use]
    pub fn sheets(&self) -> BTreeSet<ContentHash> {
        let package = |e: &Entry| if let Matter::SheetLooked { package, .. } = &e.matter { Some(*package) } else { None };
        self.0.iter().filter_map(package).collect()
    }
    /// The readers who read no more, and the adjudicators who settle no more.
    #[must_use]
    pub fn stopped(&self) -> BTreeSet<ReaderId> {
        let reader = |e: &Entry| if let Matter::ReaderStopped { reader } = &e.matter { Some(reader.clone()) } else { None };
        self.0.iter().filter_map(reader).collect()
    }
    /// Reads that were changed after an adjudicator had them, each with the time at which it was taken in.
    #[must_use]
    pub fn reopened(&self) -> BTreeMap<ReadId, i64> {
        let reads = |e: &Entry| {
            let reads = if let Matter::AdjudicationReopened { reads, .. } = &e.matter { reads.clone() } else { Vec::new() };
            let at = e.signature.utc_ms;
            reads.into_iter().map(move |read| (read, at))
        };
        self.0.iter().flat_map(reads).collect()
    }
    /// Leave to open reads early.
    #[must_use]
    pub fn leaves(&self) -> Vec<Leave> {
        let leave = |e: &Entry| if let Matter::EarlyOpening { leave } = &e.matter { Some((**leave).clone()) } else { None };
        self.0.iter().filter_map(leave).collect()
    }
}

/// The package of a listed case.
fn package_of(root: &Path, case: &CaseId) -> Result<ContentHash, LogError> {
    let desk = Desk::open(root).map_err(|e| LogError::Desk(e.to_string()))?;
    Ok(desk.cases().get(case).ok_or_else(|| LogError::NoSuchCase(case.clone()))?.package)
}

#[cfg(test)]
mod tests;
