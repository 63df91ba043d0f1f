//! Columns and cells: the building blocks of tables.

use crate::core::money::{CostStatus, Money};
use crate::core::text::Printable;
use crate::core::time::Time;
use crate::render::number;
use crate::render::preferences::hours;
use jiff::tz::TimeZone;

/// A column of a table.
pub struct Column<R: 'static> {
    /// The key of the row it shows: `tokens.input`.
    pub key: &'static str,
    pub title: &'static str,
    pub align: Align,
    /// On a narrow terminal, columns with the greatest number go first; 0 always stays.
    pub drop: u8,
    /// A column whose cells are all empty is left out.
    pub cell: fn(&R, &View) -> Cell,
}

impl<R> Column<R> {
    /// A column of text: a narrow terminal cuts its end.
    pub const fn text(key: &'static str, title: &'static str, drop: u8, cell: fn(&R, &View) -> Cell) -> Self {
        Self::new(key, title, Align::Left, drop, cell)
    }

    /// A column of paths: a narrow terminal cuts their middle.
    pub const fn path(key: &'static str, title: &'static str, drop: u8, cell: fn(&R, &View) -> Cell) -> Self {
        Self::new(key, title, Align::Path, drop, cell)
    }

    /// A column of numbers: never cut.
    pub const fn number(key: &'static str, title: &'static str, drop: u8, cell: fn(&R, &View) -> Cell) -> Self {
        Self::new(key, title, Align::Right, drop, cell)
    }

    const fn new(key: &'static str, title: &'static str, align: Align, drop: u8, cell: fn(&R, &View) -> Cell) -> Self {
        Self {
            key,
            title,
            align,
            drop,
            cell,
        }
    }
}

/// The alignment of a cell, and how it shrinks on a narrow terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text: may be cut at its end.
    Left,
    /// A path: may be cut in its middle.
    Path,
    /// A number: never cut.
    Right,
}

/// What cells need to know of the reader.
#[derive(Clone, Debug)]
pub struct View {
    /// The zone that times are shown in.
    pub zone: TimeZone,
    /// Epoch milliseconds UTC.
    pub now: i64,
    /// The home folder, shown as `~`.
    pub home: String,
}

/// A cell's text and tone. The palette maps tones to colors; color is never the only carrier of meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub text: Printable,
    pub tone: Tone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Dim,
    Good,
    Notice,
    /// In between: it goes on by itself, and it may take a while.
    Caution,
    Warning,
    Critical,
    Strong,
}

impl Tone {
    pub const COUNT: usize = 8;
    /// In the order of their numbers.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Plain,
        Self::Dim,
        Self::Good,
        Self::Notice,
        Self::Caution,
        Self::Warning,
        Self::Critical,
        Self::Strong,
    ];
}

/// The text of an unknown value.
pub const UNKNOWN: &str = "—";

impl Cell {
    pub fn plain(text: impl Into<Printable>) -> Self {
        Self::toned(text, Tone::Plain)
    }

    pub fn toned(text: impl Into<Printable>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
        }
    }

    /// Nothing: a column of nothing else is left out.
    pub fn empty() -> Self {
        Self::plain("")
    }

    pub fn unknown() -> Self {
        Self::toned(UNKNOWN, Tone::Dim)
    }

    /// Text, or nothing.
    pub fn text(text: Option<&str>) -> Self {
        Self::plain(text.unwrap_or_default())
    }

    /// `1.2M`; unknown is `—`.
    pub fn tokens(count: Option<u64>) -> Self {
        match count {
            None => Self::unknown(),
            Some(0) => Self::toned("0", Tone::Dim),
            some => Self::plain(number::tokens(some)),
        }
    }

    pub fn count(count: u64) -> Self {
        Self::plain(count.to_string())
    }

    /// `~$0.0234`, with the mark of how the cost is known.
    pub fn money(cost: Option<Money>, status: Option<CostStatus>) -> Self {
        match (cost, status) {
            (None, _) | (_, Some(CostStatus::Unknown)) => Self::unknown(),
            _ => Self::plain(number::money(cost, status)),
        }
    }

    /// A path with the home folder as `~`, or nothing.
    pub fn path(path: Option<&str>, view: &View) -> Self {
        let Some(path) = path else { return Self::empty() };
        match path.strip_prefix(&view.home) {
            Some(rest) if !view.home.is_empty() && (rest.is_empty() || rest.starts_with(['/', '\\'])) => {
                Self::plain(format!("~{rest}"))
            }
            _ => Self::plain(path),
        }
    }

    /// A time of day in the reader's zone: `18:00:05`.
    pub fn clock(at: i64, view: &View) -> Self {
        Self::plain(
            Time(at)
                .timestamp()
                .to_zoned(view.zone.clone())
                .strftime(&hours("%H:%M:%S"))
                .to_string(),
        )
    }

    /// An instant as `2026-11-20 18:00` in the reader's zone, or nothing.
    pub fn time(at: Option<i64>, view: &View) -> Self {
        let Some(at) = at else { return Self::empty() };
        let at = Time(at).timestamp().to_zoned(view.zone.clone());
        Self::plain(at.strftime(&hours("%Y-%m-%d %H:%M")).to_string())
    }
}
