//! A document as one page: no scripts, nothing fetched from elsewhere, charts as SVG inside. The same document is the same bytes.

use super::svg::{svg, swatch};
use super::{Block, Chart, Document, Table};
use std::fmt::Write as _;

const STYLE: &str = "\
:root { color-scheme: light; }
body { font: 14px/1.5 Inter, system-ui, sans-serif; color: #1a1d21; max-width: 66rem; margin: 2.5rem auto 5rem; padding: 0 1.5rem; }
header { margin-bottom: 1.5rem; } h1 { font-size: 1.6rem; margin: 0; line-height: 1.25; }
h2 { font-size: 1.2rem; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 1px solid #d5d9dd; }
h3 { font-size: .95rem; margin: 1.6rem 0 .3rem; }
nav { margin: .75rem 0 0; } nav a { color: #1f6f66; margin-right: 1.1rem; text-decoration: none; } nav a:hover { text-decoration: underline; }
.mark { background: #fbead9; color: #6b3410; padding: .5rem .8rem; margin: 1rem 0; font-weight: 600; }
.about { color: #5a626a; font-size: .85rem; font-weight: 600; margin: 0 0 .1rem; }
.lead { font-size: 1.45rem; font-weight: 600; line-height: 1.3; margin: 0 0 .6rem; }
p { max-width: 46rem; margin: .4rem 0; } .sub { color: #5a626a; font-size: .9rem; margin: 0 0 .4rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; min-width: 24rem; font-size: .92rem; }
th, td { text-align: left; vertical-align: baseline; padding: .28rem 1.4rem .28rem 0; border-bottom: 1px solid #e6e8ea; }
th { font-weight: 500; color: #5a626a; vertical-align: bottom; } .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.n { white-space: normal; }
.a { color: #5a626a; } tr.sum td { font-weight: 600; } td:last-child, th:last-child { padding-right: 0; }
figure { margin: 1rem 2rem 1rem 0; display: inline-block; vertical-align: top; max-width: 100%; } figcaption { max-width: 31rem; }
svg { display: block; max-width: 100%; height: auto; font: 11px Inter, system-ui, sans-serif; fill: #5a626a; }
.key { font-size: .92rem; margin: .2rem 0 0 64px; } .key span { margin-right: 1.2rem; white-space: pre; }
.key i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: .45rem; }
details { margin: 1rem 0; } summary { color: #5a626a; cursor: pointer; }
footer { margin-top: 4rem; color: #5a626a; font-size: .85rem; border-top: 1px solid #d5d9dd; padding-top: .75rem; }
@media print { body { margin: 0; max-width: none; } nav { display: none; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
@media print { details::details-content { content-visibility: visible; block-size: auto; } }
";

/// Text inside of HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The page.
#[must_use]
pub fn page(document: &Document) -> String {
    let mut out = String::new();
    let title = escaped(&document.title);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>\n{STYLE}</style></head><body>\n<header><h1>{title}</h1>\n<nav>"
    );
    for section in &document.sections {
        let _ = write!(out, "<a href=\"#{}\">{}</a>", section.key, escaped(section.title));
    }
    out.push_str("</nav></header>\n");
    let mark = document.watermark.as_ref().map(|m| format!("<p class=\"mark\">{}</p>\n", escaped(m))).unwrap_or_default();
    for section in &document.sections {
        let _ = writeln!(out, "<section id=\"{}\"><h2>{}</h2>", section.key, escaped(section.title));
        out.push_str(&mark);
        section.blocks.iter().for_each(|block| of_block(block, &mut out));
        out.push_str("</section>\n");
    }
    let _ = writeln!(
        out,
        "<footer>Made by Tiresias {} from its input alone: the same scores, truth, covariates and options give this page byte for byte.</footer>\n</body></html>",
        env!("CARGO_PKG_VERSION")
    );
    out
}

fn of_block(block: &Block, out: &mut String) {
    match block {
        Block::Lead { about, sentence } => {
            let _ = writeln!(out, "<p class=\"about\">{}</p><p class=\"lead\">{}</p>", escaped(about), escaped(sentence));
        }
        Block::Text(text) => {
            let _ = writeln!(out, "<p>{}</p>", escaped(text));
        }
        Block::Table(table) => of_table(table, out),
        Block::Chart(chart) => of_chart(chart, out),
        Block::Folded { title, blocks } => {
            let _ = writeln!(out, "<details><summary>{}</summary>", escaped(title));
            blocks.iter().for_each(|block| of_block(block, out));
            out.push_str("</details>\n");
        }
    }
}

fn of_table(table: &Table, out: &mut String) {
    let class = |at: usize| match table.columns.get(at) {
        Some(c) if c.is_number && c.is_aside => " class=\"n a\"",
        Some(c) if c.is_number => " class=\"n\"",
        _ => "",
    };
    let _ = write!(out, "<h3>{}</h3>\n<div class=\"wide\"><table><thead><tr>", escaped(&table.title));
    for (at, column) in table.columns.iter().enumerate() {
        let _ = write!(out, "<th{}>{}</th>", class(at), escaped(&column.head));
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in &table.rows {
        out.push_str(if row.is_sum { "<tr class=\"sum\">" } else { "<tr>" });
        for (at, cell) in row.cells.iter().enumerate() {
            let _ = write!(out, "<td{}>{}</td>", class(at), escaped(cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}

fn of_chart(chart: &Chart, out: &mut String) {
    let _ = write!(
        out,
        "<figure><figcaption><h3>{}</h3><p class=\"sub\">{}</p></figcaption>{}",
        escaped(&chart.title),
        escaped(&chart.subtitle),
        svg(chart)
    );
    if !chart.legend.is_empty() {
        out.push_str("<p class=\"key\">");
        for (tone, words) in &chart.legend {
            let _ = write!(out, "<span>{}{}</span> ", swatch(*tone), escaped(words));
        }
        out.push_str("</p>");
    }
    out.push_str("</figure>\n");
}

#[cfg(test)]
mod tests {
    use super::STYLE;

    /// A browser that does not know how to open what is folded prints at least what is folded there.
    #[test]
    fn on_paper_nothing_is_left_out_but_the_links() {
        let hidden: Vec<&str> = STYLE.split('}').filter_map(|rule| rule.split_once("{ display: none;")).map(|(of, _)| of).collect();
        let of: Vec<&str> = hidden.iter().filter_map(|of| of.rsplit(['{', '}']).next()).map(str::trim).collect();
        assert_eq!(of, ["nav"]);
        assert!(STYLE.contains("@media print { details::details-content { content-visibility: visible;"));
    }
}
