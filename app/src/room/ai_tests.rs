//! The room with an AI in it, without a window: a real package, the real state machine, input events, and what is drawn and said for each.

use super::{Room, Wish};
use crate::design::AI;
use crate::keys::{Bindings, Profile};
use crate::loader::{Case, Loading, Means};
use crate::panes::RenderPath;
use crate::trace::Trace;
use egui::accesskit::{Node, Role as AccessRole};
use egui::{Context, Event, Key, Modifiers, PointerButton, Pos2, RawInput, Rect, Shape, pos2, vec2};
use serde_json::json;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{Codecs, Findings, Note, Packing, UidKey, read_folder};
use tiresias_reads::bundle::{Account, CaseToRead, Plan, assign};
use tiresias_reads::machine::{Action, AiVisible, Environment, Fact, Rules, State, Verdict, View, decide, evolve};
use tiresias_reads::protocol::Protocol;
use tiresias_words::{ContentHash, FindingId, Moment, ReaderId, Role};

/// A case on the screen, and its reader's record without a disk.
struct Sitting {
    room: Room,
    state: State,
    rules: Arc<Rules>,
    facts: Vec<Fact>,
    context: Context,
    now: Duration,
    _dir: tempfile::TempDir,
}

/// What a frame showed: names with their boxes, and how many corners are drawn in the AI's colour over the images.
struct Frame {
    nodes: Vec<Node>,
    coloured: usize,
}

impl Frame {
    fn names(&self) -> Vec<&str> {
        // What is only read has its words as its value.
        self.nodes.iter().flat_map(|n| [n.label(), n.value()]).flatten().collect()
    }
    fn says(&self, part: &str) -> bool {
        self.names().iter().any(|n| n.contains(part))
    }
    fn at(&self, name: &str) -> Pos2 {
        let node = self.nodes.iter().find(|n| n.label() == Some(name)).unwrap_or_else(|| panic!("no {name} in {:?}", self.names()));
        let b = node.bounds().expect("a place");
        pos2(((b.x0 + b.x1) / 2.0) as f32, ((b.y0 + b.y1) / 2.0) as f32)
    }
    fn is_taken(&self, name: &str) -> bool {
        let is = |n: &&Node| n.role() == AccessRole::RadioButton && n.label() == Some(name);
        let node = self.nodes.iter().find(is).unwrap_or_else(|| panic!("no {name}"));
        node.toggled() == Some(egui::accesskit::Toggled::True) || node.is_selected() == Some(true)
    }
}

fn packed(dir: &Path) -> (std::path::PathBuf, ContentHash) {
    build_cases(&Background::shipped().unwrap(), 3, 1).unwrap().next().unwrap().write_dicom(&dir.join("source")).unwrap();
    let source = read_folder(&dir.join("source"), &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).unwrap();
    let (key, package) = (UidKey::new([1; 32]), dir.join("package"));
    let series = [(Role::current(), &source.series[0])];
    let hash = Packing::new(&series, &key).pack(&package, &mut |_| ControlFlow::Continue(())).unwrap();
    (package, hash)
}

