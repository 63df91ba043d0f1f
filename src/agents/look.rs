//! Looking: which agents may have written something since the last look, for commands that stay.

use super::sqlite::Database;
use super::{Agent, Found, Source};
use crate::system::files::Stamp;
use crate::system::notices::{Notices, Wake};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Sources written in this time are looked at each second, notices or not.
const RECENT: Duration = Duration::from_secs(15 * 60);
/// A connection whose database was not written for this long is closed.
const UNUSED: Duration = Duration::from_secs(5 * 60);
/// How often everything is compared with the disk.
const FULL_LOOK: Duration = Duration::from_secs(10 * 60);
/// How often recent sources are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// What is looked at.
pub struct Look {
    notices: Notices,
    agents: Vec<Looked>,
    last_full: Instant,
    last_look: Instant,
}

struct Looked {
    agent: &'static dyn Agent,
    folders: BTreeMap<PathBuf, bool>,
    /// Roots that are not there yet.
    absent: Vec<PathBuf>,
    recent: Vec<Recent>,
    is_due: bool,
}

/// A source that was written lately.
struct Recent {
    source: Source,
    /// A connection without an open statement, and its `data_version` at the last look.
    database: Option<(Database, i64)>,
}

impl Look {
    /// Everything is due at first.
    pub fn new(notices: Notices, agents: impl IntoIterator<Item = &'static dyn Agent>) -> Self {
        let looked = |agent| Looked {
            agent,
            folders: BTreeMap::new(),
            absent: Vec::new(),
            recent: Vec::new(),
            is_due: true,
        };
        let now = Instant::now();
        Self {
            notices,
            agents: agents.into_iter().map(looked).collect(),
            last_full: now,
            last_look: now,
        }
    }

    /// Waits for a reason to look, at most until `timeout`.
    pub fn wait(&mut self, timeout: Duration) -> Wake {
        let until_look = EVERY.saturating_sub(self.last_look.elapsed());
        let wake = if self.agents.iter().any(|looked| looked.is_due) {
            Wake::Timeout
        } else {
            self.notices.wait(timeout.min(until_look))
        };
        match &wake {
            Wake::Changed(paths) => self
                .agents
                .iter_mut()
                .for_each(|looked| looked.is_due |= looked.has_any_of(paths)),
            Wake::Lost => self.agents.iter_mut().for_each(|looked| looked.is_due = true),
            Wake::Timeout | Wake::Signal(_) => {}
        }
        if self.last_look.elapsed() >= EVERY {
            self.last_look = Instant::now();
            self.agents
                .iter_mut()
                .for_each(|looked| looked.is_due |= looked.has_moved());
        }
        if self.last_full.elapsed() >= FULL_LOOK {
            self.last_full = Instant::now();
            self.agents.iter_mut().for_each(|looked| looked.is_due = true);
        }
        wake
    }

    /// The agents that are due; they are taken to be read now.
    pub fn take_due(&mut self) -> Vec<&'static dyn Agent> {
        let due = self
            .agents
            .iter_mut()
            .filter_map(|looked| std::mem::take(&mut looked.is_due).then_some(looked.agent));
        due.collect()
    }

    /// Takes in what a sync found for an agent: which folders and sources to look at from now on.
    pub fn learn(&mut self, agent_id: &str, found: &Found) {
        let Some(looked) = self.agents.iter_mut().find(|looked| looked.agent.id() == agent_id) else {
            return;
        };
        looked.folders = folders(found);
        looked.absent = found
            .roots
            .iter()
            .filter(|root| !root.path.exists())
            .map(|root| root.path.clone())
            .collect();
        let mut before = std::mem::take(&mut looked.recent);
        let now = SystemTime::now();
        looked.recent = found
            .sources
            .iter()
            .filter(|source| age(source, now) < RECENT)
            .map(|source| {
                let at = before.iter().position(|recent| {
                    recent.source.path == source.path && recent.source.stamp.is_same_file(&source.stamp)
                });
                let database = at.and_then(|at| before.swap_remove(at).database);
                Recent {
                    source: source.clone(),
                    database,
                }
            })
            .collect();
        let all: BTreeMap<PathBuf, bool> = self.agents.iter().flat_map(|looked| looked.folders.clone()).collect();
        if self.notices.watch(&all) {
            // What was written between the walk and the watch has not been told.
            self.agents
                .iter_mut()
                .filter(|looked| looked.agent.id() == agent_id)
                .for_each(|looked| looked.is_due = true);
        }
    }
}

impl Looked {
    fn has_any_of(&self, paths: &BTreeSet<PathBuf>) -> bool {
        paths.iter().any(|path| {
            path.ancestors().skip(1).any(|folder| match self.folders.get(folder) {
                Some(true) => true,
                Some(false) => path.parent() == Some(folder),
                None => false,
            }) || self.folders.contains_key(path.as_path())
        })
    }

    /// Whether a recent source is other than at the last look, or a root appeared.
    fn has_moved(&mut self) -> bool {
        let now = SystemTime::now();
        let has_appeared = self.absent.iter().any(|root| root.exists());
        self.recent
            .iter_mut()
            .fold(has_appeared, |moved, recent| recent.has_moved(now) | moved)
    }
}

impl Recent {
    fn has_moved(&mut self, now: SystemTime) -> bool {
        let stamp = stamp_of(&self.source.path);
        let wal = stamp_of(&super::source::wal_path(&self.source.path));
        let is_tree = self.source.path.is_dir();
        if !is_tree && (stamp != self.source.stamp || wal != self.source.wal) {
            (self.source.stamp, self.source.wal) = (stamp, wal);
            return true;
        }
        if self.source.wal == Stamp::default() || age(&self.source, now) > UNUSED {
            self.database = None;
            return false;
        }
        self.has_new_version()
    }

    /// A write-ahead log is written in place once it was checkpointed, and the clock of file stamps is coarse.
    fn has_new_version(&mut self) -> bool {
        let version = |database: &Database| {
            database
                .connection
                .query_row("pragma data_version", [], |row| row.get::<_, i64>(0))
                .ok()
        };
        let Some((database, last)) = &mut self.database else {
            let opened = Database::open(&self.source.path).ok();
            self.database = opened.and_then(|database| version(&database).map(|now| (database, now)));
            return false;
        };
        match version(database) {
            Some(now) => std::mem::replace(last, now) != now,
            None => {
                self.database = None;
                true
            }
        }
    }
}

fn stamp_of(path: &Path) -> Stamp {
    Stamp::read(path).unwrap_or_default()
}

fn age(source: &Source, now: SystemTime) -> Duration {
    let last = u64::try_from(source.stamp.modified_ns.max(source.wal.modified_ns)).unwrap_or(0);
    let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since_epoch.saturating_sub(Duration::from_nanos(last))
}

/// The folders whose changes matter: those of sources, up to their root, and the roots. Where a source is a folder
/// itself, everything below it.
fn folders(found: &Found) -> BTreeMap<PathBuf, bool> {
    let mut folders = BTreeMap::new();
    for root in found.roots.iter().filter(|root| root.path.is_dir()) {
        folders.insert(root.path.clone(), false);
    }
    for source in &found.sources {
        if source.path.is_dir() {
            folders.insert(source.path.clone(), true);
            continue;
        }
        let Some(parent) = source.path.parent() else { continue };
        let root = found
            .roots
            .iter()
            .map(|root| &root.path)
            .find(|root| parent.starts_with(root));
        for folder in parent.ancestors() {
            folders.entry(folder.to_path_buf()).or_insert(false);
            if root.is_none_or(|root| folder == root) {
                break;
            }
        }
    }
    folders
}
