//! A plugin as an agent: one source, whose rows get identities that survive every further read.

use super::parent::{Called, row_value};
use super::plugin::{Failure, Plugin};
use super::rows::{self, Row};
use super::walk::walk;
use crate::agents::shared::live::program::Program;
use crate::agents::{About, Agent, Batch, Bookmark, Found, Root, Scope, Source, programs};
use crate::core::money::Money;
use crate::core::numbers::Numbers;
use crate::core::problem::Problem;
use crate::core::tokens::Tokens;
use crate::core::turn::{Accuracy, EventKey, Presence, Project, Rank, RecordKey, SessionInfo, Title, Turn};
use crate::system::System;
use crate::system::files::Stamp;
use anyhow::{Result, anyhow};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::xxh3_64;

/// What its rows do not hold.
const LIMITS: [&str; 1] = ["read by a plugin: no message ids and no number of requests"];

/// How long a report waits for all agent plugins of a run together: they work side by side.
const REPORT_WAIT: Duration = Duration::from_secs(3);
/// What runs in the background, or looks for faults, waits longer.
const CHECK_WAIT: Duration = Duration::from_secs(10);
/// What is started for its own sake waits as long as plugins may take.
const SYNC_WAIT: Duration = Duration::from_secs(90);
/// Kept for each read, when the wait is used up, and for a plugin that was late the last time.
const LEAST_WAIT: Duration = Duration::from_millis(20);

/// How long is waited for agent plugins.
#[derive(Debug)]
pub struct Patience {
    left: Cell<Duration>,
    /// A plugin that was late the last time is not waited for again.
    heeds_late: bool,
}

impl Patience {
    /// A report goes without what comes late; a stream goes on, and takes it in later.
    pub fn of_report() -> Self {
        Self {
            left: Cell::new(REPORT_WAIT),
            heeds_late: true,
        }
    }

    pub fn of_check() -> Self {
        Self {
            left: Cell::new(CHECK_WAIT),
            heeds_late: true,
        }
    }

    pub fn of_sync() -> Self {
        Self {
            left: Cell::new(SYNC_WAIT),
            heeds_late: false,
        }
    }

    fn wait<T>(&self, answer: &Receiver<T>, was_late: bool) -> Result<T, RecvTimeoutError> {
        if was_late && self.heeds_late {
            return answer.recv_timeout(LEAST_WAIT);
        }
        let began = Instant::now();
        let waited = answer.recv_timeout(self.left.get().max(LEAST_WAIT));
        self.left.set(self.left.get().saturating_sub(began.elapsed()));
        waited
    }
}

/// The answer to a call on the state of a stamp.
type Answer = (Stamp, Receiver<Result<Called, Failure>>);

/// An agent of the registry.
pub struct PluginAgent {
    plugin: Arc<Plugin>,
    /// Declared folders, resolved.
    roots: Vec<PathBuf>,
    commands: Vec<String>,
    patience: std::rc::Rc<Patience>,
    /// A call that nobody waits for any longer: its answer serves the next read of the same state.
    under_way: RefCell<Option<Answer>>,
}

impl PluginAgent {
    pub fn new(plugin: Arc<Plugin>, roots: Vec<PathBuf>, patience: std::rc::Rc<Patience>) -> Self {
        let declared = &plugin.declaration.value;
        let command = declared["agent"]["command"].as_str().map(str::to_owned);
        Self {
            roots,
            commands: command.into_iter().collect(),
            patience,
            under_way: RefCell::default(),
            plugin,
        }
    }

    /// Other code, or other settings, may read the same files differently.
    fn rules_version(&self) -> u32 {
        let settings = Value::Object(self.plugin.settings().values).to_string();
        let hash = xxh3_64(format!("{}\0{settings}", self.plugin.hash).as_bytes());
        (hash as u32).max(1)
    }

    /// Asks for every session, if there is anything to ask for.
    fn call(&self) -> Receiver<Result<Called, Failure>> {
        self.plugin.ask_by(|plugin| {
            let is_installed = plugin.call("isInstalled", json!({}))?;
            match is_true(&is_installed.value) {
                false => Ok(Called {
                    value: false.into(),
                    rows: None,
                }),
                true => plugin.call("parseSessions", json!({"options": {}})),
            }
        })
    }

