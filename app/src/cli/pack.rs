//! `pack`: DICOM becomes a case package of a study.
//!
//! Owns where a study's desk folder keeps what packing makes: `packages/` with a folder for each package, named by the first 16 digits of its hash, `key.age`
//! with the secrets and originals, and `packages.pub` with the key that workstations trust. Refuses: to guess which series has which role.

use super::images::at;
use super::secrets::passphrase;
use super::{Failure, say, say_json};
use crate::codecs::workers;
use crate::work::draw;
use clap::Args;
use serde_json::json;
use std::fs;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::{Codecs, Finding, Incoming, Keep, Packing, Retain, Series, StudyKey, conforms, read_findings, read_folder, scan};
use tiresias_reads::accounts::Passphrase;
use tiresias_reads::bundle::TrainingCase;
use tiresias_reads::desk::{Desk, ListedCase};
use tiresias_words::{CaseId, ContentHash, Requirement, Role};

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
    #[arg(long, value_name = "BYTES", default_value_t = 4 << 20)]
    sealed_size: u64,
    /// An option of the confidentiality profile: patient-characteristics, modified-dates or safe-private.
    #[arg(long = "retain", value_name = "OPTION")]
    retain: Vec<Retain>,
    /// The case is for training alone; whether the signal is there, which its readers are told: true or false.
    #[arg(long, value_name = "SIGNAL")]
    training: Option<bool>,
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

/// Packs one case.
pub(super) fn pack(args: &PackArgs) -> Result<(), Failure> {
    let codecs = workers()?;
    let requirements = requirements(args.acquisition.as_deref())?;
    // A study that was begun at the desk has a list of cases; a folder without one is packed into all the same.
    let desk = if args.study.join("desk.json").is_file() {
        Some(Desk::open(&args.study).map_err(|e| Failure::Input(format!("{}: {e}", args.study.display())))?)
    } else {
        None
    };
    if desk.as_ref().is_some_and(|d| d.cases().contains_key(&args.case)) {
        let place = args.study.display();
        return Err(Failure::Input(format!("{place}: the case {} is listed already. Pack it under another id.", args.case)));
    }
    let packages = args.study.join("packages");
    fs::create_dir_all(&packages).map_err(|e| at(&packages, &e))?;
    let mut key = study_key(&args.study, &passphrase(args.passphrase_file.as_deref(), "Passphrase of the study's key file: ")?)?;
    let incoming =
        Incoming::open(&args.source, &args.study, &codecs, &mut |_, _| ControlFlow::Continue(())).map_err(|e| at(&args.source, &e))?;
    let (owned, refused) = series(args, incoming.root(), &codecs)?;
    let case: Vec<(Role, &Series)> = owned.iter().map(|(role, series)| (role.clone(), series)).collect();
    let uid_key = key.uid_key();
    let findings = read_findings(&args.findings, &case, &uid_key, &codecs);
    let findings = findings.map_err(|(i, e)| at(args.findings.get(i).map_or(Path::new("--ai"), PathBuf::as_path), &e))?;
    let (content_key, signer) = (uid_key.content_key(args.case.as_str()), key.signer());
    let packing = Packing {
        keep: if args.overlays { Keep::PixelsAndOverlays } else { Keep::Pixels },
        retain: args.retain.iter().copied().collect(),
        findings: Some(&findings),
        content_key: Some(&content_key),
        sealed_bytes: args.sealed_size,
        signer: Some(&signer),
        ..Packing::new(&case, &uid_key)
    };
    let package = put(&packing, &packages, &codecs, |package| {
        key.add(&args.case, package, &case, &mut draw)?;
        list(desk, args, package)
    })
    .map_err(|failure| match failure {
        Failure::Input(why) => Failure::Input(format!("case {}: {why}", args.case)),
        Failure::No(why) => Failure::No(format!("case {}: {why}", args.case)),
    })?;
    let acquired: Vec<_> = case.iter().map(|(role, series)| series.acquisition(role)).collect();
    let notes: Vec<&str> = findings.notes().iter().map(|n| n.sentence()).collect();
    for note in &notes {
        let _ = writeln!(std::io::stderr(), "tiresias: note: {note}");
    }
    report(args, package, &case, &conforms(&requirements, &acquired), (refused, &notes))
}

/// Notes the case in the desk's list.
fn list(desk: Option<Desk>, args: &PackArgs, package: ContentHash) -> Result<(), Failure> {
    let Some(mut desk) = desk else { return Ok(()) };
    desk.add(args.case.clone(), ListedCase { package, facts: Vec::new(), training: args.training.map(|signal| TrainingCase { signal }) })?;
    Ok(desk.save(&args.study)?)
}

/// Packs into its place under a study's packages, and lets `note` write down that it is there; where that fails the package goes away again. What the leak
/// scan finds in the new package keeps it from its place.
fn put(
    packing: &Packing<'_>,
    packages: &Path,
    codecs: &Arc<Codecs>,
    note: impl FnOnce(ContentHash) -> Result<(), Failure>,
) -> Result<ContentHash, Failure> {
    let aside = packages.join(format!(".new-{}", std::process::id()));
    let package = packing.pack(&aside, &mut |_| ControlFlow::Continue(()))?;
    clean(&aside, codecs).inspect_err(|_| {
        // The first error is the one to tell.
        let _ = fs::remove_dir_all(&aside);
    })?;
    let place = packages.join(&package.to_string()[..16]);
    let is_there = place.exists();
    // The same bytes are there already, or nothing is.
    let moved = if is_there { fs::remove_dir_all(&aside) } else { fs::rename(&aside, &place) };
    moved.map_err(|e| at(&place, &e))?;
    note(package).inspect_err(|_| {
        if !is_there {
            // The first error is the one to tell.
            let _ = fs::remove_dir_all(&place);
        }
    })?;
    Ok(package)
}

