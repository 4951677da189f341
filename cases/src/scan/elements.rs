//! Every element of a DICOM file, one by one, with its value: all that a file can say.
//!
//! Owns: the walk over preamble, meta group and data set, into sequences at any depth and behind the pixels, and what of a value is kept to be judged. What is no
//! element (a preamble that is not empty, bytes behind the end or behind what a data set is deflated to) is shown too. Long values are read and shown piece by
//! piece. Of compressed pixels is shown what their codestreams say beside them, wherever it stands, and what boxes around those of JPEG 2000 and JPEG XL hold
//! ([`Comments`]).
//! Not shown is what has no marker: coded samples, all of a frame of RLE, deflate, video or JPEG XL without boxes, and the table of where frames begin. Letters in
//! pixels are seen by looking, frames that cannot be looked at are a finding of their own, and a package has no compressed pixels.
//! Refuses: to know what an element means; files whose structure contradicts itself.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::hidden::Hidden;
use crate::FileError;
use crate::file::{behind_deflated, read_to_data_set, unpack};
use crate::layout::{Encoding, Head, head};
use crate::source::Bytes;
use dicom_core::dictionary::{DataDictionary as _, DataDictionaryEntry};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::Path;
use tiresias_codecs::{Codecs, Comments};
use tiresias_words::ContentHash;

const DEPTH: usize = 16;
const ELEMENTS: u32 = 2_000_000;
/// Bytes of a piece of a longer value.
pub(super) const PIECE: u64 = 64 << 10;
/// Bytes of two pieces that follow each other among which there is a place to cut and to begin: a word or value that is cut in one is whole in the other.
const OVERLAP: usize = 1 << 10;
const TOO_MANY: FileError = FileError::Damaged("it has more elements than any image");

/// How much of a file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All that it says.
    Whole,
    /// Its elements, and not what compressed pixels say beside themselves.
    Elements,
}

/// Where in a file a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The 128 bytes before "DICM".
    Preamble,
    /// The file meta group or the data set.
    Element,
    /// What compressed pixels say beside themselves: comments and application data of a codestream.
    Comment,
    /// In the pixel data, behind the pixels.
    Slack,
    /// Behind the data set.
    Tail,
}

/// A value and its place. It has no `Debug`: it may identify.
pub(super) struct Element<'a> {
    pub(super) part: Part,
    /// The tags that lead to it, its own last.
    pub(super) tags: &'a [Tag],
    /// Of a private element at the top of a data set: who made its block (PS3.5 7.8.1).
    pub(super) creator: Option<&'a str>,
    /// Its value representation; of implicit ones the standard's.
    pub(super) vr: [u8; 2],
    /// Its value, of one that is longer than 64 KiB a piece; nothing of a sequence, or of the image's own pixels. What is no text has its first piece alone.
    pub(super) value: &'a [u8],
    /// Whether the whole value, of numbers or bytes, spells words ([`Hidden`]).
    pub(super) hides_words: bool,
    /// Whether the value is a piece that follows another of the same element.
    pub(super) is_continued: bool,
    /// Of the whole value; of what is not shown, that of nothing.
    pub(super) sha256: ContentHash,
    /// Whether every byte of the value is zero.
    pub(super) is_zero: bool,
    /// Whether it is a sequence or fragments; its items are shown by themselves.
    pub(super) is_nest: bool,
}

impl Element<'_> {
    pub(super) fn tag(&self) -> Tag {
        self.tags.last().copied().unwrap_or(Tag(0, 0))
    }
}

