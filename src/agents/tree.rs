//! Files below a root as sources: one look at each file, loops end, one folder is entered once.

use super::source::{Found, Source};
use crate::core::problem::Problem;
use crate::system::files::Stamp;
use rustc_hash::FxHashSet;
use std::fs::{DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// The folders entered so far, by their real paths, so that a folder reached through two roots or links is one.
#[derive(Default)]
pub struct Tree {
    entered: FxHashSet<PathBuf>,
}

impl Tree {
    /// Adds every file at any depth below a folder for which `kind` says what kind of source it is. A root that does
    /// not exist is no problem; what cannot be looked into is one.
    pub fn find(&mut self, root: &Path, kind: &dyn Fn(&Path) -> Option<u8>, found: &mut Found) {
        match root.canonicalize() {
            Ok(real) => self.enter(root, real, kind, found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => refuse(root, &error, found),
        }
    }

    fn enter(&mut self, folder: &Path, real: PathBuf, kind: &dyn Fn(&Path) -> Option<u8>, found: &mut Found) {
        if !self.entered.insert(real.clone()) {
            return;
        }
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return refuse(folder, &error, found),
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    refuse(folder, &error, found);
                    continue;
                }
            };
            if let Err(error) = self.visit(&entry, &real, kind, found)
                // Removed since the folder was listed, or a link to nowhere.
                && error.kind() != io::ErrorKind::NotFound
            {
                refuse(&entry.path(), &error, found);
            }
        }
    }

    fn visit(
        &mut self,
        entry: &DirEntry,
        folder: &Path,
        kind: &dyn Fn(&Path) -> Option<u8>,
        found: &mut Found,
    ) -> io::Result<()> {
        let entry_type = entry.file_type()?;
        let path = entry.path();
        if entry_type.is_dir() {
            self.enter(&path, folder.join(entry.file_name()), kind, found);
        } else if entry_type.is_symlink() {
            let metadata = std::fs::metadata(&path)?;
            if metadata.is_dir() {
                let real = path.canonicalize()?;
                if folder.starts_with(&real) {
                    let reason = "links back to a folder above it";
                    found.problems.push(Problem::new(path.display(), reason));
                }
                self.enter(&path, real, kind, found);
            } else if let Some(kind) = kind(&path) {
                take(path, kind, &metadata, found);
            }
        } else if let Some(kind) = kind(&path) {
            // `DirEntry::metadata` looks relative to the open folder: half the time of a look by full path.
            take(path, kind, &entry.metadata()?, found);
        }
        Ok(())
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
        let mut tree = Tree::default();
        tree.find(dir.path(), &jsonl, &mut found);
        tree.find(&dir.path().join("missing"), &jsonl, &mut found);
        tree.find(dir.path(), &jsonl, &mut found);
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
        Tree::default().find(&root, &jsonl, &mut found);
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
        Tree::default().find(dir.path(), &jsonl, &mut found);
        assert_eq!(found.problems.len(), 1);
    }
}
