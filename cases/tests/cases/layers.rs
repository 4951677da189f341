//! Overlays, presentation states and supplemental colours, from files written here and from real ones.
//!
//! Hashes and counts of the real ones were made with pydicom 3.0.2 and numpy from the files' bytes, by none of this project's code.

use crate::support::{codecs, folder, shared};
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::Ordering;
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{Keep, Package, Packing, PresentationError, Series, Trust, UidKey, inspect, read_presentation_state};
use tiresias_words::{
    Graphic, GraphicKind, LutTable, ModalityLut, Overlay, OverlayKind, PresentationShape, PresentationTone, Role, SizeMode, Units, Voi,
    Window,
};

const IMAGE: &str = "1.2.826.0.1.3680043.10.511.1";

type Element = DataElement<InMemDicomObject>;

fn short(tag: Tag, v: u16) -> Element {
    DataElement::new(tag, VR::US, PrimitiveValue::from(v))
}
fn text(tag: Tag, vr: VR, s: &str) -> Element {
    DataElement::new(tag, vr, PrimitiveValue::Strs(s.split('\\').map(str::to_owned).collect()))
}
fn bytes(tag: Tag, v: Vec<u8>) -> Element {
    DataElement::new(tag, VR::OW, PrimitiveValue::U8(v.into()))
}
fn sequence(tag: Tag, items: Vec<Vec<Element>>) -> Element {
    let items: Vec<_> = items.into_iter().map(InMemDicomObject::from_element_iter).collect();
    DataElement::new(tag, VR::SQ, DataSetSequence::from(items))
}

fn write(path: &Path, class: &str, uid: &str, elements: Vec<Element>) {
    let own = [text(tags::SOP_CLASS_UID, VR::UI, class), text(tags::SOP_INSTANCE_UID, VR::UI, uid)];
    let object = InMemDicomObject::from_element_iter(own.into_iter().chain(elements));
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    object.with_meta(meta).unwrap().write_to_file(path).unwrap();
}

fn overlay(group: u16, size: [u16; 2], origin: [i16; 2], bits: [u16; 2]) -> Vec<Element> {
    vec![
        short(Tag(group, 0x10), size[0]),
        short(Tag(group, 0x11), size[1]),
        text(Tag(group, 0x40), VR::CS, "R"),
        DataElement::new(Tag(group, 0x50), VR::SS, PrimitiveValue::I16(origin.to_vec().into())),
        short(Tag(group, 0x100), bits[0]),
        short(Tag(group, 0x102), bits[1]),
    ]
}

/// Two frames of 4 x 2 pixels, 12 of 16 bits: 6000 in bit 15 of the pixels, 6002 with data for frame 2 alone, 6004 with too few.
fn image(path: &Path) {
    let pixels: Vec<u16> = (0..16u16).map(|i| (i * 100) | 0x1000 | if i % 5 == 0 { 0x8000 } else { 0 }).collect();
    let mut elements = vec![
        text(tags::MODALITY, VR::CS, "OT"),
        short(tags::SAMPLES_PER_PIXEL, 1),
        text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1"),
        text(tags::NUMBER_OF_FRAMES, VR::IS, "2"),
        short(tags::ROWS, 2),
        short(tags::COLUMNS, 4),
        short(tags::BITS_ALLOCATED, 16),
        short(tags::BITS_STORED, 12),
        short(tags::HIGH_BIT, 11),
        short(tags::PIXEL_REPRESENTATION, 0),
        text(tags::RESCALE_SLOPE, VR::DS, "3"),
        text(tags::RESCALE_INTERCEPT, VR::DS, "-9"),
        bytes(tags::PIXEL_DATA, pixels.iter().flat_map(|p| p.to_le_bytes()).collect()),
    ];
    elements.extend(overlay(0x6000, [2, 4], [1, 1], [16, 15]));
    elements.extend(overlay(0x6002, [2, 3], [0, 3], [1, 0]));
    elements.push(text(Tag(0x6002, 0x15), VR::IS, "1"));
    elements.push(short(Tag(0x6002, 0x51), 2));
    elements.push(bytes(Tag(0x6002, 0x3000), vec![0b10_0110, 0]));
    elements.extend(overlay(0x6004, [200, 300], [1, 1], [1, 0]));
    elements.push(bytes(Tag(0x6004, 0x3000), vec![0xFF; 8]));
    write(path, uids::SECONDARY_CAPTURE_IMAGE_STORAGE, IMAGE, elements);
}

