//! Cases of every kind in the real window: a CT, an MR with its prior, a pair of mammograms, tomosynthesis beside 2D, PET, and an ultrasound cine, each read to the lock by
//! mouse and keys, with every tool in hand.
//!
//! Where the larger collection is not there, what can be read without it is. `TIRESIAS_PICTURES` names a folder for pictures of the screen (with ImageMagick).

use crate::desktop::{Desktop, Window};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::{Codecs, Packing, UidKey, read_folder};
use tiresias_reads::machine::{Fact, Tool, View};
use tiresias_reads::study::Study;
use tiresias_reads::workspace::Change;
use tiresias_tests::Walk;
use tiresias_tests::studies::{numbered, of_packages, protocol};
use tiresias_words::{ContentHash, ReaderId, Role};

/// Keys that put a tool into the hand, with the tool that the record then names.
const TOOLS: [(&str, Tool); 13] = [
    ("w", Tool::Window),
    ("s", Tool::Scroll),
    ("z", Tool::Zoom),
    ("p", Tool::Pan),
    ("k", Tool::Magnifier),
    ("x", Tool::Crosshair),
    ("u", Tool::Probe),
    ("d", Tool::Length),
    ("b", Tool::Bidimensional),
    ("n", Tool::Angle),
    ("q", Tool::Ellipse),
    ("q", Tool::Rectangle),
    ("q", Tool::Freehand),
];
/// What is in hand in the cases between the first and the last; tools do not depend on the kind, and a hand takes its time.
const FEW: [(&str, Tool); 5] = [("w", Tool::Window), ("s", Tool::Scroll), ("p", Tool::Pan), ("d", Tool::Length), ("q", Tool::Ellipse)];

/// What one case is made of.
struct Kind {
    name: &'static str,
    series: Vec<(&'static str, PathBuf)>,
    /// Where the first pane's image is, pixels of the screen.
    on_the_image: [u32; 2],
    tools: &'static [(&'static str, Tool)],
}

impl Kind {
    fn measurements(&self) -> usize {
        let measures = [Tool::Length, Tool::Angle, Tool::Bidimensional, Tool::Ellipse, Tool::Rectangle, Tool::Freehand];
        self.tools.iter().filter(|(_, tool)| measures.contains(tool)).count()
    }
}

/// The kinds whose files are there.
fn kinds(walk: &mut Walk, folder: &Path) -> Vec<Kind> {
    let mut found = Vec::new();
    let mut add = |name, series: Vec<(&'static str, Option<PathBuf>)>, on_the_image, tools| {
        let series: Option<Vec<_>> = series.into_iter().map(|(role, path)| Some((role, path?))).collect();
        found.extend(series.map(|series| Kind { name, series, on_the_image, tools }));
    };
    add("CT", vec![("current", walk.file("series/ct_chest"))], [700, 400], &TOOLS[..]);
    add(
        "MR with prior",
        vec![("current", walk.file("series/mr_t1_oblique")), ("prior", walk.file("series/mr_enhanced_t1"))],
        [480, 520],
        &FEW[..],
    );
    let mammogram = walk.file("single/mg_sigmoid_voilut.dcm");
    let sides =
        mammogram.map(|source| [("L", ["P", "R"]), ("R", ["P", "L"])].map(|(side, lies)| as_mammogram(&source, side, lies, folder)));
    let [left, right] = sides.map_or([None, None], |sides| sides.map(Some));
    add("mammograms", vec![("lcc", left.clone()), ("rcc", right)], [640, 560], &FEW[..]);
    add("tomosynthesis", vec![("lcc", left), ("lcc-tomo", Some(tomosynthesis(folder)))], [1100, 560], &FEW[..]);
    add("PET", vec![("current", walk.file("series/pet_headneck"))], [700, 400], &FEW[..]);
    add("ultrasound", vec![("current", walk.file("single/us_ybr422_jpeg_30f.dcm"))], [780, 520], &TOOLS[..]);
    found
}

fn text(tag: Tag, vr: VR, s: &str) -> DataElement<InMemDicomObject> {
    DataElement::new(tag, vr, PrimitiveValue::from(s))
}

/// A real mammogram as that of a side, whose rows and columns run to these letters.
fn as_mammogram(source: &Path, side: &str, [rows, columns]: [&str; 2], folder: &Path) -> PathBuf {
    let mut file = dicom_object::open_file(source).expect("a mammogram");
    let uid = |n: u32| format!("1.2.826.0.1.3680043.9.77.{n}{}", side.len() + usize::from(side == "R"));
    for (tag, n) in [(tags::SOP_INSTANCE_UID, 1), (tags::SERIES_INSTANCE_UID, 2)] {
        file.put(text(tag, VR::UI, &uid(n)));
    }
    file.put(text(tags::IMAGE_LATERALITY, VR::CS, side));
    file.put(text(tags::VIEW_POSITION, VR::CS, "CC"));
    // A coded view goes before a named one.
    file.remove_element(tags::VIEW_CODE_SEQUENCE);
    file.put(DataElement::new(tags::PATIENT_ORIENTATION, VR::CS, PrimitiveValue::Strs([rows.to_owned(), columns.to_owned()].into())));
    file.update_meta(|meta| meta.media_storage_sop_instance_uid = uid(1));
    let place = folder.join(format!("mammogram-{side}.dcm"));
    file.write_to_file(&place).expect("a file");
    place
}

