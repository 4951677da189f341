//! What is made for pictures alone: a study of one case of two examinations, of which the current one lost slices on its way; and a case with a word in its pixels.
//!
//! Everything follows from one seed, and from the demo. Refuses: to be read by anybody.

use crate::demo::{DemoStudyError, PROTOCOL};
use std::fs;
use std::io;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;
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
/// Columns and rows of the demo's images, whose pixels are the last that stands in their files, 16 bits little endian.
const SIDE: usize = 256;
/// White in 12 bits.
const WHITE: [u8; 2] = 4095_u16.to_le_bytes();
/// The letters of the word in rows of five bits, the first at the left.
const WORD: [[u8; 7]; 4] = [
    [0b10001, 0b11001, 0b10101, 0b10011, 0b10001, 0b10001, 0b10001],
    [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
    [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001],
    [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
];

/// Makes a case of two images of a case of the demo, and burns a word into both.
pub(super) fn lettered(demo: &Path, folder: &Path) -> Result<(), DemoStudyError> {
    let failed = |error| DemoStudyError::Write { place: folder.display().to_string(), error };
    fs::create_dir_all(folder).map_err(failed)?;
    for name in LETTERED {
        let mut file = fs::read(demo.join(name)).map_err(failed)?;
        burn_in(&mut file);
        fs::write(folder.join(name), file).map_err(failed)?;
    }
    Ok(())
}

/// Writes the word into the pixels of a file of the demo, each bit of a letter as two pixels by two.
fn burn_in(file: &mut [u8]) {
    let pixels = file.len().saturating_sub(SIDE * SIDE * WHITE.len());
    for (n, letter) in WORD.iter().enumerate() {
        for (y, x) in (0..14_usize).flat_map(|y| (0..10_usize).map(move |x| (y, x))).filter(|(y, x)| letter[y / 2] >> (4 - x / 2) & 1 == 1)
        {
            let at = pixels + ((AT[1] + y) * SIDE + AT[0] + n * 12 + x) * WHITE.len();
            if let Some(pixel) = file.get_mut(at..at + WHITE.len()) {
                pixel.copy_from_slice(&WHITE);
            }
        }
    }
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
