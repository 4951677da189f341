//! Cases: DICOM in, case packages, geometry of stacks, stored values, the synthetic demo.
//!
//! Owns: everything that knows a DICOM tag. Files are read through an own preamble, meta and length check in front of `dicom-object`; the pixel module
//! (PS3.3 C.7.6.3), the image plane (C.7.6.2) and the look-up tables (C.11) are read here too.
//! Refuses: answers, protocols, readers, truth. Names, ids, dates, UIDs and file names of sources stay inside `Identifying` values and never reach
//! an error, a `Debug` output or a package.

#![forbid(unsafe_code)]

mod attributes;
mod classes;
pub mod demo;
mod error;
mod file;
mod folder;
mod geometry;
mod greyscale;
mod identifying;
mod inspect;
mod layout;
mod package;
mod pixels;
mod probe;
mod series;
mod uids;
mod voxels;
mod write;

pub use error::{CasesError, FileError, PackageError};
pub use folder::{Folder, OtherObject, Refused, Scan, read_folder};
pub use inspect::{Inspection, inspect};
pub use package::{Package, build};
pub use probe::{min_max_voi, probe};
pub use series::{NamedVoi, Series};
pub use uids::UidKey;
pub use voxels::VoxelBuffer;
