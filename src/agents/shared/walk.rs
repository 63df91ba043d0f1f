//! Finds files below an agent's roots: enters each folder once, survives loops, and reports unreadable folders.

use super::source::{Found, Source};
use crate::core::problem::Problem;
use crate::system::files::Stamp;
use rustc_hash::FxHashSet;
use std::collections::VecDeque;
use std::fs::{DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use xxhash_rust::xxh3::xxh3_64;

/// From so many folders on that wait to be looked into, a second thread is worth its start.
const WORTH_TWO: usize = 32;

/// What stands there are no files: processes of everybody, devices.
const KERNEL: [&str; 3] = ["/proc", "/sys", "/dev"];

/// The folders entered so far, by hashes of their real paths, so that a folder reached through two roots or links is one.
#[derive(Default)]
pub struct Walk {
    entered: Mutex<FxHashSet<u64>>,
}

/// An entry of a folder, with links resolved.
enum Entry<'a> {
    /// A folder by its real path.
    Folder(PathBuf),
    /// A link to a folder, by that one's real path.
    LinkedFolder(PathBuf),
    File(&'a DirEntry),
    /// A link to a file.
    Link,
}

impl Walk {
    /// Adds every file at any depth below a folder to which `kind` gives a kind of source, in no particular order.
    /// A root that does not exist is no problem; what cannot be looked into is one.
    pub fn find(&mut self, root: &Path, kind: &(dyn Fn(&Path) -> Option<u8> + Sync), found: &mut Found) {
        let Some(real) = real_path(root, found) else {
            return;
        };
        let mut starts = VecDeque::from([(root.to_path_buf(), real)]);
        // A folder that is also reached by links goes by its own name, else by that of the first link.
        while let Some(start) = starts.pop_front() {
            let tree = Tree {
                walk: self,
                kind,
                waiting: Mutex::new(vec![start]),
                links: Mutex::default(),
            };
            tree.find(found);
            let mut links = tree.links.into_inner().unwrap_or_else(PoisonError::into_inner);
            links.sort();
            starts.extend(links);
        }
    }

    /// The folders directly below one, by name; none when it is not there.
    pub fn folders(&mut self, folder: &Path, found: &mut Found) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        if let Some(real) = real_path(folder, found) {
            self.list(folder, &real, found, &mut |path, entry, _| {
                if let Entry::Folder(_) | Entry::LinkedFolder(_) = entry {
                    folders.push(path);
                }
                Ok(())
            });
        }
        folders.sort();
        folders
    }

    /// The files in a folder and at most `depth` folders below it, by name; none when it is not there.
    pub fn files(&mut self, folder: &Path, depth: usize, found: &mut Found) -> Vec<PathBuf> {
        let mut files = Vec::new();
        if let Some(real) = real_path(folder, found) {
            self.files_in(folder, &real, depth, found, &mut files);
        }
        files.sort();
        files
    }

    fn files_in(&self, folder: &Path, real: &Path, depth: usize, found: &mut Found, files: &mut Vec<PathBuf>) {
        self.list(folder, real, found, &mut |path, entry, found| {
            match entry {
                Entry::Folder(real) | Entry::LinkedFolder(real) => {
                    if depth > 0 {
                        self.files_in(&path, &real, depth - 1, found, files);
                    }
                }
                Entry::File(_) | Entry::Link => files.push(path),
            }
            Ok(())
        });
    }

    /// Hands out what stands in a folder, unless it was entered before.
    fn list(&self, folder: &Path, real: &Path, found: &mut Found, each: &mut Each<'_>) {
        if !held(&self.entered).insert(xxh3_64(real.as_os_str().as_encoded_bytes())) {
            return;
        }
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return refuse(folder, &error, found),
        };
        found.folders.push(folder.to_path_buf());
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    refuse(folder, &error, found);
                    continue;
                }
            };
            if let Err(error) = visit(&entry, real, found, each)
                // Removed since the folder was listed, or a link to nowhere.
                && error.kind() != io::ErrorKind::NotFound
            {
                refuse(&entry.path(), &error, found);
            }
        }
    }
}

fn visit(entry: &DirEntry, folder: &Path, found: &mut Found, each: &mut Each<'_>) -> io::Result<()> {
    let entry_type = entry.file_type()?;
    let path = entry.path();
    if entry_type.is_dir() {
        return each(path, Entry::Folder(folder.join(entry.file_name())), found);
    }
    if entry_type.is_file() {
        return each(path, Entry::File(entry), found);
    }
    if !entry_type.is_symlink() {
        return Ok(());
    }
    let target = std::fs::metadata(&path)?;
    if target.is_dir() {
        let real = path.canonicalize()?;
        if folder.starts_with(&real) {
            let reason = "links back to a folder above it";
            found.problems.push(Problem::new(path.display(), reason));
            return Ok(());
        }
        if KERNEL.iter().any(|folder| real.starts_with(folder)) {
            found
                .problems
                .push(Problem::new(path.display(), "links to a folder of the kernel"));
            return Ok(());
        }
        return each(path, Entry::LinkedFolder(real), found);
    }
    if target.is_file() {
        each(path, Entry::Link, found)
    } else {
        Ok(())
    }
}

