//! How a read was looked at, in numbers: slices and for how long, courses of scrolling, windows, layouts, tools, and what the reader did with the AI.
//!
//! Times are milliseconds of the reading clock. A slice counts for as long as a pane shows it; a slab counts for the slice in its middle, and a plane that
//! was turned out of the patient's axes for none. Refuses: judging any of it.

use super::{AiSeen, Course};
use crate::hanging::{Ready, Shows};
use crate::scene::{Scene, orientation};
use serde::Serialize;
use std::collections::BTreeMap;
use tiresias_words::{Role, Voi, Window};

/// How a read was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// READER/CASE/CONDITION/REPEAT.
    pub read: String,
    /// For how long images were in sight.
    pub reading_ms: u64,
    /// Each series of the case, in order of roles.
    pub series: Vec<SeriesCourse>,
    /// What the reader did with the AI; `None` where it was never revealed.
    pub ai: Option<AiCourse>,
    /// Arrangements of panes, the longest first.
    pub layouts: Vec<LayoutTime>,
    /// Tools in hand, the longest first.
    pub tools: Vec<ToolTime>,
}

/// How a series was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesCourse {
    /// Which.
    pub role: Role,
    /// As images and by the planes of the patient, each that was on the screen.
    pub ways: Vec<Way>,
    /// On planes that were turned out of the patient's axes.
    pub oblique_ms: u64,
    /// Windows, the longest first.
    pub windows: Vec<WindowTime>,
}

/// A way in which a series was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Way {
    /// Which pictures.
    pub shows: Shows,
    /// How many slices there are.
    pub slices: u32,
    /// How many of them were never on the screen.
    pub never_shown: u32,
    /// The same as a share of all.
    pub share_never_shown: f64,
    /// For how long each was on the screen, from the first to the last.
    pub slice_ms: Vec<u64>,
    /// Slices passed by scrolling.
    pub scrolled: u64,
    /// How often scrolling turned round.
    pub turns: u32,
}

/// A window and its time on the screen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WindowTime {
    /// In modality units; `None` of a table.
    pub center: Option<f64>,
    /// In modality units; `None` of a table.
    pub width: Option<f64>,
    /// For how long.
    pub ms: u64,
}

/// Panes beside each other and their time on the screen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayoutTime {
    /// Role and pictures of each visible pane, in reading order.
    pub panes: Vec<String>,
    /// For how long.
    pub ms: u64,
}

/// A tool and its time in hand.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolTime {
    /// Its word.
    pub tool: String,
    /// For how long.
    pub ms: u64,
}

/// What a reader did with the AI.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AiCourse {
    /// When it was revealed.
    pub revealed_ms: u64,
    /// On the screen for so long.
    pub on_ms: u64,
    /// Switched off for so long.
    pub off_ms: u64,
    /// How often it was switched off.
    pub times_off: u32,
    /// How often a key was held to see the images without it.
    pub peeks: u32,
    /// And for how long.
    pub peeks_ms: u64,
    /// With its heat map for so long.
    pub heat_map_ms: u64,
}

/// A slice shown, and which way scrolling went last.
#[derive(Clone, Copy)]
struct Last {
    slice: u32,
    up: Option<bool>,
}

#[derive(Default)]
struct Counts {
    ways: BTreeMap<(u8, Shows), (Vec<u64>, u64, u32)>,
    last: BTreeMap<(u8, Shows), Last>,
    oblique: BTreeMap<u8, u64>,
    windows: BTreeMap<u8, Vec<(Voi, u64)>>,
    layouts: BTreeMap<Vec<String>, u64>,
    tools: BTreeMap<&'static str, u64>,
}

