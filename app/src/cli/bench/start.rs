//! `bench start`: how long the program takes from its start to an interactive window, beside a window of the same toolkit with nothing in it.
//!
//! Both are started in turns as processes of their own, and end at their second frame: the first was shown by then, and the next answer to the mouse would be in it.
//! Needs a display. Refuses to open a study: what is measured is the start screen.

use super::{load_average, quantile};
use crate::cli::{Failure, say, say_json};
use crate::clock::Clock;
use clap::Args;
use serde_json::json;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Options of `bench start`.
#[derive(Debug, Args)]
pub(super) struct StartArgs {
    /// How often each of both is started.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    /// Be the window with nothing in it, and write each frame's number into this file.
    #[arg(long, value_name = "FILE", hide = true)]
    bare: Option<PathBuf>,
}

/// A window that is not there by then does not come.
const PATIENCE: Duration = Duration::from_secs(30);
/// The second frame, as both write it down.
const SECOND: &str = "\"n\":2,";

/// Measures, or is what is measured.
pub(super) fn start(args: &StartArgs) -> Result<(), Failure> {
    if let Some(file) = &args.bare {
        return bare(file);
    }
    let scratch = crate::demo::Scratch::new(true)?;
    let folder = scratch.path().ok_or_else(|| {
        Failure::Input("There is no place for what is written down. Make room in the folder for temporary files and try again.".into())
    })?;
    std::fs::create_dir_all(&folder)?;
    let program = std::env::current_exe()?;
    let [mut ours, mut floor] = [const { Vec::new() }; 2];
    // The first of each warms the system's cache and is not counted.
    for round in 0..=args.rounds {
        let noted = folder.join(format!("ours-{round}"));
        let mut own = Command::new(&program);
        own.arg("--trace").arg(&noted).args(["--size", "1920x1080"]).env("XDG_DATA_HOME", &folder).env("XDG_CONFIG_HOME", &folder);
        let seconds = second_frame(own, &noted)?;
        let noted = folder.join(format!("bare-{round}"));
        let mut other = Command::new(&program);
        other.args(["bench", "start", "--bare"]).arg(&noted);
        let bare = second_frame(other, &noted)?;
        if round > 0 {
            ours.push(seconds);
            floor.push(bare);
        }
    }
    ours.sort_by(f64::total_cmp);
    floor.sort_by(f64::total_cmp);
    let [ours, floor] = [ours, floor].map(|times| quantile(&times, 0.5).unwrap_or_default());
    if args.json {
        return say_json(&json!({
            "what": "start", "input": { "rounds": args.rounds },
            "ours": { "second_frame_s": ours }, "floor": { "second_frame_s": floor }, "ratio": { "second_frame": ours / floor },
            "load_average": load_average(),
        }));
    }
    say(&format!(
        "{:.0} ms from the start to the second frame; {:.0} ms with a window that has nothing in it: {:.2} x\n",
        ours * 1e3,
        floor * 1e3,
        ours / floor
    ))
}

/// A child that ends when nobody needs it.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Seconds until a program has written down its second frame.
fn second_frame(mut program: Command, noted: &Path) -> Result<f64, Failure> {
    let clock = Clock::start();
    let mut child = Started(program.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?);
    loop {
        let now = clock.since_start();
        // Not there yet, or there without its second frame.
        if std::fs::read_to_string(noted).is_ok_and(|text| text.contains(SECOND)) {
            return Ok(now.as_secs_f64());
        }
        if now > PATIENCE || child.0.try_wait()?.is_some() {
            return Err(Failure::Input("No window came. Start this on a desktop, or under Xvfb.".into()));
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// The window with nothing in it.
struct Bare {
    noted: File,
    frames: u64,
}

impl eframe::App for Bare {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.frames += 1;
        // Where it cannot be written, whoever measures waits in vain and says so.
        let _ = writeln!(self.noted, "{{\"n\":{},}}", self.frames);
        ui.ctx().request_repaint();
    }
}

fn bare(file: &Path) -> Result<(), Failure> {
    let bare = Bare { noted: File::create(file)?, frames: 0 };
    let viewport = egui::ViewportBuilder::default().with_inner_size([1920.0, 1080.0]).with_position([0.0, 0.0]).with_decorations(false);
    let options = eframe::NativeOptions { viewport, ..Default::default() };
    let opened = eframe::run_native("tiresias-bare", options, Box::new(|_| Ok(Box::new(bare))));
    opened
        .map_err(|e| Failure::Input(format!("The window cannot be opened ({e}). Check that the display can be reached, and start again.")))
}
