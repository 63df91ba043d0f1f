//! Listings: an agent's sources as they were found last, so that whatever needs them at the same moment lists them once.

use super::configured;
use super::file_cache::FileCache;
use super::source::{Found, Source, is_text};
use crate::agents::Agent;
use crate::core::agent_id::AgentId;
use crate::system::System;
use rustc_hash::FxHashMap;
use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// For this long a listing is of the same moment.
const MOMENT: Duration = Duration::from_millis(500);

/// The newest listing of each agent. Clones share them: a loop that follows the files keeps them current for the scans
/// beside it.
#[derive(Clone, Default)]
pub struct Listings {
    newest: Arc<Mutex<FxHashMap<AgentId, Listing>>>,
    /// What earlier scans made from files.
    cache: FileCache,
    /// What was made from the newest listing of an agent.
    made: Arc<Mutex<FxHashMap<AgentId, Made>>>,
}

/// A listing, as long as it stays as it was, and what was made from it.
type Made = (Weak<Found>, Arc<dyn Any + Send + Sync>);

struct Listing {
    found: Arc<Found>,
    taken: Instant,
    /// Whether every change of the agent's folders replaces it.
    is_followed: bool,
}

impl Listings {
    /// Keeps what was found just now.
    pub fn put(&self, agent_id: &str, found: Arc<Found>, is_followed: bool) {
        let listing = Listing {
            found,
            taken: Instant::now(),
            is_followed,
        };
        self.held().insert(agent_id.into(), listing);
    }

    /// The listing of an agent, if it is current.
    fn current(&self, agent_id: &str) -> Option<Arc<Found>> {
        let held = self.held();
        let listing = held.get(agent_id)?;
        let is_current = listing.is_followed || listing.taken.elapsed() < MOMENT;
        is_current.then(|| Arc::clone(&listing.found))
    }

    /// Looks at these files of a followed agent and returns them as they are now. `None` where one is more than a source
    /// that was written to: then the agent has to be listed.
    pub fn restamp(&self, agent_id: &str, paths: &BTreeSet<PathBuf>) -> Option<Vec<Source>> {
        let mut held = self.held();
        let listing = held.get_mut(agent_id).filter(|listing| listing.is_followed)?;
        // A scan beside may still work with the old ones.
        let found = Arc::make_mut(&mut listing.found);
        // A database and its log are one source, to be read once.
        let mut places = BTreeSet::new();
        for path in paths {
            let database = ["-wal", "-shm", "-journal"]
                .iter()
                .find_map(|end| path.to_str()?.strip_suffix(end))
                .map(Path::new);
            let is_of = |source: &Source| Some(source.path.as_path()) == database && !is_text(&source.path);
            let is_it = |source: &Source| source.path == *path || is_of(source);
            let own: Vec<usize> = (0..found.sources.len())
                .filter(|&at| is_it(&found.sources[at]))
                .collect();
            if own.is_empty() {
                return None;
            }
            places.extend(own);
        }
        let mut changed = Vec::with_capacity(places.len());
        for at in places {
            found.sources[at].restamp()?;
            changed.push(found.sources[at].clone());
        }
        Some(changed)
    }

    /// A poisoned lock is fine here: listings are replaced whole.
    fn held(&self) -> MutexGuard<'_, FxHashMap<AgentId, Listing>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A system with the sources of its agents at one moment: each agent is listed at most once.
pub struct Inventory<'a> {
    system: &'a System,
    listings: Listings,
    listed: RefCell<FxHashMap<AgentId, Arc<Found>>>,
}

impl<'a> Inventory<'a> {
    /// An inventory that uses listings as far as they are current.
    pub fn new(system: &'a System, listings: &Listings) -> Self {
        Self {
            system,
            listings: listings.clone(),
            listed: RefCell::default(),
        }
    }

    /// An inventory that lists everything itself.
    pub fn alone(system: &'a System) -> Self {
        Self::new(system, &Listings::default())
    }

    /// What earlier scans made from files.
    pub fn cache(&self) -> &FileCache {
        &self.listings.cache
    }

    /// What is made from this listing of an agent: once, as long as nothing in it changes.
    pub fn made_from<T: Any + Send + Sync>(
        &self,
        agent_id: &str,
        found: &Arc<Found>,
        make: impl FnOnce() -> T,
    ) -> Arc<T> {
        let held = || self.listings.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((listing, made)) = held().get(agent_id)
            && std::ptr::eq(listing.as_ptr(), Arc::as_ptr(found))
            && let Ok(made) = Arc::clone(made).downcast()
        {
            return made;
        }
        let made = Arc::new(make());
        // A change of the listing leaves nothing behind this pointer.
        held().insert(agent_id.into(), (Arc::downgrade(found), Arc::clone(&made) as Arc<_>));
        made
    }

