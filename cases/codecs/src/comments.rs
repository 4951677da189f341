//! What codestreams say beside their pixels, from the first byte of a sequence of fragments to the last.
//!
//! Owns: the walk over whole codestreams of JPEG and JPEG-LS (ITU-T T.81 annex B, T.87 annex C) and JPEG 2000 (T.800 annex A), one behind the other, piece by
//! piece as their bytes come. Told are comments and application data wherever a marker may stand: in a header, between scans, in the header of a tile;
//! segments of a kind that no decoder reads; and what stands before, between and behind codestreams. Of JPEG XL are told the boxes around a codestream (Exif, XML
//! and all others, packed ones as they are); what is in the codestream, or in one without boxes, has no markers and is passed.
//! Refuses: to hold more than one piece of what is told, and to look for words in coded samples and in the tables that decode them. Samples go on to the next
//! marker: which of their bytes no pixel needs is known to who decodes them alone, and so what a file puts among them is not told.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::boxes::{BARE, Body, JPEG_XL, is_mark};
use crate::markers::{APP0, APP14, APP15, COMMENT, JP2, JPEG_2000, SOF55, SOI, SOS};

/// Bytes of a piece: no segment is longer. What is longer outside of codestreams is told in pieces.
const PIECE: usize = 64 << 10;
/// Bytes that a piece shares with the one before, so that what is cut in one is whole in the other.
const OVERLAP: usize = 1 << 10;

/// The end of a codestream: EOI of JPEG, EOC of JPEG 2000.
const END: u8 = 0xD9;
/// The preset parameters of JPEG-LS.
const LSE: u8 = 0xF8;
const SIZ: u8 = 0x51;
const COMMENT_2000: u8 = 0x64;
/// The headers of a tile-part and of a packet, and what ends the first of them.
const SOT: u8 = 0x90;
const SOP: u8 = 0x91;
const SOD: u8 = 0x93;

/// What is read of fragments, and what it was told of so far. It has no `Debug`: it may hold words that identify.
pub struct Comments {
    at: At,
    has_codestreams: bool,
    is_2000: bool,
    held: Vec<u8>,
}

/// Where in a codestream the next byte stands.
#[derive(Clone, Copy)]
enum At {
    /// In a fragment that is no codestream, and need not be one.
    Foreign,
    /// Before a codestream, or behind one.
    Outside,
    /// Where a marker has to be; whether its first byte was read.
    Marker { is_begun: bool },
    /// In the two bytes of a segment's length, and the first of them.
    Length { marker: u8, high: Option<u8> },
    /// In a segment.
    Body { marker: u8, left: usize },
    /// In coded samples; whether the last byte may begin a marker.
    Samples { is_begun: bool },
    /// Before a box of JPEG XL, or in its head, which is held.
    Head,
    /// In a box, which is held with its head unless it is coded samples.
    Boxed(Body),
}

/// What a segment is to somebody who looks for words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What a decoder needs.
    Coding,
    /// What is meant to be read.
    Comment,
    /// What nobody reads; it is told whole, because what passes for its length may be the begin of a word.
    Unknown,
}

impl Comments {
    /// Before the first byte. `has_codestreams` says that fragments hold nothing else ([`crate::TransferSyntax::has_codestreams`]): then what is none is told.
    /// Otherwise those that open as a codestream does are read as one, and all others are passed.
    #[must_use]
    pub const fn new(has_codestreams: bool) -> Self {
        Self { at: Self::start(has_codestreams), has_codestreams, is_2000: false, held: Vec::new() }
    }

    const fn start(has_codestreams: bool) -> At {
        if has_codestreams { At::Outside } else { At::Foreign }
    }

    /// Whether what is left of the fragment tells nothing.
    #[must_use]
    pub const fn is_passed(&self) -> bool {
        matches!(self.at, At::Foreign | At::Boxed(Body { is_coded: true, left: None }))
    }

