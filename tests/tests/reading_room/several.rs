//! A case of several series: hung side by side, scrolled together by position, each put into a cell from the strip; and rows and columns by choice.

use crate::follow_up;
use crate::sitting::{Opening, Sitting};
use egui::{Key, Modifiers, Rect, vec2};
use egui_kittest::kittest::Queryable as _;
use std::ops::ControlFlow;
use std::sync::Arc;
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{Codecs, read_folder};
use tiresias_reads::machine::{Fact, View};
use tiresias_reads::record::Record;
use tiresias_tests::studies::protocol;
use tiresias_words::Role;

fn slices(room: &Sitting) -> Vec<i64> {
    let number = |name: &str| name.split("slice ").nth(1).and_then(|t| t.split(' ').next()).and_then(|n| n.parse().ok());
    room.panes().iter().map(|(name, _)| number(name).unwrap_or_else(|| panic!("{name} has no slice"))).collect()
}

fn beside(room: &Sitting) -> [Rect; 2] {
    let panes = room.panes();
    assert_eq!(panes.len(), 2, "{panes:?}");
    [panes[0].1, panes[1].1]
}

#[test]
fn two_examinations_are_read_beside_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let root =
        follow_up::study(folder.path(), &protocol("roc", "first = \"lung\"\ntools = [\"window\", \"scroll\", \"pan\", \"crosshair\"]"), 1);
    let mut room = Sitting::start(Opening::of(&root));
    room.sign_in("Reader 1");
    room.key(Key::Enter);
    room.until("two panes", |s| s.panes().len() == 2 && s.says("HU") && !s.says("loading"));
    room.rest();
    let [left, right] = beside(&room);
    // The order of packing is not the order of hanging.
    assert!(room.texts_in(left, "current").len() == 1 && room.texts_in(right, "prior").len() == 1);
    assert!(left.right() <= right.left() && left.size() == right.size());

    // Together by position, either way.
    let opened = slices(&room);
    room.wheel(left.center(), 3, Modifiers::NONE);
    room.rest();
    assert_eq!(slices(&room), [opened[0] + 3, opened[1] + 3]);
    room.wheel(right.center(), -1, Modifiers::NONE);
    room.rest();
    assert_eq!(slices(&room), [opened[0] + 2, opened[1] + 2]);
    // Alone, then together again from where they are.
    room.key(Key::L);
    room.wheel(right.center(), -2, Modifiers::NONE);
    room.rest();
    assert_eq!(slices(&room), [opened[0] + 2, opened[1]]);
    room.key(Key::L);
    room.wheel(left.center(), -4, Modifiers::NONE);
    room.rest();
    assert_eq!(slices(&room), [opened[0] - 2, opened[1] - 4]);

    // From the strip into the focused cell, and back by the way that the case opens.
    room.press_named("show prior");
    room.rest();
    assert!(room.texts_in(left, "prior").len() == 1, "{:?}", room.words());
    for _ in 0..3 {
        room.key(Key::G);
        room.rest();
    }
    assert!(room.texts_in(beside(&room)[0], "current").len() == 1);

    // Rows and columns, by a digit and by mouse; Esc chooses nothing.
    room.chord(Modifiers::SHIFT, Key::G);
    room.key(Key::Escape);
    room.rest();
    assert_eq!(room.panes().len(), 2);
    room.chord(Modifiers::SHIFT, Key::G);
    room.key(Key::Num5);
    room.rest();
    assert_eq!(room.panes().len(), 4);
    room.chord(Modifiers::SHIFT, Key::G);
    room.step();
    room.press_named("3 x 3");
    room.rest();
    assert_eq!(room.panes().len(), 9);
    let whole = room.panes().iter().fold(Rect::NOTHING, |all, (_, r)| all.union(*r));
    assert!(whole.width() > 3.0 * room.panes()[0].1.width());

    // What the protocol does not allow is refused in words, by whatever way.
    room.key(Key::H);
    room.until_says("without the tool");
    for key in [Key::D, Key::C, Key::J, Key::I, Key::Num0] {
        room.key(Key::Escape);
        room.rest();
        room.key(key);
        room.until_says("without the tool");
    }
    let before = room.words().into_iter().filter(|w| w.starts_with('\u{d7}')).collect::<Vec<_>>();
    room.drag(egui::PointerButton::Secondary, room.panes()[0].1.center(), vec2(0.0, -80.0), Modifiers::NONE);
    room.wheel(room.panes()[0].1.center(), 3, Modifiers::COMMAND);
    room.rest();
    assert_eq!(room.words().into_iter().filter(|w| w.starts_with('\u{d7}')).collect::<Vec<_>>(), before, "zoom is no tool of this study");
    drop(room);

    // How far apart they were set is in the record.
    let record = crate::written::wait_for_record(&root);
    let offsets =
        views_of(&record, |v| if let View::Link { series, with } = v { Some((*series, with.map(|(_, d)| d.length().0))) } else { None });
    // As it opened, alone, and together again.
    assert_eq!(offsets.len(), 6, "{offsets:?}");
    // What the panes showed, and in what arrangement, is there too.
    let arranged = views_of(&record, |v| {
        if let View::Panes { panes, alone, .. } = v { Some((panes.iter().map(|p| p.series).collect::<Vec<_>>(), *alone)) } else { None }
    });
    assert_eq!(arranged.first(), Some(&(vec![0, 1], None)), "{arranged:?}");
    assert!(arranged.contains(&(vec![1, 1], None)), "the prior went into the first cell: {arranged:?}");
    assert_eq!(arranged.last().map(|(panes, _)| panes.len()), Some(9), "{arranged:?}");
    let is_alone: Vec<bool> = offsets.iter().map(|(_, o)| o.is_none()).collect();
    assert_eq!(is_alone, [false, false, true, true, false, false], "{offsets:?}");
}

