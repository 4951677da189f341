//! The signed versions of a study's protocol: `protocol.versions.json`, version 1, and the texts in `protocols/`.
//!
//! Signing freezes a protocol: its hash, a number, the reason where it takes the place of an earlier one, and the signature before, under an Ed25519
//! signature of a coordinator. A later version is a deviation, with its reason. Refuses: to forget an earlier version, and texts with a finding.

use crate::accounts::{Accounts, Act, Meaning, Signature, SignatureError, Unlocked, may_do};
use crate::folder::{read_at_most, replace};
use crate::hash;
use crate::protocol::{Protocol, ProtocolError};
use crate::shown::{MAX_REASON, is_text};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use tiresias_words::ContentHash;

/// The version of the file that this program reads and writes.
const FILE_VERSION: u32 = 1;
const FILE: &str = "protocol.versions.json";
pub(crate) const PROTOCOL: &str = "protocol.toml";
const TEXTS: &str = "protocols";
const MAX_BYTES: u64 = 16 << 20;
pub(crate) const MAX_PROTOCOL: u64 = 1 << 20;

/// One signed version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// From 1.
    pub number: u32,
    /// SHA-256 of the text.
    pub protocol: ContentHash,
    /// Why it took the place of the one before; none for the first.
    pub reason: Option<String>,
    /// Who signed it.
    pub signature: Signature,
}

/// The signed versions of one protocol, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Versions(Vec<Version>);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionsFile {
    tiresias_protocol_versions: u32,
    versions: Vec<Version>,
}

/// Why a protocol cannot be signed, or is not what was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// No protocol here.
    #[error("There is no `protocol.toml` in this folder. Make a study with `tiresias study new`, or name the right folder.")]
    NoProtocol,
    /// The protocol is not right.
    #[error("The protocol cannot be signed. {0}")]
    Protocol(#[from] ProtocolError),
    /// The account may not sign.
    #[error("{0}")]
    Account(#[from] crate::accounts::AccountError),
    /// The signature before does not count.
    #[error("Version {number} of the protocol cannot be trusted. {error} Put the right files back.")]
    Signature {
        /// Which version.
        number: u32,
        /// Why.
        error: SignatureError,
    },
    /// A file that is not what was signed.
    #[error(
        "`protocol.toml` is not version {0}, which was signed last. Put that text back, or sign this one as a new version, with a reason."
    )]
    NotSigned(u32),
    /// Somebody else wrote it.
    #[error(
        "`protocol.toml` was changed by another program since it was opened here. Copy what you wrote, open the study again, and bring both together."
    )]
    ChangedMeanwhile,
    /// Nothing was signed yet.
    #[error("The protocol is not signed yet. A coordinator signs it with `tiresias study sign`.")]
    Unsigned,
    /// Nothing changed.
    #[error("This text is signed already, as version {0}.")]
    Already(u32),
    /// A new version without a reason, or a first one with one.
    #[error("{}", if *.0 { "A new version of a signed protocol needs a reason of 1 to 1,000 characters: it is a deviation." } else { "The first version takes no reason: it changes nothing." })]
    Reason(bool),
    /// Out of order, or no such file.
    #[error("`{FILE}` does not have the form of version {FILE_VERSION}. Put the right file back.")]
    Form,
    /// The disk.
    #[error("`{file}` cannot be {} ({kind}). Check the folder and that it has room.", if *.writing { "written" } else { "read" })]
    Disk {
        /// Its name.
        file: &'static str,
        /// Whether it was to be written.
        writing: bool,
        /// What the disk said.
        kind: io::ErrorKind,
    },
}

/// What a version's signature is over.
fn content(number: u32, protocol: &ContentHash, reason: Option<&str>, before: Option<&Signature>) -> ContentHash {
    let number = number.to_le_bytes();
    let before = before.map(|s| serde_json::to_string(s).unwrap_or_default()).unwrap_or_default();
    hash::of_fields(&[b"tiresias protocol version 1", &number, &protocol.0, reason.unwrap_or_default().as_bytes(), before.as_bytes()])
}

fn disk(file: &'static str, writing: bool) -> impl Fn(io::Error) -> VersionError {
    move |e| VersionError::Disk { file, writing, kind: e.kind() }
}

/// Reads and checks the protocol of a desk's folder.
///
/// # Errors
/// When there is none, or it has findings.
pub fn protocol_of(root: &Path) -> Result<(Protocol, String), VersionError> {
    let text = protocol_text(root)?;
    Ok((Protocol::parse(&text)?, text))
}

