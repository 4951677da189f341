//! Raw deflate (RFC 1951), as deflated data sets (PS3.5 A.5) and Deflated Image Frames (PS3.5 A.4.13) are written.
//!
//! Owns: unpacking up to a limit. Refuses: more than the limit, data that ends before its last block, and to reserve memory ahead of what was unpacked.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::error::{CodecError, Coding, Damage};
use flate2::{Decompress, FlushDecompress, Status};

/// Bytes that are unpacked in one step.
const STEP: usize = 64 * 1024;

/// Unpacks raw deflate. Bytes behind the last block are ignored: PS3.5 A.5 pads to even length.
///
/// # Errors
/// [`CodecError::TooLarge`] where the result would be longer than `limit` bytes, [`CodecError::Damaged`] where the data is not deflate or ends early,
/// [`CodecError::Memory`] where this machine has no room for the result.
pub fn inflate(data: &[u8], limit: usize) -> Result<Vec<u8>, CodecError> {
    let mut state = Decompress::new(false);
    let mut out = Vec::new();
    let mut step = vec![0; STEP];
    let mut rest = data;
    loop {
        let (read, written) = (state.total_in(), state.total_out());
        let status =
            state.decompress(rest, &mut step, FlushDecompress::None).map_err(|_| CodecError::Damaged(Coding::Deflate, Damage::Refused))?;
        // Both counts are those of one step, so they fit.
        let (read, written) = ((state.total_in() - read) as usize, (state.total_out() - written) as usize);
        rest = rest.get(read..).unwrap_or_default();
        let new = step.get(..written).unwrap_or_default();
        if new.len() > limit - out.len() {
            return Err(CodecError::TooLarge(limit as u64));
        }
        out.try_reserve(new.len()).map_err(|_| CodecError::Memory((out.len() as u64).saturating_add(STEP as u64)))?;
        out.extend_from_slice(new);
        match status {
            Status::StreamEnd => return Ok(out),
            Status::Ok | Status::BufError if read == 0 && written == 0 => {
                return Err(CodecError::Damaged(Coding::Deflate, Damage::Short));
            }
            Status::Ok | Status::BufError => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::DeflateEncoder};
    use std::io::Write;

    fn deflate(data: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(data).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn the_limit_is_exact() {
        let plain: Vec<u8> = (0..300_000_u32).map(|i| (i / 7) as u8).collect();
        let mut packed = deflate(&plain);
        packed.push(0);
        assert_eq!(inflate(&packed, plain.len()), Ok(plain.clone()));
        assert_eq!(inflate(&packed, plain.len() - 1), Err(CodecError::TooLarge(299_999)));
        assert_eq!(inflate(&deflate(b""), 0), Ok(Vec::new()));
    }

    #[test]
    fn what_is_cut_is_refused() {
        let packed = deflate(b"reading room");
        for end in 0..packed.len() {
            assert_eq!(inflate(packed.split_at(end).0, 100), Err(CodecError::Damaged(Coding::Deflate, Damage::Short)), "{end}");
        }
        assert_eq!(inflate(b"\x07anything", 100), Err(CodecError::Damaged(Coding::Deflate, Damage::Refused)));
    }
}
