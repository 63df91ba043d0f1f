//! Changes: how the counted numbers of each event moved in a sync, for `watch`.

use super::Ledger;
use super::merge::Work;
use super::pack::{Columns, Pack, PackEntry, PackTurn};
use super::pending::Change;
use super::sync::Syncing;
use crate::core::turn::EventKey;
use anyhow::Result;
use rustc_hash::FxHashMap;

/// A counted turn and its pack.
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
            for turn in old.turns.iter().filter(|turn| turn.counted) {
                steps.entry(turn.event).or_default().0 = Some(counted(work, old, turn));
            }
        }
        if let Some(new) = Pack::decode(&work.blobs) {
            for turn in new.turns.iter().filter(|turn| turn.counted) {
                steps.entry(turn.event).or_default().1 = Some(counted(work, &new, turn));
            }
        }
    }
    let mut changes = Vec::new();
    for (event, (old, new)) in steps {
        match (old, new) {
            (Some(old), Some(new)) if is_same(&old, &new) => {}
            // The owner changed to another session: it gains what the first one loses.
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
    let (mut a, b) = (old.turn.entry(), new.turn.entry());
    (a.numbers.presence, a.origin) = (b.numbers.presence, b.origin);
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

/// A change as it was committed.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The number in its `eventId`.
    pub seq: i64,
    /// When it was committed: epoch milliseconds.
    pub at: i64,
    pub agent: u32,
    pub session: i64,
    pub event: EventKey,
    pub message_id: String,
    pub old: Option<PackEntry>,
    pub new: Option<PackEntry>,
}

impl Ledger {
    /// Committed changes after a number, oldest first, at most so many.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn changes_after(&self, seq: i64, most: usize) -> Result<Vec<Logged>> {
        let mut changes = Vec::new();
        self.each_change_after(seq, most, |logged| changes.push(logged))?;
        Ok(changes)
    }

    /// Hands out what [`Ledger::changes_after`] collects: a log of a week can be long.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn each_change_after(&self, seq: i64, most: usize, mut each: impl FnMut(Logged)) -> Result<()> {
        let Some(connection) = &self.connection else {
            return Ok(());
        };
        let mut statement = connection.prepare_cached(
            "select seq, at, agent, session, event, message, old, new from change where seq > ?1 order by seq limit ?2",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut rows = statement.query([seq, most])?;
        while let Some(row) = rows.next()? {
            each(Logged {
                seq: row.get(0)?,
                at: row.get(1)?,
                agent: row.get(2)?,
                session: row.get(3)?,
                event: EventKey(row.get::<_, i64>(4)? as u64),
                message_id: row.get(5)?,
                old: row.get_ref(6)?.as_blob_or_null()?.and_then(single),
                new: row.get_ref(7)?.as_blob_or_null()?.and_then(single),
            });
        }
        Ok(())
    }

    /// Runs `read` on one snapshot of the ledger, regardless of concurrent commits.
    ///
    /// # Errors
    ///
    /// Those of `read`, and when the ledger cannot be read.
    pub fn frozen<T>(&self, read: impl FnOnce() -> Result<T>) -> Result<T> {
        let Some(connection) = &self.connection else {
            return read();
        };
        let transaction = connection.unchecked_transaction()?;
        let result = read();
        transaction.commit()?;
        result
    }

    /// Since when changes are in the log: epoch milliseconds.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn log_begins(&self) -> Result<i64> {
        let Some(connection) = &self.connection else {
            return Ok(i64::MAX);
        };
        let (first, last) = self.change_span()?;
        let began = super::meta_number(connection, "began_at")?;
        if first <= 1 {
            // Nothing was dropped yet, or everything was.
            let is_whole = first == 1 || last == 0;
            return Ok(if is_whole { began } else { i64::MAX });
        }
        Ok(connection.query_row("select min(at) from change", [], |row| row.get(0))?)
    }

    /// The number of the last change that was committed before a time.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn last_change_before(&self, at: i64) -> Result<i64> {
        let Some(connection) = &self.connection else {
            return Ok(0);
        };
        let first_after: Option<i64> =
            connection.query_row("select min(seq) from change where at >= ?1", [at], |row| row.get(0))?;
        match first_after {
            Some(seq) => Ok(seq - 1),
            None => Ok(self.change_span()?.1),
        }
    }

    /// The number of the last change ever committed, and the oldest one still kept (0 and 0 when there is none).
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn change_span(&self) -> Result<(i64, i64)> {
        use rusqlite::OptionalExtension;
        let Some(connection) = &self.connection else {
            return Ok((0, 0));
        };
        let last = connection
            .prepare_cached("select seq from sqlite_sequence where name = 'change'")?
            .query_row([], |row| row.get(0))
            .optional()?
            .unwrap_or(0);
        let first: Option<i64> = connection.query_row("select min(seq) from change", [], |row| row.get(0))?;
        Ok((first.unwrap_or(0), last))
    }
}

/// The numbers of a pack of one turn.
fn single(blob: &[u8]) -> Option<PackEntry> {
    let mut columns = Columns::default();
    columns.read(blob)?;
    (columns.len() == 1).then(|| columns.turn(0))
}
