//! What is looked for: the words and numbers of each case's AI result, and the key that opens it, in the forms in which a program may hold them.

use dicom_object::open_file;
use memchr::memmem::Finder;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tiresias_cases::StudyKey;
use tiresias_reads::desk::Desk;
use tiresias_words::ContentHash;
use zeroize::Zeroizing;

/// A place that no other number of the program is: pixels of the image.
fn place(n: usize) -> [f64; 2] {
    [100.0 + n as f64 + 0.173_205_080_757, 200.0 + n as f64 + 0.264_575_131_106]
}

fn word(n: usize) -> String {
    format!("Qzvqxj{n:02}Wkfzp")
}

/// An AI result of one finding, in the JSON that is published.
pub(crate) fn result(n: usize, slice: &Path) -> String {
    let object = open_file(slice).expect("an image");
    let uid = object.element_by_name("SOPInstanceUID").expect("a UID").to_str().expect("text").trim_end_matches('\0').to_owned();
    let patient = object.element_by_name("PatientID").ok().and_then(|e| e.to_str().ok().map(|s| s.trim().to_owned())).unwrap_or_default();
    serde_json::json!({
        "tiresias_ai": 1, "patient_id": patient, "algorithm": { "name": "planted", "version": "1" },
        "findings": [{ "score": 0.618_033_988_75, "class": word(n), "places": [{ "point": { "image": uid, "at": place(n) } }] }],
    })
    .to_string()
}

/// One secret of one case.
struct Needle {
    case: usize,
    what: &'static str,
    finder: Finder<'static>,
}

/// All secrets of a study.
#[derive(Default)]
pub(crate) struct Needles {
    all: Vec<Needle>,
    cases: BTreeMap<ContentHash, usize>,
}

impl Needles {
    pub(crate) fn of_desk(study: &Path, phrase: &str, cases: usize) -> Self {
        let key = StudyKey::open(&study.join("key.age"), &Zeroizing::new(phrase.to_owned())).expect("the key file opens").uid_key();
        let mut needles = Self::default();
        for (n, (case, listed)) in Desk::open(study).expect("a desk").cases().iter().enumerate() {
            assert_eq!(case.as_str(), format!("C-{n:02}"));
            needles.cases.insert(listed.package, n);
            let content = key.content_key(case.as_str());
            let hex: String = content.bytes().iter().map(|b| format!("{b:02x}")).collect();
            needles.add(n, "key", content.bytes());
            // Half of it is enough to try the rest.
            needles.add(n, "half of the key", &content.bytes()[16..]);
            needles.add(n, "key in hex", hex.as_bytes());
            needles.add(n, "key in capital hex", hex.to_uppercase().as_bytes());
            if n % 2 == 0 {
                needles.add(n, "class", word(n).as_bytes());
                let wide: Vec<u8> = word(n).encode_utf16().flat_map(u16::to_le_bytes).collect();
                needles.add(n, "class in UTF-16", &wide);
                for at in place(n) {
                    needles.add(n, "place", &at.to_le_bytes());
                    needles.add(n, "place in text", &at.to_string().as_bytes()[..15]);
                }
            }
        }
        assert_eq!(needles.cases.len(), cases);
        needles
    }
    fn add(&mut self, case: usize, what: &'static str, bytes: &[u8]) {
        self.all.push(Needle { case, what, finder: Finder::new(bytes).into_owned() });
    }
    /// The number of the case of a package.
    pub(crate) fn case(&self, package: &ContentHash) -> usize {
        *self.cases.get(package).expect("a package of the study")
    }
    /// Whether the AI has a finding in it.
    pub(crate) const fn has_finding(case: usize) -> bool {
        case.is_multiple_of(2)
    }
    /// Which secrets of which cases are in these bytes.
    pub(crate) fn found_in<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = (usize, &'static str)> + 'a {
        self.all.iter().filter(|n| n.finder.find(bytes).is_some()).map(|n| (n.case, n.what))
    }
}

/// What the files of each package of a study are called and how large they are; images are named by a keyed hash of their source, so that all a name says is
/// that it is one.
pub(crate) fn shapes(study: &Path) -> Vec<Vec<(String, u64)>> {
    let packages = fs::read_dir(study.join("packages")).expect("packages").map(|e| e.expect("an entry").path());
    packages.map(|package| shape(&package)).collect()
}

fn shape(package: &Path) -> Vec<(String, u64)> {
    let files = fs::read_dir(package).expect("a package").map(|e| e.expect("an entry"));
    let name = |e: &fs::DirEntry| match e.file_name().to_string_lossy().into_owned() {
        image if image.ends_with(".dcm") => format!("{} letters.dcm", image.len()),
        other => other,
    };
    let mut shape: Vec<(String, u64)> = files.map(|e| (name(&e), e.metadata().expect("a size").len())).collect();
    shape.sort();
    shape
}
