//! Merging: the rows of one read into the packs of its source.

use super::owner::{Claim, is_void};
use super::pack::{Blobs, DAMAGED, EventColumns, Pack, PackTurn};
use crate::agents::Batch;
use crate::agents::shared::batch::Row;
use crate::core::numbers::Numbers;
use crate::core::turn::{Presence, RecordKey};
use anyhow::{Context, Result};
use rustc_hash::{FxHashMap, FxHashSet};

/// The owner of a pack: rows of the name, source and session tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PackKey {
    pub agent: u32,
    pub source: i64,
    pub session: i64,
}

/// A pack that a sync touched.
pub struct Work {
    pub id: i64,
    pub key: PackKey,
    /// As the ledger has it.
    pub old: Option<Pack>,
    pub span: (i64, i64),
    pub blobs: Blobs,
    /// How many turns it has.
    pub turns: usize,
    /// Whether it differs from `old` in more than ownership.
    pub is_dirty: bool,
}

impl Work {
    pub fn new(id: i64, key: PackKey, old: Option<Pack>, pack: &Pack) -> Self {
        let is_dirty = old.as_ref() != Some(pack);
        Self {
            id,
            key,
            old,
            span: pack.span(),
            blobs: pack.encode(),
            turns: pack.turns.len(),
            is_dirty,
        }
    }

    /// Reads its events.
    ///
    /// # Errors
    /// When the pack is damaged, which is a bug: it was made in this process.
    pub fn events(&self, into: &mut EventColumns) -> Result<()> {
        into.read(self.blobs.events()).context(DAMAGED)
    }

    /// What ownership decides on, in the order of the turns.
    ///
    /// # Errors
    /// When the pack is damaged, which is a bug: it was made in this process.
    pub fn claims(&self) -> Result<Vec<Claim>> {
        let pack = Pack::decode(&self.blobs).context(DAMAGED)?;
        Ok(pack.turns.iter().map(Claim::of).collect())
    }
}

/// The rows in the table of names of what a batch names, by position there.
#[derive(Default)]
pub struct NameRows {
    pub models: Vec<u32>,
    pub origins: Vec<u32>,
}

/// The fate of turns that are missing from a complete read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// They stay as they are: the read was not complete.
    Stay,
    /// They were deleted or reverted: they stay, with this presence.
    Mark(Presence),
    /// The rules of reading changed and no longer see a turn there. Those that were gone before stay.
    Drop,
    /// They changed while the source was missing and all its turns were marked as gone. An unknown record replaces a gone one of
    /// the same time, which was stored under its old key.
    Replace,
    /// Another session has the id of this one now. Its rows, which older rules stored here, move there; the others were deleted.
    Taken,
}

/// Merges the known turns of one session in one source with those read now.
pub fn merge(old: Option<&Pack>, rows: &[&Row], batch: &Batch, names: &NameRows, missing: Missing) -> Pack {
    if missing == Missing::Taken {
        return old.map(|old| without(old, rows)).unwrap_or_default();
    }
    let mut records = FxHashSet::with_capacity_and_hasher(rows.len(), Default::default());
    if old.is_none() && rows.iter().all(|row| records.insert(row.record)) {
        let mut pack = Pack::with_capacity(rows.len());
        for row in rows {
            pack.push(from_row(row, names), batch.message_id(row));
        }
        pack.sort();
        return pack;
    }
    merge_records(old, rows, batch, names, missing)
}

/// A pack without the turns of another session; the others are gone.
fn without(old: &Pack, rows: &[&Row]) -> Pack {
    let theirs: FxHashMap<RecordKey, Numbers> = rows.iter().map(|row| (row.record, row.numbers)).collect();
    let mut pack = Pack::with_capacity(old.turns.len());
    for turn in &old.turns {
        let mut turn = *turn;
        if turn.numbers.presence == Presence::Present {
            if theirs.get(&turn.record) == Some(&turn.numbers) {
                continue;
            }
            turn.numbers.presence = Presence::Gone;
        }
        pack.push(turn, old.message_id(&turn));
    }
    pack
}

