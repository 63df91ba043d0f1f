//! The snapshot beside the ledger: what bars read instead of opening it.
//!
//! It is a file and no row: to open the ledger alone makes and removes its log files, and may write what another process
//! left in them. A bar must never wait for that.

use super::schema::{self, Place};
use super::{Ledger, LedgerState};
use crate::core::problem::Problem;
use crate::core::snapshot::{SHAPE, Snapshot};
use crate::system::System;
use crate::system::open::{self, Most};
use crate::system::replace::swap;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The snapshot as a bar finds it.
pub enum Peeked {
    /// Nothing was ever synced, or by another version.
    Nothing,
    Snapshot(Box<Snapshot>),
    /// The ledger cannot be used.
    Unusable(Problem),
}

impl Ledger {
    /// Writes the snapshot for bars. This is not a commit and does not cancel another process's.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn leave_snapshot(&self, snapshot: &Snapshot) -> Result<()> {
        let Some(path) = self.snapshot_path().filter(|_| self.can_leave_snapshot()) else {
            return Ok(());
        };
        let bytes = serde_json::to_vec(snapshot).context("could not write the status bar snapshot")?;
        swap(&path, &bytes).context("could not write the status bar snapshot next to the ledger")
    }

    /// Whether there is a place for one.
    pub fn can_leave_snapshot(&self) -> bool {
        self.snapshot_path().is_some() && self.read_only.is_none()
    }

    /// The snapshot that was left last.
    pub fn snapshot(&self) -> Option<Snapshot> {
        read(&self.snapshot_path()?)
    }

    fn snapshot_path(&self) -> Option<PathBuf> {
        match &self.standing {
            LedgerState::File(path) => Some(beside(path)),
            LedgerState::Memory | LedgerState::Unusable(_) => None,
        }
    }
}

/// Reads the snapshot of a system's ledger. Reads only the start of the ledger itself.
pub fn peek(system: &System) -> Peeked {
    let Place::File(path) = schema::place(system) else {
        return Peeked::Nothing;
    };
    if !path.exists() {
        return Peeked::Nothing;
    }
    match schema::glance(&path) {
        Err(problem) => Peeked::Unusable(problem),
        Ok(()) => read(&beside(&path)).map_or(Peeked::Nothing, |snapshot| Peeked::Snapshot(Box::new(snapshot))),
    }
}

fn beside(ledger: &Path) -> PathBuf {
    schema::with_suffix(ledger, ".bar")
}

/// A snapshot of another version or a truncated one counts as missing.
fn read(path: &Path) -> Option<Snapshot> {
    let snapshot: Snapshot = serde_json::from_slice(&open::read(path, Most::SETTINGS).ok()?).ok()?;
    (snapshot.shape == SHAPE).then_some(snapshot)
}