/// The gate: a package with a leak is no package. What a person has to judge is told, and stays for the contact sheet.
fn clean(package: &Path, codecs: &Arc<Codecs>) -> Result<(), Failure> {
    let report = scan(package, codecs, &mut |_| ControlFlow::Continue(())).map_err(|e| at(package, &e))?;
    let count = report.leaks().len();
    if report.has_leaks() {
        let kinds: std::collections::BTreeSet<&str> = report.leaks().iter().map(|l| l.kind().word()).collect();
        let kinds: Vec<&str> = kinds.into_iter().collect();
        return Err(Failure::No(format!(
            "it was not packed: what would have been its package may identify the patient ({count} findings: {}). 'tiresias scan' on the source says where.",
            kinds.join(", ")
        )));
    }
    if count > 0 {
        let _ = writeln!(
            std::io::stderr(),
            "tiresias: note: {count} findings that a person has to judge; 'tiresias scan --contact-sheet' shows them."
        );
    }
    Ok(())
}

fn study_key(study: &Path, passphrase: &str) -> Result<StudyKey, Failure> {
    let path = study.join("key.age");
    let key = if path.exists() {
        StudyKey::open(&path, passphrase)
    } else {
        // As long as an account's, and for the same reason.
        Passphrase::new(passphrase.to_owned())?;
        StudyKey::create(&path, passphrase, &mut draw)
    };
    let key = key.map_err(|e| at(&path, &e))?;
    let public = study.join("packages.pub");
    if !public.exists() {
        fs::write(&public, key.signer().public(key.uid_key().study()?).to_json()).map_err(|e| at(&public, &e))?;
    }
    Ok(key)
}

fn requirements(file: Option<&Path>) -> Result<Vec<Requirement>, Failure> {
    let Some(path) = file else { return Ok(Vec::new()) };
    let text = fs::read(path).map_err(|e| at(path, &e))?;
    serde_json::from_slice(&text).map_err(|e| at(path, &e))
}

/// The series of the case with their roles, and how many files were refused.
fn series(args: &PackArgs, root: &Path, codecs: &Arc<Codecs>) -> Result<(Vec<(Role, Series)>, usize), Failure> {
    let read = |place: &Path, named: &Path| {
        let folder = read_folder(place, codecs, &mut |_| ControlFlow::Continue(())).map_err(|e| at(named, &e))?;
        match folder.refused.first() {
            Some(first) if folder.series.is_empty() => Err(Failure::Input(format!("{}: {}.", named.display(), first.reason))),
            _ => Ok((folder.series, folder.refused.len())),
        }
    };
    if args.roles.is_empty() {
        let (mut found, refused) = read(root, &args.source)?;
        if found.len() > 1
            && let Some(roles) = views(&found)
        {
            return Ok((roles.into_iter().zip(found).collect(), refused));
        }
        return match (found.pop(), found.len()) {
            (Some(only), 0) => Ok((vec![(Role::current(), only)], refused)),
            (_, others) => Err(Failure::Input(format!(
                "{}: there are {} series in it; name those of the case with --role. 'tiresias inspect' lists them.",
                args.source.display(),
                others + usize::from(others > 0)
            ))),
        };
    }
    let mut case = Vec::new();
    let mut all_refused = 0;
    for (role, dir) in &args.roles {
        let place = root.join(dir);
        let (mut found, refused) = read(&place, dir)?;
        all_refused += refused;
        match (found.pop(), found.len()) {
            (Some(only), 0) => case.push((role.clone(), only)),
            (_, others) => {
                let count = others + usize::from(others > 0);
                return Err(Failure::Input(format!("{}: there are {count} series in it; a role has one.", dir.display())));
            }
        }
    }
    Ok((case, all_refused))
}

/// `rcc`, `lmlo` … where the series are the views of a mammogram, each once.
fn views(series: &[Series]) -> Option<Vec<Role>> {
    let role = |s: &Series| {
        let side = serde_json::to_value(s.facts.laterality?).ok()?;
        let name = format!("{}{}", side.as_str()?, s.facts.view.as_ref()?.as_str()).to_lowercase();
        (s.facts.modality.as_str() == "MG").then(|| Role::new(name).ok())?
    };
    let roles: Vec<Role> = series.iter().map(role).collect::<Option<_>>()?;
    let once: std::collections::BTreeSet<&Role> = roles.iter().collect();
    (once.len() == roles.len()).then_some(roles)
}

fn report(
    args: &PackArgs,
    package: ContentHash,
    case: &[(Role, &Series)],
    findings: &[Finding],
    (refused, notes): (usize, &[&str]),
) -> Result<(), Failure> {
    if args.json {
        let series =
            case.iter().map(|(role, s)| json!({ "role": role, "images": s.len(), "modality": s.facts.modality, "warnings": s.warnings() }));
        return say_json(&json!({
            "case": args.case,
            "package": package,
            "series": series.collect::<Vec<_>>(),
            "retained": args.retain,
            "ai_results": args.findings.len(),
            "ai_notes": notes,
            "refused_files": refused,
            "conforms": findings.is_empty(),
            "findings": findings,
        }));
    }
    let images: usize = case.iter().map(|(_, s)| s.len()).sum();
    say(&format!("case {}: {images} images in {} series, package {package}\n", args.case, case.len()))?;
    if refused > 0 {
        let _ = writeln!(std::io::stderr(), "tiresias: note: {refused} files of the source were not packed; 'tiresias inspect' says why.");
    }
    let role = |f: &Finding| f.role.as_ref().map_or_else(|| "case".to_owned(), ToString::to_string);
    findings.iter().try_for_each(|f| say(&format!("does not conform: {}: {}\n", role(f), f.finding)))
}
