//! A foreign image file, opened: its pixel description and where its frames lie, and one frame of it decoded.
//!
//! Native samples are read here; everything compressed goes through a worker process. Refuses: frames whose bytes are not all there.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::file::{Header, Pixels, WORKER_MEMORY, read_header};
use crate::frames::{FrameBytes, FrameTable};
use crate::identifying::Identifying;
use crate::overlay::{OverlayPlace, OverlayPlane, Under};
use crate::palette::Palette;
use crate::pixel_module::{Photometric, PixelModule};
use crate::samples::{Samples, decoded, fits, gives_words, is_words, native, put_decoded, put_native, raw_bit};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tiresias_codecs::{CodecWarning, Codecs, DecodedColour, DecodedFrame, EncodedFrame, TransferSyntax};
use tiresias_words::Overlay;

/// What is needed to decode the frames of one file. It has no `Debug`: the path identifies.
pub(crate) struct ImageFile {
    pub(crate) path: Identifying<PathBuf>,
    pub(crate) module: PixelModule,
    pub(crate) syntax: TransferSyntax,
    pub(crate) palette: Option<Palette>,
    /// Colours for the upper stored values of a grey image (PS3.3 C.8.16.2.1.1.1).
    pub(crate) supplemental: Option<Palette>,
    /// What lies over the image when somebody asks for it.
    pub(crate) overlays: Vec<OverlayPlane>,
    table: FrameTable,
    deflated_from: Option<u64>,
    /// The data set of a deflated file with several frames, from the first that is asked for until as many were asked for as there are.
    unpacked: Mutex<Option<(Arc<Pixels>, u32)>>,
    codecs: Arc<Codecs>,
}

/// Bytes that are read at a time on their way into a volume: few enough to stay in a core's cache.
const PIECE: usize = 64 << 10;

/// A decoded frame.
pub(crate) struct Frame {
    pub(crate) samples: Samples,
    /// What the samples mean now: RGB where the codec undid a colour transformation.
    pub(crate) photometric: Photometric,
    /// Sentences that a person must see beside the image.
    pub(crate) warnings: Vec<String>,
}

/// What a person must see beside an image.
fn told(warning: CodecWarning) -> String {
    match warning {
        CodecWarning::Damaged => "the compressed pixels are damaged; part of the image may be wrong or missing".to_owned(),
        CodecWarning::Precision { codestream, stored } => {
            format!("the compressed pixels have {codestream} bits a sample, and the description says {stored}")
        }
        CodecWarning::Lossy => "the transfer syntax promises that nothing was lost, and the pixels were compressed with loss".to_owned(),
    }
}

/// The lowest and the highest word of what was decoded, where the file states a range that they can be held against. No codec but JPEG-LS notices a flipped
/// bit: this is the one trace that it may leave.
fn extremes(module: &PixelModule, words: impl Iterator<Item = u16>) -> Option<[u16; 2]> {
    module.stated?;
    words.fold(None, |found: Option<[u16; 2]>, w| Some(found.map_or([w, w], |[low, high]| [low.min(w), high.max(w)])))
}

/// Whether words lie beyond the values that their file says it holds.
fn is_beyond(module: &PixelModule, extremes: Option<[u16; 2]>) -> bool {
    let (Some(stated), Some(format), Some(found)) = (module.stated, module.sample.words(), extremes) else { return false };
    let [low, high] = found.map(|w| i64::from(w) + i64::from(format.offset()));
    low < stated[0] || high > stated[1]
}

/// The bytes of these parts of a file, one behind the other.
fn joined(source: &Pixels, parts: &[(u64, u32)]) -> Result<Vec<u8>, FileError> {
    match parts {
        [(offset, length)] => source.read(*offset, u64::from(*length)),
        parts => parts.iter().try_fold(Vec::new(), |mut data, (offset, length)| {
            data.extend(source.read(*offset, u64::from(*length))?);
            Ok(data)
        }),
    }
}

