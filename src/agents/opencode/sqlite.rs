//! Reads a database of 1.2 and later: whole, or what changed since the last time.

use super::Family;
use super::extract::parse_message;
use super::imports::Imports;
use super::message::Role;
use super::own_cost::{OwnCosts, Parts};
use super::reply::{Located, Replies};
use super::routed::Routed;
use super::session::{Place, Session, describe};
use super::state::{Known, Open, Progress, State};
use super::tables::{Stored, Tables, Times};
use crate::agents::shared::batch::{Batch, Scope, Skip, session_hash};
use crate::agents::shared::source::{Bookmark, Source};
use crate::agents::shared::sqlite::{Database, is_damaged};
use crate::agents::shared::table::{self, IN_LIST};
use crate::core::problem::Problem;
use crate::core::turn::Presence;
use anyhow::{Context, Result};
use rustc_hash::{FxHashMap, FxHashSet};
use std::path::Path;

/// A database that changed for longer than this since it was read whole is read whole again: that makes a late update
/// harmless that was missed.
pub(super) const DAY_NS: i64 = 24 * 60 * 60 * 1_000_000_000;

/// Reads what changed since the bookmark.
///
/// What the scopes it gives mean, to be applied in their order:
/// - read whole: [`Scope::Source`] with `Reverted`, then [`Scope::Sessions`] with `Gone`: rows that vanished from a session
///   that is still there were taken back, sessions that vanished were deleted;
/// - otherwise [`Scope::Session`] with `Reverted` for each session that was read again, and [`Scope::Sessions`] with
///   `Gone` if one vanished.
///
/// # Errors
/// When the database cannot be opened or read at all.
pub(super) fn read(family: &Family, source: &Source, from: &Bookmark, into: &mut Batch) -> Result<Bookmark> {
    let agent_id = family.id;
    let describe = || format!("could not read {}", source.path.display());
    let database = Database::open(&source.path)?;
    // One snapshot for all that follows; dropped at the end, so that nobody waits for us.
    let transaction = database.connection.unchecked_transaction().with_context(describe)?;
    let tables = Tables::find(&database).with_context(describe)?;
    if tables.is_empty() {
        let any: i64 = transaction
            .query_row("select count(*) from sqlite_schema", [], |row| row.get(0))
            .with_context(describe)?;
        // A first start leaves a file of one empty page, and everything else in the write-ahead log.
        if any > 0 {
            into.problem(Problem::new(source.path.display(), "has no known message table"));
        }
        return Ok(Bookmark::whole(source));
    }
    let pass = Pass {
        database: &database,
        tables: &tables,
        path: &source.path,
        own_costs: match family.adds_subagents {
            true => OwnCosts::find(&database, into).with_context(describe)?,
            false => None,
        },
        imports: Imports::read(&database, family.imports, into).with_context(describe)?,
        now_ns: source.stamp.modified_ns.max(source.wal.modified_ns),
    };
    let known = State::unpack(&from.state).filter(|known| {
        let age_ns = pass.now_ns.saturating_sub(known.whole_at_ns);
        from.stamp.is_same_file(&source.stamp) && (0..DAY_NS).contains(&age_ns)
    });
    let known = match known {
        Some(known) if pass.is_continued(&known).with_context(describe)? => Some(known),
        _ => None,
    };
    let state = match known {
        Some(known) => pass.catch_up(agent_id, &known, into).with_context(describe)?,
        None => match pass.read_whole(agent_id, into).with_context(describe)? {
            Some(state) => state,
            // Without a place to go on from, the next run tries again from the start.
            None => return Ok(Bookmark::default()),
        },
    };
    Ok(Bookmark {
        state: state.pack(),
        ..Bookmark::whole(source)
    })
}

/// One read of one database.
pub(super) struct Pass<'a> {
    pub database: &'a Database,
    pub tables: &'a [Tables],
    path: &'a Path,
    own_costs: Option<OwnCosts>,
    imports: Imports,
    /// When the database was changed last: the only clock a reader needs.
    pub now_ns: i64,
}

