//! The content of the ledger, by agent.

use crate::core::rows::{LedgerRow, Text};
use crate::core::turn::Presence;
use crate::ledger::query::Selection;
use crate::ledger::{Ledger, LedgerState};
use anyhow::Result;
use rustc_hash::{FxHashMap, FxHashSet};

/// One row per agent, by id.
///
/// # Errors
/// When the ledger is damaged.
pub(crate) fn ledger_rows(ledger: &Ledger) -> Result<Vec<LedgerRow>> {
    let (path, size_bytes) = match ledger.standing() {
        LedgerState::File(path) | LedgerState::Unusable(path) => (
            path.display().to_string(),
            std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
        ),
        LedgerState::Memory => (":memory:".to_owned(), 0),
    };
    let empty = |agent_id: Text| LedgerRow {
        agent_id,
        sources: 0,
        gone_sources: 0,
        sessions: 0,
        turns: 0,
        copies: 0,
        gone_turns: 0,
        start: None,
        end: None,
        path: path.clone(),
        size_bytes,
    };
    let mut rows: FxHashMap<u32, LedgerRow> = FxHashMap::default();
    let mut sessions: FxHashSet<(u32, i64)> = FxHashSet::default();
    let id = |agent: u32| Text::from(ledger.names().agent(agent).unwrap_or(""));
    for (agent, (sources, gone)) in ledger.source_counts()? {
        let row = rows.entry(agent).or_insert_with(|| empty(id(agent)));
        (row.sources, row.gone_sources) = (sources, gone);
    }
    ledger.visit(&Selection::ALL, |head, columns| {
        let agent = head.key.agent;
        let row = rows.entry(agent).or_insert_with(|| empty(id(agent)));
        for at in 0..columns.len() {
            let entry = columns.turn(at);
            if !entry.counted {
                row.copies += 1;
                continue;
            }
            let time = entry.numbers.timestamp;
            row.turns += 1;
            row.gone_turns += u64::from(entry.numbers.presence != Presence::Present);
            row.start = Some(row.start.map_or(time, |start| start.min(time)));
            row.end = row.end.max(Some(time));
        }
        if sessions.insert((agent, head.key.session)) {
            row.sessions += 1;
        }
        Ok(())
    })?;
    let mut rows: Vec<LedgerRow> = rows.into_values().collect();
    rows.sort_by(|a, b| a.agent_id.cmp(&b.agent_id));
    Ok(rows)
}
