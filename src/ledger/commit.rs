//! Commit: writes pending changes to the file in one transaction.

use super::pending::{Pending, PendingPack};
use super::{Ledger, LedgerState, bookmark, meta_number, schema, sessions};
use crate::core::problem::Problem;
use anyhow::{Context, Result, bail};
use rusqlite::{Connection, params};
use std::path::Path;
use std::time::Duration;

/// How long changes are kept for `watch --since`.
pub const CHANGES_KEPT_MS: i64 = 7 * 24 * 3600 * 1000;
/// How often a copy of the ledger is kept aside.
const COPY_EVERY_MS: i64 = 7 * DAY_MS;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// How a commit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    Done,
    /// Nothing was pending.
    Nothing,
    /// Another process wrote meanwhile or is writing; the next sync finds the changes again.
    GivenUp,
}

impl Ledger {
    /// Writes the result of the last sync. Never waits for another process.
    ///
    /// # Errors
    ///
    /// When the file cannot be written (full disk, unwritable home); answers stay correct.
    pub fn commit(&mut self, now: i64) -> Result<Committed> {
        if self.pending.is_empty() || self.has_overlay {
            return Ok(Committed::Nothing);
        }
        if let Some(why) = &self.read_only {
            bail!("the ledger is read-only: {why}");
        }
        let outcome = match (&mut self.connection, &self.standing) {
            (Some(connection), _) => commit_into(connection, &self.pending, &self.names, self.generation, now)?,
            (None, LedgerState::File(path)) => {
                let path = path.clone();
                let is_ours = schema::create(&path, |connection| {
                    write(connection, &self.pending, &self.names, now)?;
                    Ok(())
                })?;
                self.reload()?;
                return Ok(if is_ours { Committed::Done } else { Committed::GivenUp });
            }
            (None, _) => Committed::GivenUp,
        };
        if outcome == Committed::Done {
            self.generation += 1;
            self.names.set_stored();
            self.pending = Pending::default();
            if let (Some(connection), LedgerState::File(path)) = (&self.connection, &self.standing)
                && let Err(error) = keep_copy(connection, path, now)
            {
                // The commit itself succeeded.
                let reason = format!("could not make the weekly copy; ttop tries again tomorrow: {error:#}");
                self.problems.push(Problem::new(path.display(), reason));
            }
        }
        Ok(outcome)
    }
}

fn commit_into(
    connection: &mut Connection,
    pending: &Pending,
    names: &super::names::Names,
    generation: i64,
    now: i64,
) -> Result<Committed> {
    connection.busy_timeout(Duration::ZERO)?;
    let result = (|| {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        if meta_number(&transaction, "generation")? != generation {
            return Ok(Committed::GivenUp);
        }
        write(&transaction, pending, names, now)?;
        transaction.commit()?;
        Ok(Committed::Done)
    })();
    match result {
        Err(error) if schema::is_busy(&error) => Ok(Committed::GivenUp),
        other => Ok(other.context("could not write the ledger")?),
    }
}

