//! The messages between a worker and its parent: a header of fixed length, little endian, and data of the length that it says.
//!
//! Owns: their layout, and the check of every field on arrival. Both ends are one executable, so there is no version. Refuses: values that have no
//! meaning, with `None`; the side that gets `None` ends the conversation.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::bytes::Bytes;
use crate::error::{CodecError, Coding, Damage};
use crate::frame::{CodecWarning, DeclaredColour, DecodedColour, DecodedFrame, EncodedFrame, Extent};
use crate::syntax::TransferSyntax;

const REQUEST: [u8; 4] = *b"TcQ1";
const ANSWER: [u8; 4] = *b"TcA1";
/// Bytes of a request's header.
pub(super) const REQUEST_LENGTH: usize = 36;
/// Bytes of an answer's header.
pub(super) const ANSWER_LENGTH: usize = 56;

const COLOURS: [DeclaredColour; 3] = [DeclaredColour::Grey, DeclaredColour::Rgb, DeclaredColour::Ybr];

/// What a worker is asked to do with the data that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// Decode a frame; everything but its data.
    Decode(EncodedFrame<'static>),
    /// Unpack raw deflate to at most so many bytes.
    Inflate(u64),
}

impl Request {
    /// The request to decode this frame.
    pub(super) fn decode(frame: &EncodedFrame<'_>) -> Self {
        let EncodedFrame { syntax, columns, rows, samples, bits_allocated, bits_stored, photometric, data: _ } = *frame;
        Self::Decode(EncodedFrame { syntax, columns, rows, samples, bits_allocated, bits_stored, photometric, data: &[] })
    }

    /// The header, for `length` bytes of data.
    pub(super) fn write(self, length: u64) -> Vec<u8> {
        let (kind, [syntax, samples, allocated, stored, colour], columns, rows, limit) = match self {
            Self::Inflate(limit) => (1, [0; 5], 0, 0, limit),
            Self::Decode(f) => {
                let small =
                    [index(TransferSyntax::ALL, f.syntax), f.samples, f.bits_allocated, f.bits_stored, index(&COLOURS, f.photometric)];
                (0, small, f.columns, f.rows, 0)
            }
        };
        let mut out = REQUEST.to_vec();
        out.extend([kind, syntax, samples, allocated, stored, colour, 0, 0]);
        out.extend([columns, rows].into_iter().flat_map(u32::to_le_bytes));
        out.extend([limit, length].into_iter().flat_map(u64::to_le_bytes));
        out
    }

    /// The request and the length of its data.
    pub(super) fn read(header: &[u8; REQUEST_LENGTH]) -> Option<(Self, u64)> {
        let mut bytes = Bytes(header);
        if bytes.take(4)? != REQUEST {
            return None;
        }
        let (kind, syntax, samples) = (bytes.u8()?, bytes.u8()?, bytes.u8()?);
        let (bits_allocated, bits_stored, colour) = (bytes.u8()?, bytes.u8()?, bytes.u8()?);
        let _padding = bytes.take(2)?;
        let (columns, rows) = (bytes.u32_le()?, bytes.u32_le()?);
        let (limit, length) = (bytes.u64_le()?, bytes.u64_le()?);
        let request = match kind {
            0 => Self::Decode(EncodedFrame {
                syntax: *TransferSyntax::ALL.get(usize::from(syntax))?,
                columns,
                rows,
                samples,
                bits_allocated,
                bits_stored,
                photometric: *COLOURS.get(usize::from(colour))?,
                data: &[],
            }),
            1 => Self::Inflate(limit),
            _ => return None,
        };
        Some((request, length))
    }
}

fn index<T: PartialEq + Copy>(all: &[T], one: T) -> u8 {
    all.iter().position(|other| *other == one).and_then(|i| u8::try_from(i).ok()).unwrap_or(u8::MAX)
}

