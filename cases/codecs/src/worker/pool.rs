//! The parent's side: workers that are started when needed, kept while they behave, and killed when not.
//!
//! Owns: the children and the time they get, and which frames need none. Refuses: to believe them. An answer that is not exactly what was asked for ends the
//! worker, and nothing that a worker does can make this process take more memory than the image that the data set describes.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::decode::{decode, decode_own_to, is_own};
use crate::deflate::inflate;
use crate::error::{CodecError, Coding};
use crate::frame::{CodecWarning, DecodedFrame, EncodedFrame, Extent, reserve};
use crate::worker::wire::{ANSWER_LENGTH, Answer, Request};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a worker may take for one frame or data set, by the clock on the wall, its start included.
pub const TIMEOUT: Duration = Duration::from_secs(8);

/// Decoders in child processes. Many threads may ask at once; each gets a worker of its own.
#[derive(Debug)]
pub struct Codecs {
    /// What to start; `None` decodes in this process.
    start: Option<(PathBuf, Vec<OsString>)>,
    idle: Mutex<Vec<Worker>>,
    /// Idle workers that are kept at most.
    most_idle: usize,
}

impl Codecs {
    /// Workers are `program` with `arguments` and, as the last argument, the memory limit in bytes as a decimal number; the program must then do nothing
    /// but [`crate::serve`] with it. Nothing is started yet.
    #[must_use]
    pub fn new(program: PathBuf, arguments: Vec<OsString>) -> Self {
        Self::with(Some((program, arguments)))
    }

    /// Without children, so without limits of time and memory and at the mercy of foreign code. For fuzzing and unit tests only.
    #[must_use]
    pub fn here() -> Self {
        Self::with(None)
    }

    fn with(start: Option<(PathBuf, Vec<OsString>)>) -> Self {
        Self { start, idle: Mutex::default(), most_idle: thread::available_parallelism().map_or(1, std::num::NonZero::get) }
    }

    /// [`crate::decode`] in a worker that may take `memory` bytes for the frame, its result and all in between: JPEG 2000 takes eight bytes a sample,
    /// lossless and progressive JPEG two or three, the others next to nothing, and all of them up to a mebibyte more. A worker is used again by calls
    /// with the same limit. RLE is decoded here: no foreign code takes part, and the data bounds what it costs.
    ///
    /// # Errors
    /// Those of [`crate::decode`]; [`CodecError::Memory`] also where it is plain that `memory` is too little; [`CodecError::TimedOut`] after [`TIMEOUT`];
    /// [`CodecError::Died`] where the worker ended or gave an answer that makes no sense; [`CodecError::Start`] where it cannot be started.
    pub fn decode(&self, frame: &EncodedFrame<'_>, memory: u64) -> Result<DecodedFrame, CodecError> {
        if self.start.is_none() {
            return decode(frame);
        }
        let (question, extent) = Question::of_frame(frame, memory)?;
        if is_own(frame) {
            return decode(frame);
        }
        self.ask(&question, |answer, data| answer.into_frame(frame, extent, whole(answer.length, data)?), is_clean)
    }

    /// [`Self::decode`] for who has a place for the samples: `put` gets them in order as they come, with what the codec says of them (no samples are in that)
    /// and the number of bytes before these. Pieces end between samples. It begins anew where a worker died of an earlier frame. After an error what
    /// was put is worth nothing.
    ///
    /// # Errors
    /// Those of [`Self::decode`].
    pub fn decode_to(
        &self,
        frame: &EncodedFrame<'_>,
        memory: u64,
        mut put: impl FnMut(&DecodedFrame, usize, &[u8]) + Send,
    ) -> Result<DecodedFrame, CodecError> {
        if self.start.is_none() {
            let mut decoded = decode(frame)?;
            let data = std::mem::take(&mut decoded.data);
            put(&decoded, 0, &data);
            return Ok(decoded);
        }
        let (question, extent) = Question::of_frame(frame, memory)?;
        if is_own(frame) {
            return decode_own_to(frame, extent, &mut put);
        }
        let receive = |answer: Answer, data: &mut dyn Read| {
            let described = answer.describe(frame, extent)?;
            let mut piece = vec![0; PIECE.min(extent.length)];
            let mut at = 0;
            while at < extent.length {
                let piece = piece.get_mut(..PIECE.min(extent.length - at))?;
                data.read_exact(piece).ok()?;
                put(&described, at, piece);
                at += piece.len();
            }
            Some(described)
        };
        self.ask(&question, receive, is_clean)
    }

    /// [`crate::inflate`] in a worker that may take `memory` bytes for the data, the result and all in between.
    ///
    /// # Errors
    /// Those of [`crate::inflate`]; otherwise as [`Self::decode`].
    pub fn inflate(&self, data: &[u8], limit: usize, memory: u64) -> Result<Vec<u8>, CodecError> {
        if self.start.is_none() {
            return inflate(data, limit);
        }
        self.ask(&Question::of_deflated(data, limit, memory)?, |answer, data| whole(answer.length, data), |_| true)
    }

