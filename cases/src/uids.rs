//! New UIDs for old ones: a keyed hash, so that one source UID gives one new UID wherever it appears, and nobody without the key can go back.
//!
//! HMAC-SHA-256 of a purpose and the source; the UID is "2.25." and the decimal number of the first 128 bits (PS3.5 B.2). Also the random-looking file names of a
//! package come from here. The key belongs to the study's data manager and is in no package.

use crate::hmac::hmac_sha256;
use tiresias_words::{ContentKey, StudyId, Unfit};
use zeroize::{Zeroize as _, ZeroizeOnDrop};

/// The secret of one study from which replaced UIDs, file names, shifts of dates and content keys are made. It has no `Debug`.
#[derive(Clone)]
pub struct UidKey([u8; 32]);

impl Drop for UidKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for UidKey {}

impl UidKey {
    /// A key from 32 bytes, which the caller draws at random once for each study and keeps.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The replaced UID of `source`.
    pub(crate) fn uid(&self, source: &str) -> String {
        let mac = self.mac("uid", source);
        let mut first = [0; 16];
        first.copy_from_slice(&mac[..16]);
        uid_of(first)
    }

    /// A file name that tells neither order nor origin: 32 hexadecimal digits and ".dcm".
    pub(crate) fn file_name(&self, source: &str) -> String {
        format!("{}.dcm", hex(&self.mac("file", source)[..16]))
    }

    /// The study's public name, which follows from its secret.
    ///
    /// # Errors
    /// None that any key gives.
    pub fn study(&self) -> Result<StudyId, Unfit> {
        StudyId::new(hex(&self.mac("study", "")[..16]))
    }

    /// The key of the sealed part of the case that the desk calls `case`.
    #[must_use]
    pub fn content_key(&self, case: &str) -> ContentKey {
        ContentKey::new(self.mac("content", case))
    }

    /// Seconds by which all dates and times of a subject are moved back: one day to ten years, and a part of a day.
    pub(crate) fn shift(&self, subject: &str) -> f64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.mac("dates", subject)[..8]);
        let drawn = u64::from_be_bytes(first);
        (86_400 + drawn % (3652 * 86_400)) as f64
    }

    fn mac(&self, domain: &str, source: &str) -> [u8; 32] {
        hmac_sha256(&self.0, &[domain.as_bytes(), &[0], source.as_bytes()])
    }
}

/// The UID of a 128-bit number under "2.25." (PS3.5 B.2).
pub(crate) fn uid_of(number: [u8; 16]) -> String {
    format!("2.25.{}", u128::from_be_bytes(number))
}

/// What a package calls a frame (from 0) of an image of the source: frames of one file become images of their own.
pub(crate) fn of_frame(image: &str, frame: usize) -> String {
    if frame == 0 { image.to_owned() } else { format!("{image} frame {frame}") }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mac_is_hmac_sha256() {
        // Independent value: python3 -c "import hmac,hashlib; print(hmac.new(bytes(range(32)), b'uid\0'+b'1.2.3', hashlib.sha256).hexdigest())"
        let key = UidKey::new(std::array::from_fn(|i| i as u8));
        assert_eq!(hex(&key.mac("uid", "1.2.3")), "f327c820c0f135c32ff671c51d701a74ecb7080cf53c71110b4e0197cc236aaf");
    }

    #[test]
    fn uids_fit_the_standard_and_keep_apart() {
        let key = UidKey::new([7; 32]);
        let other = UidKey::new([8; 32]);
        let uid = key.uid("1.2.840.1");
        assert!(uid.len() <= 64 && uid.starts_with("2.25.") && uid.chars().all(|c| c.is_ascii_digit() || c == '.'));
        assert_eq!(uid, key.uid("1.2.840.1"));
        assert_ne!(uid, key.uid("1.2.840.2"));
        assert_ne!(uid, other.uid("1.2.840.1"));
        assert_eq!(key.file_name("1.2.840.1").len(), 36);
    }
}
