//! Which role each series of a case has where nobody says it: a single series is the current one, and the views of a mammogram are named by side and view.
//!
//! Refuses: to guess. What is neither needs a person.

use crate::Series;
use std::collections::BTreeSet;
use tiresias_words::Role;

/// A role for each series, in their order; `None` where somebody has to say it.
#[must_use]
pub fn usual_roles(series: &[Series]) -> Option<Vec<Role>> {
    match series {
        [] => None,
        [_] => Some(vec![Role::current()]),
        many => views(many),
    }
}

/// `rcc`, `lmlo` … where the series are the views of a mammogram, each once.
fn views(series: &[Series]) -> Option<Vec<Role>> {
    let role = |s: &Series| {
        let side = serde_json::to_value(s.facts.laterality?).ok()?;
        let name = format!("{}{}", side.as_str()?, s.facts.view.as_ref()?.as_str()).to_lowercase();
        (s.facts.modality.as_str() == "MG").then(|| Role::new(name).ok())?
    };
    let roles: Vec<Role> = series.iter().map(role).collect::<Option<_>>()?;
    let once: BTreeSet<&Role> = roles.iter().collect();
    (once.len() == roles.len()).then_some(roles)
}
