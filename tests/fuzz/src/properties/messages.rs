//! Properties of the messages between the program and its worker: what a worker makes of its parent's words, and, more important, what the program makes of
//! those of a worker that a frame may have turned against it.
//!
//! An input of [`request`] is all that a parent says. One of [`answer`] opens with a line that says what was asked, as that of [`super::frames::codec`] or
//! `unpack` and a limit in bytes; what the worker says follows.

use super::frames::{described, fits, line_and_rest, samples};
use super::{Held, must, told};
use tiresias_codecs::{CodecError, CodecWarning, Damage, EncodedFrame, answers, decode, hear_frame, hear_unpacked, inflate};

/// What the worker is granted, bytes.
const MEMORY: u64 = 16 << 20;
/// Samples of a frame that is decoded here. An input can hold thousands of requests.
const MOST_SAMPLES: u64 = 1 << 12;
/// Bytes of the headers.
const REQUEST: usize = 36;
const ANSWER: usize = 56;

/// Each request is answered with what was asked for, in full and in order, until one makes no sense.
pub(super) fn request(input: &[u8]) -> Held {
    let mut given = Vec::new();
    let (said, ends_well) = answers(input, MEMORY, |frame| {
        let result = (samples(frame) <= MOST_SAMPLES).then(|| decode(frame));
        given.push((EncodedFrame { data: &[], ..*frame }, result.clone()));
        result.unwrap_or(Err(CodecError::Memory(MEMORY)))
    });
    let (mut said, mut rest, mut given) = (said.as_slice(), input, given.into_iter());
    while let Some((header, after)) = said.split_first_chunk::<ANSWER>() {
        let [asked, data, after_request] = split(rest)?;
        rest = after_request;
        let length = number(header, 48)?;
        let whole = said.get(..ANSWER + length).ok_or("an answer is shorter than it says")?;
        said = after.get(length..).unwrap_or_default();
        match asked.get(4) {
            Some(0) => {
                let (frame, result) = given.next().ok_or("a frame is answered and was never decoded")?;
                // A frame that is too large for the property has the property's own answer, which nobody needs to hear.
                let Some(result) = result else { continue };
                if let Err(CodecError::Damaged(coding, Damage::Broke)) = result {
                    return Err(format!("the {coding} decoder broke down"));
                }
                // How much memory was missing only the parent knows.
                let result = result.map_err(|e| if matches!(e, CodecError::Memory(_)) { CodecError::Memory(MEMORY) } else { e });
                let heard = hear_frame(&EncodedFrame { data, ..frame }, MEMORY, whole);
                must(heard == result, || format!("{result:?} is heard as {heard:?}"))?;
            }
            _ => {
                let limit = number(asked, 20)?;
                let heard = hear_unpacked(limit, MEMORY, whole);
                let expected = inflate(data, limit.min(MEMORY as usize));
                let is_same = match &expected {
                    Err(CodecError::TooLarge(_)) if limit as u64 > MEMORY => heard == Err(CodecError::Memory(MEMORY)),
                    _ => heard == expected,
                };
                must(is_same, || "what is unpacked is heard as something else".to_owned())?;
            }
        }
    }
    must(said.is_empty() && given.next().is_none(), || "an answer is missing, or is none".to_owned())?;
    must(ends_well == rest.is_empty(), || format!("it ends well: {ends_well}, with {} bytes left", rest.len()))
}

/// The header of the first request, its data, and what follows.
fn split(said: &[u8]) -> Result<[&[u8]; 3], String> {
    let (header, after) = said.split_at_checked(REQUEST).ok_or("more answers than requests")?;
    let (data, rest) = after.split_at_checked(number(header, 28)?).ok_or("half a request is answered")?;
    Ok([header, data, rest])
}

/// Eight bytes of a header, little endian.
fn number(header: &[u8], at: usize) -> Result<usize, String> {
    let bytes = header.get(at..).and_then(|b| b.first_chunk::<8>()).ok_or("a header is too short")?;
    Ok(usize::try_from(u64::from_le_bytes(*bytes)).unwrap_or(usize::MAX))
}

