//! A read again as it was looked at: from the record to what was on the screen at any time of its reading clock, and to a summary of it.
//!
//! Owns who may replay a read, which reads there are, and how the glimpses of a record lie on the reading clock, which stands while the images are out of sight.
//! Refuses: pixels; and to open anything sealed: of the AI a replay says whether it was on the screen, and never what it said.

mod summary;

pub use summary::{AiCourse, LayoutTime, SeriesCourse, Summary, ToolTime, Way, WindowTime, word};

use crate::accounts::{AccountError, Act, Thing, Unlocked, may_see};
use crate::closing::{ClosingError, DatabaseLock};
use crate::gathered::{Gathered, Told, Where};
use crate::hanging::Ready;
use crate::machine::{Fact, Glimpse, Illegal, State, evolve};
use crate::scene::Scene;
use crate::shown::shown;
use serde::Serialize;
use std::collections::BTreeMap;
use tiresias_words::{ContentHash, ReadId, ReaderId};

/// As many reads as a sentence names.
const MOST_NAMED: usize = 12;
/// As much as it repeats of a name that there is not.
const MAX_NAME: usize = 80;

/// Why there is no replay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A reader's folder.
    #[error("This is the folder of a reader, and reads are replayed at the study desk. Merge its results there, and replay them there.")]
    ReadersFolder,
    /// A study with accounts, and nobody of them.
    #[error(
        "This study has accounts, and what readers looked at is for auditors and, after the database lock, statisticians and data managers. Say who you are with `--as ID`."
    )]
    NobodySignedIn,
    /// Reading is not closed.
    #[error(
        "Reading is not closed, and until then what readers looked at is for auditors alone. Two people close it with `tiresias study lock`."
    )]
    Open,
    /// Not for this account.
    #[error("{0}")]
    Account(#[from] AccountError),
    /// The database lock cannot be read.
    #[error("{0}")]
    Closing(Box<ClosingError>),
    /// The record does not follow from itself.
    #[error("A record cannot be replayed: {0}. Run `tiresias verify` on it.")]
    Record(#[from] Illegal),
    /// Nobody looked at anything.
    #[error("Nothing was read here yet, so there is nothing to replay.")]
    Nothing,
    /// No such read, or none was named.
    #[error("{asked}: name a read with `--read`, as READER/CASE/CONDITION/REPEAT. There are {known}.")]
    NoSuchRead {
        /// What is wrong with what was asked for, as the beginning of a sentence.
        asked: String,
        /// Those that there are.
        known: String,
    },
    /// A time that it does not have.
    #[error("The read was looked at for {} s, pauses left out, so there is nothing at {} s. Name a time from 0 to that.", seconds(*.of), seconds(*.asked))]
    NoSuchTime {
        /// What was asked for, milliseconds.
        asked: u64,
        /// How long it was, milliseconds.
        of: u64,
    },
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// What was looked at in one read.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    read: ReadId,
    package: ContentHash,
    file: Option<ContentHash>,
    parts: Vec<Part>,
    revealed_ms: Option<u64>,
    findings_ms: Option<u64>,
}

/// From images that were shown until they went out of sight. Times are of the reading clock.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    from_ms: u64,
    until_ms: u64,
    /// The case was opened again since the part before.
    afresh: bool,
    glimpses: Vec<Glimpse>,
}

/// What the reader had of the AI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AiSeen {
    /// It was not revealed by then, or never.
    NotRevealed,
    /// Revealed, and not on the screen yet.
    Revealed,
    /// On the screen.
    On,
    /// Switched off.
    Off,
    /// Away while a key was held.
    Away,
}

impl AiSeen {
    /// What a line says of it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotRevealed => "the AI was not revealed",
            Self::Revealed => "the AI was revealed and not on the screen yet",
            Self::On => "the AI was on the screen (a replay never draws it)",
            Self::Off => "the AI was switched off",
            Self::Away => "the AI was away while a key was held",
        }
    }
}

/// What was on the screen at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Panes, windows, cameras.
    pub scene: Scene,
    /// What there was of the AI.
    pub ai: AiSeen,
}

