//! Property of presentation states: read from a file, and applied to an image that it may name.
//!
//! Owns: what must hold of a state that is taken. Refuses: drawing, which the tests of the program do.

use super::images::{image, is_whole, scratch};
use super::{Held, must, one_line, ours, told};
use std::fs;
use std::ops::ControlFlow;
use std::sync::Arc;
use tiresias_cases::{Codecs, read_folder, read_presentation_state};
use tiresias_words::GraphicKind;

/// The state is refused with a reason, or says of its image only what can be drawn; and it says the same twice.
pub(super) fn presentation(input: &[u8]) -> Held {
    let dir = scratch()?;
    let [path, under] = ["state.dcm", "image.dcm"].map(|name| dir.path().join(name));
    fs::write(&path, input).and_then(|()| fs::write(&under, image())).map_err(ours("write its files"))?;
    let codecs = Arc::new(Codecs::here());
    let state = match read_presentation_state(&path, &codecs) {
        Ok(state) => state,
        Err(error) => return told(&error),
    };
    let folder = read_folder(&under, &codecs, &mut |_| ControlFlow::Continue(())).map_err(|e| format!("its own image is not read: {e}"))?;
    let series = folder.series.first().ok_or("its own image is no series")?;
    let (shown, again) = match (state.for_image(series, 0), state.for_image(series, 0)) {
        (Ok(shown), Ok(again)) => (shown, again),
        (Err(error), Err(_)) => return told(&error),
        _ => return Err("it is for the image once".to_owned()),
    };
    must(format!("{shown:?}") == format!("{again:?}"), || "it says two things of one image".to_owned())?;
    shown.warnings.iter().try_for_each(|w| one_line(w))?;
    must(shown.arrangement.quarter_turns < 4, || format!("{} quarter turns", shown.arrangement.quarter_turns))?;
    if let Some(area) = shown.arrangement.area {
        must(area.size.iter().all(|n| *n > 0), || format!("a part of {:?} pixels", area.size))?;
    }
    for overlay in &shown.arrangement.overlays {
        let bits = u64::from(overlay.size[0]) * u64::from(overlay.size[1]);
        must(bits == overlay.lit.len() as u64, || format!("{} bits of {:?}", overlay.lit.len(), overlay.size))?;
    }
    must(is_whole(series, shown.shutter.clone()), || "a shutter that is not of the image".to_owned())?;
    for shape in &shown.arrangement.graphics {
        let has_right_number = match shape.kind {
            GraphicKind::Point => shape.points.len() == 1,
            GraphicKind::Circle => shape.points.len() == 2,
            GraphicKind::Ellipse => shape.points.len() == 4,
            GraphicKind::Polyline | GraphicKind::Interpolated => shape.points.len() >= 2,
        };
        must(has_right_number, || format!("{:?} of {} points", shape.kind, shape.points.len()))?;
        must(shape.points.iter().flatten().all(|n| n.is_finite()), || "a point that is nowhere".to_owned())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::presentation;

    #[test]
    fn an_image_is_no_state() {
        assert_eq!(presentation(&super::image()), Ok(()));
    }
}
