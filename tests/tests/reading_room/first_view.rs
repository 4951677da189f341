//! Every reader begins with the same: the recorded hash of the first view is the same whatever screen and whoever computes the panes, and that of a computation
//! without a window. Hanging, cameras and pictures of that are the product's: what they should be is held against written values elsewhere
//! (`reads::hanging`, `render`); the order of what is hashed is written here.

use crate::follow_up;
use crate::sitting::{Opening, Sitting};
use crate::written::wait_for_record;
use egui::Key;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tiresias::RenderPath;
use tiresias_cases::{Package, Series, Trust};
use tiresias_reads::hanging::{Canvas, FirstView, Ready, SizeClass, hang, opening};
use tiresias_reads::machine::Fact;
use tiresias_reads::study::Study;
use tiresias_render::{ValueRange, VolumeView, cpu};
use tiresias_tests::studies::protocol;
use tiresias_words::{ContentHash, ReaderId};

/// The first view's hash on a canvas, from package and protocol without a window.
fn expected(root: &Path, canvas: Canvas) -> ContentHash {
    let study = Study::open(root).expect("a study");
    let display = study.protocol().display();
    let rules = study.rules(&ReaderId::new("reader-1").expect("a name")).expect("rules");
    let package = rules.bundle().reads()[0].package;
    let all: Vec<Arc<Series>> =
        Package::open(&study.package_dir(&package), &Trust::Unsigned).expect("a package").into_series().into_iter().map(Arc::new).collect();
    let facts: Vec<_> = all.iter().map(|s| s.facts.clone()).collect();
    let layout = hang(display, &facts).expect("a layout");
    let geometries: Vec<_> = all.iter().map(|s| s.geometry().expect("a geometry")).collect();
    let voi = |_: u32, _: usize| None;
    let ready: Vec<_> =
        all.iter().zip(&geometries).map(|(s, geometry)| Ready { facts: &s.facts, geometry, shape: s.shape, voi: &voi }).collect();
    let mut hash = Sha256::new();
    hash.update(b"tiresias first view 1\0");
    canvas.size.iter().for_each(|n| hash.update(n.to_le_bytes()));
    for pane in opening(&layout, display, &ready, canvas).expect("panes") {
        let at = all.iter().position(|s| s.facts.role == pane.spec.series).expect("the series");
        let (series, geometry) = (&all[at], &geometries[at]);
        let buffer = Series::buffer(series).expect("memory");
        (0..series.len()).for_each(|i| {
            series.load_slice(i, &buffer).expect("an image");
        });
        let words = buffer.words();
        let (range, scale) = (ValueRange::measure(words), buffer.scale().expect("grey"));
        let view = VolumeView::new(geometry, words, scale.format, &scale.modality, None, range).expect("a view");
        let picture = cpu::render(&view, &pane.spec).expect("a picture");
        [pane.rect.x, pane.rect.y, pane.rect.size[0], pane.rect.size[1], 1].iter().for_each(|n| hash.update(n.to_le_bytes()));
        hash.update(&picture.bytes);
    }
    ContentHash(hash.finalize().into())
}

#[test]
fn every_reader_begins_with_the_same_view_and_its_hash_is_in_the_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = follow_up::study(folder.path(), &protocol("roc", "first = \"lung\""), 3);
    let screens = [
        ("reader-1", [1280, 800], RenderPath::Cpu, SizeClass::Small),
        ("reader-2", [1024, 700], RenderPath::Gpu, SizeClass::Small),
        ("reader-3", [1920, 1200], RenderPath::Cpu, SizeClass::Middle),
    ];
    for (i, (_, pixels, path, _)) in screens.iter().enumerate() {
        let mut room = Sitting::start(Opening::of(&root).sized(*pixels).by(*path));
        room.sign_in(&format!("Reader {}", i + 1));
        room.key(Key::Enter);
        room.until("two panes", |s| s.panes().len() == 2 && s.says("HU") && !s.says("loading"));
        room.rest();
        // Once a read: a case that is opened again has had its first view.
        room.press_named("leave this case as a draft");
        room.until_says("Continue");
        room.key(Key::Enter);
        room.until("two panes again", |s| s.panes().len() == 2 && s.says("HU") && !s.says("loading"));
        room.rest();
        drop(room);
        drop(wait_for_record(&root));
    }
    let mut seen: BTreeMap<String, Vec<FirstView>> = BTreeMap::new();
    let record = wait_for_record(&root);
    record
        .replay(|r| {
            if let Fact::FirstView(view) = r.event.fact() {
                seen.entry(r.event.reader().to_string()).or_default().push(*view);
            }
        })
        .expect("a record");
    let canonical = expected(&root, Canvas::CANONICAL);
    for (reader, _, _, class) in screens {
        let [view] = seen[reader].as_slice() else { panic!("one first view of {reader}, not {:?}", seen[reader]) };
        assert_eq!(*view, FirstView { canonical, class, live: expected(&root, class.canvas()) }, "{reader}");
    }
    println!("{} first views, all as without a window", seen.len());
}