/// The sessions of one generation while they are read.
#[derive(Default)]
pub(super) struct Sessions {
    list: Vec<Reading>,
    /// Positions in `list` by session hash.
    pub at: FxHashMap<u64, usize>,
    last: usize,
    /// Sessions that a newer generation has: what is here is an old copy of them.
    elsewhere: FxHashSet<u64>,
    pub open: Vec<Open>,
}

/// What stands beside the messages.
struct Beside {
    parts: Option<Parts>,
    routed: Routed,
}

struct Reading {
    session: Session,
    rows: u32,
    is_elsewhere: bool,
}

impl Sessions {
    /// Of a generation beside one that has the sessions `elsewhere`.
    pub(super) fn beside(elsewhere: &FxHashSet<u64>) -> Self {
        Self {
            elsewhere: elsewhere.clone(),
            ..Self::default()
        }
    }

    /// Registers a session; false if what is here is an old copy of it.
    pub(super) fn add(&mut self, session: Session) -> bool {
        let is_elsewhere = self.elsewhere.contains(&session.hash);
        self.at.insert(session.hash, self.list.len());
        self.list.push(Reading {
            session,
            rows: 0,
            is_elsewhere,
        });
        !is_elsewhere
    }

    fn position(&mut self, stored: &Stored<'_>) -> usize {
        if self
            .list
            .get(self.last)
            .is_none_or(|last| !stored.is_of(&last.session.id))
        {
            let id = stored.session_id();
            self.last = match self.at.get(&session_hash(&id)) {
                Some(&at) => at,
                None => {
                    self.add(Session::unrecorded(&id, Place::Database));
                    self.list.len() - 1
                }
            };
        }
        self.last
    }

    /// The hashes of those that are read from here.
    fn own(&self) -> impl Iterator<Item = u64> {
        let own = self.list.iter().filter(|reading| !reading.is_elsewhere);
        own.map(|reading| reading.session.hash)
    }

    pub(super) fn known(&self) -> impl Iterator<Item = (u64, Known)> {
        self.list.iter().map(|reading| {
            let known = Known {
                updated: reading.session.updated,
                rows: reading.rows,
            };
            (reading.session.hash, known)
        })
    }
}

