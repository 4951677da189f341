//! `protocol.toml` as written: the shape of the file, every key named, nothing checked beyond types.
//!
//! Each value that can be wrong keeps its place in the text, so that a finding can name the line.
//! Refuses: unknown keys, newer versions, texts over 1 MiB.

mod display;
mod form;
mod plan;

pub(super) use display::{CellDraft, DisplayDraft, HangingDraft, PresetDraft};
pub(super) use form::{
    KeyedDraft, MarksDraft, NotEvaluableDraft, OperandDraft, OptionDraft, QuestionDraft, RuleDraft, ScaleDraft, WhenDraft,
};
pub(super) use plan::{
    AdjudicationDraft, AiDraft, AnalysisDraft, AssignmentDraft, ConditionDraft, DiscordanceDraft, EnvironmentDraft, OrderDraft,
    RepeatsDraft, SessionsDraft, TrainingDraft,
};

use super::{Finding, PROTOCOL_VERSION};
use crate::shown::shown;
use serde::Deserialize;
use toml::Spanned;

/// More than any charter; less than what would take long to parse.
const MAX_BYTES: usize = 1 << 20;
/// As much as is repeated of what `toml` says: it quotes keys, of any length and with any characters.
const MAX_SAID: usize = 300;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    #[expect(dead_code, reason = "checked by `version_of` before the rest is read; named here because unknown keys are refused")]
    tiresias_protocol: i64,
    pub(super) study: StudyDraft,
    #[serde(default)]
    pub(super) condition: Vec<ConditionDraft>,
    #[serde(default)]
    pub(super) unit: Vec<KeyedDraft>,
    #[serde(default)]
    pub(super) question: Vec<QuestionDraft>,
    #[serde(default)]
    pub(super) rule: Vec<Spanned<RuleDraft>>,
    pub(super) not_evaluable: Option<Spanned<NotEvaluableDraft>>,
    pub(super) marks: Option<Spanned<MarksDraft>>,
    pub(super) display: DisplayDraft,
    #[serde(default)]
    pub(super) hanging: Vec<HangingDraft>,
    pub(super) order: OrderDraft,
    pub(super) sessions: Option<SessionsDraft>,
    pub(super) environment: Option<EnvironmentDraft>,
    pub(super) training: Option<Spanned<TrainingDraft>>,
    pub(super) repeats: Option<Spanned<RepeatsDraft>>,
    pub(super) assignment: Option<AssignmentDraft>,
    pub(super) adjudication: Option<Spanned<AdjudicationDraft>>,
    pub(super) analysis: Option<Spanned<AnalysisDraft>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StudyDraft {
    pub(super) id: Spanned<String>,
    pub(super) title: Spanned<String>,
    pub(super) paradigm: Spanned<String>,
    pub(super) unit: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) case_facts: Vec<Spanned<String>>,
}

/// The line, from 1, of a byte of the text.
pub(super) fn line_of(text: &str, byte: usize) -> usize {
    1 + text.bytes().take(byte).filter(|b| *b == b'\n').count()
}

/// Reads the shape of the file. The version is looked at first: a newer file may have any shape.
pub(super) fn draft(text: &str) -> Result<Draft, Finding> {
    if text.len() > MAX_BYTES {
        return Err(Finding { line: None, sentence: "The file is larger than 1 MiB; a protocol is a short text.".into() });
    }
    let finding = |e: &toml::de::Error| {
        // Its own line breaks are only between its clauses.
        let said = shown(&e.message().trim_end_matches('.').replace('\n', " "), MAX_SAID);
        Finding {
            line: e.span().map(|s| line_of(text, s.start)),
            sentence: format!("The text does not have the form of a protocol: {said}."),
        }
    };
    let version: Version = toml::from_str(text).map_err(|e| finding(&e))?;
    let about_version = |sentence: String| Err(Finding { line: None, sentence });
    match version.tiresias_protocol.as_ref().map(|v| (v.get_ref().as_integer(), v.span().start)) {
        Some((Some(PROTOCOL_VERSION), _)) => {}
        Some((Some(newer), at)) if newer > PROTOCOL_VERSION => {
            let sentence = format!(
                "The protocol has version {newer}, and this program reads version {PROTOCOL_VERSION}. Use the newer program that it was written for."
            );
            return Err(Finding { line: Some(line_of(text, at)), sentence });
        }
        Some((_, at)) => {
            let sentence = format!("`tiresias_protocol` is not a version that this program knows; write {PROTOCOL_VERSION}.");
            return Err(Finding { line: Some(line_of(text, at)), sentence });
        }
        None => return about_version(format!("This is not a protocol: the line `tiresias_protocol = {PROTOCOL_VERSION}` is missing.")),
    }
    toml::from_str(text).map_err(|e| finding(&e))
}

#[derive(Deserialize)]
struct Version {
    tiresias_protocol: Option<Spanned<toml::Value>>,
}
