//! Files that a passphrase opens, in the format of age (C2SP "age", version 1) with its scrypt recipient, so that the age tool opens them too.
//!
//! Owns the format: a header with one stanza, its code, and the content in pieces of 64 KiB under ChaCha20-Poly1305. Randomness is given by the caller.
//! Refuses: other recipients, armour, work beyond 2^20, a wrong passphrase, a changed byte; one answer for the last two.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::hmac::{hkdf_sha256, hmac_sha256};
use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, Nonce};
use zeroize::Zeroizing;

const VERSION: &str = "age-encryption.org/v1";
const SALT_LABEL: &[u8] = b"age-encryption.org/v1/scrypt";
/// 256 MiB and about a second, as the age tool has it.
const WORK: u8 = 18;
const MOST_WORK: u8 = 20;
const PIECE: usize = 64 << 10;
const TAG: usize = 16;

/// Why a file was not opened: a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AgeError {
    #[error("it is no file that a passphrase opens (age, version 1, scrypt)")]
    Form,
    #[error("the passphrase is wrong, or the file was changed")]
    Closed,
}

/// A key file's header and the secret behind it: what a passphrase opened, and with which the content can be written anew. It has no `Debug`.
pub(crate) struct Opened {
    header: String,
    file_key: Zeroizing<[u8; 16]>,
}

/// Draws random bytes.
pub(crate) type Draw<'a> = &'a mut dyn FnMut(&mut [u8]) -> std::io::Result<()>;

impl Opened {
    /// A new file's.
    pub(crate) fn new(passphrase: &str, draw: Draw<'_>) -> std::io::Result<Self> {
        Self::with_work(passphrase, draw, WORK)
    }

    fn with_work(passphrase: &str, draw: Draw<'_>, work: u8) -> std::io::Result<Self> {
        let mut file_key = Zeroizing::new([0; 16]);
        let mut salt = [0; 16];
        draw(&mut *file_key)?;
        draw(&mut salt)?;
        let failed = || std::io::Error::from(std::io::ErrorKind::OutOfMemory);
        let wrapping = wrapping_key(passphrase, &salt, work).ok_or_else(failed)?;
        let body = ChaCha20Poly1305::new((&*wrapping).into()).encrypt(&Nonce::default(), file_key.as_slice()).map_err(|_| failed())?;
        let mut header = format!("{VERSION}\n-> scrypt {} {work}\n{}\n---", base64(&salt), base64(&body));
        let mac = header_mac(&header, &file_key);
        header.push(' ');
        header.push_str(&base64(&mac));
        header.push('\n');
        Ok(Self { header, file_key })
    }

    /// The file with this content.
    pub(crate) fn write(&self, content: &[u8], draw: Draw<'_>) -> std::io::Result<Vec<u8>> {
        let mut nonce = [0; 16];
        draw(&mut nonce)?;
        let mut out = self.header.clone().into_bytes();
        out.extend(nonce);
        let cipher = self.payload(&nonce);
        let pieces = content.len().div_ceil(PIECE).max(1);
        for number in 0..pieces {
            let piece = content.get(number * PIECE..content.len().min((number + 1) * PIECE)).unwrap_or_default();
            let sealed = cipher.encrypt(&piece_nonce(number as u64, number + 1 == pieces), piece);
            out.extend(sealed.map_err(|_| std::io::Error::from(std::io::ErrorKind::InvalidData))?);
        }
        Ok(out)
    }

    fn payload(&self, nonce: &[u8]) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new((&hkdf_sha256(&*self.file_key, nonce, b"payload")).into())
    }
}

