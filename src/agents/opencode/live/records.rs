//! The records of running sessions in a database: their rows, when they were active, and where each stands.

use super::message::{self, Role};
use crate::agents::opencode::session::{Place, includes_reasoning};
use crate::agents::opencode::tables::Tables;
use crate::agents::shared::batch::Batch;
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::table::{self, Cells, IN_LIST};
use crate::core::process::{End, Facts, Last, PendingTool, Rest, SessionAbout};
use crate::core::status::StatusSource;
use anyhow::Result;
use rusqlite::{Connection, Params, params};
use rustc_hash::FxHashMap;
use std::path::Path;

/// How many of the sessions used last may belong to a running process.
const NEWEST: usize = 500;
/// How many of the newest messages are searched for the one that holds the state.
const NEWEST_MESSAGES: usize = 20;
/// Columns of a session that tell where it stands.
const COLUMNS: [&str; 14] = [
    "id",
    "parent_id",
    "directory",
    "title",
    "version",
    "permission",
    "model",
    "time_created",
    "time_updated",
    "time_archived",
    "time_compacting",
    "time_idle",
    "time_viewed",
    "idle_outcome",
];

/// An open database, closed when dropped: between two looks nothing of ttop's holds it.
pub(super) struct Records {
    database: Database,
    generations: Vec<Tables>,
}

/// A session's row.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub id: String,
    pub parent_id: Option<String>,
    pub directory: Option<String>,
    /// Whether its messages are written as OpenCode 2 does.
    pub is_second: bool,
    /// The table it is in.
    table: &'static str,
    pub created: Option<i64>,
    pub updated: Option<i64>,
    pub is_archived: bool,
    title: Option<String>,
    version: Option<String>,
    has_rules: bool,
    model: Option<String>,
    compacting: Option<i64>,
    idle: Option<i64>,
    viewed: Option<i64>,
    outcome: Option<String>,
}

