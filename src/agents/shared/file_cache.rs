//! File cache: what was made from a file, for as long as the file stays as it was.

use crate::system::files::Stamp;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::any::{Any, TypeId};
use std::hash::{BuildHasher, Hash};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// What nothing asked for in this time is dropped, and sooner where there is much.
const UNUSED: Duration = Duration::from_secs(5 * 60);
const UNUSED_OF_MANY: Duration = Duration::from_secs(10);
const MANY: usize = 1_000;

/// What was made from files. Clones share it.
#[derive(Clone, Default)]
pub struct FileCache(Arc<Mutex<FxHashMap<Key, Made>>>);

/// The path, the type, and a hash of whatever else the value depends on.
type Key = (PathBuf, TypeId, u64);

struct Made {
    stamp: Stamp,
    value: Arc<dyn Any + Send + Sync>,
    used: Instant,
}

impl FileCache {
    /// The value made from a file with this stamp, and from `given`; `make` runs when the file is another one since, or may
    /// be.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn get<T: Any + Send + Sync, E>(
        &self,
        path: &Path,
        stamp: Stamp,
        given: &impl Hash,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let key = (path.to_path_buf(), TypeId::of::<T>(), FxBuildHasher.hash_one(given));
        if let Some(made) = self.held().get_mut(&key).filter(|made| made.stamp == stamp)
            && let Ok(value) = Arc::clone(&made.value).downcast()
        {
            made.used = Instant::now();
            return Ok(value);
        }
        let value = Arc::new(make()?);
        let mut held = self.held();
        if !stamp.is_settled(SystemTime::now()) {
            held.remove(&key);
            return Ok(value);
        }
        let most = if held.len() >= MANY { UNUSED_OF_MANY } else { UNUSED };
        held.retain(|_, made| made.used.elapsed() < most);
        if held.len() < MANY {
            let made = Made {
                stamp,
                value: Arc::clone(&value) as Arc<dyn Any + Send + Sync>,
                used: Instant::now(),
            };
            held.insert(key, made);
        }
        Ok(value)
    }

    /// A poisoned lock is fine here: values are replaced whole.
    fn held(&self) -> MutexGuard<'_, FxHashMap<Key, Made>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get<T: Any + Send + Sync + Copy>(cache: &FileCache, path: &Path, stamp: Stamp, given: u8, value: T) -> T {
        let made = cache.get(path, stamp, &given, || Ok::<_, ()>(value));
        *made.expect("made")
    }

    #[test]
    fn a_value_is_made_again_once_its_file_changed_or_may_have() {
        let cache = FileCache::default();
        let path = Path::new("/w/a.jsonl");
        let old = Stamp {
            size: 7,
            modified_ns: 1,
            ..Stamp::default()
        };
        let made = |stamp: Stamp, value: u32| get(&cache, path, stamp, 0, value);
        assert_eq!((made(old, 1), made(old, 2)), (1, 1));
        assert_eq!(get(&cache, path, old, 0, "another type"), "another type");
        assert_eq!(get(&cache, path, old, 1, 9), 9, "given something else");
        let grown = Stamp { size: 8, ..old };
        assert_eq!((made(grown, 3), made(grown, 4)), (3, 3));
        let fresh = Stamp {
            modified_ns: i64::MAX,
            ..old
        };
        assert_eq!(
            (made(fresh, 5), made(fresh, 6)),
            (5, 6),
            "it may be written in the same tick"
        );
        let failed = cache.get(path, Stamp::default(), &0, || Err::<u32, _>("unreadable"));
        assert_eq!(failed.err(), Some("unreadable"));
        assert_eq!(made(Stamp::default(), 7), 7, "an error is not kept");
    }

    #[test]
    fn it_holds_no_more_than_it_may() {
        let cache = FileCache::default();
        for at in 0..MANY + 5 {
            let path = PathBuf::from(format!("/w/{at}"));
            assert_eq!(get(&cache, &path, Stamp::default(), 0, at), at);
        }
        assert_eq!(cache.held().len(), MANY);
        for (ago, left) in [(UNUSED_OF_MANY, 1), (UNUSED, 1)] {
            let used = Instant::now()
                .checked_sub(ago)
                .expect("a machine that runs for minutes");
            cache.held().values_mut().for_each(|made| made.used = used);
            get(
                &cache,
                Path::new("/w/new"),
                Stamp {
                    size: ago.as_secs(),
                    ..Stamp::default()
                },
                0,
                0,
            );
            assert_eq!(cache.held().len(), left, "unused for {ago:?}");
        }
    }
}
