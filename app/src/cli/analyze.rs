//! `analyze`: figures of merit and their comparison, of a study with its truth or of a file of scores.
//!
//! Owns the options. What is computed, and what each number means, is in `reads`. A study whose protocol planned an analysis shows that first.

use super::meeting::Meets;
use super::{Failure, say, say_json};
use crate::meeting::{about, analysed, covariates_of, truth_of};
use crate::work::{at, is_free, write_file};
use clap::Args;
use std::path::{Path, PathBuf};
use tiresias_reads::analysis::{Choice, NoWord, Report, analyse, df_rule_of, explore, figure_of, in_words, method_of, read_scores};
use tiresias_reads::gathered::Gathered;
use tiresias_reads::matching::{Acceptance, Radius};
use tiresias_reads::protocol::{Figure, Method};
use tiresias_reads::report::{About, document, page};
use tiresias_reads::scoring::Holding;
use tiresias_words::Mm;

/// Options of `analyze`.
#[derive(Debug, Args)]
pub(super) struct AnalyzeArgs {
    /// The study desk's folder, a study's folder with a record, or a file of scores: .imrmc, .lrc, .xlsx (RJafroc) or .csv.
    input: PathBuf,
    /// The truth: of a study, as CSV or JSON (without it, truth.json or truth.csv beside the desk's list); of marks as CSV, their lesions.
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// What is known of cases beside their truth, for subgroups: a CSV with the column `case` and the covariates; without it, covariates.csv in the study's folder.
    #[arg(long, value_name = "FILE")]
    covariates: Option<PathBuf>,
    /// The study desk's folder, whose list says which package is which case; by default the study's folder, where it has such a list.
    #[arg(long, value_name = "DIR")]
    desk: Option<PathBuf>,
    /// The figure of merit: auc, wafroc, afroc, hrauc, lroc[@F], sens[@RATING] or spec[@RATING]; by default what the protocol planned, or that of the data.
    #[arg(long, value_parser = figure_of)]
    fom: Option<Figure>,
    /// One method alone: or, dbm or ustat.
    #[arg(long, value_parser = method_of)]
    method: Option<Method>,
    /// Degrees of freedom of U-statistics before t: none, imrmc-java or imrmc-r.
    #[arg(long, value_name = "ROUNDING", default_value = "none", value_parser = rounding)]
    df: Rounding,
    /// Hold marks against lesions within so many millimetres, instead of as the protocol says. The output says so.
    #[arg(long, value_name = "MM", value_parser = radius)]
    radius: Option<f64>,
    #[command(flatten)]
    meets: Meets,
    /// Write the report for people to a file that does not exist yet: one page of HTML with its charts, the same bytes for the same record.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl AnalyzeArgs {
    /// An option that was given and is of a study alone.
    fn of_a_study(&self) -> Option<&'static str> {
        let here = [("--radius", self.radius.is_some()), ("--desk", self.desk.is_some())];
        here.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name).or_else(|| self.meets.given())
    }
}

/// What sentences call what `--report` asks for.
const REPORT: &str = "the report";

/// What `reads` makes of the word for a rounding.
#[derive(Debug, Clone)]
struct Rounding(String);

fn rounding(text: &str) -> Result<Rounding, NoWord> {
    df_rule_of(text).map(|_| Rounding(text.to_owned()))
}
fn radius(text: &str) -> Result<f64, String> {
    let mm: Option<f64> = text.parse().ok();
    mm.filter(|mm| *mm > 0.0 && *mm <= 200.0).ok_or_else(|| "It is a distance above 0 and up to 200 mm.".to_owned())
}

/// Analyses.
pub(super) fn analyze(args: &AnalyzeArgs) -> Result<(), Failure> {
    let choice = Choice { figure: args.fom, method: args.method, df_rule: df_rule_of(&args.df.0)?, ..Choice::default() };
    if let Some(option) = args.of_a_study().filter(|_| args.input.is_file()) {
        let why = format!("{option} is for a study's folder, and this is a file of scores, which are taken as they stand. Leave it out.");
        return Err(at(&args.input, why));
    }
    // Before the analysis: it can be an early look, which stays on record whatever comes of it.
    if let Some(file) = &args.report {
        is_free(file, REPORT)?;
    }
    let (report, about) = if args.input.is_dir() {
        of_folder(args, choice)?
    } else {
        let data = read_scores(&args.input, args.truth.as_deref())?;
        let title = args.input.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut report = analyse(&data, choice).map_err(|e| at(&args.input, e))?;
        if let Some(file) = &args.covariates
            && let Some(covariates) = covariates_of(Path::new(""), Some(file)).map_err(Failure::Input)?
        {
            explore(&mut report, &data, choice, &covariates);
        }
        (report, About { title, ..About::default() })
    };
    if let Some(file) = &args.report {
        write_file(file, REPORT, page(&document(&report, &about)).as_bytes())?;
    }
    if args.json { say_json(&report) } else { say(&in_words(&report)) }
}

fn of_folder(args: &AnalyzeArgs, choice: Choice) -> Result<(Report, About), Failure> {
    let root = &args.input;
    let gathered = Gathered::open(root, crate::BUILD).map_err(|e| at(root, e))?;
    let keys = args.meets.keys(&gathered)?;
    let truth = truth_of(root, args.truth.as_deref(), args.desk.as_deref()).map_err(Failure::Input)?;
    let holding = Holding { acceptance: args.radius.map(|mm| Acceptance::Radius(Radius::Fixed(Mm(mm)))), ..Holding::default() };
    let desk = args.desk.as_deref().unwrap_or(root);
    let covariates = covariates_of(desk, args.covariates.as_deref()).map_err(Failure::Input)?;
    let report = analysed(&gathered, (&truth, covariates.as_ref()), (keys.as_ref(), args.meets.early()), &holding, choice)
        .map_err(Failure::Input)?;
    Ok((report, about(&gathered)))
}
