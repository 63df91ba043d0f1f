//! Files below an agent's roots: loops end, one folder is entered once, what cannot be read is named.

use super::source::{Found, Source};
use crate::core::problem::Problem;
use crate::system::files::Stamp;
use rustc_hash::FxHashSet;
use std::fs::{DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// The folders entered so far, by their real paths, so that a folder reached through two roots or links is one.
#[derive(Default)]
pub struct Walk {
    entered: FxHashSet<PathBuf>,
}

/// What stands in a folder, links followed.
enum Entry<'a> {
    /// A folder by its real path.
    Folder(PathBuf),
    File(&'a DirEntry),
    /// A link to a file.
    Link,
}

impl Walk {
    /// Adds every file at any depth below a folder for which `kind` says what kind of source it is. A root that does
    /// not exist is no problem; what cannot be looked into is one.
    pub fn find(&mut self, root: &Path, kind: &dyn Fn(&Path) -> Option<u8>, found: &mut Found) {
        if let Some(real) = real_path(root, found) {
            self.find_in(root, real, kind, found);
        }
    }

    fn find_in(&mut self, folder: &Path, real: PathBuf, kind: &dyn Fn(&Path) -> Option<u8>, found: &mut Found) {
        self.list(folder, real, found, &mut |walk, path, entry, found| {
            let looked = match entry {
                Entry::Folder(real) => {
                    walk.find_in(&path, real, kind, found);
                    return Ok(());
                }
                // `DirEntry::metadata` looks relative to the open folder: half the time of a look by full path.
                Entry::File(entry) => kind(&path).map(|kind| (kind, entry.metadata())),
                Entry::Link => kind(&path).map(|kind| (kind, std::fs::metadata(&path))),
            };
            if let Some((kind, metadata)) = looked {
                take(path, kind, &metadata?, found);
            }
            Ok(())
        });
    }

    /// The folders directly below one, by name; none when it is not there.
    pub fn folders(&mut self, folder: &Path, found: &mut Found) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        if let Some(real) = real_path(folder, found) {
            self.list(folder, real, found, &mut |_, path, entry, _| {
                if let Entry::Folder(_) = entry {
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
            self.files_in(folder, real, depth, found, &mut files);
        }
        files.sort();
        files
    }

    fn files_in(&mut self, folder: &Path, real: PathBuf, depth: usize, found: &mut Found, files: &mut Vec<PathBuf>) {
        self.list(folder, real, found, &mut |walk, path, entry, found| {
            match entry {
                Entry::Folder(real) if depth > 0 => walk.files_in(&path, real, depth - 1, found, files),
                Entry::Folder(_) => {}
                Entry::File(_) | Entry::Link => files.push(path),
            }
            Ok(())
        });
    }

    /// Hands out what stands in a folder, unless it was entered before.
    fn list(&mut self, folder: &Path, real: PathBuf, found: &mut Found, each: &mut Each<'_>) {
        if self.entered.contains(&real) {
            return;
        }
        self.entered.insert(real.clone());
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
            if let Err(error) = self.visit(&entry, &real, found, each)
                // Removed since the folder was listed, or a link to nowhere.
                && error.kind() != io::ErrorKind::NotFound
            {
                refuse(&entry.path(), &error, found);
            }
        }
    }

    fn visit(&mut self, entry: &DirEntry, folder: &Path, found: &mut Found, each: &mut Each<'_>) -> io::Result<()> {
        let entry_type = entry.file_type()?;
        let path = entry.path();
        if entry_type.is_dir() {
            return each(self, path, Entry::Folder(folder.join(entry.file_name())), found);
        }
        if entry_type.is_file() {
            return each(self, path, Entry::File(entry), found);
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
            return each(self, path, Entry::Folder(real), found);
        }
        if target.is_file() {
            each(self, path, Entry::Link, found)
        } else {
            Ok(())
        }
    }
}

type Each<'a> = dyn FnMut(&mut Walk, PathBuf, Entry<'_>, &mut Found) -> io::Result<()> + 'a;

fn real_path(folder: &Path, found: &mut Found) -> Option<PathBuf> {
    match folder.canonicalize() {
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
    fn finds_files_at_any_depth_and_says_nothing_of_missing_roots() {
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
}
