//! Properties of the text files of a study: protocol, bundle, seat, two reads that are settled, desk file, log and truth.
//!
//! What is accepted can be written down and read again without a change; what is refused has a reason that a person can read.

use super::{Held, must, one_line, ours, told};
use std::collections::BTreeSet;
use tiresias_reads::accounts::Accounts;
use tiresias_reads::bundle::Bundle;
use tiresias_reads::desk::{Desk, DeskLog};
use tiresias_reads::discordance::beside;
use tiresias_reads::hanging::{Cell, FirstWindow, MOST_ROWS, Place, hang};
use tiresias_reads::machine::Rules;
use tiresias_reads::pair::{Pair, seal_all};
use tiresias_reads::protocol::{Protocol, QuestionKind, Scale, check};
use tiresias_reads::seat::Seat;
use tiresias_reads::truth::{Truth, TruthError};
use tiresias_words::{ContentKey, ImagingModality, Mm, Role, SeriesFacts};

/// A protocol that the bundles of the corpus are made for; they name its hash, so it must not change.
pub(super) const PROTOCOL: &str = r#"tiresias_protocol = 1

[study]
id = "s"
title = "S"
paradigm = "froc"
case_facts = ["age"]

[[condition]]
id = "one"

[[condition]]
id = "two"

[[question]]
id = "c"
text = "C?"
kind = "scale"
min = 0
max = 9
low = "no"
high = "yes"
required = true
rating = true

[marks]
label = "Mark"
max = 3
rating = { min = 0, max = 9, low = "no", high = "yes" }

[display]
layout = "mpr"
interpolation = "linear"
first = "lung"

[[display.preset]]
name = "lung"
center = -600
width = 1500
function = "linear"

[order]
kind = "fixed"
"#;

/// A protocol is what its text says, or every finding is a sentence with a line that exists.
pub(super) fn protocol(input: &[u8]) -> Held {
    let Ok(text) = std::str::from_utf8(input) else { return Ok(()) };
    let (first, again) = (Protocol::parse(text), Protocol::parse(text));
    must(first == again, || "reading it twice gives two results".to_owned())?;
    let findings = check(text);
    let protocol = match first {
        Ok(protocol) => protocol,
        Err(error) => {
            let lines = text.lines().count().max(1) + 1;
            for finding in error.findings() {
                one_line(&finding.sentence)?;
                must(finding.line.is_none_or(|line| (1..=lines).contains(&line)), || format!("a finding on no line: {finding}"))?;
            }
            must(!findings.is_empty(), || "it is refused, and the check finds nothing".to_owned())?;
            return told(&error);
        }
    };
    must(findings.is_empty(), || format!("it is accepted, and the check finds {findings:?}"))?;
    one_line(protocol.title())?;
    let conditions: BTreeSet<_> = protocol.conditions().iter().map(|c| &c.id).collect();
    must(!conditions.is_empty() && conditions.len() == protocol.conditions().len(), || "no condition, or one twice".to_owned())?;
    protocol.conditions().iter().try_for_each(|c| one_line(&c.label))?;
    protocol.case_facts().iter().try_for_each(|fact| one_line(fact))?;
    let form = protocol.form();
    let rating = form.rating().map(|id| form.question(id).is_some_and(|q| q.required && q.when.is_empty() && q.kind.range().is_some()));
    must(rating.unwrap_or(protocol.marks().is_some()), || "the rating question is no required number".to_owned())?;
    let is_right = |scale: &Scale| scale.min() < scale.max() && one_line(scale.low()).is_ok() && one_line(scale.high()).is_ok();
    for question in form.questions() {
        one_line(&question.text)?;
        match &question.kind {
            QuestionKind::Scale(scale) => must(is_right(scale), || format!("a scale without ends: {scale:?}"))?,
            QuestionKind::Choice(options) | QuestionKind::Choices(options) => {
                let keys: BTreeSet<_> = options.iter().map(|o| &o.key).collect();
                must(options.len() > 1 && keys.len() == options.len(), || format!("a choice that is none: {options:?}"))?;
                options.iter().try_for_each(|o| one_line(&o.label))?;
            }
            QuestionKind::Number(kind) => must(kind.min < kind.max, || format!("a number without ends: {kind:?}"))?,
            QuestionKind::Text(most) => must(*most > 0, || "a text of no characters".to_owned())?,
        }
    }
    if let Some(rules) = protocol.marks() {
        one_line(&rules.label)?;
        must(rules.max > 0 && rules.min <= rules.max && is_right(&rules.rating), || format!("marks that nobody can put: {rules:?}"))?;
    }
    protocol.display().presets().iter().try_for_each(|preset| one_line(&preset.name))?;
    hung(&protocol)
}

