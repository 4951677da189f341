//! `[display]` and its presets, from the written to the checked: how images are shown, and with which tools.

use super::check::Checks;
use super::text::{DisplayDraft, HangingDraft, PresetDraft};
use super::{Display, Preset, Tool, ToolSet, VolumeLayout};
use std::collections::BTreeSet;
use tiresias_words::{BodyPart, Interpolation, Voi, Window};
use toml::Spanned;

/// Stands in `first` and `window` for the windows that images bring along.
pub(super) const IMAGES: &str = "images";
const MAX_PRESETS: usize = 20;

impl Checks<'_> {
    pub(super) fn display(&mut self, draft: &DisplayDraft, hanging: &[HangingDraft]) -> Option<Display> {
        let layout = match draft.layout.get_ref().as_str() {
            "mpr" => Some(VolumeLayout::Mpr),
            "stack" => Some(VolumeLayout::Stack),
            _ => {
                self.at(&draft.layout, "The layout is not a word this program knows; write \"mpr\" or \"stack\".");
                None
            }
        };
        let interpolation = match draft.interpolation.get_ref().as_str() {
            "nearest" => Some(Interpolation::Nearest),
            "linear" => Some(Interpolation::Linear),
            "cubic" => Some(Interpolation::Cubic),
            _ => {
                let words = "The interpolation is not a word this program knows; write \"nearest\", \"linear\" or \"cubic\".";
                self.at(&draft.interpolation, words);
                None
            }
        };
        self.at_most("presets", draft.preset.len(), MAX_PRESETS);
        let mut seen = BTreeSet::new();
        let mut presets = Vec::new();
        for preset in &draft.preset {
            let Some(checked) = self.preset(preset) else { continue };
            if !seen.insert(checked.name.clone()) {
                self.at(&preset.name, format!("There are two presets \"{}\"; give each its own name.", checked.name));
            }
            presets.push(checked);
        }
        let first = draft.first.get_ref().trim();
        if let Some(preset) = draft.preset.iter().find(|p| p.name.get_ref().trim() == IMAGES) {
            self.at(&preset.name, "A preset cannot be named \"images\": that word means the images' own windows.");
        }
        if first != IMAGES && !draft.preset.iter().any(|p| p.name.get_ref().trim() == first) {
            self.at(
                &draft.first,
                "`first` names no preset; it must be the name of a `[[display.preset]]`, or \"images\" for the images' own window.",
            );
        }
        let tools = self.tools(draft.tools.as_ref());
        let names: Vec<&str> = draft.preset.iter().map(|p| p.name.get_ref().trim()).collect();
        let hanging = self.hanging(hanging, &names);
        let first = if first == IMAGES { None } else { Some(presets.iter().position(|p| p.name == first)?) };
        Some(Display { layout: layout?, interpolation: interpolation?, presets, first, overlays: draft.overlays, tools, hanging })
    }

    fn preset(&mut self, draft: &PresetDraft) -> Option<Preset> {
        let name = self.words("The preset's name", &draft.name, 24);
        let window = self.fits(&draft.name, Window::new(draft.center, draft.width));
        let function = match draft.function.get_ref().as_str() {
            "linear" => Some(Voi::Linear as fn(Window) -> Voi),
            "linear_exact" => Some(Voi::LinearExact as fn(Window) -> Voi),
            "sigmoid" => Some(Voi::Sigmoid as fn(Window) -> Voi),
            _ => {
                self.at(
                    &draft.function,
                    "The function is not a word this program knows; write \"linear\", \"linear_exact\" or \"sigmoid\".",
                );
                None
            }
        };
        let body_part = match &draft.body_part {
            Some(part) => Some(self.fits(part, BodyPart::new(part.get_ref().as_str()))?),
            None => None,
        };
        Some(Preset { name: name?, voi: function?(window?), body_part })
    }

    /// The tools that a list allows; all of them where there is no list.
    fn tools(&mut self, draft: Option<&Spanned<Vec<Spanned<String>>>>) -> ToolSet {
        let Some(list) = draft else { return ToolSet::all() };
        let mut tools = Vec::new();
        for word in list.get_ref() {
            match Tool::named(word.get_ref()) {
                Some(tool) if tools.contains(&tool) => self.at(word, format!("The tool \"{}\" is named twice.", tool.word())),
                Some(tool) => tools.push(tool),
                None if word.get_ref() == Tool::Mark.word() => {
                    self.at(word, "Marks are not in the list of tools: the table `[marks]` says whether there are any. Take the word out.");
                }
                None => {
                    let known: Vec<&str> = ToolSet::all().iter().map(Tool::word).collect();
                    self.at(word, format!("The tool is not a word this program knows; it knows {}.", known.join(", ")));
                }
            }
        }
        ToolSet::of(tools)
    }
}
