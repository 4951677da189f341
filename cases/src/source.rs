//! A file, or what a deflated one unpacks to, read from its beginning on: in small steps, and over what nobody wants.
//!
//! Owns: where the next byte is, and how many are left. Refuses: steps that no file can be long enough for.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use std::io::{BufRead as _, BufReader, Error, Read, Seek};

/// A source of bytes whose length is known, from its beginning on.
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
        let read = self.inner.read_exact(&mut bytes);
        read.map_err(|e| self.failed(e))?;
        self.at += N as u64;
        Ok(bytes)
    }
    /// Takes notice of where a read has failed: it has moved on as far as it came, and whoever goes back to look again begins from here.
    fn failed(&mut self, error: Error) -> FileError {
        match self.inner.stream_position() {
            Ok(at) => {
                self.at = at;
                error.into()
            }
            Err(lost) => lost.into(),
        }
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
        let read = (&mut self.inner).take(count).read_to_end(&mut bytes);
        let read = read.map_err(|e| self.failed(e))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, Cursor, SeekFrom};

    /// Gives so many bytes, and then a failure of the disk.
    struct Failing(Cursor<Vec<u8>>, usize);

    impl Read for Failing {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let most = into.len().min(self.1);
            self.1 -= most;
            if most == 0 { Err(Error::other("the disk")) } else { self.0.read(&mut into[..most]) }
        }
    }
    impl Seek for Failing {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn what_ends_half_way_is_found_again_by_going_back() {
        type Step = fn(&mut Bytes<Cursor<Vec<u8>>>) -> bool;
        let data: Vec<u8> = (1..=7).collect();
        let steps: [(&str, Step); 2] = [("array", |b| b.array::<4>().is_ok()), ("take", |b| b.take(4).is_ok())];
        for (name, step) in steps {
            let mut bytes = Bytes::new(Cursor::new(data.clone()), 7);
            assert!(step(&mut bytes), "{name}");
            assert!(!step(&mut bytes), "{name}: three are left");
            assert_eq!((bytes.position(), bytes.left()), (7, 0), "{name}");
            bytes.seek(4).unwrap();
            assert_eq!(bytes.take(3).unwrap(), [5, 6, 7], "{name}");
        }
    }

    #[test]
    fn where_a_disk_fails_is_known() {
        type Step = fn(&mut Bytes<Failing>) -> Option<FileError>;
        let steps: [(&str, Step); 2] = [("array", |b| b.array::<4>().err()), ("take", |b| b.take(4).err())];
        for (name, step) in steps {
            let mut bytes = Bytes::new(Failing(Cursor::new((1..=7).collect()), 3), 7);
            assert_eq!(step(&mut bytes), Some(FileError::Io(io::ErrorKind::Other)), "{name}");
            assert_eq!(bytes.position(), 3, "{name}");
        }
    }
}
