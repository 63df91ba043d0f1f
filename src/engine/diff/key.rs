//! Keys: which turns of the ledger belong to which line of a file.

use super::model_key::model_key;
use super::ours::SLOT_MS;
use super::statement::{Level, Line, Statement};
use crate::agents::shared::live::program::is_uuid;
use crate::core::period::{Calendar, Unit};
use crate::core::rows::Text;
use crate::core::time::Time;
use crate::ledger::merge::PackKey;
use crate::ledger::pack::PackEntry;
use crate::reports::{SessionView, Sessions, Usage};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

/// What a line is about, in an order for rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub date: Option<Date>,
    pub session: Option<Text>,
    pub agent: Option<Text>,
    /// A [`model_key`].
    pub model: Option<Text>,
}

/// Finds the key of turns.
pub(super) struct Grouping<'s> {
    statement: &'s Statement,
    zone: &'s TimeZone,
    calendar: Calendar<'s>,
    /// A line's date, for weeks.
    anchor: Option<Date>,
    /// The line date of each day, by its start.
    dates: FxHashMap<i64, Date>,
    models: FxHashMap<u32, Text>,
    /// How the ledger spells a model, by its key.
    names: FxHashMap<Text, Text>,
    /// The file's sessions by the ids that they may have here.
    sessions: FxHashMap<String, Text>,
    /// By row.
    found: FxHashMap<i64, Text>,
    /// Everything but the date, numbered.
    others: FxHashMap<Key, u32>,
}

impl<'s> Grouping<'s> {
    pub(super) fn new(statement: &'s Statement, zone: &'s TimeZone) -> Self {
        let mut sessions = FxHashMap::default();
        for subject in statement.lines.iter().filter_map(|line| line.session.as_deref()) {
            for id in ids_in(subject) {
                sessions.insert(id.to_owned(), Text::from(subject));
            }
        }
        Self {
            statement,
            zone,
            calendar: Calendar::new(zone),
            anchor: statement.lines.iter().find_map(|line| line.date),
            dates: FxHashMap::default(),
            models: FxHashMap::default(),
            names: FxHashMap::default(),
            sessions,
            found: FxHashMap::default(),
            others: FxHashMap::default(),
        }
    }

    /// The key of a line of the file.
    pub(super) fn of_line(&self, line: &Line) -> Key {
        Key {
            date: line.date.map(|date| self.first_of(date)),
            session: line.session.as_deref().map(Text::from),
            agent: line
                .agent
                .as_deref()
                .filter(|_| self.statement.has_agents)
                .map(Text::from),
            model: line.model.as_deref().map(|model| model_key(model).into()),
        }
    }

    /// The key of a turn and, where days may be those of another zone, its slot.
    pub(super) fn of(
        &mut self,
        usage: &Usage<'_>,
        sessions: &Sessions,
        pack: PackKey,
        entry: &PackEntry,
    ) -> (Key, Option<(i64, u32)>) {
        let has_models = self.statement.has_models;
        let other = Key {
            date: None,
            session: (self.statement.level == Level::Session).then(|| self.session(sessions, pack.session)),
            agent: self.statement.has_agents.then(|| usage.agent_id(pack.agent)),
            model: has_models.then(|| self.model(usage, entry.model)),
        };
        let is_dated = matches!(self.statement.level, Level::Day | Level::Week | Level::Month);
        if !is_dated {
            return (other, None);
        }
        let date = self.date(entry.numbers.timestamp);
        let next = u32::try_from(self.others.len()).unwrap_or(u32::MAX);
        let number = *self.others.entry(other.clone()).or_insert(next);
        let slot = (!self.statement.is_utc).then(|| (entry.numbers.timestamp.div_euclid(SLOT_MS), number));
        let date = Some(date);
        (Key { date, ..other }, slot)
    }

    /// Keys without dates, by number.
    pub(super) fn others(&self) -> impl Iterator<Item = (&Key, u32)> {
        self.others.iter().map(|(key, number)| (key, *number))
    }

    /// The first day of the line that a day belongs to.
    pub(super) fn first_of(&self, date: Date) -> Date {
        match (self.statement.level, self.anchor) {
            (Level::Month, _) => date.first_of_month(),
            (Level::Week, Some(anchor)) => {
                let days = (date - anchor).get_days().rem_euclid(7);
                date.saturating_sub(days.days())
            }
            _ => date,
        }
    }

    /// The day after the last one of a line.
    pub(super) fn next_after(&self, first: Date) -> Date {
        match self.statement.level {
            Level::Month => first.saturating_add(1.month()),
            Level::Week => first.saturating_add(7.days()),
            _ => first.saturating_add(1.day()),
        }
    }

    fn date(&mut self, at: i64) -> Date {
        let start = self.calendar.period(Unit::Day, at).start;
        if let Some(date) = self.dates.get(&start) {
            return *date;
        }
        let day = self.zone.to_datetime(Time(start).timestamp()).date();
        let first = self.first_of(day);
        self.dates.insert(start, first);
        first
    }

    fn model(&mut self, usage: &Usage<'_>, row: u32) -> Text {
        if let Some(key) = self.models.get(&row) {
            return key.clone();
        }
        let name = usage.models().of(row).model.clone();
        let key = Text::from(model_key(name.as_deref().unwrap_or_default()));
        self.names.extend(name.map(|name| (key.clone(), name)));
        self.models.insert(row, key.clone());
        key
    }

    /// How the ledger spells the model of a key.
    pub(super) fn model_name(&self, key: &Key) -> Option<Text> {
        self.names.get(key.model.as_ref()?).cloned()
    }

    /// The file's name of a session, or of the nearest one above it: ccusage adds subagents to the session that started
    /// them. Its own id where the file has none of them.
    fn session(&mut self, sessions: &Sessions, row: i64) -> Text {
        /// Subagents start subagents so many times at most.
        const MOST_GENERATIONS: usize = 64;
        if let Some(found) = self.found.get(&row) {
            return found.clone();
        }
        let own = sessions.of(row);
        let above = std::iter::successors(own, |session: &&SessionView| sessions.parent_of(session));
        let found = above
            .take(MOST_GENERATIONS)
            .find_map(|session| self.sessions.get(&*session.id).cloned())
            .or_else(|| own.map(|session| session.id.clone()))
            .unwrap_or_else(|| Text::from(""));
        self.found.insert(row, found.clone());
        found
    }

    /// The ledger's id of a session that the file names.
    pub(super) fn session_id(&self, subject: &str) -> Option<Text> {
        let ids = ids_in(subject);
        ids.last().map(|id| Text::from(*id))
    }
}

/// The ids that the name of a session may hold: itself, its last part (`2026/11/29/rollout-…`), the UUID at its end.
fn ids_in(subject: &str) -> Vec<&str> {
    const UUID: usize = 36;
    let last = subject.rsplit('/').next().unwrap_or(subject);
    let uuid = last.len().checked_sub(UUID).and_then(|at| last.get(at..));
    let mut ids = vec![subject, last];
    ids.extend(uuid.filter(|text| is_uuid(text)));
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_session_holds_its_id() {
        let uuid = "01a225cd-cc2b-7f40-ae3c-2eacc64c0010";
        let rollout = format!("2026/11/29/rollout-2026-11-29T05-36-13-{uuid}");
        assert_eq!(ids_in(&rollout).last(), Some(&uuid));
        assert_eq!(ids_in(uuid), [uuid]);
        assert_eq!(ids_in("ses_1"), ["ses_1"]);
        assert_eq!(ids_in("né/ses_é"), ["né/ses_é", "ses_é"]);
    }
}
