//! Properties of DICOM files, DICOMDIRs and case packages: from the bytes of a file to the values on the screen, with the codecs in this process.
//!
//! Owns: what must hold of a series, wherever it comes from. Each input is written to a file of its own, because that is where foreign bytes come from.
//! Refuses: to decode more than [`MOST_VOXELS`] at once.

use super::{Held, must, one_line, ours, told};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tempfile::TempDir;
use tiresias_cases::{
    Codecs, Content, Inspection, Package, Place, Series, Shape, Shutter, Trust, VoxelBuffer, image_statistics, inspect, measure,
    min_max_voi, probe, read_folder,
};
use tiresias_words::{StoredValue, Voxel};

/// Voxels that are decoded in one go.
const MOST_VOXELS: u64 = 1 << 22;
/// Files whose objects (segmentations) are decoded too: what they unpack to cannot be asked beforehand.
const SMALL_FILE: usize = 1 << 20;
/// Voxels of a volume whose values are compared with what is displayed.
const COMPARED: usize = 4096;

pub(super) fn scratch() -> Result<TempDir, String> {
    tempfile::tempdir().map_err(ours("make a folder"))
}

/// The file is refused with a reason, or it is an object that is no image, or its frames are decoded: all that its description says, and twice the same.
pub(super) fn file_to_frame(input: &[u8]) -> Held {
    let dir = scratch()?;
    let path = dir.path().join("image.dcm");
    fs::write(&path, input).map_err(ours("write its file"))?;
    let codecs = Arc::new(Codecs::here());
    let folder = read_folder(&path, &codecs, &mut |_| ControlFlow::Continue(())).map_err(|e| format!("the file was not looked at: {e}"))?;
    must(folder.series.len() + folder.objects.len() + folder.refused.len() > 0, || "nothing is said of the file".to_owned())?;
    for refused in &folder.refused {
        told(&refused.reason)?;
    }
    must(folder.refused.is_empty() || folder.series.is_empty(), || "the file is refused and shown".to_owned())?;
    let mut voxels = 0;
    for series in &folder.series {
        holds_of_series(series)?;
        voxels += count(series);
    }
    let pixels = voxels <= MOST_VOXELS && (folder.objects.is_empty() || input.len() <= SMALL_FILE);
    let found = inspect(&path, pixels, &codecs).map_err(|e| format!("the file was not inspected: {e}"))?;
    inspected(&found).map(|_| ())
}

/// The document of an inspection, whose sentences a person can read.
fn inspected(found: &Inspection) -> Result<Value, String> {
    for line in found.to_string().lines() {
        one_line(line)?;
    }
    let document = serde_json::to_value(found).map_err(|e| format!("the inspection is no JSON: {e}"))?;
    for refused in items(&document, "refused") {
        one_line(refused.get("reason").and_then(Value::as_str).unwrap_or_default())?;
    }
    for series in items(&document, "series") {
        for warning in items(series, "warnings") {
            one_line(warning.as_str().unwrap_or_default())?;
        }
    }
    Ok(document)
}