/// Whatever its rules, a protocol hangs a case: cells in the grid and not upon each other, of series and with presets that are there.
fn hung(protocol: &Protocol) -> Held {
    let facts = |role: &str, modality: &str| {
        let names = Role::new(role).and_then(|role| Ok((role, ImagingModality::new(modality)?)));
        names.map(|(role, modality)| SeriesFacts::new(role, modality, 9)).map_err(|e| e.to_string())
    };
    let mut current = facts("current", "CT")?;
    current.extent = Some([Mm(300.0), Mm(200.0), Mm(40.0)]);
    let series = [current, facts("prior", "MR")?, facts("other", "MG")?];
    let display = protocol.display();
    let layout = hang(display, &series).map_err(|e| format!("a case cannot be hung: {e}"))?;
    layout.notes().iter().try_for_each(|note| one_line(note))?;
    let (rows, columns) = (layout.rows().len(), layout.columns().len());
    must(!layout.cells().is_empty() && rows.max(columns) <= MOST_ROWS, || format!("a layout of no or too many cells: {layout:?}"))?;
    for (i, cell) in layout.cells().iter().enumerate() {
        let Place { row, column, rows: down, columns: across } = cell.place;
        must(down > 0 && across > 0 && row + down <= rows && column + across <= columns, || format!("a cell outside: {cell:?}"))?;
        let is_upon = |other: &Cell| {
            let o = other.place;
            row < o.row + o.rows && o.row < row + down && column < o.column + o.columns && o.column < column + across
        };
        must(!layout.cells()[..i].iter().any(is_upon), || format!("a cell upon another: {cell:?}"))?;
        must(series.iter().any(|s| s.role == cell.role), || format!("a cell of no series: {cell:?}"))?;
        let is_there = |name: &String| display.presets().iter().any(|p| p.name == *name);
        must(!matches!(&cell.window, FirstWindow::Preset(name) if !is_there(name)), || format!("a preset that is not there: {cell:?}"))?;
    }
    Ok(())
}

/// What makes two reads of that protocol discordant.
const ADJUDICATION: &str = r#"
[adjudication]
condition = "one"

[[adjudication.discordance]]
kind = "difference"
question = "c"
more_than = 2

[[adjudication.discordance]]
kind = "marks"
mm = 10
"#;

/// Two reads are written as they were read, come out of their seal as they went in, and can be put side by side; or they are refused.
pub(super) fn pair(input: &[u8]) -> Held {
    let protocol =
        Protocol::parse(&format!("{PROTOCOL}{ADJUDICATION}")).map_err(|e| format!("the protocol of this property is wrong: {e}"))?;
    let pair = match Pair::parse(input, &protocol) {
        Ok(pair) => pair,
        Err(error) => return one_line(&error.to_string()),
    };
    let written = pair.to_json();
    let again = Pair::parse(written.as_bytes(), &protocol);
    must(again.as_ref() == Ok(&pair), || "what is written is not what was read".to_owned())?;
    must(again.is_ok_and(|again| again.hash() == pair.hash()), || "the same two reads have two hashes".to_owned())?;
    let key = [7; 32];
    let sealed = seal_all(&[(pair.clone(), ContentKey::new(key))]).map_err(|e| format!("what was read cannot be sealed: {e}"))?;
    let opened = sealed.first().map(|s| s.open(&ContentKey::new(key), &protocol));
    must(opened == Some(Ok(pair.clone())), || "the seal opens to something else".to_owned())?;
    let rows = beside(&protocol, &pair);
    let marks = rows.marks.iter().map(|r| usize::from(r.a.is_some()) + usize::from(r.b.is_some())).sum::<usize>();
    must(marks == pair.a().marks.len() + pair.b().marks.len(), || "a mark is missing or told twice".to_owned())?;
    rows.reasons.iter().try_for_each(|reason| one_line(reason))
}

