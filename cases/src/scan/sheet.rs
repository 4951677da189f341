//! The contact sheet of a set: its frames small, side by side, with what the scan took for text outlined, for a person to look at before it is signed.
//!
//! Owns: which frames are on it and how they are laid out. Refuses: to write a word: neither file names nor values are on it.

use super::pixels::{FrameId, Picture, frames_to_look_at, look};
use super::small::Small;
use crate::CasesError;
use crate::folder::{Scan, scan as read_series};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use tiresias_codecs::Codecs;

/// A picture in 8-bit red, green and blue, rows from the top.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactSheet {
    /// Columns and rows.
    pub size: [u32; 2],
    /// Three bytes a pixel.
    pub rgb: Vec<u8>,
    /// Frames on it, and frames that were looked at.
    pub frames: [usize; 2],
}

impl std::fmt::Debug for ContactSheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContactSheet").field("size", &self.size).field("frames", &self.frames).finish_non_exhaustive()
    }
}

impl ContactSheet {
    /// Where the place of a frame is, counted from 0 in the order of the set: left, top, columns and rows, pixels. A frame that is smaller lies at its left and its top.
    /// `None` where there is no such frame.
    #[must_use]
    pub fn place(&self, frame: usize) -> Option<[u32; 4]> {
        let at = u32::try_from(frame).ok().filter(|_| frame < self.frames[0])?;
        let [left, top] = corner(at, (self.size[0] / STEP).max(1));
        Some([left, top, TILE, TILE])
    }
}

/// Side of a small picture, and the space around it, pixels.
const TILE: u32 = 256;
const SPACE: u32 = 6;
const STEP: u32 = TILE + SPACE;
const COLUMNS: u32 = 6;
/// Frames on a sheet: those with boxes first come in, then the others.
const FRAMES: usize = 60;
const OUTLINE: [u8; 3] = [0xD9, 0x8C, 0x4A];
const GROUND: [u8; 3] = [0x0C, 0x0D, 0x0F];

struct Tile {
    id: FrameId,
    has_box: bool,
    size: [u32; 2],
    rgb: Vec<u8>,
}

/// Draws the contact sheet of a set: the frames that [`crate::scan`] looks at, those with boxes before the others where there are more than 60, in the order of the set.
///
/// # Errors
/// As [`crate::scan`].
pub fn contact_sheet(
    path: &Path,
    codecs: &Arc<Codecs>,
    progress: &mut dyn FnMut(Scan) -> ControlFlow<()>,
) -> Result<ContactSheet, CasesError> {
    let series = read_series(path, codecs, &mut *progress)?.series;
    let frames = frames_to_look_at(&series);
    let (mut tiles, mut done, mut stopped) = (Vec::new(), 0, false);
    look(&series, &frames, &mut |looked| {
        if let Ok(picture) = &looked.picture {
            tiles.push(tile(looked.id, picture));
            // Those that will not be on it need no memory.
            if tiles.len() > 4 * FRAMES {
                keep(&mut tiles);
            }
        }
        done += 1;
        let outcome = progress(Scan { done, total: frames.len() });
        stopped = outcome.is_break();
        outcome
    });
    if stopped {
        return Err(CasesError::Cancelled);
    }
    keep(&mut tiles);
    Ok(lay_out(&tiles, frames.len()))
}

fn keep(tiles: &mut Vec<Tile>) {
    let order = |t: &Tile| (t.id.series, t.id.image);
    tiles.sort_by_key(|t| (!t.has_box, order(t)));
    tiles.truncate(FRAMES);
    tiles.sort_by_key(order);
}

fn tile(id: FrameId, picture: &Picture) -> Tile {
    let [columns, rows] = picture.size;
    let small = Small::of(picture, [0, 0, columns, rows], [TILE; 2]);
    let mut rgb: Vec<u8> = small.grey.iter().flat_map(|v| [*v; 3]).collect();
    for b in &picture.boxes {
        let [left, top, right, bottom] = small.outline(b.rect);
        let rim = (left..=right).flat_map(|x| [(x, top), (x, bottom)]).chain((top..=bottom).flat_map(|y| [(left, y), (right, y)]));
        for (x, y) in rim {
            put(&mut rgb, small.size[0], [x, y], OUTLINE);
        }
    }
    Tile { id, has_box: !picture.boxes.is_empty(), size: small.size, rgb }
}

fn put(rgb: &mut [u8], columns: u32, [x, y]: [u32; 2], colour: [u8; 3]) {
    let at = (y as usize * columns as usize + x as usize) * 3;
    if let Some(pixel) = rgb.get_mut(at..at + 3) {
        pixel.copy_from_slice(&colour);
    }
}

/// Left and top of a frame's place in so many columns.
const fn corner(at: u32, columns: u32) -> [u32; 2] {
    [SPACE + at % columns * STEP, SPACE + at / columns * STEP]
}

fn lay_out(tiles: &[Tile], looked_at: usize) -> ContactSheet {
    let count = u32::try_from(tiles.len()).unwrap_or(u32::MAX).max(1);
    let columns = COLUMNS.min(count);
    let size = [columns * STEP + SPACE, count.div_ceil(columns) * STEP + SPACE];
    let mut rgb: Vec<u8> = GROUND.iter().copied().cycle().take(size[0] as usize * size[1] as usize * 3).collect();
    for (place, tile) in (0_u32..).zip(tiles) {
        let at = corner(place, columns);
        for (line, row) in (0_u32..).zip(tile.rgb.chunks_exact(tile.size[0] as usize * 3)) {
            let start = ((at[1] + line) as usize * size[0] as usize + at[0] as usize) * 3;
            if let Some(to) = rgb.get_mut(start..start + row.len()) {
                to.copy_from_slice(row);
            }
        }
    }
    ContactSheet { size, rgb, frames: [tiles.len(), looked_at] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_frame_is_at_its_place() {
        let grey = |n: usize| [100 + n as u8; 3];
        let made = |n: usize| {
            let rgb = grey(n).repeat(TILE as usize * 2);
            Tile { id: FrameId { series: 0, image: n }, has_box: false, size: [TILE, 2], rgb }
        };
        for count in [0, 1, 5, 6, 7, 13] {
            let tiles: Vec<Tile> = (0..count).map(made).collect();
            let sheet = lay_out(&tiles, count);
            for n in 0..count {
                let [x, y, w, h] = sheet.place(n).expect("a place");
                assert!(x + w <= sheet.size[0] && y + h <= sheet.size[1], "{n} of {count}");
                let first = (y * sheet.size[0] + x) as usize * 3;
                assert_eq!(sheet.rgb[first..first + 3], grey(n), "{n} of {count}");
            }
            assert_eq!(sheet.place(count), None);
        }
    }
}
