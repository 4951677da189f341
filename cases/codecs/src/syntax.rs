//! The transfer syntaxes of DICOM (PS3.5 chapter 10 and annex A; PS3.6 table A-1).
//!
//! Owns: their names, how each encodes its data set and its pixels, and whether its pixels can be had here.
//! Refuses: guessing. A UID that is not listed is no transfer syntax.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::error::Coding;

/// How the elements of a data set are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataSetEncoding {
    /// No value representations, little endian (PS3.5 A.1).
    ImplicitLittle,
    /// Value representations, little endian (PS3.5 A.2).
    ExplicitLittle,
    /// Value representations, big endian (retired; PS3.5 A.3 of 2004).
    ExplicitBig,
    /// As [`Self::ExplicitLittle`], compressed as a whole (PS3.5 A.5).
    Deflated,
}

/// How the pixels are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelEncoding {
    /// Plain samples.
    Native,
    /// Fragments in a sequence of items (PS3.5 A.4): a codec is needed.
    Encapsulated,
}

macro_rules! transfer_syntaxes {
    ($($name:ident, $uid:literal, $say:literal, $set:ident, $pixels:ident;)*) => {
        /// A transfer syntax by its UID in file meta information (0002,0010).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum TransferSyntax {
            $(#[doc = concat!($say, ", ", $uid, ".")] $name,)*
        }

        impl TransferSyntax {
            /// All that are known, in the order of PS3.6.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The syntax of a UID, without its padding; `None` when the UID is not one of PS3.6.
            #[must_use]
            pub fn from_uid(uid: &str) -> Option<Self> {
                match uid.trim_end_matches(['\0', ' ']) {
                    $($uid => Some(Self::$name),)*
                    _ => None,
                }
            }
            /// The UID.
            #[must_use]
            pub const fn uid(self) -> &'static str {
                match self { $(Self::$name => $uid,)* }
            }
            /// The name a person knows it by.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $say,)* }
            }
            /// How its data sets are written.
            #[must_use]
            pub const fn data_set(self) -> DataSetEncoding {
                match self { $(Self::$name => DataSetEncoding::$set,)* }
            }
            /// How its pixels are written.
            #[must_use]
            pub const fn pixels(self) -> PixelEncoding {
                match self { $(Self::$name => PixelEncoding::$pixels,)* }
            }
        }
    };
}

transfer_syntaxes! {
    ImplicitLittle, "1.2.840.10008.1.2", "Implicit VR Little Endian", ImplicitLittle, Native;
    ExplicitLittle, "1.2.840.10008.1.2.1", "Explicit VR Little Endian", ExplicitLittle, Native;
    EncapsulatedUncompressed, "1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed", ExplicitLittle, Encapsulated;
    Deflated, "1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", Deflated, Native;
    ExplicitBig, "1.2.840.10008.1.2.2", "Explicit VR Big Endian", ExplicitBig, Native;
    JpegBaseline, "1.2.840.10008.1.2.4.50", "JPEG Baseline", ExplicitLittle, Encapsulated;
    JpegExtended, "1.2.840.10008.1.2.4.51", "JPEG Extended", ExplicitLittle, Encapsulated;
    JpegSpectral, "1.2.840.10008.1.2.4.53", "JPEG Spectral Selection (retired)", ExplicitLittle, Encapsulated;
    JpegProgressive, "1.2.840.10008.1.2.4.55", "JPEG Full Progression (retired)", ExplicitLittle, Encapsulated;
    JpegLossless, "1.2.840.10008.1.2.4.57", "JPEG Lossless (Process 14)", ExplicitLittle, Encapsulated;
    JpegLosslessFirstOrder, "1.2.840.10008.1.2.4.70", "JPEG Lossless (Selection Value 1)", ExplicitLittle, Encapsulated;
    JpegLsLossless, "1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", ExplicitLittle, Encapsulated;
    JpegLsNearLossless, "1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless", ExplicitLittle, Encapsulated;
    Jpeg2000Lossless, "1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless", ExplicitLittle, Encapsulated;
    Jpeg2000, "1.2.840.10008.1.2.4.91", "JPEG 2000", ExplicitLittle, Encapsulated;
    Jpeg2000PartTwoLossless, "1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Lossless", ExplicitLittle, Encapsulated;
    Jpeg2000PartTwo, "1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2", ExplicitLittle, Encapsulated;
    JpipReferenced, "1.2.840.10008.1.2.4.94", "JPIP Referenced", ExplicitLittle, Encapsulated;
    JpipReferencedDeflate, "1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate", Deflated, Encapsulated;
    Mpeg2Main, "1.2.840.10008.1.2.4.100", "MPEG-2 Main Level", ExplicitLittle, Encapsulated;
    Mpeg2High, "1.2.840.10008.1.2.4.101", "MPEG-2 High Level", ExplicitLittle, Encapsulated;
    Mpeg4High41, "1.2.840.10008.1.2.4.102", "MPEG-4 High Profile 4.1", ExplicitLittle, Encapsulated;
    Mpeg4BluRay, "1.2.840.10008.1.2.4.103", "MPEG-4 BD-compatible", ExplicitLittle, Encapsulated;
    Mpeg4TwoD, "1.2.840.10008.1.2.4.104", "MPEG-4 High Profile 4.2 for 2D", ExplicitLittle, Encapsulated;
    Mpeg4ThreeD, "1.2.840.10008.1.2.4.105", "MPEG-4 High Profile 4.2 for 3D", ExplicitLittle, Encapsulated;
    Mpeg4Stereo, "1.2.840.10008.1.2.4.106", "MPEG-4 Stereo", ExplicitLittle, Encapsulated;
    HevcMain, "1.2.840.10008.1.2.4.107", "HEVC Main Profile", ExplicitLittle, Encapsulated;
    HevcMain10, "1.2.840.10008.1.2.4.108", "HEVC Main 10 Profile", ExplicitLittle, Encapsulated;
    JpegXlLossless, "1.2.840.10008.1.2.4.110", "JPEG XL Lossless", ExplicitLittle, Encapsulated;
    JpegXlRecompression, "1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression", ExplicitLittle, Encapsulated;
    JpegXl, "1.2.840.10008.1.2.4.112", "JPEG XL", ExplicitLittle, Encapsulated;
    Htj2kLossless, "1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 Lossless", ExplicitLittle, Encapsulated;
    Htj2kLosslessRpcl, "1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 RPCL Lossless", ExplicitLittle, Encapsulated;
    Htj2k, "1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000", ExplicitLittle, Encapsulated;
    RleLossless, "1.2.840.10008.1.2.5", "RLE Lossless", ExplicitLittle, Encapsulated;
    DeflatedFrame, "1.2.840.10008.1.2.8.1", "Deflated Image Frame", ExplicitLittle, Encapsulated;
}

