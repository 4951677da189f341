//! Properties of AI results: read from a file onto an image that they may name, and as they lie in the sealed part of a package.
//!
//! Owns: what must hold of findings that are taken. Refuses: drawing, which the tests of the program do.

use super::images::{image, scratch};
use super::{Held, must, one_line, ours, told};
use std::fs;
use std::ops::ControlFlow;
use std::sync::Arc;
use tiresias_cases::{
    AiFinding, Codecs, FileError, FindingPlace, Findings, Flat, Grid, Solid, UidKey, Unsealed as _, read_findings, read_folder,
    report_items, segmentation_measures,
};
use tiresias_words::{PatientPoint, Role};

/// A result is refused with a reason, or says of its image only what can be drawn; and it says the same twice.
pub(super) fn ai_result(input: &[u8]) -> Held {
    match (read(input)?, read(input)?) {
        (Ok(once), Ok(again)) => {
            must(once.all() == again.all() && once.notes() == again.notes(), || "it says two things of one image".to_owned())?;
            holds(&once)?;
        }
        (Err(error), Err(_)) => told(&error)?,
        _ => return Err("it is for the image once".to_owned()),
    }
    let (dir, codecs) = (scratch()?, Arc::new(Codecs::here()));
    let path = dir.path().join("result.dcm");
    fs::write(&path, input).map_err(ours("write its file"))?;
    if let Err(error) = report_items(&path, &codecs) {
        told(&error)?;
    }
    match segmentation_measures(&path, &codecs) {
        Ok(all) => {
            must(all.iter().all(|s| s.sum.is_finite() && s.sum <= s.voxels as f64), || "a sum that is none".to_owned())?;
            must(all.iter().filter_map(|s| s.centroid).all(PatientPoint::is_finite), || "a centroid that is nowhere".to_owned())
        }
        Err(error) => told(&error),
    }
}

/// What a result says of the image, or why it says nothing.
fn read(input: &[u8]) -> Result<Result<Findings, FileError>, String> {
    let dir = scratch()?;
    let name = if input.starts_with(b"{") { "result.json" } else { "result.dcm" };
    let [path, under] = [name, "image.dcm"].map(|name| dir.path().join(name));
    fs::write(&path, input).and_then(|()| fs::write(&under, image())).map_err(ours("write its files"))?;
    let codecs = Arc::new(Codecs::here());
    let folder = read_folder(&under, &codecs, &mut |_| ControlFlow::Continue(())).map_err(|e| format!("its own image is not read: {e}"))?;
    let case: Vec<_> = folder.series.iter().map(|s| (Role::current(), s)).collect();
    Ok(read_findings(&[path], &case, &UidKey::new([3; 32]), &codecs).map_err(|(_, e)| e))
}

/// What opens of a sealed part is whole, and only what can be drawn.
pub(super) fn findings(input: &[u8]) -> Held {
    Findings::from_contents(input).map_or(Ok(()), |found| holds(&found))
}

fn holds(found: &Findings) -> Held {
    found.notes().iter().try_for_each(|n| one_line(n.sentence()))?;
    found.heat_maps().iter().try_for_each(|grid| {
        must(grid.is_graded(), || "a heat map without heat".to_owned())?;
        is_whole(grid)
    })?;
    found.all().iter().try_for_each(is_drawable)
}

fn is_drawable(finding: &AiFinding) -> Held {
    must(finding.score.is_none_or(|s| (0.0..=1.0).contains(&s.part())), || "a score off its scale".to_owned())?;
    finding.class.iter().chain(&finding.product).try_for_each(|line| one_line(line))?;
    finding.places.iter().try_for_each(|place| match place {
        FindingPlace::OnImage { shape: Flat::Point(at), .. } => finite(at),
        FindingPlace::OnImage { shape: Flat::Line { points, .. }, .. } => points.iter().try_for_each(|p| finite(p)),
        FindingPlace::InPatient { shape: Solid::Point(at), .. } => finite(&[at.x, at.y, at.z]),
        FindingPlace::InPatient { shape: Solid::Line { points, .. }, .. } => points.iter().try_for_each(|p| finite(&[p.x, p.y, p.z])),
        FindingPlace::InPatient { shape: Solid::Ellipsoid { centre, halves }, .. } => {
            halves.iter().try_for_each(|h| finite(&[h.x, h.y, h.z]))?;
            finite(&[centre.x, centre.y, centre.z])
        }
        FindingPlace::InPatient { shape: Solid::Box { low, high }, .. } => {
            must(low.x < high.x && low.y < high.y && low.z < high.z, || "a box without an inside".to_owned())
        }
        FindingPlace::Voxels(grid) => is_whole(grid),
    })
}

fn finite(numbers: &[f64]) -> Held {
    must(numbers.iter().all(|n| n.is_finite()), || "a place that is nowhere".to_owned())
}

/// The voxels of a grid lie in it, and its block holds them all.
fn is_whole(grid: &Grid) -> Held {
    let voxels: u64 = grid.slices().map(|(_, n)| n).sum();
    let size = grid.geometry().size().map(u64::from);
    must(voxels <= size.iter().product(), || format!("{voxels} voxels in {size:?}"))?;
    must(grid.slices().all(|(slice, _)| u64::from(slice) < size[2]), || "a slice beyond the last".to_owned())?;
    if voxels > 1 << 22 {
        return Ok(());
    }
    let Some(block) = grid.block() else { return Ok(()) };
    let lit = block.values.iter().filter(|v| **v > 0).count() as u64;
    must(lit <= voxels && (grid.is_graded() || lit == voxels), || format!("{lit} of {voxels} voxels"))
}

#[cfg(test)]
mod tests {
    use super::{Findings, ai_result, findings, read};
    use tiresias_cases::Unsealed as _;

    #[test]
    fn an_image_is_no_result() {
        assert_eq!(ai_result(&super::image()), Ok(()));
        assert!(read(&super::image()).is_ok_and(|r| r.is_err()));
        assert_eq!(findings(b"{\"tiresias_findings\":1,\"findings\":[],\"heat_maps\":[],\"notes\":[]}"), Ok(()));
    }

    /// What fuzzing begins with is taken: findings and heat maps of each seed.
    #[test]
    fn the_seeds_are_results() {
        let seeds: [(&[u8], usize, usize); 6] = [
            (include_bytes!("../../corpus/ai_result/seed_binary"), 1, 0),
            (include_bytes!("../../corpus/ai_result/seed_overlapping"), 2, 0),
            (include_bytes!("../../corpus/ai_result/seed_fractional"), 1, 1),
            (include_bytes!("../../corpus/ai_result/seed_labelmap"), 2, 0),
            (include_bytes!("../../corpus/ai_result/seed_report"), 6, 0),
            (include_bytes!("../../corpus/ai_result/seed_document"), 2, 0),
        ];
        for (i, (seed, count, maps)) in seeds.into_iter().enumerate() {
            let found = read(seed).unwrap().unwrap_or_else(|e| panic!("seed {i}: {e}"));
            assert_eq!((found.all().len(), found.heat_maps().len()), (count, maps), "seed {i}");
        }
        let all = Findings::from_contents(include_bytes!("../../corpus/findings/seed_all")).unwrap();
        assert_eq!((all.all().len(), all.heat_maps().len(), all.notes().len()), (5, 1, 2));
    }
}
