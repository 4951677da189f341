//! Frames that are tiles of a larger image, its total pixel matrix (PS3.3 C.8.12.4, C.7.6.17.3): where each of them lies.
//!
//! Refuses: to guess. A frame whose place is neither stated nor follows from the order of all is no tile. The matrix itself is never put together here.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::attributes::Attributes;
use crate::groups::FunctionalGroups;
use dicom_dictionary_std::tags;

/// Where the first pixel of frame `frame` (from 0) of this size, [columns, rows], lies in the total pixel matrix: [column, row] from 0. `None` where the
/// image is no part of one.
pub(crate) fn place(a: &Attributes, groups: &FunctionalGroups, frame: usize, size: [u32; 2]) -> Option<[u32; 2]> {
    let whole = |a: &Attributes, tag| u32::try_from(a.integer(tag, "Total Pixel Matrix").ok()??).ok().filter(|n| *n > 0);
    let matrix = [whole(a, tags::TOTAL_PIXEL_MATRIX_COLUMNS)?, whole(a, tags::TOTAL_PIXEL_MATRIX_ROWS)?];
    let place = match groups.find(frame, tags::PLANE_POSITION_SLIDE_SEQUENCE) {
        // Stated, counting from 1.
        Some(stated) => {
            let column = whole(&stated, tags::COLUMN_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX)?;
            [column - 1, whole(&stated, tags::ROW_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX)? - 1]
        }
        // In rows from the top left, then again for each plane and optical path.
        None if a.text(tags::DIMENSION_ORGANIZATION_TYPE).as_deref() == Some("TILED_FULL") => {
            let tiles = |whole: u32, tile: u32| u64::from(whole.div_ceil(tile.max(1)));
            let across = tiles(matrix[0], size[0]);
            let tile = frame as u64 % (across * tiles(matrix[1], size[1]));
            let side = |tiles: u64, tile: u32| u32::try_from(tiles * u64::from(tile)).ok();
            [side(tile % across, size[0])?, side(tile / across, size[1])?]
        }
        None => return None,
    };
    (place[0] < matrix[0] && place[1] < matrix[1]).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::tests::{Element, sequence, text};
    use dicom_core::value::PrimitiveValue;
    use dicom_core::{DataElement, Tag, VR};
    use dicom_object::InMemDicomObject;

    fn number(tag: Tag, vr: VR, n: i32) -> Element {
        DataElement::new(tag, vr, PrimitiveValue::I32([n].as_slice().into()))
    }
    fn placed(elements: Vec<Element>, frames: u32, frame: usize) -> Option<[u32; 2]> {
        let a = Attributes::new(InMemDicomObject::from_element_iter(elements));
        place(&a, &FunctionalGroups::read(&a, frames).unwrap(), frame, [100, 50])
    }
    fn matrix(columns: i32, rows: i32) -> Vec<Element> {
        vec![number(tags::TOTAL_PIXEL_MATRIX_COLUMNS, VR::UL, columns), number(tags::TOTAL_PIXEL_MATRIX_ROWS, VR::UL, rows)]
    }

    #[test]
    fn tiles_in_full_order_lie_row_by_row() {
        let full = || [matrix(250, 90), vec![text(tags::DIMENSION_ORGANIZATION_TYPE, VR::CS, "TILED_FULL")]].concat();
        let places: Vec<_> = (0..8).map(|frame| placed(full(), 12, frame).unwrap()).collect();
        assert_eq!(places, [[0, 0], [100, 0], [200, 0], [0, 50], [100, 50], [200, 50], [0, 0], [100, 0]]);
        assert_eq!(placed(matrix(250, 90), 12, 0), None, "neither stated nor in order");
        assert_eq!(placed(full()[1..].to_vec(), 12, 0), None, "a matrix without columns");
    }

    #[test]
    fn tiles_lie_where_they_say() {
        let stated = |column, row| {
            let item = vec![
                number(tags::COLUMN_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX, VR::SL, column),
                number(tags::ROW_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX, VR::SL, row),
            ];
            let frame = vec![sequence(tags::PLANE_POSITION_SLIDE_SEQUENCE, vec![item])];
            placed([matrix(250, 90), vec![sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, vec![frame])]].concat(), 1, 0)
        };
        assert_eq!([stated(1, 1), stated(201, 90)], [Some([0, 0]), Some([200, 89])]);
        assert_eq!([stated(0, 1), stated(251, 1), stated(-5, 1)], [None; 3], "outside of the matrix");
    }
}
