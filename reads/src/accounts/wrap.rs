//! Content keys on their way to one account: wrapped for its X25519 key, so that only its passphrase opens them.
//!
//! An ephemeral key for each, the shared secret hashed with both public keys and what the content key is for, then XChaCha20-Poly1305 with a key that is used
//! once.

use super::{AccountError, Entropy, Key, Unlocked};
use crate::hash::{self, hex, unhex};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use tiresias_words::{ContentHash, ContentKey};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// A content key that one account can open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrapped {
    ephemeral: Key,
    sealed: String,
}

impl Wrapped {
    /// Wraps the content key of a package for an account.
    ///
    /// # Errors
    /// [`AccountError::Memory`] when encryption is not possible.
    pub fn new(to: Key, key: &ContentKey, package: &ContentHash, entropy: &Entropy) -> Result<Self, AccountError> {
        let drawn = Zeroizing::new(hash::of_fields(&[b"tiresias ephemeral 1", entropy.as_ref(), &package.0]).0);
        let secret = StaticSecret::from(*drawn);
        let ephemeral = Key(PublicKey::from(&secret).to_bytes());
        let shared = secret.diffie_hellman(&PublicKey::from(to.0));
        let cipher = cipher(shared.as_bytes(), ephemeral, to, package);
        let sealed = cipher.encrypt(&XNonce::default(), key.bytes().as_slice()).map_err(|_| AccountError::Memory)?;
        Ok(Self { ephemeral, sealed: hex(&sealed) })
    }
}

impl Unlocked {
    /// Opens the content key of a package that was wrapped for this account.
    ///
    /// # Errors
    /// [`AccountError::NotForUs`].
    pub fn unwrap(&self, wrapped: &Wrapped, package: &ContentHash) -> Result<ContentKey, AccountError> {
        let not_ours = || AccountError::NotForUs(self.id.clone());
        let to = Key(PublicKey::from(&self.taking).to_bytes());
        let shared = self.taking.diffie_hellman(&PublicKey::from(wrapped.ephemeral.0));
        // A point of small order gives everybody the same secret.
        if !shared.was_contributory() {
            return Err(not_ours());
        }
        let sealed = unhex(&wrapped.sealed).ok_or_else(not_ours)?;
        let opened = cipher(shared.as_bytes(), wrapped.ephemeral, to, package).decrypt(&XNonce::default(), sealed.as_slice());
        let opened = Zeroizing::new(opened.map_err(|_| not_ours())?);
        <[u8; 32]>::try_from(opened.as_slice()).map(ContentKey::new).map_err(|_| not_ours())
    }
}

fn cipher(shared: &[u8; 32], ephemeral: Key, to: Key, package: &ContentHash) -> XChaCha20Poly1305 {
    let key = Zeroizing::new(hash::of_fields(&[b"tiresias wrap 1", shared, &ephemeral.0, &to.0, &package.0]).0);
    XChaCha20Poly1305::new(&(*key).into())
}
