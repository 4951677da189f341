//! The written shape of `[display]`, its presets, and `[[hanging]]`.

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct DisplayDraft {
    pub(in crate::protocol) layout: Spanned<String>,
    pub(in crate::protocol) interpolation: Spanned<String>,
    pub(in crate::protocol) first: Spanned<String>,
    pub(in crate::protocol) tools: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    pub(in crate::protocol) overlays: bool,
    #[serde(default)]
    pub(in crate::protocol) preset: Vec<PresetDraft>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct HangingDraft {
    pub(in crate::protocol) name: Spanned<String>,
    pub(in crate::protocol) layout: Spanned<String>,
    pub(in crate::protocol) row_sizes: Option<Spanned<Vec<u32>>>,
    pub(in crate::protocol) column_sizes: Option<Spanned<Vec<u32>>>,
    #[serde(default)]
    pub(in crate::protocol) cell: Vec<Spanned<CellDraft>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct CellDraft {
    pub(in crate::protocol) role: Option<Spanned<String>>,
    pub(in crate::protocol) modality: Option<Spanned<String>>,
    pub(in crate::protocol) laterality: Option<Spanned<String>>,
    pub(in crate::protocol) view: Option<Spanned<String>>,
    pub(in crate::protocol) body_part: Option<Spanned<String>>,
    pub(in crate::protocol) plane: Option<Spanned<String>>,
    pub(in crate::protocol) tomosynthesis: Option<bool>,
    pub(in crate::protocol) volume: Option<Spanned<bool>>,
    pub(in crate::protocol) cine: Option<bool>,
    pub(in crate::protocol) colour: Option<Spanned<bool>>,
    pub(in crate::protocol) at: Option<Spanned<[u32; 2]>>,
    pub(in crate::protocol) span: Option<Spanned<[u32; 2]>>,
    pub(in crate::protocol) shows: Option<Spanned<String>>,
    pub(in crate::protocol) window: Option<Spanned<String>>,
    pub(in crate::protocol) zoom: Option<Spanned<String>>,
    pub(in crate::protocol) slice: Option<Spanned<toml::Value>>,
    pub(in crate::protocol) turn: Option<Spanned<String>>,
    pub(in crate::protocol) side: Option<Spanned<String>>,
    pub(in crate::protocol) link: Option<Spanned<u8>>,
    #[serde(default)]
    pub(in crate::protocol) optional: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct PresetDraft {
    pub(in crate::protocol) name: Spanned<String>,
    pub(in crate::protocol) body_part: Option<Spanned<String>>,
    pub(in crate::protocol) center: f64,
    pub(in crate::protocol) width: f64,
    pub(in crate::protocol) function: Spanned<String>,
}
