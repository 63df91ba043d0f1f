//! Change notifications: the folders that changed, as far as the system reports them.

use super::files::is_network_folder;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

/// Why a wait ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Wake {
    /// Something was written at these paths.
    Changed(BTreeSet<PathBuf>),
    /// Notices were lost: anything may have changed.
    Lost,
    /// Nothing happened in time.
    Timeout,
    /// This signal arrived.
    Signal(i32),
    /// A [`Waker`] asked for attention.
    Asked,
}

enum Observation {
    Paths(Vec<PathBuf>),
    Lost,
    Signal(i32),
    Asked,
}

/// Ends a wait from another thread.
#[derive(Clone)]
pub struct Waker(SyncSender<Observation>);

impl Waker {
    pub fn wake(&self) {
        // A full queue wakes all the same, and without a receiver there is no wait.
        let _ = self.0.try_send(Observation::Asked);
    }
}

/// How long to collect notifications after the first: one write causes several.
const SETTLE: Duration = Duration::from_millis(8);

/// How long a process may take to exit after a signal.
#[cfg(unix)]
const GRACE: Duration = Duration::from_secs(5);
/// Upper bound of queued notifications. A consumer that falls behind checks everything afterwards.
const MOST_KEPT: usize = 1_000;

/// Watches folders and signals.
pub struct Notices {
    watcher: Option<RecommendedWatcher>,
    receive: Receiver<Observation>,
    send: SyncSender<Observation>,
    /// Whether notices were dropped.
    is_overrun: Arc<AtomicBool>,
    /// Folders under watch, and whether with everything below.
    watched: BTreeMap<PathBuf, bool>,
    /// Folders that the system does not watch completely: the caller must poll them.
    refused: BTreeSet<PathBuf>,
}

impl Notices {
    /// Starts without a folder; SIGINT, SIGTERM and SIGHUP wake from now on instead of ending the process.
    ///
    /// # Errors
    /// When signals cannot be taken over.
    pub fn start() -> std::io::Result<Self> {
        let (send, receive) = sync_channel(MOST_KEPT);
        take_signals(send.clone())?;
        let is_overrun = Arc::new(AtomicBool::new(false));
        let overrun = Arc::clone(&is_overrun);
        let sender = send.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let notice = match event {
                Ok(event) if event.need_rescan() => Observation::Lost,
                Ok(event) if event.kind.is_access() => return,
                Ok(event) => Observation::Paths(event.paths),
                Err(_) => Observation::Lost,
            };
            // The receiver is gone only when the watch has ended.
            if let Err(TrySendError::Full(_)) = sender.try_send(notice) {
                overrun.store(true, Ordering::Relaxed);
            }
        });
        Ok(Self {
            watcher: watcher.ok(),
            receive,
            send,
            is_overrun,
            watched: BTreeMap::new(),
            refused: BTreeSet::new(),
        })
    }

    /// Ends waits from other threads.
    pub fn waker(&self) -> Waker {
        Waker(self.send.clone())
    }

    /// Watches exactly these folders (recursively where `true`). Returns whether any is new: earlier writes to it were
    /// not reported.
    pub fn watch(&mut self, folders: &BTreeMap<PathBuf, bool>) -> bool {
        let Some(watcher) = &mut self.watcher else {
            self.refused = folders.keys().cloned().collect();
            return false;
        };
        let stale: Vec<PathBuf> = self
            .watched
            .iter()
            .filter(|(path, deep)| folders.get(*path) != Some(deep))
            .map(|(path, _)| path.clone())
            .collect();
        for path in stale {
            // A folder that was removed is no longer watched anyway.
            let _ = watcher.unwatch(&path);
            self.watched.remove(&path);
        }
        self.refused.retain(|path| folders.contains_key(path));
        let mut is_any_new = false;
        for (path, deep) in folders {
            if self.watched.contains_key(path) {
                continue;
            }
            let mode = if *deep {
                RecursiveMode::Recursive
            } else {
                RecursiveMode::NonRecursive
            };
            match watcher.watch(path, mode) {
                Ok(()) => {
                    self.watched.insert(path.clone(), *deep);
                    is_any_new = true;
                    // Writes by other machines cause no notifications.
                    if is_network_folder(path) {
                        self.refused.insert(path.clone());
                    } else {
                        self.refused.remove(path);
                    }
                }
                Err(_) => drop(self.refused.insert(path.clone())),
            }
        }
        is_any_new
    }

    /// Whether changes in a folder are reported.
    pub fn covers(&self, folder: &Path) -> bool {
        self.watched.contains_key(folder) && !self.refused.contains(folder)
    }

    /// Watches folders again that were removed and recreated: they are different folders at the same path.
    pub fn forget(&mut self, paths: &BTreeSet<PathBuf>) {
        for path in paths {
            if self.watched.remove(path).is_some()
                && let Some(watcher) = &mut self.watcher
            {
                // It fails where the system noticed the removal first.
                let _ = watcher.unwatch(path);
            }
        }
    }

    /// Waits for a notice or signal.
    pub fn wait(&self, timeout: Duration) -> Wake {
        if self.is_overrun.swap(false, Ordering::Relaxed) {
            let signal = self.receive.try_iter().find_map(|notice| match notice {
                Observation::Signal(signal) => Some(signal),
                Observation::Paths(_) | Observation::Lost | Observation::Asked => None,
            });
            return signal.map_or(Wake::Lost, Wake::Signal);
        }
        let first = match self.receive.recv_timeout(timeout) {
            Ok(notice) => notice,
            Err(RecvTimeoutError::Timeout) => return Wake::Timeout,
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(timeout);
                return Wake::Timeout;
            }
        };
        let (mut paths, mut is_asked) = (BTreeSet::new(), false);
        let mut notice = Some(first);
        let deadline = Instant::now() + SETTLE;
        while let Some(next) = notice {
            match next {
                Observation::Signal(signal) => return Wake::Signal(signal),
                Observation::Lost => return Wake::Lost,
                Observation::Paths(changed) => paths.extend(changed),
                Observation::Asked if paths.is_empty() => return Wake::Asked,
                // What changed is not to be lost.
                Observation::Asked => is_asked = true,
            }
            notice = self
                .receive
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
                .ok();
        }
        if is_asked {
            self.waker().wake();
        }
        Wake::Changed(paths)
    }
}

