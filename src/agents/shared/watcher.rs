//! The source watcher: which agents may have written something since the last look, for commands that stay.

use super::listings::Listings;
use super::source::{is_text, wal_path};
use crate::agents::{AgentHandle, Found, Source};
use crate::system::files::{Neighbors, Stamp};
use crate::system::notices::{Notices, Wake, Waker};
use crate::system::open;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Sources written in this time are watched at each second, notices or not.
const RECENT: Duration = Duration::from_secs(15 * 60);
/// How often everything is compared with the disk.
const FULL_LOOK: Duration = Duration::from_secs(10 * 60);
/// How often recent sources are watched at.
const EVERY: Duration = Duration::from_secs(1);
/// So many are watched at each second, whatever notices tell of them; of more, which nobody has open at the same time,
/// text in folders with notifications has its turn every so many seconds.
const OFTEN: usize = 64;
const ROUNDS: usize = 30;
/// Between two looks there is at least this long, however often something is written.
const PAUSE: Duration = Duration::from_millis(40);

/// From so many changed files on, listing all of them costs no more.
const MANY: usize = 64;

/// An agent that may have written something.
pub struct DueAgent {
    pub agent: AgentHandle,
    /// The sources that changed, as they are now; `None`: whatever it has.
    pub files: Option<Vec<Source>>,
}

impl DueAgent {
    pub fn whole(agent: AgentHandle) -> Self {
        Self { agent, files: None }
    }
}

/// What is watched at.
pub struct SourceWatcher {
    notices: Notices,
    agents: Vec<WatchedAgent>,
    /// Where scans beside find what this watcher knows.
    listings: Listings,
    last_full: Instant,
    last_look: Instant,
    last_taken: Option<Instant>,
}

struct WatchedAgent {
    agent: AgentHandle,
    folders: BTreeMap<PathBuf, bool>,
    /// Roots that are not there yet.
    absent: Vec<PathBuf>,
    /// The [`OFTEN`] that were written last, then the others; both folder by folder.
    recent: Vec<Recent>,
    round: usize,
    /// Some folder has no notifications: it is listed each second.
    is_silent: bool,
    due: Due,
    /// To be listed with the next look of each second.
    is_owed: bool,
}

/// What may have changed since an agent was due last.
#[derive(Debug, Default, PartialEq, Eq)]
enum Due {
    #[default]
    Nothing,
    /// Only these files.
    Files(BTreeSet<PathBuf>),
    Anything,
}

impl Due {
    fn add(&mut self, path: &Path) {
        match self {
            Self::Nothing => *self = Self::Files(BTreeSet::from([path.to_path_buf()])),
            Self::Files(paths) if paths.len() < MANY => drop(paths.insert(path.to_path_buf())),
            Self::Files(_) | Self::Anything => *self = Self::Anything,
        }
    }

    fn add_anything_if(&mut self, is_so: bool) {
        if is_so {
            *self = Self::Anything;
        }
    }
}

/// A source that was written lately.
struct Recent {
    source: Source,
    may_have_wal: bool,
    /// The head of the write-ahead log's index at the last look.
    head: Option<[u8; 48]>,
}

impl SourceWatcher {
    /// Everything is due at first.
    pub fn new(notices: Notices, listings: Listings, agents: impl IntoIterator<Item = AgentHandle>) -> Self {
        let watched = |agent| WatchedAgent {
            agent,
            folders: BTreeMap::new(),
            absent: Vec::new(),
            recent: Vec::new(),
            round: 0,
            is_silent: false,
            due: Due::Anything,
            is_owed: false,
        };
        let now = Instant::now();
        Self {
            notices,
            agents: agents.into_iter().map(watched).collect(),
            listings,
            last_full: now,
            last_look: now,
            last_taken: None,
        }
    }

    /// Waits for a reason to look, at most until `timeout`.
    pub fn wait(&mut self, timeout: Duration) -> Wake {
        let until_look = if self.agents.iter().any(|watched| watched.due != Due::Nothing) {
            self.pause_left()
        } else {
            EVERY.saturating_sub(self.last_look.elapsed())
        };
        let wake = self.notices.wait(timeout.min(until_look));
        match &wake {
            Wake::Changed(paths) => {
                self.notices.forget(paths);
                self.agents.iter_mut().for_each(|watched| watched.note(paths));
            }
            Wake::Lost => self.agents.iter_mut().for_each(|watched| watched.due = Due::Anything),
            Wake::Timeout | Wake::Signal(_) | Wake::Asked => {}
        }
        if self.last_look.elapsed() >= EVERY {
            self.last_look = Instant::now();
            self.agents.iter_mut().for_each(|watched| {
                watched.note_moved();
                let is_owed = std::mem::take(&mut watched.is_owed);
                watched.due.add_anything_if(watched.is_silent || is_owed);
            });
        }
        if self.last_full.elapsed() >= FULL_LOOK {
            self.last_full = Instant::now();
            self.agents.iter_mut().for_each(|watched| watched.due = Due::Anything);
        }
        wake
    }

