//! A part of a frame as a person is shown it: small, in 8-bit grey, with the place of a finding on it.
//!
//! Owns: how pixels become fewer and what is black and white. Refuses: windows and grey scales, as [`super::pixels`] does, and to draw anything over the pixels.

use super::pixels::Picture;

/// The part, drawn.
pub(super) struct Small {
    /// Columns and rows.
    pub(super) size: [u32; 2],
    /// A byte a pixel, rows from the top.
    pub(super) grey: Vec<u8>,
    /// Where the part lies in the frame: column, row, columns and rows.
    part: [u32; 4],
}

/// Pixels between a finding and what is drawn around it.
const APART: u32 = 2;

impl Small {
    /// Draws a part of a frame (column, row, columns and rows) no larger than `most` columns and rows, and never larger than it is.
    pub(super) fn of(picture: &Picture, part: [u32; 4], most: [u32; 2]) -> Self {
        let [left, top, columns, rows] = part;
        let size = fitting([columns, rows], most);
        let line = |y: u32, from: u32, to: u32| {
            let start = (top + y) as usize * picture.size[0] as usize + left as usize;
            picture.grey.get(start + from as usize..start + to as usize).unwrap_or_default()
        };
        let mut sorted: Vec<u16> = (0..rows).flat_map(|y| line(y, 0, columns)).copied().collect();
        let mut nth = |share: usize| {
            let at = (sorted.len() * share / 100).min(sorted.len().saturating_sub(1));
            if sorted.is_empty() { 0 } else { *sorted.select_nth_unstable(at).1 }
        };
        let (low, high) = (nth(1), nth(99));
        let shade = |v: u16| (u32::from(v.clamp(low, high.max(low)) - low) * 255 / u32::from((high.max(low) - low).max(1))) as u8;
        // The brightest of what a small pixel stands for: thin letters stay.
        let mut grey = Vec::with_capacity(size[0] as usize * size[1] as usize);
        for y in 0..size[1] {
            let from_line = scaled(y, rows, size[1]);
            let lines = from_line..scaled(y + 1, rows, size[1]).max(from_line + 1);
            for x in 0..size[0] {
                let from = scaled(x, columns, size[0]);
                let to = scaled(x + 1, columns, size[0]).max(from + 1);
                let brightest = lines.clone().flat_map(|y| line(y, from, to)).copied().max();
                grey.push(shade(brightest.unwrap_or(0)));
            }
        }
        Self { size, grey, part }
    }

    /// Where a rectangle of the frame (column, row, columns and rows) is outlined on it: the first and the last column, and the first and the last row, as left, top,
    /// right, bottom.
    pub(super) fn outline(&self, [x, y, w, h]: [u32; 4]) -> [u32; 4] {
        let [left, top, columns, rows] = self.part;
        let first = |at: u32, from: u32, n: u32, of: u32| scaled(at.saturating_sub(APART).saturating_sub(from), n, of).min(n - 1);
        let last = |at: u32, from: u32, n: u32, of: u32| scaled((at + APART).saturating_sub(from), n, of).min(n - 1);
        let [across, down] = self.size;
        [first(x, left, across, columns), first(y, top, down, rows), last(x + w, left, across, columns), last(y + h, top, down, rows)]
    }
}

/// A number of the one scale in the other: `v` of `of` as so many of `n`.
fn scaled(v: u32, n: u32, of: u32) -> u32 {
    (u64::from(v) * u64::from(n) / u64::from(of.max(1))) as u32
}

/// The size of what has this many columns and rows and must have no more than `most` of each; as it is where it has no more.
fn fitting([columns, rows]: [u32; 2], most: [u32; 2]) -> [u32; 2] {
    let is_wider = u64::from(columns) * u64::from(most[1]) >= u64::from(rows) * u64::from(most[0]);
    let (n, of) = if is_wider { (most[0], columns) } else { (most[1], rows) };
    let fitted = if of <= n { [columns, rows] } else { [scaled(columns, n, of), scaled(rows, n, of)] };
    fitted.map(|n| n.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of 40 x 20 whose only bright pixels are those of a rectangle.
    fn frame(bright: [u32; 4]) -> Picture {
        let [x, y, w, h] = bright;
        let is_in = |column: u32, row: u32| (x..x + w).contains(&column) && (y..y + h).contains(&row);
        let grey = (0..20).flat_map(|row| (0..40).map(move |column| if is_in(column, row) { 9000 } else { 1000 })).collect();
        Picture::of([40, 20], grey)
    }

    #[test]
    fn what_is_large_becomes_as_small_as_asked_for_and_what_is_small_stays() {
        assert_eq!(fitting([4096, 2048], [256, 256]), [256, 128]);
        assert_eq!(fitting([2048, 4096], [512, 384]), [192, 384]);
        assert_eq!(fitting([4096, 2048], [512, 384]), [512, 256]);
        assert_eq!(fitting([300, 200], [512, 384]), [300, 200]);
        assert_eq!(fitting([100_000, 1], [512, 384]), [512, 1]);
    }

    #[test]
    fn a_thin_line_stays_and_lies_within_its_outline() {
        let rect = [31, 3, 1, 9];
        let small = Small::of(&frame(rect), [20, 0, 20, 20], [10, 10]);
        assert_eq!((small.size, small.grey.len()), ([10, 10], 100));
        let [left, top, right, bottom] = small.outline(rect);
        let lit: Vec<[u32; 2]> =
            (0..10).flat_map(|y| (0..10).map(move |x| [x, y])).filter(|[x, y]| small.grey[(y * 10 + x) as usize] > 0).collect();
        assert_eq!(lit, (1..6).map(|y| [5, y]).collect::<Vec<_>>());
        assert!(lit.iter().all(|[x, y]| (left..=right).contains(x) && (top..=bottom).contains(y)));
        assert_eq!([left, top, right, bottom], [4, 0, 7, 7]);
    }
}
