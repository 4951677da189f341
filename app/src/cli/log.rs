//! `study deviation`, `query` and `log`: what was not planned, questions and their answers, each signed; and `passphrase`, for one that was lost or seen.
//!
//! Refuses: rules of its own; what an entry changes is `reads`' to say.

use super::secrets::{Signer, passphrase};
use super::{Failure, say, say_json};
use crate::work::{ACCOUNTS, accounts_of, at, entropy, write_down};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use tiresias_reads::accounts::{AccountError, Passphrase, RecoveryKey, Thing, may_see};
use tiresias_reads::desk::{DeskLog, Entry, Matter, Wanted, is_desk};
use tiresias_words::{AccountId, CaseId, ReadId, ReaderId};

/// Options of `study deviation`.
#[derive(Debug, Args)]
pub(super) struct DeviationArgs {
    /// The study desk's folder.
    dir: PathBuf,
    #[command(flatten)]
    what: What,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    signer: Signer,
}

/// What was not planned; nothing of these is a note.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct What {
    /// Take a case out of the study, by the desk's name: it is missing nowhere from then on, and goes into no analysis. Those who were to read it read it no
    /// more once they have their next seat (`study seat`).
    #[arg(long, value_name = "CASE")]
    withdraw: Option<CaseId>,
    /// Note that a reader reads no more, or an adjudicator settles no more: what they locked counts, and nothing more is awaited.
    #[arg(long, value_name = "ID")]
    stopped: Option<ReaderId>,
    /// Let a read be opened before its washout is over, as READER/CASE/CONDITION/REPEAT with the reader's own code of the case; the reader's next seat has the
    /// leave (`study seat`).
    #[arg(long, value_name = "READ")]
    early: Option<ReadId>,
}

/// Options of `study looked`.
#[derive(Debug, Args)]
pub(super) struct LookedArgs {
    /// The study desk's folder.
    dir: PathBuf,
    /// Which case, by the desk's name.
    #[arg(long)]
    case: CaseId,
    /// What was seen.
    #[arg(long, value_name = "TEXT", default_value = "Nothing that identifies was seen.")]
    note: String,
    #[command(flatten)]
    signer: Signer,
}

/// Options of `study query`.
#[derive(Debug, Args)]
pub(super) struct QueryArgs {
    /// The study desk's folder.
    dir: PathBuf,
    /// The question, or the answer.
    #[arg(long, value_name = "TEXT")]
    text: String,
    /// Answer the question with this number instead of asking one.
    #[arg(long, value_name = "NUMBER")]
    answers: Option<u32>,
    #[command(flatten)]
    signer: Signer,
}

/// Options of `study log`.
#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// The study desk's folder.
    dir: PathBuf,
    #[command(flatten)]
    signer: Signer,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `study passphrase`.