fn write(connection: &Connection, pending: &Pending, names: &super::names::Names, now: i64) -> rusqlite::Result<()> {
    names.store(connection)?;
    for (agent, source) in &pending.sources {
        let problems: Vec<_> = source
            .problems
            .iter()
            .map(|problem| (&problem.place, &problem.reason))
            .collect();
        connection
            .prepare_cached("insert or replace into source (id, agent, path, kind, gone, bookmark, problems) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute(params![
                source.id,
                agent,
                source.path.to_string_lossy(),
                source.kind,
                source.gone,
                bookmark::encode(&source.bookmark),
                serde_json::to_string(&problems).unwrap_or_default(),
            ])?;
    }
    sessions::store(connection, pending.sessions.values())?;
    write_packs(connection, &pending.packs)?;
    for change in &pending.changes {
        let numbers = |pack: &Option<super::pack::Pack>| pack.as_ref().map(|pack| pack.encode().numbers().to_vec());
        connection
            .prepare_cached(
                "insert into change (at, agent, session, event, message, old, new) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                now,
                change.agent,
                change.session,
                change.event.0 as i64,
                change.message_id,
                numbers(&change.old),
                numbers(&change.new),
            ])?;
    }
    if !pending.changes.is_empty() {
        connection.execute("delete from change where at < ?1", [now - CHANGES_KEPT_MS])?;
    }
    for limit in &pending.limits {
        let body = serde_json::json!({
            "plan": limit.plan, "usedPercent": limit.used_percent, "windowMinutes": limit.window_minutes, "resetsAt": limit.resets_at,
        });
        connection
            .prepare_cached(
                "insert or replace into seen_limit (provider, label, seen_at, body) values (?1, ?2, ?3, ?4)",
            )?
            .execute(params![limit.provider_id, limit.label, limit.seen_at, body.to_string()])?;
    }
    for (key, value) in &pending.meta {
        connection
            .prepare_cached("insert or replace into meta (key, value) values (?1, ?2)")?
            .execute(params![key, value])?;
    }
    for key in ["copied_at", "began_at"] {
        connection.execute(
            "insert or ignore into meta (key, value) values (?1, ?2)",
            params![key, now],
        )?;
    }
    connection.execute(
        "insert into meta (key, value) values ('generation', 1) on conflict (key) do update set value = value + 1",
        [],
    )?;
    Ok(())
}

/// One table after the other, so that each one's pages lie together in a first ledger and are passed over in one go.
fn write_packs(connection: &Connection, packs: &[PendingPack]) -> rusqlite::Result<()> {
    for pack in packs.iter().filter(|pack| pack.is_empty) {
        for table in ["pack", "pack_events", "pack_records"] {
            connection
                .prepare_cached(&format!("delete from {table} where id = ?1"))?
                .execute([pack.id])?;
        }
    }
    let kept = || packs.iter().filter(|pack| !pack.is_empty);
    let mut statement = connection.prepare(
        "insert or replace into pack (id, agent, source, session, first_at, last_at, numbers) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for PendingPack {
        id, key, span, blobs, ..
    } in kept()
    {
        statement.execute(params![
            id,
            key.agent,
            key.source,
            key.session,
            span.0,
            span.1,
            blobs.numbers()
        ])?;
    }
    let mut statement = connection.prepare("insert or replace into pack_events (id, events) values (?1, ?2)")?;
    for pack in kept() {
        statement.execute(params![pack.id, pack.blobs.events()])?;
    }
    let mut statement = connection.prepare("insert or replace into pack_records (id, records) values (?1, ?2)")?;
    for pack in kept() {
        statement.execute(params![pack.id, pack.blobs.records()])?;
    }
    Ok(())
}

/// Keeps one copy a week beside the ledger, for the day the file itself is damaged.
fn keep_copy(connection: &Connection, path: &Path, now: i64) -> Result<()> {
    let last = meta_number(connection, "copied_at")?;
    // A clock that went back counts as a week: better one copy more than none.
    if (0..COPY_EVERY_MS).contains(&(now - last)) {
        return Ok(());
    }
    path.parent().into_iter().for_each(schema::remove_leftovers);
    let copy = schema::with_suffix(path, ".prev");
    let temporary = schema::with_suffix(&copy, &format!(".{}.new", std::process::id()));
    let result = (|| -> Result<()> {
        schema::create_private_file(&temporary)?;
        connection.execute("vacuum into ?1", [temporary.to_string_lossy()])?;
        std::fs::rename(&temporary, &copy)?;
        connection.execute("update meta set value = ?1 where key = 'copied_at'", [now])?;
        Ok(())
    })();
    if result.is_err() {
        // An incomplete copy of ours; the error below has the reason.
        let _ = std::fs::remove_file(&temporary);
        let tomorrow = now - COPY_EVERY_MS + DAY_MS;
        connection.execute("update meta set value = ?1 where key = 'copied_at'", [tomorrow])?;
    }
    result
}
