//! A study's signed assignment: one bundle for each reader in `bundles/`, and `assignment.json`, which pins them under a coordinator's signature.
//!
//! Owns both, and what a reader is handed: a study folder with the protocol, their own bundle and no other. Refuses: a protocol that is not signed or was
//! changed since, and to assign twice.

use super::{Desk, DeskError, DeskLog, LogError};
use crate::accounts::{AccountError, Accounts, Act, Entropy, Meaning, Signature, SignatureError, Unlocked, may_do};
use crate::bundle::{Account, Bundle, BundleError, MatrixRow, Plan, assign};
use crate::folder::{read_at_most, replace};
use crate::hash;
use crate::machine::{Leave, Withdrawal};
use crate::protocol::Protocol;
use crate::seat::{Seat, SeatError, issue};
use crate::study::{Study, StudyError};
use crate::versions::{VersionError, Versions, protocol_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use tiresias_words::{AccountId, CaseId, Condition, ContentHash, ContentKey, ReaderId, Unfit};

const FILE_VERSION: u32 = 1;
const FILE: &str = "assignment.json";
const BUNDLES: &str = "bundles";
const MATRIX: &str = "matrix.csv";
const MAX_BYTES: u64 = 64 << 20;

/// Who reads what, as a coordinator signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedAssignment {
    tiresias_assignment: u32,
    protocol: ContentHash,
    bundles: BTreeMap<ReaderId, Issued>,
    signature: Signature,
}

/// One reader's bundle, signed by itself: what travels with it names nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Issued {
    bundle: ContentHash,
    signature: Signature,
}

/// What a reader is handed beside the bundle.
#[derive(Default)]
pub struct Handed<'a> {
    /// The content keys of packages, where the data manager gives them; those of cases that the reader does not read are passed over.
    pub keys: &'a [(ContentHash, ContentKey)],
    /// Leave to open cases early; that of other readers is passed over.
    pub leaves: &'a [Leave],
    /// Word of cases that take no further part; that of cases of others is passed over.
    pub withdrawals: &'a [Withdrawal],
}