impl Sitting {
    /// A case that is open and on the screen, in a condition with this AI.
    fn begun(ai: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (package, hash) = packed(dir.path());
        let text = crate::demo::PROTOCOL.replace("label = \"Unaided\"\n", &format!("label = \"Unaided\"\nai = {ai}\n"));
        let protocol = Protocol::parse(&text).unwrap_or_else(|e| panic!("{e}"));
        let accounts = [Account { reader: ReaderId::new("r").unwrap(), display_name: "R".into() }];
        let cases = [CaseToRead { package: hash, facts: vec![], training: None }];
        let plan = Plan { protocol: &protocol, readers: &accounts, cases: &cases, matrix: None, seed: 1, issued_utc_ms: 0 };
        let bundle = assign(&plan).unwrap().remove(0);
        let rules = Arc::new(Rules::new(protocol, bundle).unwrap());
        let means = Means { wake: Arc::new(|| {}), gpu: None, trace: Trace::default() };
        let loading = Loading::start(Case { dir: package, hash, overlays: false }, means, None);
        let state = State::new(ReaderId::new("r").unwrap());
        let read = rules.bundle().reads()[0].id(rules.reader());
        let room = Room::open(read.clone(), Arc::clone(&rules), loading, Duration::ZERO);
        let context = Context::default();
        crate::design::install(&context);
        context.enable_accesskit();
        let mut sitting = Self { room, state, rules, facts: Vec::new(), context, now: Duration::ZERO, _dir: dir };
        sitting.record(&Action::StartSession(Environment::new("t".into(), "t".into(), [1, 1], 1.0)));
        sitting.record(&Action::OpenCase(read));
        for _ in 0..600 {
            sitting.frame(&[]);
            if sitting.state.images_shown() {
                return sitting;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the images do not come");
    }

    fn record(&mut self, action: &Action) {
        let ms = 1_000 + u64::try_from(self.now.as_millis()).unwrap();
        let now = Moment { utc_ms: 1_700_000_000_000 + i64::try_from(ms).unwrap(), monotonic_ms: ms, boot: "b".into() };
        let events = decide(&self.rules, &self.state, action.clone(), &now).unwrap_or_else(|e| panic!("{action:?}: {e}"));
        for event in events {
            self.state = evolve(std::mem::replace(&mut self.state, State::new(ReaderId::new("r").unwrap())), &event).unwrap();
            self.facts.push(event.fact().clone());
        }
    }

    /// One frame, 100 ms after the last; what it asks for is recorded.
    fn frame(&mut self, events: &[Event]) -> Frame {
        self.now += Duration::from_millis(100);
        let screen = Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0));
        let input =
            RawInput { screen_rect: Some(screen), time: Some(self.now.as_secs_f64()), events: events.to_vec(), ..RawInput::default() };
        let mut wishes = Vec::new();
        let comfort = Arc::new(Bindings::of(Profile::Tiresias));
        let (room, state, now) = (&mut self.room, &self.state, self.now);
        let mut output =
            self.context.run_ui(input, |ui| wishes.extend(room.ui(ui, state, (Arc::clone(&comfort), None), RenderPath::Cpu, now)));
        // Nothing is painted here.
        output.textures_delta.clear();
        for wish in wishes {
            if let Wish::Record(action) = wish {
                self.record(&action);
            }
        }
        let is_ai = |v: &egui::epaint::Vertex| v.color == AI;
        let count = |shape: &Shape| if let Shape::Mesh(mesh) = shape { mesh.vertices.iter().filter(|v| is_ai(v)).count() } else { 0 };
        let coloured = output.shapes.iter().map(|s| count(&s.shape)).sum();
        let nodes = output.platform_output.accesskit_update.map_or_else(Vec::new, |u| u.nodes.into_iter().map(|(_, n)| n).collect());
        Frame { nodes, coloured }
    }

    fn click(&mut self, name: &str) {
        let at = self.frame(&[]).at(name);
        let press = |pressed| Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
        self.frame(&[Event::PointerMoved(at)]);
        self.frame(&[press(true)]);
        self.frame(&[press(false)]);
    }

    fn key(key: Key, pressed: bool) -> Event {
        Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE }
    }
    fn tap(&mut self, key: Key) {
        self.frame(&[Self::key(key, true)]);
        self.frame(&[Self::key(key, false)]);
        self.frame(&[]);
    }

    /// Two findings on the images of the case: a mask with a shape on an image, and a ball; and a heat map.
    fn findings(&self) -> Arc<Findings> {
        let volume = &self.room.shelf.get(0).unwrap().volume;
        let geometry = serde_json::to_value(volume.geometry()).unwrap();
        let [columns, rows, slices] = volume.geometry().size();
        let (x, y, z) = (columns / 2, rows / 2, slices / 2);
        let runs: Vec<[u32; 3]> = (y - 9..y + 9).map(|row| [row, x - 7, x + 7]).collect();
        let grades = vec![200u8; 18 * 14];
        let grid = |most: u8, values: Option<&[u8]>| {
            let mut plane = json!({ "slice": z, "runs": runs });
            if let Some(values) = values {
                plane["values"] = json!(values);
            }
            json!({ "series": "current", "geometry": geometry, "most": most, "planes": [plane] })
        };
        let image = volume.series().image_uid(z as usize).unwrap();
        let line = json!({ "points": [[x - 20, y - 20], [x + 20, y - 20], [x + 20, y + 20]], "closed": true });
        let at = volume.geometry().patient_of(tiresias_words::Voxel::new(f64::from(x + 40), f64::from(y), f64::from(z - 2)));
        let ball = json!({ "centre": at, "halves": [[9.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 9.0]] });
        let finding = |places: serde_json::Value, score: f64, class: &str| {
            serde_json::from_value(json!({ "places": places, "score": score, "class": class, "product": "Toy 1", "threshold": 0.25 }))
                .unwrap()
        };
        let first = json!([{ "voxels": grid(0, None) }, { "on_image": { "image": image, "shape": { "line": line } } }]);
        let second = json!([{ "in_patient": { "series": "current", "shape": { "ellipsoid": ball } } }]);
        let heat = serde_json::from_value(grid(255, Some(&grades))).unwrap();
        let all = vec![finding(first, 0.87, "mass"), finding(second, 0.225, "nodule")];
        Arc::new(Findings::of(all, vec![heat], vec![Note::OutsideImage]))
    }
}

