//! Colour, palette and multi-frame images in the reading room: what is written and shown is what was put into the files, and they can be read, marked and
//! exported like any other.
//!
//! The images are made here, so that every pixel is known: a colour cine of 6 frames, a palette image, a grey stack of 5 frames with a window of its own for
//! each, and a MONOCHROME1 image with an overlay plane. None has a place in the patient.

use crate::bytes::{crop, differing};
use crate::keys::{lock, to_do};
use crate::sitting::{Opening, Sitting};
use crate::written::wait_for_record;
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use egui::{Key, Modifiers, Rect, Role, pos2, vec2};
use egui_kittest::kittest::NodeT;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias::RenderPath;
use tiresias_cases::{Codecs, Keep, Packing, UidKey, read_folder};
use tiresias_tests::run::tiresias;
use tiresias_tests::studies::{numbered, of_packages};
use tiresias_words::{ContentHash, MarkShape, ReaderId, Role as SeriesRole};

const PROTOCOL: &str = r#"
tiresias_protocol = 1

[study]
id = "kinds"
title = "Images of many kinds"
paradigm = "froc"

[[condition]]
id = "unaided"
label = "Unaided"

[[question]]
id = "confidence"
text = "How confident are you?"
kind = "scale"
min = 0
max = 100
low = "absent"
high = "present"
required = true
rating = true

[marks]
label = "Finding"
max = 5
rating = { min = 0, max = 100, low = "no", high = "yes" }

[display]
layout = "mpr"
interpolation = "linear"
first = "images"
overlays = true

[[display.preset]]
name = "all"
center = 128
width = 256
function = "linear_exact"

[order]
kind = "fixed"
"#;

const COLUMNS: usize = 48;
const ROWS: usize = 32;

/// The colour at a pixel of a frame of the cine: blocks of 8 by 8 pixels, so that the middle of a block is itself at any zoom.
fn colour(column: usize, row: usize, frame: usize) -> [u8; 3] {
    let block = (column / 8 + row / 8 * 6) as u8;
    [block * 10, 255 - block * 7, (frame * 40) as u8]
}

struct Image {
    class: &'static str,
    modality: &'static str,
    frames: usize,
    photometric: &'static str,
    pixels: Vec<u8>,
    more: Vec<DataElement<InMemDicomObject>>,
}

fn write(image: &Image, number: u32, place: &Path) {
    let uid = |n: u32| format!("1.2.826.0.1.3680043.9.{number}.{n}");
    let text = |tag, vr, s: &str| DataElement::new(tag, vr, PrimitiveValue::from(s));
    let word = |tag, v: usize| DataElement::new(tag, VR::US, PrimitiveValue::from(v as u16));
    let samples = if image.photometric == "RGB" { 3 } else { 1 };
    let mut o = InMemDicomObject::from_element_iter([
        text(tags::SOP_CLASS_UID, VR::UI, image.class),
        text(tags::SOP_INSTANCE_UID, VR::UI, &uid(1)),
        text(tags::STUDY_INSTANCE_UID, VR::UI, &uid(2)),
        text(tags::SERIES_INSTANCE_UID, VR::UI, &uid(3)),
        text(tags::MODALITY, VR::CS, image.modality),
        text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, image.photometric),
        text(tags::NUMBER_OF_FRAMES, VR::IS, &image.frames.to_string()),
        word(tags::SAMPLES_PER_PIXEL, samples),
        word(tags::PLANAR_CONFIGURATION, 0),
        word(tags::ROWS, ROWS),
        word(tags::COLUMNS, COLUMNS),
        word(tags::BITS_ALLOCATED, 8),
        word(tags::BITS_STORED, 8),
        word(tags::HIGH_BIT, 7),
        word(tags::PIXEL_REPRESENTATION, 0),
    ]);
    image.more.iter().for_each(|e| {
        o.put(e.clone());
    });
    o.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(image.pixels.as_slice().into())));
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(image.class)
        .media_storage_sop_instance_uid(uid(1))
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    o.with_meta(meta).expect("a meta group").write_to_file(place).expect("a file");
}

