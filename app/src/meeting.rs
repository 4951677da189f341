//! How truth and covariates come to scores in this program: from which file, and through which leave. The command line and the results room go the same way.
//!
//! Refuses: to decide; what is allowed is in `reads`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tiresias_reads::accounts::Unlocked;
use tiresias_reads::analysis::{Choice, Report, of_study, read_covariates};
use tiresias_reads::closing::{Early, Purpose, meet};
use tiresias_reads::desk::Desk;
use tiresias_reads::formats::Covariates;
use tiresias_reads::gathered::Gathered;
use tiresias_reads::report::About;
use tiresias_reads::scoring::{Holding, Reads, score};
use tiresias_reads::truth::Truth;

/// The covariates of the cases, where a statistician laid them beside the truth.
const COVARIATES: &str = "covariates.csv";
const TRUTHS: [&str; 2] = ["truth.json", "truth.csv"];

fn at(place: &Path, error: impl std::fmt::Display) -> String {
    format!("{}: {error}", place.display())
}

/// The truth that lies in a desk's folder.
pub(crate) fn truth_in(desk: &Path) -> Option<PathBuf> {
    TRUTHS.iter().map(|name| desk.join(name)).find(|file| file.is_file())
}

/// Whether a truth lies in a desk's folder.
pub(crate) fn has_truth(desk: &Path) -> bool {
    truth_in(desk).is_some()
}

/// The truth of a study: the named file, or the one that lies in the desk's folder; joined with the desk's list where there is one.
pub(crate) fn truth_of(root: &Path, file: Option<&Path>, desk: Option<&Path>) -> Result<Truth, String> {
    let desk = desk.or_else(|| Some(root).filter(|r| r.join("desk.json").is_file()));
    let truth = match file {
        Some(file) => Truth::read(file),
        None => {
            let folder = desk.unwrap_or(root);
            let none = || at(folder, "there is no truth.json and no truth.csv here. Name the truth with --truth FILE.");
            Truth::read(&truth_in(folder).ok_or_else(none)?)
        }
    };
    let truth = truth.map_err(|e| e.to_string())?;
    match desk {
        Some(desk) => truth.with_desk(&Desk::open(desk).map_err(|e| at(desk, e))?).map_err(|e| e.to_string()),
        None => Ok(truth),
    }
}

/// What is known of cases beside their truth: the named file, or the one that lies in the desk's folder, where there is one.
pub(crate) fn covariates_of(root: &Path, file: Option<&Path>) -> Result<Option<Covariates>, String> {
    let own = root.join(COVARIATES);
    let Some(file) = file.or_else(|| own.is_file().then_some(own.as_path())) else { return Ok(None) };
    read_covariates(file).map(Some).map_err(|e| e.to_string())
}

/// Analyses a study: truth meets its scores here.
pub(crate) fn analysed(
    gathered: &Gathered,
    (truth, covariates): (&Truth, Option<&Covariates>),
    (keys, early): (Option<&Unlocked>, Option<Early<'_>>),
    holding: &Holding,
    choice: Choice,
) -> Result<Report, String> {
    let root = gathered.root();
    let meeting = meet(gathered, keys, early, Purpose::Seeing).map_err(|e| at(root, e))?;
    let withdrawn = gathered.log().withdrawn();
    let reads = Reads { protocol: gathered.protocol(), bundles: gathered.bundles(), table: gathered.table(), withdrawn: &withdrawn };
    let scored = score(reads, truth, holding).map_err(|e| at(root, e))?;
    of_study(&scored, gathered.protocol(), choice, &meeting, covariates).map_err(|e| at(root, e))
}

/// What a report says of the study that it is of.
pub(crate) fn about(gathered: &Gathered) -> About {
    let protocol = gathered.protocol();
    let labels: BTreeMap<String, String> = protocol.conditions().iter().map(|c| (c.id.to_string(), c.label.clone())).collect();
    let rating = protocol.form().rating().and_then(|id| protocol.form().question(id)).map(|question| question.text.clone());
    About { title: protocol.title().to_owned(), labels, rating }
}