fn references(frames: &str) -> Element {
    let uid = text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, IMAGE);
    sequence(tags::REFERENCED_IMAGE_SEQUENCE, vec![vec![uid, text(tags::REFERENCED_FRAME_NUMBER, VR::IS, frames)]])
}

/// For frame 2 of the image: a window, a turn, a part, a circle, the image's overlays 6000 and 6006, and one of its own.
fn state(path: &Path) {
    let points = DataElement::new(tags::GRAPHIC_DATA, VR::FL, PrimitiveValue::F32([1.0, 1.0, 2.0, 1.0].as_slice().into()));
    let circle = vec![
        text(tags::GRAPHIC_ANNOTATION_UNITS, VR::CS, "PIXEL"),
        short(tags::GRAPHIC_DIMENSIONS, 2),
        short(tags::NUMBER_OF_GRAPHIC_POINTS, 2),
        points,
        text(tags::GRAPHIC_TYPE, VR::CS, "CIRCLE"),
        text(tags::GRAPHIC_FILLED, VR::CS, "Y"),
    ];
    let corner = |tag, v: [i32; 2]| DataElement::new(tag, VR::SL, PrimitiveValue::I32(v.as_slice().into()));
    let mut elements = vec![
        sequence(tags::REFERENCED_SERIES_SEQUENCE, vec![vec![references("2")]]),
        sequence(
            tags::SOFTCOPY_VOILUT_SEQUENCE,
            vec![vec![references("2"), text(tags::WINDOW_CENTER, VR::DS, "50\\1"), text(tags::WINDOW_WIDTH, VR::DS, "80\\2")]],
        ),
        text(tags::PRESENTATION_LUT_SHAPE, VR::CS, "IDENTITY"),
        short(tags::IMAGE_ROTATION, 90),
        text(tags::IMAGE_HORIZONTAL_FLIP, VR::CS, "Y"),
        sequence(
            tags::DISPLAYED_AREA_SELECTION_SEQUENCE,
            vec![vec![
                corner(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, [4, 2]),
                corner(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER, [2, 1]),
                text(tags::PRESENTATION_SIZE_MODE, VR::CS, "SCALE TO FIT"),
            ]],
        ),
        sequence(tags::GRAPHIC_ANNOTATION_SEQUENCE, vec![vec![sequence(tags::GRAPHIC_OBJECT_SEQUENCE, vec![circle])]]),
    ];
    for group in [0x6000, 0x6006, 0x6008] {
        elements.push(text(Tag(group, 0x1001), VR::CS, "LAYER"));
    }
    elements.extend(overlay(0x6008, [1, 2], [1, 1], [1, 0]));
    elements.push(bytes(Tag(0x6008, 0x3000), vec![0b10, 0]));
    write(path, uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE, "1.2.826.0.1.3680043.10.511.2", elements);
}

fn places(lit: &[bool]) -> Vec<usize> {
    lit.iter().enumerate().filter(|(_, l)| **l).map(|(i, _)| i).collect()
}
fn only(path: &Path) -> Series {
    let mut f = folder(path);
    assert_eq!(f.series.len(), 1, "{:?}", f.refused);
    f.series.swap_remove(0)
}
fn hex(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}
fn bits(lit: &[bool]) -> Vec<u8> {
    lit.iter().map(|l| u8::from(*l)).collect()
}

