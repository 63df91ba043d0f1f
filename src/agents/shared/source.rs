//! Sources: the files and databases an agent writes, and bookmarks: up to where each was read.

use crate::core::problem::Problem;
use crate::system::database::beside;
use crate::system::files::Stamp;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// A folder or file an agent may write to, for `doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    pub path: PathBuf,
    /// What led here: `$CODEX_HOME`, `default`, …
    pub because: String,
    pub exists: bool,
}

impl Root {
    pub fn new(path: impl Into<PathBuf>, because: impl Into<String>) -> Self {
        let path = path.into();
        let exists = path.exists();
        Self {
            path,
            because: because.into(),
            exists,
        }
    }
}

/// The roots and sources of an agent on this machine.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub roots: Vec<Root>,
    pub sources: Vec<Source>,
    /// Folders that were looked into: where a new file would be found, whether or not there is one now.
    pub folders: Vec<PathBuf>,
    /// Unreadable folders, loops, files that should be there and are not.
    pub problems: Vec<Problem>,
    /// A plugin found them: what a built-in agent of the same id recorded is not counted meanwhile.
    pub is_plugin: bool,
}

impl Found {
    /// Adds a file as a source; a missing one is nothing, anything else that is no file a problem.
    pub fn add_file(&mut self, path: impl Into<PathBuf>, kind: u8) -> Option<&mut Source> {
        let path = path.into();
        let found = Source::find(&path, kind);
        if found.is_none() {
            self.miss(&path);
        }
        let known = self.sources.len();
        self.sources.extend(found);
        self.sources.get_mut(known)
    }

    /// Adds a file as [`Found::add_file`] does which others beside it describe: it is read again when one of them changed. A
    /// log goes on where it was, unless nothing described it before.
    pub fn add_described(&mut self, path: impl Into<PathBuf>, kind: u8, beside: &[PathBuf]) -> Option<&mut Source> {
        let source = self.add_file(path, kind)?;
        source.describe(beside);
        Some(source)
    }

    /// Adds a database as [`Found::add_file`] adds a file.
    pub fn add_database(&mut self, path: impl Into<PathBuf>, kind: u8) {
        let path = path.into();
        match Source::find_database(&path, kind) {
            Some(source) => self.sources.push(source),
            None => self.miss(&path),
        }
    }

    /// Watches a folder that holds a list of many sources.
    pub fn watch_list_in(&mut self, folder: &Path) {
        // A missing folder sends no notifications: ttop would list the agent every second.
        if folder.is_dir() {
            self.folders.push(folder.to_owned());
        }
    }

    fn miss(&mut self, path: &Path) {
        match std::fs::metadata(path) {
            Ok(_) => self.problems.push(Problem::new(path.display(), "is no regular file")),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => {
                let reason = format!("could not be read: {}", error.kind());
                self.problems.push(Problem::new(path.display(), reason));
            }
        }
    }
}

/// One file or database.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    pub path: PathBuf,
    /// The adapter's own note on what kind of source this is.
    pub kind: u8,
    pub stamp: Stamp,
    /// The write-ahead log beside a database, or what describes a file; the default where there is none.
    pub wal: Stamp,
    /// A hash of what a list of many sources says about this one; 0 where none says anything.
    pub list_entry: u64,
}

impl Source {
    /// The `kind` of what a plugin reads.
    pub const OF_PLUGIN: u8 = 255;

    /// A source whose file is there; `None` when it vanished meanwhile or is no regular file.
    pub fn find(path: impl Into<PathBuf>, kind: u8) -> Option<Self> {
        let path = path.into();
        let metadata = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        Some(Self {
            stamp: Stamp::of(&metadata),
            wal: Stamp::default(),
            list_entry: 0,
            path,
            kind,
        })
    }

    /// A database with its write-ahead log.
    pub fn find_database(path: impl Into<PathBuf>, kind: u8) -> Option<Self> {
        let mut source = Self::find(path, kind)?;
        source.wal = Stamp::read(&wal_path(&source.path)).unwrap_or_default();
        Some(source)
    }

    /// Notes what describes it, so that it is read again when that changed.
    pub fn describe(&mut self, beside: &[PathBuf]) {
        let stamps = beside.iter().filter_map(|path| Stamp::read(path).ok());
        self.wal = stamps.fold(self.wal, Stamp::joined);
    }

    /// Notes what a list of many sources says about this one, so that it is read again, from its start, when the list says
    /// something else, and not when it does about another.
    pub fn set_list_entry(&mut self, said: Option<impl AsRef<[u8]>>) {
        self.list_entry = said.map_or(0, |said| xxh3_64(said.as_ref()).max(1));
    }

    /// Whether something describes it of which nothing was there when it was read last, or a list says something else.
    pub fn is_newly_described(&self, from: &Bookmark) -> bool {
        from.wal == Stamp::default() && self.wal != Stamp::default() || self.is_list_entry_new(from)
    }

