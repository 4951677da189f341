//! Accounts: who somebody is, what they may see and do, and the keys that only their passphrase opens.
//!
//! Owns `accounts.json`, version 1: an account holds a secret of 32 bytes, sealed once under the passphrase (Argon2id, RFC 9106) and once under the recovery
//! key, and the public halves of the two keys that follow from it: one signs (Ed25519), one takes content keys (X25519). Randomness comes in as bytes.
//! Refuses: passphrases shorter than ten characters; `Debug`, `Display` and `Serialize` for everything secret.

mod envelope;
mod lockout;
mod rights;
mod signature;
mod wrap;

pub use envelope::{Passphrase, RecoveryKey, SHORTEST_PASSPHRASE};
pub use lockout::{Attempts, Wait};
pub use rights::{Act, Kind, Thing, may_do, may_see};
pub(crate) use signature::is_receipt;
pub use signature::{Meaning, Signature, SignatureError};
pub use wrap::Wrapped;

use crate::folder::{read_at_most, replace};
use crate::hash;
use crate::shown::is_line;
use ed25519_dalek::SigningKey;
use envelope::Envelope;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use tiresias_words::AccountId;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// The version of `accounts.json` that this program reads and writes.
pub const ACCOUNTS_VERSION: u32 = 1;
/// The file's name in a study's folder.
pub const ACCOUNTS: &str = "accounts.json";
const MAX_BYTES: u64 = 16 << 20;
const MAX_NAME: usize = 60;

/// 32 bytes that nobody can guess, which the caller draws anew for each use.
pub type Entropy = Zeroizing<[u8; 32]>;

/// One account, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    id: AccountId,
    kind: Kind,
    display_name: String,
    /// Public key of signatures.
    signs: Key,
    /// Public key to which content keys are wrapped.
    takes: Key,
    by_passphrase: Envelope,
    by_recovery: Envelope,
}

/// 32 public bytes; written as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(pub [u8; 32]);

impl TryFrom<String> for Key {
    type Error = tiresias_words::Unfit;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse::<tiresias_words::ContentHash>().map(|h| Self(h.0))
    }
}
impl From<Key> for String {
    fn from(key: Key) -> Self {
        tiresias_words::ContentHash(key.0).to_string()
    }
}

/// An account whose secret is open: it can sign, and unwrap what was wrapped for it.
pub struct Unlocked {
    id: AccountId,
    kind: Kind,
    signing: SigningKey,
    taking: StaticSecret,
}

/// The accounts of a study.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accounts(BTreeMap<AccountId, Account>);

/// Why an account cannot be made, opened or found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Not the passphrase.
    #[error(
        "This is not the passphrase of \u{201c}{0}\u{201d}. Try again. Where it is lost, ask the study coordinator: at the study desk you set another one, with your recovery key."
    )]
    WrongPassphrase(AccountId),
    /// Not the recovery key.
    #[error(
        "This is not the recovery key of \u{201c}{0}\u{201d}. It has five groups of five letters and digits, and was given when the account was made."
    )]
    WrongRecovery(AccountId),
    /// A text that cannot be a recovery key.
    #[error("A recovery key has five groups of five letters and digits, as in 2CGHK-….")]
    NoRecoveryKey,
    /// Too short.
    #[error("A passphrase has at least {0} characters. A few words that nobody would guess are best.")]
    Short(usize),
    /// A name that cannot be shown.
    #[error("The display name of \u{201c}{0}\u{201d} is not 1 to {MAX_NAME} characters on one line.")]
    DisplayName(AccountId),
    /// There is one of that name.
    #[error("There is an account \u{201c}{0}\u{201d} already (capitals do not count). Give the new one another name.")]
    Taken(AccountId),
    /// There is none.
    #[error("There is no account \u{201c}{0}\u{201d} in this study.")]
    Unknown(AccountId),
    /// The first of a study.
    #[error("The first account of a study is a coordinator\u{2019}s, who makes the others. Write `--kind coordinator`.")]
    First,
    /// Made by nobody.
    #[error("An account is made by a coordinator. Name theirs with `--as`.")]
    ByNobody,
    /// The kind of account may not do this.
    #[error("The account \u{201c}{id}\u{201d} is {} {}\u{2019}s, and {} is not for it.", .kind.article(), .kind.name(), .act.words())]
    MayNot {
        /// Whose.
        id: AccountId,
        /// What it is.
        kind: Kind,
        /// What was wanted.
        act: Act,
    },
    /// The file cannot be read.
    #[error("accounts.json cannot be read ({0}). Check that the study is complete and that you may read it.")]
    Unreadable(io::ErrorKind),
    /// The file cannot be written.
    #[error("accounts.json cannot be written ({0}). Check the folder and that it has room.")]
    Unwritable(io::ErrorKind),
    /// Not of this form.
    #[error("accounts.json does not have the form of version {ACCOUNTS_VERSION}. Put the right file back.")]
    Form,
    /// An account that was changed by hand.
    #[error(
        "The account \u{201c}{0}\u{201d} was changed outside of the program: its keys do not belong together. Put the right accounts.json back."
    )]
    Changed(AccountId),
    /// The key derivation failed.
    #[error("There is not enough memory to open an account, which takes 64 MiB. Close other programs and try again.")]
    Memory,
    /// Something wrapped for another account, or changed.
    #[error("This is not sealed for \u{201c}{0}\u{201d}, or it was changed. Get the bundle again from the study desk.")]
    NotForUs(AccountId),
}