/// Opens a file.
pub(crate) fn open(file: &[u8], passphrase: &str) -> Result<(Opened, Zeroizing<Vec<u8>>), AgeError> {
    let end = file.windows(5).position(|w| w == b"\n--- ").ok_or(AgeError::Form)?;
    let after = file.get(end + 5..).ok_or(AgeError::Form)?;
    let (mac, payload) = after.split_at_checked(43).ok_or(AgeError::Form)?;
    let payload = payload.strip_prefix(b"\n").ok_or(AgeError::Form)?;
    let header = file.get(..end + 4).and_then(|h| std::str::from_utf8(h).ok()).ok_or(AgeError::Form)?;
    let mac_text = std::str::from_utf8(mac).map_err(|_| AgeError::Form)?;
    let mut lines = header.split('\n');
    let (version, stanza, body) = (lines.next(), lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if version != Some(VERSION) || lines.next() != Some("---") || lines.next().is_some() {
        return Err(AgeError::Form);
    }
    let arguments: Vec<&str> = stanza.split(' ').collect();
    let ["->", "scrypt", salt, work] = arguments.as_slice() else { return Err(AgeError::Form) };
    let salt: [u8; 16] = unbase64(salt).and_then(|s| s.try_into().ok()).ok_or(AgeError::Form)?;
    let canonical = work.bytes().all(|b| b.is_ascii_digit()) && !work.starts_with('0');
    let work: u8 = work.parse().ok().filter(|w| canonical && (1..=MOST_WORK).contains(w)).ok_or(AgeError::Form)?;
    let body = unbase64(body).filter(|b| b.len() == 16 + TAG).ok_or(AgeError::Form)?;
    let mac: [u8; 32] = unbase64(mac_text).and_then(|m| m.try_into().ok()).ok_or(AgeError::Form)?;
    let wrapping = wrapping_key(passphrase, &salt, work).ok_or(AgeError::Form)?;
    let unwrapped = ChaCha20Poly1305::new((&*wrapping).into()).decrypt(&Nonce::default(), body.as_slice()).map_err(|_| AgeError::Closed)?;
    let unwrapped = Zeroizing::new(unwrapped);
    let file_key = Zeroizing::new(<[u8; 16]>::try_from(unwrapped.as_slice()).map_err(|_| AgeError::Closed)?);
    if header_mac(header, &file_key) != mac {
        return Err(AgeError::Closed);
    }
    let opened = Opened { header: format!("{header} {mac_text}\n"), file_key };
    let (nonce, sealed) = payload.split_at_checked(16).ok_or(AgeError::Closed)?;
    let cipher = opened.payload(nonce);
    // Sized at once, so that no copy of it is left behind by growing.
    let mut content = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let pieces = sealed.len().div_ceil(PIECE + TAG).max(1);
    for (number, piece) in sealed.chunks(PIECE + TAG).enumerate() {
        let plain = cipher.decrypt(&piece_nonce(number as u64, number + 1 == pieces), piece).map_err(|_| AgeError::Closed)?;
        content.extend(Zeroizing::new(plain).iter());
    }
    if sealed.is_empty() { Err(AgeError::Closed) } else { Ok((opened, content)) }
}

fn wrapping_key(passphrase: &str, salt: &[u8; 16], work: u8) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    let params = scrypt::Params::new(work, 8, 1).ok()?;
    scrypt::scrypt(passphrase.as_bytes(), &[SALT_LABEL, salt].concat(), &params, &mut *key).ok()?;
    Some(key)
}

fn header_mac(header: &str, file_key: &[u8; 16]) -> [u8; 32] {
    hmac_sha256(&hkdf_sha256(file_key, &[], b"header"), &[header.as_bytes()])
}

/// An 88-bit counter, and whether the piece is the last.
fn piece_nonce(number: u64, is_last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce.iter_mut().skip(3).zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
    if let Some(last) = nonce.last_mut() {
        *last = u8::from(is_last);
    }
    nonce.into()
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 without padding (RFC 4648 section 4).
fn base64(bytes: &[u8]) -> String {
    let group = |g: &[u8]| {
        let n = g.iter().chain([0, 0].iter()).take(3).fold(0u32, |n, b| n << 8 | u32::from(*b));
        [18, 12, 6, 0]
            .into_iter()
            .take(g.len() + 1)
            .filter_map(|s| DIGITS.get((n >> s & 63) as usize))
            .map(|d| char::from(*d))
            .collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

/// The bytes of canonical base64 without padding.
fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for group in text.as_bytes().chunks(4) {
        let n = group.iter().try_fold(0u32, |n, d| Some(n << 6 | DIGITS.iter().position(|x| x == d)? as u32))?;
        let bits = 6 * group.len();
        let n = n << (24 - bits);
        out.extend(n.to_be_bytes().get(1..1 + bits / 8)?);
    }
    (base64(&out) == text).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> impl FnMut(&mut [u8]) -> std::io::Result<()> {
        let mut next = 0u8;
        move |bytes: &mut [u8]| {
            bytes.iter_mut().for_each(|b| {
                next = next.wrapping_add(1);
                *b = next;
            });
            Ok(())
        }
    }

    #[test]
    fn what_is_written_opens_with_its_passphrase_alone() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE] {
            let content: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let file = Opened::with_work("correct", &mut counting(), 4).unwrap().write(&content, &mut counting()).unwrap();
            let (opened, read) = open(&file, "correct").unwrap();
            assert_eq!(*read, content);
            assert_eq!(open(&file, "wrong").err(), Some(AgeError::Closed));
            // Written anew with another nonce, without working the passphrase out again.
            let again = opened
                .write(b"more", &mut |b| {
                    b.iter_mut().try_for_each(|b| {
                        *b = 9;
                        Ok(())
                    })
                })
                .unwrap();
            assert_eq!(*open(&again, "correct").unwrap().1, b"more");
        }
    }

    #[test]
    fn a_changed_or_cut_file_does_not_open() {
        let file = Opened::with_work("p", &mut counting(), 2).unwrap().write(b"some content", &mut counting()).unwrap();
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(open(&changed, "p").is_err(), "{at}");
            assert!(open(&file[..at], "p").is_err(), "cut at {at}");
        }
        let text = String::from_utf8_lossy(&file).replace("AQID", "A");
        assert!(open(text.as_bytes(), "p").is_err());
        assert_eq!(
            open(
                &[b"age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\n".as_slice(), &[b'A'; 43], b"\n--- ", &[b'A'; 43], b"\n"]
                    .concat(),
                "p"
            )
            .err(),
            Some(AgeError::Form),
            "work beyond reason"
        );
    }

    #[test]
    fn base64_is_the_rfcs() {
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
            assert_eq!(unbase64(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert!(["Zh", "Z", "Zm9=", "Zm 9"].iter().all(|t| unbase64(t).is_none()));
    }
}
