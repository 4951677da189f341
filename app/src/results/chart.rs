//! A chart on the screen, as the document describes it: the same lines as in the report, on the dark ground of the room.

use crate::design::{self, LINE, ROOM, STRONG, TEXT};
use egui::{Align2, Color32, Label, Mesh, Painter, Pos2, Rect, RichText, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};
use tiresias_reads::report::{Axis, Chart, Drawn, Tone};

const RIGHT: f32 = 14.0;
const TOP: f32 = 8.0;
const LEFT: f32 = 56.0;
/// Between a chart's words, its field and its legend.
const APART: f32 = 4.0;
/// A row of the legend: its height, its square, and what is between the parts of it.
const LEGEND: f32 = 18.0;
const SQUARE: f32 = 10.0;
const BETWEEN: f32 = 8.0;
/// The lowest field of a curve that is read with ease.
const LEAST: f32 = 200.0;

fn colour(tone: Tone) -> Color32 {
    // The second is the lilac of the drawing; all stand out from the room and from each other without red against green.
    const MODALITIES: [Color32; 4] = [
        Color32::from_rgb(0xA9, 0xAF, 0xD6),
        Color32::from_rgb(0x5F, 0xB3, 0xA8),
        Color32::from_rgb(0xC8, 0xA0, 0x6B),
        Color32::from_rgb(0xB7, 0x8F, 0xA8),
    ];
    match tone {
        Tone::Modality(at) => MODALITIES[at % MODALITIES.len()],
        Tone::Plain => STRONG,
        Tone::Faint => LINE,
    }
}

struct Field<'a> {
    chart: &'a Chart,
    rect: Rect,
}

impl Field<'_> {
    fn at(&self, [x, y]: [f64; 2]) -> Pos2 {
        let (x, y) = (part(&self.chart.x, x), part(&self.chart.y, y));
        pos2(self.rect.left() + self.rect.width() * x, self.rect.bottom() - self.rect.height() * y)
    }
}

fn part(axis: &Axis, value: f64) -> f32 {
    let [low, high] = axis.range;
    if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) as f32 } else { 0.5 }
}

/// Whether it has a row for each name instead of a second axis.
fn has_rows(of: &Chart) -> bool {
    of.y.title.is_empty()
}

/// What the words of its axes take on the left of its field, and below it.
fn beside(ui: &Ui, of: &Chart) -> (f32, f32) {
    let longest = of.y.ticks.iter().map(|(_, t)| ui.painter().layout_no_wrap(t.clone(), design::regular(design::SMALL), TEXT).size().x);
    let left = if has_rows(of) { (longest.fold(0.0, f32::max) + 18.0).clamp(40.0, 180.0) } else { LEFT };
    (left, if of.x.title.is_empty() { 24.0 } else { 44.0 })
}

/// Its height in a column, without the field of a curve.
fn fixed(ui: &Ui, of: &Chart, width: f32) -> f32 {
    let (left, below) = beside(ui, of);
    let tall = |words: &str, font| ui.painter().layout(words.to_owned(), font, TEXT, width).size().y;
    let words = tall(&of.title, design::strong(design::BODY)) + tall(&of.subtitle, design::regular(design::SMALL));
    let wide = |words: &String| ui.painter().layout_no_wrap(words.clone(), design::regular(design::NOTE), TEXT).size().x;
    let legend = left + of.legend.iter().map(|(_, words)| SQUARE + wide(words) + 3.0 * BETWEEN).sum::<f32>();
    let rows = if has_rows(of) { (width - left - RIGHT) * of.aspect as f32 } else { 0.0 };
    words + rows + TOP + below + 3.0 * APART + LEGEND * (legend / width).ceil()
}

/// So tall may the fields of curves be that the charts of a column, this far apart, are whole down to the forest plot among them: a curve can be read when it is smaller.
pub(super) fn tallest(ui: &Ui, charts: &[&Chart], room: Vec2, apart: f32) -> f32 {
    let Some(last) = charts.iter().rposition(|of| has_rows(of)) else { return f32::INFINITY };
    let whole = || charts.iter().take(last + 1);
    let curves = whole().filter(|of| !has_rows(of)).count();
    if curves == 0 {
        return f32::INFINITY;
    }
    let others = whole().map(|of| fixed(ui, of, room.x)).sum::<f32>() + apart * last as f32;
    ((room.y - others) / curves as f32).max(LEAST)
}