/// The same where a record may have been known, or come twice.
fn merge_records(old: Option<&Pack>, rows: &[&Row], batch: &Batch, names: &NameRows, missing: Missing) -> Pack {
    let mut kept: Vec<(PackTurn, &str)> = Vec::with_capacity(old.map_or(0, |old| old.turns.len()) + rows.len());
    let mut at: FxHashMap<RecordKey, usize> = FxHashMap::default();
    at.reserve(rows.len());
    if let Some(old) = old {
        for turn in &old.turns {
            at.insert(turn.record, kept.len());
            kept.push((*turn, old.message_id(turn)));
        }
    }
    let known = kept.len();
    let mut seen: FxHashSet<usize> = FxHashSet::default();
    for row in rows {
        let mut turn = from_row(row, names);
        let message_id = batch.message_id(row);
        match at.get(&turn.record) {
            None => {
                at.insert(turn.record, kept.len());
                kept.push((turn, message_id));
            }
            Some(&place) => {
                let is_first = place < known && seen.insert(place);
                let is_of_other_rules = is_first && matches!(missing, Missing::Drop | Missing::Replace);
                let (before, id) = &mut kept[place];
                let is_newer = match missing {
                    // What other rules made of it is no longer of interest, unless they knew more.
                    _ if is_of_other_rules => !row.may_know_less || turn.rank >= before.rank,
                    // Nothing changed but what is known of its session.
                    Missing::Mark(_) if is_first && has_same_numbers(&turn, before) => turn.rank.0 >= before.rank.0,
                    _ => turn.rank >= before.rank,
                };
                if is_newer {
                    // What named it before may be deleted. Other rules may know that the name was wrong.
                    if batch.model_id(row).is_empty() && !is_of_other_rules {
                        turn.model = before.model;
                    }
                    // The ownership pass decides later whether it counts; keeping the flag detects unchanged packs.
                    turn.counted &= before.counted || is_void(&before.numbers);
                    (*before, *id) = (turn, message_id);
                } else {
                    before.numbers.presence = turn.numbers.presence;
                }
            }
        }
    }
    // How many records that were not known come at each time.
    let mut unknown: FxHashMap<i64, usize> = FxHashMap::default();
    if missing == Missing::Replace {
        for (turn, _) in &kept[known..] {
            *unknown.entry(turn.numbers.timestamp).or_default() += 1;
        }
    }
    let mut pack = Pack::default();
    for (place, (mut turn, message_id)) in kept.into_iter().enumerate() {
        let is_unseen = place < known && !seen.contains(&place);
        let is_missing = is_unseen && turn.numbers.presence == Presence::Present;
        match missing {
            Missing::Mark(presence) if is_missing => turn.numbers.presence = presence,
            Missing::Drop | Missing::Replace if is_missing => continue,
            Missing::Replace if is_unseen => {
                if let Some(left) = unknown.get_mut(&turn.numbers.timestamp).filter(|left| **left > 0) {
                    *left -= 1;
                    continue;
                }
            }
            _ => {}
        }
        pack.push(turn, message_id);
    }
    pack.sort();
    pack
}

fn has_same_numbers(turn: &PackTurn, before: &PackTurn) -> bool {
    let presence = turn.numbers.presence;
    turn.numbers
        == Numbers {
            presence,
            ..before.numbers
        }
}

