//! Overlay planes over their own images, where the protocol allows them and the reader asks for them.
//!
//! A plane is drawn on the image that it belongs to and on nothing that was computed from several: not on slabs, and not on planes that cut through slices.
//! Each lit pixel of the image is an area of its own size, with a dark rim.

use super::Room;
use super::gestures::OnScreen;
use super::series::Shown;
use crate::design::STRONG;
use egui::{Color32, Mesh, Painter, Pos2, Shape};
use tiresias_render::raster::Run;
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
        let mut mesh = Mesh::default();
        // The rim first: what is beside a lit pixel.
        for (runs, colour) in [(&over.with_rim, RIM), (&over.lit, STRONG)] {
            for Run { row, columns: [from, to] } in runs {
                let (x0, x1, y) = (f64::from(*from), f64::from(*to), f64::from(*row));
                area(&mut mesh, [place(x0, y), place(x1, y), place(x1, y + 1.0), place(x0, y + 1.0)], colour);
            }
        }
        painter.add(Shape::mesh(mesh));
    }
}

const RIM: Color32 = Color32::from_rgb(0x0C, 0x0D, 0x0F);

/// The patient position of a pixel's corner: pixel (x, y) reaches from corner (x, y) to corner (x + 1, y + 1).
fn corner(geometry: &VolumeGeometry, x: f64, y: f64, image: usize) -> PatientPoint {
    geometry.patient_of(Voxel::new(x - 0.5, y - 0.5, image as f64))
}

/// Fills what lies between four corners.
pub(super) fn area(mesh: &mut Mesh, corners: [Pos2; 4], colour: Color32) {
    let first = mesh.vertices.len() as u32;
    corners.iter().for_each(|p| mesh.colored_vertex(*p, colour));
    mesh.add_triangle(first, first + 1, first + 2);
    mesh.add_triangle(first, first + 2, first + 3);
}
