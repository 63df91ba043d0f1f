//! Segments: the values a bar can show, one line each in [`SEGMENTS`]. A segment without a value is left out.

use super::facts::{self, GROUPS};
use super::{Icons, Level, Part, Piece};
use crate::core::budget::Every;
use crate::core::snapshot::{Snapshot, Span};
use crate::render::text::cut_end;
use crate::render::{Tone, number};

/// A title in a bar takes at most so many columns.
const TITLE_WIDTH: usize = 32;

/// A segment of a bar.
pub struct Segment {
    pub name: &'static str,
    pub about: &'static str,
    make: fn(&Snapshot, i64, Icons) -> Option<Said>,
}

/// The text of a segment.
struct Said {
    pieces: Vec<(String, Tone)>,
    level: Level,
}

impl Said {
    /// In the color of its level.
    fn new(text: String, level: Level) -> Option<Self> {
        Some(Self {
            pieces: vec![(text, level.tone())],
            level,
        })
    }
}

pub static SEGMENTS: &[Segment] = &[
    Segment {
        name: "today",
        about: "Cost of today",
        make: |snapshot, now, icons| span(snapshot, &snapshot.today, "today", Every::Day, now, icons),
    },
    Segment {
        name: "week",
        about: "Cost of this week, since Monday",
        make: |snapshot, now, icons| span(snapshot, &snapshot.week, "week", Every::Week, now, icons),
    },
    Segment {
        name: "month",
        about: "Cost of this month",
        make: |snapshot, now, icons| span(snapshot, &snapshot.month, "month", Every::Month, now, icons),
    },
    Segment {
        name: "session",
        about: "The most recent session and its cost",
        make: |snapshot, _, icons| {
            let latest = snapshot.session.as_ref()?;
            let name = latest.name.as_deref().unwrap_or(&latest.id);
            let cost = facts::money(latest.cost, icons);
            Said::new(format!("{} {cost}", title(name, icons)), Level::Ok)
        },
    },
    Segment {
        name: "model",
        about: "The most recent model",
        make: |snapshot, _, icons| {
            let model = snapshot.session.as_ref()?.model.as_deref()?;
            Said::new(title(model, icons), Level::Ok)
        },
    },
    Segment {
        name: "limit",
        about: "The plan limit with the highest usage",
        make: limit,
    },
    Segment {
        name: "burn",
        about: "Tokens per minute, dollars per hour, and a sparkline of the last hour",
        make: burn,
    },
    Segment {
        name: "status",
        about: "Agents by status: asking, active, thinking, failed, idle, stale",
        make: |snapshot, _, _| status(snapshot),
    },
    Segment {
        name: "waiting",
        about: "Sessions that wait for you",
        make: |snapshot, _, icons| {
            let waiting = facts::waiting(snapshot);
            let first = waiting.first()?;
            let name = first.name.as_deref().unwrap_or(&first.agent);
            Said::new(
                format!("{} waiting: {}", waiting.len(), title(name, icons)),
                Level::Warn,
            )
        },
    },
    Segment {
        name: "budget",
        about: "The budget with the highest usage",
        make: |snapshot, now, icons| {
            let budget = facts::tightest(snapshot, now)?;
            let percent = number::percent(budget.used_percent.map(f64::round));
            let pie = icons.pie(budget.used_percent.unwrap_or(0.0));
            let text = format!("{pie}{} {}", title(&budget.id, icons), icons.words(percent));
            Said::new(text, facts::level_of(budget.level))
        },
    },
];

impl Segment {
    pub fn find(name: &str) -> Option<&'static Self> {
        SEGMENTS.iter().find(|segment| segment.name == name)
    }

    /// `None` without a value.
    pub fn part(&self, snapshot: &Snapshot, now: i64, icons: Icons) -> Option<Part> {
        let segment = (self.make)(snapshot, now, icons)?;
        let icon = icons.of(self.name);
        let mut pieces: Vec<Piece> = Vec::new();
        if !icon.is_empty() {
            pieces.push(Piece::new(icon, segment.level.tone()));
        }
        pieces.extend(segment.pieces.iter().map(|(text, tone)| Piece::new(text, *tone)));
        Some(Part {
            name: self.name,
            pieces,
            level: segment.level,
        })
    }
}

fn title(words: &str, icons: Icons) -> String {
    icons.words(cut_end(&crate::render::text::plain(words), TITLE_WIDTH).into_owned())
}

fn span(snapshot: &Snapshot, span: &Span, word: &str, every: Every, now: i64, icons: Icons) -> Option<Said> {
    let text = format!("{} {word}", facts::spent(span, now, icons));
    Said::new(text, facts::span_level(snapshot, every, now))
}

fn limit(snapshot: &Snapshot, now: i64, icons: Icons) -> Option<Said> {
    let limit = facts::fullest(snapshot, now)?;
    let percent = number::percent(Some(limit.used_percent.round()));
    let level = facts::limit_level(snapshot, limit.used_percent);
    // The reset time matters only near the limit, or where the limit comes first.
    let resets = limit.resets_at.filter(|_| level > Level::Ok);
    let end = match (limit.runs_out_at(now), resets) {
        (Some(at), _) => format!(", out in {}", number::duration(at - now)),
        (None, Some(at)) => format!(", {} left", number::duration(at - now)),
        (None, None) => String::new(),
    };
    let pie = icons.pie(limit.used_percent);
    Said::new(
        format!("{pie}{} {} {percent}{end}", facts::short(&limit.name), limit.label),
        level,
    )
}

fn burn(snapshot: &Snapshot, now: i64, icons: Icons) -> Option<Said> {
    // Sums of an earlier hour do not describe the last one.
    if !snapshot.is_burning(now) || snapshot.burn.hour.iter().all(|tokens| *tokens == 0) {
        return None;
    }
    let tokens = number::tokens(Some(snapshot.burn.tokens_per_minute()));
    let cost = facts::money(snapshot.burn.cost_per_hour(), icons);
    let spark = icons.spark(&snapshot.burn.hour);
    Said::new(format!("{tokens}/min {cost}/h {spark}"), Level::Ok)
}

fn status(snapshot: &Snapshot) -> Option<Said> {
    let mut pieces: Vec<(String, Tone)> = Vec::new();
    let mut level = Level::Ok;
    for group in GROUPS {
        let count = group.of(snapshot).count();
        if count == 0 {
            continue;
        }
        let space = if pieces.is_empty() { "" } else { " " };
        pieces.push((format!("{space}{}{count}", group.letter), group.tone));
        level = level.max(match group.tone {
            Tone::Critical => Level::Crit,
            Tone::Warning => Level::Warn,
            _ => Level::Ok,
        });
    }
    (!pieces.is_empty()).then_some(Said { pieces, level })
}
