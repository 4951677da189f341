//! What `inspect` says of an object that is no image series: kinds and counts, never a text, a name or a UID.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::attributes::Attributes;
use crate::image_file::ImageFile;
use crate::presentation::PresentationState;
use dicom_dictionary_std::tags;
use serde_json::{Map, Value};

/// The summary of an object of this kind (a word of [`crate::classes`]); empty for kinds of which nothing is counted.
///
/// # Errors
/// When a presentation state cannot be used as it stands.
pub(crate) fn summary(kind: &str, a: &Attributes, pixels: Option<&ImageFile>) -> Result<Map<String, Value>, FileError> {
    let mut counts = Map::new();
    match kind {
        "GSPS" => return Ok(PresentationState::read(a)?.summary()),
        "SEG" => {
            counts.insert("segments".to_owned(), a.items(tags::SEGMENT_SEQUENCE).len().into());
            counts.insert("frames".to_owned(), pixels.map(|p| p.module.frames).into());
        }
        _ => {}
    }
    Ok(counts)
}
