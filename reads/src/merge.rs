//! Many workstations, one study: results files become one set of reads, whatever their order and however often each comes.
//!
//! Owns what a set of results files says: everything follows from the set, so that merging is idempotent and knows no order. Pure: [`merge`] is a function of
//! it; where the files lie is [`crate::desk`]'s. Every contradiction is named by itself, with the files it comes from, and is never settled silently: a read
//! that two files tell differently counts for nothing until somebody has decided.
//! Refuses: files of another protocol, and files that do not fit themselves ([`crate::record::ResultsError`]).

use crate::accounts::{Accounts, Act, Signature, SignatureError, may_do};
use crate::hash::short;
use crate::machine::{Assignment, Fact, Locked, State};
use crate::record::Results;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use tiresias_words::{AccountId, CaseCode, ContentHash, ReadId, ReaderId};

/// What the desk knows of who was to read what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The protocol that is in force.
    pub protocol: ContentHash,
    /// Every reader with the hash of their bundle.
    pub bundles: BTreeMap<ReaderId, ContentHash>,
}

/// One read as a file tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct MergedRead {
    /// What was locked.
    pub read: Locked,
    /// In which file it came first.
    pub file: ContentHash,
    /// Number of the row that locked its last version.
    pub seq: u64,
    /// Number of the row that locked what was thought before the AI was shown, where the condition has that.
    pub impression_seq: Option<u64>,
}

/// The reads of all files together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Merged {
    /// The files that count, by hash: those that are not the beginning of another.
    pub files: BTreeSet<ContentHash>,
    /// How many rows they have.
    pub records: u64,
    /// Every read that no conflict touches.
    pub reads: BTreeMap<ReadId, MergedRead>,
    /// What contradicts itself, sorted.
    pub conflicts: Vec<Conflict>,
    /// Files that say less than another of the same workstation, with that other.
    pub older: BTreeMap<ContentHash, ContentHash>,
}

/// Something that the files contradict each other or the desk about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conflict {
    /// A file of another version of the protocol, or of another study.
    OtherProtocol {
        /// Which.
        file: ContentHash,
    },
    /// Two files of one workstation that go apart: one was restored from a copy, or changed.
    Forked {
        /// The files.
        files: [ContentHash; 2],
        /// The last record that both have.
        common: u64,
    },
    /// Somebody whom nothing was assigned to.
    UnknownReader {
        /// Where.
        file: ContentHash,
        /// Who.
        reader: ReaderId,
    },
    /// Reads of another list of cases than the one that was assigned.
    OtherBundle {
        /// Where.
        file: ContentHash,
        /// Whose.
        reader: ReaderId,
    },
    /// A signature that is not the reader's.
    Signature {
        /// Where.
        file: ContentHash,
        /// Whose it should be.
        reader: ReaderId,
        /// Why it does not count.
        why: String,
    },
    /// Leave to open a case early that nobody at this desk gave.
    Leave {
        /// Where.
        file: ContentHash,
        /// For which read.
        read: ReadId,
    },
    /// A case that was read no further on the word of nobody at this desk.
    Withdrawal {
        /// Where.
        file: ContentHash,
        /// By whom.
        reader: ReaderId,
        /// The reader's codes of the case: a hidden repeat has its own, and a case of others has none.
        cases: BTreeSet<CaseCode>,
        /// Whether it was of training that was still to be passed: then no read of the study that came after it counts.
        untrained: bool,
    },
    /// A decision between two reads that does not count.
    Decision {
        /// Where.
        file: ContentHash,
        /// Which.
        read: ReadId,
        /// Why not, as a clause.
        why: &'static str,
    },
    /// One read, told differently.
    ReadTwice {
        /// Which.
        read: ReadId,
        /// By which files.
        files: [ContentHash; 2],
    },
    /// One reader at two workstations at the same time.
    ClockOverlap {
        /// Who.
        reader: ReaderId,
        /// By which files.
        files: [ContentHash; 2],
        /// From when, milliseconds since 1970 in UTC.
        from_utc_ms: i64,
    },
    /// A receipt that a reader holds and no file has: more was signed than came back.
    ReceiptMissing {
        /// The code.
        receipt: String,
    },
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherProtocol { file } => {
                write!(f, "File {} was read by another version of the protocol; nothing of it counts.", short(file))
            }
            Self::Forked { files: [a, b], common } => write!(
                f,
                "Files {} and {} come from one workstation and go apart after record {common}: one was restored from a copy, or changed. Neither counts until it is decided which.",
                short(a),
                short(b)
            ),
            Self::UnknownReader { file, reader } => {
                write!(f, "File {} has reads of \"{reader}\", to whom nothing was assigned; they do not count.", short(file))
            }
            Self::OtherBundle { file, reader } => write!(
                f,
                "File {} has reads of \"{reader}\" from another list of cases than the one that was assigned; they do not count.",
                short(file)
            ),
            Self::Signature { file, reader, why } => {
                write!(f, "File {}: the reads of \"{reader}\" do not count. {why}", short(file))
            }
            Self::Leave { file, read } => write!(
                f,
                "File {}: case {} of \"{}\" was opened before its washout with leave that nobody at this desk gave; the read does not count.",
                short(file),
                read.case,
                read.reader
            ),
            Self::Withdrawal { file, reader, cases, untrained } => write!(
                f,
                "File {}: {} was taken off the list of \"{reader}\" as withdrawn, on the word of nobody at this desk; {}.",
                short(file),
                Cases(cases),
                if *untrained {
                    "it belongs to the training, which was not passed yet, and no read of the study that came after it counts"
                } else {
                    "what is missing of its reads is awaited"
                }
            ),
            Self::Decision { file, read, why } => {
                write!(f, "File {}: the decision of \"{}\" about case {} does not count: {why}.", short(file), read.reader, read.case)
            }
            Self::ReadTwice { read, files: [a, b] } => write!(
                f,
                "Case {} of \"{}\" ({}) is told differently by files {} and {}; neither counts until it is decided which.",
                read.case,
                read.reader,
                read.condition,
                short(a),
                short(b)
            ),
            Self::ClockOverlap { reader, files: [a, b], from_utc_ms } => write!(
                f,
                "\"{reader}\" was at two workstations at the same time, from {} on, by files {} and {}: a clock was wrong, or somebody else read.",
                Time(*from_utc_ms),
                short(a),
                short(b)
            ),
            Self::ReceiptMissing { receipt } => {
                write!(f, "The receipt {receipt} is in no file: the reader signed more than has come back. Ask for the results again.")
            }
        }
    }
}

