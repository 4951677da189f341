//! A program that takes one step at a time, and what can be seen of it from outside: memory, open files, environment.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;
use tiresias::Clock;

/// Where the program says that it stands.
pub(crate) enum Step {
    /// Something was decided, and so many rows are on the disk.
    Decided(u64),
    /// What the AI says is in memory.
    Shown,
    /// It ended well.
    Ended,
}

/// A program between two steps.
pub(crate) struct Stepping {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// Its home and its place for temporary files.
    home: PathBuf,
}

/// The shipped program, reading at a workstation.
pub(crate) fn shipped(station: &Path) -> Stepping {
    let station = station.display().to_string();
    let mut command = tiresias_tests::run::command(["simulated-reader", &station, "--steps"]).expect("the program is built");
    start(&mut command, Path::new(&station))
}

/// Starts a program that takes steps.
pub(crate) fn start(command: &mut Command, station: &Path) -> Stepping {
    let home = station.with_extension("home");
    fs::create_dir_all(&home).expect("a folder");
    for name in ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"] {
        command.env(name, &home);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let (stdin, stdout) = (child.stdin.take().expect("piped"), BufReader::new(child.stdout.take().expect("piped")));
    Stepping { child, stdin, stdout, home }
}

impl Stepping {
    /// Waits until it stands still, and says for how long it went.
    pub(crate) fn wait(&mut self) -> (Step, Duration) {
        let clock = Clock::start();
        let mut line = String::new();
        loop {
            line.clear();
            if self.stdout.read_line(&mut line).expect("it speaks") == 0 {
                let status = self.child.wait().expect("it ends");
                assert!(status.success(), "it ended with {status}");
                return (Step::Ended, clock.since_start());
            }
            // A test harness writes lines of its own.
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                [_, "decided", rows] => return (Step::Decided(rows.parse().expect("a number of rows")), clock.since_start()),
                [_, "shown", _] => return (Step::Shown, clock.since_start()),
                _ => {}
            }
        }
    }
    /// Lets it take the next step.
    pub(crate) fn go(&mut self) {
        self.stdin.write_all(b"\n").expect("it listens");
    }
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }
    /// Hands out its memory, mapping by mapping, but for files that nobody writes to.
    pub(crate) fn memory(&self, mut take: impl FnMut(&str, &[u8])) {
        let process = PathBuf::from(format!("/proc/{}", self.child.id()));
        let maps = fs::read_to_string(process.join("maps")).expect("its maps are ours to read");
        let memory = File::open(process.join("mem")).expect("its memory is ours to read");
        let mut bytes = Vec::new();
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
            let name = words.nth(3).unwrap_or("unnamed");
            let is_file = name.starts_with('/') && !rights.contains('w') && !name.contains("(deleted)") && !name.contains("memfd");
            if !rights.starts_with('r') || is_file || name.starts_with("[v") {
                continue;
            }
            let end = |text: Option<&str>| u64::from_str_radix(text.expect("an address"), 16).expect("an address");
            let mut ends = range.split('-');
            let (from, to) = (end(ends.next()), end(ends.next()));
            bytes.resize(usize::try_from(to - from).expect("a length"), 0);
            memory.read_exact_at(&mut bytes, from).unwrap_or_else(|e| panic!("{line}: {e}"));
            take(name, &bytes);
        }
        for name in ["environ", "cmdline"] {
            take(name, &fs::read(process.join(name)).expect("its own"));
        }
        for entry in fs::read_dir(process.join("fd")).expect("its open files") {
            let path = entry.expect("an entry").path();
            // Also those without a name in any folder.
            if fs::metadata(&path).is_ok_and(|m| m.is_file()) {
                take("an open file", &fs::read(&path).expect("read through its own handle"));
            }
        }
    }
}

impl Drop for Stepping {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
