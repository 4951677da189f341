//! A reader's seat (`seats/READER.json`, version 1): what lets one reader sign in, sign, and be shown what was sealed.
//!
//! The reader's account, the desk's signature over their bundle, the content keys of their packages, each wrapped for that account, leave to open cases
//! before their washout, and word of cases that take no further part. The desk issues it anew when something is added; a study without seats (the demo) is read
//! without a passphrase, and its results cannot be signed. Refuses: a seat for another bundle, and accounts that do not read.

use crate::accounts::{
    Account, AccountError, Act, Entropy, Key, Meaning, Passphrase, Signature, SignatureError, Unlocked, Wrapped, may_do,
};
use crate::bundle::Bundle;
use crate::hash;
use crate::machine::{Leave, LeaveError, Refusal, Rules, State, Withdrawal, WithdrawalError};
use crate::pair::{Pair, PairError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tiresias_words::{ContentHash, ContentKey, RevealToken};

/// The version of seat files that this program reads and writes.
pub const SEAT_VERSION: u32 = 1;

/// What lets one reader sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    tiresias_seat: u32,
    account: Account,
    /// Who assigned the bundle: the desk's word that it is the study's.
    issued: Signature,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    keys: BTreeMap<ContentHash, Wrapped>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    leaves: Vec<Leave>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    withdrawals: Vec<Withdrawal>,
}