    /// Whether a list says something else about it than when it was read last. What it said holds while it says nothing: a list
    /// that is gone, or half written, takes nothing back.
    pub fn is_list_entry_new(&self, from: &Bookmark) -> bool {
        self.list_entry != 0 && self.list_entry != from.list_entry
    }

    /// Looks at the file again. `None` where it is gone, is another one now, or has more beside it than a log that was
    /// there before.
    pub fn restamp(&mut self) -> Option<()> {
        let metadata = std::fs::metadata(&self.path).ok().filter(std::fs::Metadata::is_file)?;
        let stamp = Stamp::of(&metadata);
        // What describes a log has notices of its own.
        let wal = match is_text(&self.path) {
            true => self.wal,
            false => Stamp::read(&wal_path(&self.path)).unwrap_or_default(),
        };
        if !stamp.is_same_file(&self.stamp) || !wal.is_same_file(&self.wal) {
            return None;
        }
        (self.stamp, self.wal) = (stamp, wal);
        Some(())
    }
}

/// Whether a file is text by its name, and so no database with a log beside it: half the looks.
pub fn is_text(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "jsonl" || it == "json")
}

/// `x.jsonl` → `x.meta.json`, which describes a log of several agents.
pub fn meta_path(log: &Path) -> PathBuf {
    log.with_extension("meta.json")
}

/// `x.db` → `x.db-wal`, beside what a link leads to.
pub fn wal_path(database: &Path) -> PathBuf {
    beside(database, "-wal")
}

/// Up to where a source was read, and in what state the reader was there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bookmark {
    /// As the source was when it was read.
    pub stamp: Stamp,
    pub wal: Stamp,
    pub list_entry: u64,
    /// Bytes read, up to the end of the last complete line.
    pub offset: u64,
    /// Hash of the (up to 64) bytes before `offset`.
    pub tail: u64,
    /// The adapter's `About::rules_version` at that time. The ledger passes a default bookmark when it differs.
    pub rules_version: u32,
    /// The adapter's own state, opaque to the ledger.
    pub state: Vec<u8>,
}

impl Bookmark {
    /// Whether nothing was ever read: start from the beginning.
    pub fn is_start(&self) -> bool {
        self == &Self::default()
    }

    /// The bookmark of a source that was read whole by such rules, as it is each time it changes.
    pub fn read_whole(source: &Source, rules_version: u32) -> Self {
        Self {
            rules_version,
            ..Self::whole(source)
        }
    }

    /// As [`Bookmark::read_whole`]; the caller sets the version of the rules.
    pub fn whole(source: &Source) -> Self {
        Self {
            stamp: source.stamp,
            wal: source.wal,
            list_entry: source.list_entry,
            offset: source.stamp.size,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_where_a_file_should_be_is_named() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join("x.json")).expect("a folder");
        std::fs::write(dir.path().join("y.json"), "").expect("a file");
        let mut found = Found::default();
        for name in ["x.json", "y.json", "z.json", "y.json/z.json"] {
            found.add_file(dir.path().join(name), 0);
        }
        assert_eq!((found.sources.len(), found.problems.len()), (1, 1));
    }

    #[test]
    fn a_described_log_that_grows_is_looked_at_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let [log, beside] = ["a.jsonl", "a.meta.json"].map(|name| dir.path().join(name));
        std::fs::write(&log, "{}\n").expect("written");
        let listed = || {
            let mut found = Found::default();
            found.add_described(&log, 0, std::slice::from_ref(&beside));
            found.sources.remove(0)
        };
        let plain = listed();
        assert!(!plain.is_newly_described(&Bookmark::whole(&plain)));
        std::fs::write(&beside, "{}").expect("written");
        let mut described = listed();
        assert!(described.is_newly_described(&Bookmark::whole(&plain)));
        assert!(!described.is_newly_described(&Bookmark::whole(&described)));
        std::fs::write(&log, "{}\n{}\n").expect("written");
        assert_eq!(described.restamp(), Some(()));
        assert_eq!(described, listed());
    }

    #[test]
    fn a_source_of_which_a_list_says_something_else_is_read_from_its_start() {
        let dir = tempfile::tempdir().expect("a folder");
        let log = dir.path().join("a.jsonl");
        std::fs::write(&log, "{}\n").expect("written");
        let said = |said: Option<&str>| {
            let mut source = Source::find(&log, 0).expect("a file");
            source.set_list_entry(said);
            source
        };
        let known = Bookmark::whole(&said(Some("/home/dev/acme")));
        for (now, is_new) in [
            (Some("/home/dev/acme"), false),
            (Some("/home/dev/other"), true),
            (None, false),
        ] {
            assert_eq!(said(now).is_newly_described(&known), is_new, "{now:?}");
        }
    }
}