/// An answer's header. What an answer means depends on what was asked, so the side that asked makes sense of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Answer {
    /// 0: it went well. Others: see [`Self::failure`].
    status: u8,
    /// Family and damage of an error, as places in their lists.
    about: [u8; 3],
    /// Bytes per sample, precision, sign, planes, colour, warnings.
    frame: [u8; 6],
    numbers: [u32; 4],
    wide: [u64; 2],
    /// Bytes that follow.
    pub(super) length: u64,
}

const DAMAGED: u8 = 1;
const PRECISION: u8 = 2;
const LOSSY: u8 = 4;

impl Answer {
    /// The answer to [`Request::Inflate`], for so many bytes.
    pub(super) fn unpacked(length: u64) -> Self {
        Self { length, ..Self::default() }
    }

    /// The answer to [`Request::Decode`].
    pub(super) fn decoded(f: &DecodedFrame) -> Self {
        let warnings = f.warnings.iter().fold(0, |bits, warning| {
            bits | match warning {
                CodecWarning::Damaged => DAMAGED,
                CodecWarning::Precision { .. } => PRECISION,
                CodecWarning::Lossy => LOSSY,
            }
        });
        let signed = f.signed.map_or(2, u8::from);
        let colour = u8::from(f.colour == DecodedColour::Rgb);
        let frame = [f.bytes_per_sample, f.precision, signed, u8::from(f.planar), colour, warnings];
        Self { frame, length: f.data.len() as u64, ..Self::default() }
    }

    /// The answer when there is no result.
    pub(super) fn failed(error: CodecError) -> Self {
        let coding = |coding| index(&Coding::ALL, coding);
        let with = |status, about: [u8; 3]| Self { status, about, ..Self::default() };
        match error {
            CodecError::Family { found, expected } => with(1, [coding(found), coding(expected), 0]),
            CodecError::Size { coding: c, found, expected } => {
                Self { numbers: [found.0, found.1, expected.0, expected.1], ..with(2, [coding(c), 0, 0]) }
            }
            CodecError::Samples { coding: c, found, expected } => Self { numbers: [found, expected, 0, 0], ..with(3, [coding(c), 0, 0]) },
            CodecError::Precision { coding: c, found, room } => Self { numbers: [found, room, 0, 0], ..with(4, [coding(c), 0, 0]) },
            CodecError::Segments { found, expected } => Self { numbers: [found, expected, 0, 0], ..with(5, [0; 3]) },
            CodecError::Length { coding: c, found, expected } => Self { wide: [found, expected], ..with(6, [coding(c), 0, 0]) },
            CodecError::Damaged(c, damage) => with(7, [coding(c), 0, index(&Damage::ALL, damage)]),
            CodecError::TooLarge(limit) => Self { wide: [limit, 0], ..with(8, [0; 3]) },
            CodecError::Memory(needed) => Self { wide: [needed, 0], ..with(9, [0; 3]) },
            // The parent asks for none of these, and they are no answers of a worker.
            CodecError::Unsupported(_) | CodecError::Layout { .. } | CodecError::TimedOut | CodecError::Died | CodecError::Start(_) => {
                with(u8::MAX, [0; 3])
            }
        }
    }

    /// What went wrong, for a request that was granted `memory` bytes.
    fn failure(&self, memory: u64) -> Option<CodecError> {
        let [c, other, damage] = self.about;
        let coding = |place: u8| Coding::ALL.get(usize::from(place)).copied();
        let [a, b, e, f] = self.numbers;
        let [x, y] = self.wide;
        Some(match self.status {
            1 => CodecError::Family { found: coding(c)?, expected: coding(other)? },
            2 => CodecError::Size { coding: coding(c)?, found: (a, b), expected: (e, f) },
            3 => CodecError::Samples { coding: coding(c)?, found: a, expected: b },
            4 => CodecError::Precision { coding: coding(c)?, found: a, room: b },
            5 => CodecError::Segments { found: a, expected: b },
            6 => CodecError::Length { coding: coding(c)?, found: x, expected: y },
            7 => CodecError::Damaged(coding(c)?, *Damage::ALL.get(usize::from(damage))?),
            8 => CodecError::TooLarge(x),
            9 => CodecError::Memory(memory),
            _ => return None,
        })
    }

