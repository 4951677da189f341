//! Where a foreign result belongs: whose it is, which images it names, and the grids of its masks on the slices of a packed series.
//!
//! Nothing is moved to where it would fit: what lies between slices, on other images or in another frame of reference than it says is not this case's.
//! References to later frames of a multi-frame image follow the rule by which the package names them.

use super::Note;
use super::grid::{Grid, GridPlane};
use super::segmentation::{Kind, Segment, Segmentation};
use crate::attributes::Attributes;
use crate::geometry::ImagePlane;
use crate::series::Source;
use crate::uids::of_frame;
use crate::{FileError, Series, UidKey};
use dicom_dictionary_std::tags;
use std::collections::HashMap;
use tiresias_words::{Mm, Role, SopUid, Stack, VolumeGeometry};

/// An image that a result names, and a frame of it (from 1) where it says one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Reference {
    pub(super) image: String,
    pub(super) frames: Vec<u32>,
}

impl Reference {
    /// From an item with a Referenced SOP Instance UID.
    pub(super) fn read(a: &Attributes) -> Option<Self> {
        let frames = a.numbers(tags::REFERENCED_FRAME_NUMBER, "Referenced Frame Number").ok().flatten().unwrap_or_default();
        let frames = frames.into_iter().filter(|n| (1.0..=1e6).contains(n)).map(|n| n as u32).collect();
        Some(Self { image: a.text(tags::REFERENCED_SOP_INSTANCE_UID)?, frames })
    }
}

/// Whose a result is, and which images it names.
#[derive(Default)]
pub(super) struct Subject {
    pub(super) instance: String,
    pub(super) patient: String,
    pub(super) frame_of_reference: String,
    pub(super) references: Vec<Reference>,
}

impl Subject {
    pub(super) fn read(a: &Attributes) -> Self {
        let text = |tag| a.text(tag).unwrap_or_default();
        let of_series = |series: &Attributes| {
            let items = |tag| series.items(tag).iter().filter_map(Reference::read).collect::<Vec<_>>();
            [items(tags::REFERENCED_INSTANCE_SEQUENCE), items(tags::REFERENCED_SOP_SEQUENCE)].concat()
        };
        let mut references: Vec<Reference> = a.items(tags::REFERENCED_SERIES_SEQUENCE).iter().flat_map(of_series).collect();
        for study in a.items(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE) {
            references.extend(study.items(tags::REFERENCED_SERIES_SEQUENCE).iter().flat_map(of_series));
        }
        Self {
            instance: text(tags::SOP_INSTANCE_UID),
            patient: text(tags::PATIENT_ID),
            frame_of_reference: text(tags::FRAME_OF_REFERENCE_UID),
            references,
        }
    }
}

/// An image of the case: series and slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ImagePlace {
    pub(super) series: usize,
    pub(super) slice: usize,
}

/// The images of the case that is packed, by what their files call them.
pub(super) struct CaseImages<'a> {
    series: &'a [(Role, &'a Series)],
    by_name: HashMap<(&'a str, u32), ImagePlace>,
    key: &'a UidKey,
}

/// A position may be rounded by so much, mm; or by a hundredth of the way to the next slice, where that is more.
const ROUNDED: f64 = 0.02;

const fn mismatch(why: &'static str) -> FileError {
    FileError::Mismatch(why)
}