/// Draws it with its title and its legend; the field of a curve is no taller than this.
pub(super) fn chart(ui: &mut Ui, of: &Chart, width: f32, tallest: f32) {
    ui.spacing_mut().item_spacing = vec2(BETWEEN, APART);
    let say = |ui: &mut Ui, text: &str, font, colour| {
        ui.allocate_ui(vec2(width, 0.0), |ui| ui.add(Label::new(RichText::new(text).font(font).color(colour)).wrap().selectable(true)));
    };
    say(ui, &of.title, design::strong(design::BODY), STRONG);
    say(ui, &of.subtitle, design::regular(design::SMALL), TEXT);
    let (left, below) = beside(ui, of);
    let (aspect, room) = (of.aspect as f32, width - left - RIGHT);
    // It keeps its shape: a curve is judged by its slope.
    let inner = if has_rows(of) { room } else { room.min(tallest / aspect) };
    let height = inner * aspect;
    let (whole, response) = ui.allocate_exact_size(vec2(width, height + TOP + below), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, &of.title));
    let rect = Rect::from_min_size(pos2(whole.left() + left, whole.top() + TOP), vec2(inner, height));
    let field = Field { chart: of, rect };
    let painter = ui.painter().with_clip_rect(whole.intersect(ui.clip_rect()));
    axes(&painter, &field, of);
    of.drawn.iter().for_each(|drawn| draw(&painter, &field, drawn));
    // No wider than the chart, beside which another one may stand.
    ui.allocate_ui(vec2(width, 0.0), |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.add_space(left);
            for (tone, words) in &of.legend {
                let (square, _) = ui.allocate_exact_size(vec2(SQUARE, 14.0), Sense::hover());
                ui.painter().rect_filled(Rect::from_center_size(square.center(), vec2(SQUARE, SQUARE)), 2.0, colour(*tone));
                ui.add(Label::new(RichText::new(words).font(design::regular(design::NOTE)).color(colour(*tone))).selectable(true));
                ui.add_space(BETWEEN);
            }
        });
    });
}

fn axes(painter: &Painter, field: &Field<'_>, of: &Chart) {
    let rect = field.rect;
    let small = || design::regular(design::SMALL);
    for (at, words) in &of.x.ticks {
        let x = field.at([*at, of.y.range[0]]).x;
        if of.x.has_grid {
            painter.vline(x, rect.y_range(), Stroke::new(1.0, LINE));
        }
        painter.text(pos2(x, rect.bottom() + 6.0), Align2::CENTER_TOP, words, small(), TEXT);
    }
    for (at, words) in &of.y.ticks {
        let y = field.at([of.x.range[0], *at]).y;
        if of.y.has_grid {
            painter.hline(rect.x_range(), y, Stroke::new(1.0, LINE));
        }
        painter.text(pos2(rect.left() - 8.0, y), Align2::RIGHT_CENTER, words, small(), TEXT);
    }
    painter.hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, TEXT.gamma_multiply(0.5)));
    if !of.x.title.is_empty() {
        painter.text(pos2(rect.center().x, rect.bottom() + 26.0), Align2::CENTER_TOP, &of.x.title, small(), TEXT);
    }
    if !of.y.title.is_empty() {
        painter.vline(rect.left(), rect.y_range(), Stroke::new(1.0, TEXT.gamma_multiply(0.5)));
        let galley = painter.layout_no_wrap(of.y.title.clone(), small(), TEXT);
        let at = pos2(rect.left() - LEFT + 2.0, rect.center().y + galley.size().x / 2.0);
        painter.add(egui::epaint::TextShape::new(at, galley, TEXT).with_angle(-std::f32::consts::FRAC_PI_2));
    }
}

fn draw(painter: &Painter, field: &Field<'_>, drawn: &Drawn) {
    match drawn {
        Drawn::Band { low, high, tone } => band(painter, field, low, high, colour(*tone).gamma_multiply(0.10)),
        Drawn::Line { points, tone, is_thick, has_dots } => {
            let corners: Vec<Pos2> = points.iter().map(|p| field.at(*p)).collect();
            // A thin line of one pixel loses half of its strength to the smoothing of its edges.
            let (width, strength, dot) = if *is_thick { (2.4, 1.0, 3.0) } else { (1.0, 0.75, 2.0) };
            let colour = colour(*tone).gamma_multiply(strength);
            for at in corners.iter().filter(|_| *has_dots) {
                painter.circle_filled(*at, dot, colour);
            }
            painter.add(Shape::line(corners, Stroke::new(width, colour)));
        }
        Drawn::Rule { x, is_dashed } => {
            let x = field.at([*x, 0.0]).x;
            let stroke = Stroke::new(1.0, TEXT.gamma_multiply(0.6));
            let ends = [pos2(x, field.rect.top()), pos2(x, field.rect.bottom())];
            if *is_dashed {
                painter.extend(Shape::dashed_line(&ends, stroke, 4.0, 4.0));
            } else {
                painter.line_segment(ends, stroke);
            }
        }
        Drawn::Interval { y, at, ends, is_sum } => {
            let middle = field.at([*at, *y]);
            let ends = ends.map(|ends| ends.map(|x| field.at([x, *y])));
            match (ends, is_sum) {
                (Some([low, high]), true) => {
                    let corners = vec![low, middle - vec2(0.0, 6.0), high, middle + vec2(0.0, 6.0)];
                    painter.add(Shape::convex_polygon(corners, STRONG, Stroke::NONE));
                }
                (ends, _) => {
                    if let Some([low, high]) = ends {
                        painter.line_segment([low, high], Stroke::new(1.4, TEXT));
                    }
                    painter.rect_filled(Rect::from_center_size(middle, vec2(8.0, 8.0)), 0.0, STRONG);
                }
            }
        }
        Drawn::Dot { at, tone } => {
            painter.circle_filled(field.at(*at), 5.0, colour(*tone));
            painter.circle_stroke(field.at(*at), 5.0, Stroke::new(1.0, ROOM));
        }
    }
}