/// Whether reads may be replayed here. Where a study has accounts it is for auditors, and after the database lock for statisticians and data managers; in the
/// folder of a reader it is for nobody; a study without accounts is nobody's secret.
///
/// # Errors
/// [`ReplayError`].
pub fn may_replay(gathered: &Gathered, keys: Option<&Unlocked>) -> Result<(), ReplayError> {
    if matches!(gathered.place(), Where::Workstation { has_seats: true }) {
        return Err(ReplayError::ReadersFolder);
    }
    if gathered.accounts().iter().next().is_none() {
        return Ok(());
    }
    let keys = keys.ok_or(ReplayError::NobodySignedIn)?;
    keys.may(Act::Replay)?;
    let lock = DatabaseLock::open(gathered.root(), gathered.accounts()).map_err(|e| ReplayError::Closing(Box::new(e)))?;
    let is_closed = lock.is_some_and(|lock| lock.is_closed());
    if may_see(keys.kind(), Thing::Behaviour, is_closed) { Ok(()) } else { Err(ReplayError::Open) }
}

/// What was looked at in a read, named as READER/CASE/CONDITION/REPEAT; without a name the error says which there are.
///
/// # Errors
/// [`ReplayError`].
pub fn course(trail: &[Told], read: Option<&str>) -> Result<Course, ReplayError> {
    let mut all = courses(trail)?;
    let known: Vec<String> = all.keys().map(ToString::to_string).collect();
    let found = all.keys().find(|id| read == Some(id.to_string().as_str())).cloned();
    match found.and_then(|id| all.remove(&id)) {
        Some(course) => Ok(course),
        None if known.is_empty() => Err(ReplayError::Nothing),
        None => {
            let more = known.len().saturating_sub(MOST_NAMED);
            let named = known.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            Err(ReplayError::NoSuchRead {
                asked: read.map_or_else(
                    || "No read was named".to_owned(),
                    |read| format!("There is no read \"{}\" to replay", shown(read, MAX_NAME)),
                ),
                known: if more == 0 { named } else { format!("{named} and {more} more") },
            })
        }
    }
}

/// Every read in which images were shown.
fn courses(trail: &[Told]) -> Result<BTreeMap<ReadId, Course>, ReplayError> {
    let mut all: BTreeMap<ReadId, Course> = BTreeMap::new();
    let mut readers: BTreeMap<(Option<ContentHash>, ReaderId), (State, bool)> = BTreeMap::new();
    for Told { file, recorded } in trail {
        let event = &recorded.event;
        let (before, mut afresh) =
            readers.remove(&(*file, event.reader().clone())).unwrap_or_else(|| (State::new(event.reader().clone()), true));
        let open = before.open().map(|draft| draft.read().clone());
        let state = evolve(before, event)?;
        let spent = |read: &ReadId| {
            let draft = state.draft().filter(|draft| draft.read() == read).map(crate::machine::Draft::reading_ms);
            draft.or_else(|| state.locked().iter().find(|l| l.read() == read).map(crate::machine::Locked::reading_ms))
        };
        match (event.fact(), state.open()) {
            (Fact::CaseOpened { .. } | Fact::AmendmentOpened { .. }, _) => afresh = true,
            (Fact::ImagesShown, Some(draft)) => {
                let (read, now) = (draft.read().clone(), draft.reading_ms());
                let course = all.entry(read.clone()).or_insert_with(|| Course {
                    // AI that is there from the first view on was revealed before the images were visible.
                    revealed_ms: draft.revealed().map(|_| now),
                    findings_ms: draft.findings().map(|_| now),
                    ..Course::begun(read, draft.package(), *file)
                });
                if course.file == *file {
                    course.parts.push(Part { from_ms: now, until_ms: now, afresh: std::mem::take(&mut afresh), glimpses: Vec::new() });
                }
            }
            _ => {}
        }
        // What happened in a read happened in its last part, and its end is where the clock is.
        if let Some(course) = open.and_then(|read| all.get_mut(&read)).filter(|course| course.file == *file) {
            let now = spent(&course.read);
            match event.fact() {
                Fact::AiRevealed { .. } => course.revealed_ms = now,
                Fact::FindingsShown { .. } => course.findings_ms = course.findings_ms.or(now),
                _ => {}
            }
            if let (Some(part), Some(now)) = (course.parts.last_mut(), now) {
                // Time that was none comes off again.
                part.until_ms = now.max(part.from_ms);
                if let Fact::Viewed { glimpses } = event.fact() {
                    part.glimpses.extend_from_slice(glimpses);
                }
            }
        }
        readers.insert((*file, event.reader().clone()), (state, afresh));
    }
    Ok(all)
}

