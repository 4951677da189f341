//! The tool rail: icon over key. It repeats what keys do, for those who look for it.

use super::measuring::REGIONS;
use super::{Room, Wish};
use crate::controls;
use crate::controls::icon::Icon;
use crate::design::{LINE, PANEL};
use crate::keys::{Bindings, Command};
use egui::{Rect, Stroke, Ui, UiBuilder, pos2, vec2};
use std::sync::Arc;
use tiresias_reads::machine::{Draft, Tool};
use tiresias_reads::workspace::ViewAction;

/// Buttons above the one that leaves the case.
const BUTTONS: f32 = 16.0;
/// What else needs height: the margins, the spaces between groups, and the way out.
const BESIDE: f32 = 102.0;

impl Room {
    pub(super) fn rail(&mut self, ui: &mut Ui, column: Rect, draft: &Draft, wishes: &mut Vec<Wish>) {
        ui.painter().rect_filled(column, 0.0, PANEL);
        // Half a pixel inside, so that the line is the rail's last column and not the image's first.
        ui.painter().vline(column.right() - 0.5, column.y_range(), Stroke::new(1.0, LINE));
        ui.scope_builder(UiBuilder::new().max_rect(column.shrink2(vec2(4.0, 8.0))), |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            // On low screens all stand closer together.
            ui.spacing_mut().interact_size.y =
                ((column.height() - BESIDE) / BUTTONS - 2.0).floor().clamp(controls::TOOL[0], controls::TOOL[1]);
            let tools = self.workspace.tools();
            let has_marks = self.rules.protocol().marks().is_some();
            let press = |ui: &mut Ui, table: &Bindings, icon, command: Command, active| {
                controls::tool(ui, icon, &table.label(command), command.words(), active).clicked()
            };
            let table = Arc::clone(&self.bindings);
            for (icon, tool) in TOOLS {
                if matches!(tool, Tool::Crosshair | Tool::Length) {
                    ui.add_space(10.0);
                }
                if tools.allows(tool)
                    && (tool != Tool::Mark || has_marks)
                    && press(ui, &table, icon, Command::Take(tool), self.tool == tool)
                {
                    if tool == Tool::Mark { self.next_mark_kind() } else { self.take_tool(tool) }
                }
            }
            let region = REGIONS.contains(&self.tool);
            if REGIONS.iter().any(|t| tools.allows(*t)) && press(ui, &table, Icon::Region, Command::Region, region) {
                self.next_region_tool();
            }
            ui.add_space(10.0);
            if press(ui, &table, Icon::Invert, Command::Invert, false) {
                self.work(ViewAction::Invert(self.hanging.focused().0));
            }
            if press(ui, &table, Icon::Layout, Command::Arrangement, false) {
                self.next_arrangement();
            }
            let running = self.cine.is_some();
            if press(ui, &table, if running { Icon::Pause } else { Icon::Play }, Command::Cine, running) && self.has(Tool::Cine) {
                self.toggle_cine();
            }
            if press(ui, &table, Icon::Reset, Command::Reset, false) {
                self.reset();
            }
            ui.add_space(10.0);
            if press(ui, &table, Icon::Rest, Command::Pause, false) {
                self.pause(draft, wishes);
            }
            if press(ui, &table, Icon::Help, Command::Help, false) {
                self.help = true;
            }
        });
        let foot = Rect::from_min_max(pos2(column.left() + 4.0, column.bottom() - 46.0), column.max);
        ui.scope_builder(UiBuilder::new().max_rect(foot), |ui| {
            ui.spacing_mut().interact_size.y = controls::TOOL[1];
            if controls::tool(ui, Icon::Leave, "", "leave this case as a draft", false).clicked() {
                self.hand_on(draft, wishes);
                wishes.push(Wish::Leave);
            }
        });
    }
}

/// The tools that have their place on the rail, with their icons.
const TOOLS: [(Icon, Tool); 9] = [
    (Icon::Window, Tool::Window),
    (Icon::Scroll, Tool::Scroll),
    (Icon::Zoom, Tool::Zoom),
    (Icon::Pan, Tool::Pan),
    (Icon::Crosshair, Tool::Crosshair),
    (Icon::Mark, Tool::Mark),
    (Icon::Length, Tool::Length),
    (Icon::Bidimensional, Tool::Bidimensional),
    (Icon::Angle, Tool::Angle),
];
