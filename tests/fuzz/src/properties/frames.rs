//! Properties of compressed frames and of deflated data, in this process: what a worker does with bytes that come from outside.
//!
//! An input of [`codec`] opens with a line that says what the data set says: transfer syntax UID, columns, rows, samples, bits allocated, bits stored and
//! colour (grey, rgb or ybr), with a space between; the frame follows. Of [`inflates`]: four bytes of limit, then the data.

use super::{Held, must, told};
use tiresias_codecs::{
    CodecError, CodecWarning, Damage, DeclaredColour, DecodedColour, DecodedFrame, EncodedFrame, TransferSyntax, decode, inflate,
};

/// Samples of a frame that is decoded here: what is larger differs in time and memory alone, which a worker bounds.
const MOST_SAMPLES: u64 = 1 << 20;
/// The most that a limit of [`inflates`] may be.
const MOST_BYTES: u32 = 8 << 20;

/// A frame is refused with a reason, or its samples are exactly those that the data set describes, and the same ones each time.
pub(super) fn codec(input: &[u8]) -> Held {
    let Some(frame) = described(input) else { return Ok(()) };
    if samples(&frame) > MOST_SAMPLES {
        return Ok(());
    }
    let first = decode(&frame);
    must(first == decode(&frame), || "decoding it twice gives two results".to_owned())?;
    match first {
        Ok(decoded) => {
            fits(&frame, &decoded)?;
            if frame.bits_allocated == 1 { Ok(()) } else { filled(&decoded) }
        }
        Err(CodecError::Damaged(coding, Damage::Broke)) => Err(format!("the {coding} decoder broke down")),
        Err(error @ (CodecError::TimedOut | CodecError::Died | CodecError::Start(_))) => {
            Err(format!("there is no worker, and it says: {error}"))
        }
        Err(error) => told(&error),
    }
}

/// How many samples a frame says that it has, which may be more than any image could.
pub(super) fn samples(frame: &EncodedFrame<'_>) -> u64 {
    (u64::from(frame.columns) * u64::from(frame.rows)).saturating_mul(frame.samples.into())
}

/// The first line and what follows it.
pub(super) fn line_and_rest(input: &[u8]) -> Option<(&str, &[u8])> {
    let end = input.iter().position(|byte| *byte == b'\n')?;
    Some((std::str::from_utf8(input.get(..end)?).ok()?, input.get(end + 1..)?))
}

/// What the first line says, with the data behind it.
pub(super) fn described(input: &[u8]) -> Option<EncodedFrame<'_>> {
    let (line, data) = line_and_rest(input)?;
    let mut words = line.split(' ');
    let syntax = TransferSyntax::from_uid(words.next()?)?;
    let mut number = || words.next()?.parse::<u32>().ok();
    let (columns, rows) = (number()?, number()?);
    let [samples, bits_allocated, bits_stored] = [number()?, number()?, number()?].map(|n| u8::try_from(n).unwrap_or(u8::MAX));
    let photometric = match words.next()? {
        "grey" => DeclaredColour::Grey,
        "rgb" => DeclaredColour::Rgb,
        "ybr" => DeclaredColour::Ybr,
        _ => return None,
    };
    Some(EncodedFrame { syntax, columns, rows, samples, bits_allocated, bits_stored, photometric, data })
}

/// The samples are as many and as deep as the description says.
pub(super) fn fits(frame: &EncodedFrame<'_>, decoded: &DecodedFrame) -> Held {
    let pixels = u64::from(frame.columns) * u64::from(frame.rows);
    let values = pixels * u64::from(frame.samples);
    let (bytes, length) = match frame.bits_allocated {
        1 => (1, pixels.div_ceil(8)),
        allocated => (allocated / 8, values * u64::from(allocated / 8)),
    };
    must(decoded.bytes_per_sample == bytes, || format!("{} bytes a sample where there are {bytes}", decoded.bytes_per_sample))?;
    must(decoded.data.len() as u64 == length, || format!("{} bytes where the description says {length}", decoded.data.len()))?;
    must((1..=frame.bits_allocated).contains(&decoded.precision), || format!("a precision of {}", decoded.precision))?;
    must(frame.samples == 3 || !decoded.planar, || "one sample a pixel, and planes".to_owned())?;
    must(frame.samples == 3 || decoded.colour == DecodedColour::AsDeclared, || "one sample a pixel, and a colour".to_owned())?;
    let is_said = |kind: fn(&CodecWarning) -> bool| decoded.warnings.iter().filter(|w| kind(w)).count() <= 1;
    must(
        is_said(|w| matches!(w, CodecWarning::Damaged))
            && is_said(|w| matches!(w, CodecWarning::Lossy))
            && is_said(|w| matches!(w, CodecWarning::Precision { .. })),
        || format!("a warning twice: {:?}", decoded.warnings),
    )
}

/// Bits above the precision are the sign's or zeros.
fn filled(decoded: &DecodedFrame) -> Held {
    let size = usize::from(decoded.bytes_per_sample);
    let (bits, unused) = (u32::from(decoded.bytes_per_sample) * 8, u32::from(decoded.bytes_per_sample) * 8 - u32::from(decoded.precision));
    let fits = |sample: &[u8]| {
        let value = sample.iter().rev().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
        let top = value << (32 - bits);
        let back = match decoded.signed {
            // Its own bits at the top, then down again with the sign behind them.
            Some(true) => ((top << unused).cast_signed() >> unused).cast_unsigned(),
            _ => top << unused >> unused,
        };
        // Where there is room for less than 32 bits, what lies below them is zero in both.
        back >> (32 - bits) == top >> (32 - bits)
    };
    let bad = decoded.data.chunks_exact(size).position(|sample| !fits(sample));
    must(bad.is_none(), || {
        format!("sample {} does not fit {} bits, signed {:?}", bad.unwrap_or_default(), decoded.precision, decoded.signed)
    })
}

/// Deflated data is refused, or unpacks to what fits the limit, the same each time; a limit of exactly that is enough, and one less is not.
pub(super) fn inflates(input: &[u8]) -> Held {
    let Some((limit, data)) = input.split_first_chunk::<4>() else { return Ok(()) };
    let limit = (u32::from_le_bytes(*limit) % (MOST_BYTES + 1)) as usize;
    let first = inflate(data, limit);
    must(first == inflate(data, limit), || "unpacking it twice gives two results".to_owned())?;
    match first {
        Ok(plain) => {
            must(plain.len() <= limit, || format!("{} bytes where {limit} were allowed", plain.len()))?;
            let exact = inflate(data, plain.len());
            must(exact.as_ref() == Ok(&plain), || "the same bytes as a limit give something else".to_owned())?;
            let Some(less) = plain.len().checked_sub(1) else { return Ok(()) };
            must(inflate(data, less) == Err(CodecError::TooLarge(less as u64)), || "one byte less is enough too".to_owned())
        }
        Err(CodecError::Damaged(_, Damage::Broke)) => Err("the decoder broke down".to_owned()),
        Err(error) => told(&error),
    }
}