    /// The call for files that are as this stamp: the one that is under way, or a new one.
    fn take_call(&self, stamp: Stamp) -> Receiver<Result<Called, Failure>> {
        let begun = self.under_way.take().filter(|(state, _)| *state == stamp);
        begun.map_or_else(|| self.call(), |(_, call)| call)
    }

    /// What the plugin says of its sessions, for files that are as this stamp.
    fn sessions(&self, stamp: Stamp) -> Result<Called> {
        let call = self.take_call(stamp);
        let was_late = self.plugin.notes.is_late();
        match self.patience.wait(&call, was_late) {
            Ok(called) => {
                if was_late {
                    self.plugin.notes.set_late(false);
                }
                Ok(called?)
            }
            Err(RecvTimeoutError::Disconnected) => Err(anyhow!("plugin {}: ended its process", self.plugin.id())),
            Err(RecvTimeoutError::Timeout) => {
                self.under_way.replace(Some((stamp, call)));
                self.plugin.notes.set_late(true);
                Err(anyhow!(
                    "plugin {} is still reading; ttop sync waits longer for it",
                    self.plugin.id()
                ))
            }
        }
    }
}

impl Agent for PluginAgent {
    fn id(&self) -> &str {
        self.plugin.id()
    }

    fn name(&self) -> &str {
        let own = self.plugin.declaration.value["agent"]["name"].as_str();
        own.filter(|name| !name.is_empty())
            .unwrap_or(&self.plugin.declaration.name)
    }

    fn about(&self) -> About<'_> {
        About {
            commands: Cow::Owned(self.commands.iter().map(String::as_str).collect()),
            turns: "partial",
            limits: Cow::Borrowed(&LIMITS),
            rules_version: self.rules_version(),
        }
    }

    /// That of the built-in agent which it reads in the place of.
    fn program(&self) -> Option<&'static Program> {
        programs().of(self.id())
    }

    fn sources(&self, _: &System) -> Found {
        let mut found = Found {
            is_plugin: true,
            ..Found::default()
        };
        for root in &self.roots {
            found
                .roots
                .push(Root::new(root, format!("plugin {}", self.plugin.id())));
        }
        if !self.roots.is_empty() && found.roots.iter().all(|root| !root.exists) {
            return found;
        }
        let walk = walk(&self.roots);
        found.folders = walk.folders;
        let own = PathBuf::from(format!("plugin:{}", self.plugin.id()));
        found.sources.push(Source {
            path: self.roots.first().cloned().unwrap_or(own),
            kind: Source::OF_PLUGIN,
            stamp: walk.stamp,
            wal: Stamp::default(),
            list_entry: 0,
        });
        found
    }

    fn begin(&self, source: &Source) {
        let call = self.take_call(source.stamp);
        self.under_way.replace(Some((source.stamp, call)));
    }

    fn read(&self, source: &Source, _: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
        let called = self.sessions(source.stamp)?;
        if called.value == Value::Bool(false) {
            // Not installed: what is known of it stays.
            return Ok(Bookmark::whole(source));
        }
        let Some(listed) = called.rows else {
            return Err(anyhow!(
                "plugin {}: parseSessions returned no list of rows",
                self.plugin.id()
            ));
        };
        let (now, place) = (self.plugin.now(), format!("plugin {}", self.plugin.id()));
        let mut read = Vec::with_capacity(listed.len());
        for (index, row) in listed.iter().enumerate() {
            match rows::read(index, &row_value(row), now) {
                Ok(row) => read.push(row),
                Err(reason) => into.problem(Problem::new(&place, reason)),
            }
        }
        drop(listed);
        add(self.plugin.id(), read, into);
        into.replace(Scope::Source, Presence::Gone);
        Ok(Bookmark::whole(source))
    }
}

/// Whether JavaScript takes a value for true.
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_true) => *is_true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// What makes rows equal but for their tokens: a row that grows replaces itself.
fn place(row: &Row) -> String {
    let Row {
        session_id,
        timestamp,
        provider_id,
        model_id,
        ..
    } = row;
    format!("{session_id}\0{timestamp}\0{provider_id}\0{model_id}")
}