/// Writes the text of a desk's protocol, in the place of `before`, which is what its writer had before them. It may have findings: a protocol is written in steps.
///
/// # Errors
/// When the account may not, somebody else changed the file meanwhile, the text is longer than any protocol, or the disk refuses; nothing is written then.
pub fn write_protocol(root: &Path, keys: &Unlocked, before: &str, text: &str) -> Result<(), VersionError> {
    keys.may(Act::SignProtocol)?;
    let place = root.join(PROTOCOL);
    let there = read_at_most(&place, MAX_PROTOCOL).map_err(disk(PROTOCOL, false))?.unwrap_or_default();
    if there != before.as_bytes() {
        return Err(VersionError::ChangedMeanwhile);
    }
    if text.len() as u64 > MAX_PROTOCOL {
        return Err(disk(PROTOCOL, true)(io::ErrorKind::FileTooLarge.into()));
    }
    replace(&place, text.as_bytes()).map_err(disk(PROTOCOL, true))
}

/// The text of a desk's protocol as it is, right or not.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn protocol_text(root: &Path) -> Result<String, VersionError> {
    let bytes = match read_at_most(&root.join(PROTOCOL), MAX_PROTOCOL) {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(VersionError::NoProtocol),
        Err(e) => return Err(disk(PROTOCOL, false)(e)),
    };
    String::from_utf8(bytes).map_err(|_| disk(PROTOCOL, false)(io::ErrorKind::InvalidData.into()))
}

impl Versions {
    /// Reads the signed versions of a desk's folder and checks every signature; a folder without any has none.
    ///
    /// # Errors
    /// When the file is no such file, a signature does not count, or a version is out of order.
    pub fn open(root: &Path, accounts: &Accounts) -> Result<Self, VersionError> {
        let bytes = match read_at_most(&root.join(FILE), MAX_BYTES) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(VersionError::Form),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(e) => return Err(disk(FILE, false)(e)),
        };
        Self::parse(&bytes, accounts)
    }

    /// Reads the bytes of `protocol.versions.json` and checks every signature.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn parse(json: &[u8], accounts: &Accounts) -> Result<Self, VersionError> {
        let file: VersionsFile = serde_json::from_slice(json).map_err(|_| VersionError::Form)?;
        if file.tiresias_protocol_versions != FILE_VERSION {
            return Err(VersionError::Form);
        }
        let mut before: Option<&Version> = None;
        for (version, number) in file.versions.iter().zip(1..) {
            let signature = &version.signature;
            let counts = signature.meaning == Meaning::Protocol && may_do(signature.kind, Act::SignProtocol);
            if version.number != number || version.reason.is_some() != before.is_some() || !counts {
                return Err(VersionError::Form);
            }
            let account = accounts.get(&version.signature.signer)?;
            let signed = content(number, &version.protocol, version.reason.as_deref(), before.map(|b| &b.signature));
            version.signature.verify(account, &signed).map_err(|error| VersionError::Signature { number, error })?;
            before = Some(version);
        }
        Ok(Self(file.versions))
    }

    /// All versions, in order.
    #[must_use]
    pub fn all(&self) -> &[Version] {
        &self.0
    }

    /// The version that is in force, when `protocol` is it.
    ///
    /// # Errors
    /// [`VersionError::Unsigned`] or [`VersionError::NotSigned`].
    pub fn in_force(&self, protocol: &Protocol) -> Result<&Version, VersionError> {
        let last = self.0.last().ok_or(VersionError::Unsigned)?;
        if last.protocol == protocol.hash() { Ok(last) } else { Err(VersionError::NotSigned(last.number)) }
    }

    /// Signs the protocol of a desk's folder as its next version and writes that down. The text is kept under its hash.
    ///
    /// # Errors
    /// When the account may not, the protocol has findings, nothing changed, a reason is missing, or the disk refuses; nothing is signed then.
    pub fn sign(self, root: &Path, keys: &Unlocked, reason: Option<&str>, utc_ms: i64) -> Result<Self, VersionError> {
        keys.may(Act::SignProtocol)?;
        let (protocol, text) = protocol_of(root)?;
        let before = self.0.last();
        if let Some(same) = self.0.iter().find(|v| v.protocol == protocol.hash()) {
            return Err(VersionError::Already(same.number));
        }
        if reason.is_some() != before.is_some() || reason.is_some_and(|r| !is_text(r, MAX_REASON)) {
            return Err(VersionError::Reason(before.is_some()));
        }
        let number = before.map_or(1, |b| b.number.saturating_add(1));
        let signed = content(number, &protocol.hash(), reason, before.map(|b| &b.signature));
        let signature = keys.sign(Meaning::Protocol, &signed, utc_ms);
        let mut versions = self.0;
        versions.push(Version { number, protocol: protocol.hash(), reason: reason.map(str::to_owned), signature });
        let texts = root.join(TEXTS);
        std::fs::create_dir_all(&texts).map_err(disk(TEXTS, true))?;
        replace(&text_path(root, &protocol.hash()), text.as_bytes()).map_err(disk(TEXTS, true))?;
        let file = VersionsFile { tiresias_protocol_versions: FILE_VERSION, versions };
        let mut json = serde_json::to_string_pretty(&file).map_err(|_| VersionError::Form)?;
        json.push('\n');
        replace(&root.join(FILE), json.as_bytes()).map_err(disk(FILE, true))?;
        Ok(Self(file.versions))
    }
}

