//! Looking at pixels: which frames of a set, and what was found in them.
//!
//! Owns: the sample of long stacks, the way from stored values to the grey and the colourfulness that [`find_text`] looks at, and heads from which a face could be
//! made. Refuses: windows and grey scales: text may be drawn far outside of what a window shows.

use super::text::{TextBox, find_text};
use super::{Leak, LeakKind, Severity};
use crate::CasesError;
use crate::folder::{OtherObject, Refused};
use crate::samples::Samples;
use crate::series::{Content, ScannedSeries, Series, Source};
use crate::threads::on_all_cores;
use sha2::{Digest as _, Sha256};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tiresias_words::ContentHash;

/// Stacks up to this length are looked at frame by frame.
const SHORT: usize = 32;
/// Of longer ones every so many frames, the first, the middle and the last.
const EVERY: usize = 8;
/// Pictures of one file or series up to this number are looked at one by one; of more, as many spread over all.
const PICTURES: usize = 2000;
/// What a modality makes as stacks; of everything else each frame is a picture of its own.
const STACKS: [&str; 4] = ["CT", "MR", "PT", "NM"];

/// An image of a series: both by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameId {
    pub(super) series: usize,
    pub(super) image: usize,
}

/// An image that was looked at.
pub(super) struct Looked {
    pub(super) id: FrameId,
    path: PathBuf,
    /// The frame of a file of several, from 0.
    frame: Option<usize>,
    pub(super) picture: Result<Picture, CasesError>,
}

/// What was seen of an image.
pub(super) struct Picture {
    pub(super) size: [u32; 2],
    /// Grey as 16 bits, from the lowest value to the highest.
    pub(super) grey: Vec<u16>,
    pub(super) boxes: Vec<TextBox>,
    /// [`frame_hash`] of a frame with boxes.
    frame: Option<ContentHash>,
}

/// SHA-256 of a frame: columns and rows, 32 bits little endian, and all its pixels, row by row.
fn frame_hash(size: [u32; 2], pixels: impl Iterator<Item = u8>) -> ContentHash {
    let bytes: Vec<u8> = size.iter().flat_map(|n| n.to_le_bytes()).chain(pixels).collect();
    ContentHash(Sha256::digest(&bytes).into())
}

/// That of a grey frame as it is stored. What the detector sees of values of 32 bits and more is the same of many frames: one value far from the others makes
/// those one.
fn grey_hash(size: [u32; 2], samples: &Samples) -> ContentHash {
    if let Samples::Words(words) = samples {
        frame_hash(size, words.iter().flat_map(|w| w.to_le_bytes()))
    } else {
        frame_hash(size, samples.canonical(false).into_iter())
    }
}

/// What one box of one frame is called: SHA-256 of the frame's hash and the rectangle, 32 bits little endian. The same letters at the same place of another frame
/// are another finding, so that no answer to one is an answer to the other, unless all pixels of the two are the same.
fn finding_hash(frame: ContentHash, rect: [u32; 4]) -> ContentHash {
    let mut hash = Sha256::new();
    hash.update(frame.0);
    rect.iter().for_each(|n| hash.update(n.to_le_bytes()));
    ContentHash(hash.finalize().into())
}

impl Picture {
    /// What a box in it is called.
    pub(super) fn finding(&self, rect: [u32; 4]) -> Option<ContentHash> {
        self.frame.map(|frame| finding_hash(frame, rect))
    }

    /// A frame without boxes.
    #[cfg(test)]
    pub(super) const fn of(size: [u32; 2], grey: Vec<u16>) -> Self {
        Self { size, grey, boxes: Vec::new(), frame: None }
    }

    /// SHA-256 of the grey in a rectangle, row by row, 16 bits little endian.
    fn hash(&self, [x, y, w, h]: [u32; 4]) -> ContentHash {
        let mut hash = Sha256::new();
        for row in y..y + h {
            let start = row as usize * self.size[0] as usize + x as usize;
            for grey in self.grey.get(start..start + w as usize).unwrap_or_default() {
                hash.update(grey.to_le_bytes());
            }
        }
        ContentHash(hash.finalize().into())
    }
}

