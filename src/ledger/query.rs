//! Queries: turns pack by pack, over committed and pending state.

use super::merge::PackKey;
use super::pack::{Columns, DAMAGED, Pack, PackTurn};
use super::pending::PendingPack;
use super::recent_sessions::Spans;
use super::sessions::{self, KnownSession};
use super::sync::load_pack;
use super::transfer::IMPORT;
use super::{Ledger, schema};
use anyhow::{Context, Result, bail};
use rusqlite::params;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;

/// Up to so many sessions are looked up one by one instead of in a walk over all packs.
const FEW_SESSIONS: usize = 200;

/// Which packs to read; within a pack the caller checks each turn.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Epoch milliseconds, half-open.
    pub start: i64,
    pub end: i64,
    /// Rows of agents; `None` = all.
    pub agents: Option<FxHashSet<u32>>,
    /// Rows of sessions; `None` = all.
    pub sessions: Option<FxHashSet<i64>>,
}

impl Selection {
    pub const ALL: Self = Self {
        start: i64::MIN,
        end: i64::MAX,
        agents: None,
        sessions: None,
    };

    fn takes(&self, head: &Head, span: (i64, i64)) -> bool {
        span.1 >= self.start && span.0 < self.end && self.takes_from(head)
    }

    /// Whether a pack is wanted if its time is.
    fn takes_from(&self, head: &Head) -> bool {
        let agents = self.agents.as_ref();
        let sessions = self.sessions.as_ref();
        agents.is_none_or(|agents| agents.contains(&head.key.agent))
            && sessions.is_none_or(|sessions| sessions.contains(&head.key.session))
    }
}

/// The owner of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub pack: i64,
    pub key: PackKey,
}

/// A counted turn with its pack.
#[derive(Clone, Debug)]
pub struct FoundTurn {
    pub head: Head,
    pub turn: PackTurn,
    pub message_id: String,
}

