//! `bench load`: how long images take from their files into the words that panes use, beside the bare reading of the same files.
//!
//! Owns the measurement and its hash: a fast load of wrong values is worth nothing. Refuses to count the hash, or the floor, into what it measures.

use super::{load_average, quantile};
use crate::cli::images::{all_series, at};
use crate::cli::{Failure, say, say_json};
use crate::clock::Clock;
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use tiresias_cases::{Package, Series, Trust, VoxelBuffer};
use tiresias_words::ContentHash;

/// Options of `bench load`.
#[derive(Debug, Args)]
pub(super) struct LoadArgs {
    /// A folder of DICOM files, one file, or a case package.
    path: PathBuf,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Loads everything under a path once, and tells how long it took.
pub(super) fn load(args: &LoadArgs) -> Result<(), Failure> {
    let files = files(&args.path).map_err(|e| at(&args.path, &e))?;
    // Both measurements find the files in the system's cache.
    read_all(&files, &mut []).map_err(|e| at(&args.path, &e))?;
    let (loaded, volumes) = measured(&args.path)?;
    let pixels = volumes.iter().map(|(series, words)| hashes(series, words)).collect::<Vec<_>>().concat();
    let voxels = volumes.iter().map(|(_, words)| words.size().iter().map(|n| u64::from(*n)).product::<u64>()).sum::<u64>();
    let input = Input {
        path: args.path.display().to_string(),
        files: files.len(),
        bytes: files.iter().map(|(_, length)| length).sum(),
        series: volumes.len(),
        images: volumes.iter().map(|(series, _)| series.len()).sum(),
        voxels,
        threads: threads(),
    };
    // The floor needs as much memory, and has it after us.
    drop(volumes);
    let report = report(&input, &loaded, floor_s(&files).map_err(|e| at(&args.path, &e))?, &pixels);
    if args.json { say_json(&report) } else { say(&format!("{}\n", in_words(&report))) }
}

/// What was loaded.
#[derive(Debug, Serialize)]
struct Input {
    path: String,
    files: usize,
    /// Of all files.
    bytes: u64,
    series: usize,
    images: usize,
    voxels: u64,
    /// That load, and that read for the floor.
    threads: usize,
}

/// Seconds from the start of the work, and the most memory that the process had until its end.
struct Loaded {
    /// The series and the order of their images are known.
    scan_s: f64,
    /// The middle image of the first series is in memory.
    first_s: f64,
    total_s: f64,
    peak_rss_mib: Option<f64>,
}

/// Loads as the window does: first the image that a reader sees first.
fn measured(path: &Path) -> Result<(Loaded, Vec<(Series, VoxelBuffer)>), Failure> {
    let clock = Clock::start();
    let seconds = || clock.since_start().as_secs_f64();
    let series = if Package::is_at(path) {
        Package::open(path, &Trust::Unsigned).map_err(|e| at(path, &e))?.into_series()
    } else {
        all_series(path)?
    };
    let scan_s = seconds();
    let mut first_s = None;
    let mut volumes = Vec::new();
    for series in series {
        let words = series.buffer().map_err(|e| at(path, &e))?;
        if first_s.is_none() {
            series.load_slice(series.len() / 2, &words).map_err(|e| at(path, &e))?;
            first_s = Some(seconds());
        }
        series.load_rest(&words).map_err(|e| at(path, &e))?;
        volumes.push((series, words));
    }
    let total_s = seconds();
    Ok((Loaded { scan_s, first_s: first_s.unwrap_or(total_s), total_s, peak_rss_mib: peak_rss_mib() }, volumes))
}

/// The SHA-256 of each image's values in stack order, little endian: stored values in 16 bits, words where those are not the stored values, texels of
/// colours. Frames of one file have one hash, in the file's order.
pub(super) fn hashes(series: &Series, words: &VoxelBuffer) -> Vec<ContentHash> {
    let bytes = |image: usize| -> Vec<u8> {
        // Offset binary becomes two's complement.
        let sign = if words.scale().is_some_and(|s| s.format.signed) { 0x8000 } else { 0 };
        let grey = words.slice(image).unwrap_or_default().iter().flat_map(|w| (w.load(Ordering::Relaxed) ^ sign).to_le_bytes());
        grey.chain(words.texel_slice(image).unwrap_or_default().iter().flat_map(|t| t.load(Ordering::Relaxed).to_le_bytes())).collect()
    };
    if series.len() > 1 && series.place_of_frame(0).is_some() {
        let mut whole = Sha256::new();
        (0..series.len()).filter_map(|frame| series.place_of_frame(frame)).for_each(|image| whole.update(bytes(image)));
        return vec![ContentHash(whole.finalize().into())];
    }
    (0..series.len()).map(|image| ContentHash(Sha256::digest(bytes(image)).into())).collect()
}

/// Regular files under a path and their lengths; links are not followed.
fn files(path: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let meta = fs::metadata(path)?;
    if !meta.is_dir() {
        return Ok(vec![(path.to_owned(), meta.len())]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push((entry.path(), entry.metadata()?.len()));
            }
        }
    }
    Ok(found)
}