/// A bundle is what a reader can read under its protocol, and is written as it was read; or it is refused.
pub(super) fn bundle(input: &[u8]) -> Held {
    let protocol = Protocol::parse(PROTOCOL).map_err(|e| format!("the property's own protocol is refused: {e}"))?;
    let bundle = match Bundle::parse(input, &protocol) {
        Ok(bundle) => bundle,
        Err(error) => return told(&error),
    };
    let written = bundle.to_json();
    must(Bundle::parse(written.as_bytes(), &protocol).as_ref() == Ok(&bundle), || "what is written is not what was read".to_owned())?;
    one_line(bundle.display_name())?;
    for fact in bundle.reads().iter().flat_map(|read| &read.facts) {
        one_line(&fact.name)?;
        one_line(&fact.value)?;
    }
    let rules = Rules::new(protocol, bundle.clone()).map_err(|e| format!("the bundle is right and makes no rules: {e}"))?;
    let known = bundle.reads().iter().all(|read| rules.assigned(&read.id(bundle.reader())) == Some(read));
    must(known, || "a read of the bundle is not assigned".to_owned())
}

/// The bundle that the seats of the corpus are for.
const SEATED: &str = include_str!("../../corpus/bundle/seed_full");

/// A seat is for its own bundle and no other, or refused with a reason; what is written is what was read.
pub(super) fn seat(input: &[u8]) -> Held {
    let protocol = Protocol::parse(PROTOCOL).map_err(|e| format!("the property's own protocol is refused: {e}"))?;
    let bundle_of =
        |text: &str| Bundle::parse(text.as_bytes(), &protocol).map_err(|e| format!("the property's own bundle is refused: {e}"));
    let own = bundle_of(SEATED)?;
    let first = Seat::parse(input, &own);
    must(first == Seat::parse(input, &own), || "reading it twice gives two results".to_owned())?;
    let seat = match first {
        Ok(seat) => seat,
        Err(error) => return told(&error),
    };
    must(Seat::parse(seat.to_json().as_bytes(), &own).as_ref() == Ok(&seat), || "what is written is not what was read".to_owned())?;
    let later = bundle_of(&SEATED.replace("\"issued_utc_ms\": 0", "\"issued_utc_ms\": 1"))?;
    must(later != own && Seat::parse(input, &later).is_err(), || "it is for another bundle too".to_owned())
}

/// In both forms each case has one truth and one package, on a line that exists; or each finding is a sentence.
pub(super) fn truth(input: &[u8]) -> Held {
    ["truth.csv", "truth.json"].into_iter().try_for_each(|file| truth_of(input, file))
}

fn truth_of(input: &[u8], file: &str) -> Held {
    let truth = match Truth::parse(input, file) {
        Ok(truth) => truth,
        Err(TruthError::Findings(findings)) => {
            must(!findings.is_empty(), || "it is refused without a finding".to_owned())?;
            return findings.iter().try_for_each(|f| one_line(f));
        }
        Err(error) => return told(&error),
    };
    let names: BTreeSet<_> = truth.cases().iter().map(|case| &case.case).collect();
    must(names.len() == truth.cases().len(), || "a case twice".to_owned())?;
    let packages = truth.cases().iter().filter_map(|case| case.package.map(|p| (p, &case.case)));
    must(packages.clone().all(|(p, case)| truth.of_package(&p).is_some_and(|c| c.case == *case)), || "a package twice".to_owned())?;
    // A file may end its lines with either character.
    let lines = input.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
    let all = truth.cases().iter().flat_map(|case| {
        let of_lesions = case.lesions.iter().map(|l| l.line);
        std::iter::once(case.line).chain(of_lesions).chain(case.ignored.iter().map(|r| r.line))
    });
    must(all.into_iter().all(|line| (1..=lines).contains(&line)), || "a row on no line".to_owned())?;
    let numbers = truth
        .cases()
        .iter()
        .flat_map(|case| case.lesions.iter().map(|l| l.weight).chain(case.lesions.iter().filter_map(|l| Some(l.radius?.0))));
    must(numbers.into_iter().all(f64::is_finite), || "a number that is none".to_owned())
}

