//! Notes on a plugin that outlast a run: its last failure, and whether it kept a report waiting.

use crate::system::open::{Most, read_text};
use crate::system::replace::{create_private_folder, swap};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where notes are; nowhere for cases.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// The beginning of each file's path.
    stem: Option<PathBuf>,
}

/// A failure of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastFailure {
    /// Epoch milliseconds.
    pub at: i64,
    pub message: String,
}

impl Notes {
    /// Those of an id that was checked: it names files.
    pub fn of(folder: Option<&std::path::Path>, id: &str) -> Self {
        Self {
            stem: folder.map(|folder| folder.join(id)),
        }
    }

    fn file(&self, ending: &str) -> Option<PathBuf> {
        self.stem.as_ref().map(|stem| stem.with_extension(ending))
    }

    pub fn last_failure(&self) -> Option<LastFailure> {
        let text = read_text(&self.file("failure")?, Most::NOTE).ok()?;
        serde_json::from_str(&text).ok()
    }

    pub fn set_failure(&self, at: i64, message: String) {
        let failure = LastFailure { at, message };
        if let (Some(file), Ok(text)) = (self.file("failure"), serde_json::to_vec(&failure)) {
            write(file, &text);
        }
    }

    pub fn is_late(&self) -> bool {
        self.file("late").is_some_and(|file| file.exists())
    }

    pub fn set_late(&self, is_late: bool) {
        let Some(file) = self.file("late") else {
            return;
        };
        if is_late {
            write(file, b"");
        } else {
            // Without it the next report waits again.
            let _ = std::fs::remove_file(file);
        }
    }

    /// Drops what is known.
    pub fn forget(&self) {
        for file in ["failure", "late", "log", "log.1"]
            .iter()
            .filter_map(|ending| self.file(ending))
        {
            // It may never have been there.
            let _ = std::fs::remove_file(file);
        }
    }
}

/// A note that cannot be written is no reason to fail.
fn write(file: PathBuf, bytes: &[u8]) {
    let folder = file.parent().map(create_private_folder);
    let _ = folder.transpose().and_then(|_| swap(&file, bytes));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_outlast_a_run_and_go_with_the_plugin() {
        let dir = tempfile::tempdir().expect("a folder");
        let notes = || Notes::of(Some(dir.path()), "acme");
        assert!(!notes().is_late() && notes().last_failure().is_none());
        notes().set_late(true);
        notes().set_failure(7, "plugin acme: parseSessions threw Error: no".to_owned());
        assert!(notes().is_late());
        assert_eq!(notes().last_failure().map(|failure| failure.at), Some(7));
        assert!(!Notes::of(Some(dir.path()), "other").is_late());
        notes().forget();
        assert_eq!(std::fs::read_dir(dir.path()).expect("a folder").count(), 0);
    }
}