    /// Ends [`Self::wait`] from another thread.
    pub fn waker(&self) -> Waker {
        self.notices.waker()
    }

    fn pause_left(&self) -> Duration {
        let since = self.last_taken.map(|at| at.elapsed());
        since.map_or(Duration::ZERO, |since| PAUSE.saturating_sub(since))
    }

    /// The agents that are due; they are taken to be read now. None for a moment after the last time.
    pub fn take_due(&mut self) -> Vec<DueAgent> {
        if !self.pause_left().is_zero() {
            return Vec::new();
        }
        let listings = &self.listings;
        let due: Vec<DueAgent> = self
            .agents
            .iter_mut()
            .filter_map(|watched| watched.take_due(listings))
            .collect();
        if !due.is_empty() {
            self.last_taken = Some(Instant::now());
        }
        due
    }

    /// What was found at these agents could not be kept: it is to be found again at once.
    pub fn give_back(&mut self, due: &[DueAgent]) {
        let is_given = |watched: &&mut WatchedAgent| due.iter().any(|due| due.agent.id() == watched.agent.id());
        self.agents
            .iter_mut()
            .filter(is_given)
            .for_each(|watched| watched.due = Due::Anything);
    }

    /// An agent has something new, whatever its files say.
    pub fn ask_for(&mut self, agent_id: &str) {
        self.agents
            .iter_mut()
            .filter(|watched| watched.agent.id() == agent_id)
            .for_each(|watched| watched.due = Due::Anything);
    }

    /// Something of an agent could not be read. What is in the way may go without anything being written: a lock that
    /// is let go leaves no trace.
    pub fn try_again(&mut self, agent_id: &str) {
        self.agents
            .iter_mut()
            .filter(|watched| watched.agent.id() == agent_id)
            .for_each(|watched| watched.is_owed = true);
    }

    /// Takes in what a sync found for an agent: which folders and sources to look at from now on.
    pub fn learn(&mut self, agent_id: &str, found: &Arc<Found>) {
        let Some(watched) = self.agents.iter_mut().find(|watched| watched.agent.id() == agent_id) else {
            return;
        };
        watched.folders = folders(found);
        watched.absent = found
            .roots
            .iter()
            .filter(|root| !root.path.exists())
            .map(|root| root.path.clone())
            .collect();
        let mut before: FxHashMap<PathBuf, Recent> = std::mem::take(&mut watched.recent)
            .into_iter()
            .map(|recent| (recent.source.path.clone(), recent))
            .collect();
        let now = SystemTime::now();
        watched.recent = found
            .sources
            .iter()
            .filter(|source| age(source, now) < RECENT)
            .filter_map(|source| {
                let known = before.remove(&source.path);
                let known = known.filter(|known| known.source.stamp.is_same_file(&source.stamp));
                let may_have_wal = !is_text(&source.path);
                // Of a folder that is a source, notices tell.
                let is_file = !may_have_wal || !source.path.is_dir();
                let mut source = source.clone();
                if !may_have_wal {
                    // What stands there is of other files, which are looked at themselves.
                    source.wal = Stamp::default();
                }
                is_file.then(|| Recent {
                    source,
                    may_have_wal,
                    head: known.and_then(|known| known.head),
                })
            })
            .collect();
        watched
            .recent
            .sort_by_key(|recent| std::cmp::Reverse(recent.source.stamp.modified_ns));
        // A look at a file opens its folder, unless the file before was its neighbor: that costs more than the look, and
        // notifications of a folder name who opens it, too.
        let by_path = |a: &Recent, b: &Recent| a.source.path.as_os_str().cmp(b.source.path.as_os_str());
        let most = OFTEN.min(watched.recent.len());
        let (often, others) = watched.recent.split_at_mut(most);
        often.sort_by(by_path);
        others.sort_by(by_path);
        let all: BTreeMap<PathBuf, bool> = self.agents.iter().flat_map(|watched| watched.folders.clone()).collect();
        let is_any_new = self.notices.watch(&all);
        for watched in self.agents.iter_mut().filter(|watched| watched.agent.id() == agent_id) {
            // What was written between the walk and the watch has no notification.
            watched.due.add_anything_if(is_any_new);
            watched.is_silent = !watched.folders.keys().all(|folder| self.notices.covers(folder));
            let is_followed = !watched.is_silent && watched.agent.shared().is_some();
            self.listings.put(agent_id, Arc::clone(found), is_followed);
        }
    }
}

