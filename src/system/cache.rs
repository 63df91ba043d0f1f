//! Cache: reproducible data in files that all processes of the user share.

use super::System;
use super::open::{self, Most};
use super::replace::{create_private_folder, replace};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often a lock that another process holds is tried again.
const LOCK_POLL_MS: u64 = 20;

/// Files of one kind in ttop's cache folder: JSON, whole or not at all, for the user alone.
pub struct Cache {
    folder: PathBuf,
}

/// Held while it lives; the system lets go of it when the process ends.
pub struct Lock {
    file: File,
}

impl Lock {
    /// The number that was left with the lock last.
    pub fn note(&mut self) -> Option<i64> {
        let mut text = String::new();
        self.file.seek(SeekFrom::Start(0)).ok()?;
        (&self.file).take(Most::WORD.0).read_to_string(&mut text).ok()?;
        text.trim().parse().ok()
    }

    /// Leaves a number with the lock, for the next one who holds it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn leave(&mut self, note: i64) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        writeln!(self.file, "{note}")
    }
}

impl Cache {
    /// `~/.cache/tokentop/<kind>`
    pub fn new(system: &System, kind: &str) -> Self {
        Self {
            folder: system.cache_dir().join("tokentop").join(kind),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the value cached under a name; an unreadable entry counts as missing.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let bytes = open::read(&self.path(name, "json"), Most::SETTINGS).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// # Errors
    /// When it cannot be written; what was kept before is then still there.
    pub fn write<T: Serialize>(&self, name: &str, value: &T) -> io::Result<()> {
        replace(&self.path(name, "json"), &serde_json::to_vec(value)?)
    }

    /// Waits until no other process holds the lock of a name. `None` when the time is up.
    ///
    /// # Errors
    /// When there can be no lock: the folder cannot be written to.
    pub fn lock(&self, name: &str, ends: Instant) -> io::Result<Option<Lock>> {
        create_private_folder(&self.folder)?;
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let (file, _) = open::regular(&mut options, &self.path(name, "lock"))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Lock { file })),
                Err(TryLockError::WouldBlock) if Instant::now() < ends => {
                    std::thread::sleep(Duration::from_millis(LOCK_POLL_MS));
                }
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    fn path(&self, name: &str, kind: &str) -> PathBuf {
        self.folder.join(format!("{name}.{kind}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Os;

    fn cache(home: &Path) -> Cache {
        Cache::new(&System::new(Os::Linux, home, Default::default()), "kind")
    }

    #[test]
    fn keeps_values_and_forgets_damaged_ones() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = cache(home.path());
        assert_eq!(cache.read::<Vec<u8>>("a"), None);
        cache.write("a", &[1, 2]).expect("written");
        assert_eq!(cache.read::<Vec<u8>>("a"), Some(vec![1, 2]));
        std::fs::write(home.path().join(".cache/tokentop/kind/a.json"), "[1,").expect("written");
        assert_eq!(cache.read::<Vec<u8>>("a"), None);
    }

    #[test]
    fn a_lock_is_held_once_and_let_go() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = cache(home.path());
        let now = Instant::now();
        let lock = cache.lock("a", now).expect("lockable");
        assert!(lock.is_some());
        assert!(cache.lock("a", now).expect("lockable").is_none());
        assert!(cache.lock("b", now).expect("lockable").is_some());
        drop(lock);
        let mut lock = cache.lock("a", now).expect("lockable").expect("free");
        assert_eq!(lock.note(), None);
        lock.leave(1_795_197_600_000).expect("left");
        lock.leave(7).expect("left");
        drop(lock);
        let mut lock = cache.lock("a", now).expect("lockable").expect("free");
        assert_eq!(lock.note(), Some(7));
    }
}
