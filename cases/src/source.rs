//! A file, or what a deflated one unpacks to, read from its beginning on: in small steps, and over what nobody wants.
//!
//! Owns: where the next byte is, and how many are left. Refuses: steps that no file can be long enough for.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use std::io::{BufRead as _, BufReader, Read, Seek};

/// A source of bytes whose length is known.
pub(crate) struct Bytes<R> {
    inner: BufReader<R>,
    at: u64,
    len: u64,
}

impl<R: Read + Seek> Bytes<R> {
    pub(crate) fn new(inner: R, len: u64) -> Self {
        Self { inner: BufReader::with_capacity(8 << 10, inner), at: 0, len }
    }
    pub(crate) const fn position(&self) -> u64 {
        self.at
    }
    /// The position behind the last byte.
    pub(crate) const fn end(&self) -> u64 {
        self.len
    }
    pub(crate) const fn left(&self) -> u64 {
        self.len.saturating_sub(self.at)
    }
    pub(crate) fn seek(&mut self, to: u64) -> Result<(), FileError> {
        let by = i64::try_from(i128::from(to) - i128::from(self.at)).map_err(|_| FileError::Damaged("a length is impossible"))?;
        self.inner.seek_relative(by)?;
        self.at = to;
        Ok(())
    }
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], FileError> {
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }
    /// `count` bytes; the caller has checked the count against [`Self::left`].
    pub(crate) fn take(&mut self, count: u64) -> Result<Vec<u8>, FileError> {
        // Nearly all values are among the bytes that were read ahead.
        if let Some(ready) = usize::try_from(count).ok().and_then(|count| self.inner.buffer().get(..count)) {
            let bytes = ready.to_vec();
            self.inner.consume(bytes.len());
            self.at += count;
            return Ok(bytes);
        }
        let mut bytes = Vec::new();
        let read = (&mut self.inner).take(count).read_to_end(&mut bytes)?;
        self.at += read as u64;
        if read as u64 == count { Ok(bytes) } else { Err(FileError::Truncated("its data")) }
    }
    /// The next `N` bytes without moving on; `None` when fewer are left.
    pub(crate) fn peek<const N: usize>(&mut self) -> Result<Option<[u8; N]>, FileError> {
        if self.left() < N as u64 {
            return Ok(None);
        }
        if let Some(ready) = self.inner.buffer().first_chunk() {
            return Ok(Some(*ready));
        }
        let at = self.at;
        let bytes = self.array()?;
        self.seek(at)?;
        Ok(Some(bytes))
    }
}
