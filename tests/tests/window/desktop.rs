//! A desktop of one window: an X server, the program on it, a hand on mouse and keyboard, and eyes on the trace.
//!
//! Positions are pixels of a window of 1920 x 1080 at scale 1.

use crate::sockets::leading_out;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use tiresias_reads::study::Study;
use tiresias_tests::run::{command, tiresias};

/// Where the large pane is, away from its letters and corner text.
pub(crate) const ON_THE_IMAGE: [u32; 2] = [800, 400];
/// The first reader's row of the sign-in.
const FIRST_READER: [u32; 2] = [650, 230];
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Looks until something awaited counts as not coming: 60 s.
const LOOKS: usize = 3_000;

/// An X server of its own.
pub(crate) struct Desktop {
    server: Child,
    display: String,
    /// Stands for the user's folders: nothing of the person who runs the tests is read or written.
    home: TempDir,
}

impl Desktop {
    pub(crate) fn new() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is needed for this test: ./dev install");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb found no free display");
        Self { server, display: format!(":{}", number.trim()), home: tempfile::tempdir().unwrap() }
    }

    /// What DISPLAY is called here.
    pub(crate) fn display(&self) -> &str {
        &self.display
    }
    /// A folder that goes away with the desktop.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Opens the program on a study and waits for the sign-in.
    pub(crate) fn open(&self, study: &Path, more: &[&str]) -> Window<'_> {
        let words: Vec<String> = ["open", study.to_str().unwrap()].into_iter().chain(more.iter().copied()).map(str::to_owned).collect();
        self.start(&words)
    }

    /// Opens the program as these words say, and waits for its window.
    pub(crate) fn start(&self, words: &[String]) -> Window<'_> {
        let trace = self.home.path().join(format!("trace-{}.jsonl", fs::read_dir(self.home.path()).unwrap().count()));
        let size = ["--size", "1920x1080", "--trace", trace.to_str().unwrap()].map(str::to_owned);
        let mut program = command(words.iter().cloned().chain(size)).unwrap();
        program.env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET");
        program.env("XDG_DATA_HOME", self.home.path()).env("XDG_RUNTIME_DIR", self.home.path()).env("HOME", self.home.path());
        let program = program.stdout(Stdio::null()).spawn().unwrap();
        let mut window = Window { desktop: self, program, trace, read: 0, events: Vec::new(), drawn: 0, held: None };
        window.until("the window is up", |w| w.events.iter().any(|e| e["what"] == "frame"));
        let id = window.hand(&["search", "--sync", "--onlyvisible", "--name", "^Tiresias$"]);
        let id = id.lines().last().expect("a window").to_owned();
        // There is no window manager that would give it the keyboard.
        window.hand(&["windowfocus", "--sync", &id]);
        window
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The program on the desktop.
pub(crate) struct Window<'d> {
    desktop: &'d Desktop,
    program: Child,
    trace: PathBuf,
    /// So many bytes of the trace are read.
    read: u64,
    events: Vec<Value>,
    /// So many of the events are frames.
    drawn: usize,
    /// The wheel button that is down.
    held: Option<&'static str>,
}