#[test]
fn findings_are_outlined_listed_judged_and_put_away_as_the_protocol_says() {
    let mut s = Sitting::begun("{ mode = \"concurrent\", show = [\"outline\", \"score\"] }");
    let waiting = s.frame(&[]);
    assert!(waiting.coloured == 0 && waiting.says("Opening what the AI says") && !waiting.says("agree"), "{:?}", waiting.names());
    let findings = s.findings();
    s.room.take_ai(findings);
    s.frame(&[]);
    assert_eq!(s.facts.iter().filter(|f| matches!(f, Fact::FindingsShown { findings: 2 })).count(), 1);
    let shown = s.frame(&[]);
    assert!(shown.coloured > 400, "{} corners", shown.coloured);
    assert!(shown.says("hide outlines") && shown.says("Hold a to see the images without AI."));
    // Where and how sure, and nothing else that the AI said; what could not be used is told.
    assert!(shown.says("AI finding a, slice") && shown.says("AI finding b, slice") && shown.says("lies outside of the images"));
    let unsaid = ["mass", "nodule", "Toy", "threshold", "heat map"];
    let names = shown.names();
    let told: Vec<_> =
        names.iter().filter(|n| n.contains("AI") && !n.starts_with("Still to do") && unsaid.iter().any(|word| n.contains(word))).collect();
    assert!(told.is_empty(), "{told:?}");
    // No verdict is there before the reader gives one, by mouse or by key.
    let all = ["agree AI finding a", "reject AI finding a", "agree AI finding b", "reject AI finding b"];
    assert!(all.iter().all(|name| !shown.is_taken(name)));
    s.click("reject AI finding a");
    let judged = s.frame(&[]);
    assert!(judged.is_taken("reject AI finding a") && all.iter().filter(|name| judged.is_taken(name)).count() == 1);
    let before = s.room.main_slice();
    s.click("AI finding b, slice 11");
    assert_ne!(s.room.main_slice(), before, "a finding is looked at");
    s.tap(Key::Num1);
    s.tap(Key::Escape);
    let said: Vec<_> = s.state.open().unwrap().verdicts().iter().map(|(f, v)| (f.0, *v)).collect();
    assert_eq!(said, [(1, Verdict::Reject), (2, Verdict::Agree)]);
    let judgements = s.facts.iter().filter(|f| matches!(f, Fact::FindingJudged { .. })).count();
    assert_eq!(judgements, 2, "one event each");
    assert_eq!(s.state.open().unwrap().verdicts().get(&FindingId(1)), Some(&Verdict::Reject));
}

#[test]
fn the_key_is_off_and_on_when_tapped_and_without_ai_while_held() {
    let mut s =
        Sitting::begun("{ mode = \"concurrent\", show = [\"outline\", \"class\", \"name\", \"threshold\", \"heat map\"], judge = false }");
    let findings = s.findings();
    s.room.take_ai(findings);
    s.frame(&[]);
    let on = s.frame(&[]);
    assert!(on.coloured > 0 && on.says("Toy 1 \u{b7} threshold 0.25") && !on.says("agree") && !on.says("0.87"));
    s.tap(Key::A);
    assert_eq!(s.frame(&[]).coloured, 0, "off");
    s.tap(Key::A);
    assert!(s.frame(&[]).coloured > 0, "on");
    assert_eq!(s.frame(&[Sitting::key(Key::A, true)]).coloured, 0, "at once");
    for _ in 0..5 {
        assert_eq!(s.frame(&[]).coloured, 0, "while it is held");
    }
    s.frame(&[Sitting::key(Key::A, false)]);
    assert!(s.frame(&[]).coloured > 0, "and back");
    s.click("heat map on");
    let heat = s.frame(&[]);
    assert!(heat.says("heat map off"));
    // What was done is in the record, in order.
    for _ in 0..20 {
        s.frame(&[]);
    }
    let views = s.facts.iter().filter_map(|f| if let Fact::Viewed { glimpses } = f { Some(glimpses) } else { None }).flatten();
    let told: Vec<View> = views.map(|g| g.view.clone()).filter(|v| matches!(v, View::Ai(_) | View::HeatMap(_))).collect();
    let ai = View::Ai;
    assert_eq!(told, [ai(AiVisible::Off), ai(AiVisible::On), ai(AiVisible::PeekBegan), ai(AiVisible::PeekEnded), View::HeatMap(true)]);
}

