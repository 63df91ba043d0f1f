//! The roots of an agent plugin as one stamp: equal when nothing below them changed, so that the plugin need not run.

use crate::system::files::Stamp;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use xxhash_rust::xxh3::Xxh3;

/// Folders below a root that are looked into.
const MOST_DEPTH: usize = 8;
/// Entries that are looked at, of all roots.
const MOST_ENTRIES: usize = 20_000;

/// What a walk saw.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    pub stamp: Stamp,
    /// Folders that were looked into.
    pub folders: Vec<PathBuf>,
}

/// Walks the roots. Where there is more than is looked at, the stamp is never the same twice.
pub fn walk(roots: &[PathBuf]) -> Walk {
    let mut walk = Walk::default();
    let mut entries: Vec<(PathBuf, u64, i64)> = Vec::new();
    let mut is_whole = !roots.is_empty();
    let mut open: Vec<(PathBuf, usize)> = roots.iter().map(|root| (root.clone(), 0)).collect();
    while let Some((path, depth)) = open.pop() {
        let Ok(metadata) = std::fs::metadata(&path) else {
            continue;
        };
        let stamp = Stamp::of(&metadata);
        if entries.len() >= MOST_ENTRIES {
            is_whole = false;
            break;
        }
        walk.stamp.size = walk
            .stamp
            .size
            .wrapping_add(if metadata.is_file() { stamp.size } else { 0 });
        walk.stamp.modified_ns = walk.stamp.modified_ns.max(stamp.modified_ns);
        let is_folder = metadata.is_dir();
        entries.push((path.clone(), if is_folder { 0 } else { stamp.size }, stamp.modified_ns));
        if !is_folder {
            continue;
        }
        if depth == MOST_DEPTH {
            is_whole = false;
            continue;
        }
        for entry in std::fs::read_dir(&path).into_iter().flatten().flatten() {
            // A link to a folder may lead round in a circle: what is behind it is seen by the plugin alone.
            match entry.file_type() {
                Ok(kind) if kind.is_symlink() && leads_to_folder(&entry.path()) => is_whole = false,
                Ok(_) => open.push((entry.path(), depth + 1)),
                Err(_) => is_whole = false,
            }
        }
        walk.folders.push(path);
    }
    entries.sort_unstable();
    let mut hash = Xxh3::new();
    for (path, size, modified_ns) in &entries {
        hash.update(path.as_os_str().as_encoded_bytes());
        hash.update(&size.to_le_bytes());
        hash.update(&modified_ns.to_le_bytes());
    }
    walk.stamp.inode = hash.digest();
    walk.stamp.device = entries.len() as u64;
    if !is_whole {
        // A time that is not past never counts as settled.
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        walk.stamp.modified_ns = i64::try_from(now.as_nanos()).unwrap_or(i64::MAX);
    }
    walk
}

fn leads_to_folder(link: &Path) -> bool {
    std::fs::metadata(link).is_ok_and(|metadata| metadata.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn every_change_below_a_root_changes_the_stamp_and_a_look_does_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("a/b/c/d")).expect("folders");
        fs::write(root.join("a/b/c/d/x.jsonl"), "1").expect("written");
        let roots = [root.clone()];
        let stamp = || walk(&roots).stamp;
        let before = stamp();
        assert_eq!(stamp(), before);
        let mut seen = vec![before];
        let changes: [&dyn Fn(); 3] = [
            &|| fs::write(root.join("a/b/c/d/x.jsonl"), "22").expect("written"),
            &|| fs::write(root.join("a/y.jsonl"), "").expect("written"),
            &|| fs::rename(root.join("a/y.jsonl"), root.join("z.jsonl")).expect("renamed"),
        ];
        for change in changes {
            change();
            let now = stamp();
            assert!(!seen.contains(&now));
            seen.push(now);
        }
    }

    #[test]
    fn more_than_is_looked_at_never_stands_still() {
        let dir = tempfile::tempdir().expect("a folder");
        let deep = (0..MOST_DEPTH + 2).fold(dir.path().to_path_buf(), |path, at| path.join(at.to_string()));
        fs::create_dir_all(&deep).expect("folders");
        let roots = [dir.path().to_path_buf()];
        assert_ne!(walk(&roots).stamp, walk(&roots).stamp);
        assert_ne!(walk(&[]).stamp, walk(&[]).stamp, "no root is no bound");
    }
}
