//! The child's side: one request, one answer, until its parent closes the pipe.
//!
//! Owns: the order of things - limits before the first byte is read. Refuses: requests that make no sense or are longer than the memory granted; it ends
//! over them, and its parent starts another.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::decode::decode;
use crate::deflate::inflate;
use crate::error::{CodecError, Damage};
use crate::frame::{DecodedFrame, EncodedFrame, reserve};
use crate::worker::limits::{confine, renew};
use crate::worker::wire::{Answer, REQUEST_LENGTH, Request};
use std::io::{self, Read, Write};
use std::process::ExitCode;

/// Decodes what comes in on standard input and answers on standard output, until there is no more.
///
/// First the process limits itself, for good: `memory` bytes of address space more than it has now (Linux), no core files, no growing of files, and
/// processor time for each request (unix). Call it as early as there is a process, before other threads or buffers exist.
/// Ends with failure where a limit cannot be set, where a request makes no sense, and after a decoder broke down (its answer is sent before).
#[must_use]
pub fn serve(memory: u64) -> ExitCode {
    let mut worker = Worker { memory, renew, decode };
    if confine(memory) && worker.converse(&mut io::stdin().lock(), &mut io::stdout().lock()).is_some() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// All that a worker granted `memory` bytes writes when its parent says `said` and then closes the pipe, and whether it ends without a complaint. Frames go
/// through `decode`, and nothing is limited: a worker without its process, for the fuzz targets.
#[doc(hidden)]
pub fn answers(mut said: &[u8], memory: u64, decode: impl FnMut(&EncodedFrame<'_>) -> Result<DecodedFrame, CodecError>) -> (Vec<u8>, bool) {
    let mut written = Vec::new();
    let ends_well = Worker { memory, renew: || true, decode }.converse(&mut said, &mut written).is_some();
    (written, ends_well)
}

/// What a worker does with what it reads.
struct Worker<R, D> {
    /// Bytes of a request's data and of what is unpacked at most. Where the system sets no limit, this is the one that holds.
    memory: u64,
    /// Grants processor time for the next request.
    renew: R,
    decode: D,
}

impl<R: Fn() -> bool, D: FnMut(&EncodedFrame<'_>) -> Result<DecodedFrame, CodecError>> Worker<R, D> {
    fn converse(&mut self, from: &mut impl Read, to: &mut impl Write) -> Option<()> {
        let mut header = [0; REQUEST_LENGTH];
        while starts(from, &mut header)? {
            let (request, length) = Request::read(&header)?;
            if length > self.memory || !(self.renew)() {
                return None;
            }
            let mut data: Vec<u8> = reserve(usize::try_from(length).ok()?).ok()?;
            if from.take(length).read_to_end(&mut data).ok()? as u64 != length {
                return None;
            }
            let done = self.fulfil(request, &data);
            drop(data);
            let is_broken = matches!(done, Err(CodecError::Damaged(_, Damage::Broke)));
            let (answer, result) = done.unwrap_or_else(|e| (Answer::failed(e), Vec::new()));
            to.write_all(&answer.write()).and_then(|()| to.write_all(&result)).and_then(|()| to.flush()).ok()?;
            if is_broken {
                // What a panic left behind is not worth a second frame.
                return None;
            }
        }
        Some(())
    }

    fn fulfil(&mut self, request: Request, data: &[u8]) -> Result<(Answer, Vec<u8>), CodecError> {
        match request {
            Request::Decode(frame) => (self.decode)(&EncodedFrame { data, ..frame }).map(|frame| (Answer::decoded(&frame), frame.data)),
            Request::Inflate(limit) => {
                let most = usize::try_from(limit.min(self.memory)).unwrap_or(usize::MAX);
                match inflate(data, most) {
                    Err(CodecError::TooLarge(_)) if limit > self.memory => Err(CodecError::Memory(self.memory)),
                    unpacked => unpacked.map(|data| (Answer::unpacked(data.len() as u64), data)),
                }
            }
        }
    }
}

/// Fills the header; false where the parent closed the pipe between two requests.
fn starts(from: &mut impl Read, header: &mut [u8; REQUEST_LENGTH]) -> Option<bool> {
    let (first, rest) = header.split_at_mut(1);
    loop {
        match from.read(first) {
            Ok(0) => return Some(false),
            Ok(_) => return from.read_exact(rest).ok().map(|()| true),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}