/// A case, by the codes that its reader has for it.
struct Cases<'a>(&'a BTreeSet<CaseCode>);

impl fmt::Display for Cases<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<&str> = self.0.iter().map(CaseCode::as_str).collect();
        if codes.is_empty() { f.write_str("a case that was not on it") } else { write!(f, "case {}", codes.join(" and ")) }
    }
}

/// A time of day in UTC, to the second.
struct Time(i64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{:.19}Z", time.to_string()),
            Err(_) => f.write_str("a time beyond all calendars"),
        }
    }
}

/// Brings files together. `receipts` are the codes that readers hold.
#[must_use]
pub fn merge(expected: &Expected, accounts: &Accounts, files: &[Results], receipts: &[String]) -> Merged {
    let mut merged = Merged::default();
    let by_hash: BTreeMap<ContentHash, &Results> = files.iter().map(|f| (f.file(), f)).collect();
    let mut counting: BTreeMap<ContentHash, &Results> = BTreeMap::new();
    for (hash, file) in &by_hash {
        if file.protocol() == expected.protocol {
            counting.insert(*hash, file);
        } else {
            merged.conflicts.push(Conflict::OtherProtocol { file: *hash });
        }
    }
    longest(&mut counting, &mut merged);
    merged.files = counting.keys().copied().collect();
    merged.records = counting.values().map(|file| file.events().len() as u64).sum();
    let mut told: BTreeMap<ReadId, Vec<MergedRead>> = BTreeMap::new();
    let mut early: BTreeMap<ReadId, ContentHash> = BTreeMap::new();
    let mut untrained: BTreeSet<ReadId> = BTreeSet::new();
    for (hash, file) in &counting {
        let strange = strange_withdrawals(accounts, file);
        for (reader, state) in file.states() {
            match untrusted(expected, accounts, *hash, file, reader, state) {
                Some(conflict) => merged.conflicts.push(conflict),
                None => {
                    let since = strange.iter().filter(|w| w.reader == reader).filter_map(|w| w.untrained_since).min();
                    for read in of_reader(*hash, file, state) {
                        if since.is_some_and(|since| read.seq > since) && !read.read.assignment().training {
                            untrained.insert(read.read.read().clone());
                        }
                        told.entry(read.read.read().clone()).or_default().push(read);
                    }
                }
            }
        }
        early.extend(strange_leaves(accounts, file).map(|read| (read, *hash)));
        merged.conflicts.extend(strange.into_iter().map(|w| Conflict::Withdrawal {
            file: *hash,
            reader: w.reader.clone(),
            cases: w.cases,
            untrained: w.untrained_since.is_some(),
        }));
    }
    for read in &untrained {
        told.remove(read);
    }
    for (read, file) in early {
        told.remove(&read);
        merged.conflicts.push(Conflict::Leave { file, read });
    }
    for (id, mut reads) in told {
        // Where two tell the same, the one that was locked first is the one that was made.
        reads.sort_by_key(|r| (r.read.at().utc_ms, r.file));
        let mut reads = reads.into_iter();
        let Some(first) = reads.next() else { continue };
        match reads.find(|other| !says_the_same(&first.read, &other.read)) {
            Some(other) => merged.conflicts.push(Conflict::ReadTwice { read: id, files: [first.file, other.file] }),
            None => {
                merged.reads.insert(id, first);
            }
        }
    }
    overlaps(&counting, &mut merged);
    let signed: BTreeSet<String> = files.iter().flat_map(Results::signatures).map(Signature::receipt).collect();
    let missing: BTreeSet<&String> = receipts.iter().filter(|r| !signed.contains(*r)).collect();
    merged.conflicts.extend(missing.into_iter().map(|receipt| Conflict::ReceiptMissing { receipt: receipt.clone() }));
    merged.conflicts.sort();
    merged.conflicts.dedup();
    merged
}

