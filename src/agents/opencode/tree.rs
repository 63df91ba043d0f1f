//! The files of the `storage/` folder that versions before 1.2 wrote, and whether any of them changed.

use crate::core::problem::Problem;
use crate::system::files::Stamp;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// One JSON file.
pub(super) struct File {
    /// The name without `.json`: the import into a database takes ids from names, not from what is inside.
    pub id: String,
    pub path: PathBuf,
    stamp: Stamp,
}

/// The messages of a session.
pub(super) struct Messages {
    pub session_id: String,
    pub files: Vec<File>,
    /// Whether everything in the folder is what it should be.
    pub is_sound: bool,
}

/// The files of a `storage/` folder that matter for usage.
#[derive(Default)]
pub(super) struct Tree {
    pub projects: Vec<File>,
    pub sessions: Vec<File>,
    /// By session, the one touched last first.
    pub messages: Vec<Messages>,
    /// The folders of the messages, in the same order.
    folders: Vec<File>,
    /// Whether every folder could be listed: only then something that is not there is gone.
    pub is_complete: bool,
    pub problems: Vec<Problem>,
}

impl Tree {
    /// Looks at every file, except that messages are only listed until there are `most` of them.
    pub(super) fn walk(storage: &Path, most: usize) -> Self {
        let mut tree = Self {
            is_complete: true,
            ..Self::default()
        };
        tree.projects = tree.list(&storage.join("project"), Kind::File);
        for folder in tree.list(&storage.join("session"), Kind::Folder) {
            let sessions = tree.list(&folder.path, Kind::File);
            tree.sessions.extend(sessions);
        }
        tree.folders = tree.list(&storage.join("message"), Kind::Folder);
        tree.folders
            .sort_by(|a, b| (b.stamp.modified_ns, &b.id).cmp(&(a.stamp.modified_ns, &a.id)));
        let mut listed = 0;
        for at in 0..tree.folders.len() {
            if listed >= most {
                break;
            }
            let folder = &tree.folders[at];
            let (id, path) = (folder.id.clone(), folder.path.clone());
            let problems = tree.problems.len();
            let files = tree.list(&path, Kind::File);
            listed += files.len();
            tree.messages.push(Messages {
                session_id: id,
                files,
                is_sound: tree.problems.len() == problems,
            });
        }
        tree
    }

    pub(super) fn is_empty(&self) -> bool {
        self.folders.is_empty()
    }

    /// A stamp that changes when any of the files does: `inode` is a hash over all of them, `modified_ns` the newest time.
    pub(super) fn stamp(&self) -> Stamp {
        let messages = self.messages.iter().flat_map(|messages| &messages.files);
        let lists = [&self.projects, &self.sessions, &self.folders];
        let files: Vec<&File> = lists.into_iter().flatten().chain(messages).collect();
        Stamp {
            inode: fingerprint(files.iter().copied()),
            size: files.iter().map(|file| file.stamp.size).sum(),
            modified_ns: files.iter().map(|file| file.stamp.modified_ns).max().unwrap_or(0),
            ..Stamp::default()
        }
    }

    /// The files or folders in a folder, by name.
    fn list(&mut self, folder: &Path, wanted: Kind) -> Vec<File> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    self.problems.push(Problem::new(folder.display(), error));
                    self.is_complete = false;
                }
                return Vec::new();
            }
        };
        let mut files = Vec::new();
        for entry in entries.flatten() {
            let path = entry.path();
            let name = match (wanted, path.extension().is_some_and(|extension| extension == "json")) {
                (Kind::File, true) => path.file_stem(),
                (Kind::Folder, false) => path.file_name(),
                _ => None,
            };
            let Some(id) = name.map(|name| name.to_string_lossy().into_owned()) else {
                continue;
            };
            // Follows links. A file that vanished meanwhile is no problem; a link in a circle is.
            match fs::metadata(&path) {
                Ok(metadata)
                    if metadata.is_dir() == (wanted == Kind::Folder) && (metadata.is_dir() || metadata.is_file()) =>
                {
                    let stamp = Stamp::of(&metadata);
                    files.push(File { id, path, stamp });
                }
                Ok(_) if wanted == Kind::File => {
                    self.problems.push(Problem::new(path.display(), "not a regular file"));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => self.problems.push(Problem::new(path.display(), error)),
            }
        }
        files.sort_by(|a, b| a.id.cmp(&b.id));
        files
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
}

/// A hash over the names, sizes and times of files, in any order.
pub(super) fn fingerprint<'a>(files: impl Iterator<Item = &'a File>) -> u64 {
    let mut bytes = Vec::new();
    files.fold(0, |sum: u64, file| {
        bytes.clear();
        bytes.extend_from_slice(file.path.as_os_str().as_encoded_bytes());
        bytes.extend_from_slice(&file.stamp.size.to_le_bytes());
        bytes.extend_from_slice(&file.stamp.modified_ns.to_le_bytes());
        sum.wrapping_add(xxh3_64(&bytes))
    })
}
