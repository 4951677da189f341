//! SHA-256 of bytes and of lists of fields: the one way this crate hashes. And bytes as hexadecimal digits, and back.
//!
//! Fields are length-prefixed (8 bytes, little endian), so that no two different lists of fields have the same bytes.

use sha2::{Digest, Sha256};
use tiresias_words::ContentHash;

/// SHA-256 of `bytes`.
pub(crate) fn of_bytes(bytes: &[u8]) -> ContentHash {
    ContentHash(Sha256::digest(bytes).into())
}

/// SHA-256 over length-prefixed fields, in order.
pub(crate) fn of_fields(fields: &[&[u8]]) -> ContentHash {
    let mut sha = Sha256::new();
    for field in fields {
        sha.update((field.len() as u64).to_le_bytes());
        sha.update(field);
    }
    ContentHash(sha.finalize().into())
}

/// The digits of a hash by which a sentence names a file.
pub(crate) fn short(hash: &ContentHash) -> String {
    hash.to_string().get(..12).unwrap_or_default().to_owned()
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The bytes of hexadecimal digits.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_the_published_ones() {
        // FIPS 180-4, example "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(of_bytes(b"abc").to_string(), abc);
        let prefixed = [&3u64.to_le_bytes()[..], b"abc", &0u64.to_le_bytes()[..]].concat();
        assert_eq!(of_fields(&[b"abc", b""]), of_bytes(&prefixed));
    }

    #[test]
    fn fields_cannot_flow_into_each_other() {
        assert_ne!(of_fields(&[b"ab", b"c"]), of_fields(&[b"a", b"bc"]));
        assert_ne!(of_fields(&[b"abc"]), of_fields(&[b"abc", b""]));
    }
}