    /// Puts a question to a worker and has `receive` make the result of its answer. The worker is kept where the answer shows no sign that its decoder was
    /// derailed.
    fn ask<T: Send>(
        &self,
        question: &Question<'_>,
        mut receive: impl FnMut(Answer, &mut dyn Read) -> Option<T> + Send,
        is_clean: impl Fn(&T) -> bool,
    ) -> Result<T, CodecError> {
        let (mut worker, mut is_used) = match self.idle(question.memory) {
            Some(worker) => (worker, true),
            None => (self.begin(question.memory)?, false),
        };
        let result = loop {
            match worker.ask(question, &mut receive) {
                // It may have died of what came before, or lain dead already: this question has a right to a new one.
                Err(CodecError::Died) if is_used => (worker, is_used) = (self.begin(question.memory)?, false),
                result => break result?,
            }
        };
        let is_sound = match &result {
            Ok(value) => is_clean(value),
            Err(refusal) => !matches!(refusal, CodecError::Damaged(..) | CodecError::Memory(_)),
        };
        if is_sound {
            self.keep(worker);
        }
        result
    }

    fn idle(&self, memory: u64) -> Option<Worker> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let at = idle.iter().rposition(|worker| worker.memory == memory)?;
        Some(idle.remove(at))
    }

    fn keep(&self, worker: Worker) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(worker);
        let surplus = idle.len().saturating_sub(self.most_idle);
        let gone: Vec<_> = idle.drain(..surplus).collect();
        // The lock is not held while they are waited for.
        drop(idle);
        drop(gone);
    }

    fn begin(&self, memory: u64) -> Result<Worker, CodecError> {
        let (program, arguments) = self.start.as_ref().ok_or(CodecError::Start(std::io::ErrorKind::NotFound))?;
        let child = Command::new(program)
            .args(arguments)
            .arg(memory.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Frames come one after the other: what glibc's malloc gives back to the system between two, it pays for again page by page (mallopt(3)).
            .env("MALLOC_MMAP_THRESHOLD_", KEPT)
            .env("MALLOC_TRIM_THRESHOLD_", KEPT)
            // Threads with heaps of their own would take 128 MiB of the address space that is limited, each, and use little of it.
            .env("MALLOC_ARENA_MAX", "1")
            .spawn()
            .map_err(|e| CodecError::Start(e.kind()))?;
        let mut worker = Worker { child, pipes: None, memory };
        worker.pipes = worker.child.stdin.take().zip(worker.child.stdout.take());
        if let Some((stdin, stdout)) = &worker.pipes {
            widen(stdin);
            widen(stdout);
        }
        Ok(worker)
    }
}

/// Bytes of an answer that are handed on at a time: few enough to stay in a core's cache, and a multiple of any sample's.
const PIECE: usize = 64 << 10;
/// Bytes that a worker's allocator keeps for the next frame, as text; larger frames take so long to decode that it does not matter.
const KEPT: &str = "16777216";

/// Makes room in a pipe for a whole frame of usual size, so that its ends need not wait for each other at every few rows. What a system refuses stays as it is.
#[cfg(target_os = "linux")]
fn widen(pipe: &impl std::os::fd::AsFd) {
    // As much as is granted without being asked why (pipe(7)).
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, 1 << 20);
}

/// There is no such call here.
#[cfg(not(target_os = "linux"))]
fn widen<T>(_pipe: &T) {}

fn is_clean(frame: &DecodedFrame) -> bool {
    !frame.warnings.contains(&CodecWarning::Damaged)
}

/// What is asked, and what the answer may have.
struct Question<'a> {
    request: Request,
    data: &'a [u8],
    /// Bytes of an answer at most.
    most: u64,
    memory: u64,
}

impl<'a> Question<'a> {
    /// To decode a frame, and the sizes that the answer must have. Fails where no worker could give one.
    fn of_frame(frame: &EncodedFrame<'a>, memory: u64) -> Result<(Self, Extent), CodecError> {
        let coding = frame.syntax.codec().ok_or(CodecError::Unsupported(frame.syntax.name()))?;
        let extent = frame.extent()?;
        let most = extent.length as u64;
        // What is certain to be needed; a worker that only finds out on its own cannot say that it was memory.
        let on_the_way = match coding {
            // Two words a value: one in the tile and one in the image.
            Coding::Jpeg2000 => ((extent.pixels * extent.samples) as u64).saturating_mul(8),
            _ => 0,
        };
        if most.saturating_add(frame.data.len() as u64).saturating_add(on_the_way) > memory {
            return Err(CodecError::Memory(memory));
        }
        Ok((Self { request: Request::decode(frame), data: frame.data, most, memory }, extent))
    }

    /// To unpack to at most `limit` bytes. A worker that keeps to its memory has no room for more than that, so no other is listened to.
    fn of_deflated(data: &'a [u8], limit: usize, memory: u64) -> Result<Self, CodecError> {
        if data.len() as u64 > memory {
            return Err(CodecError::Memory(memory));
        }
        let limit = limit as u64;
        Ok(Self { request: Request::Inflate(limit), data, most: limit.min(memory), memory })
    }
}

