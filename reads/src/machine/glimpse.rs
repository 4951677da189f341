//! What a reader looked at, change by change: behaviour, written compactly, because a wheel turns sixty times a second.
//!
//! A glimpse is one change of what is on the screen; [`crate::scene`] makes the screen of them again. On disk it is an array: milliseconds since the glimpse
//! before it in its event (the first: since the images were shown), a word for what changed, and that. What a hand goes on doing, scrolling, windowing or moving
//! one pane, is one array: milliseconds and numbers of the next follow those of the one before. Numbers are read back bit for bit. Refuses: numbers that are none.

use crate::hanging::{PaneRect, Shows};
use crate::protocol::Tool;
use crate::workspace::{CellView, Change};
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use tiresias_words::{Direction, Displacement, Mm, PatientPoint, Voi, Window};

/// One change of the view.
#[derive(Debug, Clone, PartialEq)]
pub struct Glimpse {
    /// When: milliseconds of the monotonic clock since the images were shown this time.
    pub at_ms: u32,
    /// What changed.
    pub view: View,
}

/// What changed in the view.
#[derive(Debug, Clone, PartialEq)]
pub enum View {
    /// Other panes on the screen, elsewhere, or for the first time. A pane of another series or of other pictures begins anew.
    Panes {
        /// Width and height of what the panes lie on, physical pixels.
        canvas: [u32; 2],
        /// What each shows, in reading order of the layout.
        panes: Vec<PaneShows>,
        /// The one that has the screen to itself.
        alone: Option<u8>,
    },
    /// Another pane has the keyboard.
    Focus(u8),
    /// Another slice: where the reader looks in its series, and in those linked to it, goes along.
    Slice {
        /// Pane, from 0.
        pane: u8,
        /// Slice of the pane's own stacking, from 0.
        index: u32,
    },
    /// The reader looks at another point.
    Crosshair {
        /// Series, from 0 in order of roles.
        series: u8,
        /// LPS, mm.
        at: PatientPoint,
    },
    /// Another window or table, in modality units, in all panes of a series.
    Window {
        /// Series, from 0 in order of roles.
        series: u8,
        /// Which.
        voi: Voi,
    },
    /// From here on each image of a series is shown through one of its own windows, as long as it has that, or none is.
    OwnWindow {
        /// Series, from 0 in order of roles.
        series: u8,
        /// Which of an image's windows, from 0.
        index: Option<u8>,
    },
    /// Another middle or scale of a pane.
    Camera {
        /// Pane, from 0.
        pane: u8,
        /// Middle of the pane, LPS, mm; the plane itself goes through where the reader looks.
        centre: PatientPoint,
        /// Width of a physical pixel in the patient.
        pixel: Mm,
    },
    /// All other visible planes of its series were turned about a pane's normal through the crosshair, right-handed.
    Tilt {
        /// Pane, from 0.
        pane: u8,
        /// Sine and cosine of the angle.
        by: [f64; 2],
    },
    /// How a plane lies, in full: after it was turned out of the patient's axes, or back into them.
    Oblique {
        /// Pane, from 0.
        pane: u8,
        /// Whether somebody turned it.
        turned: bool,
        /// Where the screen's right points in the patient, before the image is turned or mirrored.
        right: Direction,
        /// Where its bottom points.
        down: Direction,
        /// Where scrolling leads.
        forward: Direction,
        /// As in [`Self::Camera`].
        centre: PatientPoint,
        /// As in [`Self::Camera`].
        pixel: Mm,
    },
    /// How a pane's image is turned, mirrored, inverted and projected, where no step in the workspace says so.
    Lies {
        /// Pane, from 0.
        pane: u8,
        /// So.
        has: CellView,
    },
    /// A series moves with the others of its group by patient position, so far away from their common one, or alone.
    Link {
        /// Series, from 0 in order of roles.
        series: u8,
        /// The group, and LPS, mm; `None` alone.
        with: Option<(u8, Displacement)>,
    },
    /// A step in the workspace: something measured, turned, inverted or projected, done or undone.
    Changed(Box<Change>),
    /// What the AI says went from the screen, or came back.
    Ai(AiVisible),
    /// The heat map of the AI, on or off.
    HeatMap(bool),
    /// Another tool in hand.
    Tool(Tool),
}

/// How the AI's findings went from the screen, or came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AiVisible {
    /// Switched on.
    On,
    /// Switched off.
    Off,
    /// Away while a key is held.
    PeekBegan,
    /// Back, or as it was before the key was held.
    PeekEnded,
}

/// What one pane shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaneShows {
    /// Series, from 0 in order of roles.
    pub series: u8,
    /// Which pictures of it.
    pub shows: Shows,
    /// Where it lies on the canvas; `None` while another has the screen to itself.
    pub rect: Option<PaneRect>,
}