impl ImageFile {
    /// Reads the pixel description of a file whose header was read.
    pub(crate) fn open(path: &Path, header: &Header, codecs: &Arc<Codecs>, warnings: &mut Vec<String>) -> Result<Self, FileError> {
        let pixel_data = header.pixel_data.as_ref().ok_or(FileError::Unsupported("it holds no image"))?;
        if !header.syntax.is_readable() {
            return Err(FileError::Syntax(header.syntax.name()));
        }
        let a = &header.attributes;
        let module = PixelModule::read(a, pixel_data, header.syntax, warnings)?;
        let palette = match module.photometric {
            Photometric::Palette => Some(Palette::read(a, module.sample.signed())?),
            _ => None,
        };
        let supplemental = Palette::read_supplemental(a, &module, warnings);
        let overlays = OverlayPlane::read_all(a, Some(Under { module: &module, syntax: header.syntax }), warnings);
        let mut source = None;
        let mut peek = |offset, length| {
            if source.is_none() {
                source = Some(Pixels::open(path, header.deflated_from, codecs)?);
            }
            source.as_ref().map_or(Ok(Vec::new()), |s| s.read(offset, length))
        };
        let table = FrameTable::find(&pixel_data.value, a, &module, header.syntax, header.length, &mut peek, warnings)?;
        Ok(Self {
            path: Identifying::new(path.to_owned()),
            module,
            syntax: header.syntax,
            palette,
            supplemental,
            overlays,
            table,
            deflated_from: header.deflated_from,
            unpacked: Mutex::new(None),
            codecs: Arc::clone(codecs),
        })
    }

    /// Whether frames can go to their place in a volume as they are read or decoded: [`Self::put_words`] may be asked.
    pub(crate) fn gives_words(&self) -> bool {
        match self.table {
            FrameTable::Native(_) => self.deflated_from.is_none() && is_words(&self.module),
            FrameTable::Encapsulated { .. } => gives_words(&self.module),
        }
    }

    /// Puts the words of frame `frame` (from 0) in their place; of a file of which [`Self::gives_words`] is true. Returns what a person must see beside it.
    pub(crate) fn put_words(&self, frame: usize, words: &[AtomicU16]) -> Result<Vec<String>, FileError> {
        let module = &self.module;
        if words.len() as u64 != module.pixels() {
            return Err(FileError::Truncated("its pixel data"));
        }
        match self.table.bytes(module, frame).ok_or(FileError::Truncated("its pixel data"))? {
            FrameBytes::Native { offset, .. } => {
                let mut file = File::open(self.path.reveal())?;
                file.seek(SeekFrom::Start(offset))?;
                let mut piece = vec![0; PIECE.min(words.len() * 2)];
                for words in words.chunks(PIECE / 2) {
                    let piece = piece.get_mut(..words.len() * 2).unwrap_or_default();
                    file.read_exact(piece)?;
                    put_native(module, piece, words);
                }
                Ok(Vec::new())
            }
            FrameBytes::Encapsulated(parts) => {
                let data = joined(&*self.source()?, &parts)?;
                let mut all_fit = true;
                let put = |given: &DecodedFrame, at: usize, piece: &[u8]| {
                    let first = at / usize::from(given.bytes_per_sample).max(1);
                    put_decoded(module, given, piece, words.get(first..).unwrap_or_default());
                    all_fit = (at == 0 || all_fit) && fits(module, given, piece);
                };
                let given = self.codecs.decode_to(&self.encoded(&data), worker_memory(&self.module, self.syntax), put)?;
                let words = words.iter().map(|w| w.load(Ordering::Relaxed));
                Ok(self.told_of(&given, all_fit, extremes(module, words)))
            }
        }
    }

    /// Decodes frame `frame` (from 0).
    pub(crate) fn decode(&self, frame: usize) -> Result<Frame, FileError> {
        let module = &self.module;
        let place = self.table.bytes(module, frame).ok_or(FileError::Truncated("its pixel data"))?;
        let source = self.source()?;
        match place {
            FrameBytes::Native { offset, length, first_bit } => {
                let samples = native(module, &source.read(offset, length)?, first_bit)?;
                Ok(Frame { samples, photometric: module.photometric, warnings: Vec::new() })
            }
            FrameBytes::Encapsulated(parts) => {
                let data = joined(&source, &parts)?;
                let given = self.codecs.decode(&self.encoded(&data), worker_memory(&self.module, self.syntax))?;
                let samples = decoded(module, &given)?;
                let words = if let Samples::Words(words) = &samples { words.as_slice() } else { &[] };
                let photometric = match given.colour {
                    DecodedColour::Rgb if module.samples_per_pixel() == 3 => Photometric::Rgb,
                    DecodedColour::Rgb | DecodedColour::AsDeclared => module.photometric,
                };
                let warnings = self.told_of(&given, fits(module, &given, &given.data), extremes(module, words.iter().copied()));
                Ok(Frame { samples, photometric, warnings })
            }
        }
    }