fn from_row(row: &Row, names: &NameRows) -> PackTurn {
    PackTurn {
        // Until a copy is found that counts instead.
        counted: !is_void(&row.numbers),
        model: names.models[row.model as usize],
        origin: names.origins[row.origin as usize],
        numbers: row.numbers,
        event: row.event,
        record: row.record,
        rank: row.rank,
        segment: row.segment,
        supersedes: row.supersedes,
        place: row.place,
        message: (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tokens::Tokens;
    use crate::core::turn::{EventKey, Rank, Turn};

    fn batch(turns: &[(&str, u64, u64)]) -> Batch {
        let mut batch = Batch::default();
        for (id, rank, output) in turns {
            batch.turn(&Turn {
                session_id: "s",
                message_id: id,
                record: RecordKey::of(id),
                event: EventKey::of("a", id),
                rank: Rank(*rank, 0),
                numbers: Numbers {
                    tokens: Tokens::new(0, *output, 0, 0, 0),
                    ..Numbers::PLAIN
                },
                ..Turn::PLAIN
            });
        }
        batch
    }

    fn merged(old: Option<&Pack>, turns: &[(&str, u64, u64)], missing: Missing) -> Pack {
        let batch = batch(turns);
        merge(
            old,
            &batch.turns.iter().collect::<Vec<_>>(),
            &batch,
            &NameRows {
                models: vec![0],
                origins: vec![0],
            },
            missing,
        )
    }

    fn shown(pack: &Pack) -> Vec<(String, u64, Presence)> {
        let mut shown: Vec<_> = pack
            .turns
            .iter()
            .map(|turn| {
                (
                    pack.message_id(turn).to_owned(),
                    turn.numbers.tokens.known_total(),
                    turn.numbers.presence,
                )
            })
            .collect();
        shown.sort_by(|a, b| a.0.cmp(&b.0));
        shown
    }

    #[test]
    fn a_later_read_replaces_a_record_unless_its_rank_is_lower() {
        let pack = merged(
            None,
            &[("m1", 1, 10), ("m1", 3, 30), ("m1", 2, 20), ("m2", 0, 5)],
            Missing::Stay,
        );
        let present = Presence::Present;
        assert_eq!(shown(&pack), [("m1".into(), 30, present), ("m2".into(), 5, present)]);
        let again = merged(Some(&pack), &[("m2", 0, 6)], Missing::Stay);
        assert_eq!(shown(&again), [("m1".into(), 30, present), ("m2".into(), 6, present)]);
    }

    #[test]
    fn other_rules_replace_a_record_whatever_its_rank() {
        let pack = merged(None, &[("m1", 9, 90), ("m2", 9, 90)], Missing::Stay);
        let corrected = merged(Some(&pack), &[("m1", 8, 80), ("m1", 7, 70)], Missing::Drop);
        assert_eq!(shown(&corrected), [("m1".into(), 80, Presence::Present)]);
    }

    #[test]
    fn what_was_away_while_the_rules_changed_is_what_is_read_at_the_same_time() {
        let gone = Missing::Mark(Presence::Gone);
        let pack = merged(None, &[("m1", 0, 10)], Missing::Stay);
        let away = merged(Some(&pack), &[], gone);
        // Under another name, at the same time.
        let back = merged(Some(&away), &[("m1 by other rules", 0, 10)], Missing::Replace);
        assert_eq!(shown(&back), [("m1 by other rules".into(), 10, Presence::Present)]);
        // What was deleted before stays: the record of the same time is known.
        let pack = merged(None, &[("m1", 0, 10), ("m2", 0, 20)], Missing::Stay);
        let deleted = merged(Some(&pack), &[("m1", 0, 10)], gone);
        let away = merged(Some(&deleted), &[], gone);
        let back = merged(Some(&away), &[("m1", 0, 10)], Missing::Replace);
        let expected = [("m1".into(), 10, Presence::Present), ("m2".into(), 20, Presence::Gone)];
        assert_eq!(shown(&back), expected);
    }

    #[test]
    fn what_a_complete_read_did_not_bring_stays_and_says_so() {
        let pack = merged(None, &[("m1", 0, 10), ("m2", 0, 20)], Missing::Stay);
        let reverted = merged(Some(&pack), &[("m1", 0, 10)], Missing::Mark(Presence::Reverted));
        assert_eq!(shown(&reverted)[1], ("m2".into(), 20, Presence::Reverted));
        let back = merged(Some(&reverted), &[("m2", 0, 20)], Missing::Stay);
        assert_eq!(shown(&back)[1], ("m2".into(), 20, Presence::Present));
        let corrected = merged(Some(&reverted), &[], Missing::Drop);
        assert_eq!(shown(&corrected), [("m2".into(), 20, Presence::Reverted)]);
    }
}