/// Why cases cannot be assigned or handed out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssignmentError {
    /// The log of the study.
    #[error("{0}")]
    Log(Box<LogError>),
    /// The protocol is not signed, or not the signed one.
    #[error("{0}")]
    Version(#[from] VersionError),
    /// The account may not, or cannot be opened.
    #[error("{0}")]
    Account(#[from] AccountError),
    /// The desk's list.
    #[error("{0}")]
    Desk(#[from] DeskError),
    /// What the plan does not allow.
    #[error("Nothing was assigned: {0}.")]
    Bundle(#[from] BundleError),
    /// The seat of a reader.
    #[error("The seat of the reader was not made: {0}.")]
    Seat(#[from] SeatError),
    /// The folder of a reader.
    #[error("{0}")]
    Study(#[from] StudyError),
    /// A reader's account with a name that no reader can have.
    #[error("{0}.")]
    Name(#[from] Unfit),
    /// It was done before.
    #[error("The cases of this study are assigned already. A frozen order is not drawn again.")]
    Already,
    /// It was not done yet.
    #[error("The cases of this study are not assigned yet. A coordinator does that with `tiresias study assign`.")]
    NotYet,
    /// The protocol was changed after the cases were assigned.
    #[error(
        "The cases of this study were assigned under another text of protocol.toml. Put that text back: it is kept as protocols/{}.toml.",
        .0.to_string().get(..16).unwrap_or_default()
    )]
    OtherProtocol(ContentHash),
    /// Nobody of that name.
    #[error("There is no reader \"{0}\" in this study's assignment.")]
    NoSuchReader(ReaderId),
    /// The signature does not count.
    #[error("The assignment cannot be trusted. {0} Put the right files back.")]
    Signature(#[from] SignatureError),
    /// A bundle that is not the one that was signed.
    #[error("bundles/{0}.json is not what was signed. Put the right file back.")]
    Changed(ReaderId),
    /// Not of this form.
    #[error("{0} does not have the form that it should have. Put the right file back.")]
    Form(&'static str),
    /// A row of the table that does not fit.
    #[error("{MATRIX}, line {line}: {why}")]
    Matrix {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it, as a sentence.
        why: String,
    },
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

fn disk(file: &'static str, writing: bool) -> impl Fn(io::Error) -> AssignmentError {
    move |e| AssignmentError::Disk { file, writing, kind: e.kind() }
}

/// Assigns the listed cases to all readers with an account, and signs that. The order is drawn once and for all.
///
/// # Errors
/// When the account may not, the protocol is not the signed one, it was done before, or the plan does not fit; nothing is written then.
pub fn assign_cases(root: &Path, accounts: &Accounts, keys: &Unlocked, utc_ms: i64) -> Result<SignedAssignment, AssignmentError> {
    keys.may(Act::Assign)?;
    let (protocol, _) = protocol_of(root)?;
    Versions::open(root, accounts)?.in_force(&protocol)?;
    if root.join(FILE).exists() {
        return Err(AssignmentError::Already);
    }
    let desk = Desk::open(root)?;
    let readers = accounts.iter().filter(|a| may_do(a.kind(), Act::Read));
    let readers = readers.map(|a| Ok(Account { reader: ReaderId::new(a.id().as_str())?, display_name: a.display_name().to_owned() }));
    let readers: Vec<Account> = readers.collect::<Result<_, Unfit>>()?;
    // What was withdrawn before is given to nobody.
    let withdrawn = DeskLog::open(root, accounts).map_err(|e| AssignmentError::Log(Box::new(e)))?.withdrawn();
    let cases: Vec<_> = desk.to_read().into_iter().filter(|case| !withdrawn.contains(&case.package)).collect();
    let table = matrix(root, &desk, &readers, &protocol)?;
    let matrix = table.as_ref().map(|(rows, hash)| (rows.as_slice(), *hash));
    let plan = Plan { protocol: &protocol, readers: &readers, cases: &cases, matrix, seed: desk.seed(), issued_utc_ms: utc_ms };
    let bundles = assign(&plan)?;
    let of = |bundle: &Bundle| Ok((bundle.reader().clone(), Issued { bundle: bundle.hash(), signature: issue(bundle, keys, utc_ms)? }));
    let each: BTreeMap<ReaderId, Issued> = bundles.iter().map(of).collect::<Result<_, AccountError>>()?;
    let signature = keys.sign(Meaning::Assignment, &content(&protocol.hash(), &each), utc_ms);
    let signed = SignedAssignment { tiresias_assignment: FILE_VERSION, protocol: protocol.hash(), bundles: each, signature };
    std::fs::create_dir_all(root.join(BUNDLES)).map_err(disk(BUNDLES, true))?;
    for bundle in &bundles {
        let path = root.join(BUNDLES).join(format!("{}.json", bundle.reader()));
        replace(&path, bundle.to_json().as_bytes()).map_err(disk(BUNDLES, true))?;
    }
    // Last of all: bundles without it count for nothing, and are written anew by the next try.
    let mut json = serde_json::to_string_pretty(&signed).map_err(|_| AssignmentError::Form(FILE))?;
    json.push('\n');
    replace(&root.join(FILE), json.as_bytes()).map_err(disk(FILE, true))?;
    Ok(signed)
}

/// Whether a folder is a study desk's whose cases are assigned.
#[must_use]
pub fn is_desk(root: &Path) -> bool {
    root.join(FILE).is_file()
}

fn content(protocol: &ContentHash, bundles: &BTreeMap<ReaderId, Issued>) -> ContentHash {
    let names = bundles.iter().flat_map(|(reader, issued)| [reader.as_str().as_bytes(), issued.bundle.0.as_slice()]);
    let fields: Vec<&[u8]> = [b"tiresias assignment 1".as_slice(), &protocol.0].into_iter().chain(names).collect();
    hash::of_fields(&fields)
}

/// The desk's table, where the protocol assigns by one: columns reader, case, condition.
fn matrix(
    root: &Path,
    desk: &Desk,
    readers: &[Account],
    protocol: &Protocol,
) -> Result<Option<(Vec<MatrixRow>, ContentHash)>, AssignmentError> {
    if !matches!(protocol.assignment(), crate::protocol::Assignment::Matrix(_)) {
        return Ok(None);
    }
    let bytes = read_at_most(&root.join(MATRIX), MAX_BYTES).map_err(disk(MATRIX, false))?.ok_or(AssignmentError::Form(MATRIX))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes.as_slice());
    if reader.headers().ok().is_none_or(|h| h.iter().collect::<Vec<_>>() != ["reader", "case", "condition"]) {
        return Err(AssignmentError::Matrix {
            line: 1,
            why: "The columns must be `reader`, `case` and `condition`, in this order.".into(),
        });
    }
    let mut rows = Vec::new();
    for (record, line) in reader.records().zip(2..) {
        let wrong = |why: &str| AssignmentError::Matrix { line, why: why.to_owned() };
        let record = record.map_err(|_| wrong("There are not three values in UTF-8."))?;
        let [Some(who), Some(case), Some(condition)] = [0, 1, 2].map(|i| record.get(i)) else {
            return Err(wrong("There are not three values."));
        };
        let case = CaseId::new(case).ok().and_then(|case| desk.cases().get(&case));
        let listed = case.ok_or_else(|| wrong("There is no such case in the desk's list."))?;
        let condition = Condition::new(condition).ok().filter(|c| protocol.condition(c).is_some());
        let condition = condition.ok_or_else(|| wrong("There is no such condition in the protocol."))?;
        let who = ReaderId::new(who).map_err(|_| wrong("This is no reader's name."))?;
        if !readers.iter().any(|known| known.reader == who) {
            return Err(wrong("There is no account of a reader with this name."));
        }
        if listed.training.is_some() {
            return Err(wrong("This case is for training, which all readers read."));
        }
        let row = MatrixRow { reader: who, package: listed.package, condition };
        if rows.contains(&row) {
            return Err(wrong("This read is there twice."));
        }
        rows.push(row);
    }
    Ok(Some((rows, hash::of_bytes(&bytes))))
}

impl SignedAssignment {
    /// Reads a study's assignment and checks its signature.
    ///
    /// # Errors
    /// When there is none yet, it is of another form, or cannot be trusted.
    pub fn open(root: &Path, accounts: &Accounts) -> Result<Self, AssignmentError> {
        let bytes = match read_at_most(&root.join(FILE), MAX_BYTES) {
            Ok(bytes) => bytes.ok_or(AssignmentError::Form(FILE))?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(AssignmentError::NotYet),
            Err(e) => return Err(disk(FILE, false)(e)),
        };
        let signed: Self = serde_json::from_slice(&bytes).map_err(|_| AssignmentError::Form(FILE))?;
        if signed.tiresias_assignment != FILE_VERSION || signed.signature.meaning != Meaning::Assignment {
            return Err(AssignmentError::Form(FILE));
        }
        if !may_do(signed.signature.kind, Act::Assign) {
            return Err(AssignmentError::Form(FILE));
        }
        signed.signature.verify(accounts.get(&signed.signature.signer)?, &content(&signed.protocol, &signed.bundles))?;
        Ok(signed)
    }
    pub(super) const fn protocol_hash(&self) -> ContentHash {
        self.protocol
    }
    pub(super) fn bundle_hashes(&self) -> BTreeMap<ReaderId, ContentHash> {
        self.bundles.iter().map(|(reader, issued)| (reader.clone(), issued.bundle)).collect()
    }
    /// The readers, by name.
    pub fn readers(&self) -> impl Iterator<Item = &ReaderId> {
        self.bundles.keys()
    }
    /// Who signed it.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }
    /// One reader's bundle, as it was signed.
    ///
    /// # Errors
    /// When there is no such reader, or the file is not what was signed.
    pub fn bundle(&self, root: &Path, protocol: &Protocol, reader: &ReaderId) -> Result<Bundle, AssignmentError> {
        let expected = self.bundles.get(reader).ok_or_else(|| AssignmentError::NoSuchReader(reader.clone()))?;
        let path = root.join(BUNDLES).join(format!("{reader}.json"));
        let bytes = read_at_most(&path, MAX_BYTES).map_err(disk(BUNDLES, false))?.ok_or(AssignmentError::Form(BUNDLES))?;
        let bundle = Bundle::parse(&bytes, protocol).map_err(|_| AssignmentError::Changed(reader.clone()))?;
        if bundle.hash() == expected.bundle { Ok(bundle) } else { Err(AssignmentError::Changed(reader.clone())) }
    }
    /// The protocol that the cases were assigned under, and its text.
    ///
    /// # Errors
    /// When `protocol.toml` is another one now.
    pub fn protocol(&self, root: &Path) -> Result<(Protocol, String), AssignmentError> {
        let (protocol, text) = protocol_of(root)?;
        if protocol.hash() == self.protocol { Ok((protocol, text)) } else { Err(AssignmentError::OtherProtocol(self.protocol)) }
    }
    /// Makes a reader's seat, with all that the desk has for it now.
    ///
    /// # Errors
    /// When there is no such reader, or a key cannot be wrapped.
    pub fn seat(&self, accounts: &Accounts, bundle: &Bundle, handed: &Handed<'_>, entropy: &Entropy) -> Result<Seat, AssignmentError> {
        let reader = bundle.reader();
        let issued = self.bundles.get(reader).ok_or_else(|| AssignmentError::NoSuchReader(reader.clone()))?;
        let account = accounts.get(&AccountId::new(reader.as_str())?)?.clone();
        let leaves = handed.leaves.iter().filter(|leave| leave.read.reader == *reader).cloned().collect();
        // A key opens what the AI says, and its name is a case of the study: who does not read it learns of neither.
        let keys = handed.keys.iter().filter(|(package, _)| bundle.reads().iter().any(|r| r.package == *package));
        let seat = Seat::new(account, bundle, issued.signature.clone(), keys, leaves, entropy)?;
        Ok(seat.with_withdrawals(bundle, handed.withdrawals)?)
    }
    /// Makes the folder that one reader is handed at `out`: protocol, own bundle, and the seat to sign in with. Packages are put into it afterwards.
    ///
    /// # Errors
    /// When there is no such reader, a file is not what was signed, or the folder cannot be made.
    pub fn hand_out(
        &self,
        root: &Path,
        accounts: &Accounts,
        reader: &ReaderId,
        handed: &Handed<'_>,
        entropy: &Entropy,
        out: &Path,
    ) -> Result<Study, AssignmentError> {
        let (protocol, text) = self.protocol(root)?;
        let bundle = self.bundle(root, &protocol, reader)?;
        let seat = self.seat(accounts, &bundle, handed, entropy)?;
        Ok(Study::create_with_seats(out, &text, &[bundle], &[seat])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Kind, Passphrase};
    use crate::desk::ListedCase;
    use crate::protocol::template;
    use tiresias_words::AccountId;
    use zeroize::Zeroizing;

    fn made(accounts: &mut Accounts, name: &str, kind: Kind, n: u8) -> Unlocked {
        let phrase = Passphrase::new("a long enough phrase".into()).unwrap();
        let id = AccountId::new(name).unwrap();
        let (account, _) = crate::accounts::Account::create(id, kind, name, &phrase, &Zeroizing::new([n; 32])).unwrap();
        accounts.add(account.clone()).unwrap();
        account.open(&phrase).unwrap()
    }

    fn hand_out(
        signed: &SignedAssignment,
        root: &Path,
        accounts: &Accounts,
        reader: &ReaderId,
        out: &Path,
    ) -> Result<Study, AssignmentError> {
        signed.hand_out(root, accounts, reader, &Handed::default(), &Zeroizing::new([9; 32]), out)
    }

    #[test]
    fn cases_are_assigned_once_signed_and_handed_out_one_reader_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("desk");
        std::fs::create_dir(&root).unwrap();
        let text = template("ordinal").unwrap().text;
        std::fs::write(root.join("protocol.toml"), text).unwrap();
        let mut accounts = Accounts::default();
        let cora = made(&mut accounts, "cora", Kind::Coordinator, 1);
        let rita = made(&mut accounts, "reader-1", Kind::Reader, 2);
        made(&mut accounts, "reader-2", Kind::Reader, 3);
        let mut desk = Desk::empty(7);
        for i in 0..5u8 {
            let listed = ListedCase { package: hash::of_bytes(&[i]), facts: vec![], training: None, packed: None };
            desk.add(CaseId::new(format!("C-{i}")).unwrap(), listed).unwrap();
        }
        desk.save(&root).unwrap();
        let unsigned = assign_cases(&root, &accounts, &cora, 5);
        assert_eq!(unsigned, Err(AssignmentError::Version(VersionError::Unsigned)));
        Versions::default().sign(&root, &cora, None, 1).unwrap();
        assert!(matches!(assign_cases(&root, &accounts, &rita, 5), Err(AssignmentError::Account(_))));
        assert_eq!(SignedAssignment::open(&root, &accounts), Err(AssignmentError::NotYet));
        let signed = assign_cases(&root, &accounts, &cora, 5).unwrap();
        assert_eq!(SignedAssignment::open(&root, &accounts).as_ref(), Ok(&signed));
        assert_eq!(assign_cases(&root, &accounts, &cora, 6), Err(AssignmentError::Already));
        let reader = ReaderId::new("reader-2").unwrap();
        let study = hand_out(&signed, &root, &accounts, &reader, &dir.path().join("out")).unwrap();
        assert_eq!(study.bundles().keys().collect::<Vec<_>>(), [&reader]);
        assert_eq!((study.bundles()[&reader].reads().len(), study.bundles()[&reader].issued_utc_ms()), (5, 5));
        let nobody = ReaderId::new("nobody").unwrap();
        assert_eq!(hand_out(&signed, &root, &accounts, &nobody, &dir.path().join("n")), Err(AssignmentError::NoSuchReader(nobody)));
        // A later version does not change what was assigned, and the earlier text is where the sentence says.
        std::fs::write(root.join("protocol.toml"), text.replace("seed = 6", "seed = 7")).unwrap();
        let Err(other) = signed.protocol(&root) else { panic!("another protocol") };
        assert_eq!(other, AssignmentError::OtherProtocol(hash::of_bytes(text.as_bytes())));
        let said = other.to_string();
        let kept = said.split(' ').find(|word| word.starts_with("protocols/")).unwrap().trim_end_matches('.');
        std::fs::copy(root.join(kept), root.join("protocol.toml")).unwrap();
        assert!(signed.protocol(&root).is_ok());
        let bundle = root.join("bundles/reader-2.json");
        let json = std::fs::read_to_string(&bundle).unwrap();
        std::fs::write(&bundle, json.replace("\"display_name\": \"reader-2\"", "\"display_name\": \"reader-3\"")).unwrap();
        assert_eq!(hand_out(&signed, &root, &accounts, &reader, &dir.path().join("m")), Err(AssignmentError::Changed(reader)));
        let file = root.join("assignment.json");
        let json = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, json.replace("reader-1", "reader-9")).unwrap();
        assert!(matches!(SignedAssignment::open(&root, &accounts), Err(AssignmentError::Signature(_))));
    }

    #[test]
    fn a_table_of_the_desk_says_who_reads_what() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let table = "reader,case,condition\nreader-1,C-0,central\nreader-1,C-1,central\nreader-2,C-1,central\n";
        std::fs::write(root.join("matrix.csv"), table).unwrap();
        let of = |text: &str| {
            format!("[assignment]\ndesign = \"matrix\"\nmatrix_sha256 = \"{}\"\n\n[adjudication]", hash::of_bytes(text.as_bytes()))
        };
        let text = template("ordinal").unwrap().text.replacen("[adjudication]", &of(table), 1);
        std::fs::write(root.join("protocol.toml"), &text).unwrap();
        let mut accounts = Accounts::default();
        let cora = made(&mut accounts, "cora", Kind::Coordinator, 1);
        made(&mut accounts, "reader-1", Kind::Reader, 2);
        made(&mut accounts, "reader-2", Kind::Reader, 3);
        let mut desk = Desk::empty(7);
        for i in 0..3u8 {
            let listed = ListedCase { package: hash::of_bytes(&[i]), facts: vec![], training: None, packed: None };
            desk.add(CaseId::new(format!("C-{i}")).unwrap(), listed).unwrap();
        }
        desk.save(root).unwrap();
        Versions::default().sign(root, &cora, None, 1).unwrap();
        std::fs::write(root.join("matrix.csv"), format!("{table}reader-2,C-2,central\n")).unwrap();
        assert!(matches!(assign_cases(root, &accounts, &cora, 5), Err(AssignmentError::Bundle(BundleError::Matrix(_)))), "another table");
        for (wrong, line) in [
            ("reader-1,C-7,central\n", 2),
            ("reader-1,C-1,local\n", 2),
            ("reader-1,C-1\n", 2),
            ("reader-1,C-1,central\nreader_1,C-1,central\n", 3),
            ("cora,C-1,central\n", 2),
            ("reader-1,C-1,central\nreader-1,C-1,central\n", 3),
        ] {
            std::fs::write(root.join("matrix.csv"), format!("reader,case,condition\n{wrong}")).unwrap();
            let refused = assign_cases(root, &accounts, &cora, 5).expect_err(wrong);
            assert!(matches!(refused, AssignmentError::Matrix { line: l, .. } if l == line), "{refused}");
        }
        std::fs::write(root.join("matrix.csv"), table).unwrap();
        let signed = assign_cases(root, &accounts, &cora, 5).unwrap();
        let out = tempfile::tempdir().unwrap();
        let keys = [0, 1, 2].map(|i: u8| (hash::of_bytes(&[i]), ContentKey::new([i; 32])));
        let handed = Handed { keys: &keys, ..Handed::default() };
        // Reads and keys: nobody gets the key of a case that others read.
        let given = |name: &str| {
            let reader = ReaderId::new(name).unwrap();
            let study = signed.hand_out(root, &accounts, &reader, &handed, &Zeroizing::new([9; 32]), &out.path().join(name)).unwrap();
            let seat: serde_json::Value = serde_json::from_str(&study.seat(&reader).unwrap().to_json()).unwrap();
            (study.bundles()[&reader].reads().len(), seat["keys"].as_object().unwrap().keys().cloned().collect::<Vec<_>>())
        };
        let names = |cases: &[u8]| {
            let mut names: Vec<String> = cases.iter().map(|i| hash::of_bytes(&[*i]).to_string()).collect();
            names.sort();
            names
        };
        assert_eq!((given("reader-1"), given("reader-2")), ((2, names(&[0, 1])), (1, names(&[1]))));
    }
}