#[test]
fn where_the_ai_found_nothing_there_is_nothing_to_hide() {
    let mut s = Sitting::begun("{ mode = \"concurrent\", show = [\"outline\", \"heat map\"] }");
    s.room.take_ai(Arc::new(Findings::default()));
    s.frame(&[]);
    let shown = s.frame(&[]);
    assert!(shown.says("The AI has no finding in this case."), "{:?}", shown.names());
    assert!(!shown.says("hide") && !shown.says("Hold") && !shown.says("heat map"), "{:?}", shown.names());
}

#[test]
fn what_a_button_of_the_rail_does_is_told_once() {
    let mut s = Sitting::begun("{ mode = \"concurrent\", show = [\"outline\"] }");
    s.click("invert");
    for _ in 0..20 {
        s.frame(&[]);
    }
    let views = s.facts.iter().filter_map(|f| if let Fact::Viewed { glimpses } = f { Some(glimpses) } else { None }).flatten();
    let told: Vec<View> = views.map(|g| g.view.clone()).filter(|v| matches!(v, View::Changed(_) | View::Lies { .. })).collect();
    // How a pane lies when the case opens may be told before; nothing takes the step back after it.
    let since: Vec<&View> = told.iter().skip_while(|v| !matches!(v, View::Changed(_))).collect();
    assert!(matches!(since.as_slice(), [View::Changed(_)]), "{told:?}");
}

#[test]
fn words_are_in_the_record_before_the_ai_that_they_were_written_without() {
    // Behind the condition a question follows, and in front of the others.
    let remark = "[[question]]\nid = \"remark\"\ntext = \"Anything else?\"\nkind = \"text\"\nlength = 500\nrequired = false";
    let mut s = Sitting::begun(&format!("{{ mode = \"on request\", show = [\"outline\"] }}\n\n{remark}"));
    s.click("Anything else?");
    let at = s.frame(&[]).at("Ask for the AI");
    s.frame(&[Event::Text("so".into()), Event::PointerMoved(at)]);
    let press = |pressed| Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
    // Sooner than words are given by themselves.
    s.frame(&[press(true)]);
    s.frame(&[press(false)]);
    for _ in 0..5 {
        s.frame(&[]);
    }
    let written = s.facts.iter().position(|f| matches!(f, Fact::Answered { .. }));
    let revealed = s.facts.iter().position(|f| matches!(f, Fact::AiRevealed { .. }));
    assert!(written.is_some() && written < revealed, "{written:?}, {revealed:?}");
}

#[test]
fn what_is_shown_on_request_is_asked_for_and_written_down() {
    let mut s = Sitting::begun("{ mode = \"on request\", show = [\"outline\"] }");
    let findings = s.findings();
    // Whoever would give it too early is not listened to: the record has no event yet.
    s.room.take_ai(Arc::clone(&findings));
    let early = s.frame(&[]);
    assert!(early.coloured == 0 && !early.says("finding") && !s.facts.iter().any(|f| matches!(f, Fact::AiRevealed { .. })));
    assert_eq!(early.names().iter().filter(|name| name.contains("Ask for")).count(), 1, "one way to it");
    s.click("Ask for the AI");
    assert!(s.facts.iter().any(|f| matches!(f, Fact::AiRevealed { .. })));
    s.room.take_ai(findings);
    s.frame(&[]);
    let shown = s.frame(&[]);
    assert!(shown.coloured > 0 && shown.says("AI finding a, slice") && !shown.says("Ask for the AI"));
}

#[test]
fn a_window_that_goes_away_hands_over_what_was_seen_last() {
    let mut s = Sitting::begun("{ mode = \"on request\", show = [\"outline\"] }");
    // Behaviour is handed over once a second: after one of these it waits.
    for key in [Key::PageDown, Key::PageUp].into_iter().cycle().take(20) {
        s.tap(key);
        if s.room.next_flush(s.now).is_some() {
            break;
        }
    }
    let state = s.state.clone();
    let draft = state.open().expect("an open case");
    let last = s.room.last_words(draft);
    assert!(matches!(last.as_slice(), [Action::Viewed(seen)] if !seen.is_empty()), "{last:?}");
    last.iter().for_each(|action| s.record(action));
    assert!(s.room.last_words(draft).is_empty(), "it is said once");
}

/// A lock that is asked for while the record still writes that the findings are on the screen is not kept waiting for them.
#[test]
fn findings_that_the_record_was_told_of_are_foreseen() {
    let mut s = Sitting::begun("{ mode = \"concurrent\", show = [\"outline\", \"score\"] }");
    let before = s.state.clone();
    let findings = s.findings();
    s.room.take_ai(findings);
    let foreseen = |s: &Sitting| s.room.ahead(&before).open().unwrap().findings();
    assert_eq!(foreseen(&s), None, "nothing was told yet");
    s.frame(&[]);
    assert_eq!((before.open().unwrap().findings(), foreseen(&s)), (None, Some(2)));
}
