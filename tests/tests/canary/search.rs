//! Looks for planted values in bytes, in every form in which a program could have left them.
//!
//! Plain, in upper and lower case, in UTF-16 of both orders, reversed, as hexadecimal digits, in base64, dates with separators, and as their SHA-256 (raw
//! or hexadecimal), because an unkeyed hash of an identifier is the identifier for whoever can guess.

use crate::plant::Canary;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::path::Path;

/// Bytes that every form begins with are looked up at each position.
const HEAD: usize = 8;

pub(crate) struct Search {
    forms: HashMap<[u8; HEAD], Vec<(Vec<u8>, String)>>,
    pub(crate) form_count: usize,
    pub(crate) bytes: usize,
    pub(crate) files: usize,
}

impl Search {
    pub(crate) fn new(canaries: &[Canary]) -> Self {
        let mut forms: HashMap<_, Vec<_>> = HashMap::new();
        let mut form_count = 0;
        for canary in canaries {
            for (how, form) in forms_of(&canary.value) {
                let head: [u8; HEAD] = form.get(..HEAD).and_then(|h| h.try_into().ok()).expect("every form is longer than its head");
                forms.entry(head).or_default().push((form, format!("{} ({how})", canary.place)));
                form_count += 1;
            }
        }
        Self { forms, form_count, bytes: 0, files: 0 }
    }

    /// Where in `bytes` a planted value is, and which.
    pub(crate) fn bytes(&mut self, bytes: &[u8], what: &str) -> Vec<String> {
        self.bytes += bytes.len();
        let mut found = Vec::new();
        for (at, head) in bytes.windows(HEAD).enumerate() {
            let Some(candidates) = head.try_into().ok().and_then(|h: [u8; HEAD]| self.forms.get(&h)) else { continue };
            for (form, place) in candidates {
                if bytes[at..].starts_with(form) {
                    found.push(format!("{what}, byte {at}: {place}"));
                }
            }
        }
        found
    }

    /// Searches every file under `folder`, and the names of files and folders.
    pub(crate) fn folder(&mut self, folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            found.extend(self.bytes(name.as_bytes(), &format!("the name {name}")));
            if path.is_dir() {
                found.extend(self.folder(&path));
            } else {
                self.files += 1;
                found.extend(self.bytes(&std::fs::read(&path).expect("a file"), &name));
            }
        }
        found
    }
}

fn forms_of(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let plain = value.as_bytes();
    let digest: [u8; 32] = Sha256::digest(plain).into();
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let mut forms = vec![
        ("plain", plain.to_vec()),
        ("lower case", value.to_lowercase().into_bytes()),
        ("UTF-16 little endian", value.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16 big endian", value.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("reversed", plain.iter().rev().copied().collect()),
        ("hexadecimal", hex(plain).into_bytes()),
        ("HEXADECIMAL", hex(plain).to_uppercase().into_bytes()),
        ("base64", base64(plain)),
        ("SHA-256", digest.to_vec()),
        ("SHA-256 in hexadecimal", hex(&digest).into_bytes()),
        ("start of its SHA-256 in hexadecimal", hex(&digest[..8]).into_bytes()),
    ];
    // The tail of a UID is what identifies; the root is everyone's.
    if let Some((_, tail)) = value.rsplit_once('.').filter(|(root, _)| root.contains('.')) {
        forms.push(("last part", tail.as_bytes().to_vec()));
        forms.push(("reversed last part", tail.bytes().rev().collect()));
        let number: u64 = tail.parse().expect("digits");
        forms.push(("last part as a number", number.to_le_bytes().to_vec()));
        forms.push(("last part as a number, big endian", number.to_be_bytes().to_vec()));
    }
    if value.len() == 8 && value.starts_with("17") && value.bytes().all(|b| b.is_ascii_digit()) {
        let (year, month, day) = (&value[..4], &value[4..6], &value[6..]);
        for (how, form) in [
            ("date with hyphens", format!("{year}-{month}-{day}")),
            ("date with dots", format!("{day}.{month}.{year}")),
            ("date with slashes", format!("{month}/{day}/{year}")),
        ] {
            forms.push((how, form.into_bytes()));
        }
    }
    forms
}

/// Base64 without the last group, which depends on what follows.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks_exact(3);
    groups
        .flat_map(|g| {
            let n = u32::from(g[0]) << 16 | u32::from(g[1]) << 8 | u32::from(g[2]);
            [18, 12, 6, 0].map(|shift| DIGITS[(n >> shift & 63) as usize])
        })
        .collect()
}
