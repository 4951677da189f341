//! The files of free-response marks and of located ratings, against RJafroc.

use crate::analyses::{rjafroc_dbm, rjafroc_or, rows};
use crate::ledger::{Kind, Ledger};
use serde_json::Value;
use std::path::Path;
use tiresias_mrmc::figures::Jackknife;
use tiresias_mrmc::froc::{FrocCases, FrocFigure, FrocRead, Mark};
use tiresias_mrmc::lroc::{CurveEnd, Located, LrocFigure, LrocRead};

#[derive(serde::Deserialize)]
struct Lesion {
    case: usize,
    lesion: usize,
    weight: f64,
}

#[derive(serde::Deserialize)]
struct Marked {
    modality: usize,
    reader: usize,
    case: usize,
    lesion: usize,
    rating: f64,
}

#[derive(serde::Deserialize)]
struct Rated {
    reader: usize,
    truth: u8,
    localized: Option<u8>,
    score: f64,
}

fn lines<T: serde::de::DeserializeOwned>(csv: &Path) -> Vec<T> {
    csv::Reader::from_path(csv).expect("a table").deserialize().map(|line| line.expect("the columns of the table")).collect()
}

/// Truth and marks of each cell, all readers of modality 0 first. Files number from 1.
pub(crate) struct Froc {
    pub(crate) cases: FrocCases,
    pub(crate) cells: Vec<Vec<Mark>>,
    pub(crate) modalities: usize,
    pub(crate) readers: usize,
}

impl Froc {
    pub(crate) fn read(truth: &Path, marks: &Path) -> Self {
        let (truth, marks): (Vec<Lesion>, Vec<Marked>) = (lines(truth), lines(marks));
        let mut weights = vec![Vec::new(); truth.iter().map(|l| l.case).max().expect("a case")];
        for lesion in truth.iter().filter(|l| l.lesion > 0) {
            weights[lesion.case - 1].push(lesion.weight);
        }
        let most = |of: fn(&Marked) -> usize| marks.iter().map(of).max().expect("a mark");
        let (modalities, readers) = (most(|m| m.modality), most(|m| m.reader));
        let mut cells = vec![Vec::new(); modalities * readers];
        for m in &marks {
            let mark = Mark { case: m.case - 1, lesion: m.lesion.checked_sub(1), rating: m.rating };
            cells[(m.modality - 1) * readers + m.reader - 1].push(mark);
        }
        Self { cases: FrocCases::new(&weights).expect("weights"), cells, modalities, readers }
    }
}

const FIGURES: [(&str, FrocFigure); 11] = [
    ("wAFROC", FrocFigure::WAfroc),
    ("AFROC", FrocFigure::Afroc),
    ("wAFROC1", FrocFigure::WAfroc1),
    ("AFROC1", FrocFigure::Afroc1),
    ("HrAuc", FrocFigure::HrAuc),
    ("HrSe", FrocFigure::HrSe),
    ("HrSp", FrocFigure::HrSp),
    ("MaxLLF", FrocFigure::MaxLlf),
    ("MaxNLF", FrocFigure::MaxNlf),
    ("MaxNLFAllCases", FrocFigure::MaxNlfAllCases),
    ("FROC", FrocFigure::Froc),
];

pub(crate) fn froc(ledger: &mut Ledger, json: &Value, study: &Froc) {
    let reads: Vec<FrocRead> = study.cells.iter().map(|marks| FrocRead::new(&study.cases, marks).expect("marks")).collect();
    let diseased = study.cases.weights().filter(|lesions| !lesions.is_empty()).count();
    let lesions = study.cases.weights().map(<[f64]>::len).max().expect("a case");
    let misses = |case: usize, marks: &[Mark]| marks.iter().filter(|m| m.case == case && m.lesion.is_none()).count();
    let most = study.cells.iter().flat_map(|marks| (0..study.cases.cases()).map(move |case| misses(case, marks))).max();
    for (kind, cases, deepest) in [("NL", study.cases.cases(), most.expect("a mark")), ("LL", diseased, lesions)] {
        for (at, size) in [study.modalities, study.readers, cases, deepest].into_iter().enumerate() {
            ledger.compare(&format!("dims/{kind}/{at}"), Some(size as f64), Kind::Count);
        }
    }
    for (name, figure) in FIGURES {
        for (modality, (path, _)) in rows(json, &format!("FOM_{name}")).iter().enumerate() {
            for reader in 0..study.readers {
                let value = reads[modality * study.readers + reader].figure(figure).expect("a figure");
                ledger.compare(&format!("{path}/rdr{}", reader + 1), Some(value), Kind::Figure);
            }
        }
        let jackknife = Jackknife::of_froc(study.modalities, study.readers, &reads, figure).expect("figures");
        if json.get(format!("OR_{name}")).is_some() {
            rjafroc_or(ledger, json, &format!("OR_{name}"), &jackknife.figures());
        }
        if json.get(format!("DBM_{name}")).is_some() {
            rjafroc_dbm(ledger, json, &format!("DBM_{name}"), &jackknife);
        }
    }
}

pub(crate) fn lroc(ledger: &mut Ledger, csv: &Path) {
    let lines: Vec<Rated> = lines(csv);
    for reader in 1..=lines.iter().map(|l| l.reader).max().expect("a reader") {
        let own = || lines.iter().filter(|l| l.reader == reader);
        let normal: Vec<f64> = own().filter(|l| l.truth == 0).map(|l| l.score).collect();
        let diseased: Vec<Located> =
            own().filter(|l| l.truth == 1).map(|l| Located { rating: l.score, right: l.localized == Some(1) }).collect();
        let read = LrocRead::new(&normal, &diseased).expect("ratings");
        let mut compare = |name: &str, figure: LrocFigure| {
            let value = read.figure(figure, CurveEnd::AboveLowest).expect("a figure");
            ledger.compare(&format!("FOM_{name}/0/rdrr{reader:02}"), Some(value), Kind::Figure);
        };
        compare("Wilcoxon", LrocFigure::Wilcoxon);
        for fpf in ["0.05", "0.2", "1"] {
            let x = fpf.parse().expect("a number");
            compare(&format!("PCL_{fpf}"), LrocFigure::Pcl(x));
            compare(&format!("ALROC_{fpf}"), LrocFigure::Alroc(x));
        }
    }
}