/// The frames of a set that are looked at.
pub(super) fn frames_to_look_at(series: &[ScannedSeries]) -> Vec<FrameId> {
    let of = |(at, s): (usize, &ScannedSeries)| {
        let s = &s.series;
        let is_stack = s.content == Content::Grey && STACKS.contains(&s.facts.modality.as_str());
        let (count, middle) = (s.len(), s.len() / 2);
        let every = match (is_stack, count) {
            (true, ..=SHORT) | (false, ..=PICTURES) => 1,
            (true, _) => EVERY,
            (false, _) => count.div_ceil(PICTURES),
        };
        let is_sampled = move |i: &usize| i.is_multiple_of(every) || *i == middle || i + 1 == count;
        (0..count).filter(is_sampled).map(move |image| FrameId { series: at, image })
    };
    series.iter().enumerate().flat_map(of).collect()
}

/// Looks at frames on all cores and shows each to `take`.
pub(super) fn look(series: &[ScannedSeries], frames: &[FrameId], take: &mut dyn FnMut(Looked) -> ControlFlow<()>) {
    let work = |i: usize| frames.get(i).and_then(|id| Some(look_at(*id, &series.get(id.series)?.series)));
    // Who stops it knows.
    let _ = on_all_cores(frames.len(), work, |_, looked| looked.map_or(ControlFlow::Continue(()), &mut *take));
}

fn look_at(id: FrameId, series: &Series) -> Looked {
    let place = series.images.get(id.image).and_then(|i| match &i.source {
        Source::Folder(f) => Some((f.file.path.reveal().clone(), (f.file.module.frames > 1).then_some(f.frame))),
        Source::Package(_) => None,
    });
    let (path, frame) = place.unwrap_or_default();
    Looked { id, path, frame, picture: picture(series, id.image) }
}

/// Looks at one image.
pub(super) fn picture(series: &Series, image: usize) -> Result<Picture, CasesError> {
    let size = series.image_size;
    let (grey, boxes, frame) = match series.content {
        Content::Grey => {
            let samples = series.grey_samples(image)?.0;
            let grey = words(&samples);
            let boxes = find_text(size, &grey);
            let frame = (!boxes.is_empty()).then(|| grey_hash(size, &samples));
            (grey, boxes, frame)
        }
        Content::Colour => {
            let texels = series.texels(image)?.0;
            let of = |f: fn([u8; 3]) -> u32| -> Vec<u16> {
                texels.iter().map(|t| t.to_le_bytes()).map(|[r, g, b, _]| (f([r, g, b]) as u16).saturating_mul(257)).collect()
            };
            // ITU-R BT.601. Letters may differ from what is around them in colour alone.
            let grey = of(|[r, g, b]| (299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b)) / 1000);
            let colourfulness = of(|[r, g, b]| u32::from(r.max(g).max(b) - r.min(g).min(b)));
            let mut boxes = find_text(size, &grey);
            boxes.extend(find_text(size, &colourfulness));
            // Not of the grey: letters may differ in colour alone.
            let frame = (!boxes.is_empty()).then(|| frame_hash(size, texels.iter().flat_map(|t| t.to_le_bytes())));
            (grey, super::text::distinct(boxes), frame)
        }
    };
    Ok(Picture { size, grey, boxes, frame })
}

/// Stored values as 16 bits that keep their order.
fn words(samples: &Samples) -> Vec<u16> {
    if let Samples::Words(words) = samples {
        return words.clone();
    }
    let mut range = [f64::INFINITY, f64::NEG_INFINITY];
    samples.each(0, |v| {
        if v.is_finite() {
            range = [range[0].min(v), range[1].max(v)];
        }
    });
    let [low, high] = range;
    let scale = if high > low { f64::from(u16::MAX) / (high - low) } else { 0.0 };
    let mut words = Vec::new();
    samples.each(0, |v| words.push(((v - low) * scale) as u16));
    words
}

