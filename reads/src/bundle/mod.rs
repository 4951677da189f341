//! The bundle: what one reader gets. Their reads in frozen order, each under a code of their own; a JSON file, version 1.
//!
//! Owns the file's form; `assign` makes bundles. Refuses: the desk's case ids, the secret seed, and truth but that of training cases; none of them is in a
//! bundle or can be computed from it.

mod assign;
mod draw;
mod square;

pub use assign::{MatrixRow, Plan, assign};
pub(crate) use draw::{Codes, below, shuffled, stream};

use crate::accounts::Act;
use crate::hash;
use crate::pair::SealedPair;
use crate::protocol::{Ai, Protocol};
use crate::shown::{is_line, shown};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tiresias_words::{CaseCode, Condition, ContentHash, ReadId, ReaderId};

/// The version of bundle files that this program reads and writes.
pub const BUNDLE_VERSION: u32 = 1;

/// A third of all codes, so that drawing one that is free stays quick.
const MAX_CASES: usize = 10_000;
const MAX_READERS: usize = 200;
const MAX_BYTES: usize = 64 << 20;
/// Longest name of a fact that a protocol can have, and longest fact: an indication may be a few sentences.
const MAX_FACT_NAME: usize = 40;
const MAX_FACT: usize = 1000;
/// Reader ids that mean truth to the programs that read exports (notes/mrmc.md 1.1).
const RESERVED_READERS: [&str; 2] = ["truth", "-1"];

/// What one reader gets. A bundle that exists fits its protocol and names no read twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    protocol: ContentHash,
    reader: ReaderId,
    display_name: String,
    issued_utc_ms: i64,
    reads: Vec<AssignedRead>,
}

/// One read that a reader is to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignedRead {
    /// The reader's own code of the case.
    pub case: CaseCode,
    /// The package that holds the images.
    pub package: ContentHash,
    /// Under which condition it is read.
    pub condition: Condition,
    /// 1 for the first read in this condition, 2 for a hidden repeat; in the training, the number of the try.
    pub repeat: u32,
    /// What the reader may be told of the case.
    pub facts: Vec<CaseFact>,
    /// Set where the read belongs to the training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainingCase>,
    /// Set where two reads of the case are settled: both, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<SealedPair>,
}

/// A case of the training. Its truth is in the bundle, because the reader is told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingCase {
    /// Whether the signal is there.
    pub signal: bool,
}

impl AssignedRead {
    /// The read's full name, given whose it is.
    #[must_use]
    pub fn id(&self, reader: &ReaderId) -> ReadId {
        ReadId { reader: reader.clone(), case: self.case.clone(), condition: self.condition.clone(), repeat: self.repeat }
    }
}

/// Something the protocol lets a reader know of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFact {
    /// What the protocol calls it ("age band").
    pub name: String,
    /// The fact ("60 to 69").
    pub value: String,
}

impl CaseFact {
    /// Whether a protocol lets readers be told this.
    ///
    /// # Errors
    /// When it does not name the fact, or the text is none that can be shown.
    pub fn fits(&self, protocol: &Protocol) -> Result<(), BundleError> {
        if !protocol.case_facts().contains(&self.name) {
            return Err(BundleError::UnknownFact(self.name.clone()));
        }
        if !is_line(&self.value, MAX_FACT) {
            return Err(BundleError::FactText(self.name.clone()));
        }
        Ok(())
    }
}

/// A reader's account, as far as assigning needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account name.
    pub reader: ReaderId,
    /// What the screen shows ("Reader 3").
    pub display_name: String,
}

/// A case as assigning sees it: a package without a desk id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseToRead {
    /// SHA-256 of the package's manifest.
    pub package: ContentHash,
    /// What readers may be told, the same under every condition.
    pub facts: Vec<CaseFact>,
    /// Set where the case is for training alone.
    pub training: Option<TrainingCase>,
}

