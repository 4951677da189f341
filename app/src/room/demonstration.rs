//! The steps of the picture in the README: two marks, one of them rated, and a rating of the case. Each goes through the record as a reader's would.

use super::{Field, Focus, Room};
use std::sync::Arc;
use tiresias_reads::machine::{Action, AnswerValue, Place, Subject};
use tiresias_words::{ImageAnchor, MarkId, MarkShape, Voxel};

/// Places of the marks, as parts of the volume's columns, rows and slices.
const PLACES: [[f64; 3]; 2] = [[0.387, 0.755, 0.5], [0.52, 0.30, 0.40]];

impl Room {
    /// What step number `step` asks for; `None` when the demonstration is over.
    pub(crate) fn demonstration(&mut self, step: usize) -> Option<Vec<Action>> {
        let volume = Arc::clone(&self.shelf.get(0)?.volume);
        let size = volume.geometry().size().map(|n| f64::from(n - 1));
        let place = |i: usize| {
            let [x, y, z] = PLACES[i];
            Voxel::new(x * size[0], y * size[1], (z * size[2]).round())
        };
        let mark = |i: usize| {
            let voxel = place(i);
            let image = volume.series().image_uid(voxel.slice as usize)?.clone();
            let anchor = ImageAnchor { image, frame: 0, column: voxel.column, row: voxel.row };
            Some(Action::PlaceMark { shape: MarkShape::point(volume.geometry().patient_of(voxel)), anchor })
        };
        match step {
            0 => mark(0).map(|m| vec![m]),
            1 => mark(1).map(|m| vec![m]),
            2 => Some(vec![Action::RateMark { mark: MarkId(1), rating: 86 }]),
            3 => {
                self.shelf.look_at(0, volume.geometry().patient_of(place(0)));
                let question = self.rules.protocol().form().rating()?.clone();
                self.focus = Focus::Form(Field::At(Place::Answer(question.clone(), Subject::Case)));
                Some(vec![Action::Answer { question, subject: Subject::Case, value: AnswerValue::Scale(88) }])
            }
            _ => None,
        }
    }
}
