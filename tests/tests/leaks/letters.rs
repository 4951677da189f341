//! Letters of fonts that the detector was not fitted on, burned into pixels.
//!
//! Owns: the glyph sheets of `tests/data/glyphs`, and how a line of text is drawn: plain, with a rim, or on a box; smooth or jagged as its font is. Refuses: text
//! that nobody could read: its grey differs by at least a fifth of the image's range from what is behind it, where it has no rim or box.

use crate::dice::Dice;

/// Grey pixels, rows from the top.
#[derive(Clone)]
pub(crate) struct Grey {
    pub(crate) size: [u32; 2],
    pub(crate) values: Vec<u16>,
}

/// The glyphs of one font in one size.
struct Sheet {
    /// Of a capital H, pixels.
    height: u32,
    rows: u32,
    columns: u32,
    ink: Vec<u8>,
    /// First column of each glyph from space to tilde, and the end.
    starts: Vec<u32>,
    zoom: u32,
}

/// All sheets, each in its own size and those of bitmap fonts also twice as large.
pub(crate) struct Letters(Vec<Sheet>);

impl Letters {
    pub(crate) fn load() -> Self {
        let folder = tiresias_tests::fixtures().join("glyphs");
        let mut paths: Vec<_> = std::fs::read_dir(folder).expect("glyph sheets").map(|e| e.expect("an entry").path()).collect();
        paths.retain(|p| p.extension().is_some_and(|e| e == "png"));
        paths.sort();
        let mut sheets = Vec::new();
        for path in paths {
            let name = path.file_stem().and_then(|n| n.to_str()).expect("a name").to_owned();
            let height: u32 = name.rsplit('-').next().and_then(|n| n.parse().ok()).expect("a height");
            let zooms: &[u32] = if name.starts_with("liberation") { &[1] } else { &[1, 2] };
            for zoom in zooms {
                let image = image::open(&path).expect("a PNG").into_luma8();
                let [columns, rows] = [image.width(), image.height() - 1];
                let bytes = image.into_raw();
                let (marks, ink) = bytes.split_at(columns as usize);
                let mut starts: Vec<u32> = (0..columns).filter(|x| marks[*x as usize] == 255).collect();
                starts.push(columns);
                assert_eq!(starts.len(), 96, "{name}");
                sheets.push(Sheet { height: height * zoom, rows, columns, ink: ink.to_vec(), starts, zoom: *zoom });
            }
        }
        assert!(sheets.len() > 25, "all sheets are there");
        Self(sheets)
    }

    /// A sheet whose capitals are `height` pixels high, within one.
    fn of_height(&self, height: u32, dice: &mut Dice) -> &Sheet {
        let fitting: Vec<&Sheet> = self.0.iter().filter(|s| s.height.abs_diff(height) <= u32::from(height > 8)).collect();
        fitting[dice.next() as usize % fitting.len()]
    }

    /// Ink from 0 to 1 of a line of text.
    fn line(sheet: &Sheet, text: &str) -> ([u32; 2], Vec<f32>) {
        let cells: Vec<[u32; 2]> = text.bytes().map(|b| usize::from(b - b' ')).map(|i| [sheet.starts[i], sheet.starts[i + 1]]).collect();
        let columns: u32 = cells.iter().map(|[a, b]| b - a).sum::<u32>() * sheet.zoom;
        let rows = sheet.rows * sheet.zoom;
        let mut ink = Vec::with_capacity((columns * rows) as usize);
        for y in 0..rows {
            for [a, b] in &cells {
                for x in (*a..*b).flat_map(|x| std::iter::repeat_n(x, sheet.zoom as usize)) {
                    ink.push(f32::from(sheet.ink[(y / sheet.zoom * sheet.columns + x) as usize]) / 255.0);
                }
            }
        }
        ([columns, rows], ink)
    }

    /// Burns a made-up line of capitals `height` pixels high into an image, along its rows or, turned to the left, along its columns. Returns where its ink is;
    /// `None` where there was no place in which it could be read.
    pub(crate) fn burn(&self, image: &mut Grey, height: u32, is_turned: bool, dice: &mut Dice) -> Option<[u32; 4]> {
        let sheet = self.of_height(height, dice);
        let (mut size, mut ink) = Self::line(sheet, &words(dice));
        if is_turned {
            let [w, h] = size;
            ink = (0..w).rev().flat_map(|x| (0..h).map(move |y| (y * w + x) as usize)).map(|i| ink[i]).collect();
            size = [h, w];
        }
        self.put(image, size, &ink, *dice.of(&[Style::Plain, Style::Plain, Style::Rim, Style::Box]), dice)
    }

