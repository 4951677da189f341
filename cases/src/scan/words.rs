//! Words that name somebody: those of a set's own names and ids, sought in all its other texts.
//!
//! Owns: taking texts apart, letters without case and accents, and dates in texts. What a set calls its patients, physicians and places in the attributes made for
//! that is learned first; then no other attribute, and no file name, may say it.
//! Refuses: words that everybody uses. Bytes are taken as UTF-8 and, where they are not, as Latin-1: names in other character sets are found where both places
//! encode them alike.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::{BTreeSet, HashSet};
use std::ops::Bound;
use std::sync::LazyLock;

/// Letters of the shortest name that is sought, and signs of the shortest id. Shorter ones would be found in everything.
const NAME: usize = 3;
const ID: usize = 4;
/// Signs by which an id is known: no attribute that is made for one has more (PS3.5 6.2, LO).
const LONGEST_ID: usize = 64;

/// Bytes that what is learned of a file may take, and of a set: a DICOMDIR of ten thousand patients, and as many files as are scanned, each of its own patient.
const OF_FILE: usize = 16 << 20;
const OF_SET: usize = 256 << 20;
/// Bytes of a word beside its letters, about.
const BESIDE: usize = 64;

/// Names and ids. It has no `Debug`.
#[derive(Default)]
pub(super) struct Dictionary {
    words: HashSet<String>,
    /// Ids without their punctuation, none of which begins with another: then the one with which a text begins is found in one step, however many there are.
    ids: BTreeSet<String>,
    /// Bytes of both.
    size: usize,
    is_full: bool,
}

impl Dictionary {
    /// Learns what a text names.
    pub(super) fn learn(&mut self, text: &str) {
        for folded in folded(text) {
            for word in words(&folded).filter(|w| is_name(w) || is_id(w)) {
                self.is_full |= !put(&mut self.words, word.to_owned(), &mut self.size, OF_FILE);
            }
            let id: String = squeezed(&folded).chars().take(LONGEST_ID).collect();
            if id.len() >= 6 && id.bytes().filter(u8::is_ascii_digit).count() >= 4 {
                self.is_full |= !self.put_id(id, OF_FILE);
            }
        }
    }
    /// Learns what was learned of a file.
    pub(super) fn merge(&mut self, other: Self) {
        for word in other.words {
            self.is_full |= !put(&mut self.words, word, &mut self.size, OF_SET);
        }
        for id in other.ids {
            self.is_full |= !self.put_id(id, OF_SET);
        }
    }
    /// Puts an id among others unless they would take more than so many bytes; whether it is found from now on.
    fn put_id(&mut self, id: String, most: usize) -> bool {
        if self.begins_with_id(&id) {
            return true;
        }
        let own = id.len() + BESIDE;
        if self.size + own > most {
            return false;
        }
        // What begins with it is found by it.
        let from = self.ids.range::<str, _>((Bound::Included(id.as_str()), Bound::Unbounded));
        let longer: Vec<String> = from.take_while(|other| other.starts_with(id.as_str())).cloned().collect();
        for other in longer {
            self.size = self.size.saturating_sub(other.len() + BESIDE);
            self.ids.remove(&other);
        }
        self.size += own;
        self.ids.insert(id);
        true
    }
    /// Whether a text begins with an id that was learned.
    fn begins_with_id(&self, text: &str) -> bool {
        // Whatever stood between the two in the order of letters would begin with the id too.
        let before = self.ids.range::<str, _>((Bound::Unbounded, Bound::Included(text))).next_back();
        before.is_some_and(|id| text.starts_with(id.as_str()))
    }
    /// Whether there was more to learn than is held. Who asks has to say so: what was not learned is not sought.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }
    /// Whether a text holds anything that was learned.
    pub(super) fn finds(&self, text: &str) -> bool {
        if self.words.is_empty() && self.ids.is_empty() {
            return false;
        }
        folded(text).any(|folded| {
            let squeezed = squeezed(&folded);
            let holds_id = || squeezed.char_indices().any(|(at, _)| squeezed.get(at..).is_some_and(|rest| self.begins_with_id(rest)));
            words(&folded).any(|w| self.words.contains(w)) || holds_id()
        })
    }
}

/// Puts a word among others unless they would take more than so many bytes; whether it is among them.
fn put(among: &mut HashSet<String>, word: String, size: &mut usize, most: usize) -> bool {
    let own = word.len() + BESIDE;
    if *size + own > most {
        return among.contains(&word);
    }
    if among.insert(word) {
        *size += own;
    }
    true
}

fn is_name(word: &str) -> bool {
    word.chars().count() >= NAME && word.chars().all(char::is_alphabetic) && !is_common(word)
}

