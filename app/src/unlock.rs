//! Opens a reader's keys with their passphrase, on a thread of its own: the derivation takes a part of a second, and wrong tries are counted on the disk.
//!
//! Refuses: to keep the passphrase, or to try while the reader must wait.

use crossbeam_channel::Receiver;
use std::sync::Arc;
use tiresias_reads::accounts::{AccountError, Attempts, Passphrase, Unlocked};
use tiresias_reads::study::Study;
use tiresias_words::{Moment, ReaderId};

/// Keys on their way: open, or a sentence why not.
pub(crate) type Unlocking = Receiver<Result<Unlocked, String>>;

/// Begins to open the keys of a reader.
pub(crate) fn unlock(
    study: &Arc<Study>,
    reader: &ReaderId,
    passphrase: Passphrase,
    now: Moment,
    wake: Arc<dyn Fn() + Send + Sync>,
) -> Unlocking {
    let (sender, result) = crossbeam_channel::bounded(1);
    let (study, reader, failed) = (Arc::clone(study), reader.clone(), sender.clone());
    let work = move || {
        let _ = sender.send(open(&study, &reader, &passphrase, &now));
        wake();
    };
    if let Err(e) = std::thread::Builder::new().name("keys".into()).spawn(work) {
        let _ = failed.send(Err(format!("The system gives no further thread ({e}). Close other programs and try again.")));
    }
    result
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