/// A case of more series than the screen has rows: the strip scrolls, and its last series comes into the pane.
#[test]
fn the_strip_scrolls_where_there_are_many_series() {
    let folder = tempfile::tempdir().expect("a folder");
    let background = Background::shipped().expect("the background");
    let read = build_cases(&background, 5, 12).expect("cases").enumerate().map(|(i, case)| {
        let source = folder.path().join(format!("source-{i}"));
        case.write_dicom(&source).expect("files");
        read_folder(&source, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).expect("a folder").series.remove(0)
    });
    let read: Vec<_> = read.collect();
    let series: Vec<_> = (1..).zip(&read).map(|(n, s)| (Role::new(format!("series-{n:02}")).expect("a role"), s)).collect();
    let root = follow_up::of(&series, folder.path(), &protocol("roc", "first = \"lung\""), 1);
    let mut room = Sitting::start(Opening::of(&root));
    room.sign_in("Reader 1");
    room.key(Key::Enter);
    room.until("nine panes", |s| s.panes().len() == 9 && s.says("HU") && !s.says("loading"));
    room.rest();
    let entry = |room: &Sitting, name: &str| room.window.get_by_label(name).rect();
    let screen = room.screen();
    let (first, last) = (entry(&room, "show series-01"), entry(&room, "show series-12"));
    assert!(screen.contains_rect(first) && last.top() > screen.bottom(), "{first:?}, {last:?}");
    let panes = room.panes();
    room.wheel(first.center(), 40, Modifiers::NONE);
    room.settle_clicks();
    let last = entry(&room, "show series-12");
    assert!(screen.contains_rect(last), "{last:?}");
    assert_eq!(room.panes(), panes, "the wheel over the strip scrolls no pane");
    room.click(last.center());
    room.rest();
    assert_eq!(room.texts_in(panes[0].1, "series-12").len(), 1);
}

/// What is made of each recorded change of the view.
fn views_of<T>(record: &Record, of: impl Fn(&View) -> Option<T>) -> Vec<T> {
    let mut found = Vec::new();
    let take = |recorded: tiresias_reads::record::Recorded| {
        if let Fact::Viewed { glimpses } = recorded.event.fact() {
            found.extend(glimpses.iter().filter_map(|g| of(&g.view)));
        }
    };
    record.replay(take).expect("a record");
    found
}
