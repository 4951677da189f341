//! Each kind of question by key and by mouse, what follows from an answer, what keeps a read from its lock and the way there, and taking things back.

use crate::sitting::{Demo, Sitting};
use crate::templates::{open_case, opened, press, question, reader, study_of};
use crate::written::wait_for_record;
use egui::accesskit::Toggled;
use egui::{Event, Key, Modifiers, Pos2, Rect, Role, pos2};
use egui_kittest::Node;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use tiresias_reads::machine::{AnswerValue, Answers, Fact, Subject};

/// A question of each kind, four regions, and rules of both levels.
const FORM: &str = r#"tiresias_protocol = 1

[study]
id = "form"
title = "Every kind of question"
paradigm = "roc"
unit = "region"
case_facts = ["age band"]

[[condition]]
id = "unaided"
label = "Unaided"

[[unit]]
key = "base"
label = "Base"

[[unit]]
key = "middle"
label = "Middle"

[[unit]]
key = "apex"
label = "Apex"

[[question]]
id = "sure"
text = "How sure are you?"
kind = "scale"
min = 0
max = 100
low = "not at all"
high = "entirely"
anchors = [{ at = 50, label = "as much as not" }]
required = true

[[question]]
id = "lesion"
text = "Is there a lesion?"
kind = "choice"
options = [{ key = "no", label = "no" }, { key = "yes", label = "yes" }]
required = true

[[question]]
id = "seen"
text = "What do you see?"
kind = "choice"
many = true
options = [{ key = "mass", label = "mass" }, { key = "cyst", label = "cyst" }, { key = "scar", label = "scar" }]
required = true
when = [{ question = "lesion", is = ["yes"] }]

[[question]]
id = "size"
text = "How large is it?"
kind = "number"
min = 0
max = 100
decimals = 1
suffix = "mm"
required = true
when = [{ question = "lesion", is = ["yes"] }]

[[question]]
id = "remark"
text = "Anything else?"
kind = "text"
length = 200
required = false

[[question]]
id = "level"
text = "Level of suspicion"
kind = "scale"
per = "unit"
min = 1
max = 5
low = "very low"
high = "very high"
anchors = [{ at = 2, label = "low" }, { at = 3, label = "equivocal" }, { at = 4, label = "high" }]
required = true
rating = true

[[rule]]
level = "soft"
left = { question = "size" }
is = "at least"
right = { number = 2 }
say = "The size is below 2 mm."

[[rule]]
level = "hard"
left = { question = "sure" }
is = "at least"
right = { number = 10 }
say = "Nobody who is less sure than 10 is asked."

[not_evaluable]
per = "unit"
reasons = [{ key = "motion", label = "motion" }, { key = "coverage", label = "incomplete coverage" }]

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

fn rect(room: &Sitting, role: Role, name: &str) -> Rect {
    let nodes = room.nodes();
    let found: Vec<Rect> = nodes
        .iter()
        .filter(|n| n.accesskit_node().role() == role && n.accesskit_node().label().is_some_and(|l| l.starts_with(name)))
        .map(Node::rect)
        .collect();
    match found[..] {
        [one] => one,
        _ => panic!("{role:?} {name}: {found:?} among {:#?}", nodes.iter().map(|n| n.accesskit_node().label()).collect::<Vec<_>>()),
    }
}

/// A click on a control, once it is in sight.
fn click(room: &mut Sitting, role: Role, name: &str, at: impl Fn(Rect) -> Pos2) {
    room.settle_clicks();
    let screen = room.screen();
    for _ in 0..20 {
        let place = rect(room, role, name);
        if screen.contains(at(place)) && at(place).y < screen.bottom() - 120.0 {
            break;
        }
        room.wheel(pos2(screen.right() - 100.0, screen.center().y), if at(place).y > screen.center().y { 1 } else { -1 }, Modifiers::NONE);
        room.rest();
    }
    let place = rect(room, role, name);
    room.click(at(place));
    room.rest();
}

fn write(room: &mut Sitting, words: &str) {
    // At once: a machine that stands still between two letters would let the reader rest there.
    room.window.event(Event::Text(words.to_owned()));
    room.step();
}

fn answers(lesion: &str) -> Answers {
    let mut all = vec![
        (question("sure"), Subject::Case, AnswerValue::Scale(77)),
        (question("lesion"), Subject::Case, AnswerValue::Choice(lesion.into())),
        (question("seen"), Subject::Case, AnswerValue::Choices(vec!["mass".into(), "scar".into()])),
        (question("size"), Subject::Case, AnswerValue::Number("12.5".parse().expect("a number"))),
        (question("remark"), Subject::Case, AnswerValue::Text("two of them?".into())),
    ];
    for (unit, level) in [("base", 1), ("middle", 3), ("apex", 5)] {
        all.push((question("level"), Subject::Unit(unit.into()), AnswerValue::Scale(level)));
    }
    Answers::from_iter(all)
}

