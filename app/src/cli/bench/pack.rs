//! `bench pack`: how long a case takes from its DICOM files into a package that is listed, beside decoding, hashing and writing the same bytes.
//!
//! Ours is all of `pack` but the derivation of the key from its passphrase, which a sitting pays once: reading, decoding, writing anew, hashing, syncing, the leak scan as the
//! gate, and the desk's list. The floor decodes every image of the source, hashes every file of the package that came of it, and writes each with the same syncs, on all
//! cores. Both take turns, and medians are compared. A source that the gate refuses is measured until its answer, and the report says so: noise is taken for letters now
//! and then, and nobody lets a package past the gate. Refuses to write anywhere but into a folder of its own, which goes away.

use super::{load_average, quantile};
use crate::cli::{Failure, say, say_json};
use crate::clock::Clock;
use crate::codecs::workers;
use crate::work::{Order, PackingDesk, SEALED_SIZE, Step, begin_study};
use clap::Args;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use tiresias_cases::{Packing, Series, Signer, UidKey, read_folder, usual_roles};
use tiresias_reads::desk::package_dir;
use tiresias_words::{CaseId, Role};

/// Options of `bench pack`.
#[derive(Debug, Args)]
pub(super) struct PackBenchArgs {
    /// A case: a folder of DICOM files, a DICOMDIR, a file or a zip archive.
    source: PathBuf,
    /// How often each of both.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// A folder on the disk that is measured; by default the one for temporary files.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Measures.
pub(super) fn pack(args: &PackBenchArgs) -> Result<(), Failure> {
    let scratch = args.dir.clone().unwrap_or_else(std::env::temp_dir).join(format!("tiresias-bench-pack-{}", std::process::id()));
    let measured = both(args, &scratch);
    // A scratch folder that stays is the system's to clean.
    let _ = fs::remove_dir_all(&scratch);
    report(args, measured?)
}

/// What was measured, in seconds.
#[derive(Default)]
struct Measured {
    ours: Vec<f64>,
    floor: Vec<f64>,
    /// Of the floor: decoding, hashing, writing; each on all cores.
    parts: [Vec<f64>; 3],
    /// Of ours, by what was being done.
    stages: BTreeMap<&'static str, Vec<f64>>,
    key_s: f64,
    images: usize,
    files: usize,
    bytes: u64,
    /// What the gate said, where it let nothing through.
    refused: Option<String>,
}

fn both(args: &PackBenchArgs, scratch: &Path) -> Result<Measured, Failure> {
    let clock = Clock::start();
    let seconds = || clock.since_start().as_secs_f64();
    begin_study(scratch, "crossover")?;
    let begun = seconds();
    let mut desk = PackingDesk::open(scratch, "a passphrase for measuring", None)?;
    let mut measured = Measured { key_s: seconds() - begun, ..Measured::default() };
    for round in 0..args.rounds {
        let order = Order::new(args.source.clone(), CaseId::new(format!("bench-{round}"))?);
        let (mut doing, mut since) = ("reading", seconds());
        let begun = since;
        let mut spent: BTreeMap<&'static str, f64> = BTreeMap::new();
        let packed = desk.pack(&order, &mut |step: Step| {
            let now = seconds();
            *spent.entry(doing).or_default() += now - since;
            (doing, since) = (step.doing, now);
            ControlFlow::Continue(())
        });
        let ended = seconds();
        *spent.entry(doing).or_default() += ended - since;
        measured.ours.push(ended - begun);
        spent.into_iter().for_each(|(stage, s)| measured.stages.entry(stage).or_default().push(s));
        let files = match packed.map_err(|why| why.for_command(&order.case)) {
            Ok(packed) => {
                measured.images = packed.series.iter().map(|s| s.images).sum();
                contents(&package_dir(scratch, &packed.package))?
            }
            Err(Failure::No(why)) => {
                measured.refused = Some(why);
                let place = scratch.join("refused");
                measured.images = written_aside(&args.source, &place)?;
                let files = contents(&place)?;
                fs::remove_dir_all(&place)?;
                files
            }
            Err(failure) => return Err(failure),
        };
        (measured.files, measured.bytes) = (files.len(), files.iter().map(|(_, bytes)| bytes.len() as u64).sum());
        let place = scratch.join("floor");
        let parts = floor(&args.source, &files, &place, &seconds)?;
        measured.floor.push(parts.iter().sum());
        measured.parts.iter_mut().zip(parts).for_each(|(all, one)| all.push(one));
        fs::remove_dir_all(&place)?;
    }
    Ok(measured)
}

/// Writes what a case that was refused would have had in its package, for the floor to hash and write: as many files of as many bytes, under keys that open nothing. How
/// many images there are.
fn written_aside(source: &Path, place: &Path) -> Result<usize, Failure> {
    let folder = read_folder(source, &workers()?, &mut |_| ControlFlow::Continue(()))?;
    let roles = usual_roles(&folder.series).ok_or_else(|| {
        Failure::Input(format!("{}: it holds {} series. Name a folder that holds one.", source.display(), folder.series.len()))
    })?;
    let case: Vec<(Role, &Series)> = roles.into_iter().zip(&folder.series).collect();
    let (key, signer) = (UidKey::new([0; 32]), Signer::new(&[0; 32]));
    let packing = Packing { sealed_bytes: SEALED_SIZE, signer: Some(&signer), ..Packing::new(&case, &key) };
    packing.pack(place, &mut |_| ControlFlow::Continue(()))?;
    Ok(folder.series.iter().map(Series::len).sum())
}

/// The files of a package with their bytes.
fn contents(package: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
    let mut files = Vec::new();
    for entry in fs::read_dir(package)? {
        let path = entry?.path();
        let name = path.file_name().map(PathBuf::from).unwrap_or_default();
        files.push((name, fs::read(&path)?));
    }
    Ok(files)
}

/// Seconds to decode the source, to hash the package's files, and to write them.
fn floor(source: &Path, files: &[(PathBuf, Vec<u8>)], place: &Path, seconds: &dyn Fn() -> f64) -> Result<[f64; 3], Failure> {
    let codecs = workers()?;
    let begun = seconds();
    for series in &read_folder(source, &codecs, &mut |_| ControlFlow::Continue(()))?.series {
        let words = series.buffer()?;
        series.load_rest(&words)?;
        black_box(&words);
    }
    let decoded = seconds();
    on_all_cores(files, &|(_, bytes)| {
        black_box(Sha256::digest(bytes));
        Ok(())
    })?;
    let hashed = seconds();
    fs::create_dir(place)?;
    on_all_cores(files, &|(name, bytes)| {
        let mut file = File::create_new(place.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()
    })?;
    if cfg!(unix) {
        File::open(place)?.sync_all()?;
    }
    Ok([decoded - begun, hashed - decoded, seconds() - hashed])
}

fn on_all_cores<T: Sync>(all: &[T], work: &(impl Fn(&T) -> std::io::Result<()> + Sync)) -> Result<(), Failure> {
    let next = AtomicUsize::new(0);
    let run = || -> std::io::Result<()> {
        while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(one)?;
        }
        Ok(())
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let done: std::io::Result<()> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(run)).collect();
        threads.into_iter().try_for_each(|t| t.join().unwrap_or_else(|_| Err(std::io::ErrorKind::Other.into())))
    });
    Ok(done?)
}

