//! Alerts in the ledger: their states, the event log, and pending deliveries.

use super::{Ledger, LedgerState, schema};
use crate::core::alert::{Decision, States};
use crate::core::event_id::tagged_id;
use crate::core::project::is_below;
use crate::core::rows::EventRow;
use crate::ledger::forget::Erase;
use anyhow::{Context, Result, anyhow};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::time::Duration;

/// Made when they are first needed: ledgers are older than alerts.
const TABLES: &str = "
create table if not exists event (seq integer primary key autoincrement, at integer not null, change integer not null,
    agent text, session text, project text, body text not null);
create table if not exists delivery (event integer not null, sink text not null, attempts integer not null,
    due_at integer not null, claimed_until integer not null, primary key (event, sink)) without rowid;
";
/// How long delivered events are kept for `watch --since`.
const EVENTS_KEPT_MS: i64 = super::commit::CHANGES_KEPT_MS;
/// How long one process may take to deliver an event before another one tries.
const CLAIM_MS: i64 = 120_000;
/// How long another process may write before alerts give up; a first sync of much writes for seconds.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// An event of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedEvent {
    pub seq: i64,
    /// The number of the last change of turns before it.
    pub change: i64,
    pub row: EventRow,
}

/// An event that this process is to deliver to a sink.
#[derive(Debug)]
pub struct Claimed {
    pub seq: i64,
    pub row: EventRow,
    /// How often it was tried before.
    pub attempts: u32,
}

