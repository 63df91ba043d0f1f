//! Lines about the stream itself: a sign of life, and that a reader was away.

use crate::core::event_id::tagged_id;
use crate::core::rows::{EventRow, EventType, Severity};
use crate::reports::activity::{Follower, Taken};
use std::time::{Duration, Instant};

/// A line that takes longer to be read has a reader that was away.
const STALL: Duration = Duration::from_secs(1);

/// Beats every so often.
pub struct Heartbeat {
    every: Duration,
    last: Instant,
    began: Instant,
}

impl Heartbeat {
    pub const USUAL: Duration = Duration::from_secs(30);

    pub fn new(every: Duration) -> Self {
        let now = Instant::now();
        Self {
            every,
            last: now,
            began: now,
        }
    }

    /// One line, however many beats were missed; `now` in epoch milliseconds.
    pub fn beat(&mut self, follower: &Follower, now: i64) -> Option<EventRow> {
        if self.last.elapsed() < self.every {
            return None;
        }
        self.last = Instant::now();
        let alive = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let event = EventRow::new(
            EventType::Heartbeat,
            Severity::Info,
            "Still watching",
            format!("for {} s", alive / 1000),
        );
        Some(EventRow {
            event_id: tagged_id(follower.ledger_id(), follower.cursor, format_args!("h{now}")),
            ..event.at(now).with(&[("uptimeMs", alive.into())])
        })
    }
}

/// Notices that a line took long to be taken.
#[derive(Default)]
pub struct Stall {
    handed_at: Option<Instant>,
    lasted: Option<Duration>,
}

impl Stall {
    /// A line was handed out.
    pub fn handed(&mut self) {
        self.handed_at = Some(Instant::now());
    }

    /// The next one is asked for.
    pub fn taken(&mut self) {
        let took = self.handed_at.take().map(|at| at.elapsed());
        if let Some(took) = took.filter(|took| *took >= STALL) {
            self.lasted = Some(self.lasted.unwrap_or_default() + took);
        }
    }

    pub fn is_on(&self) -> bool {
        self.lasted.is_some()
    }

    pub fn over(&mut self) {
        self.lasted = None;
    }

    /// The line before combined lines, if there are any. Its id is where to resume, because only all combined lines
    /// together cover everything up to the last id.
    pub fn gap(&self, taken: &Taken, ledger_id: &str, before: i64) -> Option<EventRow> {
        let lines = taken.rows.len();
        if lines >= taken.changes {
            return None;
        }
        let lasted = self.lasted.unwrap_or_default().as_millis();
        let event = EventRow::new(
            EventType::Gap,
            Severity::Info,
            "Reader fell behind",
            format!("{} steps are combined into {lines} lines", taken.changes),
        );
        Some(EventRow {
            event_id: tagged_id(ledger_id, before, "gap"),
            ..event.with(&[
                ("changes", taken.changes.into()),
                ("lines", lines.into()),
                ("stalledMs", u64::try_from(lasted).unwrap_or(u64::MAX).into()),
            ])
        })
    }
}