impl Course {
    /// How the read was looked at. `series`: those of the package, in order of their roles.
    #[must_use]
    pub fn summary(&self, series: &[Ready<'_>]) -> Summary {
        let mut counts = Counts::default();
        let mut ai = AiCourse {
            revealed_ms: self.revealed_ms.unwrap_or(0),
            on_ms: 0,
            off_ms: 0,
            times_off: 0,
            peeks: 0,
            peeks_ms: 0,
            heat_map_ms: 0,
        };
        let (mut before, mut opened) = (AiSeen::NotRevealed, 0);
        self.walk(series, |from, until, scene, times| {
            let ms = until - from;
            if std::mem::replace(&mut opened, times) != times {
                // Where a case begins when it is opened is no scrolling.
                counts.last.clear();
            }
            counts.add(scene, series, ms);
            let now = self.ai(from, scene);
            match now {
                AiSeen::On => ai.on_ms += ms,
                AiSeen::Off => ai.off_ms += ms,
                AiSeen::Away => ai.peeks_ms += ms,
                AiSeen::NotRevealed | AiSeen::Revealed => {}
            }
            ai.heat_map_ms += if now == AiSeen::On && scene.heat { ms } else { 0 };
            ai.times_off += u32::from(now == AiSeen::Off && before != now);
            ai.peeks += u32::from(now == AiSeen::Away && before != now);
            before = now;
        });
        Summary {
            read: self.read().to_string(),
            reading_ms: self.length_ms(),
            series: series.iter().zip(0u8..).map(|(ready, of)| counts.of_series(of, &ready.facts.role)).collect(),
            ai: self.revealed_ms.map(|_| ai),
            layouts: longest(counts.layouts).map(|(panes, ms)| LayoutTime { panes, ms }).collect(),
            tools: longest(counts.tools).map(|(tool, ms)| ToolTime { tool: tool.to_owned(), ms }).collect(),
        }
    }
}

fn longest<T: Ord>(times: BTreeMap<T, u64>) -> impl Iterator<Item = (T, u64)> {
    let mut all: Vec<(T, u64)> = times.into_iter().collect();
    all.sort_by_key(|(_, ms)| std::cmp::Reverse(*ms));
    all.into_iter()
}

/// What a person calls the pictures.
#[must_use]
pub const fn word(shows: Shows) -> &'static str {
    orientation(shows).label()
}

impl Counts {
    fn add(&mut self, scene: &Scene, series: &[Ready<'_>], ms: u64) {
        let mut layout = Vec::new();
        let mut seen = BTreeMap::new();
        let mut looked = Vec::new();
        for (at, pane, look) in scene.visible() {
            let role = series.get(usize::from(pane.series)).map_or("", |r| r.facts.role.as_str());
            layout.push(format!("{role} {}", if pane.turned { "oblique" } else { word(pane.shows) }));
            if !looked.contains(&pane.series) {
                looked.push(pane.series);
                let windows = self.windows.entry(pane.series).or_default();
                match windows.iter_mut().find(|(voi, _)| *voi == look.voi) {
                    Some((_, time)) => *time += ms,
                    None => windows.push((look.voi.clone(), ms)),
                }
            }
            let way = (pane.series, pane.shows);
            if pane.turned {
                *self.oblique.entry(pane.series).or_default() += ms;
            } else if let Some(slice) = scene.slice(at, series).filter(|_| !seen.contains_key(&way)) {
                // Two panes that show the same are looked at once.
                seen.insert(way, self.slice(way, (slice.number - 1, slice.of), ms));
            }
        }
        // What is not on the screen any more begins anew when it comes back.
        self.last = seen;
        *self.layouts.entry(layout).or_default() += ms;
        if let Some(tool) = scene.tool {
            *self.tools.entry(tool.word()).or_default() += ms;
        }
    }

    fn slice(&mut self, way: (u8, Shows), (slice, of): (u32, u32), ms: u64) -> Last {
        let (times, scrolled, turns) = self.ways.entry(way).or_default();
        times.resize(of as usize, 0);
        if let Some(time) = times.get_mut(slice as usize) {
            *time += ms;
        }
        let Some(last) = self.last.get(&way).copied() else { return Last { slice, up: None } };
        if last.slice == slice {
            return last;
        }
        let up = slice > last.slice;
        *scrolled += u64::from(slice.abs_diff(last.slice));
        *turns += u32::from(last.up.is_some_and(|before| before != up));
        Last { slice, up: Some(up) }
    }

    fn of_series(&mut self, of: u8, role: &Role) -> SeriesCourse {
        let ways = self.ways.iter().filter(|((series, _), _)| *series == of).map(|((_, shows), (times, scrolled, turns))| {
            let never = times.iter().filter(|ms| **ms == 0).count();
            Way {
                shows: *shows,
                slices: times.len() as u32,
                never_shown: never as u32,
                share_never_shown: never as f64 / times.len().max(1) as f64,
                slice_ms: times.clone(),
                scrolled: *scrolled,
                turns: *turns,
            }
        });
        let ways = ways.collect();
        let mut windows = self.windows.remove(&of).unwrap_or_default();
        windows.sort_by_key(|(_, ms)| std::cmp::Reverse(*ms));
        let window = |(voi, ms): (Voi, u64)| {
            let window = voi.window();
            WindowTime { center: window.map(Window::center), width: window.map(Window::width), ms }
        };
        SeriesCourse {
            role: role.clone(),
            ways,
            oblique_ms: self.oblique.get(&of).copied().unwrap_or(0),
            windows: windows.into_iter().map(window).collect(),
        }
    }
}
