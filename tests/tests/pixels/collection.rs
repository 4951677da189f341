//! The references as they lie in `reference/`, what the program says of the files they name, and the pictures that it draws of them.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tiresias_tests::data;
use tiresias_tests::run::{Ran, tiresias};

/// One frame of pixels.csv.
#[derive(Deserialize)]
pub(crate) struct Frame {
    pub(crate) path: String,
    pub(crate) frame: usize,
    pub(crate) sha256_int32le: String,
    pub(crate) coding: String,
}

/// One picture of render.json.
#[derive(Deserialize)]
pub(crate) struct Display {
    pub(crate) path: String,
    pub(crate) frame: usize,
    pub(crate) png: String,
    pub(crate) kind: String,
    voi: Option<String>,
    index: Option<usize>,
    pub(crate) tolerance: u8,
    pub(crate) tolerance_mean: Option<f64>,
}

/// A picture as it was drawn or read: size, channels, bytes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) size: [u32; 2],
    pub(crate) channels: u8,
    pub(crate) bytes: Vec<u8>,
}

impl Picture {
    /// A PNG as it is: grey stays grey, and colour colour.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let image = image::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let (size, channels) = ([image.width(), image.height()], image.color().channel_count());
        match image.color() {
            image::ColorType::L8 | image::ColorType::Rgb8 => Ok(Self { size, channels, bytes: image.into_bytes() }),
            other => Err(format!("{}: neither 8 bit grey nor colour: {other:?}", path.display())),
        }
    }
}

impl Display {
    /// The reference picture, in the channels of its kind.
    pub(crate) fn reference(&self) -> Option<Picture> {
        let path = data(&format!("reference/{}", self.png))?;
        let image = image::open(path).expect("a reference picture");
        let (size, grey) = ([image.width(), image.height()], self.kind == "gray");
        let bytes = if grey { image.into_luma8().into_raw() } else { image.into_rgb8().into_raw() };
        Some(Picture { size, channels: if grey { 1 } else { 3 }, bytes })
    }

    /// What the program draws of a file, or what it says where it refuses to.
    pub(crate) fn draw(&self, file: &Path, out: &Path, more: &[&str]) -> Result<Picture, String> {
        let frame = self.frame.to_string();
        let voi = match (self.voi.as_deref(), self.index) {
            (Some("window"), Some(n)) => Some(n.to_string()),
            (Some("lut"), Some(n)) => Some(format!("lut{n}")),
            (Some("minmax"), _) => Some("minmax".to_owned()),
            (None, None) => None,
            other => panic!("{}: no option for {other:?}", self.png),
        };
        let mut arguments = vec!["render", text(file), "--out", text(out), "--frame", &frame];
        arguments.extend(voi.as_deref().into_iter().flat_map(|voi| ["--voi", voi]));
        arguments.extend(more);
        let ran = tiresias(&arguments)?;
        match ran.code {
            Some(0) => Picture::open(out),
            _ => Err(ran.sentence(2)?.to_owned()),
        }
    }
}

/// What `inspect --pixels` says of a file: the hashes of its frames, or why there are none.
pub(crate) enum Said {
    Image(Vec<String>),
    Object(Vec<String>),
    Refused(String),
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

pub(crate) fn pixels() -> Vec<Frame> {
    let path = data("reference/pixels.csv").expect("the reference travels with the project");
    csv::Reader::from_path(path).unwrap().deserialize().map(|line| line.expect("path, frame, hash, coding")).collect()
}

pub(crate) fn displays() -> Vec<Display> {
    let path = data("reference/render.json").expect("the reference travels with the project");
    serde_json::from_slice(&fs::read(path).unwrap()).expect("render.json")
}

/// All files of `single` and `series` that a manifest lists: the one that travels, and the collection's.
pub(crate) fn listed_images() -> Vec<String> {
    let travels = tiresias_tests::fixtures().join("MANIFEST.csv");
    let collection = tiresias_tests::shared().map(|folder| folder.join("data/MANIFEST.csv")).filter(|list| list.is_file());
    let mut names: Vec<String> = Vec::new();
    for manifest in [Some(travels), collection].into_iter().flatten() {
        let mut lines = csv::Reader::from_path(manifest).expect("a manifest");
        names.extend(lines.records().map(|line| line.expect("a line").get(0).expect("a path").to_owned()));
    }
    names.retain(|name| name.starts_with("single/") || name.starts_with("series/"));
    names.sort();
    names.dedup();
    names
}

/// The document of a command that was given `--json`.
pub(crate) fn document(arguments: &[&str]) -> Result<(Ran, Value), String> {
    let ran = tiresias(arguments)?;
    let said = ran.json()?;
    Ok((ran, said))
}

/// What the program says of each of these files. It is asked once for a folder, as a person would: a folder of `single`, `series/X` or `ai/X`.
pub(crate) fn inspect<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<PathBuf, Said> {
    let mut folders: Vec<PathBuf> = names
        .filter_map(|name| {
            let path = data(name)?;
            let parts = if name.starts_with("single/") { 1 } else { 2 };
            let depth = name.split('/').count() - parts;
            path.ancestors().nth(depth).map(Path::to_owned)
        })
        .collect();
    folders.sort();
    folders.dedup();
    let documents = side_by_side(&folders, |folder| document(&["inspect", text(folder), "--pixels", "--json"]).unwrap().1);
    let mut said = BTreeMap::new();
    for (folder, document) in folders.iter().zip(&documents) {
        for (path, entry) in entries(document) {
            assert!(path.starts_with(folder), "{}: not of the folder that was asked for", path.display());
            assert!(said.insert(path.clone(), entry).is_none(), "{}: said twice", path.display());
        }
    }
    said
}

/// The files of an inspection and what is said of each.
fn entries(document: &Value) -> Vec<(PathBuf, Said)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let path = |entry: &Value| PathBuf::from(entry["path"].as_str().expect("a path"));
    let hashes =
        |entry: &Value| list(&entry["frames"]).iter().map(|f| f["sha256_int32le"].as_str().unwrap_or_default().to_owned()).collect();
    let images = list(&document["series"]).into_iter().flat_map(|series| list(&series["files"]));
    let mut all: Vec<_> = images.map(|file| (path(&file), Said::Image(hashes(&file)))).collect();
    all.extend(list(&document["objects"]).iter().map(|object| (path(object), Said::Object(hashes(object)))));
    let reason = |entry: &Value| entry["reason"].as_str().expect("a reason").to_owned();
    all.extend(list(&document["refused"]).iter().map(|refused| (path(refused), Said::Refused(reason(refused)))));
    all
}

/// Whether a string is a hash.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// Does something with each item, two at a time; the results are in the items' order.
pub(crate) fn side_by_side<'a, T: Sync, R: Send>(items: &'a [T], work: impl Fn(&'a T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(item)));
        }
    };
    let mut all: Vec<(usize, R)> = thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers.into_iter().flat_map(|w| w.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, result)| result).collect()
}

#[test]
fn two_at_a_time_keep_their_order() {
    let items: Vec<u32> = (0..100).collect();
    assert_eq!(side_by_side(&items, |n| n * 2), items.iter().map(|n| n * 2).collect::<Vec<_>>());
}