#[test]
fn overlays_are_read_when_they_are_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image.dcm");
    image(&path);
    let series = only(&path);
    let [warning] = series.warnings() else { panic!("{:?}", series.warnings()) };
    assert_eq!(warning, "overlay 6004 is left out: it says that it is 300 x 200 pixels, and has 8 of the 7500 bytes for them");
    // What lies in the pixels' upper bits is no part of their values.
    let words: Vec<u16> = series.load().unwrap().0.words().iter().map(|w| w.load(Ordering::Relaxed)).collect();
    assert_eq!(words, (0..16).map(|i| i * 100).collect::<Vec<u16>>());
    assert_eq!((series.overlay_groups(0), series.overlay_groups(1)), (vec![0x6000], vec![0x6000, 0x6002]));
    let first = series.overlays(0).unwrap();
    assert_eq!((first.len(), first[0].size, first[0].kind, places(&first[0].lit)), (1, [4, 2], OverlayKind::Region, vec![0, 5]));
    let second = series.overlays(1).unwrap();
    assert_eq!((places(&second[0].lit), places(&second[1].lit)), (vec![2, 7], vec![1, 2, 5]));
    assert_eq!((second[1].size, second[1].origin), ([3, 2], [2, -1]));
    assert!(series.overlays(2).is_err());
}

#[test]
fn a_state_says_how_its_image_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let (path, state_path) = (dir.path().join("image.dcm"), dir.path().join("state.dcm"));
    image(&path);
    state(&state_path);
    let series = only(&path);
    let state = read_presentation_state(&state_path, &codecs()).unwrap();
    assert!(matches!(state.for_image(&series, 0), Err(PresentationError::OtherImage)));
    assert!(matches!(state.for_image(&series, 2), Err(PresentationError::Image(_))));
    let p = state.for_image(&series, 1).unwrap();
    // Nothing of the image's own grey scale is left: not its rescale, not its MONOCHROME1 (PS3.4 N.2).
    assert_eq!((p.modality, p.voi), (ModalityLut::IDENTITY, Voi::Linear(Window::new(50.0, 80.0).unwrap())));
    let a = p.arrangement;
    assert_eq!((p.tone, a.quarter_turns, a.flip), (PresentationTone::Shape(PresentationShape::Identity), 1, true));
    let area = a.area.unwrap();
    assert_eq!((area.first, area.size, area.mode), ([1, 0], [3, 2], SizeMode::ScaleToFit));
    let circle = Graphic { kind: GraphicKind::Circle, units: Units::Pixel, points: vec![[1.0, 1.0], [2.0, 1.0]], filled: true };
    assert_eq!((a.graphics, p.texts.len()), (vec![circle], 0));
    let shown: Vec<_> = a.overlays.iter().map(|o| (o.group, places(&o.lit))).collect();
    assert_eq!(shown, [(0x6000, vec![2, 7]), (0x6008, vec![1])]);
    assert_eq!(p.warnings, ["overlay 6006 is to be shown, and neither the presentation state nor the image holds it"]);
    let seen = serde_json::to_value(inspect(&state_path, false, &codecs()).unwrap()).unwrap();
    let summary = &seen["objects"][0]["summary"];
    assert_eq!((&summary["voi"][0], &summary["rotation_degrees"], &summary["graphics"]), (&"LINEAR".into(), &90.into(), &1.into()));
    assert!(!summary.to_string().contains(IMAGE));
    assert!(read_presentation_state(&path, &codecs()).is_err());
}

/// Overlays travel only when somebody says so; then they are the same bits, and as safe from change as the pixels.
#[test]
fn a_package_holds_overlays_when_it_is_told_to() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("image.dcm");
    image(&path);
    let source = only(&path);
    let packed = |keep, name: &str| {
        let place = dir.path().join(name);
        Packing { keep, ..Packing::new(&[(Role::current(), &source)], &UidKey::new([1; 32])) }
            .pack(&place, &mut |_| ControlFlow::Continue(()))
            .unwrap();
        Package::open(&place, &Trust::Unsigned).unwrap().into_series().remove(0)
    };
    let (without, with) = (packed(Keep::Pixels, "without"), packed(Keep::PixelsAndOverlays, "with"));
    for frame in 0..2 {
        assert_eq!(without.overlays(frame).unwrap(), []);
        assert!((without.has_overlays(), with.has_overlays()) == (false, true));
        let numbered_anew = source.overlays(frame).unwrap().into_iter().zip([0x6000, 0x6002]);
        assert_eq!(with.overlays(frame).unwrap(), numbered_anew.map(|(o, group)| Overlay { group, ..o }).collect::<Vec<_>>());
    }
    for file in std::fs::read_dir(dir.path().join("with")).unwrap().map(|f| f.unwrap().path()) {
        let mut bytes = std::fs::read(&file).unwrap();
        if let Some(last) = bytes.last_mut().filter(|_| file.extension().is_some_and(|e| e == "dcm")) {
            *last ^= 1;
            std::fs::write(file, bytes).unwrap();
        }
    }
    assert!(with.overlays(0).is_err() && with.overlays(1).is_err());
}

