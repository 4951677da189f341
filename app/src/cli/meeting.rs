//! Who asks for scores with their truth on the command line, and whether this is an early look.
//!
//! Owns the options that `export` and `analyze` share. What is allowed is in `reads`.

use super::Failure;
use super::secrets::unlocked;
use crate::clock::Clock;
use crate::work::at;
use clap::Args;
use std::path::PathBuf;
use tiresias_reads::accounts::Unlocked;
use tiresias_reads::closing::{Early, Meeting, Purpose, meet};
use tiresias_reads::gathered::Gathered;
use tiresias_words::AccountId;

/// Who asks, and whether it is an early look.
#[derive(Debug, Args)]
pub(super) struct Meets {
    /// The account that asks, and signs what is written: a statistician's of this study. After the database lock an auditor's analyses too, and exports the audit
    /// trail.
    #[arg(long = "as", value_name = "ID")]
    account: Option<AccountId>,
    /// A file whose first line is its passphrase; without it you are asked.
    #[arg(long, value_name = "FILE", requires = "account")]
    passphrase_file: Option<PathBuf>,
    /// Look before the database lock, for this reason: it is recorded in the study and marks everything that comes of it.
    #[arg(long, value_name = "REASON")]
    early_look: Option<String>,
}

impl Meets {
    /// The keys of who asks, where somebody says so.
    pub(super) fn keys(&self, gathered: &Gathered) -> Result<Option<Unlocked>, Failure> {
        let Some(id) = &self.account else { return Ok(None) };
        unlocked(gathered.accounts(), id, self.passphrase_file.as_deref()).map(Some)
    }
    /// An option of these that was given.
    pub(super) fn given(&self) -> Option<&'static str> {
        self.account.as_ref().map(|_| "--as").or_else(|| self.early_look.as_ref().map(|_| "--early-look"))
    }
    /// The early look that was asked for.
    pub(super) fn early(&self) -> Option<Early<'_>> {
        self.early_look.as_deref().map(|reason| Early { reason, utc_ms: Clock::start().now().utc_ms })
    }
    /// The leave for truth to meet scores that are exported.
    pub(super) fn meet(&self, gathered: &Gathered, keys: Option<&Unlocked>) -> Result<Meeting, Failure> {
        meet(gathered, keys, self.early(), Purpose::Exporting).map_err(|e| at(gathered.root(), e))
    }
}