/// Frames of a breast that is a half disc with a ball in it, 1 mm apart.
fn tomosynthesis(folder: &Path) -> PathBuf {
    const SIZE: [usize; 3] = [384, 512, 24];
    let word = |tag, v: usize| DataElement::new(tag, VR::US, PrimitiveValue::from(v as u16));
    let value = |x: usize, y: usize, z: usize| {
        let [x, y, z] = [x as f64, y as f64 - 256.0, z as f64 - 12.0];
        let breast = (x * x + y * y).sqrt() < 230.0;
        let ball = ((x - 110.0).powi(2) + (y - 20.0).powi(2) + (z * 8.0).powi(2)).sqrt() < 26.0;
        let fibres = 240.0 * ((x / 17.0 + z / 5.0).sin() * (y / 23.0 - z / 7.0).cos());
        if breast { (1500.0 + fibres + if ball { 900.0 } else { 0.0 }) as u16 } else { 60 }
    };
    let all = (0..SIZE[2]).flat_map(|z| (0..SIZE[1]).flat_map(move |y| (0..SIZE[0]).map(move |x| value(x, y, z))));
    let pixels: Vec<u16> = all.collect();
    let class = uids::BREAST_TOMOSYNTHESIS_IMAGE_STORAGE;
    let uid = |n: u32| format!("1.2.826.0.1.3680043.9.78.{n}");
    let mut o = InMemDicomObject::from_element_iter([
        text(tags::SOP_CLASS_UID, VR::UI, class),
        text(tags::SOP_INSTANCE_UID, VR::UI, &uid(1)),
        text(tags::STUDY_INSTANCE_UID, VR::UI, &uid(2)),
        text(tags::SERIES_INSTANCE_UID, VR::UI, &uid(3)),
        text(tags::MODALITY, VR::CS, "MG"),
        text(tags::IMAGE_LATERALITY, VR::CS, "L"),
        text(tags::VIEW_POSITION, VR::CS, "CC"),
        DataElement::new(tags::PATIENT_ORIENTATION, VR::CS, PrimitiveValue::Strs(["A".to_owned(), "R".to_owned()].into())),
        text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        text(tags::NUMBER_OF_FRAMES, VR::IS, &SIZE[2].to_string()),
        text(tags::WINDOW_CENTER, VR::DS, "1600"),
        text(tags::WINDOW_WIDTH, VR::DS, "1800"),
        word(tags::SAMPLES_PER_PIXEL, 1),
        word(tags::COLUMNS, SIZE[0]),
        word(tags::ROWS, SIZE[1]),
        word(tags::BITS_ALLOCATED, 16),
        word(tags::BITS_STORED, 12),
        word(tags::HIGH_BIT, 11),
        word(tags::PIXEL_REPRESENTATION, 0),
    ]);
    o.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(class)
        .media_storage_sop_instance_uid(uid(1))
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let place = folder.join("tomosynthesis.dcm");
    o.with_meta(meta).expect("a meta group").write_to_file(&place).expect("a file");
    place
}

/// A study of these cases in this order, for one reader.
fn study(folder: &Path, kinds: &[Kind]) -> Study {
    let text_of_protocol = protocol("froc", "first = \"images\"");
    let codecs = Arc::new(Codecs::here());
    let packages: Vec<(ContentHash, PathBuf)> = kinds
        .iter()
        .enumerate()
        .map(|(i, kind)| {
            let series: Vec<_> = kind
                .series
                .iter()
                .map(|(role, path)| {
                    let mut read = read_folder(path, &codecs, &mut |_| ControlFlow::Continue(())).expect("a folder");
                    assert_eq!((read.series.len(), read.refused.len()), (1, 0), "{}: {:?}", path.display(), read.refused);
                    (Role::new(*role).expect("a role"), read.series.remove(0))
                })
                .collect();
            let sources: Vec<_> = series.iter().map(|(role, s)| (role.clone(), s)).collect();
            let place = folder.join(format!("package-{i}"));
            (Packing::new(&sources, &UidKey::new([5; 32])).pack(&place, &mut |_| ControlFlow::Continue(())).expect("a package"), place)
        })
        .collect();
    of_packages(&folder.join("reader"), &text_of_protocol, &numbered(1).expect("a reader"), &packages).expect("a study")
}

