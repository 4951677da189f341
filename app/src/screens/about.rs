//! What the program is, whose work is in it, and under which licences.

use super::{column, line};
use crate::controls;
use crate::design::{self, STRONG, TEXT};
use egui::{Align2, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, vec2};

/// The credits that the licences of shipped parts ask for.
pub(crate) const CREDITS: &str = include_str!("../../../assets/CREDITS.md");

/// The third-party components of the program by name: name, version, licence, repository. `./dev components` makes it.
pub(crate) const COMPONENTS: &str = include_str!("../../../assets/components.csv");
/// Height of the way back.
const BELOW: f32 = 48.0;
/// A row of the list, and how wide its names are.
const ROW: f32 = 24.0;
const NAMES: f32 = 320.0;

/// Name and version, and licence, of each component.
pub(crate) fn components() -> impl Iterator<Item = (String, &'static str)> {
    let row = |line: &'static str| {
        let mut cells = line.split(',');
        let (name, version, licence) = (cells.next()?, cells.next()?, cells.next()?);
        Some((format!("{name} {version}"), licence))
    };
    COMPONENTS.lines().skip(1).filter_map(row)
}

/// Draws the page, or the list of components; true when it is to be left.
pub(crate) fn about(ui: &mut Ui, parts: &mut bool) -> bool {
    let whole = ui.max_rect();
    let mut back = ui.input(|i| i.key_pressed(egui::Key::Escape));
    ui.scope_builder(UiBuilder::new().max_rect(column(whole)), |ui| {
        ui.spacing_mut().item_spacing.y = 10.0;
        if *parts {
            line(ui, "Third-party components, each under its own licence", design::strong(design::TITLE), STRONG);
            // The way back stays in sight below.
            let place = ui.available_rect_before_wrap();
            let height = (place.height() - BELOW).max(BELOW);
            controls::going_on(ui, place, 0.0, |ui| {
                ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    components().for_each(|(name, licence)| component(ui, &name, licence));
                });
            });
        } else {
            line(ui, "About Tiresias", design::strong(design::TITLE), STRONG);
            line(ui, &format!("Version {}. For research studies; not for diagnosis.", crate::BUILD), design::regular(design::BODY), TEXT);
            ui.add_space(12.0);
            for paragraph in CREDITS.split("\n\n") {
                // No line ends between a doi and its number.
                let paragraph = paragraph.trim().replace("doi ", "doi\u{a0}");
                line(ui, &paragraph, design::regular(design::BODY), TEXT);
            }
            ui.add_space(16.0);
            *parts |= controls::link(ui, "Third-party components and their licences", TEXT).clicked();
        }
        back |= controls::link(ui, "Back", TEXT).clicked();
    });
    // From the list to the page, from the page to the start.
    let leaves = back && !*parts;
    *parts &= !back;
    leaves
}

/// A component's row.
fn component(ui: &mut Ui, name: &str, licence: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}, {licence}")));
    let at = rect.left_center();
    design::text(ui.painter(), at, Align2::LEFT_CENTER, name, design::regular(design::BODY), STRONG);
    design::text(ui.painter(), at + vec2(NAMES, 0.0), Align2::LEFT_CENTER, licence, design::regular(design::BODY), TEXT);
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Context, Pos2, RawInput, Rect, Shape};
    use tiresias_cases::demo::Background;

    /// What the lock file names and the list does not is for other systems, for building or for tests; what the list names is locked.
    #[test]
    fn components_are_those_that_are_locked_by_name_and_none_is_without_a_licence() {
        let lock = include_str!("../../../Cargo.lock");
        for (name, licence) in components() {
            let (part, version) = name.split_once(' ').expect("a name and a version");
            assert!(lock.contains(&format!("name = \"{part}\"\nversion = \"{version}\"\n")), "{name}: run ./dev components");
            assert!(licence.contains(|c: char| c.is_ascii_uppercase()), "{name} has no licence");
        }
        let names: Vec<String> = components().map(|(name, _)| name).collect();
        assert!(names.len() > 200 && names.is_sorted(), "run ./dev components");
        assert!(["egui ", "wgpu ", "rusqlite ", "dicom-object "].iter().all(|part| components().any(|(name, _)| name.starts_with(part))));
    }

    /// The licence of the demo's images asks for this.
    #[test]
    fn the_demo_images_are_credited() {
        let credit = Background::shipped().expect("the shipped background").credit().clone();
        assert_eq!(credit.licence, "CC BY 3.0");
        assert!(CREDITS.contains(&credit.licence));
        assert!(credit.text.contains("10.7937/K9/TCIA.2015.LO9QL9SX") && CREDITS.contains("10.7937/K9/TCIA.2015.LO9QL9SX"));
    }
    /// The first line of the demo's credit ended with "doi".
    #[test]
    fn a_doi_stays_with_its_number() {
        let context = Context::default();
        design::install(&context);
        let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0))), ..RawInput::default() };
        let mut output = context.run_ui(input, |ui| {
            about(ui, &mut false);
        });
        // Nothing is painted here.
        output.textures_delta.clear();
        let mut lines = Vec::new();
        for clipped in &output.shapes {
            if let Shape::Text(text) = &clipped.shape {
                lines.extend(text.galley.rows.iter().map(|row| row.text()));
            }
        }
        assert!(lines.iter().any(|line| line.contains("doi\u{a0}10.7937/")), "{lines:#?}");
    }
}
