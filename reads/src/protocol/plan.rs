//! How a study is carried out: order, sessions, training, hidden repeats and assignment.
//!
//! Owns the checked types and their checks. Who gets which case follows from them in [`crate::bundle`]; what may happen when, in [`crate::machine`].

use super::ConditionRule;
use super::check::{Checks, Words};
use super::text::{AssignmentDraft, EnvironmentDraft, OrderDraft, RepeatsDraft, SessionsDraft, TrainingDraft};
use tiresias_words::{Condition, ContentHash};
use toml::Spanned;

const MAX_GROUPS: u32 = 100;
const MAX_DAYS: u32 = 3650;
const MAX_MINUTES: u32 = 24 * 60;
const MAX_BUILDS: usize = 20;
const MAX_BUILD: usize = 200;
const MAX_REPEATS: u32 = 1000;
const MAX_ATTEMPTS: u32 = 10;
/// Pixels of a side of a screen that may be asked for.
const SCREENS: std::ops::RangeInclusive<u32> = 640..=16_384;

/// In which order a reader gets cases and conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// The order of the cases within a condition.
    pub cases: CaseOrder,
    /// The order of the conditions.
    pub conditions: ConditionOrder,
}

/// In which order the cases come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseOrder {
    /// As the desk lists them.
    Fixed,
    /// Shuffled, for each reader and condition anew.
    Shuffled {
        /// What the shuffle follows from, together with the desk's secret.
        seed: u64,
    },
}

/// In which order the conditions come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionOrder {
    /// As the protocol lists them, for every reader.
    Listed,
    /// By the rows of a Williams square (Williams 1949), so that every condition stands equally often in each period and follows each other one equally often.
    Counterbalanced {
        /// Into how many groups the cases are divided, each with a row of its own: 1 and all cases of a period are read under one condition.
        groups: u32,
        /// How the groups of one period follow each other.
        within: Within,
    },
}

/// How cases under different conditions follow each other in one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// One condition after the other.
    Blocked,
    /// Mixed, so that a case may come under another condition than the one before.
    Mixed,
}

/// When reading is possible, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sessions {
    /// Days between two independent reads of one case by one reader; `None` where the protocol does not say.
    pub washout_days: Option<u32>,
    /// Days in which a read is due, from the assignment, or from the end of its washout on; `None` where nothing is ever late.
    pub due_days: Option<u32>,
    /// A session is at most so long.
    pub longest_minutes: Option<u32>,
    /// After so long a reader is advised to take a break.
    pub break_after_minutes: Option<u32>,
    /// After so long without input the screen goes blank and the clock stands.
    pub idle_minutes: Option<u32>,
    /// The builds of the program that may be read with; empty is any.
    pub builds: Vec<String>,
}

/// What a workstation must be for a session to begin. What it is goes into the record whatever is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Workstation {
    /// The reader looks at the test pattern before each session, and sees all of it.
    pub pattern: bool,
    /// Width and height of the screen at least, physical pixels, whichever way it is turned.
    pub least_screen: Option<[u32; 2]>,
    /// The graphics adapter draws images whose bytes are known byte for byte.
    pub selftest: bool,
}

/// The training before the study: cases whose truth is shown afterwards, and a mark to reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    /// A rating from here on counts as positive.
    pub threshold: i32,
    /// The share of cases that must be right, above 0 and at most 1.
    pub pass: f64,
    /// How often it may be tried.
    pub attempts: u32,
    /// Whether the reader is told what each case was.
    pub feedback: bool,
}

/// Cases that a reader gets a second time without being told, under another code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeats {
    /// The condition of both reads.
    pub condition: Condition,
    /// How many cases.
    pub count: u32,
    /// At least so many other reads lie between.
    pub between: u32,
}

/// Who reads what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignment {
    /// Every reader reads every case under every condition.
    Crossed,
    /// Readers and cases are divided into so many groups, and each group of readers reads one group of cases under every condition.
    SplitPlot {
        /// How many groups.
        groups: u32,
    },
    /// As a table of the study desk says, which this hash pins.
    Matrix(ContentHash),
}

#[derive(Clone, Copy)]
enum CaseWord {
    Fixed,
    Shuffled,
}
#[derive(Clone, Copy)]
enum ConditionWord {
    Listed,
    Counterbalanced,
}
#[derive(Clone, Copy)]
enum DesignWord {
    Crossed,
    SplitPlot,
    Matrix,
}

const CASES: Words<CaseWord> = &[("shuffled", CaseWord::Shuffled), ("fixed", CaseWord::Fixed)];
const CONDITIONS: Words<ConditionWord> = &[("listed", ConditionWord::Listed), ("counterbalanced", ConditionWord::Counterbalanced)];
const WITHINS: Words<Within> = &[("blocked", Within::Blocked), ("mixed", Within::Mixed)];
const DESIGNS: Words<DesignWord> =
    &[("crossed", DesignWord::Crossed), ("split plot", DesignWord::SplitPlot), ("matrix", DesignWord::Matrix)];

