//! `study`: what coordinators do at the study desk: begin a study, check its protocol, make accounts, sign.
//!
//! Refuses: rules of its own; what may be done is `reads`' to say, and each command says what came of it.

use super::log;
use super::secrets::{Signer, passphrase, unlocked};
use super::{Failure, say, say_json};
use crate::clock::Clock;
use crate::work::{
    self, ACCOUNTS, ContentKeys, NewAccount, PROTOCOL, accounts_of, assigned, at, begin_study, close_reading, content_keys, entropy,
    make_account, sign_protocol, write_file,
};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use tiresias_reads::accounts::{Accounts, Kind, Passphrase, Signature};
use tiresias_reads::desk::{Adjudications, Desk, DeskLog, Handed, draw_adjudication};
use tiresias_reads::protocol::{Finding, check};
use tiresias_reads::study::Study;
use tiresias_reads::versions::{Versions, protocol_of};
use tiresias_words::{AccountId, ReaderId};

const MAX_PROTOCOL: u64 = 1 << 20;

/// What is done with a study.
#[derive(Debug, Subcommand)]
pub(super) enum StudyCommand {
    /// Begin a study in a new folder, from a template.
    New {
        /// A folder that does not exist yet.
        dir: PathBuf,
        /// Which template: crossover, sequential, concurrent, froc, mammography or ordinal.
        #[arg(long, default_value = "crossover")]
        template: String,
    },
    /// Say everything that is wrong with a protocol, with its line.
    Check {
        /// The study's folder, or a protocol file.
        path: PathBuf,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Make an account. The first of a study is a coordinator's.
    Account(AccountArgs),
    /// Assign the packed cases to all readers, in an order that is drawn once, and sign that.
    Assign {
        /// The study's folder.
        dir: PathBuf,
        #[command(flatten)]
        signer: Signer,
    },
    /// Draw an adjudicator's queue from the reads that came back: what differs by the protocol's rules, and controls. Drawn once; the folder to give away is
    /// made by `hand-out`.
    Adjudicate {
        /// The study's folder.
        dir: PathBuf,
        /// Who settles the reads.
        #[arg(long, value_name = "ID")]
        adjudicator: AccountId,
        /// Although reads are still out: cases without them are left out.
        #[arg(long)]
        so_far: bool,
        #[command(flatten)]
        signer: Signer,
    },
    /// Make the folder that a reader or adjudicator gets: the protocol, their own cases, and nothing of anybody else.
    HandOut {
        /// The study's folder.
        dir: PathBuf,
        /// Whose.
        #[arg(long, value_name = "ID")]
        reader: ReaderId,
        /// A folder that does not exist yet.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        given: Given,
    },
    /// Make the seat of a reader or adjudicator anew, with all that the desk has for it now: keys of the AI, leave to open a case early, cases that are withdrawn.
    Seat {
        /// The study's folder.
        dir: PathBuf,
        /// Whose.
        #[arg(long, value_name = "ID")]
        reader: ReaderId,
        /// A file that does not exist yet.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        given: Given,
    },
    /// Close reading: truth meets scores after that alone. Two people of different account kinds sign, one after the other.
    Lock {
        /// The study desk's folder.
        dir: PathBuf,
        #[command(flatten)]
        signer: Signer,
        /// Why it is closed although reads are missing or contradictions are not settled; the first to sign says so.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Note something that was not planned: a case withdrawn, a reader who stops, leave to open a read early, or anything else. Signed, with its reason.
    Deviation(log::DeviationArgs),
    /// Sign that you looked at the contact sheet of a packed case (`scan --contact-sheet`) and found nothing that identifies.
    Looked(log::LookedArgs),
    /// Ask a question about the study, or answer one. Signed.
    Query(log::QueryArgs),
    /// Deviations and queries, in order.
    Log(log::LogArgs),
    /// Give an account a new passphrase, with the one so far or with its recovery key.
    Passphrase(log::PassphraseArgs),
    /// Take a seat that came later from the study desk, on the reader's machine.
    TakeSeat {
        /// The folder that the reader received.
        dir: PathBuf,
        /// The file from the study desk.
        seat: PathBuf,
    },
    /// Sign the protocol: from then on it is the study's. A later text is a new version, with a reason.
    Sign {
        /// The study's folder.
        dir: PathBuf,
        #[command(flatten)]
        signer: Signer,
        /// Why the protocol is changed; for every version after the first.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// What is handed out beside the bundle.
#[derive(Debug, Args)]
pub(super) struct Given {
    /// Give the keys of what the AI says; the data manager's passphrase of the study's key file is asked.
    #[arg(long)]
    keys: bool,
    /// A file whose first line is that passphrase.
    #[arg(long, value_name = "FILE", requires = "keys")]
    key_passphrase_file: Option<PathBuf>,
}

/// Options of `study account`.
#[derive(Debug, Args)]
pub(super) struct AccountArgs {
    /// The study's folder.
    dir: PathBuf,
    /// The name of the new account.
    #[arg(long)]
    id: AccountId,
    /// What it is for: reader, adjudicator, truth-panellist, coordinator, data-manager, statistician or auditor.
    #[arg(long)]
    kind: String,
    /// What screens show.
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// A file whose first line is the passphrase of the new account; without it you are asked.
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
    /// The coordinator who makes it; not needed for the first account.
    #[arg(long = "as", value_name = "ID")]
    account: Option<AccountId>,
    /// A file whose first line is the coordinator's passphrase; without it you are asked.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Carries a command out.
pub(super) fn study(command: StudyCommand) -> Result<(), Failure> {
    match command {
        StudyCommand::New { dir, template } => new(&dir, &template),
        StudyCommand::Check { path, json } => check_protocol(&path, json),
        StudyCommand::Account(args) => account(&args),
        StudyCommand::Assign { dir, signer } => assign(&dir, &signer),
        StudyCommand::Adjudicate { dir, adjudicator, so_far, signer } => adjudicate(&dir, &adjudicator, so_far, &signer),
        StudyCommand::HandOut { dir, reader, out, given } => hand_out(&dir, &reader, &out, &given),
        StudyCommand::Seat { dir, reader, out, given } => seat(&dir, &reader, &out, &given),
        StudyCommand::Lock { dir, signer, reason } => lock(&dir, &signer, reason.as_deref()),
        StudyCommand::Deviation(args) => log::deviation(args),
        StudyCommand::Looked(args) => log::looked(args),
        StudyCommand::Query(args) => log::query(&args),
        StudyCommand::Log(args) => log::log(&args),
        StudyCommand::Passphrase(args) => log::new_passphrase(&args),
        StudyCommand::TakeSeat { dir, seat } => take_seat(&dir, &seat),
        StudyCommand::Sign { dir, signer, reason } => sign(&dir, &signer, reason.as_deref()),
    }
}

fn new(dir: &Path, name: &str) -> Result<(), Failure> {
    let chosen = begin_study(dir, name)?;
    say(&format!(
        "{}: {}\nNext: write `protocol.toml` as your study wants it, and see `tiresias study check {}`.\n",
        dir.join(PROTOCOL).display(),
        chosen.about,
        dir.display()
    ))
}

#[derive(Serialize)]
struct Checked {
    path: String,
    ok: bool,
    findings: Vec<Found>,
}

#[derive(Serialize)]
struct Found {
    line: Option<usize>,
    sentence: String,
}

fn check_protocol(path: &Path, json: bool) -> Result<(), Failure> {
    let file = if path.is_dir() { path.join(PROTOCOL) } else { path.to_owned() };
    let unreadable =
        |e: std::io::Error| at(&file, format!("the protocol cannot be read ({e}). Name a study's folder, or a protocol file."));
    let mut bytes = Vec::new();
    fs::File::open(&file).and_then(|f| f.take(MAX_PROTOCOL + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_PROTOCOL {
        return Err(at(&file, "the file is larger than 1 MiB, and no protocol is. Name the right file."));
    }
    let text = String::from_utf8(bytes).map_err(|_| unreadable(std::io::ErrorKind::InvalidData.into()))?;
    let findings = check(&text);
    if json {
        let found = |f: &Finding| Found { line: f.line, sentence: f.sentence.clone() };
        say_json(&Checked { path: file.display().to_string(), ok: findings.is_empty(), findings: findings.iter().map(found).collect() })?;
    } else {
        findings.iter().try_for_each(|f| say(&format!("{f}\n")))?;
    }
    match findings.len() {
        0 if json => Ok(()),
        0 => say(&format!("{}: nothing is wrong with it.\n", file.display())),
        1 => Err(Failure::No(format!("{}: there is one finding. Mend it and check again.", file.display()))),
        n => Err(Failure::No(format!("{}: there are {n} findings. Mend them and check again.", file.display()))),
    }
}

fn account(args: &AccountArgs) -> Result<(), Failure> {
    let kind = Kind::named(&args.kind).ok_or_else(|| {
        let known: Vec<&str> = Kind::ALL.iter().map(|k| k.word()).collect();
        Failure::Input(format!("There is no kind of account {:?}. Choose one of {}.", args.kind, known.join(", ")))
    })?;
    let accounts = accounts_of(&args.dir)?;
    // The account that the first one makes itself is in no list yet.
    let by = args.account.as_ref().filter(|_| accounts.iter().next().is_some());
    let by = by.map(|id| unlocked(&accounts, id, args.passphrase_file.as_deref())).transpose()?;
    accounts.may_admit(kind, by.as_ref())?;
    let asked = || format!("Passphrase for the new account \"{}\": ", args.id);
    let passphrase = Passphrase::new(passphrase(args.new_passphrase_file.as_deref(), &asked())?.to_string())?;
    let new = NewAccount { id: args.id.clone(), kind, name: &args.name, passphrase: &passphrase };
    let made = make_account(&args.dir, new, by.as_ref())?;
    say(&format!(
        "{}: account \"{}\" ({}) is made.\nRecovery key, shown this once; keep it in another place: {}\n",
        args.dir.display(),
        args.id,
        kind.word(),
        *made.recovery.reveal()
    ))
}

fn sign(dir: &Path, signer: &Signer, reason: Option<&str>) -> Result<(), Failure> {
    let accounts = Accounts::open(&dir.join(ACCOUNTS)).map_err(|e| at(dir, e))?;
    // What is wrong with the protocol or its versions is said before anybody types a passphrase.
    Versions::open(dir, &accounts).and_then(|_| protocol_of(dir)).map_err(|e| at(dir, e))?;
    let keys = signer.unlock(&accounts)?;
    let version = sign_protocol(dir, &keys, reason)?;
    say(&format!(
        "{}: version {} of the protocol is signed by \"{}\".\nReceipt, to be kept in another place: {}\n",
        dir.display(),
        version.number,
        signer.account,
        version.signature.receipt()
    ))
}

fn lock(dir: &Path, signer: &Signer, reason: Option<&str>) -> Result<(), Failure> {
    let (accounts, _) = assigned(dir)?;
    let keys = signer.unlock(&accounts)?;
    let lock = close_reading(dir, &keys, reason)?;
    let [left, of] = lock.closed().missing;
    let state = match lock.is_closed() {
        true => "Reading is closed: results are taken in by a deviation alone, and truth may meet scores.",
        false => "A second person of another account kind has to sign with the same command; until then reading goes on.",
    };
    let receipt = lock.signatures().last().map(Signature::receipt).unwrap_or_default();
    say(&format!(
        "{}: \"{}\" signed the close of reading: {} of {of} reads, {} results files.\n{state}\nReceipt, to be kept in another place: {receipt}\n",
        dir.display(),
        signer.account,
        of - left,
        lock.closed().results.len(),
    ))
}

fn assign(dir: &Path, signer: &Signer) -> Result<(), Failure> {
    let accounts = Accounts::open(&dir.join(ACCOUNTS)).map_err(|e| at(dir, e))?;
    let keys = signer.unlock(&accounts)?;
    let signed = work::assign(dir, &keys)?;
    let readers: Vec<&str> = signed.readers().map(ReaderId::as_str).collect();
    say(&format!(
        "{}: assigned to {}.\n{}Receipt, to be kept in another place: {}\n",
        dir.display(),
        readers.join(", "),
        unsigned_sheets(dir, &accounts)?,
        signed.signature().receipt()
    ))
}

/// How many cases nobody looked at, as a line; nothing where all were. Withdrawn ones take no part.
fn unsigned_sheets(dir: &Path, accounts: &Accounts) -> Result<String, Failure> {
    let log = DeskLog::open(dir, accounts).map_err(|e| at(dir, e))?;
    let (signed, withdrawn) = (log.sheets(), log.withdrawn());
    let desk = Desk::open(dir).map_err(|e| at(dir, e))?;
    let part: Vec<_> = desk.cases().values().filter(|c| !withdrawn.contains(&c.package)).collect();
    let (left, of) = (part.iter().filter(|c| !signed.contains(&c.package)).count(), part.len());
    let advice = "look at them before you hand anything out: `tiresias scan --contact-sheet`, then `tiresias study looked`";
    Ok(if left == 0 { String::new() } else { format!("Nobody signed the contact sheets of {left} of {of} cases: {advice}.\n") })
}

fn adjudicate(dir: &Path, adjudicator: &AccountId, so_far: bool, signer: &Signer) -> Result<(), Failure> {
    let accounts = Accounts::open(&dir.join(ACCOUNTS)).map_err(|e| at(dir, e))?;
    let keys = signer.unlock(&accounts)?;
    let now = Clock::start().now().utc_ms;
    draw_adjudication(dir, &accounts, &keys, adjudicator, so_far, (&entropy()?, now)).map_err(|e| at(dir, e))?;
    // How many cases there are would tell a coordinator how far readers agree.
    say(&format!(
        "{}: the queue of \"{adjudicator}\" is drawn and signed. Next: `tiresias study hand-out {} --reader {adjudicator} --out FOLDER`\n",
        dir.display(),
        dir.display()
    ))
}

/// The content keys of the study's packages, for those who are given them.
fn given_keys(dir: &Path, given: &Given) -> Result<ContentKeys, Failure> {
    if !given.keys {
        return Ok(Vec::new());
    }
    let phrase = passphrase(given.key_passphrase_file.as_deref(), "Passphrase of the study's key file: ")?;
    content_keys(dir, &phrase)
}

fn hand_out(dir: &Path, reader: &ReaderId, out: &Path, given: &Given) -> Result<(), Failure> {
    assigned(dir)?;
    let handed = work::hand_out(dir, reader, out, &given_keys(dir, given)?)?;
    say(&format!("{}: protocol, bundle and {} for \"{reader}\".\n", out.display(), handed.cases))
}

fn seat(dir: &Path, reader: &ReaderId, out: &Path, given: &Given) -> Result<(), Failure> {
    let (accounts, signed) = assigned(dir)?;
    let (protocol, _) = signed.protocol(dir).map_err(|e| at(dir, e))?;
    let log = DeskLog::open(dir, &accounts).map_err(|e| at(dir, e))?;
    let (leaves, withdrawals) = (log.leaves(), log.withdrawals());
    let adjudications = Adjudications::open(dir, &accounts).map_err(|e| at(dir, e))?;
    let seat = if adjudications.has(reader) {
        let bundle = adjudications.bundle(dir, &protocol, reader).map_err(|e| at(dir, e))?;
        adjudications.seat(dir, &accounts, &bundle, &withdrawals).map_err(|e| at(dir, e))?
    } else {
        let bundle = signed.bundle(dir, &protocol, reader).map_err(|e| at(dir, e))?;
        let keys = given_keys(dir, given)?;
        let handed = Handed { keys: &keys, leaves: &leaves, withdrawals: &withdrawals };
        signed.seat(&accounts, &bundle, &handed, &entropy()?).map_err(|e| at(dir, e))?
    };
    write_file(out, "the seat", seat.to_json().as_bytes())?;
    say(&format!("{}: seat of \"{reader}\". On their machine: `tiresias study take-seat STUDY {}`\n", out.display(), out.display()))?;
    let untold = log.untold(dir, &accounts).map_err(|e| at(dir, e))?;
    untold.iter().try_for_each(|sentence| say(&format!("{sentence}\n")))
}

fn take_seat(dir: &Path, seat: &Path) -> Result<(), Failure> {
    let json = fs::read(seat).map_err(|e| at(seat, format!("the seat cannot be read ({e}). Name the file from the study desk.")))?;
    let mut study = Study::open(dir).map_err(|e| at(dir, e))?;
    study.take_seat(&json).map_err(|e| at(seat, e))?;
    say(&format!("{}: the seat is taken.\n", dir.display()))
}