impl WatchedAgent {
    /// Notes those of these paths that matter.
    fn note(&mut self, paths: &BTreeSet<PathBuf>) {
        for path in paths {
            let is_below = path.ancestors().skip(1).any(|folder| match self.folders.get(folder) {
                Some(true) => true,
                Some(false) => path.parent() == Some(folder),
                None => false,
            });
            if is_below || self.folders.contains_key(path.as_path()) {
                self.due.add(path);
            }
        }
    }

    fn take_due(&mut self, listings: &Listings) -> Option<DueAgent> {
        let whole = || Some(DueAgent::whole(self.agent.clone()));
        let paths = match std::mem::take(&mut self.due) {
            Due::Nothing => return None,
            Due::Anything => return whole(),
            Due::Files(paths) => paths,
        };
        let Some(files) = listings.restamp(self.agent.id(), &paths) else {
            return whole();
        };
        // What its files lead to may be elsewhere, and new.
        self.is_owed = true;
        Some(DueAgent {
            agent: self.agent.clone(),
            files: Some(files),
        })
    }

    /// Notes recent sources that are other than at the last look, and roots that appeared.
    fn note_moved(&mut self) {
        self.due.add_anything_if(self.absent.iter().any(|root| root.exists()));
        let mut neighbors = Neighbors::default();
        self.round = (self.round + 1) % ROUNDS;
        let others = self.recent.len().saturating_sub(OFTEN);
        let turn = OFTEN + others * self.round / ROUNDS..OFTEN + others * (self.round + 1) / ROUNDS;
        let is_silent = self.is_silent;
        let is_turn = |at: usize, recent: &Recent| at < OFTEN || is_silent || recent.may_have_wal || turn.contains(&at);
        for (at, recent) in self.recent.iter_mut().enumerate() {
            if is_turn(at, recent) && recent.has_moved(&mut neighbors) {
                self.due.add(&recent.source.path);
            }
        }
    }
}

impl Recent {
    fn has_moved(&mut self, neighbors: &mut Neighbors) -> bool {
        let mut stamp_of = |path: &Path| neighbors.stamp(path).unwrap_or_default();
        let stamp = stamp_of(&self.source.path);
        let wal = if self.may_have_wal {
            stamp_of(&wal_path(&self.source.path))
        } else {
            Stamp::default()
        };
        if stamp != self.source.stamp || wal != self.source.wal {
            (self.source.stamp, self.source.wal) = (stamp, wal);
            return true;
        }
        self.source.wal != Stamp::default() && self.has_new_version()
    }

    /// A write-ahead log is written in place once it was checkpointed, and the clock of file stamps is coarse. The head of
    /// its index counts transactions (SQLite's "WAL-index header"); reading it takes no lock, and no connection that would
    /// keep the log from being cleared when the agent ends.
    fn has_new_version(&mut self) -> bool {
        let mut head = [0; 48];
        let read = open::open(&index_path(&self.source.path)).and_then(|(mut index, _)| index.read_exact(&mut head));
        let now = read.is_ok().then_some(head);
        std::mem::replace(&mut self.head, now) != now
    }
}

/// `x.db` → `x.db-shm`.
fn index_path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-shm");
    PathBuf::from(path)
}

fn age(source: &Source, now: SystemTime) -> Duration {
    let last = u64::try_from(source.stamp.modified_ns.max(source.wal.modified_ns)).unwrap_or(0);
    let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since_epoch.saturating_sub(Duration::from_nanos(last))
}

/// The folders whose changes matter: those that were watched into, those of sources, up to their root, and the roots.
/// Where a source is a folder itself, everything below it.
fn folders(found: &Found) -> BTreeMap<PathBuf, bool> {
    let mut folders = BTreeMap::new();
    for root in found.roots.iter().filter(|root| root.path.is_dir()) {
        folders.insert(root.path.clone(), false);
    }
    folders.extend(found.folders.iter().map(|folder| (folder.clone(), false)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_was_written_in_place_at_the_same_time_has_moved() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("x.db");
        let database = rusqlite::Connection::open(&path).expect("a database");
        database
            .execute_batch(
                "pragma journal_mode = wal; create table t (n); insert into t values (1); pragma wal_checkpoint;",
            )
            .expect("a log");
        let log = wal_path(&path);
        let written = std::fs::metadata(&log).and_then(|log| log.modified()).expect("a time");
        let seen = Source::find_database(&path, 0).expect("a source");
        let mut recent = Recent {
            source: seen.clone(),
            may_have_wal: true,
            head: None,
        };
        let mut has_moved = || recent.has_moved(&mut Neighbors::default());
        has_moved();
        assert!(!has_moved());
        database.execute("update t set n = 2", []).expect("written");
        let file = std::fs::File::options().write(true).open(&log).expect("opens");
        file.set_modified(written).expect("set");
        assert_eq!(Stamp::read(&log).expect("a log").modified_ns, seen.wal.modified_ns);
        assert!(has_moved(), "although nothing is to be seen from outside");
        assert!(!has_moved());
    }
}
