//! Wrong questions are refused in one sentence, and documents have the fields that are promised.

use crate::collection::{document, is_hash, text};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tiresias_tests::data;
use tiresias_tests::run::tiresias;

/// The pixels of the travelling single files: 256 x 256 words at the end of the file.
const PIXELS: usize = 256 * 256 * 2;

/// A command is refused in one sentence that holds a word.
fn refused(arguments: &[&str], word: &str) {
    let ran = tiresias(arguments).unwrap();
    let sentence = ran.sentence(2).unwrap_or_else(|e| panic!("{arguments:?}: {e}"));
    assert!(sentence.to_lowercase().contains(word), "{arguments:?} is refused without {word:?}: {sentence}");
}

/// An image whose values are all padding.
fn all_padding(to: &Path) {
    let mut bytes = fs::read(data("single/derived_ct_padding_range.dcm").unwrap()).unwrap();
    let start = bytes.len() - PIXELS;
    let header = start - 12;
    assert_eq!((&bytes[header..header + 4], &bytes[header + 8..start]), (&[0xe0, 0x7f, 0x10, 0][..], &(PIXELS as u32).to_le_bytes()[..]));
    // Pixel Padding Value (0028,0120) US, explicit little endian.
    let at = bytes.windows(8).position(|b| b == [0x28, 0, 0x20, 1, b'U', b'S', 2, 0]).expect("a padding value");
    let padding = [bytes[at + 8], bytes[at + 9]];
    bytes[start..].as_chunks_mut().0.fill(padding);
    fs::write(to, bytes).unwrap();
}

#[test]
fn render_refuses_windows_that_are_not_there() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("picture.png");
    let padded = scratch.path().join("padded.dcm");
    all_padding(&padded);
    let [three, table, grey] =
        ["single/derived_ct_three_windows.dcm", "single/derived_ct_voilut_12bit_neg_first.dcm", "single/derived_ct_no_window.dcm"]
            .map(|name| data(name).unwrap());
    for (file, voi, word) in [
        (&three, "9", "3 windows"),
        (&three, "3", "3 windows"),
        (&three, "lut0", "0 tables"),
        (&three, "-1", "-1"),
        (&three, "soft", "soft"),
        (&three, "lut", "lut"),
        (&three, "", "window"),
        (&table, "lut1", "1 table"),
        (&table, "99999999999999999999", "window"),
        (&grey, "0", "0 windows"),
        (&padded, "minmax", "padding"),
    ] {
        refused(&["render", text(file), "--out", text(&out), &format!("--voi={voi}")], word);
        assert!(!out.exists(), "{voi}: a picture is left behind");
    }
    for (frame, word) in [("1", "frame 1"), ("-1", "-1"), ("18446744073709551615", "frame")] {
        refused(&["render", text(&three), "--out", text(&out), &format!("--frame={frame}")], word);
    }
    refused(&["render", text(&three), "--out", text(&out), "--window=40,400", "--voi=0"], "--voi");
    for window in ["40,0", "40,-1", "40", "nan,400", "40,inf", "40,400,GAMMA"] {
        refused(&["render", text(&three), "--out", text(&out), &format!("--window={window}")], "window");
    }
    // What is refused is refused for its own sake: the same files are drawn when asked rightly.
    for (file, voi) in [(&three, "2"), (&three, "minmax"), (&table, "lut0"), (&grey, "minmax")] {
        tiresias(["render", text(file), "--out", text(&out), "--voi", voi]).unwrap().done().unwrap();
        fs::remove_file(&out).unwrap();
    }
}

#[test]
fn colour_has_no_window() {
    let Some(colour) = data("single/us_rgb.dcm") else { return };
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("picture.png");
    for voi in ["0", "minmax", "lut0"] {
        refused(&["render", text(&colour), "--out", text(&out), "--voi", voi], "colour");
    }
    tiresias(["render", text(&colour), "--out", text(&out)]).unwrap().done().unwrap();
}

#[test]
fn measure_refuses_shapes_that_are_none() {
    let (file, series) = (data("single/derived_ct_linear.dcm").unwrap(), data("series/ct_chest").unwrap());
    for (shape, word) in [
        ("banana:0,0@0:1,1@0", "banana"),
        ("length:0,0@0", "length"),
        ("length:0,0@0:1,1@0:2,2@0", "length"),
        ("angle:0,0@0:1,1@0", "angle"),
        ("rect:0,0@0", "rect"),
        ("polygon:0,0@0:1,1@0", "polygon"),
        ("circle:0,0@0", "circle"),
        ("circle:0,0@0:0", "circle"),
        ("circle:0,0@0:-5", "circle"),
        ("circle:0,0@0:inf", "circle"),
        ("length:nan,0@0:1,1@0", "length"),
        ("length:0@0:1,1@0", "length"),
        ("length:0,0@-1:1,1@0", "length"),
        ("length:0,0,0,0:1,1@0", "length"),
        ("", "shape"),
    ] {
        refused(&["measure", text(&file), "--json", shape], word);
    }
    for (place, shape, word) in [
        (&file, "rect:0,0@1:5,5@1", "image 1"),
        (&series, "rect:0,0@48:5,5@48", "image 48"),
        (&series, "rect:0,0@0:5,5@1", "images"),
        (&series, "circle:9999,9999,9999:10", "volume|image|inside|outside"),
        (&series, "rect:9000,9000@0:9005,9005@0", "pixel|image|inside|outside"),
        (&series, "polygon:10,10@3:20,10@3:20,20@4", "images"),
    ] {
        let ran = tiresias(["measure", text(place), "--json", shape]).unwrap();
        let sentence = ran.sentence(2).unwrap_or_else(|e| panic!("{shape}: {e}"));
        assert!(word.split('|').any(|word| sentence.contains(word)), "{shape} is refused without {word:?}: {sentence}");
    }
    // A right one beside a wrong one does not help, and by itself it is measured.
    refused(&["measure", text(&series), "--json", "rect:0,0@0:5,5@0", "rect:0,0@48:5,5@48"], "image 48");
    document(&["measure", text(&series), "--json", "rect:0,0@0:5,5@0"]).unwrap().0.done().unwrap();
}