#[cfg(unix)]
fn take_signals(send: SyncSender<Observation>) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::spawn(move || {
        let Some(signal) = signals.forever().next() else {
            return;
        };
        if let Err(TrySendError::Disconnected(_)) = send.try_send(Observation::Signal(signal)) {
            return;
        }
        std::thread::sleep(GRACE);
        // Blocked in a write without a reader or a slow read. Stored data is complete or absent, so exiting is safe.
        std::process::exit(if signal == SIGINT { 130 } else { 143 });
    });
    Ok(())
}

#[cfg(not(unix))]
fn take_signals(_send: SyncSender<Observation>) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_away_for_long_is_told_that_notices_were_lost() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut notices = Notices::start().expect("started");
        notices.watch(&BTreeMap::from([(dir.path().to_path_buf(), false)]));
        for at in 0..2 * MOST_KEPT {
            std::fs::write(dir.path().join(at.to_string()), "x").expect("written");
        }
        let end = Instant::now() + Duration::from_secs(20);
        while !notices.is_overrun.load(Ordering::Relaxed) {
            assert!(Instant::now() < end, "everything is kept");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(notices.wait(Duration::from_secs(1)), Wake::Lost);
    }

    #[test]
    fn tells_of_a_write_in_a_watched_folder() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut notices = Notices::start().expect("started");
        let folders = BTreeMap::from([(dir.path().to_path_buf(), false)]);
        assert!(notices.watch(&folders));
        assert!(!notices.watch(&folders), "nothing new the second time");
        std::fs::write(dir.path().join("a.jsonl"), "x").expect("written");
        let Wake::Changed(paths) = notices.wait(Duration::from_secs(10)) else {
            panic!("no notice")
        };
        assert!(paths.iter().any(|path| path.ends_with("a.jsonl")), "{paths:?}");
    }
}
