//! What is made for pictures alone: a study of one case of two examinations, of which the current one lost slices on its way; and a case with a word in its pixels.
//!
//! Everything follows from one seed, and from the demo. Refuses: to be read by anybody.

use crate::demo::{DemoStudyError, PROTOCOL};
use std::fs;
use std::io;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::demo::burned::into_demo;
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{Codecs, Packing, Series, UidKey, read_folder};
use tiresias_reads::bundle::{Account, CaseToRead, Plan, assign};
use tiresias_reads::protocol::Protocol;
use tiresias_reads::study::Study;
use tiresias_words::{ReaderId, Role};

const SEED: u64 = 1;
/// The files that are lost, by their names in order: in the middle of the stack, where the case opens.
const LOST: Range<usize> = 12..15;

/// The images of the case with a word in its pixels, and where the word begins in them: column and row.
const LETTERED: [&str; 2] = ["0003.dcm", "0009.dcm"];
const AT: [usize; 2] = [60, 120];

/// Makes a case of two images of a case of the demo, and burns a word into both.
pub(super) fn lettered(demo: &Path, folder: &Path) -> Result<(), DemoStudyError> {
    let failed = |error| DemoStudyError::Write { place: folder.display().to_string(), error };
    fs::create_dir_all(folder).map_err(failed)?;
    for name in LETTERED {
        into_demo(&demo.join(name), &folder.join(name), AT).map_err(failed)?;
    }
    Ok(())
}

/// Makes the study in a folder; the reader's part of it.
pub(super) fn gap_and_prior(folder: &Path) -> Result<PathBuf, DemoStudyError> {
    let failed = |error| DemoStudyError::Write { place: folder.display().to_string(), error };
    let mut examinations: Vec<(Role, Series)> = Vec::new();
    for (case, role) in build_cases(&Background::shipped()?, SEED, 2)?.zip([Role::current(), Role::new("prior")?]) {
        let source = folder.join(role.as_str());
        case.write_dicom(&source)?;
        if examinations.is_empty() {
            lose(&source, LOST).map_err(failed)?;
        }
        let read = read_folder(&source, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(()))?;
        examinations.extend(read.series.into_iter().map(|series| (role.clone(), series)));
    }
    let series: Vec<(Role, &Series)> = examinations.iter().map(|(role, series)| (role.clone(), series)).collect();
    let packed = folder.join("package");
    let package = Packing::new(&series, &UidKey::new([0; 32])).pack(&packed, &mut |_| ControlFlow::Continue(()))?;
    let protocol = Protocol::parse(PROTOCOL)?;
    let reader = Account { reader: ReaderId::new("reader-1")?, display_name: "Reader 1".to_owned() };
    let case = CaseToRead { package, facts: Vec::new(), training: None };
    let plan = Plan { protocol: &protocol, readers: &[reader], cases: &[case], matrix: None, seed: SEED, issued_utc_ms: 0 };
    let study = Study::create(&folder.join("reader"), PROTOCOL, &assign(&plan)?)?;
    fs::create_dir_all(study.packages_dir()).and_then(|()| fs::rename(&packed, study.package_dir(&package))).map_err(failed)?;
    Ok(study.root().to_owned())
}

/// Takes some of a folder's files away.
fn lose(folder: &Path, which: Range<usize>) -> io::Result<()> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    files.get(which).unwrap_or_default().iter().try_for_each(fs::remove_file)
}