/// A bundle that cannot be made or taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Not JSON of this form.
    #[error("the file does not have the form of a bundle ({0}); get the bundle again from the study desk")]
    Form(String),
    /// From a newer program.
    #[error("the bundle has version {0}, and this program reads version {BUNDLE_VERSION}; use the newer program that it was made with")]
    Newer(u32),
    /// Made for another protocol, or for another version of it.
    #[error("the bundle was made for another protocol; get bundle and protocol of the same study from the study desk")]
    OtherProtocol,
    /// A condition that the protocol does not have.
    #[error("the bundle has a read in the condition \"{0}\", which the protocol does not have; get the bundle again from the study desk")]
    UnknownCondition(Condition),
    /// A fact that the protocol does not allow.
    #[error("the case fact \"{}\" is not allowed by the protocol; name it in case_facts or leave it out", shown(.0, MAX_FACT_NAME))]
    UnknownFact(String),
    /// A text that cannot be shown.
    #[error("the case fact \"{}\" is not 1 to {MAX_FACT} characters on one line", shown(.0, MAX_FACT_NAME))]
    FactText(String),
    /// A fact in a bundle that cannot be shown.
    #[error(
        "the fact \"{}\" of case {case} (packages/{}) is not 1 to {MAX_FACT} characters on one line; have it mended at the study desk",
        shown(.name, MAX_FACT_NAME), &.package.to_string()[..16]
    )]
    Fact {
        /// The reader's code of the case.
        case: CaseCode,
        /// Its package, by which the study desk knows it.
        package: ContentHash,
        /// What the protocol calls the fact.
        name: String,
    },
    /// The same read twice.
    #[error("the bundle names one read twice; get it again from the study desk")]
    ReadTwice,
    /// One code for two cases.
    #[error("the bundle has one code for two cases; get it again from the study desk")]
    CodeTwice,
    /// Reads and adjudications in one, or adjudications that the protocol does not have.
    #[error(
        "the bundle has two reads to settle where the protocol has none, or in some of its cases alone; get it again from the study desk"
    )]
    Pairs,
    /// Nothing to read.
    #[error("there is no case or no reader to assign; name at least one of each")]
    Nothing,
    /// More than can be assigned.
    #[error("{cases} cases and {readers} readers are more than can be assigned ({MAX_CASES} and {MAX_READERS}); split the study")]
    TooMany {
        /// Cases offered.
        cases: usize,
        /// Readers offered.
        readers: usize,
    },
    /// One package twice.
    #[error("the package {0} is listed twice; list each case once")]
    PackageTwice(ContentHash),
    /// Two accounts of one name, or names that differ only in capitals.
    #[error("two readers have the id \"{0}\" (capitals do not count); give each an id of their own")]
    ReaderTwice(ReaderId),
    /// A name that analysis programs take for truth.
    #[error("no reader can have the id \"{0}\": analysis programs take it for the truth")]
    ReservedReader(ReaderId),
    /// Training cases and training do not go together.
    #[error("the protocol has {}; {}", if *.0 { "a training, and no case is for training" } else { "no training, and some cases are for training" }, if *.0 { "name training cases" } else { "add a table [training], or take them out" })]
    Training(bool),
    /// Repeats that find no place.
    #[error("the protocol repeats {count} cases with {between} reads between, and {cases} cases in the condition are too few for that")]
    Repeats {
        /// Repeats.
        count: u32,
        /// Reads between.
        between: u32,
        /// Cases.
        cases: usize,
    },
    /// Too few to be divided.
    #[error("{what} cannot be divided into {groups} groups: there are {count}")]
    Groups {
        /// Readers or cases.
        what: &'static str,
        /// Into how many.
        groups: u32,
        /// How many there are.
        count: usize,
    },
    /// A matrix that is not the one of the protocol, or none where there must be one.
    #[error("the protocol assigns by a table, and {0}; give the table whose hash the protocol names")]
    Matrix(&'static str),
    /// A name that cannot be shown.
    #[error("the display name of reader \"{0}\" is not 1 to 60 characters on one line")]
    DisplayName(ReaderId),
}

/// What is written to the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BundleFile {
    tiresias_bundle: u32,
    protocol: ContentHash,
    reader: ReaderId,
    display_name: String,
    /// When it was made, by the desk's clock: nothing of it was read before.
    issued_utc_ms: i64,
    reads: Vec<AssignedRead>,
}

#[derive(Deserialize)]
struct Version {
    tiresias_bundle: u32,
}

impl Bundle {
    /// Reads a bundle file and checks it against its protocol.
    ///
    /// # Errors
    /// When it is no bundle of this version, was made for another protocol, or contradicts itself.
    pub fn parse(json: &[u8], protocol: &Protocol) -> Result<Self, BundleError> {
        if json.len() > MAX_BYTES {
            return Err(BundleError::Form("it is larger than 64 MiB".into()));
        }
        // Only the place: the message of serde_json quotes what it found, and that may be anything.
        let form = |e: serde_json::Error| BundleError::Form(format!("line {}, column {}", e.line(), e.column()));
        let version: Version = serde_json::from_slice(json).map_err(form)?;
        if version.tiresias_bundle > BUNDLE_VERSION {
            return Err(BundleError::Newer(version.tiresias_bundle));
        }
        let file: BundleFile = serde_json::from_slice(json).map_err(form)?;
        if file.tiresias_bundle != BUNDLE_VERSION {
            return Err(BundleError::Form(format!("version {}", file.tiresias_bundle)));
        }
        let BundleFile { protocol: made_for, reader, display_name, issued_utc_ms, reads, .. } = file;
        Self { protocol: made_for, reader, display_name, issued_utc_ms, reads }.checked(protocol)
    }

