//! Letters in pixels, or what is taken for them, as whoever packs the case is asked about them: in which image of the source, where, and drawn.
//!
//! Owns: the way from a finding in a package that is being made back to the image that it was made from. Refuses: to say whether it is text, and to write a word on a
//! picture.

use super::pixels::{Picture, picture};
use super::small::Small;
use super::{Leak, ScanReport};
use crate::folder::{Scan, scan as read_series};
use crate::identifying::Identifying;
use crate::series::{Series, SeriesImage, Source};
use crate::{CasesError, Package, PackageError, Packing, Trust};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_codecs::Codecs;
use tiresias_words::{ContentHash, Role};

/// Findings that are drawn at a time: as many as a contact sheet has frames.
const DRAWN: usize = 60;
/// Columns and rows of the whole image, and of what lies around the finding.
const WHOLE: [u32; 2] = [384, 384];
const NEAR: [u32; 2] = [512, 384];
/// Pixels of the image on each side of a finding, so that somebody sees what it belongs to.
const AROUND: u32 = 48;

/// A small picture in 8-bit grey, rows from the top.
pub struct SmallGrey {
    /// Columns and rows.
    pub size: [u32; 2],
    /// A byte a pixel.
    pub grey: Vec<u8>,
    /// What is to be outlined: left, top, columns and rows, pixels of this picture.
    pub outlined: [u32; 4],
}

/// A finding of letters in pixels, for whoever says that they are none. It has no `Debug`: a path is in it.
pub struct Lettered {
    /// What it is called.
    pub finding: ContentHash,
    /// Of which series.
    pub role: Role,
    /// The image's number in its series, from 1, and how many that has.
    pub image: [usize; 2],
    /// Where it is: column, row, columns and rows, pixels of the image.
    pub rect: [u32; 4],
    /// The whole image, as a contact sheet shows it.
    pub whole: SmallGrey,
    /// What is around the finding, pixel by pixel where there is room.
    pub near: SmallGrey,
    path: Identifying<PathBuf>,
}

impl Lettered {
    /// The file of the source that holds the image, for the desk's eyes only.
    #[must_use]
    pub const fn path(&self) -> &PathBuf {
        self.path.reveal()
    }
}

/// Draws the findings of a scan that can be answered and are not: letters in pixels of a package in the folder `made`, as `packing` has just made it. At most 60, in the
/// order of the series and their images. `progress` is called before each and can stop it.
///
/// # Errors
/// When the package or an image in it cannot be read, or `progress` said stop.
pub fn lettered(
    packing: &Packing<'_>,
    made: &Path,
    report: &ScanReport,
    codecs: &Arc<Codecs>,
    progress: &mut dyn FnMut(Scan) -> ControlFlow<()>,
) -> Result<Vec<Lettered>, CasesError> {
    let package = Package::open(made, &Trust::Unsigned)?;
    let places = places(&package);
    let place = |leak: &Leak| leak.path().file_name().and_then(|n| n.to_str()).and_then(|name| places.get(name)).copied();
    let mut open: Vec<(&Leak, ContentHash, [usize; 2])> =
        report.unanswered().filter_map(|leak| Some((leak, leak.finding()?, place(leak)?))).collect();
    // Within an image they stay in the order of the report.
    open.sort_by_key(|(_, _, place)| *place);
    // Frames of the same pixels have one finding, and nobody is asked twice.
    let mut asked = BTreeSet::new();
    open.retain(|(_, finding, _)| asked.insert(*finding));
    open.truncate(DRAWN);
    let total = open.len();
    let mut drawn = Vec::with_capacity(total);
    for (done, (leak, finding, [series, image])) in open.into_iter().enumerate() {
        if progress(Scan { done, total }).is_break() {
            return Err(CasesError::Cancelled);
        }
        let Some((role, source)) = packing.series.get(series) else { continue };
        // Read as the scan read it: a frame is a file of its own in a package.
        let frame = read_series(leak.path(), codecs, &mut |_| ControlFlow::Continue(()))?.series;
        let picture = frame.first().map(|s| picture(&s.series, 0)).transpose()?;
        let found = picture.and_then(|picture| {
            let rect = picture.boxes.iter().find(|b| picture.finding(b.rect) == Some(finding))?.rect;
            Some((rect, picture))
        });
        let changed = || PackageError::Changed { file: leak.path().file_name().unwrap_or_default().to_string_lossy().into_owned() };
        let (rect, picture) = found.ok_or_else(changed)?;
        let [columns, rows] = picture.size;
        drawn.push(Lettered {
            finding,
            role: role.clone(),
            image: [image + 1, source.len()],
            rect,
            whole: small(&picture, [0, 0, columns, rows], WHOLE, rect),
            near: small(&picture, around(rect, picture.size), NEAR, rect),
            path: Identifying::new(source.images.get(image).and_then(path_of).unwrap_or_default()),
        });
    }
    Ok(drawn)
}

/// Which image each file of a package is: the number of its series, and its own in that.
fn places(package: &Package) -> BTreeMap<String, [usize; 2]> {
    let of = |(series, s): (usize, &Series)| {
        let file = move |(image, i): (usize, &SeriesImage)| match &i.source {
            Source::Package(packed) => Some((packed.file().to_owned(), [series, image])),
            Source::Folder(_) => None,
        };
        s.images.iter().enumerate().filter_map(file).collect::<Vec<_>>()
    };
    package.series().iter().enumerate().flat_map(of).collect()
}

fn path_of(image: &SeriesImage) -> Option<PathBuf> {
    match &image.source {
        Source::Folder(f) => Some(f.file.path.reveal().clone()),
        Source::Package(_) => None,
    }
}

/// A rectangle and what is around it, within an image.
fn around([x, y, w, h]: [u32; 4], [columns, rows]: [u32; 2]) -> [u32; 4] {
    let (left, top) = (x.saturating_sub(AROUND), y.saturating_sub(AROUND));
    let (right, bottom) = ((x + w + AROUND).min(columns), (y + h + AROUND).min(rows));
    [left, top, right - left, bottom - top]
}

fn small(picture: &Picture, part: [u32; 4], most: [u32; 2], rect: [u32; 4]) -> SmallGrey {
    let small = Small::of(picture, part, most);
    let [left, top, right, bottom] = small.outline(rect);
    SmallGrey { size: small.size, grey: small.grey, outlined: [left, top, right + 1 - left, bottom + 1 - top] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_a_finding_ends_with_its_image() {
        assert_eq!(around([100, 200, 80, 14], [512, 512]), [52, 152, 176, 110]);
        assert_eq!(around([0, 500, 80, 12], [512, 512]), [0, 452, 128, 60]);
        assert_eq!(around([0, 0, 30, 20], [30, 20]), [0, 0, 30, 20]);
    }
}