    /// The header.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = ANSWER.to_vec();
        out.push(self.status);
        out.extend(self.about);
        out.extend(self.frame);
        out.extend([0; 2]);
        out.extend(self.numbers.into_iter().flat_map(u32::to_le_bytes));
        out.extend(self.wide.into_iter().chain([self.length]).flat_map(u64::to_le_bytes));
        out
    }

    /// The header as it arrived; nothing in it is believed yet.
    pub(super) fn read(header: &[u8; ANSWER_LENGTH]) -> Option<Self> {
        let mut bytes = Bytes(header);
        if bytes.take(4)? != ANSWER {
            return None;
        }
        let mut answer = Self { status: bytes.u8()?, ..Self::default() };
        answer.about.copy_from_slice(bytes.take(3)?);
        answer.frame.copy_from_slice(bytes.take(6)?);
        let _padding = bytes.take(2)?;
        for number in &mut answer.numbers {
            *number = bytes.u32_le()?;
        }
        for number in answer.wide.iter_mut().chain([&mut answer.length]) {
            *number = bytes.u64_le()?;
        }
        Some(answer)
    }

    /// What the answer says for a request that may have up to `most` bytes in return and was granted `memory`: how many bytes follow, or what went
    /// wrong. `None` where it makes no sense.
    pub(super) fn outcome(&self, most: u64, memory: u64) -> Option<Result<u64, CodecError>> {
        match self.status {
            0 => (self.length <= most).then_some(Ok(self.length)),
            _ if self.length == 0 => self.failure(memory).map(Err),
            _ => None,
        }
    }

    /// The decoded frame that the answer describes, with its data; `None` where it cannot be the frame that was asked for.
    pub(super) fn into_frame(self, asked: &EncodedFrame<'_>, extent: Extent, data: Vec<u8>) -> Option<DecodedFrame> {
        (data.len() == extent.length).then_some(DecodedFrame { data, ..self.describe(asked, extent)? })
    }

    /// The decoded frame that the answer describes, without its data; `None` where it cannot be the frame that was asked for.
    pub(super) fn describe(&self, asked: &EncodedFrame<'_>, extent: Extent) -> Option<DecodedFrame> {
        let [bytes_per_sample, precision, signed, planar, colour, warnings] = self.frame;
        let flag = |byte| match byte {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        };
        let fits = usize::from(bytes_per_sample) == extent.bytes
            && self.length == extent.length as u64
            && (1..=asked.bits_allocated).contains(&precision);
        let is_known = warnings & !(DAMAGED | PRECISION | LOSSY) == 0;
        // What no decoder here says of such a frame: see `decode`.
        let is_possible = (asked.samples == 3 || [planar, colour] == [0, 0])
            && (warnings & PRECISION == 0 || precision != asked.bits_stored)
            && (warnings & LOSSY == 0 || asked.syntax.promises_lossless());
        if !fits || !is_known || !is_possible {
            return None;
        }
        let all = [
            (DAMAGED, CodecWarning::Damaged),
            (PRECISION, CodecWarning::Precision { codestream: precision, stored: asked.bits_stored }),
            (LOSSY, CodecWarning::Lossy),
        ];
        Some(DecodedFrame {
            bytes_per_sample,
            precision,
            signed: if signed == 2 { None } else { Some(flag(signed)?) },
            planar: flag(planar)?,
            colour: if flag(colour)? { DecodedColour::Rgb } else { DecodedColour::AsDeclared },
            data: Vec::new(),
            warnings: all.into_iter().filter(|(bit, _)| warnings & bit != 0).map(|(_, warning)| warning).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: EncodedFrame<'static> = EncodedFrame {
        syntax: TransferSyntax::RleLossless,
        columns: 3,
        rows: 2,
        samples: 1,
        bits_allocated: 16,
        bits_stored: 12,
        photometric: DeclaredColour::Ybr,
        data: &[],
    };

    #[test]
    fn requests_arrive_as_they_were_sent() {
        for request in [Request::decode(&FRAME), Request::Inflate(u64::MAX)] {
            let header: [u8; REQUEST_LENGTH] = request.write(7).try_into().expect("the length");
            assert_eq!(Request::read(&header), Some((request, 7)));
        }
        let mut bent: [u8; REQUEST_LENGTH] = Request::decode(&FRAME).write(7).try_into().expect("the length");
        bent[5] = 200;
        assert_eq!(Request::read(&bent), None);
    }

    fn sent(answer: Answer) -> Answer {
        let header: [u8; ANSWER_LENGTH] = answer.write().try_into().expect("the length");
        Answer::read(&header).expect("the mark")
    }

    #[test]
    fn frames_arrive_as_they_were_sent() {
        let frame = DecodedFrame {
            bytes_per_sample: 2,
            precision: 11,
            signed: Some(true),
            planar: false,
            colour: DecodedColour::AsDeclared,
            data: vec![5; 12],
            warnings: vec![CodecWarning::Damaged, CodecWarning::Precision { codestream: 11, stored: 12 }, CodecWarning::Lossy],
        };
        let answer = sent(Answer::decoded(&frame));
        assert_eq!(answer.outcome(12, 0), Some(Ok(12)));
        assert_eq!(answer.outcome(11, 0), None);
        let extent = FRAME.extent().expect("an extent");
        assert_eq!(answer.into_frame(&FRAME, extent, frame.data.clone()), Some(frame.clone()));
        assert_eq!(answer.into_frame(&FRAME, extent, vec![5; 11]), None);
        // Sign, planes and colour of one sample, and warnings that say nothing.
        for frame in [[2, 11, 3, 0, 0, 0], [2, 11, 2, 1, 0, 0], [2, 11, 2, 0, 1, 0], [2, 12, 2, 0, 0, PRECISION], [2, 11, 2, 0, 0, 8]] {
            assert_eq!(Answer { frame, ..answer }.into_frame(&FRAME, extent, vec![5; 12]), None, "{frame:?}");
        }
        let lossy = Answer { frame: [2, 12, 2, 0, 0, LOSSY], ..answer };
        assert!(lossy.into_frame(&FRAME, extent, vec![5; 12]).is_some());
        let jpeg = EncodedFrame { syntax: TransferSyntax::JpegBaseline, ..FRAME };
        assert_eq!(lossy.into_frame(&jpeg, extent, vec![5; 12]), None);
    }

    #[test]
    fn colours_arrive_as_they_were_sent() {
        let frame = DecodedFrame {
            bytes_per_sample: 1,
            precision: 8,
            signed: None,
            planar: true,
            colour: DecodedColour::Rgb,
            data: vec![7; 18],
            warnings: vec![],
        };
        let asked = EncodedFrame { samples: 3, bits_allocated: 8, bits_stored: 8, ..FRAME };
        let extent = asked.extent().expect("an extent");
        assert_eq!(sent(Answer::decoded(&frame)).into_frame(&asked, extent, vec![7; 18]), Some(frame));
    }

    #[test]
    fn errors_arrive_as_they_were_sent() {
        let coding = Coding::JpegLs;
        for error in [
            CodecError::Family { found: Coding::Unknown, expected: coding },
            CodecError::Size { coding, found: (1, 2), expected: (3, 4) },
            CodecError::Samples { coding, found: 3, expected: 1 },
            CodecError::Precision { coding, found: 16, room: 8 },
            CodecError::Segments { found: 255, expected: 2 },
            CodecError::Length { coding, found: u64::MAX, expected: 4 },
            CodecError::Damaged(Coding::Rle, Damage::Broke),
            CodecError::TooLarge(1 << 40),
            CodecError::Memory(9),
        ] {
            assert_eq!(sent(Answer::failed(error)).outcome(0, 9), Some(Err(error)));
        }
        assert_eq!(Answer::failed(CodecError::Died).outcome(0, 9), None);
        assert_eq!(Answer { length: 1, ..Answer::failed(CodecError::Memory(9)) }.outcome(1, 9), None);
    }
}