    /// An adjudicator's bundle, with the sealed pairs in the order in which they are settled.
    pub(crate) fn for_adjudicator(
        protocol: &Protocol,
        account: &Account,
        issued_utc_ms: i64,
        reads: Vec<AssignedRead>,
    ) -> Result<Self, BundleError> {
        let Account { reader, display_name } = account.clone();
        Self { protocol: protocol.hash(), reader, display_name, issued_utc_ms, reads }.checked(protocol)
    }

    fn checked(self, protocol: &Protocol) -> Result<Self, BundleError> {
        if self.protocol != protocol.hash() {
            return Err(BundleError::OtherProtocol);
        }
        if RESERVED_READERS.contains(&self.reader.as_str()) {
            return Err(BundleError::ReservedReader(self.reader));
        }
        if !is_line(&self.display_name, 60) {
            return Err(BundleError::DisplayName(self.reader));
        }
        let mut packages = BTreeMap::new();
        let mut reads = BTreeSet::new();
        let mut contents = BTreeSet::new();
        for read in &self.reads {
            if protocol.condition(&read.condition).is_none() {
                return Err(BundleError::UnknownCondition(read.condition.clone()));
            }
            let of_case = |e| match e {
                BundleError::FactText(name) => BundleError::Fact { case: read.case.clone(), package: read.package, name },
                other => other,
            };
            read.facts.iter().try_for_each(|fact| fact.fits(protocol)).map_err(of_case)?;
            if *packages.entry(&read.case).or_insert(read.package) != read.package {
                return Err(BundleError::CodeTwice);
            }
            // Neither under one code nor under two: one read is one score.
            let settled = protocol.adjudication().map(|a| &a.condition);
            if read.pair.is_some() != self.adjudicates()
                || read.pair.is_some() && (settled != Some(&read.condition) || read.training.is_some())
            {
                return Err(BundleError::Pairs);
            }
            let first = reads.insert((&read.case, &read.condition, read.repeat));
            if !first || !contents.insert((read.package, &read.condition, read.repeat)) {
                return Err(BundleError::ReadTwice);
            }
        }
        Ok(self)
    }

