//! Keys with their modifiers, and how they are spelled.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    has_control: bool,
    has_alt: bool,
}

impl Key {
    /// The key of an event. Shift is part of the character.
    pub fn of(event: &KeyEvent) -> Self {
        Self {
            code: event.code,
            has_control: event.modifiers.contains(KeyModifiers::CONTROL),
            has_alt: event.modifiers.contains(KeyModifiers::ALT),
        }
    }

    /// `q`, `G`, `ctrl+z`, `enter`, `pagedown`, `f1`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut has_control, mut has_alt, mut rest) = (false, false, text);
        loop {
            if let Some(after) = rest.strip_prefix("ctrl+") {
                (has_control, rest) = (true, after);
            } else if let Some(after) = rest.strip_prefix("alt+") {
                (has_alt, rest) = (true, after);
            } else {
                break;
            }
        }
        let mut characters = rest.chars();
        let code = match (characters.next(), characters.next()) {
            (Some(character), None) => KeyCode::Char(character),
            _ => NAMED.iter().find(|(name, _)| *name == rest)?.1,
        };
        Some(Self {
            code,
            has_control,
            has_alt,
        })
    }

    /// Its code, and whether Ctrl and Alt are held.
    pub fn parts(self) -> (KeyCode, bool, bool) {
        (self.code, self.has_control, self.has_alt)
    }

    /// The text that [`Key::parse`] takes.
    pub fn name(self) -> String {
        let mut name = String::new();
        if self.has_control {
            name.push_str("ctrl+");
        }
        if self.has_alt {
            name.push_str("alt+");
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((named, _)), _) => name.push_str(named),
            (None, KeyCode::Char(character)) => name.push(character),
            (None, _) => name.push('?'),
        }
        name
    }
}

const NAMED: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("f1", KeyCode::F(1)),
    ("f2", KeyCode::F(2)),
    ("f3", KeyCode::F(3)),
    ("f4", KeyCode::F(4)),
    ("f5", KeyCode::F(5)),
    ("f6", KeyCode::F(6)),
    ("f7", KeyCode::F(7)),
    ("f8", KeyCode::F(8)),
    ("f9", KeyCode::F(9)),
    ("f10", KeyCode::F(10)),
];

/// Keys that a terminal or multiplexer takes for itself.
pub(super) const TAKEN: [&str; 4] = ["ctrl+s", "ctrl+q", "ctrl+a", "ctrl+b"];