impl Ledger {
    /// Hands each selected pack to `each`, in no particular order. Turns outside the time range are in it too.
    ///
    /// # Errors
    /// When the ledger is damaged ([`Ledger::is_damage`]), or `each` fails.
    pub fn visit(&self, selection: &Selection, mut each: impl FnMut(Head, &Columns) -> Result<()>) -> Result<()> {
        let mut columns = Columns::default();
        if let Some(connection) = &self.connection {
            let mut look = |rows: &mut rusqlite::Rows<'_>| -> Result<()> {
                while let Some(row) = rows.next()? {
                    let head = head_of(row)?;
                    if self.pending.pack_at.contains_key(&head.pack)
                        || self.inactive.contains_key(&head.key.source)
                        || !selection.takes_from(&head)
                    {
                        continue;
                    }
                    if columns.read(row.get_ref(4)?.as_blob()?).is_none() {
                        bail!(DamagedPack(head.pack));
                    }
                    each(head, &columns)?;
                }
                Ok(())
            };
            const PACKS: &str =
                "select id, agent, source, session, numbers from pack where last_at >= ?1 and first_at < ?2";
            let (start, end) = (selection.start, selection.end);
            match &selection.sessions {
                Some(sessions) if sessions.len() <= FEW_SESSIONS => {
                    let mut statement = connection.prepare_cached(&format!("{PACKS} and session = ?3"))?;
                    for session in sessions {
                        look(&mut statement.query(params![start, end, session])?)?;
                    }
                }
                _ => look(&mut connection.prepare_cached(PACKS)?.query(params![start, end])?)?,
            }
        }
        for pack in &self.pending.packs {
            let head = Head {
                pack: pack.id,
                key: pack.key,
            };
            let is_active = !self.inactive.contains_key(&pack.key.source);
            if is_active && !pack.is_empty && selection.takes(&head, pack.span) {
                columns.read(pack.blobs.numbers()).context(DAMAGED)?;
                each(head, &columns)?;
            }
        }
        Ok(())
    }

    /// The first and last time of each session's turns, copies included.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn spans(&self) -> Result<Spans> {
        let mut spans = Spans::default();
        let mut widen = |session, first: i64, last: i64| {
            let span = spans.entry(session).or_insert((first, last));
            *span = (span.0.min(first), span.1.max(last));
        };
        if let Some(connection) = &self.connection {
            let mut statement = connection.prepare_cached("select id, session, first_at, last_at, source from pack")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if !self.pending.pack_at.contains_key(&row.get(0)?) && !self.inactive.contains_key(&row.get(4)?) {
                    widen(row.get(1)?, row.get(2)?, row.get(3)?);
                }
            }
        }
        for pack in self.active_packs() {
            widen(pack.key.session, pack.span.0, pack.span.1);
        }
        Ok(spans)
    }

    fn active_packs(&self) -> impl Iterator<Item = &PendingPack> {
        let packs = self.pending.packs.iter();
        packs.filter(|pack| !pack.is_empty && !self.inactive.contains_key(&pack.key.source))
    }

    pub(super) fn heads(&self, selection: &Selection) -> Result<Vec<(Head, i64)>> {
        let mut heads = Vec::new();
        if let Some(connection) = &self.connection {
            let mut statement =
                connection.prepare_cached("select id, agent, source, session, first_at, last_at from pack")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let head = head_of(row)?;
                let span = (row.get(4)?, row.get(5)?);
                let is_current = !self.pending.pack_at.contains_key(&head.pack);
                let is_active = !self.inactive.contains_key(&head.key.source);
                if is_current && is_active && selection.takes(&head, span) {
                    heads.push((head, span.0));
                }
            }
        }
        for pack in self.active_packs() {
            let head = Head {
                pack: pack.id,
                key: pack.key,
            };
            if selection.takes(&head, pack.span) {
                heads.push((head, pack.span.0));
            }
        }
        Ok(heads)
    }

    /// Sessions that more than one of the selected packs belongs to.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn split_sessions(&self, selection: &Selection) -> Result<FxHashSet<i64>> {
        let (mut seen, mut split) = (FxHashSet::default(), FxHashSet::default());
        for (head, _) in self.heads(selection)? {
            if !seen.insert(head.key.session) {
                split.insert(head.key.session);
            }
        }
        Ok(split)
    }

    /// Every copy of an event, those that do not count too.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn copies(&self, event: u64) -> Result<Vec<FoundTurn>> {
        let mut heads = Vec::new();
        let mut columns = super::pack::EventColumns::default();
        if let Some(connection) = &self.connection {
            let mut statement = connection
                .prepare_cached("select id, agent, source, session, events from pack join pack_events using (id)")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let head = head_of(row)?;
                let is_pending = self.pending.pack_at.contains_key(&head.pack);
                if !is_pending && columns.read(row.get_ref(4)?.as_blob()?).is_some() && columns.events.contains(&event)
                {
                    heads.push(head);
                }
            }
        }
        heads.extend(self.pending.packs.iter().map(|pack| Head {
            pack: pack.id,
            key: pack.key,
        }));
        let mut found = Vec::new();
        for head in heads {
            let pack = self.pack(head.pack)?;
            for turn in pack.turns.iter().filter(|turn| turn.event.0 == event) {
                found.push(FoundTurn {
                    head,
                    turn: *turn,
                    message_id: pack.message_id(turn).to_owned(),
                });
            }
        }
        Ok(found)
    }

    /// Every event from one to another, both included.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn events_between(&self, lowest: u64, highest: u64) -> Result<BTreeSet<u64>> {
        let mut found = BTreeSet::new();
        let mut columns = super::pack::EventColumns::default();
        let mut look = |blob: &[u8]| {
            if columns.read(blob).is_some() {
                found.extend(columns.events.iter().filter(|event| (lowest..=highest).contains(event)));
            }
        };
        if let Some(connection) = &self.connection {
            let mut statement = connection.prepare_cached("select id, events from pack join pack_events using (id)")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if !self.pending.pack_at.contains_key(&row.get(0)?) {
                    look(row.get_ref(1)?.as_blob()?);
                }
            }
        }
        self.pending.packs.iter().for_each(|pack| look(pack.blobs.events()));
        Ok(found)
    }

    /// A pack, whole.
    ///
    /// # Errors
    /// When there is none or it is damaged.
    pub fn pack(&self, id: i64) -> Result<Pack> {
        if let Some(&at) = self.pending.pack_at.get(&id) {
            return Pack::decode(&self.pending.packs[at].blobs).context(DAMAGED);
        }
        let connection = self.connection.as_ref().context("no such pack")?;
        match load_pack(connection, id)? {
            Some(pack) => Ok(pack),
            None => bail!(DamagedPack(id)),
        }
    }

    /// A session by an agent (row of the names) and its own id.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn find_session(&self, agent: u32, id: &str) -> Result<Option<KnownSession>> {
        let is_it = |session: &&KnownSession| session.agent == agent && session.info.id == id;
        if let Some(session) = self.pending.sessions.values().find(is_it) {
            return Ok(Some(session.clone()));
        }
        match &self.connection {
            Some(connection) => Ok(sessions::find(connection, agent, id)?),
            None => Ok(None),
        }
    }

    /// A session by its row.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn session(&self, row: i64) -> Result<Option<KnownSession>> {
        if let Some(session) = self.pending.sessions.get(&row) {
            return Ok(Some(session.clone()));
        }
        match &self.connection {
            Some(connection) => Ok(sessions::load(connection, row)?),
            None => Ok(None),
        }
    }

    /// Every session, by row.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn sessions(&self) -> Result<FxHashMap<i64, KnownSession>> {
        let mut all: FxHashMap<i64, KnownSession> = match &self.connection {
            Some(connection) => sessions::load_all(connection)?
                .into_iter()
                .map(|session| (session.id, session))
                .collect(),
            None => FxHashMap::default(),
        };
        for (id, session) in &self.pending.sessions {
            all.insert(*id, session.clone());
        }
        Ok(all)
    }

    /// How many sources each agent has (by row), and how many of them are gone.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn source_counts(&self) -> Result<Vec<(u32, (u64, u64))>> {
        let Some(connection) = &self.connection else {
            return Ok(Vec::new());
        };
        let mut statement = connection.prepare("select agent, count(*), sum(gone) from source group by agent")?;
        let counts = statement.query_map([], |row| {
            Ok((
                row.get(0)?,
                (
                    row.get::<_, i64>(1)?.unsigned_abs(),
                    row.get::<_, i64>(2)?.unsigned_abs(),
                ),
            ))
        })?;
        Ok(counts.collect::<rusqlite::Result<_>>()?)
    }

    /// The file of a source and its kind.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn source_path(&self, id: i64) -> Result<Option<std::path::PathBuf>> {
        use rusqlite::OptionalExtension;
        if let Some((_, source)) = self.pending.sources.iter().find(|(_, source)| source.id == id) {
            return Ok(Some(source.path.clone()));
        }
        let Some(connection) = &self.connection else {
            return Ok(None);
        };
        let mut statement = connection.prepare_cached("select path from source where id = ?1")?;
        let path: Option<String> = statement.query_row([id], |row| row.get(0)).optional()?;
        Ok(path.map(std::path::PathBuf::from))
    }

    /// The names of imports, by the row of their source.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn import_hosts(&self) -> Result<FxHashMap<i64, std::sync::Arc<str>>> {
        let mut hosts = FxHashMap::default();
        let mut add = |id: i64, path: &str| {
            if let Some(name) = path.strip_prefix(IMPORT) {
                hosts.insert(id, name.into());
            }
        };
        if let Some(connection) = &self.connection {
            // Agent by agent, by the index over agents and paths.
            let mut statement = connection.prepare_cached(
                "select id, path from source where agent = ?1 and path >= 'import:' and path < 'import;'",
            )?;
            for agent in (0..self.names.len() as u32).filter(|row| self.names.agent(*row).is_some()) {
                let mut rows = statement.query([agent])?;
                while let Some(row) = rows.next()? {
                    add(row.get(0)?, &row.get::<_, String>(1)?);
                }
            }
        }
        for (_, source) in &self.pending.sources {
            add(source.id, &source.path.to_string_lossy());
        }
        Ok(hosts)
    }

    /// Whether an error means that the file is damaged; then ttop answers from disk ([`Ledger::unusable`]).
    pub fn is_damage(error: &anyhow::Error) -> bool {
        error.chain().any(|cause| {
            cause.is::<DamagedPack>() || cause.downcast_ref::<rusqlite::Error>().is_some_and(schema::is_damage)
        })
    }
}

/// A pack that does not unpack.
#[derive(Debug)]
struct DamagedPack(i64);

impl std::fmt::Display for DamagedPack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "pack {} is damaged", self.0)
    }
}

impl std::error::Error for DamagedPack {}

fn head_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head {
        pack: row.get(0)?,
        key: PackKey {
            agent: row.get(1)?,
            source: row.get(2)?,
            session: row.get(3)?,
        },
    })
}
