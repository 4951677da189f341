//! `[marks]`: what a mark is, how many there may be, and how each is rated.

use super::check::Checks;
use super::form::{Reason, Scale};
use super::text::MarksDraft;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const MAX_MARKS: u32 = 1000;
const MAX_CLASSES: usize = 40;

/// What a mark is and how many there may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkRules {
    /// What the reader calls a marked thing ("Nodule").
    pub label: String,
    /// The forms that a mark may have; at least one.
    pub kinds: Vec<MarkKind>,
    /// At least so many marks in a read.
    pub min: u32,
    /// At most so many.
    pub max: u32,
    /// What a mark can be said to be; empty when that is not asked.
    pub classes: Vec<Reason>,
    /// How a mark is rated. A mark without a rating keeps a read from being locked.
    pub rating: Scale,
}

/// The form of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// A position.
    Point,
    /// An ellipse.
    Ellipse,
    /// A box.
    Box,
    /// A line drawn by hand.
    Freehand,
    /// A polygon.
    Polygon,
    /// A longest diameter and the one across it.
    Bidimensional,
}

const KINDS: &[(&str, MarkKind)] = &[
    ("point", MarkKind::Point),
    ("ellipse", MarkKind::Ellipse),
    ("box", MarkKind::Box),
    ("freehand", MarkKind::Freehand),
    ("polygon", MarkKind::Polygon),
    ("bidimensional", MarkKind::Bidimensional),
];

impl Checks<'_> {
    pub(super) fn marks(&mut self, draft: &MarksDraft) -> Option<MarkRules> {
        let label = self.words("The label of marks", &draft.label, 40);
        let max = *draft.max.get_ref();
        if max == 0 || max > MAX_MARKS {
            self.at(&draft.max, format!("`max` of marks is not 1 to {MAX_MARKS}."));
        }
        let min = draft.min.as_ref().map_or(0, |m| *m.get_ref());
        if let Some(at) = draft.min.as_ref().filter(|_| min > max) {
            self.at(at, format!("At least {min} marks and at most {max}: `min` must not be above `max`."));
        }
        let mut kinds = Vec::new();
        for word in draft.kinds.iter().flat_map(toml::Spanned::get_ref) {
            let Some(Some(kind)) = self.word("The kind of marks", Some(word), KINDS) else { continue };
            if kinds.contains(&kind) {
                self.at(word, format!("The kind of marks {:?} is named twice.", word.get_ref()));
            }
            kinds.push(kind);
        }
        if let Some(empty) = draft.kinds.as_ref().filter(|k| k.get_ref().is_empty()) {
            self.at(empty, "No kind of mark is allowed: name one, or take `kinds` out, which means points.");
        }
        if kinds.is_empty() {
            kinds.push(MarkKind::Point);
        }
        let classes = draft.classes.as_ref().map_or_else(|| Some(Vec::new()), |c| self.keyed("class", c, 2..=MAX_CLASSES));
        let rating = self.scale("The rating of marks", &draft.rating, draft.rating.get_ref());
        let classes = classes?.into_iter().map(|(key, label)| Reason { key, label }).collect();
        Some(MarkRules { label: label?, kinds, min, max, classes, rating: rating? })
    }

    /// A list of things with a key and a label, as many as `range`; `what` is the word for one of them.
    pub(super) fn keyed(
        &mut self,
        what: &str,
        list: &toml::Spanned<Vec<super::text::KeyedDraft>>,
        range: std::ops::RangeInclusive<usize>,
    ) -> Option<Vec<(String, String)>> {
        let count = list.get_ref().len();
        if !range.contains(&count) {
            self.at(list, format!("There are {count} of these; {} to {} are carried out.", range.start(), range.end()));
        }
        let mut seen = BTreeSet::new();
        let mut checked = Vec::new();
        for draft in list.get_ref() {
            let key = self.name(&format!("The key of a {what}"), &draft.key);
            let label = self.words(&format!("The label of a {what}"), &draft.label, 60);
            let (Some(key), Some(label)) = (key, label) else { continue };
            if !seen.insert(key.clone()) {
                self.at(&draft.key, format!("The {what} \"{key}\" is there twice; give each its own key."));
            }
            checked.push((key, label));
        }
        (checked.len() == count).then_some(checked)
    }
}
