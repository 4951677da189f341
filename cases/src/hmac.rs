//! HMAC-SHA-256 (RFC 2104) and HKDF-SHA-256 (RFC 5869) with one block of output, over keys of at most a block.
//!
//! Owns both constructions, on the digest that everything here is hashed with. Refuses: keys longer than 64 bytes, of which nobody here has one.

use sha2::{Digest as _, Sha256};

const BLOCK: usize = 64;

/// The code of the parts, one behind the other. Of a key beyond 64 bytes the rest is not used.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut inner = [0x36; BLOCK];
    let mut outer = [0x5c; BLOCK];
    for ((i, o), k) in inner.iter_mut().zip(outer.iter_mut()).zip(key) {
        *i ^= k;
        *o ^= k;
    }
    let message = parts.iter().fold(Sha256::new().chain_update(inner), Sha256::chain_update).finalize();
    Sha256::new().chain_update(outer).chain_update(message).finalize().into()
}

/// 32 bytes of a key for one purpose.
pub(crate) fn hkdf_sha256(key: &[u8], salt: &[u8], purpose: &[u8]) -> [u8; 32] {
    hmac_sha256(&hmac_sha256(salt, &[key]), &[purpose, &[1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rfcs_own_examples() {
        let hex = |bytes: [u8; 32]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        // RFC 4231 test case 2.
        let mac = hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hex(mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        // RFC 5869 test case 1, the first 32 of its 42 bytes.
        let salt: Vec<u8> = (0..13).collect();
        let info: Vec<u8> = (0xf0..0xfa).collect();
        assert_eq!(hex(hkdf_sha256(&[0x0b; 22], &salt, &info)), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    }
}
