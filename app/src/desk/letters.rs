//! What may be letters in the pixels of a case that was refused for them: each finding is looked at, and answered by itself.
//!
//! Owns: which finding is asked about, its pictures on the screen, and the words of it. Pictures come drawn, and are outlined here. Refuses: to answer anything by itself,
//! and to keep an answer, which is the row's of its case.

use super::page::{note, said};
use crate::controls;
use crate::design::{CAUTION, STRONG};
use crate::work;
use egui::emath::GuiRounding as _;
use egui::{Color32, ColorImage, Pos2, Rect, Sense, Stroke, StrokeKind, TextureHandle, TextureOptions, Ui, Vec2, WidgetInfo, pos2, vec2};
use std::path::Path;
use tiresias_cases::{Lettered, SmallGrey};
use tiresias_words::ContentHash;

/// Room for the whole image and for what is around a finding, whatever their sizes.
const ROOMS: [[f32; 2]; 2] = [[384.0, 384.0], [512.0, 384.0]];
/// Between the two, and between the answers.
const APART: f32 = 16.0;
/// Of both answers.
const ANSWER: Vec2 = vec2(320.0, 44.0);

/// What is asked about one case.
pub(super) struct Letters {
    found: Vec<Found>,
    /// Findings that come when these are answered and the case is packed again.
    more: usize,
    /// How many are answered.
    answered: usize,
    /// The pictures of the finding that is asked about, by its number.
    shown: Option<(usize, [TextureHandle; 2])>,
}

/// A finding.
struct Found {
    of: Lettered,
    /// The file of the source, as a person finds it there.
    file: String,
}

/// What somebody saw.
pub(super) enum Seen {
    /// No text where this finding is.
    NoText(ContentHash),
    /// Text; in which image, for the words of a sentence.
    Text(String),
}

impl Letters {
    /// Those of a case that lies at `source`.
    pub(super) fn of(letters: work::Letters, source: &Path) -> Self {
        let more = letters.count().saturating_sub(letters.drawn.len());
        let found = letters.drawn.into_iter().map(|of| Found { file: file_in(source, of.path()), of }).collect();
        Self { found, more, answered: 0, shown: None }
    }

    /// Whether there is nothing left to ask.
    pub(super) const fn are_answered(&self) -> bool {
        self.answered >= self.found.len()
    }

    /// Draws the finding that is asked about, of the case that the desk calls `case`; what somebody saw.
    pub(super) fn ui(&mut self, ui: &mut Ui, case: &str) -> Option<Seen> {
        let Found { of, file } = self.found.get(self.answered)?;
        ui.spacing_mut().item_spacing.y = 8.0;
        ui.add_space(10.0);
        said(
            ui,
            &format!("{case} was not packed: there may be letters in its pixels, and nothing else stops it. Look at each place."),
            CAUTION,
        );
        let [number, images] = of.image;
        let image = format!("Image {number} of {images} ({})", of.role);
        said(ui, &format!("{image}, finding {} of {}.", self.answered + 1, self.found.len()), STRONG);
        note(ui, file);
        if self.shown.as_ref().is_none_or(|(which, _)| *which != self.answered) {
            self.shown = Some((self.answered, [texture(ui, &of.whole), texture(ui, &of.near)]));
        }
        if let Some((_, [whole, near])) = &self.shown {
            let scale = ui.pixels_per_point();
            let [left, right] = sizes(of, scale);
            // The height of all that is asked about, so that what is pressed stays where it is from one finding to the next.
            let height = self.found.iter().flat_map(|found| sizes(&found.of, scale)).map(|size| size.y).fold(0.0, f32::max);
            let (rect, response) = ui.allocate_exact_size(vec2(left.x + APART + right.x, height), Sense::hover());
            let [column, row, columns, rows] = of.rect;
            let name = format!(
                "{image} of {case}: {columns} x {rows} pixels at column {column} and row {row} are outlined, and drawn again beside"
            );
            response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, &name));
            let beside = rect.left_top() + vec2(left.x + APART, 0.0);
            draw(ui, whole, &of.whole, Rect::from_min_size(rect.left_top(), left));
            draw(ui, near, &of.near, Rect::from_min_size(beside, right));
        }
        let mut seen = None;
        // The one answer stands out as much as the other: what is seen decides, and not the screen.
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = APART;
            if controls::action(ui, ANSWER, "There is text: leave the case out", None, true).clicked() {
                seen = Some(Seen::Text(format!("image {number} of {images} ({})", of.role)));
            }
            if controls::action(ui, ANSWER, "No text here", None, true).clicked() {
                seen = Some(Seen::NoText(of.finding));
            }
        });
        let more = match self.more {
            0 => String::new(),
            more => format!(" There are {more} more: they come when these are answered and the case is packed again."),
        };
        note(ui, &format!("An answer is for this place of this image alone, and stands in the package.{more}"));
        ui.add_space(10.0);
        if matches!(seen, Some(Seen::NoText(_))) {
            self.answered += 1;
        }
        seen
    }
}

