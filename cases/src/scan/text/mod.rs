//! Burned-in text: where in an image letters stand, by their shape alone.
//!
//! Owns: pixels in, boxes with a score out. Letters that a machine or a person burned in are drawn: even in grey, sharp at the edge, of strokes of one width,
//! and they stand in lines of equal height. Anatomy is none of that for long. Components at many grey levels, brighter and darker than what is around them,
//! are measured one by one ([`components`]), put together as lines ([`lines`]), and a line is judged by what its letters have in common ([`judge`]).
//! Lines run along rows or, turned by 90 degrees, along columns.
//!
//! Tolerated, so that side and view stay where a technologist put them: what has fewer than three letters, such as the lead markers R and L. A longer view
//! marker (RCC, LMLO, PA) cannot be told from initials by its shape and is found like any other text: a person decides.
//!
//! Refuses: to read. No letter is recognised, nothing is blanked.

mod components;
mod judge;
mod lines;

use components::Ink;
use lines::Line;

/// Letters are looked for between these heights, pixels. Small letters of a line of 8 are 6 high.
const HEIGHT: [u32; 2] = [5, 72];

/// A place in an image where text was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TextBox {
    /// Column, row, columns, rows.
    pub(super) rect: [u32; 4],
    /// How sure it is, from 0 to 1.
    pub(super) score: f64,
}

/// Finds the lines of text in an image of [columns, rows] grey values, rows from the top. Boxes do not overlap by more than half; the surest come first.
pub(super) fn find_text(size: [u32; 2], values: &[u16]) -> Vec<TextBox> {
    let mut found = Vec::new();
    each_line(size, values, &mut |line| {
        let score = judge::score(line);
        if score >= judge::SURE {
            found.push(TextBox { rect: line.rect(), score });
        }
    });
    distinct(found)
}

/// Shows each line of letter-like components to `see`.
fn each_line(size: [u32; 2], values: &[u16], see: &mut dyn FnMut(&Line)) {
    if size.contains(&0) || values.len() as u64 != u64::from(size[0]) * u64::from(size[1]) {
        return;
    }
    let mut cut = components::Cut::default();
    for tone in tones(values) {
        let image = components::Grey { size, values: &tone };
        for level in LEVELS {
            cut.at(&image, level);
            for ink in [Ink::Bright, Ink::Dark] {
                let found = cut.find(&image, ink, level, HEIGHT);
                lines::group(&found, &|rect| components::inked(&image, ink, level, rect), see);
            }
        }
    }
}

/// Grey levels at which an image is cut. Between the text and what is around it lies at least one of them where the two differ by an eighth of the range.
const LEVELS: [u8; 9] = [14, 30, 56, 84, 112, 140, 172, 204, 236];

/// The image in 8 bits: from its lowest value to its highest, and once more from the value that 2 % are below to the one that 2 % are above, where that is
/// another picture. Text is often drawn far beyond the values of the image, or amid them.
fn tones(values: &[u16]) -> Vec<Vec<u8>> {
    let mut counts = vec![0_u32; 1 << 16];
    values.iter().for_each(|v| counts[usize::from(*v)] += 1);
    let at = |share: f64| {
        let wanted = (share * values.len() as f64) as u64;
        let mut below = 0_u64;
        counts.iter().position(|n| {
            below += u64::from(*n);
            below > wanted
        })
    };
    let lowest = counts.iter().position(|n| *n > 0).unwrap_or(0);
    let highest = counts.iter().rposition(|n| *n > 0).unwrap_or(0);
    let (low, high) = (at(0.02).unwrap_or(lowest), at(0.98).unwrap_or(highest));
    let tone = |low: usize, high: usize| {
        let table: Vec<u8> = (0..1 << 16).map(|v: usize| (v.clamp(low, high) - low) * 255 / (high - low).max(1)).map(|v| v as u8).collect();
        values.iter().map(|v| table[usize::from(*v)]).collect()
    };
    if highest == lowest {
        return Vec::new();
    }
    let is_other = high > low && (highest - lowest) * 3 > (high - low) * 4;
    let mut tones = vec![tone(lowest, highest)];
    tones.extend(is_other.then(|| tone(low, high)));
    tones
}