/// The median time to read the files into fresh memory, in seconds: no load is faster that copies each byte once.
fn floor_s(files: &[(PathBuf, u64)]) -> io::Result<f64> {
    let clock = Clock::start();
    let mut times = Vec::new();
    for _ in 0..3 {
        let begun = clock.since_start();
        // Zeros that the system gives without touching them: their pages are paid for when they are written, as in a load.
        let mut memory = vec![0u8; files.iter().map(|(_, length)| *length as usize).sum()];
        read_all(files, &mut memory)?;
        black_box(&mut memory);
        times.push(clock.since_start().saturating_sub(begun).as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    quantile(&times, 0.5).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Reads every file to its place in `memory`, on all cores; without memory only so that the system has them at hand.
fn read_all(files: &[(PathBuf, u64)], memory: &mut [u8]) -> io::Result<()> {
    let mut shares: Vec<Vec<(&Path, &mut [u8])>> = (0..threads()).map(|_| Vec::new()).collect();
    let mut rest = memory;
    for (number, (path, length)) in files.iter().enumerate() {
        let (place, behind) = rest.split_at_mut((*length as usize).min(rest.len()));
        rest = behind;
        let share = number % shares.len();
        shares[share].push((path, place));
    }
    let read = |share: Vec<(&Path, &mut [u8])>| -> io::Result<()> {
        for (path, place) in share {
            let mut file = File::open(path)?;
            if place.is_empty() {
                io::copy(&mut file, &mut io::sink())?;
            } else {
                file.read_exact(place)?;
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let readers: Vec<_> = shares.into_iter().map(|share| scope.spawn(|| read(share))).collect();
        readers.into_iter().try_for_each(|reader| reader.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())))
    })
}

/// As many as load images.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The most memory that this process had at any time, where the system tells (proc(5), VmHWM).
fn peak_rss_mib() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kib: f64 = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib / 1024.0)
}

/// One hash of all, as the makers of test series sum them up: of the digits of each, one behind the other.
pub(super) fn pixels_sha256(of: &[ContentHash]) -> String {
    let digits: String = of.iter().map(ToString::to_string).collect();
    ContentHash(Sha256::digest(digits).into()).to_string()
}

fn report(input: &Input, loaded: &Loaded, floor_s: f64, pixels: &[ContentHash]) -> Value {
    let sha = pixels_sha256(pixels);
    let Loaded { scan_s, first_s, total_s, peak_rss_mib } = *loaded;
    json!({
        "what": "load",
        "input": input,
        "ours": {
            "first_image_s": first_s,
            "total_s": total_s,
            "peak_rss_mib": peak_rss_mib,
            "bytes_per_voxel": peak_rss_mib.map(|mib| mib * 1_048_576.0 / input.voxels.max(1) as f64),
        },
        "floor": { "read_s": floor_s },
        "ratio": { "total_to_read": total_s / floor_s },
        "pixels_sha256": sha,
        "adapter": null,
        "load_average": load_average(),
        "scan_s": scan_s,
        "first_s": first_s,
        "total_s": total_s,
        "sha": sha,
    })
}

fn in_words(report: &Value) -> String {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let ours = &report["ours"];
    format!(
        "{} images in {} series: the first after {:.1} ms, all after {:.1} ms, which is {:.2} times the bare reading of the files; {:.0} MiB of memory at most, {:.2} bytes a voxel; values {}",
        report["input"]["images"],
        report["input"]["series"],
        number(&ours["first_image_s"]) * 1e3,
        number(&ours["total_s"]) * 1e3,
        number(&report["ratio"]["total_to_read"]),
        number(&ours["peak_rss_mib"]),
        number(&ours["bytes_per_voxel"]),
        report["pixels_sha256"].as_str().unwrap_or_default(),
    )
}
