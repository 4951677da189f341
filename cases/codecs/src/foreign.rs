//! The only unsafe code of this crate: calls into libjpeg-turbo (`turbojpeg-sys`) and OpenJPEG (`openjpeg-sys`).
//!
//! Owns: lengths and lifetimes of what is handed over. Both codecs are told nothing that their caller has not checked against the codestream's header,
//! and both headers are read again here before a buffer is filled.
//! Refuses: everything else. CharLS needs no entry: its crate is safe to call.

#![expect(unsafe_code, reason = "two foreign codecs that can be called in no other way; every block says why it is sound")]

use crate::error::{CodecError, Coding, Damage};
use crate::frame::zeros;
use openjpeg_sys as opj;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_short, c_uchar, c_ushort, c_void};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU32, Ordering};
use turbojpeg_sys as tj;

/// What a codestream must be, as read from its own header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Picture {
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    /// 1 or 3.
    pub(crate) samples: u8,
    pub(crate) precision: u8,
}

impl Picture {
    fn values(self) -> Result<usize, CodecError> {
        let values = u64::from(self.columns) * u64::from(self.rows) * u64::from(self.samples);
        usize::try_from(values).map_err(|_| CodecError::Memory(values))
    }
}

/// Samples as libjpeg-turbo gives them: in the smallest of its three types.
#[derive(Debug)]
pub(crate) enum Samples {
    /// Up to 8 bits.
    Eight(Vec<u8>),
    /// Up to 12 bits; never negative.
    Twelve(Vec<i16>),
    /// Up to 16 bits.
    Sixteen(Vec<u16>),
}

/// A decompressor of libjpeg-turbo.
struct Turbo(tj::tjhandle);

impl Drop for Turbo {
    fn drop(&mut self) {
        // SAFETY: the handle came from tj3Init, was not null, and nobody else has it.
        unsafe { tj::tj3Destroy(self.0) }
    }
}

/// How libjpeg-turbo came out of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Clean,
    /// It complained, and may have gone on or not: the library does not say which.
    Warned,
    Failed,
}

/// Scans of one image that are decoded at most: a progressive image has up to 64 a component, and a bomb has thousands.
const MOST_SCANS: c_int = 500;

impl Turbo {
    fn new() -> Option<Self> {
        // SAFETY: takes no pointer. A null handle is not kept.
        let handle = unsafe { tj::tj3Init(tj::TJINIT_TJINIT_DECOMPRESS as c_int) };
        (!handle.is_null()).then_some(Self(handle))
    }

    fn set(&self, parameter: tj::TJPARAM, value: c_int) -> bool {
        // SAFETY: the handle is alive; parameter and value are plain numbers that the library checks.
        unsafe { tj::tj3Set(self.0, parameter as c_int, value) == 0 }
    }

    fn get(&self, parameter: tj::TJPARAM) -> Option<u32> {
        // SAFETY: the handle is alive.
        u32::try_from(unsafe { tj::tj3Get(self.0, parameter as c_int) }).ok()
    }

    fn outcome(&self, status: c_int) -> Outcome {
        // SAFETY: the handle is alive.
        let code = unsafe { tj::tj3GetErrorCode(self.0) };
        match status {
            0 => Outcome::Clean,
            _ if code == tj::TJERR_TJERR_WARNING as c_int => Outcome::Warned,
            _ => Outcome::Failed,
        }
    }

    fn header(&self, data: &[u8]) -> Outcome {
        // SAFETY: the handle is alive, and the library reads `data` within its length and keeps no pointer to it.
        self.outcome(unsafe { tj::tj3DecompressHeader(self.0, data.as_ptr(), data.len() as tj::size_t) })
    }
}

/// `tj3Decompress8`, `12` and `16` for their sample type.
type Decompress<T> = unsafe extern "C" fn(tj::tjhandle, *const c_uchar, tj::size_t, *mut T, c_int, c_int) -> c_int;