/// A file of a source as a person finds it there: by its way in a folder, of an archive by its name.
fn file_in(source: &Path, file: &Path) -> String {
    let way = file.strip_prefix(source).ok().filter(|way| !way.as_os_str().is_empty());
    way.or_else(|| file.file_name().map(Path::new)).unwrap_or(file).display().to_string()
}

fn texture(ui: &Ui, picture: &SmallGrey) -> TextureHandle {
    let image = ColorImage::from_gray(picture.size.map(|n| n as usize), &picture.grey);
    ui.ctx().load_texture("letters", image, TextureOptions::NEAREST)
}

/// How large the pictures of a finding are on the screen.
fn sizes(of: &Lettered, scale: f32) -> [Vec2; 2] {
    let [whole, near] = ROOMS;
    [on_screen(of.whole.size, whole, scale), on_screen(of.near.size, near, scale)]
}

/// A picture is as large as it has room in whole pixels of the screen for each of its own.
fn on_screen(picture: [u32; 2], room: [f32; 2], scale: f32) -> Vec2 {
    let picture = Vec2::from(picture.map(|n| n as f32));
    let times = (Vec2::from(room) * scale / picture).min_elem().floor().max(1.0) / scale;
    picture * times
}

/// Draws a picture into its place, and outlines what it is about.
fn draw(ui: &Ui, texture: &TextureHandle, picture: &SmallGrey, place: Rect) {
    let rect = Rect::from_min_size(place.min.round_to_pixels(ui.pixels_per_point()), place.size());
    let times = rect.width() / picture.size[0].max(1) as f32;
    ui.painter().image(texture.id(), rect, Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0)), Color32::WHITE);
    let [left, top, columns, rows] = picture.outlined.map(|n| n as f32 * times);
    let outlined = Rect::from_min_size(rect.min + vec2(left, top), vec2(columns, rows));
    ui.painter().rect_stroke(outlined, 0.0, Stroke::new(1.0, CAUTION), StrokeKind::Inside);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_takes_no_more_room_than_it_fills() {
        for (picture, room, scale, size) in [
            ([256, 256], ROOMS[0], 1.0, [256.0, 256.0]),
            ([256, 192], ROOMS[0], 2.0, [384.0, 288.0]),
            ([178, 110], ROOMS[1], 1.0, [356.0, 220.0]),
            ([512, 384], ROOMS[1], 2.0, [512.0, 384.0]),
            ([100, 384], ROOMS[1], 1.0, [100.0, 384.0]),
        ] {
            assert_eq!(on_screen(picture, room, scale), Vec2::from(size), "{picture:?} at {scale}");
        }
    }

    #[test]
    fn a_file_is_called_as_it_lies_in_its_source() {
        let of = |source: &str, file: &str| file_in(Path::new(source), Path::new(file));
        assert_eq!(of("cases/C-1", "cases/C-1/prior/0001.dcm"), Path::new("prior").join("0001.dcm").display().to_string());
        assert_eq!(of("cases/C-1/0001.dcm", "cases/C-1/0001.dcm"), "0001.dcm");
        assert_eq!(of("cases/C-1.zip", "study/.unpacked/prior/0001.dcm"), "0001.dcm");
    }
}
