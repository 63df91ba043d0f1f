//! Changes: how the counted numbers of each event moved in a sync, for `watch`.

use super::merge::Work;
use super::pack::{Pack, PackTurn};
use super::pending::Change;
use super::sync::Syncing;
use crate::core::turn::EventKey;
use anyhow::Result;
use rustc_hash::FxHashMap;

/// A counted turn and the pack it stands in.
struct Counted {
    agent: u32,
    session: i64,
    turn: PackTurn,
    message_id: String,
}

/// Notes every event whose counted numbers differ from before, oldest first.
pub(super) fn collect(syncing: &mut Syncing<'_>) -> Result<()> {
    let mut steps: FxHashMap<EventKey, (Option<Counted>, Option<Counted>)> = FxHashMap::default();
    for work in &syncing.work {
        if let Some(old) = &work.old {
            for turn in old.turns.iter().filter(|turn| turn.numbers.counted) {
                steps.entry(turn.event).or_default().0 = Some(counted(work, old, turn));
            }
        }
        if let Some(new) = Pack::decode(&work.blobs) {
            for turn in new.turns.iter().filter(|turn| turn.numbers.counted) {
                steps.entry(turn.event).or_default().1 = Some(counted(work, &new, turn));
            }
        }
    }
    let mut changes = Vec::new();
    for (event, (old, new)) in steps {
        match (old, new) {
            (Some(old), Some(new)) if is_same(&old, &new) => {}
            // Ownership moved to another session: it grows by what the first one loses.
            (Some(old), Some(new)) if old.session != new.session => {
                changes.push(change(event, Some(old), None));
                changes.push(change(event, None, Some(new)));
            }
            (old, new) => changes.push(change(event, old, new)),
        }
    }
    changes.sort_by_key(|(at, change)| (*at, change.event, change.new.is_some()));
    syncing
        .ledger
        .pending
        .changes
        .extend(changes.into_iter().map(|(_, change)| change));
    Ok(())
}

fn counted(work: &Work, pack: &Pack, turn: &PackTurn) -> Counted {
    let message_id = pack.message_id(turn).to_owned();
    Counted {
        agent: work.key.agent,
        session: work.key.session,
        turn: *turn,
        message_id,
    }
}

/// Whether nothing that is counted or priced moved.
fn is_same(old: &Counted, new: &Counted) -> bool {
    let (mut a, b) = (old.turn.numbers, new.turn.numbers);
    a.presence = b.presence;
    old.session == new.session && a == b
}

fn change(event: EventKey, old: Option<Counted>, new: Option<Counted>) -> (i64, Change) {
    let single = |counted: &Counted| {
        let mut pack = Pack::default();
        pack.push(counted.turn, &counted.message_id);
        pack
    };
    let (agent, session, message_id, at) = match new.as_ref().or(old.as_ref()) {
        Some(last) => (
            last.agent,
            last.session,
            last.message_id.clone(),
            last.turn.numbers.timestamp,
        ),
        None => (0, 0, String::new(), 0),
    };
    (
        at,
        Change {
            agent,
            session,
            event,
            message_id,
            old: old.as_ref().map(single),
            new: new.as_ref().map(single),
        },
    )
}
