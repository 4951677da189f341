//! What the form asks and in which order, steps taken back, forms of marks, time without input, and what a reader is told beside the case.

use crate::findings::aided_alone;
use crate::simulated::{Reading, answer, bundles, choose, package, place, question, rate, reader, rules, somewhere, start};
use proptest::prelude::*;
use tiresias_reads::bundle::{Account, CaseToRead, Plan, TrainingCase, assign};
use tiresias_reads::machine::{
    Action, AnswerValue, Draft, Fact, Feedback, Place, Refusal, Rules, Stage, State, Subject, TrainingStands, Unusual, advises_break,
    amendable, asked, excusable, feedback, training, unusual,
};
use tiresias_reads::protocol::{Protocol, template};
use tiresias_words::{ImagePoint, MarkId, MarkShape, Outline, PatientPoint};

fn reading(text: &str, trained: u8) -> Reading {
    let protocol = Protocol::parse(text).unwrap_or_else(|e| panic!("{e}"));
    let case = |c: u8, training| CaseToRead { package: package(c), facts: vec![], training };
    let cases: Vec<_> =
        (1..=6).map(|c| case(c, None)).chain((101..101 + trained).map(|c| case(c, Some(TrainingCase { signal: c % 2 == 1 })))).collect();
    let readers = ["r1", "r2"].map(|r| Account { reader: reader(r), display_name: r.into() });
    let plan = Plan { protocol: &protocol, readers: &readers, cases: &cases, matrix: None, seed: 5, issued_utc_ms: 0 };
    let bundle = assign(&plan).unwrap_or_else(|e| panic!("{e}")).remove(0);
    let mut r = Reading::new(Rules::new(protocol, bundle).expect("of one protocol"));
    r.must(start());
    r
}

fn of(name: &str) -> &'static str {
    template(name).expect("a template").text
}

fn open(r: &Reading) -> &Draft {
    r.state.open().expect("open")
}

fn places(r: &Reading) -> Vec<String> {
    let subject = |s: &Subject| match s {
        Subject::Case => String::new(),
        Subject::Unit(u) => format!(" {u}"),
        Subject::Mark(m) => format!(" {}", m.0),
    };
    let word = |p: &Place| match p {
        Place::Rating(m) => format!("rating {}", m.0),
        Place::Class(m) => format!("class {}", m.0),
        Place::Answer(q, s) => format!("{q}{}", subject(s)),
    };
    asked(&r.rules, open(r)).iter().map(word).collect()
}

fn unit(key: &str) -> Subject {
    Subject::Unit(key.into())
}

fn given(id: &str, subject: Subject, value: AnswerValue) -> Action {
    Action::Answer { question: question(id), subject, value }
}

#[test]
fn the_form_asks_in_its_order_and_only_what_is_asked_now() {
    let mut r = reading(of("mammography"), 0);
    r.open_next();
    assert_eq!(places(&r), ["density", "birads R", "suspicion R", "birads L", "suspicion L"]);
    r.must(given("birads", unit("R"), AnswerValue::Choice("4".into())));
    assert_eq!(places(&r), ["density", "birads R", "suspicion R", "finding R", "birads L", "suspicion L"]);
    assert_eq!(excusable(&r.rules, open(&r)), [unit("R"), unit("L")]);
    r.must(Action::NotEvaluable { subject: unit("R"), reason: "absent".into() });
    assert_eq!(places(&r), ["density", "birads L", "suspicion L"]);
    assert_eq!(excusable(&r.rules, open(&r)).len(), 2, "what was said can be taken back");

    let mut r =
        reading(&of("froc").replace("max = 20", "max = 20\nclasses = [{ key = \"a\", label = \"a\" }, { key = \"b\", label = \"b\" }]"), 0);
    r.open_next();
    assert_eq!(places(&r), ["confidence"]);
    r.must(place(1.0, 2.0, 3.0));
    r.must(place(1.0, 2.0, 9.0));
    assert_eq!(places(&r), ["rating 1", "class 1", "density 1", "rating 2", "class 2", "density 2", "confidence"]);
    assert!(!Place::Rating(MarkId(1)).is_given(open(&r)));
    r.must(rate(1, 5));
    assert!(Place::Rating(MarkId(1)).is_given(open(&r)) && excusable(&r.rules, open(&r)).is_empty());
}

