//! Bars: one segment for a status bar or prompt, in the syntax of each; a style is a file here and a line in [`STYLES`].

mod ansi;
mod argos;
mod claude;
mod facts;
mod gnome;
mod i3blocks;
mod i3status_rs;
mod icons;
mod json;
mod menu;
mod options;
mod pango;
mod plain;
mod polybar;
mod segments;
mod sketchybar;
mod starship;
mod swiftbar;
pub(crate) mod template;
mod tmux;
mod vim;
mod waybar;
mod xbar;
mod zjstatus;

pub use facts::{GROUPS, Group};
pub use icons::Icons;
pub use options::{BarOptions, segments_of};
pub use segments::{SEGMENTS, Segment};
pub use template::Template;

use super::Tone;
use super::palette::themed;
use super::text;
use super::theme::{Rgb, Theme};
use crate::core::snapshot::Snapshot;
use crate::core::stats::Stats;

/// How a bar is written.
pub trait Style: Sync {
    fn name(&self) -> &'static str;
    /// Where it is shown, for help.
    fn about(&self) -> &'static str;
    /// The whole output, with its newline.
    fn draw(&self, bar: &Bar<'_>) -> String;
    /// The lines to paste into the program's configuration.
    fn setup(&self) -> &'static str;
    /// The separator before each further output of a running process.
    fn between(&self) -> &'static str {
        ""
    }
    /// The inputs it needs.
    fn needs(&self) -> Needs {
        Needs::Snapshot
    }
}

/// The inputs of a style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Snapshot,
    /// Also Claude Code's input on stdin.
    StatuslineInput,
    /// The statistics of OpenCode instead.
    Stats,
}

/// Every style; the first one is the default.
pub static STYLES: &[&dyn Style] = &[
    &plain::Plain,
    &tmux::Tmux,
    &swiftbar::Swiftbar,
    &xbar::Xbar,
    &argos::Argos,
    &waybar::Waybar,
    &i3blocks::I3blocks,
    &i3status_rs::I3statusRs,
    &polybar::Polybar,
    &sketchybar::Sketchybar,
    &starship::Starship,
    &zjstatus::Zjstatus,
    &claude::Claude,
    &vim::Vim,
    &gnome::Gnome,
    &json::Json,
];

/// The inputs of a style.
pub struct Bar<'a> {
    pub snapshot: &'a Snapshot,
    pub parts: Vec<Part>,
    /// Set when the numbers are old and nothing makes them new: milliseconds.
    pub age: Option<i64>,
    pub now: i64,
    pub icons: Icons,
    /// This program, for clicks.
    pub program: &'a str,
    /// Claude Code's input about its session.
    pub statusline: Option<&'a StatuslineInput>,
    pub stats: Option<&'a Stats>,
    pub theme: &'a Theme,
}

/// A segment with a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub name: &'static str,
    pub pieces: Vec<Piece>,
    pub level: Level,
}

impl Part {
    /// All text without colors.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }
}

/// Text of one color.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub tone: Tone,
}

impl Piece {
    /// Untrusted text: removes characters that control the terminal or reorder the line.
    pub fn new(words: &str, tone: Tone) -> Self {
        Self {
            text: text::plain(words).into_owned(),
            tone,
        }
    }
}

/// How urgent a segment is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    #[default]
    Ok,
    Warn,
    Crit,
}

impl Level {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Crit => "crit",
        }
    }

    pub const fn tone(self) -> Tone {
        match self {
            Self::Ok => Tone::Plain,
            Self::Warn => Tone::Warning,
            Self::Crit => Tone::Critical,
        }
    }
}

/// Claude Code's input to its status line command.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatuslineInput {
    pub model: Option<String>,
    /// Dollars of the session, by Claude Code's own account.
    pub cost: Option<f64>,
    pub context_percent: Option<f64>,
    /// Label, percent, and reset time.
    pub limits: Vec<(String, f64, Option<i64>)>,
}

/// Shown without any value: empty output would hide the bar, or keep its last text.
pub const NOTHING: &str = "-";