#[derive(Debug, Args)]
pub(super) struct PassphraseArgs {
    /// The study's folder.
    dir: PathBuf,
    /// Whose.
    #[arg(long)]
    id: AccountId,
    /// Open the account with its recovery key, because the passphrase is lost.
    #[arg(long)]
    lost: bool,
    /// A file whose first line is the passphrase so far, or with --lost the recovery key; without it you are asked.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// A file whose first line is the new passphrase; without it you are asked.
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

pub(super) fn deviation(args: DeviationArgs) -> Result<(), Failure> {
    let What { withdraw, stopped, early } = args.what;
    let (is_early, is_withdrawn) = (early.is_some(), withdraw.is_some());
    let wanted = match (withdraw, stopped, early) {
        (Some(case), ..) => Wanted::WithdrawCase(case),
        (_, Some(reader), _) => Wanted::StopReader(reader),
        (_, _, Some(read)) => Wanted::OpenEarly(read),
        (None, None, None) => Wanted::Deviation,
    };
    written(&args.dir, &args.signer, wanted, &args.reason)?;
    if is_early {
        say("Next: `tiresias study seat` makes the reader's seat with the leave, and `take-seat` takes it on their machine.\n")?;
    }
    if is_withdrawn && is_desk(&args.dir) {
        let keys = "with --keys where the one before had them";
        say(&format!("Next: `tiresias study seat` for each who was to read it, {keys}, and `take-seat` on their machines.\n"))?;
    }
    Ok(())
}

pub(super) fn query(args: &QueryArgs) -> Result<(), Failure> {
    written(&args.dir, &args.signer, args.answers.map_or(Wanted::Query, Wanted::Answer), &args.text)
}

/// Signs that the contact sheet of a case shows nothing that identifies.
pub(super) fn looked(args: LookedArgs) -> Result<(), Failure> {
    written(&args.dir, &args.signer, Wanted::SheetLooked(args.case), &args.note)
}

/// Writes an entry and says so.
fn written(dir: &Path, signer: &Signer, wanted: Wanted, text: &str) -> Result<(), Failure> {
    let keys = signer.unlock(&accounts_of(dir)?)?;
    let log = write_down(dir, &keys, wanted, text)?;
    let Some(last) = log.entries().last() else { return Ok(()) };
    let (number, receipt) = (last.number, last.signature.receipt());
    say(&format!("{}: number {number} of the log. {}\nReceipt, to be kept in another place: {receipt}\n", dir.display(), last.told()))
}

/// Prints the log for those who may see it.
pub(super) fn log(args: &LogArgs) -> Result<(), Failure> {
    let accounts = accounts_of(&args.dir)?;
    let keys = args.signer.unlock(&accounts)?;
    if !may_see(keys.kind(), Thing::Deviations, false) {
        let sentence = format!(
            "Deviations and queries are not for the account of {} {}. A coordinator, data manager, statistician or auditor reads them.",
            keys.kind().article(),
            keys.kind().name()
        );
        return Err(Failure::No(sentence));
    }
    let log = DeskLog::open(&args.dir, &accounts).map_err(|e| at(&args.dir, e))?;
    if args.json {
        // As in words: which reads were adjudicated is nothing that a blinded account is told.
        let matter = |matter: &Matter| match matter {
            Matter::AdjudicationReopened { .. } => json!({ "kind": "adjudication-reopened" }),
            other => json!(other),
        };
        let entry =
            |e: &Entry| json!({ "number": e.number, "at": e.at(), "by": e.signature.signer, "matter": matter(&e.matter), "text": e.text });
        let open: Vec<u32> = log.open_queries().map(|q| q.number).collect();
        return say_json(&json!({ "entries": log.entries().iter().map(entry).collect::<Vec<_>>(), "open_queries": open }));
    }
    if log.entries().is_empty() {
        return say("Nothing is in the log.\n");
    }
    let sentences: Vec<String> = log.entries().iter().map(|e| e.told() + "\n").collect();
    say(&sentences.concat())?;
    let untold = log.untold(&args.dir, &accounts).map_err(|e| at(&args.dir, e))?;
    untold.iter().try_for_each(|sentence| say(&format!("{sentence}\n")))
}

/// Gives an account a new passphrase.
pub(super) fn new_passphrase(args: &PassphraseArgs) -> Result<(), Failure> {
    let mut accounts = accounts_of(&args.dir)?;
    let account = accounts.get(&args.id)?;
    let ask = if args.lost { format!("Recovery key of \"{}\": ", args.id) } else { format!("Passphrase of \"{}\" so far: ", args.id) };
    let before = passphrase(args.passphrase_file.as_deref(), &ask)?;
    let new = passphrase(args.new_passphrase_file.as_deref(), &format!("New passphrase of \"{}\": ", args.id))?;
    let new = Passphrase::new(new.to_string())?;
    let changed = if args.lost {
        account.recovered(&RecoveryKey::typed(&before)?, &new, &entropy()?)
    } else {
        account.with_passphrase(&Passphrase::typed(before.to_string()), &new, &entropy()?)
    };
    let changed = changed.map_err(|e| match e {
        AccountError::WrongPassphrase(_) | AccountError::WrongRecovery(_) => Failure::No(e.to_string()),
        other => Failure::from(other),
    })?;
    accounts.replace(changed)?;
    accounts.save(&args.dir.join(ACCOUNTS)).map_err(|e| at(&args.dir, e))?;
    let seat =
        "A reader signs in with their seat: make it anew with `tiresias study seat`. Note what happened with `tiresias study deviation`.";
    say(&format!("{}: \"{}\" has a new passphrase. {seat}\n", args.dir.display(), args.id))
}