impl View {
    /// Whether all its numbers are numbers: others cannot be written down.
    pub(super) fn is_finite(&self) -> bool {
        match self {
            Self::Crosshair { at, .. } => at.is_finite(),
            Self::Camera { centre, pixel, .. } | Self::Oblique { centre, pixel, .. } => centre.is_finite() && pixel.0.is_finite(),
            Self::Tilt { by: [sin, cos], .. } => sin.is_finite() && cos.is_finite(),
            Self::Link { with, .. } => with.is_none_or(|(_, d)| d.length().0.is_finite()),
            Self::Panes { .. }
            | Self::Focus(_)
            | Self::Slice { .. }
            | Self::Window { .. }
            | Self::OwnWindow { .. }
            | Self::Lies { .. }
            | Self::Changed(_)
            | Self::Ai(_)
            | Self::HeatMap(_)
            | Self::Tool(_) => true,
        }
    }

    /// The word, the pane or series and the numbers of what a hand goes on doing; `None` of what happens once.
    fn run(&self) -> Option<(&'static str, u8, Vec<Value>)> {
        match self {
            Self::Slice { pane, index } => Some(("s", *pane, vec![json!(index)])),
            Self::Window { series, voi: Voi::Linear(window) } => Some(("w", *series, vec![json!(window.center()), json!(window.width())])),
            Self::Camera { pane, centre: PatientPoint { x, y, z }, pixel } => {
                Some(("c", *pane, [*x, *y, *z, pixel.0].map(|v| json!(v)).to_vec()))
            }
            _ => None,
        }
    }
    /// How many numbers follow such a word.
    const fn numbers_of(word: &str) -> Option<usize> {
        match word.as_bytes() {
            b"s" => Some(1),
            b"w" => Some(2),
            b"c" => Some(4),
            _ => None,
        }
    }
    fn of_run(word: &str, of: u8, numbers: &[Value]) -> Option<Self> {
        let number = |at: usize| numbers.get(at).and_then(Value::as_f64);
        match word {
            "s" => Some(Self::Slice { pane: of, index: u32::try_from(numbers.first()?.as_u64()?).ok()? }),
            "w" => Some(Self::Window { series: of, voi: Voi::Linear(Window::new(number(0)?, number(1)?).ok()?) }),
            "c" => {
                let centre = PatientPoint::new(number(0)?, number(1)?, number(2)?);
                Some(Self::Camera { pane: of, centre, pixel: Mm(number(3)?) })
            }
            _ => None,
        }
    }

    /// A word for what happened once, and that, as an array.
    fn written(&self) -> (&'static str, Value) {
        match self {
            Self::Panes { canvas, panes, alone } => {
                let pane = |p: &PaneShows| match p.rect {
                    Some(PaneRect { x, y, size: [width, height] }) => json!([p.series, p.shows, x, y, width, height]),
                    None => json!([p.series, p.shows]),
                };
                ("panes", json!([canvas, panes.iter().map(pane).collect::<Vec<_>>(), alone]))
            }
            Self::Focus(pane) => ("focus", json!([pane])),
            Self::Crosshair { series, at } => ("x", json!([series, at])),
            Self::Window { series, voi } => ("voi", json!([series, voi])),
            Self::OwnWindow { series, index } => ("own", json!([series, index])),
            Self::Tilt { pane, by } => ("t", json!([pane, by])),
            Self::Oblique { pane, turned, right, down, forward, centre, pixel } => {
                ("oblique", json!([pane, turned, right, down, forward, centre, pixel]))
            }
            Self::Lies { pane, has } => ("lies", json!([pane, has])),
            Self::Link { series, with } => ("link", json!([series, with])),
            Self::Changed(change) => ("step", json!([change])),
            Self::Ai(how) => ("ai", json!([how])),
            Self::HeatMap(on) => ("heat", json!([on])),
            Self::Tool(tool) => ("tool", json!([tool])),
            // Written as runs.
            Self::Slice { .. } | Self::Camera { .. } => ("", Value::Null),
        }
    }

