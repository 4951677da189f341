//! From one scene to the next in as few and as short changes as there are.
//!
//! A slice is told by its number where that leads to the same place, bit for bit, and by the place where it does not. Refuses: to be nearly right; what was
//! told, applied, is the scene itself.

use super::{Pane, Scene};
use crate::hanging::Ready;
use crate::machine::{AiVisible, View};

impl Scene {
    /// Becomes another scene of the same series, and says by which changes.
    #[must_use]
    pub fn follow(&mut self, now: &Self, series: &[Ready<'_>]) -> Vec<View> {
        let mut told = Told { scene: self, series, changes: Vec::new() };
        if *told.scene != *now {
            told.panes(now);
            told.links(now);
            told.places(now);
            told.windows(now);
            told.rest(now);
        }
        told.changes
    }
}

struct Told<'a> {
    scene: &'a mut Scene,
    series: &'a [Ready<'a>],
    changes: Vec<View>,
}

impl Told<'_> {
    fn tell(&mut self, change: View) {
        self.scene.apply(&change, self.series);
        self.changes.push(change);
    }

    fn panes(&mut self, now: &Scene) {
        let told = |scene: &Scene| scene.panes.iter().map(Pane::told).collect::<Vec<_>>();
        let panes = told(now);
        if (self.scene.canvas, self.scene.alone) != (now.canvas, now.alone) || told(self.scene) != panes {
            self.tell(View::Panes { canvas: now.canvas, panes, alone: now.alone });
        }
        for (pane, at) in now.panes.iter().zip(0u8..) {
            let Some(before) = self.scene.panes.get(usize::from(at)).cloned() else { continue };
            let (centre, pixel) = (pane.camera.centre(), pane.camera.spacing());
            if before.turned != pane.turned || before.camera.at(centre, pixel) != pane.camera {
                let ([right, down], forward, turned) = (pane.camera.directions(), pane.camera.forward(), pane.turned);
                self.tell(View::Oblique { pane: at, turned, right, down, forward, centre, pixel });
            } else if before.camera != pane.camera {
                self.tell(View::Camera { pane: at, centre, pixel });
            }
            if before.has != pane.has {
                self.tell(View::Lies { pane: at, has: pane.has });
            }
        }
    }

    fn links(&mut self, now: &Scene) {
        for (look, of) in now.series.iter().zip(0u8..) {
            if self.scene.series.get(usize::from(of)).is_some_and(|before| before.link != look.link) {
                self.tell(View::Link { series: of, with: look.link });
            }
        }
    }

    fn places(&mut self, now: &Scene) {
        let is_there = |scene: &Scene| scene.series.iter().zip(&now.series).all(|(a, b)| a.at == b.at);
        if is_there(self.scene) {
            return;
        }
        // The pane with the keyboard is the one that is scrolled most.
        let mut scrolled: Vec<u8> = now.visible().map(|(at, _, _)| at).collect();
        scrolled.sort_by_key(|at| *at != now.focus);
        for pane in scrolled {
            let Some(slice) = now.slice(pane, self.series) else { continue };
            let change = View::Slice { pane, index: slice.number - 1 };
            let mut tried = self.scene.clone();
            tried.apply(&change, self.series);
            if is_there(&tried) {
                *self.scene = tried;
                self.changes.push(change);
                return;
            }
        }
        for (look, of) in now.series.iter().zip(0u8..) {
            if self.scene.series.get(usize::from(of)).is_some_and(|before| before.at != look.at) {
                self.tell(View::Crosshair { series: of, at: look.at });
            }
        }
    }

    fn windows(&mut self, now: &Scene) {
        for (look, of) in now.series.iter().zip(0u8..) {
            let own = |scene: &Scene| scene.series.get(usize::from(of)).map(|before| before.own);
            if own(self.scene).is_some_and(|before| before != look.own) {
                self.tell(View::OwnWindow { series: of, index: look.own });
            }
            if self.scene.series.get(usize::from(of)).is_some_and(|before| before.voi != look.voi) {
                self.tell(View::Window { series: of, voi: look.voi.clone() });
            }
        }
    }

    fn rest(&mut self, now: &Scene) {
        if self.scene.focus != now.focus {
            self.tell(View::Focus(now.focus));
        }
        if let Some(tool) = now.tool.filter(|_| self.scene.tool != now.tool) {
            self.tell(View::Tool(tool));
        }
        if self.scene.ai_off != now.ai_off {
            self.tell(View::Ai(if now.ai_off { AiVisible::Off } else { AiVisible::On }));
        }
        if self.scene.ai_away != now.ai_away {
            self.tell(View::Ai(if now.ai_away { AiVisible::PeekBegan } else { AiVisible::PeekEnded }));
        }
        if self.scene.heat != now.heat {
            self.tell(View::HeatMap(now.heat));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::View as Camera;
    use crate::hanging::{PaneRect, Shows, Turn};
    use crate::scene::{Look, Place, looking_at, orientation};
    use crate::workspace::CellView;
    use proptest::prelude::*;
    use tiresias_words::{
        Direction, Displacement, ImagingModality, Interpolation, Mm, PatientPoint, PresentationShape, Role, SeriesFacts, Slab, Stack, Voi,
        VolumeGeometry, Window,
    };

    fn volume(size: [u32; 3], origin: [f64; 3], step: f64) -> VolumeGeometry {
        let stack = Stack::Uniform { origin: origin.into(), step: Displacement::new(0.0, 0.1, step) };
        VolumeGeometry::new(size, Direction::LEFT, Direction::POSTERIOR, [Mm(0.7), Mm(0.7)], stack).unwrap()
    }

    /// Calls with two series in one frame of reference, whose images have windows of their own: every third has none.
    fn with_series<T>(call: impl FnOnce(&[Ready<'_>]) -> T) -> T {
        let geometries = [volume([64, 60, 30], [-20.0, -10.0, 5.3], 2.5), volume([50, 50, 41], [-18.3, -11.0, 1.0 / 3.0], 1.7)];
        let facts = ["current", "prior"].map(|r| SeriesFacts::new(Role::new(r).unwrap(), ImagingModality::new("CT").unwrap(), 30));
        let voi = |image: u32, index: usize| {
            let window = || Window::new(f64::from(image) / 3.0, 10.0 + index as f64).unwrap();
            (!image.is_multiple_of(3) && index < 2).then(|| Voi::Linear(window()))
        };
        let ready: Vec<_> = facts
            .iter()
            .zip(&geometries)
            .map(|(facts, geometry)| Ready { facts, geometry, shape: PresentationShape::Identity, voi: &voi })
            .collect();
        call(&ready)
    }

    /// Something that a reader does.
    #[derive(Debug, Clone)]
    enum Hand {
        Scroll(usize, u32),
        Look(usize, [f64; 3]),
        Pan(usize, [f64; 2]),
        Zoom(usize, f64),
        Tilt(usize, f64),
        Drag(usize, [f64; 2]),
        Own(usize, Option<u8>),
        Lay(usize, u8),
        Link(bool),
        Alone(Option<u8>),
        Arrange(u8),
        Focus(u8),
        Ai(bool),
    }

    fn hand() -> impl Strategy<Value = Hand> {
        prop_oneof![
            8 => (0..3usize, 0..45u32).prop_map(|(p, n)| Hand::Scroll(p, n)),
            2 => (0..2usize, prop::array::uniform3(-40.0..60.0f64)).prop_map(|(s, at)| Hand::Look(s, at)),
            2 => (0..3usize, prop::array::uniform2(-50.0..50.0f64)).prop_map(|(p, by)| Hand::Pan(p, by)),
            2 => (0..3usize, 0.5..2.0f64).prop_map(|(p, by)| Hand::Zoom(p, by)),
            1 => (0..3usize, -1.0..1.0f64).prop_map(|(p, by)| Hand::Tilt(p, by)),
            2 => (0..2usize, prop::array::uniform2(-50.0..50.0f64)).prop_map(|(s, by)| Hand::Drag(s, by)),
            1 => (0..2usize, prop::option::of(0..3u8)).prop_map(|(s, own)| Hand::Own(s, own)),
            1 => (0..3usize, 0..4u8).prop_map(|(p, how)| Hand::Lay(p, how)),
            1 => any::<bool>().prop_map(Hand::Link),
            1 => prop::option::of(0..3u8).prop_map(Hand::Alone),
            1 => (0..4u8).prop_map(Hand::Arrange),
            1 => (0..3u8).prop_map(Hand::Focus),
            1 => any::<bool>().prop_map(Hand::Ai),
        ]
    }

    fn pane(series: u8, shows: Shows, x: u32, ready: &[Ready<'_>]) -> Pane {
        let size = [300 + x, 400];
        let camera = Camera::fit(ready[usize::from(series)].geometry, orientation(shows), size);
        Pane { series, shows, rect: Some(PaneRect { x, y: 0, size }), camera, turned: false, has: CellView::opened(Turn::NONE) }
    }

    fn arranged(how: u8, ready: &[Ready<'_>]) -> Vec<Pane> {
        let panes: &[(u8, Shows)] = match how {
            0 => &[(0, Shows::Images)],
            1 => &[(0, Shows::Axial), (0, Shows::Coronal), (0, Shows::Sagittal)],
            2 => &[(0, Shows::Images), (1, Shows::Images)],
            _ => &[(1, Shows::Axial), (0, Shows::Images), (1, Shows::Images)],
        };
        panes.iter().zip(0u32..).map(|((series, shows), i)| pane(*series, *shows, 302 * i, ready)).collect()
    }

    /// What the hand does to the screen, by itself: without the changes that are told.
    fn act(scene: &mut Scene, hand: &Hand, ready: &[Ready<'_>]) {
        let look_at = |scene: &mut Scene, of: usize, at: PatientPoint| {
            let places: Vec<_> = ready.iter().zip(&scene.series).map(|(r, look)| Place { geometry: r.geometry, link: look.link }).collect();
            looking_at(&places, of, at).into_iter().for_each(|(i, at)| scene.series[i].at = at);
        };
        match *hand {
            Hand::Scroll(p, n) => {
                if let Some(pane) = scene.panes.get(p) {
                    let of = usize::from(pane.series);
                    let to = pane.laid().scrolled_to(ready[of].geometry, scene.series[of].at, i64::from(n) + 1);
                    look_at(scene, of, to);
                }
            }
            Hand::Look(of, at) => look_at(scene, of, at.into()),
            Hand::Pan(p, by) => {
                if let Some(pane) = scene.panes.get_mut(p) {
                    pane.camera = pane.camera.panned(by).rounded();
                }
            }
            Hand::Zoom(p, by) => {
                if let Some(pane) = scene.panes.get_mut(p) {
                    pane.camera = pane.camera.zoomed(by, scene.series[usize::from(pane.series)].at).rounded();
                }
            }
            Hand::Tilt(p, by) => {
                if let Some(pane) = scene.panes.get_mut(p) {
                    let about = scene.series[usize::from(pane.series)].at;
                    (pane.camera, pane.turned) = (pane.camera.tilted(Direction::HEAD, about, [by.sin(), by.cos()]), true);
                }
            }
            Hand::Drag(of, by) => {
                let look = &mut scene.series[of];
                look.own = None;
                let window = look.voi.window().unwrap();
                look.voi = look.voi.with_window(crate::camera::dragged_window(window, by, 1.0));
            }
            Hand::Own(of, own) => scene.series[of].own = own,
            Hand::Lay(p, how) => {
                if let Some(pane) = scene.panes.get_mut(p) {
                    let slab = if how == 3 {
                        Slab::Thick { thickness: Mm(5.0), step: Mm(0.7), kind: tiresias_words::SlabKind::Mean }
                    } else {
                        Slab::Thin
                    };
                    pane.has = CellView { turn: pane.has.turn.turned(how).flipped_down(), is_inverted: how == 1, slab };
                }
            }
            Hand::Link(on) => {
                let first = scene.series[0].at;
                scene.series.iter_mut().for_each(|look| look.link = on.then(|| (1, look.at - first)));
            }
            Hand::Alone(which) => {
                let panes = scene.panes.len();
                scene.alone = which.filter(|w| usize::from(*w) < panes);
                let alone = scene.alone.map(usize::from);
                for (i, pane) in scene.panes.iter_mut().enumerate() {
                    let rect = PaneRect { x: 7 * i as u32, y: 0, size: [500, 400 + i as u32] };
                    pane.rect = alone.is_none_or(|alone| alone == i).then_some(rect);
                }
            }
            Hand::Arrange(how) => (scene.panes, scene.alone, scene.focus) = (arranged(how, ready), None, 0),
            Hand::Focus(pane) => scene.focus = pane,
            Hand::Ai(off) => (scene.ai_off, scene.ai_away) = (off, !off),
        }
        // As in every frame of the room.
        for (look, ready) in scene.series.iter_mut().zip(ready) {
            let voi = look.own.and_then(|own| (ready.voi)(ready.geometry.nearest_slice(look.at), usize::from(own)));
            look.voi = voi.unwrap_or_else(|| look.voi.clone());
        }
    }

    proptest! {
        #[test]
        fn what_is_told_makes_the_same_screen_bit_for_bit(how in 0..4u8, hands in prop::collection::vec(hand(), 1..60)) {
            with_series(|ready| {
                let mut screen = Scene { panes: arranged(how, ready), canvas: [1000, 400], ..Scene::empty(ready) };
                let (mut told, mut replayed) = (Scene::empty(ready), Scene::empty(ready));
                for hand in &hands {
                    act(&mut screen, hand, ready);
                    let changes = told.follow(&screen, ready);
                    changes.iter().for_each(|change| replayed.apply(change, ready));
                    prop_assert_eq!(&told, &screen, "{:?}", hand);
                    prop_assert_eq!(&replayed, &screen, "{:?}", hand);
                    for (pane, _, _) in screen.visible() {
                        let spec = |scene: &Scene| scene.spec(pane, ready, Interpolation::Linear).unwrap();
                        prop_assert_eq!(spec(&replayed), spec(&screen));
                    }
                    prop_assert!(told.follow(&screen, ready).is_empty(), "nothing is told twice");
                }
                Ok(())
            })?;
        }
    }

    #[test]
    fn scrolling_is_told_by_one_number_and_linked_series_come_along() {
        with_series(|ready| {
            for how in 0..4 {
                let mut screen = Scene { panes: arranged(how, ready), canvas: [1000, 400], ..Scene::empty(ready) };
                act(&mut screen, &Hand::Link(true), ready);
                act(&mut screen, &Hand::Own(1, Some(0)), ready);
                let mut told = Scene::empty(ready);
                assert!(!told.follow(&screen, ready).is_empty());
                for n in (3..28).chain((5..20).rev()) {
                    screen.focus = (n % 2) as u8 % screen.panes.len() as u8;
                    let pane = usize::from(screen.focus);
                    let _ = told.follow(&screen, ready);
                    act(&mut screen, &Hand::Scroll(pane, n), ready);
                    assert_eq!(told.follow(&screen, ready), [View::Slice { pane: screen.focus, index: n }], "arrangement {how}");
                }
            }
        });
    }

    #[test]
    fn what_names_nothing_changes_nothing() {
        with_series(|ready| {
            let scene = Scene { panes: arranged(1, ready), canvas: [1000, 400], ..Scene::empty(ready) };
            let at = PatientPoint::new(1.0, 2.0, 3.0);
            let changes = [
                View::Slice { pane: 9, index: 3 },
                View::Crosshair { series: 9, at },
                View::Window { series: 9, voi: Voi::Linear(Window::BYTE) },
                View::Camera { pane: 200, centre: at, pixel: Mm(1.0) },
                View::Tilt { pane: 7, by: [0.0, 1.0] },
                View::Lies { pane: 3, has: CellView::opened(Turn::NONE) },
                View::Link { series: 2, with: None },
            ];
            for change in changes {
                let mut after = scene.clone();
                after.apply(&change, ready);
                assert_eq!(after, scene, "{change:?}");
            }
            let series: Vec<Look> = scene.series.clone();
            assert_eq!(series.len(), ready.len());
        });
    }
}
