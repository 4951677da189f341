//! A study on a reader's workstation: the folder with `protocol.toml`, `bundles/`, `seats/`, `packages/` and `record.sqlite`.
//!
//! Owns the layout of the folder. It holds what a reader may have: no desk ids, no truth.
//! Refuses to write over a study. Errors name files by their place in the folder.

use crate::accounts::Attempts;
use crate::accounts::Unlocked;
use crate::bundle::{Bundle, BundleError};
use crate::folder::{Aside, FolderError, read_at_most, replace};
use crate::machine::Rules;
use crate::machine::State;
use crate::protocol::{Protocol, ProtocolError};
use crate::record::{Record, RecordError};
use crate::seat::{RevealError, Seat, SeatError};
use crate::shown::shown;
use crate::versions::{MAX_PROTOCOL, PROTOCOL};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use tiresias_words::{ContentHash, ReaderId, RevealToken};

const BUNDLES: &str = "bundles";
const SEATS: &str = "seats";
const ATTEMPTS: &str = "attempts";
const PACKAGES: &str = "packages";
const RECORD: &str = "record.sqlite";
const MAX_BUNDLE: u64 = 64 << 20;
/// As much of a file name as an error repeats; a reader id and `.json` fit.
const MAX_NAME: usize = 80;

/// An open study folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    root: PathBuf,
    protocol: Protocol,
    bundles: BTreeMap<ReaderId, Bundle>,
    seats: BTreeMap<ReaderId, Seat>,
}

/// Why a study cannot be opened or made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StudyError {
    /// No study here.
    #[error("This folder is not a Tiresias study: it has no protocol.toml. Choose the folder that the study desk gave you.")]
    NotAStudy,
    /// The protocol is not right.
    #[error("The protocol cannot be used. {0}")]
    Protocol(#[from] ProtocolError),
    /// A bundle is not right.
    #[error("bundles/{file} cannot be used: {error}.")]
    Bundle {
        /// Name of the file.
        file: String,
        /// What is wrong with it.
        error: BundleError,
    },
    /// A bundle in the file of another reader.
    #[error("bundles/{0} is not named after its reader. Get the bundle again from the study desk.")]
    BundleName(String),
    /// A seat that does not fit its bundle.
    #[error("seats/{file} cannot be used: {}.", error.to_string().trim_end_matches('.'))]
    Seat {
        /// Name of the file.
        file: String,
        /// What is wrong with it.
        error: SeatError,
    },
    /// A new seat that does not fit.
    #[error("The new file cannot be used: {}.", .0.to_string().trim_end_matches('.'))]
    NewSeat(SeatError),
    /// A new seat that cannot be kept.
    #[error(
        "The new file was not taken: seats cannot be written ({0}). Check that you may write in the study\u{2019}s folder and that it has room."
    )]
    SeatUnwritable(io::ErrorKind),
    /// A study without readers.
    #[error("This study has no file in bundles/, so nobody can read in it. Get a bundle from the study desk.")]
    NoBundle,
    /// A file that cannot be read.
    #[error("{file} cannot be read ({kind}). Check that the study is complete and that you may read it.")]
    Unreadable {
        /// Its place in the study.
        file: String,
        /// What the disk said.
        kind: io::ErrorKind,
    },
    /// A file that is far too long.
    #[error("{0} is far larger than any file of its kind. Get it again from the study desk.")]
    TooLarge(String),
    /// Nobody of that name.
    #[error("There is no reader \u{201c}{0}\u{201d} in this study. Choose one of those listed.")]
    NoSuchReader(ReaderId),
    /// Something is in the way.
    #[error("The study was not made: the folder is not empty. Choose an empty folder, or one that does not exist.")]
    Occupied,
    /// The study cannot be written.
    #[error("The study was not made: its folder cannot be written ({0}). Choose a place where you may write and that has room.")]
    Unwritable(io::ErrorKind),
}

impl Study {
    /// Makes a study folder at `root`, which must not exist or be empty, and opens it. Packages are put into it afterwards.
    ///
    /// # Errors
    /// When the protocol or a bundle is not right, something is in the way, or the folder cannot be written. No half-made study is left.
    pub fn create(root: &Path, protocol_text: &str, bundles: &[Bundle]) -> Result<Self, StudyError> {
        Self::create_with_seats(root, protocol_text, bundles, &[])
    }

