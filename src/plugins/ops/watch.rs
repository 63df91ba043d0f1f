//! Watching: changes of granted folders and files, told soon after and together.

use super::{Answer, plain};
use crate::plugins::grant::{Access, Grants};
use crate::plugins::message::Refused;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const MOST_WATCHES: usize = 256;

/// A change: which watch, what (`rename` or `change`), and the name in the folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    pub watch: u64,
    pub event: &'static str,
    pub name: Option<String>,
}

/// What one plugin watches: one watcher of the system for all of it.
#[derive(Default)]
pub struct Watches {
    watcher: Option<RecommendedWatcher>,
    open: Arc<Mutex<BTreeMap<u64, Place>>>,
    last: u64,
}

/// A place that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    path: PathBuf,
    recursive: bool,
}

impl Place {
    fn covers(&self, path: &Path) -> bool {
        path == self.path || path.parent() == Some(&self.path) || (self.recursive && path.starts_with(&self.path))
    }
}

impl Watches {
    /// # Errors
    /// When it is outside, not there, or there are too many.
    pub fn open(
        &mut self,
        grants: &Arc<Grants>,
        path: &str,
        recursive: bool,
        tell: impl Fn(Change) + Send + 'static,
    ) -> Answer {
        if self.places().len() >= MOST_WATCHES {
            return Err(Refused::failed(format!("too many watches: at most {MOST_WATCHES}")));
        }
        grants.files(Access::Read, path)?;
        let place = Place {
            path: super::files::resolve(grants, path)?,
            recursive,
        };
        let failed = |error: notify::Error| Refused::failed(format!("cannot watch: {error}"));
        if self.watcher.is_none() {
            let (open, grants) = (Arc::clone(&self.open), Arc::clone(grants));
            let handler = move |event: notify::Result<notify::Event>| {
                if let Ok(mut event) = event {
                    event.paths.retain(|path| !grants.is_closed(path));
                    let open = open.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    changes(&open, &event).into_iter().for_each(&tell);
                }
            };
            // A link may lead out of what is granted.
            let config = notify::Config::default().with_follow_symlinks(false);
            self.watcher = Some(RecommendedWatcher::new(handler, config).map_err(failed)?);
        }
        let is_new = !self.places().values().any(|known| *known == place);
        if let Some(watcher) = self.watcher.as_mut().filter(|_| is_new) {
            let mode = if recursive {
                RecursiveMode::Recursive
            } else {
                RecursiveMode::NonRecursive
            };
            watcher.watch(&place.path, mode).map_err(failed)?;
        }
        self.last += 1;
        let watch = self.last;
        self.places().insert(watch, place);
        plain(watch)
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<u64, Place>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn close(&mut self, watch: u64) {
        let closed = self.places().remove(&watch);
        let Some(place) = closed else {
            return;
        };
        let is_last = !self.places().values().any(|other| other.path == place.path);
        if let Some(watcher) = self.watcher.as_mut().filter(|_| is_last) {
            // A place that is gone is watched no more anyway.
            let _ = watcher.unwatch(&place.path);
        }
    }

    pub fn close_all(&mut self) {
        self.watcher = None;
        self.places().clear();
    }

    pub fn is_open(&self, watch: u64) -> bool {
        self.places().contains_key(&watch)
    }
}

fn changes(open: &BTreeMap<u64, Place>, event: &notify::Event) -> Vec<Change> {
    let what = match event.kind {
        EventKind::Access(_) => return Vec::new(),
        EventKind::Create(_) | EventKind::Remove(_) => "rename",
        EventKind::Modify(notify::event::ModifyKind::Name(_)) => "rename",
        _ => "change",
    };
    let name = |place: &Place, path: &Path| match path.strip_prefix(&place.path) {
        Ok(rest) if !rest.as_os_str().is_empty() => Some(rest.to_string_lossy().into_owned()),
        _ => path.file_name().map(|name| name.to_string_lossy().into_owned()),
    };
    let mut all = Vec::new();
    for (watch, place) in open {
        for path in event.paths.iter().filter(|path| place.covers(path)) {
            all.push(Change {
                watch: *watch,
                event: what,
                name: name(place, path),
            });
        }
    }
    all
}