impl<'a> CaseImages<'a> {
    pub(super) fn new(series: &'a [(Role, &'a Series)], key: &'a UidKey) -> Self {
        let mut by_name = HashMap::new();
        for (at, (_, one)) in series.iter().enumerate() {
            for (slice, image) in one.images.iter().enumerate() {
                if let Source::Folder(source) = &image.source {
                    let frame = u32::try_from(source.frame).unwrap_or(u32::MAX);
                    by_name.insert((source.ids.reveal().image.as_str(), frame), ImagePlace { series: at, slice });
                }
            }
        }
        by_name.retain(|(name, _), _| !name.is_empty());
        Self { series, by_name, key }
    }

    pub(super) fn get(&self, at: usize) -> Option<&'a (Role, &'a Series)> {
        self.series.get(at)
    }

    /// The image of a name and a frame from 1; without one, the first.
    pub(super) fn image(&self, reference: &Reference) -> Option<ImagePlace> {
        let frame = reference.frames.first().map_or(0, |n| n.saturating_sub(1));
        self.by_name.get(&(reference.image.as_str(), frame)).copied()
    }

    /// What the package calls an image.
    pub(super) fn packed_name(&self, place: ImagePlace) -> Option<SopUid> {
        let Source::Folder(source) = &self.get(place.series)?.1.images.get(place.slice)?.source else { return None };
        SopUid::new(self.key.uid(&of_frame(&source.ids.reveal().image, source.frame))).ok()
    }

    /// The series that lies in a frame of reference, and in the patient. An emptied UID names none: images without one prove nothing of each other.
    pub(super) fn in_frame(&self, uid: &str) -> Option<usize> {
        if uid.is_empty() {
            return None;
        }
        self.series.iter().position(|(_, series)| series.volume.is_some() && self.names_frame(series, uid))
    }

    fn names_frame(&self, series: &Series, uid: &str) -> bool {
        series.images.iter().any(|i| matches!(&i.source, Source::Folder(s) if s.ids.reveal().frame_of_reference == uid))
    }

    /// Whether a result may be of this case.
    ///
    /// # Errors
    /// When it is of another patient, or names images and none of them is here.
    pub(super) fn owns(&self, subject: &Subject) -> Result<(), FileError> {
        let ids = self.series.iter().flat_map(|(_, s)| s.images.first()).filter_map(|i| match &i.source {
            Source::Folder(source) => Some(source.ids.reveal().patient.as_str()),
            Source::Package(_) => None,
        });
        let mut known = ids.filter(|id| !id.is_empty()).peekable();
        if !subject.patient.is_empty() && known.peek().is_some() && !known.any(|id| id == subject.patient) {
            return Err(mismatch("it is of another patient"));
        }
        if !subject.references.is_empty() && !subject.references.iter().any(|r| self.image(r).is_some()) {
            return Err(mismatch("the images that it was made from are not in this case"));
        }
        Ok(())
    }

    /// The series whose images a segmentation was made from, or whose frame of reference it names.
    fn series_of(&self, subject: &Subject) -> Result<usize, FileError> {
        let named = subject.references.iter().find_map(|r| self.image(r)).map(|place| place.series);
        let framed = self.in_frame(&subject.frame_of_reference);
        let at = named.or(framed).ok_or(mismatch("it names none of the images of this case, nor their frame of reference"))?;
        let (_, series) = self.get(at).ok_or(mismatch("it names none of the images of this case"))?;
        let has_frame =
            series.images.iter().any(|i| matches!(&i.source, Source::Folder(s) if !s.ids.reveal().frame_of_reference.is_empty()));
        if has_frame && !subject.frame_of_reference.is_empty() && !self.names_frame(series, &subject.frame_of_reference) {
            return Err(mismatch("its frame of reference is not that of the images"));
        }
        Ok(at)
    }

    /// The grid of every segment but the background: graded where the segmentation is. Empty segments have none.
    ///
    /// # Errors
    /// When a frame does not lie on a slice of the images, or two frames of a segment lie on one.
    pub(super) fn grids<'s>(&self, seg: &'s Segmentation) -> Result<Vec<(&'s Segment, Grid)>, FileError> {
        let at = self.series_of(&seg.subject)?;
        let Some((role, series)) = self.get(at) else { return Ok(Vec::new()) };
        let mut raster: Option<VolumeGeometry> = None;
        let mut slices = Vec::with_capacity(seg.frames.len());
        for frame in &seg.frames {
            let named = frame.sources.iter().find_map(|r| self.image(r)).filter(|p| p.series == at).map(|p| p.slice);
            let slice = match (&series.volume, &frame.plane) {
                (Some(volume), Some(plane)) => on_slice(volume, plane, seg.size, &mut raster)?,
                _ => {
                    if seg.size != series.image_size {
                        return Err(mismatch("its frames have another size than the images, and no place of their own"));
                    }
                    raster.get_or_insert(series.geometry().map_err(|_| mismatch("the images have no size"))?);
                    named.ok_or(mismatch("one of its frames names no image of this case, and has no place of its own"))?
                }
            };
            if named.is_some_and(|named| named != slice) {
                return Err(mismatch("one of its frames does not lie on the image that it was made from"));
            }
            slices.push(u32::try_from(slice).unwrap_or(u32::MAX));
        }
        let Some(geometry) = raster else { return Ok(Vec::new()) };
        let most = if let Kind::Fractional { most, .. } = seg.kind { most } else { 0 };
        let grid = || Grid { series: role.clone(), geometry: geometry.clone(), most, planes: Vec::new() };
        let mut grids: Vec<(&Segment, Grid)> = seg.segments.iter().filter(|s| !s.is_background).map(|s| (s, grid())).collect();
        let mut grid_of: Vec<Option<usize>> = vec![None; 1 << 16];
        for (at, (segment, _)) in grids.iter().enumerate() {
            if let Some(place) = grid_of.get_mut(usize::from(segment.number)) {
                *place = place.or(Some(at));
            }
        }
        let mut seen = std::collections::HashSet::new();
        for (frame, slice) in slices.iter().enumerate() {
            let of = seg.frames.get(frame).and_then(|f| f.segment);
            if !seen.insert((of, *slice)) {
                return Err(FileError::Damaged("two of its frames show one segment at one place"));
            }
            let values = seg.values(frame)?;
            for (row, line) in (0u32..).zip(values.chunks_exact(seg.size[0] as usize)) {
                for (column, stored) in (0u32..).zip(line) {
                    // The frames of a label map say with each value whose it is: one pass, however many segments are described.
                    let number = of.unwrap_or(*stored);
                    let at = grid_of.get(usize::from(number)).copied().flatten();
                    let Some((_, grid)) = at.and_then(|at| grids.get_mut(at)) else { continue };
                    let value = seg.value(number, *stored);
                    if value > 0 {
                        // A plane of this slice is of this frame: no other of the segment lies here.
                        if grid.planes.last().is_none_or(|p| p.slice != *slice) {
                            grid.planes.push(GridPlane { slice: *slice, ..GridPlane::default() });
                        }
                        if let Some(plane) = grid.planes.last_mut() {
                            plane.light(row, column);
                            if most > 0 {
                                plane.values.push(value);
                            }
                        }
                    }
                }
            }
        }
        for (_, grid) in &mut grids {
            grid.planes.sort_by_key(|p| p.slice);
        }
        grids.retain(|(_, g)| !g.planes.is_empty());
        Ok(grids)
    }

    /// Whether a point of an image's pixels lies on it, and the note where it does not.
    pub(super) fn on_image(&self, place: ImagePlace, [column, row]: [f64; 2]) -> Result<(), Note> {
        let size = self.get(place.series).map_or([0, 0], |(_, s)| s.image_size).map(f64::from);
        let inside = (-0.5..=size[0] - 0.5).contains(&column) && (-0.5..=size[1] - 0.5).contains(&row);
        if inside { Ok(()) } else { Err(Note::OutsideImage) }
    }
}