type Each<'a> = dyn FnMut(PathBuf, Entry<'_>, &mut Found) -> io::Result<()> + 'a;

/// A folder and its real path.
type Folder = (PathBuf, PathBuf);

/// The folders below one that wait to be looked into, by two threads where there are many.
struct Tree<'a> {
    walk: &'a Walk,
    kind: &'a (dyn Fn(&Path) -> Option<u8> + Sync),
    waiting: Mutex<Vec<Folder>>,
    links: Mutex<Vec<Folder>>,
}

impl Tree<'_> {
    fn find(&self, found: &mut Found) {
        std::thread::scope(|scope| {
            let mut second = None;
            loop {
                while let Some(folder) = self.next() {
                    let waiting = self.look_into(folder, found);
                    if second.is_none() && waiting >= WORTH_TWO {
                        // Without it, this thread does everything.
                        second = Builder::new().spawn_scoped(scope, || self.find_part()).ok();
                    }
                }
                let Some(other) = second.take() else {
                    break;
                };
                let part: Found = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                found.sources.extend(part.sources);
                found.folders.extend(part.folders);
                found.problems.extend(part.problems);
            }
        });
        found.problems.sort();
    }

    fn find_part(&self) -> Found {
        let mut found = Found::default();
        while let Some(folder) = self.next() {
            self.look_into(folder, &mut found);
        }
        found
    }

    fn next(&self) -> Option<Folder> {
        held(&self.waiting).pop()
    }

    /// Takes the files of a folder; returns how many folders wait then.
    fn look_into(&self, (folder, real): Folder, found: &mut Found) -> usize {
        let mut below = Vec::new();
        self.walk.list(&folder, &real, found, &mut |path, entry, found| {
            let looked = match entry {
                Entry::Folder(real) => {
                    below.push((path, real));
                    return Ok(());
                }
                Entry::LinkedFolder(real) => {
                    held(&self.links).push((path, real));
                    return Ok(());
                }
                // `DirEntry::metadata` looks relative to the open folder: half the time of a look by full path.
                Entry::File(entry) => (self.kind)(&path).map(|kind| (kind, entry.metadata())),
                Entry::Link => (self.kind)(&path).map(|kind| (kind, std::fs::metadata(&path))),
            };
            if let Some((kind, metadata)) = looked {
                take(path, kind, &metadata?, found);
            }
            Ok(())
        });
        let mut waiting = held(&self.waiting);
        waiting.append(&mut below);
        waiting.len()
    }
}

/// A poisoned lock is fine here: entries are added atomically.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn real_path(folder: &Path, found: &mut Found) -> Option<PathBuf> {
    // Most folders of agents are not there: that takes one look, a real path one at each folder above.
    match std::fs::metadata(folder).and_then(|_| folder.canonicalize()) {
        Ok(real) => Some(real),
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                refuse(folder, &error, found);
            }
            None
        }
    }
}

fn take(path: PathBuf, kind: u8, metadata: &Metadata, found: &mut Found) {
    if metadata.is_file() {
        found.sources.push(Source {
            path,
            kind,
            stamp: Stamp::of(metadata),
            wal: Stamp::default(),
            list_entry: 0,
        });
    }
}