    /// The sources of an agent, with the roots of the configuration.
    pub fn sources(&self, agent: &dyn Agent) -> Arc<Found> {
        if let Some(found) = self.listed.borrow().get(agent.id()) {
            return Arc::clone(found);
        }
        let current = self.listings.current(agent.id());
        let found = current.unwrap_or_else(|| Arc::new(configured::sources(agent, self.system)));
        self.listed.borrow_mut().insert(agent.id().into(), Arc::clone(&found));
        found
    }
}

impl Deref for Inventory<'_> {
    type Target = System;

    fn deref(&self) -> &System {
        self.system
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::built_in;
    use crate::system::Os;

    struct Home {
        dir: tempfile::TempDir,
        system: System,
    }

    impl Home {
        fn new() -> Self {
            let dir = tempfile::tempdir().expect("a folder");
            let system = System::new(Os::Linux, dir.path(), Default::default());
            Self { dir, system }
        }

        fn transcript(&self, name: &str) -> PathBuf {
            let path = self.dir.path().join(".claude/projects/-w").join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(&path, "{}\n").expect("written");
            path
        }
    }

    fn claude_code() -> &'static dyn Agent {
        *built_in()
            .iter()
            .find(|agent| agent.id() == "claude-code")
            .expect("built in")
    }

    fn names(found: &Found) -> usize {
        found.sources.len()
    }

    #[test]
    fn an_inventory_lists_an_agent_once_and_uses_what_is_current() {
        let home = Home::new();
        home.transcript("a.jsonl");
        let listings = Listings::default();
        let inventory = Inventory::new(&home.system, &listings);
        assert_eq!(names(&inventory.sources(claude_code())), 1);
        home.transcript("b.jsonl");
        assert_eq!(names(&inventory.sources(claude_code())), 1, "the same inventory");
        assert_eq!(
            names(&Inventory::new(&home.system, &listings).sources(claude_code())),
            2,
            "another"
        );
        for is_followed in [false, true] {
            listings.put("claude-code", Arc::default(), is_followed);
            let inventory = Inventory::new(&home.system, &listings);
            assert_eq!(names(&inventory.sources(claude_code())), 0, "{is_followed}");
            let earlier = Instant::now()
                .checked_sub(MOMENT)
                .expect("a machine that runs for a second");
            listings.held().values_mut().for_each(|listing| listing.taken = earlier);
            let inventory = Inventory::new(&home.system, &listings);
            let expected = if is_followed { 0 } else { 2 };
            assert_eq!(names(&inventory.sources(claude_code())), expected, "{is_followed}");
        }
    }

    #[test]
    fn what_a_listing_leads_to_is_made_once_until_a_source_changes() {
        let home = Home::new();
        let path = home.transcript("a.jsonl");
        let listings = Listings::default();
        let found = Arc::new(configured::sources(claude_code(), &home.system));
        listings.put("claude-code", found, true);
        let made = |value: u64| {
            let inventory = Inventory::new(&home.system, &listings);
            let found = inventory.sources(claude_code());
            *inventory.made_from("claude-code", &found, || value + found.sources[0].stamp.size)
        };
        assert_eq!((made(100), made(200)), (103, 103));
        std::fs::write(&path, "{}\n{}\n").expect("written");
        listings
            .restamp("claude-code", &BTreeSet::from([path]))
            .expect("a known file");
        assert_eq!((made(300), made(400)), (306, 306));
    }

    #[test]
    fn only_a_write_to_a_known_file_spares_the_listing() {
        let home = Home::new();
        let path = home.transcript("a.jsonl");
        let listings = Listings::default();
        let found = Arc::new(configured::sources(claude_code(), &home.system));
        let again = |path: &Path| listings.restamp("claude-code", &BTreeSet::from([path.to_path_buf()]));
        listings.put("claude-code", Arc::clone(&found), false);
        assert_eq!(again(&path), None, "not followed");
        listings.put("claude-code", found, true);
        std::fs::write(&path, "{}\n{}\n").expect("written");
        let changed = again(&path).expect("known");
        assert_eq!((changed.len(), changed[0].stamp.size), (1, 6));
        let listed = Inventory::new(&home.system, &listings).sources(claude_code());
        assert_eq!(listed.sources, changed);
        for (other, why) in [
            (home.transcript("b.jsonl"), "a new file"),
            (path.with_extension("jsonl-wal"), "no log was there before"),
        ] {
            std::fs::write(&other, "x").expect("written");
            assert_eq!(again(&other), None, "{why}");
        }
        std::fs::remove_file(path.with_extension("jsonl-wal")).expect("removed");
        assert!(again(&path).is_some());
        home.transcript("c.jsonl");
        std::fs::rename(path.with_file_name("c.jsonl"), &path).expect("renamed");
        assert_eq!(again(&path), None, "another file of the name");
        std::fs::remove_file(&path).expect("removed");
        assert_eq!(again(&path), None, "gone");
    }
}