#[test]
fn a_package_knows_no_presentation_state() {
    let dir = tempfile::tempdir().unwrap();
    let state_path = dir.path().join("state.dcm");
    state(&state_path);
    let source = dir.path().join("source");
    build_cases(&Background::shipped().unwrap(), 7, 1).unwrap().next().unwrap().write_dicom(&source).unwrap();
    Packing::new(&[(Role::current(), &only(&source))], &UidKey::new([1; 32]))
        .pack(&dir.path().join("package"), &mut |_| ControlFlow::Continue(()))
        .unwrap();
    let package = Package::open(&dir.path().join("package"), &Trust::Unsigned).unwrap();
    let series = &package.series()[0];
    let refused = read_presentation_state(&state_path, &codecs()).unwrap().for_image(series, 0);
    assert!(matches!(refused, Err(PresentationError::Packed)));
    assert_eq!((series.overlays(0).unwrap().len(), series.supplemental_colours(0).unwrap()), (0, None));
}

proptest! {
    /// Damage anywhere in either file is told or harmless.
    #[test]
    fn damaged_layers_are_no_surprise(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5), which in any::<bool>()) {
        let dir = tempfile::tempdir().unwrap();
        let (path, state_path) = (dir.path().join("image.dcm"), dir.path().join("state.dcm"));
        image(&path);
        state(&state_path);
        let damaged = if which { &path } else { &state_path };
        let mut bytes = std::fs::read(damaged).unwrap();
        for (at, with) in flips {
            // Behind the preamble, which nobody reads.
            let at = 132 + at.index(bytes.len() - 132);
            bytes[at] = with;
        }
        std::fs::write(damaged, bytes).unwrap();
        let seen = serde_json::to_value(inspect(dir.path(), false, &codecs()).unwrap()).unwrap();
        prop_assert_eq!(["series", "objects", "refused"].iter().map(|l| seen[*l].as_array().unwrap().len()).sum::<usize>(), 2);
        for series in folder(dir.path()).series {
            for slice in 0..series.len().min(3) {
                let _ = (series.overlays(slice), series.supplemental_colours(slice));
                if let Ok(state) = read_presentation_state(&state_path, &codecs()) {
                    let _ = state.for_image(&series, slice);
                }
            }
        }
    }
}

#[test]
fn overlays_of_real_files() {
    let expected = [
        ("single/mr_overlay_two_windows.dcm", 222, "e71eac1bb818cffd38a434bbb97d8435a8aa2cf27a92c7008010ed04d466c211"),
        ("single/derived_ct_overlay_in_bits.dcm", 1500, "61ce7b133b14c32fb1fa52dffe700f321b2a62d5436df821417153f192b60a18"),
    ];
    for (name, lit, hash) in expected {
        let Some(path) = shared(name) else { return };
        let overlays = only(&path).overlays(0).unwrap();
        assert_eq!((overlays.len(), places(&overlays[0].lit).len(), hex(bits(&overlays[0].lit)).as_str()), (1, lit, hash), "{name}");
    }
    let Some(huge) = shared("bad/overlay_huge.dcm") else { return };
    let series = only(&huge);
    assert!(series.warnings().iter().any(|w| w.starts_with("overlay 6000 is left out: it is 60000 x 60000")), "{:?}", series.warnings());
    assert!(series.overlays(0).unwrap().is_empty());
}