    /// Takes the first bytes of a fragment, twelve or more where it has them. A codestream may go on from the fragment before; one that opens here ends it, with its
    /// end marker or without.
    pub fn begin(&mut self, bytes: &[u8], tell: &mut dyn FnMut(&[u8])) {
        if bytes.starts_with(&JPEG_2000) || bytes.starts_with(&JP2) || bytes.starts_with(&[0xFF, SOI, 0xFF]) {
            self.end(tell);
            self.at = At::Outside;
        } else if bytes.starts_with(&JPEG_XL) {
            self.end(tell);
            self.at = At::Head;
        } else if matches!(self.at, At::Head) && bytes.starts_with(&BARE) {
            // A frame without boxes behind one with: no box is as long as this would be.
            self.end(tell);
            self.at = Self::start(self.has_codestreams);
        }
        self.take(bytes, tell);
    }

    /// Takes the next bytes of a fragment.
    pub fn take(&mut self, bytes: &[u8], tell: &mut dyn FnMut(&[u8])) {
        let mut rest = bytes;
        while let Some((byte, behind)) = rest.split_first() {
            rest = match self.at {
                At::Foreign => return,
                At::Samples { is_begun: false } => {
                    let to_marker = rest.iter().position(|b| *b == 0xFF);
                    if to_marker.is_some() {
                        self.at = At::Samples { is_begun: true };
                    }
                    to_marker.and_then(|n| rest.get(n + 1..)).unwrap_or_default()
                }
                At::Body { marker, left } => {
                    let (body, behind) = rest.split_at(left.min(rest.len()));
                    self.body(marker, left, body, tell);
                    behind
                }
                At::Boxed(body) => {
                    let (own, behind) = rest.split_at(body.own(rest.len()));
                    self.boxed(body, own, tell);
                    behind
                }
                At::Outside | At::Marker { .. } | At::Length { .. } | At::Samples { is_begun: true } | At::Head => {
                    self.byte(*byte, tell);
                    behind
                }
            };
        }
    }

    /// Tells what is held, at the end of all fragments: padding is no word, and neither is a single byte.
    pub fn end(&mut self, tell: &mut dyn FnMut(&[u8])) {
        if self.held.iter().filter(|b| !matches!(**b, 0 | 0xFF)).count() > 1 {
            tell(&self.held);
        }
        self.held.clear();
    }

    fn byte(&mut self, byte: u8, tell: &mut dyn FnMut(&[u8])) {
        match self.at {
            At::Outside => self.outside(byte, tell),
            At::Marker { is_begun: false } if byte == 0xFF => self.at = At::Marker { is_begun: true },
            At::Marker { is_begun: false } => self.lose(&[byte], tell),
            At::Marker { is_begun: true } => self.marker(byte, tell),
            At::Length { marker, high: None } => self.at = At::Length { marker, high: Some(byte) },
            At::Length { marker, high: Some(high) } => self.segment(marker, [high, byte], tell),
            At::Samples { .. } => self.at = self.behind_samples(byte),
            At::Head => self.head(byte, tell),
            At::Foreign | At::Body { .. } | At::Boxed(_) => {}
        }
    }

    /// A byte of the head of a box.
    fn head(&mut self, byte: u8, tell: &mut dyn FnMut(&[u8])) {
        self.held.push(byte);
        let Some(body) = Body::behind(&self.held) else { return };
        if body.is_coded {
            self.held.clear();
        }
        self.boxed(body, &[], tell);
    }

    /// Bytes of a box.
    fn boxed(&mut self, body: Body, bytes: &[u8], tell: &mut dyn FnMut(&[u8])) {
        if !body.is_coded {
            self.hold(bytes, tell);
        }
        let body = body.without(bytes.len());
        if body.left != Some(0) {
            self.at = At::Boxed(body);
            return;
        }
        self.at = At::Head;
        if is_mark(&self.held) {
            self.held.clear();
        }
        self.end(tell);
    }

