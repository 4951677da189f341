//! Whether a line of components is text: a weighted sum of what its members have in common.
//!
//! Owns: the weights. They were fitted once (logistic regression; each sign held to what it must be) to 480 lines of text in the project's own fonts and
//! DejaVu, 8 to 40 pixels high, black, white and grey, smooth and jagged, with rims and boxes, some of them through JPEG or another size, on chest CT, sagittal MR,
//! a chest radiograph, half a mammogram, Doppler ultrasound and speckle, against 382 images without text, 90 of them with made-up scales, dashes, grey bars and lead
//! markers, 48 of them noise on a slope. No font, no frame and no seed of the tests was among them.

use super::lines::{Features, Line};

/// From this score on a line is text.
pub(super) const SURE: f64 = 0.5;

/// How sure it is that a line is text, from 0 to 1.
pub(super) fn score(line: &Line) -> f64 {
    1.0 / (1.0 + (-f64::from(weighed(&line.features))).exp())
}

fn weighed(f: &Features) -> f32 {
    // The number of letters and looks tells less and less beyond a word's.
    2.352 * f.letters.clamp(3.0, 12.0).ln()
        + 1.415 * f.height.ln()
        + 10.73 * f.sharp.clamp(0.2, 1.0)
        - 17.51 * f.uneven.clamp(0.0, 0.5)
        - 6.401 * f.around.clamp(0.0, 1.0)
        + 0.623 * f.contrast.clamp(16.0, 255.0).ln()
        - 15.11 * f.grey_spread.clamp(0.0, 0.3)
        - 0.02581 * f.stroke.clamp(0.0, 0.5)
        // Strokes are about a seventh of the height in most fonts.
        - 37.72 * (f.stroke - 0.15).abs().min(0.3)
        - 4.249 * f.stroke_spread.clamp(0.0, 0.6)
        + 4.233 * f.on_base
        + 6.886 * f.formed
        - 4.33 * f.alike
        - 5.203 * f.filled
        - 5.492 * f.gap_spread.clamp(0.0, 0.6)
        + 4.742 * f.looks.clamp(1.0, 8.0).ln()
        - 8.965 * f.clutter
        - 24.53
}
