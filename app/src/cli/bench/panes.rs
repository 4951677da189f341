//! `bench frames --headless`: what the panes of a layout cost by themselves, computed by `render::cpu` and ready to be presented, without a window.
//!
//! A frame is all panes of a layout, by the same way from a description to bytes as in the window. Refuses colours, which have no window to drag.

use super::frames::blit_ms;
use super::load::{hashes, pixels_sha256};
use super::{load_average, quantile};
use crate::cli::Failure;
use crate::cli::images::{at, only_series, tell};
use crate::clock::Clock;
use crate::panes::{PaneCache, RenderPath};
use crate::viewer::{Orientation, View};
use crate::volume::ShownVolume;
use clap::ValueEnum;
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use tiresias_cases::min_max_voi;
use tiresias_words::{Interpolation, Mm, PaneSpec, Slab, Voi, VolumeGeometry, Voxel, Window};

/// Frames of each motion in a round.
const BLOCK: usize = 8;
/// Width and height of a single oblique plane, whatever the size of the frame.
const PLANE: [u32; 2] = [512, 512];

/// What is on the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Layout {
    /// One image, fitted.
    #[value(name = "1x1")]
    One,
    /// One image, a pixel of it to a pixel of the frame.
    #[value(name = "1x1-native")]
    Native,
    /// Four images of the stack.
    #[value(name = "2x2")]
    Four,
    /// Nine images of the stack.
    #[value(name = "3x3")]
    Nine,
    /// A large plane and two small ones, along the patient's axes.
    Mpr,
    /// The same three, all oblique.
    Oblique,
    /// One oblique plane of 512 x 512 pixels at 0.8 of a pixel's spacing, which turns.
    Plane,
}

/// A pane of a layout: its camera, its size, and how many images it is ahead of the first.
struct Pane {
    view: View,
    size: [u32; 2],
    ahead: usize,
}

/// Measures every layout on a frame of this size.
pub(super) fn panes(dir: &Path, layouts: &[Layout], size: [u32; 2], rounds: u32) -> Result<Value, Failure> {
    let series = Arc::new(only_series(dir)?);
    let (buffer, warnings) = series.load().map_err(|e| at(dir, &e))?;
    tell(dir, &warnings);
    if buffer.scale().is_none() {
        return Err(Failure::Input(format!(
            "{}: the series is in colour, which has no window to drag. Name a folder with a grey series.",
            dir.display()
        )));
    }
    let hash = pixels_sha256(&hashes(&series, &buffer));
    let voi = min_max_voi(&series, &buffer);
    let window = voi.as_ref().and_then(Voi::window).map_or([0.5, 1.0], |w| [w.center(), w.width()]);
    let volume = Arc::new(ShownVolume::new(Arc::clone(&series), buffer)?);
    volume.complete();
    let all = Layout::value_variants();
    let layouts = if layouts.is_empty() { all } else { layouts };
    let measured = layouts.iter().map(|l| measure(&volume, *l, size, window, rounds as usize)).collect::<Result<Vec<Value>, Failure>>()?;
    Ok(json!({
        "what": "frames",
        "input": { "size": size, "path": "Cpu", "voxels": volume.geometry().size() },
        "layouts": measured,
        "pixels_sha256": hash,
        "adapter": null,
        "load_average": load_average(),
    }))
}