impl Bar<'_> {
    pub fn level(&self) -> Level {
        self.parts.iter().map(|part| part.level).max().unwrap_or_default()
    }

    pub fn is_stale(&self) -> bool {
        self.age.is_some()
    }

    /// All pieces, with separators between segments.
    pub fn pieces(&self) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        for part in &self.parts {
            if !pieces.is_empty() {
                pieces.push(Piece::new(self.icons.separator(), Tone::Dim));
            }
            for piece in &part.pieces {
                match pieces.last_mut() {
                    // Merges adjacent pieces of the same tone, so that two halves cannot form syntax together.
                    Some(last) if last.tone == piece.tone => last.text.push_str(&piece.text),
                    _ => pieces.push(piece.clone()),
                }
            }
        }
        if pieces.is_empty() {
            pieces.push(Piece::new(NOTHING, Tone::Dim));
        }
        if let Some(age) = self.age {
            let age = format!(" ({} old)", super::number::duration(age));
            pieces.push(Piece::new(&age, Tone::Dim));
        }
        pieces
    }

    /// All text without colors.
    pub fn text(&self) -> String {
        self.pieces().into_iter().map(|piece| piece.text).collect()
    }

    /// The first segment alone, for where there is little room.
    pub fn short(&self) -> String {
        self.parts.first().map(Part::text).unwrap_or_default()
    }

    /// Each piece in a syntax, one after the other.
    pub fn join(&self, write: impl FnMut(&Piece) -> String) -> String {
        self.pieces().iter().map(write).collect()
    }

    /// A color of the web for a tone; none where the bar's own is right.
    pub fn hex(&self, tone: Tone) -> Option<String> {
        let color = themed(tone, self.theme).filter(|_| !self.theme.is_plain());
        color.map(Rgb::hex)
    }

    /// The fullest limit in per cent.
    pub fn percent(&self) -> Option<f64> {
        facts::fullest(self.snapshot, self.now).map(|limit| limit.used_percent)
    }
}

/// Cuts segments so that all of them take at most `limit` columns.
pub fn fit(parts: Vec<Part>, limit: usize, icons: Icons) -> Vec<Part> {
    let separator = icons.separator();
    let mut left = limit;
    let mut kept: Vec<Part> = Vec::new();
    for mut part in parts {
        let between = if kept.is_empty() { 0 } else { text::width(separator) };
        let Some(room) = left.checked_sub(between).filter(|room| *room > 0) else {
            break;
        };
        let mut used = 0;
        let mut pieces = Vec::new();
        for piece in part.pieces {
            let cut = text::cut_end(&piece.text, room - used).into_owned();
            let is_cut = cut != piece.text;
            // The mark of the cut takes one column in every font.
            let cut = if is_cut {
                cut.replace(text::ELLIPSIS, icons.cut())
            } else {
                cut
            };
            used += text::width(&cut);
            pieces.push(Piece { text: cut, ..piece });
            if is_cut || used >= room {
                break;
            }
        }
        part.pieces = pieces;
        left -= between + used;
        kept.push(part);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(texts: &[&str]) -> Part {
        Part {
            name: "x",
            pieces: texts.iter().map(|text| Piece::new(text, Tone::Plain)).collect(),
            level: Level::Ok,
        }
    }

    #[test]
    fn names_are_unique_and_every_style_tells_how_it_is_set_up() {
        let mut names: Vec<_> = STYLES.iter().map(|style| style.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), STYLES.len());
        for style in STYLES {
            assert!(style.setup().contains("ttop bar-status"), "{}", style.name());
        }
    }

    #[test]
    fn segments_are_cut_to_the_width_and_never_beyond() {
        let parts = vec![
            part(&["A2", " G3"]),
            part(&["~$12.40 today"]),
            part(&["日本語のタイトル"]),
        ];
        for limit in 0..40 {
            let cut = fit(parts.clone(), limit, Icons::Unicode);
            let width: usize = cut
                .iter()
                .flat_map(|part| &part.pieces)
                .map(|piece| text::width(&piece.text))
                .sum::<usize>()
                + cut.len().saturating_sub(1) * 3;
            assert!(width <= limit, "{limit}: {cut:?}");
        }
        assert_eq!(fit(parts.clone(), 60, Icons::Unicode), parts);
        assert_eq!(fit(parts.clone(), 4, Icons::Ascii), [part(&["A2", "."])]);
        assert_eq!(fit(parts, 4, Icons::Unicode), [part(&["A2", "…"])]);
    }
}
