//! The sealed part of a package: what no reader may see before its time, encrypted, in a file of one size whether there is anything in it or not.
//!
//! Format, version 1: the eight bytes "TIRSEAL1", a nonce of 24 bytes, and XChaCha20-Poly1305 (RFC 8439, draft-irtf-cfrg-xchacha) of the contents, padded with
//! zeros to the size that the study has, with the purpose as associated data. The nonce follows from key and contents, so that packing twice gives the same
//! bytes and no nonce ever stands for two contents. The contents are those of [`crate::Findings`], one JSON document.
//! Refuses: contents that do not fit the size, a wrong key, a changed byte; one answer for all of the latter.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::PackageError;
use crate::hmac::hmac_sha256;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use std::marker::PhantomData;
use tiresias_words::{ContentHash, ContentKey, RevealToken};
use zeroize::Zeroizing;

const MAGIC: &[u8; 8] = b"TIRSEAL1";
const NONCE: usize = 24;
const TAG: usize = 16;
/// What the format adds to its contents, bytes.
pub(super) const OVERHEAD: u64 = (MAGIC.len() + NONCE + TAG) as u64;
/// The largest sealed file.
pub(super) const LIMIT: u64 = 256 << 20;

/// What a sealed file is for: one cannot stand in the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The AI results of a package.
    Findings,
    /// A reference standard, which is never in a package.
    Truth,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Findings => b"tiresias sealed findings 1",
            Self::Truth => b"tiresias sealed truth 1",
        }
    }
}

/// Encrypts contents to a file of `size` bytes.
///
/// # Errors
/// [`PackageError::Sealed`] when they do not fit.
pub fn seal(contents: &[u8], purpose: Purpose, size: u64, key: &ContentKey) -> Result<Vec<u8>, PackageError> {
    let room = size.checked_sub(OVERHEAD + 8).filter(|_| size <= LIMIT).and_then(|room| usize::try_from(room).ok());
    let Some(room) = room.filter(|room| contents.len() <= *room) else {
        let needed = (contents.len() as u64 + OVERHEAD + 8).next_power_of_two();
        return Err(PackageError::Sealed(if size > LIMIT {
            format!("the study's size is {size} bytes, and {LIMIT} are the most that can be sealed; give all cases a smaller size")
        } else if needed > LIMIT {
            format!("what is to be sealed needs {needed} bytes, and {LIMIT} are the most that can be; give less of the AI's results")
        } else {
            format!("what is to be sealed needs {needed} bytes, and the study's size is {size}; give all cases a larger size")
        }));
    };
    // Sized at once, so that no copy of it is left behind by growing.
    let mut plain = Zeroizing::new(vec![0; room + 8]);
    let (length, rest) = plain.split_at_mut(8);
    length.copy_from_slice(&(contents.len() as u64).to_le_bytes());
    rest.iter_mut().zip(contents).for_each(|(to, from)| *to = *from);
    let mut nonce = [0; NONCE];
    nonce.iter_mut().zip(hmac_sha256(key.bytes(), &[b"nonce\0", purpose.label(), &plain])).for_each(|(to, from)| *to = from);
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: &plain, aad: purpose.label() });
    let sealed = sealed.map_err(|_| PackageError::Sealed("it could not be encrypted".to_owned()))?;
    Ok([MAGIC.as_slice(), &nonce, &sealed].concat())
}

/// The contents of a sealed file.
///
/// # Errors
/// [`PackageError::Unopened`] when the key is another, the purpose is another, or a byte was changed.
pub fn unseal(file: &[u8], purpose: Purpose, key: &ContentKey) -> Result<Zeroizing<Vec<u8>>, PackageError> {
    let (nonce, sealed) = file.strip_prefix(MAGIC).and_then(|rest| rest.split_first_chunk::<NONCE>()).ok_or(PackageError::Unopened)?;
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    let plain = cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: purpose.label() }).map_err(|_| PackageError::Unopened)?;
    let plain = Zeroizing::new(plain);
    let (length, rest) = plain.split_first_chunk::<8>().ok_or(PackageError::Unopened)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| PackageError::Unopened)?;
    Ok(Zeroizing::new(rest.get(..length).ok_or(PackageError::Unopened)?.to_vec()))
}

