//! The bundle: what one reader gets. Their reads in frozen order, each under a code of their own; a JSON file, version 1.
//!
//! Owns the file's form and [`assign`], which makes bundles: fully crossed, condition after condition, shuffled by ChaCha20 from the
//! protocol's seed and the desk's secret seed. Both are needed, because the protocol is in the reader's hands.
//! Refuses: the desk's case ids, truth and the secret seed; none of them is in a bundle or can be computed from it.

use crate::hash;
use crate::protocol::{Order, Protocol};
use crate::shown::{is_line, shown};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tiresias_words::{CaseCode, Condition, ContentHash, ReadId, ReaderId};

/// The version of bundle files that this program reads and writes.
pub const BUNDLE_VERSION: u32 = 1;

/// Characters of a case code: capitals and digits without those that are taken for each other (0 O, 1 I L).
const CODE_ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
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
    /// 1 for the first read in this condition, 2 for a hidden repeat.
    pub repeat: u32,
    /// What the reader may be told of the case.
    pub facts: Vec<CaseFact>,
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
    #[error("the case fact \"{}\" is not allowed by the protocol; name it in `case_facts` or leave it out", shown(.0, MAX_FACT_NAME))]
    UnknownFact(String),
    /// A fact that cannot be shown.
    #[error(
        "the fact \"{}\" of case {case} (`packages/{}`) is not 1 to {MAX_FACT} characters on one line; have it mended at the study desk",
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
        Self { protocol: file.protocol, reader: file.reader, display_name: file.display_name, reads: file.reads }.checked(protocol)
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
            if let Some(fact) = read.facts.iter().find(|f| !protocol.case_facts().contains(&f.name)) {
                return Err(BundleError::UnknownFact(fact.name.clone()));
            }
            if let Some(fact) = read.facts.iter().find(|f| !is_line(&f.value, MAX_FACT)) {
                return Err(BundleError::Fact { case: read.case.clone(), package: read.package, name: fact.name.clone() });
            }
            if *packages.entry(&read.case).or_insert(read.package) != read.package {
                return Err(BundleError::CodeTwice);
            }
            // Neither under one code nor under two: one read is one score.
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
        let Self { protocol, reader, display_name, reads } = self.clone();
        let file = BundleFile { tiresias_bundle: BUNDLE_VERSION, protocol, reader, display_name, reads };
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
    /// The reads, in the order in which they are made.
    #[must_use]
    pub fn reads(&self) -> &[AssignedRead] {
        &self.reads
    }
}

/// Makes one bundle for each reader: every case under every condition, all of the first condition before the second.
///
/// A reader has one code for a case, under all conditions; no other reader has the same code for it. Under [`Order::Shuffled`] the order
/// in which `cases` come has no influence, so that it cannot be found out by undoing the shuffle. The same input gives the same bundles
/// for ever.
///
/// # Errors
/// When there is nothing to assign or too much, a package or reader is listed twice, a reader's id is reserved, a display name cannot be
/// shown, or a fact is not allowed by the protocol or cannot be shown.
pub fn assign(protocol: &Protocol, readers: &[Account], cases: &[CaseToRead], seed: u64) -> Result<Vec<Bundle>, BundleError> {
    if readers.is_empty() || cases.is_empty() {
        return Err(BundleError::Nothing);
    }
    if cases.len() > MAX_CASES || readers.len() > MAX_READERS {
        return Err(BundleError::TooMany { cases: cases.len(), readers: readers.len() });
    }
    let mut packages = BTreeSet::new();
    if let Some(twice) = cases.iter().find(|c| !packages.insert(c.package)) {
        return Err(BundleError::PackageTwice(twice.package));
    }
    let mut ids = BTreeSet::new();
    // Bundles are files named by the reader, and some file systems do not tell capitals apart.
    if let Some(twice) = readers.iter().find(|r| !ids.insert(r.reader.as_str().to_ascii_lowercase())) {
        return Err(BundleError::ReaderTwice(twice.reader.clone()));
    }
    let mut sorted: Vec<&CaseToRead> = cases.iter().collect();
    sorted.sort_by_key(|c| c.package);
    let mut codes = Codes::default();
    let mut bundles = Vec::new();
    for Account { reader, display_name } in readers {
        let mut rng = stream(protocol, seed, &["codes", reader.as_str()]);
        let own: BTreeMap<ContentHash, CaseCode> =
            sorted.iter().map(|c| codes.draw(&mut rng, c.package).map(|code| (c.package, code))).collect::<Result<_, _>>()?;
        codes.next_reader();
        let mut reads = Vec::new();
        for condition in protocol.conditions() {
            let ordered = match protocol.order() {
                Order::Fixed => cases.iter().collect(),
                Order::Shuffled { .. } => {
                    let mut rng = stream(protocol, seed, &["order", reader.as_str(), condition.id.as_str()]);
                    shuffled(&mut rng, sorted.clone())
                }
            };
            for case in ordered {
                let Some(code) = own.get(&case.package) else { continue };
                reads.push(AssignedRead {
                    case: code.clone(),
                    package: case.package,
                    condition: condition.id.clone(),
                    repeat: 1,
                    facts: case.facts.clone(),
                });
            }
        }
        let bundle = Bundle { protocol: protocol.hash(), reader: reader.clone(), display_name: display_name.clone(), reads };
        bundles.push(bundle.checked(protocol)?);
    }
    Ok(bundles)
}

