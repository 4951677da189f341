//! `[[condition]]`: under what readers read, and when and how AI is shown in it.

use super::check::{Checks, Words};
use super::text::{AiDraft, ConditionDraft};
use std::collections::BTreeSet;
use tiresias_words::Condition;
use toml::Spanned;

const MAX_CONDITIONS: usize = 20;
/// Names that mean something else to the programs that read exports (notes/mrmc.md 1.1).
const RESERVED: [&str; 2] = ["truth", "NO_MOD"];

/// A condition that readers read under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionRule {
    /// The name that exports use (MRMC: modality).
    pub id: Condition,
    /// What the reader sees.
    pub label: String,
    /// When and how AI is shown.
    pub ai: Ai,
}

/// When AI is shown in a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ai {
    /// Never.
    Hidden,
    /// From the first view on.
    Concurrent(AiParts),
    /// After the read was locked without it. The reader may revise then, and locks again.
    Sequential {
        /// The name under which exports know what was locked before the AI was shown.
        before: Condition,
        /// What is shown of it.
        parts: AiParts,
    },
    /// When the reader asks for it.
    OnRequest(AiParts),
}

/// What is shown of the AI's findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AiParts {
    /// Where a finding is.
    pub outline: bool,
    /// How sure the AI is.
    pub score: bool,
    /// Above which score a finding is shown.
    pub threshold: bool,
    /// What the product is called.
    pub name: bool,
    /// What it says that a finding is.
    pub class: bool,
    /// Probabilities voxel by voxel, as a layer that the reader switches on.
    pub heat_map: bool,
    /// Whether the reader says of each finding, before the lock, if they agree.
    pub judged: bool,
}

impl Ai {
    /// What is shown of the findings; `None` when nothing ever is.
    #[must_use]
    pub const fn parts(&self) -> Option<AiParts> {
        match self {
            Self::Hidden => None,
            Self::Concurrent(parts) | Self::OnRequest(parts) | Self::Sequential { parts, .. } => Some(*parts),
        }
    }
    /// The name of what is locked before the AI is shown, where that is a score of its own.
    #[must_use]
    pub const fn before(&self) -> Option<&Condition> {
        match self {
            Self::Sequential { before, .. } => Some(before),
            Self::Hidden | Self::Concurrent(_) | Self::OnRequest(_) => None,
        }
    }
}

#[derive(Clone, Copy)]
enum Mode {
    Hidden,
    Concurrent,
    Sequential,
    OnRequest,
}

const MODES: Words<Mode> =
    &[("hidden", Mode::Hidden), ("concurrent", Mode::Concurrent), ("sequential", Mode::Sequential), ("on request", Mode::OnRequest)];

impl Checks<'_> {
    pub(super) fn conditions(&mut self, drafts: &[ConditionDraft]) -> Vec<ConditionRule> {
        self.at_most("conditions", drafts.len(), MAX_CONDITIONS);
        if drafts.is_empty() {
            self.find(None, "There is no `[[condition]]`; a study has at least one.");
        }
        let mut seen = BTreeSet::new();
        let mut rules = Vec::new();
        for draft in drafts {
            let id = self.condition_id(&draft.id, &mut seen);
            let label = match &draft.label {
                Some(label) => self.words("The condition's label", label, 40),
                None => id.as_ref().map(ToString::to_string),
            };
            let ai = match &draft.ai {
                None => Some(Ai::Hidden),
                Some(ai) => self.ai(ai, &mut seen),
            };
            if let (Some(id), Some(label), Some(ai)) = (id, label, ai) {
                rules.push(ConditionRule { id, label, ai });
            }
        }
        rules
    }

    /// A name that exports use: of its own among all, and nobody else's.
    fn condition_id(&mut self, draft: &Spanned<String>, seen: &mut BTreeSet<Condition>) -> Option<Condition> {
        let id = self.name("The condition's id", draft)?;
        let id = self.fits(draft, Condition::new(id))?;
        if RESERVED.contains(&id.as_str()) {
            self.at(draft, format!("No condition can be called \"{id}\": analysis programs take it for something else."));
        }
        if !seen.insert(id.clone()) {
            self.at(draft, format!("There are two conditions \"{id}\"; give each its own id."));
        }
        Some(id)
    }

    fn ai(&mut self, draft: &Spanned<AiDraft>, seen: &mut BTreeSet<Condition>) -> Option<Ai> {
        let AiDraft { mode, before, show, judge } = draft.get_ref();
        let found = self.word("The mode of AI", Some(mode), MODES)??;
        if let Some(before) = before.as_ref().filter(|_| !matches!(found, Mode::Sequential)) {
            self.at(before, "`before` names what is locked before the AI is shown; only the mode \"sequential\" has that.");
        }
        if let Mode::Hidden = found {
            if let Some(show) = show {
                self.at(show, "AI that is hidden shows nothing: take `show` out, or write another mode.");
            }
            if judge.is_some() {
                self.at(draft, "AI that is hidden is judged by nobody: take `judge` out, or write another mode.");
            }
            return Some(Ai::Hidden);
        }
        let Some(show) = show else {
            self.at(draft, "This condition shows AI, and `show` does not say what of it: name some of \"outline\", \"score\", \"threshold\", \"name\", \"class\", \"heat map\".");
            return None;
        };
        // Whoever is shown findings is asked about each, unless the protocol says otherwise.
        let mut parts = AiParts { judged: judge.unwrap_or(true), ..AiParts::default() };
        for word in show.get_ref() {
            let part = match word.get_ref().as_str() {
                "outline" => &mut parts.outline,
                "score" => &mut parts.score,
                "threshold" => &mut parts.threshold,
                "name" => &mut parts.name,
                "class" => &mut parts.class,
                "heat map" => &mut parts.heat_map,
                _ => {
                    self.at(word, "This is no part of AI that can be shown; write \"outline\", \"score\", \"threshold\", \"name\", \"class\" or \"heat map\".");
                    continue;
                }
            };
            if std::mem::replace(part, true) {
                self.at(word, format!("{:?} is named twice.", word.get_ref()));
            }
        }
        if !parts.outline && !parts.score {
            self.at(
                show,
                "This condition shows neither outlines nor scores of the AI, so the reader would see nothing of it. Name one of them.",
            );
        }
        match (found, before) {
            (Mode::Concurrent, _) => Some(Ai::Concurrent(parts)),
            (Mode::OnRequest, _) => Some(Ai::OnRequest(parts)),
            (Mode::Sequential, Some(before)) => Some(Ai::Sequential { before: self.condition_id(before, seen)?, parts }),
            (Mode::Sequential, None) => {
                self.at(draft, "A sequential read has two scores: give the first a name for exports, as in `before = \"unaided\"`.");
                None
            }
            (Mode::Hidden, _) => Some(Ai::Hidden),
        }
    }
}
