//! Words on a page, in as many lines as they need: those that can be selected and copied, and sentences in which keys stand in caps, or what is typed as it stands in the face
//! for codes.

use crate::design;
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, FontId, Label, Rect, RichText, Role, Sense, Ui, WidgetInfo, vec2};

/// The widest line of words that is read with ease.
pub(crate) const MEASURE: f32 = 720.0;

/// Draws them.
pub(crate) fn words(ui: &mut Ui, text: &str, font: FontId, colour: Color32) {
    let width = ui.available_width().min(MEASURE);
    ui.allocate_ui(vec2(width, 0.0), |ui| ui.add(Label::new(RichText::new(text).font(font).color(colour)).wrap().selectable(true)));
}

/// Draws a sentence of the program in which names of fields and files, and commands, may stand between backticks, as a console shows them.
pub(crate) fn sentence(ui: &mut Ui, text: &str, font: FontId, colour: Color32) {
    let width = ui.available_width().min(MEASURE);
    ui.allocate_ui(vec2(width, 0.0), |ui| ui.add(Label::new(coded(text, font, colour)).wrap().selectable(true)));
}

/// Such a sentence without its backticks: what stands between two of them is in the face for codes. One that has no second is what somebody wrote, and stays.
pub(crate) fn coded(text: &str, font: FontId, colour: Color32) -> LayoutJob {
    let mut job = LayoutJob::default();
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        job.append(text, 0.0, TextFormat::simple(font, colour));
        return job;
    }
    for (i, part) in parts.into_iter().enumerate() {
        let font = if i % 2 == 1 { design::mono(font.size) } else { font.clone() };
        job.append(part, 0.0, TextFormat::simple(font, colour));
    }
    job
}

/// A sentence in which keys stand in caps: "Hold a" alone does not say that a is a key.
#[derive(Debug, Default)]
pub(crate) struct Keyed(Vec<Part>);

#[derive(Debug)]
enum Part {
    Words(String),
    Key(String),
}

impl Keyed {
    /// A sentence that begins with these words.
    #[must_use]
    pub(crate) fn of(words: &str) -> Self {
        Self::default().words(words)
    }
    /// Words behind it.
    #[must_use]
    pub(crate) fn words(mut self, words: &str) -> Self {
        self.0.push(Part::Words(words.to_owned()));
        self
    }
    /// A key behind it.
    #[must_use]
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.0.push(Part::Key(key.to_owned()));
        self
    }
    /// Keys behind it, as in "a, b and c".
    #[must_use]
    pub(crate) fn keys(self, keys: &[String]) -> Self {
        keys.iter().enumerate().fold(self, |sentence, (i, key)| {
            let sentence = match i {
                0 => sentence,
                i if i + 1 == keys.len() => sentence.words(" and "),
                _ => sentence.words(", "),
            };
            sentence.key(key)
        })
    }

    /// As it is read aloud.
    fn text(&self) -> String {
        let of = |part: &Part| match part {
            Part::Words(words) | Part::Key(words) => words.clone(),
        };
        self.0.iter().map(of).collect()
    }
}

/// Draws such a sentence.
pub(crate) fn keyed(ui: &mut Ui, width: f32, sentence: &Keyed, font: &FontId, colour: Color32) {
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    // Where the caps are, by the letters of the text.
    let (mut letters, mut caps) = (0, Vec::new());
    for part in &sentence.0 {
        let (words, font) = match part {
            Part::Words(words) => (words.clone(), font.clone()),
            // In spaces at which no line ends: the key has room in its cap, and stays in one piece.
            Part::Key(key) => (format!("\u{a0}{}\u{a0}", key.replace(' ', "\u{a0}")), design::regular(design::SMALL)),
        };
        let end = letters + words.chars().count();
        if matches!(part, Part::Key(_)) {
            caps.push(letters..end);
        }
        letters = end;
        job.append(&words, 0.0, TextFormat { valign: Align::Center, ..TextFormat::simple(font, colour) });
    }
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, sentence.text()));
    let rows = galley.rows.iter().map(|row| (row.pos.to_vec2(), &row.glyphs));
    let places: Vec<Rect> = rows.flat_map(|(by, glyphs)| glyphs.iter().map(move |g| g.logical_rect().translate(by))).collect();
    for cap in caps {
        let place = places.get(cap).unwrap_or_default().iter().copied().reduce(Rect::union);
        if let Some(place) = place {
            design::key_cap(ui.painter(), place.translate(rect.min.to_vec2()), colour);
        }
    }
    ui.painter().galley(rect.min, galley, colour);
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Context, Pos2, RawInput, Shape};

    #[test]
    fn keys_are_listed_as_in_a_sentence() {
        let keys = ["a", "b", "c"].map(str::to_owned);
        let said = [0, 1, 2, 3].map(|n| Keyed::of("Press ").keys(&keys[..n]).text());
        assert_eq!(said, ["Press ", "Press a", "Press a and b", "Press a, b and c"]);
    }

    #[test]
    fn what_is_typed_as_it_stands_is_in_the_face_for_codes() {
        // What is shown, and which parts of it are codes.
        let table: [(&str, &str, &[&str]); 5] = [
            ("All is well.", "All is well.", &[]),
            ("`id` is missing: write `id = \"x\"`.", "id is missing: write id = \"x\".", &["id", "id = \"x\""]),
            ("Run `tiresias verify`", "Run tiresias verify", &["tiresias verify"]),
            ("The reason was a ` alone.", "The reason was a ` alone.", &[]),
            ("", "", &[]),
        ];
        for (text, shown, codes) in table {
            let job = coded(text, design::regular(design::NOTE), design::TEXT);
            assert_eq!(job.text, shown);
            let mono = job.sections.iter().filter(|s| s.format.font_id == design::mono(design::NOTE));
            let found: Vec<&str> = mono.map(|s| &job.text[s.byte_range.start.0..s.byte_range.end.0]).collect();
            assert_eq!(found, codes, "{text}");
        }
    }

    #[test]
    fn each_key_has_its_cap_in_whatever_line_it_stands() {
        let context = Context::default();
        design::install(&context);
        let sentence = Keyed::of("Turn the wheel, or press ").key("PgUp").words(" and ").key("Ctrl Shift Z").words(".");
        let font = design::regular(design::BODY);
        let mut lines = Vec::new();
        for width in [600.0, 160.0, 100.0] {
            let screen = Rect::from_min_size(Pos2::ZERO, vec2(800.0, 600.0));
            let input = RawInput { screen_rect: Some(screen), ..RawInput::default() };
            let mut output = context.run_ui(input, |ui| keyed(ui, width, &sentence, &font, design::TEXT));
            // Nothing is painted here.
            output.textures_delta.clear();
            let shapes = || output.shapes.iter().map(|clipped| &clipped.shape);
            let caps: Vec<Rect> =
                shapes().filter_map(|s| if let Shape::Rect(r) = s { (r.stroke.width > 0.0).then_some(r.rect) } else { None }).collect();
            let [first, second] = caps.as_slice() else { panic!("{caps:?} at {width}") };
            assert!(first.height() < 20.0 && second.height() < 20.0, "each in one line: {caps:?} at {width}");
            assert!(second.width() > first.width() && !first.intersects(*second), "{caps:?} at {width}");
            lines.extend(shapes().filter_map(|s| if let Shape::Text(text) = s { Some(text.galley.rows.len()) } else { None }));
        }
        assert!(matches!(lines.as_slice(), [1, b, c] if 1 < *b && b <= c), "{lines:?}");
    }
}
