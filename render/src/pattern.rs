//! A test pattern of exact grey levels: what a person looks at before trusting a screen.
//!
//! Owns its drawing, pixel by pixel, after what the TG18-QC pattern shows (AAPM On-line Report 3, 2005): a patch of 5 % on 0 %, one of 95 % on 100 %, line
//! pairs of one and of two pixels along both axes, a ramp of all 256 levels, and steps of an eighth. Refuses: text, and to be scaled.

use crate::GreyImage;

/// 50 %, the ground of the pattern.
const GROUND: u8 = 128;
/// 5 % and 95 % of 255, to the nearest level.
const PATCHES: [u8; 2] = [13, 242];
/// Width and height of the pattern.
pub const PATTERN: [u32; 2] = [880, 520];

/// A rectangle: column, row, columns, rows.
type Part = [u32; 4];

/// Where the two grounds of the patches are, black and white, and the patches within: each a rectangle of column, row, columns, rows.
const GROUNDS: [Part; 2] = [[30, 30, 180, 180], [670, 30, 180, 180]];
const INNER: [Part; 2] = [[85, 85, 70, 70], [725, 85, 70, 70]];
/// Line pairs: one pixel wide along rows and columns, then two.
const LINES: [Part; 4] = [[250, 30, 80, 80], [350, 30, 80, 80], [450, 130, 80, 80], [550, 130, 80, 80]];
const STEPS: Part = [30, 240, 820, 110];
/// The ramp: three columns a level and some.
const RAMP: Part = [30, 380, 820, 110];

/// Draws the pattern: [`PATTERN`] pixels, to be shown one to one.
#[must_use]
pub fn pattern() -> GreyImage {
    let [width, height] = PATTERN;
    let level = |x: u32, y: u32| {
        let within = |[left, top, w, h]: Part| (left..left + w).contains(&x) && (top..top + h).contains(&y);
        for ((ground, inner), (outer, patch)) in GROUNDS.into_iter().zip(INNER).zip([0, 255].into_iter().zip(PATCHES)) {
            if within(ground) {
                return if within(inner) { patch } else { outer };
            }
        }
        for (i, part) in (0_u32..).zip(LINES) {
            if within(part) {
                let (wide, at) = (1 + i / 2, if i % 2 == 0 { x - part[0] } else { y - part[1] });
                return if at / wide % 2 == 0 { 255 } else { 0 };
            }
        }
        if within(STEPS) {
            // Nine steps from 0 to 255.
            return ((x - STEPS[0]) * 9 / STEPS[2] * 255 / 8) as u8;
        }
        if within(RAMP) {
            return ((x - RAMP[0]) * 256 / RAMP[2]) as u8;
        }
        GROUND
    };
    let bytes = (0..height).flat_map(|y| (0..width).map(move |x| level(x, y))).collect();
    GreyImage { size: PATTERN, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_has_what_a_person_is_asked_about() {
        let drawn = pattern();
        let at = |x: u32, y: u32| drawn.bytes[(y * PATTERN[0] + x) as usize];
        assert_eq!(drawn.bytes.len(), (PATTERN[0] * PATTERN[1]) as usize);
        assert_eq!([at(0, 0), at(40, 40), at(120, 120), at(680, 40), at(760, 120)], [GROUND, 0, 13, 255, 242]);
        // 5 % and 95 % of the range to within half a level.
        assert!((f64::from(PATCHES[0]) - 0.05 * 255.0).abs() <= 0.5 && (f64::from(PATCHES[1]) - 0.95 * 255.0).abs() <= 0.5);
        let row: Vec<u8> = (250..256).map(|x| at(x, 60)).collect();
        let column: Vec<u8> = (130..138).map(|y| at(560, y)).collect();
        assert_eq!(row, [255, 0, 255, 0, 255, 0]);
        assert_eq!(column, [255, 255, 0, 0, 255, 255, 0, 0]);
        let ramp: Vec<u8> = (RAMP[0]..RAMP[0] + RAMP[2]).map(|x| at(x, 400)).collect();
        let mut levels = ramp.clone();
        levels.dedup();
        assert_eq!(levels, (0..=255).collect::<Vec<u8>>(), "every level once, in order");
        let mut steps: Vec<u8> = (STEPS[0]..STEPS[0] + STEPS[2]).map(|x| at(x, 300)).collect();
        steps.dedup();
        assert_eq!((steps.len(), steps.first(), steps.last()), (9, Some(&0), Some(&255)));
    }
}
