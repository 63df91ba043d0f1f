//! The database of an OpenClaw agent: since 2026 it holds the entries that were lines of logs before.

use super::ID;
use crate::agents::pi::session::{RULES_VERSION, State};
use crate::agents::shared::jsonl_reader::Line;
use crate::agents::shared::lenient::reason;
use crate::agents::shared::sqlite::Database;
use crate::agents::shared::table;
use crate::agents::shared::zstd::{MOST_BYTES, unpack};
use crate::agents::{Batch, Bookmark, Scope, Source};
use crate::core::problem::Problem;
use crate::core::turn::{Presence, SessionInfo};
use anyhow::{Context, Result};
use rustc_hash::FxHashMap;

/// Reads the database whole.
///
/// # Errors
/// When it cannot be read.
pub(super) fn read(source: &Source, into: &mut Batch) -> Result<Bookmark> {
    let database = Database::open(&source.path)?;
    let mut current = (String::new(), State::default());
    let columns = ["session_id", "event_json", "event_zstd"];
    let in_order = ("order by session_id, seq", ());
    let is_there = table::read(
        &database,
        "transcript_events",
        &columns,
        in_order,
        into,
        |cells, into| {
            let session = cells.text("session_id").unwrap_or_default();
            if current.0 != session {
                current = (session.clone(), State::of(&session));
            }
            let text = match (cells.text("event_json"), cells.bytes("event_zstd")) {
                (Some(text), _) => Ok(text),
                // Rows that OpenClaw has not opened for a while.
                (None, Some(packed)) => {
                    unpack(packed, MOST_BYTES).map(|text| String::from_utf8_lossy(&text).into_owned())
                }
                (None, None) => return Ok(()),
            };
            let offset = cells.rowid();
            let read = text.and_then(|text| {
                let line = Line { text: &text, offset };
                let read = current.1.read(ID, &source.path, &line, into);
                read.map_err(|error| anyhow::anyhow!(reason(&error)))
            });
            if let Err(error) = read {
                into.problem(Problem::new(
                    format!("{}:row {offset}", source.path.display()),
                    format!("{error:#}"),
                ));
            }
            Ok(())
        },
    )?;
    if is_there {
        parents(&database, into).context("could not read who started whom")?;
        into.replace(Scope::Source, Presence::Gone);
    } else {
        into.problem(Problem::new(source.path.display(), "has no table of events"));
    }
    Ok(Bookmark::read_whole(source, RULES_VERSION))
}

/// Sessions have keys, and keys have parents.
fn parents(database: &Database, into: &mut Batch) -> Result<()> {
    let mut nodes: FxHashMap<String, (Option<String>, Option<String>)> = FxHashMap::default();
    let columns = ["session_key", "current_session_id", "parent_session_key", "spawned_by"];
    table::read(database, "session_nodes", &columns, table::ALL, into, |cells, _| {
        if let Some(key) = cells.text("session_key") {
            let parent = cells.text("parent_session_key").or_else(|| cells.text("spawned_by"));
            nodes.insert(key, (cells.text("current_session_id"), parent));
        }
        Ok(())
    })?;
    let columns = ["session_id", "session_key"];
    table::read(
        database,
        "session_windows",
        &columns,
        table::ALL,
        into,
        |cells, into| {
            let (Some(session), Some(key)) = (cells.text("session_id"), cells.text("session_key")) else {
                return Ok(());
            };
            let parent = nodes.get(&key).and_then(|(_, parent)| nodes.get(parent.as_ref()?));
            if let Some(parent_id) = parent.and_then(|(session, _)| session.clone())
                && parent_id != session
            {
                into.session(SessionInfo {
                    parent_id: Some(parent_id),
                    interactive: Some(false),
                    ..SessionInfo::new(session)
                });
            }
            Ok(())
        },
    )?;
    Ok(())
}
