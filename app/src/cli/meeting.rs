//! How truth comes to scores on the command line: who asks, from which file, and whether reading is closed or this is an early look.
//!
//! Owns the options that `export` and `analyze` share. What is allowed is in `reads`.

use super::Failure;
use super::secrets::unlocked;
use crate::clock::Clock;
use clap::Args;
use std::path::{Path, PathBuf};
use tiresias_reads::accounts::Unlocked;
use tiresias_reads::closing::{Early, Meeting, meet};
use tiresias_reads::desk::Desk;
use tiresias_reads::gathered::Gathered;
use tiresias_reads::truth::Truth;
use tiresias_words::AccountId;

const TRUTHS: [&str; 2] = ["truth.json", "truth.csv"];

/// Who asks, and whether it is an early look.
#[derive(Debug, Args)]
pub(super) struct Meets {
    /// The account that asks, and signs what is written: a statistician's of this study.
    #[arg(long = "as", value_name = "ID")]
    account: Option<AccountId>,
    /// A file whose first line is its passphrase; without it you are asked.
    #[arg(long, value_name = "FILE", requires = "account")]
    passphrase_file: Option<PathBuf>,
    /// Look before the database lock, for this reason: it is recorded in the study and marks everything that comes of it.
    #[arg(long, value_name = "REASON")]
    early_look: Option<String>,
}

fn at(place: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("{}: {error}", place.display()))
}

impl Meets {
    /// The keys of who asks, where somebody says so.
    pub(super) fn keys(&self, gathered: &Gathered) -> Result<Option<Unlocked>, Failure> {
        let Some(id) = &self.account else { return Ok(None) };
        unlocked(gathered.accounts(), id, self.passphrase_file.as_deref()).map(Some)
    }
    /// The leave for truth to meet scores.
    pub(super) fn meet(&self, gathered: &Gathered, keys: Option<&Unlocked>) -> Result<Meeting, Failure> {
        let early = self.early_look.as_deref().map(|reason| Early { reason, utc_ms: Clock::start().now().utc_ms });
        meet(gathered, keys, early).map_err(|e| at(gathered.root(), e))
    }
}

/// The truth of a study: the named file, or the one that lies in the desk's folder; joined with the desk's list where there is one.
pub(super) fn truth_of(root: &Path, file: Option<&Path>, desk: Option<&Path>) -> Result<Truth, Failure> {
    let desk = desk.or_else(|| Some(root).filter(|r| r.join("desk.json").is_file()));
    let truth = match file {
        Some(file) => Truth::read(file)?,
        None => {
            let folder = desk.unwrap_or(root);
            let found = TRUTHS.map(|name| folder.join(name)).into_iter().find(|file| file.is_file());
            let none = || at(folder, "there is no truth.json and no truth.csv here. Name the truth with --truth FILE.");
            Truth::read(&found.ok_or_else(none)?)?
        }
    };
    match desk {
        Some(desk) => Ok(truth.with_desk(&Desk::open(desk).map_err(|e| at(desk, e))?)?),
        None => Ok(truth),
    }
}
