//! Looking for files below an agent's roots: loops end, one file is found once, what cannot be read is named.

use super::source::Found;
use crate::core::problem::Problem;
use rustc_hash::FxHashSet;
use std::io;
use std::path::{Path, PathBuf};

/// The folders seen so far: each is looked at once, through whichever root or link it is reached first.
#[derive(Default)]
pub struct Walk {
    seen: FxHashSet<PathBuf>,
}

impl Walk {
    /// The folders directly below one, by name; none when it is not there.
    pub fn folders(&mut self, folder: &Path, found: &mut Found) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        self.visit(folder, found, &mut |path, is_folder| {
            if is_folder {
                folders.push(path);
            }
        });
        folders.sort();
        folders
    }

    /// The regular files in a folder and at most `depth` folders below it, by name; none when it is not there.
    pub fn files(&mut self, folder: &Path, depth: usize, found: &mut Found) -> Vec<PathBuf> {
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        self.visit(folder, found, &mut |path, is_folder| {
            if is_folder { &mut folders } else { &mut files }.push(path);
        });
        if depth > 0 {
            folders.sort();
            for below in folders {
                files.extend(self.files(&below, depth - 1, found));
            }
        }
        files.sort();
        files
    }

    fn visit(&mut self, folder: &Path, found: &mut Found, each: &mut dyn FnMut(PathBuf, bool)) {
        let real = match std::fs::canonicalize(folder) {
            Ok(real) => real,
            Err(error) => return refuse(folder, &error, found),
        };
        if self.seen.contains(&real) {
            let above = folder.parent().and_then(|parent| std::fs::canonicalize(parent).ok());
            if above.is_some_and(|above| above.starts_with(&real)) {
                found
                    .problems
                    .push(Problem::new(folder.display(), "links back to a folder above it"));
            }
            return;
        }
        self.seen.insert(real);
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return refuse(folder, &error, found),
        };
        for entry in entries {
            let kind = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)));
            let (path, kind) = match kind {
                Ok(kind) => kind,
                Err(error) => {
                    refuse(folder, &error, found);
                    continue;
                }
            };
            if kind.is_dir() {
                each(path, true);
            } else if kind.is_file() {
                each(path, false);
            } else if kind.is_symlink() {
                match std::fs::metadata(&path) {
                    Ok(target) if target.is_dir() => each(path, true),
                    Ok(target) if target.is_file() => each(path, false),
                    Ok(_) => {}
                    Err(error) => refuse(&path, &error, found),
                }
            }
        }
    }
}

fn refuse(path: &Path, error: &io::Error, found: &mut Found) {
    if error.kind() != io::ErrorKind::NotFound {
        found.problems.push(Problem::new(
            path.display(),
            format!("could not look inside: {}", error.kind()),
        ));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn names(files: &[PathBuf], root: &Path) -> Vec<String> {
        let name = |path: &PathBuf| path.strip_prefix(root).expect("below the root").display().to_string();
        files.iter().map(name).collect()
    }

    #[test]
    fn ends_loops_and_finds_a_file_once() {
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
        assert_eq!(names(&files, root), ["a/1", "a/b/2"]);
        assert!(walk.files(&root.join("other"), 5, &mut found).is_empty());
        let files = Walk::default().files(&root.join("a"), 9, &mut found);
        assert_eq!(names(&files, root), ["a/1", "a/b/2", "a/b/c/3"]);
        let reasons: Vec<_> = found.problems.iter().map(|problem| problem.reason.as_str()).collect();
        assert_eq!(reasons, ["links back to a folder above it"]);
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