    /// Holds bytes, and tells them in pieces where there are more than one holds.
    fn hold(&mut self, bytes: &[u8], tell: &mut dyn FnMut(&[u8])) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = PIECE.saturating_sub(self.held.len()).max(1);
            let (now, behind) = rest.split_at(room.min(rest.len()));
            self.held.extend_from_slice(now);
            rest = behind;
            if self.held.len() >= PIECE {
                tell(&self.held);
                self.held.drain(..PIECE - OVERLAP);
            }
        }
    }

    /// A byte that belongs to no codestream. It may be the last of the signature of one.
    fn outside(&mut self, byte: u8, tell: &mut dyn FnMut(&[u8])) {
        // Zeros pad a codestream to even length (PS3.5 A.4).
        if byte == 0 && self.held.is_empty() {
            return;
        }
        self.held.push(byte);
        let signature = if self.held.ends_with(&[0xFF, SOI]) {
            Some((2, At::Marker { is_begun: false }))
        } else if self.held.ends_with(&JPEG_2000) {
            Some((JPEG_2000.len(), At::Length { marker: SIZ, high: None }))
        } else {
            None
        };
        if let Some((length, at)) = signature {
            self.held.truncate(self.held.len() - length);
            self.end(tell);
            self.is_2000 = length == JPEG_2000.len();
            self.at = at;
        } else if self.held.len() >= PIECE {
            tell(&self.held);
            self.held.drain(..PIECE - OVERLAP);
        }
    }

    /// The second byte of a marker in a header.
    fn marker(&mut self, marker: u8, tell: &mut dyn FnMut(&[u8])) {
        self.at = match (self.is_2000, marker) {
            // Fill bytes (T.81 B.1.1.2).
            (_, 0xFF) => At::Marker { is_begun: true },
            (_, END) => At::Outside,
            // Markers that stand alone (T.800 A.1.3).
            (false, SOI) | (true, 0x30..=0x3F) => At::Marker { is_begun: false },
            (true, SOD) => At::Samples { is_begun: false },
            (false, 0x02..=0xCF | 0xDA..=0xFE) | (true, 0x50..=0x92) => At::Length { marker, high: None },
            _ => return self.lose(&[0xFF, marker], tell),
        };
    }

    /// What follows 0xFF in coded samples: JPEG stuffs a zero byte, JPEG-LS a zero bit, and JPEG 2000 has nothing above 0x8F there (T.800 B.10.1, D.4.1).
    const fn behind_samples(&self, byte: u8) -> At {
        match (self.is_2000, byte) {
            (_, 0xFF) => At::Samples { is_begun: true },
            (_, END) => At::Outside,
            (true, SOT | SOP) | (false, 0x80..=0xCF | 0xDA..=0xFE) => At::Length { marker: byte, high: None },
            (false, SOI) => At::Marker { is_begun: false },
            // Restart markers of JPEG and ends of packet headers of JPEG 2000 among them.
            _ => At::Samples { is_begun: false },
        }
    }

    fn segment(&mut self, marker: u8, length: [u8; 2], tell: &mut dyn FnMut(&[u8])) {
        let [high, low] = length;
        let Some(left) = usize::from(u16::from_be_bytes(length)).checked_sub(2) else {
            return self.lose(&[0xFF, marker, high, low], tell);
        };
        if self.kind(marker) == Kind::Unknown {
            self.held.extend([marker, high, low]);
        }
        self.body(marker, left, &[], tell);
    }

    /// Bytes of a segment of which `left` are to come with them.
    fn body(&mut self, marker: u8, left: usize, bytes: &[u8], tell: &mut dyn FnMut(&[u8])) {
        let kind = self.kind(marker);
        if kind != Kind::Coding {
            self.held.extend_from_slice(bytes);
        }
        let left = left.saturating_sub(bytes.len());
        if left > 0 {
            self.at = At::Body { marker, left };
            return;
        }
        // The marks that say how colours are coded.
        let is_colour_mark = !self.is_2000
            && match marker {
                APP0 => self.held.starts_with(b"JFIF\0") && self.held.len() <= 14,
                APP14 => self.held.starts_with(b"Adobe") && self.held.len() <= 12,
                _ => false,
            };
        // A comment of JPEG 2000 begins with two bytes that say what it is (T.800 A.9.2).
        let from = if kind == Kind::Comment && self.is_2000 { 2 } else { 0 };
        let said = self.held.get(from..).unwrap_or_default();
        if !is_colour_mark && !said.is_empty() {
            tell(said);
        }
        self.held.clear();
        self.at = match (self.is_2000, marker) {
            (false, SOS) | (true, SOP) => At::Samples { is_begun: false },
            _ => At::Marker { is_begun: false },
        };
    }

    const fn kind(&self, marker: u8) -> Kind {
        match (self.is_2000, marker) {
            (false, COMMENT | APP0..=APP15) | (true, COMMENT_2000) => Kind::Comment,
            (false, 0xC0..=0xDF | SOF55 | LSE) => Kind::Coding,
            // T.800 table A.2 and T.801 table A.2.
            (true, 0x50..=0x53 | 0x55 | 0x57..=0x61 | 0x63 | 0x70..=0x79 | SOT | SOP) => Kind::Coding,
            _ => Kind::Unknown,
        }
    }

    /// Where a codestream had to go on, and did not.
    fn lose(&mut self, bytes: &[u8], tell: &mut dyn FnMut(&[u8])) {
        if !self.has_codestreams {
            self.at = At::Foreign;
            return;
        }
        self.at = At::Outside;
        for byte in bytes {
            self.outside(*byte, tell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of fragments that come in pieces of a length.
    fn told(has_codestreams: bool, fragments: &[&[u8]], piece: usize) -> Vec<Vec<u8>> {
        let (mut comments, mut told) = (Comments::new(has_codestreams), Vec::new());
        let mut tell = |said: &[u8]| told.push(said.to_vec());
        for fragment in fragments {
            // The first piece has to show a signature.
            let (first, rest) = fragment.split_at(fragment.len().min(piece.max(12)));
            comments.begin(first, &mut tell);
            rest.chunks(piece).for_each(|bytes| comments.take(bytes, &mut tell));
        }
        comments.end(&mut tell);
        told
    }

    fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
        let [high, low] = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker, high, low][..], body].concat()
    }

    const SOI_: &[u8] = b"\xFF\xD8";
    const EOI: &[u8] = b"\xFF\xD9";
    /// SOS and samples with a stuffed zero and a restart marker.
    const SCAN: &[u8] = b"\xFF\xDA\0\x08\x01\x07\0\0\x3F\0ab\xFF\0c\xFF\xD0d";
    const SOC_SIZ: &[u8] = b"\xFF\x4F\xFF\x51\0\x04ab";
    /// A tile-part up to its samples, and those with packet headers.
    const TILE: &[u8] = b"\xFF\x90\0\x0A\0\0\0\0\0\0\0\x01";
    const PACKETS: &[u8] = b"\xFF\x93xy\xFF\x91\0\x04\xFF\xD9\xFF\x92z\xFF\x8F";

    /// What it is, the codestream, and what must be told of it.
    type Case<'a> = (&'a str, &'a [u8], &'a [&'a [u8]]);
    /// The same of a codestream in parts.
    type Parts<'a> = (&'a str, &'a [&'a [u8]], &'a [&'a [u8]]);

    #[test]
    fn comments_are_told_wherever_a_marker_may_stand() {
        let comment = |marker, said: &[u8]| segment(marker, said);
        let table = segment(0xC4, &[7; 40_000]);
        let far = [SOI_, &table, &table, &comment(0xFE, b"far"), SCAN, EOI].concat();
        let between = [SOI_, SCAN, &comment(0xFE, b"between"), &comment(0xE3, b"scans"), SCAN, EOI].concat();
        let filled = [SOI_, b"\xFF", &comment(0xFE, b"filled"), SCAN, b"\xFF", EOI].concat();
        let is_last = [SOI_, &comment(0xFE, b""), SCAN, &comment(0xFE, b"last"), EOI, b"\0"].concat();
        let main = [SOC_SIZ, &comment(0x64, b"\0\x01main"), TILE, PACKETS, EOI].concat();
        let tile = [SOC_SIZ, TILE, PACKETS, TILE, &comment(0x64, b"\0\x01tile"), PACKETS, EOI].concat();
        let reserved = [SOI_, &comment(0xF5, b"reserved"), SCAN, EOI].concat();
        let cases: [Case<'_>; 7] = [
            ("behind 64 KiB", &far, &[b"far"]),
            ("between scans", &between, &[b"between", b"scans"]),
            ("behind fill bytes", &filled, &[b"filled"]),
            ("behind the last scan", &is_last, &[b"last"]),
            ("in a main header", &main, &[b"main"]),
            ("in the header of a tile-part", &tile, &[b"tile"]),
            ("of a kind that nobody reads", &reserved, &[b"\xF5\0\x0Areserved"]),
        ];
        for (what, data, said) in cases {
            for (has_codestreams, piece) in [(true, usize::MAX), (false, usize::MAX), (true, 1), (false, 7)] {
                assert_eq!(told(has_codestreams, &[data], piece), said, "{what}, {piece} at once");
            }
            // A codestream in two fragments.
            let (a, b) = data.split_at(data.len() / 2);
            assert_eq!(told(true, &[a, b], usize::MAX), said, "{what}, in two fragments");
        }
    }

    #[test]
    fn what_is_around_codestreams_is_told() {
        let jpeg = [SOI_, SCAN, EOI].concat();
        let behind = [&jpeg[..], b"GARCIA\0\0"].concat();
        assert_eq!(told(true, &[&behind, &jpeg], 3), [b"GARCIA\0\0"]);
        assert_eq!(told(false, &[&behind], usize::MAX), [b"GARCIA\0\0"]);
        // A frame without an end, and the comment of the next.
        let next = [SOC_SIZ, &segment(0x64, b"\0\x01next"), TILE, PACKETS].concat();
        assert_eq!(told(true, &[&[SOC_SIZ, TILE, PACKETS].concat(), &next], usize::MAX), [b"next"]);
        // In boxes.
        let boxed = [&JP2[..], b"GARCIA", SOC_SIZ, TILE, PACKETS, EOI].concat();
        assert_eq!(told(true, &[&boxed], usize::MAX), [[&JP2[3..], b"GARCIA"].concat()]);
        assert_eq!(
            told(true, &[&[SOC_SIZ, TILE, PACKETS].concat(), &boxed], 1),
            [[&JP2[3..], b"GARCIA"].concat()],
            "behind one without an end"
        );
        // Words where a marker, and where a length has to be.
        let bent = [SOI_, b"GARCIA", &jpeg].concat();
        assert_eq!(told(true, &[&bent], 2), [b"GARCIA"]);
        assert_eq!(told(true, &[&[SOI_, b"\xFFGARCIA"].concat()], 2), [b"GARCIA"]);
        for padded in [&b"\0\0\0"[..], b"\xFF\xFF", b"\x01\0", EOI] {
            assert!(told(true, &[&[&jpeg[..], padded].concat()], usize::MAX).is_empty(), "{padded:?}");
        }
    }

    #[test]
    fn boxes_of_jpeg_xl_are_told_and_samples_are_not() {
        let boxed = |kind: &[u8; 4], body: &[u8]| {
            let length = u32::try_from(body.len() + 8).unwrap().to_be_bytes();
            [&length[..], kind, body].concat()
        };
        let start = [&JPEG_XL[..], &boxed(b"ftyp", b"jxl \0\0\0\0jxl "), &boxed(b"jxll", b"\x0A")].concat();
        let (coded, part) = (boxed(b"jxlc", b"\xFF\x0AGARCIA"), boxed(b"jxlp", b"\0\0\0\0\xFF\x0AGARCIA"));
        let (exif, xml, jumb) = (boxed(b"Exif", b"\0\0\0\0GARCIA"), boxed(b"xml ", b"<garcia/>"), boxed(b"jumb", b"garcia"));
        let (brob, jbrd, other) = (boxed(b"brob", b"Exif\x0Bpacked"), boxed(b"jbrd", b"packed"), boxed(b"GARC", b""));
        let brand = boxed(b"ftyp", b"jxl \0\0\0\0GARC");
        let (large, open) = (b"\0\0\0\x01jxlc\0\0\0\0\0\0\0\x16GARCIA", b"\0\0\0\0jxlc\xFF\x0AGARCIA\0\0\0\x0Axml ab");
        let (text, bent) = (b"\0\0\0\0xml <garcia/>\0\0\0\x0Ajxlcab", b"\0\0\0\x07jxlcGARCIA");
        let cases: [Parts<'_>; 11] = [
            ("samples", &[&coded, b"\0"], &[]),
            ("before samples", &[&exif, &xml, &coded], &[&exif, &xml]),
            ("behind them", &[&coded, &jumb, b"\0"], &[&jumb]),
            ("between their parts", &[&part, &xml, &part], &[&xml]),
            ("packed", &[&brob, &jbrd, &coded], &[&brob, &jbrd]),
            ("of a kind that nobody reads", &[&other, &coded], &[&other]),
            ("in what a file begins with", &[&brand, &coded], &[&brand]),
            ("behind a long length", &[large, &xml], &[&xml]),
            ("samples to the end", &[open], &[]),
            ("words to the end", &[&coded, text], &[text]),
            ("behind what is no length", &[bent], &[bent]),
        ];
        for (what, boxes, said) in cases {
            let data = [&start[..], &boxes.concat()].concat();
            for (has_codestreams, piece) in [(false, usize::MAX), (false, 1), (true, 7)] {
                assert_eq!(told(has_codestreams, &[&data], piece), said, "{what}, {piece} at once");
            }
            let (a, b) = data.split_at(start.len() + 5);
            assert_eq!(told(false, &[a, b], usize::MAX), said, "{what}, in two fragments");
            assert_eq!(told(false, &[&data, &data], usize::MAX), [said, said].concat(), "{what}, twice");
        }
        // A frame without boxes behind one with, and by itself.
        let bare = [&BARE[..], b"GARCIA"].concat();
        assert!(told(false, &[&[&start[..], &coded].concat(), &bare], usize::MAX).is_empty() && told(false, &[&bare], 1).is_empty());
        // A long box is told in pieces.
        let long = [&start[..], &boxed(b"xml ", &[&vec![b'x'; PIECE - 11][..], b"GARCIA", &vec![b'y'; 2 * PIECE]].concat())].concat();
        let told = told(false, &[&long], 1000);
        assert!(told.len() > 2 && told.iter().all(|piece| piece.len() <= PIECE));
        assert!(told.iter().any(|piece| piece.windows(6).any(|w| w == b"GARCIA")));
    }

    #[test]
    fn bytes_without_a_marker_are_told_where_no_samples_are() {
        let (table, lines) = (segment(0xC4, b"\x01\x02"), segment(0xDC, b"\0\x02"));
        let cases: [Parts<'_>; 6] = [
            ("between tables", &[SOI_, &table, b"GARCIA", EOI], &[b"GARCIA", EOI]),
            ("before a scan", &[SOI_, &table, b"GARCIA", SCAN, EOI], &[b"GARCIA", SCAN, EOI]),
            ("behind the number of lines", &[SOI_, SCAN, &lines, b"GARCIA", EOI], &[b"GARCIA", EOI]),
            ("before a tile-part", &[SOC_SIZ, b"GARCIA", TILE, PACKETS, EOI], &[b"GARCIA", TILE, PACKETS, EOI]),
            ("before packets", &[SOC_SIZ, TILE, b"GARCIA", PACKETS, EOI], &[b"GARCIA", PACKETS, EOI]),
            ("behind the end", &[SOI_, SCAN, EOI, b"GARCIA"], &[b"GARCIA"]),
        ];
        for (what, data, said) in cases {
            for piece in [1, 7, usize::MAX] {
                assert_eq!(told(true, &[&data.concat()], piece), [said.concat()], "{what}, {piece} at once");
            }
        }
        // They pass for samples where samples are.
        assert!(told(true, &[&[SOI_, SCAN, b"GARCIA", EOI].concat()], usize::MAX).is_empty());
        assert!(told(true, &[&[SOC_SIZ, TILE, PACKETS, b"GARCIA", EOI].concat()], usize::MAX).is_empty());
    }

    #[test]
    fn what_is_long_is_told_in_pieces() {
        let long = [&vec![b'x'; PIECE - 3][..], b"GARCIA", &vec![b'y'; 3 * PIECE]].concat();
        let told = told(true, &[&long], 1000);
        assert!(told.len() > 3 && told.iter().all(|piece| piece.len() <= PIECE));
        assert!(told.iter().any(|piece| piece.windows(6).any(|w| w == b"GARCIA")));
    }

    #[test]
    fn what_need_be_no_codestream_is_passed() {
        let runs = b"\x01\0\0\0\x40\0\0\0GARCIA";
        let mut comments = Comments::new(false);
        comments.begin(runs, &mut |_| panic!("nothing to tell"));
        assert!(comments.is_passed());
        // Samples that look like a signature, and need be none.
        assert!(told(false, &[b"\xFF\xD8\xFF\x01GARCIA"], usize::MAX).is_empty());
        for data in [&b""[..], b"\xFF", b"\xFF\xD8", b"\xFF\xD8\xFF\xFE\0\x01", b"plain"] {
            assert!(told(false, &[data], usize::MAX).is_empty(), "{data:?}");
        }
        assert!(told(true, &[b"\xFF\xD8\xFF\xE0\0\x07JFIF\0\xFF\xDA\0\x02"], usize::MAX).is_empty());
    }
}