/// The slice on which a frame lies. The first frame says where the raster lies in all slices; every other one must lie in the same.
fn on_slice(volume: &VolumeGeometry, plane: &ImagePlane, size: [u32; 2], raster: &mut Option<VolumeGeometry>) -> Result<usize, FileError> {
    let turned = || mismatch("its planes are turned against the images");
    let normal = tiresias_words::Direction::new(plane.row.cross(plane.column)).map_err(|_| turned())?;
    if normal.dot(volume.normal()) < 1.0 - 1e-6 {
        return Err(turned());
    }
    let continuous = volume.voxel_of(plane.position).slice;
    let slice = continuous.round();
    let slices = f64::from(volume.size()[2]);
    let step = volume.slice_spacing().0.abs();
    let off = (volume.height_at(continuous).0 - volume.height_at(slice).0).abs();
    // One slice has no next one: only its own plane is it.
    if !(0.0..slices).contains(&slice) || off > ROUNDED.max(if slices > 1.0 { step * 0.01 } else { 0.0 }) {
        return Err(mismatch("its planes lie between the images, or beyond them"));
    }
    match raster {
        None => {
            // The raster's first voxel of slice 0, from where this frame's lies against its slice.
            let shift = plane.position - volume.origin_at(slice);
            let stack = match volume.stack() {
                Stack::Uniform { origin, step } => Stack::Uniform { origin: *origin + shift, step: *step },
                Stack::Piecewise { origin, course, heights, gaps } => {
                    Stack::Piecewise { origin: *origin + shift, course: *course, heights: heights.clone(), gaps: gaps.clone() }
                }
            };
            let [columns, rows] = size;
            let made = VolumeGeometry::new([columns, rows, volume.size()[2]], plane.row, plane.column, plane.spacing, stack);
            *raster = Some(made.map_err(|_| mismatch("its raster makes no sense"))?);
        }
        Some(known) => {
            let same_spacing = known.spacing().iter().zip(plane.spacing).all(|(a, b): (&Mm, Mm)| (a.0 - b.0).abs() < 1e-6);
            let same_directions =
                known.row_direction().dot(plane.row) > 1.0 - 1e-6 && known.column_direction().dot(plane.column) > 1.0 - 1e-6;
            if !same_spacing || !same_directions || known.origin_at(slice).distance(plane.position).0 > 2.0 * ROUNDED.max(step * 0.01) {
                return Err(mismatch("its frames do not lie in one raster"));
            }
        }
    }
    Ok(slice as usize)
}
