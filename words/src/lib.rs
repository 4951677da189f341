//! The vocabulary that all Tiresias crates share.
//!
//! Owns: newtypes for units and frames of reference, the geometry of a volume, the description of grey-scale
//! transformations, names of things in a study, the description of what a pane shows ([`PaneSpec`]).
//! Refuses: behaviour. Nothing here decodes, samples, decides, stores or draws; a value that exists is already checked.

#![forbid(unsafe_code)]

mod acquisition;
mod geometry;
mod grey;
mod layers;
mod mark;
mod names;
mod pane;
mod reveal;
mod series;
mod space;
mod stack;
mod time;

pub use acquisition::{RequiredView, Requirement};
pub use geometry::{GeometryVerdict, VolumeGeometry};
pub use grey::{Grey, LutTable, ModalityLut, PresentationShape, PresentationTone, StoredFormat, StoredValue, Voi, Window};
pub use layers::{Arrangement, DisplayedArea, Graphic, GraphicKind, Overlay, OverlayKind, SizeMode, Units};
pub use mark::{ImageAnchor, MarkShape};
pub use names::{AccountId, CaseCode, CaseId, Condition, ContentHash, FindingId, MarkId, QuestionId, ReadId, ReaderId, SopUid, StudyId};
pub use pane::{Interpolation, PaneSpec, Plane, Slab, SlabKind};
pub use reveal::{ContentKey, RevealToken};
pub use series::{AcquisitionPlane, BodyPart, ImagingModality, Laterality, PatientOrientation, Role, SeriesFacts, ValueUnit, ViewPosition};
pub use space::{Direction, Displacement, Mm, PatientPoint, Voxel};
pub use stack::{Gap, Stack};
pub use time::Moment;

/// A value that was offered to a checked type and does not fit it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct Unfit {
    /// The type or quantity, in the field's word ("window width").
    pub what: &'static str,
    /// What is wrong with the value, in a clause a person can act on.
    pub why: String,
}

impl Unfit {
    pub(crate) fn new(what: &'static str, why: impl Into<String>) -> Self {
        Self { what, why: why.into() }
    }
}