fn report(args: &PackBenchArgs, mut measured: Measured) -> Result<(), Failure> {
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        quantile(times, 0.5).unwrap_or_default()
    };
    let (ours, floor) = (median(&mut measured.ours), median(&mut measured.floor));
    let [decode, hash, write] = measured.parts.each_mut().map(median);
    let stages: BTreeMap<&str, f64> = measured.stages.iter_mut().map(|(stage, times)| (*stage, median(times))).collect();
    if args.json {
        return say_json(&json!({
            "what": "pack",
            "input": { "path": args.source.display().to_string(), "images": measured.images, "files": measured.files, "bytes": measured.bytes, "rounds": args.rounds },
            "ours": { "total_s": ours, "stages_s": stages, "key_s": measured.key_s },
            "floor": { "total_s": floor, "decode_s": decode, "hash_s": hash, "write_s": write },
            "ratio": { "total": ours / floor },
            "refused": measured.refused,
            "load_average": load_average(),
        }));
    }
    let until = measured.refused.map_or_else(String::new, |why| format!("Measured until the leak scan refused it: {why}\n"));
    let stages: Vec<String> = stages.iter().map(|(stage, s)| format!("{stage} {:.0} ms", s * 1e3)).collect();
    say(&format!(
        "{} images, {} files of {:.1} MiB: packed in {:.0} ms ({}); to decode, hash and write the same {:.0} ms ({:.0}, {:.0}, {:.0}): {:.2} x\n{until}",
        measured.images,
        measured.files,
        measured.bytes as f64 / 1_048_576.0,
        ours * 1e3,
        stages.join(", "),
        floor * 1e3,
        decode * 1e3,
        hash * 1e3,
        write * 1e3,
        ours / floor
    ))
}
