//! ttop's own database: turns, their sources and bookmarks, and the owner of each turn.

pub mod alerts;
pub mod blobs;
pub mod bookmark;
pub mod changes;
pub mod columns;
pub mod commit;
pub mod forget;
pub mod import;
pub mod ingest;
pub mod intake;
pub mod limits;
pub mod merge;
pub mod name_index;
pub mod names;
pub mod owner;
pub mod ownership_pass;
pub mod pack;
pub mod pack_columns;
pub mod pending;
pub mod query;
pub mod readers;
pub mod rebuild;
pub mod recent_sessions;
pub mod record_columns;
pub mod repeats;
mod reused_ids;
pub mod schema;
pub mod sessions;
pub mod snapshot;
pub mod steps;
pub mod sync;
pub mod transfer;
mod turns;

use crate::core::problem::Problem;
use crate::system::System;
use anyhow::{Context, Result};
use names::Names;
use pending::Pending;
use rusqlite::Connection;
use schema::{Opened, Place};
use std::path::PathBuf;

/// The ledger: the committed state, plus the pending result of the last [`Ledger::sync`].
pub struct Ledger {
    /// `None` before the first commit.
    connection: Option<Connection>,
    standing: LedgerState,
    /// Why the file can only be read.
    read_only: Option<String>,
    names: Names,
    pending: Pending,
    /// The number of commits when this process last looked; a commit on top of another one's is given up.
    generation: i64,
    /// What reading the ledger itself met.
    problems: Vec<Problem>,
    /// Whether titles of sessions are kept (`ledger.titles` in the config).
    pub keeps_titles: bool,
    /// How long alerts wait for another process that writes.
    pub patience: std::time::Duration,
    /// Sync no more sources once the packs it holds have so many turns; the rest is for the next sync.
    pub most_turns: usize,
    /// Agents with a source that could not be read in this run.
    failed: rustc_hash::FxHashSet<String>,
    /// Sources that do not count in this run, with their agent: a plugin reads it instead, or did before.
    inactive: rustc_hash::FxHashMap<i64, u32>,
    /// Whether pending changes are exports of other machines, which are shown and never committed.
    has_overlay: bool,
}

/// What became of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerState {
    File(PathBuf),
    /// Asked for with `TTOP_LEDGER=:memory:`, or for `--demo`.
    Memory,
    /// There is a file that cannot be used; this run answers from disk alone, and nothing is kept.
    Unusable(PathBuf),
}

impl Ledger {
    /// Opens the ledger of a system. A file that cannot be used is left alone and named in [`Ledger::problems`].
    ///
    /// # Errors
    /// When not even an empty ledger in memory can be had.
    pub fn open(system: &System) -> Result<Self> {
        match schema::place(system) {
            Place::Memory => Self::in_memory(),
            Place::File(path) => match schema::open(&path) {
                Opened::Absent => Ok(Self::with(None, LedgerState::File(path))),
                Opened::Unusable(problem) => Self::unusable(path, problem),
                opened => {
                    let mut ledger = Self::with(None, LedgerState::File(path.clone()));
                    ledger.connect(opened);
                    match ledger.reload() {
                        Ok(()) => Ok(ledger),
                        Err(error) => Self::unusable(path.clone(), schema::damaged(&path, error)),
                    }
                }
            },
        }
    }

    fn connect(&mut self, opened: Opened) {
        (self.connection, self.read_only) = match opened {
            Opened::Ready(connection) => (Some(connection), None),
            Opened::ReadOnly(connection, why) => (Some(connection), Some(why)),
            Opened::Absent | Opened::Unusable(_) => (None, None),
        };
    }

    /// An empty ledger that is never written to disk.
    ///
    /// # Errors
    /// When SQLite has no memory.
    pub fn in_memory() -> Result<Self> {
        Ok(Self::with(Some(schema::in_memory()?), LedgerState::Memory))
    }

    /// Continues without a damaged ledger, from disk only. Returns false if the error has another cause.
    ///
    /// # Errors
    /// When SQLite has no memory.
    pub fn unusable(path: PathBuf, problem: Problem) -> Result<Self> {
        let mut ledger = Self::with(Some(schema::in_memory()?), LedgerState::Unusable(path));
        ledger.problems.push(problem);
        Ok(ledger)
    }

    fn with(connection: Option<Connection>, standing: LedgerState) -> Self {
        Self {
            connection,
            standing,
            read_only: None,
            names: Names::default(),
            pending: Pending::default(),
            generation: 0,
            problems: Vec::new(),
            keeps_titles: true,
            patience: alerts::PATIENCE,
            most_turns: usize::MAX,
            failed: rustc_hash::FxHashSet::default(),
            inactive: rustc_hash::FxHashMap::default(),
            has_overlay: false,
        }
    }

    /// Drops pending changes and reloads the committed state.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn reload(&mut self) -> Result<()> {
        self.pending = Pending::default();
        self.has_overlay = false;
        if self.connection.is_none()
            && let LedgerState::File(path) = &self.standing
        {
            self.connect(schema::open(path));
        }
        if let Some(connection) = &self.connection {
            self.generation = meta_number(connection, "generation")?;
            self.names = Names::load(connection).context("could not read the ledger's names")?;
        }
        Ok(())
    }

    pub fn standing(&self) -> &LedgerState {
        &self.standing
    }

    /// What reading the ledger met; shown on every run.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether something of an agent could not be read in the last sync.
    pub fn has_failed(&self, agent_id: &str) -> bool {
        self.failed.contains(agent_id)
    }

    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Whether nothing was ever committed.
    pub fn is_new(&self) -> bool {
        self.generation == 0
    }

    /// The 8 hex digits in every `eventId`; none before the first commit.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn id(&self) -> Result<Option<String>> {
        let Some(connection) = &self.connection else {
            return Ok(None);
        };
        Ok(Some(connection.query_row(
            "select value from meta where key = 'id'",
            [],
            |row| row.get(0),
        )?))
    }

    /// Changes whenever a commit changes the ledger.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn stamp(&self) -> Result<String> {
        Ok(format!("{}-{}", self.id()?.unwrap_or_default(), self.generation))
    }

    /// Takes another id: that of the sample ledger is the same everywhere.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_id(&mut self, id: &str) -> Result<()> {
        if let Some(connection) = &self.connection {
            connection.execute("update meta set value = ?1 where key = 'id'", [id])?;
        }
        Ok(())
    }

    /// A value that commands keep in the ledger: the snapshot of `bar-status`, last checks.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn meta(&self, key: &str) -> Result<Option<Vec<u8>>> {
        use rusqlite::OptionalExtension;
        if let Some((_, value)) = self.pending.meta.iter().rev().find(|(name, _)| name == key) {
            return Ok(Some(value.clone()));
        }
        let Some(connection) = &self.connection else {
            return Ok(None);
        };
        let mut statement = connection.prepare_cached("select value from meta where key = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    /// Keeps a value with the next commit.
    pub fn set_meta(&mut self, key: &str, value: Vec<u8>) {
        self.pending.meta.push((key.to_owned(), value));
    }
}

fn meta_number(connection: &Connection, key: &str) -> rusqlite::Result<i64> {
    use rusqlite::OptionalExtension;
    let found = connection
        .query_row("select value from meta where key = ?1", [key], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}
