//! Reads a transcript: its records, and what only its totals hold.

use super::transcript::scan;
use super::{totals, unrecorded};
use crate::agents::shared::batch::Batch;
use crate::agents::shared::source::{Bookmark, Source};
use crate::system::files::Stamp;
use anyhow::Result;

/// Reads the part of a transcript after a bookmark.
///
/// # Errors
/// When the file cannot be opened or read.
pub(super) fn read(source: &Source, from: &Bookmark, into: &mut Batch, rules_version: u32) -> Result<Bookmark> {
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
        totals::add(&mut whole, source, into)?;
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

/// Marks the bookmark of a fork with totals, which start with its parent's. No stamp has this bit, so ttop checks the fork
/// whenever anything changed, and reads it again when its parent did.
const WATCHES_PARENT: u64 = 1 << 63;
