//! Colour images as 8-bit red, green and blue: what `render` takes.
//!
//! YBR_FULL after PS3.3 C.7.6.3.1.2, palettes by their table, more than 8 bits by the upper 8. A texel is R | G << 8 | B << 16 | 255 << 24.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::palette::Palette;
use crate::pixel_module::Photometric;
use crate::samples::Samples;

/// Texels of a frame. `photometric` is what the samples mean now: where a codec undid a colour transformation, RGB.
pub(crate) fn texels(
    samples: &Samples,
    photometric: Photometric,
    bits_stored: u8,
    signed: bool,
    palette: Option<&Palette>,
) -> Result<Vec<u32>, FileError> {
    let wrong = FileError::Unsupported("its colours are described in a way");
    let down = bits_stored.saturating_sub(8);
    match (samples, photometric, palette) {
        (Samples::Words(words), Photometric::Palette, Some(palette)) => {
            let offset = if signed { 0x8000 } else { 0 };
            Ok(words.iter().map(|w| texel(palette.colour(i32::from(*w) - offset))).collect())
        }
        (Samples::Colour(v), Photometric::Rgb, _) => Ok(pixels(v).map(|p| texel(p.map(|s| (s >> down).min(255) as u8))).collect()),
        (Samples::Colour(v), Photometric::YbrFull | Photometric::YbrFull422, _) => {
            Ok(pixels(v).map(|p| texel(rgb_of_ybr(p.map(|s| f64::from(s >> down))))).collect())
        }
        _ => Err(wrong),
    }
}

fn pixels(v: &[u16]) -> impl Iterator<Item = [u16; 3]> {
    v.chunks_exact(3).filter_map(|c| c.try_into().ok())
}

fn texel([r, g, b]: [u8; 3]) -> u32 {
    u32::from_le_bytes([r, g, b, 255])
}

/// The inverse of PS3.3 C.7.6.3.1.2 (ITU-R BT.601), rounded half up.
fn rgb_of_ybr([y, cb, cr]: [f64; 3]) -> [u8; 3] {
    let (cb, cr) = (cb - 128.0, cr - 128.0);
    let [r, g, b] = [y + 1.402 * cr, y - 0.344_136_286 * cb - 0.714_136_286 * cr, y + 1.772 * cb];
    [r, g, b].map(|v| (v + 0.5).floor().clamp(0.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ybr_is_the_inverse_of_the_standards_matrix() {
        for rgb in [[0u8, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [12, 200, 99]] {
            let [r, g, b] = rgb.map(f64::from);
            let ybr = [
                0.2990 * r + 0.5870 * g + 0.1140 * b,
                -0.1687 * r - 0.3313 * g + 0.5 * b + 128.0,
                0.5 * r - 0.4187 * g - 0.0813 * b + 128.0,
            ];
            let back = rgb_of_ybr(ybr);
            assert!(back.iter().zip(rgb).all(|(a, b)| a.abs_diff(b) <= 1), "{rgb:?} {back:?}");
        }
    }

    #[test]
    fn sixteen_bits_are_shown_by_the_upper_eight() {
        let t = texels(&Samples::Colour(vec![0xFF00, 0x01FF, 0x8000]), Photometric::Rgb, 16, false, None).unwrap();
        assert_eq!(t, [u32::from_le_bytes([0xFF, 1, 0x80, 255])]);
        assert!(texels(&Samples::Words(vec![1]), Photometric::Palette, 8, false, None).is_err());
    }
}
