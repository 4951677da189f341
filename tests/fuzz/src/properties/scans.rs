//! The property of the leak scan: whatever a file is, the scan ends with a report, the same twice, that says no value unasked.
//!
//! Refuses: to decode more than [`MOST_PIXELS`].

use super::images::scratch;
use super::{Held, must, one_line, ours};
use serde_json::Value;
use std::fs;
use std::ops::ControlFlow;
use std::sync::Arc;
use tiresias_cases::{Codecs, read_folder, scan as leaks};

/// Pixels that are looked at in one go.
const MOST_PIXELS: u64 = 1 << 21;
/// Frames: each costs the detector its tables.
const MOST_FRAMES: u64 = 64;

/// Every file that is not clean has findings with a place, a kind, a severity and a hash; no value is among them.
pub(super) fn scan(input: &[u8]) -> Held {
    let dir = scratch()?;
    let path = dir.path().join("0123456789abcdef0123456789abcdef.dcm");
    fs::write(&path, input).map_err(ours("write its file"))?;
    let codecs = Arc::new(Codecs::here());
    let go_on = &mut |_| ControlFlow::Continue(());
    let folder = read_folder(&path, &codecs, go_on).map_err(|e| format!("the file was not looked at: {e}"))?;
    let frames: u64 = folder.series.iter().map(|s| s.len() as u64).sum();
    let pixels: u64 = folder.series.iter().map(|s| s.image_size.iter().map(|n| u64::from(*n)).product::<u64>() * s.len() as u64).sum();
    if pixels > MOST_PIXELS || frames > MOST_FRAMES {
        return Ok(());
    }
    let scanned = || leaks(&path, &codecs, &mut |_| ControlFlow::Continue(())).map_err(|e| format!("the file was not scanned: {e}"));
    let report = scanned()?;
    let document = report.json(false);
    must(document == scanned()?.json(false), || "a second scan finds something else".to_owned())?;
    for line in report.text(false).to_string().lines().chain(report.text(true).to_string().lines()) {
        one_line(line)?;
    }
    let found = document.get("leaks").and_then(Value::as_array).ok_or("no list of leaks")?;
    must(found.is_empty() == report.is_clean(), || "clean and not clean".to_owned())?;
    must(!folder.series.is_empty() || !found.is_empty(), || "a file that shows nothing is clean".to_owned())?;
    for leak in found {
        let text = |name: &str| leak.get(name).and_then(Value::as_str).unwrap_or_default();
        must(["path", "where", "kind", "severity"].iter().all(|name| !text(name).is_empty()), || {
            format!("a finding without a place: {leak}")
        })?;
        must(text("value_sha256").len() == 64 && leak.get("value").is_none(), || format!("a finding with a value: {leak}"))?;
    }
    Ok(())
}
