//! A secret of 32 bytes under something a person knows: Argon2id, then XChaCha20-Poly1305 bound to the account's name.
//!
//! Argon2id with 64 MiB, 3 passes and 1 lane, the second recommendation of RFC 9106 section 4 with one lane instead of four, so that it costs the same
//! everywhere. Salt and nonce follow from bytes that are drawn once for each sealing. What everybody knows, as the passphrase of simulated readers, is not made
//! dear to guess, and the envelope says so.

use super::AccountError;
use crate::hash::{self, hex, unhex};
use crate::shown::CODE_ALPHABET;
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use tiresias_words::AccountId;
use zeroize::Zeroizing;

const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
/// A passphrase that is set has so many characters, or more.
pub const SHORTEST_PASSPHRASE: usize = 10;
const GROUPS: usize = 5;
const GROUP: usize = 5;

/// What a person types to open an account.
pub struct Passphrase {
    text: Zeroizing<String>,
    known_to_all: bool,
}

impl Passphrase {
    /// Takes a passphrase that is to be set.
    ///
    /// # Errors
    /// [`AccountError::Short`].
    pub fn new(text: String) -> Result<Self, AccountError> {
        let text = Zeroizing::new(text);
        if text.chars().count() < SHORTEST_PASSPHRASE {
            return Err(AccountError::Short(SHORTEST_PASSPHRASE));
        }
        Ok(Self { text, known_to_all: false })
    }
    /// One that is no secret: of accounts that are for show, whose holders are simulated or anybody. An account that is made with it opens at once.
    #[must_use]
    pub fn known_to_all(text: &str) -> Self {
        Self { text: Zeroizing::new(text.to_owned()), known_to_all: true }
    }
    /// Takes what somebody typed to open an account, whatever it is.
    #[must_use]
    pub fn typed(text: String) -> Self {
        Self { text: Zeroizing::new(text), known_to_all: false }
    }
    pub(super) fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }
    pub(super) const fn is_known_to_all(&self) -> bool {
        self.known_to_all
    }
}

/// What opens an account whose passphrase is lost: five groups of five characters, 123 bits.
pub struct RecoveryKey(Zeroizing<String>);

impl RecoveryKey {
    pub(super) fn draw(entropy: &[u8; 32]) -> Self {
        let mut text = Zeroizing::new(String::new());
        let mut round = 0u64;
        while text.len() < GROUPS * GROUP {
            let bytes = Zeroizing::new(hash::of_fields(&[b"tiresias recovery 1", entropy, &round.to_le_bytes()]).0);
            // 248 is the largest multiple of 31 in a byte: each character is equally likely.
            let fair = bytes.iter().filter(|b| **b < 248).filter_map(|b| CODE_ALPHABET.get(usize::from(b % 31)));
            let wanted = GROUPS * GROUP - text.len();
            text.extend(fair.map(|c| char::from(*c)).take(wanted));
            round += 1;
        }
        Self(text)
    }
    /// Reads what somebody typed: capitals do not count, nor do blanks and hyphens.
    ///
    /// # Errors
    /// [`AccountError::NoRecoveryKey`].
    pub fn typed(text: &str) -> Result<Self, AccountError> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
        let plain = Zeroizing::new(plain);
        let fits = plain.len() == GROUPS * GROUP && plain.bytes().all(|b| CODE_ALPHABET.contains(&b));
        if fits { Ok(Self(plain)) } else { Err(AccountError::NoRecoveryKey) }
    }
    /// For the one time that it is shown.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let groups: Vec<&str> = (0..GROUPS).filter_map(|g| self.0.get(g * GROUP..(g + 1) * GROUP)).collect();
        Zeroizing::new(groups.join("-"))
    }
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A sealed secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Envelope {
    salt: super::Key,
    /// The account is for show: what opens it is no secret.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    known_to_all: bool,
    sealed: String,
}

impl Envelope {
    pub(super) fn seal(
        secret: &[u8; 32],
        known: &[u8],
        known_to_all: bool,
        id: &AccountId,
        entropy: &[u8; 32],
    ) -> Result<Self, AccountError> {
        let salt = hash::of_fields(&[b"tiresias salt 1", entropy]).0;
        let cipher = cipher(known, known_to_all, &salt)?;
        let payload = Payload { msg: secret, aad: id.as_str().as_bytes() };
        let sealed = cipher.encrypt(&nonce(&salt), payload).map_err(|_| AccountError::Memory)?;
        Ok(Self { salt: super::Key(salt), known_to_all, sealed: hex(&sealed) })
    }
    /// The secret; `None` when what is known is not what it was sealed with.
    pub(super) fn open(&self, known: &[u8], id: &AccountId) -> Result<Option<Zeroizing<[u8; 32]>>, AccountError> {
        let cipher = cipher(known, self.known_to_all, &self.salt.0)?;
        let Some(sealed) = unhex(&self.sealed) else { return Ok(None) };
        let payload = Payload { msg: &sealed, aad: id.as_str().as_bytes() };
        let Ok(opened) = cipher.decrypt(&nonce(&self.salt.0), payload) else { return Ok(None) };
        let opened = Zeroizing::new(opened);
        Ok(<[u8; 32]>::try_from(opened.as_slice()).ok().map(Zeroizing::new))
    }
}

fn cipher(known: &[u8], known_to_all: bool, salt: &[u8; 32]) -> Result<XChaCha20Poly1305, AccountError> {
    let (memory, passes) = if known_to_all { (Params::MIN_M_COST, Params::MIN_T_COST) } else { (MEMORY_KIB, PASSES) };
    let params = Params::new(memory, passes, LANES, Some(32)).map_err(|_| AccountError::Memory)?;
    let mut key = Zeroizing::new([0u8; 32]);
    let derived = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(known, salt, key.as_mut_slice());
    derived.map_err(|_| AccountError::Memory)?;
    Ok(XChaCha20Poly1305::new(&(*key).into()))
}

/// One salt seals one secret, so what follows from it is used once too.
fn nonce(salt: &[u8; 32]) -> XNonce {
    let whole = hash::of_fields(&[b"tiresias nonce 1", salt]).0;
    let mut nonce = XNonce::default();
    nonce.iter_mut().zip(whole).for_each(|(n, w)| *n = w);
    nonce
}