fn is_id(word: &str) -> bool {
    word.chars().count() >= ID && word.chars().any(|c| c.is_ascii_digit())
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Runs of letters and digits, and of letters alone and digits alone where a run has both.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).flat_map(|run| {
        let is_mixed = run.chars().any(char::is_numeric) && run.chars().any(char::is_alphabetic);
        let parts = is_mixed.then(|| run.split(char::is_alphabetic).chain(run.split(char::is_numeric)));
        [run].into_iter().chain(parts.into_iter().flatten()).filter(|w| !w.is_empty())
    })
}

/// Value of an element as text.
pub(super) fn text(value: &[u8]) -> String {
    let value = value.iter().rposition(|b| !matches!(b, 0 | b' ')).map_or(&[][..], |last| value.get(..=last).unwrap_or_default());
    std::str::from_utf8(value).map_or_else(|_| value.iter().map(|b| char::from(*b)).collect(), str::to_owned)
}

/// The text in small letters without accents, as it is typed in two ways: umlauts as one letter and as two.
fn folded(text: &str) -> impl Iterator<Item = String> {
    let lower = text.to_lowercase();
    let fold = |is_long| {
        let mut out = String::with_capacity(lower.len());
        for c in lower.chars() {
            match plain(c, is_long) {
                Some(letters) => out.push_str(letters),
                None => out.push(c),
            }
        }
        out
    };
    let two = lower.contains(['ä', 'ö', 'ü', 'å', 'ø', 'æ']).then(|| fold(true));
    [Some(fold(false)), two].into_iter().flatten()
}

/// What stands for a small letter with an accent; `None` for one without.
fn plain(c: char, is_long: bool) -> Option<&'static str> {
    Some(match c {
        'ä' | 'æ' if is_long => "ae",
        'ö' | 'ø' if is_long => "oe",
        'ü' if is_long => "ue",
        'å' if is_long => "aa",
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ì'..='ï' | 'ĩ' | 'ī' | 'į' | 'ı' => "i",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ț' => "t",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        // Combining accents.
        '\u{300}'..='\u{36F}' => "",
        _ => return None,
    })
}

/// The standards that colour profiles name as their own: those of sRGB and its kin (IEC 61966-2) and of ROMM RGB (ISO 22028-2), as profiles write them.
const STANDARDS: [&str; 4] = ["IEC61966-2", "IEC 61966-2", "ISO22028-2", "ISO 22028-2"];

/// The text without the numbers of these standards, which are no ids; what stands before and behind them stays apart.
pub(super) fn without_standards(text: &str) -> String {
    STANDARDS.iter().fold(text.to_owned(), |text, name| text.replace(name, " "))
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Whether there is a date in a text: 19991231, 1999-12-31, 31.12.1999, 12/31/99, 31 Dec 1999, Dec 31, 1999, and 1999:12:31 as cameras write it (Exif, DateTime).
pub(super) fn has_date(text: &str) -> bool {
    let eight = text.split(|c: char| !c.is_ascii_digit()).any(is_day);
    let number = |r: &str, low: u32, high: u32| r.parse::<u32>().is_ok_and(|n| (low..=high).contains(&n)) && r.len() <= 4;
    let three = text.split(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '/')).any(|run| {
        ['.', '-', '/'].iter().any(|by| match run.trim_matches(['.', '-', '/']).split(*by).collect::<Vec<_>>().as_slice() {
            [a, b, c] => {
                let day = |x: &str| number(x, 1, 31) && x.len() <= 2;
                let year = |x: &str| x.len() == 4 && number(x, 1900, 2099);
                (year(a) && day(b) && day(c)) || (day(a) && day(b) && (year(c) || (c.len() == 2 && *by != '.' && number(c, 0, 99))))
            }
            _ => false,
        })
    });
    let colons = text.split(|c: char| !c.is_ascii_digit() && c != ':').any(|run| match run.split(':').collect::<Vec<_>>().as_slice() {
        [year, month, day] => year.len() == 4 && number(year, 1900, 2099) && number(month, 1, 12) && number(day, 1, 31),
        _ => false,
    });
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let year = |w: &&str| w.len() == 4 && number(w, 1900, 2099);
    let named = words.iter().enumerate().any(|(i, w)| {
        let is_month =
            w.len() >= 3 && MONTHS.iter().any(|m| w.starts_with(m)) && w.bytes().all(|b| b.is_ascii_alphabetic()) && w.len() <= 9;
        is_month && words.iter().skip(i + 1).take(2).any(year)
    });
    // 31Dec1999, without a space.
    let joined =
        words.iter().any(|w| MONTHS.iter().any(|m| w.split_once(m).is_some_and(|(d, y)| !d.is_empty() && number(d, 1, 31) && year(&y))));
    eight || three || colons || named || joined
}