impl Pass<'_> {
    /// Reads everything. `None` when a damaged page ended it early: what came before it is in the batch.
    fn read_whole(&self, agent_id: &'static str, into: &mut Batch) -> Result<Option<State>> {
        let mut state = State {
            whole_at_ns: self.now_ns,
            generations: Vec::new(),
        };
        let mut present = FxHashSet::default();
        for tables in self.tables {
            match self.read_generation(agent_id, tables, &mut present, into) {
                Ok(progress) => state.generations.push(progress),
                Err(error) if into.has_no_turns() => return Err(error),
                Err(error) => {
                    into.problem(Problem::new(self.path.display(), format!("ends early: {error}")));
                    return Ok(None);
                }
            }
        }
        into.replace(Scope::Source, Presence::Reverted);
        into.replace(Scope::Sessions(present.into_iter().collect()), Presence::Gone);
        Ok(Some(state))
    }

    /// Reads one generation of tables whole, and adds its sessions to those that are `present`.
    fn read_generation(
        &self,
        agent_id: &'static str,
        tables: &Tables,
        present: &mut FxHashSet<u64>,
        into: &mut Batch,
    ) -> Result<Progress> {
        let projects = tables.projects(self.database, into)?;
        let mut sessions = match tables.shares_sessions {
            true => Sessions::default(),
            false => Sessions::beside(present),
        };
        let recorded = tables.sessions(self.database, into)?;
        into.sessions.reserve(recorded.len());
        for recorded in recorded {
            if sessions.add(Session::new(&recorded, Place::Database)) && !tables.shares_sessions {
                into.session(describe(&recorded, &projects));
            }
        }
        let (mark, mark_id) = tables.last(self.database)?;
        into.expect(usize::try_from(mark).unwrap_or(0));
        self.read_rows(tables, None, &mut sessions, &mut Replies::new(agent_id, into))?;
        present.extend(sessions.own());
        Ok(Progress {
            mark,
            mark_id: mark_hash(mark, &mark_id),
            sessions: sessions.known().collect(),
            open: sessions.open,
        })
    }

    /// Reads the messages of some sessions, or all.
    pub(super) fn read_rows(
        &self,
        tables: &Tables,
        of: Option<&[String]>,
        sessions: &mut Sessions,
        replies: &mut Replies<'_>,
    ) -> Result<()> {
        let beside = Beside {
            parts: self.parts(tables, of, replies.batch())?,
            routed: self.routed(of, replies.batch()),
        };
        let Some(ids) = of else {
            return tables.messages(self.database, "", [], |stored| {
                self.read_row(tables, stored, &beside, sessions, replies)?;
                replies.batch().hand_over();
                Ok(())
            });
        };
        let condition = format!("where session_id in ({IN_LIST})");
        for list in table::lists(ids) {
            tables.messages(self.database, &condition, [list], |stored| {
                self.read_row(tables, stored, &beside, sessions, replies)
            })?;
        }
        Ok(())
    }

    /// What replies need of their parts; `None` where those are damaged, which leaves the counts of replies as they are.
    fn parts(&self, tables: &Tables, of: Option<&[String]>, into: &mut Batch) -> Result<Option<Parts>> {
        let Some(own) = &self.own_costs else {
            return Ok(None);
        };
        match own.parts(self.database, tables.message, of, into) {
            Ok(parts) => Ok(Some(parts)),
            Err(error) if error.downcast_ref().is_some_and(is_damaged) => {
                let reason = format!("costs of replies with subagents are unknown: {error:#}");
                into.problem(Problem::new(self.path.display(), reason));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Which models routers chose. Where that cannot be read, replies count under the routers.
    fn routed(&self, of: Option<&[String]>, into: &mut Batch) -> Routed {
        Routed::read(self.database, of, into).unwrap_or_else(|error| {
            let reason = format!("models that routers chose are unknown: {error:#}");
            into.problem(Problem::new(self.path.display(), reason));
            Routed::default()
        })
    }

    fn problem(&self, stored: &Stored<'_>, reason: &str) -> Result<Problem> {
        let place = format!("{}:{}", self.path.display(), stored.rowid()?);
        Ok(Problem::new(place, reason))
    }

    fn read_row(
        &self,
        tables: &Tables,
        stored: &Stored<'_>,
        beside: &Beside,
        sessions: &mut Sessions,
        replies: &mut Replies<'_>,
    ) -> Result<()> {
        let at = sessions.position(stored);
        let reading = &mut sessions.list[at];
        reading.rows = reading.rows.saturating_add(1);
        if !stored.may_be_reply || reading.is_elsewhere {
            return Ok(());
        }
        if stored.is_oversized {
            let problem = self.problem(stored, "an oversized message is skipped")?;
            replies.batch().problem(problem);
            return Ok(());
        }
        let Some(mut message) = parse_message(stored.data) else {
            let problem = self.problem(stored, "message is not valid JSON")?;
            replies.batch().problem(problem);
            return Ok(());
        };
        if message.role == Role::Other {
            return Ok(());
        }
        let (rowid, id) = (stored.rowid()?, stored.id()?);
        let session = &reading.session;
        if self.imports.have(session.hash, &id, message.created)
            || self.imports.have_copied(self.database, tables, &message, session)?
        {
            replies.batch().skip(Skip::Repeated);
            return Ok(());
        }
        if let (Some(own_costs), Some(cost)) = (&self.own_costs, message.cost) {
            message.cost = own_costs.of(beside.parts.as_ref(), reading.session.hash, &id, cost);
        }
        message.routed = beside.routed.model_of(&id);
        let is_open = message.completed.is_none();
        let mut times = Times::default();
        if is_open || message.created.is_none() || reading.session.revert.is_some() {
            times = tables
                .times(self.database, "where rowid = ?1", [rowid])?
                .unwrap_or_default();
        }
        if is_open {
            sessions.open.push(Open {
                rowid,
                updated: times.updated,
                session: reading.session.hash,
            });
        }
        let located = Located {
            message_id: &id,
            created: times.created,
            place: rowid.unsigned_abs(),
        };
        replies.add(&message, located, &reading.session);
        Ok(())
    }
}

/// Hash of the id at the rowid mark; 0 where there is no row.
pub(super) fn mark_hash(mark: i64, id: &str) -> u64 {
    if mark == 0 { 0 } else { session_hash(id) }
}