    /// The file's text. Equal bundles give equal bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { protocol, reader, display_name, issued_utc_ms, reads } = self.clone();
        let file = BundleFile { tiresias_bundle: BUNDLE_VERSION, protocol, reader, display_name, issued_utc_ms, reads };
        // Strings, numbers and lists alone: writing them cannot fail.
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }
    /// SHA-256 of the file's text: which frozen order a reader began with.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        hash::of_bytes(self.to_json().as_bytes())
    }
    /// The protocol that the bundle was made for.
    #[must_use]
    pub const fn protocol(&self) -> ContentHash {
        self.protocol
    }
    /// Whose bundle it is.
    #[must_use]
    pub const fn reader(&self) -> &ReaderId {
        &self.reader
    }
    /// What the screen shows as the reader's name.
    #[must_use]
    pub fn display_name(&self) -> &str {
        &self.display_name
    }
    /// When it was made, by the desk's clock, milliseconds since 1970 in UTC: no read of it is older.
    #[must_use]
    pub const fn issued_utc_ms(&self) -> i64 {
        self.issued_utc_ms
    }
    /// Without the reads that nobody awaits any more.
    pub(crate) fn keep(&mut self, awaited: impl FnMut(&AssignedRead) -> bool) {
        self.reads.retain(awaited);
    }
    /// Whether it is an adjudicator's: two reads of each case, sealed, are settled.
    #[must_use]
    pub fn adjudicates(&self) -> bool {
        self.reads.first().is_some_and(|r| r.pair.is_some())
    }
    /// Whether what an AI says is there in its first read from the first view on.
    #[must_use]
    pub fn begins_with_ai(&self, protocol: &Protocol) -> bool {
        let first = self.reads.first().and_then(|r| protocol.condition(&r.condition));
        first.is_some_and(|condition| matches!(condition.ai, Ai::Concurrent(_)))
    }
    /// What whoever signs in with it does.
    #[must_use]
    pub fn act(&self) -> Act {
        if self.adjudicates() { Act::Adjudicate } else { Act::Read }
    }
    /// The reads, in the order in which they are made.
    #[must_use]
    pub fn reads(&self) -> &[AssignedRead] {
        &self.reads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOCOL: &str = include_str!("../../tests/two_conditions.toml");

    fn accounts(names: &[&str]) -> Vec<Account> {
        names.iter().map(|n| Account { reader: ReaderId::new(*n).unwrap(), display_name: format!("Reader {n}") }).collect()
    }
    fn cases(n: u8) -> Vec<CaseToRead> {
        let facts = vec![CaseFact { name: "age band".into(), value: "60 to 69".into() }];
        (0..n).map(|i| CaseToRead { package: hash::of_bytes(&[i]), facts: facts.clone(), training: None }).collect()
    }
    fn assign(protocol: &Protocol, readers: &[Account], cases: &[CaseToRead], seed: u64) -> Result<Vec<Bundle>, BundleError> {
        super::assign(&Plan { protocol, readers, cases, matrix: None, seed, issued_utc_ms: 0 })
    }
    fn protocol() -> Protocol {
        Protocol::parse(PROTOCOL).unwrap()
    }

    #[test]
    fn every_reader_reads_every_case_once_in_each_condition_one_condition_after_the_other() {
        let cases = cases(40);
        let bundles = assign(&protocol(), &accounts(&["r1", "r2", "r3"]), &cases, 5).unwrap();
        for b in &bundles {
            let all: BTreeSet<_> = cases.iter().map(|c| c.package).collect();
            for (half, condition) in b.reads().chunks(40).zip(["unaided", "second"]) {
                assert!(half.iter().all(|r| r.condition.as_str() == condition && r.repeat == 1));
                assert_eq!(half.iter().map(|r| r.package).collect::<BTreeSet<_>>(), all);
            }
            let codes: BTreeMap<_, _> = b.reads().iter().map(|r| (r.case.clone(), r.package)).collect();
            assert_eq!(codes.len(), 40, "one code for each case, under both conditions");
            for code in codes.keys() {
                let c = code.as_str().as_bytes();
                assert!(c.len() == 4 && c[2] == b'-' && [c[0], c[1], c[3]].iter().all(|x| !b"01OIL".contains(x)), "{code}");
            }
        }
        let order = |b: &Bundle, half: usize| b.reads()[half * 40..][..40].iter().map(|r| r.package).collect::<Vec<_>>();
        assert_ne!(order(&bundles[0], 0), order(&bundles[1], 0), "readers have orders of their own");
        assert_ne!(order(&bundles[0], 0), order(&bundles[0], 1), "conditions have orders of their own");
        for case in &cases {
            let code = |b: &Bundle| b.reads().iter().find(|r| r.package == case.package).map(|r| r.case.clone());
            assert!(code(&bundles[0]) != code(&bundles[1]) && code(&bundles[1]) != code(&bundles[2]));
        }
    }

    #[test]
    fn bundles_are_the_same_for_ever() {
        let bundles = assign(&protocol(), &accounts(&["r1", "r2"]), &cases(12), 5).unwrap();
        let pinned = bundles.iter().map(|b| b.hash().to_string()).collect::<Vec<_>>();
        assert_eq!(
            pinned,
            [
                "3a8ca282810b0bf22d8e64ba770a36c551fdb4b075f9d9f6e42b0fcb69a45de1",
                "fbd58ae98aec993c4c0c6eabaf408241ca80029d023cf4293e53eb315c220c2e",
            ]
        );
    }

    #[test]
    fn a_hidden_repeat_stands_among_the_reads_of_its_condition() {
        let p = Protocol::parse(&format!("{PROTOCOL}\n[repeats]\ncondition = \"unaided\"\ncount = 3\nbetween = 2\n")).unwrap();
        for seed in 0..20 {
            for b in assign(&p, &accounts(&["r1", "r2"]), &cases(10), seed).unwrap() {
                let (first, second) = b.reads().split_at(13);
                assert_eq!(first.iter().filter(|r| r.repeat == 2).count(), 3);
                assert!(first.iter().all(|r| r.condition.as_str() == "unaided") && second.iter().all(|r| r.repeat == 1));
                for (at, again) in first.iter().enumerate().filter(|(_, r)| r.repeat == 2) {
                    assert!(first.iter().position(|r| r.package == again.package).unwrap() + 2 < at);
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_cases_cannot_be_found_by_undoing_the_shuffle() {
        let readers = accounts(&["r1", "r2"]);
        let mut turned = cases(12);
        turned.reverse();
        assert_eq!(assign(&protocol(), &readers, &cases(12), 5), assign(&protocol(), &readers, &turned, 5));
        assert_ne!(assign(&protocol(), &readers, &cases(12), 5), assign(&protocol(), &readers, &cases(12), 6));
    }

    #[test]
    fn a_fixed_order_is_the_desks() {
        let fixed = Protocol::parse(&PROTOCOL.replace("kind = \"shuffled\"\nseed = 7", "kind = \"fixed\"")).unwrap();
        let bundles = assign(&fixed, &accounts(&["r1"]), &cases(12), 5).unwrap();
        let packages: Vec<_> = bundles[0].reads()[..12].iter().map(|r| r.package).collect();
        assert_eq!(packages, cases(12).iter().map(|c| c.package).collect::<Vec<_>>());
    }

    #[test]
    fn a_written_bundle_is_read_as_it_was_and_wrong_ones_are_refused() {
        let p = protocol();
        let bundle = assign(&p, &accounts(&["r1"]), &cases(3), 5).unwrap().remove(0);
        let json = bundle.to_json();
        assert_eq!(Bundle::parse(json.as_bytes(), &p), Ok(bundle.clone()));
        let refused = |from: &str, to: &str| Bundle::parse(json.replacen(from, to, 1).as_bytes(), &p).expect_err(to);
        assert_eq!(refused("\"tiresias_bundle\": 1", "\"tiresias_bundle\": 2"), BundleError::Newer(2));
        assert!(matches!(refused("\"tiresias_bundle\": 1", "\"tiresias_bundle\": 0"), BundleError::Form(_)));
        assert!(matches!(refused("\"reader\"", "\"raeder\""), BundleError::Form(_)));
        assert!(matches!(refused("unaided", "aided"), BundleError::UnknownCondition(_)));
        assert!(matches!(refused("age band", "name"), BundleError::UnknownFact(_)));
        assert!(refused("age band", "\\u001b[2J\\n\u{202e}").to_string().contains("\"\\u{1b}[2J\\n\\u{202e}\""));
        let first = &bundle.reads()[0];
        for value in ["", " ", "60\\n to 69", "60\\u001b[2J", "60\u{202e}", &"6".repeat(1001)] {
            let error = refused("60 to 69", value);
            assert_eq!(error, BundleError::Fact { case: first.case.clone(), package: first.package, name: "age band".into() });
            assert!(error.to_string().starts_with(&format!("the fact \"age band\" of case {} (packages/", first.case)), "{error}");
        }
        assert!(matches!(refused("Reader r1", "\u{202e}"), BundleError::DisplayName(_)));
        assert!(matches!(refused("\"r1\"", "\"truth\""), BundleError::ReservedReader(_)));
        let other = &bundle.reads()[1];
        assert_eq!(refused(other.case.as_str(), bundle.reads()[0].case.as_str()), BundleError::CodeTwice);
        let twice = json.replace(other.case.as_str(), bundle.reads()[0].case.as_str());
        let twice = twice.replace(&other.package.to_string(), &bundle.reads()[0].package.to_string());
        assert_eq!(Bundle::parse(twice.as_bytes(), &p), Err(BundleError::ReadTwice));
        let again = json.replace(&other.package.to_string(), &bundle.reads()[0].package.to_string());
        assert_eq!(Bundle::parse(again.as_bytes(), &p), Err(BundleError::ReadTwice));
        let elsewhere = Protocol::parse(&format!("{PROTOCOL}\n")).unwrap();
        assert_eq!(Bundle::parse(json.as_bytes(), &elsewhere), Err(BundleError::OtherProtocol));
    }

    #[test]
    fn what_cannot_be_assigned_is_refused() {
        let p = protocol();
        let refused = |names: &[&str], cases: &[CaseToRead]| assign(&p, &accounts(names), cases, 1).expect_err("refused");
        assert_eq!(refused(&[], &cases(2)), BundleError::Nothing);
        assert!(matches!(refused(&["r1"], &[cases(2), cases(2)].concat()), BundleError::PackageTwice(_)));
        assert!(matches!(refused(&["r1", "R1"], &cases(2)), BundleError::ReaderTwice(_)));
        assert!(matches!(refused(&["truth"], &cases(2)), BundleError::ReservedReader(_)));
        assert!(matches!(refused(&["-1"], &cases(2)), BundleError::ReservedReader(_)));
    }
}