/// How often words were recorded as an answer, in the record of a window that is open.
fn words_in_record(root: &Path) -> i64 {
    let opened = Connection::open_with_flags(root.join("record.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY);
    let count = "SELECT count(*) FROM event WHERE kind = 'answered/1' AND body LIKE '%{\"text\":%'";
    opened.and_then(|record| record.query_row(count, [], |row| row.get(0))).unwrap_or(0)
}

/// Values of everything that could have one, as a screen reader hears them.
fn values(room: &Sitting) -> Vec<String> {
    let nodes = room.nodes();
    let value = |n: &egui_kittest::kittest::AccessKitNode<'_>| match n.role() {
        Role::Slider => n.numeric_value().map(|v| v.to_string()),
        Role::RadioButton | Role::CheckBox => (n.toggled() == Some(Toggled::True)).then(|| n.label().unwrap_or_default()),
        Role::NumberInput | Role::TextInput | Role::MultilineTextInput => n.value().filter(|v| !v.is_empty()),
        _ => None,
    };
    nodes.iter().filter_map(|n| value(&n.accesskit_node())).collect()
}

/// Issue 6, done when 1: no field holds a value without an input event, and each kind of question is answered by key as by mouse.
#[test]
fn each_kind_of_question_is_answered_by_key_and_by_mouse() {
    let demo = Demo::new();
    let root = study_of(&demo, FORM, "form");
    let mut room = opened(&root, [1280, 800]);
    let none: [&str; 0] = [];
    assert_eq!(values(&room), none);
    assert!(room.says("age band: 60 to 69"), "what is known of the case");
    for words in ["0 not at all", "entirely 100", "50 as much as not"] {
        assert!(room.says(words), "the anchor {words:?} is in sight");
    }
    assert!(!room.says("What do you see?"), "what does not follow is not asked");

    // By key: the scale, yes, two of three, the size, and the regions.
    press(&mut room, ">77>2");
    room.until_says("What do you see?");
    press(&mut room, "13>12.5");
    press(&mut room, ">");
    for level in ["1", "3", "5"] {
        press(&mut room, level);
        press(&mut room, ">");
    }
    // Words are not missing; Tab leads there, and no key of them is a command.
    press(&mut room, ">");
    for _ in 0..40 {
        if room.nodes().iter().any(|n| n.accesskit_node().role() == Role::MultilineTextInput && n.accesskit_node().is_focused()) {
            break;
        }
        room.key(Key::Tab);
        room.step();
    }
    write(&mut room, "two of them?");
    room.key(Key::Questionmark);
    assert!(!room.says("Any key or click closes this page."), "a key in a text opens nothing");
    room.rest();
    press(&mut room, "!");
    room.until_says("is locked.");

    // By mouse.
    open_case(&mut room);
    assert_eq!(values(&room), none);
    click(&mut room, Role::Slider, "How sure are you?", |r| pos2(r.left() + 1.0 + (r.width() - 2.0) * 0.77, r.top() + 12.0));
    click(&mut room, Role::RadioButton, "Is there a lesion? 2 yes", |r| r.center());
    room.until_says("What do you see?");
    click(&mut room, Role::CheckBox, "What do you see? 3 scar", |r| r.center());
    click(&mut room, Role::CheckBox, "What do you see? 1 mass", |r| r.center());
    click(&mut room, Role::NumberInput, "How large is it?", |r| r.center());
    press(&mut room, "12.5>");
    for (unit, level) in [("Base", 1), ("Middle", 3), ("Apex", 5)] {
        if room
            .nodes()
            .iter()
            .all(|n| !(n.accesskit_node().role() == Role::Slider && n.accesskit_node().label().is_some_and(|l| l.ends_with(unit))))
        {
            click(&mut room, Role::Button, &format!("{unit}, 1 to answer"), |r| r.center());
        }
        // Rows from above, 30 high.
        click(&mut room, Role::Slider, &format!("Level of suspicion, {unit}"), |r| {
            pos2(r.center().x, r.top() + 30.0 * (level as f32 - 0.5))
        });
    }
    click(&mut room, Role::MultilineTextInput, "Anything else?", |r| r.center());
    write(&mut room, "two of them?");
    // Kept after a rest, without a further key.
    room.until("the words in the record", |_| words_in_record(&root) == 2);
    room.rest();
    click(&mut room, Role::Button, "Lock this read", |r| r.center());
    room.until_says("is locked.");
    drop(room);

    let record = wait_for_record(&root);
    let state = record.state(&reader("reader-1"));
    let [by_key, by_mouse] = state.locked() else { panic!("two reads are locked") };
    assert_eq!(*by_key.answers(), answers("yes"));
    assert_eq!(*by_mouse.answers(), answers("yes"));
    let mut words = 0;
    let count = |r: tiresias_reads::record::Recorded| {
        words += usize::from(matches!(r.event.fact(), Fact::Answered { value: AnswerValue::Text(_), .. }));
    };
    record.replay(count).expect("the record replays");
    assert_eq!(words, 2, "words are kept when the reader rests, not letter by letter");
}

/// What is missing is listed with its place, and each line leads there; a hard rule holds, a soft one is named and locked over by a step of its own.
#[test]
fn the_review_shows_what_is_missing_and_leads_there() {
    let demo = Demo::new();
    let root = study_of(&demo, FORM, "review");
    let mut room = opened(&root, [1280, 800]);
    room.chord(Modifiers::COMMAND, Key::Enter);
    room.until_says("Still to do before the lock");
    let lines =
        |room: &Sitting| room.nodes().iter().filter_map(|n| n.accesskit_node().label()).filter(|l| l.starts_with("go to: ")).count();
    assert_eq!(lines(&room), 5, "two questions and three regions");
    room.press_named("go to: answer \u{201c}Level of suspicion\u{201d}, Middle");
    room.rest();
    press(&mut room, "4");
    room.until("the middle region is answered", |s| !s.says("\u{201d}, Middle"));
    press(&mut room, ">5>");
    press(&mut room, "1>");
    room.rest();
    press(&mut room, "1");
    room.rest();
    press(&mut room, "2>");
    room.until("the rule", |s| s.says("Nobody who is less sure than 10 is asked"));
    room.chord(Modifiers::COMMAND, Key::Enter);
    room.rest();
    assert!(!room.says("is locked."), "a hard rule is hard");
    room.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::Enter);
    room.rest();
    assert!(!room.says("is locked."), "and is not locked over");
    room.press_named("go to: Nobody who is less sure than 10 is asked");
    room.rest();
    press(&mut room, "90>");
    room.press_named("Is there a lesion? 2 yes");
    room.until_says("What do you see?");
    press(&mut room, ">0>1>");
    room.until_says("Something is unusual.");
    room.chord(Modifiers::COMMAND, Key::Enter);
    room.until_says("The size is below 2 mm.");
    room.chord(Modifiers::COMMAND, Key::Enter);
    room.rest();
    assert!(!room.says("is locked."), "what is unusual is not locked by the same keys");
    room.chord(Modifiers::COMMAND | Modifiers::SHIFT, Key::Enter);
    room.until_says("is locked.");
    drop(room);
    let state = wait_for_record(&root).state(&reader("reader-1"));
    let read = &state.locked()[0];
    assert_eq!(read.over(), [0]);
    assert_eq!(read.answers().of_case(&question("seen")), Some(&AnswerValue::Choices(Vec::new())), "none of these is an answer");
}