/// Whether eight digits are a day (or begin with one, as a date with its time does).
pub(super) fn is_day(digits: &str) -> bool {
    let number = |from: usize, to: usize| digits.get(from..to).and_then(|d| d.parse::<u32>().ok());
    let is_length = digits.len() == 8 || digits.len() == 12 || digits.len() == 14;
    is_length
        && number(0, 4).is_some_and(|y| (1900..=2099).contains(&y))
        && number(4, 6).is_some_and(|m| (1..=12).contains(&m))
        && number(6, 8).is_some_and(|d| (1..=31).contains(&d))
}

/// Whether a word names nobody: words of codes, of anatomy and of hospitals.
pub(super) fn is_common(word: &str) -> bool {
    COMMON.contains(word)
}

/// Words of defined terms, code meanings and descriptions that say nothing about a person, in small letters.
const VOCABULARY: &str = "
    00 01 1 100 101 109 10918 110 126 127 13 138 144 14495 148 149 15444 159 166 18 192 2 2022 2d 3d 422 4d 58 6 87 99m a abdomen abdomenpelvis active adc
    adm admin aluminum anatomic anatomical and angiography angle angular ankle annotation anon anonymised anonymized anonymous anterior aorta ap application arm
    arterial artery at atn atten attenuation attn automatic average axial axillary baseline basic bi bilateral binary biplane bitmap bladder bmd body bold bone both
    bowel bq bqml brain breast bronchus burned butterfly by c11 calib calibrated capture carbon care carotid case caudal cc center centre cervical
    characteristics chest chestabdomen chestabdpelv chestabdpelvis children cine circular city clavicle clean cleavage clinic cln clockwise cm cm2ml cnts
    coccyx col colon color colour column columns community complex compression computed confidentiality constant content contrast copper coronal
    counterclockwise cps cr cranial craniocaudal cspine ct current cv cw data dates dcal dcm deadtime decay decubitus decy deidentified delayed dental
    department derived descriptors device df dg di di2 diagnostic diagnostics dicom diffusion digitized dis2d dis3d disp displaced doc doctor dom dr drw dtim
    due dv dv2 dwi dx dyn dynamic ear early ecat1ml echo echoplanar elbow emission enhanced entire ep equilibrium erect es esophagus exact exaggerated
    extremities extremity f f18 fa false fat fb fdg features feet feetfirst femur ffdl ffdr ffp ffs fibula fiducial fil filter finger first flair flat flu
    fluence fluorine fluorodeoxyglucose fluoroscopy fm fma fmri follow foot for forearm fractional frame frames from full g gallium gated gb18030 gbk
    general geometry gm gml gr gradient graphic graphics group h hand head headfirst headneck health healthcare heart helical hexagonal hfdl hfdr hfp hfs
    high hip hospital hour hu humerus hz i ict identity image imaginary imaging implant in inferior information institute institution inverse inversion io
    ip ir iso isotropic ivus j2k jaw jaws jpeg k kbq kernel kg khz kidney kidneys knee ko l labelmap lao late lateral lateromedial left leg limb limbs lin
    linear liver ll lld llo lm lmo ln localizer log longitudinal lossless lossy low lower ls lspine lumbar lung lungs lymph m m_ffe magnetic magnification
    magnitude mammography mandible manual maxilla mbq md medial mediastinum medical mediolateral medium memorial mg mgml mhz millimeter min minip mip
    mixed ml mlo mm modified modifier molybdenum monochrome1 monochrome2 monoplane motn mp mpr mr mrs ms mtc multiple n nacc national native nd neck neckchest
    nipple nm no node none norm o15 oblique occupancy oct od of on op opposed opt option options or orbit orbits original osp ot other out ovary overlay
    oxygen p pa palette pancreas part partial patient pd pelvis percent perfusion phantom phase phd pixel plain planar pmot polygonal portal positron post
    posterior pr practice pre presentation primary prior private probability processing prof professor profile projection prone prop prostate pt px r
    radiograph radiography radiological radiology radl radlex ran rand rao rct reader real recognizable recon recovery rectangle rectangular recumbent
    reformatted region regional relative removed resonance retain rf rgb rhodium rib ribs right rl rld rle rlo rm roi rolled round row rows rtdose rtplan
    rtstruct rubidium s sacrum safe sagittal saint sampled sc scanned scanogram scapula scat scatter screening sct se second secondary secondarycapture
    seg segmented semi semiautomatic sequence series service services sharp shoulder si sigmoid silver single sinus sinuses sio site sitting sk skull
    sm smooth soft sp space sparse spin spine spiral spleen spoiled spot square sr srt ss sspine st stac standard standing start state static stationary steady
    sternum stir stomach strip structure structured study sub subject subtraction superior supine swi syn system systems t1 t2 tail tan tangential
    technetium teeth temporal test tg the thigh thoracic thorax thyroid tibia tiled tirs tissue to toe tof tomo tomography tomosynthesis tooth trace trachea
    transmission transverse trendelenburg trs true tspine tungsten ucum uids ultrasound umls unity university unknown unmodified unpaired up upper us
    uterus utf vascular vein venous vessel view views visual volume volumetric w water wb wedge whole wholebody with wrist wsd wst xa xc xccl xccm xyz y
    ybr yes zdec