impl Ledger {
    /// Makes sure that alerts can be remembered.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn prepare_alerts(&mut self) -> Result<()> {
        if self.connection.is_none()
            && let LedgerState::File(path) = &self.standing
        {
            schema::create(path, |_| Ok(()))?;
            self.reload()?;
        }
        let connection = self.alerts()?;
        connection
            .execute_batch(TABLES)
            .context("could not save alert state in the ledger")
    }

    fn alerts(&mut self) -> Result<&mut Connection> {
        let connection = self.connection.as_mut();
        let connection = connection.ok_or_else(|| anyhow!("alert state needs a ledger"))?;
        // Syncs set it to nothing.
        connection.busy_timeout(self.patience)?;
        Ok(connection)
    }

    /// Whether an error means that another process is writing: it passes.
    pub fn is_busy(error: &anyhow::Error) -> bool {
        let is_it = |cause: &(dyn std::error::Error + 'static)| {
            cause.downcast_ref::<rusqlite::Error>().is_some_and(schema::is_busy)
        };
        error.chain().any(is_it)
    }

    /// The states of alerts; an unreadable state counts as missing.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn alert_states(&self) -> Result<States> {
        match &self.connection {
            Some(connection) => Ok(states(connection)?),
            None => Ok(States::new()),
        }
    }

    /// Decides which alerts fire and stores the outcome in one transaction, so that only one of several processes
    /// reports an alert. `sinks` names where an event goes. Returns the events with their ids.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn fire(
        &mut self,
        now: i64,
        decide: impl Fn(&States) -> Decision,
        sinks: impl Fn(&EventRow) -> Vec<String>,
    ) -> Result<Vec<EventRow>> {
        if decide(&self.alert_states()?).changed_nothing() {
            return Ok(Vec::new());
        }
        let id = self.id()?.unwrap_or_default();
        let transaction = self
            .alerts()?
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut decision = decide(&states(&transaction)?);
        for (key, state) in &decision.changed {
            match state {
                Some(state) => transaction
                    .prepare_cached("insert or replace into alert (id, state, at) values (?1, ?2, ?3)")?
                    .execute(params![key, serde_json::to_string(state)?, now])?,
                None => transaction
                    .prepare_cached("delete from alert where id = ?1")?
                    .execute([key])?,
            };
        }
        let change = last_change(&transaction)?;
        for event in &mut decision.events {
            let seq = log(&transaction, event, change)?;
            for sink in sinks(event) {
                transaction
                    .prepare_cached("insert or ignore into delivery values (?1, ?2, 0, ?3, 0)")?
                    .execute(params![seq, sink, now])?;
            }
            event.event_id = tagged_id(&id, change, seq);
        }
        if !decision.events.is_empty() {
            transaction.execute(
                "delete from event where at < ?1 and seq not in (select event from delivery)",
                [now - EVENTS_KEPT_MS],
            )?;
        }
        transaction
            .commit()
            .context("could not save alert state in the ledger")?;
        Ok(decision.events)
    }

    /// Logged events after a number, oldest first, at most so many.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn events_after(&self, seq: i64, most: usize) -> Result<Vec<LoggedEvent>> {
        let Some(connection) = &self.connection else {
            return Ok(Vec::new());
        };
        let id = self.id()?.unwrap_or_default();
        let mut statement =
            connection.prepare_cached("select seq, change, body from event where seq > ?1 order by seq limit ?2")?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = statement.query_map([seq, most], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut events = Vec::new();
        for found in found {
            let (seq, change, body): (i64, i64, String) = found?;
            let mut row: EventRow = serde_json::from_str(&body)?;
            row.event_id = tagged_id(&id, change, seq);
            events.push(LoggedEvent { seq, change, row });
        }
        Ok(events)
    }

    /// The number after which the events come that followed a change, or a time: the last one before.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_event_before(&self, change: Option<i64>, at: Option<i64>) -> Result<i64> {
        let Some(connection) = &self.connection else {
            return Ok(0);
        };
        let query = "select max(seq) from event where (?1 is null or change < ?1) and (?2 is null or at < ?2)";
        let seq: Option<i64> = connection.query_row(query, params![change, at], |row| row.get(0))?;
        Ok(seq.unwrap_or(0))
    }

    /// Takes the oldest event after a number that is to go to a sink, so that no other process delivers it at the same
    /// time. With `is_patient` one that failed lately has to wait.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn claim(&mut self, sink: &str, after: i64, now: i64, is_patient: bool) -> Result<Option<Claimed>> {
        let id = self.id()?.unwrap_or_default();
        let query = "select event, attempts, change, body from delivery join event on seq = event
            where sink = ?1 and claimed_until <= ?2 and (due_at <= ?2 or not ?3) and event > ?4 order by event limit 1";
        let find = |connection: &Connection| {
            connection
                .prepare_cached(query)?
                .query_row(params![sink, now, is_patient, after], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
                })
                .optional()
        };
        let connection = self.alerts()?;
        if find(connection)?.is_none() {
            return Ok(None);
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some((seq, attempts, change, body)) = find(&transaction)? else {
            return Ok(None);
        };
        transaction.execute(
            "update delivery set claimed_until = ?3 where event = ?1 and sink = ?2",
            params![seq, sink, now + CLAIM_MS],
        )?;
        transaction.commit()?;
        let mut row: EventRow = serde_json::from_str(&body)?;
        row.event_id = tagged_id(&id, change, seq);
        Ok(Some(Claimed { seq, row, attempts }))
    }

    /// A claimed event was delivered, or is no longer wanted.
    ///
    /// # Errors
    /// When the ledger cannot be written: it is delivered once more.
    pub fn set_delivered(&mut self, claimed: &Claimed, sink: &str) -> Result<()> {
        self.alerts()?.execute(
            "delete from delivery where event = ?1 and sink = ?2",
            params![claimed.seq, sink],
        )?;
        Ok(())
    }

    /// A claimed event could not be delivered; it is tried again then (epoch milliseconds). `is_attempt` is false when
    /// it was not even tried.
    ///
    /// # Errors
    /// When the ledger cannot be written: it is tried again when the claim is over.
    pub fn set_undelivered(&mut self, claimed: &Claimed, sink: &str, due_at: i64, is_attempt: bool) -> Result<()> {
        self.alerts()?.execute(
            "update delivery set attempts = attempts + ?3, due_at = ?4, claimed_until = 0 where event = ?1 and sink = ?2",
            params![claimed.seq, sink, is_attempt, due_at],
        )?;
        Ok(())
    }

    /// Drops deliveries that are older than the event log. Returns their number by sink.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn give_up(&mut self, now: i64) -> Result<Vec<(String, i64)>> {
        let which = "claimed_until <= ?1 and event in (select seq from event where at < ?2)";
        let times = [now, now - EVENTS_KEPT_MS];
        let connection = self.alerts()?;
        let count = format!("select sink, count(*) from delivery where {which} group by sink order by sink");
        let given_up: Vec<(String, i64)> = {
            let mut statement = connection.prepare_cached(&count)?;
            let rows = statement.query_map(times, |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<_>>()?
        };
        if !given_up.is_empty() {
            connection.execute(&format!("delete from delivery where {which}"), times)?;
        }
        Ok(given_up)
    }

    /// Which turns were erased: how often, and up to when. Spending that falls with it did not fall by a correction.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn erasures(&self) -> Result<(i64, i64)> {
        let Some(connection) = &self.connection else {
            return Ok((0, 0));
        };
        let query = "select count(*), coalesce(max(before), 0) from forgotten";
        Ok(connection.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }
}

