//! The tool rail: icon over key. It repeats what keys do, for those who look for it.

use super::commands::TOOLS;
use super::{Room, Wish};
use crate::controls;
use crate::controls::icon::Icon;
use crate::design::{LINE, PANEL};
use egui::{Rect, Stroke, Ui, UiBuilder, pos2, vec2};
use tiresias_reads::machine::Tool;
use tiresias_reads::workspace::ViewAction;

impl Room {
    pub(super) fn rail(&mut self, ui: &mut Ui, column: Rect, wishes: &mut Vec<Wish>) {
        ui.painter().rect_filled(column, 0.0, PANEL);
        // Half a pixel inside, so that the line is the rail's last column and not the image's first.
        ui.painter().vline(column.right() - 0.5, column.y_range(), Stroke::new(1.0, LINE));
        ui.scope_builder(UiBuilder::new().max_rect(column.shrink2(vec2(4.0, 8.0))), |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for (key, tool) in TOOLS {
                let Some((icon, name)) = picture(tool) else { continue };
                if matches!(tool, Tool::Crosshair) {
                    ui.add_space(12.0);
                }
                if controls::tool(ui, icon, &key.name().to_lowercase(), name, self.tool == tool).clicked() {
                    self.tool = tool;
                }
            }
            ui.add_space(12.0);
            if controls::tool(ui, Icon::Invert, "i", "invert", false).clicked() {
                self.work(ViewAction::Invert(self.hanging.focused().0));
            }
            if controls::tool(ui, Icon::Layout, "g", "planes or images", false).clicked() {
                self.next_arrangement();
            }
            let running = self.cine.is_some();
            if controls::tool(ui, if running { Icon::Pause } else { Icon::Play }, "c", "moving picture", running).clicked() {
                if self.has(Tool::Cine) {
                    self.toggle_cine();
                }
            }
            if controls::tool(ui, Icon::Reset, "r", "reset the view", false).clicked() {
                self.reset();
            }
            ui.add_space(12.0);
            if controls::tool(ui, Icon::Help, "?", "keys", false).clicked() {
                self.help = true;
            }
        });
        let foot = Rect::from_min_max(pos2(column.left() + 4.0, column.bottom() - 52.0), column.max);
        ui.scope_builder(UiBuilder::new().max_rect(foot), |ui| {
            if controls::tool(ui, Icon::Leave, "", "leave this case as a draft", false).clicked() {
                wishes.push(Wish::Leave);
            }
        });
    }
}

/// Icon and name of a tool that has its place on the rail.
const fn picture(tool: Tool) -> Option<(Icon, &'static str)> {
    let picture = match tool {
        Tool::Window => (Icon::Window, "window and level"),
        Tool::Scroll => (Icon::Scroll, "scroll"),
        Tool::Zoom => (Icon::Zoom, "zoom"),
        Tool::Pan => (Icon::Pan, "pan"),
        Tool::Crosshair => (Icon::Crosshair, "crosshair"),
        Tool::Mark => (Icon::Mark, "mark"),
        _ => return None,
    };
    Some(picture)
}
