//! Who signed a package, and whom a workstation trusts: Ed25519 (RFC 8032) over the hash of the manifest.
//!
//! Owns `manifest.sig` (JSON, version 1) and the public key's own file (JSON, version 1), which names the study that the key is for. What is signed is the
//! words "tiresias package 1", a zero byte and the SHA-256 of the manifest's bytes, which name the study; so that no signature of anything else fits.
//! Refuses: a signature by another key, over other bytes, or of a form that this version does not know.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::PackageError;
use crate::uids::hex;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tiresias_words::{ContentHash, StudyId, Unfit};

pub(super) const SIGNATURE: &str = "manifest.sig";
pub(super) const SIGNATURE_LIMIT: u64 = 4096;
const VERSION: u32 = 1;
const DOMAIN: &[u8] = b"tiresias package 1\0";

/// The data manager's key that signs a study's packages. It has no `Debug`, and is wiped from memory when it is dropped.
pub struct Signer(SigningKey);

impl Signer {
    /// A key from 32 bytes, which the caller draws at random once for each study and keeps.
    #[must_use]
    pub fn new(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }
    /// What workstations trust: its public half, for one study.
    #[must_use]
    pub fn public(&self, study: StudyId) -> PackageKey {
        PackageKey { study, key: self.0.verifying_key().to_bytes() }
    }
    pub(super) fn sign(&self, manifest: &ContentHash) -> Vec<u8> {
        let signature = self.0.sign(&message(manifest)).to_bytes();
        let file =
            SignatureFile { tiresias_signature: VERSION, key: key_id(self.0.verifying_key().as_bytes()), signature: hex(&signature) };
        // Strings and numbers alone: writing them cannot fail.
        let mut bytes = serde_json::to_vec_pretty(&file).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

/// The public key of a study's packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageKey {
    study: StudyId,
    key: [u8; 32],
}

/// Whom a package must come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Whoever holds the secret half of this key, and for its study.
    Key(PackageKey),
    /// Nobody in particular: the hash alone is held against what the caller expects.
    Unsigned,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureFile {
    tiresias_signature: u32,
    /// First 16 digits of the public key's SHA-256: which key it was, in a sentence.
    key: String,
    signature: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    tiresias_package_key: u32,
    study: StudyId,
    key: String,
}

impl PackageKey {
    /// Reads the public key's file.
    ///
    /// # Errors
    /// When it has not the form of version 1, or holds no key.
    pub fn parse(json: &[u8]) -> Result<Self, Unfit> {
        let wrong = |why: &str| Unfit { what: "package key", why: why.to_owned() };
        let file: KeyFile =
            serde_json::from_slice(json).map_err(|e| wrong(&format!("line {}, column {} is not as it must be", e.line(), e.column())))?;
        if file.tiresias_package_key != VERSION {
            return Err(wrong("it is of another version; use the program that wrote it"));
        }
        let key = bytes_of::<32>(&file.key).filter(|bytes| VerifyingKey::from_bytes(bytes).is_ok_and(|key| !key.is_weak()));
        Ok(Self { study: file.study, key: key.ok_or_else(|| wrong("it holds no key"))? })
    }
    /// The file's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let file = KeyFile { tiresias_package_key: VERSION, study: self.study.clone(), key: hex(&self.key) };
        // Strings and numbers alone: writing them cannot fail.
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }
    /// The study that the key is for.
    #[must_use]
    pub const fn study(&self) -> &StudyId {
        &self.study
    }
    /// Whether the bytes of a signature file are this key's signature of a manifest.
    pub(super) fn check(&self, signature: &[u8], manifest: &ContentHash) -> Result<(), PackageError> {
        let file: SignatureFile =
            serde_json::from_slice(signature).map_err(|_| PackageError::Signature("has not the form of a signature"))?;
        if file.tiresias_signature != VERSION {
            return Err(PackageError::Signature("is of another version than this program knows"));
        }
        if file.key != key_id(&self.key) {
            return Err(PackageError::Signature("was made with another key than the study's"));
        }
        let bytes = bytes_of::<64>(&file.signature).ok_or(PackageError::Signature("has not the form of a signature"))?;
        let fits = VerifyingKey::from_bytes(&self.key)
            .is_ok_and(|key| key.verify_strict(&message(manifest), &Signature::from_bytes(&bytes)).is_ok());
        if fits { Ok(()) } else { Err(PackageError::Signature("does not fit its manifest")) }
    }
}

fn message(manifest: &ContentHash) -> Vec<u8> {
    [DOMAIN, &manifest.0].concat()
}

fn key_id(key: &[u8; 32]) -> String {
    hex(&Sha256::digest(key)).chars().take(16).collect()
}

fn bytes_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_key_over_the_right_bytes_fits() {
        let study = StudyId::new("00ff").unwrap();
        let signer = Signer::new(&[3; 32]);
        let key = PackageKey::parse(signer.public(study.clone()).to_json().as_bytes()).unwrap();
        assert_eq!(key, signer.public(study.clone()));
        let (manifest, other) = (ContentHash([1; 32]), ContentHash([2; 32]));
        let signature = signer.sign(&manifest);
        assert_eq!(signature, signer.sign(&manifest), "the same package gets the same signature");
        assert!(key.check(&signature, &manifest).is_ok());
        let refused = |key: &PackageKey, signature: &[u8], manifest| key.check(signature, manifest).unwrap_err().to_string();
        assert!(refused(&key, &signature, &other).contains("does not fit"));
        assert!(refused(&Signer::new(&[4; 32]).public(study), &signature, &manifest).contains("another key"));
        assert!(refused(&key, b"{}", &manifest).contains("form"));
        let text = String::from_utf8(signature).unwrap();
        assert!(refused(&key, text.replace(": 1", ": 2").as_bytes(), &manifest).contains("version"));
        let json = key.to_json();
        for bad in ["", "{}", &json.replace(": 1", ": 7"), &json.replace("00ff", "x"), &json.replace("\"key\": \"", "\"key\": \"0")] {
            assert!(PackageKey::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
