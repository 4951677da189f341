//! What a session runs on, and whether the protocol lets it: build, adapter, screen, what the adapter draws, and what a person saw of the test pattern.
//!
//! Owns the words of it and the guard. Refuses: to measure anything (the shell does), and luminance, which no program can see.

use super::refusal::Refusal;
use crate::protocol::{Protocol, Workstation};
use serde::{Deserialize, Serialize};

/// What a session ran on. Says nothing about a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Build of the software.
    pub build: String,
    /// Name of the graphics adapter.
    pub adapter: String,
    /// Width and height of the window's surface, physical pixels.
    pub surface: [u32; 2],
    /// Physical pixels a logical pixel.
    pub scale: f64,
    /// Width and height of the whole screen, physical pixels; `None` where the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<[u32; 2]>,
    /// What the adapter made of images whose bytes are known; `None` where nobody tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selftest: Option<Selftest>,
    /// What the reader saw of the test pattern; `None` where it was not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Pattern>,
}

/// What a graphics adapter made of images whose bytes are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selftest {
    /// The same bytes, sampled and presented.
    Passed,
    /// Other bytes where it samples volumes itself: the processor computes panes, and the adapter presents them.
    NotSampled,
    /// Other bytes even where it presents what the processor computed.
    NotPresented,
}

/// What a person sees of a display test pattern, in the spirit of the TG18-QC pattern (AAPM On-line Report 3, 2005).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// The patch of 5 % on 0 %.
    pub dark: bool,
    /// The patch of 95 % on 100 %.
    pub bright: bool,
    /// Lines one pixel apart, along both axes, as lines.
    pub lines: bool,
    /// A ramp that rises all the way, without steps or colours.
    pub ramp: bool,
}

impl Pattern {
    /// Whether all of it is seen.
    #[must_use]
    pub const fn is_seen(self) -> bool {
        self.dark && self.bright && self.lines && self.ramp
    }
}

/// Longest text in an [`Environment`], characters.
const MAX_TEXT: usize = 200;

impl Environment {
    /// A machine of which no more is known than this.
    #[must_use]
    pub const fn new(build: String, adapter: String, surface: [u32; 2], scale: f64) -> Self {
        Self { build, adapter, surface, scale, screen: None, selftest: None, pattern: None }
    }

    /// The least machine that a protocol lets read, of this build where it names none: what simulated readers sit at.
    #[must_use]
    pub fn that_fits(protocol: &Protocol, build: &str) -> Self {
        let asked = protocol.workstation();
        let build = protocol.sessions().builds.first().map_or(build, String::as_str).to_owned();
        let screen = asked.least_screen.unwrap_or([1920, 1080]);
        let mut fits = Self::new(build, "none".to_owned(), screen, 1.0);
        fits.screen = asked.least_screen;
        fits.selftest = asked.selftest.then_some(Selftest::Passed);
        fits.pattern = asked.pattern.then_some(Pattern { dark: true, bright: true, lines: true, ramp: true });
        fits
    }

    /// Whether a session of a protocol may run on it.
    pub(super) fn admit(&self, protocol: &Protocol) -> Result<(), Refusal> {
        let short = |text: &str| text.chars().count() <= MAX_TEXT && !text.chars().any(char::is_control);
        if !short(&self.build) || !short(&self.adapter) || !self.scale.is_finite() {
            return Err(Refusal::Environment);
        }
        let builds = &protocol.sessions().builds;
        if !builds.is_empty() && !builds.contains(&self.build) {
            return Err(Refusal::Build);
        }
        let Workstation { pattern, least_screen, selftest } = *protocol.workstation();
        if let Some(least) = least_screen {
            // A screen that is turned is as large.
            let sides = |[a, b]: [u32; 2]| [a.min(b), a.max(b)];
            let fits = |has: [u32; 2]| sides(has).iter().zip(sides(least)).all(|(has, least)| *has >= least);
            if !self.screen.is_some_and(fits) {
                return Err(Refusal::Screen { least, has: self.screen });
            }
        }
        if selftest && self.selftest != Some(Selftest::Passed) {
            return Err(Refusal::Selftest);
        }
        if pattern && !self.pattern.is_some_and(Pattern::is_seen) {
            return Err(Refusal::Pattern);
        }
        Ok(())
    }

    /// What whoever runs a study should know of it, as the end of a sentence about the reader; `None` where nothing is wrong.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let mut told = Vec::new();
        let drawn = match self.selftest {
            Some(Selftest::NotSampled) => Some("a graphics adapter that computes other bytes than it should, so the processor computed"),
            Some(Selftest::NotPresented) => Some("a graphics adapter that shows other bytes than it is given"),
            Some(Selftest::Passed) | None => None,
        };
        told.extend(drawn.map(str::to_owned));
        if let Some(pattern) = self.pattern.filter(|p| !p.is_seen()) {
            let Pattern { dark, bright, lines, ramp } = pattern;
            let unseen = [(dark, "the dark patch"), (bright, "the bright patch"), (lines, "the lines"), (ramp, "the whole ramp")];
            let unseen: Vec<&str> = unseen.into_iter().filter(|(seen, _)| !seen).map(|(_, what)| what).collect();
            told.push(format!("a screen on which {} could not be seen", unseen.join(" and ")));
        }
        (!told.is_empty()).then(|| format!("read with {}", told.join(", and ")))
    }
}
