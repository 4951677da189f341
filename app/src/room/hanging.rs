//! Which panes there are, where they lie, and where each camera stands.

use crate::viewer::{Orientation, View};
use egui::{Pos2, Rect, pos2};
use tiresias_reads::protocol::VolumeLayout as Layout;
use tiresias_words::VolumeGeometry;

/// A pane by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    /// The large one.
    Main,
    /// Below on the left.
    Left,
    /// Below on the right.
    Right,
}

pub(super) const PANES: [Pane; 3] = [Pane::Main, Pane::Left, Pane::Right];

/// The panes of an open case.
pub(super) struct Hanging {
    layout: Layout,
    maximised: Option<Pane>,
    focused: Pane,
    views: [Option<View>; 3],
    /// Sizes the views were fitted to; a view fits anew when its pane changes size before the reader touched it.
    fitted: [[u32; 2]; 3],
    touched: [bool; 3],
}

impl Pane {
    pub(super) const fn index(self) -> usize {
        match self {
            Self::Main => 0,
            Self::Left => 1,
            Self::Right => 2,
        }
    }
}

impl Hanging {
    pub(super) const fn new(layout: Layout) -> Self {
        Self { layout, maximised: None, focused: Pane::Main, views: [None; 3], fitted: [[0; 2]; 3], touched: [false; 3] }
    }

    /// Which way a pane looks.
    pub(super) const fn orientation(&self, pane: Pane) -> Orientation {
        match (pane, self.layout) {
            (Pane::Main, Layout::Stack) => Orientation::Stack,
            (Pane::Main, Layout::Mpr) => Orientation::Axial,
            (Pane::Left, _) => Orientation::Coronal,
            (Pane::Right, _) => Orientation::Sagittal,
        }
    }

    /// Gives every pane a camera that shows all of the volume.
    pub(super) fn hang(&mut self, geometry: &VolumeGeometry) {
        for pane in PANES {
            let i = pane.index();
            self.views[i] = Some(View::fit(geometry, self.orientation(pane), self.fitted[i].map(|n| n.max(1))));
            self.touched[i] = false;
        }
    }

    /// Lets untouched cameras show all of the volume again after their pane got another size.
    pub(super) fn fit(&mut self, geometry: &VolumeGeometry, pane: Pane, size: [u32; 2]) {
        let i = pane.index();
        if self.fitted[i] != size {
            self.fitted[i] = size;
            if !self.touched[i] {
                self.views[i] = Some(View::fit(geometry, self.orientation(pane), size));
            }
        }
    }

    pub(super) const fn view(&self, pane: Pane) -> Option<View> {
        self.views[pane.index()]
    }
    /// Moves a camera on behalf of the reader.
    pub(super) const fn set_view(&mut self, pane: Pane, view: View) {
        self.views[pane.index()] = Some(view);
        self.touched[pane.index()] = true;
    }
    /// Puts a camera back to where it began.
    pub(super) fn reset(&mut self, geometry: &VolumeGeometry, pane: Pane) {
        let i = pane.index();
        self.views[i] = Some(View::fit(geometry, self.orientation(pane), self.fitted[i]));
        self.touched[i] = false;
    }

    pub(super) const fn focused(&self) -> Pane {
        self.focused
    }
    pub(super) const fn focus(&mut self, pane: Pane) {
        self.focused = pane;
    }
    /// The next visible pane.
    pub(super) fn focus_next(&mut self) {
        let visible = self.visible();
        let at = visible.iter().position(|p| *p == self.focused).unwrap_or(0);
        self.focused = visible[(at + 1) % visible.len()];
    }
    /// One pane alone, or all again.
    pub(super) fn toggle_maximised(&mut self, pane: Pane) {
        self.maximised = if self.maximised.is_some() { None } else { Some(pane) };
        self.focused = pane;
    }
    /// The images alone: there is no volume to cut.
    pub(super) const fn only_images(&mut self) {
        (self.layout, self.maximised, self.focused) = (Layout::Stack, None, Pane::Main);
    }
    /// Three planes, or the stack of images as acquired.
    pub(super) fn toggle_layout(&mut self, geometry: &VolumeGeometry) {
        self.layout = match self.layout {
            Layout::Mpr => Layout::Stack,
            Layout::Stack => Layout::Mpr,
        };
        self.maximised = None;
        self.focused = Pane::Main;
        self.hang(geometry);
    }

    /// The panes on the screen, in reading order; never none.
    pub(super) fn visible(&self) -> Vec<Pane> {
        match (self.maximised, self.layout) {
            (Some(pane), _) => vec![pane],
            (None, Layout::Stack) => vec![Pane::Main],
            (None, Layout::Mpr) => PANES.to_vec(),
        }
    }

    /// Where each visible pane lies, on physical pixels, with a hair of room between them. The large plane takes three quarters: thin slabs get strips, not squares.
    pub(super) fn place(&self, canvas: Rect, pixels_per_point: f32) -> Vec<(Pane, Rect)> {
        let snap = |p: Pos2| pos2((p.x * pixels_per_point).round() / pixels_per_point, (p.y * pixels_per_point).round() / pixels_per_point);
        let whole = |r: Rect| Rect::from_min_max(snap(r.min), snap(r.max));
        match self.visible().as_slice() {
            [one] => vec![(*one, whole(canvas))],
            _ => {
                let split = canvas.top() + canvas.height() * 0.77;
                let middle = canvas.center().x;
                let gap = 1.0;
                let main = Rect::from_min_max(canvas.min, pos2(canvas.right(), split - gap));
                let left = Rect::from_min_max(pos2(canvas.left(), split + gap), pos2(middle - gap, canvas.bottom()));
                let right = Rect::from_min_max(pos2(middle + gap, split + gap), canvas.max);
                vec![(Pane::Main, whole(main)), (Pane::Left, whole(left)), (Pane::Right, whole(right))]
            }
        }
    }
}

/// Width and height of a pane in physical pixels.
pub(super) fn pixels(rect: Rect, pixels_per_point: f32) -> [u32; 2] {
    [rect.width(), rect.height()].map(|n| ((n * pixels_per_point).round() as u32).clamp(1, 16_384))
}