fn images() -> [Image; 4] {
    let each = |frames: usize| (0..frames).flat_map(|f| (0..ROWS).flat_map(move |r| (0..COLUMNS).map(move |c| (c, r, f))));
    let table = |tag: Tag, entry: fn(u8) -> u8| {
        let entries: Vec<u16> = (0..=255).map(|i| u16::from(entry(i)) << 8).collect();
        DataElement::new(tag, VR::OW, PrimitiveValue::U16(entries.into()))
    };
    let descriptor = |tag: Tag| DataElement::new(tag, VR::US, PrimitiveValue::U16(vec![256, 0, 16].into()));
    let window = |center: &str| {
        let voi = InMemDicomObject::from_element_iter([
            DataElement::new(tags::WINDOW_CENTER, VR::DS, PrimitiveValue::from(center)),
            DataElement::new(tags::WINDOW_WIDTH, VR::DS, PrimitiveValue::from("20")),
        ]);
        let group = DataElement::new(tags::FRAME_VOILUT_SEQUENCE, VR::SQ, DataSetSequence::from(vec![voi]));
        InMemDicomObject::from_element_iter([group])
    };
    let groups: Vec<_> = ["50", "60", "70", "80", "90"].into_iter().map(window).collect();
    [
        Image {
            class: uids::ULTRASOUND_MULTI_FRAME_IMAGE_STORAGE,
            modality: "US",
            frames: 6,
            photometric: "RGB",
            pixels: each(6).flat_map(|(c, r, f)| colour(c, r, f)).collect(),
            more: vec![DataElement::new(tags::FRAME_TIME, VR::DS, PrimitiveValue::from("40"))],
        },
        Image {
            class: uids::ULTRASOUND_IMAGE_STORAGE,
            modality: "US",
            frames: 1,
            photometric: "PALETTE COLOR",
            pixels: each(1).map(|(c, r, _)| (c / 8 + r / 8 * 6) as u8).collect(),
            more: vec![
                descriptor(tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR),
                descriptor(tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR),
                descriptor(tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR),
                table(tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA, |i| 255 - i),
                table(tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA, |i| i.wrapping_mul(5)),
                table(tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA, |i| i.wrapping_mul(9)),
            ],
        },
        Image {
            class: uids::ENHANCED_MR_IMAGE_STORAGE,
            modality: "MR",
            frames: 5,
            photometric: "MONOCHROME2",
            pixels: each(5).map(|(c, r, f)| ((c / 8 + r / 8 * 6) * 3 + f * 20) as u8).collect(),
            more: vec![DataElement::new(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, VR::SQ, DataSetSequence::from(groups))],
        },
        Image {
            class: uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE,
            modality: "CR",
            frames: 1,
            photometric: "MONOCHROME1",
            pixels: each(1).map(|(c, r, _)| negative(c, r)).collect(),
            more: overlay(),
        },
    ]
}

/// The stored value of the MONOCHROME1 image at a pixel.
fn negative(column: usize, row: usize) -> u8 {
    (column / 8 + row / 8 * 6) as u8 * 10
}

/// An overlay plane that lights the block of columns 16 to 23 and rows 8 to 15.
fn overlay() -> Vec<DataElement<InMemDicomObject>> {
    let word = |element, v: usize| DataElement::new(Tag(0x6000, element), VR::US, PrimitiveValue::from(v as u16));
    let mut bits = vec![0u8; COLUMNS * ROWS / 8];
    (8..16).for_each(|row| bits[(row * COLUMNS + 16) / 8] = 0xFF);
    vec![
        word(0x0010, ROWS),
        word(0x0011, COLUMNS),
        DataElement::new(Tag(0x6000, 0x0040), VR::CS, PrimitiveValue::from("G")),
        DataElement::new(Tag(0x6000, 0x0050), VR::SS, PrimitiveValue::I16(vec![1, 1].into())),
        word(0x0100, 1),
        word(0x0102, 0),
        DataElement::new(Tag(0x6000, 0x3000), VR::OB, PrimitiveValue::U8(bits.into())),
    ]
}

