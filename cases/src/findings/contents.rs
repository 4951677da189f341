//! How findings lie in the sealed part of a package: one JSON document, and what is checked when it is read.
//!
//! Refuses: another version, scores beyond 0 to 1, texts that are no line, places that are no numbers, and grids that contradict themselves.

use super::{AiFinding, Findings, Flat, Grid, Note, Place, Solid, Unreadable};
use crate::package::Unsealed;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const VERSION: u32 = 1;
const MOST_FINDINGS: usize = 2000;
const MOST_POINTS: usize = 20_000;
/// Longest text, characters.
pub(super) const MOST_TEXT: usize = 64;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    tiresias_findings: u32,
    findings: Vec<AiFinding>,
    heat_maps: Vec<Grid>,
    notes: Vec<Note>,
}

impl Findings {
    /// The contents of the sealed part.
    pub(crate) fn contents(&self) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
        let document = Document {
            tiresias_findings: VERSION,
            findings: self.findings.clone(),
            heat_maps: self.heat_maps.clone(),
            notes: self.notes.clone(),
        };
        serde_json::to_vec(&document).map(Zeroizing::new)
    }
    fn parse(contents: &[u8]) -> Result<Self, Unreadable> {
        let Document { tiresias_findings, findings, heat_maps, notes } = serde_json::from_slice(contents).map_err(|_| Unreadable)?;
        let many = findings.len() > MOST_FINDINGS || heat_maps.len() > MOST_FINDINGS || notes.len() > MOST_FINDINGS;
        if tiresias_findings != VERSION || many {
            return Err(Unreadable);
        }
        findings.iter().try_for_each(check)?;
        heat_maps.iter().try_for_each(|g| if g.is_graded() { g.check() } else { Err(Unreadable) })?;
        Ok(Self { findings, heat_maps, notes })
    }
}

impl Unsealed for Findings {
    fn from_contents(contents: &[u8]) -> Option<Self> {
        Self::parse(contents).ok()
    }
}

fn check(finding: &AiFinding) -> Result<(), Unreadable> {
    let is_line = |t: &Option<String>| t.as_ref().is_none_or(|t| clean(t).as_ref() == Some(t));
    let finite = |p: &[f64; 2]| p.iter().all(|c| c.abs() <= 1e6);
    let near = |p: &tiresias_words::PatientPoint| [p.x, p.y, p.z].iter().all(|c| c.abs() <= 1e6);
    let is_good = |place: &Place| match place {
        Place::OnImage { shape: Flat::Point(at), .. } => finite(at),
        Place::OnImage { shape: Flat::Line { points, .. }, .. } => (2..=MOST_POINTS).contains(&points.len()) && points.iter().all(finite),
        Place::InPatient { shape: Solid::Point(at), .. } => near(at),
        Place::InPatient { shape: Solid::Line { points, .. }, .. } => (2..=MOST_POINTS).contains(&points.len()) && points.iter().all(near),
        Place::InPatient { shape: Solid::Ellipsoid { centre, halves }, .. } => {
            near(centre) && halves.iter().all(|h| (1e-3..=1e4).contains(&h.length().0))
        }
        Place::InPatient { shape: Solid::Box { low, high }, .. } => {
            near(low) && near(high) && low.x < high.x && low.y < high.y && low.z < high.z
        }
        Place::Voxels(grid) => !grid.is_graded() && grid.check().is_ok(),
    };
    if is_line(&finding.class) && is_line(&finding.product) && finding.places.len() <= MOST_FINDINGS && finding.places.iter().all(is_good) {
        Ok(())
    } else {
        Err(Unreadable)
    }
}

/// A foreign text as one short line that cannot turn the writing around; `None` of an empty one.
pub(super) fn clean(text: &str) -> Option<String> {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !turns(*c)).collect();
    let line: String = line.trim().chars().take(MOST_TEXT).collect();
    let line = line.trim_end().to_owned();
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Score;
    use tiresias_words::{Displacement, PatientPoint, Role, SopUid};

    fn finding(place: Place) -> AiFinding {
        let (score, text) = (Score::new(0.25), Some("nodule".to_owned()));
        AiFinding { places: vec![place], score, class: text.clone(), product: text, threshold: None }
    }

    #[test]
    fn findings_come_out_as_they_went_in() {
        let image = SopUid::new("2.25.1").unwrap();
        let flat = Flat::Line { points: vec![[1.5, 2.0], [1e-3, 7.25], [3.0, 3.0]], closed: true };
        let solid = Solid::Ellipsoid { centre: PatientPoint::new(1.0, 2.0, 3.1), halves: [Displacement::new(1.0, 0.0, 0.0); 3] };
        let all = Findings {
            findings: vec![
                finding(Place::OnImage { image, shape: flat }),
                finding(Place::InPatient { series: Role::current(), shape: solid }),
            ],
            heat_maps: Vec::new(),
            notes: vec![Note::OutsideImage],
        };
        let contents = all.contents().unwrap();
        let back = Findings::from_contents(&contents).unwrap();
        assert!(back.findings == all.findings && back.notes == all.notes);
        assert!((0..contents.len()).all(|n| Findings::from_contents(&contents[..n]).is_none()));
        let bad = |from: &str, to: &str| Findings::from_contents(String::from_utf8_lossy(&contents).replace(from, to).as_bytes()).is_none();
        assert!(bad("0.25", "1.25") && bad("nodule", "a\u{202e}b") && bad("nodule", &"x".repeat(65)) && bad("7.25", "7e9"));
        assert!(!bad("0.25", "0.5"));
    }

    #[test]
    fn foreign_texts_become_lines() {
        assert_eq!(clean(" a\nb\u{202e}c "), Some("a bc".to_owned()));
        assert_eq!((clean("\u{2066} "), clean(&"é".repeat(90)).map(|t| t.chars().count())), (None, Some(64)));
    }
}
