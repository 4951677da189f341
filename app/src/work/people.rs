//! Accounts are made, and opened by their passphrase.

use super::{ACCOUNTS, PROTOCOL, at, entropy};
use crate::failure::Failure;
use std::path::Path;
use tiresias_reads::accounts::{Account, Accounts, Kind, Passphrase, RecoveryKey, Unlocked};
use tiresias_words::AccountId;

/// An account that is to be made.
pub(crate) struct NewAccount<'a> {
    pub(crate) id: AccountId,
    pub(crate) kind: Kind,
    /// What screens show.
    pub(crate) name: &'a str,
    pub(crate) passphrase: &'a Passphrase,
}

/// The accounts with the new one, and its recovery key, which is shown this once.
pub(crate) struct Made {
    pub(crate) accounts: Accounts,
    pub(crate) recovery: RecoveryKey,
}

/// The accounts of a study's folder.
pub(crate) fn accounts_of(dir: &Path) -> Result<Accounts, Failure> {
    if !dir.join(PROTOCOL).is_file() {
        return Err(at(dir, "this is no study: it has no protocol.toml. Begin one with \u{201c}tiresias study new\u{201d}."));
    }
    Accounts::open(&dir.join(ACCOUNTS)).map_err(|e| at(dir, e))
}

/// Makes an account; `by` is the coordinator who makes it, nobody for the first.
pub(crate) fn make_account(dir: &Path, new: NewAccount<'_>, by: Option<&Unlocked>) -> Result<Made, Failure> {
    let mut accounts = accounts_of(dir)?;
    accounts.may_admit(new.kind, by)?;
    let (made, recovery) = Account::create(new.id, new.kind, new.name, new.passphrase, &entropy()?)?;
    accounts.admit(made, by)?;
    accounts.save(&dir.join(ACCOUNTS)).map_err(|e| at(dir, e))?;
    Ok(Made { accounts, recovery })
}

/// Opens an account's keys with what was typed.
pub(crate) fn open_keys(root: &Path, id: &AccountId, typed: &Passphrase) -> Result<Unlocked, Failure> {
    let accounts = Accounts::open(&root.join(ACCOUNTS))?;
    Ok(accounts.get(id)?.open(typed)?)
}