impl Records {
    /// # Errors
    /// When the file is no database or stays locked.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let database = Database::open(path)?;
        let generations = Tables::find(&database)?;
        Ok(Self { database, generations })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.database.connection
    }

    /// The sessions used last, newest first. Those of version 1 that an upgrade copied count once.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn newest(&self) -> Result<Vec<Row>> {
        let newest = format!("order by time_updated desc limit {NEWEST}");
        let mut rows: Vec<Row> = Vec::new();
        for tables in &self.generations {
            for row in self.rows(tables, (&newest, ()))? {
                if rows.iter().all(|known| known.id != row.id) {
                    rows.push(row);
                }
            }
        }
        Ok(rows)
    }

    /// One session.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn session(&self, id: &str) -> Result<Option<Row>> {
        for tables in &self.generations {
            let found = self.rows(tables, ("where id = ?1", [id]))?.pop();
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn rows(&self, tables: &Tables, which: (&str, impl Params)) -> Result<Vec<Row>> {
        // Reports warn of damaged rows.
        let mut warnings = Batch::default();
        let mut rows = Vec::new();
        tables.read_sessions(&self.database, &COLUMNS, which, &mut warnings, |cells| {
            rows.extend(read_row(cells, tables));
        })?;
        if self.generations.iter().any(|tables| tables.shares_sessions) {
            let select = "select 1 from session_message where session_id = ?1";
            let mut statement = self.connection().prepare_cached(select)?;
            for row in &mut rows {
                row.is_second = statement.exists([&row.id])?;
            }
        }
        Ok(rows)
    }

    /// When messages of sessions were made, from a time on, by session.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn moments(&self, rows: &[&Row], from: i64) -> Result<FxHashMap<String, Vec<i64>>> {
        let mut moments: FxHashMap<String, Vec<i64>> = FxHashMap::default();
        for of_table in rows.chunk_by(|a, b| a.is_second == b.is_second) {
            let select = format!(
                "select session_id, time_created from {} where session_id in ({IN_LIST}) and time_created >= ?2",
                self.message_table(of_table[0])
            );
            let mut statement = self.connection().prepare_cached(&select)?;
            for list in table::lists(of_table.iter().map(|row| &row.id)) {
                let mut found = statement.query(params![list, from])?;
                while let Some(row) = found.next()? {
                    self.database.budget.restart();
                    moments.entry(row.get(0)?).or_default().push(row.get(1)?);
                }
            }
        }
        Ok(moments)
    }

    pub(super) fn message_table(&self, row: &Row) -> &'static str {
        if row.is_second { "session_message" } else { "message" }
    }

    /// The status of a session, with its evidence.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn facts(&self, row: &Row) -> Result<Facts> {
        let mut facts = Facts {
            source: Some(StatusSource::Database),
            announces_replies: true,
            compacting_since: row.compacting,
            rest: row.idle.map(|at| Rest {
                at,
                viewed_at: row.viewed,
                end: match row.outcome.as_deref() {
                    Some("failed") => End::Error,
                    Some("interrupted") => End::Interrupted,
                    _ => End::Stop,
                },
            }),
            about: row.about(),
            ..Facts::default()
        };
        self.last(row, &mut facts)?;
        facts.wrote_at = facts.wrote_at.max(row.updated);
        if facts.pending_tool.is_some() {
            // While its subagents write, a session itself may be silent.
            facts.wrote_at = facts.wrote_at.max(self.children_wrote_at(row)?);
        }
        if row.is_second {
            facts.queued_since = self.queued_since(row)?;
        }
        Ok(facts)
    }

    /// What the newest prompt and the newest reply say.
    fn last(&self, row: &Row, facts: &mut Facts) -> Result<()> {
        let order = if row.is_second { "seq" } else { "time_created desc, id" };
        let kind = if row.is_second { "type" } else { "null" };
        let select = format!(
            "select id, time_created, time_updated, data, {kind} from {} where session_id = ?1 order by {order} desc limit {NEWEST_MESSAGES}",
            self.message_table(row)
        );
        let mut statement = self.connection().prepare_cached(&select)?;
        let mut rows = statement.query([&row.id])?;
        let mut prompt = None;
        while let Some(found) = rows.next()? {
            let id: String = found.get(0)?;
            let (created, updated): (i64, i64) = (found.get(1)?, found.get(2)?);
            let data: String = found.get(3)?;
            let kind: Option<String> = found.get(4)?;
            let Some(message) = message::parse(&data, kind.as_deref()) else {
                continue;
            };
            match message.role {
                Role::User => {
                    let newest = *prompt.get_or_insert(created);
                    facts.prompted_at.get_or_insert(created);
                    facts.last.get_or_insert(Last::Asked { at: newest });
                    facts.wrote_at = facts.wrote_at.max(Some(updated));
                }
                Role::Assistant => {
                    let is_open = message.end.is_none();
                    if prompt.is_none() || is_open {
                        self.reply(row, &id, created, &message, facts)?;
                        facts.wrote_at = facts.wrote_at.max(Some(updated));
                        // A prompt that came while the reply runs waits for it.
                        facts.queued_since = prompt.filter(|_| is_open);
                    }
                    break;
                }
            }
        }
        if facts.prompted_at.is_none() {
            facts.prompted_at = self.prompted_at(row)?;
        }
        Ok(())
    }

    fn reply(&self, row: &Row, id: &str, created: i64, message: &message::Message, facts: &mut Facts) -> Result<()> {
        facts.last = Some(match message.end {
            Some(how) => Last::Ended {
                at: message.completed.unwrap_or(created),
                how,
            },
            None => Last::Open { at: created },
        });
        facts.about.provider_id = message.provider_id.clone().or(facts.about.provider_id.take());
        facts.about.model_id = message.model_id.clone().or(facts.about.model_id.take());
        facts.retry_at = message.retry_at;
        if message.is_summary && message.end.is_none() {
            facts.compacting_since.get_or_insert(created);
        }
        if message.end.is_some() {
            return Ok(());
        }
        facts.pending_tool = if row.is_second {
            message.pending_tool.clone()
        } else {
            let (tool, written) = self.parts(id)?;
            facts.wrote_at = facts.wrote_at.max(written);
            tool
        };
        Ok(())
    }

    /// The tool call of a reply that has no result, and when its parts were last written.
    fn parts(&self, message_id: &str) -> Result<(Option<PendingTool>, Option<i64>)> {
        let select = "select time_created, time_updated, data from part where message_id = ?1 order by id";
        let mut statement = self.connection().prepare_cached(select)?;
        let mut rows = statement.query([message_id])?;
        let (mut pending, mut written): (Option<PendingTool>, Option<i64>) = (None, None);
        while let Some(found) = rows.next()? {
            let (created, updated): (i64, i64) = (found.get(0)?, found.get(1)?);
            written = written.max(Some(updated));
            let data: String = found.get(2)?;
            let Some(tool) = message::pending_tool(&data, created) else {
                continue;
            };
            if pending
                .as_ref()
                .is_none_or(|known| known.asks.is_none() && tool.asks.is_some())
            {
                pending = Some(tool);
            }
        }
        Ok((pending, written))
    }

    fn prompted_at(&self, row: &Row) -> Result<Option<i64>> {
        let select = if row.is_second {
            "select max(time_created) from session_message where session_id = ?1 and type = 'user'"
        } else {
            "select max(time_created) from message where session_id = ?1
             and case when json_valid(data) then json_extract(data, '$.role') end = 'user'"
        };
        Ok(self.connection().query_row(select, [&row.id], |row| row.get(0))?)
    }

    fn children_wrote_at(&self, row: &Row) -> Result<Option<i64>> {
        let session = row.table;
        if !self
            .database
            .columns(session)?
            .iter()
            .any(|column| column == "parent_id")
        {
            return Ok(None);
        }
        let message = self.message_table(row);
        // Deeper ones too: a subagent may have its own.
        let select = format!(
            "with recursive child(id) as (select id from {session} where parent_id = ?1
               union select s.id from {session} s join child on s.parent_id = child.id)
             select max(m.time_updated) from child join {message} m on m.session_id = child.id"
        );
        Ok(self.connection().query_row(&select, [&row.id], |row| row.get(0))?)
    }

    /// Since when a prompt waits in the inbox; its table had several names.
    fn queued_since(&self, row: &Row) -> Result<Option<i64>> {
        for table in ["session_inbox", "session_pending", "session_input"] {
            let columns = self.database.columns(table)?;
            let has = |name: &str| columns.iter().any(|column| column == name);
            if !has("session_id") || !has("time_created") {
                continue;
            }
            // What was taken up stays, with the place it took.
            let open = if has("promoted_seq") {
                "and promoted_seq is null"
            } else {
                ""
            };
            let select = format!("select min(time_created) from {table} where session_id = ?1 {open}");
            return Ok(self.connection().query_row(&select, [&row.id], |row| row.get(0))?);
        }
        Ok(None)
    }
}