/// Why a seat cannot be made or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeatError {
    /// Not of this form.
    #[error("it does not have the form of version {SEAT_VERSION}; get it again from the study desk")]
    Form,
    /// An account that does not read, or another reader's.
    #[error("its account is not that of the reader; get it again from the study desk")]
    Account,
    /// The bundle is not the one that was assigned.
    #[error("the bundle is not what the study desk assigned ({0}); get bundle and seat again")]
    Bundle(SignatureError),
    /// Leave that does not count.
    #[error("{0}")]
    Leave(#[from] LeaveError),
    /// Word of a case that was withdrawn, which does not count.
    #[error("{0}")]
    Withdrawal(#[from] WithdrawalError),
    /// Keys that cannot be wrapped.
    #[error("{0}")]
    Wrap(#[from] AccountError),
}

fn content(bundle: &Bundle) -> ContentHash {
    hash::of_fields(&[b"tiresias bundle 1", &bundle.protocol().0, bundle.reader().as_str().as_bytes(), &bundle.hash().0])
}

/// Signs a bundle as the study's, by who may assign cases.
///
/// # Errors
/// [`AccountError::MayNot`].
pub fn issue(bundle: &Bundle, keys: &Unlocked, utc_ms: i64) -> Result<Signature, AccountError> {
    keys.may(Act::Assign)?;
    Ok(keys.sign(Meaning::Assignment, &content(bundle), utc_ms))
}

/// Why the sealed part of a case is not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevealError {
    /// Nothing says yet that it may be shown.
    #[error("{0}")]
    Refused(Refusal),
    /// Nobody signed in.
    #[error("What the AI says about this case cannot be opened: nobody signed in with a passphrase. End the session and sign in.")]
    SignedOut,
    /// There is no key for it.
    #[error(
        "What the AI says about this case cannot be opened: your file from the study desk has no key for it. Ask the study desk for a new one."
    )]
    NoKey,
    /// The key is not for this account.
    #[error("{0}")]
    Account(#[from] AccountError),
    /// Two reads that cannot be used.
    #[error("The two reads cannot be shown: {0}.")]
    Pair(#[from] PairError),
}

impl Seat {
    /// Makes the seat for a bundle's reader. `keys` are the content keys of the reader's packages.
    ///
    /// # Errors
    /// When the account is not the reader's, the bundle is not what `issued` is over, or a key cannot be wrapped.
    pub fn new<'a>(
        account: Account,
        bundle: &Bundle,
        issued: Signature,
        keys: impl IntoIterator<Item = &'a (ContentHash, ContentKey)>,
        leaves: Vec<Leave>,
        entropy: &Entropy,
    ) -> Result<Self, SeatError> {
        let wrap = |(package, key): &(ContentHash, ContentKey)| Ok((*package, Wrapped::new(account.takes(), key, package, entropy)?));
        let keys = keys.into_iter().map(wrap).collect::<Result<_, AccountError>>()?;
        Self { tiresias_seat: SEAT_VERSION, account, issued, keys, leaves, withdrawals: Vec::new() }.checked(bundle)
    }
    /// The same seat under its account as that is now: what opens it may be another since, its keys may not.
    ///
    /// # Errors
    /// [`SeatError::Account`].
    pub fn with_account(self, bundle: &Bundle, account: &Account) -> Result<Self, SeatError> {
        if !account.has_keys_of(&self.account) {
            return Err(SeatError::Account);
        }
        Self { account: account.clone(), ..self }.checked(bundle)
    }
    /// The same seat with word of the cases of its bundle that take no further part; that of other cases is passed over.
    ///
    /// # Errors
    /// [`SeatError::Withdrawal`].
    pub fn with_withdrawals(self, bundle: &Bundle, withdrawals: &[Withdrawal]) -> Result<Self, SeatError> {
        let is_of_bundle = |word: &&Withdrawal| bundle.reads().iter().any(|r| r.package == word.package);
        let withdrawals = withdrawals.iter().filter(is_of_bundle).cloned().collect();
        Self { withdrawals, ..self }.checked(bundle)
    }
    /// Reads the bytes of a seat file and checks it against its bundle.
    ///
    /// # Errors
    /// As [`Self::new`], or when it is no seat of this version.
    pub fn parse(json: &[u8], bundle: &Bundle) -> Result<Self, SeatError> {
        let seat: Self = serde_json::from_slice(json).map_err(|_| SeatError::Form)?;
        if seat.tiresias_seat != SEAT_VERSION { Err(SeatError::Form) } else { seat.checked(bundle) }
    }
    fn checked(self, bundle: &Bundle) -> Result<Self, SeatError> {
        if self.account.id().as_str() != bundle.reader().as_str() || !may_do(self.account.kind(), bundle.act()) {
            return Err(SeatError::Account);
        }
        if self.issued.meaning != Meaning::Assignment || !may_do(self.issued.kind, Act::Assign) {
            return Err(SeatError::Form);
        }
        self.issued.fits(&content(bundle)).map_err(SeatError::Bundle)?;
        self.leaves.iter().try_for_each(|leave| leave.is_of(bundle.protocol(), bundle.reader(), &self.issued.key))?;
        self.withdrawals.iter().try_for_each(|word| word.is_of(bundle.protocol()))?;
        Ok(self)
    }
    /// The file's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and numbers alone: writing them cannot fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
    /// The reader's account.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }
    /// The key of who assigned the cases.
    #[must_use]
    pub const fn desk(&self) -> Key {
        self.issued.key
    }
    /// The reader's rules with what the seat gives leave to, and without the cases that it says to be withdrawn.
    #[must_use]
    pub fn widen(&self, rules: Rules) -> Rules {
        rules.with_leaves(self.leaves.clone()).with_withdrawals(self.withdrawals.clone())
    }
    /// Whether it says that the case of a package takes no further part.
    #[must_use]
    pub fn withdraws(&self, package: &ContentHash) -> bool {
        self.withdrawals.iter().any(|word| word.package == *package)
    }
    /// Opens the account's keys. Takes a noticeable part of a second: not for a thread that draws.
    ///
    /// # Errors
    /// As [`Account::open`].
    pub fn open(&self, passphrase: &Passphrase) -> Result<Unlocked, AccountError> {
        self.account.open(passphrase)
    }
    /// Leave to open the sealed part of the open case. `state` must come from the record: then this is possible only after the event that shows the AI is
    /// durable.
    ///
    /// # Errors
    /// When the AI is not shown in that state, or there is no key for it.
    pub fn reveal(&self, state: &State, keys: &Unlocked) -> Result<RevealToken, RevealError> {
        let draft = state.open().ok_or(RevealError::Refused(Refusal::NoCaseOpen))?;
        if draft.revealed().is_none() {
            return Err(RevealError::Refused(Refusal::NoAi));
        }
        let package = draft.package();
        let wrapped = self.keys.get(&package).ok_or(RevealError::NoKey)?;
        Ok(RevealToken::new(keys.unwrap(wrapped, &package)?, package))
    }
    /// Opens the two reads of the open case. `state` must come from the record: then this is possible only after the event that shows them is durable.
    ///
    /// # Errors
    /// When they are not to be shown in that state, there is no key for them, or they cannot be opened.
    pub fn open_pair(&self, rules: &Rules, state: &State, keys: &Unlocked) -> Result<Pair, RevealError> {
        let draft = state.open().ok_or(RevealError::Refused(Refusal::NoCaseOpen))?;
        if draft.settling().is_none() {
            return Err(RevealError::Refused(Refusal::NoPair));
        }
        let sealed = rules.assigned(draft.read()).and_then(|r| r.pair.as_ref()).ok_or(RevealError::Refused(Refusal::NoPair))?;
        let wrapped = self.keys.get(&sealed.hash()).ok_or(RevealError::NoKey)?;
        Ok(sealed.open(&keys.unwrap(wrapped, &sealed.hash())?, rules.protocol())?)
    }
}
