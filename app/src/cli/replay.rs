//! `replay`: what a reader looked at, drawn again or in numbers.
//!
//! Owns the words of it. Who may, and what was on the screen, is in `reads`.

use super::images::write_png;
use super::secrets::unlocked;
use super::{Failure, say, say_json};
use crate::replay::{PaneReplayed, Replay, Replayed};
use clap::Args;
use std::fmt::Write as _;
use std::path::PathBuf;
use tiresias_reads::gathered::Gathered;
use tiresias_reads::replay::{SeriesCourse, Summary, word};
use tiresias_render::ColourImage;
use tiresias_words::{AccountId, Slab};

/// As many windows and layouts as a summary in words names.
const MOST: usize = 6;

/// Options of `replay`.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The study desk's folder with the results of all readers, or a study's folder with a record and without seats.
    study: PathBuf,
    /// The read, as READER/CASE/CONDITION/REPEAT; without it you are told which there are.
    #[arg(long, value_name = "ID")]
    read: Option<String>,
    /// Seconds since the images were first shown, with fractions; time in which they were out of sight does not count.
    #[arg(long, value_name = "SECONDS", value_parser = milliseconds, conflicts_with = "summary")]
    at: Option<u64>,
    /// Where to write the panes as one PNG, as they lay on the screen. Images alone: no marks, and never what the AI says.
    #[arg(long, value_name = "FILE", requires = "at")]
    out: Option<PathBuf>,
    /// Slices shown and for how long, courses of scrolling, windows, layouts, and what the reader did with the AI; this too without --at.
    #[arg(long)]
    summary: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    /// The account that asks, where the study has any: an auditor's, or after the database lock a statistician's or data
    /// manager's.
    #[arg(long = "as", value_name = "ID")]
    account: Option<AccountId>,
    /// A file whose first line is its passphrase; without it you are asked.
    #[arg(long, value_name = "FILE", requires = "account")]
    passphrase_file: Option<PathBuf>,
}

fn milliseconds(text: &str) -> Result<u64, String> {
    let seconds = text.parse::<f64>().ok().filter(|s| (0.0..1e9).contains(s));
    seconds.map(|s| (s * 1000.0).round() as u64).ok_or_else(|| format!("{text:?} is not a number of seconds, 0 or more"))
}

/// Shows a read again.
pub(super) fn replay(args: &ReplayArgs) -> Result<(), Failure> {
    let root = &args.study;
    let gathered = Gathered::open(root, crate::BUILD).map_err(|e| Failure::Input(format!("{}: {e}", root.display())))?;
    let keys = match &args.account {
        Some(id) => Some(unlocked(gathered.accounts(), id, args.passphrase_file.as_deref())?),
        None => None,
    };
    let replay = Replay::open(&gathered, args.read.as_deref(), keys.as_ref()).map_err(Failure::Input)?;
    let Some(ms) = args.at else {
        let summary = replay.summary();
        return if args.json { say_json(&summary) } else { say(&in_words(&summary)) };
    };
    let seen = replay.at(ms).map_err(|e| Failure::Input(format!("{}: {e}", root.display())))?;
    if let Some(out) = &args.out {
        write_png(out, &ColourImage { size: seen.canvas, bytes: seen.rgb.clone() })?;
    }
    if args.json { say_json(&seen) } else { say(&lines(&seen)) }
}

/// One line a pane, and one for the AI.
fn lines(seen: &Replayed) -> String {
    let mut text = String::new();
    for pane in &seen.panes {
        let _ = writeln!(text, "{}", line(pane));
    }
    let _ = writeln!(text, "{}", seen.ai.words());
    text
}

fn line(pane: &PaneReplayed) -> String {
    let spec = &pane.spec;
    let ways = if pane.oblique { "oblique" } else { pane.shows };
    let mut what = format!("slice {} of {}", pane.slice[0], pane.slice[1]);
    match spec.voi.window() {
        Some(window) => {
            let _ = write!(what, ", window {} width {}", window.center(), window.width());
        }
        None => what.push_str(", window by a table"),
    }
    let _ = write!(what, ", {:.4} mm a pixel", spec.plane.spacing().0);
    if let Slab::Thick { thickness, kind, .. } = spec.slab {
        let _ = write!(what, ", {kind:?} of {} mm", thickness.0);
    }
    let [width, height] = spec.size;
    format!("{} {ways}: {what}, {width}x{height}, sha256 {}", spec.series, pane.sha256)
}

fn seconds(ms: u64) -> String {
    format!("{:.1} s", ms as f64 / 1000.0)
}

fn in_words(summary: &Summary) -> String {
    let mut text = format!("{}: images in sight for {}\n", summary.read, seconds(summary.reading_ms));
    summary.series.iter().for_each(|series| text.push_str(&of_series(series)));
    let layouts = summary.layouts.iter().take(MOST).map(|l| format!("{} ({})", l.panes.join(" + "), seconds(l.ms)));
    let _ = writeln!(text, "layouts: {}", layouts.collect::<Vec<_>>().join("; "));
    let tools = summary.tools.iter().take(MOST).map(|t| format!("{} ({})", t.tool, seconds(t.ms)));
    let _ = writeln!(text, "tools in hand: {}", tools.collect::<Vec<_>>().join("; "));
    match &summary.ai {
        None => text.push_str("AI: not revealed\n"),
        Some(ai) => {
            let _ = writeln!(
                text,
                "AI: revealed at {}, on the screen for {}, switched off {} times for {}, {} peeks without it for {}, heat map for {}",
                seconds(ai.revealed_ms),
                seconds(ai.on_ms),
                ai.times_off,
                seconds(ai.off_ms),
                ai.peeks,
                seconds(ai.peeks_ms),
                seconds(ai.heat_map_ms)
            );
        }
    }
    text
}

fn of_series(series: &SeriesCourse) -> String {
    let mut text = String::new();
    for way in &series.ways {
        let longest = way.slice_ms.iter().enumerate().max_by_key(|(_, ms)| **ms);
        let longest = longest.map_or_else(String::new, |(i, ms)| format!(", longest slice {} ({})", i + 1, seconds(*ms)));
        let _ = writeln!(
            text,
            "{} {}: {} of {} slices shown, {:.1} % never{longest}; {} slices scrolled, {} {}",
            series.role,
            word(way.shows),
            way.slices - way.never_shown,
            way.slices,
            way.share_never_shown * 100.0,
            way.scrolled,
            way.turns,
            if way.turns == 1 { "turn" } else { "turns" }
        );
    }
    if series.oblique_ms > 0 {
        let _ = writeln!(text, "{} oblique: {}", series.role, seconds(series.oblique_ms));
    }
    if series.ways.is_empty() && series.oblique_ms == 0 {
        let _ = writeln!(text, "{}: never on the screen", series.role);
    }
    let windows = series.windows.iter().take(MOST).map(|w| match (w.center, w.width) {
        (Some(center), Some(width)) => format!("{center} width {width} ({})", seconds(w.ms)),
        _ => format!("a table ({})", seconds(w.ms)),
    });
    let windows: Vec<String> = windows.collect();
    if !windows.is_empty() {
        let more = series.windows.len().saturating_sub(MOST);
        let more = if more == 0 { String::new() } else { format!("; {more} more") };
        let _ = writeln!(text, "{} windows: {}{more}", series.role, windows.join("; "));
    }
    text
}
