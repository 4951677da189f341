//! The design language in one place: colours, sizes, type, and the few shapes that every screen shares.
//!
//! Values are those of the design's section 8. Owns every colour and size of the program; a screen names them and brings none of its own.

use egui::epaint::CircleShape;
use egui::style::ScrollFadeStyle;
use egui::{Align2, Color32, FontData, FontDefinitions, FontFamily, FontId, Galley, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2};
use std::sync::Arc;

/// How much of a colour there is of what cannot be pressed now: it can still be read.
pub const DISABLED: f32 = 0.75;

/// Behind images.
pub const CANVAS: Color32 = Color32::BLACK;
/// Behind everything else.
pub const ROOM: Color32 = Color32::from_rgb(0x0C, 0x0D, 0x0F);
/// Bars, rail and form.
pub const PANEL: Color32 = Color32::from_rgb(0x13, 0x15, 0x18);
/// What lies on a panel.
pub const RAISED: Color32 = Color32::from_rgb(0x1A, 0x1D, 0x21);
/// Separations.
pub const LINE: Color32 = Color32::from_rgb(0x24, 0x28, 0x2D);
/// What need not be read.
pub const DIM: Color32 = Color32::from_rgb(0x6B, 0x73, 0x7B);
/// What is read.
pub const TEXT: Color32 = Color32::from_rgb(0xA9, 0xB1, 0xB8);
/// What is read first.
pub const STRONG: Color32 = Color32::from_rgb(0xD5, 0xDA, 0xDF);
/// Focus, active tool, crosshair.
pub const ACCENT: Color32 = Color32::from_rgb(0x5F, 0xB3, 0xA8);
/// The one primary action.
pub const ACTION: Color32 = Color32::from_rgb(0x24, 0x51, 0x4B);
/// The reader's own marks.
pub const OWN: Color32 = Color32::from_rgb(0xF0, 0xE4, 0x42);
/// Whatever the AI said, and nothing else; outlines, never filled over a lesion.
pub const AI: Color32 = Color32::from_rgb(0xCC, 0x79, 0xA7);
/// What is read A in an adjudication, and nothing else.
pub const READ_A: Color32 = Color32::from_rgb(0xE6, 0x9F, 0x00);
/// What is read B.
pub const READ_B: Color32 = Color32::from_rgb(0x56, 0xB4, 0xE9);
/// What still has to be done.
pub const CAUTION: Color32 = Color32::from_rgb(0xD9, 0x8C, 0x4A);

/// Height of the bar on top.
pub const TOP: f32 = 40.0;
/// Width of the tool rail.
pub const RAIL: f32 = 52.0;
/// Width of the form column.
pub const FORM: f32 = 336.0;
/// Width of the list of a desk's steps, or of a document's parts.
pub const NAV: f32 = 220.0;
/// Width of fields and rows of a page.
pub const FIELD: f32 = 520.0;
/// Space between the edge of a page beside such a list and its content.
pub const PAGE: f32 = 28.0;
/// Pixels between two panes.
pub const PANES_APART: u32 = 2;
/// Space between a column's edge and its content.
pub const MARGIN: f32 = 16.0;
/// Width of a scroll bar on which no pointer is.
pub const BAR: f32 = 4.0;
/// How much fades at an edge that cuts what goes on behind it.
pub const FADE: f32 = 28.0;
/// Corner radius of buttons and fields.
pub const RADIUS: f32 = 4.0;

/// Small print and corner text.
pub const SMALL: f32 = 12.0;
/// Secondary text.
pub const NOTE: f32 = 13.0;
/// Body text.
pub const BODY: f32 = 14.0;
/// Values and buttons of weight.
pub const VALUE: f32 = 18.0;
/// Titles.
pub const TITLE: f32 = 28.0;
/// The one large number.
pub const HERO: f32 = 44.0;

/// The regular face at a size.
#[must_use]
pub const fn regular(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}
/// The semibold face at a size.
#[must_use]
pub fn strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("strong".into()))
}
/// The face for codes and numbers.
#[must_use]
pub const fn mono(size: f32) -> FontId {
    FontId::new(size, FontFamily::Monospace)
}

