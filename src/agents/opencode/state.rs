//! What the reader of a database remembers between two reads, packed into the bookmark.

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Raised when the layout changes: what an older one packed is started over.
const VERSION: u8 = 1;

/// What is remembered of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// When the database had last been changed as it was read whole, nanoseconds since the epoch.
    pub whole_at_ns: i64,
    /// By generation, the newest first.
    pub generations: Vec<Progress>,
}

/// What is remembered of one generation of tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// The greatest rowid of the messages, and the hash of the id there.
    pub mark: i64,
    pub mark_id: u64,
    /// By session hash.
    pub sessions: FxHashMap<u64, Known>,
    pub open: Vec<Open>,
}

/// A session as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub updated: i64,
    /// Messages of any role.
    pub rows: u32,
}

/// A reply that was not complete: it may be written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub rowid: i64,
    pub updated: i64,
    pub session: u64,
}

impl State {
    pub(super) fn pack(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION, self.generations.len() as u8];
        bytes.extend_from_slice(&self.whole_at_ns.to_le_bytes());
        for generation in &self.generations {
            bytes.extend_from_slice(&generation.mark.to_le_bytes());
            bytes.extend_from_slice(&generation.mark_id.to_le_bytes());
            bytes.extend_from_slice(&(generation.sessions.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&(generation.open.len() as u32).to_le_bytes());
            let mut sessions: Vec<_> = generation.sessions.iter().collect();
            sessions.sort_unstable_by_key(|(hash, _)| **hash);
            for (hash, known) in sessions {
                bytes.extend_from_slice(&hash.to_le_bytes());
                bytes.extend_from_slice(&known.updated.to_le_bytes());
                bytes.extend_from_slice(&known.rows.to_le_bytes());
            }
            let mut open: Vec<_> = generation.open.iter().collect();
            open.sort_unstable_by_key(|open| open.rowid);
            for open in open {
                bytes.extend_from_slice(&open.rowid.to_le_bytes());
                bytes.extend_from_slice(&open.updated.to_le_bytes());
                bytes.extend_from_slice(&open.session.to_le_bytes());
            }
        }
        let check = xxh3_64(&bytes);
        bytes.extend_from_slice(&check.to_le_bytes());
        bytes
    }

    /// `None` for what was not packed by this version or was damaged since.
    pub(super) fn unpack(bytes: &[u8]) -> Option<Self> {
        let (content, check) = bytes.split_last_chunk::<8>()?;
        if xxh3_64(content) != u64::from_le_bytes(*check) {
            return None;
        }
        let mut rest = content;
        if rest.split_off_first()? != &VERSION {
            return None;
        }
        let generations = *rest.split_off_first()?;
        let mut state = Self {
            whole_at_ns: take_i64(&mut rest)?,
            generations: Vec::new(),
        };
        for _ in 0..generations {
            let mut generation = Progress {
                mark: take_i64(&mut rest)?,
                mark_id: take_i64(&mut rest)? as u64,
                ..Progress::default()
            };
            let (sessions, open) = (take_u32(&mut rest)?, take_u32(&mut rest)?);
            for _ in 0..sessions {
                let hash = take_i64(&mut rest)? as u64;
                let updated = take_i64(&mut rest)?;
                let rows = take_u32(&mut rest)?;
                generation.sessions.insert(hash, Known { updated, rows });
            }
            for _ in 0..open {
                generation.open.push(Open {
                    rowid: take_i64(&mut rest)?,
                    updated: take_i64(&mut rest)?,
                    session: take_i64(&mut rest)? as u64,
                });
            }
            state.generations.push(generation);
        }
        rest.is_empty().then_some(state)
    }
}

fn take_i64(rest: &mut &[u8]) -> Option<i64> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(i64::from_le_bytes(*head))
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(u32::from_le_bytes(*head))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let mut generation = Progress {
            mark: 7,
            mark_id: u64::MAX,
            ..Progress::default()
        };
        generation.sessions.insert(3, Known { updated: -1, rows: 9 });
        generation.sessions.insert(u64::MAX, Known { updated: 5, rows: 0 });
        generation.open.push(Open {
            rowid: 4,
            updated: 6,
            session: 3,
        });
        State {
            whole_at_ns: 12,
            generations: vec![generation, Progress::default()],
        }
    }

    #[test]
    fn comes_back_as_it_was_packed() {
        let packed = state().pack();
        assert_eq!(State::unpack(&packed), Some(state()));
        assert_eq!(packed, State::unpack(&packed).expect("a state").pack());
    }

    #[test]
    fn damage_anywhere_means_starting_over() {
        let packed = state().pack();
        for at in 0..packed.len() {
            let mut damaged = packed.clone();
            damaged[at] ^= 1;
            assert_eq!(State::unpack(&damaged), None, "{at}");
            assert_eq!(State::unpack(&packed[..at]), None, "{at}");
        }
    }
}
