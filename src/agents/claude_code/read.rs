//! Reads a transcript: its records, and what only its totals hold.

use super::billed::provider;
use super::identity::AGENT;
use super::transcript::{Scan, name, scan};
use super::unrecorded;
use crate::agents::shared::batch::Batch;
use crate::agents::shared::source::{Bookmark, Source};
use crate::core::turn::{EventKey, RecordKey, Turn};
use crate::system::files::Stamp;
use anyhow::Result;

/// Reads the part of a transcript after a bookmark.
///
/// # Errors
/// When the file cannot be opened or read.
pub fn read(source: &Source, from: &Bookmark, into: &mut Batch, rules_version: u32) -> Result<Bookmark> {
    let mut whole = scan(source, from, into)?;
    let has_costs = whole.state.has_costs || !whole.costs.is_empty();
    // Only totals make a fork depend on its parent: no other transcript looks for one.
    let parent = whole.state.beginning.parent().filter(|_| has_costs);
    let parent = parent.map(|parent| unrecorded::stamp_of(&source.path, parent));
    let subagents = Stamp {
        inode: from.wal.inode & !WATCHES_PARENT,
        ..from.wal
    };
    let is_outdated = whole.state.has_costs && (subagents != source.wal || whole.state.parent != parent);
    if !whole.costs.is_empty() || is_outdated {
        add_unrecorded(&mut whole, source, into)?;
    }
    whole.state.parent = parent;
    let watches_parent = parent.is_some();
    let state = serde_json::to_vec(&whole.state)?;
    let mark = whole.lines.finish(rules_version, whole.lines_before, state, into)?;
    Ok(Bookmark {
        wal: Stamp {
            inode: source.wal.inode | if watches_parent { WATCHES_PARENT } else { 0 },
            ..source.wal
        },
        ..mark
    })
}

/// Set in the bookmark of a fork with totals, which start with its parent's: no stamp has it, so the fork is looked at
/// whenever anything changed, and read again when its parent did.
const WATCHES_PARENT: u64 = 1 << 63;

/// Adds what the session's totals have beyond its records.
fn add_unrecorded(own: &mut Scan, source: &Source, into: &mut Batch) -> Result<()> {
    let session_id = name(&source.path);
    let found = if own.is_resumed {
        let mut batch = Batch::default();
        let whole = scan(source, &Bookmark::default(), &mut batch)?;
        unrecorded::find(&source.path, session_id, &whole, &batch)?
    } else {
        unrecorded::find(&source.path, session_id, own, into)?
    };
    let state = &mut own.state;
    state.has_costs = true;
    for rest in found {
        let (at, identity) = rest.total;
        let event = EventKey::of(AGENT, format!("unrecorded\n{identity:x} {at}\n{}", rest.model));
        let is_known = state.unrecorded.contains(&event.0);
        // A turn of nothing takes back a rest that was counted before the records of subagents were there.
        if rest.is_nothing() && !is_known {
            continue;
        }
        if !is_known {
            state.unrecorded.push(event.0);
        }
        into.turn(&Turn {
            session_id,
            record: RecordKey(event.0),
            event,
            rank: rest.rank,
            provider_id: rest.provider.as_deref().unwrap_or_else(|| provider(&rest.model, "")),
            model_id: &rest.model,
            tokens: rest.tokens,
            cache_write_1h: rest.cache_write_1h,
            fees: rest.fees,
            requests: None,
            timestamp: rest.time,
            place: rest.place,
            ..Turn::PLAIN
        });
    }
    Ok(())
}
