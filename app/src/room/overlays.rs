//! Overlay planes over their own images, where the protocol allows them and the reader asks for them.
//!
//! A plane is drawn on the image that it belongs to and on nothing that was computed from several: not on slabs, and not on planes that cut through slices.
//! Each lit pixel of the image is an area of its own size, with a dark rim.

use super::Room;
use super::gestures::OnScreen;
use super::series::Shown;
use crate::design::STRONG;
use egui::{Color32, Mesh, Painter, Pos2, Shape};
use tiresias_render::raster::Mask;
use tiresias_words::{PatientPoint, VolumeGeometry, Voxel};

impl Room {
    /// Overlay planes on or off; a sentence where there are none.
    pub(super) fn toggle_overlays(&mut self) {
        let any = self.shelf.all().iter().any(|s| s.volume.has_overlays());
        if any {
            self.overlays = !self.overlays;
        } else {
            self.message = Some("These images have no drawings of their own that this study shows.".to_owned());
        }
    }
}

/// Draws what the overlay planes of the image in a pane light. `in_stack`: the pane is the image's own plane.
pub(super) fn draw(painter: &Painter, on: &OnScreen, shown: &Shown, in_stack: bool) {
    let image = shown.volume.image_at(shown.at());
    let geometry = shown.volume.geometry();
    let is_on_image = (geometry.voxel_of(shown.at()).slice - image as f64).abs() < 1e-3;
    if let Some(over) = shown.volume.overlay(image).filter(|_| in_stack && is_on_image) {
        let place = |x: f64, y: f64| on.screen_at(corner(geometry, x, y, image)).0;
        let [width, height] = shown.volume.series().image_size.map(i64::from);
        let mut mesh = Mesh::default();
        // The rim first: what is beside a lit pixel.
        runs(&over.with_rim, width, height, |x0, x1, y| {
            area(&mut mesh, [place(x0, y), place(x1, y), place(x1, y + 1.0), place(x0, y + 1.0)], RIM);
        });
        runs(&over.lit, width, height, |x0, x1, y| {
            area(&mut mesh, [place(x0, y), place(x1, y), place(x1, y + 1.0), place(x0, y + 1.0)], STRONG);
        });
        painter.add(Shape::mesh(mesh));
    }
}

const RIM: Color32 = Color32::from_rgb(0x0C, 0x0D, 0x0F);

/// The patient position of a pixel's corner: pixel (x, y) reaches from corner (x, y) to corner (x + 1, y + 1).
fn corner(geometry: &VolumeGeometry, x: f64, y: f64, image: usize) -> PatientPoint {
    geometry.patient_of(Voxel::new(x - 0.5, y - 0.5, image as f64))
}

/// Calls back for each run of lit pixels: its first column, the one behind its last, and its row.
fn runs(mask: &Mask, width: i64, height: i64, mut found: impl FnMut(f64, f64, f64)) {
    for y in 0..height {
        let mut x = 0;
        while x < width {
            let from = x;
            while x < width && mask.is_lit(x, y) {
                x += 1;
            }
            if x > from {
                found(from as f64, x as f64, y as f64);
            }
            x += 1;
        }
    }
}

fn area(mesh: &mut Mesh, corners: [Pos2; 4], colour: Color32) {
    let first = mesh.vertices.len() as u32;
    corners.iter().for_each(|p| mesh.colored_vertex(*p, colour));
    mesh.add_triangle(first, first + 1, first + 2);
    mesh.add_triangle(first, first + 2, first + 3);
}
