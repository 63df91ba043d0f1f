//! Settling: after a sync, which copies count, also in packs that the sync itself did not touch.

use super::merge::{PackKey, Work};
use super::owner::{Claim, Group, decide};
use super::pack::{EventColumns, set_counted};
use super::sync::{Syncing, load_pack};
use super::transfer::is_import;
use anyhow::Result;
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::path::Path;

/// A pack under decision with what breaks ties.
struct Candidate<'a> {
    work: &'a mut Work,
    /// Time of its last turn: a fork is written after its original ended.
    end: Option<i64>,
    path: Cow<'a, str>,
    session_id: Cow<'a, str>,
    is_imported: bool,
}

impl Group for Candidate<'_> {
    fn claims(&self) -> &[Claim] {
        &self.work.claims
    }

    fn claims_mut(&mut self) -> &mut [Claim] {
        &mut self.work.claims
    }

    fn order(&self, other: &Self) -> Ordering {
        (self.end, &self.path, &self.session_id).cmp(&(other.end, &other.path, &other.session_id))
    }

    fn is_same_session(&self, other: &Self) -> bool {
        self.work.key.session == other.work.key.session
    }

    fn is_imported(&self) -> bool {
        self.is_imported
    }
}

/// Decides ownership for all events that were touched and writes the flags into the packs.
pub(super) fn assign_owners(syncing: &mut Syncing<'_>) -> Result<()> {
    if syncing.work.is_empty() {
        return Ok(());
    }
    let events = if syncing.is_first {
        None
    } else {
        Some(touched_events(syncing))
    };
    if let Some(events) = &events {
        load_affected(syncing, events)?;
    }
    let mut work = std::mem::take(&mut syncing.work);
    let mut candidates = Vec::with_capacity(work.len());
    for work in &mut work {
        let session_id = syncing.session_id(work.key.session)?;
        let path = syncing.source_path(work.key.source)?;
        let end = (!work.claims.is_empty()).then_some(work.span.1);
        candidates.push(Candidate {
            is_imported: is_import(Path::new(&*path)),
            work,
            end,
            path,
            session_id,
        });
    }
    decide(&mut candidates, events.as_ref());
    drop(candidates);
    for work in &mut work {
        let before = work.old.as_ref().map(|old| old.turns.iter().map(|turn| turn.counted));
        // Only an unchanged pack has its turns in the same order: a grown turn may have moved.
        let flips =
            work.is_dirty || before.is_none_or(|before| !before.eq(work.claims.iter().map(|claim| claim.counted)));
        if flips {
            set_counted(&mut work.blobs.numbers, work.claims.iter().map(|claim| claim.counted));
            work.is_dirty = true;
        }
    }
    syncing.work = work;
    Ok(())
}

/// Events of the packs that changed, as they are now and as they were.
fn touched_events(syncing: &Syncing<'_>) -> FxHashSet<u64> {
    let mut events = FxHashSet::default();
    for work in &syncing.work {
        events.extend(work.claims.iter().map(|claim| claim.event.0));
        events.extend(
            work.old
                .iter()
                .flat_map(|old| old.turns.iter().map(|turn| turn.event.0)),
        );
    }
    events
}

/// Brings in the other packs that hold copies of the touched events, or turns of the touched segments.
fn load_affected(syncing: &mut Syncing<'_>, events: &FxHashSet<u64>) -> Result<()> {
    let Some(connection) = &syncing.ledger.connection else {
        return Ok(());
    };
    let present: FxHashSet<i64> = syncing.work.iter().map(|work| work.id).collect();
    let agents: FxHashSet<u32> = syncing.work.iter().map(|work| work.key.agent).collect();
    let segments: FxHashSet<u64> = syncing
        .work
        .iter()
        .flat_map(|work| {
            let old = work
                .old
                .iter()
                .flat_map(|old| old.turns.iter().map(|turn| turn.segment));
            work.claims.iter().map(|claim| claim.segment).chain(old)
        })
        .filter(|&segment| segment != 0)
        .collect();
    // One bit per low 16 bits of an event: most packs are passed over without a look into the set.
    let mut bits = vec![0u64; 1024];
    for event in events {
        bits[(event >> 6) as usize & 1023] |= 1 << (event & 63);
    }
    let mut columns = EventColumns::default();
    let mut affected = Vec::new();
    let mut statement =
        connection.prepare("select id, agent, source, session, events from pack_events join pack using (id)")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, agent) = (row.get::<_, i64>(0)?, row.get::<_, u32>(1)?);
        if present.contains(&id) || !agents.contains(&agent) || columns.read(row.get_ref(4)?.as_blob()?).is_none() {
            continue;
        }
        let has_event = columns
            .events
            .iter()
            .any(|event| bits[(event >> 6) as usize & 1023] & 1 << (event & 63) != 0 && events.contains(event));
        if has_event
            || columns
                .segments
                .iter()
                .any(|segment| *segment != 0 && segments.contains(segment))
        {
            affected.push((
                id,
                PackKey {
                    agent,
                    source: row.get(2)?,
                    session: row.get(3)?,
                },
            ));
        }
    }
    drop(rows);
    for (id, key) in affected {
        if let Some(pack) = load_pack(connection, id)? {
            syncing.work.push(Work::new(id, key, Some(pack.clone()), &pack));
        }
    }
    Ok(())
}
