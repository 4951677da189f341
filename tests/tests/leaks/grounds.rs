//! What text is burned into: parts of real frames, and made-up ones where the larger collection is not there.
//!
//! Owns: which real frames serve, and four made-up grounds. Refuses: frames and parts of frames that the detector's weights were fitted on.

use crate::dice::Dice;
use crate::letters::Grey;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use tiresias_cases::{Codecs, read_folder};
use tiresias_tests::Walk;

/// Text is looked for on all of these.
pub(crate) const MODALITIES: [&str; 4] = ["CT", "MG", "US", "CR"];

/// A part of a real frame: file, column, row, columns, rows (0 is all) and how many times larger it is drawn.
const REAL: [(&str, &str, [u32; 4], u32); 9] = [
    ("CT", "series/ct_body_j2k/0276.dcm", [0; 4], 1),
    ("CT", "single/ct_explicit_le.dcm", [0; 4], 1),
    ("CT", "single/ct_j2k_pixelrep_mismatch.dcm", [0; 4], 1),
    ("MG", "single/mg_sigmoid_voilut.dcm", [1194, 1600, 1200, 1400], 1),
    ("US", "single/us_8f_jpeg_fragmented.dcm", [0; 4], 2),
    ("US", "single/us_gray.dcm", [150, 100, 720, 560], 1),
    ("US", "single/us_ybr422_jpeg_30f.dcm", [60, 30, 140, 120], 4),
    ("CR", "single/cr_mono1_j2k.dcm", [0; 4], 1),
    ("CR", "single/cr_modality_lut_mono1.dcm", [40, 640, 1900, 850], 1),
];

/// Grounds by modality, real ones first.
pub(crate) struct Grounds(Vec<(&'static str, Grey)>);

impl Grounds {
    pub(crate) fn load(dice: &mut Dice) -> Self {
        let mut walk = Walk::new();
        let mut all = Vec::new();
        for (modality, name, part, zoom) in REAL {
            if let Some(path) = walk.file(name) {
                all.push((modality, enlarged(&cut(&frame(&path), part), zoom)));
            }
        }
        walk.report("grounds for text");
        for modality in MODALITIES {
            all.push((modality, made_up(modality, dice)));
        }
        Self(all)
    }

    /// A part of a ground, at most 720 pixels a side, that is not all one grey.
    pub(crate) fn of(&self, modality: &str, dice: &mut Dice) -> Grey {
        let fitting: Vec<&Grey> = self.0.iter().filter(|(m, _)| *m == modality).map(|(_, g)| g).collect();
        loop {
            let whole = fitting[dice.next() as usize % fitting.len()];
            let size = whole.size.map(|n| n.min(720));
            let at = [0, 1].map(|i| dice.between(0, whole.size[i] - size[i]));
            let part = cut(whole, [at[0], at[1], size[0], size[1]]);
            let [low, high] = [part.values.iter().min(), part.values.iter().max()].map(|v| *v.expect("pixels"));
            if high - low > 60 {
                return part;
            }
        }
    }
}

/// The first frame of a file; of colour its grey.
fn frame(path: &Path) -> Grey {
    let folder = read_folder(path, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).expect("a file");
    let series = folder.series.first().expect("an image").image(0).expect("a frame");
    let (buffer, _) = series.load().expect("pixels");
    let size = series.image_size;
    let values = match buffer.slice(0) {
        Some(words) if !words.is_empty() => words.iter().map(|w| w.load(std::sync::atomic::Ordering::Relaxed)).collect(),
        _ => {
            let grey = |t: u32| {
                let [r, g, b, _] = t.to_le_bytes().map(u32::from);
                ((299 * r + 587 * g + 114 * b) / 1000) as u16
            };
            let texels = buffer.texel_slice(0).expect("colour");
            texels.iter().map(|t| grey(t.load(std::sync::atomic::Ordering::Relaxed))).collect()
        }
    };
    Grey { size, values }
}

fn cut(whole: &Grey, [x, y, w, h]: [u32; 4]) -> Grey {
    if w == 0 {
        return whole.clone();
    }
    let rows = (y..y + h).map(|row| &whole.values[(row * whole.size[0] + x) as usize..][..w as usize]);
    Grey { size: [w, h], values: rows.flatten().copied().collect() }
}

/// Drawn larger, straight between pixels, as machines show small images.
fn enlarged(small: &Grey, zoom: u32) -> Grey {
    let size = small.size.map(|n| (n - 1) * zoom);
    let value = |x: u32, y: u32| f32::from(small.values[(y * small.size[0] + x) as usize]);
    let mut values = Vec::new();
    for (x, y) in (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| (x, y))) {
        let ([i, j], [fx, fy]) = ([x / zoom, y / zoom], [x % zoom, y % zoom].map(|f| f as f32 / zoom as f32));
        let row = |j: u32| value(i, j) * (1.0 - fx) + value(i + 1, j) * fx;
        values.push((row(j) * (1.0 - fy) + row(j + 1) * fy) as u16);
    }
    Grey { size, values }
}

/// Noise in which neighbours resemble each other.
fn noise([columns, rows]: [u32; 2], dice: &mut Dice) -> Vec<f32> {
    let white: Vec<f32> = (0..columns * rows).map(|_| dice.normal() as f32).collect();
    let at = |x: i64, y: i64| white[(y.rem_euclid(i64::from(rows)) * i64::from(columns) + x.rem_euclid(i64::from(columns))) as usize];
    let around =
        |x: i64, y: i64| (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (dx, dy))).map(|(dx, dy)| at(x + dx, y + dy)).sum::<f32>() / 3.0;
    (0..i64::from(rows)).flat_map(|y| (0..i64::from(columns)).map(move |x| (x, y))).map(|(x, y)| around(x, y)).collect()
}

