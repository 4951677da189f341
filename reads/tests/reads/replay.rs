//! A record replayed: what was on the screen at any time of the reading clock, what a reader did in numbers, and which reads may be asked for.

use crate::conditions::{begun, of};
use crate::findings::aided_alone;
use crate::simulated::{Place, Reading, answer, rules, start};
use tiresias_reads::gathered::{Gathered, Told};
use tiresias_reads::hanging::{PaneRect, Ready, Shows};
use tiresias_reads::machine::{Action, AiVisible, Event, Glimpse, PaneShows, Tool, View};
use tiresias_reads::record::{Record, Recorded};
use tiresias_reads::replay::{AiSeen, Course, ReplayError, course, may_replay};
use tiresias_words::{
    Direction, Displacement, ImagingModality, Mm, PatientPoint, PresentationShape, Role, SeriesFacts, Stack, Voi, VolumeGeometry, Window,
};

/// Calls with one series of ten slices.
fn with_series<T>(call: impl FnOnce(&[Ready<'_>]) -> T) -> T {
    let stack = Stack::Uniform { origin: PatientPoint::new(-8.0, -8.0, 100.0), step: Displacement::new(0.0, 0.0, 2.0) };
    let geometry = VolumeGeometry::new([16, 16, 10], Direction::LEFT, Direction::POSTERIOR, [Mm(1.0); 2], stack).unwrap();
    let facts = SeriesFacts::new(Role::current(), ImagingModality::new("CT").unwrap(), 10);
    let voi = |_: u32, _: usize| None;
    call(&[Ready { facts: &facts, geometry: &geometry, shape: PresentationShape::Identity, voi: &voi }])
}

fn panes() -> View {
    let rect = Some(PaneRect { x: 0, y: 0, size: [64, 64] });
    View::Panes { canvas: [64, 64], panes: vec![PaneShows { series: 0, shows: Shows::Images, rect }], alone: None }
}

const fn slice(index: u32) -> View {
    View::Slice { pane: 0, index }
}

fn viewed(seen: &[(u32, View)]) -> Action {
    Action::Viewed(seen.iter().map(|(at_ms, view)| Glimpse { at_ms: *at_ms, view: view.clone() }).collect())
}

/// One reader at work, and what was recorded.
struct Taped {
    reading: Reading,
    events: Vec<Event>,
}

impl Taped {
    fn act(&mut self, after_ms: u64, action: Action) {
        self.reading.tick(after_ms);
        let events = self.reading.must(action);
        self.events.extend(events);
    }
    fn open(&mut self) {
        self.act(0, Action::OpenCase(self.reading.next_read()));
        self.act(400, Action::ImagesShown);
    }
    fn trail(&self) -> Vec<Told> {
        (1..).zip(&self.events).map(|(seq, e)| Told { file: None, recorded: Recorded { seq, event: e.clone() } }).collect()
    }
    fn course(&self, read: &str) -> Course {
        course(&self.trail(), Some(read)).unwrap()
    }
}

/// Slices from 0 at these times.
fn slices(course: &Course, at: &[u64]) -> Vec<Option<u32>> {
    with_series(|series| at.iter().map(|ms| course.at(*ms, series).unwrap().scene.slice(0, series).map(|slice| slice.number - 1)).collect())
}

fn taped(reading: Reading) -> Taped {
    let mut reading = reading;
    // What was recorded before the first case is part of what is replayed.
    let mut fresh = Reading::new(reading.rules.clone());
    let events = fresh.must(start());
    std::mem::swap(&mut reading, &mut fresh);
    Taped { reading, events }
}

/// A case that is read in three goes: with a pause in it, and left and opened again.
fn in_three_goes() -> (Taped, String) {
    let mut t = taped(Reading::new(rules(2)));
    let read = t.reading.next_read().to_string();
    t.open();
    t.act(2_000, viewed(&[(0, panes()), (0, View::Tool(Tool::Scroll)), (0, slice(2)), (500, slice(3)), (1_500, slice(4))]));
    t.act(1_000, Action::Pause);
    // Ten seconds of pause count for nothing, on no clock.
    t.act(10_000, Action::ImagesShown);
    t.act(500, viewed(&[(200, slice(3))]));
    t.act(0, Action::CloseCase);
    t.act(60_000, Action::OpenCase(t.reading.next_read()));
    t.act(400, Action::ImagesShown);
    t.act(700, viewed(&[(0, panes()), (0, slice(9)), (100, slice(8))]));
    t.act(300, answer("confidence", 7));
    t.act(0, Action::Lock);
    (t, read)
}

#[test]
fn any_time_is_of_the_clock_that_stands_while_images_are_out_of_sight() {
    let (t, read) = in_three_goes();
    let course = t.course(&read);
    // 3 s until the pause, half a second after it, one when it was opened again.
    assert_eq!(course.length_ms(), 4_500);
    let at = [0, 499, 500, 1_499, 1_500, 3_199, 3_200, 3_499, 3_500, 3_599, 3_600, 4_500];
    let seen = [2, 2, 3, 3, 4, 4, 3, 3, 9, 9, 8, 8].map(Some);
    assert_eq!(slices(&course, &at), seen);
    let refused = with_series(|series| course.at(4_501, series).unwrap_err());
    assert_eq!(refused, ReplayError::NoSuchTime { asked: 4_501, of: 4_500 });
    assert!(refused.to_string().contains("for 4.500 s, pauses left out, so there is nothing at 4.501 s"), "{refused}");
    // A replay can fail: without one glimpse another slice is there.
    let mut short = t.trail();
    short.retain(|told| !matches!(told.recorded.event.fact(), tiresias_reads::machine::Fact::Viewed { glimpses } if glimpses.len() == 1));
    assert_ne!(slices(&tiresias_reads::replay::course(&short, Some(&read)).unwrap(), &at), seen);
}

#[test]
fn a_summary_says_what_was_looked_at_and_for_how_long() {
    let (t, read) = in_three_goes();
    let summary = with_series(|series| t.course(&read).summary(series));
    assert_eq!((summary.read.as_str(), summary.reading_ms, &summary.ai), (read.as_str(), 4_500, &None));
    let [current] = summary.series.as_slice() else { panic!("{summary:?}") };
    let [images] = current.ways.as_slice() else { panic!("{current:?}") };
    // Slice 4 was on the screen when the pause began, and for 200 ms after it.
    assert_eq!(images.slice_ms, [0, 0, 500, 1_300, 1_700, 0, 0, 0, 900, 100]);
    assert_eq!((images.slices, images.never_shown, images.share_never_shown), (10, 5, 0.5));
    // 2 to 4, back to 3, and what was opened anew from 9 to 8: a jump that nobody scrolled is none.
    assert_eq!((images.scrolled, images.turns), (4, 1));
    assert_eq!(summary.layouts.iter().map(|l| (l.panes.join("+"), l.ms)).collect::<Vec<_>>(), [("current images".to_owned(), 4_500)]);
    assert_eq!(summary.tools.iter().map(|t| (t.tool.as_str(), t.ms)).collect::<Vec<_>>(), [("scroll", 3_500)]);
    assert_eq!(current.windows.len(), 1);
}

#[test]
fn windows_and_what_was_done_with_the_ai_are_counted_and_idle_time_is_none() {
    let text = aided_alone(&of("froc").replace("show = [\"outline\", \"score\"]", "show = [\"outline\", \"heat map\"], judge = false"));
    let mut t = taped(begun(&text, 2));
    let read = t.reading.next_read().to_string();
    let window = |center| View::Window { series: 0, voi: Voi::Linear(Window::new(center, 400.0).unwrap()) };
    t.open();
    t.act(1_000, viewed(&[(0, panes()), (0, slice(4)), (0, window(40.0))]));
    t.act(0, Action::Reveal);
    t.act(500, Action::FindingsShown(2));
    let ai = |how| View::Ai(how);
    let seen = [
        (2_000, ai(AiVisible::Off)),
        (2_500, ai(AiVisible::On)),
        (3_000, ai(AiVisible::PeekBegan)),
        (3_250, ai(AiVisible::PeekEnded)),
        (4_000, View::HeatMap(true)),
        (4_000, window(-600.0)),
    ];
    t.act(3_500, viewed(&seen));
    // Five minutes in which nobody touched anything, but the moving picture went on.
    t.act(300_000, viewed(&[(200_000, slice(1))]));
    t.act(0, Action::Idle { ms: 300_000 });
    t.act(1_000, Action::ImagesShown);
    t.act(1_000, viewed(&[(500, slice(7))]));
    t.act(0, Action::CloseCase);
    let course = t.course(&read);
    assert_eq!(course.length_ms(), 6_000);
    assert_eq!(slices(&course, &[0, 4_999, 5_400, 5_500]), [4, 4, 1, 7].map(Some));
    let seen = |ms| with_series(|series| course.at(ms, series).unwrap().ai);
    let expected = [
        (0, AiSeen::NotRevealed),
        (1_000, AiSeen::Revealed),
        (1_500, AiSeen::On),
        (2_000, AiSeen::Off),
        (3_100, AiSeen::Away),
        (4_999, AiSeen::On),
    ];
    for (ms, ai) in expected {
        assert_eq!(seen(ms), ai, "at {ms}");
    }
    let summary = with_series(|series| course.summary(series));
    let ai = summary.ai.unwrap();
    assert_eq!((ai.revealed_ms, ai.off_ms, ai.times_off, ai.peeks, ai.peeks_ms), (1_000, 500, 1, 1, 250));
    // From 1.5 s to the end, less what it was away.
    assert_eq!((ai.on_ms, ai.heat_map_ms), (6_000 - 1_500 - 750, 2_000));
    let windows: Vec<_> = summary.series[0].windows.iter().map(|w| (w.center, w.ms)).collect();
    assert_eq!(windows, [(Some(40.0), 4_000), (Some(-600.0), 2_000)]);
}

#[test]
fn ai_that_is_there_from_the_first_view_on_is_replayed_as_shown() {
    let text = aided_alone(&of("froc").replace("mode = \"on request\"", "mode = \"concurrent\""));
    let mut t = taped(begun(&text, 2));
    let read = t.reading.next_read().to_string();
    t.open();
    t.act(500, Action::FindingsShown(2));
    t.act(500, Action::CloseCase);
    let course = t.course(&read);
    let seen = |ms| with_series(|series| course.at(ms, series).unwrap().ai);
    assert_eq!((seen(0), seen(500)), (AiSeen::Revealed, AiSeen::On));
}

/// From the file on the disk: the trail of a study's folder gives the same, and a name that there is not is answered with those that there are.
#[test]
fn reads_are_replayed_by_their_names_from_the_record() {
    let (t, read) = in_three_goes();
    let place = Place::new(&["r1"], 2);
    let mut record: Record = place.study.open_record("test").unwrap();
    let empty = Gathered::of_workstation(&place.study, &record).unwrap();
    assert_eq!(course(empty.trail(), None), Err(ReplayError::Nothing));
    record.append(&t.events).unwrap();
    let gathered = Gathered::of_workstation(&place.study, &record).unwrap();
    assert_eq!(may_replay(&gathered, None), Ok(()), "a study without accounts is nobody's secret");
    assert_eq!(course(gathered.trail(), Some(&read)), Ok(t.course(&read)));
    let words = |read| course(gathered.trail(), read).unwrap_err().to_string();
    assert_eq!(
        words(Some("r1/XXXX/unaided/1")),
        format!(
            "There is no read \"r1/XXXX/unaided/1\" to replay: name a read with `--read`, as READER/CASE/CONDITION/REPEAT. There are {read}."
        )
    );
    assert!(words(None).starts_with("No read was named: name a read"), "{}", words(None));
}

/// How much the rows of ten minutes of `glimpses` take on the disk: each second a row, as the room writes them.
fn bytes_of_ten_minutes(mut second: impl FnMut(u32) -> Vec<Glimpse>) -> u64 {
    let place = Place::new(&["r1"], 2);
    let mut record: Record = place.study.open_record("0.1.0").unwrap();
    let mut t = taped(Reading::new(rules(2)));
    t.reading.now.boot = "b2f3c1d0-5c5e-4f0e-9d7a-2f1f0a9b8c7d".to_owned();
    t.events.clear();
    t.reading.state = tiresias_reads::machine::State::new(t.reading.rules.reader().clone());
    t.act(0, start());
    t.open();
    let length = |place: &Place| std::fs::metadata(place.study.record_path()).unwrap().len();
    record.append(&t.events).unwrap();
    let before = length(&place);
    for minute in 0..10 {
        t.events.clear();
        for s in 60 * minute..60 * (minute + 1) {
            t.act(1_000, Action::Viewed(second(s)));
        }
        record.append(&t.events).unwrap();
    }
    length(&place) - before
}

/// Issue 6, "Time and behaviour": under 1 MB per 10 minutes, at the 60 frames a second of a screen.
#[test]
fn ten_minutes_of_busy_reading_take_less_than_a_megabyte() {
    let frame = |second: u32, frame: u32| 1_000 * second + 1_000 * frame / 60;
    // The wheel never rests: another slice in every frame, up and down 300 of them.
    let wheel = |n: u32| slice(if (n / 300).is_multiple_of(2) { n % 300 } else { 299 - n % 300 });
    let scrolling = bytes_of_ten_minutes(|s| (0..60).map(|f| Glimpse { at_ms: frame(s, f), view: wheel(60 * s + f) }).collect());

    // A hand that is always doing something: two thirds of the time it scrolls, else it drags window, image or zoom, and takes another tool.
    let mut window = Window::new(40.0, 400.0).unwrap();
    let mut camera =
        with_series(|series| tiresias_reads::camera::View::fit(series[0].geometry, tiresias_reads::camera::Orientation::Stack, [900, 760]));
    let mut hand = |s: u32, f: u32| {
        let (dx, dy) = (f64::from(f % 7) - 3.0, f64::from(s % 5) - 2.0);
        match s % 12 {
            0 | 1 => {
                window = tiresias_reads::camera::dragged_window(window, [dx, dy], 1.0);
                View::Window { series: 0, voi: Voi::Linear(window) }
            }
            2 => {
                camera = camera.panned([dx, dy + 0.5]).rounded();
                View::Camera { pane: 0, centre: camera.centre(), pixel: camera.spacing() }
            }
            3 => {
                camera = camera.zoomed((dx / 200.0).exp(), PatientPoint::new(3.3, -4.7, 101.0)).rounded();
                View::Camera { pane: 0, centre: camera.centre(), pixel: camera.spacing() }
            }
            _ => wheel(60 * s + f),
        }
    };
    let busy = bytes_of_ten_minutes(|s| {
        let tool = (s % 12 < 4).then(|| Glimpse {
            at_ms: frame(s, 0),
            view: View::Tool([Tool::Window, Tool::Pan, Tool::Zoom, Tool::Scroll][(s % 4) as usize]),
        });
        tool.into_iter().chain((0..60).map(|f| Glimpse { at_ms: frame(s, f), view: hand(s, f) })).collect()
    });
    println!(
        "ten minutes at 60 frames a second, each with a change: {scrolling} bytes of nothing but scrolling, {busy} of a hand that is never still"
    );
    assert!(scrolling < 1_000_000 && busy < 1_000_000, "{scrolling} {busy}");
}
