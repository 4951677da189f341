//! Studies of one case, made for a test: of given series, or of two examinations, a current one and a prior one, which were packed in the wrong order.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{Codecs, Packing, Series, UidKey, read_folder};
use tiresias_reads::bundle::{Account, CaseToRead, Plan, assign};
use tiresias_reads::protocol::Protocol;
use tiresias_reads::study::Study;
use tiresias_words::{ReaderId, Role};

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
    let protocol = Protocol::parse(protocol_text).expect("a protocol");
    let aside = folder.join("package");
    let package = Packing::new(series, &UidKey::new([3; 32])).pack(&aside, &mut |_| ControlFlow::Continue(())).expect("a package");
    let account = |n| Account { reader: ReaderId::new(format!("reader-{n}")).expect("a name"), display_name: format!("Reader {n}") };
    let readers: Vec<_> = (1..=readers).map(account).collect();
    let bundles = assign(&Plan {
        protocol: &protocol,
        readers: &readers,
        cases: &[CaseToRead { package, facts: Vec::new(), training: None }],
        matrix: None,
        seed: 1,
        issued_utc_ms: 0,
    })
    .expect("bundles");
    let root = folder.join("reader");
    let study = Study::create(&root, protocol_text, &bundles).expect("a study");
    std::fs::create_dir_all(study.packages_dir()).expect("a folder");
    std::fs::rename(aside, study.package_dir(&package)).expect("moved");
    root
}
