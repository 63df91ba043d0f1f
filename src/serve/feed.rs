//! The lines of `watch` for many readers: each line is made once, and a reader that was away catches up from the log.

use super::answers::Untitled;
use super::params::Params;
use crate::core::bad_request::BadRequest;
use crate::core::event_group::{Group, Groups};
use crate::core::event_id::tagged_id;
use crate::core::filter::TurnFilter;
use crate::core::filter_text::FilterText;
use crate::core::rows::{EventRow, EventType, Severity, StreamRow};
use crate::engine::Engine;
use crate::engine::alert_stream::AlertStream;
use crate::engine::remotes::RemoteLines;
use crate::engine::stream::is_wanted;
use crate::engine::stream_start::{begin, events_before};
use crate::ledger::LedgerState;
use crate::render::Grep;
use crate::reports::activity::Follower;
use anyhow::Result;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::Duration;

/// Lines made at a time.
const CHUNK: usize = 500;
/// Events read from the log at a time.
const MOST_EVENTS: usize = 1_000;

/// A position in the log: the last change and the last event that a reader has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    pub change: i64,
    pub event: i64,
}

/// A line, ready to be framed.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Empty for a line of another machine.
    pub id: Arc<str>,
    pub kind: &'static str,
    pub json: Arc<str>,
}

/// What a reader wants.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub groups: Groups,
    pub filter: TurnFilter,
    /// Prefixes of sessions' ids; none at all = every session.
    pub sessions: Vec<String>,
    pub grep: Grep,
}

impl Wanted {
    /// What the parameters of a request ask for, and where to begin.
    ///
    /// # Errors
    /// When a parameter is unknown or wrong.
    pub(super) fn parse(mut params: Params, engine: &Engine) -> Result<(Self, Option<String>)> {
        let mut groups = params.names::<Group>("events")?;
        if groups.is_empty() {
            groups.push(Group::Activity);
        }
        let filters = FilterText {
            agent: params.wanted("agent")?,
            provider: params.wanted("provider")?,
            model: params.wanted("model")?,
            project: params.wanted("project")?,
            grep: params.wanted("grep")?,
            ..FilterText::default()
        };
        let (sessions, since) = (params.wanted("session")?, params.text("since")?);
        params.finish()?;
        let wanted = Self {
            groups: Groups::new(&groups, false),
            filter: engine.filter(&filters)?,
            sessions,
            grep: Grep::new(&filters.grep),
        };
        Ok((wanted, since))
    }

    fn wants(&self, row: &StreamRow) -> bool {
        let has_text = || serde_json::to_value(row).is_ok_and(|row| self.grep.matches(&row));
        is_wanted(row, &self.groups, &self.filter, &self.sessions) && (self.grep.is_empty() || has_text())
    }
}

/// Lines for a reader, and where they end.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    pub lines: Vec<Line>,
    pub end: Cursor,
    /// Whether they reach the present: the next ones come by themselves.
    pub is_current: bool,
}

/// New lines, and the position of the reader that wants them.
pub(super) type ForReader = (usize, Vec<Line>);

/// Everything that readers of events share.
pub(super) struct Feed {
    follower: Follower,
    remotes: RemoteLines,
    alerts: Option<AlertStream>,
    event: i64,
    readers: FxHashMap<usize, Wanted>,
    keeps_titles: bool,
}

