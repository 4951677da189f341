//! Why a frame cannot be decoded, as clauses for the person who must act; they go behind "the file's place or path: ".
//!
//! Owns: [`CodecError`] and the words in it. No variant holds a name, path, UID or byte of a source. All of them are made of numbers and fixed words,
//! so that they can cross the pipe between a worker and its parent.

use std::fmt;

/// How frames are coded; the families that a codestream can be told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// JPEG with a cosine transform: baseline, extended, progressive (ITU-T T.81).
    Jpeg,
    /// JPEG lossless (T.81 annex H).
    JpegLossless,
    /// JPEG-LS (T.87).
    JpegLs,
    /// JPEG 2000 and HTJ2K (T.800, T.814).
    Jpeg2000,
    /// Byte runs in segments (PS3.5 annex G).
    Rle,
    /// Raw deflate (RFC 1951; PS3.5 A.4.13 for frames, A.5 for data sets).
    Deflate,
    /// Samples as they are.
    Plain,
    /// None of these.
    Unknown,
}

impl Coding {
    pub(crate) const ALL: [Self; 8] =
        [Self::Jpeg, Self::JpegLossless, Self::JpegLs, Self::Jpeg2000, Self::Rle, Self::Deflate, Self::Plain, Self::Unknown];
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::JpegLossless => "lossless JPEG",
            Self::JpegLs => "JPEG-LS",
            Self::Jpeg2000 => "JPEG 2000",
            Self::Rle => "RLE",
            Self::Deflate => "deflated",
            Self::Plain => "uncompressed",
            Self::Unknown => "unrecognised",
        })
    }
}

/// What is wrong with a codestream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The header ends early, or its lengths contradict each other.
    Header,
    /// The data ends before the image does.
    Short,
    /// An offset leads out of the data.
    Offset,
    /// The components are not of one size, precision and sign, as DICOM wants them.
    Components,
    /// The decoder says that it is wrong.
    Refused,
    /// The decoder broke down over it.
    Broke,
}

impl Damage {
    pub(crate) const ALL: [Self; 6] = [Self::Header, Self::Short, Self::Offset, Self::Components, Self::Refused, Self::Broke];
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "its header makes no sense",
            Self::Short => "it ends before the image does",
            Self::Offset => "it points outside of itself",
            Self::Components => "its components are not of one size and depth",
            Self::Refused => "the decoder cannot follow it",
            Self::Broke => "the decoder broke down over it",
        })
    }
}

/// Why a frame or a deflated data set is refused. Each is a clause that goes behind the file's place or path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// No decoder for this transfer syntax exists here; its name.
    #[error("its pixels are encoded as {0}, which this version does not decode")]
    Unsupported(&'static str),
    /// What the data set says is no image that a codec could give.
    #[error("it describes its image as {} x {} pixels with {samples} samples of {bits} bits, which no compressed image here can be", Grouped(u64::from(*.columns)), Grouped(u64::from(*.rows)))]
    Layout {
        /// Columns in the data set.
        columns: u32,
        /// Rows in the data set.
        rows: u32,
        /// Samples a pixel in the data set.
        samples: u8,
        /// Bits allocated in the data set.
        bits: u8,
    },
    /// The codestream is of another family than the transfer syntax says.
    #[error("its pixels are {found} data where the file says {expected}")]
    Family {
        /// What the data looks like.
        found: Coding,
        /// What the transfer syntax says.
        expected: Coding,
    },
    /// The codestream is of another size than the data set says.
    #[error("its {coding} data is {} x {} pixels where the file says {} x {}", Grouped(u64::from(.found.0)), Grouped(u64::from(.found.1)), Grouped(u64::from(.expected.0)), Grouped(u64::from(.expected.1)))]
    Size {
        /// The family.
        coding: Coding,
        /// Columns and rows in the codestream.
        found: (u32, u32),
        /// Columns and rows in the data set.
        expected: (u32, u32),
    },
    /// The codestream has another number of components than the data set says.
    #[error("its {coding} data has {found} samples a pixel where the file says {expected}")]
    Samples {
        /// The family.
        coding: Coding,
        /// Components of the codestream.
        found: u32,
        /// Samples per pixel of the data set.
        expected: u32,
    },
    /// The codestream's samples do not fit the bits allocated.
    #[error("its {coding} data has {found} bits a sample where the file has room for {room}")]
    Precision {
        /// The family.
        coding: Coding,
        /// Bits a sample in the codestream.
        found: u32,
        /// Bits allocated.
        room: u32,
    },
    /// RLE with another number of segments than bytes a pixel.
    #[error("its RLE data has {} segments where the image needs {expected}", Grouped(u64::from(*.found)))]
    Segments {
        /// In the header.
        found: u32,
        /// Samples times bytes of each.
        expected: u32,
    },
    /// Data without a header of its own has the wrong length.
    #[error("its {coding} data has {} bytes where the image needs {}", Grouped(*.found), Grouped(*.expected))]
    Length {
        /// The family.
        coding: Coding,
        /// Bytes after decoding.
        found: u64,
        /// Bytes of the image.
        expected: u64,
    },
    /// The codestream is damaged beyond use.
    #[error("its {0} data is damaged: {1}; copy it again from its source")]
    Damaged(Coding, Damage),
    /// Deflated data that grows beyond the limit, in bytes.
    #[error("its deflated data grows beyond {} bytes, the most that is accepted", Grouped(*.0))]
    TooLarge(u64),
    /// More memory is needed than was granted, in bytes.
    #[error("decoding it needs more memory than the {} MiB granted", Grouped(.0.div_ceil(1 << 20)))]
    Memory(u64),
    /// The worker gave no answer within [`crate::TIMEOUT`].
    #[error("decoding it took longer than {} seconds and was stopped; the file may be damaged", crate::TIMEOUT.as_secs())]
    TimedOut,
    /// The worker ended before it gave an answer, or gave one that makes no sense.
    #[error("the decoder's process ended over it; the file may be damaged or need more memory than is granted")]
    Died,
    /// The worker could not be started.
    #[error("the decoder's process could not be started ({0}); install the program again")]
    Start(std::io::ErrorKind),
}

/// A count with a comma between thousands.
struct Grouped(u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut above = self.0;
        let mut groups = Vec::new();
        while above >= 1000 {
            groups.push(above % 1000);
            above /= 1000;
        }
        write!(f, "{above}")?;
        groups.iter().rev().try_for_each(|group| write!(f, ",{group:03}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contradiction_reads_as_a_sentence() {
        let error = CodecError::Size { coding: Coding::Jpeg2000, found: (4096, 4096), expected: (64, 64) };
        assert_eq!(error.to_string(), "its JPEG 2000 data is 4,096 x 4,096 pixels where the file says 64 x 64");
        assert_eq!(
            CodecError::TooLarge(1_000_000).to_string(),
            "its deflated data grows beyond 1,000,000 bytes, the most that is accepted"
        );
        assert_eq!(CodecError::Memory(3 << 20).to_string(), "decoding it needs more memory than the 3 MiB granted");
    }
}
