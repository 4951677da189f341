//! Every stored word, through every function of PS3.3 C.11.2 and both presentation shapes, against f64 formulas that are written here from the standard.
//!
//! The reference calls nothing of this crate. It is compared with the display table, and with the picture of an image that holds every word once. That the
//! comparison can fail is shown with references that make the mistakes which viewers make in public.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test stops at the first surprise and says its figures, its functions too")]

use std::sync::atomic::AtomicU16;
use tiresias_render::{DisplayTable, ValueRange, VolumeView, cpu};
use tiresias_words::{
    Direction, Displacement, Interpolation, LutTable, Mm, ModalityLut, PaneSpec, PatientPoint, Plane, PresentationShape, Role, Slab, Stack,
    StoredFormat, StoredValue, Voi, VolumeGeometry, Window,
};

/// A look-up table as the reference holds it.
#[derive(Debug, Clone)]
struct Lut {
    first: i64,
    bits: u8,
    entries: Vec<u16>,
}

impl Lut {
    /// PS3.3 C.11.1.1.1: below the first value mapped the first entry, above the last the last.
    fn entry(&self, x: f64) -> f64 {
        let at = (x.floor() as i64 - self.first).max(0).min(self.entries.len() as i64 - 1);
        f64::from(self.entries[at as usize])
    }
    fn of_the_crate(&self) -> LutTable {
        LutTable::new(self.first as i32, self.bits, self.entries.clone().into()).expect("a table")
    }
}

#[derive(Debug, Clone)]
enum Modality {
    Rescale(f64, f64),
    Lut(Lut),
}

#[derive(Debug, Clone)]
enum Function {
    Linear(f64, f64),
    LinearExact(f64, f64),
    Sigmoid(f64, f64),
    Lut(Lut),
}

/// What viewers do wrong in public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    None,
    Truncates,
    RoundsHalfDown,
    InvertsAfterRounding,
    ForgetsToInvert,
    LinearIsExact,
    ExactIsLinear,
    SigmoidWithoutFour,
    TableBeginsOneLater,
    ModalityAfterWindow,
}

/// A way from stored value to grey level.
#[derive(Debug, Clone)]
struct Chain {
    modality: Modality,
    function: Function,
    inverse: bool,
    mistake: Mistake,
}

/// PS3.3 C.11.2.1.2.1, "LINEAR", for ymin 0 and ymax 255.
fn linear(x: f64, c: f64, w: f64) -> f64 {
    let (ymin, ymax) = (0.0, 255.0);
    if x <= c - 0.5 - (w - 1.0) / 2.0 {
        ymin
    } else if x > c - 0.5 + (w - 1.0) / 2.0 {
        ymax
    } else {
        ((x - (c - 0.5)) / (w - 1.0) + 0.5) * (ymax - ymin) + ymin
    }
}

/// PS3.3 C.11.2.1.3.2, "LINEAR_EXACT".
fn linear_exact(x: f64, c: f64, w: f64) -> f64 {
    let (ymin, ymax) = (0.0, 255.0);
    if x <= c - w / 2.0 {
        ymin
    } else if x > c + w / 2.0 {
        ymax
    } else {
        ((x - c) / w + 0.5) * (ymax - ymin) + ymin
    }
}

/// PS3.3 C.11.2.1.3.1, "SIGMOID".
fn sigmoid(x: f64, c: f64, w: f64, slope: f64) -> f64 {
    let (ymin, ymax) = (0.0, 255.0);
    (ymax - ymin) / (1.0 + (-slope * ((x - c) / w)).exp()) + ymin
}

impl Chain {
    /// The level before rounding, inverted where the shape is: a real number from 0 to 255.
    fn level(&self, stored: i32) -> f64 {
        let stored = f64::from(stored);
        let x = match &self.modality {
            _ if self.mistake == Mistake::ModalityAfterWindow => stored,
            Modality::Rescale(slope, intercept) => slope * stored + intercept,
            Modality::Lut(lut) => lut.entry(stored),
        };
        let y = match &self.function {
            Function::Linear(c, w) if self.mistake == Mistake::LinearIsExact => linear_exact(x, *c, *w),
            Function::LinearExact(c, w) if self.mistake == Mistake::ExactIsLinear => linear(x, *c, *w),
            Function::Linear(c, w) => linear(x, *c, *w),
            Function::LinearExact(c, w) => linear_exact(x, *c, *w),
            Function::Sigmoid(c, w) => sigmoid(x, *c, *w, if self.mistake == Mistake::SigmoidWithoutFour { 1.0 } else { 4.0 }),
            Function::Lut(lut) => {
                let x = if self.mistake == Mistake::TableBeginsOneLater { x - 1.0 } else { x };
                // C.11.2.1.1: the output of n bits goes to the whole range of the display.
                lut.entry(x) / (2.0f64.powi(i32::from(lut.bits)) - 1.0) * 255.0
            }
        };
        match self.mistake {
            Mistake::ForgetsToInvert => y,
            Mistake::InvertsAfterRounding if self.inverse => 255.0 - (y + 0.5).floor(),
            _ if self.inverse => 255.0 - y,
            _ => y,
        }
    }
    /// To 8 bit, half up.
    fn grey(&self, stored: i32) -> u8 {
        let y = self.level(stored);
        let rounded = match self.mistake {
            Mistake::Truncates => y.floor(),
            Mistake::RoundsHalfDown => (y - 0.5).ceil(),
            _ => (y + 0.5).floor(),
        };
        rounded.clamp(0.0, 255.0) as u8
    }
    fn modality(&self) -> ModalityLut {
        match &self.modality {
            Modality::Rescale(slope, intercept) => ModalityLut::Rescale { slope: *slope, intercept: *intercept },
            Modality::Lut(lut) => ModalityLut::Table(lut.of_the_crate()),
        }
    }
    fn voi(&self) -> Voi {
        let window = |c: &f64, w: &f64| Window::new(*c, *w).expect("a window");
        match &self.function {
            Function::Linear(c, w) => Voi::Linear(window(c, w)),
            Function::LinearExact(c, w) => Voi::LinearExact(window(c, w)),
            Function::Sigmoid(c, w) => Voi::Sigmoid(window(c, w)),
            Function::Lut(lut) => Voi::Table(lut.of_the_crate()),
        }
    }
    fn shape(&self) -> PresentationShape {
        if self.inverse { PresentationShape::Inverse } else { PresentationShape::Identity }
    }
}

