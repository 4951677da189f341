//! The screen that the window is on, and how far apart its pixels are where somebody measured it: what true size needs.
//!
//! Screens are told apart by their pixels and scale, which is all that the window system says of them: two of one kind count as one. Refuses: the size that a
//! screen states of itself, which is often wrong, and a guess.

use egui::Context;
use serde::{Deserialize, Serialize};
use tiresias_words::Mm;

/// A kind of screen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Monitor {
    /// Width and height, physical pixels.
    pub(crate) size: [u32; 2],
    /// Physical pixels to a logical one, as the system has it set.
    pub(crate) scale: f64,
}

/// A screen that somebody measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Measured {
    pub(crate) monitor: Monitor,
    /// Between the centres of two pixels, mm.
    pixel_mm: f64,
}

/// Pixels of screens that people read on: from finer than any to coarser than any.
const PITCHES: std::ops::RangeInclusive<f64> = 0.02..=1.0;

impl Monitor {
    /// The one that the window is on; `None` where the system does not say.
    #[must_use]
    pub(crate) fn of(ctx: &Context) -> Option<Self> {
        let points = ctx.input(|i| i.viewport().monitor_size)?;
        let pixels = points * ctx.pixels_per_point();
        let size = [pixels.x, pixels.y].map(|n| n.round() as u32);
        let scale = f64::from(ctx.native_pixels_per_point().unwrap_or(1.0));
        (size[0] > 0 && size[1] > 0).then_some(Self { size, scale })
    }
}

impl Measured {
    /// A screen on which a length of `mm` reaches over so many pixels; `None` of what no screen is.
    #[must_use]
    pub(crate) fn by(monitor: Monitor, length: Mm, pixels: u32) -> Option<Self> {
        let pixel_mm = length.0 / f64::from(pixels);
        Some(Self { monitor, pixel_mm }).filter(Self::is_sound)
    }
    /// Whether it can be a screen's. What a file says must be.
    #[must_use]
    pub(crate) fn is_sound(&self) -> bool {
        PITCHES.contains(&self.pixel_mm) && self.monitor.scale.is_finite()
    }
    /// Between the centres of two pixels.
    #[must_use]
    pub(crate) const fn pixel(&self) -> Mm {
        Mm(self.pixel_mm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_over_pixels_is_their_distance() {
        let monitor = Monitor { size: [2560, 1440], scale: 1.0 };
        let pixel = |mm, pixels| Measured::by(monitor, Mm(mm), pixels).map(|m| m.pixel());
        assert_eq!(pixel(200.0, 800), Some(Mm(0.25)));
        // A bank card is 85.60 mm wide (ISO/IEC 7810, ID-1); a pixel on a 27 inch screen of 2560 is 0.2335 mm.
        assert!(pixel(85.6, 367).is_some_and(|p| (p.0 - 0.2332).abs() < 1e-4));
        assert_eq!([pixel(85.6, 0), pixel(85.6, 80), pixel(85.6, 20_000)], [None; 3]);
    }
}