/// What [`Codecs::decode`] makes of a worker that says `said` and no more, whatever it was asked: the parent without a process, for the fuzz targets.
///
/// # Errors
/// As [`Codecs::decode`].
#[doc(hidden)]
pub fn hear_frame(frame: &EncodedFrame<'_>, memory: u64, said: &[u8]) -> Result<DecodedFrame, CodecError> {
    let (question, extent) = Question::of_frame(frame, memory)?;
    hear(&question, said, |answer, data| answer.into_frame(frame, extent, whole(answer.length, data)?))
}

/// What [`Codecs::inflate`] makes of a worker that says `said` and no more, as [`hear_frame`].
///
/// # Errors
/// As [`Codecs::inflate`].
#[doc(hidden)]
pub fn hear_unpacked(limit: usize, memory: u64, said: &[u8]) -> Result<Vec<u8>, CodecError> {
    hear(&Question::of_deflated(&[], limit, memory)?, said, |answer, data| whole(answer.length, data))
}

fn hear<T>(question: &Question<'_>, mut said: &[u8], mut receive: impl FnMut(Answer, &mut dyn Read) -> Option<T>) -> Result<T, CodecError> {
    talk(&mut std::io::sink(), &mut said, question, &mut receive).ok_or(CodecError::Died)?
}

/// All of an answer's data, which [`Answer::outcome`] has found to be no more than there may be.
fn whole(length: u64, data: &mut dyn Read) -> Option<Vec<u8>> {
    let mut bytes = reserve(usize::try_from(length).ok()?).ok()?;
    (data.read_to_end(&mut bytes).ok()? as u64 == length).then_some(bytes)
}

/// A child. It is killed and waited for when it is dropped.
#[derive(Debug)]
struct Worker {
    child: Child,
    /// Apart from the child, so that it can be killed while a thread waits on them.
    pipes: Option<(ChildStdin, ChildStdout)>,
    memory: u64,
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Both fail only where it has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Worker {
    /// Asks and waits, at most [`TIMEOUT`]. After an error that no worker sends it must not be asked again.
    fn ask<T: Send>(
        &mut self,
        question: &Question<'_>,
        receive: &mut (impl FnMut(Answer, &mut dyn Read) -> Option<T> + Send),
    ) -> Result<Result<T, CodecError>, CodecError> {
        let Self { child, pipes, .. } = self;
        let (stdin, stdout) = pipes.as_mut().ok_or(CodecError::Died)?;
        let (done, waiting) = sync_channel(1);
        thread::scope(|scope| {
            let talking = thread::Builder::new().name("codec pipe".to_owned()).spawn_scoped(scope, move || {
                // The receiver waits for it, or has given up.
                let _ = done.send(talk(stdin, stdout, question, receive));
            });
            if let Err(e) = talking {
                return Err(CodecError::Start(e.kind()));
            }
            match waiting.recv_timeout(TIMEOUT) {
                Ok(told) => told.ok_or(CodecError::Died),
                Err(RecvTimeoutError::Disconnected) => Err(CodecError::Died),
                Err(RecvTimeoutError::Timeout) => {
                    // Its pipes close with it, which is what ends the thread above.
                    let _ = child.kill();
                    Err(CodecError::TimedOut)
                }
            }
        })
    }
}

/// Writes the question and has `receive` read the answer's data, all of it: what it makes of that, or the refusal that the worker sent. `None` where the other
/// side is gone or talks nonsense.
fn talk<T>(
    to: &mut impl Write,
    from: &mut impl Read,
    question: &Question<'_>,
    receive: &mut impl FnMut(Answer, &mut dyn Read) -> Option<T>,
) -> Option<Result<T, CodecError>> {
    to.write_all(&question.request.write(question.data.len() as u64)).ok()?;
    to.write_all(question.data).and_then(|()| to.flush()).ok()?;
    let mut header = [0; ANSWER_LENGTH];
    from.read_exact(&mut header).ok()?;
    let answer = Answer::read(&header)?;
    // Never more than `most`: the image that the data set describes, or what there may be when it is unpacked.
    let length = match answer.outcome(question.most, question.memory)? {
        Ok(length) => length,
        Err(refusal) => return Some(Err(refusal)),
    };
    let mut data = from.take(length);
    let made = receive(answer, &mut data)?;
    (data.limit() == 0).then_some(Ok(made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_cannot_say_more_than_it_was_granted_memory_for() {
        let said = |length: usize| [Answer::unpacked(length as u64).write(), vec![7; length]].concat();
        assert_eq!(hear_unpacked(1000, 60, &said(60)), Ok(vec![7; 60]));
        assert_eq!(hear_unpacked(1000, 60, &said(61)), Err(CodecError::Died));
        assert_eq!(hear_unpacked(10, 60, &said(11)), Err(CodecError::Died));
        assert_eq!(hear_unpacked(1000, 60, said(60).split_at(100).0), Err(CodecError::Died), "less than it says");
    }
}
