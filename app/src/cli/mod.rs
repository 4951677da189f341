//! The command line: what others script against (design section 7).
//!
//! Exit codes: 0 done, 1 the answer is no, 2 the input or the command is at fault. One line on stderr says what, to which file, and what to do;
//! `--json` prints one document on stdout and nothing else.

mod analyze;
mod bench;
mod exports;
mod gallery;
mod images;
mod leaks;
mod log;
mod meeting;
mod pack;
mod parse;
mod planes;
mod replay;
mod results;
mod secrets;
mod selftest;
mod simulate;
mod studies;
mod study;

pub(crate) use crate::failure::Failure;
use crate::launch::{self, Launch};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// A blinded-reader workstation for radiological reader studies. Without a command it opens the window.
#[derive(Debug, Parser)]
#[command(name = "tiresias", version = crate::BUILD, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    window: WindowArgs,
}

/// How the window draws.
#[derive(Debug, Clone, Default, Args)]
struct WindowArgs {
    /// Compute image panes on the CPU, whatever the adapter.
    #[arg(long, global = true, conflicts_with = "gpu")]
    cpu: bool,
    /// Compute image panes with the shader, whatever the adapter.
    #[arg(long, global = true)]
    gpu: bool,
    /// Write a trace of frames and background work to FILE.
    #[arg(long, global = true, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Size of the window in pixels, instead of all of the screen.
    #[arg(long, global = true, value_name = "WxH", value_parser = size)]
    size: Option<[u32; 2]>,
    /// How many graphics devices were lost before: said by the program to itself when it begins anew.
    #[arg(long, global = true, hide = true, value_name = "N", default_value_t = 0)]
    after_losses: usize,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the demo study if it is not there, and open it.
    Demo(DemoArgs),
    /// Open the window on a study.
    Open {
        /// The folder that a reader received.
        study: PathBuf,
    },
    /// Say what is in a DICOM file or folder.
    Inspect {
        /// A file or folder.
        path: PathBuf,
        /// Decode every image and print its hash.
        #[arg(long)]
        pixels: bool,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Render one image as the standard says.
    Render(images::RenderArgs),
    /// Render a plane through a series.
    Mpr(planes::MprArgs),
    /// Print the value at patient positions.
    Probe(planes::ProbeArgs),
    /// Measure lengths, angles, areas and statistics of regions.
    Measure(planes::MeasureArgs),
    /// Look for what may identify a patient: attributes, names, UIDs, file names, text in pixels.
    Scan(leaks::ScanArgs),
    /// Make a case package of a study from DICOM.
    Pack(pack::PackArgs),
    /// Check that a case package, a record or an export is intact.
    Verify {
        /// A package (a folder, or a .tcase file), a study folder, a record file or the folder of an export.
        path: PathBuf,
        /// The public key of a study's packages: the package must be signed with it.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// A receipt that a reader holds: it must be in the record.
        #[arg(long = "receipt", value_name = "CODE")]
        receipts: Vec<String>,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Make, check and sign a study at the study desk.
    #[command(subcommand)]
    Study(study::StudyCommand),
    /// Write the signed results of a workstation as one file, for the study desk.
    Results(results::ResultsArgs),
    /// Bring the results of several workstations together at the study desk, and say what contradicts itself.
    Merge(results::MergeArgs),
    /// Try a study with simulated readers: everything goes through the real machine and record.
    Simulate(simulate::SimulateArgs),
    /// Let one simulated reader read at the folder that they were handed, in a process of their own.
    #[command(hide = true)]
    SimulatedReader(simulate::ReaderArgs),
    /// Write what was read in the forms that people and statistics programs take.
    Export(exports::ExportArgs),
    /// Analyse a study with its truth, or a file of scores: figures of merit, comparison of conditions, agreement.
    Analyze(analyze::AnalyzeArgs),
    /// Whether the graphics adapter draws what it should, and what this machine is.
    Selftest(selftest::SelftestArgs),
    /// Show again what a reader looked at: the panes at any second of a read, or a summary of it.
    Replay(replay::ReplayArgs),
    /// Save a picture of every screen in every state, without a display.
    Gallery(gallery::GalleryArgs),
    /// Measure how fast it is on this machine.
    Bench(bench::BenchArgs),
    /// Decode images for another process of this program.
    #[command(name = crate::codecs::WORKER, hide = true)]
    CodecWorker {
        /// Bytes of memory that it may take.
        memory: u64,
    },
}

#[derive(Debug, Args)]
struct DemoArgs {
    /// Where the demo study lies or is put; by default in your data folder.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Build it and stop.
    #[arg(long)]
    build_only: bool,
    /// Open the first case with two marks, save the window as PNG, and stop. A copy is read, never your own demo study.
    #[arg(long, value_name = "FILE", conflicts_with = "build_only")]
    shot: Option<PathBuf>,
}

/// Who computes an image on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Computer {
    Cpu,
    Gpu,
}

impl WindowArgs {
    fn computer(&self) -> Computer {
        if self.gpu { Computer::Gpu } else { Computer::Cpu }
    }
    fn launch(&self, study: Option<PathBuf>, shot: Option<launch::Shot>) -> Launch {
        Launch {
            study,
            demo: None,
            forced: self.forced(),
            trace: self.trace.clone(),
            size: self.size,
            losses: self.after_losses,
            shot,
            bench: None,
        }
    }
    fn forced(&self) -> Option<crate::panes::RenderPath> {
        match (self.cpu, self.gpu) {
            (true, _) => Some(crate::panes::RenderPath::Cpu),
            (_, true) => Some(crate::panes::RenderPath::Gpu),
            _ => None,
        }
    }
}

/// Runs the program: the one place where an error becomes an exit code and a line on stderr.
pub fn run() -> ExitCode {
    let outcome = match Cli::try_parse() {
        Ok(Cli { command: Some(Command::CodecWorker { memory }), .. }) => return tiresias_cases::serve(memory),
        Ok(cli) => carry_out(cli),
        // What was asked for: help, or the version.
        Err(said) if !said.use_stderr() => return printed(&said),
        Err(wrong) => Err(Failure::Input(in_one_line(&wrong))),
    };
    let (code, sentence) = match outcome {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::No(sentence)) => (1, sentence),
        Err(Failure::Input(sentence)) => (2, sentence),
    };
    // One line: sentences of libraries may be long, but they never hold a line break that matters.
    let line = sentence.split('\n').map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ");
    let end = if line.ends_with(['.', '!', '?']) { "" } else { "." };
    // Nothing is left to be told when stderr is closed.
    let _ = writeln!(std::io::stderr(), "tiresias: {line}{end}");
    ExitCode::from(code)
}

