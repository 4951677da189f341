//! A hand that does anything: events drawn from a seeded stream, with what it holds remembered, so that drags and chords come about.

use egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, Rect, TouchPhase, pos2, vec2};
use tiresias_tests::chance::Chance;

/// What happens next.
pub(crate) enum Deed {
    /// The window is told so.
    Event(Event),
    /// The window gets another of some sizes.
    Size(usize),
    /// Somebody looks: the frame is drawn to the last pixel.
    Picture,
}

/// Every key that means something in the reading room, and some that do not.
const KEYS: [Key; 65] = [
    Key::W,
    Key::S,
    Key::Z,
    Key::P,
    Key::K,
    Key::X,
    Key::U,
    Key::M,
    Key::D,
    Key::B,
    Key::N,
    Key::Q,
    Key::I,
    Key::O,
    Key::H,
    Key::V,
    Key::T,
    Key::L,
    Key::R,
    Key::G,
    Key::C,
    Key::E,
    Key::J,
    Key::F,
    Key::A,
    Key::Y,
    Key::OpenBracket,
    Key::CloseBracket,
    Key::Num0,
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
    Key::Num7,
    Key::Num8,
    Key::Num9,
    Key::ArrowUp,
    Key::ArrowDown,
    Key::ArrowLeft,
    Key::ArrowRight,
    Key::PageUp,
    Key::PageDown,
    Key::Home,
    Key::End,
    Key::Enter,
    Key::Enter,
    Key::Tab,
    Key::Escape,
    Key::Delete,
    Key::Backspace,
    Key::Space,
    Key::Questionmark,
    Key::Slash,
    Key::Insert,
    Key::F1,
    Key::F5,
    Key::F9,
    Key::F11,
    Key::Plus,
    Key::Minus,
    Key::Comma,
    Key::Period,
    Key::Backtick,
];

const BUTTONS: [PointerButton; 4] = [PointerButton::Primary, PointerButton::Secondary, PointerButton::Middle, PointerButton::Extra1];

/// The hand.
pub(crate) struct Hand {
    chance: Chance,
    at: Pos2,
    held: Vec<PointerButton>,
}

impl Hand {
    pub(crate) fn new(seed: u64) -> Self {
        Self { chance: Chance::new(seed), at: pos2(100.0, 100.0), held: Vec::new() }
    }

    const fn below(&mut self, n: usize) -> usize {
        self.chance.below(n)
    }
    fn part(&mut self) -> f32 {
        (self.chance.draw() >> 40) as f32 / (1u64 << 24) as f32
    }

    fn modifiers(&mut self) -> Modifiers {
        match self.below(20) {
            0..=13 => Modifiers::NONE,
            14 | 15 => Modifiers::SHIFT,
            16 | 17 => Modifiers::COMMAND,
            18 => Modifiers::COMMAND | Modifiers::SHIFT,
            _ => Modifiers::ALT,
        }
    }

    /// Mostly a small movement from where the pointer is, often a jump, at times out of the window.
    fn moved(&mut self, screen: Rect) -> Pos2 {
        self.at = match self.below(10) {
            0..=5 => self.at + vec2(self.part() - 0.5, self.part() - 0.5) * 120.0,
            6..=8 => screen.lerp_inside(vec2(self.part(), self.part())),
            _ => screen.lerp_inside(vec2(self.part() * 1.6 - 0.3, self.part() * 1.6 - 0.3)),
        };
        self.at
    }

    /// The next deed in a window of this extent.
    pub(crate) fn next(&mut self, screen: Rect) -> Deed {
        let event = match self.below(200) {
            0..=69 => Event::PointerMoved(self.moved(screen)),
            70..=109 => return Deed::Event(self.press_or_release()),
            110..=132 => {
                let unit = [MouseWheelUnit::Line, MouseWheelUnit::Point, MouseWheelUnit::Page][self.below(12) / 5];
                let delta = vec2(0.0, [-1.0, 1.0, -1.0, 1.0, 37.5][self.below(5)]);
                let modifiers = self.modifiers();
                Event::MouseWheel { unit, delta, phase: TouchPhase::Move, source: MouseWheelSource::Unknown, modifiers }
            }
            133..=189 => {
                let key = KEYS[self.below(KEYS.len())];
                let modifiers = self.modifiers();
                let pressed = self.below(8) > 0;
                Event::Key { key, physical_key: None, pressed, repeat: pressed && self.below(6) == 0, modifiers }
            }
            190 | 191 => Event::Text(["a", "5", "\u{e9}", "\u{202e}x", "\n"][self.below(5)].to_owned()),
            192 => Event::PointerGone,
            193 => Event::WindowFocused(self.below(2) == 0),
            194 => Event::Zoom(0.5 + self.part()),
            195 => Event::Paste("17".to_owned()),
            196 => [Event::Copy, Event::Cut][self.below(2)].clone(),
            197 => return Deed::Size(self.below(8)),
            _ => return Deed::Picture,
        };
        Deed::Event(event)
    }

    fn press_or_release(&mut self) -> Event {
        // Often the left one, and often again what is already held.
        let button = if self.held.is_empty() || self.below(4) == 0 { BUTTONS[self.below(9).saturating_sub(5)] } else { self.held[0] };
        let pressed = !self.held.contains(&button);
        if pressed {
            self.held.push(button);
        } else {
            self.held.retain(|b| *b != button);
        }
        Event::PointerButton { pos: self.at, button, pressed, modifiers: self.modifiers() }
    }

    /// What it does to hold nothing any more.
    pub(crate) fn let_go(&mut self) -> Vec<Event> {
        let up = |button| Event::PointerButton { pos: self.at, button, pressed: false, modifiers: Modifiers::NONE };
        let mut events: Vec<Event> = self.held.iter().map(|b| up(*b)).collect();
        self.held.clear();
        events.extend([Event::ModifiersChanged(Modifiers::NONE), Event::PointerGone, Event::WindowFocused(true)]);
        events
    }
}
