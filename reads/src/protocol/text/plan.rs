//! The written shape of how a study is carried out: conditions, order, sessions, training, repeats, assignment, adjudication, analysis.

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct ConditionDraft {
    pub(in crate::protocol) id: Spanned<String>,
    pub(in crate::protocol) label: Option<Spanned<String>>,
    pub(in crate::protocol) ai: Option<Spanned<AiDraft>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct AiDraft {
    pub(in crate::protocol) mode: Spanned<String>,
    pub(in crate::protocol) before: Option<Spanned<String>>,
    pub(in crate::protocol) show: Option<Spanned<Vec<Spanned<String>>>>,
    pub(in crate::protocol) judge: Option<bool>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct OrderDraft {
    pub(in crate::protocol) kind: Spanned<String>,
    pub(in crate::protocol) seed: Option<Spanned<u64>>,
    pub(in crate::protocol) conditions: Option<Spanned<String>>,
    pub(in crate::protocol) groups: Option<Spanned<u32>>,
    pub(in crate::protocol) within: Option<Spanned<String>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct SessionsDraft {
    pub(in crate::protocol) washout_days: Option<Spanned<u32>>,
    pub(in crate::protocol) due_days: Option<Spanned<u32>>,
    pub(in crate::protocol) longest_minutes: Option<Spanned<u32>>,
    pub(in crate::protocol) break_after_minutes: Option<Spanned<u32>>,
    pub(in crate::protocol) idle_minutes: Option<Spanned<u32>>,
    pub(in crate::protocol) case_minutes: Option<Spanned<u32>>,
    pub(in crate::protocol) pin_at_lock: Option<Spanned<bool>>,
    pub(in crate::protocol) builds: Option<Spanned<Vec<Spanned<String>>>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct EnvironmentDraft {
    #[serde(default)]
    pub(in crate::protocol) display_check: bool,
    pub(in crate::protocol) least_screen: Option<Spanned<[u32; 2]>>,
    #[serde(default)]
    pub(in crate::protocol) selftest: bool,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct TrainingDraft {
    pub(in crate::protocol) threshold: Spanned<i32>,
    pub(in crate::protocol) pass: Spanned<f64>,
    pub(in crate::protocol) attempts: Option<Spanned<u32>>,
    pub(in crate::protocol) feedback: bool,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct RepeatsDraft {
    pub(in crate::protocol) condition: Spanned<String>,
    pub(in crate::protocol) count: Spanned<u32>,
    pub(in crate::protocol) between: Option<Spanned<u32>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct AssignmentDraft {
    pub(in crate::protocol) design: Spanned<String>,
    pub(in crate::protocol) groups: Option<Spanned<u32>>,
    pub(in crate::protocol) matrix_sha256: Option<Spanned<String>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct AdjudicationDraft {
    pub(in crate::protocol) condition: Spanned<String>,
    pub(in crate::protocol) pairs: Option<Spanned<Vec<Spanned<Vec<String>>>>>,
    pub(in crate::protocol) majority: Option<Spanned<bool>>,
    pub(in crate::protocol) own_impression_first: Option<bool>,
    pub(in crate::protocol) controls: Option<Spanned<f64>>,
    pub(in crate::protocol) reasons: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    pub(in crate::protocol) discordance: Vec<Spanned<DiscordanceDraft>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct DiscordanceDraft {
    pub(in crate::protocol) kind: Spanned<String>,
    pub(in crate::protocol) question: Option<Spanned<String>>,
    pub(in crate::protocol) more_than: Option<Spanned<i32>>,
    pub(in crate::protocol) at: Option<Spanned<i32>>,
    pub(in crate::protocol) mm: Option<Spanned<f64>>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(in crate::protocol) struct AnalysisDraft {
    pub(in crate::protocol) figure: Spanned<String>,
    pub(in crate::protocol) at: Option<Spanned<f64>>,
    pub(in crate::protocol) method: Spanned<String>,
    pub(in crate::protocol) covariance: Option<Spanned<String>>,
    pub(in crate::protocol) readers: Option<Spanned<String>>,
    pub(in crate::protocol) cases: Option<Spanned<String>>,
    pub(in crate::protocol) hypothesis: Spanned<String>,
    pub(in crate::protocol) reference: Option<Spanned<String>>,
    pub(in crate::protocol) test: Option<Spanned<String>>,
    pub(in crate::protocol) margin: Option<Spanned<f64>>,
    pub(in crate::protocol) alpha: Option<Spanned<f64>>,
    pub(in crate::protocol) sides: Option<Spanned<u32>>,
    pub(in crate::protocol) multiplicity: Option<Spanned<String>>,
    pub(in crate::protocol) missing: Option<Spanned<String>>,
    pub(in crate::protocol) not_evaluable: Option<Spanned<String>>,
    pub(in crate::protocol) acceptance_radius_mm: Option<Spanned<f64>>,
    pub(in crate::protocol) acceptance_radius_times: Option<Spanned<f64>>,
    pub(in crate::protocol) acceptance_mask_mm: Option<Spanned<f64>>,
    pub(in crate::protocol) sensitivity: Option<Spanned<Vec<Spanned<String>>>>,
    pub(in crate::protocol) subgroups: Option<Spanned<Vec<Spanned<String>>>>,
}