    /// The same, where readers sign in: with the seat of each.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn create_with_seats(root: &Path, protocol_text: &str, bundles: &[Bundle], seats: &[Seat]) -> Result<Self, StudyError> {
        let protocol = Protocol::parse(protocol_text)?;
        if bundles.is_empty() {
            return Err(StudyError::NoBundle);
        }
        let write = || -> Result<(), FolderError> {
            let aside = Aside::begin(root)?;
            aside.file(PROTOCOL, protocol_text.as_bytes())?;
            aside.folder(BUNDLES)?;
            aside.folder(PACKAGES)?;
            for bundle in bundles {
                aside.file(&format!("{BUNDLES}/{}", file_name(bundle.reader())), bundle.to_json().as_bytes())?;
            }
            aside.folder(SEATS)?;
            for seat in seats {
                aside.file(&format!("{SEATS}/{}.json", seat.account().id()), seat.to_json().as_bytes())?;
            }
            aside.appear()
        };
        for bundle in bundles {
            if bundle.protocol() != protocol.hash() {
                return Err(StudyError::Bundle { file: file_name(bundle.reader()), error: BundleError::OtherProtocol });
            }
        }
        write().map_err(|e| match e {
            FolderError::Occupied => StudyError::Occupied,
            FolderError::NoPlace => StudyError::Unwritable(io::ErrorKind::InvalidInput),
            FolderError::Disk(kind) => StudyError::Unwritable(kind),
        })?;
        Self::open(root)
    }

    /// Opens a study folder: its protocol and all bundles are read and checked. The record is not opened.
    ///
    /// # Errors
    /// When there is no study, a file cannot be read, or protocol or bundle are not right.
    pub fn open(root: &Path) -> Result<Self, StudyError> {
        if !root.join(PROTOCOL).is_file() {
            return Err(StudyError::NotAStudy);
        }
        let text = read(root, PROTOCOL, MAX_PROTOCOL)?;
        let unreadable = |file: &str, kind| StudyError::Unreadable { file: file.to_owned(), kind };
        let text = String::from_utf8(text).map_err(|_| unreadable(PROTOCOL, io::ErrorKind::InvalidData))?;
        let protocol = Protocol::parse(&text)?;
        let mut bundles = BTreeMap::new();
        for entry in std::fs::read_dir(root.join(BUNDLES)).map_err(|e| unreadable(BUNDLES, e.kind()))? {
            let name = entry.map_err(|e| unreadable(BUNDLES, e.kind()))?.file_name();
            // Other files (of editors, of file managers) are not ours to judge.
            let Some(name) = name.to_str().filter(|n| n.ends_with(".json") && !n.starts_with('.')) else { continue };
            let json = read(root, &format!("{BUNDLES}/{name}"), MAX_BUNDLE)?;
            let bundle = Bundle::parse(&json, &protocol).map_err(|error| StudyError::Bundle { file: shown(name, MAX_NAME), error })?;
            if file_name(bundle.reader()) != name {
                return Err(StudyError::BundleName(shown(name, MAX_NAME)));
            }
            bundles.insert(bundle.reader().clone(), bundle);
        }
        if bundles.is_empty() {
            return Err(StudyError::NoBundle);
        }
        let mut seats = BTreeMap::new();
        for (reader, bundle) in &bundles {
            let name = format!("{SEATS}/{}", file_name(reader));
            // A demo has none; nobody has to sign in to it.
            if !root.join(&name).exists() {
                continue;
            }
            let json = read(root, &name, MAX_BUNDLE)?;
            let seat = Seat::parse(&json, bundle).map_err(|error| StudyError::Seat { file: file_name(reader), error })?;
            seats.insert(reader.clone(), seat);
        }
        Ok(Self { root: root.to_owned(), protocol, bundles, seats })
    }

    /// Leave to open the sealed part of the open case; none where nothing was sealed for this reader, as in a study without seats. `state` must come from the
    /// record.
    ///
    /// # Errors
    /// When the AI is not shown in that state, nobody signed in, or there is no key for it.
    pub fn reveal(&self, state: &State, keys: Option<&Unlocked>) -> Result<Option<RevealToken>, RevealError> {
        match (self.seat(state.reader()), keys) {
            (None, _) => Ok(None),
            (Some(_), None) => Err(RevealError::SignedOut),
            (Some(seat), Some(keys)) => seat.reveal(state, keys).map(Some),
        }
    }
    /// Puts a seat in the place of the one before: the desk has added something.
    ///
    /// # Errors
    /// When it does not fit its bundle, or cannot be written.
    pub fn take_seat(&mut self, json: &[u8]) -> Result<(), StudyError> {
        let mut refused = None;
        let of = |(reader, bundle): (&ReaderId, &Bundle)| match Seat::parse(json, bundle) {
            Ok(seat) => Some((reader.clone(), seat)),
            Err(error) => {
                // That it is another reader's tells nothing where there are several: what is wrong with it for its own reader does.
                if refused.as_ref().is_none_or(|before| *before == SeatError::Account) {
                    refused = Some(error);
                }
                None
            }
        };
        let found = self.bundles.iter().find_map(of);
        let (reader, seat) = found.ok_or_else(|| StudyError::NewSeat(refused.unwrap_or(SeatError::Account)))?;
        let place = self.root.join(SEATS);
        let written = std::fs::create_dir_all(&place).and_then(|()| replace(&place.join(file_name(&reader)), seat.to_json().as_bytes()));
        written.map_err(|e| StudyError::SeatUnwritable(e.kind()))?;
        self.seats.insert(reader, seat);
        Ok(())
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
    /// The text of `protocol.toml`, as it was when the study was opened.
    ///
    /// # Errors
    /// When it cannot be read any more, or is another one.
    pub fn protocol_text(&self) -> Result<String, StudyError> {
        let text = String::from_utf8(read(&self.root, PROTOCOL, MAX_PROTOCOL)?).ok();
        let is_same = |text: &String| crate::hash::of_bytes(text.as_bytes()) == self.protocol.hash();
        let changed = || StudyError::Unreadable { file: PROTOCOL.to_owned(), kind: io::ErrorKind::InvalidData };
        text.filter(is_same).ok_or_else(changed)
    }
    /// The bundles, by reader.
    #[must_use]
    pub const fn bundles(&self) -> &BTreeMap<ReaderId, Bundle> {
        &self.bundles
    }
    /// What a reader signs in with; none where nobody has to.
    #[must_use]
    pub fn seat(&self, reader: &ReaderId) -> Option<&Seat> {
        self.seats.get(reader)
    }
    /// Whether the case of a package takes no further part, for somebody who has a seat here.
    #[must_use]
    pub fn withdraws(&self, package: &ContentHash) -> bool {
        self.seats.values().any(|seat| seat.withdraws(package))
    }
    /// Wrong passphrases of a reader, as this workstation has counted them. A file that cannot be read counts none: it is the reader's own machine.
    #[must_use]
    pub fn attempts(&self, reader: &ReaderId) -> Attempts {
        let path = self.root.join(ATTEMPTS).join(file_name(reader));
        let bytes = read_at_most(&path, MAX_PROTOCOL).ok().flatten();
        bytes.and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_default()
    }
    /// Writes down how often a reader's passphrase was wrong.
    ///
    /// # Errors
    /// What the disk says.
    pub fn note_attempts(&self, reader: &ReaderId, attempts: &Attempts) -> io::Result<()> {
        let folder = self.root.join(ATTEMPTS);
        std::fs::create_dir_all(&folder)?;
        let json = serde_json::to_vec(attempts).map_err(io::Error::other)?;
        replace(&folder.join(file_name(reader)), &json)
    }
    /// What the reads of one reader must obey.
    ///
    /// # Errors
    /// [`StudyError::NoSuchReader`].
    pub fn rules(&self, reader: &ReaderId) -> Result<Rules, StudyError> {
        let bundle = self.bundles.get(reader).ok_or_else(|| StudyError::NoSuchReader(reader.clone()))?;
        let rules = Rules::new(self.protocol.clone(), bundle.clone());
        let rules = rules.map_err(|error| StudyError::Bundle { file: file_name(reader), error })?;
        Ok(match self.seats.get(reader) {
            Some(seat) => seat.widen(rules),
            None => rules,
        })
    }
    /// Where the packages are.
    #[must_use]
    pub fn packages_dir(&self) -> PathBuf {
        self.root.join(PACKAGES)
    }
    /// Where the package with this hash is: a folder named by the first 16 hexadecimal digits.
    #[must_use]
    pub fn package_dir(&self, package: &ContentHash) -> PathBuf {
        crate::desk::package_dir(&self.root, package)
    }
    /// Where the record is.
    #[must_use]
    pub fn record_path(&self) -> PathBuf {
        self.root.join(RECORD)
    }
    /// Opens the record for reading and writing; see [`Record::open`].
    ///
    /// # Errors
    /// As [`Record::open`].
    pub fn open_record(&self, build: &str) -> Result<Record, RecordError> {
        Record::open(&self.record_path(), self.protocol.hash(), build)
    }
}