/// The secret keys that follow from an account's 32 bytes. They are those of its kind: an account that somebody wrote another kind into has other keys than it
/// says.
fn keys(secret: &[u8; 32], kind: Kind) -> (SigningKey, StaticSecret) {
    let of = |what: &[u8]| Zeroizing::new(hash::of_fields(&[b"tiresias account 2", what, kind.word().as_bytes(), secret]).0);
    (SigningKey::from_bytes(&of(b"signs")), StaticSecret::from(*of(b"takes")))
}

impl Account {
    /// Makes an account, and the recovery key that is shown once and kept elsewhere.
    ///
    /// # Errors
    /// When the display name cannot be shown, or memory for the key derivation is missing.
    pub fn create(
        id: AccountId,
        kind: Kind,
        display_name: &str,
        passphrase: &Passphrase,
        entropy: &Entropy,
    ) -> Result<(Self, RecoveryKey), AccountError> {
        if !is_line(display_name, MAX_NAME) {
            return Err(AccountError::DisplayName(id));
        }
        let drawn = |what: &[u8]| Zeroizing::new(hash::of_fields(&[b"tiresias draw 1", what, entropy.as_ref()]).0);
        let secret = drawn(b"secret");
        let recovery = RecoveryKey::draw(&drawn(b"recovery"));
        let (signing, taking) = keys(&secret, kind);
        let is_for_show = passphrase.is_known_to_all();
        let account = Self {
            signs: Key(signing.verifying_key().to_bytes()),
            takes: Key(PublicKey::from(&taking).to_bytes()),
            by_passphrase: Envelope::seal(&secret, passphrase.bytes(), is_for_show, &id, &drawn(b"by passphrase"))?,
            by_recovery: Envelope::seal(&secret, recovery.bytes(), is_for_show, &id, &drawn(b"by recovery"))?,
            id,
            kind,
            display_name: display_name.to_owned(),
        };
        Ok((account, recovery))
    }
    /// Opens the account's keys. Takes a noticeable part of a second: not for a thread that draws.
    ///
    /// # Errors
    /// [`AccountError::WrongPassphrase`], [`AccountError::Changed`] or [`AccountError::Memory`].
    pub fn open(&self, passphrase: &Passphrase) -> Result<Unlocked, AccountError> {
        let secret =
            self.by_passphrase.open(passphrase.bytes(), &self.id)?.ok_or_else(|| AccountError::WrongPassphrase(self.id.clone()))?;
        self.unlocked(&secret)
    }
    /// The same account under another passphrase.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn with_passphrase(&self, old: &Passphrase, new: &Passphrase, entropy: &Entropy) -> Result<Self, AccountError> {
        let secret = self.by_passphrase.open(old.bytes(), &self.id)?.ok_or_else(|| AccountError::WrongPassphrase(self.id.clone()))?;
        Ok(Self { by_passphrase: Envelope::seal(&secret, new.bytes(), new.is_known_to_all(), &self.id, entropy)?, ..self.clone() })
    }
    /// The same account under a new passphrase, by the recovery key. The recovery key stays.
    ///
    /// # Errors
    /// [`AccountError::WrongRecovery`] or [`AccountError::Memory`].
    pub fn recovered(&self, recovery: &RecoveryKey, new: &Passphrase, entropy: &Entropy) -> Result<Self, AccountError> {
        let secret = self.by_recovery.open(recovery.bytes(), &self.id)?.ok_or_else(|| AccountError::WrongRecovery(self.id.clone()))?;
        Ok(Self { by_passphrase: Envelope::seal(&secret, new.bytes(), new.is_known_to_all(), &self.id, entropy)?, ..self.clone() })
    }
    /// Whether it signs and takes as another does, whatever opens them.
    pub(crate) fn has_keys_of(&self, other: &Self) -> bool {
        (self.signs, self.takes, self.kind) == (other.signs, other.takes, other.kind)
    }
    fn unlocked(&self, secret: &[u8; 32]) -> Result<Unlocked, AccountError> {
        let (signing, taking) = keys(secret, self.kind);
        let is_ours = signing.verifying_key().to_bytes() == self.signs.0 && PublicKey::from(&taking).to_bytes() == self.takes.0;
        if !is_ours {
            return Err(AccountError::Changed(self.id.clone()));
        }
        Ok(Unlocked { id: self.id.clone(), kind: self.kind, signing, taking })
    }
    /// Its name.
    #[must_use]
    pub const fn id(&self) -> &AccountId {
        &self.id
    }
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }
    /// What screens show.
    #[must_use]
    pub fn display_name(&self) -> &str {
        &self.display_name
    }
    /// The public key of its signatures.
    #[must_use]
    pub const fn signs(&self) -> Key {
        self.signs
    }
    /// The public key to which content keys are wrapped.
    #[must_use]
    pub const fn takes(&self) -> Key {
        self.takes
    }
}

