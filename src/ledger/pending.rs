//! Pending: changes of a sync that the ledger file does not contain yet. Reports read through them; then they are
//! committed.

use super::merge::{PackKey, Work};
use super::pack::{Blobs, Pack};
use super::sessions::KnownSession;
use crate::agents::Bookmark;
use crate::agents::shared::batch::LimitSeen;
use crate::core::problem::Problem;
use crate::core::turn::EventKey;
use rustc_hash::FxHashMap;
use std::path::PathBuf;

/// A pack that is new or was changed, by the row it will have.
pub struct PendingPack {
    pub id: i64,
    pub key: PackKey,
    pub span: (i64, i64),
    pub blobs: Blobs,
    /// No turn is left in it: the row is removed.
    pub is_empty: bool,
}

/// A source as the ledger knows it.
#[derive(Clone, Debug)]
pub struct KnownSource {
    pub id: i64,
    pub path: PathBuf,
    pub kind: u8,
    /// The file is no longer there.
    pub gone: bool,
    pub bookmark: Bookmark,
    /// Problems of the last read.
    pub problems: Vec<Problem>,
}

/// One step of the counted numbers of an event, for `watch`.
pub struct Change {
    pub agent: u32,
    pub session: i64,
    pub event: EventKey,
    pub message_id: String,
    /// A pack of one turn, or nothing.
    pub old: Option<Pack>,
    pub new: Option<Pack>,
}

/// Everything a commit writes.
#[derive(Default)]
pub struct Pending {
    pub packs: Vec<PendingPack>,
    /// Position in `packs` by row.
    pub pack_at: FxHashMap<i64, usize>,
    /// By agent (name row), since paths are its own.
    pub sources: Vec<(u32, KnownSource)>,
    pub sessions: FxHashMap<i64, KnownSession>,
    pub changes: Vec<Change>,
    pub limits: Vec<LimitSeen>,
    pub meta: Vec<(String, Vec<u8>)>,
}

impl Pending {
    pub fn is_empty(&self) -> bool {
        self.packs.is_empty()
            && self.sources.is_empty()
            && self.sessions.is_empty()
            && self.limits.is_empty()
            && self.meta.is_empty()
    }

    /// Takes in a pack that a sync touched.
    pub fn put_pack(&mut self, work: Work) {
        let is_empty = work.turns == 0;
        let pack = PendingPack {
            id: work.id,
            key: work.key,
            span: work.span,
            blobs: work.blobs,
            is_empty,
        };
        match self.pack_at.get(&pack.id) {
            Some(&at) => self.packs[at] = pack,
            None => {
                self.pack_at.insert(pack.id, self.packs.len());
                self.packs.push(pack);
            }
        }
    }
}