    fn read_back(word: &str, what: Vec<Value>) -> Result<Self, String> {
        fn of<T: DeserializeOwned>(what: Vec<Value>) -> Result<T, String> {
            serde_json::from_value(Value::Array(what)).map_err(|e| e.to_string())
        }
        Ok(match word {
            "panes" => {
                let (canvas, panes, alone) = of::<([u32; 2], Vec<Vec<Value>>, _)>(what)?;
                let pane = |p: Vec<Value>| -> Result<_, String> {
                    if p.len() == 2 {
                        let (series, shows) = of(p)?;
                        return Ok(PaneShows { series, shows, rect: None });
                    }
                    let (series, shows, x, y, width, height) = of(p)?;
                    Ok(PaneShows { series, shows, rect: Some(PaneRect { x, y, size: [width, height] }) })
                };
                Self::Panes { canvas, panes: panes.into_iter().map(pane).collect::<Result<_, _>>()?, alone }
            }
            "focus" => Self::Focus(of::<(u8,)>(what)?.0),
            "x" => {
                let (series, at) = of(what)?;
                Self::Crosshair { series, at }
            }
            "voi" => {
                let (series, voi) = of(what)?;
                Self::Window { series, voi }
            }
            "own" => {
                let (series, index) = of(what)?;
                Self::OwnWindow { series, index }
            }
            "t" => {
                let (pane, by) = of(what)?;
                Self::Tilt { pane, by }
            }
            "oblique" => {
                let (pane, turned, right, down, forward, centre, pixel) = of(what)?;
                Self::Oblique { pane, turned, right, down, forward, centre, pixel }
            }
            "lies" => {
                let (pane, has) = of(what)?;
                Self::Lies { pane, has }
            }
            "link" => {
                let (series, with) = of(what)?;
                Self::Link { series, with }
            }
            "step" => Self::Changed(of::<(Box<Change>,)>(what)?.0),
            "ai" => Self::Ai(of::<(AiVisible,)>(what)?.0),
            "heat" => Self::HeatMap(of::<(bool,)>(what)?.0),
            "tool" => Self::Tool(of::<(Tool,)>(what)?.0),
            _ => return Err("a change of the view that this program does not know".to_owned()),
        })
    }
}

/// As the record has them.
pub(super) fn serialize<S: Serializer>(glimpses: &[Glimpse], to: S) -> Result<S::Ok, S::Error> {
    let mut before = 0;
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let mut running = None;
    for glimpse in glimpses {
        let since = json!(glimpse.at_ms.checked_sub(before).ok_or_else(|| S::Error::custom("glimpses out of order"))?);
        before = glimpse.at_ms;
        match (glimpse.view.run(), rows.last_mut()) {
            (Some((word, of, numbers)), Some(row)) if running == Some((word, of)) => {
                row.push(since);
                row.extend(numbers);
            }
            (Some((word, of, numbers)), _) => {
                running = Some((word, of));
                rows.push([since, json!(word), json!(of)].into_iter().chain(numbers).collect());
            }
            (None, _) => {
                running = None;
                let (word, what) = glimpse.view.written();
                let Value::Array(what) = what else { return Err(S::Error::custom("a glimpse is an array")) };
                rows.push([since, json!(word)].into_iter().chain(what).collect());
            }
        }
    }
    rows.serialize(to)
}

/// The other way.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Glimpse>, D::Error> {
    let mut at_ms = 0u32;
    let mut glimpses = Vec::new();
    for row in Vec::<Vec<Value>>::deserialize(from)? {
        read_row(&row, &mut at_ms, &mut glimpses).map_err(D::Error::custom)?;
    }
    Ok(glimpses)
}

