//! Draws a bar as its options ask: in one style, with segments or a template, in a width.

use super::{Bar, Icons, Level, Needs, Part, Piece, Segment, StatuslineInput, Style, Template, fit};
use crate::core::snapshot::Snapshot;
use crate::core::stats::Stats;
use crate::render::theme::Theme;

const SEGMENTS_SHOWN: [&str; 3] = ["today", "limit", "status"];

/// The options of a bar.
pub struct BarOptions {
    pub style: &'static dyn Style,
    pub template: Option<Template>,
    pub segments: Vec<&'static Segment>,
    pub max_width: Option<usize>,
    pub icons: Icons,
    /// This program, for clicks.
    pub program: String,
    pub statusline: Option<StatuslineInput>,
    pub theme: Theme,
}

/// The segments of these names, or else those that a style usually shows.
pub fn segments_of(names: &[String], style: &dyn Style) -> Vec<&'static Segment> {
    let shown: Vec<&str> = match (names, style.needs()) {
        ([], Needs::StatuslineInput) => vec![SEGMENTS_SHOWN[0]],
        ([], _) => SEGMENTS_SHOWN.to_vec(),
        (names, _) => names.iter().map(String::as_str).collect(),
    };
    shown.into_iter().filter_map(Segment::find).collect()
}

impl BarOptions {
    /// Draws a snapshot, or trouble in its place. An age marks old numbers.
    pub fn draw(&self, snapshot: &Snapshot, trouble: Option<&str>, age: Option<i64>, now: i64) -> String {
        let parts: Vec<Part> = match (trouble, &self.template) {
            (Some(words), _) => vec![Part {
                name: "trouble",
                pieces: vec![Piece::new(words, Level::Crit.tone())],
                level: Level::Crit,
            }],
            (None, Some(template)) => vec![template.part(snapshot, now, self.icons)],
            (None, None) => self
                .segments
                .iter()
                .filter_map(|segment| segment.part(snapshot, now, self.icons))
                .collect(),
        };
        let parts = match self.max_width {
            Some(width) => fit(parts, width, self.icons),
            None => parts,
        };
        self.style.draw(&Bar {
            parts,
            age,
            statusline: self.statusline.as_ref(),
            ..self.bar(snapshot, now)
        })
    }

    /// Draws OpenCode's statistics.
    pub fn draw_stats(&self, stats: &Stats) -> String {
        self.style.draw(&Bar {
            stats: Some(stats),
            ..self.bar(&Snapshot::unknown(), 0)
        })
    }

    fn bar<'b>(&'b self, snapshot: &'b Snapshot, now: i64) -> Bar<'b> {
        Bar {
            snapshot,
            parts: Vec::new(),
            age: None,
            now,
            icons: self.icons,
            program: &self.program,
            statusline: None,
            stats: None,
            theme: &self.theme,
        }
    }
}
