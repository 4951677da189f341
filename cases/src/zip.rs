//! Zip archives: one that came from somewhere, read by its central directory, and one of ours, written without compression (PKWARE APPNOTE 6.3).
//!
//! Owns what an archive must be before one byte of it is used: entries within the file that do not overlap, names that stay in their folder and come once,
//! stored or deflated. Every entry is read by its offset; nothing is unpacked here.
//! Refuses: slips (`..`, absolute names, drives, backslashes), links and devices, encryption, zip64 (65,535 entries and more) and several disks, doubled names,
//! names in an old code page, and bombs: a list of files of more than 64 MiB, or more content than 50 times the file and a gigabyte.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom, Write};

const END: [u8; 4] = *b"PK\x05\x06";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";
/// Bytes of the three records before their names.
const END_BYTES: u64 = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// Bytes of the list of files.
const DIRECTORY: u64 = 64 << 20;
const CONTENT: u64 = 1 << 30;
const RATIO: u64 = 50;
const UTF8: u16 = 1 << 11;

/// Why an archive is not used: a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ZipError {
    /// The operating system refused.
    #[error("it cannot be read ({0}); check that it exists and that you may read it")]
    Io(io::ErrorKind),
    /// No archive, or one that contradicts itself.
    #[error("it is no zip archive or a damaged one: {0}; get it again from its source")]
    Damaged(&'static str),
    /// An archive of a kind that is not read.
    #[error("it {0}; unpack it yourself and name the folder")]
    Unsupported(&'static str),
    /// An entry that would leave its folder.
    #[error("its entry {0} has a name that leads out of the folder, which no honest archive has; do not use it")]
    Slip(usize),
    /// A link or device.
    #[error("its entry {0} is a link or no regular file, which no archive of images needs; unpack it yourself and name the folder")]
    Link(usize),
    /// A name twice.
    #[error("its entry {0} has the name of another entry; get the archive again from its source")]
    Twice(usize),
    /// A bomb.
    #[error("it would unpack to more than an archive of images can hold; do not use it")]
    Bomb,
}

impl From<io::Error> for ZipError {
    fn from(e: io::Error) -> Self {
        match e.kind() {
            io::ErrorKind::UnexpectedEof => Self::Damaged("it is cut short"),
            kind => Self::Io(kind),
        }
    }
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// With slashes between its parts; none of them leads anywhere else.
    pub(crate) name: String,
    pub(crate) is_deflated: bool,
    /// Where its bytes begin in the archive, how many they are there, and how many when unpacked.
    pub(crate) offset: u64,
    pub(crate) packed: u64,
    pub(crate) size: u64,
    pub(crate) crc32: u32,
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ZipError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(ZipError::Damaged("its list of files is cut short"))?;
        self.0 = rest;
        Ok(taken)
    }
    fn u16(&mut self) -> Result<u16, ZipError> {
        Ok(self.take(2)?.try_into().map_or(0, u16::from_le_bytes))
    }
    fn u32(&mut self) -> Result<u32, ZipError> {
        Ok(self.take(4)?.try_into().map_or(0, u32::from_le_bytes))
    }
}

