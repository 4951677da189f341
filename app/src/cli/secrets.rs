//! Passphrases, as the command line gets them: typed without an echo, from the first line of a file that a script names, or from a pipe.
//!
//! Refuses: passphrases among the arguments, where everybody on the machine could read them.

use super::Failure;
use clap::Args;
use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use tiresias_reads::accounts::{AccountError, Accounts, Passphrase, Unlocked};
use tiresias_words::AccountId;
use zeroize::Zeroizing;

/// Longer than any passphrase that somebody types.
const MAX_PASSPHRASE: usize = 1024;

/// Who acts.
#[derive(Debug, Args)]
pub(super) struct Signer {
    /// The account that does it.
    #[arg(long = "as", value_name = "ID")]
    pub(super) account: AccountId,
    /// A file whose first line is its passphrase; without it you are asked.
    #[arg(long, value_name = "FILE")]
    pub(super) passphrase_file: Option<PathBuf>,
}

impl Signer {
    /// Opens the account's keys.
    pub(super) fn unlock(&self, accounts: &Accounts) -> Result<Unlocked, Failure> {
        unlocked(accounts, &self.account, self.passphrase_file.as_deref())
    }
}

/// Opens an account's keys with the passphrase from a file or from the person.
pub(super) fn unlocked(accounts: &Accounts, id: &AccountId, file: Option<&Path>) -> Result<Unlocked, Failure> {
    let account = accounts.get(id)?;
    let typed = passphrase(file, &format!("Passphrase of \"{id}\": "))?;
    account.open(&Passphrase::typed(typed.to_string())).map_err(|e| match e {
        AccountError::WrongPassphrase(_) => Failure::No(e.to_string()),
        other => Failure::Input(other.to_string()),
    })
}

/// A passphrase: the first line of a file, of a pipe, or what somebody types when asked.
pub(super) fn passphrase(file: Option<&Path>, ask: &str) -> Result<Zeroizing<String>, Failure> {
    let text = match file {
        Some(file) => Zeroizing::new(fs::read_to_string(file).map_err(|e| {
            Failure::Input(format!("{}: the passphrase cannot be read ({e}). Name a file that you may read.", file.display()))
        })?),
        None if std::io::stdin().is_terminal() => {
            let typed = rpassword::prompt_password(ask);
            Zeroizing::new(typed.map_err(|e| Failure::Input(format!("The passphrase cannot be read ({e}). Try again.")))?)
        }
        None => {
            let mut line = Zeroizing::new(String::new());
            std::io::stdin().read_line(&mut line)?;
            line
        }
    };
    let line = text.lines().next().unwrap_or_default();
    match line.len() {
        0 => {
            let advice = "Name a file whose first line is it, or write it to stdin (see --help).";
            Err(Failure::Input(format!("There is nobody to type a passphrase, or it is empty. {advice}")))
        }
        n if n > MAX_PASSPHRASE => Err(Failure::Input("The first line is longer than any passphrase. Name the right file.".into())),
        _ => Ok(Zeroizing::new(line.to_owned())),
    }
}