    /// A frame for the codec.
    fn encoded<'a>(&self, data: &'a [u8]) -> EncodedFrame<'a> {
        let module = &self.module;
        EncodedFrame {
            syntax: self.syntax,
            columns: module.columns,
            rows: module.rows,
            samples: module.samples_per_pixel(),
            bits_allocated: module.sample.allocated(),
            bits_stored: module.sample.stored(),
            photometric: module.photometric.declared(),
            data,
        }
    }

    /// What a person must see beside a frame of which a codec said this, whose samples all fit the stored bits or not, and lie between these words.
    fn told_of(&self, given: &DecodedFrame, fits: bool, extremes: Option<[u16; 2]>) -> Vec<String> {
        let harmless = |w: &&CodecWarning| matches!(w, CodecWarning::Precision { .. }) && fits;
        let mut warnings: Vec<String> = given.warnings.iter().filter(|w| !harmless(w)).map(|w| told(*w)).collect();
        if given.signed == Some(true) && !self.module.sample.signed() {
            warnings.push("the compressed pixels are signed, and the description says that they are not".to_owned());
        }
        if self.syntax.promises_lossless() && is_beyond(&self.module, extremes) {
            warnings.push("the compressed pixels give values beyond those that the file states, and may be damaged".to_owned());
        }
        warnings
    }

    /// Where the bytes of the frames are. A deflated data set is unpacked once for a walk through all frames, in whatever order and on however many threads.
    fn source(&self) -> Result<Arc<Pixels>, FileError> {
        let open = || Ok(Arc::new(Pixels::open(self.path.reveal(), self.deflated_from, &self.codecs)?));
        if self.deflated_from.is_none() || self.module.frames < 2 {
            return open();
        }
        // Nothing is half done where a panic could be.
        let mut unpacked = self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
        let (source, left) = match unpacked.take() {
            Some(known) => known,
            None => (open()?, self.module.frames),
        };
        *unpacked = (left > 1).then(|| (Arc::clone(&source), left - 1));
        Ok(source)
    }

    /// The overlays of frame `frame` (from 0), in the order of their groups. A scan keeps none of their bits: they are read from the file again.
    pub(crate) fn overlays(&self, frame: usize) -> Result<Vec<Overlay>, FileError> {
        let path = self.path.reveal();
        let mut header = None;
        let mut found = Vec::new();
        for plane in self.overlays.iter().filter(|p| p.own_frame(frame).is_some()) {
            match plane.place {
                OverlayPlace::Data => {
                    if header.is_none() {
                        header = Some(read_header(path, &self.codecs)?);
                    }
                    let overlay = header.as_ref().and_then(|h| plane.overlay_of(&h.attributes, frame));
                    found.push(overlay.ok_or(FileError::Damaged("an overlay of it has changed since it was first read"))?);
                }
                OverlayPlace::PixelBit(bit) => {
                    let place = self.table.bytes(&self.module, frame);
                    let Some(FrameBytes::Native { offset, length, .. }) = place else { continue };
                    let data = self.source()?.read(offset, length)?;
                    found.push(plane.with(raw_bit(&self.module, &data, bit)?));
                }
            }
        }
        Ok(found)
    }
}

/// What a worker may use for a frame of a file, bytes: four times what the frame honestly needs, and at least what every file gets. JPEG 2000 takes eight
/// bytes a sample for itself, whatever the samples, and gets them beside: else no large mammogram would be shown. How many frames there are is no matter:
/// one is decoded at a time, and a small file may claim very many.
fn worker_memory(module: &PixelModule, syntax: TransferSyntax) -> u64 {
    let samples = module.samples();
    let own = if syntax.is_jpeg2000() { samples.saturating_mul(8) } else { 0 };
    // Round figures, so that files of a series share workers.
    module.sample.bytes(samples).saturating_mul(4).saturating_add(own).max(WORKER_MEMORY) >> 20 << 20
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel_module::Sample;

    fn module(side: u32, frames: u32, allocated: u8) -> PixelModule {
        PixelModule {
            columns: side,
            rows: side,
            frames,
            photometric: Photometric::Monochrome2,
            sample: Sample::Short { allocated, stored: allocated, shift: 0, signed: false },
            planar: false,
            big_endian: false,
            swapped_pairs: false,
            stated: None,
        }
    }

    #[test]
    fn a_worker_has_room_for_a_frame_and_not_for_all_that_are_claimed() {
        let syntax = TransferSyntax::Jpeg2000Lossless;
        assert!(syntax.is_jpeg2000());
        assert_eq!(worker_memory(&module(512, 1, 16), syntax), WORKER_MEMORY);
        assert_eq!(worker_memory(&module(512, 60_000, 16), syntax), WORKER_MEMORY);
        // What `Codecs::decode` is certain to need: the words on the way, the result, and the file's bytes, which are not more than the result.
        for (allocated, bytes) in [(8, 1), (16, 2)] {
            let large = module(5000, 1, allocated);
            assert!(worker_memory(&large, syntax) > 25_000_000 * (8 + 2 * bytes), "{allocated}");
        }
    }
}