/// Of the files of one workstation the one that says most, where the others are its beginning. Where two go apart, neither.
fn longest(counting: &mut BTreeMap<ContentHash, &Results>, merged: &mut Merged) {
    let mut chains: BTreeMap<Option<&ContentHash>, Vec<(ContentHash, &Results)>> = BTreeMap::new();
    for (hash, file) in counting.iter() {
        chains.entry(file.rows().first()).or_default().push((*hash, file));
    }
    for chain in chains.values() {
        for (at, (a, one)) in chain.iter().enumerate() {
            for (b, other) in chain.iter().skip(at + 1) {
                let common = one.rows().iter().zip(other.rows()).take_while(|(x, y)| x == y).count();
                let shorter = one.rows().len().min(other.rows().len());
                if common < shorter {
                    merged.conflicts.push(Conflict::Forked { files: [*a, *b], common: common as u64 });
                    counting.remove(a);
                    counting.remove(b);
                } else {
                    let (less, more) = if one.rows().len() <= other.rows().len() { (a, b) } else { (b, a) };
                    counting.remove(less);
                    merged.older.insert(*less, *more);
                }
            }
        }
    }
}

/// Why what a file says of a reader does not count: it does when it was assigned, is from their bundle, and signed with their key.
fn untrusted(
    expected: &Expected,
    accounts: &Accounts,
    file: ContentHash,
    results: &Results,
    reader: &ReaderId,
    state: &State,
) -> Option<Conflict> {
    let account = AccountId::new(reader.as_str()).ok().and_then(|id| accounts.get(&id).ok());
    let (Some(bundle), Some(account)) = (expected.bundles.get(reader), account) else {
        return Some(Conflict::UnknownReader { file, reader: reader.clone() });
    };
    if state.bundle() != Some(*bundle) {
        return Some(Conflict::OtherBundle { file, reader: reader.clone() });
    }
    // That each is over the rows before it was verified when the file was read; here it is asked whose key it is.
    let own = results.signatures().iter().filter(|s| s.signer == *account.id());
    for signature in own {
        if signature.key != account.signs() || signature.kind != account.kind() {
            let why = SignatureError::OtherKey(account.id().clone()).to_string();
            return Some(Conflict::Signature { file, reader: reader.clone(), why });
        }
    }
    None
}

/// Reads that were opened early with leave whose key is that of no account at this desk.
fn strange_leaves<'a>(accounts: &'a Accounts, results: &'a Results) -> impl Iterator<Item = ReadId> + 'a {
    results.events().iter().filter_map(|recorded| match recorded.event.fact() {
        Fact::WashoutOverridden(leave) => (!may_deviate(accounts, &leave.signature)).then(|| leave.read.clone()),
        _ => None,
    })
}

