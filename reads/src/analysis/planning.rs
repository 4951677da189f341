//! Power for the next study: what the variance of this one says about other numbers of readers and cases.
//!
//! Owns which plans are looked at. Readers and cases random; the effects are the observed difference and two that are often planned for. Refuses,
//! with no table: designs without error covariances, more than two modalities, nothing that varied.

use super::figures::Source;
use super::report::{Power, PowerRow, finite};
use std::collections::BTreeSet;
use tiresias_mrmc::figures::CovarianceMethod;
use tiresias_mrmc::inference::Level;
use tiresias_mrmc::obuchowski_rockette::{Conventions, ObuchowskiRockette, Random};
use tiresias_mrmc::power::Pilot;
use tiresias_mrmc::table::Design;

/// Readers of the plans, beside as many as this study has.
const READERS: [usize; 6] = [4, 6, 8, 10, 15, 20];
/// Cases of the plans, in parts of those of this study.
const CASES: [f64; 4] = [0.5, 1.0, 1.5, 2.0];
const WANTED: f64 = 0.8;
/// Effects that are looked at beside the one that was found.
const EFFECTS: [f64; 2] = [0.03, 0.05];

/// Power by effect and number of readers.
pub(super) fn power(source: &Source<'_>, design: Design, level: Level) -> Option<Power> {
    if design != Design::Crossed || source.modalities() != 2 || source.readers() < 2 {
        return None;
    }
    let figures = source.figures(CovarianceMethod::Jackknife).ok()?;
    let or = ObuchowskiRockette::new(&figures, Conventions::default(), level);
    // Units of one patient are one case: whoever plans looks for patients.
    let cases = source.patients.as_ref().map_or(source.truth.len(), |of| of.iter().collect::<BTreeSet<_>>().len());
    let pilot = Pilot::of(&or, cases);
    let means = or.modality_means();
    let observed = means.first().zip(means.get(1)).map(|(a, b)| (a - b).abs())?;
    let plans: Vec<usize> = CASES.iter().map(|part| (part * cases as f64).round() as usize).filter(|n| *n > 1).collect();
    let readers: BTreeSet<usize> = READERS.into_iter().chain([source.readers()]).collect();
    let mut rows = Vec::new();
    for effect in [observed].into_iter().chain(EFFECTS).filter(|e| *e > 1e-9) {
        for readers in readers.iter().copied() {
            let of =
                |cases: &usize| pilot.power(Random::ReadersAndCases, effect, readers, *cases, level).ok().and_then(|p| finite(p.power));
            let power: Vec<Option<f64>> = plans.iter().map(of).collect();
            if power.iter().all(Option::is_none) {
                continue;
            }
            let needed = pilot.cases_for(Random::ReadersAndCases, effect, readers, WANTED, level).ok();
            rows.push(PowerRow { effect, readers, power, cases_for_80: needed });
        }
    }
    (!rows.is_empty()).then_some(Power { observed, cases: plans, rows })
}
