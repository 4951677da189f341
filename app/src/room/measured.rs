//! The room under measurement: panes on and off, and one slice a frame.

use super::Room;
use super::hanging::At;

impl Room {
    /// Whether panes are computed and drawn. Without them everything else on the screen stays.
    pub(crate) const fn show_panes(&mut self, shown: bool) {
        self.without_panes = !shown;
    }

    /// Shows the next slice of the first pane, or the one before; false at the end.
    pub(crate) fn step_slice(&mut self, down: bool) -> bool {
        let before = self.main_slice();
        self.scroll(At(0), if down { 1 } else { -1 });
        self.main_slice() != before
    }
}