impl Row {
    /// Whether OpenCode 2 runs it, and not a late version 1 that writes messages as that does.
    pub(super) fn is_of_second(&self) -> bool {
        self.table == "session_v2"
    }

    /// Whether `output` of its messages may include reasoning.
    pub(super) fn includes_reasoning(&self) -> bool {
        includes_reasoning(self.version.as_deref().unwrap_or_default(), Place::Database)
    }

    fn about(&self) -> SessionAbout {
        let model = self.model.as_deref().and_then(message::parse_model);
        let (provider_id, model_id) = model.unzip();
        SessionAbout {
            title: self.title.clone(),
            project: self.directory.clone(),
            provider_id,
            model_id,
            version: self.version.clone(),
            parent_id: self.parent_id.clone(),
            interactive: Some(self.parent_id.is_none() && !self.has_rules),
        }
    }
}

fn read_row(cells: &Cells<'_>, tables: &Tables) -> Option<Row> {
    Some(Row {
        id: cells.text("id")?,
        parent_id: cells.text("parent_id"),
        directory: cells.text("directory"),
        title: cells.text("title"),
        version: cells.text("version"),
        has_rules: cells.text("permission").is_some(),
        model: cells.text("model"),
        created: cells.integer("time_created"),
        updated: cells.integer("time_updated"),
        is_archived: cells.integer("time_archived").is_some(),
        compacting: cells.integer("time_compacting"),
        idle: cells.integer("time_idle"),
        viewed: cells.integer("time_viewed"),
        outcome: cells.text("idle_outcome"),
        is_second: tables.is_second,
        table: tables.session,
    })
}
