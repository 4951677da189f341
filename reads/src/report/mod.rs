//! What an analysis says to people: a document of sentences, tables and charts, which the results room draws and `html` writes as one page.
//!
//! Owns the words and their order: the primary analysis as the protocol fixed it comes first, others are folded below it, and nothing is called good or bad.
//! The same analysis gives the same document, and the same page byte for byte: there is no clock in it. Refuses: to compute; every number comes from
//! [`crate::analysis`].

mod axis;
mod charts;
mod detail;
mod html;
mod method;
mod numbers;
mod results;
mod svg;

pub(crate) use html::escaped;
pub use html::page;

use crate::analysis::Report;
use std::collections::BTreeMap;

/// Of what study an analysis is.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Its title; of a file of scores its name.
    pub title: String,
    /// What screens call the conditions, by their names in analyses.
    pub labels: BTreeMap<String, String>,
    /// What readers are asked for the rating of a case, where a question asks for it and is known.
    pub rating: Option<String>,
}

/// A document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Whose results these are.
    pub title: String,
    /// Said on every page and screen of it: that it was an early look, or that scores are missing.
    pub watermark: Option<String>,
    /// Its parts.
    pub sections: Vec<Section>,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its name in links.
    pub key: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// What stands below a heading.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// The sentence that counts.
    Lead {
        /// What it is, in small letters above.
        about: String,
        /// The sentence.
        sentence: String,
    },
    /// Plain sentences.
    Text(String),
    /// Numbers in rows.
    Table(Table),
    /// A chart.
    Chart(Chart),
    /// Something that is there for those who look for it.
    Folded {
        /// What is in it.
        title: String,
        /// That.
        blocks: Vec<Block>,
    },
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it is of.
    pub title: String,
    /// The heads of its columns. Those of numbers are on the right.
    pub columns: Vec<Column>,
    /// Its rows, each as wide as the columns.
    pub rows: Vec<Row>,
}

/// The head of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its words.
    pub head: String,
    /// Whether numbers stand in it.
    pub is_number: bool,
    /// Whether ids stand in it, as those of readers.
    pub is_id: bool,
    /// Whether it says how sure the one before is, and may be fainter.
    pub is_aside: bool,
}

/// A row of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The cells as they are shown.
    pub cells: Vec<String>,
    /// Whether it sums up the others.
    pub is_sum: bool,
}

impl Table {
    /// Tab-separated, as spreadsheets take it: a number with the minus of print would be words to them, and be left out of what they compute.
    #[must_use]
    pub fn copied(&self) -> String {
        let head = self.columns.iter().map(|c| c.head.as_str()).collect::<Vec<_>>().join("\t");
        let cell = |printed: &String| {
            let typed = printed.replace('\u{2212}', "-");
            if typed.parse::<f64>().is_ok() { typed } else { printed.clone() }
        };
        let rows = self.rows.iter().map(|r| r.cells.iter().map(cell).collect::<Vec<_>>().join("\t"));
        std::iter::once(head).chain(rows).map(|line| line + "\n").collect()
    }
}

/// A colour by what it is for; who draws has the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// The modality of this number, in the order of the analysis.
    Modality(usize),
    /// What is of no modality.
    Plain,
    /// What is behind.
    Faint,
}

/// A chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// How it is to be read.
    pub subtitle: String,
    /// From left to right.
    pub x: Axis,
    /// From the bottom up.
    pub y: Axis,
    /// What is drawn, from the back to the front.
    pub drawn: Vec<Drawn>,
    /// What the colours are.
    pub legend: Vec<(Tone, String)>,
    /// Height over width of the field inside the axes.
    pub aspect: f64,
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it measures; empty where the ticks say it.
    pub title: String,
    /// Its ends.
    pub range: [f64; 2],
    /// Its ticks with their words.
    pub ticks: Vec<(f64, String)>,
    /// Whether lines go through the field at the ticks.
    pub has_grid: bool,
}

/// Something drawn, in the units of the axes.
#[derive(Debug, Clone, PartialEq)]
pub enum Drawn {
    /// The field between two polylines with rising abscissae.
    Band {
        /// The lower.
        low: Vec<[f64; 2]>,
        /// The upper.
        high: Vec<[f64; 2]>,
        /// Its colour, thinned.
        tone: Tone,
    },
    /// A polyline.
    Line {
        /// Its corners.
        points: Vec<[f64; 2]>,
        /// Its colour.
        tone: Tone,
        /// Whether it is the one to look at.
        is_thick: bool,
        /// Whether its corners are points that were measured.
        has_dots: bool,
    },
    /// An upright line through the field.
    Rule {
        /// Where.
        x: f64,
        /// Whether it is dashed: a bound that was set, not 0.
        is_dashed: bool,
    },
    /// An estimate with its interval.
    Interval {
        /// Its height.
        y: f64,
        /// The estimate.
        at: f64,
        /// The interval; none where it has none.
        ends: Option<[f64; 2]>,
        /// Whether it is of all readers: a diamond.
        is_sum: bool,
    },
    /// A dot.
    Dot {
        /// Where.
        at: [f64; 2],
        /// Its colour.
        tone: Tone,
    },
}

/// Makes the document of an analysis.
#[must_use]
pub fn document(report: &Report, about: &About) -> Document {
    let names = numbers::Names(&about.labels);
    let sections = [
        Some(results::section(report, &names)),
        results::readers(report, &names),
        detail::components(report, &names),
        detail::agreement(report, &names),
        detail::subgroups(report, &names),
        detail::changes(report, &names),
        detail::times(report, &names),
        detail::periods(report, &names),
        detail::repeats(report),
        detail::power(report),
        Some(method::section(report)),
        method::record(report, about),
    ];
    let early = report.open_look == Some(true);
    let watermark = match (early, report.n.missing) {
        (false, 0) => None,
        (true, 0) => Some("Open look: truth met scores before the database lock".to_owned()),
        (true, n) => Some(format!("Open look: truth met scores before the database lock; {}", numbers::missing(n))),
        (false, n) => Some(numbers::missing(n)),
    };
    Document { title: about.title.clone(), watermark, sections: sections.into_iter().flatten().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_table_has_numbers_that_spreadsheets_compute_with() {
        let column = |head: &str| Column { head: head.to_owned(), is_number: true, is_id: false, is_aside: false };
        let cells = ["\u{2212}0.0225", "\u{2212}3.439e\u{2212}4", "\u{2212}0.0004 to 0.0880", "With AI \u{2212} Unaided", "\u{2013}"];
        let table = Table {
            title: String::new(),
            columns: ["a", "b", "c", "d", "e"].map(column).to_vec(),
            rows: vec![Row { cells: cells.map(str::to_owned).to_vec(), is_sum: false }],
        };
        let copied = "a\tb\tc\td\te\n-0.0225\t-3.439e-4\t\u{2212}0.0004 to 0.0880\tWith AI \u{2212} Unaided\t\u{2013}\n";
        assert_eq!(table.copied(), copied);
    }
}