/// The field between two polylines that have the same abscissae in the same order, up to corners that one of them lacks.
fn band(painter: &Painter, field: &Field<'_>, low: &[[f64; 2]], high: &[[f64; 2]], colour: Color32) {
    let mut xs: Vec<f64> = low.iter().chain(high).map(|p| p[0]).collect();
    xs.sort_by(f64::total_cmp);
    xs.dedup();
    let mut mesh = Mesh::default();
    for pair in xs.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        let corner = |curve: &[[f64; 2]], x: f64, is_from: bool| {
            let mut own = curve.iter().filter(|p| p[0] == x).map(|p| p[1]);
            if is_from { own.next_back() } else { own.next() }
        };
        let corners = [
            corner(low, from, true).map(|y| [from, y]),
            corner(high, from, true).map(|y| [from, y]),
            corner(high, to, false).map(|y| [to, y]),
            corner(low, to, false).map(|y| [to, y]),
        ];
        let [Some(a), Some(b), Some(c), Some(d)] = corners else { continue };
        let base = mesh.vertices.len() as u32;
        [a, b, c, d].into_iter().for_each(|p| mesh.colored_vertex(field.at(p), colour));
        mesh.add_triangle(base, base + 1, base + 2);
        mesh.add_triangle(base, base + 2, base + 3);
    }
    painter.add(Shape::mesh(mesh));
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Context, RawInput};

    const WIDTH: f32 = 421.0;
    const APART_BELOW: f32 = 24.0;

    fn of(y: &str, aspect: f64) -> Chart {
        let ticks = vec![(0.5, "sim-01".to_owned())];
        let axis = |title: &str| Axis { title: title.to_owned(), range: [0.0, 1.0], ticks: ticks.clone(), has_grid: false };
        let legend = if y.is_empty() { Vec::new() } else { vec![(Tone::Plain, "Unaided 0.711".to_owned())] };
        let title = "Weighted AFROC, 5 readers, 6 cases without and 6 with the signal".to_owned();
        Chart { title, subtitle: "Empirical.".to_owned(), x: axis("share"), y: axis(y), drawn: Vec::new(), legend, aspect }
    }

    /// How tall a column of a curve and what follows is in a room of this height, and the field of the curve.
    fn column(charts: &[Chart], height: f32) -> (f32, f32) {
        let context = Context::default();
        design::install(&context);
        let mut found = (0.0, 0.0);
        // Fonts are there from the second frame on.
        for _ in 0..2 {
            let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1000.0, 4000.0))), ..RawInput::default() };
            let mut output = context.run_ui(input, |ui| {
                let all: Vec<&Chart> = charts.iter().collect();
                let most = tallest(ui, &all, vec2(WIDTH, height), APART_BELOW);
                let top = ui.cursor().top();
                let mut bottom = top;
                ui.spacing_mut().item_spacing.y = APART_BELOW;
                for of in charts {
                    bottom = ui.vertical(|ui| chart(ui, of, WIDTH, most)).response.rect.bottom();
                }
                found = (bottom - top, most);
            });
            // Nothing is painted here.
            output.textures_delta.clear();
        }
        found
    }

    /// The curve took the height of a window of 720 points, and the forest plot was cut without its last row and its axis.
    #[test]
    fn a_curve_leaves_the_forest_plot_below_it_room_to_be_whole() {
        let [curve, forest] = [of("sensitivity", 1.0), of("", 0.41)];
        let both = [curve.clone(), forest.clone()];
        let (whole, _) = column(&both, f32::INFINITY);
        assert!(whole > 660.0, "{whole} tall, it has room anyway");
        let (tall, most) = column(&both, 660.0);
        // Sizes are rounded.
        assert!(tall <= 661.0 && most > LEAST, "{tall} tall, with a curve of {most}");
        // Too little room for both: what can be read scrolls.
        assert_eq!(column(&both, 300.0).1, LEAST);
        // What stands below the forest plot takes nothing from it.
        assert_eq!(column(&[curve.clone(), forest.clone(), curve.clone()], 660.0).1, most);
        for alone in [curve, forest] {
            assert_eq!(column(&[alone], 300.0).1, f32::INFINITY);
        }
    }
}