/// A study of all of them, for one reader, in this order.
fn study(folder: &Path) -> PathBuf {
    let packages: Vec<(ContentHash, PathBuf)> = (0u32..)
        .zip(&images())
        .map(|(i, image)| {
            let source = folder.join(format!("source-{i}.dcm"));
            write(image, i + 1, &source);
            let read = read_folder(&source, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).expect("a file");
            assert_eq!((read.series.len(), read.refused.len()), (1, 0), "{:?}", read.refused);
            let place = folder.join(format!("package-{i}"));
            (
                Packing {
                    keep: Keep::PixelsAndOverlays,
                    ..Packing::new(&[(SeriesRole::current(), &read.series[0])], &UidKey::new([9; 32]))
                }
                .pack(&place, &mut |_| ControlFlow::Continue(()))
                .expect("a package"),
                place,
            )
        })
        .collect();
    let root = folder.join("reader");
    of_packages(&root, PROTOCOL, &numbered(1).expect("a reader"), &packages).expect("a study");
    root
}

fn open(root: &Path, path: RenderPath) -> Sitting {
    let mut room = Sitting::start(Opening::of(root).by(path));
    room.sign_in("Reader 1");
    next(&mut room);
    room
}

fn next(room: &mut Sitting) {
    room.key(Key::Enter);
    room.until("one pane", |s| s.panes().len() == 1 && s.says("column") && !s.says("loading"));
    room.rest();
}

/// Name and rectangle of the one pane.
fn pane(room: &Sitting) -> (String, Rect) {
    room.panes().remove(0)
}

/// Where a pixel's centre is in a pane that shows all of the image.
fn screen(pane: Rect, column: f64, row: f64) -> egui::Pos2 {
    let spacing = (COLUMNS as f64 / f64::from(pane.width())).max(ROWS as f64 / f64::from(pane.height()));
    let middle = [COLUMNS as f64 / 2.0 - 0.5, ROWS as f64 / 2.0 - 0.5];
    let off = [(column - middle[0]) / spacing, (row - middle[1]) / spacing];
    pos2(pane.center().x + off[0] as f32, pane.center().y + off[1] as f32)
}

fn lock_by_keys(room: &mut Sitting) {
    room.key(Key::Enter);
    for key in [Key::Num5, Key::Num0, Key::Enter] {
        room.key(key);
    }
    room.until("nothing to do", |s| to_do(s).is_none());
    lock(room);
}