/// An image of 256 x 256 pixels that holds every word once, out of order so that neighbours differ much.
struct AllWords {
    geometry: VolumeGeometry,
    words: Vec<AtomicU16>,
}

/// The word at a place: an odd factor and no common divisor with 2^16, so each comes once.
fn word_at(place: usize) -> u16 {
    (place as u16).wrapping_mul(40_503)
}

impl AllWords {
    fn new() -> Self {
        let stack = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, 1.0) };
        let spacing = [Mm(1.0), Mm(1.0)];
        let geometry = VolumeGeometry::new([256, 256, 1], Direction::LEFT, Direction::POSTERIOR, spacing, stack).expect("a geometry");
        Self { geometry, words: (0..65_536).map(|place| AtomicU16::new(word_at(place))).collect() }
    }
    /// The picture, one pixel a sample.
    fn picture(&self, chain: &Chain, format: StoredFormat, interpolation: Interpolation) -> Vec<u8> {
        let modality = chain.modality();
        let range = ValueRange::measure(&self.words);
        let view = VolumeView::new(&self.geometry, &self.words, format, &modality, None, range).expect("a view");
        let spec = PaneSpec {
            series: Role::current(),
            plane: Plane::new(PatientPoint::new(0.0, 0.0, 0.0), Direction::LEFT, Direction::POSTERIOR, Mm(1.0)).expect("a plane"),
            size: [256, 256],
            slab: Slab::Thin,
            interpolation,
            voi: chain.voi(),
            tone: chain.shape().into(),
        };
        cpu::render(&view, &spec).expect("a picture").bytes
    }
}

/// How many of all words a chain gives another grey than the reference, by table and by picture. Where two exponentials that are right to an ulp fall on
/// different sides of a half, which only a sigmoid can, the word is a tie.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Compared {
    words: usize,
    different: usize,
    ties: usize,
}

impl Compared {
    fn add(&mut self, chain: &Chain, stored: i32, found: u8) {
        self.words += 1;
        if found != chain.grey(stored) {
            let y = chain.level(stored) + 0.5;
            let is_tie = matches!(chain.function, Function::Sigmoid(..)) && (y - y.round()).abs() < 1e-9;
            *if is_tie { &mut self.ties } else { &mut self.different } += 1;
        }
    }
}

fn compare(chain: &Chain, image: &AllWords, signed: bool, compared: &mut Compared) {
    let format = StoredFormat { signed, bits_stored: 16 };
    let range = ValueRange::new(StoredValue(0), StoredValue(u16::MAX));
    // What a word stands for is written here again: offset binary where signed.
    let stored = |word: u16| i32::from(word) - if signed { 32_768 } else { 0 };
    let table = DisplayTable::build(range, format, &chain.modality(), &chain.voi(), &chain.shape().into());
    for word in 0..=u16::MAX {
        compared.add(chain, stored(word), table.entries()[usize::from(word) << range.fraction_bits()]);
    }
    for interpolation in [Interpolation::Nearest, Interpolation::Linear] {
        for (place, grey) in image.picture(chain, format, interpolation).into_iter().enumerate() {
            compared.add(chain, stored(word_at(place)), grey);
        }
    }
}

