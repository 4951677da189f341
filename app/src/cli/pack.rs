//! `pack`: DICOM becomes a case package of a study. What it does is [`crate::work`]'s.

use super::images::tell;
use super::secrets::passphrase;
use super::{Failure, say, say_json};
use crate::work::{Order, PackedCase, PackingDesk, Roles, SEALED_SIZE};
use clap::Args;
use serde_json::json;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use tiresias_cases::{NotMet, Retain};
use tiresias_reads::bundle::CaseFact;
use tiresias_words::{CaseId, ContentHash, Role};

/// Options of `pack`.
#[derive(Debug, Args)]
pub(super) struct PackArgs {
    /// A folder, a DICOMDIR, a file or a zip archive.
    source: PathBuf,
    /// The study desk's folder; its key file is made if it is not there.
    #[arg(long, value_name = "DIR")]
    study: PathBuf,
    /// The desk's id of the case; it is in no reader's file.
    #[arg(long)]
    case: CaseId,
    /// A series of the case: its role, and its folder or file inside of the source. Without it the source must hold one series, or the views of a mammogram.
    #[arg(long = "role", value_name = "ROLE=DIR", value_parser = role)]
    roles: Vec<(Role, PathBuf)>,
    /// An AI result for the sealed part: a DICOM segmentation or structured report, or JSON.
    #[arg(long = "ai", value_name = "FILE")]
    findings: Vec<PathBuf>,
    /// Bytes of the sealed part, the same for every case of a study, whatever is in it.
    #[arg(long, value_name = "BYTES", default_value_t = SEALED_SIZE)]
    sealed_size: u64,
    /// An option of the confidentiality profile: patient-characteristics, modified-dates or safe-private.
    #[arg(long = "retain", value_name = "OPTION")]
    retain: Vec<Retain>,
    /// A finding of letters in pixels in which you looked and saw none, as the refusal or "scan" calls it: it no longer stops the case, and the package says so.
    #[arg(long = "no-text", value_name = "SHA256")]
    no_text: Vec<ContentHash>,
    /// The case is for training alone; whether the signal is there, which its readers are told: true or false.
    #[arg(long, value_name = "SIGNAL")]
    training: Option<bool>,
    /// What readers may be told of the case, where the protocol names it among its `case_facts`.
    #[arg(long = "fact", value_name = "NAME=TEXT", value_parser = fact)]
    facts: Vec<CaseFact>,
    /// Keep overlay planes, which somebody must have looked at.
    #[arg(long)]
    overlays: bool,
    /// What the protocol requires of acquisitions, as a JSON list; the case is reported against it.
    #[arg(long, value_name = "FILE")]
    acquisition: Option<PathBuf>,
    /// A file whose first line is the passphrase of the study's key file; without it you are asked, or it is the first line of stdin.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

fn role(text: &str) -> Result<(Role, PathBuf), String> {
    let (role, dir) = text.split_once('=').ok_or_else(|| format!("{text:?} is not a role and a folder like prior=series2"))?;
    Ok((Role::new(role).map_err(|e| e.to_string())?, PathBuf::from(dir)))
}

fn fact(text: &str) -> Result<CaseFact, String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("{text:?} is not a name and a text like \"age band=60 to 69\""))?;
    Ok(CaseFact { name: name.trim().to_owned(), value: value.trim().to_owned() })
}

/// Packs one case.
pub(super) fn pack(args: &PackArgs) -> Result<(), Failure> {
    let phrase = passphrase(args.passphrase_file.as_deref(), "Passphrase of the study's key file: ")?;
    let mut desk = PackingDesk::open(&args.study, &phrase, args.acquisition.as_deref())?;
    let order = Order {
        roles: if args.roles.is_empty() { Roles::Usual } else { Roles::In(args.roles.clone()) },
        findings: args.findings.clone(),
        sealed_size: args.sealed_size,
        retain: args.retain.clone(),
        no_text: args.no_text.clone(),
        training: args.training,
        facts: args.facts.clone(),
        overlays: args.overlays,
        ..Order::new(args.source.clone(), args.case.clone())
    };
    let packed = desk.pack(&order, &mut |_| ControlFlow::Continue(())).map_err(|why| why.for_command(&order.case))?;
    for note in &packed.ai_notes {
        let _ = writeln!(std::io::stderr(), "tiresias: note: {note}");
    }
    for series in &packed.series {
        tell(series.role.as_str().as_ref(), &series.warnings);
    }
    if packed.to_judge > 0 {
        let _ = writeln!(
            std::io::stderr(),
            "tiresias: note: {} findings that a person has to judge; 'tiresias scan --contact-sheet' shows them.",
            packed.to_judge
        );
    }
    report(args, &packed)
}

fn report(args: &PackArgs, packed: &PackedCase) -> Result<(), Failure> {
    if args.json {
        let series =
            packed.series.iter().map(|s| json!({ "role": s.role, "images": s.images, "modality": s.modality, "warnings": s.warnings }));
        return say_json(&json!({
            "case": args.case,
            "package": packed.package,
            "series": series.collect::<Vec<_>>(),
            "retained": args.retain,
            "no_text": args.no_text,
            "ai_results": args.findings.len(),
            "ai_notes": packed.ai_notes,
            "refused_files": packed.refused,
            "conforms": packed.findings.is_empty(),
            "findings": packed.findings,
        }));
    }
    let images: usize = packed.series.iter().map(|s| s.images).sum();
    say(&format!("case {}: {images} images in {} series, package {}\n", args.case, packed.series.len(), packed.package))?;
    if packed.refused > 0 {
        let _ = writeln!(
            std::io::stderr(),
            "tiresias: note: {} files of the source were not packed; 'tiresias inspect' says why.",
            packed.refused
        );
    }
    let role = |f: &NotMet| f.role.as_ref().map_or_else(|| "case".to_owned(), ToString::to_string);
    packed.findings.iter().try_for_each(|f| say(&format!("does not conform: {}: {}\n", role(f), f.finding)))
}