impl Feed {
    /// Starts after everything that is in the log.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(super) fn start(engine: &Engine, keeps_titles: bool) -> Result<Self> {
        let ledger = engine.ledger()?;
        Ok(Self {
            follower: begin(None, ledger, &engine.system)?,
            remotes: RemoteLines::start(engine)?,
            alerts: None,
            event: 0,
            readers: FxHashMap::default(),
            keeps_titles,
        })
    }

    pub(super) fn has_readers(&self) -> bool {
        !self.readers.is_empty()
    }

    pub(super) fn has_alerts(&self) -> bool {
        self.alerts.is_some()
    }

    pub(super) fn remove(&mut self, reader: usize) {
        self.readers.remove(&reader);
        if !self.readers.values().any(|wanted| wanted.groups.has_alerts()) {
            self.alerts = None;
        }
    }

    /// Adds a reader, with its first lines. `since` is an event or a time; `last` the id of the last event it has, which
    /// may be too old: then a `gap` comes first.
    ///
    /// # Errors
    /// When there is no such event or time, or alerts are asked for without a ledger.
    pub(super) fn add(
        &mut self,
        reader: usize,
        wanted: Wanted,
        since: Option<&str>,
        last: Option<&str>,
        engine: &mut Engine,
    ) -> Result<Lines> {
        if wanted.groups.has_alerts() && self.alerts.is_none() {
            let alerts = self.start_alerts(engine)?;
            self.event = alerts.cursor;
            self.alerts = Some(alerts);
        }
        let has_events = self.alerts.is_some();
        let (ledger, system) = (engine.ledger()?, &engine.system);
        let position = |since: &str| -> Result<Cursor> {
            Ok(Cursor {
                change: begin(Some(since), ledger, system)?.cursor,
                event: match has_events {
                    true => events_before(Some(since), ledger, system)?,
                    false => 0,
                },
            })
        };
        let resumed = last.map(position);
        let asked = since
            .map(position)
            .transpose()
            .map_err(|error| match error.is::<BadRequest>() {
                true => error,
                false => BadRequest::new(format!("since: {error:#}")).into(),
            })?;
        self.readers.insert(reader, wanted);
        let now = Lines {
            lines: Vec::new(),
            end: self.cursor(),
            is_current: true,
        };
        match resumed {
            Some(Ok(from)) => self.catch_up(reader, from, engine),
            Some(Err(error)) => Ok(Lines {
                lines: vec![self.gap(&error, engine.system.now)?],
                ..now
            }),
            None => asked.map_or(Ok(now), |from| self.catch_up(reader, from, engine)),
        }
    }

    /// The next lines of a reader that has those up to `from`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(super) fn catch_up(&self, reader: usize, from: Cursor, engine: &Engine) -> Result<Lines> {
        let present = self.cursor();
        let Some(wanted) = self.readers.get(&reader) else {
            return Ok(Lines {
                lines: Vec::new(),
                end: present,
                is_current: true,
            });
        };
        let mut follower = Follower::new(self.follower.ledger_id(), from.change);
        let mut rows: Vec<(Cursor, StreamRow)> = Vec::new();
        if from.change < present.change {
            let taken = follower.next(&engine.usage()?, CHUNK)?;
            let lines = taken.into_iter().map(StreamRow::from);
            rows.extend(lines.map(|row| (change_of(&row), row)));
        }
        let mut end = Cursor {
            change: follower.cursor.min(present.change).max(from.change),
            event: from.event,
        };
        let is_at_end = end.change >= present.change;
        // Without alerts nobody reads events, and the ledger may have no place for them yet.
        let logged = match self.alerts {
            Some(_) => engine.ledger()?.events_after(from.event, MOST_EVENTS)?,
            None => Vec::new(),
        };
        let is_current = is_at_end && logged.len() < MOST_EVENTS;
        for logged in logged {
            if logged.seq > present.event || !is_at_end && logged.change > end.change {
                break;
            }
            end.event = logged.seq;
            let place = Cursor {
                change: logged.change,
                event: logged.seq,
            };
            rows.push((place, logged.row.into()));
        }
        rows.sort_by_key(|(place, _)| (place.change, place.event));
        let lines = rows
            .into_iter()
            .filter(|(place, _)| place.change <= present.change)
            .map(|(_, row)| self.titled(row))
            .filter(|row| wanted.wants(row))
            .map(|row| line(&row))
            .collect::<Result<Vec<Line>>>()?;
        Ok(Lines { lines, end, is_current })
    }

    /// What is new, for each reader that wants any of it; and where it ends.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(super) fn publish(&mut self, engine: &mut Engine) -> Result<(Vec<ForReader>, Cursor)> {
        let mut rows: Vec<StreamRow> = Vec::new();
        loop {
            let before = self.follower.cursor;
            let taken = self.follower.next(&engine.usage()?, CHUNK)?;
            rows.extend(taken.into_iter().map(StreamRow::from));
            if self.follower.cursor == before {
                break;
            }
        }
        rows.retain(|row| !matches!(row, StreamRow::Activity(row) if !self.remotes.is_own(row)));
        let remote = self.remotes.next(engine)?;
        rows.extend(remote.into_iter().map(StreamRow::from));
        if let Some(alerts) = &mut self.alerts {
            let fired = alerts.next(engine, self.follower.cursor)?;
            self.event = self.event.max(alerts.cursor);
            rows.extend(fired.into_iter().map(StreamRow::from));
        }
        let mut published: FxHashMap<usize, Vec<Line>> = FxHashMap::default();
        for row in rows {
            let row = self.titled(row);
            let readers = self.readers.iter().filter(|(_, wanted)| wanted.wants(&row));
            let readers: Vec<usize> = readers.map(|(id, _)| *id).collect();
            if !readers.is_empty() {
                let line = line(&row)?;
                let mut add = |reader| published.entry(reader).or_default().push(line.clone());
                readers.into_iter().for_each(&mut add);
            }
        }
        Ok((published.into_iter().collect(), self.cursor()))
    }

    fn cursor(&self) -> Cursor {
        Cursor {
            change: self.follower.cursor,
            event: self.event,
        }
    }

    /// The line as readers may see it.
    fn titled(&self, mut row: StreamRow) -> StreamRow {
        if !self.keeps_titles {
            row.forget_titles();
        }
        row
    }

    /// A reader that was away for too long learns that lines are missing.
    fn gap(&self, error: &anyhow::Error, now: i64) -> Result<Line> {
        let message = format!("lines are missing: {error:#}");
        let row = EventRow::new(EventType::Gap, Severity::Warning, "Lines are missing", message);
        let id = tagged_id(self.follower.ledger_id(), self.follower.cursor, "gap");
        line(
            &EventRow {
                event_id: id,
                ..row.at(now)
            }
            .into(),
        )
    }

    fn start_alerts(&self, engine: &mut Engine) -> Result<AlertStream> {
        engine.require_alert_memory()?;
        let ledger = engine.ledger_mut()?;
        ledger.prepare_alerts()?;
        // Answers never wait: due alerts stay due until the next check.
        ledger.patience = Duration::ZERO;
        let has_file = matches!(ledger.standing(), LedgerState::File(_));
        let groups = Groups::new(&[Group::Session, Group::Budget, Group::Provider], false);
        let mut alerts = AlertStream::start(&groups, engine, has_file)?;
        alerts.cursor = events_before(None, engine.ledger()?, &engine.system)?;
        Ok(alerts)
    }
}

fn line(row: &StreamRow) -> Result<Line> {
    let (id, kind) = match row {
        // A place in the log of another machine is no place to go on from here.
        StreamRow::Activity(row) if row.host.is_some() => ("", row.kind),
        StreamRow::Activity(row) => (row.event_id.as_str(), row.kind),
        StreamRow::Event(row) => (row.event_id.as_str(), row.kind.name()),
    };
    Ok(Line {
        id: id.into(),
        kind,
        json: serde_json::to_string(row)?.into(),
    })
}

/// The change of an activity line, from its id.
fn change_of(row: &StreamRow) -> Cursor {
    let change = match row {
        StreamRow::Activity(row) => row
            .event_id
            .rsplit_once('.')
            .and_then(|(_, change)| change.parse().ok()),
        StreamRow::Event(_) => None,
    };
    Cursor {
        change: change.unwrap_or(0),
        event: 0,
    }
}