    /// Burns a lead marker into an image: R or L, as high as such letters are.
    pub(crate) fn mark(&self, image: &mut Grey, dice: &mut Dice) {
        let height = *dice.of(&[20, 28, 40, 40]);
        let sheet = self.of_height(height, dice);
        let (size, ink) = Self::line(sheet, if dice.next().is_multiple_of(2) { "R" } else { "L" });
        self.put(image, size, &ink, Style::Plain, dice);
    }

    fn put(&self, image: &mut Grey, [w, h]: [u32; 2], ink: &[f32], style: Style, dice: &mut Dice) -> Option<[u32; 4]> {
        let [columns, rows] = image.size;
        if w + 4 >= columns || h + 4 >= rows {
            return None;
        }
        let [low, high] = [image.values.iter().min(), image.values.iter().max()].map(|v| f32::from(*v.expect("pixels")));
        let range = high - low;
        for _ in 0..20 {
            let at = [dice.between(2, columns - w - 2), dice.between(2, rows - h - 2)];
            let place = |x: u32, y: u32| ((at[1] + y) * columns + at[0] + x) as usize;
            let mut behind: Vec<u16> = (0..h).flat_map(|y| (0..w).map(move |x| (x, y))).map(|(x, y)| image.values[place(x, y)]).collect();
            behind.sort_unstable();
            let [tenth, ninetieth] = [behind.len() / 10, behind.len() * 9 / 10].map(|i| f32::from(behind[i]));
            let grey = low + range * *dice.of(&[0.0, 1.0, 1.0, 0.8, 0.55]);
            let stands_out = (grey - tenth).abs().min((grey - ninetieth).abs()) >= 0.2 * range;
            if !stands_out && style == Style::Plain {
                continue;
            }
            let other = if grey > low + range / 2.0 { low } else { high };
            let near = |x: u32, y: u32| {
                let around = (x.saturating_sub(1)..=(x + 1).min(w - 1))
                    .flat_map(|x| (y.saturating_sub(1)..=(y + 1).min(h - 1)).map(move |y| (x, y)));
                around.map(|(x, y)| ink[(y * w + x) as usize]).fold(0.0, f32::max)
            };
            let mut bounds = [u32::MAX, u32::MAX, 0, 0];
            for (x, y) in (0..h).flat_map(|y| (0..w).map(move |x| (x, y))) {
                let value = &mut image.values[place(x, y)];
                let under = f32::from(*value);
                let cover = match style {
                    Style::Plain => 0.0,
                    Style::Rim => near(x, y),
                    Style::Box => 1.0,
                };
                let ink = ink[(y * w + x) as usize];
                if ink > 0.5 {
                    bounds = [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x + 1), bounds[3].max(y + 1)];
                }
                *value = ((under * (1.0 - cover) + other * cover) * (1.0 - ink) + grey * ink).round() as u16;
            }
            return Some([at[0] + bounds[0], at[1] + bounds[1], bounds[2] - bounds[0], bounds[3] - bounds[1]]);
        }
        None
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    /// With a rim of one pixel.
    Rim,
    Box,
}

/// What machines burn in: a name, an id, a date, a place.
fn words(dice: &mut Dice) -> String {
    let (surname, id, day) = (dice.surname(), dice.id(), dice.day());
    match dice.between(0, 5) {
        0 => format!("{}^ADA", surname.to_uppercase()),
        1 => format!("{surname}, Ada"),
        2 => format!("{}/{}/{}", &day[6..], &day[4..6], &day[..4]),
        3 => format!("ID: {id}"),
        4 => format!("St. {surname} Hospital"),
        _ => format!("ACC{id} 063Y F"),
    }
}

/// Ticks of a scale along two edges, a grey bar and a dashed line, as ultrasound and radiography have them: no letters.
pub(crate) fn scales(image: &mut Grey, dice: &mut Dice) {
    let [columns, rows] = image.size;
    let high = *image.values.iter().max().expect("pixels");
    let (step, major, length, thick) = (dice.between(6, 21), dice.between(3, 9), dice.between(2, 7), dice.between(1, 2));
    let mut fill = |x0: u32, y0: u32, w: u32, h: u32, grey: u16| {
        for (x, y) in (y0..(y0 + h).min(rows)).flat_map(|y| (x0..(x0 + w).min(columns)).map(move |x| (x, y))) {
            image.values[(y * columns + x) as usize] = grey;
        }
    };
    for tick in 1..rows / step {
        let long = if tick % major == 0 { length * 2 } else { length };
        fill(columns - 12 - long, tick * step, long, thick, high);
    }
    for tick in 1..columns / step {
        let long = if tick % major == 0 { length * 2 } else { length };
        fill(tick * step, rows - 9 - long, thick, long, high);
    }
    for y in 0..rows / 4 {
        fill(8, 20 + y, 10, 1, (u32::from(high) * (rows / 4 - y) / (rows / 4).max(1)) as u16);
    }
    for dash in 0..columns / 14 {
        fill(dash * 14, rows / 2, 8, 1, high);
    }
}