/// Decodes a JPEG codestream, lossy or lossless, to interleaved samples, and tells whether the library complained.
///
/// Three components come out as RGB: through the inverse of YCbCr where the codestream says so, else as they are.
pub(crate) fn jpeg(data: &[u8], picture: Picture) -> Result<(Samples, bool), CodecError> {
    let refused = CodecError::Damaged(Coding::Jpeg, Damage::Refused);
    let turbo = Turbo::new().ok_or(CodecError::Memory(0))?;
    // Progressive images are held whole as coefficients of two bytes, in whole blocks: twice that and some room is no bomb.
    let mebibytes = (picture.values()?.saturating_mul(4) >> 20).saturating_add(64);
    let set = turbo.set(tj::TJPARAM_TJPARAM_SCANLIMIT, MOST_SCANS)
        && turbo.set(tj::TJPARAM_TJPARAM_MAXMEMORY, c_int::try_from(mebibytes).unwrap_or(c_int::MAX))
        && turbo.set(tj::TJPARAM_TJPARAM_MAXPIXELS, i32::try_from(u64::from(picture.columns) * u64::from(picture.rows)).unwrap_or(0));
    if !set || turbo.header(data) == Outcome::Failed {
        return Err(refused);
    }
    // The buffers below are as long as `picture` says: nothing is decoded unless the library sees the same picture.
    let (format, spaces) = if picture.samples == 1 {
        (tj::TJPF_TJPF_GRAY, [tj::TJCS_TJCS_GRAY; 2])
    } else {
        (tj::TJPF_TJPF_RGB, [tj::TJCS_TJCS_RGB, tj::TJCS_TJCS_YCbCr])
    };
    let seen = [tj::TJPARAM_TJPARAM_JPEGWIDTH, tj::TJPARAM_TJPARAM_JPEGHEIGHT, tj::TJPARAM_TJPARAM_PRECISION].map(|p| turbo.get(p));
    let is_same = seen == [picture.columns, picture.rows, picture.precision.into()].map(Some)
        && turbo.get(tj::TJPARAM_TJPARAM_COLORSPACE).is_some_and(|space| spaces.contains(&space));
    if !is_same {
        return Err(refused);
    }
    Ok(match picture.precision {
        2..=8 => {
            let (samples, warned) = fill::<c_uchar>(&turbo, data, picture, tj::tj3Decompress8, format, 0xFF)?;
            (Samples::Eight(samples), warned)
        }
        9..=12 => {
            let (samples, warned) = fill::<c_short>(&turbo, data, picture, tj::tj3Decompress12, format, -1)?;
            (Samples::Twelve(samples), warned)
        }
        13..=16 => {
            let (samples, warned) = fill::<c_ushort>(&turbo, data, picture, tj::tj3Decompress16, format, 0xFFFF)?;
            (Samples::Sixteen(samples), warned)
        }
        _ => return Err(refused),
    })
}

/// Decodes into a new buffer. After a complaint the image is decoded once more over other bytes: where the results differ, the library gave up on the
/// way and left a part of the buffer as it was, and there is no image.
fn fill<T: Copy + Default + PartialEq>(
    turbo: &Turbo,
    data: &[u8],
    picture: Picture,
    decompress: Decompress<T>,
    format: tj::TJPF,
    other: T,
) -> Result<(Vec<T>, bool), CodecError> {
    let run = |buffer: &mut Vec<T>| {
        // SAFETY: the handle is alive. `data` is read within its length. The buffer holds columns x rows x samples values of the function's own sample
        // type; the header was seen to have these columns and rows, pitch 0 means rows without a gap, and the format has `samples` values a pixel
        // (GRAY 1, RGB 3). The library keeps neither pointer.
        turbo.outcome(unsafe { decompress(turbo.0, data.as_ptr(), data.len() as tj::size_t, buffer.as_mut_ptr(), 0, format as c_int) })
    };
    let values = picture.values()?;
    let mut samples = zeros(values)?;
    match run(&mut samples) {
        Outcome::Clean => return Ok((samples, false)),
        Outcome::Failed => return Err(CodecError::Damaged(Coding::Jpeg, Damage::Refused)),
        Outcome::Warned => {}
    }
    let mut again = zeros(values)?;
    again.fill(other);
    if run(&mut again) == Outcome::Warned && again == samples {
        Ok((samples, true))
    } else {
        Err(CodecError::Damaged(Coding::Jpeg, Damage::Short))
    }
}

/// The bytes that OpenJPEG reads, and how far it has come.
struct Source<'a> {
    data: &'a [u8],
    at: Cell<usize>,
}

/// What OpenJPEG takes for "there is nothing more".
const NOTHING: usize = usize::MAX;

