//! The tool rail: icon over key. It repeats what keys do, for those who look for it.

use super::commands::TOOLS;
use super::measuring::REGIONS;
use super::{Room, Wish};
use crate::controls;
use crate::controls::icon::Icon;
use crate::design::{LINE, PANEL};
use egui::{Rect, Stroke, Ui, UiBuilder, pos2, vec2};
use tiresias_reads::machine::Tool;
use tiresias_reads::workspace::ViewAction;

/// Buttons above the one that leaves the case.
const BUTTONS: f32 = 15.0;
/// What else needs height: the margins, the spaces between groups, and the way out.
const BESIDE: f32 = 102.0;

impl Room {
    pub(super) fn rail(&mut self, ui: &mut Ui, column: Rect, wishes: &mut Vec<Wish>) {
        ui.painter().rect_filled(column, 0.0, PANEL);
        // Half a pixel inside, so that the line is the rail's last column and not the image's first.
        ui.painter().vline(column.right() - 0.5, column.y_range(), Stroke::new(1.0, LINE));
        ui.scope_builder(UiBuilder::new().max_rect(column.shrink2(vec2(4.0, 8.0))), |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            // On low screens all stand closer together.
            ui.spacing_mut().interact_size.y = ((column.height() - BESIDE) / BUTTONS - 2.0).floor().clamp(34.0, 44.0);
            let tools = self.workspace.tools();
            let has_marks = self.rules.protocol().marks().is_some();
            for (key, tool) in TOOLS {
                let Some((icon, name)) = picture(tool) else { continue };
                if matches!(tool, Tool::Crosshair | Tool::Length) {
                    ui.add_space(10.0);
                }
                if tools.allows(tool)
                    && (tool != Tool::Mark || has_marks)
                    && controls::tool(ui, icon, &key.name().to_lowercase(), name, self.tool == tool).clicked()
                {
                    self.take_tool(tool);
                }
            }
            let region = REGIONS.contains(&self.tool);
            if REGIONS.iter().any(|t| tools.allows(*t)) && controls::tool(ui, Icon::Region, "q", "region", region).clicked() {
                self.next_region_tool();
            }
            ui.add_space(10.0);
            if controls::tool(ui, Icon::Invert, "i", "invert", false).clicked() {
                self.work(ViewAction::Invert(self.hanging.focused().0));
            }
            if controls::tool(ui, Icon::Layout, "g", "planes or images", false).clicked() {
                self.next_arrangement();
            }
            let running = self.cine.is_some();
            if controls::tool(ui, if running { Icon::Pause } else { Icon::Play }, "c", "moving picture", running).clicked()
                && self.has(Tool::Cine)
            {
                self.toggle_cine();
            }
            if controls::tool(ui, Icon::Reset, "r", "reset the view", false).clicked() {
                self.reset();
            }
            ui.add_space(10.0);
            if controls::tool(ui, Icon::Help, "?", "keys", false).clicked() {
                self.help = true;
            }
        });
        let foot = Rect::from_min_max(pos2(column.left() + 4.0, column.bottom() - 46.0), column.max);
        ui.scope_builder(UiBuilder::new().max_rect(foot), |ui| {
            ui.spacing_mut().interact_size.y = 44.0;
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
        Tool::Length => (Icon::Length, "length"),
        Tool::Angle => (Icon::Angle, "angle"),
        Tool::Bidimensional => (Icon::Bidimensional, "diameters"),
        _ => return None,
    };
    Some(picture)
}