fn read_row(row: &[Value], at_ms: &mut u32, glimpses: &mut Vec<Glimpse>) -> Result<(), String> {
    let mut later = |since: &Value| {
        let ms = since.as_u64().and_then(|ms| u32::try_from(ms).ok());
        *at_ms = ms.and_then(|ms| at_ms.checked_add(ms)).ok_or("a glimpse without its time")?;
        Ok::<u32, String>(*at_ms)
    };
    let [since, word, what @ ..] = row else { return Err("a glimpse of nothing".to_owned()) };
    let word = word.as_str().unwrap_or_default();
    let Some(numbers) = View::numbers_of(word) else {
        glimpses.push(Glimpse { at_ms: later(since)?, view: View::read_back(word, what.to_vec())? });
        return Ok(());
    };
    let broken = || "a run of glimpses that breaks off".to_owned();
    let (of, mut rest) = what.split_first().ok_or_else(broken)?;
    let of = of.as_u64().and_then(|of| u8::try_from(of).ok()).ok_or_else(broken)?;
    let mut since = since;
    loop {
        let (these, others) = rest.split_at_checked(numbers).ok_or_else(broken)?;
        glimpses.push(Glimpse { at_ms: later(since)?, view: View::of_run(word, of, these).ok_or_else(broken)? });
        match others.split_first() {
            Some((next, others)) => (since, rest) = (next, others),
            None => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hanging::Turn;
    use proptest::prelude::*;
    use tiresias_words::{LutTable, Slab, SlabKind};

    #[derive(Debug, Serialize, Deserialize, PartialEq)]
    struct Body(#[serde(with = "super")] Vec<Glimpse>);

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![any::<i16>().prop_map(f64::from), -1e3..1e3f64, prop::num::f64::NORMAL]
    }
    fn point() -> impl Strategy<Value = PatientPoint> {
        prop::array::uniform3(number()).prop_map(PatientPoint::from)
    }
    fn direction() -> impl Strategy<Value = Direction> {
        prop::array::uniform3(-1.0..1.0f64).prop_filter_map("a direction", |v| Direction::new(v.into()).ok())
    }

    fn view() -> impl Strategy<Value = View> {
        let window = |(center, width): (f64, f64)| Window::new(center, width.abs().max(1e-9)).unwrap();
        let voi = prop_oneof![
            (number(), number()).prop_map(window).prop_map(Voi::Linear),
            (number(), number()).prop_map(window).prop_map(Voi::Sigmoid),
            Just(Voi::Table(LutTable::new(-3, 8, vec![1, 2, 255].into()).unwrap())),
        ];
        let rect = (any::<u32>(), any::<u32>(), any::<[u32; 2]>()).prop_map(|(x, y, size)| PaneRect { x, y, size });
        let pane = (any::<u8>(), prop::option::of(rect)).prop_map(|(series, rect)| PaneShows { series, shows: Shows::Coronal, rect });
        let has = CellView {
            turn: Turn::NONE.turned(1),
            is_inverted: true,
            slab: Slab::Thick { thickness: Mm(10.0), step: Mm(1.0 / 3.0), kind: SlabKind::Mip },
        };
        prop_oneof![
            (any::<[u32; 2]>(), prop::collection::vec(pane, 0..4), any::<Option<u8>>()).prop_map(|(canvas, panes, alone)| View::Panes {
                canvas,
                panes,
                alone
            }),
            any::<u8>().prop_map(View::Focus),
            any::<(u8, u32)>().prop_map(|(pane, index)| View::Slice { pane, index }),
            (any::<u8>(), point()).prop_map(|(series, at)| View::Crosshair { series, at }),
            (any::<u8>(), voi).prop_map(|(series, voi)| View::Window { series, voi }),
            any::<(u8, Option<u8>)>().prop_map(|(series, index)| View::OwnWindow { series, index }),
            (any::<u8>(), point(), number()).prop_map(|(pane, centre, mm)| View::Camera { pane, centre, pixel: Mm(mm) }),
            (any::<u8>(), number(), number()).prop_map(|(pane, sin, cos)| View::Tilt { pane, by: [sin, cos] }),
            (any::<(u8, bool)>(), prop::array::uniform3(direction()), point(), number()).prop_map(
                |((pane, turned), [right, down, forward], centre, mm)| View::Oblique {
                    pane,
                    turned,
                    right,
                    down,
                    forward,
                    centre,
                    pixel: Mm(mm)
                }
            ),
            any::<u8>().prop_map(move |pane| View::Lies { pane, has }),
            (any::<(u8, bool, u8)>(), prop::array::uniform3(number()))
                .prop_map(|((series, is, group), d)| View::Link { series, with: is.then_some((group, d.into())) }),
            any::<usize>().prop_map(move |cell| View::Changed(Box::new(Change::Cell {
                cell,
                before: CellView::opened(Turn::NONE),
                after: has
            }))),
            Just(View::Ai(AiVisible::PeekBegan)),
            any::<bool>().prop_map(View::HeatMap),
            Just(View::Tool(Tool::Pan)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_bit_for_bit(steps in prop::collection::vec((0u32..5000, view()), 0..30)) {
            let mut at_ms = 0;
            let glimpses = steps.into_iter().map(|(ms, view)| { at_ms += ms; Glimpse { at_ms, view } });
            let body = Body(glimpses.collect());
            let text = serde_json::to_string(&body).unwrap();
            prop_assert_eq!(serde_json::from_str::<Body>(&text).unwrap(), body);
        }
    }

    #[test]
    fn a_slice_takes_few_bytes_and_nonsense_is_refused() {
        let body = Body((0..2u32).map(|i| Glimpse { at_ms: 1000 + 17 * i, view: View::Slice { pane: 0, index: 130 + i } }).collect());
        let text = serde_json::to_string(&body).unwrap();
        assert_eq!(text, r#"[[1000,"s",0,130,17,131]]"#);
        let late = Body(vec![Glimpse { at_ms: 2, view: View::Focus(0) }, Glimpse { at_ms: 1, view: View::Focus(1) }]);
        assert!(serde_json::to_string(&late).is_err(), "time does not run back");
        for bad in [
            "[[]]",
            "[[1]]",
            r#"[[1,"s"]]"#,
            r#"[[1,"s",0,1,2]]"#,
            r#"[[1,"s",300,1]]"#,
            r#"[[1,"s",0,1.5]]"#,
            r#"[[1,"c",0,1.0,2.0]]"#,
            r#"[["s",0,1]]"#,
            r#"[[1,"z",0]]"#,
            r#"[[1,"w",0,1.0,-1.0]]"#,
        ] {
            assert!(serde_json::from_str::<Body>(bad).is_err(), "{bad}");
        }
    }
}