/// A region without a level but with a reason; Del and Ctrl+Z take back; nothing that was typed and not confirmed counts.
#[test]
fn what_cannot_be_evaluated_needs_no_answer_and_everything_can_be_taken_back() {
    let demo = Demo::new();
    let root = study_of(&demo, FORM, "evaluable");
    let mut room = opened(&root, [1280, 800]);
    press(&mut room, ">9");
    assert!(room.says("9\u{2009}_"), "a number that is not complete waits");
    room.key(Key::Escape);
    room.rest();
    assert!(values(&room).is_empty(), "and is put away by Esc");
    press(&mut room, "30>1");
    room.rest();
    assert_eq!(values(&room)[..2], ["30", "Is there a lesion? 1 no"]);
    room.chord(Modifiers::COMMAND, Key::Z);
    room.until("the choice is gone", |s| values(s).len() == 1);
    room.chord(Modifiers::COMMAND, Key::Z);
    room.until("the number too", |s| values(s).is_empty());
    room.chord(Modifiers::COMMAND, Key::Z);
    room.until_says("There is nothing to undo in this case.");
    room.key(Key::Escape);
    press(&mut room, ">30>");
    room.press_named("Is there a lesion? 1 no");
    room.rest();
    room.key(Key::Delete);
    room.rest();
    for unit in ["Base", "Middle", "Apex"] {
        let row = format!("{unit}, 1 to answer");
        if room.window.query_by_label(&row).is_some() {
            click(&mut room, Role::Button, &row, |r| r.center());
        }
        click(&mut room, Role::Button, &format!("Not evaluable, {unit}\u{2026}"), |r| r.center());
        press(&mut room, if unit == "Base" { "2" } else { "1" });
        room.rest();
    }
    click(&mut room, Role::Button, "Base, not evaluable", |r| r.center());
    room.until_says("It can be evaluated, Base");
    room.key(Key::Escape);
    // What was taken back by Del is missing again.
    let to_do = room.words().into_iter().find(|w| w.starts_with("Still to do")).unwrap_or_default();
    assert_eq!(to_do.matches("answer").count(), 1, "{to_do}");
    press(&mut room, ">");
    room.rest();
    press(&mut room, if to_do.contains("lesion") { "1" } else { "30" });
    room.rest();
    press(&mut room, "!");
    room.until_says("is locked.");
    drop(room);
    let state = wait_for_record(&root).state(&reader("reader-1"));
    let reasons: Vec<(Subject, String)> = state.locked()[0].not_evaluable().clone().into_iter().collect();
    let said = |unit: &str, why: &str| (Subject::Unit(unit.into()), why.to_owned());
    assert_eq!(reasons, [said("apex", "motion"), said("base", "coverage"), said("middle", "motion")]);
}