/// Whatever a worker says, the program has a result of the kind and size that it asked for, or a reason.
pub(super) fn answer(input: &[u8]) -> Held {
    if let Some(limit) = unpack(input) {
        let said = line_and_rest(input).map(|(_, said)| said).unwrap_or_default();
        let heard = hear_unpacked(limit, MEMORY, said);
        must(heard == hear_unpacked(limit, MEMORY, said), || "the same words are heard as two things".to_owned())?;
        return match heard {
            Ok(data) => {
                must(data.len() as u64 <= (limit as u64).min(MEMORY), || format!("{} bytes where {limit} were allowed", data.len()))
            }
            Err(error) => refused(&error),
        };
    }
    let Some(frame) = described(input) else { return Ok(()) };
    let (said, frame) = (frame.data, EncodedFrame { data: &[], ..frame });
    let heard = hear_frame(&frame, MEMORY, said);
    must(heard == hear_frame(&frame, MEMORY, said), || "the same words are heard as two things".to_owned())?;
    match heard {
        Ok(decoded) => {
            fits(&frame, &decoded)?;
            let says_something = |warning: &CodecWarning| match warning {
                CodecWarning::Damaged => true,
                CodecWarning::Precision { codestream, stored } => {
                    (*codestream, *stored) == (decoded.precision, frame.bits_stored) && codestream != stored
                }
                CodecWarning::Lossy => frame.syntax.promises_lossless(),
            };
            must(decoded.warnings.iter().all(says_something), || format!("a warning of nothing: {:?}", decoded.warnings))
        }
        Err(error) => refused(&error),
    }
}

/// The limit of a first line that asks to unpack.
fn unpack(input: &[u8]) -> Option<usize> {
    line_and_rest(input)?.0.strip_prefix("unpack ")?.parse().ok()
}

fn refused(error: &CodecError) -> Held {
    let is_of_a_process = matches!(error, CodecError::TimedOut | CodecError::Start(_));
    must(!is_of_a_process, || format!("there is no process, and it says: {error}"))?;
    told(error)
}

#[cfg(test)]
mod tests {
    use super::{answer, request};

    /// What the worker says of one pixel of RLE.
    fn said(frame: [u8; 6], length: u64, data: &[u8]) -> Vec<u8> {
        let mut said = b"1.2.840.10008.1.2.5 1 1 1 8 8 grey\nTcA1\0\0\0\0".to_vec();
        said.extend(frame);
        said.extend([0; 34]);
        said.extend(length.to_le_bytes());
        said.extend(data);
        said
    }

    #[test]
    fn answers_are_heard() {
        assert_eq!(answer(&said([1, 8, 2, 0, 0, 0], 1, &[7])), Ok(()));
        assert_eq!(answer(&said([1, 8, 2, 0, 0, 0], u64::MAX, &[7])), Ok(()));
        assert_eq!(answer(b"unpack 4\nTcA1"), Ok(()));
    }

    #[test]
    fn a_request_is_answered_or_ends_the_worker() {
        let mut unpack = b"TcQ1\x01\0\0\0\0\0\0\0".to_vec();
        unpack.extend([0; 8]);
        unpack.extend([99_u64, 2].into_iter().flat_map(u64::to_le_bytes));
        unpack.extend([3, 0]);
        assert_eq!(request(&unpack), Ok(()));
        assert_eq!(request(&[unpack.clone(), unpack.clone(), b"TcQ1".to_vec()].concat()), Ok(()));
        assert_eq!(request(&unpack[..37]), Ok(()));
        // A frame that no image can be, and larger than the property decodes.
        let mut tall = b"TcQ1\0\x09\x01\x10\x10\0\0\0".to_vec();
        tall.extend([16_u32, 196_620].into_iter().flat_map(u32::to_le_bytes));
        tall.extend([0; 16]);
        assert_eq!(request(&tall), Ok(()));
        tall[6] = 255;
        tall[12..20].fill(255);
        assert_eq!(request(&tall), Ok(()));
    }
}