#[test]
fn each_way_of_showing_ai_has_its_stages() {
    let stage = |r: &Reading| Stage::of(&r.rules, open(r));
    let mut r = reading(of("sequential"), 0);
    r.open_next();
    assert_eq!(stage(&r), Stage::First);
    r.must(answer("confidence", 30));
    r.must(choose("action", "nothing"));
    r.must(Action::Lock);
    assert_eq!((stage(&r), places(&r).len()), (Stage::Locked, 0), "nothing is asked until the AI is shown");
    assert_eq!(r.act(Action::Undo), Err(Refusal::AwaitsAi));
    r.must(Action::Reveal);
    assert_eq!((stage(&r), places(&r).len()), (Stage::Shown, 2));
    assert_eq!(r.act(Action::Undo), Err(Refusal::NothingToUndo), "what is locked cannot be undone");
    let mut r = reading(of("ordinal"), 0);
    r.open_next();
    assert_eq!(stage(&r), Stage::Alone);
    let text = of("froc").replacen("ai = { mode = \"on request\", show = [\"outline\", \"score\"] }", "", 1);
    let text = text.replacen("label = \"Unaided\"", "label = \"Asked\"\nai = { mode = \"on request\", show = [\"outline\"] }", 1);
    let mut r = reading(&text, 0);
    r.open_next();
    assert_eq!(stage(&r), Stage::OnRequest);
    r.must(Action::Reveal);
    assert_eq!(stage(&r), Stage::Shown);
}

#[test]
fn soft_rules_are_told_before_the_lock() {
    let mut r = reading(of("ordinal"), 0);
    r.open_next();
    r.must(choose("category", "4A"));
    r.must(given("diameter", Subject::Case, AnswerValue::Number("1.5".parse().unwrap())));
    let told = vec![Unusual { say: "The diameter is below 2 mm.".into(), subject: Subject::Case }];
    assert_eq!(unusual(&r.rules, &r.state), told);
    assert!(r.act(Action::Lock).is_err());
    r.must(choose("category", "1"));
    assert!(unusual(&r.rules, &r.state).is_empty(), "what is not asked breaks no rule");
}

fn shapes(kind: &str) -> (MarkShape, MarkShape) {
    let p = |x: f64, y: f64| PatientPoint::new(x, y, 4.0);
    let i = |column: f64, row: f64| ImagePoint { column, row };
    match kind {
        "point" => (MarkShape::point(p(1.0, 1.0)), MarkShape::OnImage(Outline::Point(i(1.0, 1.0)))),
        "ellipse" => (
            MarkShape::InPatient(Outline::Ellipse([p(1.0, 1.0), p(4.0, 1.0), p(1.0, 2.0)])),
            MarkShape::OnImage(Outline::Ellipse([i(1.0, 1.0), i(4.0, 1.0), i(1.0, 1.0)])),
        ),
        "box" => (
            MarkShape::InPatient(Outline::Box([p(1.0, 1.0), p(4.0, 1.0), p(4.0, 2.0)])),
            MarkShape::OnImage(Outline::Box([i(1.0, 1.0), i(1.0, 1.0), i(4.0, 2.0)])),
        ),
        "freehand" => (
            MarkShape::OnImage(Outline::Freehand(vec![i(0.0, 0.0), i(1.0, 0.0), i(0.0, 1.0)])),
            MarkShape::InPatient(Outline::Freehand(vec![p(0.0, 0.0), p(1.0, 0.0)])),
        ),
        "polygon" => (
            MarkShape::InPatient(Outline::Polygon(vec![p(0.0, 0.0), p(1.0, 0.0), p(0.0, 1.0)])),
            MarkShape::InPatient(Outline::Polygon(vec![p(0.0, 0.0); 2001])),
        ),
        "bidimensional" => (
            MarkShape::InPatient(Outline::Bidimensional([p(0.0, 0.0), p(4.0, 0.0), p(2.0, 1.0), p(2.0, -1.0)])),
            MarkShape::InPatient(Outline::Bidimensional([p(0.0, 0.0), p(4.0, 0.0), p(2.0, 1.0), p(2.0, 1.0)])),
        ),
        other => panic!("{other}"),
    }
}

#[test]
fn marks_have_the_forms_of_the_protocol_and_an_extent() {
    let kinds = ["point", "ellipse", "box", "freehand", "polygon", "bidimensional"];
    for kind in kinds {
        let mut r = reading(&of("froc").replace("kinds = [\"point\"]", &format!("kinds = [\"{kind}\"]")), 0);
        r.open_next();
        let anchor = somewhere(1.0, 1.0, 1.0).1;
        for other in kinds {
            let (good, bad) = shapes(other);
            let put = |shape: &MarkShape| Action::PlaceMark { shape: shape.clone(), anchor: anchor.clone() };
            if other == kind {
                assert!(r.act(put(&good)).is_ok(), "{kind}");
                if kind != "point" {
                    assert_eq!(r.act(put(&bad)), Err(Refusal::NoExtent(2000)), "{kind}");
                }
            } else {
                assert_eq!(r.act(put(&good)), Err(Refusal::MarkKind), "{other} where there is {kind}");
            }
        }
        let text = serde_json::to_string(&open(&r).marks()[&MarkId(1)].shape).unwrap();
        assert_eq!(serde_json::from_str::<MarkShape>(&text).unwrap(), open(&r).marks()[&MarkId(1)].shape, "{text}");
    }
}

