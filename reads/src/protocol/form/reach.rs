//! Whether a question can ever be asked: its conditions, and those of the questions they look at, must be able to hold at once.

use super::{Question, QuestionKind, Test};
use std::collections::{BTreeMap, BTreeSet};
use tiresias_words::QuestionId;

/// What one answer may still be.
enum Left<'a> {
    /// One of these options.
    Options(Vec<&'a str>),
    /// A number between these.
    Numbers(i32, i32),
}

/// Why a question is never asked, as the end of a sentence; `None` when it can be. `questions` are all of the form; conditions look only at earlier ones.
pub(super) fn never_asked(questions: &[Question], question: &Question) -> Option<String> {
    let mut left = BTreeMap::new();
    narrowed(questions, question, &mut left, &mut BTreeSet::new())
}

/// Narrows what the answers may be by the conditions of a question, and gives the first that nothing is left of. Each question is looked into once: by every way
/// that leads to it there would be more ways than anybody can wait for.
fn narrowed<'a>(
    questions: &'a [Question],
    question: &'a Question,
    left: &mut BTreeMap<&'a QuestionId, Left<'a>>,
    seen: &mut BTreeSet<&'a QuestionId>,
) -> Option<String> {
    for when in &question.when {
        let asked = questions.iter().find(|q| q.id == when.question)?;
        let entry = left.entry(&asked.id).or_insert_with(|| whole(&asked.kind));
        let is_empty = match (&when.test, &mut *entry) {
            // Of several options that are taken, each condition may hold by another one.
            (Test::Is(keys), Left::Options(_)) if matches!(asked.kind, QuestionKind::Choices(_)) => keys.is_empty(),
            (Test::Is(keys), Left::Options(options)) => {
                options.retain(|o| keys.iter().any(|k| k == o));
                options.is_empty()
            }
            (Test::Within(min, max), Left::Numbers(low, high)) => {
                (*low, *high) = ((*low).max(*min), (*high).min(*max));
                low > high
            }
            (Test::Within(min, max), Left::Options(options)) => {
                let score = |key: &str| asked.kind.options().iter().find(|o| o.key == key).and_then(|o| o.score);
                options.retain(|o| score(o).is_some_and(|s| (*min..=*max).contains(&s)));
                options.is_empty()
            }
            (Test::Is(_), Left::Numbers(..)) => true,
        };
        if is_empty {
            return Some(format!("no answer to \"{}\" meets all of its conditions", asked.id));
        }
        if seen.insert(&asked.id)
            && let Some(found) = narrowed(questions, asked, left, seen)
        {
            return Some(found);
        }
    }
    None
}

fn whole(kind: &QuestionKind) -> Left<'_> {
    match kind {
        QuestionKind::Choice(options) | QuestionKind::Choices(options) => Left::Options(options.iter().map(|o| o.key.as_str()).collect()),
        QuestionKind::Scale(scale) => Left::Numbers(scale.min(), scale.max()),
        QuestionKind::Number(kind) => Left::Numbers(kind.min, kind.max),
        QuestionKind::Text(_) => Left::Options(Vec::new()),
    }
}