#[test]
fn real_presentation_states() {
    let Some(dir) = shared("ai/gsps") else { return };
    let of = |state: &str, image: &str| {
        let series = only(&dir.join(image));
        let state = read_presentation_state(&dir.join(state), &codecs()).unwrap();
        (state.for_image(&series, 0), series)
    };
    // Six overlays: two in the pixels, two with data in the image, two in the state; no window, so all of 12 bits.
    let (six, _) = of("gsps_overlay.dcm", "image_for_gsps_overlay.dcm");
    let six = six.unwrap();
    assert_eq!(six.arrangement.overlays.iter().map(|o| places(&o.lit).len()).collect::<Vec<_>>(), [532, 537, 603, 606, 680, 680]);
    let all: Vec<u8> = six.arrangement.overlays.iter().flat_map(|o| bits(&o.lit)).collect();
    assert_eq!(hex(all), "a6422bf64dc3efbdefc0fd500cfd285cdd10633c4f601a096b4e9605f39cc18d");
    assert_eq!(six.voi, Voi::LinearExact(Window::new(2047.5, 4095.0).unwrap()));
    // Three tables of 256 entries one behind the other.
    let (scrambled, series) = of("gsps_luts.dcm", "image_for_gsps_luts.dcm");
    let scrambled = scrambled.unwrap();
    let (ModalityLut::Table(modality), Voi::Table(voi), PresentationTone::Lut(tone)) = (scrambled.modality, scrambled.voi, scrambled.tone)
    else {
        panic!("not three tables");
    };
    let through = |t: &LutTable, v: u16| t.look_up(i64::from(v));
    let shown = |v: u16| through(&tone, through(&voi, through(&modality, v))) as u8;
    let words = series.load().unwrap().0;
    let picture: Vec<u8> = words.words().iter().map(|w| shown(w.load(Ordering::Relaxed))).collect();
    assert_eq!(hex(picture), "546af9b48beb3872e7a9e0622b8b5c0579027de1a4ba5e34daffd2ab222bf83a");
    assert!(matches!(of("gsps_luts.dcm", "image_for_gsps_overlay.dcm").0, Err(PresentationError::OtherImage)));
}

#[test]
fn a_real_annotation_is_for_one_slice() {
    let (Some(series), Some(path)) = (shared("series/ct_chest"), shared("ai/ct_chest_ai/gsps_annotation.dcm")) else { return };
    let series = only(&series);
    let state = read_presentation_state(&path, &codecs()).unwrap();
    let found: Vec<_> = (0..series.len()).filter_map(|i| state.for_image(&series, i).ok()).collect();
    let [p] = found.as_slice() else { panic!("{} images", found.len()) };
    assert_eq!(p.modality, ModalityLut::Rescale { slope: 1.0, intercept: -1000.0 });
    assert_eq!(p.voi, Voi::Linear(Window::new(-600.0, 1500.0).unwrap()));
    let [line] = p.arrangement.graphics.as_slice() else { panic!("{:?}", p.arrangement.graphics) };
    let corner = f64::from(172.08f32);
    assert_eq!((line.kind, line.units, line.points.len(), line.points[0]), (GraphicKind::Polyline, Units::Pixel, 33, [corner, 292.0]));
    assert_eq!((p.texts.len(), p.texts[0].anchor, p.texts[0].words()), (1, Some((Units::Pixel, [180.0, 270.0])), "AI 87%"));
    assert!(!format!("{p:?} {state:?}").contains("AI 87"));
}

#[test]
fn real_supplemental_colours() {
    let Some(path) = shared("single/ect_2f_supplemental_palette.dcm") else { return };
    let series = only(&path);
    assert!(series.warnings().iter().any(|w| w.contains("supplemental colours")));
    let expected = [
        (84_268, "74d2be1bd1bfeef250f48890d7be98f280904c1c95391620622610f4ff003f2a"),
        (78_636, "9790390f52f133420472550694347572f43488af21707c0ca452002d9def2f7f"),
    ];
    for (frame, (count, hash)) in expected.into_iter().enumerate() {
        let colours = series.supplemental_colours(series.place_of_frame(frame).unwrap()).unwrap().unwrap();
        assert_eq!(colours.iter().flatten().count(), count);
        let all: Vec<u8> = colours.iter().flat_map(|c| c.unwrap_or([0; 3])).collect();
        assert_eq!(hex(all), hash, "frame {frame}");
    }
}