impl Window<'_> {
    /// One order to xdotool, which sends what an X server gets from real devices (XTEST).
    pub(crate) fn hand(&self, order: &[&str]) -> String {
        let done = Command::new("xdotool").args(order).env("DISPLAY", &self.desktop.display).output();
        let done = done.expect("xdotool is needed for this test: ./dev install");
        assert!(done.status.success(), "xdotool {order:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }
    pub(crate) fn keys(&self, keys: &[&str]) {
        for key in keys {
            self.hand(&["key", key]);
        }
    }
    pub(crate) fn point_at(&self, [x, y]: [u32; 2]) {
        self.hand(&["mousemove", "--sync", &x.to_string(), &y.to_string()]);
    }
    pub(crate) fn click(&self, at: [u32; 2]) {
        self.point_at(at);
        self.hand(&["click", "1"]);
    }
    /// Presses, moves in two steps as a hand does, and lets go.
    pub(crate) fn drag(&mut self, from: [u32; 2], to: [u32; 2]) {
        self.point_at(from);
        self.settle();
        self.hand(&["mousedown", "1"]);
        let half = [from[0].midpoint(to[0]), from[1].midpoint(to[1])];
        for at in [half, to] {
            // At rest before and after: on a busy machine press, way and release would else fall into one frame, which is no drag.
            self.settle();
            self.point_at(at);
        }
        self.settle();
        self.hand(&["mouseup", "1"]);
    }
    /// Turns the wheel by one line: towards the reader (1) for one slice more, away (-1) for one less.
    ///
    /// XTEST's pointer has wheel buttons and no scroll axes. Of such a device winit 0.30 makes a line of each press *and* each
    /// release (`xinput_button_input`), so a line is half a click here: the button goes down with one and up with the next.
    pub(crate) fn wheel(&mut self, line: i32) {
        let button = if line > 0 { "5" } else { "4" };
        let order = if self.held.take_if(|held| *held == button).is_some() {
            "mouseup"
        } else {
            self.held = Some(button);
            "mousedown"
        };
        self.hand(&[order, button]);
    }
    /// Turns the wheel by an even number of lines, as fast as a hand does.
    pub(crate) fn roll(&self, lines: i32) {
        let button = if lines > 0 { "5" } else { "4" };
        self.hand(&["click", "--repeat", &(lines.abs() / 2).to_string(), "--delay", "60", button]);
    }

    /// Reads on in the trace.
    fn look(&mut self) {
        let Ok(mut trace) = File::open(&self.trace) else { return };
        let mut new = Vec::new();
        trace.seek(SeekFrom::Start(self.read)).and_then(|_| trace.read_to_end(&mut new)).expect("a trace that can be read");
        // A last line without its end is still being written.
        new.truncate(new.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
        let lines = new.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let seen = self.events.len();
        self.events.extend(lines.map(|line| serde_json::from_slice::<Value>(line).expect("JSON lines")));
        self.drawn += self.events[seen..].iter().filter(|e| e["what"] == "frame").count();
        self.read += new.len() as u64;
    }
    /// Everything that was traced so far.
    pub(crate) fn events(&self) -> &[Value] {
        &self.events
    }
    /// The frames so far.
    pub(crate) fn frames(&self) -> impl DoubleEndedIterator<Item = &Value> {
        self.events.iter().filter(|e| e["what"] == "frame")
    }
    /// The slice in the newest frame.
    pub(crate) fn slice(&self) -> Option<u64> {
        self.frames().next_back().and_then(|f| f["slice"].as_u64())
    }

    /// Waits for something that is seen in the trace or on the disk.
    pub(crate) fn until(&mut self, what: &str, mut seen: impl FnMut(&Self) -> bool) {
        for _ in 0..LOOKS {
            self.look();
            if seen(self) {
                return;
            }
            if let Some(status) = self.program.try_wait().unwrap() {
                panic!("waiting until {what}: the program ended ({status})");
            }
            thread::sleep(LOOK_EVERY);
        }
        panic!("waited in vain until {what}; picture of the screen: {}", self.picture());
    }

    /// Waits until the program draws no more and nothing runs beside: it has nothing to say and waits for a hand. It holds no connection then, nor ever.
    pub(crate) fn settle(&mut self) {
        let mut quiet = (0, 0);
        self.until("the window is at rest", |w| {
            let frames = w.drawn;
            let is_busy = w.frames().next_back().is_some_and(|f| f["beside"].as_u64().is_some_and(|n| n > 0));
            quiet = if frames == quiet.0 && !is_busy { (frames, quiet.1 + 1) } else { (frames, 0) };
            quiet.1 >= 15
        });
        let sockets = leading_out(self.program.id());
        assert!(sockets.is_empty(), "nothing of the program leads out of the machine: {sockets:?}");
    }

    /// Signs in as the first reader.
    pub(crate) fn sign_in(&mut self) {
        self.settle();
        self.click(FIRST_READER);
        self.until("the record is open", |w| w.events.iter().any(|e| e["what"] == "open record"));
    }

    /// Types a passphrase where it is asked for, and Enter.
    pub(crate) fn passphrase(&mut self, phrase: &str) {
        self.settle();
        self.hand(&["type", "--delay", "20", phrase]);
        self.settle();
        self.keys(&["Return"]);
    }
    /// Signs in as the only reader of a folder that was handed out.
    pub(crate) fn sign_in_with(&mut self, phrase: &str) {
        self.passphrase(phrase);
        self.until("the record is open", |w| w.events.iter().any(|e| e["what"] == "open record"));
    }

    /// What is on the screen, for whoever looks into a failure.
    fn picture(&self) -> String {
        // Tests run side by side, each on a display of its own.
        let file = std::env::temp_dir().join(format!("tiresias-window-test-{}.png", self.desktop.display.trim_start_matches(':')));
        if self.picture_to(&file) { file.display().to_string() } else { "none, ImageMagick is not installed".into() }
    }
    /// Keeps what is on the screen in a file; false where that cannot be done.
    pub(crate) fn picture_to(&self, file: &Path) -> bool {
        let made = Command::new("import").args(["-window", "root"]).arg(file).env("DISPLAY", &self.desktop.display).status();
        made.is_ok_and(|s| s.success())
    }

    /// Keeps a picture where somebody wants to look at it: in the folder `TIRESIAS_PICTURES`.
    pub(crate) fn keep(&self, name: &str) {
        if let Some(folder) = std::env::var_os("TIRESIAS_PICTURES") {
            assert!(self.picture_to(&PathBuf::from(folder).join(format!("{name}.png"))), "ImageMagick takes the pictures");
        }
    }

    /// SIGKILL: nothing is flushed, nothing is said.
    pub(crate) fn kill(mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// A demo study of one's own.
pub(crate) fn demo() -> (TempDir, Study) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("demo");
    let built = tiresias(["demo", "--build-only", "--dir", root.to_str().unwrap()]).unwrap().done().unwrap();
    assert_eq!(built.out.trim_end(), root.join("reader").to_str().unwrap());
    let study = Study::open(&root.join("reader")).unwrap();
    (dir, study)
}
