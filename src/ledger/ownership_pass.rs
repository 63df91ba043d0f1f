//! Settling: after a sync, which copies count, also in packs that the sync itself did not touch.

use super::merge::{PackKey, Work};
use super::owner::{Claim, Group, decide};
use super::pack::{EventColumns, set_counted};
use super::repeats::contested;
use super::sync::{Syncing, load_pack};
use super::transfer::is_import;
use anyhow::Result;
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::path::Path;

/// A pack under decision with what breaks ties.
struct Candidate<'a> {
    key: PackKey,
    claims: Vec<Claim>,
    /// Time of its last turn: a fork is written after its original ended.
    end: Option<i64>,
    path: Cow<'a, str>,
    session_id: Cow<'a, str>,
    is_imported: bool,
}

impl Group for Candidate<'_> {
    fn claims(&self) -> &[Claim] {
        &self.claims
    }

    fn claims_mut(&mut self) -> &mut [Claim] {
        &mut self.claims
    }

    fn order(&self, other: &Self) -> Ordering {
        (self.end, &self.path, &self.session_id).cmp(&(other.end, &other.path, &other.session_id))
    }

    fn is_same_session(&self, other: &Self) -> bool {
        self.key.session == other.key.session
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
    // In a first ledger, every turn counts already unless there is a copy of it.
    let (events, is_open) = if syncing.is_first {
        (None, contested(&syncing.work)?)
    } else {
        let touched = Touched::of(&syncing.work)?;
        load_affected(syncing, &touched)?;
        (Some(touched.events), vec![true; syncing.work.len()])
    };
    let mut work = std::mem::take(&mut syncing.work);
    let mut open: Vec<&mut Work> = work
        .iter_mut()
        .zip(is_open)
        .filter_map(|(work, is_open)| is_open.then_some(work))
        .collect();
    let mut candidates = Vec::with_capacity(open.len());
    for work in &open {
        let path = syncing.source_path(work.key.source)?;
        candidates.push(Candidate {
            key: work.key,
            claims: work.claims()?,
            end: (work.turns > 0).then_some(work.span.1),
            is_imported: is_import(Path::new(&*path)),
            path,
            session_id: syncing.session_id(work.key.session)?,
        });
    }
    decide(&mut candidates, events.as_ref());
    for (work, candidate) in open.iter_mut().zip(&candidates) {
        let counted = || candidate.claims.iter().map(|claim| claim.counted);
        let before = work.old.as_ref().map(|old| old.turns.iter().map(|turn| turn.counted));
        // Only an unchanged pack has its turns in the same order: a grown turn may have moved.
        if work.is_dirty || before.is_none_or(|before| !before.eq(counted())) {
            set_counted(work.blobs.numbers_mut(), counted());
            work.is_dirty = true;
        }
    }
    drop((open, candidates));
    syncing.work = work;
    Ok(())
}

/// Events and segments of the packs that changed, as they are now and as they were.
#[derive(Default)]
struct Touched {
    events: FxHashSet<u64>,
    segments: FxHashSet<u64>,
}

impl Touched {
    fn of(work: &[Work]) -> Result<Self> {
        let mut touched = Self::default();
        let mut columns = EventColumns::default();
        for work in work {
            work.events(&mut columns)?;
            touched.events.extend(&columns.events);
            touched.segments.extend(&columns.segments);
            for turn in work.old.iter().flat_map(|old| &old.turns) {
                touched.events.insert(turn.event.0);
                touched.segments.insert(turn.segment);
            }
        }
        // No segment.
        touched.segments.remove(&0);
        Ok(touched)
    }
}

/// Brings in the other packs that hold copies of the touched events, or turns of the touched segments.
fn load_affected(syncing: &mut Syncing<'_>, touched: &Touched) -> Result<()> {
    let Some(connection) = &syncing.ledger.connection else {
        return Ok(());
    };
    let present: FxHashSet<i64> = syncing.work.iter().map(|work| work.id).collect();
    let agents: FxHashSet<u32> = syncing.work.iter().map(|work| work.key.agent).collect();
    // One bit per low 16 bits of an event: most packs are passed over without a look into the set.
    let mut bits = vec![0u64; 1024];
    for event in &touched.events {
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
            .any(|event| bits[(event >> 6) as usize & 1023] & 1 << (event & 63) != 0 && touched.events.contains(event));
        if has_event
            || columns
                .segments
                .iter()
                .any(|segment| *segment != 0 && touched.segments.contains(segment))
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
