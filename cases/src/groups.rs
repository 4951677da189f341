//! Functional groups of enhanced multi-frame images (PS3.3 C.7.6.16): what holds for one frame stands in the per-frame groups, else in the shared ones.
//!
//! Refuses: per-frame groups of another number than there are frames, because nobody could tell which frame lacks its own.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::attributes::Attributes;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// The functional groups of one file; empty for an image that is not of an enhanced class.
pub(crate) struct FunctionalGroups {
    shared: Option<Attributes>,
    frames: Vec<Attributes>,
}

impl FunctionalGroups {
    pub(crate) fn read(a: &Attributes, frames: u32) -> Result<Self, FileError> {
        let per_frame = a.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
        if !per_frame.is_empty() && per_frame.len() != frames as usize {
            let why = format!("has {} items for {frames} frames", per_frame.len());
            return Err(FileError::attribute("Per-frame Functional Groups Sequence", why));
        }
        Ok(Self { shared: a.item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE), frames: per_frame })
    }

    /// The item of a functional group that holds for a frame (from 0).
    pub(crate) fn find(&self, frame: usize, group: Tag) -> Option<Attributes> {
        self.of_frame(frame, group).or_else(|| self.of_all(group))
    }

    /// The item that a frame has for itself.
    pub(crate) fn of_frame(&self, frame: usize, group: Tag) -> Option<Attributes> {
        self.frames.get(frame).and_then(|f| f.item(group))
    }

    /// The item that holds for all frames without one of their own.
    pub(crate) fn of_all(&self, group: Tag) -> Option<Attributes> {
        self.shared.as_ref()?.item(group)
    }
}
