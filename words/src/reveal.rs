//! What opens the sealed part of a package: a content key, and the word that it may be used.
//!
//! Neither has `Debug`, `Display`, `Clone` or `Serialize`, and both are wiped from memory when they are dropped.
//! Refuses: to decide whether something may be revealed. Whoever has committed the event makes the token; the type itself protects nothing.

use crate::ContentHash;
use zeroize::Zeroize as _;

/// The secret 32 bytes under which the sealed part of one case is encrypted.
pub struct ContentKey([u8; 32]);

impl ContentKey {
    /// A key from its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// The bytes, for the cipher alone.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for ContentKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Leave to open the sealed part of one package.
pub struct RevealToken {
    key: ContentKey,
    package: ContentHash,
}

impl RevealToken {
    /// Leave to open the package with this hash.
    #[must_use]
    pub const fn new(key: ContentKey, package: ContentHash) -> Self {
        Self { key, package }
    }
    /// The key of its sealed part.
    #[must_use]
    pub const fn key(&self) -> &ContentKey {
        &self.key
    }
    /// The package that may be opened.
    #[must_use]
    pub const fn package(&self) -> ContentHash {
        self.package
    }
}