/// Loads the shipped fonts, and them alone, and sets the style. The system's fonts and theme play no part: text is the same on every reader's machine.
pub fn install(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::empty();
    let faces: [(&str, &'static [u8]); 3] = [
        ("regular", include_bytes!("../../assets/fonts/Inter-Regular.otf")),
        ("strong", include_bytes!("../../assets/fonts/Inter-SemiBold.otf")),
        ("mono", include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf")),
    ];
    for (name, bytes) in faces {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let families = [
        (FontFamily::Proportional, ["regular", "mono"]),
        (FontFamily::Name("strong".into()), ["strong", "regular"]),
        (FontFamily::Monospace, ["mono", "regular"]),
    ];
    for (family, names) in families {
        fonts.families.insert(family, names.map(str::to_owned).to_vec());
    }
    ctx.set_fonts(fonts);
    ctx.set_theme(egui::Theme::Dark);
    ctx.options_mut(|o| o.zoom_with_keyboard = false);
    ctx.all_styles_mut(|style| {
        style.animation_time = 0.0;
        style.interaction.selectable_labels = false;
        style.visuals = egui::Visuals::dark();
        style.visuals.panel_fill = ROOM;
        style.visuals.window_fill = PANEL;
        style.visuals.override_text_color = Some(TEXT);
        style.visuals.disabled_alpha = DISABLED;
        style.visuals.selection.bg_fill = ACTION;
        style.visuals.selection.stroke = Stroke::new(1.0, ACCENT);
        style.spacing.item_spacing = Vec2::new(8.0, 8.0);
        // What is longer than its place shows that it goes on, also to whoever does not look for it: by a bar that takes no place of its own and is no brighter than a
        // line, and by its cut edge, which fades where `controls::going_on` tells into what.
        let scroll = &mut style.spacing.scroll;
        scroll.foreground_color = false;
        scroll.floating_width = BAR;
        (scroll.dormant_handle_opacity, scroll.active_handle_opacity) = (1.0, 1.0);
        scroll.fade = ScrollFadeStyle { strength: 1.0, size: FADE };
        style.visuals.widgets.inactive.bg_fill = LINE;
        style.visuals.widgets.hovered.bg_fill = DIM;
        style.visuals.widgets.active.bg_fill = DIM;
    });
}

/// Text with its anchor at a position, on a panel.
pub fn text(painter: &Painter, at: Pos2, anchor: Align2, text: impl ToString, font: FontId, colour: Color32) -> Rect {
    painter.text(at, anchor, text, font, colour)
}

/// One line of text no wider than `width`: longer words end in dots, not in half a letter.
pub fn shortened(painter: &Painter, words: &str, font: FontId, colour: Color32, width: f32) -> Arc<Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(words.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
    painter.layout_job(job)
}

/// Text over an image: a dark halo lets it be read on bone as on air.
pub fn image_text(painter: &Painter, at: Pos2, anchor: Align2, text: &(impl ToString + ?Sized), font: FontId, colour: Color32) -> Rect {
    // Eight copies lie on each other: together they darken by as much as the letters cover, so that faint letters do not stand darker than what is around them.
    let all = f32::from(colour.a()) / 255.0 * (1.0 - 0.2f32.powi(8));
    let halo = Color32::from_black_alpha((255.0 * (1.0 - (1.0 - all).powf(0.125))).round() as u8);
    let galley = painter.layout_no_wrap(text.to_string(), font, colour);
    let rect = anchor.anchor_size(at, galley.size());
    let around: [(f32, f32); 8] =
        [(-1.0, -1.0), (0.0, -1.25), (1.0, -1.0), (-1.25, 0.0), (1.25, 0.0), (-1.0, 1.0), (0.0, 1.25), (1.0, 1.0)];
    for (dx, dy) in around {
        painter.galley_with_override_text_color(rect.min + Vec2::new(dx, dy), Arc::<Galley>::clone(&galley), halo);
    }
    painter.galley(rect.min, galley, colour);
    rect
}

/// How dark the ground of words is that stand on one.
const GROUND: u8 = 216;

/// As [`image_text`], on a ground of its own: among lines as fine as its strokes, as those of a hatch are, a letter in a halo is lost.
pub fn grounded_text(painter: &Painter, at: Pos2, anchor: Align2, text: &str, font: FontId, colour: Color32) -> Rect {
    let ground = painter.add(Shape::Noop);
    let rect = image_text(painter, at, anchor, text, font, colour);
    painter.set(ground, Shape::rect_filled(rect.expand2(Vec2::new(4.0, 0.0)), RADIUS, Color32::from_black_alpha(GROUND)));
    rect
}

/// How dark the halo of a line is: on white, too, yellow must stand out against it.
const HALO: u8 = 180;
/// How far it reaches beyond a line, on both sides.
const REACH: f32 = 1.0;

/// A line over an image, with its halo.
pub fn image_line(painter: &Painter, ends: [Pos2; 2], width: f32, colour: Color32) {
    let halo = Color32::from_black_alpha((f32::from(colour.a()) / 255.0 * f32::from(HALO)) as u8);
    painter.line_segment(ends, Stroke::new(width + 2.0 * REACH, halo));
    painter.line_segment(ends, Stroke::new(width, colour));
}

/// Length of the pieces of a broken line, and of what is left out between them.
const DASHES: (f32, f32) = (4.0, 3.0);

/// A broken line over an image, with its halo.
pub fn image_dashes(painter: &Painter, path: &[Pos2], width: f32, colour: Color32) {
    for stroke in [Stroke::new(width + 2.0 * REACH, Color32::from_black_alpha(HALO)), Stroke::new(width, colour)] {
        painter.extend(Shape::dashed_line(path, stroke, DASHES.0, DASHES.1));
    }
}

/// A ring over an image, with its halo.
pub fn image_ring(painter: &Painter, centre: Pos2, radius: f32, width: f32, colour: Color32) {
    painter.extend(ring(centre, radius, width, colour).map(Shape::Circle));
}

/// The halo and the ring. The toolkit puts the line of a circle outside of its radius, so that the halo, to lie on both sides, begins further inside.
fn ring(centre: Pos2, radius: f32, width: f32, colour: Color32) -> [CircleShape; 2] {
    let halo = Color32::from_black_alpha((f32::from(colour.a()) / 255.0 * f32::from(HALO)) as u8);
    [
        CircleShape::stroke(centre, radius - REACH, Stroke::new(width + 2.0 * REACH, halo)),
        CircleShape::stroke(centre, radius, Stroke::new(width, colour)),
    ]
}

/// The cap around the name of a key.
pub fn key_cap(painter: &Painter, rect: Rect, colour: Color32) {
    painter.rect_stroke(rect, 3.0, Stroke::new(1.0, colour.gamma_multiply(0.6)), StrokeKind::Inside);
}

/// The outline that shows where the keyboard goes.
pub fn focus_outline(painter: &Painter, rect: Rect) {
    painter.rect_stroke(rect, RADIUS, Stroke::new(1.0, ACCENT), StrokeKind::Inside);
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::epaint::{Mesh, TessellationOptions, Tessellator};

    /// A halo on one side alone left yellow on white tissue. As triangles: on which side of its radius a circle has its line is the toolkit's to say.
    #[test]
    fn a_ring_has_its_halo_on_both_sides() {
        let centre = Pos2::new(50.0, 50.0);
        let options = TessellationOptions { feathering: false, ..TessellationOptions::default() };
        let edges = |circle: CircleShape| {
            let mut mesh = Mesh::default();
            Tessellator::new(1.0, options, [1, 1], Vec::new()).tessellate_circle(circle, &mut mesh);
            let from_centre = mesh.vertices.iter().map(|vertex| vertex.pos.distance(centre));
            from_centre.fold([f32::INFINITY, 0.0], |[inner, outer], r| [inner.min(r), outer.max(r)])
        };
        for width in [1.75, 2.5] {
            let [halo, line] = ring(centre, 11.0, width, OWN).map(edges);
            assert!((line[1] - line[0] - width).abs() < 0.01, "the line has its width: {line:?}");
            assert!(line[0] - halo[0] > 0.99, "inside: {halo:?} around {line:?}");
            assert!(halo[1] - line[1] > 0.99, "outside: {halo:?} around {line:?}");
        }
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(colour: Color32) -> f64 {
        let part = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(colour.r()) + 0.7152 * part(colour.g()) + 0.0722 * part(colour.b())
    }
    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Issue 6, done when 1.
    #[test]
    fn what_is_read_stands_out_from_every_ground() {
        let mut least = f64::INFINITY;
        let mut check = |what: &str, colour: Color32, ground: Color32| {
            let found = contrast(colour, ground);
            assert!(found >= 4.5, "{what}: {found:.2}");
            least = least.min(found);
        };
        for (name, colour) in [("text", TEXT), ("strong", STRONG), ("caution", CAUTION), ("accent", ACCENT), ("own", OWN)] {
            for (on, ground) in [("canvas", CANVAS), ("room", ROOM), ("panel", PANEL), ("raised", RAISED)] {
                check(&format!("{name} on {on}"), colour, ground);
            }
        }
        check("strong on the action", STRONG, ACTION);
        // Over an image of any grey a line stands in its halo.
        for grey in 0..=255u8 {
            let under = (f64::from(grey) * (1.0 - f64::from(HALO) / 255.0)).round() as u8;
            for (name, colour) in [("own", OWN), ("strong", STRONG)] {
                check(&format!("{name} in its halo on grey {grey}"), colour, Color32::from_gray(under));
            }
        }
        for grey in 0..=255u8 {
            let under = (f64::from(grey) * (1.0 - f64::from(GROUND) / 255.0)).round() as u8;
            for (name, colour) in [("text", TEXT), ("caution", CAUTION), ("read A", READ_A), ("read B", READ_B)] {
                check(&format!("{name} on its ground on grey {grey}"), colour, Color32::from_gray(under));
            }
        }
        println!("least contrast {least:.2}");
    }
}