impl Checks<'_> {
    pub(super) fn order(&mut self, draft: &OrderDraft, conditions: &[ConditionRule]) -> Option<Order> {
        let cases = match (self.word("The order", Some(&draft.kind), CASES)??, &draft.seed) {
            (CaseWord::Fixed, None) => CaseOrder::Fixed,
            (CaseWord::Fixed, Some(seed)) => {
                self.at(seed, "A fixed order has no `seed`; take it out, or write `kind = \"shuffled\"`.");
                return None;
            }
            (CaseWord::Shuffled, Some(seed)) => CaseOrder::Shuffled { seed: *seed.get_ref() },
            (CaseWord::Shuffled, None) => {
                self.at(&draft.kind, "A shuffled order needs a `seed`, so that it can be made again and checked.");
                return None;
            }
        };
        let word = self.word("The order of conditions", draft.conditions.as_ref(), CONDITIONS)?.unwrap_or(ConditionWord::Listed);
        let within = self.word("`within`", draft.within.as_ref(), WITHINS)?;
        let conditions = match word {
            ConditionWord::Listed => {
                let spans = [draft.groups.as_ref().map(Spanned::span), draft.within.as_ref().map(Spanned::span)];
                if let Some(span) = spans.into_iter().flatten().next() {
                    self.on_byte(
                        span.start,
                        "Conditions in the order of the list have no `groups` and no `within`; they belong to \"counterbalanced\".",
                    );
                }
                ConditionOrder::Listed
            }
            ConditionWord::Counterbalanced => {
                if let Some(word) = draft.conditions.as_ref().filter(|_| conditions.len() == 1) {
                    self.at(word, "There is one condition, so there is nothing to counterbalance: take `conditions` out.");
                }
                let groups = draft.groups.as_ref().map_or(1, |g| *g.get_ref());
                if let Some(groups) = draft.groups.as_ref().filter(|g| !(1..=MAX_GROUPS).contains(g.get_ref())) {
                    self.at(groups, format!("`groups` is not 1 to {MAX_GROUPS}."));
                }
                ConditionOrder::Counterbalanced { groups, within: within.unwrap_or(Within::Blocked) }
            }
        };
        Some(Order { cases, conditions })
    }

    pub(super) fn sessions(&mut self, draft: Option<&SessionsDraft>) -> Sessions {
        let Some(draft) = draft else { return Sessions::default() };
        let minutes = |checks: &mut Self, what: &str, draft: &Option<Spanned<u32>>| {
            if let Some(at) = draft.as_ref().filter(|m| !(1..=MAX_MINUTES).contains(m.get_ref())) {
                checks.at(at, format!("`{what}` is not 1 to {MAX_MINUTES} minutes."));
            }
            draft.as_ref().map(|m| *m.get_ref())
        };
        if let Some(days) = draft.washout_days.as_ref().filter(|d| *d.get_ref() > MAX_DAYS) {
            self.at(days, format!("`washout_days` is more than {MAX_DAYS} days."));
        }
        if let Some(days) = draft.due_days.as_ref().filter(|d| !(1..=MAX_DAYS).contains(d.get_ref())) {
            self.at(days, format!("`due_days` is not 1 to {MAX_DAYS} days."));
        }
        let longest_minutes = minutes(self, "longest_minutes", &draft.longest_minutes);
        let break_after_minutes = minutes(self, "break_after_minutes", &draft.break_after_minutes);
        if let (Some(longest), Some(pause), Some(at)) = (longest_minutes, break_after_minutes, &draft.break_after_minutes)
            && pause >= longest
        {
            self.at(at, "The advice to take a break comes after the session has ended: make it less than `longest_minutes`.");
        }
        // A rule that nothing keeps would be taken for one that is kept.
        let not_kept = "is not carried out by this version: take it out, so that nobody relies on it.";
        if let Some(minutes) = &draft.case_minutes {
            self.at(minutes, format!("`case_minutes` {not_kept}"));
        }
        if let Some(asks) = draft.pin_at_lock.as_ref().filter(|asks| *asks.get_ref()) {
            self.at(asks, format!("`pin_at_lock` {not_kept}"));
        }
        let mut builds = Vec::new();
        for build in draft.builds.iter().flat_map(Spanned::get_ref) {
            let Some(name) = self.words("The name of a build", build, MAX_BUILD) else { continue };
            if builds.contains(&name) {
                self.at(build, "This build is named twice.");
            }
            builds.push(name);
        }
        if let Some(list) = draft.builds.as_ref().filter(|b| b.get_ref().is_empty()) {
            self.at(list, "No build is permitted, so nobody could read: name one, or take `builds` out, which permits any.");
        }
        self.at_most("builds", builds.len(), MAX_BUILDS);
        Sessions {
            washout_days: draft.washout_days.as_ref().map(|d| *d.get_ref()),
            due_days: draft.due_days.as_ref().map(|d| *d.get_ref()),
            longest_minutes,
            break_after_minutes,
            idle_minutes: minutes(self, "idle_minutes", &draft.idle_minutes),
            builds,
        }
    }

    pub(super) fn workstation(&mut self, draft: Option<&EnvironmentDraft>) -> Workstation {
        let Some(draft) = draft else { return Workstation::default() };
        let least_screen = draft.least_screen.as_ref();
        if let Some(size) = least_screen.filter(|s| s.get_ref().iter().any(|n| !SCREENS.contains(n))) {
            self.at(
                size,
                format!("`least_screen` is the width and height of a screen in pixels, each {} to {}.", SCREENS.start(), SCREENS.end()),
            );
        }
        Workstation { pattern: draft.display_check, least_screen: least_screen.map(|s| *s.get_ref()), selftest: draft.selftest }
    }

    /// Reads of one case with and without AI must be kept apart, and somebody must have thought about how far.
    pub(super) fn washout(&mut self, sessions: &Sessions, conditions: &[ConditionRule]) {
        let shows_ai = |c: &ConditionRule| c.ai.parts().is_some();
        if conditions.len() > 1 && conditions.iter().any(shows_ai) && sessions.washout_days.is_none() {
            let say = "Cases are read under several conditions, some with AI, and nothing says how many days lie between: write `washout_days` under `[sessions]`, 0 for none.";
            self.find(None, say);
        }
    }

    pub(super) fn training(&mut self, draft: &Spanned<TrainingDraft>, rating: Option<(i32, i32)>) -> Option<Training> {
        let TrainingDraft { threshold, pass, attempts, feedback } = draft.get_ref();
        if let Some((min, max)) = rating
            && !(min < *threshold.get_ref() && *threshold.get_ref() <= max)
        {
            self.at(
                threshold,
                format!(
                    "`threshold` must be above {min} and at most {max}, the ends of the rating: otherwise every answer falls on one side."
                ),
            );
        }
        let share = *pass.get_ref();
        if !(share > 0.0 && share <= 1.0) {
            self.at(pass, "`pass` is a share of the training cases: above 0 and at most 1.");
        }
        if let Some(wrong) = attempts.as_ref().filter(|a| !(1..=MAX_ATTEMPTS).contains(a.get_ref())) {
            self.at(wrong, format!("`attempts` is not 1 to {MAX_ATTEMPTS}."));
        }
        let attempts = attempts.as_ref().map_or(1, |a| *a.get_ref());
        Some(Training { threshold: *threshold.get_ref(), pass: share, attempts, feedback: *feedback })
    }

    pub(super) fn repeats(&mut self, draft: &Spanned<RepeatsDraft>, conditions: &[ConditionRule]) -> Option<Repeats> {
        let RepeatsDraft { condition, count, between } = draft.get_ref();
        let known = conditions.iter().find(|c| c.id.as_str() == condition.get_ref());
        if known.is_none() {
            self.at(condition, "There is no condition of this id, so nothing could be read twice in it.");
        }
        if !(1..=MAX_REPEATS).contains(count.get_ref()) {
            self.at(count, format!("`count` of repeats is not 1 to {MAX_REPEATS}."));
        }
        let between = between.as_ref().map_or(0, |b| *b.get_ref());
        Some(Repeats { condition: known?.id.clone(), count: *count.get_ref(), between })
    }

    pub(super) fn assignment(&mut self, draft: Option<&AssignmentDraft>) -> Option<Assignment> {
        let Some(draft) = draft else { return Some(Assignment::Crossed) };
        let design = self.word("The design", Some(&draft.design), DESIGNS)??;
        if let Some(groups) = draft.groups.as_ref().filter(|_| !matches!(design, DesignWord::SplitPlot)) {
            self.at(groups, "`groups` belong to the design \"split plot\".");
        }
        if let Some(hash) = draft.matrix_sha256.as_ref().filter(|_| !matches!(design, DesignWord::Matrix)) {
            self.at(hash, "`matrix_sha256` belongs to the design \"matrix\".");
        }
        match design {
            DesignWord::Crossed => Some(Assignment::Crossed),
            DesignWord::SplitPlot => match &draft.groups {
                Some(groups) if (2..=MAX_GROUPS).contains(groups.get_ref()) => Some(Assignment::SplitPlot { groups: *groups.get_ref() }),
                Some(groups) => {
                    self.at(groups, format!("`groups` is not 2 to {MAX_GROUPS}."));
                    None
                }
                None => {
                    self.at(&draft.design, "A split plot needs `groups`: into how many groups readers and cases are divided.");
                    None
                }
            },
            DesignWord::Matrix => match &draft.matrix_sha256 {
                Some(hash) => self.fits(hash, hash.get_ref().parse::<ContentHash>()).map(Assignment::Matrix),
                None => {
                    self.at(&draft.design, "The design \"matrix\" needs `matrix_sha256`, the hash of the table that the study desk keeps.");
                    None
                }
            },
        }
    }
}