/// What can be read from an unsealed part.
pub trait Unsealed: Sized {
    /// From the contents; `None` when they are something else.
    fn from_contents(contents: &[u8]) -> Option<Self>;
}

/// Something of a package that is not to be seen yet: bytes that are still encrypted. It has no `Debug`, `Display` or `Serialize`.
pub struct Sealed<T> {
    file: Vec<u8>,
    package: ContentHash,
    what: PhantomData<T>,
}

impl<T: Unsealed> Sealed<T> {
    pub(super) const fn new(file: Vec<u8>, package: ContentHash) -> Self {
        Self { file, package, what: PhantomData }
    }
    /// What is in it.
    ///
    /// # Errors
    /// [`PackageError::Unopened`] when the token is for another package, its key does not fit, or what it opens has another form.
    pub fn open(&self, token: &RevealToken) -> Result<T, PackageError> {
        if token.package() != self.package {
            return Err(PackageError::Unopened);
        }
        let contents = unseal(&self.file, Purpose::Findings, token.key())?;
        T::from_contents(&contents).ok_or(PackageError::Unopened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> ContentKey {
        ContentKey::new([n; 32])
    }

    #[test]
    fn sizes_tell_nothing_and_bytes_are_the_same_twice() {
        let sizes = [0usize, 1, 500, 4096 - 56].map(|n| seal(&vec![7; n], Purpose::Findings, 4096, &key(1)).unwrap().len());
        assert_eq!(sizes, [4096; 4]);
        assert!(matches!(seal(&[7; 4096 - 55], Purpose::Findings, 4096, &key(1)), Err(PackageError::Sealed(_))));
        let beyond = seal(b"nodule", Purpose::Findings, LIMIT + 1, &key(1)).unwrap_err().to_string();
        assert!(beyond.contains("a smaller size"), "{beyond}");
        let twice = [(); 2].map(|()| seal(b"nodule", Purpose::Findings, 4096, &key(1)).unwrap());
        assert_eq!(twice[0], twice[1]);
        let other = seal(b"nodulE", Purpose::Findings, 4096, &key(1)).unwrap();
        assert_ne!(twice[0][8..32], other[8..32], "other contents have another nonce");
        assert!(!twice[0].windows(6).any(|w| w == b"nodule"));
    }

    #[test]
    fn only_the_right_key_purpose_and_bytes_open_it() {
        let file = seal(b"nodule", Purpose::Findings, 256, &key(1)).unwrap();
        assert_eq!(*unseal(&file, Purpose::Findings, &key(1)).unwrap(), b"nodule");
        assert!(unseal(&file, Purpose::Findings, &key(2)).is_err() && unseal(&file, Purpose::Truth, &key(1)).is_err());
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(matches!(unseal(&changed, Purpose::Findings, &key(1)), Err(PackageError::Unopened)), "{at}");
        }
        assert!((0..file.len()).all(|n| unseal(&file[..n], Purpose::Findings, &key(1)).is_err()));
    }

    /// Bytes as they are.
    struct Whole(Vec<u8>);
    impl Unsealed for Whole {
        fn from_contents(contents: &[u8]) -> Option<Self> {
            Some(Self(contents.to_vec()))
        }
    }

    #[test]
    fn results_come_out_as_they_went_in() {
        let package = ContentHash([1; 32]);
        let sealed = Sealed::<Whole>::new(seal(b"nodule", Purpose::Findings, 256, &key(1)).unwrap(), package);
        assert_eq!(sealed.open(&RevealToken::new(key(1), package)).ok().map(|f| f.0), Some(b"nodule".to_vec()));
        assert!(sealed.open(&RevealToken::new(key(1), ContentHash([2; 32]))).is_err());
    }
}