/// An independent stream of random numbers for each use. The protocol's hash covers its own seed.
fn stream(protocol: &Protocol, seed: u64, of: &[&str]) -> ChaCha20Rng {
    let head: [&[u8]; 3] = [b"tiresias assign 1", &protocol.hash().0, &seed.to_le_bytes()];
    let fields: Vec<&[u8]> = head.into_iter().chain(of.iter().map(|s| s.as_bytes())).collect();
    ChaCha20Rng::from_seed(hash::of_fields(&fields).0)
}

/// A number below `n` (above 0), each equally likely.
fn below(rng: &mut ChaCha20Rng, n: u64) -> u64 {
    // 2^64 mod n: the numbers under it would make some results likelier than others.
    let uneven = n.wrapping_neg() % n;
    loop {
        let draw = rng.next_u64();
        if draw >= uneven {
            return draw % n;
        }
    }
}

/// Fisher and Yates.
fn shuffled<T>(rng: &mut ChaCha20Rng, mut items: Vec<T>) -> Vec<T> {
    for last in (1..items.len()).rev() {
        let other = below(rng, last as u64 + 1) as usize;
        items.swap(last, other);
    }
    items
}

/// The codes that are given away.
#[derive(Default)]
struct Codes {
    of_reader: BTreeSet<CaseCode>,
    of_case: BTreeSet<(ContentHash, CaseCode)>,
}

impl Codes {
    fn draw(&mut self, rng: &mut ChaCha20Rng, package: ContentHash) -> Result<CaseCode, BundleError> {
        loop {
            let mut letter = || char::from(CODE_ALPHABET[below(rng, CODE_ALPHABET.len() as u64) as usize]);
            let text = format!("{}{}-{}", letter(), letter(), letter());
            let code = CaseCode::new(text).map_err(|unfit| BundleError::Form(unfit.to_string()))?;
            if !self.of_reader.contains(&code) && self.of_case.insert((package, code.clone())) {
                self.of_reader.insert(code.clone());
                return Ok(code);
            }
        }
    }
    fn next_reader(&mut self) {
        self.of_reader.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOCOL: &str = include_str!("../tests/two_conditions.toml");

    fn accounts(names: &[&str]) -> Vec<Account> {
        names.iter().map(|n| Account { reader: ReaderId::new(*n).unwrap(), display_name: format!("Reader {n}") }).collect()
    }
    fn cases(n: u8) -> Vec<CaseToRead> {
        let facts = vec![CaseFact { name: "age band".into(), value: "60 to 69".into() }];
        (0..n).map(|i| CaseToRead { package: hash::of_bytes(&[i]), facts: facts.clone() }).collect()
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
                "9f0a57ef4f328c639d63b754814cb63a4900c0caa6fe477d03f41fa992c6a739",
                "342e372a2191ada5cc839747e55404b895951b7fd0d88e6ef11756dfa3e9a44d",
            ]
        );
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
            assert!(error.to_string().starts_with(&format!("the fact \"age band\" of case {} (`packages/", first.case)), "{error}");
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

    #[test]
    fn drawing_is_even() {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let mut hits = [0u32; 5];
        (0..50_000).for_each(|_| hits[below(&mut rng, 5) as usize] += 1);
        // 10,000 each, standard deviation 89.
        assert!(hits.iter().all(|h| h.abs_diff(10_000) < 450), "{hits:?}");
    }
}
