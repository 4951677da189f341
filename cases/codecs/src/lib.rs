//! Compressed pixel data: which transfer syntaxes exist, how a frame of each is decoded, and the process in which that is done.
//!
//! Owns: the native codecs, all foreign code of the project, and the boundary around both. [`decode`] takes one frame to its samples in this process;
//! [`Codecs`] does the same in a child with limits ([`serve`]), which is where data from foreign files belongs: a decoder that is tricked, loops or
//! takes too much memory costs that child and no more.
//! Refuses: a codestream that contradicts the data set about columns, rows or samples, before memory is taken for it. It knows no file, no tag, no
//! file name, and does nothing to a sample that the codec does not: sign, high bit, palette and YBR are the caller's.

mod boxes;
mod bytes;
mod comments;
mod decode;
mod deflate;
mod error;
mod foreign;
mod frame;
mod jpeg;
mod jpeg2000;
mod jpeg_ls;
mod markers;
mod rle;
mod syntax;
mod worker;

pub use comments::Comments;
pub use decode::decode;
pub use deflate::inflate;
pub use error::{CodecError, Coding, Damage};
pub use frame::{CodecWarning, DeclaredColour, DecodedColour, DecodedFrame, EncodedFrame};
pub use syntax::{DataSetEncoding, PixelEncoding, TransferSyntax};
pub use worker::{Codecs, TIMEOUT, serve};
#[doc(hidden)]
pub use worker::{answers, hear_frame, hear_unpacked};