/// A case that was withdrawn with a key that is that of no account at this desk.
struct StrangeWithdrawal<'a> {
    reader: &'a ReaderId,
    cases: BTreeSet<CaseCode>,
    /// The number of its row, where the case was of training that was still to be passed: what opened the study to the reader then was nobody's to give.
    untrained_since: Option<u64>,
}

fn strange_withdrawals<'a>(accounts: &Accounts, results: &'a Results) -> Vec<StrangeWithdrawal<'a>> {
    let mut lists: BTreeMap<&ReaderId, &[Assignment]> = BTreeMap::new();
    let mut trained: BTreeSet<&ReaderId> = BTreeSet::new();
    let mut strange = Vec::new();
    for recorded in results.events() {
        let reader = recorded.event.reader();
        match recorded.event.fact() {
            Fact::Enrolled { reads, .. } => {
                lists.insert(reader, reads);
            }
            Fact::TrainingPassed => {
                trained.insert(reader);
            }
            Fact::CaseWithdrawn(word) if !may_deviate(accounts, &word.signature) => {
                let list = lists.get(reader).copied().unwrap_or_default();
                let of_case: Vec<&Assignment> = list.iter().filter(|a| a.package == word.package).collect();
                let is_gate = !trained.contains(reader) && of_case.iter().any(|a| a.training);
                let cases = of_case.iter().map(|a| a.read.case.clone()).collect();
                strange.push(StrangeWithdrawal { reader, cases, untrained_since: is_gate.then_some(recorded.seq) });
            }
            _ => {}
        }
    }
    strange
}

/// Whether a signature has the key of somebody at this desk who may record a deviation.
fn may_deviate(accounts: &Accounts, signature: &Signature) -> bool {
    accounts.get(&signature.signer).is_ok_and(|a| a.signs() == signature.key && may_do(a.kind(), Act::Deviate))
}

/// The study's reads of one reader in one file.
fn of_reader<'a>(file: ContentHash, results: &'a Results, state: &'a State) -> impl Iterator<Item = MergedRead> + 'a {
    let mut locked: BTreeMap<&ReadId, u64> = BTreeMap::new();
    let mut impressions: BTreeMap<&ReadId, u64> = BTreeMap::new();
    for recorded in results.events() {
        match recorded.event.fact() {
            Fact::ReadLocked { read, .. } => locked.insert(read, recorded.seq),
            Fact::ImpressionLocked { read, .. } => impressions.insert(read, recorded.seq),
            _ => None,
        };
    }
    state.locked().iter().map(move |read| MergedRead {
        file,
        seq: locked.get(read.read()).copied().unwrap_or(0),
        impression_seq: impressions.get(read.read()).copied(),
        read: read.clone(),
    })
}

/// Whether two workstations tell the same about a read: what was said, not when.
fn says_the_same(a: &Locked, b: &Locked) -> bool {
    let said = |read: &Locked| (read.assignment().clone(), read.answers().clone(), read.not_evaluable().clone(), read.marks().clone());
    let settled = |read: &Locked| read.settled().map(|s| (s.pair().cloned(), s.choice(), s.reason().map(str::to_owned)));
    let before = |read: &Locked| read.impression().map(said);
    said(a) == said(b) && before(a) == before(b) && settled(a) == settled(b)
}

fn overlaps(counting: &BTreeMap<ContentHash, &Results>, merged: &mut Merged) {
    let mut sessions: BTreeMap<&ReaderId, Vec<(i64, i64, ContentHash)>> = BTreeMap::new();
    for (hash, file) in counting {
        for reader in file.states().keys() {
            let spans = file.sessions(reader).into_iter().map(|(from, to)| (from, to, *hash));
            sessions.entry(reader).or_default().extend(spans);
        }
    }
    for (reader, mut spans) in sessions {
        spans.sort_unstable();
        for (at, (_, to, a)) in spans.iter().enumerate() {
            for (from, _, b) in spans.iter().skip(at + 1).take_while(|(from, ..)| from <= to) {
                // Sessions of one workstation are in the order of its chain.
                if a != b {
                    let mut files = [*a, *b];
                    files.sort_unstable();
                    merged.conflicts.push(Conflict::ClockOverlap { reader: reader.clone(), files, from_utc_ms: *from });
                }
            }
        }
    }
}