/// The files of an archive of `length` bytes, in the order of their names. Folders are left out.
pub(crate) fn entries(archive: &mut (impl Read + Seek), length: u64) -> Result<Vec<Entry>, ZipError> {
    let (count, begin, size) = end_of(archive, length)?;
    if size > DIRECTORY {
        return Err(ZipError::Bomb);
    }
    let directory = read_at(archive, begin, size)?;
    let mut fields = Fields(&directory);
    let mut found = Vec::new();
    let mut names = HashSet::new();
    let mut content = 0u64;
    for number in 1..=count as usize {
        let Some(entry) = entry(&mut fields, number)? else { continue };
        // Some systems do not tell capitals apart.
        if !names.insert(entry.name.to_lowercase()) {
            return Err(ZipError::Twice(number));
        }
        content = content.saturating_add(entry.size);
        found.push(entry);
    }
    if content > CONTENT.max(length.saturating_mul(RATIO)) {
        return Err(ZipError::Bomb);
    }
    if !fields.0.is_empty() {
        return Err(ZipError::Damaged("its list of files has another length than it says"));
    }
    // A file cannot be a folder of another.
    if found
        .iter()
        .any(|e| e.name.match_indices('/').any(|(at, _)| e.name.get(..at).is_some_and(|folder| names.contains(&folder.to_lowercase()))))
    {
        return Err(ZipError::Damaged("one of its files is a folder of another"));
    }
    found.sort_by_key(|e| e.offset);
    let mut free_from = 0;
    for entry in &mut found {
        let header = entry.offset;
        let local = read_at(archive, header, LOCAL_BYTES as u64)?;
        let mut fields = Fields(&local);
        if fields.take(4)? != LOCAL {
            return Err(ZipError::Damaged("a file is not where its list says"));
        }
        fields.take(22)?;
        let (name, extra) = (u64::from(fields.u16()?), u64::from(fields.u16()?));
        entry.offset = header + LOCAL_BYTES as u64 + name + extra;
        let end = entry.offset.checked_add(entry.packed).filter(|end| *end <= begin);
        if header < free_from || read_at(archive, header + LOCAL_BYTES as u64, name)? != entry.name.as_bytes() {
            return Err(ZipError::Damaged("two files share bytes, or one is not the one that its list names"));
        }
        free_from = end.ok_or(ZipError::Damaged("a file reaches beyond the archive"))?;
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Number of entries, and offset and length of their list.
fn end_of(archive: &mut (impl Read + Seek), length: u64) -> Result<(u64, u64, u64), ZipError> {
    let from = length.saturating_sub(END_BYTES + u64::from(u16::MAX));
    let tail = read_at(archive, from, length - from)?;
    let is_end = |at: &usize| {
        let record = tail.get(*at..).unwrap_or_default();
        let comment = record.get(20..22).and_then(|b| b.try_into().ok()).map(u16::from_le_bytes);
        record.starts_with(&END) && comment.is_some_and(|n| record.len() as u64 == END_BYTES + u64::from(n))
    };
    let at = (0..tail.len()).rev().find(is_end).ok_or(ZipError::Damaged("its end is missing"))?;
    let mut fields = Fields(tail.get(at + 4..).unwrap_or_default());
    let (disk, first_disk, here, count) = (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
    let (size, begin) = (fields.u32()?, fields.u32()?);
    if count == u16::MAX || size == u32::MAX || begin == u32::MAX {
        return Err(ZipError::Unsupported("is larger than plain zip archives are (zip64)"));
    }
    if disk != 0 || first_disk != 0 || here != count {
        return Err(ZipError::Unsupported("is a part of an archive on several disks"));
    }
    let (size, begin) = (u64::from(size), u64::from(begin));
    if begin + size != from + at as u64 {
        return Err(ZipError::Damaged("its list of files is not where it says"));
    }
    Ok((u64::from(count), begin, size))
}

/// One entry of the list; `None` for a folder. Its offset is that of its local header.
fn entry(fields: &mut Fields<'_>, number: usize) -> Result<Option<Entry>, ZipError> {
    let record = fields.take(CENTRAL_BYTES)?;
    let mut r = Fields(record);
    if r.take(4)? != CENTRAL {
        return Err(ZipError::Damaged("its list of files is not one"));
    }
    let (maker, _) = (r.u16()?, r.u16()?);
    let (flags, method) = (r.u16()?, r.u16()?);
    r.take(4)?;
    let (crc32, packed, size) = (r.u32()?, r.u32()?, r.u32()?);
    let (name, extra, comment) = (r.u16()?, r.u16()?, r.u16()?);
    r.take(4)?;
    let (attributes, offset) = (r.u32()?, r.u32()?);
    let name = fields.take(usize::from(name))?;
    fields.take(usize::from(extra) + usize::from(comment))?;
    if flags & 1 != 0 {
        return Err(ZipError::Unsupported("is encrypted"));
    }
    if [packed, size, offset].contains(&u32::MAX) {
        return Err(ZipError::Unsupported("is larger than plain zip archives are (zip64)"));
    }
    // Without the flag names are in code page 437, whose lower half is ASCII; nobody can tell which page other letters are of.
    let name = match std::str::from_utf8(name) {
        Ok(text) => text.to_owned(),
        Err(_) => return Err(ZipError::Unsupported("has file names in an old code page")),
    };
    let is_folder = name.ends_with('/');
    let parts = name.strip_suffix('/').unwrap_or(&name);
    if !parts.split('/').all(is_part) || parts.len() > 1024 {
        return Err(ZipError::Slip(number));
    }
    // Unix: the upper half is the mode, 0 where the maker says nothing of it.
    let kind = if maker >> 8 == 3 { attributes >> 16 & 0o170_000 } else { 0 };
    if ![0, 0o100_000, 0o040_000].contains(&kind) {
        return Err(ZipError::Link(number));
    }
    if is_folder {
        return Ok(None);
    }
    let is_deflated = match method {
        0 if packed == size => false,
        0 => return Err(ZipError::Damaged("a file has two lengths")),
        8 => true,
        _ => return Err(ZipError::Unsupported("is compressed in an unusual way")),
    };
    Ok(Some(Entry { name, is_deflated, offset: u64::from(offset), packed: u64::from(packed), size: u64::from(size), crc32 }))
}

/// One part of a path that stays where it is, on every system.
fn is_part(part: &str) -> bool {
    (1..=255).contains(&part.len()) && part != "." && part != ".." && !part.chars().any(|c| c.is_control() || "\\:*?\"<>|".contains(c))
}

/// Bytes of an archive. The caller has checked that there are as many, or finds that it is cut short.
pub(crate) fn read_at(archive: &mut (impl Read + Seek), offset: u64, count: u64) -> Result<Vec<u8>, ZipError> {
    archive.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    archive.take(count).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == count { Ok(bytes) } else { Err(ZipError::Damaged("it is cut short")) }
}

/// Writes an archive of stored files, of which `read` gives the bytes. No time, system or mode of ours is in it.
pub(crate) fn write(out: &mut impl Write, names: &[String], read: &mut dyn FnMut(&str) -> io::Result<Vec<u8>>) -> io::Result<()> {
    let too_large = || io::Error::from(io::ErrorKind::FileTooLarge);
    let mut directory = Vec::new();
    let mut at = 0u64;
    for name in names {
        let bytes = read(name)?;
        let size = u32::try_from(bytes.len()).ok().filter(|n| *n != u32::MAX).ok_or_else(too_large)?;
        let offset = u32::try_from(at).ok().filter(|n| *n != u32::MAX).ok_or_else(too_large)?;
        // Version 2.0, UTF-8, stored, the first day that the format knows.
        let mut shared = Vec::new();
        for word in [20u16, UTF8, 0, 0, 0x21] {
            shared.extend(word.to_le_bytes());
        }
        for word in [crc32fast::hash(&bytes), size, size] {
            shared.extend(word.to_le_bytes());
        }
        shared.extend((name.len() as u16).to_le_bytes());
        shared.extend([0, 0]);
        out.write_all(&LOCAL)?;
        out.write_all(&shared)?;
        out.write_all(name.as_bytes())?;
        out.write_all(&bytes)?;
        directory.extend(CENTRAL);
        directory.extend(20u16.to_le_bytes());
        directory.extend(&shared);
        // Comment, disk, two kinds of attributes: nothing.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
        at += (LOCAL_BYTES + name.len() + bytes.len()) as u64;
    }
    let begin = u32::try_from(at).ok().filter(|n| *n != u32::MAX).ok_or_else(too_large)?;
    let count = u16::try_from(names.len()).ok().filter(|n| *n != u16::MAX).ok_or_else(too_large)?;
    out.write_all(&directory)?;
    out.write_all(&END)?;
    out.write_all(&[0; 4])?;
    out.write_all(&[count.to_le_bytes(), count.to_le_bytes()].concat())?;
    out.write_all(&(directory.len() as u32).to_le_bytes())?;
    out.write_all(&begin.to_le_bytes())?;
    out.write_all(&[0; 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn archive(names: &[&str]) -> Vec<u8> {
        let mut out = Vec::new();
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        write(&mut out, &names, &mut |name| Ok(format!("content of {name}").into_bytes())).unwrap();
        out
    }

    fn read(bytes: &[u8]) -> Result<Vec<Entry>, ZipError> {
        entries(&mut Cursor::new(bytes), bytes.len() as u64)
    }

    /// The archive with the bytes of every `from` replaced; both have one length.
    fn with(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        for at in 0..bytes.len() - from.len() {
            if bytes[at..].starts_with(from) {
                changed[at..at + from.len()].copy_from_slice(to);
            }
        }
        changed
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = archive(&["b/2", "a"]);
        let found = read(&bytes).unwrap();
        assert_eq!(found.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["a", "b/2"]);
        for e in &found {
            let content = read_at(&mut Cursor::new(&bytes), e.offset, e.packed).unwrap();
            assert_eq!((content.as_slice(), crc32fast::hash(&content)), (format!("content of {}", e.name).as_bytes(), e.crc32));
        }
        assert_eq!(read(&archive(&[])), Ok(vec![]));
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let bytes = archive(&["ab/cd/ef", "zz"]);
        for bad in ["../../ef", "/ab/cdef", "ab\\cd\\ef", "c:/cd/ef", "ab//d/ef", "ab/./eff", "ab/c\0/ef"] {
            assert_eq!(read(&with(&bytes, b"ab/cd/ef", bad.as_bytes())), Err(ZipError::Slip(1)), "{bad}");
        }
    }

    #[test]
    fn hostile_archives_are_refused() {
        let bytes = archive(&["aa", "bb"]);
        assert_eq!(read(&with(&bytes, b"bb", b"AA")), Err(ZipError::Twice(2)), "capitals do not count");
        let central = bytes.windows(4).position(|w| w == CENTRAL).unwrap();
        let patch = |at: usize, to: &[u8]| {
            let mut changed = bytes.clone();
            changed[central + at..central + at + to.len()].copy_from_slice(to);
            read(&changed)
        };
        // Made on Unix, with the mode of a symbolic link, a device, a pipe.
        for mode in [0o120_777u32, 0o060_644, 0o010_644] {
            let mut changed = bytes.clone();
            changed[central + 5] = 3;
            changed[central + 38..central + 42].copy_from_slice(&(mode << 16).to_le_bytes());
            assert_eq!(read(&changed), Err(ZipError::Link(1)));
        }
        assert_eq!(patch(8, &[1, 0]), Err(ZipError::Unsupported("is encrypted")));
        assert!(matches!(patch(10, &[99, 0]), Err(ZipError::Unsupported(_))));
        // Deflated, and a gigabyte and more when unpacked.
        let mut bomb = bytes.clone();
        bomb[central + 10] = 8;
        bomb[central + 24..central + 28].copy_from_slice(&0xF000_0000u32.to_le_bytes());
        assert_eq!(read(&bomb), Err(ZipError::Bomb));
        assert!(matches!(patch(20, &[0xF0, 0xFF, 0, 0, 0xF0, 0xFF, 0, 0]), Err(ZipError::Damaged(_))), "beyond the archive");
        // Both entries at the bytes of the first.
        let second = central + CENTRAL_BYTES + 2;
        let mut shared = with(&bytes, b"bb", b"cc");
        shared[second + 42..second + 46].copy_from_slice(&[0; 4]);
        assert!(matches!(read(&shared), Err(ZipError::Damaged(_))));
        assert!((0..bytes.len()).all(|n| read(&bytes[..n]).is_err()), "cut short");
        assert!(matches!(read(&archive(&["a", "a/b"])), Err(ZipError::Damaged(_))));
    }
}
