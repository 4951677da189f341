//! The written shape of the form: units, questions, rules, reasons why something cannot be evaluated, marks.

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct KeyedDraft {
    pub(in crate::protocol) key: Spanned<String>,
    pub(in crate::protocol) label: Spanned<String>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct QuestionDraft {
    pub(in crate::protocol) id: Spanned<String>,
    pub(in crate::protocol) text: Spanned<String>,
    pub(in crate::protocol) kind: Spanned<String>,
    pub(in crate::protocol) per: Option<Spanned<String>>,
    pub(in crate::protocol) required: bool,
    #[serde(default)]
    pub(in crate::protocol) rating: bool,
    #[serde(default)]
    pub(in crate::protocol) when: Vec<Spanned<WhenDraft>>,
    pub(in crate::protocol) min: Option<Spanned<i32>>,
    pub(in crate::protocol) max: Option<Spanned<i32>>,
    pub(in crate::protocol) low: Option<Spanned<String>>,
    pub(in crate::protocol) high: Option<Spanned<String>>,
    pub(in crate::protocol) anchors: Option<Spanned<Vec<AnchorDraft>>>,
    pub(in crate::protocol) options: Option<Spanned<Vec<OptionDraft>>>,
    pub(in crate::protocol) many: Option<Spanned<bool>>,
    pub(in crate::protocol) decimals: Option<Spanned<u32>>,
    pub(in crate::protocol) suffix: Option<Spanned<String>>,
    pub(in crate::protocol) length: Option<Spanned<u32>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct AnchorDraft {
    pub(in crate::protocol) at: Spanned<i32>,
    pub(in crate::protocol) label: Spanned<String>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct OptionDraft {
    pub(in crate::protocol) key: Spanned<String>,
    pub(in crate::protocol) label: Spanned<String>,
    pub(in crate::protocol) score: Option<Spanned<i32>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct WhenDraft {
    pub(in crate::protocol) question: Spanned<String>,
    pub(in crate::protocol) is: Option<Spanned<Vec<Spanned<String>>>>,
    pub(in crate::protocol) at_least: Option<Spanned<i32>>,
    pub(in crate::protocol) at_most: Option<Spanned<i32>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct RuleDraft {
    pub(in crate::protocol) level: Spanned<String>,
    pub(in crate::protocol) left: Spanned<OperandDraft>,
    pub(in crate::protocol) is: Spanned<String>,
    pub(in crate::protocol) right: Spanned<OperandDraft>,
    pub(in crate::protocol) say: Spanned<String>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct OperandDraft {
    pub(in crate::protocol) question: Option<Spanned<String>>,
    pub(in crate::protocol) marks: Option<Spanned<String>>,
    pub(in crate::protocol) number: Option<Spanned<i32>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct NotEvaluableDraft {
    pub(in crate::protocol) per: Option<Spanned<String>>,
    pub(in crate::protocol) reasons: Spanned<Vec<KeyedDraft>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct MarksDraft {
    pub(in crate::protocol) label: Spanned<String>,
    pub(in crate::protocol) kinds: Option<Spanned<Vec<Spanned<String>>>>,
    pub(in crate::protocol) min: Option<Spanned<u32>>,
    pub(in crate::protocol) max: Spanned<u32>,
    pub(in crate::protocol) classes: Option<Spanned<Vec<KeyedDraft>>>,
    pub(in crate::protocol) rating: Spanned<ScaleDraft>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct ScaleDraft {
    pub(in crate::protocol) min: Option<Spanned<i32>>,
    pub(in crate::protocol) max: Option<Spanned<i32>>,
    pub(in crate::protocol) low: Option<Spanned<String>>,
    pub(in crate::protocol) high: Option<Spanned<String>>,
    pub(in crate::protocol) anchors: Option<Spanned<Vec<AnchorDraft>>>,
}
