//! What can go wrong with a file, a folder or a package, as sentences for the person who must act.
//!
//! No variant holds a name, id, date, UID or path of a source. A file is named by its place in the series ("image 14 of 120") or, in a package, by
//! its random file name.

use tiresias_codecs::CodecError;
use tiresias_words::Unfit;

/// Why one foreign file is refused. Each is a clause that goes behind the file's place or path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("it cannot be read ({0}); check that it exists and that you may read it")]
    Io(std::io::ErrorKind),
    /// Neither a DICOM preamble nor anything that looks like a data set.
    #[error("it is not a DICOM file")]
    NotDicom,
    /// The file ends before what its lengths promise.
    #[error("it is cut short: it ends inside {0}; copy it again from its source")]
    Truncated(&'static str),
    /// The structure contradicts itself.
    #[error("it is damaged: {0}; copy it again from its source")]
    Damaged(&'static str),
    /// A transfer syntax that cannot be decoded here.
    #[error("its pixels are encoded as {0}, which this version does not decode; convert it to Explicit VR Little Endian")]
    Syntax(&'static str),
    /// The compressed pixels or the compressed data set could not be decoded.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A transfer syntax UID that DICOM does not know.
    #[error("its transfer syntax is not one of the DICOM standard")]
    UnknownSyntax,
    /// A kind of image that cannot be shown.
    #[error("{0}, which this version does not show")]
    Unsupported(&'static str),
    /// An AI result that is not of the case that it was given for.
    #[error("it is no result of this case: {0}; nothing of it is drawn, so give the result of these images, or leave it out")]
    Mismatch(&'static str),
    /// An attribute that is needed is missing or makes no sense.
    #[error("its {attribute} {why}")]
    Attribute {
        /// The attribute's name in the standard.
        attribute: &'static str,
        /// What is wrong, as a verb phrase.
        why: String,
    },
}

impl FileError {
    pub(crate) fn attribute(attribute: &'static str, why: impl Into<String>) -> Self {
        Self::Attribute { attribute, why: why.into() }
    }
}

impl From<std::io::Error> for FileError {
    fn from(e: std::io::Error) -> Self {
        match e.kind() {
            std::io::ErrorKind::UnexpectedEof => Self::Truncated("its data"),
            kind => Self::Io(kind),
        }
    }
}

/// Why a folder could not be scanned or an image of a series could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum CasesError {
    /// The path given does not lead to a file or folder that can be read.
    #[error("the folder or file cannot be opened ({0}); check the path and that you may read it")]
    Open(std::io::ErrorKind),
    /// An archive that is not used.
    #[error("the archive cannot be used: {0}")]
    Zip(#[from] crate::ZipError),
    /// An archive that could not be unpacked.
    #[error("the archive cannot be unpacked ({0}); nothing was left behind: check space and rights of the study's folder")]
    Unpack(std::io::ErrorKind),
    /// Too many files to be one examination.
    #[error("the folder holds more than {0} files; choose the folder of one examination")]
    TooMany(usize),
    /// The caller's progress function said stop.
    #[error("stopped before the folder was read")]
    Cancelled,
    /// One image of a folder.
    #[error("image {number} of {count} cannot be shown: {why}")]
    Image {
        /// Place in stack order, from 1.
        number: usize,
        /// Images in the series.
        count: usize,
        /// What is wrong with it.
        why: FileError,
    },
    /// A file of a package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// No such image, or the voxel buffer belongs to another series.
    #[error("there is no image {number} in this series of {count}, or the memory given belongs to another series")]
    NoSuchImage {
        /// Place in stack order, from 1.
        number: usize,
        /// Images in the series.
        count: usize,
    },
    /// Floating point values that no grey scale can hold.
    #[error(
        "the values of the images are too far apart to be shown together; their floating point pixels are probably damaged: get the files again"
    )]
    Range,
    /// The volume does not fit the memory.
    #[error("the series needs {mib} MiB of memory, which this machine did not give; close other programs and open the case again")]
    Memory {
        /// Size of the volume.
        mib: u64,
    },
}

/// Why a case package could not be built, opened or trusted.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// A file of the package cannot be read.
    #[error(
        "the package\u{2019}s file {file} cannot be read ({why}); the package is not complete: ask the study\u{2019}s coordinator for it again"
    )]
    Read {
        /// Name inside the package.
        file: String,
        /// What the operating system said.
        why: std::io::ErrorKind,
    },
    /// The manifest is of another version of this program.
    #[error("the package is of version {found}, and this program reads version {known}; update the program")]
    Version {
        /// Version in the manifest.
        found: u64,
        /// Version that this program writes and reads.
        known: u32,
    },
    /// The manifest does not say what a manifest must say.
    #[error("the package\u{2019}s manifest.json cannot be used: {0}; ask the study\u{2019}s coordinator for the package again")]
    Manifest(String),
    /// A file's bytes are not those that were packed.
    #[error(
        "the package\u{2019}s file {file} has been changed or damaged since it was packed; nothing of it is shown: ask the study\u{2019}s coordinator for it again"
    )]
    Changed {
        /// Name inside the package.
        file: String,
    },
    /// The display scale does not hold the values.
    #[error(
        "the package\u{2019}s file {file} has values beyond the scale that its manifest states; ask the study\u{2019}s coordinator for the package again"
    )]
    Scale {
        /// Name inside the package.
        file: String,
    },
    /// A file has another length than the manifest says.
    #[error(
        "the package\u{2019}s file {file} has {found} bytes and should have {expected}; ask the study\u{2019}s coordinator for it again"
    )]
    Length {
        /// Name inside the package.
        file: String,
        /// Bytes that the manifest says.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// Files that do not belong.
    #[error("the package\u{2019}s folder holds {0} file(s) that its manifest does not list; remove them, or ask for the package again")]
    Strangers(usize),
    /// The archive that holds the package.
    #[error("the package\u{2019}s file cannot be used: {0}")]
    Archive(crate::ZipError),
    /// There is no signature where one must be.
    #[error("the package is not signed, and this study\u{2019}s packages are; ask the study\u{2019}s coordinator for it again")]
    Unsigned,
    /// The signature is not the study's: what it is, as a verb phrase.
    #[error("the package\u{2019}s signature {0}; nothing of it is shown: ask the study\u{2019}s coordinator for the package again")]
    Signature(&'static str),
    /// It belongs to another study.
    #[error("the package was packed for another study; ask the study\u{2019}s coordinator for the right one")]
    Study,
    /// The sealed part cannot be made: a clause.
    #[error("the sealed part cannot be made: {0}")]
    Sealed(String),
    /// The sealed part cannot be opened; why is nobody's business.
    #[error("the sealed part of the package does not open; ask the study\u{2019}s data manager for the reader\u{2019}s file again")]
    Unopened,
    /// The caller's progress function said stop.
    #[error("stopped before the package was complete; nothing was left behind")]
    Cancelled,
    /// The destination is taken.
    #[error("the destination of the package exists already; a package is never overwritten: choose another name")]
    Exists,
    /// The destination cannot be written.
    #[error("the package cannot be written ({0}); nothing was left behind: check space and rights of the destination")]
    Write(std::io::ErrorKind),
    /// More series than a case may have.
    #[error("{found} series were given, and a case has at most {most}; leave out those that nobody reads, or make several cases of them")]
    TooManySeries {
        /// Series that were given.
        found: usize,
        /// Series that a case may have.
        most: usize,
    },
    /// What was given cannot be packed.
    #[error("series {role:?} cannot be packed: {why}")]
    Source {
        /// The role it was given.
        role: String,
        /// What is wrong with it.
        why: String,
    },
}

impl From<Unfit> for FileError {
    fn from(u: Unfit) -> Self {
        Self::Attribute { attribute: u.what, why: u.why }
    }
}