/// What is shown each value.
pub(super) type See<'a> = &'a mut dyn FnMut(&Element<'_>);

/// Shows every value of a file.
pub(super) fn visit_file(path: &Path, codecs: &Codecs, extent: Extent, see: See<'_>) -> Result<(), FileError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Bytes::new(file, length);
    let begins = bytes.peek::<132>()?.filter(|b| b.ends_with(b"DICM"));
    if let Some(preamble) = begins {
        let preamble = preamble.get(..128).unwrap_or_default();
        show(Part::Preamble, preamble, see);
    }
    let meta = match begins {
        Some(_) => 132,
        None if bytes.peek()? == Some(*b"DICM") => 4,
        None => 0,
    };
    let syntax = read_to_data_set(&mut bytes)?;
    let data_set = bytes.position();
    // The meta group is walked as a data set of its own.
    bytes.seek(meta)?;
    let has_codestreams = syntax.has_codestreams();
    let mut walker = Walker::new(&mut bytes, extent, has_codestreams, see);
    while walker.bytes.position() < data_set {
        let element = head(walker.bytes, Encoding::EXPLICIT_LITTLE)?;
        walker.element(&element, Encoding::EXPLICIT_LITTLE)?;
    }
    match Encoding::of(syntax.data_set()) {
        Some(encoding) => walker.data_set(encoding),
        None => {
            let plain = unpack(&mut bytes, codecs)?;
            if extent == Extent::Whole {
                bytes.seek(data_set)?;
                show(Part::Tail, &behind_deflated(&mut bytes, codecs)?, see);
            }
            let length = plain.len() as u64;
            let mut plain = Bytes::new(Cursor::new(plain), length);
            Walker::new(&mut plain, extent, has_codestreams, see).data_set(Encoding::EXPLICIT_LITTLE)
        }
    }
}

fn show(part: Part, value: &[u8], see: See<'_>) {
    let is_zero = value.iter().all(|b| *b == 0);
    see(&Element {
        part,
        tags: &[],
        creator: None,
        vr: *b"OB",
        value,
        hides_words: false,
        is_continued: false,
        sha256: ContentHash(Sha256::digest(value).into()),
        is_zero,
        is_nest: false,
    });
}

struct Walker<'a, 'b, R> {
    bytes: &'a mut Bytes<R>,
    /// Elements that may still be passed.
    left: u32,
    tags: Vec<Tag>,
    size: PixelSize,
    /// Private creators of the group that is being read, by their own tags: of several at one place the first.
    creators: BTreeMap<Tag, String>,
    extent: Extent,
    /// Whether compressed pixels are codestreams with markers.
    has_codestreams: bool,
    see: See<'b>,
}

/// What a data set says of the bytes of its pixels, as far as it was read (PS3.3 C.7.6.3).
#[derive(Debug, Clone, Copy, Default)]
struct PixelSize {
    samples: Option<u64>,
    frames: Option<u64>,
    rows: Option<u64>,
    columns: Option<u64>,
    bits: Option<u64>,
}

impl PixelSize {
    /// Takes notice of an element at the top of a data set.
    fn take(&mut self, tags: &[Tag], value: &[u8], encoding: Encoding) {
        let &[tag] = tags else { return };
        let word = || {
            value.first_chunk::<2>().map(|b| u64::from(if encoding.big_endian { u16::from_be_bytes(*b) } else { u16::from_le_bytes(*b) }))
        };
        match tag {
            tags::SAMPLES_PER_PIXEL => self.samples = word(),
            tags::NUMBER_OF_FRAMES => self.frames = std::str::from_utf8(value).ok().and_then(|v| v.trim_matches(['\0', ' ']).parse().ok()),
            tags::ROWS => self.rows = word(),
            tags::COLUMNS => self.columns = word(),
            tags::BITS_ALLOCATED => self.bits = word(),
            _ => {}
        }
    }
    /// Bytes of the pixels where the element is native pixel data whose size is known.
    fn pixels(&self, tags: &[Tag]) -> Option<u64> {
        let &[Tag(0x7FE0, 0x0008..=0x0010)] = tags else { return None };
        let factors = [self.samples?, self.frames.unwrap_or(1), self.rows?, self.columns?, self.bits?];
        Some(factors.into_iter().try_fold(1_u64, u64::checked_mul)?.div_ceil(8))
    }
}

impl<'a, 'b, R: Read + Seek> Walker<'a, 'b, R> {
    fn new(bytes: &'a mut Bytes<R>, extent: Extent, has_codestreams: bool, see: See<'b>) -> Self {
        let (tags, creators) = (Vec::new(), BTreeMap::new());
        Self { bytes, left: ELEMENTS, tags, size: PixelSize::default(), creators, extent, has_codestreams, see }
    }

    /// All elements to the end, and whatever is behind them.
    fn data_set(&mut self, encoding: Encoding) -> Result<(), FileError> {
        let mut last = Tag(0, 0);
        while self.bytes.left() >= 8 {
            let start = self.bytes.position();
            // Elements rise (PS3.5 7.1); what does not is no element but something behind the end.
            let next = head(self.bytes, encoding).ok().filter(|h| h.tag > last || last.group() < 0x7FE0);
            let Some(next) = next else { return self.tail(start) };
            last = next.tag;
            let read = self.element(&next, encoding);
            if read.is_err() && last.group() > 0x7FE0 {
                return self.tail(start);
            }
            read?;
        }
        self.tail(self.bytes.position())
    }

    /// What is left from here on.
    fn tail(&mut self, from: u64) -> Result<(), FileError> {
        self.tags.clear();
        self.bytes.seek(from)?;
        let length = self.bytes.left();
        if length == 0 {
            return Ok(());
        }
        self.value(Part::Tail, *b"OB", length, Encoding::EXPLICIT_LITTLE)
    }

    fn element(&mut self, head: &Head, encoding: Encoding) -> Result<(), FileError> {
        self.left = self.left.checked_sub(1).ok_or(TOO_MANY)?;
        if head.length.is_some_and(|l| u64::from(l) > self.bytes.left()) {
            return Err(FileError::Truncated("an element"));
        }
        let vr = head.vr.unwrap_or_else(|| standard(head.tag));
        self.tags.push(head.tag);
        let outcome = match head.length {
            Some(length) if vr != *b"SQ" => {
                let (length, pixels) = (u64::from(length), self.size.pixels(&self.tags));
                let own = pixels.filter(|p| *p < length).unwrap_or(length);
                if pixels == Some(own) && matches!(&vr, b"OB" | b"OW") {
                    self.pixels(vr, own)?;
                } else {
                    self.value(Part::Element, vr, own, encoding)?;
                }
                if own < length { self.value(Part::Slack, *b"OB", length - own, encoding) } else { Ok(()) }
            }
            None if matches!(&vr, b"OB" | b"OW") => {
                self.unshown(vr, true);
                self.fragments(encoding)
            }
            length => {
                self.unshown(*b"SQ", true);
                // PS3.5 6.2.2: the items of an unknown element are in implicit VR little endian.
                let inner = if head.vr == Some(*b"UN") { Encoding { explicit: false, big_endian: false } } else { encoding };
                self.items(inner, length.map(|l| self.bytes.position() + u64::from(l)))
            }
        };
        self.tags.pop();
        outcome
    }

    /// Shows an element without a value: a sequence, whose items follow, or what is not shown.
    fn unshown(&mut self, vr: [u8; 2], is_nest: bool) {
        let sha256 = ContentHash(Sha256::digest([]).into());
        let (part, tags, is_zero) = (Part::Element, self.tags.as_slice(), is_nest);
        let (hides_words, is_continued) = (false, false);
        (self.see)(&Element { part, tags, creator: None, vr, value: &[], hides_words, is_continued, sha256, is_zero, is_nest });
    }

    /// Passes the pixels of the image itself: whether letters stand in them is seen by looking, and not by their bytes.
    fn pixels(&mut self, vr: [u8; 2], length: u64) -> Result<(), FileError> {
        self.bytes.seek(self.bytes.position() + length)?;
        self.unshown(vr, false);
        Ok(())
    }

    /// Reads a value of a length that the file has, and shows it: of a long text every piece, once its hash is known.
    fn value(&mut self, part: Part, vr: [u8; 2], length: u64, encoding: Encoding) -> Result<(), FileError> {
        let start = self.bytes.position();
        let (mut hash, mut hidden) = (Sha256::new(), Hidden::new(vr, encoding.big_endian));
        let mut piece = self.bytes.take(length.min(PIECE))?;
        let mut is_zero = piece.iter().all(|b| *b == 0);
        hash.update(&piece);
        hidden.take(&piece);
        let first = piece.len() as u64;
        let mut left = length - first;
        while left > 0 {
            let piece = self.bytes.take(left.min(PIECE))?;
            is_zero &= piece.iter().all(|b| *b == 0);
            hash.update(&piece);
            hidden.take(&piece);
            left -= piece.len() as u64;
        }
        self.size.take(&self.tags, &piece, encoding);
        let (sha256, hides_words) = (ContentHash(hash.finalize().into()), hidden.is_found());
        let creator = self.creator(&piece);
        let creator = creator.as_deref();
        left = if part == Part::Element && may_be_text(vr) { length - first } else { 0 };
        if left > 0 {
            self.bytes.seek(start + first)?;
        }
        let mut is_continued = false;
        loop {
            let end = if left > 0 { cut(&piece) } else { piece.len() };
            let (tags, value) = (self.tags.as_slice(), piece.get(..end).unwrap_or_default());
            (self.see)(&Element { part, tags, creator, vr, value, hides_words, is_continued, sha256, is_zero, is_nest: false });
            if left == 0 {
                return Ok(());
            }
            is_continued = true;
            piece.drain(..begin(&piece, end));
            let next = self.bytes.take(left.min(PIECE))?;
            left -= next.len() as u64;
            piece.extend(next);
        }
    }

    /// Who made the private block of the element that was read. A creator (gggg,0010-00FF) makes itself, and is remembered while its group lasts.
    fn creator(&mut self, value: &[u8]) -> Option<String> {
        let &[Tag(group, element)] = self.tags.as_slice() else { return None };
        if group % 2 == 0 {
            return None;
        }
        if let 0x0010..=0x00FF = element {
            let name = String::from_utf8_lossy(value).trim_matches([' ', '\0']).to_owned();
            self.creators.retain(|block, _| block.group() == group);
            self.creators.entry(Tag(group, element)).or_insert_with(|| name.clone());
            return Some(name);
        }
        self.creators.get(&Tag(group, element >> 8)).cloned()
    }

    fn items(&mut self, encoding: Encoding, end: Option<u64>) -> Result<(), FileError> {
        if self.tags.len() > DEPTH {
            return Err(FileError::Damaged("its sequences are nested too deeply"));
        }
        while end.is_none_or(|e| self.bytes.position() < e) {
            self.left = self.left.checked_sub(1).ok_or(TOO_MANY)?;
            let item = head(self.bytes, encoding)?;
            match (item.tag, end) {
                (Tag(0xFFFE, 0xE0DD), None) => return Ok(()),
                (Tag(0xFFFE, 0xE000), _) => {
                    let item_end = item.length.map(|l| self.bytes.position() + u64::from(l));
                    while item_end.is_none_or(|e| self.bytes.position() < e) {
                        let next = head(self.bytes, encoding)?;
                        if next.tag == Tag(0xFFFE, 0xE00D) && item_end.is_none() {
                            break;
                        }
                        self.element(&next, encoding)?;
                    }
                }
                _ => return Err(FileError::Damaged("a sequence holds something that is no item")),
            }
        }
        Ok(())
    }

    /// The fragments of compressed pixels (PS3.5 A.4). Their pixels are looked at elsewhere; what a codestream says beside them is shown.
    fn fragments(&mut self, encoding: Encoding) -> Result<(), FileError> {
        // The first item says where frames begin, and is a codestream only where it opens like one.
        let (mut comments, mut is_table) = (Comments::new(false), true);
        while self.bytes.left() >= 8 {
            let item = head(self.bytes, Encoding { big_endian: false, ..encoding })?;
            match (item.tag, item.length) {
                (Tag(0xFFFE, 0xE0DD), _) => break,
                (Tag(0xFFFE, 0xE000), Some(length)) if u64::from(length) <= self.bytes.left() => {
                    self.fragment(&mut comments, length.into())?;
                }
                _ => return Err(FileError::Damaged("its pixel data holds something that is no fragment")),
            }
            if is_table {
                self.hear(|tell| comments.end(tell))?;
                (comments, is_table) = (Comments::new(self.has_codestreams), false);
            }
        }
        self.hear(|tell| comments.end(tell))
    }

    fn fragment(&mut self, comments: &mut Comments, length: u64) -> Result<(), FileError> {
        let end = self.bytes.position() + length;
        if self.extent == Extent::Whole {
            let first = self.bytes.take(length.min(PIECE))?;
            self.hear(|tell| comments.begin(&first, tell))?;
            while self.bytes.position() < end && !comments.is_passed() {
                let next = self.bytes.take((end - self.bytes.position()).min(PIECE))?;
                self.hear(|tell| comments.take(&next, tell))?;
            }
        }
        self.bytes.seek(end)
    }

    /// Shows what codestreams are heard to say. Each counts as an element: a file may be nothing but comments.
    fn hear(&mut self, listen: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Result<(), FileError> {
        let mut told = 0_u32;
        listen(&mut |said: &[u8]| {
            told = told.saturating_add(1);
            show(Part::Comment, said, &mut *self.see);
        });
        self.left = self.left.checked_sub(told).ok_or(TOO_MANY)?;
        Ok(())
    }
}

/// Whether a value is read as text: what has a binary representation is a number or bits, and its bytes are judged by what they spell.
pub(super) const fn may_be_text(vr: [u8; 2]) -> bool {
    !holds_bytes(vr) && !holds_numbers(vr) && !matches!(&vr, b"SQ")
}

/// Whether a value is a few numbers.
pub(super) const fn holds_numbers(vr: [u8; 2]) -> bool {
    matches!(&vr, b"US" | b"SS" | b"UL" | b"SL" | b"FL" | b"FD" | b"AT")
}

/// Whether a value of any length is bytes or numbers, of which only the first piece is shown.
pub(super) const fn holds_bytes(vr: [u8; 2]) -> bool {
    matches!(&vr, b"OB" | b"OW" | b"OF" | b"OD" | b"OL" | b"OV" | b"SV" | b"UV")
}

/// Where a piece of a long text may end: behind whole values, where there are several, or behind whole words, or else before its last letter.
fn cut(text: &[u8]) -> usize {
    let from = text.len().saturating_sub(OVERLAP);
    let of = text.get(from..).unwrap_or_default();
    let last = of.iter().rposition(|b| *b == b'\\').or_else(|| of.iter().rposition(u8::is_ascii_whitespace));
    last.map_or_else(|| letter(text, text.len().saturating_sub(1)), |at| from + at)
}

/// Where the piece behind one that ended at `end` begins: before its end, at a whole value or a whole word.
fn begin(text: &[u8], end: usize) -> usize {
    let from = end.saturating_sub(OVERLAP);
    let of = text.get(from..end).unwrap_or_default();
    let first = of.iter().position(|b| *b == b'\\').or_else(|| of.iter().position(u8::is_ascii_whitespace));
    first.map_or_else(|| letter(text, from), |at| from + at + 1)
}

/// The begin of the letter that `at` is in, if the text is UTF-8.
fn letter(text: &[u8], at: usize) -> usize {
    let continues = |at: usize| text.get(at).is_some_and(|b| b & 0xC0 == 0x80);
    (at.saturating_sub(3)..=at).rev().find(|at| !continues(*at)).unwrap_or(at)
}

/// The standard's value representation, where a file says none (PS3.6).
pub(super) fn standard(tag: Tag) -> [u8; 2] {
    if tag.element() == 0 {
        return *b"UL";
    }
    let known = StandardDataDictionary.by_tag(tag).map_or(VR::UN, |e| e.vr().relaxed());
    known.to_bytes()
}

/// The keyword of an element (PS3.6), of a private one none.
pub(super) fn keyword(tag: Tag) -> Option<&'static str> {
    if tag.group() % 2 == 1 {
        return None;
    }
    StandardDataDictionary.by_tag(tag).map(DataDictionaryEntry::alias)
}