impl TransferSyntax {
    /// Whether its pixels can be had: they are plain samples, or a decoder for them exists in this crate.
    #[must_use]
    pub const fn is_readable(self) -> bool {
        match self.pixels() {
            PixelEncoding::Native => true,
            PixelEncoding::Encapsulated => self.codec().is_some(),
        }
    }

    /// What decodes its frames; `None` for plain samples and for what is not decoded here.
    pub(crate) const fn codec(self) -> Option<Coding> {
        match self {
            Self::EncapsulatedUncompressed => Some(Coding::Plain),
            Self::JpegBaseline | Self::JpegExtended | Self::JpegSpectral | Self::JpegProgressive => Some(Coding::Jpeg),
            Self::JpegLossless | Self::JpegLosslessFirstOrder => Some(Coding::JpegLossless),
            Self::JpegLsLossless | Self::JpegLsNearLossless => Some(Coding::JpegLs),
            Self::Jpeg2000Lossless
            | Self::Jpeg2000
            | Self::Jpeg2000PartTwoLossless
            | Self::Jpeg2000PartTwo
            | Self::Htj2kLossless
            | Self::Htj2kLosslessRpcl
            | Self::Htj2k => Some(Coding::Jpeg2000),
            Self::RleLossless => Some(Coding::Rle),
            Self::DeflatedFrame => Some(Coding::Deflate),
            _ => None,
        }
    }

    /// Whether its frames are JPEG 2000 codestreams, high-throughput ones too: their decoder needs more memory than any other.
    #[must_use]
    pub const fn is_jpeg2000(self) -> bool {
        matches!(self.codec(), Some(Coding::Jpeg2000))
    }

    /// Whether its frames are codestreams of JPEG, JPEG-LS or JPEG 2000, decoded here or not: all that is in them stands between markers.
    #[must_use]
    pub const fn has_codestreams(self) -> bool {
        let is_decoded = matches!(self.codec(), Some(Coding::Jpeg | Coding::JpegLossless | Coding::JpegLs | Coding::Jpeg2000));
        is_decoded || matches!(self, Self::Jpeg2000PartTwoLossless | Self::Jpeg2000PartTwo)
    }

    /// Whether its pixels are compressed with the promise that no bit of a sample was changed.
    #[must_use]
    pub const fn promises_lossless(self) -> bool {
        matches!(
            self,
            Self::JpegLossless
                | Self::JpegLosslessFirstOrder
                | Self::JpegLsLossless
                | Self::Jpeg2000Lossless
                | Self::Jpeg2000PartTwoLossless
                | Self::Htj2kLossless
                | Self::Htj2kLosslessRpcl
                | Self::RleLossless
                | Self::DeflatedFrame
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_uid_names_itself() {
        for ts in TransferSyntax::ALL {
            assert_eq!(TransferSyntax::from_uid(ts.uid()), Some(*ts));
            assert_eq!(TransferSyntax::from_uid(&format!("{}\0", ts.uid())), Some(*ts));
        }
        assert_eq!(TransferSyntax::from_uid("1.2.840.10008.1.2.4"), None);
        assert_eq!(TransferSyntax::from_uid(""), None);
    }

    #[test]
    fn what_is_not_readable_is_video_jpip_and_jpeg_xl() {
        let unreadable: Vec<_> = TransferSyntax::ALL.iter().filter(|t| !t.is_readable()).map(|t| t.uid()).collect();
        let tails = ["94", "95", "100", "101", "102", "103", "104", "105", "106", "107", "108", "110", "111", "112"];
        assert_eq!(unreadable, tails.map(|tail| format!("1.2.840.10008.1.2.4.{tail}")));
        assert!(TransferSyntax::Deflated.is_readable());
    }
}
