//! Columns and cells: the building blocks of tables.

use crate::core::money::{CostStatus, Money};
use crate::core::short_id::ShortIds;
use crate::core::text::Printable;
use crate::core::time::Time;
use crate::core::turn::EventKey;
use crate::render::number;
use crate::render::preferences::hours;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::sync::Arc;

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

    /// A column of ids: dim, never cut.
    pub const fn id(key: &'static str, title: &'static str, drop: u8, cell: fn(&R, &View) -> Cell) -> Self {
        Self::new(key, title, Align::Id, drop, cell)
    }

    /// A column of sentences: never cut. Where they have no room beside the others, they follow below the table.
    pub const fn prose(key: &'static str, title: &'static str, cell: fn(&R, &View) -> Cell) -> Self {
        Self::new(key, title, Align::Prose, 0, cell)
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
    /// Sentences: complete, or below the table.
    Prose,
    /// A short id: never cut.
    Id,
    /// A number: never cut.
    Right,
}

impl Align {
    /// Whether cells may be cut on a narrow terminal.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Left | Self::Path | Self::Prose)
    }

    /// Whether cells can name their row.
    pub const fn is_name(self) -> bool {
        matches!(self, Self::Left | Self::Path | Self::Id)
    }
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
    /// All sessions, whose ids tables shorten.
    pub ids: Arc<ShortIds>,
    /// The name of a provider's model: one for every spelling.
    pub model_name: fn(&str, &str) -> String,
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
/// A name that no record holds.
const UNNAMED: &str = "(unknown)";

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

    /// The shortest text that names a session.
    pub fn session_id(id: &str, view: &View) -> Self {
        Self::toned(view.ids.of(id), Tone::Dim)
    }

    /// The beginning of a `turnId`, long enough to name one of many millions.
    pub fn turn_id(id: EventKey) -> Self {
        const DIGITS: usize = 8;
        Self::toned(&id.turn_id()[..DIGITS], Tone::Dim)
    }

    /// A name; `(unknown)` where there is none.
    pub fn named(name: Option<&str>) -> Self {
        name.map_or_else(|| Self::toned(UNNAMED, Tone::Dim), Self::plain)
    }

    /// The name of a model, which rows have by its id; `(unknown)` where there is none.
    pub fn model(provider: Option<&str>, model: Option<&str>, view: &View) -> Self {
        let name = model.map(|model| (view.model_name)(provider.unwrap_or_default(), model));
        Self::named(name.as_deref())
    }

    /// A time as short as its age allows: `09:12` today, `Mon` in the last six days, then `3w`, `5mo`, `2y`; or nothing.
    pub fn age(at: Option<i64>, view: &View) -> Self {
        let Some((at, now)) = at.map(|at| local(at, view)) else {
            return Self::empty();
        };
        let days = (now.date() - at.date()).get_days();
        Self::plain(match days {
            0 => at.strftime(&hours("%H:%M")).to_string(),
            1..7 => at.strftime("%a").to_string(),
            7..60 => format!("{}w", days / 7),
            60..365 => format!("{}mo", days / 30),
            365.. => format!("{}y", days / 365),
            _ => at.strftime("%Y-%m-%d").to_string(),
        })
    }

    /// Day and time of day, without what the reader knows: `09:12`, `Mon 09:12`, `11-03 09:12`, `2025-11-03 09:12`.
    pub fn moment(at: i64, view: &View) -> Self {
        let (at, now) = local(at, view);
        let format = match (now.date() - at.date()).get_days() {
            0 => "%H:%M",
            1..7 => "%a %H:%M",
            _ if at.year() == now.year() => "%m-%d %H:%M",
            _ => "%Y-%m-%d %H:%M",
        };
        Self::plain(at.strftime(&hours(format)).to_string())
    }

    /// An instant as `2026-11-20 18:00` in the reader's zone, or nothing.
    pub fn time(at: Option<i64>, view: &View) -> Self {
        let Some(at) = at else { return Self::empty() };
        let at = Time(at).timestamp().to_zoned(view.zone.clone());
        Self::plain(at.strftime(&hours("%Y-%m-%d %H:%M")).to_string())
    }
}

/// A time and the reader's now, both in the reader's zone.
fn local(at: i64, view: &View) -> (DateTime, DateTime) {
    let zoned = |at| view.zone.to_datetime(Time(at).timestamp());
    (zoned(at), zoned(view.now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_short_as_their_age_allows() {
        // 2026-11-20 18:00 UTC, a Friday; 19:00 in Berlin.
        let view = View {
            zone: TimeZone::get("Europe/Berlin").expect("a zone"),
            now: 1_795_197_600_000,
            home: String::new(),
            ids: Arc::default(),
            model_name: |_, model| model.to_owned(),
        };
        let at = |text: &str| text.parse::<jiff::Timestamp>().expect("an instant").as_millisecond();
        for (instant, age, moment) in [
            ("2026-11-20T08:12:00Z", "09:12", "09:12"),
            ("2026-11-19T23:30:00Z", "00:30", "00:30"),
            ("2026-11-19T22:30:00Z", "Thu", "Thu 23:30"),
            ("2026-11-14T12:00:00Z", "Sat", "Sat 13:00"),
            ("2026-11-13T12:00:00Z", "1w", "11-13 13:00"),
            ("2026-10-30T12:00:00Z", "3w", "10-30 13:00"),
            ("2026-06-20T12:00:00Z", "5mo", "06-20 14:00"),
            ("2025-11-03T12:00:00Z", "1y", "2025-11-03 13:00"),
            ("2026-11-22T12:00:00Z", "2026-11-22", "11-22 13:00"),
        ] {
            assert_eq!(&*Cell::age(Some(at(instant)), &view).text, age, "{instant}");
            assert_eq!(&*Cell::moment(at(instant), &view).text, moment, "{instant}");
        }
        assert_eq!(Cell::age(None, &view), Cell::empty());
    }
}