/// Where the text of a signed version is kept.
fn text_path(root: &Path, protocol: &ContentHash) -> PathBuf {
    let mut name = protocol.to_string();
    name.truncate(16);
    root.join(TEXTS).join(format!("{name}.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Account, Kind, Passphrase};
    use crate::protocol::template;
    use tiresias_words::AccountId;
    use zeroize::Zeroizing;

    fn keys(accounts: &mut Accounts, name: &str, kind: Kind, n: u8) -> Unlocked {
        let phrase = Passphrase::new("a long enough phrase".into()).unwrap();
        let (account, _) = Account::create(AccountId::new(name).unwrap(), kind, name, &phrase, &Zeroizing::new([n; 32])).unwrap();
        accounts.add(account.clone()).unwrap();
        account.open(&phrase).unwrap()
    }

    #[test]
    fn a_protocol_is_signed_once_and_changed_only_with_a_reason() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let mut accounts = Accounts::default();
        let coordinator = keys(&mut accounts, "cora", Kind::Coordinator, 1);
        let reader = keys(&mut accounts, "rita", Kind::Reader, 2);
        let none = Versions::open(root, &accounts).unwrap();
        assert_eq!(none.clone().sign(root, &coordinator, None, 1), Err(VersionError::NoProtocol));
        let text = template("ordinal").unwrap().text;
        std::fs::write(root.join(PROTOCOL), text).unwrap();
        let protocol = protocol_of(root).unwrap().0;
        assert_eq!(none.in_force(&protocol), Err(VersionError::Unsigned));
        assert!(matches!(none.clone().sign(root, &reader, None, 1), Err(VersionError::Account(_))));
        assert_eq!(none.clone().sign(root, &coordinator, Some("why"), 1), Err(VersionError::Reason(false)));
        let first = none.sign(root, &coordinator, None, 1).unwrap();
        assert_eq!(Versions::open(root, &accounts).as_ref(), Ok(&first));
        assert_eq!(first.in_force(&protocol).map(|v| v.number), Ok(1));
        assert_eq!(first.clone().sign(root, &coordinator, Some("again"), 2), Err(VersionError::Already(1)));
        std::fs::write(root.join(PROTOCOL), text.replace("seed = 6", "seed = 7")).unwrap();
        let changed = protocol_of(root).unwrap().0;
        assert_eq!(first.in_force(&changed), Err(VersionError::NotSigned(1)));
        assert_eq!(first.clone().sign(root, &coordinator, None, 2), Err(VersionError::Reason(true)));
        let second = first.sign(root, &coordinator, Some("another order was wanted"), 2).unwrap();
        assert_eq!(second.in_force(&changed).map(|v| v.number), Ok(2));
        assert_eq!(std::fs::read_dir(root.join(TEXTS)).unwrap().count(), 2, "both texts are kept");
        // Whatever is changed in the file is noticed.
        let json = std::fs::read_to_string(root.join(FILE)).unwrap();
        let refused = |from: &str, to: &str| Versions::parse(json.replacen(from, to, 1).as_bytes(), &accounts).expect_err(to);
        assert!(matches!(refused("another order", "some order"), VersionError::Signature { number: 2, .. }));
        assert!(matches!(refused("\"utc_ms\": 1", "\"utc_ms\": 3"), VersionError::Signature { number: 1, .. }));
        assert!(matches!(refused("\"number\": 2", "\"number\": 3"), VersionError::Form));
        assert!(matches!(refused("cora", "rita"), VersionError::Signature { number: 1, .. }));
        // A good signature of somebody who may not sign protocols counts as little.
        let utterly = content(1, &protocol.hash(), None, None);
        let version =
            Version { number: 1, protocol: protocol.hash(), reason: None, signature: reader.sign(Meaning::Protocol, &utterly, 1) };
        let file = VersionsFile { tiresias_protocol_versions: FILE_VERSION, versions: vec![version] };
        assert_eq!(Versions::parse(&serde_json::to_vec(&file).unwrap(), &accounts), Err(VersionError::Form));
        // What is written takes the place of what its writer saw, and of nothing else.
        let now = protocol_text(root).unwrap();
        assert_eq!(write_protocol(root, &coordinator, text, "other"), Err(VersionError::ChangedMeanwhile));
        assert!(matches!(write_protocol(root, &reader, &now, "other"), Err(VersionError::Account(_))));
        write_protocol(root, &coordinator, &now, &text.replace("seed = 6", "")).unwrap();
        assert!(matches!(second.sign(root, &coordinator, Some("why"), 3), Err(VersionError::Protocol(_))));
    }
}
