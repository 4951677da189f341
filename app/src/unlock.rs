//! Opens a reader's keys with their passphrase, on a thread of its own: the derivation takes a part of a second, and wrong tries are counted on the disk.
//!
//! Refuses: to keep the passphrase, or to try while the reader must wait.

use crate::background::{Coming, Wake, beside};
use std::sync::Arc;
use tiresias_reads::accounts::{AccountError, Attempts, Passphrase, Unlocked};
use tiresias_reads::study::Study;
use tiresias_words::{Moment, ReaderId};

/// Begins to open the keys of a reader.
pub(crate) fn unlock(study: &Arc<Study>, reader: &ReaderId, passphrase: Passphrase, now: Moment, wake: &Wake) -> Coming<Unlocked> {
    let (study, reader) = (Arc::clone(study), reader.clone());
    beside("keys", wake, move || open(&study, &reader, &passphrase, &now))
}

fn open(study: &Study, reader: &ReaderId, passphrase: &Passphrase, now: &Moment) -> Result<Unlocked, String> {
    let seat = study.seat(reader).ok_or("This study has no passphrases: go back and choose who reads.")?;
    let attempts = study.attempts(reader);
    attempts.may_try(now).map_err(|wait| wait.to_string())?;
    // A count that cannot be written down is not a reason to keep a reader out who has the passphrase.
    let opened = seat.open(passphrase);
    let noted = match &opened {
        Ok(_) => study.note_attempts(reader, &Attempts::default()),
        Err(AccountError::WrongPassphrase(_)) => study.note_attempts(reader, &attempts.failed(now)),
        Err(_) => Ok(()),
    };
    match (opened, noted) {
        (Ok(keys), _) => Ok(keys),
        (Err(e), Ok(())) => Err(e.to_string()),
        (Err(e), Err(disk)) => Err(format!("{e} That it was wrong cannot be written down ({disk}).")),
    }
}