impl Course {
    const fn begun(read: ReadId, package: ContentHash, file: Option<ContentHash>) -> Self {
        Self { read, package, file, parts: Vec::new(), revealed_ms: None, findings_ms: None }
    }
    /// Of which read.
    #[must_use]
    pub const fn read(&self) -> &ReadId {
        &self.read
    }
    /// The images.
    #[must_use]
    pub const fn package(&self) -> ContentHash {
        self.package
    }
    /// How long the images were in sight, milliseconds.
    #[must_use]
    pub fn length_ms(&self) -> u64 {
        self.parts.last().map_or(0, |part| part.until_ms)
    }

    /// What was on the screen so long after the images were first shown, pauses left out. `series`: those of the package, in order of their roles.
    ///
    /// # Errors
    /// [`ReplayError::NoSuchTime`].
    pub fn at(&self, ms: u64, series: &[Ready<'_>]) -> Result<Seen, ReplayError> {
        if ms > self.length_ms() {
            return Err(ReplayError::NoSuchTime { asked: ms, of: self.length_ms() });
        }
        let mut scene = Scene::empty(series);
        let last = self.parts.iter().rposition(|part| part.from_ms <= ms).unwrap_or(0);
        for (i, part) in self.parts.iter().enumerate().take(last + 1) {
            if part.afresh {
                scene = Scene::empty(series);
            }
            let seen = part.glimpses.iter().take_while(|g| i < last || part.time_of(g) <= ms);
            seen.for_each(|g| scene.apply(&g.view, series));
        }
        let ai = self.ai(ms, &scene);
        Ok(Seen { scene, ai })
    }

    fn ai(&self, ms: u64, scene: &Scene) -> AiSeen {
        let is_past = |at: Option<u64>| at.is_some_and(|at| at <= ms);
        match (is_past(self.revealed_ms), is_past(self.findings_ms)) {
            (false, _) => AiSeen::NotRevealed,
            (true, false) => AiSeen::Revealed,
            (true, true) if scene.ai_off => AiSeen::Off,
            (true, true) if scene.ai_away => AiSeen::Away,
            (true, true) => AiSeen::On,
        }
    }

    /// Calls with every stretch of time in which nothing changed, in order: its beginning and end on the reading clock, what was on the screen, and how often the
    /// case had been opened.
    fn walk(&self, series: &[Ready<'_>], mut each: impl FnMut(u64, u64, &Scene, u32)) {
        let mut scene = Scene::empty(series);
        let mut opened = 0;
        // Where the AI came and went is a change too.
        let events = [self.revealed_ms, self.findings_ms];
        let mut stretch = |from: u64, until: u64, scene: &Scene, opened: u32| {
            let mut cuts: Vec<u64> = events.iter().flatten().copied().filter(|at| (from + 1..until).contains(at)).collect();
            cuts.sort_unstable();
            let ends = cuts.into_iter().chain([until]);
            ends.fold(from, |from, until| {
                if until > from {
                    each(from, until, scene, opened);
                }
                until
            });
        };
        for part in &self.parts {
            if part.afresh {
                (scene, opened) = (Scene::empty(series), opened + 1);
            }
            let mut now = part.from_ms;
            for glimpse in &part.glimpses {
                let at = part.time_of(glimpse).clamp(now, part.until_ms.max(now));
                stretch(now, at, &scene, opened);
                now = at;
                scene.apply(&glimpse.view, series);
            }
            stretch(now, part.until_ms, &scene, opened);
        }
    }
}

impl Part {
    fn time_of(&self, glimpse: &Glimpse) -> u64 {
        self.from_ms.saturating_add(u64::from(glimpse.at_ms))
    }
}