#[test]
fn time_without_input_is_no_reading() {
    let mut r = reading(of("ordinal"), 0);
    r.open_next();
    r.tick(10_000);
    r.must(choose("category", "1"));
    r.tick(299_000);
    assert_eq!(r.act(Action::Idle { ms: 299_000 }), Err(Refusal::NotIdle), "before the protocol's five minutes");
    r.tick(1_000);
    r.must(Action::Idle { ms: 300_000 });
    assert!(!r.state.images_shown() && r.act(choose("category", "2")) == Err(Refusal::ImagesNotShown));
    assert!(r.must(Action::Idle { ms: 300_000 }).is_empty(), "once");
    r.tick(5_000_000);
    r.must(Action::ImagesShown);
    r.tick(700);
    r.must(Action::Lock);
    assert_eq!(r.state.locked()[0].reading_ms(), 10_700);
    let mut r = Reading::new(rules(1));
    r.must(start());
    r.open_next();
    r.tick(9_000_000);
    assert_eq!(r.act(Action::Idle { ms: 9_000_000 }), Err(Refusal::NotIdle), "a protocol that never stops the clock by itself");
}

#[test]
fn training_is_told_and_the_study_is_not() {
    let mut r = reading(&of("crossover").replace("pass = 0.8", "pass = 1.0"), 2);
    let stands = |r: &Reading| training(&r.rules, &r.state).map(|t| (t.attempt, t.stands));
    assert_eq!(stands(&r), Some((1, TrainingStands::Runs)));
    let read = |r: &mut Reading, rating: i32| {
        r.open_next();
        r.must(answer("confidence", rating));
        r.must(choose("recall", "no"));
        r.must(Action::Lock);
    };
    for i in 0..4 {
        assert_eq!((r.state.progress().locked, r.state.progress().of), (i % 2, 2), "of this try alone");
        let signal = r.rules.assigned(&r.next_read()).and_then(|a| a.training).expect("training comes first").signal;
        // The first try is all wrong, the second all right.
        let positive = signal == (i >= 2);
        read(&mut r, if positive { 50 } else { 49 });
        assert_eq!(feedback(&r.rules, &r.state), Some(Feedback { signal, positive }));
    }
    assert_eq!(stands(&r), Some((2, TrainingStands::Passed)));
    assert_eq!((r.state.progress().locked, r.state.progress().of), (0, 12));
    read(&mut r, 70);
    assert_eq!(feedback(&r.rules, &r.state), None, "nothing is told of a case of the study");
    assert_eq!(training(&rules(2), &State::new(reader("r1"))), None);
}

#[test]
fn a_break_is_advised_and_what_can_be_amended_is_known() {
    let mut r = reading(of("sequential"), 0);
    assert!(!advises_break(&r.rules, &r.state, &r.now));
    r.tick(60 * 60_000);
    assert!(advises_break(&r.rules, &r.state, &r.now));
    let mut other = r.now.clone();
    other.boot = "boot-2".into();
    assert!(!advises_break(&r.rules, &r.state, &other), "another run of the machine has another clock");
    let mut r = Reading::new(Rules::new(crate::simulated::protocol(), bundles(&["r1"], 2).remove(0)).unwrap());
    r.must(start());
    r.read_next(10, &[]);
    let first = r.state.locked()[0].read().clone();
    let ids = |r: &Reading| amendable(&r.state).map(|l| l.read().clone()).collect::<Vec<_>>();
    assert_eq!(ids(&r), std::slice::from_ref(&first));
    r.must(Action::OpenCase(r.next_read()));
    assert!(ids(&r).is_empty(), "while a case is open");
    r.must(Action::ImagesShown);
    r.must(answer("confidence", 3));
    r.must(Action::Lock);
    for read in ids(&r) {
        let mut again = r.clone();
        again.must(Action::Amend { read, reason: "a slip".into() });
    }
    while r.state.next().is_some() {
        r.read_next(20, &[]);
    }
    let locked: Vec<_> = r.state.locked().iter().map(|l| l.read().clone()).collect();
    assert_eq!(ids(&r), locked[2..], "each case was read a second time, in the other condition");
}