impl Looked {
    /// The findings: each box, or that nothing could be seen.
    pub(super) fn leaks(&self) -> Vec<Leak> {
        let of = self.frame.map_or_else(String::new, |f| format!(" of frame {f}"));
        match &self.picture {
            Ok(picture) => {
                let leak = |b: &TextBox| {
                    let [x, y, w, h] = b.rect;
                    let place = format!("pixels rect [{x},{y},{w},{h}]{of}");
                    let kind = (LeakKind::Text, Severity::Leak);
                    let leak = Leak::hashed(&self.path, place, kind, picture.hash(b.rect), &format!("score {:.2}", b.score));
                    Leak { finding: picture.finding(b.rect), ..leak }
                };
                picture.boxes.iter().map(leak).collect()
            }
            Err(why) => vec![unseen(&self.path, &of, &why.to_string())],
        }
    }
}

fn unseen(path: &Path, of: &str, why: &str) -> Leak {
    Leak::new(path, format!("pixels that cannot be looked at{of}"), (LeakKind::Text, Severity::Suspect), why)
}

/// That nobody looks at the pixels of what is no image series, if it has any.
pub(super) fn of_object(object: &OtherObject) -> Option<Leak> {
    object.pixels.is_some().then(|| unseen(&object.path, "", "it is no image series"))
}

/// That the pixels of a file could not be looked at.
pub(super) fn refused(file: &Refused) -> Leak {
    unseen(&file.path, "", &file.reason.to_string())
}

/// Volumes of a head, from whose surface a face can be made (PS3.15 E.3.2): by the body part that they name, or by being as large as a head.
pub(super) fn faces(series: &[ScannedSeries]) -> Vec<Leak> {
    const PARTS: [&str; 8] = ["HEAD", "BRAIN", "SKULL", "NECK", "HEADNECK", "ORBIT", "SINUS", "JAW"];
    const SLICES: u32 = 8;
    let is_head = |s: &Series| {
        let facts = &s.facts;
        let is_volume = matches!(facts.modality.as_str(), "CT" | "MR") && facts.images >= SLICES;
        let by_name = facts.body_part.as_ref().map(|p| PARTS.contains(&p.as_str()));
        // Left to right, front to back, feet to head, millimetres.
        let by_size = facts.extent.is_some_and(|[lr, ap, fh]| lr.0 <= 330.0 && ap.0 <= 330.0 && fh.0 >= 60.0);
        is_volume && by_name.unwrap_or(by_size)
    };
    let heads = series.iter().map(|s| &s.series).filter(|s| is_head(s));
    let path = |s: &Series| match s.images.first().map(|i| &i.source) {
        Some(Source::Folder(f)) => f.file.path.reveal().clone(),
        _ => PathBuf::new(),
    };
    heads.map(|s| Leak::new(&path(s), format!("volume of {} images", s.len()), (LeakKind::Face, Severity::Suspect), "a head")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer to one was an answer to the other.
    #[test]
    fn frames_that_look_alike_to_the_detector_are_other_frames() {
        let frames = [1.0, 2.0].map(|v: f32| Samples::Float32(vec![0.0, v, 1e30]));
        let [one, two] = &frames;
        assert_eq!(words(one), words(two));
        assert_ne!(grey_hash([3, 1], one), grey_hash([3, 1], two));
        let few = Samples::Words(vec![1, 0x203, 4]);
        let bytes: [u8; 14] = [3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 3, 2, 4, 0];
        assert_eq!(grey_hash([3, 1], &few), ContentHash(Sha256::digest(bytes).into()));
        assert_ne!(grey_hash([3, 1], &few), grey_hash([1, 3], &few));
    }
}
