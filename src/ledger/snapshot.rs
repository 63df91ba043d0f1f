//! The snapshot beside the ledger: what bars read instead of opening it.
//!
//! It is a file and no row: to open the ledger alone makes and removes its log files, and may write what another process
//! left in them. A bar must never wait for that.

use super::schema::{self, Place};
use super::{Ledger, Standing};
use crate::core::problem::Problem;
use crate::core::snapshot::{SHAPE, Snapshot};
use crate::system::System;
use crate::system::replace::swap;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// What a bar finds.
pub enum Peeked {
    /// Nothing was ever synced, or by another version.
    Nothing,
    Snapshot(Box<Snapshot>),
    /// The ledger cannot be used.
    Unusable(Problem),
}

impl Ledger {
    /// Leaves a snapshot for bars. It is no commit: nobody else's is given up for it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn leave_snapshot(&self, snapshot: &Snapshot) -> Result<()> {
        let Some(path) = self.snapshot_path().filter(|_| self.can_leave_snapshot()) else {
            return Ok(());
        };
        let bytes = serde_json::to_vec(snapshot).context("could not write the snapshot for bars")?;
        swap(&path, &bytes).context("could not leave the snapshot for bars beside the ledger")
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
            Standing::File(path) => Some(beside(path)),
            Standing::Memory | Standing::Unusable(_) => None,
        }
    }
}

/// The snapshot of a system's ledger. Of the ledger itself only the beginning is looked at.
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

/// What another version left, or what was cut off, is as good as nothing.
fn read(path: &Path) -> Option<Snapshot> {
    let snapshot: Snapshot = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    (snapshot.shape == SHAPE).then_some(snapshot)
}