";

static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| VOCABULARY.split_ascii_whitespace().collect());

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary(names: &[&str]) -> Dictionary {
        let mut dictionary = Dictionary::default();
        names.iter().for_each(|n| dictionary.learn(n));
        dictionary
    }

    #[test]
    fn names_are_found_whatever_their_case_and_accents() {
        let d = dictionary(&["MÜLLER^Zoë=  ", "Nguyễn^Thị", "St. Elsewhere General Hospital", "AB-12.345/6"]);
        for text in ["series of Mueller", "MULLER", "muller_2", "zoe", "elsewhere", "see AB123456", "AB-12.345/6"] {
            assert!(d.finds(text), "{text}");
        }
        for text in ["muellers", "general hospital", "AX", "12", "", "chest"] {
            assert!(!d.finds(text), "{text}");
        }
        assert!(!dictionary(&[]).finds("anything"));
    }

    #[test]
    fn ids_are_found_among_any_number_of_others() {
        // One that has no part that would be sought by itself.
        assert!(dictionary(&["12-34-56"]).finds("no. 12 34 56"));
        // Whether the shorter of two is learned first or last, both are found by it.
        for names in [["447120", "4471203"], ["4471203", "447120"]] {
            let d = dictionary(&names);
            assert!(d.ids.iter().eq(["447120"]) && d.finds("44-71-20") && d.finds("x447-120-3"), "{names:?}");
        }
        let many: Vec<String> = (0..1000).map(|n| format!("AB-{n:03}-77")).collect();
        let d = dictionary(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(many.iter().all(|id| d.finds(id) && d.finds(&format!("see {}", id.replace('-', "/")))));
        assert!(!d.finds("AB-999-78") && !d.finds("AB-001-7"));
        // Of one that is longer than any the first 64 signs are sought.
        let long = "7".repeat(100);
        let d = dictionary(&[long.as_str()]);
        assert!(d.size <= 100 + LONGEST_ID + 2 * BESIDE && d.finds(&"7".repeat(64).replace("77", "7.7")) && !d.finds(&"7".repeat(63)));
    }

    #[test]
    fn what_is_learned_has_an_end_that_is_told() {
        let (mut among, mut size) = (HashSet::new(), 0);
        let most = 2 * BESIDE + 10;
        for (word, is_among) in [("garcia", true), ("ruiz", true), ("a", false), ("ruiz", true), ("a", false)] {
            assert_eq!(put(&mut among, word.to_owned(), &mut size, most), is_among, "{word}");
        }
        assert_eq!((among.len(), size), (2, most));
        let mut few = dictionary(&["GARCIA^Ana"]);
        assert!(!few.is_full());
        few.merge(dictionary(&["RUIZ^Eva"]));
        assert!(!few.is_full() && few.finds("garcia") && few.finds("ruiz"));
        few.learn(&"x".repeat(OF_FILE));
        assert!(few.is_full() && few.finds("garcia"));
    }

    #[test]
    fn dates_are_told_from_numbers() {
        for text in [
            "CHEST 19991231",
            "1999-12-31",
            "seen 31.12.1999",
            "12/31/99",
            "31 Dec 1999",
            "December 31, 1999",
            "31DEC1999",
            "1999:12:31 23:59:59",
            "19991231235959",
        ] {
            assert!(has_date(text), "{text}");
        }
        for text in [
            "19991331",
            "1.2.3",
            "0.5/0.25/1",
            "512x512",
            "B30f",
            "1234567",
            "-0.5\\1.0",
            "May be",
            "2.25.19991231999",
            "3.12.1.107",
            "12:10:31",
            "1999:13:31",
        ] {
            assert!(!has_date(text), "{text}");
        }
    }

    #[test]
    fn the_vocabulary_is_in_small_letters() {
        assert!(VOCABULARY.split_ascii_whitespace().all(|w| w == w.to_lowercase()));
        assert!(is_common("axial") && !is_common("smith"));
    }
}