/// What can be amended follows from when the AI was shown and what was read since, never from which case it was: that would tell which two codes are one.
#[test]
fn what_can_be_amended_tells_of_no_hidden_repeat() {
    let again = |condition: &str| format!("\n[repeats]\ncondition = \"{condition}\"\ncount = 1\nbetween = 1\n");
    let ids = |r: &Reading| amendable(&r.state).map(|l| l.read().clone()).collect::<Vec<_>>();
    let locked = |r: &Reading| r.state.locked().iter().map(|l| l.read().clone()).collect::<Vec<_>>();
    let text = aided_alone(&of("froc").replace("washout_days = 28\n", "")) + &again("on-request");
    // The AI is asked for once: in the first read of the case that comes again, in the second, or in another.
    for asked in 0..7 {
        let mut r = reading(&text, 0);
        assert_eq!(r.rules.bundle().reads().iter().filter(|a| a.repeat == 2).count(), 1);
        for n in 0..7 {
            r.open_next();
            if n == asked {
                r.must(Action::Reveal);
                r.must(Action::FindingsShown(0));
            }
            r.must(answer("confidence", 10));
            r.must(Action::Lock);
            let from = if n < asked { 0 } else { asked + 1 };
            assert_eq!(ids(&r), locked(&r)[from..], "asked for in read {asked}, {n} is locked");
        }
    }
    let mut r = reading(&format!("{}{}", crate::simulated::PROTOCOL, again("unaided")), 0);
    let mut conditions = std::collections::BTreeSet::new();
    while r.state.next().is_some() {
        r.read_next(20, &[]);
        let mut last = locked(&r);
        let condition = last[last.len() - 1].condition.clone();
        let of_others = last.iter().rposition(|read| read.condition != condition).map_or(0, |at| at + 1);
        assert_eq!(ids(&r), last.split_off(of_others), "reads since the last one under another condition");
        conditions.insert(condition);
    }
    assert_eq!((conditions.len(), r.state.locked().len()), (2, 13));
}

/// One thing that a reader says or marks.
#[derive(Debug, Clone)]
enum Said {
    Confidence(i32),
    Why(bool),
    Place,
    Move(u32),
    Rate(u32, i32),
    Classify(u32, bool),
    Dense(u32),
    Delete(u32),
    Clear,
    NotEvaluable(bool),
    Evaluable,
}

fn said() -> impl Strategy<Value = Said> {
    let mark = 1..6u32;
    prop_oneof![
        2 => (0..101i32).prop_map(Said::Confidence),
        1 => any::<bool>().prop_map(Said::Why),
        3 => Just(Said::Place),
        1 => mark.clone().prop_map(Said::Move),
        2 => (mark.clone(), 0..101i32).prop_map(|(m, r)| Said::Rate(m, r)),
        1 => (mark.clone(), any::<bool>()).prop_map(|(m, a)| Said::Classify(m, a)),
        2 => mark.clone().prop_map(Said::Dense),
        2 => mark.prop_map(Said::Delete),
        1 => Just(Said::Clear),
        1 => any::<bool>().prop_map(Said::NotEvaluable),
        1 => Just(Said::Evaluable),
    ]
}

fn action(said: &Said) -> Action {
    match said {
        Said::Confidence(n) => answer("confidence", *n),
        Said::Why(size) => choose("why", if *size { "size" } else { "shape" }),
        Said::Place => place(1.0, 2.0, 3.0),
        Said::Move(m) => {
            let (shape, anchor) = somewhere(f64::from(*m), 5.0, 5.0);
            Action::MoveMark { mark: MarkId(*m), shape, anchor }
        }
        Said::Rate(m, r) => rate(*m, *r),
        Said::Classify(m, a) => Action::ClassifyMark { mark: MarkId(*m), class: if *a { "a" } else { "b" }.into() },
        Said::Dense(m) => given("dense", Subject::Mark(MarkId(*m)), AnswerValue::Choice("no".into())),
        Said::Delete(m) => Action::DeleteMark(MarkId(*m)),
        Said::Clear => crate::simulated::clear("confidence"),
        Said::NotEvaluable(motion) => {
            Action::NotEvaluable { subject: Subject::Case, reason: if *motion { "motion" } else { "other" }.into() }
        }
        Said::Evaluable => Action::Evaluable(Subject::Case),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Steps are taken back in their order, each to exactly what was before it, and each as an event.
    #[test]
    fn undo_takes_back_step_by_step(all in prop::collection::vec(said(), 1..40)) {
        let text = include_str!("../conditions.toml").replace("[training]\nthreshold = 50\npass = 1.0\nattempts = 2\nfeedback = true\n", "");
        let mut r = reading(&text, 0);
        r.open_next();
        let what = |r: &Reading| (open(r).answers().clone(), open(r).marks().clone(), open(r).not_evaluable().clone());
        let mut before = Vec::new();
        for one in &all {
            let was = what(&r);
            if r.act(action(one)).is_ok_and(|events| !events.is_empty()) {
                before.push(was);
            }
        }
        while let Some(was) = before.pop() {
            prop_assert!(open(&r).can_undo());
            let events = r.must(Action::Undo);
            prop_assert!(matches!(events[..], [ref e] if *e.fact() == Fact::Undone));
            prop_assert_eq!(what(&r), was);
        }
        prop_assert_eq!(r.act(Action::Undo), Err(Refusal::NothingToUndo));
    }
}