impl Unlocked {
    /// Whose keys these are.
    #[must_use]
    pub const fn id(&self) -> &AccountId {
        &self.id
    }
    /// What kind of account it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }
    /// Whether this kind of account may do something.
    ///
    /// # Errors
    /// [`AccountError::MayNot`].
    pub fn may(&self, act: Act) -> Result<(), AccountError> {
        if may_do(self.kind, act) { Ok(()) } else { Err(AccountError::MayNot { id: self.id.clone(), kind: self.kind, act }) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountsFile {
    tiresias_accounts: u32,
    accounts: Vec<Account>,
}

impl Accounts {
    /// Reads the bytes of `accounts.json`.
    ///
    /// # Errors
    /// When it is no such file of this version, or names one account twice.
    pub fn parse(json: &[u8]) -> Result<Self, AccountError> {
        let file: AccountsFile = serde_json::from_slice(json).map_err(|_| AccountError::Form)?;
        if file.tiresias_accounts != ACCOUNTS_VERSION {
            return Err(AccountError::Form);
        }
        let mut accounts = Self::default();
        for account in file.accounts {
            if !is_line(&account.display_name, MAX_NAME) {
                return Err(AccountError::DisplayName(account.id));
            }
            accounts.add(account)?;
        }
        Ok(accounts)
    }
    /// Reads `accounts.json` of a folder; a folder without one has no accounts.
    ///
    /// # Errors
    /// When it cannot be read, or as [`Self::parse`].
    pub fn open(path: &Path) -> Result<Self, AccountError> {
        match read_at_most(path, MAX_BYTES) {
            Ok(Some(bytes)) => Self::parse(&bytes),
            Ok(None) => Err(AccountError::Form),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(AccountError::Unreadable(e.kind())),
        }
    }
    /// The file's text. Equal accounts give equal bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        let file = AccountsFile { tiresias_accounts: ACCOUNTS_VERSION, accounts: self.0.values().cloned().collect() };
        // Strings and numbers alone: writing them cannot fail.
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }
    /// Writes `accounts.json` to its place, as a whole.
    ///
    /// # Errors
    /// [`AccountError::Unwritable`].
    pub fn save(&self, path: &Path) -> Result<(), AccountError> {
        replace(path, self.to_json().as_bytes()).map_err(|e| AccountError::Unwritable(e.kind()))
    }
    /// Adds an account.
    ///
    /// # Errors
    /// [`AccountError::Taken`].
    pub fn add(&mut self, account: Account) -> Result<(), AccountError> {
        let is_same = |id: &AccountId| id.as_str().eq_ignore_ascii_case(account.id.as_str());
        if self.0.keys().any(is_same) {
            return Err(AccountError::Taken(account.id));
        }
        self.0.insert(account.id.clone(), account);
        Ok(())
    }
    /// Adds an account that somebody makes: the first is of a kind that may make others, and makes itself.
    ///
    /// # Errors
    /// When `by` may not make accounts, or as [`Self::add`].
    pub fn admit(&mut self, account: Account, by: Option<&Unlocked>) -> Result<(), AccountError> {
        self.may_admit(account.kind, by)?;
        self.add(account)
    }
    /// Whether an account of this kind may be made.
    ///
    /// # Errors
    /// As [`Self::admit`].
    pub fn may_admit(&self, kind: Kind, by: Option<&Unlocked>) -> Result<(), AccountError> {
        match (self.0.is_empty(), by) {
            (true, _) if may_do(kind, Act::MakeAccounts) => Ok(()),
            (true, _) => Err(AccountError::First),
            (false, None) => Err(AccountError::ByNobody),
            (false, Some(by)) => by.may(Act::MakeAccounts),
        }
    }
    /// Puts an account in the place of the one of its name: a passphrase was changed.
    ///
    /// # Errors
    /// [`AccountError::Unknown`], or [`AccountError::Changed`] when the keys are other ones.
    pub fn replace(&mut self, account: Account) -> Result<(), AccountError> {
        let known = self.0.get_mut(&account.id).ok_or_else(|| AccountError::Unknown(account.id.clone()))?;
        if !account.has_keys_of(known) {
            return Err(AccountError::Changed(account.id));
        }
        *known = account;
        Ok(())
    }
    /// An account by its name.
    ///
    /// # Errors
    /// [`AccountError::Unknown`].
    pub fn get(&self, id: &AccountId) -> Result<&Account, AccountError> {
        self.0.get(id).ok_or_else(|| AccountError::Unknown(id.clone()))
    }
    /// What screens call whoever has this id: the display name, or the id itself where there is no such account.
    #[must_use]
    pub fn shown<'a>(&'a self, id: &'a AccountId) -> &'a str {
        self.0.get(id).map_or(id.as_str(), Account::display_name)
    }
    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests;
