//! Studies of one case, made for a test: of given series, or of two examinations, a current one and a prior one, which were packed in the wrong order.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{Codecs, Packing, Series, UidKey, read_folder};
use tiresias_tests::studies::{numbered, of_packages};
use tiresias_words::Role;

/// The study, for so many readers: its folder.
pub(crate) fn study(folder: &Path, protocol_text: &str, readers: usize) -> PathBuf {
    let background = Background::shipped().expect("the background");
    let series: Vec<_> = build_cases(&background, 5, 2)
        .expect("cases")
        .enumerate()
        .map(|(i, case)| {
            let place = folder.join(format!("source-{i}"));
            case.write_dicom(&place).expect("files");
            read_folder(&place, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).expect("a folder").series.remove(0)
        })
        .collect();
    let role = |name: &str| Role::new(name).expect("a role");
    of(&[(role("prior"), &series[1]), (role("current"), &series[0])], folder, protocol_text, readers)
}

/// A study of one case of these series, for so many readers: its folder.
pub(crate) fn of(series: &[(Role, &Series)], folder: &Path, protocol_text: &str, readers: usize) -> PathBuf {
    let aside = folder.join("package");
    let package = Packing::new(series, &UidKey::new([3; 32])).pack(&aside, &mut |_| ControlFlow::Continue(())).expect("a package");
    let root = folder.join("reader");
    of_packages(&root, protocol_text, &numbered(readers).expect("readers"), &[(package, aside)]).expect("a study");
    root
}