/// A desk file is read, twice the same, or refused.
pub(super) fn desk(input: &[u8]) -> Held {
    let dir = tempfile::tempdir().map_err(ours("make a folder"))?;
    std::fs::write(dir.path().join("desk.json"), input).map_err(ours("write its file"))?;
    let first = Desk::open(dir.path());
    must(first == Desk::open(dir.path()), || "reading it twice gives two results".to_owned())?;
    match first {
        Ok(_) => Ok(()),
        Err(error) => told(&error),
    }
}

/// The people of a simulated study, who signed the logs of the corpus.
const ACCOUNTS: &[u8] = include_bytes!("accounts.json");

/// A log is read, twice the same, or refused; what is accepted tells each entry in a line.
pub(super) fn log(input: &[u8]) -> Held {
    let accounts = Accounts::parse(ACCOUNTS).map_err(|e| format!("the property could not read its accounts: {e}"))?;
    let first = DeskLog::parse(input, &accounts);
    must(first == DeskLog::parse(input, &accounts), || "reading it twice gives two results".to_owned())?;
    match first {
        Ok(log) => log.entries().iter().try_for_each(|entry| one_line(&entry.told())),
        Err(error) => told(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::{ADJUDICATION, PROTOCOL, SEATED, bundle, pair, protocol, seat};
    use tiresias_reads::bundle::Bundle;
    use tiresias_reads::pair::{Pair, PairError};
    use tiresias_reads::protocol::Protocol;
    use tiresias_reads::seat::{Seat, SeatError};

    #[test]
    fn the_property_has_a_protocol_and_reads_are_made_for_it() {
        let parsed = Protocol::parse(PROTOCOL).unwrap();
        assert_eq!(protocol(PROTOCOL.as_bytes()), Ok(()));
        let hash = parsed.hash();
        let json = format!("{{\"tiresias_bundle\":1,\"protocol\":\"{hash}\",\"reader\":\"r\",\"display_name\":\"R\",\"reads\":[]}}");
        assert_eq!(bundle(json.as_bytes()), Ok(()));
    }

    /// What fuzzing begins with is taken, or lacks what its name says.
    #[test]
    fn pairs_of_the_corpus_are_of_this_form() {
        let protocol = Protocol::parse(&format!("{PROTOCOL}{ADJUDICATION}")).unwrap();
        let (full, order) = (include_str!("../../corpus/pair/seed_full"), include_str!("../../corpus/pair/seed_out_of_order"));
        let scale = include_str!("../../corpus/pair/seed_off_the_scale");
        let of = |seed: &str| Pair::parse(seed.as_bytes(), &protocol).map(|p| p.a().marks.len() + p.b().marks.len());
        assert_eq!([full, order, scale].map(of), [Ok(3), Err(PairError::Form), Err(PairError::Protocol)]);
        assert!([full, order, scale].iter().all(|seed| pair(seed.as_bytes()) == Ok(())));
    }

    /// The same of seats.
    #[test]
    fn seats_of_the_corpus_are_for_their_bundle() {
        let bundle = Bundle::parse(SEATED.as_bytes(), &Protocol::parse(PROTOCOL).unwrap()).unwrap();
        let (plain, full) = (include_str!("../../corpus/seat/seed_plain"), include_str!("../../corpus/seat/seed_full"));
        let (reader, reason) = (include_str!("../../corpus/seat/seed_other_reader"), include_str!("../../corpus/seat/seed_other_reason"));
        let of = |seed: &str| Seat::parse(seed.as_bytes(), &bundle);
        assert!(of(plain).is_ok() && of(full).is_ok());
        assert_eq!(of(reader), Err(SeatError::Account));
        assert!(matches!(of(reason), Err(SeatError::Leave(_))));
        assert!(matches!(of(&plain.replace("\"utc_ms\": 5", "\"utc_ms\": 6")), Err(SeatError::Bundle(_))));
        assert!([plain, full, reader, reason].iter().all(|seed| seat(seed.as_bytes()) == Ok(())));
    }
}