/// A picture with the greys of a modality: a body in air, a breast on black, a fan of speckle, a chest.
fn made_up(modality: &str, dice: &mut Dice) -> Grey {
    let size = [640, 560];
    let grain = noise(size, dice);
    let ellipse = |x: f32, y: f32, [cx, cy, rx, ry]: [f32; 4]| ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2);
    let value = |x: f32, y: f32, grain: f32| match modality {
        "CT" => match (ellipse(x, y, [320.0, 290.0, 270.0, 190.0]), ellipse(x, y, [320.0, 400.0, 45.0, 38.0])) {
            (_, spine) if spine < 1.0 => 1700.0 - 500.0 * spine + 25.0 * grain,
            (body, _) if (0.86..0.93).contains(&body) && ((x * 0.05).sin() > 0.2) => 1500.0 + 40.0 * grain,
            (body, _) if body < 1.0 => 1060.0 + 60.0 * (x * 0.02).sin() * (y * 0.03).cos() + 22.0 * grain,
            _ => 25.0 + 8.0 * grain,
        },
        "MG" => {
            let breast = ellipse(x, y, [640.0, 280.0, 430.0, 250.0]);
            if breast < 1.0 { 900.0 + 1500.0 * (1.0 - breast) + 300.0 * (x * 0.03 + (y * 0.05).sin()).sin() + 40.0 * grain } else { 0.0 }
        }
        "US" => {
            let (dx, dy) = (x - 320.0, y + 60.0);
            let (far, angle) = (dx.hypot(dy), dx.atan2(dy).abs());
            if angle < 0.7 && (110.0..590.0).contains(&far) { (grain * grain * (70.0 - far * 0.08)).min(210.0) } else { 0.0 }
        }
        _ => {
            let lungs = ellipse(x, y, [200.0, 280.0, 110.0, 190.0]).min(ellipse(x, y, [440.0, 280.0, 110.0, 190.0]));
            let ribs = 120.0 * ((y + 0.002 * (x - 320.0).powi(2)) * 0.11).sin().max(0.0);
            2600.0 + 0.8 * y - 1300.0 * (1.0 - lungs).max(0.0).sqrt() + ribs + 30.0 * grain
        }
    };
    let places = (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| (x as f32, y as f32)));
    let values = places.zip(grain.iter()).map(|((x, y), grain)| value(x, y, *grain).max(0.0) as u16).collect();
    Grey { size, values }
}