fn refuse(path: &Path, error: &io::Error, found: &mut Found) {
    let reason = format!("could not look inside: {}", error.kind());
    found.problems.push(Problem::new(path.display(), reason));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jsonl(path: &Path) -> Option<u8> {
        path.extension().is_some_and(|it| it == "jsonl").then_some(7)
    }

    fn names(found: &Found, root: &Path) -> Vec<String> {
        let mut names: Vec<_> = found
            .sources
            .iter()
            .map(|source| {
                source
                    .path
                    .strip_prefix(root)
                    .expect("below the root")
                    .display()
                    .to_string()
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn finds_files_at_any_depth_and_passes_over_missing_roots() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(dir.path().join("a/b/c")).expect("folders");
        for name in ["x.jsonl", "a/b/c/y.jsonl", "a/z.txt"] {
            std::fs::write(dir.path().join(name), "text").expect("written");
        }
        let mut found = Found::default();
        let mut walk = Walk::default();
        walk.find(dir.path(), &jsonl, &mut found);
        walk.find(&dir.path().join("missing"), &jsonl, &mut found);
        walk.find(dir.path(), &jsonl, &mut found);
        assert_eq!(names(&found, dir.path()), ["a/b/c/y.jsonl", "x.jsonl"]);
        assert_eq!((found.sources[0].kind, found.sources[0].stamp.size), (7, 4));
        assert!(found.problems.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_loops_end() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path().join("root");
        std::fs::create_dir_all(root.join("a")).expect("folders");
        std::fs::create_dir_all(dir.path().join("elsewhere")).expect("folders");
        std::fs::write(root.join("a/x.jsonl"), "").expect("written");
        std::fs::write(dir.path().join("elsewhere/y.jsonl"), "").expect("written");
        symlink(&root, root.join("a/loop")).expect("a link");
        symlink(dir.path().join("elsewhere"), root.join("away")).expect("a link");
        symlink("nowhere", root.join("dangling.jsonl")).expect("a link");
        let mut found = Found::default();
        Walk::default().find(&root, &jsonl, &mut found);
        assert_eq!(names(&found, &root), ["a/x.jsonl", "away/y.jsonl"]);
        assert_eq!(found.problems.len(), 1, "the loop, and not the link to nowhere");
    }

    #[cfg(unix)]
    #[test]
    fn an_unreadable_folder_is_a_problem() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a folder");
        let closed = dir.path().join("closed");
        std::fs::create_dir(&closed).expect("a folder");
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).expect("closed");
        if std::fs::read_dir(&closed).is_ok() {
            return; // root reads everything
        }
        let mut found = Found::default();
        Walk::default().find(dir.path(), &jsonl, &mut found);
        assert_eq!(found.problems.len(), 1);
    }

    #[cfg(unix)]
    fn below(files: &[PathBuf], root: &Path) -> Vec<String> {
        let name = |path: &PathBuf| path.strip_prefix(root).expect("below the root").display().to_string();
        files.iter().map(name).collect()
    }

    #[cfg(unix)]
    #[test]
    fn files_stop_at_a_depth_and_are_found_once() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path();
        std::fs::create_dir_all(root.join("a/b/c")).expect("folders");
        for file in ["a/1", "a/b/2", "a/b/c/3"] {
            std::fs::write(root.join(file), "").expect("a file");
        }
        symlink(root.join("a"), root.join("a/b/loop")).expect("a link");
        symlink(root.join("a"), root.join("other")).expect("a link");
        symlink(root.join("nowhere"), root.join("a/dangling")).expect("a link");
        let (mut walk, mut found) = (Walk::default(), Found::default());
        let files = walk.files(&root.join("a"), 1, &mut found);
        assert_eq!(below(&files, root), ["a/1", "a/b/2"]);
        assert!(walk.files(&root.join("other"), 5, &mut found).is_empty());
        let files = Walk::default().files(&root.join("a"), 9, &mut found);
        assert_eq!(below(&files, root), ["a/1", "a/b/2", "a/b/c/3"]);
        let reasons: Vec<_> = found.problems.iter().map(|problem| problem.reason.as_str()).collect();
        assert_eq!(reasons, ["links back to a folder above it"; 2]);
    }

    #[test]
    fn a_file_in_the_place_of_a_folder_is_named() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("chats"), "").expect("a file");
        let mut found = Found::default();
        assert!(
            Walk::default()
                .folders(&dir.path().join("chats"), &mut found)
                .is_empty()
        );
        assert!(
            Walk::default()
                .folders(&dir.path().join("absent"), &mut found)
                .is_empty()
        );
        assert_eq!(found.problems.len(), 1);
    }

    #[test]
    fn many_folders_are_looked_into_by_two_and_found_once() {
        let dir = tempfile::tempdir().expect("a folder");
        let folders = 3 * WORTH_TWO;
        for folder in 0..folders {
            let folder = dir.path().join(format!("f{folder}/deep"));
            std::fs::create_dir_all(&folder).expect("a folder");
            for file in 0..9 {
                std::fs::write(folder.join(format!("{file}.jsonl")), "x".repeat(file)).expect("a file");
            }
        }
        let mut found = Found::default();
        Walk::default().find(dir.path(), &jsonl, &mut found);
        assert_eq!(found.folders.len(), 2 * folders + 1);
        let names: FxHashSet<String> = names(&found, dir.path()).into_iter().collect();
        assert_eq!((found.sources.len(), names.len()), (9 * folders, 9 * folders));
        let size = |source: &Source| source.path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        assert!(
            found
                .sources
                .iter()
                .all(|source| size(source) == Some(source.stamp.size))
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_goes_by_its_own_name_before_any_link() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().expect("a folder");
        let (root, outside) = (dir.path().join("root"), dir.path().join("outside"));
        for folder in [&root.join("z"), &outside] {
            std::fs::create_dir_all(folder).expect("a folder");
            std::fs::write(folder.join("1.jsonl"), "").expect("a file");
        }
        for (target, link) in [(root.join("z"), "a"), (outside.clone(), "c"), (outside.clone(), "b")] {
            symlink(target, root.join(link)).expect("a link");
        }
        let mut found = Found::default();
        Walk::default().find(&root, &jsonl, &mut found);
        assert_eq!(names(&found, &root), ["b/1.jsonl", "z/1.jsonl"]);
    }
}
