//! Any sequence of actions keeps the view sound, undo takes back exactly the last step, redo does it again, and the changes alone rebuild the view.

use super::*;
use proptest::prelude::*;
use tiresias_words::{ImageAnchor, PatientPoint, Role, SlabKind, SopUid};

/// Two cells, the second turned.
fn layout() -> Vec<CellView> {
    vec![CellView::opened(Turn::NONE), CellView::opened(Turn::NONE.turned(1))]
}

fn corner([x, y]: [f64; 2], is_placed: bool) -> Corner {
    let anchor = ImageAnchor { image: SopUid::new("1.2").unwrap(), frame: 0, column: x, row: y };
    Corner { patient: is_placed.then(|| PatientPoint::new(x, y, 5.0)), anchor }
}

fn drawn() -> impl Strategy<Value = Drawn> {
    // Few places, so that points fall together; some are no numbers.
    let place = prop_oneof![9 => (0..4i8).prop_map(f64::from), 1 => Just(f64::NAN)];
    let place = prop::array::uniform2(place);
    (0..6u8, prop::collection::vec((place, prop::bool::weighted(0.9)), 4..6)).prop_map(|(kind, places)| {
        let c = |i: usize| corner(places[i].0, places[i].1);
        match kind {
            0 => Drawn::Length([c(0), c(1)]),
            1 => Drawn::Angle([c(0), c(1), c(2)]),
            2 => Drawn::Bidimensional([c(0), c(1), c(2), c(3)]),
            3 => Drawn::Ellipse([c(0), c(1), c(2)]),
            4 => Drawn::Rectangle([c(0), c(1), c(2)]),
            _ => Drawn::Freehand((0..places.len()).map(c).collect()),
        }
    })
}

fn action() -> impl Strategy<Value = ViewAction> {
    let cell = 0..3usize;
    let length = prop_oneof![Just(0.0), Just(f64::NAN), Just(f64::INFINITY), -4000.0..4000.0f64, 0.1..100.0f64].prop_map(Mm);
    let measurement = (1..8u32).prop_map(MeasurementId);
    prop_oneof![
        4 => drawn().prop_map(|shape| ViewAction::Measure(Measurement { series: Role::current(), shape })),
        2 => (measurement.clone(), drawn()).prop_map(|(measurement, shape)| ViewAction::Redraw { measurement, shape }),
        1 => measurement.prop_map(ViewAction::Delete),
        1 => cell.clone().prop_map(ViewAction::FlipAcross),
        1 => cell.clone().prop_map(ViewAction::FlipDown),
        1 => (cell.clone(), 0..6u8).prop_map(|(cell, quarters)| ViewAction::Rotate { cell, quarters }),
        1 => cell.clone().prop_map(ViewAction::Invert),
        2 => (cell.clone(), length.clone(), length).prop_map(|(cell, thickness, step)| ViewAction::Slab {
            cell,
            slab: Slab::Thick { thickness, step, kind: SlabKind::Mip },
        }),
        1 => cell.prop_map(ViewAction::Reset),
    ]
}

/// What a reader does: `None` undoes, `Some(None)` redoes.
fn step() -> impl Strategy<Value = Option<Option<ViewAction>>> {
    prop_oneof![6 => action().prop_map(|a| Some(Some(a))), 2 => Just(None), 1 => Just(Some(None))]
}

fn is_sound(w: &Workspace) -> bool {
    let numbers = w
        .view()
        .measurements()
        .values()
        .flat_map(|m| m.shape.corners())
        .all(|c| c.patient.is_none_or(PatientPoint::is_finite) && c.anchor.column.is_finite() && c.anchor.row.is_finite());
    let cells = w.view().cells().iter().all(|c| can_be_sampled(c.slab));
    numbers && cells && w.view().cells().len() == 2 && w.view().measurements().len() <= MOST_MEASUREMENTS && w.done.len() <= MOST_STEPS
}

proptest! {
    #[test]
    fn any_sequence_keeps_the_view_sound_and_can_be_rebuilt(steps in prop::collection::vec(step(), 0..250)) {
        let layout = layout();
        let mut w = Workspace::new(ToolSet::all(), layout.clone());
        let mut record: Vec<Change> = Vec::new();
        for step in steps {
            let before = w.clone();
            match step {
                Some(Some(action)) => match w.apply(action) {
                    Ok(None) | Err(_) => prop_assert_eq!(&w, &before, "nothing changed, nothing is kept"),
                    Ok(Some(change)) => {
                        record.push(change);
                        let after = w.view().clone();
                        prop_assert_ne!(&after, before.view());
                        let mut back = w.clone();
                        back.undo();
                        prop_assert_eq!(back.view(), before.view(), "undo after apply is identity");
                        back.redo();
                        prop_assert_eq!(back.view(), &after, "redo after undo is identity");
                    }
                },
                None => record.extend(w.undo()),
                Some(None) => record.extend(w.redo()),
            }
            prop_assert!(is_sound(&w));
        }
        // What is recorded is written and read, and rebuilds the view.
        let text = serde_json::to_string(&record).unwrap();
        let mut again = Workspace::new(ToolSet::all(), layout.clone());
        for change in serde_json::from_str::<Vec<Change>>(&text).unwrap() {
            again.perform(&change);
        }
        prop_assert_eq!(again.view(), w.view());
        while w.undo().is_some() {}
        prop_assert!(is_sound(&w));
        if record.len() <= MOST_STEPS {
            let new = Workspace::new(ToolSet::all(), layout.clone());
            prop_assert_eq!(w.view(), new.view(), "undoing everything leads to the first view");
        }
    }

    #[test]
    fn what_the_protocol_does_not_allow_is_refused(actions in prop::collection::vec(action(), 0..60)) {
        let layout = layout();
        let mut w = Workspace::new(ToolSet::of([Tool::Length]), layout.clone());
        for action in actions {
            let tool = match &action {
                ViewAction::Measure(m) => m.shape.tool(),
                ViewAction::FlipAcross(_) | ViewAction::FlipDown(_) => Tool::Flip,
                ViewAction::Invert(_) => Tool::Invert,
                ViewAction::Slab { .. } => Tool::Slab,
                _ => Tool::Length,
            };
            let result = w.apply(action);
            if tool != Tool::Length {
                prop_assert_eq!(result, Err(Refusal::Tool(tool)));
            }
            prop_assert!(w.view().measurements().values().all(|m| m.shape.tool() == Tool::Length));
        }
        let new = Workspace::new(ToolSet::all(), layout.clone());
        prop_assert_eq!(w.view().cells(), new.view().cells());
    }
}