fn printed(said: &clap::Error) -> ExitCode {
    // A closed stdout wants no help.
    said.print().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

/// What is wrong with a command, without the pages about its use: those are for `--help`.
fn in_one_line(wrong: &clap::Error) -> String {
    let text = wrong.to_string();
    let words: Vec<&str> = text.lines().take_while(|l| !l.starts_with("Usage:") && !l.starts_with("For more")).map(str::trim).collect();
    let words = words.join(" ");
    let words = words.trim().trim_start_matches("error: ").trim_end_matches('.');
    format!("{words}. 'tiresias --help' lists the commands, and --help after a command its options.")
}

fn carry_out(cli: Cli) -> Result<(), Failure> {
    let window = cli.window;
    let launch = |study| window.launch(study, None);
    match cli.command {
        None => launch::run(launch(None)),
        Some(Command::Open { study }) => launch::run(launch(Some(study))),
        Some(Command::Demo(args)) => demo(args, &window),
        Some(Command::Inspect { path, pixels, json }) => images::inspect(&path, pixels, json),
        Some(Command::Render(args)) => images::render(&args, window.computer()),
        Some(Command::Mpr(args)) => planes::mpr(&args, window.computer()),
        Some(Command::Probe(args)) => planes::probe(&args),
        Some(Command::Measure(args)) => planes::measure(&args),
        Some(Command::Scan(args)) => leaks::scan(&args),
        Some(Command::Study(command)) => study::study(command),
        Some(Command::Pack(args)) => pack::pack(&args),
        Some(Command::Verify { path, key, receipts, json }) => studies::verify(&path, key.as_deref(), &receipts, json),
        Some(Command::Results(args)) => results::results(&args),
        Some(Command::Merge(args)) => results::merge(&args),
        Some(Command::Simulate(args)) => simulate::simulate(&args),
        Some(Command::SimulatedReader(args)) => simulate::simulated_reader(&args),
        Some(Command::Export(args)) => exports::export(&args),
        Some(Command::Analyze(args)) => analyze::analyze(&args),
        Some(Command::Selftest(args)) => selftest::selftest(&args),
        Some(Command::Replay(args)) => replay::replay(&args),
        Some(Command::Gallery(args)) => gallery::gallery(args),
        Some(Command::Bench(args)) => bench::bench(&args, &window),
        // Answered before anything else.
        Some(Command::CodecWorker { .. }) => Ok(()),
    }
}

fn demo(args: DemoArgs, window: &WindowArgs) -> Result<(), Failure> {
    let (dir, shot) = match args.shot {
        Some(file) => (None, Some(launch::Shot { file, taken: Arc::default() })),
        None => (Some(args.dir.map_or_else(crate::demo::default_dir, Ok)?), None),
    };
    let scratch = crate::demo::Scratch::new(shot.is_some())?;
    let dir = dir
        .or_else(|| scratch.path())
        .ok_or_else(|| Failure::Input("There is no folder for the demo study; name one with --dir.".into()))?;
    let built = crate::demo::build_if_absent(&dir, &mut |step| {
        let _ = writeln!(std::io::stderr(), "tiresias: {step}");
        ControlFlow::Continue(())
    })?;
    if args.build_only {
        return say(&format!("{}\n", built.display()));
    }
    if let Some(shot) = shot {
        let taken = Arc::clone(&shot.taken);
        launch::run(window.launch(Some(built), Some(shot)))?;
        let taken = taken.lock().ok().and_then(|mut slot| slot.take());
        let none = || Err("The window was closed before its picture was taken. Leave it open: it closes by itself.".to_owned());
        return taken.unwrap_or_else(none).map_err(Failure::Input);
    }
    launch::run(Launch { demo: Some(dir), ..window.launch(None, None) })
}

/// Writes text to stdout.
pub(crate) fn say(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| Failure::Input(format!("The output cannot be written: {e}.")))
}

/// Writes one JSON document to stdout.
pub(crate) fn say_json(document: &impl serde::Serialize) -> Result<(), Failure> {
    say(&format!("{}\n", serde_json::to_string(document)?))
}

fn size(text: &str) -> Result<[u32; 2], String> {
    let pair = text.split_once('x').and_then(|(w, h)| Some([w.parse().ok()?, h.parse().ok()?]));
    pair.filter(|[w, h]| (320..=16_384).contains(w) && (240..=16_384).contains(h))
        .ok_or_else(|| format!("{text:?} is not a size like 1920x1080"))
}