/// The boxes without those that lie on a surer one.
pub(super) fn distinct(mut boxes: Vec<TextBox>) -> Vec<TextBox> {
    boxes.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.rect.cmp(&b.rect)));
    let mut kept: Vec<TextBox> = Vec::new();
    for one in boxes {
        if kept.iter().all(|k| shared(k.rect, one.rect) * 2 <= area(k.rect).min(area(one.rect))) {
            kept.push(one);
        }
    }
    kept
}

fn area([_, _, w, h]: [u32; 4]) -> u64 {
    u64::from(w) * u64::from(h)
}

fn shared(a: [u32; 4], b: [u32; 4]) -> u64 {
    let along = |i: usize| (a[i] + a[i + 2]).min(b[i] + b[i + 2]).saturating_sub(a[i].max(b[i]));
    u64::from(along(0)) * u64::from(along(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    /// Some capitals of 5 x 7 pixels, drawn by hand: five bits a row.
    const CAPITALS: [(char, [u8; 7]); 9] = [
        ('A', [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
        ('E', [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111]),
        ('H', [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
        ('L', [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111]),
        ('M', [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001]),
        ('N', [0b10001, 0b11001, 0b10101, 0b10011, 0b10001, 0b10001, 0b10001]),
        ('O', [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110]),
        ('R', [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001]),
        ('S', [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110]),
    ];
    const SIZE: [u32; 2] = [300, 200];

    /// A slope of grey with some noise, so that nothing is quite even.
    fn ground() -> Vec<u16> {
        (0..SIZE[0] * SIZE[1]).map(|i| (1000 + i % SIZE[0] * 2 + u32::from(Sha256::digest(i.to_le_bytes())[0]) / 4) as u16).collect()
    }

    fn write(values: &mut [u16], text: &str, at: [u32; 2], zoom: u32, grey: u16) {
        for (n, letter) in (0_u32..).zip(text.chars()) {
            let Some((_, rows)) = CAPITALS.iter().find(|(c, _)| *c == letter) else { continue };
            for (y, x) in (0..7 * zoom).flat_map(|y| (0..5 * zoom).map(move |x| (y, x))) {
                if rows[(y / zoom) as usize] >> (4 - x / zoom) & 1 == 1 {
                    values[((at[1] + y) * SIZE[0] + at[0] + n * 6 * zoom + x) as usize] = grey;
                }
            }
        }
    }

    #[test]
    fn words_are_found_where_they_stand_and_markers_are_left() {
        for (zoom, grey) in [(1, 4000), (2, 4000), (4, 0), (5, 2500)] {
            let mut values = ground();
            write(&mut values, "SALOMON", [20, 60], zoom, grey);
            let found = find_text(SIZE, &values);
            let [x, y, w, h] = found.first().unwrap_or_else(|| panic!("nothing at {zoom}")).rect;
            assert!(x >= 18 && y >= 58 && y + h <= 62 + 7 * zoom && w > 20 * zoom, "{zoom}: {:?}", found[0]);
        }
        for marker in ["R", "L", ""] {
            let mut values = ground();
            write(&mut values, marker, [240, 20], 5, 4000);
            assert_eq!(find_text(SIZE, &values), [], "{marker:?}");
        }
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        assert_eq!(find_text([0, 0], &[]), []);
        assert_eq!(find_text([2, 2], &[1, 2, 3]), []);
        assert_eq!(find_text([1, 4], &[0, 9, 0, 9]), []);
        assert_eq!(find_text(SIZE, &vec![7; 60_000]), []);
    }

    #[test]
    fn boxes_that_lie_on_surer_ones_are_left_out() {
        let one = |rect, score| TextBox { rect, score };
        let kept = distinct(vec![one([0, 0, 10, 10], 0.6), one([1, 1, 10, 10], 0.9), one([20, 0, 5, 5], 0.7)]);
        assert_eq!(kept, [one([1, 1, 10, 10], 0.9), one([20, 0, 5, 5], 0.7)]);
    }
}