#[test]
fn colour_palette_and_frames_are_read_like_any_other_image() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = study(folder.path());
    let mut room = open(&root, RenderPath::Cpu);
    let (name, area) = pane(&room);
    // A moving picture begins at its first frame; nothing about a patient is said.
    assert_eq!(name, "images, image 1 of 6");
    for _ in 0..2 {
        room.key(Key::ArrowDown);
    }
    room.rest();
    let letters = ["A", "P", "R", "L", "H", "F"];
    assert!(!room.words().iter().any(|w| letters.contains(&w.as_str()) || w.contains(" mm") || w.contains("HU") || w.starts_with("W ")));
    let mut checked = 0;
    for (column, row) in [(3, 3), (12, 11), (44, 28), (20, 20)] {
        room.hover(screen(area, f64::from(column), f64::from(row)));
        let [r, g, b] = colour(column as usize, row as usize, 2);
        assert!(room.says(&format!("column {column}  row {row}")) && room.says(&format!("R {r}  G {g}  B {b}")), "{:?}", room.words());
        let at = screen(area, f64::from(column), f64::from(row));
        room.window.remove_cursor();
        room.step();
        let picture = room.pixels();
        let shown = picture.get_pixel(at.x as u32, at.y as u32).0;
        assert_eq!(shown[..3], [r, g, b], "the pixel on the screen at {column}, {row}");
        checked += 1;
    }
    // Keys, wheel and slider reach every frame.
    room.key(Key::ArrowDown);
    assert_eq!(pane(&room).0, "images, image 4 of 6");
    room.wheel(area.center(), -2, Modifiers::NONE);
    room.rest();
    assert_eq!(pane(&room).0, "images, image 2 of 6");
    let slider = |s: &Sitting| {
        s.nodes()
            .into_iter()
            .find(|n| n.accesskit_node().role() == Role::Slider && n.accesskit_node().label().as_deref() == Some("frame"))
            .map(|n| n.rect())
    };
    let bar = slider(&room).expect("a frame slider");
    room.click(pos2(bar.right() - 1.0, bar.center().y));
    assert_eq!(pane(&room).0, "images, image 6 of 6");
    // There are no planes to show, and it is said.
    room.key(Key::G);
    room.until_says("do not form a volume");
    // The moving picture goes round, and stops.
    room.key(Key::C);
    let mut seen = std::collections::BTreeSet::new();
    room.until("all six frames", |s| {
        seen.insert(pane(s).0);
        seen.len() == 6
    });
    room.key(Key::C);
    room.rest();

    // A mark lies on its frame and on no other.
    room.key(Key::Home);
    room.key(Key::M);
    room.click(screen(area, 20.0, 12.0));
    room.until_says("rate it");
    for key in [Key::Num7, Key::Num7] {
        room.key(key);
    }
    room.until("a rated mark", |s| !s.says("rate it"));
    // The number beside the ring; the list of marks is outside of the pane.
    let on_image = |s: &Sitting| s.texts_in(area, "1").iter().any(|t| t.text == "1");
    assert!(on_image(&room));
    room.key(Key::Escape);
    room.key(Key::ArrowDown);
    room.rest();
    assert!(!on_image(&room), "a mark on another frame");
    lock_by_keys(&mut room);

    // Palette: the stored value goes through the table.
    next(&mut room);
    room.hover(screen(area, 12.0, 11.0));
    let stored = 1 + 6u8;
    assert!(room.says(&format!("R {}  G {}  B {}", 255 - stored, stored * 5, stored * 9)), "{:?}", room.words());
    assert!(slider(&room).is_none(), "one image has no slider");
    lock_by_keys(&mut room);

    // Grey frames, each with a window of its own behind the study's presets.
    next(&mut room);
    assert_eq!(pane(&room).0, "images, image 3 of 5");
    // The study begins with the images' own windows; its preset is one key away, and so are they.
    assert!(room.says("W 20  C 70") && room.says("Window 1"), "{:?}", room.words());
    room.key(Key::Num1);
    room.rest();
    assert!(room.says("W 256  C 128") && room.says("all"));
    room.key(Key::Num2);
    room.rest();
    assert!(room.says("W 20  C 70") && room.says("Window 1"), "{:?}", room.words());
    room.key(Key::End);
    room.rest();
    assert!(room.says("W 20  C 90"), "the last frame's own window: {:?}", room.words());
    room.hover(screen(area, 12.0, 11.0));
    assert!(room.says(&format!("{}", 7 * 3 + 80)), "the stored value: {:?}", room.words());
    lock_by_keys(&mut room);

    // MONOCHROME1: low is white, and inverted it is black. Overlays are off until somebody asks.
    next(&mut room);
    room.key(Key::Num1);
    let level = |room: &mut Sitting, column: usize, row: usize| {
        room.window.remove_cursor();
        room.rest();
        let at = screen(area, column as f64, row as f64);
        room.pixels().get_pixel(at.x as u32, at.y as u32).0[..3].to_vec()
    };
    // LINEAR_EXACT over 256 values, before and after the inverse shape (PS3.3 C.11.2.1.3.2, C.11.6).
    let positive = |column, row| f64::from(negative(column, row)) / 256.0 * 255.0;
    let rounded = |level: f64| vec![(level + 0.5).floor() as u8; 3];
    for (column, row) in [(3, 3), (20, 12), (44, 28)] {
        assert_eq!(level(&mut room, column, row), rounded(255.0 - positive(column, row)), "{column}, {row}");
    }
    room.chord(Modifiers::SHIFT, Key::O);
    assert_eq!([level(&mut room, 20, 12), level(&mut room, 3, 3)], [vec![0xD5, 0xDA, 0xDF], rounded(255.0 - positive(3, 3))]);
    room.chord(Modifiers::SHIFT, Key::O);
    room.key(Key::I);
    assert!(room.says("inverted"));
    assert_eq!(level(&mut room, 20, 12), rounded(positive(20, 12)));
    room.key(Key::I);
    lock_by_keys(&mut room);
    drop(room);

    let record = wait_for_record(&root);
    let state = record.state(&ReaderId::new("reader-1").expect("a name"));
    let mark = state.locked()[0].marks().values().next().expect("a mark").clone();
    assert!(state.locked().len() == 4 && matches!(mark.shape, MarkShape::OnImage(_)), "{:?}", mark.shape);
    assert!((mark.anchor.column - 20.0).abs() < 0.2 && (mark.anchor.row - 12.0).abs() < 0.2, "{:?}", mark.anchor);
    drop(record);
    let out = folder.path().join("out");
    let arguments = ["export", root.to_str().expect("UTF-8"), "--format", "csv", "--out", out.to_str().expect("UTF-8")];
    let ran = tiresias(arguments).expect("it runs");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let marks = std::fs::read_to_string(out.join("kinds.marks.csv")).expect("marks");
    let row: Vec<&str> = marks.lines().nth(1).expect("a row").split(',').collect();
    let header: Vec<&str> = marks.lines().next().expect("a header").split(',').collect();
    let cell = |name: &str| row[header.iter().position(|h| *h == name).expect("a column")];
    assert_eq!([cell("x_mm"), cell("y_mm"), cell("z_mm"), cell("rating")], ["", "", "", "77"]);
    assert!(cell("column").starts_with("20") || cell("column").starts_with("19.9"), "{}", cell("column"));
    println!("{checked} pixels of colour, 6 frames, a palette and 5 windows read as they were written");
}

