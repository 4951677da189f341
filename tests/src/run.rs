//! Runs the real program, as a script would, and takes what it said: exit code, stdout, stderr.
//!
//! Owns the rules that hold for every command (design section 7): it ends in time, it never panics, and what went wrong is one
//! line on stderr.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// No command of the tests takes longer, on a machine that does other things too.
pub const PATIENCE_S: u64 = 120;
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What a command said.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Its exit code; `None` when it was killed.
    pub code: Option<i32>,
    /// Its stdout.
    pub out: String,
    /// Its stderr.
    pub err: String,
}

impl Ran {
    /// The sentence on stderr of a command that ended with `code`.
    ///
    /// # Errors
    /// When the code is another one, or stderr is not exactly one line.
    pub fn sentence(&self, code: i32) -> Result<&str, String> {
        let line = self.err.strip_suffix('\n').unwrap_or(&self.err);
        let sentence = line.strip_prefix("tiresias: ").filter(|l| !l.contains('\n') && l.len() > 20);
        sentence.filter(|_| self.code == Some(code)).ok_or_else(|| format!("not code {code} and one line on stderr: {self:?}"))
    }

    /// The one JSON document on stdout.
    ///
    /// # Errors
    /// When stdout is anything else.
    pub fn json(&self) -> Result<serde_json::Value, String> {
        serde_json::from_str(&self.out).map_err(|e| format!("no JSON document alone on stdout ({e}): {self:?}"))
    }

    /// The sentence on stderr of a command that was refused with code 2, which must hold these words.
    ///
    /// # Errors
    /// As [`Self::sentence`], or when it says something else.
    pub fn refused(&self, says: &str) -> Result<&str, String> {
        let sentence = self.sentence(2)?;
        if sentence.contains(says) { Ok(sentence) } else { Err(format!("not {says:?}: {sentence}")) }
    }

    /// This command, when it did what it was asked.
    ///
    /// # Errors
    /// When it did not.
    pub fn done(self) -> Result<Self, String> {
        if self.code == Some(0) { Ok(self) } else { Err(format!("failed: {self:?}")) }
    }
}

/// The program, not yet started.
///
/// # Errors
/// As [`crate::program`].
pub fn command<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Result<Command, String> {
    let mut command = Command::new(crate::program()?);
    command.args(arguments).stdin(Stdio::null());
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // Mesa writes a line of its own to stderr without it.
        command.env("XDG_RUNTIME_DIR", std::env::temp_dir());
    }
    Ok(command)
}

/// Runs the program to its end.
///
/// # Errors
/// When it cannot be started, does not end within [`PATIENCE_S`], or panics.
pub fn tiresias<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Result<Ran, String> {
    to_end(&mut command(arguments)?, PATIENCE_S)
}

/// Runs the program to its end with words of which "@name" is a file of `folder`.
///
/// # Errors
/// As [`tiresias()`].
pub fn tiresias_in<W: AsRef<str>>(folder: &Path, words: &[W]) -> Result<Ran, String> {
    let file = |name: &str| folder.join(name).display().to_string();
    tiresias(words.iter().map(|word| word.as_ref().strip_prefix('@').map_or_else(|| word.as_ref().to_owned(), file)))
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started, does not end within so many seconds, or panics.
pub fn to_end(command: &mut Command, seconds: u64) -> Result<Ran, String> {
    let said = format!("{command:?}");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|e| format!("{said}: {e}"))?;
    let (out, err) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let code = end_of(&mut child, seconds).map_err(|e| format!("{said}: {e}"))?;
    let text = |of: JoinHandle<Vec<u8>>| of.join().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let (Ok(out), Ok(err)) = (text(out), text(err)) else { return Err(format!("{said}: what it said was lost")) };
    if err.contains("panicked") {
        return Err(format!("{said} panicked: {err}"));
    }
    Ok(Ran { code, out, err })
}

/// Waits for the end of a process; one that takes too long is killed.
fn end_of(child: &mut Child, seconds: u64) -> Result<Option<i32>, String> {
    let looks = u128::from(seconds) * 1000 / LOOK_EVERY.as_millis();
    for _ in 0..looks {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.code()),
            Ok(None) => thread::sleep(LOOK_EVERY),
            Err(e) => return Err(e.to_string()),
        }
    }
    child.kill().and_then(|()| child.wait()).map_err(|e| e.to_string())?;
    Err(format!("it did not end within {seconds} s"))
}

fn collect(from: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            // What was read until an error is what there is to look at.
            let _ = from.read_to_end(&mut bytes);
        }
        bytes
    })
}