fn states(connection: &Connection) -> rusqlite::Result<States> {
    let mut statement = connection.prepare_cached("select id, state from alert")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut states = States::new();
    for row in rows {
        let (key, state) = row?;
        if let Ok(state) = serde_json::from_str(&state) {
            states.insert(key, state);
        }
    }
    Ok(states)
}

fn log(connection: &Connection, event: &EventRow, change: i64) -> Result<i64> {
    connection
        .prepare_cached(
            "insert into event (at, change, agent, session, project, body) values (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            event.timestamp,
            change,
            event.agent_id.as_deref(),
            event.session_id.as_deref(),
            event.project_path.as_deref(),
            serde_json::to_string(event)?,
        ])?;
    Ok(connection.last_insert_rowid())
}

fn last_change(connection: &Connection) -> rusqlite::Result<i64> {
    let last = connection
        .prepare_cached("select seq from sqlite_sequence where name = 'change'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(0))
}

/// Erases events and states of sessions that the user erased.
pub(super) fn erase(connection: &Connection, erase: &Erase) -> Result<()> {
    connection.execute_batch(TABLES)?;
    match erase {
        Erase::Session { agent_id, session_id } => {
            connection.execute(
                "delete from event where agent = ?1 and session = ?2",
                [agent_id, session_id],
            )?;
            connection.execute(
                "delete from alert where id = ?1",
                [format!("session/{agent_id}/{session_id}")],
            )?;
        }
        Erase::Project(folder) => {
            let projects: Vec<String> = {
                let mut statement =
                    connection.prepare("select distinct project from event where project is not null")?;
                let rows = statement.query_map([], |row| row.get(0))?;
                rows.collect::<rusqlite::Result<_>>()?
            };
            for project in projects.iter().filter(|project| is_below(project, folder)) {
                connection.execute(
                    "delete from alert where id in (select 'session/' || agent || '/' || session from event where project = ?1)",
                    [project],
                )?;
                connection.execute("delete from event where project = ?1", [project])?;
            }
        }
        Erase::Before(time) => {
            connection.execute("delete from event where at < ?1", [time])?;
        }
    }
    connection.execute("delete from delivery where event not in (select seq from event)", [])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::alert::{AppFact, Facts, Rules, decide};
    use crate::core::budget::Thresholds;
    use crate::core::rows::EventType;
    use crate::system::{Os, System};

    const NOW: i64 = 1_795_197_600_000;

    fn open(home: &std::path::Path) -> Ledger {
        let mut ledger = Ledger::open(&System::new(Os::Linux, home, Default::default())).expect("opens");
        ledger.prepare_alerts().expect("prepared");
        ledger
    }

    fn start(ledger: &mut Ledger, version: &str, now: i64) -> Vec<EventRow> {
        let facts = Facts {
            now,
            app: Some(AppFact {
                version: version.to_owned(),
                is_starting: false,
            }),
            ..Facts::default()
        };
        let rules = Rules {
            thresholds: Thresholds {
                warning: 80.0,
                critical: 95.0,
            },
            idle_ms: 0,
            basis: String::new(),
        };
        let sinks = |_: &EventRow| vec!["a".to_owned(), "b".to_owned()];
        ledger
            .fire(now, |states| decide(&facts, &rules, states), sinks)
            .expect("fired")
    }

    #[test]
    fn of_two_processes_that_race_one_tells_it() {
        let home = tempfile::tempdir().expect("a folder");
        drop(open(home.path()));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let home = home.path().to_owned();
                std::thread::spawn(move || start(&mut open(&home), "1.0.0", NOW).len())
            })
            .collect();
        let fired: usize = threads.into_iter().map(|thread| thread.join().expect("ends")).sum();
        assert_eq!(fired, 1);
        let ledger = open(home.path());
        let logged = ledger.events_after(0, 10).expect("readable");
        assert_eq!((logged.len(), logged[0].row.kind), (1, EventType::AppStarted));
        let id = ledger.id().expect("readable").expect("an id");
        assert_eq!(logged[0].row.event_id, format!("{id}.0.1"));
    }

    #[test]
    fn each_sink_gets_an_event_until_it_has_it() {
        let home = tempfile::tempdir().expect("a folder");
        let (mut one, mut other) = (open(home.path()), open(home.path()));
        start(&mut one, "1.0.0", NOW);
        let claimed = one.claim("a", 0, NOW, false).expect("readable").expect("an event");
        assert!(other.claim("a", 0, NOW, false).expect("readable").is_none(), "claimed");
        assert!(other.claim("b", 0, NOW, false).expect("readable").is_some());
        one.set_undelivered(&claimed, "a", NOW + 5_000, true).expect("written");
        assert!(
            other.claim("a", 0, NOW, true).expect("readable").is_none(),
            "it has to wait"
        );
        let again = other.claim("a", 0, NOW, false).expect("readable").expect("again");
        assert_eq!((again.seq, again.attempts), (claimed.seq, 1));
        other.set_delivered(&again, "a").expect("written");
        assert!(one.claim("a", 0, NOW + CLAIM_MS, false).expect("readable").is_none());
        // The one that took it for the other sink was killed.
        assert!(one.claim("b", 0, NOW + CLAIM_MS, false).expect("readable").is_some());
    }

    #[test]
    fn who_cannot_wait_is_told_that_another_process_writes() {
        let home = tempfile::tempdir().expect("a folder");
        let (mut one, mut other) = (open(home.path()), open(home.path()));
        let writing = one.alerts().expect("a ledger");
        let writing = writing
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .expect("begun");
        other.patience = Duration::ZERO;
        let fired = other.fire(
            NOW,
            |_| Decision {
                events: vec![EventRow::new(
                    EventType::Heartbeat,
                    crate::core::rows::Severity::Info,
                    "t",
                    "m",
                )],
                ..Decision::default()
            },
            |_| Vec::new(),
        );
        assert!(Ledger::is_busy(&fired.expect_err("busy")));
        drop(writing);
    }

    #[test]
    fn what_was_not_delivered_outlives_the_log() {
        let home = tempfile::tempdir().expect("a folder");
        let mut ledger = open(home.path());
        start(&mut ledger, "1.0.0", NOW);
        let later = NOW + 2 * EVENTS_KEPT_MS;
        start(&mut ledger, "2.0.0", later);
        assert_eq!(ledger.events_after(0, 10).expect("readable").len(), 2);
        // One is too old by now, for both sinks; the log keeps it until the next event.
        let given_up = ledger.give_up(later).expect("given up");
        assert_eq!(given_up, [("a".to_owned(), 1), ("b".to_owned(), 1)]);
        assert_eq!(ledger.give_up(later).expect("given up"), []);
        while let Some(claimed) = ledger.claim("a", 0, later, false).expect("readable") {
            ledger.set_delivered(&claimed, "a").expect("written");
        }
        start(&mut ledger, "3.0.0", later);
        let kinds: Vec<_> = ledger
            .events_after(0, 10)
            .expect("readable")
            .into_iter()
            .map(|event| event.row.kind)
            .collect();
        assert_eq!(kinds, [EventType::AppUpdated, EventType::AppUpdated]);
    }

    #[test]
    fn erasing_reaches_the_log() {
        let mut ledger = Ledger::in_memory().expect("a ledger");
        ledger.prepare_alerts().expect("prepared");
        start(&mut ledger, "1.0.0", NOW);
        ledger.forget(&Erase::Before(NOW)).expect("erased");
        assert_eq!(ledger.events_after(0, 10).expect("readable").len(), 1);
        let before = ledger.erasures().expect("readable");
        ledger.forget(&Erase::Before(NOW + 1)).expect("erased");
        assert_eq!(ledger.events_after(0, 10).expect("readable").len(), 0);
        assert!(ledger.claim("a", 0, NOW, false).expect("readable").is_none());
        assert_ne!(ledger.erasures().expect("readable"), before);
    }
}
