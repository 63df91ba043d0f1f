//! One change of a file: its diff, and how it is written.

use crate::core::problem::Problem;
use crate::system::System;
use crate::system::jsonc::read_text;
use crate::system::replace::replace;
use anyhow::{Result, anyhow};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What setup found for one purpose.
pub enum Offer {
    Change(Change),
    /// What the user does by hand, or needs to know.
    Note(String),
}

/// The new text of a file.
pub struct Change {
    /// `completions for fish`
    pub purpose: String,
    pub path: PathBuf,
    /// `None` where there is no such file.
    pub before: Option<String>,
    pub after: String,
    /// What to do afterwards, after a semicolon.
    pub then: &'static str,
}

impl Change {
    /// A unified diff that `patch` takes.
    pub fn diff(&self, system: &System) -> String {
        let path = system.tilde(&self.path);
        let before = if self.before.is_some() { &*path } else { "/dev/null" };
        let old = self.before.as_deref().unwrap_or_default();
        let diff = TextDiff::from_lines(old, self.after.as_str());
        diff.unified_diff().context_radius(2).header(before, &path).to_string()
    }

    /// Writes the file at once, with the permissions that it had.
    ///
    /// # Errors
    /// Those of the file system; the old file is then untouched.
    pub fn write(&self) -> io::Result<()> {
        let permissions = fs::metadata(&self.path).map(|file| file.permissions());
        replace(&self.path, self.after.as_bytes())?;
        match permissions {
            Ok(permissions) => fs::set_permissions(&self.path, permissions),
            // A new file is for this user alone.
            Err(_) => Ok(()),
        }
    }
}

/// Texts of files, with the changes so far.
#[derive(Default)]
pub struct Files(BTreeMap<PathBuf, String>);

impl Files {
    /// The text of a file; `None` when there is no such file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, system: &System, path: &Path) -> Result<Option<String>> {
        match self.0.get(path) {
            Some(text) => Ok(Some(text.clone())),
            None => read_text(system, path).map_err(|problem: Problem| anyhow!("{problem}")),
        }
    }

    pub fn keep(&mut self, change: Change) {
        self.0.insert(change.path, change.after);
    }
}

/// The text with a paragraph at its end.
pub(super) fn with_paragraph(text: &str, paragraph: &str) -> String {
    let gap = match text {
        "" => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    format!("{text}{gap}{paragraph}")
}
