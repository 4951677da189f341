//! What the program is, whose work is in it, and under which licences.

use super::{column, line};
use crate::controls;
use crate::design::{self, DIM, STRONG, TEXT};
use egui::{Ui, UiBuilder};

/// The credits that the licences of shipped parts ask for.
pub(crate) const CREDITS: &str = include_str!("../../../assets/CREDITS.md");

/// Draws the page; true when it is to be left.
pub(crate) fn about(ui: &mut Ui) -> bool {
    let whole = ui.max_rect();
    let mut back = ui.input(|i| i.key_pressed(egui::Key::Escape));
    ui.scope_builder(UiBuilder::new().max_rect(column(whole)), |ui| {
        ui.spacing_mut().item_spacing.y = 10.0;
        line(ui, "About Tiresias", design::strong(design::TITLE), STRONG);
        line(ui, &format!("Version {}. For research studies; not for diagnosis.", crate::BUILD), design::regular(design::BODY), TEXT);
        ui.add_space(12.0);
        for paragraph in CREDITS.split("\n\n") {
            line(ui, paragraph.trim(), design::regular(design::BODY), TEXT);
        }
        ui.add_space(16.0);
        back |= controls::link(ui, "Back", DIM).clicked();
    });
    back
}

#[cfg(test)]
mod tests {
    use super::CREDITS;
    use tiresias_cases::demo::Background;

    /// The licence of the demo's images asks for this.
    #[test]
    fn the_demo_images_are_credited() {
        let credit = Background::shipped().expect("the shipped background").credit().clone();
        assert_eq!(credit.licence, "CC BY 3.0");
        assert!(CREDITS.contains(&credit.licence));
        assert!(credit.text.contains("10.7937/K9/TCIA.2015.LO9QL9SX") && CREDITS.contains("10.7937/K9/TCIA.2015.LO9QL9SX"));
    }
}