/// Modality transforms, and for each the windows and tables that make sense of its values.
fn chains() -> Vec<(bool, Chain)> {
    let lut = |first: i64, bits: u8, count: u32, factor: u32| {
        let full = (1u32 << bits) - 1;
        Lut { first, bits, entries: (0..count).map(|i| (i.wrapping_mul(factor) % (full + 1)) as u16).collect() }
    };
    let modalities = [
        Modality::Rescale(1.0, 0.0),
        Modality::Rescale(1.0, -1024.0),
        Modality::Rescale(0.37, 11.5),
        Modality::Rescale(-1.0, 4095.0),
        Modality::Rescale(-0.0625, 3.25),
        Modality::Lut(lut(-100, 12, 4_096, 1)),
        Modality::Lut(lut(300, 16, 65_536, 257)),
    ];
    let functions = || {
        let windows = [(40.0, 400.0), (-600.0, 1500.0), (127.5, 255.5), (40.0, 2.0), (40.0, 1.0), (2000.0, 65_536.0)];
        let mut all: Vec<Function> = Vec::new();
        for (c, w) in windows {
            all.extend([Function::Linear(c, w), Function::LinearExact(c, w), Function::Sigmoid(c, w)]);
        }
        all.extend([lut(-400, 12, 512, 8), lut(0, 8, 256, 1), lut(1_000, 16, 3_000, 21), lut(-32_768, 10, 65_536, 3)].map(Function::Lut));
        all
    };
    let mut all = Vec::new();
    for modality in &modalities {
        for function in functions() {
            for (signed, inverse) in [(false, false), (false, true), (true, false), (true, true)] {
                let (modality, function) = (modality.clone(), function.clone());
                all.push((signed, Chain { modality, function, inverse, mistake: Mistake::None }));
            }
        }
    }
    all
}

#[test]
fn every_word_through_every_function_is_the_standards() {
    let image = AllWords::new();
    let mut total = Compared::default();
    let all = chains();
    for (signed, chain) in &all {
        let mut compared = Compared::default();
        compare(chain, &image, *signed, &mut compared);
        assert_eq!(compared.different, 0, "signed {signed}, {compared:?}: {:?} inverse {}", chain.voi().window(), chain.inverse);
        total.words += compared.words;
        total.ties += compared.ties;
    }
    println!("{} chains, {} words compared, {} ties of exp", all.len(), total.words, total.ties);
    assert_eq!(total.words, 7 * 22 * 4 * 3 * 65_536);
    assert!(total.ties < 10, "{total:?}");
}

/// The comparison can fail: each mistake that viewers make is found, with some word, and none is found where nothing is wrong.
#[test]
fn every_mistake_is_noticed() {
    let image = AllWords::new();
    let lut = Lut { first: -400, bits: 12, entries: (0..512).map(|i| i * 8).collect() };
    for (mistake, function) in [
        (Mistake::Truncates, Function::Linear(40.0, 400.0)),
        (Mistake::RoundsHalfDown, Function::LinearExact(40.0, 400.0)),
        (Mistake::InvertsAfterRounding, Function::LinearExact(40.0, 400.0)),
        (Mistake::ForgetsToInvert, Function::Sigmoid(40.0, 400.0)),
        (Mistake::LinearIsExact, Function::Linear(40.0, 400.0)),
        (Mistake::ExactIsLinear, Function::LinearExact(40.0, 400.0)),
        (Mistake::SigmoidWithoutFour, Function::Sigmoid(40.0, 400.0)),
        (Mistake::TableBeginsOneLater, Function::Lut(lut)),
        (Mistake::ModalityAfterWindow, Function::Linear(40.0, 400.0)),
    ] {
        let right = Chain { modality: Modality::Rescale(1.0, -24.0), function, inverse: true, mistake: Mistake::None };
        let mut compared = Compared::default();
        compare(&right, &image, true, &mut compared);
        assert_eq!(compared.different, 0, "{mistake:?}");
        let wrong = Chain { mistake, ..right };
        let mut compared = Compared::default();
        compare(&wrong, &image, true, &mut compared);
        println!("{mistake:?} is noticed at {} of {} words", compared.different, compared.words);
        assert!(compared.different > 0, "{mistake:?} is not noticed");
    }
}

/// Check vectors for c = 40 and w = 400 on 0..255 that were computed outside this project, to three digits: x, then LINEAR, LINEAR_EXACT, SIGMOID.
#[test]
fn check_vectors_are_met_by_reference_and_table() {
    let rows =
        [(40, [127.819, 127.500, 127.500]), (-60, [63.910, 63.750, 68.580]), (-160, [0.0, 0.0, 30.397]), (240, [255.0, 255.0, 224.603])];
    let format = StoredFormat { signed: true, bits_stored: 16 };
    let range = ValueRange::new(StoredValue(0), StoredValue(u16::MAX));
    for (column, function) in
        [Function::Linear(40.0, 400.0), Function::LinearExact(40.0, 400.0), Function::Sigmoid(40.0, 400.0)].into_iter().enumerate()
    {
        let chain = Chain { modality: Modality::Rescale(1.0, 0.0), function, inverse: false, mistake: Mistake::None };
        let table = DisplayTable::build(range, format, &ModalityLut::IDENTITY, &chain.voi(), &PresentationShape::Identity.into());
        for (x, expected) in rows {
            let expected: f64 = expected[column];
            assert!((chain.level(x) - expected).abs() < 1e-3, "column {column} at {x}: {} instead of {expected}", chain.level(x));
            let word = (x + 32_768) as usize;
            assert_eq!(f64::from(table.entries()[word << range.fraction_bits()]), (expected + 0.5).floor(), "column {column} at {x}");
        }
    }
}
