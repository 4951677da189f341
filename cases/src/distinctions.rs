//! What may tell images of one series at one position apart: echo, phase, acquisition, kind of image (PS3.3 C.8.3.1, C.7.6.16.2.2, C.7.6.16.2.3).
//!
//! Values are compared with each other and shown nowhere. Refuses: a meaning for them; whether a series falls apart by one of them is for
//! [`crate::stacks`] to find.

use crate::attributes::Attributes;
use crate::groups::FunctionalGroups;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// In the order in which they are tried: what a standard makes for the purpose first, the clock last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Distinction {
    FrameOfReference,
    Stack,
    Phase,
    EchoTime,
    DiffusionWeighting,
    ImageType,
    TriggerTime,
    AcquisitionNumber,
    AcquisitionTime,
    ContentTime,
}

impl Distinction {
    pub(crate) const ALL: [Self; 10] = [
        Self::FrameOfReference,
        Self::Stack,
        Self::Phase,
        Self::EchoTime,
        Self::DiffusionWeighting,
        Self::ImageType,
        Self::TriggerTime,
        Self::AcquisitionNumber,
        Self::AcquisitionTime,
        Self::ContentTime,
    ];
    /// Points in time: at each position of a moving stack another one, so that only their order is the same.
    pub(crate) const TIMES: [Self; 3] = [Self::TriggerTime, Self::AcquisitionTime, Self::ContentTime];

    /// Its name in a sentence.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::FrameOfReference => "frame of reference",
            Self::Stack => "stack",
            Self::Phase => "temporal position",
            Self::EchoTime => "echo time",
            Self::DiffusionWeighting => "diffusion b-value",
            Self::ImageType => "image type",
            Self::TriggerTime => "trigger time",
            Self::AcquisitionNumber => "acquisition number",
            Self::AcquisitionTime => "acquisition time",
            Self::ContentTime => "content time",
        }
    }
}

/// The values of one image. It has no `Debug`: a frame of reference and times are among them.
#[derive(Clone, Default)]
pub(crate) struct Distinctions {
    values: [Option<String>; Distinction::ALL.len()],
    is_localizer: bool,
}

impl Distinctions {
    /// What frame `frame` says of itself: in its functional groups, else in the data set.
    pub(crate) fn read(a: &Attributes, groups: &FunctionalGroups, frame: usize) -> Self {
        let in_group = |group: Tag, tag: Tag| groups.find(frame, group).map(|g| g.texts(tag).join("\\"));
        let or_top = |found: Option<String>, tag: Tag| found.or_else(|| Some(a.texts(tag).join("\\"))).filter(|v| !v.is_empty());
        let content = |tag| in_group(tags::FRAME_CONTENT_SEQUENCE, tag);
        let kind = [tags::MR_IMAGE_FRAME_TYPE_SEQUENCE, tags::CT_IMAGE_FRAME_TYPE_SEQUENCE]
            .into_iter()
            .find_map(|group| in_group(group, tags::FRAME_TYPE));
        let image_type = or_top(kind, tags::IMAGE_TYPE);
        // Value 3 (PS3.3 C.7.6.1.1.2, C.8.2.1.1.1).
        let is_localizer = image_type.as_deref().and_then(|t| t.split('\\').nth(2)) == Some("LOCALIZER");
        let values = Distinction::ALL.map(|distinction| match distinction {
            Distinction::FrameOfReference => or_top(None, tags::FRAME_OF_REFERENCE_UID),
            Distinction::Stack => content(tags::STACK_ID).filter(|v| !v.is_empty()),
            Distinction::Phase => or_top(content(tags::TEMPORAL_POSITION_INDEX), tags::TEMPORAL_POSITION_IDENTIFIER),
            Distinction::EchoTime => or_top(in_group(tags::MR_ECHO_SEQUENCE, tags::EFFECTIVE_ECHO_TIME), tags::ECHO_TIME),
            Distinction::DiffusionWeighting => {
                or_top(in_group(tags::MR_DIFFUSION_SEQUENCE, tags::DIFFUSION_B_VALUE), tags::DIFFUSION_B_VALUE)
            }
            Distinction::ImageType => image_type.clone(),
            Distinction::TriggerTime => {
                or_top(in_group(tags::CARDIAC_SYNCHRONIZATION_SEQUENCE, tags::NOMINAL_CARDIAC_TRIGGER_DELAY_TIME), tags::TRIGGER_TIME)
            }
            Distinction::AcquisitionNumber => or_top(content(tags::FRAME_ACQUISITION_NUMBER), tags::ACQUISITION_NUMBER),
            Distinction::AcquisitionTime => or_top(content(tags::FRAME_ACQUISITION_DATE_TIME), tags::ACQUISITION_TIME),
            Distinction::ContentTime => or_top(None, tags::CONTENT_TIME),
        });
        Self { values, is_localizer }
    }

    pub(crate) fn value(&self, of: Distinction) -> Option<&str> {
        self.values.get(of as usize).and_then(Option::as_deref)
    }
    /// Whether the image is there to plan others on.
    pub(crate) const fn is_localizer(&self) -> bool {
        self.is_localizer
    }
}