#[test]
fn numbers_are_not_used_again_and_history_has_an_end() {
    let layout = layout();
    let mut w = Workspace::new(ToolSet::all(), layout.clone());
    let length = |x| {
        ViewAction::Measure(Measurement {
            series: Role::current(),
            shape: Drawn::Length([corner([x, 0.0], true), corner([9.0, 9.0], true)]),
        })
    };
    let ids = |w: &Workspace| w.view().measurements().keys().map(|m| m.0).collect::<Vec<_>>();
    w.apply(length(1.0)).unwrap();
    w.undo();
    w.apply(length(2.0)).unwrap();
    assert_eq!((ids(&w), w.redo()), (vec![2], None), "a new step ends what could be redone");
    for i in 0..MOST_MEASUREMENTS - 1 {
        w.apply(length(f64::from(u32::try_from(i).unwrap()))).unwrap();
    }
    assert_eq!(w.apply(length(0.5)), Err(Refusal::Full));
    let steps = std::iter::from_fn(|| w.undo()).count();
    assert_eq!((steps, ids(&w).len()), (MOST_STEPS, MOST_MEASUREMENTS - MOST_STEPS));
}

#[test]
fn each_refusal_is_a_sentence() {
    let layout = layout();
    let mut w = Workspace::new(ToolSet::all(), layout.clone());
    let measure = |corners: [Corner; 2]| ViewAction::Measure(Measurement { series: Role::current(), shape: Drawn::Length(corners) });
    let mut other_image = corner([1.0, 2.0], false);
    other_image.anchor.image = SopUid::new("1.3").unwrap();
    let refused = [
        (measure([corner([1.0, 1.0], true), corner([1.0, 1.0], true)]), "two of its corners are one point"),
        (measure([corner([1.0, 1.0], true), corner([1.0, 2.0], false)]), "several images"),
        (measure([corner([1.0, 1.0], false), other_image]), "several images"),
        (measure([corner([f64::NAN, 1.0], false), corner([1.0, 2.0], false)]), "no place"),
        (ViewAction::Delete(MeasurementId(1)), "no longer there"),
        (ViewAction::Rotate { cell: 0, quarters: 4 }, "quarters"),
        (ViewAction::Invert(2), "no such cell"),
        (ViewAction::Slab { cell: 0, slab: Slab::Thick { thickness: Mm(10.0), step: Mm(0.001), kind: SlabKind::Mean } }, "4096"),
    ];
    for (action, words) in refused {
        let sentence = w.apply(action).unwrap_err().to_string();
        assert!(sentence.contains(words) && sentence.ends_with('.'), "{sentence}");
    }
    assert!(
        w.apply(measure([corner([1.0, 1.0], false), corner([1.0, 2.0], false)])).is_ok(),
        "on one image without a place in the patient"
    );
}

/// Other cells: measurements and their steps stay, and nothing leads back to cells that are gone.
#[test]
fn measurements_outlive_their_cells() {
    let mut w = Workspace::new(ToolSet::all(), layout());
    let length = Drawn::Length([corner([1.0, 0.0], true), corner([9.0, 9.0], true)]);
    w.apply(ViewAction::Measure(Measurement { series: Role::current(), shape: length })).unwrap();
    w.apply(ViewAction::Invert(0)).unwrap();
    w.apply(ViewAction::FlipDown(1)).unwrap();
    w.reopen(0, CellView::opened(Turn::NONE.turned(2)));
    assert_eq!(w.view().cells()[0], CellView::opened(Turn::NONE.turned(2)));
    assert!(matches!(w.undo(), Some(Change::Cell { cell: 1, .. })), "what was done to another cell can be undone");
    w.rehang(vec![CellView::opened(Turn::NONE); 4]);
    assert_eq!((w.view().cells().len(), w.view().measurements().len()), (4, 1));
    assert!(matches!(w.undo(), Some(Change::Measurement { .. })) && w.undo().is_none());
    assert!(w.redo().is_some() && w.redo().is_none());
}