#[test]
fn gpu_bytes_equal_cpu_bytes_of_colour_in_the_window() {
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let [mut cpu, mut gpu] = [(RenderPath::Cpu, 0), (RenderPath::Gpu, 1)].map(|(path, i)| {
        let mut room = open(&study(folders[i].path()), path);
        room.key(Key::O);
        room
    });
    let (_, area) = pane(&cpu);
    let mut compared = 0;
    for (what, key, zoom) in
        [("as opened", None, 0), ("next frame", Some(Key::ArrowDown), 0), ("inverted", Some(Key::I), 0), ("zoomed", None, -5)]
    {
        let [a, b] = [&mut cpu, &mut gpu].map(|room| {
            if let Some(key) = key {
                room.key(key);
            }
            if zoom != 0 {
                room.wheel(area.center() + vec2(33.0, -17.0), zoom, Modifiers::COMMAND);
            }
            room.rest();
            room.window.remove_cursor();
            room.step();
            crop(&room.pixels(), area, room.scale())
        });
        assert_eq!(differing(&a, &b), 0, "{what}: bytes that differ between CPU and GPU");
        assert!(a.chunks_exact(3).any(|p| p[0] != p[1]), "{what}: there is colour");
        compared += a.len();
    }
    println!("{compared} bytes of colour compared, 0 differ");
}