/// Adds rows as turns. Rows of one place are told apart by their number in the order of their tokens, so that the order
/// in which files were read does not matter.
fn add(id: &str, mut rows: Vec<Row>, into: &mut Batch) {
    let event_space = format!("plugin:{id}");
    let tokens = |row: &Row| {
        let counts = row.tokens;
        (
            counts.input,
            counts.output,
            counts.reasoning,
            counts.cache_read,
            counts.cache_write,
        )
    };
    rows.sort_by_cached_key(|row| (place(row), tokens(row), row.cost.map(f64::to_bits)));
    into.expect(rows.len());
    let mut number = 0_u64;
    let mut last = String::new();
    let mut names: BTreeMap<&str, (i64, &str)> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let place = place(row);
        number = if place == last { number + 1 } else { 0 };
        let key = format!("{place}\0{number}");
        last = place;
        let counts = row.tokens;
        into.turn(&Turn {
            session_id: &row.session_id,
            record: RecordKey::of(&key),
            event: EventKey::of(&event_space, &key),
            rank: Rank(1, 0),
            provider_id: &row.provider_id,
            model_id: &row.model_id,
            numbers: Numbers {
                tokens: Tokens::new(
                    counts.input,
                    counts.output,
                    counts.reasoning,
                    counts.cache_read,
                    counts.cache_write,
                ),
                requests: None,
                cost: row.cost.map(Money::from_dollars),
                accuracy: match row.is_estimated {
                    true => Accuracy::Estimated,
                    false => Accuracy::Exact,
                },
                timestamp: row.timestamp,
                ..Numbers::PLAIN
            },
            place: at as u64,
            ..Turn::PLAIN
        });
        let updated = row.session_updated_at.unwrap_or(row.timestamp);
        let mut info = SessionInfo::new(row.session_id.clone());
        info.started_at = Some(row.timestamp);
        info.updated_at = Some(updated);
        info.project = row
            .project_path
            .as_ref()
            .map(|path| Project::folder(row.timestamp, path.clone()));
        into.session(info);
        if let Some(name) = &row.session_name {
            let known = names.entry(&row.session_id).or_insert((updated, name));
            if (updated, name.as_str()) > *known {
                *known = (updated, name);
            }
        }
    }
    for (session, (at, name)) in names {
        let mut info = SessionInfo::new(session);
        info.title = Some(Title::from_agent(at, name.to_owned()));
        into.session(info);
    }
}

/// Which turns rows are, in an order of their own: two reads of the same rows give the same.
pub fn identities(id: &str, rows: Vec<Row>) -> Vec<(u64, u64)> {
    let mut batch = Batch::default();
    add(id, rows, &mut batch);
    let mut all: Vec<_> = batch.turns.iter().map(|turn| (turn.record.0, turn.event.0)).collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(session: &str, at: i64, input: u64) -> Row {
        Row {
            session_id: session.to_owned(),
            provider_id: "acme".to_owned(),
            model_id: "m".to_owned(),
            tokens: rows::Tokens {
                input,
                ..rows::Tokens::default()
            },
            timestamp: at,
            ..Row::default()
        }
    }

    fn keys(rows: Vec<Row>) -> Vec<(u64, u64, Option<u64>)> {
        let mut batch = Batch::default();
        add("acme", rows, &mut batch);
        let turns = batch.turns.iter();
        let mut all: Vec<_> = turns
            .map(|row| (row.record.0, row.event.0, row.numbers.tokens.input()))
            .collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn the_order_of_rows_changes_nothing() {
        let rows = vec![
            row("a", 1, 5),
            row("a", 1, 5),
            row("a", 1, 7),
            row("b", 1, 5),
            row("a", 2, 5),
        ];
        let forward = keys(rows.clone());
        let backward = keys(rows.into_iter().rev().collect());
        assert_eq!(forward, backward);
        let records: std::collections::BTreeSet<u64> = forward.iter().map(|(record, ..)| *record).collect();
        assert_eq!(records.len(), 5, "equal rows are several");
    }

    #[test]
    fn a_row_that_grew_replaces_itself() {
        let before = keys(vec![row("a", 1, 5)]);
        let after = keys(vec![row("a", 1, 9)]);
        assert_eq!((before[0].0, before[0].1), (after[0].0, after[0].1));
    }

    #[test]
    fn events_never_meet_those_of_a_built_in_agent() {
        let [(_, event, _)] = keys(vec![row("a", 1, 5)])[..] else {
            panic!("one row")
        };
        assert_ne!(event, EventKey::of("acme", "a\u{0}1\0acme\0m\u{0}0").0);
    }
}