unsafe extern "C" fn read(buffer: *mut c_void, room: usize, source: *mut c_void) -> usize {
    if buffer.is_null() || source.is_null() {
        return NOTHING;
    }
    // SAFETY: `source` is the pointer given in `Stream::new`, whose borrow outlives the stream; it is only ever read.
    let source = unsafe { &*source.cast::<Source<'_>>() };
    let rest = source.data.get(source.at.get()..).unwrap_or_default();
    let count = room.min(rest.len());
    if count == 0 {
        return NOTHING;
    }
    // SAFETY: `rest` has at least `count` bytes, `buffer` has `room` as OpenJPEG promises, and a buffer of its own does not overlap our data.
    unsafe { std::ptr::copy_nonoverlapping(rest.as_ptr(), buffer.cast::<u8>(), count) };
    source.at.set(source.at.get() + count);
    count
}

unsafe extern "C" fn skip(count: i64, source: *mut c_void) -> i64 {
    seek_to(source, |at| isize::try_from(count).ok().and_then(|count| at.checked_add_signed(count))).map_or(-1, |()| count)
}

unsafe extern "C" fn seek(place: i64, source: *mut c_void) -> c_int {
    c_int::from(seek_to(source, |_| usize::try_from(place).ok()).is_some())
}

/// Goes to a place inside the data.
fn seek_to(source: *mut c_void, place: impl FnOnce(usize) -> Option<usize>) -> Option<()> {
    if source.is_null() {
        return None;
    }
    // SAFETY: as in `read`.
    let source = unsafe { &*source.cast::<Source<'_>>() };
    let place = place(source.at.get()).filter(|place| *place <= source.data.len())?;
    source.at.set(place);
    Some(())
}

/// What OpenJPEG says of an encoder that counts its tile-parts one short (Kakadu once did): it puts that right, and the image is whole.
const HARMLESS: &[u8] = b"Non conformant codestream TPsot==TNsot";

unsafe extern "C" fn count_warning(text: *const c_char, count: *mut c_void) {
    if text.is_null() || count.is_null() {
        return;
    }
    // SAFETY: OpenJPEG hands a text that ends in zero and lives until this returns.
    let text = unsafe { CStr::from_ptr(text) };
    if !text.to_bytes().starts_with(HARMLESS) {
        // SAFETY: the pointer given in `Decoder::new`, whose borrow outlives the decoder.
        let count = unsafe { &*count.cast::<AtomicU32>() };
        // OpenJPEG's own threads come here too.
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// A stream of OpenJPEG over a [`Source`].
struct Stream<'a>(*mut opj::opj_stream_t, PhantomData<&'a Source<'a>>);

/// The largest piece that OpenJPEG reads at a time.
const PIECE: usize = 1 << 20;

impl<'a> Stream<'a> {
    fn new(source: &'a Source<'a>) -> Option<Self> {
        // SAFETY: takes no pointer. A null stream is not kept.
        let raw = unsafe { opj::opj_stream_create(source.data.len().clamp(1, PIECE), 1) };
        let stream = (!raw.is_null()).then_some(Self(raw, PhantomData))?;
        // SAFETY: the stream is alive. The callbacks have the types that it wants and use the Source only to read; the Source outlives the stream by its
        // lifetime, and no free function is given, so it stays ours.
        unsafe {
            opj::opj_stream_set_read_function(raw, Some(read));
            opj::opj_stream_set_skip_function(raw, Some(skip));
            opj::opj_stream_set_seek_function(raw, Some(seek));
            opj::opj_stream_set_user_data(raw, (&raw const *source).cast_mut().cast(), None);
            opj::opj_stream_set_user_data_length(raw, source.data.len() as u64);
        }
        Some(stream)
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        // SAFETY: the stream was created by OpenJPEG, and nobody else has it.
        unsafe { opj::opj_stream_destroy(self.0) }
    }
}

/// Pixels of a picture that is worth threads of its own: a mammogram, not a slice.
const LARGE: u64 = 4 << 20;
/// Each has a stack, and more than a few find nothing to do.
const MOST_THREADS: usize = 8;

/// A decoder of OpenJPEG for bare codestreams.
struct Decoder<'a>(*mut opj::opj_codec_t, PhantomData<&'a AtomicU32>);

impl<'a> Decoder<'a> {
    /// It is strict as it comes: data that ends early is an error, not a picture with a grey end. To ask for that expressly would also turn off what
    /// [`HARMLESS`] is about, and the last layer of such an image would be left out without a word.
    fn new(warnings: &'a AtomicU32) -> Option<Self> {
        // SAFETY: takes no pointer. A null decoder is not kept.
        let raw = unsafe { opj::opj_create_decompress(opj::OPJ_CODEC_FORMAT::OPJ_CODEC_J2K) };
        let decoder = (!raw.is_null()).then_some(Self(raw, PhantomData))?;
        let mut parameters = MaybeUninit::uninit();
        // SAFETY: the decoder is alive. The parameters are written whole by the first call and read by the second, which keeps no pointer to them. The
        // counter outlives the decoder by its lifetime.
        let ready = unsafe {
            opj::opj_set_default_decoder_parameters(parameters.as_mut_ptr());
            opj::opj_set_warning_handler(raw, Some(count_warning), (&raw const *warnings).cast_mut().cast()) == 1
                && opj::opj_setup_decoder(raw, parameters.as_mut_ptr()) == 1
        };
        ready.then_some(decoder)
    }

    /// Lets a large picture be decoded by all cores; small ones come many at a time, each to a worker of its own. Before [`Self::header`].
    fn share(&self, picture: Picture) {
        if u64::from(picture.columns) * u64::from(picture.rows) < LARGE {
            return;
        }
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get().min(MOST_THREADS));
        // SAFETY: the decoder is alive and was set up. It joins its threads when it is destroyed. Where it cannot have them it does without.
        let _ = unsafe { opj::opj_codec_set_threads(self.0, cores as c_int) };
    }

    fn header(&self, stream: &Stream<'_>) -> Option<Image> {
        let mut image = std::ptr::null_mut();
        // SAFETY: decoder and stream are alive; the image is null or one that is now ours.
        let status = unsafe { opj::opj_read_header(stream.0, self.0, &raw mut image) };
        // Owned before the status is looked at, so that it is freed in either case.
        let image = (!image.is_null()).then_some(Image(image));
        image.filter(|_| status == 1)
    }

    fn decode(&self, stream: &Stream<'_>, image: &mut Image) -> bool {
        // SAFETY: all three are alive, and the image is the one of this decoder's header.
        unsafe { opj::opj_decode(self.0, stream.0, image.0) == 1 && opj::opj_end_decompress(self.0, stream.0) == 1 }
    }
}

impl Drop for Decoder<'_> {
    fn drop(&mut self) {
        // SAFETY: the decoder was created by OpenJPEG, and nobody else has it.
        unsafe { opj::opj_destroy_codec(self.0) }
    }
}

/// An image of OpenJPEG.
struct Image(*mut opj::opj_image_t);

impl Image {
    fn components(&self) -> &[opj::opj_image_comp_t] {
        // SAFETY: the image is alive and says how many components stand behind its pointer; they live as long as it does.
        unsafe {
            let (components, count) = ((*self.0).comps, (*self.0).numcomps);
            if components.is_null() { &[] } else { std::slice::from_raw_parts(components, count as usize) }
        }
    }

    fn is(&self, picture: Picture) -> bool {
        let is_whole = |c: &opj::opj_image_comp_t| {
            (c.w, c.h, c.dx, c.dy, c.factor) == (picture.columns, picture.rows, 1, 1, 0) && c.prec == u32::from(picture.precision)
        };
        self.components().len() == usize::from(picture.samples) && self.components().iter().all(is_whole)
    }

    /// The values of a decoded component, unless there are none.
    fn values(&self, component: &opj::opj_image_comp_t) -> Option<&[i32]> {
        let count = usize::try_from(u64::from(component.w) * u64::from(component.h)).ok()?;
        // SAFETY: a component of this image; after decoding its data is null or w x h values of the image's own, which it frees and nobody moves.
        (!component.data.is_null()).then(|| unsafe { std::slice::from_raw_parts(component.data, count) })
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // SAFETY: the image came from OpenJPEG, and nobody else has it.
        unsafe { opj::opj_image_destroy(self.0) }
    }
}

/// Decodes a JPEG 2000 codestream, hands each component's values in order to `put`, and tells whether the decoder complained.
pub(crate) fn jpeg_2000(data: &[u8], picture: Picture, mut put: impl FnMut(usize, &[i32])) -> Result<bool, CodecError> {
    let damaged = |what| CodecError::Damaged(Coding::Jpeg2000, what);
    let warnings = AtomicU32::new(0);
    let source = Source { data, at: Cell::new(0) };
    let stream = Stream::new(&source).ok_or(CodecError::Memory(0))?;
    let decoder = Decoder::new(&warnings).ok_or(CodecError::Memory(0))?;
    decoder.share(picture);
    let mut image = decoder.header(&stream).ok_or(damaged(Damage::Refused))?;
    if !image.is(picture) {
        return Err(damaged(Damage::Components));
    }
    if !decoder.decode(&stream, &mut image) {
        return Err(damaged(Damage::Refused));
    }
    if !image.is(picture) {
        return Err(damaged(Damage::Components));
    }
    for (i, component) in image.components().iter().enumerate() {
        put(i, image.values(component).ok_or(damaged(Damage::Short))?);
    }
    Ok(warnings.load(Ordering::Relaxed) > 0)
}
