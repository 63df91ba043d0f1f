//! One read of one source while it is taken in, whole or by parts.

use super::merge::{PackKey, Work};
use super::pack::Pack;
use super::sync::next;
use rustc_hash::FxHashMap;

/// What was taken in so far. A read that fails leaves nothing of it.
#[derive(Default)]
pub struct Intake {
    /// The source's row, once there is one.
    source: Option<i64>,
    /// Whether the ledger has earlier turns of the source; then it comes whole.
    pub is_known: bool,
    /// Rows of the sessions that came with earlier parts, by id.
    pub sessions: FxHashMap<String, i64>,
    pub work: Vec<Work>,
    /// Positions in `work` by session.
    work_at: FxHashMap<i64, usize>,
}

impl Intake {
    /// Of a source that the ledger knows.
    pub fn of_known(source: i64) -> Self {
        Self {
            source: Some(source),
            is_known: true,
            ..Self::default()
        }
    }

    /// The source's row; a new one takes the next.
    pub fn source(&mut self, next_source: &mut i64) -> i64 {
        *self.source.get_or_insert_with(|| next(next_source))
    }

    /// The pack of a session that earlier parts filled, with its row.
    pub fn pack(&self, session: i64) -> Option<(i64, Pack)> {
        let work = &self.work[*self.work_at.get(&session)?];
        Some((work.id, Pack::decode(&work.blobs)?))
    }

    /// Adds a session's pack, or puts it in the place of what earlier parts made of it.
    pub fn put(&mut self, id: i64, key: PackKey, old: Option<Pack>, pack: &Pack) {
        let work = Work::new(id, key, old, pack);
        match self.work_at.get(&key.session) {
            Some(&at) => self.work[at] = work,
            None => {
                self.work_at.insert(key.session, self.work.len());
                self.work.push(work);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Ledger;
    use super::super::forget::Erase;
    use super::super::sync::{Owner, Syncing};
    use super::*;
    use crate::agents::{Batch, Bookmark, Source};
    use crate::core::numbers::Numbers;
    use crate::core::tokens::Tokens;
    use crate::core::turn::{EventKey, Origin, Project, Rank, RecordKey, SessionInfo, Title, Turn};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Session, record, rank, output.
    type Line = (u8, u8, u64, u64);

    fn turn(into: &mut Batch, &(session, record, rank, output): &Line) {
        let (session, record) = (format!("s{session}"), format!("m{record}"));
        into.turn(&Turn {
            session_id: &session,
            message_id: &record,
            record: RecordKey::of(&record),
            event: EventKey::of("a", &record),
            rank: Rank(rank, 0),
            provider_id: "p",
            model_id: if output % 2 == 0 { "even" } else { "odd" },
            numbers: Numbers::of(Tokens::new(0, output, 0, 0, 0), output as i64),
            origin: Origin {
                task: &record,
                ..Origin::NONE
            },
            ..Turn::PLAIN
        });
    }

    fn infos(into: &mut Batch) {
        for session in 0..4 {
            into.session(SessionInfo {
                title: Some(Title::from_prompt(0, format!("Session {session}"))),
                project: Some(Project {
                    rank: 0,
                    at: 0,
                    path: format!("/home/dev/p{session}"),
                }),
                ..SessionInfo::new(format!("s{session}"))
            });
        }
    }

    /// What the ledger holds of the lines: titles with message ids, outputs and names, by session.
    fn taken(lines: &[Line], cuts: &[usize]) -> BTreeMap<String, Vec<String>> {
        let mut ledger = Ledger::in_memory().expect("a ledger");
        let forgets = ledger.forget(&Erase::Project("/home/dev/p3".into()));
        forgets.expect("forgets");
        let mut syncing = Syncing::start(&mut ledger).expect("starts");
        let owner = Owner {
            id: "a",
            row: 1,
            rules_version: 1,
        };
        let source = Source {
            path: "/log".into(),
            kind: 0,
            stamp: Default::default(),
            wal: Default::default(),
            list_entry: 0,
        };
        let (mut intake, mut batch) = (Intake::default(), Batch::default());
        infos(&mut batch);
        for (at, line) in lines.iter().enumerate() {
            turn(&mut batch, line);
            if cuts.contains(&at) {
                syncing
                    .take_part(owner, &source, batch.part(), &mut intake)
                    .expect("takes a part");
            }
        }
        let intake = Some(intake).filter(|_| !cuts.is_empty());
        syncing
            .take(owner, &source, (None, intake), &mut batch, Bookmark::default())
            .expect("takes the rest");
        let synced = syncing.finish();
        synced.expect("finishes");
        let mut sessions = BTreeMap::new();
        for pack in &ledger.pending.packs {
            let session = &ledger.pending.sessions[&pack.key.session];
            let decoded = Pack::decode(&pack.blobs).expect("a pack");
            let shown = decoded.turns.iter().map(|turn| {
                let (id, numbers) = (decoded.message_id(turn), turn.numbers);
                let (provider, model) = ledger.names.model(turn.model);
                let origin = ledger.names.origin(turn.origin);
                format!(
                    "{id} {numbers:?} {provider} {model} {origin:?} {} {:?}",
                    turn.counted, turn.rank
                )
            });
            let title = session.info.title.clone().expect("a title").text;
            assert!(sessions.insert(title, shown.collect()).is_none(), "one pack a session");
        }
        sessions
    }

    proptest! {
        #[test]
        fn parts_come_to_the_same_as_the_whole(
            lines in prop::collection::vec((0_u8..4, 0_u8..12, 0_u64..3, 0_u64..9), 1..40),
            cuts in prop::collection::vec(0_usize..40, 1..6),
        ) {
            let whole = taken(&lines, &[]);
            prop_assert_eq!(taken(&lines, &cuts), whole.clone());
            prop_assert!(!whole.contains_key("Session 3"));
        }
    }
}
