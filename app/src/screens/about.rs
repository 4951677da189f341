//! What the program is, whose work is in it, and under which licences.

use super::{column, line};
use crate::controls;
use crate::design::{self, STRONG, TEXT};
use egui::{ScrollArea, Ui, UiBuilder};

/// The credits that the licences of shipped parts ask for.
pub(crate) const CREDITS: &str = include_str!("../../../assets/CREDITS.md");

/// The parts of others in the program: name, version, licence, repository. `./dev components` makes it.
pub(crate) const COMPONENTS: &str = include_str!("../../../assets/components.csv");
/// Height of the way back.
const BELOW: f32 = 48.0;

/// Name and version, and licence, of each part.
pub(crate) fn components() -> impl Iterator<Item = (String, &'static str)> {
    let row = |line: &'static str| {
        let mut cells = line.split(',');
        let (name, version, licence) = (cells.next()?, cells.next()?, cells.next()?);
        Some((format!("{name} {version}"), licence))
    };
    COMPONENTS.lines().skip(1).filter_map(row)
}

/// Draws the page, or the list of its parts; true when it is to be left.
pub(crate) fn about(ui: &mut Ui, parts: &mut bool) -> bool {
    let whole = ui.max_rect();
    let mut back = ui.input(|i| i.key_pressed(egui::Key::Escape));
    ui.scope_builder(UiBuilder::new().max_rect(column(whole)), |ui| {
        ui.spacing_mut().item_spacing.y = 10.0;
        if *parts {
            line(ui, "Parts of others, each under its own licence", design::strong(design::TITLE), STRONG);
            // The way back stays in sight below.
            let place = ui.available_rect_before_wrap();
            let height = (place.height() - BELOW).max(BELOW);
            controls::going_on(ui, place, 0.0, |ui| {
                ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
                    for (name, licence) in components() {
                        line(ui, &format!("{name}    {licence}"), design::regular(design::NOTE), TEXT);
                    }
                });
            });
        } else {
            line(ui, "About Tiresias", design::strong(design::TITLE), STRONG);
            line(ui, &format!("Version {}. For research studies; not for diagnosis.", crate::BUILD), design::regular(design::BODY), TEXT);
            ui.add_space(12.0);
            for paragraph in CREDITS.split("\n\n") {
                line(ui, paragraph.trim(), design::regular(design::BODY), TEXT);
            }
            ui.add_space(16.0);
            *parts |= controls::link(ui, "Parts of others and their licences", TEXT).clicked();
        }
        back |= controls::link(ui, "Back", TEXT).clicked();
    });
    // From the list to the page, from the page to the start.
    let leaves = back && !*parts;
    *parts &= !back;
    leaves
}

#[cfg(test)]
mod tests {
    use super::{CREDITS, components};
    use tiresias_cases::demo::Background;

    /// What the lock file names and the list does not is for other systems, for building or for tests; what the list names is locked.
    #[test]
    fn parts_are_those_that_are_locked_and_none_is_without_a_licence() {
        let lock = include_str!("../../../Cargo.lock");
        for (name, licence) in components() {
            let (part, version) = name.split_once(' ').expect("a name and a version");
            assert!(lock.contains(&format!("name = \"{part}\"\nversion = \"{version}\"\n")), "{name}: run ./dev components");
            assert!(licence.contains(|c: char| c.is_ascii_uppercase()), "{name} has no licence");
        }
        assert!(components().count() > 200);
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
}