/// Fields of notes on `--json` that a value must have, whatever they hold.
fn has(value: &Value, fields: &[&str]) {
    let map = value.as_object().unwrap_or_else(|| panic!("not an object: {value}"));
    let missing: Vec<_> = fields.iter().filter(|field| !map.contains_key(**field)).collect();
    assert!(missing.is_empty(), "{missing:?} are missing in {value}");
}

#[test]
fn inspect_has_the_fields_of_its_document() {
    const SERIES: [&str; 12] = [
        "modality",
        "transfer_syntax",
        "photometric",
        "rows",
        "columns",
        "frames",
        "bits",
        "windows",
        "voi_luts",
        "geometry",
        "warnings",
        "files",
    ];
    const GEOMETRY: [&str; 9] = ["verdict", "reason", "tilt_degrees", "spacing_mm", "gaps", "origin", "row_dir", "col_dir", "slice_dir"];
    for name in ["series/ct_chest", "single/derived_ct_three_windows.dcm", "single/derived_ct_voilut_12bit_neg_first.dcm", "ai", "single"] {
        let Some(path) = data(name) else { continue };
        for with_pixels in [false, true] {
            let mut arguments = vec!["inspect", text(&path), "--json"];
            arguments.extend(with_pixels.then_some("--pixels"));
            let (ran, said) = document(&arguments).unwrap();
            ran.done().unwrap();
            has(&said, &["path", "series", "objects", "refused"]);
            for series in said["series"].as_array().unwrap() {
                has(series, &SERIES);
                has(&series["bits"], &["allocated", "stored", "signed"]);
                has(&series["geometry"], &GEOMETRY);
                let windows = series["windows"].as_array().unwrap();
                windows.iter().for_each(|window| has(window, &["center", "width", "function", "explanation"]));
                for file in series["files"].as_array().unwrap() {
                    has(file, &["path", "frames"]);
                    let frames = file["frames"].as_array().unwrap();
                    let hashes = frames.iter().filter(|frame| frame["sha256_int32le"].as_str().is_some_and(is_hash)).count();
                    assert!(if with_pixels { hashes == frames.len() && hashes > 0 } else { hashes == 0 }, "{file}");
                }
            }
            said["objects"].as_array().unwrap().iter().for_each(|object| has(object, &["path", "kind", "summary"]));
            said["refused"].as_array().unwrap().iter().for_each(|refused| has(refused, &["path", "reason"]));
        }
    }
    let window = |name: &str| document(&["inspect", text(&data(name).unwrap()), "--json"]).unwrap().1["series"][0].clone();
    assert_eq!(window("single/derived_ct_three_windows.dcm")["windows"].as_array().unwrap().len(), 3);
    assert_eq!(window("single/derived_ct_voilut_12bit_neg_first.dcm")["voi_luts"], 1);
    assert_eq!(window("single/derived_ct_sigmoid.dcm")["windows"][0]["function"], "SIGMOID");
}

#[test]
fn probe_and_measure_have_the_fields_of_their_documents() {
    let series = data("series/ct_chest").unwrap();
    let (ran, said) = document(&["probe", text(&series), "--at=-10,100,-510", "--at=9999,0,0", "--json"]).unwrap();
    ran.done().unwrap();
    let [inside, outside] = said["points"].as_array().unwrap().as_slice() else { panic!("not two points: {said}") };
    [inside, outside].into_iter().for_each(|point| has(point, &["xyz", "value", "unit", "inside"]));
    assert_eq!((&inside["inside"], &inside["unit"], &outside["value"]), (&true.into(), &"HU".into(), &Value::Null));
    let (ran, said) =
        document(&["measure", text(&series), "--json", "length:0,0@3:3,4@3", "circle:256,256@3:10", "angle:0,0@3:5,0@3:5,5@3"]).unwrap();
    ran.done().unwrap();
    let [length, circle, angle] = said["shapes"].as_array().unwrap().as_slice() else { panic!("not three shapes: {said}") };
    [length, circle, angle].into_iter().for_each(|shape| has(shape, &["length_mm", "unit", "mean", "sd", "min", "max", "n"]));
    // 5 pixels of 0.78125 mm, and a right angle.
    assert!((length["length_mm"].as_f64().unwrap() - 3.90625).abs() < 1e-9 && length["mean"].is_null(), "{length}");
    assert!(circle["length_mm"].is_null() && circle["n"].as_u64().is_some_and(|n| n == 509), "{circle}");
    assert!((angle["angle_degrees"].as_f64().unwrap() - 90.0).abs() < 1e-9, "{angle}");
}

/// The document's own description writes the option last.
#[test]
fn json_may_be_asked_for_after_the_shapes() {
    let series = data("series/ct_chest").unwrap();
    let before = document(&["measure", text(&series), "--json", "length:0,0@3:3,4@3"]).unwrap().1;
    let after = document(&["measure", text(&series), "length:0,0@3:3,4@3", "--json"]).unwrap();
    after.0.done().unwrap();
    assert_eq!(before, after.1);
}
