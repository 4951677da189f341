//! `protocol.toml` as written: the shape of the file, every key named, nothing checked beyond types.
//!
//! Each value that can be wrong keeps its place in the text, so that a finding can name the line.
//! Refuses: unknown keys, newer versions, texts over 1 MiB.

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
    pub(super) question: Vec<QuestionDraft>,
    pub(super) marks: Option<Spanned<MarksDraft>>,
    pub(super) display: DisplayDraft,
    #[serde(default)]
    pub(super) hanging: Vec<HangingDraft>,
    pub(super) order: OrderDraft,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StudyDraft {
    pub(super) id: Spanned<String>,
    pub(super) title: Spanned<String>,
    pub(super) paradigm: Spanned<String>,
    #[serde(default)]
    pub(super) case_facts: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionDraft {
    pub(super) id: Spanned<String>,
    pub(super) label: Option<Spanned<String>>,
    pub(super) ai: Option<Spanned<toml::Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionDraft {
    pub(super) id: Spanned<String>,
    pub(super) text: Spanned<String>,
    pub(super) kind: Spanned<String>,
    pub(super) required: bool,
    #[serde(default)]
    pub(super) rating: bool,
    pub(super) min: Option<Spanned<i32>>,
    pub(super) max: Option<Spanned<i32>>,
    pub(super) low: Option<Spanned<String>>,
    pub(super) high: Option<Spanned<String>>,
    pub(super) options: Option<Spanned<Vec<OptionDraft>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionDraft {
    pub(super) key: Spanned<String>,
    pub(super) label: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MarksDraft {
    pub(super) label: Spanned<String>,
    pub(super) max: Spanned<u32>,
    pub(super) rating: Spanned<ScaleDraft>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScaleDraft {
    pub(super) min: Option<Spanned<i32>>,
    pub(super) max: Option<Spanned<i32>>,
    pub(super) low: Option<Spanned<String>>,
    pub(super) high: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DisplayDraft {
    pub(super) layout: Spanned<String>,
    pub(super) interpolation: Spanned<String>,
    pub(super) first: Spanned<String>,
    pub(super) tools: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    pub(super) overlays: bool,
    #[serde(default)]
    pub(super) preset: Vec<PresetDraft>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HangingDraft {
    pub(super) name: Spanned<String>,
    pub(super) layout: Spanned<String>,
    pub(super) row_sizes: Option<Spanned<Vec<u32>>>,
    pub(super) column_sizes: Option<Spanned<Vec<u32>>>,
    #[serde(default)]
    pub(super) cell: Vec<Spanned<CellDraft>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CellDraft {
    pub(super) role: Option<Spanned<String>>,
    pub(super) modality: Option<Spanned<String>>,
    pub(super) laterality: Option<Spanned<String>>,
    pub(super) view: Option<Spanned<String>>,
    pub(super) body_part: Option<Spanned<String>>,
    pub(super) plane: Option<Spanned<String>>,
    pub(super) tomosynthesis: Option<bool>,
    pub(super) volume: Option<Spanned<bool>>,
    pub(super) cine: Option<bool>,
    pub(super) colour: Option<Spanned<bool>>,
    pub(super) at: Option<Spanned<[u32; 2]>>,
    pub(super) span: Option<Spanned<[u32; 2]>>,
    pub(super) shows: Option<Spanned<String>>,
    pub(super) window: Option<Spanned<String>>,
    pub(super) zoom: Option<Spanned<String>>,
    pub(super) slice: Option<Spanned<toml::Value>>,
    pub(super) turn: Option<Spanned<String>>,
    pub(super) side: Option<Spanned<String>>,
    pub(super) link: Option<Spanned<u8>>,
    #[serde(default)]
    pub(super) optional: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PresetDraft {
    pub(super) name: Spanned<String>,
    pub(super) body_part: Option<Spanned<String>>,
    pub(super) center: f64,
    pub(super) width: f64,
    pub(super) function: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderDraft {
    pub(super) kind: Spanned<String>,
    pub(super) seed: Option<Spanned<u64>>,
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
