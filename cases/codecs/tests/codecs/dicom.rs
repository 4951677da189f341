//! Just enough DICOM to find frames in files, so that this crate's tests need none of its users. Refuses, with `None`, all that it does not expect.

use crate::support::{Described, photometric};
use std::path::{Path, PathBuf};
use tiresias_codecs::{DataSetEncoding, PixelEncoding, TransferSyntax, inflate};

/// The larger collection of test data, where it is present.
pub(crate) fn shared() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).map(|above| above.join("shared"));
    let folder = std::env::var_os("TIRESIAS_SHARED").map(PathBuf::from).or_else(beside)?.join("data");
    folder.is_dir().then_some(folder)
}

/// An image with its frames still compressed.
pub(crate) struct Image {
    pub(crate) frames: Vec<Described>,
    pub(crate) is_encapsulated: bool,
}

#[derive(Default)]
struct Found {
    columns: u32,
    rows: u32,
    samples: u32,
    allocated: u32,
    stored: u32,
    is_signed: bool,
    photometric: String,
    frames: usize,
    native: Option<Vec<u8>>,
    offsets: Vec<usize>,
    /// Place in the sequence of fragments, and bytes.
    fragments: Vec<(usize, Vec<u8>)>,
}

/// The largest data set that is unpacked.
const MOST: usize = 64 << 20;

/// The image in a file, if it is compressed in one way or another.
pub(crate) fn image(file: &[u8]) -> Option<Image> {
    let start = if file.get(128..132)? == b"DICM" { 132 } else { 0 };
    let mut reader = Reader { data: file, at: start };
    let mut uid = String::new();
    while reader.peek()? >> 16 == 2 {
        let (tag, value) = reader.element()?;
        if tag == 0x0002_0010 {
            uid = String::from_utf8(value.to_vec()).ok()?;
        }
    }
    let syntax = TransferSyntax::from_uid(&uid)?;
    let rest = file.get(reader.at..)?;
    let found = match (syntax.data_set(), syntax.pixels()) {
        (DataSetEncoding::Deflated, _) => found(&inflate(rest, MOST).ok()?)?,
        (DataSetEncoding::ExplicitLittle, PixelEncoding::Encapsulated) => found(rest)?,
        _ => return None,
    };
    let described = |data: Vec<u8>, number: usize| {
        Some(Described {
            name: format!("frame {number}"),
            syntax,
            columns: found.columns,
            rows: found.rows,
            samples: u8::try_from(found.samples).ok()?,
            bits_allocated: u8::try_from(found.allocated).ok()?,
            bits_stored: u8::try_from(found.stored).ok()?,
            is_signed: found.is_signed,
            photometric: photometric(&found.photometric),
            data,
        })
    };
    let is_encapsulated = found.native.is_none();
    let parts = found.native.clone().map_or_else(|| joined(&found), |native| vec![native]);
    let frames = parts.into_iter().enumerate().map(|(i, data)| described(data, i)).collect::<Option<_>>()?;
    Some(Image { frames, is_encapsulated })
}

/// Fragments joined to frames: by the offset table, else one each, else by the marker that opens a codestream.
fn joined(found: &Found) -> Vec<Vec<u8>> {
    let count = found.frames.max(1);
    let begins = |i: usize, place: usize, data: &[u8]| match () {
        () if count == 1 => i == 0,
        () if !found.offsets.is_empty() => found.offsets.contains(&place),
        () if found.fragments.len() == count => true,
        () => data.starts_with(&[0xFF, 0xD8]) || data.starts_with(&[0xFF, 0x4F]),
    };
    let mut frames: Vec<Vec<u8>> = Vec::new();
    for (i, (place, data)) in found.fragments.iter().enumerate() {
        match frames.last_mut() {
            Some(frame) if !begins(i, *place, data) => frame.extend_from_slice(data),
            _ => frames.push(data.clone()),
        }
    }
    frames
}

fn found(data: &[u8]) -> Option<Found> {
    let mut reader = Reader { data, at: 0 };
    let mut found = Found::default();
    while reader.at < data.len() {
        if reader.peek()? == 0x7FE0_0010 {
            reader.pixels(&mut found)?;
            return Some(found);
        }
        let (tag, value) = reader.element()?;
        let short = || Some(u32::from(u16::from_le_bytes(value.get(..2)?.try_into().ok()?)));
        let text = || String::from_utf8_lossy(value).trim_matches([' ', '\0']).to_owned();
        match tag {
            0x0028_0002 => found.samples = short()?,
            0x0028_0004 => found.photometric = text(),
            0x0028_0008 => found.frames = text().parse().ok()?,
            0x0028_0010 => found.rows = short()?,
            0x0028_0011 => found.columns = short()?,
            0x0028_0100 => found.allocated = short()?,
            0x0028_0101 => found.stored = short()?,
            0x0028_0103 => found.is_signed = short()? == 1,
            _ => {}
        }
    }
    None
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

const UNDEFINED: usize = 0xFFFF_FFFF;

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.data.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }
    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }
    fn u32(&mut self) -> Option<usize> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?) as usize)
    }
    fn tag(&mut self) -> Option<u32> {
        Some(u32::from(self.u16()?) << 16 | u32::from(self.u16()?))
    }
    fn peek(&self) -> Option<u32> {
        Self { data: self.data, at: self.at }.tag()
    }

    /// Tag, value representation and length.
    fn head(&mut self) -> Option<(u32, [u8; 2], usize)> {
        let tag = self.tag()?;
        if tag >> 16 == 0xFFFE {
            return Some((tag, *b"  ", self.u32()?));
        }
        let vr: [u8; 2] = self.take(2)?.try_into().ok()?;
        if [b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UN", b"UC", b"UR", b"UT", b"SV", b"UV"].contains(&&vr) {
            self.take(2)?;
            Some((tag, vr, self.u32()?))
        } else {
            Some((tag, vr, self.u16()?.into()))
        }
    }

    /// The next element and its value, which is empty for sequences of undefined length.
    fn element(&mut self) -> Option<(u32, &'a [u8])> {
        let (tag, vr, length) = self.head()?;
        if length != UNDEFINED {
            return Some((tag, self.take(length)?));
        }
        if vr != *b"SQ" {
            return None;
        }
        self.skip_items()?;
        Some((tag, &[]))
    }

    fn skip_items(&mut self) -> Option<()> {
        loop {
            match self.head()? {
                (0xFFFE_E000, _, UNDEFINED) => {
                    while self.peek()? != 0xFFFE_E00D {
                        self.element()?;
                    }
                    self.take(8)?;
                }
                (0xFFFE_E000, _, length) => {
                    self.take(length)?;
                }
                (0xFFFE_E0DD, ..) => return Some(()),
                _ => return None,
            }
        }
    }

    fn pixels(&mut self, found: &mut Found) -> Option<()> {
        let (_, _, length) = self.head()?;
        if length != UNDEFINED {
            found.native = Some(self.take(length)?.to_vec());
            return Some(());
        }
        let (_, _, length) = self.head()?;
        found.offsets = self.take(length)?.chunks_exact(4).map(|o| u32::from_le_bytes([o[0], o[1], o[2], o[3]]) as usize).collect();
        let first = self.at;
        loop {
            let place = self.at - first;
            match self.head()? {
                (0xFFFE_E000, _, length) => {
                    // A file that is cut short still has something to decode.
                    let length = length.min(self.data.len() - self.at);
                    found.fragments.push((place, self.take(length)?.to_vec()));
                }
                _ => return Some(()),
            }
            if self.at == self.data.len() {
                return Some(());
            }
        }
    }
}
