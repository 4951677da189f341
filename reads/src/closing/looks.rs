//! `early-looks.json`: every time that truth met scores before reading was closed, with its reason, signed by who looked.
//!
//! A study that nobody signs in to (the demo) has looks without a signature. Each is over the one before, and the lock pins the last.
//! Refuses: looks that are not what was signed.

use super::{ClosingError, Early, called, said_at};
use crate::accounts::{Accounts, Act, Meaning, Signature, Unlocked, may_do};
use crate::folder::{read_at_most, replace};
use crate::gathered::Gathered;
use crate::hash;
use crate::shown::{MAX_REASON, is_text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use tiresias_words::{AccountId, ContentHash};

const FILE_VERSION: u32 = 1;
const FILE: &str = "early-looks.json";
const MAX_BYTES: u64 = 16 << 20;

/// One early look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyLook {
    /// Why.
    pub reason: String,
    /// When, milliseconds since 1970 in UTC.
    pub utc_ms: i64,
    /// The protocol that was read by.
    pub protocol: ContentHash,
    /// The head of what had been read.
    pub head: ContentHash,
    /// How many reads were locked then.
    pub reads: u64,
    /// Of who looked; none where a study has no accounts.
    pub signature: Option<Signature>,
}

impl EarlyLook {
    /// Who, when and why, in words; `names` are what people are called.
    pub(super) fn told(&self, names: &BTreeMap<AccountId, String>) -> String {
        let who = self.signature.as_ref().map_or_else(|| "somebody without an account".to_owned(), |s| called(names, &s.signer));
        format!("{who}, {}, at {} reads: {}", said_at(self.utc_ms), self.reads, self.reason)
    }
    fn content(&self, before: Option<&Self>) -> ContentHash {
        let before = before.map(|b| serde_json::to_vec(b).unwrap_or_default()).unwrap_or_default();
        let fields: [&[u8]; 7] = [
            b"tiresias early look 1",
            self.reason.as_bytes(),
            &self.utc_ms.to_le_bytes(),
            &self.protocol.0,
            &self.head.0,
            &self.reads.to_le_bytes(),
            &before,
        ];
        hash::of_fields(&fields)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LooksFile {
    tiresias_early_looks: u32,
    looks: Vec<EarlyLook>,
}

/// The looks of a folder, their signatures verified.
pub(super) fn open(root: &Path, accounts: &Accounts) -> Result<Vec<EarlyLook>, ClosingError> {
    let bytes = match read_at_most(&root.join(FILE), MAX_BYTES) {
        Ok(bytes) => bytes.ok_or(ClosingError::Form(FILE))?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(ClosingError::Disk { file: FILE, writing: false, kind: e.kind() }),
    };
    let file: LooksFile = serde_json::from_slice(&bytes).map_err(|_| ClosingError::Form(FILE))?;
    if file.tiresias_early_looks != FILE_VERSION {
        return Err(ClosingError::Form(FILE));
    }
    let mut before = None;
    for look in &file.looks {
        match &look.signature {
            Some(s) if s.meaning == Meaning::Deviation && may_do(s.kind, Act::Analyse) => {
                s.verify(accounts.get(&s.signer)?, &look.content(before))?;
            }
            None if accounts.iter().next().is_none() => {}
            Some(_) | None => return Err(ClosingError::Form(FILE)),
        }
        before = Some(look);
    }
    Ok(file.looks)
}

/// Writes down that somebody looks now.
pub(super) fn look(
    gathered: &Gathered,
    mut looks: Vec<EarlyLook>,
    keys: Option<&Unlocked>,
    early: &Early<'_>,
) -> Result<Vec<EarlyLook>, ClosingError> {
    if !is_text(early.reason, MAX_REASON) {
        return Err(ClosingError::Reason("An early look"));
    }
    let mut new = EarlyLook {
        reason: early.reason.to_owned(),
        utc_ms: early.utc_ms,
        protocol: gathered.protocol().hash(),
        head: gathered.table().head.head,
        reads: gathered.table().rows.len() as u64,
        signature: None,
    };
    let content = new.content(looks.last());
    new.signature = keys.map(|keys| keys.sign(Meaning::Deviation, &content, early.utc_ms));
    looks.push(new);
    let file = LooksFile { tiresias_early_looks: FILE_VERSION, looks };
    let mut json = serde_json::to_vec_pretty(&file).map_err(|_| ClosingError::Form(FILE))?;
    json.push(b'\n');
    let unwritable = |e: io::Error| ClosingError::Disk { file: FILE, writing: true, kind: e.kind() };
    replace(&gathered.root().join(FILE), &json).map_err(unwritable)?;
    Ok(file.looks)
}

/// What pins all of them.
pub(super) fn head(looks: &[EarlyLook]) -> Option<ContentHash> {
    let before = looks.len().checked_sub(2).and_then(|at| looks.get(at));
    looks.last().map(|last| last.content(before))
}