/// One layout: another place in the stack in every frame, then another window, in turns.
fn measure(volume: &Arc<ShownVolume>, layout: Layout, size: [u32; 2], window: [f64; 2], rounds: usize) -> Result<Value, Failure> {
    let clock = Clock::start();
    let geometry = volume.geometry();
    let mut caches: Vec<PaneCache> = Vec::new();
    // Nobody is to be woken.
    let ctx = egui::Context::default();
    let [mut scrolling, mut windowing] = [Vec::new(), Vec::new()];
    let (mut place, mut drag, mut pixels) = (0usize, 0u32, 0u64);
    let mut frame = |place: usize, drag: u32| -> Result<f64, Failure> {
        let panes = arrange(layout, geometry, size, place);
        caches.resize_with(panes.len(), PaneCache::default);
        pixels = panes.iter().map(|p| u64::from(p.size[0]) * u64::from(p.size[1])).sum();
        let voi = Voi::LinearExact(Window::new(window[0] + f64::from(drag) * window[1] / 1000.0, window[1])?);
        let begun = clock.since_start();
        for (pane, cache) in panes.iter().zip(&mut caches) {
            let middle = geometry.patient_of(middle(geometry));
            let of = pane.view.slice_position(geometry, middle).of.max(1) as usize;
            let through = pane.view.scrolled_to(geometry, middle, ((place + pane.ahead + of / 2) % of + 1) as i64);
            let spec = PaneSpec {
                series: volume.series().facts.role.clone(),
                plane: pane.view.plane(through, pane.size)?,
                size: pane.size,
                slab: Slab::Thin,
                interpolation: Interpolation::Linear,
                voi: voi.clone(),
                tone: volume.series().shape.into(),
            };
            black_box(cache.content(volume, &spec, RenderPath::Cpu, &ctx)?);
        }
        Ok(crate::trace::milliseconds(clock.since_start().saturating_sub(begun)))
    };
    frame(place, drag)?;
    for _ in 0..rounds {
        for _ in 0..BLOCK {
            place += 1;
            scrolling.push(frame(place, drag)?);
        }
        for _ in 0..BLOCK {
            drag += 1;
            windowing.push(frame(place, drag)?);
        }
    }
    let blit = blit_ms(size)?;
    let of = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        json!({ "n": times.len(), "p50_ms": quantile(times, 0.5), "p95_ms": quantile(times, 0.95), "p99_ms": quantile(times, 0.99) })
    };
    let (scroll, drag) = (of(&mut scrolling), of(&mut windowing));
    let ratio = |times: &[f64]| quantile(times, 0.5).map(|p50| p50 / blit);
    Ok(json!({
        "layout": layout.to_possible_value().map(|v| v.get_name().to_owned()),
        "panes": caches.len(),
        "pixels": pixels,
        "ours": { "scroll": scroll, "window": drag },
        "floor": { "blit_ms": blit },
        "ratio": { "scroll_to_blit": ratio(&scrolling), "window_to_blit": ratio(&windowing) },
    }))
}

/// The panes of a layout in frame `turn`.
fn arrange(layout: Layout, geometry: &VolumeGeometry, [width, height]: [u32; 2], turn: usize) -> Vec<Pane> {
    let native = View::native_spacing(geometry);
    let pane = |orientation, size, ahead| Pane { view: View::fit(geometry, orientation, size), size, ahead };
    let grid = |n: u32| -> Vec<Pane> {
        (0..(n * n) as usize).map(|i| pane(Orientation::Stack, [(width / n).max(1), (height / n).max(1)], i)).collect()
    };
    let tilted = |pane: Pane, radians: f64| {
        let centre = geometry.patient_of(middle(geometry));
        let [right, down] = pane.view.directions();
        let by = |radians: f64| [radians.sin(), radians.cos()];
        Pane { view: pane.view.tilted(right, centre, by(radians)).tilted(down, centre, by(radians * 0.7)), ..pane }
    };
    let (left, top) = (width / 2, height / 2);
    let three = || {
        let axial = pane(Orientation::Axial, [left, height], 0);
        let coronal = pane(Orientation::Coronal, [width - left, top], 0);
        vec![axial, coronal, pane(Orientation::Sagittal, [width - left, height - top], 0)]
    };
    match layout {
        Layout::One => grid(1),
        Layout::Native => grid(1).into_iter().map(|p| Pane { view: p.view.with_spacing(native), ..p }).collect(),
        Layout::Four => grid(2),
        Layout::Nine => grid(3),
        Layout::Mpr => three(),
        Layout::Oblique => three().into_iter().map(|p| tilted(p, 0.3)).collect(),
        Layout::Plane => {
            let fitted = pane(Orientation::Axial, PLANE, 0);
            let near = Pane { view: fitted.view.with_spacing(Mm(native.0 * 0.8)), ..fitted };
            vec![tilted(near, 0.3 + 0.01 * turn as f64)]
        }
    }
}

fn middle(geometry: &VolumeGeometry) -> Voxel {
    let [column, row, slice] = geometry.size().map(|n| f64::from(n - 1) / 2.0);
    Voxel::new(column, row, slice)
}