/// Each tool once in the first pane, by mouse; then what keys do to the view.
fn use_everything(window: &mut Window<'_>, kind: &Kind) {
    let [x, y] = kind.on_the_image;
    window.point_at([x, y]);
    for (key, tool) in kind.tools {
        window.settle();
        window.keys(&[key]);
        match tool {
            Tool::Angle => [[x - 60, y], [x, y + 50], [x + 50, y - 10]].iter().for_each(|at| click_apart(window, *at)),
            Tool::Bidimensional => {
                window.drag([x - 50, y - 40], [x + 50, y - 40]);
                window.drag([x, y - 60], [x, y - 10]);
            }
            Tool::Probe => window.point_at([x + 7, y + 9]),
            Tool::Zoom => window.drag([x, y], [x, y - 12]),
            Tool::Pan => window.drag([x, y], [x + 6, y + 4]),
            Tool::Scroll => window.drag([x, y], [x, y + 24]),
            _ => window.drag([x - 30, y - 20], [x + 30, y + 35]),
        }
    }
    window.settle();
    picture(window, kind.name, "measured");
    for key in ["i", "i", "h", "h", "v", "v", "t", "shift+t", "j", "bracketright", "j", "j", "j", "ctrl+z", "ctrl+y", "o", "o", "1", "e"] {
        window.keys(&[key]);
    }
    window.settle();
    for key in [
        "c", "c", "Tab", "Tab", "Tab", "Down", "Prior", "Next", "Home", "End", "g", "g", "g", "l", "l", "f", "0", "r", "shift+g", "Escape",
        "question", "Escape",
    ] {
        window.keys(&[key]);
    }
    window.roll(4);
    window.settle();
}

/// A click that is no part of a double click.
fn click_apart(window: &mut Window<'_>, at: [u32; 2]) {
    window.settle();
    window.click(at);
}

fn picture(window: &Window<'_>, case: &str, what: &str) {
    window.keep(&format!("{}-{what}", case.replace(' ', "-")));
}

/// Issue 4, done when 4.
#[test]
fn every_kind_is_read_by_mouse_and_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut walk = Walk::new();
    let kinds = kinds(&mut walk, folder.path());
    let study = study(folder.path(), &kinds);
    let desktop = Desktop::new();
    let mut window = desktop.open(study.root(), &[]);
    window.sign_in();
    let record = study.record_path();
    let mut after = 0;
    for kind in &kinds {
        window.settle();
        window.keys(&["Return"]);
        crate::reading::recorded(&mut window, &record, &mut after, "first-view/1", |_| true);
        window.settle();
        picture(&window, kind.name, "opened");
        use_everything(&mut window, kind);
        window.keys(&["Escape", "Escape", "Return", "5", "0", "Return"]);
        crate::reading::recorded(&mut window, &record, &mut after, "answered/1", |b| b["value"]["scale"] == 50);
        window.settle();
        window.keys(&["ctrl+Return"]);
        crate::reading::recorded(&mut window, &record, &mut after, "read-locked/1", |_| true);
    }
    window.kill();

    // What each case's record says was in the hand, and what came of it.
    let opened = study.open_record("test").expect("the record opens");
    let mut used: BTreeMap<usize, (Vec<Tool>, usize, usize)> = BTreeMap::new();
    let mut case = 0;
    opened
        .replay(|r| match r.event.fact() {
            Fact::CaseOpened { .. } => case += 1,
            Fact::Viewed { glimpses } => {
                let (tools, measured, changed) = used.entry(case).or_default();
                for glimpse in glimpses {
                    match &glimpse.view {
                        View::Tool(tool) => tools.push(*tool),
                        View::Changed(change) if matches!(**change, Change::Measurement { .. }) => *measured += 1,
                        View::Changed(_) => *changed += 1,
                        _ => {}
                    }
                }
            }
            _ => {}
        })
        .expect("a record");
    let state = opened.state(&ReaderId::new("reader-1").expect("a name"));
    assert_eq!(state.locked().len(), kinds.len());
    for (i, kind) in kinds.iter().enumerate() {
        let (tools, measured, changed) = &used[&(i + 1)];
        println!("{}: {} tools in hand, {measured} steps of measuring, {changed} other steps", kind.name, tools.len());
        for (_, tool) in kind.tools {
            assert!(tools.contains(tool), "{}: {tool:?} was never in hand: {tools:?}", kind.name);
        }
        assert!(*measured >= kind.measurements(), "{}: {measured} measurements", kind.name);
        assert!(*changed >= 8, "{}: {changed} steps", kind.name);
        assert!(state.locked()[i].first_view().is_some(), "{}: no first view", kind.name);
    }
    walk.report("kinds in the window");
}