fn items<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    of.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// The files that a DICOMDIR names lie in its own folder, whatever it says; they are shown, or what it names is refused with a reason.
pub(super) fn directory(input: &[u8]) -> Held {
    let dir = scratch()?;
    let set = dir.path().join("set");
    let image = image();
    let place = || -> std::io::Result<PathBuf> {
        fs::create_dir_all(set.join("DIR"))?;
        for name in ["IMAGE", "DIR/IM2", "../OUTSIDE"] {
            fs::write(set.join(name), &image)?;
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("../OUTSIDE", set.join("LINK"))?;
        let path = set.join("DICOMDIR");
        fs::write(&path, input)?;
        Ok(path)
    };
    let path = place().map_err(ours("write its files"))?;
    let found = inspect(&path, false, &Arc::new(Codecs::here())).map_err(|e| format!("the directory was not looked at: {e}"))?;
    let document = inspected(&found)?;
    let files = items(&document, "series").flat_map(|s| items(s, "files"));
    let inside = set.canonicalize().map_err(ours("find its folder"))?;
    for entry in files.chain(items(&document, "objects")).chain(items(&document, "refused")) {
        let path = Path::new(entry.get("path").and_then(Value::as_str).unwrap_or_default());
        let is_inside = path.canonicalize().is_ok_and(|path| path.starts_with(&inside) && path.is_file());
        must(is_inside, || format!("{} is not a file of the directory's folder", path.display()))?;
    }
    must(["series", "objects", "refused"].iter().any(|kind| items(&document, kind).next().is_some()), || "nothing is said of it".to_owned())
}

/// A package opens with what its manifest says, each image as often as it is loaded, or is refused with a reason.
pub(super) fn manifest(input: &[u8]) -> Held {
    let dir = scratch()?;
    let place = || -> std::io::Result<()> {
        fs::write(dir.path().join("manifest.json"), input)?;
        // Two images for manifests to name, of 64 and 4,096 bytes, and a sealed part.
        for (name, length) in
            [(format!("{}.dcm", "0".repeat(32)), 64), (format!("{}.dcm", "1".repeat(32)), 4096), ("sealed.bin".to_owned(), 64)]
        {
            let bytes: Vec<u8> = (0..length).map(|i: u32| (i % 251) as u8).collect();
            fs::write(dir.path().join(name), bytes)?;
        }
        Ok(())
    };
    place().map_err(ours("write its files"))?;
    let package = match Package::open(dir.path(), &Trust::Unsigned) {
        Ok(package) => package,
        Err(error) => return told(&error),
    };
    must(package.hash().0 == <[u8; 32]>::from(Sha256::digest(input)), || "the package has another hash than its manifest".to_owned())?;
    must(!package.series().is_empty(), || "the package has no series".to_owned())?;
    if let Err(error) = package.verify() {
        told(&error)?;
    }
    // How far the words of a package are from its values is said by the package: its hash vouches for that, not its numbers for each other.
    package.series().iter().try_for_each(holds_of_series)
}

fn count(series: &Series) -> u64 {
    series.image_size.iter().map(|n| u64::from(*n)).product::<u64>() * series.len() as u64
}

/// What must hold of a series from wherever.
pub(super) fn holds_of_series(series: &Series) -> Held {
    let images = series.len();
    must(images > 0 && series.facts.images as usize == images, || format!("{images} images where it says {}", series.facts.images))?;
    must(series.image_size.iter().all(|n| (1..=65_535).contains(n)), || format!("images of {:?} pixels", series.image_size))?;
    let size = [series.image_size[0], series.image_size[1], series.facts.images];
    let geometry = series.geometry().map_err(|e| format!("no geometry for its images: {e}"))?;
    must(geometry.size() == size, || format!("a geometry of {:?} for {size:?} voxels", geometry.size()))?;
    series.warnings().iter().try_for_each(|w| one_line(w))?;
    if let Some(Err(why)) = &series.suv {
        one_line(why)?;
    }
    let is_positive = |n: f64| n.is_finite() && n > 0.0;
    must(!matches!(series.suv, Some(Ok(factor)) if !is_positive(factor)), || format!("an uptake factor of {:?}", series.suv))?;
    for image in 0..images {
        let (spacing, _) = series.pixel_spacing(image);
        must(spacing.into_iter().all(is_positive), || format!("pixels {spacing:?} apart"))?;
        series.image_vois(image).iter().try_for_each(|voi| one_line(&voi.name))?;
    }
    must(series.image(images).is_none() && series.image_uid(images).is_none(), || "an image behind the last".to_owned())?;
    if count(series) <= MOST_VOXELS {
        return holds_of_voxels(series);
    }
    let one = series.image(images / 2).ok_or("no image in the middle")?;
    if count(&one) <= MOST_VOXELS { holds_of_voxels(&one) } else { Ok(()) }
}

/// What must hold of a series that is loaded, or of why it cannot be.
fn holds_of_voxels(series: &Series) -> Held {
    let (loaded, again) = match (series.load(), series.load()) {
        (Ok((loaded, warnings)), Ok((again, same))) => {
            must(warnings == same, || "loading it twice warns of different things".to_owned())?;
            warnings.iter().try_for_each(|w| one_line(w))?;
            (loaded, again)
        }
        (Err(error), Err(same)) => {
            must(error.to_string() == same.to_string(), || "loading it twice fails for different reasons".to_owned())?;
            return told(&error);
        }
        _ => return Err("loading it twice works once".to_owned()),
    };
    must(loaded.loaded_count() == series.len(), || format!("{} of {} images were loaded", loaded.loaded_count(), series.len()))?;
    let is_grey = series.content == Content::Grey;
    let (words, texels) = (loaded.words(), loaded.texels());
    let expected = if is_grey { (count(series), 0) } else { (0, count(series)) };
    must((words.len() as u64, texels.len() as u64) == expected, || {
        format!("{} words and {} texels, not {expected:?}", words.len(), texels.len())
    })?;
    let same = words.iter().zip(again.words()).all(|(a, b)| a.load(Ordering::Relaxed) == b.load(Ordering::Relaxed))
        && texels.iter().zip(again.texels()).all(|(a, b)| a.load(Ordering::Relaxed) == b.load(Ordering::Relaxed));
    must(same, || "decoding it twice gives two results".to_owned())?;
    if is_grey { holds_of_values(series, &loaded) } else { holds_of_colours(&loaded) }?;
    let [columns, rows] = series.image_size.map(|n| f64::from(n) - 1.0);
    let corner = |column, row| Place::Pixel { column, row, image: 0 };
    must((0..series.len()).all(|image| is_whole(series, series.shutter(image))), || "a shutter that is not of its image".to_owned())?;
    for shape in [Shape::Length([corner(0.0, 0.0), corner(columns, rows)]), Shape::Rectangle([corner(0.0, 0.0), corner(columns, rows)])] {
        measure(series, &loaded, &shape).map_err(|e| format!("a shape on the image is not measured: {e}"))?;
    }
    Ok(())
}

/// Whether a shutter has an answer for each pixel, and the same one however it is asked.
pub(super) fn is_whole(series: &Series, shutter: Option<Shutter>) -> bool {
    let Some(shutter) = shutter else { return true };
    let [columns, rows] = series.image_size;
    let mask = shutter.mask([columns, rows]);
    let corners = [(0, 0), (columns - 1, rows - 1), (columns / 2, rows / 2)];
    let at = |(column, row): (u32, u32)| mask.get((u64::from(row) * u64::from(columns) + u64::from(column)) as usize).copied();
    mask.len() as u64 == u64::from(columns) * u64::from(rows) && corners.into_iter().all(|(c, r)| at((c, r)) == Some(shutter.is_open(c, r)))
}

fn holds_of_colours(loaded: &VoxelBuffer) -> Held {
    let is_opaque = loaded.texels().iter().all(|t| t.load(Ordering::Relaxed) >> 24 == 255);
    must(is_opaque && loaded.scale().is_none(), || "a colour image has holes or a grey scale".to_owned())
}

/// Values are there, and what is displayed is not farther from them than the scale says.
fn holds_of_values(series: &Series, loaded: &VoxelBuffer) -> Held {
    let scale = loaded.scale().ok_or("a grey image without a scale")?;
    must(scale.max_error >= 0.0 && scale.max_error.is_finite(), || format!("words off by {}", scale.max_error))?;
    let [columns, rows] = series.image_size.map(|n| n as usize);
    let every = (loaded.words().len() / COMPARED).max(1);
    for (at, word) in loaded.words().iter().enumerate().step_by(every) {
        let place = [at % columns, at / columns % rows, at / columns / rows];
        let (value, is_padding) = series.value(loaded, place).ok_or_else(|| format!("no value at {place:?}"))?;
        let shown = scale.modality.apply(f64::from(scale.format.stored(StoredValue(word.load(Ordering::Relaxed)))));
        if value.is_finite() && !is_padding {
            let off = (shown - value).abs();
            let allowed = scale.max_error + (value.abs() + shown.abs()) * 1e-12;
            must(off <= allowed, || {
                format!("at {place:?} {value} is shown as {shown}, and the scale says at most {} off", scale.max_error)
            })?;
        }
    }
    // A window is made of checked numbers: that there is one, or none, is enough.
    let _ = min_max_voi(series, loaded);
    if let Some(of) = image_statistics(series, loaded, 0) {
        let slack = (of.min.abs() + of.max.abs()) * 1e-9;
        let is_sane = !of.mean.is_finite() || (of.min - slack..=of.max + slack).contains(&of.mean);
        must(of.n > 0 && is_sane, || format!("statistics that cannot be: {of:?}"))?;
    }
    if let Some(volume) = &series.volume {
        let [columns, rows, slices] = volume.size().map(|n| (f64::from(n) - 1.0) / 2.0);
        let value = probe(series, loaded, volume.patient_of(Voxel::new(columns, rows, slices)));
        must(value.is_some() != volume.gap_at(slices).is_some(), || "no value in the middle, or one in a gap".to_owned())?;
    }
    Ok(())
}

/// A small image that is in order: 2 x 2 pixels, Explicit VR Little Endian, without a meta group.
pub(super) fn image() -> Vec<u8> {
    let mut file = Vec::new();
    let mut put = |group: u16, element: u16, vr: &[u8; 2], value: &[u8]| {
        file.extend([group.to_le_bytes(), element.to_le_bytes()].concat());
        file.extend(vr);
        if vr == b"OW" {
            file.extend([0, 0]);
            file.extend((value.len() as u32).to_le_bytes());
        } else {
            file.extend((value.len() as u16).to_le_bytes());
        }
        file.extend(value);
    };
    put(0x0008, 0x0016, b"UI", b"1.2.840.10008.5.1.4.1.1.7\0");
    put(0x0008, 0x0018, b"UI", b"1.2.3\0");
    put(0x0008, 0x0060, b"CS", b"OT");
    put(0x0028, 0x0002, b"US", &[1, 0]);
    put(0x0028, 0x0004, b"CS", b"MONOCHROME2 ");
    put(0x0028, 0x0010, b"US", &[2, 0]);
    put(0x0028, 0x0011, b"US", &[2, 0]);
    put(0x0028, 0x0100, b"US", &[16, 0]);
    put(0x0028, 0x0101, b"US", &[16, 0]);
    put(0x0028, 0x0102, b"US", &[15, 0]);
    put(0x0028, 0x0103, b"US", &[0, 0]);
    put(0x7FE0, 0x0010, b"OW", &[1, 0, 2, 0, 3, 0, 4, 0]);
    file
}

#[cfg(test)]
mod tests {
    use super::{Arc, Codecs, directory, file_to_frame, image, inspect, manifest, scratch};

    #[test]
    fn the_image_that_directories_name_is_in_order() {
        let dir = scratch().unwrap();
        let path = dir.path().join("image");
        std::fs::write(&path, image()).unwrap();
        assert!(inspect(&path, true, &Arc::new(Codecs::here())).unwrap().found_something());
        assert_eq!(file_to_frame(&image()), Ok(()));
        assert_eq!(directory(&image()), Ok(()));
        assert_eq!(manifest(&image()), Ok(()));
    }
}
