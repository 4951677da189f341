//! Cases: DICOM in, case packages, geometry of stacks, stored values, the synthetic demo.
//!
//! Owns: everything that knows a DICOM tag. Files are read through an own preamble, meta and length check in front of `dicom-object`; the pixel module
//! (PS3.3 C.7.6.3), the image plane (C.7.6.2) and the look-up tables (C.11) are read here too.
//! Refuses: answers, protocols, readers, truth. Names, ids, dates, UIDs and file names of sources stay inside `Identifying` values and never reach
//! an error, a `Debug` output or a package.

#![forbid(unsafe_code)]

mod age;
mod attributes;
mod classes;
mod colour;
mod conformance;
mod dates;
pub mod demo;
mod directory;
mod distinctions;
mod error;
mod facts;
mod file;
mod findings;
mod folder;
mod frames;
mod geometry;
mod greyscale;
mod groups;
mod hmac;
mod identifying;
mod image_file;
mod incoming;
mod inspect;
mod layers;
mod layout;
mod lengths;
mod marks;
mod measure;
mod open;
mod overlay;
mod package;
mod palette;
mod pixel_module;
mod presentation;
mod probe;
mod reading_list;
mod region;
mod retained;
mod roles;
mod samples;
mod scale;
mod scan;
mod series;
mod shutter;
mod source;
mod stacks;
mod subject_key;
mod summary;
mod suv;
mod threads;
mod tiles;
mod uids;
mod voxels;
mod write;
mod zip;

pub use conformance::{NotMet, SeriesAcquisition, conforms};
pub use error::{CasesError, FileError, PackageError};
pub use findings::{
    AiFinding, Findings, Flat, Grid, GridBlock, GridMeasure, GridPlane, ItemValue, Note, Place as FindingPlace, ReportItem, Score,
    SegmentMeasure, Solid, read_findings, report_items, segmentation_measures,
};
pub use folder::{Folder, OtherObject, Refused, Scan, read_folder};
pub use incoming::Incoming;
pub use inspect::{Inspection, inspect};
pub use lengths::LengthUnit;
pub use marks::{CaseMark, MarkedCase, MarksError, ReportedMark, SegmentedMark, read_report, read_segmentation, report, segmentations};
pub use measure::{MeasureError, Measured, Place, Shape, Statistics, image_statistics, measure};
pub use package::{Keep, Package, PackageKey, Packed, Packing, Purpose, Sealed, Signer, Trust, Unsealed, seal, unseal};
pub use presentation::{GraphicText, Presentation, PresentationError, PresentationState, read_presentation_state};
pub use probe::{image_min_max_voi, min_max_voi, probe};
pub use retained::Retain;
pub use roles::usual_roles;
pub use scale::WordScale;
pub use scan::{ContactSheet, Leak, LeakKind, Lettered, ReportText, ScanReport, Severity, SmallGrey, contact_sheet, lettered, scan};
pub use series::{Content, NamedVoi, Series};
pub use shutter::Shutter;
pub use subject_key::{KeyError, Origin, OriginalIds, StudyKey};
pub use tiresias_codecs::{Codecs, serve};
pub use uids::UidKey;
pub use voxels::VoxelBuffer;
pub use zip::ZipError;