fn file_name(reader: &ReaderId) -> String {
    format!("{reader}.json")
}

fn read(root: &Path, file: &str, max: u64) -> Result<Vec<u8>, StudyError> {
    let read = read_at_most(&root.join(file), max);
    let bytes = read.map_err(|e| StudyError::Unreadable { file: shown(file, MAX_NAME), kind: e.kind() })?;
    bytes.ok_or_else(|| StudyError::TooLarge(shown(file, MAX_NAME)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Account, CaseToRead, Plan, assign};
    use crate::hash;

    const PROTOCOL_TEXT: &str = include_str!("../tests/two_conditions.toml");

    fn bundles() -> Vec<Bundle> {
        let protocol = Protocol::parse(PROTOCOL_TEXT).unwrap();
        let account = |n: &str| Account { reader: ReaderId::new(n).unwrap(), display_name: n.to_uppercase() };
        let cases: Vec<_> = (0..3u8).map(|i| CaseToRead { package: hash::of_bytes(&[i]), facts: vec![], training: None }).collect();
        assign(&Plan {
            protocol: &protocol,
            readers: &[account("r1"), account("r2")],
            cases: &cases,
            matrix: None,
            seed: 1,
            issued_utc_ms: 0,
        })
        .unwrap()
    }

    #[test]
    fn a_made_study_opens_and_is_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("study");
        let made = Study::create(&root, PROTOCOL_TEXT, &bundles()).unwrap();
        assert_eq!(Study::open(&root).unwrap(), made);
        assert_eq!(made.bundles().len(), 2);
        let package = hash::of_bytes(&[0]);
        assert_eq!(made.package_dir(&package), root.join("packages").join(&package.to_string()[..16]));
        assert!(made.packages_dir().is_dir());
        assert!(made.rules(&ReaderId::new("r2").unwrap()).is_ok());
        assert_eq!(made.rules(&ReaderId::new("r9").unwrap()), Err(StudyError::NoSuchReader(ReaderId::new("r9").unwrap())));
        assert_eq!(Study::create(&root, PROTOCOL_TEXT, &bundles()), Err(StudyError::Occupied));
    }

    #[test]
    fn a_seat_that_is_not_taken_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let mut study = Study::create(&dir.path().join("study"), PROTOCOL_TEXT, &bundles()).unwrap();
        assert_eq!(study.take_seat(b"{\"tiresias_seat\": 1, \"acc"), Err(StudyError::NewSeat(SeatError::Form)), "cut off");
        let leave = StudyError::NewSeat(SeatError::Leave(crate::machine::LeaveError::Other)).to_string();
        assert!(leave.ends_with("for the right one."), "one full stop: {leave}");
    }

    #[test]
    fn what_is_not_a_study_is_refused_in_a_sentence() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Study::open(dir.path()), Err(StudyError::NotAStudy));
        let root = dir.path().join("study");
        assert_eq!(Study::create(&root, PROTOCOL_TEXT, &[]), Err(StudyError::NoBundle));
        Study::create(&root, PROTOCOL_TEXT, &bundles()).unwrap();
        let bundle = root.join("bundles/r1.json");
        std::fs::rename(&bundle, root.join("bundles/r3.json")).unwrap();
        assert_eq!(Study::open(&root), Err(StudyError::BundleName("r3.json".into())));
        std::fs::rename(root.join("bundles/r3.json"), &bundle).unwrap();
        std::fs::write(&bundle, b"{}").unwrap();
        assert!(matches!(Study::open(&root), Err(StudyError::Bundle { .. })));
        std::fs::write(root.join("protocol.toml"), b"\xff").unwrap();
        assert!(matches!(Study::open(&root), Err(StudyError::Unreadable { .. })));
        std::fs::write(root.join("protocol.toml"), vec![b' '; 2 << 20]).unwrap();
        assert_eq!(Study::open(&root), Err(StudyError::TooLarge("protocol.toml".into())));
        let other = Study::create(&dir.path().join("other"), &format!("{PROTOCOL_TEXT}\n"), &bundles());
        assert!(matches!(other, Err(StudyError::Bundle { error: BundleError::OtherProtocol, .. })));
        assert!(!dir.path().join("other").exists());
    }
}
